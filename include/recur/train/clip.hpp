// Clipping of gradients, which explode in long recurrences (Pascanu et al. 2013).
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "recur/core/compiled.hpp"
#include "recur/core/error.hpp"
#include "recur/core/parameters.hpp"

namespace recur::inline RECUR_ABI {

/// A limit of clipping that changes no gradient.
inline constexpr double no_limit = std::numeric_limits<double>::infinity();

namespace detail {

/// Throws NonFinite with the path of the parameter unless `norm`, the norm of `gradient`, is finite.
template <class S>
void check_finite(const Parameters<S>& gradient, double norm) {
  if (std::isfinite(norm)) [[likely]]
    return;
  const std::string parameter = first_non_finite(gradient);
  throw NonFinite(
      parameter.empty()
          ? detail::message("the norm of the gradient overflows: its largest numbers are too large")
          : detail::message("the gradient of parameter ", parameter, " is not finite"));
}

/// Throws std::invalid_argument unless `limit` is positive, also when rounded to S.
template <class S>
void check_limit(const char* what, double limit) {
  constexpr auto smallest = static_cast<double>(std::numeric_limits<S>::min());
  require(limit > 0, what, " ", limit, ": it must be positive");
  require(limit >= smallest, what, " ", limit, ": in ", precision_of<S>, " it must be at least ", smallest);
}

}  // namespace detail

/// Scales the gradient so that its 2-norm over all parameters together is at most about `limit`:
///
///   g ← g · min(1, limit / (‖g‖ + 1e-6))
///
/// Returns the ‖g‖ from before. Pascanu et al. 2013, algorithm 1, in the form of PyTorch's clip_grad_norm_.
/// The limit applies to the gradient of the loss as it is. The gradient of a sum over C outputs or B samples
/// is C or B times the gradient of their mean, so its limit must be C or B times as large too. Throws
/// std::invalid_argument unless limit > 0, also when rounded to the scalar, and NonFinite if the norm is not
/// finite; the gradient is then unchanged. Takes the parameters of a gradient, or the gradient itself and
/// makes the list of its parameters.
template <class S>
double clip_norm(const Parameters<S>& gradient, double limit) {
  detail::check_limit<S>("the gradient was to be clipped to norm", limit);
  const double norm = gradient_norm(gradient);
  detail::check_finite(gradient, norm);
  if (norm + 1e-6 <= limit) return norm;
  const double factor = limit / (norm + 1e-6);
  if (factor >= static_cast<double>(std::numeric_limits<S>::min())) [[likely]] {
    scale_gradient(gradient, static_cast<S>(factor));
  } else {  // a denormal factor counts as zero where denormal numbers are flushed
    const auto root = static_cast<S>(std::sqrt(limit) / std::sqrt(norm));
    scale_gradient(gradient, root);
    scale_gradient(gradient, root);
  }
  return norm;
}

/// Moves each number of the gradient into [-limit, limit], as PyTorch's clip_grad_value_. Unlike clip_norm it
/// changes the direction. It keeps numbers that are NaN. Returns whether it moved a number. Throws
/// std::invalid_argument unless limit > 0, also when rounded to the scalar.
template <class S>
bool clip_value(const Parameters<S>& gradient, double limit) {
  detail::check_limit<S>("the gradient was to be clipped to values of", limit);
  const auto bound = limit > static_cast<double>(std::numeric_limits<S>::max())
                         ? std::numeric_limits<S>::infinity()
                         : static_cast<S>(limit);
  bool moved = false;
  for (const auto& p : gradient)
    detail::for_each_run(p, [bound, &moved](S* values, Index count) {
      bool any = false;
      for (Index i = 0; i < count; ++i) {
        any |= std::abs(values[i]) > bound;
        values[i] = std::clamp(values[i], -bound, bound);
      }
      moved |= any;
    });
  return moved;
}

template <Visitable Model>
double clip_norm(Model& gradient, double limit) {
  return clip_norm(Parameters(gradient), limit);
}
template <Visitable Model>
bool clip_value(Model& gradient, double limit) {
  return clip_value(Parameters(gradient), limit);
}

}  // namespace recur::inline RECUR_ABI

#define RECUR_COMPILED_CLIP(how, S)                                        \
  how template void detail::check_finite<S>(const Parameters<S>&, double); \
  how template void detail::check_limit<S>(const char*, double);           \
  how template double clip_norm<S>(const Parameters<S>&, double);          \
  how template bool clip_value<S>(const Parameters<S>&, double);
#if defined(RECUR_COMPILED)
namespace recur::inline RECUR_ABI {
RECUR_COMPILED_CLIP(extern, float)
RECUR_COMPILED_CLIP(extern, double)
}  // namespace recur::inline RECUR_ABI
#endif
