// One step of one sample, for streaming: the weights are read where they are, nothing is packed and nothing
// allocated. Small cells, whose weights stay in the first-level cache, keep all sums of some units in registers
// from the first product to the next state; of larger ones the weights come from further away, and what counts
// is to read them in long runs.
#pragma once

#include <algorithm>
#include <array>

#include "recur/cell/cell.hpp"
#include "recur/core/simd.hpp"

namespace recur::kernel {

/// sums[·][From[g]] += w(g, k) · from(k) over all k, for Packs packs of units whose weights begin at w. Where
/// there are too few sums to hide the latency of an addition, every other k has sums of its own.
template <auto From, int Packs, int Chains, int Sums, class P, class S>
[[gnu::always_inline]] inline void feed(P (&sums)[Chains][Sums * Packs], const S* w, const S* bias,
                                        Index hidden, const S* from, Index count) {
  constexpr int gates = static_cast<int>(From.size());
  const auto each = [&](auto&& f) __attribute__((always_inline)) {
    unroll<gates * Packs>([&](auto q) __attribute__((always_inline)) {
      constexpr int g = q / Packs, p = q % Packs;
      f(std::integral_constant<int, From[static_cast<std::size_t>(g)] * Packs + p>{},
        g * hidden + p * P::size);
    });
  };
  const auto add = [&](auto chain, Index k) __attribute__((always_inline)) {
    const P b(from[k]);
    const S* const column = w + k * gates * hidden;
    each([&](auto s, Index row) __attribute__((always_inline)) {
      sums[chain][s] = fma(P::load(column + row), b, sums[chain][s]);
    });
  };
  if (bias)
    each([&](auto s, Index row)
             __attribute__((always_inline)) { sums[0][s] = sums[0][s] + P::load(bias + row); });
  Index k = 0;
  if constexpr (Chains > 1)
    for (; k + 2 <= count; k += 2) {
      add(std::integral_constant<int, 0>{}, k);
      add(std::integral_constant<int, 1>{}, k + 1);
    }
  for (; k < count; ++k) add(std::integral_constant<int, 0>{}, k);
}

/// The next state of the units from u on, from their sums.
template <class P, class Cell, class States, std::size_t N>
[[gnu::always_inline]] inline void update(const Cell& cell, const Array<P, N>& sums, const States& previous,
                                          States& next, Index u) {
  using Unit = typename Cell::Unit;
  Array<P, Unit::states> before, after;
  Array<P, Unit::saved> saved;
  unroll<Unit::states>([&](auto q)
                           __attribute__((always_inline)) { before[q] = P::load(previous[q].data() + u); });
  Array<P, unit_weights_of<Unit>> own;
  unroll<unit_weights_of<Unit>>([&](auto q) __attribute__((always_inline)) {
    own[q] = P::load(cell.unit_weights[q].data() + u);
  });
  unit_forward<Unit, P>(sums, own, before, after, saved);
  unroll<Unit::states>([&](auto q) __attribute__((always_inline)) { after[q].store(next[q].data() + u); });
}

/// Units u, ..., u + Packs · P::size - 1, their sums in registers.
template <class P, int Packs, class Cell, class States>
[[gnu::always_inline]] inline void step_units(const Cell& cell, const typename Cell::Scalar* x,
                                              const States& previous, States& next, Index u) {
  using Unit = typename Cell::Unit;
  constexpr int sums = sums_of<Unit>, chains = sums * Packs < 8 ? 2 : 1;
  const Index hidden = cell.hidden_size();
  P sum[chains][sums * Packs];
  unroll<sums * Packs>([&](auto q) __attribute__((always_inline)) {
    unroll<chains>([&](auto c) __attribute__((always_inline)) { sum[c][q] = P(0); });
  });
  const auto at_u = [&](const auto& bias) { return bias.size() > 0 ? bias.data() + u : nullptr; };
  feed<Unit::from_input, Packs, chains, sums>(sum, cell.weight_ih.data() + u, at_u(cell.bias_ih), hidden, x,
                                              cell.input_size());
  if constexpr (Unit::from_hidden.size() > 0)  // else there are no weights to point to
    feed<Unit::from_hidden, Packs, chains, sums>(sum, cell.weight_hh.data() + u, at_u(cell.bias_hh), hidden,
                                                 previous[0].data(), hidden);

  unroll<Packs>([&](auto p) __attribute__((always_inline)) {
    Array<P, static_cast<std::size_t>(sums)> a;
    unroll<sums>([&](auto s) __attribute__((always_inline)) {
      a[s] = sum[0][s * Packs + p];
      if constexpr (chains > 1) a[s] = a[s] + sum[1][s * Packs + p];
    });
    update<P>(cell, a, previous, next, u + p * P::size);
  });
}

/// y = W x + b, eight columns at a time, which is the order of memory; from the last ones on if `turned`.
template <class S>
void affine(const Matrix<S>& w, const Vector<S>& b, const S* x, S* y, bool turned) {
  using P = Pack<S>;
  const Index rows = w.rows(), columns = w.cols();
  if (b.size() > 0)
    std::copy_n(b.data(), rows, y);
  else
    std::fill_n(y, rows, S(0));
  const auto add = [&](auto width, Index k) __attribute__((always_inline)) {
    P xk[width];
    unroll<width>([&](auto i) __attribute__((always_inline)) { xk[i] = P(x[k + i]); });
    const S* const column = w.data() + k * rows;
    Index r = 0;
    for (; r + P::size <= rows; r += P::size) {
      P even = P::load(y + r), odd(S(0));
      unroll<width>([&](auto i) __attribute__((always_inline)) {
        P& sum = i % 2 == 0 ? even : odd;
        sum = fma(P::load(column + i * rows + r), xk[i], sum);
      });
      (even + odd).store(y + r);
    }
    for (; r < rows; ++r)
      unroll<width>([&](auto i) __attribute__((always_inline)) { y[r] += column[i * rows + r] * x[k + i]; });
  };
  constexpr Index wide = 8;
  const Index groups = columns / wide;
  for (Index i = 0; i < groups; ++i)
    add(std::integral_constant<int, wide>{}, (turned ? groups - 1 - i : i) * wide);
  for (Index k = groups * wide; k < columns; ++k) add(std::integral_constant<int, 1>{}, k);
}

/// Room for the products of a large cell's step.
template <class Cell>
Index products_of(const Cell& cell) {
  constexpr Index cache_bytes = 24 * 1024;
  const bool large = cell.hidden_size() >= max_lanes<typename Cell::Scalar> &&
                     cell.weight_hh.size() * static_cast<Index>(sizeof(typename Cell::Scalar)) > cache_bytes;
  return large ? cell.weight_ih.rows() + cell.weight_hh.rows() : 0;
}

/// next = Cell(x, previous), by way of the products W_ih x + b_ih and W_hh h' + b_hh. hidden_size is at least a pack.
template <class Cell, class S, class States>
void step_by_products(const Cell& cell, const S* x, const States& previous, States& next, S* products,
                      bool turned) {
  using Unit = typename Cell::Unit;
  using P = Pack<S>;
  const Index hidden = cell.hidden_size();
  S* const of_hidden = products + cell.weight_ih.rows();
  affine(cell.weight_ih, cell.bias_ih, x, products, false);
  affine(cell.weight_hh, cell.bias_hh, previous[0].data(), of_hidden, turned);
  for (Index i = 0; i < hidden; i += P::size) {
    const Index u = std::min<Index>(i, hidden - P::size);
    Array<P, static_cast<std::size_t>(sums_of<Unit>)> sums{};
    unroll<Cell::input_gates>([&](auto g) __attribute__((always_inline)) {
      constexpr auto s = static_cast<std::size_t>(Unit::from_input[g]);
      sums[s] = sums[s] + P::load(products + g * hidden + u);
    });
    unroll<Cell::hidden_gates>([&](auto g) __attribute__((always_inline)) {
      constexpr auto s = static_cast<std::size_t>(Unit::from_hidden[g]);
      sums[s] = sums[s] + P::load(of_hidden + g * hidden + u);
    });
    update<P>(cell, sums, previous, next, u);
  }
}

/// next = Cell(x, previous) with the sums in registers, two packs of units at a time, which use whole cache
/// lines of the weights. The last pack overlaps the one before where hidden_size is no multiple; a hidden_size
/// below a pack is served by smaller ones.
template <class Cell, class States>
void step_in_registers(const Cell& cell, const typename Cell::Scalar* x, const States& previous,
                       States& next) {
  using S = typename Cell::Scalar;
  const Index hidden = cell.hidden_size();
  const auto in_packs_of = [&]<class P>(std::type_identity<P>) {
    Index u = 0;
    for (; u + 2 * P::size <= hidden; u += 2 * P::size) step_units<P, 2>(cell, x, previous, next, u);
    for (; u < hidden; u += P::size)
      step_units<P, 1>(cell, x, previous, next, std::min<Index>(u, hidden - P::size));
  };
  if (hidden >= max_lanes<S>)
    in_packs_of(std::type_identity<Pack<S>>{});
  else if (hidden >= 4)
    in_packs_of(std::type_identity<Pack<S, 4>>{});
  else
    in_packs_of(std::type_identity<Pack<S, 1>>{});
}

}  // namespace recur::kernel
