// One vector for a whole sequence. The layer learns which steps matter.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "recur/core/activation.hpp"
#include "recur/core/by_sample.hpp"
#include "recur/core/initialize.hpp"
#include "recur/core/product.hpp"
#include "recur/layer/layer.hpp"

namespace recur::inline RECUR_ABI {

/// A mean of the steps, with weights from attention (Yang et al. 2016, eq. 5 to 7):
///
///   u_t = tanh(W x_t + b)      α = softmax over t of v · u_t      y = Σ_t α_t x_t
///
///   weight = W: A × F, bias = b: A, weight_score = v: A
///   x: F × N ragged, y: F × B, sequences of one step in the user's order of samples
///
/// After it, ManyToOne's Pooling::last has no more work to do. tape.weights(b) shows the attention. Streaming
/// gives the mean of the steps so far. Means are computed in double, for any number of steps. `reset` starts
/// a stream again. Initial weights: Glorot, bias zero; Scheme::pytorch: uniform in ±1/√inputs. Throws
/// std::invalid_argument if sizes don't fit.
template <std::floating_point S>
class AttentionPool {
 public:
  using Scalar = S;
  using InputScalar = S;

  MatrixX<S> weight;
  VectorX<S> bias, weight_score;

  struct Tape : TapeOf<S> {
    Layout given, single;  // of x; of y, B sequences of one step
    detail::BySample samples;
    Buffer<S> u, alpha, d_u, d_alpha;

    /// α of sample b, one number for each step.
    ConstMatrixMap<S> weights(Index b) const {
      samples.check(b);
      return {alpha.data() + samples.first(b), samples.length(b), 1};
    }
  };

  /// `size` is A, the number of units that judge a step. Weights are zero until `initialize`. Throws
  /// std::invalid_argument unless both sizes are positive.
  AttentionPool(Index features, Index size) : features_(features), units_(size) {
    require(features > 0 && size > 0, "AttentionPool of ", features, " features with ", size,
            " units: both must be at least 1");
    detail::check_largest("AttentionPool", features, size);
    weight.setZero(size, features);
    bias.setZero(size);
    weight_score.setZero(size);
  }

  Index input_size() const { return features_; }
  Index output_size() const { return features_; }
  static Index output_length(Index) { return 1; }
  std::string describe() const {
    return detail::message("AttentionPool (", input_size(), ", ", units_, " units)");
  }
  Description description() const { return {"attention_pool", input_size(), units_}; }
  void initialize(Random& random, Scheme scheme) {
    const double limit = 1 / std::sqrt(static_cast<double>(input_size()));
    if (scheme == Scheme::pytorch) {
      uniform(weight, limit, random);
      uniform(bias, limit, random);
      uniform(weight_score, 1 / std::sqrt(static_cast<double>(units_)), random);
    } else {
      glorot(weight, input_size(), units_, random);
      bias.setZero();
      glorot(weight_score, units_, 1, random);
    }
  }

  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    f(at / "weight", self.weight...);
    f(at / "bias", self.bias...);
    f(at / "weight_score", self.weight_score...);
  }
  template <class Self, class F>
  static void shapes(Self& self, F&& f) {
    f("weight", self.weight, self.units_, self.features_);
    f("bias", self.bias, self.units_, Index{1});
    f("weight_score", self.weight_score, self.units_, Index{1});
  }

  const Sequence<S>& forward(const Sequence<S>& x, Tape& tape, Pass = predicting) const {
    check_input(*this, x, tape);
    check_weights(*this);
    const Index features = input_size(), columns = x.columns(), size = units_;
    tape.made_by = {-1};  // nobody, until all memory is there
    S* const u = tape.u.at_least(size * columns);
    S* const alpha = tape.alpha.at_least(columns);
    tape.samples.assign(x.layout());
    tape.single.assign(x.batch(), 1);
    tape.given = x.layout();
    tape.y.reshape(features, tape.single);
    tape.made_by = sizes_of(*this, x.features());
    project(as_is(x.data(), features, columns), u);
    for (Index b = 0; b < x.batch(); ++b) {
      const Index first = tape.samples.first(b), last = tape.samples.first(b + 1);
      for (Index i = first; i < last; ++i)
        alpha[i] = detail::arrays::dot(weight_score.data(), u + tape.samples.place(i) * size, size);
      detail::exponentials(alpha + first, last - first, alpha + first);
      double weights = 0;
      for (Index i = first; i < last; ++i) weights += static_cast<double>(alpha[i]);
      detail::mean_of_columns(
          last - first, features,
          [&](Index t) { return x.data() + tape.samples.place(first + t) * features; },
          [&](Index t) { return static_cast<double>(alpha[first + t]); }, weights,
          tape.y.data() + b * features);
      for (Index i = first; i < last; ++i) alpha[i] = static_cast<S>(static_cast<double>(alpha[i]) / weights);
    }
    return tape.y;
  }

  void backward(const Sequence<S>& x, const Sequence<S>& dy, Tape& tape, AttentionPool& gradient,
                bool want_dx = true) const {
    check_backward(*this, x, dy, tape, gradient);
    const Index features = input_size(), columns = x.columns(), size = units_;
    const S* const alpha = tape.alpha.data();
    S* const d_alpha = tape.d_alpha.at_least(columns);
    S* const d_u = tape.d_u.at_least(size * columns);
    for (Index b = 0; b < x.batch(); ++b) {
      const Index first = tape.samples.first(b), last = tape.samples.first(b + 1);
      for (Index i = first; i < last; ++i)
        d_alpha[i] = detail::arrays::dot(dy.data() + b * features,
                                         x.data() + tape.samples.place(i) * features, features);
      detail::softmax_backward(alpha + first, d_alpha + first, last - first);
      for (Index i = first; i < last; ++i) {
        const S* const u = tape.u.data() + tape.samples.place(i) * size;
        S* const d = d_u + tape.samples.place(i) * size;
        for (Index a = 0; a < size; ++a) d[a] = d_alpha[i] * weight_score(a) * (1 - u[a] * u[a]);
      }
    }
    detail::add_terms(gradient.weight_score.data(), size, columns, [&](Index i, Index a, Index lanes) {
      return d_alpha[i] * P::load(tape.u.data() + tape.samples.place(i) * size + a, lanes);
    });
    add_columns(d_u, size, columns, gradient.bias.data());
    add_product(as_is(d_u, size, columns), transposed(x.data(), features, columns), gradient.weight.data());
    if (!want_dx) return;
    tape.dx.reshape(features, x.layout());
    product(transposed(weight), as_is(d_u, size, columns), tape.dx.data());
    for (Index b = 0; b < x.batch(); ++b)
      for (Index i = tape.samples.first(b); i < tape.samples.first(b + 1); ++i)
        detail::arrays::add_scaled(tape.dx.data() + tape.samples.place(i) * features, alpha[i],
                                   dy.data() + b * features, features);
  }

  Index inner_size() const { return units_; }
  void check_tape(const Sequence<S>& x, const Tape& tape) const {
    check_pass(*this, x, tape);
    check_weights(*this);
  }

  /// For the steps so far: their mean before it was rounded to y, and the sum of their weights divided by
  /// exp(largest).
  struct Stream {
    VectorX<S> y, u;
    VectorX<double> mean;
    double weights = 0, largest = -std::numeric_limits<double>::infinity();
  };
  Stream stream() const {
    return {VectorX<S>::Zero(input_size()), VectorX<S>::Zero(units_), VectorX<double>::Zero(input_size())};
  }
  /// Forgets all steps.
  void reset(Stream& stream) const {
    stream.mean.setZero();
    stream.weights = 0;
    stream.largest = -std::numeric_limits<double>::infinity();
  }
  void check_stream(const Stream& stream) const {
    recur::check_stream(*this, stream.y.size(), input_size());
    recur::check_stream(*this, stream.mean.size(), input_size());
    recur::check_stream(*this, stream.u.size(), units_);
  }
  /// x, y: F. Throws std::invalid_argument for other sizes.
  const VectorX<S>& step(const StepInput<S>& x, Stream& stream) const {
    check_step(*this, x);
    check_stream(stream);
    check_weights(*this);
    project(as_is(x), stream.u.data());
    const auto score = static_cast<double>(detail::arrays::dot(weight_score.data(), stream.u.data(), units_));
    const double top = std::max(stream.largest, score), added = std::exp(score - top);
    stream.weights = std::exp(stream.largest - top) * stream.weights + added;
    stream.largest = top;
    detail::move_mean(stream.mean, x, added / stream.weights);
    stream.y = stream.mean.template cast<S>();
    return stream.y;
  }

 private:
  using P = Pack<S>;

  /// u = tanh(W x + b), column by column.
  void project(const Strided<S>& x, S* u) const {
    affine(as_is(weight), bias.data(), x, u);
    activate<Tanh>(u, u, bias.size() * x.cols);
  }

  Index features_, units_;
};

}  // namespace recur::inline RECUR_ABI
