// Functions for runs of numbers, in packs. Each is compiled once for each scalar, for all shapes of
// parameters and all models. A single expression of Eigen takes as long to compile as this whole file.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "recur/core/compiled.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/simd.hpp"
#include "recur/core/sums.hpp"

namespace recur::inline RECUR_ABI::detail::arrays {

/// y = f(x...), pack by pack. y may be any x.
template <class S, class F, class... X>
RECUR_ALWAYS_INLINE inline void map(S* y, Index count, F&& f, const X*... x) {
  over_packs<S>(count, [&](Index i, Index lanes)
                           RECUR_ALWAYS_INLINE { f(Pack<S>::load(x + i, lanes)...).store(y + i, lanes); });
}
template <class S>
RECUR_NOINLINE void scale(S* values, Index count, S factor) {
  map(
      values, count, [factor](auto a) { return factor * a; }, values);
}
/// sum = a + b. sum may be a or b.
template <class S>
RECUR_NOINLINE void add(const S* a, const S* b, S* sum, Index count) {
  map(
      sum, count, [](auto x, auto y) { return x + y; }, a, b);
}
template <class S>
void add(S* sum, const S* term, Index count) {
  add(sum, term, sum, count);
}
/// product = a ∘ b. product may be a or b.
template <class S>
RECUR_NOINLINE void multiply(const S* a, const S* b, S* product, Index count) {
  map(
      product, count, [](auto x, auto y) { return x * y; }, a, b);
}
/// sum += factor · term.
template <class S>
RECUR_NOINLINE void add_scaled(S* sum, S factor, const S* term, Index count) {
  map(
      sum, count, [factor](auto a, auto b) { return fma(decltype(a)(factor), b, a); }, sum, term);
}
/// Σ_k a_k b_k by packs P; narrower packs take the rest. One by one, each addition would wait for the one
/// before.
template <class P, class S>
RECUR_ALWAYS_INLINE inline S dot_in_packs(const S* a, const S* b, Index count) {
  Index k = 0;
  S total = 0;
  if (count >= P::size) {
    P even(S(0)), odd(S(0));
    for (; k + 2 * P::size <= count; k += 2 * P::size) {
      even = fma(P::load(a + k), P::load(b + k), even);
      odd = fma(P::load(a + k + P::size), P::load(b + k + P::size), odd);
    }
    for (; k + P::size <= count; k += P::size) even = fma(P::load(a + k), P::load(b + k), even);
    total = sum(even + odd);
  }
  if constexpr (P::size > 1)
    if (k < count) total += dot_in_packs<Pack<S, P::size / 2>>(a + k, b + k, count - k);
  return total;
}
/// Σ_k a_k b_k.
template <class S>
RECUR_NOINLINE S dot(const S* a, const S* b, Index count) {
  return sum_in_runs<S>(count, [&](Index first, Index end) RECUR_ALWAYS_INLINE {
    return dot_in_packs<Pack<S>>(a + first, b + first, end - first);
  });
}
template <class S>
RECUR_NOINLINE bool all_zero(const S* values, Index count) {
  for (Index i = 0; i < count; ++i)
    if (values[i] != 0) return false;
  return true;
}
/// Σ_k (scale a_k)², in double: no square of a float overflows or vanishes there. It computes in packs if no
/// square would overflow or vanish anyway.
template <class S>
RECUR_NOINLINE double sum_of_squares(const S* values, Index count, double scale = 1) {
  constexpr Index run = 1024;
  constexpr double least = static_cast<double>(std::numeric_limits<S>::min()) * 0x1p40,
                   most = static_cast<double>(std::numeric_limits<S>::max());
  double total = 0;
  for (Index first = 0; first < count; first += run) {
    const Index size = std::min(run, count - first);
    double sum = scale == 1 ? static_cast<double>(dot(values + first, values + first, size)) : 0;
    if (!(sum > least && sum <= most) && !all_zero(values + first, size)) [[unlikely]] {
      sum = 0;
      for (Index i = first; i < first + size; ++i) {
        const double value = scale * static_cast<double>(values[i]);
        sum += value * value;
      }
    }
    total += sum;
  }
  return total;
}
/// max_k |a_k|; 0 if there are no numbers. It skips NaN.
template <class S>
RECUR_NOINLINE S largest_size(const S* values, Index count) {
  S top = 0;
  for (Index i = 0; i < count; ++i) top = std::max(top, std::abs(values[i]));
  return top;
}
template <class S>
RECUR_NOINLINE bool all_finite(const S* values, Index count) {
  Pack<S> zeros(S(0));  // 0 · v is NaN if v is not finite
  over_packs<S>(count, [&](Index i, Index lanes) {
    zeros = fma(Pack<S>(S(0)), Pack<S>::load(values + i, lanes), zeros);
  });
  return sum(zeros) == 0;
}

}  // namespace recur::inline RECUR_ABI::detail::arrays

#define RECUR_COMPILED_ARRAYS(how, S)                          \
  how template void scale(S*, Index, S);                       \
  how template void add(const S*, const S*, S*, Index);        \
  how template void multiply(const S*, const S*, S*, Index);   \
  how template void add_scaled(S*, S, const S*, Index);        \
  how template S dot(const S*, const S*, Index);               \
  how template bool all_zero(const S*, Index);                 \
  how template double sum_of_squares(const S*, Index, double); \
  how template S largest_size(const S*, Index);                \
  how template bool all_finite(const S*, Index);
#if defined(RECUR_COMPILED)
namespace recur::inline RECUR_ABI::detail::arrays {
RECUR_COMPILED_ARRAYS(extern, float)
RECUR_COMPILED_ARRAYS(extern, double)
}  // namespace recur::inline RECUR_ABI::detail::arrays
#endif
