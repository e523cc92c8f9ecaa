// What the fuzzers of file readers share. A reader may refuse a file, but it must not crash, hang, or ask for much memory:
// scripts/fuzz has the limits of the system, and within() that of a reader.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "recur/core/error.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RECUR_FUZZ_COUNTS_MEMORY
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define RECUR_FUZZ_COUNTS_MEMORY
#endif
#ifdef RECUR_FUZZ_COUNTS_MEMORY
#include <sanitizer/allocator_interface.h>
#endif

namespace fuzz {

[[noreturn]] inline void fail(const std::string& why) {
  std::fprintf(stderr, "a reader failed: %s\n", why.c_str());
  std::abort();
}

/// The bytes that the program holds, and the most that it held. AddressSanitizer counts; without it both stay 0.
struct Memory {
  static inline long held = 0, most = 0;

  static void count() {
#ifdef RECUR_FUZZ_COUNTS_MEMORY
    [[maybe_unused]] static const int installed = __sanitizer_install_malloc_and_free_hooks(
        [](const volatile void*, std::size_t size) {
          held += static_cast<long>(size);
          most = std::max(most, held);
        },
        [](const volatile void* memory) {
          held -= static_cast<long>(__sanitizer_get_allocated_size(const_cast<const void*>(memory)));
        });
#endif
    most = held;
  }
};

/// What a reader may take whatever the file's size: buffers, the tables of what it knows, and a network of no weights.
inline constexpr std::size_t free_memory = std::size_t{1} << 18U;

/// The same for what may be a zip archive. If its list of entries says a number that is too small, libzip makes room for 65,536
/// more, of 32 bytes each.
inline constexpr std::size_t free_for_archives = free_memory + (std::size_t{1} << 21U);

/// The result of read(), which must take at most `times` times the size of the file beside what is free.
template <class F>
auto within(std::size_t size, F&& read, std::size_t times = 10, std::size_t free = free_memory) {
  struct Check {
    std::size_t legal;
    long before = (Memory::count(), Memory::held);
    ~Check() {
      const auto taken = static_cast<std::size_t>(std::max(0L, Memory::most - before));
      if (taken > legal)
        fail("it took " + std::to_string(taken) + " bytes of memory, of which " + std::to_string(legal) +
             " are legal");
    }
  } check{times * size + free};
  return read();
}

/// The same of a reader that promises to refuse a file by FileError alone: all else that it throws is a failure.
template <class F>
auto read_within(std::size_t size, F&& read, std::size_t free = free_memory) {
  try {
    return within(size, read, 10, free);
  } catch (const recur::FileError&) {
    throw;
  } catch (const std::exception& error) {
    fail(std::string("it threw no FileError, but: ") + error.what());
  }
}

/// A file with these bytes, whose name has this ending. Each process has one for each ending; it lies in memory where the
/// system has such a folder.
inline std::filesystem::path file_of(const std::uint8_t* data, std::size_t size, const std::string& ending) {
  const std::filesystem::path memory = "/dev/shm";
  const auto folder = std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
  const auto path = folder / ("recur_fuzz_" + std::to_string(::getpid()) + ending);
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  return path;
}

/// Calls read(), which may throw what says that the file is wrong, or that a network does not take its input. All else is a
/// failure: memory that could not be had, a length that a container refuses, or an error of the code itself.
template <class F>
void attempt(F&& read) {
  try {
    read();
  } catch (const recur::FileError&) {
  } catch (const std::invalid_argument&) {
  } catch (const std::exception& error) {
    fail(error.what());
  }
}

/// The same for read(path), and removes the file.
template <class F>
void try_to_read(const std::filesystem::path& path, F&& read) {
  attempt([&] { read(path); });
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
}

}  // namespace fuzz
