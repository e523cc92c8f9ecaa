#include "recur/train/fit_loop.hpp"

#include <functional>
#include <limits>
#include <new>
#include <span>

#include "catch.hpp"
#include "recur/train/schedule.hpp"
#include "toy_fit.hpp"

namespace recur::testing {
namespace fit_loop_test {

using Catch::Matchers::ContainsSubstring;

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

TEST_CASE("The model ends with the best weights by the metric", "[train][fit_loop]") {
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

TEST_CASE("Training stops when its patience ends without improvement", "[train][fit_loop]") {
  Scripted scripted{{0.1, 0.3, 0.2, 0.3, 0.4}};
  const FitReport report = scripted.run({.patience = 2});
  CHECK(report.stopped == Stopped::early);
  CHECK(report.epochs.size() == 4);
  CHECK(report.best_epoch == 2);
  CHECK(equal(scripted.model, scripted.after[1]));
}

TEST_CASE("A metric can be better when it is lower, and a NaN is never better", "[train][fit_loop]") {
  Scripted lower{{0.3, 0.1, 0.2}};
  CHECK(lower.run({.lower_metric_is_better = true}).best_epoch == 2);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  Scripted scripted{{nan, 0.1, nan}};
  CHECK(scripted.run({}, {}).best_epoch == 2);  // without validation examples
  CHECK(equal(scripted.model, scripted.after[1]));
}

TEST_CASE("Without a metric, the best weights have the lowest validation loss", "[train][fit_loop]") {
  const auto too_fast = [](Index time, double) { return time < 3 ? 0.01 : 3.0; };
  const Outcome outcome = run({.epochs = 6, .batch_size = 8, .schedule = too_fast});
  const auto& epochs = outcome.report.epochs;
  const auto lowest = std::ranges::min_element(epochs, {}, &EpochReport::validation_loss);
  CHECK(outcome.report.best_epoch == lowest->epoch);
  CHECK(outcome.report.best_epoch < 6);
  CHECK(evaluate(outcome.model, validation_set, {.batch_size = 8}) == lowest->validation_loss);
}

TEST_CASE("Without a metric and validation examples, the last epoch is kept", "[train][fit_loop]") {
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

TEST_CASE("A model that is stopped before its first best epoch has the weights of the last step",
          "[train][fit_loop]") {
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

TEST_CASE("No epoch is the best if its metric is not a number", "[train][fit_loop]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  Scripted scripted{{nan, nan}};
  const FitReport report = scripted.run({}, {});
  CHECK(report.best_epoch == 0);
  CHECK_THROWS_WITH(report.best(), ContainsSubstring("2 epochs were whole"));
  CHECK(equal(scripted.model, scripted.after[1]));
}

TEST_CASE("A callback that returns false ends the training after its step or epoch", "[train][fit_loop]") {
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

TEST_CASE("A schedule sets the rate of each epoch or step and gets the loss", "[train][fit_loop]") {
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
  options.schedule_interval = Interval::step;
  run(options);
  CHECK(rates == std::vector{0.1, 0.1 / 2, 0.1 / 3, 0.1 / 4, 0.1 / 5, 0.1 / 6});

  options.schedule = [](Index time, double) { return 1e-3 - 2e-3 * static_cast<double>(time); };
  CHECK_THROWS_WITH(run(options), ContainsSubstring("learning rate -0.001"));
  CHECK(run({.epochs = 1, .schedule = CosineDecay{.rate = 0.25, .over = 10}}).report.epochs[0].rate == 0.25);
}

TEST_CASE("A schedule may end in a rate of 0", "[train][fit_loop]") {
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

TEST_CASE("The model has its best weights after any exception that ends the training", "[train][fit_loop]") {
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

TEST_CASE("An error that ends the training says which weights the model has", "[train][fit_loop]") {
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
          "[train][fit_loop]") {
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

TEST_CASE("A rate that is too large for the weights is an error", "[train][fit_loop]") {
  auto model = toy<float>();
  const auto examples = toy_examples<float>(10, 1);
  Optimizer optimizer(model, Sgd{.rate = 3e38, .weight_decay = 1e38});
  CHECK_THROWS_AS(fit(model, optimizer, examples, {.epochs = 1, .batch_size = 10}), NonFinite);
}

TEST_CASE("A loss that is not finite throws with epoch and step and leaves the model as before that step",
          "[train][fit_loop]") {
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

TEST_CASE("A validation loss that is not finite throws with its epoch or is never the best",
          "[train][fit_loop]") {
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
  model = toy<double>();
  double metric = 0;  // better in each epoch
  const FitOptions by_metric{.skip_non_finite = true, .metric = [&] { return ++metric; }};
  CHECK(fit_to_nan(model, by_metric).best_epoch == 1);

  const CaptureErrors errors;
  Scripted scripted{{std::numeric_limits<double>::quiet_NaN()}};
  scripted.run({.show_progress = true});
  CHECK_THAT(errors.text.str(), ContainsSubstring("no metric or validation loss was a number"));
}

TEST_CASE("Steps that are not finite can be skipped and are counted", "[train][fit_loop]") {
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

}  // namespace fit_loop_test
}  // namespace recur::testing
