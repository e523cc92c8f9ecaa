// Models from files, compared with the same layers as types that the compiler knows.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "recur/cell/lstm.hpp"
#include "recur/composition/residual.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/exchange.hpp"
#include "recur/io/network_file.hpp"
#include "recur/network/standard.hpp"
#include "recur/recurrence/bidirectional.hpp"
#include "suite/shell.hpp"
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

/// Inference and training of 32 sequences of 100 steps through two bidirectional LSTMs from a file, over those of the same
/// layers as types: the higher of the two ratios.
inline double batch(const Timer& seconds_of) {
  using namespace recur;
  constexpr Index I = 64, H = 128, B = 32, T = 100;
  Sequential fixed{Bidirectional{Lstm<float>{I, H}}, Bidirectional{Lstm<float>{2 * H, H}}};
  Network<float> written{fixed};
  initialize(written, 1);
  const auto path = std::filesystem::temp_directory_path() / "recur-imported-batch.safetensors";
  save_network(path, written);
  const auto network = load_network<float>(path);
  std::filesystem::remove(path);
  set_values(Parameters(fixed), values_of(Parameters(network)));

  Random random(2);
  std::vector<MatrixX<float>> samples;
  for (Index b = 0; b < B; ++b)
    samples.push_back(MatrixX<float>::NullaryExpr(I, T, [&] { return static_cast<float>(random.normal()); }));
  const Sequence<float> x(samples);
  const auto time = [&](const auto& layer, bool trains) {
    using L = std::remove_cvref_t<decltype(layer)>;
    return [&, trains, tape = typename L::Tape{}, gradient = layer, dy = Sequence<float>{}]() mutable {
      return seconds_of([&] {
        const auto& y = layer.forward(x, tape, trains ? recording : predicting);
        if (!trains) return;
        dy = y;
        layer.backward(x, dy, tape, gradient);
      });
    };
  };
  return std::max(threads::second_over_first(11, time(fixed, false), time(network, false)),
                  threads::second_over_first(11, time(fixed, true), time(network, true)));
}

/// Milliseconds from the start of the program convert to its end, in which it reads a network of a million weights and
/// predicts once; the median of several.
inline double cold_start(const Timer& seconds_of) {
  using namespace recur;
  const auto folder = std::filesystem::temp_directory_path() / "recur-imported-cold";
  std::filesystem::create_directories(folder);
  auto network =
      make_network<float>({Description("lstm", 64, 256).with("num_layers", 2), {"dense", 256, 10}});
  initialize(network, 1);
  save_network(folder / "model.safetensors", network);
  {
    std::ofstream table(folder / "x.csv");
    for (int i = 0; i < 64; ++i) table << (i ? ",x" : "x") << i;
    for (int i = 0; i < 64; ++i) table << (i ? ',' : '\n') << 0.01 * i;
    table << '\n';
  }
  const std::string command = "cd " + bench::for_shell(folder) + " && " +
                              bench::for_shell(std::filesystem::absolute("build/figures/bin/convert")) +
                              " run model.safetensors x.csv y.csv --overwrite > log 2>&1";
  std::vector<double> seconds;
  for (int k = 0; k < 21; ++k)
    seconds.push_back(seconds_of([&] {
      if (std::system(command.c_str()) != 0)
        throw std::runtime_error("convert failed: see " + (folder / "log").string());
    }));
  std::filesystem::remove_all(folder);
  std::nth_element(seconds.begin(), seconds.begin() + 10, seconds.end());
  return 1000 * seconds[10];
}

}  // namespace imported
