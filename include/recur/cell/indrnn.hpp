// The independently recurrent network: each unit remembers only itself. So one number of each unit decides
// whether its gradient vanishes or explodes (Li et al. 2018, "Independently recurrent neural network",
// equation 2):
//
//   h = f(W x + b + u ∘ h')       ' marks the previous step
//
// Units meet only in the next layer, through its W, so these layers are stacked. If f is linear, two of them can do
// what one linear Elman layer does whose W_hh has a basis of real eigenvectors.
#pragma once

#include "recur/cell/cell.hpp"
#include "recur/core/activation.hpp"

namespace recur::inline RECUR_ABI {

/// The unit of IndRnn.
template <Activation F>
struct IndRnnUnit {
  using Function = F;
  static constexpr auto name = "IndRNN";
  static constexpr std::array<int, 1> from_input{0};
  static constexpr std::array<int, 0> from_hidden{};
  static constexpr std::array<const char*, 1> unit_weights{"weight_hh"};  ///< u, one for each unit
  static constexpr int states = 1;
  static constexpr int saved = detail::SlopeFromOutput<F> ? 0 : 1;  // a, unless f'(a) follows from h

  template <class T>
  static void forward(const std::array<T, 1>& sums, const std::array<T, 1>& weights,
                      const std::array<T, 1>& previous, std::array<T, 1>& state, std::array<T, saved>& save) {
    const T a = sums[0] + weights[0] * previous[0];
    state[0] = F::value(a);
    if constexpr (saved == 1) save[0] = a;
  }

  template <class T>
  static void backward(const std::array<T, saved>& save, const std::array<T, 1>& weights,
                       const std::array<T, 1>& previous, const std::array<T, 1>& state,
                       std::array<T, 1>& d_state, std::array<T, 1>& d_sums, std::array<T, 1>& d_weights) {
    T slope;
    if constexpr (saved == 1)
      slope = F::slope(save[0], state[0]);
    else
      slope = F::slope(state[0]);
    const T da = d_state[0] * slope;
    d_sums = {da};
    d_weights = {da * previous[0]};
    d_state = {da * weights[0]};
  }

  /// u is uniform in [0, 1), for memories of every length (section 3.2).
  template <class Cell>
  static void initialize(Cell& cell, Random& random) {
    auto& u = cell.unit_weights[0];
    for (Index i = 0; i < u.size(); ++i) u(i) = static_cast<typename Cell::Scalar>(random.uniform());
  }
};

/// Independently recurrent network (Li et al. 2018, equation 2):
///
///   h = f(W_ih x + b_ih + u ∘ h')      f = Relu, Tanh or your own
///
/// weight_ih (H × I), bias_ih (H, or empty with Bias::none), and u as weight_hh (H). State: h. Throws like Elman.
template <std::floating_point S, Activation F = Relu, int InputSize = Dynamic, int HiddenSize = Dynamic>
using IndRnn = Cell<IndRnnUnit<F>, S, InputSize, HiddenSize>;

}  // namespace recur::inline RECUR_ABI
