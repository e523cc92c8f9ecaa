// The memory of a recurrent layer's passes, and the order in which it is kept.
//
// "In tiles" means [tile][column][numbers of the tile's units]: what a tile reads and writes at one step is
// contiguous, and units beyond hidden_size, which fill the last tile, need no care.
#pragma once

#include <array>
#include <vector>

#include "recur/cell/cell.hpp"
#include "recur/core/matrix.hpp"
#include "recur/layer/kernel/inner.hpp"
#include "recur/layer/kernel/span.hpp"

namespace recur::kernel {

/// Numbers in tiles: `depth` packs' worth for each unit.
template <class S>
struct Tiled {
  Buffer<S> buffer;
  Index columns = 0, stride = 0;

  /// Takes memory for `tiles` tiles of `numbers` numbers a column.
  void resize(Index tiles, Index column_count, Index numbers) {
    columns = column_count;
    stride = numbers;
    buffer.at_least(tiles * columns * stride);
  }
  S* at(Index tile, Index column) { return buffer.data() + (tile * columns + column) * stride; }
  const S* at(Index tile, Index column) const { return buffer.data() + (tile * columns + column) * stride; }
};

template <class Unit, class S>
struct Workspace {
  static constexpr int carried_states = Unit::states - 1;  // those besides h

  bool recorded = false;  // by the last forward pass, for a backward pass

  std::vector<Span> spans;
  std::vector<Chunk> chunks;
  std::vector<Segment<S>> input_segments, hidden_segments;

  Buffer<S> weights;                               // packed for the forward pass
  Buffer<S> weights_ih_t, weights_hh_t;            // packed for the backward pass
  Tiled<S> sums;                                   // of the forward pass, where they wait for the rest
  Matrix<S> h_initial;                             // H × B in sorted order; empty where it is zero
  std::array<Tiled<S>, carried_states> initial;    // the other initial states, in tiles
  std::array<Tiled<S>, carried_states> carried;    // training: at every column; inference: of every sample
  Tiled<S> saved;                                  // what Unit::forward saved, in tiles
  Tiled<S> d_sums;                                 // D of a chunk, in tiles
  Buffer<S> d_h;                                   // dh of every sample, padded H × B
  std::array<Tiled<S>, carried_states> d_carried;  // gradient of the other states of every sample
  Buffer<S> d_bias;                                // of each sum of each unit
};

}  // namespace recur::kernel
