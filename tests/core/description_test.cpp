#include "recur/core/description.hpp"

#include <string>

#include "catch.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace description_test {

TEST_CASE("An option knows its type and its value", "[core][description]") {
  using Type = OptionValue::Type;
  CHECK(OptionValue(true).type() == Type::flag);
  CHECK(OptionValue(true).flag());
  CHECK_FALSE(OptionValue(false).flag());
  CHECK(OptionValue(7).type() == Type::integer);
  CHECK(OptionValue(7).integer() == 7);
  CHECK(OptionValue(7).number() == 7);
  CHECK(OptionValue(0.5F).type() == Type::number);
  CHECK(OptionValue(0.5F).number() == 0.5);
  CHECK(OptionValue("both").type() == Type::text);
  CHECK(OptionValue(std::string("both")).text() == "both");
  CHECK(OptionValue(false).describe() == "false");
  CHECK(OptionValue(-3).describe() == "-3");
  CHECK(OptionValue(0.25).describe() == "0.25");
  CHECK(OptionValue("up").describe() == "\"up\"");
  CHECK(OptionValue(1) == OptionValue(1L));
  CHECK_FALSE(OptionValue(1) == OptionValue(1.0));
  CHECK_FALSE(OptionValue(true) == OptionValue(1));
}

TEST_CASE("An option of another type is refused", "[core][description]") {
  CHECK(refusal([] { OptionValue("both").flag(); }) == "an option is \"both\": it must be true or false");
  CHECK(refusal([] { OptionValue(true).integer(); }) == "an option is true: it must be a whole number");
  CHECK(refusal([] { OptionValue(1.5).integer(); }) == "an option is 1.5: it must be a whole number");
  CHECK(refusal([] { OptionValue(false).number(); }) == "an option is false: it must be a number");
  CHECK(refusal([] { OptionValue(3).text(); }) == "an option is 3: it must be a text");
  CHECK_THROWS_AS(OptionValue(1).flag(), std::invalid_argument);
}

TEST_CASE("The options of a description are sorted, and each name has one value", "[core][description]") {
  const auto description =
      Description("lstm", 3, 4).with("residual", true).with("bias", false).with("residual", false);
  CHECK(description.kind == "lstm");
  CHECK(description.sizes == std::vector<Index>{3, 4});
  REQUIRE(description.options.size() == 2);
  CHECK(description.options[0].first == "bias");
  CHECK(description.options[1].first == "residual");
  CHECK_FALSE(description.options[1].second.flag());
  CHECK(description == Description("lstm", 3, 4).with("residual", false).with("bias", false));
  CHECK_FALSE(description == Description("lstm", 3, 4));
}

TEST_CASE("A description with one more option or layer is another description", "[core][description]") {
  const Description plain("residual");
  const auto around = plain.around({"dense", 4, 4}).around("dropout");
  CHECK(plain.layers.empty());
  REQUIRE(around.layers.size() == 2);
  CHECK(around.layers[0] == Description("dense", 4, 4));
  CHECK(around.layers[1] == Description("dropout"));
}

TEST_CASE("The kind of a cell is its name in lower case, with underscores", "[core][description]") {
  CHECK(detail::kind_of("LSTM") == "lstm");
  CHECK(detail::kind_of("peephole LSTM") == "peephole_lstm");
}

}  // namespace description_test
}  // namespace recur::testing
