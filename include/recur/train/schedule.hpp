// Schedules of the learning rate. A schedule is a function rate(time, loss). time is the number of epochs or
// steps so far, and loss is the last loss, which few schedules use:
//
//   fit(model, optimizer, training, validation, {.schedule = CosineDecay{.rate = 1e-3, .over = 20}});
//   CosineDecay{.rate = 1e-3, .over = 20}(3)
//
// Time starts at 0, and training asks for it in order. Any function of these two arguments is a schedule. The
// formulas give the same numbers as PyTorch 1.13. A long decay ends at a rate of 0; the weights then stay. If
// a setting is not legal, a call of the schedule throws std::invalid_argument.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <numbers>
#include <utility>

#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"

namespace recur::inline RECUR_ABI {

/// A loss that is not known yet.
inline constexpr double no_loss = std::numeric_limits<double>::quiet_NaN();

/// rate = schedule(time, loss): see the comment at the top of this file.
template <class T>
concept Schedule = std::copyable<T> && requires(T& schedule) {
  { schedule(Index{0}, no_loss) } -> std::convertible_to<double>;
};

namespace detail::schedule {

inline void check(double rate, Index time) {
  require(rate > 0 && std::isfinite(rate), "a schedule from rate ", rate, ": it must be positive and finite");
  require(time >= 0, "a schedule was asked for time ", time, ": it must be at least 0");
}
inline void check_factor(double factor) {
  require(factor > 0 && factor < 1, "a schedule with factor ", factor, ": it must be between 0 and 1");
}

}  // namespace detail::schedule

/// Always rate.
struct ConstantRate {
  double rate = 1e-3;

  double operator()(Index time, double = no_loss) const {
    detail::schedule::check(rate, time);
    return rate;
  }
};

/// rate · factor^⌊time / every⌋, as torch.optim.lr_scheduler.StepLR. Legal: 0 < factor < 1, every >= 1.
struct StepDecay {
  double rate = 1e-3;
  Index every = 10;
  double factor = 0.1;

  double operator()(Index time, double = no_loss) const {
    detail::schedule::check(rate, time);
    detail::schedule::check_factor(factor);
    require(every > 0, "a step every ", every, ": it must be at least 1");
    return rate * std::pow(factor, static_cast<double>(time / every));
  }
};

/// floor + (rate - floor) · (1 + cos(π · time / over)) / 2, and floor from time = over on (Loshchilov and
/// Hutter 2017, eq. 5, without restarts); PyTorch's CosineAnnealingLR rises again there. Legal: 0 <= floor <=
/// rate, over >= 1.
struct CosineDecay {
  double rate = 1e-3;
  Index over = 10;
  double floor = 1e-6;

  double operator()(Index time, double = no_loss) const {
    detail::schedule::check(rate, time);
    require(floor >= 0 && floor <= rate, "a cosine from rate ", rate, " to floor ", floor,
            ": the floor must be at least 0 and not above the rate");
    require(over > 0, "a cosine over ", over, ": it must be at least 1");
    const double part = static_cast<double>(std::min(time, over)) / static_cast<double>(over);
    return floor + (rate - floor) * (1 + std::cos(std::numbers::pi * part)) / 2;
  }
};

/// Starts at rate, and multiplies it by factor each time that the loss has failed more than `patience` times
/// to fall below best - threshold · |best|, as torch.optim.lr_scheduler.ReduceLROnPlateau for positive losses. It ignores
/// changes of at most `smallest_change`, PyTorch's eps: the rate then stays. It remembers the losses. Use it
/// for epochs, not for steps.
///
/// Legal: 0 < factor < 1, patience >= 0, 0 <= threshold < 1, smallest_change >= 0.
struct Plateau {
  double rate = 1e-3;
  double factor = 0.1;
  Index patience = 10;
  double threshold = 1e-4;
  double smallest_change = 1e-8;

  double best = std::numeric_limits<double>::infinity();  ///< its memory: the lowest loss,
  double scale = 1;                                       ///< by what it multiplies `rate` now,
  Index stalled = 0;                                      ///< and how often the loss has failed to fall

  double operator()(Index time, double loss = no_loss) {
    detail::schedule::check(rate, time);
    detail::schedule::check_factor(factor);
    require(patience >= 0, "a plateau with patience ", patience, ": it must be at least 0");
    require(threshold >= 0 && threshold < 1, "a plateau with threshold ", threshold,
            ": it must be at least 0 and below 1");
    require(smallest_change >= 0, "a plateau with smallest_change ", smallest_change,
            ": it must be at least 0");
    if (time == 0) return rate * scale;
    if (loss < best * (best > 0 ? 1 - threshold : 1 + threshold)) {
      best = loss;
      stalled = 0;
    } else if (++stalled > patience) {
      if (rate * scale - rate * scale * factor > smallest_change) scale *= factor;
      stalled = 0;
    }
    return rate * scale;
  }
};

/// A gradual warm-up (Goyal et al., "Accurate, large minibatch SGD", 2017, section 2.2), then another
/// schedule:
///
///   rate = r · (from + (1 - from) · time / steps)  up to time = steps; r is the first rate of `then`
///   rate = then(time - steps)                      after that
///
///   WarmUp{500, CosineDecay{.rate = 1e-3, .over = 10000}}
///
/// Legal: steps >= 1, 0 < from <= 1.
template <Schedule Then>
struct WarmUp {
  Index steps;
  Then then;
  double from;

  WarmUp(Index over_steps, Then schedule, double from_part = 0.1)
      : steps(over_steps), then(std::move(schedule)), from(from_part) {}

  double operator()(Index time, double loss = no_loss) {
    require(steps > 0, "a warm-up over ", steps, ": it must be at least 1");
    require(from > 0 && from <= 1, "a warm-up from ", from, " of the rate: it must be above 0 and at most 1");
    require(time >= 0, "a warm-up was asked for the rate at time ", time, ": it must be at least 0");
    if (time >= steps) return then(time - steps, loss);
    const double part = static_cast<double>(time) / static_cast<double>(steps);
    return then(0, no_loss) * (from + (1 - from) * part);
  }
};

}  // namespace recur::inline RECUR_ABI
