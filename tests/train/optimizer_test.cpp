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

/// The classifier of the golden file, and one batch.
struct Classifier {
  nlohmann::json file = golden("classifier");
  ManyToOne<Sequential<Embedding<double>, Recurrent<Lstm<double>>>, Dense<double>,
            SoftmaxCrossEntropy<double>>
      model{Sequential{Embedding<double>{file.at("vocabulary"), file.at("embedding_size")},
                       Recurrent{Lstm<double>{file.at("embedding_size"), file.at("hidden_size")}}},
            Pooling::last, Dense<double>{file.at("hidden_size"), file.at("classes")},
            SoftmaxCrossEntropy<double>{}};
  using Model = decltype(model);
  Model::Batch batch{Sequence<Token>(file.at("tokens").get<std::vector<std::vector<Token>>>()),
                     file.at("labels").get<std::vector<int>>()};
  Model::Tape tape;
  Model gradient = model;

  Classifier() { model = weights(file.at("weights")); }

  Model weights(const nlohmann::json& json) const {
    Model w = model;
    std::get<0>(w.body.layers).weight.values = tensor(json.at("embedding"));
    auto& cell = std::get<1>(w.body.layers).cell;
    cell.weight_ih = tensor(json.at("weight_ih"));
    cell.weight_hh = tensor(json.at("weight_hh"));
    cell.bias_ih = tensor(json.at("bias_ih"));
    cell.bias_hh = tensor(json.at("bias_hh"));
    w.head.weight = tensor(json.at("linear_weight"));
    w.head.bias = tensor(json.at("linear_bias"));
    return w;
  }

  double differentiate() {
    clear_gradient(gradient);
    const double loss = model.loss(batch, tape, recording);
    model.backward(batch, tape, gradient);
    return loss;
  }

  template <class Rule>
  void train(const nlohmann::json& json, Rule rule) {
    Optimizer optimizer(model, rule);
    for (std::size_t k = 0; k < json.at("losses").size(); ++k) {
      CHECK(differentiate() == Approx(json.at("losses")[k].get<double>()).epsilon(1e-11));
      if (json.contains("max_norm"))
        CHECK(clip_norm(gradient, json.at("max_norm")) ==
              Approx(json.at("norms")[k].get<double>()).epsilon(1e-11));
      optimizer.step(model, gradient);
    }
    CHECK(differentiate() == Approx(json.at("loss_after").get<double>()).epsilon(1e-11));
    CHECK(distance(model, weights(json.at("weights"))) < 1e-10);
    CHECK(optimizer.steps == 10);
  }
};

TEST_CASE("Ten steps of each optimizer equal PyTorch's", "[train][optimizer][golden]") {
  const auto cases = golden("classifier").at("training");
  CHECK(cases.size() == 8);
  for (const auto& json : cases) {
    const std::string name = json.at("name");
    INFO(name);
    const auto& options = json.at("options");
    const double rate = options.at("lr");
    Classifier classifier;
    if (name == "sgd")
      classifier.train(json, Sgd{.rate = rate});
    else if (name == "momentum" || name == "nesterov")
      classifier.train(json,
                       Sgd{.rate = rate, .momentum = options.at("momentum"), .nesterov = name == "nesterov"});
    else if (name == "rmsprop")
      classifier.train(json, RmsProp{.rate = rate, .alpha = options.at("alpha")});
    else if (name == "adagrad")
      classifier.train(json, Adagrad{.rate = rate});
    else if (name == "adamw")
      classifier.train(json, AdamW{.rate = rate, .weight_decay = options.at("weight_decay")});
    else
      classifier.train(json, Adam{.rate = rate});
  }
}

/// One parameter of one number, to write down steps by hand.
struct Number {
  using Scalar = double;
  VectorX<double> x{{0.0}};
  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    f(at / "x", self.x...);
  }
};

template <class Rule>
double after(Rule rule, double start, std::initializer_list<double> gradients) {
  Number model{VectorX<double>{{start}}};
  Optimizer optimizer(model, rule);
  for (const double g : gradients) optimizer.step(model, Number{VectorX<double>{{g}}});
  return model.x(0);
}

TEST_CASE("Weight decay is part of the gradient, and in AdamW a separate step", "[train][optimizer]") {
  CHECK(after(Sgd{.rate = 0.1, .weight_decay = 0.5}, 2, {3}) == Approx(2 - 0.1 * (3 + 0.5 * 2)));
  CHECK(after(RmsProp{.rate = 0.1, .alpha = 0.75, .weight_decay = 0.5}, 2, {3}) == Approx(2 - 0.1 / 0.5));
  CHECK(after(Adagrad{.rate = 0.1, .weight_decay = 0.5}, 2, {3}) == Approx(2 - 0.1));
  CHECK(after(Adam{.rate = 0.1, .weight_decay = 0.5}, 2, {-1}) == Approx(2));
  CHECK(after(AdamW{.rate = 0.1, .weight_decay = 0.5}, 2, {-1}) == Approx(2 * 0.95 + 0.1));
}

TEST_CASE("Adam continues to move numbers whose gradient is zero, like PyTorch", "[train][optimizer]") {
  const double m = 0.9 * 0.1, v = 0.999 * 0.001;
  CHECK(after(Adam{.rate = 0.1}, 1, {1, 0}) ==
        Approx(0.9 - 0.1 * (m / (1 - 0.81)) / std::sqrt(v / (1 - 0.999 * 0.999))).epsilon(1e-7));
}

/// The first of 9 weights of 0.3 after the given number of steps with one gradient. 9 numbers are whole packs and a
/// part of one for all widths.
template <class S, class Rule>
double at_the_end(Rule rule, double gradient, int steps = 1) {
  Dense<S> weights{8, 1}, g{8, 1};
  weights.weight.setConstant(S(0.3));
  g.weight.setConstant(static_cast<S>(gradient));
  Optimizer optimizer(weights, rule);
  for (int k = 0; k < steps; ++k) optimizer.step(weights, g);
  CHECK((weights.weight.array() == weights.weight(0)).all());
  return static_cast<double>(weights.weight(0));
}

TEST_CASE("Gradients whose squares overflow move weights like in PyTorch", "[train][optimizer]") {
  const auto is = [](double expected) { return Approx(expected).epsilon(1e-6); };
  // PyTorch 1.13 in single precision: v is computed from the left, and the weight stays if v is infinite.
  CHECK(at_the_end<float>(Adam{}, 1e20) == is(0.299));
  CHECK(at_the_end<float>(AdamW{}, 1e20) == is(0.298997));
  CHECK(at_the_end<float>(RmsProp{}, 1e20) == is(0.2));
  CHECK(at_the_end<float>(Adagrad{}, 1e20) == is(0.3));
  CHECK(at_the_end<float>(Adagrad{}, 1e19, 5) == is(0.2771554));
  CHECK(at_the_end<float>(Adam{}, -1e30, 3) == is(0.3));
  CHECK(at_the_end<float>(AdamW{}, 1e30) == is(0.3 * (1 - 1e-5)));
  CHECK(at_the_end<float>(RmsProp{}, 1e30) == is(0.3));
  CHECK(at_the_end<float>(Adam{.weight_decay = 1}, 1e20) == is(0.299));
  CHECK(at_the_end<float>(Sgd{.rate = 1e-20}, 1e20) == is(-0.7));
  CHECK(at_the_end<float>(Sgd{.rate = 1e-37, .momentum = 0.5, .weight_decay = 1}, 1e37, 2) == is(0.3 - 2.5));
  CHECK(at_the_end<float>(Sgd{.rate = 1e-37, .momentum = 0.5, .nesterov = true}, 1e37) == is(0.3 - 1.5));
  // The same in double precision.
  CHECK(at_the_end<double>(Adam{}, 1e155) == is(0.299));
  CHECK(at_the_end<double>(AdamW{}, 1e155) == is(0.298997));
  CHECK(at_the_end<double>(RmsProp{}, 1e155) == is(0.2));
  CHECK(at_the_end<double>(Adagrad{}, 1e160) == is(0.3));
  CHECK(at_the_end<double>(Adam{}, 1e300, 2) == is(0.3));
}

/// The first of 9 weights of 0.3 after a gradient whose square overflows in float, and then one of 1.
template <class Rule>
double after_overflow(Rule rule) {
  Dense<float> weights{8, 1}, g{8, 1};
  weights.weight.setConstant(0.3f);
  Optimizer optimizer(weights, rule);
  for (const float value : {1e23f, 1.0f}) {
    g.weight.setConstant(value);
    optimizer.step(weights, g);
  }
  return static_cast<double>(weights.weight(0));
}

TEST_CASE("A moment with factor 0 is forgotten even if it was infinite", "[train][optimizer]") {
  const auto is = [](double expected) { return Approx(expected).epsilon(1e-6); };
  CHECK(after_overflow(RmsProp{.rate = 0.1, .alpha = 0}) == is(0.2));
  CHECK(after_overflow(RmsProp{.rate = 0.1, .alpha = 1e-42}) == is(0.2));  // counts as 0 if it is flushed
  CHECK(after_overflow(RmsProp{.rate = 0.1, .alpha = 0.5}) == is(0.3));
  CHECK(after_overflow(Adam{.rate = 0.1, .beta1 = 0, .beta2 = 0}) == is(0.2));
  CHECK(after_overflow(AdamW{.rate = 0.1, .beta1 = 0, .beta2 = 0, .weight_decay = 0}) == is(0.2));
  Number model{VectorX<double>{{1.0}}};
  for (const double momentum : {0.0, 1e-320}) {
    Optimizer optimizer(model, Sgd{.rate = 0.5, .momentum = momentum});
    optimizer.moments[0](0) = std::numeric_limits<double>::infinity();
    model.x(0) = 1;
    optimizer.step(model, Number{VectorX<double>{{1.0}}});
    CHECK(model.x(0) == 0.5);
  }
}

TEST_CASE("Numbers outside whole chunks are all updated once", "[train][optimizer]") {
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

struct Sign {
  double rate = 1e-3;
  static constexpr std::array<const char*, 0> moments{};
  void check() const {}
  template <class S>
  auto update(std::int64_t) const {
    return [r = S(rate)](auto&& p, const auto& g) { p -= r * g.sign(); };
  }
};

TEST_CASE("A user's own rule trains", "[train][optimizer]") {
  CHECK(after(Sign{0.25}, 1, {3, 3, -8}) == 0.75);
}

/// The same number by number. Its moment is the last change; it overwrites its own copy of the gradient.
struct SignOfEach {
  double rate = 1e-3;
  static constexpr std::array moments{"taken"};
  void check() const {}
  template <class S>
  auto update(std::int64_t) const {
    return [r = S(rate)](auto&& weights, const auto& gradient, auto&& taken) {
      elementwise(
          [=](auto& p, auto& g, auto& t) {
            g = r * (g / abs(g));
            p = p - g;
            t = t + g;
          },
          weights, gradient, taken);
    };
  }
};

TEST_CASE("A rule written number by number changes exactly the arrays that are not const",
          "[train][optimizer]") {
  for (const Index size : {1, 3, 4, 7, 1023, 1025}) {
    const VectorX<double> start = VectorX<double>::LinSpaced(size, -1, 1);
    Number model{start}, gradient{VectorX<double>::LinSpaced(size, -2.5, 7)};
    const VectorX<double> given = gradient.x;
    Optimizer optimizer(model, SignOfEach{0.25});
    for (int step = 0; step < 2; ++step) optimizer.step(model, gradient);
    const VectorX<double> taken = 0.5 * given.array().sign();
    CHECK(model.x == start - taken);
    CHECK(optimizer.moments[0] == taken);
    CHECK(gradient.x == given);
  }
}

TEST_CASE("A copy of model and optimizer trains exactly like the first", "[train][optimizer]") {
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
  const RuleSettings settings{.rate = 0.02, .weight_decay = 0.1, .momentum = 0.8};
  const auto check = [&](const char* name, auto rule) {
    INFO(name);
    CHECK(equal(train(make_optimizer(start, name, settings)), train(Optimizer(start, rule))));
  };
  check("sgd", Sgd{.rate = 0.02, .weight_decay = 0.1});
  check("momentum", Sgd{.rate = 0.02, .momentum = 0.8, .weight_decay = 0.1});
  check("nesterov", Sgd{.rate = 0.02, .momentum = 0.8, .weight_decay = 0.1, .nesterov = true});
  check("rmsprop", RmsProp{.rate = 0.02, .weight_decay = 0.1});
  check("adagrad", Adagrad{.rate = 0.02, .weight_decay = 0.1});
  check("adam", Adam{.rate = 0.02, .weight_decay = 0.1});
  check("adamw", AdamW{.rate = 0.02, .weight_decay = 0.1});
  CHECK(equal(train(make_optimizer(start, "adamw")), train(Optimizer(start, AdamW{}))));
  CHECK(make_optimizer(start, "sgd").rate() == Sgd{}.rate);
  CHECK_THROWS_WITH(make_optimizer(start, "adamax"),
                    ContainsSubstring("\"adamax\"") && ContainsSubstring("sgd, momentum, nesterov"));
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

TEST_CASE("Illegal settings throw, and the message says what is legal", "[train][optimizer]") {
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  const auto model = toy<double>();
  const auto make = [&](auto rule) { Optimizer optimizer(model, rule); };
  for (const double rate : {-1e-3, nan, inf}) {
    CHECK_THROWS_AS(make(Sgd{.rate = rate}), std::invalid_argument);
    CHECK_THROWS_AS(make(RmsProp{.rate = rate}), std::invalid_argument);
    CHECK_THROWS_AS(make(Adagrad{.rate = rate}), std::invalid_argument);
    CHECK_THROWS_AS(make(Adam{.rate = rate}), std::invalid_argument);
    CHECK_THROWS_AS(make(AdamW{.rate = rate}), std::invalid_argument);
    Optimizer optimizer(model, Adam{.rate = 0.125});
    CHECK_THROWS_AS(optimizer.set_rate(rate), std::invalid_argument);
    CHECK(optimizer.rate() == 0.125);
  }
  CHECK_THROWS_WITH(make(Adam{.rate = 0}), ContainsSubstring("rate 0") && ContainsSubstring("positive"));
  CHECK_THROWS_WITH(make(Adam{.rate = -2}), ContainsSubstring("rate -2") && ContainsSubstring("positive"));
  for (const double fraction : {-0.1, 1.0, nan}) {
    CHECK_THROWS_AS(make(Sgd{.momentum = fraction}), std::invalid_argument);
    CHECK_THROWS_AS(make(RmsProp{.alpha = fraction}), std::invalid_argument);
    CHECK_THROWS_AS(make(Adam{.beta1 = fraction}), std::invalid_argument);
    CHECK_THROWS_AS(make(Adam{.beta2 = fraction}), std::invalid_argument);
    CHECK_THROWS_AS(make(AdamW{.beta2 = fraction}), std::invalid_argument);
  }
  CHECK_THROWS_WITH(make(Adam{.beta2 = 1}), ContainsSubstring("beta2 1") && ContainsSubstring("below 1"));
  CHECK_THROWS_AS(make(RmsProp{.epsilon = 0}), std::invalid_argument);
  CHECK_THROWS_AS(make(Adagrad{.epsilon = -1}), std::invalid_argument);
  CHECK_THROWS_AS(make(Adam{.epsilon = nan}), std::invalid_argument);
  CHECK_THROWS_AS(make(Sgd{.weight_decay = -1}), std::invalid_argument);
  CHECK_THROWS_AS(make(AdamW{.weight_decay = inf}), std::invalid_argument);
  CHECK_THROWS_AS(make(Sgd{.nesterov = true}), std::invalid_argument);
}

TEST_CASE(
    "Settings that are legal in double but not in the model's scalar throw, and the message says what is "
    "legal",
    "[train][optimizer]") {
  const auto refuses = [](auto rule, const char* given, const char* legal) {
    const auto in_float = toy<float>();
    CHECK_THROWS_WITH(Optimizer(in_float, rule), ContainsSubstring(given) &&
                                                     ContainsSubstring("in single precision") &&
                                                     ContainsSubstring(legal));
    const auto in_double = toy<double>();
    CHECK_NOTHROW(Optimizer(in_double, rule));
  };
  const double almost_one = 1 - 1e-9;
  refuses(Adam{.epsilon = 1e-60}, "epsilon 1e-60", "at least 1.17549e-38");
  refuses(AdamW{.epsilon = 1e-40}, "epsilon 1e-40", "at least 1.17549e-38");
  refuses(RmsProp{.epsilon = 1e-60}, "epsilon 1e-60", "at least");
  refuses(Adagrad{.epsilon = 1e39}, "epsilon 1e+39", "at most 3.40282e+38");
  refuses(Sgd{.rate = 1e39}, "learning rate 1e+39", "at most");
  refuses(Adam{.rate = 1e-60}, "learning rate 1e-60", "at least");
  refuses(Adam{.beta1 = almost_one}, "beta1 1 - 1e-09", "at most 1 - 5.96046e-08");
  refuses(AdamW{.beta2 = almost_one}, "beta2 1 - 1e-09", "at most");
  refuses(RmsProp{.alpha = almost_one}, "alpha 1 - 1e-09", "at most");
  refuses(Sgd{.momentum = almost_one}, "momentum 1 - 1e-09", "at most");
  refuses(Sgd{.weight_decay = 1e39}, "weight_decay 1e+39", "at most");
  refuses(AdamW{.weight_decay = 1e39}, "weight_decay 1e+39", "at most");

  const auto in_double = toy<double>();
  CHECK_THROWS_AS(Optimizer(in_double, Adam{.epsilon = 1e-310}), std::invalid_argument);
  const auto in_float = toy<float>();
  Optimizer optimizer(in_float, Sgd{.rate = 0.125});
  CHECK_THROWS_WITH(optimizer.set_rate(1e39), ContainsSubstring("learning rate 1e+39"));
  CHECK(optimizer.rate() == 0.125);
}

TEST_CASE("An effective rate beyond the model's scalar throws and changes nothing", "[train][optimizer]") {
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

TEST_CASE("Steps are right even if the rate times the gradient overflows", "[train][optimizer]") {
  const auto is = [](double expected) { return Approx(expected).epsilon(1e-6); };
  CHECK(at_the_end<float>(Adam{.rate = 1e37}, 1e10) == is(-1e37));
  CHECK(at_the_end<float>(AdamW{.rate = 1e37, .weight_decay = 0}, 1e10) == is(-1e37));
  CHECK(at_the_end<float>(RmsProp{.rate = 1e37}, 1e10) == is(-1e38));
  CHECK(at_the_end<float>(Adagrad{.rate = 1e37}, 1e10) == is(-1e37));
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
}

}  // namespace optimizer_test
}  // namespace recur::testing
