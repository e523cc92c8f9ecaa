// Networks as headers, in a program without exceptions, RTTI, heap and libraries: strict.sh compiles it with the folder
// recur/embedded alone. It ends with 0 if all outputs are as golden/embedded says, else with the number of the network.
#include "golden/embedded/all.hpp"

template <class Network, int T, int I, int Steps, int O>
static bool agrees(const typename Network::Input (&x)[T][I], const float (&expected)[Steps][O]) {
  static Network net;  // in memory that the program has from its start
  static float y[T][O];
  const int steps = net.template run<T>(x, T, y);
  bool equal = steps == Steps;
  const auto check = [&equal](const float(&one)[O], const float(&legal)[O]) {
    for (int o = 0; o < O; ++o) {
      const float error = one[o] - legal[o];
      equal = equal && error < 1e-5f && error > -1e-5f;
    }
  };
  for (int t = 0; t < Steps; ++t) check(y[t], expected[t]);
  if constexpr (Network::streams) {
    net.reset();
    for (int t = 0; t < T; ++t) {
      net.step(x[t], y[0]);
      if (Steps == T) check(y[0], expected[t]);
    }
    check(y[0], expected[Steps - 1]);
  }
  return equal;
}

extern "C" int main() {  // without "C", Clang mangles this name where there is no system
  using namespace expected;
  int wrong = 0;
  if (!agrees<golden_cells::Network>(golden_cells_x, golden_cells_y)) wrong = 1;
  if (!agrees<golden_gates::Network>(golden_gates_x, golden_gates_y)) wrong = 2;
  if (!agrees<golden_plain::Network>(golden_plain_x, golden_plain_y)) wrong = 3;
  if (!agrees<golden_both::Network>(golden_both_x, golden_both_y)) wrong = 4;
  if (!agrees<golden_ends::Network>(golden_ends_x, golden_ends_y)) wrong = 5;
  if (!agrees<golden_mean::Network>(golden_mean_x, golden_mean_y)) wrong = 6;
  if (!agrees<golden_highest::Network>(golden_highest_x, golden_highest_y)) wrong = 7;
  if (!agrees<golden_last::Network>(golden_last_x, golden_last_y)) wrong = 8;
  if (!agrees<golden_projected::Network>(golden_projected_x, golden_projected_y)) wrong = 9;
  if (!agrees<golden_flexible::Network>(golden_flexible_x, golden_flexible_y)) wrong = 11;
  if (!agrees<golden_bytes::Network>(golden_bytes_x, golden_bytes_y)) wrong = 12;
  if (!agrees<golden_table::Network>(golden_table_x, golden_table_y)) wrong = 13;
  using recur::embedded::error_of;
  if (!(error_of<golden_projected::Network>(golden_projected_x, golden_projected_y) < 1e-5f)) wrong = 10;
  return wrong;
}
