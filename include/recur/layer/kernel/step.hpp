// One step of one sample, for streaming: the weights are read where they are, nothing is packed and nothing
// allocated.
#pragma once

#include <array>

#include "recur/cell/cell.hpp"
#include "recur/core/simd.hpp"

namespace recur::kernel {

/// Units u, ..., u + P::size - 1. The sum over inputs is cut in two chains, since a single sample is bound by
/// the latency of its additions.
template <class P, class Cell, class States>
[[gnu::always_inline]] inline void step_units(const Cell& cell, const typename Cell::Scalar* x,
                                              const States& previous, States& next, Index u) {
  using S = typename Cell::Scalar;
  using Unit = typename Cell::Unit;
  constexpr int sums = sums_of<Unit>;
  const Index hidden = cell.hidden_size(), inputs = cell.input_size();
  P sum[2][sums];
  unroll<sums>([&](auto s) __attribute__((always_inline)) { sum[0][s] = sum[1][s] = P(S(0)); });
  const auto feed = [&]<auto From>(std::integral_constant<decltype(From), From>, const Matrix<S>& weight,
                                   const Vector<S>& bias, const S* from, Index count)
      __attribute__((always_inline)) {
    constexpr int gates = static_cast<int>(From.size());
    const Index column = gates * hidden;
    const S* w = weight.data() + u;
    const auto add = [&](auto chain, Index k) __attribute__((always_inline)) {
      const P b(from[k]);
      unroll<gates>([&](auto g) __attribute__((always_inline)) {
        constexpr auto s = static_cast<std::size_t>(From[static_cast<std::size_t>(g)]);
        sum[chain][s] = fma(P::load(w + k * column + g * hidden), b, sum[chain][s]);
      });
    };
    unroll<gates>([&](auto g) __attribute__((always_inline)) {
      constexpr auto s = static_cast<std::size_t>(From[static_cast<std::size_t>(g)]);
      sum[0][s] = sum[0][s] + P::load(bias.data() + g * hidden + u);
    });
    Index k = 0;
    for (; k + 2 <= count; k += 2) {
      add(std::integral_constant<int, 0>{}, k);
      add(std::integral_constant<int, 1>{}, k + 1);
    }
    if (k < count) add(std::integral_constant<int, 0>{}, k);
  };
  feed(std::integral_constant<decltype(Unit::from_input), Unit::from_input>{}, cell.weight_ih, cell.bias_ih,
       x, inputs);
  feed(std::integral_constant<decltype(Unit::from_hidden), Unit::from_hidden>{}, cell.weight_hh, cell.bias_hh,
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
