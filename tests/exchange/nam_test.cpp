// Files that the test writes, against a plain loop; and a real file.
#include "recur/exchange/nam.hpp"

#include <cstddef>
#include <vector>

#include "catch.hpp"
#include "exchange/audio_models.hpp"
#include "recur/exchange/guitarml.hpp"
#include "refusal.hpp"
#include "temporary.hpp"

namespace recur::testing {
namespace nam_test {

using Catch::Matchers::ContainsSubstring;
using namespace audio_models;

Numbers nam_output(const Json& json, const std::vector<Numbers>& x) {
  const std::size_t H = json["config"]["hidden_size"], layers = json["config"]["num_layers"];
  const Numbers w = json["weights"];
  std::vector<Numbers> h(layers), c(layers);
  Numbers y;
  for (std::size_t t = 0; t < x.size(); ++t) {
    std::size_t next = 0;
    Numbers in = x[t];
    for (std::size_t k = 0; k < layers; ++k) {
      const std::size_t I = in.size(), matrix = next, bias = matrix + 4 * H * (I + H), start = bias + 4 * H;
      const auto from = [&](std::size_t first) {
        return Numbers(w.begin() + static_cast<long>(first), w.begin() + static_cast<long>(first + H));
      };
      if (t == 0) h[k] = from(start), c[k] = from(start + H);
      lstm_step(
          in, h[k], c[k], [&](std::size_t r, std::size_t i) { return w[matrix + r * (I + H) + i]; },
          [&](std::size_t r, std::size_t i) { return w[matrix + r * (I + H) + I + i]; },
          [&](std::size_t r) { return w[bias + r]; });
      in = h[k];
      next = start + 2 * H;
    }
    double sum = w[next + H];
    for (std::size_t i = 0; i < H; ++i) sum += w[next + i] * in[i];
    y.push_back(sum);
  }
  return y;
}

Json nam() {
  return {{"version", "0.5.1"},
          {"architecture", "LSTM"},
          {"config", {{"input_size", 1}, {"hidden_size", 3}, {"num_layers", 2}}},
          {"weights", list(12 * 4 + 12 + 6 + 12 * 6 + 12 + 6 + 4)},
          {"sample_rate", 48000}};
}

TEST_CASE("NAM: layers of LSTM that start from their own states", "[exchange][nam]") {
  const TemporaryDirectory directory;
  const Json json = nam();
  const auto path = directory.file("amp.nam", json.dump());
  const auto x = signal(20);
  CHECK(worst(run(load_nam(path), x), each(nam_output(json, x))) < 1e-5);
  CHECK(audio_sample_rate(path) == 48000);
}

TEST_CASE("NAM: a file takes at most ten times its size in memory", "[exchange][nam]") {
  constexpr Index hidden = 128, count = 4 * hidden * (1 + hidden) + 4 * hidden + 2 * hidden + hidden + 1;
  takes_ten_times_the_file(
      R"({"architecture": "LSTM", "config": {"input_size": 1, "hidden_size": 128, "num_layers": 1}, "weights": )" +
          short_list(count) + '}',
      load_nam);
}

TEST_CASE("NAM: files that are wrong are refused, and the place is named", "[exchange][nam]") {
  const TemporaryDirectory directory;
  CHECK_THAT(refusal<FileError>([&] { load_nam(directory.path / "none.nam"); }),
             ContainsSubstring("can't be opened"));

  const auto of_nam = [&](const char* pointer, const Json& value) {
    Json json = nam();
    json[Json::json_pointer(pointer)] = value;
    return refusal<FileError>([&] { load_nam(directory.file("x.nam", json.dump())); });
  };
  CHECK_THAT(of_nam("/architecture", "WaveNet"),
             ContainsSubstring("architecture is \"WaveNet\": it must be \"LSTM\""));
  CHECK_THAT(of_nam("/config/hidden_size", 65536),
             ContainsSubstring("weights has 160 elements: it must have"));
  CHECK_THAT(of_nam("/config/num_layers", 1 << 30), ContainsSubstring("config.num_layers is 1073741824"));
  CHECK_THAT(of_nam("/weights/4", nullptr), ContainsSubstring("weights[4] is null: it must be a number"));
}

TEST_CASE("NAM: a real model gives what its author expects", "[exchange][nam]") {
  const fs::path models = real_models();
  if (models.empty()) return;
  const auto x = signal(2000);
  const fs::path boss = models / "nam" / "BossLSTM-2x8.nam";
  CHECK(worst(run(load_nam(boss), x), each(nam_output(read(boss), x))) < 1e-5);
}

}  // namespace nam_test
}  // namespace recur::testing
