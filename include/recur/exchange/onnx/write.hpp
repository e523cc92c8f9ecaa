// Networks as ONNX graphs. A network is written as its description says, so what can be saved can be written, if ONNX
// has an operator for it.
//
// Values have the axes steps × batch × features, or batch × features behind a pool.
#pragma once

#include <concepts>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "recur/core/description.hpp"
#include "recur/core/error.hpp"
#include "recur/core/sequence.hpp"
#include "recur/exchange/onnx/write_layers.hpp"

namespace recur::inline RECUR_ABI::detail::onnx {

class Writer final : public LayerWriter {
 public:
  template <class L>
  Writer(const L& network, const OnnxOptions& options) : LayerWriter(network, options) {}

  /// A network with one input and one output.
  template <class In>
  void write(const Description& description, Index features) {
    require(features >= 1 || std::same_as<In, Token>,
            "a network of any number of features has no ONNX file: its first layer "
            "must say how many it takes");
    const Written x = add_input<In>("input", features);
    reserve("output");
    add_lengths();
    add_output(layer(description, "", x), "output");
    add_states();
  }
  /// A graph with named inputs and outputs.
  template <class In>
  void write_graph(const Description& description) {
    std::map<std::string, Written> values;
    for (const Description& part : description.layers)
      if (part.kind == "input") {
        const std::string name = text(part, "name", "");
        values.emplace(name, add_input<In>(name, part.sizes[0]));
      }
    for (const Description& part : description.layers)
      if (part.kind == "output") reserve(text(part, "from", ""));
    add_lengths();
    for (auto& [name, from] : graph_nodes(description, "", std::move(values))) add_output(from, name);
    add_states();
  }

 private:
  template <class In>
  Written add_input(const std::string& name, Index features) {
    if constexpr (std::same_as<In, Token>)
      input(name, int64, {steps(), batch()});
    else
      input(name, number_type(), {steps(), batch(), {features, ""}});
    return {name, features};
  }
  void add_output(const Written& y, const std::string& name) {
    node("Identity", {y.name}, {name});
    std::vector<Dim> dims{batch(), {y.features, ""}};
    if (y.timed) dims.insert(dims.begin(), y.steps_change ? Dim{0, "outputs"} : steps());
    output(name, dims);
  }
  void add_states() {
    for (const State& state : states_)
      output(state.name, {{state.directions, ""}, batch(), {state.hidden, ""}});
  }

  Written layer(const Description& is, const std::string& at, const Written& x) {
    const std::string& kind = is.kind;
    if (kind == "chain") {
      Written y = x;
      for (std::size_t k = 0; k < is.layers.size(); ++k)
        y = layer(is.layers[k], under(at, std::to_string(k)), y);
      return y;
    }
    if (kind == "residual") {
      const Written y = layer(is.layers[0], at, x);
      return with(y, apply("Add", {x.name, y.name}, "sum"));
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
    if (kind == "attention_pool") return attention_pool(is, at, x);
    if (kind == "layer_norm") return layer_norm(at, x, number(is, "epsilon", 1e-5));
    if (kind == "activation" || kind == "flexible_activation")
      return activated(is, at, x, text(is, "function", ""), "function");
    if (kind == "softmax") {
      const char* const op = flag(is, "logarithm", false) ? "LogSoftmax" : "Softmax";
      return with(x, apply(op, {x.name}, "softmax", "axis", Index{-1}));
    }
    if (kind == "prelu") return with(x, apply("PRelu", {x.name, row(under(at, "weight"))}, "prelu"));
    if (kind == "scale") return scaled(x, x.name, under(at, "weight"), under(at, "bias"));
    if (kind == "conv1d") return conv1d(is, at, x);
    if (kind == "pool1d") return pool1d(is, at, x);
    if (kind == "context_window") return context_window(is, at, x);
    if (kind == "reverse_time") return reversed(x);
    if (kind == "sinusoidal_positions" || kind == "learned_positions") return positions(is, at, x);
    if (kind == "multi_head_attention") return attention(is, at, x, is.sizes[1], flag(is, "causal", false));
    if (kind == "transformer_encoder_layer") return transformer(is, at, x);
    return recurrent(kind == "final_state" ? is.layers[0] : is, at, x, kind == "final_state");
  }

  std::vector<std::pair<std::string, Written>> graph_nodes(const Description& is, const std::string& at,
                                                           std::map<std::string, Written> values) {
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
        std::vector<Written> from;
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
    std::vector<std::pair<std::string, Written>> all;
    for (const auto& name : outputs) all.emplace_back(name, values.at(name));
    return all;
  }
  Written graph_node(const Description& part, const std::string& at, const std::vector<Written>& from) {
    if (part.kind == "node") return layer(part.layers[0], at, from[0]);
    Written y = with(from[0], from[0].name);
    if (part.kind == "slice") {
      y.name = sliced(y.name, part.sizes[0], part.sizes[0] + part.sizes[1], -1);
      y.features = part.sizes[1];
      return y;
    }
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
    if (concatenates) y.name = apply("Concat", names, "joined", "axis", Index{-1});
    return y;
  }
};

}  // namespace recur::inline RECUR_ABI::detail::onnx
