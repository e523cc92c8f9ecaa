// The subject of the laws: any layer as mathematics, with all its numbers in double.
#pragma once

#include <algorithm>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "allocations.hpp"
#include "recur/core/parameters.hpp"
#include "recur/core/random.hpp"
#include "recur/core/step_input.hpp"
#include "recur/io/weights.hpp"
#include "recur/layer/layer.hpp"
#include "recur/recurrence/state.hpp"

namespace recur::testing {

/// A matrix for each sample (features × its length) or for each state of a cell (H × B), samples in the
/// user's order.
using Matrices = std::vector<MatrixX<double>>;
using Lengths = std::vector<Index>;

struct Input {
  Matrices x;
  Matrices initial;  ///< empty: the state starts from zero
};
struct Output {
  Matrices y;
  Matrices final;
};
/// Gradient of the loss with respect to the results of a layer.
struct Upstream {
  Matrices d_y;
  Matrices d_final;  ///< empty: the final state is not used
};
struct Gradient {
  Matrices d_x;
  Matrices d_initial;
  VectorX<double> d_parameters;
};
struct Mode {
  bool record = true;
  std::optional<std::uint64_t> noise = {};  ///< seed of the generator that dropout draws from
};

/// A layer with its own tape and gradient.
class Subject {
 public:
  virtual ~Subject() = default;

  virtual std::string describe() const = 0;
  virtual Index features() const = 0;  ///< of one step of the input
  virtual Index tokens() const = 0;    ///< legal tokens, or 0 if the input is numbers
  virtual Index output_length(Index length) const = 0;
  virtual int states() const = 0;             ///< 0 for a layer without a state
  virtual Index state_size(int q) const = 0;  ///< rows of state q
  /// Whether the final state is what the next steps of a sequence start from.
  virtual bool goes_on() const = 0;
  virtual bool streams() const = 0;
  virtual bool stream_shows_state() const = 0;
  /// Relative error that rounding explains.
  virtual double tolerance() const = 0;

  /// All parameters, one after the other.
  virtual VectorX<double> parameters() const = 0;
  virtual void set_parameters(const VectorX<double>& values) = 0;
  /// Name and place of a parameter, for messages.
  virtual std::string parameter(Index i) const = 0;

  /// Its parameters as a file of weights, and the parameters of such a file taken into it.
  virtual TensorFile store() const = 0;
  virtual void take(const TensorFile& file) = 0;

  /// Both on this subject's tape. backward adds to this subject's gradient, and returns all of it.
  virtual Output forward(const Input& input, Mode mode = {}) = 0;
  virtual Gradient backward(const Upstream& upstream, bool want_dx = true) = 0;
  /// The gradient of the parameters, as it is now.
  virtual VectorX<double> gradient() const = 0;
  virtual void clear_gradient() = 0;

  /// One sample step by step. An initial state has one column.
  virtual Output stream(const MatrixX<double>& sample, const Matrices& initial) const = 0;

  /// Results of steps. Each step gets the result of the step before, in its place or as a copy. Empty if the layer's
  /// output has another size than its input.
  virtual MatrixX<double> feed_back(const VectorX<double>& x, Index steps, bool in_place) const = 0;

  /// Fills this subject's tape with numbers that are not finite, in the shapes of the input.
  virtual void poison(const Input& input) = 0;
  virtual void new_tape() = 0;

  virtual std::unique_ptr<Subject> copy() const = 0;       ///< a copy of the layer, with a new tape
  virtual void assign_layer(const Subject& other) = 0;     ///< the other's layer
  virtual std::unique_ptr<Subject> move_everything() = 0;  ///< layer, tape and gradient

  /// Allocations of a repeated forward and backward pass, or of the steps of a sample, also the first.
  virtual long pass_allocations(const Input& input, const Upstream& upstream) = 0;
  virtual long step_allocations(const MatrixX<double>& sample) const = 0;
};

/// Calls f with the same step in all kinds of memory that an Eigen user has: a column of a matrix and of its block, a
/// segment of a vector, a Map, a vector whose size is fixed or at most 64. None of them may be copied to the heap.
template <class S>
void in_each_memory(const MatrixX<S>& x, Index t, const std::function<void(const StepInput<S>&)>& f) {
  const Index size = x.rows();
  f(x.col(t));
  f(x.rightCols(x.cols() - t).col(0));
  f(Eigen::Map<const VectorX<S>>(x.data(), x.size()).segment(t * size, size));
  f(Eigen::Map<const VectorX<S>>(x.col(t).data(), size));
  if (size <= 64) f(Eigen::Matrix<S, Eigen::Dynamic, 1, 0, 64, 1>(x.col(t)));
  if (size == 1) f(Eigen::Matrix<S, 1, 1>(x(0, t)));
  if (size == 3) f(Eigen::Matrix<S, 3, 1>(x.col(t)));
}

template <Layer L>
class LayerSubject final : public Subject {
  using S = typename L::Scalar;
  using In = typename L::InputScalar;
  using Tape = typename L::Tape;
  static constexpr bool has_tokens = std::is_same_v<In, Token>;

 public:
  /// `size`: the features of a layer that takes any number, or the number of legal tokens.
  explicit LayerSubject(L layer, Index size = any_size)
      : layer_(std::move(layer)), gradient_(zeros_like(layer_)), size_(size) {}

  std::string describe() const override { return layer_.describe(); }
  Index features() const override {
    return has_tokens ? 1 : layer_.input_size() == any_size ? size_ : layer_.input_size();
  }
  Index tokens() const override { return has_tokens ? size_ : 0; }
  Index output_length(Index length) const override { return recur::output_length(layer_, length); }
  /// The states of a cell one by one, those of a network as one.
  int states() const override {
    if constexpr (requires { L::states; })
      return recur::state_size(layer_) > 0 ? static_cast<int>(L::states) : 0;
    else
      return recur::state_size(layer_) > 0 ? 1 : 0;
  }
  Index state_size(int q) const override {
    if constexpr (requires { L::states; })
      return layer_.state_size(q);
    else
      return recur::state_size(layer_);
  }
  bool goes_on() const override {
    MatrixX<S> state = MatrixX<S>::Ones(recur::state_size(layer_), 1);
    Index row = 0;
    detail::state::forget_ends(layer_, state, row);
    return state.size() > 0 && (state.array() == S(1)).all();
  }
  bool streams() const override {
    if constexpr (requires { layer_.can_stream(); })
      return layer_.can_stream();
    else
      return Streamable<L>;
  }
  bool stream_shows_state() const override { return shows; }
  double tolerance() const override { return std::is_same_v<S, float> ? 1e-5 : 1e-12; }

  VectorX<double> parameters() const override { return all_of(layer_); }
  void set_parameters(const VectorX<double>& values) override {
    recur::set_values(Parameters(layer_), values.template cast<S>());
  }
  std::string parameter(Index i) const override {
    for (const auto& p : Parameters(layer_)) {
      if (i < p.size()) return detail::message(p.name, '[', i, ']');
      i -= p.size();
    }
    return {};
  }

  TensorFile store() const override { return store_weights(layer_); }
  void take(const TensorFile& file) override { take_weights(layer_, file); }

  Output forward(const Input& input, Mode mode = {}) override {
    x_ = sequence(input.x);
    initial_ = stacked(input.initial);
    Random random(mode.noise.value_or(0));
    const auto& y = run(Pass{mode.record, mode.noise ? &random : nullptr});
    return {samples(y), split(final_state(layer_, tape_))};
  }

  Gradient backward(const Upstream& upstream, bool want_dx = true) override {
    run_back(gradient_sequence(upstream.d_y), stacked(upstream.d_final), want_dx);
    Gradient result;
    if (want_dx && !has_tokens) result.d_x = samples(tape_.d_input());
    if (initial_.size() > 0) result.d_initial = split(d_initial_state(layer_, tape_));
    result.d_parameters = all_of(gradient_);
    return result;
  }
  VectorX<double> gradient() const override { return all_of(gradient_); }
  void clear_gradient() override { recur::clear_gradient(gradient_); }

  Output stream(const MatrixX<double>& sample, const Matrices& initial) const override {
    Output output;
    if constexpr (Streamable<L>) {
      auto stream = layer_.stream();
      if constexpr (shows)
        if (!initial.empty()) set_state(layer_, stream, stacked(initial));
      for (Index t = 0; t < sample.cols(); ++t) {
        const VectorX<In> x = step_of(sample, t);
        const VectorX<S>& y = layer_.step(x, stream);
        if (t == 0) output.y.push_back(MatrixX<double>(y.size(), sample.cols()));
        output.y[0].col(t) = y.template cast<double>();
      }
      if constexpr (shows) output.final = split(get_state(layer_, stream));
    }
    return output;
  }

  MatrixX<double> feed_back(const VectorX<double>& x, Index steps, bool in_place) const override {
    MatrixX<double> results;
    if constexpr (Streamable<L> && !has_tokens) {
      auto stream = layer_.stream();
      const VectorX<S>* y = &layer_.step(VectorX<S>(x.template cast<S>()), stream);
      if (y->size() != x.size()) return results;
      results.resize(x.size(), steps);
      for (Index t = 0; t < steps; ++t) {
        const VectorX<S> copy = *y;
        y = &layer_.step(in_place ? *y : copy, stream);
        results.col(t) = y->template cast<double>();
      }
    }
    return results;
  }

  void poison(const Input& input) override {
    const S nan = std::numeric_limits<S>::quiet_NaN();
    L layer = layer_, gradient = layer_;
    for (const auto& p : Parameters(layer)) std::fill_n(p.data, p.size(), nan);
    x_ = sequence(input.x);
    if constexpr (!has_tokens) x_.values().setConstant(nan);
    const MatrixX<S> state = MatrixX<S>::Constant(recur::state_size(layer), x_.batch(), nan);
    Random random(1);
    Index row = 0;
    Sequence<S> dy = detail::forward_part(layer, x_, tape_, training(random), StateRef<S>(state), row);
    dy.values().setConstant(nan);
    detail::backward_part(layer, x_, dy, tape_, gradient, true, StateRef<S>(state), row);
  }
  void new_tape() override { tape_ = Tape(); }

  std::unique_ptr<Subject> copy() const override { return std::make_unique<LayerSubject>(layer_, size_); }
  void assign_layer(const Subject& other) override {
    layer_ = dynamic_cast<const LayerSubject&>(other).layer_;
  }
  std::unique_ptr<Subject> move_everything() override {
    auto moved = std::make_unique<LayerSubject>(std::move(layer_), size_);
    moved->gradient_ = std::move(gradient_);
    moved->tape_ = std::move(tape_);
    moved->x_ = std::move(x_);
    moved->initial_ = std::move(initial_);
    return moved;
  }

  long pass_allocations(const Input& input, const Upstream& upstream) override {
    x_ = sequence(input.x);
    const Sequence<S> dy = gradient_sequence(upstream.d_y);
    initial_ = stacked(input.initial);
    const MatrixX<S> d_final = stacked(upstream.d_final);
    Random random(1);
    long count = 0;
    for (int i = 0; i < 3; ++i) {
      const CountAllocations allocations;
      run(predicting);
      run(training(random));
      run_back(dy, d_final, true);
      recur::clear_gradient(gradient_);
      detail::get_carried_state(layer_, tape_, initial_);
      count = allocations.count();
    }
    new_tape();
    return count;
  }
  long step_allocations(const MatrixX<double>& sample) const override {
    long count = 0;
    if constexpr (Streamable<L>) {
      if (!streams()) return 0;
      auto stream = stream_for(layer_, sample.rows());
      const MatrixX<In> x = sample.template cast<In>();
      const std::function<void(const StepInput<In>&)> give = [&](const auto& one) {
        layer_.step(one, stream);
      };
      for (Index t = 0; t < sample.cols(); ++t) {
        const CountAllocations allocations;
        in_each_memory<In>(x, t, give);
        count += allocations.count();
      }
    }
    return count;
  }

  L& layer() { return layer_; }

 private:
  /// Whether all that a stream remembers can be read and set.
  static constexpr bool shows = [] {
    if constexpr (Streamable<L> && HasState<L>)
      return detail::shows_state<L>();
    else
      return false;
  }();

  const Sequence<S>& run(Pass pass) {
    Index row = 0;
    return detail::forward_part(layer_, x_, tape_, pass, StateRef<S>(initial_), row);
  }
  void run_back(const Sequence<S>& dy, const MatrixX<S>& d_final, bool want_dx) {
    Index row = recur::state_size(layer_);
    detail::backward_part(layer_, x_, dy, tape_, gradient_, want_dx, StateRef<S>(d_final), row);
  }
  /// States one above the other, and back.
  static MatrixX<S> stacked(const Matrices& states) {
    if (states.empty()) return {};
    Index rows = 0;
    for (const auto& state : states) rows += state.rows();
    MatrixX<S> all(rows, states[0].cols());
    rows = 0;
    for (const auto& state : states) {
      all.middleRows(rows, state.rows()) = state.template cast<S>();
      rows += state.rows();
    }
    return all;
  }
  Matrices split(const MatrixX<S>& all) const {
    Matrices parts;
    Index row = 0;
    for (int q = 0; q < states(); row += state_size(q++))
      parts.push_back(all.middleRows(row, state_size(q)).template cast<double>());
    return parts;
  }
  static Sequence<In> sequence(const Matrices& x) {
    if constexpr (has_tokens) {
      std::vector<std::vector<Token>> lists;
      for (const auto& sample : x) {
        lists.emplace_back();
        for (Index t = 0; t < sample.cols(); ++t) lists.back().push_back(static_cast<Token>(sample(0, t)));
      }
      return Sequence<In>(lists);
    } else {
      return gradient_sequence(x);
    }
  }
  static Sequence<S> gradient_sequence(const Matrices& x) {
    std::vector<MatrixX<S>> cast;
    for (const auto& sample : x) cast.push_back(sample.template cast<S>());
    return Sequence<S>(cast);
  }
  static Matrices samples(const Sequence<S>& sequence) {
    Matrices all;
    for (Index b = 0; b < sequence.batch(); ++b) all.push_back(sequence.sample(b).template cast<double>());
    return all;
  }
  static VectorX<In> step_of(const MatrixX<double>& sample, Index t) {
    return sample.col(t).template cast<In>();
  }
  static VectorX<double> all_of(const L& layer) {
    return values_of(Parameters(layer)).template cast<double>();
  }
  L layer_, gradient_;
  Index size_;
  Tape tape_;
  Sequence<In> x_;
  MatrixX<S> initial_;
};

}  // namespace recur::testing
