// Models of Keras: the HDF5 files of Keras 1 and 2 (model.h5), and the .keras files of Keras 3.
//
// The file (keras/file.hpp) has layers with options and weights (keras/layer.hpp). Each becomes layers of recur
// (keras/plain.hpp, keras/recurrent.hpp), and here the whole becomes a Chain or a Graph.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/file.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/utf8.hpp"
#include "recur/exchange/json_file.hpp"
#include "recur/exchange/keras/file.hpp"
#include "recur/exchange/keras/hdf5_file.hpp"
#include "recur/exchange/keras/layer.hpp"
#include "recur/exchange/keras/plain.hpp"
#include "recur/exchange/keras/recurrent.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/layer/flexible_activation.hpp"
#include "recur/layer/pool.hpp"
#include "recur/layer/pool1d.hpp"
#include "recur/network/chain.hpp"
#include "recur/network/graph.hpp"
#include "recur/network/network.hpp"

namespace recur::inline RECUR_ABI {

namespace detail::exchange {

/// Makes the layers of recur for one layer of Keras after the other.
class KerasBuilder {
 public:
  using Layers = keras::Layers;

  /// The layers for one of Keras; none if it does nothing when it predicts.
  Layers make(const KerasLayer& layer, std::vector<Hdf5Tensor> tensors) {
    KerasWeights weights(layer, std::move(tensors));
    Layers made;
    const auto add = [&](auto l) { made.emplace_back(std::move(l)); };
    if (layer.is({"SimpleRNN", "LSTM", "GRU"})) {
      keras::read_recurrent(layer, weights, made, one_step);
    } else if (layer.is({"Bidirectional"})) {
      keras::read_bidirectional(layer, weights, made, one_step);
    } else if (layer.is({"TimeDistributed"})) {
      const KerasLayer inner(layer.config()["layer"], layer.version(), layer.name());
      layer.check(inner.is({"Dense", "Activation", "Dropout", "BatchNormalization", "LayerNormalization",
                            "LeakyReLU", "ReLU", "ELU", "Softmax"}),
                  "holds a layer of the class ", quote(inner.class_name()),
                  ": it must look at one step alone");
      keras::read_pointwise(inner, weights, made, true);
    } else if (layer.is({"Conv1D", "Convolution1D"})) {
      keras::read_convolution(layer, weights, made);
    } else if (layer.is({"MaxPooling1D", "AveragePooling1D"})) {
      keras::check_channels(layer);
      const Index size = layer.size({"pool_size", "pool_length"});
      const Index stride =
          layer.has("strides") || layer.has("stride") ? layer.size({"strides", "stride"}) : size;
      const std::string padding = layer.text(layer.has("border_mode") ? "border_mode" : "padding", "valid");
      layer.check(padding == "valid" || padding == "same", "has the padding ", quote(padding),
                  ": it must be valid or same");
      add(Pool1d<float>{layer.is({"MaxPooling1D"}) ? Pooling::max : Pooling::mean, size, stride,
                        padding == "same" ? Padding::same() : Padding::valid()});
    } else if (layer.is({"GlobalMaxPooling1D", "GlobalAveragePooling1D"})) {
      keras::check_channels(layer);
      layer.refuse_flag("keepdims");
      add(Pool<float>{layer.is({"GlobalMaxPooling1D"}) ? Pooling::max : Pooling::mean});
      one_step = true;
    } else if (layer.is({"Flatten"})) {
      layer.check(
          one_step,
          "can be represented only where a sequence has become one step, such as behind a recurrent layer "
          "without return_sequences");
    } else if (layer.is({"Masking", "SpatialDropout1D", "GaussianNoise", "GaussianDropout",
                         "ActivityRegularization"})) {
      // The lengths of the samples replace the mask. Noise is for training.
    } else {
      keras::read_pointwise(layer, weights, made, one_step);
    }
    weights.finish();
    return made;
  }

  Network<float, Token> make_embedding(const KerasLayer& layer, std::vector<Hdf5Tensor> tensors) const {
    KerasWeights weights(layer, std::move(tensors));
    const Index words = layer.size({"input_dim"}), features = layer.size({"output_dim"});
    const Hdf5Tensor& table = weights.next("table", {words, features});
    weights.finish();
    Embedding<float> embedding{words, features};
    for (Index w = 0; w < words; ++w)
      for (Index f = 0; f < features; ++f)
        embedding.weight.values(w, f) = table.values[static_cast<std::size_t>(w * features + f)];
    return Network<float, Token>{std::move(embedding)};
  }

  /// Whether the sequence has become one step: set it before make, which may change it.
  bool one_step = false;
};

/// Reads an architecture: a Sequential, or a functional model with one input and one output.
template <class In>
class KerasReader {
 public:
  explicit KerasReader(KerasFile& file) : file_(&file) {}

  Network<float, In> read() {
    const JsonValue model = file_->config();
    const std::string& kind = model["class_name"].text();
    if (kind == "Sequential")
      read_sequential(model["config"]);
    else if (kind == "Model" || kind == "Functional")
      read_functional(model["config"]);
    else
      model["class_name"].check(false, "is ", quote(kind), ": it must be Sequential, Model or Functional");
    return take();
  }

 private:
  /// A value in the graph: the name of a layer, and what the values that it reads are called.
  struct Value {
    std::string name;
    std::vector<std::string> from;
    typename KerasBuilder::Layers layers{};
    std::optional<Network<float, Token>> embedding{};
    std::optional<Join> join{};
    std::optional<Slice> slice{};
    double scale = 1;
  };
  static constexpr const char* input_name = "input";

  void read_sequential(const JsonValue& config) {
    const JsonValue layers =
        config.is_list() ? config : config["layers"];  // Keras 1 and 2.0 have the list alone
    layers.check(layers.size() > 0, "is empty: there must be at least one layer");
    std::string before = input_name;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const std::string name = name_of(layers[i], i);
      read_layer(layers[i], name, {before});
      before = name;
    }
    output_ = before;
  }

  void read_functional(const JsonValue& config) {
    const JsonValue layers = config["layers"];
    input_layer_ = one_value(config["input_layers"], "input_layers");
    for (std::size_t i = 0; i < layers.size(); ++i) {
      // Keras 3 also saves what computes a mask. Nothing else reads it, or `behind` refuses it.
      if (const std::string kind = layers[i]["class_name"].text(); kind == "NotEqual" || kind == "Any")
        continue;
      const std::string name = name_of(layers[i], i);
      const JsonValue inbound = layers[i]["inbound_nodes"];
      std::vector<std::string> from;
      if (inbound.size() == 0) {
        layers[i].check(name == input_layer_, "is the layer ", quote(name),
                        ", which reads nothing and is not an input");
      } else {
        inbound.check(inbound.size() == 1, "has ", inbound.size(),
                      " nodes: a layer that is used more than once can't be represented");
        collect(inbound[0], from, 0);
        inbound.check(!from.empty(), "names no layer");
      }
      read_layer(layers[i], name, from);
    }
    output_ = one_value(config["output_layers"], "output_layers");
  }

  static std::string name_of(const JsonValue& layer, std::size_t place) {
    if (layer.has("name")) return layer["name"].text();
    const JsonValue config = layer["config"];
    return config.has("name") ? config["name"].text() : "layer_" + std::to_string(place + 1);
  }

  /// The value that ["name", 0, 0] means: the name of a layer, with "/1" if it is the second output of the layer.
  static std::string value_of(const JsonValue& place) {
    place[1].integer(0, 0);  // which use of the layer
    return place[0].text() + (place[2].integer(0, 1) == 1 ? "/1" : "");
  }
  /// The value in [["name", 0, 0]] or ["name", 0, 0].
  static std::string one_value(const JsonValue& list, const char* what) {
    if (list.size() > 0 && list[0].is_text()) return value_of(list);
    list.check(list.size() == 1, "has ", list.size(), " of ", what,
               ": a model with several can't be represented");
    return value_of(list[0]);
  }

  /// Throws FileError for arguments of a call that change what a layer gives.
  static void check_call(const JsonValue& arguments) {
    for (const char* option : {"initial_state", "constants"})
      arguments.check(!arguments.has(option), "has the option ", option, ": it can't be represented");
    arguments.check(
        !arguments.has("training") || !arguments["training"].flag(),
        "has the option training = true, so it would predict as in training: that can't be represented");
  }

  /// The names that a node reads: ["name", 0, 0, {}] in lists, or objects of the class "__keras_tensor__".
  void collect(const JsonValue& node, std::vector<std::string>& from, int depth) const {
    constexpr int deepest = 8;
    node.check(depth < deepest, "has lists within each other, more than ", deepest, " deep");
    if (node.is_object() && node.has("args")) {
      collect(node["args"], from, depth + 1);
      if (node.has("kwargs")) check_call(node["kwargs"]);
    } else if (node.is_object()) {
      node["class_name"].check(node["class_name"].text() == "__keras_tensor__", "is not a tensor");
      const JsonValue history = node["config"]["keras_history"];
      from.push_back(value_of(history));
    } else if (node.size() >= 3 && node[0].is_text()) {
      from.push_back(value_of(node));
      if (node.size() >= 4) check_call(node[3]);
    } else {
      for (std::size_t i = 0; i < node.size(); ++i) collect(node[i], from, depth + 1);
    }
  }

  void read_layer(const JsonValue& json, const std::string& name, std::vector<std::string> from) {
    const KerasLayer layer(json, file_->version(), name);
    auto tensors = file_->weights(layer.class_name(), name);
    for (auto& source : from) source = behind(source);
    json.check(!aliases_.contains(name), "is the layer ", quote(name), ", and another layer has this name");
    if (layer.is({"InputLayer"})) {
      find_features(layer);
      aliases_[name] = input_name;
      return;
    }
    layer.check(name != input_name, "has a name that only an InputLayer can have");
    if (values_.empty() && !layer.is({"Embedding"})) find_features(layer);
    Value value{name, std::move(from)};
    try {
      if (layer.is({"Embedding"})) {
        layer.check(value.from == std::vector<std::string>{input_name}, "must be the first layer");
        value.embedding = builder_.make_embedding(layer, std::move(tensors));
      } else if (layer.is({"Add", "Subtract", "Multiply", "Concatenate", "Average"})) {
        const bool one_step = std::all_of(value.from.begin(), value.from.end(),
                                          [&](const auto& at) { return single_.contains(at); });
        layer.check(one_step || std::none_of(value.from.begin(), value.from.end(),
                                             [&](const auto& at) { return single_.contains(at); }),
                    "joins a sequence with one step of it: that can't be represented");
        read_join(layer, value, one_step);
        if (one_step) single_.insert(name);
      } else {
        layer.check(value.from.size() == 1, "reads ", value.from.size(), " values: it must read 1");
        layer.check(
            !layer.is({"Conv1D", "Convolution1D"}) || file_->backend() != "theano",
            "was written with Theano, which turns kernels around: load it in Keras with the TensorFlow "
            "backend, and save it there");
        builder_.one_step = single_.contains(value.from[0]);
        value.layers = builder_.make(layer, std::move(tensors));
        if (builder_.one_step) single_.insert(name);
        if (value.layers.empty()) {
          aliases_[name] = value.from[0];
          return;
        }
        if (layer.is({"Bidirectional"}) && !layer.has("merge_mode"))
          return add_halves(layer, std::move(value));
      }
    } catch (const std::invalid_argument& error) {
      layer.check(false, "can't be represented: ", error.what());
    }
    aliases_[name] = name;
    values_.push_back(std::move(value));
  }

  /// The two outputs of a Bidirectional with the merge_mode null: the halves of what it gives with concat.
  void add_halves(const KerasLayer& layer, Value both) {
    layer.check(!input_layer_.empty(),
                "has the merge_mode null: in a Sequential nothing can read its two outputs");
    const KerasLayer inner(layer.config()["layer"], layer.version(), layer.name());
    const Index units = inner.size({"units", "output_dim"});
    both.name += "/both";
    const std::vector<std::string> from{both.name};
    values_.push_back(std::move(both));
    for (const Index k : {0, 1}) {
      Value half{layer.name() + (k == 0 ? "" : "/1"), from};
      half.slice = Slice{k * units, units};
      layer.check(aliases_.emplace(half.name, half.name).second, "gives ", quote(half.name),
                  ", and another layer has this name");
      if (builder_.one_step) single_.insert(half.name);
      values_.push_back(std::move(half));
    }
  }

  static void read_join(const KerasLayer& layer, Value& value, bool one_step) {
    layer.check(value.from.size() >= 2, "reads ", value.from.size(), " values: it must read at least 2");
    if (layer.is({"Concatenate"}) && layer.has("axis")) {
      const Index axis = layer.config()["axis"].integer(-100, 100);
      layer.check(axis == -1 || axis == (one_step ? 1 : 2), "has the axis ", axis,
                  ": it must be the last one");
    }
    value.join = layer.is({"Subtract"})      ? Join::subtract
                 : layer.is({"Multiply"})    ? Join::multiply
                 : layer.is({"Concatenate"}) ? Join::concatenate
                                             : Join::add;
    if (layer.is({"Average"})) value.scale = 1 / static_cast<double>(value.from.size());
  }

  const std::string& behind(const std::string& name) const {
    if (name == input_name && aliases_.empty()) return name;
    const auto found = aliases_.find(name);
    if (found == aliases_.end() && name == input_name) return name;
    require_file(found != aliases_.end(), file_->path(), "has a layer that reads ", quote(name),
                 ": there is none of this name before it");
    return found->second;
  }

  /// The last number of a shape, if it is one. A shape (batch, features) has no steps.
  void find_features(const KerasLayer& layer) {
    for (const char* option : {"batch_shape", "batch_input_shape"})
      if (features_ == any_size && layer.has(option)) {
        const JsonValue shape = layer.config()[option];
        if (shape.size() > 0 && shape.back().is_integer())
          features_ = shape.back().integer(1, KerasLayer::most_size);
        if (shape.size() == 2) single_.insert(input_name);
      }
  }

  bool is_chain() const {
    std::string before = input_name;
    for (const Value& value : values_) {
      if (value.join || value.slice || value.from[0] != before) return false;
      before = value.name;
    }
    return before == behind(output_);
  }

  Network<float, In> take() {
    require_file(!values_.empty(), file_->path(), "has no layer that does anything");
    const bool has_tokens =
        std::any_of(values_.begin(), values_.end(), [](const Value& v) { return v.embedding.has_value(); });
    require_file(has_tokens == std::same_as<In, Token>, file_->path(),
                 has_tokens ? "begins with an Embedding: load it by load_keras<recur::Token>"
                            : "does not begin with an Embedding: load it by load_keras<float>");
    try {
      return is_chain() ? take_chain() : take_graph();
    } catch (const std::invalid_argument& error) {
      require_file(false, file_->path(), "has layers that don't fit: ", error.what());
      throw;
    }
  }

  Network<float, In> take_chain() {
    std::vector<Network<float>> layers;
    for (Value& value : values_)
      for (auto& layer : value.layers) layers.push_back(std::move(layer));
    if constexpr (std::same_as<In, Token>) {
      if (layers.empty()) return std::move(*values_[0].embedding);
      Chain<float, Token> chain{std::move(*values_[0].embedding)};
      for (auto& layer : layers) chain.add(std::move(layer));
      return Network<float, Token>{std::move(chain)};
    } else {
      return keras::chained(std::move(layers));
    }
  }

  Network<float, In> take_graph() {
    using Node = GraphNode<float, In>;
    // A model may read only one of the two outputs of a Bidirectional.
    std::set<std::string> read{behind(output_)};
    for (const Value& value : values_) read.insert(value.from.begin(), value.from.end());
    std::erase_if(values_, [&](const Value& value) { return value.slice && !read.contains(value.name); });
    std::vector<Node> nodes;
    for (Value& value : values_) {
      if (value.join) {
        const std::string joined = value.scale == 1 ? value.name : value.name + "/sum";
        nodes.push_back(Node(joined, *value.join, value.from));
        if (value.scale != 1)
          nodes.push_back(
              Node(value.name, FlexibleActivation<float>{{GateKind::affine, value.scale, 0.0}}, {joined}));
      } else if (value.slice) {
        nodes.push_back(Node(value.name, *value.slice, value.from));
      } else if (value.embedding) {
        if constexpr (std::same_as<In, Token>)
          nodes.push_back(Node(value.name, std::move(*value.embedding), value.from));
      } else {
        nodes.push_back(Node(value.name, keras::chained(std::move(value.layers)), value.from));
      }
    }
    if (std::same_as<In, Token>) features_ = 1;
    require_file(features_ != any_size, file_->path(), "does not say how many features its input has");
    return Network<float, In>{
        Graph<float, In>({{input_name, features_}}, std::move(nodes), {behind(output_)})};
  }

  KerasFile* file_;
  KerasBuilder builder_;
  std::vector<Value> values_;
  std::map<std::string, std::string> aliases_;  // of a layer: the value that it gives
  std::set<std::string> single_;                // values that have become one step
  std::string input_layer_, output_;
  Index features_ = any_size;
};

/// The network in the bytes of a file, which errors call `path`.
template <class In>
Network<float, In> read_keras(const std::string& bytes, const std::filesystem::path& path) {
  KerasFile file(bytes, path);
  return KerasReader<In>(file).read();
}

}  // namespace detail::exchange

/// The network in a file of Keras: HDF5 of Keras 1 and 2 (.h5, and of Keras 3 if it was saved so), or .keras of Keras 3.
///
///   auto net = load_keras("model.h5");                       // a Network<float>
///   auto text = load_keras<Token>("sentiment.keras");        // begins with an Embedding: a Network<float, Token>
///   auto stream = net.stream();
///   y = net.step(x, stream);
///
/// Sequential, and functional models of one input and one output (with branches: a Graph), of SimpleRNN, LSTM, GRU,
/// Bidirectional, TimeDistributed, Embedding, Dense, Conv1D, pooling in one dimension, BatchNormalization,
/// LayerNormalization, Activation and its layers, Dropout, Masking, Add, Subtract, Multiply, Average and Concatenate.
/// Without return_sequences, a recurrent layer gives one step for each sequence. docs/from-keras.md says what else
/// differs. The lengths of the samples replace masks: pass sequences without their padding.
///
/// Throws FileError, which names the layer and the option, for what can't be represented, for a file that can't be read
/// or is something else, and for weights of other sizes.
template <class In = float>
Network<float, In> load_keras(const std::filesystem::path& path) {
  return detail::exchange::read_keras<In>(detail::read_file(path), path);
}

}  // namespace recur::inline RECUR_ABI
