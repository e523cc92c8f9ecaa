// Files of sound.
#include "fuzz.hpp"
#include "recur/io/wav.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::try_to_read(fuzz::file_of(data, size, ".wav"), [&](const auto& path) {
    const recur::Sound sound = fuzz::within(size, [&] { return recur::read_wav(path); });
    if (!sound.samples.allFinite() || sound.samples.size() == 0) fuzz::fail("a sound is empty or not finite");
  });
  return 0;
}
