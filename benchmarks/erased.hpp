// What a layer costs whose type is erased, compared with the same layer of a known type.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "recur/cell/lstm.hpp"
#include "recur/core/random.hpp"
#include "recur/network/network.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "threads.hpp"

namespace erased {

using Known = recur::Recurrent<recur::Lstm<float>>;

template <class L>
L with_weights(L layer) {
  recur::initialize(layer, 1);
  return layer;
}

/// Numbers from -1 to 1.
inline recur::MatrixX<float> inputs(recur::Index rows, recur::Index columns) {
  recur::Random random(1);
  recur::MatrixX<float> x(rows, columns);
  for (float& number : x.reshaped()) number = static_cast<float>(random.symmetric(1));
  return x;
}

/// Seconds of `passes` forward and backward passes, 32 samples × 50 steps × 64 inputs × 64 units.
template <class L>
class Training {
 public:
  explicit Training(const L& layer) : layer_(layer), gradient_(recur::zeros_like(layer)) {}

  void run(int passes) {
    for (int pass = 0; pass < passes; ++pass) {
      layer_.forward(x_, tape_, recur::recording);
      layer_.backward(x_, dy_, tape_, gradient_);
    }
  }

 private:
  L layer_, gradient_;
  typename L::Tape tape_;
  recur::Sequence<float> x_{inputs(64, 32 * 50), 32},
      dy_{recur::MatrixX<float>(recur::MatrixX<float>::Constant(64, 32 * 50, 1e-3f)), 32};
};

using Timer = std::function<double(const std::function<void()>&)>;

/// Time of training a Network over that of the layer inside.
inline double training(const Timer& seconds_of) {
  const Known layer = with_weights(Known{recur::Lstm<float>{64, 64}});
  Training<Known> known(layer);
  Training<recur::Network<float>> network(recur::Network{layer});
  const auto time = [&](auto& side) { return [&] { return seconds_of([&] { side.run(20); }); }; };
  return threads::second_over_first(41, time(known), time(network));
}

/// Nanoseconds that a step of a Network takes longer than one of the layer inside, of 8 inputs and 16 units: the
/// difference of the medians of pairs of runs in turns.
inline double step(const Timer& seconds_of) {
  const Known layer = with_weights(Known{recur::Lstm<float>{8, 16}});
  const recur::Network network{layer};
  const recur::VectorX<float> x = recur::VectorX<float>::Constant(8, 0.5f);
  auto stream = layer.stream();
  auto erased = network.stream();
  constexpr int steps = 20000;
  const auto time = [&](const auto& one, auto& its_stream) {
    return seconds_of([&] {
      for (int t = 0; t < steps; ++t) one.step(x, its_stream);
    });
  };
  std::vector<double> more;
  for (int pair = 0; pair < 101; ++pair) {
    const double known = time(layer, stream);
    more.push_back((time(network, erased) - known) / steps * 1e9);
  }
  std::ranges::nth_element(more, more.begin() + 50);
  return more[50];
}

}  // namespace erased
