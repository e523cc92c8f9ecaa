// The products of the recurrent kernel, by blocks of sums (core/block.hpp). They read packed weights or
// gradients in the order of memory.
//
//   ForwardProducts:   sums = b + W_ih x + W_hh h'
//   BackwardProducts:  dx = W_ihᵀ D and dW_ih += D xᵀ,   dh += W_hhᵀ D and dW_hh += D h'ᵀ
//
// All they know about a cell is which blocks of weights feed which of its sums. Cells that agree in this
// share the products, and a program with many such cells compiles them once.
//
// The functions of the classes are defined outside of them, so that `extern template` keeps them out of every
// file except one.
#pragma once

#include <algorithm>
#include <array>

#include "recur/core/block.hpp"
#include "recur/recurrence/kernel/rows.hpp"
#include "recur/recurrence/kernel/tile.hpp"

namespace recur::inline RECUR_ABI::detail::kernel {

/// Half a first-level cache.
template <class S>
inline constexpr Index cached = 16 * 1024 / static_cast<Index>(sizeof(S));

/// True if most weights are far beyond the second-level cache. Then the weights of the next block are requested
/// while this block is computed. For fewer weights, the requests cost what they save.
template <class S>
constexpr bool is_far(Index weights) {
  return weights > 2 * 1024 * 1024 / static_cast<Index>(sizeof(S));
}

/// A part of the sum over k. k counts the inputs, then the units of h. Between parts the sums wait in memory.
struct Terms {
  Index begin, end;  ///< if begin is 0, the sums start from the bias
  Index inputs, hidden;
};

/// The sums of all cells with the same inputs to them: block g of W_ih feeds sum FromInput[g], block g of
/// W_hh feeds sum FromHidden[g]. T is their Tile.
template <class T, auto FromInput, auto FromHidden>
class ForwardProducts {
  using S = typename T::Scalar;
  static constexpr int input_gates = FromInput.size(), hidden_gates = FromHidden.size();
  static constexpr int most_gates = std::max(input_gates, hidden_gates);  // the most sums that grow at once

 public:
  /// The number of packed weights of a tile.
  static constexpr Index tile_size(Index inputs, Index hidden) {
    return T::units * (T::sums + input_gates * inputs + hidden_gates * hidden);
  }

  /// The place in a tile's packed weights where the weights of k begin. k counts the inputs, then the units
  /// of h.
  static constexpr Index offset(Index width, Index k, Index inputs) {
    return T::numbers +
           (input_gates * std::min(k, inputs) + hidden_gates * std::max<Index>(k - inputs, 0)) * width;
  }

  /// The longest part with weights that stay in the first-level cache while it is applied to all samples.
  static constexpr Index longest = std::max<Index>(1, cached<S> / (T::units * most_gates));

  /// Packs weights tile by tile: first b_ih + b_hh for its sums, then for each input k the rows of W_ih, then
  /// for each unit k of h the rows of W_hh. Rows beyond hidden_size are zero.
  static void pack(const MatrixX<S>& weight_ih, const MatrixX<S>& weight_hh, const VectorX<S>& bias_ih,
                   const VectorX<S>& bias_hh, Buffer<S>& packed);

  /// Adds a part of W_ih x + W_hh h' to the sums of a tile of `width` units with packed weights w, for as
  /// many of `count` samples as the registers hold. Their x, h' and sums lie side by side. Returns the number
  /// of these samples.
  static Index add_terms(const Terms& terms, int width, const S* w, Index count, const S* x, const S* h,
                         S* sums);

 private:
  template <int N, int Width>
  RECUR_NOINLINE static void add_terms_of(const Terms& terms, const S* w, const S* x, const S* h, S* sums);
};

/// The products of the backward pass with one matrix W, whose block g of rows feeds sum From[g].
template <class T, auto From>
class BackwardProducts {
  using S = typename T::Scalar;
  static constexpr int gates = From.size();

 public:
  /// Packs Wᵀ in panels of its rows (columns of W), in the order of D: unit tile by unit tile, sum by sum,
  /// unit by unit. Rows beyond the last are zero. The last panel has only as many packs as it needs.
  static void pack(const MatrixX<S>& w, Buffer<S>& packed);

  /// C = (or +=) Wᵀ D, for `count` columns of D from `first` on.
  static void product(const Buffer<S>& packed, const Tiled<S>& d, Index first, Index count, Index hidden,
                      const Target<S>& c);

  /// dW += D rowsᵀ.
  static void add_outer(const Tiled<S>& d, const Rows<S>& rows, Index hidden, MatrixX<S>& dw);

 private:
  /// The blocks of W in the order of the sums that they feed, and these sums.
  static constexpr std::array<int, gates> blocks = [] {
    std::array<int, gates> all{};
    for (std::size_t g = 0; g < all.size(); ++g) all[g] = static_cast<int>(g);
    std::sort(all.begin(), all.end(), [](int a, int b) {
      return From[static_cast<std::size_t>(a)] < From[static_cast<std::size_t>(b)];
    });
    return all;
  }();
  static constexpr std::array<int, gates> sums = [] {
    auto all = From;
    std::sort(all.begin(), all.end());
    return all;
  }();

  template <int N, int Width>
  RECUR_NOINLINE static void product_of(const S* panel, const S* d, Index tile_stride, Index units,
                                        const Target<S>& c);
  template <int N, int Width>
  RECUR_NOINLINE static void add_outer_of(Index columns, const S* d, const S* rows, Index ld,
                                          const Target<S>& dw);
};

template <class T, auto FromInput, auto FromHidden>
void ForwardProducts<T, FromInput, FromHidden>::pack(const MatrixX<S>& weight_ih, const MatrixX<S>& weight_hh,
                                                     const VectorX<S>& bias_ih, const VectorX<S>& bias_hh,
                                                     Buffer<S>& packed) {
  const Index inputs = weight_ih.cols(), hidden = weight_ih.rows() / input_gates;
  S* out = packed.at_least(T::count(hidden) * tile_size(inputs, hidden));
  for (Index u = 0; u < hidden; u += T::units) {
    const Index real = std::min<Index>(T::units, hidden - u);
    std::fill_n(out, T::numbers, S(0));
    const auto add_bias = [&](auto from, const VectorX<S>& bias) {
      for (std::size_t g = 0; g < (bias.size() > 0 ? from.size() : 0); ++g)
        for (Index r = 0; r < real; ++r)
          out[from[g] * T::units + r] += bias(static_cast<Index>(g) * hidden + u + r);
    };
    add_bias(FromInput, bias_ih);
    add_bias(FromHidden, bias_hh);
    out += T::numbers;
    in_width<T>(real, [&](auto width) {
      using P = Pack<S, width>;
      const auto copy = [&](const MatrixX<S>& w, Index gates) {
        for (Index k = 0; k < w.cols(); ++k)
          for (Index g = 0; g < gates; ++g)
            for (Index r = 0; r < width; r += P::size, out += P::size)
              (r < real ? P::load(w.data() + k * w.rows() + g * hidden + u + r, real - r) : P(S(0)))
                  .store(out);
      };
      copy(weight_ih, input_gates);
      copy(weight_hh, hidden_gates);
    });
  }
}

template <class T, auto FromInput, auto FromHidden>
Index ForwardProducts<T, FromInput, FromHidden>::add_terms(const Terms& terms, int width, const S* w,
                                                           Index count, const S* x, const S* h, S* sums) {
  Index done = 0;
  in_width<T>(width, [&](auto wide) {
    done = first_columns<columns_for(most_gates * wide / Pack<S, wide>::size)>(
        count, [&](auto size) RECUR_ALWAYS_INLINE { add_terms_of<size, wide>(terms, w, x, h, sums); });
  });
  return done;
}

template <class T, auto FromInput, auto FromHidden>
template <int N, int Width>
void ForwardProducts<T, FromInput, FromHidden>::add_terms_of(const Terms& terms, const S* w, const S* x,
                                                             const S* h, S* waiting) {
  using P = Pack<S, Width>;
  constexpr int packs = Width / P::size;
  Block<P, T::sums, packs, N, chains_for(most_gates * packs * N)> sums;
  const bool begins = terms.begin == 0;
  sums.load(begins ? w : waiting, begins ? 0 : T::numbers, T::units);
  const Index inputs = terms.inputs, hidden = terms.hidden;
  const Index i0 = std::min(terms.begin, inputs), i1 = std::min(terms.end, inputs);
  sums.template add_product<feeds_to(FromInput)>(
      i1 - i0, {w + offset(Width, i0, inputs), input_gates * Width, Width}, {x + i0, 1, inputs});
  if constexpr (hidden_gates > 0) {
    const Index h0 = terms.begin - i0, h1 = terms.end - i1;
    if (h1 > h0)
      sums.template add_product<feeds_to(FromHidden)>(
          h1 - h0, {w + offset(Width, inputs + h0, inputs), hidden_gates * Width, Width},
          {h + h0, 1, hidden});
  }
  sums.store({waiting, T::numbers, Width, false, T::units});
}

template <class T, auto From>
void BackwardProducts<T, From>::pack(const MatrixX<S>& w, Buffer<S>& packed) {
  const Index hidden = w.rows() / gates;
  S* out = packed.at_least(round_up(w.cols(), Panel<S>::rows) * w.rows());
  for (Index m = 0; m < w.cols();)
    m += in_panel<Panel<S>>(w.cols() - m, [&](auto width) {
      constexpr Index rows = width;
      if (w.cols() - m < rows) std::fill_n(out, rows * w.rows(), S(0));
      for (Index u = 0; u < hidden; u += T::units)
        for (const int block : blocks) {
          const Index units = std::min<Index>(T::units, hidden - u);
          transpose(w.data() + m * w.rows() + block * hidden + u, w.rows(), units,
                    std::min(rows, w.cols() - m), out, rows);
          out += units * rows;
        }
    });
}

/// The sum over D's rows is cut into parts. So a panel of the weights stays in the first-level cache while it
/// is applied to all samples.
template <class T, auto From>
void BackwardProducts<T, From>::product(const Buffer<S>& packed, const Tiled<S>& d, Index first, Index count,
                                        Index hidden, const Target<S>& c) {
  constexpr Index part = std::max<Index>(1, cached<S> / (Panel<S>::rows * gates * T::units));
  const bool distant = is_far<S>(c.rows * gates * hidden);
  for (Index m = 0; m < c.rows;)
    m += in_panel<Panel<S>>(c.rows - m, [&](auto width) {
      const S* panel = packed.data() + m * gates * hidden;
      for (Index j = 0; j < T::count(hidden); j += part) {
        const Index units = std::min(part * T::units, hidden - j * T::units);
        const Index length = units * gates * width;
        for (Index n = 0; n < count;) {
          const Index size = first_columns<columns_for(width / Pack<S, width>::size)>(
              count - n, [&](auto samples) RECUR_ALWAYS_INLINE {
                product_of<samples, width>(panel, d.at(j, first + n), d.columns * T::numbers, units,
                                           {c.data + n * c.column + m, c.column, c.rows - m, c.add || j > 0});
              });
          if (distant)
            prefetch(panel + length + length * n / count, panel + length + length * (n + size) / count);
          n += size;
        }
        panel += length;
      }
    });
}

/// A panel times N columns of D. It reads `units` units of the tiles from d on, in each tile the sums that W
/// feeds.
template <class T, auto From>
template <int N, int Width>
void BackwardProducts<T, From>::product_of(const S* panel, const S* d, Index tile_stride, Index units,
                                           const Target<S>& c) {
  using P = Pack<S, Width>;
  constexpr int packs = Width / P::size;
  constexpr bool side_by_side = [] {  // also false for a unit that feeds one sum twice
    for (int g = 0; g < gates; ++g)
      if (sums[static_cast<std::size_t>(g)] != sums.front() + g) return false;
    return true;
  }();
  Block<P, 1, packs, N, chains_for(packs * N)> block;
  for (; units > 0; units -= T::units, d += tile_stride) {
    // In a full tile, sums that lie side by side make one long run. Here one loop handles all runs.
    const bool joined = side_by_side && units >= T::units;
    const Index count = std::min<Index>(units, T::units) * (joined ? gates : 1);
    for (int run = 0; run < (joined ? 1 : gates); ++run) {
      const S* const column = d + sums[static_cast<std::size_t>(run)] * T::units;
      block.template add_product<one_group>(count, {panel, Width}, {column, 1, T::numbers});
      panel += count * Width;
    }
  }
  block.store(c);
}

/// The sum over columns is cut into parts. So a tile's part of D stays in the first-level cache while it is
/// multiplied with all rows.
template <class T, auto From>
void BackwardProducts<T, From>::add_outer(const Tiled<S>& d, const Rows<S>& rows, Index hidden,
                                          MatrixX<S>& dw) {
  for (Index j = 0; j < T::count(hidden); ++j)
    in_width<T>(hidden - j * T::units, [&](auto width) {
      in_parts(rows.begin, rows.end, std::max<Index>(1, cached<S> / T::numbers), [&](Index begin, Index end) {
        over_columns<columns_for(gates * width / Pack<S, width>::size)>(
            dw.cols(), [&](auto size, Index f) RECUR_ALWAYS_INLINE {
              add_outer_of<size, width>(
                  end - begin, d.at(j, begin), rows.at(f, begin), rows.ld,
                  {&dw(j * T::units, f), dw.rows(), hidden - j * T::units, true, hidden});
            });
      });
    });
}

/// The same for a part of the columns of one tile of D, and N rows.
template <class T, auto From>
template <int N, int Width>
void BackwardProducts<T, From>::add_outer_of(Index columns, const S* d, const S* rows, Index ld,
                                             const Target<S>& dw) {
  using P = Pack<S, Width>;
  Block<P, gates, Width / P::size, N> block;
  block.prefetch_target(dw);
  block.template add_product<feeds_from(From)>(columns, {d, T::numbers, T::units}, {rows, 1, ld});
  block.store(dw);
}

}  // namespace recur::inline RECUR_ABI::detail::kernel
