// Layer normalisation.
#pragma once

#include <cmath>
#include <limits>
#include <string>

#include "recur/core/normalize.hpp"
#include "recur/core/simd.hpp"
#include "recur/core/sums.hpp"
#include "recur/layer/layer.hpp"

namespace recur::inline RECUR_ABI {

/// Shifts and scales each step to mean 0 and variance 1 over its features. Then it applies a learned scale
/// and shift (Ba et al. 2016, eq. 4, over the features of one vector):
///
///   y = γ ∘ x̂ + β      x̂ = (x - μ) / √(σ² + ε)      μ = 1/F Σ_f x_f      σ² = 1/F Σ_f (x_f - μ)²
///
///   weight = γ: F, bias = β: F        x, y: F × N
///
/// It is right for finite x and dy of any size, even if squares or sums of them overflow. Initial weights:
/// γ = 1, β = 0. ε is PyTorch's 1e-5; Keras has 1e-3. Throws std::invalid_argument if sizes don't fit.
template <std::floating_point S>
class LayerNorm {
 public:
  using Scalar = S;
  using InputScalar = S;

  VectorX<S> weight, bias;

  struct Tape : TapeOf<S> {
    Buffer<detail::Moments<S>> moments;  // of each column
    detail::LongSums<S> sums;            // for the gradients of γ and then of β
  };

  /// Weights are zero until `initialize`. Throws std::invalid_argument unless features and epsilon are
  /// positive. As an S, epsilon must still be positive and a normal number.
  explicit LayerNorm(Index features, double epsilon = 1e-5)
      : features_(features), epsilon_(static_cast<S>(epsilon)) {
    require(features > 0, "LayerNorm of ", features, " features: it must have at least 1");
    detail::check_largest("LayerNorm", features);
    require(epsilon > 0 && std::isfinite(epsilon), "LayerNorm with epsilon ", epsilon,
            ": it must be positive and finite");
    require(std::isnormal(epsilon_), "LayerNorm with epsilon ", epsilon, ": its scalar has numbers from ",
            std::numeric_limits<S>::min(), " to ", std::numeric_limits<S>::max());
    weight.setZero(features);
    bias.setZero(features);
  }

  Index input_size() const { return features_; }
  Index output_size() const { return features_; }
  double epsilon() const { return static_cast<double>(epsilon_); }  ///< ε, added to the variance
  std::string describe() const { return detail::message("LayerNorm (", input_size(), ")"); }
  Description description() const {
    return Description("layer_norm", input_size()).with("epsilon", epsilon());
  }
  void initialize(Random&, Scheme) {
    weight.setOnes();
    bias.setZero();
  }

  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    f(at / "weight", self.weight...);
    f(at / "bias", self.bias...);
  }
  template <class Self, class F>
  static void shapes(Self& self, F&& f) {
    f("weight", self.weight, self.features_, Index{1});
    f("bias", self.bias, self.features_, Index{1});
  }

  const Sequence<S>& forward(const Sequence<S>& x, Tape& tape, Pass = predicting) const {
    check_input(*this, x, tape);
    check_weights(*this);
    const Index size = input_size(), columns = x.columns();
    detail::Moments<S>* const moments = tape.moments.at_least(columns);
    tape.made_by = sizes_of(*this, x.features());
    tape.y.reshape(size, x.layout());
    for (Index c = 0; c < columns; ++c) moments[c] = normalise(x.data() + c * size, tape.y.data() + c * size);
    return tape.y;
  }

  ///   dx = 1/√(σ² + ε) (g - mean(g) - x̂ mean(g ∘ x̂))      g = γ ∘ dy
  void backward(const Sequence<S>& x, const Sequence<S>& dy, Tape& tape, LayerNorm& gradient,
                bool want_dx = true) const {
    check_backward(*this, x, dy, tape, gradient);
    const Index size = input_size(), columns = x.columns();
    if (want_dx) tape.dx.reshape(size, x.layout());
    S* const d_weight = tape.sums.start(2 * size);
    for (Index c = 0; c < columns; ++c) {
      one_backward(x.data() + c * size, dy.data() + c * size, tape.moments.data()[c], d_weight,
                   d_weight + size, want_dx ? tape.dx.data() + c * size : nullptr);
      tape.sums.added(1);
    }
    tape.sums.add_to(gradient.weight.data(), 0, size);
    tape.sums.add_to(gradient.bias.data(), size, size);
  }

  void check_tape(const Sequence<S>& x, const Tape& tape) const {
    check_pass(*this, x, tape);
    check_weights(*this);
  }

  using Stream = VectorX<S>;
  Stream stream() const { return Stream::Zero(output_size()); }
  /// x, y: F. Throws std::invalid_argument for other sizes.
  const VectorX<S>& step(const StepInput<S>& x, Stream& y) const {
    check_step(*this, x);
    check_stream(*this, y.size(), output_size());
    check_weights(*this);
    normalise(x.data(), y.data());
    return y;
  }

 private:
  using P = Pack<S>;

  RECUR_NOINLINE detail::Moments<S> normalise(const S* x, S* y) const {
    const auto found = detail::moments(x, weight.size(), epsilon_);
    detail::over_packs<S>(weight.size(), [&](Index i, Index lanes) {
      const P normal = found.normal(P::load(x + i, lanes));
      fma(P::load(weight.data() + i, lanes), normal, P::load(bias.data() + i, lanes)).store(y + i, lanes);
    });
    return found;
  }

  /// Adds to the gradients of γ and β. Writes dx unless it is null.
  RECUR_NOINLINE void one_backward(const S* x, const S* dy, detail::Moments<S> found, S* d_weight, S* d_bias,
                                   S* dx) const {
    detail::NormalizeBackward<S> way(found.scale, found.shrink, weight.size());
    detail::over_packs<S>(weight.size(), [&](Index i, Index lanes) {
      const P d = P::load(dy + i, lanes), normal = found.normal(P::load(x + i, lanes));
      fma(d, normal, P::load(d_weight + i, lanes)).store(d_weight + i, lanes);
      (d + P::load(d_bias + i, lanes)).store(d_bias + i, lanes);
      way.add(P::load(weight.data() + i, lanes), d, normal);
    });
    if (!dx) return;
    way.finish();
    detail::over_packs<S>(weight.size(), [&](Index i, Index lanes) {
      const P normal = found.normal(P::load(x + i, lanes));
      way.dx(P::load(weight.data() + i, lanes), P::load(dy + i, lanes), normal).store(dx + i, lanes);
    });
  }

  Index features_;
  S epsilon_;
};

}  // namespace recur::inline RECUR_ABI
