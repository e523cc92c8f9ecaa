// Each step with its neighbours.
#pragma once

#include <algorithm>
#include <concepts>
#include <limits>
#include <string>

#include "recur/layer/layer.hpp"

namespace recur::inline RECUR_ABI {

/// Each step together with the `before` steps before it and the `after` steps after it, one above the other, as
/// recognisers of speech look at frames of a signal (Bourlard and Morgan, "Connectionist speech recognition",
/// 1994, chapter 6):
///
///   y_t = [x_{t-before}; ...; x_t; ...; x_{t+after}]      x_s = 0 before the first and after the last real step
///
/// x: F × N ragged, y: (before + 1 + after)·F × N, without parameters. It looks at later steps, so it can't be
/// streamed. Throws std::invalid_argument if sizes don't fit, unless F is positive and the others at least 0, and
/// if y would be too large to count.
template <std::floating_point S>
class ContextWindow {
 public:
  using Scalar = S;
  using InputScalar = S;

  ContextWindow(Index features, Index before, Index after)
      : features_(features), before_(before), after_(after) {
    require(features > 0 && before >= 0 && after >= 0, "a context window of ", before, " steps before and ",
            after, " after a step of ", features, " features: there must be at least 0 steps and 1 feature");
    constexpr Index most = std::numeric_limits<int>::max();
    require(before <= most && after <= most && features <= most / (before + 1 + after),
            "a context window of ", before, " steps before and ", after, " after a step of ", features,
            " features: its output may have at most ", most);
  }

  using Tape = TapeOf<S>;

  Index input_size() const { return features_; }
  Index output_size() const { return (before_ + 1 + after_) * features_; }
  Index inner_size() const { return before_; }
  std::string describe() const {
    return detail::message("ContextWindow (", input_size(), " -> ", output_size(), ")");
  }
  Description description() const { return Description("context_window", features_, before_, after_); }
  void initialize(Random&, Scheme) {}
  template <class F, class... Self>
  static void visit(const Name&, F&&, Self&...) {}

  const Sequence<S>& forward(const Sequence<S>& x, Tape& tape, Pass = predicting) const {
    check_input(*this, x, tape);
    tape.made_by = sizes_of(*this, x.features());
    tape.y.reshape(output_size(), x.layout());
    std::fill_n(tape.y.data(), output_size() * x.columns(), S(0));
    for_each_pair(x.layout(), [&](Index from, Index to, Index place) {
      std::copy_n(x.data() + from * features_, features_,
                  tape.y.data() + to * output_size() + place * features_);
    });
    return tape.y;
  }

  void backward(const Sequence<S>& x, const Sequence<S>& dy, Tape& tape, ContextWindow& gradient,
                bool want_dx = true) const {
    check_backward(*this, x, dy, tape, gradient);
    if (!want_dx) return;
    tape.dx.reshape(features_, x.layout());
    std::fill_n(tape.dx.data(), features_ * x.columns(), S(0));
    for_each_pair(x.layout(), [&](Index from, Index to, Index place) {
      detail::arrays::add(tape.dx.data() + from * features_,
                          dy.data() + to * output_size() + place * features_, features_);
    });
  }

 private:
  /// Calls f(column of x, column of y, place in that column) for each step and each of its neighbours.
  void for_each_pair(const Layout& layout, auto&& f) const {
    for (Index n = 0; n < layout.batch(); ++n)
      for (Index t = 0; t < layout.length(n); ++t) {
        const Index first = std::max<Index>(0, t - before_),
                    last = std::min(layout.length(n) - 1, t + after_);
        for (Index s = first; s <= last; ++s) f(layout.offset(s) + n, layout.offset(t) + n, s - t + before_);
      }
  }

  Index features_, before_, after_;
};

}  // namespace recur::inline RECUR_ABI
