#include "recur/network/all_kinds.hpp"

#include <limits>
#include <string>

#include "catch.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace all_kinds_test {

TEST_CASE("Every kind of layer is made from its description, runs, and gives the same description",
          "[network][all_kinds]") {
  for (const Description& description :
       {Description("mingru", 4, 6),
        Description("minlstm", 4, 6),
        Description("peephole_lstm", 4, 6),
        Description("coupled_lstm", 4, 6).with("bias", false),
        Description("gru_reset_before", 4, 6),
        Description("layer_norm_lstm", 4, 6).with("direction", "both"),
        Description("projected_lstm", 4, 6, 3).with("bias", false),
        Description("jordan", 4, 6, 5).with("activation", "tanh").with("output_activation", "tanh"),
        Description("flexible_elman", 4, 6).with("activation", "softsign").with("clip", 2.5),
        Description("flexible_lstm", 4, 6)
            .with("gate", "hard_sigmoid")
            .with("gate_alpha", 0.25)
            .with("gate_beta", 0.5)
            .with("candidate", "tanh")
            .with("output", "relu")
            .with("peepholes", true)
            .with("direction", "both"),
        Description("flexible_gru", 4, 6)
            .with("gate", "sigmoid")
            .with("candidate", "elu")
            .with("candidate_alpha", 0.5)
            .with("linear_before_reset", false)
            .with("bias", false),
        Description("irnn", 4, 6).with("activation", "relu"),
        Description("indrnn", 4, 6).with("activation", "tanh").with("direction", "reverse"),
        Description("conv1d", 4, 6, 3).with("dilation", 2),
        Description("conv1d", 4, 6, 3)
            .with("dilation", 1)
            .with("padding", "numbers")
            .with("before", 1)
            .with("after", 2),
        Description("pool1d", 2).with("pooling", "mean").with("padding", "valid").with("stride", 2),
        Description("flexible_activation")
            .with("function", "selu")
            .with("function_alpha", 1.5)
            .with("function_beta", 1.0),
        Description("softmax").with("logarithm", true),
        Description("reverse_time"),
        Description("context_window", 4, 2, 1),
        Description("activation").with("function", "elu"),
        Description("prelu", 4),
        Description("scale", 4),
        Description("attention_pool", 4, 6),
        Description("sinusoidal_positions"),
        Description("learned_positions", 9, 4),
        Description("multi_head_attention", 4, 2).with("causal", true).with("dropout", 0.1),
        Description("transformer_encoder_layer", 4, 2, 8)
            .with("activation", "gelu")
            .with("norm", "before")
            .with("dropout", 0.0)
            .with("epsilon", 1e-5)}) {
    INFO(description.kind);
    Network network = all_kinds<float>().make(description);
    CHECK(network.description() == description);
    CHECK_THROWS_AS(standard_kinds<float>().make(description), std::invalid_argument);
    initialize(network, 1);
    const Sequence<float> x(MatrixX<float>(MatrixX<float>::Random(4, 12)), 3);
    Network<float>::Tape tape;
    const Sequence<float>& y = network.forward(x, tape, recording);
    CHECK((network.output_size() == any_size || y.features() == network.output_size()));
    auto gradient = zeros_like(network);
    network.backward(x, Sequence<float>(y), tape, gradient);
    CHECK(tape.d_input().values().norm() > 0);
    CHECK(first_non_finite(gradient).empty());
  }
}

TEST_CASE("Sizes of any sign and size are refused by the layer or the limit", "[network][all_kinds]") {
  const Index least = std::numeric_limits<Index>::min(), huge = Index{1} << 62;
  for (const char* kind : {"conv1d", "flexible_elman", "flexible_lstm", "flexible_gru", "attention_pool",
                           "context_window", "transformer_encoder_layer"})
    for (const Index one : {least, -huge, Index{0}, Index{4}, huge})
      for (const Index other : {least, -huge, Index{0}, Index{4}, huge}) {
        if (one == 4 && other == 4) continue;
        INFO(kind << ' ' << one << ' ' << other);
        const bool has_three =
            std::string(kind).find("flexible") != 0 && kind != std::string("attention_pool");
        const Description description =
            has_three ? Description(kind, one, 4, other) : Description(kind, one, other);
        SizeLimit limit(1000000);
        if (kind == std::string("context_window") && one == 4 && other == 0) continue;  // which is legal
        CHECK(refusal([&] { all_kinds<float>().make(description, limit); }) != "nothing was refused");
      }
}

TEST_CASE("A kind that is not known is refused with the header that has more, if there is one",
          "[network][all_kinds]") {
  const Description unknown("conv", 4, 6);
  CHECK_THAT(refusal([&] { standard_kinds<float>().make(unknown); }),
             Catch::Matchers::EndsWith("; recur/network/all_kinds.hpp has more: pass all_kinds<S>()"));
  CHECK_THAT(refusal([&] { all_kinds<float>().make(unknown); }),
             Catch::Matchers::EndsWith(", transformer_encoder_layer"));
}

TEST_CASE("A convolution whose window needs far more memory than its weights is refused",
          "[network][all_kinds]") {
  const auto made = [](Index inputs, Index kernel, Index dilation) {
    return refusal([&] {
      all_kinds<float>().make(Description("conv1d", inputs, 1, kernel).with("dilation", dilation));
    });
  };
  CHECK_THAT(made(1000, 2, 8388608),
             Catch::Matchers::ContainsSubstring("has a window of more than 16777216 numbers"));
  CHECK_THAT(made(1000, 2, 16777), Catch::Matchers::ContainsSubstring("has a window of more than"));
  CHECK(made(1000, 2, 16776) == "nothing was refused");
  CHECK(made(1, 1, Index{1} << 24) == "nothing was refused");
  CHECK(made(5000, 5000, 1) == "nothing was refused");
}

}  // namespace all_kinds_test
}  // namespace recur::testing
