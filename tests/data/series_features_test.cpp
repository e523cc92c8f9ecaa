#include "recur/data/series_features.hpp"

#include <stdexcept>

#include "catch.hpp"

namespace series_features_test {

using recur::Index, recur::SeriesFeatures;
using Matrix = recur::MatrixX<double>;

TEST_CASE("the features of a series: values, changes, distances from means, and the season",
          "[data][series_features]") {
  const Matrix x{{1, 2, 4, 8, 6}};
  const Matrix all = SeriesFeatures{.means = {2, 4}, .season = 4}(x);
  REQUIRE(all.rows() == SeriesFeatures{.means = {2, 4}, .season = 4}.size(1));
  const Matrix expected{{1, 2, 4, 8, 6}, {0, 1, 2, 4, -2}, {0, 0.5, 1, 2, -1}, {0, 0.5, 5.0 / 3, 4.25, 1},
                        {0, 0, 0, 0, 5}, {0, 1, 0, -1, 0}, {1, 0, -1, 0, 1}};
  CHECK(all.isApprox(expected, 1e-12));
  // Of several columns, all of a kind come together.
  const Matrix two{{1, 2, 4, 8, 6}, {3, 3, 0, 1, 2}};
  const Matrix both = SeriesFeatures{.means = {2}}(two);
  REQUIRE(both.rows() == 6);
  CHECK(both.topRows(2) == two);
  CHECK(both.row(2) == all.row(1));
  CHECK(both.row(3) == Matrix{{0, 0, -3, 1, 1}});
  CHECK(both.row(4) == all.row(2));
  CHECK(SeriesFeatures{.means = {2}}(recur::MatrixX<float>(two.cast<float>())).isApprox(both.cast<float>()));
}

TEST_CASE("distances from means of large floats are finite", "[data][series_features]") {
  const auto all =
      SeriesFeatures{.means = {4}}(recur::MatrixX<float>(recur::MatrixX<float>::Constant(1, 8, 1e38f)));
  CHECK(all.row(2).isZero(0));
}

TEST_CASE("no peeking: features of a step don't depend on later ones", "[data][series_features]") {
  Matrix x = Matrix::Random(2, 40), other = x;
  const SeriesFeatures features{.season = 7};
  for (Index t = 1; t < 40; ++t) {
    other = x;
    other.rightCols(40 - t).setConstant(1e6);
    CHECK(features(other).leftCols(t) == features(x).leftCols(t));
    CHECK(features(Matrix(x.leftCols(t))) ==
          features(x).leftCols(t));  // also of a series shorter than its season
  }
}

TEST_CASE("features that have no meaning are refused", "[data][series_features]") {
  const Matrix x = Matrix::Ones(1, 9);
  CHECK_THROWS_AS((SeriesFeatures{.means = {0}}(x)), std::invalid_argument);
  CHECK_THROWS_AS((SeriesFeatures{.season = 1}(x)), std::invalid_argument);
  CHECK_THROWS_AS((SeriesFeatures{.season = -2}(x)), std::invalid_argument);
  CHECK((SeriesFeatures{.means = {}}(Matrix(2, 0))).cols() == 0);
  Matrix gap = x;
  gap(0, 3) = recur::ignored_number<double>;
  CHECK_THROWS_WITH(SeriesFeatures{}(gap),
                    Catch::Matchers::StartsWith("feature 0 of step 3 is ignored_number: only a target"));
}

}  // namespace series_features_test
