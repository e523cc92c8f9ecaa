// Matrix products outside the recurrence. An operand is a matrix or its transpose: a pointer and two strides.
//
// The products are computed by blocks of sums (core/block.hpp). Before that, the needed rows of A are copied
// into a *panel* on the stack, column after column. The panel stays in the caches while all columns of C use
// it. Eigen's product is faster for large matrices but takes many times as long to compile.
#pragma once

#include <algorithm>

#include "recur/core/block.hpp"
#include "recur/core/compiled.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/parameters.hpp"
#include "recur/core/simd.hpp"

namespace recur::inline RECUR_ABI {

/// A matrix with strides: element (i, j) is data[i · row_step + j · col_step].
template <class S>
struct Strided {
  const S* data;
  Index rows, cols;          ///< of the matrix
  Index row_step, col_step;  ///< numbers from one element to the next below it, and beside it

  const S* at(Index i, Index j) const { return data + i * row_step + j * col_step; }
};

template <class S>
Strided<S> as_is(const S* data, Index rows, Index cols) {
  return {data, rows, cols, 1, rows};
}
/// The transpose of an array whose columns have `rows` numbers, without a copy.
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

namespace detail::products {

/// Copies `rows` rows and `depth` columns of a into a panel, and puts zeros below them. It copies contiguous
/// numbers, along columns or rows, in packs, because a product of few columns spends much of its time here.
template <class S>
void pack(const Strided<S>& a, Index i, Index k, Index rows, Index depth, S* panel) {
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

/// c = a b + bias or, if c.add, c += a b. A null bias counts as zero.
template <class S>
struct Product {
  Strided<S> a, b;
  const S* bias;
  Target<S> c;
};

/// For contiguous rows of a and contiguous columns of b.
template <class S>
void by_dots(const Product<S>& p) {
  const auto [a, b, bias, c] = p;  // copied: for the compiler, a call may change `p`
  for (Index j = 0; j < b.cols; ++j)
    for (Index i = 0; i < a.rows; ++i) {
      S& to = c.data[j * c.column + i];
      to = (c.add ? to : bias ? bias[i] : S(0)) + detail::arrays::dot(a.at(i, 0), b.at(0, j), a.cols);
    }
}

/// A panel times N columns of b from `at` on. The sums start from `start`.
template <int N, class S>
RECUR_NOINLINE void of_panel(const S* start, Index depth, const Left<S>& panel, const S* at,
                             const Strided<S>& b, const Target<S>& c) {
  Block<Pack<S>, 1, Panel<S>::packs, N> sums;
  sums.load(start, 0, 0);
  sums.template add_product<one_group>(depth, panel, {at, b.row_step, b.col_step});
  sums.store(c);
}

template <class S>
RECUR_NOINLINE void by_panels(const Product<S>& p) {
  const Strided<S>&a = p.a, &b = p.b;
  const Target<S>& c = p.c;
  constexpr int packs = Panel<S>::packs, columns = columns_for(packs);
  constexpr Index height = Panel<S>::rows, deepest = 4096 / static_cast<Index>(sizeof(S)) / packs;
  alignas(64) S packed[height * deepest];
  alignas(64) S start[height] = {};
  for (Index k = 0; k == 0 || k < a.cols; k += deepest)  // once even if there is nothing to sum
    for (Index i = 0; i < a.rows; i += height) {
      const Index depth = std::min(deepest, a.cols - k), rows = std::min(height, a.rows - i);
      const bool in_place = rows == height && a.row_step == 1 && b.cols <= columns;
      if (!in_place) pack(a, i, k, rows, depth, packed);
      if (p.bias && k == 0)
        std::copy_n(p.bias + i, rows, start);
      else if (p.bias)
        std::fill_n(start, height, S(0));  // only the first part starts from the bias
      const Left<S> panel = in_place ? Left<S>{a.at(i, k), a.col_step} : Left<S>{packed, height};
      over_columns<columns>(b.cols, [&](auto n, Index j) RECUR_ALWAYS_INLINE {
        of_panel<n>(start, depth, panel, b.at(k, j), b,
                    Target<S>{c.data + j * c.column + i, c.column, rows, c.add || k > 0});
      });
    }
}

template <class S>
void compute(const Product<S>& p) {
  const Strided<S>&a = p.a, &b = p.b;
  if (a.col_step == 1 && b.row_step == 1 && (a.rows == 1 || b.cols == 1))
    by_dots(p);  // here a panel would cost more than it saves
  else
    by_panels(p);
}

}  // namespace detail::products

/// c += a b. Column j of c begins at c + j · ld. The order of the sums in a column of c does not depend on
/// the other columns. A single column with a transposed a is summed in another order.
template <class S>
void add_product(const Strided<S>& a, const Strided<S>& b, S* c, Index ld) {
  detail::products::compute<S>({a, b, nullptr, {c, ld, a.rows, true}});
}
/// c += a b, with a column-major c.
template <class S>
void add_product(const Strided<S>& a, const Strided<S>& b, S* c) {
  add_product(a, b, c, a.rows);
}
/// c = a b, with a column-major c.
template <class S>
void product(const Strided<S>& a, const Strided<S>& b, S* c, Index ld) {
  detail::products::compute<S>({a, b, nullptr, {c, ld, a.rows, false}});
}
template <class S>
void product(const Strided<S>& a, const Strided<S>& b, S* c) {
  product(a, b, c, a.rows);
}
/// y = a x + b. The bias b is added to each column.
template <class S>
void affine(const Strided<S>& a, const S* b, const Strided<S>& x, S* y) {
  detail::products::compute<S>({a, x, b, {y, a.rows, a.rows, false}});
}

}  // namespace recur::inline RECUR_ABI

#define RECUR_COMPILED_PRODUCT(how, S)                                                    \
  how template void detail::store_some(const S*, Index, Index, const detail::Target<S>&); \
  how template void detail::products::compute(const detail::products::Product<S>&);
#if defined(RECUR_COMPILED)
namespace recur::inline RECUR_ABI {
RECUR_COMPILED_PRODUCT(extern, float)
RECUR_COMPILED_PRODUCT(extern, double)
}  // namespace recur::inline RECUR_ABI
#endif
