#include "recur/layer/layer_norm.hpp"

#include <limits>

#include "catch.hpp"
#include "laws/laws.hpp"
#include "recurrence/steady.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace layer_norm_test {

TEST_CASE("LayerNorm keeps the laws and its equation", "[layer][layer_norm][laws]") {
  for (const Index features : {1, 2, 3, 4, 7, 19}) {
    LayerSubject subject(LayerNorm<double>{features});
    keeps_laws(subject);
    const auto& layer = subject.layer();
    const Input input = draw_input(subject, {2, 7, 1, 6}, false);
    const Output output = subject.forward(input);
    for (std::size_t b = 0; b < input.x.size(); ++b)
      for (Index t = 0; t < input.x[b].cols(); ++t) {
        const Eigen::ArrayXd x = input.x[b].col(t).array(), d = x - x.mean();
        const Eigen::ArrayXd normal = d / std::sqrt(d.square().mean() + 1e-5);
        const MatrixX<double> expected = (normal * layer.weight.array() + layer.bias.array()).matrix();
        CHECK(distance(output.y[b].col(t), expected) < 1e-13);
      }
  }
  LayerSubject single(LayerNorm<float>{19});
  keeps_laws(single);
}

TEST_CASE("A normalised step has mean 0 and variance 1 for features of any offset", "[layer][layer_norm]") {
  LayerNorm<float> layer{50};
  initialize(layer, 1);
  LayerNorm<float>::Tape tape;
  const VectorX<float> drawn = VectorX<float>::Random(50);
  for (const float shift : {0.0f, 1000.0f, -1e5f}) {
    const VectorX<float> x = 100 * drawn.array() + shift;
    const auto& y = layer.forward(Sequence<float>(x, 1), tape);
    CHECK(std::abs(y.values().mean()) < 1e-2);
    CHECK(y.values().squaredNorm() / 50 == Approx(1).epsilon(1e-3));
  }
  layer.forward(Sequence<float>(VectorX<float>::Constant(50, 7), 1), tape);
  CHECK(tape.y.values().isZero(0));  // all numbers are equal
}

TEST_CASE("LayerNorm names its parameters and refuses sizes that don't fit", "[layer][layer_norm]") {
  const LayerNorm<float> layer{3};
  std::string names;
  for_each_parameter([&](const Name& name, const auto&) { names += name.str() + ' '; }, layer);
  CHECK(names == "weight bias ");
  CHECK(layer.describe() == "LayerNorm (3)");
  CHECK(detail::all_zero(layer));
  CHECK(LayerNorm<double>(3, 1e-3).epsilon() == 1e-3);
  CHECK(refusal([] { LayerNorm<float>{0}; }) == "LayerNorm of 0 features: it must have at least 1");
  CHECK(refusal([] { LayerNorm<float>(3, 0); }) ==
        "LayerNorm with epsilon 0: it must be positive and finite");
  CHECK_THROWS_AS(LayerNorm<float>(3, std::numeric_limits<double>::quiet_NaN()), std::invalid_argument);

  LayerNorm<float>::Tape tape;
  CHECK(refusal([&] { layer.forward(Sequence<float>(MatrixX<float>::Ones(4, 2), 1), tape); }) ==
        "LayerNorm (3) was given 4 features: it takes 3");
  const Sequence<float> x(MatrixX<float>::Ones(3, 6), 2);
  layer.forward(x, tape, recording);
  LayerNorm<float> gradient = zeros_like(layer), larger{4};
  CHECK_THROWS_AS(layer.backward(x, Sequence<float>(MatrixX<float>::Ones(3, 4), 2), tape, gradient),
                  std::invalid_argument);
  CHECK_THROWS_AS(layer.backward(x, x, tape, larger), std::invalid_argument);
  auto stream = layer.stream(), other = larger.stream();
  CHECK_THROWS_AS(layer.step(VectorX<float>::Ones(4), stream), std::invalid_argument);
  CHECK_THROWS_AS(layer.step(VectorX<float>::Ones(3), other), std::invalid_argument);
  larger.bias.resize(3);
  CHECK(refusal([&] { larger.forward(Sequence<float>(MatrixX<float>::Ones(4, 2), 1), tape); }) ==
        "LayerNorm (4) has a bias of 3 x 1: it must be 4 x 1");
}

/// Compares a layer of float for x and dy with a layer of double.
void check_ends(const VectorX<float>& x, const VectorX<float>& dy) {
  LayerNorm<float> layer{x.size()};
  initialize(layer, 1);
  LayerNorm<double> wide{x.size()};
  initialize(wide, 1);
  LayerNorm<float>::Tape tape;
  LayerNorm<double>::Tape wide_tape;
  const Sequence<double> wide_x(x.cast<double>(), 1), wide_dy(dy.cast<double>(), 1);
  const auto relative = [](const MatrixX<float>& found, const MatrixX<double>& right) {
    return (found.cast<double>() - right).norm() / right.norm();
  };
  const Sequence<float> narrow_x(x, 1), narrow_dy(dy, 1);
  CHECK(relative(layer.forward(narrow_x, tape).values(), wide.forward(wide_x, wide_tape).values()) < 1e-6);
  auto gradient = zeros_like(layer);
  auto wide_gradient = zeros_like(wide);
  layer.backward(narrow_x, narrow_dy, tape, gradient);
  wide.backward(wide_x, wide_dy, wide_tape, wide_gradient);
  CHECK(relative(tape.d_input().values(), wide_tape.d_input().values()) < 1e-6);
  CHECK(relative(gradient.weight, wide_gradient.weight) < 1e-6);
}

TEST_CASE("LayerNorm and its gradient are right if squares or sums overflow", "[layer][layer_norm]") {
  check_ends(VectorX<float>{{1e20f, -2e20f, 5e19f, 0}}, VectorX<float>{{1, 2, -3, 1}});
  const VectorX<float> some = VectorX<float>::LinSpaced(64, 1, 30).array().sin();
  check_ends(10 * some, 1e38f * some.reverse());
  check_ends(3e38f * some, 1e38f * some.reverse());
  check_ends(some, 1e37f * some.reverse());
}

TEST_CASE("Gradients of LayerNorm are summed over any number of steps", "[layer][layer_norm]") {
  constexpr Index steps = 300000;
  LayerNorm<float> layer{1};
  LayerNorm<float>::Tape tape;
  const Sequence<float> x(MatrixX<float>::Ones(1, steps), 1), dy(MatrixX<float>::Constant(1, steps, 0.1f), 1);
  layer.forward(x, tape);
  auto gradient = zeros_like(layer);
  layer.backward(x, dy, tape, gradient, false);
  CHECK(gradient.bias(0) == Approx(30000).epsilon(1e-5));
}

TEST_CASE("A pass of LayerNorm that ran out of memory is not taken for one", "[layer][layer_norm]") {
  backward_refuses_what_ran_out_of_memory(LayerNorm<double>{3});
}

TEST_CASE("An epsilon that its scalar can't hold is refused", "[layer][layer_norm]") {
  CHECK(refusal([] { LayerNorm<float>(3, 1e-60); }) ==
        "LayerNorm with epsilon 1e-60: its scalar has numbers from 1.17549e-38 to 3.40282e+38");
  CHECK_THROWS_AS(LayerNorm<float>(3, 1e-40), std::invalid_argument);  // denormal: flushed to 0 in training
  CHECK_THROWS_AS(LayerNorm<float>(3, 1e39), std::invalid_argument);
  CHECK(LayerNorm<double>(3, 1e-60).epsilon() == 1e-60);
}

}  // namespace layer_norm_test
}  // namespace recur::testing
