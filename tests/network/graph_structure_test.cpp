#include "recur/network/graph_structure.hpp"

#include "catch.hpp"
#include "network/some_graphs.hpp"
#include "recur/architecture/many_to_one.hpp"
#include "recur/recurrence/bidirectional.hpp"
#include "recur/train/loss.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace graph_structure_test {

using Catch::Matchers::ContainsSubstring;
using Inputs = std::vector<GraphInput>;
using Nodes = std::vector<GraphNode<double>>;

TEST_CASE("Graph knows its sizes, names and parameters", "[network][graph_structure]") {
  const Graph<double> graph = everything();
  CHECK(graph.input_size() == 3);
  CHECK(graph.output_size() == 2);
  CHECK(state_size(graph) == 14);
  CHECK(residual().describe() == "Graph {lstm = LSTM (3 -> 3) of signal, sum = add of lstm and signal}");
  CHECK(Parameters(graph)[0].name == "lstm.weight_ih");
  const Network<double> network{graph};
  CHECK(Parameters(network)[0].name == "lstm.weight_ih");
}

TEST_CASE("Graph says where its output has read, as Sequential and Residual do",
          "[network][graph_structure]") {
  const Bidirectional both{Lstm<double>{4, 2}};
  const auto of = [&](const Nodes& nodes, const std::string& output) {
    return Graph<double>({{"x", 4}}, nodes, {output});
  };
  const auto ends = [](const Graph<double>& graph) { return detail::ends_backward(graph); };
  const auto joins = [](const Graph<double>& graph) { return detail::joins_directions(graph); };
  const Graph<double> around = of({{"lstm", both, {"x"}}, {"sum", Join::add, {"x", "lstm"}}}, "sum");
  CHECK(ends(around));
  CHECK(joins(around));
  const Graph<double> forward = of({{"lstm", Recurrent{Lstm<double>{4, 4}}, {"x"}}}, "lstm");
  CHECK_FALSE(ends(forward));
  CHECK_FALSE(joins(forward));
  CHECK(detail::ends_backward(around, true));
  CHECK_FALSE(detail::ends_backward(forward, true));
  const Graph<double> dense = of({{"lstm", both, {"x"}}, {"dense", Dense<double>{4, 4}, {"lstm"}}}, "dense");
  CHECK(ends(dense));
  CHECK_FALSE(joins(dense));
  const Graph<double> half = of({{"lstm", both, {"x"}}, {"half", Slice{0, 2}, {"lstm"}}}, "half");
  CHECK(ends(half));
  CHECK_FALSE(joins(half));
  const Graph<double> beside =
      of({{"lstm", both, {"x"}}, {"beside", Join::concatenate, {"x", "lstm"}}}, "beside");
  CHECK(ends(beside));
  CHECK_FALSE(joins(beside));

  const auto model = [](const Graph<double>& body, Pooling pooling) {
    return refusal([&] {
      ManyToOne{Network{body}, pooling, Dense<double>{4, 2}, SoftmaxCrossEntropy<double>{}};
    });
  };
  CHECK_THAT(model(around, Pooling::last), ContainsSubstring("reads backward"));
  CHECK(model(around, Pooling::ends) == "nothing was refused");
  CHECK(model(forward, Pooling::last) == "nothing was refused");
}

TEST_CASE("Graph refuses wrong wiring, and names the node", "[network][graph_structure]") {
  const auto refused = [](const Inputs& inputs, const Nodes& nodes, const std::vector<std::string>& outputs) {
    return refusal([&] { Graph<double>(inputs, nodes, outputs); });
  };
  const Inputs x{{"x", 3}};
  const Dense<double> dense{3, 3};
  CHECK(refused(x, {{"a", dense, {"y"}}}, {"a"}) ==
        "the node \"a\" of a graph reads \"y\": there is no input or node of that name");
  CHECK(refused(x, {{"a", dense, {"x"}}}, {"b"}) ==
        "the output \"b\" of a graph reads \"b\": there is no input or node of that name");
  CHECK(refused(x, {{"x", dense, {"x"}}}, {"x"}) == "a graph has the name \"x\" twice: names must differ");
  CHECK(refused(x, {{"a.b", dense, {"x"}}}, {"a.b"}) ==
        "a graph has the name \"a.b\": a name must have letters, and no blanks, dots or quotes");
  CHECK(
      refused(x, {{"a", Join::add, {"x", "b"}}, {"b", dense, {"a"}}}, {"b"}) ==
      "the node \"a\" of a graph is on a cycle, or reads from one: no node can read what is made of itself");
  CHECK(
      refused(x, {{"a", dense, {"a"}}, {"b", dense, {"x"}}}, {"b"}) ==
      "the node \"a\" of a graph is on a cycle, or reads from one: no node can read what is made of itself");
  CHECK(
      refused({{"x", 3}, {"z", 1}}, {{"a", dense, {"x"}}}, {"a"}) ==
      "nobody reads \"z\" of a graph: every input must be read, and every node must be read or be an output");
  CHECK_THAT(refused(x, {{"a", dense, {"x"}}, {"b", dense, {"x"}}}, {"a"}),
             ContainsSubstring("nobody reads \"b\""));
  CHECK_THAT(refused(x, {{"a", dense, {"x"}}}, {"x"}), ContainsSubstring("is the input \"x\""));
  CHECK_THAT(refused(x, {{"a", dense, {"x"}}}, {"a", "a"}), ContainsSubstring("the output \"a\" twice"));
  CHECK_THAT(refused({}, {}, {}), ContainsSubstring("a graph of 0 inputs and 0 outputs"));
  CHECK_THAT(refused({{"x", 0}}, {{"a", dense, {"x"}}}, {"a"}), ContainsSubstring("\"x\" of a graph has 0"));

  CHECK(refused(x, {{"a", Dense<double>{4, 3}, {"x"}}}, {"a"}) ==
        "the node \"a\" of a graph is Dense (4 -> 3), which takes 4 features, but \"x\" gives 3: they must "
        "be equal");
  CHECK(refused({{"x", 3}, {"z", 2}}, {{"a", Join::add, {"x", "z"}}}, {"a"}) ==
        "the node \"a\" of a graph joins 3 features of \"x\" and 2 of \"z\": they must be equal");
  CHECK(refused(x, {{"a", Slice{1, 3}, {"x"}}}, {"a"}) ==
        "the node \"a\" of a graph is a slice of 3 features from 1 on, but \"x\" gives 3");
  CHECK(refused(x, {{"a", Join::subtract, {"x", "x", "x"}}}, {"a"}) ==
        "the node \"a\" of a graph reads 3 values: it must read 2");
  CHECK_THAT(refused(x, {{"a", dense, {}}, {"b", Join::add, {"a", "x"}}}, {"b"}),
             ContainsSubstring("reads 0 values: it must read 1"));
  CHECK_THAT(refused(x, {{"a", Join::add, {"x"}}}, {"a"}), ContainsSubstring("must read at least 2"));

  CHECK_THAT(refusal([] {
               Graph<double, Token>({{"words"}}, {{"a", Join::add, {"words", "words"}}}, {"a"});
             }),
             ContainsSubstring("it must be a layer that takes tokens"));
}

}  // namespace graph_structure_test
}  // namespace recur::testing
