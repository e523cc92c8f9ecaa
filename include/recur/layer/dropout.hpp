// Dropout between layers.
#pragma once

#include <string>

#include "recur/core/mask.hpp"
#include "recur/layer/layer.hpp"

namespace recur::inline RECUR_ABI {

/// Inverted dropout (Srivastava et al. 2014, section 10), with one draw for each feature of each step:
///
///   y = m ∘ x      m: 0 with probability p, else 1 / (1 - p), while training; 1 to predict
///
/// So the mean of y is x, and prediction needs no scale. x, y: F × N. Throws std::invalid_argument unless the
/// rate p is at least 0 and below 1.
template <std::floating_point S>
class Dropout {
 public:
  using Scalar = S;
  using InputScalar = S;

  explicit Dropout(double drop_rate) : rate_(drop_rate) { detail::check_rate("Dropout", drop_rate); }

  struct Tape : TapeOf<S> {
    Buffer<S> mask;  // 0 or 1 / (1 - rate)
    bool masked = false;
  };

  double rate() const { return rate_; }
  Index input_size() const { return any_size; }
  Index output_size() const { return any_size; }
  std::string describe() const { return detail::message("Dropout (", rate_, ")"); }
  Description description() const { return Description("dropout").with("rate", rate_); }
  void initialize(Random&, Scheme) {}
  template <class F, class... Self>
  static void visit(const Name&, F&&, Self&...) {}

  const Sequence<S>& forward(const Sequence<S>& x, Tape& tape, Pass pass = predicting) const {
    check_input(*this, x, tape);
    tape.made_by = sizes_of(*this, x.features());
    const bool masked = pass.random && rate_ > 0;
    const Index size = x.values().size();
    S* const mask = masked ? tape.mask.at_least(size) : nullptr;
    tape.y.reshape(x.features(), x.layout());
    tape.masked = masked;
    if (!masked) {
      tape.y.values() = x.values();
      return tape.y;
    }
    detail::draw_mask(mask, size, rate_, *pass.random);
    tape.y.values() = x.values().cwiseProduct(ConstMatrixMap<S>(mask, x.features(), x.columns()));
    return tape.y;
  }

  void backward(const Sequence<S>& x, const Sequence<S>& dy, Tape& tape, Dropout& gradient,
                bool want_dx = true) const {
    check_backward(*this, x, dy, tape, gradient);
    if (!want_dx) return;
    tape.dx.reshape(x.features(), x.layout());
    if (tape.masked)
      tape.dx.values() =
          dy.values().cwiseProduct(ConstMatrixMap<S>(tape.mask.data(), x.features(), x.columns()));
    else
      tape.dx.values() = dy.values();
  }

  using Stream = VectorX<S>;
  Stream stream(Index features = 0) const { return Stream::Zero(features); }
  /// y = x, because a stream is not for training.
  const VectorX<S>& step(const StepInput<S>& x, Stream& y) const { return y = x; }

 private:
  double rate_;
};

}  // namespace recur::inline RECUR_ABI
