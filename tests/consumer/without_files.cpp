// A program that uses files and forgets the headers that need nlohmann-json.
#include <recur/recur.hpp>

int main() {
  recur::Recurrent layer{recur::Lstm<float>{3, 5}};
  recur::save_weights("file", layer);
  recur::load_weights("file", layer);
  recur::save_state("file", recur::MatrixX<float>(5, 1));
  recur::load_state("file", layer);
}
