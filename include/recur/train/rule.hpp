// Rules of optimizers: the mathematics of one step, with its settings. optimizer.hpp applies them to models.
//
// A rule of your own is a struct such as
//
//   struct Sign {                                                  // p ← p - rate · sign(g)
//     double rate = 1e-3;
//     static constexpr std::array<const char*, 0> moments{};       // a name for each moment
//     template <class S>
//     void check() const {}                                        // throws if a setting is not legal for S
//     template <class S>
//     auto update(std::int64_t) const {                            // of step 1, 2, ...
//       return [rate_ = S(rate)](auto&& p, const auto& g) { p -= rate_ * g.sign(); };
//     }
//   };
//
// Its `update` returns a function of the arrays (p, g, moments...). Write it in Eigen's array expressions or
// number by number with `elementwise`, as the rules below are; that compiles faster.
//
// Formulas and defaults are those of PyTorch 1.13, whose SGD has no default rate. Its lr is `rate` here, eps is
// `epsilon`, and betas are `beta1` and `beta2`. Below, ' marks the step before.
// Options such as amsgrad, centered, dampening or lr_decay are not there.
//
// A table's row that a batch did not touch has the gradient 0, and is updated like all others: momentum, moments and
// weight decay go on, as in PyTorch with sparse=False.
//
// As in PyTorch, v becomes infinite if the term that a step adds to it exceeds the largest number of the
// scalar (3.4e38 for float). That term is (1 - beta2) g² for Adam, (1 - alpha) g² for RmsProp, and g² for
// Adagrad. Such a v stays infinite, and its weight no longer moves, except by AdamW's decay: clip gradients that
// explode. Only a factor of 0 forgets such a v at once; in PyTorch v is then not a number. In float, this term
// rounds to 0 if g is below 3e-18 (Adam), 1e-18 (RmsProp) or 1e-19 (Adagrad). An epsilon that is as small makes such
// a step far too large, also in PyTorch: leave it above 1e-15.
//
// Settings are doubles. A setting throws if it is no longer legal after rounding to the scalar of the model,
// such as an epsilon of 1e-60 or a beta of 1 - 1e-12 in single precision. A rate also throws if a
// rate factor, or Adam's division by 1 - beta1 in the first step, takes it beyond the scalar.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "recur/core/error.hpp"
#include "recur/core/parameters.hpp"
#include "recur/core/simd.hpp"

namespace recur::inline RECUR_ABI {

namespace detail::optimizer {

template <class S>
void check_not_negative(const char* name, double value) {
  constexpr auto largest = static_cast<double>(std::numeric_limits<S>::max());
  require(value >= 0 && std::isfinite(value), name, " ", value, ": it must be at least 0 and finite");
  require(value <= largest, name, " ", value, ": in ", precision_of<S>, " it must be at most ", largest);
}
/// Denormal numbers are not legal either, since they may be flushed to zero.
template <class S>
void check_positive(const char* name, double value) {
  constexpr auto smallest = static_cast<double>(std::numeric_limits<S>::min());
  require(value > 0 && std::isfinite(value), name, " ", value, ": it must be positive and finite");
  require(value >= smallest, name, " ", value, ": in ", precision_of<S>, " it must be at least ", smallest);
  check_not_negative<S>(name, value);
}
template <class S>
void check_fraction(const char* name, double value) {
  require(value >= 0 && value < 1, name, " ", value, ": it must be at least 0 and below 1");
  require(static_cast<S>(value) < 1, name, " 1 - ", 1 - value, ": in ", precision_of<S>,
          " this is 1, and it must be at most 1 - ",
          static_cast<double>(std::numeric_limits<S>::epsilon()) / 2);
}
template <class S>
void check_common(double rate, double decay) {
  check_positive<S>("learning rate", rate);
  check_not_negative<S>("weight_decay", decay);
}

/// Sets moments to zero if a step multiplies them by 0, since 0 · ∞ is not a number.
template <class S>
void forget_unless(S factor, auto& moments) {
  if (factor == 0) std::fill_n(moments.data(), moments.size(), S(0));
}

}  // namespace detail::optimizer

/// Calls f with the numbers of all arrays, which have the same length. It keeps the changes that f makes to
/// arrays that are not const. It drops those that f makes to a const array, such as a gradient:
///
///   elementwise([=](auto& p, auto& g, auto& m) { m = mu * m + g, p = p - rate * m; },
///               weights, gradient, momenta);
///
/// f takes references and sees several numbers at once (`Pack`, core/simd.hpp). It may use + - * /, sqrt,
/// abs, min, max, where_positive, and scalars of the arrays' type. It can't branch on the numbers.
template <class F, class First, class... Others>
RECUR_FLATTEN void elementwise(F f, First&& first, Others&&... others) {
  using S = typename std::remove_cvref_t<First>::Scalar;
  const auto keep = [](Pack<S> numbers, auto* to, Index lanes) {
    if constexpr (!std::is_const_v<std::remove_pointer_t<decltype(to)>>) numbers.store(to, lanes);
  };
  detail::over_packs<S>(first.size(), [&](Index i, Index lanes) {
    [&](Pack<S> a, auto... b) {
      f(a, b...);
      keep(a, first.data() + i, lanes);
      (keep(b, others.data() + i, lanes), ...);
    }(Pack<S>::load(first.data() + i, lanes), Pack<S>::load(others.data() + i, lanes)...);
  });
}

/// Stochastic gradient descent, with momentum (Polyak 1964) or Nesterov's (Sutskever et al. 2013, equations 1
/// to 4; here in PyTorch's form, which multiplies by the rate last, and keeps the weights of the look-ahead, θ + μv).
///
///   g ← g + weight_decay · p      b = momentum · b' + g
///   p ← p - rate · b              Nesterov: p ← p - rate · (g + momentum · b)
///
/// A step is proportional to the gradient, so if the loss is a sum instead of a mean, divide the rate and multiply
/// weight_decay (train/loss.hpp).
///
/// Legal: rate > 0, 0 <= momentum < 1, weight_decay >= 0, nesterov only with momentum.
struct Sgd {
  double rate = 1e-2, momentum = 0, weight_decay = 0;
  bool nesterov = false;

  static constexpr std::array<const char*, 1> moments{"momentum"};

  template <class S = double>
  void check() const {
    detail::optimizer::check_common<S>(rate, weight_decay);
    detail::optimizer::check_fraction<S>("momentum", momentum);
    require(!nesterov || momentum > 0, "nesterov with momentum 0: it needs a momentum above 0 and below 1");
  }

  template <class S>
  auto update(std::int64_t) const {
    return [r = static_cast<S>(rate), mu = static_cast<S>(momentum), decay = static_cast<S>(weight_decay),
            look_ahead = nesterov](auto&& weights, const auto& gradient, auto&& momenta) {
      if (mu == 0) {
        elementwise([=](auto& p, auto& g) { p = p - r * (g + decay * p); }, weights, gradient);
        return;
      }
      elementwise(
          [=](auto& p, auto& g, auto& b) {
            g = g + decay * p;
            b = mu * b + g;
            p = p - r * (look_ahead ? g + mu * b : b);
          },
          weights, gradient, momenta);
    };
  }
};

/// Divides steps by a running root mean square of the gradient (Tieleman and Hinton 2012, lecture 6.5).
///
///   g ← g + weight_decay · p      v = alpha · v' + (1 - alpha) · g²      p ← p - rate · g / (√v + epsilon)
///
/// Legal: rate > 0, 0 <= alpha < 1, epsilon > 0, weight_decay >= 0.
struct RmsProp {
  double rate = 1e-2, alpha = 0.99, epsilon = 1e-8, weight_decay = 0;

  static constexpr std::array<const char*, 1> moments{"v"};

  template <class S = double>
  void check() const {
    detail::optimizer::check_common<S>(rate, weight_decay);
    detail::optimizer::check_fraction<S>("alpha", alpha);
    detail::optimizer::check_positive<S>("epsilon", epsilon);
  }

  template <class S>
  auto update(std::int64_t) const {
    return [r = static_cast<S>(rate), a = static_cast<S>(alpha), one_minus_a = static_cast<S>(1 - alpha),
            e = static_cast<S>(epsilon),
            decay = static_cast<S>(weight_decay)](auto&& weights, const auto& gradient, auto&& squares) {
      detail::optimizer::forget_unless(a, squares);
      elementwise(
          [=](auto& p, auto& g, auto& v) {
            g = g + decay * p;
            v = a * v + one_minus_a * g * g;  // from the left, as in PyTorch: g * g overflows first
            p = p - r * (g / (sqrt(v) + e));
          },
          weights, gradient, squares);
    };
  }
};

/// Divides steps by the root of the sum of all squared gradients so far (Duchi et al. 2011, in its diagonal
/// form).
///
///   g ← g + weight_decay · p      v = v' + g²      p ← p - rate · g / (√v + epsilon)
///
/// Legal: rate > 0, epsilon > 0, weight_decay >= 0.
struct Adagrad {
  double rate = 1e-2, epsilon = 1e-10, weight_decay = 0;

  static constexpr std::array<const char*, 1> moments{"v"};

  template <class S = double>
  void check() const {
    detail::optimizer::check_common<S>(rate, weight_decay);
    detail::optimizer::check_positive<S>("epsilon", epsilon);
  }

  template <class S>
  auto update(std::int64_t) const {
    return [r = static_cast<S>(rate), e = static_cast<S>(epsilon),
            decay = static_cast<S>(weight_decay)](auto&&... arrays) {
      elementwise(
          [=](auto& p, auto& g, auto& v) {
            g = g + decay * p;
            v = v + g * g;
            p = p - r * (g / (sqrt(v) + e));
          },
          arrays...);
    };
  }
};

/// Adaptive moments (Kingma and Ba 2015, algorithm 1). ε is added after the correction of the bias.
///
///   g ← g + weight_decay · p
///   m = beta1 · m' + (1 - beta1) · g              m̂ = m / (1 - beta1^t)
///   v = beta2 · v' + (1 - beta2) · g²             v̂ = v / (1 - beta2^t)
///   p ← p - rate · m̂ / (√v̂ + epsilon)             t = 1, 2, ...
///
/// Every number of the model moves in every step as long as its m is not zero. This includes rows of an
/// embedding that the batch did not touch. Legal: rate > 0, 0 <= beta1, beta2 < 1, epsilon > 0, weight_decay
/// >= 0. The first step multiplies m by rate / (1 - beta1), which must not exceed the largest number of the
/// scalar.
struct Adam {
  double rate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0;

  static constexpr std::array<const char*, 2> moments{"m", "v"};

  template <class S = double>
  void check() const {
    detail::optimizer::check_common<S>(rate, weight_decay);
    detail::optimizer::check_fraction<S>("beta1", beta1);
    detail::optimizer::check_fraction<S>("beta2", beta2);
    detail::optimizer::check_positive<S>("epsilon", epsilon);
    detail::optimizer::check_not_negative<S>("learning rate / (1 - beta1)", rate / (1 - beta1));
  }

  template <class S>
  auto update(std::int64_t step) const {
    const auto t = static_cast<double>(step);
    return
        [b1 = static_cast<S>(beta1), one_minus_b1 = static_cast<S>(1 - beta1), b2 = static_cast<S>(beta2),
         one_minus_b2 = static_cast<S>(1 - beta2), e = static_cast<S>(epsilon),
         r = static_cast<S>(rate / (1 - std::pow(beta1, t))),
         root = static_cast<S>(1 / std::sqrt(1 - std::pow(beta2, t))), decay = static_cast<S>(weight_decay)](
            auto&& weights, const auto& gradient, auto&& means, auto&& squares) {
          detail::optimizer::forget_unless(b1, means);
          detail::optimizer::forget_unless(b2, squares);
          elementwise(
              [=](auto& p, auto& g, auto& m, auto& v) {
                g = g + decay * p;
                m = b1 * m + one_minus_b1 * g;
                v = b2 * v + one_minus_b2 * g * g;  // from the left, as in PyTorch: g * g overflows first
                p = p - r * (m / (sqrt(v) * root + e));
              },
              weights, gradient, means, squares);
        };
  }
};

/// Adam with separate weight decay, which the moments don't see (Loshchilov and Hutter 2019, algorithm 2; here in
/// PyTorch's form, which multiplies the decay by the rate):
///
///   p ← p - rate · weight_decay · p, then Adam's step
///
/// Legal: as for Adam, and rate · weight_decay must be a number of the scalar.
struct AdamW {
  /// The first four as in Adam.
  double rate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 1e-2;

  static constexpr auto moments = Adam::moments;

  template <class S = double>
  void check() const {
    Adam{rate, beta1, beta2, epsilon, weight_decay}.check<S>();
    detail::optimizer::check_not_negative<S>("learning rate * weight_decay", rate * weight_decay);
  }

  template <class S>
  auto update(std::int64_t step) const {
    return [adam = Adam{rate, beta1, beta2, epsilon, 0}.update<S>(step),
            kept = static_cast<S>(1 - rate * weight_decay)](auto&& p, const auto& g, auto&& m, auto&& v) {
      p *= kept;
      adam(p, g, m, v);
    };
  }
};

}  // namespace recur::inline RECUR_ABI
