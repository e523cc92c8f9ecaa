// The operators of ONNX that can be represented.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "recur/exchange/onnx_recurrent.hpp"
#include "recur/exchange/onnx_signal.hpp"
#include "recur/exchange/onnx_walk.hpp"
#include "recur/layer/conv1d.hpp"
#include "recur/layer/dropout.hpp"
#include "recur/layer/flexible_activation.hpp"
#include "recur/layer/pointwise.hpp"
#include "recur/layer/pool1d.hpp"
#include "recur/layer/reverse_time.hpp"
#include "recur/layer/softmax.hpp"
#include "recur/layer/time_window.hpp"
#include "recur/recurrence/final_state.hpp"

namespace recur::inline RECUR_ABI::detail::onnx {

class Importer final : public Walk {
 public:
  explicit Importer(const std::filesystem::path& path) : Walk(path) { walk(); }

 private:
  using Operator = void (Importer::*)(Node&);

  void apply(Node& node) override {
    static const std::map<std::string, Operator> known{
        {"Add", &Importer::arithmetic},
        {"AveragePool", &Importer::pool},
        {"BatchNormalization", &Importer::batch_normalization},
        {"Cast", &Importer::cast},
        {"Concat", &Importer::concat},
        {"Constant", &Importer::constant},
        {"ConstantOfShape", &Importer::constant_of_shape},
        {"Conv", &Importer::conv},
        {"Div", &Importer::arithmetic},
        {"Dropout", &Importer::dropout},
        {"Elu", &Importer::activation},
        {"Exp", &Importer::activation},
        {"Expand", &Importer::expand},
        {"Flatten", &Importer::flatten},
        {"GRU", &Importer::recurrent},
        {"Gather", &Importer::gather},
        {"Gelu", &Importer::activation},
        {"Gemm", &Importer::gemm},
        {"GlobalAveragePool", &Importer::reduce},
        {"GlobalMaxPool", &Importer::reduce},
        {"HardSigmoid", &Importer::activation},
        {"Identity", &Importer::identity},
        {"LSTM", &Importer::recurrent},
        {"LayerNormalization", &Importer::layer_normalization},
        {"LeakyRelu", &Importer::activation},
        {"LogSoftmax", &Importer::softmax},
        {"MatMul", &Importer::mat_mul},
        {"MaxPool", &Importer::pool},
        {"Mul", &Importer::arithmetic},
        {"Neg", &Importer::arithmetic},
        {"PRelu", &Importer::p_relu},
        {"Pad", &Importer::pad},
        {"Pow", &Importer::pow},
        {"RNN", &Importer::recurrent},
        {"Range", &Importer::range},
        {"ReduceMax", &Importer::reduce},
        {"ReduceMean", &Importer::reduce},
        {"ReduceProd", &Importer::reduce_prod},
        {"ReduceSum", &Importer::reduce},
        {"Relu", &Importer::activation},
        {"Reshape", &Importer::reshape},
        {"ScatterElements", &Importer::scatter},
        {"Selu", &Importer::activation},
        {"Shape", &Importer::shape},
        {"Sigmoid", &Importer::activation},
        {"Slice", &Importer::slice},
        {"Softmax", &Importer::softmax},
        {"Softplus", &Importer::activation},
        {"Softsign", &Importer::activation},
        {"Split", &Importer::split},
        {"Sqrt", &Importer::sqrt},
        {"Squeeze", &Importer::squeeze},
        {"Sub", &Importer::arithmetic},
        {"Tanh", &Importer::activation},
        {"ThresholdedRelu", &Importer::activation},
        {"TopK", &Importer::top_k},
        {"Transpose", &Importer::transpose},
        {"Unsqueeze", &Importer::unsqueeze},
    };
    const auto found = known.find(node.op());
    if (found == known.end()) {
      std::string legal;
      for (const auto& one : known) legal += (legal.empty() ? "" : ", ") + one.first;
      node.check(false, "can't be represented: legal operators are ", legal);
    }
    (this->*found->second)(node);
  }

  // ---- Constants.

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
  std::vector<Index> constant_dims(const Node& node, const Sizes& asked) {
    std::vector<Index> dims;
    for (Index k = 0; k < asked.count(); ++k)
      dims.push_back(asked.at(k).axes.empty() ? asked.at(k).number : 1);
    node.check(product_of(dims).has_value(), "makes a constant that is negative or too large");
    return dims;
  }
  void constant_of_shape(Node& node) {
    const auto dims = constant_dims(node, sizes(node, 0));
    const auto fill = node.tensor("value");
    if (fill && !fill->is_float()) {
      const auto number = fill->integers();
      node.check(number.count() == 1, "has a value of ", number.count(), " numbers: it must be one");
      return set(node, 0, Sizes{dims, {{number.at(0), {}}}});
    }
    float number = 0;
    if (fill) {
      const Numbers given = fill->numbers();
      node.check(given.count() == 1, "has a value of ", given.count(), " numbers: it must be one");
      number = given.at(0);
    }
    set(node, 0, Numbers{dims, {number}});
  }
  void range(Node& node) {
    for (int i = 0; i < 3; ++i) value(node, i);
    set(node, 0, Unknown());
  }
  void shape(Node& node) {
    const Value& x = value(node, 0);
    Sizes all;
    if (const auto* const s = std::get_if<SignalPtr>(&x))
      for (const Axis& axis : (*s)->axes) all.values.push_back(size_of(axis));
    else if (const auto* const n = std::get_if<Numbers>(&x))
      for (const Index dim : n->dims) all.values.push_back({dim, {}});
    else if (const auto* const w = std::get_if<Sizes>(&x))
      for (const Index dim : w->dims) all.values.push_back({dim, {}});
    else
      return set(node, 0, Sizes{{1}, {Size{1, {}}}});
    const auto rank = static_cast<Index>(all.values.size());
    const auto clamp = [&](Index at) { return std::clamp<Index>(at < 0 ? at + rank : at, 0, rank); };
    const Index start = clamp(node.integer("start", 0)), end = clamp(node.integer("end", rank));
    all.values = {all.values.begin() + start, all.values.begin() + std::max(start, end)};
    all.dims = {static_cast<Index>(all.values.size())};
    node.check(!all.values.empty(), "asks for no sizes");
    set(node, 0, std::move(all));
  }
  void reduce_prod(Node& node) {
    node.flag("keepdims", true);
    whole(node, 1, "axes");
    const Sizes& all = sizes(node, 0);
    Size product;
    for (Index k = 0; k < all.count(); ++k) product = times(node, product, all.at(k));
    set(node, 0, Sizes{{}, {product}});
  }
  Size times(const Node& node, Size a, const Size& b) const {
    node.check(std::abs(a.number) <= (Index{1} << 31) && std::abs(b.number) <= (Index{1} << 31),
               "has sizes that are too large");
    a.number *= b.number;
    a.axes.insert(a.axes.end(), b.axes.begin(), b.axes.end());
    std::sort(a.axes.begin(), a.axes.end());
    node.check(a.axes.size() <= 8, "multiplies too many sizes");
    return a;
  }

  // ---- What only moves axes.

  void identity(Node& node) { set(node, 0, value(node, 0)); }
  void cast(Node& node) {
    const Index to = node.integer("to", 0);
    node.integer("saturate", 1);
    const bool to_float = to == 1 || to == 10 || to == 11 || to == 16;
    node.check(to_float || (to >= 2 && to <= 7) || to == 9 || to == 12 || to == 13, "casts to type ", to,
               ": legal are numbers and whole numbers");
    const Value& x = value(node, 0);
    if (const auto* const n = std::get_if<Numbers>(&x); n && !to_float) {
      Sizes all{n->dims, {}};
      spend(node, static_cast<Index>(n->values.size() * sizeof(Size)));
      for (const float number : n->values) {
        node.check(std::abs(number) < 9e18F, "casts a number that is too large");
        all.values.push_back({static_cast<Index>(number), {}});
      }
      return set(node, 0, std::move(all));
    }
    if (const auto* const s = std::get_if<Sizes>(&x); s && to_float) {
      Numbers all{s->dims, {}};
      for (const Size& size : s->values) all.values.push_back(static_cast<float>(known(node, size)));
      return set(node, 0, std::move(all));
    }
    if (const auto* const s = std::get_if<SignalPtr>(&x); s && !to_float)
      node.check((*s)->source >= 0 && !inputs_[static_cast<std::size_t>((*s)->source)].is_float,
                 "rounds numbers that depend on the inputs: that can't be represented");
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
    if (of_constant(node, 0, [&](const auto& x) {
          std::vector<Index> dims, strides;
          const auto all = x.strides();
          for (const auto axis : order_of(x.rank()))
            dims.push_back(x.dims[axis]), strides.push_back(all[axis]);
          return view(node, x, dims, strides);
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
    if (of_constant(node, 0, [&](auto x) {
          auto axes = axes_of(node, given, x.rank());
          if (!given)
            for (std::size_t k = 0; k < x.dims.size(); ++k)
              if (x.dims[k] == 1) axes.push_back(k);
          for (std::size_t k = axes.size(); k-- > 0;) {
            node.check(x.dims[axes[k]] == 1, "squeezes an axis of size ", x.dims[axes[k]]);
            x.dims.erase(x.dims.begin() + static_cast<Index>(axes[k]));
          }
          return x;
        }))
      return;
    Signal y = *signal(node, 0);
    auto axes = axes_of(node, given, y.rank());
    if (!given)
      for (std::size_t k = 0; k < y.axes.size(); ++k)
        if (const Size size = size_of(y.axes[k]); size.number == 1 && size.axes.empty()) axes.push_back(k);
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
    node.check(given.has_value(), "has no axes");
    if (of_constant(node, 0, [&](auto x) {
          node.check(given->size() <= 8, "adds more than 8 axes");
          for (const auto axis : axes_of(node, given, x.rank() + static_cast<Index>(given->size()))) {
            node.check(axis <= x.dims.size(), "adds an axis behind the last one");
            x.dims.insert(x.dims.begin() + static_cast<Index>(axis), 1);
          }
          return x;
        }))
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
          std::vector<Index> dims;
          std::optional<std::size_t> at;
          for (std::size_t k = 0; k < target.size(); ++k) {
            Index dim = target[k].axes.empty() ? target[k].number : 1;
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
                       "asks for a shape that has not the numbers of its input");
            dims[*at] = count / *given;
          }
          node.check(product_of(dims) == count, "asks for a shape that has not the numbers of its input");
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
    node.check(regroup.is_done(), "asks for a shape that has not the numbers of its input");
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
          std::vector<Index> dims = constant_dims(node, asked), strides;
          std::vector<Index> own = x.dims, steps = x.strides();
          while (own.size() < dims.size()) own.insert(own.begin(), 1), steps.insert(steps.begin(), 0);
          while (dims.size() < own.size()) dims.insert(dims.begin(), 1);
          for (std::size_t k = 0; k < dims.size(); ++k) {
            node.check(own[k] == dims[k] || own[k] == 1 || dims[k] == 1, "can't give an axis of size ",
                       own[k], " the size ", dims[k]);
            strides.push_back(own[k] == 1 ? 0 : steps[k]);
            dims[k] = own[k] == 1 ? dims[k] : own[k];
          }
          return view(node, x, dims, strides);
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

  /// Features first, first + step, ... of an axis that has only features.
  Signal selected(const Node& node, const Signal& x, std::size_t axis, Index first, Index count, Index step) {
    Signal y = stacked(node, x);
    y.source = x.source;
    const Index size = features_of(y.axes[axis]);
    node.check(count >= 1 && first >= 0 && first < size && first + (count - 1) * step >= 0 &&
                   first + (count - 1) * step < size,
               "takes features that are not there, or none");
    const Index stride = y.axes[axis].empty() ? 0 : y.axes[axis][0].stride;
    y.first += first * stride;
    y.axes[axis] = count == 1 ? Axis() : Axis{{-1, count, stride * step}};
    return y;
  }
  /// One step of time.
  Signal at_step(const Node& node, const Signal& x, std::size_t axis, bool last) {
    const Factor f = x.axes[axis].empty() ? Factor() : x.axes[axis][0];
    node.check(x.axes[axis].size() == 1 && !f.is_feature() &&
                   (table_.role(f.axis) == Role::time || table_.size(f.axis) == 1),
               "takes some samples of a batch, or some steps that are neither the first nor the last: that "
               "can't be represented");
    Signal y = x;
    if (table_.role(f.axis) == Role::time) y = pooled(node, x, last ? Ends::last : Ends::first);
    y.axes[axis].clear();
    return y;
  }
  void slice(Node& node) {
    auto starts = whole_sizes(node, 1, "starts"), ends = whole_sizes(node, 2, "ends");
    node.check(starts && ends && starts->size() == ends->size(), "must have as many starts as ends");
    auto axes = whole(node, 3, "axes");
    auto steps = whole(node, 4, "steps");
    if (!axes) {
      axes.emplace();
      for (Index k = 0; k < static_cast<Index>(starts->size()); ++k) axes->push_back(k);
    }
    if (!steps) steps.emplace(starts->size(), 1);
    node.check(axes->size() == starts->size() && steps->size() == starts->size(),
               "must have as many axes and steps as starts");
    for (const Index step : *steps)
      node.check(step != 0 && std::abs(step) <= (1 << 24), "has a step of ", step);

    // The first place and the count of what is taken of `size`.
    const auto range_of = [&](std::size_t k, Index size) {
      const Index step = (*steps)[k];
      const auto place = [&](const Size& given) {
        const Index at = std::clamp<Index>(known(node, given), -size - 1, size + 1);
        return at < 0 ? at + size : at;
      };
      const Index start = std::clamp<Index>(place((*starts)[k]), 0, step > 0 ? size : size - 1),
                  end = std::clamp<Index>(place((*ends)[k]), step > 0 ? 0 : -1, size);
      const Index span = step > 0 ? end - start : start - end, stride = std::abs(step);
      return std::pair(start, span <= 0 ? 0 : (span + stride - 1) / stride);
    };
    if (of_constant(node, 0, [&](const auto& x) {
          auto dims = x.dims;
          auto strides = x.strides();
          Index first = 0;
          for (std::size_t k = 0; k < axes->size(); ++k) {
            const auto axis = axis_of(node, (*axes)[k], x.rank());
            const auto [start, count] = range_of(k, dims[axis]);
            if (count > 0) first += start * strides[axis];
            dims[axis] = count;
            strides[axis] *= (*steps)[k];
          }
          node.check(*product_of(dims) > 0 || !x.is_uniform(), "takes nothing of a constant");
          return view(node, x, dims, strides, first);
        }))
      return;
    Signal y = *signal(node, 0);
    for (std::size_t k = 0; k < axes->size(); ++k) {
      const auto axis = axis_of(node, (*axes)[k], y.rank());
      if (has_features_only(y.axes[axis])) {
        const auto [start, count] = range_of(k, features_of(y.axes[axis]));
        y = selected(node, y, axis, start, count, (*steps)[k]);
      } else {
        y = sliced(node, std::move(y), axis, (*starts)[k], (*ends)[k], (*steps)[k],
                   [&](Index size) { return range_of(k, size); });
      }
    }
    give(node, std::move(y));
  }
  std::optional<std::vector<Size>> whole_sizes(Node& node, int i, const char* attribute) {
    std::vector<Size> all;
    if (const auto given = node.integers(attribute)) {
      for (const Index number : *given) all.push_back({number, {}});
      return all;
    }
    if (node.input(i).empty()) return {};
    const Sizes& given = sizes(node, i);
    for (Index k = 0; k < given.count(); ++k) all.push_back(given.at(k));
    return all;
  }
  /// A slice of time or batch, or of an axis of which it is not yet known what it is.
  template <class F>
  Signal sliced(const Node& node, Signal y, std::size_t axis, const Size& start, const Size& end, Index step,
                F&& range_of) {
    const Size own = size_of(y.axes[axis]);
    const bool is_known =
        std::all_of(own.axes.begin(), own.axes.end(), [&](int a) { return table_.size(a) >= 0; });
    const Index size = is_known ? known(node, own) : -1;
    const bool from_start = start == Size{0, {}};
    const bool to_end =
        end == own || (end.axes.empty() && (end.number >= std::numeric_limits<std::int32_t>::max() ||
                                            (size >= 0 && end.number >= size)));
    if (from_start && to_end && step == 1) return y;
    const bool last = to_end && step == 1 && start.axes.empty() &&
                      (start.number == -1 || (size >= 0 && start.number == size - 1));
    const bool first = from_start && end == Size{1, {}} && step == 1;
    const Factor f = y.axes[axis][0];
    if (step == -1 && start == Size{-1, {}} && end.axes.empty() &&
        (end.number <= std::numeric_limits<std::int32_t>::min() || (size >= 0 && end.number < -size)) &&
        y.axes[axis].size() == 1) {
      if (dry_) return y;
      node.check(table_.role(f.axis) == Role::time, "turns a batch around: that can't be represented");
      return whole_of(add_layer(node, step_of(node, y), ReverseTime<float>{}), y.axes, y);
    }
    if (!is_loose(y) || (y.axes[axis].size() == 1 && table_.role(f.axis) == Role::time)) {
      node.check(last || first,
                 "takes a part of a sequence or a batch that is neither its first nor its last step: that "
                 "can't be represented");
      if (!is_loose(y)) return at_step(node, y, axis, last);
    }
    if (last || first) {
      y.axes[axis].clear();
      return y;
    }
    Index count = -1;
    if (size >= 0)
      count = range_of(size).second;
    else if (start.axes.empty() && end.axes.empty() && start.number >= 0 && end.number > start.number &&
             step == 1)
      count = end.number - start.number;
    y.axes[axis] = {{table_.add_like(f.axis, count), count, 0}};
    return y;
  }
  void split(Node& node) {
    const SignalPtr x = signal(node, 0);
    const auto axis = axis_of(node, node.integer("axis", 0), x->rank());
    auto parts = whole(node, 1, "split");
    const Index outputs = node.integer("num_outputs", node.outputs());
    node.check(outputs >= 1 && outputs == node.outputs(), "has ", node.outputs(),
               " outputs, and num_outputs ", outputs);
    const Index size = features(node, x->axes[axis]);
    if (!parts) {
      parts.emplace();
      const Index each = size < 0 ? -1 : (size + outputs - 1) / outputs;
      for (Index k = 0; k < outputs; ++k) parts->push_back(size < 0 ? -1 : std::min(each, size - k * each));
    }
    node.check(static_cast<Index>(parts->size()) == outputs, "has ", outputs, " outputs and ", parts->size(),
               " sizes of them");
    for (const Index count : *parts)
      node.check((size < 0 && count == -1) || (count >= 0 && count <= (1 << 24)), "splits off ", count,
                 " features");
    Index first = 0;
    for (Index k = 0; k < outputs; ++k) {
      const Index count = (*parts)[static_cast<std::size_t>(k)];
      if (dry_) {
        Signal y = *x;
        y.axes[axis] = count > 0 ? Axis{{-1, count, 1}} : Axis{{table_.add(-1), -1, 0}};
        give(node, std::move(y), static_cast<int>(k));
      } else {
        give(node, selected(node, *x, axis, first, count, 1), static_cast<int>(k));
      }
      first += count;
    }
    node.check(size < 0 || first == size, "splits ", size, " features into ", first);
  }
  void gather(Node& node) {
    const Index axis_given = node.integer("axis", 0);
    const Value &x = value(node, 0), &at = value(node, 1);
    if (const auto* const tokens = std::get_if<SignalPtr>(&at)) return embed(node, axis_given, **tokens);
    if (const auto* const order = std::get_if<Order>(&at)) {
      if (std::holds_alternative<Order>(x)) return set(node, 0, Unknown());
      Signal y = *signal(node, 0, true);
      be(node, y.axes[axis_of(node, axis_given, y.rank())], Role::batch);
      node.check(y.is_permuted == order->is_back,
                 "puts sequences in an order that is not that of their lengths");
      y.is_permuted = !order->is_back;
      return give(node, std::move(y));
    }
    const Sizes& index = sizes(node, 1);
    if (of_constant(node, 0, [&](const auto& from) {
          const auto axis = axis_of(node, axis_given, from.rank());
          auto dims = from.dims;
          dims.erase(dims.begin() + static_cast<Index>(axis));
          dims.insert(dims.begin() + static_cast<Index>(axis), index.dims.begin(), index.dims.end());
          const auto count = product_of(dims);
          node.check(count.has_value(), "makes a constant that is too large");
          auto y = from;
          y.dims = dims;
          if (!from.is_uniform() || from.count() == 1) {
            spend(node, *count * static_cast<Index>(sizeof(from.values[0])));
            y.values.clear();
            const auto strides = from.strides();
            const Index inner = strides[axis],
                        outer = from.count() / std::max<Index>(inner * from.dims[axis], 1);
            for (Index o = 0; o < outer; ++o)
              for (Index k = 0; k < index.count(); ++k) {
                Index place = known(node, index.at(k));
                if (place < 0) place += from.dims[axis];
                node.check(place >= 0 && place < from.dims[axis], "takes element ", place, " of ",
                           from.dims[axis]);
                for (Index i = 0; i < inner; ++i)
                  y.values.push_back(from.at((o * from.dims[axis] + place) * inner + i));
              }
          }
          return y;
        }))
      return;
    const Signal& from = *signal(node, 0);
    const auto axis = axis_of(node, axis_given, from.rank());
    node.check(index.rank() <= 1 && index.count() >= 1 && index.count() <= 4096, "takes ", index.count(),
               " elements: from 1 to 4096 in a list are legal");
    std::vector<Signal> parts;
    for (Index k = 0; k < index.count(); ++k) {
      Index place = known(node, index.at(k));
      if (has_features_only(from.axes[axis])) {
        const Index size = features_of(from.axes[axis]);
        parts.push_back(selected(node, from, axis, place < 0 ? place + size : place, 1, 1));
      } else if (is_loose(from)) {
        parts.push_back(from);
        parts.back().axes[axis].clear();
        if (index.count() > 1) be(node, from.axes[axis], Role::feature);
      } else {
        const Size own = size_of(from.axes[axis]);
        const Index size = own.axes.size() == 1 ? table_.size(own.axes[0]) : -1;
        const bool last = place == -1 || (size >= 0 && place == size - 1);
        node.check(
            (last || place == 0) && index.count() == 1,
            "takes steps of a sequence that are neither the first nor the last: that can't be represented");
        parts.push_back(at_step(node, from, axis, last));
      }
    }
    Signal y = parts.size() == 1 ? parts[0] : stack(node, parts, axis);
    if (index.rank() == 0) y.axes.erase(y.axes.begin() + static_cast<Index>(axis));
    give(node, std::move(y));
  }
  void embed(Node& node, Index axis, const Signal& tokens) {
    const Numbers& table = numbers(node, 0);
    node.check(table.rank() == 2 && axis == 0 && table.dim(0) >= 1 && table.dim(1) >= 1 &&
                   table.dim(0) <= std::numeric_limits<Token>::max(),
               "looks up tokens: it must be in the rows of a table, along axis 0");
    node.check(tokens.source >= 0, "looks up tokens that are computed: they must be an input");
    Input& input = inputs_[static_cast<std::size_t>(tokens.source)];
    node.check(!input.is_float, "looks up ", quote(input.name), ", which is not of whole numbers");
    input.is_tokens = true;
    Signal y;
    y.axes = tokens.axes;
    y.axes.push_back({{-1, table.dim(1), 1}});
    y.is_permuted = tokens.is_permuted;
    if (!dry_) {
      node.check(tokens.axes.size() >= 1 && features_of(tokens.axes) == 1,
                 "looks up several tokens a step: it must be one");
      Step step = blank();
      step.weight = Eigen::Map<const Eigen::Matrix<float, Dynamic, Dynamic, Eigen::RowMajor>>(
          expanded(node, table).values.data(), table.dim(0), table.dim(1));
      y = whole_of(add(node, Step::Kind::embedding, step_of(node, tokens), table.dim(1), std::move(step)),
                   y.axes, y);
    }
    give(node, std::move(y));
  }
  /// With all of its numbers written out.
  Numbers expanded(const Node& node, const Numbers& x) {
    if (static_cast<Index>(x.values.size()) == x.count()) return x;
    node.check(x.count() <= (1 << 24), "makes a constant that is too large");
    spend(node, x.count() * Index{sizeof(float)});
    return {x.dims, std::vector<float>(static_cast<std::size_t>(x.count()), x.at(0))};
  }
  void concat(Node& node) {
    node.check(node.has("axis"), "has no axis");
    const Index given = node.integer("axis", 0);
    node.check(node.inputs() >= 1 && node.inputs() <= 4096, "joins ", node.inputs(),
               " tensors: from 1 to 4096 are legal");
    bool any = false;
    for (int i = 0; i < node.inputs(); ++i) any = any || is_signal(node, i);
    if (!any)
      return std::holds_alternative<Numbers>(value(node, 0)) ? concat_constants<Numbers>(node, given)
                                                             : concat_constants<Sizes>(node, given);
    std::vector<Signal> parts;
    for (int i = 0; i < node.inputs(); ++i) parts.push_back(*signal(node, i));
    give(node, stack(node, parts, axis_of(node, given, parts[0].rank())));
  }
  template <class A>
  void concat_constants(const Node& node, Index axis_given) {
    std::vector<const A*> parts;
    for (int i = 0; i < node.inputs(); ++i) {
      parts.push_back(std::get_if<A>(&value(node, i)));
      node.check(parts.back(), "joins tensors of several types");
    }
    const auto axis = axis_of(node, axis_given, parts[0]->rank());
    A y{parts[0]->dims, {}};
    y.dims[axis] = 0;
    Index outer = 1, inner = 1;
    for (std::size_t k = 0; k < y.dims.size(); ++k)
      if (k != axis) (k < axis ? outer : inner) *= y.dims[k];
    for (const A* const part : parts) {
      auto dims = part->dims;
      node.check(dims.size() == y.dims.size(), "joins tensors of ", y.dims.size(), " and ", dims.size(),
                 " axes");
      y.dims[axis] += dims[axis];
      dims[axis] = y.dims[axis];
      node.check(dims == y.dims, "joins tensors whose other sizes differ");
    }
    const auto count = product_of(y.dims);
    node.check(count.has_value(), "makes a constant that is too large");
    spend(node, *count * static_cast<Index>(sizeof(y.values[0])));
    y.values.reserve(static_cast<std::size_t>(*count));
    for (Index o = 0; o < outer; ++o)
      for (const A* const part : parts) {
        const Index size = part->dims[axis] * inner;
        for (Index k = 0; k < size; ++k) y.values.push_back(part->at(o * size + k));
      }
    set(node, 0, std::move(y));
  }
  /// Parts one after the other along an axis of features.
  Signal stack(const Node& node, const std::vector<Signal>& parts, std::size_t axis) {
    Signal y = parts[0];
    y.source = -1;
    y.pieces.clear();
    y.first = 0;
    Index count = 0;
    bool is_known = true;
    for (const Signal& part : parts) {
      node.check(part.rank() == y.rank(), "joins tensors of ", y.rank(), " and ", part.rank(), " axes");
      if (!dry_)
        node.check(has_features_only(part.axes[axis]),
                   "joins along time or batch: that can't be represented");
      const Index more = features(node, part.axes[axis]);
      is_known = is_known && more >= 0;
      count += more;
      node.check(part.is_permuted == y.is_permuted, "joins sequences in different orders");
      for (std::size_t k = 0; k < y.axes.size(); ++k)
        if (k != axis) agree(node, y.axes[k], part.axes[k]);
      if (dry_) continue;
      const auto its = pieces_of(node, part, axis);
      y.pieces.insert(y.pieces.end(), its.begin(), its.end());
      node.check(y.pieces.size() <= 1024, "joins more than 1024 pieces of values");
    }
    y.axes[axis] = is_known ? (count > 1 ? Axis{{-1, count, 1}} : Axis()) : Axis{{table_.add(-1), -1, 0}};
    y.axes = stacked(y.axes, axis);
    node.check(count <= (Index{1} << 24), "makes ", count, " features: at most 2^24 are legal");
    return y;
  }
  /// Two axes that are computed with number by number have one size and role.
  void agree(const Node& node, const Axis& a, const Axis& b) {
    node.check(features_of(a) == features_of(b) || dry_, "computes with ", features_of(a), " and ",
               features_of(b), " features");
    std::vector<int> of_a, of_b;
    for (const Factor& f : a)
      if (!f.is_feature()) of_a.push_back(f.axis);
    for (const Factor& f : b)
      if (!f.is_feature()) of_b.push_back(f.axis);
    if (of_a.size() != of_b.size()) {  // only where one says of a batch that it is 1
      for (const auto* some : {&of_a, &of_b})
        for (const int axis : *some)
          node.check(dry_ || table_.role(axis) == Role::batch,
                     "computes with a value of each step and one of a sequence: that can't be represented");
      return;
    }
    for (std::size_t k = 0; k < of_a.size(); ++k) {
      const bool same = table_.unify(of_a[k], of_b[k]);
      node.check(same, "computes with time where the other value has batch or features");
      const Index first = table_.size(of_a[k]), second = table_.size(of_b[k]);
      if (first < 0) table_.set_size(of_a[k], second);
      if (second < 0) table_.set_size(of_b[k], first);
    }
  }

  // ---- The order of sequences by length.

  void top_k(Node& node) {
    const SignalPtr x = signal(node, 0);
    node.integer("axis", -1);
    node.flag("largest", true);
    node.flag("sorted", true);
    node.check(x->source >= 0 && x->rank() == 1 && !inputs_[static_cast<std::size_t>(x->source)].is_float,
               "sorts what are no lengths of sequences: that can't be represented");
    be(node, x->axes[0], Role::batch);
    inputs_[static_cast<std::size_t>(x->source)].is_lengths = true;
    Signal sorted = *x;
    sorted.is_permuted = true;
    give(node, std::move(sorted));
    set(node, 1, Order{false});
  }
  void scatter(Node& node) {
    node.integer("axis", 0);
    node.check(std::holds_alternative<Order>(value(node, 1)), "can only turn the order of lengths around");
    set(node, 0, Order{true});
  }

  // ---- Arithmetic.

  void arithmetic(Node& node) {
    const bool negative = node.op() == "Neg";
    const Value &a = value(node, 0), &b = negative ? a : value(node, 1);
    if (const auto* const moment = std::get_if<Moment>(&b);
        moment && node.op() != "Mul" && node.op() != "Add")
      return moments(node, a, *moment);
    if (std::holds_alternative<Moment>(a) || std::holds_alternative<Moment>(b))
      return moments_with(node, a, b);
    const bool a_runs = std::holds_alternative<SignalPtr>(a), b_runs = std::holds_alternative<SignalPtr>(b);
    if (negative && a_runs) return with_constant(node, *signal(node, 0), Numbers{{}, {-1}}, "Mul", false);
    if (a_runs && b_runs) return with_each_other(node, *signal(node, 0), *signal(node, 1));
    if (a_runs || b_runs) {
      const int run = a_runs ? 0 : 1;
      node.check(std::holds_alternative<Numbers>(a_runs ? b : a),
                 "computes with whole numbers and a value of the inputs");
      return with_constant(node, *signal(node, run), numbers(node, 1 - run), node.op(), b_runs);
    }
    if (std::holds_alternative<Numbers>(a) && std::holds_alternative<Numbers>(b)) {
      const Numbers &x = numbers(node, 0), &y = numbers(node, negative ? 0 : 1);
      const std::string& op = node.op();
      return set(node, 0, both(node, x, y, [&](float p, float q) {
                   const float r = op == "Add"   ? p + q
                                   : op == "Sub" ? p - q
                                   : op == "Mul" ? p * q
                                   : op == "Neg" ? -p
                                                 : p / q;
                   node.check(std::isfinite(r), "gives a constant that is not finite");
                   return r;
                 }));
    }
    if (std::holds_alternative<Unknown>(a) || std::holds_alternative<Unknown>(b))
      return set(node, 0, Unknown());
    const Sizes &x = sizes(node, 0), &y = sizes(node, negative ? 0 : 1);
    const std::string& op = node.op();
    set(node, 0, both(node, x, y, [&](const Size& p, const Size& q) -> Size {
          if (op == "Mul") return times(node, p, q);
          if (op == "Div") {
            Size rest = p;
            for (const int axis : q.axes) {
              const auto at = std::find(rest.axes.begin(), rest.axes.end(), axis);
              if (at == rest.axes.end()) return {divided(node, known(node, p), known(node, q)), {}};
              rest.axes.erase(at);
            }
            rest.number = divided(node, rest.number, q.number);
            return rest;
          }
          const Index first = known(node, p), second = known(node, q);
          node.check(std::abs(first) <= (Index{1} << 60) && std::abs(second) <= (Index{1} << 60),
                     "has sizes that are too large");
          return {op == "Add" ? first + second : op == "Sub" ? first - second : -first, {}};
        }));
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
    return p;
  }

  /// A constant for each feature of x, in the order of its axes.
  VectorX<float> for_features(const Node& node, const Signal& x, const Numbers& c) {
    node.check(c.rank() <= x.rank() || c.count() == 1, "computes with a constant of ", c.rank(),
               " axes and a value of ", x.rank());
    std::vector<Index> dims, strides;
    const auto own = c.strides();
    for (Index k = 0; k < x.rank(); ++k) {
      const Axis& axis = x.axes[static_cast<std::size_t>(k)];
      const Index at = k - x.rank() + c.rank();
      const Index size = at >= 0 ? c.dim(at) : 1;
      if (size != 1 && !c.is_uniform()) have_features(node, axis, size);
      dims.push_back(dry_ ? 1 : features_of(axis));
      strides.push_back(size == 1 || at < 0 ? 0 : own[static_cast<std::size_t>(at)]);
    }
    if (dry_) return {};
    spend(node, product_of(dims).value_or(Index{1} << 40) * Index{sizeof(float)});
    const Numbers all = view(node, c, dims, strides);
    VectorX<float> vector(all.count());
    for (Index k = 0; k < vector.size(); ++k) vector(k) = all.at(k);
    return vector;
  }
  void with_constant(const Node& node, const Signal& x, const Numbers& constant, const std::string& op,
                     bool constant_first) {
    node.check(op != "Div" || !constant_first, "divides by a value of the inputs: that can't be represented");
    const VectorX<float> c = for_features(node, x, constant);
    VectorX<float> factor = VectorX<float>::Ones(c.size()), bias = VectorX<float>::Zero(c.size());
    if (op == "Add") bias = c;
    if (op == "Mul") factor = c;
    if (op == "Div") factor = c.cwiseInverse();
    if (op == "Sub") {
      bias = constant_first ? c : VectorX<float>(-c);
      if (constant_first) factor.setConstant(-1);
    }
    node.check(factor.allFinite(), "divides by zero");
    if (op == "Mul" && factor.size() > 0 && (factor.array() == 1).all())
      return set(node, 0, std::make_shared<const Signal>(x));
    give(node, scaled(node, x, factor, bias));
  }
  void with_each_other(const Node& node, Signal a, Signal b) {
    node.check(node.op() != "Div", "divides by a value of the inputs: that can't be represented");
    node.check(a.is_permuted == b.is_permuted, "joins sequences in different orders");
    while (a.rank() < b.rank()) a.axes.insert(a.axes.begin(), Axis());
    while (b.rank() < a.rank()) b.axes.insert(b.axes.begin(), Axis());
    for (std::size_t k = 0; k < a.axes.size(); ++k) {
      if (a.axes[k].empty() != b.axes[k].empty() && dry_) continue;
      agree(node, a.axes[k], b.axes[k]);
    }
    std::vector<Axis> axes = a.axes;
    for (std::size_t k = 0; k < axes.size(); ++k)
      if (axes[k].empty()) axes[k] = b.axes[k];
    const int first = step_of(node, a), second = step_of(node, b);
    int step = -1;
    if (!dry_) {
      node.check(steps_[first].timed == steps_[second].timed,
                 "computes with a value of each step and one of a sequence: that can't be represented");
      step = steps_.join(node.op() == "Add"   ? Join::add
                         : node.op() == "Sub" ? Join::subtract
                                              : Join::multiply,
                         {first, second}, name_of(node));
    }
    give(node, whole_of(step, axes, a));
  }
  void gemm(Node& node) {
    node.check(!node.flag("transA", false), "has transA 1: that can't be represented");
    const bool transposed = node.flag("transB", false);
    const float alpha = node.number("alpha", 1), beta = node.number("beta", 1);
    const Numbers* const c = numbers_or_none(node, 2);
    const SignalPtr x = signal(node, 0);
    const Numbers& b = numbers(node, 1);
    node.check(x->rank() == 2 && b.rank() == 2, "must have a matrix of 2 axes as input 0 and 1");
    const Index inputs = b.dim(transposed ? 1 : 0), outputs = b.dim(transposed ? 0 : 1);
    MatrixX<float> weight = matrix(node, b, transposed);
    VectorX<float> bias = VectorX<float>::Zero(outputs);
    if (c) {
      node.check(c->count() == 1 || (c->count() == outputs && c->dims.back() == outputs), "has input 2 of ",
                 c->count(), " numbers: it must be ", outputs);
      for (Index o = 0; o < outputs; ++o) bias(o) = beta * c->at(c->count() == 1 ? 0 : o);
    }
    weight *= alpha;
    dense(node, *x, std::move(weight), std::move(bias), inputs);
  }
  void mat_mul(Node& node) {
    node.check(is_signal(node, 0) && !is_signal(node, 1),
               "multiplies two values of the inputs, or a constant from the left: that can't be represented");
    const Numbers& b = numbers(node, 1);
    node.check(b.rank() == 2, "multiplies with a constant of ", b.rank(), " axes: it must have 2");
    dense(node, *signal(node, 0), matrix(node, b, false), VectorX<float>::Zero(b.dim(1)), b.dim(0));
  }
  /// outputs × inputs
  MatrixX<float> matrix(const Node& node, const Numbers& b, bool transposed) {
    node.check(b.count() >= 1 && b.dim(0) <= (1 << 24) && b.dim(1) <= (1 << 24), "has weights of ", b.dim(0),
               " x ", b.dim(1));
    if (dry_) return {};
    const Numbers all = expanded(node, b);
    const Eigen::Map<const Eigen::Matrix<float, Dynamic, Dynamic, Eigen::RowMajor>> rows(all.values.data(),
                                                                                         b.dim(0), b.dim(1));
    if (transposed) return rows;
    return rows.transpose();
  }
  void dense(const Node& node, const Signal& x, MatrixX<float> weight, VectorX<float> bias, Index inputs) {
    node.check(x.rank() >= 1, "multiplies a single number");
    const std::size_t last = x.axes.size() - 1;
    have_features(node, x.axes[last], inputs);
    std::vector<Axis> axes = x.axes;
    axes[last] = {{-1, bias.size(), 1}};
    int step = -1;
    if (!dry_) {
      have_none_but(node, x.axes, {last});
      Step made = blank();
      const Index outputs = bias.size();
      node.check(weight.allFinite() && bias.allFinite(), "has weights that are not finite");
      made.weight = std::move(weight);
      made.bias = std::move(bias);
      step = add(node, Step::Kind::dense, step_of(node, x), outputs, std::move(made));
    }
    give(node, whole_of(step, axes, x));
  }

  // ---- Layer normalisation, whole or in single nodes.

  void reduce(Node& node) {
    const bool global = node.op() == "GlobalAveragePool" || node.op() == "GlobalMaxPool";
    const bool mean = node.op() == "ReduceMean" || node.op() == "GlobalAveragePool";
    const bool keep = global || node.flag("keepdims", true);
    std::optional<std::vector<Index>> given;
    if (global)
      given = {{2}};
    else
      given = whole(node, 1, "axes");
    const auto* const moment = std::get_if<Moment>(&value(node, 0));
    const SignalPtr x = moment ? moment->of : signal(node, 0);
    if (global) {
      node.check(x->rank() == 3, "pools a tensor of ", x->rank(),
                 " axes: it must have 3, batch, features and time");
      be(node, x->axes[0], Role::batch);
      be(node, x->axes[1], Role::feature);
      be(node, x->axes[2], Role::time);
    }
    node.check(given && given->size() == 1, "reduces several axes: it must be one");
    const auto axis = axis_of(node, (*given)[0], x->rank());
    const bool is_time =
        !has_features_only(x->axes[axis]) &&
        (x->axes[axis].size() == 1 &&
         (table_.role(x->axes[axis][0].axis) == Role::time ||
          (table_.role(x->axes[axis][0].axis) == Role::unknown && !(keep && axis + 1 == x->axes.size()))));
    if (mean && !is_time && keep && axis + 1 == x->axes.size()) {
      if (!moment) return set(node, 0, Moment{Moment::Kind::mean, x, 0});
      node.check(moment->kind == Moment::Kind::square, "is no part of a layer normalisation");
      return set(node, 0, Moment{Moment::Kind::variance, x, 0});
    }
    const bool sum = node.op() == "ReduceSum";
    if (sum || (mean && !moment && has_features_only(x->axes[axis])))
      return sum_of_features(node, *x, axis, keep, !sum);
    node.check(!moment && (is_time || dry_),
               "reduces features or a batch: only the steps of a sequence can be");
    be(node, x->axes[axis], Role::time);
    Signal y = dry_ ? *x : pooled(node, *x, mean ? Ends::mean : Ends::max);
    y.axes[axis].clear();
    if (!keep) y.axes.erase(y.axes.begin() + static_cast<Index>(axis));
    give(node, std::move(y));
  }
  /// The sum or mean along an axis of features, as of two directions.
  void sum_of_features(const Node& node, const Signal& x, std::size_t axis, bool keep, bool mean) {
    constexpr Index most = 16;
    const Index count = features(node, x.axes[axis]);
    node.check(count <= most, "adds ", count, " features: at most ", most, " can be");
    Signal y = x;
    if (!dry_) {
      std::vector<int> parts;
      for (Index k = 0; k < count; ++k) parts.push_back(step_of(node, selected(node, x, axis, k, 1, 1)));
      y.axes[axis].clear();
      y = whole_of(parts.size() == 1 ? parts[0] : steps_.join(Join::add, parts, name_of(node)), y.axes, x);
      const VectorX<float> factor =
          VectorX<float>::Constant(features_of(y.axes), 1 / static_cast<float>(count));
      if (mean && count > 1) y = scaled(node, y, factor, VectorX<float>::Zero(factor.size()));
    }
    y.axes[axis].clear();
    if (!keep) y.axes.erase(y.axes.begin() + static_cast<Index>(axis));
    give(node, std::move(y));
  }
  /// a - mean, or centred / deviation.
  void moments(const Node& node, const Value& a, const Moment& b) {
    if (const auto* const x = std::get_if<SignalPtr>(&a);
        x && node.op() == "Sub" && b.kind == Moment::Kind::mean && *x == b.of)
      return set(node, 0, Moment{Moment::Kind::centred, b.of, 0});
    const auto* const centred = std::get_if<Moment>(&a);
    node.check(centred && node.op() == "Div" && centred->kind == Moment::Kind::centred &&
                   b.kind == Moment::Kind::deviation && centred->of == b.of,
               "computes with a moment of features, but not as in a layer normalisation");
    normalized(node, *b.of, b.epsilon, nullptr, nullptr, b.of->axes.size() - 1);
  }
  void moments_with(const Node& node, const Value& a, const Value& b) {
    const auto *first = std::get_if<Moment>(&a), *second = std::get_if<Moment>(&b);
    if (first && second && node.op() == "Mul" && first->kind == Moment::Kind::centred &&
        second->kind == first->kind && first->of == second->of)
      return set(node, 0, Moment{Moment::Kind::square, first->of, 0});
    const auto* const variance = first ? first : second;
    const auto* const epsilon = std::get_if<Numbers>(first ? &b : &a);
    node.check(
        epsilon && epsilon->count() == 1 && node.op() == "Add" && variance->kind == Moment::Kind::variance,
        "computes with a moment of features, but not as in a layer normalisation");
    set(node, 0, Moment{variance->kind, variance->of, variance->epsilon + epsilon->at(0)});
  }
  void pow(Node& node) {
    const auto* const x = std::get_if<Moment>(&value(node, 0));
    const Numbers* const power = std::get_if<Numbers>(&value(node, 1));
    node.check(x && x->kind == Moment::Kind::centred && power && power->count() == 1 && power->at(0) == 2,
               "is no part of a layer normalisation: that can't be represented");
    set(node, 0, Moment{Moment::Kind::square, x->of, 0});
  }
  void sqrt(Node& node) {
    const auto* const x = std::get_if<Moment>(&value(node, 0));
    node.check(x && x->kind == Moment::Kind::variance,
               "is no part of a layer normalisation: that can't be represented");
    set(node, 0, Moment{Moment::Kind::deviation, x->of, x->epsilon});
  }
  void normalized(const Node& node, const Signal& x, float epsilon, const Numbers* factor,
                  const Numbers* bias, std::size_t axis) {
    features(node, x.axes[axis]);
    int step = -1;
    const VectorX<float> gamma = for_features(node, x, factor ? *factor : Numbers{{}, {1}}),
                         beta = for_features(node, x, bias ? *bias : Numbers{{}, {0}});
    if (!dry_) {
      have_none_but(node, x.axes, {axis});
      node.check(epsilon > 0 && std::isnormal(epsilon), "has epsilon ", epsilon, ": it must be positive");
      Step made = blank();
      made.factor = gamma;
      made.bias = beta;
      made.epsilon = epsilon;
      const int from = step_of(node, x);
      step = add(node, Step::Kind::norm, from, steps_[from].features, std::move(made));
    }
    give(node, whole_of(step, x.axes, x));
  }
  void layer_normalization(Node& node) {
    const SignalPtr x = signal(node, 0);
    const auto axis = axis_of(node, node.integer("axis", -1), x->rank());
    const float epsilon = node.number("epsilon", 1e-5F);
    node.integer("stash_type", 1);
    node.check(axis + 1 == x->axes.size(), "normalises along axis ", axis, ": it must be the last one");
    node.check(uses_[node.output(1)] == 0 && uses_[node.output(2)] == 0,
               "gives its mean or deviation: that can't be represented");
    normalized(node, *x, epsilon, &numbers(node, 1), numbers_or_none(node, 2), axis);
  }
  void batch_normalization(Node& node) {
    const SignalPtr x = signal(node, 0);
    const float epsilon = node.number("epsilon", 1e-5F);
    node.number("momentum", 0.9F);
    node.check(!node.flag("training_mode", false),
               "is in training mode: only its fixed statistics can be represented");
    node.integer("spatial", 1);
    node.check(x->rank() == 2 || x->rank() == 3, "has an input of ", x->rank(), " axes: it must have 2 or 3");
    const Numbers* all[4];
    for (int k = 0; k < 4; ++k) {
      all[k] = &numbers(node, k + 1);
      node.check(all[k]->rank() == 1 && all[k]->dims == all[0]->dims, "has statistics of different sizes");
    }
    const Index count = all[0]->count();
    have_features(node, x->axes[1], count);
    if (dry_) return give(node, whole_of(-1, x->axes, *x));
    have_none_but(node, x->axes, {1});
    VectorX<float> factor(count), bias(count);
    for (Index f = 0; f < count; ++f) {
      const float spread = all[3]->at(f) + epsilon;
      node.check(spread > 0, "has a variance of ", all[3]->at(f), " with epsilon ", epsilon,
                 ": their sum must be above 0");
      factor(f) = all[0]->at(f) / std::sqrt(spread);
      bias(f) = all[1]->at(f) - factor(f) * all[2]->at(f);
    }
    give(node, scaled(node, *x, factor, bias));
  }

  // ---- Layers.

  void activation(Node& node) {
    const SignalPtr x = signal(node, 0);
    const std::string& op = node.op();
    const auto give_it = [&](const char* name, auto layer) {
      give(node, activated(node, *x, name, Network<float>{std::move(layer)}));
    };
    const auto flexible = [&](GateKind kind, std::optional<double> alpha = {},
                              std::optional<double> beta = {}) {
      give_it("flexible", FlexibleActivation<float>{{kind, alpha, beta}});
    };
    const auto number = [&](const char* name, float otherwise) {
      return static_cast<double>(node.number(name, otherwise));
    };
    if (op == "Tanh") return give_it("tanh", Activate<float, Tanh>{});
    if (op == "Relu") return give_it("relu", Activate<float, Relu>{});
    if (op == "Sigmoid") return give_it("sigmoid", Activate<float, Sigmoid>{});
    if (op == "Softplus") return flexible(GateKind::softplus);
    if (op == "Softsign") return flexible(GateKind::softsign);
    if (op == "Exp") return flexible(GateKind::exponential);
    if (op == "LeakyRelu") return flexible(GateKind::leaky_relu, number("alpha", 0.01F));
    if (op == "ThresholdedRelu") return flexible(GateKind::thresholded_relu, number("alpha", 1));
    if (op == "HardSigmoid")
      return flexible(GateKind::hard_sigmoid, number("alpha", 0.2F), number("beta", 0.5F));
    if (op == "Selu")
      return flexible(GateKind::selu, number("alpha", 1.67326319F), number("gamma", 1.05070102F));
    if (op == "Elu") {
      const double alpha = number("alpha", 1);
      if (alpha == 1) return give_it("elu", Activate<float, Elu>{});
      return flexible(GateKind::elu, alpha);
    }
    const std::string approximate = node.text("approximate", "none");
    node.check(approximate == "none", "has approximate ", quote(approximate), ": it must be \"none\"");
    give_it("gelu", Activate<float, Gelu>{});
  }
  void softmax(Node& node) {
    const SignalPtr x = signal(node, 0);
    const Index otherwise = file_.opset() < 13 ? 1 : -1;
    const auto axis = axis_of(node, node.integer("axis", otherwise), x->rank());
    // Before version 13, all axes from this one on were one.
    for (std::size_t k = axis; k < x->axes.size(); ++k)
      if (k == axis || file_.opset() < 13) features(node, x->axes[k]);
    for (std::size_t k = 0; k < x->axes.size() && !dry_; ++k)
      node.check(features_of(x->axes[k]) == 1 || k == axis || (k > axis && file_.opset() < 13),
                 "works along one axis of a value with features in several: that can't be represented");
    give(node, activated(node, *x, "softmax", Network<float>{Softmax<float>{node.op() == "LogSoftmax"}}));
  }
  void leaky(const Node& node, const Signal& x, const Numbers& slopes) {
    const VectorX<float> slope = for_features(node, x, slopes);
    if (dry_) return give(node, whole_of(-1, x.axes, x));
    PRelu<float> layer(slope.size());
    layer.weight = slope;
    give(node, whole_of(add_layer(node, step_of(node, x), std::move(layer)), x.axes, x));
  }
  void p_relu(Node& node) { leaky(node, *signal(node, 0), numbers(node, 1)); }
  void dropout(Node& node) {
    float rate = node.number("ratio", 0.5F);
    node.integer("seed", 0);
    if (const Numbers* const given = numbers_or_none(node, 1)) rate = given->count() == 1 ? given->at(0) : -1;
    node.check(rate >= 0 && rate < 1, "has ratio ", rate, ": it must be at least 0 and below 1");
    node.check(uses_[node.output(1)] == 0, "gives its mask: that can't be represented");
    const SignalPtr x = signal(node, 0);
    if (rate == 0 || dry_) return set(node, 0, x);
    give(node, whole_of(add_layer(node, step_of(node, *x), Dropout<float>{static_cast<double>(rate)}),
                        x->axes, *x));
  }
  void pad(Node& node) {
    node.check(node.text("mode", "constant") == "constant", "pads with something else than zeros");
    const auto pads = whole(node, 1, "pads");
    Signal y = *signal(node, 0, true);
    node.check(pads && static_cast<Index>(pads->size()) == 2 * y.rank() && node.input(3).empty(),
               "must have pads for both ends of each axis of its input");
    node.check(node.input(2).empty() || numbers(node, 2).count() == 1, "pads with several numbers");
    const float number = node.input(2).empty() ? node.number("value", 0) : numbers(node, 2).at(0);
    node.check(number == 0, "pads with ", number, ": it must be 0");
    for (std::size_t k = 0; k < y.axes.size(); ++k) {
      const Index before = (*pads)[k], after = (*pads)[k + y.axes.size()];
      if (before == 0 && after == 0) continue;
      node.check(before >= 0 && after >= 0 && before <= (1 << 24) && after <= (1 << 24), "pads ", before,
                 " and ", after, " steps");
      be(node, y.axes[k], Role::time);
      y.before += before;
      y.after += after;
      node.check(y.before <= (1 << 24) && y.after <= (1 << 24), "pads too many steps");
    }
    y.source = -1;
    give(node, std::move(y));
  }
  /// The windows over time of a convolution or a pool.
  TimeWindow window_of(Node& node, const Signal& x, Index size_of_weights) {
    const auto one = [&](const char* name, Index otherwise) {
      const auto given = node.integers(name);
      node.check(!given || given->size() == 1, "has ", name, " of several axes: only time can be one");
      const Index value = given ? (*given)[0] : otherwise;
      node.check(value >= 1 && value <= (1 << 16), "has ", name, ' ', value, ": it must be from 1 to 65536");
      return value;
    };
    TimeWindow window{one("kernel_shape", size_of_weights), one("dilations", 1), one("strides", 1),
                      Padding::valid()};
    node.check(size_of_weights == 0 || window.size == size_of_weights, "has kernel_shape ", window.size,
               " and weights of ", size_of_weights);
    node.check(window.size <= TimeWindow::longest / window.dilation, "has windows that are too long");
    const auto pads = node.integers("pads").value_or(std::vector<Index>{0, 0});
    node.check(
        pads.size() == 2 && pads[0] >= 0 && pads[1] >= 0 && pads[0] <= (1 << 24) && pads[1] <= (1 << 24),
        "has pads that are not two numbers, of both ends of time");
    const std::string automatic = node.text("auto_pad", "NOTSET");
    node.check(automatic == "NOTSET" || automatic == "VALID" || automatic == "SAME_UPPER" ||
                   automatic == "SAME_LOWER",
               "has auto_pad ", quote(automatic));
    Index before = x.before + pads[0], after = x.after + pads[1];
    const Index around = window.span() - 1;
    if (automatic == "SAME_UPPER") {
      node.check(before == 0 && after == 0, "has auto_pad and pads: it can have one");
      window.padding = Padding::same();
      return window;
    }
    if (automatic == "SAME_LOWER") {
      node.check(before == 0 && after == 0, "has auto_pad and pads: it can have one");
      node.check(window.stride == 1, "has auto_pad SAME_LOWER with strides ", window.stride,
                 ": it must be 1");
      before = around - around / 2;
      after = around / 2;
    }
    node.check(before <= around && after <= around, "has ", before, " and ", after,
               " steps of zeros around a sequence: it can have up to ", around,
               ", those of a window but one");
    if (before == around && after == 0 && window.stride == 1)
      window.padding = Padding::causal();
    else if (before > 0 || after > 0)
      window.padding = Padding::of(before, after);
    return window;
  }
  /// Batch, features and time, as convolutions have them. Time is another one unless the windows keep its length.
  std::vector<Axis> convolved(const Node& node, const Signal& x, const TimeWindow& window) {
    node.check(x.rank() == 3, "has an input of ", x.rank(),
               " axes: it must have 3, batch, features and time");
    be(node, x.axes[0], Role::batch);
    be(node, x.axes[1], Role::feature);
    be(node, x.axes[2], Role::time);
    std::vector<Axis> axes = x.axes;
    const bool keeps = window.stride == 1 && window.outputs(window.span()) == window.span();
    node.check(axes[2].size() == 1, "has no time to work along");
    if (!keeps) axes[2] = {{table_.add_like(axes[2][0].axis, -1), -1, 0}};
    return axes;
  }
  void conv(Node& node) {
    const SignalPtr x = signal(node, 0, true);
    const Numbers& w = numbers(node, 1);
    const Numbers* const b = numbers_or_none(node, 2);
    node.check(w.rank() == 3, "has weights of ", w.rank(),
               " axes: it must have 3, since only time can be convolved");
    const Index outputs = w.dim(0), inputs = w.dim(1), size = w.dim(2), groups = node.integer("group", 1);
    node.check(groups == 1, "has group ", groups, ": it must be 1");
    node.check(w.count() >= 1 && outputs <= (1 << 24) && inputs <= (1 << 24), "has weights of ", outputs,
               " x ", inputs, " x ", size);
    const TimeWindow window = window_of(node, *x, size);
    std::vector<Axis> axes = convolved(node, *x, window);
    have_features(node, x->axes[1], inputs);
    if (b) node.check(b->count() == outputs, "has ", b->count(), " biases: it must have ", outputs);
    axes[1] = {{-1, outputs, 1}};
    if (dry_) return give(node, whole_of(-1, axes, *x));
    have_none_but(node, x->axes, {1});
    spend(node, w.count() * Index{sizeof(float)});
    Conv1d<float> layer(inputs, outputs, size, window.dilation, window.padding, window.stride);
    for (Index o = 0; o < outputs; ++o) {
      if (b) layer.bias(o) = b->at(o);
      for (Index i = 0; i < inputs; ++i)
        for (Index k = 0; k < size; ++k) layer.weight(o, k * inputs + i) = w.at((o * inputs + i) * size + k);
    }
    give(node, whole_of(add_layer(node, step_of(node, *x), std::move(layer)), axes, *x));
  }
  void pool(Node& node) {
    const bool mean = node.op() == "AveragePool";
    const SignalPtr x = signal(node, 0);
    node.check(node.has("kernel_shape"), "has no kernel_shape");
    const TimeWindow window = window_of(node, *x, 0);
    node.check(!node.flag("ceil_mode", false), "has ceil_mode 1: that can't be represented");
    node.check(node.integer("storage_order", 0) == 0 && uses_[node.output(1)] == 0,
               "gives the places of the largest: that can't be represented");
    node.check(window.dilation == 1, "has dilations ", window.dilation, ": it must be 1");
    const bool pads = window.padding.kind() != Padding::Kind::valid;
    node.check(!node.flag("count_include_pad", false) || !pads,
               "has count_include_pad 1: a mean here is that of the steps that are there");
    const std::vector<Axis> axes = convolved(node, *x, window);
    if (dry_) return give(node, whole_of(-1, axes, *x));
    const Pool1d<float> layer(mean ? Pooling::mean : Pooling::max, window.size, window.stride,
                              window.padding);
    give(node, whole_of(add_layer(node, step_of(node, *x), layer), axes, *x));
  }

  void recurrent(Node& node) {
    const SignalPtr x = signal(node, 0);
    RecurrentReader::Constants given{&numbers(node, 1),
                                     &numbers(node, 2),
                                     numbers_or_none(node, 3),
                                     numbers_or_none(node, 7),
                                     {nullptr, nullptr}};
    const bool has_memory = node.op() == "LSTM";
    for (int q = 0; q < (has_memory ? 2 : 1); ++q)
      if (!node.input(5 + q).empty() && !is_signal(node, 5 + q)) given.initial[q] = &numbers(node, 5 + q);
    if (!dry_)
      for (const auto* const weights : {given.weight_ih, given.weight_hh})
        spend(node, weights->count() * Index{sizeof(float)});
    const RecurrentReader reader(node, given, dry_);
    const bool batch_first = reader.batch_first();
    const std::size_t time = batch_first ? 1 : 0, batch = 1 - time;
    node.check(x->rank() == 3, "has an input of ", x->rank(), " axes: it must have 3");
    be(node, x->axes[time], Role::time);
    be(node, x->axes[batch], Role::batch);
    have_features(node, x->axes[2], reader.inputs());
    if (!node.input(4).empty()) read_lengths(node, *x, x->axes[time]);
    for (int q = 0; q < (has_memory ? 2 : 1); ++q)
      if (!node.input(5 + q).empty() && is_signal(node, 5 + q))
        read_state(node, *signal(node, 5 + q), batch_first);

    const Axis ways = reader.directions() == 1 ? Axis() : Axis{{-1, reader.directions(), reader.hidden()}};
    const Axis units = reader.hidden() == 1 ? Axis() : Axis{{-1, reader.hidden(), 1}};
    std::vector<Axis> axes{x->axes[time], ways, x->axes[batch], units}, of_state{ways, x->axes[batch], units};
    if (batch_first)
      axes = {x->axes[batch], x->axes[time], ways, units}, of_state = {x->axes[batch], ways, units};
    if (dry_) {
      give(node, whole_of(-1, axes, *x), 0);
      give(node, whole_of(-1, of_state, *x), 1);
      if (has_memory) give(node, whole_of(-1, of_state, *x), 2);
      return;
    }
    const int from = step_of(node, *x);
    std::vector<int> parts;
    for (auto& layer : reader.layers()) parts.push_back(add_layer(node, from, std::move(layer)));
    const int step = parts.size() == 1 ? parts[0] : steps_.join(Join::concatenate, parts, name_of(node));
    const Signal y = whole_of(step, axes, *x);
    give(node, y, 0);
    Signal last = y;
    if (steps_[step].timed) {
      const Ends ends = reader.directions() == 2 ? Ends::both : reader.reverse() ? Ends::first : Ends::last;
      last = pooled(node, y, ends, true);
    }
    last.axes = stacked(std::vector<Axis>{ways, x->axes[batch], units});
    if (batch_first) std::swap(last.axes[0], last.axes[1]);
    give(node, last, 1);
    if (!has_memory || uses_[node.output(2)] == 0) return;
    // The memory is no output of a step, so layers of their own give it: [h; c] of each direction.
    Signal memory = last;
    memory.pieces.clear();
    for (auto& layer : reader.layers()) {
      const int state = add_layer(node, from, FinalState{std::move(layer)});
      steps_.mark_memory(state);
      memory.pieces.push_back({state, 0, steps_[state].features});
    }
    memory.first = reader.hidden();
    for (Axis& axis : memory.axes)
      for (Factor& f : axis)
        if (f.is_feature() && f.stride > 1) f.stride = 2 * reader.hidden();
    if (reader.hidden() == 1 && reader.directions() == 2) memory.axes[batch_first ? 1 : 0] = {{-1, 2, 2}};
    give(node, std::move(memory), 2);
  }
  /// The lengths of sequences become the layout of the input.
  void read_lengths(const Node& node, const Signal& x, const Axis& time) {
    if (!is_signal(node, 4)) {
      const Size own = size_of(time);
      for (const Index length : whole(node, 4))
        node.check(own.axes.size() == 1 && table_.size(own.axes[0]) == length,
                   "has constant sequence_lens that are not the length of its input: it must be an input");
      return;
    }
    const SignalPtr lengths = signal(node, 4);
    node.check(lengths->source >= 0 && lengths->rank() == 1,
               "has sequence_lens that are computed: it must be an input");
    Input& input = inputs_[static_cast<std::size_t>(lengths->source)];
    node.check(!input.is_float && !input.is_tokens, "has sequence_lens that are not of whole numbers");
    node.check(lengths->is_permuted == x.is_permuted || dry_,
               "has sequence_lens in another order than its input");
    input.is_lengths = true;
    be(node, lengths->axes[0], Role::batch);
  }
  /// An input that is the initial state of a layer is the initial state of the network.
  void read_state(const Node& node, const Signal& state, bool batch_first) {
    node.check(state.source >= 0,
               "starts from a state that other nodes compute: it must be a constant or an input");
    node.check(state.rank() == 3, "has an initial state of ", state.rank(), " axes: it must have 3");
    Input& input = inputs_[static_cast<std::size_t>(state.source)];
    input.is_state = true;
    be(node, state.axes[batch_first ? 0 : 1], Role::batch);
  }
};

}  // namespace recur::inline RECUR_ABI::detail::onnx
