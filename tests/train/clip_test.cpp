#include "recur/train/clip.hpp"

#include <limits>

#include "allocations.hpp"
#include "catch.hpp"
#include "recur/core/denormals.hpp"
#include "toy.hpp"

namespace recur::testing {
namespace clip_test {

using Catch::Matchers::ContainsSubstring;

const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();

/// A gradient whose table has some rows touched. Norm: √(3² + 4² + 12²) = 13.
auto some_gradient() {
  auto gradient = zeros_like(toy<double>());
  auto& table = std::get<0>(gradient.body.layers).weight;
  table.touch(5)(0) = 3;
  table.touch(2)(1) = -4;
  gradient.head.bias(1) = 12;
  return gradient;
}

TEST_CASE("The norm is clipped over all parameters together, to the limit", "[train][clip]") {
  auto gradient = some_gradient();
  CHECK(clip_norm(gradient, 6.5) == Approx(13).epsilon(1e-14));
  const double factor = 6.5 / (13 + 1e-6);
  CHECK(gradient.head.bias(1) == Approx(12 * factor).epsilon(1e-14));
  CHECK(std::get<0>(gradient.body.layers).weight.values(5, 0) == Approx(3 * factor).epsilon(1e-14));
  CHECK(std::get<0>(gradient.body.layers).weight.values(2, 1) == Approx(-4 * factor).epsilon(1e-14));
  CHECK(gradient_norm(gradient) == Approx(6.5).epsilon(1e-6));
}

TEST_CASE("A norm below the limit is unchanged", "[train][clip]") {
  auto gradient = some_gradient();
  CHECK(clip_norm(gradient, 13.1) == Approx(13));
  CHECK(equal(gradient, some_gradient()));
  CHECK(clip_norm(gradient, no_limit) == Approx(13));
  CHECK(equal(gradient, some_gradient()));
  auto zero = zeros_like(gradient);
  CHECK(clip_norm(zero, 1) == 0);
  CHECK(equal(zero, zeros_like(gradient)));
}

TEST_CASE("Each value is clipped on its own", "[train][clip]") {
  auto gradient = some_gradient();
  CHECK(clip_value(gradient, 3.5));
  CHECK(gradient.head.bias(1) == 3.5);
  CHECK(std::get<0>(gradient.body.layers).weight.values(5, 0) == 3);
  CHECK(std::get<0>(gradient.body.layers).weight.values(2, 1) == -3.5);
  CHECK_FALSE(clip_value(gradient, 3.5));  // no number was above the limit
}

TEST_CASE("Clipping throws for a gradient that is not finite, names its path and leaves it unchanged",
          "[train][clip]") {
  for (const double bad : {nan, inf, -inf}) {
    auto gradient = some_gradient();
    std::get<2>(gradient.body.layers).cell.weight_hh(3, 2) = bad;
    CHECK_THROWS_AS(clip_norm(gradient, 1), NonFinite);
    CHECK_THROWS_WITH(clip_norm(gradient, 1), ContainsSubstring("body.2.weight_hh"));
    CHECK(gradient.head.bias(1) == 12);
  }
  auto gradient = some_gradient();
  gradient.head.bias.setConstant(std::numeric_limits<double>::max());
  CHECK_THROWS_WITH(clip_norm(gradient, 1), ContainsSubstring("overflow"));

  std::get<2>(gradient.body.layers).cell.weight_hh(3, 2) = nan;
  clip_value(gradient, 1);
  CHECK(std::isnan(std::get<2>(gradient.body.layers).cell.weight_hh(3, 2)));
}

template <class S>
void check_large(double value, double limit) {
  auto gradient = zeros_like(toy<S>());
  gradient.head.bias(0) = static_cast<S>(0.6 * value);
  gradient.head.bias(1) = static_cast<S>(-0.8 * value);
  INFO(value << " to " << limit);
  CHECK(clip_norm(gradient, limit) == Approx(value).epsilon(1e-6));
  CHECK(static_cast<double>(gradient.head.bias(0)) == Approx(0.6 * limit).epsilon(1e-5).margin(0));
  CHECK(static_cast<double>(gradient.head.bias(1)) == Approx(-0.8 * limit).epsilon(1e-5).margin(0));
}

TEST_CASE("A gradient whose squares overflow is clipped to the limit and keeps its direction",
          "[train][clip]") {
  const FlushDenormals flush;  // as in training
  for (const double limit : {1e-6, 1.0, 5.0, 1e20}) {
    check_large<float>(1e30, limit);
    check_large<float>(3e38, limit);
    check_large<double>(1e200, limit);
    check_large<double>(1.5e308, limit);
  }
}

TEST_CASE(
    "A limit that rounds to nothing in the scalar of the gradient throws, one beyond it lets everything "
    "through",
    "[train][clip]") {
  auto gradient = zeros_like(toy<float>());
  gradient.head.bias.setConstant(std::numeric_limits<float>::max());
  CHECK_THROWS_WITH(clip_norm(gradient, 1e-60),
                    ContainsSubstring("norm 1e-60") && ContainsSubstring("in single precision"));
  CHECK_THROWS_WITH(clip_value(gradient, 1e-60),
                    ContainsSubstring("values of 1e-60") && ContainsSubstring("at least 1.17549e-38"));
  clip_value(gradient, 1e39);
  clip_norm(gradient, 1e39);
  CHECK((gradient.head.bias.array() == std::numeric_limits<float>::max()).all());
}

TEST_CASE("A limit that is not positive throws", "[train][clip]") {
  auto gradient = some_gradient();
  for (const double limit : {0.0, -1.0, nan}) {
    CHECK_THROWS_WITH(clip_norm(gradient, limit), ContainsSubstring("must be positive"));
    CHECK_THROWS_AS(clip_value(gradient, limit), std::invalid_argument);
  }
  CHECK(equal(gradient, some_gradient()));
}

TEST_CASE("Clipping a list of parameters allocates nothing", "[train][clip]") {
  auto whole = some_gradient();
  const Parameters gradient(whole);
  const CountAllocations allocations;
  clip_value(gradient, 3.5);
  clip_norm(gradient, 1);
  const long count = allocations.count();
  CHECK(count == 0);
}

}  // namespace clip_test
}  // namespace recur::testing
