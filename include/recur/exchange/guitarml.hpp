// Models of GuitarML (NeuralPi, NeuralSeed, made by Automated-GuitarAmpModelling) and of AIDA-X: amplifiers
// and pedals for the guitar.
#pragma once

#include <cmath>
#include <cstddef>
#include <filesystem>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "recur/cell/elman.hpp"
#include "recur/cell/gru.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/composition/residual.hpp"
#include "recur/exchange/json_file.hpp"
#include "recur/exchange/rtneural.hpp"
#include "recur/layer/dense.hpp"
#include "recur/network/graph.hpp"
#include "recur/network/network.hpp"
#include "recur/recurrence/recurrent.hpp"

namespace recur::inline RECUR_ABI {

namespace detail::exchange {

/// y = net(x) + the first features of x.
template <class L>
Network<float> with_skip(L net) {
  const Index inputs = net.input_size(), outputs = net.output_size();
  if (inputs == outputs) return Network<float>{Residual{std::move(net)}};
  return Network<float>{Graph<float>({{"input", inputs}},
                                     {{"model", std::move(net), {"input"}},
                                      {"signal", Slice{0, outputs}, {"input"}},
                                      {"output", Join::add, {"model", "signal"}}},
                                     {"output"})};
}

/// The layers of an nn.RNN, nn.LSTM or nn.GRU of PyTorch (rec.weight_ih_l0, ...), then the Dense.
template <class C>
Network<float> recurrent_and_head(const JsonValue& tensors, Index inputs, Index hidden, Index layers,
                                  Dense<float> head, bool skip) {
  std::vector<Recurrent<C>> all;
  for (Index k = 0; k < layers; ++k) {
    const auto tensor = [&](const char* name) {
      return tensors[("rec." + std::string(name) + "_l" + std::to_string(k)).c_str()];
    };
    const Index features = k == 0 ? inputs : hidden, rows = C::input_gates * hidden;
    const MatrixX<float> weight_ih = tensor("weight_ih").matrix(rows, features),
                         weight_hh = tensor("weight_hh").matrix(rows, hidden);
    C cell{features, hidden};
    cell.bias_ih = tensor("bias_ih").vector(rows);
    cell.bias_hh = tensor("bias_hh").vector(rows);
    cell.weight_ih = weight_ih;
    cell.weight_hh = weight_hh;
    all.emplace_back(std::move(cell));
  }
  return with_head(std::move(all), std::move(head), [skip](auto net) {
    return skip ? with_skip(std::move(net)) : Network<float>{std::move(net)};
  });
}

inline Network<float> read_guitarml(const JsonValue& file) {
  constexpr Index most = 1 << 16;
  const JsonValue config = file["model_data"], tensors = file["state_dict"];
  const std::string &model = config["model"].text(), &unit = config["unit_type"].text();
  config["model"].check(model == "SimpleRNN", "is ", quote(model), ": it must be \"SimpleRNN\"");
  const Index inputs = config["input_size"].integer(1, most), hidden = config["hidden_size"].integer(1, most),
              outputs = config["output_size"].integer(1, most),
              layers = config["num_layers"].integer(1, most),
              skip = config.has("skip") ? config["skip"].integer(0, most) : 0;
  if (skip != 0)
    config["skip"].check(skip == outputs && skip <= inputs, "is ", skip, " with ", inputs, " inputs and ",
                         outputs,
                         " outputs: it must be 0, or the number of outputs and at most that of inputs");
  const MatrixX<float> weight = tensors["lin.weight"].matrix(outputs, hidden);
  const bool has_bias = config.has("bias_fl") ? config["bias_fl"].flag() : tensors.has("lin.bias");
  Dense<float> head{hidden, outputs, has_bias ? Bias::both : Bias::none};
  head.weight = weight;
  if (has_bias) head.bias = tensors["lin.bias"].vector(outputs);
  const auto expected = static_cast<std::size_t>(4 * layers + 1) + (has_bias ? 1U : 0U);
  const auto made = [&]<class C>(std::type_identity<C>) {
    Network<float> net = recurrent_and_head<C>(tensors, inputs, hidden, layers, std::move(head), skip != 0);
    tensors.check(tensors.count() == expected, "has ", tensors.count(), " tensors, of which ", expected,
                  " are those of its \"model_data\": there must be no others");
    return net;
  };
  if (unit == "LSTM") return made(std::type_identity<Lstm<float>>{});
  if (unit == "GRU") return made(std::type_identity<Gru<float>>{});
  config["unit_type"].check(unit == "RNN", "is ", quote(unit), ": it must be \"LSTM\", \"GRU\" or \"RNN\"");
  return made(std::type_identity<Elman<float>>{});
}

/// y = g_out (net(g_in x) + g_in x_0), the last term only with in_skip 1, where g is 10^(dB/20).
inline Network<float> read_aida_x(const JsonValue& file) {
  Network<float> net = RtNeuralReader(file).take();
  const bool skip = file.has("in_skip") && file["in_skip"].integer(0, 1) == 1;
  file.check(!skip || net.output_size() == 1, "has in_skip with ", net.output_size(),
             " outputs: it must have one");
  ChainBuilder<> chain;
  const auto add_gain = [&](const char* key, Index features) {
    const double decibel = file.has(key) ? file[key].number() : 0;
    if (decibel == 0) return;
    file[key].check(std::abs(decibel) <= 200, "is ", decibel, ": it must be from -200 to 200 dB");
    file[key].check(features != any_size, "is ", decibel,
                    ", but no layer has weights: a gain is for a model that has some");
    Scale<float> gain{features};
    gain.weight.setConstant(static_cast<float>(std::pow(10, decibel / 20)));
    chain.add(std::move(gain));
  };
  add_gain("in_gain", net.input_size());
  const Index outputs = net.output_size();
  if (skip) net = with_skip(std::move(net));
  const bool only = chain.empty() && !(file.has("out_gain") && file["out_gain"].number() != 0);
  if (only) return net;
  chain.add(std::move(net));
  add_gain("out_gain", outputs);
  return chain.take();
}

}  // namespace detail::exchange

/// The network in a JSON file of GuitarML (an RNN, LSTM or GRU of PyTorch, then a Dense) or of AIDA-X
/// (RTNeural's JSON). If the file says so ("skip", "in_skip"), its input is added to its output. The in_gain and out_gain of
/// AIDA-X are factors before and after. A model is made for one sample rate: see audio_sample_rate.
///
/// Throws FileError, which names the place, for a file that can't be read or is something else, sizes that don't agree,
/// tensors that are missing or too many, and what load_rtneural refuses.
inline Network<float> load_guitarml(const std::filesystem::path& path) {
  const auto json = detail::exchange::read_json(path);
  const detail::exchange::JsonValue file(json, path);
  return file.has("model_data") ? detail::exchange::read_guitarml(file) : detail::exchange::read_aida_x(file);
}

/// The samples a second that a model of load_guitarml, load_nam or load_rtneural was made for; 0 if its file
/// does not say it. GuitarML's are made for 44100, NAM's for 48000. Throws FileError for a file that is not
/// JSON, and for a rate that is not a positive number.
inline double audio_sample_rate(const std::filesystem::path& path) {
  const auto json = detail::exchange::read_json(path);
  using detail::exchange::JsonValue, detail::number_in;
  const JsonValue file(json, path);
  for (const char* part : {"", "metadata", "model_data"}) {
    if (*part && !file.has(part)) continue;
    const auto place = *part ? file[part] : file;
    for (const char* key : {"sample_rate", "samplerate"}) {
      if (!place.has(key)) continue;
      const JsonValue value = place[key];
      const double rate = value.is_text() ? number_in(value.text()).value_or(0) : value.number();
      value.check(rate > 0 && std::isfinite(rate), "is ", value.dump(), ": it must be a positive number");
      return rate;
    }
  }
  return 0;
}

}  // namespace recur::inline RECUR_ABI
