// A recurrent layer that learns its initial state.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "recur/core/simd.hpp"
#include "recur/core/sums.hpp"
#include "recur/layer/layer.hpp"
#include "recur/recurrence/recurrent.hpp"

namespace recur::inline RECUR_ABI {

namespace detail {

/// A layer whose streams hide their states, as those of a Network do.
template <class L>
concept KeepsStreamStates = requires(const L& layer, typename L::Stream& stream,
                                     const MatrixX<typename L::Scalar>& state) {
  layer.get_state(stream);
  layer.set_state(stream, state);
};

}  // namespace detail

/// A recurrent layer with a parameter as its initial state, the same for all samples, instead of zero
/// (Forcada and Carrasco, "Learning the initial state of a second-order recurrent neural network during
/// regular-language inference", 1995):
///
///   h_0 = s for every sample b      ∂loss/∂s = Σ_b ∂loss/∂h_0(b)      every other state in the same way
///
///   LearnedState layer{Recurrent{Lstm<float>{8, 16}}};
///
/// x: I × N ragged, y: H × N, as for the layer. Its parameters are those of the layer, with the same names, and
/// initial.0, initial.1, ..., a vector (H) for each of its states. An initial state that forward is given
/// replaces the learned state. Then this initial state gets the gradient, in tape.d_initial. Streams start from
/// the learned state. The layer must be one layer in one direction. It can't be Bidirectional,
/// because that has two layers with separate states. Throws what the layer throws, and std::invalid_argument
/// for vectors of other sizes.
template <class L>
class LearnedState {
  // A constant, so that the compiler does not list what the concept wants.
  static constexpr bool is_recurrent = detail::RecurrentLayer<L>;

 public:
  static_assert(detail::are_layers<L>());
  static_assert(
      !Layer<L> || is_recurrent,
      "LearnedState is for one recurrent layer in one direction, such as Recurrent{Lstm<float>{8, 16}}");
  using Scalar = typename detail::PartOf<L>::Scalar;
  using InputScalar = typename detail::PartOf<L>::InputScalar;
  static constexpr std::size_t states = L::states;

  L layer;
  std::array<VectorX<Scalar>, states> initial;

  explicit LearnedState(L l) : layer(std::move(l)) {
    for (std::size_t q = 0; q < states; ++q) initial[q].setZero(layer.state_size(static_cast<int>(q)));
  }

  struct Tape {
    typename L::Tape layer;
    MatrixX<Scalar> final, d_initial;
    MatrixX<Scalar> start;  // the learned state, for each sample
    MatrixX<Scalar> kept;   // the memory of d_initial while that is empty
    bool learned = false;   // true if the last forward pass started from the learned state

    const Sequence<Scalar>& output() const { return layer.output(); }
    const Sequence<Scalar>& d_input() const { return layer.d_input(); }
  };

  Index input_size() const { return layer.input_size(); }
  Index output_size() const { return layer.output_size(); }
  Index output_length(Index length) const { return recur::output_length(layer, length); }
  bool ends_backward(bool input) const { return detail::ends_backward(layer, input); }
  Index state_size() const { return layer.state_size(); }
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

  const Sequence<Scalar>& forward(const Sequence<InputScalar>& x, Tape& tape, Pass pass = predicting,
                                  const StateRef<Scalar>& initial_state = detail::no_state<Scalar>()) const {
    check_input(*this, x, tape);
    check_initial();
    check_state(*this, initial_state, x.batch(), "an initial state");
    const bool learned = initial_state.size() == 0;
    if (learned) {
      broadcast(x.batch(), tape.start);
      layer.forward(x, tape.layer, pass, tape.start);
    } else {
      layer.forward(x, tape.layer, pass, initial_state);
    }
    tape.learned = learned;
    detail::set_empty(learned, tape.d_initial, tape.kept);
    detail::resize(tape.final, tape.layer.final.rows(), tape.layer.final.cols());
    tape.final = tape.layer.final;
    return tape.output();
  }

  void backward(const Sequence<InputScalar>& x, const Sequence<Scalar>& dy, Tape& tape,
                LearnedState& gradient, bool want_dx = true,
                const StateRef<Scalar>& d_final = detail::no_state<Scalar>()) const {
    check_backward(*this, x, dy, tape, gradient, d_final);
    layer.backward(x, dy, tape.layer, gradient.layer, want_dx, d_final);
    const MatrixX<Scalar>& d = tape.layer.d_initial;
    if (!tape.learned) {
      detail::resize(tape.d_initial, d.rows(), d.cols());
      tape.d_initial = d;
      return;
    }
    Index row = 0;
    for (auto& d_state : gradient.initial) {
      detail::add_terms(d_state.data(), d_state.size(), d.cols(), [&](Index b, Index r, Index lanes) {
        return Pack<Scalar>::load(d.data() + b * d.rows() + row + r, lanes);
      });
      row += d_state.size();
    }
  }

  void check_tape(const Sequence<InputScalar>& x, const Tape& tape) const {
    check_initial();
    recur::check_tape(layer, x, tape.layer);
  }

  using Stream = typename StreamOf<L>::type;
  void stream() const requires(!Streamable<L>) { static_assert(detail::are_streamable<L>()); }
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
  void check_stream(const Stream& stream) const requires Streamable<L> {
    check_initial();
    recur::check_stream(layer, stream);
  }
  void check_reset(const Stream& stream) const requires Streamable<L> {
    check_initial();
    detail::check_reset(layer, stream);
  }
  bool has_end() const { return detail::has_end(layer); }
  const VectorX<Scalar>& step(const StepInput<InputScalar>& x, Stream& stream) const requires Streamable<L> {
    check_stream(stream);
    return advance(detail::Checked(), x, stream);
  }
  /// The same for a stream that check_stream has accepted: see layer.hpp.
  const VectorX<Scalar>& advance(detail::Checked, const StepInput<InputScalar>& x,
                                 Stream& stream) const requires Streamable<L> {
    return detail::advance(layer, x, stream);
  }

  /// For a Network, which hides the states of its streams.
  MatrixX<Scalar> get_state(const Stream& stream) const requires detail::KeepsStreamStates<L> {
    return layer.get_state(stream);
  }
  /// Puts a stream into a state that get_state gave.
  void set_state(Stream& stream, const MatrixX<Scalar>& state) const requires detail::KeepsStreamStates<L> {
    layer.set_state(stream, state);
  }

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
  void broadcast(Index batch, MatrixX<Scalar>& to) const {
    detail::resize(to, state_size(), batch);
    for (Index b = 0; b < batch; ++b) {
      Scalar* column = to.data() + b * to.rows();
      for (const auto& state : initial) column = std::copy_n(state.data(), state.size(), column);
    }
  }
};

}  // namespace recur::inline RECUR_ABI
