// The recurrent layer for stepwise cells (cell/stepwise.hpp). It promises what recurrent.hpp promises.
// There the kernel runs the cells, unit by unit.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "recur/cell/stepwise.hpp"
#include "recur/core/denormals.hpp"
#include "recur/layer/layer.hpp"
#include "recur/recurrence/kernel/span.hpp"
#include "recur/recurrence/recurrent_base.hpp"

namespace recur::inline RECUR_ABI {

namespace detail::kernel {

/// Memory for matrices with the given numbers of rows, side by side. Steps see some of their columns.
template <class S, std::size_t N>
class Columns {
 public:
  void resize(const std::array<Index, N>& rows, Index columns) {
    rows_ = rows;
    for (std::size_t q = 0; q < N; ++q) buffers_[q].at_least(rows[q] * columns);
  }
  S* at(std::size_t q, Index column) { return buffers_[q].data() + column * rows_[q]; }
  std::array<S*, N> at(Index column) {
    std::array<S*, N> columns;
    for (std::size_t q = 0; q < N; ++q) columns[q] = at(q, column);
    return columns;
  }
  Index rows(std::size_t q) const { return rows_[q]; }
  const std::array<Index, N>& rows() const { return rows_; }

 private:
  std::array<Index, N> rows_{};
  std::array<Buffer<S>, N> buffers_;
};

/// Pointers to memory that is only read.
template <class S, std::size_t N>
std::array<const S*, N> read_only(const std::array<S*, N>& columns) {
  std::array<const S*, N> same;
  std::copy(columns.begin(), columns.end(), same.begin());
  return same;
}

template <class C>
struct StepwiseWorkspace {
  using S = typename C::Scalar;

  bool recorded = false;      // by the last forward pass, for a backward pass
  bool from_initial = false;  // it started from an initial state
  bool noisy = false;
  std::vector<Span> spans;

  Columns<S, detail::step_states<C>> initial;          // every sample in sorted order
  Columns<S, detail::step_states<C>> previous, state;  // training: every column; inference: every sample
  Columns<S, detail::step_sums<C>> sums;               // every column
  Columns<S, detail::step_saved<C>> saved;             // like the states
  Columns<S, 1> sequence_noise, step_noise;            // every sample, every column

  Columns<S, detail::step_states<C>> d_state;  // every sample
  Columns<S, detail::step_sums<C>> d_sums;     // every column
  Columns<S, detail::step_d_saved<C>> d_saved;
};

}  // namespace detail::kernel

/// A stepwise cell over time, from the first step to the last or in reverse. Everything that Recurrent says
/// about cells of units also holds here: states at both ends of time, ragged batches, streaming, errors. State
/// q has state_size(q) rows. This number may differ from the number of rows of the output.
template <StepwiseCell C, Direction D>
class Recurrent<C, D> : public detail::RecurrentBase<C, detail::step_states<C>, D> {
  using Base = detail::RecurrentBase<C, detail::step_states<C>, D>;
  using Base::check_weights;
  static constexpr bool streams = D == Direction::forward;

 public:
  using Base::cell, Base::input_size, Base::output_size, Base::state_size;
  using Base::states;
  using typename Base::Scalar;

  explicit Recurrent(C c) : Base(std::move(c)) {}

  struct Tape : Base::Tape {
    detail::kernel::StepwiseWorkspace<C> work;
  };

  /// h of every step, in the layout of x. The state ends in tape.final. In a recording pass, the tape keeps
  /// what backward needs.
  const Sequence<Scalar>& forward(const Sequence<Scalar>& x, Tape& tape, Pass pass = predicting,
                                  const StateRef<Scalar>& initial = detail::no_state<Scalar>()) const {
    check_input(*this, x, tape);
    check_weights();
    check_state(*this, initial, x.batch(), "an initial state");
    const FlushDenormals flush;
    auto& work = tape.work;
    work.recorded = false;  // until the pass has ended
    tape.made_by = sizes_of(*this, x.features());
    tape.y.reshape(output_size(), x.layout());
    detail::kernel::list_spans(x.layout(), D, work.spans);
    const Index kept = pass.record ? x.columns() : x.batch();
    work.previous.resize(cell.state_sizes(), kept);
    work.state.resize(cell.state_sizes(), kept);
    work.saved.resize(cell.saved_sizes(), kept);
    work.sums.resize(cell.sum_sizes(), x.columns());
    load_initial(initial, work, x.layout());
    detail::set_empty(!work.from_initial, tape.d_initial, tape.kept_d_initial);
    draw_noise(work, x.layout(), pass.random);
    cell.forward_inputs(x.data(), x.columns(), work.sums.at(0));
    for (const detail::kernel::Span& span : work.spans) {
      load_previous(work, span, pass.record);
      const StepOf<C> at = step_of(work, span, pass.record);
      cell.forward_step(at);
      std::copy_n(at.state[0], output_size() * at.count, tape.y.data() + span.column * output_size());
    }
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
    const FlushDenormals flush;
    auto& work = tape.work;
    if (want_dx) tape.dx.reshape(input_size(), x.layout());
    work.d_sums.resize(cell.sum_sizes(), x.columns());
    work.d_saved.resize(cell.d_saved_sizes(), x.columns());
    load_d_final(d_final, work, x.layout());
    for (std::size_t s = work.spans.size(); s-- > 0;) {
      const detail::kernel::Span& span = work.spans[s];
      detail::arrays::add(work.d_state.at(0, span.first), dy.data() + span.column * output_size(),
                          output_size() * span.count());
      cell.backward_step(step_of(work, span, true), {work.d_state.at(span.first), work.d_sums.at(span.column),
                                                     work.d_saved.at(span.column)});
    }
    const StepOf<C> all{x.columns(), work.sums.at(0), detail::kernel::read_only(work.previous.at(0)),
                        work.state.at(0), work.saved.at(0)};
    const StepGradientOf<C> d_all{{}, work.d_sums.at(0), work.d_saved.at(0)};
    cell.backward_weights(all, d_all, gradient.cell);
    cell.backward_inputs(x.data(), all, d_all, want_dx ? tape.dx.data() : nullptr, gradient.cell);
    if (work.from_initial) store_d_initial(tape, x.layout());
  }

  void check_tape(const Sequence<Scalar>& x, const Tape& tape) const {
    check_pass(*this, x, tape);
    check_weights();
    const auto& work = tape.work;
    this->check_recorded(work.recorded);
    require(work.state.rows() == cell.state_sizes() && work.sums.rows() == cell.sum_sizes() &&
                work.saved.rows() == cell.saved_sizes(),
            *this, " was asked for a gradient with a tape of a layer of other sizes: ",
            "it must be that of its own forward pass");
  }

  class Stream : public Base::Stream {
    friend Recurrent;
    explicit Stream(const Recurrent& layer) : Base::Stream(layer.state_sizes()) {
      sums.resize(layer.cell.sum_sizes(), 1);
      saved.resize(layer.cell.saved_sizes(), 1);
    }
    detail::kernel::Columns<Scalar, detail::step_sums<C>> sums;
    detail::kernel::Columns<Scalar, detail::step_saved<C>> saved;
  };

  Stream stream() const requires(streams) { return Stream(*this); }
  /// Starts from zero again. Allocates nothing.
  void reset(Stream& stream) const requires(streams) {
    for (auto& state : stream.state) state.setZero();
  }

  void check_stream(const Stream& stream) const requires(streams) {
    check_weights();
    this->check_states(stream,
                       stream.sums.rows() == cell.sum_sizes() && stream.saved.rows() == cell.saved_sizes());
  }
  /// One step of one sample, x: I, h: output_size. Allocates nothing. Throws std::invalid_argument for other
  /// sizes of x and of the stream's states.
  const VectorX<Scalar>& step(const StepInput<Scalar>& x, Stream& stream) const requires(streams) {
    check_step(*this, x);
    check_stream(stream);
    cell.forward_inputs(x.data(), 1, stream.sums.at(0));
    StepOf<C> at{1, stream.sums.at(0), {}, {}, stream.saved.at(0)};
    for (std::size_t q = 0; q < states; ++q) {
      at.previous[q] = stream.state[q].data();
      at.state[q] = stream.next[q].data();
    }
    cell.forward_step(at);
    stream.state.swap(stream.next);
    return stream.state[0];
  }

 private:
  using Work = detail::kernel::StepwiseWorkspace<C>;

  // If every_column, the workspace keeps the states of every column, otherwise those of every sample.

  /// The place where a span begins.
  static Index place(const detail::kernel::Span& span, bool every_column) {
    return every_column ? span.column : span.first;
  }
  static StepOf<C> step_of(Work& work, const detail::kernel::Span& span, bool every_column) {
    const Index column = place(span, every_column);
    StepOf<C> at{span.count(), work.sums.at(span.column), detail::kernel::read_only(work.previous.at(column)),
                 work.state.at(column), work.saved.at(column)};
    if (work.noisy) {
      at.sequence_noise = work.sequence_noise.at(0, span.first);
      at.step_noise = work.step_noise.at(0, span.column);
    }
    return at;
  }

  /// Copies the states before a span side by side: the states of the last step, initial states or zeros.
  static void load_previous(Work& work, const detail::kernel::Span& span, bool every_column) {
    for (std::size_t q = 0; q < states; ++q) {
      const Index numbers = work.previous.rows(q) * span.count();
      Scalar* const to = work.previous.at(q, place(span, every_column));
      if (!span.starts())
        std::copy_n(work.state.at(q, every_column ? span.previous : span.first), numbers, to);
      else if (work.from_initial)
        std::copy_n(work.initial.at(q, span.first), numbers, to);
      else
        std::fill_n(to, numbers, Scalar(0));
    }
  }

  /// Each sample of a batch has its own noise. It depends on the generator and on the sample's place in the
  /// batch. It does not depend on the lengths of the other samples or on the direction.
  void draw_noise(Work& work, const Layout& layout, Random* random) const {
    work.noisy = false;
    if constexpr (NoisyCell<C>) {
      if (!random) return;
      work.noisy = true;
      work.sequence_noise.resize({cell.sequence_noise()}, layout.batch());
      work.step_noise.resize({cell.step_noise()}, layout.columns());
      const Random all(random->bits());
      for (Index n = 0; n < layout.batch(); ++n) {
        Random own = all.split(static_cast<std::uint64_t>(layout.user_index(n)));
        cell.draw_sequence(own, work.sequence_noise.at(0, n));
        for (Index t = 0; t < layout.length(n); ++t)
          cell.draw_step(own, work.step_noise.at(0, layout.offset(t) + n));
      }
    }
  }

  void load_initial(const StateRef<Scalar>& initial, Work& work, const Layout& layout) const {
    work.from_initial = initial.size() > 0;
    if (work.from_initial) load(initial, work.initial, layout);
  }
  void load_d_final(const StateRef<Scalar>& d_final, Work& work, const Layout& layout) const {
    auto& d_state = work.d_state;
    if (d_final.size() > 0) return load(d_final, d_state, layout);
    d_state.resize(cell.state_sizes(), layout.batch());
    for (std::size_t q = 0; q < states; ++q)
      std::fill_n(d_state.at(q, 0), d_state.rows(q) * layout.batch(), Scalar(0));
  }
  void store_final(Tape& tape, const Layout& layout, bool every_column) const {
    store(tape.work.state, tape.final, layout,
          [&](Index n) { return every_column ? detail::kernel::last_column(layout, D, n) : n; });
  }
  void store_d_initial(Tape& tape, const Layout& layout) const {
    store(tape.work.d_state, tape.d_initial, layout, [](Index n) { return n; });
  }

  // These copy between states in the user's order and columns of the workspace.
  void load(const StateRef<Scalar>& from, detail::kernel::Columns<Scalar, states>& to,
            const Layout& layout) const {
    to.resize(cell.state_sizes(), layout.batch());
    detail::kernel::for_states(
        from, layout, cell.state_sizes(),
        [&](std::size_t q, Index n, const Scalar* column) { std::copy_n(column, to.rows(q), to.at(q, n)); });
  }
  template <class F>
  void store(detail::kernel::Columns<Scalar, states>& from, MatrixX<Scalar>& to, const Layout& layout,
             F&& column_of) const {
    detail::resize(to, state_size(), layout.batch());
    detail::kernel::for_states(to, layout, cell.state_sizes(), [&](std::size_t q, Index n, Scalar* column) {
      std::copy_n(from.at(q, column_of(n)), from.rows(q), column);
    });
  }
};

}  // namespace recur::inline RECUR_ABI
