// Elman's recurrence with ReLU. Its first weights copy the state from step to step (Le, Jaitly and Hinton 2015, "A simple way to
// initialize recurrent networks of rectified linear units").
#pragma once

#include "recur/cell/elman.hpp"

namespace recur::inline RECUR_ABI {

/// The unit of Irnn.
struct IrnnUnit : ElmanUnit<Relu> {
  static constexpr auto name = "IRNN";

  /// W_hh = 1, W_ih normal with deviation 0.001, biases zero (section 3).
  template <class Cell>
  static void initialize(Cell& cell, Random& random) {
    normal(cell.weight_ih, 0.001, random);
    cell.weight_hh.setIdentity();
  }
};

/// Elman's recurrence with ReLU. W_hh is the identity at first, so the gradient passes through time unchanged
/// (Le, Jaitly and Hinton 2015, section 3):
///
///   h = max(0, W_ih x + b_ih + W_hh h' + b_hh)
///
/// weight_ih (H × I), weight_hh (H × H), bias_ih and bias_hh (H, or empty with Bias::none). State: h. Throws like
/// Elman.
template <std::floating_point S, int InputSize = Dynamic, int HiddenSize = Dynamic>
using Irnn = Cell<IrnnUnit, S, InputSize, HiddenSize>;

}  // namespace recur::inline RECUR_ABI
