#include "recur/train/checkpoint.hpp"

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "toy_fit.hpp"

namespace recur::testing {
namespace checkpoint_of_run_test {

using Catch::Matchers::ContainsSubstring;

/// Keeps checkpoints in memory: numbers by name, in the order of memory.
struct MemoryStore final : CheckpointStore {
  using Arrays = std::map<std::string, std::vector<double>, std::less<>>;
  std::vector<std::pair<Index, Arrays>> kept;
  int failures = 0;  // so many of the next ones fail

  struct Saved final : SavedRun {
    Arrays arrays;
    bool has(std::string_view name) const override { return arrays.contains(name); }
    std::array<Index, 2> size_of(std::string_view name) const override {
      const auto found = arrays.find(name);
      if (found == arrays.end()) return {};
      const auto size = static_cast<Index>(found->second.size());
      return name == "history" ? std::array<Index, 2>{size / 14, 14} : std::array<Index, 2>{size, 1};
    }
    void read(const RunState& run, bool) const override {
      for (const auto& p : run.doubles) {
        const auto& numbers = arrays.at(p.name);
        if (static_cast<Index>(numbers.size()) != p.size()) throw FileError("another size: " + p.name);
        std::ranges::copy(numbers, p.data);
      }
    }
  };

  bool is_empty() const override { return kept.empty(); }
  void save(const RunState& run, Index steps) override {
    if (failures > 0 && failures--) throw FileError("the memory is full");
    Arrays arrays;
    for (const auto& p : run.doubles) arrays[p.name].assign(p.data, p.data + p.size());
    kept.emplace_back(steps, std::move(arrays));
  }
  std::unique_ptr<SavedRun> newest(const std::function<void(const std::string&)>&) override {
    if (kept.empty()) return nullptr;
    auto saved = std::make_unique<Saved>();
    saved->arrays = kept.back().second;
    return saved;
  }
};

TEST_CASE("A run gives a store all that does not follow from its options", "[train][checkpoint]") {
  const auto store = std::make_shared<MemoryStore>();
  FitOptions options{.epochs = 2, .seed = (std::uint64_t{7} << 32U) + 5, .checkpoint = {.in = store}};
  const Outcome whole = run(options);
  REQUIRE(store->kept.size() == 3);
  CHECK(store->kept[0].first == 0);
  CHECK(store->kept[2].first == 8);
  const auto& first = store->kept[0].second;
  CHECK(!first.contains("best.head.weight"));
  auto model = toy<double>();
  CHECK(first.at("model.head.bias") == std::vector<double>{model.head.bias[0], model.head.bias[1]});
  const auto& last = store->kept[2].second;
  CHECK(last.at("best.head.bias") == std::vector<double>{whole.model.head.bias[0], whole.model.head.bias[1]});
  CHECK(last.at("history").size() == 2 * 14);
  CHECK(last.at("history")[2 * 2] ==  // column by column
        whole.report.epochs[0].training_loss);
  CHECK(last.at("optimizer.steps") == std::vector<double>{8});
  CHECK(last.at("optimizer.rate") == std::vector<double>{0.01});
  CHECK(last.at("optimizer.v.body.0.weight").size() == 28);
  CHECK(last.at("optimizer.rate_factors") ==
        std::vector<double>(last.at("optimizer.rate_factors").size(), 1.0));
  CHECK(last.at("run.epoch") == std::vector<double>{3});
  CHECK(last.at("options.seed_high") == std::vector<double>{7});
  CHECK(last.at("options.seed_low") == std::vector<double>{5});
  CHECK(last.at("data.examples") == std::vector<double>{100});

  // A run goes on from each of them.
  for (const std::size_t n : {0, 1, 2}) {
    const auto from = std::make_shared<MemoryStore>();
    from->kept = {store->kept[n]};
    options.checkpoint = {.in = from, .resume = true};
    const Outcome outcome = run(options);
    CHECK(equal(outcome.model, whole.model));
    CHECK(outcome.report.best_epoch == whole.report.best_epoch);
    CHECK(outcome.report.steps == 8);
    CHECK(outcome.report.best().validation_loss == whole.report.best().validation_loss);
    CHECK(outcome.report.seconds >= from->kept[0].second.at("run.seconds")[0]);
  }
}

TEST_CASE("A store that fails ends a run only before its first step", "[train][checkpoint]") {
  const auto store = std::make_shared<MemoryStore>();
  std::vector<std::string> warnings;
  FitOptions options{.epochs = 3};
  options.checkpoint = {.in = store,
                        .on_warning = [&](const std::string& what) { warnings.push_back(what); }};
  options.on_step = [&](const StepReport& step) {
    if (step.epoch == 2 && step.step == 1) store->failures = 1;
    return true;
  };
  run(options);
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0] == "after step 8 no checkpoint was kept: the memory is full");
  CHECK(store->kept.size() == 3);  // the first one, and after the epochs 1 and 3

  const auto full = std::make_shared<MemoryStore>();
  full->failures = 1;
  options.checkpoint.in = full;
  CHECK_THROWS_WITH(run(options), ContainsSubstring("the memory is full"));
}

TEST_CASE("A schedule that goes on is asked again for the rates of all times so far", "[train][checkpoint]") {
  const auto store = std::make_shared<MemoryStore>();
  std::vector<std::pair<Index, double>> asked;
  FitOptions options{.epochs = 2, .schedule = [&](Index time, double loss) {
                       asked.emplace_back(time, std::isnan(loss) ? 0 : loss);
                       return 0.01;
                     }};
  options.checkpoint = {.in = store, .every_epochs = 0, .resume = true};
  options.on_step = [](const StepReport& step) { return step.epoch < 2 || step.step < 3; };
  for (const Interval interval : {Interval::epoch, Interval::step}) {
    store->kept.clear();
    options.schedule_interval = interval;
    asked.clear();
    run(options);
    const auto before = asked;
    asked.clear();
    const Outcome rest = run(options);
    REQUIRE(asked.size() == (interval == Interval::epoch ? 2U : 8U));
    asked.resize(before.size());
    CHECK(asked == before);
    CHECK(rest.report.steps == 8);
  }
}

}  // namespace checkpoint_of_run_test
}  // namespace recur::testing
