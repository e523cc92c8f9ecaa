// Series that the examples make themselves: 1 × steps.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <recur/core/matrix.hpp>
#include <recur/core/random.hpp>
#include <vector>

namespace examples {

/// The chaos of Mackey and Glass, "Oscillation and chaos in physiological control systems", 1977, every sixth
/// second: dx/dt = 0.2 x(t - 17) / (1 + x(t - 17)^10) - 0.1 x(t).
inline recur::MatrixX<double> mackey_glass(recur::Index steps) {
  std::vector<double> x(18, 1.2);
  const recur::Index before = 600;  // until it has settled
  for (recur::Index t = 0; t < before + 6 * steps; ++t) {
    const double delayed = x[x.size() - 18];
    double next = x.back();
    for (int tenth = 0; tenth < 10; ++tenth)
      next += 0.1 * (0.2 * delayed / (1 + std::pow(delayed, 10)) - 0.1 * next);
    x.push_back(next);
  }
  recur::MatrixX<double> series(1, steps);
  for (recur::Index i = 0; i < steps; ++i) series(i) = x[static_cast<std::size_t>(before + 6 * i)];
  return series;
}

/// A trend, seasons of 12 steps that grow with it, and noise.
inline recur::MatrixX<double> trend_with_seasons(recur::Index steps, std::uint64_t seed) {
  recur::Random random(seed);
  recur::MatrixX<double> series(1, steps);
  for (recur::Index t = 0; t < steps; ++t) {
    const auto time = static_cast<double>(t), angle = std::numbers::pi / 6 * time;
    series(t) =
        (100 + 0.2 * time) * (1 + 0.2 * std::sin(angle) + 0.1 * std::cos(2 * angle) + 0.03 * random.normal());
  }
  return series;
}

}  // namespace examples
