// Checks for layers of two sequences, queries and a memory.
#pragma once

#include "allocations.hpp"
#include "catch.hpp"
#include "draw.hpp"
#include "laws/laws.hpp"
#include "slope.hpp"

namespace recur::testing {

/// Queries and memory have different lengths in different orders.
inline const Lengths of_queries{3, 1, 4, 1}, of_memory{2, 6, 1, 3};

/// The layer with parameters and biases that are not zero.
template <class L>
L drawn(L layer) {
  Random random(1);
  for_each_parameter([&](const Name&, auto& p) { normal(p, 0.5, random); }, layer);
  return layer;
}

/// With dropout, whose masks are the same in each pass. `hidden` are the masks of steps that forward takes.
template <class L, class... Hidden>
void has_the_gradients_of_differences(L layer, double tolerance, const Hidden&... hidden) {
  auto x = draw<double>(layer.input_size(), of_queries, 2),
       memory = draw<double>(layer.input_size(), of_memory, 3);
  const auto d = draw<double>(layer.output_size(), of_queries, 4);
  typename L::Tape tape, probe;
  const auto run = [&](typename L::Tape& on) -> const Sequence<double>& {
    Random noise(5);
    return layer.forward(x, memory, on, training(noise), hidden...);
  };
  run(tape);
  auto gradient = zeros_like(layer);
  layer.backward(x, memory, d, tape, gradient);
  const auto loss = [&] { return run(probe).values().cwiseProduct(d.values()).sum(); };
  CHECK(slope_error(x, tape.d_input(), loss) < tolerance);
  CHECK(slope_error(memory, tape.d_memory(), loss) < tolerance);
  CHECK(slope_error_of_parameters(layer, gradient, loss) < tolerance);
}

/// Copies are deep and give the same to the last bit. The tape may move between forward and backward.
template <class L>
void copies_say_the_same(L layer) {
  const auto x = draw<double>(layer.input_size(), of_queries, 2),
             memory = draw<double>(layer.input_size(), of_memory, 3);
  const auto d = draw<double>(layer.output_size(), of_queries, 4);
  typename L::Tape tape, other;
  const MatrixX<double> y = layer.forward(x, memory, tape).values();
  L copy = layer;
  CHECK(copy.forward(x, memory, other).values() == y);
  for_each_parameter([](const Name&, auto& p) { p *= 2; }, copy);
  CHECK(copy.forward(x, memory, other).values() != y);
  CHECK(layer.forward(x, memory, other).values() == y);
  copy = layer;
  const auto of_tape = [&](const L& one, typename L::Tape& on) {
    auto gradient = zeros_like(one);
    one.backward(x, memory, d, on, gradient);
    return gradient;
  };
  const L expected = of_tape(layer, tape), found = [&] {
    copy.forward(x, memory, other);
    auto moved = std::move(other);
    return of_tape(std::move(copy), moved);
  }();
  for_each_parameter([](const Name&, const auto& p, const auto& q) { CHECK(p == q); }, expected, found);
}

/// Each sample gives the same in a batch and alone.
template <class L>
void samples_are_themselves(const L& layer) {
  const auto x = draw<double>(layer.input_size(), of_queries, 2),
             memory = draw<double>(layer.input_size(), of_memory, 3);
  const auto d = draw<double>(layer.output_size(), of_queries, 4);
  typename L::Tape tape, alone;
  auto together = zeros_like(layer), sum = zeros_like(layer);
  layer.forward(x, memory, tape);
  layer.backward(x, memory, d, tape, together);
  for (Index b = 0; b < x.batch(); ++b) {
    const auto only = [&](const Sequence<double>& all) {
      return Sequence<double>({MatrixX<double>(all.sample(b))});
    };
    CHECK(distance(layer.forward(only(x), only(memory), alone).values(), tape.output().sample(b)) < 1e-13);
    layer.backward(only(x), only(memory), only(d), alone, sum);
    CHECK(distance(alone.d_input().values(), tape.d_input().sample(b)) < 1e-12);
    CHECK(distance(alone.d_memory().values(), tape.d_memory().sample(b)) < 1e-12);
  }
  for_each_parameter([](const Name&, const auto& p, const auto& q) { CHECK(distance(p, q) < 1e-12); }, sum,
                     together);
}

/// The second training step on a tape, of a layer of floats.
template <class L>
void allocates_nothing_again(const L& layer) {
  if (!CountAllocations::works) return;
  auto gradient = layer;
  typename L::Tape tape;
  const auto ones = [&](Index steps) {
    return MatrixX<float>(MatrixX<float>::Ones(layer.input_size(), steps));
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
