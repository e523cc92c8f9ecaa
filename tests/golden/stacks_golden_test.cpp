// LSTMs of two layers and of two directions against PyTorch: the cases of golden/stacks.json, whose format is told
// in golden/make_stacks.py.
#include <string>
#include <vector>

#include "catch.hpp"
#include "golden/golden_layer.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/recurrence/bidirectional.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "recur/recurrence/state.hpp"

namespace recur::testing {
namespace stacks_golden_test {

template <class L>
void matches_pytorch(const std::string& name, L layer) {
  INFO(name);
  GoldenLayer pytorch("stacks", name);
  pytorch.draw_parameters(layer);
  const auto x = pytorch.draw_x(3);
  typename L::Tape tape;
  const auto dy = pytorch.d_of(layer.forward(x, tape, recording));
  const MatrixX<double> final = final_state(layer, tape);
  MatrixX<double> d_final(final.rows(), final.cols());
  const Index units = 4;         // h above c, for each recurrent layer
  for (Index q = 0; q < 2; ++q)  // in the order of the draws: all h, then all c
    for (Index part = 0; part < final.rows() / (2 * units); ++part) {
      const Index row = (2 * part + q) * units;
      d_final.middleRows(row, units) = pytorch.d_of_state(q == 0 ? "h" : "c", static_cast<std::size_t>(part),
                                                          final.middleRows(row, units));
    }
  auto gradient = zeros_like(layer);
  layer.backward(x, dy, tape, gradient, true, d_final);
  pytorch.compare("x", tape.d_input());
  pytorch.compare_parameters(gradient);
}

TEST_CASE("An LSTM of two layers is PyTorch's: outputs, states and gradients of ragged batches") {
  matches_pytorch("two layers", Sequential{Recurrent{Lstm<double>{3, 4}}, Recurrent{Lstm<double>{4, 4}}});
}

TEST_CASE("A bidirectional LSTM is PyTorch's: outputs, states and gradients of ragged batches") {
  matches_pytorch("bidirectional", Bidirectional{Lstm<double>{3, 4}});
  matches_pytorch("two bidirectional layers",
                  Sequential{Bidirectional{Lstm<double>{3, 4}}, Bidirectional{Lstm<double>{8, 4}}});
}

}  // namespace stacks_golden_test
}  // namespace recur::testing
