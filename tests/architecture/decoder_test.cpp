// What every decoder refuses. The tests of one_to_many and encoder_decoder have the rest.
#include "recur/architecture/decoder.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "architecture/small_writer.hpp"
#include "catch.hpp"
#include "recur/attention/attention.hpp"
#include "recur/attention/score.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace decoder_test {

using namespace small_writer;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("A decoder refuses options that became illegal, in every function", "[architecture][decoder]") {
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

TEST_CASE("A decoder refuses illegal tokens and states and is unchanged afterwards",
          "[architecture][decoder]") {
  const auto model = writer();
  auto stream = model.stream({3, 1});
  const VectorX<double> expected = model.decoder.step_logits(says.begin, stream);
  auto again = model.stream({3, 1});
  for (const Token token : {-1, 6})
    CHECK_THROWS_AS(model.decoder.step_logits(token, again), std::out_of_range);
  CHECK(model.decoder.step_logits(says.begin, again) == expected);
  for (const auto& state : {MatrixX<double>(2, 1), MatrixX<double>(3, 2), MatrixX<double>(0, 0)})
    CHECK_THAT(refusal([&] { model.decoder.stream(state, {}); }), ContainsSubstring("it must be 3 x 1"));
}

TEST_CASE("Scheduled sampling starts where the decoder starts, and refuses other states",
          "[architecture][decoder]") {
  auto model = writer();
  model.decoder.options.scheduled_sampling = 1;
  const auto batch = batch_of(model, examples());
  const auto logits = [&](const MatrixX<double>& state) {
    Random random(2);
    decltype(Model::Tape::decoder) tape;
    return MatrixX<double>(model.decoder.forward(state, {}, batch.before, tape, training(random)).values());
  };
  CHECK(logits(MatrixX<double>()) == logits(MatrixX<double>::Zero(3, 3)));
  for (const auto& wrong : {MatrixX<double>(3, 2), MatrixX<double>(2, 3), MatrixX<double>(3, 4)})
    CHECK_THAT(refusal([&] { logits(wrong); }), ContainsSubstring("it must be 3 x 3"));
}

TEST_CASE("A decoder refuses a sample that its memory does not have", "[architecture][decoder]") {
  const Decoder decoder{network(6), Attention{DotScore<double>{3}}, Dense<double>{6, 6}, says};
  const auto read =
      decoder.read(Sequence<double>({MatrixX<double>::Ones(3, 2), MatrixX<double>::Ones(3, 1)}));
  const MatrixX<double> state = MatrixX<double>::Zero(3, 1);
  CHECK_NOTHROW(decoder.stream(state, read, 1));
  for (const Index sample : {-1, 2, 9})
    CHECK_THAT(refusal<std::out_of_range>([&] { decoder.stream(state, read, sample); }),
               ContainsSubstring("sample " + std::to_string(sample)));
}

TEST_CASE("A beam never writes the token that it is told not to write", "[architecture][decoder]") {
  const auto model = writer();
  const auto stream = model.stream({3, 1});
  const auto best = model.decoder.beam(stream, 4)[0].tokens;
  REQUIRE(!best.empty());
  for (const auto& found : model.decoder.beam(stream, 4, 0, best[0]))
    CHECK(std::ranges::count(found.tokens, best[0]) == 0);
  CHECK_THROWS_AS(model.decoder.beam(stream, 4, 0, 6), std::out_of_range);
  CHECK_THROWS_AS(model.decoder.beam(stream, 4, 0, -2), std::out_of_range);
}

TEST_CASE("A decoder with a logit that is not a number writes nothing", "[architecture][decoder]") {
  auto model = writer();
  model.decoder.head.bias(2) = std::numeric_limits<double>::quiet_NaN();
  Sampler sampler;
  Random random(1);
  CHECK(refusal([&] { model.greedy({1}); }) == "a logit is not a number, so no token can be chosen");
  CHECK_THAT(refusal([&] { model.sample({1}, sampler, random); }), ContainsSubstring("not a number"));
  CHECK_THAT(refusal([&] { model.beam({1}, 2); }), ContainsSubstring("must be a number"));
}

TEST_CASE("A decoder with only logits of -infinity writes nothing", "[architecture][decoder]") {
  auto model = writer();
  model.decoder.head.bias.setConstant(-std::numeric_limits<double>::infinity());
  Sampler sampler;
  Random random(1);
  const auto message = "the highest logit is -inf: it must be finite to choose a token";
  CHECK(refusal([&] { model.greedy({1}); }) == message);
  CHECK(refusal([&] { model.sample({1}, sampler, random); }) == message);
}

TEST_CASE("A model refuses a decoder that can't start from a state", "[architecture][decoder]") {
  CHECK_THAT(refusal([] {
               EncoderDecoder{Embedding<double>{7, 3},
                              Decoder{Embedding<double>{6, 3}, Dense<double>{3, 6}, says},
                              EachStep{SoftmaxCrossEntropy<double>{}}};
             }),
             ContainsSubstring("has no recurrent layer: it needs one to start from a state"));
}

TEST_CASE("reset of a decoder refuses a stream before it changes a part of it", "[architecture][decoder]") {
  const auto model = writer();
  auto stream = model.stream({3, 1});
  model.decoder.step_logits(says.begin, stream);
  const MatrixX<double> state = get_state(model.decoder.body, stream.body);
  stream.head.y.resize(5);
  CHECK_THAT(refusal([&] { model.decoder.reset(stream, MatrixX<double>::Zero(3, 1)); }),
             ContainsSubstring("was given a stream of 5 features: it must be of 6"));
  CHECK(get_state(model.decoder.body, stream.body) == state);
}

}  // namespace decoder_test
}  // namespace recur::testing
