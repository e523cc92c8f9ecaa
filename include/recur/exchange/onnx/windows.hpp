// Convolutions and pools of ONNX over time, and the zeros around them.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "recur/exchange/onnx/layers.hpp"
#include "recur/layer/conv1d.hpp"
#include "recur/layer/pool1d.hpp"
#include "recur/layer/time_window.hpp"

namespace recur::inline RECUR_ABI::detail::onnx {

class WindowReader : public LayerReader {
 protected:
  using LayerReader::LayerReader;
  ~WindowReader() = default;

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
      node.check(!y.axes[k].empty(), "pads an axis of size 1, which is not time");
      be(node, y.axes[k], Role::time);
      y.before += before;
      y.after += after;
      node.check(y.before <= (1 << 24) && y.after <= (1 << 24), "pads too many steps");
    }
    y.source = -1;
    give(node, std::move(y));
  }
  /// What a Conv or a pool works on: batch, features and time. There may be a fourth axis of size 1, which exporters that
  /// know two dimensions only put in.
  struct OverTime {
    Signal x;
    std::size_t flat = 0;  // where the fourth axis is; 0 if there is none
    Index spatial() const { return flat == 0 ? 1 : 2; }
    std::size_t time() const { return flat == 2 ? 1 : 0; }  // among the spatial axes
    Signal restored(Signal y) const {
      if (flat > 0) y.axes.insert(y.axes.begin() + static_cast<Index>(flat), Axis());
      return y;
    }
  };
  OverTime over_time(const Node& node, const Signal& x) const {
    OverTime all{x};
    if (x.rank() == 4)
      for (std::size_t k = 2; k < 4 && all.flat == 0; ++k)
        if (size_of(x.axes[k]) == Size{}) all.flat = k;
    if (all.flat > 0) all.x.axes.erase(all.x.axes.begin() + static_cast<Index>(all.flat));
    node.check(all.x.rank() == 3, "has an input of ", x.rank(),
               " axes: it must have batch, features and time");
    node.check(!x.is_rounded, "reads whole numbers, which can only be tokens");
    return all;
  }
  /// The windows over time of a convolution or a pool.
  TimeWindow window_of(Node& node, const OverTime& over, Index size_of_weights) {
    const auto count = static_cast<std::size_t>(over.spatial()), time = over.time();
    const auto one = [&](const char* name, Index otherwise) {
      const auto given = node.integers(name);
      node.check(!given || (given->size() == count && (count == 1 || (*given)[1 - time] == 1)), "has ", name,
                 " of several axes: only time can be one");
      const Index value = given ? (*given)[time] : otherwise;
      node.check(value >= 1 && value <= (1 << 16), "has ", name, ' ', value, ": it must be from 1 to 65536");
      return value;
    };
    TimeWindow window{one("kernel_shape", size_of_weights), one("dilations", 1), one("strides", 1),
                      Padding::valid()};
    node.check(size_of_weights == 0 || window.size == size_of_weights, "has kernel_shape ", window.size,
               " and weights of ", size_of_weights);
    node.check(window.size <= TimeWindow::longest / window.dilation, "has windows that are too long");
    const auto pads = node.integers("pads").value_or(std::vector<Index>(2 * count, 0));
    node.check(pads.size() == 2 * count && (count == 1 || (pads[1 - time] == 0 && pads[3 - time] == 0)),
               "has pads that are not those of both ends of time");
    const Index first = pads[time], last = pads[time + count];
    node.check(first >= 0 && last >= 0 && first <= (1 << 24) && last <= (1 << 24), "has pads ", first,
               " and ", last);
    const std::string automatic = node.text("auto_pad", "NOTSET");
    node.check(automatic == "NOTSET" || automatic == "VALID" || automatic == "SAME_UPPER" ||
                   automatic == "SAME_LOWER",
               "has auto_pad ", quote(automatic));
    Index before = over.x.before + first, after = over.x.after + last;
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
               " steps of zeros around a sequence: each can be up to ", around,
               ", one less than the steps that a window spans");
    if (before == around && after == 0 && window.stride == 1)
      window.padding = Padding::causal();
    else if (before > 0 || after > 0)
      window.padding = Padding::of(before, after);
    return window;
  }
  /// Batch, features and time, as convolutions have them. Time is another one unless the windows keep its length.
  std::vector<Axis> convolved(const Node& node, const Signal& x, const TimeWindow& window) {
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
    const OverTime over = over_time(node, *signal(node, 0, true));
    const Signal& x = over.x;
    const Numbers& given = numbers(node, 1);
    Numbers w{given.dims, {}};  // only sizes
    node.check(w.rank() == 2 + over.spatial() && (over.flat == 0 || w.dims[over.flat] == 1),
               "has weights of ", w.rank(), " axes, and its input has ", 2 + over.spatial(),
               ": only time can be convolved");
    if (over.flat > 0) w.dims.erase(w.dims.begin() + static_cast<Index>(over.flat));
    const Numbers* const b = numbers_or_none(node, 2);
    const Index outputs = w.dim(0), own = w.dim(1), size = w.dim(2), groups = node.integer("group", 1);
    constexpr Index most = 1 << 24;
    node.check(w.count() >= 1 && outputs <= most && own <= most, "has weights of ", outputs, " x ", own,
               " x ", size);
    node.check(groups >= 1 && groups <= most / own && outputs % groups == 0, "has group ", groups, " and ",
               outputs, " outputs: it must be at least 1, and divide them");
    const Index inputs = groups * own, of_each = outputs / groups;
    const TimeWindow window = window_of(node, over, size);
    std::vector<Axis> axes = convolved(node, x, window);
    have_features(node, x.axes[1], inputs);
    if (b) node.check(b->count() == outputs, "has ", b->count(), " biases: it must have ", outputs);
    axes[1] = {{-1, outputs, 1}};
    if (dry_) return give(node, over.restored(whole_of(-1, axes, x)));
    have_none_but(node, x.axes, {1});
    const auto numbers_of_all = product_of({outputs, inputs, size});
    node.check(numbers_of_all.has_value(), "makes a constant that is too large");
    spend(node, *numbers_of_all * Index{sizeof(float)});
    Conv1d<float> layer(inputs, outputs, size, window.dilation, window.padding, window.stride);
    for (Index o = 0; o < outputs; ++o) {
      if (b) layer.bias(o) = b->at(o);
      const Index first = o / of_each * own;  // those of other groups count nothing
      for (Index i = 0; i < own; ++i)
        for (Index k = 0; k < size; ++k)
          layer.weight(o, k * inputs + first + i) = given.at((o * own + i) * size + k);
    }
    give(node, over.restored(whole_of(add_layer(node, step_of(node, x), std::move(layer)), axes, x)));
  }
  void pool(Node& node) {
    const bool mean = node.op() == "AveragePool";
    const OverTime over = over_time(node, *signal(node, 0, mean));
    const Signal& x = over.x;
    node.check(node.has("kernel_shape"), "has no kernel_shape");
    TimeWindow window = window_of(node, over, 0);
    node.check(node.integer("storage_order", 0) == 0 && uses_[node.output(1)] == 0,
               "gives the places of the largest: that can't be represented");
    node.check(window.dilation == 1, "has dilations ", window.dilation, ": it must be 1");
    // The zeros of a Pad before it count, those of its own only if it says so.
    const bool pads = window.padding.kind() != Padding::Kind::valid, has_zeros = x.before > 0 || x.after > 0;
    const bool counts = node.flag("count_include_pad", false) && pads;
    const Index around = window.padding.kind() == Padding::Kind::causal
                             ? window.span() - 1
                             : window.padding.before() + window.padding.after();
    node.check(counts || !has_zeros || around == x.before + x.after,
               "has pads of its own behind a Pad: that can't be represented");
    if (node.flag("ceil_mode", false) && window.stride > 1 && window.padding.kind() != Padding::Kind::same) {
      // One more window sees the steps that are left over, as if there were more nothing behind them.
      const Index after = window.padding.after() + window.stride - 1;
      node.check(after < window.span() && !counts && !has_zeros, "has ceil_mode 1 with strides ",
                 window.stride, " and padding: that can't be represented");
      window.padding = Padding::of(window.padding.before(), after);
    }
    const std::vector<Axis> axes = convolved(node, x, window);
    if (dry_) return give(node, over.restored(whole_of(-1, axes, x)));
    const int from = step_of(node, x);
    const int step = counts || has_zeros
                         ? add_layer(node, from, mean_with_zeros(node, steps_[from].features, window))
                         : add_layer(node, from,
                                     Pool1d<float>(mean ? Pooling::mean : Pooling::max, window.size,
                                                   window.stride, window.padding));
    give(node, over.restored(whole_of(step, axes, x)));
  }
  /// The mean of windows in which zeros count as steps, so that it is a convolution: y = Σ_k x_k / K.
  Conv1d<float> mean_with_zeros(const Node& node, Index features, const TimeWindow& window) {
    const auto count = product_of({features, features, window.size});
    node.check(count.has_value(), "makes a constant that is too large");
    spend(node, *count * Index{sizeof(float)});
    Conv1d<float> layer(features, features, window.size, 1, window.padding, window.stride);
    for (Index k = 0; k < window.size; ++k)
      for (Index f = 0; f < features; ++f)
        layer.weight(f, k * features + f) = 1 / static_cast<float>(window.size);
    return layer;
  }
};

}  // namespace recur::inline RECUR_ABI::detail::onnx
