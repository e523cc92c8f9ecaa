#include "many_to_one_network.hpp"
#include "recur/cell/elman.hpp"

namespace sentiment {

std::unique_ptr<Network> make_rnn_relu(const Architecture& what) {
  return make_recurrent<recur::Elman<float, recur::Dynamic, recur::Dynamic, recur::Relu>>(what);
}

}  // namespace sentiment
