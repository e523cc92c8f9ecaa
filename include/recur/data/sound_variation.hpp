// Variations of a sound: faster or slower, and with noise. A network that learns from such variations hears better.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>

#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/random.hpp"

namespace recur::inline RECUR_ABI {

/// A sound at another speed, and so of another pitch: y_n = x(speed · n), between two samples on the straight line through
/// them (Ko, Peddinti, Povey and Khudanpur, "Audio augmentation for speech recognition", 2015, take speeds of 0.9, 1 and
/// 1.1). A speed of 2 takes half the time and is an octave higher. Throws std::invalid_argument for a speed that is not
/// from 0.001 to 1000.
template <std::floating_point S>
VectorX<S> at_speed(const VectorX<S>& x, double speed) {
  require(speed >= 0.001 && speed <= 1000, "a speed of ", speed, ": it must be from 0.001 to 1000");
  if (x.size() == 0) return x;
  VectorX<S> y(static_cast<Index>(static_cast<double>(x.size() - 1) / speed) + 1);
  for (Index n = 0; n < y.size(); ++n) {
    const double at = speed * static_cast<double>(n), before = std::floor(at);
    const auto part = static_cast<S>(at - before);
    const Index i = std::min(static_cast<Index>(before), x.size() - 1), next = std::min(i + 1, x.size() - 1);
    y(n) = (1 - part) * x(i) + part * x(next);
  }
  return y;
}

/// Adds white noise to a sound: to each sample a number that is uniform in [-a, a), where a is `amplitude` times the root
/// mean square of the sound. Throws std::invalid_argument for an amplitude that is not finite and at least 0.
template <std::floating_point S>
void add_noise(VectorX<S>& x, double amplitude, Random& random) {
  require(amplitude >= 0 && std::isfinite(amplitude), "noise of ", amplitude,
          " times the sound: it must be finite and at least 0");
  if (amplitude == 0 || x.size() == 0) return;
  const double loudness = static_cast<double>(x.stableNorm()) / std::sqrt(static_cast<double>(x.size()));
  for (S& sample : x) sample += static_cast<S>(random.symmetric(amplitude * loudness));
}

}  // namespace recur::inline RECUR_ABI
