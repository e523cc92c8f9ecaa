// Minimal gated units. Their gates do not see h, so the products of all steps are one product. The work that
// is left for each step is a scan (Feng et al. 2024, "Were RNNs all we needed?", sections 3.1 and 3.2).
#pragma once

#include "recur/cell/cell.hpp"

namespace recur::inline RECUR_ABI {

/// The unit of MinGru.
struct MinGruUnit {
  static constexpr auto name = "minGRU";
  static constexpr std::array<int, 2> from_input{0, 1};
  static constexpr std::array<int, 0> from_hidden{};
  static constexpr int states = 1;
  static constexpr int saved = 2;  // z, n

  template <class T>
  static void forward(const std::array<T, 2>& sums, const std::array<T, 1>& previous, std::array<T, 1>& state,
                      std::array<T, 2>& save) {
    const T z = sigmoid(sums[0]), n = sums[1];
    const T h = (1 - z) * previous[0] + z * n;
    state = {h};
    save = {z, n};
  }

  template <class T>
  static void backward(const std::array<T, 2>& save, const std::array<T, 1>& previous,
                       const std::array<T, 1>&, std::array<T, 1>& d_state, std::array<T, 2>& d_sums) {
    const auto& [z, n] = save;
    const T dh = d_state[0];
    d_sums = {dh * (n - previous[0]) * z * (1 - z), dh * z};
    d_state = {dh * (1 - z)};
  }
};

/// The unit of MinLstm. Only the ratio of its gates matters, so the unit computes the ratio and not the gates. A
/// gate that is nearly closed has few exact digits, and then it is 0. The ratio stays exact:
///
///   f / (f + i) = (1 + e^-b) / (2 + e^-a + e^-b) = O + B      i / (f + i) = O + A
///   O = 1/D    A = e^-a / D    B = e^-b / D    D = 2 + e^-a + e^-b      a, b: the sums of f and i
///   ∂h/∂a = (h' - n) (O + B) A      ∂h/∂b = (n - h') (O + A) B
///
/// 1, e^-a and e^-b are all divided by the largest of them, so none is too large.
struct MinLstmUnit {
  static constexpr auto name = "minLSTM";
  static constexpr std::array<int, 3> from_input{0, 1, 2};
  static constexpr std::array<int, 0> from_hidden{};
  static constexpr int states = 1;
  static constexpr int saved = 4;                             // O, A, B, n
  static constexpr std::array<int, 3> initial_bias{1, 0, 0};  ///< forget bias 1

  template <class T>
  static void forward(const std::array<T, 3>& sums, const std::array<T, 1>& previous, std::array<T, 1>& state,
                      std::array<T, 4>& save) {
    const auto& [a, b, n] = sums;
    const T larger = where_positive(b - a, -a, -b);  // of the exponents of e^-a and e^-b
    const T to_one = exp(where_positive(larger, -larger, larger)),
            between = exp(where_positive(b - a, a - b, b - a));
    const T one = where_positive(larger, to_one, T(1)), exp_larger = where_positive(larger, T(1), to_one);
    const T exp_a = exp_larger * where_positive(b - a, T(1), between),
            exp_b = exp_larger * where_positive(b - a, between, T(1));
    const T scale = 1 / (2 * one + exp_a + exp_b);
    const T O = one * scale, A = exp_a * scale, B = exp_b * scale;
    state = {(O + B) * previous[0] + (O + A) * n};
    save = {O, A, B, n};
  }

  template <class T>
  static void backward(const std::array<T, 4>& save, const std::array<T, 1>& previous,
                       const std::array<T, 1>&, std::array<T, 1>& d_state, std::array<T, 3>& d_sums) {
    const auto& [O, A, B, n] = save;
    const T dh = d_state[0], d = dh * (previous[0] - n);
    d_sums = {d * (O + B) * A,   //
              -d * (O + A) * B,  //
              dh * (O + A)};
    d_state = {dh * (O + B)};
  }
};

/// Minimal gated recurrent unit (Feng et al. 2024, section 3.1):
///
///   z = σ(W_z x + b_z)      n = W_n x + b_n      h = (1 - z) ∘ h' + z ∘ n
///
/// weight_ih (2H × I) and bias_ih (2H, or empty with Bias::none), blocks in the order z, n. State: h. Throws like Gru.
template <std::floating_point S, int InputSize = Dynamic, int HiddenSize = Dynamic>
using MinGru = Cell<MinGruUnit, S, InputSize, HiddenSize>;

/// Minimal long short-term memory (Feng et al. 2024, section 3.2). Its two gates are scaled to a sum of one:
///
///   f = σ(W_f x + b_f)      i = σ(W_i x + b_i)      n = W_n x + b_n      h = (f ∘ h' + i ∘ n) / (f + i)
///
/// weight_ih (3H × I) and bias_ih (3H, or empty with Bias::none), blocks in the order f, i, n; b_f is 1 at first.
/// State: h. Throws like Lstm.
template <std::floating_point S, int InputSize = Dynamic, int HiddenSize = Dynamic>
using MinLstm = Cell<MinLstmUnit, S, InputSize, HiddenSize>;

}  // namespace recur::inline RECUR_ABI
