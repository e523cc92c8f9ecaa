#include "recur/data/log_mel.hpp"

#include <cmath>
#include <complex>
#include <limits>
#include <numbers>
#include <stdexcept>

#include "allocations.hpp"
#include "catch.hpp"
#include "max_abs.hpp"
#include "recur/core/random.hpp"

namespace recur::testing {
namespace log_mel_test {

using Catch::Matchers::ContainsSubstring;

VectorX<double> noise(Index samples) {
  Random random(1);
  VectorX<double> x(samples);
  for (double& sample : x) sample = random.symmetric(1);
  return x;
}

/// Band m of frame t, from the definitions alone: the window of Hann, the sum of Fourier, and the triangles of HTK.
double by_definition(const VectorX<double>& x, const LogMelOptions& o, Index t, Index m) {
  const auto to_mel = [](double f) {
    return 1127 * std::log(1 + f / 700);
  };  // the same with another logarithm
  const double low = to_mel(o.lowest), high = to_mel(o.highest);
  const auto edge = [&](Index i) {
    const double mel = low + (high - low) * static_cast<double>(i) / static_cast<double>(o.bands + 1);
    return 700 * std::expm1(mel / 1127);
  };
  double sum = 0;
  for (Index k = 0; k <= o.window / 2; ++k) {
    const double f = o.rate * static_cast<double>(k) / static_cast<double>(o.window);
    double weight = 0;
    if (f > edge(m) && f <= edge(m + 1)) weight = (f - edge(m)) / (edge(m + 1) - edge(m));
    if (f > edge(m + 1) && f < edge(m + 2)) weight = (edge(m + 2) - f) / (edge(m + 2) - edge(m + 1));
    std::complex<double> spectrum = 0;
    for (Index n = 0; n < o.window; ++n) {
      const double part = static_cast<double>(n) / static_cast<double>(o.window);
      const double hann = std::pow(std::sin(std::numbers::pi * part), 2);
      spectrum +=
          hann * x(t * o.hop + n) * std::polar(1.0, -2 * std::numbers::pi * static_cast<double>(k) * part);
    }
    sum += weight * std::norm(spectrum);
  }
  return std::log(std::max(o.floor, sum));
}

TEST_CASE("Log-mel features are what their definitions say", "[data][log_mel]") {
  const VectorX<double> x = noise(700);
  for (const LogMelOptions& options :
       {LogMelOptions{.rate = 8000, .window = 128, .hop = 50, .bands = 20, .highest = 4000},
        LogMelOptions{.rate = 16000, .window = 90, .hop = 100, .bands = 8, .lowest = 300, .highest = 7000},
        LogMelOptions{.rate = 8000, .window = 75, .hop = 75, .bands = 5, .highest = 3000, .floor = 40}}) {
    const LogMel<double> features(options);
    const MatrixX<double> y = features(x);
    REQUIRE(y.rows() == options.bands);
    REQUIRE(y.cols() == (700 - options.window) / options.hop + 1);
    const MatrixX<float> in_float = LogMel<float>(options)(x.cast<float>());
    for (Index t = 0; t < y.cols(); ++t)
      for (Index m = 0; m < y.rows(); ++m) {
        const double right = by_definition(x, options, t, m);
        CHECK(y(m, t) == Approx(right).margin(1e-3));  // the two logarithms differ in the fifth digit
        CHECK(static_cast<double>(in_float(m, t)) == Approx(y(m, t)).margin(1e-4));
      }
  }
}

TEST_CASE("The energy of a tone is in the bands around its frequency", "[data][log_mel]") {
  // A tone whose frequency is that of the 16th coefficient: |X(16)| = W / 4, and half of that on both sides.
  const LogMel<double> features({.rate = 8000, .window = 128, .hop = 64, .bands = 24});
  VectorX<double> x(128);
  for (Index n = 0; n < 128; ++n) x(n) = std::cos(2 * std::numbers::pi * 16 * static_cast<double>(n) / 128);
  const VectorX<double> y = features(x).col(0);
  Index loudest = 0;
  y.maxCoeff(&loudest);
  // 1000 Hz are 1000 mel by the definition of the scale, and the bands are mel(4000) / 25 = 85.84 mel apart: band 11
  // has its top at 1030 mel, band 10 at 944.
  CHECK(loudest == 11);
  CHECK(y(loudest) < std::log(32.0 * 32 + 2 * 16 * 16));
  CHECK(y(loudest) > std::log(0.5 * 32 * 32));
  for (const Index m : {0, 4, 18, 23}) CHECK(y(m) == Approx(std::log(1e-10)).margin(1e-9));
}

TEST_CASE("A stream of samples gives the frames of the whole sound, and allocates nothing",
          "[data][log_mel]") {
  const VectorX<float> x = noise(1000).cast<float>();
  for (const Index hop : {40, 128, 300}) {  // overlapping, one after the other, with gaps
    const LogMel<float> features({.rate = 8000, .window = 128, .hop = hop, .bands = 20});
    const MatrixX<float> whole = features(x);
    auto stream = features.stream();
    Index frames = 0, late = 0;
    float furthest = 0;
    const CountAllocations allocations;
    for (Index n = 0; n < x.size(); ++n)
      if (const auto* frame = features.step(x(n), stream)) {
        late += n != frames * hop + 127;
        furthest = worse(furthest, max_abs(*frame - whole.col(frames++)));
      }
    CHECK(allocations.count() == 0);
    CHECK(frames == whole.cols());
    CHECK(late == 0);
    CHECK(furthest < 1e-4f);
  }
}

TEST_CASE("Log-mel features refuse what they can't show", "[data][log_mel]") {
  CHECK(LogMel<float>()(VectorX<float>::Zero(255)).cols() == 0);
  CHECK(LogMel<float>()(VectorX<float>::Zero(256)).isApproxToConstant(std::log(1e-10f), 1e-6f));
  VectorX<float> x = VectorX<float>::Zero(300);
  x(299) = std::numeric_limits<float>::infinity();
  const LogMel<float> features;
  CHECK_THROWS_WITH(features(x), ContainsSubstring("not finite"));
  auto stream = features.stream();
  CHECK_THROWS_AS(features.step(x(299), stream), std::invalid_argument);
  CHECK(stream.filled == 0);
  CHECK_THROWS_WITH(LogMel<float>({.window = 128}).step(0, stream), ContainsSubstring("other sizes"));
  for (const Index beyond : {Index{256}, Index{-1}}) {  // it would write there, or wait for so many samples
    stream.filled = beyond;
    CHECK_THROWS_WITH(features.step(0, stream), ContainsSubstring("one that its stream() made"));
    CHECK(stream.filled == beyond);
  }
  CHECK_THROWS_WITH(LogMel<float>({.bands = 200}), ContainsSubstring("take fewer bands or a longer window"));
  CHECK_THROWS_WITH(LogMel<float>({.highest = 5000}), ContainsSubstring("half the rate, 4000"));
  for (const LogMelOptions& wrong :
       {LogMelOptions{.rate = 0}, LogMelOptions{.window = 1}, LogMelOptions{.hop = 0},
        LogMelOptions{.bands = 0}, LogMelOptions{.lowest = -1},
        LogMelOptions{.lowest = 2000, .highest = 2000}, LogMelOptions{.floor = 0},
        LogMelOptions{.floor = 1e-60}, LogMelOptions{.floor = 1e300},
        LogMelOptions{.rate = std::numeric_limits<double>::quiet_NaN()}})
    CHECK_THROWS_AS(LogMel<float>(wrong), std::invalid_argument);
}

}  // namespace log_mel_test
}  // namespace recur::testing
