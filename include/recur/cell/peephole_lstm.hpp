// Long short-term memory with gates that see the cell (Gers and Schmidhuber 2000, "Recurrent nets that time
// and count"; Graves 2013 has this form, equations 7 to 11):
//
//   i = σ(W_i x + U_i h' + b_i + p_i ∘ c')      g = tanh(W_g x + U_g h' + b_g)
//   f = σ(W_f x + U_f h' + b_f + p_f ∘ c')      c = f ∘ c' + i ∘ g
//   o = σ(W_o x + U_o h' + b_o + p_o ∘ c)       h = o ∘ tanh(c)                  ' marks the previous step
#pragma once

#include "recur/cell/cell.hpp"

namespace recur::inline RECUR_ABI {

/// The unit of PeepholeLstm.
struct PeepholeLstmUnit {
  static constexpr auto name = "peephole LSTM";
  static constexpr std::array<int, 4> from_input{0, 1, 2, 3}, from_hidden{0, 1, 2, 3};
  /// The peepholes of i, f and o.
  static constexpr std::array<const char*, 3> unit_weights{"weight_ci", "weight_cf", "weight_co"};
  static constexpr int states = 2;                               // h, c
  static constexpr int saved = 4;                                // i, f, g, o
  static constexpr std::array<int, 4> initial_bias{0, 1, 0, 0};  ///< forget bias 1

  template <class T>
  static void forward(const std::array<T, 4>& sums, const std::array<T, 3>& peepholes,
                      const std::array<T, 2>& previous, std::array<T, 2>& state, std::array<T, 4>& save) {
    const auto& [p_i, p_f, p_o] = peepholes;
    const T c_previous = previous[1];
    const T i = sigmoid(sums[0] + p_i * c_previous);
    const T f = sigmoid(sums[1] + p_f * c_previous);
    const T g = tanh(sums[2]);
    const T c = f * c_previous + i * g;
    const T o = sigmoid(sums[3] + p_o * c);
    const T h = o * tanh(c);
    state = {h, c};
    save = {i, f, g, o};
  }

  template <class T>
  static void backward(const std::array<T, 4>& save, const std::array<T, 3>& peepholes,
                       const std::array<T, 2>& previous, const std::array<T, 2>& state,
                       std::array<T, 2>& d_state, std::array<T, 4>& d_sums, std::array<T, 3>& d_peepholes) {
    const auto& [i, f, g, o] = save;
    const auto& [p_i, p_f, p_o] = peepholes;
    const T c_previous = previous[1], c = state[1];
    const T tanh_c = tanh(c);
    const T dh = d_state[0];
    const T da_o = dh * tanh_c * o * (1 - o);
    const T dc = d_state[1] + dh * o * (1 - tanh_c * tanh_c) + da_o * p_o;
    const T da_i = dc * g * i * (1 - i);
    const T da_f = dc * c_previous * f * (1 - f);
    d_sums = {da_i, da_f, dc * i * (1 - g * g), da_o};
    d_peepholes = {da_i * c_previous, da_f * c_previous, da_o * c};
    d_state = {T(0), dc * f + da_i * p_i + da_f * p_f};
  }
};

/// Long short-term memory with peepholes (Graves 2013, equations 7 to 11):
///
///   i, f = σ(W x + b_ih + U h' + b_hh + p ∘ c')      g = tanh(W x + b_ih + U h' + b_hh)
///   c = f ∘ c' + i ∘ g      o = σ(W x + b_ih + U h' + b_hh + p ∘ c)      h = o ∘ tanh(c)
///
/// weight_ih (4H × I), weight_hh (4H × H), bias_ih and bias_hh (4H, or empty with Bias::none), gates in the order i,
/// f, g, o; the peepholes p are weight_ci, weight_cf and weight_co (H each), zero at first. State: h and c. Throws
/// like Lstm.
template <std::floating_point S, int InputSize = Dynamic, int HiddenSize = Dynamic>
using PeepholeLstm = Cell<PeepholeLstmUnit, S, InputSize, HiddenSize>;

}  // namespace recur::inline RECUR_ABI
