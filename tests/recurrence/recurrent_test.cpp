#include "recur/recurrence/recurrent.hpp"

#include <cmath>
#include <limits>
#include <utility>

#include "allocations.hpp"
#include "catch.hpp"
#include "draw.hpp"
#include "laws/laws.hpp"
#include "max_abs.hpp"
#include "names.hpp"
#include "recur/cell/elman.hpp"
#include "recur/cell/gru.hpp"
#include "recur/cell/gru_reset_before.hpp"
#include "recur/cell/jordan.hpp"
#include "recur/cell/layer_norm_lstm.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/cell/projected_lstm.hpp"
#include "recur/core/threads.hpp"
#include "recurrence/steady.hpp"
#include "refusal.hpp"

// The common part of all cells. The tests of the cells have the laws.
namespace recur::testing {
namespace recurrent_test {

using Layer = Recurrent<Lstm<float>>;
using Reverse = Recurrent<Lstm<float>, Direction::reverse>;
static_assert(recur::Layer<Layer> && Streamable<Layer>);
static_assert(recur::Layer<Reverse> && !Streamable<Reverse>);

template <class L = Layer>
L initialized(Index inputs, Index hidden) {
  L layer{Lstm<float>{inputs, hidden}};
  initialize(layer, 5);
  return layer;
}

TEST_CASE("A recurrent layer describes itself and names its cell's parameters", "[recurrence][recurrent]") {
  CHECK(Layer{Lstm<float>{3, 5}}.describe() == "LSTM (3 -> 5)");
  CHECK(Reverse{Lstm<float>{3, 5}}.describe() == "reverse LSTM (3 -> 5)");
  const Layer layer{Lstm<float>{3, 5}};
  CHECK(parameter_names(layer) == "weight_ih weight_hh bias_ih bias_hh ");
  CHECK(layer.input_size() == 3);
  CHECK(layer.output_size() == 5);
}

TEST_CASE("The gradient of a bias is exact in float for a large batch", "[recurrence][recurrent]") {
  constexpr Index batch = 100'000;  // one sum of as many floats would be wrong in its third digit
  Recurrent layer{Elman<float>{1, 3}};
  const Sequence<float> x(MatrixX<float>::Zero(1, batch), batch);
  Sequence<float> dy(MatrixX<float>::Constant(3, batch, 0.1f), batch);
  decltype(layer)::Tape tape;
  auto gradient = zeros_like(layer);
  layer.forward(x, tape, recording);
  layer.backward(x, dy, tape, gradient);
  for (Index u = 0; u < 3; ++u)
    CHECK(std::abs(gradient.cell.bias_ih(u) / (0.1f * static_cast<float>(batch)) - 1) < 1e-5f);
}

// Their weights are larger than the caches and are fetched ahead in blocks.
TEST_CASE("A layer of 352 units equals its steps, and its gradient is the slope of its output",
          "[recurrence][recurrent]") {
  using Large = Recurrent<Lstm<double>>;
  Large layer{Lstm<double>{40, 352}};
  initialize(layer, 5);
  const std::vector<Index> lengths{3, 5, 1, 3, 4};
  const auto x = draw<double>(40, lengths), dy = draw<double>(352, lengths);
  Large::Tape tape;
  layer.forward(x, tape, recording);
  for (Index b = 0; b < 5; ++b) {
    auto stream = layer.stream();
    const MatrixX<double> steps = x.sample(b), y = tape.y.sample(b);
    for (Index t = 0; t < steps.cols(); ++t)
      CHECK(max_abs(layer.step(steps.col(t), stream) - y.col(t)) < 1e-12);
  }
  auto gradient = zeros_like(layer);
  layer.backward(x, dy, tape, gradient);
  Large direction = layer, above = layer, below = layer;
  initialize(direction, 6);
  const double h = 1e-4;
  double slope = 0;
  for_each_parameter(
      [&](const Name&, auto& up, auto& down, const auto& d, const auto& g) {
        up += h * d;
        down -= h * d;
        slope += (g.array() * d.array()).sum();
      },
      above, below, direction, gradient);
  const auto output = [&](const Large& l) {
    Large::Tape other;
    return (l.forward(x, other).values().array() * dy.values().array()).sum();
  };
  CHECK(slope == Approx((output(above) - output(below)) / (2 * h)).epsilon(1e-7));
}

/// The first sizes fit into no block of sums. The second sizes are larger than the caches.
TEST_CASE("Layers in single precision equal layers in double precision up to rounding",
          "[recurrence][recurrent]") {
  // Also sizes whose last tile or last panel of weights (or both) is half a pack of 512 bits.
  for (const auto& [inputs, hidden] :
       {std::pair<Index, Index>{300, 70}, {200, 352}, {4, 8}, {7, 20}, {40, 24}, {12, 36}}) {
    CAPTURE(inputs, hidden);
    Recurrent layer{Lstm<float>{inputs, hidden}};
    initialize(layer, 5);
    Recurrent precise{Lstm<double>{inputs, hidden}};
    for_each_parameter([](const Name&, auto& to, const auto& from) { to = from.template cast<double>(); },
                       precise, layer);
    const std::vector<Index> lengths{3, 5, 1, 3, 4};
    const auto x = draw<float>(inputs, lengths), dy = draw<float>(hidden, lengths, 2);
    const auto in_double = [](const Sequence<float>& sequence) {
      Sequence<double> same;
      same.reshape(sequence.features(), sequence.layout());
      same.values() = sequence.values().cast<double>();
      return same;
    };
    decltype(layer)::Tape tape;
    decltype(precise)::Tape precise_tape;
    auto gradient = zeros_like(layer);
    auto precise_gradient = zeros_like(precise);
    layer.forward(x, tape, recording);
    precise.forward(in_double(x), precise_tape, recording);
    layer.backward(x, dy, tape, gradient);
    precise.backward(in_double(x), in_double(dy), precise_tape, precise_gradient);
    const auto near = [](const auto& number, const auto& exact) {
      return (number.template cast<double>() - exact).norm() < 1e-6 * exact.norm();
    };
    CHECK(near(tape.y.values(), precise_tape.y.values()));
    CHECK(near(tape.dx.values(), precise_tape.dx.values()));
    for_each_parameter(
        [&](const Name& name, const auto& number, const auto& exact) {
          INFO(name.str());
          CHECK(near(number, exact));
        },
        gradient, precise_gradient);
  }
}

TEMPLATE_TEST_CASE("A NaN stays in its own sample", "[recurrence][recurrent]", Elman<float>,
                   (Elman<float, Relu>), Lstm<float>, Gru<float>, Lstm<double>) {
  using S = typename TestType::Scalar;
  const std::vector<Index> lengths{3, 5, 1, 3, 4};
  const Index step = 2, sample = 4, place = 1;  // of the samples with such a step, the longest first
  for (const Index hidden : {3, 5, 40}) {
    CAPTURE(hidden);
    Recurrent<TestType> layer{TestType{6, hidden}};
    initialize(layer, 5);
    auto x = draw<S>(6, lengths);
    typename decltype(layer)::Tape tape;
    const Sequence<S> clean = layer.forward(x, tape);
    x.step(step)(3, place) = std::numeric_limits<S>::quiet_NaN();
    const Sequence<S> y = layer.forward(x, tape, recording);
    for (Index b = 0; b < x.batch(); ++b) {
      const Index sound = b == sample ? step : lengths[static_cast<std::size_t>(b)];
      const MatrixX<S> of_sample = y.sample(b);
      CHECK(of_sample.leftCols(sound) == clean.sample(b).leftCols(sound));
      CHECK(of_sample.rightCols(of_sample.cols() - sound).array().isNaN().all());
    }
    auto stream = layer.stream();
    const MatrixX<S> steps = x.sample(sample);
    for (Index t = 0; t < steps.cols(); ++t) {
      const auto h = layer.step(steps.col(t), stream).array();
      CHECK((t < step ? h.isFinite().all() : h.isNaN().all()));
    }
    auto gradient = zeros_like(layer);
    layer.backward(x, draw<S>(hidden, lengths, 2), tape, gradient);
    CHECK(gradient.cell.weight_hh.array().isNaN().all());
  }
}

TEST_CASE("A recurrent layer refuses sizes that don't fit and leaves tape and gradient unchanged",
          "[recurrence][recurrent]") {
  const Layer layer = initialized(3, 5);
  Layer::Tape tape;
  auto gradient = zeros_like(layer);
  const auto x = draw<float>(3, {2, 4, 3}), dy = draw<float>(5, {2, 4, 3});
  layer.forward(x, tape, recording);
  const MatrixX<float> y = tape.y.values();

  CHECK(refusal([&] { layer.forward(draw<float>(4, {2}), tape); }) ==
        "LSTM (3 -> 5) was given 4 features: it takes 3");
  CHECK(refusal([&] { layer.forward(Sequence<float>(), tape); }) ==
        "LSTM (3 -> 5) was given an empty batch: it must hold at least one sequence");
  for (const auto& [rows, columns] : {std::pair<Index, Index>{10, 2}, {8, 3}, {3, 10}, {5, 3}, {10, 1}}) {
    INFO(rows << " x " << columns);
    const MatrixX<float> wrong = MatrixX<float>::Zero(rows, columns);
    CHECK_THAT(refusal([&] { layer.forward(x, tape, recording, wrong); }),
               Catch::Matchers::StartsWith("LSTM (3 -> 5) was given an initial state of ") &&
                   Catch::Matchers::EndsWith(": it must be 10 x 3 (units of all states x batch), or empty"));
    CHECK_THAT(refusal([&] { layer.backward(x, dy, tape, gradient, true, wrong); }),
               Catch::Matchers::StartsWith("LSTM (3 -> 5) was given a gradient of the final state of "));
  }
  CHECK(refusal([&] {
          layer.backward(x, draw<float>(4, {2, 4, 3}), tape, gradient);
        }) ==
        "LSTM (3 -> 5) was given an output gradient of 4 features and 9 steps: its output on this tape has 5 "
        "features and 9 steps");
  CHECK_THROWS_AS(layer.backward(x, draw<float>(5, {2, 3, 4}), tape, gradient), std::invalid_argument);
  CHECK(tape.y.values() == y);
  CHECK(gradient_norm(gradient) == 0);

  auto stream = layer.stream();
  CHECK(refusal([&] { layer.step(VectorX<float>::Ones(4), stream); }) ==
        "LSTM (3 -> 5) was given a step of 4 features: it takes 3");
  CHECK(stream.state[0].isZero(0));
  CHECK_NOTHROW(layer.backward(x, dy, tape, gradient));
}

TEST_CASE("A recurrent layer refuses an input, a gradient, a stream or weights of other sizes",
          "[recurrence][recurrent]") {
  Layer layer = initialized(3, 5);
  Layer::Tape tape;
  auto gradient = zeros_like(layer);
  const auto x = draw<float>(3, {2, 4, 3}), dy = draw<float>(5, {2, 4, 3});
  layer.forward(x, tape, recording);
  CHECK(refusal([&] {
          layer.backward(draw<float>(3, {2, 4, 2}), dy, tape, gradient);
        }) ==
        "LSTM (3 -> 5) was asked for a gradient with an input of 3 features and 8 steps: its forward pass on "
        "this tape was given 3 features and 9 steps, and the lengths must be the same");
  CHECK_THROWS_AS(layer.backward(draw<float>(3, {4, 2, 3}), dy, tape, gradient), std::invalid_argument);
  CHECK_THROWS_AS(layer.backward(draw<float>(2, {2, 4, 3}), dy, tape, gradient), std::invalid_argument);
  CHECK(gradient_norm(gradient) == 0);
  Layer wide{Lstm<float>{4, 5}};
  CHECK(refusal([&] { layer.backward(x, dy, tape, wide); }) ==
        "LSTM (3 -> 5) was given a gradient whose weight_ih is 20 x 4: it must be 20 x 3");
  Layer tall{Lstm<float>{3, 6}};
  CHECK_THROWS_AS(tall.backward(x, draw<float>(6, {2, 4, 3}), tape, tall), std::invalid_argument);
  CHECK_THROWS_AS(tall.backward(x, dy, tape, tall), std::invalid_argument);

  const VectorX<float> step = VectorX<float>::Ones(3);
  for (std::size_t q = 0; q < 2; ++q) {
    auto stream = layer.stream();
    stream.state[q].setZero(4);
    CHECK(refusal([&] { layer.step(step, stream); }) ==
          "LSTM (3 -> 5) was given a stream of other sizes: it must be one that its stream() made");
  }
  auto foreign = tall.stream();
  for (auto& state : foreign.state) state.setZero(5);
  CHECK_THROWS_AS(layer.step(step, foreign), std::invalid_argument);

  const auto refuses = [&](auto&& spoil, const char* what) {
    Layer spoilt = layer;
    spoil(spoilt.cell);
    auto stream = layer.stream();
    const std::string expected = std::string("LSTM (3 -> 5) has a ") + what;
    CHECK(refusal([&] { spoilt.forward(x, tape, recording); }) == expected);
    CHECK(refusal([&] { spoilt.step(step, stream); }) == expected);
    CHECK_THROWS_AS(spoilt.backward(x, dy, tape, gradient), std::invalid_argument);
    Layer also = spoilt;  // a gradient of the same wrong sizes
    CHECK(refusal([&] { spoilt.backward(x, dy, tape, also); }) == expected);
  };
  refuses([](auto& cell) { cell.weight_ih.resize(20, 2); }, "weight_ih of 20 x 2: it must be 20 x 3");
  refuses([](auto& cell) { cell.weight_hh.resize(5, 20); }, "weight_hh of 5 x 20: it must be 20 x 5");
  refuses([](auto& cell) { cell.bias_ih.resize(5); }, "bias_ih of 5 x 1: it must be 20 x 1");
  refuses([](auto& cell) { cell.bias_hh.resize(0); }, "bias_hh of 0 x 1: it must be 20 x 1");
  refuses(
      [](auto& cell) {
        cell.bias_ih.resize(0);
        cell.bias_hh.resize(0);
      },
      "bias_ih of 0 x 1: it must be 20 x 1");  // it was made with biases
  CHECK_NOTHROW(layer.backward(x, dy, tape, gradient));
  Layer unbiased{Lstm<float>{3, 5, Bias::none}};
  unbiased.cell.bias_ih.setZero(20);
  unbiased.cell.bias_hh.setZero(20);
  CHECK(refusal([&] { unbiased.forward(x, tape); }) ==
        "LSTM (3 -> 5) has a bias_ih of 20 x 1: it must be 0 x 1");
}

TEST_CASE("A cell that was given weights of other sizes makes no layer and draws no weights",
          "[recurrence][recurrent]") {
  Lstm<float> cell{2, 3};
  cell.weight_ih = MatrixX<float>::Ones(12, 5);
  CHECK(refusal([&] { Recurrent{cell}; }) == "LSTM (2 -> 3) has a weight_ih of 12 x 5: it must be 12 x 2");
  Recurrent layer{Lstm<float>{2, 3}};
  layer.cell.weight_hh.setOnes(4, 3);
  CHECK(refusal([&] { initialize(layer, 1); }) ==
        "LSTM (2 -> 3) has a weight_hh of 4 x 3: it must be 12 x 3");
  CHECK(layer.cell.weight_ih.isZero(0));
}

TEST_CASE("A recurrent layer refuses backward after a pass that recorded nothing",
          "[recurrence][recurrent]") {
  const Layer layer = initialized(3, 5);
  Layer::Tape tape;
  auto gradient = zeros_like(layer);
  const auto x = draw<float>(3, {2, 4}), dy = draw<float>(5, {2, 4});
  const auto refuses = [&] {
    return refusal([&] { layer.backward(x, dy, tape, gradient); }) ==
           "LSTM (3 -> 5) was asked for a gradient, but its last forward pass on this tape recorded nothing: "
           "it must "
           "be a pass for recording or training";
  };
  layer.forward(x, tape);
  CHECK(refuses());
  layer.forward(x, tape, recording);
  CHECK_FALSE(refuses());
  layer.forward(x, tape);
  CHECK(refuses());
}

TEST_CASE("A recurrent layer refuses backward after a pass that ran out of memory",
          "[recurrence][recurrent]") {
  if (!CountAllocations::works) return;
  backward_refuses_what_ran_out_of_memory(initialized(3, 5));
}

TEST_CASE("A recurrent layer has only the states of its cell", "[recurrence][recurrent]") {
  const Layer layer = initialized(3, 5);
  CHECK(layer.state_size(1) == 5);
  for (const int q : {-1, 2}) CHECK_THROWS_AS(layer.state_size(q), std::out_of_range);
}

TEST_CASE("Each sample ends at its own last step, and in reverse at its first step",
          "[recurrence][recurrent]") {
  const auto x = draw<float>(3, {2, 4, 3, 1});
  const Layer layer = initialized(3, 5);
  Layer::Tape tape;
  layer.forward(x, tape);
  const Reverse reverse = initialized<Reverse>(3, 5);
  Reverse::Tape reverse_tape;
  reverse.forward(x, reverse_tape);
  for (Index b = 0; b < 4; ++b) {
    CHECK(tape.final.col(b).head(5) == tape.y.sample(b).rightCols(1));
    CHECK(reverse_tape.final.col(b).head(5) == reverse_tape.y.sample(b).leftCols(1));
  }
}

TEST_CASE("A reverse layer reads each sample from its own last step", "[recurrence][recurrent]") {
  const auto x = draw<float>(3, {2, 4, 3, 1});
  std::vector<MatrixX<float>> turned;
  for (Index b = 0; b < 4; ++b) turned.push_back(x.sample(b).rowwise().reverse());
  const Layer layer = initialized(3, 5);
  const Reverse reverse{layer.cell};
  Layer::Tape tape;
  Reverse::Tape reverse_tape;
  layer.forward(Sequence<float>(turned), tape);
  reverse.forward(x, reverse_tape);
  for (Index b = 0; b < 4; ++b)
    CHECK(max_abs(reverse_tape.y.sample(b) - tape.y.sample(b).rowwise().reverse()) < 1e-6f);
}

TEST_CASE("Threads share a layer, each with its own tape and gradient", "[recurrence][recurrent]") {
  const Layer layer = initialized(3, 19);
  const auto x = draw<float>(3, {12, 4, 30, 1, 7}), dy = draw<float>(19, {12, 4, 30, 1, 7});
  const auto differentiate = [&](Layer& gradient) {
    Layer::Tape tape;
    for (int i = 0; i < 20; ++i) {
      clear_gradient(gradient);
      layer.forward(x, tape, recording);
      layer.backward(x, dy, tape, gradient);
    }
  };
  Layer alone = zeros_like(layer);
  differentiate(alone);
  std::vector<Layer> gradients(3, zeros_like(layer));
  parallel(3, [&](int i) { differentiate(gradients[static_cast<std::size_t>(i)]); });
  for (const Layer& gradient : gradients)
    for_each_parameter([](const Name&, const auto& p, const auto& q) { CHECK(p == q); }, gradient,
                       std::as_const(alone));
}

TEST_CASE("A pass leaves the processor's treatment of denormal numbers unchanged",
          "[recurrence][recurrent]") {
  const Layer layer = initialized(3, 5);
  Layer::Tape tape;
  auto gradient = zeros_like(layer);
  const auto x = draw<float>(3, {2, 4}), dy = draw<float>(5, {2, 4});
  volatile float small = std::numeric_limits<float>::min();
  REQUIRE(small / 2 > 0);
  layer.forward(x, tape, recording);
  CHECK(small / 2 > 0);
  layer.backward(x, dy, tape, gradient);
  CHECK(small / 2 > 0);
}

TEST_CASE("Vanishing gradients don't become denormal numbers", "[recurrence][recurrent]") {
  Layer layer{Lstm<float>{1, 4}};
  layer.cell.bias_ih.setConstant(-4);  // every step multiplies the gradient by less than 0.02
  Layer::Tape tape;
  auto gradient = zeros_like(layer);
  const auto x = draw<float>(1, {60}), dy = Sequence<float>(MatrixX<float>::Constant(4, 60, 1e-30f), 1);
  layer.forward(x, tape, recording);
  layer.backward(x, dy, tape, gradient);
  for_each_parameter(
      [](const Name&, const auto& p) {
        for (const float v : p.reshaped())
          CHECK((v == 0 || std::abs(v) >= std::numeric_limits<float>::min()));
      },
      std::as_const(gradient));
}

TEST_CASE("Steps and steady passes allocate nothing for small and for large sizes",
          "[recurrence][recurrent]") {
  if (!CountAllocations::works) return;
  const Layer layer = initialized(101, 203);
  steps_allocate_nothing(layer);
  steady_passes_allocate_nothing(layer);
  steady_passes_allocate_nothing(Reverse{layer.cell});
}

/// A cell whose weights, and those of its biases, are all uniform in ±1/√H.
template <class C>
C random_cell(Index inputs, Index hidden) {
  C cell{inputs, hidden};
  Random random(1);
  cell.initialize(random, Scheme::pytorch);
  return cell;
}

TEMPLATE_TEST_CASE("A layer of any width streams the outputs of its forward pass", "[recurrence][recurrent]",
                   float, double) {
  using S = TestType;
  const auto check = []<class C>(std::type_identity<C>) {
    for (Index hidden = 1; hidden <= 41; ++hidden) {
      const Recurrent layer{random_cell<C>(2, hidden)};
      MatrixX<S> sample(2, 5);
      Random random(2);
      uniform(sample, 1, random);
      typename Recurrent<C>::Tape tape;
      const MatrixX<S> expected = layer.forward(Sequence<S>({sample}), tape).sample(0);
      auto stream = layer.stream();
      S worst = 0;
      for (Index t = 0; t < sample.cols(); ++t)
        worst = worse(worst, max_abs(layer.step(sample.col(t), stream) - expected.col(t)));
      CAPTURE(C::Unit::name, hidden);
      CHECK(worst < 32 * std::numeric_limits<S>::epsilon());
    }
  };
  check(std::type_identity<Lstm<S>>{});
  check(std::type_identity<Gru<S>>{});
  check(std::type_identity<Elman<S>>{});
}

TEMPLATE_TEST_CASE("A cell of fixed sizes takes the same steps as one of dynamic sizes",
                   "[recurrence][recurrent]", float, double) {
  using S = TestType;
  const auto check = []<int H>(std::integral_constant<int, H>) {
    const auto cell = random_cell<Gru<S>>(1, H);
    const auto fixed = random_cell<Gru<S, 1, H>>(1, H);
    std::array<VectorX<S>, 1> state{VectorX<S>::Zero(H)}, fixed_state = state, next = state,
                                                          fixed_next = state;
    VectorX<S> sums(detail::kernel::sums_of_step(cell)), x(1);
    for (Index t = 0; t < 4; ++t) {
      x(0) = static_cast<S>(t - 1);
      detail::kernel::Step<Gru<S>, decltype(state)>{cell, x.data(), state, next}.run(sums.data(), false);
      detail::kernel::Step<Gru<S, 1, H>, decltype(state)>{fixed, x.data(), fixed_state, fixed_next}.run(
          sums.data(), false);
      state.swap(next);
      fixed_state.swap(fixed_next);
    }
    CAPTURE(H);
    CHECK(!state[0].isZero(0));
    CHECK(max_abs(state[0] - fixed_state[0]) < 4 * std::numeric_limits<S>::epsilon());
  };
  const auto check_all = [&]<int... H>(std::integer_sequence<int, H...>) {
    (check(std::integral_constant<int, H>{}), ...);
  };
  check_all(std::integer_sequence<int, 1, 3, 5, 8, 12, 20, 31, 33>{});
}

template <class C>
void check_sizes(double margin) {
  using S = typename C::Scalar;
  // Around packs and pairs of them, tiles, blocks of the sums, and the sizes from where a stream reads its
  // weights in long runs; batches around those whose inputs are summed ahead.
  for (const auto& [inputs, hidden] : std::vector<std::pair<Index, Index>>{
           {1, 3}, {3, 8}, {2, 17}, {5, 33}, {40, 50}, {9, 67}, {200, 100}, {70, 131}}) {
    Recurrent<C> layer{C{inputs, hidden}};
    initialize(layer, 1, Scheme::pytorch);
    const std::vector<Index> lengths{7, 3, 5, 9, 6, 2, 1, 8};
    Random random(2);
    std::vector<MatrixX<S>> samples;
    for (const Index length : lengths) {
      samples.emplace_back(inputs, length);
      uniform(samples.back(), 1, random);
    }
    for (const std::size_t batch : {1U, 2U, 3U, 8U}) {
      const Sequence<S> x(std::span<const MatrixX<S>>(samples).first(batch));
      typename Recurrent<C>::Tape tape;
      const Sequence<S> y = layer.forward(x, tape);
      for (std::size_t b = 0; b < batch; ++b) {
        const MatrixX<S> expected = y.sample(static_cast<Index>(b));
        auto stream = layer.stream();
        double worst = 0;
        for (Index t = 0; t < expected.cols(); ++t) {
          const VectorX<S> step = samples[b].col(t);
          worst = worse(worst, static_cast<double>(max_abs(layer.step(step, stream) - expected.col(t))));
        }
        CAPTURE(inputs, hidden, batch, b);
        CHECK(worst < margin);
      }
    }
  }
}

TEST_CASE("The last output of a layer may be its next input", "[recurrence][recurrent][laws]") {
  const auto check = [](auto cell) {
    LayerSubject subject(Recurrent{std::move(cell)});
    INFO(subject.describe());
    draw_parameters(subject);
    steps_from_its_own_result(subject, draw_input(subject, {1}, false));
  };
  for (const Index size : {4, 19}) {
    check(Elman<double>{size, size});
    check(Lstm<double>{size, size});
    check(Lstm<float>{size, size});
    check(Gru<double>{size, size});
    check(GruResetBefore<double>{size, size});
    check(LayerNormLstm<double>{size, size});
    check(ProjectedLstm<double>{size, size + 2, size});
    check(Jordan<double>{size, size + 2, size});
  }
}

TEST_CASE("Cells of all sizes stream the outputs of their forward pass in batches of all sizes",
          "[recurrence][recurrent]") {
  check_sizes<Lstm<double>>(1e-13);
  check_sizes<Gru<double>>(1e-13);
  check_sizes<Elman<double>>(1e-13);
  check_sizes<Lstm<float>>(1e-5);
  check_sizes<Gru<float>>(1e-5);
  check_sizes<Elman<float, Relu>>(1e-4);
}

}  // namespace recurrent_test
}  // namespace recur::testing
