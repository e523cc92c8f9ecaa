// What is written comes back, and a program of its own computes the same.
#include "recur/exchange/onnx/write.hpp"

#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "exchange/onnx/models.hpp"
#include "max_abs.hpp"
#include "recur/attention/attention_pool.hpp"
#include "recur/attention/multi_head_attention.hpp"
#include "recur/attention/transformer.hpp"
#include "recur/cell/coupled_lstm.hpp"
#include "recur/cell/indrnn.hpp"
#include "recur/cell/min_rnn.hpp"
#include "recur/cell/projected_lstm.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/exchange/onnx.hpp"
#include "recur/layer/context_window.hpp"
#include "recur/layer/positions.hpp"
#include "recur/network/standard.hpp"
#include "recur/recurrence/state.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace onnx_write_test {

using namespace onnx_models;
using Catch::Matchers::ContainsSubstring;
using Json = nlohmann::json;

Json plain(const Dims& shape, const std::vector<double>& data) { return {{"shape", shape}, {"data", data}}; }
/// Equal lengths: steps × batch × features, or batch × features of what is there once.
Json plain(const Sequence<float>& s, bool once) {
  std::vector<double> data;
  for (Index k = 0; k < s.columns() * s.features(); ++k) data.push_back(static_cast<double>(s.data()[k]));
  return plain(once ? Dims{s.batch(), s.features()} : Dims{s.steps(), s.batch(), s.features()}, data);
}

/// Has the evaluator run the files: NAME.onnx for each NAME of `expected`.
void evaluate(const TemporaryDirectory& directory, const Json& expected) {
  directory.file("expected.json", expected.dump());
  const std::string command =
      "PATH=/usr/bin:$PATH python3 '" +
      (fs::path(RECUR_GOLDEN_DIR).parent_path() / "exchange/onnx/evaluator.py").string() + "' '" +
      directory.path.string() + "'";
  const int status = std::system(command.c_str());
  if (status == 77 * 256)
    WARN("python3 has no numpy or onnx: nothing else has run the files");
  else
    CHECK(status == 0);
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
  add("coupled", Network<float>{Bidirectional{CoupledLstm<float>{3, 4}}});
  add("indrnn", Network<float>{Bidirectional{IndRnn<float>{3, 4}}});
  add("indrnn_tanh", Network<float>{LearnedState{Recurrent{IndRnn<float, Tanh>{3, 4}}}});
  add("gru", made(Description("gru", 3, 4).with("direction", "both")));
  add("reset_before", Network<float>{LearnedState{Recurrent{GruResetBefore<float>{3, 4}}}});
  add("mingru", Network<float>{Bidirectional{MinGru<float>{3, 4}}});
  add("mingru_learned", Network<float>{LearnedState{Recurrent{MinGru<float>{3, 4}}}});
  add("projected", Network<float>{Recurrent{ProjectedLstm<float>{3, 4, 2}}});
  for (const Merge merge : {Merge::concatenate, Merge::sum, Merge::mean})
    add(merge == Merge::concatenate ? "projected_both"
        : merge == Merge::sum       ? "projected_sum"
                                    : "projected_mean",
        Network<float>{Bidirectional{ProjectedLstm<float>{3, 4, 2}, merge}});
  add("projected_last",
      chain(Network<float>{Recurrent{ProjectedLstm<float>{3, 4, 2}}}, Pool<float>{Pooling::last}));
  add("projected_ends",
      chain(Network<float>{Bidirectional{ProjectedLstm<float>{3, 4, 2}}}, Pool<float>{Pooling::ends}));
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
  add("attention", chain(made({"gru", 3, 4}), MultiHeadAttention<float>{4, 2}));
  add("transformer",
      chain(Network<float>{Dense<float>{3, 6}}, TransformerEncoderLayer<float>{6, 3, 5, {.dropout = 0}},
            TransformerEncoderLayer<float, Gelu>{6, 2, 4, {.norm = NormOrder::before}}));
  add("causal", chain(Network<float>{Dense<float>{3, 4}}, SinusoidalPositions<float>{},
                      LearnedPositions<float>{9, 4}, MultiHeadAttention<float>{4, 1, {.causal = true}}));
  add("attention_pool", chain(made({"gru", 3, 4}), AttentionPool<float>{4, 5}, Dense<float>{4, 2}));
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

TEST_CASE("ONNX: what is written comes back, and another program computes the same",
          "[exchange][onnx_write]") {
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
    if (name == "causal") continue;  // its mask has no operator here
    if (name == "attention_pool") {  // nor has a softmax along time outside of attention to itself
      CHECK_THAT(refusal<FileError>([&] { load_onnx(path); }),
                 ContainsSubstring("(Softmax) takes for features what is time"));
      continue;
    }
    const Network<float> again = load_onnx(path);
    const Sequence<float>& z = again.forward(x, of_again);
    REQUIRE(z.layout() == y.layout());
    CHECK((z.values() - y.values()).cwiseAbs().maxCoeff<Eigen::PropagateNaN>() < 1e-6);
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

  evaluate(directory, expected);
}

/// Ragged sequences, padded there to the longest, with numbers behind their ends that must not be seen.
TEST_CASE("ONNX: a file with lengths computes ragged sequences", "[exchange][onnx_write]") {
  const TemporaryDirectory directory;
  Random random(9);
  const Index longest = 6;
  std::vector<MatrixX<float>> samples{MatrixX<float>(3, 4), MatrixX<float>(3, longest), MatrixX<float>(3, 1)};
  std::vector<double> padded, lengths;
  for (auto& sample : samples) {
    uniform(sample, 1, random);
    lengths.push_back(static_cast<double>(sample.cols()));
  }
  for (Index t = 0; t < longest; ++t)
    for (const auto& sample : samples)
      for (Index f = 0; f < 3; ++f)
        padded.push_back(t < sample.cols() ? static_cast<double>(sample(f, t)) : 100.0);
  const Sequence<float> x(samples);
  Json expected;
  int read_back = 0;
  for (const auto& one : networks()) {
    const std::string& name = one.first;
    const Network<float>& net = one.second;
    INFO(name);
    const auto path = directory.path / (name + ".onnx");
    if (name == "convolutions") {
      CHECK_THAT(refusal([&] { save_onnx(path, net, {.lengths = true}); }),
                 ContainsSubstring(
                     "a layer of the kind \"conv1d\" at 1 can't be written to an ONNX file: it changes "
                     "the lengths of sequences"));
      continue;
    }
    save_onnx(path, net, {.lengths = true});
    Network<float>::Tape tape, of_again;
    const Sequence<float>& y = net.forward(x, tape);
    const bool once = y.columns() == x.batch();
    Json output = plain(y, true);
    if (!once) {  // null where nothing must be equal
      std::vector<Json> numbers;
      for (Index t = 0; t < longest; ++t)
        for (Index b = 0; b < x.batch(); ++b)
          for (Index f = 0; f < y.features(); ++f)
            numbers.push_back(t < samples[static_cast<std::size_t>(b)].cols() ? Json(y.sample(b)(f, t))
                                                                              : Json());
      output = {{"shape", Dims{longest, x.batch(), y.features()}}, {"data", numbers}};
    }
    expected[name] = {{"inputs",
                       {{"input", plain({longest, x.batch(), 3}, padded)},
                        {"lengths", {{"shape", Dims{3}}, {"data", Dims{4, 6, 1}}}}}},
                      {"outputs", {{"output", output}}}};
    // What stands in masks has no operator here.
    std::string wrong = refusal<FileError>([&] {
      const Sequence<float>& z = load_onnx(path).forward(x, of_again);
      REQUIRE(z.layout() == y.layout());
      CHECK((z.values() - y.values()).cwiseAbs().maxCoeff<Eigen::PropagateNaN>() < 1e-6);
      ++read_back;
    });
    if (wrong != "nothing was refused") CHECK_THAT(wrong, ContainsSubstring("can't be represented"));
  }
  CHECK(read_back >= 26);
  evaluate(directory, expected);
}

TEST_CASE("ONNX: the maximum of a ragged sequence may be any number", "[exchange][onnx_write]") {
  const TemporaryDirectory directory;
  Network<float> net = make_network<float>({{"dense", 1, 1}, Description("pool").with("pooling", "max")});
  Parameters<float>(net)[0].data[0] = 1;
  save_onnx(directory.path / "max.onnx", net, {.lengths = true});
  const double low = std::ldexp(-1.0, 110);
  const Json expected{{"max",
                       {{"inputs",
                         {{"input", plain({2, 2, 1}, {low, 3, 2 * low, 4})},
                          {"lengths", {{"shape", Dims{2}}, {"data", Dims{1, 2}}}}}},
                        {"outputs", {{"output", plain({2, 1}, {low, 4})}}}}}};
  evaluate(directory, expected);
}

TEST_CASE("ONNX: a file with states goes on where another run ended", "[exchange][onnx_write]") {
  const TemporaryDirectory directory;
  Random random(10);
  MatrixX<float> first(3, 8), second(3, 6);
  uniform(first, 1, random);
  uniform(second, 1, random);
  const Sequence<float> x(first, 2), next(second, 2);
  Json expected;
  for (const auto& [name, net] : networks()) {
    if (name != "stack" && name != "gru" && name != "learned" && name != "last") continue;
    INFO(name);
    const auto path = directory.path / (name + ".onnx");
    save_onnx(path, net, {.states = true});
    Network<float>::Tape tape, of_all;
    net.forward(x, tape, predicting);
    const MatrixX<float> state = final_state(net, tape);
    const Sequence<float>& y = net.forward(next, tape, predicting, state);
    Json inputs{{"input", plain(next, false)}}, outputs{{"output", plain(y, y.columns() == 2)}};
    // The rows of the state are h and c of each direction, of one layer after the other.
    const MatrixX<float> after = final_state(net, tape);
    const bool is_lstm = name == "stack" || name == "learned", both = name == "stack" || name == "gru";
    const Index layers = name == "stack" ? 3 : 1, ways = both ? 2 : 1, states = is_lstm ? 2 : 1, H = 4;
    REQUIRE(state.rows() == layers * ways * states * H);
    for (Index layer = 0; layer < layers; ++layer)
      for (Index q = 0; q < states; ++q) {
        const auto part = [&](const MatrixX<float>& of) {
          std::vector<double> numbers;
          for (Index d = 0; d < ways; ++d)
            for (Index b = 0; b < 2; ++b)
              for (Index i = 0; i < H; ++i)
                numbers.push_back(static_cast<double>(of(((layer * ways + d) * states + q) * H + i, b)));
          return plain({ways, 2, H}, numbers);
        };
        const std::string end = (q == 0 ? "_h_" : "_c_") + std::to_string(layer + 1);
        inputs["initial" + end] = part(state);
        outputs["final" + end] = part(after);
      }
    expected[name] = {{"inputs", inputs}, {"outputs", outputs}};
    const auto again = load_onnx(path);
    const Sequence<float>& z = again.forward(next, of_all, predicting, state);
    CHECK((z.values() - y.values()).cwiseAbs().maxCoeff<Eigen::PropagateNaN>() < 1e-6);
    CHECK((final_state(again, of_all) - after).cwiseAbs().maxCoeff<Eigen::PropagateNaN>() < 1e-6);
  }
  CHECK(expected.size() == 4);
  evaluate(directory, expected);
}

TEST_CASE("ONNX: a coupled LSTM is right in programs that don't know input_forget",
          "[exchange][onnx_write]") {
  const TemporaryDirectory directory;
  const auto path = directory.path / "coupled.onnx";
  Network<float> net{Recurrent{CoupledLstm<float>{3, 4}}};
  initialize(net, 11, Uniform{0.7});
  save_onnx(path, net);
  detail::onnx::messages::Model model;
  {
    std::ifstream in(path, std::ios::binary);
    REQUIRE(model.ParseFromIstream(&in));
  }
  int removed = 0;
  for (auto& node : *model.mutable_graph()->mutable_node())
    for (int k = node.attribute_size(); k-- > 0;)
      if (node.attribute(k).name() == "input_forget") {
        node.mutable_attribute()->DeleteSubrange(k, 1);
        ++removed;
      }
  REQUIRE(removed == 1);
  directory.file("coupled.onnx", model.SerializeAsString());
  const Network<float> plain = load_onnx(path);
  CHECK(plain.describe() == "LSTM (3 -> 4)");
  Random random(12);
  MatrixX<float> steps(3, 8);
  uniform(steps, 1, random);
  const Sequence<float> x(steps, 2);
  Network<float>::Tape tape, of_plain;
  CHECK(max_abs(net.forward(x, tape).values() - plain.forward(x, of_plain).values()) < 1e-6F);
}

TEST_CASE("ONNX: inputs and outputs keep their names", "[exchange][onnx_write]") {
  const TemporaryDirectory directory;
  const auto path = directory.path / "model.onnx";
  const Dense<float, Tanh> dense{3, 2};
  const Graph<float> graph(
      {{"lengths", 3}},
      {{"dense", dense, {"lengths"}}, {"dense_2", dense, {"lengths"}}, {"tanh", dense, {"lengths"}}},
      {"dense_2", "dense", "tanh"});
  save_onnx(path, graph);
  CHECK(load_onnx_graph(path).outputs() == graph.outputs());
  CHECK_THAT(refusal([&] { save_onnx(path, graph, {.lengths = true}); }),
             ContainsSubstring("two inputs or outputs \"lengths\""));
}

TEST_CASE("ONNX: a layer that has no operator there is named", "[exchange][onnx_write]") {
  const TemporaryDirectory directory;
  const auto path = directory.path / "model.onnx";
  Chain<float> net{Network<float>{Dense<float>{3, 3}}};
  net.add(Network<float>{Recurrent{MinLstm<float>{3, 2}}});
  CHECK(refusal([&] { save_onnx(path, net); }) ==
        "a layer of the kind \"minlstm\" at 1 can't be written to an ONNX file: ONNX has no operator "
        "for it");
  const Recurrent projected{ProjectedLstm<float>{3, 4, 2}};
  const std::string why = "its state has a projection";
  CHECK_THAT(refusal([&] { save_onnx(path, Network<float>{projected}, {.states = true}); }),
             ContainsSubstring(why));
  CHECK_THAT(refusal([&] { save_onnx(path, Network<float>{FinalState{projected}}); }),
             ContainsSubstring(why));
  CHECK_THAT(refusal([&] { save_onnx(path, Network<float>{LearnedState{projected}}); }),
             ContainsSubstring(why));
  CHECK(!fs::exists(path));
  CHECK_THAT(refusal([&] { save_onnx(path, Network<float>{Pool<float>{Pooling::last}}); }),
             ContainsSubstring("any number of features"));
}

}  // namespace onnx_write_test
}  // namespace recur::testing
