// One vector for a whole sequence.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "recur/core/compiled.hpp"
#include "recur/core/sums.hpp"
#include "recur/layer/layer.hpp"

namespace recur::inline RECUR_ABI {

/// What a Pool keeps of a sequence.
enum class Pooling {
  last,  ///< y = x_T, of the last real step
  ends,  ///< of a layer that reads both ways: y = [→x_T; ←x_1], where each direction has read all steps
  mean,  ///< y = 1/T Σ_t x_t over the real steps
  max    ///< y = max_t x_t, feature by feature over the real steps
};

/// One vector for a whole sequence, without parameters. Conneau et al., "Supervised learning of universal
/// sentence representations", 2017, section 3.2, compare last, mean and max of recurrent layers:
///
///   y = x_T,  1/T Σ_t x_t  or  max_t x_t, feature by feature      T the length of each sample
///
/// `ends` is for the concatenated outputs of a Bidirectional layer, F = 2H: the last step of the upper half and
/// the first step of the lower half, which are the final states h_n of PyTorch's layers. There `last` would take
/// what the reverse direction knows after one step, so ManyToOne refuses it.
///
/// x: F × N ragged, y: F × B, sequences of one step in the user's order of samples. The gradient of a maximum
/// goes to the first step that has it. Streaming gives the pooled vector of the steps so far. Means are
/// computed in double, for any number of steps. A NaN in a step makes mean and maximum NaN; `reset` starts a
/// stream again. Throws std::invalid_argument if sizes don't fit, and for `ends` of an odd number of features.
template <std::floating_point S>
class Pool {
 public:
  using Scalar = S;
  using InputScalar = S;

  explicit Pool(Pooling pooling) : pooling_(pooling) {}

  struct Tape : TapeOf<S> {
    Layout given, single;       // of x; of y, B sequences of one step
    std::vector<Index> winner;  // column of the largest value, F × B; empty for other poolings
  };

  Pooling pooling() const { return pooling_; }  ///< what it takes of the steps
  Index input_size() const { return any_size; }
  Index output_size() const { return any_size; }
  static Index output_length(Index) { return 1; }
  RECUR_COLD std::string describe() const { return detail::message("Pool (", name(), ")"); }
  Description description() const { return Description("pool").with("pooling", name()); }
  void initialize(Random&, Scheme) {}
  template <class F, class... Self>
  static void visit(const Name&, F&&, Self&...) {}

  const Sequence<S>& forward(const Sequence<S>& x, Tape& tape, Pass = predicting) const;

  void backward(const Sequence<S>& x, const Sequence<S>& dy, Tape& tape, Pool& gradient,
                bool want_dx = true) const;

  void check_tape(const Sequence<S>& x, const Tape& tape) const {
    check_pass(*this, x, tape);
    require(std::ssize(tape.winner) == (pooling_ == Pooling::max ? x.features() * x.batch() : 0), *this,
            " was asked for a gradient with a tape of another pooling");
  }

  struct Stream {
    VectorX<S> y;                       // pooled so far
    VectorX<detail::DoubleOf<S>> mean;  // before it was rounded
    Index steps = 0;
  };
  /// If the number of features is given, even the first step allocates nothing.
  Stream stream(Index features = 0) const {
    return {VectorX<S>::Zero(features), decltype(Stream::mean)::Zero(features)};
  }
  /// Forgets all steps.
  void reset(Stream& stream) const { stream.steps = 0; }
  /// Throws std::invalid_argument unless the stream can take a step of this number of features. The first step sets sizes
  /// that are not known.
  void check_stream(const Stream& stream, Index features = any_size) const {
    if (stream.steps == 0 && (features == any_size || stream.y.size() == 0)) return;
    const Index legal = features == any_size ? stream.mean.size() : features;
    recur::check_stream(*this, stream.y.size(), legal);
    recur::check_stream(*this, stream.mean.size(), legal);
  }
  /// x, y: F. Throws std::invalid_argument for a step with another size than the first.
  const VectorX<S>& step(const StepInput<S>& x, Stream& stream) const {
    check_features(x.size());
    if (stream.steps == 0) {
      stream.y = x;
      stream.mean = x.template cast<double>();
      ++stream.steps;
      return stream.y;
    }
    require(x.size() == stream.y.size() && x.size() == stream.mean.size(), *this, " was given a step of ",
            x.size(), " features: the steps before had ", stream.y.size());
    ++stream.steps;
    switch (pooling_) {
      case Pooling::last:
        stream.y = x;
        break;
      case Pooling::ends:
        stream.y.head(x.size() / 2) = x.head(x.size() / 2);
        break;
      case Pooling::mean:
        detail::move_mean(stream.mean, x, 1 / static_cast<double>(stream.steps));
        stream.y = stream.mean.template cast<S>();
        break;
      case Pooling::max:
        for (Index f = 0; f < x.size(); ++f)
          if (beats(x(f), stream.y(f))) stream.y(f) = x(f);
    }
    return stream.y;
  }

 private:
  const char* name() const {
    switch (pooling_) {
      case Pooling::last:
        return "last";
      case Pooling::ends:
        return "ends";
      case Pooling::mean:
        return "mean";
      case Pooling::max:
        break;
    }
    return "max";
  }
  void check_features(Index features) const {
    require(pooling_ != Pooling::ends || features % 2 == 0, *this, " was given ", features,
            " features: it takes two directions of equal size");
  }
  /// True if x replaces the maximum so far. NaN is never replaced.
  static bool beats(S x, S top) { return x > top || std::isnan(x); }

  Pooling pooling_;
};

#if RECUR_DEFINES
template <std::floating_point S>
const Sequence<S>& Pool<S>::forward(const Sequence<S>& x, Tape& tape, Pass) const {
  check_input(*this, x, tape);
  check_features(x.features());
  const Layout& layout = x.layout();
  const Index features = x.features();
  tape.single.assign(layout.batch(), 1);
  tape.given = layout;
  tape.made_by = sizes_of(*this, features);
  tape.y.reshape(features, tape.single);
  tape.winner.resize(static_cast<std::size_t>(pooling_ == Pooling::max ? features * layout.batch() : 0));
  for (Index n = 0; n < layout.batch(); ++n) {
    const Index b = layout.user_index(n), steps = layout.length(n);
    S* const y = tape.y.data() + b * features;
    const auto at = [&](Index t) { return x.data() + (layout.offset(t) + n) * features; };
    if (pooling_ == Pooling::last) {
      std::copy_n(at(steps - 1), features, y);
    } else if (pooling_ == Pooling::ends) {
      std::copy_n(at(steps - 1), features / 2, y);
      std::copy_n(at(0) + features / 2, features / 2, y + features / 2);
    } else if (pooling_ == Pooling::mean) {
      detail::mean_of_columns(
          steps, features, at, [](Index) { return 1.0; }, static_cast<double>(steps), y);
    } else {
      Index* const winner = tape.winner.data() + b * features;
      std::copy_n(at(0), features, y);
      std::fill_n(winner, features, n);
      for (Index t = 1; t < steps; ++t)
        for (Index f = 0; f < features; ++f)
          if (beats(at(t)[f], y[f])) {
            y[f] = at(t)[f];
            winner[f] = layout.offset(t) + n;
          }
    }
  }
  return tape.y;
}

template <std::floating_point S>
void Pool<S>::backward(const Sequence<S>& x, const Sequence<S>& dy, Tape& tape, Pool& gradient,
                       bool want_dx) const {
  check_backward(*this, x, dy, tape, gradient);
  if (!want_dx) return;
  const Layout& layout = x.layout();
  const Index features = x.features();
  tape.dx.reshape(features, layout);
  std::fill_n(tape.dx.data(), features * x.columns(), S(0));
  for (Index n = 0; n < layout.batch(); ++n) {
    const Index b = layout.user_index(n), steps = layout.length(n);
    const S* const d = dy.data() + b * features;
    const auto at = [&](Index t) { return tape.dx.data() + (layout.offset(t) + n) * features; };
    if (pooling_ == Pooling::last) {
      std::copy_n(d, features, at(steps - 1));
    } else if (pooling_ == Pooling::ends) {
      std::copy_n(d, features / 2, at(steps - 1));
      std::copy_n(d + features / 2, features / 2, at(0) + features / 2);
    } else if (pooling_ == Pooling::mean) {
      for (Index t = 0; t < steps; ++t) {
        std::copy_n(d, features, at(t));
        detail::arrays::scale(at(t), features, 1 / static_cast<S>(steps));
      }
    } else {
      const Index* const winner = tape.winner.data() + b * features;
      for (Index f = 0; f < features; ++f) tape.dx.data()[winner[f] * features + f] = d[f];
    }
  }
}
#endif

}  // namespace recur::inline RECUR_ABI

#define RECUR_COMPILED_POOL(S) template class Pool<S>;
