// What the values of an ONNX graph are while it is walked, and how operators ask for those that they read: constants,
// sizes, or values of the inputs with axes of certain roles.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "recur/exchange/onnx/array.hpp"
#include "recur/exchange/onnx/file.hpp"
#include "recur/exchange/onnx/signal.hpp"

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

/// The values by name, and the axes of the inputs.
class Values {
 protected:
  struct Input {
    std::string name;
    bool is_float, is_tokens = false, is_state = false, is_lengths = false;
    std::vector<int> axes;
    int step = -1;
  };
  using SignalPtr = std::shared_ptr<const Signal>;

  explicit Values(const std::filesystem::path& path) : file_(path) {
    for (const auto& tensor : file_.graph().initializer())
      file_.check(!tensor.name().empty() && initializers_.emplace(tensor.name(), &tensor).second,
                  "has two initializers ", quote(tensor.name()), ", or one without a name");
  }
  ~Values() = default;
  Values(const Values&) = delete;
  Values& operator=(const Values&) = delete;

  void forget_values() {
    values_.clear();
    budget_ = file_.left() - kept_;
  }
  bool has_initializer(const std::string& name) const { return initializers_.contains(name); }
  bool has_value(const std::string& name) const { return values_.contains(name); }
  const Value& value(const std::string& name) const { return *values_.at(name); }

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
    const Index before = budget_;
    auto constant = std::make_shared<const Value>(constant_of(reader));
    kept_ += before - budget_;
    return *constants_.emplace(name, std::move(constant)).first->second;
  }
  Value constant_of(const TensorReader& reader) {
    if (reader.is_float()) {
      budget_ -= reader.count() * Index{sizeof(float)};
      file_.check(budget_ >= 0, "makes constants that are larger than the file explains");
      return reader.numbers();
    }
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
    const Value& given = value(node, i);
    const auto* const x = std::get_if<Numbers>(&given);
    const auto* const run = std::get_if<SignalPtr>(&given);
    node.check(!run || (*run)->source < 0, "has input ", i, ", ", quote(node.input(i)),
               ", which comes from an input of the graph: weights must be initializers");
    node.check(x, "has input ", i, ", ", quote(node.input(i)),
               ", which is not a constant of numbers: it must be one");
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
  /// Whether |n| is at most so large. std::abs is not defined for the smallest number, which files have.
  static bool is_within(Index n, Index most) { return n >= -most && n <= most; }
  bool is_known(const Size& size) const {
    return std::all_of(size.axes.begin(), size.axes.end(), [&](int a) { return table_.size(a) >= 0; });
  }
  Index known(const Node& node, const Size& size) const {
    Index number = size.number;
    for (const int axis : size.axes) {
      node.check(table_.size(axis) >= 0, "needs the size of an axis that the file does not say");
      node.check(is_within(number, Index{1} << 31), "has sizes that are too large");
      number *= table_.size(axis);
    }
    return number;
  }
  const Sizes& sizes(const Node& node, int i) {
    const auto* const x = std::get_if<Sizes>(&value(node, i));
    node.check(x, "has input ", i, ", ", quote(node.input(i)),
               ", which is not a constant of whole numbers: it must be one");
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
  /// The same for what becomes a step, which is counted when the node is done.
  void check_affordable(const Node& node, Index bytes) const {
    node.check(bytes <= budget_, "makes constants that are larger than the file explains");
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
  /// Whether x is a state or holds lengths: their axes are not known and need not be.
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

  /// For a node that reads sequences from their end and has no lengths.
  void check_no_lengths(const Node& node) const {
    node.check(lengths_ < 0, "reads sequences from their end without the lengths ",
               lengths_ < 0 ? "" : quote(inputs_[static_cast<std::size_t>(lengths_)].name),
               ", which other nodes have: all must have the same");
  }

  File file_;
  bool dry_ = true;       // no steps are made yet
  bool is_first_ = true;  // in the first walk, later nodes have not yet said what they know of the axes
  AxisTable table_;
  std::vector<Input> inputs_;
  int lengths_ = -1;  // the input that has the lengths of sequences; -1 if there is none

 private:
  std::map<std::string, const messages::Tensor*> initializers_;
  std::map<std::string, std::shared_ptr<const Value>> constants_, values_;
  Index budget_ = 0;  // bytes that may still be taken
  Index kept_ = 0;    // bytes of constants_
};

}  // namespace recur::inline RECUR_ABI::detail::onnx
