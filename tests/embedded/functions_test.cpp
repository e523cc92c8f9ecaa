#include "recur/embedded/functions.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"
#include "recur/core/activation.hpp"
#include "recur/embedded/layers.hpp"
#include "recur/embedded/recurrent.hpp"

namespace recur::testing {
namespace functions_test {

TEST_CASE("Embedded functions are those of the library to 1e-6", "[embedded][functions]") {
  for (int i = -120000; i <= 120000; ++i) {
    const float x = static_cast<float>(i) * 0.001f;
    REQUIRE(std::abs(embedded::tanh(x) - std::tanh(x)) < 1e-6f);
    REQUIRE(std::abs(embedded::tanh(x) - Tanh::value(x)) < 1e-6f);
    REQUIRE(std::abs(embedded::sigmoid(x) - Sigmoid::value(x)) < 1e-6f);
    REQUIRE(std::abs(embedded::erf(x) - std::erf(x)) < 1e-6f);
    const double exact = std::exp(static_cast<double>(x));
    if (x > -87 && x < 88.7f) REQUIRE(std::abs(embedded::exp(x) - exact) <= 2.4e-7 * exact);
    REQUIRE(std::abs(embedded::Gelu::value(x) - Gelu::value(x)) <= 1e-6f * std::max(1.0f, std::abs(x)));
    REQUIRE(std::abs(embedded::Elu::value(x) - Elu::value(x)) <= 1e-6f * std::max(1.0f, std::abs(x)));
    REQUIRE(embedded::Relu::value(x) == Relu::value(x));
    if (x > 0) REQUIRE(std::abs(embedded::sqrt(x) - std::sqrt(x)) <= 2.4e-7f * std::sqrt(x));
    if (x > 0)
      REQUIRE(std::abs(embedded::log(x) - std::log(x)) <= 2.4e-7f * std::max(1.0f, std::abs(std::log(x))));
  }
  CHECK(embedded::sqrt(1e-38f) == Approx(1e-19f));
  CHECK(embedded::sqrt(3e38f) == Approx(1.7320508e19f));
  for (const float x : {-0.4f, -1e-3f, -1e-6f, -1e-12f})
    CHECK(std::abs(embedded::Elu::value(x) - std::expm1(x)) <= -1e-6f * x);  // e^x - 1 would cancel
}

constexpr float threshold = 0.5f;

TEST_CASE("Embedded functions are right at the ends of their range", "[embedded][functions]") {
  constexpr float infinity = std::numeric_limits<float>::infinity(),
                  nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(embedded::exp(-infinity) == 0);
  CHECK(embedded::exp(infinity) == infinity);
  CHECK(embedded::exp(88.8f) == infinity);
  CHECK(embedded::exp(-95) == Approx(std::exp(-95.0f)).epsilon(1e-2));  // not normal
  CHECK(embedded::tanh(infinity) == 1);
  CHECK(embedded::tanh(-1e30f) == -1);
  CHECK(embedded::sigmoid(-infinity) == 0);
  CHECK(embedded::sigmoid(infinity) == 1);
  CHECK(embedded::Gelu::value(-infinity) == 0);
  for (const float y :
       {embedded::exp(nan), embedded::tanh(nan), embedded::sigmoid(nan), embedded::Relu::value(nan),
        embedded::Elu::value(nan), embedded::ThresholdedRelu<threshold>::value(nan)})
    CHECK(std::isnan(y));
  float logits[3] = {1e4f, 1e4f - 1, -1e4f};
  embedded::softmax(logits);
  CHECK(logits[0] == Approx(0.7310586));
  CHECK(logits[2] == 0);
  CHECK(embedded::log(1.2e-38f) == Approx(std::log(1.2e-38f)));  // the smallest normal numbers
  CHECK(embedded::log(3e38f) == Approx(std::log(3e38f)));
  CHECK(embedded::log(1) == 0);
  static_assert(embedded::sigmoid(0) == 0.5f);
}

constexpr float one[1][1]{{1}}, none[1]{0};

TEST_CASE("An embedded layer alone runs no more steps than there is place for", "[embedded]") {
  using Cell = embedded::Elman<one, one, none>;
  const float x[4][1]{{1}, {2}, {3}, {4}};
  const auto runs = [&]<class Layer>(Layer layer, int steps_of_two) {
    float y[2][Layer::outputs];
    for (const int count : {-1, 0, 3, 4}) CHECK(layer.template run<2>(x, count, y) == 0);
    CHECK(layer.template run<2>(x, 2, y) == steps_of_two);
  };
  runs(embedded::Bidirectional<Cell, Cell>(), 2);
  runs(embedded::Reverse<Cell>(), 2);
  embedded::Pool<1, embedded::Pooling::mean> mean;
  runs(mean, 1);

  mean.pooled[0] = 2147483648.0f;  // the mean so far is 1
  mean.steps = 2147483647;
  float y[1];
  mean.step({1}, y);
  CHECK(y[0] == Approx(1));
}

constexpr float ones[]{1, 1, 1}, zeros[]{0, 0, 0}, tiny = 1e-12f;

TEST_CASE("Log-softmax and LayerNorm of large numbers keep their digits", "[embedded]") {
  float y[2];
  embedded::Softmax<2, true>().step({1000, 1000}, y);
  CHECK(y[0] == Approx(-std::log(2.0)).epsilon(1e-6));
  embedded::Softmax<2, true>().step({1e8f, 1e8f}, y);
  CHECK(y[1] == Approx(-std::log(2.0)).epsilon(1e-6));
  float z[3];
  const embedded::LayerNorm<ones, zeros, tiny> norm;
  norm.step({12345.6f, 12345.6f, 12345.6f}, z);
  CHECK((z[0] == 0 && z[1] == 0 && z[2] == 0));
  norm.step({1e6f, 1e6f + 1.0f / 16, 1e6f + 1.0f / 8}, z);
  CHECK(z[0] == Approx(-std::sqrt(1.5)).epsilon(1e-2));
  CHECK(z[1] == Approx(0).margin(1e-2));
  CHECK(z[2] == Approx(std::sqrt(1.5)).epsilon(1e-2));
}

}  // namespace functions_test
}  // namespace recur::testing
