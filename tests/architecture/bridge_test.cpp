// Encoders with other states than the decoder's, and the bridge between them.
#include "architecture/models.hpp"
#include "catch.hpp"
#include "names.hpp"
#include "recur/architecture/encoder_decoder.hpp"
#include "recur/attention/attention.hpp"
#include "recur/attention/transformer.hpp"
#include "recur/cell/gru.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/layer/positions.hpp"
#include "recur/recurrence/bidirectional.hpp"
#include "recur/train/loss.hpp"
#include "recur/train/sequence_loss.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace bridge_test {

constexpr DecoderOptions says{.begin = 0, .end = 5, .max_length = 7};
using Text = EachStep<SoftmaxCrossEntropy<double>>;

/// Two GRUs of two units, one in each direction of the source, and an LSTM of three units. A map of their
/// four numbers gives its six numbers.
auto encoder() { return Sequential{Embedding<double>{7, 3}, Bidirectional{Gru<double>{3, 2}}}; }
auto bridge() { return Dense<double, Tanh>{4, 6}; }
auto body() { return Sequential{Embedding<double>{6, 4}, Recurrent{Lstm<double>{4, 3}}}; }
auto plain_behind(auto source) {
  return ready(
      EncoderDecoder{std::move(source), bridge(), Decoder{body(), Dense<double>{3, 6}, says}, Text{}});
}
auto attentive_behind(auto source) {
  return ready(EncoderDecoder{
      std::move(source), bridge(),
      Decoder{body(), Attention{AdditiveScore<double>{3, 4, 2}}, Dense<double>{4 + 3, 6}, says}, Text{}});
}
auto plain() { return plain_behind(encoder()); }
auto attentive() { return attentive_behind(encoder()); }
/// The same with numbers as input instead of tokens.
auto of_numbers() {
  return ready(EncoderDecoder{
      Bidirectional{Gru<double>{3, 2}}, bridge(),
      Decoder{body(), Attention{AdditiveScore<double>{3, 4, 2}}, Dense<double>{4 + 3, 6}, says}, Text{}});
}

/// Both sides ragged, in different orders of length.
template <class Model>
auto examples_of(const Model&) {
  return std::vector<typename Model::Example>{
      {{3, 0, 6}, {1}}, {{1, 4, 4, 5, 2}, {0, 4, 2}}, {{6}, {2, 2, 3, 1, 0}}, {{5, 2}, {4, 3}}};
}

std::vector<decltype(of_numbers())::Example> examples_of(const decltype(of_numbers())&) {
  const std::vector<std::vector<Token>> targets{{1}, {0, 4, 2}, {2, 2, 3, 1, 0}, {4, 3}};
  std::vector<decltype(of_numbers())::Example> examples;
  Random random(3);
  for (const Index steps : {3, 5, 1, 2}) {
    MatrixX<double> x(3, steps);
    normal(x, 1, random);
    examples.push_back({x, targets[examples.size()]});
  }
  return examples;
}

template <class Model>
void says_the_same_step_by_step(const Model& model) {
  typename Model::Tape tape;
  const auto examples = examples_of(model);
  const Sequence<double> together = model.logits(batch_of(model, examples), tape);
  for (std::size_t b = 0; b < examples.size(); ++b) {
    const MatrixX<double> logits = together.sample(static_cast<Index>(b));
    auto stream = model.stream(examples[b].input);
    Token before = says.begin;
    for (Index t = 0; t < logits.cols(); ++t) {
      CHECK((model.decoder.step_logits(before, stream) - logits.col(t)).norm() < 1e-12);
      if (t + 1 < logits.cols()) before = examples[b].target[static_cast<std::size_t>(t)];
    }
  }
}

TEST_CASE("The gradient through a bridge to both directions of an encoder is its slope",
          "[architecture][bridge]") {
  gradient_is_slope(plain(), batch_of(plain(), examples_of(plain())));
  gradient_is_slope(attentive(), batch_of(attentive(), examples_of(attentive())));
  gradient_is_slope(of_numbers(), batch_of(of_numbers(), examples_of(of_numbers())));
}

TEST_CASE("A sample gives the same outputs in a batch and alone after a bidirectional encoder",
          "[architecture][bridge]") {
  says_the_same_step_by_step(plain());
  says_the_same_step_by_step(attentive());
  says_the_same_step_by_step(of_numbers());
}

TEST_CASE("Copies and loaded models with a bridge give the same outputs for tokens and for numbers",
          "[architecture][bridge]") {
  is_a_value(attentive(), batch_of(attentive(), examples_of(attentive())));
  is_a_value(of_numbers(), batch_of(of_numbers(), examples_of(of_numbers())));
  CHECK(store_weights(of_numbers()).tensors.contains("bridge.weight"));
}

TEST_CASE("An encoder of numbers refuses inputs with other features", "[architecture][bridge]") {
  const auto model = of_numbers();
  CHECK_NOTHROW(model.check({MatrixX<double>::Ones(3, 2), {1}}));
  CHECK_THROWS_AS(model.check({MatrixX<double>::Ones(2, 2), {1}}), std::invalid_argument);
  CHECK_THROWS_AS(model.check({MatrixX<double>(3, 0), {1}}), std::invalid_argument);
  CHECK_THROWS_AS(model.check({MatrixX<double>::Constant(3, 2, std::nan("")), {1}}), std::invalid_argument);
  CHECK_THROWS_AS(model.greedy(MatrixX<double>::Ones(4, 2)), std::invalid_argument);
}

TEST_CASE("A decoder starts from both final states of a bidirectional encoder and attends to both directions",
          "[architecture][bridge]") {
  const auto model = attentive();
  decltype(attentive())::Tape tape;
  const auto examples = examples_of(model);
  model.logits(batch_of(model, examples), tape);
  const auto& [table, both] = model.source.encoder.layers;
  for (std::size_t b = 0; b < examples.size(); ++b) {
    MatrixX<double> x(3, 0);
    for (const Token token : examples[b].input) {
      x.conservativeResize(3, x.cols() + 1);
      x.rightCols(1) = table.weight.values.row(token).transpose();
    }
    Recurrent<Gru<double>>::Tape there;
    Recurrent<Gru<double>, Direction::reverse>::Tape back;
    MatrixX<double> memory(4, x.cols());
    memory.topRows(2) = both.forward_layer.forward(Sequence<double>({x}), there).values();
    memory.bottomRows(2) = both.reverse_layer.forward(Sequence<double>({x}), back).values();
    VectorX<double> ends(4);
    ends << memory.topRows(2).rightCols(1), memory.bottomRows(2).leftCols(1);
    const VectorX<double> state =
        (model.source.bridge.weight * ends + model.source.bridge.bias).array().tanh();
    const auto column = static_cast<Index>(b);
    CHECK((tape.source.state.col(column) - state).norm() < 1e-13);
    CHECK((tape.source.memory().sample(column) - memory).norm() < 1e-13);
  }
}

TEST_CASE("Steady training with a bridge from both directions allocates nothing", "[architecture][bridge]") {
  const auto model = attentive();
  CHECK(steady_allocations(model, batch_of(model, examples_of(model))) == 0);
}

TEST_CASE("Without a bridge, the states of both directions must have the size of the decoder's state",
          "[architecture][bridge]") {
  CHECK(
      refusal([] {
        EncoderDecoder{encoder(), Decoder{body(), Dense<double>{3, 6}, says}, Text{}};
      }) ==
      "the state that encoder {Sequential {Embedding (7 tokens -> 3), bidirectional GRU (3 -> 4)}} gives has "
      "4 "
      "units, but Decoder {Sequential {Embedding (6 tokens -> 4), LSTM (4 -> 3)}, Dense (3 -> 6)} starts in "
      "one of 6: they must be equal");
  CHECK(parameter_names(plain()).find(
            " encoder.1.reverse.bias_hh bridge.weight bridge.bias decoder.body.0") != std::string::npos);
}

/// An encoder of attention only. It has no state.
auto stateless() {
  return Sequential{Embedding<double>{7, 4}, SinusoidalPositions<double>{},
                    TransformerEncoderLayer<double, Gelu>{4, 2, 5}};
}
auto plain_after_attention() { return plain_behind(stateless()); }
auto attentive_after_attention() { return attentive_behind(stateless()); }

TEST_CASE("The gradient through a bridge from the memory of an encoder without a state is its slope",
          "[architecture][bridge]") {
  const auto plain = plain_after_attention();
  gradient_is_slope(plain, batch_of(plain, examples_of(plain)));
  const auto attentive = attentive_after_attention();
  gradient_is_slope(attentive, batch_of(attentive, examples_of(attentive)));
}

TEST_CASE("After an encoder without a state the decoder starts in a map of the mean of each sample's memory",
          "[architecture][bridge]") {
  const auto model = attentive_after_attention();
  says_the_same_step_by_step(model);
  decltype(attentive_after_attention())::Tape tape;
  const auto examples = examples_of(model);
  model.logits(batch_of(model, examples), tape);
  for (std::size_t b = 0; b < examples.size(); ++b) {
    decltype(stateless())::Tape alone;
    const VectorX<double> mean =
        model.source.encoder.forward(Sequence<Token>({examples[b].input}), alone).values().rowwise().mean();
    const VectorX<double> state =
        (model.source.bridge.weight * mean + model.source.bridge.bias).array().tanh();
    CHECK((tape.source.state.col(static_cast<Index>(b)) - state).norm() < 1e-13);
  }
  CHECK(steady_allocations(model, batch_of(model, examples)) == 0);
  CHECK_THAT(
      refusal([] {
        EncoderDecoder{stateless(), Dense<double>{3, 6}, Decoder{body(), Dense<double>{3, 6}, says}, Text{}};
      }),
      Catch::Matchers::StartsWith("the bridge, Dense (3 -> 6), takes 3 features, but the steps of the") &&
          Catch::Matchers::EndsWith("have 4: they must be equal"));
}

}  // namespace bridge_test
}  // namespace recur::testing
