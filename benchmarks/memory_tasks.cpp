// Two published tasks that need a long memory, trained with cells of this library.
#include "memory_tasks.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <utility>
#include <vector>

#include "recur/recur.hpp"

namespace memory_tasks {
namespace {

using namespace recur;

struct Plan {
  int updates, batch, unseen;  ///< at most so many updates; samples of each update, and of a test
  double unit, enough;         ///< of the loss
};

/// Trains a model by Adam on examples drawn anew for each update. It stops when the loss on unseen examples,
/// in units of `unit`, is `enough`, or when the updates are over. Returns the loss on others, which did not
/// choose when it stopped.
template <class Model, Schedule Rate>
double train(Model& model, const Plan& plan, Rate rate, std::uint64_t seed, auto&& draw) {
  Optimizer optimizer(model, Adam{});
  Trainer trainer(model, optimizer, {.clip_norm = 1});
  Random random(100 * seed + 2), random_unseen(100 * seed + 3);
  std::vector<typename Model::Example> examples(static_cast<std::size_t>(plan.batch)),
      unseen(static_cast<std::size_t>(plan.unseen));
  for (auto& example : unseen) draw(example, random_unseen);
  std::vector<Index> rows(examples.size());
  std::iota(rows.begin(), rows.end(), Index{0});
  double loss = std::numeric_limits<double>::infinity();
  for (int update = 0; update < plan.updates && loss > plan.enough;) {
    for (auto& example : examples) draw(example, random);
    optimizer.set_rate(rate(update));
    trainer.step(examples, rows);
    if (++update % 250 != 0) continue;
    loss = evaluate(model, unseen) / plan.unit;
    std::fprintf(stderr, "%d updates: %.4f\n", update, loss);
  }
  for (auto& example : unseen) draw(example, random_unseen);
  return evaluate(model, unseen) / plan.unit;
}

// ---- The adding problem

constexpr Index adding_steps = 200, units = 64;

void draw_sum(auto& example, Random& random) {
  auto& [x, sum] = example;
  x.setZero(2, adding_steps);
  for (Index t = 0; t < adding_steps; ++t) x(0, t) = static_cast<float>(random.uniform());
  const Index half = adding_steps / 2, first = random.below(half), second = half + random.below(half);
  x(1, first) = x(1, second) = 1;
  sum = VectorX<float>::Constant(1, x(0, first) + x(0, second));
}

template <class Cell>
double solve_adding(Cell cell, Schedule auto rate, std::uint64_t seed, auto&& begin) {
  ManyToOne model{Recurrent{std::move(cell)}, Pooling::last, Dense<float>{units, 1}, SquaredError{}};
  initialize(model, seed);
  begin(model);
  const Plan plan{.updates = 5000, .batch = 50, .unseen = 1000, .unit = 1, .enough = 0.005};
  return train(model, plan, rate, seed, [](auto& example, Random& random) { draw_sum(example, random); });
}

// ---- Copy memory

constexpr Index symbols = 8, copied = 10, copy_steps = 100;

/// Tokens 0 to 7 are symbols, 8 is blank, 9 asks for the copy. The answer is blank until then.
void draw_copy(auto& example, Random& random) {
  auto& [x, y] = example;
  x.assign(copy_steps + 2 * copied, Token{symbols});
  y.assign(x.size(), Token{symbols});
  x[static_cast<std::size_t>(copy_steps + copied - 1)] = Token{symbols + 1};
  for (Index i = 0; i < copied; ++i) {
    const auto symbol = static_cast<Token>(random.below(symbols));
    x[static_cast<std::size_t>(i)] = symbol;
    y[static_cast<std::size_t>(copy_steps + copied + i)] = symbol;
  }
}

template <class Body>
double solve_copying(Body body, int updates, Schedule auto rate, std::uint64_t seed, auto&& begin) {
  ManyToMany model{std::move(body), EachStep{SoftmaxCrossEntropy{}}};
  initialize(model, seed);
  begin(model.body.layers);
  const double of_no_memory = copied * std::log(symbols) / (copy_steps + 2 * copied);
  const Plan plan{.updates = updates, .batch = 32, .unseen = 500, .unit = of_no_memory, .enough = 0.05};
  return train(model, plan, rate, seed, [](auto& example, Random& random) { draw_copy(example, random); });
}

/// Gates that remember for 1 to 120 steps, the length of the task (Tallec and Ollivier 2018, equations 15 and
/// 16). The gate that keeps (sign 1) or lets in (sign -1), block `gate` of the cell, gets a bias of sign ·
/// log u, with u uniform in [1, 119).
void remember(auto& cell, Index gate, double sign, Random& random) {
  const Index hidden = cell.hidden_size();
  for (Index u = 0; u < hidden; ++u) {
    const double bias = sign * std::log(1 + (copy_steps + 2 * copied - 2) * random.uniform());
    cell.bias_ih(gate * hidden + u) = static_cast<float>(bias);
  }
}

/// Seconds of a training pass of a layer, forward and backward.
template <class Cell>
struct Timed {
  static constexpr Index batch = 32, steps = 512, size = 256;
  Recurrent<Cell> layer{Cell{size, size}}, gradient{Cell{size, size}};
  typename Recurrent<Cell>::Tape tape;
  Sequence<float> x, dy;

  Timed() {
    initialize(layer, 1);
    Random random(2);
    MatrixX<float> numbers(size, batch * steps);
    normal(numbers, 1, random);
    x = Sequence<float>(numbers, batch);
    dy = x;
  }
  double pass() {
    const auto begin = std::chrono::steady_clock::now();
    layer.forward(x, tape, recording);
    layer.backward(x, dy, tape, gradient);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }
};

}  // namespace

// With these settings, IRNN was at 0.005 or below on seeds 1 to 3, and the GRU that copies below 0.05 on
// seeds 1 and 2.

double adding(const std::string& cell, std::uint64_t seed) {
  const auto as_it_is = [](auto&) {};
  if (cell == "lstm") return solve_adding(Lstm<float>{2, units}, ConstantRate{3e-3}, seed, as_it_is);
  if (cell == "gru") return solve_adding(Gru<float>{2, units}, ConstantRate{3e-3}, seed, as_it_is);
  if (cell == "tanh") return solve_adding(Elman<float>{2, units}, ConstantRate{1e-3}, seed, as_it_is);
  // Adam's first steps move every entry of W_hh away from the identity by the rate, and 200 steps raise that
  // to a power. At rate 1e-3 the error stays at 1/6, at 1e-4 it is still 0.06 after 5,000 updates. So the
  // rate is 3e-4, and it rises slowly to that. With the paper's W_ih, of deviation 0.001, states are so small
  // that the error ends at 0.035. With ten times that, and an answer that starts at the mean of the sums, it
  // is 0.005 after about 2,500 updates.
  if (cell == "irnn")
    return solve_adding(Irnn<float>{2, units},
                        WarmUp{200, CosineDecay{.rate = 3e-4, .over = 4800, .floor = 3e-6}, 0.01}, seed,
                        [](auto& model) {
                          model.body.cell.weight_ih *= 10;
                          model.head.bias.setOnes();
                        });
  throw std::invalid_argument(cell);
}

// GRUs of 64 units are at 0.59 of the baseline after 4,000 updates at a rate of 4e-3, and at 0.36 after 2,500
// at 1e-2. With 128 units, at that rate, they are below 0.25 after 2,000. LSTMs take longer: with these
// biases, 64 units at 4e-3 are at 0.91 after 2,500 updates, and 128 units at 1e-2 are at 1 after 1,500. One
// layer of minGRU can't count, since its gates see only the token of their step. The gates of a second layer
// see what the first layer remembers, and so can tell one place from another.
double copying(const std::string& cell, std::uint64_t seed) {
  Random random(5);
  if (cell == "gru")
    return solve_copying(Sequential{Embedding<float>{symbols + 2, 16}, Recurrent{Gru<float>{16, 128}},
                                    Dense<float>{128, symbols + 1}},
                         5000, CosineDecay{.rate = 1e-2, .over = 5000, .floor = 5e-4}, seed,
                         [&](auto& layers) { remember(std::get<1>(layers).cell, 1, 1, random); });
  const auto recurrence = [] {
    return Residual{
        Sequential{LayerNorm<float>{64}, Recurrent{MinGru<float>{64, 128}}, Dense<float>{128, 64}}};
  };
  const auto feed_forward = [] {
    return Residual{Sequential{LayerNorm<float>{64}, Dense<float, Relu>{64, 128}, Dense<float>{128, 64}}};
  };
  if (cell == "min-gru")
    return solve_copying(
        Sequential{Embedding<float>{symbols + 2, 64}, recurrence(), feed_forward(), recurrence(),
                   feed_forward(), LayerNorm<float>{64}, Dense<float>{64, symbols + 1}},
        4000, CosineDecay{.rate = 2e-3, .over = 4000, .floor = 1e-4}, seed, [&](auto& layers) {
          for (auto* block : {&std::get<1>(layers), &std::get<3>(layers)})
            remember(std::get<1>(block->layer.layers).cell, 0, -1, random);
        });
  throw std::invalid_argument(cell);
}

double min_gru_speedup() {
  Timed<Gru<float>> gru;
  Timed<MinGru<float>> min_gru;
  gru.pass();
  min_gru.pass();
  std::vector<double> ratios;
  for (int run = 0; run < 9; ++run) {
    const double of_gru = gru.pass();
    ratios.push_back(of_gru / min_gru.pass());
  }
  std::ranges::nth_element(ratios, ratios.begin() + 4);
  return ratios[4];
}

}  // namespace memory_tasks
