#include "recur/layer/dense.hpp"

#include "allocations.hpp"
#include "catch.hpp"
#include "laws/laws.hpp"
#include "max_abs.hpp"
#include "recurrence/steady.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace dense_test {

/// A user's own activation. Its slope needs its input: y = a² / 2.
struct HalfSquare {
  template <class T>
  static T value(const T& a) {
    return T(0.5) * a * a;
  }
  template <class T>
  static T slope(const T& a, const T&) {
    return a;
  }
};

template <class F>
void keeps_laws_and_equation(double (*f)(double)) {
  for (const auto& [inputs, outputs] : {std::pair<Index, Index>{3, 5}, {19, 7}, {7, 19}}) {
    LayerSubject subject(Dense<double, F>{inputs, outputs});
    keeps_laws(subject);
    const auto& layer = subject.layer();
    const Input input = draw_input(subject, {2, 7, 1, 6}, false);
    const Output output = subject.forward(input);
    for (std::size_t b = 0; b < input.x.size(); ++b)
      for (Index t = 0; t < input.x[b].cols(); ++t) {
        const VectorX<double> a = layer.weight * input.x[b].col(t) + layer.bias;
        CHECK(distance(output.y[b].col(t), a.unaryExpr(f)) < 1e-14);
      }
  }
}

TEST_CASE("Dense keeps the laws and its equation", "[layer][dense][laws]") {
  keeps_laws_and_equation<Identity>([](double a) { return a; });
  keeps_laws_and_equation<Tanh>([](double a) { return std::tanh(a); });
  keeps_laws_and_equation<Relu>([](double a) { return a > 0 ? a : 0.0; });
  keeps_laws_and_equation<HalfSquare>([](double a) { return a * a / 2; });
}

TEST_CASE("Dense of float keeps the laws", "[layer][dense][laws]") {
  LayerSubject subject(Dense<float, Tanh>{7, 19});
  keeps_laws(subject);
}

TEST_CASE("Dense without a bias keeps the laws and its equation", "[layer][dense][laws]") {
  for (const Index outputs : {Index{1}, Index{5}}) {
    LayerSubject subject(Dense<double>{3, outputs, Bias::none});
    keeps_laws(subject);
    const auto& layer = subject.layer();
    CHECK(Parameters<const double>(layer).size() == 1);
    CHECK(layer.description() == Description("dense", 3, outputs).with("bias", false));
    const Input input = draw_input(subject, {2, 7}, false);
    const Output output = subject.forward(input);
    CHECK(distance(output.y[1].col(3), layer.weight * input.x[1].col(3)) < 1e-14);
    auto stream = layer.stream();
    CHECK(distance(layer.step(input.x[1].col(3), stream), layer.weight * input.x[1].col(3)) < 1e-14);
  }
  CHECK(Dense<float, Tanh>(2, 3, Bias::none).description() ==
        Description("dense", 2, 3).with("activation", "tanh").with("bias", false));
}

double mean_square(const auto& m) {
  return static_cast<double>(m.squaredNorm()) / static_cast<double>(m.size());
}

TEST_CASE("Dense draws first weights that fit its activation", "[layer][dense]") {
  Dense<double> linear{300, 200};
  Dense<double, Relu> relu{300, 200};
  Dense<double, Tanh> uniform{300, 200};
  initialize(linear, 1);
  initialize(relu, 2);
  initialize(uniform, 3, Scheme::pytorch);
  CHECK(mean_square(linear.weight) == Approx(2.0 / 500).epsilon(0.03));
  CHECK(mean_square(relu.weight) == Approx(2.0 / 300).epsilon(0.03));
  CHECK(linear.bias.isZero(0));
  CHECK(relu.bias.isZero(0));
  const double limit = 1 / std::sqrt(300.0);
  CHECK(mean_square(uniform.weight) == Approx(limit * limit / 3).epsilon(0.03));
  CHECK(max_abs(uniform.weight) <= limit);
  CHECK(max_abs(uniform.bias) <= limit);
  CHECK(uniform.bias.cwiseAbs().maxCoeff() > 0.9 * limit);
}

TEST_CASE("Dense names its parameters", "[layer][dense]") {
  const Dense<float> layer{3, 5};
  std::string names;
  for_each_parameter(
      [&](const Name& name, const auto& p) {
        names += detail::message(name.str(), ' ', p.rows(), 'x', p.cols(), ' ');
      },
      layer);
  CHECK(names == "weight 5x3 bias 5x1 ");
  CHECK(layer.describe() == "Dense (3 -> 5)");
}

TEST_CASE("Dense refuses sizes that don't fit", "[layer][dense]") {
  CHECK(refusal([] {
          Dense<float>{0, 5};
        }) == "Dense with input_size 0 and output_size 5: both must be at least 1");
  CHECK(refusal([] {
          Dense<float>{3, -2};
        }) == "Dense with input_size 3 and output_size -2: both must be at least 1");
  const Dense<float> layer{3, 5};
  Dense<float>::Tape tape;
  CHECK(refusal([&] { layer.forward(Sequence<float>(MatrixX<float>::Ones(4, 2), 1), tape); }) ==
        "Dense (3 -> 5) was given 4 features: it takes 3");
  CHECK(refusal([&] { layer.forward(Sequence<float>(), tape); }) ==
        "Dense (3 -> 5) was given an empty batch: it must hold at least one sequence");
  CHECK(tape.y.batch() == 0);  // nothing was changed

  const Sequence<float> x(MatrixX<float>::Ones(3, 6), 2);
  layer.forward(x, tape, recording);
  auto gradient = zeros_like(layer);
  CHECK(
      refusal([&] { layer.backward(x, Sequence<float>(MatrixX<float>::Ones(4, 6), 2), tape, gradient); }) ==
      "Dense (3 -> 5) was given an output gradient of 4 features and 6 steps: its output on this tape has 5 "
      "features and 6 steps");
  CHECK_THROWS_AS(layer.backward(x, Sequence<float>(MatrixX<float>::Ones(5, 6), 3), tape, gradient),
                  std::invalid_argument);
  const auto other_x = [](Index features, Index batch) {
    return Sequence<float>(MatrixX<float>::Ones(features, 6), batch);
  };
  const Sequence<float> dy(MatrixX<float>::Ones(5, 6), 2);
  CHECK(
      refusal([&] { layer.backward(other_x(3, 3), dy, tape, gradient); }) ==
      "Dense (3 -> 5) was asked for a gradient with an input of 3 features and 6 steps: its forward pass on "
      "this tape was given 3 features and 6 steps, and the lengths must be the same");
  CHECK_THROWS_AS(layer.backward(other_x(4, 2), dy, tape, gradient), std::invalid_argument);
  CHECK(gradient_norm(gradient) == 0);
  Dense<float> small{3, 4};
  CHECK(refusal([&] { layer.backward(x, dy, tape, small); }) ==
        "Dense (3 -> 5) was given a gradient whose weight is 4 x 3: it must be 5 x 3");
  CHECK(refusal([&] { small.backward(x, dy, tape, small); }) ==
        "Dense (3 -> 4) was asked for a gradient with a tape whose output has 5 features: it must be that of "
        "its own forward pass");

  auto stream = layer.stream();
  Dense<float> resized{3, 5};
  resized.bias.resize(4);
  CHECK(refusal([&] { resized.forward(x, tape); }) == "Dense (3 -> 5) has a bias of 4 x 1: it must be 5 x 1");
  CHECK_THROWS_AS(resized.step(VectorX<float>::Ones(3), stream), std::invalid_argument);
  auto short_stream = small.stream();
  CHECK(refusal([&] { layer.step(VectorX<float>::Ones(3), short_stream); }) ==
        "Dense (3 -> 5) was given a stream of 4 features: it must be of 5, as stream() makes it");
  CHECK(refusal([&] { layer.step(VectorX<float>::Ones(2), stream); }) ==
        "Dense (3 -> 5) was given a step of 2 features: it takes 3");
}

TEST_CASE("A pass of Dense that ran out of memory is not taken for one", "[layer][dense]") {
  backward_refuses_what_ran_out_of_memory(Dense<double, Gelu>{3, 4});  // keeps W x + b
  backward_refuses_what_ran_out_of_memory(Dense<double, Tanh>{3, 4});
}

TEST_CASE("A dense layer of one or more outputs streams the outputs of its forward pass", "[layer][dense]") {
  for (const Index outputs : {1, 2}) {
    for (const Index inputs : {1, 3, 8, 13, 40}) {
      Dense<double> layer{inputs, outputs};
      layer.weight.setRandom();
      layer.bias.setConstant(0.25);
      auto stream = layer.stream();
      const VectorX<double> x = VectorX<double>::LinSpaced(inputs, -1, 2);
      CHECK(max_abs(layer.step(x, stream) - (layer.weight * x + layer.bias)) < 1e-12);
    }
  }
}

TEST_CASE("A dense layer may step from its last output, and allocates nothing for that", "[layer][dense]") {
  Dense<double> small{3, 3}, large{5, 8};
  initialize(small, 1);
  initialize(large, 2);
  auto fed = small.stream(), plain = small.stream(), wide = large.stream(), wide_plain = large.stream();
  VectorX<double> x = VectorX<double>::LinSpaced(3, -1, 1), u = VectorX<double>::LinSpaced(5, 0, 2);
  small.step(x, fed);
  large.step(u, wide);
  for (int step = 0; step < 3; ++step) {  // layers of different sizes in turn
    x = small.step(x, plain);
    u = large.step(u, wide_plain).segment(2, 5);  // a part of the output
    if (step == 2) break;
    const CountAllocations allocations;
    small.step(fed.y, fed);
    large.step(wide.y.segment(2, 5), wide);
    CHECK(allocations.count() == 0);
  }
  CHECK(fed.y == x);
  CHECK(wide.y.segment(2, 5) == u);
}

}  // namespace dense_test
}  // namespace recur::testing
