#include "network.hpp"

#include <stdexcept>

#include "recur/core/utf8.hpp"

namespace sentiment {

std::unique_ptr<Network> make_network(const Architecture& what) {
  if (what.cell == "rnn-tanh") return make_rnn_tanh(what);
  if (what.cell == "rnn-relu") return make_rnn_relu(what);
  if (what.cell == "lstm") return make_lstm(what);
  if (what.cell == "gru") return make_gru(what);
  if (what.cell == "bag") return make_bag(what);
  throw std::invalid_argument("the cell " + recur::detail::quote(what.cell) +
                              " is not known: legal are rnn-tanh, rnn-relu, lstm, gru and bag");
}

}  // namespace sentiment
