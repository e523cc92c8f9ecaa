// The unit of the recurrent kernel's work, and the order in which it keeps its numbers.
//
// A *tile* is a few packs of units. "In tiles" means [tile][column][numbers of the tile's units]. So the
// numbers that a tile reads and writes at one step are contiguous. The last tile also has room for units
// beyond hidden_size, so all tiles take the same memory.
#pragma once

#include <algorithm>
#include <type_traits>

#include "recur/core/matrix.hpp"
#include "recur/core/simd.hpp"

namespace recur::inline RECUR_ABI::detail::kernel {

/// Sizes of a tile.
template <int Sums, class S>
struct Tile {
  using Scalar = S;
  static constexpr int lanes = max_lanes<S>;
  static constexpr int sums = Sums;
  static constexpr int packs = std::max(1, 4 / sums);  // of units: cells with fewer gates have more
  static constexpr int fewest = (packs + 1) / 2;       // packs of the last tile of a layer
  static constexpr int units = packs * lanes;
  static constexpr int numbers = sums * units;  // in a tile's column of D

  /// The number of tiles of a layer.
  static constexpr Index count(Index hidden_size) { return (hidden_size + units - 1) / units; }
};

/// Calls f(width) with a constant width: the number of units, in packs Pack<S, width>, for a tile of T with
/// `real` units left. The width is the smallest of T::fewest, T::fewest + 1, ..., T::packs packs that
/// holds them. The last tile of a layer may be narrower, and then takes more samples. If a pack has 512 bits,
/// the width may be half of T::fewest: processors that split such a pack into two halves would otherwise also
/// compute the empty half.
template <class T, int Packs = T::fewest, class F>
RECUR_ALWAYS_INLINE inline void in_width(Index real, F&& f) {
  constexpr int width = Packs * T::lanes;
  if constexpr (Packs == T::fewest && T::lanes * sizeof(typename T::Scalar) > 32)
    if (real <= width / 2) return f(std::integral_constant<int, width / 2>{});
  if constexpr (Packs < T::packs)
    if (real > width) return in_width<T, Packs + 1>(real, f);
  f(std::integral_constant<int, width>{});
}

/// Calls f(width) for the first of the panels of R that hold `real` rows, and returns this width. The widths
/// are R::rows, half of that, ..., down to R::fewest. It takes a width if a panel of half and one of a quarter of it
/// would not hold the rows. With the widths 16, 8 and 4, 12 rows are 8 + 4, and 13 rows are 16. So there are few
/// widths to compile, and no panel is much too wide.
template <class R, int Width = R::rows, class F>
RECUR_ALWAYS_INLINE inline Index in_panel(Index real, F&& f) {
  constexpr auto narrower = [](int width) { return width < R::fewest ? 0 : width; };
  if constexpr (Width > R::fewest)
    if (real <= narrower(Width / 2) + narrower(Width / 4)) return in_panel<R, Width / 2>(real, f);
  f(std::integral_constant<int, Width>{});
  return Width;
}

/// Calls f(begin, end) for parts of at most `most`, with sizes as equal as possible.
template <class F>
RECUR_ALWAYS_INLINE inline void in_parts(Index begin, Index end, Index most, F&& f) {
  const Index count = (end - begin + most - 1) / most;
  for (Index b = 0; b < count; ++b)
    f(begin + (end - begin) * b / count, begin + (end - begin) * (b + 1) / count);
}

inline Index round_up(Index value, Index multiple) { return (value + multiple - 1) / multiple * multiple; }

/// Numbers in tiles.
template <class S>
struct Tiled {
  Buffer<S> buffer;
  Index columns = 0, stride = 0;

  /// Takes memory for `tiles` tiles with `numbers` numbers in each column.
  void resize(Index tiles, Index column_count, Index numbers) {
    columns = column_count;
    stride = numbers;
    buffer.at_least(tiles * columns * stride);
  }
  S* at(Index tile, Index column) { return buffer.data() + (tile * columns + column) * stride; }
  const S* at(Index tile, Index column) const { return buffer.data() + (tile * columns + column) * stride; }
};

}  // namespace recur::inline RECUR_ABI::detail::kernel
