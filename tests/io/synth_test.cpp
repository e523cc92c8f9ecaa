#include "recur/io/synth.hpp"

#include <complex>

#include "catch.hpp"
#include "max_abs.hpp"

namespace synth_test {

using Catch::Matchers::ContainsSubstring;
using recur::Index;
using recur::MidiNote;
using recur::synthesize;
using recur::testing::max_abs;
using Samples = recur::VectorX<float>;

/// How much of a frequency there is in some samples.
double part_of(const Samples& samples, double hertz, int rate) {
  std::complex<double> sum = 0;
  for (Index t = 0; t < samples.size(); ++t)
    sum += static_cast<double>(samples(t)) *
           std::polar(1.0, -2 * std::numbers::pi * hertz * static_cast<double>(t) / rate);
  return 2 * std::abs(sum) / static_cast<double>(samples.size());
}

TEST_CASE("a note sounds at its pitch, from its start to a quarter of a second after its end",
          "[io][synth]") {
  // A quarter note at 60 a minute is a second: the second second.
  const std::vector<MidiNote> notes{{480, 480, 69, 100}};
  const Samples sound = synthesize(notes, {.rate = 8000, .tempo = 60});
  REQUIRE(sound.size() == 20000);  // 2.5 seconds
  CHECK(sound.head(8000).isZero(0));
  CHECK(sound.segment(8001, 400).cwiseAbs().maxCoeff() > 0.05f);
  CHECK(sound.tail(2000).isZero(0));
  CHECK(max_abs(sound) < 1);
  const Samples begin = sound.segment(8000, 800);
  CHECK(part_of(begin, 440, 8000) > 0.1);
  CHECK(part_of(begin, 880, 8000) > 0.05);  // its octave, softer
  CHECK(part_of(begin, 440, 8000) > part_of(begin, 880, 8000));
  CHECK(part_of(begin, 466, 8000) < 0.05);  // the next key
}

TEST_CASE("a harder stroke is louder, an octave doubles the frequency, and notes add up", "[io][synth]") {
  const auto of = [](std::vector<MidiNote> notes) { return synthesize(notes, {.rate = 8000, .tempo = 240}); };
  CHECK(of({{0, 480, 60, 127}}).norm() > 1.5f * of({{0, 480, 60, 64}}).norm());
  CHECK(part_of(of({{0, 480, 81}}), 880, 8000) > 10 * part_of(of({{0, 480, 81}}), 440, 8000));
  const Samples low = of({{0, 480, 60, 20}}), high = of({{0, 480, 67, 20}}),
                both = of({{0, 480, 60, 20}, {0, 480, 67, 20}});
  const auto before_tanh = [](const Samples& x) { return x.array().atanh().matrix(); };
  CHECK(max_abs(before_tanh(both) - before_tanh(low) - before_tanh(high)) < 1e-6f);
  CHECK(of({}).size() == 4000);
  // Of a very high string the overtones are above half the rate; they must not come back as low ones.
  const Samples top = of({{0, 480, 105}});  // 3520 Hz
  CHECK(part_of(top, 8000 - 2 * 3520, 8000) < 0.1 * part_of(top, 3520, 8000));
}

TEST_CASE("a synthesizer refuses notes and options that are not legal", "[io][synth]") {
  const std::vector<MidiNote> note{{0, 480}}, backward{{0, -1}};
  CHECK_THROWS_WITH(synthesize(note, {.rate = 999}), ContainsSubstring("a rate of 999"));
  CHECK_THROWS_WITH(synthesize(note, {.ticks = 0}), ContainsSubstring("a quarter note of 0 ticks"));
  CHECK_THROWS_WITH(synthesize(note, {.tempo = 0}), ContainsSubstring("a tempo of 0"));
  CHECK_THROWS_WITH(synthesize(backward), ContainsSubstring("lasts -1"));
}

}  // namespace synth_test
