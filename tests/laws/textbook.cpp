// Compares a cell with the equations of its textbook in plain Eigen.
#include "laws/textbook.hpp"

#include <cmath>
#include <numeric>

#include "catch.hpp"
#include "laws/laws.hpp"
#include "laws/numbers.hpp"

namespace recur::testing {

Column Weights::input(const Column& x, Index g, Index hidden) const {
  return (ih.middleRows(g * hidden, hidden) * x.matrix()).array() + b_ih.segment(g * hidden, hidden);
}
Column Weights::recurrent(const Column& h, Index g, Index hidden) const {
  return (hh.middleRows(g * hidden, hidden) * h.matrix()).array() + b_hh.segment(g * hidden, hidden);
}
Column sigmoid(const Column& a) {
  return a.unaryExpr([](Complex z) { return 1.0 / (1.0 + std::exp(-z)); });
}
Column tanh(const Column& a) {
  return a.unaryExpr([](Complex z) { return std::tanh(z); });
}

std::vector<Sizes> textbook_sizes() {
  Lengths many;
  for (Index b = 0; b < 23; ++b) many.push_back(30 + b * 37 % 61);
  return {{3, 5, {2, 7, 1, 6}},
          {2, 1, {4, 3, 4}},
          {7, 27, {4, 6, 2, 6, 3}},
          {3, 19, {5, 5, 5, 2, 2, 2, 2, 2}},
          {1, 37, {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9}},
          {9, 131, {2, 4, 1}},
          {3, 37, many}};
}

namespace {

struct ComplexInput {
  std::vector<MatrixX<Complex>> x, initial;
};
struct ComplexOutput {
  std::vector<MatrixX<Complex>> y, final;
};

Matrices real_part(const std::vector<MatrixX<Complex>>& values) {
  Matrices real;
  for (const auto& m : values) real.push_back(m.real());
  return real;
}

/// value + i h direction, or only the value without a direction
std::vector<MatrixX<Complex>> tilt(const Matrices& values, const Matrices* directions, double h) {
  std::vector<MatrixX<Complex>> tilted;
  for (std::size_t i = 0; i < values.size(); ++i) {
    tilted.push_back(values[i].cast<Complex>());
    if (directions) tilted.back() += Complex(0, h) * (*directions)[i].cast<Complex>();
  }
  return tilted;
}

/// Runs the textbook over each sample separately.
ComplexOutput run(const Textbook& textbook, const Weights& weights, const ComplexInput& input, int states,
                  bool reverse) {
  const Index hidden = weights.hh.cols(), batch = static_cast<Index>(input.x.size());
  ComplexOutput output;
  output.final.assign(static_cast<std::size_t>(states), MatrixX<Complex>(hidden, batch));
  for (Index b = 0; b < batch; ++b) {
    const auto& x = input.x[static_cast<std::size_t>(b)];
    std::vector<Column> state(static_cast<std::size_t>(states), Column::Zero(hidden));
    for (std::size_t q = 0; q < input.initial.size(); ++q) state[q] = input.initial[q].col(b);
    MatrixX<Complex> y(hidden, x.cols());
    for (Index i = 0; i < x.cols(); ++i) {
      const Index t = reverse ? x.cols() - 1 - i : i;
      state = textbook(weights, x.col(t), state);
      y.col(t) = state[0];
    }
    output.y.push_back(y);
    for (std::size_t q = 0; q < state.size(); ++q) output.final[q].col(b) = state[q];
  }
  return output;
}

}  // namespace

void matches(Subject& subject, const Textbook& textbook, Index input_gates, Index hidden_gates,
             Index unit_weights, bool reverse, const Lengths& lengths) {
  const Index inputs = subject.features(), hidden = subject.state_size(0);
  INFO(subject.describe() << (subject.tolerance() < 1e-6 ? " in double" : " in float")
                          << " against its textbook");
  draw_parameters(subject);
  const VectorX<double> parameters = subject.parameters();
  Lengths blocks{input_gates * hidden * inputs, hidden_gates * hidden * hidden, input_gates * hidden,
                 hidden_gates * hidden, unit_weights * hidden};
  const bool biased = parameters.size() > blocks[0] + blocks[1] + blocks[4];
  if (!biased) blocks[2] = blocks[3] = 0;
  REQUIRE(parameters.size() == std::accumulate(blocks.begin(), blocks.end(), Index{0}));
  const double h = 1e-30;
  const auto weights_at = [&](const VectorX<double>* direction) {
    VectorX<Complex> p = parameters.cast<Complex>();
    if (direction) p += Complex(0, h) * direction->cast<Complex>();
    const Complex* from = p.data();
    Weights w;
    w.ih = Eigen::Map<const MatrixX<Complex>>(from, input_gates * hidden, inputs);
    w.hh = Eigen::Map<const MatrixX<Complex>>(from += blocks[0], hidden_gates * hidden, hidden);
    w.b_ih = Eigen::Map<const Column>(from += blocks[1], blocks[2]);
    w.b_hh = Eigen::Map<const Column>(from += blocks[2], blocks[3]);
    from += blocks[3];
    for (Index q = 0; q < unit_weights; ++q, from += hidden)
      w.own.push_back(Eigen::Map<const Column>(from, hidden));
    if (!biased) {
      w.b_ih.setZero(input_gates * hidden);
      w.b_hh.setZero(hidden_gates * hidden);
    }
    return w;
  };

  for (const bool initial : {false, true}) {
    INFO((initial ? "with" : "without") << " an initial state");
    const Input input = draw_input(subject, lengths, initial);
    Random random(4);
    VectorX<double> v = draw(parameters.size(), 1, 1, random);
    const Matrices v_x = draw_like(input.x, random), v_initial = draw_like(input.initial, random);

    // All directions at once. Single directions only show which one is wrong.
    const auto directions = [&](const VectorX<double>* p, const Matrices* x, const Matrices* state) {
      return run(textbook, weights_at(p), {tilt(input.x, x, h), tilt(input.initial, state, h)},
                 subject.states(), reverse);
    };
    const ComplexOutput book = directions(&v, &v_x, &v_initial);
    const Output output = subject.forward(input);
    CHECK(distance(output, {real_part(book.y), real_part(book.final)}) < subject.tolerance());

    const Upstream upstream = draw_upstream(output);
    subject.clear_gradient();
    const Gradient gradient = subject.backward(upstream);
    const auto slope = [&](const ComplexOutput& tilted) {
      Complex sum = 0;
      for (std::size_t b = 0; b < tilted.y.size(); ++b)
        sum += tilted.y[b].cwiseProduct(upstream.d_y[b].cast<Complex>()).sum();
      for (std::size_t q = 0; q < tilted.final.size(); ++q)
        sum += tilted.final[q].cwiseProduct(upstream.d_final[q].cast<Complex>()).sum();
      return sum.imag() / h;
    };
    const double size = std::sqrt(1 + gradient.d_parameters.squaredNorm() + dot(gradient.d_x, gradient.d_x) +
                                  dot(gradient.d_initial, gradient.d_initial));
    const double error = std::abs(slope(book) - gradient.d_parameters.dot(v) - dot(gradient.d_x, v_x) -
                                  dot(gradient.d_initial, v_initial)) /
                         size;
    CHECK(error < subject.tolerance());
    if (error < subject.tolerance()) continue;
    const char* names[] = {"weight_ih", "weight_hh", "bias_ih", "bias_hh", "weights of the units"};
    for (std::size_t g = 0, at = 0; g < 5; at += static_cast<std::size_t>(blocks[g++])) {
      VectorX<double> part = VectorX<double>::Zero(v.size());
      part.segment(static_cast<Index>(at), blocks[g]) = v.segment(static_cast<Index>(at), blocks[g]);
      INFO(names[g]);
      CHECK(std::abs(slope(directions(&part, nullptr, nullptr)) - gradient.d_parameters.dot(part)) / size <
            subject.tolerance());
    }
    INFO("input, initial state");
    CHECK(std::abs(slope(directions(nullptr, &v_x, nullptr)) - dot(gradient.d_x, v_x)) / size <
          subject.tolerance());
    CHECK(std::abs(slope(directions(nullptr, nullptr, &v_initial)) - dot(gradient.d_initial, v_initial)) /
              size <
          subject.tolerance());
  }
}

}  // namespace recur::testing
