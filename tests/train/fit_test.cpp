#include "recur/train/fit.hpp"

#include <csignal>
#include <functional>
#include <iostream>
#include <limits>
#include <map>
#include <new>
#include <span>
#include <sstream>
#include <utility>

#include "catch.hpp"
#include "recur/architecture/many_to_many.hpp"
#include "recur/train/metrics.hpp"
#include "recur/train/optimizer.hpp"
#include "recur/train/schedule.hpp"
#include "recur/train/sequence_loss.hpp"
#include "toy.hpp"

namespace recur::testing {
namespace fit_test {

using Catch::Matchers::ContainsSubstring;
using Examples = std::vector<Toy<double>::Example>;

const Examples training_set = toy_examples<double>(100, 1), validation_set = toy_examples<double>(30, 2);

struct Outcome {
  Toy<double> model;
  FitReport report;
};

Outcome run(const FitOptions& options, const Examples& validation = validation_set) {
  Outcome outcome{toy<double>(), {}};
  Optimizer optimizer(outcome.model, Adam{.rate = 0.01});
  outcome.report = fit(outcome.model, optimizer, training_set, validation, options);
  return outcome;
}

TEST_CASE("A user's function can change gradient or weights before the norm is measured", "[train][fit]") {
  const auto examples = toy_examples<double>(24, 3);
  const auto train = [&](OnGradient on_gradient) {
    auto model = toy<double>();
    Optimizer optimizer(model, Sgd{.rate = 0.1});
    std::vector<double> norms;
    FitOptions options{.epochs = 2, .batch_size = 12};
    options.on_gradient = std::move(on_gradient);
    options.on_step = [&](const StepReport& report) {
      norms.push_back(report.result.norm);
      return true;
    };
    fit(model, optimizer, examples, options);
    return std::pair(model, norms);
  };
  const auto [plain, norms] = train({});
  int calls = 0;
  const auto [stopped, zeros] =
      train([&](const Parameters<double>& model, const Parameters<double>& gradient) {
        CHECK(model[0].name == "body.0.weight");
        CHECK(gradient_norm(gradient) > 0);
        clear_gradient(gradient);
        ++calls;
      });
  CHECK(calls == 4);
  CHECK(zeros == std::vector<double>(4, 0.0));
  CHECK(equal(stopped, toy<double>()));
  CHECK(!equal(plain, stopped));
  CHECK(norms[0] > 0);
  CHECK_THROWS_WITH(train([](const Parameters<float>&, const Parameters<float>&) {}),
                    ContainsSubstring("another scalar than the model, which is in double precision"));
}

TEST_CASE("A model learns from its examples", "[train][fit]") {
  auto model = toy<float>();
  Optimizer optimizer(model, Adam{.rate = 0.02});
  const auto examples = toy_examples<float>(400, 1), others = toy_examples<float>(100, 2);
  const FitReport report =
      fit(model, optimizer, examples, others, {.epochs = 12, .batch_size = 16, .threads = 2, .clip_norm = 5});
  CHECK(accuracy(model, others) > 0.98);
  CHECK(evaluate(model, others) == Approx(report.best().validation_loss).epsilon(1e-5));
  CHECK(report.best().validation_loss < 0.1);
}

TEST_CASE("The same options give the same bits, another seed or number of threads gives others",
          "[train][fit]") {
  for (const int threads : {1, 2, 3}) {
    const FitOptions options{.epochs = 3, .batch_size = 8, .threads = threads, .seed = 5};
    const Outcome a = run(options), b = run(options);
    CHECK(equal(a.model, b.model));
    CHECK(a.report.epochs[2].training_loss == b.report.epochs[2].training_loss);
    CHECK(a.report.epochs[2].validation_loss == b.report.epochs[2].validation_loss);
    FitOptions other = options;
    other.seed = 6;
    CHECK(!equal(run(other).model, a.model));
  }
}

TEST_CASE("Training examples can be drawn anew for each epoch", "[train][fit]") {
  std::vector<std::uint64_t> seeds;
  const auto run = [&](std::uint64_t seed, auto draw) {
    auto model = toy<double>();
    Optimizer optimizer(model, Adam{.rate = 0.01});
    const auto report =
        fit(model, optimizer, draw, validation_set, {.epochs = 3, .batch_size = 10, .seed = seed});
    return std::pair(model, report);
  };
  const auto draw = [&](Random random) {  // each epoch has others, and more of them
    seeds.push_back(random.bits());
    return toy_examples<double>(20 * static_cast<Index>(seeds.size() % 3 + 1), seeds.back());
  };
  const auto [model, report] = run(1, draw);
  REQUIRE(seeds.size() == 3);
  CHECK(seeds[0] != seeds[1]);
  CHECK(report.epochs[0].steps == 4);
  CHECK(report.epochs[1].steps == 6);
  CHECK(report.epochs[2].steps == 2);
  const auto first = seeds;
  seeds.clear();
  CHECK(equal(run(1, draw).first, model));
  CHECK(seeds == first);
  seeds.clear();
  CHECK_FALSE(equal(run(2, draw).first, model));
  CHECK(seeds[0] != first[0]);

  // The same ones each time are as if they were given at once.
  auto given = toy<double>();
  Optimizer optimizer(given, Adam{.rate = 0.01});
  fit(given, optimizer, training_set, validation_set, {.epochs = 3, .batch_size = 10});
  CHECK(equal(run(FitOptions().seed, [](Random) { return training_set; }).first, given));

  CHECK_THROWS_WITH(run(1, [](Random) { return Examples{}; }), ContainsSubstring("no training examples"));
  int epochs = 0;
  auto kept = toy<double>();
  Optimizer its(kept, Adam{.rate = 0.01});
  const auto wrong_later = [&](Random) {
    auto examples = training_set;
    if (++epochs == 2) examples[5].target = 9;
    return examples;
  };
  CHECK_THROWS_WITH(fit(kept, its, wrong_later, validation_set, {.epochs = 3}),
                    ContainsSubstring("training example 5 of 100"));
  CHECK(epochs == 2);
}

TEST_CASE("Every example is used once in each epoch", "[train][fit]") {
  Index steps = 0;
  double samples = 0;
  std::map<int, Index> steps_of_epoch;
  const Outcome outcome = run({.epochs = 3, .batch_size = 16, .on_step = [&](const StepReport& step) {
                                 ++steps;
                                 samples += step.result.weight;
                                 CHECK(step.step == ++steps_of_epoch[step.epoch]);
                                 CHECK(step.of == 7);
                                 CHECK(step.rate == 0.01);
                                 return true;
                               }});
  CHECK(steps == 21);
  CHECK(samples == 300);
  CHECK(outcome.report.steps == 21);
  CHECK(outcome.report.stopped == Stopped::at_the_end);
}

TEST_CASE("fit makes one update of several batches", "[train][fit]") {
  std::vector<double> weights;
  std::vector<Index> of;
  const auto note = [&](const StepReport& step) {
    weights.push_back(step.result.weight);
    of.push_back(step.of);
    return true;
  };
  const Outcome parts = run({.epochs = 1, .batch_size = 8, .accumulate = 5, .on_step = note}, {});
  CHECK(parts.report.steps == 3);  // of 13 batches
  CHECK(of == std::vector<Index>(3, 3));
  CHECK(weights.size() == 3);
  CHECK(weights[0] + weights[1] + weights[2] == 100);
  CHECK(parts.report.epochs[0].samples_per_second > 0);
  // All batches of an epoch together weigh what one batch of all examples does.
  constexpr Index most = std::numeric_limits<Index>::max();
  const auto smooth = [](Index batch_size, Index accumulate) {
    auto model = toy<double>(1, 0);
    Optimizer optimizer(model, Sgd{.rate = 0.1});
    fit(model, optimizer, training_set,
        {.epochs = 2, .batch_size = batch_size, .accumulate = accumulate, .clip_norm = 0.01});
    return model;
  };
  CHECK(distance(smooth(7, most), smooth(100, 1)) < 1e-14);
  CHECK(distance(smooth(7, 1), smooth(100, 1)) > 1e-6);
}

TEST_CASE("The report of an epoch sums up its steps", "[train][fit]") {
  double loss = 0, norm = 0, max_norm = 0, clipped = 0;
  const Outcome outcome =
      run({.epochs = 1, .batch_size = 16, .clip_norm = 0.25, .on_step = [&](const StepReport& step) {
             loss += step.result.loss * step.result.weight / 100;
             norm += step.result.norm / 7;
             max_norm = std::max(max_norm, step.result.norm);
             clipped += step.result.clipped / 7.0;
             return true;
           }});
  const EpochReport& epoch = outcome.report.epochs.at(0);
  CHECK(epoch.epoch == 1);
  CHECK(epoch.rate == 0.01);
  CHECK(epoch.steps == 7);
  CHECK(epoch.skipped == 0);
  CHECK(epoch.training_loss == Approx(loss));
  CHECK(epoch.mean_norm == Approx(norm));
  CHECK(epoch.max_norm == max_norm);
  CHECK(epoch.clipped == Approx(clipped));
  CHECK(clipped > 0);
  CHECK(clipped < 1);
  CHECK(epoch.validation_loss == evaluate(outcome.model, validation_set, {.batch_size = 16}));
  CHECK(std::isnan(epoch.metric));
  CHECK(epoch.seconds > 0);
  CHECK(epoch.samples_per_second > 0);
  CHECK(outcome.report.seconds >= epoch.seconds);
}

/// A metric with given values, and the model after each epoch.
struct Scripted {
  std::vector<double> metrics;
  Toy<double> model = toy<double>();
  std::vector<Toy<double>> after{};

  FitReport run(FitOptions options, const Examples& validation = validation_set) {
    Optimizer optimizer(model, Adam{.rate = 0.01});
    options.epochs = static_cast<int>(metrics.size());
    options.metric = [&] { return metrics[after.size()]; };
    options.on_epoch = [&](const EpochReport& report) {
      CHECK(std::isnan(report.metric) == std::isnan(metrics[after.size()]));
      after.push_back(model);
      return true;
    };
    return fit(model, optimizer, training_set, validation, options);
  }
};

TEST_CASE("The model ends with the best weights by the metric", "[train][fit]") {
  Scripted scripted{{0.1, 0.3, 0.2, 0.3, 0.1}};
  const FitReport report = scripted.run({});
  CHECK(report.best_epoch == 2);  // the first of equal values
  CHECK(report.best().metric == 0.3);
  CHECK(report.epochs.size() == 5);
  CHECK(equal(scripted.model, scripted.after[1]));
  CHECK(!equal(scripted.model, scripted.after[4]));
  std::vector<bool> best;
  for (const EpochReport& epoch : report.epochs) best.push_back(epoch.best);
  CHECK(best == std::vector<bool>{true, true, false, false, false});
}

TEST_CASE("A metric can be a value, measured on the validation examples", "[train][fit]") {
  double last = 0;
  FitOptions options{.epochs = 2, .batch_size = 8, .metric = Accuracy{}};
  options.on_epoch = [&](const EpochReport& epoch) { return last = epoch.metric, true; };
  const Outcome outcome = run(options);
  CHECK(outcome.report.best().metric == accuracy(outcome.model, validation_set));
  CHECK(last > 0.3);
  CHECK(run({.epochs = 1, .metric = F1{.label = 1}}).report.epochs[0].metric ==
        F1{1}(count_answers(run({.epochs = 1}).model, validation_set)));
  CHECK_THROWS_WITH(run(options, {}), ContainsSubstring("the metric accuracy without validation examples"));
  CHECK(Metric(Accuracy{}).name() == "accuracy");
  CHECK(Metric([] { return 1.0; }).name() == "metric");
  CHECK(!Metric());
}

TEST_CASE("A long text is fitted with its states carried, on any number of threads", "[train][fit]") {
  std::vector<Token> tokens;
  for (int i = 0; i < 60; ++i)
    for (const Token token : {0, 0, 1, 0, 0, 2})
      tokens.push_back(token);  // "0 0" comes before 1 and 2 in turn
  const LongText text(tokens, 4, 4), other(std::vector(tokens.begin(), tokens.begin() + 100), 2, 4);
  const auto make = [] {
    ManyToMany model{Sequential{Embedding<double>{3, 8}, Recurrent{Lstm<double>{8, 8}}, Dense<double>{8, 3}},
                     EachStep{SoftmaxCrossEntropy<double>{}}};
    initialize(model, 1);
    return model;
  };
  const auto train = [&](int threads, Index accumulate = 1) {
    auto model = make();
    Optimizer optimizer(model, Adam{.rate = 0.03});
    const FitReport report =
        fit(model, optimizer, text, other,
            {.epochs = 15, .accumulate = accumulate, .threads = threads, .clip_norm = 1});
    CHECK(report.best().validation_loss == Approx(evaluate(model, other)).epsilon(1e-12));
    CHECK(report.steps == 15 * ((text.batches() + accumulate - 1) / accumulate));
    return std::pair(model, report);
  };
  const auto [model, report] = train(1);
  CHECK(report.best().validation_loss < 0.05);  // a memory of four tokens can't tell 1 from 2
  CHECK(equal(train(2).first, train(2).first));
  CHECK(train(2).second.best().validation_loss < 0.05);
  train(2, 3);

  auto untouched = make();
  Optimizer optimizer(untouched, Adam{});
  const LongText unknown({0, 1, 2, 3, 0}, 2, 2);
  CHECK_THROWS_WITH(fit(untouched, optimizer, unknown, {.epochs = 1}),
                    ContainsSubstring("training text") && ContainsSubstring("token 3"));
  CHECK_THROWS_WITH(fit(untouched, optimizer, text, unknown), ContainsSubstring("validation text"));
  CHECK_THROWS_WITH(fit(untouched, optimizer, text, other, {.metric = Accuracy{}}),
                    ContainsSubstring("accuracy") && ContainsSubstring("long text"));
  CHECK_THROWS_WITH(fit(untouched, optimizer, text, {.patience = 1}), ContainsSubstring("patience 1"));
  CHECK(equal(untouched, make()));
  CHECK(fit(untouched, optimizer, text, {.epochs = 1}).best_epoch == 1);
}

TEST_CASE("Training stops when its patience ends without improvement", "[train][fit]") {
  Scripted scripted{{0.1, 0.3, 0.2, 0.3, 0.4}};
  const FitReport report = scripted.run({.patience = 2});
  CHECK(report.stopped == Stopped::early);
  CHECK(report.epochs.size() == 4);
  CHECK(report.best_epoch == 2);
  CHECK(equal(scripted.model, scripted.after[1]));
}

TEST_CASE("A metric can be better when it is lower, and a NaN is never better", "[train][fit]") {
  Scripted lower{{0.3, 0.1, 0.2}};
  CHECK(lower.run({.lower_metric_is_better = true}).best_epoch == 2);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  Scripted scripted{{nan, 0.1, nan}};
  CHECK(scripted.run({}, {}).best_epoch == 2);  // without validation examples
  CHECK(equal(scripted.model, scripted.after[1]));
}

TEST_CASE("Without a metric, the best weights have the lowest validation loss", "[train][fit]") {
  const auto too_fast = [](Index time, double) { return time < 3 ? 0.01 : 3.0; };
  const Outcome outcome = run({.epochs = 6, .batch_size = 8, .schedule = too_fast});
  const auto& epochs = outcome.report.epochs;
  const auto lowest = std::ranges::min_element(epochs, {}, &EpochReport::validation_loss);
  CHECK(outcome.report.best_epoch == lowest->epoch);
  CHECK(outcome.report.best_epoch < 6);
  CHECK(evaluate(outcome.model, validation_set, {.batch_size = 8}) == lowest->validation_loss);
}

TEST_CASE("Without a metric and validation examples, the last epoch is kept", "[train][fit]") {
  const FitOptions options{.epochs = 3};
  const Outcome outcome = run(options, {});
  CHECK(outcome.report.best_epoch == 3);
  CHECK(std::isnan(outcome.report.epochs[2].validation_loss));
  auto model = toy<double>();
  Optimizer optimizer(model, Adam{.rate = 0.01});
  Toy<double> last = model;
  FitOptions with_copy = options;
  with_copy.on_epoch = [&](const EpochReport&) { return last = model, true; };
  fit(model, optimizer, training_set, {}, with_copy);
  CHECK(equal(model, last));
  CHECK(equal(model, outcome.model));
}

TEST_CASE("Options can be used again even if their schedule has memory", "[train][fit]") {
  FitOptions options{.epochs = 6,
                     .batch_size = 8,
                     .schedule = Plateau{.rate = 0.1, .factor = 0.5, .patience = 0, .threshold = 0.9}};
  options.schedule(0, 1);  // a schedule that has started continues each time
  const Outcome first = run(options), second = run(options);
  CHECK(equal(first.model, second.model));
  CHECK(first.report.epochs[5].rate < 0.1);
  for (std::size_t e = 0; e < 6; ++e) CHECK(first.report.epochs[e].rate == second.report.epochs[e].rate);
}

TEST_CASE("Illegal examples throw with their place before anything is changed", "[train][fit]") {
  const auto check = [](Examples training, Examples validation, const auto& expected) {
    auto model = toy<double>();
    Optimizer optimizer(model, Adam{});
    Index steps = 0;
    const FitOptions options{.epochs = 1, .on_step = [&](const StepReport&) { return ++steps, true; }};
    CHECK_THROWS_WITH(fit(model, optimizer, training, validation, options), expected);
    CHECK(steps == 0);
    CHECK(optimizer.steps == 0);
    CHECK(equal(model, toy<double>()));
  };
  auto with = [](std::size_t n, auto&& spoil) {
    Examples examples = training_set;
    spoil(examples[n]);
    return examples;
  };
  const Examples unknown = with(57, [](auto& example) { example.input.back() = 7; });
  check(unknown, validation_set,
        ContainsSubstring("training example 57 of 100") && ContainsSubstring("token 7"));
  check(training_set, unknown, ContainsSubstring("validation example 57 of 100"));
  check(with(99, [](auto& example) { example.input.clear(); }), {},
        ContainsSubstring("training example 99") && ContainsSubstring("length is 0"));
  check(with(3, [](auto& example) { example.target = 2; }), {},
        ContainsSubstring("training example 3") && ContainsSubstring("label 2"));
  check(with(3, [](auto& example) { example.target = -1; }), {}, ContainsSubstring("label -1"));

  auto model = toy<double>();
  Optimizer optimizer(model, Adam{});
  CHECK_THROWS_AS(fit(model, optimizer, unknown, {}), std::out_of_range);
}

TEST_CASE("Class weights for another number of outputs throw before anything is changed", "[train][fit]") {
  auto model = toy<double>();
  Optimizer optimizer(model, Adam{});
  model.criterion.class_weights = {1};
  CHECK_THROWS_AS(fit(model, optimizer, training_set, validation_set), std::invalid_argument);
  CHECK_THROWS_WITH(fit(model, optimizer, training_set, validation_set),
                    ContainsSubstring("1 class weights were given for 2 classes"));
  CHECK(equal(model, toy<double>()));
}

TEST_CASE("A model that is stopped before its first best epoch has the weights of the last step",
          "[train][fit]") {
  Toy<double> last = toy<double>();
  for (const int stop_in : {1, 2}) {
    auto model = toy<double>();
    Optimizer optimizer(model, Adam{.rate = 0.01});
    const FitOptions options{.epochs = 3, .batch_size = 8, .on_step = [&](const StepReport& step) {
                               last = model;
                               return step.epoch < stop_in || step.step < 3;
                             }};
    const FitReport report = fit(model, optimizer, training_set, options);
    CHECK(report.stopped == Stopped::by_callback);
    CHECK(report.best_epoch == stop_in - 1);  // the last whole epoch
    CHECK(report.epochs.size() == static_cast<std::size_t>(stop_in - 1));
    CHECK(equal(model, last));
  }
  // There is no best epoch within the first one, for any way to judge it.
  const Outcome outcome = run({.on_step = [](const StepReport&) { return false; }});
  CHECK(outcome.report.best_epoch == 0);
  CHECK_THROWS_AS(outcome.report.best(), std::out_of_range);
  CHECK(!equal(outcome.model, toy<double>()));
}

TEST_CASE("No epoch is the best if its metric is not a number", "[train][fit]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  Scripted scripted{{nan, nan}};
  const FitReport report = scripted.run({}, {});
  CHECK(report.best_epoch == 0);
  CHECK_THROWS_WITH(report.best(), ContainsSubstring("2 epochs were whole"));
  CHECK(equal(scripted.model, scripted.after[1]));
}

TEST_CASE("A callback that returns false ends the training after its step or epoch", "[train][fit]") {
  const Outcome by_step =
      run({.on_step = [](const StepReport& step) { return step.epoch < 2 || step.step < 3; }});
  CHECK(by_step.report.stopped == Stopped::by_callback);
  CHECK(by_step.report.steps == 4 + 3);
  CHECK(by_step.report.epochs.size() == 1);
  CHECK(equal(by_step.model, run({.epochs = 1}).model));  // the best of the whole epochs

  const Outcome by_epoch = run({.on_epoch = [](const EpochReport& epoch) { return epoch.epoch < 2; }});
  CHECK(by_epoch.report.stopped == Stopped::by_callback);
  CHECK(by_epoch.report.epochs.size() == 2);
}

TEST_CASE("Ctrl-C and SIGTERM end the training after its step, and the best weights are kept",
          "[train][fit]") {
  const int number = GENERATE(SIGINT, SIGTERM);
  const Outcome outcome = run({.on_step =
                                   [number](const StepReport& step) {
                                     if (step.epoch == 3 && step.step == 2) std::raise(number);
                                     return true;
                                   },
                               .stop_on_interrupt = true});
  CHECK(outcome.report.stopped == Stopped::by_interrupt);
  CHECK(outcome.report.steps == 4 + 4 + 2);
  CHECK(outcome.report.epochs.size() == 2);
  CHECK(evaluate(outcome.model, validation_set, {.batch_size = 32}) == outcome.report.best().validation_loss);
}

TEST_CASE("fit handles signals only if it is asked to", "[train][fit]") {
  struct sigaction mine = {}, during = {}, before = {};
  mine.sa_handler = SIG_IGN;
  sigaction(SIGINT, &mine, &before);
  run({.epochs = 1, .on_step = [&](const StepReport&) {
         sigaction(SIGINT, nullptr, &during);
         return true;
       }});
  sigaction(SIGINT, &before, nullptr);
  CHECK(during.sa_handler == SIG_IGN);
}

/// The text that is written to the standard error stream during the object's life.
struct CaptureErrors {
  std::ostringstream text;
  std::streambuf* saved = std::cerr.rdbuf(text.rdbuf());
  ~CaptureErrors() { std::cerr.rdbuf(saved); }
};

TEST_CASE("fit prints a line for each epoch only if it is asked to", "[train][fit]") {
  const CaptureErrors errors;
  run({.epochs = 2});
  CHECK(errors.text.str().empty());
  FitOptions options{
      .epochs = 5, .metric = [] { return 0.5; }, .metric_name = "grade", .show_progress = true};
  options.patience = 1;
  run(options);
  CHECK_THAT(errors.text.str(),
             ContainsSubstring("epoch 1/5  loss 0.") && ContainsSubstring("validation 0.") &&
                 ContainsSubstring("grade 0.5000") && ContainsSubstring("epoch 2/5") &&
                 ContainsSubstring("nothing got better: the model has the weights of epoch 1"));
}

TEST_CASE("A schedule sets the rate of each epoch or step and gets the loss", "[train][fit]") {
  std::vector<double> losses, rates;
  FitOptions options{.epochs = 3, .batch_size = 50};
  options.schedule = [&](Index time, double loss) {
    losses.push_back(loss);
    return 0.1 / static_cast<double>(1 + time);
  };
  options.on_step = [&](const StepReport& step) { return rates.push_back(step.rate), true; };
  const Outcome outcome = run(options);
  CHECK(rates == std::vector{0.1, 0.1, 0.1 / 2, 0.1 / 2, 0.1 / 3, 0.1 / 3});
  CHECK(losses.size() == 3);
  CHECK(std::isnan(losses[0]));
  CHECK(losses[2] == outcome.report.epochs[1].validation_loss);

  rates.clear();
  options.schedule_per = Per::step;
  run(options);
  CHECK(rates == std::vector{0.1, 0.1 / 2, 0.1 / 3, 0.1 / 4, 0.1 / 5, 0.1 / 6});

  options.schedule = [](Index time, double) { return 1e-3 - 2e-3 * static_cast<double>(time); };
  CHECK_THROWS_WITH(run(options), ContainsSubstring("learning rate -0.001"));
  CHECK(run({.epochs = 1, .schedule = CosineDecay{.rate = 0.25, .over = 10}}).report.epochs[0].rate == 0.25);
}

TEST_CASE("A schedule may end in a rate of 0", "[train][fit]") {
  const FitOptions options{.epochs = 400, .schedule = StepDecay{.rate = 1e-2, .every = 1}};
  auto model = toy<double>();
  Optimizer optimizer(model, Sgd{});
  const FitReport report = fit(model, optimizer, std::span(training_set).first(4), options);
  CHECK(report.epochs.size() == 400);
  CHECK(report.epochs.back().rate == 0);
  CHECK(optimizer.steps == 400);
}

struct Failure {};

/// A training whose second epoch is the best. `spoil` ends it in or after that epoch. The model has the weights of
/// that epoch.
template <class Error>
void check_best_is_kept(const std::function<void(FitOptions&, Toy<double>&)>& spoil) {
  auto model = toy<double>(), best = model;
  Optimizer optimizer(model, Adam{.rate = 0.01});
  int epochs = 0;
  FitOptions options{.epochs = 4};
  options.metric = [&] { return ++epochs == 2 ? 1.0 : 0.5; };
  options.on_epoch = [&](const EpochReport& report) {
    if (report.epoch == 2) best = model;
    return true;
  };
  spoil(options, model);
  CHECK_THROWS_AS(fit(model, optimizer, training_set, validation_set, options), Error);
  CHECK(equal(model, best));
  CHECK(!equal(best, toy<double>()));
}

TEST_CASE("The model has its best weights after any exception that ends the training", "[train][fit]") {
  using Model = Toy<double>;
  const auto in_step = [](const auto& what) {
    return [what](FitOptions& options, Model& model) {
      options.on_step = [what, &model](const StepReport& step) {
        if (step.epoch == 3 && step.step == 2) what(model);
        return true;
      };
    };
  };
  check_best_is_kept<Failure>(in_step([](Model&) { throw Failure{}; }));
  check_best_is_kept<std::bad_alloc>(in_step([](Model&) { throw std::bad_alloc(); }));
  check_best_is_kept<NonFinite>(
      in_step([](Model& model) { model.head.bias(0) = std::numeric_limits<double>::quiet_NaN(); }));
  check_best_is_kept<std::invalid_argument>([](FitOptions& options, Model&) {
    options.schedule = [](Index time, double) { return time < 2 ? 0.01 : -1.0; };
  });
  check_best_is_kept<Failure>([](FitOptions& options, Model&) {
    options.metric = [metric = options.metric, asked = 0]() mutable {
      if (++asked == 3) throw Failure{};
      return metric();
    };
  });
  for (const int epoch : {2, 3})
    check_best_is_kept<Failure>([epoch](FitOptions& options, Model&) {
      options.on_epoch = [epoch, before = options.on_epoch](const EpochReport& report) {
        before(report);
        if (report.epoch == epoch) throw Failure{};
        return true;
      };
    });
}

TEST_CASE("An error that ends the training says which weights the model has", "[train][fit]") {
  auto model = toy<double>();
  Optimizer optimizer(model, Adam{.rate = 0.01});
  double grade = 0;
  const FitOptions options{.epochs = 3,
                           .metric = [&] { return ++grade; },
                           .on_step =
                               [&](const StepReport& step) {
                                 if (step.epoch == 3)
                                   model.head.bias(0) = std::numeric_limits<double>::quiet_NaN();
                                 return true;
                               }};
  CHECK_THROWS_WITH(fit(model, optimizer, training_set, validation_set, options),
                    ContainsSubstring("epoch 3, step 2 of 4: the loss is not a number") &&
                        ContainsSubstring("the model has the weights of epoch 2, its best"));
}

/// fit with a last update, in the epoch `at`, that makes a weight infinite. No loss depends on this weight: it is in
/// the vector of a token that no example has.
FitReport fit_to_infinity(Toy<float>& model, int at, FitOptions options) {
  auto examples = toy_examples<float>(30, 1), others = toy_examples<float>(10, 2);
  for (auto* some : {&examples, &others})
    for (auto& example : *some)
      for (Token& token : example.input) token = std::min(token, 5);
  Optimizer optimizer(model, Sgd{.rate = 0.1});
  options.epochs = at;
  options.on_step = [&, at](const StepReport& step) {
    if (step.epoch == at && step.step == step.of)
      std::get<0>(model.body.layers).weight.values(6, 0) = std::numeric_limits<float>::infinity();
    return true;
  };
  return fit(model, optimizer, examples, options.metric || at == 1 ? decltype(others){} : others, options);
}

TEST_CASE("Weights that are not finite after the last update are an error even if the loss is finite",
          "[train][fit]") {
  auto model = toy<float>();
  CHECK_THROWS_AS(fit_to_infinity(model, 1, {}), NonFinite);
  model = toy<float>();
  CHECK_THROWS_WITH(fit_to_infinity(model, 1, {.batch_size = 10}),
                    ContainsSubstring("after step 3: parameter body.0.weight is not finite") &&
                        ContainsSubstring("the weights are those from after this step"));
  model = toy<float>();
  CHECK_THROWS_AS(fit_to_infinity(model, 1, {.skip_non_finite = true}), NonFinite);
  model = toy<float>();
  CHECK_THROWS_AS(fit_to_infinity(model, 1, {.skip_non_finite = true, .metric = [] { return 1.0; }}),
                  NonFinite);

  model = toy<float>();
  CHECK_THROWS_WITH(fit_to_infinity(model, 2, {}),
                    ContainsSubstring("the model has the weights of epoch 1, its best"));
  CHECK(first_non_finite(model).empty());
  model = toy<float>();
  CHECK(fit_to_infinity(model, 2, {.skip_non_finite = true}).best_epoch == 1);
  CHECK(first_non_finite(model).empty());
}

TEST_CASE("A rate that is too large for the weights is an error", "[train][fit]") {
  auto model = toy<float>();
  const auto examples = toy_examples<float>(10, 1);
  Optimizer optimizer(model, Sgd{.rate = 3e38, .weight_decay = 1e38});
  CHECK_THROWS_AS(fit(model, optimizer, examples, {.epochs = 1, .batch_size = 10}), NonFinite);
}

TEST_CASE("fit takes a batch size and a window larger than the number of examples", "[train][fit]") {
  const Index most = std::numeric_limits<Index>::max();
  const Outcome all = run({.epochs = 2, .batch_size = 100});
  for (const FitOptions& options : {FitOptions{.epochs = 2, .batch_size = most},
                                    FitOptions{.epochs = 2, .batch_size = most, .window = most},
                                    FitOptions{.epochs = 2, .batch_size = 100, .window = most}}) {
    const Outcome outcome = run(options);
    CHECK(outcome.report.steps == 2);
    CHECK(equal(outcome.model, all.model));
  }
}

TEST_CASE("A loss that is not finite throws with epoch and step and leaves the model as before that step",
          "[train][fit]") {
  auto model = toy<double>();
  Optimizer optimizer(model, Adam{.rate = 0.01});
  Toy<double> before = model;
  FitOptions options{.epochs = 4, .on_step = [&](const StepReport& step) {
                       if (step.epoch == 2 && step.step == 3) {
                         model.head.bias(1) = std::numeric_limits<double>::infinity();
                         before = model;
                       }
                       return true;
                     }};
  CHECK_THROWS_AS(fit(model, optimizer, training_set, options), NonFinite);
  CHECK(equal(model, before));

  model = toy<double>();
  Optimizer fresh(model, Adam{.rate = 0.01});
  CHECK_THROWS_WITH(fit(model, fresh, training_set, validation_set, options),
                    ContainsSubstring("epoch 2, step 4 of 4") && ContainsSubstring("loss is not a number"));
}

/// fit with finite weights at the end of the second epoch that make the validation loss infinite.
FitReport fit_to_nan(Toy<double>& model, FitOptions options) {
  Optimizer optimizer(model, Adam{.rate = 0.01});
  options.epochs = 2;
  options.on_step = [&](const StepReport& step) {
    if (step.epoch == 2 && step.step == step.of)
      model.head.bias << std::numeric_limits<double>::max(), -std::numeric_limits<double>::max();
    return true;
  };
  return fit(model, optimizer, training_set, validation_set, options);
}

TEST_CASE("A validation loss that is not finite throws with its epoch or is never the best", "[train][fit]") {
  auto model = toy<double>();
  CHECK_THROWS_AS(fit_to_nan(model, {}), NonFinite);
  model = toy<double>();
  CHECK_THROWS_WITH(
      fit_to_nan(model, {}),
      ContainsSubstring("epoch 2: the validation loss is inf; the model has the weights of epoch 1"));
  model = toy<double>();
  const FitReport report = fit_to_nan(model, {.skip_non_finite = true});
  CHECK(report.best_epoch == 1);
  CHECK(std::isinf(report.epochs[1].validation_loss));
  CHECK(evaluate(model, validation_set) == Approx(report.best().validation_loss));

  const CaptureErrors errors;
  Scripted scripted{{std::numeric_limits<double>::quiet_NaN()}};
  scripted.run({.show_progress = true});
  CHECK_THAT(errors.text.str(), ContainsSubstring("no metric or validation loss was a number"));
}

TEST_CASE("Steps that are not finite can be skipped and are counted", "[train][fit]") {
  auto model = toy<double>();
  Optimizer optimizer(model, Adam{.rate = 0.01});
  double saved = 0;
  Index told = 0;
  const FitReport report =
      fit(model, optimizer, training_set, validation_set,
          {.epochs = 2, .batch_size = 20, .skip_non_finite = true, .on_step = [&](const StepReport& step) {
             told += step.result.skipped;
             if (step.epoch == 1 && step.step == 1)
               saved = std::exchange(model.head.bias(1), std::numeric_limits<double>::quiet_NaN());
             if (step.epoch == 1 && step.step == 3) model.head.bias(1) = saved;
             return true;
           }});
  CHECK(report.skipped == 2);
  CHECK(told == 2);
  CHECK(report.epochs[0].skipped == 2);
  CHECK(report.epochs[0].steps == 5);
  CHECK(report.epochs[1].skipped == 0);
  CHECK(std::isfinite(report.epochs[0].training_loss));
  CHECK(std::isfinite(report.epochs[0].mean_norm));
  CHECK(optimizer.steps == 8);
  CHECK(first_non_finite(model).empty());
}

}  // namespace fit_test
}  // namespace recur::testing
