// The functions of embedded networks: exp, log, square root, tanh, sigmoid, erf and softmax, from arithmetic alone.
//
// The headers of this folder need no other header of recur, no library and no heap: a firmware or a plug-in may copy the
// folder alone. They compile with -fno-exceptions -fno-rtti, and with -ffreestanding where <bit>, <cstdint>, <initializer_list> and <limits>
// are there. All functions are constexpr. tanh, sigmoid and erf are within 1e-6 of those of recur/core/simd.hpp. exp and sqrt
// have a relative error of at most 2.4e-7 where x and the result are normal numbers.
#pragma once

#include <bit>
#include <cstdint>
#include <initializer_list>
#include <limits>

namespace recur::embedded {

/// eˣ = 2ⁿ eʳ, |r| ≤ ½ log 2, and eʳ = 1 + r + r² P(r) with the polynomial of the Cephes library. It is within 2 ε of eˣ;
/// a NaN stays a NaN.
constexpr float exp(float x) {
  if (x != x) return x;
  if (x > 89) return std::numeric_limits<float>::infinity();
  if (x < -104) return 0;
  const int n = static_cast<int>(x * 1.44269504f + (x < 0 ? -0.5f : 0.5f));
  const float whole = static_cast<float>(n);
  const float r = x - whole * 0.693359375f + whole * 2.12194440e-4f;  // log 2 in two parts
  float p = 1.9875691500e-4f;
  for (const float coefficient :
       {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f})
    p = p * r + coefficient;
  const auto power = [](int k) { return std::bit_cast<float>(static_cast<std::uint32_t>(k + 127) << 23U); };
  return (1 + r + r * r * p) * power(n / 2) * power(n - n / 2);  // 2ⁿ alone may be beyond the range
}

/// √x of a normal number above 0, by Newton's iteration from half of the exponent.
constexpr float sqrt(float x) {
  float y = std::bit_cast<float>((std::bit_cast<std::uint32_t>(x) >> 1U) + 0x1fbd1df5U);
  for (int i = 0; i < 3; ++i) y = 0.5f * (y + x / y);
  return y;
}

namespace detail {

/// s tanh(s x), s = 1 or ½: the quotient of polynomials in core/simd.hpp.
constexpr float tanh(float x, float s) {
  const float t = s * s, most = 78.3225f / t;
  float y = x * x;
  y = y < most ? y : most;
  const float z = t * y;
  const float p =
      1 + z * (0.13390786945819855f +
               z * (0.003507201559841633f + z * (2.080130434478633e-05f + z * 1.3624021022451416e-08f)));
  const float q =
      1 + z * (0.4672410488128662f +
               z * (0.025921110063791275f + z * (0.00033046703902073205f + z * 7.886110893196019e-07f)));
  const float r = t * x * p / q;
  return r > s ? s : r < -s ? -s : r;
}

/// eˣ - 1 for x <= 0, as core/activation.hpp computes it: the difference would cancel near 0.
constexpr float exp_minus_one(float x) { return x > -0.5f ? tanh(0.5f * x, 1) * (exp(x) + 1) : exp(x) - 1; }

}  // namespace detail

/// (eˣ - e⁻ˣ) / (eˣ + e⁻ˣ), from the polynomials of core/simd.hpp.
constexpr float tanh(float x) { return detail::tanh(x, 1); }

/// 1 / (1 + e⁻ˣ) = ½ + ½ tanh(x/2).
constexpr float sigmoid(float x) { return 0.5f + detail::tanh(x, 0.5f); }

/// Within 6e-7 (Abramowitz and Stegun 1964, eq. 7.1.26).
constexpr float erf(float x) {
  const float size = x < 0 ? -x : x, t = 1 / (1 + 0.3275911f * size);
  float p = 1.061405429f;
  for (const float coefficient : {-1.453152027f, 1.421413741f, -0.284496736f, 0.254829592f})
    p = p * t + coefficient;
  const float tail = p * t * exp(-x * x);
  return x < 0 ? tail - 1 : 1 - tail;
}

/// y_c = exp(y_c) / Σ_k exp(y_k), in place.
template <int N>
constexpr void softmax(float (&y)[N]) {
  float most = y[0], sum = 0;
  for (const float one : y) most = one > most ? one : most;
  for (float& one : y) sum += one = exp(one - most);
  for (float& one : y) one /= sum;
}

/// log x of a normal number above 0, within 2e-7: x = 2ⁿ m with √½ <= m < √2, log m = 2 artanh((m - 1) / (m + 1)).
constexpr float log(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x), of_root = 0x3f3504f3U;  // √½
  const std::uint32_t from_root = bits - of_root;
  const auto n = static_cast<std::int32_t>(from_root) >> 23;
  const float m = std::bit_cast<float>((from_root & 0x7fffffU) + of_root);
  const float z = (m - 1) / (m + 1), s = z * z;
  float p = 0.22222222f;
  for (const float coefficient : {0.28571429f, 0.4f, 0.66666667f, 2.0f}) p = p * s + coefficient;
  return static_cast<float>(n) * 0.69314718f + z * p;
}

/// f(a) = a. It and those below are the activations of a layer: a struct with `value`.
struct Identity {
  static constexpr float value(float a) { return a; }
};
/// f(a) = tanh(a).
struct Tanh {
  static constexpr float value(float a) { return tanh(a); }
};
/// f(a) = 1 / (1 + e⁻ᵃ).
struct Sigmoid {
  static constexpr float value(float a) { return sigmoid(a); }
};
/// f(a) = max(a, 0).
struct Relu {
  static constexpr float value(float a) { return a < 0 ? 0 : a; }
};
/// f(a) = a where a > 0, else eᵃ - 1.
struct Elu {
  static constexpr float value(float a) { return a > 0 ? a : detail::exp_minus_one(a); }
};
/// f(a) = a (1 + erf(a / √2)) / 2.
struct Gelu {
  static constexpr float value(float a) { return a < -100 ? 0 : a * (0.5f + 0.5f * erf(0.70710678f * a)); }
};
/// f(a) = a / (1 + |a|).
struct Softsign {
  static constexpr float value(float a) { return a / (1 + (a < 0 ? -a : a)); }
};
/// f(a) = log(1 + eᵃ).
struct Softplus {
  static constexpr float value(float a) { return (a > 0 ? a : 0) + log(1 + exp(a > 0 ? -a : a)); }
};
/// f(a) = eᵃ.
struct Exponential {
  static constexpr float value(float a) { return exp(a); }
};
/// f(a) = a / (1 + e⁻ᵃ).
struct Silu {
  static constexpr float value(float a) { return a * sigmoid(a); }
};
// Those of recur/cell/gate_function.hpp with parameters, which are constants of the program.

/// f(a) = alpha · a + beta.
template <const float& alpha, const float& beta>
struct Affine {
  static constexpr float value(float a) { return alpha * a + beta; }
};
/// f(a) = a where a > 0, else alpha · a.
template <const float& alpha>
struct LeakyRelu {
  static constexpr float value(float a) { return a > 0 ? a : alpha * a; }
};
/// f(a) = a where a > alpha, else 0.
template <const float& alpha>
struct ThresholdedRelu {
  static constexpr float value(float a) { return a <= alpha ? 0 : a; }
};
/// f(a) = alpha · tanh(beta · a).
template <const float& alpha, const float& beta>
struct ScaledTanh {
  static constexpr float value(float a) { return alpha * tanh(beta * a); }
};
/// f(a) = min(max(alpha · a + beta, 0), 1).
template <const float& alpha, const float& beta>
struct HardSigmoid {
  static constexpr float value(float a) {
    const float y = alpha * a + beta;
    return y < 0 ? 0 : y > 1 ? 1 : y;
  }
};
/// f(a) = a where a > 0, else alpha · (eᵃ - 1).
template <const float& alpha>
struct FlexibleElu {
  static constexpr float value(float a) { return a > 0 ? a : alpha * detail::exp_minus_one(a); }
};
/// f(a) = beta · a where a > 0, else beta · alpha · (eᵃ - 1).
template <const float& alpha, const float& beta>
struct Selu {
  static constexpr float value(float a) { return beta * (a > 0 ? a : alpha * detail::exp_minus_one(a)); }
};

}  // namespace recur::embedded
