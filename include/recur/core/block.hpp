// A block of sums in registers, for C += A B. All matrix products of the library are made of it.
//
// A block is a few packs of rows × a few columns of C. For each k, it loads column k of A and row k of B and
// adds their outer product to its sums. When k has run over all columns of A, the sums go to memory.
//
//                                    A                          B                     C
//   product.hpp                      a panel of a matrix        columns of a matrix   the product
//   recurrence/kernel/products.hpp   packed weights             x and h               sums of the cell
//                                    packed weights, W^T        D                     dx and dh
//                                    D                          rows of x and h       dW
//   recurrence/kernel/step.hpp       weights where they are     x, then h             sums of the cell
//
// The rows of A and C come in *groups* that lie apart: W_ih has a block of rows for each gate. Group `to` of C
// takes its terms from group `from` of A: these pairs are the *feeds*.
//
// Only constants index the arrays of a block. A single index unknown to the compiler would put them on the
// stack and halve the speed. The loops over sums are folds: with a lambda call for each multiplication,
// compilers need several times as long.
#pragma once

#include <algorithm>
#include <array>

#include "recur/core/simd.hpp"

namespace recur::inline RECUR_ABI::detail {

/// The most sums of a block: the registers also hold a few packs of A and B.
inline constexpr int most_sums = vector_registers >= 32 ? 24 : 12;
/// The most columns of a block with this many packs of rows.
constexpr int columns_for(int packs) { return std::clamp(most_sums / packs, 1, 8); }
/// The chains of a block with this number of sums, if other sums need no registers: see Block.
constexpr int chains_for(int sums) { return sums < 8 ? 2 : 1; }

/// Calls f(size) with the size of the first block of `count` columns: Max, about half of it, ..., three, two or
/// one. No single column is left alone if neighbours could share the work: with Max = 3, 4 is 2 + 2, not
/// 3 + 1. Returns the size, or 0 if there are no columns.
template <int Max, class F>
RECUR_ALWAYS_INLINE inline Index first_columns(Index count, F&& f) {
  if constexpr (Max > 1) {
    constexpr int next = Max <= 4 ? Max - 1 : (Max + 1) / 2;
    if (count < Max || (Max > 2 && count == Max + 1)) return first_columns<next>(count, f);
  }
  if (count <= 0) return 0;
  f(std::integral_constant<int, Max>{});
  return Max;
}

/// Calls f(size, n) for the blocks of columns n, ..., n + size - 1 that cover `count` columns.
template <int Max, class F>
RECUR_ALWAYS_INLINE inline void over_columns(Index count, F&& f) {
  for (Index n = 0; n < count;)
    n += first_columns<Max>(count - n, [&](auto size) RECUR_ALWAYS_INLINE { f(size, n); });
}

/// A panel: four packs of rows of a matrix, column after column.
template <class S>
struct Panel {
  static constexpr int lanes = max_lanes<S>;
  static constexpr int packs = 4;
  static constexpr int rows = packs * lanes;
  /// Rows of the narrowest panel of the recurrent kernel: half a pack of 512 bits, or two narrower packs.
  static constexpr int fewest = lanes * sizeof(S) > 32 ? lanes / 2 : 2 * lanes;
};

/// Group `from` of A feeds group `to` of the sums.
struct Feed {
  int from, to;
};
inline constexpr std::array<Feed, 1> one_group{{{0, 0}}};
/// Group g of A feeds group to[g].
template <std::size_t N>
constexpr std::array<Feed, N> feeds_to(const std::array<int, N>& to) {
  std::array<Feed, N> feeds{};
  for (std::size_t g = 0; g < N; ++g) feeds[g] = {static_cast<int>(g), to[g]};
  return feeds;
}
/// Group from[g] of A feeds group g.
template <std::size_t N>
constexpr std::array<Feed, N> feeds_from(const std::array<int, N>& from) {
  std::array<Feed, N> feeds{};
  for (std::size_t g = 0; g < N; ++g) feeds[g] = {from[g], static_cast<int>(g)};
  return feeds;
}

// Functions that are not inlined take A, B and C by reference: by value, the processor would wait for the copy.

/// A: the rows of group g in column k begin at data + k · step + g · group, and are contiguous.
template <class S>
struct Left {
  const S* data;
  Index step, group = 0;
};
/// B: element (k, n) is at data + k · step + n · column.
template <class S>
struct Right {
  const S* data;
  Index step, column;
};

/// C: the rows of group g in column n begin at data + n · column + g · group. `rows` of them exist.
template <class S>
struct Target {
  S* data;
  Index column, rows;
  bool add;  ///< to the numbers that are there; otherwise they are overwritten
  Index group = 0;
};

/// to(r) (+)= sums(r) for `rows` rows, by packs P; narrower packs take the rest.
template <class P, class S>
RECUR_ALWAYS_INLINE inline void store_rows(const S* sums, S* to, Index rows, bool add) {
  for (; rows >= P::size; rows -= P::size, sums += P::size, to += P::size)
    (P::load(sums) + (add ? P::load(to) : P(S(0)))).store(to);
  if constexpr (P::size > 1)
    if (rows > 0) store_rows<Pack<S, P::size / 2>>(sums, to, rows, add);
}
/// The same for one group of a target, from columns of sums that lie `height` apart.
template <class S>
RECUR_NOINLINE void store_some(const S* sums, Index height, Index columns, const Target<S>& to) {
  const auto [data, column, rows, add, group] = to;  // copied: for the compiler, a store may change `to`
  for (Index n = 0; n < columns; ++n) store_rows<Pack<S>>(sums + n * height, data + n * column, rows, add);
}

/// The sums of Groups groups of Packs packs P of rows in each of `Columns` columns. If they are
/// too few to hide the latency of an addition, two chains take turns: every second k has its own sums.
template <class P, int Groups, int Packs, int Columns, int Chains = 1>
class Block {
  static_assert(Chains == 1 || Chains == 2);
  using S = typename P::Scalar;
  static constexpr int rows = Groups * Packs, count = Columns * rows;

 public:
  /// The sum of group g, pack p, column n.
  RECUR_ALWAYS_INLINE P sum(int g, int p, int n = 0) const { return total(n * rows + g * Packs + p); }

  /// sums = C
  RECUR_ALWAYS_INLINE void load(const S* from, Index column, Index group) {
    indices<count>([&](auto... i) RECUR_ALWAYS_INLINE {
      ((sums_[0][i] = P::load(from + place(i, column, group))), ...);
    });
  }

  /// sums += a, in a block of one column. The groups of a lie `group` apart.
  template <auto feeds>
  RECUR_ALWAYS_INLINE void add(const S* a, Index group) {
    indices<static_cast<int>(feeds.size()) * Packs>([&](auto... q) RECUR_ALWAYS_INLINE {
      ((sums_[0][to<feeds>(q)] = sums_[0][to<feeds>(q)] + P::load(a + from<feeds>(q, group))), ...);
    });
  }

  /// sums += A B. Four rounds share the instructions of the loop itself. Instructions are scarce if another
  /// thread runs on the same core, for example a neighbour's thread on a rented machine.
  template <auto feeds>
  RECUR_ALWAYS_INLINE void add_product(Index depth, Left<S> a, Right<S> b) {
    const auto add = [&](P(&sums)[count], Index k) RECUR_ALWAYS_INLINE {
      add_outer<feeds>(sums, a.data + k * a.step, a.group, b.data + k * b.step, b.column);
    };
    Index k = 0;
    RECUR_UNROLL(4)
    for (; k + Chains <= depth; k += Chains) {
      add(sums_[0], k);
      if constexpr (Chains > 1) add(sums_[1], k + 1);
    }
    if (Chains > 1 && k < depth) add(sums_[0], k);
  }

  /// C = sums or, if C asks for it, C += sums. Rows of a group beyond the last are skipped.
  RECUR_ALWAYS_INLINE void store(Target<S> c) const {
    if (c.rows >= Packs * P::size) [[likely]] {
      indices<count>([&](auto... i) RECUR_ALWAYS_INLINE {
        (store_one(total(i), c.data + place(i, c.column, c.group), c.add), ...);
      });
      return;
    }
    alignas(64) S all[count * P::size];
    indices<count>([&](auto... i) RECUR_ALWAYS_INLINE { (total(i).store(all + i * P::size), ...); });
    for (int g = 0; g < Groups; ++g)
      store_some(all + g * Packs * P::size, rows * P::size, Columns,
                 Target<S>{c.data + g * c.group, c.column, c.rows, c.add});
  }

  /// Asks for the numbers that the sums will be added to. They arrive by the time the sums are ready.
  RECUR_ALWAYS_INLINE static void prefetch_target(Target<S> c) {
    indices<Columns * Groups>([&](auto... i) RECUR_ALWAYS_INLINE {
      (prefetch(c.data + i / Groups * c.column + i % Groups * c.group), ...);
    });
  }

 private:
  RECUR_ALWAYS_INLINE P total(int i) const {
    if constexpr (Chains > 1)
      return sums_[0][i] + sums_[1][i];
    else
      return sums_[0][i];
  }
  /// The place of sum i in C.
  RECUR_ALWAYS_INLINE static Index place(int i, Index column, Index group) {
    return i / rows * column + i % rows / Packs * group + i % Packs * P::size;
  }
  /// The place in a column of A of pack q of the packs that are read, and the sum of a column that it feeds.
  template <auto feeds>
  RECUR_ALWAYS_INLINE static Index from(int q, Index group) {
    return feeds[static_cast<std::size_t>(q / Packs)].from * group + q % Packs * P::size;
  }
  template <auto feeds>
  static constexpr int to(int q) {
    return feeds[static_cast<std::size_t>(q / Packs)].to * Packs + q % Packs;
  }

  /// sums += a column of A · a row of B. The smaller group of packs stays in registers. The packs of the
  /// larger group are loaded one at a time.
  template <auto feeds>
  RECUR_ALWAYS_INLINE static void add_outer(P (&sums)[count], const S* a, Index group, const S* b,
                                            Index column) {
    constexpr int reads = static_cast<int>(feeds.size()) * Packs;
    if constexpr (Columns <= reads) {
      P held[Columns];
      indices<Columns>([&](auto... n) RECUR_ALWAYS_INLINE { ((held[n] = P(b[n * column])), ...); });
      indices<reads>([&](auto... q) RECUR_ALWAYS_INLINE {
        // A pack that is used once may be part of its multiplication.
        (add_row(sums + to<feeds>(q),
                 Columns > 1 ? P::load_once(a + from<feeds>(q, group)) : P::load(a + from<feeds>(q, group)),
                 held),
         ...);
      });
    } else {
      P held[reads];
      indices<reads>([&](auto... q)
                         RECUR_ALWAYS_INLINE { ((held[q] = P::load_once(a + from<feeds>(q, group))), ...); });
      indices<Columns>([&](auto... n) RECUR_ALWAYS_INLINE {
        (add_column<feeds>(sums + n * rows, held, P(b[n * column])), ...);
      });
    }
  }
  /// The sums of one pack of rows += its pack of A · a row of B.
  RECUR_ALWAYS_INLINE static void add_row(P* sums, P row, const P (&b)[Columns]) {
    indices<Columns>([&](auto... n)
                         RECUR_ALWAYS_INLINE { ((sums[n * rows] = fma(row, b[n], sums[n * rows])), ...); });
  }
  /// The sums of one column += a column of A · its number of B.
  template <auto feeds, std::size_t N>
  RECUR_ALWAYS_INLINE static void add_column(P* sums, const P (&a)[N], P b) {
    indices<static_cast<int>(N)>([&](auto... q) RECUR_ALWAYS_INLINE {
      ((sums[to<feeds>(q)] = fma(a[q], b, sums[to<feeds>(q)])), ...);
    });
  }
  RECUR_ALWAYS_INLINE static void store_one(P sum, S* to, bool add) {
    (add ? P::load(to) + sum : sum).store(to);
  }

  P sums_[Chains][count] = {};
};

}  // namespace recur::inline RECUR_ABI::detail
