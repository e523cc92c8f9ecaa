// Numbers shifted and scaled to mean 0 and variance 1, for layers and cells that normalise.
#pragma once

#include <cmath>

#include "recur/core/matrix.hpp"
#include "recur/core/simd.hpp"

namespace recur {

/// μ, and 1 / √(σ² + ε).
template <class S>
struct Moments {
  S mean, scale;
};

/// Of `count` numbers, σ² with the divisor `count`.
template <class S>
[[gnu::noinline]] Moments<S> moments(const S* x, Index count, S epsilon) {
  using P = Pack<S>;
  P sums(S(0)), squares(S(0));
  over_packs<S>(count, [&](Index i, Index lanes) { sums = sums + P::load(x + i, lanes); });
  const S mean = sum(sums) / static_cast<S>(count);
  over_packs<S>(count, [&](Index i, Index lanes) {
    P d = P::load(x + i, lanes) - mean;
    if (lanes < P::size) {  // those beyond the last number: the shift has made them something else
      S numbers[P::size];
      d.store(numbers);
      d = P::load(numbers, lanes);
    }
    squares = fma(d, d, squares);
  });
  return {mean, 1 / std::sqrt(sum(squares) / static_cast<S>(count) + epsilon)};
}

/// x becomes x̂ = (x - μ) / √(σ² + ε). Returns 1 / √(σ² + ε).
template <class S>
[[gnu::noinline]] S normalize(S* x, Index count, S epsilon) {
  const auto [mean, scale] = moments(x, count, epsilon);
  for (Index i = 0; i < count; i += Pack<S>::size)
    ((Pack<S>::load(x + i, count - i) - mean) * scale).store(x + i, count - i);
  return scale;
}

/// The gradient with respect to x̂ becomes that with respect to x:
///
///   d = scale (d - mean(d) - x̂ mean(d ∘ x̂))
template <class S>
[[gnu::noinline]] void normalize_backward(const S* normal, S scale, S* d, Index count) {
  using P = Pack<S>;
  P sums(S(0)), products(S(0));
  over_packs<S>(count, [&](Index i, Index lanes) {
    const P g = P::load(d + i, lanes);
    sums = sums + g;
    products = fma(g, P::load(normal + i, lanes), products);
  });
  const P mean_d(sum(sums) / static_cast<S>(count)), mean_dx(sum(products) / static_cast<S>(count));
  over_packs<S>(count, [&](Index i, Index lanes) {
    (scale * (P::load(d + i, lanes) - mean_d - P::load(normal + i, lanes) * mean_dx)).store(d + i, lanes);
  });
}

}  // namespace recur
