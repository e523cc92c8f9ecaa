// Optimizers. A rule is the mathematics of one step, with its settings; an Optimizer applies it to every
// parameter of a model and holds what it remembers, its moments, each a value of the model's type.
//
//   Optimizer optimizer(model, Adam{.rate = 1e-3});
//   optimizer.step(model, gradient);
//
// A rule of the user's own is a struct such as
//
//   struct Sign {                                                  // p ← p - rate · sign(g)
//     double rate = 1e-3;
//     static constexpr std::array<const char*, 0> moments{};       // a name for each moment
//     template <class S>
//     void check() const {}                                        // throws where a setting is not legal for S
//     template <class S>
//     auto update(std::int64_t) const {                            // of step 1, 2, ...
//       return [rate_ = S(rate)](auto&& p, const auto& g) { p -= rate_ * g.sign(); };
//     }
//   };
//
// whose update gives a function of the arrays (p, g, moments...), written in Eigen's array expressions or, which compiles
// faster, number by number, as the rules below are: `elementwise`.
// Formulas, names and defaults are those of PyTorch 1.13; below, ' marks the step before. As there, v becomes infinite
// where what a step adds to it, (1 - beta2) g² of Adam, (1 - alpha) g² of RmsProp, g² of Adagrad, is beyond the largest
// number of the scalar (3.4e38 of float). It stays infinite, and its weight stands still: clip gradients that explode.
// Only a factor of 0 forgets such a v at once; in PyTorch it is then not a number.
//
// Settings are doubles. What is no longer legal when rounded to the scalar of the model, such as an epsilon of 1e-60
// or a beta of 1 - 1e-12 in single precision, throws.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>

#include "recur/core/denormals.hpp"
#include "recur/core/error.hpp"
#include "recur/core/parameters.hpp"
#include "recur/core/threads.hpp"

namespace recur::inline RECUR_ABI {

namespace detail::optimizer {

template <class S>
void check_not_negative(const char* name, double value) {
  constexpr auto largest = static_cast<double>(std::numeric_limits<S>::max());
  require(value >= 0 && std::isfinite(value), name, " ", value, ": it must be at least 0 and finite");
  require(value <= largest, name, " ", value, ": in ", precision_of<S>, " it must be at most ", largest);
}
/// Denormal numbers are not legal either: they count as zero where they are flushed.
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

/// Makes moments zero that a step multiplies by 0: 0 · ∞ is not a number.
template <class S>
void forget_unless(S factor, auto& moments) {
  if (factor == 0) std::fill_n(moments.data(), moments.size(), S(0));
}

}  // namespace detail::optimizer

/// Calls f with the numbers of all arrays, which have one length, and keeps what f makes of those of arrays that are
/// not const; those of a const array, as a gradient's, f may change for itself:
///
///   elementwise([=](auto& p, auto& g, auto& m) { m = mu * m + g, p = p - rate * m; }, weights, gradient, momenta);
///
/// f takes references and sees several numbers at once (`Pack`, core/simd.hpp): it has + - * /, sqrt, abs, min, max and
/// where_positive, and scalars of the arrays' type, but no branches on them.
template <class F, class First, class... Others>
[[gnu::flatten]] void elementwise(F f, First&& first, Others&&... others) {
  using S = typename std::remove_cvref_t<First>::Scalar;
  const auto keep = [](Pack<S> numbers, auto* to, Index lanes) {
    if constexpr (!std::is_const_v<std::remove_pointer_t<decltype(to)>>) numbers.store(to, lanes);
  };
  over_packs<S>(first.size(), [&](Index i, Index lanes) {
    [&](Pack<S> a, auto... b) {
      f(a, b...);
      keep(a, first.data() + i, lanes);
      (keep(b, others.data() + i, lanes), ...);
    }(Pack<S>::load(first.data() + i, lanes), Pack<S>::load(others.data() + i, lanes)...);
  });
}

/// Stochastic gradient descent, with momentum (Polyak 1964) or Nesterov's (Sutskever et al. 2013, equations 1 to 4;
/// here as in PyTorch, which multiplies by the rate last).
///
///   g ← g + weight_decay · p      b = momentum · b' + g
///   p ← p - rate · b              Nesterov: p ← p - rate · (g + momentum · b)
///
/// Steps are as long as the gradient: where the loss is a sum in place of a mean, divide the rate (train/loss.hpp).
///
/// Legal: rate > 0, 0 <= momentum < 1, weight_decay >= 0, nesterov only with momentum.
struct Sgd {
  double rate = 1e-2, momentum = 0, weight_decay = 0;
  bool nesterov = false;

  static constexpr std::array moments{"momentum"};

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

/// Steps divided by a running root mean square of the gradient (Tieleman and Hinton 2012, lecture 6.5).
///
///   g ← g + weight_decay · p      v = alpha · v' + (1 - alpha) · g²      p ← p - rate · g / (√v + epsilon)
///
/// Legal: rate > 0, 0 <= alpha < 1, epsilon > 0, weight_decay >= 0.
struct RmsProp {
  double rate = 1e-2, alpha = 0.99, epsilon = 1e-8, weight_decay = 0;

  static constexpr std::array moments{"v"};

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
            v = a * v + one_minus_a * g * g;  // from the left, as PyTorch: g * g overflows first
            p = p - r * g / (sqrt(v) + e);
          },
          weights, gradient, squares);
    };
  }
};

/// Steps divided by the root of all squared gradients so far (Duchi et al. 2011, in its diagonal form).
///
///   g ← g + weight_decay · p      v = v' + g²      p ← p - rate · g / (√v + epsilon)
///
/// Legal: rate > 0, epsilon > 0, weight_decay >= 0.
struct Adagrad {
  double rate = 1e-2, epsilon = 1e-10, weight_decay = 0;

  static constexpr std::array moments{"v"};

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
            p = p - r * g / (sqrt(v) + e);
          },
          arrays...);
    };
  }
};

/// Adaptive moments (Kingma and Ba 2015, algorithm 1), ε after the correction of the bias.
///
///   g ← g + weight_decay · p
///   m = beta1 · m' + (1 - beta1) · g              m̂ = m / (1 - beta1^t)
///   v = beta2 · v' + (1 - beta2) · g²             v̂ = v / (1 - beta2^t)
///   p ← p - rate · m̂ / (√v̂ + epsilon)             t = 1, 2, ...
///
/// Every number of the model moves in every step as long as its m is not zero, rows of an embedding that
/// the batch did not touch too. Legal: rate > 0, 0 <= beta1, beta2 < 1, epsilon > 0, weight_decay >= 0.
struct Adam {
  double rate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0;

  static constexpr std::array moments{"m", "v"};

  template <class S = double>
  void check() const {
    detail::optimizer::check_common<S>(rate, weight_decay);
    detail::optimizer::check_fraction<S>("beta1", beta1);
    detail::optimizer::check_fraction<S>("beta2", beta2);
    detail::optimizer::check_positive<S>("epsilon", epsilon);
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
                v = b2 * v + one_minus_b2 * g * g;  // from the left, as PyTorch: g * g overflows first
                p = p - r * m / (sqrt(v) * root + e);
              },
              weights, gradient, means, squares);
        };
  }
};

/// Adam with a weight decay of its own, which the moments don't see (Loshchilov and Hutter 2019, algorithm 2):
///
///   p ← p - rate · weight_decay · p, then Adam's step
///
/// Legal: as for Adam.
struct AdamW {
  double rate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 1e-2;

  static constexpr std::array moments = Adam::moments;

  template <class S = double>
  void check() const {
    Adam{rate, beta1, beta2, epsilon, weight_decay}.check<S>();
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

/// A rule with its moments of every parameter of a model.
///
/// Throws std::invalid_argument where a setting of the rule is not legal for the scalar of the model, and from `step`
/// where the sizes of model or gradient are not those of the model it was made for; nothing is changed then. `step`
/// allocates nothing. A copy of an Optimizer with a copy of its model trains on just like the first, and so does one that
/// was saved and loaded (save_weights, load_weights): the file has the moments and the number of steps, by which Adam
/// corrects its moments. The settings of the rule, its rate among them, are not in the file.
template <class Model, class Rule>
class Optimizer {
  static constexpr std::size_t count = Rule::moments.size();

 public:
  using Scalar = typename Model::Scalar;

  std::array<Model, count> moments;  ///< in the order of Rule::moments
  std::int64_t steps = 0;            ///< taken so far

  Optimizer(const Model& model, Rule rule)
      : moments(zeros(model, std::make_index_sequence<count>{})), rule_(std::move(rule)) {
    if constexpr (requires { rule_.template check<Scalar>(); })
      rule_.template check<Scalar>();
    else
      rule_.check();
  }

  const Rule& rule() const { return rule_; }
  double rate() const { return rule_.rate; }
  /// From the next step on. Zero, in which a schedule may end, is legal here: the weights then stay.
  void set_rate(double rate) {
    detail::optimizer::check_not_negative<Scalar>("learning rate", rate);
    rule_.rate = rate;
  }

  /// One step of the model against its gradient, on so many threads if it is worth it, with the same result.
  void step(Model& model, const Model& gradient, int threads = 1) {
    check_threads("a step of the optimizer", threads);
    std::apply(
        [&](auto&... moment) {
          for_each_parameter(check_sizes, model, gradient, moment...);
          ++steps;
          const auto update = rule_.template update<Scalar>(steps);
          const Index all = count_parameters(model), worth = std::max<Index>(1, all / worth_a_thread);
          const auto workers = static_cast<int>(std::clamp<Index>(threads, 1, worth));
          // Each worker has a part of its own in one piece: of the lines of memory between two parts each processor
          // would ask for those of the other.
          parallel(workers, [&](int worker) {
            const FlushDenormals flush;  // moments of rows that are no longer touched fade away
            const Index begin = all * worker / workers, end = all * (worker + 1) / workers;
            Index before = 0;  // numbers of the parameters so far
            for_each_parameter(
                [&](const Name&, auto& p, auto&... others) {
                  const Index size = p.size();
                  in_chunks(update, std::clamp<Index>(begin - before, 0, size),
                            std::clamp<Index>(end - before, 0, size), flat(p), flat(others)...);
                  before += size;
                },
                model, gradient, moment...);
          });
        },
        moments);
  }

  /// Walks what a file of it holds: the moments, named as "m.body.0.weight", and "steps", an integer.
  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    for (std::size_t i = 0; i < count; ++i) Model::visit(at / Rule::moments[i], f, self.moments[i]...);
    f(at / "steps", self.steps...);
  }

 private:
  template <std::size_t... i>
  static std::array<Model, count> zeros(const Model& model, std::index_sequence<i...>) {
    return {((void)i, zeros_like(model))...};
  }

  static constexpr auto check_sizes = [](const Name& name, const auto& p, const auto&... others) {
    if (((p.rows() != others.rows() || p.cols() != others.cols()) || ...)) [[unlikely]]
      throw std::invalid_argument(detail::message(
          "parameter ", name.str(), " of the model is ", p.rows(), " x ", p.cols(),
          ": gradient and optimizer must have the same sizes, as those made from this model have"));
  };

  /// Calls update with pieces of the numbers [begin, end) of the arrays that fit into the first cache together, so that an
  /// update of several expressions reads and writes memory once.
  static void in_chunks(const auto& update, Index begin, Index end, auto&&... arrays) {
    for (Index i = begin; i < end; i += chunk)
      update(std::remove_reference_t<decltype(arrays)>(arrays.data() + i, std::min(chunk, end - i))...);
  }

  static constexpr Index chunk = 1024, worth_a_thread = 65536;

  Rule rule_;
};

}  // namespace recur::inline RECUR_ABI
