// A machine that vibrates, for the example anomaly.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <recur/core/matrix.hpp>
#include <recur/core/random.hpp>

namespace machine {

using recur::Index;

inline constexpr Index rate = 500;  // samples a second

/// A sample of the vibration, and what is known of it.
struct Sample {
  double value = 0;
  Index fault = -1, since = -1;  ///< the last fault, and the samples since it began; -1: there was none
};

/// The vibration of a machine: a shaft at some 50 turns a second, its second harmonic, a gear of three teeth, and
/// noise. Now and then it has a fault for two seconds.
class Machine {
 public:
  static constexpr Index lasts = 2 * rate;
  static constexpr std::array<const char*, 4> faults{"chipped tooth", "loose bearing", "slipping belt",
                                                     "rubbing"};

  /// The first fault comes after `healthy` samples; never if that is 0.
  explicit Machine(std::uint64_t seed, Index healthy = 0) : random_(seed), healthy_(healthy) {}

  Sample next() {
    if (sample_.since >= 0) ++sample_.since;
    if (--healthy_ == 0) {
      sample_.fault = random_.below(4);
      sample_.since = 0;
      healthy_ = lasts + rate * (20 + random_.below(120));
    }
    const Index fault = sample_.since >= 0 && sample_.since < lasts ? sample_.fault : -1;
    speed_ += 0.001 * (50 - speed_) + 0.01 * random_.normal();
    const double before = turn_, second = fault == 1 ? 0.35 : 0.5, noise = fault == 3 ? 0.09 : 0.05;
    turn_ += speed_ / rate;
    if (fault == 2) slip_ += 3.0 / rate;  // the gear falls behind the shaft
    if (fault == 0 && std::floor(turn_) > std::floor(before)) click_ += 0.2;  // once a turn
    const double angle = 2 * std::numbers::pi * turn_;
    sample_.value = std::sin(angle) + second * std::sin(2 * angle + 1) +
                    0.25 * std::sin(3 * angle - 2 * std::numbers::pi * slip_) + noise * random_.normal() +
                    click_;
    click_ *= -0.5;
    return sample_;
  }

 private:
  recur::Random random_;
  Sample sample_;
  Index healthy_;  // samples until the next fault
  double turn_ = 0, speed_ = 50, slip_ = 0, click_ = 0;
};

}  // namespace machine
