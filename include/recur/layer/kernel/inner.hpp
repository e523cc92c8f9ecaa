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
  static constexpr int samples_of(int p) { return std::clamp(accumulators / (sums * p), 1, 8); }
  static constexpr int samples = samples_of(packs);
  static constexpr int numbers = sums * units;  // of a tile's column in D
};

/// Calls f(packs) with the number of packs, known to the compiler, that `real` units of a tile of at most Max
/// packs take, Max or half of it: the last tile of a layer may be narrower, and then takes more samples.
template <int Max, class P, class F>
[[gnu::always_inline]] inline void in_packs(Index real, F&& f) {
  constexpr int half = (Max + 1) / 2;
  if constexpr (half < Max)
    if (real <= half * P::size) return f(std::integral_constant<int, half>{});
  f(std::integral_constant<int, Max>{});
}

inline Index round_up(Index value, Index multiple) { return (value + multiple - 1) / multiple * multiple; }

/// sums[n][from[g]] += Σ_k w(g, k) · x(k, n): N samples against a stream of packed weights. Where there are too
/// few sums to hide the latency of an addition, every other k has sums of its own.
template <auto From, int Packs, int Sums, int N, class P, class S>
[[gnu::always_inline]] inline void accumulate(P (&sums)[N][Sums * Packs], const S* w, const S* x, Index ld,
                                              Index count) {
  constexpr int rows = static_cast<int>(From.size()) * Packs;
  const auto add = [&](auto& to, const S* wk, const S* xk) __attribute__((always_inline)) {
    P b[N];
    unroll<N>([&](auto n) __attribute__((always_inline)) { b[n] = P(xk[n * ld]); });
    unroll<rows>([&](auto q) __attribute__((always_inline)) {
      constexpr int s = From[static_cast<std::size_t>(q / Packs)] * Packs + q % Packs;
      const P weight = P::load_once(wk + q * P::size);
      unroll<N>([&](auto n) __attribute__((always_inline)) { to[n][s] = fma(weight, b[n], to[n][s]); });
    });
  };
  Index k = 0;
  if constexpr (rows * N < 8) {
    P others[N][Sums * Packs];
    unroll<N>([&](auto n) __attribute__((always_inline)) {
      unroll<Sums * Packs>([&](auto q) __attribute__((always_inline)) { others[n][q] = P(S(0)); });
    });
    for (; k + 2 <= count; k += 2, w += 2 * rows * P::size) {
      add(sums, w, x + k);
      add(others, w + rows * P::size, x + k + 1);
    }
    unroll<N>([&](auto n) __attribute__((always_inline)) {
      unroll<Sums * Packs>([&](auto q)
                               __attribute__((always_inline)) { sums[n][q] = sums[n][q] + others[n][q]; });
    });
  }
  for (; k < count; ++k, w += rows * P::size) add(sums, w, x + k);
}

template <std::size_t N>
constexpr bool consecutive(const std::array<int, N>& numbers) {
  for (std::size_t i = 1; i < N; ++i)
    if (numbers[i] != numbers[i - 1] + 1) return false;
  return true;
}

/// out(·, n) += panel · D(·, n) for N columns: `tiles` tiles of D, of each the sums in From, of each the
/// units that are real. A single column has every other k summed on its own, like `accumulate`.
template <auto From, class T, int N, int Packs, class S>
[[gnu::always_inline]] inline void product(const S* panel, const S* d, Index tile_stride, Index units, S* out,
                                           Index ld, Index rows, bool add) {
  using P = Pack<S>;
  constexpr int chains = N * Packs < 8 ? 2 : 1;
  P sum[chains][N][Packs];
  unroll<N>([&](auto n) __attribute__((always_inline)) {
    unroll<Packs>([&](auto m) __attribute__((always_inline)) {
      sum[0][n][m] = P(S(0));
      if constexpr (chains > 1) sum[1][n][m] = P(S(0));
    });
  });
  const auto step = [&](auto chain, const S* column) __attribute__((always_inline)) {
    P b[N];
    unroll<N>([&](auto n) __attribute__((always_inline)) { b[n] = P(column[n * T::numbers]); });
    unroll<Packs>([&](auto m) __attribute__((always_inline)) {
      const P weight = P::load_once(panel + m * P::size);
      unroll<N>([&](auto n) __attribute__((always_inline)) {
        sum[chain][n][m] = fma(weight, b[n], sum[chain][n][m]);
      });
    });
    panel += Packs * P::size;
  };
  constexpr std::integral_constant<int, 0> even{};
  [[maybe_unused]] constexpr std::integral_constant<int, chains - 1> odd{};
  const auto add_run = [&](const S* column, Index count) __attribute__((always_inline)) {
    Index k = 0;
    for (; k + chains <= count; k += chains) {
      step(even, column + k);
      if constexpr (chains > 1) step(odd, column + k + 1);
    }
    if constexpr (chains > 1)
      if (k < count) step(even, column + k);
  };
  for (; units > 0; units -= T::units, d += tile_stride) {
    const bool whole = consecutive(From) && units >= T::units;  // one long run instead of one for each gate
    for (std::size_t g = 0; g < (whole ? 1 : From.size()); ++g)
      add_run(d + From[g] * T::units,
              whole ? static_cast<Index>(From.size()) * T::units : std::min<Index>(units, T::units));
  }
  if constexpr (chains > 1)
    unroll<N>([&](auto n) __attribute__((always_inline)) {
      unroll<Packs>([&](auto m)
                        __attribute__((always_inline)) { sum[0][n][m] = sum[0][n][m] + sum[1][n][m]; });
    });
  put(sum[0], out, ld, rows, add);
}

/// dw(rows of a tile, N columns) += D · xᵀ over all columns of the segments.
template <auto From, class T, int N, int Packs, class S>
[[gnu::always_inline]] inline void outer(const S* d, std::span<const Segment<S>> segments, Index feature,
                                         Index ldx, S* dw, Index ldw, Index hidden, Index units) {
  using P = Pack<S>;
  constexpr int rows = static_cast<int>(From.size()) * Packs;
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
        const P row =
            P::load_once(column + From[static_cast<std::size_t>(q / Packs)] * T::units + q % Packs * P::size);
        unroll<N>([&](auto n) __attribute__((always_inline)) { sum[n][q] = fma(row, b[n], sum[n][q]); });
      });
    }
  }
  unroll<static_cast<int>(From.size())>([&](auto g) __attribute__((always_inline)) {
    P of_gate[N][Packs];
    unroll<N>([&](auto n) __attribute__((always_inline)) {
      unroll<Packs>([&](auto p) __attribute__((always_inline)) { of_gate[n][p] = sum[n][g * Packs + p]; });
    });
    put(of_gate, dw + g * hidden, ldw, units, true);
  });
}

}  // namespace recur::kernel
