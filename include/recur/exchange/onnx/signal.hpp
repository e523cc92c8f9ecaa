// What a tensor of an ONNX graph is here. ONNX moves axes around: time first, batch first, directions, heads. Here a
// value is a sequence of features, and time and batch are in its layout. So most of ONNX's nodes compute nothing; they
// only say which feature stands where.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "recur/exchange/onnx/array.hpp"
#include "recur/exchange/onnx/file.hpp"

namespace recur::inline RECUR_ABI::detail::onnx {

/// What an axis of an input turns out to be, by what the nodes do with it.
enum class Role { unknown, time, batch, feature };

/// The axes of all inputs, and others that become of them. Two axes that must be of one role share it.
class AxisTable {
 public:
  /// An axis of this size, or -1 if the file does not say it.
  int add(Index size) {
    entries_.push_back({size, static_cast<int>(entries_.size()), Role::unknown});
    return static_cast<int>(entries_.size()) - 1;
  }
  /// Another axis with the role of `axis`.
  int add_like(int axis, Index size) {
    entries_.push_back({size, root(axis), Role::unknown});
    return static_cast<int>(entries_.size()) - 1;
  }
  int count() const { return static_cast<int>(entries_.size()); }
  void forget_after(int count) { entries_.resize(static_cast<std::size_t>(count)); }

  Index size(int axis) const { return at(axis).size; }
  void set_size(int axis, Index size) { at(axis).size = size; }
  Role role(int axis) const { return at(root(axis)).role; }
  /// Returns false if it is known to be something else.
  bool set_role(int axis, Role role) {
    Role& is = at(root(axis)).role;
    if (is == Role::unknown) is = role;
    return is == role;
  }
  bool unify(int a, int b) {
    const int first = std::min(root(a), root(b)), second = std::max(root(a), root(b));
    if (first == second) return true;
    const Role role = at(second).role;
    at(second).same = first;
    return role == Role::unknown || set_role(first, role);
  }

 private:
  struct Entry {
    Index size;
    int same;  // an axis before it with the same role, or itself
    Role role;
  };
  const Entry& at(int axis) const { return entries_[static_cast<std::size_t>(axis)]; }
  Entry& at(int axis) { return entries_[static_cast<std::size_t>(axis)]; }
  int root(int axis) const {
    while (at(axis).same != axis) axis = at(axis).same;
    return axis;
  }
  std::vector<Entry> entries_;
};

/// A number in the shape of a tensor: number × the sizes of axes that the file does not know.
struct Size {
  Index number = 1;
  std::vector<int> axes{};

  friend bool operator==(const Size&, const Size&) = default;
};
using Sizes = Array<Size>;

/// A part of an axis: an axis of an input, or features that lie `stride` apart.
struct Factor {
  int axis = -1;
  Index size = 1, stride = 0;

  bool is_feature() const { return axis < 0; }
};
/// An axis of a tensor, its outermost part first. An axis of size 1 may have none.
using Axis = std::vector<Factor>;

/// Some neighbouring features of what a step gives.
struct Piece {
  int step;
  Index first, count;
};

/// A tensor that depends on the inputs: features one above the other, and how the axes count them.
struct Signal {
  std::vector<Piece> pieces;
  std::vector<Axis> axes;
  Index first = 0;              // the feature at 0, 0, ...
  int source = -1;              // the input of which it is only another view, or -1
  bool is_permuted = false;     // its samples are in another order, that of their lengths
  bool is_rounded = false;      // a cast to whole numbers: only tokens can be that
  Index before = 0, after = 0;  // zeros that a Pad put around its time

  Index rank() const { return static_cast<Index>(axes.size()); }
};

/// Puts neighbouring parts of an axis together if one stride counts both.
inline Axis merged(const Axis& axis) {
  Axis all;
  for (const Factor& f : axis) {
    if (f.is_feature() && f.size == 1) continue;
    if (!all.empty() && f.is_feature() && all.back().is_feature() && all.back().stride == f.size * f.stride)
      all.back() = {-1, all.back().size * f.size, f.stride};
    else
      all.push_back(f);
  }
  return all;
}

/// Features of one axis, without its other parts.
inline Index features_of(const Axis& axis) {
  Index count = 1;
  for (const Factor& f : axis)
    if (f.is_feature()) count *= f.size;
  return count;
}
inline Index features_of(const std::vector<Axis>& axes) {
  Index count = 1;
  for (const Axis& axis : axes) count *= features_of(axis);
  return count;
}
inline bool has_features_only(const Axis& axis) {
  return std::all_of(axis.begin(), axis.end(), [](const Factor& f) { return f.is_feature(); });
}

/// The axes of features that lie one above the other in the order of the axes; those of axis `outer` come first.
inline std::vector<Axis> stacked(const std::vector<Axis>& axes, std::size_t outer = 0) {
  std::vector<Axis> all(axes.size());
  Index stride = 1;
  const auto count = [&](std::size_t k) {
    for (std::size_t i = axes[k].size(); i-- > 0;) {
      const Factor& f = axes[k][i];
      all[k].insert(all[k].begin(), f.is_feature() ? Factor{-1, f.size, stride} : f);
      if (f.is_feature()) stride *= f.size;
    }
    all[k] = merged(all[k]);
  };
  for (std::size_t k = axes.size(); k-- > 0;)
    if (k != outer) count(k);
  if (outer < axes.size()) count(outer);
  return all;
}

/// The features of a signal in the order of its axes, those of axis `outer` first, as few pieces. Throws FileError if there
/// are too many.
inline std::vector<Piece> pieces_of(const Node& node, const Signal& x, std::size_t outer = 0) {
  Axis order;
  const auto add = [&](std::size_t k) {
    for (const Factor& f : x.axes[k])
      if (f.is_feature()) order.push_back(f);
  };
  if (outer < x.axes.size()) add(outer);
  for (std::size_t k = 0; k < x.axes.size(); ++k)
    if (k != outer) add(k);
  order = merged(order);

  Factor run{-1, 1, 1};  // the innermost part, if its features are neighbours
  if (!order.empty() && order.back().stride == 1) {
    run = order.back();
    order.pop_back();
  }
  constexpr Index most = 1024;
  const Index runs = features_of(order);
  node.check(runs <= most, "moves ", runs, " runs of features around: at most ", most, " are legal");

  std::vector<Piece> all;
  std::vector<Index> at(order.size(), 0);
  Index place = x.first;
  for (Index n = 0; n < runs; ++n) {
    Index begin = place, left = run.size;
    for (const Piece& piece : x.pieces) {
      if (left == 0) break;
      if (begin >= piece.count) {
        begin -= piece.count;
        continue;
      }
      const Index count = std::min(left, piece.count - begin);
      const Index first = piece.first + begin;
      if (!all.empty() && all.back().step == piece.step && all.back().first + all.back().count == first)
        all.back().count += count;
      else
        all.push_back({piece.step, first, count});
      left -= count;
      begin = 0;
    }
    for (std::size_t k = order.size(); k-- > 0;) {
      place += order[k].stride;
      if (++at[k] < order[k].size) break;
      place -= order[k].stride * order[k].size;
      at[k] = 0;
    }
  }
  return all;
}

/// The same tensor with features that lie one above the other, so that each axis has one stride.
inline Signal stacked(const Node& node, const Signal& x, std::size_t outer = 0) {
  Signal y = x;
  y.pieces = pieces_of(node, x, outer);
  y.axes = stacked(x.axes, outer);
  y.first = 0;
  return y;
}

/// Gives the parts of the axes of a tensor to axes of other sizes, which is what Reshape does.
class Regroup {
 public:
  Regroup(const Node& node, const AxisTable& table, const std::vector<Axis>& axes)
      : node_(node), table_(table) {
    for (const Axis& axis : axes) left_.insert(left_.end(), axis.begin(), axis.end());
  }

  /// The next axis from the front or the back, of this size.
  Axis take(Size size, bool front) {
    Axis taken;
    if (size.number == 1 && size.axes.empty()) {
      if (!ones_.empty()) {
        const Factor one = ones_.back();
        ones_.pop_back();
        return {one};
      }
      if (!left_.empty() && is_one(next(front))) return {pop(front)};
    }
    while (size.number != 1 || !size.axes.empty()) {
      node_.check(!left_.empty(), "asks for a shape of another number of elements than its input has");
      const Factor f = next(front);
      if (is_one(f) && std::find(size.axes.begin(), size.axes.end(), f.axis) == size.axes.end()) {
        ones_.push_back(pop(front));
        continue;
      }
      const auto same = std::find(size.axes.begin(), size.axes.end(), f.axis);
      const Index known = f.is_feature() ? f.size : table_.size(f.axis);
      if (!f.is_feature() && same != size.axes.end()) {
        size.axes.erase(same);
        put(taken, pop(front), front);
      } else if (!f.is_feature() && known < 0) {
        refuse();
      } else {
        if (size.number == 1) {  // a size of which the number is known after all
          const Index number = table_.size(size.axes.back());
          if (number < 0) refuse();
          size.number = number;
          size.axes.pop_back();
          if (number == 1) continue;
        }
        if (size.number % known == 0) {
          size.number /= known;
          put(taken, pop(front), front);
        } else {
          if (!f.is_feature() || known % size.number != 0) refuse();
          const Index rest = known / size.number;
          const Factor outer{-1, front ? size.number : rest, f.stride * (front ? rest : size.number)},
              inner{-1, front ? rest : size.number, f.stride};
          put(taken, front ? outer : inner, front);
          next(front) = front ? inner : outer;
          size.number = 1;
        }
      }
    }
    return merged(taken);
  }
  /// All that is left.
  Axis rest() { return merged(std::exchange(left_, {})); }
  bool is_done() const {
    return std::all_of(left_.begin(), left_.end(),
                       [&](const Factor& f) { return (f.is_feature() ? f.size : table_.size(f.axis)) == 1; });
  }

 private:
  [[noreturn]] void refuse() const {
    node_.check(false, "asks for a shape that splits time or batch, or mixes them with features");
    throw FileError("");
  }
  /// A batch or a time of size 1, which may stand between any two axes.
  bool is_one(const Factor& f) const { return !f.is_feature() && table_.size(f.axis) == 1; }
  Factor& next(bool front) { return front ? left_.front() : left_.back(); }
  Factor pop(bool front) {
    const Factor f = next(front);
    left_.erase(front ? left_.begin() : left_.end() - 1);
    return f;
  }
  static void put(Axis& axis, const Factor& f, bool front) {
    axis.insert(front ? axis.end() : axis.begin(), f);
  }

  const Node& node_;
  const AxisTable& table_;
  Axis left_, ones_;
};

}  // namespace recur::inline RECUR_ABI::detail::onnx
