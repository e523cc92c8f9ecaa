// One step of one sample, for streaming: the weights are read where they are, nothing is packed and nothing
// allocated. First all sums of all units, then the cell's mathematics, one pack of units after the other, so
// that the long chains of operations of several packs overlap.
#pragma once

#include <algorithm>
#include <array>

#include "recur/cell/cell.hpp"
#include "recur/core/simd.hpp"

namespace recur::kernel {

/// A part W x + b of the sums; b may be null.
template <class S>
struct Term {
  const S *w, *b, *x;
  Index columns;
};

/// Rows r, ..., r + Packs · P::size - 1 of the sum of all terms, in registers from the first column to the last.
/// Where there are too few of them to hide the latency of an addition, every other column has sums of its own.
template <class P, int Packs, class S, std::size_t N>
[[gnu::always_inline]] inline void sum_of_rows(const std::array<Term<S>, N>& terms, Index rows, Index r,
                                               S* y) {
  constexpr int chains = Packs < 8 ? 2 : 1;
  P sum[chains][Packs];
  unroll<Packs>([&](auto p) __attribute__((always_inline)) {
    unroll<chains>([&](auto c) __attribute__((always_inline)) { sum[c][p] = P(S(0)); });
  });
  unroll<static_cast<int>(N)>([&](auto i) __attribute__((always_inline)) {
    const S *const w = terms[i].w + r, *const x = terms[i].x;
    if (terms[i].b)
      unroll<Packs>([&](auto p) __attribute__((always_inline)) {
        sum[0][p] = sum[0][p] + P::load(terms[i].b + r + p * P::size);
      });
    in_turns<chains>(
        terms[i].columns, [&](auto chain, Index k) __attribute__((always_inline)) {
          const P xk(x[k]);
          unroll<Packs>([&](auto p) __attribute__((always_inline)) {
            sum[chain][p] = fma(P::load(w + k * rows + p * P::size), xk, sum[chain][p]);
          });
        });
  });
  unroll<Packs>([&](auto p) __attribute__((always_inline)) {
    if constexpr (chains > 1) sum[0][p] = sum[0][p] + sum[1][p];
    sum[0][p].store(y + r + p * P::size);
  });
}

/// y = the sum of the terms, of `rows` rows and at least a pack, by as many rows at once as the registers hold: for
/// weights that stay in the first-level cache. The rows are, most often, those of some gates of whole packs of
/// units; the last pack overlaps the one before where they are not.
template <class P, int Gates, class S, std::size_t N>
[[gnu::always_inline]] inline void sum_by_rows(const std::array<Term<S>, N>& terms, Index rows, S* y) {
  Index r = 0;
  const auto take = [&](auto packs) __attribute__((always_inline)) {
    if constexpr (packs <= 12)
      for (; r + packs * P::size <= rows; r += packs * P::size) sum_of_rows<P, packs>(terms, rows, r, y);
  };
  take(std::integral_constant<int, 8 * Gates>{});
  take(std::integral_constant<int, 4 * Gates>{});
  take(std::integral_constant<int, 2 * Gates>{});
  take(std::integral_constant<int, Gates>{});
  take(std::integral_constant<int, 1>{});
  if (r < rows) sum_of_rows<P, 1>(terms, rows, rows - P::size, y);
}

/// y += W x + b, eight columns at a time, which is the order of memory, for weights that come from further away; from
/// the last columns on if `turned`.
template <class P, class S>
void add_by_columns(const Term<S>& term, Index rows, S* y, bool turned) {
  const S* const x = term.x;
  if (term.b)
    for (Index r = 0; r < rows; ++r) y[r] += term.b[r];
  const auto add = [&](auto width, Index k) __attribute__((always_inline)) {
    P xk[width];
    unroll<width>([&](auto i) __attribute__((always_inline)) { xk[i] = P(x[k + i]); });
    const S* const column = term.w + k * rows;
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
  const Index groups = term.columns / wide;
  for (Index i = 0; i < groups; ++i)
    add(std::integral_constant<int, wide>{}, (turned ? groups - 1 - i : i) * wide);
  for (Index k = groups * wide; k < term.columns; ++k) add(std::integral_constant<int, 1>{}, k);
}

/// Whether W_ih and W_hh feed the same sums block by block, so that one array takes what both give.
template <class Unit>
inline constexpr bool feed_alike = std::ranges::equal(Unit::from_input, Unit::from_hidden);

/// Numbers that the sums of a step take.
template <class Cell>
Index sums_of_step(const Cell& cell) {
  return cell.weight_ih.rows() + (feed_alike<typename Cell::Unit> ? 0 : cell.weight_hh.rows());
}

/// The next state of units u, ..., u + P::size - 1 from the sums of a step.
template <class P, class Cell, class S, class States>
[[gnu::always_inline]] inline void update(const Cell& cell, const S* input_sums, const S* hidden_sums,
                                          const States& previous, States& next, Index u) {
  using Unit = typename Cell::Unit;
  Array<P, static_cast<std::size_t>(sums_of<Unit>)> sums{};
  unroll<Cell::input_gates>([&](auto g) __attribute__((always_inline)) {
    constexpr auto s = static_cast<std::size_t>(Unit::from_input[g]);
    sums[s] = sums[s] + P::load(input_sums + g * cell.hidden_size() + u);
  });
  if constexpr (!feed_alike<Unit>)
    unroll<Cell::hidden_gates>([&](auto g) __attribute__((always_inline)) {
      constexpr auto s = static_cast<std::size_t>(Unit::from_hidden[g]);
      sums[s] = sums[s] + P::load(hidden_sums + g * cell.hidden_size() + u);
    });
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

/// next = Cell(x, previous) by packs P, of which hidden_size is at least one. The last pack overlaps the one before
/// where hidden_size is no multiple.
template <class P, class Cell, class S, class States>
void step_in_packs(const Cell& cell, const S* x, const States& previous, States& next, S* sums, bool turned) {
  using Unit = typename Cell::Unit;
  constexpr Index input_gates = Cell::input_gates, hidden_gates = Cell::hidden_gates, cache_bytes = 24 * 1024;
  const Index hidden = cell.hidden_size();
  const auto bias = [](const Vector<S>& b) { return b.size() > 0 ? b.data() : nullptr; };
  const Term<S> of_input{cell.weight_ih.data(), bias(cell.bias_ih), x, cell.input_size()};
  const Term<S> of_hidden{cell.weight_hh.data(), bias(cell.bias_hh), previous[0].data(), hidden};
  S* const hidden_sums = feed_alike<Unit> ? sums : sums + input_gates * hidden;
  if (P::size < max_lanes<S> ||
      hidden_gates * hidden * hidden * static_cast<Index>(sizeof(S)) <= cache_bytes) {
    if constexpr (feed_alike<Unit>) {
      sum_by_rows<P, input_gates>(std::array{of_input, of_hidden}, input_gates * hidden, sums);
    } else {
      sum_by_rows<P, input_gates>(std::array{of_input}, input_gates * hidden, sums);
      if constexpr (hidden_gates > 0)
        sum_by_rows<P, hidden_gates>(std::array{of_hidden}, hidden_gates * hidden, hidden_sums);
    }
  } else {
    std::fill_n(sums, sums_of_step(cell), S(0));
    add_by_columns<P>(of_input, cell.weight_ih.rows(), sums, false);
    add_by_columns<P>(of_hidden, cell.weight_hh.rows(), hidden_sums, turned);
  }
  for (Index i = 0; i < hidden; i += P::size)
    update<P>(cell, sums, hidden_sums, previous, next, std::min<Index>(i, hidden - P::size));
}

/// next = Cell(x, previous); a hidden_size below a pack is served by smaller ones. Large cells read their weights
/// from the last on if `turned`, as every other step should: it begins with those that the last step left in the
/// cache.
template <class Cell, class S, class States>
void step(const Cell& cell, const S* x, const States& previous, States& next, S* sums, bool turned) {
  if (cell.hidden_size() >= max_lanes<S>)
    step_in_packs<Pack<S>>(cell, x, previous, next, sums, turned);
  else if (cell.hidden_size() >= 4)
    step_in_packs<Pack<S, 4>>(cell, x, previous, next, sums, turned);
  else
    step_in_packs<Pack<S, 1>>(cell, x, previous, next, sums, turned);
}

}  // namespace recur::kernel
