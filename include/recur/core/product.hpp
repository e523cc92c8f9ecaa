// Matrix products outside the recurrence. One kernel computes them all. An operand is a matrix or its
// transpose: a pointer and two strides.
//
//   C += A B
//
// A few packs of rows × a few columns of C stay in registers while k runs over a block of A's columns. Before
// that, the needed rows of A are copied into a *panel* on the stack, column after column. The panel stays in
// the caches while all columns of C use it. Eigen's product is faster for large matrices but takes many times
// as long to compile.
#pragma once

#include <algorithm>

#include "recur/core/compiled.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/parameters.hpp"
#include "recur/core/simd.hpp"

namespace recur::inline RECUR_ABI {

/// A matrix with strides: element (i, j) is data[i · row_step + j · col_step].
template <class S>
struct Strided {
  const S* data;
  Index rows, cols, row_step, col_step;

  const S* at(Index i, Index j) const { return data + i * row_step + j * col_step; }
};

template <class S>
Strided<S> as_is(const S* data, Index rows, Index cols) {
  return {data, rows, cols, 1, rows};
}
template <class S>
Strided<S> transposed(const S* data, Index rows, Index cols) {
  return {data, cols, rows, rows, 1};
}
template <class S>
Strided<S> transposed(const Strided<S>& m) {
  return {m.data, m.cols, m.rows, m.col_step, m.row_step};
}
/// Makes it from a matrix, vector or map.
template <class M>
auto as_is(const M& m) {
  return as_is(m.data(), m.rows(), m.cols());
}
template <class M>
auto transposed(const M& m) {
  return transposed(m.data(), m.rows(), m.cols());
}

/// The rows of a panel, in packs, and the columns of its tile. It has as many accumulators as the registers
/// hold.
template <class S>
struct Panel {
  using Scalar = S;
  static constexpr int lanes = max_lanes<S>;
  static constexpr int packs = 4;
  static constexpr int rows = packs * lanes;
  /// Rows of the narrowest panel of the recurrent kernel: half a pack of 512 bits, or two narrower packs.
  static constexpr int fewest = lanes * sizeof(S) > 32 ? lanes / 2 : 2 * lanes;
  static constexpr int samples = vector_registers >= 32 ? 6 : 3;
  /// The samples for a panel of fewer packs.
  static constexpr int samples_of(int p) { return std::min(8, samples * packs / p); }
};

/// out(r) (+)= sums(r) for `rows` rows, by packs P; narrower packs take the rest.
template <class P, class S>
[[gnu::always_inline]] inline void put_column(const S* sums, S* out, Index rows, bool add) {
  for (; rows >= P::size; rows -= P::size, sums += P::size, out += P::size)
    (P::load(sums) + (add ? P::load(out) : P(S(0)))).store(out);
  if constexpr (P::size > 1)
    if (rows > 0) put_column<Pack<S, P::size / 2>>(sums, out, rows, add);
}

/// out(r, n) (+)= sums(r, n) for the first `rows` rows. sums has more rows.
template <class S>
[[gnu::noinline]] void put_some(const S* sums, Index height, Index columns, S* out, Index ld, Index rows,
                                bool add) {
  for (Index n = 0; n < columns; ++n) put_column<Pack<S>>(sums + n * height, out + n * ld, rows, add);
}

/// Adds sums in registers to N columns, or writes them there. It skips sums beyond the last row of the
/// columns.
template <int N, int Packs, class P, class S>
[[gnu::always_inline]] inline void put(const P (&sums)[N][Packs], S* out, Index ld, Index rows, bool add) {
  if (rows >= Packs * P::size) [[likely]] {
    unroll<N>([&](auto n) __attribute__((always_inline)) {
      unroll<Packs>([&](auto m) __attribute__((always_inline)) {
        S* const to = out + n * ld + m * P::size;
        (add ? P::load(to) + sums[n][m] : sums[n][m]).store(to);
      });
    });
    return;
  }
  alignas(64) S all[N * Packs * P::size];
  unroll<N>([&](auto n) __attribute__((always_inline)) {
    unroll<Packs>([&](auto m)
                      __attribute__((always_inline)) { sums[n][m].store(all + (n * Packs + m) * P::size); });
  });
  put_some(all, Packs * P::size, N, out, ld, rows, add);
}

namespace detail::products {

/// Copies `rows` rows and `depth` columns of a into a panel, and puts zeros below them. It copies contiguous
/// numbers, along columns or rows, in packs, because a product of few columns spends much of its time here.
template <class S>
void lay(const Strided<S>& a, Index i, Index k, Index rows, Index depth, S* panel) {
  using P = Pack<S>;
  constexpr Index height = Panel<S>::rows;
  const bool full = rows == height;
  Index c = 0;
  if (full && a.row_step == 1)
    for (; c < depth; ++c) std::copy_n(a.at(i, k + c), height, panel + c * height);
  if (full && a.col_step == 1)
    for (; c + P::size <= depth; c += P::size)
      for (Index r = 0; r < height; r += P::size) {
        P block[P::size];
        for (int j = 0; j < P::size; ++j) block[j] = P::load(a.at(i + r + j, k + c));
        P::transpose(block);
        for (int j = 0; j < P::size; ++j) block[j].store(panel + (c + j) * height + r);
      }
  for (; c < depth; ++c) {
    const S* column = a.at(i, k + c);
    for (Index r = 0; r < rows; ++r) panel[c * height + r] = column[r * a.row_step];
    std::fill(panel + c * height + rows, panel + (c + 1) * height, S(0));
  }
}

template <int N, class S>
void tile(const S* panel, Index panel_step, Index depth, const S* b, Index b_row, Index b_col, const S* start,
          S* c, Index ld, Index rows, bool add) {
  using P = Pack<S>;
  constexpr int packs = Panel<S>::packs;
  P sum[N][packs];
  unroll<N>([&](auto n) __attribute__((always_inline)) {
    unroll<packs>([&](auto m) __attribute__((always_inline)) { sum[n][m] = P::load(start + m * P::size); });
  });
  in_turns<1>(
      depth, [&](auto, Index k) __attribute__((always_inline)) {
        P x[N];
        unroll<N>([&](auto n) __attribute__((always_inline)) { x[n] = P(b[k * b_row + n * b_col]); });
        unroll<packs>([&](auto m) __attribute__((always_inline)) {
          const P a = P::load_once(panel + k * panel_step + m * P::size);
          unroll<N>([&](auto n) __attribute__((always_inline)) { sum[n][m] = fma(a, x[n], sum[n][m]); });
        });
      });
  put(sum, c, ld, rows, add);
}

/// c = a b + bias or, if `add`, c += a b. Here the rows of a and the columns of b are contiguous.
template <class S>
void dots(const Strided<S>& a, const Strided<S>& b, const S* bias, S* c, Index ld, bool add) {
  for (Index j = 0; j < b.cols; ++j)
    for (Index i = 0; i < a.rows; ++i) {
      const S start = add ? c[j * ld + i] : bias ? bias[i] : S(0);
      c[j * ld + i] = start + detail::arrays::dot(a.at(i, 0), b.at(0, j), a.cols);
    }
}

/// c = a b + bias or, if `add`, c += a b, by panels.
template <class S>
[[gnu::noinline]] void panels(const Strided<S>& a, const Strided<S>& b, const S* bias, S* c, Index ld,
                              bool add) {
  constexpr Index height = Panel<S>::rows, deepest = 4096 / static_cast<Index>(sizeof(S)) / Panel<S>::packs;
  alignas(64) S laid[height * deepest];
  alignas(64) S start[height] = {};
  for (Index k = 0; k == 0 || k < a.cols; k += deepest)  // once even if there is nothing to sum
    for (Index i = 0; i < a.rows; i += height) {
      const Index depth = std::min(deepest, a.cols - k), rows = std::min(height, a.rows - i);
      const bool in_place = rows == height && a.row_step == 1 && b.cols <= Panel<S>::samples;
      if (!in_place) lay(a, i, k, rows, depth, laid);
      if (bias) {  // the first block starts from the bias, the others add
        if (k == 0)
          std::copy_n(bias + i, rows, start);
        else
          std::fill_n(start, height, S(0));
      }
      const S* panel = in_place ? a.at(i, k) : laid;
      const Index step = in_place ? a.col_step : height;
      in_tiles<Panel<S>::samples>(0, b.cols, [&](auto n, Index j) {
        tile<n>(panel, step, depth, b.at(k, j), b.row_step, b.col_step, start, c + j * ld + i, ld, rows,
                add || k > 0);
      });
    }
}

/// c = a b + bias or, if `add`, c += a b. A null bias counts as zero.
template <class S>
void multiply(const Strided<S>& a, const Strided<S>& b, const S* bias, S* c, Index ld, bool add) {
  if (a.col_step == 1 && b.row_step == 1 && (a.rows == 1 || b.cols == 1))
    dots(a, b, bias, c, ld, add);  // here a panel would cost more than it saves
  else
    panels(a, b, bias, c, ld, add);
}

}  // namespace detail::products

/// c += a b. Column j of c begins at c + j · ld. The order of the sums in a column of c does not depend on
/// the other columns. A single column with a transposed a is summed in another order.
template <class S>
void add_product(const Strided<S>& a, const Strided<S>& b, S* c, Index ld) {
  detail::products::multiply<S>(a, b, nullptr, c, ld, true);
}
/// c += a b, with a column-major c.
template <class S>
void add_product(const Strided<S>& a, const Strided<S>& b, S* c) {
  add_product(a, b, c, a.rows);
}
/// c = a b, with a column-major c.
template <class S>
void product(const Strided<S>& a, const Strided<S>& b, S* c, Index ld) {
  detail::products::multiply<S>(a, b, nullptr, c, ld, false);
}
template <class S>
void product(const Strided<S>& a, const Strided<S>& b, S* c) {
  product(a, b, c, a.rows);
}
/// y = a x + b. The bias b is added to each column.
template <class S>
void affine(const Strided<S>& a, const S* b, const Strided<S>& x, S* y) {
  detail::products::multiply<S>(a, x, b, y, a.rows, false);
}

}  // namespace recur::inline RECUR_ABI

#define RECUR_COMPILED_PRODUCT(how, S)                                                                    \
  how template void put_some(const S*, Index, Index, S*, Index, Index, bool);                             \
  how template void detail::products::multiply(const Strided<S>&, const Strided<S>&, const S*, S*, Index, \
                                               bool);
#if defined(RECUR_COMPILED)
namespace recur::inline RECUR_ABI {
RECUR_COMPILED_PRODUCT(extern, float)
RECUR_COMPILED_PRODUCT(extern, double)
}  // namespace recur::inline RECUR_ABI
#endif
