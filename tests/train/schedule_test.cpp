#include "recur/train/schedule.hpp"

#include <functional>

#include "catch.hpp"
#include "golden.hpp"

namespace recur::testing {
namespace schedule_test {

using Catch::Matchers::ContainsSubstring;

const nlohmann::json& find(const nlohmann::json& file, const std::string& name) {
  for (const auto& json : cases(file.at("cases")))
    if (json.at("name") == name) return json;
  throw std::runtime_error("no case " + name);
}

/// The rates of PyTorch, including the rate after the last epoch.
template <class T>
void check_rates(const std::string& name, T schedule) {
  INFO(name);
  const auto file = golden("schedules");
  const auto& json = find(file, name);
  auto rates = json.at("rates").get<std::vector<double>>();
  rates.push_back(json.at("rate_after"));
  for (std::size_t t = 0; t < rates.size(); ++t) {
    const double loss = t > 0 && json.contains("losses") ? json.at("losses")[t - 1].get<double>() : no_loss;
    INFO(t);
    CHECK(schedule(static_cast<Index>(t), loss) == Approx(rates[t]).epsilon(1e-12));
  }
}

TEST_CASE("Schedules equal PyTorch's", "[train][schedule]") {
  check_rates("step", StepDecay{.rate = 0.1, .every = 5, .factor = 0.5});
  check_rates("cosine", CosineDecay{.rate = 0.1, .over = 20, .floor = 1e-4});
  check_rates("plateau", Plateau{.rate = 0.1, .factor = 0.5, .patience = 2});
  check_rates("warmup", WarmUp{5, ConstantRate{0.1}});
}

TEST_CASE("The next schedule begins after a warm-up", "[train][schedule]") {
  const CosineDecay cosine{.rate = 0.1, .over = 20, .floor = 1e-4};
  WarmUp schedule{4, cosine, 0.5};
  CHECK(schedule(0) == Approx(0.05));
  CHECK(schedule(2) == Approx(0.075));
  for (Index t = 4; t < 30; ++t) CHECK(schedule(t) == cosine(t - 4));
}

TEST_CASE("A cosine schedule stays at its minimum", "[train][schedule]") {
  const CosineDecay cosine{.rate = 0.1, .over = 3, .floor = 1e-4};
  CHECK(cosine(3) == Approx(1e-4));
  CHECK(cosine(100) == Approx(1e-4));
}

TEST_CASE("A plateau takes an unknown loss or a NaN as no improvement", "[train][schedule]") {
  Plateau plateau{.rate = 1, .factor = 0.5, .patience = 1};
  CHECK(plateau(0) == 1);
  CHECK(plateau(1, 3.0) == 1);
  CHECK(plateau(2) == 1);
  CHECK(plateau(3) == 0.5);
}

TEST_CASE("A plateau ends at PyTorch's smallest change, and a decay at 0", "[train][schedule]") {
  Plateau plateau{.rate = 1, .patience = 0};
  double rate = 1;
  for (Index t = 0; t < 400; ++t) rate = plateau(t, 5.0);
  CHECK(rate == Approx(1e-8));
  plateau = {.rate = 1, .patience = 0, .smallest_change = 0};
  for (Index t = 0; t < 400; ++t) rate = plateau(t, 5.0);
  CHECK(rate == 0);
  CHECK(StepDecay{.rate = 1e-2, .every = 1}(400) == 0);
  CHECK(CosineDecay{.rate = 1e-2, .over = 5, .floor = 0}(5) == 0);
}

TEST_CASE("Schedules are functions, and a copy has its own memory", "[train][schedule]") {
  std::function<double(Index, double)> schedule = Plateau{.rate = 1, .factor = 0.5, .patience = 0};
  schedule(0, no_loss);
  schedule(1, 1.0);
  auto copy = schedule;
  CHECK(schedule(2, 1.0) == 0.5);
  CHECK(schedule(3, 1.0) == 0.25);
  CHECK(copy(2, 1.0) == 0.5);
}

TEST_CASE("An illegal setting of a schedule throws, and the message says what is legal",
          "[train][schedule]") {
  CHECK_THROWS_WITH(ConstantRate{0}(0), ContainsSubstring("rate 0") && ContainsSubstring("positive"));
  CHECK_THROWS_AS(ConstantRate{1}(-1), std::invalid_argument);
  CHECK_THROWS_AS((StepDecay{.rate = -1}(0)), std::invalid_argument);
  CHECK_THROWS_AS((StepDecay{.every = 0}(0)), std::invalid_argument);
  CHECK_THROWS_WITH((StepDecay{.factor = 1}(0)), ContainsSubstring("factor 1"));
  CHECK_THROWS_AS((StepDecay{.factor = 0}(0)), std::invalid_argument);
  CHECK_THROWS_AS((CosineDecay{.rate = no_loss}(0)), std::invalid_argument);
  CHECK_THROWS_AS((CosineDecay{.over = 0}(0)), std::invalid_argument);
  CHECK_THROWS_WITH((CosineDecay{.rate = 0.1, .floor = 0.2}(0)), ContainsSubstring("floor 0.2"));
  CHECK_THROWS_AS((CosineDecay{.rate = 0.1, .floor = -1}(0)), std::invalid_argument);
  CHECK_THROWS_AS((Plateau{.smallest_change = -1}(0)), std::invalid_argument);
  CHECK_THROWS_AS((Plateau{.factor = 2}(0)), std::invalid_argument);
  CHECK_THROWS_AS((Plateau{.patience = -1}(0)), std::invalid_argument);
  CHECK_THROWS_AS((Plateau{.threshold = 1}(0)), std::invalid_argument);
  CHECK_THROWS_AS((WarmUp{0, ConstantRate{}}(0)), std::invalid_argument);
  CHECK_THROWS_AS((WarmUp{1, ConstantRate{}, 0}(0)), std::invalid_argument);
  CHECK_THROWS_AS((WarmUp{1, ConstantRate{}, 1.1}(0)), std::invalid_argument);
  CHECK_THROWS_AS((WarmUp{1, ConstantRate{-1}}(0)), std::invalid_argument);
  CHECK_THROWS_WITH((WarmUp{10, ConstantRate{1}}(-5)), ContainsSubstring("time -5"));
}

TEST_CASE("A loss that is lower by less than the threshold is no improvement", "[train][schedule]") {
  Plateau plateau{.rate = 1, .factor = 0.5, .patience = 0, .threshold = 0.1};
  CHECK(plateau(0) == 1);
  CHECK(plateau(1, 1.0) == 1);
  CHECK(plateau(2, 0.95) == 0.5);
  CHECK(plateau(3, 0.89) == 0.5);

  plateau = {.rate = 1, .factor = 0.5, .patience = 0, .threshold = 0.1};  // of losses below 0
  CHECK(plateau(0) == 1);
  CHECK(plateau(1, -1.0) == 1);
  CHECK(plateau(2, -1.0) == 0.5);
  CHECK(plateau(3, -1.05) == 0.25);
  CHECK(plateau(4, -1.11) == 0.25);
}

}  // namespace schedule_test
}  // namespace recur::testing
