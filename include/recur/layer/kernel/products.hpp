// The products of the recurrent kernel: each keeps a block of sums in registers while it reads packed weights
// or gradients in the order of memory.
//
// They know of a cell only which blocks of weights feed which of its sums, so that all cells that agree in
// this share them, and a program with many such cells compiles them once.
//
// The blocks are arrays indexed by constants only (`unroll`): one index that the compiler does not know would
// put them on the stack and halve the speed.
#pragma once

#include <algorithm>
#include <array>
#include <span>

#include "recur/core/product.hpp"
#include "recur/core/simd.hpp"
#include "recur/layer/kernel/rows.hpp"
#include "recur/layer/kernel/tile.hpp"

namespace recur::inline RECUR_ABI::kernel {

/// Calls add(n, q, row(q), column(n)) for all of N columns and of the rows. The fewer of the two are held in
/// registers, the others come one at a time.
template <int N, int Rows, class Column, class Row, class Add>
[[gnu::always_inline]] inline void multiply_add(Column&& column, Row&& row, Add&& add) {
  using P = decltype(row(std::integral_constant<int, 0>{}));
  P held[std::min(N, Rows)];
  if constexpr (N <= Rows) {
    unroll<N>([&](auto n) __attribute__((always_inline)) { held[n] = column(n); });
    unroll<Rows>([&](auto q) __attribute__((always_inline)) {
      const P a = row(q);
      unroll<N>([&](auto n) __attribute__((always_inline)) { add(n, q, a, held[n]); });
    });
  } else {
    unroll<Rows>([&](auto q) __attribute__((always_inline)) { held[q] = row(q); });
    unroll<N>([&](auto n) __attribute__((always_inline)) {
      const P b = column(n);
      unroll<Rows>([&](auto q) __attribute__((always_inline)) { add(n, q, held[q], b); });
    });
  }
}

/// sums[n][from[g]] += Σ_k w(g, k) · x(k, n): N samples against a stream of packed weights. Where there are too
/// few sums to hide the latency of an addition, every other k has sums of its own.
template <auto From, int Packs, int Sums, int N, class P, class S>
[[gnu::always_inline]] inline void accumulate(P (&sums)[N][Sums * Packs], const S* w, const S* x, Index ld,
                                              Index count) {
  constexpr int rows = static_cast<int>(From.size()) * Packs;
  const auto add = [&](auto& to, const S* wk, const S* xk) __attribute__((always_inline)) {
    multiply_add<N, rows>(
        [&](auto n) __attribute__((always_inline)) { return P(xk[n * ld]); },
        [&](auto q) __attribute__((always_inline)) { return P::load_once(wk + q * P::size); },
        [&](auto n, auto q, P a, P b) __attribute__((always_inline)) {
          constexpr int s = From[static_cast<std::size_t>(q / Packs)] * Packs + q % Packs;
          to[n][s] = fma(a, b, to[n][s]);
        });
  };
  constexpr int chains = rows * N < 8 ? 2 : 1;
  P others[N][Sums * Packs];
  if constexpr (chains > 1)
    unroll<N>([&](auto n) __attribute__((always_inline)) {
      unroll<Sums * Packs>([&](auto q) __attribute__((always_inline)) { others[n][q] = P(S(0)); });
    });
  in_turns<chains>(
      count, [&](auto chain, Index k) __attribute__((always_inline)) {
        add(chain == 0 ? sums : others, w + k * rows * P::size, x + k);
      });
  if constexpr (chains > 1)
    unroll<N>([&](auto n) __attribute__((always_inline)) {
      unroll<Sums * Packs>([&](auto q)
                               __attribute__((always_inline)) { sums[n][q] = sums[n][q] + others[n][q]; });
    });
}

/// The blocks of weights in the order of the sums that they feed, in which the products with D meet them.
template <std::size_t N>
constexpr std::array<int, N> by_sum(const std::array<int, N>& from) {
  std::array<int, N> blocks{};
  for (std::size_t g = 0; g < N; ++g) blocks[g] = static_cast<int>(g);
  std::sort(blocks.begin(), blocks.end(), [&](int a, int b) {
    return from[static_cast<std::size_t>(a)] < from[static_cast<std::size_t>(b)];
  });
  return blocks;
}

/// Whether they feed sums that lie side by side.
template <std::size_t N>
constexpr bool side_by_side(std::array<int, N> from) {
  std::sort(from.begin(), from.end());
  for (std::size_t i = 1; i < N; ++i)
    if (from[i] != from[i - 1] + 1) return false;
  return true;
}

/// out(·, n) += panel · D(·, n) for N columns: `tiles` tiles of D, of each the sums in From, of each the
/// units that are real. A single column has every other k summed on its own, like `accumulate`.
template <auto From, class T, int N, int Width, class S>
[[gnu::always_inline]] inline void product(const S* panel, const S* d, Index tile_stride, Index units, S* out,
                                           Index ld, Index rows, bool add) {
  using P = Pack<S, Width>;
  constexpr int Packs = Width / P::size;
  constexpr int chains = N * Packs < 8 ? 2 : 1;
  P sum[chains][N][Packs];
  unroll<N>([&](auto n) __attribute__((always_inline)) {
    unroll<Packs>([&](auto m) __attribute__((always_inline)) {
      sum[0][n][m] = P(S(0));
      if constexpr (chains > 1) sum[1][n][m] = P(S(0));
    });
  });
  const auto add_run = [&](const S* column, Index count) __attribute__((always_inline)) {
    in_turns<chains>(
        count, [&](auto chain, Index k) __attribute__((always_inline)) {
          multiply_add<N, Packs>(
              [&](auto n) __attribute__((always_inline)) { return P(column[k + n * T::numbers]); },
              [&](auto m)
                  __attribute__((always_inline)) { return P::load_once(panel + (k * Packs + m) * P::size); },
              [&](auto n, auto m, P a, P b)
                  __attribute__((always_inline)) { sum[chain][n][m] = fma(a, b, sum[chain][n][m]); });
        });
    panel += count * Packs * P::size;
  };
  constexpr auto blocks = by_sum(From);
  if constexpr (side_by_side(From))  // one long run instead of one for each block
    for (; units >= T::units; units -= T::units, d += tile_stride)
      add_run(d + std::ranges::min(From) * T::units, Index{From.size()} * T::units);
  for (; units > 0; units -= T::units, d += tile_stride)
    for (const int block : blocks)
      add_run(d + From[static_cast<std::size_t>(block)] * T::units, std::min<Index>(units, T::units));
  if constexpr (chains > 1)
    unroll<N>([&](auto n) __attribute__((always_inline)) {
      unroll<Packs>([&](auto m)
                        __attribute__((always_inline)) { sum[0][n][m] = sum[0][n][m] + sum[1][n][m]; });
    });
  put(sum[0], out, ld, rows, add);
}

/// dw(rows of a tile, N columns) += D · rowsᵀ for `columns` columns of D and N rows, each contiguous.
template <auto From, class T, int N, int Width, class S>
[[gnu::always_inline]] inline void outer(const S* d, Index columns, const S* rows, Index ld, S* dw, Index ldw,
                                         Index hidden, Index units) {
  using P = Pack<S, Width>;
  constexpr int gates = static_cast<int>(From.size()), Packs = Width / P::size;
  // By the time that the sums are done, so is the way of what they are added to through the caches.
  unroll<N>([&](auto n) __attribute__((always_inline)) {
    unroll<gates>([&](auto g) __attribute__((always_inline)) { prefetch(dw + n * ldw + g * hidden); });
  });
  P sum[N][gates * Packs];
  unroll<N>([&](auto n) __attribute__((always_inline)) {
    unroll<gates * Packs>([&](auto q) __attribute__((always_inline)) { sum[n][q] = P(S(0)); });
  });
  in_turns<1>(
      columns, [&](auto, Index k) __attribute__((always_inline)) {
        multiply_add<N, gates * Packs>(
            [&](auto n) __attribute__((always_inline)) { return P(rows[n * ld + k]); },
            [&](auto q) __attribute__((always_inline)) {
              constexpr int place =
                  From[static_cast<std::size_t>(q / Packs)] * T::units + q % Packs * P::size;
              return P::load_once(d + k * T::numbers + place);
            },
            [&](auto n, auto q, P a, P b)
                __attribute__((always_inline)) { sum[n][q] = fma(a, b, sum[n][q]); });
      });
  unroll<gates>([&](auto g) __attribute__((always_inline)) {
    P of_gate[N][Packs];
    unroll<N>([&](auto n) __attribute__((always_inline)) {
      unroll<Packs>([&](auto p) __attribute__((always_inline)) { of_gate[n][p] = sum[n][g * Packs + p]; });
    });
    put(of_gate, dw + g * hidden, ldw, units, true);
  });
}

/// A part of the sum over k, which counts the inputs, then the units of h. Between parts the sums wait in
/// memory.
struct Block {
  Index begin, end;  ///< from 0 on, the sums start from the bias
};

/// The products of all cells whose sums are fed alike: block g of W_ih feeds sum FromInput[g], block g of W_hh
/// feeds sum FromHidden[g]. T is their Tile.
///
/// The functions stand outside of the class, so that `extern template` keeps them out of every file but one.
template <class T, auto FromInput, auto FromHidden>
class Products {
  using S = typename T::Scalar;
  using R = Panel<S>;  // rows of a transposed matrix

 public:
  static constexpr int input_gates = FromInput.size(), hidden_gates = FromHidden.size();

  /// Numbers that a tile's packed weights take.
  static constexpr Index panel_size(Index inputs, Index hidden) {
    return T::units * (T::sums + input_gates * inputs + hidden_gates * hidden);
  }

  /// Packs weights tile by tile: b_ih + b_hh of its sums, then for each input k the rows of W_ih, then for
  /// each unit k of h the rows of W_hh. Rows beyond hidden_size are zero.
  static void pack(const Matrix<S>& weight_ih, const Matrix<S>& weight_hh, const Vector<S>& bias_ih,
                   const Vector<S>& bias_hh, Buffer<S>& packed);

  /// Where in a tile's packed weights those of k begin; k counts the inputs, then the units of h.
  static constexpr Index offset(Index width, Index k, Index inputs) {
    return T::numbers +
           (input_gates * std::min(k, inputs) + hidden_gates * std::max<Index>(k - inputs, 0)) * width;
  }

  /// Packs W_ihᵀ or W_hhᵀ in panels of its rows (columns of W), along the order of D: unit tile by unit tile, sum
  /// by sum, unit by unit. Rows beyond the last are zero; the last panel has no more packs than it needs.
  static void pack_ih_transposed(const Matrix<S>& w, Buffer<S>& packed) {
    pack_transposed<FromInput>(w, packed);
  }
  static void pack_hh_transposed(const Matrix<S>& w, Buffer<S>& packed) {
    if constexpr (hidden_gates > 0) pack_transposed<FromHidden>(w, packed);
  }

  /// sums += a block of W_ih x + W_hh h' for a tile of `width` units, whose panel begins at w, and for
  /// as many of `count` samples as the registers hold. Returns how many.
  static Index sum(int width, Index count, const S* w, const Block& block, S* sums, const S* x, Index inputs,
                   const S* h_previous, Index hidden);

  /// dx = W_ihᵀ D for `count` columns of D from `first` on.
  static void d_input(const Buffer<S>& packed, const Tiled<S>& d, Index first, Index count, Index hidden,
                      S* dx, Index inputs);
  /// dh += W_hhᵀ D, likewise.
  static void d_hidden(const Buffer<S>& packed, const Tiled<S>& d, Index first, Index count, Index hidden,
                       S* dh, Index ld);

  /// dW_ih += D xᵀ.
  static void d_weight_ih(const Tiled<S>& d, const Rows<S>& x, Index hidden, Matrix<S>& dw);
  /// dW_hh += D h'ᵀ.
  static void d_weight_hh(const Tiled<S>& d, const Rows<S>& h, Index hidden, Matrix<S>& dw);

 private:
  static constexpr int most_gates = std::max(input_gates, hidden_gates);  // at most so many sums grow at once
  static constexpr Index cached = 16 * 1024 / static_cast<Index>(sizeof(S));  // half a first-level cache

  template <auto From>
  static void pack_transposed(const Matrix<S>& w, Buffer<S>& packed);
  template <int N, int Width>
  [[gnu::noinline]] static void tile(const S* w, const Block& block, S* sums, const S* x, Index inputs,
                                     const S* h_previous, Index hidden);
  template <auto From>
  [[gnu::noinline]] static void multiply(const Buffer<S>& packed, const Tiled<S>& d, Index first, Index count,
                                         Index hidden, S* out, Index ld, Index rows, bool add);
  template <auto From>
  [[gnu::noinline]] static void outer_products(const Tiled<S>& d, const Rows<S>& rows, Index hidden,
                                               Matrix<S>& dw);

 public:
  /// Whether so many weights come from far beyond the second-level cache: those of the next block are then asked for
  /// while those of this one are at work. Below that, asking costs what it saves.
  static constexpr bool is_far(Index weights) {
    return weights > 2 * 1024 * 1024 / static_cast<Index>(sizeof(S));
  }

  /// The longest block whose weights stay in the first-level cache while all samples pass by.
  static constexpr Index longest = cached / (T::units * most_gates);
};

template <class T, auto FromInput, auto FromHidden>
void Products<T, FromInput, FromHidden>::pack(const Matrix<S>& weight_ih, const Matrix<S>& weight_hh,
                                              const Vector<S>& bias_ih, const Vector<S>& bias_hh,
                                              Buffer<S>& packed) {
  const Index inputs = weight_ih.cols(), hidden = weight_ih.rows() / input_gates;
  S* out = packed.at_least(T::count(hidden) * panel_size(inputs, hidden));
  for (Index u = 0; u < hidden; u += T::units) {
    const Index real = std::min<Index>(T::units, hidden - u);
    std::fill_n(out, T::numbers, S(0));
    const auto add = [&](auto from, const Vector<S>& bias) {
      for (std::size_t g = 0; g < (bias.size() > 0 ? from.size() : 0); ++g)
        for (Index r = 0; r < real; ++r)
          out[from[g] * T::units + r] += bias(static_cast<Index>(g) * hidden + u + r);
    };
    add(FromInput, bias_ih);
    add(FromHidden, bias_hh);
    out += T::numbers;
    in_width<T>(real, [&](auto width) {
      using P = Pack<S, width>;
      const auto put = [&](const Matrix<S>& w, Index gates) {
        for (Index k = 0; k < w.cols(); ++k)
          for (Index g = 0; g < gates; ++g)
            for (Index r = 0; r < width; r += P::size, out += P::size)
              (r < real ? P::load(w.data() + k * w.rows() + g * hidden + u + r, real - r) : P(S(0)))
                  .store(out);
      };
      put(weight_ih, input_gates);
      put(weight_hh, hidden_gates);
    });
  }
}

template <class T, auto FromInput, auto FromHidden>
template <auto From>
void Products<T, FromInput, FromHidden>::pack_transposed(const Matrix<S>& w, Buffer<S>& packed) {
  const Index hidden = w.rows() / static_cast<Index>(From.size());
  S* out = packed.at_least(round_up(w.cols(), R::rows) * w.rows());
  for (Index m = 0; m < w.cols(); m += R::rows)
    in_width<R>(w.cols() - m, [&](auto width) {
      constexpr Index rows = width;
      if (w.cols() - m < rows) std::fill_n(out, rows * w.rows(), S(0));
      for (Index u = 0; u < hidden; u += T::units)
        for (const int block : by_sum(From)) {
          const Index units = std::min<Index>(T::units, hidden - u);
          transpose(w.data() + m * w.rows() + block * hidden + u, w.rows(), units,
                    std::min(rows, w.cols() - m), out, rows);
          out += units * rows;
        }
    });
}

template <class T, auto FromInput, auto FromHidden>
Index Products<T, FromInput, FromHidden>::sum(int width, Index count, const S* w, const Block& block, S* sums,
                                              const S* x, Index inputs, const S* h_previous, Index hidden) {
  Index done = 0;
  in_width<T>(width, [&](auto wide) {
    done = first_tile<T::samples_of(most_gates * wide / Pack<S, wide>::size)>(
        count, [&](auto size) { tile<size, wide>(w, block, sums, x, inputs, h_previous, hidden); });
  });
  return done;
}

template <class T, auto FromInput, auto FromHidden>
template <int N, int Width>
void Products<T, FromInput, FromHidden>::tile(const S* w, const Block& block, S* waiting, const S* x,
                                              Index inputs, const S* h_previous, Index hidden) {
  using P = Pack<S, Width>;
  constexpr int Packs = Width / P::size;
  P sums[N][T::sums * Packs];
  const auto place = [](auto q) { return q / Packs * T::units + q % Packs * P::size; };
  unroll<N>([&](auto i) __attribute__((always_inline)) {
    unroll<T::sums * Packs>([&](auto q) __attribute__((always_inline)) {
      sums[i][q] = P::load((block.begin == 0 ? w : waiting + i * T::numbers) + place(q));
    });
  });
  const Index i0 = std::min(block.begin, inputs), i1 = std::min(block.end, inputs);
  accumulate<FromInput, Packs, T::sums, N>(sums, w + offset(Width, i0, inputs), x + i0, inputs, i1 - i0);
  if constexpr (hidden_gates > 0) {
    const Index h0 = block.begin - i0, h1 = block.end - i1;
    if (h1 > h0)
      accumulate<FromHidden, Packs, T::sums, N>(sums, w + offset(Width, inputs + h0, inputs), h_previous + h0,
                                                hidden, h1 - h0);
  }
  unroll<N>([&](auto i) __attribute__((always_inline)) {
    unroll<T::sums * Packs>([&](auto q) __attribute__((always_inline)) {
      sums[i][q].store(waiting + i * T::numbers + place(q));
    });
  });
}

template <class T, auto FromInput, auto FromHidden>
void Products<T, FromInput, FromHidden>::d_input(const Buffer<S>& packed, const Tiled<S>& d, Index first,
                                                 Index count, Index hidden, S* dx, Index inputs) {
  multiply<FromInput>(packed, d, first, count, hidden, dx, inputs, inputs, false);
}
template <class T, auto FromInput, auto FromHidden>
void Products<T, FromInput, FromHidden>::d_hidden(const Buffer<S>& packed, const Tiled<S>& d, Index first,
                                                  Index count, Index hidden, S* dh, Index ld) {
  if constexpr (hidden_gates > 0) multiply<FromHidden>(packed, d, first, count, hidden, dh, ld, hidden, true);
}

/// out = (or +=) Wᵀ D. The sum over D's rows is cut so that a panel of the weights stays in the first-level
/// cache while all samples pass by.
template <class T, auto FromInput, auto FromHidden>
template <auto From>
void Products<T, FromInput, FromHidden>::multiply(const Buffer<S>& packed, const Tiled<S>& d, Index first,
                                                  Index count, Index hidden, S* out, Index ld, Index rows,
                                                  bool add) {
  constexpr Index gates = From.size(), block = std::max<Index>(1, cached / (R::rows * gates * T::units));
  const bool far = is_far(rows * gates * hidden);
  for (Index m = 0; m < rows; m += R::rows)
    in_width<R>(rows - m, [&](auto width) {
      const S* panel = packed.data() + m * gates * hidden;
      for (Index j = 0; j < T::count(hidden); j += block) {
        const Index units = std::min(block * T::units, hidden - j * T::units);
        const Index length = units * gates * width;
        in_tiles<R::samples_of(width / Pack<S, width>::size)>(0, count, [&](auto size, Index n) {
          product<From, T, size, width>(panel, d.at(j, first + n), d.columns * T::numbers, units,
                                        out + n * ld + m, ld, rows - m, add || j > 0);
          if (far)
            prefetch(panel + length + length * n / count, panel + length + length * (n + size) / count);
        });
        panel += length;
      }
    });
}

template <class T, auto FromInput, auto FromHidden>
void Products<T, FromInput, FromHidden>::d_weight_ih(const Tiled<S>& d, const Rows<S>& x, Index hidden,
                                                     Matrix<S>& dw) {
  outer_products<FromInput>(d, x, hidden, dw);
}
template <class T, auto FromInput, auto FromHidden>
void Products<T, FromInput, FromHidden>::d_weight_hh(const Tiled<S>& d, const Rows<S>& h, Index hidden,
                                                     Matrix<S>& dw) {
  if constexpr (hidden_gates > 0) outer_products<FromHidden>(d, h, hidden, dw);
}

/// The sum over columns is cut so that what a tile has of D stays in the first-level cache while all rows pass by.
template <class T, auto FromInput, auto FromHidden>
template <auto From>
void Products<T, FromInput, FromHidden>::outer_products(const Tiled<S>& d, const Rows<S>& rows, Index hidden,
                                                        Matrix<S>& dw) {
  for (Index j = 0; j < T::count(hidden); ++j)
    in_width<T>(hidden - j * T::units, [&](auto width) {
      in_blocks(rows.begin, rows.end, cached / T::numbers, [&](Index begin, Index end) {
        in_tiles<T::samples_of(static_cast<int>(From.size()) * width / Pack<S, width>::size)>(
            0, dw.cols(), [&](auto size, Index f) {
              outer<From, T, size, width>(d.at(j, begin), end - begin, rows.at(f, begin), rows.ld,
                                          &dw(j * T::units, f), dw.rows(), hidden, hidden - j * T::units);
            });
      });
    });
}

}  // namespace recur::inline RECUR_ABI::kernel
