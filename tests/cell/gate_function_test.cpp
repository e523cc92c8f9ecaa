#include "recur/cell/gate_function.hpp"

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace gate_function_test {

struct Case {
  GateFunction f;
  std::function<double(double)> textbook;
};
std::vector<Case> cases() {
  const auto sigmoid = [](double a) { return 1 / (1 + std::exp(-a)); };
  const auto elu = [](double a, double alpha) { return a > 0 ? a : alpha * (std::exp(a) - 1); };
  const auto hard = [](double a, double alpha, double beta) {
    return std::min(std::max(alpha * a + beta, 0.0), 1.0);
  };
  return {
      {GateKind::identity, [](double a) { return a; }},
      {{GateKind::affine, 0.75, -0.25}, [](double a) { return 0.75 * a - 0.25; }},
      {GateKind::relu, [](double a) { return std::max(a, 0.0); }},
      {GateKind::leaky_relu, [](double a) { return a > 0 ? a : 0.01 * a; }},
      {{GateKind::leaky_relu, 0.5}, [](double a) { return a > 0 ? a : 0.5 * a; }},
      {GateKind::thresholded_relu, [](double a) { return a > 1 ? a : 0; }},
      {{GateKind::thresholded_relu, -0.7}, [](double a) { return a > -0.7 ? a : 0; }},
      {GateKind::tanh, [](double a) { return std::tanh(a); }},
      {{GateKind::scaled_tanh, 1.7159, 2.0 / 3}, [](double a) { return 1.7159 * std::tanh(2.0 / 3 * a); }},
      {GateKind::sigmoid, sigmoid},
      {GateKind::hard_sigmoid, [=](double a) { return hard(a, 0.2, 0.5); }},
      {{GateKind::hard_sigmoid, 1.0 / 6}, [=](double a) { return hard(a, 1.0 / 6, 0.5); }},
      {GateKind::elu, [=](double a) { return elu(a, 1); }},
      {{GateKind::elu, 0.3}, [=](double a) { return elu(a, 0.3); }},
      {GateKind::selu, [=](double a) { return 1.0507009873554805 * elu(a, 1.6732632423543772); }},
      {GateKind::softsign, [](double a) { return a / (1 + std::abs(a)); }},
      {GateKind::softplus, [](double a) { return std::log(1 + std::exp(a)); }},
      {GateKind::exponential, [](double a) { return std::exp(a); }},
      {GateKind::silu, [=](double a) { return a * sigmoid(a); }},
      {GateKind::gelu, [](double a) { return a * 0.5 * std::erfc(-a / std::sqrt(2.0)); }},
  };
}

/// Values and slopes at points between -8 and 8, none of them at a bend.
template <class S>
void matches(const Case& c, double tolerance) {
  std::vector<S> a;
  for (double at = -8.013; at < 8; at += 0.0717) a.push_back(static_cast<S>(at));
  const auto count = static_cast<Index>(a.size());
  std::vector<S> y(a.size()), dy(a.size(), S(-1.5)), da(a.size());
  activate(c.f, a.data(), y.data(), count);
  activate_backward(c.f, a.data(), y.data(), dy.data(), da.data(), count);
  for (std::size_t i = 0; i < a.size(); ++i) {
    INFO(c.f.name() << " at " << a[i]);
    const double at = static_cast<double>(a[i]), h = 1e-5;
    const double exact = c.textbook(at), scale = std::max(1.0, std::abs(exact));
    CHECK(static_cast<double>(y[i]) == Approx(exact).epsilon(0).margin(tolerance * scale));
    const double slope = (c.textbook(at + h) - c.textbook(at - h)) / (2 * h);
    CHECK(static_cast<double>(da[i]) ==
          Approx(-1.5 * slope).epsilon(0).margin((tolerance + 1e-8) * 4 * scale));
  }
}

TEST_CASE("Activations that are chosen at run time have the values and slopes of their equations",
          "[cell][gate_function]") {
  for (const Case& c : cases()) {
    matches<double>(c, 1e-13);
    matches<float>(c, 2e-6);
  }
}

TEST_CASE("Activations that are chosen at run time keep a NaN and work in place, also on a part of a pack",
          "[cell][gate_function]") {
  for (const Case& c : cases())
    for (const Index count : {1, 3, 17, 33}) {
      INFO(c.f.name());
      std::vector<float> a(static_cast<std::size_t>(count) + 1, 0.25f), y = a;
      a[0] = std::numeric_limits<float>::quiet_NaN();
      y = a;
      activate(c.f, y.data(), y.data(), count);
      CHECK(std::isnan(y[0]));
      if (count > 1) CHECK(y[1] == Approx(c.textbook(0.25)).margin(1e-6));
      CHECK(y.back() == 0.25f);  // beyond the end
    }
}

TEST_CASE("ELU and SELU keep their digits near 0", "[cell][gate_function]") {
  const float a[] = {-1e-8f, -1e-3f};
  float y[2];
  activate(GateFunction(GateKind::elu, 0.5), a, y, 2);
  CHECK(y[0] == Approx(-0.5e-8f).epsilon(1e-6));
  CHECK(y[1] == Approx(0.5f * std::expm1(-1e-3f)).epsilon(1e-6));
  activate(GateFunction(GateKind::selu), a, y, 2);
  CHECK(y[0] == Approx(-1.7580993e-8f).epsilon(1e-6));
}

TEST_CASE("Activations don't overflow far from zero", "[cell][gate_function]") {
  for (const GateKind kind :
       {GateKind::softplus, GateKind::elu, GateKind::selu, GateKind::silu, GateKind::softsign}) {
    const GateFunction f = kind;
    INFO(f.name());
    std::vector<float> a{-1e4f, 1e4f}, y(2), d{1, 1};
    activate(f, a.data(), y.data(), 2);
    activate_backward(f, a.data(), y.data(), d.data(), d.data(), 2);
    for (const float number : {y[0], y[1], d[0], d[1]}) CHECK(std::isfinite(number));
  }
}

TEST_CASE("A clip bounds numbers, and its gradient is zero at and beyond the limit",
          "[cell][gate_function]") {
  std::vector<double> a{-3, -2, -1.5, 0, 1.5, 2.5, std::nan("")}, d(7, 1.0);
  detail::clip_to(a.data(), 7, 2);
  CHECK(std::vector<double>(a.begin(), a.begin() + 6) == std::vector<double>{-2, -2, -1.5, 0, 1.5, 2});
  CHECK(std::isnan(a[6]));
  detail::clip_backward(a.data(), d.data(), 6, 2);
  CHECK(d == std::vector<double>{0, 0, 1, 1, 1, 0, 1});
}

TEST_CASE("An activation has a name, parameters and their defaults", "[cell][gate_function]") {
  for (const Case& c : cases()) CHECK(GateFunction::kind_named(c.f.name()) == c.f.kind());
  CHECK_FALSE(GateFunction::kind_named("sigmoit"));
  CHECK(GateFunction(GateKind::hard_sigmoid) == GateFunction(GateKind::hard_sigmoid, 0.2, 0.5));
  CHECK_FALSE(GateFunction(GateKind::hard_sigmoid) == GateFunction(GateKind::hard_sigmoid, 0.25));
  Description layer("layer");
  GateFunction(GateKind::leaky_relu, 0.5).describe_in(layer, "gate");
  CHECK(layer == Description("layer").with("gate", "leaky_relu").with("gate_alpha", 0.5));
  CHECK(refusal([] { GateFunction(GateKind::elu, std::numeric_limits<double>::infinity()); }) ==
        "the activation elu with alpha inf and beta 0: both must be finite");
  CHECK(refusal([] { GateFunction(GateKind::tanh, 1.0); }) ==
        "the activation tanh has 0 parameters, and was given more");
}

}  // namespace gate_function_test
}  // namespace recur::testing
