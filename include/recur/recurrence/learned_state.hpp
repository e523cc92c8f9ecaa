// A recurrent layer that learns its initial state.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <tuple>
#include <utility>

#include "recur/core/product.hpp"
#include "recur/layer/layer.hpp"
#include "recur/recurrence/recurrent.hpp"

namespace recur::inline RECUR_ABI {

/// A recurrent layer with a parameter as its initial state, the same for all samples, instead of zero
/// (Forcada and Carrasco, "Learning the initial state of a second-order recurrent neural network during
/// regular-language inference", 1995):
///
///   h_0 = s for every sample b      ∂loss/∂s = Σ_b ∂loss/∂h_0(b)      and so for every other state
///
///   LearnedState layer{Recurrent{Lstm<float>{8, 16}}};
///
/// x: I × N ragged, y: H × N, as for the layer. Parameters: those of the layer with their own names, and
/// initial.0, initial.1, ..., a vector (H) for each of its states. An initial state on the tape, given or
/// carried, replaces the learned state. Then this initial state gets the gradient, in tape.d_initial. Streams
/// start from the learned state. The layer must be one layer in one direction. It can't be Bidirectional,
/// because that has two layers with separate states. Throws std::invalid_argument if the layer does, and for
/// vectors of other sizes.
template <Layer L>
requires requires(typename L::Tape tape) { tape.d_initial; }
class LearnedState {
 public:
  using Scalar = typename L::Scalar;
  using InputScalar = typename L::InputScalar;
  using State = typename L::State;
  static constexpr std::size_t states = std::tuple_size_v<State>;

  L layer;
  std::array<VectorX<Scalar>, states> initial;

  explicit LearnedState(L l) : layer(std::move(l)) {
    for (std::size_t q = 0; q < states; ++q) initial[q].setZero(layer.state_size(static_cast<int>(q)));
  }

  struct Tape {
    typename L::Tape layer;
    State initial, final, d_final, d_initial;
    bool learned = false;  // true if the last forward pass started from the learned state

    const Sequence<Scalar>& output() const { return layer.output(); }
    const Sequence<Scalar>& d_input() const { return layer.d_input(); }
  };

  Index input_size() const { return layer.input_size(); }
  Index output_size() const { return layer.output_size(); }
  Index state_size(int q) const { return layer.state_size(q); }
  std::string name() const { return layer.name() + " with learned initial state"; }
  std::string describe() const { return layer.describe() + " with learned initial state"; }
  Description description() const requires Described<L> {
    return layer.description().with("learned_state", true);
  }
  /// Draws the first weights of the layer. The learned state starts at zero.
  void initialize(Random& random, Scheme scheme) {
    layer.initialize(random, scheme);
    for (auto& state : initial) state.setZero();
  }

  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    L::visit(at, f, self.layer...);
    const Name from = at / "initial";
    for (std::size_t q = 0; q < states; ++q) f(from / static_cast<Index>(q), self.initial[q]...);
  }

  const Sequence<Scalar>& forward(const Sequence<InputScalar>& x, Tape& tape, Pass pass = predicting) const {
    check_initial();
    const bool learned = tape.initial[0].size() == 0;
    for (std::size_t q = 0; q < states; ++q)
      if (learned)
        broadcast(initial[q], x.batch(), tape.layer.initial[q]);
      else
        tape.layer.initial[q] = tape.initial[q];
    layer.forward(x, tape.layer, pass);
    tape.learned = learned;
    for (std::size_t q = 0; q < states; ++q) tape.final[q] = tape.layer.final[q];
    return tape.output();
  }

  void backward(const Sequence<InputScalar>& x, const Sequence<Scalar>& dy, Tape& tape,
                LearnedState& gradient, bool want_dx = true) const {
    check_parameters(*this, gradient);
    for (std::size_t q = 0; q < states; ++q) tape.layer.d_final[q] = tape.d_final[q];
    layer.backward(x, dy, tape.layer, gradient.layer, want_dx);
    for (std::size_t q = 0; q < states; ++q) {
      const MatrixX<Scalar>& d = tape.layer.d_initial[q];
      if (tape.learned)
        add_columns(d.data(), d.rows(), d.cols(), gradient.initial[q].data());
      else
        tape.d_initial[q] = d;
    }
  }

  /// The same as for every recurrent layer. After `reset` it starts from the learned state again.
  static void carry(Tape& tape) {
    for (std::size_t q = 0; q < states; ++q) tape.initial[q] = tape.final[q];
  }
  static void reset(Tape& tape) {
    for (auto& state : tape.initial) state.resize(0, 0);
  }

  using Stream = typename StreamOf<L>::type;
  Stream stream() const requires Streamable<L> {
    check_initial();
    Stream stream = layer.stream();
    start(stream);
    return stream;
  }
  /// Starts from the learned state again. Allocates nothing, except around a Network.
  void reset(Stream& stream) const requires Streamable<L> {
    check_initial();
    recur::reset(layer, stream);
    start(stream);
  }
  const VectorX<Scalar>& step(const StepInput<InputScalar>& x, Stream& stream) const requires Streamable<L> {
    return layer.step(x, stream);
  }

  /// For a Network, which hides the states of its streams.
  auto get_state(const Stream& stream) const requires requires { layer.get_state(stream); }
  { return layer.get_state(stream); }
  void set_state(Stream& stream, const MatrixX<Scalar>& state) const requires requires {
    layer.set_state(stream, state);
  }
  { layer.set_state(stream, state); }

  /// Throws std::invalid_argument unless each state has an initial vector of its size. The vectors are
  /// public.
  void check_initial() const {
    for (std::size_t q = 0; q < states; ++q)
      require(initial[q].size() == state_size(static_cast<int>(q)), *this, " starts state ", Index(q),
              " from ", initial[q].size(), " numbers: it must be ", state_size(static_cast<int>(q)));
  }

 private:
  void start(Stream& stream) const {
    if constexpr (requires { stream.state = initial; })
      stream.state = initial;
    else
      layer.set_state(stream, initial[0]);  // a Network has one state for all layers inside
  }
  static void broadcast(const VectorX<Scalar>& state, Index batch, MatrixX<Scalar>& to) {
    to.resize(state.size(), batch);
    for (Index b = 0; b < batch; ++b) std::copy_n(state.data(), state.size(), to.data() + b * state.size());
  }
};

}  // namespace recur::inline RECUR_ABI
