#include "laws/laws.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "catch.hpp"
#include "golden.hpp"
#include "recur/core/initialize.hpp"

namespace recur::testing {
namespace {

/// Normal numbers that float holds exactly, so that layers of float and double get the same.
Matrix<double> draw(Index rows, Index cols, double scale, Random& random) {
  Matrix<double> values(rows, cols);
  normal(values, scale, random);
  return values.cast<float>().cast<double>();
}

Matrices draw_like(const Matrices& like, Random& random) {
  Matrices values;
  for (const auto& m : like) values.push_back(draw(m.rows(), m.cols(), 1, random));
  return values;
}

double dot(const Matrices& a, const Matrices& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i].cwiseProduct(b[i]).sum();
  return sum;
}

double loss(const Output& output, const Upstream& upstream) {
  return dot(output.y, upstream.d_y) + (upstream.d_final.empty() ? 0 : dot(output.final, upstream.d_final));
}

bool same_bits(const Matrix<double>& a, const Matrix<double>& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() &&
         (a.size() == 0 ||
          std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(double)) == 0);
}
bool same_bits(const Matrices& a, const Matrices& b) {
  return std::ranges::equal(a, b, [](const auto& one, const auto& other) { return same_bits(one, other); });
}

Matrices columns_of(const Matrices& states, Index b) {
  Matrices columns;
  for (const auto& state : states) columns.push_back(state.col(b));
  return columns;
}

/// Samples of the given places, with their states.
Input select(const Input& input, const Lengths& order) {
  Input selected;
  for (const Index b : order) selected.x.push_back(input.x[static_cast<std::size_t>(b)]);
  for (const auto& state : input.initial) selected.initial.push_back(state(Eigen::all, order));
  return selected;
}
Upstream select(const Upstream& upstream, const Lengths& order) {
  const auto [d_y, d_final] = select(Input{upstream.d_y, upstream.d_final}, order);
  return {d_y, d_final};
}

/// Keeps the largest of many errors and where it was.
struct Worst {
  double error = 0;
  std::string where;

  void see(double difference, double magnitude, const std::string& place) {
    const double relative = std::abs(difference) / std::max(1.0, std::abs(magnitude));
    if (relative <= error || std::isnan(error)) return;  // a NaN is seen, and stays
    error = relative;
    where = place;
  }
};

}  // namespace

// ---- How far two results are apart.

double distance(const Matrix<double>& a, const Matrix<double>& b) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (a.rows() != b.rows() || a.cols() != b.cols() || !a.allFinite() || !b.allFinite()) return infinity;
  if (a.size() == 0) return 0;
  return (a - b).cwiseAbs().maxCoeff() / std::max(1.0, b.cwiseAbs().maxCoeff());
}
double distance(const Matrices& a, const Matrices& b) {
  if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, distance(a[i], b[i]));
  return largest;
}
double distance(const Output& a, const Output& b) {
  return std::max(distance(a.y, b.y), distance(a.final, b.final));
}
double distance(const Gradient& a, const Gradient& b) {
  return std::max({distance(a.d_x, b.d_x), distance(a.d_initial, b.d_initial),
                   distance(Matrix<double>(a.d_parameters), Matrix<double>(b.d_parameters))});
}
bool same_bits(const Output& a, const Output& b) {
  return same_bits(a.y, b.y) && same_bits(a.final, b.final);
}
bool same_bits(const Gradient& a, const Gradient& b) {
  return same_bits(a.d_x, b.d_x) && same_bits(a.d_initial, b.d_initial) &&
         same_bits(Matrix<double>(a.d_parameters), Matrix<double>(b.d_parameters));
}

// ---- What the laws are tried on.

void draw_parameters(Subject& subject, std::uint64_t seed) {
  Random random(seed);
  const double scale = 1 / std::sqrt(static_cast<double>(std::max<Index>(4, subject.state_size(0))));
  subject.set_parameters(draw(subject.parameters().size(), 1, scale, random));
}

Input draw_input(const Subject& subject, const Lengths& lengths, bool initial, std::uint64_t seed) {
  Random random(seed);
  Input input;
  for (const Index length : lengths) {
    input.x.push_back(draw(subject.features(), length, 1, random));
    if (subject.tokens() > 0)
      for (double& token : input.x.back().reshaped())
        token = static_cast<double>(random.below(subject.tokens()));
  }
  if (initial)
    for (int q = 0; q < subject.states(); ++q)
      input.initial.push_back(draw(subject.state_size(q), static_cast<Index>(lengths.size()), 0.5, random));
  return input;
}

Upstream draw_upstream(const Output& output, std::uint64_t seed) {
  Random random(seed);
  Upstream upstream;
  upstream.d_y = draw_like(output.y, random);
  upstream.d_final = draw_like(output.final, random);
  return upstream;
}

// ---- The laws.

void keeps_laws(Subject& subject, const Lengths& lengths, const Exceptions& exceptions) {
  INFO(subject.describe() << (subject.tolerance() < 1e-6 ? " in double" : " in float"));
  draw_parameters(subject);
  for (const bool initial : {false, true}) {
    if (initial && subject.states() == 0) break;
    INFO((initial ? "with" : "without") << " an initial state");
    const Input input = draw_input(subject, lengths, initial);
    backward_is_the_slope(subject, input);
    backward_adds_up(subject, input);
    repeats_itself(subject, input);
    batch_is_its_samples(subject, input);
    streams_as_it_runs(subject, input);
    is_a_value(subject, input);
    goes_on_after_carry(subject, input, exceptions.reads_backward);
    allocates_nothing(subject, input);
    if (exceptions.noise) {
      const Mode noisy{.noise = 7};
      INFO("with noise");
      CHECK_FALSE(same_bits(subject.forward(input, noisy), subject.forward(input, Mode{.noise = 8})));
      backward_is_the_slope(subject, input, noisy);
      backward_adds_up(subject, input, noisy);
      repeats_itself(subject, input, noisy);
    }
  }
}

void backward_is_the_slope(Subject& subject, const Input& input, Mode mode) {
  if (subject.tolerance() > 1e-6) return;  // differences of floats say little
  INFO("law: backward is the slope");
  const auto original = subject.copy();
  const Vector<double> parameters = subject.parameters();
  const Upstream upstream = draw_upstream(subject.forward(input, mode));
  subject.clear_gradient();
  const Gradient gradient = subject.backward(upstream);
  const auto probe = subject.copy();
  Worst worst;
  const double epsilon = 1e-5;
  // `value` is a number of `at`, or of the parameters
  const auto compare = [&](double& value, const Input& at, const Vector<double>& p, double analytic,
                           const auto& place) {
    const double kept = value;
    const auto loss_at = [&](double moved) {
      value = moved;
      probe->set_parameters(p);
      return loss(probe->forward(at, mode), upstream);
    };
    const double numeric = (loss_at(kept + epsilon) - loss_at(kept - epsilon)) / (2 * epsilon);
    value = kept;
    if (!(std::abs(numeric - analytic) <= 1e-12)) worst.see(numeric - analytic, numeric, place());
  };
  const auto compare_all = [&](Matrices& values, const Input& at, const Matrices& analytic,
                               const char* what) {
    REQUIRE(values.size() == analytic.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      REQUIRE(values[i].size() == analytic[i].size());
      for (Index j = 0; j < values[i].size(); ++j)
        compare(values[i].data()[j], at, parameters, analytic[i].data()[j],
                [&] { return message(what, ' ', i, " [", j, ']'); });
    }
  };

  Input moved = input;
  if (subject.tokens() == 0) compare_all(moved.x, moved, gradient.d_x, "input of sample");
  compare_all(moved.initial, moved, gradient.d_initial, "initial state");
  Vector<double> p = parameters;
  REQUIRE(gradient.d_parameters.size() == p.size());
  const Index every = p.size() > 600 ? 7 : 1;  // many parameters: only some, in all positions of a pack
  for (Index i = 0; i < p.size(); i += every)
    compare(p(i), input, p, gradient.d_parameters(i), [&] { return subject.parameter(i); });
  INFO("worst at " << worst.where);
  CHECK(worst.error < 1e-7);
  CHECK(gradient.d_parameters.squaredNorm() + dot(gradient.d_x, gradient.d_x) > 0);
}

void streams_as_it_runs(Subject& subject, const Input& input) {
  if (!subject.streams()) return;
  INFO("law: it streams as it runs");
  for (std::size_t b = 0; b < input.x.size(); ++b) {
    Input sample = select(input, {static_cast<Index>(b)});
    const Matrix<double> whole = sample.x[0];
    const Output streamed = subject.stream(whole, sample.initial);
    REQUIRE(streamed.y.size() == 1);
    REQUIRE(streamed.y[0].cols() == whole.cols());
    for (Index t = 0; t < whole.cols(); ++t) {
      INFO("sample " << b << ", step " << t);
      sample.x[0] = whole.leftCols(t + 1);
      const Output run = subject.forward(sample, Mode{.record = false});
      CHECK(distance(streamed.y[0].col(t), run.y[0].rightCols(1)) < subject.tolerance());
      if (t + 1 == whole.cols()) CHECK(distance(streamed.final, run.final) < subject.tolerance());
    }
  }
}

void batch_is_its_samples(Subject& subject, const Input& input) {
  INFO("law: a batch is its samples");
  const double tolerance = subject.tolerance();
  const Output output = subject.forward(input);
  const Upstream upstream = draw_upstream(output);
  subject.clear_gradient();
  const Gradient gradient = subject.backward(upstream);
  REQUIRE(output.y.size() == input.x.size());

  subject.clear_gradient();
  Vector<double> d_parameters;
  for (std::size_t b = 0; b < input.x.size(); ++b) {
    INFO("sample " << b << " of length " << input.x[b].cols());
    const auto column = static_cast<Index>(b);
    const Output alone = subject.forward(select(input, {column}));
    CHECK(distance(alone.y[0], output.y[b]) < tolerance);
    CHECK(distance(alone.final, columns_of(output.final, column)) < tolerance);
    const Gradient d = subject.backward(select(upstream, {column}));
    if (!d.d_x.empty()) CHECK(distance(d.d_x[0], gradient.d_x[b]) < tolerance);
    CHECK(distance(d.d_initial, columns_of(gradient.d_initial, column)) < tolerance);
    d_parameters = d.d_parameters;  // the sum of all so far
  }
  CHECK(distance(Matrix<double>(d_parameters), Matrix<double>(gradient.d_parameters)) < tolerance);

  Lengths order(input.x.size());
  std::iota(order.begin(), order.end(), Index{0});
  Random random(5);
  for (int i = 0; i < 3; ++i) {
    random.shuffle(std::span(order));
    INFO("shuffle " << i);
    const Output shuffled = subject.forward(select(input, order));
    const Upstream expected = select(Upstream{output.y, output.final}, order);
    CHECK(distance(shuffled.y, expected.d_y) < tolerance);
    CHECK(distance(shuffled.final, expected.d_final) < tolerance);
    subject.clear_gradient();
    const Gradient d = subject.backward(select(upstream, order));
    CHECK(distance(Matrix<double>(d.d_parameters), Matrix<double>(gradient.d_parameters)) < tolerance);
    if (gradient.d_x.empty()) continue;
    const Input d_input = select(Input{gradient.d_x, gradient.d_initial}, order);
    CHECK(distance(d.d_x, d_input.x) < tolerance);
    CHECK(distance(d.d_initial, d_input.initial) < tolerance);
  }
}

void backward_adds_up(Subject& subject, const Input& input, Mode mode) {
  INFO("law: backward adds up");
  const Upstream upstream = draw_upstream(subject.forward(input, mode));
  subject.clear_gradient();
  const Gradient once = subject.backward(upstream);
  Gradient twice = subject.backward(upstream);
  CHECK(same_bits(twice.d_x, once.d_x));  // written, not added to
  CHECK(same_bits(twice.d_initial, once.d_initial));
  CHECK(distance(Matrix<double>(twice.d_parameters), Matrix<double>(2 * once.d_parameters)) <
        subject.tolerance());

  subject.clear_gradient();
  const Gradient without_input = subject.backward(upstream, false);
  CHECK(without_input.d_parameters == once.d_parameters);
  CHECK(same_bits(without_input.d_initial, once.d_initial));

  if (upstream.d_final.empty()) return;
  Upstream zero = upstream;
  for (auto& state : zero.d_final) state.setZero();
  subject.clear_gradient();
  const Gradient with_zero = subject.backward(zero);
  subject.clear_gradient();
  CHECK(same_bits(with_zero, subject.backward({upstream.d_y, {}})));
}

void is_a_value(Subject& subject, const Input& input) {
  INFO("law: a layer is a value");
  const Vector<double> parameters = subject.parameters();
  const Output output = subject.forward(input);
  const Upstream upstream = draw_upstream(output);
  subject.clear_gradient();
  const Gradient gradient = subject.backward(upstream);
  CHECK(subject.parameters() == parameters);  // forward and backward are const

  const auto copy = subject.copy();
  CHECK(same_bits(copy->forward(input), output));
  copy->set_parameters(2 * parameters);
  if (parameters.size() > 0) CHECK_FALSE(same_bits(copy->forward(input), output));
  CHECK(subject.parameters() == parameters);
  CHECK(same_bits(subject.forward(input), output));
  copy->assign_layer(subject);
  CHECK(copy->parameters() == parameters);
  CHECK(same_bits(copy->forward(input), output));

  // The tape moves between forward and backward.
  subject.clear_gradient();
  const auto again = subject.copy();
  again->forward(input);
  const auto moved = again->move_everything();
  CHECK(moved->parameters() == parameters);
  CHECK(same_bits(moved->backward(upstream), gradient));
  CHECK(same_bits(moved->forward(input), output));
}

void repeats_itself(Subject& subject, const Input& input, Mode mode) {
  INFO("law: the same numbers to the last bit");
  const auto fresh = subject.copy();
  const Output output = fresh->forward(input, mode);
  const Upstream upstream = draw_upstream(output);
  const Gradient gradient = fresh->backward(upstream);
  const Mode inference{.record = false, .noise = mode.noise};

  const auto is_as_before = [&](Subject& other, const char* when) {
    INFO(when);
    CHECK(same_bits(other.forward(input, inference), output));
    CHECK(same_bits(other.forward(input, mode), output));
    other.clear_gradient();
    CHECK(same_bits(other.backward(upstream), gradient));
    CHECK(same_bits(other.forward(input, inference), output));
  };
  const auto reused = subject.copy();
  is_as_before(*reused, "in a second run");

  // A batch of more and longer samples, then of fewer and shorter ones
  Lengths more;
  for (const auto& sample : input.x) more.insert(more.end(), {sample.cols() + 3, sample.cols() + 1});
  for (const bool initial : {false, true})
    for (const Lengths& others : {more, Lengths{2, 1}}) {
      const Input other = draw_input(subject, others, initial, 9);
      reused->forward(other, inference);
      is_as_before(*reused, "after inference on another batch");
      reused->backward(draw_upstream(reused->forward(other, mode)));
      is_as_before(*reused, "after training on another batch");
      reused->poison(other);
      is_as_before(*reused, "after another batch that was not finite");
    }
  reused->new_tape();
  is_as_before(*reused, "with a new tape");
}

void goes_on_after_carry(Subject& subject, const Input& input, bool reads_backward) {
  if (!subject.has_carry()) return;
  INFO("law: carry goes on");
  Lengths lengths, cuts;
  for (const auto& sample : input.x) {
    lengths.push_back(sample.cols() + 2);
    cuts.push_back(1 + (5 * sample.cols()) % (sample.cols() + 1));
  }
  const Input whole = draw_input(subject, lengths, !input.initial.empty(), 11);
  Input first{{}, whole.initial}, second;
  const Output output = subject.forward(whole);
  if (output.y[0].cols() != lengths[0]) return;  // no sequence comes out, so there are no halves of it
  const Upstream upstream = draw_upstream(output);
  Upstream d_first, d_second{{}, upstream.d_final};
  for (std::size_t b = 0; b < whole.x.size(); ++b) {
    const Index cut = cuts[b], rest = lengths[b] - cut;
    REQUIRE(rest > 0);
    auto& left = reads_backward ? second : first;
    auto& right = reads_backward ? first : second;
    left.x.push_back(whole.x[b].leftCols(cut));
    right.x.push_back(whole.x[b].rightCols(rest));
    (reads_backward ? d_second : d_first).d_y.push_back(upstream.d_y[b].leftCols(cut));
    (reads_backward ? d_first : d_second).d_y.push_back(upstream.d_y[b].rightCols(rest));
  }
  const auto join = [&](const Matrices& one, const Matrices& other) {
    Matrices joined;
    for (std::size_t b = 0; b < one.size(); ++b) {
      const auto& left = reads_backward ? other[b] : one[b];
      const auto& right = reads_backward ? one[b] : other[b];
      joined.push_back(Matrix<double>(left.rows(), left.cols() + right.cols()));
      joined.back() << left, right;
    }
    return joined;
  };

  subject.clear_gradient();
  const Gradient gradient = subject.backward(upstream);
  for (const bool record : {true, false}) {
    const Output one = subject.forward(first, Mode{.record = record});
    subject.carry();
    const Output other = subject.forward(second, Mode{.record = record});
    CHECK(distance(Output{join(one.y, other.y), other.final}, output) < subject.tolerance());
    subject.carry();
    subject.reset();
    CHECK(same_bits(subject.forward(first, Mode{.record = record}), one));
  }
  if (subject.states() == 0) return;

  // Truncated: carry makes the state a constant. Not truncated: the gradient of the second half's initial
  // state goes on as that of the first half's final state.
  const Output one = subject.forward(first);
  subject.carry();
  subject.forward(second);
  subject.clear_gradient();
  const Gradient truncated = subject.backward(d_second);
  const auto later = subject.copy();
  later->forward({second.x, one.final});
  const Gradient d_later = later->backward(d_second);
  CHECK(same_bits(truncated, d_later));
  subject.forward(first);
  d_first.d_final = d_later.d_initial;
  subject.clear_gradient();
  const Gradient d_earlier = subject.backward(d_first);
  const Gradient sum{reads_backward ? join(d_earlier.d_x, d_later.d_x) : join(d_earlier.d_x, d_later.d_x),
                     d_earlier.d_initial, d_earlier.d_parameters + d_later.d_parameters};
  CHECK(distance(sum, gradient) < subject.tolerance());
}

void allocates_nothing(Subject& subject, const Input& input) {
  if (!CountAllocations::works) return;
  INFO("law: a steady loop allocates nothing");
  const Upstream upstream = draw_upstream(subject.forward(input));
  CHECK(subject.pass_allocations(input, upstream) == 0);
  CHECK(subject.step_allocations(input.x[1]) == 0);
}

void agree(Subject& one, Subject& other, const Lengths& lengths) {
  INFO(one.describe() << " and its double");
  draw_parameters(one);
  other.set_parameters(one.parameters());
  const double tolerance = std::max(one.tolerance(), other.tolerance());
  for (const bool initial : {false, true}) {
    const Input input = draw_input(one, lengths, initial);
    const Output output = one.forward(input);
    CHECK(distance(other.forward(input), output) < tolerance);
    const Upstream upstream = draw_upstream(output);
    one.clear_gradient();
    other.clear_gradient();
    CHECK(distance(other.backward(upstream), one.backward(upstream)) < tolerance);
    for (std::size_t b = 0; b < input.x.size(); ++b) {
      const Input sample = select(input, {static_cast<Index>(b)});
      CHECK(distance(other.stream(sample.x[0], sample.initial), one.stream(sample.x[0], sample.initial)) <
            tolerance);
    }
  }
}

// ---- Cells against their textbook.

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
  return {{3, 5, {2, 7, 1, 6}},     {2, 1, {4, 3, 4}},
          {7, 19, {4, 6, 2, 6, 3}}, {1, 37, {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9}},
          {9, 131, {2, 4, 1}},      {3, 37, many}};
}

namespace {

struct ComplexInput {
  std::vector<Matrix<Complex>> x, initial;
};
struct ComplexOutput {
  std::vector<Matrix<Complex>> y, final;
};

Matrices real_part(const std::vector<Matrix<Complex>>& values) {
  Matrices real;
  for (const auto& m : values) real.push_back(m.real());
  return real;
}

/// value + i h direction, or value alone where there is no direction
std::vector<Matrix<Complex>> tilt(const Matrices& values, const Matrices* directions, double h) {
  std::vector<Matrix<Complex>> tilted;
  for (std::size_t i = 0; i < values.size(); ++i) {
    tilted.push_back(values[i].cast<Complex>());
    if (directions) tilted.back() += Complex(0, h) * (*directions)[i].cast<Complex>();
  }
  return tilted;
}

/// The textbook run over each sample on its own.
ComplexOutput run(const Textbook& textbook, const Weights& weights, const ComplexInput& input, int states,
                  bool reverse) {
  const Index hidden = weights.hh.cols(), batch = static_cast<Index>(input.x.size());
  ComplexOutput output;
  output.final.assign(static_cast<std::size_t>(states), Matrix<Complex>(hidden, batch));
  for (Index b = 0; b < batch; ++b) {
    const auto& x = input.x[static_cast<std::size_t>(b)];
    std::vector<Column> state(static_cast<std::size_t>(states), Column::Zero(hidden));
    for (std::size_t q = 0; q < input.initial.size(); ++q) state[q] = input.initial[q].col(b);
    Matrix<Complex> y(hidden, x.cols());
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
  const Vector<double> parameters = subject.parameters();
  Lengths blocks{input_gates * hidden * inputs, hidden_gates * hidden * hidden, input_gates * hidden,
                 hidden_gates * hidden, unit_weights * hidden};
  const bool biased = parameters.size() > blocks[0] + blocks[1] + blocks[4];
  if (!biased) blocks[2] = blocks[3] = 0;
  REQUIRE(parameters.size() == std::accumulate(blocks.begin(), blocks.end(), Index{0}));
  const double h = 1e-30;
  const auto weights_at = [&](const Vector<double>* direction) {
    Vector<Complex> p = parameters.cast<Complex>();
    if (direction) p += Complex(0, h) * direction->cast<Complex>();
    const Complex* from = p.data();
    Weights w;
    w.ih = Eigen::Map<const Matrix<Complex>>(from, input_gates * hidden, inputs);
    w.hh = Eigen::Map<const Matrix<Complex>>(from += blocks[0], hidden_gates * hidden, hidden);
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
    Vector<double> v = draw(parameters.size(), 1, 1, random);
    const Matrices v_x = draw_like(input.x, random), v_initial = draw_like(input.initial, random);

    // All directions at once; one by one only to tell which of them is wrong.
    const auto directions = [&](const Vector<double>* p, const Matrices* x, const Matrices* state) {
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
      Vector<double> part = Vector<double>::Zero(v.size());
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

// ---- Cells against PyTorch.

std::vector<Golden> golden_cases(const std::string& cell, const std::string& name) {
  std::vector<Golden> cases;
  const auto file = golden(name);
  for (const auto& json : file.at("cases")) {
    if (json.at("cell") != cell) continue;
    const auto states = [&](const char* key) {
      Matrices all{tensor(json.at(key).at("h"))};
      if (json.at(key).contains("c")) all.push_back(tensor(json.at(key).at("c")));
      return all;
    };
    const auto parameters = [&](const std::string& prefix) {
      std::vector<double> all;
      for (const char* key : {"weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr"}) {
        if (!json.contains(prefix + key)) continue;
        const Matrix<double> p = tensor(json.at(prefix + key));
        all.insert(all.end(), p.data(), p.data() + p.size());
      }
      return Vector<double>(Eigen::Map<const Vector<double>>(all.data(), static_cast<Index>(all.size())));
    };
    cases.push_back({json.at("name"),
                     cell,
                     json.at("direction") == "reverse",
                     json.at("input_size"),
                     json.at("hidden_size"),
                     parameters(""),
                     {tensors(json.at("input")), states("initial")},
                     {tensors(json.at("output")), states("final")},
                     {tensors(json.at("d_output")), states("d_final")},
                     {tensors(json.at("d_input")), states("d_initial"), parameters("d_")}});
  }
  return cases;
}

void matches(Subject& subject, const Golden& golden) {
  INFO(golden.name << " of PyTorch");
  subject.set_parameters(golden.parameters);
  CHECK(distance(subject.forward(golden.input), golden.output) < 1e-10);
  subject.clear_gradient();
  CHECK(distance(subject.backward(golden.upstream), golden.gradient) < 1e-10);
}

}  // namespace recur::testing
