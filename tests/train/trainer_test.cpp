#include "recur/train/trainer.hpp"

#include <array>
#include <limits>
#include <thread>

#include "allocations.hpp"
#include "catch.hpp"
#include "recur/architecture/many_to_many.hpp"
#include "recur/cell/elman.hpp"
#include "recur/layer/layer_norm.hpp"
#include "recur/train/ctc.hpp"
#include "recur/train/evaluate.hpp"
#include "recur/train/optimizer.hpp"
#include "recur/train/sequence_loss.hpp"
#include "toy.hpp"

namespace recur::testing {
namespace trainer_test {

using Catch::Matchers::ContainsSubstring;

std::vector<Index> rows_of(Index count) {
  std::vector<Index> rows(static_cast<std::size_t>(count));
  std::iota(rows.begin(), rows.end(), Index{0});
  return rows;
}

TEST_CASE("A step of training is loss, backward, clipping and the optimizer's step", "[train][trainer]") {
  const auto examples = toy_examples<double>(12, 3);
  const auto batch = toy_batch<double>(examples);

  auto expected = toy<double>();
  Optimizer expected_optimizer(expected, Adam{.rate = 0.1});
  auto gradient = zeros_like(expected);
  Toy<double>::Tape tape;
  Random noise = Random(5).split(1).split(0).split(0);  // of the first shard of the first step
  const double loss = expected.loss(batch, tape, training(noise));
  expected.backward(batch, tape, gradient);
  const double norm = gradient_norm(gradient);
  clip_value(gradient, 0.05);
  clip_norm(gradient, 0.02);
  expected_optimizer.step(expected, gradient);

  auto model = toy<double>();
  Optimizer optimizer(model, Adam{.rate = 0.1});
  Trainer trainer(model, optimizer, {.clip_norm = 0.02, .clip_value = 0.05, .seed = 5});
  const StepResult result = trainer.step(batch);
  CHECK(result.loss == loss);
  CHECK(result.weight == 12);
  CHECK(result.norm == norm);
  CHECK(result.clipped);
  CHECK(!result.skipped);
  for (const double limit : {0.05, 1e3}) {  // a limit of values counts too, if it changes one
    auto limited = toy<double>();
    Optimizer its_optimizer(limited, Adam{.rate = 0.1});
    CHECK(Trainer(limited, its_optimizer, {.clip_norm = 1e3, .clip_value = limit, .seed = 5})
              .step(batch)
              .clipped == (limit < 1));
  }
  CHECK(equal(model, expected));
  CHECK(equal(trainer.gradient(), gradient));
  CHECK(!equal(model, toy<double>()));

  auto again = toy<double>();
  Optimizer another(again, Adam{.rate = 0.1});
  Trainer by_rows(again, another, {.clip_norm = 0.02, .clip_value = 0.05, .seed = 5});
  by_rows.step(examples, rows_of(12));
  // Rows are distributed by length, so sums over samples have another order.
  CHECK(distance(by_rows.gradient(), gradient) < 1e-16);
  CHECK(distance(again, expected) < 1e-15);
}

/// The model after some steps on shards of batches of different sizes.
auto train(int threads, double dropout, std::uint64_t seed = 9) {
  const auto examples = toy_examples<double>(30, 3);
  auto model = toy<double>(1, dropout);
  Optimizer optimizer(model, Sgd{.rate = 0.5});
  Trainer trainer(model, optimizer, {.threads = threads, .seed = seed});
  for (const Index size : {30, 7, 2, 30}) trainer.step(examples, rows_of(size));
  return model;
}

TEST_CASE("Threads change only the rounding", "[train][trainer]") {
  const auto one = train(1, 0);
  for (const int threads : {2, 3, 5, most_threads}) CHECK(distance(train(threads, 0), one) < 1e-14);
  CHECK(distance(one, toy<double>()) > 1e-3);
}

TEST_CASE("The same seed and number of threads give the same bits, another seed others", "[train][trainer]") {
  for (const int threads : {1, 2, 3}) {
    CHECK(equal(train(threads, 0.5), train(threads, 0.5)));
    CHECK(!equal(train(threads, 0.5), train(threads, 0.5, 10)));
  }
}

TEST_CASE("Shards have their own noise", "[train][trainer]") {
  // Two equal samples on two threads: with the same mask, the gradient would equal the gradient of one sample.
  auto examples = toy_examples<double>(1, 3);
  examples.push_back(examples[0]);
  auto model = toy<double>(1, 0.5);
  Optimizer optimizer(model, Sgd{});
  Trainer two(model, optimizer, {.threads = 2});
  two.step(examples, rows_of(2));
  auto same = toy<double>(1, 0.5);
  Optimizer another(same, Sgd{});
  Trainer one(same, another);
  one.step(examples, rows_of(1));
  CHECK(distance(two.gradient(), one.gradient()) > 1e-4);
}

/// The weights after two steps of rate 0 on one batch, and their gradients.
auto two_gradients(std::uint64_t seed, double dropout) {
  auto model = toy<double>(1, dropout);
  Optimizer optimizer(model, Sgd{});
  optimizer.set_rate(0);
  Trainer trainer(model, optimizer, {.seed = seed});
  const auto batch = toy_batch<double>(toy_examples<double>(12, 3));
  trainer.step(batch);
  auto first = trainer.gradient();
  trainer.step(batch);
  return std::pair(first, trainer.gradient());
}

TEST_CASE("Each step has its own noise from the trainer's seed", "[train][trainer]") {
  const auto [first, second] = two_gradients(5, 0.5);
  CHECK(distance(first, second) > 1e-4);
  CHECK(equal(two_gradients(5, 0.5).first, first));
  CHECK(equal(two_gradients(5, 0.5).second, second));
  CHECK(!equal(two_gradients(6, 0.5).first, first));
  const auto [calm, still] = two_gradients(5, 0);
  CHECK(equal(calm, still));

  const auto examples = toy_examples<double>(12, 3);
  auto model = toy<double>(1, 0.5);
  Optimizer optimizer(model, Sgd{});
  optimizer.set_rate(0);
  Trainer trainer(model, optimizer, {.threads = 2});
  trainer.step(examples, rows_of(12));
  const auto before = trainer.gradient();
  trainer.step(examples, rows_of(12));
  CHECK(distance(before, trainer.gradient()) > 1e-4);
}

TEST_CASE(
    "The loss of a step is a mean, which does not depend on the batch size, also where the gradient is of a "
    "sum",
    "[train][trainer]") {
  ManyToMany model{Dense<double>{2, 4}, CtcLoss{.reduction = CtcReduction::sum}};
  initialize(model, 1);
  std::vector<decltype(model)::Example> examples;
  for (const Index length : {5, 7, 4, 6}) examples.push_back({MatrixX<double>::Random(2, length), {1, 2}});
  const double mean = evaluate(model, examples);
  Optimizer optimizer(model, Sgd{});
  optimizer.set_rate(0);
  for (const int threads : {1, 2}) {
    Trainer trainer(model, optimizer, {.threads = threads});
    const StepResult whole = trainer.step(examples, rows_of(4));
    CHECK(whole.loss == Approx(mean).epsilon(1e-12));
    CHECK(whole.weight == 4);
    double sum = 0;
    auto gradient = zeros_like(model);
    for (Index row = 0; row < 4; ++row) {
      sum += trainer.step(examples, std::vector{row}).loss;
      add_gradient(gradient, trainer.gradient());
    }
    CHECK(sum / 4 == Approx(mean).epsilon(1e-12));
    trainer.step(examples, rows_of(4));
    CHECK(distance(trainer.gradient(), gradient) < 1e-12);  // of the sum
  }
}

/// Whether parts of a batch make the update of the whole.
template <class Model>
void check_parts(const Model& start, const std::vector<typename Model::Example>& examples, int threads) {
  const auto rows = rows_of(static_cast<Index>(examples.size()));
  Model whole = start, in_parts = start;
  Optimizer one(whole, Adam{.rate = 0.1}), other(in_parts, Adam{.rate = 0.1});
  Trainer trainer(whole, one, {.threads = threads, .clip_norm = 0.05});
  Trainer adding(in_parts, other, {.threads = threads, .clip_norm = 0.05});
  for (int k = 0; k < 2; ++k) {
    const StepResult expected = trainer.step(examples, rows);
    adding.add(examples, std::span(rows).first(2));
    adding.add(examples, std::span(rows).subspan(2, 5));
    CHECK(other.steps == k);
    adding.add(examples, std::span(rows).subspan(7));
    const StepResult result = adding.update();
    CHECK(result.loss == Approx(expected.loss).epsilon(1e-12));
    CHECK(result.weight == Approx(expected.weight));
    CHECK(result.norm == Approx(expected.norm).epsilon(1e-12));
    CHECK(result.clipped);
    CHECK(distance(adding.gradient(), trainer.gradient()) < 1e-14);
    CHECK(distance(in_parts, whole) < 1e-9);
  }
  CHECK(other.steps == 2);
}

TEST_CASE("Batches that make one update together weigh what one batch of all their samples does",
          "[train][trainer]") {
  const int threads = GENERATE(1, 3);
  auto model = toy<double>(1, 0);
  model.criterion.class_weights = {0.5, 2};  // so batches of one size don't weigh the same
  check_parts(model, toy_examples<double>(12, 3), threads);
  for (const CtcReduction reduction : {CtcReduction::mean, CtcReduction::sum}) {
    ManyToMany recogniser{Dense<double>{2, 4}, CtcLoss{.reduction = reduction}};
    initialize(recogniser, 1);
    std::vector<decltype(recogniser)::Example> spoken;
    for (const Index length : {5, 7, 4, 6, 9, 4, 4, 8, 5})
      spoken.push_back({MatrixX<double>::Random(2, length), {1, 2}});
    check_parts(recogniser, spoken, threads);
  }
}

TEST_CASE("Each batch of an update has noise of its own, and what throws drops all of them",
          "[train][trainer]") {
  const auto examples = toy_examples<double>(6, 3);
  const auto batch = toy_batch<double>(examples), bad = toy_batch<double>({{{1, 2}, 7}});
  auto model = toy<double>(1, 0.5);
  Optimizer optimizer(model, Sgd{.rate = 0.1});
  Trainer trainer(model, optimizer), alone(model, optimizer);
  CHECK_THROWS_WITH(trainer.update(), ContainsSubstring("without a batch"));
  optimizer.set_rate(0);
  alone.step(batch);
  trainer.add(batch);
  trainer.add(batch);
  trainer.update();
  CHECK(distance(trainer.gradient(), alone.gradient()) > 1e-4);  // one noise for both would give the same

  Trainer disturbed(model, optimizer);
  disturbed.add(batch);
  CHECK_THROWS_AS(disturbed.add(bad), std::out_of_range);
  CHECK_THROWS_WITH(disturbed.update(), ContainsSubstring("without a batch"));
  disturbed.step(batch);
  CHECK(equal(disturbed.gradient(), alone.gradient()));
}

TEST_CASE("on_gradient can add the gradient of a second loss", "[train][trainer]") {
  const auto one = toy_batch<double>(toy_examples<double>(6, 3)),
             two = toy_batch<double>(toy_examples<double>(4, 4));
  auto model = toy<double>(1, 0);
  Optimizer optimizer(model, Sgd{});
  optimizer.set_rate(0);
  Trainer trainer(model, optimizer);
  trainer.step(one);
  auto sum = trainer.gradient();
  trainer.step(two);
  add_gradient(sum, trainer.gradient());
  auto second = zeros_like(model);
  Toy<double>::Tape tape;
  trainer.on_gradient = [&](const Parameters<double>&, const Parameters<double>& gradient) {
    clear_gradient(second);
    model.loss(two, tape, recording);
    model.backward(two, tape, second);
    add_gradient(gradient, Parameters(second));
  };
  CHECK(trainer.step(one).norm == Approx(gradient_norm(sum)));
  CHECK(distance(trainer.gradient(), sum) < 1e-15);
}

TEST_CASE("Samples without a label train nothing, also as the first batch of several", "[train][trainer]") {
  auto examples = toy_examples<double>(9, 3);
  for (const std::size_t n : {0, 1, 4}) examples[n].target = ignored_label;
  auto model = toy<double>(1, 0);
  check_parts(model, examples, 2);
  Optimizer optimizer(model, Adam{});
  Trainer trainer(model, optimizer);
  const StepResult nothing = trainer.step(examples, std::vector<Index>{0, 1});
  CHECK(nothing.skipped);
  CHECK(nothing.weight == 0);
  CHECK(equal(model, toy<double>(1, 0)));
  CHECK(optimizer.steps == 0);
  CHECK_THROWS_WITH(evaluate(model, std::span(examples).first(2)),
                    ContainsSubstring("over 2 examples") && ContainsSubstring("all ignored"));
  CHECK(evaluate(model, std::span(examples).first(3)) ==
        Approx(evaluate(model, std::span(examples).subspan(2, 1))));
}

/// A language model of three tokens, and a text for it.
auto language(double dropout = 0) {
  ManyToMany model{Sequential{Embedding<double>{3, 4}, Dropout<double>{dropout},
                              Recurrent{Lstm<double>{4, 5}}, Dense<double>{5, 3}},
                   EachStep{SoftmaxCrossEntropy<double>{}}};
  initialize(model, 1);
  return model;
}
using Language = decltype(language());

LongText long_text(Index rows, Index steps) {
  Random random(7);
  std::vector<Token> tokens;
  for (int i = 0; i < 101; ++i) tokens.push_back(static_cast<Token>(random.below(3)));
  return LongText(tokens, rows, steps);
}

/// The model after two epochs of a long text, and the losses of its steps.
auto read(int threads, double dropout = 0) {
  const LongText text = long_text(5, 6);
  auto model = language(dropout);
  Optimizer optimizer(model, Adam{.rate = 0.05});
  Trainer trainer(model, optimizer, {.threads = threads, .clip_norm = 0.5});
  std::vector<double> losses;
  for (int epoch = 0; epoch < 2; ++epoch)
    for (Index i = 0; i < text.batches(); ++i) losses.push_back(trainer.step(text, i).loss);
  return std::pair(model, losses);
}

TEST_CASE("A long text carries the states of its rows from batch to batch, on any number of threads",
          "[train][trainer]") {
  const LongText text = long_text(5, 6);
  auto model = language();
  Optimizer optimizer(model, Adam{.rate = 0.05});
  Trainer trainer(model, optimizer, {.clip_norm = 0.5});
  std::vector<double> losses, without_state;
  for (int epoch = 0; epoch < 2; ++epoch) {
    Language::Batch batch;
    Language::Tape tape;
    for (Index i = 0; i < text.batches(); ++i) {
      text.fill(i, batch);
      auto forgetful = batch;
      forgetful.initial.resize(0, 0);
      without_state.push_back(model.loss(forgetful, tape));
      losses.push_back(trainer.step(batch).loss);
      batch.initial = model.final_state(trainer.tape());
    }
  }
  const auto [one, its_losses] = read(1);
  CHECK(equal(one, model));
  CHECK(its_losses == losses);
  CHECK(losses[0] == Approx(without_state[0]).epsilon(1e-14));
  CHECK(std::abs(losses[1] - without_state[1]) > 1e-6);
  for (const int threads : {2, 3, 8}) {
    CHECK(distance(read(threads).first, one) < 1e-12);
    CHECK(equal(read(threads, 0.5).first, read(threads, 0.5).first));
  }
  CHECK(!equal(read(2, 0.5).first, read(1, 0.5).first));
}

TEST_CASE("Batches of a long text come in order", "[train][trainer]") {
  const LongText text = long_text(5, 6), other = long_text(5, 6);
  auto model = language();
  Optimizer optimizer(model, Sgd{});
  Trainer trainer(model, optimizer);
  CHECK_THROWS_WITH(trainer.step(text, 1), ContainsSubstring("batch 1") && ContainsSubstring("from 0"));
  trainer.step(text, 0);
  CHECK_THROWS_AS(trainer.step(text, 2), std::invalid_argument);
  CHECK_THROWS_AS(trainer.step(other, 1), std::invalid_argument);
  CHECK_THROWS_AS(trainer.step(text, text.batches()), std::out_of_range);
  trainer.step(text, 1);
  trainer.step(text, 0);
  CHECK(optimizer.steps == 3);
}

TEST_CASE("After a step that was not finite the rows of a long text begin anew", "[train][trainer]") {
  const LongText text = long_text(5, 6);
  auto model = language();
  Optimizer optimizer(model, Sgd{});
  optimizer.set_rate(0);
  Trainer trainer(model, optimizer, {.threads = 2, .skip_non_finite = true});
  auto& bias = std::get<3>(model.body.layers).bias;
  bias(0) = std::numeric_limits<double>::quiet_NaN();
  CHECK(trainer.step(text, 0).skipped);
  bias(0) = 0;
  Language::Batch batch;
  Language::Tape tape;
  text.fill(1, batch);
  CHECK(trainer.step(text, 1).loss == Approx(model.loss(batch, tape)).epsilon(1e-13));
}

TEST_CASE("A new trainer goes on where another one stopped in a long text", "[train][trainer]") {
  const LongText text = long_text(5, 6);
  for (const int threads : {1, 2}) {
    auto model = language(0.2);
    Optimizer optimizer(model, Adam{.rate = 0.05});
    Trainer trainer(model, optimizer, {.threads = threads});
    CHECK(trainer.text_states().size() == 0);
    trainer.step(text, 0);
    trainer.step(text, 1);
    auto copy = model;
    Optimizer its(copy, Adam{});
    its = optimizer;
    Trainer other(copy, its, {.threads = threads});
    other.set_steps(trainer.steps());
    const auto states = trainer.text_states();
    CHECK(states.cols() == 5);
    CHECK((states.bottomRows(1).array() == 1).all());
    other.set_text_states(text, 2, states);
    CHECK(other.text_states() == states);
    CHECK(other.step(text, 2).loss == trainer.step(text, 2).loss);
    CHECK(equal(model, copy));
    CHECK_THROWS_WITH(other.set_text_states(text, 3, states.leftCols(4)),
                      ContainsSubstring("states of 4 rows"));
    CHECK_THROWS_WITH(other.set_text_states(text, 30, states), ContainsSubstring("batch 30"));
  }
}

TEST_CASE("The states of a long text stay those of its rows after steps on examples, and after the text",
          "[train][trainer]") {
  auto model = language();
  Optimizer optimizer(model, Sgd{.rate = 1e-9});
  Trainer trainer(model, optimizer, {.threads = 2});
  const std::vector<Language::Example> examples(40, {{0, 1, 2}, {1, 2, 0}});
  MatrixX<double> states;
  {
    const LongText text = long_text(5, 6);
    trainer.step(text, 0);
    states = trainer.text_states();
    trainer.step(examples, std::vector<Index>{39, 38, 37, 36, 35, 34, 33});
    CHECK(trainer.text_states() == states);
    trainer.step(examples, std::vector<Index>{1});
    CHECK(trainer.text_states() == states);
    trainer.set_text_states(text, 1, states);
    trainer.step(examples, std::vector<Index>{39, 38});
    CHECK(trainer.text_states() == states);
  }
  CHECK(trainer.text_states() == states);
}

TEST_CASE("A text that is refused leaves the states of the text before, or none", "[train][trainer]") {
  const LongText text = long_text(8, 6), row = long_text(1, 6);
  auto model = language();
  Optimizer optimizer(model, Sgd{});
  Trainer trainer(model, optimizer, {.threads = 2});
  trainer.step(text, 0);
  const MatrixX<double> states = trainer.text_states();
  CHECK(states.cols() == 8);
  CHECK_THROWS_WITH(trainer.set_text_states(row, 0, states), ContainsSubstring("states of 8 rows"));
  CHECK(trainer.text_states() == states);
  const LongText unknown(std::vector<Token>(20, 99), 1, 6);
  CHECK_THROWS_AS(trainer.add(unknown, 0), std::out_of_range);
  CHECK(trainer.text_states().size() == 0);
  CHECK_NOTHROW(trainer.step(text, 0));
  CHECK(trainer.text_states().cols() == 8);
}

TEST_CASE("The loss over a long text is the mean over its steps, with carried states", "[train][trainer]") {
  const LongText text = long_text(4, 7);
  const auto model = language();
  Language::Batch batch;
  Language::Tape tape;
  double sum = 0;
  for (Index i = 0; i < text.batches(); ++i) {
    text.fill(i, batch);
    sum += model.loss(batch, tape) * static_cast<double>(batch.x.columns());
    batch.initial = model.final_state(tape);
  }
  for (const int threads : {1, 3, 9})
    CHECK(evaluate(model, text, {.threads = threads}) == Approx(sum / 100).epsilon(1e-13));
  CHECK_THROWS_AS(evaluate(model, text, {.threads = 0}), std::invalid_argument);
}

TEST_CASE("A missing row throws before anything is changed", "[train][trainer]") {
  const auto examples = toy_examples<double>(9, 3);
  auto model = toy<double>();
  Optimizer optimizer(model, Sgd{});
  Trainer trainer(model, optimizer, {.threads = 2});
  for (const Index bad : {Index{-1}, Index{9}, Index{500}, std::numeric_limits<Index>::min()}) {
    CHECK_THROWS_AS(trainer.step(examples, std::vector{Index{0}, bad}), std::out_of_range);
    CHECK_THROWS_WITH(trainer.step(examples, std::vector{bad, Index{0}}),
                      ContainsSubstring("row " + std::to_string(bad) + " is out of range") &&
                          ContainsSubstring("there are 9"));
  }
  CHECK(equal(model, toy<double>()));
  CHECK(optimizer.steps == 0);
}

TEST_CASE("A step on a batch of a known size allocates nothing", "[train][trainer]") {
  const auto first = toy_batch<float>(toy_examples<float>(40, 3));
  const auto second = toy_batch<float>(toy_examples<float>(40, 4));
  auto model = toy<float>();
  Optimizer optimizer(model, Adam{});
  Trainer trainer(model, optimizer, {.clip_norm = 0.1, .clip_value = 0.1});
  for (int k = 0; k < 2; ++k) {
    trainer.step(first);
    trainer.step(second);
  }
  const CountAllocations allocations;
  for (int k = 0; k < 3; ++k) {
    trainer.step(first);
    trainer.step(second);
  }
  const long count = allocations.count();
  CHECK(count == 0);
}

TEST_CASE("A step on rows of examples allocates nothing after the first one", "[train][trainer]") {
  if (!CountAllocations::works) return;
  auto ragged = toy_examples<float>(96, 3), even = ragged;
  for (auto& example : even) example.input.resize(5);
  for (const auto* examples : {&even, &ragged})
    for (const int threads : {1, 2, 5}) {
      auto model = toy<float>();
      Optimizer optimizer(model, Adam{});
      Trainer trainer(model, optimizer, {.threads = threads});
      const auto rows = rows_of(96);
      const auto epoch = [&] {
        for (std::size_t begin = 0; begin < rows.size(); begin += 24)
          trainer.step(*examples, std::span(rows).subspan(begin, 24));
      };
      epoch();
      epoch();
      const CountAllocations allocations;
      epoch();
      const long count = allocations.count();
      CHECK(count == 0);
    }
}

/// A loss that is not a number, on any number of threads.
void check_non_finite(int threads) {
  const auto examples = toy_examples<double>(8, 3);
  auto model = toy<double>();
  Optimizer optimizer(model, Adam{});
  Trainer trainer(model, optimizer, {.threads = threads}),
      skipping(model, optimizer, {.threads = threads, .skip_non_finite = true});
  trainer.step(examples, rows_of(8));
  model.head.bias(0) = std::numeric_limits<double>::quiet_NaN();
  const auto weight = model.head.weight;
  const auto moments = optimizer.moments;
  CHECK_THROWS_AS(trainer.step(examples, rows_of(8)), NonFinite);
  CHECK_THROWS_WITH(trainer.step(examples, rows_of(8)), ContainsSubstring("loss is not a number"));
  CHECK(skipping.step(examples, rows_of(8)).skipped);
  CHECK(model.head.weight == weight);
  CHECK(optimizer.moments == moments);
  CHECK(optimizer.steps == 1);
  model.head.bias(0) = 0;
  CHECK(!skipping.step(examples, rows_of(8)).skipped);
  CHECK(first_non_finite(model).empty());
}

TEST_CASE("A loss that is not finite leaves model and optimizer unchanged", "[train][trainer]") {
  check_non_finite(1);
  check_non_finite(3);
}

TEST_CASE("A gradient that is not finite throws with the parameter's path", "[train][trainer]") {
  ManyToOne model{Recurrent{Elman<float, Identity>{1, 2}}, Pooling::last, Dense<float>{2, 1},
                  SquaredError<float>{}};
  model.body.cell.weight_ih.setConstant(1);
  model.head.weight.setConstant(1e30f);
  const auto before = model;
  decltype(model)::Batch batch{Sequence<float>({MatrixX<float>::Constant(1, 1, 2)}),
                               MatrixX<float>::Zero(1, 1)};
  Optimizer optimizer(model, Sgd{});
  Trainer trainer(model, optimizer);
  CHECK_THROWS_AS(trainer.step(batch), NonFinite);
  CHECK_THROWS_WITH(trainer.step(batch), ContainsSubstring("body.weight_ih is not finite"));
  CHECK(equal(model, before));
  CHECK(optimizer.steps == 0);
}

TEST_CASE("An error in a shard leaves the model unchanged and does not affect the next step",
          "[train][trainer]") {
  auto examples = toy_examples<double>(9, 3);
  const auto good = rows_of(8);
  examples[8].input = {1, 7};
  auto model = toy<double>(), undisturbed = toy<double>();
  Optimizer optimizer(model, Adam{}), other(undisturbed, Adam{});
  Trainer trainer(model, optimizer, {.threads = 2}), calm(undisturbed, other, {.threads = 2});
  CHECK_THROWS_WITH(trainer.step(examples, rows_of(9)), ContainsSubstring("token 7"));
  CHECK(equal(model, undisturbed));
  trainer.step(examples, good);
  calm.step(examples, good);
  CHECK(equal(model, undisturbed));
}

TEST_CASE("Illegal arguments of a trainer throw, and the message says what is legal", "[train][trainer]") {
  auto model = toy<double>(), zero = zeros_like(model);
  Optimizer optimizer(model, Sgd{});
  const auto make = [&](auto& any_model, TrainerOptions options) {
    Trainer trainer(any_model, optimizer, options);
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(make(zero, {}),
                    ContainsSubstring("such as body.0.weight") && ContainsSubstring("recur::initialize"));
  ManyToOne normalised{LayerNorm<double>{2}, Pooling::last, Dense<double>{2, 2},
                       SoftmaxCrossEntropy<double>{}};
  normalised.body.weight.setOnes();  // as in models whose vectors begin with ones
  Optimizer its_optimizer(normalised, Sgd{});
  CHECK_THROWS_WITH(Trainer(normalised, its_optimizer), ContainsSubstring("recur::initialize"));
  CHECK_THROWS_WITH(make(model, {.threads = 0}),
                    ContainsSubstring("0 threads") && ContainsSubstring("at least 1"));
  CHECK_THROWS_AS(make(model, {.threads = -2}), std::invalid_argument);
  CHECK_THROWS_WITH(make(model, {.threads = 100000}),
                    ContainsSubstring("100000 threads") && ContainsSubstring("at most 1024"));
  for (const double limit : {0.0, -1.0, nan}) {
    CHECK_THROWS_AS(make(model, {.clip_norm = limit}), std::invalid_argument);
    CHECK_THROWS_AS(make(model, {.clip_value = limit}), std::invalid_argument);
  }
  auto in_float = toy<float>();
  Optimizer of_float(in_float, Sgd{});
  CHECK_THROWS_WITH(Trainer(in_float, of_float, {.clip_norm = 1e-60}),
                    ContainsSubstring("clip_norm 1e-60") && ContainsSubstring("in single precision"));
  CHECK_THROWS_WITH(Trainer(in_float, of_float, {.clip_value = 1e-60}),
                    ContainsSubstring("clip_value 1e-60"));
  Trainer trainer(model, optimizer);
  CHECK_THROWS_AS(trainer.step(toy_examples<double>(3, 1), {}), std::invalid_argument);
  ManyToOne other{Sequential{Embedding<double>{9, 4}, Dropout<double>{0.1}, Recurrent{Lstm<double>{4, 6}}},
                  Pooling::last, Dense<double>{6, 2}, SoftmaxCrossEntropy<double>{}};
  initialize(other, 1);
  CHECK_THROWS_WITH(Trainer(other, optimizer),
                    ContainsSubstring("body.0.weight of the model is 9 x 4: it must be 7 x 4"));
}

TEST_CASE("Writes of on_gradient to untouched rows of a table count once", "[train][trainer]") {
  std::vector<Toy<double>::Example> examples{{{1, 2}, 0}};
  auto model = toy<double>(1, 0);
  Optimizer optimizer(model, Sgd{.rate = 1});
  Trainer trainer(model, optimizer);
  const auto start = std::get<0>(model.body.layers).weight.values;
  bool first = true;
  trainer.on_gradient = [&](const Parameters<double>&, const Parameters<double>& gradient) {
    if (std::exchange(first, false)) gradient[0].data[5 * 4] = 3;
  };
  CHECK(trainer.step(examples, rows_of(1)).norm > 3);
  trainer.step(examples, rows_of(1));
  CHECK(std::get<0>(model.body.layers).weight.values(5, 0) == start(5, 0) - 3);
  trainer.on_gradient = [](const Parameters<double>&, const Parameters<double>& gradient) {
    gradient[0].data[5 * 4] = 7;
    throw NonFinite("mine");
  };
  CHECK_THROWS_WITH(trainer.step(examples, rows_of(1)), "mine");
  trainer.on_gradient = {};
  trainer.step(examples, rows_of(1));  // what was written before the exception is forgotten
  CHECK(std::get<0>(model.body.layers).weight.values(5, 0) == start(5, 0) - 3);
  CHECK(std::get<0>(trainer.gradient().body.layers).weight.values(5, 0) == 0);
}

TEST_CASE("Trainers on several user threads give the same bits as one after the other", "[train][trainer]") {
  const auto alone = train(3, 0.5);
  std::vector<std::thread> users;
  std::array<bool, 4> same{};
  for (bool& is_same : same) users.emplace_back([&] { is_same = equal(train(3, 0.5), alone); });
  for (std::thread& user : users) user.join();
  CHECK(same == std::array{true, true, true, true});
}

TEST_CASE("A trainer does not change Eigen's number of threads", "[train][trainer]") {
  const int before = Eigen::nbThreads();
  auto model = toy<double>();
  Optimizer optimizer(model, Sgd{});
  Trainer trainer(model, optimizer, {.threads = 2});
  trainer.step(toy_examples<double>(8, 1), rows_of(8));
  CHECK(Eigen::nbThreads() == before);
}

}  // namespace trainer_test
}  // namespace recur::testing
