// Masks for dropout and other noise.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/random.hpp"

namespace recur::inline RECUR_ABI {

namespace detail {

/// Sets each of `count` numbers to `chosen` with the given probability, otherwise to `other`.
template <class S>
RECUR_NOINLINE void draw_choices(S* to, Index count, double probability, S chosen, S other, Random& random) {
  const auto threshold = static_cast<std::uint32_t>(std::ldexp(probability, 32));
  constexpr Index block = 128;
  std::uint32_t drawn[block];
  for (Index i = 0; i < count; i += block) {
    const Index size = std::min(block, count - i);
    for (Index k = 0; k < size; k += 2) {  // each draw of 64 bits is enough for two numbers
      const std::uint64_t bits = random.bits();
      drawn[k] = static_cast<std::uint32_t>(bits >> 32);
      drawn[k + 1] = static_cast<std::uint32_t>(bits);
    }
    // This is a separate loop without branches, so the compiler makes packs of it. Branches would be
    // predicted wrongly too often.
    for (Index k = 0; k < size; ++k) to[i + k] = drawn[k] < threshold ? chosen : other;
  }
}

/// Sets each number of a mask to 0 with probability `rate`, otherwise to 1 / (1 - rate).
template <class S>
void draw_mask(S* mask, Index count, double rate, Random& random) {
  draw_choices(mask, count, rate, S(0), static_cast<S>(1 / (1 - rate)), random);
}

/// Throws std::invalid_argument unless 0 <= rate < 1.
inline void check_rate(std::string_view what, double rate) {
  require(rate >= 0 && rate < 1, what, " with rate ", rate, ": it must be at least 0 and below 1");
}

}  // namespace detail

}  // namespace recur::inline RECUR_ABI
