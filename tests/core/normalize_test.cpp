#include "recur/core/normalize.hpp"

#include "catch.hpp"
#include "recur/core/eigen.hpp"
#include "slope.hpp"

namespace recur::testing {
namespace {

// Sizes below, at and beyond whole packs.
constexpr Index sizes[] = {1, 2, 3, 4, 5, 8, 13, 16, 31};

TEST_CASE("Moments are the mean and the deviation, of any count of numbers") {
  for (const Index count : sizes) {
    const Vector<double> x = 3 * Vector<double>::Random(count).array() + 7;
    const double mean = x.mean(), variance = (x.array() - mean).square().mean();
    const auto found = moments(x.data(), count, 0.1);
    CHECK(found.mean == Approx(mean));
    CHECK(found.scale == Approx(1 / std::sqrt(variance + 0.1)));
  }
}

TEST_CASE("Normalised numbers have mean 0 and variance 1, and nothing beyond them is touched") {
  for (const Index count : sizes) {
    if (count == 1) continue;
    Vector<float> x(count + 1);
    x.head(count) = 100 * Vector<float>::Random(count).array() + 5;
    x(count) = 42;
    const Vector<float> before = x;
    const float scale = normalize(x.data(), count, 1e-5f);
    CHECK(x(count) == 42);
    CHECK(std::abs(x.head(count).mean()) < 1e-4f);
    CHECK(x.head(count).squaredNorm() / static_cast<float>(count) == Approx(1).epsilon(1e-3));
    CHECK((x(1) - x(0)) == Approx((before(1) - before(0)) * scale).epsilon(1e-3));
  }
  float alone = 5;
  normalize(&alone, 1, 1e-5f);
  CHECK(alone == 0);
}

TEST_CASE("The gradient of what normalises is that of differences") {
  for (const Index count : sizes) {
    Vector<double> x = Vector<double>::Random(count);
    const Vector<double> upstream = Vector<double>::Random(count);
    const auto normal_of = [&](double& scale) {
      Vector<double> normal = x;
      scale = normalize(normal.data(), count, 0.1);
      return normal;
    };
    double scale = 0, again = 0;
    const Vector<double> normal = normal_of(scale);
    Vector<double> dx = upstream;
    normalize_backward(normal.data(), scale, dx.data(), count);
    CHECK(slope_error(x.data(), dx.data(), count, [&] { return normal_of(again).dot(upstream); }) < 1e-8);
  }
}

}  // namespace
}  // namespace recur::testing
