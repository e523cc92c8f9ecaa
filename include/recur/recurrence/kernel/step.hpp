// One step of one sample, for streaming. The weights are read where they are. Nothing is packed and nothing
// is allocated.
//
//   sum_s = bias_s + Σ_k W_ih(s, k) x(k) + Σ_k W_hh(s, k) h'(k)     `take_packs`
//   state = Unit::forward(sums, previous state)                     `pointwise`
//
// One to four packs of units, side by side, compute their sums in registers from the first column to the last. The
// cell's mathematics then uses them directly. Sums that go through memory would make the mathematics wait,
// and it would wait longest if the sums are read in other pieces than they were written. `cover` chooses the
// packs. While one pack does its mathematics, the processor starts the sums of the next one.
#pragma once

#include <algorithm>
#include <type_traits>

#include "recur/cell/cell.hpp"
#include "recur/core/block.hpp"

namespace recur::inline RECUR_ABI::detail::kernel {

/// y += W x, eight columns at a time, in the order of memory. It is for weights that are not in the
/// first-level cache. If `turned`, it starts with the last columns. It does not use Block: eight numbers of x stay in
/// registers for all rows, while a Block loads x again for each pack of rows.
template <class P, class S>
void add_by_columns(const MatrixX<S>& w, const S* x, S* y, bool turned) {
  const Index rows = w.rows();
  const auto add = [&](auto width, Index k) RECUR_ALWAYS_INLINE {
    P xk[width];
    unroll<width>([&](auto i) RECUR_ALWAYS_INLINE { xk[i] = P(x[k + i]); });
    const S* const column = w.data() + k * rows;
    Index r = 0;
    for (; r + P::size <= rows; r += P::size) {
      P even = P::load(y + r), odd(S(0));
      unroll<width>([&](auto i) RECUR_ALWAYS_INLINE {
        P& sum = i % 2 == 0 ? even : odd;
        sum = fma(P::load(column + i * rows + r), xk[i], sum);
      });
      (even + odd).store(y + r);
    }
    for (; r < rows; ++r)
      unroll<width>([&](auto i) RECUR_ALWAYS_INLINE { y[r] += column[i * rows + r] * x[k + i]; });
  };
  constexpr Index wide = 8;
  const Index groups = w.cols() / wide;
  for (Index i = 0; i < groups; ++i)
    add(std::integral_constant<int, wide>{}, (turned ? groups - 1 - i : i) * wide);
  for (Index k = groups * wide; k < w.cols(); ++k) add(std::integral_constant<int, 1>{}, k);
}

/// True if W_ih and W_hh feed the same sums block by block. Then one array holds the results of both.
template <class Unit>
inline constexpr bool feed_alike = std::equal(Unit::from_input.begin(), Unit::from_input.end(),
                                              Unit::from_hidden.begin(), Unit::from_hidden.end());

/// The number of values that the sums of a step need.
template <class Cell>
Index sums_of_step(const Cell& cell) {
  return cell.weight_ih.rows() + (feed_alike<typename Cell::Unit> ? 0 : cell.weight_hh.rows());
}

/// The most features that a small cell reads: its weights then fit the first-level cache.
inline constexpr Index few_features = 32;

/// next = Cell(x, previous). Units is the number of units where the compiler knows it.
template <class Cell, class States, Index Units = Cell::fixed_hidden_size>
struct Step {
  using S = typename Cell::Scalar;
  using Unit = typename Cell::Unit;

  const Cell& cell;
  const S* x;
  const States& previous;
  States& next;

  /// `room` has space for sums_of_step numbers. If the weights of a cell do not fit the first-level cache,
  /// they are read in the order of memory, from the last column on if `turned`. Everything is inlined: a call of
  /// the cell's mathematics would take its sums through memory.
  RECUR_FLATTEN void run(S* room, bool turned) {
    constexpr Index fits_first_level = 28 * 1024 / static_cast<Index>(sizeof(S));
    const Index row = Cell::input_gates * cell.input_size() + Cell::hidden_gates * units();
    const S* ready = nullptr;
    if (units() >= max_lanes<S> && row * units() > fits_first_level) {
      std::fill_n(room, sums_of_step(cell), S(0));
      add_by_columns<Pack<S>>(cell.weight_ih, x, room, false);
      add_by_columns<Pack<S>>(cell.weight_hh, previous[0].data(), hidden_part(room), turned);
      ready = room;
    }
    cover<Pack<S>>(0, ready);
  }

  /// The same for a small cell: Units are 4, 8 or 16, and x has few_features at most.
  RECUR_FLATTEN void run_small() {
    using P = Pack<S, Units>;
    constexpr Index packs = std::min<Index>(Units / P::size, 2);
    for (Index u = 0; u < Units; u += packs * P::size) take_packs<P, packs, false>(u, nullptr);
  }

 private:
  static constexpr int sums = sums_of<Unit>;
  static constexpr int most_packs = std::clamp(12 / sums, 2, 4);  // 16 registers hold their sums

  Index units() const { return Units == Dynamic ? cell.hidden_size() : Units; }
  /// The place where the products of W_hh begin.
  template <class T>
  T* hidden_part(T* all) const {
    return feed_alike<Unit> ? all : all + cell.weight_ih.rows();
  }
  /// True if the cell may have this many units. For a fixed size, only the packs that it needs are compiled.
  static constexpr bool may_have(Index count) { return Units == Dynamic || Units >= count; }

  /// Computes all units from u on, by packs P; narrower packs take the rest. If too few units are left, the
  /// last pack of a width overlaps the pack before it. With packs of 16, 8 and 4: 40 are 32 + 8, 47 are 32 + 16, 12 are
  /// 8 + 4, 7 are 4 + 4. Fewer units than two packs of 512 bits are computed by narrower packs, unless they fill
  /// exactly one. Some processors split such a pack into two halves. For 24 units, they are faster with three equal
  /// packs of 256 bits, side by side.
  template <class P>
  RECUR_ALWAYS_INLINE void cover(Index u, const S* ready) {
    constexpr int narrower = P::size == 1 ? 0 : Pack<S, P::size / 2>::size;
    constexpr bool in_halves = P::size * sizeof(S) > 32;
    if constexpr (may_have(P::size))
      if (units() >= 2 * P::size || (in_halves ? units() == P::size : units() >= P::size)) {
        const auto take = [&](auto packs) RECUR_ALWAYS_INLINE {
          if constexpr (may_have(packs * P::size))
            for (; u + packs * P::size <= units(); u += packs * P::size) {
              if (packs > 2 && (units() - u) / P::size == packs + 1)
                break;  // three at a time would leave one of 4: they are 2 + 2. Four at a time would leave one of 5: they are 2 + 2 + 1
              take_packs<P, packs>(u, ready);
            }
        };
        if constexpr (P::size > 1 ||
                      max_lanes<S> == 1) {  // otherwise three units at most: not worth the code
          take(std::integral_constant<int, most_packs>{});
          if constexpr (most_packs > 2) take(std::integral_constant<int, 2>{});
        }
        for (; units() - u > narrower; u += P::size)
          take_packs<P, 1>(std::min<Index>(u, units() - P::size), ready);
      }
    if constexpr (narrower > 0)
      if (u < units()) cover<Pack<S, narrower>>(u, ready);
  }

  /// Computes the next state of units u, ..., u + Packs · P::size - 1. `ready`: the sums
  /// without bias, if they were computed by columns; otherwise null. Without `by_columns` it must be null.
  template <class P, int Packs, bool by_columns = true>
  RECUR_ALWAYS_INLINE void take_packs(Index u, const S* ready) {
    // The last addition is ready sooner with two chains, if the registers hold them.
    constexpr int chains = 2 * sums * Packs < vector_registers ? 2 : 1;
    Block<P, sums, Packs, 1, chains> block;
    constexpr auto input = feeds_to(Unit::from_input);
    constexpr auto hidden = feeds_to(Unit::from_hidden);
    if (cell.bias_ih.size() > 0) {
      block.template add<input>(cell.bias_ih.data() + u, units());
      block.template add<hidden>(cell.bias_hh.data() + u, units());
    }
    if (by_columns && ready) {
      block.template add<input>(ready + u, units());
      if constexpr (!feed_alike<Unit>) block.template add<hidden>(hidden_part(ready) + u, units());
    } else {
      block.template add_product<input>(cell.input_size(), rows_of(cell.weight_ih, Cell::input_gates, u),
                                        {x, 1, 0});
      if constexpr (hidden.size() > 0)
        block.template add_product<hidden>(units(), rows_of(cell.weight_hh, Cell::hidden_gates, u),
                                           {previous[0].data(), 1, 0});
    }
    unroll<Packs>([&](auto p) RECUR_ALWAYS_INLINE {
      std::array<P, static_cast<std::size_t>(sums)> total;
      unroll<sums>([&](auto s) RECUR_ALWAYS_INLINE { total[s] = block.sum(s, p); });
      pointwise(total, u + p * P::size);
    });
  }

  /// Rows u, ... of each gate of W. The compiler knows how far apart the columns are, in terms of units.
  Left<S> rows_of(const MatrixX<S>& w, Index gates, Index u) const {
    return {w.data() + u, gates * units(), units()};
  }

  /// The cell's mathematics for a pack of units.
  template <class P>
  RECUR_ALWAYS_INLINE void pointwise(const std::array<P, static_cast<std::size_t>(sums)>& sum, Index u) {
    std::array<P, Unit::states> before, after;
    std::array<P, Unit::saved> saved;
    std::array<P, unit_weights_of<Unit>> own;
    unroll<Unit::states>([&](auto q) RECUR_ALWAYS_INLINE { before[q] = P::load(previous[q].data() + u); });
    unroll<unit_weights_of<Unit>>(
        [&](auto q) RECUR_ALWAYS_INLINE { own[q] = P::load(cell.unit_weights[q].data() + u); });
    unit_forward<Unit, P>(sum, own, before, after, saved);
    unroll<Unit::states>([&](auto q) RECUR_ALWAYS_INLINE { after[q].store(next[q].data() + u); });
  }
};

}  // namespace recur::inline RECUR_ABI::detail::kernel
