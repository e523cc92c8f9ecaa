// The networks whose headers are in golden/embedded, and a sequence for each.
#pragma once

#include <concepts>
#include <string>
#include <vector>

#include "recur/cell/flexible_elman.hpp"
#include "recur/cell/flexible_gru.hpp"
#include "recur/cell/flexible_lstm.hpp"
#include "recur/cell/gate_function.hpp"
#include "recur/cell/gru_reset_before.hpp"
#include "recur/cell/projected_lstm.hpp"
#include "recur/exchange/header_file.hpp"
#include "recur/layer/conv1d.hpp"
#include "recur/layer/flexible_activation.hpp"
#include "recur/layer/pointwise.hpp"
#include "recur/layer/softmax.hpp"
#include "recur/network/standard.hpp"
#include "recur/recurrence/bidirectional.hpp"
#include "recur/recurrence/stepwise_recurrent.hpp"

namespace recur::testing::header_networks {

inline constexpr Index steps = 7;

/// All parameters uniform, the same numbers with every compiler and width of vectors.
template <class In>
inline Network<float, In> drawn(Network<float, In> network) {
  Random random(5);
  for (const auto& p : Parameters<float>(network))
    for (Index i = 0; i < p.size(); ++i) p.data[i] = static_cast<float>(random.uniform() - 0.5);
  return network;
}
inline Network<float> chain(std::vector<Network<float>> layers) {
  Chain<float> all{layers[0]};
  for (std::size_t i = 1; i < layers.size(); ++i) all.add(layers[i]);
  return drawn(Network<float>{all});
}
inline Network<float> made(const Description& layer) { return make_network<float>(layer); }

inline Network<float> cells() {
  return chain({made({"elman", 2, 3}),
                made(Description("elman", 3, 4).with("activation", "relu").with("bias", false)),
                made({"lstm", 4, 5}), made(Description("dense", 5, 4).with("activation", "tanh")),
                made(Description("dense", 4, 4).with("activation", "sigmoid")),
                made(Description("dense", 4, 4).with("activation", "relu")),
                made(Description("dense", 4, 3).with("activation", "gelu")),
                made(Description("lstm", 3, 2).with("bias", false))});
}
inline Network<float> gates() {
  return chain({made({"gru", 2, 4}), made(Description("gru", 4, 3).with("bias", false)),
                Network<float>{Recurrent{GruResetBefore<float>{3, 4}}},
                made(Description("lstm", 4, 3).with("learned_state", true)), made({"dense", 3, 2})});
}
inline Network<float> plain() {
  Conv1d<float> conv{2, 4, 3, 2};
  return chain({Network<float>{conv}, Network<float>{PRelu<float>{4}}, Network<float>{Scale<float>{4}},
                made({"layer_norm", 4}), Network<float>{Activate<float, Elu>{}},
                made(Description("residual").around({"dense", 4, 4})),
                made(Description("residual")
                         .around(Description("chain")
                                     .around({"lstm", 4, 4})
                                     .around(Description("dropout").with("rate", 0.5))))});
}
inline Network<float> both() {
  const Description layer("gru", 6, 4);
  return chain({made(Description("lstm", 2, 3).with("direction", "both")),
                made(layer.with("direction", "both").with("merge", "sum")),
                made(Description("elman", 4, 3).with("direction", "both").with("merge", "mean")),
                made(Description("gru", 3, 3).with("direction", "reverse"))});
}
inline Network<float> ends() {
  return chain({made(Description("gru", 2, 3).with("direction", "both")),
                made(Description("pool").with("pooling", "ends")), made({"dense", 6, 2})});
}
inline Network<float> projected() {
  return chain({Network<float>{Recurrent{ProjectedLstm<float>{2, 5, 3}}},
                made(Description("dense", 3, 4).with("bias", false)), Network<float>{Softmax<float>{}},
                Network<float>{Bidirectional{ProjectedLstm<float>{4, 3, 2, Bias::none}}},
                Network<float>{Softmax<float>{true}}});
}
/// With functions for which the parameters are far from those of other functions.
inline Network<float> flexible() {
  const GateFunction hard = GateKind::hard_sigmoid;
  return chain(
      {Network<float>{Recurrent{FlexibleElman<float>{2, 3, {.activation = {GateKind::leaky_relu, 0.25}}}}},
       Network<float>{Recurrent{FlexibleLstm<float>{
           3,
           4,
           {.gate = hard, .candidate = GateKind::softsign, .output = {GateKind::scaled_tanh, 1.5, 0.5}}}}},
       Network<float>{FlexibleActivation<float>{{GateKind::thresholded_relu, 0.03125}}},
       Network<float>{Recurrent{FlexibleGru<float>{4, 3, {.gate = hard, .candidate = GateKind::softplus}}}},
       Network<float>{FlexibleActivation<float>{{GateKind::affine, 2.0, 0.125}}},
       Network<float>{Recurrent{FlexibleGru<float>{
           3, 2, {.gate = GateKind::silu, .candidate = {GateKind::elu, 0.5}, .linear_before_reset = false}}}},
       Network<float>{FlexibleActivation<float>{GateKind::selu}},
       Network<float>{FlexibleActivation<float>{GateKind::exponential}}});
}
inline Network<float, Token> words(const char* pooling) {
  return drawn(make_network<float, Token>({{"embedding", 6, 4},
                                           Description("dropout").with("rate", 0.2),
                                           {"gru", 4, 3},
                                           Description("pool").with("pooling", pooling),
                                           {"dense", 3, 2}}));
}

/// For a header of bytes. The last matrix has a row of zeros, one with a weight far above the others, and one of denormal
/// numbers.
inline Network<float> bytes() {
  Network<float> network =
      chain({Network<float>{Conv1d<float>{2, 4, 2}}, Network<float>{Recurrent{GruResetBefore<float>{4, 3}}},
             made(Description("lstm", 3, 2).with("direction", "both")), made({"dense", 4, 5})});
  for (const auto& p : Parameters<float>(network))
    if (p.name == "3.weight")
      for (Index i = 0; i < 4; ++i) {
        p.data[i * 5] = 0;
        p.data[i * 5 + 1] *= i == 2 ? 20.0f : 1.0f;
        p.data[i * 5 + 2] *= 1e-39f;
      }
  return network;
}

/// What the network gives for a sequence of its own, O × T, and the sequence.
template <class In>
struct Case {
  MatrixX<float> y;
  typename Sequence<In>::Sample x;
};
template <class In>
Case<In> run(const Network<float, In>& network) {
  Random random(9);
  typename Sequence<In>::Sample x;
  if constexpr (std::same_as<In, Token>) {
    for (Index t = 0; t < steps; ++t) x.push_back(static_cast<Token>(random.below(6)));
  } else {
    x.resize(network.input_size(), steps);
    for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(2 * random.uniform() - 1);
  }
  typename Network<float, In>::Tape tape;
  return {network.forward(Sequence<In>({x}), tape).values(), x};
}

/// Calls f(name, network, weights) for each of them.
template <class F>
void for_each_network(F&& f) {
  f("golden_cells", cells(), HeaderWeights::float32);
  f("golden_gates", gates(), HeaderWeights::float32);
  f("golden_plain", plain(), HeaderWeights::float32);
  f("golden_both", both(), HeaderWeights::float32);
  f("golden_ends", ends(), HeaderWeights::float32);
  f("golden_projected", projected(), HeaderWeights::float32);
  f("golden_flexible", flexible(), HeaderWeights::float32);
  f("golden_mean", words("mean"), HeaderWeights::float32);
  f("golden_highest", words("max"), HeaderWeights::float32);
  f("golden_last", words("last"), HeaderWeights::float32);
  f("golden_bytes", bytes(), HeaderWeights::int8);
  f("golden_table", words("last"), HeaderWeights::int8);
}

/// The network that a header with such weights computes.
template <class In>
Network<float, In> in_header(Network<float, In> network, HeaderWeights weights) {
  if (weights == HeaderWeights::int8) round_to_int8(network);
  return network;
}

/// The words and classes of those that take tokens.
template <class In>
HeaderOptions texts_of(const Network<float, In>&, HeaderWeights weights) {
  HeaderOptions texts{.weights = weights};
  if constexpr (std::same_as<In, Token>) {
    texts.words = {"<unk>", "good", "bad", "is", "not", "n't"};
    texts.classes = {"no", "yes"};
  }
  return texts;
}

}  // namespace recur::testing::header_networks
