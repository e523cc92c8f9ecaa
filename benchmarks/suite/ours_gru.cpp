// recur's side of the comparisons, for the GRU.
#include "ours_any.hpp"
#include "recur/cell/gru.hpp"

namespace bench {

std::unique_ptr<Side> make_ours_gru(const Problem& problem, bool train, int threads) {
  return make_ours_of<recur::Gru<float>>(problem, train, threads);
}

}  // namespace bench
