// The states at both ends of time, on their way between the user's matrices and the places where the kernel keeps them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "recur/core/sequence.hpp"
#include "recur/recurrence/kernel/span.hpp"
#include "recur/recurrence/kernel/workspace.hpp"

namespace recur::inline RECUR_ABI::detail::kernel {

/// The states of a batch, for a cell whose states all have H numbers.
///
/// In the user's matrices, Z × B, a column holds the states of a sample one above the other, and the samples are in the
/// user's order. In the workspace, the samples are sorted by length. h and its gradient are in columns there, the other
/// states in tiles.
template <class Unit, class S>
class StatesAtEnds {
 public:
  StatesAtEnds(const Layout& layout, Index hidden_size, Workspace<Unit, S>& work)
      : layout_(layout), hidden_(hidden_size), tiles_(T::count(hidden_size)), work_(work) {}

  /// Takes the initial states, or none if they are empty.
  void load_initial(const StateRef<S>& initial) {
    set_empty(initial.size() == 0, work_.h_initial, work_.h_kept);
    if (initial.size() == 0) return;
    resize(work_.h_initial, hidden_, layout_.batch());
    for (auto& state : work_.initial) state.resize(tiles_, layout_.batch(), T::units);
    for_each(initial, [&](std::size_t q, Index n, const S* from) {
      if (q == 0)
        std::copy_n(from, hidden_, &work_.h_initial(0, n));
      else if constexpr (Unit::states > 1)
        to_tiles(from, work_.initial[q - 1], n);
    });
  }

  /// Writes the states after a forward pass. h: all columns of it; `recorded`: the pass kept the states of every column.
  void store_final(const S* h, Direction direction, bool recorded, MatrixX<S>& to) const {
    resize(to, Unit::states * hidden_, layout_.batch());
    for_each(to, [&](std::size_t q, Index n, S* column) {
      const Index last = last_column(layout_, direction, n);
      if (q == 0)
        std::copy_n(h + last * hidden_, hidden_, column);
      else if constexpr (Unit::states > 1)
        from_tiles(work_.carried[q - 1], recorded ? last : n, column);
    });
  }

  /// Takes the gradient of the final states; it is zero if the matrix is empty.
  void load_d_final(const StateRef<S>& d_final) {
    const Index numbers = padded() * layout_.batch();
    S* const dh = work_.d_h.at_least(numbers);
    std::fill_n(dh, numbers, S(0));
    for (auto& state : work_.d_carried) {
      state.resize(tiles_, layout_.batch(), T::units);
      std::fill_n(state.at(0, 0), tiles_ * layout_.batch() * T::units, S(0));
    }
    if (d_final.size() == 0) return;
    for_each(d_final, [&](std::size_t q, Index n, const S* from) {
      if (q == 0)
        std::copy_n(from, hidden_, dh + n * padded());
      else if constexpr (Unit::states > 1)
        to_tiles(from, work_.d_carried[q - 1], n);
    });
  }

  /// Writes the gradient of the initial states after a backward pass.
  void store_d_initial(MatrixX<S>& to) const {
    resize(to, Unit::states * hidden_, layout_.batch());
    for_each(to, [&](std::size_t q, Index n, S* column) {
      if (q == 0)
        std::copy_n(work_.d_h.data() + n * padded(), hidden_, column);
      else if constexpr (Unit::states > 1)
        from_tiles(work_.d_carried[q - 1], n, column);
    });
  }

 private:
  using T = TileOf<Unit, S>;

  Index padded() const { return round_up(hidden_, Panel<S>::rows); }

  template <class F>
  void for_each(auto& all, F&& f) const {
    std::array<Index, Unit::states> sizes;
    sizes.fill(hidden_);
    for_states(all, layout_, sizes, f);
  }
  void to_tiles(const S* column, Tiled<S>& tiled, Index n) const {
    for (Index j = 0, u = 0; j < tiles_; ++j, u += T::units) {
      const Index real = std::min<Index>(T::units, hidden_ - u);
      for (Index r = 0; r < T::units; ++r) tiled.at(j, n)[r] = r < real ? column[u + r] : S(0);
    }
  }
  void from_tiles(const Tiled<S>& tiled, Index n, S* column) const {
    for (Index u = 0; u < hidden_; ++u) column[u] = tiled.at(u / T::units, n)[u % T::units];
  }

  const Layout& layout_;
  Index hidden_, tiles_;
  Workspace<Unit, S>& work_;
};

}  // namespace recur::inline RECUR_ABI::detail::kernel
