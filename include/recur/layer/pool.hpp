// One vector for a whole sequence.
#pragma once

#include <string>

#include "recur/layer/layer.hpp"

namespace recur {

/// What of a sequence a Pool keeps.
enum class Pooling {
  last,  ///< y = x_T, of the last real step
  mean,  ///< y = 1/T Σ_t x_t over the real steps
  max    ///< y = max_t x_t, feature by feature over the real steps
};

/// x: F × N ragged, y: F × B, sequences of one step in the user's order of samples. Streaming gives the
/// pooled vector of the steps so far.
template <std::floating_point S>
class Pool {
 public:
  using Scalar = S;
  using InputScalar = S;

  explicit Pool(Pooling pooling) : pooling_(pooling) {}

  struct Tape : TapeOf<S> {
    Layout single;         // B sequences of one step
    Matrix<Index> winner;  // column of the largest value, F × B
  };

  Pooling pooling() const { return pooling_; }
  Index input_size() const { return any_size; }
  Index output_size() const { return any_size; }
  std::string describe() const {
    return pooling_ == Pooling::last   ? "Pool (last)"
           : pooling_ == Pooling::mean ? "Pool (mean)"
                                       : "Pool (max)";
  }
  void initialize(Random&, Scheme) {}
  template <class F, class... Self>
  static void visit(const Name&, F&&, Self&...) {}

  const Sequence<S>& forward(const Sequence<S>& x, Tape& tape, Pass = predicting) const {
    check_input(*this, x);
    const Layout& layout = x.layout();
    tape.single.assign(layout.batch(), 1);
    tape.y.reshape(x.features(), tape.single);
    if (pooling_ == Pooling::max) tape.winner.resize(x.features(), layout.batch());
    for (Index n = 0; n < layout.batch(); ++n) {
      const Index b = layout.user_index(n);
      auto y = tape.y.values().col(b);
      switch (pooling_) {
        case Pooling::last:
          y = x.values().col(layout.offset(layout.length(n) - 1) + n);
          break;
        case Pooling::mean:
          y.setZero();
          for (Index t = 0; t < layout.length(n); ++t) y += x.values().col(layout.offset(t) + n);
          y /= static_cast<S>(layout.length(n));
          break;
        case Pooling::max:
          y = x.values().col(n);
          tape.winner.col(b).setConstant(n);
          for (Index t = 1; t < layout.length(n); ++t)
            for (Index f = 0; f < x.features(); ++f)
              if (const S value = x.values()(f, layout.offset(t) + n); value > y(f)) {
                y(f) = value;
                tape.winner(f, b) = layout.offset(t) + n;
              }
      }
    }
    return tape.y;
  }

  void backward(const Sequence<S>& x, const Sequence<S>& dy, Tape& tape, Pool&, bool want_dx = true) const {
    check_gradient(*this, tape, dy);
    if (!want_dx) return;
    const Layout& layout = x.layout();
    tape.dx.reshape(x.features(), layout);
    tape.dx.values().setZero();
    for (Index n = 0; n < layout.batch(); ++n) {
      const auto d = dy.values().col(layout.user_index(n));
      switch (pooling_) {
        case Pooling::last:
          tape.dx.values().col(layout.offset(layout.length(n) - 1) + n) = d;
          break;
        case Pooling::mean:
          for (Index t = 0; t < layout.length(n); ++t)
            tape.dx.values().col(layout.offset(t) + n) = d / static_cast<S>(layout.length(n));
          break;
        case Pooling::max:
          for (Index f = 0; f < x.features(); ++f)
            tape.dx.values()(f, tape.winner(f, layout.user_index(n))) = d(f);
      }
    }
  }

  struct Stream {
    Vector<S> y, total;  // pooled so far, and for the mean the sum
    Index steps = 0;
  };
  /// With the number of features given, not even the first step allocates.
  Stream stream(Index features = 0) const { return {Vector<S>::Zero(features), Vector<S>::Zero(features)}; }
  const Vector<S>& step(const Vector<S>& x, Stream& stream) const {
    if (stream.steps++ == 0) {
      stream.y = stream.total = x;
      return stream.y;
    }
    switch (pooling_) {
      case Pooling::last:
        stream.y = x;
        break;
      case Pooling::mean:
        stream.total += x;
        stream.y = stream.total / static_cast<S>(stream.steps);
        break;
      case Pooling::max:
        stream.y = stream.y.cwiseMax(x);
    }
    return stream.y;
  }

 private:
  Pooling pooling_;
};

}  // namespace recur
