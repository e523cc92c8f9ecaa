// What the tests of small cells of units check.
#pragma once

#include "laws/laws.hpp"
#include "recur/cell/cell.hpp"
#include "recur/recurrence/recurrent.hpp"

namespace recur::testing {

/// The cell keeps the laws in both directions and without biases, and it is its textbook in every size.
template <template <class, int, int> class C>
void is_a_cell_of(const Textbook& textbook) {
  const auto forward = [](Index inputs, Index hidden) {
    return Recurrent{C<double, Dynamic, Dynamic>{inputs, hidden}};
  };
  const auto reverse = [](Index inputs, Index hidden) {
    using Cell = C<double, Dynamic, Dynamic>;
    return Recurrent<Cell, Direction::reverse>{Cell{inputs, hidden}};
  };
  const auto bare = [](Index inputs, Index hidden) {
    return Recurrent{C<double, Dynamic, Dynamic>{inputs, hidden, Bias::none}};
  };
  LayerSubject small(forward(3, 5)), large(forward(7, 19)), unbiased(bare(7, 19));
  LayerSubject back(reverse(7, 19));
  keeps_laws(small);
  keeps_laws(large, {4, 6, 2, 6, 3});
  keeps_laws(unbiased, {4, 6, 2, 6, 3});
  keeps_laws(back, {4, 6, 2, 6, 3}, {.reads_backward = true});
  matches_in_every_size(forward, textbook);
  matches_in_every_size(bare, textbook);
  matches_in_every_size(reverse, textbook);
}

}  // namespace recur::testing
