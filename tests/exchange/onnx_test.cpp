// Models in and out as a whole: those that PyTorch exports, files of other projects, and texts in a file.
#include "recur/exchange/onnx.hpp"

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "catch.hpp"
#include "exchange/onnx/models.hpp"
#include "figure.hpp"
#include "golden.hpp"
#include "max_abs.hpp"
#include "recur/io/network_file.hpp"
#include "recur/network/standard.hpp"
#include "recur/recurrence/state.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace onnx_test {

using namespace onnx_models;
using Catch::Matchers::ContainsSubstring;
using Json = nlohmann::json;

/// Some numbers of a file, and where they stand: time first, or batch first.
struct Given {
  Dims shape;
  std::vector<double> data;

  explicit Given(const Json& json)
      : shape(json["shape"].get<Dims>()), data(json["data"].get<std::vector<double>>()) {}
  /// Samples of the first `lengths` steps. time and batch are the axes of both.
  template <class S>
  auto samples(std::size_t time, std::size_t batch, const std::vector<Index>& lengths = {}) const {
    const Index steps = shape[time], features = shape.size() > 2 ? shape[2] : 1;
    std::vector<typename Sequence<S>::Sample> all;
    for (Index b = 0; b < shape[batch]; ++b) {
      const Index length = lengths.empty() ? steps : lengths[static_cast<std::size_t>(b)];
      const auto at = [&](Index t, Index f) {
        return data[static_cast<std::size_t>(
            (time < batch ? t * shape[batch] + b : b * steps + t) * features + f)];
      };
      if constexpr (std::same_as<S, Token>) {
        all.emplace_back();
        for (Index t = 0; t < length; ++t) all.back().push_back(static_cast<Token>(at(t, 0)));
      } else {
        all.emplace_back(features, length);
        for (Index t = 0; t < length; ++t)
          for (Index f = 0; f < features; ++f) all.back()(f, t) = static_cast<S>(at(t, f));
      }
    }
    return all;
  }
};
/// One vector for each sample, B × F.
std::vector<MatrixX<float>> rows(const Given& given) {
  std::vector<MatrixX<float>> all;
  const Index features = given.shape.back(), batch = static_cast<Index>(given.data.size()) / features;
  for (Index b = 0; b < batch; ++b) {
    all.emplace_back(features, 1);
    for (Index f = 0; f < features; ++f)
      all.back()(f, 0) = static_cast<float>(given.data[static_cast<std::size_t>(b * features + f)]);
  }
  return all;
}

TEST_CASE("ONNX: what PyTorch exports gives what PyTorch computes", "[exchange][onnx][golden]") {
  const fs::path folder = fs::path(RECUR_GOLDEN_DIR) / "onnx";
  const Json expected = Json::parse(std::ifstream(folder / "expected.json"));
  const auto each = [&](const std::string& name, auto&& run) {
    const Json& is = expected[name];
    for (const int opset : is["opsets"]) {
      INFO(name << ' ' << opset);
      run(folder / (name + '_' + std::to_string(opset) + ".onnx"), is);
    }
  };
  const auto run = [&]<class In>(const Network<float, In>& net, const Sequence<In>& x) {
    typename Network<float, In>::Tape tape;
    return net.forward(x, tape);
  };
  each("tagger", [&](const auto& path, const Json& is) {
    const auto net = load_onnx<Token>(path);
    CHECK(net.describe() ==
          "Chain {Embedding (11 tokens -> 5), bidirectional LSTM (5 -> 8), "
          "bidirectional LSTM (8 -> 8), Dense (8 -> 3)}");
    const Given x(is["inputs"]["x"]), y(is["outputs"]["y"]);
    CHECK(distance(y.samples<float>(1, 0), run(net, Sequence<Token>(x.samples<Token>(1, 0)))) < 1e-6);
    CHECK_THAT(refusal<FileError>([&] { load_onnx(path); }), ContainsSubstring("load_onnx<Token>"));
    // What was loaded is saved and loaded again as any other network.
    const TemporaryDirectory directory;
    save_network(directory.path / "net.safetensors", net);
    const auto again = load_network<float, Token>(directory.path / "net.safetensors");
    CHECK(distance(y.samples<float>(1, 0), run(again, Sequence<Token>(x.samples<Token>(1, 0)))) < 1e-6);
  });
  each("last_step", [&](const auto& path, const Json& is) {
    const auto net = load_onnx(path);
    CHECK(net.describe() == "Chain {GRU (3 -> 4), Pool (last), Dense (4 -> 2), Softmax}");
    const Given x(is["inputs"]["x"]);
    CHECK(distance(rows(Given(is["outputs"]["y"])), run(net, Sequence<float>(x.samples<float>(1, 0)))) <
          1e-6);
    auto stream = net.stream();  // and it streams
    const MatrixX<float> sample = x.samples<float>(1, 0)[1];
    VectorX<float> y;
    for (Index t = 0; t < sample.cols(); ++t) y = net.step(sample.col(t), stream);
    CHECK((y - rows(Given(is["outputs"]["y"]))[1]).norm() < 1e-6);
  });
  each("final_states", [&](const auto& path, const Json& is) {
    const auto net = load_onnx<Token>(path);
    CHECK(net.describe() ==
          "Chain {Embedding (11 tokens -> 5), bidirectional LSTM (5 -> 8), "
          "bidirectional LSTM (8 -> 8), Pool (ends), Dense (8 -> 3)}");
    const Given x(is["inputs"]["x"]);
    CHECK(distance(rows(Given(is["outputs"]["y"])), run(net, Sequence<Token>(x.samples<Token>(1, 0)))) <
          1e-6);
  });
  each("packed", [&](const auto& path, const Json& is) {
    const auto net = load_onnx<Token>(path);
    const Given x(is["inputs"]["x"]), y(is["outputs"]["y"]);
    const std::vector<Index> lengths{4, 6};
    CHECK(distance(y.samples<float>(1, 0, lengths),
                   run(net, Sequence<Token>(x.samples<Token>(1, 0, lengths)))) < 1e-6);
  });
  each("encoder", [&](const auto& path, const Json& is) {
    const auto net = load_onnx<Token>(path);
    CHECK_THAT(net.describe(), ContainsSubstring("LearnedPositions (9 steps of 4)") &&
                                   ContainsSubstring("MultiHeadAttention (4, 2 heads)"));
    const Given x(is["inputs"]["x"]);
    CHECK(distance(rows(Given(is["outputs"]["y"])), run(net, Sequence<Token>(x.samples<Token>(1, 0)))) <
          1e-6);
  });
  each("mixed", [&](const auto& path, const Json& is) {
    const auto net = load_onnx(path);
    const Given x(is["inputs"]["x"]), y(is["outputs"]["y"]), h(is["inputs"]["h"]), c(is["inputs"]["c"]),
        h_n(is["outputs"]["h_n"]), c_n(is["outputs"]["c_n"]);
    MatrixX<float> initial(8, 2), final(8, 2);
    for (Index b = 0; b < 2; ++b)
      for (Index i = 0; i < 4; ++i) {
        const auto at = static_cast<std::size_t>(b * 4 + i);
        initial(i, b) = static_cast<float>(h.data[at]), initial(4 + i, b) = static_cast<float>(c.data[at]);
        final(i, b) = static_cast<float>(h_n.data[at]), final(4 + i, b) = static_cast<float>(c_n.data[at]);
      }
    Network<float>::Tape tape;
    const Sequence<float> input(x.samples<float>(1, 0));
    CHECK(distance(y.samples<float>(1, 0), net.forward(input, tape, predicting, initial)) < 2e-6);
    CHECK(max_abs(tape.final - final) < 1e-6);
    const auto graph = load_onnx_graph(path);
    CHECK(graph.outputs() == std::vector<std::string>{"y", "h_n"});
    CHECK(graph.inputs().size() == 1);
    Graph<float>::Tape of_graph;
    graph.forward({{"x", input}}, of_graph, predicting, initial);
    CHECK(distance(rows(h_n), graph.output(of_graph, "h_n")) < 1e-6);
  });
  each("stateful", [&](const auto& path, const Json& is) {
    const auto net = load_onnx(path);
    CHECK(net.describe() == "Chain {LSTM (3 -> 4), LSTM (4 -> 4)}");
    const Given x(is["inputs"]["x"]), y(is["outputs"]["y"]);
    MatrixX<float> initial(16, 2), final(16, 2);  // h and c of one layer, and then of the other
    const auto put = [&](MatrixX<float>& to, const Json& json, Index first) {
      const Given given(json);
      for (Index layer = 0; layer < 2; ++layer)
        for (Index b = 0; b < 2; ++b)
          for (Index i = 0; i < 4; ++i)
            to(8 * layer + first + i, b) =
                static_cast<float>(given.data[static_cast<std::size_t>((layer * 2 + b) * 4 + i)]);
    };
    put(initial, is["inputs"]["h"], 0), put(initial, is["inputs"]["c"], 4);
    put(final, is["outputs"]["h_n"], 0), put(final, is["outputs"]["c_n"], 4);
    Network<float>::Tape tape;
    CHECK(distance(y.samples<float>(0, 1),
                   net.forward(Sequence<float>(x.samples<float>(0, 1)), tape, predicting, initial)) < 1e-6);
    CHECK(max_abs(tape.final - final) < 1e-6);
  });
  each("windows", [&](const auto& path, const Json& is) {
    const Given x(is["inputs"]["x"]), y(is["outputs"]["y"]);
    CHECK(distance(y.samples<float>(1, 0), run(load_onnx(path), Sequence<float>(x.samples<float>(1, 0)))) <
          1e-6);
  });
  each("attention", [&](const auto& path, const Json& is) {
    const auto net = load_onnx(path);
    CHECK(net.describe() == "Chain {MultiHeadAttention (6, 2 heads), Dense (6 -> 2)}");
    const Given x(is["inputs"]["x"]), y(is["outputs"]["y"]);
    CHECK(distance(y.samples<float>(1, 0), run(net, Sequence<float>(x.samples<float>(1, 0)))) < 1e-6);
  });
  each("masked", [&](const auto& path, const Json& is) {
    const auto graph = load_onnx_graph(path);
    const auto of = [&](const char* part, const char* name) {
      return Given(is[part][name]).template samples<float>(1, 0);
    };
    const Sequence<float> signal(of("inputs", "signal")), speaker(of("inputs", "speaker"));
    Graph<float>::Tape tape;
    graph.forward({{"signal", signal}, {"speaker", speaker}}, tape);
    for (const char* output : {"masked", "mask"})
      CHECK(distance(of("outputs", output), graph.output(tape, output)) < 1e-6);
  });
  each("pieces", [&](const auto& path, const Json& is) {
    const auto net = load_onnx(path);
    const Given x(is["inputs"]["x"]);
    CHECK(distance(rows(Given(is["outputs"]["y"])), run(net, Sequence<float>(x.samples<float>(0, 1)))) <
          1e-6);
  });
}

TEST_CASE("ONNX: texts that a file carries", "[exchange][onnx]") {
  const TemporaryDirectory directory;
  const auto path = directory.path / "model.onnx";
  Dense<float> net{2, 2};
  save_onnx(path, net, {}, {{"author", "somebody"}, {"note", "a\nb"}});
  CHECK(onnx_metadata(path) == Metadata{{"author", "somebody"}, {"note", "a\nb"}});
  CHECK(load_onnx(path).describe() == "Dense (2 -> 2)");
}

// ---- Real files.

/// NaN is larger than any number.
double larger(double a, double b) { return b <= a || std::isnan(a) ? a : b; }
const char* data_folder() { return std::getenv("RECUR_DATA"); }

TEST_CASE("ONNX: files of burn", "[exchange][onnx]") {
  const fs::path folder = fs::path(data_folder() ? data_folder() : "") / "models/onnx_burn";
  if (!data_folder() || !fs::exists(folder)) {
    WARN("without RECUR_DATA and its models/onnx_burn");
    return;
  }
  const Json all = Json::parse(std::ifstream(folder / "expected.json"));
  CHECK(all.size() == 8);
  for (const auto& [name, is] : all.items()) {
    INFO(name);
    const auto graph = load_onnx_graph(folder / (name + ".onnx"));
    const auto numbers = is["inputs"]["input"].get<std::vector<std::vector<std::vector<float>>>>();
    std::vector<MatrixX<float>> samples(2, MatrixX<float>(4, 5));
    for (Index t = 0; t < 5; ++t)
      for (Index b = 0; b < 2; ++b)
        for (Index f = 0; f < 4; ++f)
          samples[static_cast<std::size_t>(b)](f, t) =
              numbers[static_cast<std::size_t>(t)][static_cast<std::size_t>(b)][static_cast<std::size_t>(f)];
    MatrixX<float> initial;
    if (is["inputs"].contains("h_0")) {
      const bool memory = is["inputs"].contains("c_0");
      initial.resize(memory ? 16 : 8, 2);
      for (Index b = 0; b < 2; ++b)
        for (Index i = 0; i < 8; ++i) {
          initial(i, b) = is["inputs"]["h_0"][0][static_cast<std::size_t>(b)][static_cast<std::size_t>(i)];
          if (memory)
            initial(8 + i, b) =
                is["inputs"]["c_0"][0][static_cast<std::size_t>(b)][static_cast<std::size_t>(i)];
        }
    }
    Graph<float>::Tape tape;
    graph.forward({{"input", Sequence<float>(samples)}}, tape, predicting, initial);
    const auto outputs = graph.outputs();
    const auto sum = [&](std::size_t k) {
      return graph.output(tape, outputs[k]).values().cast<double>().sum();
    };
    const MatrixX<double> final = final_state(graph, tape).cast<double>();
    const Json& sums = is["sums"];
    // The inputs were printed with four decimals, and a sum is of up to 160 numbers. A plain evaluation of these inputs
    // differs from the sums by as much.
    constexpr double printed = 3e-4;
    double error =
        larger(std::abs(sum(0) - sums["output"].get<double>()), std::abs(sum(1) - sums["h_n"].get<double>()));
    if (sums.contains("c_n")) {
      double memory = 0;
      for (Index row = 0; row < final.rows(); row += 16) memory += final.middleRows(row + 8, 8).sum();
      error = larger(error, std::abs(memory - sums["c_n"].get<double>()));
    }
    CHECK(error < printed);
    record_figure("exchange-files", error / printed);
    load_onnx(folder / (name + ".onnx"));
  }
}

TEST_CASE("ONNX: the operator tests of the ONNX project", "[exchange][onnx]") {
  const fs::path folder = fs::path(data_folder() ? data_folder() : "") / "models/onnx_node";
  if (!data_folder() || !fs::exists(folder)) {
    WARN("without RECUR_DATA and its models/onnx_node");
    return;
  }
  const TemporaryDirectory directory;
  int count = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    INFO(entry.path().string());
    ModelWriter m;
    m.model.ParseFromString(detail::read_file(entry.path() / "model.onnx"));
    auto& graph = *m.model.mutable_graph();
    const auto data = entry.path() / "test_data_set_0";
    const auto tensor = [&](const std::string& name) {
      messages::Tensor t;
      REQUIRE(t.ParseFromString(detail::read_file(data / name)));
      return t;
    };
    for (int k = 1; k < graph.input_size(); ++k) {  // the weights become constants
      auto& to = *graph.add_initializer();
      to = tensor("input_" + std::to_string(k) + ".pb");
      to.set_name(graph.input(k).name());
    }
    const auto net = load_onnx_graph(m.write(directory));
    const detail::onnx::File file(directory.path / "model.onnx");
    const auto numbers = [&](const messages::Tensor& t) {
      return detail::onnx::TensorReader(file, t, "data").numbers();
    };
    const auto x = numbers(tensor("input_0.pb"));
    const bool batch_first = entry.path().filename() == "test_lstm_batchwise";
    const Index steps = x.dim(batch_first ? 1 : 0), batch = x.dim(batch_first ? 0 : 1), features = x.dim(2);
    MatrixX<float> all(features, steps * batch);
    for (Index t = 0; t < steps; ++t)
      for (Index b = 0; b < batch; ++b)
        for (Index f = 0; f < features; ++f)
          all(f, t * batch + b) = x.at((batch_first ? b * steps + t : t * batch + b) * features + f);
    Graph<float>::Tape tape;
    const std::string input = net.inputs()[0].name;
    net.forward({{input, Sequence<float>(all, batch)}}, tape);
    double error = 0;
    for (int k = 0; k < graph.output_size(); ++k) {
      const auto expected = numbers(tensor("output_" + std::to_string(k) + ".pb"));
      const auto& y = net.output(tape, graph.output(k).name());
      REQUIRE(y.features() * y.columns() == expected.count());
      for (Index n = 0; n < expected.count();
           ++n)  // of one step or one direction, so both are batch × features
        error = larger(error, static_cast<double>(std::abs(y.data()[n] - expected.at(n))));
    }
    CHECK(error < 1e-5);
    record_figure("exchange-files", error / 1e-5);
    ++count;
  }
  CHECK(count == 7);
}

}  // namespace onnx_test
}  // namespace recur::testing
