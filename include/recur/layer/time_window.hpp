// Windows over time, of convolutions and of pooling: which steps an output sees.
#pragma once

#include <algorithm>
#include <string>

#include "recur/core/description.hpp"
#include "recur/core/error.hpp"
#include "recur/core/sequence.hpp"

namespace recur::inline RECUR_ABI {

/// How far windows reach over the two ends of a sequence. What is there counts as zero in a convolution, and as nothing
/// in a pool.
class Padding {
 public:
  enum class Kind { causal, same, valid, numbers };

  /// Each output sees its step and earlier ones. Only this padding can stream.
  static Padding causal() { return {Kind::causal, 0, 0}; }
  /// As many outputs as steps, or 1/stride of them; the window reaches equally far over both ends, or one step farther
  /// over the last. It is that of Keras, ONNX (SAME_UPPER) and TensorFlow.
  static Padding same() { return {Kind::same, 0, 0}; }
  /// Only whole windows: none reaches over an end.
  static Padding valid() { return {Kind::valid, 0, 0}; }
  /// `before` steps over the start and `after` over the end, as PyTorch and ONNX say it. Each must be less than
  /// the steps that a window spans.
  static Padding of(Index before, Index after) { return {Kind::numbers, before, after}; }

  Kind kind() const { return kind_; }       ///< which of these it is
  Index before() const { return before_; }  ///< steps over the start, if it is `numbers`
  Index after() const { return after_; }    ///< steps over the end, if it is `numbers`

  bool operator==(const Padding&) const = default;

 private:
  Padding(Kind kind, Index before, Index after) : kind_(kind), before_(before), after_(after) {}

  Kind kind_;
  Index before_, after_;
};

/// Windows of `size` steps, each `dilation` after the one before; the next window begins `stride` steps later.
struct TimeWindow {
  Index size = 1, dilation = 1, stride = 1;
  Padding padding = Padding::causal();  ///< how far the windows reach over the ends

  static constexpr Index longest = Index{1} << 24;  ///< the largest legal number here

  bool operator==(const TimeWindow&) const = default;

  /// Throws std::invalid_argument, which names the layer, unless all are positive, size · dilation and stride at most
  /// 2²⁴, and padding at least 0 and less than span().
  void check(const char* layer) const {
    require(size > 0 && dilation > 0 && stride > 0, layer, " with kernel_size ", size, ", dilation ",
            dilation, " and stride ", stride, ": all must be at least 1");
    require(size <= longest / dilation && stride <= longest, layer, " with kernel_size ", size, ", dilation ",
            dilation, " and stride ", stride, ": kernel_size times dilation, and stride, can be at most ",
            longest);
    require(padding.before() >= 0 && padding.after() >= 0 && padding.before() < span() &&
                padding.after() < span(),
            layer, " with ", padding.before(), " and ", padding.after(),
            " steps of padding: it must be at least 0 and less than the ", span(),
            " steps that a window spans");
  }

  /// Steps from the first of a window to its last.
  Index span() const { return (size - 1) * dilation + 1; }
  /// Whether no output needs a later step, and each step gives one.
  bool can_stream() const { return padding.kind() == Padding::Kind::causal && stride == 1; }

  /// The number of outputs of a sequence; it may be 0.
  Index outputs(Index length) const {
    Index around = 0;
    switch (padding.kind()) {
      case Padding::Kind::causal:
      case Padding::Kind::same:
        return (length + stride - 1) / stride;
      case Padding::Kind::numbers:
        around = padding.before() + padding.after();
        break;
      case Padding::Kind::valid:
        break;
    }
    return length + around < span() ? 0 : (length + around - span()) / stride + 1;
  }
  /// The step that the first window of a sequence begins with, at most 0.
  Index first(Index length) const {
    switch (padding.kind()) {
      case Padding::Kind::causal:
        return 1 - span();
      case Padding::Kind::same:
        return -std::max<Index>(0, (outputs(length) - 1) * stride + span() - length) / 2;
      case Padding::Kind::numbers:
        return -padding.before();
      default:
        return 0;
    }
  }

  /// Writes what is not the default to the options of a layer.
  void describe_in(Description& layer) const {
    switch (padding.kind()) {
      case Padding::Kind::causal:
        break;
      case Padding::Kind::same:
        layer.set("padding", "same");
        break;
      case Padding::Kind::valid:
        layer.set("padding", "valid");
        break;
      case Padding::Kind::numbers:
        layer.set("padding", "numbers");
        layer.set("before", padding.before());
        layer.set("after", padding.after());
    }
    if (stride != 1) layer.set("stride", stride);
  }

  /// The number of outputs of a sequence of `length` steps. Throws std::invalid_argument, which names the layer, if there are
  /// none.
  template <class L>
  Index output_length(const L& layer, Index length) const {
    const Index made = outputs(length);
    require(made > 0, layer, " was given a sequence of ", length, " steps: its window spans ", span(),
            ", more than there are");
    return made;
  }

  /// Gives `y` the lengths of the outputs of all samples. Throws std::invalid_argument, which names the layer, for a
  /// sequence without outputs; `y` then stays as it was.
  template <class L>
  void lay_out(const L& layer, const Layout& x, Layout& y) const {
    output_length(layer, x.length(x.batch() - 1));  // of the shortest
    y.assign(x.batch(), [&](Index b) { return outputs(x.length(x.place(b))); });
  }

  /// Calls f(step k of a window, column of its output, column of x or -1 beyond an end), window by window.
  template <class F>
  void for_each_step(const Layout& x, const Layout& y, F&& f) const {
    for (Index t = 0; t < y.steps(); ++t)
      for (Index n = 0; n < y.batch_size(t); ++n) {
        const Index m = x.place(y.user_index(n)), length = x.length(m);
        const Index begin = first(length) + t * stride;
        for (Index k = 0; k < size; ++k) {
          const Index s = begin + k * dilation;
          f(k, y.offset(t) + n, s >= 0 && s < length ? x.offset(s) + m : Index{-1});
        }
      }
  }
};

}  // namespace recur::inline RECUR_ABI
