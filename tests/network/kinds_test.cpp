#include "recur/network/kinds.hpp"

#include <limits>

#include "catch.hpp"
#include "recur/network/standard.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace kinds_test {

TEST_CASE("A reader of a description gives sizes in order and options by name", "[network][kinds]") {
  const auto description = Description("any", 3, 4).with("rate", 0.5).with("steps", 7).with("on", true);
  SizeLimit limit;
  DescriptionReader say(description, limit);
  CHECK(say.size("input") == 3);
  CHECK(say.size("hidden") == 4);
  CHECK(say.has("rate"));
  CHECK_FALSE(say.has("other"));
  CHECK(say.number("rate", 0) == 0.5);
  CHECK(say.number("other", 2) == 2);
  CHECK(say.integer("steps", 0) == 7);
  CHECK(say.number("steps", 0) == 7);
  CHECK(say.flag("on", false));
  CHECK(say.choice("other", {"first", "second"}) == 0);
  CHECK_NOTHROW(say.finish());
}

TEST_CASE("A reader says which options there are, each once, and of which type a text is",
          "[network][kinds]") {
  const auto says = [](const Description& description) {
    return refusal([&] { standard_kinds<float>().make(description); });
  };
  CHECK(says(Description("dropout").with("rate", 0.5).with("rat", 1)) ==
        "a layer of the kind \"dropout\" has an option \"rat\": its options are rate");
  const auto description = Description("any").with("gate", 3).with("other", "tanh");
  SizeLimit limit;
  DescriptionReader say(description, limit);
  CHECK(say.text("other") == "tanh");
  CHECK(refusal([&] { say.text("gate"); }) ==
        "a layer of the kind \"any\" has the option gate = 3: it must be a text");
  CHECK(refusal([&] { say.text("none"); }) ==
        "a layer of the kind \"any\" has no option none: it must have one that is a text");
}

TEST_CASE("A description can't ask for more weights than the limit", "[network][kinds]") {
  const auto says = [](const Description& description, Index most) {
    return refusal([&] {
      SizeLimit limit(most);
      standard_kinds<float>().make(description, limit);
    });
  };
  CHECK(says({"dense", 10, 10}, 100) == "nothing was refused");
  CHECK(says({"dense", 10, 10}, 99) ==
        "a layer of the kind \"dense\" is of 10 x 10 weights: more than there are");
  CHECK(says(Description("chain").around({"dense", 10, 10}).around({"dense", 10, 10}), 199) !=
        "nothing was refused");
  CHECK(says(Description("lstm", 10, 10).with("num_layers", 1000000000), 100000) != "nothing was refused");
  const Index huge = Index{1} << 62;
  CHECK(says({"lstm", huge, 8}, 1000000) != "nothing was refused");
  CHECK(says({"dense", huge, huge}, std::numeric_limits<Index>::max()) != "nothing was refused");
}

/// y = x², a user's own kind.
struct Square {
  using Scalar = float;
  using InputScalar = float;
  using Tape = TapeOf<float>;

  Index features;

  Index input_size() const { return features; }
  Index output_size() const { return features; }
  std::string describe() const { return "Square"; }
  Description description() const { return {"square", features}; }
  void initialize(Random&, Scheme) {}
  template <class F, class... Self>
  static void visit(const Name&, F&&, Self&...) {}
  const Sequence<float>& forward(const Sequence<float>& x, Tape& tape, Pass = predicting) const {
    tape.y.reshape(features, x.layout());
    tape.y.values() = x.values().array().square();
    return tape.y;
  }
  void backward(const Sequence<float>& x, const Sequence<float>& dy, Tape& tape, Square&, bool) const {
    tape.dx.reshape(features, x.layout());
    tape.dx.values() = 2 * x.values().array() * dy.values().array();
  }
};

TEST_CASE("A program adds its own kinds", "[network][kinds]") {
  Kinds<float> kinds = standard_kinds<float>();
  kinds.add("square", [](DescriptionReader& say, const Kinds<float>&) {
    return Network<float>{Square{say.size("features")}};
  });
  const Network network = kinds.make(Description("chain").around({"dense", 3, 2}).around({"square", 2}));
  CHECK(network.describe() == "Chain {Dense (3 -> 2), Square}");
  CHECK_FALSE(network.can_stream());
  CHECK(kinds.make(network.description()).describe() == network.describe());
}

}  // namespace kinds_test
}  // namespace recur::testing
