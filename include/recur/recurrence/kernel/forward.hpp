// The forward pass of recurrent layers, for all cells of units (cell/cell.hpp), training and inference.
//
//   sum_s = bias_s + Σ_k W_ih(s, k) x_t(k) + Σ_k W_hh(s, k) h_{t-1}(k)     products.hpp
//   state, saved = Unit::forward(sums, previous state)             `pointwise`, the mathematics of the cell
//
// A tile is a few packs of units. It computes a step for all samples. The sums of a few samples at a time
// grow in registers, over as many k as have weights in the first-level cache. Then they wait in the cache for
// the other k and for `pointwise`. x and h are read by broadcast directly from their columns.
//
// Other files: tile.hpp, the order of numbers; products.hpp, what is packed and multiplied; span.hpp, the
// order of time; backward.hpp, with a `pointwise` of its own; rows.hpp, the form of x and h for the gradient
// of the weights; workspace.hpp, the memory; states.hpp, the states at both ends of time; step.hpp, streaming. All products
// are made of core/block.hpp.
#pragma once

#include <algorithm>
#include <span>

#include "recur/core/denormals.hpp"
#include "recur/recurrence/kernel/workspace.hpp"

namespace recur::inline RECUR_ABI::detail::kernel {

template <class Cell>
class ForwardPass {
  using S = typename Cell::Scalar;
  using Unit = typename Cell::Unit;
  using T = TileOf<Unit, S>;
  using Products = ForwardProducts<T, Unit::from_input, Unit::from_hidden>;

 public:
  /// x is I × N, h receives H × N. With `record` the workspace keeps what the backward pass needs.
  ForwardPass(const Cell& cell, const S* x, S* h, Workspace<Unit, S>& work, bool record)
      : inputs_(cell.input_size()),
        hidden_(cell.hidden_size()),
        tiles_(T::count(hidden_)),
        x_(x),
        h_(h),
        unit_weights_(cell.unit_weights),
        work_(work),
        record_(record),
        far_(is_far<S>(cell.weight_ih.size() + cell.weight_hh.size())) {
    Products::pack(cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh, work.weights);
  }

  void run() {
    const FlushDenormals flush;
    const std::span<const Span> spans = work_.spans;
    for (std::size_t first = 0, last = 0; first < spans.size(); first = last) {
      const bool few = are_few(spans, first);
      while (last < spans.size() && are_few(spans, last) == few) ++last;
      if (few)
        steps_of_few({&spans[first], last - first});
      else
        steps_of_many({&spans[first], last - first});
    }
  }

 private:
  static constexpr int own_weights = unit_weights_of<Unit>;

  /// True if the step of span i has so few samples that it costs more to fetch a weight than to use it. Cells
  /// without W_hh do not wait for an earlier step, so for them any number counts as few.
  static bool are_few(std::span<const Span> spans, std::size_t i) {
    constexpr Index few = 2;
    Index samples = spans[i].count();
    if (i > 0 && spans[i - 1].step == spans[i].step) samples += spans[i - 1].count();
    if (i + 1 < spans.size() && spans[i + 1].step == spans[i].step) samples += spans[i + 1].count();
    return samples <= few || Cell::hidden_gates == 0;
  }

  void steps_of_many(std::span<const Span> spans) {
    Index most = 0;
    for (const Span& span : spans) most = std::max(most, span.count());
    work_.sums.resize(1, most, T::numbers);
    for (const Span& span : spans) step(span, 0, 0);
  }

  /// The products of the inputs do not wait for an earlier step. So their weights are fetched once for many steps.
  void steps_of_few(std::span<const Span> spans) {
    constexpr Index ahead = 64;  // columns
    list_chunks(spans, ahead, work_.chunks);
    for (std::size_t c = work_.chunks.size(); c-- > 0;) {  // list_chunks begins with the last steps
      const Chunk& chunk = work_.chunks[c];
      work_.sums.resize(tiles_, chunk.columns, T::numbers);
      for_tiles(false, [&](auto width, const S* w, Index j) {
        in_parts(0, inputs_, Products::longest, [&](Index from, Index to) {
          const Terms terms{from, to, inputs_, hidden_};
          for (Index n = 0; n < chunk.columns;)
            n += Products::add_terms(terms, width, w, chunk.columns - n, x_ + (chunk.column + n) * inputs_,
                                     nullptr, work_.sums.at(j, n));
        });
      });
      for (std::size_t s = chunk.first; s < chunk.last; ++s)
        step(spans[s], inputs_, spans[s].column - chunk.column);
    }
  }

  /// The packed weights of tile j; null if there is no such tile.
  const S* weights_of(Index j) const {
    return j < 0 || j >= tiles_ ? nullptr : work_.weights.data() + j * Products::tile_size(inputs_, hidden_);
  }

  /// Calls f(width, weights, tile), from the last tile to the first if `turned`.
  template <class F>
  void for_tiles(bool turned, F&& f) const {
    for (Index i = 0; i < tiles_; ++i) {
      const Index j = turned ? tiles_ - 1 - i : i;
      in_width<T>(hidden_ - j * T::units, [&](auto width) { f(width, weights_of(j), j); });
    }
  }

  /// Computes the samples of a span. The sums over k < begin are in work.sums, from sums_column on. If
  /// begin is 0, no sums wait, and the tiles share the place of the first.
  void step(const Span& span, Index begin, Index sums_column) {
    const S* const h_previous = work_.h_before(span, h_, hidden_);
    const bool turned = span.step % 2 == 1;  // starts with the weights that the last step left in the cache
    const Index end = inputs_ + (Cell::hidden_gates > 0 && h_previous ? hidden_ : 0), count = span.count();
    for_tiles(turned, [&](auto width, const S* w, Index j) {
      S* const sums = work_.sums.at(begin > 0 ? j : 0, sums_column);
      const S* const next_tile = weights_of(turned ? j - 1 : j + 1);
      in_parts(begin, end, Products::longest, [&](Index first, Index last) {
        const Terms terms{first, last, inputs_, hidden_};
        const auto offset = [&](Index k) { return Products::offset(width, k, inputs_); };
        const Index from = offset(first), to = offset(last);
        const S* const next = last < end ? w + to : next_tile ? next_tile + offset(begin) : nullptr;
        for (Index n = 0; n < count;) {
          const Index size =
              Products::add_terms(terms, width, w, count - n, x_ + (span.column + n) * inputs_,
                                  h_previous ? h_previous + n * hidden_ : nullptr, sums + n * T::numbers);
          if (far_ && next) prefetch(next + (to - from) * n / count, next + (to - from) * (n + size) / count);
          n += size;
        }
      });
      using P = Pack<S, width>;
      for (Index r = 0; r < width; r += P::size) pointwise<P>(sums, h_previous, span, j, r);
    });
  }

  /// Computes the next state of all samples of a span, for the pack of units that begins at unit r of tile j.
  template <class P>
  RECUR_FLATTEN void pointwise(const S* sums, const S* h_previous, const Span& span, Index j, Index r) {
    const Index unit = j * T::units + r, real = hidden_ - unit;
    if (real <= 0) return;
    S* const h = h_ + span.column * hidden_ + unit;
    S* const saved_at = record_ && Unit::saved > 0 ? work_.saved.at(j, span.column) + r : nullptr;
    // The states besides h. They have a tile's units in each column.
    std::array<const S*, Unit::states> from;
    std::array<S*, Unit::states> to;
    unroll<Unit::states - 1>([&](auto q) RECUR_ALWAYS_INLINE {
      const S* const before = work_.carried_before(q, span, j, record_);
      from[q] = before ? before + r : nullptr;
      to[q] = work_.carried[q].at(j, record_ ? span.column : span.first) + r;
    });
    std::array<P, own_weights> own;
    unroll<own_weights>([&](auto q)
                            RECUR_ALWAYS_INLINE { own[q] = P::load(unit_weights_[q].data() + unit, real); });
    for (Index i = 0; i < span.count(); ++i) {
      std::array<P, T::sums> a;
      std::array<P, Unit::states> previous, state;
      std::array<P, Unit::saved> saved;
      load_all(a, sums + i * T::numbers + r, T::units);
      previous[0] = h_previous ? P::load(h_previous + i * hidden_ + unit, real) : P(S(0));
      unroll<Unit::states - 1>([&](auto q) RECUR_ALWAYS_INLINE {
        previous[q + 1] = from[q] ? P::load(from[q] + i * T::units) : P(S(0));
      });
      unit_forward<Unit, P>(a, own, previous, state, saved);
      state[0].store(h + i * hidden_, real);
      unroll<Unit::states - 1>([&](auto q) RECUR_ALWAYS_INLINE { state[q + 1].store(to[q] + i * T::units); });
      if (saved_at) store_all(saved, saved_at + i * Unit::saved * T::units, T::units);
    }
  }

  Index inputs_, hidden_, tiles_;
  const S* x_;
  S* h_;
  const std::array<VectorX<S>, own_weights>& unit_weights_;
  Workspace<Unit, S>& work_;
  bool record_, far_;
};

}  // namespace recur::inline RECUR_ABI::detail::kernel
