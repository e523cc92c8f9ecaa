// One layer of Keras as its file has it: the options that it was made with, and its weights.
#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/utf8.hpp"
#include "recur/exchange/json_file.hpp"
#include "recur/exchange/keras/hdf5_file.hpp"
#include "recur/layer/flexible_activation.hpp"

namespace recur::inline RECUR_ABI::detail::exchange {

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
  /// The size of the next tensor, which must be a vector.
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
  /// A matrix of `rows` × `columns` in the file, transposed. Keras multiplies x by it from the right.
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

}  // namespace recur::inline RECUR_ABI::detail::exchange
