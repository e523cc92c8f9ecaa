// Tapes, streams and memories belong to a layer of their sizes. Every layer and model refuses those of another, and
// changes nothing.
#include <concepts>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "draw.hpp"
#include "layer/small_networks.hpp"
#include "recur/architecture/encoder_decoder.hpp"
#include "recur/architecture/many_to_many.hpp"
#include "recur/architecture/many_to_one.hpp"
#include "recur/architecture/one_to_many.hpp"
#include "recur/attention/attention.hpp"
#include "recur/attention/attention_pool.hpp"
#include "recur/attention/multi_head_attention.hpp"
#include "recur/attention/transformer.hpp"
#include "recur/attention/transformer_decoder.hpp"
#include "recur/cell/elman.hpp"
#include "recur/cell/flexible_elman.hpp"
#include "recur/cell/flexible_gru.hpp"
#include "recur/cell/flexible_lstm.hpp"
#include "recur/cell/gru.hpp"
#include "recur/cell/gru_reset_before.hpp"
#include "recur/cell/jordan.hpp"
#include "recur/cell/layer_norm_lstm.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/cell/peephole_lstm.hpp"
#include "recur/cell/projected_lstm.hpp"
#include "recur/cell/regularized.hpp"
#include "recur/composition/residual.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/layer/context_window.hpp"
#include "recur/layer/conv1d.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/dropout.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/layer/layer_norm.hpp"
#include "recur/layer/pointwise.hpp"
#include "recur/layer/pool.hpp"
#include "recur/layer/positions.hpp"
#include "recur/layer/tied_embedding.hpp"
#include "recur/network/chain.hpp"
#include "recur/network/graph.hpp"
#include "recur/network/network.hpp"
#include "recur/recurrence/bidirectional.hpp"
#include "recur/recurrence/learned_state.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "recur/recurrence/state.hpp"
#include "recur/train/crf.hpp"
#include "recur/train/loss.hpp"
#include "recur/train/sequence_loss.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace other_sizes_test {

template <class Model>
bool is_zero(Model gradient) {
  return values_of(Parameters(gradient)).isZero(0);
}

template <class L>
Sequence<typename L::InputScalar> input_for(const L& layer) {
  if constexpr (std::same_as<typename L::InputScalar, Token>)
    return Sequence<Token>({{0, 1}, {1, 2, 0, 1}, {2}});
  else
    return draw<typename L::Scalar>(layer.input_size() == any_size ? 4 : layer.input_size(), {2, 4, 1});
}

/// Whether the streams of two layers differ. Those of layers that differ only in their inputs don't.
enum class Streams { differ, are_alike };

/// What `other` left on a tape and in a stream is of no use for `own`.
template <class L>
void refuses_those_of(const L& given_own, const L& given_other, Streams streams) {
  L own = given_own, other = given_other;
  INFO(own.describe() << " with what belongs to " << other.describe());
  initialize(own, 1);
  initialize(other, 2);
  const auto x = input_for(own), x_other = input_for(other);
  typename L::Tape mine, tape;
  const Sequence<typename L::Scalar> dy = own.forward(x, mine, recording),
                                     dy_other = other.forward(x_other, tape, recording);
  if (state_size(own) != state_size(other)) CHECK_THROWS_AS(final_state(own, tape), std::invalid_argument);
  L gradient = zeros_like(own), expected = zeros_like(other), found = zeros_like(other);
  other.backward(x_other, dy_other, tape, expected);
  for (const auto* in : {&x, &x_other})
    for (const auto* d : {&dy, &dy_other})
      CHECK_THROWS_AS(own.backward(*in, *d, tape, gradient), std::invalid_argument);
  CHECK(is_zero(gradient));
  other.backward(x_other, dy_other, tape, found);
  CHECK(values_of(Parameters(expected)) == values_of(Parameters(found)));

  if constexpr (Streamable<L>) {
    if (streams == Streams::are_alike) return;
    if constexpr (requires { own.can_stream(); })
      if (!own.can_stream()) return;
    auto stream = other.stream(), fresh = other.stream();
    const VectorX<typename L::InputScalar> step = x.values().col(0), step_other = x_other.values().col(0);
    CHECK_THROWS_AS(own.step(step, stream), std::invalid_argument);
    CHECK(other.step(step_other, stream) == other.step(step_other, fresh));
  }
}
/// Gives parameter k of the layer one more row, or one more column. False if there is no such parameter.
template <class L>
bool grow(L& layer, int k, bool row) {
  bool found = false;
  for_each_parameter(
      [&](const Name&, auto& p) {
        if (k-- != 0) return;
        const auto add = [&](auto& matrix) {
          if constexpr (requires { matrix.resize(1, 1); }) {
            if (std::remove_reference_t<decltype(matrix)>::ColsAtCompileTime == 1 && !row) return;
            matrix.setZero(matrix.rows() + (row ? 1 : 0), matrix.cols() + (row ? 0 : 1));
            found = true;
          }
        };
        if constexpr (requires { p.values; })
          add(p.values);
        else
          add(p);
      },
      layer);
  return found;
}

/// What a layer says of its weight k, which `grow` gave another size: its name, its size and the legal one.
template <class L>
auto says_which(const L& layer, const L& wrong, int k) {
  const Parameters own(layer), grown(wrong);
  const auto &p = own[static_cast<std::size_t>(k)], &q = grown[static_cast<std::size_t>(k)];
  const std::string name = p.name.substr(p.name.rfind('.') + 1);
  const auto size = [](const auto& of) {
    return std::to_string(of.rows) + " x " + std::to_string(of.columns);
  };
  const bool learned = p.name.find("initial.") != p.name.npos;  // of a LearnedState
  return Catch::Matchers::ContainsSubstring(learned ? " starts state "
                                                    : name + " of " + size(q) + ": it must be " + size(p));
}

/// f(model) with the model itself as the gradient is refused, and the model stays as it was.
template <class Model, class F>
void refuses_itself_as_gradient(const Model& given, F&& backward) {
  Model model = given;
  if (count_parameters(model) == 0) return;  // such a layer has no gradient, so it may be its own
  CHECK_THAT(refusal([&] { backward(model); }), Catch::Matchers::ContainsSubstring("as a gradient"));
  CHECK(values_of(Parameters(model)) == values_of(Parameters(given)));
}

/// A layer whose weights were given other sizes, or that was moved from, and tapes, streams and sequences that
/// were moved from: all are refused, and nothing is changed.
template <class L>
void refuses_what_is_broken(const L& given) {
  L layer = given;
  INFO(layer.describe());
  initialize(layer, 1);
  auto x = input_for(layer);
  typename L::Tape tape, other;
  const Sequence<typename L::Scalar> dy = layer.forward(x, tape, recording);
  L gradient = zeros_like(layer);
  refuses_itself_as_gradient(layer, [&](L& its) { its.backward(x, dy, tape, its); });
  const auto steps_with = [&]([[maybe_unused]] const L& one, [[maybe_unused]] auto& stream) {
    if constexpr (Streamable<L>) {
      const VectorX<typename L::InputScalar> step = x.values().col(0);
      CHECK_THROWS_AS(one.step(step, stream), std::invalid_argument);
    }
  };
  for (int k = 0; k < 20; ++k)
    for (const bool row : {true, false}) {
      L wrong = layer;
      if (!grow(wrong, k, row)) continue;
      INFO("parameter " << k << (row ? " with a row more" : " with a column more"));
      CHECK_THAT(refusal([&] { wrong.forward(x, other, recording); }), says_which(layer, wrong, k));
      CHECK_THROWS_AS(wrong.backward(x, dy, tape, gradient), std::invalid_argument);
      CHECK_THROWS_AS(layer.backward(x, dy, tape, wrong), std::invalid_argument);
      if constexpr (Streamable<L>) {
        auto stream = layer.stream();
        steps_with(wrong, stream);
      }
    }
  CHECK(is_zero(gradient));

  if constexpr (Streamable<L>) {
    bool can = true;
    if constexpr (requires { layer.can_stream(); }) can = layer.can_stream();
    if (can) {
      auto stream = layer.stream();
      const auto taken = std::move(stream);
      steps_with(layer, stream);
    }
  }
  auto tape_taken = std::move(tape);
  CHECK_THROWS_AS(layer.backward(x, dy, tape, gradient), std::invalid_argument);
  CHECK_NOTHROW(layer.backward(x, dy, tape_taken, gradient));
  const L layer_taken = std::move(layer);
  CHECK_THROWS_AS(layer.forward(x, other), std::invalid_argument);
  const auto x_taken = std::move(x);
  CHECK_THROWS_AS(layer_taken.forward(x, other), std::invalid_argument);
  CHECK_NOTHROW(layer_taken.forward(x_taken, other));
}

template <class L>
void refuses_each_other(const L& one, const L& other, Streams streams = Streams::differ) {
  refuses_those_of(one, other, streams);
  refuses_those_of(other, one, streams);
  refuses_what_is_broken(one);
}

TEST_CASE("A layer refuses the tape and the stream of one of other sizes, and leaves all as it was",
          "[layer][other_sizes]") {
  // Without parameters, a window that was moved from is as good as before.
  refuses_those_of(ContextWindow<double>{3, 1, 0}, ContextWindow<double>{3, 0, 1}, Streams::differ);
  refuses_each_other(Conv1d<double>{3, 4, 2}, Conv1d<double>{3, 4, 3});
  refuses_each_other(Conv1d<double>{3, 4, 2}, Conv1d<double>{3, 5, 2});
  refuses_each_other(PRelu<double>{3}, PRelu<double>{4});
  refuses_each_other(Scale<double>{3}, Scale<double>{4});
  refuses_each_other(graph(3, 4, 2), graph(3, 5, 2));
  refuses_each_other(graph(3, 4, 2), graph(2, 4, 2));
  refuses_each_other(graph(3, 4, 2), graph(3, 4, 3));
  refuses_each_other(Dense<double>{3, 4}, Dense<double>{3, 5});
  refuses_each_other(Dense<double, Tanh>{3, 4}, Dense<double, Tanh>{2, 4}, Streams::are_alike);
  refuses_each_other(Embedding<double>{5, 3}, Embedding<double>{5, 4});
  refuses_each_other(LayerNorm<double>{3}, LayerNorm<double>{4});
  refuses_each_other(LearnedPositions<double>{9, 3}, LearnedPositions<double>{9, 4});
  refuses_each_other(AttentionPool<double>{3, 4}, AttentionPool<double>{3, 7});
  refuses_each_other(AttentionPool<double>{3, 4}, AttentionPool<double>{4, 4});
  refuses_each_other(MultiHeadAttention<double>{8, 1}, MultiHeadAttention<double>{8, 4});
  refuses_each_other(MultiHeadAttention<double>{8, 2}, MultiHeadAttention<double>{4, 2});
  refuses_each_other(FeedForward<double>{4, 3}, FeedForward<double>{4, 9});
  using Encoder = TransformerEncoderLayer<double>;
  const TransformerOptions before{.norm = NormOrder::before};
  refuses_each_other(Encoder{8, 1, 5}, Encoder{8, 4, 5});
  refuses_each_other(Encoder{8, 2, 5}, Encoder{8, 2, 9});
  refuses_each_other(Encoder{8, 2, 5}, Encoder{8, 2, 5, before});
}

TEST_CASE("A recurrent layer refuses the tape and the stream of one of other sizes", "[layer][other_sizes]") {
  refuses_each_other(Recurrent{Lstm<double>{3, 4}}, Recurrent{Lstm<double>{3, 7}});
  refuses_each_other(Recurrent{Gru<double>{3, 4}}, Recurrent{Gru<double>{2, 4}}, Streams::are_alike);
  refuses_each_other(Recurrent{ProjectedLstm<double>{3, 5, 2}}, Recurrent{ProjectedLstm<double>{3, 9, 2}});
  refuses_each_other(Recurrent{Jordan<double>{3, 5, 2}}, Recurrent{Jordan<double>{3, 9, 2}});
  refuses_each_other(Recurrent{LayerNormLstm<double>{3, 5}}, Recurrent{LayerNormLstm<double>{3, 6}});
  refuses_each_other(LearnedState{Recurrent{Lstm<double>{3, 4}}},
                     LearnedState{Recurrent{Lstm<double>{3, 7}}});
  refuses_each_other(Bidirectional{Lstm<double>{3, 4}}, Bidirectional{Lstm<double>{3, 7}});
  refuses_each_other(Bidirectional{Lstm<double>{3, 4}}, Bidirectional{Lstm<double>{2, 4}});
}

/// The same of the weights alone, for cells.
template <class C>
void keeps_its_shapes(const C& cell) {
  const Recurrent layer{cell};
  const auto x = input_for(layer);
  typename Recurrent<C>::Tape tape;
  int grown = 0;
  for (int k = 0; k < 20; ++k)
    for (const bool row : {true, false}) {
      auto wrong = layer;
      if (!grow(wrong, k, row)) continue;
      ++grown;
      CHECK_THAT(refusal([&] { wrong.forward(x, tape); }), says_which(layer, wrong, k));
    }
  CHECK(grown >= static_cast<int>(Parameters(layer).size()));
}

TEST_CASE("The weights of every kind of cell keep their sizes", "[layer][other_sizes]") {
  keeps_its_shapes(Elman<double>{3, 4});
  keeps_its_shapes(Gru<double>{3, 4, Bias::none});
  keeps_its_shapes(PeepholeLstm<double>{3, 4});
  keeps_its_shapes(GruResetBefore<double>{3, 4});
  keeps_its_shapes(Regularized{Gru<double>{3, 4}, {}});
  keeps_its_shapes(FlexibleElman<double>{3, 4});
  keeps_its_shapes(FlexibleLstm<double>{3, 4, {.peepholes = true}});
  keeps_its_shapes(FlexibleGru<double>{3, 4});
}

TEST_CASE("A layer does not change its sizes with those of its weights", "[layer][other_sizes]") {
  Dense<double> dense{3, 4};
  Dense<double>::Tape tape;
  dense.weight.setZero(5, 2);
  dense.bias.setZero(5);
  CHECK(dense.input_size() == 3);
  CHECK(dense.output_size() == 4);
  const auto x = draw<double>(3, {2, 1});
  CHECK(refusal([&] { dense.forward(x, tape); }) == "Dense (3 -> 4) has a weight of 5 x 2: it must be 4 x 3");
  auto stream = Dense<double>{3, 4}.stream();
  CHECK_THROWS_AS(dense.step(x.values().col(0), stream), std::invalid_argument);
}

TEST_CASE("A composition refuses the tape and the stream of one of other sizes, whichever part differs",
          "[layer][other_sizes]") {
  const auto stack = [](Index inputs, Index hidden, Index outputs) {
    return Sequential{Dense<double>{inputs, 3}, Recurrent{Lstm<double>{3, hidden}}, Dropout<double>{0.1},
                      Dense<double>{hidden, outputs}};
  };
  refuses_each_other(stack(2, 4, 5), stack(2, 4, 6));
  refuses_each_other(stack(2, 4, 5), stack(2, 7, 5));
  refuses_each_other(stack(2, 4, 5), stack(4, 4, 5), Streams::are_alike);
  const auto around = [](Index hidden) {
    return Residual{Sequential{Recurrent{Gru<double>{4, hidden}}, Dense<double>{hidden, 4}}};
  };
  refuses_each_other(around(3), around(6));
  const auto tied = [](Index words, Index hidden) {
    return TiedEmbedding{Embedding<double>{words, 3},
                         Sequential{Recurrent{Gru<double>{3, hidden}}, Dense<double>{hidden, 3}}};
  };
  refuses_each_other(tied(5, 4), tied(5, 6));
  refuses_each_other(tied(5, 4), tied(7, 4));
  refuses_each_other(erased(stack(2, 4, 5)), erased(stack(2, 7, 5)));
  refuses_each_other(erased(MultiHeadAttention<double>{8, 1}), erased(MultiHeadAttention<double>{8, 4}));
  refuses_each_other(erased(Dense<double>{3, 4}), erased(Dense<double, Tanh>{3, 4}));
  refuses_each_other(chain(3, 4, 2), chain(3, 5, 2));
  refuses_each_other(chain(3, 4, 2), chain(3, 4, 2, true));
  refuses_each_other(erased(chain(3, 4, 2)), erased(chain(3, 4, 2, true)));
}

/// A layer of which a part was replaced by one of other sizes, beside the tape and the stream from before.
template <class L, class F>
void refuses_another_part(const L& given, F&& replace) {
  L layer = given;
  initialize(layer, 1);
  INFO(layer.describe());
  const auto x = input_for(layer);
  typename L::Tape tape, other;
  const Sequence<double> dy = layer.forward(x, tape, recording);
  L wrong = layer;
  replace(wrong);
  L gradient = zeros_like(wrong);
  CHECK_THROWS_AS(wrong.forward(x, other), std::invalid_argument);
  CHECK_THROWS_AS(wrong.backward(x, dy, tape, gradient), std::invalid_argument);
  CHECK(is_zero(gradient));
  if constexpr (Streamable<L>) {
    auto stream = layer.stream();
    CHECK_THROWS_AS(wrong.step(VectorX<typename L::InputScalar>(x.values().col(0)), stream),
                    std::invalid_argument);
  }
}

TEST_CASE("A layer refuses a part of other sizes in the place of its own", "[layer][other_sizes]") {
  using Reverse = Recurrent<Lstm<double>, Direction::reverse>;
  const Bidirectional both{Lstm<double>{3, 4}};
  for (const auto merge : {Merge::concatenate, Merge::sum})
    refuses_another_part(Bidirectional{Lstm<double>{3, 4}, merge}, [](auto& layer) {
      layer.reverse_layer = Reverse{Lstm<double>{3, 2}};
    });
  refuses_another_part(both, [](auto& layer) { layer.forward_layer = Recurrent{Lstm<double>{3, 5}}; });
  refuses_another_part(TiedEmbedding{Embedding<double>{5, 3}, Recurrent{Gru<double>{3, 3}}}, [](auto& tied) {
    tied.inner = Recurrent{Gru<double>{3, 2}};
  });
  refuses_another_part(TiedEmbedding{Embedding<double>{5, 3}, erased(Dropout<double>{0.1})},
                       [](auto& tied) { tied.inner = erased(Pool<double>{Pooling::mean}); });
  using Encoder = TransformerEncoderLayer<double>;
  for (const Encoder& encoder : {Encoder{8, 2, 5}, Encoder{8, 2, 5, {.norm = NormOrder::before}}}) {
    refuses_another_part(encoder, [](Encoder& layer) { layer.feed_forward.linear2 = Dense<double>{5, 4}; });
    refuses_another_part(encoder, [](Encoder& layer) { layer.feed_forward.linear2 = Dense<double>{5, 16}; });
    refuses_another_part(encoder, [](Encoder& layer) { layer.self_attn = MultiHeadAttention<double>{4, 2}; });
    refuses_another_part(encoder, [](Encoder& layer) { layer.norm2 = LayerNorm<double>{4}; });
  }
  TransformerDecoderLayer<double> decoder{8, 2, 5};
  initialize(decoder, 1);
  decltype(decoder)::Tape tape;
  const auto x = draw<double>(8, {2, 4, 1});
  decoder.feed_forward.linear2 = Dense<double>{5, 16};
  CHECK_THROWS_WITH(
      decoder.forward(x, x, tape),
      Catch::Matchers::ContainsSubstring("has a part FeedForward (8 -> 5 -> 16): it must take and give 8"));
}

template <class L>
void refuses_memory_of(const L& given_own, const L& given_other, Index size, Index size_other) {
  L own = given_own, other = given_other;
  INFO(own.describe() << " with what belongs to " << other.describe());
  initialize(own, 1);
  initialize(other, 2);
  const auto sequence = [](Index features) { return draw<double>(features, {2, 4, 1}); };
  const auto x = sequence(size), x_other = sequence(size_other);
  typename L::Tape mine, tape;
  const Sequence<double> dy = own.forward(x, x, mine, recording),
                         dy_other = other.forward(x_other, x_other, tape, recording);
  L gradient = zeros_like(own);
  refuses_itself_as_gradient(own, [&](L& its) { its.backward(x, x, dy, mine, its); });
  for (const auto* in : {&x, &x_other})
    for (const auto* d : {&dy, &dy_other})
      CHECK_THROWS_AS(own.backward(*in, *in, *d, tape, gradient), std::invalid_argument);
  CHECK(is_zero(gradient));
  L expected = zeros_like(other);
  CHECK_NOTHROW(other.backward(x_other, x_other, dy_other, tape, expected));
  const auto taken = std::move(mine);
  CHECK_THROWS_AS(own.backward(x, x, dy, mine, gradient), std::invalid_argument);
  for (int k = 0; k < 40; ++k)
    for (const bool row : {true, false}) {
      L wrong = other;
      if (!grow(wrong, k, row)) continue;
      INFO("parameter " << k << (row ? " with a row more" : " with a column more"));
      typename L::Tape probe;
      CHECK_THAT(refusal([&] { wrong.forward(x_other, x_other, probe, recording); }),
                 says_which(other, wrong, k));
      CHECK_THROWS_AS(wrong.backward(x_other, x_other, dy_other, tape, expected), std::invalid_argument);
    }

  if constexpr (requires { typename L::Look; }) {
    typename L::Memory own_memory, memory;
    typename L::Look own_look, look;
    own.read(x, own_memory);
    other.read(x_other, memory);
    const std::vector<Index> samples{0, 2};
    const MatrixX<double> queries = x.values().leftCols(2), queries_other = x_other.values().leftCols(2);
    own.look(queries, samples, own_memory, own_look);
    other.look(queries_other, samples, memory, look);
    const MatrixX<double> d = own_look.context();
    refuses_itself_as_gradient(own,
                               [&](L& its) { its.look_backward(queries, d, own_memory, own_look, its); });
    refuses_itself_as_gradient(own, [&](L& its) { its.read_backward(x, own_memory, its); });
    CHECK_THROWS_AS(own.look(queries, samples, memory, own_look), std::invalid_argument);
    CHECK_THROWS_AS(own.look_backward(queries, d, own_memory, look, gradient), std::invalid_argument);
    CHECK_THROWS_AS(own.look_backward(queries, d, memory, own_look, gradient), std::invalid_argument);
    CHECK_THROWS_AS(own.read_backward(x, memory, gradient), std::invalid_argument);
    CHECK(is_zero(gradient));
    CHECK(MatrixX<double>(own_look.context()) == d);
  }
}
template <class L>
void refuse_memories(const L& one, const L& other, Index size, Index size_other) {
  refuses_memory_of(one, other, size, size_other);
  refuses_memory_of(other, one, size_other, size);
}

TEST_CASE("What attends to a memory refuses the tape, the memory and the look of one of other sizes",
          "[layer][other_sizes]") {
  refuse_memories(Attention{AdditiveScore<double>{3, 3, 4}}, Attention{AdditiveScore<double>{3, 3, 9}}, 3, 3);
  refuse_memories(Attention{GeneralScore<double>{3, 3}}, Attention{GeneralScore<double>{4, 4}}, 3, 4);
  refuse_memories(Attention{DotScore<double>{3}}, Attention{DotScore<double>{5}}, 3, 5);
  refuse_memories(MultiHeadAttention<double>{8, 1}, MultiHeadAttention<double>{8, 4}, 8, 8);
  using Layer = TransformerDecoderLayer<double>;
  refuse_memories(Layer{8, 1, 5}, Layer{8, 4, 5}, 8, 8);
  refuse_memories(Layer{8, 2, 5}, Layer{8, 2, 9}, 8, 8);
  using Decoder = TransformerDecoder<double>;
  refuse_memories(Decoder{2, 8, 1, 5}, Decoder{2, 8, 4, 5}, 8, 8);
  refuse_memories(Decoder{2, 8, 2, 5}, Decoder{3, 8, 2, 5}, 8, 8);
}

/// A model refuses the tape on which another computed its loss, and that of a pass that recorded nothing.
template <class Model>
void refuses_tapes_of(const Model& given_own, const Model& given_other,
                      const std::vector<typename Model::Example>& examples) {
  Model own = given_own, other = given_other;
  INFO(own.describe() << " with what belongs to " << other.describe());
  initialize(own, 1);
  initialize(other, 2);
  std::vector<Index> rows(examples.size());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<Index>(i);
  typename Model::Batch batch;
  own.assemble(examples, rows, batch);
  typename Model::Tape tape;
  other.loss(batch, tape, recording);
  Model gradient = zeros_like(own), expected = zeros_like(other);
  CHECK_THROWS_AS(own.backward(batch, tape, gradient), std::invalid_argument);
  CHECK(is_zero(gradient));
  CHECK_NOTHROW(other.backward(batch, tape, expected));
  CHECK_FALSE(is_zero(expected));
  own.loss(batch, tape, predicting);
  CHECK_THROWS_AS(own.backward(batch, tape, gradient), std::invalid_argument);
  CHECK(is_zero(gradient));
  own.loss(batch, tape, recording);
  refuses_itself_as_gradient(own, [&](Model& its) { its.backward(batch, tape, its); });
  own.backward(batch, tape, gradient);
  CHECK_FALSE(is_zero(gradient));
}

TEST_CASE("A model refuses the tape of one of other sizes, and of a pass that recorded nothing",
          "[layer][other_sizes]") {
  const auto one = [](Index hidden) {
    return ManyToOne{Sequential{Embedding<double>{5, 3}, Recurrent{Gru<double>{3, hidden}}}, Pooling::last,
                     Dense<double>{hidden, 2}, SoftmaxCrossEntropy<double>{}};
  };
  refuses_tapes_of(one(4), one(6), {{{0, 1, 2}, 1}, {{3}, 0}});
  const auto many = [](Index hidden) {
    return ManyToMany{
        Sequential{Embedding<double>{5, 3}, Recurrent{Gru<double>{3, hidden}}, Dense<double>{hidden, 2}},
        LinearChainCrf<double>{2}};
  };
  refuses_tapes_of(many(4), many(6), {{{0, 1, 2}, {1, 0, 1}}, {{3}, {0}}});
  const auto decoder = [](Index hidden) {
    return Decoder{Sequential{Embedding<double>{5, 3}, Recurrent{Gru<double>{3, 4}}},
                   Sequential{Dense<double, Tanh>{4, hidden}, Dense<double>{hidden, 5}},
                   {.max_length = 9}};
  };
  const auto writes = [&](Index map, Index hidden) {
    return OneToMany{Sequential{Dense<double, Tanh>{2, map}, Dense<double>{map, 4}}, decoder(hidden),
                     EachStep{SoftmaxCrossEntropy<double>{}}};
  };
  const VectorX<double> x = VectorX<double>::Ones(2);
  refuses_tapes_of(writes(3, 3), writes(3, 6), {{x, {2, 3}}, {x, {4}}});
  refuses_tapes_of(writes(3, 3), writes(6, 3), {{x, {2, 3}}, {x, {4}}});
  const auto translator = [](Index encoded, Index key, Index head) {
    return EncoderDecoder{Sequential{Embedding<double>{5, 3}, Recurrent{Gru<double>{3, encoded}}},
                          Dense<double, Tanh>{encoded, 4},
                          Decoder{Sequential{Embedding<double>{5, 3}, Recurrent{Gru<double>{3, 4}}},
                                  Attention{AdditiveScore<double>{4, encoded, key}},
                                  Sequential{Dense<double, Tanh>{4 + encoded, head}, Dense<double>{head, 5}},
                                  {.max_length = 9}},
                          EachStep{SoftmaxCrossEntropy<double>{}}};
  };
  for (const auto& other : {translator(6, 3, 3), translator(4, 7, 3), translator(4, 3, 6)})
    refuses_tapes_of(translator(4, 3, 3), other, {{{0, 1, 2}, {2, 3}}, {{3}, {4}}});

  // A stream of another model, and one that was moved from.
  auto own = translator(4, 3, 3), other = translator(4, 7, 3);
  initialize(own, 1);
  initialize(other, 2);
  auto stream = other.stream({0, 1, 2});
  CHECK_THROWS_AS(own.decoder.step_logits(0, stream), std::invalid_argument);
  auto fresh = other.stream({0, 1, 2});
  CHECK(other.decoder.step_logits(0, stream) == other.decoder.step_logits(0, fresh));
}

}  // namespace other_sizes_test
}  // namespace recur::testing
