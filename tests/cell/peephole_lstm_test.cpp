#include "recur/cell/peephole_lstm.hpp"

#include "catch.hpp"
#include "cell/cell_of_units.hpp"

namespace recur::testing {
namespace peephole_lstm_test {

TEST_CASE("LSTM with peepholes keeps the laws and is the one of Graves") {
  is_a_cell_of<PeepholeLstm>([](const Weights& w, const Column& x, const std::vector<Column>& previous) {
    const Column &h = previous[0], &c = previous[1];
    const Index H = h.size();
    const Column i = sigmoid(w.input(x, 0, H) + w.recurrent(h, 0, H) + w.own[0] * c);
    const Column f = sigmoid(w.input(x, 1, H) + w.recurrent(h, 1, H) + w.own[1] * c);
    const Column next = f * c + i * tanh(w.input(x, 2, H) + w.recurrent(h, 2, H));
    const Column o = sigmoid(w.input(x, 3, H) + w.recurrent(h, 3, H) + w.own[2] * next);
    return std::vector<Column>{o * tanh(next), next};
  });
}

TEST_CASE("A layer refuses weights of units that were resized") {
  Recurrent layer{PeepholeLstm<float>{3, 5}};
  layer.cell.unit_weights[1].setZero(4);
  decltype(layer)::Tape tape;
  CHECK_THROWS_AS(layer.forward(Sequence<float>({MatrixX<float>::Ones(3, 2)}), tape), std::invalid_argument);
}

}  // namespace peephole_lstm_test
}  // namespace recur::testing
