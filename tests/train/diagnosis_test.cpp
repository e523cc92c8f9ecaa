#include "recur/train/diagnosis.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "recur/cell/elman.hpp"
#include "recur/train/schedule.hpp"
#include "toy_fit.hpp"

namespace recur::testing {
namespace diagnosis_test {

using Catch::Matchers::ContainsSubstring;
using History = std::vector<EpochReport>;

const double none = std::numeric_limits<double>::quiet_NaN();

/// A history with these training losses, of 50 quiet steps an epoch. The first step had the first loss.
History of_losses(std::vector<double> losses, double first_loss) {
  History history;
  for (const double loss : losses)
    history.push_back({.epoch = static_cast<int>(history.size()) + 1,
                       .rate = 0.01,
                       .training_loss = loss,
                       .validation_loss = none,
                       .metric = none,
                       .mean_norm = 1,
                       .max_norm = 3,
                       .steps = 50,
                       .first_loss = history.empty() ? first_loss : loss});
  return history;
}
/// The same with losses on the validation examples. The best epochs are marked as `fit` does it.
History of_losses(std::vector<double> losses, double first_loss, const std::vector<double>& validation) {
  History history = of_losses(std::move(losses), first_loss);
  double lowest = std::numeric_limits<double>::infinity();
  for (std::size_t e = 0; e < history.size(); ++e) {
    history[e].validation_loss = validation[e];
    history[e].best = validation[e] < lowest;
    lowest = std::min(lowest, validation[e]);
  }
  return history;
}

std::set<Trouble> troubles(std::span<const EpochReport> history, GradientReach reach = {}) {
  std::set<Trouble> all;
  for (const Finding& finding : diagnose(history, [&] { return reach; })) all.insert(finding.trouble);
  return all;
}
using Set = std::set<Trouble>;

TEST_CASE("A loss that never fell stands still, and its likely cause is named", "[train][diagnosis]") {
  History history = of_losses({0.694, 0.693, 0.692, 0.693, 0.693}, 0.695);
  CHECK(troubles(std::span(history).first(4)).empty());  // it is too early to tell
  CHECK(troubles(history) == Set{Trouble::stands_still});
  CHECK_THAT(diagnose(history)[0].text, ContainsSubstring("at 0.692, which was 0.695 at the first step") &&
                                            ContainsSubstring("the rate, 0.01,"));
  history.back().clipped = 1;
  CHECK_THAT(diagnose(history)[0].text, ContainsSubstring("raise clip_norm"));
  history.back().rate = 0;
  CHECK_THAT(diagnose(history)[0].text, ContainsSubstring("The rate is 0."));

  CHECK(troubles(of_losses({0.694, 0.69, 0.68, 0.675, 0.66}, 0.695)).empty());  // slow, but it learns
  CHECK(troubles(of_losses({0.2, 0.2, 0.2, 0.2, 0.2}, 0.695)).empty());  // it learned in the first epoch
  CHECK(troubles(of_losses({0.5, 0.2, 0.01, 0.01, 0.01, 0.01, 0.01}, 0.695)).empty());  // it has learned all
  // It rose in the first epoch, and fell since.
  CHECK_FALSE(troubles(of_losses({2, 1, 1, 1, 1, 1}, 1)).contains(Trouble::stands_still));
  CHECK(troubles(of_losses({-1, -1, -1, -1, -1}, -1)) == Set{Trouble::stands_still});
  CHECK(troubles(of_losses({-1, -1.1, -1.2, -1.3, -1.4}, -1)).empty());
  CHECK(troubles(of_losses({none, none, none, none, none}, none)).empty());  // all its steps were skipped
  CHECK(troubles({}).empty());
}

TEST_CASE("While the loss stands still, a look into the network tells why", "[train][diagnosis]") {
  const History still = of_losses({0.694, 0.693, 0.692, 0.693, 0.693}, 0.695),
                half = of_losses({0.6, 0.4, 0.3, 0.25, 0.2, 0.2, 0.2, 0.2, 0.2}, 0.695),
                done = of_losses({0.6, 0.2, 0.01, 0.01, 0.01, 0.01, 0.01}, 0.695),
                learning = of_losses({0.694, 0.69, 0.68, 0.675, 0.66}, 0.695);
  const GradientReach saturated{.recurrent = 1e-4, .first_step = 1e-9, .steps = 20},
      vanishing{.recurrent = 0.4, .first_step = 1e-9, .steps = 20},
      few_steps{.recurrent = 0.4, .first_step = 1e-9, .steps = 9},
      sound{.recurrent = 0.4, .first_step = 1e-2, .steps = 20};
  CHECK(troubles(still, saturated) == Set{Trouble::saturated});
  CHECK(troubles(half, saturated) == Set{Trouble::saturated});
  CHECK(troubles(done, saturated).empty());
  CHECK(troubles(still, vanishing) == Set{Trouble::vanishing});
  CHECK(troubles(half, vanishing).empty());  // it has learned without the beginning
  CHECK(troubles(still, few_steps) == Set{Trouble::stands_still});
  CHECK(troubles(still, sound) == Set{Trouble::stands_still});
  CHECK_THAT(diagnose(still, [&] { return vanishing; })[0].text,
             ContainsSubstring("1e-09 of the gradient reaches the first of 20 steps"));
  CHECK_THAT(diagnose(still, [&] { return saturated; })[0].text,
             ContainsSubstring("0.0001 of the gradient is in the weights of recurrent layers"));

  int looks = 0;
  for (const History* history : {&still, &half, &done, &learning})
    diagnose(*history, [&] { return ++looks, GradientReach{}; });
  CHECK(looks == 2);  // not while it learns, nor when it has learned
}

TEST_CASE("A gradient that is a hundred times as large as usual explodes, unless it is clipped",
          "[train][diagnosis]") {
  History history = of_losses({0.6, 0.5}, 0.7);
  history[1].mean_norm = (49 * 1.0 + 200) / 50;
  history[1].max_norm = 200;
  CHECK(troubles(history) == Set{Trouble::exploding});
  CHECK_THAT(diagnose(history)[0].text,
             ContainsSubstring("went up to 200, where 1 is usual") &&
                 ContainsSubstring("clip_norm, at a few times what is usual, such as 5."));
  const auto with = [&](auto change) {
    History other = history;
    change(other);
    return troubles(other);
  };
  CHECK(with([](History& h) { h[1].clipped = 0.02; }).empty());
  CHECK(with([](History& h) {
          for (EpochReport& epoch : h) epoch.mean_norm = epoch.max_norm = 0;
        }).empty());
  CHECK(with([](History& h) { h[1].max_norm = 90, h[1].mean_norm = (49 + 90) / 50.0; }).empty());
  CHECK(with([](History& h) { h[0].mean_norm = 30; }).empty());  // no more than in the beginning
  CHECK(with([](History& h) { h[1].steps = 9, h[1].mean_norm = (8 + 200) / 9.0; }).empty());
  CHECK(with([](History& h) { h.erase(h.begin()); }).empty());  // in the first epoch, gradients are large
}

TEST_CASE("A loss that is higher than in the beginning diverges", "[train][diagnosis]") {
  CHECK(troubles(of_losses({0.6, 0.7, 0.8}, 0.7)) == Set{Trouble::diverging});
  CHECK(troubles(of_losses({0.6, 0.4, 0.7}, 0.7)).empty());  // once is chance
  CHECK(troubles(of_losses({0.6, 0.1, 0.3, 0.4}, 0.7)).empty());
  CHECK_THAT(diagnose(of_losses({0.6, 0.7, 0.8}, 0.7))[0].text,
             ContainsSubstring("0.6 at first, 0.8 in epoch 3") && ContainsSubstring("divide it by ten"));
  CHECK(troubles(of_losses({5, 4, 4.5}, 0.7)) == Set{Trouble::diverging});  // it rose in the first epoch
  CHECK(troubles(of_losses({0.7, 0.75, 0.76}, 0.65)).empty());
  CHECK(troubles(of_losses({0.6, 1, 2, 3, 4, 5}, 0.7)) ==
        Set{Trouble::diverging});  // that is not a standstill
}

TEST_CASE("A validation loss that rises while the training loss falls is overfitting", "[train][diagnosis]") {
  const std::vector<double> falls{0.6, 0.4, 0.3, 0.2, 0.1}, turns{0.6, 0.45, 0.55, 0.6, 0.7};
  const History history = of_losses(falls, 0.7, turns);
  CHECK(troubles(history) == Set{Trouble::overfitting});
  CHECK_THAT(diagnose(history)[0].text,
             ContainsSubstring("since epoch 2 the validation loss has risen from 0.45 to 0.7") &&
                 ContainsSubstring("fell from 0.4 to 0.1"));
  CHECK(troubles(std::span(history).first(4)).empty());
  CHECK(troubles(of_losses(falls, 0.7, {0.6, 0.45, 0.55, 0.46, 0.7})).empty());
  CHECK(troubles(of_losses({0.6, 0.4, 0.4, 0.4, 0.39}, 0.7, turns)).empty());  // it does not learn by heart
  CHECK(
      troubles(of_losses(falls, 0.7, {0.6, 0.01, 0.011, 0.012, 0.013})).empty());  // hardly more than nothing
  CHECK(troubles(of_losses({9, 8, 7, 6, 5}, 0.7, turns)) ==
        Set{Trouble::diverging});  // that is another trouble
  CHECK(troubles(of_losses(falls, 0.7, {none, none, none, none, none})).empty());
  History by_metric = history;
  by_metric[3].best = true;  // the metric was better then
  CHECK(troubles(by_metric).empty());
}

TEST_CASE("Steps that were not finite have a likely cause", "[train][diagnosis]") {
  History history = of_losses({0.6}, 0.7);
  history[0].skipped = 3;
  CHECK(troubles(history) == Set{Trouble::skipping});
  CHECK_THAT(diagnose(history)[0].text, ContainsSubstring("3 of 50 steps of epoch 1 were skipped"));

  CHECK_THAT(cause_of_non_finite({}, {.epoch = 1, .rate = 0.1}), ContainsSubstring("from the first step"));
  EpochReport unfinished{.epoch = 2, .rate = 0.1, .mean_norm = 1, .max_norm = 3, .steps = 20};
  CHECK_THAT(cause_of_non_finite(history, unfinished), ContainsSubstring("Likely the rate, 0.1,"));
  unfinished.max_norm = 1000;
  CHECK_THAT(cause_of_non_finite(history, unfinished),
             ContainsSubstring("went up to 1e+03, where 1 is usual; limit it: clip_norm"));
  EpochReport still = unfinished;
  still.mean_norm = still.max_norm = 0;
  CHECK_THAT(cause_of_non_finite({}, still), ContainsSubstring("Likely the rate"));
  unfinished.clipped = 0.5;
  CHECK_THAT(cause_of_non_finite(history, unfinished), ContainsSubstring("Likely the rate"));
}

// ---- Real trainings, each with its trouble. ----

/// What is said of a training that shows its progress.
template <class Model, class Rule>
std::string said(Model model, std::span<const typename Model::Example> training,
                 std::span<const typename Model::Example> validation, Rule rule, FitOptions options) {
  const CaptureErrors errors;
  options.show_progress = true;
  Optimizer optimizer(model, rule);
  try {
    fit(model, optimizer, training, validation, options);
  } catch (const NonFinite&) {
  }
  std::istringstream lines(errors.text.str());
  std::string warnings;
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("warning: ")) warnings += line + '\n';
  return warnings;
}
Index count(const std::string& text, char letter) { return std::ranges::count(text, letter); }

TEST_CASE("A training that learns gets no warning", "[train][diagnosis]") {
  CHECK(said(toy<double>(), training_set, validation_set, Adam{.rate = 0.01}, {.epochs = 30, .batch_size = 8})
            .empty());
}

TEST_CASE("Steps that are skipped late in a training are noticed, and said once", "[train][diagnosis]") {
  auto model = toy<double>();
  Optimizer optimizer(model, Adam{.rate = 1e-3});
  double saved = 0;
  const CaptureErrors errors;
  fit(model, optimizer, training_set, {},
      {.epochs = 54,
       .batch_size = 20,
       .skip_non_finite = true,
       .on_step =
           [&](const StepReport& step) {  // the second step of epochs 52 and 53 is not finite
             if (step.epoch == 52 || step.epoch == 53) {
               if (step.step == 1) saved = std::exchange(model.head.bias(1), none);
               if (step.step == 2) model.head.bias(1) = saved;
             }
             return true;
           },
       .show_progress = true});
  const std::string text = errors.text.str();
  const auto at = text.find("1 of 5 steps of epoch 52 were skipped");
  REQUIRE(at != std::string::npos);
  CHECK(text.find("were skipped", at + 40) == std::string::npos);
}

TEST_CASE("A rate that is far too small is noticed, and said once", "[train][diagnosis]") {
  const std::string text =
      said(toy<double>(), training_set, validation_set, Sgd{.rate = 1e-7}, {.epochs = 12, .batch_size = 8});
  CHECK_THAT(text, ContainsSubstring("stands still") && ContainsSubstring("rate, 1e-07, is far too small"));
  CHECK(count(text, '\n') == 1);
}

TEST_CASE("A rate that is far too large is noticed", "[train][diagnosis]") {
  CHECK_THAT(
      said(toy<double>(), training_set, validation_set, Sgd{.rate = 30}, {.epochs = 12, .batch_size = 8}),
      ContainsSubstring("the training loss rises"));
  CHECK_THAT(said(toy<float>(), toy_examples<float>(100, 1), {}, Sgd{.rate = 1e38}, {.epochs = 3}),
             ContainsSubstring("Likely the rate, 1e+38, is too large"));
}

TEST_CASE("Few examples that are learned by heart are noticed", "[train][diagnosis]") {
  auto few = toy_examples<double>(30, 5);
  Random random(7);
  for (auto& example : few) example.target = static_cast<int>(random.below(2));
  CHECK_THAT(
      said(toy<double>(1, 0), few, validation_set, Adam{.rate = 0.03}, {.epochs = 60, .batch_size = 8}),
      ContainsSubstring("the validation loss has risen") && ContainsSubstring("learns by heart"));
}

/// A network of one recurrent layer that reads one number a step.
template <class Cell>
auto reader(Cell cell) {
  const Index hidden = cell.hidden_size();
  ManyToOne model{Recurrent{std::move(cell)}, Pooling::last, Dense<float>{hidden, 2},
                  SoftmaxCrossEntropy<float>{}};
  initialize(model, 1);
  return model;
}
/// Sequences of numbers of the size `scale`, with labels that say whether the first one is above 0.
template <class Model>
auto numbers(Index length, float scale) {
  Random random(3);
  std::vector<typename Model::Example> examples(80);
  for (auto& example : examples) {
    example.input.resize(1, length);
    for (float& x : example.input.reshaped()) x = scale * static_cast<float>(random.normal());
    example.target = example.input(0, 0) > 0;
  }
  return examples;
}

TEST_CASE("What is usual is known beside a norm that dwarfs all others", "[train][diagnosis]") {
  History history = of_losses({1, 0.9, 0.8}, 1);
  history.back().max_norm = 1e20;
  history.back().mean_norm = (49 + 1e20) / 50;  // the 49 are lost in rounding
  const auto found = diagnose(history, [] { return GradientReach{}; });
  REQUIRE_FALSE(found.empty());
  CHECK_THAT(found[0].text,
             ContainsSubstring("went up to 1e+20, where 1 is usual") && ContainsSubstring("such as 5."));
}

TEST_CASE("A gradient that vanishes is noticed", "[train][diagnosis]") {
  auto model = reader(Elman<float>{1, 8});
  model.body.cell.weight_hh *= 0.3f;
  const auto examples = numbers<decltype(model)>(40, 1);
  CHECK_THAT(said(model, examples, {}, Adam{.rate = 1e-3}, {.epochs = 15, .batch_size = 8}),
             ContainsSubstring("reaches the first of 40 steps: it vanishes"));
}

TEST_CASE("Units that are all saturated are noticed", "[train][diagnosis]") {
  const auto model = reader(Elman<float>{1, 8});
  const auto examples = numbers<std::remove_const_t<decltype(model)>>(12, 1e6f);
  CHECK_THAT(said(model, examples, {}, Adam{.rate = 1e-3}, {.epochs = 15, .batch_size = 8}),
             ContainsSubstring("All units are saturated"));
}

TEST_CASE("A gradient that explodes is noticed", "[train][diagnosis]") {
  auto model = reader(Elman<float, Relu>{1, 8});
  model.body.cell.weight_hh = 1.6f * MatrixX<float>::Identity(8, 8);
  auto examples = numbers<decltype(model)>(2, 1);
  examples[17].input = examples[17].input.replicate(1, 12).eval();  // long ones among short ones
  examples[18] = {examples[17].input, 1 - examples[17].target};     // one of them has the wrong answer
  FitOptions options{.epochs = 3, .batch_size = 4, .window = 1};
  CHECK_THAT(said(model, examples, {}, Sgd{.rate = 1e-9}, options),
             ContainsSubstring("it explodes now and then"));
  options.clip_norm = 5;
  CHECK(said(model, examples, {}, Sgd{.rate = 1e-9}, options).empty());
}

}  // namespace diagnosis_test
}  // namespace recur::testing
