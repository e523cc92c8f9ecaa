#include "recur/train/fit_options.hpp"

#include <limits>
#include <span>
#include <tuple>
#include <vector>

#include "catch.hpp"
#include "recur/train/fit.hpp"
#include "recur/train/optimizer.hpp"
#include "toy.hpp"

namespace recur::testing {
namespace fit_options_test {

using Catch::Matchers::ContainsSubstring;

TEST_CASE("Illegal options throw, say what is legal and change nothing", "[train][fit_options]") {
  const auto examples = toy_examples<double>(5, 1);
  auto model = toy<double>();
  Optimizer optimizer(model, Adam{});
  const auto run = [&](const FitOptions& options) { fit(model, optimizer, examples, {}, options); };
  const double nan = std::numeric_limits<double>::quiet_NaN();

  CHECK_THROWS_WITH(run({.epochs = 0}), ContainsSubstring("epochs 0") && ContainsSubstring("at least 1"));
  CHECK_THROWS_AS(run({.epochs = -1}), std::invalid_argument);
  CHECK_THROWS_WITH(run({.batch_size = 0}),
                    ContainsSubstring("batch_size 0") && ContainsSubstring("at least 1"));
  CHECK_THROWS_WITH(run({.accumulate = 0}), ContainsSubstring("accumulate 0"));
  CHECK_THROWS_WITH(run({.threads = 0}), ContainsSubstring("0 threads") && ContainsSubstring("at least 1"));
  for (const double limit : {0.0, -1.0, nan}) {
    CHECK_THROWS_WITH(run({.clip_norm = limit}),
                      ContainsSubstring("clip_norm") && ContainsSubstring("positive"));
    CHECK_THROWS_WITH(run({.clip_value = limit}),
                      ContainsSubstring("clip_value") && ContainsSubstring("positive"));
  }
  CHECK_THROWS_WITH(run({.patience = -1}), ContainsSubstring("patience -1"));
  CHECK_THROWS_WITH(run({.patience = 2}), ContainsSubstring("validation examples or a metric"));
  CHECK_THROWS_WITH(
      fit(model, optimizer, examples, examples, {.metric = Accuracy{}, .lower_metric_is_better = true}),
      ContainsSubstring(
          "lower_metric_is_better with the metric accuracy: it is for functions without arguments"));
  CHECK_THROWS_WITH(
      fit(model, optimizer, examples, examples,
          {.metric = [](const Answers& a) { return 1 - Accuracy{}(a); }, .lower_metric_is_better = true}),
      ContainsSubstring("can return minus the error"));
  CHECK_THROWS_WITH(run({.window = 0}), ContainsSubstring("window of 0"));
  CHECK_THROWS_WITH(fit(model, optimizer, {}, examples), ContainsSubstring("no training examples"));

  CHECK(equal(model, toy<double>()));
  CHECK(optimizer.steps == 0);

  auto zero = zeros_like(model);
  CHECK_THROWS_WITH(fit(zero, optimizer, examples, {}), ContainsSubstring("recur::initialize"));
}

TEST_CASE("The options of fit contain those of its trainer, with their defaults", "[train][fit_options]") {
  struct : Ranks {  // of one program
    int rank() const override { return 0; }
    int size() const override { return 1; }
    void sum(std::span<float>) override {}
    void sum(std::span<double>) override {}
    std::vector<Index> gather(std::span<const Index> numbers) override {
      return {numbers.begin(), numbers.end()};
    }
  } alone;
  const FitOptions options{
      .threads = 2, .seed = 3, .clip_norm = 4, .clip_value = 5, .ranks = &alone, .skip_non_finite = true};
  const auto [threads, clip_norm, clip_value, skip, seed, ranks] = options.trainer();  // none is missing
  CHECK(threads == 2);
  CHECK(clip_norm == 4);
  CHECK(clip_value == 5);
  CHECK(skip);
  CHECK(seed == 3);
  CHECK(ranks == &alone);
  const auto all = [](const TrainerOptions& o) {
    return std::tuple(o.threads, o.clip_norm, o.clip_value, o.skip_non_finite, o.seed, o.ranks);
  };
  CHECK(all(FitOptions().trainer()) == all(TrainerOptions()));
}

TEST_CASE("A report without a best epoch says so", "[train][fit_options]") {
  CHECK_THROWS_AS(FitReport{}.best(), std::out_of_range);
  CHECK_THROWS_WITH(FitReport{}.best(), ContainsSubstring("there is no best epoch: 0 epochs were whole"));
}

}  // namespace fit_options_test
}  // namespace recur::testing
