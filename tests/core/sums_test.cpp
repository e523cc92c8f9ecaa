#include "recur/core/sums.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "max_abs.hpp"
#include "recur/core/parameters.hpp"

namespace recur::testing {
namespace sums_test {

constexpr Index million = 1000000;

TEMPLATE_TEST_CASE("Sums of many numbers don't drift and don't stop growing", "[core][sums]", float, double) {
  using S = TestType;
  const S tenth = S(0.1);
  const double expected = million * static_cast<double>(tenth);
  const std::vector<S> tenths(million, tenth), ones(million, S(1));
  CHECK(static_cast<double>(detail::arrays::dot(tenths.data(), ones.data(), million)) ==
        Approx(expected).epsilon(1e-5));

  for (const Index rows : {1, 3, 40, 100}) {  // of all kinds of blocks
    const Index columns = million / rows;
    std::vector<S> sums(static_cast<std::size_t>(rows), S(1));
    add_columns(tenths.data(), rows, columns, sums.data());
    for (const S sum : sums)
      CHECK(static_cast<double>(sum) ==
            Approx(1 + static_cast<double>(columns) * static_cast<double>(tenth)).epsilon(1e-5));
  }

  detail::LongSums<S> sums;
  S* const terms = sums.start(2);
  for (Index i = 0; i < million; ++i) {
    terms[0] += tenth;
    terms[1] += 1;
    sums.added(1);
  }
  S total[2] = {1, 2};
  sums.add_to(total, 0, 2);
  CHECK(static_cast<double>(total[0]) == Approx(1 + expected).epsilon(1e-5));
  CHECK(total[1] == S(2 + million));
  sums.start(1);
  CHECK(*sums.totals() == 0);
}

TEMPLATE_TEST_CASE("Sums of columns are exact for whole numbers", "[core][sums]", float, double) {
  for (const Index rows : {1, 5, 16, 67}) {
    const MatrixX<TestType> m = (MatrixX<TestType>::Random(rows, 9) * 50).array().round();
    VectorX<TestType> sums = VectorX<TestType>::Ones(rows);
    add_columns(m.data(), rows, Index{9}, sums.data());
    CHECK(sums == VectorX<TestType>::Ones(rows) + m.rowwise().sum());
  }
}

TEMPLATE_TEST_CASE("The mean of equal numbers is that number with any weights", "[core][sums]", float,
                   double) {
  using S = TestType;
  const S tenth = S(0.1);
  for (const Index features : {1, 20, 100}) {
    const VectorX<S> x = VectorX<S>::Constant(features, tenth);
    VectorX<S> y(features);
    VectorX<double> mean = x.template cast<double>();
    double weights = 0;
    for (Index t = 0; t < 10007; ++t) weights += 0.3 + 0.1 * static_cast<double>(t % 7);
    detail::mean_of_columns(
        Index{10007}, features, [&](Index) { return x.data(); },
        [](Index t) { return 0.3 + 0.1 * static_cast<double>(t % 7); }, weights, y.data());
    CHECK(y == x);
    for (Index t = 2; t < 10007; ++t) detail::move_mean(mean, x, 1 / static_cast<double>(t));
    CHECK(mean.cast<S>() == x);
  }
}

TEST_CASE("Numbers without weight don't change a mean, whatever their size", "[core][sums]") {
  const double x[]{1e20, 1, 3}, weight[]{0, 0.5, 0.5};
  double y = 0;
  detail::mean_of_columns(
      Index{3}, Index{1}, [&](Index t) { return x + t; }, [&](Index t) { return weight[t]; }, 1.0, &y);
  CHECK(y == 2);
  VectorX<double> mean{{1e20}};
  detail::move_mean(mean, VectorX<float>{{1}}, 1);
  CHECK(mean(0) == 1);
}

TEST_CASE("The mean of numbers whose sum overflows is finite", "[core][sums]") {
  const float largest = std::numeric_limits<float>::max();
  float y = 0;
  detail::mean_of_columns(
      Index{3}, Index{1}, [&](Index) { return &largest; }, [](Index) { return 1.0; }, 3.0, &y);
  CHECK(y == largest);
}

TEST_CASE("The mean of the largest doubles of both signs is right", "[core][sums]") {
  const double most = 1.7e308;
  const auto mean_of = [](const std::vector<double>& x, const std::vector<double>& weight) {
    double weights = 0, y = 0;
    for (const double w : weight) weights += w;
    const auto at = [](Index t) { return static_cast<std::size_t>(t); };
    detail::mean_of_columns(
        std::ssize(x), Index{1}, [&](Index t) { return &x[at(t)]; }, [&](Index t) { return weight[at(t)]; },
        weights, &y);
    return y;
  };
  CHECK(mean_of({-most, most}, {1, 1}) == 0);
  CHECK(mean_of({most, -most}, {3, 1}) == Approx(most / 2));
  CHECK(mean_of({0, most, -most, most}, {0, 1, 1, 1}) == Approx(most / 3));
  CHECK(mean_of({most, most}, {1, 1}) == most);
  CHECK(std::isnan(mean_of({1, std::numeric_limits<double>::quiet_NaN()}, {1, 1})));
  VectorX<double> mean{{-most}};
  detail::move_mean(mean, VectorX<double>{{most}}, 0.5);
  CHECK(mean(0) == 0);
  mean(0) = -most;
  detail::move_mean(mean, VectorX<double>{{most}}, 0.75);
  CHECK(mean(0) == Approx(most / 2));
}

}  // namespace sums_test
}  // namespace recur::testing
