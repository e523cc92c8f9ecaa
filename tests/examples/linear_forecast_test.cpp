// The example forecast: the linear regression beside the network.
#include "../../examples/linear_forecast.hpp"

#include <recur/core/random.hpp>
#include <vector>

#include "catch.hpp"

namespace linear_forecast_test {

using forecast::LinearForecast;
using recur::Index;
using recur::VectorX;

/// Numbers of which each follows from those before it by `next`, where they begin at random.
VectorX<double> made_by(Index steps, Index begin, auto&& next) {
  recur::Random random(3);
  VectorX<double> y(steps);
  for (Index t = 0; t < steps; ++t) y(t) = t < begin ? random.normal() : next(y, t);
  return y;
}

TEST_CASE("A regression finds the rule by which steps follow from those before", "[examples][forecast]") {
  // Two roots of size 1, so the series neither dies nor grows.
  const VectorX<double> y =
      made_by(60, 2, [](const auto& all, Index t) { return 0.3 + 1.2 * all(t - 1) - all(t - 2); });
  const LinearForecast linear(y, 40, 3, {1, 2});
  for (Index t = 39; t + 3 < 60; ++t) {
    const VectorX<double> said = linear(y, t);
    REQUIRE(said.size() == 3);
    for (Index h = 1; h <= 3; ++h) CHECK(said(h - 1) == Approx(y(t + h)).margin(1e-8));
  }
}

TEST_CASE("A regression finds means of several horizons", "[examples][forecast]") {
  recur::Random random(4);
  const VectorX<double> y = made_by(400, 22, [&](const auto& all, Index t) {
    return 1 + 0.4 * all(t - 1) - 0.7 * all.segment(t - 5, 5).mean() + 0.9 * all.segment(t - 22, 22).mean() +
           1e-3 * random.normal();
  });
  const LinearForecast linear(y, 300, 1, {1, 5, 22});
  for (Index t = 299; t + 1 < 400; ++t) CHECK(linear(y, t)(0) == Approx(y(t + 1)).margin(0.01));
}

TEST_CASE("A regression knows nothing of what comes after its past", "[examples][forecast]") {
  const VectorX<double> y = made_by(60, 60, [](const auto&, Index) { return 0.0; });
  VectorX<double> other = y;
  other.tail(20).setConstant(7);
  CHECK(LinearForecast(y, 40, 2, {1, 2, 3})(y, 39) == LinearForecast(other, 40, 2, {1, 2, 3})(y, 39));
  other(39) = 7;  // the last step of the past is a target
  CHECK(LinearForecast(y, 40, 2, {1, 2, 3})(y, 39) != LinearForecast(other, 40, 2, {1, 2, 3})(y, 39));
}

}  // namespace linear_forecast_test
