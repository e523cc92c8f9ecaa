#include "recur/attention/transformer_decoder.hpp"

#include "attention/of_memory.hpp"
#include "catch.hpp"
#include "names.hpp"
#include "recur/io/weights.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace transformer_decoder_test {

using Decoder = TransformerDecoder<double, Gelu>;

TEST_CASE("Gradients of a transformer's decoder match differences",
          "[attention][transformer_decoder][slow]") {
  for (const auto norm : {NormOrder::after, NormOrder::before})
    has_the_gradients_of_differences(drawn(Decoder(3, 6, 3, 5, {.norm = norm, .dropout = 0.2})), 1e-6);
}

TEST_CASE("A transformer's decoder runs its layers one after the other, each with the memory",
          "[attention][transformer_decoder]") {
  const auto decoder = drawn(Decoder(2, 6, 3, 5));
  const auto x = draw<double>(6, of_queries, 2), memory = draw<double>(6, of_memory, 3);
  Decoder::Tape tape;
  Decoder::DecoderLayer::Tape below, above;
  const MatrixX<double> y = decoder.forward(x, memory, tape).values();
  const auto& h = decoder.layers[0].forward(x, memory, below);
  CHECK(y == decoder.layers[1].forward(h, memory, above).values());
}

TEST_CASE("A copy of a transformer's decoder gives the same outputs, and so does a sample in every batch",
          "[attention][transformer_decoder]") {
  copies_say_the_same(drawn(Decoder(2, 6, 3, 5)));
  samples_are_themselves(drawn(Decoder(2, 6, 3, 5)));
}

TEST_CASE("A transformer's decoder allocates nothing after a pass of the same size",
          "[attention][transformer_decoder]") {
  TransformerDecoder<float, Gelu> decoder(3, 6, 3, 7);
  initialize(decoder, 1);
  allocates_nothing_again(decoder);
}

TEST_CASE("A transformer's decoder is saved with PyTorch's names and loaded to the last bit",
          "[attention][transformer_decoder]") {
  Decoder saved(2, 6, 3, 5), loaded(2, 6, 3, 5);
  initialize(saved, 1);
  CHECK(saved.layers[0].self_attn.in_proj_weight != saved.layers[1].self_attn.in_proj_weight);
  const TensorFile file = store_weights(saved);
  CHECK(file.tensors.size() == 2 * 18);
  CHECK(file.tensors.at("layers.1.multihead_attn.in_proj_weight").shape == std::vector<std::uint64_t>{18, 6});
  CHECK(parameter_names(saved).starts_with(
      "layers.0.self_attn.in_proj_weight layers.0.self_attn.in_proj_bias "));
  take_weights(loaded, file);
  for_each_parameter([](const Name&, const auto& p, const auto& q) { CHECK(p == q); }, saved, loaded);
}

TEST_CASE("A transformer's decoder refuses sizes that don't fit and changes nothing",
          "[attention][transformer_decoder]") {
  CHECK(refusal([] { Decoder(0, 6, 3, 5); }) == "TransformerDecoder of 0 layers: it must have at least 1");
  CHECK_THROWS_AS(Decoder(2, 6, 4, 5), std::invalid_argument);
  const auto decoder = drawn(Decoder(2, 6, 3, 5));
  CHECK(decoder.describe() == "TransformerDecoder {2 x TransformerDecoderLayer (6, 3 heads, 5 hidden)}");
  const auto x = draw<double>(6, of_queries, 2), memory = draw<double>(6, of_memory, 3),
             narrow = draw<double>(5, of_memory, 3);
  auto gradient = zeros_like(decoder);
  auto deeper = zeros_like(Decoder(3, 6, 3, 5)), wider = zeros_like(Decoder(2, 6, 3, 7));
  Decoder::Tape tape;
  CHECK(refusal([&] { decoder.backward(x, memory, x, tape, gradient); }) ==
        decoder.describe() +
            " was asked for a gradient with a tape of 1 layers: it must be that of its own "
            "forward pass");
  CHECK_THROWS_AS(decoder.forward(narrow, memory, tape), std::invalid_argument);
  CHECK_THROWS_AS(decoder.forward(x, narrow, tape), std::invalid_argument);
  decoder.forward(x, memory, tape);
  CHECK(refusal([&] { decoder.backward(x, memory, x, tape, deeper); }) ==
        "TransformerDecoders of different depths, one of 3 layers, were to be visited together: they must be "
        "of one depth");
  CHECK_THROWS_AS(decoder.backward(x, memory, x, tape, wider), std::invalid_argument);
  CHECK_THROWS_AS(decoder.backward(x, x, x, tape, gradient), std::invalid_argument);
  CHECK_THROWS_AS(decoder.backward(memory, memory, x, tape, gradient), std::invalid_argument);
  CHECK_THROWS_AS(decoder.backward(x, memory, memory, tape, gradient), std::invalid_argument);
  CHECK(gradient_norm(gradient) == 0);
}

}  // namespace transformer_decoder_test
}  // namespace recur::testing
