// Files that the test writes, in Keras's layouts, against loops over single numbers; and real files.
#include "recur/exchange/rtneural.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "catch.hpp"
#include "exchange/audio_models.hpp"
#include "figure.hpp"
#include "recur/network/all_kinds.hpp"
#include "refusal.hpp"
#include "temporary.hpp"

namespace recur::testing {
namespace rtneural_test {

using Catch::Matchers::ContainsSubstring;
using namespace audio_models;

Numbers dense(const Json& w, const Numbers& x) {
  Numbers y = w[1].get<Numbers>();
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t j = 0; j < y.size(); ++j) y[j] += x[i] * at(w[0], i, j);
  return y;
}

TEST_CASE("RTNeural: dense, conv1d, prelu, batchnorm and activations", "[exchange][rtneural]") {
  const TemporaryDirectory directory;
  Json conv = layer("conv1d", 3, array(array(matrix(4, 3), matrix(4, 3)), list(3)));
  conv["kernel_size"] = array(2);
  conv["dilation"] = array(3);
  conv["activation"] = "tanh";
  const Json alphas = array(array(list(3)));
  Json norm = layer("batchnorm", 3, {list(3), list(3), list(3), {0.5, 1.5, 2.5}});
  norm["epsilon"] = 0.001;
  Json plain_norm = layer("batchnorm", 3, {list(3), {0.5, 1.5, 2.5}});
  plain_norm["epsilon"] = 0.01;
  Json first = layer("time-distributed-dense", 4, {matrix(2, 4), list(4)});
  first["activation"] = "relu";
  Json elu = layer("activation", 3, Json::array());
  elu["activation"] = "elu";
  Json last = layer("dense", 2, {matrix(3, 2), list(2)});
  last["activation"] = "sigmoid";
  const auto path = directory.file(
      "all.json", model(2, {first, conv, layer("prelu", 3, alphas), norm, plain_norm, elu, last}).dump());
  const Network<float> net = load_rtneural(path);
  CHECK(net.input_size() == 2);
  CHECK(all_kinds<float>().make(net.description()).description() == net.description());

  const auto x = signal(9, 2);
  std::vector<Numbers> hidden, expected;
  for (std::size_t t = 0; t < x.size(); ++t) {
    hidden.push_back(dense(first["weights"], x[t]));
    for (double& one : hidden[t]) one = std::max(one, 0.0);
    Numbers h = conv["weights"][1].get<Numbers>();
    for (std::size_t k = 0; k < 2; ++k)
      for (std::size_t i = 0; i < 4; ++i)
        for (std::size_t j = 0; j < 3; ++j)
          if (t + 3 * k >= 3) h[j] += conv["weights"][0][k][i][j].get<double>() * hidden[t + 3 * k - 3][i];
    for (std::size_t j = 0; j < 3; ++j) {
      h[j] = std::tanh(h[j]);
      if (h[j] < 0) h[j] *= alphas[0][0][j].get<double>();
      const Json &a = norm["weights"], &b = plain_norm["weights"];
      h[j] = at(a, 0, j) * (h[j] - at(a, 2, j)) / std::sqrt(at(a, 3, j) + 0.001) + at(a, 1, j);
      h[j] = (h[j] - at(b, 0, j)) / std::sqrt(at(b, 1, j) + 0.01);
      if (h[j] < 0) h[j] = std::exp(h[j]) - 1;
    }
    expected.push_back(dense(last["weights"], h));
    for (double& one : expected[t]) one = sigma(one);
  }
  CHECK(worst(run(net, x), expected) < 1e-5);
}

TEST_CASE("RTNeural: LSTM and GRU in Keras's order of gates", "[exchange][rtneural]") {
  const TemporaryDirectory directory;
  const std::size_t H = 3;
  Json lstm = layer("lstm", 3, {matrix(2, 12), matrix(3, 12), list(12)}),
       gru = layer("gru", 3, {matrix(3, 9), matrix(3, 9), matrix(2, 9)});
  lstm["activation"] = gru["activation"] = "tanh";
  const Network<float> net = load_rtneural(directory.file("both.json", model(2, {lstm, gru}).dump()));

  const auto x = signal(12, 2);
  std::vector<Numbers> expected;
  Numbers h(H), c(H), g(H);
  for (const Numbers& step : x) {
    const auto sum = [](const Json& w, const Numbers& v, std::size_t column) {
      double total = 0;
      for (std::size_t i = 0; i < v.size(); ++i) total += v[i] * at(w, i, column);
      return total;
    };
    Numbers next(H);
    for (std::size_t u = 0; u < H; ++u) {
      const auto gate = [&](std::size_t q) {
        const Json& w = lstm["weights"];
        return sum(w[0], step, q * H + u) + sum(w[1], h, q * H + u) + w[2][q * H + u].get<double>();
      };
      c[u] = sigma(gate(1)) * c[u] + sigma(gate(0)) * std::tanh(gate(2));
      next[u] = sigma(gate(3)) * std::tanh(c[u]);
    }
    h = next;
    for (std::size_t u = 0; u < H; ++u) {
      const Json& w = gru["weights"];
      const auto input = [&](std::size_t q) { return sum(w[0], h, q * H + u) + at(w[2], 0, q * H + u); };
      const auto recurrent = [&](std::size_t q) { return sum(w[1], g, q * H + u) + at(w[2], 1, q * H + u); };
      const double z = sigma(input(0) + recurrent(0)), r = sigma(input(1) + recurrent(1));
      next[u] = z * g[u] + (1 - z) * std::tanh(input(2) + r * recurrent(2));
    }
    g = next;
    expected.push_back(g);
  }
  CHECK(worst(run(net, x), expected) < 1e-5);
}

TEST_CASE("RTNeural: a file takes at most ten times its size in memory", "[exchange][rtneural]") {
  const auto layer = [](const char* type, const std::string& weights) {
    return std::string(R"({"type": ")") + type + R"(", "shape": [null, null, 200], "weights": [)" + weights +
           "]}";
  };
  const auto file = [](const std::string& layers) {
    return R"({"in_shape": [null, null, 200], "layers": [)" + layers + "]}";
  };
  takes_ten_times_the_file(file(layer("dense", short_matrix(200, 200) + ',' + short_list(200))),
                           load_rtneural);
  takes_ten_times_the_file(
      file(layer("lstm", short_matrix(200, 800) + ',' + short_matrix(200, 800) + ',' + short_list(800))),
      load_rtneural);
}

TEST_CASE("RTNeural: files that are wrong are refused, and the place is named", "[exchange][rtneural]") {
  const TemporaryDirectory directory;
  const auto rtneural = [&](const Json& json) {
    return refusal<FileError>([&] { load_rtneural(directory.file("x.json", json.dump())); });
  };
  const Json good = layer("dense", 2, {matrix(1, 2), list(2)});
  const auto wrong = [&](const char* pointer, const Json& value) {
    Json json = model(1, array(good));
    json[Json::json_pointer(pointer)] = value;
    return rtneural(json);
  };
  CHECK(rtneural(model(1, array(good))) == "nothing was refused");
  CHECK_THAT(wrong("/layers/0/type", "conv2d"),
             ContainsSubstring("x.json: layers[0].type is \"conv2d\": a layer"));
  for (const char* key : {"in_skip", "in_gain", "out_gain"}) {  // of AIDA-X
    CHECK(wrong((std::string("/") + key).c_str(), 0) == "nothing was refused");
    CHECK_THAT(wrong((std::string("/") + key).c_str(), 1),
               ContainsSubstring(std::string(key) + " is 1, as in a file of AIDA-X: load_guitarml reads it"));
  }
  CHECK_THAT(wrong("/layers/0/type", 3), ContainsSubstring("layers[0].type is 3: it must be a text"));
  CHECK_THAT(wrong("/layers/0/activation", "softmax"),
             ContainsSubstring("layers[0].activation is \"softmax\": legal are"));
  CHECK_THAT(wrong("/layers/0/weights/0", {{1, 2}, {3, 4}}),
             ContainsSubstring("layers[0].weights[0] has 2 elements: it must have 1 lists"));
  CHECK_THAT(wrong("/layers/0/weights/0/0", {1, 2, 3}),
             ContainsSubstring("layers[0].weights[0][0] has 3 elements: it must have 2 numbers"));
  CHECK_THAT(wrong("/layers/0/weights/1/1", "2"),
             ContainsSubstring("layers[0].weights[1][1] is a text: it must be a number"));
  CHECK_THAT(wrong("/layers/0/weights/1/1", 1e39), ContainsSubstring("layers[0].weights[1][1] is 1e+39"));
  CHECK_THAT(wrong("/layers/0/weights", array(1)),
             ContainsSubstring("layers[0].weights[0] is 1: it must be a list"));
  CHECK_THAT(wrong("/layers/0/shape", {nullptr, 1e9}), ContainsSubstring("must be a whole number"));
  CHECK_THAT(wrong("/layers/0/shape", Json::array()), ContainsSubstring("layers[0].shape has 0 elements"));
  CHECK_THAT(wrong("/layers/0/shape", array(std::uint64_t(-1))), ContainsSubstring("it must be from 1 to"));
  CHECK_THAT(wrong("/in_shape", array(-1)), ContainsSubstring("in_shape[0] is -1: it must be from 1 to"));
  CHECK_THAT(wrong("/layers", Json::array()), ContainsSubstring("layers is empty"));
  CHECK_THAT(rtneural(Json::array()), ContainsSubstring("x.json: the file is a list: it must be an object"));
  CHECK_THAT(rtneural(Json::object()), ContainsSubstring("the file has no \"in_shape\""));
  Json gru = layer("gru", 2, {matrix(1, 6), matrix(2, 6), list(6)});
  CHECK_THAT(rtneural(model(1, array(gru))),
             ContainsSubstring("layers[0].weights[2] has 6 elements: it must have 2 lists"));
  gru["activation"] = "relu";
  CHECK_THAT(rtneural(model(1, array(gru))), ContainsSubstring("of a recurrent layer it must be \"tanh\""));
  Json conv = layer("conv1d", 1, array(array(matrix(1, 1)), list(1)));
  conv["kernel_size"] = array(1 << 20);
  conv["dilation"] = array(1 << 20);
  CHECK_THAT(rtneural(model(1, array(conv))), ContainsSubstring("layers[0].dilation[0]"));
  conv["dilation"] = array(1);
  CHECK_THAT(rtneural(model(1, array(conv))),
             ContainsSubstring("weights[0] has 1 elements: it must have 1048576"));
  if (CountAllocations::works) {  // the first tap says that a kernel has 100 MB, and the others are not there
    Json taps = array(matrix(50, 50));
    for (int k = 1; k < 10000; ++k) taps.push_back(0);
    Json vast = layer("conv1d", 50, array(taps, list(50)));
    vast["kernel_size"] = array(10000);
    vast["dilation"] = array(1);
    const std::string bytes = model(50, array(vast)).dump();
    const CountAllocations allocations;
    CHECK_THAT(refusal<FileError>([&] { load_rtneural(directory.file("x.json", bytes)); }),
               ContainsSubstring("weights[0][1] is 0: it must be a list"));
    CHECK(allocations.peak() < 10 << 20);
  }
  Json norm = layer("batchnorm", 1, array(list(1), array(-1)));
  norm["epsilon"] = 0.1;
  CHECK_THAT(rtneural(model(1, array(norm))), ContainsSubstring("must be above 0"));
  CHECK_THAT(rtneural(model(2, array(norm))), ContainsSubstring("the layers before give 2 features"));

  const auto text = [&](const std::string& bytes) {
    return refusal<FileError>([&] { load_rtneural(directory.file("x.json", bytes)); });
  };
  const std::string whole = model(1, array(good)).dump();
  for (std::size_t length = 1; length < whole.size(); length += 7)
    CHECK_THAT(text(whole.substr(0, length)),
               ContainsSubstring("x.json: is not JSON to its end: it seems cut off"));
  CHECK_THAT(text(R"({"lstm.weight_ih_l0": [[0.5]]})"),
             ContainsSubstring("a state dict of PyTorch, which load_torch reads"));
  CHECK_THAT(text(std::string(1000000, '[')), ContainsSubstring("more than 32 deep"));
  CHECK_THAT(text("{\"in_shape\": [1e999]}"), ContainsSubstring("is not JSON"));
}

TEST_CASE("RTNeural: real models give what their authors expect", "[exchange][rtneural]") {
  const fs::path models = real_models();
  if (models.empty()) return;
  for (const std::string name : {"lstm", "gru"}) {
    CAPTURE(name);
    const auto x = read_numbers(models / "rtneural" / (name + "_x_python.csv")),
               y = read_numbers(models / "rtneural" / (name + "_y_python.csv"));
    REQUIRE(x.size() >= 100);
    const double error = worst(run(load_rtneural(models / "rtneural" / (name + ".json")), x), y);
    CHECK(error < 1e-5);
    record_figure("exchange-files", error / 1e-5);
  }
}

}  // namespace rtneural_test
}  // namespace recur::testing
