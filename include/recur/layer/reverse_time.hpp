// The last step first.
#pragma once

#include <algorithm>
#include <concepts>
#include <string>

#include "recur/layer/layer.hpp"

namespace recur::inline RECUR_ABI {

/// Each sequence from its last real step to its first, without parameters:
///
///   y_t = x_{T-1-t}      T the length of each sample      x, y: F × N ragged, of any number of features
///
/// With a recurrent layer behind it, it is Keras's go_backwards: the outputs are in the order of reading. A layer that
/// reads in reverse (Direction::reverse) leaves each output at its step instead. It needs the end of a sequence, so it
/// can't be streamed.
template <std::floating_point S>
class ReverseTime {
 public:
  using Scalar = S;
  using InputScalar = S;
  using Tape = TapeOf<S>;

  Index input_size() const { return any_size; }
  Index output_size() const { return any_size; }
  static bool ends_backward(bool) { return true; }  // its last step has seen the first alone
  static bool joins_directions(bool) { return false; }
  std::string describe() const { return "ReverseTime"; }
  Description description() const { return Description("reverse_time"); }
  void initialize(Random&, Scheme) {}
  template <class F, class... Self>
  static void visit(const Name&, F&&, Self&...) {}

  const Sequence<S>& forward(const Sequence<S>& x, Tape& tape, Pass = predicting) const {
    check_input(*this, x, tape);
    tape.made_by = sizes_of(*this, x.features());
    reverse(x, tape.y);
    return tape.y;
  }
  void backward(const Sequence<S>& x, const Sequence<S>& dy, Tape& tape, ReverseTime& gradient,
                bool want_dx = true) const {
    check_backward(*this, x, dy, tape, gradient);
    if (want_dx) reverse(dy, tape.dx);
  }

 private:
  static void reverse(const Sequence<S>& x, Sequence<S>& y) {
    const Layout& layout = x.layout();
    const Index features = x.features();
    y.reshape(features, layout);
    for (Index t = 0; t < layout.steps(); ++t)
      for (Index n = 0; n < layout.batch_size(t); ++n)
        std::copy_n(x.data() + (layout.offset(layout.length(n) - 1 - t) + n) * features, features,
                    y.data() + (layout.offset(t) + n) * features);
  }
};

}  // namespace recur::inline RECUR_ABI
