// What every writer refuses: the rest is in the tests of one_to_many and encoder_decoder.
#include "recur/architecture/writer.hpp"

#include <limits>

#include "architecture/models.hpp"
#include "catch.hpp"
#include "recur/architecture/encoder_decoder.hpp"
#include "recur/cell/gru.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "recur/train/loss.hpp"
#include "recur/train/sequence_loss.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace writer_test {

using Catch::Matchers::ContainsSubstring;

constexpr DecoderOptions says{.begin = 0, .end = 5, .max_length = 4};

auto network(Index tokens) { return Sequential{Embedding<double>{tokens, 2}, Recurrent{Gru<double>{2, 3}}}; }
auto decoder() { return Decoder{network(6), Dense<double>{3, 6}, says}; }
auto writer(Index tokens = 7) {
  return ready(EncoderDecoder{network(tokens), decoder(), EachStep{SoftmaxCrossEntropy<double>{}}});
}
using Model = decltype(writer());

std::vector<Model::Example> examples() { return {{{3, 0, 6}, {1}}, {{1, 4}, {0, 4, 2}}, {{6}, {2, 2}}}; }

TEST_CASE("A decoder refuses options that became illegal, whatever it is asked") {
  const auto refuses = [](auto&& spoil, const char* why) {
    auto model = writer();
    const auto batch = batch_of(model, examples());
    auto stream = model.stream({1});
    spoil(model.decoder.options);
    Model::Tape tape;
    Sampler sampler;
    Random random(1);
    CHECK_THAT(refusal([&] { model.decoder.greedy(stream); }), ContainsSubstring(why));
    CHECK_THAT(refusal([&] { model.decoder.sample(stream, sampler, random); }), ContainsSubstring(why));
    CHECK_THAT(refusal([&] { model.decoder.beam(stream, 2); }), ContainsSubstring(why));
    CHECK_THAT(refusal([&] { model.check(examples()[0]); }), ContainsSubstring(why));
    CHECK_THAT(refusal([&] { batch_of(model, examples()); }), ContainsSubstring(why));
    CHECK_THAT(refusal([&] { model.loss(batch, tape); }), ContainsSubstring(why));
  };
  refuses([](auto& options) { options.max_length = 0; }, "max_length 0: it must be at least 1");
  refuses([](auto& options) { options.end = 6; }, "the end 6");
  refuses([](auto& options) { options.end = -2; }, "the end -2");
  refuses([](auto& options) { options.scheduled_sampling = -0.1; }, "scheduled_sampling -0.1");
  refuses([](auto& options) { options.scheduled_sampling = std::numeric_limits<double>::quiet_NaN(); },
          "scheduled_sampling nan: it must be a probability");
}

TEST_CASE("A decoder refuses tokens and states that are not its own, and goes on as if they had not been") {
  const auto model = writer();
  auto stream = model.stream({3, 1});
  const VectorX<double> expected = model.decoder.step(says.begin, stream);
  auto again = model.stream({3, 1});
  for (const Token token : {-1, 6}) CHECK_THROWS_AS(model.decoder.step(token, again), std::out_of_range);
  CHECK(model.decoder.step(says.begin, again) == expected);
  for (const auto& state : {MatrixX<double>(2, 1), MatrixX<double>(3, 2), MatrixX<double>(0, 0)})
    CHECK_THAT(refusal([&] { model.decoder.stream(state, {}); }), ContainsSubstring("it must be 3 x 1"));
}

TEST_CASE("A decoder that says what is not a number writes nothing") {
  auto model = writer();
  model.decoder.head.bias(2) = std::numeric_limits<double>::quiet_NaN();
  Sampler sampler;
  Random random(1);
  CHECK(refusal([&] { model.greedy({1}); }) == "a logit is not a number, so no token can be chosen");
  CHECK_THAT(refusal([&] { model.sample({1}, sampler, random); }), ContainsSubstring("not a number"));
  CHECK_THAT(refusal([&] { model.beam({1}, 2); }), ContainsSubstring("must be a number"));
}

TEST_CASE("A decoder all of whose scores are -infinity writes nothing") {
  auto model = writer();
  model.decoder.head.bias.setConstant(-std::numeric_limits<double>::infinity());
  Sampler sampler;
  Random random(1);
  const auto message = "the highest logit is -inf: it must be finite to choose a token";
  CHECK(refusal([&] { model.greedy({1}); }) == message);
  CHECK(refusal([&] { model.sample({1}, sampler, random); }) == message);
}

TEST_CASE("A decoder that can't start from a state is refused by what would give it one") {
  CHECK_THAT(refusal([] {
               EncoderDecoder{Embedding<double>{7, 3},
                              Decoder{Embedding<double>{6, 3}, Dense<double>{3, 6}, says},
                              EachStep{SoftmaxCrossEntropy<double>{}}};
             }),
             ContainsSubstring("has no recurrent layer: it needs one to start from a state"));
}

TEST_CASE("A writer refuses class weights for other tokens than it says, whenever they were given") {
  CHECK(refusal([] {
          EncoderDecoder{network(7), decoder(), EachStep{SoftmaxCrossEntropy<double>{{1, 2}}}};
        }) == "2 class weights were given for 6 classes");
  auto model = writer();
  const auto batch = batch_of(model, examples());
  Model::Tape tape;
  model.criterion.loss.class_weights = {1, 2};
  CHECK_THROWS_AS(model.weight(batch), std::invalid_argument);
  CHECK_THROWS_AS(model.loss(batch, tape), std::invalid_argument);
}

TEST_CASE("A writer refuses batches whose sides don't belong together") {
  const auto model = writer();
  Model::Tape tape;
  const auto right = batch_of(model, examples());
  const double loss = model.loss(right, tape);
  auto wrong = right;
  wrong.x = Sequence<Token>({{1, 2}, {3}});
  CHECK_THROWS_AS(model.loss(wrong, tape), std::invalid_argument);
  wrong = right;
  wrong.targets = batch_of(model, {examples()[0], examples()[1]}).targets;
  CHECK_THROWS_AS(model.loss(wrong, tape), std::invalid_argument);
  wrong = right;
  wrong.x = Sequence<Token>();
  CHECK_THROWS_AS(model.loss(wrong, tape), std::invalid_argument);
  CHECK(model.loss(right, tape) == loss);
}

TEST_CASE("A writer refuses a gradient of another model, and one of a pass that recorded nothing") {
  const auto model = writer(), other = writer(9);
  const auto batch = batch_of(model, examples());
  Model::Tape tape;
  Model gradient = zeros_like(model), foreign = zeros_like(other);
  model.loss(batch, tape, recording);
  CHECK_THROWS_AS(model.backward(batch, tape, foreign), std::invalid_argument);
  CHECK(gradient_norm(foreign) == 0);
  model.loss(batch, tape, predicting);
  CHECK_THROWS_AS(model.backward(batch, tape, gradient), std::invalid_argument);
}

}  // namespace writer_test
}  // namespace recur::testing
