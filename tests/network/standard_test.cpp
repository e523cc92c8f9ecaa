#include "recur/network/standard.hpp"

#include "catch.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace standard_test {

using Catch::Matchers::ContainsSubstring;

TEST_CASE("A description chooses the layer, its sizes and its options", "[network][standard]") {
  CHECK(make_network<float>({"lstm", 3, 8}).describe() == "LSTM (3 -> 8)");
  CHECK(make_network<float>({{"gru", 3, 8}, {"dense", 8, 2}}).describe() ==
        "Chain {GRU (3 -> 8), Dense (8 -> 2)}");
  CHECK(make_network<float, Token>({{"embedding", 9, 4}, {"elman", 4, 8}}).describe() ==
        "Chain {Embedding (9 tokens -> 4), Elman (4 -> 8)}");
}

TEST_CASE("A description names the activation that is computed", "[network][standard]") {
  Network tanh = make_network<float>({"elman", 1, 1});
  Network relu = make_network<float>(Description("elman", 1, 1).with("activation", "relu"));
  for (const auto& [name, expected] : {std::pair{"identity", -2.f},
                                       {"tanh", std::tanh(-2.f)},
                                       {"relu", 0.f},
                                       {"sigmoid", 1 / (1 + std::exp(2.f))},
                                       {"gelu", -0.0455003f},
                                       {"elu", std::exp(-2.f) - 1}}) {
    Network dense = make_network<float>(Description("dense", 1, 1).with("activation", name));
    Parameters<float>(dense)[0].data[0] = 1;
    auto stream = dense.stream();
    CHECK(std::abs(dense.step(VectorX<float>::Constant(1, -2.f), stream)(0) - expected) < 1e-6f);
  }
  for (auto* network : {&tanh, &relu}) Parameters<float>(*network)[0].data[0] = 1;
  auto stream = tanh.stream(), other = relu.stream();
  CHECK(std::abs(tanh.step(VectorX<float>::Constant(1, 2.f), stream)(0) - std::tanh(2.f)) < 1e-6f);
  CHECK(relu.step(VectorX<float>::Constant(1, 2.f), other)(0) == 2);
}

TEST_CASE("A network gives the description from which it can be made again", "[network][standard]") {
  for (const Description& description :
       {Description("lstm", 3, 4), Description("gru", 3, 4).with("bias", false),
        Description("lstm", 3, 4).with("direction", "both").with("merge", "mean"),
        Description("elman", 3, 4).with("activation", "relu").with("direction", "reverse"),
        Description("lstm", 3, 4).with("learned_state", true), Description("dense", 3, 4),
        Description("dense", 3, 4).with("activation", "gelu"), Description("dropout").with("rate", 0.3),
        Description("layer_norm", 5).with("epsilon", 1e-3), Description("pool").with("pooling", "max"),
        Description("residual").around({"dense", 4, 4}),
        Description("chain").around({"dense", 3, 4}).around({"lstm", 4, 5})}) {
    INFO(description.kind);
    const Network network = standard_kinds<double>().make(description);
    CHECK(network.description() == description);
  }
  const Network deep =
      make_network<float>(Description("gru", 3, 4).with("num_layers", 2).with("dropout", 0.1));
  CHECK(standard_kinds<float>().make(deep.description()).describe() == deep.describe());
  CHECK(make_network<float, Token>({"embedding", 9, 4}).description() == Description("embedding", 9, 4));
}

TEST_CASE("An illegal description is refused, and the message says what is legal", "[network][standard]") {
  const auto says = [](const Description& description) {
    return refusal([&] { make_network<float>(description); });
  };
  CHECK(says({"lstmm", 3, 8}) ==
        "there is no layer of the kind \"lstmm\" here: legal are chain, dense, dropout, elman, graph, "
        "gru, layer_norm, lstm, pool, residual; recur/network/all_kinds.hpp has more: pass all_kinds<S>()");
  CHECK(says({"lstm", 3}) == "a layer of the kind \"lstm\" has no size hidden");
  CHECK(says({"lstm", 3, 8, 9}) == "a layer of the kind \"lstm\" has 3 sizes: its sizes are input, hidden");
  CHECK(says(Description("dense", 3, 8).with("bais", false)) ==
        "a layer of the kind \"dense\" has an option \"bais\": its options are bias, activation");
  CHECK(says(Description("dropout").with("rate", "high")) ==
        "a layer of the kind \"dropout\" has the option rate = \"high\": it must be a number");
  CHECK(says("residual") == "a layer of the kind \"residual\" has 0 layers inside: it must have 1");
  CHECK(says("chain") == "a layer of the kind \"chain\" has no layers inside: it must have at least 1");
  CHECK(says("dropout") == "a layer of the kind \"dropout\" has no option rate: it must have one");
  CHECK(says(Description("lstm", 3, 8).around({"dense", 1, 1})) ==
        "a layer of the kind \"lstm\" has layers inside: it can have none");
  CHECK(says({"lstm", -3, 8}) == "LSTM with input_size -3 and hidden_size 8: both must be at least 1");
  CHECK_THAT(says({"embedding", 9, 4}),
             ContainsSubstring("a layer of the kind \"embedding\" takes tokens: a network that begins with "
                               "it is a Network<S, Token>"));
  CHECK_THAT(refusal([] {
               make_network<float, Token>({"dense", 3, 4});
             }),
             ContainsSubstring("a layer of the kind \"dense\" takes numbers"));
  CHECK_THAT(refusal([] {
               make_network<float>({{"lstm", 3, 8}, {"dense", 9, 2}});
             }),
             ContainsSubstring("takes 9 features, but the layers before it give 8"));
}

}  // namespace standard_test
}  // namespace recur::testing
