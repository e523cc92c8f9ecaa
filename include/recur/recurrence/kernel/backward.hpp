// The backward pass of recurrent layers: backpropagation through time, for all cells of units (cell/cell.hpp).
//
// In the reverse order of time, Unit::backward computes D_t, the gradient of the sums of step t. One product
// gives the gradient for the step before: dh_{t-1} = W_hhᵀ D_t. The other products may come in any order.
// They wait until D contains a *chunk* of steps that fits the cache:
//
//   dx = W_ihᵀ D      dW_ih += D xᵀ      dW_hh += D h'ᵀ      db += the sum of D's columns
#pragma once

#include <algorithm>

#include "recur/core/denormals.hpp"
#include "recur/recurrence/kernel/workspace.hpp"

namespace recur::inline RECUR_ABI::detail::kernel {

template <class Cell>
class BackwardPass {
  using S = typename Cell::Scalar;
  using Unit = typename Cell::Unit;
  using T = TileOf<Unit, S>;
  using OfInput = BackwardProducts<T, Unit::from_input>;
  using OfHidden = BackwardProducts<T, Unit::from_hidden>;

 public:
  /// x is I × N, h is the output of the forward pass for x, and dy is the gradient with respect to h. Adds to
  /// the weights of `gradient`. Overwrites dx, if it is wanted.
  BackwardPass(const Cell& cell, const S* x, const S* h, const S* dy, S* dx, Cell& gradient,
               Workspace<Unit, S>& work)
      : inputs_(cell.input_size()),
        hidden_(cell.hidden_size()),
        tiles_(T::count(hidden_)),
        ld_dh_(round_up(hidden_, Panel<S>::rows)),
        x_(x),
        h_(h),
        dy_(dy),
        dx_(dx),
        unit_weights_(cell.unit_weights),
        gradient_(gradient),
        work_(work) {
    if constexpr (Cell::hidden_gates > 0) OfHidden::pack(cell.weight_hh, work.weights_hh_t);
    if (dx) OfInput::pack(cell.weight_ih, work.weights_ih_t);
  }

  /// The gradient of each state of each sample starts in work.d_h and work.d_carried. At the end, the
  /// gradient of the initial state is there if `to_initial`; otherwise the content is undefined.
  void run(bool to_initial) {
    const FlushDenormals flush;
    const Index column_bytes = tiles_ * T::numbers * static_cast<Index>(sizeof(S));
    // Each chunk reads and writes the gradient of the weights once. If that does not fit the caches, chunks
    // must be long.
    const Index least = column_bytes >= 4096 ? 256 : 32;
    list_chunks(work_.spans, std::max(least, chunk_bytes / column_bytes), work_.chunks);
    Index most = 0;
    for (const Chunk& chunk : work_.chunks) most = std::max(most, chunk.columns);
    work_.d_sums.resize(tiles_, most, T::numbers);
    work_.d_bias.start(tiles_ * T::numbers);
    work_.d_unit_weights.start(tiles_ * own_weights * T::units);
    for (const Chunk& chunk : work_.chunks) {
      for (std::size_t s = chunk.last; s-- > chunk.first;) step(work_.spans[s], chunk.column, to_initial);
      if (dx_)
        OfInput::product(work_.weights_ih_t, work_.d_sums, 0, chunk.columns, hidden_,
                         {dx_ + chunk.column * inputs_, inputs_, inputs_, false});
      weights(chunk);
    }
    biases();
  }

 private:
  static constexpr int own_weights = unit_weights_of<Unit>;
  static constexpr Index chunk_bytes = 256 * 1024;  // for D: half of a small second-level cache

  void step(const Span& span, Index chunk_column, bool to_initial) {
    // The gradient of a bias is a sum over all samples. In its own precision it adds up one run of them: see core/sums.hpp.
    for (Index begin = 0; begin < span.count(); begin += terms_of_run) {
      const Span run = span.part(begin, std::min(span.count(), begin + terms_of_run));
      for (Index j = 0; j < tiles_; ++j)
        in_width<T>(hidden_ - j * T::units, [&](auto width) {
          using P = Pack<S, width>;
          for (Index r = 0; r < width; r += P::size) pointwise<P>(run, chunk_column, j, r);
        });
      work_.d_bias.added(run.count());
      work_.d_unit_weights.added(run.count());
    }
    if constexpr (Cell::hidden_gates > 0)
      if (!span.starts() || to_initial)
        OfHidden::product(work_.weights_hh_t, work_.d_sums, span.column - chunk_column, span.count(), hidden_,
                          {work_.d_h.data() + span.first * ld_dh_, ld_dh_, hidden_, true});
  }

  /// Computes D of all samples of a span, for the pack of units that begins at unit r of tile j. Also
  /// computes the part of the gradient of their previous state that does not go through the sums.
  template <class P>
  RECUR_FLATTEN void pointwise(const Span& span, Index chunk_column, Index j, Index r) {
    const Index unit = j * T::units + r, real = hidden_ - unit;
    if (real <= 0) return;
    const S* const h_before = work_.h_before(span, h_, hidden_);
    const S* const h = h_ + span.column * hidden_ + unit;
    const S* const dy = dy_ + span.column * hidden_ + unit;
    const S* const saved_at = Unit::saved > 0 ? work_.saved.at(j, span.column) + r : nullptr;
    S* const dh = work_.d_h.data() + span.first * ld_dh_ + unit;
    S* const d = work_.d_sums.at(j, span.column - chunk_column) + r;
    std::array<const S*, Unit::states> from, to;  // for the states besides h, one tile's units in each column
    std::array<S*, Unit::states> d_carried;
    unroll<Unit::states - 1>([&](auto q) RECUR_ALWAYS_INLINE {
      const S* const before = work_.carried_before(q, span, j, true);
      from[q] = before ? before + r : nullptr;
      to[q] = work_.carried[q].at(j, span.column) + r;
      d_carried[q] = work_.d_carried[q].at(j, span.first) + r;
    });
    S* const bias = work_.d_bias.run() + j * T::numbers + r;
    S* const own_at = own_weights > 0 ? work_.d_unit_weights.run() + j * own_weights * T::units + r : nullptr;
    std::array<P, T::sums> d_bias;
    std::array<P, own_weights> own, d_own;
    load_all(d_bias, bias, T::units);
    load_all(d_own, own_at, T::units);
    unroll<own_weights>([&](auto q)
                            RECUR_ALWAYS_INLINE { own[q] = P::load(unit_weights_[q].data() + unit, real); });
    for (Index i = 0; i < span.count(); ++i) {
      std::array<P, Unit::saved> saved;
      std::array<P, Unit::states> previous, state, d_state;
      std::array<P, T::sums> d_sums;
      std::array<P, own_weights> d_weights;
      load_all(saved, saved_at + i * Unit::saved * T::units, T::units);
      previous[0] = h_before ? P::load(h_before + i * hidden_ + unit, real) : P(S(0));
      state[0] = P::load(h + i * hidden_, real);
      d_state[0] = P::load(dh + i * ld_dh_) + P::load(dy + i * hidden_, real);
      unroll<Unit::states - 1>([&](auto q) RECUR_ALWAYS_INLINE {
        previous[q + 1] = from[q] ? P::load(from[q] + i * T::units) : P(S(0));
        state[q + 1] = P::load(to[q] + i * T::units);
        d_state[q + 1] = P::load(d_carried[q] + i * T::units);
      });
      unit_backward<Unit, P>(saved, own, previous, state, d_state, d_sums, d_weights);
      d_state[0].store(dh + i * ld_dh_);
      unroll<Unit::states - 1>(
          [&](auto q) RECUR_ALWAYS_INLINE { d_state[q + 1].store(d_carried[q] + i * T::units); });
      store_all(d_sums, d + i * T::numbers, T::units);
      add_all(d_bias, d_sums);
      add_all(d_own, d_weights);
    }
    store_all(d_bias, bias, T::units);
    store_all(d_own, own_at, T::units);
  }

  /// Adds dW of a chunk.
  void weights(const Chunk& chunk) {
    auto& inputs = work_.input_segments;
    auto& hiddens = work_.hidden_segments;
    inputs.clear();
    hiddens.clear();
    for (std::size_t s = chunk.first; s < chunk.last; ++s) {
      const Span& span = work_.spans[s];
      const Index d = span.column - chunk.column;
      append(inputs, {d, x_ + span.column * inputs_, span.count()}, inputs_);
      if (!span.starts())
        append(hiddens, {d, h_ + span.previous * hidden_, span.count()}, hidden_);
      else if (work_.h_initial.size())
        append(hiddens, {d, &work_.h_initial(0, span.first), span.count()}, hidden_);
    }
    work_.rows.assign(inputs, inputs_, chunk.columns);
    OfInput::add_outer(work_.d_sums, work_.rows, hidden_, gradient_.weight_ih);
    if constexpr (Cell::hidden_gates > 0) {
      work_.rows.assign(hiddens, hidden_, chunk.columns);
      OfHidden::add_outer(work_.d_sums, work_.rows, hidden_, gradient_.weight_hh);
    }
  }

  void biases() {
    for (Index j = 0; j < tiles_; ++j) {
      const Index unit = j * T::units, real = std::min<Index>(T::units, hidden_ - unit);
      const auto add = [&](auto from, VectorX<S>& db) {
        for (std::size_t g = 0; g < (db.size() > 0 ? from.size() : 0); ++g)
          work_.d_bias.add_to(db.data() + static_cast<Index>(g) * hidden_ + unit,
                              j * T::numbers + from[g] * T::units, real);
      };
      add(Unit::from_input, gradient_.bias_ih);
      add(Unit::from_hidden, gradient_.bias_hh);
      for (std::size_t q = 0; q < own_weights; ++q)
        work_.d_unit_weights.add_to(gradient_.unit_weights[q].data() + unit,
                                    (j * own_weights + static_cast<Index>(q)) * T::units, real);
    }
  }

  Index inputs_, hidden_, tiles_, ld_dh_;
  const S *x_, *h_, *dy_;
  S* dx_;
  const std::array<VectorX<S>, own_weights>& unit_weights_;
  Cell& gradient_;
  Workspace<Unit, S>& work_;
};

}  // namespace recur::inline RECUR_ABI::detail::kernel
