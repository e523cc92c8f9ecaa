// What happens inside a cell while it reads.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "recur/cell/cell.hpp"

namespace playground {

/// The states of a cell and what its units save at each step, H × T each. An LSTM has h, c; i, f, g, o. A GRU has h;
/// r, z, n. An Elman cell has h.
struct Trace {
  std::vector<recur::MatrixX<float>> states, saved;
};

/// Runs a cell over x, I × T, by its own mathematics, one unit after the other:
///
///   sums = W_ih x_t + b_ih and W_hh h_{t-1} + b_hh, as from_input and from_hidden say;  Unit::forward(sums, ...)
///
/// It gives the states of the layer, up to rounding: the kernel runs the same function on packs of units.
template <class C>
Trace trace(const C& cell, const recur::MatrixX<float>& x) {
  using U = typename C::Unit;
  using recur::Index, recur::MatrixX, recur::VectorX;
  const Index units = cell.hidden_size(), steps = x.cols();
  Trace all{std::vector<MatrixX<float>>(U::states, MatrixX<float>::Zero(units, steps)),
            std::vector<MatrixX<float>>(U::saved, MatrixX<float>::Zero(units, steps))};
  VectorX<float> h = VectorX<float>::Zero(units);
  std::vector<std::array<float, U::states>> state(static_cast<std::size_t>(units));
  for (Index t = 0; t < steps; ++t) {
    const VectorX<float> of_input = cell.weight_ih * x.col(t) + cell.bias_ih;
    const VectorX<float> of_hidden = cell.weight_hh * h + cell.bias_hh;
    for (Index j = 0; j < units; ++j) {
      std::array<float, recur::detail::sums_of<U>> sums{};
      for (std::size_t g = 0; g < U::from_input.size(); ++g)
        sums[static_cast<std::size_t>(U::from_input[g])] += of_input(static_cast<Index>(g) * units + j);
      for (std::size_t g = 0; g < U::from_hidden.size(); ++g)
        sums[static_cast<std::size_t>(U::from_hidden[g])] += of_hidden(static_cast<Index>(g) * units + j);
      auto& its = state[static_cast<std::size_t>(j)];
      const auto previous = its;
      std::array<float, U::saved> saved{};
      U::forward(sums, previous, its, saved);
      h(j) = its[0];
      for (std::size_t q = 0; q < its.size(); ++q) all.states[q](j, t) = its[q];
      for (std::size_t q = 0; q < saved.size(); ++q) all.saved[q](j, t) = saved[q];
    }
  }
  return all;
}

/// The names of the states and of what the units save, in the order of Trace. What has no name is not shown: the last
/// of a GRU is a sum, not a gate.
inline std::vector<std::string_view> names_of_states(std::string_view cell) {
  if (cell == "LSTM") return {"h", "c"};
  return {"h"};
}
inline std::vector<std::string_view> names_of_gates(std::string_view cell) {
  if (cell == "LSTM") return {"i", "f", "g", "o"};
  if (cell == "GRU") return {"r", "z", "n"};
  return {};
}

}  // namespace playground
