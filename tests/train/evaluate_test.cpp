#include "recur/train/evaluate.hpp"

#include <algorithm>

#include "catch.hpp"
#include "recur/train/metrics.hpp"
#include "toy.hpp"

namespace recur::testing {
namespace evaluate_test {

using Catch::Matchers::ContainsSubstring;

TEST_CASE("The loss over all examples is their mean for any batches", "[train][evaluate]") {
  auto model = toy<double>();
  model.criterion.class_weights = {0.5, 2};
  const auto examples = toy_examples<double>(50, 2);
  double sum = 0, weight = 0;
  for (const auto& example : examples) {
    const auto batch = toy_batch<double>({example});
    Toy<double>::Tape tape;
    sum += model.loss(batch, tape) * model.weight(batch);
    weight += model.weight(batch);
  }
  for (const Index size : {1, 7, 64})
    CHECK(evaluate(model, examples, {.batch_size = size}) == Approx(sum / weight).epsilon(1e-13));
}

TEST_CASE("Evaluation gives the same bits on any number of threads", "[train][evaluate]") {
  const auto model = toy<float>();
  const auto examples = toy_examples<float>(50, 2);
  const double loss = evaluate(model, examples, {.batch_size = 8});
  const auto y = predictions(model, examples, {.batch_size = 8});
  for (const int threads : {2, 3, 20, most_threads}) {
    CHECK(evaluate(model, examples, {.batch_size = 8, .threads = threads}) == loss);
    CHECK(predictions(model, examples, {.batch_size = 8, .threads = threads}) == y);
  }
}

TEST_CASE("Predictions are in the order of the examples", "[train][evaluate]") {
  const auto model = toy<double>();
  const auto examples = toy_examples<double>(21, 2);
  const auto y = predictions(model, examples, {.batch_size = 4});
  CHECK(y.rows() == 2);
  CHECK(y.cols() == 21);
  for (Index n = 0; n < 21; ++n)
    CHECK((model.predict(Sequence<Token>({examples[static_cast<std::size_t>(n)].input})) - y.col(n)).norm() <
          1e-14);
  CHECK(predictions(model, {}).size() == 0);
}

TEST_CASE("Evaluation of no examples, on no threads or in no batches throws", "[train][evaluate]") {
  const auto model = toy<double>();
  const auto examples = toy_examples<double>(3, 2);
  CHECK_THROWS_WITH(evaluate(model, {}), ContainsSubstring("at least one"));
  CHECK_THROWS_AS(evaluate(model, examples, {.batch_size = 0}), std::invalid_argument);
  CHECK_THROWS_WITH(evaluate(model, examples, {.threads = 0}), ContainsSubstring("0 threads"));
  CHECK_THROWS_WITH(evaluate(model, examples, {.threads = 100000}),
                    ContainsSubstring("100000 threads") && ContainsSubstring("at most 1024"));
  CHECK_THROWS_AS(predictions(model, examples, {.batch_size = -1}), std::invalid_argument);
  CHECK_THROWS_AS(predictions(model, examples, {.threads = -1}), std::invalid_argument);
}

TEST_CASE("The first batch with an example that can't be evaluated is reported", "[train][evaluate]") {
  const auto model = toy<double>();
  auto examples = toy_examples<double>(40, 2);
  for (auto& example : examples) example.input.resize(3);  // all have the same length and keep their order
  for (std::size_t n = 8; n < 40; ++n) examples[n].input[0] = static_cast<Token>(1000 + n);
  for (int repeat = 0; repeat < 20; ++repeat)
    CHECK_THROWS_WITH(evaluate(model, examples, {.batch_size = 1, .threads = 4}),
                      ContainsSubstring("token 1008"));
}

TEST_CASE("A model whose weights are all zero is not evaluated", "[train][evaluate]") {
  auto model = toy<double>();
  const auto examples = toy_examples<double>(3, 2);
  for (const auto& p : Parameters(model)) std::fill_n(p.data, p.size(), 0.0);
  const auto says = ContainsSubstring(
      "every weight of the model is zero, such as body.0.weight, and its answers would say nothing: call "
      "recur::initialize(model, seed) first");
  CHECK_THROWS_WITH(evaluate(model, examples), says);
  CHECK_THROWS_WITH(predictions(model, examples), says);
  CHECK_THROWS_WITH(recur::labels(model, examples), says);
}

}  // namespace evaluate_test
}  // namespace recur::testing
