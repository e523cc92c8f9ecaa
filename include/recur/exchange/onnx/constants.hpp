// Operators of ONNX that compute constants and sizes while the file is read.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <variant>
#include <vector>

#include "recur/exchange/onnx/walk.hpp"

namespace recur::inline RECUR_ABI::detail::onnx {

class ConstantReader : public Walk {
 protected:
  using Walk::Walk;
  ~ConstantReader() = default;

  void constant(Node& node) {
    if (const auto tensor = node.tensor("value")) return set(node, 0, constant_of(*tensor));
    if (node.has("value_float")) return set(node, 0, Numbers{{}, {node.number("value_float", 0)}});
    if (node.has("value_int")) return set(node, 0, Sizes{{}, {{node.integer("value_int", 0), {}}}});
    if (node.has("value_floats")) {
      auto given = node.numbers("value_floats");
      const auto count = static_cast<Index>(given.size());
      return set(node, 0, Numbers{{count}, std::move(given)});
    }
    const auto whole_numbers = node.integers("value_ints");
    node.check(whole_numbers.has_value(), "has no value that is a tensor, a number or a list of numbers");
    Sizes all{{static_cast<Index>(whole_numbers->size())}, {}};
    for (const Index number : *whole_numbers) all.values.push_back({number, {}});
    set(node, 0, std::move(all));
  }
  /// Sizes as those of a constant. One of an axis of an input is 1: what is the same for all need not be written out.
  struct ConstantShape {
    std::vector<Index> dims;
    std::vector<std::vector<int>> repeats;
  };
  ConstantShape constant_shape(const Node& node, const Sizes& asked) {
    ConstantShape shape;
    bool any = false;
    for (Index k = 0; k < asked.count(); ++k) {
      const Size& size = asked.at(k);
      node.check(size.axes.empty() || size.number == 1,
                 "makes a constant with an axis of several times the size of time or batch: that can't be "
                 "represented");
      shape.dims.push_back(size.number);
      shape.repeats.push_back(size.axes);
      any = any || !size.axes.empty();
    }
    if (!any) shape.repeats.clear();
    node.check(product_of(shape.dims).has_value(), "makes a constant whose sizes are negative or too large");
    return shape;
  }
  void constant_of_shape(Node& node) {
    const auto [dims, repeats] = constant_shape(node, sizes(node, 0));
    const auto fill = node.tensor("value");
    if (fill && !fill->is_float()) {
      const auto number = fill->integers();
      node.check(number.count() == 1, "has a value of ", number.count(), " numbers: it must be one");
      return set(node, 0, Sizes{dims, {{number.at(0), {}}}, repeats});
    }
    float number = 0;
    if (fill) {
      const Numbers given = fill->numbers();
      node.check(given.count() == 1, "has a value of ", given.count(), " numbers: it must be one");
      number = given.at(0);
    }
    set(node, 0, Numbers{dims, {number}, repeats});
  }
  /// What PyTorch wrote for ConstantOfShape before version 9, around recurrent layers.
  void constant_fill(Node& node) {
    node.check(node.flag("input_as_shape", false) && node.integer("dtype", 1) == 1,
               "makes a constant that is not of floats, or not of the shape that it is given");
    const float number = node.number("value", 0);
    const auto [dims, repeats] = constant_shape(node, sizes(node, 0));
    set(node, 0, Numbers{dims, {number}, repeats});
  }
  void range(Node& node) {
    const auto whole_number = [&](int i) -> const Size* {
      const auto* const x = std::get_if<Sizes>(&value(node, i));
      return x && x->count() == 1 ? &x->at(0) : nullptr;
    };
    const Size *const start = whole_number(0), *const limit = whole_number(1), *const delta = whole_number(2);
    if (start && *start == Size{0, {}} && delta && *delta == Size{1, {}} && limit && limit->number == 1 &&
        limit->axes.size() == 1)
      return set(node, 0, StepNumbers{limit->axes[0]});
    for (int i = 0; i < 3; ++i) value(node, i);
    set(node, 0, Unknown());
  }
  /// For a list of ones the result is 0, 1, 2, ..., for which old versions have no Range.
  void non_zero(Node& node) {
    value(node, 0);
    set(node, 0, Unknown());
  }
  /// If input 0 is unknown, the result is unknown too.
  bool is_unknown(const Node& node) {
    if (!std::holds_alternative<Unknown>(value(node, 0))) return false;
    set(node, 0, Unknown());
    return true;
  }
  /// For sizes: 1 where equal, else 0.
  void equal(Node& node) {
    const Sizes &a = sizes(node, 0), &b = sizes(node, 1);
    const auto same = [&](const Size& p, const Size& q) {
      if (p == q || (dry_ && !(is_known(p) && is_known(q)))) return p == q;
      const auto is_above_0 = [](const Size& size) { return size.number > 0; };  // an axis has at least 1
      return is_above_0(p) == is_above_0(q) && known(node, p) == known(node, q);
    };
    set(node, 0, both(node, a, b, [&](const Size& p, const Size& q) {
          return Size{same(p, q) ? 1 : 0, {}};
        }));
  }
  /// One or the other size.
  void where(Node& node) {
    const Sizes &first = sizes(node, 0), &a = sizes(node, 1), &b = sizes(node, 2);
    node.check(first.dims == a.dims && a.dims == b.dims, "chooses among tensors of several shapes");
    spend(node, first.count() * static_cast<Index>(sizeof(Size)));
    Sizes all{first.dims, {}};
    for (Index k = 0; k < first.count(); ++k) {
      node.check(first.at(k).axes.empty(), "chooses by a size that the file does not say");
      all.values.push_back((first.at(k).number != 0 ? a : b).at(k));
    }
    set(node, 0, std::move(all));
  }
  void shape(Node& node) {
    const Value& x = value(node, 0);
    Sizes all;
    if (const auto* const s = std::get_if<SignalPtr>(&x)) {
      const bool padded = (*s)->before > 0 || (*s)->after > 0;
      for (const Axis& axis : (*s)->axes) {
        Size size = size_of(axis);
        if (padded && axis.size() == 1 && !axis[0].is_feature() && table_.role(axis[0].axis) == Role::time) {
          // With the zeros. If the number of steps is not known, a size that nothing else has.
          const Index steps = table_.size(axis[0].axis);
          size = steps < 0 ? Size{1, {table_.add(-1)}} : Size{steps + (*s)->before + (*s)->after, {}};
        }
        all.values.push_back(std::move(size));
      }
    } else if (const auto* const steps = std::get_if<StepNumbers>(&x)) {
      all.values.assign(static_cast<std::size_t>(steps->rank), Size{});
      all.values[static_cast<std::size_t>(steps->at)] = {1, {steps->of}};
    } else if (!of_array(x, [&](const auto& array) {
                 check_no_prefix(node, array);
                 for (std::size_t k = 0; k < array.dims.size(); ++k)
                   all.values.push_back(
                       {array.dims[k], array.repeats.empty() ? std::vector<int>() : array.repeats[k]});
               })) {
      node.check(std::holds_alternative<Order>(x),
                 "asks for the sizes of scores of attention, of numbers of steps, or of a part of a layer "
                 "normalisation or a GELU: that can't be represented");
      return set(node, 0, Sizes{{1}, {Size{1, {}}}});
    }
    const auto rank = static_cast<Index>(all.values.size());
    const auto clamp = [&](Index at) { return std::clamp<Index>(at < 0 ? at + rank : at, 0, rank); };
    const Index start = clamp(node.integer("start", 0)), end = clamp(node.integer("end", rank));
    all.values = {all.values.begin() + start, all.values.begin() + std::max(start, end)};
    all.dims = {static_cast<Index>(all.values.size())};
    node.check(!all.values.empty(), "asks for no sizes");
    set(node, 0, std::move(all));
  }
  void reduce_prod(Node& node) {
    const bool keep = node.flag("keepdims", true);
    const auto axes = whole(node, 1, "axes");
    node.check(!node.flag("noop_with_empty_axes", false) || (axes && !axes->empty()),
               "has noop_with_empty_axes 1 and no axes: it must multiply");
    const Sizes& all = sizes(node, 0);
    node.check(!axes || axes->empty() || static_cast<Index>(axes->size()) == all.rank(),
               "multiplies along some axes only: that can't be represented");
    Size product;
    for (Index k = 0; k < all.count(); ++k) product = times(node, product, all.at(k));
    set(node, 0, Sizes{std::vector<Index>(keep ? all.dims.size() : 0, 1), {product}});
  }
  Size times(const Node& node, Size a, const Size& b) const {
    node.check(is_within(a.number, Index{1} << 31) && is_within(b.number, Index{1} << 31),
               "has sizes that are too large");
    a.number *= b.number;
    a.axes.insert(a.axes.end(), b.axes.begin(), b.axes.end());
    std::sort(a.axes.begin(), a.axes.end());
    node.check(a.axes.size() <= 8, "multiplies too many sizes");
    return a;
  }

  static Index divided(const Node& node, Index a, Index b) {
    node.check(b != 0 && b != -1, "divides a size by ", b);
    return a / b;
  }
  template <class A, class F>
  A both(const Node& node, const A& x, const A& y, F&& f) {
    std::vector<Index> dims = x.rank() >= y.rank() ? x.dims : y.dims;
    const auto strides_of = [&](const A& z) {
      std::vector<Index> own = z.strides();
      const std::size_t more = dims.size() - own.size();
      for (std::size_t k = 0; k < own.size(); ++k) {
        if (z.dims[k] == 1) own[k] = 0;
        node.check(dims[k + more] == z.dims[k] || dims[k + more] == 1 || z.dims[k] == 1,
                   "computes with constants whose sizes differ");
        if (dims[k + more] == 1) dims[k + more] = z.dims[k];
      }
      own.insert(own.begin(), more, 0);
      return own;
    };
    const auto of_x = strides_of(x), of_y = strides_of(y);
    A p = view(node, x, dims, of_x);
    const A q = view(node, y, dims, of_y);
    if (p.is_uniform() && !q.is_uniform()) {
      node.check(p.count() <= (1 << 24), "makes a constant that is too large");
      p.values.assign(q.values.size(), p.values.at(0));
    }
    for (std::size_t k = 0; k < p.values.size(); ++k)
      p.values[k] = f(p.values[k], q.at(static_cast<Index>(k)));
    for (const A* const z : {&x, &y}) {
      check_no_prefix(node, *z);
      if (z->repeats.empty()) continue;
      p.repeats.resize(dims.size());
      const std::size_t more = dims.size() - z->dims.size();
      for (std::size_t k = 0; k < z->dims.size(); ++k)
        if (z->is_repeated(k)) {
          node.check(p.dims[k + more] == 1, "computes with constants whose sizes differ");
          p.repeats[k + more] = z->repeats[k];
        }
    }
    return p;
  }

  /// With all of its numbers written out.
  Numbers expanded(const Node& node, const Numbers& x) {
    if (static_cast<Index>(x.values.size()) == x.count()) return x;
    node.check(x.count() <= (1 << 24), "makes a constant that is too large");
    spend(node, x.count() * Index{sizeof(float)});
    return {x.dims, std::vector<float>(static_cast<std::size_t>(x.count()), x.at(0))};
  }
};

}  // namespace recur::inline RECUR_ABI::detail::onnx
