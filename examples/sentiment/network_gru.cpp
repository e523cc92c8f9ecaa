#include "many_to_one_network.hpp"
#include "recur/cell/gru.hpp"

namespace sentiment {

std::unique_ptr<Network> make_gru(const Architecture& what) {
  return make_recurrent<recur::Gru<float>>(what);
}

}  // namespace sentiment
