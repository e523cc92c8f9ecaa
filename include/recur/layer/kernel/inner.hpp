// The three inner loops of the recurrent kernel: each keeps a block of sums in registers while it reads
// packed weights or gradients in the order of memory.
//
// The blocks are arrays indexed by constants only (`unroll`): one index that the compiler does not know would
// put them on the stack and halve the speed.
#pragma once

#include <algorithm>
#include <span>

#include "recur/cell/cell.hpp"
#include "recur/core/product.hpp"
#include "recur/core/simd.hpp"
#include "recur/layer/kernel/span.hpp"

namespace recur::kernel {

/// Sizes of a tile: as many accumulators as the registers hold, besides a few packs of weights and of
/// broadcasts.
template <class Unit, class S>
struct Tile {
  static constexpr int lanes = max_lanes<S>;
  static constexpr int sums = sums_of<Unit>;
  static constexpr int packs = std::max(1, 4 / sums);  // of units: cells with fewer gates take more
  static constexpr int units = packs * lanes;
  static constexpr int accumulators = vector_registers >= 32 ? 24 : 12;
  static constexpr int samples = std::max(1, accumulators / (sums * packs));
  static constexpr int numbers = sums * units;  // of a tile's column in D
};

inline Index round_up(Index value, Index multiple) { return (value + multiple - 1) / multiple * multiple; }

/// sums[n][from[g]] += Σ_k w(g, k) · x(k, n): N samples against a stream of packed weights, which is left
/// behind its end. Whichever of the two, weights or broadcasts, needs fewer registers is held, the other is
/// read as it is used.
template <auto From, int Packs, int Sums, int N, class P, class S>
[[gnu::always_inline]] inline void accumulate(P (&sums)[N][Sums * Packs], const S*& w, const S* x, Index ld,
                                              Index count) {
  constexpr int rows = static_cast<int>(From.size()) * Packs;
  for (Index k = 0; k < count; ++k, w += rows * P::size) {
    P b[N];
    unroll<N>([&](auto n) __attribute__((always_inline)) { b[n] = P(x[n * ld + k]); });
    unroll<rows>([&](auto q) __attribute__((always_inline)) {
      constexpr int to = From[static_cast<std::size_t>(q / Packs)] * Packs + q % Packs;
      const P weight = P::load_once(w + q * P::size);
      unroll<N>([&](auto n) __attribute__((always_inline)) { sums[n][to] = fma(weight, b[n], sums[n][to]); });
    });
  }
}

/// out(·, n) += panel · D(·, n) for N columns: `tiles` tiles of D, of each the sums in From, of each the
/// units that are real.
template <auto From, class T, int N, class S>
[[gnu::always_inline]] inline void product(const S* panel, const S* d, Index tile_stride, Index units, S* out,
                                           Index ld, Index rows, bool add) {
  using P = Pack<S>;
  constexpr int packs = Panel<S>::packs;
  P sum[N][packs];
  unroll<N>([&](auto n) __attribute__((always_inline)) {
    unroll<packs>([&](auto m) __attribute__((always_inline)) {
      sum[n][m] = add ? P::load(out + n * ld + m * P::size, rows - m * P::size) : P(S(0));
    });
  });
  for (; units > 0; units -= T::units, d += tile_stride) {
    const Index count = std::min<Index>(units, T::units);
    for (const int s : From) {
      const S* column = d + s * T::units;
      for (Index k = 0; k < count; ++k, panel += packs * P::size) {
        P b[N];
        unroll<N>([&](auto n) __attribute__((always_inline)) { b[n] = P(column[n * T::numbers + k]); });
        unroll<packs>([&](auto m) __attribute__((always_inline)) {
          const P weight = P::load_once(panel + m * P::size);
          unroll<N>([&](auto n) __attribute__((always_inline)) { sum[n][m] = fma(weight, b[n], sum[n][m]); });
        });
      }
    }
  }
  unroll<N>([&](auto n) __attribute__((always_inline)) {
    unroll<packs>([&](auto m) __attribute__((always_inline)) {
      if (rows > m * P::size) sum[n][m].store(out + n * ld + m * P::size, rows - m * P::size);
    });
  });
}

/// dw(rows of a tile, N columns) += D · xᵀ over all columns of the segments.
template <auto From, class T, int N, class S>
[[gnu::always_inline]] inline void outer(const S* d, std::span<const Segment<S>> segments, Index feature,
                                         Index ldx, S* dw, Index ldw, Index hidden, Index units) {
  using P = Pack<S>;
  constexpr int rows = static_cast<int>(From.size()) * T::packs;
  P sum[N][rows];
  unroll<N>([&](auto n) __attribute__((always_inline)) {
    unroll<rows>([&](auto q) __attribute__((always_inline)) { sum[n][q] = P(S(0)); });
  });
  for (const auto& segment : segments) {
    const S* column = d + segment.d_column * T::numbers;
    const S* x = segment.x + feature;
    for (Index k = 0; k < segment.columns; ++k, column += T::numbers, x += ldx) {
      P b[N];
      unroll<N>([&](auto n) __attribute__((always_inline)) { b[n] = P(x[n]); });
      unroll<rows>([&](auto q) __attribute__((always_inline)) {
        const P row = P::load_once(column + From[static_cast<std::size_t>(q / T::packs)] * T::units +
                                   q % T::packs * P::size);
        unroll<N>([&](auto n) __attribute__((always_inline)) { sum[n][q] = fma(row, b[n], sum[n][q]); });
      });
    }
  }
  unroll<N>([&](auto n) __attribute__((always_inline)) {
    unroll<rows>([&](auto q) __attribute__((always_inline)) {
      const Index real = units - q % T::packs * P::size;
      if (real > 0) {
        S* to = dw + n * ldw + q / T::packs * hidden + q % T::packs * P::size;
        (P::load(to, real) + sum[n][q]).store(to, real);
      }
    });
  });
}

}  // namespace recur::kernel
