// The nodes of an ONNX graph, from inputs to outputs. What is constant is computed at once; what only moves axes around
// changes how a tensor is seen; and what computes becomes a step.
//
// The graph is walked three times. The first two find which axes of the inputs are time, batch and features: each node
// knows some of it, often long after the input. The third makes the steps.
#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "recur/exchange/onnx/file.hpp"
#include "recur/exchange/onnx/signal.hpp"
#include "recur/exchange/onnx/steps.hpp"
#include "recur/exchange/onnx/values.hpp"
#include "recur/network/network.hpp"

namespace recur::inline RECUR_ABI::detail::onnx {

/// What all operators need: values, axes, and steps. operators.hpp has the operators.
class Walk : public Values {
 public:
  explicit Walk(const std::filesystem::path& path) : Values(path) {
    const auto& graph = file_.graph();
    for (int k = 0; k < graph.node_size(); ++k) nodes_.emplace_back(file_, graph.node(k), k);
    for (const auto& node : nodes_)
      for (int i = 0; i < node.inputs(); ++i)
        if (!node.input(i).empty()) ++uses_[node.input(i)];  // else one that is left out
    for (const auto& output : graph.output()) ++uses_[output.name()];
    for (const auto& input : graph.input())
      if (!has_initializer(input.name())) add_input(input);
    file_.check(!inputs_.empty() && graph.output_size() > 0, "has ", inputs_.size(), " inputs and ",
                graph.output_size(), " outputs: it must have at least one of each");
    own_axes_ = table_.count();
  }

  template <class In>
  Graph<float, In> graph() {
    std::vector<std::pair<int, std::string>> outputs;
    for (const auto& name : kept(&Step::is_memory)) outputs.emplace_back(step_of_output(name), name);
    return steps_.graph<In>(file_, separate(std::move(outputs)));
  }
  template <class In>
  Network<float, In> network() {
    const auto names = kept(&Step::is_state);
    std::string list;
    for (const auto& name : names) list += (list.empty() ? "" : ", ") + quote(name);
    file_.check(names.size() == 1, "has the outputs ", list,
                ": a network has one; load_onnx_graph gives all of them");
    auto outputs = separate({{step_of_output(names[0]), names[0]}});
    return steps_.network<In>(file_, outputs[0]);
  }

 protected:
  ~Walk() = default;
  /// Sets the outputs of a node.
  virtual void apply(Node& node) = 0;
  void walk() {
    for (const int times : {0, 1, 2}) {
      dry_ = times < 2, is_first_ = times == 0;
      if (!dry_) choose_roles();
      run();
    }
  }

  // ---- Inputs and outputs.

  void add_input(const messages::Value& value) {
    const std::string place = "the input " + quote(value.name());
    file_.check(value.type().has_tensor_type() && value.type().tensor_type().has_shape(), place,
                " is not a tensor with a shape: it must have one");
    const auto& type = value.type().tensor_type();
    const bool is_float =
        type.elem_type() == 1 || type.elem_type() == 10 || type.elem_type() == 11 || type.elem_type() == 16;
    file_.check(is_float || (type.elem_type() >= 2 && type.elem_type() <= 7), place, " is of type ",
                type.elem_type(), ": legal are numbers and whole numbers");
    Input input{value.name(), is_float, false, false, false, {}, -1};
    constexpr int most_axes = 8;
    file_.check(type.shape().dim_size() <= most_axes, place, " has ", type.shape().dim_size(),
                " axes: it can have up to ", most_axes);
    for (const auto& dim : type.shape().dim()) {
      constexpr Index most = 1 << 24;
      file_.check(!dim.has_dim_value() || (dim.dim_value() >= 0 && dim.dim_value() <= most), place,
                  " has an axis of size ", dim.dim_value(), ": it must be from 1 to ", most);
      input.axes.push_back(table_.add(dim.has_dim_value() && dim.dim_value() > 0 ? dim.dim_value() : -1));
    }
    file_.check(input_names_.insert(input.name).second, "has two inputs ", quote(input.name));
    inputs_.push_back(std::move(input));
  }

  /// What no node has said of the axes: features are the last axis, then comes time, or batch if there is only one more.
  void choose_roles() {
    for (auto& input : inputs_) {
      if (input.is_state || input.is_lengths) continue;
      const auto count = [&](Role role) {
        return std::count_if(input.axes.begin(), input.axes.end(),
                             [&](int axis) { return table_.role(axis) == role; });
      };
      if (!input.is_tokens && count(Role::feature) == 0 && !input.axes.empty() &&
          table_.role(input.axes.back()) == Role::unknown)
        table_.set_role(input.axes.back(), Role::feature);
      for (const int axis : input.axes)
        if (table_.role(axis) == Role::unknown)
          table_.set_role(axis, count(Role::batch) == 0 && !(count(Role::unknown) == 1 && input.is_tokens &&
                                                             count(Role::time) == 0)
                                    ? Role::batch
                                    : Role::time);
    }
  }

  void begin_inputs() {
    table_.forget_after(own_axes_);
    for (std::size_t k = 0; k < inputs_.size(); ++k) {
      Input& input = inputs_[k];
      Signal x;
      x.source = static_cast<int>(k);
      bool timed = false;
      if (dry_ || input.is_state || input.is_lengths) {
        for (const int axis : input.axes) x.axes.push_back({{axis, table_.size(axis), 0}});
      } else {
        const std::string place = "the input " + quote(input.name);
        int times = 0, batches = 0;
        for (std::size_t a = 0; a < input.axes.size(); ++a) {
          const int axis = input.axes[a];
          const Role role = table_.role(axis);
          times += role == Role::time;
          batches += role == Role::batch;
          if (role == Role::feature) {
            file_.check(table_.size(axis) > 0, place, " has features of no known size in axis ", a);
            x.axes.push_back({{-1, table_.size(axis), 1}});
          } else {
            x.axes.push_back({{axis, table_.size(axis), 0}});
          }
        }
        file_.check(times <= 1 && batches <= 1, place, " has ", times, " axes of time and ", batches,
                    " of batch: it can have one of each");
        timed = times == 1;
        Index features = 1;
        for (const Axis& axis : x.axes) {
          const Index more = features_of(axis);
          file_.check(features <= (Index{1} << 24) / more, place, " has more than 2^24 features");
          features *= more;
        }
        input.step = steps_.add({Step::Kind::input, input.name, {}, features, timed});
        x.pieces = {{input.step, 0, features}};
        x.axes = stacked(x.axes);
      }
      set(input.name, std::make_shared<const Signal>(std::move(x)));
    }
  }

  void run() {
    forget_values();
    outputs_.clear();
    steps_.clear();
    twice_.clear();
    begin_inputs();
    for (const Node& node : nodes_) {
      Node reader = node;
      node.check(node.domain().empty() || node.domain() == "ai.onnx" || node.domain() == "com.microsoft",
                 "is of the domain ", quote(node.domain()), ", which is not known");
      const int before = steps_.count();
      apply(reader);
      reader.finish();
      for (int step = before; step < steps_.count(); ++step)  // there, and in the network that is made of it
        spend(node, 2 * steps_.numbers(step) * Index{sizeof(float)});
    }
    for (const auto& output : file_.graph().output())
      file_.check(has_value(output.name()), "has the output ", quote(output.name()), ", which no node gives");
    if (!dry_)
      for (const auto& output : file_.graph().output()) step_of_output(output.name());
  }

  int step_of_output(const std::string& name) {
    if (const auto known = outputs_.find(name); known != outputs_.end()) return known->second;
    const auto* const x = std::get_if<SignalPtr>(&value(name));
    file_.check(x && !(*x)->is_permuted && (*x)->before == 0 && (*x)->after == 0 && !(*x)->pieces.empty(),
                "has the output ", quote(name),
                ", which is not a value of each step or sequence of an input in its own order");
    const Node last = nodes_.empty() ? Node(file_, messages::Node::default_instance(), 0) : nodes_.back();
    return outputs_[name] = steps_.gather(pieces_of(last, **x), name);
  }
  /// The outputs without those that are parts of the state, as `is_it` says it, unless all of them are.
  std::vector<std::string> kept(bool Step::*is_it) const {
    std::vector<std::string> all, kept;
    for (const auto& output : file_.graph().output()) {
      const auto* const x = std::get_if<SignalPtr>(&value(output.name()));
      all.push_back(output.name());
      if (!x || !std::all_of((*x)->pieces.begin(), (*x)->pieces.end(),
                             [&](const Piece& p) { return steps_[p.step].*is_it; }))
        kept.push_back(output.name());
    }
    return kept.empty() ? all : kept;
  }
  /// Two outputs that are the same step become two steps.
  std::vector<std::pair<int, std::string>> separate(std::vector<std::pair<int, std::string>> outputs) {
    std::set<int> seen;
    for (auto& [step, name] : outputs) {
      if (seen.insert(step).second && steps_[step].kind != Step::Kind::input) continue;
      Step copy{Step::Kind::slice, name, {step}, steps_[step].features, steps_[step].timed};
      copy.slice = {0, copy.features};
      step = steps_.add(std::move(copy));
    }
    return outputs;
  }

  // ---- Steps.

  /// The step that gives the features of x in the order of its axes; -1 before steps are made.
  int step_of(const Node& node, const Signal& x) {
    if (dry_) return -1;
    node.check(!x.pieces.empty(), "computes with ",
               x.source >= 0 ? quote(inputs_[static_cast<std::size_t>(x.source)].name) : "a value",
               ", which is a state or the lengths of sequences: that can't be represented");
    const auto pieces = pieces_of(node, x);
    for (const Piece& piece : pieces)
      node.check(steps_[piece.step].timed == steps_[pieces[0].step].timed,
                 "joins what is there at each step with what is there once");
    return steps_.gather(pieces, name_of(node));
  }
  static std::string name_of(const Node& node) {
    const std::string& own = node.own_name();
    return own.empty() ? node.output(0) : own;
  }
  /// A signal of all features of a step.
  Signal whole_of(int step, std::vector<Axis> axes, const Signal& like) const {
    Signal y;
    y.is_permuted = like.is_permuted;
    y.axes = stacked(axes);
    if (!dry_) y.pieces = {{step, 0, steps_[step].features}};
    return y;
  }
  int add(const Node& node, Step::Kind kind, int from, Index outputs, Step step) {
    if (dry_) return -1;
    step.kind = kind;
    step.name = name_of(node);
    step.from = {from};
    step.features = outputs;
    step.timed = steps_[from].timed;
    return steps_.add(std::move(step));
  }
  static Step blank() { return {Step::Kind::layer, {}, {}, 0, false}; }
  template <class L>
  int add_layer(const Node& node, int from, L layer) {
    if (dry_) return -1;
    Step step = blank();
    const Index outputs = layer.output_size() == any_size ? steps_[from].features : layer.output_size();
    step.layer.emplace(std::move(layer));
    return add(node, Step::Kind::layer, from, outputs, std::move(step));
  }
  /// y = factor ∘ x + bias, in the order of the features of x.
  Signal scaled(const Node& node, const Signal& x, const VectorX<float>& factor, const VectorX<float>& bias) {
    if (dry_) return whole_of(-1, x.axes, x);
    node.check(factor.allFinite() && bias.allFinite(),
               "multiplies by a number, or adds one, that is too large for a float");
    Step step = blank();
    step.factor = factor;
    step.bias = bias;
    const int from = step_of(node, x);
    return whole_of(add(node, Step::Kind::scale, from, steps_[from].features, std::move(step)), x.axes, x);
  }
  Signal activated(const Node& node, const Signal& x, const std::string& name, Network<float> layer) {
    if (dry_) return whole_of(-1, x.axes, x);
    Step step = blank();
    step.activation = name;
    step.layer.emplace(std::move(layer));
    const int from = step_of(node, x);
    return whole_of(add(node, Step::Kind::activation, from, steps_[from].features, std::move(step)), x.axes,
                    x);
  }
  /// The last or the first step of each sequence, or their mean or maximum.
  enum class Ends { last, first, both, mean, max };
  Signal pooled(const Node& node, const Signal& x, Ends ends, bool is_state = false) {
    Signal y = x;
    y.source = -1;
    for (Piece& piece : y.pieces) {
      const Index features = steps_[piece.step].features;
      if (ends == Ends::first) {  // what has [x; x] at its ends is [x_T; x_1]
        const auto [twice, is_new] = twice_.try_emplace(piece.step, 0);
        if (is_new) twice->second = steps_.join(Join::concatenate, {piece.step, piece.step}, name_of(node));
        piece.step = steps_.pool(twice->second, Pooling::ends, is_state, name_of(node));
        piece.first += features;
      } else {
        piece.step = steps_.pool(piece.step,
                                 ends == Ends::last   ? Pooling::last
                                 : ends == Ends::both ? Pooling::ends
                                 : ends == Ends::mean ? Pooling::mean
                                                      : Pooling::max,
                                 is_state, name_of(node));
      }
    }
    return y;
  }

  std::map<std::string, Index> uses_;  // how many nodes and outputs read it
  Steps steps_;

 private:
  std::vector<Node> nodes_;
  std::set<std::string> input_names_;
  std::map<int, int> twice_;
  std::map<std::string, int> outputs_;  // the steps that give them
  int own_axes_ = 0;                    // of the inputs
};

}  // namespace recur::inline RECUR_ABI::detail::onnx
