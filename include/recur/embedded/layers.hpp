// Layers of embedded networks that need no recurrence. Sizes are those of the arrays of weights, to which the template
// arguments refer: the arrays stay where constants are, in the flash memory of a microcontroller. Each matrix may be an
// Int8Matrix instead.
//
//   inline constexpr float weight[2][3] = {...}, bias[3] = {...};      // weight[i][o]: W_oi, column by column
//   Dense<weight, bias, Relu> layer;
//   layer.step(x, y);                                                  // float x[2], y[3], which don't overlap
//
// A layer has `inputs`, `outputs`, the type Input of its inputs, reset() and step(x, y): the state, if there is any, is
// in the object. Embedding takes tokens, all others numbers.
#pragma once

#include <cstdint>

#include "recur/embedded/functions.hpp"
#include "recur/embedded/weights.hpp"

namespace recur::embedded {

/// The number of a word or a sign, as recur::Token.
using Token = std::int32_t;

namespace detail {

template <int N>
constexpr int size_of(const float (&)[N]) {
  return N;
}
template <int N>
constexpr void copy(const float (&from)[N], float (&to)[N]) {
  for (int i = 0; i < N; ++i) to[i] = from[i];
}

/// What layers without a state have in common.
struct Stateless {
  using Input = float;
  static constexpr bool streams = true;
  constexpr void reset() {}
};

}  // namespace detail

/// y = f(W x + b). weight[I][O], bias[O].
template <const auto& weight, const auto& bias, class F = Identity>
struct Dense : detail::Stateless {
  static constexpr int inputs = detail::rows_of(weight), outputs = detail::columns_of(weight);

  constexpr void step(const float (&x)[inputs], float (&y)[outputs]) const {
    detail::copy(bias, y);
    detail::add_product(weight, x, y);
    for (float& one : y) one = F::value(one);
  }
};

/// y = row x of the table, weight[words][E]; zero for a token that is not in it.
template <const auto& weight>
struct Embedding {
  using Input = Token;
  static constexpr bool streams = true;
  static constexpr int inputs = 1, outputs = detail::columns_of(weight);

  constexpr void reset() {}
  constexpr void step(const Token (&x)[1], float (&y)[outputs]) const {
    const bool known = x[0] >= 0 && x[0] < detail::rows_of(weight);
    if (known)
      detail::copy_row(weight, x[0], y);
    else
      for (float& one : y) one = 0;
  }
};

/// y = f(x).
template <int Features, class F>
struct Activate : detail::Stateless {
  static constexpr int inputs = Features, outputs = Features;

  constexpr void step(const float (&x)[inputs], float (&y)[outputs]) const {
    for (int f = 0; f < Features; ++f) y[f] = F::value(x[f]);
  }
};

/// The probabilities of the features, or their logarithms: y_c = x_c - log Σ_k exp(x_k).
template <int Features, bool logarithm = false>
struct Softmax : detail::Stateless {
  static constexpr int inputs = Features, outputs = Features;

  constexpr void step(const float (&x)[inputs], float (&y)[outputs]) const {
    detail::copy(x, y);
    if constexpr (!logarithm) return softmax(y);
    float most = x[0], sum = 0;
    for (const float one : x) most = one > most ? one : most;
    for (const float one : x) sum += exp(one - most);
    const float log_sum = log(sum);
    for (float& one : y) one = one - most - log_sum;  // most + log_sum would round
  }
};

/// y = x where x > 0, else w ∘ x. weight[F].
template <const auto& weight>
struct PRelu : detail::Stateless {
  static constexpr int inputs = detail::size_of(weight), outputs = inputs;

  constexpr void step(const float (&x)[inputs], float (&y)[outputs]) const {
    for (int f = 0; f < inputs; ++f) y[f] = x[f] > 0 ? x[f] : weight[f] * x[f];
  }
};

/// y = w ∘ x + b. weight[F], bias[F].
template <const auto& weight, const auto& bias>
struct Scale : detail::Stateless {
  static constexpr int inputs = detail::size_of(weight), outputs = inputs;

  constexpr void step(const float (&x)[inputs], float (&y)[outputs]) const {
    for (int f = 0; f < inputs; ++f) y[f] = weight[f] * x[f] + bias[f];
  }
};

/// y = γ ∘ (x - μ) / √(σ² + ε) + β over the features. weight = γ[F], bias = β[F]. The squares of x must not overflow. The
/// mean is computed relative to the first feature, so equal features differ from it by exactly 0.
template <const auto& weight, const auto& bias, const float& epsilon>
struct LayerNorm : detail::Stateless {
  static constexpr int inputs = detail::size_of(weight), outputs = inputs;

  constexpr void step(const float (&x)[inputs], float (&y)[outputs]) const {
    constexpr float part = 1.0f / static_cast<float>(inputs);
    float mean = 0, variance = 0;
    for (const float one : x) mean += part * (one - x[0]);
    const auto centred = [&](float one) { return one - x[0] - mean; };
    for (const float one : x) variance += part * centred(one) * centred(one);
    const float scale = 1 / sqrt(variance + epsilon);
    for (int f = 0; f < inputs; ++f) y[f] = weight[f] * centred(x[f]) * scale + bias[f];
  }
};

/// y_t = b + Σ_k W_k x_{t - (K-1-k) d}: the last W is that of the present step; before the first step x is zero.
/// weight[K·I][O], bias[O].
template <int Inputs, int Dilation, const auto& weight, const auto& bias>
struct Conv1d {
  using Input = float;
  static constexpr bool streams = true;
  static constexpr int inputs = Inputs, outputs = detail::columns_of(weight),
                       taps = detail::rows_of(weight) / Inputs, span = (taps - 1) * Dilation + 1;

  float past[span][Inputs] = {};  // a ring
  int present = 0;

  constexpr void reset() { *this = Conv1d(); }
  constexpr void step(const float (&x)[inputs], float (&y)[outputs]) {
    detail::copy(x, past[present]);
    float seen[taps * Inputs];
    int from = present;
    for (int k = taps; k-- > 0; from += from < Dilation ? span - Dilation : -Dilation)
      for (int i = 0; i < Inputs; ++i) seen[k * Inputs + i] = past[from][i];
    detail::copy(bias, y);
    detail::add_product(weight, seen, y);
    present = present + 1 == span ? 0 : present + 1;
  }
};

/// What a Pool takes of the steps: the last one, both ends, the mean or the maximum.
enum class Pooling { last, ends, mean, max };

/// One vector for the steps so far: the last one, the mean, the maximum, or the upper half of the last with the lower
/// half of the first, which are the ends of a Bidirectional layer.
template <int Features, Pooling pooling>
struct Pool {
  using Input = float;
  static constexpr bool streams = true;
  static constexpr int inputs = Features, outputs = Features;

  float pooled[Features] = {}, lost[Features] = {};  // lost: what rounding took from a sum (Kahan 1965)
  std::uint64_t steps = 0;

  constexpr void reset() { *this = Pool(); }
  constexpr void step(const float (&x)[inputs], float (&y)[outputs]) {
    ++steps;
    for (int f = 0; f < Features; ++f) {
      float& so_far = pooled[f];
      if constexpr (pooling == Pooling::mean) {
        const float term = x[f] - lost[f], sum = so_far + term;
        lost[f] = (sum - so_far) - term;
        so_far = sum;
      } else if (pooling == Pooling::last || steps == 1 || (pooling == Pooling::ends && f < Features / 2) ||
                 (pooling == Pooling::max && !(x[f] <= so_far))) {
        so_far = x[f];
      }
      y[f] = pooling == Pooling::mean ? so_far / static_cast<float>(steps) : so_far;
    }
  }
  /// The whole sequence becomes one step.
  template <int Longest>
  constexpr int run(const float (*x)[inputs], int count, float (*y)[outputs]) {
    if (count < 1 || count > Longest) return 0;
    reset();
    for (int t = 0; t < count; ++t) step(x[t], y[0]);
    return 1;
  }
};

}  // namespace recur::embedded
