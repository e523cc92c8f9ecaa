#include "recur/recurrence/state.hpp"

#include <limits>

#include "allocations.hpp"
#include "catch.hpp"
#include "recur/attention/attention_pool.hpp"
#include "recur/cell/gru.hpp"
#include "recur/cell/gru_reset_before.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/cell/regularized.hpp"
#include "recur/composition/residual.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/dropout.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/layer/layer_norm.hpp"
#include "recur/layer/pool.hpp"
#include "recur/layer/positions.hpp"
#include "recur/layer/tied_embedding.hpp"
#include "recur/network/network.hpp"
#include "recur/recurrence/bidirectional.hpp"
#include "recur/recurrence/learned_state.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace state_test {

/// A network within a network, with states of 3 + 3 and 2 units.
auto network() {
  return Sequential{Sequential{Dense<double>{2, 4}, Recurrent{Lstm<double>{4, 3}}}, Dense<double>{3, 2},
                    Residual{Recurrent{Gru<double>{2, 2}}}};
}
using Network = decltype(network());

TEST_CASE("The state of a network has the states of its recurrent layers one above the other",
          "[recurrence][state]") {
  const Network net = network();
  CHECK(state_size(net) == 8);
  CHECK(state_size(Dense<double>{2, 4}) == 0);
  const MatrixX<double> state = MatrixX<double>::Random(8, 2);
  Network::Tape tape;
  const Sequence<double> x(MatrixX<double>::Ones(2, 6), 2), dy = x;
  MatrixX<double> d_state = MatrixX<double>::Random(8, 2);
  net.forward(x, tape, recording, state);
  auto gradient = zeros_like(net);
  net.backward(x, dy, tape, gradient, true, d_state);
  auto& lstm = std::get<1>(std::get<0>(tape.tapes).tapes);
  auto& gru = std::get<2>(tape.tapes).layer;
  const MatrixX<double> final = final_state(net, tape), d_initial = d_initial_state(net, tape);
  REQUIRE(final.rows() == 8);
  CHECK(final.topRows(6) == lstm.final);
  CHECK(final.bottomRows(2) == gru.final);
  CHECK(d_initial.topRows(6) == lstm.d_initial);
  CHECK(d_initial.bottomRows(2) == gru.d_initial);

  // Each layer got its rows of both.
  Recurrent<Gru<double>>::Tape alone;
  const auto& last = std::get<2>(net.layers).layer;
  const auto& below = std::get<1>(tape.tapes).output();
  last.forward(below, alone, recording, state.bottomRows(2));
  auto gradient_alone = zeros_like(last);
  last.backward(below, dy, alone, gradient_alone, true, d_state.bottomRows(2));
  CHECK(alone.final == gru.final);
  CHECK(alone.d_initial == gru.d_initial);

  const MatrixX<double> y = tape.output().values();
  net.forward(x, tape);  // what is not given again is not there
  CHECK(final_state(net, tape) != final);
  net.forward(x, tape, recording, state);
  CHECK(tape.output().values() == y);
  Network::Tape unused;
  CHECK(final_state(net, unused).size() == 0);
}

/// After passes with and without an initial state.
template <class L>
void has_no_old_gradient(const L& layer) {
  INFO(layer.describe());
  const Sequence<double> x(MatrixX<double>::Ones(layer.input_size(), 6), 2);
  const MatrixX<double> state = MatrixX<double>::Random(state_size(layer), 2);
  typename L::Tape tape;
  auto gradient = zeros_like(layer);
  MatrixX<double> first;
  for (int pass = 0; pass < 2; ++pass) {
    const Sequence<double> dy = layer.forward(x, tape, recording, state);
    layer.backward(x, dy, tape, gradient);
    if (pass == 0) first = d_initial_state(layer, tape);
    CHECK(d_initial_state(layer, tape).cols() == 2);
    CHECK(d_initial_state(layer, tape) == first);
    layer.forward(x, tape, recording);
    CHECK(d_initial_state(layer, tape).size() == 0);
    layer.backward(x, dy, tape, gradient);
    CHECK(d_initial_state(layer, tape).size() == 0);
  }
}

TEST_CASE("A pass without an initial state has no gradient of one, also after a pass with one",
          "[recurrence][state]") {
  auto net = network();
  initialize(net, 1);
  has_no_old_gradient(net);
  auto stepwise = Recurrent{GruResetBefore<double>{2, 3}};
  initialize(stepwise, 1);
  has_no_old_gradient(stepwise);
  has_no_old_gradient(LearnedState{stepwise});
  has_no_old_gradient(recur::Network<double>{net});
}

TEST_CASE("A state may be the tape's own, since it is read first", "[recurrence][state]") {
  Recurrent layer{Lstm<double>{2, 3}};
  initialize(layer, 1);
  decltype(layer)::Tape tape, other;
  const Sequence<double> x(MatrixX<double>::Random(2, 6), 2);
  layer.forward(x, tape);
  const MatrixX<double> state = tape.final;
  const MatrixX<double> expected = layer.forward(x, other, predicting, state).values();
  CHECK(layer.forward(x, tape, predicting, tape.final).values() == expected);
  CHECK(tape.final == other.final);
}

TEST_CASE("A saved state brings a stream back to the same place", "[recurrence][state]") {
  Network net = network();
  initialize(net, 1);
  auto stream = net.stream();
  const VectorX<double> x = VectorX<double>::Ones(2);
  net.step(x, stream);
  const MatrixX<double> saved = get_state(net, stream);
  REQUIRE(saved.rows() == 8);
  const VectorX<double> y = net.step(x, stream);
  auto other = net.stream();
  set_state(net, other, saved);
  CHECK(net.step(x, other) == y);
}

TEST_CASE("A network starts from zero or from a learned state", "[recurrence][state]") {
  Sequential net{Recurrent{Lstm<double>{2, 3}}, LearnedState{Recurrent{Lstm<double>{3, 2}}}};
  initialize(net, 1);
  Random random(2);
  auto& learned = std::get<1>(net.layers).initial;
  for (auto& state : learned) uniform(state, 1, random);
  const MatrixX<double> start = start_state(net);
  REQUIRE(start.rows() == 10);
  REQUIRE(start.cols() == 1);
  CHECK(start.topRows(6).isZero(0));
  CHECK(start.middleRows(6, 2) == learned[0]);
  CHECK(start.bottomRows(2) == learned[1]);
  CHECK(start == get_state(net, net.stream()));
  CHECK(start_state(Recurrent{Lstm<double>{2, 3}}) == MatrixX<double>::Zero(6, 1));
  CHECK(start_state(Bidirectional{Gru<double>{2, 3}}) == MatrixX<double>::Zero(6, 1));
  CHECK(start_state(Dense<double>{2, 3}).size() == 0);
  learned[1].setZero(3);
  CHECK_THAT(refusal([&] { start_state(net); }),
             Catch::Matchers::EndsWith("starts state 1 from 3 numbers: it must be 2"));
}

template <class L>
void begins_anew(L net) {
  initialize(net, 1);
  Random random(2);
  for_each_parameter([&](const Name&, auto& p) { uniform(p, 1, random); }, net);
  std::vector<MatrixX<double>> samples{MatrixX<double>(2, 3), MatrixX<double>(2, 4)};
  for (auto& sample : samples) uniform(sample, 1, random);
  typename L::Tape tape;
  const Sequence<double> x(samples);
  const Sequence<double> first = net.forward(x, tape);
  MatrixX<double> state = final_state(net, tape);
  state.col(1) = start_state(net);
  const Sequence<double> second = net.forward(x, tape, predicting, state);
  CHECK(second.sample(1) == first.sample(1));
  CHECK((second.sample(0) - first.sample(0)).norm() > 1e-3);
}

TEST_CASE("One sample of a batch starts again while another continues", "[recurrence][state]") {
  begins_anew(Recurrent{Lstm<double>{2, 3}});
  begins_anew(LearnedState{Recurrent{Lstm<double>{2, 3}}});
}

template <class L>
concept ShowsState = requires(const L& layer, const typename L::Stream& stream) {
  get_state(layer, stream);
};

/// It remembers nothing and says so.
struct TwoPlaces : Dense<double> {
  using Dense::Dense;
  struct Stream {
    VectorX<double> here, there;
  };
  Stream stream() const { return {}; }
  const VectorX<double>& step(const VectorX<double>&, Stream& stream) const { return stream.here; }
  template <class F, class... Whole>
  static constexpr void for_each_part(F&&, Whole&...) {}
};

TEST_CASE("The state of a stream can't be read if the stream remembers more", "[recurrence][state]") {
  using Layer = Recurrent<Gru<double>>;
  STATIC_REQUIRE(ShowsState<Network>);
  STATIC_REQUIRE(ShowsState<LearnedState<Layer>>);
  STATIC_REQUIRE(ShowsState<TiedEmbedding<Layer>>);
  STATIC_REQUIRE(ShowsState<Sequential<Embedding<double>, Layer, LayerNorm<double>, Dropout<double>>>);
  STATIC_REQUIRE(ShowsState<Sequential<Layer, TwoPlaces>>);
  STATIC_REQUIRE_FALSE(ShowsState<Sequential<SinusoidalPositions<double>, Layer>>);
  STATIC_REQUIRE_FALSE(
      ShowsState<Sequential<Sequential<Embedding<double>, LearnedPositions<double>>, Layer>>);
  STATIC_REQUIRE_FALSE(ShowsState<Residual<Sequential<Layer, Pool<double>>>>);
  STATIC_REQUIRE_FALSE(ShowsState<TiedEmbedding<Sequential<Layer, AttentionPool<double>>>>);
}

TEST_CASE("A state of another size is refused before anything is changed", "[recurrence][state]") {
  const Network net = network();
  Network::Tape tape;
  const MatrixX<double> state = MatrixX<double>::Random(8, 2);
  const Sequence<double> x(MatrixX<double>::Ones(2, 6), 2);
  const MatrixX<double> y = net.forward(x, tape, recording, state).values();
  auto gradient = zeros_like(net);
  for (const auto& [rows, columns] : {std::pair<Index, Index>{7, 2}, {8, 1}, {9, 2}, {8, 3}}) {
    const MatrixX<double> wrong = MatrixX<double>::Zero(rows, columns);
    CHECK_THAT(refusal([&] { net.forward(x, tape, recording, wrong); }),
               Catch::Matchers::EndsWith(": it must be 8 x 2 (units of all states x batch), or empty"));
    CHECK_THAT(refusal([&] { net.backward(x, tape.output(), tape, gradient, true, wrong); }),
               Catch::Matchers::ContainsSubstring("was given a gradient of the final state of "));
  }
  CHECK(tape.output().values() == y);
  auto stream = net.stream();
  CHECK_THROWS_AS(set_state(net, stream, state), std::invalid_argument);
  CHECK_THROWS_AS(set_state(net, stream, MatrixX<double>()), std::invalid_argument);
}

/// Whether a stream that was reset after a NaN runs like a new one, without allocating.
template <class L>
void can_be_reset(L layer, Index features) {
  INFO(layer.describe());
  initialize(layer, 1);
  const VectorX<double> x = VectorX<double>::LinSpaced(features, -1, 1),
                        bad = VectorX<double>::Constant(features, std::numeric_limits<double>::quiet_NaN());
  auto stream = layer.stream(), fresh = layer.stream();
  for (int i = 0; i < 3; ++i) layer.step(x, stream);
  layer.step(bad, stream);
  CHECK(layer.step(bad, stream).hasNaN());
  const CountAllocations allocations;
  reset(layer, stream);
  const long count = allocations.count();
  CHECK(count == 0);
  for (int i = 0; i < 3; ++i) {
    const VectorX<double> expected = layer.step(x, fresh);
    CHECK(layer.step(x, stream) == expected);
    CHECK(expected.allFinite());
  }
}

TEST_CASE("A stream can be reset after an input that is not a number", "[recurrence][state]") {
  can_be_reset(Recurrent{Lstm<double>{2, 3}}, 2);
  can_be_reset(Recurrent{Lstm<double>{2, 60}}, 2);  // their steps take turns
  can_be_reset(Recurrent{Regularized{Gru<double>{2, 3}, {}}}, 2);
  LearnedState learned{Recurrent{Lstm<double>{2, 3}}};
  can_be_reset(learned, 2);
  can_be_reset(Dense<double>{2, 3}, 2);
  can_be_reset(LayerNorm<double>{2}, 2);
  can_be_reset(SinusoidalPositions<double>{}, 2);
  can_be_reset(LearnedPositions<double>{5, 2}, 2);  // it takes as many steps as it has positions
  can_be_reset(Sequential{LearnedPositions<double>{5, 2}}, 2);
  can_be_reset(AttentionPool<double>{2, 3}, 2);
  can_be_reset(Sequential{Residual{Recurrent{Gru<double>{2, 2}}}, LearnedState{Recurrent{Lstm<double>{2, 3}}},
                          SinusoidalPositions<double>{}, Pool<double>{Pooling::max}},
               2);
}

TEST_CASE("A stream that is reset starts from the learned state", "[recurrence][state]") {
  LearnedState layer{Recurrent{Lstm<double>{2, 3}}};
  for (auto& state : layer.initial) state.setConstant(0.5);
  auto stream = layer.stream();
  layer.step(VectorX<double>::Ones(2), stream);
  layer.reset(stream);
  CHECK(stream.state[1] == layer.initial[1]);

  TiedEmbedding tied{Embedding<double>{4, 3}, Recurrent{Gru<double>{3, 3}}};
  initialize(tied, 1);
  auto words = tied.stream();
  const VectorX<Token> word = VectorX<Token>::Constant(1, 2);
  const VectorX<double> first = tied.step(word, words);
  CHECK(tied.step(word, words) != first);
  reset(tied, words);
  CHECK(tied.step(word, words) == first);
}

}  // namespace state_test
}  // namespace recur::testing
