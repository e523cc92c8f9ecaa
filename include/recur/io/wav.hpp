// Sound in files, through libsndfile. A program that includes this links it too: -lsndfile.
#pragma once

#if __has_include(<sndfile.h>)
#include <sndfile.h>
#else
#error "recur: files of sound need libsndfile (Debian: libsndfile1-dev)"
#include <no_such_file>  // at which g++ and clang++ stop reading; at an #error they go on
#endif

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/file.hpp"
#include "recur/core/matrix.hpp"

namespace recur::inline RECUR_ABI {

/// Sound of one channel.
struct Sound {
  VectorX<float> samples;  ///< from -1 to 1
  int rate = 0;            ///< samples a second
};

namespace detail::wav {

struct Close {
  void operator()(SNDFILE* file) const { sf_close(file); }
};

/// A file of sound in memory.
struct Memory {
  std::string bytes;
  sf_count_t at = 0;

  static Memory& of(void* data) { return *static_cast<Memory*>(data); }
  sf_count_t size() const { return static_cast<sf_count_t>(bytes.size()); }
  sf_count_t seek(sf_count_t to, int from) {
    const sf_count_t target = to + (from == SEEK_SET ? 0 : from == SEEK_CUR ? at : size());
    return target < 0 ? -1 : at = target;
  }
  sf_count_t read(void* to, sf_count_t count) {
    count = std::clamp<sf_count_t>(size() - at, 0, count);
    if (count > 0) std::memcpy(to, bytes.data() + at, static_cast<std::size_t>(count));
    at += count;
    return count;
  }
  sf_count_t write(const void* from, sf_count_t count) {
    bytes.resize(static_cast<std::size_t>(std::max(size(), at + count)));
    std::memcpy(bytes.data() + at, from, static_cast<std::size_t>(count));
    at += count;
    return count;
  }
};

/// Opens it with libsndfile. The memory must live longer than the result.
inline std::unique_ptr<SNDFILE, Close> open(Memory& memory, int mode, SF_INFO& info,
                                            const std::filesystem::path& path) {
  SF_VIRTUAL_IO access{
      [](void* data) { return Memory::of(data).size(); },
      [](sf_count_t to, int from, void* data) { return Memory::of(data).seek(to, from); },
      [](void* to, sf_count_t count, void* data) { return Memory::of(data).read(to, count); },
      [](const void* from, sf_count_t count, void* data) { return Memory::of(data).write(from, count); },
      [](void* data) { return Memory::of(data).at; }};
  std::unique_ptr<SNDFILE, Close> file(sf_open_virtual(&access, mode, &info, &memory));
  std::string why = file ? "" : sf_strerror(nullptr);
  while (!why.empty() && (why.back() == '.' || why.back() == '\n')) why.pop_back();
  require_file(file != nullptr, path, "is no sound that libsndfile can ", mode == SFM_READ ? "read" : "write",
               ": ", why);
  return file;
}

/// Throws if a RIFF file is shorter than its header says. libsndfile would read what is there, and say nothing.
inline void check_length(const std::string& bytes, const std::filesystem::path& path) {
  if (bytes.size() < 8 || !bytes.starts_with("RIFF")) return;
  std::size_t said = 0;
  for (const std::size_t i : {7U, 6U, 5U, 4U}) said = said << 8U | static_cast<unsigned char>(bytes[i]);
  require_file(said + 8 <= bytes.size(), path, "is cut short: it has ", bytes.size(), " of ", said + 8,
               " bytes");
}

}  // namespace detail::wav

/// Reads a WAV file, or another that libsndfile knows, such as FLAC. Several channels become their mean. Whole
/// numbers of any width are scaled to -1 to 1. Throws FileError if the file can't be read, is cut short or is no
/// sound, if it has no samples, or if a sample is not finite.
inline Sound read_wav(const std::filesystem::path& path) {
  detail::wav::Memory memory{detail::read_file(path)};
  detail::wav::check_length(memory.bytes, path);
  SF_INFO info{};
  const auto file = detail::wav::open(memory, SFM_READ, info, path);
  // The number of samples in the header may be wrong, so memory grows with what is there.
  std::vector<float> all, piece(static_cast<std::size_t>(4096 * info.channels));
  for (sf_count_t frames; (frames = sf_readf_float(file.get(), piece.data(), 4096)) > 0;)
    all.insert(all.end(), piece.begin(), piece.begin() + frames * info.channels);
  const std::string why = sf_error(file.get()) == SF_ERR_NO_ERROR ? "" : sf_strerror(file.get());
  detail::require_file(why.empty(), path, "can't be read: ", why);
  detail::require_file(!all.empty(), path, "has no samples");
  const auto frames = static_cast<Index>(all.size()) / info.channels;
  const ConstMatrixMap<float> channels(all.data(), info.channels, frames);
  detail::require_file(channels.allFinite(), path, "has a sample that is not finite");
  return {channels.colwise().mean().transpose(), info.samplerate};
}

/// Writes samples as a WAV file of one channel and 16 bits. Samples below -1 or above 1 are clipped. Throws
/// std::invalid_argument if there are no samples, if one is not finite, or if the rate is below 1. Throws FileError
/// if the file can't be written. An existing file then stays as it was.
inline void write_wav(const std::filesystem::path& path, const VectorX<float>& samples, int rate) {
  require(samples.size() > 0, "a file of sound was asked for without samples: it needs at least one");
  require(samples.allFinite(), "a sample for a file of sound is not finite");
  require(rate > 0, "a file of sound of ", rate, " samples a second: it must be at least 1");
  detail::wav::Memory memory;
  SF_INFO info{};
  info.samplerate = rate;
  info.channels = 1;
  info.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16;
  auto file = detail::wav::open(memory, SFM_WRITE, info, path);
  sf_command(file.get(), SFC_SET_CLIPPING, nullptr, SF_TRUE);  // else they would wrap around
  const bool written = sf_write_float(file.get(), samples.data(), samples.size()) == samples.size();
  const std::string why = written ? "" : sf_strerror(file.get());
  detail::require_file(written && sf_close(file.release()) == 0, path, "can't be written: ", why);
  write_file(path, [&](std::ostream& out) { out << memory.bytes; });
}

}  // namespace recur::inline RECUR_ABI
