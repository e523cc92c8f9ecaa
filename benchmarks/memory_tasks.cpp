#include "memory_tasks.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <stdexcept>
#include <utility>
#include <vector>

#include "recur/recur.hpp"

namespace memory_tasks {
namespace {

using namespace recur;

/// Gates that remember for 1 to `longest` steps (Tallec and Ollivier 2018, equations 15 and 16): a bias of
/// log u with u uniform in [1, longest - 1) on the gate that keeps, which is block `keep` of the cell, and its
/// opposite on the gate that writes, block `write`, where the cell has one.
template <class Cell>
void remember(Cell& cell, Index keep, Index write, double longest, double sign = 1) {
  Random random(5);
  const Index hidden = cell.hidden_size();
  for (Index u = 0; u < hidden; ++u) {
    const double bias = sign * std::log(1 + (longest - 2) * random.uniform());
    cell.bias_ih(keep * hidden + u) = static_cast<float>(bias);
    if (write >= 0) cell.bias_ih(write * hidden + u) = static_cast<float>(-bias);
  }
}
template <class Cell>
void prepare(Cell& cell, double longest) {
  if constexpr (std::same_as<typename Cell::Unit, LstmUnit>) remember(cell, 1, 0, longest);
  if constexpr (std::same_as<typename Cell::Unit, GruUnit>) remember(cell, 1, -1, longest);
  if constexpr (std::same_as<typename Cell::Unit, MinGruUnit>) remember(cell, 0, -1, longest, -1);
}

constexpr Index adding_steps = 200;

template <class Example>
void draw_sums(std::vector<Example>& examples, Random& random) {
  for (auto& [x, sum] : examples) {
    x.setZero(2, adding_steps);
    for (Index t = 0; t < adding_steps; ++t) x(0, t) = static_cast<float>(random.uniform());
    const Index half = adding_steps / 2, first = random.below(half), second = half + random.below(half);
    x(1, first) = x(1, second) = 1;
    sum = Vector<float>::Constant(1, x(0, first) + x(0, second));
  }
}

template <class Example>
std::vector<Index> all_rows(const std::vector<Example>& examples) {
  std::vector<Index> rows(examples.size());
  for (std::size_t n = 0; n < rows.size(); ++n) rows[n] = static_cast<Index>(n);
  return rows;
}

template <class Cell>
double train_adding(Cell cell, double rate) {
  ManyToOne model{Recurrent{std::move(cell)}, Pooling::last, Dense<float>{64, 1}, SquaredError{}};
  initialize(model, 1);
  prepare(model.body.cell, adding_steps);
  Optimizer optimizer(model, Adam{.rate = rate});
  Trainer trainer(model, optimizer, {.clip_norm = 1});
  Random random(2), others_random(3);
  std::vector<typename decltype(model)::Example> examples(50), others(1000);
  draw_sums(others, others_random);
  const auto rows = all_rows(examples);
  double error = evaluate(model, others);
  for (int update = 1; update <= 5000 && error > 0.005; ++update) {
    draw_sums(examples, random);
    trainer.step(examples, rows, random);
    if (update % 250 == 0) error = evaluate(model, others);
    if (update % 1000 == 0) std::fprintf(stderr, "adding: update %d, error %.4f\n", update, error);
  }
  return error;
}

constexpr Index symbols = 8, copied = 10, copy_steps = 100;

/// Tokens 0 to 7 are symbols, 8 is blank, 9 asks for the copy; the answer is blank until then.
template <class Example>
void draw_copies(std::vector<Example>& examples, Random& random) {
  for (auto& [x, y] : examples) {
    x.assign(copy_steps + 2 * copied, Token{symbols});
    y.assign(x.size(), Token{symbols});
    x[static_cast<std::size_t>(copy_steps + copied - 1)] = Token{symbols + 1};
    for (Index i = 0; i < copied; ++i) {
      const auto symbol = static_cast<Token>(random.below(symbols));
      x[static_cast<std::size_t>(i)] = symbol;
      y[static_cast<std::size_t>(copy_steps + copied + i)] = symbol;
    }
  }
}

template <class Body>
double train_copying(Body body, double rate, int updates, auto&& first_biases) {
  ManyToMany model{std::move(body), EachStep{SoftmaxCrossEntropy{}}};
  initialize(model, 1);
  first_biases(model);
  Optimizer optimizer(model, Adam{.rate = rate});
  Trainer trainer(model, optimizer, {.clip_norm = 1});
  Random random(2), others_random(3);
  std::vector<typename decltype(model)::Example> examples(50), others(500);
  draw_copies(others, others_random);
  const auto rows = all_rows(examples);
  const double baseline = copied * std::log(symbols) / (copy_steps + 2 * copied);
  double relative = 1;
  for (int update = 1; update <= updates && relative > 0.02; ++update) {
    draw_copies(examples, random);
    trainer.step(examples, rows, random);
    if (update % 250 == 0) relative = evaluate(model, others) / baseline;
    if (update % 1000 == 0)
      std::fprintf(stderr, "copying: update %d, %.4f of the baseline\n", update, relative);
  }
  return relative;
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
    Matrix<float> numbers(size, batch * steps);
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

double adding(const std::string& cell) {
  if (cell == "lstm") return train_adding(Lstm<float>{2, 64}, 3e-3);
  if (cell == "gru") return train_adding(Gru<float>{2, 64}, 3e-3);
  if (cell == "irnn") return train_adding(Irnn<float>{2, 64}, 1e-3);
  if (cell == "tanh") return train_adding(Elman<float>{2, 64}, 1e-3);
  throw std::invalid_argument(cell);
}

double copying(const std::string& cell) {
  const auto one_layer = [](auto made, double rate) {
    return train_copying(Sequential{Embedding<float>{symbols + 2, 16}, Recurrent{std::move(made)},
                                    Dense<float>{128, symbols + 1}},
                         rate, 6000,
                         [](auto& model) { prepare(std::get<1>(model.body.layers).cell, copy_steps); });
  };
  if (cell == "lstm") return one_layer(Lstm<float>{16, 128}, 2e-3);
  if (cell == "gru") return one_layer(Gru<float>{16, 128}, 2e-3);
  if (cell == "min-gru")
    return train_copying(Sequential{Embedding<float>{symbols + 2, 64}, Recurrent{MinGru<float>{64, 128}},
                                    Dense<float, Relu>{128, 128}, Recurrent{MinGru<float>{128, 128}},
                                    Dense<float, Relu>{128, 128}, Recurrent{MinGru<float>{128, 128}},
                                    Dense<float>{128, symbols + 1}},
                         2e-3, 6000, [](auto& model) {
                           prepare(std::get<1>(model.body.layers).cell, copy_steps);
                           prepare(std::get<3>(model.body.layers).cell, copy_steps);
                           prepare(std::get<5>(model.body.layers).cell, copy_steps);
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
