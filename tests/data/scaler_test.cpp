#include "recur/data/scaler.hpp"

#include <limits>
#include <stdexcept>

#include "catch.hpp"

namespace recur::testing {
namespace scaler_test {

using Catch::Matchers::ContainsSubstring;
using Matrix = MatrixX<double>;

TEST_CASE("a scaler makes mean 0 and deviation 1 of the past, and knows the way back", "[data][scaler]") {
  const Matrix series{{1, 3, 1, 3, 100}, {-2, -2, -6, -6, 8}};
  const auto scaler = Scaler<double>::fit(series.leftCols(4));
  CHECK(scaler.mean() == VectorX<double>{{2, -4}});
  CHECK(scaler.deviation() == VectorX<double>{{1, 2}});
  const Matrix z = scaler.scaled(series);
  CHECK(z == Matrix{{-1, 1, -1, 1, 98}, {1, 1, -1, -1, 6}});
  CHECK(scaler.original(z) == series);
  CHECK(scaler.of(1).original(Matrix{{1}}) == Matrix{{-2}});
  CHECK(Scaler<float>::fit(series.cast<float>().leftCols(4)).scaled(series.cast<float>()) == z.cast<float>());
  const auto large = Scaler<double>::fit(Matrix{{1e200, 3e200}});  // whose squares overflow
  CHECK(large.deviation()(0) == Approx(1e200));
}

TEST_CASE("a scaler is exact for large numbers that differ little", "[data][scaler]") {
  const auto scaler = Scaler<double>::fit(Matrix{{5e15, 5e15 + 1}});
  CHECK(scaler.deviation()(0) == 0.5);
  CHECK(Scaler<double>::fit(Matrix{{-1.7e308, 1.7e308}}).deviation()(0) == 1.7e308);
  CHECK(Scaler<double>::fit(Matrix{{0, 1e-320}}).deviation()(0) > 0);
}

TEST_CASE("a scaler refuses what can't be scaled", "[data][scaler]") {
  CHECK_THROWS_WITH(Scaler<double>::fit(Matrix{{1, 2}, {0.1, 0.1}}),
                    ContainsSubstring("feature 1 is always 0.1"));
  CHECK_THROWS_WITH(Scaler<double>::fit(Matrix{{1}}), ContainsSubstring("2 steps"));
  CHECK_THROWS_AS(Scaler<double>::fit(Matrix{{1, std::numeric_limits<double>::infinity()}}),
                  std::invalid_argument);
  const auto scaler = Scaler<double>::fit(Matrix{{1, 2}});
  CHECK_THROWS_WITH(scaler.scaled(Matrix::Zero(2, 3)), ContainsSubstring("2 features"));
  CHECK_THROWS_AS(scaler.original(Matrix::Zero(2, 3)), std::invalid_argument);
  CHECK_THROWS_AS(scaler.of(1), std::out_of_range);
  CHECK_THROWS_AS(Scaler<double>(VectorX<double>{{1}}, VectorX<double>{{0}}), std::invalid_argument);
  CHECK_THROWS_AS(Scaler<double>(VectorX<double>{{1}}, VectorX<double>{{1, 1}}), std::invalid_argument);
}

}  // namespace scaler_test
}  // namespace recur::testing
