#include "recur/layer/layer.hpp"

#include "catch.hpp"
#include "laws/laws.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/dropout.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/layer/pool.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace layer_test {

static_assert(Layer<Dense<float>> && Streamable<Dense<float>>);
static_assert(Layer<Embedding<double>> && Streamable<Embedding<double>>);
static_assert(Layer<Dropout<float>> && Streamable<Dropout<float>>);
static_assert(Layer<Pool<float>> && Streamable<Pool<float>>);
static_assert(!Layer<int> && !Layer<Sequence<float>>);

// A user's own layer, y = a ∘ x, with and without a mistake.
template <int Error>
class Scale {
 public:
  using Scalar = double;
  using InputScalar = double;
  struct Tape : TapeOf<double> {
    MatrixX<double> leftover;
  };

  VectorX<double> factors;

  explicit Scale(Index features) : factors(VectorX<double>::Zero(features)) {}
  Index input_size() const { return factors.size(); }
  Index output_size() const { return factors.size(); }
  std::string describe() const { return "Scale"; }
  void initialize(Random& random, Scheme) { uniform(factors, 1, random); }
  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    f(at / "factors", self.factors...);
  }
  const Sequence<double>& forward(const Sequence<double>& x, Tape& tape, Pass = predicting) const {
    check_input(*this, x);
    tape.y.reshape(x.features(), x.layout());
    tape.y.values() = factors.asDiagonal() * x.values();
    return tape.y;
  }
  void backward(const Sequence<double>& x, const Sequence<double>& dy, Tape& tape, Scale& gradient,
                bool want_dx = true) const {
    check_gradient(*this, tape, dy);
    gradient.factors += dy.values().cwiseProduct(x.values()).rowwise().sum() * (Error == 1 ? -1 : 1);
    if (!want_dx) return;
    tape.dx.reshape(x.features(), x.layout());
    tape.dx.values() = factors.asDiagonal() * dy.values();
  }
};

TEST_CASE("A user's own layer keeps the laws", "[layer][laws]") {
  LayerSubject subject(Scale<0>{5});
  keeps_laws(subject);
}

TEST_CASE("The laws notice a wrong sign", "[layer][!shouldfail][laws]") {
  LayerSubject subject(Scale<1>{5});
  keeps_laws(subject);
}

TEST_CASE("A seed gives the same first weights", "[layer]") {
  Scale<0> one{5}, same{5}, other{5};
  initialize(one, 1);
  initialize(same, 1);
  initialize(other, 2);
  CHECK(one.factors == same.factors);
  CHECK(one.factors != other.factors);
}

TEST_CASE("Inputs and gradients are checked against layer and tape", "[layer]") {
  const Scale<0> layer{5};
  CHECK_NOTHROW(check_input(layer, Sequence<double>(MatrixX<double>::Ones(5, 2), 1)));
  CHECK(refusal([&] { check_input(layer, Sequence<double>(MatrixX<double>::Ones(4, 2), 1)); }) ==
        "Scale was given 4 features: it takes 5");
  CHECK(refusal([&] { check_input(layer, Sequence<double>()); }) ==
        "Scale was given an empty batch: it must hold at least one sequence");
  Scale<0>::Tape tape;
  const Sequence<double> x({MatrixX<double>::Ones(5, 2), MatrixX<double>::Ones(5, 1)});
  layer.forward(x, tape);
  CHECK_NOTHROW(check_gradient(layer, tape, x));
  // The same lengths in another order are another layout.
  const Sequence<double> swapped({MatrixX<double>::Ones(5, 1), MatrixX<double>::Ones(5, 2)});
  CHECK(
      refusal([&] { check_gradient(layer, tape, swapped); }) ==
      "Scale was given an output gradient of 5 features and 3 steps: its output on this tape has 5 features "
      "and 3 steps");
}

TEST_CASE("A uniform scheme draws every number within its limit, also in biases", "[layer]") {
  Dense<float> layer{8, 8};
  initialize(layer, 1, Uniform{0.25});
  for (const auto& p : Parameters(layer)) {
    float largest = 0;
    for (Index i = 0; i < p.size(); ++i) largest = std::max(largest, std::abs(p.data[i]));
    CHECK(largest <= 0.25f);
    CHECK(largest > 0.1f);
  }
  CHECK(refusal([&] { initialize(layer, 1, Uniform{0}); }) ==
        "first weights uniform in ±0: the limit must be positive and finite");
  for (const double limit : {1e300, 1e-300})
    CHECK_THAT(
        refusal([&] { initialize(layer, 1, Uniform{limit}); }),
        Catch::Matchers::ContainsSubstring("in single precision the limit must be at least 1.17549e-38"));
  Dense<double> wide{8, 8};
  initialize(wide, 1, Uniform{1e300});
  CHECK(wide.weight.allFinite());
}

}  // namespace layer_test
}  // namespace recur::testing
