// The form of x and h for the gradient of the weights: their rows along the columns of D. In the columns of a
// batch, the few features that a tile uses would lie a whole column apart. The size of a column is often a
// power of two, so these features would always use the same few places of the caches.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "recur/core/matrix.hpp"
#include "recur/core/simd.hpp"
#include "recur/recurrence/kernel/tile.hpp"

namespace recur::inline RECUR_ABI::detail::kernel {

/// Columns of x or h that are multiplied by columns of D in a gradient of weights.
template <class S>
struct Segment {
  Index d_column;
  const S* x;
  Index columns;
};

/// Joins segments that follow each other directly, so that the inner loop is long.
template <class S>
void append(std::vector<Segment<S>>& segments, Segment<S> next, Index ld) {
  if (!segments.empty()) {
    auto& last = segments.back();
    if (last.d_column + last.columns == next.d_column && last.x + last.columns * ld == next.x) {
      last.columns += next.columns;
      return;
    }
    if (next.d_column + next.columns == last.d_column && next.x + next.columns * ld == last.x) {
      last = {next.d_column, next.x, last.columns + next.columns};
      return;
    }
  }
  segments.push_back(next);
}

/// to(c, r) = from(r, c), both column-major, by packs of at most 256 bits. To transpose 16 lanes takes 64
/// shuffles. To transpose 8 lanes four times takes 96 shuffles of half the width.
template <class S>
void transpose(const S* from, Index ld, Index rows, Index columns, S* to, Index ld_to) {
  using P = Pack<S, 32 / sizeof(S)>;
  for (Index r = 0; r < rows; r += P::size)
    for (Index c = 0; c < columns; c += P::size) {
      P block[P::size];
      unroll<P::size>([&](auto i) RECUR_ALWAYS_INLINE {
        block[i] = c + i < columns ? P::load(from + (c + i) * ld + r, rows - r) : P(S(0));
      });
      P::transpose(block);
      unroll<P::size>([&](auto i) RECUR_ALWAYS_INLINE {
        if (r + i < rows) block[i].store(to + (r + i) * ld_to + c, columns - c);
      });
    }
}

/// Rows of x or h', contiguous along the columns [begin, end) of D. They are zero where there is no segment.
template <class S>
struct Rows {
  Buffer<S> buffer;
  Index begin = 0, end = 0, ld = 0;

  const S* at(Index row, Index column) const { return buffer.data() + row * ld + column; }

  void assign(std::span<const Segment<S>> segments, Index rows, Index columns) {
    begin = columns;
    end = 0;
    Index covered = 0;
    for (const auto& segment : segments) {
      begin = std::min(begin, segment.d_column);
      end = std::max(end, segment.d_column + segment.columns);
      covered += segment.columns;
    }
    constexpr Index line = 64 / static_cast<Index>(sizeof(S));
    ld =
        (round_up(columns, line) / line | 1) * line;  // an odd number of cache lines: rows don't share places
    S* const to = buffer.at_least(rows * ld);
    if (covered < end - begin) std::fill_n(to, rows * ld, S(0));
    for (const auto& segment : segments)
      transpose(segment.x, rows, rows, segment.columns, to + segment.d_column, ld);
  }
};

}  // namespace recur::inline RECUR_ABI::detail::kernel
