// Models for audio from RTNeural, NAM, GuitarML and AIDA-X: files that the test writes, against plain loops, and real files
// where RECUR_DATA names a folder with them.
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "allocations.hpp"
#include "catch.hpp"
#include "recur/exchange/guitarml.hpp"
#include "recur/exchange/nam.hpp"
#include "recur/exchange/rtneural.hpp"
#include "recur/network/all_kinds.hpp"
#include "refusal.hpp"
#include "temporary.hpp"

namespace recur::testing {
namespace audio_models_test {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using Json = nlohmann::json;
using Numbers = std::vector<double>;

Random random_numbers(3);

Json list(Index count) {
  Json json = Json::array();
  for (Index i = 0; i < count; ++i) json.push_back(random_numbers.uniform() - 0.5);
  return json;
}
Json matrix(Index rows, Index columns) {
  Json json = Json::array();
  for (Index i = 0; i < rows; ++i) json.push_back(list(columns));
  return json;
}

/// A list of these, also if it is one.
Json array(const auto&... elements) {
  Json json = Json::array();
  (json.push_back(elements), ...);
  return json;
}

double sigma(double a) { return 1 / (1 + std::exp(-a)); }

/// What the network gives step by step, and in one pass, which must be the same.
std::vector<Numbers> run(const Network<float>& net, const std::vector<Numbers>& x) {
  auto stream = net.stream();
  std::vector<Numbers> y;
  MatrixX<float> all(static_cast<Index>(x[0].size()), static_cast<Index>(x.size()));
  for (Index t = 0; t < all.cols(); ++t)
    for (Index i = 0; i < all.rows(); ++i)
      all(i, t) = static_cast<float>(x[static_cast<std::size_t>(t)][static_cast<std::size_t>(i)]);
  Network<float>::Tape tape;
  const MatrixX<float> pass = net.forward(Sequence<float>({all}), tape).values();
  for (Index t = 0; t < all.cols(); ++t) {
    const CountAllocations allocations;
    const VectorX<float>& one = net.step(all.col(t), stream);
    if (t > 0) CHECK(allocations.count() == 0);
    CHECK((one - pass.col(t)).norm() < 1e-5);
    y.emplace_back(one.data(), one.data() + one.size());
  }
  return y;
}
std::vector<Numbers> signal(std::size_t steps, std::size_t features = 1) {
  std::vector<Numbers> x(steps, Numbers(features));
  for (auto& step : x)
    for (auto& one : step) one = random_numbers.uniform() - 0.5;
  return x;
}
double worst(const std::vector<Numbers>& y, const std::vector<Numbers>& expected) {
  double error = 0;
  for (std::size_t t = 0; t < expected.size(); ++t)
    for (std::size_t i = 0; i < expected[t].size(); ++i)
      error = std::max(error, std::abs(y[t][i] - expected[t][i]));
  return error;
}

// ---- RTNeural: Keras's layouts, in loops over single numbers.

double at(const Json& w, std::size_t i, std::size_t j) { return w[i][j].get<double>(); }

Numbers dense(const Json& w, const Numbers& x) {
  Numbers y = w[1].get<Numbers>();
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t j = 0; j < y.size(); ++j) y[j] += x[i] * at(w[0], i, j);
  return y;
}
Json layer(const char* type, Index outputs, const Json& weights) {
  return {{"type", type}, {"shape", {nullptr, nullptr, outputs}}, {"activation", ""}, {"weights", weights}};
}
Json model(Index inputs, const Json& layers) {
  return {{"in_shape", {nullptr, nullptr, inputs}}, {"layers", layers}};
}

TEST_CASE("RTNeural: dense, conv1d, prelu, batchnorm and activations") {
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

TEST_CASE("RTNeural: LSTM and GRU in Keras's order of gates") {
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

// ---- NAM and GuitarML: PyTorch's layouts.

/// One step of an LSTM, with weights row by row.
void lstm_step(const Numbers& x, Numbers& h, Numbers& c, auto&& input, auto&& recurrent, auto&& bias) {
  const std::size_t H = h.size();
  Numbers next(H);
  for (std::size_t u = 0; u < H; ++u) {
    const auto gate = [&](std::size_t q) {
      double sum = bias(q * H + u);
      for (std::size_t i = 0; i < x.size(); ++i) sum += input(q * H + u, i) * x[i];
      for (std::size_t i = 0; i < H; ++i) sum += recurrent(q * H + u, i) * h[i];
      return sum;
    };
    c[u] = sigma(gate(1)) * c[u] + sigma(gate(0)) * std::tanh(gate(2));
    next[u] = sigma(gate(3)) * std::tanh(c[u]);
  }
  h = next;
}

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
std::vector<Numbers> each(const Numbers& y) {
  std::vector<Numbers> steps;
  for (const double one : y) steps.push_back({one});
  return steps;
}

Json nam() {
  return {{"version", "0.5.1"},
          {"architecture", "LSTM"},
          {"config", {{"input_size", 1}, {"hidden_size", 3}, {"num_layers", 2}}},
          {"weights", list(12 * 4 + 12 + 6 + 12 * 6 + 12 + 6 + 4)},
          {"sample_rate", 48000}};
}

TEST_CASE("NAM: layers of LSTM that start from their own states") {
  const TemporaryDirectory directory;
  const Json json = nam();
  const auto path = directory.file("amp.nam", json.dump());
  const auto x = signal(20);
  CHECK(worst(run(load_nam(path), x), each(nam_output(json, x))) < 1e-5);
  CHECK(audio_sample_rate(path) == 48000);
}

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

TEST_CASE("GuitarML: with and without the input added to the output, and with a knob as a second input") {
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

TEST_CASE("AIDA-X: gains in dB before and after, and the input added between them") {
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

// ---- What is refused.

TEST_CASE("Files that are wrong are refused, and the place is named") {
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
  Json norm = layer("batchnorm", 1, array(list(1), array(-1)));
  norm["epsilon"] = 0.1;
  CHECK_THAT(rtneural(model(1, array(norm))), ContainsSubstring("must be above 0"));
  CHECK_THAT(rtneural(model(2, array(norm))), ContainsSubstring("the layers before give 2 features"));

  const auto text = [&](const std::string& bytes) {
    return refusal<FileError>([&] { load_rtneural(directory.file("x.json", bytes)); });
  };
  const std::string whole = model(1, array(good)).dump();
  for (std::size_t length = 0; length < whole.size(); length += 7)
    CHECK_THAT(text(whole.substr(0, length)), ContainsSubstring("x.json: is not JSON"));
  CHECK_THAT(text(std::string(1000000, '[')), ContainsSubstring("more than 32 deep"));
  CHECK_THAT(text("{\"in_shape\": [1e999]}"), ContainsSubstring("is not JSON"));
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
  Json aida = model(1, array(good));
  aida["in_skip"] = 1;
  CHECK_THAT(refusal<FileError>([&] { load_guitarml(directory.file("x.json", aida.dump())); }),
             ContainsSubstring("in_skip with 2 outputs"));
  CHECK_THAT(
      refusal<FileError>([&] { audio_sample_rate(directory.file("x.json", "{\"samplerate\": \"fast\"}")); }),
      ContainsSubstring("samplerate must be a positive number"));
}

// ---- Real files.

std::vector<Numbers> read_numbers(const fs::path& path) {
  std::vector<Numbers> numbers;
  std::ifstream in(path);
  for (double one = 0; in >> one;) numbers.push_back({one});
  return numbers;
}
Json read(const fs::path& path) {
  std::ifstream in(path);
  return Json::parse(in);
}

TEST_CASE("Real models give what their authors expect") {
  const char* given = std::getenv("RECUR_DATA");
  const fs::path models =
      (given ? fs::path(given) : fs::path(__FILE__).parent_path() / "../../data") / "models";
  if (!fs::exists(models)) {
    WARN("left out: there is no " << models << "; RECUR_DATA can name another directory");
    return;
  }
  for (const std::string name : {"lstm", "gru"}) {
    CAPTURE(name);
    const auto x = read_numbers(models / "rtneural" / (name + "_x_python.csv")),
               y = read_numbers(models / "rtneural" / (name + "_y_python.csv"));
    REQUIRE(x.size() >= 100);
    CHECK(worst(run(load_rtneural(models / "rtneural" / (name + ".json")), x), y) < 1e-5);
  }
  const auto x = signal(2000);
  const fs::path boss = models / "nam" / "BossLSTM-2x8.nam",
                 pedal = models / "guitarml" / "lstm4_ts9_pytorch.json";
  CHECK(worst(run(load_nam(boss), x), each(nam_output(read(boss), x))) < 1e-5);
  CHECK(worst(run(load_guitarml(pedal), x), each(guitarml_output(read(pedal), x))) < 1e-5);
  CHECK(load_guitarml(models / "guitarml" / "gru4_ts9_pytorch.json").describe() ==
        "Residual {Sequential {GRU (1 -> 4), Dense (4 -> 1)}}");
}

}  // namespace audio_models_test
}  // namespace recur::testing
