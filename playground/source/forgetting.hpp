// How much of a gradient reaches each step, in networks that have learned nothing yet.
#pragma once

#include <cstdint>

#include "answer.hpp"
#include "reader.hpp"

namespace playground {

struct Forgetting {
  Index steps = 60, hidden = 32;
  double scale = 1;   ///< multiplies W_hh, which is a rotation at first
  double memory = 0;  ///< added to the bias of the gate that keeps the state: f of an LSTM, z of a GRU
  double clip = 0;    ///< limit of the norm of the weights' gradient; 0: none
  std::uint64_t seed = 1;
};

/// For a random input, and a gradient of norm 1 at the last step:
///
///   norms   T  ‖∂loss/∂h_t‖, the mean over four samples; not finite where numbers overflowed
///   weights 1  ‖∂loss/∂W‖, over all weights and biases of the cell
///   factor  1  min(1, clip / ‖∂loss/∂W‖), which clipping multiplies the gradient by: 1 without clipping, and with it 0
///              if that norm is not a number
///
/// Throws std::invalid_argument for sizes that the page does not offer: 2 to 200 steps, 1 to 128 units.
void forget(CellKind cell, const Forgetting& how, Answer& answer);

}  // namespace playground
