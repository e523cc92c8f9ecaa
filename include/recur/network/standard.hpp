// The layers of this library as kinds that a description can name.
//
//   kind                     sizes                    options, and what they are where they are not said
//   elman, irnn              input, hidden            activation "tanh" or "relu" (irnn: "relu"), and those of
//                                                     recurrent kinds, below
//   indrnn                   input, hidden            activation "relu" or "tanh", and those of recurrent kinds
//   lstm, gru, mingru, minlstm, peephole_lstm, coupled_lstm, reset_before_gru, layer_normalised_lstm
//                            input, hidden            those of recurrent kinds
//   projected_lstm           input, hidden, projection   those of recurrent kinds
//   jordan                   input, hidden, output    activation, output_activation "tanh", those of recurrent kinds
//   dense                    input, output            activation "identity", "tanh", "relu", "sigmoid", "gelu"
//   embedding                vocabulary, embedding    (of tokens)
//   dropout                                           rate
//   layer_norm               features                 epsilon 1e-5
//   pool                                              pooling "last", "mean", "max"
//   attention_pool           features, hidden
//   sinusoidal_positions, learned_positions           (of the latter: longest, features)
//   multi_head_attention     features, heads          sight "all" or "causal", dropout 0
//   transformer_encoder_layer   features, heads, hidden   activation "relu" or "gelu", norm "after" or "before",
//                                                     sight "all" or "causal", dropout 0.1, epsilon 1e-5
//   residual                                          around one layer
//   chain                                             of layers one after the other
//
//   recurrent kinds: bias true; direction "forward", "reverse" or "both"; merge "concatenate", "sum" or "mean" of both
//   directions; learned_state false; num_layers 1, each a layer of its own; dropout 0 between them; residual false: a
//   connection around each of them that gives as many features as it takes
#pragma once

#include <array>
#include <concepts>
#include <initializer_list>
#include <utility>

#include "recur/cell/coupled_lstm.hpp"
#include "recur/cell/elman.hpp"
#include "recur/cell/gru.hpp"
#include "recur/cell/gru_reset_before.hpp"
#include "recur/cell/indrnn.hpp"
#include "recur/cell/irnn.hpp"
#include "recur/cell/jordan.hpp"
#include "recur/cell/layer_norm_lstm.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/cell/min_rnn.hpp"
#include "recur/cell/peephole_lstm.hpp"
#include "recur/cell/projected_lstm.hpp"
#include "recur/layer/attention_pool.hpp"
#include "recur/layer/bidirectional.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/dropout.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/layer/layer_norm.hpp"
#include "recur/layer/learned_state.hpp"
#include "recur/layer/multi_head_attention.hpp"
#include "recur/layer/pool.hpp"
#include "recur/layer/positions.hpp"
#include "recur/layer/recurrent.hpp"
#include "recur/layer/residual.hpp"
#include "recur/layer/transformer.hpp"
#include "recur/network/kinds.hpp"

namespace recur::inline RECUR_ABI {

namespace detail::kinds {

/// A cell over time in the directions that the description asks for.
template <class C>
Network<typename C::Scalar> recurrent(C cell, std::size_t direction, Merge merge, bool learned_state) {
  using S = typename C::Scalar;
  if (direction == 2) return Network<S>{Bidirectional{std::move(cell), merge}};
  if (direction == 1) {
    Recurrent<C, Direction::reverse> layer{std::move(cell)};
    return learned_state ? Network<S>{LearnedState{std::move(layer)}} : Network<S>{std::move(layer)};
  }
  Recurrent layer{std::move(cell)};
  return learned_state ? Network<S>{LearnedState{std::move(layer)}} : Network<S>{std::move(layer)};
}

/// Of cells that differ in their activation alone, those of the names in `activations`.
template <class C, class... Others>
Network<typename C::Scalar> recurrent_of(std::size_t cell, auto&& make) {
  if constexpr (sizeof...(Others) > 0)
    if (cell > 0) return recurrent_of<Others...>(cell - 1, make);
  return make.template operator()<C>();
}

}  // namespace detail::kinds

/// How a recurrent layer is made of its description: a cell, or, where the activation is an option, several that
/// differ in it, the first being what it is where it is not said.
///
///   kinds.add("lstm", recurrent_kind<Lstm<float>>());
template <class C, class... Others>
auto recurrent_kind() {
  using S = typename C::Scalar;
  return [](DescriptionReader& say, const Kinds<S>&) -> Network<S> {
    constexpr bool three_sizes = std::constructible_from<C, Index, Index, Index, Bias>;
    constexpr bool has_weight_hh = !requires { requires C::hidden_gates == 0; };
    const Index inputs = say.size("input"), hidden = say.size("hidden");
    const Index third = three_sizes ? say.size("output") : hidden;
    std::size_t cell = 0;
    if constexpr (requires { C::Unit::Function::name; })
      cell = say.choice("activation", {C::Unit::Function::name, Others::Unit::Function::name...});
    if constexpr (requires(C c) { c.output_size(); }) {  // Jordan's
      say.choice("activation", {"tanh"});
      say.choice("output_activation", {"tanh"});
    }
    const Bias bias = say.flag("bias", true) ? Bias::both : Bias::none;
    const std::size_t direction = say.choice("direction", {"forward", "reverse", "both"});
    const Merge merge = std::array{Merge::concatenate, Merge::sum,
                                   Merge::mean}[say.choice("merge", {"concatenate", "sum", "mean"})];
    const bool learned_state = say.flag("learned_state", false), residual = say.flag("residual", false);
    const Index count = say.integer("num_layers", 1);
    const double dropout = say.number("dropout", 0);
    say.refuse_unless(count >= 1, "has num_layers ", count, ": it must be at least 1");
    say.refuse_unless(direction < 2 || !learned_state,
                      "has a learned state in both directions: it can have one in one");

    const auto layer = [&](Index features) {
      say.claim(hidden, features);
      say.claim(hidden, has_weight_hh ? third : 1);
      const auto one = [&]<class Cell>() {
        if constexpr (three_sizes)
          return detail::kinds::recurrent(Cell(features, hidden, third, bias), direction, merge,
                                          learned_state);
        else
          return detail::kinds::recurrent(Cell(features, hidden, bias), direction, merge, learned_state);
      };
      Network<S> made = detail::kinds::recurrent_of<C, Others...>(cell, one);
      return residual && made.output_size() == features ? Network<S>{Residual{std::move(made)}} : made;
    };
    Network<S> first = layer(inputs);
    if (count == 1) return first;
    Chain<S> chain{std::move(first)};
    for (Index i = 1; i < count; ++i) {
      if (dropout > 0) chain.add(Network<S>{Dropout<S>{dropout}});
      chain.add(layer(chain.output_size()));
    }
    return Network<S>{std::move(chain)};
  };
}

namespace detail::kinds {

template <class S>
Network<S> dense(DescriptionReader& say, const Kinds<S>&) {
  const Index inputs = say.size("input"), outputs = say.size("output");
  say.claim(outputs, inputs);
  const auto with = [&]<class F>(F) { return Network<S>{Dense<S, F>{inputs, outputs}}; };
  switch (say.choice("activation", {"identity", "tanh", "relu", "sigmoid", "gelu"})) {
    case 1:
      return with(Tanh{});
    case 2:
      return with(Relu{});
    case 3:
      return with(Sigmoid{});
    case 4:
      return with(Gelu{});
    default:
      return with(Identity{});
  }
}

template <class S>
Network<S, Token> embedding(DescriptionReader& say, const Kinds<S>&) {
  const Index words = say.size("vocabulary"), features = say.size("embedding");
  say.claim(words, features);
  return Network<S, Token>{Embedding<S>{words, features}};
}

template <class S>
Network<S> pool(DescriptionReader& say, const Kinds<S>&) {
  return Network<S>{Pool<S>{std::array{Pooling::last, Pooling::mean,
                                       Pooling::max}[say.choice("pooling", {"last", "mean", "max"})]}};
}

template <class S>
Network<S> multi_head_attention(DescriptionReader& say, const Kinds<S>&) {
  const Index features = say.size("features"), heads = say.size("heads");
  say.claim(features, features);
  const Sight sight = say.choice("sight", {"all", "causal"}) == 0 ? Sight::all : Sight::causal;
  return Network<S>{MultiHeadAttention<S>{features, heads, {sight, say.number("dropout", 0)}}};
}

template <class S>
Network<S> transformer_encoder_layer(DescriptionReader& say, const Kinds<S>&) {
  const Index features = say.size("features"), heads = say.size("heads"), hidden = say.size("hidden");
  say.claim(features, features);
  say.claim(features, hidden);
  TransformerOptions options;
  if (say.choice("norm", {"after", "before"}) == 1) options.norm = NormOrder::before;
  if (say.choice("sight", {"all", "causal"}) == 1) options.sight = Sight::causal;
  options.dropout = say.number("dropout", options.dropout);
  options.epsilon = say.number("epsilon", options.epsilon);
  if (say.choice("activation", {"relu", "gelu"}) == 1)
    return Network<S>{TransformerEncoderLayer<S, Gelu>{features, heads, hidden, options}};
  return Network<S>{TransformerEncoderLayer<S>{features, heads, hidden, options}};
}

template <class S>
Network<S> residual(DescriptionReader& say, const Kinds<S>& kinds) {
  say.refuse_unless(say.layers().size() == 1, "has ", say.layers().size(), " layers inside: it must have 1");
  return Network<S>{Residual{kinds.make(say.layers()[0], say.limit())}};
}

template <class S, class In>
Network<S, In> chain(DescriptionReader& say, const Kinds<S>& kinds) {
  say.refuse_unless(!say.layers().empty(), "has no layers inside: it must have at least 1");
  Chain<S, In> chain{kinds.template make<In>(say.layers()[0], say.limit())};
  for (std::size_t i = 1; i < say.layers().size(); ++i) chain.add(kinds.make(say.layers()[i], say.limit()));
  return Network<S, In>{std::move(chain)};
}

}  // namespace detail::kinds

/// Adds the kinds of layers without a recurrence, but those of transformers.
template <std::floating_point S>
void add_plain_kinds(Kinds<S>& kinds) {
  using namespace detail::kinds;
  kinds.add("dense", dense<S>);
  kinds.add("embedding", embedding<S>);
  kinds.add("dropout", [](DescriptionReader& say, const Kinds<S>&) {
    say.refuse_unless(say.has("rate"), "has no option rate: it must have one");
    return Network<S>{Dropout<S>{say.number("rate", 0)}};
  });
  kinds.add("layer_norm", [](DescriptionReader& say, const Kinds<S>&) {
    const Index features = say.size("features");
    say.claim(features, 1);
    return Network<S>{LayerNorm<S>{features, say.number("epsilon", 1e-5)}};
  });
  kinds.add("pool", pool<S>);
  kinds.add("residual", residual<S>);
  kinds.add("chain", chain<S, S>);
  kinds.add("chain", chain<S, Token>);
}

/// All kinds of this library.
template <std::floating_point S>
const Kinds<S>& all_kinds() {
  static const Kinds<S> kinds = [] {
    Kinds<S> all;
    add_plain_kinds(all);
    all.add("elman", recurrent_kind<Elman<S>, Elman<S, Dynamic, Dynamic, Relu>>());
    all.add("irnn", recurrent_kind<Irnn<S>>());
    all.add("indrnn", recurrent_kind<IndRnn<S>, IndRnn<S, Dynamic, Dynamic, Tanh>>());
    all.add("lstm", recurrent_kind<Lstm<S>>());
    all.add("gru", recurrent_kind<Gru<S>>());
    all.add("mingru", recurrent_kind<MinGru<S>>());
    all.add("minlstm", recurrent_kind<MinLstm<S>>());
    all.add("peephole_lstm", recurrent_kind<PeepholeLstm<S>>());
    all.add("coupled_lstm", recurrent_kind<CoupledLstm<S>>());
    all.add("reset_before_gru", recurrent_kind<GruResetBefore<S>>());
    all.add("layer_normalised_lstm", recurrent_kind<LayerNormLstm<S>>());
    all.add("projected_lstm", recurrent_kind<ProjectedLstm<S>>());
    all.add("jordan", recurrent_kind<Jordan<S>>());
    all.add("attention_pool", [](DescriptionReader& say, const Kinds<S>&) {
      const Index features = say.size("features"), hidden = say.size("hidden");
      say.claim(features, hidden);
      return Network<S>{AttentionPool<S>{features, hidden}};
    });
    all.add("sinusoidal_positions",
            [](DescriptionReader&, const Kinds<S>&) { return Network<S>{SinusoidalPositions<S>{}}; });
    all.add("learned_positions", [](DescriptionReader& say, const Kinds<S>&) {
      const Index longest = say.size("longest"), features = say.size("features");
      say.claim(longest, features);
      return Network<S>{LearnedPositions<S>{longest, features}};
    });
    all.add("multi_head_attention", detail::kinds::multi_head_attention<S>);
    all.add("transformer_encoder_layer", detail::kinds::transformer_encoder_layer<S>);
    return all;
  }();
  return kinds;
}

/// The network that a description names, of all kinds of this library; its weights are zero until `initialize`.
///
///   auto body = make_network<float>({"lstm", 64, 128});
///   auto tagger = make_network<float, Token>({{"embedding", 5000, 64}, {"gru", 64, 128}, {"dense", 128, 17}});
///
/// Throws std::invalid_argument what Kinds::make throws. It compiles every kind: a program that needs a few lists them
/// in Kinds of its own.
template <std::floating_point S, class In = S>
Network<S, In> make_network(const Description& description) {
  return all_kinds<S>().template make<In>(description);
}
/// A chain of layers.
template <std::floating_point S, class In = S>
Network<S, In> make_network(std::initializer_list<Description> layers) {
  Description chain("chain");
  chain.layers = layers;
  return make_network<S, In>(chain);
}

}  // namespace recur::inline RECUR_ABI
