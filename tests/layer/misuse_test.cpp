// What a user may hand over by mistake: sizes that overflow, a tape that is read and written at once, an index out of
// range.
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "draw.hpp"
#include "layer/small_networks.hpp"
#include "recur/attention/attention.hpp"
#include "recur/attention/attention_pool.hpp"
#include "recur/attention/multi_head_attention.hpp"
#include "recur/attention/transformer.hpp"
#include "recur/attention/transformer_decoder.hpp"
#include "recur/cell/gru.hpp"
#include "recur/cell/gru_reset_before.hpp"
#include "recur/cell/jordan.hpp"
#include "recur/cell/layer_norm_lstm.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/cell/projected_lstm.hpp"
#include "recur/composition/residual.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/layer/conv1d.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/dropout.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/layer/layer_norm.hpp"
#include "recur/layer/pointwise.hpp"
#include "recur/layer/pool.hpp"
#include "recur/layer/positions.hpp"
#include "recur/network/chain.hpp"
#include "recur/network/graph.hpp"
#include "recur/network/network.hpp"
#include "recur/recurrence/bidirectional.hpp"
#include "recur/recurrence/learned_state.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "recur/train/crf.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace misuse_test {

TEST_CASE("Sizes whose products would overflow are refused", "[layer][misuse]") {
  for (const Index many :
       {std::numeric_limits<Index>::max(), std::numeric_limits<Index>::max() / 3, largest_size + 1}) {
    CHECK_THROWS_AS((Dense<float>{1, many}), std::invalid_argument);
    CHECK_THROWS_AS((Dense<float>{many, many}), std::invalid_argument);
    CHECK_THROWS_AS((Embedding<float>{many, 2}), std::invalid_argument);
    CHECK_THROWS_AS((Embedding<float>{2, many}), std::invalid_argument);
    CHECK_THROWS_AS(LayerNorm<float>{many}, std::invalid_argument);
    CHECK_THROWS_AS(PRelu<float>{many}, std::invalid_argument);
    CHECK_THROWS_AS(Scale<float>{many}, std::invalid_argument);
    CHECK_THROWS_AS((Conv1d<float>{many, 1, 2}), std::invalid_argument);
    CHECK_THROWS_AS((Conv1d<float>{2, many, 2}), std::invalid_argument);
    CHECK_THROWS_AS((Conv1d<float>{2, 2, many}), std::invalid_argument);
    CHECK_THROWS_AS((LearnedPositions<float>{many, 2}), std::invalid_argument);
    CHECK_THROWS_AS((AttentionPool<float>{2, many}), std::invalid_argument);
    CHECK_THROWS_AS((MultiHeadAttention<float>{many, 1}), std::invalid_argument);
    CHECK_THROWS_AS((FeedForward<float>{2, many}), std::invalid_argument);
    CHECK_THROWS_AS((TransformerEncoderLayer<float>{4, 2, many}), std::invalid_argument);
    CHECK_THROWS_AS((TransformerDecoder<float>{many, 4, 2, 3}), std::invalid_argument);
    CHECK_THROWS_AS((Lstm<float>{1, many}), std::invalid_argument);
    CHECK_THROWS_AS((Gru<float>{many, 1}), std::invalid_argument);
    CHECK_THROWS_AS((ProjectedLstm<float>{1, many, 1}), std::invalid_argument);
    CHECK_THROWS_AS((Jordan<float>{1, 1, many}), std::invalid_argument);
    CHECK_THROWS_AS((LayerNormLstm<float>{1, many}), std::invalid_argument);
    CHECK_THROWS_AS((GruResetBefore<float>{1, many}), std::invalid_argument);
    CHECK_THROWS_AS((AdditiveScore<float>{1, 1, many}), std::invalid_argument);
    CHECK_THROWS_AS((GeneralScore<float>{1, many}), std::invalid_argument);
    CHECK_THROWS_AS(DotScore<float>{many}, std::invalid_argument);
    CHECK_THROWS_AS(LinearChainCrf<float>{many}, std::invalid_argument);
  }
  CHECK_THROWS_AS(Layout(std::numeric_limits<Index>::max() / 2, 3), std::invalid_argument);
  CHECK_THROWS_AS(Layout(3, std::numeric_limits<Index>::max() / 2), std::invalid_argument);
  CHECK(refusal([] {
          Lstm<float>{1, std::numeric_limits<Index>::max()};
        }) == "LSTM was given a size of 9223372036854775807: the largest legal one is 1073741824");
}

/// Neither x nor dy may be what the same pass writes.
template <class L>
void refuses_its_own_tape(L layer) {
  INFO(layer.describe());
  initialize(layer, 1);
  const auto x = draw<double>(4, {2, 4, 1});
  typename L::Tape tape;
  const Sequence<double> y = layer.forward(x, tape, recording), dy = y;
  CHECK_THAT(refusal([&] { layer.forward(tape.output(), tape, recording); }),
             Catch::Matchers::ContainsSubstring("a sequence on its own tape"));
  CHECK(tape.output().values() == y.values());
  L gradient = zeros_like(layer);
  layer.backward(x, dy, tape, gradient);
  const MatrixX<double> dx = tape.d_input().values();
  L of_output = zeros_like(layer);
  layer.backward(x, tape.output(), tape, of_output);  // dy may be the output
  CHECK(values_of(Parameters(of_output)) == values_of(Parameters(gradient)));
  CHECK(tape.d_input().values() == dx);
  if constexpr (detail::RecurrentLayer<L>) {  // states may be those on the tape
    typename L::Tape other;
    const MatrixX<double> state = tape.final;
    const Sequence<double> next = layer.forward(x, other, recording, state);
    layer.forward(x, tape, recording, tape.final);
    CHECK(tape.output().values() == next.values());
    layer.backward(x, dy, tape, gradient);
    layer.backward(x, dy, other, of_output);
    const MatrixX<double> d_state = other.d_initial;
    layer.backward(x, dy, other, of_output, true, d_state);
    layer.backward(x, dy, tape, gradient, true, tape.d_initial);
    CHECK(values_of(Parameters(of_output)) == values_of(Parameters(gradient)));
    CHECK(tape.d_initial == other.d_initial);
    layer.forward(x, tape, recording);
    layer.backward(x, dy, tape, gradient);
  }
  const auto on_its_tape = Catch::Matchers::ContainsSubstring("a sequence on its own tape");
  CHECK_THAT(refusal([&] { layer.forward(tape.d_input(), tape, recording); }), on_its_tape);
  CHECK_THAT(refusal([&] { layer.backward(tape.d_input(), dy, tape, gradient); }), on_its_tape);
  CHECK_THAT(refusal([&] { layer.backward(tape.output(), dy, tape, gradient); }), on_its_tape);
  CHECK(tape.output().values() == y.values());
  CHECK_THAT(refusal([&] { layer.backward(x, tape.d_input(), tape, gradient); }),
             Catch::Matchers::ContainsSubstring("the gradient of its input on the same tape"));
  CHECK(tape.d_input().values() == dx);
  typename L::Tape next;
  CHECK_NOTHROW(layer.forward(tape.output(), next));
}

TEST_CASE("A pass does not read what it writes", "[layer][misuse]") {
  refuses_its_own_tape(Dense<double>{4, 4});
  refuses_its_own_tape(LayerNorm<double>{4});
  refuses_its_own_tape(Conv1d<double>{4, 4, 2});
  refuses_its_own_tape(Activate<double, Tanh>{});
  refuses_its_own_tape(PRelu<double>{4});
  refuses_its_own_tape(Scale<double>{4});
  refuses_its_own_tape(graph(4, 3, 4));
  refuses_its_own_tape(Dropout<double>{0.1});
  refuses_its_own_tape(SinusoidalPositions<double>{});
  refuses_its_own_tape(LearnedPositions<double>{9, 4});
  refuses_its_own_tape(MultiHeadAttention<double>{4, 2});
  refuses_its_own_tape(TransformerEncoderLayer<double>{4, 2, 3});
  refuses_its_own_tape(Recurrent{Lstm<double>{4, 4}});
  refuses_its_own_tape(Recurrent{ProjectedLstm<double>{4, 5, 4}});
  refuses_its_own_tape(Bidirectional{Gru<double>{4, 4}, Merge::sum});
  refuses_its_own_tape(LearnedState{Recurrent{Gru<double>{4, 4}}});
  refuses_its_own_tape(Residual{Dense<double>{4, 4}});
  refuses_its_own_tape(Sequential{Dense<double>{4, 3}, Dense<double>{3, 4}});
  refuses_its_own_tape(erased(Dense<double>{4, 4}));
  refuses_its_own_tape(chain(4, 3, 4));
  refuses_its_own_tape(FeedForward<double>{4, 3});

  // Sequences of parts, and memories.
  const auto x = draw<double>(4, {2, 4, 1});
  const auto on_its_tape = Catch::Matchers::ContainsSubstring("a sequence on its own tape");
  Sequential stack{Dense<double>{4, 4}, Dense<double>{4, 4}, Dense<double>{4, 4}};
  decltype(stack)::Tape tape;
  stack.forward(x, tape, recording);
  CHECK_THAT(refusal([&] { stack.forward(std::get<1>(tape.tapes).output(), tape); }), on_its_tape);
  Chain<double> layers = chain(4, 3, 4, true);
  Chain<double>::Tape of_layers;
  const Sequence<double>& y = layers.forward(x, of_layers, recording);
  CHECK_THAT(refusal([&] { layers.forward(y, of_layers); }), on_its_tape);
  const Graph<double> nodes = graph(4, 3, 4);
  Graph<double>::Tape of_nodes;
  nodes.forward(x, of_nodes, recording);
  CHECK_THAT(refusal([&] { nodes.forward(nodes.output(of_nodes, "y"), of_nodes); }), on_its_tape);
  MultiHeadAttention<double> heads{4, 2};
  decltype(heads)::Tape of_heads, other;
  heads.forward(x, x, of_heads, recording);
  CHECK_THAT(refusal([&] { heads.forward(x, of_heads.output(), of_heads); }), on_its_tape);
  CHECK_THAT(refusal([&] { heads.backward(x, of_heads.d_memory(), x, of_heads, heads); }), on_its_tape);
  CHECK_NOTHROW(heads.forward(x, of_heads.output(), other));
  Attention attention{DotScore<double>{4}};
  decltype(attention)::Tape looked;
  attention.forward(x, x, looked);
  CHECK_THAT(refusal([&] { attention.forward(looked.output(), x, looked); }), on_its_tape);
  CHECK_THAT(refusal([&] { attention.forward(x, looked.output(), looked); }), on_its_tape);
}

TEST_CASE("What reads attention checks what it is asked for", "[layer][misuse]") {
  MultiHeadAttention<double> heads{4, 2};
  decltype(heads)::Tape tape;
  CHECK_THROWS_AS(tape.weights(0, 0), std::out_of_range);
  heads.forward(draw<double>(4, {2, 3}), tape);
  CHECK_NOTHROW(tape.weights(1, 1));
  for (const auto& [b, h] : {std::pair<Index, Index>{2, 0}, {-1, 0}, {0, 2}, {0, -1}})
    CHECK_THROWS_AS(tape.weights(b, h), std::out_of_range);
  AttentionPool<double> pool{4, 3};
  decltype(pool)::Tape pooled;
  CHECK_THROWS_AS(pooled.weights(0), std::out_of_range);
  pool.forward(draw<double>(4, {2, 3}), pooled);
  CHECK_NOTHROW(pooled.weights(1));
  CHECK_THROWS_AS(pooled.weights(2), std::out_of_range);
  Attention attention{DotScore<double>{4}};
  decltype(attention)::Tape looked;
  CHECK_THROWS_AS(looked.weights(0), std::out_of_range);
  attention.forward(draw<double>(4, {2, 3}), draw<double>(4, {1, 5}), looked);
  CHECK_NOTHROW(looked.weights(1));
  CHECK_THROWS_AS(looked.weights(-1), std::out_of_range);
  decltype(attention)::Look look;
  CHECK_THROWS_AS(look.weights(0), std::out_of_range);
  const Sequence<double> x = draw<double>(4, {2, 3});
  CHECK_NOTHROW(x.step(2));
  CHECK_THROWS_AS(x.step(3), std::out_of_range);
  CHECK_THROWS_AS(x.step(-1), std::out_of_range);
}

/// Whether a user can take a step of a stream that nobody has checked.
template <class L>
concept StepsUnchecked = requires(const L& layer, const VectorX<double>& x, typename L::Stream& stream) {
  layer.advance(x, stream);
};

TEST_CASE("Every step of a user checks its stream", "[layer][misuse]") {
  using Lstms = Recurrent<Lstm<double>>;
  STATIC_REQUIRE_FALSE(StepsUnchecked<Dense<double>>);
  STATIC_REQUIRE_FALSE(StepsUnchecked<Lstms>);
  STATIC_REQUIRE_FALSE(StepsUnchecked<LearnedState<Lstms>>);
  STATIC_REQUIRE_FALSE(StepsUnchecked<Sequential<Lstms, Dense<double>>>);
  STATIC_REQUIRE_FALSE(StepsUnchecked<Residual<Lstms>>);
  STATIC_REQUIRE_FALSE(StepsUnchecked<Network<double>>);
  STATIC_REQUIRE_FALSE(StepsUnchecked<Chain<double>>);
}

TEST_CASE("No architecture takes over a tape that holds its input", "[layer][misuse]") {
  const auto on_its_tape = Catch::Matchers::ContainsSubstring("a sequence on its own tape");
  const auto x = draw<double>(4, {2, 4, 1});
  const Network one = erased(Dense<double>{4, 4}), two = erased(Activate<double, Tanh>{});
  Network<double>::Tape tape;
  one.forward(x, tape, recording);
  auto gradient = zeros_like(one);
  one.backward(x, x, tape, gradient);
  const MatrixX<double> y = tape.output().values();
  CHECK_THAT(refusal([&] { two.forward(tape.output(), tape); }), on_its_tape);
  CHECK_THAT(refusal([&] { two.forward(tape.d_input(), tape); }), on_its_tape);
  CHECK(tape.output().values() == y);
  Network<double>::Tape own;
  CHECK(two.forward(x, tape).values() == two.forward(x, own).values());

  // A part of the tape of a chain, which the other chain does not have or replaces.
  const Chain<double> longer = chain(4, 4, 4, true), shorter = chain(4, 4, 4);
  Chain<double>::Tape of_layers;
  longer.forward(x, of_layers, recording);
  std::vector<const Sequence<double>*> places;
  Chain<double>::for_each_part([&](auto, const auto& its) { places.push_back(&its.output()); }, of_layers);
  for (const auto* place : places) {
    CHECK_THAT(refusal([&] { shorter.forward(*place, of_layers); }), on_its_tape);
    CHECK_THAT(refusal([&] { longer.forward(*place, of_layers); }), on_its_tape);
  }
  CHECK(places.size() == 3);

  // A node of a graph that is no output, and a join.
  const Graph<double> nodes = graph(4, 4, 4);
  const Graph<double> fewer({{"x", 4}}, {{"y", Dense<double>{4, 4}, {"x"}}}, {"y"});
  const Graph<double> wide({{"x", 8}}, {{"y", Dense<double>{8, 4}, {"x"}}}, {"y"});
  Graph<double>::Tape of_nodes;
  nodes.forward(x, of_nodes, recording);
  const Sequence<double>&inner = nodes.output(of_nodes, "lstm"), &join = nodes.output(of_nodes, "both");
  CHECK_THAT(refusal([&] { fewer.forward(inner, of_nodes); }), on_its_tape);
  CHECK_THAT(refusal([&] { fewer.forward({{"x", inner}}, of_nodes); }), on_its_tape);
  CHECK_THAT(refusal([&] { wide.forward(join, of_nodes); }), on_its_tape);
}

TEST_CASE("A Sequential of networks refuses an input on the tape of any of them", "[layer][misuse]") {
  const auto on_its_tape = Catch::Matchers::ContainsSubstring("a sequence on its own tape");
  Sequential layers{erased(Dense<double>{4, 4}), erased(Dense<double>{4, 4}),
                    Sequential{erased(Dense<double>{4, 4}), Dense<double>{4, 4}}};
  initialize(layers, 1);
  const auto x = draw<double>(4, {2, 4, 1});
  decltype(layers)::Tape tape;
  layers.forward(x, tape, recording);
  auto gradient = zeros_like(layers);
  const auto refuses = [&](const auto& its) {
    CHECK_THAT(refusal([&] { layers.forward(its.output(), tape, recording); }), on_its_tape);
    CHECK_THAT(refusal([&] { layers.backward(its.output(), x, tape, gradient); }), on_its_tape);
  };
  refuses(std::get<0>(tape.tapes));
  refuses(std::get<1>(tape.tapes));
  refuses(std::get<0>(std::get<2>(tape.tapes).tapes));
  CHECK(detail::all_zero(gradient));
}

}  // namespace misuse_test
}  // namespace recur::testing
