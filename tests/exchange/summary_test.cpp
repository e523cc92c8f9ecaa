#include "recur/exchange/summary.hpp"

#include "catch.hpp"
#include "recur/layer/conv1d.hpp"
#include "recur/network/standard.hpp"

namespace recur::testing {
namespace summary_test {

TEST_CASE("A summary has each layer with its parameters and the cost of a step", "[exchange][summary]") {
  const auto network = make_network<float, Token>({{"embedding", 50, 4},
                                                   Description("residual").around({"lstm", 4, 4}),
                                                   Description("gru", 4, 3).with("direction", "both"),
                                                   {"dense", 6, 2}});
  const auto layers = summarize(network);
  const auto is = [&](std::size_t i, Index depth, const char* kind, Index parameters, Index flops) {
    const auto& layer = layers.at(i);
    CAPTURE(i, layer.details);
    CHECK((layer.depth == depth && layer.kind == kind));
    CHECK(layer.parameters == parameters);
    CHECK(layer.flops == flops);
  };
  const Index lstm = 16 * 8 + 32, lstm_flops = 2 * 16 * 8 + 32, gru = 2 * (9 * 7 + 18),
              gru_flops = 2 * (2 * 9 * 7 + 18);
  REQUIRE(layers.size() == 6);
  is(0, 0, "chain", 200 + lstm + gru + 14, lstm_flops + gru_flops + 26);
  is(1, 1, "embedding", 200, 0);
  is(2, 1, "residual", lstm, lstm_flops);
  is(3, 2, "lstm", lstm, lstm_flops);
  is(4, 1, "gru", gru, gru_flops);
  is(5, 1, "dense", 14, 26);
  CHECK(layers[4].details == "4 -> 3, direction both");
  CHECK(layers[0].parameters == count_parameters(network));
}

TEST_CASE("A learned state is no cost of a step", "[exchange][summary]") {
  const auto layer = summarize(make_network<float>(Description("lstm", 2, 3).with("learned_state", true)))[0];
  CHECK(layer.parameters == 12 * 5 + 24 + 6);
  CHECK(layer.flops == 2 * 12 * 5 + 24);
  const Network<float> graph{
      Graph<float>({{"x", 2}}, {{"initial", Network<float>{Dense<float>{2, 3}}, {"x"}}}, {"initial"})};
  CHECK(summarize(graph)[0].flops == 2 * 6 + 3);  // that is only its name
}

TEST_CASE("A summary of a graph has its nodes", "[exchange][summary]") {
  const Network<float> graph{Graph<float>(
      {{"input", 2}},
      {{"model", Network<float>{Dense<float>{2, 3}}, {"input"}}, {"output", Slice{0, 1}, {"model"}}},
      {"output"})};
  const auto layers = summarize(graph);
  CHECK(layers[0].parameters == 9);
  const auto dense = std::ranges::find(layers, "dense", &LayerSummary::kind);
  REQUIRE(dense != layers.end());
  CHECK(dense->parameters == 9);
}

TEST_CASE("A stream keeps the recurrent state and what convolutions see", "[exchange][summary]") {
  Chain<float> chain{Network<float>{Conv1d<float>{2, 4, 3, 5}}};
  chain.add(make_network<float>({"lstm", 4, 6}));
  const auto memory = stream_memory(Network<float>{chain});
  CHECK(memory.state == 12);
  CHECK(memory.window == 2 * 11);
  const Graph<float> graph({{"left", 2}, {"right", 3}},
                           {{"seen", Conv1d<float>{2, 4, 3, 5}, {"left"}},
                            {"kept", make_network<float>({"lstm", 3, 4}), {"right"}},
                            {"sum", Join::add, {"seen", "kept"}}},
                           {"sum", "kept"});
  const auto of_graph = stream_memory(graph);
  CHECK(of_graph.state == 8);
  CHECK(of_graph.window == 2 * 11);
}

}  // namespace summary_test
}  // namespace recur::testing
