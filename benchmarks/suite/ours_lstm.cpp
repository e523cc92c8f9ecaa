// recur's side of the comparisons, for the LSTM.
#include "ours_any.hpp"
#include "recur/cell/lstm.hpp"

namespace bench {

std::unique_ptr<Side> make_ours_lstm(const Problem& problem, bool train, int threads) {
  return make_ours_of<recur::Lstm<float>>(problem, train, threads);
}

}  // namespace bench
