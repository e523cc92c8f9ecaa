#include "recur/architecture/encoder_decoder.hpp"

#include <limits>
#include <map>
#include <type_traits>

#include "architecture/models.hpp"
#include "catch.hpp"
#include "flat.hpp"
#include "max_abs.hpp"
#include "names.hpp"
#include "recur/attention/attention.hpp"
#include "recur/cell/gru.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/layer/conv1d.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/dropout.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/layer/pool1d.hpp"
#include "recur/layer/positions.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "recur/train/fit.hpp"
#include "recur/train/loss.hpp"
#include "recur/train/optimizer.hpp"
#include "recur/train/sequence_loss.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace encoder_decoder_test {

using Catch::Matchers::ContainsSubstring;
using Examples = std::vector<std::pair<std::vector<Token>, std::vector<Token>>>;
using Text = EachStep<SoftmaxCrossEntropy<double>>;

constexpr Index hidden = 5, words = 7, outputs = 6;
constexpr DecoderOptions says{.begin = 0, .end = 5, .max_length = 7};

auto encoder() { return Sequential{Embedding<double>{words, 3}, Recurrent{Lstm<double>{3, hidden}}}; }
auto body() {
  return Sequential{Embedding<double>{outputs, 4}, Dropout<double>{0.2}, Recurrent{Lstm<double>{4, hidden}}};
}
auto plain(DecoderOptions options = says) {
  return EncoderDecoder{encoder(), Decoder{body(), Dense<double>{hidden, outputs}, options}, Text{}};
}
auto attentive(DecoderOptions options = says) {
  return EncoderDecoder{
      encoder(),
      Decoder{body(), Attention{GeneralScore<double>{hidden, hidden}},
              Sequential{Dense<double, Tanh>{2 * hidden, 4}, Dense<double>{4, outputs}}, options},
      Text{}};
}
/// A GRU that starts from a map of an LSTM's states.
auto bridged() {
  return EncoderDecoder{
      encoder(), Dense<double, Tanh>{2 * hidden, 3},
      Decoder{Sequential{Embedding<double>{outputs, 4}, Recurrent{Gru<double>{4, 3}}},
              Attention{AdditiveScore<double>{3, hidden, 4}}, Dense<double>{hidden + 3, outputs}, says},
      Text{}};
}
using Plain = decltype(plain());
using Attentive = decltype(attentive());

/// Both sides ragged, in different orders of length.
const Examples& ragged() {
  static const Examples all{
      {{3, 0, 6}, {1}}, {{1, 4, 4, 5, 2}, {0, 4, 2}}, {{6}, {2, 2, 3, 1, 0}}, {{5, 2}, {4, 3}}};
  return all;
}
template <class Model>
auto examples_of(const Model&, const Examples& all) {
  std::vector<typename Model::Example> examples;
  for (const auto& [input, target] : all) examples.push_back({input, target});
  return examples;
}
template <class Model>
auto ragged_batch(const Model& model) {
  return batch_of(model, examples_of(model, ragged()));
}

TEST_CASE("The gradient of encoder and decoder is its slope, with and without attention",
          "[architecture][encoder_decoder]") {
  const auto check = [](const auto& model) { gradient_is_slope(ready(model), ragged_batch(model)); };
  check(plain());
  check(attentive());
  check(bridged());
  DecoderOptions endless = says;
  endless.end = -1;
  check(plain(endless));
}

TEST_CASE("The gradient is the slope if the network reads its own tokens",
          "[architecture][encoder_decoder]") {
  DecoderOptions options = says;
  options.scheduled_sampling = 0.5;
  gradient_is_slope(ready(plain(options)), ragged_batch(plain(options)));
  gradient_is_slope(ready(attentive(options)), ragged_batch(attentive(options)));
}

/// The equations of an LSTM with gates i, f, g, o.
void lstm(const Lstm<double>& cell, const VectorX<double>& x, VectorX<double>& h, VectorX<double>& c) {
  const VectorX<double> a = cell.weight_ih * x + cell.bias_ih + cell.weight_hh * h + cell.bias_hh;
  const auto sigmoid = [](double v) { return 1 / (1 + std::exp(-v)); };
  for (Index u = 0; u < hidden; ++u) {
    c(u) = sigmoid(a(hidden + u)) * c(u) + sigmoid(a(u)) * std::tanh(a(2 * hidden + u));
    h(u) = sigmoid(a(3 * hidden + u)) * std::tanh(c(u));
  }
}
/// log p of each next token, after a source and the tokens before: Luong's attention with its general score.
VectorX<double> textbook(const Attentive& model, const std::vector<Token>& source,
                         const std::vector<Token>& before) {
  const auto& [table, encoder_lstm] = model.source.encoder.layers;
  VectorX<double> h = VectorX<double>::Zero(hidden), c = h;
  MatrixX<double> memory(hidden, 0);
  for (const Token token : source) {
    lstm(encoder_lstm.cell, table.weight.values.row(token).transpose(), h, c);
    memory.conservativeResize(hidden, memory.cols() + 1);
    memory.rightCols(1) = h;
  }
  const auto& [out_table, dropout, decoder_lstm] = model.decoder.body.layers;
  for (const Token token : before)
    lstm(decoder_lstm.cell, out_table.weight.values.row(token).transpose(), h, c);
  VectorX<double> alpha =
      (memory.transpose() * model.decoder.attention.score.weight_memory.transpose() * h).array().exp();
  alpha /= alpha.sum();
  VectorX<double> joined(2 * hidden);
  joined << memory * alpha, h;
  const auto& [combine, last] = model.decoder.head.layers;
  const VectorX<double> attended = (combine.weight * joined + combine.bias).array().tanh();
  const VectorX<double> a = last.weight * attended + last.bias;
  return a.array() - std::log(a.array().exp().sum());
}

TEST_CASE("Encoder and decoder with attention match the textbook, sample by sample",
          "[architecture][encoder_decoder]") {
  const Attentive model = ready(attentive());
  Attentive::Tape tape;
  const auto batch = ragged_batch(model);
  const Sequence<double> together = model.logits(batch, tape);
  double loss = 0;
  Index steps = 0;
  for (std::size_t b = 0; b < ragged().size(); ++b) {
    const auto& [source, target] = ragged()[b];
    MatrixX<double> logits = together.sample(static_cast<Index>(b));
    log_softmax(logits);
    REQUIRE(logits.cols() == static_cast<Index>(target.size()) + 1);
    auto stream = model.stream(source);
    std::vector<Token> before{says.begin};
    for (std::size_t t = 0; t <= target.size(); ++t, ++steps) {
      const VectorX<double> expected = textbook(model, source, before);
      CHECK((logits.col(static_cast<Index>(t)) - expected).norm() < 1e-12);
      VectorX<double> streamed = model.decoder.step_logits(before.back(), stream);
      log_softmax(streamed);
      CHECK((streamed - expected).norm() < 1e-12);
      CHECK((stream.look.weights(0) -
             tape.decoder.attention.weights(static_cast<Index>(b)).col(static_cast<Index>(t)))
                .norm() < 1e-12);
      before.push_back(t < target.size() ? target[t] : says.end);
      loss -= expected(before.back());
    }
  }
  CHECK(model.weight(batch) == static_cast<double>(steps));
  CHECK(model.loss(batch, tape) == Approx(loss / static_cast<double>(steps)).epsilon(1e-12));
}

TEST_CASE("A sample gives the same outputs in every batch, with and without attention",
          "[architecture][encoder_decoder]") {
  const auto check = [](const auto& model) {
    typename std::remove_cvref_t<decltype(model)>::Tape tape;
    const Sequence<double> together = model.logits(ragged_batch(model), tape);
    for (std::size_t b = 0; b < ragged().size(); ++b) {
      const Sequence<double> alone = model.logits(batch_of(model, examples_of(model, {ragged()[b]})), tape);
      CHECK(max_abs(together.sample(static_cast<Index>(b)) - alone.values()) < 1e-13);
    }
  };
  check(ready(plain()));
  check(ready(attentive()));
}

TEST_CASE("A beam of width one is greedy, and a full beam finds the same as a full search",
          "[architecture][encoder_decoder]") {
  DecoderOptions options = says;
  options.max_length = 4;
  for (std::uint64_t seed = 1; seed < 6; ++seed) {
    Attentive model = attentive(options);
    initialize(model, seed, Scheme::pytorch);
    for_each_parameter([](const Name&, auto& p) { flat(p) *= 3; }, model);  // less alike
    const std::vector<Token> source{3, 1, 6};
    CHECK(model.beam(source, 1)[0].tokens == model.greedy(source));

    for (const double alpha : {0.0, 1.0}) {
      std::vector<std::pair<double, std::vector<Token>>> all;
      const auto search = [&](auto& self, std::vector<Token> before, double log_p) -> void {
        const VectorX<double> next = textbook(model, source, before);
        for (Token token = 0; token < outputs; ++token) {
          const double p = log_p + next(token);
          const auto length = static_cast<Index>(before.size());
          std::vector<Token> longer = before;
          if (token != options.end) longer.push_back(token);
          if (token == options.end || length == options.max_length)
            all.emplace_back(p / detail::beam_length_penalty(length, alpha),
                             std::vector<Token>(longer.begin() + 1, longer.end()));
          else
            self(self, longer, p);
        }
      };
      search(search, {options.begin}, 0);
      std::ranges::sort(all, std::greater{});
      const auto found = model.beam(source, static_cast<Index>(all.size()), alpha);
      for (std::size_t i = 0; i < 10; ++i) {
        CHECK(found[i].score == Approx(all[i].first).epsilon(1e-12));
        CHECK(found[i].tokens == all[i].second);
      }
    }
  }
}

TEST_CASE("A stream is a value: its copies are independent", "[architecture][encoder_decoder]") {
  const Attentive model = ready(attentive());
  const std::vector<Token> source{3, 1, 6};
  auto trunk = model.stream(source);
  model.decoder.step_logits(says.begin, trunk);
  auto left = trunk, right = trunk;
  VectorX<double> a = model.decoder.step_logits(2, left), b = model.decoder.step_logits(4, right);
  log_softmax(a), log_softmax(b);
  CHECK((a - textbook(model, source, {says.begin, 2})).norm() < 1e-12);
  CHECK((b - textbook(model, source, {says.begin, 4})).norm() < 1e-12);
}

TEST_CASE("A decoder's stream starts again from a state, even after a state that is not a number",
          "[architecture][encoder_decoder]") {
  const Attentive model = ready(attentive());
  const auto fresh = model.stream({3, 1, 6});
  const MatrixX<double> state = get_state(model.decoder.body, fresh.body);
  auto stream = fresh;
  model.decoder.step_logits(says.begin, stream);
  model.decoder.reset(stream,
                      MatrixX<double>::Constant(state.rows(), 1, std::numeric_limits<double>::quiet_NaN()));
  CHECK(model.decoder.step_logits(2, stream).hasNaN());
  CHECK_THROWS_AS(model.decoder.reset(stream, MatrixX<double>::Zero(state.rows() + 1, 1)),
                  std::invalid_argument);
  CHECK(model.decoder.step_logits(2, stream).hasNaN());  // the refused call changed nothing
  model.decoder.reset(stream, state);
  auto same = fresh;
  CHECK(model.decoder.step_logits(4, stream) == model.decoder.step_logits(4, same));
}

TEST_CASE("Samples follow the network's probabilities and are the same for the same seed",
          "[architecture][encoder_decoder]") {
  const Plain model = ready(plain());
  Sampler sampler;
  Random random(3), again(3);
  std::map<Token, int> first;
  const int draws = 2000;
  for (int i = 0; i < draws; ++i) {
    const auto tokens = model.sample({3, 1}, sampler, random);
    CHECK(tokens == model.sample({3, 1}, sampler, again));
    CHECK(tokens.size() <= 7);
    ++first[tokens.empty() ? says.end : tokens[0]];
  }
  auto stream = model.stream({3, 1});
  VectorX<double> log_p = model.decoder.step_logits(says.begin, stream);
  log_softmax(log_p);
  for (Token token = 0; token < outputs; ++token)
    CHECK(first[token] / double{draws} == Approx(std::exp(log_p(token))).margin(0.04));
  Sampler best({.temperature = 0});
  CHECK(model.sample({3, 1}, best, random) == model.greedy({3, 1}));
}

TEST_CASE("Scheduled sampling feeds the network's own tokens at the given rate, only in training",
          "[architecture][encoder_decoder]") {
  Plain model = ready(plain());
  const auto batch = ragged_batch(model);
  Plain::Tape tape;
  Random random(1);
  const double taught = model.loss(batch, tape, recording);
  CHECK(model.loss(batch, tape, predicting) == taught);

  model.decoder.options.scheduled_sampling = 1;
  CHECK(model.loss(batch, tape, recording) == taught);
  for_each_parameter([](const Name&, auto& p) { flat(p) *= 40; }, model);  // with probabilities near 1
  model.loss(batch, tape, training(random));
  for (std::size_t b = 0; b < ragged().size(); ++b) {
    auto stream = model.stream(ragged()[b].first);
    const MatrixX<Token> fed = tape.decoder.inputs.sample(static_cast<Index>(b));
    CHECK(fed(0) == says.begin);
    for (Index t = 0; t + 1 < fed.cols(); ++t) {
      Index best = 0;
      model.decoder.step_logits(fed(t), stream).maxCoeff(&best);
      CHECK(fed(t + 1) == best);
    }
  }
  model.decoder.options.scheduled_sampling = 0.3;
  int own = 0, of = 0;
  for (int i = 0; i < 200; ++i) {
    model.loss(batch, tape, training(random));
    for (Index c = batch.before.layout().offset(1); c < batch.before.columns(); ++c, ++of)
      own += tape.decoder.inputs.data()[c] != batch.before.data()[c];
  }
  CHECK(own > 0.1 * of);
  CHECK(own < 0.34 * of);
}

TEST_CASE("An encoder and decoder with attention learns to reverse, with the same bits in each run",
          "[architecture][encoder_decoder]") {
  Random random(1);
  Examples all(150);
  for (auto& [input, target] : all) {
    const Index length = 1 + random.below(4);
    for (Index t = 0; t < length; ++t) input.push_back(static_cast<Token>(random.below(4)));
    target.assign(input.rbegin(), input.rend());
  }
  const auto make = [] {
    return ready(EncoderDecoder{Sequential{Embedding<double>{4, 8}, Recurrent{Gru<double>{8, 16}}},
                                Decoder{Sequential{Embedding<double>{6, 8}, Recurrent{Gru<double>{8, 16}}},
                                        Attention{DotScore<double>{16}},
                                        Dense<double>{32, 6},
                                        {.begin = 5, .end = 5, .max_length = 8}},
                                Text{}});
  };
  auto model = make(), again = make();
  const auto examples = examples_of(model, all);
  for (auto* m : {&model, &again}) {
    Optimizer optimizer(*m, Adam{.rate = 0.02});
    fit(*m, optimizer, examples, examples, {.epochs = 16, .batch_size = 10, .threads = 2, .clip_norm = 1});
  }
  int right = 0;
  for (const auto& [input, target] : all) right += model.greedy(input) == target;
  CHECK(right > 140);
  CHECK(evaluate(model, examples) == evaluate(again, examples));
}

TEST_CASE("Steady training of encoder and decoder allocates nothing", "[architecture][encoder_decoder]") {
  const auto model = ready(bridged());
  const auto batch = ragged_batch(model);
  CHECK(steady_allocations(model, batch) == 0);
}

TEST_CASE("Copies and loaded models of encoder and decoder give the same outputs",
          "[architecture][encoder_decoder]") {
  const auto check = [](const auto& model) { is_a_value(ready(model), ragged_batch(model)); };
  check(attentive());
  check(bridged());
}

TEST_CASE("Encoder and decoder name their parts", "[architecture][encoder_decoder]") {
  const auto model = bridged();
  CHECK(parameter_names(model) ==
        "encoder.0.weight encoder.1.weight_ih encoder.1.weight_hh encoder.1.bias_ih encoder.1.bias_hh "
        "bridge.weight bridge.bias decoder.body.0.weight decoder.body.1.weight_ih decoder.body.1.weight_hh "
        "decoder.body.1.bias_ih decoder.body.1.bias_hh decoder.attention.weight_query "
        "decoder.attention.weight_memory decoder.attention.weight_score decoder.head.weight "
        "decoder.head.bias ");
  CHECK(
      plain().describe() ==
      "EncoderDecoder {encoder {Sequential {Embedding (7 tokens -> 3), LSTM (3 -> 5)}}, Decoder {Sequential "
      "{Embedding (6 tokens -> 4), Dropout (0.2), LSTM (4 -> 5)}, Dense (5 -> 6)}}");
}

TEST_CASE("Encoder and decoder refuse parts that don't fit together", "[architecture][encoder_decoder]") {
  CHECK_THAT(refusal([] {
               EncoderDecoder{encoder(),
                              Decoder{Sequential{Embedding<double>{outputs, 4}, Recurrent{Gru<double>{4, 3}}},
                                      Dense<double>{3, outputs}, says},
                              Text{}};
             }),
             ContainsSubstring("has 10 units, but Decoder") && ContainsSubstring("starts in one of 3"));
  CHECK_THAT(refusal([] {
               Decoder{body(), Dense<double>{4, outputs}, says};
             }),
             ContainsSubstring("takes 4 features, but is given 5"));
  CHECK_THAT(refusal([] {
               Decoder{body(), Attention{DotScore<double>{4}}, Dense<double>{9, outputs}, says};
             }),
             ContainsSubstring("takes queries of 4 features"));
  CHECK_THAT(refusal([] {
               EncoderDecoder{encoder(),
                              Decoder{body(), Attention{AdditiveScore<double>{5, 4, 2}},
                                      Dense<double>{9, outputs}, says},
                              Text{}};
             }),
             ContainsSubstring("has 5 features, but Decoder"));
  CHECK_THAT(refusal([] {
               EncoderDecoder{encoder(), Dense<double>{4, 10}, plain().decoder, Text{}};
             }),
             ContainsSubstring("takes 4 features, but the states of the encoder"));
  CHECK_THAT(refusal([] {
               Decoder{Embedding<double>{6, 3}, Dense<double>{3, 6}, {.end = 6}};
             }),
             ContainsSubstring("the end 6"));
  CHECK_THAT(refusal([] {
               Decoder{Embedding<double>{6, 3}, Dense<double>{3, 6}, {.max_length = 0}};
             }),
             ContainsSubstring("max_length 0: it must be at least 1"));
  CHECK_THAT(refusal([] {
               Decoder{Embedding<double>{6, 3}, Dense<double>{3, 6}, {.scheduled_sampling = 1.5}};
             }),
             ContainsSubstring("scheduled_sampling 1.5"));
  CHECK_THROWS_AS((Decoder{Embedding<double>{6, 3}, Dense<double>{3, 6}, {.begin = 6}}), std::out_of_range);
  CHECK_THROWS_AS((Decoder{Embedding<double>{5, 3}, Dense<double>{3, 6}}), std::out_of_range);
}

TEST_CASE("Encoder and decoder refuse tokens and inputs that they don't know, and change nothing",
          "[architecture][encoder_decoder]") {
  const Plain model = ready(plain());
  CHECK_NOTHROW(model.check({{1, 2}, {0, 1, 2, 3, 4, 0}}));
  CHECK(refusal([&] { model.check({{1}, {}}); }) == "the target has no tokens: it must have at least 1");
  CHECK(refusal([&] {
          model.check({{1}, {0, 1, 2, 3, 4, 0, 1}});
        }) == "the target has 7 tokens: it may have at most 6, max_length without the end");
  CHECK(refusal([&] {
          model.check({{1}, {0, 5}});
        }) == "target token 5 is the end, which is added automatically: it can't be part of the target");
  CHECK(refusal<std::out_of_range>([&] {
          model.check({{1}, {6}});
        }) == "target token 6 is out of range: legal tokens are 0 to 5");
  CHECK_THROWS_AS(model.check({{}, {1}}), std::invalid_argument);
  CHECK_THROWS_AS(model.check({{7}, {1}}), std::out_of_range);

  auto batch = ragged_batch(model);
  const double weight = model.weight(batch);
  CHECK_THROWS_AS(model.assemble(examples_of(model, {{{1}, {}}}), std::vector<Index>{0}, batch),
                  std::invalid_argument);
  CHECK_THROWS_AS(model.assemble(examples_of(model, {{{}, {1}}}), std::vector<Index>{0}, batch),
                  std::invalid_argument);
  CHECK_THROWS_AS(model.assemble({}, {}, batch), std::invalid_argument);
  CHECK(model.weight(batch) == weight);

  CHECK(refusal([&] { model.beam({1}, 0); }) == "a beam of width 0: it must be at least 1");
  CHECK_THROWS_AS(model.beam({1}, 2, -1), std::invalid_argument);
  CHECK_THROWS_AS(model.greedy({}), std::invalid_argument);
  CHECK_THROWS_AS(model.greedy({7}), std::out_of_range);
}

TEST_CASE("Encoder and decoder refuse lengths that their parts don't take before they train",
          "[architecture][encoder_decoder]") {
  const auto decoder = [](auto... parts) {
    return Decoder{Sequential{Embedding<double>{6, 3}, parts..., Recurrent{Gru<double>{3, 4}}},
                   Dense<double>{4, 6},
                   {.begin = 5, .end = 5, .max_length = 7}};
  };
  const EncoderDecoder pairs{
      Sequential{Embedding<double>{7, 3}, Pool1d<double>{Pooling::max, 2}, Recurrent{Gru<double>{3, 4}}},
      decoder(LearnedPositions<double>{4, 3}), EachStep{SoftmaxCrossEntropy<double>{}}};
  CHECK_NOTHROW(pairs.check({{1, 2}, {0, 1, 2}}));
  const std::string too_short =
      "Pool1d (max of 2) was given a sequence of 1 steps: its window spans 2, more than there are";
  CHECK(refusal([&] { pairs.check({{1}, {0}}); }) == too_short);
  CHECK_THROWS_WITH(pairs.check({{1, 2}, {0, 1, 2, 3}}),
                    Catch::Matchers::StartsWith("LearnedPositions (4 steps of 3)"));
  const EncoderDecoder halved{Sequential{Embedding<double>{7, 3}, Recurrent{Gru<double>{3, 4}}},
                              decoder(Conv1d<double>{3, 3, 2, 1, Padding::causal(), 2}),
                              EachStep{SoftmaxCrossEntropy<double>{}}};
  CHECK_THROWS_WITH(halved.check({{1, 2}, {0, 1, 2}}),
                    Catch::Matchers::EndsWith("makes 2 steps of 4: its body must keep them"));
}

}  // namespace encoder_decoder_test
}  // namespace recur::testing
