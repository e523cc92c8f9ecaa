// The weights of embedded networks: arrays of floats, or bytes with scales. Layers take both.
//
//   inline constexpr float weight[2][3] = {...};                               // weight[i][o]: W_oi, column by column
//   inline constexpr Int8Matrix<2, 3, 3> weight = {{{-5, 127, 0}, ...}, ...};  // W_oi = scale[o] · values[i][o]
#pragma once

#include <cstdint>

namespace recur::embedded {

/// Weights of 8 bits. A matrix of I inputs and O outputs is Int8Matrix<I, O, O>, with a scale for each output:
/// W_oi = scale[o] · values[i][o]. A table of words is Int8Matrix<Words, E, Words>, with a scale for each word.
template <int Rows, int Columns, int Scales>
struct Int8Matrix {
  std::int8_t values[Rows][Columns];
  float scale[Scales];
};

namespace detail {

template <int Rows, int Columns>
constexpr int rows_of(const float (&)[Rows][Columns]) {
  return Rows;
}
template <int Rows, int Columns>
constexpr int columns_of(const float (&)[Rows][Columns]) {
  return Columns;
}
template <int Rows, int Columns, int Scales>
constexpr int rows_of(const Int8Matrix<Rows, Columns, Scales>&) {
  return Rows;
}
template <int Rows, int Columns, int Scales>
constexpr int columns_of(const Int8Matrix<Rows, Columns, Scales>&) {
  return Columns;
}

/// sums += W x. Compilers make vectors of the inner loop; blocks of sums were slower with GCC, and no faster with Clang.
template <int I, int O>
constexpr void add_product(const float (&weight)[I][O], const float (&x)[I], float (&sums)[O]) {
  for (int i = 0; i < I; ++i)
    for (int o = 0; o < O; ++o) sums[o] += weight[i][o] * x[i];
}
/// sums_o += scale_o Σ_i values_io x_i. 127 Σ |x_i| must not overflow. The first input begins the sums: clearing them would be a call of memset.
template <int I, int O>
constexpr void add_product(const Int8Matrix<I, O, O>& weight, const float (&x)[I], float (&sums)[O]) {
  float product[O];
  for (int o = 0; o < O; ++o) product[o] = static_cast<float>(weight.values[0][o]) * x[0];
  for (int i = 1; i < I; ++i)
    for (int o = 0; o < O; ++o) product[o] += static_cast<float>(weight.values[i][o]) * x[i];
  for (int o = 0; o < O; ++o) sums[o] += weight.scale[o] * product[o];
}

/// to = a row of a table.
template <int Words, int E>
constexpr void copy_row(const float (&table)[Words][E], int row, float (&to)[E]) {
  for (int e = 0; e < E; ++e) to[e] = table[row][e];
}
template <int Words, int E>
constexpr void copy_row(const Int8Matrix<Words, E, Words>& table, int row, float (&to)[E]) {
  for (int e = 0; e < E; ++e) to[e] = table.scale[row] * static_cast<float>(table.values[row][e]);
}

}  // namespace detail

}  // namespace recur::embedded
