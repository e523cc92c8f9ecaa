// How far back does a gradient reach? A loss after 200 steps, and what of its gradient arrives at each step before
// it: a table and a picture. Then what follows: a task whose answer lies that far back, with and without a memory
// to carry it, and a network whose gradient explodes, without and with clipping.
//
//   vanishing          half a minute; the picture is vanishing.svg
//   vanishing --short  a second, which is too little to learn
#include <cstdio>
#include <fstream>
#include <numeric>
#include <recur/recur.hpp>

#include "short.hpp"

using namespace recur;

/// The adding problem (Hochreiter and Schmidhuber 1997, experiment 4): numbers from 0 to 1, of which two are marked,
/// one in each half. Their sum is wanted at the end.
template <class Example>
void draw(std::vector<Example>& examples, Index steps, Random& random) {
  for (auto& [x, sum] : examples) {
    x.setZero(2, steps);
    for (Index t = 0; t < steps; ++t) x(0, t) = static_cast<float>(random.uniform());
    const Index half = steps / 2, first = random.below(half), second = half + random.below(half);
    x(1, first) = x(1, second) = 1;
    sum = Vector<float>::Constant(1, x(0, first) + x(0, second));
  }
}

/// A network for it. `memory` is added to the first bias of the gate that keeps the state: f of the LSTM, z of the GRU;
/// `gain` multiplies the first W_hh, a rotation.
template <class Cell>
auto network(Cell cell, float memory = 0, float gain = 1) {
  const Index hidden = cell.hidden_size();
  ManyToOne model{Recurrent{std::move(cell)}, Pooling::last, Dense<float>{hidden, 1}, SquaredError{}};
  initialize(model, 1);
  if (memory > 0) model.body.cell.bias_ih.segment(hidden, hidden).array() += memory;
  model.body.cell.weight_hh *= gain;
  return model;
}

/// ‖∂loss/∂h_t‖ relative to that at the last step, in the mean over 32 sequences, before any training.
Vector<double> reach(const auto& model, Index steps) {
  Random random(2);
  std::vector<typename std::decay_t<decltype(model)>::Example> examples(32);
  draw(examples, steps, random);
  std::vector<Matrix<float>> inputs, gradients;
  for (const auto& [x, sum] : examples) {
    inputs.push_back(x);
    gradients.push_back(Matrix<float>::Zero(model.head.input_size(), steps));
    gradients.back().col(steps - 1) = model.head.weight.transpose();
  }
  const auto norms = gradient_flow(model.body, Sequence<float>(inputs), Sequence<float>(gradients));
  return norms.rowwise().mean() / norms.row(steps - 1).mean();
}

void train(const char* name, auto model, Index steps, auto rule, double limit, int updates) {
  Optimizer optimizer(model, rule);
  Trainer trainer(model, optimizer, {.clip_norm = limit});
  Random random(3);
  std::vector<typename decltype(model)::Example> examples(32);
  std::vector<Index> rows(examples.size());
  std::iota(rows.begin(), rows.end(), Index{0});
  double largest = 0, loss = 1;
  int clipped = 0, update = 0;
  std::printf("  %-18s", name);
  try {
    for (; update < updates; ++update) {
      draw(examples, steps, random);
      const StepResult result = trainer.step(examples, rows, random);
      largest = std::max(largest, result.norm);
      clipped += result.clipped;
      loss += (result.loss - loss) / std::min(update + 1, 100);  // a running mean
    }
    std::printf("error %.4f after %d updates; largest gradient %.3g, %d clipped\n", loss, updates, largest,
                clipped);
  } catch (const NonFinite& error) {
    std::printf("update %d: %s (largest gradient before: %.3g)\n", update + 1, error.what(), largest);
  }
}

int main(int count, char** words) {
  const bool is_short = asked_for_short(count, words);
  constexpr Index steps = 200, hidden = 64;
  const char* names[] = {"tanh", "ReLU", "LSTM", "GRU", "IRNN", "LSTM+4", "GRU+4"};
  const Vector<double> curves[] = {reach(network(Elman<float>{2, hidden}), steps),
                                   reach(network(Elman<float, Dynamic, Dynamic, Relu>{2, hidden}), steps),
                                   reach(network(Lstm<float>{2, hidden}), steps),
                                   reach(network(Gru<float>{2, hidden}), steps),
                                   reach(network(Irnn<float>{2, hidden}), steps),
                                   reach(network(Lstm<float>{2, hidden}, 4), steps),
                                   reach(network(Gru<float>{2, hidden}, 4), steps)};
  for (Index back = 0; back < steps; back += 25) {
    std::printf("\n%11d", static_cast<int>(back));
    for (const auto& curve : curves) std::printf("%10.1e", curve(steps - 1 - back));
  }
  std::puts("");
  const int updates = is_short ? 20 : 1500;
  for (double r : {1e-3, 3e-3}) {
    std::printf("%g\n", r);
    train("tanh", network(Elman<float>{2, hidden}), steps, Adam{.rate = r}, 1, updates);
    train("ReLU", network(Elman<float, Dynamic, Dynamic, Relu>{2, hidden}), steps, Adam{.rate = r}, 1,
          updates);
    train("LSTM", network(Lstm<float>{2, hidden}), steps, Adam{.rate = r}, 1, updates);
    train("GRU", network(Gru<float>{2, hidden}), steps, Adam{.rate = r}, 1, updates);
    train("LSTM+4", network(Lstm<float>{2, hidden}, 4), steps, Adam{.rate = r}, 1, updates);
    train("GRU+4", network(Gru<float>{2, hidden}, 4), steps, Adam{.rate = r}, 1, updates);
  }
  using Rectified = Elman<float, 2, 32, Relu>;
  train("without clipping", network(Rectified{}, 0, 2), 30, Sgd{.rate = 0.01, .momentum = 0.9}, no_limit,
        updates);
  train("clipped to norm 1", network(Rectified{}, 0, 2), 30, Sgd{.rate = 0.01, .momentum = 0.9}, 1, updates);
}
