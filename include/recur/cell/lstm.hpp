// Long short-term memory (Hochreiter and Schmidhuber, "Long short-term memory", 1997, section 4), with the
// forget gate of Gers, Schmidhuber and Cummins ("Learning to forget: continual prediction with LSTM", 2000,
// section 3):
//
//   i = σ(W_i x + U_i h' + b_i)       input gate
//   f = σ(W_f x + U_f h' + b_f)       forget gate
//   g = tanh(W_g x + U_g h' + b_g)    candidate
//   o = σ(W_o x + U_o h' + b_o)       output gate
//   c = f ∘ c' + i ∘ g
//   h = o ∘ tanh(c)                   ' marks the previous step
#pragma once

#include "recur/cell/cell.hpp"

namespace recur::inline RECUR_ABI {

/// The unit of Lstm.
struct LstmUnit {
  static constexpr auto name = "LSTM";
  static constexpr std::array<int, 4> from_input{0, 1, 2, 3}, from_hidden{0, 1, 2, 3};
  static constexpr int states = 2;                               // h, c
  static constexpr int saved = 4;                                // i, f, g, o
  static constexpr std::array<int, 4> initial_bias{0, 1, 0, 0};  ///< forget bias 1

  template <class T>
  static void forward(const std::array<T, 4>& sums, const std::array<T, 2>& previous, std::array<T, 2>& state,
                      std::array<T, 4>& save) {
    const T i = sigmoid(sums[0]);
    const T f = sigmoid(sums[1]);
    const T g = tanh(sums[2]);
    const T o = sigmoid(sums[3]);
    const T c = f * previous[1] + i * g;
    const T h = o * tanh(c);
    state = {h, c};
    save = {i, f, g, o};
  }

  template <class T>
  static void backward(const std::array<T, 4>& save, const std::array<T, 2>& previous,
                       const std::array<T, 2>& state, std::array<T, 2>& d_state, std::array<T, 4>& d_sums) {
    const auto& [i, f, g, o] = save;
    const T c_previous = previous[1];
    const T tanh_c = tanh(state[1]);
    const T dh = d_state[0];
    const T dc = d_state[1] + dh * o * (1 - tanh_c * tanh_c);
    d_sums = {dc * g * i * (1 - i),           //
              dc * c_previous * f * (1 - f),  //
              dc * i * (1 - g * g),           //
              dh * tanh_c * o * (1 - o)};
    d_state = {T(0), dc * f};  // the loss depends on h' through the sums alone
  }
};

/// Long short-term memory (Hochreiter and Schmidhuber 1997, section 4, with the forget gate of Gers et al.
/// 2000, section 3). PyTorch calls it nn.LSTM:
///
///   i, f, o = σ(W x + b_ih + U h' + b_hh)    g = tanh(W x + b_ih + U h' + b_hh)    each with rows of its own
///   c = f ∘ c' + i ∘ g                       h = o ∘ tanh(c)
///
/// weight_ih (4H × I), weight_hh (4H × H), bias_ih and bias_hh (4H, or empty with Bias::none), gates in the
/// order i, f, g, o. The sums take b_ih + b_hh. State: h and c. Construct it as Lstm<float>{I, H}. Throws
/// std::invalid_argument unless both sizes are positive and agree with the template arguments.
template <std::floating_point S, int InputSize = Dynamic, int HiddenSize = Dynamic>
using Lstm = Cell<LstmUnit, S, InputSize, HiddenSize>;

}  // namespace recur::inline RECUR_ABI
