#include "recur/architecture/many_to_many.hpp"

#include <limits>

#include "allocations.hpp"
#include "architecture/models.hpp"
#include "catch.hpp"
#include "max_abs.hpp"
#include "names.hpp"
#include "recur/cell/gru.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/data/long_text.hpp"
#include "recur/io/weights.hpp"
#include "recur/layer/conv1d.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/dropout.hpp"
#include "recur/layer/positions.hpp"
#include "recur/layer/tied_embedding.hpp"
#include "recur/network/network.hpp"
#include "recur/recurrence/bidirectional.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "recur/train/crf.hpp"
#include "recur/train/ctc.hpp"
#include "recur/train/fit.hpp"
#include "recur/train/loss.hpp"
#include "recur/train/metrics.hpp"
#include "recur/train/optimizer.hpp"
#include "recur/train/sequence_loss.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace many_to_many_test {

/// From eleven tokens to scores of four labels, through layers with and without a state.
auto body() {
  return Sequential{Embedding<double>{11, 4}, Recurrent{Lstm<double>{4, 6}}, Dropout<double>{0.3},
                    Recurrent{Gru<double>{6, 5}}, Dense<double>{5, 4}};
}
using Body = decltype(body());
using Tagger = ManyToMany<Body, EachStep<SoftmaxCrossEntropy<double>>>;

Tagger tagger() { return ready(Tagger{body(), {}}); }
std::vector<Tagger::Example> tagged() {
  return {{{3, 0, 7}, {1, 0, 3}}, {{1, 4, 4, 10, 2, 8}, {0, 0, 2, 3, 1, 1}}, {{6}, {2}}, {{8, 2}, {1, 3}}};
}
MatrixX<double> draw(Index rows, Index cols) {
  Random random(5);
  MatrixX<double> values(rows, cols);
  normal(values, 1, random);
  return values;
}

TEST_CASE("The gradient of many to many is its slope, under every loss and from any state",
          "[architecture][many_to_many]") {
  const auto check = [](const auto& model, auto batch) {
    for (const bool from_zero : {true, false}) {
      if (!from_zero) batch.initial = draw(state_size(model.body), batch.x.batch());
      gradient_is_slope(model, batch);
    }
  };
  check(tagger(), batch_of<Tagger>(tagged()));

  using Values = ManyToMany<Body, EachStep<SquaredError<double>>>;
  std::vector<Values::Example> values;
  for (const auto& example : tagged())
    values.push_back({example.input, draw(4, static_cast<Index>(example.input.size()))});
  check(Values{body(), {}}, batch_of<Values>(values));

  using Field = ManyToMany<Body, LinearChainCrf<double>>;
  std::vector<Field::Example> fields;
  for (const auto& example : tagged()) fields.push_back({example.input, example.target});
  Field field{body(), LinearChainCrf<double>{4}};
  initialize(field, 1, Scheme::pytorch);
  check(field, batch_of<Field>(fields));

  using Unaligned = ManyToMany<Body, CtcLoss>;
  check(
      Unaligned{body(), {}},
      batch_of<Unaligned>({{{3, 0, 7}, {1}}, {{1, 4, 4, 10, 2, 8}, {2, 2, 3}}, {{6}, {}}, {{8, 2}, {1, 3}}}));
}

TEST_CASE("Many to many is the softmax of its body, and a sample gives the same outputs in every batch",
          "[architecture][many_to_many]") {
  const Tagger model = tagger();
  const auto examples = tagged();
  const auto batch = batch_of<Tagger>(examples);
  Tagger::Tape tape;
  const Sequence<double> together = model.predict(batch.x, tape);
  const auto labels = model.labels(batch.x, tape);
  double loss = 0;
  for (std::size_t b = 0; b < examples.size(); ++b) {
    const auto& [input, target] = examples[b];
    Body::Tape alone;
    const MatrixX<double> a = model.body.forward(Sequence<Token>({input}), alone).values();
    const MatrixX<double> p = a.array().exp().rowwise() / a.array().exp().colwise().sum();
    CHECK(max_abs(together.sample(static_cast<Index>(b)) - p) < 1e-14);
    CHECK(max_abs(model.predict(input) - p) < 1e-14);
    for (std::size_t t = 0; t < target.size(); ++t) {
      loss -= std::log(p(target[t], static_cast<Index>(t)));
      Index best = 0;
      p.col(static_cast<Index>(t)).maxCoeff(&best);
      CHECK(labels[b][t] == best);
    }
  }
  CHECK(model.weight(batch) == 12);
  CHECK(model.loss(batch, tape) == Approx(loss / 12).epsilon(1e-13));
  CHECK(evaluate(model, examples, {.batch_size = 3}) == Approx(loss / 12).epsilon(1e-13));
  const auto all = predictions(model, examples, {.batch_size = 3});
  REQUIRE(all.size() == 4);
  for (std::size_t b = 0; b < 4; ++b) CHECK(max_abs(all[b] - together.sample(static_cast<Index>(b))) < 1e-14);
}

TEST_CASE(
    "A tagger that reads both directions has the right gradient, and a sample gives the same outputs in "
    "every batch",
    "[architecture][many_to_many]") {
  const auto model = ready(
      ManyToMany{Sequential{Embedding<double>{11, 4}, Bidirectional{Gru<double>{4, 3}}, Dense<double>{6, 4}},
                 LinearChainCrf<double>{4}});
  using Model = std::remove_const_t<decltype(model)>;
  std::vector<Model::Example> examples;
  for (const auto& [input, target] : tagged()) examples.push_back({input, target});
  auto batch = batch_of<Model>(examples);
  gradient_is_slope(model, batch);
  is_a_value(model, batch);

  Model::Tape tape;
  const Sequence<double> together = model.logits(batch.x, tape);
  const auto labels = model.labels(batch.x, tape);
  for (std::size_t b = 0; b < examples.size(); ++b) {
    const auto column = static_cast<Index>(b);
    Sequence<Token> alone({examples[b].input});
    const MatrixX<double> logits = model.logits(alone, tape).values();
    CHECK(max_abs(together.sample(column) - logits) < 1e-13);
    CHECK(model.labels(alone, tape)[0] == labels[b]);
    if (alone.columns() < 2) continue;
    alone.values()(0, alone.columns() - 1) = 9;  // the first step depends on the last input
    CHECK((model.logits(alone, tape).values().col(0) - logits.col(0)).norm() > 1e-6);
  }

  batch.initial = draw(state_size(model.body), batch.x.batch());
  gradient_is_slope(model, batch);
}

TEST_CASE("Copies and loaded models of many to many give the same outputs", "[architecture][many_to_many]") {
  is_a_value(tagger(), batch_of<Tagger>(tagged()));
}

TEST_CASE("Shards of a batch of sequences add up to its loss and gradient", "[architecture][many_to_many]") {
  const Tagger model = tagger();
  const auto examples = tagged();
  const auto whole = batch_of<Tagger>(examples);
  Tagger::Tape tape;
  Tagger gradient = zeros_like(model), sum = zeros_like(model);
  const double loss = model.loss(whole, tape, recording);
  model.backward(whole, tape, gradient);
  double parts = 0;
  for (const auto& rows : {std::vector<Index>{0, 3}, {1, 2}}) {
    Tagger::Batch shard;
    Tagger::assemble(examples, rows, shard);
    parts += model.loss(shard, tape, recording, model.weight(whole));
    model.backward(shard, tape, sum);
  }
  CHECK(parts == Approx(loss).epsilon(1e-13));
  scale_gradient(sum, -1);
  add_gradient(sum, gradient);
  CHECK(gradient_norm(sum) < 1e-13);
}

TEST_CASE("A stream gives the outputs of the whole sequence, and its copy is a branch",
          "[architecture][many_to_many]") {
  const Tagger model = tagger();
  const std::vector<Token> trunk{1, 4, 4}, left{10, 2}, right{0, 7, 9};
  const auto expected = [&](const std::vector<Token>& end) {
    std::vector<Token> tokens = trunk;
    tokens.insert(tokens.end(), end.begin(), end.end());
    return MatrixX<double>(model.predict(Sequence<Token>({tokens})).values().rightCols(1));
  };
  auto stream = model.stream();
  for (const Token token : trunk) {
    const CountAllocations allocations;
    model.predict_step(token, stream);
    CHECK(allocations.count() == 0);
  }
  const MatrixX<double> saved = get_state(model.body, stream.body);
  CHECK(saved.rows() == 6 + 6 + 5);
  auto branch = stream;
  for (const Token token : left) model.predict_step(token, stream);
  for (const Token token : right) model.predict_step(token, branch);
  CHECK((stream.y - expected(left)).norm() < 1e-13);
  CHECK((branch.y - expected(right)).norm() < 1e-13);

  auto restored = model.stream();
  set_state(model.body, restored.body, saved);
  for (const Token token : right) model.predict_step(token, restored);
  CHECK((restored.y - expected(right)).norm() < 1e-13);
  CHECK_THROWS_AS(set_state(model.body, restored.body, MatrixX<double>::Zero(16, 1)), std::invalid_argument);

  model.reset(stream);
  for (const Token token : trunk) model.predict_step(token, stream);
  for (const Token token : right) model.predict_step(token, stream);
  CHECK(stream.y == branch.y);

  const VectorX<double> logits = model.step_logits(3, branch);
  CHECK(
      (logits.array().exp() / logits.array().exp().sum()).isApprox(model.predict_step(3, restored).array()));
}

TEST_CASE("A text in pieces gives the outputs of the whole if the state is carried, but not if it is reset",
          "[architecture][many_to_many]") {
  const Tagger model = tagger();
  const Sequence<Token> whole({{1, 4, 4, 10, 2}, {3, 0, 7, 6, 8}}), first({{1, 4}, {3, 0}}),
      rest({{4, 10, 2}, {7, 6, 8}});
  Tagger::Tape tape;
  const Sequence<double> expected = model.logits(whole, tape);
  model.logits(first, tape);
  MatrixX<double> state = model.final_state(tape);
  const Sequence<double> carried = model.logits(rest, tape, predicting, state);
  for (Index b = 0; b < 2; ++b) CHECK(max_abs(carried.sample(b) - expected.sample(b).rightCols(3)) < 1e-13);

  state.col(0).setZero();  // the first sample starts another text
  const Sequence<double> reset = model.logits(rest, tape, predicting, state);
  const Sequence<double> alone = model.logits(Sequence<Token>({{4, 10, 2}}), tape);
  CHECK(max_abs(reset.sample(0) - alone.sample(0)) < 1e-13);
  CHECK(reset.sample(1) == carried.sample(1));
  CHECK_THAT(
      refusal([&] { model.logits(rest, tape, predicting, MatrixX<double>::Zero(3, 2)); }),
      Catch::Matchers::EndsWith(
          "was given an initial state of 3 x 2: it must be 17 x 2 (units of all states x batch), or empty"));
  CHECK_THROWS_AS(model.logits(rest, tape, predicting, MatrixX<double>::Zero(17, 3)), std::invalid_argument);
}

TEST_CASE("A language model with a carried state learns what is beyond a short memory",
          "[architecture][many_to_many]") {
  // One long text of period 6. After "0 0" come 1 and 2 in turn, so the network must remember three tokens.
  std::vector<Token> text;
  for (int i = 0; i < 200; ++i)
    for (const Token token : {0, 0, 1, 0, 0, 2}) text.push_back(token);
  using Language = ManyToMany<TiedEmbedding<Recurrent<Lstm<double>>>, EachStep<SoftmaxCrossEntropy<double>>>;
  const auto train = [&](bool carry) {
    Language model{{Embedding<double>{3, 8}, Recurrent{Lstm<double>{8, 8}}}, {}};
    initialize(model, 1);
    Optimizer optimizer(model, Adam{.rate = 0.03});
    Trainer trainer(model, optimizer, {.clip_norm = 1});
    const LongText batches(text, 4, 4);
    double loss = 0;
    for (int epoch = 0; epoch < 5; ++epoch) {
      Language::Batch batch;
      for (Index i = 0; i < batches.batches(); ++i) {
        batches.fill(i, batch);
        loss = trainer.step(batch).loss;
        if (carry) batch.initial = model.final_state(trainer.tape());
      }
    }
    return loss;
  };
  CHECK(train(true) < 0.02);
  CHECK(train(false) > 0.1);
}

TEST_CASE("fit trains many to many to the same weights on any number of threads",
          "[architecture][many_to_many]") {
  // Is this token larger than the one before?
  Random random(1);
  std::vector<Tagger::Example> examples(60);
  for (auto& [input, target] : examples) {
    for (Index t = 0; t < 3 + random.below(4); ++t) {
      input.push_back(static_cast<Token>(random.below(11)));
      target.push_back(t > 0 && input[static_cast<std::size_t>(t)] > input[static_cast<std::size_t>(t) - 1]);
    }
  }
  Tagger model = tagger(), again = tagger();
  for (Tagger* m : {&model, &again}) {
    Optimizer optimizer(*m, Adam{.rate = 0.02});
    const FitReport report =
        fit(*m, optimizer, examples, examples, {.epochs = 6, .batch_size = 5, .threads = 2});
    CHECK(report.best().validation_loss < 0.8 * report.epochs.front().validation_loss);
  }
  Tagger::Tape tape;
  const auto batch = batch_of<Tagger>(examples);
  CHECK(model.loss(batch, tape) == again.loss(batch, tape));
}

TEST_CASE("Steady training of many to many allocates nothing", "[architecture][many_to_many]") {
  const Tagger model = tagger();
  auto batch = batch_of<Tagger>(tagged());
  batch.initial = draw(state_size(model.body), 4);
  CHECK(steady_allocations(model, batch) == 0);
}

TEST_CASE("A field finds the labels of its model, and CTC the labels of its best path",
          "[architecture][many_to_many]") {
  ManyToMany field{body(), LinearChainCrf<double>{4}};
  initialize(field, 1, Scheme::pytorch);
  const Sequence<Token> x({{3, 0, 7}, {1, 4, 4, 10}});
  decltype(field)::Tape tape;
  const auto best = field.criterion.viterbi(field.logits(x, tape));
  CHECK(field.labels(x) == std::vector{best[0].labels, best[1].labels});
  CHECK(field.predict(x).values() == field.logits(x, tape).values());

  ManyToMany unaligned{body(), CtcLoss{}};
  initialize(unaligned, 1, Scheme::pytorch);
  decltype(unaligned)::Tape its_tape;
  CHECK(unaligned.labels(x) == ctc_greedy(unaligned.logits(x, its_tape), 0));
}

TEST_CASE("fit names an example with too few steps for its labels, before it changes anything",
          "[architecture][many_to_many]") {
  using Unaligned = ManyToMany<Dense<double>, CtcLoss>;
  Unaligned model = ready(Unaligned{Dense<double>{2, 3}, {}});
  const std::vector<Unaligned::Example> examples{{draw(2, 3), {1}}, {draw(2, 2), {2, 2}}, {draw(2, 1), {}}};
  const TensorFile before = store_weights(model);
  Optimizer optimizer(model, Sgd{.rate = 0.1});
  const auto train = [&] { fit(model, optimizer, examples, {.epochs = 1, .batch_size = 1}); };
  CHECK(refusal(train) ==
        "training example 1 of 3, counted from 0: it has 2 labels (repeats: 1), which need 3 steps: the "
        "network gives 2; zero_infinity leaves such samples out");
  CHECK(store_weights(model) == before);
  model.criterion.zero_infinity = true;
  CHECK_NOTHROW(train());
  CHECK_FALSE(store_weights(model) == before);
}

TEST_CASE("Many to many gives no answer before its weights are drawn", "[architecture][many_to_many]") {
  const Tagger model{body(), {}};
  const auto says =
      Catch::Matchers::ContainsSubstring("every weight of the model is zero, such as body.0.weight");
  CHECK_THROWS_WITH(model.predict({1, 2}), says);
  CHECK_THROWS_WITH(model.labels(Sequence<Token>({{1, 2}})), says);
  CHECK_THROWS_WITH(model.stream(), says);
}

TEST_CASE("Many to many names its parts and refuses parts that don't fit", "[architecture][many_to_many]") {
  const Tagger model = tagger();
  CHECK(model.describe() ==
        "ManyToMany {Sequential {Embedding (11 tokens -> 4), LSTM (4 -> 6), Dropout (0.3), GRU (6 -> 5), "
        "Dense (5 -> 4)}}");
  const ManyToMany field{Dense<double>{2, 3}, LinearChainCrf<double>{3}};
  CHECK(parameter_names(field) ==
        "body.weight body.bias criterion.transitions criterion.start criterion.end ");

  CHECK(refusal([] {
          ManyToMany{Dense<double>{2, 3}, LinearChainCrf<double>{4}};
        }) == "a field of 4 labels was given 3 scores a step: they must be equal");
  CHECK(refusal([] {
          ManyToMany{Dense<double>{2, 3}, EachStep{SoftmaxCrossEntropy<double>{{1, 2}}}};
        }) == "2 class weights were given for 3 classes");
  CHECK(refusal<std::out_of_range>([] {
          ManyToMany{Dense<double>{2, 3}, CtcLoss{3}};
        }) == "blank 3 is out of range: it must be a class, 0 to 2");

  CHECK_NOTHROW(model.check({{3, 4}, {0, 3}}));
  CHECK(refusal([&] { model.check({{}, {}}); }) == "its length is 0: the shortest legal length is 1");
  CHECK(refusal([&] {
          model.check({{3, 4}, {0}});
        }) == "it has 1 targets, but the network gives 2 steps: they must be equal");
  CHECK_THROWS_AS(model.check({{3, 4}, {0, 4}}), std::out_of_range);
  CHECK_THROWS_AS(model.check({{3, 11}, {0, 3}}), std::out_of_range);
  CHECK_THROWS_AS((ManyToMany{body(), CtcLoss{}}.check({{3, 4}, {0}})), std::invalid_argument);
  CHECK_THROWS_AS((ManyToMany{body(), LinearChainCrf<double>{4}}.check({{3}, {4}})), std::out_of_range);
  Tagger::Tape tape;
  CHECK_THROWS_AS(model.loss(batch_of<Tagger>({{{3, 4}, {0}}}), tape), std::invalid_argument);
  CHECK_THROWS_AS(model.loss(Tagger::Batch{}, tape), std::invalid_argument);

  Tagger spoilt = model;
  std::get<4>(spoilt.body.layers).bias(1) = std::numeric_limits<double>::quiet_NaN();
  CHECK(refusal([&] { spoilt.labels(Sequence<Token>({{3, 4}})); }) == "a score of step 0 is not a number");

  const auto numbers = ready(ManyToMany{Dense<double>{2, 3}, EachStep{SquaredError<double>{}}});
  auto stream = numbers.stream();
  CHECK_THROWS_AS(numbers.predict_step(1.0, stream), std::invalid_argument);
}

/// Half as many steps, of pairs: at least two must be there.
auto halving() {
  return Sequential{Conv1d<double>{2, 4, 2, 1, Padding::valid(), 2}, Recurrent{Gru<double>{4, 6}},
                    Dense<double>{6, 3}};
}

TEST_CASE("A body that makes fewer steps trains with a target for each of them",
          "[architecture][many_to_many]") {
  ManyToMany model = ready(ManyToMany{halving(), EachStep{SoftmaxCrossEntropy<double>{}}});
  using Model = decltype(model);
  Random random(3);
  std::vector<Model::Example> examples;  // which of two features has more in each pair of steps
  for (int n = 0; n < 30; ++n) {
    Model::Example example{MatrixX<double>(2, 4 + random.below(8)), {}};
    normal(example.input, 1, random);
    for (Index t = 0; t + 1 < example.input.cols(); t += 2)
      example.target.push_back(
          example.input.row(0).segment(t, 2).sum() > example.input.row(1).segment(t, 2).sum() ? 1 : 2);
    examples.push_back(example);
  }
  gradient_is_slope(model, batch_of<Model>({examples[0], examples[1], examples[2]}));
  CHECK(output_length(model.body, 7) == 3);
  CHECK(model.predict(examples[0].input).cols() == std::ssize(examples[0].target));

  Optimizer optimizer(model, Adam{.rate = 0.02});
  fit(model, optimizer, examples, examples, {.epochs = 25, .batch_size = 10, .metric = Accuracy{}});
  CHECK(accuracy(model, examples) > 0.9);
}

TEST_CASE("The check of a body that makes fewer steps looks at those", "[architecture][many_to_many]") {
  const ManyToMany labels{halving(), EachStep{SoftmaxCrossEntropy<double>{}}};
  CHECK_NOTHROW(labels.check({draw(2, 7), {0, 1, 2}}));
  CHECK(refusal([&] {
          labels.check({draw(2, 4), {0, 1, 2, 0}});
        }) == "it has 4 targets, but the network gives 2 steps: they must be equal");
  const std::string too_short =
      "Conv1d (2 -> 4, kernel 2, dilation 1) was given a sequence of 1 steps: its window spans 2, more than "
      "there are";
  CHECK(refusal([&] { labels.check({draw(2, 1), {0}}); }) == too_short);

  ManyToMany unaligned = ready(ManyToMany{Network{halving()}, CtcLoss{}});
  std::vector<decltype(unaligned)::Example> examples{{draw(2, 6), {1, 2, 1}}, {draw(2, 6), {1, 1, 2}}};
  const TensorFile before = store_weights(unaligned);
  Optimizer optimizer(unaligned, Sgd{.rate = 0.1});
  const auto train = [&] { fit(unaligned, optimizer, examples, {.epochs = 1}); };
  CHECK(refusal(train) ==
        "training example 1 of 2, counted from 0: it has 3 labels (repeats: 1), which need 4 steps: the "
        "network gives 3; zero_infinity leaves such samples out");
  examples[1] = {draw(2, 1), {}};
  CHECK(refusal(train) == "training example 1 of 2, counted from 0: " + too_short);
  CHECK(store_weights(unaligned) == before);
  examples[1] = {draw(2, 7), {1, 2}};
  CHECK_NOTHROW(train());
}

TEST_CASE("fit reads a text in the pieces of its batches before it begins", "[architecture][many_to_many]") {
  ManyToMany model = ready(
      ManyToMany{Sequential{Embedding<double>{4, 3}, LearnedPositions<double>{5, 3}, Dense<double>{3, 4}},
                 EachStep{SoftmaxCrossEntropy<double>{}}});
  Optimizer optimizer(model, Sgd{.rate = 0.1});
  const std::vector<Token> tokens(40, 2);
  CHECK_NOTHROW(fit(model, optimizer, LongText(tokens, 2, 5), {.epochs = 1}));
  const TensorFile before = store_weights(model);
  CHECK_THROWS_WITH(fit(model, optimizer, LongText(tokens, 2, 6), {.epochs = 1}),
                    Catch::Matchers::StartsWith("the training text: LearnedPositions (5 steps of 3)"));
  CHECK(store_weights(model) == before);
}

}  // namespace many_to_many_test
}  // namespace recur::testing
