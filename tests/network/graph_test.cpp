#include "recur/network/graph.hpp"

#include "allocations.hpp"
#include "catch.hpp"
#include "laws/laws.hpp"
#include "laws/numbers.hpp"
#include "network/some_graphs.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/composition/residual.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/io/network_file.hpp"
#include "recur/layer/conv1d.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/dropout.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/layer/pool.hpp"
#include "recur/layer/positions.hpp"
#include "recur/network/standard.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace graph_test {

using Catch::Matchers::ContainsSubstring;

TEST_CASE("Graph keeps the laws", "[network][graph]") {
  LayerSubject subject(Network{everything()});
  keeps_laws(subject, {2, 7, 1, 6}, {.noise = true});
  LayerSubject bare(everything());
  const Input input = draw_input(bare, {2, 7, 1, 6}, false, 1);
  draw_parameters(bare);
  backward_is_the_slope(bare, input);
  streams_as_it_runs(bare, input);
  throws_before_it_changes(bare, input);
  goes_on_from_its_final_state(bare, input, false);
  allocates_nothing(bare, input);
  LayerSubject even(residual());  // as many outputs as inputs
  draw_parameters(even);
  steps_from_its_own_result(even, draw_input(even, {2, 7}, false));
  LayerSubject of_three(Graph<double>({{"x", 3}},
                                      {{"a", Recurrent{Lstm<double>{3, 3}}, {"x"}},
                                       {"b", Dense<double>{3, 3}, {"x"}},
                                       {"sum", Join::add, {"a", "b", "x"}}},
                                      {"sum"}));
  draw_parameters(of_three);
  steps_from_its_own_result(of_three, draw_input(of_three, {2, 7}, false));
}

TEST_CASE("A tape of a graph that was moved from is empty, and may be used again", "[network][graph]") {
  const Graph<double> graph = residual();
  const Sequence<double> x(MatrixX<double>::Ones(3, 4), 2);
  Graph<double>::Tape tape;
  const Sequence<double> y = graph.forward(x, tape);
  const auto taken = std::move(tape);
  CHECK(taken.output().values() == y.values());
  CHECK(tape.output().columns() == 0);
  CHECK(graph.forward(x, tape).values() == y.values());
}

TEST_CASE("Graph from tokens on keeps the laws", "[network][graph]") {
  const Graph<double, Token> graph({{"words"}},
                                   {{"embedding", Embedding<double>{11, 3}, {"words"}},
                                    {"other", Embedding<double>{11, 4}, {"words"}},
                                    {"both", Join::concatenate, {"embedding", "other"}},
                                    {"lstm", Recurrent{Lstm<double>{7, 4}}, {"both"}},
                                    {"product", Join::multiply, {"lstm", "other"}}},
                                   {"product"});
  LayerSubject subject(Network<double, Token>{graph}, 11);
  keeps_laws(subject);
}

TEST_CASE("Graph gives what Sequential and Residual give, to the last bit", "[network][graph]") {
  LayerSubject graph(residual());
  LayerSubject layer(Residual{Recurrent{Lstm<double>{3, 3}}});
  agree(graph, layer);
  const Input input = draw_input(graph, {2, 7, 1, 6}, false);
  CHECK(same_bits(graph.forward(input), layer.forward(input)));

  const Graph<double> chain(
      {{"x", 3}}, {{"lstm", Recurrent{Lstm<double>{3, 4}}, {"x"}}, {"dense", Dense<double>{4, 2}, {"lstm"}}},
      {"dense"});
  LayerSubject other(chain);
  LayerSubject sequential(Sequential{Recurrent{Lstm<double>{3, 4}}, Dense<double>{4, 2}});
  agree(other, sequential);

  auto stream = chain.stream();
  const VectorX<double> x = VectorX<double>::Constant(3, 0.5), y = chain.step(x, stream);
  CHECK(chain.output(stream, "dense") == y);
}

TEST_CASE("Graph comes back from its description", "[network][graph]") {
  const Graph<double> graph = everything();
  const std::string json = to_json(graph.description());
  const Description description = description_from_json(json);
  CHECK(description == graph.description());
  CHECK(make_graph<double>(description).describe() == graph.describe());
  LayerSubject one(Network{graph});
  LayerSubject other(make_network<double>(description));
  agree(one, other);

  const Graph<double, Token> words({{"words"}},
                                   {{"lstm", Recurrent{Lstm<double>{3, 4}}, {"embedding"}},
                                    {"embedding", Embedding<double>{11, 3}, {"words"}}},
                                   {"lstm"});
  CHECK(make_graph<double, Token>(words.description()).describe() == words.describe());
}

Description part(const std::string& kind, const std::string& name, const std::string& from) {
  return Description(kind).with("name", name).with("from", from);
}

TEST_CASE("A description of a graph that is not right is refused by name", "[network][graph]") {
  const auto x = Description("input", 2).with("name", "x");
  const auto out = Description("output").with("from", "y");
  const auto made = [](std::vector<Description> parts) {
    Description graph("graph");
    graph.layers = std::move(parts);
    return refusal([&] { make_network<double>(graph); });
  };
  CHECK(made({x, part("add", "y", "x x"), out}) == "nothing was refused");
  CHECK_THAT(made({}), ContainsSubstring("a graph of 0 inputs and 0 outputs"));
  CHECK_THAT(made({x, part("divide", "y", "x x"), out}), ContainsSubstring("\"divide\": legal are input, "));
  CHECK_THAT(made({x, part("node", "y", "x"), out}),
             ContainsSubstring("has 0 layers inside: it must have 1"));
  CHECK_THAT(made({x, Description("add").with("from", "x x"), out}), ContainsSubstring("has no option name"));
  CHECK_THAT(made({x, part("add", "y", "x x").with("bias", true), out}),
             ContainsSubstring("has an option \"bias\""));
  CHECK_THAT(made({x, part("slice", "y", "x"), out}), ContainsSubstring("has no size first"));
  CHECK_THAT(made({x, part("add", "y", "x  x"), out}), ContainsSubstring("no input or node of that name"));
  // Doubled so often, its features would be more than an Index holds.
  std::vector<Description> parts{x};
  for (int i = 0; i < 70; ++i) {
    const std::string before = i == 0 ? "x" : detail::message("n", i - 1);
    parts.push_back(part("concatenate", detail::message("n", i), before + " " + before));
  }
  parts.push_back(Description("output").with("from", "n69"));
  CHECK_THAT(made(parts), ContainsSubstring("features together: they can have 16777216"));
}

TEST_CASE("Graph refuses what belongs to another graph, and steps that don't fit", "[network][graph]") {
  const Graph<double> graph = everything(), other = residual();
  const Sequence<double> x(MatrixX<double>::Ones(3, 4), 2), dy(MatrixX<double>::Ones(2, 4), 2);
  Graph<double>::Tape tape;
  other.forward(x, tape, recording);
  auto gradient = zeros_like(graph);
  CHECK_THAT(refusal([&] { graph.backward(x, dy, tape, gradient); }), ContainsSubstring("tape of another"));
  graph.forward(x, tape, recording);
  auto others = zeros_like(other);
  CHECK_THAT(refusal([&] { graph.backward(x, dy, tape, others); }), ContainsSubstring("one architecture"));
  CHECK_THAT(refusal([&] { graph.backward(x, x, tape, gradient); }),
             ContainsSubstring("output gradient of 3 features"));
  const Sequence<double> longer(MatrixX<double>::Ones(3, 6), 2);
  CHECK_THAT(refusal([&] { graph.backward(longer, dy, tape, gradient); }), ContainsSubstring("6 steps"));
  CHECK(detail::all_zero(gradient));
  auto stream = other.stream();
  CHECK_THAT(refusal([&] { graph.step(VectorX<double>::Ones(3), stream); }),
             ContainsSubstring("stream of another"));
  CHECK_THAT(refusal([&] { other.step(VectorX<double>::Ones(2), stream); }),
             ContainsSubstring("a step of 2 features for \"signal\": it takes 3"));
  // The layers of this one have the same streams, but its join another size.
  const auto joined = [](Index features) {
    return Graph<double>(
        {{"x", features}},
        {{"tanh", Dense<double, Tanh>{features, 4}, {"x"}}, {"both", Join::concatenate, {"tanh", "x"}}},
        {"both"});
  };
  auto narrow = joined(2).stream();
  CHECK_THAT(refusal([&] { joined(3).step(VectorX<double>::Ones(3), narrow); }),
             ContainsSubstring("stream of another"));
  const Network outer{graph};
  auto its = Network{other}.stream();
  CHECK_THAT(refusal([&] { outer.get_state(its); }), ContainsSubstring("it must be its own"));

  const Graph<double> pooled(
      {{"x", 3}}, {{"last", Pool<double>{Pooling::last}, {"x"}}, {"sum", Join::add, {"x", "last"}}}, {"sum"});
  CHECK_THAT(refusal([&] { pooled.forward(x, tape); }),
             ContainsSubstring("reads 4 steps of \"x\" and 2 of \"last\": the lengths must be equal"));
}

TEST_CASE("Graph refuses the tape and the stream of one that differs only in its outputs, joins or wires",
          "[network][graph]") {
  using Nodes = std::vector<GraphNode<double>>;
  const auto refuses_tape = [](const Graph<double>& mine, const Graph<double>& other,
                               std::initializer_list<NamedSequence<double>> dy) {
    const Index features = mine.inputs()[0].features;
    const Sequence<double> x(MatrixX<double>::Ones(features, 8), 2);
    Graph<double>::Tape tape;
    other.forward({{"x", x}}, tape, recording);
    auto gradient = zeros_like(mine);
    CHECK_THAT(refusal([&] {
                 mine.backward({{"x", x}}, dy, tape, gradient);
               }),
               ContainsSubstring("a tape of another network"));
  };
  const auto of = [](Index rows) { return Sequence<double>(MatrixX<double>::Ones(rows, 8), 2); };

  const Nodes ab{{"a", Dense<double>{2, 3}, {"x"}}, {"b", Dense<double>{3, 4}, {"a"}}};
  const Graph<double> both({{"x", 2}}, ab, {"a", "b"}), one({{"x", 2}}, ab, {"b"});
  refuses_tape(both, one, {{"a", of(3)}, {"b", of(4)}});
  auto stream = one.stream();
  CHECK_THAT(refusal([&] {
               both.step({{"x", VectorX<double>::Ones(2)}}, stream);
             }),
             ContainsSubstring("a stream of another network"));

  const auto sliced = [](Slice slice) { return Graph<double>({{"x", 4}}, {{"s", slice, {"x"}}}, {"s"}); };
  refuses_tape(sliced({2, 2}), sliced({0, 3}), {{"s", of(3)}});

  const auto wired = [](std::vector<std::string> from) {
    return Graph<double>(
        {{"x", 3}}, {{"p", Pool<double>{Pooling::last}, {"x"}}, {"product", Join::multiply, std::move(from)}},
        {"p", "product"});
  };
  const Sequence<double> pooled(MatrixX<double>::Ones(3, 2), 2);
  refuses_tape(wired({"p", "p"}), wired({"x", "x"}), {{"p", pooled}, {"product", of(3)}});
}

// ---- Several inputs and outputs: a gate that a speaker's features open, and the mean of both.

Graph<double> gated() {
  Graph<double> graph({{"signal", 2}, {"speaker", 3}},
                      {{"lstm", Recurrent{Lstm<double>{2, 4}}, {"signal"}},
                       {"gate", Dense<double, Sigmoid>{3, 4}, {"speaker"}},
                       {"open", Join::multiply, {"lstm", "gate"}},
                       {"all", Join::concatenate, {"open", "speaker"}},
                       {"class", Dense<double>{7, 2}, {"all"}}},
                      {"open", "class"});
  initialize(graph, 5, Uniform{0.5});
  return graph;
}

TEST_CASE("Graph takes and gives sequences by name", "[network][graph]") {
  const Graph<double> graph = gated();
  CHECK(graph.outputs() == std::vector<std::string>{"open", "class"});
  Random random(3);
  const auto batch = [&](Index features) {
    return Sequence<double>({draw(features, 2, 1, random), draw(features, 5, 1, random)});
  };
  Sequence<double> x = batch(2), s = batch(3);
  const Sequence<double> d_open = batch(4), d_class = batch(2);
  Graph<double>::Tape tape;
  const auto loss = [&] {
    graph.forward({{"speaker", s}, {"signal", x}}, tape, recording);
    return (graph.output(tape, "open").values().array() * d_open.values().array()).sum() +
           (graph.output(tape, "class").values().array() * d_class.values().array()).sum();
  };

  loss();
  const auto parameters = Parameters(graph);
  CHECK(parameters[4].name == "gate.weight");
  Recurrent lstm{Lstm<double>{2, 4}};
  set_values(Parameters(lstm), VectorX<double>(values_of(Parameters(graph)).head(count_parameters(lstm))));
  Recurrent<Lstm<double>>::Tape plain;
  const MatrixX<double> h = lstm.forward(x, plain).values();
  MatrixX<double> gate = graph.output(tape, "gate").values();
  CHECK((graph.output(tape, "open").values() - h.cwiseProduct(gate)).norm() < 1e-12);

  // Both gradients are slopes.
  auto gradient = zeros_like(graph);
  graph.backward({{"signal", x}, {"speaker", s}}, {{"class", d_class}, {"open", d_open}}, tape, gradient);
  const MatrixX<double> d_x = graph.d_input(tape, "signal").values(),
                        d_s = graph.d_input(tape, "speaker").values();
  const auto slope = [&](double& value) {
    const double kept = value, shift = 1e-5;
    value = kept + shift;
    const double up = loss();
    value = kept - shift;
    const double down = loss();
    value = kept;
    return (up - down) / (2 * shift);
  };
  for (Index i = 0; i < d_x.size(); ++i) CHECK(d_x.data()[i] == Approx(slope(x.data()[i])).margin(1e-8));
  for (Index i = 0; i < d_s.size(); ++i) CHECK(d_s.data()[i] == Approx(slope(s.data()[i])).margin(1e-8));
  loss();
  auto twice = zeros_like(graph);
  for (int i = 0; i < 2; ++i)
    graph.backward({{"signal", x}, {"speaker", s}}, {{"class", d_class}, {"open", d_open}}, tape, twice,
                   false);
  CHECK((values_of(Parameters(twice)) - 2 * values_of(Parameters(gradient))).norm() < 1e-12);

  // Step by step it gives the same, and neither allocates.
  auto stream = graph.stream();
  const MatrixX<double> sample = x.sample(1), speaker = s.sample(1);
  const Sequence<double>& open = graph.output(tape, "open");
  for (Index t = 0; t < 5; ++t) {
    const CountAllocations allocations;
    graph.step({{"signal", sample.col(t)}, {"speaker", speaker.col(t)}}, stream);
    CHECK(allocations.count() == 0);
    CHECK((graph.output(stream, "open") - open.sample(1).col(t)).norm() < 1e-12);
    CHECK((graph.output(stream, "class") - graph.output(tape, "class").sample(1).col(t)).norm() < 1e-12);
  }
  const CountAllocations allocations;
  graph.forward({{"signal", x}, {"speaker", s}}, tape, recording);
  graph.backward({{"signal", x}, {"speaker", s}}, {{"open", d_open}, {"class", d_class}}, tape, gradient);
  CHECK(allocations.count() == 0);
}

TEST_CASE("Graph of several inputs refuses what is missing, there twice or of other lengths",
          "[network][graph]") {
  const Graph<double> graph = gated();
  const Sequence<double> x(MatrixX<double>::Ones(2, 4), 2), s(MatrixX<double>::Ones(3, 4), 2);
  const Sequence<double> d_open(MatrixX<double>::Ones(4, 4), 2), d_class(MatrixX<double>::Ones(2, 4), 2);
  const Sequence<double> shorter(MatrixX<double>::Ones(3, 2), 2);
  Graph<double>::Tape tape;
  CHECK_THAT(refusal([&] { graph.forward(x, tape); }), ContainsSubstring("are given by name"));
  CHECK_THAT(refusal([&] { graph.input_size(); }), ContainsSubstring("has 2 inputs and 2 outputs"));
  CHECK_THAT(refusal([&] { graph.forward({{"signal", x}}, tape); }), ContainsSubstring("was given 1 inputs"));
  CHECK_THAT(refusal([&] {
               graph.forward({{"signal", x}, {"signal", x}}, tape);
             }),
             ContainsSubstring("each of its 2 inputs once"));
  CHECK_THAT(refusal([&] {
               graph.forward({{"signal", x}, {"voice", s}}, tape);
             }),
             ContainsSubstring("has no input \"voice\""));
  CHECK_THAT(refusal([&] {
               graph.forward({{"signal", x}, {"speaker", shorter}}, tape);
             }),
             ContainsSubstring("2 steps for \"speaker\": it takes 3 features, and 4 steps"));
  graph.forward({{"signal", x}, {"speaker", s}}, tape, recording);
  auto gradient = zeros_like(graph);
  const auto backward = [&](std::vector<NamedSequence<double>> dy) {
    const std::vector<NamedSequence<double>> inputs{{"signal", x}, {"speaker", s}};
    return refusal([&] { graph.backward(inputs, dy, tape, gradient); });
  };
  CHECK_THAT(backward({{"class", d_class}}), ContainsSubstring("was given 1 gradients"));
  CHECK_THAT(backward({{"class", d_class}, {"lstm", d_open}}),
             ContainsSubstring("\"lstm\", which is not an output"));
  CHECK_THAT(backward({{"class", d_class}, {"open", d_class}}), ContainsSubstring("its output \"open\""));
  CHECK(detail::all_zero(gradient));
  CHECK(backward({{"class", d_class}, {"open", d_open}}) == "nothing was refused");
  auto stream = graph.stream();
  const VectorX<double> step = VectorX<double>::Ones(2);
  CHECK_THAT(refusal([&] {
               graph.step({{"signal", step}, {"speaker", step}}, stream);
             }),
             ContainsSubstring("a step of 2 features for \"speaker\""));
}

TEST_CASE("Graph makes the steps that its nodes make, and joins values of one length", "[network][graph]") {
  const Conv1d<double> halves{2, 3, 2, 1, Padding::valid(), 2}, keeps{2, 3, 2};
  const Graph<double> graph(
      {{"x", 2}}, {{"a", halves, {"x"}}, {"b", halves, {"x"}}, {"sum", Join::add, {"a", "b"}}}, {"sum"});
  CHECK(output_length(graph, 7) == 3);
  CHECK_THROWS_WITH(output_length(graph, 1), ContainsSubstring("a sequence of 1 steps"));
  const Graph<double> uneven(
      {{"x", 2}}, {{"a", halves, {"x"}}, {"b", keeps, {"x"}}, {"sum", Join::add, {"a", "b"}}}, {"sum"});
  const std::string why =
      "the node \"sum\" of a graph reads 3 steps of \"a\" and 7 of \"b\": the lengths must be equal";
  CHECK(refusal([&] { output_length(uneven, 7); }) == why);
  Graph<double>::Tape tape;
  CHECK(refusal([&] { uneven.forward(Sequence<double>(MatrixX<double>::Ones(2, 7), 1), tape); }) == why);
}

template <class S, class In>
MatrixX<S> first_state(const Graph<S, In>& graph, const typename Graph<S, In>::Stream& stream) {
  MatrixX<S> state;
  Graph<S, In>::for_each_part(
      [&](auto, const auto& layer, const auto& its) {
        if (state.size() == 0) state = layer.get_state(its);
      },
      graph, stream);
  return state;
}

TEST_CASE("A graph refuses a step and a reset before a layer moves", "[network][graph]") {
  // A token that one of its two embeddings does not have.
  Graph<double, Token> words(
      {{"words"}},
      {{"lstm", Sequential{Embedding<double>{100, 4}, Recurrent{Lstm<double>{4, 4}}}, {"words"}},
       {"other", Embedding<double>{50, 4}, {"words"}},
       {"sum", Join::add, {"lstm", "other"}}},
      {"sum"});
  initialize(words, 1);
  auto of_words = words.stream();
  CHECK_THROWS_AS(words.step(VectorX<Token>::Constant(1, 70), of_words), std::out_of_range);
  CHECK_THROWS_AS(words.step({{"words", VectorX<Token>::Constant(1, 70)}}, of_words), std::out_of_range);
  auto fresh = words.stream();
  CHECK(first_state(words, of_words) == first_state(words, fresh));
  const VectorX<Token> token = VectorX<Token>::Constant(1, 7);
  const CountAllocations allocations;
  words.step(token, of_words);
  CHECK(allocations.count() == 0);
  CHECK(first_state(words, of_words).norm() > 0);

  // A table of positions that has ended, and a layer of another type.
  const auto make = [](auto last) {
    Graph<double> graph({{"x", 3}},
                        {{"lstm", Recurrent{Lstm<double>{3, 4}}, {"x"}}, {"last", last, {"lstm"}}}, {"last"});
    initialize(graph, 1);
    return graph;
  };
  const Graph<double> table = make(LearnedPositions<double>{2, 4}), dense = make(Dense<double>{4, 4});
  const VectorX<double> x = VectorX<double>::Ones(3);
  auto stream = table.stream();
  for (int t = 0; t < 2; ++t) table.step(x, stream);
  const MatrixX<double> state = first_state(table, stream);
  CHECK_THAT(refusal([&] { table.step(x, stream); }), ContainsSubstring("there are 2"));
  CHECK_THAT(refusal([&] { dense.reset(stream); }), ContainsSubstring("stream of another network"));
  CHECK(first_state(table, stream) == state);
  table.reset(stream);
  CHECK(first_state(table, stream).norm() == 0);

  // A gradient with another type of layer inside: the one that comes last in backward.
  const auto two = [](auto first) {
    return Graph<double>({{"x", 3}}, {{"first", first, {"x"}}, {"last", Dense<double>{3, 4}, {"first"}}},
                         {"last"});
  };
  const Sequence<double> batch(MatrixX<double>::Ones(3, 4), 2), dy(MatrixX<double>::Ones(4, 4), 2);
  const Graph<double> graph = two(Dense<double, Tanh>{3, 3});
  Graph<double>::Tape tape;
  graph.forward(batch, tape, recording);
  auto other = zeros_like(two(Dense<double>{3, 3}));
  CHECK_THAT(refusal([&] { graph.backward(batch, dy, tape, other); }), ContainsSubstring("one architecture"));
  CHECK(detail::all_zero(other));
}

}  // namespace graph_test
}  // namespace recur::testing
