// What the fuzzers of file readers share. A reader may refuse a file, but it must not crash, hang, or ask for much memory:
// scripts/fuzz has the limits. Ten times a file, which is what readers may take, is far below them, but what a length in
// a damaged file asks for is mostly above.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <new>
#include <stdexcept>
#include <string>

namespace fuzz {

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

/// Calls read(path), which may throw what says that the file is wrong. Memory that could not be had, a length that a container
/// refuses and an error of the code itself are failures.
template <class F>
void try_to_read(const std::filesystem::path& path, F&& read) {
  const auto fail = [](const char* what) {
    std::fprintf(stderr, "a reader threw what is no refusal of a file: %s\n", what);
    std::abort();
  };
  try {
    read(path);
  } catch (const std::bad_alloc& error) {
    fail(error.what());
  } catch (const std::length_error& error) {
    fail(error.what());
  } catch (const std::out_of_range& error) {
    fail(error.what());
  } catch (const std::exception&) {  // the file was refused
  }
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
}

}  // namespace fuzz
