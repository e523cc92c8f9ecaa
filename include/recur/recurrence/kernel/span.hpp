// The order in which the recurrent kernel goes through a ragged batch: spans of samples that make a step
// together, and chunks of spans whose sums or gradients come from one large product.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "recur/core/compiled.hpp"
#include "recur/core/sequence.hpp"

namespace recur::inline RECUR_ABI {

/// The order in which a layer reads its sequences: from the first step to the last, or from the last to the
/// first.
enum class Direction { forward, reverse };

namespace detail::kernel {

/// Samples [first, last) of one step. All have their previous state in one place. If `previous` is not
/// negative, this place is the columns of the neighbouring step from `previous` on. If `previous` is
/// negative, it is the initial state.
struct Span {
  Index step, first, last;
  Index column;    ///< of sample `first` at this step
  Index previous;  ///< of sample `first` at the step before in the layer's direction; negative if none

  Index count() const { return last - first; }
  bool starts() const { return previous < 0; }
  /// Samples [begin, end) of these, counted from `first`.
  Span part(Index begin, Index end) const {
    return {step, first + begin, first + end, column + begin, starts() ? previous : previous + begin};
  }
};

/// The steps of a batch in the order of a direction. In the reverse direction, samples join at their last
/// step, so a step may have two spans. This is the only function that knows the direction.
RECUR_INLINE void list_spans(const Layout& layout, Direction direction, std::vector<Span>& spans);

/// The last column of the n-th longest sample in a direction.
inline Index last_column(const Layout& layout, Direction direction, Index n) {
  return (direction == Direction::forward ? layout.offset(layout.length(n) - 1) : 0) + n;
}

/// Calls f(q, n, column) for each state of each sample, the n-th longest. `all` is Z × B in the user's order, and `column` is
/// where state q begins there. State q has sizes[q] rows.
template <std::size_t N, class F>
void for_states(auto& all, const Layout& layout, const std::array<Index, N>& sizes, F&& f) {
  for (Index n = 0; n < layout.batch(); ++n) {
    auto* column = all.data() + layout.user_index(n) * all.outerStride();
    for (std::size_t q = 0; q < N; column += sizes[q++]) f(q, n, column);
  }
}

/// Consecutive spans. Their D, or in the forward pass their sums, are kept at once. They cover whole steps, in columns
/// [column, column + columns).
struct Chunk {
  std::size_t first, last;  ///< indices in the list of spans
  Index column, columns;
};

/// Cuts the list, from its end, into chunks of at most `budget` columns. A single step with more columns is
/// one chunk.
RECUR_INLINE void list_chunks(std::span<const Span> spans, Index budget, std::vector<Chunk>& chunks);

#if RECUR_DEFINES
RECUR_INLINE void list_spans(const Layout& layout, Direction direction, std::vector<Span>& spans) {
  spans.clear();
  if (direction == Direction::forward) {
    for (Index t = 0; t < layout.steps(); ++t)
      spans.push_back({t, 0, layout.batch_size(t), layout.offset(t), t == 0 ? -1 : layout.offset(t - 1)});
  } else {
    for (Index t = layout.steps(); t-- > 0;) {
      const Index running = layout.batch_size(t + 1);
      if (running > 0) spans.push_back({t, 0, running, layout.offset(t), layout.offset(t + 1)});
      if (running < layout.batch_size(t))
        spans.push_back({t, running, layout.batch_size(t), layout.offset(t) + running, -1});
    }
  }
}

RECUR_INLINE void list_chunks(std::span<const Span> spans, Index budget, std::vector<Chunk>& chunks) {
  chunks.clear();
  for (std::size_t last = spans.size(); last > 0;) {
    std::size_t first = last;
    Index columns = 0, lowest = spans[last - 1].column;
    while (first > 0) {
      std::size_t begin = first - 1;
      Index step_columns = spans[begin].count(), step_lowest = spans[begin].column;
      if (begin > 0 && spans[begin - 1].step == spans[begin].step) {
        --begin;
        step_columns += spans[begin].count();
        step_lowest = std::min(step_lowest, spans[begin].column);
      }
      if (first < last && columns + step_columns > budget) break;
      columns += step_columns;
      lowest = std::min(lowest, step_lowest);
      first = begin;
    }
    chunks.push_back({first, last, lowest, columns});
    last = first;
  }
}
#endif

}  // namespace detail::kernel
}  // namespace recur::inline RECUR_ABI
