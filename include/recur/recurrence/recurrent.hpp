// The recurrent layer: a cell of units run over sequences. stepwise_recurrent.hpp runs stepwise cells.
#pragma once

#include <utility>

#include "recur/cell/cell.hpp"
#include "recur/layer/layer.hpp"
#include "recur/recurrence/kernel/passes.hpp"
#include "recur/recurrence/recurrent_base.hpp"
#include "recur/recurrence/stepwise_recurrent.hpp"

namespace recur::inline RECUR_ABI {

/// A cell over time, from the first step to the last or in reverse, with backpropagation through time
/// (Werbos, "Backpropagation through time: what it does and how to do it", 1990).
///
///   h_t = Cell(x_t, h_{t-1})       x: I × N ragged, y = h: H × N in the order of x
///
/// The state, Z × B, is h above the cell's other states (see HasState). It starts at `initial` (empty: zero)
/// and ends in tape.final. Forward, it ends after the last real step of each sample; in reverse, after the
/// first step.
///
/// Throws std::invalid_argument if the sizes of x, states, dy or `gradient` don't fit. Throws it also if the
/// cell now has weights of other sizes than it was made with.
template <detail::CellOfUnits C, Direction D>
class Recurrent<C, D> : public detail::RecurrentBase<C, C::Unit::states, D> {
  using Base = detail::RecurrentBase<C, C::Unit::states, D>;
  using Base::check_weights;
  static constexpr bool streams = D == Direction::forward;

 public:
  using typename Base::Scalar;
  using Unit = typename C::Unit;
  using Base::cell, Base::input_size, Base::output_size, Base::state_size;

  explicit Recurrent(C c) : Base(std::move(c)) {}

  struct Tape : Base::Tape {
    detail::kernel::Workspace<Unit, Scalar> work;
  };

  /// h of every step, H × N in the layout of x. The state ends in tape.final. In a recording pass, the tape
  /// keeps what backward needs.
  const Sequence<Scalar>& forward(const Sequence<Scalar>& x, Tape& tape, Pass pass = predicting,
                                  const StateRef<Scalar>& initial = detail::no_state<Scalar>()) const {
    check_input(*this, x, tape);
    check_weights();
    check_state(*this, initial, x.batch(), "an initial state");
    tape.made_by = sizes_of(*this, x.features());
    const bool from_start = initial.size() == 0;  // it may be d_initial
    detail::kernel::run_forward(cell, D, x, initial, tape.y, tape.final, tape.work, pass.record);
    detail::set_empty(from_start, tape.d_initial, tape.kept_d_initial);
    return tape.y;
  }

  /// Call it after a recording forward of the same x on the same tape. It computes the gradient of dot(h, dy)
  /// + dot(final, d_final) by backpropagation through time. It adds the gradient of the weights to
  /// `gradient`. If want_dx, it writes the gradient of x, I × N, to tape.d_input(). If the pass was given an
  /// initial state, it writes the gradient of that to tape.d_initial. Throws std::invalid_argument also after
  /// a pass that recorded nothing.
  void backward(const Sequence<Scalar>& x, const Sequence<Scalar>& dy, Tape& tape, Recurrent& gradient,
                bool want_dx = true, const StateRef<Scalar>& d_final = detail::no_state<Scalar>()) const {
    check_backward(*this, x, dy, tape, gradient, d_final);
    detail::kernel::run_backward(cell, x, tape.y, dy, d_final, want_dx ? &tape.dx : nullptr, gradient.cell,
                                 tape.work, tape.d_initial);
  }

  void check_tape(const Sequence<Scalar>& x, const Tape& tape) const {
    check_pass(*this, x, tape);
    check_weights();
    this->check_recorded(tape.work.recorded);
  }

  /// The state of one sample that runs step by step. A stream that is given the state of another goes on as that one
  /// would. In large cells this holds up to rounding, because every second step of a stream adds in the opposite
  /// order.
  class Stream : public Base::Stream {
    friend Recurrent;
    explicit Stream(const Recurrent& layer)
        : Base::Stream(layer.state_sizes()), sums(detail::kernel::sums_of_step(layer.cell)) {}
    VectorX<Scalar> sums;
    bool turned = false;
  };

  Stream stream() const requires(streams) { return Stream(*this); }
  /// Starts from zero again. Allocates nothing.
  void reset(Stream& stream) const requires(streams) {
    for (auto& state : stream.state) state.setZero();
    stream.turned = false;
  }

  void check_stream(const Stream& stream) const requires(streams) {
    check_weights();
    this->check_states(stream, stream.sums.size() == detail::kernel::sums_of_step(cell));
  }
  /// One step of one sample, x: I, h: H. Allocates nothing. Throws std::invalid_argument for other sizes of x
  /// and of the stream's states. After a signal ends, its states may become denormal, and then each step is
  /// slower. A thread that streams for a long time should use FlushDenormals.
  const VectorX<Scalar>& step(const StepInput<Scalar>& x, Stream& stream) const requires(streams) {
    check_stream(stream);
    return advance(detail::Checked(), x, stream);
  }
  /// The same for a stream that check_stream has accepted: see layer.hpp.
  const VectorX<Scalar>& advance(detail::Checked, const StepInput<Scalar>& x, Stream& stream) const
      requires(streams) {
    check_step(*this, x);
    detail::kernel::run_step(cell, x.data(), stream.state, stream.next, stream.sums.data(),
                             std::exchange(stream.turned, !stream.turned));
    stream.state.swap(stream.next);
    return stream.state[0];
  }
};

}  // namespace recur::inline RECUR_ABI
