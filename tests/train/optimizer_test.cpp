#include "recur/train/optimizer.hpp"

#include <cstring>
#include <limits>

#include "allocations.hpp"
#include "catch.hpp"
#include "golden.hpp"
#include "recur/io/weights.hpp"
#include "recur/train/clip.hpp"
#include "toy.hpp"

namespace recur::testing {
namespace optimizer_test {

using Catch::Matchers::ContainsSubstring;

/// One parameter of one number, to write down steps by hand.
struct Number {
  using Scalar = double;
  VectorX<double> x{{0.0}};
  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    f(at / "x", self.x...);
  }
};

TEST_CASE("Numbers that fill no whole chunk are all updated, once", "[train][optimizer]") {
  for (const Index size : {1, 7, 1023, 1024, 1025, 5000}) {
    Number model{VectorX<double>::Ones(size)};
    Number gradient{VectorX<double>::LinSpaced(size, 1, 2)};
    Optimizer optimizer(model, Sgd{.rate = 0.5});
    optimizer.step(model, gradient);
    CHECK(model.x.isApprox(VectorX<double>::Ones(size) - 0.5 * gradient.x, 1e-15));
  }
}

TEST_CASE("Several threads take the same step", "[train][optimizer]") {
  const Number start{VectorX<double>::LinSpaced(300000, -1, 1)},
      gradient{VectorX<double>::LinSpaced(300000, 3, -2)};
  Number one = start, many = start;
  Optimizer first(one, Adam{}), second(many, Adam{});
  for (const int threads : {2, 3, 100}) {
    first.step(one, gradient);
    second.step(many, gradient, threads);
  }
  CHECK(one.x == many.x);
  CHECK(first.moments[1] == second.moments[1]);
  CHECK((one.x - start.x).cwiseAbs().minCoeff() > 1e-3);
}

TEST_CASE("A copy of model and optimizer trains on just like the first", "[train][optimizer]") {
  auto model = toy<float>();
  auto gradient = toy<float>(2);
  Optimizer optimizer(model, Adam{.rate = 0.1});
  optimizer.step(model, gradient);
  auto copy = model;
  auto optimizer_copy = optimizer;
  for (int k = 0; k < 3; ++k) {
    optimizer.step(model, gradient);
    optimizer_copy.step(copy, gradient);
  }
  CHECK(equal(model, copy));
  CHECK(optimizer.moments[1] == optimizer_copy.moments[1]);
  CHECK(!equal(model, toy<float>()));
}

TEST_CASE("A rate factor applies to the parameters that match its pattern, and a factor of 0 freezes them",
          "[train][optimizer]") {
  const auto start = toy<double>();
  auto gradient = toy<double>(2);
  for (const auto& p : Parameters(gradient)) p.data[0] += 0.5;  // biases begin at zero
  const auto after_two = [&](auto&& prepare) {
    auto model = start;
    Optimizer optimizer(model, Adam{.rate = 0.1});
    prepare(optimizer);
    for (int k = 0; k < 2; ++k) optimizer.step(model, gradient);
    return model;
  };
  const auto plain = after_two([](auto&) {});
  const auto scaled = after_two([](auto& optimizer) {
    optimizer.set_rate_factor("body.*", 0.5);
    optimizer.set_rate_factor("body.2.bias_*h", 2);
    optimizer.freeze("*.weight");
  });
  const auto halved = after_two([](auto& optimizer) { optimizer.set_rate(0.05); });
  const auto doubled = after_two([](auto& optimizer) { optimizer.set_rate(0.2); });
  const auto& cell = std::get<2>(scaled.body.layers).cell;
  CHECK(cell.weight_ih == std::get<2>(halved.body.layers).cell.weight_ih);
  CHECK(cell.weight_ih != std::get<2>(plain.body.layers).cell.weight_ih);
  CHECK(cell.bias_ih == std::get<2>(doubled.body.layers).cell.bias_ih);
  CHECK(cell.bias_hh == std::get<2>(doubled.body.layers).cell.bias_hh);
  CHECK(scaled.head.weight == start.head.weight);
  CHECK(std::get<0>(scaled.body.layers).weight.values == std::get<0>(start.body.layers).weight.values);
  CHECK(scaled.head.bias == plain.head.bias);
  CHECK(scaled.head.bias != start.head.bias);
}

TEST_CASE("A copy of an optimizer has the same rate factors and its own rate", "[train][optimizer]") {
  const auto start = toy<double>(), gradient = toy<double>(2);
  auto one = start, two = start;
  Optimizer first(one, Sgd{.rate = 0.1});
  first.set_rate_factor("head.*", 0.5);
  Optimizer second = first;
  second.set_rate(0.2);
  CHECK(first.rate() == 0.1);
  auto same = gradient;
  first.step(Parameters(one), Parameters(same));
  second.step(two, gradient);
  CHECK(one.head.weight.isApprox(start.head.weight - 0.05 * gradient.head.weight, 1e-15));
  CHECK(two.head.weight.isApprox(start.head.weight - 0.1 * gradient.head.weight, 1e-15));
  for (int k = 1; k < 100; ++k) second.set_rate_factor("head.*", k);  // as by a schedule
  second.set_rate_factor("head.*", 1);
  second.step(one, gradient);
}

TEST_CASE("Rate and rate factors can be those of another optimizer", "[train][optimizer]") {
  const auto start = toy<double>(), gradient = toy<double>(2);
  auto one = start, two = start;
  Optimizer first(one, Adam{}), second(two, Adam{});
  first.set_rate_factor("body.*", 0.5);
  first.freeze("head.weight");
  first.set_rate(0.3);
  second.set_rates(first.rate(), first.rate_factors());
  CHECK(second.rate() == 0.3);
  CHECK(second.rate_factors() == first.rate_factors());
  first.step(one, gradient);
  second.step(two, gradient);
  CHECK(equal(one, two));
  CHECK(one.head.weight == start.head.weight);
  std::vector<double> factors = first.rate_factors();
  factors[0] = -1;
  CHECK_THROWS_WITH(second.set_rates(0.1, factors), ContainsSubstring("rate factor -1"));
  factors.pop_back();
  CHECK_THROWS_WITH(second.set_rates(0.1, factors), ContainsSubstring("6 rate factors for 7 parameters"));
  CHECK_THROWS_WITH(second.set_rates(-1, first.rate_factors()), ContainsSubstring("learning rate -1"));
  CHECK(second.rate() == 0.3);
}

TEST_CASE("A pattern matches a name if its stars can replace the rest", "[train][optimizer]") {
  using detail::optimizer::matches;
  CHECK(matches("*", ""));
  CHECK(matches("a*c*", "abcd"));
  CHECK(matches("*ab", "aab"));
  CHECK(matches("a**", "a"));
  CHECK(!matches("a*b", "abc"));
  CHECK(!matches("", "a"));
  CHECK(!matches("*a*a*a*a*a*a*a*a*a*b", std::string(200, 'a')));
}

TEST_CASE("A rule is chosen by its name", "[train][optimizer]") {
  const auto start = toy<double>(), gradient = toy<double>(2);
  const auto train = [&](auto optimizer) {
    auto model = start;
    for (int k = 0; k < 3; ++k) optimizer.step(model, gradient);
    return model;
  };
  RuleSettings settings{.rate = 0.02, .weight_decay = 0.1};
  const auto check = [&](const char* name, auto rule) {
    INFO(name);
    CHECK(equal(train(make_optimizer(start, name, settings)), train(Optimizer(start, rule))));
  };
  check("sgd", Sgd{.rate = 0.02, .weight_decay = 0.1});
  settings.momentum = 0.8;
  check("momentum", Sgd{.rate = 0.02, .momentum = 0.8, .weight_decay = 0.1});
  check("nesterov", Sgd{.rate = 0.02, .momentum = 0.8, .weight_decay = 0.1, .nesterov = true});
  for (const char* name : {"sgd", "rmsprop", "adagrad", "adam", "adamw"})
    CHECK_THROWS_WITH(make_optimizer(start, name, settings),
                      ContainsSubstring(std::string("momentum 0.8 for the optimizer \"") + name + '"'));
  settings.momentum.reset();
  check("momentum", Sgd{.rate = 0.02, .momentum = 0.9, .weight_decay = 0.1});
  check("rmsprop", RmsProp{.rate = 0.02, .weight_decay = 0.1});
  check("adagrad", Adagrad{.rate = 0.02, .weight_decay = 0.1});
  check("adam", Adam{.rate = 0.02, .weight_decay = 0.1});
  check("adamw", AdamW{.rate = 0.02, .weight_decay = 0.1});
  CHECK(equal(train(make_optimizer(start, "adamw")), train(Optimizer(start, AdamW{}))));
  CHECK(make_optimizer(start, "sgd").rate() == Sgd{}.rate);
  CHECK_THROWS_WITH(make_optimizer(start, "adamax"),
                    ContainsSubstring("\"adamax\"") && ContainsSubstring("sgd, momentum, nesterov"));
}

TEST_CASE("A rule that is chosen by its name takes its own settings and refuses those of others",
          "[train][optimizer]") {
  const auto start = toy<double>(), gradient = toy<double>(2);
  const auto check = [&](const char* name, const RuleSettings& settings, auto rule) {
    INFO(name);
    auto by_name = start, by_type = start;
    auto named = make_optimizer(start, name, settings);
    Optimizer typed(start, rule);
    for (int k = 0; k < 3; ++k) {
      named.step(by_name, gradient);
      typed.step(by_type, gradient);
    }
    CHECK(equal(by_name, by_type));
  };
  check("adam", {.beta1 = 0.5, .beta2 = 0.7, .epsilon = 0.1},
        Adam{.beta1 = 0.5, .beta2 = 0.7, .epsilon = 0.1});
  check("adamw", {.beta1 = 0.5, .beta2 = 0.7, .epsilon = 0.1},
        AdamW{.beta1 = 0.5, .beta2 = 0.7, .epsilon = 0.1});
  check("rmsprop", {.alpha = 0.6, .epsilon = 0.1}, RmsProp{.alpha = 0.6, .epsilon = 0.1});
  check("adagrad", {.epsilon = 0.1}, Adagrad{.epsilon = 0.1});
  CHECK_THROWS_WITH(make_optimizer(start, "sgd", {.epsilon = 0.1}),
                    ContainsSubstring("sgd was given epsilon 0.1, which it doesn't have"));
  CHECK_THROWS_WITH(make_optimizer(start, "rmsprop", {.beta1 = 0.9}),
                    ContainsSubstring("rmsprop was given beta1"));
  CHECK_THROWS_WITH(make_optimizer(start, "adam", {.alpha = 0.9}), ContainsSubstring("adam was given alpha"));
  CHECK_THROWS_WITH(make_optimizer(start, "adagrad", {.beta2 = 0.9}), ContainsSubstring("beta2"));
}

TEST_CASE("A frozen parameter keeps its moments and continues when it gets a rate again",
          "[train][optimizer]") {
  auto model = toy<double>();
  const auto start = model;
  auto gradient = toy<double>(2);
  gradient.head.bias.setConstant(3);
  Optimizer optimizer(model, Sgd{.rate = 0.1, .momentum = 0.9});
  optimizer.freeze("*");
  optimizer.step(model, gradient);
  CHECK(equal(model, start));
  CHECK(optimizer.moments[0].isZero(0));
  optimizer.set_rate_factor("*", 1);
  optimizer.step(model, gradient);
  CHECK(model.head.bias == start.head.bias - 0.1 * gradient.head.bias);
}

TEST_CASE("A rate factor that is illegal or matches no parameter is refused", "[train][optimizer]") {
  const auto model = toy<double>();
  Optimizer optimizer(model, Adam{});
  CHECK_THROWS_WITH(
      optimizer.freeze("tail.*"),
      ContainsSubstring("\"tail.*\"") && ContainsSubstring("its first parameter is \"body.0.weight\""));
  for (const double factor :
       {-1.0, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()})
    CHECK_THROWS_WITH(optimizer.set_rate_factor("*", factor), ContainsSubstring("rate factor"));
}

TEST_CASE("The moments of an optimizer have names", "[train][optimizer]") {
  const auto model = toy<double>();
  const Optimizer optimizer(model, Adam{});
  std::vector<std::string> names;
  for_each_parameter([&](const Name& name, const auto&) { names.push_back(name.str()); }, optimizer);
  CHECK(names.size() == 15);
  CHECK(names.front() == "m.body.0.weight");
  CHECK(names[13] == "v.head.bias");
  CHECK(names.back() == "steps");
}

template <class S, class Rule>
void check_file(Rule rule) {
  auto model = toy<S>();
  auto gradient = toy<S>(2);
  Optimizer optimizer(model, rule);
  for (int k = 0; k < 5; ++k) optimizer.step(model, gradient);
  const TensorFile file = store_weights(optimizer);

  auto other = model;
  Optimizer resumed(other, rule);
  take_weights(resumed, file);
  CHECK(resumed.steps == 5);
  for (int k = 0; k < 3; ++k) {
    optimizer.step(model, gradient);
    resumed.step(other, gradient);
  }
  CHECK(equal(model, other));
  CHECK(resumed.steps == 8);
}

TEST_CASE("An optimizer that was saved and loaded continues bit for bit", "[train][optimizer]") {
  check_file<float>(Adam{.rate = 0.1});
  check_file<float>(AdamW{});
  check_file<double>(Adam{.rate = 0.1});
  check_file<float>(Sgd{.momentum = 0.9});
}

TEST_CASE("The step count of an optimizer is exact in its file, and a missing or illegal count is refused",
          "[train][optimizer]") {
  const auto model = toy<float>();
  Optimizer optimizer(model, Sgd{}), loaded(model, Sgd{});
  for (const std::int64_t steps : {std::int64_t{0}, (std::int64_t{1} << 24) + 1, std::int64_t{1} << 53}) {
    optimizer.steps = steps;
    take_weights(loaded, store_weights(optimizer));
    CHECK(loaded.steps == steps);
  }
  loaded.steps = 7;
  const TensorFile whole = store_weights(optimizer), before = store_weights(loaded);
  TensorFile file = whole;
  file.tensors.erase("steps");
  CHECK_THROWS_WITH(take_weights(loaded, file), ContainsSubstring("it has no parameter \"steps\""));
  for (const double bad : {-1.0, 0.5, 1e300, std::numeric_limits<double>::infinity(),
                           std::numeric_limits<double>::quiet_NaN()}) {
    file = whole;
    std::memcpy(file.tensors.at("steps").bytes.data(), &bad, sizeof bad);
    CHECK_THROWS_WITH(take_weights(loaded, file), ContainsSubstring("\"steps\" holds") &&
                                                      ContainsSubstring("whole number from 0 to 2^53"));
  }
  file = whole;
  file.tensors.at("steps").shape = {1, 1};
  CHECK_THROWS_AS(take_weights(loaded, file), FileError);
  CHECK(store_weights(loaded) == before);
}

TEST_CASE("A step allocates nothing", "[train][optimizer]") {
  auto model = toy<float>();
  const auto gradient = toy<float>(2);
  const auto count = [&](auto rule) {
    Optimizer optimizer(model, rule);
    const CountAllocations allocations;
    optimizer.step(model, gradient);
    optimizer.set_rate(1e-4);
    optimizer.step(model, gradient);
    return allocations.count();
  };
  CHECK(count(Sgd{.momentum = 0.9}) == 0);
  CHECK(count(RmsProp{}) == 0);
  CHECK(count(Adagrad{}) == 0);
  CHECK(count(Adam{.weight_decay = 0.1}) == 0);
  CHECK(count(AdamW{}) == 0);
}

TEST_CASE("A rate that in effect is beyond the scalar of the model throws, and changes nothing",
          "[train][optimizer]") {
  const auto model = toy<float>();
  const auto make = [&](auto rule) { return Optimizer(model, rule); };
  CHECK_THROWS_WITH(make(Adam{.rate = 1e38}), ContainsSubstring("rate / (1 - beta1) 1e+39") &&
                                                  ContainsSubstring("at most 3.40282e+38"));
  CHECK_THROWS_WITH(make(AdamW{.rate = 1e20, .weight_decay = 1e20}),
                    ContainsSubstring("rate * weight_decay 1e+40"));
  CHECK_NOTHROW(make(Adam{.rate = 1e38, .beta1 = 0}));

  auto adam = make(Adam{.rate = 1e30});
  CHECK_THROWS_WITH(adam.set_rate(1e38), ContainsSubstring("rate / (1 - beta1) 1e+39"));
  CHECK_THROWS_WITH(adam.set_rate_factor("*", 1e8), ContainsSubstring("rate / (1 - beta1) 1e+39"));
  CHECK(adam.rate() == 1e30);
  adam.set_rate(1e37);  // the earlier factor was not kept
  auto sgd = make(Sgd{.rate = 1e20});
  CHECK_THROWS_WITH(sgd.set_rate_factor("head.*", 1e20), ContainsSubstring("learning rate 1e+40"));
  sgd.set_rate_factor("head.*", 1e10);
  CHECK_THROWS_WITH(sgd.set_rate(1e30), ContainsSubstring("learning rate 1e+40"));
  sgd.set_rate_factor("*", 1);
  sgd.set_rate(1e30);
  auto infinite = Optimizer(toy<double>(), Sgd{.rate = 1e300});
  CHECK_THROWS_AS(infinite.set_rate_factor("*", 1e300), std::invalid_argument);
}

template <class Rule>
void check_rest(Rule rule) {
  for (const double rate : {0.0, 1e-60}) {
    auto model = toy<float>();
    Optimizer optimizer(model, rule);
    optimizer.set_rate(rate);
    for (int k = 0; k < 3; ++k) optimizer.step(model, toy<float>(2));
    CHECK(optimizer.rate() == rate);
    CHECK(equal(model, toy<float>()));
  }
}

TEST_CASE("Weights stay at a rate of 0", "[train][optimizer]") {
  check_rest(Sgd{.momentum = 0.9});
  check_rest(RmsProp{});
  check_rest(Adagrad{});
  check_rest(Adam{});
  check_rest(AdamW{});
}

TEST_CASE("A gradient of another model throws and changes nothing", "[train][optimizer]") {
  Number model, gradient{VectorX<double>{{1, 2}}};
  Optimizer optimizer(model, Adam{});
  CHECK_THROWS_WITH(optimizer.step(model, gradient),
                    ContainsSubstring("parameter x") && ContainsSubstring("1 x 1"));
  CHECK(optimizer.steps == 0);
  CHECK(model.x(0) == 0);
  model.x(0) = 2;
  CHECK_THROWS_WITH(optimizer.step(model, model), ContainsSubstring("parameter x of the model itself"));
  CHECK(optimizer.steps == 0);
  CHECK(model.x(0) == 2);
}

TEST_CASE("Moments of other sizes throw and change nothing", "[train][optimizer]") {
  Number model, gradient{VectorX<double>{{1}}};
  const auto says =
      ContainsSubstring("moments of an optimizer have other sizes than its model, which has 1 numbers");
  const auto refuses = [&](auto&& spoil) {
    Optimizer optimizer(model, Adam{});
    spoil(optimizer.moments);
    CHECK_THROWS_WITH(optimizer.step(model, gradient), says);
    CHECK_THROWS_WITH(store_weights(optimizer), says);
    CHECK(optimizer.steps == 0);
    CHECK(model.x(0) == 0);
  };
  refuses([](auto& moments) { moments[0].resize(0); });
  refuses([](auto& moments) { moments[1].setZero(2); });
  refuses([](auto& moments) { moments.pop_back(); });
  refuses([](auto& moments) { moments.resize(9, VectorX<double>::Zero(1)); });
}

TEST_CASE("An optimizer whose count of steps was made negative refuses to step", "[train][optimizer]") {
  Number model, gradient{VectorX<double>{{1}}};
  Optimizer optimizer(model, Adam{});
  optimizer.steps = -1;
  CHECK_THROWS_WITH(optimizer.step(model, gradient), ContainsSubstring("has made -1 steps"));
  CHECK(optimizer.steps == -1);
  CHECK(model.x(0) == 0);
}

TEST_CASE("An optimizer that was moved from says so", "[train][optimizer]") {
  Number model;
  Optimizer optimizer(model, Sgd{});
  const Optimizer taken = std::move(optimizer);
  CHECK(taken.rate() == Sgd{}.rate);
  const auto says = ContainsSubstring("moved from");
  CHECK_THROWS_WITH(optimizer.rate(), says);
  CHECK_THROWS_WITH(optimizer.set_rate(1), says);
  CHECK_THROWS_WITH(optimizer.set_rates(1, {}), says);
  CHECK_THROWS_WITH(optimizer.freeze("x"), says);
  CHECK_THROWS_WITH(Optimizer(optimizer), says);
  CHECK_THROWS_WITH(store_weights(optimizer), says);
  Number gradient{VectorX<double>{{1}}};
  CHECK_THROWS_WITH(optimizer.step(model, gradient), says);
  CHECK_THROWS_WITH(optimizer.step(Parameters(model), Parameters(gradient)), says);
  CHECK_THROWS_WITH(optimizer.check(Parameters(model)), says);
}

}  // namespace optimizer_test
}  // namespace recur::testing
