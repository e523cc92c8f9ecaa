// The memory of a recurrent layer's passes.
#pragma once

#include <array>
#include <vector>

#include "recur/cell/cell.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/sums.hpp"
#include "recur/recurrence/kernel/products.hpp"
#include "recur/recurrence/kernel/rows.hpp"
#include "recur/recurrence/kernel/span.hpp"
#include "recur/recurrence/kernel/tile.hpp"

namespace recur::inline RECUR_ABI::detail::kernel {

template <class Unit, class S>
using TileOf = Tile<sums_of<Unit>, S>;

template <class Unit, class S>
struct Workspace {
  static constexpr int carried_states = Unit::states - 1;  // the states besides h

  bool recorded = false;  // by the last forward pass, for a backward pass

  std::vector<Span> spans;
  std::vector<Chunk> chunks;
  std::vector<Segment<S>> input_segments, hidden_segments;

  Buffer<S> weights;                               // packed for the forward pass
  Buffer<S> weights_ih_t, weights_hh_t;            // packed for the backward pass
  Tiled<S> sums;                                   // of the forward pass, while they wait for the other k
  MatrixX<S> h_initial;                            // H × B in sorted order; empty if it is zero
  MatrixX<S> h_kept;                               // the memory of h_initial while that is empty
  std::array<Tiled<S>, carried_states> initial;    // the other initial states, in tiles
  std::array<Tiled<S>, carried_states> carried;    // training: at every column; inference: for every sample
  Tiled<S> saved;                                  // the values that Unit::forward saved, in tiles
  Tiled<S> d_sums;                                 // D of a chunk, in tiles
  Rows<S> rows;                                    // of x, then of h', for a chunk
  Buffer<S> d_h;                                   // dh of every sample, padded H × B
  std::array<Tiled<S>, carried_states> d_carried;  // gradient of the other states of every sample
  LongSums<S> d_bias;                              // for each sum of each unit
  LongSums<S> d_unit_weights;                      // for each weight of each unit

  /// h' of the first sample of a span. h has hidden_size rows and all columns. Null if h' is zero.
  const S* h_before(const Span& span, const S* h, Index hidden_size) const {
    if (!span.starts()) return h + span.previous * hidden_size;
    return h_initial.size() > 0 ? &h_initial(0, span.first) : nullptr;
  }
  /// The same for state q + 1, in tile j. at_columns: `carried` has one at every column.
  const S* carried_before(std::size_t q, const Span& span, Index j, bool at_columns) const {
    if (!span.starts()) return carried[q].at(j, at_columns ? span.previous : span.first);
    return h_initial.size() > 0 ? initial[q].at(j, span.first) : nullptr;
  }
};

}  // namespace recur::inline RECUR_ABI::detail::kernel
