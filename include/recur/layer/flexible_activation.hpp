// Activations that are chosen at run time, as layers.
#pragma once

#include <concepts>
#include <string>

#include "recur/cell/gate_function.hpp"
#include "recur/layer/layer.hpp"

namespace recur::inline RECUR_ABI {

/// y = f(x), for every number, with any GateFunction f. x, y: F × N, of any number of features.
///
///   FlexibleActivation<float>{{GateKind::leaky_relu, 0.3}}
///
/// `Activate`, whose activation is a template argument, is as fast for long sequences, and faster for one step.
template <std::floating_point S>
class FlexibleActivation {
 public:
  using Scalar = S;
  using InputScalar = S;
  using Tape = TapeOf<S>;

  /// Throws std::invalid_argument if α or β is not finite as an S.
  explicit FlexibleActivation(GateFunction function) : function_(function) {
    detail::check_parameters_of<S>(function, "FlexibleActivation");
  }

  const GateFunction& function() const { return function_; }
  Index input_size() const { return any_size; }
  Index output_size() const { return any_size; }
  std::string describe() const { return detail::message("FlexibleActivation (", function_.name(), ")"); }
  Description description() const {
    Description layer("flexible_activation");
    function_.describe_in(layer, "function");
    return layer;
  }
  void initialize(Random&, Scheme) {}
  template <class F, class... Self>
  static void visit(const Name&, F&&, Self&...) {}

  const Sequence<S>& forward(const Sequence<S>& x, Tape& tape, Pass = predicting) const {
    check_input(*this, x, tape);
    tape.made_by = sizes_of(*this, x.features());
    tape.y.reshape(x.features(), x.layout());
    activate(function_, x.data(), tape.y.data(), x.features() * x.columns());
    return tape.y;
  }
  void backward(const Sequence<S>& x, const Sequence<S>& dy, Tape& tape, FlexibleActivation& gradient,
                bool want_dx = true) const {
    check_backward(*this, x, dy, tape, gradient);
    if (!want_dx) return;
    tape.dx.reshape(x.features(), x.layout());
    activate_backward<S>(function_, x.data(), tape.y.data(), dy.data(), tape.dx.data(),
                         x.features() * x.columns());
  }

  using Stream = VectorX<S>;
  Stream stream(Index features = 0) const { return Stream::Zero(features); }
  const VectorX<S>& step(const StepInput<S>& x, Stream& y) const {
    y.resize(x.size());
    activate(function_, x.data(), y.data(), x.size());
    return y;
  }

 private:
  GateFunction function_;
};

}  // namespace recur::inline RECUR_ABI
