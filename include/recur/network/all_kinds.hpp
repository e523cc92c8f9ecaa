// All kinds of layers of this library. To compile every cell takes minutes: a program that needs a few of them lists
// those.
//
//   kind                                              sizes                       options
//   those in standard.hpp
//   mingru, minlstm, peephole_lstm, coupled_lstm, gru_reset_before, layer_norm_lstm
//                                                     input, hidden               those in recurrent_kind.hpp
//   irnn                                              input, hidden               those, activation "relu"
//   indrnn                                            input, hidden               those, activation "relu" or "tanh"
//   projected_lstm                                    input, hidden, output       those
//   jordan                                            input, hidden, output       those, activation, output_activation
//   conv1d                                            input, output, kernel       dilation 1
//   context_window                                    features, before, after
//   activation                                                 function "tanh", "relu", "sigmoid", "gelu" or "elu"
//   prelu, scale                                      features
//   attention_pool                                    features, hidden
//   sinusoidal_positions
//   learned_positions                                 longest, features
//   multi_head_attention                              features, heads             causal false, dropout 0
//   transformer_encoder_layer                         features, heads, hidden     activation "relu" or "gelu",
//                             norm "after" or "before", causal false, dropout 0.1, epsilon 1e-5
#pragma once

#include <concepts>
#include <limits>

#include "recur/attention/attention_pool.hpp"
#include "recur/attention/multi_head_attention.hpp"
#include "recur/attention/transformer.hpp"
#include "recur/cell/coupled_lstm.hpp"
#include "recur/cell/gru_reset_before.hpp"
#include "recur/cell/indrnn.hpp"
#include "recur/cell/irnn.hpp"
#include "recur/cell/jordan.hpp"
#include "recur/cell/layer_norm_lstm.hpp"
#include "recur/cell/min_rnn.hpp"
#include "recur/cell/peephole_lstm.hpp"
#include "recur/cell/projected_lstm.hpp"
#include "recur/layer/context_window.hpp"
#include "recur/layer/conv1d.hpp"
#include "recur/layer/pointwise.hpp"
#include "recur/layer/positions.hpp"
#include "recur/network/standard.hpp"

namespace recur::inline RECUR_ABI {

namespace detail::kinds {

template <class S>
Network<S> multi_head_attention(DescriptionReader& say, const Kinds<S>&) {
  const Index features = say.size("features"), heads = say.size("heads");
  say.claim(features, features);
  const bool causal = say.flag("causal", false);
  return Network<S>{MultiHeadAttention<S>{features, heads, {causal, say.number("dropout", 0)}}};
}

template <class S>
Network<S> transformer_encoder_layer(DescriptionReader& say, const Kinds<S>&) {
  const Index features = say.size("features"), heads = say.size("heads"), hidden = say.size("hidden");
  say.claim(features, features);
  say.claim(features, hidden);
  TransformerOptions options;
  if (say.choice("norm", {"after", "before"}) == 1) options.norm = NormOrder::before;
  options.causal = say.flag("causal", options.causal);
  options.dropout = say.number("dropout", options.dropout);
  options.epsilon = say.number("epsilon", options.epsilon);
  if (say.choice("activation", {"relu", "gelu"}) == 1)
    return Network<S>{TransformerEncoderLayer<S, Gelu>{features, heads, hidden, options}};
  return Network<S>{TransformerEncoderLayer<S>{features, heads, hidden, options}};
}

template <class S>
Network<S> conv1d(DescriptionReader& say, const Kinds<S>&) {
  const Index inputs = say.size("input"), outputs = say.size("output"), kernel = say.size("kernel");
  say.refuse_unless(inputs < 1 || kernel <= std::numeric_limits<Index>::max() / inputs,
                    "has too large sizes");
  say.claim(outputs, inputs * kernel);
  return Network<S>{Conv1d<S>{inputs, outputs, kernel, say.integer("dilation", 1)}};
}

template <class S>
Network<S> activation(DescriptionReader& say, const Kinds<S>&) {
  say.refuse_unless(say.has("function"), "has no option function: it must have one");
  switch (say.choice("function", {"tanh", "relu", "sigmoid", "gelu", "elu"})) {
    case 0:
      return Network<S>{Activate<S, Tanh>{}};
    case 1:
      return Network<S>{Activate<S, Relu>{}};
    case 2:
      return Network<S>{Activate<S, Sigmoid>{}};
    case 3:
      return Network<S>{Activate<S, Gelu>{}};
    default:
      return Network<S>{Activate<S, Elu>{}};
  }
}

}  // namespace detail::kinds

/// All kinds of this library.
template <std::floating_point S>
const Kinds<S>& all_kinds() {
  static const Kinds<S> kinds = [] {
    Kinds<S> all = standard_kinds<S>();
    all.hint.clear();
    all.add("irnn", make_recurrent<Irnn<S>>);
    all.add("indrnn", make_recurrent<IndRnn<S>, IndRnn<S, Tanh>>);
    all.add("mingru", make_recurrent<MinGru<S>>);
    all.add("minlstm", make_recurrent<MinLstm<S>>);
    all.add("peephole_lstm", make_recurrent<PeepholeLstm<S>>);
    all.add("coupled_lstm", make_recurrent<CoupledLstm<S>>);
    all.add("gru_reset_before", make_recurrent<GruResetBefore<S>>);
    all.add("layer_norm_lstm", make_recurrent<LayerNormLstm<S>>);
    all.add("projected_lstm", make_recurrent<ProjectedLstm<S>>);
    all.add("jordan", make_recurrent<Jordan<S>>);
    all.add("conv1d", detail::kinds::conv1d<S>);
    all.add("context_window", [](DescriptionReader& say, const Kinds<S>&) {
      const Index features = say.size("features"), before = say.size("before"), after = say.size("after");
      return Network<S>{ContextWindow<S>{features, before, after}};
    });
    all.add("activation", detail::kinds::activation<S>);
    all.add("prelu", [](DescriptionReader& say, const Kinds<S>&) {
      const Index features = say.size("features");
      say.claim(features, 1);
      return Network<S>{PRelu<S>{features}};
    });
    all.add("scale", [](DescriptionReader& say, const Kinds<S>&) {
      const Index features = say.size("features");
      say.claim(features, 1);
      return Network<S>{Scale<S>{features}};
    });
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

}  // namespace recur::inline RECUR_ABI
