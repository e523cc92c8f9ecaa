// Sound in files, through libsndfile. A program that includes this links it too: -lsndfile.
#pragma once

#if __has_include(<sndfile.h>)
#include <sndfile.h>
#else
#error "recur: files of sound need libsndfile (Debian: libsndfile1-dev)"
#include <no_such_file>  // at which g++ and clang++ stop reading; at an #error they go on
#endif

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

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

/// A file of sound that comes byte by byte. libsndfile reads its beginning more than once, so this is kept until `opened`.
/// It also looks for what may stand behind the sound; this has not come yet, so there is nothing.
struct Incoming {
  std::function<std::size_t(char*, std::size_t)> source;
  std::string beginning{};
  sf_count_t at = 0, taken = 0;  // the place in the file, and the bytes taken from the source
  bool opened = false;
  std::exception_ptr thrown{};  // by the source: libsndfile is written in C, so nothing is thrown through it

  static Incoming& of(void* data) { return *static_cast<Incoming*>(data); }
  static sf_count_t size() { return std::numeric_limits<sf_count_t>::max(); }  // nobody knows
  sf_count_t seek(sf_count_t to, int from) {
    const sf_count_t begin = from == SEEK_SET ? 0 : from == SEEK_CUR ? at : size();
    return to > size() - begin || begin + to < 0 ? -1 : at = begin + to;
  }
  sf_count_t read(void* to, sf_count_t count) {
    auto* const bytes = static_cast<char*>(to);
    sf_count_t done = std::clamp<sf_count_t>(static_cast<sf_count_t>(beginning.size()) - at, 0, count);
    if (done > 0) std::memcpy(bytes, beginning.data() + at, static_cast<std::size_t>(done));
    at += done;
    while (done < count && at == taken && !thrown) {
      sf_count_t more = 0;
      try {
        more = static_cast<sf_count_t>(source(bytes + done, static_cast<std::size_t>(count - done)));
        if (!opened) beginning.append(bytes + done, static_cast<std::size_t>(more));
      } catch (...) {
        thrown = std::current_exception();
      }
      if (more == 0) break;
      done += more;
      at = taken += more;
    }
    return done;
  }
  sf_count_t write(const void*, sf_count_t) { return 0; }
};

/// Opens it, a Memory or an Incoming, with libsndfile. It must live longer than the result.
template <class Bytes>
std::unique_ptr<SNDFILE, Close> open(Bytes& memory, int mode, SF_INFO& info,
                                     const std::filesystem::path& path) {
  SF_VIRTUAL_IO access{
      [](void* data) { return Bytes::of(data).size(); },
      [](sf_count_t to, int from, void* data) { return Bytes::of(data).seek(to, from); },
      [](void* to, sf_count_t count, void* data) { return Bytes::of(data).read(to, count); },
      [](const void* from, sf_count_t count, void* data) { return Bytes::of(data).write(from, count); },
      [](void* data) { return Bytes::of(data).at; }};
  std::unique_ptr<SNDFILE, Close> file(sf_open_virtual(&access, mode, &info, &memory));
  if constexpr (requires { memory.thrown; })
    if (memory.thrown) std::rethrow_exception(memory.thrown);
  std::string why = file ? "" : sf_strerror(nullptr);
  while (!why.empty() && (why.back() == '.' || why.back() == '\n')) why.pop_back();
  require_file(file != nullptr, path, "is not a sound that libsndfile can ",
               mode == SFM_READ ? "read" : "write", ": ", why);
  return file;
}

/// Throws if a RIFF file is shorter than its header says. libsndfile would read what is there, and say nothing.
inline void check_length(const std::string& bytes, const std::filesystem::path& path) {
  if (bytes.size() < 8 || !bytes.starts_with("RIFF")) return;
  std::size_t said = 0;
  for (const std::size_t i : {7U, 6U, 5U, 4U}) said = said << 8U | static_cast<unsigned char>(bytes[i]);
  // A program that did not know how long its sound would be, since it wrote to a pipe, says nearly the largest number of
  // 32 or 31 bits: ffmpeg 0xFFFFFFFF, arecord 0x7FFFFF24.
  if ((said & 0x7FFFF000) == 0x7FFFF000) return;
  require_file(said + 8 <= bytes.size(), path, "is cut short: it has ", bytes.size(), " of ", said + 8,
               " bytes");
}

/// The most samples of a file with so many bytes. Opus at its lowest rate, 6 kbit/s for 48,000 samples, has 64 a byte.
inline constexpr Index most_samples(Index bytes) { return 64 * bytes + (Index{1} << 20); }

/// The mean of the channels, C × T. It computes in double, since the sum of two large floats may be infinite.
template <class Channels>
void mean_of_channels(const Channels& channels, Eigen::Ref<VectorX<float>> mean) {
  mean = channels.template cast<double>().colwise().mean().transpose().template cast<float>();
}

}  // namespace detail::wav

/// Reads a WAV file, or another that libsndfile knows, such as FLAC. Several channels become their mean. Whole
/// numbers of any width are scaled to -1 to 1.
///
/// A WAV file takes at most ten times its size in memory. A compressed one may take 256 times its size and 4 MB: what would
/// take more, such as an hour of silence as FLAC, is refused.
///
/// Throws FileError if the file can't be read or is not a sound, if it is a WAV or FLAC file that is cut short, if it has no
/// samples or too many, or if a sample is not finite. A file of another format that is cut short gives the samples that are
/// there.
inline Sound read_wav(const std::filesystem::path& path) {
  detail::wav::Memory memory{detail::read_file(path)};
  detail::wav::check_length(memory.bytes, path);
  SF_INFO info{};
  const auto file = detail::wav::open(memory, SFM_READ, info, path);
  // The number of samples in the header may be wrong. In a WAV file one has half a byte at least, so memory is taken for
  // twice as many as bytes, and grows only with what is there.
  const auto bytes = static_cast<Index>(memory.bytes.size());
  const Index most = detail::wav::most_samples(bytes);
  VectorX<float> samples(std::clamp<Index>(info.frames, 0, 2 * bytes / info.channels));
  MatrixX<float> piece(info.channels, std::max(1, (1 << 14) / info.channels));
  bool finite = true;
  Index read = 0;
  for (Index frames; (frames = sf_readf_float(file.get(), piece.data(), piece.cols())) > 0; read += frames) {
    detail::require_file(read + frames <= most, path, "has ", bytes,
                         " bytes, which are too few for more than ", most, " samples: it may be damaged");
    if (read + frames > samples.size())
      samples.conservativeResize(std::min(most, std::max(2 * samples.size(), read + frames)));
    detail::wav::mean_of_channels(piece.leftCols(frames), samples.segment(read, frames));
    finite = finite && piece.leftCols(frames).allFinite();
  }
  const std::string why = sf_error(file.get()) == SF_ERR_NO_ERROR ? "" : sf_strerror(file.get());
  detail::require_file(why.empty(), path, "can't be read: ", why);
  detail::require_file(read > 0, path, "has no samples");
  detail::require_file(finite, path, "has a sample that is not finite");
  const bool is_flac = (info.format & SF_FORMAT_TYPEMASK) == SF_FORMAT_FLAC;
  detail::require_file(!is_flac || read >= info.frames || info.frames >= most, path, "is cut short: it has ",
                       read, " of ", info.frames, " samples");
  samples.conservativeResize(read);
  return {std::move(samples), info.samplerate};
}

/// Sound that comes while it is read, such as that of a microphone through a pipe. It takes no more memory the longer it
/// lasts. A WAV file says how long its sound is; programs that don't know yet write the largest number, which lasts for
/// hours.
///
///   SoundStream sound([](char* to, std::size_t most) { return std::fread(to, 1, most, stdin); });
///   VectorX<float> piece(sound.rate() / 20);
///   while (const Index count = sound.read(piece)) hear(piece.head(count));
class SoundStream {
 public:
  /// Waits for bytes, puts at most so many of them there, and returns how many; 0 after the last one.
  using Source = std::function<std::size_t(char* to, std::size_t most)>;

  /// Reads the beginning of a WAV file. Errors call it `name`. Throws FileError if it is none, if it is compressed or has more
  /// than a megabyte before its samples, and what the source throws.
  explicit SoundStream(Source source, std::filesystem::path name = "stream")
      : name_(std::move(name)), bytes_(std::make_unique<detail::wav::Incoming>()) {
    detail::require_file(source != nullptr, name_, "has no source of bytes");
    bytes_->source = std::move(source);
    std::array<char, 12> begin{};  // "RIFF", four bytes of a size, "WAVE"
    bytes_->read(begin.data(), std::ssize(begin));
    const std::string_view text(begin.data(), begin.size());
    detail::require_file(bytes_->thrown || (text.starts_with("RIFF") && text.ends_with("WAVE")), name_,
                         "is not a WAV file");
    read_to_samples();
    bytes_->seek(0, SEEK_SET);
    if (bytes_->thrown) std::rethrow_exception(bytes_->thrown);
    file_ = detail::wav::open(*bytes_, SFM_READ, info_, name_);
    bytes_->opened = true;
    // Decoders of other codecs go on with what they make up where the bytes end.
    constexpr std::array plain{SF_FORMAT_PCM_S8, SF_FORMAT_PCM_U8, SF_FORMAT_PCM_16,
                               SF_FORMAT_PCM_24, SF_FORMAT_PCM_32, SF_FORMAT_FLOAT,
                               SF_FORMAT_DOUBLE, SF_FORMAT_ULAW,   SF_FORMAT_ALAW};
    detail::require_file(std::ranges::find(plain, info_.format & SF_FORMAT_SUBMASK) != plain.end(), name_,
                         "is compressed: a stream must have samples of their own, such as those of 16 bits");
  }

  /// Samples a second.
  int rate() const { return info_.samplerate; }

  /// Waits until there are so many samples, and reads them, from -1 to 1; several channels become their mean. Returns how
  /// many there were: fewer only at the end of the sound, and then 0. Throws FileError if a sample is not finite, and what
  /// the source throws.
  Index read(Eigen::Ref<VectorX<float>> samples) {
    piece_.resize(info_.channels, samples.size());
    const auto count = static_cast<Index>(sf_readf_float(file_.get(), piece_.data(), samples.size()));
    if (bytes_->thrown) std::rethrow_exception(std::exchange(bytes_->thrown, nullptr));
    detail::require_file(piece_.leftCols(count).allFinite(), name_, "has a sample that is not finite");
    detail::wav::mean_of_channels(piece_.leftCols(count), samples.head(count));
    return count;
  }

 private:
  /// Reads the chunks before the samples, each of which has four letters, four bytes of a size, and so many bytes.
  /// libsndfile takes memory for what a chunk says, and can't know that a stream has less.
  void read_to_samples() {
    constexpr std::uint32_t most = 1U << 20U;
    std::array<char, 4096> piece{};
    while (bytes_->read(piece.data(), 8) == 8) {
      const std::string name(piece.data(), 4);
      if (name == "data") return;
      std::uint32_t size = 0;
      for (const std::size_t i : {7U, 6U, 5U, 4U}) size = size << 8U | static_cast<unsigned char>(piece[i]);
      detail::require_file(std::ssize(bytes_->beginning) + sf_count_t{size} <= most, name_, "has more than ",
                           most, " bytes before its samples: ", detail::quote(name), " says that it has ",
                           size);
      for (sf_count_t left = size + size % 2; left > 0;) {
        const sf_count_t count = bytes_->read(piece.data(), std::min<sf_count_t>(left, std::ssize(piece)));
        if (count == 0) return;  // it ends here: libsndfile says what is missing
        left -= count;
      }
    }
  }

  std::filesystem::path name_;
  std::unique_ptr<detail::wav::Incoming> bytes_;  // libsndfile keeps its address
  SF_INFO info_{};
  std::unique_ptr<SNDFILE, detail::wav::Close> file_;
  MatrixX<float> piece_;  // a row for each channel
};

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
