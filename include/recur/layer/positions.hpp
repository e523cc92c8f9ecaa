// The position of each step in its sequence, for layers that can't see it, for example attention.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>

#include "recur/core/initialize.hpp"
#include "recur/core/sums.hpp"
#include "recur/layer/layer.hpp"

namespace recur::inline RECUR_ABI {

/// y_t = x_t + p_t. t counts the steps of each sample from 0 (Vaswani et al. 2017, section 3.5):
///
///   p_t(2i) = sin(t / 10000^(2i/F))      p_t(2i + 1) = cos(t / 10000^(2i/F))
///
/// x, y: F × N. It has no parameters and no limit on the length of a sequence. Throws std::invalid_argument
/// if sizes don't fit.
template <std::floating_point S>
class SinusoidalPositions {
 public:
  using Scalar = S;
  using InputScalar = S;

  struct Tape : TapeOf<S> {
    Buffer<S> positions;  // p of the steps seen so far, F × known
    Index features = 0, known = 0;
  };

  Index input_size() const { return any_size; }
  Index output_size() const { return any_size; }
  std::string describe() const { return "SinusoidalPositions"; }
  Description description() const { return "sinusoidal_positions"; }
  void initialize(Random&, Scheme) {}
  template <class F, class... Self>
  static void visit(const Name&, F&&, Self&...) {}

  const Sequence<S>& forward(const Sequence<S>& x, Tape& tape, Pass = predicting) const {
    check_input(*this, x, tape);
    const Index size = x.features();
    if (tape.features != size || tape.known < x.steps()) {
      S* p = tape.positions.at_least(size * x.steps());
      for (Index t = 0; t < x.steps(); ++t)
        for (Index f = 0; f < size; ++f) *p++ = position(t, f, size);
      tape.features = size;
      tape.known = x.steps();
    }
    tape.made_by = sizes_of(*this, x.features());
    tape.y.reshape(size, x.layout());
    std::copy_n(x.data(), size * x.columns(), tape.y.data());
    for (Index t = 0; t < x.steps(); ++t)
      for (Index c = x.layout().offset(t); c < x.layout().offset(t + 1); ++c)
        detail::arrays::add(tape.y.data() + c * size, tape.positions.data() + t * size, size);
    return tape.y;
  }

  void backward(const Sequence<S>& x, const Sequence<S>& dy, Tape& tape, SinusoidalPositions& gradient,
                bool want_dx = true) const {
    check_backward(*this, x, dy, tape, gradient);
    if (want_dx) tape.dx = dy;
  }

  struct Stream {
    VectorX<S> y;
    Index t = 0;
  };
  /// If the number of features is given, even the first step allocates nothing.
  Stream stream(Index features = 0) const { return {VectorX<S>::Zero(features)}; }
  /// Starts to count from 0 again.
  void reset(Stream& stream) const { stream.t = 0; }
  /// x, y: F. Throws std::invalid_argument for a step with another size than the first.
  const VectorX<S>& step(const StepInput<S>& x, Stream& stream) const {
    require(stream.t == 0 || x.size() == stream.y.size(), *this, " was given a step of ", x.size(),
            " features: the steps before had ", stream.y.size());
    stream.y = x;
    for (Index f = 0; f < x.size(); ++f) stream.y(f) += position(stream.t, f, x.size());
    ++stream.t;
    return stream.y;
  }

 private:
  static S position(Index t, Index f, Index size) {
    const double angle =
        static_cast<double>(t) * std::pow(1e-4, static_cast<double>(f - f % 2) / static_cast<double>(size));
    return static_cast<S>(f % 2 == 0 ? std::sin(angle) : std::cos(angle));
  }
};

/// y_t = x_t + row t of a table. t counts the steps of each sample from 0 (Gehring et al. 2017, section 3.1).
///
///   weight: longest × F        x, y: F × N
///
/// Initial weights: standard normal × 0.1, as for Embedding; Scheme::pytorch: standard normal. Throws
/// std::invalid_argument if sizes don't fit and for a sequence that is longer than the table.
template <std::floating_point S>
class LearnedPositions {
 public:
  using Scalar = S;
  using InputScalar = S;
  using Tape = TapeOf<S>;

  Table<S> weight;

  /// Weights are zero until `initialize`. Throws std::invalid_argument unless both sizes are positive.
  LearnedPositions(Index longest, Index features) : longest_(longest), features_(features) {
    require(longest > 0 && features > 0, "LearnedPositions for ", longest, " steps of ", features,
            " features: both must be at least 1");
    detail::check_largest("LearnedPositions", longest, features);
    weight = Table<S>(longest, features);
  }

  Index longest() const { return longest_; }
  Index input_size() const { return features_; }
  Index output_size() const { return features_; }
  std::string describe() const {
    return detail::message("LearnedPositions (", longest(), " steps of ", input_size(), ")");
  }
  Description description() const { return {"learned_positions", longest(), input_size()}; }
  void initialize(Random& random, Scheme scheme) {
    normal(weight.values, scheme == Scheme::pytorch ? 1.0 : 0.1, random);
  }
  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    f(at / "weight", self.weight...);
  }
  template <class Self, class F>
  static void shapes(Self& self, F&& f) {
    f("weight", self.weight, self.longest_, self.features_);
  }

  /// Both throw unless the sequence is short enough.
  Index output_length(Index length) const {
    check_steps(length);
    return length;
  }
  void check_sample(const MatrixX<S>& sample) const { check_steps(sample.cols()); }

  const Sequence<S>& forward(const Sequence<S>& x, Tape& tape, Pass = predicting) const {
    check_input(*this, x, tape);
    check_weights(*this);
    check_steps(x.steps());
    tape.made_by = sizes_of(*this, x.features());
    tape.y.reshape(input_size(), x.layout());
    std::copy_n(x.data(), input_size() * x.columns(), tape.y.data());
    for (Index t = 0; t < x.steps(); ++t)
      for (Index c = x.layout().offset(t); c < x.layout().offset(t + 1); ++c)
        detail::arrays::add(tape.y.data() + c * input_size(), &weight.values(t, 0), input_size());
    return tape.y;
  }

  void backward(const Sequence<S>& x, const Sequence<S>& dy, Tape& tape, LearnedPositions& gradient,
                bool want_dx = true) const {
    check_backward(*this, x, dy, tape, gradient);
    for (Index t = 0; t < x.steps(); ++t)
      add_columns(dy.data() + x.layout().offset(t) * input_size(), input_size(), x.layout().batch_size(t),
                  gradient.weight.touch(t).data());
    if (want_dx) tape.dx = dy;
  }

  Index inner_size() const { return longest(); }
  void check_tape(const Sequence<S>& x, const Tape& tape) const {
    check_pass(*this, x, tape);
    check_weights(*this);
  }

  struct Stream {
    VectorX<S> y;
    Index t = 0;
  };
  Stream stream() const { return {VectorX<S>::Zero(input_size())}; }
  /// Starts to count from 0 again.
  void reset(Stream& stream) const { stream.t = 0; }
  static bool has_end() { return true; }
  void check_reset(const Stream& stream) const { recur::check_stream(*this, stream.y.size(), input_size()); }
  void check_stream(const Stream& stream) const {
    check_reset(stream);
    require(stream.t >= 0 && stream.t < longest(), *this, " was given a stream at step ", stream.t,
            ", counted from 0: there are ", longest());
  }
  /// x, y: F. Throws what forward throws.
  const VectorX<S>& step(const StepInput<S>& x, Stream& stream) const {
    check_step(*this, x);
    check_weights(*this);
    check_stream(stream);
    std::copy_n(x.data(), x.size(), stream.y.data());
    detail::arrays::add(stream.y.data(), &weight.values(stream.t++, 0), input_size());
    return stream.y;
  }

 private:
  void check_steps(Index steps) const {
    require(steps <= longest(), *this, " was given a sequence of ", steps,
            " steps: the longest legal one has ", longest());
  }

  Index longest_, features_;
};

}  // namespace recur::inline RECUR_ABI
