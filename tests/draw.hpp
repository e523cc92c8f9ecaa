// Draws batches of sequences for tests.
#pragma once

#include <cstdint>
#include <vector>

#include "recur/core/initialize.hpp"
#include "recur/core/random.hpp"
#include "recur/core/sequence.hpp"

namespace recur::testing {

/// Sequences of these lengths with normal numbers.
template <class S>
Sequence<S> draw(Index features, const std::vector<Index>& lengths, std::uint64_t seed = 1) {
  Random random(seed);
  std::vector<MatrixX<S>> samples;
  for (const Index length : lengths) {
    samples.emplace_back(features, length);
    normal(samples.back(), 1, random);
  }
  return Sequence<S>(samples);
}

}  // namespace recur::testing
