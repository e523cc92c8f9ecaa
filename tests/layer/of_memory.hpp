// What the tests of attention share: layers of two sequences, queries and a memory.
#pragma once

#include "allocations.hpp"
#include "catch.hpp"
#include "laws/laws.hpp"
#include "slope.hpp"

namespace recur::testing {

/// Queries and memory of other lengths, in other orders of length.
inline const Lengths of_queries{3, 1, 4, 1}, of_memory{2, 6, 1, 3};

inline Sequence<double> draw(Index features, const Lengths& lengths, std::uint64_t seed) {
  Random random(seed);
  std::vector<Matrix<double>> samples;
  for (const Index length : lengths) {
    samples.emplace_back(features, length);
    normal(samples.back(), 1, random);
  }
  return Sequence<double>(samples);
}

/// The layer with parameters, biases too, that are not zero.
template <class L>
L drawn(L layer) {
  Random random(1);
  for_each_parameter([&](const Name&, auto& p) { normal(p, 0.5, random); }, layer);
  return layer;
}

template <class Tape>
const auto& d_memory_of(const Tape& tape) {
  if constexpr (requires { tape.d_memory(); })
    return tape.d_memory();
  else
    return tape.d_memory;
}

/// With dropout, whose masks are the same in each pass.
template <class L>
void has_the_gradients_of_differences(L layer, double tolerance) {
  auto x = draw(layer.input_size(), of_queries, 2), memory = draw(layer.input_size(), of_memory, 3);
  const auto d = draw(layer.output_size(), of_queries, 4);
  typename L::Tape tape, probe;
  const auto run = [&](typename L::Tape& on) -> const Sequence<double>& {
    Random noise(5);
    return layer.forward(x, memory, on, training(noise));
  };
  run(tape);
  auto gradient = zeros_like(layer);
  layer.backward(x, memory, d, tape, gradient);
  const auto loss = [&] { return run(probe).values().cwiseProduct(d.values()).sum(); };
  CHECK(slope_error(x, tape.d_input(), loss) < tolerance);
  CHECK(slope_error(memory, d_memory_of(tape), loss) < tolerance);
  CHECK(slope_error_of_parameters(layer, gradient, loss) < tolerance);
}

/// The second training step on a tape, of a layer of floats.
template <class L>
void allocates_nothing_again(const L& layer) {
  if (!CountAllocations::works) return;
  auto gradient = layer;
  typename L::Tape tape;
  const auto ones = [&](Index steps) {
    return Matrix<float>(Matrix<float>::Ones(layer.input_size(), steps));
  };
  const Sequence<float> x({ones(2), ones(3)}), memory({ones(5), ones(4)});
  Random random(1);
  long count = 0;
  for (int i = 0; i < 2; ++i) {
    const CountAllocations allocations;
    layer.forward(x, memory, tape, training(random));
    layer.backward(x, memory, x, tape, gradient);
    count = allocations.count();
  }
  CHECK(count == 0);
}

}  // namespace recur::testing
