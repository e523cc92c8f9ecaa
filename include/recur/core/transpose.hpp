// Matrices by rows into matrices by columns, nearly as fast as memory is copied.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "recur/core/eigen.hpp"
#include "recur/core/matrix.hpp"

#if defined(__SSE2__) || defined(_M_X64)
#include <immintrin.h>
#endif

// GCC warns that it ignores the alignment of a packet that is a template argument; as in core/simd.hpp.
RECUR_WITHOUT_WARNING("-Wignored-attributes")

namespace recur::inline RECUR_ABI::detail {

/// to[c · rows + r] = from[r · columns + c] for rows [r0, r1) and columns [c0, c1), in tiles that fit into the
/// first-level cache. `from` may be unaligned.
template <class S>
void transpose_part(const std::byte* from, Index rows, Index columns, S* to, Index r0, Index r1, Index c0,
                    Index c1) {
  constexpr Index tile = 32;
  for (Index c2 = c0; c2 < c1; c2 += tile)
    for (Index r2 = r0; r2 < r1; r2 += tile)
      for (Index c = c2; c < std::min(c1, c2 + tile); ++c)
        for (Index r = r2; r < std::min(r1, r2 + tile); ++r)
          std::memcpy(to + c * rows + r, from + (r * columns + c) * static_cast<Index>(sizeof(S)), sizeof(S));
}

/// Stores that don't read the line of memory first, and leave the caches alone. `to` is aligned.
template <class P>
RECUR_ALWAYS_INLINE inline void store_past_caches(float* to, const P& numbers) {
#if defined(__AVX512F__)
  if constexpr (sizeof(P) == 64) return _mm512_stream_ps(to, static_cast<__m512>(numbers));
#endif
#if defined(__AVX__)
  if constexpr (sizeof(P) == 32) return _mm256_stream_ps(to, static_cast<__m256>(numbers));
#endif
#if defined(__SSE2__)
  if constexpr (sizeof(P) == 16) return _mm_stream_ps(to, static_cast<__m128>(numbers));
#endif
  Eigen::internal::pstore(to, numbers);
}

/// to[c · rows + r] = from[r · columns + c]. `from` may be unaligned.
///
/// Floats are turned in registers, 16 rows at a time, so that lines of 16 floats are read and written as a whole. If
/// a matrix is larger than the caches, its lines are written past them.
template <class S>
void transpose(const std::byte* from, Index rows, Index columns, S* to) {
  using P = typename Eigen::internal::packet_traits<S>::type;
  constexpr Index size = Eigen::internal::unpacket_traits<P>::size, line = 16;
  Index whole_rows = 0, whole_columns = 0;
  if constexpr (std::is_same_v<S, float> && size > 1) {
    constexpr Index large = Index{1} << 20;
    const auto is_aligned = [](const void* at, std::size_t bytes) {
      return reinterpret_cast<std::uintptr_t>(at) % bytes == 0;
    };
    if (is_aligned(from, sizeof(S))) whole_rows = rows / line * line, whole_columns = columns / size * size;
    const bool past_caches = rows * columns >= large && rows % line == 0 && is_aligned(to, 64);
    const S* const numbers = reinterpret_cast<const S*>(from);
    const auto turn = [&](auto store) {
      for (Index r = 0; r < whole_rows; r += line)
        for (Index c = 0; c < whole_columns; c += size) {
          Eigen::internal::PacketBlock<P, size> blocks[line / size];
          for (Index b = 0; b < line / size; ++b) {
            for (Index i = 0; i < size; ++i)
              blocks[b].packet[i] = Eigen::internal::ploadu<P>(numbers + (r + b * size + i) * columns + c);
            Eigen::internal::ptranspose(blocks[b]);
          }
          for (Index i = 0; i < size; ++i)
            for (Index b = 0; b < line / size; ++b)
              store(to + (c + i) * rows + r + b * size, blocks[b].packet[i]);
        }
    };
    if (past_caches) {
      turn([](S* at, const P& packet) { store_past_caches(at, packet); });
#if defined(__SSE2__) || defined(_M_X64)
      _mm_sfence();
#endif
    } else {
      turn([](S* at, const P& packet) { Eigen::internal::pstoreu(at, packet); });
    }
  }
  transpose_part(from, rows, columns, to, 0, whole_rows, whole_columns, columns);
  transpose_part(from, rows, columns, to, whole_rows, rows, 0, columns);
}

}  // namespace recur::inline RECUR_ABI::detail

RECUR_WITH_WARNINGS
