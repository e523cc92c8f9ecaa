// Cells against their textbook.
#pragma once

#include <complex>
#include <functional>
#include <utility>
#include <vector>

#include "laws/subject.hpp"

namespace recur::testing {

/// Complex numbers. The imaginary part has a derivative: f(x + i h v) = f(x) + i h f'(x) v + O(h²),
/// exact to the last bits for h = 1e-30 (Squire and Trapp 1998).
using Complex = std::complex<double>;
using Column = Eigen::Array<Complex, Dynamic, 1>;
struct Weights {
  MatrixX<Complex> ih, hh;
  Column b_ih, b_hh;
  std::vector<Column> own;  // of the units
  /// W_ih x + b_ih and W_hh h + b_hh, block g of H rows.
  Column input(const Column& x, Index g, Index hidden) const;
  Column recurrent(const Column& h, Index g, Index hidden) const;
};
/// The plain recurrence: it computes the states after a step from its input and the states before it.
using Textbook =
    std::function<std::vector<Column>(const Weights&, const Column& x, const std::vector<Column>&)>;

/// The textbook's functions, in plain numbers.
Column sigmoid(const Column& a);
Column tanh(const Column& a);

struct Sizes {
  Index input_size, hidden_size;
  Lengths lengths;
};
/// Below a pack, no multiple of a pack, several tiles, several blocks, several chunks of steps.
std::vector<Sizes> textbook_sizes();

/// Outputs, final states and gradients equal the textbook's recurrence.
void matches(Subject& subject, const Textbook& textbook, Index input_gates, Index hidden_gates,
             Index unit_weights, bool reverse, const Lengths& lengths);

/// The same for a layer of every size; `make` takes input_size and hidden_size.
template <class Make>
void matches_in_every_size(Make&& make, const Textbook& textbook) {
  for (const auto& [input_size, hidden_size, lengths] : textbook_sizes()) {
    auto layer = make(input_size, hidden_size);
    const Index input_gates = layer.cell.input_gates, hidden_gates = layer.cell.hidden_gates;
    const Index unit_weights = static_cast<Index>(layer.cell.unit_weights.size());
    const bool reverse = layer.describe().starts_with("reverse");
    LayerSubject subject(std::move(layer));
    matches(subject, textbook, input_gates, hidden_gates, unit_weights, reverse, lengths);
  }
}

}  // namespace recur::testing
