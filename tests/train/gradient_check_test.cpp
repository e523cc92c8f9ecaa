#include "recur/train/gradient_check.hpp"

#include <limits>
#include <sstream>

#include "catch.hpp"
#include "recur/cell/elman.hpp"
#include "recur/cell/gru.hpp"
#include "toy.hpp"

namespace recur::testing {
namespace gradient_check_test {

using Catch::Matchers::ContainsSubstring;

TEST_CASE("All layers of the library pass the gradient check", "[train][gradient_check]") {
  const GradientReport lstm = check_gradients(Recurrent{Lstm<double>{3, 5}});
  INFO(lstm);
  CHECK(lstm.error < 1e-6);
  CHECK(lstm.checked == 12 * 3 + 2 * 5 * 4 + 20 * (3 + 5 + 1 + 1));  // input, initial states, parameters
  CHECK(check_gradients(Recurrent<Gru<double>, Direction::reverse>{Gru<double>{2, 3}}).error < 1e-6);
  CHECK(check_gradients(Dense<double, Tanh>{3, 4}).error < 1e-6);
  CHECK(check_gradients(Dropout<double>{0.5}).error < 1e-6);
  CHECK(check_gradients(Embedding<double>{3, 4}).error < 1e-6);
  CHECK(check_gradients(Pool<double>{Pooling::mean}).error < 1e-6);
  CHECK(check_gradients(Sequential{Dense<double>{2, 3}, Dropout<double>{0.3}, Recurrent{Elman<double>{3, 4}}})
            .error < 1e-6);
}

TEST_CASE("A model with its loss and noise passes the gradient check", "[train][gradient_check]") {
  const auto model = toy<double>(1, 0.4);
  const GradientReport report = check_gradients(model, toy_batch<double>(toy_examples<double>(6, 1)));
  INFO(report);
  CHECK(report.error < 1e-6);
  CHECK(report.checked == count_parameters(model));
}

/// An LSTM layer whose backward can have one of the usual mistakes.
struct Broken : Recurrent<Lstm<double>> {
  enum Fault { none, sign, one_weight, input, initial, not_a_number, hidden } fault = none;

  Broken(Fault f) : Recurrent(Lstm<double>{3, 5}), fault(f) {
    if (f == hidden) cell.bias_ih.setOnes();  // as a cell whose constructor opens its gates
  }

  void backward(const Sequence<double>& x, const Sequence<double>& dy, Tape& tape, Broken& gradient,
                bool want_dx = true, const StateRef<double>& d_final = MatrixX<double>()) const {
    Recurrent<Lstm<double>>::backward(x, dy, tape, gradient, want_dx, d_final);
    if (fault == sign) gradient.cell.weight_hh *= -1;
    if (fault == one_weight) gradient.cell.weight_ih(7, 2) += 1e-4;
    if (fault == input) tape.dx.values()(1, 4) *= 1.01;
    if (fault == initial) tape.d_initial(7, 3) = 0;
    if (fault == hidden) tape.dx.values().setZero();  // right where W_ih is zero
    if (fault == not_a_number) gradient.cell.bias_ih(3) = std::numeric_limits<double>::quiet_NaN();
  }
};

TEST_CASE("A wrong gradient is found with its place", "[train][gradient_check]") {
  CHECK(check_gradients(Broken{Broken::none}).error < 1e-6);

  const GradientReport sign = check_gradients(Broken{Broken::sign});
  CHECK(sign.error == Approx(1));
  CHECK(sign.parameter == "weight_hh");
  CHECK(sign.analytic == Approx(-sign.numeric).epsilon(1e-5));

  const GradientReport weight = check_gradients(Broken{Broken::one_weight});
  CHECK(weight.error > 1e-5);
  CHECK(weight.parameter == "weight_ih");
  CHECK(weight.row == 7);
  CHECK(weight.col == 2);
  CHECK(weight.analytic == Approx(weight.numeric + 1e-4).epsilon(1e-6));
  std::ostringstream text;
  text << weight;
  CHECK_THAT(text.str(), ContainsSubstring("weight_ih(7, 2)") && ContainsSubstring("analytic"));

  const GradientReport input = check_gradients(Broken{Broken::input});
  CHECK(input.error > 1e-4);
  CHECK(input.parameter == "input");
  CHECK(input.row == 1);
  CHECK(input.col == 4);

  const GradientReport initial = check_gradients(Broken{Broken::initial});
  CHECK(initial.error > 0.01);
  CHECK(initial.parameter == "initial");
  CHECK(initial.row == 7);
  CHECK(initial.col == 3);

  CHECK(check_gradients(Broken{Broken::hidden}).error > 0.01);
  CHECK(check_gradients(Broken{Broken::not_a_number}).error == std::numeric_limits<double>::infinity());
  CHECK(check_gradients(Broken{Broken::not_a_number}).parameter == "bias_ih");
}

TEST_CASE("A few numbers of each parameter can be checked instead of all", "[train][gradient_check]") {
  const GradientReport report = check_gradients(Recurrent{Gru<double>{3, 5}}, {.at_most = 4});
  CHECK(report.checked == 4 * 6);  // input, initial state, four parameters
  CHECK(report.error < 1e-6);
  CHECK(check_gradients(Broken{Broken::sign}, {.at_most = 4}).error > 0.5);
}

TEST_CASE("The gradient check uses the layer's own weights if it has any and leaves them unchanged",
          "[train][gradient_check]") {
  Dense<double> layer{2, 2};
  layer.bias.setConstant(3);
  const Dense<double> before = layer;
  CHECK(check_gradients(layer).error < 1e-6);
  CHECK(equal(layer, before));
}

TEST_CASE("Lengths and tokens can be chosen", "[train][gradient_check]") {
  CHECK(check_gradients(Dropout<double>{0.1}, {.lengths = {7}, .features = 2}).checked == 14);
  CHECK_THROWS_AS(check_gradients(Sequential{Embedding<double>{3, 2}}, {.tokens = 50}), std::out_of_range);
  CHECK(check_gradients(Embedding<double>{3, 2}, {.tokens = 50}).error < 1e-6);
}

TEST_CASE("A step for differences must be positive", "[train][gradient_check]") {
  CHECK_THROWS_AS(check_gradients(Dense<double>{2, 2}, {.step = 0}), std::invalid_argument);
  CHECK_THROWS_AS(check_gradients(Dense<double>{2, 2}, {.at_most = -1}), std::invalid_argument);
}

}  // namespace gradient_check_test
}  // namespace recur::testing
