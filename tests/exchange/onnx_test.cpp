// Models in and out: those that PyTorch exports, single nodes, wrong files, real files; and what is written, run by a
// program of its own.
#include "recur/exchange/onnx.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "catch.hpp"
#include "exchange/onnx_models.hpp"
#include "golden.hpp"
#include "recur/attention/attention_pool.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/io/network_file.hpp"
#include "recur/layer/context_window.hpp"
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
double distance(const std::vector<MatrixX<float>>& expected, const Sequence<float>& y) {
  double worst = 0;
  REQUIRE(y.batch() == static_cast<Index>(expected.size()));
  for (Index b = 0; b < y.batch(); ++b) {
    const MatrixX<float> one = y.sample(b);
    const auto& legal = expected[static_cast<std::size_t>(b)];
    REQUIRE(one.rows() == legal.rows());
    REQUIRE(one.cols() == legal.cols());
    if (!one.allFinite()) return 1e9;
    worst = std::max(worst, static_cast<double>((one - legal).cwiseAbs().maxCoeff()));
  }
  return worst;
}
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
    CHECK((tape.final - final).cwiseAbs().maxCoeff() < 1e-6);
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
    CHECK((tape.final - final).cwiseAbs().maxCoeff() < 1e-6);
  });
  each("pieces", [&](const auto& path, const Json& is) {
    const auto net = load_onnx(path);
    const Given x(is["inputs"]["x"]);
    CHECK(distance(rows(Given(is["outputs"]["y"])), run(net, Sequence<float>(x.samples<float>(0, 1)))) <
          1e-6);
  });
}

/// y of a graph with the input x, samples × features × steps, as written by `nodes`.
template <class F>
Sequence<float> outcome(const std::vector<Dim>& dims, const Sequence<float>& x, F&& nodes, Index opset = 16) {
  const TemporaryDirectory directory;
  ModelWriter m(opset);
  m.input("x", dims).output("y");
  nodes(m);
  const auto net = load_onnx(m.write(directory));
  Network<float>::Tape tape;
  return net.forward(x, tape);
}

TEST_CASE("ONNX: single nodes", "[exchange][onnx]") {
  Random random(3);
  std::vector<MatrixX<float>> samples{MatrixX<float>(4, 3), MatrixX<float>(4, 5)};
  for (auto& sample : samples) uniform(sample, 1, random);
  const Sequence<float> x(samples);
  const std::vector<Dim> dims{"b", "t", 4};
  const auto gives = [&](auto&& nodes, auto&& expected, Index opset = 16) {
    const Sequence<float> y = outcome(dims, x, nodes, opset);
    std::vector<MatrixX<float>> legal;
    for (const auto& sample : samples) legal.emplace_back(expected(sample));
    CHECK(distance(legal, y) < 1e-6);
  };
  using M = MatrixX<float>;
  SECTION("arithmetic with constants and with each other") {
    gives(
        [](ModelWriter& m) {
          m.constant("c", {4}, {1, 2, 3, 4}).constant("two", {}, {2});
          m.node("Mul", {"c", "x"}, {"a"});
          m.node("Sub", {"two", "a"}, {"b"});
          m.node("Div", {"b", "two"}, {"d"});
          m.node("Neg", {"x"}, {"e"});
          m.node("Add", {"d", "e"}, {"y"});
        },
        [](const M& s) -> M {
          return (2 - (Eigen::Array4f(1, 2, 3, 4).replicate(1, s.cols()) * s.array())) / 2 - s.array();
        });
    gives(
        [](ModelWriter& m) {
          m.node("Mul", {"x", "x"}, {"y"});
        },
        [](const M& s) -> M { return s.cwiseProduct(s); });
  }
  SECTION("Gemm, MatMul and a bias become one layer") {
    const Floats w = random_floats(random, 12);
    const Eigen::Map<const Eigen::Matrix<float, 4, 3, Eigen::RowMajor>> weight(w.data());
    const auto nodes = [&](ModelWriter& m) {
      m.constant("w", {4, 3}, w).constant("b", {3}, {1, 2, 3});
      m.node("MatMul", {"x", "w"}, {"p"});
      m.node("Add", {"b", "p"}, {"q"});
      m.node("Tanh", {"q"}, {"y"});
    };
    gives(nodes, [&](const M& s) -> M {
      return ((weight.transpose() * s).colwise() + Eigen::Vector3f(1, 2, 3)).array().tanh();
    });
    const TemporaryDirectory directory;
    ModelWriter m;
    m.input("x", dims).output("y");
    nodes(m);
    CHECK(load_onnx(m.write(directory)).describe() == "Dense (4 -> 3)");
  }
  SECTION("features are split, sliced, gathered, moved and joined") {
    gives(
        [](ModelWriter& m) {
          m.whole("parts", {2}, {1, 3}).whole("shape", {4}, {0, 0, 2, 2}).whole("back", {3}, {0, 0, -1});
          m.node("Split", {"x", "parts"}, {"a", "b"}).with("axis", -1);
          m.node("Concat", {"b", "a"}, {"c"}).with("axis", 2);
          m.node("Reshape", {"c", "shape"}, {"d"});
          m.node("Transpose", {"d"}, {"e"}).with("perm", Dims{1, 0, 3, 2});
          m.node("Reshape", {"e", "back"}, {"f"});
          m.node("Transpose", {"f"}, {"g"}).with("perm", Dims{1, 0, 2});
          m.node("Tanh", {"g"}, {"y"});
        },
        [](const M& s) -> M {  // 1 2 3 0, then 1 3 2 0
          M y(4, s.cols());
          y << s.row(1), s.row(3), s.row(2), s.row(0);
          return y.array().tanh();
        });
    gives(
        [](ModelWriter& m) {
          m.whole("starts", {1}, {3})
              .whole("ends", {1}, {-5})
              .whole("axes", {1}, {-1})
              .whole("steps", {1}, {-2});
          m.node("Slice", {"x", "starts", "ends", "axes", "steps"}, {"a"});
          m.node("Relu", {"a"}, {"y"});
        },
        [](const M& s) -> M {
          M y(2, s.cols());
          y << s.row(3), s.row(1);
          return y.cwiseMax(0);
        });
    gives(
        [](ModelWriter& m) {
          m.whole("which", {3}, {2, 0, -1});
          m.node("Gather", {"x", "which"}, {"a"}).with("axis", 2);
          m.node("Relu", {"a"}, {"y"});
        },
        [](const M& s) -> M {
          M y(3, s.cols());
          y << s.row(2), s.row(0), s.row(3);
          return y.cwiseMax(0);
        });
  }
  SECTION("steps: the first, the last, the mean, the maximum, and time turned around") {
    for (const Index step : {0, -1})
      gives(
          [&](ModelWriter& m) {
            m.whole("step", {}, {step});
            m.node("Gather", {"x", "step"}, {"a"}).with("axis", 1);
            m.node("Relu", {"a"}, {"y"});
          },
          [&](const M& s) -> M { return (step == 0 ? s.leftCols(1) : s.rightCols(1)).cwiseMax(0); });
    gives(
        [](ModelWriter& m) { m.node("ReduceMean", {"x"}, {"y"}).with("axes", Dims{1}).with("keepdims", 0); },
        [](const M& s) -> M { return s.rowwise().mean(); });
    gives([](ModelWriter& m) { m.node("ReduceMax", {"x"}, {"y"}).with("axes", Dims{1}).with("keepdims", 0); },
          [](const M& s) -> M { return s.rowwise().maxCoeff(); });
    gives(
        [](ModelWriter& m) {
          m.node("Transpose", {"x"}, {"a"}).with("perm", Dims{0, 2, 1});
          m.node("GlobalAveragePool", {"a"}, {"b"});
          m.node("Flatten", {"b"}, {"y"});
        },
        [](const M& s) -> M { return s.rowwise().mean(); });
    gives(
        [](ModelWriter& m) {
          m.whole("start", {1}, {-1})
              .whole("end", {1}, {std::numeric_limits<Index>::min()})
              .whole("axis", {1}, {1});
          m.node("Slice", {"x", "start", "end", "axis", "start"}, {"a"});
          m.constant("w", {1, 3, 4}, Floats(12, 0.25F)).constant("r", {1, 3, 3}, Floats(9, 0.5F));
          m.node("Transpose", {"a"}, {"c"}).with("perm", Dims{1, 0, 2});
          m.node("RNN", {"c", "w", "r"}, {"", "y"}).with("hidden_size", 3);
        },
        [](const M& s) -> M {
          Eigen::Vector3f h = Eigen::Vector3f::Zero();
          for (Index t = s.cols(); t-- > 0;)
            h = (Eigen::Array3f::Constant(0.25F * s.col(t).sum() + 0.5F * h.sum())).tanh();
          return h;
        });
  }
  SECTION("convolutions and pools over time") {
    const Floats w = random_floats(random, 2 * 4 * 3);
    const auto convolved = [&](const M& s, Index before, Index after, Index stride, Index dilation) {
      const Index steps = (s.cols() + before + after - 2 * dilation - 1) / stride + 1;
      M y = M::Zero(2, steps);
      for (Index o = 0; o < 2; ++o)
        for (Index t = 0; t < steps; ++t)
          for (Index k = 0; k < 3; ++k)
            for (Index i = 0; i < 4; ++i)
              if (const Index at = t * stride + k * dilation - before; at >= 0 && at < s.cols())
                y(o, t) += w[static_cast<std::size_t>((o * 4 + i) * 3 + k)] * s(i, at);
      return y;
    };
    struct Window {
      Index before, after, stride, dilation;
    };
    for (const Window& is : {Window{2, 0, 1, 1}, Window{1, 1, 1, 1}, Window{0, 0, 1, 1}, Window{2, 2, 2, 2},
                             Window{4, 0, 1, 2}, Window{1, 0, 2, 1}})
      gives(
          [&](ModelWriter& m) {
            m.constant("w", {2, 4, 3}, w);
            m.node("Transpose", {"x"}, {"a"}).with("perm", Dims{0, 2, 1});
            m.node("Conv", {"a", "w"}, {"b"})
                .with("pads", Dims{is.before, is.after})
                .with("strides", Dims{is.stride})
                .with("dilations", Dims{is.dilation});
            m.node("Transpose", {"b"}, {"y"}).with("perm", Dims{0, 2, 1});
          },
          [&](const M& s) { return convolved(s, is.before, is.after, is.stride, is.dilation); });
    gives(  // PyTorch's causal convolution
        [&](ModelWriter& m) {
          m.constant("w", {2, 4, 3}, w).whole("pads", {6}, {0, 0, 2, 0, 0, 0});
          m.node("Transpose", {"x"}, {"a"}).with("perm", Dims{0, 2, 1});
          m.node("Pad", {"a", "pads"}, {"p"});
          m.node("Conv", {"p", "w"}, {"b"});
          m.node("Transpose", {"b"}, {"y"}).with("perm", Dims{0, 2, 1});
        },
        [&](const M& s) { return convolved(s, 2, 0, 1, 1); });
    for (const bool mean : {false, true})
      gives(
          [&](ModelWriter& m) {
            m.node("Transpose", {"x"}, {"a"}).with("perm", Dims{0, 2, 1});
            m.node(mean ? "AveragePool" : "MaxPool", {"a"}, {"b"})
                .with("kernel_shape", Dims{2})
                .with("strides", Dims{2});
            m.node("Transpose", {"b"}, {"c"}).with("perm", Dims{0, 2, 1});
            m.node("Dropout", {"c", ""}, {"y"});  // an input that is left out is nobody's output
          },
          [&](const M& s) {
            M y(4, s.cols() / 2);
            for (Index t = 0; t < y.cols(); ++t) {
              if (mean)
                y.col(t) = (s.col(2 * t) + s.col(2 * t + 1)) / 2;
              else
                y.col(t) = s.col(2 * t).cwiseMax(s.col(2 * t + 1));
            }
            return y;
          });
  }
  SECTION("normalisation and activations") {
    const auto normal = [](const M& s) {
      M y = s;
      for (Index t = 0; t < y.cols(); ++t) {
        const Eigen::ArrayXf centred = s.col(t).array() - s.col(t).mean();
        y.col(t) = (centred / std::sqrt(centred.square().mean() + 0.01F)) * Eigen::Array4f(1, 2, 3, 4) + 1;
      }
      return y;
    };
    gives(
        [](ModelWriter& m) {
          m.constant("g", {4}, {1, 2, 3, 4}).constant("b", {4}, {1, 1, 1, 1});
          m.node("LayerNormalization", {"x", "g", "b"}, {"y"}).with("epsilon", 0.01F);
        },
        normal, 17);
    gives(
        [](ModelWriter& m) {
          m.constant("scale", {4}, {1, 2, 3, 4})
              .constant("b", {4}, {1, 0, 0, 0})
              .constant("mean", {4}, {0, 1, 0, 0})
              .constant("v", {4}, {1, 4, 1, 1});
          m.node("Transpose", {"x"}, {"a"}).with("perm", Dims{0, 2, 1});
          m.node("BatchNormalization", {"a", "scale", "b", "mean", "v"}, {"c"}).with("epsilon", 0.0F);
          m.node("Transpose", {"c"}, {"y"}).with("perm", Dims{0, 2, 1});
        },
        [](const M& s) -> M {
          M y = s;
          y.row(0).array() += 1;
          y.row(1) = (s.row(1).array() - 1).matrix();
          y.row(2) *= 3;
          y.row(3) *= 4;
          return y;
        });
    gives([](ModelWriter& m) { m.node("HardSigmoid", {"x"}, {"y"}).with("alpha", 0.5F); },
          [](const M& s) -> M { return (0.5 * s.array() + 0.5).cwiseMax(0).cwiseMin(1); });
    gives([](ModelWriter& m) { m.node("LeakyRelu", {"x"}, {"y"}); },
          [](const M& s) -> M { return (s.array() > 0).select(s, 0.01F * s); });
    gives([](ModelWriter& m) { m.node("LogSoftmax", {"x"}, {"y"}).with("axis", 2); },
          [](const M& s) -> M { return s.array() - s.array().exp().colwise().sum().log().replicate(4, 1); },
          11);
    gives(
        [](ModelWriter& m) {
          m.constant("s", {4}, {1, 2, 3, 4}).node("PRelu", {"x", "s"}, {"y"});
        },
        [](const M& s) -> M {
          return (s.array() > 0).select(s, Eigen::Array4f(1, 2, 3, 4).matrix().asDiagonal() * s);
        });
  }
}

TEST_CASE("ONNX: weights of every type, as raw data and in lists", "[exchange][onnx]") {
  const TemporaryDirectory directory;
  const std::vector<double> w{0.5, -1.25, 2, 0.125};
  for (const int type : {1, 10, 11, 16})
    for (const bool raw : {false, true}) {
      ModelWriter m;
      m.input("x", {"t", "b", 2}).output("y");
      auto& tensor = m.add("w", {2, 2}, type);
      std::string bytes;
      for (const double value : w) {
        const auto single = static_cast<float>(value);
        const auto half = Eigen::half_impl::float_to_half_rtne(single).x;
        const auto brain = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(single) >> 16U);
        const auto put = [&](auto number) {
          bytes.append(reinterpret_cast<const char*>(&number), sizeof(number));
        };
        type == 1 ? put(single) : type == 10 ? put(half) : type == 11 ? put(value) : put(brain);
        if (raw) continue;
        type == 1    ? tensor.add_float_data(single)
        : type == 11 ? tensor.add_double_data(value)
                     : tensor.add_int32_data(type == 10 ? half : brain);
      }
      if (raw) tensor.set_raw_data(bytes);
      m.node("MatMul", {"x", "w"}, {"y"});
      const auto net = load_onnx(m.write(directory));
      const auto list = Parameters(net);
      INFO(type << ' ' << raw);
      CHECK(std::vector<float>(list.begin()->data, list.begin()->data + 4) ==
            std::vector<float>{0.5F, -1.25F, 2, 0.125F});
    }
}

TEST_CASE("ONNX: a graph of several inputs and outputs", "[exchange][onnx]") {
  const TemporaryDirectory directory;
  ModelWriter m;
  m.input("left", {"t", "b", 2}).input("right", {"t", "b", 3}).output("sum").output("gate");
  m.constant("a", {2, 2}, {1, 0, 0, 1}).constant("c", {3, 2}, {1, 0, 0, 1, 1, 1});
  m.node("MatMul", {"left", "a"}, {"p"});
  m.node("MatMul", {"right", "c"}, {"q"});
  m.node("Add", {"p", "q"}, {"sum"});
  m.node("Sigmoid", {"sum"}, {"gate"});
  const auto path = m.write(directory);
  const auto graph = load_onnx_graph(path);
  CHECK(graph.outputs() == std::vector<std::string>{"sum", "gate"});
  const Sequence<float> left(MatrixX<float>::Ones(2, 4), 2), right(MatrixX<float>::Ones(3, 4), 2);
  Graph<float>::Tape tape;
  graph.forward({{"left", left}, {"right", right}}, tape);
  CHECK(graph.output(tape, "sum").values() == MatrixX<float>::Constant(2, 4, 3));
  CHECK((graph.output(tape, "gate").values().array() - 1 / (1 + std::exp(-3.0F))).abs().maxCoeff() < 1e-6);
  CHECK_THAT(refusal<FileError>([&] { load_onnx(path); }),
             ContainsSubstring(
                 "has the outputs \"sum\", \"gate\": a network has one; load_onnx_graph gives all of them"));
}

TEST_CASE("ONNX: a constant initial state of zeros, and one as exporters repeat it", "[exchange][onnx]") {
  const TemporaryDirectory directory;
  Random random(4);
  for (const bool zero : {true, false}) {
    ModelWriter m;
    m.input("x", {"t", "b", 2}).output("y");
    m.constant("w", {1, 3, 2}, random_floats(random, 6)).constant("r", {1, 3, 3}, random_floats(random, 9));
    m.constant("h", {1, 1, 3}, zero ? Floats(3, 0) : Floats{1, 2, 3});
    m.whole("one", {1}, {1}).whole("three", {1}, {3});
    m.node("Shape", {"x"}, {"shape"});
    m.node("Gather", {"shape", "one"}, {"batch"}).with("axis", 0);
    m.node("Concat", {"one", "batch", "three"}, {"whole"}).with("axis", 0);
    m.node("Expand", {"h", "whole"}, {"initial"});
    m.node("RNN", {"x", "w", "r", "", "", "initial"}, {"", "y"}).with("hidden_size", 3);
    const auto net = load_onnx(m.write(directory));
    CHECK(net.describe() == std::string("Chain {Elman (2 -> 3)") +
                                (zero ? "" : " with learned initial state") + ", Pool (last)}");
    CHECK(net.start_state().isZero(0) == zero);
  }
}

TEST_CASE("ONNX: what can't be represented is refused by node and operator", "[exchange][onnx]") {
  const TemporaryDirectory directory;
  const auto refused = [&](auto&& nodes, Index opset = 16) {
    ModelWriter m(opset);
    m.input("x", {"b", "t", 4}).output("y");
    nodes(m);
    const auto path = m.write(directory);
    const std::string text = refusal<FileError>([&] { load_onnx(path); });
    const std::string start = path.string() + ": ";
    CHECK(text.substr(0, start.size()) == start);
    return text.size() > start.size() ? text.substr(start.size()) : text;
  };
  CHECK_THAT(
      refused([](auto& m) { m.node("Einsum", {"x"}, {"y"}); }),
      ContainsSubstring(
          "the node \"y_node\" (Einsum) can't be represented: legal operators are Add, AveragePool, "));
  CHECK_THAT(refused([](auto& m) { m.node("Loop", {"x"}, {"y"}); }),
             ContainsSubstring("(Loop) can't be represented"));
  CHECK_THAT(refused([](auto& m) { m.node("Relu", {"x"}, {"y"}).message().set_domain("mine"); }),
             ContainsSubstring("is of the domain \"mine\""));
  CHECK(refused([](auto& m) { m.node("Relu", {"z"}, {"y"}); }) ==
        "the node \"y_node\" (Relu) reads \"z\", which nothing before it gives");
  CHECK(refused([](auto& m) {  // a cycle
          m.node("Add", {"x", "b"}, {"a"});
          m.node("Relu", {"a"}, {"b"});
          m.node("Relu", {"b"}, {"y"});
        }) == "the node \"a_node\" (Add) reads \"b\", which nothing before it gives");
  CHECK(refused([](auto& m) {
          m.node("Relu", {"x"}, {"y"});
          m.node("Tanh", {"x"}, {"y"});
        }) == "has the value \"y\" twice");
  CHECK(refused([](auto& m) { m.node("Relu", {"x"}, {"z"}); }) ==
        "has the output \"y\", which no node gives");
  CHECK(refused([](auto& m) { m.node("Relu", {"x"}, {"y"}); }, 6) ==
        "has operators of version 6: the oldest that can be read is 7");
  CHECK_THAT(refused([](auto& m) {
               m.node("MatMul", {"x", "x"}, {"y"});
             }),
             ContainsSubstring("(MatMul) multiplies two values of the inputs"));
  CHECK_THAT(refused([](auto& m) {
               m.constant("w", {3, 2}, Floats(6, 1));
               m.node("MatMul", {"x", "w"}, {"y"});
             }),
             ContainsSubstring("(MatMul) takes 3 features, and its input has 4"));
  CHECK_THAT(refused([](auto& m) {
               m.constant("w", {2, 2, 3}, Floats(12, 1));
               m.node("Conv", {"x", "w"}, {"y"}).with("group", 2);
             }),
             ContainsSubstring("(Conv) has group 2: it must be 1"));
  CHECK_THAT(refused([](auto& m) {
               m.whole("shape", {3}, {2, -1, 4});
               m.node("Reshape", {"x", "shape"}, {"y"});
             }),
             ContainsSubstring("(Reshape) asks for a shape that splits time or batch"));
  CHECK_THAT(refused([](auto& m) { m.node("Relu", {"x"}, {"y"}).with("alpha", 1.0F); }),
             ContainsSubstring("has the attribute \"alpha\", which can't be represented here"));
  CHECK_THAT(refused([](auto& m) {
               auto& w = m.add("w", {4, 4}, 1);
               w.set_data_location(1);
               auto& where = *w.add_external_data();
               where.set_key("location");
               where.set_value("/etc/passwd");
               m.node("MatMul", {"x", "w"}, {"y"});
             }),
             ContainsSubstring("the initializer \"w\" is in another file"));
  CHECK_THAT(refused([](auto& m) {
               m.constant("w", {4, -4}, Floats(16, 1));
               m.node("MatMul", {"x", "w"}, {"y"});
             }),
             ContainsSubstring("the initializer \"w\" has sizes that are negative or too large"));
  CHECK_THAT(refused([](auto& m) {
               m.constant("w", {Index{1} << 40, Index{1} << 40}, Floats(16, 1));
               m.node("MatMul", {"x", "w"}, {"y"});
             }),
             ContainsSubstring("negative or too large"));
  CHECK_THAT(refused([](auto& m) {
               m.constant("w", {4, 4}, Floats(15, 1));
               m.node("MatMul", {"x", "w"}, {"y"});
             }),
             ContainsSubstring("has 15 numbers: by its sizes it must have 16"));
  CHECK_THAT(refused([](auto& m) {
               m.constant("w", {1, 1}, {std::numeric_limits<float>::infinity()});
               m.node("MatMul", {"x", "w"}, {"y"});
             }),
             ContainsSubstring("not finite"));
  // A few bytes that ask for much memory.
  CHECK_THAT(refused([](auto& m) {
               m.constant("c", {1}, {1}).constant("d", {1}, {2});
               m.node("Concat", {"c", "d"}, {"v0"}).with("axis", 0);
               for (int k = 0; k < 40; ++k) {
                 const std::string from = "v" + std::to_string(k);
                 m.node("Concat", {from, from}, {"v" + std::to_string(k + 1)}).with("axis", 0);
               }
               m.node("Add", {"x", "v40"}, {"y"});
             }),
             ContainsSubstring("makes constants that are larger than the file explains"));
  CHECK_THAT(refused([](auto& m) {
               m.whole("shape", {2}, {4, Index{1} << 23});
               m.node("ConstantOfShape", {"shape"}, {"w"});
               m.node("MatMul", {"x", "w"}, {"y"});
             }),
             ContainsSubstring("larger than the file explains") || ContainsSubstring("too large"));

  const auto file = [&](const std::string& bytes) {
    const auto path = directory.file("file.onnx", bytes);
    return refusal<FileError>([&] { load_onnx(path); }).substr(path.string().size() + 2);
  };
  CHECK(file("") == "is not an ONNX model");
  CHECK(file("{\"layers\": []}") == "is not an ONNX model");
  std::string bomb;
  for (int k = 0; k < 600000; ++k) bomb += std::string("\x0a\x00", 2);  // empty nodes
  std::string size;
  for (std::size_t left = bomb.size(); left > 0; left >>= 7U)
    size += static_cast<char>((left & 0x7FU) | (left > 0x7FU ? 0x80U : 0U));
  CHECK_THAT(file("\x3a" + size + bomb), ContainsSubstring("of memory: at most 10 times its size is legal"));
  ModelWriter m;
  m.input("x", {"b", "t", 4}).output("y");
  m.node("Relu", {"x"}, {"y"});
  const std::string whole = m.model.SerializeAsString();
  for (std::size_t k = 0; k < whole.size(); ++k)
    CHECK_THAT(file(whole.substr(0, k)), !ContainsSubstring("nothing was refused"));
}

// ---- Out.

Json plain(const Dims& shape, const std::vector<double>& data) { return {{"shape", shape}, {"data", data}}; }
/// Equal lengths: steps × batch × features, or batch × features of what is there once.
Json plain(const Sequence<float>& s, bool once) {
  std::vector<double> data;
  for (Index k = 0; k < s.columns() * s.features(); ++k) data.push_back(static_cast<double>(s.data()[k]));
  return plain(once ? Dims{s.batch(), s.features()} : Dims{s.steps(), s.batch(), s.features()}, data);
}

/// Networks of every sort that can be written. Those of descriptions are of kinds that are compiled already.
std::vector<std::pair<std::string, Network<float>>> networks() {
  using Lstm4 = Recurrent<Lstm<float>>;
  const Lstm<float> lstm{3, 4};
  const auto made = [](const Description& description) { return make_network<float>(description); };
  const auto chain = [](Network<float> first, auto... rest) {
    Chain<float> all(std::move(first));
    (all.add(Network<float>(std::move(rest))), ...);
    return Network<float>{std::move(all)};
  };
  const auto flexible = FlexibleLstm<float>{3,
                                            4,
                                            {.gate = GateKind::hard_sigmoid,
                                             .output = GateKind::softsign,
                                             .peepholes = true,
                                             .input_forget = true,
                                             .clip = 0.75}};
  const auto scaled = FlexibleGru<float>{
      3, 4, {.candidate = {GateKind::scaled_tanh, 1.0, 0.5}, .linear_before_reset = false}};
  const Description both = Description("lstm", 3, 4).with("direction", "both");
  std::vector<std::pair<std::string, Network<float>>> all;
  const auto add = [&](const char* name, Network<float> net) {
    initialize(net, all.size() + 1, Uniform{0.7});
    all.emplace_back(name, std::move(net));
  };
  add("lstm", Network<float>{Lstm4{lstm}});
  add("stack", made(both.with("num_layers", 3).with("dropout", 0.5)));
  add("both_mean", made(both.with("merge", "mean")));
  add("both_sum", made(both.with("merge", "sum")));
  add("residual", made(Description("lstm", 3, 3).with("num_layers", 2).with("residual", true)));
  add("learned", made(Description("lstm", 3, 4).with("direction", "reverse").with("learned_state", true)));
  add("without_bias", made(Description("lstm", 3, 4).with("bias", false)));
  add("peephole", Network<float>{Bidirectional{PeepholeLstm<float>{3, 4}}});
  add("flexible_lstm", Network<float>{Recurrent{flexible}});
  add("gru", made(Description("gru", 3, 4).with("direction", "both")));
  add("reset_before", Network<float>{LearnedState{Recurrent{GruResetBefore<float>{3, 4}}}});
  add("flexible_gru", Network<float>{Recurrent{scaled}});
  add("relu", made(Description("elman", 3, 4).with("activation", "relu")));
  add("flexible_elman",
      Network<float>{Bidirectional{FlexibleElman<float>{3, 4, {.activation = {GateKind::elu, 0.5}}}}});
  add("last", chain(made({"gru", 3, 4}), Pool<float>{Pooling::last}, Dense<float>{4, 2}));
  add("ends", chain(made(both), Pool<float>{Pooling::ends}, Dense<float, Tanh>{8, 2}, LayerNorm<float>{2},
                    Softmax<float>{}));
  add("max", chain(made(Description("dense", 3, 5).with("activation", "gelu")), Pool<float>{Pooling::max},
                   Scale<float>{5}, PRelu<float>{5}));
  add("mean", chain(made({"lstm", 3, 4}), Pool<float>{Pooling::mean}, Softmax<float>{true}));
  add("convolutions",
      chain(Network<float>{Conv1d<float>{3, 4, 3, 2}}, Conv1d<float>{4, 4, 2, 1, Padding::same(), 2},
            Pool1d<float>{Pooling::mean, 2, 1}, Conv1d<float>{4, 2, 3, 1, Padding::of(1, 1)}));
  add("window", chain(Network<float>{ContextWindow<float>{3, 1, 2}}, ReverseTime<float>{},
                      Activate<float, Elu>{}, FlexibleActivation<float>{GateKind::selu}));
  add("final_state", Network<float>{FinalState{made(both)}});
  add("graph", Network<float>{Graph<float>({{"in", 3}},
                                           {{"lstm", Lstm4{lstm}, {"in"}},
                                            {"part", Slice{1, 2}, {"lstm"}},
                                            {"dense", Dense<float>{3, 2}, {"in"}},
                                            {"product", Join::multiply, {"part", "dense"}},
                                            {"rest", Join::subtract, {"product", "dense"}},
                                            {"all", Join::concatenate, {"rest", "lstm"}}},
                                           {"all"})});
  return all;
}

TEST_CASE("ONNX: what is written comes back, and another program computes the same", "[exchange][onnx]") {
  const TemporaryDirectory directory;
  Random random(8);
  MatrixX<float> steps(3, 14);
  uniform(steps, 1, random);
  const Sequence<float> x(steps, 2);
  Json expected;
  for (const auto& [name, net] : networks()) {
    INFO(name);
    const auto path = directory.path / (name + ".onnx");
    save_onnx(path, net);
    Network<float>::Tape tape, of_again;
    const Sequence<float>& y = net.forward(x, tape);
    expected[name] = {{"inputs", {{"input", plain(x, false)}}},
                      {"outputs", {{"output", plain(y, y.columns() == x.batch())}}}};
    if (name == "max") continue;  // its Erf has no operator here
    const Network<float> again = load_onnx(path);
    const Sequence<float>& z = again.forward(x, of_again);
    REQUIRE(z.layout() == y.layout());
    CHECK((z.values() - y.values()).cwiseAbs().maxCoeff() < 1e-6);
  }
  // Tokens, double, and a graph with several inputs and outputs.
  auto tokens = make_network<float, Token>({{"embedding", 9, 4}, {"lstm", 4, 3}, {"dense", 3, 2}});
  initialize(tokens, 5);
  save_onnx(directory.path / "tokens.onnx", tokens);
  const Sequence<Token> words({{3, 8, 0}, {1, 1, 7}});
  Network<float, Token>::Tape of_tokens;
  expected["tokens"] = {{"inputs", {{"input", plain({3, 2}, {3, 1, 8, 1, 0, 7})}}},
                        {"outputs", {{"output", plain(tokens.forward(words, of_tokens), false)}}}};
  for (auto& number : expected["tokens"]["inputs"]["input"]["data"]) number = number.get<int>();
  const auto again = load_onnx<Token>(directory.path / "tokens.onnx");
  CHECK(again.describe() == tokens.describe());
  Graph<float> graph({{"left", 3}, {"right", 3}},
                     {{"l", Recurrent{Gru<float>{3, 2}}, {"left"}},
                      {"r", Dense<float>{3, 2}, {"right"}},
                      {"sum", Join::add, {"l", "r"}}},
                     {"sum", "r"});
  initialize(graph, 6);
  save_onnx(directory.path / "two.onnx", graph);
  Graph<float>::Tape of_graph;
  graph.forward({{"left", x}, {"right", x}}, of_graph);
  expected["two"] = {{"inputs", {{"left", plain(x, false)}, {"right", plain(x, false)}}},
                     {"outputs",
                      {{"sum", plain(graph.output(of_graph, "sum"), false)},
                       {"r", plain(graph.output(of_graph, "r"), false)}}}};
  CHECK(load_onnx_graph(directory.path / "two.onnx").outputs() == graph.outputs());
  Sequential exact{Dense<double, Tanh>{3, 4}, LayerNorm<double>{4}};
  initialize(exact, 7);
  save_onnx(directory.path / "exact.onnx", exact);
  CHECK(load_onnx(directory.path / "exact.onnx").describe() == "Chain {Dense (3 -> 4), LayerNorm (4)}");

  directory.file("expected.json", expected.dump());
  const std::string command =
      "python3 '" + (fs::path(RECUR_GOLDEN_DIR).parent_path() / "exchange/onnx_evaluator.py").string() +
      "' '" + directory.path.string() + "'";
  const int status = std::system((std::string("PATH=/usr/bin:$PATH ") + command).c_str());
  if (status == 77 * 256)
    WARN("python3 has no numpy or onnx: nothing else has run the files");
  else
    CHECK(status == 0);
}

TEST_CASE("ONNX: a layer that has no operator there is named", "[exchange][onnx]") {
  const TemporaryDirectory directory;
  const auto path = directory.path / "model.onnx";
  Chain<float> net{Network<float>{Dense<float>{3, 3}}};
  net.add(Network<float>{AttentionPool<float>{3, 2}});
  CHECK(refusal([&] { save_onnx(path, net); }) ==
        "a layer of the kind \"attention_pool\" at 1 can't be written to an ONNX file: ONNX has no operator "
        "for it");
  CHECK(!fs::exists(path));
  CHECK_THAT(refusal([&] { save_onnx(path, Network<float>{Pool<float>{Pooling::last}}); }),
             ContainsSubstring("any number of features"));
}

// ---- Real files.

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
    CHECK(std::abs(sum(0) - sums["output"].get<double>()) < printed);
    CHECK(std::abs(sum(1) - sums["h_n"].get<double>()) < printed);
    if (sums.contains("c_n")) {
      double memory = 0;
      for (Index row = 0; row < final.rows(); row += 16) memory += final.middleRows(row + 8, 8).sum();
      CHECK(std::abs(memory - sums["c_n"].get<double>()) < printed);
    }
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
    for (int k = 0; k < graph.output_size(); ++k) {
      const auto expected = numbers(tensor("output_" + std::to_string(k) + ".pb"));
      const auto& y = net.output(tape, graph.output(k).name());
      REQUIRE(y.features() * y.columns() == expected.count());
      for (Index n = 0; n < expected.count();
           ++n)  // of one step or one direction, so both are batch × features
        CHECK(std::abs(y.data()[n] - expected.at(n)) < 1e-5);
    }
    ++count;
  }
  CHECK(count == 7);
}

}  // namespace onnx_test
}  // namespace recur::testing
