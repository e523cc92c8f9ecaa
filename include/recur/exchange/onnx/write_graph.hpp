// Nodes, values and constants of an ONNX graph that is being written, and the weights that go into it.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "recur/core/description.hpp"
#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/parameters.hpp"
#include "recur/exchange/onnx/file.hpp"
#include "recur/exchange/onnx/options.hpp"

namespace recur::inline RECUR_ABI::detail::onnx {

/// A value of the graph: steps × batch × features, or batch × features behind a pool.
struct Written {
  std::string name;
  Index features;
  bool timed = true;
  bool steps_change = false;  ///< it may have other steps than the input
  std::string at_last{},
      at_ends{};  ///< what Pooling::last and Pooling::ends make of it, if a node gave that too
};

class GraphWriter {
 public:
  const messages::Model& model() const { return model_; }
  void set_metadata(const std::string& key, const std::string& text) {
    auto& entry = *model_.add_metadata_props();
    entry.set_key(key);
    entry.set_value(text);
  }

 protected:
  template <class L>
  GraphWriter(const L& network, const OnnxOptions& options)
      : options_(options), type_(std::same_as<typename L::Scalar, float> ? 1 : 11) {
    for (const auto& p : Parameters<const typename L::Scalar>(network)) parameters_.emplace(p.name, p);
    model_.set_ir_version(7);
    model_.set_producer_name("recur");
    model_.add_opset_import()->set_version(12);
    graph().set_name("network");
  }
  ~GraphWriter() = default;

  messages::Graph& graph() { return *model_.mutable_graph(); }
  const OnnxOptions& options() const { return options_; }

  // ---- Names, options of descriptions, and attributes.

  /// A name that nothing has.
  std::string fresh(const std::string& hint) {
    for (int& count = names_[hint];;) {
      const std::string name = hint + (++count == 1 ? "" : '_' + std::to_string(count));
      if (used_.insert(name).second) return name;
    }
  }
  /// Keeps the name of an input or output for it.
  void reserve(const std::string& name) {
    require(used_.insert(name).second, "an ONNX file would have two inputs or outputs ", quote(name),
            ": an input or output of the graph must have another name");
  }
  static std::string under(const std::string& prefix, const std::string& name) {
    return prefix.empty() ? name : prefix + '.' + name;
  }
  static const OptionValue* option(const Description& layer, const std::string& name) {
    for (const auto& [key, value] : layer.options)
      if (key == name) return &value;
    return nullptr;
  }
  static std::string text(const Description& layer, const std::string& name, const std::string& otherwise) {
    const auto* const value = option(layer, name);
    return value ? value->text() : otherwise;
  }
  static double number(const Description& layer, const std::string& name, double otherwise) {
    const auto* const value = option(layer, name);
    return value ? value->number() : otherwise;
  }
  static bool flag(const Description& layer, const std::string& name, bool otherwise) {
    const auto* const value = option(layer, name);
    return value ? value->flag() : otherwise;
  }
  [[noreturn]] static void refuse_layer(const Description& layer, const std::string& at,
                                        const std::string& why) {
    refuse({"a layer of the kind \"", layer.kind, "\"", at.empty() ? "" : " at ", at,
            " can't be written to an ONNX file: ", why});
  }

  static messages::Attribute& add(messages::Node& node, const char* name, int of_type) {
    auto& a = *node.add_attribute();
    a.set_name(name);
    a.set_type(of_type);
    return a;
  }
  static void set(messages::Node& node, const char* name, Index value) { add(node, name, 2).set_i(value); }
  static void set(messages::Node& node, const char* name, double value) {
    add(node, name, 1).set_f(static_cast<float>(value));
  }
  static void set(messages::Node& node, const char* name, const char* value) {
    add(node, name, 3).set_s(value);
  }
  static void set(messages::Node& node, const char* name, const std::vector<Index>& values) {
    auto& a = add(node, name, 7);
    for (const Index value : values) a.add_ints(value);
  }

  // ---- Inputs, outputs and nodes.

  static constexpr int int32 = 6, int64 = 7;
  int number_type() const { return type_; }
  struct Dim {
    Index size;
    const char* name;  // if the size is 0, and so left open
  };
  Dim steps() const { return {options_.steps, "steps"}; }
  Dim batch() const { return {options_.batch, "batch"}; }

  void input(const std::string& name, int of_type, const std::vector<Dim>& dims) {
    reserve(name);
    declare(*graph().add_input(), name, of_type, dims);
  }
  void output(const std::string& name, const std::vector<Dim>& dims) {
    declare(*graph().add_output(), name, type_, dims);
  }
  messages::Node& node(const char* op, const std::vector<std::string>& inputs,
                       const std::vector<std::string>& outputs) {
    auto& made = *graph().add_node();
    made.set_op_type(op);
    made.set_name(outputs[0].empty() ? outputs[1] : outputs[0]);
    for (const auto& name : inputs) made.add_input(name);
    for (const auto& name : outputs) made.add_output(name);
    return made;
  }
  /// The one output of a new node.
  std::string apply(const char* op, const std::vector<std::string>& inputs,
                    const std::string& hint = "value") {
    const std::string name = fresh(hint);
    node(op, inputs, {name});
    return name;
  }
  /// The same with one attribute.
  template <class T>
  std::string apply(const char* op, const std::vector<std::string>& inputs, const std::string& hint,
                    const char* attribute, const T& value) {
    const std::string name = apply(op, inputs, hint);
    set(last(), attribute, value);
    return name;
  }
  messages::Node& last() { return *graph().mutable_node(graph().node_size() - 1); }

  // ---- Constants.

  std::string constant(const std::string& hint, const std::vector<Index>& dims,
                       const std::vector<double>& values) {
    const std::string name = fresh(hint);
    auto& made = tensor(name, dims, type_);
    if (type_ == 11) {
      made.set_raw_data(values.data(), values.size() * sizeof(double));
    } else {
      const std::vector<float> single(values.begin(), values.end());
      made.set_raw_data(single.data(), single.size() * sizeof(float));
    }
    return name;
  }
  std::string scalar(double value) { return constant("number", {}, {value}); }
  /// The largest number of the type of the network.
  double largest() const {
    return type_ == 11 ? std::numeric_limits<double>::max() : std::numeric_limits<float>::max();
  }
  std::string whole(const std::string& hint, const std::vector<Index>& values, bool is_scalar = false) {
    const std::string name = fresh(hint);
    const std::vector<std::int64_t> all(values.begin(), values.end());
    tensor(name, is_scalar ? std::vector<Index>{} : std::vector<Index>{static_cast<Index>(all.size())}, int64)
        .set_raw_data(all.data(), all.size() * sizeof(std::int64_t));
    return name;
  }

  // ---- What several layers need.

  std::string moved(const std::string& x, const std::vector<Index>& order) {
    return apply("Transpose", {x}, "moved", "perm", order);
  }
  std::string sliced(const std::string& x, Index first, Index end, Index axis) {
    return apply("Slice", {x, whole("start", {first}), whole("end", {end}), whole("axis", {axis})}, "sliced");
  }
  std::string reshaped(const std::string& x, const std::vector<Index>& shape) {
    return apply("Reshape", {x, whole("shape", shape)}, "reshaped");
  }
  /// A node whose axes are an attribute. Version 13 made them an input, which OpenCV 4.6 does not read.
  std::string along(const char* op, const std::string& x, const std::vector<Index>& axes,
                    const std::string& hint) {
    return apply(op, {x}, hint, "axes", axes);
  }
  /// The size of an axis of a value, as a list of one number.
  std::string size_of(const std::string& x, Index axis) {
    return apply("Gather", {apply("Shape", {x}, "shape"), whole("axis", {axis})}, "size");
  }
  /// 0, 1, 2, ... for each step of a value, as numbers.
  std::string steps_of(const std::string& x) {
    const std::string end = along("Squeeze", size_of(x, 0), {0}, "end");
    const std::string range =
        apply("Range", {whole("zero", {0}, true), end, whole("one", {1}, true)}, "step");
    return apply("Cast", {range}, "step", "to", Index{type_});
  }

  // ---- The lengths of sequences, if the file takes them.

  void add_lengths() {
    if (!options_.lengths) return;
    input("lengths", int32, {batch()});
    lengths_ = apply("Cast", {"lengths"}, "length", "to", Index{type_});
  }
  bool is_ragged() const { return !lengths_.empty(); }
  const std::string& lengths() const { return lengths_; }  // as numbers
  /// How many steps each sample has from this one on, steps × batch: lengths - t. At most 0 behind its end.
  std::string left(const std::string& like) {
    if (left_.empty())
      left_ = apply("Sub", {lengths_, along("Unsqueeze", steps_of(like), {1}, "step")}, "left");
    return left_;
  }
  /// 1 for each step that a sample has and 0 behind its end, steps × batch.
  std::string mask(const std::string& like) {
    if (mask_.empty()) mask_ = apply("Clip", {left(like), scalar(0), scalar(1)}, "mask");
    return mask_;
  }
  /// A value with zeros behind the end of each sample.
  std::string masked(const Written& x) {
    return apply("Mul", {x.name, along("Unsqueeze", mask(x.name), {2}, "mask")}, "masked");
  }

  // ---- Weights.

  bool has(const std::string& name) const { return parameters_.contains(name); }
  /// f(view) of a parameter, in its own precision.
  template <class F>
  auto of_parameter(const std::string& name, F&& f) const {
    const auto found = parameters_.find(name);
    require(found != parameters_.end(), "the network has no parameter ", name,
            ", which its description asks for");
    return std::visit(f, found->second);
  }
  Index rows_of(const std::string& name) const {
    return of_parameter(name, [](const auto& p) { return p.rows; });
  }
  /// Blocks of `rows` rows in another order, row by row.
  std::vector<double> numbers(const std::string& name, const std::vector<Index>& order, Index rows) const {
    return of_parameter(name, [&](const auto& p) {
      std::vector<double> all;
      for (const Index block : order)
        for (Index r = 0; r < rows; ++r)
          for (Index c = 0; c < p.columns; ++c) all.push_back(at(p, block * rows + r, c));
      return all;
    });
  }
  std::vector<double> numbers(const std::string& name) const { return numbers(name, {0}, rows_of(name)); }
  std::vector<double> transposed(const std::string& name) const {
    return of_parameter(name, [](const auto& p) {
      std::vector<double> all;
      for (Index c = 0; c < p.columns; ++c)
        for (Index r = 0; r < p.rows; ++r) all.push_back(at(p, r, c));
      return all;
    });
  }

 private:
  static void declare(messages::Value& v, const std::string& name, int of_type,
                      const std::vector<Dim>& dims) {
    v.set_name(name);
    auto& tensor = *v.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(of_type);
    for (const Dim& dim : dims)
      if (dim.size > 0)
        tensor.mutable_shape()->add_dim()->set_dim_value(dim.size);
      else
        tensor.mutable_shape()->add_dim()->set_dim_param(dim.name);
  }
  messages::Tensor& tensor(const std::string& name, const std::vector<Index>& dims, int of_type) {
    auto& made = *graph().add_initializer();
    made.set_name(name);
    made.set_data_type(of_type);
    for (const Index dim : dims) made.add_dims(dim);
    return made;
  }
  template <class P>
  static double at(const P& p, Index row, Index column) {
    return static_cast<double>(
        p.data[p.is_row_major && !p.is_vector ? row * p.columns + column : column * p.rows + row]);
  }

  OnnxOptions options_;
  int type_;  // of numbers
  messages::Model model_;
  std::map<std::string, std::variant<ParameterView<const float>, ParameterView<const double>>> parameters_;
  std::map<std::string, int> names_;
  std::set<std::string> used_;
  std::string lengths_, left_, mask_;
};

}  // namespace recur::inline RECUR_ABI::detail::onnx
