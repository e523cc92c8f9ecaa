// Models of the Neural Amp Modeler (NAM): amplifiers and pedals for the guitar.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "recur/cell/lstm.hpp"
#include "recur/exchange/json_file.hpp"
#include "recur/exchange/rtneural.hpp"
#include "recur/layer/dense.hpp"
#include "recur/network/network.hpp"
#include "recur/recurrence/learned_state.hpp"
#include "recur/recurrence/recurrent.hpp"

namespace recur::inline RECUR_ABI {

/// The network in a .nam file of the architecture LSTM: LSTMs that start from a learned state, then a Dense. Its output
/// is that of NAM with exact tanh and sigmoid; NAM's player runs it for half a second before it is heard.
///
/// weights: for each layer [W_ih W_hh] row by row (4H × (I+H), gates i, f, g, o), b (4H), h_0 (H), c_0 (H); then the
/// weight (H) and bias of the Dense. Throws FileError, which names the place, for a file that can't be read
/// or is something else, another architecture, and weights that are too many or too few.
inline Network<float> load_nam(const std::filesystem::path& path) {
  constexpr Index most = 1 << 16;
  const auto json = detail::exchange::read_json(path);
  const detail::exchange::JsonValue file(json, path), config = file["config"], list = file["weights"];
  const std::string& architecture = file["architecture"].text();
  file["architecture"].check(architecture == "LSTM", "is ", detail::quote(architecture),
                             ": it must be \"LSTM\"");
  const Index inputs = config["input_size"].integer(1, most), hidden = config["hidden_size"].integer(1, most),
              layers = config["num_layers"].integer(1, most);

  // With sizes of at most 2^16, none of these overflows.
  const Index count = layers * (4 * hidden * (hidden + 1) + 2 * hidden) +
                      4 * hidden * (inputs + (layers - 1) * hidden) + hidden + 1;
  list.check_list(count, "numbers");
  Index next = 0;
  const auto take = [&](auto&& target) {
    for (auto& number : target.reshaped()) number = list.element(next++);
  };
  std::vector<LearnedState<Recurrent<Lstm<float>>>> all;
  for (Index k = 0; k < layers; ++k) {
    const Index features = k == 0 ? inputs : hidden;
    Lstm<float> lstm{features, hidden};
    for (Index r = 0; r < 4 * hidden; ++r) {
      take(lstm.weight_ih.row(r));
      take(lstm.weight_hh.row(r));
    }
    take(lstm.bias_ih);
    LearnedState layer{Recurrent{std::move(lstm)}};
    for (auto& state : layer.initial) take(state);
    all.push_back(std::move(layer));
  }
  Dense<float> head{hidden, 1};
  take(head.weight);
  take(head.bias);
  return detail::exchange::with_head(std::move(all), std::move(head),
                                     [](auto net) { return Network<float>{std::move(net)}; });
}

}  // namespace recur::inline RECUR_ABI
