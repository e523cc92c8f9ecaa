// One step of one sample, for streaming: the weights are read where they are, nothing is packed and nothing
// allocated.
//
//   sum_s = bias_s + Σ_k W_ih(s, k) x(k) + Σ_k W_hh(s, k) h'(k)     `add`
//   state = Unit::forward(sums, previous state)                     `update`
//
// A pack of units, or two side by side, takes its sums in registers from the first column to the last and goes on
// to the cell's mathematics from there: sums that went through memory would wait for it, and longest where they are
// read in other pieces than they were written. `cover` chooses the packs. While one does its mathematics, the
// processor begins with the sums of the next.
#pragma once

#include <algorithm>
#include <type_traits>

#include "recur/cell/cell.hpp"
#include "recur/core/simd.hpp"

namespace recur::inline RECUR_ABI::kernel {

/// y += W x, eight columns at a time, which is the order of memory, for weights that come from beyond the
/// first-level cache; from the last columns on if `turned`.
template <class P, class S>
void add_by_columns(const Matrix<S>& w, const S* x, S* y, bool turned) {
  const Index rows = w.rows();
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
  const Index groups = w.cols() / wide;
  for (Index i = 0; i < groups; ++i)
    add(std::integral_constant<int, wide>{}, (turned ? groups - 1 - i : i) * wide);
  for (Index k = groups * wide; k < w.cols(); ++k) add(std::integral_constant<int, 1>{}, k);
}

/// Whether W_ih and W_hh feed the same sums block by block, so that one array takes what both give.
template <class Unit>
inline constexpr bool feed_alike = std::ranges::equal(Unit::from_input, Unit::from_hidden);

/// Numbers that the sums of a step take.
template <class Cell>
Index sums_of_step(const Cell& cell) {
  return cell.weight_ih.rows() + (feed_alike<typename Cell::Unit> ? 0 : cell.weight_hh.rows());
}

/// next = Cell(x, previous).
template <class Cell, class States>
struct Step {
  using S = typename Cell::Scalar;
  using Unit = typename Cell::Unit;

  const Cell& cell;
  const S* x;
  const States& previous;
  States& next;

  /// `room` is that for sums_of_step numbers. Cells whose weights are beyond the first-level cache read them in
  /// the order of memory, from the last column on if `turned`.
  void run(S* room, bool turned) {
    constexpr Index cached = 28 * 1024 / static_cast<Index>(sizeof(S));
    const Index row = Cell::input_gates * cell.input_size() + Cell::hidden_gates * units();
    const S* ready = nullptr;
    if (units() >= max_lanes<S> && row * units() > cached) {
      std::fill_n(room, sums_of_step(cell), S(0));
      add_by_columns<Pack<S>>(cell.weight_ih, x, room, false);
      add_by_columns<Pack<S>>(cell.weight_hh, previous[0].data(), hidden_part(room), turned);
      ready = room;
    }
    cover<Pack<S>>(0, ready);
  }

 private:
  static constexpr int sums = sums_of<Unit>;
  static constexpr int most_packs = std::clamp(12 / sums, 2, 4);  // whose sums 16 registers hold

  Index units() const { return cell.hidden_size(); }
  /// Where the products of W_hh begin.
  template <class T>
  T* hidden_part(T* all) const {
    return feed_alike<Unit> ? all : all + cell.weight_ih.rows();
  }
  /// Whether the cell may have so many units: of fixed sizes only those packs are compiled that they need.
  static constexpr bool may_have(Index count) {
    return Cell::fixed_hidden_size == Dynamic || Cell::fixed_hidden_size >= count;
  }

  /// All units from u on: by packs P until a narrower one takes the rest. The last pack of a width overlaps the one
  /// before it where there are too few units: 40 are 32 + 8, 47 are 32 + 16, 12 are 8 + 4, 7 are 4 + 4. A single pack
  /// of 512 bits leaves none to a narrower one: processors that take it in two halves are then sooner done with three
  /// equal packs of 256, side by side, for 24 units.
  template <class P>
  [[gnu::always_inline]] void cover(Index u, const S* ready) {
    constexpr int narrower = P::size == 1 ? 0 : Pack<S, P::size / 2>::size;
    constexpr bool in_halves = P::size * sizeof(S) > 32;
    if constexpr (may_have(P::size))
      if (units() >= 2 * P::size || (in_halves ? units() == P::size : units() >= P::size)) {
        const auto take = [&](auto packs) __attribute__((always_inline)) {
          if constexpr (may_have(packs * P::size))
            for (; u + packs * P::size <= units(); u += packs * P::size) {
              if (packs > 2 && (units() - u) / P::size == packs + 1)
                break;  // leaves no pack alone: 4 are 2 + 2
              take_packs<P, packs>(u, ready);
            }
        };
        take(std::integral_constant<int, most_packs>{});
        if constexpr (most_packs > 2) take(std::integral_constant<int, 2>{});
        for (; units() - u > narrower; u += P::size)
          take_packs<P, 1>(std::min<Index>(u, units() - P::size), ready);
      }
    if constexpr (narrower > 0)
      if (u < units()) cover<Pack<S, narrower>>(u, ready);
  }

  /// The next state of units u, ..., u + Packs · P::size - 1. `ready` are the sums without their bias, where they
  /// came by columns, else null.
  template <class P, int Packs>
  [[gnu::always_inline]] void take_packs(Index u, const S* ready) {
    // Every other column has sums of its own if the registers hold them: the last addition is done the sooner.
    constexpr int chains = 2 * sums * Packs < vector_registers ? 2 : 1;
    P sum[chains][sums][Packs];
    unroll<chains * sums * Packs>([&](auto i) __attribute__((always_inline)) {
      sum[i / (sums * Packs)][i / Packs % sums][i % Packs] = P(S(0));
    });
    if (cell.bias_ih.size() > 0) {
      add_numbers<Unit::from_input>(sum[0], cell.bias_ih.data(), u);
      add_numbers<Unit::from_hidden>(sum[0], cell.bias_hh.data(), u);
    }
    if (ready) {
      add_numbers<Unit::from_input>(sum[0], ready, u);
      if constexpr (!feed_alike<Unit>) add_numbers<Unit::from_hidden>(sum[0], hidden_part(ready), u);
    } else {
      add_product<Unit::from_input>(sum, cell.weight_ih.data(), u, x, cell.input_size());
      add_product<Unit::from_hidden>(sum, cell.weight_hh.data(), u, previous[0].data(), units());
    }
    unroll<Packs>([&](auto p) __attribute__((always_inline)) {
      Array<P, static_cast<std::size_t>(sums)> total;
      unroll<sums>([&](auto s) __attribute__((always_inline)) {
        total[s] = sum[0][s][p];
        if constexpr (chains > 1) total[s] = total[s] + sum[1][s][p];
      });
      update(total, u + p * P::size);
    });
  }

  /// sum[From[g]] += the numbers of units u, ... in block g, where each block has one for every unit.
  template <auto From, int Packs, class P>
  [[gnu::always_inline]] void add_numbers(P (&sum)[sums][Packs], const S* numbers, Index u) const {
    unroll<static_cast<int>(From.size()) * Packs>([&](auto i) __attribute__((always_inline)) {
      P& to = sum[From[i / Packs]][i % Packs];
      to = to + P::load(numbers + i / Packs * units() + u + i % Packs * P::size);
    });
  }

  /// sum[From[g]] += rows u, ... of W_g v, where W has such a block of rows for each of its gates g.
  template <auto From, int Chains, int Packs, class P>
  [[gnu::always_inline]] void add_product(P (&sum)[Chains][sums][Packs], const S* w, Index u, const S* v,
                                          Index columns) const {
    constexpr int gates = static_cast<int>(From.size());
    if constexpr (gates > 0)
      in_turns<Chains>(
          columns, [&](auto chain, Index k) __attribute__((always_inline)) {
            const P vk(v[k]);
            unroll<gates * Packs>([&](auto i) __attribute__((always_inline)) {
              P& to = sum[chain][From[i / Packs]][i % Packs];
              to = fma(P::load(w + (k * gates + i / Packs) * units() + u + i % Packs * P::size), vk, to);
            });
          });
  }

  /// The cell's mathematics for a pack of units.
  template <class P>
  [[gnu::always_inline]] void update(const Array<P, static_cast<std::size_t>(sums)>& sum, Index u) {
    Array<P, Unit::states> before, after;
    Array<P, Unit::saved> saved;
    Array<P, unit_weights_of<Unit>> own;
    unroll<Unit::states>([&](auto q)
                             __attribute__((always_inline)) { before[q] = P::load(previous[q].data() + u); });
    unroll<unit_weights_of<Unit>>([&](auto q) __attribute__((always_inline)) {
      own[q] = P::load(cell.unit_weights[q].data() + u);
    });
    unit_forward<Unit, P>(sum, own, before, after, saved);
    unroll<Unit::states>([&](auto q) __attribute__((always_inline)) { after[q].store(next[q].data() + u); });
  }
};

}  // namespace recur::inline RECUR_ABI::kernel
