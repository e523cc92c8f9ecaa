// A step of a model from a file, compared with the same layers in types of fixed sizes.
#pragma once

#include <algorithm>
#include <filesystem>
#include <functional>

#include "recur/composition/residual.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/exchange.hpp"
#include "threads.hpp"

namespace imported {

using Timer = std::function<double(const std::function<void()>&)>;

/// Time of a step of the network over that of `fixed`, which takes its weights.
template <class L>
double step(L fixed, const recur::Network<float>& network, const Timer& seconds_of) {
  set_values(recur::Parameters(fixed), values_of(recur::Parameters(network)));
  const auto time = [&](const auto& layer) {
    return [&layer, &seconds_of, stream = layer.stream(), x = recur::VectorX<float>(1)]() mutable {
      return seconds_of([&] {
        for (int t = 0; t < 20000; ++t) {
          x(0) = static_cast<float>(t % 100) * 0.01f;
          layer.step(x, stream);
        }
      });
    };
  };
  return threads::second_over_first(41, time(fixed), time(network));
}

/// The highest of the ratios of five models for audio.
inline double highest_step(const std::filesystem::path& models, const Timer& seconds_of) {
  using namespace recur;
  const auto lstm = [](auto cell) { return LearnedState{Recurrent{std::move(cell)}}; };
  return std::max({
      step(Sequential{lstm(Lstm<float, 1, 8>{}), lstm(Lstm<float, 8, 8>{}), Dense<float>{8, 1}},
           load_nam(models / "nam/BossLSTM-2x8.nam"), seconds_of),
      step(Residual{Sequential{Recurrent{Lstm<float, 1, 4>{}}, Dense<float>{4, 1}}},
           load_guitarml(models / "guitarml/lstm4_ts9_pytorch.json"), seconds_of),
      step(Residual{Sequential{Recurrent{Gru<float, 1, 4>{}}, Dense<float>{4, 1}}},
           load_guitarml(models / "guitarml/gru4_ts9_pytorch.json"), seconds_of),
      step(Sequential{Dense<float, Tanh>{1, 8}, Recurrent{Lstm<float, 8, 8>{}}, Dense<float>{8, 1}},
           load_rtneural(models / "rtneural/lstm.json"), seconds_of),
      step(Sequential{Dense<float, Tanh>{1, 8}, Recurrent{Gru<float, 8, 8>{}}, Dense<float, Sigmoid>{8, 8},
                      Dense<float>{8, 1}},
           load_rtneural(models / "rtneural/gru.json"), seconds_of),
  });
}

}  // namespace imported
