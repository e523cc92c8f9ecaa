// Gradients of functions of two sequences, which are not layers, against signed central differences.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "flat.hpp"
#include "recur/core/parameters.hpp"
#include "recur/core/sequence.hpp"

namespace recur::testing {

/// Largest relative error of a gradient with respect to `count` values of a loss.
inline double slope_error(double* values, const double* analytic, Index count,
                          const std::function<double()>& loss) {
  double worst = 0;
  for (Index i = 0; i < count; ++i) {
    const double kept = values[i], step = 1e-5;
    values[i] = kept + step;
    const double above = loss();
    values[i] = kept - step;
    const double below = loss();
    values[i] = kept;
    const double numeric = (above - below) / (2 * step);
    const double error = std::abs(numeric - analytic[i]) / std::max(1.0, std::abs(numeric));
    if (!(error <= worst)) worst = std::isfinite(error) ? error : std::numeric_limits<double>::infinity();
  }
  return worst;
}
inline double slope_error(Sequence<double>& x, const Sequence<double>& d_x,
                          const std::function<double()>& loss) {
  if (x.features() != d_x.features() || x.layout() != d_x.layout())
    return std::numeric_limits<double>::infinity();
  return slope_error(x.data(), d_x.data(), x.features() * x.columns(), loss);
}
/// Of all parameters.
template <class Model>
double slope_error_of_parameters(Model& model, const Model& gradient, const std::function<double()>& loss) {
  double worst = 0;
  for_each_parameter(
      [&](const Name&, auto& p, const auto& g) {
        worst = std::max(worst, slope_error(flat(p).data(), flat(g).data(), p.size(), loss));
      },
      model, gradient);
  return worst;
}

}  // namespace recur::testing
