#include "recur/train/dynamic_evaluation.hpp"

#include <limits>

#include "catch.hpp"
#include "recur/architecture/many_to_many.hpp"
#include "recur/cell/gru.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/dropout.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "recur/train/evaluate.hpp"
#include "recur/train/loss.hpp"
#include "recur/train/sequence_loss.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace dynamic_evaluation_test {

auto language() {
  ManyToMany model{Sequential{Embedding<double>{4, 3}, Recurrent{Gru<double>{3, 6}}, Dropout<double>{0.5},
                              Dense<double>{6, 4}},
                   EachStep{SoftmaxCrossEntropy{}}};
  initialize(model, 1);
  return model;
}

/// Drawn from three tokens, then one of them again and again.
std::vector<Token> tokens() {
  Random random(7);
  std::vector<Token> tokens;
  for (int i = 0; i < 40; ++i) tokens.push_back(static_cast<Token>(random.below(3)));
  tokens.resize(100, 3);
  return tokens;
}

TEST_CASE("Dynamic evaluation predicts each batch before it learns from it", "[train][dynamic_evaluation]") {
  const LongText text(std::vector<Token>{0, 2, 1, 1, 0, 2, 0}, 1, 4);
  auto model = language();
  Optimizer optimizer(model, Sgd{.rate = 0.5});
  const double loss = evaluate_dynamically(model, optimizer, text, 0.01);

  auto expected = language();
  auto gradient = zeros_like(expected);
  decltype(expected)::Tape tape;
  decltype(expected)::Batch batch;
  text.fill(0, batch);
  const double first = expected.loss(batch, tape, recording);
  expected.backward(batch, tape, gradient);
  batch.initial = expected.final_state(tape);
  clip_norm(gradient, 0.01);
  Optimizer another(expected, Sgd{.rate = 0.5});
  another.step(expected, gradient);
  text.fill(1, batch);
  const double second = expected.loss(batch, tape, recording);
  CHECK(loss == Approx((4 * first + 2 * second) / 6).epsilon(1e-12));
}

TEST_CASE("A model that goes on learning is less surprised by what a text repeats",
          "[train][dynamic_evaluation]") {
  const LongText text(tokens(), 1, 10);
  auto model = language();
  const double fixed = evaluate(model, text);
  Optimizer optimizer(model, Sgd{.rate = 0.5});
  CHECK(evaluate_dynamically(model, optimizer, text, 1) < 0.8 * fixed);
  CHECK(evaluate(model, text) != fixed);  // it has changed
}

TEST_CASE("Dynamic evaluation says what it can't do", "[train][dynamic_evaluation]") {
  const LongText text(tokens(), 1, 10);
  auto model = language();
  Optimizer optimizer(model, Sgd{.rate = 0.5});
  CHECK_THROWS_AS(evaluate_dynamically(model, optimizer, text, 0), std::invalid_argument);
  CHECK_THROWS_AS(evaluate_dynamically(model, optimizer, LongText({0, 9, 0}, 1, 2)), std::out_of_range);
  auto zero = zeros_like(model);
  CHECK_THROWS_AS(evaluate_dynamically(zero, optimizer, text), std::invalid_argument);
  auto infinite = language();
  std::get<3>(infinite.body.layers).bias(0) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS(evaluate_dynamically(infinite, optimizer, text), NonFinite);
}

}  // namespace dynamic_evaluation_test
}  // namespace recur::testing
