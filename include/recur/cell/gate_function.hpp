// Activations that are chosen at run time, with parameters of their own. Files of other libraries name such ones.
//
// core/activation.hpp has activations that a template argument chooses. Those are faster, since the compiler knows
// them. Here one switch chooses the loop for a whole array of numbers.
#pragma once

#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "recur/core/activation.hpp"
#include "recur/core/arrays.hpp"
#include "recur/core/description.hpp"
#include "recur/core/error.hpp"

namespace recur::inline RECUR_ABI {

/// The functions that a GateFunction can be, with the defaults of α and β:
enum class GateKind {
  identity,          ///< a
  affine,            ///< α a + β                                       1, 0
  relu,              ///< max(a, 0)
  leaky_relu,        ///< a where a > 0, else α a                       0.01
  thresholded_relu,  ///< a where a > α, else 0                         1
  tanh,              ///< tanh a
  scaled_tanh,       ///< α tanh(β a)                                   1, 1
  sigmoid,           ///< 1 / (1 + exp(-a))
  hard_sigmoid,      ///< min(max(α a + β, 0), 1)                       0.2, 0.5
  elu,               ///< a where a > 0, else α (exp(a) - 1)            1
  selu,         ///< β a where a > 0, else β α (exp(a) - 1)        1.6732632423543772, 1.0507009873554805
  softsign,     ///< a / (1 + |a|)
  softplus,     ///< log(1 + exp(a))
  exponential,  ///< exp(a)
  silu,         ///< a / (1 + exp(-a)), also called swish
  gelu          ///< a Φ(a), with the distribution Φ of a standard normal number
};

namespace detail::gates {

/// What a kind is called in files, how many parameters it has, and their defaults.
struct Row {
  GateKind kind;
  const char* name;
  int parameters;
  double alpha, beta;
};
inline constexpr auto table = std::array{
    Row{GateKind::identity, "identity", 0, 0, 0},
    Row{GateKind::affine, "affine", 2, 1, 0},
    Row{GateKind::relu, "relu", 0, 0, 0},
    Row{GateKind::leaky_relu, "leaky_relu", 1, 0.01, 0},
    Row{GateKind::thresholded_relu, "thresholded_relu", 1, 1, 0},
    Row{GateKind::tanh, "tanh", 0, 0, 0},
    Row{GateKind::scaled_tanh, "scaled_tanh", 2, 1, 1},
    Row{GateKind::sigmoid, "sigmoid", 0, 0, 0},
    Row{GateKind::hard_sigmoid, "hard_sigmoid", 2, 0.2, 0.5},
    Row{GateKind::elu, "elu", 1, 1, 0},
    Row{GateKind::selu, "selu", 2, 1.6732632423543772, 1.0507009873554805},
    Row{GateKind::softsign, "softsign", 0, 0, 0},
    Row{GateKind::softplus, "softplus", 0, 0, 0},
    Row{GateKind::exponential, "exponential", 0, 0, 0},
    Row{GateKind::silu, "silu", 0, 0, 0},
    Row{GateKind::gelu, "gelu", 0, 0, 0},
};
inline constexpr const Row& row(GateKind kind) { return table[static_cast<std::size_t>(kind)]; }

// The functions that core/activation.hpp does not have. value(a), and slope(a, y) with y = value(a).

template <class P>
struct Affine {
  P alpha, beta;
  P value(P a) const { return fma(alpha, a, beta); }
  P slope(P, P) const { return alpha; }
};
template <class P>
struct LeakyRelu {
  P alpha, beta;
  P value(P a) const { return where_positive(a, a, alpha * a); }
  P slope(P a, P) const { return where_positive(a, P(1), alpha); }
};
template <class P>
struct ThresholdedRelu {
  P alpha, beta;
  P value(P a) const { return where_positive(alpha - a, P(0), where_positive(a - alpha, a, a - a)); }
  P slope(P a, P) const { return where_positive(a - alpha, P(1), P(0)); }
};
template <class P>
struct ScaledTanh {
  P alpha, beta;
  P value(P a) const { return alpha * tanh(beta * a); }
  P slope(P a, P) const {
    const P t = tanh(beta * a);
    return alpha * beta * (1 - t * t);
  }
};
template <class P>
struct HardSigmoid {
  P alpha, beta;
  P value(P a) const { return min(max(fma(alpha, a, beta), P(0)), P(1)); }
  P slope(P, P y) const { return where_positive(y, where_positive(1 - y, alpha, P(0)), P(0)); }
};
template <class P>
struct ScaledElu {  // β = 1 for Elu
  P alpha, beta;
  P value(P a) const {
    return beta * where_positive(a, a, alpha * exp_minus_one(where_positive(a, P(0), a)));
  }
  P slope(P a, P y) const { return where_positive(a, beta, fma(alpha, beta, y)); }
};
template <class P>
struct Softsign {
  P alpha, beta;
  P value(P a) const { return a / (1 + abs(a)); }
  P slope(P a, P) const {
    const P d = 1 / (1 + abs(a));
    return d * d;
  }
};
template <class P>
struct Softplus {  // max(a, 0) + log(1 + exp(-|a|)), so that nothing overflows
  P alpha, beta;
  P value(P a) const {
    typename P::Scalar lanes[P::size];
    exp(-abs(a)).store(lanes);
    for (auto& lane : lanes) lane = std::log1p(lane);
    return max(a, P(0)) + P::load(lanes);
  }
  P slope(P a, P) const { return sigmoid(a); }
};
template <class P>
struct Exponential {
  P alpha, beta;
  P value(P a) const { return exp(a); }
  P slope(P, P y) const { return y; }
};
template <class P>
struct Silu {
  P alpha, beta;
  P value(P a) const { return a * sigmoid(a); }
  P slope(P a, P y) const {
    const P s = sigmoid(a);
    return fma(y, 1 - s, s);
  }
};
/// One of core/activation.hpp.
template <class P, class F>
struct Known {
  P alpha, beta;
  P value(P a) const { return F::value(a); }
  P slope(P a, P y) const { return recur::slope<F>(a, y); }
};

}  // namespace detail::gates

/// An activation that is chosen at run time:
///
///   GateFunction{GateKind::hard_sigmoid}               α = 0.2, β = 0.5
///   GateFunction{GateKind::hard_sigmoid, 1.0 / 6}      α = 1/6, β = 0.5: that of Keras 3
///
/// GateKind has the equations and the defaults of α and β. They are those of ONNX. thresholded_relu is
/// that of ONNX's operator, which gives 0 at a = α; ONNX's text for RNN, GRU and LSTM gives α there. `activate` and
/// `activate_backward` run it over an array. Throws std::invalid_argument for an α or β that is not finite, or that the
/// kind does not have.
class GateFunction {
 public:
  GateFunction(GateKind kind = GateKind::tanh, std::optional<double> alpha = {},
               std::optional<double> beta = {})
      : kind_(kind),
        alpha_(alpha.value_or(detail::gates::row(kind).alpha)),
        beta_(beta.value_or(detail::gates::row(kind).beta)) {
    require(std::isfinite(alpha_) && std::isfinite(beta_), "the activation ", name(), " with alpha ", alpha_,
            " and beta ", beta_, ": both must be finite");
    require((has_alpha() || !alpha) && (has_beta() || !beta), "the activation ", name(), " has ",
            detail::gates::row(kind).parameters, " parameters, and was given more");
  }

  GateKind kind() const { return kind_; }
  double alpha() const { return alpha_; }  ///< the first parameter, if the kind has one
  double beta() const { return beta_; }    ///< the second parameter, if the kind has two
  /// Whether the kind has a parameter.
  bool has_alpha() const { return detail::gates::row(kind_).parameters > 0; }
  /// Whether the kind has two parameters.
  bool has_beta() const { return detail::gates::row(kind_).parameters > 1; }
  const char* name() const { return detail::gates::row(kind_).name; }

  /// The kind of such a name, as name() gives it; nothing if there is none.
  static std::optional<GateKind> kind_named(std::string_view name) {
    for (const auto& row : detail::gates::table)
      if (row.name == name) return row.kind;
    return {};
  }

  /// Writes it to the options of a layer, as "gate" or another key, "gate_alpha" and "gate_beta".
  void describe_in(Description& layer, const std::string& key) const {
    layer.set(key, name());
    if (has_alpha()) layer.set(key + "_alpha", alpha_);
    if (has_beta()) layer.set(key + "_beta", beta_);
  }

  /// Calls f(function), where function has value(a) and slope(a, y) for packs P.
  template <class P, class F>
  void with(F&& f) const {
    using namespace detail::gates;
    const P alpha = constant<P>(alpha_), beta = constant<P>(beta_);
    switch (kind_) {
      case GateKind::identity:
        return f(Known<P, Identity>{alpha, beta});
      case GateKind::affine:
        return f(Affine<P>{alpha, beta});
      case GateKind::relu:
        return f(Known<P, Relu>{alpha, beta});
      case GateKind::leaky_relu:
        return f(LeakyRelu<P>{alpha, beta});
      case GateKind::thresholded_relu:
        return f(ThresholdedRelu<P>{alpha, beta});
      case GateKind::tanh:
        return f(Known<P, Tanh>{alpha, beta});
      case GateKind::scaled_tanh:
        return f(ScaledTanh<P>{alpha, beta});
      case GateKind::sigmoid:
        return f(Known<P, Sigmoid>{alpha, beta});
      case GateKind::hard_sigmoid:
        return f(HardSigmoid<P>{alpha, beta});
      case GateKind::elu:
        return f(ScaledElu<P>{alpha, P(1)});
      case GateKind::selu:
        return f(ScaledElu<P>{alpha, beta});
      case GateKind::softsign:
        return f(Softsign<P>{alpha, beta});
      case GateKind::softplus:
        return f(Softplus<P>{alpha, beta});
      case GateKind::exponential:
        return f(Exponential<P>{alpha, beta});
      case GateKind::silu:
        return f(Silu<P>{alpha, beta});
      case GateKind::gelu:
        return f(Known<P, Gelu>{alpha, beta});
    }
  }

  friend bool operator==(const GateFunction&, const GateFunction&) = default;

 private:
  GateKind kind_;
  double alpha_, beta_;
};

/// y = f(a) for `count` numbers, in packs. y may be a.
template <class S>
RECUR_NOINLINE void activate(const GateFunction& f, const S* a, S* y, Index count) {
  using P = Pack<S>;
  f.with<P>([&](const auto& function) {
    detail::over_packs<S>(
        count, [&](Index i, Index lanes) { function.value(P::load(a + i, lanes)).store(y + i, lanes); });
  });
}

/// da = f'(a) dy for `count` numbers, in packs; y = f(a). da may be dy.
template <class S>
RECUR_NOINLINE void activate_backward(const GateFunction& f, const S* a, const S* y, const S* dy, S* da,
                                      Index count) {
  using P = Pack<S>;
  f.with<P>([&](const auto& function) {
    detail::over_packs<S>(count, [&](Index i, Index lanes) {
      (function.slope(P::load(a + i, lanes), P::load(y + i, lanes)) * P::load(dy + i, lanes))
          .store(da + i, lanes);
    });
  });
}

namespace detail {

/// Throws std::invalid_argument unless the parameters are finite also as an S. `of` is the layer.
template <class S>
void check_parameters_of(const GateFunction& f, const std::string& of) {
  constexpr auto largest = static_cast<double>(std::numeric_limits<S>::max());
  require(std::abs(f.alpha()) <= largest && std::abs(f.beta()) <= largest, of, " with the activation ",
          f.name(), " with alpha ", f.alpha(), " and beta ", f.beta(), ": in ", precision_of<S>,
          " both must be at most ", largest);
}

/// Bounds `count` numbers to ±limit, in place. A NaN stays a NaN. An infinite limit changes nothing.
template <class S>
void clip_to(S* a, Index count, double limit) {
  if (!std::isfinite(limit)) return;
  const Pack<S> most = constant<Pack<S>>(limit);
  detail::arrays::map(
      a, count, [most](auto x) { return min(max(x, -most), most); }, a);
}

/// The gradient before such a clip_to, in place: zero where the number was at or beyond the limit. `a` is what clip_to
/// gave.
template <class S>
void clip_backward(const S* a, S* d, Index count, double limit) {
  if (!std::isfinite(limit)) return;
  const Pack<S> most = constant<Pack<S>>(limit);
  detail::arrays::map(
      d, count, [most](auto x, auto g) { return where_positive(most - abs(x), g, decltype(g)(S(0))); }, a, d);
}

}  // namespace detail

}  // namespace recur::inline RECUR_ABI
