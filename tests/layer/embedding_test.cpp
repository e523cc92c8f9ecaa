#include "recur/layer/embedding.hpp"

#include "allocations.hpp"
#include "catch.hpp"
#include "laws/laws.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace embedding_test {

TEST_CASE("Embedding keeps the laws", "[layer][embedding][laws]") {
  LayerSubject small(Embedding<double>{11, 4}, 11);
  keeps_laws(small);
  LayerSubject large(Embedding<float>{5, 19}, 5);
  keeps_laws(large);
}

TEST_CASE("Embedding gives each token its row", "[layer][embedding]") {
  Embedding<float> layer{5, 3};
  initialize(layer, 1);
  Embedding<float>::Tape tape;
  const auto& y = layer.forward(Sequence<Token>({{4}, {0, 4, 2}}), tape);
  CHECK(y.sample(0) == layer.weight.values.row(4).transpose());
  CHECK(y.sample(1).col(0) == layer.weight.values.row(0).transpose());
  CHECK(y.sample(1).col(1) == layer.weight.values.row(4).transpose());
  CHECK(y.sample(1).col(2) == layer.weight.values.row(2).transpose());
}

TEST_CASE("The gradient of an embedding touches each row that occurs once", "[layer][embedding]") {
  const Embedding<double> layer{6, 2};
  auto gradient = zeros_like(layer);
  Embedding<double>::Tape tape;
  const Sequence<Token> x({{4, 1, 4}, {4}});
  layer.forward(x, tape, recording);
  MatrixX<double> first(2, 3), second(2, 1);
  first << 1, 2, 3, 10, 20, 30;
  second << 4, 40;
  layer.backward(x, Sequence<double>({first, second}), tape, gradient);
  Table<double>::Values expected = Table<double>::Values::Zero(6, 2);
  expected.row(4) << 1 + 3 + 4, 10 + 30 + 40;
  expected.row(1) << 2, 20;
  CHECK(gradient.weight.values == expected);
  CHECK(gradient.weight.touched() == std::vector<Index>{4, 1});
  CHECK(tape.d_input().batch() == 0);  // tokens have no gradient
  clear_gradient(gradient);
  CHECK(gradient.weight.values.isZero(0));
}

TEST_CASE("The gradient of a very frequent token is exact and allocates nothing", "[layer][embedding]") {
  constexpr Index often = 100000, features = 3;
  const Embedding<float> layer{1000, features};
  auto gradient = zeros_like(layer);
  Embedding<float>::Tape tape;
  std::vector<Token> tokens(often, Token{7});
  for (Token other = 990; other < 1000; ++other)
    tokens.insert(tokens.begin() + 50 * (other - 980), {other, 990});
  const Sequence<Token> x({tokens, {3}});
  const Sequence<float> dy(
      {MatrixX<float>::Constant(features, x.columns() - 1, 0.1f), MatrixX<float>::Constant(features, 1, 5)});
  layer.forward(x, tape, recording);
  for (int pass = 1; pass <= 2; ++pass) {
    const CountAllocations allocations;
    layer.backward(x, dy, tape, gradient);
    if (pass == 2) CHECK(allocations.count() == 0);
    const auto is = [&](double expected) { return Approx(pass * expected).epsilon(1e-5); };
    for (Index f = 0; f < features; ++f) {
      CHECK(gradient.weight.values(7, f) == is(0.1f * often));
      CHECK(gradient.weight.values(3, f) == is(5));
      CHECK(gradient.weight.values(990, f) == is(11 * 0.1f));
      CHECK(gradient.weight.values(999, f) == is(0.1f));
    }
    CHECK(gradient.weight.touched() ==
          std::vector<Index>{7, 3, 990, 991, 992, 993, 994, 995, 996, 997, 998, 999});
  }
}

TEST_CASE("First vectors of an embedding are normal", "[layer][embedding]") {
  Embedding<double> small{300, 200}, pytorch{300, 200};
  initialize(small, 1);
  initialize(pytorch, 2, Scheme::pytorch);
  const auto mean_square = [](const auto& layer) {
    return layer.weight.values.squaredNorm() / static_cast<double>(layer.weight.size());
  };
  CHECK(mean_square(small) == Approx(0.01).epsilon(0.03));
  CHECK(mean_square(pytorch) == Approx(1).epsilon(0.03));
}

TEST_CASE("Embedding refuses tokens that it has no vector for", "[layer][embedding]") {
  const Embedding<float> layer{5, 3};
  CHECK(layer.describe() == "Embedding (5 tokens -> 3)");
  CHECK(layer.vocabulary_size() == 5);
  Embedding<float>::Tape tape;
  CHECK(refusal<std::out_of_range>([&] {
          layer.forward(Sequence<Token>({{1, 5}}), tape);
        }) == "Embedding (5 tokens -> 3) was given token 5: legal tokens are 0 to 4");
  CHECK(refusal<std::out_of_range>([&] {
          layer.forward(Sequence<Token>({{1}, {0, -1}}), tape);
        }) == "Embedding (5 tokens -> 3) was given token -1: legal tokens are 0 to 4");
  CHECK(tape.y.batch() == 0);  // nothing was changed
  auto stream = layer.stream();
  CHECK(refusal<std::out_of_range>([&] { layer.step(VectorX<Token>::Constant(1, 7), stream); }) ==
        "Embedding (5 tokens -> 3) was given token 7: legal tokens are 0 to 4");
  CHECK(refusal([&] { layer.step(VectorX<Token>::Zero(2), stream); }) ==
        "Embedding (5 tokens -> 3) was given a step of 2 tokens: it takes one");
  CHECK(refusal([&] { layer.forward(Sequence<Token>(), tape); }) ==
        "Embedding (5 tokens -> 3) was given an empty batch: it must hold at least one sequence");
  CHECK(refusal([&] { layer.forward(Sequence<Token>(MatrixX<Token>::Zero(2, 4), 2), tape); }) ==
        "Embedding (5 tokens -> 3) was given 2 features: it takes 1");
  CHECK(refusal([] {
          Embedding<float>{0, 3};
        }) == "Embedding of 0 tokens in 3 features: both must be at least 1");
  CHECK(refusal([] {
          Embedding<float>{5, 0};
        }) == "Embedding of 5 tokens in 0 features: both must be at least 1");

  const Sequence<Token> x({{1, 2}});
  layer.forward(x, tape, recording);
  auto gradient = zeros_like(layer);
  const Sequence<float> dy(MatrixX<float>::Ones(3, 2), 1);
  CHECK_THROWS_AS(layer.backward(x, Sequence<float>(MatrixX<float>::Ones(3, 1), 1), tape, gradient),
                  std::invalid_argument);
  CHECK_THROWS_AS(layer.backward(Sequence<Token>({{1}, {2}}), dy, tape, gradient), std::invalid_argument);
  CHECK_THROWS_AS(layer.backward(Sequence<Token>({{1, 2, 3}}), dy, tape, gradient), std::invalid_argument);
  CHECK_THROWS_AS(layer.backward(Sequence<Token>({{1, 5}}), dy, tape, gradient), std::out_of_range);
  Embedding<float> few{2, 3};
  CHECK(refusal([&] { layer.backward(x, dy, tape, few); }) ==
        "Embedding (5 tokens -> 3) was given a gradient whose weight is 2 x 3: it must be 5 x 3");
  CHECK(gradient.weight.touched().empty());
  auto other_stream = Embedding<float>{5, 2}.stream();
  CHECK_THROWS_AS(layer.step(VectorX<Token>::Zero(1), other_stream), std::invalid_argument);
}

}  // namespace embedding_test
}  // namespace recur::testing
