#include "many_to_one_network.hpp"
#include "recur/cell/lstm.hpp"

namespace sentiment {

std::unique_ptr<Network> make_lstm(const Architecture& what) {
  return make_recurrent<recur::Lstm<float>>(what);
}

}  // namespace sentiment
