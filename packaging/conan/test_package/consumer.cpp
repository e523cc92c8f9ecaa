// The smallest program: it makes one layer.
#include <recur/recur.hpp>

int main() {
  recur::Recurrent layer{recur::Lstm<float>{3, 5}};
  recur::initialize(layer, 1);
  return layer.output_size() == 5 ? 0 : 1;
}
