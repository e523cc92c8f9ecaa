// Models of RTNeural, a library of networks for audio in real time, in its JSON format.
#pragma once

#include <concepts>
#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "recur/cell/gru.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/exchange/json_file.hpp"
#include "recur/layer/conv1d.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/pointwise.hpp"
#include "recur/network/chain.hpp"
#include "recur/network/network.hpp"
#include "recur/recurrence/recurrent.hpp"

namespace recur::inline RECUR_ABI {

namespace detail::exchange {

/// Layers one after the other, of which a file tells one at a time. A recurrent layer, one of those named,
/// and a Dense behind it become one layer: each boundary within a Chain costs a step some nanoseconds, and a
/// small LSTM needs only forty.
template <class... RecurrentLayers>
class ChainBuilder {
 public:
  template <class L>
  void add(L layer) {
    if constexpr ((std::same_as<L, RecurrentLayers> || ...)) {
      finish_recurrent();
      recurrent_ = std::move(layer);
    } else if constexpr (std::same_as<L, Dense<float>>) {
      std::visit([&](auto&& before) { add_behind(std::move(before), std::move(layer)); },
                 std::exchange(recurrent_, None()));
    } else {
      finish_recurrent();
      layers_.emplace_back(std::move(layer));
    }
  }
  bool empty() const { return layers_.empty() && recurrent_.index() == 0; }
  Network<float> take() {
    finish_recurrent();
    if (layers_.size() == 1) return std::move(layers_[0]);
    Chain<float> chain{std::move(layers_[0])};
    for (std::size_t i = 1; i < layers_.size(); ++i) chain.add(std::move(layers_[i]));
    return Network<float>{std::move(chain)};
  }

 private:
  using None = std::monostate;

  void finish_recurrent() {
    std::visit(
        [&]<class L>(L&& layer) {
          if constexpr (!std::same_as<L, None>) layers_.emplace_back(std::move(layer));
        },
        std::exchange(recurrent_, None()));
  }
  template <class L>
  void add_behind(L before, Dense<float> layer) {
    if constexpr (std::same_as<L, None>)
      layers_.emplace_back(std::move(layer));
    else
      layers_.emplace_back(Sequential{std::move(before), std::move(layer)});
  }

  std::vector<Network<float>> layers_;
  std::variant<None, RecurrentLayers...> recurrent_;
};

/// wrap(layer), where the layer is all recurrent layers and the Dense behind them. One or two recurrent layers become one
/// piece with the Dense, for the same reason.
template <class R, class F>
Network<float> with_head(std::vector<R> layers, Dense<float> head, F&& wrap) {
  if (layers.size() == 1) return wrap(Sequential{std::move(layers[0]), std::move(head)});
  if (layers.size() == 2)
    return wrap(Sequential{std::move(layers[0]), std::move(layers[1]), std::move(head)});
  Chain<float> chain{Network<float>{std::move(layers[0])}};
  for (std::size_t i = 1; i < layers.size(); ++i) chain.add(Network<float>{std::move(layers[i])});
  chain.add(Network<float>{std::move(head)});
  return wrap(std::move(chain));
}

/// Calls f(activation) for the activation of this name, and refuses others. No name, "" or "linear" is the identity.
template <class F>
void with_activation(const JsonValue& layer, F&& f) {
  const std::string name = layer.has("activation") ? layer["activation"].text() : "";
  if (name.empty() || name == "linear")
    f(Identity{});
  else if (name == "tanh")
    f(Tanh{});
  else if (name == "relu")
    f(Relu{});
  else if (name == "sigmoid")
    f(Sigmoid{});
  else if (name == "elu")
    f(Elu{});
  else
    layer["activation"].check(false, "is ", quote(name),
                              ": legal are \"tanh\", \"relu\", \"sigmoid\", \"elu\", \"linear\" and \"\"");
}

/// The layers as Keras stores them: weights are input × output, gates side by side.
class RtNeuralReader {
 public:
  explicit RtNeuralReader(const JsonValue& file)
      : features_(checked(file)["in_shape"].back().integer(1, most_features)) {
    const JsonValue layers = file["layers"];
    layers.check(layers.size() > 0, "is empty: there must be at least one layer");
    for (std::size_t i = 0; i < layers.size(); ++i) read(layers[i]);
    if (chain_.empty()) layers.check(false, "have no layer that does anything");
  }
  Network<float> take() { return chain_.take(); }

 private:
  static constexpr Index most_features = 1 << 20;

  /// RTNeural also has files of tensors alone, by the names that PyTorch gives them.
  static const JsonValue& checked(const JsonValue& file) {
    file.check(!file.is_object() || file.has("in_shape") || !file.has_list(),
               "has tensors and no layers: it may be a state dict of PyTorch, which load_torch reads");
    return file;
  }

  void read(const JsonValue& layer) {
    const std::string& type = layer["type"].text();
    const Index outputs = layer["shape"].back().integer(1, most_features);
    const auto weights = [&](std::size_t i) { return layer["weights"][i]; };
    if (type == "dense" || type == "time-distributed-dense") {
      with_activation(layer, [&]<class F>(F) {
        const MatrixX<float> kernel = weights(0).matrix(features_, outputs);
        const VectorX<float> bias = weights(1).vector(outputs);
        Dense<float, F> dense{features_, outputs};
        dense.weight = kernel.transpose();
        dense.bias = bias;
        chain_.add(std::move(dense));
      });
    } else if (type == "conv1d") {
      read_conv1d(layer, outputs);
    } else if (type == "lstm") {
      check_tanh(layer);
      const MatrixX<float> kernel = weights(0).matrix(features_, 4 * outputs),
                           recurrent = weights(1).matrix(outputs, 4 * outputs);
      const VectorX<float> bias = weights(2).vector(4 * outputs);
      Lstm<float> lstm{features_, outputs};  // gates i, f, g, o in both
      lstm.weight_ih = kernel.transpose();
      lstm.weight_hh = recurrent.transpose();
      lstm.bias_ih = bias;
      chain_.add(Recurrent{std::move(lstm)});
    } else if (type == "gru") {
      check_tanh(layer);
      const MatrixX<float> kernel = weights(0).matrix(features_, 3 * outputs),
                           recurrent = weights(1).matrix(outputs, 3 * outputs),
                           bias = weights(2).matrix(2, 3 * outputs);
      Gru<float> gru{features_, outputs};
      const auto put = [&](Index from, Index to) {  // gates z, r, n there, r, z, n here
        gru.weight_ih.middleRows(to * outputs, outputs) =
            kernel.middleCols(from * outputs, outputs).transpose();
        gru.weight_hh.middleRows(to * outputs, outputs) =
            recurrent.middleCols(from * outputs, outputs).transpose();
        gru.bias_ih.segment(to * outputs, outputs) = bias.row(0).segment(from * outputs, outputs);
        gru.bias_hh.segment(to * outputs, outputs) = bias.row(1).segment(from * outputs, outputs);
      };
      put(0, 1), put(1, 0), put(2, 2);
      chain_.add(Recurrent{std::move(gru)});
    } else if (type == "prelu") {
      check_same(layer, outputs);
      const VectorX<float> slopes = weights(0)[0].vector(features_);
      PRelu<float> prelu{features_};
      prelu.weight = slopes;
      chain_.add(std::move(prelu));
    } else if (type == "batchnorm") {
      check_same(layer, outputs);
      read_batch_norm(layer);
    } else if (type == "activation") {
      check_same(layer, outputs);
      add_activation(layer);
    } else {
      layer["type"].check(
          false, "is ", quote(type),
          ": a layer that can be read is dense, time-distributed-dense, conv1d, lstm, gru, prelu, "
          "batchnorm or activation");
    }
    features_ = outputs;
  }

  void read_conv1d(const JsonValue& layer, Index outputs) {
    const JsonValue weights = layer["weights"];
    const Index kernel_size = layer["kernel_size"].back().integer(1, most_features),
                dilation = layer["dilation"].back().integer(1, most_features / kernel_size),
                groups = layer.has("groups") ? layer["groups"].integer(1, most_features) : 1;
    layer.check(groups == 1, "has ", groups, " groups: it can have one");
    weights[0].check_list(kernel_size, "matrices");
    for (Index k = 0; k < kernel_size; ++k)
      weights[0][k].matrix(features_, outputs);  // all are there, before memory is taken
    MatrixX<float> kernel(outputs, 0);
    for (Index k = 0; k < kernel_size; ++k) {
      const MatrixX<float> tap = weights[0][k].matrix(features_, outputs);
      if (k == 0) kernel.resize(outputs, kernel_size * features_);
      kernel.middleCols(k * features_, features_) = tap.transpose();
    }
    const VectorX<float> bias = weights[1].vector(outputs);
    Conv1d<float> conv{features_, outputs, kernel_size, dilation};
    conv.weight = std::move(kernel);
    conv.bias = bias;
    chain_.add(std::move(conv));
    add_activation(layer);
  }

  void read_batch_norm(const JsonValue& layer) {
    const JsonValue weights = layer["weights"];
    const double epsilon = layer["epsilon"].number();
    const bool affine = weights.size() == 4;
    weights.check(affine || weights.size() == 2, "has ", weights.size(), " lists: it must have 2 or 4");
    const VectorX<float> mean = weights[affine ? 2 : 0].vector(features_),
                         variance = weights[affine ? 3 : 1].vector(features_);
    VectorX<float> gamma = VectorX<float>::Ones(features_), beta = VectorX<float>::Zero(features_);
    if (affine) gamma = weights[0].vector(features_), beta = weights[1].vector(features_);
    try {
      chain_.add(Scale<float>::of_batch_norm(gamma, beta, mean, variance, epsilon));
    } catch (const std::invalid_argument& error) {
      layer.check(false, "is ", error.what());
    }
  }

  void add_activation(const JsonValue& layer) {
    with_activation(layer, [&]<class F>(F) {
      if constexpr (!std::same_as<F, Identity>) chain_.add(Activate<float, F>{});
    });
  }
  void check_same(const JsonValue& layer, Index outputs) const {
    layer["shape"].check(outputs == features_, "ends in ", outputs, ", but the layers before give ",
                         features_, " features: they must be equal");
  }
  static void check_tanh(const JsonValue& layer) {
    if (!layer.has("activation")) return;
    const std::string& name = layer["activation"].text();
    layer["activation"].check(name == "tanh" || name.empty(), "is ", quote(name),
                              ": of a recurrent layer it must be \"tanh\"");
  }

  Index features_;
  ChainBuilder<Recurrent<Lstm<float>>, Recurrent<Gru<float>>> chain_;
};

}  // namespace detail::exchange

/// The network in a file of RTNeural's JSON: dense, time-distributed-dense, conv1d (causal, with dilation), lstm, gru,
/// prelu, batchnorm and activation, with the activations tanh, relu, sigmoid and elu. It can stream, and go
/// on learning.
///
///   auto net = load_rtneural("amp.json");
///   auto stream = net.stream();
///   y = net.step(x, stream);
///
/// A batchnorm becomes a Scale. Throws FileError, which names the place, for a file that can't be read or is something
/// else, sizes that don't agree, and a layer that can't be represented (softmax, conv2d, batchnorm2d, groups). It also throws
/// for a file of AIDA-X with an in_skip, in_gain or out_gain, which load_guitarml reads.
inline Network<float> load_rtneural(const std::filesystem::path& path) {
  const auto json = detail::exchange::read_json(path);
  const detail::exchange::JsonValue file(json, path);
  for (const char* key : {"in_skip", "in_gain", "out_gain"})
    if (file.has(key))
      file[key].check(file[key].number() == 0, "is ", file[key].dump(),
                      ", as in a file of AIDA-X: load_guitarml reads it");
  return detail::exchange::RtNeuralReader(file).take();
}

}  // namespace recur::inline RECUR_ABI
