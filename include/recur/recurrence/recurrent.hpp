// The recurrent layer: a cell of units run over sequences. stepwise_recurrent.hpp runs stepwise cells.
#pragma once

#include <algorithm>
#include <array>
#include <string>
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
  using Base::check_weights, Base::for_states, Base::last_column, Base::write_states;
  static constexpr bool streams = D == Direction::forward;

 public:
  using typename Base::Scalar;
  using Unit = typename C::Unit;
  using Base::cell, Base::input_size, Base::output_size, Base::state_size;

  explicit Recurrent(C c) : Base(std::move(c)) {}

  struct Tape : Base::Tape {
    detail::kernel::Workspace<Unit, Scalar> work;
    MatrixX<Scalar> kept;  // the memory of work.h_initial while that must be empty
  };

  /// h of every step, H × N in the layout of x. The state ends in tape.final. In a recording pass, the tape
  /// keeps what backward needs.
  const Sequence<Scalar>& forward(const Sequence<Scalar>& x, Tape& tape, Pass pass = predicting,
                                  const StateRef<Scalar>& initial = detail::no_state<Scalar>()) const {
    check_input(*this, x, tape);
    check_weights();
    check_state(*this, initial, x.batch(), "an initial state");
    auto& work = tape.work;
    work.recorded = false;  // until the pass has ended
    tape.made_by = sizes_of(*this, x.features());
    tape.y.reshape(output_size(), x.layout());
    detail::kernel::list_spans(x.layout(), D, work.spans);
    load_initial(initial, tape, x.layout());
    for (auto& state : work.carried) state.resize(tiles(), pass.record ? x.columns() : x.batch(), T::units);
    if (pass.record) work.saved.resize(tiles(), x.columns(), Unit::saved * T::units);
    detail::kernel::run_forward(cell, x.data(), tape.y.data(), work, pass.record);
    store_final(tape, x.layout(), pass.record);
    work.recorded = pass.record;
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
    const Layout& layout = x.layout();
    auto& work = tape.work;
    const bool to_initial = work.h_initial.size() > 0;
    if (want_dx) tape.dx.reshape(input_size(), layout);
    load_d_final(d_final, work, layout);
    detail::kernel::run_backward(cell, x.data(), tape.y.data(), dy.data(), want_dx ? tape.dx.data() : nullptr,
                                 gradient.cell, work, to_initial);
    if (to_initial) store_d_initial(tape, layout);
  }

  void check_tape(const Sequence<Scalar>& x, const Tape& tape) const {
    check_pass(*this, x, tape);
    check_weights();
    this->check_recorded(tape.work.recorded);
  }

  /// The state of one sample that runs step by step. A stream with a state from another stream gives the same results as
  /// that stream. In large cells they may differ by rounding, because every second step of a stream adds in the
  /// opposite order.
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

 private:
  using T = detail::kernel::TileOf<Unit, Scalar>;
  using Work = detail::kernel::Workspace<Unit, Scalar>;
  Index tiles() const { return T::count(output_size()); }

  // These copy between a column of a state and its place in tiles.
  void to_tiles(const Scalar* column, detail::kernel::Tiled<Scalar>& tiled, Index n) const {
    for (Index j = 0, u = 0; j < tiles(); ++j, u += T::units) {
      const Index real = std::min<Index>(T::units, output_size() - u);
      for (Index r = 0; r < T::units; ++r) tiled.at(j, n)[r] = r < real ? column[u + r] : Scalar(0);
    }
  }
  void from_tiles(const detail::kernel::Tiled<Scalar>& tiled, Index n, Scalar* column) const {
    for (Index u = 0; u < output_size(); ++u) column[u] = tiled.at(u / T::units, n)[u % T::units];
  }

  void load_initial(const StateRef<Scalar>& initial, Tape& tape, const Layout& layout) const {
    auto& work = tape.work;
    const bool given = initial.size() > 0;
    detail::set_empty(!given, work.h_initial, tape.kept);
    detail::set_empty(!given, tape.d_initial, tape.kept_d_initial);
    if (!given) return;
    detail::resize(work.h_initial, output_size(), layout.batch());
    for (auto& state : work.initial) state.resize(tiles(), layout.batch(), T::units);
    for_states(initial, layout, [&](std::size_t q, Index n, const Scalar* from) {
      if (q == 0)
        std::copy_n(from, output_size(), &work.h_initial(0, n));
      else if constexpr (Base::states > 1)
        to_tiles(from, work.initial[q - 1], n);
    });
  }

  void store_final(Tape& tape, const Layout& layout, bool recorded) const {
    write_states(tape.final, layout, [&](std::size_t q, Index n, Scalar* to) {
      const Index last = last_column(layout, n);
      if (q == 0)
        std::copy_n(tape.y.data() + last * output_size(), output_size(), to);
      else if constexpr (Base::states > 1)
        from_tiles(tape.work.carried[q - 1], recorded ? last : n, to);
    });
  }

  Index padded() const { return detail::kernel::round_up(output_size(), detail::Panel<Scalar>::rows); }

  void load_d_final(const StateRef<Scalar>& d_final, Work& work, const Layout& layout) const {
    Scalar* const dh = work.d_h.at_least(padded() * layout.batch());
    std::fill_n(dh, padded() * layout.batch(), Scalar(0));
    for (auto& state : work.d_carried) {
      state.resize(tiles(), layout.batch(), T::units);
      std::fill_n(state.at(0, 0), tiles() * layout.batch() * T::units, Scalar(0));
    }
    if (d_final.size() == 0) return;
    for_states(d_final, layout, [&](std::size_t q, Index n, const Scalar* from) {
      if (q == 0)
        std::copy_n(from, output_size(), dh + n * padded());
      else if constexpr (Base::states > 1)
        to_tiles(from, work.d_carried[q - 1], n);
    });
  }

  void store_d_initial(Tape& tape, const Layout& layout) const {
    auto& work = tape.work;
    write_states(tape.d_initial, layout, [&](std::size_t q, Index n, Scalar* to) {
      if (q == 0)
        std::copy_n(work.d_h.data() + n * padded(), output_size(), to);
      else if constexpr (Base::states > 1)
        from_tiles(work.d_carried[q - 1], n, to);
    });
  }
};

}  // namespace recur::inline RECUR_ABI
