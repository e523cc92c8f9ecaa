// Single nodes and small graphs, and what of them is refused.
#include "recur/exchange/onnx/operators.hpp"

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"
#include "exchange/onnx/models.hpp"
#include "max_abs.hpp"
#include "recur/core/denormals.hpp"
#include "recur/exchange/onnx.hpp"
#include "recur/recurrence/state.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace onnx_operators_test {

using namespace onnx_models;
using Catch::Matchers::ContainsSubstring;

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

TEST_CASE("ONNX: single nodes", "[exchange][onnx_operators]") {
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
  SECTION("a constant for each channel before a Conv, which says later what the axes are") {
    const Sequence<float> y = outcome({"b", 4, "t"}, x, [](ModelWriter& m) {
      m.constant("mean", {1, 4, 1}, {1, 2, 3, 4}).constant("deviation", {1, 4, 1}, {1, 2, 4, 8});
      m.constant("w", {1, 4, 1}, {1, 1, 1, 1});
      m.node("Sub", {"x", "mean"}, {"a"});
      m.node("Div", {"a", "deviation"}, {"b"});
      m.node("Conv", {"b", "w"}, {"y"});
    });
    std::vector<M> legal;
    for (const M& s : samples)
      legal.emplace_back(Eigen::RowVector4f(1, 0.5F, 0.25F, 0.125F) *
                         (s.colwise() - Eigen::Vector4f(1, 2, 3, 4)));
    CHECK(distance(legal, y) < 1e-6);
  }
  SECTION("roots and powers of constants") {
    gives(
        [](ModelWriter& m) {
          m.constant("c", {4}, {1, 4, 9, 16}).constant("four", {1}, {4}).constant("e", {4}, {2, 1, 0, 0.5F});
          m.node("Sqrt", {"c"}, {"root"});
          m.node("Pow", {"four", "e"}, {"power"});
          m.node("Mul", {"x", "root"}, {"a"});
          m.node("Add", {"a", "power"}, {"y"});
        },
        [](const M& s) -> M {
          return (Eigen::Vector4f(1, 2, 3, 4).asDiagonal() * s).colwise() + Eigen::Vector4f(16, 4, 1, 2);
        });
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
  SECTION("a matrix from the left, and a matrix that is turned") {
    const Floats w = random_floats(random, 12);
    const Eigen::Map<const Eigen::Matrix<float, 3, 4, Eigen::RowMajor>> weight(w.data());
    gives(
        [&](ModelWriter& m) {
          m.constant("w", {3, 4}, w).constant("b", {3, 1}, {1, 2, 3});
          m.node("Transpose", {"x"}, {"a"}).with("perm", Dims{0, 2, 1});
          m.node("MatMul", {"w", "a"}, {"p"});
          m.node("Add", {"p", "b"}, {"q"});
          m.node("Transpose", {"q"}, {"y"}).with("perm", Dims{0, 2, 1});
        },
        [&](const M& s) -> M { return (weight * s).colwise() + Eigen::Vector3f(1, 2, 3); });
    gives(
        [&](ModelWriter& m) {
          m.constant("w", {3, 4}, w);
          m.node("ReduceMean", {"x"}, {"a"}).with("axes", Dims{1}).with("keepdims", 0);
          m.node("Transpose", {"a"}, {"t"}).with("perm", Dims{1, 0});
          m.node("Gemm", {"t", "w"}, {"y"}).with("transA", 1).with("transB", 1).with("alpha", 2.0F);
        },
        [&](const M& s) -> M { return 2 * weight * s.rowwise().mean(); });
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
  SECTION("a number for all features, powers, sums of several") {
    gives(
        [](ModelWriter& m) {
          m.constant("w", {4, 1}, {1, -1, 0.5F, 2}).constant("two", {}, {2});
          m.node("MatMul", {"x", "w"}, {"g"});
          m.node("Mul", {"g", "x"}, {"a"});
          m.node("Abs", {"x"}, {"b"});
          m.node("Pow", {"x", "two"}, {"c"});
          m.node("Sum", {"a", "b", "c"}, {"y"});
        },
        [](const M& s) -> M {
          const Eigen::RowVectorXf g = Eigen::RowVector4f(1, -1, 0.5F, 2) * s;
          return (s.array().rowwise() * g.array()) + s.array().abs() + s.array().square();
        });
  }
  SECTION("positions: numbers of its own for each step") {
    const Floats table = random_floats(random, 7 * 4);
    const auto expected = [&](const M& s) -> M {
      return s + Eigen::Map<const Eigen::Matrix<float, 4, 7>>(table.data()).leftCols(s.cols());
    };
    const auto steps = [](ModelWriter& m) {
      m.whole("zero", {}, {0}).whole("one", {}, {1});
      m.node("Shape", {"x"}, {"shape"});
      m.node("Gather", {"shape", "one"}, {"t"}).with("axis", 0);
    };
    gives(
        [&](ModelWriter& m) {
          steps(m);
          m.constant("p", {1, 7, 4}, table).whole("axis", {1}, {1}).whole("first", {1}, {0});
          m.node("Unsqueeze", {"t"}, {"end"}).with("axes", Dims{0});
          m.node("Slice", {"p", "first", "end", "axis"}, {"q"});
          m.node("Add", {"x", "q"}, {"y"});
        },
        expected, 12);
    gives(
        [&](ModelWriter& m) {
          steps(m);
          m.constant("p", {7, 4}, table);
          m.node("Range", {"zero", "t", "one"}, {"i"});
          m.node("Unsqueeze", {"i"}, {"j"}).with("axes", Dims{0});
          m.node("Gather", {"p", "j"}, {"q"}).with("axis", 0);
          m.node("Add", {"q", "x"}, {"y"});
        },
        expected, 12);
    const TemporaryDirectory directory;
    for (const Index stated : {7, 6}) {
      ModelWriter m;
      m.input("x", {"b", stated, 4}).output("y");
      m.constant("p", {7, 4}, table).node("Add", {"x", "p"}, {"y"});
      const auto path = m.write(directory);
      if (stated == 7)
        CHECK(load_onnx(path).describe() == "LearnedPositions (7 steps of 4)");
      else
        CHECK_THAT(refusal<FileError>([&] { load_onnx(path); }),
                   ContainsSubstring("(Add) computes with 6 steps and a constant of 7"));
    }
    ModelWriter m(12);
    m.input("x", dims).output("y");
    steps(m);
    m.constant("p", {1, 7, 4}, table).whole("axis", {1}, {1}).whole("first", {1}, {0});
    m.node("Unsqueeze", {"t"}, {"end"}).with("axes", Dims{0});
    m.node("Slice", {"p", "first", "end", "axis"}, {"q"});
    m.node("Mul", {"x", "q"}, {"y"});
    CHECK_THAT(refusal<FileError>([&] { load_onnx(m.write(directory)); }),
               ContainsSubstring("(Mul) has numbers of its own for each step"));
  }
  SECTION("activations in single nodes, and bounds") {
    const auto gelu = [](const M& s) -> M {
      return s.unaryExpr([](float v) { return v * 0.5F * (1 + std::erf(v * std::sqrt(0.5F))); });
    };
    for (const bool half_first : {false, true})
      gives(
          [&](ModelWriter& m) {
            m.constant("root", {}, {std::sqrt(2.0F)}).constant("one", {}, {1}).constant("half", {}, {0.5F});
            m.node("Div", {"x", "root"}, {"a"});
            m.node("Erf", {"a"}, {"b"});
            m.node("Add", {"b", "one"}, {"c"});
            m.node("Mul", {"x", half_first ? "half" : "c"}, {"d"});
            m.node("Mul", {"d", half_first ? "c" : "half"}, {"y"});
          },
          gelu);
    gives(
        [](ModelWriter& m) {
          m.constant("low", {}, {-0.25F})
              .constant("high", {}, {0.5F})
              .node("Clip", {"x", "low", "high"}, {"y"});
        },
        [](const M& s) -> M { return s.cwiseMax(-0.25F).cwiseMin(0.5F); });
    gives([](ModelWriter& m) { m.node("Clip", {"x"}, {"y"}).with("max", 0.5F); },
          [](const M& s) -> M { return s.cwiseMin(0.5F); }, 7);
    gives(
        [](ModelWriter& m) {
          m.constant("low", {}, {0.25F}).node("Clip", {"x", "low"}, {"y"});
        },
        [](const M& s) -> M { return s.cwiseMax(0.25F); });
    gives([](ModelWriter& m) { m.node("HardSwish", {"x"}, {"y"}); },
          [](const M& s) -> M { return s.array() * (s.array() / 6 + 0.5F).cwiseMax(0).cwiseMin(1); });
    gives([](ModelWriter& m) { m.node("Celu", {"x"}, {"y"}).with("alpha", 0.5F); },
          [](const M& s) -> M {
            return s.array().cwiseMax(0) + (0.5F * ((2 * s.array()).exp() - 1)).cwiseMin(0);
          });
    gives(
        [](ModelWriter& m) {
          m.input("l", {"b"}, 7);
          m.node("ReverseSequence", {"x", "l"}, {"a"}).with("batch_axis", 0).with("time_axis", 1);
          m.node("Relu", {"a"}, {"y"});
        },
        [](const M& s) -> M { return s.rowwise().reverse().cwiseMax(0); });
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
    for (const Index noop : {0, 1})  // there are axes, so either is the same
      gives(
          [&](ModelWriter& m) {
            m.whole("time", {1}, {1});
            m.node("ReduceMax", {"x", "time"}, {"y"}).with("keepdims", 0).with("noop_with_empty_axes", noop);
          },
          [](const M& s) -> M { return s.rowwise().maxCoeff(); }, 18);
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
    gives(  // in two groups
        [&](ModelWriter& m) {
          m.constant("w", {4, 2, 3}, w).constant("c", {4}, {1, 2, 3, 4});
          m.node("Transpose", {"x"}, {"a"}).with("perm", Dims{0, 2, 1});
          m.node("Conv", {"a", "w", "c"}, {"b"}).with("group", 2);
          m.node("Transpose", {"b"}, {"y"}).with("perm", Dims{0, 2, 1});
        },
        [&](const M& s) {
          M y = M::Zero(4, s.cols() - 2);
          for (Index o = 0; o < 4; ++o)
            for (Index t = 0; t < y.cols(); ++t) {
              y(o, t) = static_cast<float>(o + 1);
              for (Index k = 0; k < 3; ++k)
                for (Index i = 0; i < 2; ++i)
                  y(o, t) += w[static_cast<std::size_t>((o * 2 + i) * 3 + k)] * s(o / 2 * 2 + i, t + k);
            }
          return y;
        });
    // Means over 3 steps, zeros before and behind counted or not; and steps that are left over.
    const auto means = [](const M& s, Index size, Index before, Index stride, Index outputs,
                          bool zeros_count) {
      M y = M::Zero(s.rows(), outputs);
      for (Index t = 0; t < outputs; ++t) {
        Index count = 0;
        for (Index k = 0; k < size; ++k)
          if (const Index at = t * stride + k - before; at >= 0 && at < s.cols())
            y.col(t) += s.col(at), ++count;
        y.col(t) /= static_cast<float>(zeros_count ? size : count);
      }
      return y;
    };
    for (const bool zeros_count : {false, true})
      gives(
          [&](ModelWriter& m) {
            m.node("Transpose", {"x"}, {"a"}).with("perm", Dims{0, 2, 1});
            m.node("AveragePool", {"a"}, {"b"})
                .with("kernel_shape", Dims{3})
                .with("pads", Dims{1, 1})
                .with("count_include_pad", zeros_count ? 1 : 0);
            m.node("Transpose", {"b"}, {"y"}).with("perm", Dims{0, 2, 1});
          },
          [&](const M& s) { return means(s, 3, 1, 1, s.cols(), zeros_count); });
    for (const Index behind : {0, 1})  // as PyTorch exports a mean that counts zeros; causal, and not so
      gives(
          [&](ModelWriter& m) {
            m.whole("pads", {6}, {0, 0, 1, 0, 0, behind});
            m.node("Transpose", {"x"}, {"a"}).with("perm", Dims{0, 2, 1});
            m.node("Pad", {"a", "pads"}, {"p"});
            m.node("AveragePool", {"p"}, {"b"}).with("kernel_shape", Dims{2});
            m.node("Transpose", {"b"}, {"y"}).with("perm", Dims{0, 2, 1});
          },
          [&](const M& s) { return means(s, 2, 1, 1, s.cols() + behind, true); });
    gives(
        [&](ModelWriter& m) {
          m.node("Transpose", {"x"}, {"a"}).with("perm", Dims{0, 2, 1});
          m.node("AveragePool", {"a"}, {"b"})
              .with("kernel_shape", Dims{2})
              .with("strides", Dims{2})
              .with("ceil_mode", 1);
          m.node("Transpose", {"b"}, {"y"}).with("perm", Dims{0, 2, 1});
        },
        [&](const M& s) { return means(s, 2, 0, 2, (s.cols() + 1) / 2, false); });
    for (const bool mean : {false, true})
      gives(
          [&](ModelWriter& m) {
            m.node("Transpose", {"x"}, {"a"}).with("perm", Dims{0, 2, 1});
            m.node(mean ? "AveragePool" : "MaxPool", {"a"}, {"b"})
                .with("kernel_shape", Dims{2})
                .with("strides", Dims{2});
            m.node("Transpose", {"b"}, {"c"}).with("perm", Dims{0, 2, 1});
            m.constant("some", {}, {0.5F})
                .constant("none", {}, {0})
                .whole("off", {}, {0})
                .whole("on", {}, {1});
            m.node("Dropout", {"c", "some", "off"}, {"d"});
            m.node("Dropout", {"d", "none", "on"}, {"e"});  // drops nothing in any mode
            m.node("Dropout", {"e", ""}, {"y"});            // an input that is left out is nobody's output
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

TEST_CASE("ONNX: Clip with bounds near zero is a chain of layers", "[exchange][onnx_operators]") {
  const TemporaryDirectory directory;
  for (const bool upper : {false, true}) {
    ModelWriter m;
    m.input("x", {"b", "t", 2}).output("y").constant("bound", {}, {upper ? 3.0F : -3.0F});
    m.node("Clip", {"x", upper ? "" : "bound", upper ? "bound" : ""}, {"y"});
    CHECK_THAT(load_onnx(m.write(directory)).describe(), Catch::Matchers::StartsWith("Chain {Scale (2), "));
  }
}

/// Exporters write the largest float for a bound that was not given.
TEST_CASE("ONNX: Clip is right with bounds of any size", "[exchange][onnx_operators]") {
  constexpr float huge = std::numeric_limits<float>::max(), small = std::numeric_limits<float>::denorm_min();
  MatrixX<float> x(1, 13);
  x << -1e30F, -2e6F, -20000, -100, -7, -0.3F, 0, 1e-3F, 0.3F, 5, 7, 20000, 3e6F;
  struct Bounds {
    float low, high;
  };
  for (const auto& [low, high] :
       {Bounds{-huge, 6}, Bounds{0, huge}, Bounds{-huge, huge}, Bounds{-1e4F, 1}, Bounds{-3, 1e6F},
        Bounds{0, 6}, Bounds{0, 1e6F}, Bounds{-1e-3F, huge}, Bounds{-huge, -0.25F}, Bounds{0.25F, 100},
        Bounds{-100, -5}, Bounds{-small, 3}, Bounds{2, 2}, Bounds{3, 1}}) {
    CAPTURE(low, high);
    const Sequence<float> y =
        outcome({"b", "t", 1}, Sequence<float>({x}), [&, l = low, h = high](ModelWriter& m) {
          m.constant("low", {}, {l}).constant("high", {}, {h});
          m.node("Clip", {"x", "low", "high"}, {"y"});
        });
    const MatrixX<float> legal = x.cwiseMax(low).cwiseMin(high);
    const MatrixX<float> error = (y.sample(0) - legal).cwiseAbs();
    for (Index t = 0; t < x.cols(); ++t) CHECK(error(0, t) <= std::max(3e-7F * std::abs(legal(0, t)), 4e-6F));
  }
}

/// So plug-ins run networks. x / b would be denormal for the largest bounds that are bounds.
TEST_CASE("ONNX: Clip is right where denormal numbers are zero", "[exchange][onnx_operators]") {
  MatrixX<float> x(1, 3);
  x << -0.3F, 0.3F, 1e-3F;
  for (const float bound : {1e29F, 1e32F, 8e37F})
    for (const bool negative : {false, true}) {
      CAPTURE(bound, negative);
      const FlushDenormals flush;
      const Sequence<float> y = outcome({"b", "t", 1}, Sequence<float>({x}), [&](ModelWriter& m) {
        m.constant("low", {}, {negative ? -bound : 0}).constant("high", {}, {negative ? 0 : bound});
        m.node("Clip", {"x", "low", "high"}, {"y"});
      });
      const MatrixX<float> legal = negative ? MatrixX<float>(x.cwiseMin(0)) : MatrixX<float>(x.cwiseMax(0));
      CHECK((y.sample(0) - legal).cwiseAbs().maxCoeff<Eigen::PropagateNaN>() <= 1e-7F);
      const Sequence<float> alone = outcome({"b", "t", 1}, Sequence<float>({x}), [&](ModelWriter& m) {
        m.constant("bound", {}, {negative ? -bound : bound});
        m.node("Clip", {"x", negative ? "bound" : "", negative ? "" : "bound"}, {"y"});
      });
      CHECK((alone.sample(0) - x).cwiseAbs().maxCoeff<Eigen::PropagateNaN>() <= 1e-7F);
    }
}

TEST_CASE("ONNX: a graph of several inputs and outputs", "[exchange][onnx_operators]") {
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
  CHECK(max_abs(graph.output(tape, "gate").values().array() - 1 / (1 + std::exp(-3.0F))) < 1e-6);
  CHECK_THAT(refusal<FileError>([&] { load_onnx(path); }),
             ContainsSubstring(
                 "has the outputs \"sum\", \"gate\": a network has one; load_onnx_graph gives all of them"));
}

TEST_CASE("ONNX: a constant initial state of zeros, and one as exporters repeat it",
          "[exchange][onnx_operators]") {
  const TemporaryDirectory directory;
  Random random(4);
  for (const int kind : {0, 1, 2}) {
    const bool zero = kind > 0, is_old = kind == 2;
    ModelWriter m(is_old ? 8 : 16);
    m.input("x", {"t", "b", 2}).output("y");
    m.constant("w", {1, 3, 2}, random_floats(random, 6)).constant("r", {1, 3, 3}, random_floats(random, 9));
    m.constant("h", {1, 1, 3}, zero ? Floats(3, 0) : Floats{1, 2, 3});
    m.whole("one", {1}, {1}).whole("three", {1}, {3});
    m.node("Shape", {"x"}, {"shape"});
    m.node("Gather", {"shape", "one"}, {"batch"}).with("axis", 0);
    m.node("Concat", {"one", "batch", "three"}, {"whole"}).with("axis", 0);
    if (is_old)  // as PyTorch wrote it
      m.node("ConstantFill", {"whole"}, {"initial"}).with("input_as_shape", 1);
    else
      m.node("Expand", {"h", "whole"}, {"initial"});
    m.node("RNN", {"x", "w", "r", "", "", "initial"}, {"", "y"}).with("hidden_size", 3);
    const auto net = load_onnx(m.write(directory));
    CHECK(net.describe() == std::string("Chain {Elman (2 -> 3)") +
                                (zero ? "" : " with learned initial state") + ", Pool (last)}");
    CHECK(net.start_state().isZero(0) == zero);
  }
}

TEST_CASE("ONNX: what can't be represented is refused by node and operator", "[exchange][onnx_operators]") {
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
          "the node \"y_node\" (Einsum) can't be represented: legal operators are Abs, Add, AveragePool, "));
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
  for (const Index version : {1, 6, 28, 999})
    CHECK(refused([](auto& m) { m.node("Relu", {"x"}, {"y"}); }, version) ==
          "has operators of version " + std::to_string(version) + ": versions from 7 to 27 can be read");
  CHECK_THAT(refused([](auto& m) {
               m.node("MatMul", {"x", "x"}, {"y"});
             }),
             ContainsSubstring("(MatMul) takes for features what is"));
  CHECK_THAT(refused([](auto& m) {
               m.constant("w", {2, 2, 4}, Floats(16, 1));
               m.node("MatMul", {"x", "w"}, {"y"});
             }),
             ContainsSubstring("(MatMul) multiplies a constant of 3 axes with a value of 3"));
  CHECK_THAT(refused([](auto& m) {
               m.node("Div", {"x", "x"}, {"y"});
             }),
             ContainsSubstring("(Div) divides by a value of the inputs"));
  for (const Index axis : {0, 1})
    CHECK_THAT(
        refused([&](auto& m) {
          m.node("Concat", {"x", "x"}, {"y"}).with("axis", axis);
        }),
        ContainsSubstring("the input \"x\" has features of no known size in axis " + std::to_string(axis)));
  for (const char* op : {"ReduceSum", "ReduceMax"}) {
    CHECK_THAT(
        refused([&](auto& m) {  // sums of what is only a part of something else
          m.node("ReduceMean", {"x"}, {"mean"}).with("axes", Dims{-1});
          m.node("Sub", {"x", "mean"}, {"centred"});
          m.node("Mul", {"centred", "centred"}, {"square"});
          m.whole("last", {1}, {-1}).node(op, {"square", "last"}, {"y"});
        }),
        ContainsSubstring(std::string("(") + op + ") reduces a part of a layer normalisation or a GELU"));
    CHECK_THAT(
        refused([&](auto& m) {
          m.node("Erf", {"x"}, {"erf"});
          m.whole("last", {1}, {-1}).node(op, {"erf", "last"}, {"y"});
        }),
        ContainsSubstring(std::string("(") + op + ") reduces a part of a layer normalisation or a GELU"));
  }
  CHECK_THAT(
      refused(
          [](auto& m) {
            m.constant("one", {4}, Floats(4, 1)).node("Transpose", {"x"}, {"a"}).with("perm", Dims{0, 2, 1});
            m.node("BatchNormalization", {"a", "one", "one", "one", "one"}, {"y", "", "", "mean", "var"});
          },
          9),
      ContainsSubstring("(BatchNormalization) gives its statistics, so it is in training mode"));
  CHECK_THAT(
      refused([](auto& m) {
        m.constant("rate", {}, {0.5F}).add("training", {}, 9).add_int32_data(1);
        m.node("Dropout", {"x", "rate", "training"}, {"y"});
      }),
      ContainsSubstring("(Dropout) is in training mode, so it would drop numbers when the model runs"));
  CHECK_THAT(refused([](auto& m) { m.node("Sqrt", {"x"}, {"y"}); }),
             ContainsSubstring("(Sqrt) computes with a value of the inputs, but not as in a layer"));
  CHECK_THAT(refused([](auto& m) {
               m.constant("three", {}, {3}).node("Pow", {"x", "three"}, {"y"});
             }),
             ContainsSubstring("(Pow) is neither a square nor a power of constants of one type"));
  CHECK_THAT(refused([](auto& m) {
               m.constant("c", {1}, {-1}).node("Sqrt", {"c"}, {"root"});
               m.node("Mul", {"x", "root"}, {"y"});
             }),
             ContainsSubstring("(Sqrt) gives a constant that is not finite"));
  CHECK_THAT(refused([](auto& m) {
               m.constant("c", {1}, {0}).constant("e", {1}, {-1}).node("Pow", {"c", "e"}, {"power"});
               m.node("Mul", {"x", "power"}, {"y"});
             }),
             ContainsSubstring("(Pow) gives a constant that is not finite"));
  CHECK_THAT(refused([](auto& m) { m.node("Celu", {"x"}, {"y"}).with("alpha", -0.5F); }),
             ContainsSubstring("(Celu) has alpha -0.5: it must be above 0"));
  CHECK_THAT(refused([](auto& m) { m.node("Celu", {"x"}, {"y"}).with("alpha", 1e-39F); }),
             ContainsSubstring("(Celu) has alpha 1e-39: it must be above 0, and 1 / alpha finite"));
  CHECK_THAT(
      refused([](auto& m) {
        m.constant("one", {4}, Floats(4, 1)).constant("big", {4}, Floats(4, 3e38F));
        m.constant("small", {4}, Floats(4, 0.01F));
        m.node("Transpose", {"x"}, {"a"}).with("perm", Dims{0, 2, 1});
        m.node("BatchNormalization", {"a", "big", "one", "one", "small"}, {"y"});
      }),
      ContainsSubstring("(BatchNormalization) multiplies by a number, or adds one, that is too large"));
  const auto of_scores = [&](const char* op, const std::vector<std::string>& inputs) {
    return refused([&](auto& m) {
      m.constant("half", {1, 1, 1, 1}, {0.5F}).node("Transpose", {"x"}, {"k"}).with("perm", Dims{0, 2, 1});
      m.node("MatMul", {"x", "k"}, {"scores"});
      auto node = m.node(op, inputs, {"y"});
      if (op == std::string("Cast")) node.with("to", 7);
    });
  };
  CHECK_THAT(of_scores("Mul", {"scores", "half"}),
             ContainsSubstring("(Mul) computes with a constant of 4 axes and scores of attention of 3"));
  CHECK_THAT(of_scores("Cast", {"scores"}),
             ContainsSubstring("(Cast) rounds numbers that depend on the inputs"));
  CHECK_THAT(refused([](auto& m) {
               m.constant("one", {1, 1, 1, 1}, {1}).node("Erf", {"x"}, {"e"});
               m.node("Add", {"e", "one"}, {"y"});
             }),
             ContainsSubstring("(Add) computes with erf, but not as in a GELU"));
  CHECK_THAT(refused([](auto& m) {
               m.constant("small", {1, 1, 1, 1}, {0.5F});
               m.node("ReduceMean", {"x"}, {"mean"}).with("axes", Dims{-1});
               m.node("Sub", {"x", "mean"}, {"centred"});
               m.node("Mul", {"centred", "centred"}, {"square"});
               m.node("ReduceMean", {"square"}, {"variance"}).with("axes", Dims{-1});
               m.node("Add", {"variance", "small"}, {"y"});
             }),
             ContainsSubstring("(Add) computes with a moment of features, but not as in a layer"));
  constexpr Index smallest = std::numeric_limits<Index>::min();
  CHECK_THAT(refused([](auto& m) {
               m.whole("start", {1}, {3}).whole("end", {1}, {0}).whole("axis", {1}, {2});
               m.whole("step", {1}, {smallest});
               m.node("Slice", {"x", "start", "end", "axis", "step"}, {"y"});
             }),
             ContainsSubstring("(Slice) has a step of -9223372036854775808"));
  for (const char* op : {"Sub", "Mul"})
    CHECK_THAT(refused([&](auto& m) {
                 m.whole("a", {1}, {smallest}).whole("one", {1}, {1}).node(op, {"a", "one"}, {"c"});
                 m.node("Gather", {"x", "c"}, {"y"});
               }),
               ContainsSubstring("has sizes that are too large"));
  CHECK_THAT(refused([](auto& m) {
               m.whole("start", {1}, {1}).whole("end", {1}, {3}).whole("axis", {1}, {1});
               m.node("Slice", {"x", "start", "end", "axis"}, {"a"});
               m.node("Relu", {"a"}, {"y"});
             }),
             ContainsSubstring("\"a_node\" (Slice) takes a part of a sequence or a batch that is neither its "
                               "first nor its last step"));
  CHECK_THAT(refused([](auto& m) {
               m.constant("w", {3, 2}, Floats(6, 1));
               m.node("MatMul", {"x", "w"}, {"y"});
             }),
             ContainsSubstring("(MatMul) takes 3 features, and its input has 4"));
  CHECK_THAT(
      refused([](auto& m) {
        m.input("w", {2, 4, 3});
        m.node("Conv", {"x", "w"}, {"y"});
      }),
      ContainsSubstring(
          "(Conv) has input 1, \"w\", which comes from an input of the graph: weights must be initializers"));
  CHECK_THAT(refused([](auto& m) {
               m.constant("w", {3, 2, 3}, Floats(18, 1));
               m.node("Conv", {"x", "w"}, {"y"}).with("group", 2);
             }),
             ContainsSubstring("(Conv) has group 2 and 3 outputs: it must be at least 1, and divide them"));
  CHECK_THAT(refused([](auto& m) {  // a few numbers that ask for many
               m.constant("w", {1 << 10, 1, 1}, Floats(1 << 10, 1));
               m.node("Conv", {"x", "w"}, {"y"}).with("group", 1 << 10);
             }),
             ContainsSubstring("(Conv) makes constants that are larger than the file explains"));
  const auto behind_pad = [](auto& m) -> auto& {
    m.whole("pads", {6}, {0, 0, 1, 0, 0, 0}).node("Pad", {"x", "pads"}, {"p"});
    return m;
  };
  CHECK_THAT(
      refused([&](auto& m) { behind_pad(m).node("MaxPool", {"p"}, {"y"}).with("kernel_shape", Dims{2}); }),
      ContainsSubstring("(MaxPool) reads zeros around a sequence"));
  CHECK_THAT(refused([&](auto& m) {
               behind_pad(m)
                   .node("AveragePool", {"p"}, {"y"})
                   .with("kernel_shape", Dims{3})
                   .with("pads", Dims{0, 1});
             }),
             ContainsSubstring("(AveragePool) has pads of its own behind a Pad"));
  CHECK_THAT(refused([&](auto& m) {
               m.node("MaxPool", {"x"}, {"y"})
                   .with("kernel_shape", Dims{2})
                   .with("strides", Dims{3})
                   .with("ceil_mode", 1);
             }),
             ContainsSubstring("(MaxPool) has ceil_mode 1 with strides 3 and padding"));
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
             ContainsSubstring("the initializer \"w\" is in another file") &&
                 ContainsSubstring("torch.onnx.export with external_data=False"));
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
               m.constant("w", {1, 2}, {1, std::numeric_limits<float>::infinity()});
               m.node("MatMul", {"x", "w"}, {"y"});
             }),
             ContainsSubstring("the initializer \"w\" holds inf as number 1: all must be finite"));
  CHECK_THAT(refused([](auto& m) {
               m.add("w", {1}, 11).add_double_data(1e39);
               m.node("Add", {"x", "w"}, {"y"});
             }),
             ContainsSubstring("the initializer \"w\" holds inf as number 0"));
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
}

/// What exporters write that know one or two dimensions more than there are.
TEST_CASE("ONNX: constants of no numbers, and axes that are not there", "[exchange][onnx_operators]") {
  const TemporaryDirectory directory;
  const auto refused = [&](auto&& nodes) {
    ModelWriter m;
    m.input("x", {"b", "t", 4}).input("lengths", {"b"}, 7).output("y");
    nodes(m);
    return refusal<FileError>([&] { load_onnx(m.write(directory)); });
  };
  CHECK_THAT(refused([](auto& m) {
               m.whole("k", {0}, {}).node("TopK", {"lengths", "k"}, {"y", "order"});
             }),
             ContainsSubstring("(TopK) has k of 0 numbers: it must be one"));
  CHECK_THAT(refused([](auto& m) {
               m.whole("zero", {}, {0}).whole("end", {}, {-1}).whole("one", {}, {1});
               m.node("Range", {"zero", "end", "one"}, {"steps"});
               m.node("Gather", {"x", "steps"}, {"y"});
             }),
             ContainsSubstring("(Gather) has input 1, \"steps\""));
  const auto reversed = [&](Index batch, Index time) {
    return refused([&](auto& m) {
      m.node("ReverseSequence", {"x", "lengths"}, {"y"}).with("batch_axis", batch).with("time_axis", time);
    });
  };
  CHECK_THAT(reversed(-1, 2), ContainsSubstring("(ReverseSequence) has time_axis 2 and batch_axis 2"));
  CHECK_THAT(reversed(0, 3), ContainsSubstring("has axis 3 of a tensor of 3 axes"));
  CHECK(reversed(-3, -2) == "nothing was refused");
}

TEST_CASE("ONNX: all layers have the same lengths", "[exchange][onnx_operators]") {
  const TemporaryDirectory directory;
  Random random(7);
  const auto refused = [&](const char* first, const char* second, const char* direction) {
    ModelWriter m;
    m.input("x", {"t", "b", 2}).input("p", {"b"}, 6).output("y");
    if (std::string(second) == "q") m.input("q", {"b"}, 6);
    m.constant("w", {1, 2, 2}, random_floats(random, 4)).constant("r", {1, 2, 2}, random_floats(random, 4));
    m.node("RNN", {"x", "w", "r", "", first}, {"a"}).with("hidden_size", 2).with("direction", direction);
    m.whole("one", {1}, {1}).node("Squeeze", {"a", "one"}, {"s"});
    m.node("RNN", {"s", "w", "r", "", second}, {"b"}).with("hidden_size", 2);
    m.node("Squeeze", {"b", "one"}, {"y"});
    return refusal<FileError>([&] { load_onnx(m.write(directory)); });
  };
  for (const char* direction : {"forward", "reverse"})
    CHECK(refused("p", "p", direction) == "nothing was refused");
  CHECK(refused("", "p", "forward") == "nothing was refused");
  CHECK_THAT(refused("p", "q", "forward"),
             ContainsSubstring("\"b_node\" (RNN) has the lengths \"q\", and another node has \"p\""));
  CHECK_THAT(refused("", "p", "reverse"),
             ContainsSubstring("\"a_node\" (RNN) reads sequences from their end without the lengths \"p\""));
  for (const bool lengths : {false, true}) {  // a Slice turns the padding around too
    ModelWriter m;
    m.input("x", {"t", "b", 2}).output("y");
    if (lengths) m.input("p", {"b"}, 6);
    m.constant("w", {1, 2, 2}, random_floats(random, 4)).constant("r", {1, 2, 2}, random_floats(random, 4));
    m.whole("one", {1}, {1}).whole("last", {1}, {-1}).whole("time", {1}, {0});
    m.whole("end", {1}, {std::numeric_limits<Index>::min()});
    m.node("Slice", {"x", "last", "end", "time", "last"}, {"turned"});
    m.node("RNN", {"turned", "w", "r", "", lengths ? "p" : ""}, {"a"}).with("hidden_size", 2);
    m.node("Squeeze", {"a", "one"}, {"y"});
    CHECK_THAT(refusal<FileError>([&] { load_onnx(m.write(directory)); }),
               ContainsSubstring(lengths ? "(Slice) reads sequences from their end without the lengths \"p\""
                                         : "nothing was refused"));
  }
}

TEST_CASE("ONNX: axes of size 1", "[exchange][onnx_operators]") {
  const TemporaryDirectory directory;
  Random random(7);
  const auto loaded = [&](const std::vector<Dim>& dims, auto&& nodes) {
    ModelWriter m(11);
    m.input("x", dims).output("y");
    nodes(m);
    return load_onnx(m.write(directory));
  };
  const auto rnn = [&](ModelWriter& m, const char* from, const char* to) {
    m.constant("w", {1, 3, 4}, random_floats(random, 12)).constant("r", {1, 3, 3}, random_floats(random, 9));
    m.node("RNN", {from, "w", "r"}, {to}).with("hidden_size", 3);
  };
  SECTION("a convolution of two dimensions, of which one is 1") {
    for (const bool time_last : {true, false}) {
      const auto both = [&](Index time, Index other) {
        return time_last ? Dims{other, time} : Dims{time, other};
      };
      const auto net = loaded({"b", "t", 4}, [&](ModelWriter& m) {
        Dims weight{2, 4};
        for (const Index size : both(3, 1)) weight.push_back(size);
        m.constant("k", weight, random_floats(random, 24));
        m.node("Transpose", {"x"}, {"a"}).with("perm", Dims{0, 2, 1});
        m.node("Unsqueeze", {"a"}, {"c"}).with("axes", Dims{time_last ? 2 : 3});
        auto conv = m.node("Conv", {"c", "k"}, {"d"});
        conv.with("kernel_shape", both(3, 1)).with("strides", both(1, 1));
        conv.with("pads", time_last ? Dims{0, 2, 0, 0} : Dims{2, 0, 0, 0});
        m.node("MaxPool", {"d"}, {"e"}).with("kernel_shape", both(2, 1)).with("strides", both(2, 1));
        m.node("Squeeze", {"e"}, {"f"}).with("axes", Dims{time_last ? 2 : 3});
        m.node("Transpose", {"f"}, {"y"}).with("perm", Dims{0, 2, 1});
      });
      CHECK(net.describe() == "Chain {Conv1d (4 -> 2, kernel 3, dilation 1), Pool1d (max of 2)}");
    }
  }
  SECTION("a batch of 1 that a Reshape moves") {
    const auto net = loaded({1, 5, 4}, [&](ModelWriter& m) {
      m.whole("shape", {3}, {5, 1, 4}).whole("flat", {2}, {5, 3});
      m.node("Reshape", {"x", "shape"}, {"a"});
      rnn(m, "a", "c");
      m.node("Reshape", {"c", "flat"}, {"y"});
    });
    CHECK(net.describe() == "Elman (4 -> 3)");
  }
  SECTION("a Squeeze that names no axes takes a batch of 1") {
    const auto net = loaded({1, "t", 4}, [&](ModelWriter& m) {
      m.whole("last", {}, {-1}).constant("k", {4, 2}, random_floats(random, 8));
      m.node("Squeeze", {"x"}, {"a"});
      m.node("Gather", {"a", "last"}, {"c"}).with("axis", 0);
      m.node("MatMul", {"c", "k"}, {"y"});
    });
    CHECK(net.describe() == "Chain {Pool (last), Dense (4 -> 2)}");
  }
  SECTION("an initial state that is repeated for each sample") {
    const auto net = loaded({"t", "b", 4}, [&](ModelWriter& m) {
      m.whole("one", {1}, {1}).constant("h", {1, 1, 3}, {1, 2, 3});
      m.node("Shape", {"x"}, {"shape"});
      m.node("Gather", {"shape", "one"}, {"batch"}).with("axis", 0);
      m.node("Concat", {"one", "batch", "one"}, {"times"}).with("axis", 0);
      m.node("Tile", {"h", "times"}, {"initial"});
      m.constant("w", {1, 3, 4}, random_floats(random, 12))
          .constant("r", {1, 3, 3}, random_floats(random, 9));
      m.node("RNN", {"x", "w", "r", "", "", "initial"}, {"a"}).with("hidden_size", 3);
      m.node("Squeeze", {"a"}, {"y"}).with("axes", Dims{1});
    });
    CHECK(net.describe() == "Elman (4 -> 3) with learned initial state");
  }
}

TEST_CASE("ONNX: tokens that come as numbers, and names of outputs", "[exchange][onnx_operators]") {
  const TemporaryDirectory directory;
  Random random(8);
  ModelWriter m;
  m.input("x", {"b", "t"}).output("y");
  m.constant("table", {6, 3}, random_floats(random, 18));
  m.node("Cast", {"x"}, {"tokens"}).with("to", 6);
  m.node("Gather", {"table", "tokens"}, {"y"}).with("axis", 0);
  CHECK(load_onnx<Token>(m.write(directory)).describe() == "Embedding (6 tokens -> 3)");
  ModelWriter rounded;
  rounded.input("x", {"b", "t", 3}).output("y");
  rounded.node("Cast", {"x"}, {"a"}).with("to", 6);
  rounded.node("Relu", {"a"}, {"y"});
  CHECK_THAT(
      refusal<FileError>([&] { load_onnx(rounded.write(directory)); }),
      ContainsSubstring("(Relu) reads numbers that were cast to whole numbers: they can only be tokens"));
  // A node has the name of an output that another one gives.
  ModelWriter named;
  named.input("x", {"b", "t", 4}).output("first").output("second");
  named.whole("parts", {2}, {2, 2});
  named.node("Split", {"x", "parts"}, {"a", "b"}).with("axis", 2);
  named.node("Concat", {"b", "a"}, {"c"}).with("axis", 2).message().set_name("second");
  named.node("Relu", {"c"}, {"first"}).message().set_name("second");
  named.node("Concat", {"b", "first"}, {"second"}).with("axis", 2);
  CHECK(load_onnx_graph(named.write(directory)).outputs() == std::vector<std::string>{"first", "second"});
}

/// A constant that a node makes has any size, but it must not make a value of the inputs larger.
TEST_CASE("ONNX: constants of the size of time or batch", "[exchange][onnx_operators]") {
  const TemporaryDirectory directory;
  const auto loaded = [&](const std::vector<Dim>& dims, auto&& nodes) {
    ModelWriter m;
    m.input("x", dims).output("y");
    nodes(m);
    const auto path = m.write(directory);
    const auto describe = [&] { return load_onnx(path).describe(); };
    std::string text;
    const std::string wrong = refusal<FileError>([&] { text = describe(); });
    return text.empty() ? wrong.substr(path.string().size() + 2) : text;
  };
  const std::vector<Dim> open{"b", "t", 4};
  const auto filled = [](ModelWriter& m, const Dims& dims) {
    auto& value = *m.whole("shape", {static_cast<Index>(dims.size())}, dims)
                       .node("ConstantOfShape", {"shape"}, {"c"})
                       .add("value", 4)
                       .mutable_t();
    value.set_data_type(1);
    value.add_dims(1);
    value.add_float_data(2);
  };
  const auto added = [&](const Dims& dims) {
    return [&, dims](ModelWriter& m) {
      filled(m, dims);
      m.node("Add", {"x", "c"}, {"y"});
    };
  };
  CHECK(loaded(open, added({4})) == "Scale (4)");
  CHECK(loaded({2, 5, 4}, added({2, 5, 4})) == "Scale (4)");
  CHECK_THAT(loaded(open, added({7})),
             ContainsSubstring("(Add) computes with an axis of 4 and a constant of 7"));
  CHECK_THAT(loaded({2, 5, 4}, added({3, 1, 1})),
             ContainsSubstring("(Add) computes with an axis of 2 and a constant of 3"));
  CHECK_THAT(loaded({"b", "t", 1}, added({6})),
             ContainsSubstring("(Add) computes with an axis of 1 and a constant of 6"));
  // Of the whole shape of the input, which the file does not say.
  const auto like_input = [](ModelWriter& m) {
    m.node("Shape", {"x"}, {"shape"});
    m.node("ConstantOfShape", {"shape"}, {"c"});
  };
  CHECK(loaded(open, [&](ModelWriter& m) {
          like_input(m);
          m.node("Sub", {"c", "x"}, {"y"});
        }) == "Scale (4)");
  CHECK_THAT(loaded(open,
                    [&](ModelWriter& m) {  // the last step of each sample, and a constant of each step
                      like_input(m);
                      m.whole("last", {1}, {-1});
                      m.node("Gather", {"x", "last"}, {"one"}).with("axis", 1);
                      m.node("Add", {"one", "c"}, {"y"});
                    }),
             ContainsSubstring("(Add) repeats a value of the inputs along time or batch"));
  CHECK_THAT(loaded(open,
                    [&](ModelWriter& m) {
                      like_input(m);
                      m.node("Concat", {"c", "c"}, {"d"}).with("axis", 1);
                      m.node("Add", {"x", "d"}, {"y"});
                    }),
             ContainsSubstring("(Concat) joins constants along time or batch"));
  CHECK_THAT(loaded(open,
                    [&](ModelWriter& m) {
                      like_input(m);
                      m.node("MatMul", {"x", "c"}, {"y"});
                    }),
             ContainsSubstring("(MatMul) reads a constant that has the size of time or batch"));
  CHECK_THAT(loaded(open,
                    [&](ModelWriter& m) {
                      like_input(m);
                      m.node("Squeeze", {"c"}, {"d"}).with("axes", Dims{0});
                      m.node("Add", {"x", "d"}, {"y"});
                    }),
             ContainsSubstring("(Squeeze) squeezes an axis of size of time or batch"));
}

/// Sequences are sorted by their lengths, and back. k was an attribute before version 10.
TEST_CASE("ONNX: the order of packed sequences in old and new versions", "[exchange][onnx_operators]") {
  const TemporaryDirectory directory;
  Random random(6);
  const auto loaded = [&](Index opset, Index count, const std::vector<Index>& numbers = {0, 1},
                          const char* order = "order") {
    ModelWriter m(opset);
    m.input("x", {"b", "t", 2}).input("lengths", {2}, 7).output("y");
    m.constant("w", {1, 3, 2}, random_floats(random, 6)).constant("r", {1, 3, 3}, random_floats(random, 9));
    if (opset < 10)
      m.node("TopK", {"lengths"}, {"sorted", "order"}).with("k", count);
    else
      m.whole("k", {1}, {count}).node("TopK", {"lengths", "k"}, {"sorted", "order"});
    m.node("Gather", {"x", "order"}, {"ordered"}).with("axis", 0);
    m.node("Transpose", {"ordered"}, {"first"}).with("perm", Dims{1, 0, 2});
    m.node("Cast", {"sorted"}, {"whole"}).with("to", 6);
    m.node("RNN", {"first", "w", "r", "", "whole"}, {"all"}).with("hidden_size", 3);
    m.node("Squeeze", {"all"}, {"steps"}).with("axes", Dims{1});
    m.node("Transpose", {"steps"}, {"samples"}).with("perm", Dims{1, 0, 2});
    m.whole("range", {2}, {0, 1}).whole("numbers", {2}, numbers);
    m.node("ScatterElements", {"range", "order", "range"}, {"first_back"});
    m.node("ScatterElements", {"range", order, "numbers"}, {"back"});
    m.node("Gather", {"samples", "back"}, {"y"}).with("axis", 0);
    const auto path = m.write(directory);
    std::string text;
    const std::string wrong = refusal<FileError>([&] { text = load_onnx(path).describe(); });
    return text.empty() ? wrong : text;
  };
  for (const Index opset : {9, 11}) {
    CHECK(loaded(opset, 2) == "Elman (2 -> 3)");
    CHECK_THAT(loaded(opset, 1), ContainsSubstring("(TopK) takes 1 of the lengths of sequences"));
    CHECK_THAT(loaded(opset, 2, {1, 0}),
               ContainsSubstring("(ScatterElements) scatters other numbers than 0, 1, 2, ..."));
    CHECK_THAT(loaded(opset, 2, {0, 1}, "first_back"),
               ContainsSubstring("(ScatterElements) scatters something else than the order of the lengths"));
  }
}

/// What a model is, or how it is refused.
template <class F>
std::string described(const std::vector<Dim>& dims, F&& nodes, Index opset = 16) {
  const TemporaryDirectory directory;
  ModelWriter m(opset);
  m.input("x", dims).output("y");
  nodes(m);
  const auto path = m.write(directory);
  std::string text;
  const std::string wrong = refusal<FileError>([&] { text = load_onnx(path).describe(); });
  return text.empty() ? wrong : text;
}

/// A Reshape can put samples and features into one axis. Then the order of both matters.
TEST_CASE("ONNX: axes that mix samples and features", "[exchange][onnx_operators]") {
  Random random(9);
  const auto both_ways = [&](ModelWriter& m, Index units) {
    m.constant("w", {2, units, 2}, random_floats(random, 4 * units));
    m.constant("r", {2, units, units}, random_floats(random, 2 * units * units));
    m.node("RNN", {"x", "w", "r"}, {"", "h"}).with("hidden_size", units).with("direction", "bidirectional");
  };
  SECTION("are computed with only in one order") {
    const auto sum = [&](const Dims& perm) {
      return described({"t", "b", 2}, [&](ModelWriter& m) {
        both_ways(m, 4);
        m.whole("rows", {2}, {-1, 4});
        m.node("Reshape", {"h", "rows"}, {"p"});
        m.node("Transpose", {"h"}, {"a"}).with("perm", perm);
        m.node("Reshape", {"a", "rows"}, {"q"});
        m.node("Add", {"p", "q"}, {"y"});
      });
    };
    CHECK_THAT(sum({0, 1, 2}), Catch::Matchers::StartsWith("Graph"));
    CHECK_THAT(sum({1, 0, 2}),
               ContainsSubstring("(Add) computes with axes that mix batch or time and features in different "
                                 "orders"));
  }
  SECTION("are those of heads only in one order") {
    const auto attention = [&](bool is_swapped) {
      return described({2, "t", 4}, [&](ModelWriter& m) {
        m.whole("split", {4}, {2, -1, 2, 2}).whole("rows", {3}, {4, -1, 2});
        const auto heads = [&](const std::string& name, const Dims& perm) {
          m.constant(name + "w", {4, 4}, random_floats(random, 16));
          m.node("MatMul", {"x", name + "w"}, {name + "all"});
          m.node("Reshape", {name + "all", "split"}, {name + "split"});
          m.node("Transpose", {name + "split"}, {name + "turned"}).with("perm", perm);
          m.node("Reshape", {name + "turned", "rows"}, {name});
        };
        heads("q", {0, 2, 1, 3});
        heads("k", is_swapped ? Dims{2, 0, 1, 3} : Dims{0, 2, 1, 3});
        heads("v", {0, 2, 1, 3});
        m.node("Transpose", {"k"}, {"columns"}).with("perm", Dims{0, 2, 1});
        m.node("MatMul", {"q", "columns"}, {"scores"});
        m.node("Softmax", {"scores"}, {"weights"}).with("axis", -1);
        m.node("MatMul", {"weights", "v"}, {"heads"});
        m.whole("back", {4}, {2, 2, -1, 2}).whole("joined", {3}, {2, -1, 4});
        m.node("Reshape", {"heads", "back"}, {"a"});
        m.node("Transpose", {"a"}, {"c"}).with("perm", Dims{0, 2, 1, 3});
        m.node("Reshape", {"c", "joined"}, {"y"});
      });
    };
    CHECK_THAT(attention(false), Catch::Matchers::StartsWith("MultiHeadAttention"));
    CHECK_THAT(attention(true), ContainsSubstring("(MatMul) computes with axes that mix batch or time"));
  }
  SECTION("keep their order in what computes") {
    MatrixX<float> one(2, 3), two(2, 3);
    one << 1, 2, -1, 0, 1, -2;
    two << -1, 1, 1, 2, 0, 1;
    const auto back = [&](bool is_mixed) {
      random = Random(10);
      return outcome({"t", 2, 2}, Sequence<float>({one, two}), [&](ModelWriter& m) {
        both_ways(m, 3);
        m.whole("flat", {1}, {-1}).whole("whole", {3}, {2, 2, 3}).whole("second", {}, {1});
        if (is_mixed) {
          m.node("Reshape", {"h", "flat"}, {"a"});
          m.node("Relu", {"a"}, {"c"});
          m.node("Reshape", {"c", "whole"}, {"d"});
        } else {
          m.node("Relu", {"h"}, {"d"});
        }
        m.node("Gather", {"d", "second"}, {"e"}).with("axis", 0);
        m.node("Tanh", {"e"}, {"y"});
      });
    };
    const Sequence<float> mixed = back(true), plain = back(false);
    CHECK(mixed.values().rows() == 3);
    CHECK(mixed.values() == plain.values());
  }
}

TEST_CASE("ONNX: sizes are those that the graph says", "[exchange][onnx_operators]") {
  const std::vector<Dim> open{"b", "t", 4};
  const auto size = [](ModelWriter& m, const char* of, int axis, const char* to) {
    const std::string name = to;
    m.whole(name + "_axis", {}, {axis}).node("Shape", {of}, {name + "_all"});
    m.node("Gather", {name + "_all", name + "_axis"}, {name}).with("axis", 0);
  };
  MatrixX<float> x(4, 2);
  x << 1, 2, 3, 4, 5, 6, 7, 8;
  SECTION("half of one") {
    const auto half = [&](ModelWriter& m, int axis) {
      size(m, "x", axis, "size");
      m.whole("two", {1}, {2}).whole("zero", {1}, {0}).whole("axis", {1}, {axis});
      m.node("Div", {"size", "two"}, {"half"});
      m.node("Slice", {"x", "zero", "half", "axis"}, {"a"});
      m.node("Relu", {"a"}, {"y"});
    };
    const Sequence<float> y = outcome(open, Sequence<float>({x}), [&](ModelWriter& m) { half(m, 2); });
    CHECK(y.values() == x.topRows(2));
    CHECK_THAT(described(open, [&](ModelWriter& m) { half(m, 1); }),
               ContainsSubstring("(Div) needs the size of an axis that the file does not say"));
    const Sequence<float> of_known = outcome({"b", 2, 4}, Sequence<float>({x}), [&](ModelWriter& m) {
      size(m, "x", 1, "size");
      m.whole("two", {}, {2}).node("Div", {"size", "two"}, {"half"});
      m.constant("table", {2, 4}, {1, 1, 1, 1, 3, 3, 3, 3});
      m.node("Gather", {"table", "half"}, {"factor"}).with("axis", 0);
      m.node("Mul", {"x", "factor"}, {"y"});
    });
    CHECK(of_known.values() == 3 * x);
  }
  SECTION("of the numbers of the steps") {
    const auto positions = [&](ModelWriter& m) {
      size(m, "x", 1, "t");
      m.whole("zero", {}, {0}).whole("one", {}, {1}).node("Range", {"zero", "t", "one"}, {"steps"});
      size(m, "steps", 0, "count");
      m.constant("p", {7, 4}, Floats(28, 0.5F)).whole("axis", {1}, {0}).whole("first", {1}, {0});
      m.whole("list", {1}, {0}).node("Unsqueeze", {"count", "list"}, {"end"});
      m.node("Slice", {"p", "first", "end", "axis"}, {"q"});
      m.node("Add", {"x", "q"}, {"y"});
    };
    CHECK(described(open, positions) == "LearnedPositions (7 steps of 4)");
  }
  SECTION("of what has none here") {
    CHECK_THAT(described({"b", 4, "t"},
                         [&](ModelWriter& m) {
                           m.whole("pads", {6}, {0, 0, 1, 0, 0, 1}).node("Pad", {"x", "pads"}, {"p"});
                           size(m, "p", 2, "t");
                           m.whole("two", {}, {2}).node("Div", {"t", "two"}, {"half"});
                           m.node("Relu", {"x"}, {"y"});
                         }),
               ContainsSubstring("needs the size of an axis that the file does not say"));
    CHECK(described({"b", 4, "t"}, [&](ModelWriter& m) {
            m.whole("pads", {6}, {0, 0, 1, 0, 0, 1}).node("Pad", {"x", "pads"}, {"p"});
            size(m, "p", 0, "count");
            m.node("Transpose", {"x"}, {"z"}).with("perm", Dims{0, 2, 1});
            m.constant("w", {4, 4}, Floats(16, 0.5F)).node("MatMul", {"z", "w"}, {"y"});
          }) == "Dense (4 -> 4)");
    const char* const says = "(Shape) asks for the sizes of scores of attention, of numbers of steps, or";
    CHECK_THAT(described(open,
                         [&](ModelWriter& m) {
                           m.node("Transpose", {"x"}, {"k"}).with("perm", Dims{0, 2, 1});
                           m.node("MatMul", {"x", "k"}, {"scores"});
                           size(m, "scores", -1, "t");
                           m.node("Relu", {"x"}, {"y"});
                         }),
               ContainsSubstring(says));
    CHECK_THAT(described(open,
                         [&](ModelWriter& m) {
                           m.node("Erf", {"x"}, {"e"});
                           size(m, "e", 1, "t");
                           m.node("Relu", {"x"}, {"y"});
                         }),
               ContainsSubstring(says));
    CHECK_THAT(described(open,
                         [&](ModelWriter& m) {
                           m.whole("zero", {}, {0}).whole("five", {}, {5}).whole("one", {}, {1});
                           m.node("Range", {"zero", "five", "one"}, {"steps"});
                           size(m, "steps", 0, "t");
                           m.node("Relu", {"x"}, {"y"});
                         }),
               ContainsSubstring(says));
  }
  SECTION("compared with a number") {
    const auto chosen = [&](Index number) {
      return [&, number](ModelWriter& m) {
        size(m, "x", 1, "t");
        m.whole("number", {}, {number}).whole("one", {}, {1}).whole("zero", {}, {0});
        m.node("Equal", {"t", "number"}, {"same"});
        m.node("Where", {"same", "one", "zero"}, {"row"});
        m.constant("table", {2, 4}, {1, 1, 1, 1, 2, 2, 2, 2});
        m.node("Gather", {"table", "row"}, {"factor"}).with("axis", 0);
        m.node("Mul", {"x", "factor"}, {"a"});
        m.node("Relu", {"a"}, {"y"});
      };
    };
    CHECK(outcome({"b", 2, 4}, Sequence<float>({x}), chosen(2)).values() == 2 * x);
    CHECK(outcome({"b", 2, 4}, Sequence<float>({x}), chosen(3)).values() == x);
    CHECK(outcome(open, Sequence<float>({x}), chosen(-1)).values() == x);  // as exporters ask it
    CHECK_THAT(described(open, chosen(2)),
               ContainsSubstring("(Equal) needs the size of an axis that the file does not say"));
  }
  SECTION("in a Reshape of a constant") {
    const Sequence<float> y = outcome({2, "t", 4}, Sequence<float>({x, x}), [&](ModelWriter& m) {
      size(m, "x", 0, "b");
      m.whole("list", {1}, {0}).whole("rest", {2}, {-1, 4}).node("Unsqueeze", {"b", "list"}, {"first"});
      m.node("Concat", {"first", "rest"}, {"shape"}).with("axis", 0);
      m.constant("c", {8}, {1, 2, 3, 4, 5, 6, 7, 8}).node("Reshape", {"c", "shape"}, {"rows"});
      m.whole("second", {}, {1}).node("Gather", {"rows", "second"}, {"row"}).with("axis", 0);
      m.node("Add", {"x", "row"}, {"y"});
    });
    CHECK(y.sample(1) == x.colwise() + Eigen::Vector4f(5, 6, 7, 8));
  }
  SECTION("of a constant with more axes") {
    CHECK(described(
              {"b", 4},
              [](ModelWriter& m) {
                m.constant("c", {1, 1, 1}, {2}).node("Add", {"x", "c"}, {"a"});
                m.node("Squeeze", {"a"}, {"y"}).with("axes", Dims{0});
              },
              11) == "Scale (4)");
  }
}

TEST_CASE("ONNX: a cast to bool makes zeros and ones", "[exchange][onnx_operators]") {
  MatrixX<float> x(4, 2);
  x << 1, 2, 3, 4, 5, 6, 7, 8;
  const std::vector<Dim> dims{"b", "t", 4};
  for (const bool whole : {false, true}) {
    const Sequence<float> y = outcome(dims, Sequence<float>({x}), [&](ModelWriter& m) {
      if (whole)
        m.whole("c", {4}, {0, 2, -3, 1});
      else
        m.constant("c", {4}, {0, 0.5F, -3, 1});
      m.node("Cast", {"c"}, {"mask"}).with("to", 9);
      m.node("Cast", {"mask"}, {"factor"}).with("to", 1);
      m.node("Mul", {"x", "factor"}, {"y"});
    });
    CHECK(y.values() == Eigen::Vector4f(0, 1, 1, 1).asDiagonal() * x);
  }
  CHECK_THAT(described(dims,
                       [](ModelWriter& m) {
                         m.node("Cast", {"x"}, {"mask"}).with("to", 9);
                         m.node("Cast", {"mask"}, {"factor"}).with("to", 1);
                         m.node("Mul", {"x", "factor"}, {"y"});
                       }),
             ContainsSubstring("(Cast) casts a value of the inputs to bool"));
}

/// Two layers that scale become one only if the number of both is one.
TEST_CASE("ONNX: a Clip with a large bound and a large factor", "[exchange][onnx_operators]") {
  MatrixX<float> x(1, 2);
  x << 0.3F, -1;
  const Sequence<float> y = outcome({"b", "t", 1}, Sequence<float>({x}), [](ModelWriter& m) {
    m.constant("low", {}, {0}).constant("high", {}, {1e29F}).constant("factor", {}, {1e10F});
    m.node("Clip", {"x", "low", "high"}, {"a"});
    m.node("Mul", {"a", "factor"}, {"y"});
  });
  CHECK(std::abs(y.values()(0, 0) - 3e9F) <= 1e3F);
  CHECK(y.values()(0, 1) == 0);
  const auto norm_or_dense = [](const char* op) {
    return [op](ModelWriter& m) {
      m.constant("big", {}, {3e38F}).constant("w", {1, 1}, {1}).constant("one", {1}, {1});
      if (op == std::string("MatMul"))
        m.node("MatMul", {"x", "w"}, {"a"});
      else
        m.node("LayerNormalization", {"x", "one"}, {"a"});
      m.node("Add", {"a", "big"}, {"b"});
      m.node("Add", {"b", "big"}, {"y"});
    };
  };
  for (const char* op : {"MatMul", "LayerNormalization"})
    CHECK_THAT(described({"b", "t", 1}, norm_or_dense(op), 17), Catch::Matchers::EndsWith("Scale (1)}"));
}

}  // namespace onnx_operators_test
}  // namespace recur::testing
