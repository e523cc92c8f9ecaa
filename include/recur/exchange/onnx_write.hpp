// Networks as ONNX graphs. A network is written as its description says, so what can be saved can be written, if ONNX
// has an operator for it.
//
// Values have the axes steps × batch × features, or batch × features behind a pool.
#pragma once

#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "recur/cell/gate_function.hpp"
#include "recur/core/description.hpp"
#include "recur/core/error.hpp"
#include "recur/core/file.hpp"
#include "recur/core/parameters.hpp"
#include "recur/exchange/onnx_file.hpp"
#include "recur/layer/layer.hpp"

namespace recur::inline RECUR_ABI::detail::onnx {

template <std::floating_point S>
class Writer {
 public:
  /// Sizes of 0 stay open.
  template <class L>
  Writer(const L& network, Index steps, Index batch) : steps_(steps), batch_(batch) {
    for (const auto& p : Parameters<const S>(network)) parameters_.emplace(p.name, p);
    model_.set_ir_version(7);
    model_.set_producer_name("recur");
    model_.add_opset_import()->set_version(12);
    graph().set_name("network");
  }

  /// A network with one input and one output.
  template <class In>
  void write(const Description& description, Index features) {
    require(features >= 1 || std::same_as<In, Token>,
            "a network of any number of features has no ONNX file: its first layer "
            "must say how many it takes");
    const Out input = add_input<In>("input", features);
    const Out y = layer(description, "", input);
    add_output(identity(y, "output"), "output");
  }
  /// A graph with named inputs and outputs.
  template <class In>
  void write_graph(const Description& description) {
    std::map<std::string, Out> values;
    for (const Description& part : description.layers)
      if (part.kind == "input") {
        const std::string name = text(part, "name", "");
        values.emplace(name, add_input<In>(name, part.sizes[0]));
      }
    for (auto& [name, from] : graph_nodes(description, "", std::move(values)))
      add_output(identity(from, name), name);
  }

  const messages::Model& model() const { return model_; }

 private:
  struct Out {
    std::string name;
    Index features;
    bool timed = true;
    bool steps_change = false;  // it may have other steps than the input
  };

  messages::Graph& graph() { return *model_.mutable_graph(); }
  static constexpr int type = std::same_as<S, float> ? 1 : 11;

  // ---- Names and attributes.

  std::string fresh(const std::string& hint) {
    int& count = names_[hint];
    return hint + (++count == 1 ? "" : '_' + std::to_string(count));
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

  // ---- Values.

  template <class In>
  Out add_input(const std::string& name, Index features) {
    constexpr bool tokens = std::same_as<In, Token>;
    ++names_[name];
    auto& tensor = value(*graph().add_input(), name, tokens ? 7 : type);
    add_dim(tensor, steps_, "steps");
    add_dim(tensor, batch_, "batch");
    if (!tokens) tensor.add_dim()->set_dim_value(features);
    return {name, features};
  }
  void add_output(const Out& y, const std::string& name) {
    auto& tensor = value(*graph().add_output(), name, type);
    if (y.timed) add_dim(tensor, y.steps_change ? 0 : steps_, y.steps_change ? "outputs" : "steps");
    add_dim(tensor, batch_, "batch");
    tensor.add_dim()->set_dim_value(y.features);
  }
  static void add_dim(messages::Shape& shape, Index size, const char* name) {
    if (size > 0)
      shape.add_dim()->set_dim_value(size);
    else
      shape.add_dim()->set_dim_param(name);
  }
  static messages::Shape& value(messages::Value& v, const std::string& name, int of_type) {
    v.set_name(name);
    auto& tensor = *v.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(of_type);
    return *tensor.mutable_shape();
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
  messages::Node& last() { return *graph().mutable_node(graph().node_size() - 1); }
  Out identity(const Out& x, const std::string& name) {
    ++names_[name];
    node("Identity", {x.name}, {name});
    Out y = x;
    y.name = name;
    return y;
  }

  messages::Tensor& tensor(const std::string& name, const std::vector<Index>& dims, int of_type) {
    auto& made = *graph().add_initializer();
    made.set_name(name);
    made.set_data_type(of_type);
    for (const Index dim : dims) made.add_dims(dim);
    return made;
  }
  std::string constant(const std::string& hint, const std::vector<Index>& dims,
                       const std::vector<S>& values) {
    const std::string name = fresh(hint);
    tensor(name, dims, type).set_raw_data(values.data(), values.size() * sizeof(S));
    return name;
  }
  std::string whole(const std::string& hint, const std::vector<Index>& values, bool scalar = false) {
    const std::string name = fresh(hint);
    const std::vector<std::int64_t> all(values.begin(), values.end());
    tensor(name, scalar ? std::vector<Index>{} : std::vector<Index>{static_cast<Index>(all.size())}, 7)
        .set_raw_data(all.data(), all.size() * sizeof(std::int64_t));
    return name;
  }

  // ---- Parameters.

  bool has(const std::string& name) const { return parameters_.contains(name); }
  const ParameterView<const S>& parameter(const std::string& name) const {
    const auto found = parameters_.find(name);
    require(found != parameters_.end(), "the network has no parameter ", name,
            ", which its description asks for");
    return found->second;
  }
  S at(const ParameterView<const S>& p, Index row, Index column) const {
    return p.data[p.is_row_major && !p.is_vector ? row * p.columns + column : column * p.rows + row];
  }
  /// Blocks of `rows` rows in another order, row by row, or a transposed whole.
  std::vector<S> numbers(const std::string& name, const std::vector<Index>& order, Index rows) const {
    const auto& p = parameter(name);
    std::vector<S> all;
    for (const Index block : order)
      for (Index r = 0; r < rows; ++r)
        for (Index c = 0; c < p.columns; ++c) all.push_back(at(p, block * rows + r, c));
    return all;
  }
  std::vector<S> numbers(const std::string& name) const { return numbers(name, {0}, parameter(name).rows); }
  std::vector<S> transposed(const std::string& name) const {
    const auto& p = parameter(name);
    std::vector<S> all;
    for (Index c = 0; c < p.columns; ++c)
      for (Index r = 0; r < p.rows; ++r) all.push_back(at(p, r, c));
    return all;
  }
  static std::string under(const std::string& prefix, const std::string& name) {
    return prefix.empty() ? name : prefix + '.' + name;
  }

  // ---- Layers.

  [[noreturn]] static void refuse_layer(const Description& layer, const std::string& at,
                                        const std::string& why) {
    refuse({"a layer of the kind \"", layer.kind, "\"", at.empty() ? "" : " at ", at,
            " can't be written to an ONNX file: ", why});
  }

  Out layer(const Description& is, const std::string& at, const Out& x) {
    const std::string& kind = is.kind;
    if (kind == "chain") {
      Out y = x;
      for (std::size_t k = 0; k < is.layers.size(); ++k)
        y = layer(is.layers[k], under(at, std::to_string(k)), y);
      return y;
    }
    if (kind == "residual") {
      const Out y = layer(is.layers[0], at, x);
      return {apply("Add", {x.name, y.name}, "sum"), y.features, y.timed, y.steps_change};
    }
    if (kind == "graph") {
      const auto outputs = graph_nodes(is, at, {{text(is.layers[0], "name", ""), x}});
      if (outputs.size() != 1) refuse_layer(is, at, "within another layer it must have one output");
      return outputs[0].second;
    }
    if (kind == "embedding") {
      const std::string table = constant(under(at, "weight"), is.sizes, numbers(under(at, "weight")));
      return {apply("Gather", {table, x.name}, "embedded"), is.sizes[1]};
    }
    if (kind == "dense") return dense(is, at, x);
    if (kind == "dropout") return x;
    if (kind == "pool") return pool(is, x);
    if (kind == "layer_norm") return layer_norm(is, at, x);
    if (kind == "activation" || kind == "flexible_activation")
      return activated(is, at, x, text(is, "function", ""), "function");
    if (kind == "softmax") {
      Out y{apply(flag(is, "logarithm", false) ? "LogSoftmax" : "Softmax", {x.name}, "softmax"), x.features,
            x.timed, x.steps_change};
      set(last(), "axis", Index{-1});
      return y;
    }
    if (kind == "prelu")
      return with(
          x,
          apply("PRelu", {x.name, constant(under(at, "weight"), {x.features}, numbers(under(at, "weight")))},
                "prelu"));
    if (kind == "scale") {
      const std::string y =
          apply("Mul", {x.name, constant(under(at, "weight"), {x.features}, numbers(under(at, "weight")))},
                "scaled");
      return with(x, apply("Add", {y, constant(under(at, "bias"), {x.features}, numbers(under(at, "bias")))},
                           "scaled"));
    }
    if (kind == "conv1d") return conv1d(is, at, x);
    if (kind == "pool1d") return pool1d(is, at, x);
    if (kind == "context_window") return context_window(is, x);
    if (kind == "reverse_time") {
      const std::string start = whole("start", {-1}),
                        end = whole("end", {std::numeric_limits<std::int32_t>::min()}),
                        axis = whole("axis", {0});
      return with(x, apply("Slice", {x.name, start, end, axis, start}, "reversed"));
    }
    if (kind == "final_state") {
      Out state;
      recurrent(is.layers[0], at, x, &state);
      return state;
    }
    return recurrent(is, at, x, nullptr);
  }
  static Out with(const Out& like, std::string name) {
    Out y = like;
    y.name = std::move(name);
    return y;
  }

  std::vector<std::pair<std::string, Out>> graph_nodes(const Description& is, const std::string& at,
                                                       std::map<std::string, Out> values) {
    std::vector<const Description*> left;
    std::vector<std::string> outputs;
    for (const Description& part : is.layers)
      if (part.kind == "output")
        outputs.push_back(text(part, "from", ""));
      else if (part.kind != "input")
        left.push_back(&part);
    while (!left.empty()) {  // nodes stand in any order
      std::vector<const Description*> waiting;
      for (const Description* const part : left) {
        std::vector<Out> from;
        std::string name;
        for (const char c : text(*part, "from", "") + ' ') {
          if (c != ' ') {
            name += c;
          } else if (const auto found = values.find(std::exchange(name, "")); found != values.end()) {
            from.push_back(found->second);
          } else {
            from.clear();
            break;
          }
        }
        if (from.empty())
          waiting.push_back(part);
        else
          values.emplace(text(*part, "name", ""),
                         graph_node(*part, under(at, text(*part, "name", "")), from));
      }
      require(waiting.size() < left.size(), "a graph has nodes that read what is not there");
      left = std::move(waiting);
    }
    std::vector<std::pair<std::string, Out>> all;
    for (const auto& name : outputs) all.emplace_back(name, values.at(name));
    return all;
  }
  Out graph_node(const Description& part, const std::string& at, const std::vector<Out>& from) {
    if (part.kind == "node") return layer(part.layers[0], at, from[0]);
    if (part.kind == "slice")
      return {sliced(from[0].name, part.sizes[0], part.sizes[0] + part.sizes[1], -1), part.sizes[1],
              from[0].timed, from[0].steps_change};
    Out y = from[0];
    const bool concatenates = part.kind == "concatenate";
    std::vector<std::string> names{from[0].name};
    for (std::size_t k = 1; k < from.size(); ++k) {
      names.push_back(from[k].name);
      if (concatenates)
        y.features += from[k].features;
      else
        y.name = apply(part.kind == "add"        ? "Add"
                       : part.kind == "subtract" ? "Sub"
                                                 : "Mul",
                       {y.name, from[k].name}, "joined");
    }
    if (concatenates) {
      y.name = apply("Concat", names, "joined");
      set(last(), "axis", Index{-1});
    }
    return y;
  }
  std::string sliced(const std::string& x, Index first, Index end, Index axis) {
    const std::string from = whole("start", {first}), to = whole("end", {end}), along = whole("axis", {axis});
    return apply("Slice", {x, from, to, along}, "sliced");
  }

  Out dense(const Description& is, const std::string& at, const Out& x) {
    const Index inputs = is.sizes[0], outputs = is.sizes[1];
    const std::string weight =
        constant(under(at, "weight"), {inputs, outputs}, transposed(under(at, "weight")));
    Out y = with(x, apply("MatMul", {x.name, weight}, "product"));
    if (const std::string bias = under(at, "bias"); has(bias))
      y.name = apply("Add", {y.name, constant(bias, {outputs}, numbers(bias))}, "dense");
    y.features = outputs;
    const std::string name = text(is, "activation", "");
    return name.empty() || name == "identity" ? y : activated(is, at, y, name, "activation");
  }
  Out activated(const Description& is, const std::string& at, const Out& x, const std::string& name,
                const std::string& key) {
    const auto kind = GateFunction::kind_named(name);
    if (!kind) refuse_layer(is, at, "its activation " + quote(name) + " has no operator");
    const GateFunction usual = *kind;
    const double alpha = number(is, key + "_alpha", usual.alpha()),
                 beta = number(is, key + "_beta", usual.beta());
    const auto scalar = [&](double value) { return constant("number", {}, {static_cast<S>(value)}); };
    const auto simple = [&](const char* op) { return with(x, apply(op, {x.name}, name)); };
    const auto with_alpha = [&](const char* op) {
      const Out y = simple(op);
      set(last(), "alpha", alpha);
      return y;
    };
    switch (*kind) {
      case GateKind::identity:
        return x;
      case GateKind::affine:
        return with(x, apply("Add", {apply("Mul", {x.name, scalar(alpha)}, "scaled"), scalar(beta)}, name));
      case GateKind::relu:
        return simple("Relu");
      case GateKind::leaky_relu:
        return with_alpha("LeakyRelu");
      case GateKind::thresholded_relu:
        return with_alpha("ThresholdedRelu");
      case GateKind::tanh:
        return simple("Tanh");
      case GateKind::scaled_tanh:
        return with(
            x, apply("Mul",
                     {apply("Tanh", {apply("Mul", {x.name, scalar(beta)}, "scaled")}, name), scalar(alpha)},
                     name));
      case GateKind::sigmoid:
        return simple("Sigmoid");
      case GateKind::hard_sigmoid: {
        const Out y = with_alpha("HardSigmoid");
        set(last(), "beta", beta);
        return y;
      }
      case GateKind::elu:
        return with_alpha("Elu");
      case GateKind::selu: {
        const Out y = with_alpha("Selu");
        set(last(), "gamma", beta);
        return y;
      }
      case GateKind::softsign:
        return simple("Softsign");
      case GateKind::softplus:
        return simple("Softplus");
      case GateKind::exponential:
        return simple("Exp");
      case GateKind::silu:
        return with(x, apply("Mul", {x.name, apply("Sigmoid", {x.name}, "gate")}, name));
      case GateKind::gelu: {  // x (1 + erf(x / √2)) / 2
        const std::string e = apply("Erf", {apply("Mul", {x.name, scalar(std::sqrt(0.5))}, "scaled")}, "erf");
        const std::string half = apply("Mul", {apply("Add", {e, scalar(1)}, "erf"), scalar(0.5)}, "erf");
        return with(x, apply("Mul", {x.name, half}, name));
      }
    }
    return x;
  }
  Out layer_norm(const Description& is, const std::string& at, const Out& x) {
    const auto mean = [&](const std::string& of) {
      const std::string y = apply("ReduceMean", {of}, "mean");
      set(last(), "axes", std::vector<Index>{-1});
      return y;
    };
    const std::string centred = apply("Sub", {x.name, mean(x.name)}, "centred");
    const std::string variance = mean(apply("Mul", {centred, centred}, "square"));
    const std::string epsilon = constant("epsilon", {}, {static_cast<S>(number(is, "epsilon", 1e-5))});
    const std::string deviation = apply("Sqrt", {apply("Add", {variance, epsilon}, "variance")}, "deviation");
    const std::string whitened = apply("Div", {centred, deviation}, "whitened");
    const std::string scaled =
        apply("Mul", {whitened, constant(under(at, "weight"), {x.features}, numbers(under(at, "weight")))},
              "scaled");
    return with(x,
                apply("Add", {scaled, constant(under(at, "bias"), {x.features}, numbers(under(at, "bias")))},
                      "normalised"));
  }
  Out pool(const Description& is, const Out& x) {
    if (!x.timed) return x;
    Out y = x;
    y.timed = false;
    const std::string how = text(is, "pooling", "last");
    const auto step = [&](Index t) { return apply("Gather", {x.name, whole("step", {t}, true)}, "step"); };
    if (how == "last") {
      y.name = step(-1);
    } else if (how == "ends") {
      y.name = apply(
          "Concat",
          {sliced(step(-1), 0, x.features / 2, -1), sliced(step(0), x.features / 2, x.features, -1)}, "ends");
      set(last(), "axis", Index{-1});
    } else {
      y.name = apply(how == "mean" ? "ReduceMean" : "ReduceMax", {x.name}, how);
      set(last(), "axes", std::vector<Index>{0});
      set(last(), "keepdims", Index{0});
    }
    return y;
  }
  std::string moved(const std::string& x, const std::vector<Index>& order) {
    const std::string y = apply("Transpose", {x}, "moved");
    set(last(), "perm", order);
    return y;
  }
  /// Sets windows over time of a Conv or a pool, the last node.
  void set_window(const Description& is, Index size, Index stride) {
    const std::string padding = text(is, "padding", "causal");
    const Index dilation = static_cast<Index>(number(is, "dilation", 1)), around = (size - 1) * dilation;
    set(last(), "kernel_shape", std::vector<Index>{size});
    set(last(), "strides", std::vector<Index>{stride});
    if (is.kind == "conv1d") set(last(), "dilations", std::vector<Index>{dilation});
    if (padding == "same")
      set(last(), "auto_pad", "SAME_UPPER");
    else if (padding == "causal")
      set(last(), "pads", std::vector<Index>{around, 0});
    else if (padding == "numbers")
      set(last(), "pads",
          std::vector<Index>{static_cast<Index>(number(is, "before", 0)),
                             static_cast<Index>(number(is, "after", 0))});
  }
  Out conv1d(const Description& is, const std::string& at, const Out& x) {
    const Index inputs = is.sizes[0], outputs = is.sizes[1], size = is.sizes[2];
    const auto& weight = parameter(under(at, "weight"));
    std::vector<S> all;
    for (Index o = 0; o < outputs; ++o)
      for (Index i = 0; i < inputs; ++i)
        for (Index k = 0; k < size; ++k) all.push_back(this->at(weight, o, k * inputs + i));
    const std::string w = constant(under(at, "weight"), {outputs, inputs, size}, all),
                      b = constant(under(at, "bias"), {outputs}, numbers(under(at, "bias")));
    const std::string before = moved(x.name, {1, 2, 0});
    const std::string y = apply("Conv", {before, w, b}, "convolved");
    set_window(is, size, static_cast<Index>(number(is, "stride", 1)));
    return {moved(y, {2, 0, 1}), outputs, true, true};
  }
  Out pool1d(const Description& is, const std::string&, const Out& x) {
    const bool mean = text(is, "pooling", "max") == "mean";
    const std::string before = moved(x.name, {1, 2, 0});
    const std::string y = apply(mean ? "AveragePool" : "MaxPool", {before}, "pooled");
    set_window(is, is.sizes[0], static_cast<Index>(number(is, "stride", 1)));
    return {moved(y, {2, 0, 1}), x.features, true, true};
  }
  Out context_window(const Description& is, const Out& x) {
    const Index features = is.sizes[0], before = is.sizes[1], after = is.sizes[2], size = before + 1 + after;
    std::vector<S> all(static_cast<std::size_t>(size * features * features * size), S(0));
    for (Index k = 0; k < size; ++k)
      for (Index f = 0; f < features; ++f)
        all[static_cast<std::size_t>(((k * features + f) * features + f) * size + k)] = S(1);
    const std::string w = constant("window", {size * features, features, size}, all),
                      input = moved(x.name, {1, 2, 0});
    const std::string y = apply("Conv", {input, w}, "window");
    set(last(), "pads", std::vector<Index>{before, after});
    return {moved(y, {2, 0, 1}), size * features, true, x.steps_change};
  }

  /// A recurrent layer; with `state`, only its final state [h; c] of each direction.
  Out recurrent(const Description& is, const std::string& at, const Out& given, Out* state) {
    struct Form {
      const char* op;
      std::vector<Index> order;  // of the gates here, in ONNX's order
      bool reset_before = false;
    };
    static const std::map<std::string, Form> forms{{"elman", {"RNN", {0}}},
                                                   {"irnn", {"RNN", {0}}},
                                                   {"flexible_elman", {"RNN", {0}}},
                                                   {"lstm", {"LSTM", {0, 3, 1, 2}}},
                                                   {"peephole_lstm", {"LSTM", {0, 3, 1, 2}}},
                                                   {"flexible_lstm", {"LSTM", {0, 3, 1, 2}}},
                                                   {"gru", {"GRU", {1, 0, 2}}},
                                                   {"gru_reset_before", {"GRU", {1, 0, 2}, true}},
                                                   {"flexible_gru", {"GRU", {1, 0, 2}}}};
    const auto found = forms.find(is.kind);
    if (found == forms.end()) refuse_layer(is, at, "ONNX has no operator for it");
    const Form& form = found->second;
    const bool is_lstm = std::string(form.op) == "LSTM";
    const Index inputs = is.sizes[0], hidden = is.sizes[1], gates = static_cast<Index>(form.order.size());
    const std::string direction = text(is, "direction", "forward");
    const std::vector<std::string> ways =
        direction == "both" ? std::vector<std::string>{under(at, "forward"), under(at, "reverse")}
                            : std::vector<std::string>{at};
    const auto D = static_cast<Index>(ways.size());

    std::vector<S> w, r, b, p;
    const auto append = [](std::vector<S>& to, const std::vector<S>& from) {
      to.insert(to.end(), from.begin(), from.end());
    };
    bool has_bias = false;
    for (const auto& way : ways) {
      append(w, numbers(under(way, "weight_ih"), form.order, hidden));
      append(r, numbers(under(way, "weight_hh"), form.order, hidden));
      const std::vector<S> none(static_cast<std::size_t>(gates * hidden), S(0));
      const bool one = has(under(way, "bias")), two = has(under(way, "bias_ih"));
      has_bias = has_bias || one || two;
      append(b, one   ? numbers(under(way, "bias"), form.order, hidden)
                : two ? numbers(under(way, "bias_ih"), form.order, hidden)
                      : none);
      append(b, two ? numbers(under(way, "bias_hh"), form.order, hidden) : none);
      if (has(under(way, "weight_ci")))
        for (const char* name : {"weight_ci", "weight_co", "weight_cf"}) append(p, numbers(under(way, name)));
    }
    const std::string x = given.timed ? given.name : unsqueezed(given.name, 0);
    std::vector<std::string> in{x,
                                constant(under(at, "W"), {D, gates * hidden, inputs}, w),
                                constant(under(at, "R"), {D, gates * hidden, hidden}, r),
                                has_bias ? constant(under(at, "B"), {D, 2 * gates * hidden}, b) : "",
                                "",
                                "",
                                "",
                                ""};
    if (flag(is, "learned_state", false))
      for (int q = 0; q < (is_lstm ? 2 : 1); ++q)
        in[static_cast<std::size_t>(5 + q)] = initial(at, q, x, hidden);
    // OpenCV 4.6 wants the initial state of a GRU, if it is zero too.
    if (std::string(form.op) == "GRU" && in[5].empty() && batch_ > 0 && given.timed)
      in[5] = constant("zero", {D, batch_, hidden},
                       std::vector<S>(static_cast<std::size_t>(D * batch_ * hidden), S(0)));
    if (!p.empty()) in[7] = constant(under(at, "P"), {D, 3 * hidden}, p);
    while (in.back().empty()) in.pop_back();

    const std::string y = fresh("recurrent"), h = fresh("hidden"), c = fresh("memory");
    auto& made = is_lstm ? node(form.op, in, {state ? "" : y, state ? h : "", state ? c : ""})
                         : node(form.op, in, {state ? "" : y, state ? h : ""});
    while (made.output(made.output_size() - 1).empty()) made.mutable_output()->RemoveLast();
    set(made, "hidden_size", hidden);
    if (direction != "forward") set(made, "direction", direction == "both" ? "bidirectional" : "reverse");
    if (std::string(form.op) == "GRU")
      set(made, "linear_before_reset",
          Index{!form.reset_before && flag(is, "linear_before_reset", true) ? 1 : 0});
    if (flag(is, "input_forget", false)) set(made, "input_forget", Index{1});
    if (const auto* const clip = option(is, "clip")) {
      if (is_lstm && !flag(is, "clip_memory", true))
        refuse_layer(is, at, "it does not clip what its output function takes");
      set(made, "clip", clip->number());
    }
    set_activations(is, at, made, D,
                    is_lstm                         ? std::vector<const char*>{"gate", "candidate", "output"}
                    : std::string(form.op) == "GRU" ? std::vector<const char*>{"gate", "candidate"}
                                                    : std::vector<const char*>{"activation"});

    if (state) {  // D × B × H to B × D × H, of h and c, and then one above the other
      std::string all = moved(h, {1, 0, 2});
      if (is_lstm) {
        all = apply("Concat", {all, moved(c, {1, 0, 2})}, "state");
        set(last(), "axis", Index{2});
      }
      *state = {apply("Reshape", {all, whole("shape", {0, -1})}, "state"), D * hidden * (is_lstm ? 2 : 1),
                false};
      return *state;
    }
    Out out = given;
    out.features = hidden;
    const std::string merge = text(is, "merge", "concatenate");
    if (D == 1) {
      out.name = along("Squeeze", y, 1, "sequence");
    } else if (merge == "concatenate") {
      out.name = apply("Reshape", {moved(y, {0, 2, 1, 3}), whole("shape", {0, 0, -1})}, "sequence");
      out.features = 2 * hidden;
    } else if (merge == "mean") {
      out.name = apply("ReduceMean", {y}, "sequence");
      set(last(), "axes", std::vector<Index>{1});
      set(last(), "keepdims", Index{0});
    } else {
      out.name = along("ReduceSum", y, 1, "sequence");
      set(last(), "keepdims", Index{0});
    }
    if (!given.timed) out.name = along("Squeeze", out.name, 0, "once");
    return out;
  }
  std::string unsqueezed(const std::string& x, Index axis) { return along("Unsqueeze", x, axis, "sequence"); }
  /// A node whose axis is an attribute. Version 13 made it an input, which OpenCV 4.6 does not read.
  std::string along(const char* op, const std::string& x, Index axis, const char* hint) {
    const std::string y = apply(op, {x}, hint);
    set(last(), "axes", std::vector<Index>{axis});
    return y;
  }
  /// A learned state, repeated for each sample.
  std::string initial(const std::string& at, int q, const std::string& x, Index hidden) {
    const std::string learned = under(at, "initial." + std::to_string(q));
    const std::string row = constant(learned, {1, 1, hidden}, numbers(learned));
    const std::string batch = apply("Gather", {apply("Shape", {x}, "shape"), whole("axis", {1})}, "batch");
    const std::string shape = apply("Concat", {whole("one", {1}), batch, whole("hidden", {hidden})}, "shape");
    set(last(), "axis", Index{0});
    return apply("Expand", {row, shape}, "initial");
  }
  void set_activations(const Description& is, const std::string& at, messages::Node& made, Index ways,
                       const std::vector<const char*>& keys) {
    static const std::map<std::string, const char*> names{{"relu", "Relu"},
                                                          {"tanh", "Tanh"},
                                                          {"sigmoid", "Sigmoid"},
                                                          {"affine", "Affine"},
                                                          {"leaky_relu", "LeakyRelu"},
                                                          {"thresholded_relu", "ThresholdedRelu"},
                                                          {"scaled_tanh", "ScaledTanh"},
                                                          {"hard_sigmoid", "HardSigmoid"},
                                                          {"elu", "Elu"},
                                                          {"softsign", "Softsign"},
                                                          {"softplus", "Softplus"}};
    bool any = false;
    for (const char* key : keys) any = any || option(is, key);
    if (!any && is.kind != "irnn") return;
    std::vector<std::string> all;
    std::vector<double> alphas, betas;
    for (Index d = 0; d < ways; ++d)
      for (const char* key : keys) {
        const std::string name = text(is, key,
                                      is.kind == "irnn"            ? "relu"
                                      : std::string(key) == "gate" ? "sigmoid"
                                                                   : "tanh");
        const auto found = names.find(name);
        if (found == names.end())
          refuse_layer(is, at, "its activation " + quote(name) + " is none of ONNX's");
        all.emplace_back(found->second);
        const GateFunction usual = *GateFunction::kind_named(name);
        if (usual.has_alpha()) alphas.push_back(number(is, std::string(key) + "_alpha", usual.alpha()));
        if (usual.has_beta()) betas.push_back(number(is, std::string(key) + "_beta", usual.beta()));
      }
    auto& functions = add(made, "activations", 8);
    for (const auto& name : all) functions.add_strings(name);
    if (!alphas.empty()) {
      auto& list = add(made, "activation_alpha", 6);
      for (const double alpha : alphas) list.add_floats(static_cast<float>(alpha));
    }
    if (!betas.empty()) {
      auto& list = add(made, "activation_beta", 6);
      for (const double beta : betas) list.add_floats(static_cast<float>(beta));
    }
  }

  Index steps_, batch_;
  messages::Model model_;
  std::map<std::string, ParameterView<const S>> parameters_;
  std::map<std::string, int> names_;
};

}  // namespace recur::inline RECUR_ABI::detail::onnx
