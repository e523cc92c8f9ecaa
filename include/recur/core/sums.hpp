// Sums and means of many numbers.
//
// A sum in float stops growing when it is 2^24 times as large as its terms, and it is inexact long before
// that: the sum of a million times 0.1 is 100958. So terms are added in their own precision, which is fast,
// only in a *run* of a few hundred terms. The sums of the runs are added in double.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "recur/core/compiled.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/simd.hpp"

namespace recur::inline RECUR_ABI {

namespace detail {

/// The most terms that are added in their own precision.
inline constexpr Index terms_of_run = 256;

/// Σ of sum_of_run(first, last), for runs that cover `count` numbers and end with whole packs.
template <class S, class F>
RECUR_ALWAYS_INLINE inline S sum_in_runs(Index count, F&& sum_of_run) {
  constexpr Index run =
      terms_of_run / 2 * Pack<S>::size;  // each lane adds half as many: lanes are joined later
  if (count <= run) [[likely]]
    return sum_of_run(Index{0}, count);
  double total = 0;
  for (Index first = 0; first < count; first += run)
    total += static_cast<double>(sum_of_run(first, std::min(count, first + run)));
  return static_cast<S>(total);
}

namespace sums {

template <int Packs, class S, class F>
RECUR_ALWAYS_INLINE inline void add_rows(S* sums, Index row, Index rows, Index cols, F&& term) {
  using P = Pack<S>;
  double totals[Packs * P::size] = {};
  for (Index first = 0; first < cols; first += terms_of_run) {
    P run[Packs];
    unroll<Packs>([&](auto p) RECUR_ALWAYS_INLINE { run[p] = P(S(0)); });
    for (Index c = first; c < std::min(cols, first + terms_of_run); ++c)
      unroll<Packs>([&](auto p) RECUR_ALWAYS_INLINE {
        const Index r = row + p * P::size;
        run[p] = run[p] + term(c, r, rows - r);
      });
    S lanes[Packs * P::size];
    unroll<Packs>([&](auto p) RECUR_ALWAYS_INLINE { run[p].store(lanes + p * P::size); });
    for (int i = 0; i < Packs * P::size; ++i) totals[i] += static_cast<double>(lanes[i]);
  }
  for (Index i = 0; i < std::min<Index>(Packs * P::size, rows - row); ++i)
    sums[row + i] = static_cast<S>(static_cast<double>(sums[row + i]) + totals[i]);
}

}  // namespace sums

/// sums(r) += Σ_c term_c(r). term(c, r, lanes) returns a pack of rows from r on; `lanes` of these rows exist.
template <class S, class F>
RECUR_ALWAYS_INLINE inline void add_terms(S* sums, Index rows, Index cols, F&& term) {
  constexpr Index size = Pack<S>::size;
  Index r = 0;
  for (; r + 4 * size <= rows; r += 4 * size) detail::sums::add_rows<4>(sums, r, rows, cols, term);
  for (; r < rows; r += size) detail::sums::add_rows<1>(sums, r, rows, cols, term);
}

}  // namespace detail

/// sums += m 1, column by column of m. This is the gradient of a bias that was added to each column.
template <class S>
RECUR_NOINLINE void add_columns(const S* m, Index rows, Index cols, S* sums) {
  detail::add_terms(sums, rows, cols,
                    [&](Index c, Index r, Index lanes) { return Pack<S>::load(m + c * rows + r, lanes); });
}

namespace detail {

/// Sums that grow step by step.
template <class S>
class LongSums {
 public:
  /// Makes `count` sums zero. The caller adds terms to the memory that it returns.
  S* start(Index count) {
    count_ = count;
    terms_ = 0;
    std::fill_n(totals_.at_least(count), count, 0.0);
    std::fill_n(run_.at_least(count), count, S(0));
    return run_.data();
  }
  S* run() { return run_.data(); }
  /// Tells it that `terms` terms were added to each sum since the last call.
  void added(Index terms) {
    if ((terms_ += terms) >= detail::terms_of_run) end_run();
  }
  const double* totals() {
    if (terms_ > 0) end_run();
    return totals_.data();
  }
  /// sums(i) += total of sum first + i.
  void add_to(S* sums, Index first, Index count) {
    const double* const total = totals() + first;
    for (Index i = 0; i < count; ++i) sums[i] = static_cast<S>(static_cast<double>(sums[i]) + total[i]);
  }

 private:
  void end_run() {
    terms_ = 0;
    for (Index i = 0; i < count_; ++i) totals_.data()[i] += static_cast<double>(run_.data()[i]);
    std::fill_n(run_.data(), count_, S(0));
  }

  Buffer<S> run_;
  Buffer<double> totals_;
  Index count_ = 0, terms_ = 0;
};

namespace sums {

/// The first of `count` columns that has a weight. Those before it have none and may hold any number.
template <class Weight>
Index first_with_weight(Index count, Weight&& weight) {
  Index from = 0;
  while (from + 1 < count && weight(from) == 0) ++from;
  return from;
}

/// The mean of feature f for numbers whose difference overflows. Each term is halved, so that no difference does.
template <class Column, class Weight>
RECUR_COLD double mean_of_large(Index count, Index f, Column&& column, Weight&& weight, double weights) {
  const double first = column(first_with_weight(count, weight))[f];
  double sum = 0;
  for (Index t = 0; t < count; ++t) {
    const double share = weight(t) / 2 / weights;
    sum += share * column(t)[f] - share * first;
  }
  return 2 * (first / 2 + sum);
}

/// Handles the features from f on, in as many whole blocks as fit. Returns the next feature.
template <int Block, class S, class Column, class Weight>
RECUR_ALWAYS_INLINE inline Index mean_of_blocks(Index count, Index f, Index features, Column&& column,
                                                Weight&& weight, double weights, S* y) {
  // Sums of floats (24 digits) in double (53 digits) need no shift: they are right to the last digit of the
  // float.
  constexpr bool shifts = std::numeric_limits<S>::digits > 24;
  for (; f + Block <= features; f += Block) {
    double first[Block] = {}, sums[Block] = {};
    if constexpr (shifts) {
      const Index from = first_with_weight(count, weight);
      for (int i = 0; i < Block; ++i) first[i] = static_cast<double>(column(from)[f + i]);
    }
    for (Index t = 0; t < count; ++t) {
      const S* const x = column(t) + f;
      const double w = weight(t);
      constexpr int part = std::min(Block, 16);  // short enough that compilers make packs
      unroll<Block / part>([&](auto p) RECUR_ALWAYS_INLINE {
        for (int i = p * part; i < (p + 1) * part; ++i)
          sums[i] += w * (shifts ? static_cast<double>(x[i]) - first[i] : static_cast<double>(x[i]));
      });
    }
    for (int i = 0; i < Block; ++i) y[f + i] = static_cast<S>(first[i] + sums[i] / weights);
    if constexpr (shifts)
      for (Index i = f; i < f + Block; ++i)
        if (!std::isfinite(y[i])) [[unlikely]]
          y[i] = mean_of_large(count, i, column, weight, weights);
  }
  return f;
}

}  // namespace sums

/// y = Σ_t w_t x_t / weights of `count` columns, at least one. column(t) is x_t, weight(t) is w_t, and
/// weights is the sum of the w_t. It computes in double, and for doubles relative to the first x_t with a weight, so that the
/// mean of equal numbers is exactly that number.
template <class S, class Column, class Weight>
RECUR_ALWAYS_INLINE inline void mean_of_columns(Index count, Index features, Column&& column, Weight&& weight,
                                                double weights, S* y) {
  using detail::sums::mean_of_blocks;
  // Four cache lines of floats. With wide registers, their sums stay in registers.
  Index f = mean_of_blocks<64>(count, 0, features, column, weight, weights, y);
  f = mean_of_blocks<16>(count, f, features, column, weight, weights, y);
  mean_of_blocks<1>(count, f, features, column, weight, weights, y);
}

/// The mean of a stream after one more vector: mean += share (x - mean). `share` is the weight of this vector
/// divided by the sum of all weights. It computes in double, for the same reasons.
template <class X>
void move_mean(VectorX<double>& mean, const Eigen::DenseBase<X>& x, double share) {
  for (Index f = 0; f < x.size(); ++f) {
    const auto number = static_cast<double>(x.derived()(f));
    const double old = mean(f), moved = old + share * (number - old);
    mean(f) = share == 1             ? number  // nothing before it counts
              : std::isfinite(moved) ? moved
                                     : (1 - share) * old + share * number;  // the difference overflows
  }
}

}  // namespace detail

}  // namespace recur::inline RECUR_ABI

#define RECUR_COMPILED_SUMS(how, S) how template void add_columns(const S*, Index, Index, S*);
#if defined(RECUR_COMPILED)
namespace recur::inline RECUR_ABI {
RECUR_COMPILED_SUMS(extern, float)
RECUR_COMPILED_SUMS(extern, double)
}  // namespace recur::inline RECUR_ABI
#endif
