// Random numbers with the same stream on every platform. It uses only integer arithmetic, comparisons and
// exactly rounded operations, and no distribution of the standard library.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <utility>

#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"

namespace recur::inline RECUR_ABI {

/// xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021). splitmix64
/// fills its state from the seed.
class Random {
 public:
  explicit Random(std::uint64_t seed = 0) {
    for (auto& word : state_) {
      seed += 0x9e3779b97f4a7c15u;
      std::uint64_t z = seed;
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
      z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
      word = z ^ (z >> 31);
    }
  }

  /// 64 random bits.
  std::uint64_t bits() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  /// Uniform in [0, 1), a multiple of 2^-53.
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }

  /// Uniform in [-limit, limit).
  double symmetric(double limit) { return limit * (2.0 * uniform() - 1.0); }

  /// Uniform integer in [0, count). Throws std::invalid_argument unless count > 0.
  Index below(Index count) {
    require(count > 0, "a random integer below ", count, " was asked for: the bound must be positive");
    const auto n = static_cast<std::uint64_t>(count);
    const std::uint64_t biased = (0 - n) % n;  // 2^64 mod n low values, which would favour some results
    std::uint64_t draw = bits();
    while (draw < biased) draw = bits();
    return static_cast<Index>(draw % n);
  }

  /// Standard normal, with the same bits on every platform. It uses no logarithms, because their last bit differs
  /// between platforms (Karney, "Sampling exactly from the normal distribution", 2016, algorithm N, here with x of
  /// 53 bits).
  double normal() {
    for (;;) {
      int k = 0;
      while (survives(0.5)) ++k;                  // k with probability ~ exp(-k/2)
      if (!survives(0.5, k * (k - 1))) continue;  // keep with exp(-k(k-1)/2)
      const double x = uniform();
      const double a = x * (2 * k + x) / (2 * k + 2);  // keep with exp(-x(2k+x)/2) = exp(-a)^(k+1)
      if (!survives(a, k + 1)) continue;
      return bits() >> 63 ? -(k + x) : k + x;
    }
  }

  /// Random order of the items (Fisher and Yates).
  template <class T>
  void shuffle(std::span<T> items) {
    for (auto i = static_cast<Index>(items.size()) - 1; i > 0; --i)
      std::swap(items[static_cast<std::size_t>(i)], items[static_cast<std::size_t>(below(i + 1))]);
  }

  /// A generator with its own stream. The same parent and index give the same stream. The parent is
  /// unchanged.
  Random split(std::uint64_t index) const {
    return Random(state_[0] ^ std::rotl(state_[2], 29) ^ (index + 1) * 0x9e3779b97f4a7c15u);
  }

  /// The state, to save and restore a stream.
  const std::array<std::uint64_t, 4>& state() const { return state_; }
  /// Goes on from a state that `state` gave.
  void restore(const std::array<std::uint64_t, 4>& state) { state_ = state; }

 private:
  /// True with probability exp(-a), 0 <= a <= 1, by comparisons only. The run a > u_1 > u_2 > ... has length
  /// n or more with probability a^n / n!. So its length is even with probability exp(-a) (von Neumann 1951).
  bool survives(double a) {
    bool even = true;
    for (double u = uniform(), above = a; u < above; u = uniform()) {
      above = u;
      even = !even;
    }
    return even;
  }
  bool survives(double a, int times) {
    while (times-- > 0)
      if (!survives(a)) return false;
    return true;
  }

  std::array<std::uint64_t, 4> state_{};
};

}  // namespace recur::inline RECUR_ABI
