#include "recur/architecture/copy_unknown.hpp"

#include "catch.hpp"
#include "max_abs.hpp"
#include "recur/architecture/encoder_decoder.hpp"
#include "recur/attention/attention.hpp"
#include "recur/attention/score.hpp"
#include "recur/cell/gru.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/core/initialize.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/layer/pool1d.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "recur/train/loss.hpp"
#include "recur/train/sequence_loss.hpp"

namespace copy_unknown_test {

using namespace recur;
using testing::max_abs;
using Tokens = std::vector<Token>;

constexpr Token unknown = 0, end = 5;

auto part() { return Sequential{Embedding<double>{6, 4}, Recurrent{Gru<double>{4, 8}}}; }
constexpr DecoderOptions options{.begin = end, .end = end, .max_length = 8};

auto attentive(std::uint64_t seed) {
  EncoderDecoder model{part(), Decoder{part(), Attention{DotScore<double>{8}}, Dense<double>{16, 6}, options},
                       EachStep{SoftmaxCrossEntropy<double>{}}};
  initialize(model, seed, Uniform{1.0});
  return model;
}

TEST_CASE("The weights of attention are those of the steps that write the tokens",
          "[architecture][copy_unknown]") {
  const auto model = attentive(1);
  const Tokens input{1, 2, 3, 4}, written{2, 0, 3};
  const MatrixX<double> weights = attention_weights(model, input, written);
  REQUIRE(weights.rows() == 4);
  REQUIRE(weights.cols() == 3);
  CHECK(max_abs(weights.colwise().sum().array() - 1) < 1e-12);
  auto stream = model.stream(input);
  for (const Token token : {end, 2, 0}) model.decoder.step_logits(token, stream);
  CHECK(weights.col(2) == VectorX<double>(stream.look.weights(0)));
}

TEST_CASE("An unknown token is written only for one of the input, the one that was looked at most",
          "[architecture][copy_unknown]") {
  int copied = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto model = attentive(seed);
    CHECK(std::ranges::count(beam_copying(model, {1, 2, 3}, unknown).tokens, unknown) == 0);
    const Tokens input{unknown, 2, unknown, 4};
    const auto [tokens, from, weights] = beam_copying(model, input, unknown, 3, 0.6);
    CHECK(tokens == model.beam(input, 3, 0.6)[0].tokens);  // there it may be written
    REQUIRE(from.size() == tokens.size());
    for (std::size_t t = 0; t < tokens.size(); ++t) {
      if (tokens[t] != unknown) {
        CHECK(from[t] == -1);
        continue;
      }
      ++copied;
      const auto looked = weights.col(static_cast<Index>(t));
      CHECK(from[t] == (looked(0) >= looked(2) ? 0 : 2));
    }
  }
  CHECK(copied > 5);
}

TEST_CASE("Without attention nothing is copied", "[architecture][copy_unknown]") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    EncoderDecoder model{part(), Decoder{part(), Dense<double>{8, 6}, options},
                         EachStep{SoftmaxCrossEntropy<double>{}}};
    initialize(model, seed, Uniform{1.0});
    const auto found = beam_copying(model, {unknown, 2, unknown}, unknown);
    CHECK(std::ranges::count(found.tokens, unknown) == 0);
    CHECK(found.from == std::vector<Index>(found.tokens.size(), -1));
    CHECK(found.weights.size() == 0);
  }
  CHECK_THROWS_AS(beam_copying(attentive(1), {1, 2}, 6), std::out_of_range);
  auto endless = attentive(1);
  endless.decoder.options.end = 6;
  CHECK_THROWS_WITH(beam_copying(endless, {1, 2}, unknown), Catch::Matchers::ContainsSubstring("the end 6"));
  CHECK(attention_weights(attentive(1), {1, 2}, {}).size() == 0);
}

TEST_CASE("Nothing is copied through an encoder that makes fewer steps", "[architecture][copy_unknown]") {
  EncoderDecoder model{
      Sequential{Embedding<double>{6, 4}, Pool1d<double>{Pooling::max, 2}, Recurrent{Gru<double>{4, 8}}},
      Decoder{part(), Attention{DotScore<double>{8}}, Dense<double>{16, 6}, options},
      EachStep{SoftmaxCrossEntropy<double>{}}};
  initialize(model, 1, Uniform{1.0});
  const Tokens input{unknown, 2, unknown, 4}, written{2, 0, 3};
  CHECK(attention_weights(model, input, written).rows() == 2);
  CHECK_THROWS_WITH(
      beam_copying(model, input, unknown),
      Catch::Matchers::EndsWith("makes 2 steps of 4 tokens: to copy tokens of the input, it must keep them"));
}

}  // namespace copy_unknown_test
