// The example forecast: how its forecasts are measured, beside those that need no network.
#include "../../examples/forecast_measure.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "catch.hpp"
#include "examples/forecast_series.hpp"

namespace forecast_measure_test {

using forecast::Problem;
using forecast::Series;
using recur::Index;
using recur::testing::noise;
using recur::testing::problem_of;
using recur::testing::walk;

TEST_CASE("Errors are those of the part held out, over the variance of the past", "[examples][forecast]") {
  Problem problem = problem_of(walk(100), 2);
  const double unit = recur::Scaler<double>::fit(problem.series.leftCols(80)).deviation()(0);
  Series said(10, 21);
  for (Index o = 0; o < 21; ++o)
    for (Index i = 0; i < 10; ++i) {
      const Index t = std::min<Index>(79 + o + i / 5 + 1, 99);
      // Off by one unit, with the truth between the first and the second quantile.
      said(i, o) =
          problem.series(t) + unit * std::vector{-0.5, 0.5, 1.0, 1.5, 2.5}[static_cast<std::size_t>(i % 5)];
    }
  const forecast::Measured measured = forecast::measure(problem, said, 0);
  REQUIRE(measured.network.size() == 38);  // 19 origins with two steps behind them
  for (const double error : measured.network) CHECK(error == Approx(1));
  CHECK(measured.in_most == 1);
  CHECK(measured.in_half == 0);
  CHECK(measured.simple[0] == Approx(std::pow((problem.series(80) - problem.series(79)) / unit, 2)));
  CHECK(measured.simple[1] == Approx(std::pow((problem.series(81) - problem.series(79)) / unit, 2)));
  problem.prices = "file";  // the return of a price that stays is 0
  CHECK(forecast::measure(problem, said, 0).simple[0] == Approx(std::pow(problem.series(80) / unit, 2)));
  problem.season = 3;
  double seasonal = 0;
  for (Index t = 79; t + 2 < 100; ++t)
    for (Index h = 1; h <= 2; ++h)
      seasonal += std::pow((problem.series(t + h - 3) - problem.series(t + h)) / unit, 2) / 38;
  CHECK(forecast::measure(problem, said, 0).other == Approx(seasonal));

  // Each step of a wave follows from two before it: the regression says all that comes.
  Series wave(1, 200);
  for (Index t = 0; t < 200; ++t) wave(t) = std::sin(static_cast<double>(t) / 3);
  CHECK(forecast::measure(problem_of(wave, 4), Series::Zero(20, 41), 0).linear < 1e-12);
  // Tomorrow's volatility is the mean of five days: three means say this as it is.
  Problem of_prices = problem_of(noise(2, 400), 1);
  for (Index t = 5; t < 400; ++t)
    of_prices.series(1, t) = of_prices.series.row(1).segment(t - 5, 5).mean() + 0.1 * of_prices.series(0, t);
  const double plain = forecast::measure(of_prices, Series::Zero(10, 81), 1).linear;
  of_prices.prices = "file";
  const double har = forecast::measure(of_prices, Series::Zero(10, 81), 1).linear;
  CHECK(har != plain);
  CHECK(har < 1.05 * plain);
}

TEST_CASE("An error is said beside another", "[examples][forecast]") {
  CHECK(forecast::beside(0.81, 1) == "10.0 % below");
  CHECK(forecast::beside(1, 0.64) == "25.0 % above");
}

}  // namespace forecast_measure_test
