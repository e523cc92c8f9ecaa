// Files of GuitarML and AIDA-X that the test writes, against plain loops; and real files.
#include "recur/exchange/guitarml.hpp"

#include <cmath>
#include <cstddef>
#include <vector>

#include "catch.hpp"
#include "exchange/audio_models.hpp"
#include "recur/network/standard.hpp"
#include "refusal.hpp"
#include "temporary.hpp"

namespace recur::testing {
namespace guitarml_test {

using Catch::Matchers::ContainsSubstring;
using namespace audio_models;

Json guitarml(Index inputs, int skip) {
  return {{"model_data",
           {{"model", "SimpleRNN"},
            {"input_size", inputs},
            {"skip", skip},
            {"output_size", 1},
            {"unit_type", "LSTM"},
            {"num_layers", 1},
            {"hidden_size", 3},
            {"bias_fl", true}}},
          {"state_dict",
           {{"rec.weight_ih_l0", matrix(12, inputs)},
            {"rec.weight_hh_l0", matrix(12, 3)},
            {"rec.bias_ih_l0", list(12)},
            {"rec.bias_hh_l0", list(12)},
            {"lin.weight", matrix(1, 3)},
            {"lin.bias", list(1)}}}};
}
Numbers guitarml_output(const Json& json, const std::vector<Numbers>& x) {
  const Json& w = json["state_dict"];
  Numbers h(w["lin.weight"][0].size()), c(h.size()), y;
  for (const Numbers& step : x) {
    lstm_step(
        step, h, c, [&](std::size_t r, std::size_t i) { return at(w["rec.weight_ih_l0"], r, i); },
        [&](std::size_t r, std::size_t i) { return at(w["rec.weight_hh_l0"], r, i); },
        [&](std::size_t r) {
          return w["rec.bias_ih_l0"][r].get<double>() + w["rec.bias_hh_l0"][r].get<double>();
        });
    double sum = w["lin.bias"][0];
    for (std::size_t i = 0; i < h.size(); ++i) sum += at(w["lin.weight"], 0, i) * h[i];
    y.push_back(sum + (json["model_data"]["skip"] == 1 ? step[0] : 0));
  }
  return y;
}

TEST_CASE("GuitarML: with and without the input added to the output, and with a knob as a second input",
          "[exchange][guitarml]") {
  const TemporaryDirectory directory;
  for (const Index inputs : {1, 2})
    for (const int skip : {0, 1}) {
      CAPTURE(inputs, skip);
      const Json json = guitarml(inputs, skip);
      const auto path = directory.file("amp.json", json.dump());
      const Network<float> net = load_guitarml(path);
      const auto x = signal(20, static_cast<std::size_t>(inputs));
      CHECK(worst(run(net, x), each(guitarml_output(json, x))) < 1e-5);
      CHECK(standard_kinds<float>().make(net.description()).description() == net.description());
      CHECK(audio_sample_rate(path) == 0);
    }
}

TEST_CASE("AIDA-X: gains in dB before and after, and the input added between them", "[exchange][guitarml]") {
  const TemporaryDirectory directory;
  const Json head = layer("dense", 1, {matrix(1, 1), list(1)});
  Json json = model(1, array(head));
  const double w = head["weights"][0][0][0], b = head["weights"][1][0];
  const auto x = signal(5);
  for (const bool skip : {false, true})
    for (const double decibel : {0.0, 6.0}) {
      json["in_skip"] = skip ? 1 : 0;
      json["in_gain"] = decibel;
      json["out_gain"] = -2 * decibel;
      json["metadata"] = {{"samplerate", "44100"}};
      const auto path = directory.file("amp.aidax", json.dump());
      const double in = std::pow(10, decibel / 20), out = std::pow(10, -decibel / 10);
      Numbers expected;
      for (const Numbers& step : x)
        expected.push_back(out * (w * in * step[0] + b + (skip ? in * step[0] : 0)));
      CHECK(worst(run(load_guitarml(path), x), each(expected)) < 1e-5);
      CHECK(audio_sample_rate(path) == 44100);
    }
}

TEST_CASE("GuitarML: a file takes at most ten times its size in memory", "[exchange][guitarml]") {
  takes_ten_times_the_file(
      R"({"model_data": {"model": "SimpleRNN", "unit_type": "LSTM", "input_size": 1, "hidden_size": 128,
          "output_size": 1, "num_layers": 1, "skip": 1}, "state_dict": {"rec.weight_ih_l0": )" +
          short_matrix(512, 1) + R"(, "rec.weight_hh_l0": )" + short_matrix(512, 128) +
          R"(, "rec.bias_ih_l0": )" + short_list(512) + R"(, "rec.bias_hh_l0": )" + short_list(512) +
          R"(, "lin.weight": )" + short_matrix(1, 128) + R"(, "lin.bias": [0.5]}})",
      load_guitarml);
}

TEST_CASE("GuitarML and AIDA-X: files that are wrong are refused, and the place is named",
          "[exchange][guitarml]") {
  const TemporaryDirectory directory;
  const auto of_guitarml = [&](const char* pointer, const Json& value) {
    Json json = guitarml(1, 1);
    json[Json::json_pointer(pointer)] = value;
    return refusal<FileError>([&] { load_guitarml(directory.file("x.json", json.dump())); });
  };
  CHECK_THAT(of_guitarml("/model_data/unit_type", "QRNN"),
             ContainsSubstring("model_data.unit_type is \"QRNN\""));
  CHECK_THAT(of_guitarml("/model_data/skip", 2), ContainsSubstring("model_data.skip is 2 with 1 inputs"));
  CHECK_THAT(of_guitarml("/model_data/num_layers", 2),
             ContainsSubstring("state_dict has no \"rec.weight_ih_l1\""));
  CHECK_THAT(of_guitarml("/state_dict/rec.weight_ih_l0_reverse", 2),
             ContainsSubstring("there must be no others"));
  Json aida = model(1, array(layer("dense", 2, {matrix(1, 2), list(2)})));
  aida["in_skip"] = 1;
  CHECK_THAT(refusal<FileError>([&] { load_guitarml(directory.file("x.json", aida.dump())); }),
             ContainsSubstring("in_skip with 2 outputs"));
  Json weightless = layer("activation", 1, Json::array());
  weightless["activation"] = "tanh";
  weightless = model(1, array(weightless));
  weightless["in_gain"] = 6;
  CHECK_THAT(refusal<FileError>([&] { load_guitarml(directory.file("x.json", weightless.dump())); }),
             ContainsSubstring("in_gain is 6, but no layer has weights"));
  CHECK_THAT(
      refusal<FileError>([&] { audio_sample_rate(directory.file("x.json", "{\"samplerate\": \"fast\"}")); }),
      ContainsSubstring("samplerate is \"fast\": it must be a positive number"));
}

TEST_CASE("GuitarML: real models give what their authors expect", "[exchange][guitarml]") {
  const fs::path models = real_models();
  if (models.empty()) return;
  const auto x = signal(2000);
  const fs::path pedal = models / "guitarml" / "lstm4_ts9_pytorch.json";
  CHECK(worst(run(load_guitarml(pedal), x), each(guitarml_output(read(pedal), x))) < 1e-5);
  CHECK(load_guitarml(models / "guitarml" / "gru4_ts9_pytorch.json").describe() ==
        "Residual {Sequential {GRU (1 -> 4), Dense (4 -> 1)}}");
}

}  // namespace guitarml_test
}  // namespace recur::testing
