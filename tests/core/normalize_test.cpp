#include "recur/core/normalize.hpp"

#include <limits>
#include <utility>

#include "catch.hpp"
#include "max_abs.hpp"
#include "recur/core/denormals.hpp"
#include "recur/core/eigen.hpp"
#include "slope.hpp"

namespace recur::testing {
namespace normalize_test {

// Sizes below, at and beyond whole packs.
constexpr Index sizes[] = {1, 2, 3, 4, 5, 8, 13, 16, 31};

TEST_CASE("Moments are the mean and the deviation of any count of numbers", "[core][normalize]") {
  for (const Index count : sizes) {
    const VectorX<double> x = 3 * VectorX<double>::Random(count).array() + 7;
    const double mean = x.mean(), variance = (x.array() - mean).square().mean();
    const auto found = detail::moments(x.data(), count, 0.1);
    CHECK(found.mean == Approx(mean));
    CHECK(found.scale == Approx(1 / std::sqrt(variance + 0.1)));
  }
}

TEST_CASE("Normalised numbers have mean 0 and variance 1, and the memory behind them stays",
          "[core][normalize]") {
  for (const Index count : sizes) {
    if (count == 1) continue;
    VectorX<float> x(count + 1);
    x.head(count) = 100 * VectorX<float>::Random(count).array() + 5;
    x(count) = 42;
    const VectorX<float> before = x;
    const float scale = detail::normalize(x.data(), count, 1e-5f);
    CHECK(x(count) == 42);
    CHECK(std::abs(x.head(count).mean()) < 1e-4f);
    CHECK(x.head(count).squaredNorm() / static_cast<float>(count) == Approx(1).epsilon(1e-3));
    CHECK((x(1) - x(0)) == Approx((before(1) - before(0)) * scale).epsilon(1e-3));
  }
  float alone = 5;
  detail::normalize(&alone, 1, 1e-5f);
  CHECK(alone == 0);
}

TEST_CASE("The gradient of normalisation matches differences", "[core][normalize]") {
  for (const Index count : sizes) {
    VectorX<double> x = VectorX<double>::Random(count);
    const VectorX<double> upstream = VectorX<double>::Random(count);
    const auto normal_of = [&](double& scale) {
      VectorX<double> normal = x;
      scale = detail::normalize(normal.data(), count, 0.1);
      return normal;
    };
    double scale = 0, again = 0;
    const VectorX<double> normal = normal_of(scale);
    VectorX<double> dx = upstream;
    detail::normalize_backward(normal.data(), scale, dx.data(), count);
    CHECK(slope_error(x.data(), dx.data(), count, [&] { return normal_of(again).dot(upstream); }) < 1e-8);
  }
}

template <class S>
void normalises_at_the_ends(S size) {
  for (const Index count : sizes) {
    if (count == 1) continue;
    VectorX<S> x = VectorX<S>::Zero(count), unit = VectorX<S>::Zero(count),
               equal = VectorX<S>::Constant(count, size);
    x(0) = size;
    unit(0) = 1;
    if (count > 2) x(count - 1) = -size, unit(count - 1) = -1;
    INFO(count << " numbers of size " << size);
    const S scale = detail::normalize(x.data(), count, S(1e-5));
    const S of_unit = detail::normalize(unit.data(), count, std::numeric_limits<S>::min());
    CHECK(max_abs(x - unit) < 10 * std::numeric_limits<S>::epsilon());
    CHECK(static_cast<double>(scale * size) == Approx(static_cast<double>(of_unit)).epsilon(1e-5));
    detail::normalize(equal.data(), count, S(1e-5));
    CHECK(equal.isZero(0));
  }
}

TEST_CASE("Numbers whose squares overflow are normalised, and equal numbers become 0", "[core][normalize]") {
  normalises_at_the_ends(1e20f);
  normalises_at_the_ends(1e37f);
  normalises_at_the_ends(1e200);
  normalises_at_the_ends(1e300);
  VectorX<float> largest = VectorX<float>::Constant(7, std::numeric_limits<float>::max());
  largest(3) = -largest(3);
  detail::normalize(largest.data(), 7, 1e-5f);
  CHECK(largest(0) == Approx(1 / std::sqrt(6.0)));
  CHECK(largest(3) == Approx(-std::sqrt(6.0)));
  for (const float number : {333333.34f, 0.1f, -7e10f}) {
    VectorX<float> equal = VectorX<float>::Constant(50, number);
    detail::normalize(equal.data(), 50, 1e-5f);
    CHECK(equal.isZero(0));
  }
}

template <class S>
void gradients_are_right_at_the_ends() {
  const Index count = 64;
  const S size = std::numeric_limits<S>::max() / 4;
  const VectorX<S> unit = VectorX<S>::LinSpaced(count, 1, 2).array().sin();
  for (const S spread : {S(1e-3), S(1), S(1e3), S(1e30)}) {
    INFO("a deviation of about " << spread);
    VectorX<S> normal = spread * VectorX<S>::LinSpaced(count, -1, 2), right = unit;
    const S scale = detail::normalize(normal.data(), count, S(1e-5));
    detail::normalize_backward(normal.data(), scale, right.data(), count);
    if (spread < 1) right *= 0;  // otherwise its gradient would overflow
    VectorX<S> dx = spread < 1 ? VectorX<S>::Constant(count, size) : VectorX<S>(size * unit);
    detail::normalize_backward(normal.data(), scale, dx.data(), count);
    CHECK(max_abs(dx / size - right) <= 1e-5 * (spread < 1 ? S(1) : max_abs(right)));
  }
}

TEST_CASE("The gradient of normalisation is right if sums of gradients overflow", "[core][normalize]") {
  gradients_are_right_at_the_ends<float>();
  gradients_are_right_at_the_ends<double>();
}

TEST_CASE("The largest numbers are normalised even if denormal numbers count as zero", "[core][normalize]") {
  const FlushDenormals flush;
  VectorX<float> largest{{3e38f, -3e38f, 0}};
  detail::normalize(largest.data(), 3, 1e-5f);
  CHECK(largest(0) == Approx(std::sqrt(1.5)));
}

TEST_CASE("Infinite numbers can't be normalised", "[core][normalize]") {
  VectorX<float> x = VectorX<float>::Ones(5);
  x(2) = std::numeric_limits<float>::infinity();
  detail::normalize(x.data(), 5, 1e-5f);
  CHECK(x.hasNaN());
}

TEMPLATE_TEST_CASE("A number that is none can't be normalised", "[core][normalize]", float, double) {
  const TestType no = std::numeric_limits<TestType>::quiet_NaN();
  for (const auto& [a, b] :
       {std::pair<TestType, TestType>{0.75, no}, {0.5, no}, {no, 0.9}, {3, no}, {0, no}}) {
    VectorX<TestType> x(2);
    x << a, b;
    detail::normalize(x.data(), 2, TestType(1e-5));
    CHECK(x.array().isNaN().all());
  }
}

}  // namespace normalize_test
}  // namespace recur::testing
