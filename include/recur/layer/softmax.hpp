// A softmax as a layer.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <string>

#include "recur/core/activation.hpp"
#include "recur/layer/layer.hpp"

namespace recur::inline RECUR_ABI {

/// Probabilities, or their logarithms, of the features of each step (Goodfellow et al., "Deep learning", 2016,
/// equation 6.29):
///
///   y_c = exp(x_c) / Σ_k exp(x_k)      or      y_c = x_c - log Σ_k exp(x_k)        x, y: F × N
///
/// It is for networks that came with it. Losses of this library take logits: SoftmaxCrossEntropy has its softmax inside,
/// which is more exact. It is safe for logits of any finite size.
template <std::floating_point S>
class Softmax {
 public:
  using Scalar = S;
  using InputScalar = S;
  using Tape = TapeOf<S>;

  explicit Softmax(bool logarithm = false) : logarithm_(logarithm) {}

  bool logarithm() const { return logarithm_; }  ///< whether it gives logarithms
  Index input_size() const { return any_size; }
  Index output_size() const { return any_size; }
  std::string describe() const { return logarithm_ ? "LogSoftmax" : "Softmax"; }
  Description description() const {
    const Description layer("softmax");
    return logarithm_ ? layer.with("logarithm", true) : layer;
  }
  void initialize(Random&, Scheme) {}
  template <class F, class... Self>
  static void visit(const Name&, F&&, Self&...) {}

  const Sequence<S>& forward(const Sequence<S>& x, Tape& tape, Pass = predicting) const {
    check_input(*this, x, tape);
    tape.made_by = sizes_of(*this, x.features());
    tape.y.reshape(x.features(), x.layout());
    for (Index c = 0; c < x.columns(); ++c)
      value(x.data() + c * x.features(), tape.y.data() + c * x.features(), x.features());
    return tape.y;
  }
  void backward(const Sequence<S>& x, const Sequence<S>& dy, Tape& tape, Softmax& gradient,
                bool want_dx = true) const {
    check_backward(*this, x, dy, tape, gradient);
    if (!want_dx) return;
    const Index features = x.features();
    tape.dx.reshape(features, x.layout());
    std::copy_n(dy.data(), features * x.columns(), tape.dx.data());
    for (Index c = 0; c < x.columns(); ++c) {
      const S* const y = tape.y.data() + c * features;
      S* const d = tape.dx.data() + c * features;
      if (!logarithm_) {
        detail::softmax_backward(y, d, features);
      } else {  // dx = dy - exp(y) Σ_k dy_k
        double sum = 0;
        for (Index f = 0; f < features; ++f) sum += static_cast<double>(d[f]);
        for (Index f = 0; f < features; ++f)
          d[f] = static_cast<S>(static_cast<double>(d[f]) - std::exp(static_cast<double>(y[f])) * sum);
      }
    }
  }

  using Stream = VectorX<S>;
  Stream stream(Index features = 0) const { return Stream::Zero(features); }
  const VectorX<S>& step(const StepInput<S>& x, Stream& y) const {
    y.resize(x.size());
    value(x.data(), y.data(), x.size());
    return y;
  }

 private:
  void value(const S* x, S* y, Index count) const {
    std::copy_n(x, count, y);
    if (!logarithm_) return softmax(y, count);
    MatrixMap<S> column(y, count, 1);
    log_softmax(column);
  }

  bool logarithm_;
};

}  // namespace recur::inline RECUR_ABI
