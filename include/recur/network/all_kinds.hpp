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
//   flexible_elman                                    input, hidden               those, activation "tanh", clip
//   flexible_lstm                                     input, hidden               those, gate "sigmoid", candidate "tanh",
//                             output "tanh", peepholes false, input_forget false, clip, clip_memory true
//   flexible_gru                                      input, hidden               those, gate "sigmoid", candidate "tanh",
//                             linear_before_reset true, clip
//       each of these activations is the name of a GateKind, with numbers such as gate_alpha and gate_beta
//   final_state                                       around one recurrent layer
//   conv1d                                            input, output, kernel       dilation 1, stride 1, padding "causal",
//                             "same", "valid" or "numbers" with before 0 and after 0
//   pool1d                                            window                      pooling "max" or "mean", stride and padding
//                             as conv1d (not those of the class, whose stride is the window and whose padding is valid)
//   flexible_activation                                        function "identity"
//   softmax                                                    logarithm false
//   reverse_time
//   context_window                                    features, before, after
//   activation                                                 function, which must be said: "tanh", "relu", "sigmoid",
//                             "gelu" or "elu"
//   prelu, scale                                      features
//   attention_pool                                    features, hidden
//   sinusoidal_positions
//   learned_positions                                 longest, features
//   multi_head_attention                              features, heads             causal false, dropout 0
//   transformer_encoder_layer                         features, heads, hidden     activation "relu" or "gelu",
//                             norm "after" or "before", causal false, dropout 0.1, epsilon 1e-5
#pragma once

#include <array>
#include <concepts>
#include <limits>

#include "recur/attention/attention_pool.hpp"
#include "recur/attention/multi_head_attention.hpp"
#include "recur/attention/transformer.hpp"
#include "recur/cell/coupled_lstm.hpp"
#include "recur/cell/flexible_elman.hpp"
#include "recur/cell/flexible_gru.hpp"
#include "recur/cell/flexible_lstm.hpp"
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
#include "recur/layer/flexible_activation.hpp"
#include "recur/layer/pointwise.hpp"
#include "recur/layer/pool1d.hpp"
#include "recur/layer/positions.hpp"
#include "recur/layer/reverse_time.hpp"
#include "recur/layer/softmax.hpp"
#include "recur/network/standard.hpp"
#include "recur/recurrence/final_state.hpp"

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

/// The padding of windows over time.
inline Padding padding(DescriptionReader& say, Padding::Kind otherwise) {
  using Kind = Padding::Kind;
  const Kind kind =
      say.has("padding")
          ? std::array{Kind::causal, Kind::same, Kind::valid,
                       Kind::numbers}[say.choice("padding", {"causal", "same", "valid", "numbers"})]
          : otherwise;
  if (kind == Kind::same) return Padding::same();
  if (kind == Kind::valid) return Padding::valid();
  if (kind == Kind::causal) return Padding::causal();
  return Padding::of(say.integer("before", 0), say.integer("after", 0));
}

template <class S>
Network<S> pool1d(DescriptionReader& say, const Kinds<S>&) {
  const Index size = say.size("window"), stride = say.integer("stride", 1);
  const Pooling pooling = std::array{Pooling::max, Pooling::mean}[say.choice("pooling", {"max", "mean"})];
  return Network<S>{Pool1d<S>{pooling, size, stride, padding(say, Padding::Kind::causal)}};
}

template <class S>
Network<S> conv1d(DescriptionReader& say, const Kinds<S>&) {
  const Index inputs = say.size("input"), outputs = say.size("output"), kernel = say.size("kernel");
  const bool legal = inputs >= 1 && kernel >= 1;  // otherwise the layer itself says what is wrong
  say.refuse_unless(!legal || kernel <= std::numeric_limits<Index>::max() / inputs, "has too large sizes");
  say.claim(outputs, legal ? inputs * kernel : 0);
  const Index dilation = say.integer("dilation", 1), stride = say.integer("stride", 1);
  // A stream remembers a whole window. Without dilation the weights are as many.
  say.refuse_unless(!legal || dilation <= 1 || kernel == 1 ||
                        dilation <= (detail::graph::most_features / inputs - 1) / (kernel - 1),
                    "has a window of more than ", detail::graph::most_features, " numbers");
  return Network<S>{
      Conv1d<S>{inputs, outputs, kernel, dilation, padding(say, Padding::Kind::causal), stride}};
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

/// An activation with its parameters. The reader has its name as the option `key`.
inline GateFunction gate_function(DescriptionReader& say, const std::string& key, GateKind otherwise) {
  const auto& table = detail::gates::table;
  GateKind kind = otherwise;
  if (say.has(key)) {
    const auto named = GateFunction::kind_named(say.text(key));
    std::string legal;
    for (const auto& row : table) legal += (legal.empty() ? "\"" : ", \"") + std::string(row.name) + '"';
    say.refuse_unless(named.has_value(), "has the option ", key, " = \"", say.text(key), "\": legal are ",
                      legal);
    kind = *named;
  }
  std::optional<double> alpha, beta;
  const GateFunction usual = kind;
  if (usual.has_alpha()) alpha = say.number(key + "_alpha", usual.alpha());
  if (usual.has_beta()) beta = say.number(key + "_beta", usual.beta());
  return {kind, alpha, beta};
}

/// A recurrent layer of a flexible cell; cell(features, bias) makes one.
template <class S, class F>
Network<S> flexible(DescriptionReader& say, Index gates, F&& cell) {
  const Index inputs = say.size("input"), hidden = say.size("hidden");
  say.refuse_unless(hidden < 1 || hidden <= std::numeric_limits<Index>::max() / gates, "has too large sizes");
  const RecurrentOptions options(say);
  return stack<S>(inputs, options, [&](Index features) {
    const Index rows = hidden < 1 ? 0 : gates * hidden;
    say.claim(rows, features);
    say.claim(rows, hidden);
    return over_time(cell(features, hidden, options.bias), options);
  });
}
inline double clip_of(DescriptionReader& say) {
  return say.number("clip", std::numeric_limits<double>::infinity());
}

template <class S>
Network<S> flexible_elman(DescriptionReader& say, const Kinds<S>&) {
  FlexibleElmanOptions options{gate_function(say, "activation", GateKind::tanh), clip_of(say)};
  return flexible<S>(say, 1, [&](Index inputs, Index hidden, Bias bias) {
    options.bias = bias;
    return FlexibleElman<S>{inputs, hidden, options};
  });
}
template <class S>
Network<S> flexible_lstm(DescriptionReader& say, const Kinds<S>&) {
  FlexibleLstmOptions options{gate_function(say, "gate", GateKind::sigmoid),
                              gate_function(say, "candidate", GateKind::tanh),
                              gate_function(say, "output", GateKind::tanh),
                              say.flag("peepholes", false),
                              say.flag("input_forget", false),
                              clip_of(say),
                              say.flag("clip_memory", true)};
  return flexible<S>(say, 4, [&](Index inputs, Index hidden, Bias bias) {
    options.bias = bias;
    return FlexibleLstm<S>{inputs, hidden, options};
  });
}
template <class S>
Network<S> flexible_gru(DescriptionReader& say, const Kinds<S>&) {
  FlexibleGruOptions options{gate_function(say, "gate", GateKind::sigmoid),
                             gate_function(say, "candidate", GateKind::tanh),
                             say.flag("linear_before_reset", true), clip_of(say)};
  return flexible<S>(say, 3, [&](Index inputs, Index hidden, Bias bias) {
    options.bias = bias;
    return FlexibleGru<S>{inputs, hidden, options};
  });
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
    all.add("flexible_elman", detail::kinds::flexible_elman<S>);
    all.add("flexible_lstm", detail::kinds::flexible_lstm<S>);
    all.add("flexible_gru", detail::kinds::flexible_gru<S>);
    all.add("final_state", [](DescriptionReader& say, const Kinds<S>& known) {
      say.refuse_unless(say.layers().size() == 1, "has ", say.layers().size(),
                        " layers inside: it must have 1");
      return Network<S>{FinalState{known.make(say.layers()[0], say.limit())}};
    });
    all.add("conv1d", detail::kinds::conv1d<S>);
    all.add("pool1d", detail::kinds::pool1d<S>);
    all.add("flexible_activation", [](DescriptionReader& say, const Kinds<S>&) {
      return Network<S>{
          FlexibleActivation<S>{detail::kinds::gate_function(say, "function", GateKind::identity)}};
    });
    all.add("softmax", [](DescriptionReader& say, const Kinds<S>&) {
      return Network<S>{Softmax<S>{say.flag("logarithm", false)}};
    });
    all.add("reverse_time", [](DescriptionReader&, const Kinds<S>&) { return Network<S>{ReverseTime<S>{}}; });
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

// What all_kinds makes, and parts of it that formats of other libraries name.
#define RECUR_COMPILED_ALL_KINDS(how, S)                                                         \
  how template const Kinds<S>& all_kinds<S>();                                                   \
  how template Network<S> make_recurrent<ProjectedLstm<S>>(DescriptionReader&, const Kinds<S>&); \
  namespace detail::kinds {                                                                      \
  how template Network<S> conv1d<S>(DescriptionReader&, const Kinds<S>&);                        \
  how template Network<S> activation<S>(DescriptionReader&, const Kinds<S>&);                    \
  how template Network<S> multi_head_attention<S>(DescriptionReader&, const Kinds<S>&);          \
  how template Network<S> transformer_encoder_layer<S>(DescriptionReader&, const Kinds<S>&);     \
  }
#if defined(RECUR_COMPILED)
namespace recur::inline RECUR_ABI {
RECUR_COMPILED_ALL_KINDS(extern, float)
}  // namespace recur::inline RECUR_ABI
#endif
