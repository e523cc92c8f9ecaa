// One step of one sample, for streaming: the weights are read where they are, nothing is packed and nothing
// allocated.
#pragma once

#include <array>

#include "recur/cell/cell.hpp"
#include "recur/core/simd.hpp"

namespace recur::kernel {

/// sums[·][From[g]] += w(g, k) · from(k) over all k, the weights of P::size units beginning at w. The sum over k is cut in two
/// chains, since a single sample is bound by the latency of its additions.
template <auto From, int Sums, class P, class S>
[[gnu::always_inline]] inline void feed(P (&sums)[2][Sums], const S* w, const S* bias, Index hidden,
                                        const S* from, Index count) {
  constexpr int gates = static_cast<int>(From.size());
  const auto add = [&](auto chain, Index k) __attribute__((always_inline)) {
    const P b(from[k]);
    unroll<gates>([&](auto g) __attribute__((always_inline)) {
      constexpr auto s = From[static_cast<std::size_t>(g)];
      sums[chain][s] = fma(P::load(w + (k * gates + g) * hidden), b, sums[chain][s]);
    });
  };
  unroll<gates>([&](auto g) __attribute__((always_inline)) {
    constexpr auto s = From[static_cast<std::size_t>(g)];
    sums[0][s] = sums[0][s] + P::load(bias + g * hidden);
  });
  Index k = 0;
  for (; k + 2 <= count; k += 2) {
    add(std::integral_constant<int, 0>{}, k);
    add(std::integral_constant<int, 1>{}, k + 1);
  }
  if (k < count) add(std::integral_constant<int, 0>{}, k);
}

/// Units u, ..., u + P::size - 1.
template <class P, class Cell, class States>
void step_units(const Cell& cell, const typename Cell::Scalar* x, const States& previous, States& next,
                Index u) {
  using Unit = typename Cell::Unit;
  constexpr int sums = sums_of<Unit>;
  const Index hidden = cell.hidden_size();
  P sum[2][sums];
  unroll<sums>([&](auto s) __attribute__((always_inline)) { sum[0][s] = sum[1][s] = P(0); });
  feed<Unit::from_input, sums>(sum, cell.weight_ih.data() + u, cell.bias_ih.data() + u, hidden, x,
                               cell.input_size());
  if constexpr (Unit::from_hidden.size() > 0)  // else there are no weights to point to
    feed<Unit::from_hidden, sums>(sum, cell.weight_hh.data() + u, cell.bias_hh.data() + u, hidden,
                                  previous[0].data(), hidden);

  Array<P, static_cast<std::size_t>(sums)> a;
  Array<P, Unit::states> before, after;
  Array<P, Unit::saved> saved;
  unroll<sums>([&](auto s) __attribute__((always_inline)) { a[s] = sum[0][s] + sum[1][s]; });
  unroll<Unit::states>([&](auto q)
                           __attribute__((always_inline)) { before[q] = P::load(previous[q].data() + u); });
  Unit::forward(a, before, after, saved);
  unroll<Unit::states>([&](auto q) __attribute__((always_inline)) { after[q].store(next[q].data() + u); });
}

/// next = Cell(x, previous). The last pack of units overlaps the one before where hidden_size is no multiple;
/// a hidden_size below a pack is served by smaller ones.
template <class Cell, class States>
void step(const Cell& cell, const typename Cell::Scalar* x, const States& previous, States& next) {
  using S = typename Cell::Scalar;
  const Index hidden = cell.hidden_size();
  const auto in_packs = [&]<class P>(std::type_identity<P>) {
    for (Index u = 0; u < hidden; u += P::size)
      step_units<P>(cell, x, previous, next, std::min<Index>(u, hidden - P::size));
  };
  if (hidden >= max_lanes<S>)
    in_packs(std::type_identity<Pack<S>>{});
  else if (hidden >= 4)
    in_packs(std::type_identity<Pack<S, 4>>{});
  else
    in_packs(std::type_identity<Pack<S, 1>>{});
}

}  // namespace recur::kernel
