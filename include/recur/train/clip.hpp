// Clipping of gradients, which explode where a recurrence is long (Pascanu et al. 2013).
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "recur/core/error.hpp"
#include "recur/core/parameters.hpp"

namespace recur {

/// The limit of a clipping that lets everything through.
inline constexpr double no_limit = std::numeric_limits<double>::infinity();

/// Throws NonFinite with the path of the parameter unless `norm`, that of `gradient`, is finite.
template <class Model>
void check_finite(const Model& gradient, double norm) {
  if (std::isfinite(norm)) [[likely]]
    return;
  const std::string parameter = first_non_finite(gradient);
  throw NonFinite(parameter.empty()
                      ? message("the squares of the gradient overflow: its largest numbers are too large")
                      : message("the gradient of parameter ", parameter, " is not finite"));
}

/// Scales the gradient so that its 2-norm over all parameters together is at most about `limit`:
///
///   g ← g · min(1, limit / (‖g‖ + 1e-6))
///
/// Returns ‖g‖ from before. Pascanu et al. 2013, algorithm 1, in the form of PyTorch's clip_grad_norm_. Throws
/// std::invalid_argument unless limit > 0, and NonFinite where the norm is not finite; the gradient is unchanged
/// then.
template <class Model>
double clip_norm(Model& gradient, double limit) {
  require(limit > 0, "the gradient was to be clipped to norm ", limit, ": it must be positive");
  const double norm = gradient_norm(gradient);
  check_finite(gradient, norm);
  const double factor = limit / (norm + 1e-6);
  if (factor < 1) scale_gradient(gradient, static_cast<typename Model::Scalar>(factor));
  return norm;
}

/// Moves each number of the gradient into [-limit, limit], as PyTorch's clip_grad_value_: unlike clip_norm it
/// changes the direction. Not a number stays so. Throws std::invalid_argument unless limit > 0.
template <class Model>
void clip_value(Model& gradient, double limit) {
  require(limit > 0, "the gradient was to be clipped to values of ", limit, ": it must be positive");
  const auto bound = static_cast<typename Model::Scalar>(limit);
  const auto clip = [bound](auto* values, Index count) {
    for (Index i = 0; i < count; ++i) values[i] = std::clamp(values[i], -bound, bound);
  };
  for_each_parameter([&](const Name&, auto& p) { for_each_run(p, clip); }, gradient);
}

}  // namespace recur
