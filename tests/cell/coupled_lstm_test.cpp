#include "recur/cell/coupled_lstm.hpp"

#include "catch.hpp"
#include "cell/cell_of_units.hpp"

namespace recur::testing {
namespace coupled_lstm_test {

TEST_CASE("LSTM with coupled gates keeps the laws and is the one of Greff") {
  is_a_cell_of<CoupledLstm>([](const Weights& w, const Column& x, const std::vector<Column>& previous) {
    const Column &h = previous[0], &c = previous[1];
    const Index H = h.size();
    const Column i = sigmoid(w.input(x, 0, H) + w.recurrent(h, 0, H));
    const Column o = sigmoid(w.input(x, 2, H) + w.recurrent(h, 2, H));
    const Column next = (1.0 - i) * c + i * tanh(w.input(x, 1, H) + w.recurrent(h, 1, H));
    return std::vector<Column>{o * tanh(next), next};
  });
}

}  // namespace coupled_lstm_test
}  // namespace recur::testing
