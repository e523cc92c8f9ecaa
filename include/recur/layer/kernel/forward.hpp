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

/// Packs weights tile by tile: b_ih + b_hh of its sums, then for each input k the rows of W_ih, then for each
/// unit k of h the rows of W_hh. Rows beyond hidden_size are zero.
template <class Cell>
void pack_forward(const Cell& cell, Buffer<typename Cell::Scalar>& packed) {
  using S = typename Cell::Scalar;
  using Unit = typename Cell::Unit;
  using T = Tile<Unit, S>;
  using P = Pack<S>;
  const Index inputs = cell.input_size(), hidden = cell.hidden_size();
  const Index tiles = (hidden + T::units - 1) / T::units;
  S* out = packed.at_least(tiles * T::units *
                           (T::sums + Cell::input_gates * inputs + Cell::hidden_gates * hidden));
  for (Index u = 0; u < hidden; u += T::units) {
    const Index real = std::min<Index>(T::units, hidden - u);
    std::fill_n(out, T::numbers, S(0));
    for (std::size_t g = 0; g < Unit::from_input.size(); ++g)
      for (Index r = 0; r < real; ++r)
        out[Unit::from_input[g] * T::units + r] += cell.bias_ih(static_cast<Index>(g) * hidden + u + r);
    for (std::size_t g = 0; g < Unit::from_hidden.size(); ++g)
      for (Index r = 0; r < real; ++r)
        out[Unit::from_hidden[g] * T::units + r] += cell.bias_hh(static_cast<Index>(g) * hidden + u + r);
    out += T::numbers;
    in_packs<T::packs, P>(real, [&](auto packs) {
      const auto put = [&](const Matrix<S>& w, Index gates) {
        for (Index k = 0; k < w.cols(); ++k)
          for (Index g = 0; g < gates; ++g)
            for (Index r = 0; r < packs * P::size; r += P::size, out += P::size)
              P::load(w.data() + k * w.rows() + g * hidden + u + r, real - r).store(out);
      };
      put(cell.weight_ih, Cell::input_gates);
      put(cell.weight_hh, Cell::hidden_gates);
    });
  }
}

template <class Cell>
class ForwardPass {
  using S = typename Cell::Scalar;
  using Unit = typename Cell::Unit;
  using T = Tile<Unit, S>;
  using P = Pack<S>;

 public:
  /// x is I × N, h receives H × N. With `record` the workspace keeps what the backward pass needs.
  ForwardPass(const Cell& cell, const S* x, S* h, Workspace<Unit, S>& work, bool record)
      : inputs_(cell.input_size()),
        hidden_(cell.hidden_size()),
        tiles_((hidden_ + T::units - 1) / T::units),
        x_(x),
        h_(h),
        work_(work),
        record_(record) {
    pack_forward(cell, work.weights);
  }

  void run() {
    const FlushDenormals flush;
    if (work_.spans.empty()) return;
    if (work_.spans.front().count() > few) {
      work_.sums.resize(1, work_.spans.front().count(), T::numbers);
      for (const Span& span : work_.spans) step(span, 0, 0);
      return;
    }
    // A few samples use each weight a few times, so that fetching it is what costs. Those of the inputs, which
    // wait for no earlier step, are fetched once for many steps.
    list_chunks(work_.spans, ahead, work_.chunks);
    for (std::size_t c = work_.chunks.size(); c-- > 0;) {
      const Chunk& chunk = work_.chunks[c];
      work_.sums.resize(tiles_, chunk.columns, T::numbers);
      for_tiles(false, [&](auto packs, const S* w, Index j) {
        for_blocks(0, inputs_, [&](Block block) {
          block.last = false;
          in_tiles<T::samples_of(packs)>(0, chunk.columns, [&](auto size, Index n) {
            tile<size, packs>(w, block, work_.sums.at(j, n), x_ + (chunk.column + n) * inputs_, nullptr);
          });
        });
      });
      for (std::size_t s = chunk.first; s < chunk.last; ++s)
        step(work_.spans[s], inputs_, work_.spans[s].column - chunk.column);
    }
  }

 private:
  static constexpr Index few = 2, ahead = 64;

  /// The sum over k is cut into blocks, so that a block of a tile's weights stays in the first-level cache
  /// while all samples pass by; between them the sums wait in memory.
  struct Block {
    Index begin, end;  // of k, which counts the inputs, then the units of h
    bool first, last;
  };
  static constexpr Index block_bytes = 16 * 1024;
  static constexpr Index longest = block_bytes / (static_cast<Index>(sizeof(S)) * T::units *
                                                  std::max(Cell::input_gates, Cell::hidden_gates));

  template <class F>
  void for_blocks(Index begin, Index end, F&& f) const {
    const Index count = std::max<Index>(1, (end - begin + longest - 1) / longest), depth = end - begin;
    for (Index b = 0; b < count; ++b)
      f(Block{begin + depth * b / count, begin + depth * (b + 1) / count, begin == 0 && b == 0,
              b + 1 == count});
  }

  /// Calls f(packs, weights, tile), from the last tile to the first if `turned`.
  template <class F>
  void for_tiles(bool turned, F&& f) const {
    const Index panel = T::units * (T::sums + Cell::input_gates * inputs_ + Cell::hidden_gates * hidden_);
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
    const bool turned =
        span.step % 2 == 1;  // begins with the weights that the last step has left in the cache
    for_tiles(turned, [&](auto packs, const S* w, Index j) {
      for_blocks(begin, inputs_ + (h_previous ? hidden_ : 0), [&](const Block& block) {
        in_tiles<T::samples_of(packs)>(0, span.count(), [&](auto size, Index n) {
          const S* h = h_previous ? h_previous + n * hidden_ : nullptr;
          S* sums = work_.sums.at(begin > 0 ? j : 0, waiting + n);
          tile<size, packs>(w, block, sums, x_ + (span.column + n) * inputs_, h);
          if (block.last)
            for (Index i = 0; i < size; ++i)
              for (Index p = 0; p < packs; ++p)
                update(sums + i * T::numbers + p * P::size, span, j, span.first + n + i, p * P::size,
                       h ? h + i * hidden_ : nullptr);
        });
      });
    });
  }

  /// A block of the sums of N samples.
  template <int N, int Packs>
  void tile(const S* w, const Block& block, S* waiting, const S* x, const S* h_previous) {
    P sums[N][T::sums * Packs];
    const auto place = [](auto q) { return q / Packs * T::units + q % Packs * P::size; };
    unroll<N>([&](auto i) __attribute__((always_inline)) {
      unroll<T::sums * Packs>([&](auto q) __attribute__((always_inline)) {
        sums[i][q] = P::load((block.first ? w : waiting + i * T::numbers) + place(q));
      });
    });
    w += T::numbers;
    const Index i0 = std::min(block.begin, inputs_), i1 = std::min(block.end, inputs_);
    const Index h0 = block.begin - i0, h1 = block.end - i1;
    accumulate<Unit::from_input, Packs, T::sums, N>(sums, w + i0 * Cell::input_gates * Packs * P::size,
                                                    x + i0, inputs_, i1 - i0);
    if constexpr (Cell::hidden_gates > 0)
      if (h1 > h0) {
        w += (inputs_ * Cell::input_gates + h0 * Cell::hidden_gates) * Packs * P::size;
        accumulate<Unit::from_hidden, Packs, T::sums, N>(sums, w, h_previous + h0, hidden_, h1 - h0);
      }
    unroll<N>([&](auto i) __attribute__((always_inline)) {
      unroll<T::sums * Packs>([&](auto q) __attribute__((always_inline)) {
        sums[i][q].store(waiting + i * T::numbers + place(q));
      });
    });
  }

  /// The next state of one sample and of the pack of units that begins at unit r of tile j.
  [[gnu::flatten]] void update(const S* sums, const Span& span, Index j, Index n, Index r,
                               const S* h_previous) {
    const Index unit = j * T::units + r, real = hidden_ - unit, column = span.column + n - span.first;
    if (real <= 0) return;
    Array<P, T::sums> a;
    Array<P, Unit::states> previous, state;
    Array<P, Unit::saved> saved;
    unroll<T::sums>([&](auto s) __attribute__((always_inline)) { a[s] = P::load(sums + s * T::units); });
    previous[0] = h_previous ? P::load(h_previous + unit, real) : P(S(0));
    unroll<Unit::states - 1>([&](auto q) __attribute__((always_inline)) {
      const S* from = carried_previous(q, span, j, n);
      previous[q + 1] = from ? P::load(from + r) : P(S(0));
    });
    Unit::forward(a, previous, state, saved);
    state[0].store(h_ + column * hidden_ + unit, real);
    unroll<Unit::states - 1>([&](auto q) __attribute__((always_inline)) {
      state[q + 1].store(work_.carried[q].at(j, record_ ? column : n) + r);
    });
    if (record_)
      unroll<Unit::saved>([&](auto q) __attribute__((always_inline)) {
        saved[q].store(work_.saved.at(j, column) + q * T::units + r);
      });
  }

  const S* carried_previous(std::size_t q, const Span& span, Index j, Index n) const {
    if (span.starts()) return work_.h_initial.size() ? work_.initial[q].at(j, n) : nullptr;
    return work_.carried[q].at(j, record_ ? span.previous + n - span.first : n);
  }

  Index inputs_, hidden_, tiles_;
  const S* x_;
  S* h_;
  Workspace<Unit, S>& work_;
  bool record_;
};

}  // namespace recur::kernel
