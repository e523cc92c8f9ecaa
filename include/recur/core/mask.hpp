// Masks of dropout and of other noise.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/random.hpp"

namespace recur::inline RECUR_ABI {

/// Makes each of `count` numbers `chosen` with the given probability and else `other`.
template <class S>
[[gnu::noinline]] void draw_choices(S* to, Index count, double probability, S chosen, S other,
                                    Random& random) {
  const auto threshold = static_cast<std::uint32_t>(std::ldexp(probability, 32));
  constexpr Index block = 128;
  std::uint32_t drawn[block];
  for (Index i = 0; i < count; i += block) {
    const Index size = std::min(block, count - i);
    for (Index k = 0; k < size; k += 2) {  // each draw of 64 bits serves two numbers
      const std::uint64_t bits = random.bits();
      drawn[k] = static_cast<std::uint32_t>(bits >> 32);
      drawn[k + 1] = static_cast<std::uint32_t>(bits);
    }
    // Apart, and so without branches, which would be guessed wrong too often: the compiler makes packs of it.
    for (Index k = 0; k < size; ++k) to[i + k] = drawn[k] < threshold ? chosen : other;
  }
}

/// Makes each number of a mask 0 with probability `rate` and else 1 / (1 - rate).
template <class S>
void draw_mask(S* mask, Index count, double rate, Random& random) {
  draw_choices(mask, count, rate, S(0), static_cast<S>(1 / (1 - rate)), random);
}

/// Throws std::invalid_argument unless 0 <= rate < 1.
inline void check_rate(std::string_view what, double rate) {
  require(rate >= 0 && rate < 1, what, " with rate ", rate, ": it must be at least 0 and below 1");
}

}  // namespace recur::inline RECUR_ABI
