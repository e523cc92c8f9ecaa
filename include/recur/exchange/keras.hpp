// Models of Keras: the HDF5 files of Keras 1 and 2 (model.h5), and the .keras files of Keras 3.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "recur/cell/elman.hpp"
#include "recur/cell/flexible_elman.hpp"
#include "recur/cell/flexible_gru.hpp"
#include "recur/cell/flexible_lstm.hpp"
#include "recur/cell/gru.hpp"
#include "recur/cell/gru_reset_before.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/exchange/hdf5_file.hpp"
#include "recur/exchange/json_file.hpp"
#include "recur/exchange/zip_file.hpp"
#include "recur/layer/conv1d.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/dropout.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/layer/flexible_activation.hpp"
#include "recur/layer/layer_norm.hpp"
#include "recur/layer/pointwise.hpp"
#include "recur/layer/pool.hpp"
#include "recur/layer/pool1d.hpp"
#include "recur/layer/reverse_time.hpp"
#include "recur/layer/softmax.hpp"
#include "recur/network/chain.hpp"
#include "recur/network/graph.hpp"
#include "recur/network/network.hpp"
#include "recur/recurrence/bidirectional.hpp"
#include "recur/recurrence/recurrent.hpp"

namespace recur::inline RECUR_ABI {

namespace detail::exchange {

/// What is in a file of Keras: its version, the architecture as JSON, and the weights of each layer in the order in which
/// Keras has them.
class KerasFile {
 public:
  KerasFile(const std::string& bytes, const std::filesystem::path& path) : path_(path) {
    constexpr std::string_view zip_signature = "PK\x03\x04";
    if (bytes.starts_with(zip_signature)) {
      const ZipFile zip(bytes, path);
      config_ = parse_json(zip.read("config.json"), path);
      const nlohmann::json about = parse_json(zip.read("metadata.json"), path);
      version_ = JsonValue(about, path, "metadata.json")["keras_version"].text();
      is_archive_ = true;
      hdf5_ = std::make_unique<Hdf5File>(zip.read("model.weights.h5"), path, bytes.size());
      for (const char* root : {"layers", "_layer_checkpoint_dependencies"})  // of Keras 3, of TensorFlow 2.12
        if (root_.empty() && hdf5_->has(root)) root_ = root;
    } else {
      hdf5_ = std::make_unique<Hdf5File>(bytes, path);
      require_file(hdf5_->has_attribute("", "model_config"), path,
                   "has no attribute model_config: it may hold weights alone, so save the whole model");
      config_ = parse_json(hdf5_->text("", "model_config"), path);
      root_ = hdf5_->has("model_weights") ? "model_weights" : "";
      // Keras 1 did not always say its version.
      if (hdf5_->has_attribute("", "keras_version")) version_ = hdf5_->text("", "keras_version");
    }
    require_file(!version_.empty() && version_[0] >= '1' && version_[0] <= '3' &&
                     (version_.size() == 1 || version_[1] == '.'),
                 path, "is of Keras ", quote(version_), ": it must be of version 1, 2 or 3");
  }

  const std::filesystem::path& path() const { return path_; }
  int version() const { return version_[0] - '0'; }
  JsonValue config() const { return {config_, path_}; }
  /// "tensorflow", "theano" or another, of the files that say it.
  std::string backend() const {
    return !is_archive_ && hdf5_->has_attribute("", "backend") ? hdf5_->text("", "backend") : "";
  }

  /// The weights of a layer. Call it once for each layer, in the order of the architecture: .keras files name layers by
  /// their class and count them.
  std::vector<Hdf5Tensor> weights(const std::string& class_name, const std::string& name) {
    std::vector<Hdf5Tensor> all;
    if (is_archive_) {
      const std::string snake = snake_case(class_name);
      const int before = used_[snake]++;
      const std::string counted = before == 0 ? snake : snake + '_' + std::to_string(before);
      const std::string here = root_ + '/' + counted, by_name = root_ + '/' + name;
      add_variables(hdf5_->has(here) || !hdf5_->has(by_name) ? here : by_name, all);
    } else {
      const std::string group = root_ + '/' + name;
      for (const auto& weight : listed(group, "weight_names"))
        all.push_back(hdf5_->tensor(group + '/' + weight));
    }
    return all;
  }

 private:
  /// SimpleRNN -> simple_rnn, Conv1D -> conv1d, as Keras 3 names groups.
  static std::string snake_case(const std::string& name) {
    const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
    std::string snake;
    for (std::size_t i = 0; i < name.size(); ++i) {
      const bool begins_word =
          i > 0 && upper(name[i]) && ((i + 1 < name.size() && lower(name[i + 1])) || lower(name[i - 1]));
      if (begins_word) snake += '_';
      snake += upper(name[i]) ? static_cast<char>(name[i] - 'A' + 'a') : name[i];
    }
    return snake;
  }

  /// The variables of a layer, and those of the layers in it.
  void add_variables(const std::string& group, std::vector<Hdf5Tensor>& all) {
    constexpr int most = 16;
    for (const char* part : {"", "/cell", "/forward_layer/cell", "/backward_layer/cell", "/layer"})
      for (int i = 0; i < most && hdf5_->has(group + part + "/vars/" + std::to_string(i)); ++i)
        all.push_back(hdf5_->tensor(group + part + "/vars/" + std::to_string(i)));
  }

  /// A list of texts in an attribute, or in several if it is long: weight_names0, weight_names1, ...
  std::vector<std::string> listed(const std::string& group, const std::string& name) const {
    if (!hdf5_->has(group)) return {};
    if (hdf5_->has_attribute(group, name)) return hdf5_->texts(group, name);
    std::vector<std::string> all;
    for (int i = 0; hdf5_->has_attribute(group, name + std::to_string(i)); ++i)
      for (auto& text : hdf5_->texts(group, name + std::to_string(i))) all.push_back(std::move(text));
    return all;
  }

  std::filesystem::path path_;
  std::unique_ptr<Hdf5File> hdf5_;
  nlohmann::json config_;
  std::string version_ = "1";
  std::string root_;  // the group that holds the layers
  bool is_archive_ = false;
  std::map<std::string, int> used_;  // of the names of layers in a .keras file
};

/// One layer of an architecture, with its weights. Errors name it.
class KerasLayer {
 public:
  KerasLayer(const JsonValue& json, int version, std::string name)
      : json_(json), class_(json["class_name"].text()), name_(std::move(name)), version_(version) {}

  const std::string& class_name() const { return class_; }
  const std::string& name() const { return name_; }
  int version() const { return version_; }
  JsonValue config() const { return json_["config"]; }
  bool is(std::initializer_list<std::string_view> classes) const {
    return std::find(classes.begin(), classes.end(), class_) != classes.end();
  }

  template <class... Parts>
  void check(bool legal, const Parts&... parts) const {
    if (!legal) [[unlikely]]
      json_.check(false, "is the layer ", quote(name_), " (", printable(class_), "), which ", parts...);
  }

  // Options. Keras 1 has other names for some of them.
  bool has(const char* option) const { return config().has(option); }
  bool flag(const char* option, bool otherwise) const {
    return has(option) ? config()[option].flag() : otherwise;
  }
  double number(const char* option, double otherwise) const {
    return has(option) ? config()[option].number() : otherwise;
  }
  std::string text(const char* option, const char* otherwise) const {
    return has(option) ? config()[option].text() : otherwise;
  }
  Index size(std::initializer_list<const char*> names) const {
    for (const char* name : names) {
      if (!has(name)) continue;
      const JsonValue value = config()[name];
      if (value.is_list()) {  // [3] for one dimension
        value.check(value.size() == 1, "has ", value.size(), " elements: it must have 1");
        return value[0].integer(1, most_size);
      }
      return value.integer(1, most_size);
    }
    check(false, "has no ", *names.begin());
    return 0;
  }
  /// Refuses an option that is not as it is without it.
  void refuse_flag(const char* option) const {
    check(!flag(option, false), "has the option ", option, ": it must be false");
  }
  void refuse_if(const char* option, bool has_it) const {
    if (has_it)
      check(false, "has the option ", option, " = ", config()[option].dump(), ", which can't be represented");
  }

  /// An activation. Its name may be a text or an object with a "config".
  std::string activation_name(const char* option) const {
    if (!has(option)) return "linear";
    const JsonValue value = config()[option];
    return value.is_object() ? value["config"].is_text() ? value["config"].text() : value["class_name"].text()
                             : value.text();
  }
  /// Nothing for softmax.
  std::optional<GateFunction> activation(const char* option) const {
    const std::string name = activation_name(option);
    if (name == "softmax") return {};
    if (name == "linear") return GateKind::identity;
    if (name == "hard_sigmoid")
      return version_ == 3 ? GateFunction{GateKind::hard_sigmoid, 1.0 / 6} : GateKind::hard_sigmoid;
    if (name == "leaky_relu") return GateFunction{GateKind::leaky_relu, 0.2};
    if (name == "swish") return GateKind::silu;
    for (const GateKind kind :
         {GateKind::relu, GateKind::tanh, GateKind::sigmoid, GateKind::elu, GateKind::selu,
          GateKind::softsign, GateKind::softplus, GateKind::exponential, GateKind::silu, GateKind::gelu})
      if (name == GateFunction(kind).name()) return kind;
    check(false, "has the ", option, ' ', quote(name),
          ": legal are linear, relu, leaky_relu, tanh, sigmoid, hard_sigmoid, elu, selu, softsign, softplus, "
          "exponential, "
          "silu, swish, gelu and softmax");
    return {};
  }
  GateFunction gate(const char* option) const {
    const auto function = activation(option);
    check(function.has_value(), "has the ", option, " softmax: it can't be that of a recurrent layer");
    return *function;
  }

  static constexpr Index most_size = Index{1} << 24;

 private:
  JsonValue json_;
  std::string class_, name_;
  int version_;
};

/// The weights of one layer, taken one after the other.
class KerasWeights {
 public:
  KerasWeights(const KerasLayer& layer, std::vector<Hdf5Tensor> tensors)
      : layer_(&layer), tensors_(std::move(tensors)) {}

  std::size_t left() const { return tensors_.size() - taken_; }
  const Hdf5Tensor& peek(std::size_t i = 0) const {
    layer_->check(taken_ + i < tensors_.size(), "has ", tensors_.size(),
                  " weights in the file: it needs more");
    return tensors_[taken_ + i];
  }
  /// Of the next tensor, which must be a vector.
  Index vector_size() const {
    layer_->check(left() > 0 && peek().shape.size() == 1,
                  "has no vector among its weights: it must begin with one");
    return peek().shape[0];
  }
  /// The next tensor, which must have this shape. 0 stands for any size.
  const Hdf5Tensor& next(const char* what, const std::vector<Index>& shape) {
    const Hdf5Tensor& tensor = peek();
    ++taken_;
    bool fits = tensor.shape.size() == shape.size();
    for (std::size_t d = 0; fits && d < shape.size(); ++d)
      fits = shape[d] == 0 || shape[d] == tensor.shape[d];
    layer_->check(fits, "has a ", what, " of ", sizes(tensor.shape), ": it must be ", sizes(shape));
    return tensor;
  }
  /// A matrix of `rows` × `columns` in the file, transposed: what Keras multiplies from the right.
  MatrixX<float> transposed(const char* what, Index rows, Index columns) {
    const Hdf5Tensor& tensor = next(what, {rows, columns});
    return Eigen::Map<const MatrixX<float>>(tensor.values.data(), tensor.shape[1], tensor.shape[0]);
  }
  VectorX<float> vector(const char* what, Index size) {
    const Hdf5Tensor& tensor = next(what, {size});
    return Eigen::Map<const VectorX<float>>(tensor.values.data(), tensor.shape[0]);
  }
  void finish() const {
    layer_->check(left() == 0, "has ", tensors_.size(), " weights in the file: it needs ", taken_);
  }

 private:
  static std::string sizes(const std::vector<Index>& shape) {
    std::string text;
    for (const Index size : shape)
      text += (text.empty() ? "" : " x ") + (size == 0 ? std::string("any") : std::to_string(size));
    return text.empty() ? "one number" : text;
  }

  const KerasLayer* layer_;
  std::vector<Hdf5Tensor> tensors_;
  std::size_t taken_ = 0;
};

/// Makes the layers of recur for one layer of Keras after the other.
class KerasBuilder {
 public:
  using Layers = std::vector<Network<float>>;

  /// The layers for one of Keras; none if it does nothing when it predicts.
  Layers make(const KerasLayer& layer, std::vector<Hdf5Tensor> tensors) {
    KerasWeights weights(layer, std::move(tensors));
    Layers made;
    const auto add = [&](auto l) { made.emplace_back(std::move(l)); };
    if (layer.is({"SimpleRNN", "LSTM", "GRU"})) {
      read_recurrent(layer, weights, made);
    } else if (layer.is({"Bidirectional"})) {
      read_bidirectional(layer, weights, made);
    } else if (layer.is({"TimeDistributed"})) {
      const KerasLayer inner(layer.config()["layer"], layer.version(), layer.name());
      layer.check(inner.is({"Dense", "Activation", "Dropout", "BatchNormalization", "LayerNormalization",
                            "LeakyReLU", "ReLU", "ELU", "Softmax"}),
                  "holds a layer of the class ", quote(inner.class_name()),
                  ": it must look at one step alone");
      read_pointwise(inner, weights, made);
    } else if (layer.is({"Conv1D", "Convolution1D"})) {
      read_convolution(layer, weights, made);
    } else if (layer.is({"MaxPooling1D", "AveragePooling1D"})) {
      check_channels(layer);
      const Index size = layer.size({"pool_size", "pool_length"});
      const Index stride =
          layer.has("strides") || layer.has("stride") ? layer.size({"strides", "stride"}) : size;
      const std::string padding = layer.text(layer.has("border_mode") ? "border_mode" : "padding", "valid");
      layer.check(padding == "valid" || padding == "same", "has the padding ", quote(padding),
                  ": it must be valid or same");
      add(Pool1d<float>{layer.is({"MaxPooling1D"}) ? Pooling::max : Pooling::mean, size, stride,
                        padding == "same" ? Padding::same() : Padding::valid()});
    } else if (layer.is({"GlobalMaxPooling1D", "GlobalAveragePooling1D"})) {
      check_channels(layer);
      add(Pool<float>{layer.is({"GlobalMaxPooling1D"}) ? Pooling::max : Pooling::mean});
      one_step = true;
    } else if (layer.is({"Flatten"})) {
      layer.check(
          one_step,
          "can be represented only where a sequence has become one step, such as behind a recurrent layer "
          "without return_sequences");
    } else if (layer.is({"Masking", "SpatialDropout1D", "GaussianNoise", "GaussianDropout",
                         "ActivityRegularization"})) {
      // Lengths say what a mask would. Noise is for training.
    } else {
      read_pointwise(layer, weights, made);
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

 private:
  // ---- Layers that look at one step alone.

  static void add_activation(const std::optional<GateFunction>& function, Layers& made) {
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

  static void read_pointwise(const KerasLayer& layer, KerasWeights& weights, Layers& made) {
    if (layer.is({"Dense", "TimeDistributedDense"})) {
      read_dense(layer, weights, made);
    } else if (layer.is({"Activation"})) {
      add_activation(layer.activation("activation"), made);
    } else if (layer.is({"Softmax"})) {
      check_axis(layer);
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
      read_batch_norm(layer, weights, made);
    } else if (layer.is({"LayerNormalization"})) {
      layer.refuse_flag("rms_scaling");
      const Index features = weights.vector_size();
      check_axis(layer);
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

  static void read_dense(const KerasLayer& layer, KerasWeights& weights, Layers& made) {
    const Index outputs = layer.size({"units", "output_dim"});
    MatrixX<float> weight = weights.transposed("kernel", 0, outputs);
    VectorX<float> bias = VectorX<float>::Zero(outputs);
    if (layer.flag(layer.has("use_bias") ? "use_bias" : "bias", true)) bias = weights.vector("bias", outputs);
    const auto function = layer.activation("activation");
    const auto with = [&]<class F>(F) {
      Dense<float, F> dense{weight.cols(), outputs};
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

  static void check_axis(const KerasLayer& layer) {
    if (!layer.has("axis")) return;
    const JsonValue axis = layer.config()["axis"];
    const JsonValue one = axis.is_list() && axis.size() == 1 ? axis[0] : axis;
    // Of (batch, features) or (batch, steps, features).
    layer.check(one.is_integer() && (one.integer(-100, 100) == -1 || one.integer(-100, 100) == 1 ||
                                     one.integer(-100, 100) == 2),
                "has the axis ", axis.dump(), ": it must be the last one");
  }

  static void read_batch_norm(const KerasLayer& layer, KerasWeights& weights, Layers& made) {
    check_axis(layer);
    layer.refuse_if("mode", layer.number("mode", 0) != 0);
    const Index features = weights.vector_size();
    VectorX<float> gamma = VectorX<float>::Ones(features), beta = VectorX<float>::Zero(features);
    if (layer.flag("scale", true)) gamma = weights.vector("gamma", features);
    if (layer.flag("center", true)) beta = weights.vector("beta", features);
    const VectorX<float> mean = weights.vector("mean", features),
                         variance = weights.vector("variance", features);
    made.emplace_back(
        Scale<float>::of_batch_norm(gamma, beta, mean, variance, layer.number("epsilon", 1e-3)));
  }

  // ---- Layers that look at several steps.

  static void check_channels(const KerasLayer& layer) {
    const std::string format = layer.text("data_format", "channels_last");
    layer.check(format == "channels_last", "has the data_format ", quote(format),
                ": it must be channels_last");
  }

  static void read_convolution(const KerasLayer& layer, KerasWeights& weights, Layers& made) {
    check_channels(layer);
    const bool first_version = layer.version() == 1;
    const Index outputs = layer.size({"filters", "nb_filter"}),
                kernel = layer.size({"kernel_size", "filter_length"});
    const Index stride = layer.has("strides") || layer.has("subsample_length")
                             ? layer.size({"strides", "subsample_length"})
                             : 1;
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

  // ---- Recurrent layers.

  /// The weights of one direction, gates side by side in the order of Keras: W of G·H × I, U of G·H × H.
  struct CellWeights {
    MatrixX<float> w, u;
    VectorX<float> bias, recurrent_bias;  // empty without; the second only of a GRU with reset_after
  };

  static CellWeights read_cell(const KerasLayer& layer, KerasWeights& weights, Index gates) {
    const Index hidden = layer.size({"units", "output_dim"});
    CellWeights cell;
    if (layer.version() == 1 && gates > 1 && weights.left() >= static_cast<std::size_t>(3 * gates)) {
      // Keras 1 has W, U and b of each gate apart, those of the LSTM in the order i, c, f, o.
      const Index inputs = weights.peek().shape.empty() ? 0 : weights.peek().shape[0];
      layer.check(weights.peek(0).shape == std::vector<Index>{inputs, hidden} &&
                      weights.peek(1).shape == std::vector<Index>{hidden, hidden},
                  "has kernels of other sizes than its output_dim, ", hidden);
      cell.w.resize(gates * hidden, inputs);
      cell.u.resize(gates * hidden, hidden);
      cell.bias.resize(gates * hidden);
      for (const Index to : gates == 4 ? std::vector<Index>{0, 2, 1, 3} : std::vector<Index>{0, 1, 2}) {
        cell.w.middleRows(to * hidden, hidden) = weights.transposed("kernel", inputs, hidden);
        cell.u.middleRows(to * hidden, hidden) = weights.transposed("recurrent kernel", hidden, hidden);
        cell.bias.segment(to * hidden, hidden) = weights.vector("bias", hidden);
      }
      return cell;
    }
    cell.w = weights.transposed("kernel", 0, gates * hidden);
    cell.u = weights.transposed("recurrent kernel", hidden, gates * hidden);
    if (!layer.flag("use_bias", true)) return cell;
    if (gates == 3 && layer.flag("reset_after", false)) {
      const Hdf5Tensor& both = weights.next("bias", {2, gates * hidden});
      cell.bias = Eigen::Map<const VectorX<float>>(both.values.data(), gates * hidden);
      cell.recurrent_bias =
          Eigen::Map<const VectorX<float>>(both.values.data() + gates * hidden, gates * hidden);
    } else {
      cell.bias = weights.vector("bias", gates * hidden);
    }
    return cell;
  }

  /// Puts the weights into a cell of recur, whose gate g is gate order[g] of Keras.
  template <class C>
  static C filled(C cell, const CellWeights& from, const std::vector<Index>& order) {
    const Index hidden = from.u.cols();
    for (std::size_t g = 0; g < order.size(); ++g) {
      const Index to = static_cast<Index>(g) * hidden, at = order[g] * hidden;
      cell.weight_ih.middleRows(to, hidden) = from.w.middleRows(at, hidden);
      cell.weight_hh.middleRows(to, hidden) = from.u.middleRows(at, hidden);
      if (from.bias.size() == 0) continue;
      if constexpr (requires { cell.bias_ih; }) {
        cell.bias_ih.segment(to, hidden) = from.bias.segment(at, hidden);
        if (from.recurrent_bias.size() > 0)
          cell.bias_hh.segment(to, hidden) = from.recurrent_bias.segment(at, hidden);
      } else {
        cell.bias.segment(to, hidden) = from.bias.segment(at, hidden);
      }
    }
    return cell;
  }

  /// Calls f with the cells of one or of two directions, of the type that fits the options. The usual activations have
  /// cells of their own, which are faster.
  template <class F>
  static void with_cells(const KerasLayer& layer, KerasWeights& weights, std::size_t directions, F&& f) {
    layer.refuse_flag("return_state");
    const bool is_lstm = layer.is({"LSTM"}), is_gru = layer.is({"GRU"});
    const Index gates = is_lstm ? 4 : is_gru ? 3 : 1;
    std::vector<CellWeights> all;
    for (std::size_t d = 0; d < directions; ++d) all.push_back(read_cell(layer, weights, gates));
    const Index inputs = all[0].w.cols(), hidden = all[0].u.cols();
    layer.check(all.back().w.cols() == inputs, "has two directions that take ", inputs, " and ",
                all.back().w.cols(), " features");
    const Bias bias = all[0].bias.size() > 0 ? Bias::both : Bias::none;
    const auto build = [&](const auto& empty, const std::vector<Index>& order) {
      std::vector<std::remove_cvref_t<decltype(empty)>> cells;
      for (const CellWeights& direction : all) cells.push_back(filled(empty, direction, order));
      f(std::move(cells));
    };
    const GateFunction activation = layer.gate("activation");
    if (!is_lstm && !is_gru) {
      if (activation == GateKind::tanh) return build(Elman<float>{inputs, hidden, bias}, {0});
      if (activation == GateKind::relu) return build(Elman<float, Relu>{inputs, hidden, bias}, {0});
      return build(FlexibleElman<float>{inputs, hidden, {.activation = activation, .bias = bias}}, {0});
    }
    const GateFunction gate =
        layer.gate(layer.has("recurrent_activation") ? "recurrent_activation" : "inner_activation");
    const bool usual = activation == GateKind::tanh && gate == GateKind::sigmoid;
    if (is_lstm) {  // i, f, g, o in both
      if (usual) return build(Lstm<float>{inputs, hidden, bias}, {0, 1, 2, 3});
      FlexibleLstmOptions options{.gate = gate, .candidate = activation, .output = activation, .bias = bias};
      return build(FlexibleLstm<float>{inputs, hidden, options}, {0, 1, 2, 3});
    }
    const bool reset_after = layer.flag("reset_after", false);
    const std::vector<Index> order{1, 0, 2};  // r, z, n here; z, r, n there
    if (usual && reset_after) return build(Gru<float>{inputs, hidden, bias}, order);
    if (usual) return build(GruResetBefore<float>{inputs, hidden, bias}, order);
    FlexibleGruOptions options{
        .gate = gate, .candidate = activation, .linear_before_reset = reset_after, .bias = bias};
    build(FlexibleGru<float>{inputs, hidden, options}, order);
  }

  void read_recurrent(const KerasLayer& layer, KerasWeights& weights, Layers& made) {
    if (layer.flag("go_backwards", false)) made.emplace_back(ReverseTime<float>{});
    with_cells(layer, weights, 1, [&](auto cells) { made.emplace_back(Recurrent{std::move(cells[0])}); });
    if (!layer.flag("return_sequences", false)) {
      made.emplace_back(Pool<float>{Pooling::last});
      one_step = true;
    }
  }

  void read_bidirectional(const KerasLayer& layer, KerasWeights& weights, Layers& made) {
    const KerasLayer inner(layer.config()["layer"], layer.version(), layer.name());
    layer.check(inner.is({"SimpleRNN", "LSTM", "GRU"}), "holds a layer of the class ",
                quote(inner.class_name()), ": it must be SimpleRNN, LSTM or GRU");
    layer.check(!inner.flag("go_backwards", false), "holds a layer with go_backwards: it must be false");
    if (layer.has("backward_layer")) {
      const KerasLayer other(layer.config()["backward_layer"], layer.version(), layer.name());
      bool equal = other.class_name() == inner.class_name();
      for (const char* option : {"activation", "recurrent_activation"})
        equal = equal && other.activation_name(option) == inner.activation_name(option);
      for (const char* option : {"use_bias", "reset_after", "return_sequences"})
        equal = equal && other.flag(option, true) == inner.flag(option, true);
      layer.check(
          equal,
          "has a backward_layer that differs from its layer: both must have the same class and options");
    }
    layer.check(layer.has("merge_mode"), "has the merge_mode null: it must be concat, sum, mul or ave");
    const std::string merge = layer.text("merge_mode", "concat");
    layer.check(merge == "concat" || merge == "sum" || merge == "mul" || merge == "ave",
                "has the merge_mode ", quote(merge), ": it must be concat, sum, mul or ave");
    const bool sequences = inner.flag("return_sequences", false);
    const bool in_one = merge == "concat" || (sequences && merge != "mul");
    Index inputs = 0, hidden = 0;
    Layers both;
    with_cells(inner, weights, 2, [&]<class C>(std::vector<C> cells) {
      const Merge how = !in_one || merge == "concat" ? Merge::concatenate
                        : merge == "sum"             ? Merge::sum
                                                     : Merge::mean;
      Bidirectional<C> layers{std::move(cells[0]), how};
      layers.reverse_layer.cell = std::move(cells[1]);
      inputs = layers.input_size();
      hidden = layers.forward_layer.output_size();
      both.emplace_back(std::move(layers));
    });
    if (!sequences) {
      both.emplace_back(Pool<float>{Pooling::ends});
      one_step = true;
    }
    if (in_one) {
      for (auto& part : both) made.push_back(std::move(part));
      return;
    }
    // The final states are at the two ends of time, and a product is no Merge: both halves are joined behind.
    using Node = GraphNode<float>;
    std::vector<Node> nodes{
        Node("both", chained(std::move(both)), {"x"}), Node("forward", Slice{0, hidden}, {"both"}),
        Node("reverse", Slice{hidden, hidden}, {"both"}),
        Node("joined", merge == "mul" ? Join::multiply : Join::add, {"forward", "reverse"})};
    made.emplace_back(Graph<float>({{"x", inputs}}, std::move(nodes), {"joined"}));
    if (merge == "ave") made.emplace_back(FlexibleActivation<float>{{GateKind::affine, 0.5, 0.0}});
  }

 public:
  /// Layers one after the other. There must be at least one.
  static Network<float> chained(Layers layers) {
    if (layers.size() == 1) return std::move(layers[0]);
    Chain<float> chain{std::move(layers[0])};
    for (std::size_t i = 1; i < layers.size(); ++i) chain.add(std::move(layers[i]));
    return Network<float>{std::move(chain)};
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
    input_layer_ = one_name(config["input_layers"], "input_layers");
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const std::string name = name_of(layers[i], i);
      const JsonValue inbound = layers[i]["inbound_nodes"];
      std::vector<std::string> from;
      if (inbound.size() == 0) {
        layers[i].check(name == input_layer_, "is the layer ", quote(name),
                        ", which reads nothing and is no input");
      } else {
        inbound.check(inbound.size() == 1, "has ", inbound.size(),
                      " nodes: a layer that is used more than once can't be represented");
        collect(inbound[0], from, 0);
        inbound.check(!from.empty(), "names no layer");
      }
      read_layer(layers[i], name, from);
    }
    output_ = one_name(config["output_layers"], "output_layers");
  }

  static std::string name_of(const JsonValue& layer, std::size_t place) {
    if (layer.has("name")) return layer["name"].text();
    const JsonValue config = layer["config"];
    return config.has("name") ? config["name"].text() : "layer_" + std::to_string(place + 1);
  }

  /// The name in [["name", 0, 0]] or ["name", 0, 0].
  static std::string one_name(const JsonValue& list, const char* what) {
    if (list.size() > 0 && list[0].is_text()) return list[0].text();
    list.check(list.size() == 1, "has ", list.size(), " of ", what,
               ": a model with several can't be represented");
    return list[0][0].text();
  }

  /// The names that a node reads: ["name", 0, 0, {}] in lists, or objects of the class "__keras_tensor__".
  void collect(const JsonValue& node, std::vector<std::string>& from, int depth) const {
    constexpr int deepest = 8;
    node.check(depth < deepest, "has lists within each other, more than ", deepest, " deep");
    if (node.is_object() && node.has("args")) {
      collect(node["args"], from, depth + 1);
      for (const char* option : {"initial_state", "constants"})
        node.check(!node.has("kwargs") || !node["kwargs"].has(option), "has the option ", option,
                   ": it can't be represented");
    } else if (node.is_object()) {
      node["class_name"].check(node["class_name"].text() == "__keras_tensor__", "is no tensor");
      const JsonValue history = node["config"]["keras_history"];
      add_reader(history, from);
    } else if (node.size() >= 3 && node[0].is_text()) {
      add_reader(node, from);
      node.check(node.size() < 4 || !(node[3].has("initial_state") || node[3].has("constants")),
                 "has initial_state or constants: they can't be represented");
    } else {
      for (std::size_t i = 0; i < node.size(); ++i) collect(node[i], from, depth + 1);
    }
  }
  static void add_reader(const JsonValue& place, std::vector<std::string>& from) {
    place[1].integer(0, 0);  // which use of the layer, and which of its outputs
    place[2].integer(0, 0);
    from.push_back(place[0].text());
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
        read_join(layer, value);
        if (std::all_of(value.from.begin(), value.from.end(),
                        [&](const auto& at) { return single_.contains(at); }))
          single_.insert(name);
      } else {
        layer.check(value.from.size() == 1, "reads ", value.from.size(), " values: it must read 1");
        layer.check(file_->version() != 1 || !layer.is({"Convolution1D"}) || file_->backend() != "theano",
                    "was written with Theano, which turns kernels around: save it with Keras 2");
        builder_.one_step = single_.contains(value.from[0]);
        value.layers = builder_.make(layer, std::move(tensors));
        if (builder_.one_step) single_.insert(name);
        if (value.layers.empty()) {
          aliases_[name] = value.from[0];
          return;
        }
      }
    } catch (const std::invalid_argument& error) {
      layer.check(false, "can't be represented: ", error.what());
    }
    aliases_[name] = name;
    values_.push_back(std::move(value));
  }

  static void read_join(const KerasLayer& layer, Value& value) {
    layer.check(value.from.size() >= 2, "reads ", value.from.size(), " values: it must read at least 2");
    if (layer.is({"Concatenate"}) && layer.has("axis")) {
      const Index axis = layer.config()["axis"].integer(-100, 100);
      layer.check(axis == -1 || axis == 2, "has the axis ", axis, ": it must be the last one");
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

  /// The last number of a shape, if it is one.
  void find_features(const KerasLayer& layer) {
    for (const char* option : {"batch_shape", "batch_input_shape"})
      if (features_ == any_size && layer.has(option)) {
        const JsonValue shape = layer.config()[option];
        if (shape.size() > 0 && shape.back().is_integer())
          features_ = shape.back().integer(1, KerasLayer::most_size);
      }
  }

  bool is_chain() const {
    std::string before = input_name;
    for (const Value& value : values_) {
      if (value.join || value.from[0] != before) return false;
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
      return KerasBuilder::chained(std::move(layers));
    }
  }

  Network<float, In> take_graph() {
    using Node = GraphNode<float, In>;
    std::vector<Node> nodes;
    for (Value& value : values_) {
      if (value.join) {
        const std::string joined = value.scale == 1 ? value.name : value.name + "/sum";
        nodes.push_back(Node(joined, *value.join, value.from));
        if (value.scale != 1)
          nodes.push_back(
              Node(value.name, FlexibleActivation<float>{{GateKind::affine, value.scale, 0.0}}, {joined}));
      } else if (value.embedding) {
        if constexpr (std::same_as<In, Token>)
          nodes.push_back(Node(value.name, std::move(*value.embedding), value.from));
      } else {
        nodes.push_back(Node(value.name, KerasBuilder::chained(std::move(value.layers)), value.from));
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
/// differs. Masks become lengths: pass sequences without their padding.
///
/// Throws FileError, which names the layer and the option, for what can't be represented, for a file that can't be read
/// or is something else, and for weights of other sizes.
template <class In = float>
Network<float, In> load_keras(const std::filesystem::path& path) {
  return detail::exchange::read_keras<In>(detail::read_file(path), path);
}

}  // namespace recur::inline RECUR_ABI
