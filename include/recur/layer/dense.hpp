// An affine map of every step.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>

#include "recur/core/activation.hpp"
#include "recur/core/initialize.hpp"
#include "recur/core/product.hpp"
#include "recur/layer/layer.hpp"

namespace recur {

/// y = f(W x + b) at every step of every sample, f = Identity, Tanh, Relu, Sigmoid or the user's own.
///
///   weight: O × I, bias: O        x: I × N, y: O × N
///
/// Initial weights: Glorot, or He where f is Relu; bias zero. Scheme::pytorch: both uniform in ±1/√I.
template <std::floating_point S, Activation F = Identity>
class Dense {
 public:
  using Scalar = S;
  using InputScalar = S;

  Matrix<S> weight;
  Vector<S> bias;

  struct Tape : TapeOf<S> {
    Buffer<S> a, da;  // W x + b and its gradient
  };

  Dense(Index input_size, Index output_size) {
    require(input_size > 0 && output_size > 0, "Dense with input_size ", input_size, " and output_size ",
            output_size, ": both must be at least 1");
    weight.setZero(output_size, input_size);
    bias.setZero(output_size);
  }

  Index input_size() const { return weight.cols(); }
  Index output_size() const { return weight.rows(); }
  std::string describe() const { return message("Dense (", input_size(), " -> ", output_size(), ")"); }

  void initialize(Random& random, Scheme scheme) {
    if (scheme == Scheme::pytorch) {
      const double limit = 1 / std::sqrt(static_cast<double>(input_size()));
      uniform(weight, limit, random);
      uniform(bias, limit, random);
      return;
    }
    if constexpr (std::same_as<F, Relu>)
      he(weight, input_size(), random);
    else
      glorot(weight, input_size(), output_size(), random);
    bias.setZero();
  }

  template <class G, class... Self>
  static void visit(const Name& at, G&& f, Self&... self) {
    f(at / "weight", self.weight...);
    f(at / "bias", self.bias...);
  }

  const Sequence<S>& forward(const Sequence<S>& x, Tape& tape, Pass = predicting) const {
    check_input(*this, x);
    tape.y.reshape(output_size(), x.layout());
    MatrixMap<S> y = tape.y.values();
    y.colwise() = bias;
    add_product<S>(as_map(weight), x.values(), y);
    if constexpr (!std::same_as<F, Identity>) {
      S* a = tape.a.at_least(y.size());
      std::copy_n(y.data(), y.size(), a);
      std::transform(a, a + y.size(), y.data(), [](S v) { return F::value(v); });
    }
    return tape.y;
  }

  void backward(const Sequence<S>& x, const Sequence<S>& dy, Tape& tape, Dense& gradient,
                bool want_dx = true) const {
    check_gradient(*this, tape, dy);
    ConstMatrixMap<S> da = dy.values();
    if constexpr (!std::same_as<F, Identity>) {
      S* d = tape.da.at_least(da.size());
      for (Index i = 0; i < da.size(); ++i)
        d[i] = slope<F>(tape.a.data()[i], tape.y.data()[i]) * dy.data()[i];
      new (&da) ConstMatrixMap<S>(d, output_size(), x.columns());
    }
    add_product_transposed<S>(da, x.values(), as_map(gradient.weight));
    for (Index c = 0; c < da.cols(); ++c) gradient.bias += da.col(c);
    if (!want_dx) return;
    tape.dx.reshape(input_size(), x.layout());
    tape.dx.values().setZero();
    add_transposed_product<S>(as_map(weight), da, tape.dx.values());
  }

  using Stream = Vector<S>;
  Stream stream() const { return Stream::Zero(output_size()); }
  const Vector<S>& step(const Vector<S>& x, Stream& y) const {
    require(x.size() == input_size(), *this, " was given a step of ", x.size(), " features: it takes ",
            input_size());
    y = bias;
    add_product<S>(as_map(weight), as_map(x), as_map(y));
    if constexpr (!std::same_as<F, Identity>)
      std::transform(y.begin(), y.end(), y.begin(), [](S v) { return F::value(v); });
    return y;
  }
};

}  // namespace recur
