// Whole trainings for a task that needs a long memory.
#include <utility>
#include <vector>

#include "catch.hpp"
#include "recur/architecture/many_to_one.hpp"
#include "recur/cell/gru.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/layer/dense.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "recur/train/fit.hpp"
#include "recur/train/loss.hpp"
#include "recur/train/optimizer.hpp"

namespace recur::testing {
namespace learning_test {

/// The adding problem (Hochreiter and Schmidhuber 1997, experiment 4, in the form of Arjovsky et al. 2016, section
/// 5.2): 50 numbers from 0 to 1. Two are marked, one in each half; the target is their sum. A network that remembers
/// neither has a squared error of 1/6.
template <class Example>
std::vector<Example> sums(Index count, std::uint64_t seed) {
  constexpr Index steps = 50;
  Random random(seed);
  std::vector<Example> examples;
  for (Index n = 0; n < count; ++n) {
    MatrixX<float> x = MatrixX<float>::Zero(2, steps);
    for (Index t = 0; t < steps; ++t) x(0, t) = static_cast<float>(random.uniform());
    const Index first = random.below(steps / 2), second = steps / 2 + random.below(steps / 2);
    x(1, first) = x(1, second) = 1;
    examples.push_back({x, VectorX<float>::Constant(1, x(0, first) + x(0, second))});
  }
  return examples;
}

template <class Cell>
double error_after_training(Cell cell) {
  ManyToOne model{Recurrent{std::move(cell)}, Pooling::last, Dense<float>{32, 1}, SquaredError{}};
  using Example = typename decltype(model)::Example;
  initialize(model, 1);
  Optimizer optimizer(model, Adam{.rate = 3e-3});
  const auto examples = sums<Example>(6000, 2), others = sums<Example>(500, 3);
  const FitReport report =
      fit(model, optimizer, examples, others,
          {.epochs = 30, .batch_size = 32, .clip_norm = 1, .on_epoch = [](const EpochReport& epoch) {
             return epoch.validation_loss > 0.005;
           }});
  WARN(report.epochs.size() << " epochs in " << report.seconds << " s");
  return evaluate(model, others);
}

TEST_CASE("An LSTM learns to add two numbers over a long distance", "[train][learning][slow]") {
  CHECK(error_after_training(Lstm<float>{2, 32}) < 0.01);
}

TEST_CASE("A GRU learns to add two numbers over a long distance", "[train][learning][slow]") {
  CHECK(error_after_training(Gru<float>{2, 32}) < 0.01);
}

}  // namespace learning_test
}  // namespace recur::testing
