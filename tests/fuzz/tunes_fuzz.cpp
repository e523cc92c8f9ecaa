// Tunes in ABC notation, what is done with them, and films in PGM images. The first byte chooses the reader.
#include <string>
#include <vector>

#include "fuzz.hpp"
#include "recur/data/abc.hpp"
#include "recur/data/frames.hpp"
#include "recur/io/midi.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace recur;
  if (size == 0) return 0;
  const char kind = static_cast<char>(data[0]);
  ++data, --size;
  if (kind == 'P') {
    fuzz::try_to_read(fuzz::file_of(data, size, ".pgm"), [&](const auto& path) {
      const Frames frames = fuzz::within(size, [&] { return read_frames(path); });
      if (!(frames.values.minCoeff() >= 0 && frames.values.maxCoeff() <= 1))
        fuzz::fail("a pixel is not from 0 to 1");
    });
  } else if (kind == 'A') {
    fuzz::try_to_read(fuzz::file_of(data, size, ".abc"), [&](const auto& path) {
      std::vector<std::string> broken;
      // A note and a bar line of a byte each take 80 bytes, in lists that grow.
      const auto tunes = fuzz::within(
          size, [&] { return read_abc(path, &broken); }, 150);
      for (const AbcTune& tune : tunes) {
        fuzz::attempt([&] { check_bars(tune, path, true); });
        const AbcTune played = unfold_repeats(tune);
        fuzz::attempt([&] { midi_bytes(midi_notes(played), {.ticks = abc_whole / 4 % 32768}); });
      }
      fuzz::attempt([&] { read_abc(path); });
    });
  }
  return 0;
}
