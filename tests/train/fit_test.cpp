#include "recur/train/fit.hpp"

#include <csignal>
#include <limits>
#include <map>
#include <utility>

#include "catch.hpp"
#include "recur/architecture/many_to_many.hpp"
#include "recur/data/long_text.hpp"
#include "recur/train/metrics.hpp"
#include "recur/train/schedule.hpp"
#include "recur/train/sequence_loss.hpp"
#include "toy_fit.hpp"

namespace recur::testing {
namespace fit_test {

using Catch::Matchers::ContainsSubstring;

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
  std::vector<Toy<double>> others;
  for (const int threads : {1, 2, 3}) {
    CAPTURE(threads);
    const FitOptions options{.epochs = 3, .batch_size = 8, .threads = threads, .seed = 5};
    const Outcome a = run(options), b = run(options);
    CHECK(equal(a.model, b.model));
    CHECK(a.report.epochs[2].training_loss == b.report.epochs[2].training_loss);
    CHECK(a.report.epochs[2].validation_loss == b.report.epochs[2].validation_loss);
    FitOptions other = options;
    other.seed = 6;
    CHECK(!equal(run(other).model, a.model));
    for (const auto& model : others) CHECK(!equal(model, a.model));
    others.push_back(a.model);
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
  double loss = 0, norm = 0, max_norm = 0, clipped = 0, first_loss = 0;
  const Outcome outcome =
      run({.epochs = 1, .batch_size = 16, .clip_norm = 0.25, .on_step = [&](const StepReport& step) {
             if (step.step == 1) first_loss = step.result.loss;
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
  CHECK(epoch.first_loss == first_loss);
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
  ManyToOne numbers{Recurrent{Lstm<double>{2, 3}}, Pooling::last, Dense<double>{3, 1}, SquaredError{}};
  initialize(numbers, 1);
  Optimizer optimizer(numbers, Adam{});
  const std::vector<decltype(numbers)::Example> some{{MatrixX<double>::Ones(2, 3), 1}};
  CHECK_THROWS_WITH(fit(numbers, optimizer, some, some, options),
                    ContainsSubstring("the metric accuracy counts labels of samples or steps"));
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
  for (const std::size_t at : {0, 4095, 4096, 4097, 8999}) {  // the text is checked in pieces
    std::vector<Token> many(9000, 1);
    many[at] = 3;
    INFO("token " << at);
    CHECK_THROWS_WITH(fit(untouched, optimizer, LongText(many, 1, 10), {.epochs = 1}),
                      ContainsSubstring("training text") && ContainsSubstring("3"));
  }
  CHECK_THROWS_WITH(fit(untouched, optimizer, text, other, {.metric = Accuracy{}}),
                    ContainsSubstring("accuracy") && ContainsSubstring("long text"));
  CHECK_THROWS_WITH(fit(untouched, optimizer, text, {.patience = 1}), ContainsSubstring("patience 1"));
  CHECK(equal(untouched, make()));
  CHECK(fit(untouched, optimizer, text, {.epochs = 1}).best_epoch == 1);
}

TEST_CASE("Examples whose targets are all ignored are refused, and nothing is changed", "[train][fit]") {
  const auto good = toy_examples<double>(5, 1);
  auto ignored = toy_examples<double>(200, 2);
  for (auto& example : ignored) example.target = ignored_label;
  auto model = toy<double>();
  Optimizer optimizer(model, Adam{});
  CHECK_THROWS_WITH(fit(model, optimizer, ignored),
                    "the targets of all 200 training examples are ignored: at least one must count");
  CHECK_THROWS_WITH(fit(model, optimizer, good, ignored), ContainsSubstring("all 200 validation examples"));
  CHECK_THROWS_WITH(fit(model, optimizer, [&](Random) { return ignored; }),
                    ContainsSubstring("all 200 training examples"));
  CHECK_THROWS_WITH(evaluate(model, ignored),
                    ContainsSubstring("over 200 examples") && ContainsSubstring("all ignored"));
  CHECK(equal(model, toy<double>()));
  CHECK(optimizer.steps == 0);
  ignored.back().target = 1;
  CHECK(fit(model, optimizer, ignored, {.epochs = 1}).steps > 0);
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
  const auto before = std::signal(SIGINT, SIG_IGN);
  auto during = before;
  run({.epochs = 1, .on_step = [&](const StepReport&) {
         during = std::signal(SIGINT, SIG_IGN);
         return true;
       }});
  std::signal(SIGINT, before);
  CHECK(during == SIG_IGN);
}

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

}  // namespace fit_test
}  // namespace recur::testing
