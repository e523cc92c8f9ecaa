#include "recur/train/rule.hpp"

#include <limits>

#include "catch.hpp"
#include "golden.hpp"
#include "recur/train/clip.hpp"
#include "recur/train/optimizer.hpp"
#include "toy.hpp"

namespace recur::testing {
namespace rule_test {

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

TEST_CASE("Ten steps of each optimizer are PyTorch's", "[train][rule]") {
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

TEST_CASE("The squared weights are a penalty in the gradient, and in AdamW one of its own", "[train][rule]") {
  CHECK(after(Sgd{.rate = 0.1, .weight_decay = 0.5}, 2, {3}) == Approx(2 - 0.1 * (3 + 0.5 * 2)));
  CHECK(after(RmsProp{.rate = 0.1, .alpha = 0.75, .weight_decay = 0.5}, 2, {3}) == Approx(2 - 0.1 / 0.5));
  CHECK(after(Adagrad{.rate = 0.1, .weight_decay = 0.5}, 2, {3}) == Approx(2 - 0.1));
  CHECK(after(Adam{.rate = 0.1, .weight_decay = 0.5}, 2, {-1}) == Approx(2));
  CHECK(after(AdamW{.rate = 0.1, .weight_decay = 0.5}, 2, {-1}) == Approx(2 * 0.95 + 0.1));
}

TEST_CASE("Numbers whose gradient is zero go on moving with Adam, as in PyTorch", "[train][rule]") {
  const double m = 0.9 * 0.1, v = 0.999 * 0.001;
  CHECK(after(Adam{.rate = 0.1}, 1, {1, 0}) ==
        Approx(0.9 - 0.1 * (m / (1 - 0.81)) / std::sqrt(v / (1 - 0.999 * 0.999))).epsilon(1e-7));
}

/// The first of 9 weights of 0.3 after so many steps of one gradient. 9: a whole pack and a part of one, with all widths.
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

TEST_CASE("Gradients whose squares overflow move weights as in PyTorch", "[train][rule]") {
  const auto is = [](double expected) { return Approx(expected).epsilon(1e-6); };
  // PyTorch 1.13 in single precision: v is formed from the left, and where it is infinite the weight stands still.
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

TEST_CASE("A moment whose factor is 0 is forgotten, also where it was infinite", "[train][rule]") {
  const auto is = [](double expected) { return Approx(expected).epsilon(1e-6); };
  CHECK(after_overflow(RmsProp{.rate = 0.1, .alpha = 0}) == is(0.2));
  CHECK(after_overflow(RmsProp{.rate = 0.1, .alpha = 1e-42}) == is(0.2));  // counts as 0 where it is flushed
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

struct Sign {
  double rate = 1e-3;
  static constexpr std::array<const char*, 0> moments{};
  void check() const {}
  template <class S>
  auto update(std::int64_t) const {
    return [r = S(rate)](auto&& p, const auto& g) { p -= r * g.sign(); };
  }
};

TEST_CASE("A user's own rule trains", "[train][rule]") { CHECK(after(Sign{0.25}, 1, {3, 3, -8}) == 0.75); }

/// The same number by number, with what it took off as a moment; it uses up its own copy of the gradient.
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

TEST_CASE("A rule written number by number changes every number of what it may change, and no other",
          "[train][rule]") {
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

TEST_CASE("Settings that are not legal throw, and say what is", "[train][rule]") {
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

TEST_CASE("Settings that are legal in double but not in the scalar of the model throw, and say what is",
          "[train][rule]") {
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

TEST_CASE("Steps are right where the rate times the gradient overflows", "[train][rule]") {
  const auto is = [](double expected) { return Approx(expected).epsilon(1e-6); };
  CHECK(at_the_end<float>(Adam{.rate = 1e37}, 1e10) == is(-1e37));
  CHECK(at_the_end<float>(AdamW{.rate = 1e37, .weight_decay = 0}, 1e10) == is(-1e37));
  CHECK(at_the_end<float>(RmsProp{.rate = 1e37}, 1e10) == is(-1e38));
  CHECK(at_the_end<float>(Adagrad{.rate = 1e37}, 1e10) == is(-1e37));
}

}  // namespace rule_test
}  // namespace recur::testing
