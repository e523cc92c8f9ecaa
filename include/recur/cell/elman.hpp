// The recurrence of the textbook (Elman, "Finding structure in time", 1990; the equations are 10.8 and 10.9
// of Goodfellow, Bengio and Courville, "Deep learning", 2016):
//
//   h_t = f(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)
#pragma once

#include "recur/cell/cell.hpp"
#include "recur/core/activation.hpp"

namespace recur::inline RECUR_ABI {

/// The unit of Elman.
template <Activation F>
struct ElmanUnit {
  using Function = F;
  static constexpr auto name = "Elman";
  static constexpr std::array<int, 1> from_input{0}, from_hidden{0};
  static constexpr int states = 1;
  static constexpr int saved = detail::SlopeFromOutput<F> ? 0 : 1;  // a, unless f'(a) follows from h

  template <class T>
  static void forward(const std::array<T, 1>& sums, const std::array<T, 1>&, std::array<T, 1>& state,
                      std::array<T, saved>& save) {
    const auto& [a] = sums;
    auto& [h] = state;
    h = F::value(a);
    if constexpr (saved == 1) save[0] = a;
  }

  template <class T>
  static void backward(const std::array<T, saved>& save, const std::array<T, 1>&,
                       const std::array<T, 1>& state, std::array<T, 1>& d_state, std::array<T, 1>& d_sums) {
    const auto& [h] = state;
    auto& [dh] = d_state;
    auto& [da] = d_sums;
    if constexpr (saved == 1)
      da = dh * F::slope(save[0], h);
    else
      da = dh * F::slope(h);
    dh = T(0);  // the loss depends on h_{t-1} through the sum alone
  }
};

/// The simple recurrent network (Elman 1990; Goodfellow et al. 2016, equations 10.8 and 10.9). PyTorch calls
/// it nn.RNN:
///
///   h_t = f(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)      f = Tanh, Relu or an activation of your own
///
/// weight_ih (H × I), weight_hh (H × H), bias_ih and bias_hh (H, or empty with Bias::none). State: h.
/// Construct it as Elman<float>{I, H} or Elman<float, Relu>{I, H}. Throws std::invalid_argument unless both
/// sizes are positive and agree with the template arguments.
template <std::floating_point S, Activation F = Tanh, int InputSize = Dynamic, int HiddenSize = Dynamic>
using Elman = Cell<ElmanUnit<F>, S, InputSize, HiddenSize>;

}  // namespace recur::inline RECUR_ABI
