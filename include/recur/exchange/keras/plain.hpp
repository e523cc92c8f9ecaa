// From layers of Keras that have no state to those of recur.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "recur/core/matrix.hpp"
#include "recur/core/utf8.hpp"
#include "recur/exchange/json_file.hpp"
#include "recur/exchange/keras/hdf5_file.hpp"
#include "recur/exchange/keras/layer.hpp"
#include "recur/layer/conv1d.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/dropout.hpp"
#include "recur/layer/flexible_activation.hpp"
#include "recur/layer/layer_norm.hpp"
#include "recur/layer/pointwise.hpp"
#include "recur/layer/softmax.hpp"
#include "recur/network/network.hpp"

namespace recur::inline RECUR_ABI::detail::exchange::keras {

/// What one layer of Keras becomes.
using Layers = std::vector<Network<float>>;

inline void add_activation(const std::optional<GateFunction>& function, Layers& made) {
  if (!function)
    made.emplace_back(Softmax<float>{});
  else if (*function == GateKind::tanh)
    made.emplace_back(Activate<float, Tanh>{});
  else if (*function == GateKind::relu)
    made.emplace_back(Activate<float, Relu>{});
  else if (*function == GateKind::sigmoid)
    made.emplace_back(Activate<float, Sigmoid>{});
  else if (!(*function == GateKind::identity))
    made.emplace_back(FlexibleActivation<float>{*function});
}

inline void read_dense(const KerasLayer& layer, KerasWeights& weights, Layers& made) {
  const Index outputs = layer.size({"units", "output_dim"});
  MatrixX<float> weight = weights.transposed("kernel", 0, outputs);
  VectorX<float> bias;  // empty without
  if (layer.flag(layer.has("use_bias") ? "use_bias" : "bias", true)) bias = weights.vector("bias", outputs);
  const auto function = layer.activation("activation");
  const auto with = [&]<class F>(F) {
    Dense<float, F> dense{weight.cols(), outputs, bias.size() > 0 ? Bias::both : Bias::none};
    dense.weight = std::move(weight);
    dense.bias = std::move(bias);
    made.emplace_back(std::move(dense));
  };
  if (function == GateFunction(GateKind::tanh)) return with(Tanh{});
  if (function == GateFunction(GateKind::relu)) return with(Relu{});
  if (function == GateFunction(GateKind::sigmoid)) return with(Sigmoid{});
  with(Identity{});
  add_activation(function, made);
}

/// The axis must be the last of (batch, steps, features), or of (batch, features) where the sequence is one step.
inline void check_axis(const KerasLayer& layer, bool one_step) {
  if (!layer.has("axis")) return;
  const JsonValue axis = layer.config()["axis"];
  const JsonValue one = axis.is_list() && axis.size() == 1 ? axis[0] : axis;
  layer.check(
      one.is_integer() && (one.integer(-100, 100) == -1 || one.integer(-100, 100) == (one_step ? 1 : 2)),
      "has the axis ", axis.dump(), ": it must be the last one");
}

inline void read_batch_norm(const KerasLayer& layer, KerasWeights& weights, Layers& made, bool one_step) {
  check_axis(layer, one_step);
  layer.refuse_if("mode", layer.number("mode", 0) != 0);
  const Index features = weights.vector_size();
  VectorX<float> gamma = VectorX<float>::Ones(features), beta = VectorX<float>::Zero(features);
  if (layer.flag("scale", true)) gamma = weights.vector("gamma", features);
  if (layer.flag("center", true)) beta = weights.vector("beta", features);
  const VectorX<float> mean = weights.vector("mean", features),
                       variance = weights.vector("variance", features);
  made.emplace_back(Scale<float>::of_batch_norm(gamma, beta, mean, variance, layer.number("epsilon", 1e-3)));
}

/// Layers that look at one step alone, also within a TimeDistributed.
inline void read_pointwise(const KerasLayer& layer, KerasWeights& weights, Layers& made, bool one_step) {
  if (layer.is({"Dense", "TimeDistributedDense"})) {
    read_dense(layer, weights, made);
  } else if (layer.is({"Activation"})) {
    add_activation(layer.activation("activation"), made);
  } else if (layer.is({"Softmax"})) {
    check_axis(layer, one_step);
    made.emplace_back(Softmax<float>{});
  } else if (layer.is({"LeakyReLU"})) {
    const double slope = layer.number(layer.has("alpha") ? "alpha" : "negative_slope", 0.3);
    made.emplace_back(FlexibleActivation<float>{{GateKind::leaky_relu, slope}});
  } else if (layer.is({"ELU"})) {
    made.emplace_back(FlexibleActivation<float>{{GateKind::elu, layer.number("alpha", 1)}});
  } else if (layer.is({"ReLU"})) {
    layer.refuse_if("max_value", layer.has("max_value"));
    layer.refuse_if("threshold", layer.number("threshold", 0) != 0);
    made.emplace_back(FlexibleActivation<float>{{GateKind::leaky_relu, layer.number("negative_slope", 0)}});
  } else if (layer.is({"Dropout"})) {
    made.emplace_back(Dropout<float>{layer.number(layer.has("rate") ? "rate" : "p", 0)});
  } else if (layer.is({"BatchNormalization"})) {
    read_batch_norm(layer, weights, made, one_step);
  } else if (layer.is({"LayerNormalization"})) {
    layer.refuse_flag("rms_scaling");
    const Index features = weights.vector_size();
    check_axis(layer, one_step);
    LayerNorm<float> norm{features, layer.number("epsilon", 1e-3)};
    norm.weight.setOnes();
    if (layer.flag("scale", true)) norm.weight = weights.vector("gamma", features);
    if (layer.flag("center", true)) norm.bias = weights.vector("beta", features);
    made.emplace_back(std::move(norm));
  } else {
    layer.check(layer.class_name() != "Embedding", "must be the first layer");
    layer.check(false, "is of a class that can't be represented");
  }
}

inline void check_channels(const KerasLayer& layer) {
  const std::string format = layer.text("data_format", "channels_last");
  layer.check(format == "channels_last", "has the data_format ", quote(format), ": it must be channels_last");
}

inline void read_convolution(const KerasLayer& layer, KerasWeights& weights, Layers& made) {
  check_channels(layer);
  const bool first_version = layer.version() == 1;
  const Index outputs = layer.size({"filters", "nb_filter"}),
              kernel = layer.size({"kernel_size", "filter_length"});
  const Index stride =
      layer.has("strides") || layer.has("subsample_length") ? layer.size({"strides", "subsample_length"}) : 1;
  const Index dilation = layer.has("dilation_rate") ? layer.size({"dilation_rate"}) : 1;
  layer.refuse_if("groups", layer.has("groups") && layer.size({"groups"}) != 1);
  const std::string padding = layer.text(layer.has("border_mode") ? "border_mode" : "padding", "valid");
  layer.check(padding == "valid" || padding == "same" || padding == "causal", "has the padding ",
              quote(padding), ": it must be valid, same or causal");
  // Kernels are K × I × O; those of Keras 1 are K × 1 × I × O.
  const Hdf5Tensor& tensor = first_version ? weights.next("kernel", {kernel, 1, 0, outputs})
                                           : weights.next("kernel", {kernel, 0, outputs});
  const Index inputs = tensor.shape[first_version ? 2 : 1];
  Conv1d<float> conv{inputs,
                     outputs,
                     kernel,
                     dilation,
                     padding == "same"    ? Padding::same()
                     : padding == "valid" ? Padding::valid()
                                          : Padding::causal(),
                     stride};
  conv.weight = Eigen::Map<const MatrixX<float>>(tensor.values.data(), outputs, kernel * inputs);
  if (layer.flag(layer.has("use_bias") ? "use_bias" : "bias", true))
    conv.bias = weights.vector("bias", outputs);
  made.emplace_back(std::move(conv));
  add_activation(layer.activation("activation"), made);
}

}  // namespace recur::inline RECUR_ABI::detail::exchange::keras
