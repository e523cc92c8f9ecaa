// Long short-term memory that forgets exactly where it writes: input and forget gate are one (Greff et al.
// 2017, "LSTM: a search space odyssey", variant CIFG, without its peepholes):
//
//   i = σ(W_i x + U_i h' + b_i)       f = 1 - i
//   g = tanh(W_g x + U_g h' + b_g)    c = f ∘ c' + i ∘ g
//   o = σ(W_o x + U_o h' + b_o)       h = o ∘ tanh(c)       ' marks the previous step
#pragma once

#include "recur/cell/cell.hpp"

namespace recur::inline RECUR_ABI {

/// The unit of CoupledLstm.
struct CoupledLstmUnit {
  static constexpr auto name = "coupled LSTM";
  static constexpr std::array<int, 3> from_input{0, 1, 2}, from_hidden{0, 1, 2};
  static constexpr int states = 2;                             // h, c
  static constexpr int saved = 3;                              // i, g, o
  static constexpr std::array<int, 3> initial_bias{-1, 0, 0};  ///< of i, so f = σ(1) as in the LSTM

  template <class T>
  static void forward(const std::array<T, 3>& sums, const std::array<T, 2>& previous, std::array<T, 2>& state,
                      std::array<T, 3>& save) {
    const T i = sigmoid(sums[0]);
    const T g = tanh(sums[1]);
    const T o = sigmoid(sums[2]);
    const T c = (1 - i) * previous[1] + i * g;
    const T h = o * tanh(c);
    state = {h, c};
    save = {i, g, o};
  }

  template <class T>
  static void backward(const std::array<T, 3>& save, const std::array<T, 2>& previous,
                       const std::array<T, 2>& state, std::array<T, 2>& d_state, std::array<T, 3>& d_sums) {
    const auto& [i, g, o] = save;
    const T tanh_c = tanh(state[1]);
    const T dh = d_state[0];
    const T dc = d_state[1] + dh * o * (1 - tanh_c * tanh_c);
    d_sums = {dc * (g - previous[1]) * i * (1 - i),  //
              dc * i * (1 - g * g),                  //
              dh * tanh_c * o * (1 - o)};
    d_state = {T(0), dc * (1 - i)};
  }
};

/// Long short-term memory with coupled input and forget gate (Greff et al. 2017, variant CIFG):
///
///   i, o = σ(W x + b_ih + U h' + b_hh)    g = tanh(W x + b_ih + U h' + b_hh)
///   c = (1 - i) ∘ c' + i ∘ g              h = o ∘ tanh(c)
///
/// weight_ih (3H × I), weight_hh (3H × H), bias_ih and bias_hh (3H, or empty with Bias::none), gates in the order i,
/// g, o. State: h and c. Throws like Lstm.
template <std::floating_point S, int InputSize = Dynamic, int HiddenSize = Dynamic>
using CoupledLstm = Cell<CoupledLstmUnit, S, InputSize, HiddenSize>;

}  // namespace recur::inline RECUR_ABI
