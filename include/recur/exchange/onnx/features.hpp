// Operators of ONNX that take parts of tensors and join them: features, the first or the last step, rows of an embedding.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "recur/exchange/onnx/shapes.hpp"
#include "recur/layer/reverse_time.hpp"

namespace recur::inline RECUR_ABI::detail::onnx {

class FeatureReader : public ShapeReader {
 protected:
  using ShapeReader::ShapeReader;
  ~FeatureReader() = default;

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
    for (const Index step : *steps) node.check(step != 0 && is_within(step, 1 << 24), "has a step of ", step);

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
    // As many as an axis of the inputs has, which the file does not say.
    const auto is_prefix = [&](std::size_t k) {
      const Size &start = (*starts)[k], &end = (*ends)[k];
      return start == Size{0, {}} && (*steps)[k] == 1 && end.number == 1 && end.axes.size() == 1 &&
             table_.size(end.axes[0]) < 0;
    };
    if (of_constant(node, 0, [&](const auto& x) {
          auto dims = x.dims;
          auto strides = x.strides();
          Index first = 0;
          int prefix = -1;
          for (std::size_t k = 0; k < axes->size(); ++k) {
            const auto axis = axis_of(node, (*axes)[k], x.rank());
            node.check(!x.is_repeated(axis), "takes a part of the size of time or batch of a constant");
            if (is_prefix(k)) {
              node.check(prefix < 0, "takes the first steps along two axes of a constant");
              be(node, {{(*ends)[k].axes[0], -1, 0}}, Role::time);
              prefix = static_cast<int>(axis);
              continue;
            }
            const auto [start, count] = range_of(k, dims[axis]);
            if (count > 0) first += start * strides[axis];
            dims[axis] = count;
            strides[axis] *= count > 1 ? (*steps)[k] : 0;  // so it stays within the tensor
          }
          node.check(*product_of(dims) > 0 || !x.is_uniform(), "takes nothing of a constant");
          auto y = view(node, x, dims, strides, first);
          y.repeats = x.repeats;
          y.prefix = prefix;
          return y;
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
  /// A slice of time, of the batch, or of an axis not yet identified.
  template <class F>
  Signal sliced(const Node& node, Signal y, std::size_t axis, const Size& start, const Size& end, Index step,
                F&& range_of) {
    const Size own = size_of(y.axes[axis]);
    const Index size = is_known(own) ? known(node, own) : -1;
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
      check_no_lengths(node);
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
    if (const auto* const steps =
            std::get_if<StepNumbers>(&at)) {  // rows of a table for the steps: positions
      Numbers rows = numbers(node, 0);
      node.check(axis_given == 0 && rows.rank() == 2,
                 "takes something else than a row of a table for each step");
      be(node, {{steps->of, -1, 0}}, Role::time);
      rows.prefix = static_cast<int>(steps->at);
      for (Index k = 0; k < steps->rank; ++k)
        if (k != steps->at) rows.dims.insert(rows.dims.begin() + k, 1);
      return set(node, 0, std::move(rows));
    }
    const Sizes& index = sizes(node, 1);
    if (of_constant(node, 0, [&](const auto& from) {
          const auto axis = axis_of(node, axis_given, from.rank());
          node.check(!from.is_repeated(axis), "takes a part of the size of time or batch of a constant");
          auto dims = from.dims;
          dims.erase(dims.begin() + static_cast<Index>(axis));
          dims.insert(dims.begin() + static_cast<Index>(axis), index.dims.begin(), index.dims.end());
          const auto count = product_of(dims);
          node.check(count.has_value(), "makes a constant that is too large");
          auto y = from;
          y.dims = dims;
          if (!y.repeats.empty()) {
            y.repeats.erase(y.repeats.begin() + static_cast<Index>(axis));
            y.repeats.insert(y.repeats.begin() + static_cast<Index>(axis), index.dims.size(),
                             std::vector<int>());
          }
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
    node.check(!input.is_float || tokens.is_rounded, "looks up ", quote(input.name),
               ", which is not of whole numbers");
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
      check_no_prefix(node, *parts.back());
      node.check(parts.back()->repeats == parts[0]->repeats,
                 "joins constants of which one has the size of time or batch");
    }
    const auto axis = axis_of(node, axis_given, parts[0]->rank());
    node.check(!parts[0]->is_repeated(axis), "joins constants along time or batch");
    A y{parts[0]->dims, {}, parts[0]->repeats};
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
    if (of_a.size() != of_b.size()) {  // legal only if one of them has a batch of 1 instead
      for (const auto* some : {&of_a, &of_b})
        for (const int axis : *some)
          node.check(dry_ || table_.role(axis) == Role::batch,
                     "computes with a value of each step and one of a sequence: that can't be represented");
      return;
    }
    for (std::size_t k = 0; k < of_a.size(); ++k) {
      const bool same = table_.unify(of_a[k], of_b[k]);
      node.check(same, "computes with time, and the other value has batch or features there");
      const Index first = table_.size(of_a[k]), second = table_.size(of_b[k]);
      if (first < 0) table_.set_size(of_a[k], second);
      if (second < 0) table_.set_size(of_b[k], first);
    }
    check_same_order(node, a, b);
  }
  /// Reshape can put features and samples, or steps, into one axis. Here only the features have an order.
  void check_same_order(const Node& node, const Axis& a, const Axis& b) const {
    // For each part of an axis that is time or batch, how many features stand before it. One sample or step has no order.
    const auto features_before = [&](const Axis& axis) {
      std::vector<Index> all;
      Index count = 1;
      for (const Factor& f : axis)
        if (f.is_feature())
          count *= f.size;
        else if (table_.size(f.axis) != 1)
          all.push_back(count);
      return all;
    };
    const auto before_a = features_before(a), before_b = features_before(b);
    node.check(dry_ || before_a.size() != before_b.size() || before_a == before_b,
               "computes with axes that mix batch or time and features in different orders: that can't be "
               "represented");
  }

  void top_k(Node& node) {
    const SignalPtr x = signal(node, 0);
    node.integer("axis", -1);
    node.flag("largest", true);
    node.flag("sorted", true);
    const Index before_10 = node.integer("k", -1);  // an input since then
    node.check(x->source >= 0 && x->rank() == 1 && !inputs_[static_cast<std::size_t>(x->source)].is_float,
               "sorts what are no lengths of sequences: that can't be represented");
    be(node, x->axes[0], Role::batch);
    inputs_[static_cast<std::size_t>(x->source)].is_lengths = true;
    const Size all = size_of(x->axes[0]);
    Size count{before_10, {}};
    if (file_.opset() >= 10) {
      const Sizes& k = sizes(node, 1);
      node.check(k.count() == 1, "has k of ", k.count(), " numbers: it must be one");
      count = k.at(0);
    }
    const Index known_size = all.axes.size() == 1 ? table_.size(all.axes[0]) : all.number;
    node.check(count == all || (count.axes.empty() && count.number >= 1 &&
                                (known_size < 0 || count.number == known_size)),
               "takes ", count.number, " of the lengths of sequences: it must take all");
    Signal sorted = *x;
    sorted.is_permuted = true;
    give(node, std::move(sorted));
    set(node, 1, Order{false});
  }
  void scatter(Node& node) {
    node.integer("axis", 0);
    const auto* const order = std::get_if<Order>(&value(node, 1));
    node.check(order && !order->is_back,
               "scatters something else than the order of the lengths: that can't be represented");
    if (const auto* const numbers = std::get_if<Sizes>(&value(node, 2)))
      for (Index k = 0; k < numbers->count(); ++k)
        node.check(numbers->at(k) == Size{k, {}}, "scatters other numbers than 0, 1, 2, ...");
    set(node, 0, Order{true});
  }
};

}  // namespace recur::inline RECUR_ABI::detail::onnx
