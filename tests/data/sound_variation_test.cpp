#include "recur/data/sound_variation.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

#include "catch.hpp"
#include "max_abs.hpp"

namespace sound_variation_test {

using recur::Index, recur::Random, recur::add_noise, recur::at_speed, recur::testing::max_abs;
using Samples = recur::VectorX<float>;

Samples sine(Index size, float turn) {
  Samples x(size);
  for (Index n = 0; n < size; ++n) x(n) = std::sin(turn * static_cast<float>(n));
  return x;
}

TEST_CASE("a sound at another speed has another length and pitch", "[data][sound_variation]") {
  const Samples x = sine(1001, 0.01f);
  CHECK(at_speed(x, 1) == x);
  const Samples fast = at_speed(x, 2), slow = at_speed(x, 0.8);
  CHECK(fast == sine(1001, 0.01f)(Eigen::seq(0, 1000, 2)));
  REQUIRE(slow.size() == 1251);
  CHECK(max_abs(slow - sine(1251, 0.008f)) < 1e-4f);
  CHECK(at_speed(Samples{{2, 4}}, 0.5) == Samples{{2, 3, 4}});
  CHECK(at_speed(Samples{{7}}, 3) == Samples{{7}});
  CHECK(at_speed(Samples(), 2).size() == 0);
  for (const double speed : {0.0, -1.0, std::numeric_limits<double>::infinity()})
    CHECK_THROWS_AS(at_speed(x, speed), std::invalid_argument);
}

TEST_CASE("noise is as loud as it is asked for, and the same for the same seed", "[data][sound_variation]") {
  const Samples x = 3 * sine(20000, 0.1f);
  Samples noisy = x, again = x, none = x;
  Random random(1), other(1);
  add_noise(noisy, 0.5, random);
  add_noise(again, 0.5, other);
  add_noise(none, 0, random);
  CHECK(noisy == again);
  CHECK(none == x);
  const Samples noise = noisy - x;
  const double loudness = x.norm() / std::sqrt(20000.0);
  CHECK(max_abs(noise) <= 0.5001 * loudness);
  CHECK(noise.norm() / std::sqrt(20000.0) == Approx(0.5 * loudness / std::sqrt(3.0)).epsilon(0.02));
  CHECK(std::abs(noise.mean()) < 0.02 * loudness);
  Samples loud = 3e30f * x;
  Random third(1);
  add_noise(loud, 0.5, third);
  CHECK(max_abs(loud / 3e30f - noisy) < 1e-5f);
  Samples empty;
  add_noise(empty, 1, random);
  CHECK_THROWS_AS(add_noise(noisy, -1, random), std::invalid_argument);
}

}  // namespace sound_variation_test
