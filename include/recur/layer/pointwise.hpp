// Layers that look at each number alone: an activation, and weights of each feature.
#pragma once

#include <cmath>
#include <concepts>
#include <string>

#include "recur/core/activation.hpp"
#include "recur/core/sums.hpp"
#include "recur/layer/layer.hpp"

namespace recur::inline RECUR_ABI {

/// y = f(x), for every number. x, y: F × N, of any number of features.
template <std::floating_point S, Activation F>
class Activate {
 public:
  using Scalar = S;
  using InputScalar = S;
  using Tape = TapeOf<S>;

  Index input_size() const { return any_size; }
  Index output_size() const { return any_size; }
  std::string describe() const { return "Activate"; }
  Description description() const requires detail::NamedActivation<F> {
    return Description("activation").with("function", F::name);
  }
  void initialize(Random&, Scheme) {}
  template <class G, class... Self>
  static void visit(const Name&, G&&, Self&...) {}

  const Sequence<S>& forward(const Sequence<S>& x, Tape& tape, Pass = predicting) const {
    check_input(*this, x, tape);
    tape.made_by = sizes_of(*this, x.features());
    tape.y.reshape(x.features(), x.layout());
    activate<F>(x.data(), tape.y.data(), x.features() * x.columns());
    return tape.y;
  }
  void backward(const Sequence<S>& x, const Sequence<S>& dy, Tape& tape, Activate& gradient,
                bool want_dx = true) const {
    check_backward(*this, x, dy, tape, gradient);
    if (!want_dx) return;
    tape.dx.reshape(x.features(), x.layout());
    activate_backward<F>(x.data(), tape.y.data(), dy.data(), tape.dx.data(), x.features() * x.columns());
  }

  using Stream = VectorX<S>;
  Stream stream(Index features = 0) const { return Stream::Zero(features); }
  const VectorX<S>& step(const StepInput<S>& x, Stream& y) const {
    y.resize(x.size());
    activate<F>(x.data(), y.data(), x.size());
    return y;
  }
};

/// A ReLU that learns its slope for negative numbers, one for each feature (He et al., "Delving deep into rectifiers",
/// 2015, equation 1). It is PyTorch's nn.PReLU with num_parameters = F:
///
///   y = x where x > 0, else w ∘ x          weight: F, at first 0.25         x, y: F × N
///
/// Throws std::invalid_argument if sizes don't fit.
template <std::floating_point S>
class PRelu {
 public:
  using Scalar = S;
  using InputScalar = S;

  VectorX<S> weight;

  struct Tape : TapeOf<S> {
    MatrixX<S> d;
  };

  /// Weights are zero until `initialize`. Throws std::invalid_argument unless features are positive.
  explicit PRelu(Index features) : features_(features) {
    require(features > 0, "PRelu of ", features, " features: it must be at least 1");
    detail::check_largest("PRelu", features);
    weight.setZero(features);
  }

  Index input_size() const { return features_; }
  Index output_size() const { return features_; }
  std::string describe() const { return detail::message("PRelu (", input_size(), ")"); }
  Description description() const { return Description("prelu", input_size()); }
  void initialize(Random&, Scheme) { weight.setConstant(S(0.25)); }
  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    f(at / "weight", self.weight...);
  }
  template <class Self, class F>
  static void shapes(Self& self, F&& f) {
    f("weight", self.weight, self.features_, Index{1});
  }

  const Sequence<S>& forward(const Sequence<S>& x, Tape& tape, Pass = predicting) const {
    check_input(*this, x, tape);
    check_weights(*this);
    tape.made_by = sizes_of(*this, x.features());
    tape.y.reshape(x.features(), x.layout());
    for (Index c = 0; c < x.columns(); ++c) tape.y.values().col(c) = value(x.values().col(c));
    return tape.y;
  }
  void backward(const Sequence<S>& x, const Sequence<S>& dy, Tape& tape, PRelu& gradient,
                bool want_dx = true) const {
    check_backward(*this, x, dy, tape, gradient);
    detail::resize(tape.d, x.features(), x.columns());
    tape.d = (x.values().array() > 0).select(S(0), x.values().cwiseProduct(dy.values()));
    add_columns(tape.d.data(), tape.d.rows(), tape.d.cols(), gradient.weight.data());
    if (!want_dx) return;
    tape.dx.reshape(x.features(), x.layout());
    for (Index c = 0; c < x.columns(); ++c)
      tape.dx.values().col(c) =
          (x.values().col(c).array() > 0).select(dy.values().col(c), weight.cwiseProduct(dy.values().col(c)));
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
    y = value(x);
    return y;
  }

 private:
  auto value(const auto& x) const { return (x.array() > 0).select(x, weight.cwiseProduct(x)); }

  Index features_;
};

/// A factor and a term for each feature. Batch normalisation with statistics that no longer change is this layer
/// (Ioffe and Szegedy, "Batch normalization", 2015, algorithm 2): see `of_batch_norm`.
///
///   y = w ∘ x + b          weight, bias: F, at first 1 and 0         x, y: F × N
///
/// Throws std::invalid_argument if sizes don't fit.
template <std::floating_point S>
class Scale {
 public:
  using Scalar = S;
  using InputScalar = S;

  VectorX<S> weight, bias;

  struct Tape : TapeOf<S> {
    MatrixX<S> d;
  };

  /// Weights are zero until `initialize`. Throws std::invalid_argument unless features are positive.
  explicit Scale(Index features) : features_(features) {
    require(features > 0, "Scale of ", features, " features: it must be at least 1");
    detail::check_largest("Scale", features);
    weight.setZero(features);
    bias.setZero(features);
  }
  /// y = γ ∘ (x - μ) / √(σ² + ε) + β. Throws std::invalid_argument unless all are of one size and σ² + ε is above 0.
  static Scale of_batch_norm(const VectorX<S>& gamma, const VectorX<S>& beta, const VectorX<S>& mean,
                             const VectorX<S>& variance, double epsilon) {
    Scale scale(gamma.size());
    require(beta.size() == gamma.size() && mean.size() == gamma.size() && variance.size() == gamma.size(),
            "a batch normalisation of ", gamma.size(), " factors, ", beta.size(), " terms, ", mean.size(),
            " means and ", variance.size(), " variances: they must be equal");
    for (Index f = 0; f < gamma.size(); ++f) {
      const double spread = static_cast<double>(variance(f)) + epsilon;
      require(spread > 0, "a batch normalisation whose feature ", f, " has a variance of ", variance(f),
              " with epsilon ", epsilon, ": their sum must be above 0");
      const double weight = static_cast<double>(gamma(f)) / std::sqrt(spread);
      scale.weight(f) = static_cast<S>(weight);
      scale.bias(f) = static_cast<S>(static_cast<double>(beta(f)) - weight * static_cast<double>(mean(f)));
    }
    return scale;
  }

  Index input_size() const { return features_; }
  Index output_size() const { return features_; }
  std::string describe() const { return detail::message("Scale (", input_size(), ")"); }
  Description description() const { return Description("scale", input_size()); }
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
    tape.made_by = sizes_of(*this, x.features());
    tape.y.reshape(x.features(), x.layout());
    for (Index c = 0; c < x.columns(); ++c) tape.y.values().col(c) = value(x.values().col(c));
    return tape.y;
  }
  void backward(const Sequence<S>& x, const Sequence<S>& dy, Tape& tape, Scale& gradient,
                bool want_dx = true) const {
    check_backward(*this, x, dy, tape, gradient);
    detail::resize(tape.d, x.features(), x.columns());
    tape.d = x.values().cwiseProduct(dy.values());
    add_columns(tape.d.data(), tape.d.rows(), tape.d.cols(), gradient.weight.data());
    add_columns(dy.data(), dy.features(), dy.columns(), gradient.bias.data());
    if (!want_dx) return;
    tape.dx.reshape(x.features(), x.layout());
    for (Index c = 0; c < x.columns(); ++c) tape.dx.values().col(c) = weight.cwiseProduct(dy.values().col(c));
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
    y = value(x);
    return y;
  }

 private:
  auto value(const auto& x) const { return weight.cwiseProduct(x) + bias; }

  Index features_;
};

}  // namespace recur::inline RECUR_ABI
