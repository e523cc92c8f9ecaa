// The computation of each half of the program, with its own compiler flags.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include "../max_abs.hpp"
#include "half.hpp"
#include "recur/train.hpp"

namespace {

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// h_T of an LSTM for one sample, by its equations.
template <class Cell>
std::vector<double> textbook(const Cell& cell, const recur::MatrixX<float>& x) {
  const recur::Index H = cell.hidden_size();
  std::vector<double> h(static_cast<std::size_t>(H)), c = h, next = h;
  for (recur::Index t = 0; t < x.cols(); ++t) {
    for (recur::Index unit = 0; unit < H; ++unit) {
      std::array<double, 4> sums{};
      for (recur::Index gate = 0; gate < 4; ++gate) {
        const recur::Index row = gate * H + unit;
        double& sum = sums[static_cast<std::size_t>(gate)];
        sum = double{cell.bias_ih(row)} + double{cell.bias_hh(row)};
        for (recur::Index k = 0; k < x.rows(); ++k) sum += double{cell.weight_ih(row, k)} * double{x(k, t)};
        for (recur::Index k = 0; k < H; ++k)
          sum += double{cell.weight_hh(row, k)} * h[static_cast<std::size_t>(k)];
      }
      const auto [i, f, g, o] = sums;
      double& memory = c[static_cast<std::size_t>(unit)];
      memory = sigmoid(f) * memory + sigmoid(i) * std::tanh(g);
      next[static_cast<std::size_t>(unit)] = sigmoid(o) * std::tanh(memory);
    }
    h.swap(next);
  }
  return h;
}

Half half() {
  using recur::Index;
  constexpr Index inputs = 5, units = 37, steps = 9, batch = 6;
  recur::Recurrent layer{recur::Lstm<float>{inputs, units}};
  recur::initialize(layer, 1);
  recur::Random random(2);
  std::vector<recur::MatrixX<float>> samples(batch, recur::MatrixX<float>(inputs, steps));
  for (auto& x : samples) recur::uniform(x, 1, random);
  decltype(layer)::Tape tape;
  const auto& y = layer.forward(recur::Sequence<float>(samples), tape);

  Half half{recur::detail::max_lanes<float>, reinterpret_cast<const void*>(&recur::sigmoid<float>), 0, 0, 0};
  auto stream = layer.stream();
  for (Index sample = 0; sample < batch; ++sample) {
    const auto& x = samples[static_cast<std::size_t>(sample)];
    const std::vector<double> expected = textbook(layer.cell, x);
    const recur::MatrixX<float> of_batch = y.sample(sample);
    recur::reset(layer, stream);
    recur::VectorX<float> last;
    for (Index t = 0; t < steps; ++t) last = layer.step(x.col(t), stream);
    for (Index unit = 0; unit < units; ++unit) {
      const double right = expected[static_cast<std::size_t>(unit)];
      half.error = recur::testing::worse(half.error, std::abs(double{of_batch(unit, steps - 1)} - right));
      half.step_error = recur::testing::worse(half.step_error, std::abs(double{last(unit)} - right));
    }
  }

  // Whether the first input of a sample is positive at its first step.
  recur::ManyToOne model{recur::Recurrent{recur::Lstm<float>{inputs, 8}}, recur::Pooling::last,
                         recur::Dense<float>{8, 2}, recur::SoftmaxCrossEntropy{}};
  recur::initialize(model, 1);
  std::vector<decltype(model)::Example> examples;
  for (const auto& x : samples) examples.push_back({x, x(0, 0) > 0});
  recur::Optimizer optimizer(model, recur::Adam{.rate = 0.05});
  recur::fit(model, optimizer, examples, {.epochs = 100, .batch_size = 3});
  half.loss = recur::evaluate(model, examples);
  return half;
}

}  // namespace
