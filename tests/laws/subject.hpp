// The subject of the laws: any layer as mathematics, with all its numbers in double.
#pragma once

#include <algorithm>
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
  virtual Index features() const = 0;         ///< of one step of the input
  virtual Index tokens() const = 0;           ///< legal tokens, or 0 if the input is numbers
  virtual int states() const = 0;             ///< 0 for a layer without a state
  virtual Index state_size(int q) const = 0;  ///< rows of state q
  virtual bool has_carry() const = 0;
  virtual bool streams() const = 0;
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
  virtual void clear_gradient() = 0;
  /// The next forward continues from the last one's final state and ignores its input's initial state.
  virtual void carry() = 0;
  virtual void reset() = 0;  ///< it starts from its input's initial state again

  /// One sample step by step. An initial state has one column.
  virtual Output stream(const MatrixX<double>& sample, const Matrices& initial) const = 0;

  /// Fills this subject's tape with numbers that are not finite, in the shapes of the input.
  virtual void poison(const Input& input) = 0;
  virtual void new_tape() = 0;

  virtual std::unique_ptr<Subject> copy() const = 0;       ///< a copy of the layer, with a new tape
  virtual void assign_layer(const Subject& other) = 0;     ///< the other's layer
  virtual std::unique_ptr<Subject> move_everything() = 0;  ///< layer, tape and gradient

  /// Allocations of a repeated forward and backward pass, or of one repeated step.
  virtual long pass_allocations(const Input& input, const Upstream& upstream) = 0;
  virtual long step_allocations(const MatrixX<double>& sample) const = 0;
};

template <Layer L>
class LayerSubject final : public Subject {
  using S = typename L::Scalar;
  using In = typename L::InputScalar;
  using Tape = typename L::Tape;
  static constexpr bool has_tokens = std::is_same_v<In, Token>;
  static constexpr bool has_states = requires(Tape tape) { tape.d_final; };
  static constexpr bool has_stream_states = requires(typename StreamOf<L>::type stream) { stream.state; };

 public:
  /// `size`: the features of a layer that takes any number, or the number of legal tokens.
  explicit LayerSubject(L layer, Index size = any_size)
      : layer_(std::move(layer)), gradient_(zeros_like(layer_)), size_(size) {}

  std::string describe() const override { return layer_.describe(); }
  Index features() const override {
    return has_tokens ? 1 : layer_.input_size() == any_size ? size_ : layer_.input_size();
  }
  Index tokens() const override { return has_tokens ? size_ : 0; }
  int states() const override {
    if constexpr (has_states)
      return layer_.state_size(0) == 0 ? 0 : static_cast<int>(Tape().initial.size());
    else
      return 0;
  }
  Index state_size(int q) const override {
    if constexpr (requires { layer_.state_size(q); })
      return layer_.state_size(q);
    else
      return has_states ? layer_.output_size() : 0;
  }
  bool has_carry() const override {
    return requires(Tape tape) { L::carry(tape); };
  }
  bool streams() const override {
    if constexpr (requires { layer_.can_stream(); })
      return layer_.can_stream();
    else
      return Streamable<L>;
  }
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
    if (!carried_) reset();
    if constexpr (has_states)
      if (!carried_)
        for (std::size_t q = 0; q < tape_.initial.size(); ++q)
          tape_.initial[q] = input.initial.empty() ? MatrixX<S>() : input.initial[q].template cast<S>();
    carried_ = false;
    Random random(mode.noise.value_or(0));
    const auto& y = layer_.forward(x_, tape_, Pass{mode.record, mode.noise ? &random : nullptr});
    Output output{samples(y), {}};
    if constexpr (has_states)
      for (const auto& state : tape_.final) output.final.push_back(state.template cast<double>());
    return output;
  }

  Gradient backward(const Upstream& upstream, bool want_dx = true) override {
    set_d_final(upstream);
    layer_.backward(x_, gradient_sequence(upstream.d_y), tape_, gradient_, want_dx);
    Gradient result;
    if (want_dx && !has_tokens) result.d_x = samples(tape_.d_input());
    if constexpr (has_states)
      if (tape_.initial[0].size() > 0)
        for (const auto& state : tape_.d_initial) result.d_initial.push_back(state.template cast<double>());
    result.d_parameters = all_of(gradient_);
    return result;
  }
  void clear_gradient() override { recur::clear_gradient(gradient_); }

  void carry() override {
    if constexpr (requires(Tape tape) { L::carry(tape); }) L::carry(tape_);
    carried_ = true;
  }
  void reset() override {
    if constexpr (requires(Tape tape) { L::reset(tape); }) L::reset(tape_);
    carried_ = false;
  }

  Output stream(const MatrixX<double>& sample, const Matrices& initial) const override {
    Output output;
    if constexpr (Streamable<L>) {
      auto stream = layer_.stream();
      if constexpr (has_stream_states)
        for (std::size_t q = 0; q < initial.size(); ++q) stream.state[q] = initial[q].template cast<S>();
      else if constexpr (has_states)
        if (!initial.empty()) set_state(layer_, stream, initial[0].template cast<S>());
      for (Index t = 0; t < sample.cols(); ++t) {
        const VectorX<In> x = step_of(sample, t);
        const VectorX<S>& y = layer_.step(x, stream);
        if (t == 0) output.y.push_back(MatrixX<double>(y.size(), sample.cols()));
        output.y[0].col(t) = y.template cast<double>();
      }
      if constexpr (has_stream_states)
        for (const auto& state : stream.state) output.final.push_back(state.template cast<double>());
      else if constexpr (has_states)
        output.final.push_back(get_state(layer_, stream).template cast<double>());
    }
    return output;
  }

  void poison(const Input& input) override {
    const S nan = std::numeric_limits<S>::quiet_NaN();
    L layer = layer_, gradient = layer_;
    for (const auto& p : Parameters(layer)) std::fill_n(p.data, p.size(), nan);
    x_ = sequence(input.x);
    if constexpr (!has_tokens) x_.values().setConstant(nan);
    const auto fill = [&](auto& states, bool given) {
      for (std::size_t q = 0; q < states.size(); ++q)
        states[q] =
            given ? MatrixX<S>::Constant(state_size(static_cast<int>(q)), x_.batch(), nan) : MatrixX<S>();
    };
    Random random(1);
    if constexpr (has_states) fill(tape_.initial, true), fill(tape_.d_final, true);
    Sequence<S> dy = layer.forward(x_, tape_, training(random));
    dy.values().setConstant(nan);
    layer.backward(x_, dy, tape_, gradient, true);
    if constexpr (has_states) fill(tape_.initial, false), fill(tape_.d_final, false);
    reset();
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
    return moved;
  }

  long pass_allocations(const Input& input, const Upstream& upstream) override {
    x_ = sequence(input.x);
    const Sequence<S> dy = gradient_sequence(upstream.d_y);
    reset();
    set_d_final(upstream);
    Random random(1);
    long count = 0;
    for (int i = 0; i < 3; ++i) {
      const CountAllocations allocations;
      layer_.forward(x_, tape_, predicting);
      layer_.forward(x_, tape_, training(random));
      layer_.backward(x_, dy, tape_, gradient_, true);
      recur::clear_gradient(gradient_);
      if constexpr (requires(Tape tape) { L::carry(tape); }) L::carry(tape_);
      count = allocations.count();
    }
    new_tape();
    return count;
  }
  long step_allocations(const MatrixX<double>& sample) const override {
    long count = 0;
    if constexpr (Streamable<L>) {
      if (!streams()) return 0;
      auto stream = layer_.stream();
      const MatrixX<In> x = sample.template cast<In>();
      for (Index t = 0; t < sample.cols(); ++t) {
        const CountAllocations allocations;
        layer_.step(x.col(t), stream);
        if (t > 0) count += allocations.count();  // Pool learns its size at its first step
      }
    }
    return count;
  }

  L& layer() { return layer_; }

 private:
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
  void set_d_final(const Upstream& upstream) {
    if constexpr (has_states)
      for (std::size_t q = 0; q < tape_.d_final.size(); ++q)
        tape_.d_final[q] = upstream.d_final.empty() ? MatrixX<S>() : upstream.d_final[q].template cast<S>();
  }

  L layer_, gradient_;
  Index size_;
  Tape tape_;
  Sequence<In> x_;
  bool carried_ = false;
};

}  // namespace recur::testing
