// Notes as sound, by a simple synthesizer: enough to hear what a network has written.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"
#include "recur/io/midi.hpp"

namespace recur::inline RECUR_ABI {

/// How synthesize makes sound of notes.
struct SynthOptions {
  int rate = 22050;    ///< samples a second, 1000 to 192000
  Index ticks = 480;   ///< of a quarter note, as in MidiOptions
  double tempo = 120;  ///< quarter notes a minute
};

/// The sound of plucked strings, samples between -1 and 1. A string of pitch p, struck with velocity v, sounds in five
/// harmonics, of which the higher ones fade first:
///
///   0.002 v Σ_{k=1}^5 e^{-1.5 k t} / k sin(2π k f t),   f = 440 Hz 2^((p - 69) / 12)
///
/// It begins within 5 ms and ends within a quarter of a second after its note; harmonics from half the rate on are left
/// out. The sum of all strings goes through tanh, which is soft where many sound together. The sound ends half a second after
/// the last note. Channels and instruments make no difference. write_wav in io/wav.hpp writes it to a file.
///
/// Throws std::invalid_argument for notes that midi_bytes would refuse, and for options that are not legal.
inline VectorX<float> synthesize(std::span<const MidiNote> notes, const SynthOptions& options = {}) {
  require(options.rate >= 1000 && options.rate <= 192000, "a rate of ", options.rate,
          " samples a second: it must be 1000 to 192000");
  midi_bytes(notes, {.ticks = options.ticks, .tempo = options.tempo});  // throws for what is not legal
  const double rate = options.rate,
               seconds = 60 / (options.tempo * static_cast<double>(options.ticks));  // of a tick
  Index end = 0;
  for (const MidiNote& note : notes) end = std::max(end, note.start + note.length);
  const auto sample_at = [&](Index tick) {
    return static_cast<Index>(std::lround(static_cast<double>(tick) * seconds * rate));
  };
  VectorX<float> samples = VectorX<float>::Zero(sample_at(end) + options.rate / 2);
  for (const MidiNote& note : notes) {
    const double hertz = 440 * std::exp2((note.pitch - 69) / 12.0);
    const Index first = sample_at(note.start),
                last =
                    std::min<Index>(samples.size(), sample_at(note.start + note.length) + options.rate / 4);
    for (Index i = first; i < last; ++i) {
      const double t = static_cast<double>(i - first) / rate, left = static_cast<double>(last - i) / rate;
      double sound = 0;
      for (int k = 1; k <= 5 && k * hertz < rate / 2; ++k)
        sound += std::exp(-1.5 * k * t) / k * std::sin(2 * std::numbers::pi * k * hertz * t);
      samples(i) +=
          static_cast<float>(0.002 * note.velocity * sound * std::min({1.0, t / 0.005, left / 0.1}));
    }
  }
  for (float& sample : samples.reshaped()) sample = std::tanh(sample);
  return samples;
}

}  // namespace recur::inline RECUR_ABI
