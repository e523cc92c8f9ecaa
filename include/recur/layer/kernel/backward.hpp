// The backward pass of every recurrent layer: backpropagation through time, for all cells.
//
// Walking time the other way, Unit::backward gives D_t, the gradient of the sums of step t, and one product
// gives what goes on to the step before: dh_{t-1} = W_hhᵀ D_t. The products that time does not order wait
// until D holds a *chunk* of steps, as many as the cache likes:
//
//   dx = W_ihᵀ D      dW_ih += D xᵀ      dW_hh += D h'ᵀ      db += the sum of D's columns
#pragma once

#include <algorithm>

#include "recur/core/denormals.hpp"
#include "recur/layer/kernel/workspace.hpp"

namespace recur::kernel {

template <class Cell>
class BackwardPass {
  using S = typename Cell::Scalar;
  using Unit = typename Cell::Unit;
  using T = TileOf<Unit, S>;
  using P = Pack<S>;
  using Sums = ProductsOf<Unit, S>;

 public:
  /// x is I × N, h what the forward pass made of it, dy the gradient with respect to h. Adds to the weights
  /// of `gradient`; dx, if it is wanted, is overwritten.
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
    if constexpr (Cell::hidden_gates > 0)
      Sums::pack_transposed(cell.weight_hh, Cell::hidden_gates, work.weights_hh_t);
    if (dx) Sums::pack_transposed(cell.weight_ih, Cell::input_gates, work.weights_ih_t);
  }

  /// The gradient of each state of each sample starts in work.d_h and work.d_carried and ends there as that
  /// of the initial state (if `to_initial`; else it is left undefined).
  void run(bool to_initial) {
    const FlushDenormals flush;
    const Index column_bytes = tiles_ * T::numbers * static_cast<Index>(sizeof(S));
    // Where the gradient of the weights itself is beyond the caches, it is read and written once a chunk.
    const Index least = column_bytes >= 4096 ? 256 : 32;
    list_chunks(work_.spans, std::max(least, chunk_bytes / column_bytes), work_.chunks);
    Index most = 0;
    for (const Chunk& chunk : work_.chunks) most = std::max(most, chunk.columns);
    work_.d_sums.resize(tiles_, most, T::numbers);
    std::fill_n(work_.d_bias.at_least(tiles_ * T::numbers), tiles_ * T::numbers, S(0));
    const Index own = tiles_ * own_weights * T::units;
    std::fill_n(work_.d_unit_weights.at_least(own), own, S(0));
    for (const Chunk& chunk : work_.chunks) {
      for (std::size_t s = chunk.last; s-- > chunk.first;) step(work_.spans[s], chunk.column, to_initial);
      if (dx_)
        Sums::d_input(work_.weights_ih_t, work_.d_sums, 0, chunk.columns, hidden_,
                      dx_ + chunk.column * inputs_, inputs_);
      weights(chunk);
    }
    biases();
  }

 private:
  static constexpr int own_weights = unit_weights_of<Unit>;
  static constexpr Index chunk_bytes = 256 * 1024;  // of D: half of a small second-level cache

  void step(const Span& span, Index chunk_column, bool to_initial) {
    for (Index j = 0; j < tiles_; ++j) {
      Array<P, static_cast<std::size_t>(T::sums * T::packs)> d_bias;
      unroll<T::sums * T::packs>([&](auto q) __attribute__((always_inline)) {
        d_bias[q] = P::load(bias(j) + q * P::size);
      });
      Array<P, static_cast<std::size_t>(own_weights * T::packs)> d_own;
      S* const own = work_.d_unit_weights.data() + j * own_weights * T::units;
      unroll<own_weights * T::packs>([&](auto q) __attribute__((always_inline)) {
        d_own[q] = P::load(own + q * P::size);
      });
      for (Index n = span.first; n < span.last; ++n) pointwise(span, chunk_column, j, n, d_bias, d_own);
      unroll<T::sums * T::packs>([&](auto q) __attribute__((always_inline)) {
        d_bias[q].store(bias(j) + q * P::size);
      });
      unroll<own_weights * T::packs>([&](auto q) __attribute__((always_inline)) {
        d_own[q].store(own + q * P::size);
      });
    }
    if constexpr (Cell::hidden_gates > 0)
      if (!span.starts() || to_initial)
        Sums::d_hidden(work_.weights_hh_t, work_.d_sums, span.column - chunk_column, span.count(), hidden_,
                       work_.d_h.data() + span.first * ld_dh_, ld_dh_);
  }

  /// D of tile j at sample n, and the gradient of its previous state as far as it does not go through the
  /// sums.
  [[gnu::flatten]] void pointwise(const Span& span, Index chunk_column, Index j, Index n,
                                  Array<P, static_cast<std::size_t>(T::sums* T::packs)>& d_bias,
                                  Array<P, static_cast<std::size_t>(own_weights* T::packs)>& d_own) {
    const Index column = span.column + n - span.first;
    const Index previous_column = span.starts() ? n : span.previous + n - span.first;
    const bool from_zero = span.starts() && work_.h_initial.size() == 0;
    const S* h_previous =
        from_zero ? nullptr : (span.starts() ? work_.h_initial.data() : h_) + previous_column * hidden_;
    unroll<T::packs>([&](auto p) __attribute__((always_inline)) {
      const Index unit = j * T::units + p * P::size, real = hidden_ - unit;
      if (real <= 0) return;
      Array<P, Unit::saved> saved;
      Array<P, Unit::states> previous, state, d_state;
      Array<P, T::sums> d_sums;
      Array<P, own_weights> own, d_weights;
      unroll<own_weights>([&](auto q) __attribute__((always_inline)) {
        own[q] = P::load(unit_weights_[q].data() + unit, real);
      });
      S* dh = work_.d_h.data() + n * ld_dh_ + unit;
      unroll<Unit::saved>([&](auto q) __attribute__((always_inline)) {
        saved[q] = P::load(work_.saved.at(j, column) + q * T::units + p * P::size);
      });
      previous[0] = h_previous ? P::load(h_previous + unit, real) : P(S(0));
      state[0] = P::load(h_ + column * hidden_ + unit, real);
      d_state[0] = P::load(dh) + P::load(dy_ + column * hidden_ + unit, real);
      unroll<Unit::states - 1>([&](auto q) __attribute__((always_inline)) {
        const auto& from = span.starts() ? work_.initial[q] : work_.carried[q];
        previous[q + 1] = from_zero ? P(S(0)) : P::load(from.at(j, previous_column) + p * P::size);
        state[q + 1] = P::load(work_.carried[q].at(j, column) + p * P::size);
        d_state[q + 1] = P::load(work_.d_carried[q].at(j, n) + p * P::size);
      });
      unit_backward<Unit, P>(saved, own, previous, state, d_state, d_sums, d_weights);
      unroll<own_weights>([&](auto q) __attribute__((always_inline)) {
        d_own[q * T::packs + p] = d_own[q * T::packs + p] + d_weights[q];
      });
      d_state[0].store(dh);
      unroll<Unit::states - 1>([&](auto q) __attribute__((always_inline)) {
        d_state[q + 1].store(work_.d_carried[q].at(j, n) + p * P::size);
      });
      unroll<T::sums>([&](auto s) __attribute__((always_inline)) {
        d_sums[s].store(work_.d_sums.at(j, column - chunk_column) + s * T::units + p * P::size);
        d_bias[s * T::packs + p] = d_bias[s * T::packs + p] + d_sums[s];
      });
    });
  }

  /// dW of a chunk. The sum over columns is cut so that a tile's D and the lines of x it meets stay in the
  /// first-level cache.
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
    Sums::d_weight_ih(work_.d_sums, inputs, hidden_, gradient_.weight_ih);
    Sums::d_weight_hh(work_.d_sums, hiddens, hidden_, gradient_.weight_hh);
  }

  void biases() {
    for (Index j = 0; j < tiles_; ++j) {
      const Index unit = j * T::units, real = std::min<Index>(T::units, hidden_ - unit);
      const auto add = [&](auto from, Vector<S>& db) {
        for (std::size_t g = 0; g < (db.size() > 0 ? from.size() : 0); ++g)
          for (Index r = 0; r < real; ++r)
            db(static_cast<Index>(g) * hidden_ + unit + r) += bias(j)[from[g] * T::units + r];
      };
      add(Unit::from_input, gradient_.bias_ih);
      add(Unit::from_hidden, gradient_.bias_hh);
      const S* const own = work_.d_unit_weights.data() + j * own_weights * T::units;
      for (std::size_t q = 0; q < own_weights; ++q)
        arrays::add(gradient_.unit_weights[q].data() + unit, own + static_cast<Index>(q) * T::units, real);
    }
  }

  S* bias(Index j) { return work_.d_bias.data() + j * T::numbers; }

  Index inputs_, hidden_, tiles_, ld_dh_;
  const S *x_, *h_, *dy_;
  S* dx_;
  const std::array<Vector<S>, own_weights>& unit_weights_;
  Cell& gradient_;
  Workspace<Unit, S>& work_;
};

}  // namespace recur::kernel
