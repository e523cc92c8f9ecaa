// Files of sound. They need libsndfile; without it, the programs do all the rest.
#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <recur/core/error.hpp>
#include <recur/core/matrix.hpp>
#include <utility>
#ifdef EXAMPLES_HAVE_SNDFILE  // CMake says so
#include <recur/io/wav.hpp>
#endif

namespace examples {

#ifdef EXAMPLES_HAVE_SNDFILE
inline constexpr bool has_sound_files = true;
/// Throws recur::FileError also for a file of another rate, in samples a second.
inline recur::VectorX<float> read_sound(const std::filesystem::path& path, int rate) {
  recur::Sound sound = recur::read_wav(path);
  recur::detail::require_file(sound.rate == rate, path, "has ", sound.rate,
                              " samples a second: it must have ", rate, ", for example by sox FILE -r ", rate,
                              " OTHER");
  return std::move(sound.samples);
}
/// Samples, and how many there are in a second.
inline std::pair<recur::VectorX<float>, int> read_any_sound(const std::filesystem::path& path) {
  recur::Sound sound = recur::read_wav(path);
  return {std::move(sound.samples), sound.rate};
}
/// Reads a WAV file of which the bytes come from a source, piece by piece.
class IncomingSound {
 public:
  explicit IncomingSound(std::function<std::size_t(char*, std::size_t)> source)
      : stream_(std::move(source), "standard input") {}
  int rate() const { return stream_.rate(); }
  /// The samples of a twentieth of a second. Returns how many they are: 0 after the last one.
  recur::Index read(recur::VectorX<float>& piece) {
    piece.resize(std::max(1, rate() / 20));
    return stream_.read(piece);
  }

 private:
  recur::SoundStream stream_;
};
inline void write_sound(const std::filesystem::path& path, const recur::VectorX<float>& samples, int rate) {
  recur::write_wav(path, samples, rate);
}
#else
inline constexpr bool has_sound_files = false;
inline recur::VectorX<float> read_sound(const std::filesystem::path& path, int) {
  recur::detail::require_file(false, path, "can't be read: this program was built without libsndfile");
  return {};
}
inline std::pair<recur::VectorX<float>, int> read_any_sound(const std::filesystem::path& path) {
  return {read_sound(path, 0), 0};
}
class IncomingSound {
 public:
  explicit IncomingSound(const std::function<std::size_t(char*, std::size_t)>&) {
    read_sound("standard input", 0);  // says what is missing
  }
  static int rate() { return 1; }
  static recur::Index read(recur::VectorX<float>&) { return 0; }
};
inline void write_sound(const std::filesystem::path&, const recur::VectorX<float>&, int) {}
#endif

}  // namespace examples
