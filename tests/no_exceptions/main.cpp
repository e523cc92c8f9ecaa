// A program without exceptions and RTTI streams an LSTM. With a word, it makes a mistake instead: that ends it.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <recur/stream.hpp>

#include "../max_abs.hpp"

namespace {

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// One step of an LSTM by its equations: h and c become those after the step.
template <class Cell, std::size_t H>
void textbook(const Cell& cell, const recur::VectorX<float>& x, std::array<double, H>& h,
              std::array<double, H>& c) {
  const std::array<double, H> before = h;
  for (std::size_t unit = 0; unit < H; ++unit) {
    std::array<double, 4> a{};
    for (std::size_t gate = 0; gate < 4; ++gate) {
      const auto row = static_cast<recur::Index>(gate * H + unit);
      a[gate] = double{cell.bias_ih(row)} + double{cell.bias_hh(row)};
      for (recur::Index k = 0; k < x.size(); ++k) a[gate] += double{cell.weight_ih(row, k)} * double{x(k)};
      for (std::size_t k = 0; k < H; ++k)
        a[gate] += double{cell.weight_hh(row, static_cast<recur::Index>(k))} * before[k];
    }
    c[unit] = sigmoid(a[1]) * c[unit] + sigmoid(a[0]) * std::tanh(a[2]);
    h[unit] = sigmoid(a[3]) * std::tanh(c[unit]);
  }
}

}  // namespace

int main(int count, char**) {
  constexpr std::size_t units = 21;
  recur::Sequential model{recur::Recurrent{recur::Lstm<float>{3, units}}, recur::Dense<float>{units, 2}};
  recur::initialize(model, 1);
  auto stream = model.stream();
  if (count > 1) {
    const recur::VectorX<float> too_long = recur::VectorX<float>::Zero(4);
    model.step(too_long, stream);
  }

  const auto& [lstm, dense] = model.layers;
  recur::Random random(2);
  std::array<double, units> h{}, c{};
  double error = 0;
  recur::VectorX<float> x(3);
  for (int t = 0; t < 50; ++t) {
    recur::uniform(x, 1, random);
    textbook(lstm.cell, x, h, c);
    const auto& y = model.step(x, stream);
    for (recur::Index i = 0; i < y.size(); ++i) {
      double expected = double{dense.bias(i)};
      for (std::size_t k = 0; k < units; ++k)
        expected += double{dense.weight(i, static_cast<recur::Index>(k))} * h[k];
      error = recur::testing::worse(error, std::abs(double{y(i)} - expected));
    }
  }
  std::printf("largest error %.1e\n", error);
  return error < 1e-5 ? 0 : 1;
}
