#include "recur/recurrence/stepwise_recurrent.hpp"

#include "allocations.hpp"
#include "catch.hpp"
#include "draw.hpp"
#include "laws/laws.hpp"
#include "recur/architecture/many_to_one.hpp"
#include "recur/cell/gru_reset_before.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/core/activation.hpp"
#include "recur/layer/dense.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "recur/train/gradient_check.hpp"
#include "recur/train/loss.hpp"
#include "recurrence/steady.hpp"
#include "refusal.hpp"

// The common part of all stepwise cells. The tests of the cells have the laws.
namespace recur::testing {
namespace stepwise_recurrent_test {

// A user's own cell, as in cell/stepwise.hpp: W_hh of low rank, h = tanh(W x + U V h').
template <std::floating_point S>
struct Mixer {
  using Scalar = S;
  Index inputs, hidden, rank;
  MatrixX<S> w, u, v;

  Mixer(Index i, Index h, Index r) : inputs(i), hidden(h), rank(r) { stepwise::allocate(*this); }

  std::string name() const { return "Mixer"; }
  Index input_size() const { return inputs; }
  std::array<Index, 1> state_sizes() const { return {hidden}; }
  std::array<Index, 1> sum_sizes() const { return {hidden}; }
  std::array<Index, 1> saved_sizes() const { return {rank}; }
  std::array<Index, 1> d_saved_sizes() const { return {rank}; }

  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    f(at / "w", self.w...);
    f(at / "u", self.u...);
    f(at / "v", self.v...);
  }
  template <class Self, class F>
  static void shapes(Self& self, F&& f) {
    f("w", self.w, self.hidden, self.inputs);
    f("u", self.u, self.hidden, self.rank);
    f("v", self.v, self.rank, self.hidden);
  }
  void initialize(Random& random, Scheme) { stepwise::uniform_parameters(*this, hidden, random); }

  void forward_inputs(const S* x, Index count, const std::array<S*, 1>& sums) const {
    product(as_is(w), as_is(x, inputs, count), sums[0]);
  }
  void forward_step(const StepOf<Mixer>& at) const {
    S* const h = at.state[0];
    product(as_is(v), as_is(at.previous[0], hidden, at.count), at.saved[0]);
    std::copy_n(at.sums[0], hidden * at.count, h);
    add_product(as_is(u), as_is<S>(at.saved[0], rank, at.count), h);
    activate<Tanh>(h, h, hidden * at.count);
  }
  void backward_step(const StepOf<Mixer>& at, const StepGradientOf<Mixer>& d) const {
    const S* const h = at.state[0];
    activate_backward<Tanh>(h, h, d.d_state[0], d.d_sums[0], hidden * at.count);
    product(transposed(u), as_is<S>(d.d_sums[0], hidden, at.count), d.d_saved[0]);
    product(transposed(v), as_is<S>(d.d_saved[0], rank, at.count), d.d_state[0]);
  }
  void backward_weights(const StepOf<Mixer>& at, const StepGradientOf<Mixer>& d, Mixer& gradient) const {
    add_product(as_is<S>(d.d_sums[0], hidden, at.count), transposed<S>(at.saved[0], rank, at.count),
                gradient.u.data());
    add_product(as_is<S>(d.d_saved[0], rank, at.count), transposed(at.previous[0], hidden, at.count),
                gradient.v.data());
  }
  void backward_inputs(const S* x, const StepOf<Mixer>& at, const StepGradientOf<Mixer>& d, S* dx,
                       Mixer& gradient) const {
    add_product(as_is<S>(d.d_sums[0], hidden, at.count), transposed(x, inputs, at.count), gradient.w.data());
    if (dx) product(transposed(w), as_is<S>(d.d_sums[0], hidden, at.count), dx);
  }
};

using Own = Recurrent<Mixer<double>>;
using Reverse = Recurrent<Mixer<double>, Direction::reverse>;
static_assert(StepwiseCell<Mixer<float>> && !NoisyCell<Mixer<float>>);
static_assert(Layer<Own> && Streamable<Own> && HasState<Own>);
static_assert(Layer<Reverse> && !Streamable<Reverse>);

Own initialized(Index inputs, Index hidden, Index rank) {
  Own layer{Mixer<double>{inputs, hidden, rank}};
  initialize(layer, 5);
  return layer;
}

TEST_CASE("A user's own stepwise cell keeps the laws, and its gradient can be checked",
          "[recurrence][stepwise_recurrent][laws]") {
  LayerSubject subject(Own{Mixer<double>{3, 5, 2}});
  keeps_laws(subject);
  LayerSubject reverse(Reverse{Mixer<double>{3, 5, 2}});
  keeps_laws(reverse, {2, 7, 1, 6}, {.reads_backward = true});
  CHECK(check_gradients(Own{Mixer<double>{3, 5, 2}}).error < 1e-7);
}

TEST_CASE("Stepwise cells work in networks and architectures", "[recurrence][stepwise_recurrent][laws]") {
  LayerSubject stacked(
      Sequential{Own{Mixer<double>{3, 5, 2}}, Dense<double, Tanh>{5, 4}, Own{Mixer<double>{4, 3, 1}}});
  keeps_laws(stacked);
  ManyToOne model{Own{Mixer<double>{3, 5, 2}}, Pooling::last, Dense<double>{5, 2},
                  SoftmaxCrossEntropy<double>{}};
  const decltype(model)::Batch batch{draw<double>(3, {2, 4, 3}), {0, 1, 1}};
  CHECK(check_gradients(model, batch).error < 1e-7);
}

TEST_CASE("A layer of a stepwise cell refuses sizes that don't fit and leaves tape and gradient unchanged",
          "[recurrence][stepwise_recurrent]") {
  Own layer = initialized(3, 5, 2);
  Own::Tape tape;
  auto gradient = zeros_like(layer);
  const auto x = draw<double>(3, {2, 4, 3}), dy = draw<double>(5, {2, 4, 3});
  layer.forward(x, tape);
  CHECK(refusal([&] { layer.backward(x, dy, tape, gradient); }) ==
        "Mixer (3 -> 5) was asked for a gradient, but its last forward pass on this tape recorded nothing: "
        "it must "
        "be a pass for recording or training");
  layer.forward(x, tape, recording);
  const MatrixX<double> y = tape.y.values();
  CHECK(refusal([&] { layer.forward(draw<double>(4, {2}), tape); }) ==
        "Mixer (3 -> 5) was given 4 features: it takes 3");
  CHECK_THROWS_AS(layer.forward(Sequence<double>(), tape), std::invalid_argument);
  CHECK_THROWS_AS(layer.backward(x, draw<double>(5, {2, 3, 4}), tape, gradient), std::invalid_argument);
  Own wide{Mixer<double>{4, 5, 2}};
  CHECK(refusal([&] { layer.backward(x, dy, tape, wide); }) ==
        "Mixer (3 -> 5) was given a gradient whose w is 5 x 4: it must be 5 x 3");
  CHECK(refusal([&] { layer.backward(x, dy, tape, gradient, true, MatrixX<double>::Zero(5, 2)); }) ==
        "Mixer (3 -> 5) was given a gradient of the final state of 5 x 2: it must be 5 x 3 (units of all "
        "states "
        "x batch), or empty");
  CHECK(tape.y.values() == y);
  CHECK(gradient_norm(gradient) == 0);

  const VectorX<double> step = VectorX<double>::Ones(3);
  auto stream = layer.stream();
  CHECK(refusal([&] { layer.step(VectorX<double>::Ones(4), stream); }) ==
        "Mixer (3 -> 5) was given a step of 4 features: it takes 3");
  stream.state[0].setZero(4);
  CHECK(refusal([&] { layer.step(step, stream); }) ==
        "Mixer (3 -> 5) was given a stream of other sizes: it must be one that its stream() made");
  auto foreign = initialized(3, 5, 3).stream();  // its states fit, but its saved numbers don't
  CHECK_THROWS_AS(layer.step(step, foreign), std::invalid_argument);
  layer.cell.u.resize(2, 5);
  CHECK(refusal([&] { layer.forward(x, tape); }) == "Mixer (3 -> 5) has a u of 2 x 5: it must be 5 x 2");
}

TEST_CASE("A stepwise cell that was given weights of other sizes makes no layer and draws no weights",
          "[recurrence][stepwise_recurrent]") {
  GruResetBefore<float> cell{2, 3};
  cell.weight_hh = MatrixX<float>::Ones(9, 4);
  CHECK(refusal([&] { Recurrent{cell}; }) ==
        "reset-before GRU (2 -> 3) has a weight_hh of 9 x 4: it must be 9 x 3");
  Recurrent layer{GruResetBefore<float>{2, 3}};
  layer.cell.weight_hh.setOnes(4, 3);
  CHECK_THROWS_AS(initialize(layer, 1), std::invalid_argument);
}

TEST_CASE("A layer of a stepwise cell refuses backward after a pass that ran out of memory",
          "[recurrence][stepwise_recurrent]") {
  if (!CountAllocations::works) return;
  backward_refuses_what_ran_out_of_memory(initialized(3, 5, 2));
}

TEST_CASE("Steps and steady passes of a large stepwise cell allocate nothing",
          "[recurrence][stepwise_recurrent]") {
  if (!CountAllocations::works) return;
  const Own layer = initialized(101, 203, 70);
  steps_allocate_nothing(layer);
  steady_passes_allocate_nothing(layer);
}

}  // namespace stepwise_recurrent_test
}  // namespace recur::testing
