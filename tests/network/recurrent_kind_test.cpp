#include "recur/network/recurrent_kind.hpp"

#include "catch.hpp"
#include "recur/network/standard.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace recurrent_kind_test {

TEST_CASE("Options choose the number of layers, the direction and what is around each layer") {
  CHECK(make_network<float>(Description("gru", 3, 4)
                                .with("num_layers", 3)
                                .with("direction", "both")
                                .with("residual", true)
                                .with("dropout", 0.2))
            .describe() ==
        "Chain {bidirectional GRU (3 -> 8), Dropout (0.2), Residual {bidirectional GRU (8 -> 8)}, Dropout "
        "(0.2), "
        "Residual {bidirectional GRU (8 -> 8)}}");
  CHECK(
      make_network<float>(Description("lstm", 3, 4).with("direction", "reverse").with("learned_state", true))
          .describe() == "reverse LSTM (3 -> 4) with learned initial state");
  CHECK(count_parameters(make_network<float>(Description("lstm", 3, 4).with("bias", false))) == 16 * (3 + 4));
  CHECK(make_network<float>(Description("lstm", 3, 4).with("direction", "both").with("merge", "sum"))
            .output_size() == 4);
}

TEST_CASE("An option of a recurrent layer that is not legal is refused, and the message says what is legal") {
  const auto says = [](const Description& description) {
    return refusal([&] { make_network<float>(description); });
  };
  CHECK(says(Description("lstm", 3, 8).with("bias", 3)) ==
        "a layer of the kind \"lstm\" has the option bias = 3: it must be true or false");
  CHECK(says(Description("lstm", 3, 8).with("num_layers", 1.5)) ==
        "a layer of the kind \"lstm\" has the option num_layers = 1.5: it must be a whole number");
  CHECK(says(Description("lstm", 3, 8).with("num_layers", 0)) ==
        "a layer of the kind \"lstm\" has num_layers 0: it must be from 1 to 1000");
  CHECK(says(Description("lstm", 3, 8).with("num_layers", 2).with("dropout", -0.5)) ==
        "a layer of the kind \"lstm\" has dropout -0.5: it must be at least 0 and below 1");
  CHECK(says(Description("lstm", 3, 8).with("dropout", 0.5)) ==
        "a layer of the kind \"lstm\" has dropout between its layers, but only one layer");
  CHECK(says(Description("lstm", 3, 8).with("merge", "sum")) ==
        "a layer of the kind \"lstm\" has an option merge, but one direction");
  CHECK(says(Description("lstm", 3, 8).with("direction", "up")) ==
        "a layer of the kind \"lstm\" has the option direction = \"up\": legal are \"forward\", \"reverse\", "
        "\"both\"");
  CHECK(says(Description("lstm", 3, 8).with("direction", "both").with("learned_state", true)) ==
        "a layer of the kind \"lstm\" has a learned state and both directions: only a layer of one direction "
        "can have "
        "one");
}

}  // namespace recurrent_kind_test
}  // namespace recur::testing
