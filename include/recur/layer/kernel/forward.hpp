// The forward pass of every recurrent layer, for all cells, training and inference.
//
// A *tile* is a few packs of units × a few samples at one step, with all of its sums in registers:
//
//   sum_s = bias_s + Σ_k W_ih(s, k) x_t(k) + Σ_k W_hh(s, k) h_{t-1}(k)     a stream of packed weights
//   state, saved = Unit::forward(sums, previous state)             where the cell's mathematics enters
//
// so no pre-activation is ever written to memory. x and h are read by broadcast straight from their columns.
#pragma once

#include <algorithm>

#include "recur/core/denormals.hpp"
#include "recur/layer/kernel/workspace.hpp"

namespace recur::kernel {

template <class Cell>
class ForwardPass {
  using S = typename Cell::Scalar;
  using Unit = typename Cell::Unit;
  using T = TileOf<Unit, S>;
  using P = Pack<S>;
  using Sums = ProductsOf<Unit, S>;

 public:
  /// x is I × N, h receives H × N. With `record` the workspace keeps what the backward pass needs.
  ForwardPass(const Cell& cell, const S* x, S* h, Workspace<Unit, S>& work, bool record)
      : inputs_(cell.input_size()),
        hidden_(cell.hidden_size()),
        tiles_(T::count(hidden_)),
        x_(x),
        h_(h),
        unit_weights_(cell.unit_weights),
        work_(work),
        record_(record),
        far_(Sums::is_far(cell.weight_ih.size() + cell.weight_hh.size())) {
    Sums::pack(cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh, work.weights);
  }

  void run() {
    const FlushDenormals flush;
    if (work_.spans.empty()) return;
    if (work_.spans.front().count() > few && Cell::hidden_gates > 0) {
      work_.sums.resize(1, work_.spans.front().count(), T::numbers);
      for (const Span& span : work_.spans) step(span, 0, 0);
      return;
    }
    // A few samples use each weight a few times, so that fetching it is what costs. Those of the inputs, which
    // wait for no earlier step, are fetched once for many steps; where there are no others, always.
    list_chunks(work_.spans, ahead, work_.chunks);
    for (std::size_t c = work_.chunks.size(); c-- > 0;) {
      const Chunk& chunk = work_.chunks[c];
      work_.sums.resize(tiles_, chunk.columns, T::numbers);
      for_tiles(false, [&](auto packs, const S* w, Index j) {
        for_blocks(0, inputs_, [&](const Block& block) {
          for (Index n = 0; n < chunk.columns;)
            n += Sums::sum(packs, chunk.columns - n, w, block, work_.sums.at(j, n),
                           x_ + (chunk.column + n) * inputs_, inputs_, nullptr, hidden_);
        });
      });
      for (std::size_t s = chunk.first; s < chunk.last; ++s)
        step(work_.spans[s], inputs_, work_.spans[s].column - chunk.column);
    }
  }

 private:
  static constexpr Index few = 2, ahead = 64;
  static constexpr int own_weights = unit_weights_of<Unit>;

  /// Calls f(block) for the blocks of k from `begin` on.
  template <class F>
  void for_blocks(Index begin, Index end, F&& f) const {
    const Index depth = end - begin, count = std::max<Index>(1, (depth + Sums::longest - 1) / Sums::longest);
    for (Index b = 0; b < count; ++b)
      f(Block{begin + depth * b / count, begin + depth * (b + 1) / count, begin == 0 && b == 0});
  }

  /// Calls f(packs, weights, tile), from the last tile to the first if `turned`.
  template <class F>
  void for_tiles(bool turned, F&& f) const {
    const Index panel = Sums::panel_size(inputs_, hidden_);
    for (Index i = 0; i < tiles_; ++i) {
      const Index j = turned ? tiles_ - 1 - i : i;
      in_packs<T::packs, P>(hidden_ - j * T::units,
                            [&](auto packs) { f(packs, work_.weights.data() + j * panel, j); });
    }
  }

  /// The samples of a span; the sums over k < begin stand in work.sums, from column `waiting` on.
  void step(const Span& span, Index begin, Index waiting) {
    const S* h_previous = span.starts() ? (work_.h_initial.size() ? &work_.h_initial(0, span.first) : nullptr)
                                        : h_ + span.previous * hidden_;
    const bool turned = span.step % 2 == 1;  // begins with the weights that the last step left in the cache
    for_tiles(turned, [&](auto packs, const S* w, Index j) {
      S* const sums = work_.sums.at(begin > 0 ? j : 0, waiting);
      for_blocks(begin, inputs_ + (h_previous ? hidden_ : 0), [&](const Block& block) {
        const Index count = span.count(), next = Sums::offset(packs, block.end, inputs_);
        const Index length = next - Sums::offset(packs, block.begin, inputs_);
        for (Index n = 0; n < count;) {
          const Index size =
              Sums::sum(packs, count - n, w, block, sums + n * T::numbers, x_ + (span.column + n) * inputs_,
                        inputs_, h_previous ? h_previous + n * hidden_ : nullptr, hidden_);
          if (far_) prefetch(w + next + length * n / count, w + next + length * (n + size) / count);
          n += size;
        }
      });
      for (Index p = 0; p < packs; ++p) update(sums, h_previous, span, j, p * P::size);
    });
  }

  /// The next state of all samples of a span, for the pack of units that begins at unit r of tile j.
  [[gnu::flatten]] void update(const S* sums, const S* h_previous, const Span& span, Index j, Index r) {
    const Index unit = j * T::units + r, real = hidden_ - unit;
    if (real <= 0) return;
    S* const h = h_ + span.column * hidden_ + unit;
    S* const saved_at = record_ ? work_.saved.at(j, span.column) + r : nullptr;
    std::array<const S*, Unit::states>
        from;  // of the states besides h, which take up a tile's units a column
    std::array<S*, Unit::states> to;
    unroll<Unit::states - 1>([&](auto q) __attribute__((always_inline)) {
      from[q] = carried_previous(q, span, j);
      to[q] = work_.carried[q].at(j, record_ ? span.column : span.first) + r;
    });
    Array<P, own_weights> own;
    unroll<own_weights>([&](auto q) __attribute__((always_inline)) {
      own[q] = P::load(unit_weights_[q].data() + unit, real);
    });
    for (Index i = 0; i < span.count(); ++i) {
      Array<P, T::sums> a;
      Array<P, Unit::states> previous, state;
      Array<P, Unit::saved> saved;
      unroll<T::sums>([&](auto s) __attribute__((always_inline)) {
        a[s] = P::load(sums + i * T::numbers + s * T::units + r);
      });
      previous[0] = h_previous ? P::load(h_previous + i * hidden_ + unit, real) : P(S(0));
      unroll<Unit::states - 1>([&](auto q) __attribute__((always_inline)) {
        previous[q + 1] = from[q] ? P::load(from[q] + i * T::units + r) : P(S(0));
      });
      unit_forward<Unit, P>(a, own, previous, state, saved);
      state[0].store(h + i * hidden_, real);
      unroll<Unit::states - 1>([&](auto q) __attribute__((always_inline)) {
        state[q + 1].store(to[q] + i * T::units);
      });
      if (saved_at)
        unroll<Unit::saved>([&](auto q) __attribute__((always_inline)) {
          saved[q].store(saved_at + (i * Unit::saved + q) * T::units);
        });
    }
  }

  /// State q + 1 before the span; null where it is zero.
  const S* carried_previous(std::size_t q, const Span& span, Index j) const {
    if (span.starts()) return work_.h_initial.size() ? work_.initial[q].at(j, span.first) : nullptr;
    return work_.carried[q].at(j, record_ ? span.previous : span.first);
  }

  Index inputs_, hidden_, tiles_;
  const S* x_;
  S* h_;
  const std::array<Vector<S>, own_weights>& unit_weights_;
  Workspace<Unit, S>& work_;
  bool record_, far_;
};

}  // namespace recur::kernel
