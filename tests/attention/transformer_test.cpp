#include "recur/attention/transformer.hpp"

#include <array>

#include "attention/of_memory.hpp"
#include "attention/plain_attention.hpp"
#include "catch.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/io/weights.hpp"
#include "recurrence/steady.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace transformer_test {

using Encoder = TransformerEncoderLayer<double>;
using SmoothEncoder = TransformerEncoderLayer<double, Gelu>;
using Decoder = TransformerDecoderLayer<double, Gelu>;

TEST_CASE("The layers of a transformer's encoder keep the laws, in either order, and stacked",
          "[attention][transformer][laws]") {
  for (const auto norm : {NormOrder::after, NormOrder::before}) {
    LayerSubject subject(SmoothEncoder(6, 3, 7, {.norm = norm}));
    keeps_laws(subject, {2, 7, 1, 6}, {.noise = true});
  }
  LayerSubject single(TransformerEncoderLayer<float>(8, 2, 19, {.norm = NormOrder::before, .causal = true}));
  keeps_laws(single);
}

TEST_CASE("A stack of a transformer's layers is a layer", "[attention][transformer][laws]") {
  const TransformerOptions options{.norm = NormOrder::before, .causal = true};
  LayerSubject subject(
      Sequential{Encoder(4, 2, 5, options), Encoder(4, 2, 3, options), LayerNorm<double>(4)});
  keeps_laws(subject);
}

TEST_CASE("Gradients of a layer of a transformer's decoder match differences", "[attention][transformer]") {
  for (const auto norm : {NormOrder::after, NormOrder::before})
    has_the_gradients_of_differences(drawn(Decoder(6, 3, 7, {.norm = norm, .dropout = 0.2})), 1e-7);
}

/// The equations of a layer of the decoder for one sample.
MatrixX<double> plain(const Decoder& layer, NormOrder order, const MatrixX<double>& x,
                      const MatrixX<double>& memory, const std::array<HiddenSteps, 2>& hides) {
  const auto sees = [](const auto& hidden, Index j, Index i) { return hidden.size() == 0 || !hidden(j, i); };
  const auto own = [&](Index j, Index i) { return j <= i && sees(hides[0], j, i); };
  const auto other = [&](Index j, Index i) { return sees(hides[1], j, i); };
  const auto around = [&](const LayerNorm<double>& norm, const MatrixX<double>& in, auto&& part) {
    if (order == NormOrder::before) return MatrixX<double>(in + part(testing::plain(norm, in)));
    return testing::plain(norm, in + part(in));
  };
  const MatrixX<double> a = around(layer.norm1, x, [&](const MatrixX<double>& in) {
    return testing::plain(layer.self_attn, in, in, own);
  });
  const MatrixX<double> c = around(layer.norm2, a, [&](const MatrixX<double>& in) {
    return testing::plain(layer.multihead_attn, in, memory, other);
  });
  return around(layer.norm3, c, [&](const MatrixX<double>& in) {
    const auto& first = layer.feed_forward.linear1;
    const auto& second = layer.feed_forward.linear2;
    const MatrixX<double> hidden = ((first.weight * in).colwise() + first.bias).unaryExpr([](double v) {
      return v * (1 + std::erf(v / std::sqrt(2.0))) / 2;
    });
    return MatrixX<double>((second.weight * hidden).colwise() + second.bias);
  });
}

TEST_CASE("A layer of a transformer's decoder matches its equations with every kind of sight",
          "[attention][transformer]") {
  const auto x = draw<double>(6, of_queries, 2), memory = draw<double>(6, of_memory, 3);
  std::array<HiddenSteps, 2> open, hiding;
  hiding[0].setConstant(4, 4, false);
  for (const auto& [j, i] : {std::pair<Index, Index>{0, 1}, {0, 2}, {2, 2}, {1, 3}}) hiding[0](j, i) = true;
  hiding[1].setConstant(6, 4, false);
  for (const auto& [j, i] : {std::pair<Index, Index>{1, 0}, {5, 0}, {3, 0}, {1, 2}}) hiding[1](j, i) = true;
  Decoder::Tape tape;
  for (const auto order : {NormOrder::after, NormOrder::before}) {
    const auto layer = drawn(Decoder(6, 3, 7, {.norm = order, .dropout = 0.2}));
    for (const auto& hides : {open, hiding}) {
      layer.forward(x, memory, tape, predicting, hides[0], hides[1]);
      for (Index b = 0; b < x.batch(); ++b)
        CHECK(distance(tape.output().sample(b), plain(layer, order, x.sample(b), memory.sample(b), hides)) <
              1e-12);
    }
    has_the_gradients_of_differences(layer, 1e-7, hiding[0], hiding[1]);
  }
  CHECK(tape.self_attn.weights(2, 0)(1, 3) == 0);
  CHECK(tape.multihead_attn.weights(1, 2)(5, 0) == 0);
  CHECK(tape.multihead_attn.weights(0, 1)(1, 2) == 0);
}

TEST_CASE(
    "A copy of a layer of a transformer's decoder gives the same outputs, and so does a sample in every "
    "batch",
    "[attention][transformer]") {
  for (const auto norm : {NormOrder::after, NormOrder::before}) {
    copies_say_the_same(drawn(Decoder(6, 3, 7, {.norm = norm})));
    samples_are_themselves(drawn(Decoder(6, 3, 7, {.norm = norm})));
  }
}

TEST_CASE("A decoder's step depends on the whole memory and on no later step of its sequence",
          "[attention][transformer]") {
  Decoder layer(4, 2, 5, {.dropout = 0});
  initialize(layer, 1);
  Decoder::Tape tape;
  auto x = draw<double>(4, {4}, 2), memory = draw<double>(4, {3}, 3);
  const MatrixX<double> before = layer.forward(x, memory, tape).values();
  x.values().col(2) *= 2;
  const MatrixX<double> after = layer.forward(x, memory, tape).values();
  CHECK(after.leftCols(2) == before.leftCols(2));
  CHECK(after.col(2) != before.col(2));
  CHECK(after.col(3) != before.col(3));
  memory.values().col(2) *= 2;
  CHECK(layer.forward(x, memory, tape).values().col(0) != after.col(0));
}

TEST_CASE("A layer of a transformer's decoder allocates nothing after a pass of the same size",
          "[attention][transformer]") {
  for (const auto norm : {NormOrder::after, NormOrder::before}) {
    TransformerDecoderLayer<float> layer(6, 3, 7, {.norm = norm});
    initialize(layer, 1);
    allocates_nothing_again(layer);
  }
}

template <class L>
std::string names_of(const L& layer) {
  std::string names;
  for_each_parameter([&](const Name& name, const auto&) { names += name.str() + ' '; }, layer);
  return names;
}

TEST_CASE("The layers of a transformer have PyTorch's names", "[attention][transformer]") {
  CHECK(names_of(Encoder(4, 2, 5)) ==
        "self_attn.in_proj_weight self_attn.in_proj_bias self_attn.out_proj.weight self_attn.out_proj.bias "
        "linear1.weight linear1.bias linear2.weight linear2.bias norm1.weight norm1.bias norm2.weight "
        "norm2.bias ");
  CHECK(names_of(Decoder(4, 2, 5)) ==
        "self_attn.in_proj_weight self_attn.in_proj_bias self_attn.out_proj.weight self_attn.out_proj.bias "
        "multihead_attn.in_proj_weight multihead_attn.in_proj_bias multihead_attn.out_proj.weight "
        "multihead_attn.out_proj.bias linear1.weight linear1.bias linear2.weight linear2.bias norm1.weight "
        "norm1.bias norm2.weight norm2.bias norm3.weight norm3.bias ");
}

TEST_CASE("The layers of a transformer are saved with PyTorch's names and shapes and loaded to the last bit",
          "[attention][transformer]") {
  Decoder saved(6, 3, 7), loaded(6, 3, 7);
  initialize(saved, 1);
  const TensorFile file = store_weights(saved);
  CHECK(file.tensors.size() == 18);
  CHECK(file.tensors.at("multihead_attn.in_proj_weight").shape == std::vector<std::uint64_t>{18, 6});
  CHECK(file.tensors.at("self_attn.out_proj.bias").shape == std::vector<std::uint64_t>{6});
  take_weights(loaded, file);
  for_each_parameter([](const Name&, const auto& p, const auto& q) { CHECK(p == q); }, saved, loaded);
}

TEST_CASE("A pass of a transformer's layer that ran out of memory is not taken for one",
          "[attention][transformer]") {
  Random random(1);
  for (const auto norm : {NormOrder::before, NormOrder::after})
    backward_refuses_what_ran_out_of_memory(Encoder(6, 3, 5, {.norm = norm}), training(random));
}

TEST_CASE("A layer of a transformer is described as its parts are", "[attention][transformer]") {
  TransformerEncoderLayer<float> layer(6, 3, 5, {.causal = true});
  layer.self_attn = MultiHeadAttention<float>(6, 3, {.dropout = 0.1});
  CHECK(layer.description() == TransformerEncoderLayer<float>(6, 3, 5).description());
  layer.self_attn = MultiHeadAttention<float>(6, 3, {.causal = true, .dropout = 0.1});
  CHECK(layer.description() == TransformerEncoderLayer<float>(6, 3, 5, {.causal = true}).description());
  const auto refuses = [&](auto&& spoil, const char* why) {
    auto wrong = layer;
    spoil(wrong);
    CHECK_THAT(refusal([&] { wrong.description(); }), Catch::Matchers::ContainsSubstring(why));
  };
  refuses([](auto& its) { its.self_attn = MultiHeadAttention<float>(6, 3); }, "with dropout 0 and 0.1");
  refuses([](auto& its) { its.feed_forward = FeedForward<float>(6, 5); }, "with dropout 0.1 and 0");
  refuses([](auto& its) { its.norm1 = LayerNorm<float>(6, 1e-3); },
          "has normalisations with 0.001 and 1e-05");
  refuses([](auto& its) { its.norm2 = LayerNorm<float>(6, 1e-3); },
          "has normalisations with 1e-05 and 0.001");
}

TEST_CASE("The layers of a transformer refuse sizes that don't fit", "[attention][transformer]") {
  CHECK_THROWS_AS(Encoder(6, 4, 5), std::invalid_argument);
  CHECK_THROWS_AS(Encoder(6, 3, 0), std::invalid_argument);
  CHECK_THROWS_AS(Encoder(6, 3, 5, {.dropout = 1}), std::invalid_argument);
  CHECK_THROWS_AS(Encoder(6, 3, 5, {.epsilon = 0}), std::invalid_argument);
  CHECK_THROWS_AS(Decoder(6, 3, 5, {.dropout = -0.1}), std::invalid_argument);
  CHECK(FeedForward<float>(3, 5).describe() == "FeedForward (3 -> 5 -> 3)");

  const Encoder encoder(6, 3, 5);
  CHECK(encoder.describe() == "TransformerEncoderLayer (6, 3 heads, 5 hidden)");
  Encoder::Tape tape;
  const auto x = draw<double>(6, of_queries, 1), narrow = draw<double>(5, of_queries, 1),
             memory = draw<double>(6, of_memory, 1);
  CHECK(refusal([&] { encoder.forward(narrow, tape); }) ==
        "TransformerEncoderLayer (6, 3 heads, 5 hidden) was given 5 features: it takes 6");
  CHECK_THROWS_AS(encoder.forward(Sequence<double>(), tape), std::invalid_argument);
  encoder.forward(x, tape);
  auto gradient = zeros_like(encoder);
  Encoder larger(6, 3, 6);
  CHECK_THROWS_AS(encoder.backward(memory, x, tape, gradient), std::invalid_argument);
  CHECK_THROWS_AS(encoder.backward(x, memory, tape, gradient), std::invalid_argument);
  CHECK_THROWS_AS(encoder.backward(x, x, tape, larger), std::invalid_argument);
  CHECK(gradient_norm(gradient) == 0);

  const Decoder decoder(6, 3, 5);
  CHECK(decoder.describe() == "TransformerDecoderLayer (6, 3 heads, 5 hidden)");
  Decoder::Tape other;
  CHECK_THROWS_AS(decoder.forward(x, narrow, other), std::invalid_argument);
  CHECK_THROWS_AS(decoder.forward(x, draw<double>(6, {1, 2}, 1), other), std::invalid_argument);
  decoder.forward(x, memory, other);
  auto d = zeros_like(decoder);
  CHECK(refusal([&] { decoder.backward(x, x, x, other, d); }) ==
        "TransformerDecoderLayer (6, 3 heads, 5 hidden) was asked for a gradient with a memory of 6 features "
        "and 9 steps: it must be that of the forward pass on this tape");
  CHECK_THROWS_AS(decoder.backward(memory, memory, x, other, d), std::invalid_argument);
  CHECK_THROWS_AS(decoder.backward(x, memory, memory, other, d), std::invalid_argument);
  CHECK(gradient_norm(d) == 0);
}

}  // namespace transformer_test
}  // namespace recur::testing
