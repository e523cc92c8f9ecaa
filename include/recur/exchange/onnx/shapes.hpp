// Operators of ONNX that only move axes: they say which axis is time, batch or features.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "recur/exchange/onnx/constants.hpp"

namespace recur::inline RECUR_ABI::detail::onnx {

class ShapeReader : public ConstantReader {
 protected:
  using ConstantReader::ConstantReader;
  ~ShapeReader() = default;

  void identity(Node& node) { set(node, 0, value(node, 0)); }
  void cast(Node& node) {
    const Index to = node.integer("to", 0);
    node.integer("saturate", 1);
    const bool to_float = to == 1 || to == 10 || to == 11 || to == 16;
    node.check(to_float || (to >= 2 && to <= 7) || to == 9 || to == 12 || to == 13, "casts to type ", to,
               ": legal are numbers and whole numbers");
    if (is_unknown(node)) return;
    const Value& x = value(node, 0);
    if (std::holds_alternative<StepNumbers>(x))
      return set(node, 0, to_float || to == 9 ? Value(Unknown()) : x);
    of_array(x, [&](const auto& array) { check_no_prefix(node, array); });
    if (const auto* const n = std::get_if<Numbers>(&x); n && !to_float) {
      Sizes all{n->dims, {}, n->repeats};
      spend(node, static_cast<Index>(n->values.size() * sizeof(Size)));
      for (const float number : n->values) {
        node.check(std::abs(number) < 9e18F, "casts a number that is too large");
        all.values.push_back({to == 9 ? Index{number != 0} : static_cast<Index>(number), {}});
      }
      return set(node, 0, std::move(all));
    }
    if (const auto* const s = std::get_if<Sizes>(&x); s && to_float) {
      Numbers all{s->dims, {}, s->repeats};
      for (const Size& size : s->values) all.values.push_back(static_cast<float>(known(node, size)));
      return set(node, 0, std::move(all));
    }
    if (const auto* const s = std::get_if<Sizes>(&x); s && to == 9) {
      Sizes all{s->dims, {}, s->repeats};
      spend(node, static_cast<Index>(s->values.size() * sizeof(Size)));
      for (const Size& size : s->values)  // the size of an axis is at least 1, so only the number decides
        all.values.push_back({Index{size.number != 0}, {}});
      return set(node, 0, std::move(all));
    }
    node.check(to != 9 || std::holds_alternative<Sizes>(x),
               "casts a value of the inputs to bool: that can't be represented");
    node.check(to_float || !(std::holds_alternative<Moment>(x) || std::holds_alternative<Scores>(x)),
               "rounds numbers that depend on the inputs: that can't be represented");
    if (const auto* const s = std::get_if<SignalPtr>(&x); s && !to_float) {
      node.check((*s)->source >= 0, "rounds numbers that depend on the inputs: that can't be represented");
      if (inputs_[static_cast<std::size_t>((*s)->source)].is_float) {
        Signal y = **s;
        y.is_rounded = true;
        return give(node, std::move(y));
      }
    }
    set(node, 0, x);
  }
  void transpose(Node& node) {
    const auto order_of = [&](Index rank) {
      std::vector<std::size_t> order;
      auto given = node.integers("perm");
      if (!given) {
        given.emplace();
        for (Index k = rank; k-- > 0;) given->push_back(k);
      }
      node.check(static_cast<Index>(given->size()) == rank, "has perm of ", given->size(),
                 " axes: its input has ", rank);
      for (const Index axis : *given) {
        order.push_back(axis_of(node, axis, rank));
        node.check(std::count(order.begin(), order.end(), order.back()) == 1, "has axis ", axis,
                   " twice in perm");
      }
      return order;
    };
    if (std::holds_alternative<Unknown>(value(node, 0))) node.integers("perm");
    if (is_unknown(node)) return;
    if (of_constant(node, 0, [&](const auto& x) {
          std::vector<Index> dims, strides;
          std::vector<std::vector<int>> repeats;
          const auto all = x.strides();
          for (const auto axis : order_of(x.rank())) {
            dims.push_back(x.dims[axis]), strides.push_back(all[axis]);
            if (!x.repeats.empty()) repeats.push_back(x.repeats[axis]);
          }
          auto y = view(node, x, dims, strides);
          y.repeats = std::move(repeats);
          return y;
        }))
      return;
    Signal y = *signal(node, 0, true);
    const std::vector<Axis> axes = y.axes;
    const auto order = order_of(y.rank());
    for (std::size_t k = 0; k < order.size(); ++k) y.axes[k] = axes[order[k]];
    give(node, std::move(y));
  }
  std::vector<std::size_t> axes_of(Node& node, const std::optional<std::vector<Index>>& given, Index rank) {
    std::vector<std::size_t> axes;
    if (given)
      for (const Index axis : *given) axes.push_back(axis_of(node, axis, rank));
    std::sort(axes.begin(), axes.end());
    node.check(std::adjacent_find(axes.begin(), axes.end()) == axes.end(), "names an axis twice");
    return axes;
  }
  void squeeze(Node& node) {
    const auto given = whole(node, 1, "axes");
    if (is_unknown(node)) return;
    if (of_constant(node, 0, [&](auto x) {
          auto axes = axes_of(node, given, x.rank());
          if (!given)
            for (std::size_t k = 0; k < x.dims.size(); ++k)
              if (x.dims[k] == 1 && !x.is_repeated(k)) axes.push_back(k);
          for (std::size_t k = axes.size(); k-- > 0;) {
            node.check(x.dims[axes[k]] == 1 && !x.is_repeated(axes[k]), "squeezes an axis of size ",
                       x.is_repeated(axes[k]) ? "of time or batch" : std::to_string(x.dims[axes[k]]));
            x.dims.erase(x.dims.begin() + static_cast<Index>(axes[k]));
            if (!x.repeats.empty()) x.repeats.erase(x.repeats.begin() + static_cast<Index>(axes[k]));
          }
          return x;
        }))
      return;
    Signal y = *signal(node, 0);
    auto axes = axes_of(node, given, y.rank());
    if (!given)
      for (std::size_t k = 0; k < y.axes.size(); ++k)
        if (std::all_of(y.axes[k].begin(), y.axes[k].end(), [&](const Factor& f) {
              return (f.is_feature() ? f.size : table_.size(f.axis)) == 1;
            }))
          axes.push_back(k);
    for (std::size_t k = axes.size(); k-- > 0;) y = without(node, std::move(y), axes[k]);
    give(node, std::move(y));
  }
  /// Without an axis of size 1.
  Signal without(const Node& node, Signal x, std::size_t axis) {
    for (const Factor& f : x.axes[axis]) {
      const Index size = f.is_feature() ? f.size : table_.size(f.axis);
      node.check(size == 1 || (size < 0 && dry_), "squeezes an axis that is not of size 1");
      if (!dry_ && !f.is_feature() && table_.role(f.axis) == Role::time) x = pooled(node, x, Ends::last);
    }
    x.axes.erase(x.axes.begin() + static_cast<Index>(axis));
    return x;
  }
  void unsqueeze(Node& node) {
    const auto given = whole(node, 1, "axes");
    node.check(given.has_value(), "has no axes: it must say which to add");
    if (const auto* const steps = std::get_if<StepNumbers>(&value(node, 0))) {
      StepNumbers y = *steps;
      node.check(given->size() <= 8, "adds more than 8 axes");
      y.rank += static_cast<Index>(given->size());
      for (const auto axis : axes_of(node, given, y.rank))
        if (static_cast<Index>(axis) <= y.at) ++y.at;
      return set(node, 0, y);
    }
    if (of_constant(
            node, 0,
            [&](auto x) {
              node.check(given->size() <= 8, "adds more than 8 axes");
              for (const auto axis : axes_of(node, given, x.rank() + static_cast<Index>(given->size()))) {
                node.check(axis <= x.dims.size(), "adds an axis behind the last one");
                x.dims.insert(x.dims.begin() + static_cast<Index>(axis), 1);
                if (static_cast<int>(axis) <= x.prefix) ++x.prefix;
                if (!x.repeats.empty())
                  x.repeats.insert(x.repeats.begin() + static_cast<Index>(axis), std::vector<int>());
              }
              return x;
            },
            true))
      return;
    Signal y = *signal(node, 0, true);
    node.check(given->size() <= 8, "adds more than 8 axes");
    for (const auto axis : axes_of(node, given, y.rank() + static_cast<Index>(given->size()))) {
      node.check(axis <= y.axes.size(), "adds an axis behind the last one");
      y.axes.insert(y.axes.begin() + static_cast<Index>(axis), Axis());
    }
    give(node, std::move(y));
  }
  void reshape(Node& node) {
    const bool zero_is_zero = node.flag("allowzero", false);
    const Sizes& asked = sizes(node, 1);
    node.check(asked.count() <= 8, "asks for ", asked.count(), " axes: up to 8 are legal");
    std::vector<Size> target;
    for (Index k = 0; k < asked.count(); ++k) target.push_back(asked.at(k));
    Index free = 0;
    for (const Size& size : target) {
      free += size.axes.empty() && size.number == -1;
      const bool kept = size.axes.empty() && (size.number == -1 || (size.number == 0 && !zero_is_zero));
      node.check(kept || size.number >= 1, "asks for an axis of size ", size.number);
    }
    node.check(free <= 1, "leaves ", free, " sizes open: it can leave one");
    const auto is_free = [](const Size& size) { return size.axes.empty() && size.number == -1; };
    if (of_constant(node, 0, [&](auto x) {
          check_not_repeated(node, x);
          std::vector<Index> dims;
          std::optional<std::size_t> at;
          for (std::size_t k = 0; k < target.size(); ++k) {
            Index dim = is_known(target[k]) ? known(node, target[k]) : 1;
            if (dim == 0) {
              node.check(k < x.dims.size(), "keeps the size of an axis that its input doesn't have");
              dim = x.dims[k];
            }
            if (is_free(target[k])) at = k;
            dims.push_back(is_free(target[k]) ? 1 : dim);
          }
          const auto given = product_of(dims);
          const Index count = x.count();
          if (at) {
            node.check(given && *given > 0 && count % *given == 0,
                       "asks for a shape of another number of elements than its input has");
            dims[*at] = count / *given;
          }
          node.check(product_of(dims) == count,
                     "asks for a shape of another number of elements than its input has");
          x.dims = dims;
          return x;
        }))
      return;
    Signal y = *signal(node, 0);
    for (std::size_t k = 0; k < target.size(); ++k)
      if (target[k].axes.empty() && target[k].number == 0) {
        node.check(k < y.axes.size(), "keeps the size of an axis that its input doesn't have");
        target[k] = size_of(y.axes[k]);
      }
    Regroup regroup(node, table_, y.axes);
    std::vector<Axis> axes(target.size());
    std::size_t front = 0;
    while (front < target.size() && !is_free(target[front])) {
      axes[front] = regroup.take(target[front], true);
      ++front;
    }
    for (std::size_t back = target.size(); back-- > front + 1;)
      axes[back] = regroup.take(target[back], false);
    if (front < target.size()) axes[front] = regroup.rest();
    node.check(regroup.is_done(), "asks for a shape of another number of elements than its input has");
    y.axes = std::move(axes);
    give(node, std::move(y));
  }
  void flatten(Node& node) {
    Signal y = *signal(node, 0);
    const Index at = node.integer("axis", 1);
    node.check(at >= -y.rank() && at <= y.rank(), "has axis ", at, " of a tensor of ", y.rank(), " axes");
    std::vector<Axis> axes(2);
    for (Index k = 0; k < y.rank(); ++k) {
      Axis& to = axes[k < (at < 0 ? at + y.rank() : at) ? 0 : 1];
      const Axis& from = y.axes[static_cast<std::size_t>(k)];
      to.insert(to.end(), from.begin(), from.end());
    }
    for (Axis& axis : axes) axis = merged(axis);
    y.axes = axes;
    give(node, std::move(y));
  }
  void expand(Node& node) {
    const Sizes& asked = sizes(node, 1);
    if (of_constant(node, 0, [&](const auto& x) {
          check_not_repeated(node, x);
          auto [dims, repeats] = constant_shape(node, asked);
          std::vector<Index> own = x.dims, steps = x.strides(), strides;
          while (own.size() < dims.size()) own.insert(own.begin(), 1), steps.insert(steps.begin(), 0);
          while (dims.size() < own.size()) {
            dims.insert(dims.begin(), 1);
            if (!repeats.empty()) repeats.insert(repeats.begin(), std::vector<int>());
          }
          for (std::size_t k = 0; k < dims.size(); ++k) {
            Index size = dims[k];
            if (own[k] != 1 && !repeats.empty() && !repeats[k].empty()) {
              // It has the size of time or batch already. If the file leaves that open, it is the only one that runs.
              size = table_.size(repeats[k][0]);
              if (size < 0 || repeats[k].size() > 1) size = own[k];
              repeats[k].clear();
            }
            node.check(own[k] == size || own[k] == 1 || size == 1, "can't give an axis of size ", own[k],
                       " the size ", size);
            strides.push_back(own[k] == 1 ? 0 : steps[k]);
            dims[k] = own[k] == 1 ? dims[k] : own[k];
          }
          auto y = view(node, x, dims, strides);
          y.repeats = std::move(repeats);
          return y;
        }))
      return;
    const SignalPtr x = signal(node, 0);
    const Index rank = x->rank(), count = asked.count();
    node.check(count <= rank, "adds axes to a value of the inputs: that can't be represented");
    for (Index k = 0; k < count; ++k) {
      const Size& size = asked.at(k);
      const Size own = size_of(x->axes[static_cast<std::size_t>(rank - count + k)]);
      node.check(size == own || size == Size{} || (size.axes.empty() && size.number == -1),
                 "repeats a value of the inputs along an axis: that can't be represented");
    }
    set(node, 0, x);
  }

  /// Repeats along axes of size 1, as Expand does.
  void tile(Node& node) {
    const Sizes& times = sizes(node, 1);
    if (of_constant(node, 0, [&](const auto& x) {
          check_not_repeated(node, x);
          node.check(times.count() == x.rank(), "repeats ", times.count(), " axes of ", x.rank());
          auto [dims, repeats] = constant_shape(node, times);
          std::vector<Index> strides = x.strides();
          for (std::size_t k = 0; k < dims.size(); ++k) {
            const bool is_once = times.at(static_cast<Index>(k)) == Size{};
            node.check(is_once || x.dims[k] == 1, "repeats an axis of size ", x.dims[k], ": it must be 1");
            if (is_once) dims[k] = x.dims[k];
            if (!is_once) strides[k] = 0;
          }
          auto y = view(node, x, dims, strides);
          y.repeats = std::move(repeats);
          return y;
        }))
      return;
    const SignalPtr x = signal(node, 0);
    for (Index k = 0; k < times.count(); ++k)
      node.check(times.at(k) == Size{}, "repeats a value of the inputs: that can't be represented");
    set(node, 0, x);
  }
};

}  // namespace recur::inline RECUR_ABI::detail::onnx
