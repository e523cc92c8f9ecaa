#include "recur/train/forecast_metrics.hpp"

#include <limits>
#include <vector>

#include "catch.hpp"
#include "recur/core/random.hpp"

namespace forecast_metrics_test {

using Catch::Matchers::ContainsSubstring;
using recur::forecast_gain;
using recur::Index;
using Losses = std::vector<double>;

TEST_CASE("the gain over a rival and its interval, by hand", "[train][forecast_metrics]") {
  // d = 1, 3, 0, 0, in parts of the rival's mean 4: mean 0.25, variance (0 + 0.25 + 0.0625 + 0.0625) / 4 = 0.09375.
  const Losses own{3, 1, 4, 4}, rival{4, 4, 4, 4};
  const auto [gain, low, high] = forecast_gain(own, rival);
  CHECK(gain == Approx(0.25));
  CHECK(high - gain == Approx(1.96 * std::sqrt(0.09375 / 4)));
  CHECK(gain - low == Approx(high - gain));
  // Two steps ahead: the autocovariance at lag 1 is (0 · 0.5 - 0.5 · 0.25 + 0.25 · 0.25) / 4 = -0.015625.
  const auto two = forecast_gain(own, rival, 2);
  CHECK(two.gain == Approx(0.25));
  CHECK(two.high - two.gain == Approx(1.96 * std::sqrt((0.09375 - 2 * 0.015625) / 4)));
  // Here the sum would be negative: 1, -1, 1, -1 have the autocovariance -0.75 at lag 1.
  const auto turns = forecast_gain(Losses{3, 5, 3, 5}, rival, 2);
  CHECK(turns.high == Approx(1.96 * std::sqrt(0.0625 / 4)));
}

TEST_CASE("the interval holds the true gain in about 95 % of all cases", "[train][forecast_metrics]") {
  recur::Random random(1);
  int inside = 0, inside_ahead = 0;
  for (int trial = 0; trial < 1000; ++trial) {
    Losses own(200), rival(200), moving(200);
    double before = random.normal();
    for (std::size_t t = 0; t < own.size(); ++t) {
      rival[t] = 1;
      const double noise = random.normal();
      own[t] = 0.9 + 0.1 * noise;
      moving[t] = 0.9 + 0.1 * (noise + before);  // neighbours share a surprise
      before = noise;
    }
    const auto one = forecast_gain(own, rival), two = forecast_gain(moving, rival, 2);
    inside += one.low <= 0.1 && 0.1 <= one.high;
    inside_ahead += two.low <= 0.1 && 0.1 <= two.high;
  }
  CHECK(std::abs(inside - 950) < 30);
  CHECK(std::abs(inside_ahead - 950) < 35);
}

TEST_CASE("the mean of a distribution from three of its quantiles", "[train][forecast_metrics]") {
  CHECK(recur::mean_of_quantiles(-1.645, 0, 1.645) == Approx(0).margin(1e-12));
  // The exponential distribution has the quantiles -log(1 - p) and the mean 1.
  CHECK(recur::mean_of_quantiles(-std::log(0.95), std::log(2), -std::log(0.05)) == Approx(1).epsilon(0.002));
}

TEST_CASE("losses that can't be compared are refused", "[train][forecast_metrics]") {
  const double infinite = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH(forecast_gain(Losses{1}, Losses{1}), ContainsSubstring("1 losses"));
  CHECK_THROWS_WITH(forecast_gain(Losses{1, 2}, Losses{1, 2, 3}), ContainsSubstring("2 losses and 3"));
  CHECK_THROWS_WITH(forecast_gain(Losses{1, 2}, Losses{1, 2}, 3), ContainsSubstring("3 steps ahead"));
  CHECK_THROWS_WITH(forecast_gain(Losses{1, infinite}, Losses{1, 2}), ContainsSubstring("not finite"));
  CHECK_THROWS_WITH(forecast_gain(Losses{1, 2}, Losses{0, 0}), ContainsSubstring("the rival is 0"));
}

}  // namespace forecast_metrics_test
