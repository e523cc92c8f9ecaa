// A program that only streams an LSTM.
#include <iostream>
#include <recur/stream.hpp>

int main() {
  recur::Sequential model{recur::Recurrent{recur::Lstm<float>{1, 16}}, recur::Dense<float>{16, 1}};
  recur::initialize(model, 1);
  auto stream = model.stream();
  recur::VectorX<float> x(1);
  while (std::cin >> x(0)) std::cout << model.step(x, stream)(0) << '\n';
}
