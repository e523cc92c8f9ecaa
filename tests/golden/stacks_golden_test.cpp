// LSTMs of two layers and of two directions against PyTorch: the cases of golden/stacks.json.
// golden/make_stacks.py has the format.
#include <string>
#include <tuple>
#include <vector>

#include "catch.hpp"
#include "golden/golden_layer.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/recurrence/bidirectional.hpp"
#include "recur/recurrence/recurrent.hpp"

namespace recur::testing {
namespace stacks_golden_test {

/// `parts` gives the tapes of the recurrent layers, in PyTorch's order.
template <class L, class F>
void matches_pytorch(const std::string& name, L layer, F&& parts) {
  INFO(name);
  GoldenLayer pytorch("stacks", name);
  pytorch.draw_parameters(layer);
  const auto x = pytorch.draw_x(3);
  typename L::Tape tape;
  const auto dy = pytorch.d_of(layer.forward(x, tape, recording));
  std::apply(
      [&](auto&... part) {
        std::size_t h = 0, c = 0;
        ((part.d_final[0] = pytorch.d_of_state("h", h++, part.final[0])), ...);
        ((part.d_final[1] = pytorch.d_of_state("c", c++, part.final[1])), ...);
      },
      parts(tape));
  auto gradient = zeros_like(layer);
  layer.backward(x, dy, tape, gradient);
  pytorch.compare("x", tape.d_input());
  pytorch.compare_parameters(gradient);
}

TEST_CASE("An LSTM of two layers gives PyTorch's outputs, states and gradients for ragged batches",
          "[golden][stacks_golden]") {
  matches_pytorch("two layers", Sequential{Recurrent{Lstm<double>{3, 4}}, Recurrent{Lstm<double>{4, 4}}},
                  [](auto& tape) { return std::tie(std::get<0>(tape.tapes), std::get<1>(tape.tapes)); });
}

TEST_CASE("A bidirectional LSTM gives PyTorch's outputs, states and gradients for ragged batches",
          "[golden][stacks_golden]") {
  matches_pytorch("bidirectional", Bidirectional{Lstm<double>{3, 4}},
                  [](auto& tape) { return std::tie(tape.forward_layer, tape.reverse_layer); });
  matches_pytorch(
      "two bidirectional layers",
      Sequential{Bidirectional{Lstm<double>{3, 4}}, Bidirectional{Lstm<double>{8, 4}}}, [](auto& tape) {
        auto& [below, above] = tape.tapes;
        return std::tie(below.forward_layer, below.reverse_layer, above.forward_layer, above.reverse_layer);
      });
}

}  // namespace stacks_golden_test
}  // namespace recur::testing
