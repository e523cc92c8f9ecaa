// The nodes of an ONNX graph, from inputs to outputs. What is constant is computed at once; what only moves axes around
// changes how a tensor is seen; and what computes becomes a step.
//
// The graph is walked three times. The first two find which axes of the inputs are time, batch and features: each node
// knows some of it, often long after the input. The third makes the steps.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "recur/exchange/onnx_array.hpp"
#include "recur/exchange/onnx_file.hpp"
#include "recur/exchange/onnx_recurrent.hpp"
#include "recur/exchange/onnx_signal.hpp"
#include "recur/exchange/onnx_steps.hpp"
#include "recur/layer/layer_norm.hpp"
#include "recur/layer/pointwise.hpp"
#include "recur/network/network.hpp"

namespace recur::inline RECUR_ABI::detail::onnx {

/// What a signal is on the way to a layer normalisation or a GELU in single nodes.
struct Moment {
  enum class Kind { mean, centred, square, variance, deviation, erf, one_plus_erf } kind;
  std::shared_ptr<const Signal> of;
  float epsilon = 0;  // of a variance and a deviation; of one_plus_erf, the factor of the whole
};
/// The products of queries and keys, on the way to attention, and the softmax of them.
struct Scores {
  std::shared_ptr<const Signal> queries, keys;
  float scale = 1;
  bool are_weights = false;
};
/// The order in which sequences are sorted by their lengths, or the way back.
struct Order {
  bool is_back;
};
/// A tensor of which nothing is known. It may only be thrown away.
struct Unknown {};
/// 0, 1, 2, ... for each step of an axis of the inputs, along axis `at` of `rank`.
struct StepNumbers {
  int of;
  Index rank = 1, at = 0;
};

using Value =
    std::variant<Unknown, StepNumbers, Numbers, Sizes, std::shared_ptr<const Signal>, Moment, Scores, Order>;

/// What all operators need: values, axes, and steps. See onnx_operators.hpp for the operators.
class Walk {
 public:
  explicit Walk(const std::filesystem::path& path) : file_(path) {
    const auto& graph = file_.graph();
    for (int k = 0; k < graph.node_size(); ++k) nodes_.emplace_back(file_, graph.node(k), k);
    for (const auto& tensor : graph.initializer()) {
      file_.check(!tensor.name().empty() && initializers_.emplace(tensor.name(), &tensor).second,
                  "has two initializers ", quote(tensor.name()), ", or one without a name");
    }
    for (const auto& node : nodes_)
      for (int i = 0; i < node.inputs(); ++i)
        if (!node.input(i).empty()) ++uses_[node.input(i)];  // else one that is left out
    for (const auto& output : graph.output()) ++uses_[output.name()];
    for (const auto& input : graph.input())
      if (!initializers_.contains(input.name())) add_input(input);
    file_.check(!inputs_.empty() && graph.output_size() > 0, "has ", inputs_.size(), " inputs and ",
                graph.output_size(), " outputs: it must have at least one of each");
    own_axes_ = table_.count();
  }
  Walk(const Walk&) = delete;
  Walk& operator=(const Walk&) = delete;

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
      dry_ = times < 2;
      if (!dry_) choose_roles();
      run();
    }
  }

  struct Input {
    std::string name;
    bool is_float, is_tokens = false, is_state = false, is_lengths = false;
    std::vector<int> axes;
    int step = -1;
  };
  using SignalPtr = std::shared_ptr<const Signal>;

  // ---- Inputs and outputs.

  void add_input(const messages::Value& value) {
    const std::string place = "the input " + quote(value.name());
    file_.check(value.type().has_tensor_type() && value.type().tensor_type().has_shape(), place,
                " is no tensor with a shape: it must have one");
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
    for (const auto& other : inputs_)
      file_.check(other.name != input.name, "has two inputs ", quote(input.name));
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
    values_.clear();
    outputs_.clear();
    steps_.clear();
    twice_.clear();
    budget_ = 4 * static_cast<Index>(file_.size()) + (Index{1} << 20);
    begin_inputs();
    for (const Node& node : nodes_) {
      Node reader = node;
      node.check(node.domain().empty() || node.domain() == "ai.onnx" || node.domain() == "com.microsoft",
                 "is of the domain ", quote(node.domain()), ", which is not known");
      apply(reader);
      reader.finish();
    }
    for (const auto& output : file_.graph().output())
      file_.check(values_.contains(output.name()), "has the output ", quote(output.name()),
                  ", which no node gives");
    if (!dry_)
      for (const auto& output : file_.graph().output()) step_of_output(output.name());
  }

  int step_of_output(const std::string& name) {
    if (const auto known = outputs_.find(name); known != outputs_.end()) return known->second;
    const auto* const x = std::get_if<SignalPtr>(values_.at(name).get());
    file_.check(x && !(*x)->is_permuted && (*x)->before == 0 && (*x)->after == 0 && !(*x)->pieces.empty(),
                "has the output ", quote(name),
                ", which is no value of each step or sequence of an input in its own order");
    const Node last = nodes_.empty() ? Node(file_, messages::Node::default_instance(), 0) : nodes_.back();
    return outputs_[name] = steps_.gather(pieces_of(last, **x), name);
  }
  /// The outputs without those that are parts of the state, as `is_it` says it, unless all of them are.
  std::vector<std::string> kept(bool Step::*is_it) const {
    std::vector<std::string> all, kept;
    for (const auto& output : file_.graph().output()) {
      const auto* const x = std::get_if<SignalPtr>(values_.at(output.name()).get());
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

  // ---- Values.

  void set(const std::string& name, Value value) {
    if (name.empty()) return;
    file_.check(values_.emplace(name, std::make_shared<const Value>(std::move(value))).second,
                "has the value ", quote(name), " twice");
  }
  void set(const Node& node, int output, Value value) { set(node.output(output), std::move(value)); }

  const Value& value(const Node& node, int i) {
    const std::string& name = node.input(i);
    node.check(!name.empty(), "has no input ", i);
    if (const auto found = values_.find(name); found != values_.end()) return *found->second;
    if (const auto found = constants_.find(name); found != constants_.end()) return *found->second;
    const auto tensor = initializers_.find(name);
    node.check(tensor != initializers_.end(), "reads ", quote(name), ", which nothing before it gives");
    const TensorReader reader(file_, *tensor->second, "the initializer " + quote(name));
    return *constants_.emplace(name, std::make_shared<const Value>(constant_of(reader))).first->second;
  }
  Value constant_of(const TensorReader& reader) {
    if (reader.is_float()) return reader.numbers();
    constexpr Index most = 1 << 16;
    file_.check(reader.count() <= most, "has a constant of ", reader.count(),
                " whole numbers: it can have up to ", most);
    budget_ -= reader.count() * static_cast<Index>(sizeof(Size) + sizeof(Index));
    file_.check(budget_ >= 0, "makes constants that are larger than the file explains");
    const Array<Index> whole = reader.integers();
    Sizes sizes{whole.dims, {}};
    sizes.values.reserve(whole.values.size());
    for (const Index number : whole.values) sizes.values.push_back({number, {}});
    return sizes;
  }
  bool is_signal(const Node& node, int i) { return std::holds_alternative<SignalPtr>(value(node, i)); }
  /// A value of the inputs. Only those who ask for it may get one in another order or with zeros around it.
  SignalPtr signal(const Node& node, int i, bool any = false) {
    const auto* const x = std::get_if<SignalPtr>(&value(node, i));
    node.check(x, "has input ", i, ", ", quote(node.input(i)),
               std::holds_alternative<Moment>(value(node, i))
                   ? ", a part of a layer normalisation or a GELU, of which only the whole can be represented"
               : std::holds_alternative<Scores>(value(node, i))
                   ? ", the scores of attention: they can only be scaled and go through a softmax"
               : std::holds_alternative<Unknown>(value(node, i))
                   ? ", numbers of steps or of an order: what is computed of them can't be represented"
                   : ", which does not depend on the inputs: it must");
    node.check(any || ((*x)->before == 0 && (*x)->after == 0),
               "reads zeros around a sequence: only a Conv can");
    node.check(any || !(*x)->is_rounded,
               "reads numbers that were cast to whole numbers: they can only be tokens");
    return *x;
  }
  /// A constant. Only those who ask for it may get one that is repeated along axes of the inputs.
  const Numbers& numbers(const Node& node, int i, bool any = false) {
    const auto* const x = std::get_if<Numbers>(&value(node, i));
    node.check(x, "has input ", i, ", ", quote(node.input(i)),
               ", which is no constant of numbers: it must be one");
    check_no_prefix(node, *x);
    if (!any) check_not_repeated(node, *x);
    return *x;
  }
  template <class T>
  static void check_no_prefix(const Node& node, const Array<T>& x) {
    node.check(x.prefix < 0,
               "reads as many numbers of a constant as there are steps: they can only be added to each step");
  }
  template <class T>
  static void check_not_repeated(const Node& node, const Array<T>& x) {
    node.check(x.repeats.empty(),
               "reads a constant that has the size of time or batch: that can't be represented");
  }
  const Numbers* numbers_or_none(const Node& node, int i) {
    return node.input(i).empty() ? nullptr : &numbers(node, i);
  }
  Index known(const Node& node, const Size& size) const {
    Index number = size.number;
    for (const int axis : size.axes) {
      node.check(table_.size(axis) >= 0, "needs the size of an axis that the file does not say");
      node.check(std::abs(number) <= (Index{1} << 31), "has sizes that are too large");
      number *= table_.size(axis);
    }
    return number;
  }
  const Sizes& sizes(const Node& node, int i) {
    const auto* const x = std::get_if<Sizes>(&value(node, i));
    node.check(x, "has input ", i, ", ", quote(node.input(i)),
               ", which is no constant of whole numbers: it must be one");
    node.check(x->count() <= (1 << 16), "has input ", i, " of ", x->count(),
               " whole numbers: that is too many here");
    check_no_prefix(node, *x);
    check_not_repeated(node, *x);
    return *x;
  }
  std::vector<Index> whole(const Node& node, int i) {
    const Sizes& given = sizes(node, i);
    std::vector<Index> all;
    for (Index k = 0; k < given.count(); ++k) all.push_back(known(node, given.at(k)));
    return all;
  }
  /// What newer versions give as an input, and older ones as an attribute.
  std::optional<std::vector<Index>> whole(Node& node, int i, const char* attribute) {
    if (auto given = node.integers(attribute)) return given;
    if (node.input(i).empty()) return {};
    return whole(node, i);
  }
  static std::size_t axis_of(const Node& node, Index axis, Index rank) {
    node.check(axis >= -rank && axis < rank, "has axis ", axis, " of a tensor of ", rank, " axes");
    return static_cast<std::size_t>(axis < 0 ? axis + rank : axis);
  }
  /// Counts the memory of what is computed of constants.
  void spend(const Node& node, Index bytes) {
    budget_ -= bytes;
    node.check(budget_ >= 0, "makes constants that are larger than the file explains");
  }
  template <class T>
  Array<T> view(const Node& node, const Array<T>& x, std::vector<Index> dims,
                const std::vector<Index>& strides, Index first = 0) {
    const auto count = product_of(dims);
    node.check(count.has_value(), "makes a constant that is too large");
    if (!x.is_uniform()) spend(node, *count * static_cast<Index>(sizeof(T)));
    return x.view(std::move(dims), strides, first);
  }
  /// Calls f(array) if input i is a constant, and sets output 0 to what it gives.
  template <class F>
  bool of_constant(const Node& node, int i, F&& f, bool keeps_prefix = false) {
    return of_array(value(node, i), [&](const auto& x) {
      if (!keeps_prefix) check_no_prefix(node, x);
      set(node, 0, f(x));
    });
  }
  /// Calls f(array) if x is a constant.
  template <class F>
  static bool of_array(const Value& x, F&& f) {
    if (const auto* const n = std::get_if<Numbers>(&x))
      f(*n);
    else if (const auto* const s = std::get_if<Sizes>(&x))
      f(*s);
    else
      return false;
    return true;
  }
  void give(const Node& node, Signal x, int output = 0) {
    set(node, output, std::make_shared<const Signal>(std::move(x)));
  }

  // ---- Axes and roles.

  void be(const Node& node, const Axis& axis, Role role) {
    static constexpr const char* names[] = {"unknown", "time", "batch", "features"};
    for (const Factor& f : axis) {
      const bool legal = f.is_feature() ? role == Role::feature : table_.set_role(f.axis, role);
      node.check(legal, "takes for ", names[static_cast<int>(role)], " what is ",
                 names[static_cast<int>(f.is_feature() ? Role::feature : table_.role(f.axis))], " elsewhere");
    }
  }
  /// The number of features of an axis, which must have nothing else; -1 while that is not known.
  Index features(const Node& node, const Axis& axis) {
    be(node, axis, Role::feature);
    Index count = 1;
    for (const Factor& f : axis) {
      const Index size = f.is_feature() ? f.size : table_.size(f.axis);
      if (size < 0) return -1;
      count *= size;
    }
    return count;
  }
  /// It must have so many.
  void have_features(const Node& node, const Axis& axis, Index count) {
    node.check(count >= 1, "takes no features");
    const Index given = features(node, axis);
    if (given < 0 && axis.size() == 1) table_.set_size(axis[0].axis, count);
    node.check(given < 0 || given == count, "takes ", count, " features, and its input has ", given);
  }
  /// All axes but these must hold no features.
  void have_none_but(const Node& node, const std::vector<Axis>& axes,
                     std::initializer_list<std::size_t> but) {
    for (std::size_t k = 0; k < axes.size(); ++k)
      if (std::find(but.begin(), but.end(), k) == but.end())
        node.check(features_of(axes[k]) == 1,
                   "works along one axis of a value with features in several: that can't be represented");
  }
  /// Of a state or of lengths, the axes are not known and need not be.
  bool is_loose(const Signal& x) const {
    if (dry_ || x.source < 0) return dry_;
    const Input& input = inputs_[static_cast<std::size_t>(x.source)];
    return input.is_state || input.is_lengths;
  }
  Size size_of(const Axis& axis) const {
    Size size;
    for (const Factor& f : axis)
      if (f.is_feature())
        size.number *= f.size;
      else
        size.axes.push_back(f.axis);
    std::sort(size.axes.begin(), size.axes.end());
    return size;
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

  File file_;
  bool dry_ = true;
  AxisTable table_;
  std::vector<Input> inputs_;
  std::map<std::string, Index> uses_;  // how many nodes and outputs read it
  Steps steps_;

 private:
  std::vector<Node> nodes_;
  std::map<std::string, const messages::Tensor*> initializers_;
  std::map<std::string, std::shared_ptr<const Value>> constants_, values_;
  std::map<int, int> twice_;
  std::map<std::string, int> outputs_;  // the steps that give them
  int own_axes_ = 0;                    // of the inputs
  Index budget_ = 0;
};

}  // namespace recur::inline RECUR_ABI::detail::onnx
