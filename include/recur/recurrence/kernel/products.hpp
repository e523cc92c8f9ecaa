// The products of the recurrent kernel. Each keeps a block of sums in registers and reads packed weights or
// gradients in the order of memory.
//
// All they know about a cell is which blocks of weights feed which of its sums. Cells that agree in this
// share the products, and a program with many such cells compiles them once.
//
// Only constants (`unroll`) index the arrays of these blocks. A single index unknown to the compiler would
// put them on the stack and halve the speed.
#pragma once

#include <algorithm>
#include <array>
#include <span>

#include "recur/core/product.hpp"
#include "recur/core/simd.hpp"
#include "recur/recurrence/kernel/rows.hpp"
#include "recur/recurrence/kernel/tile.hpp"

namespace recur::inline RECUR_ABI::kernel {

/// A row that multiply_add multiplies: the place of its pack, and the sum to which it is added.
struct RowOf {
  int at, sum;
};

/// sums[n][rows[q].sum] += (the pack at w + rows[q].at) · x[n · ld] for all rows and N columns. Of rows and
/// columns, the smaller group stays in registers, and the others are loaded one at a time. The loops over the
/// smaller group are folds: with a lambda call for each multiplication, compilers need several times as long.
template <auto rows, int N, int Sums, class P, class S>
[[gnu::always_inline]] inline void multiply_add(P (&sums)[N][Sums], const S* w, const S* x, Index ld) {
  constexpr int count = static_cast<int>(rows.size());
  if constexpr (N <= count) {
    [&]<std::size_t... n>(std::index_sequence<n...>) __attribute__((always_inline)) {
      const P column[] = {P(x[Index{n} * ld])...};
      unroll<count>([&](auto q) __attribute__((always_inline)) {
        constexpr RowOf r = rows[q];
        const P row = P::load_once(w + r.at);
        ((sums[n][r.sum] = fma(row, column[n], sums[n][r.sum])), ...);
      });
    }
    (std::make_index_sequence<N>{});
  } else {
    [&]<std::size_t... q>(std::index_sequence<q...>) __attribute__((always_inline)) {
      const P row[] = {P::load_once(w + rows[q].at)...};
      unroll<N>([&](auto n) __attribute__((always_inline)) {
        const P column(x[n * ld]);
        ((sums[n][rows[q].sum] = fma(row[q], column, sums[n][rows[q].sum])), ...);
      });
    }
    (std::make_index_sequence<count>{});
  }
}

/// sums += others
template <class P, std::size_t N, std::size_t Sums>
[[gnu::always_inline]] inline void add_all(P (&sums)[N][Sums], const P (&others)[N][Sums]) {
  unroll<N>([&](auto n) __attribute__((always_inline)) {
    [&]<std::size_t... q>(std::index_sequence<q...>) __attribute__((always_inline)) {
      ((sums[n][q] = sums[n][q] + others[n][q]), ...);
    }
    (std::make_index_sequence<Sums>{});
  });
}

/// sums[n][from[g]] += Σ_k w(g, k) · x(k, n): N samples and one stream of packed weights. If there are too
/// few sums to hide the latency of an addition, every second k has its own sums.
template <auto From, int Packs, int Sums, int N, class P, class S>
[[gnu::always_inline]] inline void accumulate(P (&sums)[N][Sums * Packs], const S* w, const S* x, Index ld,
                                              Index count) {
  constexpr auto rows = [] {
    std::array<RowOf, From.size() * Packs> all{};
    for (std::size_t q = 0; q < all.size(); ++q)
      all[q] = {static_cast<int>(q) * P::size, From[q / Packs] * Packs + static_cast<int>(q) % Packs};
    return all;
  }();
  constexpr int chains = rows.size() * N < 8 ? 2 : 1;
  P others[N][Sums * Packs] = {};
  in_turns<chains>(
      count, [&](auto chain, Index k) __attribute__((always_inline)) {
        const S* const wk = w + k * static_cast<Index>(rows.size()) * P::size;
        if constexpr (chain == 0)
          multiply_add<rows>(sums, wk, x + k, ld);
        else
          multiply_add<rows>(others, wk, x + k, ld);
      });
  if constexpr (chains > 1) add_all(sums, others);
}

/// The blocks of weights, in the order of the sums that they feed. The products with D use this order.
template <std::size_t N>
constexpr std::array<int, N> by_sum(const std::array<int, N>& from) {
  std::array<int, N> blocks{};
  for (std::size_t g = 0; g < N; ++g) blocks[g] = static_cast<int>(g);
  std::sort(blocks.begin(), blocks.end(), [&](int a, int b) {
    return from[static_cast<std::size_t>(a)] < from[static_cast<std::size_t>(b)];
  });
  return blocks;
}

/// The sums that the blocks of weights feed, in the same order.
template <std::size_t N>
constexpr std::array<int, N> sorted(std::array<int, N> from) {
  std::sort(from.begin(), from.end());
  return from;
}

/// True if the sorted sums lie side by side.
template <std::size_t N>
constexpr bool side_by_side(const std::array<int, N>& sums) {
  for (std::size_t i = 1; i < N; ++i)
    if (sums[i] != sums[i - 1] + 1) return false;
  return true;
}

/// out(·, n) += panel · D(·, n) for N columns. It reads `tiles` tiles of D, in each tile the sums in From,
/// and in each sum the real units. If there are few sums, every second k has its own sums, as in
/// `accumulate`.
template <auto From, class T, int N, int Width, class S>
[[gnu::noinline]] void product(const S* panel, const S* d, Index tile_stride, Index units, S* out, Index ld,
                               Index rows, bool add) {
  using P = Pack<S, Width>;
  constexpr int Packs = Width / P::size;
  constexpr int chains = N * Packs < 8 ? 2 : 1;
  constexpr auto rows_of_panel = [] {
    std::array<RowOf, Packs> all{};
    for (int m = 0; m < Packs; ++m) all[static_cast<std::size_t>(m)] = {m * P::size, m};
    return all;
  }();
  P sum[chains][N][Packs] = {};
  static constexpr auto sums = sorted(From);
  constexpr int gates = static_cast<int>(sums.size());
  for (; units > 0; units -= T::units, d += tile_stride) {
    // In a full tile, sums that lie side by side make one long run. Here one loop handles all runs.
    const bool joined = side_by_side(sums) && units >= T::units;
    const Index count = std::min<Index>(units, T::units) * (joined ? gates : 1);
    for (int run = 0; run < (joined ? 1 : gates); ++run) {
      const S* const column = d + sums[static_cast<std::size_t>(run)] * T::units;
      in_turns<chains>(
          count, [&](auto chain, Index k) __attribute__((always_inline)) {
            multiply_add<rows_of_panel>(sum[chain], panel + k * Packs * P::size, column + k,
                                        Index{T::numbers});
          });
      panel += count * Packs * P::size;
    }
  }
  if constexpr (chains > 1) add_all(sum[0], sum[1]);
  put(sum[0], out, ld, rows, add);
}

/// dw(rows of a tile, N columns) += D · rowsᵀ for `columns` columns of D and N rows. Each row is contiguous.
template <auto From, class T, int N, int Width, class S>
[[gnu::noinline]] void outer(const S* d, Index columns, const S* rows, Index ld, S* dw, Index ldw,
                             Index hidden, Index units) {
  using P = Pack<S, Width>;
  constexpr int gates = static_cast<int>(From.size()), Packs = Width / P::size;
  // This starts to load the numbers that the sums are added to. They arrive by the time the sums are ready.
  unroll<N>([&](auto n) __attribute__((always_inline)) {
    unroll<gates>([&](auto g) __attribute__((always_inline)) { prefetch(dw + n * ldw + g * hidden); });
  });
  constexpr auto rows_of_tile = [] {
    std::array<RowOf, gates * Packs> all{};
    for (std::size_t q = 0; q < all.size(); ++q)
      all[q] = {From[q / Packs] * T::units + static_cast<int>(q) % Packs * P::size, static_cast<int>(q)};
    return all;
  }();
  P sum[N][gates * Packs] = {};
  in_turns<1>(
      columns, [&](auto, Index k) __attribute__((always_inline)) {
        multiply_add<rows_of_tile>(sum, d + k * T::numbers, rows + k, ld);
      });
  unroll<gates>([&](auto g) __attribute__((always_inline)) {
    P of_gate[N][Packs];
    unroll<N>([&](auto n) __attribute__((always_inline)) {
      unroll<Packs>([&](auto p) __attribute__((always_inline)) { of_gate[n][p] = sum[n][g * Packs + p]; });
    });
    put(of_gate, dw + g * hidden, ldw, units, true);
  });
}

/// A part of the sum over k. k counts the inputs, then the units of h. Between parts the sums wait in memory.
struct Block {
  Index begin, end;  ///< if begin is 0, the sums start from the bias
};

/// The products of all cells with the same inputs to their sums: block g of W_ih feeds sum FromInput[g],
/// block g of W_hh feeds sum FromHidden[g]. T is their Tile.
///
/// The functions are defined outside the class, so that `extern template` keeps them out of every file except
/// one.
template <class T, auto FromInput, auto FromHidden>
class Products {
  using S = typename T::Scalar;
  using R = Panel<S>;  // rows of a transposed matrix

 public:
  static constexpr int input_gates = FromInput.size(), hidden_gates = FromHidden.size();

  /// The number of packed weights of a tile.
  static constexpr Index panel_size(Index inputs, Index hidden) {
    return T::units * (T::sums + input_gates * inputs + hidden_gates * hidden);
  }

  /// Packs weights tile by tile: first b_ih + b_hh for its sums, then for each input k the rows of W_ih, then
  /// for each unit k of h the rows of W_hh. Rows beyond hidden_size are zero.
  static void pack(const MatrixX<S>& weight_ih, const MatrixX<S>& weight_hh, const VectorX<S>& bias_ih,
                   const VectorX<S>& bias_hh, Buffer<S>& packed);

  /// The place in a tile's packed weights where the weights of k begin. k counts the inputs, then the units
  /// of h.
  static constexpr Index offset(Index width, Index k, Index inputs) {
    return T::numbers +
           (input_gates * std::min(k, inputs) + hidden_gates * std::max<Index>(k - inputs, 0)) * width;
  }

  /// Packs W_ihᵀ or W_hhᵀ in panels of its rows (columns of W), in the order of D: unit tile by unit tile,
  /// sum by sum, unit by unit. Rows beyond the last are zero. The last panel has only as many packs as it
  /// needs.
  static void pack_ih_transposed(const MatrixX<S>& w, Buffer<S>& packed) {
    pack_transposed<FromInput>(w, packed);
  }
  static void pack_hh_transposed(const MatrixX<S>& w, Buffer<S>& packed) {
    if constexpr (hidden_gates > 0) pack_transposed<FromHidden>(w, packed);
  }

  /// sums += a block of W_ih x + W_hh h' for a tile of `width` units with a panel that begins at w, for as
  /// many of `count` samples as the registers hold. Returns the number of these samples.
  static Index sum(int width, Index count, const S* w, const Block& block, S* sums, const S* x, Index inputs,
                   const S* h_previous, Index hidden);

  /// dx = W_ihᵀ D for `count` columns of D from `first` on.
  static void d_input(const Buffer<S>& packed, const Tiled<S>& d, Index first, Index count, Index hidden,
                      S* dx, Index inputs);
  /// dh += W_hhᵀ D, for the same columns.
  static void d_hidden(const Buffer<S>& packed, const Tiled<S>& d, Index first, Index count, Index hidden,
                       S* dh, Index ld);

  /// dW_ih += D xᵀ.
  static void d_weight_ih(const Tiled<S>& d, const Rows<S>& x, Index hidden, MatrixX<S>& dw);
  /// dW_hh += D h'ᵀ.
  static void d_weight_hh(const Tiled<S>& d, const Rows<S>& h, Index hidden, MatrixX<S>& dw);

 private:
  static constexpr int most_gates = std::max(input_gates, hidden_gates);  // the most sums that grow at once
  static constexpr Index cached = 16 * 1024 / static_cast<Index>(sizeof(S));  // half a first-level cache

  template <auto From>
  static void pack_transposed(const MatrixX<S>& w, Buffer<S>& packed);
  template <int N, int Width>
  [[gnu::noinline]] static void tile(const S* w, const Block& block, S* sums, const S* x, Index inputs,
                                     const S* h_previous, Index hidden);
  template <auto From>
  [[gnu::noinline]] static void multiply(const Buffer<S>& packed, const Tiled<S>& d, Index first, Index count,
                                         Index hidden, S* out, Index ld, Index rows, bool add);
  template <auto From>
  [[gnu::noinline]] static void outer_products(const Tiled<S>& d, const Rows<S>& rows, Index hidden,
                                               MatrixX<S>& dw);

 public:
  /// True if there are so many weights that most are far beyond the second-level cache. Then the weights of
  /// the next block are requested while this block is computed. For fewer weights, the requests cost what
  /// they save.
  static constexpr bool is_far(Index weights) {
    return weights > 2 * 1024 * 1024 / static_cast<Index>(sizeof(S));
  }

  /// The longest block with weights that stay in the first-level cache while it is applied to all samples.
  static constexpr Index longest = cached / (T::units * most_gates);
};

template <class T, auto FromInput, auto FromHidden>
void Products<T, FromInput, FromHidden>::pack(const MatrixX<S>& weight_ih, const MatrixX<S>& weight_hh,
                                              const VectorX<S>& bias_ih, const VectorX<S>& bias_hh,
                                              Buffer<S>& packed) {
  const Index inputs = weight_ih.cols(), hidden = weight_ih.rows() / input_gates;
  S* out = packed.at_least(T::count(hidden) * panel_size(inputs, hidden));
  for (Index u = 0; u < hidden; u += T::units) {
    const Index real = std::min<Index>(T::units, hidden - u);
    std::fill_n(out, T::numbers, S(0));
    const auto add = [&](auto from, const VectorX<S>& bias) {
      for (std::size_t g = 0; g < (bias.size() > 0 ? from.size() : 0); ++g)
        for (Index r = 0; r < real; ++r)
          out[from[g] * T::units + r] += bias(static_cast<Index>(g) * hidden + u + r);
    };
    add(FromInput, bias_ih);
    add(FromHidden, bias_hh);
    out += T::numbers;
    in_width<T>(real, [&](auto width) {
      using P = Pack<S, width>;
      const auto put = [&](const MatrixX<S>& w, Index gates) {
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
void Products<T, FromInput, FromHidden>::pack_transposed(const MatrixX<S>& w, Buffer<S>& packed) {
  const Index hidden = w.rows() / static_cast<Index>(From.size());
  S* out = packed.at_least(round_up(w.cols(), R::rows) * w.rows());
  for (Index m = 0; m < w.cols();)
    m += in_panel<R>(w.cols() - m, [&](auto width) {
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
        count, [&](auto size) __attribute__((always_inline)) {
          tile<size, wide>(w, block, sums, x, inputs, h_previous, hidden);
        });
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

/// out = (or +=) Wᵀ D. The sum over D's rows is cut into parts. So a panel of the weights stays in the
/// first-level cache while it is applied to all samples.
template <class T, auto FromInput, auto FromHidden>
template <auto From>
void Products<T, FromInput, FromHidden>::multiply(const Buffer<S>& packed, const Tiled<S>& d, Index first,
                                                  Index count, Index hidden, S* out, Index ld, Index rows,
                                                  bool add) {
  constexpr Index gates = From.size(), block = std::max<Index>(1, cached / (R::rows * gates * T::units));
  const bool far = is_far(rows * gates * hidden);
  for (Index m = 0; m < rows;)
    m += in_panel<R>(rows - m, [&](auto width) {
      const S* panel = packed.data() + m * gates * hidden;
      for (Index j = 0; j < T::count(hidden); j += block) {
        const Index units = std::min(block * T::units, hidden - j * T::units);
        const Index length = units * gates * width;
        for (Index n = 0; n < count;) {
          const Index size = first_tile<R::samples_of(width / Pack<S, width>::size)>(
              count - n, [&](auto samples) __attribute__((always_inline)) {
                product<From, T, samples, width>(panel, d.at(j, first + n), d.columns * T::numbers, units,
                                                 out + n * ld + m, ld, rows - m, add || j > 0);
              });
          if (far)
            prefetch(panel + length + length * n / count, panel + length + length * (n + size) / count);
          n += size;
        }
        panel += length;
      }
    });
}

template <class T, auto FromInput, auto FromHidden>
void Products<T, FromInput, FromHidden>::d_weight_ih(const Tiled<S>& d, const Rows<S>& x, Index hidden,
                                                     MatrixX<S>& dw) {
  outer_products<FromInput>(d, x, hidden, dw);
}
template <class T, auto FromInput, auto FromHidden>
void Products<T, FromInput, FromHidden>::d_weight_hh(const Tiled<S>& d, const Rows<S>& h, Index hidden,
                                                     MatrixX<S>& dw) {
  if constexpr (hidden_gates > 0) outer_products<FromHidden>(d, h, hidden, dw);
}

/// The sum over columns is cut into parts. So a tile's part of D stays in the first-level cache while it is
/// multiplied with all rows.
template <class T, auto FromInput, auto FromHidden>
template <auto From>
void Products<T, FromInput, FromHidden>::outer_products(const Tiled<S>& d, const Rows<S>& rows, Index hidden,
                                                        MatrixX<S>& dw) {
  for (Index j = 0; j < T::count(hidden); ++j)
    in_width<T>(hidden - j * T::units, [&](auto width) {
      in_blocks(rows.begin, rows.end, cached / T::numbers, [&](Index begin, Index end) {
        in_tiles<T::samples_of(static_cast<int>(From.size()) * width / Pack<S, width>::size)>(
            0, dw.cols(), [&](auto size, Index f) __attribute__((always_inline)) {
              outer<From, T, size, width>(d.at(j, begin), end - begin, rows.at(f, begin), rows.ld,
                                          &dw(j * T::units, f), dw.rows(), hidden, hidden - j * T::units);
            });
      });
    });
}

}  // namespace recur::inline RECUR_ABI::kernel
