// The maximum or the mean of windows over time.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <string>
#include <vector>

#include "recur/layer/layer.hpp"
#include "recur/layer/pool.hpp"
#include "recur/layer/time_window.hpp"

namespace recur::inline RECUR_ABI {

/// The maximum or the mean of windows of K steps, feature by feature, without parameters (Goodfellow et al., "Deep
/// learning", 2016, section 9.3). A sequence becomes `stride` times shorter:
///
///   y_t = max_k x_{s t + k - before}   or   their mean        k = 0 ... K-1, the steps that are there
///
///   x: F × N ragged, y: F × fewer
///
/// This is Keras's MaxPooling1D and AveragePooling1D: by default the stride is K, and only whole windows count
/// (Padding::valid()). A mean is that of the steps that are there, without padding. The gradient of a maximum goes to
/// the first step that has it. A NaN stays a NaN. It can't be streamed. Throws std::invalid_argument if sizes don't
/// fit, for a sequence too short for one output, and unless pooling is Pooling::max or Pooling::mean.
template <std::floating_point S>
class Pool1d {
 public:
  using Scalar = S;
  using InputScalar = S;

  struct Tape : TapeOf<S> {
    TimeWindow window;          // of the layer
    Layout given, outputs;      // of x and of y
    std::vector<Index> winner;  // column of the largest value, F × columns of y; empty for means
    std::vector<Index> counts;  // of the steps in each window
    Buffer<double> sums;        // F × columns of y; empty for maxima
  };

  Pool1d(Pooling pooling, Index size) : Pool1d(pooling, size, size, Padding::valid()) {}
  Pool1d(Pooling pooling, Index size, Index stride, Padding padding = Padding::valid())
      : pooling_(pooling), window_{size, 1, stride, padding} {
    require(pooling == Pooling::max || pooling == Pooling::mean,
            "Pool1d takes the maximum or the mean of windows: it must be Pooling::max or Pooling::mean");
    window_.check("Pool1d");
  }

  Pooling pooling() const { return pooling_; }
  const TimeWindow& window() const { return window_; }  ///< its size, dilation, stride and padding
  Index output_length(Index length) const { return window_.output_length(*this, length); }
  Index input_size() const { return any_size; }
  Index output_size() const { return any_size; }
  Index inner_size() const { return window_.size; }
  std::string describe() const { return detail::message("Pool1d (", name(), " of ", window_.size, ")"); }
  Description description() const {
    Description pool = Description("pool1d", window_.size).with("pooling", name());
    window_.describe_in(pool);
    return pool;
  }
  void initialize(Random&, Scheme) {}
  template <class F, class... Self>
  static void visit(const Name&, F&&, Self&...) {}

  const Sequence<S>& forward(const Sequence<S>& x, Tape& tape, Pass = predicting) const {
    check_input(*this, x, tape);
    const Index features = x.features();
    window_.lay_out(*this, x.layout(), tape.outputs);  // it may refuse x: the rest stays as it was
    const bool is_mean = pooling_ == Pooling::mean;
    double* const sums = tape.sums.at_least(is_mean ? features * tape.outputs.columns() : 0);
    tape.given = x.layout();
    tape.made_by = sizes_of(*this, features);
    tape.window = window_;
    tape.y.reshape(features, tape.outputs);
    const Index columns = tape.y.columns();
    tape.counts.assign(static_cast<std::size_t>(columns), 0);
    tape.winner.resize(static_cast<std::size_t>(pooling_ == Pooling::max ? features * columns : 0));
    Index* const winner = tape.winner.data();
    std::fill_n(sums, is_mean ? features * columns : 0, 0.0);
    std::fill_n(tape.y.data(), features * columns, S(0));
    window_.for_each_step(x.layout(), tape.y.layout(), [&](Index, Index to, Index from) {
      if (from < 0) return;
      const S* const step = x.data() + from * features;
      S* const y = tape.y.data() + to * features;
      const Index count = ++tape.counts[static_cast<std::size_t>(to)];
      if (is_mean) {
        for (Index f = 0; f < features; ++f) sums[to * features + f] += static_cast<double>(step[f]);
        return;
      }
      for (Index f = 0; f < features; ++f)
        if (count == 1 || (!std::isnan(y[f]) && !(step[f] <= y[f]))) {
          y[f] = step[f];
          winner[to * features + f] = from;
        }
    });
    if (is_mean) take_means(x, tape, sums);
    return tape.y;
  }

  void backward(const Sequence<S>& x, const Sequence<S>& dy, Tape& tape, Pool1d& gradient,
                bool want_dx = true) const {
    check_backward(*this, x, dy, tape, gradient);
    if (!want_dx) return;
    const Index features = x.features();
    tape.dx.reshape(features, x.layout());
    std::fill_n(tape.dx.data(), features * x.columns(), S(0));
    if (pooling_ == Pooling::max) {
      const Index* const winner = tape.winner.data();
      for (Index to = 0; to < dy.columns(); ++to)
        for (Index f = 0, i = to * features; f < features; ++f, ++i)
          tape.dx.data()[winner[i] * features + f] += dy.data()[i];
      return;
    }
    window_.for_each_step(x.layout(), dy.layout(), [&](Index, Index to, Index from) {
      if (from >= 0)
        detail::arrays::add_scaled(tape.dx.data() + from * features, share(tape, to),
                                   dy.data() + to * features, features);
    });
  }

  void check_tape(const Sequence<S>& x, const Tape& tape) const {
    check_pass(*this, x, tape);
    require(tape.window == window_ &&
                std::ssize(tape.winner) == (pooling_ == Pooling::max ? x.features() * tape.y.columns() : 0) &&
                static_cast<Index>(tape.counts.size()) == tape.y.columns(),
            *this, " was asked for a gradient with a tape of another pooling");
  }

 private:
  /// The means of what was summed. A sum of doubles may overflow where the mean does not: then parts of the mean are added.
  void take_means(const Sequence<S>& x, Tape& tape, const double* sums) const {
    const Index features = x.features(), numbers = features * tape.y.columns();
    bool all_finite = true;
    for (Index i = 0; i < numbers; ++i) {
      const bool finite = std::isfinite(sums[i]);
      tape.y.data()[i] =
          finite ? static_cast<S>(sums[i] / static_cast<double>(std::max<Index>(
                                                1, tape.counts[static_cast<std::size_t>(i / features)])))
                 : S(0);
      all_finite = all_finite && finite;
    }
    if (all_finite) return;
    window_.for_each_step(x.layout(), tape.y.layout(), [&](Index, Index to, Index from) {
      if (from < 0) return;
      for (Index f = 0, i = to * features; f < features; ++f, ++i)
        if (!std::isfinite(sums[i]))
          tape.y.data()[i] +=
              x.data()[from * features + f] / static_cast<S>(tape.counts[static_cast<std::size_t>(to)]);
    });
  }
  const char* name() const { return pooling_ == Pooling::max ? "max" : "mean"; }
  static S share(const Tape& tape, Index to) {
    return 1 / static_cast<S>(std::max<Index>(1, tape.counts[static_cast<std::size_t>(to)]));
  }

  Pooling pooling_;
  TimeWindow window_;
};

}  // namespace recur::inline RECUR_ABI
