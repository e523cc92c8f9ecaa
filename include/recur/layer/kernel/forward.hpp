// The forward pass of every recurrent layer, for all cells, training and inference.
//
// A *tile* is a few packs of units × a few samples at one step, with all of its sums in registers:
//
//   sum_s = bias_s + Σ_k W_ih(s, k) x_t(k) + Σ_k W_hh(s, k) h_{t-1}(k)     a stream of packed weights
//   state, saved = Unit::forward(sums, previous state)             where the cell's mathematics enters
//
// so no pre-activation is ever written to memory. x and h are read by broadcast straight from their columns.
#pragma once

#include <algorithm>

#include "recur/core/denormals.hpp"
#include "recur/layer/kernel/workspace.hpp"

namespace recur::kernel {

/// Packs weights tile by tile: b_ih + b_hh of its sums, then for each input k the rows of W_ih, then for each
/// unit k of h the rows of W_hh. Rows beyond hidden_size are zero.
template <class Cell>
void pack_forward(const Cell& cell, Buffer<typename Cell::Scalar>& packed) {
  using S = typename Cell::Scalar;
  using Unit = typename Cell::Unit;
  using T = Tile<Unit, S>;
  const Index inputs = cell.input_size(), hidden = cell.hidden_size();
  const Index tiles = (hidden + T::units - 1) / T::units;
  S* out = packed.at_least(tiles * T::units *
                           (T::sums + Cell::input_gates * inputs + Cell::hidden_gates * hidden));
  for (Index u = 0; u < hidden; u += T::units) {
    const Index real = std::min<Index>(T::units, hidden - u);
    const auto put = [&](const S* rows) {
      for (Index r = 0; r < T::units; r += T::lanes) Pack<S>::load(rows + r, real - r).store(out + r);
      out += T::units;
    };
    std::fill_n(out, T::numbers, S(0));
    for (std::size_t g = 0; g < Unit::from_input.size(); ++g)
      for (Index r = 0; r < real; ++r)
        out[Unit::from_input[g] * T::units + r] += cell.bias_ih(static_cast<Index>(g) * hidden + u + r);
    for (std::size_t g = 0; g < Unit::from_hidden.size(); ++g)
      for (Index r = 0; r < real; ++r)
        out[Unit::from_hidden[g] * T::units + r] += cell.bias_hh(static_cast<Index>(g) * hidden + u + r);
    out += T::numbers;
    for (Index k = 0; k < inputs; ++k)
      for (Index g = 0; g < Cell::input_gates; ++g) put(&cell.weight_ih(g * hidden + u, k));
    for (Index k = 0; k < hidden; ++k)
      for (Index g = 0; g < Cell::hidden_gates; ++g) put(&cell.weight_hh(g * hidden + u, k));
  }
}

template <class Cell>
class ForwardPass {
  using S = typename Cell::Scalar;
  using Unit = typename Cell::Unit;
  using T = Tile<Unit, S>;
  using P = Pack<S>;

 public:
  /// x is I × N, h receives H × N. With `record` the workspace keeps what the backward pass needs.
  ForwardPass(const Cell& cell, const S* x, S* h, Workspace<Unit, S>& work, bool record)
      : inputs_(cell.input_size()), hidden_(cell.hidden_size()), x_(x), h_(h), work_(work), record_(record) {
    pack_forward(cell, work.weights);
  }

  void run() {
    const Index panel = T::units * (T::sums + Cell::input_gates * inputs_ + Cell::hidden_gates * hidden_);
    const FlushDenormals flush;
    for (const Span& span : work_.spans) {
      const S* weights = work_.weights.data();
      for (Index j = 0, u = 0; u < hidden_; ++j, u += T::units, weights += panel)
        in_tiles<T::samples>(span.first, span.last,
                             [&](auto size, Index n) { tile<size>(weights, span, j, n); });
    }
  }

 private:
  /// Tile j of the units, samples n, ..., n + N - 1.
  template <int N>
  void tile(const S* w, const Span& span, Index j, Index n) {
    const Index column = span.column + n - span.first;
    const S* h_previous = span.starts() ? (work_.h_initial.size() ? &work_.h_initial(0, n) : nullptr)
                                        : h_ + (span.previous + n - span.first) * hidden_;
    P sums[N][T::sums * T::packs];
    unroll<T::sums * T::packs>([&](auto q) __attribute__((always_inline)) {
      const P bias = P::load(w + q * P::size);
      unroll<N>([&](auto i) __attribute__((always_inline)) { sums[i][q] = bias; });
    });
    w += T::numbers;
    accumulate<Unit::from_input, T::packs, T::sums, N>(sums, w, x_ + column * inputs_, inputs_, inputs_);
    if (h_previous)
      accumulate<Unit::from_hidden, T::packs, T::sums, N>(sums, w, h_previous, hidden_, hidden_);
    // From here on the sums are in memory, so that the mathematics of the cell is compiled once for tiles of
    // all sizes.
    P finished[N][T::sums * T::packs];
    unroll<N>([&](auto i) __attribute__((always_inline)) {
      unroll<T::sums * T::packs>([&](auto q) __attribute__((always_inline)) { finished[i][q] = sums[i][q]; });
    });
    for (Index i = 0; i < N; ++i)
      for (Index p = 0; p < T::packs; ++p)
        update(finished[i] + p, span, j, n + i, p * P::size, h_previous ? h_previous + i * hidden_ : nullptr);
  }

  /// The next state of one sample and of the pack of units that begins at unit r of tile j.
  [[gnu::flatten]] void update(const P* sums, const Span& span, Index j, Index n, Index r,
                               const S* h_previous) {
    const Index unit = j * T::units + r, real = hidden_ - unit, column = span.column + n - span.first;
    if (real <= 0) return;
    Array<P, T::sums> a;
    Array<P, Unit::states> previous, state;
    Array<P, Unit::saved> saved;
    unroll<T::sums>([&](auto s) __attribute__((always_inline)) { a[s] = sums[s * T::packs]; });
    previous[0] = h_previous ? P::load(h_previous + unit, real) : P(S(0));
    unroll<Unit::states - 1>([&](auto q) __attribute__((always_inline)) {
      const S* from = carried_previous(q, span, j, n);
      previous[q + 1] = from ? P::load(from + r) : P(S(0));
    });
    Unit::forward(a, previous, state, saved);
    state[0].store(h_ + column * hidden_ + unit, real);
    unroll<Unit::states - 1>([&](auto q) __attribute__((always_inline)) {
      state[q + 1].store(work_.carried[q].at(j, record_ ? column : n) + r);
    });
    if (record_)
      unroll<Unit::saved>([&](auto q) __attribute__((always_inline)) {
        saved[q].store(work_.saved.at(j, column) + q * T::units + r);
      });
  }

  const S* carried_previous(std::size_t q, const Span& span, Index j, Index n) const {
    if (span.starts()) return work_.h_initial.size() ? work_.initial[q].at(j, n) : nullptr;
    return work_.carried[q].at(j, record_ ? span.previous + n - span.first : n);
  }

  Index inputs_, hidden_;
  const S* x_;
  S* h_;
  Workspace<Unit, S>& work_;
  bool record_;
};

}  // namespace recur::kernel
