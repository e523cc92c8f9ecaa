// Files of sound, and streams.
#include <algorithm>
#include <cstddef>

#include "fuzz.hpp"
#include "recur/io/wav.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::try_to_read(fuzz::file_of(data, size, ".wav"), [&](const auto& path) {
    const recur::Sound sound = fuzz::within(size, [&] { return recur::read_wav(path); });
    if (!sound.samples.allFinite() || sound.samples.size() == 0) fuzz::fail("a sound is empty or not finite");
  });
  fuzz::attempt([&] {  // the same bytes, as they come
    std::size_t at = 0;
    recur::SoundStream sound([&](char* to, std::size_t most) {
      const std::size_t count = std::min(most, size - at);
      std::copy_n(data + at, count, to);
      at += count;
      return count;
    });
    recur::VectorX<float> piece(1000);
    std::size_t pieces = 0;
    while (const recur::Index count = sound.read(piece))
      if (!piece.head(count).allFinite() || ++pieces > size)
        fuzz::fail("a stream is not finite, or has no end");
  });
  return 0;
}
