// The state of a recurrent layer at the end of a sequence, as its output.
#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include "recur/layer/layer.hpp"

namespace recur::inline RECUR_ABI {

/// One vector for a whole sequence: all states of a recurrent layer after its last step.
///
///   y = [h_T; c_T]          of an LSTM; Z numbers, those of state_size(), for each sample
///
/// An encoder hands over this vector (Sutskever, Vinyals and Le, "Sequence to sequence learning with neural networks",
/// 2014). Pool gives h_T alone, and can stream. It never sees the memory c, because no step outputs it. x: I × N
/// ragged, y: Z × B, sequences of one step in the user's order of samples. A layer in reverse has read x_1 last. The
/// parameters have the names of the layer's. It can't be streamed. Throws what the layer throws.
template <class L>
class FinalState {
  // A constant, so that the compiler does not list what the concept wants.
  static constexpr bool is_recurrent = detail::RecurrentLayer<L>;

 public:
  static_assert(detail::are_layers<L>());
  static_assert(!Layer<L> || is_recurrent,
                "FinalState is for one recurrent layer, such as Recurrent{Lstm<float>{8, 16}}");
  using Scalar = typename detail::PartOf<L>::Scalar;
  using InputScalar = typename detail::PartOf<L>::InputScalar;
  static constexpr std::size_t states = L::states;

  L layer;

  /// Throws std::invalid_argument for a layer without a state, such as a Network without a recurrent layer.
  explicit FinalState(L l) : layer(std::move(l)) {
    require(layer.state_size() > 0, "the final state of ", layer,
            ", which remembers nothing: it must be a recurrent layer");
  }

  struct Tape : TapeOf<Scalar> {
    typename L::Tape layer;
    MatrixX<Scalar> final, d_initial, d_final;
    Sequence<Scalar> nothing;  // the gradient of what the layer gives at each step
    Layout single;             // B sequences of one step

    const Sequence<Scalar>& d_input() const { return layer.d_input(); }
  };

  Index input_size() const { return layer.input_size(); }
  Index output_size() const { return layer.state_size(); }
  Index output_length(Index length) const {
    recur::output_length(layer, length);  // throws for a length that the layer refuses
    return 1;
  }
  Index state_size() const { return layer.state_size(); }
  Index state_size(int q) const { return layer.state_size(q); }
  std::string describe() const { return "final state of " + layer.describe(); }
  Description description() const requires Described<L> {
    return Description("final_state").around(layer.description());
  }
  void initialize(Random& random, Scheme scheme) { layer.initialize(random, scheme); }
  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    L::visit(at, f, self.layer...);
  }

  const Sequence<Scalar>& forward(const Sequence<InputScalar>& x, Tape& tape, Pass pass = predicting,
                                  const StateRef<Scalar>& initial = detail::no_state<Scalar>()) const {
    check_input(*this, x, tape);
    layer.forward(x, tape.layer, pass, initial);
    detail::resize(tape.final, tape.layer.final.rows(), tape.layer.final.cols());
    tape.final = tape.layer.final;
    tape.single.assign(x.batch(), 1);
    tape.y.reshape(output_size(), tape.single);
    std::copy_n(tape.final.data(), tape.final.size(), tape.y.data());
    return tape.y;
  }

  void backward(const Sequence<InputScalar>& x, const Sequence<Scalar>& dy, Tape& tape, FinalState& gradient,
                bool want_dx = true, const StateRef<Scalar>& d_final = detail::no_state<Scalar>()) const {
    check_backward(*this, x, dy, tape, gradient, d_final);
    tape.nothing.reshape(layer.output_size(), x.layout());
    std::fill_n(tape.nothing.data(), layer.output_size() * x.columns(), Scalar(0));
    detail::resize(tape.d_final, dy.features(), dy.columns());
    tape.d_final = dy.values();
    if (d_final.size() > 0) tape.d_final += d_final;
    layer.backward(x, tape.nothing, tape.layer, gradient.layer, want_dx, tape.d_final);
    detail::resize(tape.d_initial, tape.layer.d_initial.rows(), tape.layer.d_initial.cols());
    tape.d_initial = tape.layer.d_initial;
  }

  void check_tape(const Sequence<InputScalar>& x, const Tape& tape) const {
    require(
        tape.y.features() == output_size() && tape.y.batch() == x.batch(), *this,
        " was asked for a gradient with a tape of another layer: it must be that of its own forward pass");
    recur::check_tape(layer, x, tape.layer);
  }
};

}  // namespace recur::inline RECUR_ABI
