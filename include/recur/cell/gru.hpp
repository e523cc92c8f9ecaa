// Gated recurrent unit (Cho et al. 2014, "Learning phrase representations", equations 5 to 8), in the form of
// cuDNN and PyTorch. This form has the reset gate after the product; the paper has it before
// (gru_reset_before.hpp):
//
//   r = σ(W_r x + b_ir + U_r h' + b_hr)             reset gate
//   z = σ(W_z x + b_iz + U_z h' + b_hz)             update gate
//   n = tanh(W_n x + b_in + r ∘ (U_n h' + b_hn))    candidate
//   h = (1 - z) ∘ n + z ∘ h'                        ' marks the previous step
//
// For n, the products of x and of h' meet only after the reset gate, so they are two sums.
#pragma once

#include "recur/cell/cell.hpp"

namespace recur::inline RECUR_ABI {

/// The unit of Gru.
struct GruUnit {
  static constexpr auto name = "GRU";
  // Sums: 0 is W_n x, 1 and 2 are those of r and z, 3 is U_n h'. In this order, those that a list feeds are neighbours.
  static constexpr std::array<int, 3> from_input{1, 2, 0}, from_hidden{1, 2, 3};
  static constexpr int states = 1;
  static constexpr int saved = 4;  // r, z, n, U_n h' + b_hn

  template <class T>
  static void forward(const std::array<T, 4>& sums, const std::array<T, 1>& previous, std::array<T, 1>& state,
                      std::array<T, 4>& save) {
    const auto& [n_x, r_x_h, z_x_h, n_h] = sums;
    const auto& [h_previous] = previous;
    const T r = sigmoid(r_x_h);
    const T z = sigmoid(z_x_h);
    const T n = tanh(n_x + r * n_h);
    const T h = (1 - z) * n + z * h_previous;
    state = {h};
    save = {r, z, n, n_h};
  }

  template <class T>
  static void backward(const std::array<T, 4>& save, const std::array<T, 1>& previous,
                       const std::array<T, 1>&, std::array<T, 1>& d_state, std::array<T, 4>& d_sums) {
    const auto& [r, z, n, n_h] = save;
    const auto& [h_previous] = previous;
    const T dh = d_state[0];
    const T da = dh * (1 - z) * (1 - n * n);        // through the tanh of n
    d_sums = {da,                                   //
              da * n_h * r * (1 - r),               //
              dh * (h_previous - n) * z * (1 - z),  //
              da * r};
    d_state = {dh * z};
  }
};

/// Gated recurrent unit (Cho et al. 2014, equations 5 to 8, but with the reset after the product). PyTorch
/// calls it nn.GRU:
///
///   r, z = σ(W x + b_ih + U h' + b_hh)       n = tanh(W_n x + b_in + r ∘ (U_n h' + b_hn))
///   h = (1 - z) ∘ n + z ∘ h'
///
/// weight_ih (3H × I), weight_hh (3H × H), bias_ih and bias_hh (3H, or empty with Bias::none), gates in the
/// order r, z, n. State: h. Construct it as Gru<float>{I, H}. Throws std::invalid_argument unless both sizes
/// are positive and agree with the template arguments.
template <std::floating_point S, int InputSize = Dynamic, int HiddenSize = Dynamic>
using Gru = Cell<GruUnit, S, InputSize, HiddenSize>;

}  // namespace recur::inline RECUR_ABI
