// recur's side of the comparisons, for the Elman cell with tanh.
#include "ours_any.hpp"
#include "recur/cell/elman.hpp"

namespace bench {

std::unique_ptr<Side> make_ours_tanh(const Problem& problem, bool train, int threads) {
  return make_ours_of<recur::Elman<float>>(problem, train, threads);
}

}  // namespace bench
