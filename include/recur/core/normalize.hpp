// Shifts and scales numbers to mean 0 and variance 1, for layers and cells that normalise.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "recur/core/matrix.hpp"
#include "recur/core/parameters.hpp"
#include "recur/core/simd.hpp"
#include "recur/core/sums.hpp"

namespace recur::inline RECUR_ABI::detail {

/// The numbers that turn x into x̂: x̂ = (x shrink - mean) scale. Here mean is μ · shrink, and scale is 1 /
/// (√(σ² + ε) shrink). shrink is usually 1. It is a small power of two if squares of x would overflow.
template <class S>
struct Moments {
  S shrink, mean, scale;

  RECUR_ALWAYS_INLINE Pack<S> normal(Pack<S> x) const { return fma(x, shrink, -mean) * scale; }
  /// 1 / √(σ² + ε).
  S inverse_deviation() const { return scale * shrink; }
};

/// The moments of `count` numbers; σ² has the divisor `count`. The mean is computed relative to the first
/// number. So equal numbers differ from it by exactly 0.
template <class S>
RECUR_NOINLINE Moments<S> moments(const S* x, Index count, S epsilon, S shrink = 1) {
  using P = Pack<S>;
  const S first = x[0] * shrink;
  // With d = x shrink - from for each number, f(d, sum) adds one term to the sum.
  const auto sum_of = [&](S from, auto&& f) RECUR_ALWAYS_INLINE {
    return sum_in_runs<S>(count, [&](Index i, Index end) RECUR_ALWAYS_INLINE {
      P even(S(0)), odd(S(0));
      const auto at = [&](Index k) RECUR_ALWAYS_INLINE { return fma(P::load(x + k), shrink, -from); };
      for (; i + 2 * P::size <= end; i += 2 * P::size) {
        even = f(at(i), even);
        odd = f(at(i + P::size), odd);
      }
      for (; i + P::size <= end; i += P::size) even = f(at(i), even);
      if (i < end) {
        // Lanes beyond the last number become 0 again, because the shift has changed them.
        S numbers[P::size];
        fma(P::load(x + i, end - i), shrink, -from).store(numbers);
        odd = f(P::load(numbers, end - i), odd);
      }
      return sum(even + odd);
    });
  };
  const S n = static_cast<S>(count), mean = first + sum_of(first, [](P d, P s) { return s + d; }) / n,
          variance = sum_of(mean, [](P d, P s) { return fma(d, d, s); }) / n;
  if (!std::isfinite(variance) && shrink == 1) [[unlikely]] {
    const S largest = detail::arrays::largest_size(x, count);
    if (std::isfinite(largest) && largest > 1)  // sums of smaller numbers don't overflow: then one is NaN
      return moments(
          x, count, epsilon,
          std::max(std::numeric_limits<S>::min(),  // smaller would be 0 if denormal numbers are flushed
                   std::ldexp(S(1), -std::ilogb(largest) - 1)));
  }
  const S with_epsilon = variance + epsilon * shrink * shrink;
  const S least = std::numeric_limits<S>::min();  // used if all numbers are equal and ε has shrunk to 0
  return {shrink, mean, 1 / std::sqrt(with_epsilon < least ? least : with_epsilon)};
}

/// x becomes x̂ = (x - μ) / √(σ² + ε). It returns 1 / √(σ² + ε).
template <class S>
RECUR_NOINLINE S normalize(S* x, Index count, S epsilon) {
  const auto found = moments(x, count, epsilon);
  for (Index i = 0; i < count; i += Pack<S>::size)
    found.normal(Pack<S>::load(x + i, count - i)).store(x + i, count - i);
  return found.inverse_deviation();
}

/// Turns the gradient with respect to x̂, g = γ ∘ d, into the gradient with respect to x:
///
///   dx = scale (g - mean(g) - x̂ mean(g ∘ x̂))
///
/// If `scale` makes numbers smaller, it is applied first. Each term of a mean is divided before it is added.
/// So no intermediate result overflows if dx is finite.
template <class S>
class NormalizeBackward {
  using P = Pack<S>;

 public:
  /// Takes the moments of `count` numbers, or 1 / √(σ² + ε) and a shrink of 1.
  NormalizeBackward(S scale, S shrink, Index count)
      : before_(shrink < 1 ? shrink : std::clamp(scale, std::numeric_limits<S>::min(), S(0.5))),
        after_(shrink < 1 ? scale : scale / before_),
        part_(1 / static_cast<S>(count)) {}

  P gradient(P gain, P d) const { return before_ * d * gain; }
  void add(P gain, P d, P normal) {
    const P g = part_ * gradient(gain, d);
    sums_ = sums_ + g;
    products_ = fma(g, normal, products_);
  }
  /// Call it after all numbers are added.
  void finish() {
    mean_ = P(sum(sums_));
    mean_product_ = P(sum(products_));
  }
  P dx(P gain, P d, P normal) const { return after_ * (gradient(gain, d) - mean_ - normal * mean_product_); }

 private:
  S before_, after_, part_;
  P sums_ = P(S(0)), products_ = P(S(0)), mean_ = P(S(0)), mean_product_ = P(S(0));
};

/// Turns the gradient with respect to x̂ into that with respect to x.
template <class S>
RECUR_NOINLINE void normalize_backward(const S* normal, S scale, S* d, Index count) {
  using P = Pack<S>;
  NormalizeBackward<S> way(scale, S(1), count);
  const P one(S(1));
  over_packs<S>(
      count, [&](Index i, Index lanes) { way.add(one, P::load(d + i, lanes), P::load(normal + i, lanes)); });
  way.finish();
  over_packs<S>(count, [&](Index i, Index lanes) {
    way.dx(one, P::load(d + i, lanes), P::load(normal + i, lanes)).store(d + i, lanes);
  });
}

}  // namespace recur::inline RECUR_ABI::detail
