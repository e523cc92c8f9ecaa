#include "recur/io/network_file.hpp"

#include <limits>
#include <string>

#include "catch.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/io/model_file.hpp"
#include "refusal.hpp"
#include "temporary.hpp"

namespace recur::testing {
namespace network_file_test {

using Catch::Matchers::ContainsSubstring;

Network<float, Token> tagger() {
  auto network = make_network<float, Token>(
      {{"embedding", 20, 4},
       Description("lstm", 4, 5).with("num_layers", 2).with("direction", "both").with("dropout", 0.2),
       {"dense", 10, 3}});
  initialize(network, 7);
  return network;
}

TEST_CASE("A network is loaded whole with its metadata", "[io][network_file]") {
  const TemporaryDirectory directory;
  const auto path = directory.path / "tagger.safetensors";
  const auto network = tagger();
  save_network(path, network, {{"made by", "a test"}});
  const auto loaded = load_network<float, Token>(path);
  CHECK(loaded.description() == network.description());
  CHECK(values_of(Parameters(loaded)) == values_of(Parameters(network)));
  const Sequence<Token> x({{1, 2, 3}, {4, 5}});
  Network<float, Token>::Tape tape, other;
  CHECK(loaded.forward(x, tape).values() == network.forward(x, other).values());
  CHECK(read_safetensors(path).metadata.at("made by") == "a test");
}

TEST_CASE("A saved layer of known type is loaded as a Network", "[io][network_file]") {
  const TemporaryDirectory directory;
  const auto path = directory.path / "layer";
  Sequential layer{Recurrent{Lstm<double>{3, 4}}, Residual{Dense<double, Relu>{4, 4}}};
  initialize(layer, 1);
  save_network(path, Network{layer});
  const auto loaded = load_network<double>(path);
  CHECK(loaded.description() == layer.description());
  CHECK(values_of(Parameters(loaded)) == values_of(Parameters(layer)));
  load_weights(path, layer);  // which is also a file of weights
}

TEST_CASE("A description becomes JSON and comes back", "[io][network_file]") {
  const Description description = tagger().description();
  CHECK(description_from_json(to_json(description)) == description);
  CHECK(
      to_json(
          Description("lstm", 3, 4).with("direction", "both").with("num_layers", 2).with("dropout", 0.25)) ==
      R"({"kind":"lstm","sizes":[3,4],"direction":"both","dropout":0.25,"num_layers":2})");
  CHECK(description_from_json(
            R"([{"kind": "gru", "sizes": [3, 4], "bias": false}, {"kind": "dropout", "rate": 0.5}])") ==
        Description("chain")
            .around(Description("gru", 3, 4).with("bias", false))
            .around(Description("dropout").with("rate", 0.5)));
}

TEST_CASE("JSON that is not a description of a network is refused, and the message says why",
          "[io][network_file]") {
  const auto says = [](const std::string& text) { return refusal([&] { description_from_json(text); }); };
  CHECK_THAT(says(""), ContainsSubstring("the description of a network is not JSON: byte"));
  CHECK_THAT(says("{\"kind\": \"a\"} 4"), ContainsSubstring("is not JSON"));
  CHECK(says("{}") == "the description of a network has a layer without a kind");
  CHECK_THAT(says("3"), ContainsSubstring("has a value where it can't be"));
  CHECK_THAT(says(R"({"kind": 3})"), ContainsSubstring("has a value where it can't be"));
  CHECK_THAT(says(R"({"kind": "a", "sizes": [1.5]})"), ContainsSubstring("has a value where it can't be"));
  CHECK_THAT(says(R"({"kind": "a", "sizes": ["b"]})"), ContainsSubstring("has a value where it can't be"));
  CHECK_THAT(says(R"({"kind": "a", "b": null})"), ContainsSubstring("has a value where it can't be"));
  CHECK_THAT(says(R"({"kind": "a", "b": [1]})"), ContainsSubstring("has a list where none can be"));
  CHECK_THAT(says(R"({"kind": "a", "b": {"kind": "c"}})"),
             ContainsSubstring("has an object where none can be"));
  CHECK_THAT(says("[[{\"kind\": \"a\"}]]"), ContainsSubstring("has a list where none can be"));
  CHECK_THAT(says(R"({"kind": "a", "kind": "b"})"), ContainsSubstring("says \"kind\" twice of one layer"));
  CHECK_THAT(says(R"({"kind": "a", "b": 1, "b": 2})"), ContainsSubstring("says \"b\" twice of one layer"));
  CHECK_THAT(says(R"({"kind": "a", "sizes": [18446744073709551615]})"),
             ContainsSubstring("which is too large"));
  CHECK_THAT(says(std::string(1'000'001, ' ')), ContainsSubstring("it can have at most 1000000"));
  std::string many = R"({"kind": "a")";
  for (int i = 0; i < 100; ++i) many += ", \"option " + std::to_string(i) + "\": 1";
  CHECK_THAT(says(many + '}'), ContainsSubstring("more than 64 options"));
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += R"({"kind": "a", "layers": [)";
  CHECK_THAT(says(deep), ContainsSubstring("layers within layers"));
}

TEST_CASE("A description that would not come back is not saved", "[io][network_file]") {
  const auto says = [](const Description& description) {
    return refusal([&] { detail::network_file::checked_json(description); });
  };
  CHECK(says(Description("a").with("b", "c")) == "nothing was refused");
  CHECK_THAT(says(Description("a").with("kind", "b")), ContainsSubstring("can't be saved"));
  CHECK_THAT(says(Description("a").with("b", "\xFF")), ContainsSubstring("can't be saved"));
  CHECK(says(Description("a").with("b", std::numeric_limits<double>::quiet_NaN())) ==
        "the option b of a layer of the kind \"a\" is nan: it must be finite");
}

TEST_CASE("A file without such a network is refused before memory is taken for it", "[io][network_file]") {
  const TemporaryDirectory directory;
  const auto path = directory.path / "file";
  const auto saved_as = [&](const std::string& text) {
    const auto network = tagger();
    write_safetensors(path, store_weights(network, {{"recur.network", text}}));
    return refusal<FileError>([&] { load_network<float, Token>(path); });
  };
  CHECK(saved_as(to_json(tagger().description())) == "nothing was refused");
  CHECK_THAT(saved_as("["), ContainsSubstring("is not JSON"));
  CHECK_THAT(saved_as(R"({"kind": "transformer", "sizes": [3]})"),
             ContainsSubstring("there is no layer of the kind"));
  const std::string says = saved_as(R"([{"kind": "embedding", "sizes": [20, 4], "\u001b[2J": 1}])");
  CHECK_THAT(says,
             ContainsSubstring("[2J") && !ContainsSubstring("\x1b"));  // no control character of the file
  CHECK_THAT(saved_as(R"([{"kind": "embedding", "sizes": [100000000, 100000000]}])"),
             ContainsSubstring("more than there are"));
  CHECK_THAT(saved_as(R"([{"kind": "embedding", "sizes": [20, 4]}])"),
             ContainsSubstring("is of another model"));
  save_weights(path, tagger());
  CHECK_THAT(refusal<FileError>([&] { load_network<float, Token>(path); }),
             ContainsSubstring("holds no network"));
}

}  // namespace network_file_test
}  // namespace recur::testing
