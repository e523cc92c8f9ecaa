// RNN, LSTM and GRU with every attribute, against the equations of the specification in loops over single numbers.
#include "recur/exchange/onnx/recurrent.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "catch.hpp"
#include "exchange/onnx/models.hpp"
#include "figure.hpp"
#include "recur/exchange/onnx.hpp"
#include "recur/recurrence/state.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace onnx_recurrent_test {

using namespace onnx_models;
using Catch::Matchers::ContainsSubstring;
using Function = std::function<double(double)>;

struct Named {
  std::string name;
  Function f;
  Floats alpha{}, beta{};
};
double sigma(double a) { return 1 / (1 + std::exp(-a)); }
Named sigmoid() { return {"Sigmoid", sigma}; }
Named tangent() {
  return {"Tanh", [](double a) { return std::tanh(a); }};
}

/// A recurrent node.
struct Case {
  std::string op;
  std::string direction = "forward";
  Index layout = 0;
  bool ragged = false, linear_before_reset = false, peepholes = false, input_forget = false;
  float clip = 0;
  enum class Start { zero, constant, input } start = Start::zero;
  std::vector<Named> functions{};  // of each direction; none: the default

  Index inputs = 3, hidden = 4, batch = 3, steps = 5;
  Floats w{}, r{}, b{}, p{}, x{}, initial_h{}, initial_c{};
  std::vector<Index> lengths{};

  Index directions() const { return direction == "bidirectional" ? 2 : 1; }
  Index gates() const { return op == "LSTM" ? 4 : op == "GRU" ? 3 : 1; }
  Index each() const { return op == "LSTM" ? 3 : op == "GRU" ? 2 : 1; }

  void draw(Random& random) {
    const Index D = directions(), G = gates();
    w = random_floats(random, D * G * hidden * inputs);
    r = random_floats(random, D * G * hidden * hidden);
    b = random_floats(random, D * 2 * G * hidden, 0.5F);
    if (peepholes) p = random_floats(random, D * 3 * hidden);
    x = random_floats(random, steps * batch * inputs, 2);
    lengths = {steps, steps, steps};
    if (ragged) lengths = {2, steps, 3};
    initial_h.assign(static_cast<std::size_t>(D * batch * hidden), 0);
    initial_c = initial_h;
    if (start == Start::zero) return;
    for (auto* const state : {&initial_h, &initial_c}) {
      *state = random_floats(random, D * batch * hidden);
      if (start == Start::constant)  // the same for all samples
        for (Index d = 0; d < D; ++d)
          for (Index k = 0; k < batch; ++k)
            for (Index i = 0; i < hidden; ++i)
              (*state)[static_cast<std::size_t>((d * batch + k) * hidden + i)] =
                  (*state)[static_cast<std::size_t>(d * batch * hidden + i)];
    }
  }
  /// [d][b][i] with the batch first if the layout says so.
  Floats in_layout(const Floats& state) const {
    if (layout == 0) return state;
    Floats moved(state.size());
    for (Index d = 0; d < directions(); ++d)
      for (Index k = 0; k < batch; ++k)
        for (Index i = 0; i < hidden; ++i)
          moved[static_cast<std::size_t>((k * directions() + d) * hidden + i)] =
              state[static_cast<std::size_t>((d * batch + k) * hidden + i)];
    return moved;
  }

  fs::path write(const TemporaryDirectory& directory) const {
    const Index D = directions(), G = gates();
    ModelWriter m;
    layout == 0 ? m.input("x", {"t", "b", inputs}) : m.input("x", {"b", "t", inputs});
    m.constant("w", {D, G * hidden, inputs}, w)
        .constant("r", {D, G * hidden, hidden}, r)
        .constant("b", {D, 2 * G * hidden}, b);
    std::vector<std::string> in{"x", "w", "r", "b", "", "", "", ""}, out{"y", "y_h"};
    if (ragged) m.input("lengths", {"b"}, 6), in[4] = "lengths";
    const Dims of_state = layout == 0 ? Dims{D, batch, hidden} : Dims{batch, D, hidden};
    const std::vector<Dim> of_input =
        layout == 0 ? std::vector<Dim>{D, "b", hidden} : std::vector<Dim>{"b", D, hidden};
    for (int q = 0; q < (op == "LSTM" ? 2 : 1) && start != Start::zero; ++q) {
      in[static_cast<std::size_t>(5 + q)] = q == 0 ? "h" : "c";
      if (start == Start::input)
        m.input(in[static_cast<std::size_t>(5 + q)], of_input);
      else
        m.constant(in[static_cast<std::size_t>(5 + q)], of_state, in_layout(q == 0 ? initial_h : initial_c));
    }
    if (peepholes) m.constant("p", {D, 3 * hidden}, p), in[7] = "p";
    if (op == "LSTM")
      out.push_back("y_c");
    else
      in.resize(6);
    auto node = m.node(op, in, out);
    node.with("hidden_size", hidden);
    if (direction != "forward") node.with("direction", direction.c_str());
    if (layout == 1) node.with("layout", 1);
    if (clip > 0) node.with("clip", clip);
    if (linear_before_reset) node.with("linear_before_reset", 1);
    if (input_forget) node.with("input_forget", 1);
    if (!functions.empty()) {
      std::vector<std::string> names;
      Floats alphas, betas;
      for (const Named& f : functions) {
        names.push_back(f.name);
        alphas.insert(alphas.end(), f.alpha.begin(), f.alpha.end());
        betas.insert(betas.end(), f.beta.begin(), f.beta.end());
      }
      node.with("activations", names);
      if (!alphas.empty()) node.with("activation_alpha", alphas);
      if (!betas.empty()) node.with("activation_beta", betas);
    }
    for (const auto& name : out) m.output(name);
    return m.write(directory);
  }

  /// What the specification says, [t][d][b][i] and [d][b][i].
  struct Expected {
    std::vector<double> y, h, c;
  };
  Expected run() const {
    const Index D = directions(), H = hidden, G = gates();
    Expected all;
    all.y.assign(static_cast<std::size_t>(steps * D * batch * H), 0);
    all.h.assign(static_cast<std::size_t>(D * batch * H), 0);
    all.c = all.h;
    const auto at = [](const auto& list, Index i) {
      return static_cast<double>(list[static_cast<std::size_t>(i)]);
    };
    for (Index d = 0; d < D; ++d)
      for (Index k = 0; k < batch; ++k) {
        std::vector<double> h, c;
        for (Index i = 0; i < H; ++i) {
          h.push_back(at(initial_h, (d * batch + k) * H + i));
          c.push_back(at(initial_c, (d * batch + k) * H + i));
        }
        const Index length = lengths[static_cast<std::size_t>(k)];
        for (Index n = 0; n < length; ++n) {
          const Index t = direction == "reverse" || d == 1 ? length - 1 - n : n;
          const auto f = [&](Index which, double a) {
            if (clip > 0) a = std::clamp(a, -static_cast<double>(clip), static_cast<double>(clip));
            if (!functions.empty()) return functions[static_cast<std::size_t>(d * each() + which)].f(a);
            return each() > 1 && which == 0 ? sigma(a) : std::tanh(a);
          };
          // X W^T + Wb, and H R^T + Rb of a gate, for a unit.
          const auto from_x = [&](Index gate, Index i) {
            double sum = at(b, d * 2 * G * H + gate * H + i);
            for (Index j = 0; j < inputs; ++j)
              sum += at(w, ((d * G + gate) * H + i) * inputs + j) * at(x, (t * batch + k) * inputs + j);
            return sum;
          };
          const auto from_h = [&](Index gate, Index i, const std::vector<double>& state) {
            double sum = at(b, d * 2 * G * H + (G + gate) * H + i);
            for (Index j = 0; j < H; ++j) sum += at(r, ((d * G + gate) * H + i) * H + j) * at(state, j);
            return sum;
          };
          const auto peephole = [&](Index which, Index i, double memory) {
            return peepholes ? at(p, d * 3 * H + which * H + i) * memory : 0;
          };
          std::vector<double> next(h), memory(c), reset(h), candidate_reset(h);
          if (op == "GRU")
            for (Index i = 0; i < H; ++i) {
              reset[static_cast<std::size_t>(i)] = f(0, from_x(1, i) + from_h(1, i, h));
              candidate_reset[static_cast<std::size_t>(i)] = reset[static_cast<std::size_t>(i)] * at(h, i);
            }
          for (Index i = 0; i < H; ++i) {
            const auto u = static_cast<std::size_t>(i);
            if (op == "RNN") {
              next[u] = f(0, from_x(0, i) + from_h(0, i, h));
            } else if (op == "GRU") {
              const double z = f(0, from_x(0, i) + from_h(0, i, h));
              const double candidate =
                  f(1, linear_before_reset ? from_x(2, i) + reset[u] * from_h(2, i, h)
                                           : from_x(2, i) + from_h(2, i, candidate_reset));
              next[u] = (1 - z) * candidate + z * h[u];
            } else {  // gates i, o, f, c
              const double in = f(0, from_x(0, i) + from_h(0, i, h) + peephole(0, i, c[u]));
              const double forget =
                  input_forget ? 1 - in : f(0, from_x(2, i) + from_h(2, i, h) + peephole(2, i, c[u]));
              memory[u] = forget * c[u] + in * f(1, from_x(3, i) + from_h(3, i, h));
              next[u] = f(0, from_x(1, i) + from_h(1, i, h) + peephole(1, i, memory[u])) * f(2, memory[u]);
            }
          }
          h = next;
          c = memory;
          for (Index i = 0; i < H; ++i)
            all.y[static_cast<std::size_t>(((t * D + d) * batch + k) * H + i)] =
                h[static_cast<std::size_t>(i)];
        }
        for (Index i = 0; i < H; ++i) {
          all.h[static_cast<std::size_t>((d * batch + k) * H + i)] = h[static_cast<std::size_t>(i)];
          all.c[static_cast<std::size_t>((d * batch + k) * H + i)] = c[static_cast<std::size_t>(i)];
        }
      }
    return all;
  }
};

/// The largest difference between the specification and what is loaded.
double difference(const Case& is, const TemporaryDirectory& directory) {
  const Graph<float> graph = load_onnx_graph(is.write(directory));
  const Index D = is.directions(), H = is.hidden;
  std::vector<MatrixX<float>> samples;
  for (Index k = 0; k < is.batch; ++k) {
    samples.emplace_back(is.inputs, is.lengths[static_cast<std::size_t>(k)]);
    for (Index t = 0; t < samples.back().cols(); ++t)
      for (Index j = 0; j < is.inputs; ++j)
        samples.back()(j, t) = is.x[static_cast<std::size_t>((t * is.batch + k) * is.inputs + j)];
  }
  const Sequence<float> x(samples);
  MatrixX<float> initial;
  if (is.start == Case::Start::input) {
    const Index states = is.op == "LSTM" ? 2 : 1;
    initial.resize(D * states * H, is.batch);
    for (Index d = 0; d < D; ++d)
      for (Index q = 0; q < states; ++q)
        for (Index k = 0; k < is.batch; ++k)
          for (Index i = 0; i < H; ++i)
            initial((d * states + q) * H + i, k) =
                (q == 0 ? is.initial_h : is.initial_c)[static_cast<std::size_t>((d * is.batch + k) * H + i)];
  }
  Graph<float>::Tape tape;
  graph.forward({{"x", x}}, tape, predicting, initial);
  const Case::Expected expected = is.run();
  const MatrixX<float> final = final_state(graph, tape);
  double worst = 0;
  const auto compare = [&](float given, double legal) {
    worst = std::max(worst, std::isfinite(given) ? std::abs(static_cast<double>(given) - legal) : 1e9);
  };
  for (Index k = 0; k < is.batch; ++k) {
    const MatrixX<float> y = graph.output(tape, "y").sample(k), h = graph.output(tape, "y_h").sample(k);
    REQUIRE(y.rows() == D * H);
    REQUIRE(y.cols() == is.lengths[static_cast<std::size_t>(k)]);
    REQUIRE(h.cols() == 1);
    for (Index d = 0; d < D; ++d)
      for (Index i = 0; i < H; ++i) {
        for (Index t = 0; t < y.cols(); ++t)
          compare(y(d * H + i, t),
                  expected.y[static_cast<std::size_t>(((t * D + d) * is.batch + k) * H + i)]);
        const auto place = static_cast<std::size_t>((d * is.batch + k) * H + i);
        compare(h(d * H + i, 0), expected.h[place]);
        const Index states = is.op == "LSTM" ? 2 : 1;
        compare(final(d * states * H + i, k), expected.h[place]);
        if (states == 2) compare(final((2 * d + 1) * H + i, k), expected.c[place]);
      }
  }
  return worst;
}

TEST_CASE("ONNX: layout x direction x sequence_lens x form x clip x activations x initial state",
          "[exchange][onnx_recurrent]") {
  const TemporaryDirectory directory;
  Random random(5);
  std::vector<Case> forms{{.op = "RNN"}, {.op = "GRU"}, {.op = "GRU", .linear_before_reset = true}};
  for (const bool peepholes : {false, true})
    for (const bool input_forget : {false, true})
      forms.push_back({.op = "LSTM", .peepholes = peepholes, .input_forget = input_forget});
  const Named hard{
      "HardSigmoid", [](double a) { return std::clamp(0.3 * a + 0.4, 0.0, 1.0); }, {0.3F}, {0.4F}};
  const Named scaled{"ScaledTanh", [](double a) { return 1.2 * std::tanh(0.8 * a); }, {1.2F}, {0.8F}};
  const Named soft{"Softsign", [](double a) { return a / (1 + std::abs(a)); }};
  int count = 0;
  double worst = 0;
  for (const Case& form : forms)
    for (const char* direction : {"forward", "reverse", "bidirectional"})
      for (const Index layout : {0, 1})
        for (const bool ragged : {false, true})
          for (const float clip : {0.0F, 0.7F})
            for (const bool usual : {true, false})
              for (const auto start : {Case::Start::zero, Case::Start::constant, Case::Start::input}) {
                Case is = form;
                is.direction = direction;
                is.layout = layout;
                is.ragged = ragged;
                is.clip = clip;
                is.start = start;
                if (!usual)
                  for (Index d = 0; d < is.directions(); ++d) {
                    if (is.each() > 1) is.functions.push_back(d == 0 ? hard : sigmoid());
                    is.functions.push_back(d == 0 ? scaled : soft);
                    if (is.each() > 2) is.functions.push_back(d == 0 ? soft : tangent());
                  }
                is.draw(random);
                INFO(is.op << ' ' << direction << " layout " << layout << " ragged " << ragged << " clip "
                           << clip << " usual " << usual << " start " << static_cast<int>(start)
                           << " linear_before_reset " << is.linear_before_reset << " peepholes "
                           << is.peepholes << " input_forget " << is.input_forget);
                const double error = difference(is, directory);
                CHECK(error < 1e-6);
                worst = std::max(worst, error);
                ++count;
              }
  CHECK(count == 7 * 3 * 2 * 2 * 2 * 2 * 3);
  record_figure("onnx-grid", worst);
}

TEST_CASE("ONNX: every activation, with its own and with other parameters", "[exchange][onnx_recurrent]") {
  const TemporaryDirectory directory;
  Random random(6);
  const auto elu = [](double alpha) {
    return [=](double a) { return a > 0 ? a : alpha * (std::exp(a) - 1); };
  };
  const auto leaky = [](double alpha) { return [=](double a) { return a > 0 ? a : alpha * a; }; };
  const auto above = [](double alpha) { return [=](double a) { return a > alpha ? a : 0; }; };
  const auto hard = [](double alpha, double beta) {
    return [=](double a) { return std::clamp(alpha * a + beta, 0.0, 1.0); };
  };
  const std::vector<Named> all{
      {"Relu", [](double a) { return std::max(a, 0.0); }},
      tangent(),
      sigmoid(),
      {"Affine", [](double a) { return 0.5 * a + 0.25; }, {0.5F}, {0.25F}},
      {"LeakyRelu", leaky(0.01)},
      {"LeakyRelu", leaky(0.25), {0.25F}},
      {"ThresholdedRelu", above(1)},
      {"ThresholdedRelu", above(0.125), {0.125F}},
      {"ScaledTanh", [](double a) { return 0.5 * std::tanh(0.75 * a); }, {0.5F}, {0.75F}},
      {"HardSigmoid", hard(0.2, 0.5)},
      {"HardSigmoid", hard(0.25, 0.375), {0.25F}, {0.375F}},
      {"Elu", elu(1)},
      {"Elu", elu(0.5), {0.5F}},
      {"Softsign", [](double a) { return a / (1 + std::abs(a)); }},
      {"softplus", [](double a) { return std::log1p(std::exp(a)); }}};
  for (const Named& f : all) {
    Case is{.op = "RNN"};
    is.functions = {f};
    is.clip = 2;  // what has no bound grows
    is.draw(random);
    INFO(f.name);
    CHECK(difference(is, directory) < 1e-6 * 4);
  }
}

TEST_CASE("ONNX: what is wrong of a recurrent node is named", "[exchange][onnx_recurrent]") {
  const TemporaryDirectory directory;
  const auto refused = [&](auto&& change) {
    Case is{.op = "LSTM"};
    Random random(1);
    is.draw(random);
    const auto path = is.write(directory);
    ModelWriter m;
    m.model.ParseFromString(detail::read_file(path));
    change(m);
    m.write(directory);
    return refusal<FileError>([&] { load_onnx_graph(path); });
  };
  const auto node = [](ModelWriter& m) { return NodeWriter(*m.model.mutable_graph()->mutable_node(0)); };
  const std::string at = (directory.path / "model.onnx").string() + ": the node \"y_node\" (LSTM) ";
  CHECK(refused([&](auto& m) { node(m).with("clip", -1.0F); }) == at + "has clip -1: it must be above 0");
  CHECK(refused([&](auto& m) { node(m).with("direction", "up"); }) ==
        at + "has direction \"up\": legal are \"forward\", \"reverse\" and \"bidirectional\"");
  CHECK(refused([&](auto& m) { node(m).with("layout", 2); }) == at + "has layout 2: it must be 0 or 1");
  CHECK(refused([&](auto& m) { node(m).with("hidden_size", 3); }) == at + "has hidden_size twice");
  CHECK(refused([&](auto& m) { node(m).with("activations", std::vector<std::string>{"Tanh"}); }) ==
        at + "has 1 activations: it must have 3");
  CHECK_THAT(refused([&](auto& m) {
               node(m).with("activations", std::vector<std::string>{"Tanh", "Tanh", "Sine"});
             }),
             ContainsSubstring("has the activation \"Sine\": legal are Relu, Tanh, Sigmoid, Affine"));
  CHECK(refused([&](auto& m) { node(m).with("wings", 2); }) ==
        at + "has the attribute \"wings\", which can't be represented here");
  CHECK(refused([&](auto& m) { node(m).add("clip", 2).set_i(3); }) ==
        at + "has clip of type 2: it must be a number");
  CHECK(refused([&](auto& m) { node(m).message().set_input(2, "w"); }) ==
        at + "has R of 1 x 16 x 3: it must be 1 x 16 x 4");
  CHECK(refused([&](auto& m) { node(m).message().set_input(2, "nothing"); }) ==
        at + "reads \"nothing\", which nothing before it gives");
}

}  // namespace onnx_recurrent_test
}  // namespace recur::testing
