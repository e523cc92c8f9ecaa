// How far back does the gradient reach? A loss at the end of 200 steps, and what of its gradient arrives at each
// step before; then a recurrence whose gradient explodes, trained without and with clipping.
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <recur/recur.hpp>

using namespace recur;

constexpr Index steps = 200, hidden = 64, batch = 32;

/// The norm of ∂loss/∂h_t relative to that at the last step, in the mean over a batch of noise. `memory` is added
/// to the first biases of the gate that keeps the state.
template <class Cell>
Vector<double> reach(float memory = 0) {
  Recurrent layer{Cell{2, hidden}};
  initialize(layer, 1);
  if (memory > 0)
    layer.cell.bias_ih.segment(hidden, hidden).array() += memory;  // f of the LSTM, z of the GRU
  Random random(2);
  Matrix<float> x(2, steps * batch), dy = Matrix<float>::Zero(hidden, steps * batch);
  normal(x, 1, random);
  auto last = dy.rightCols(batch);
  normal(last, 1, random);
  const Matrix<double> norms = gradient_flow(layer, Sequence<float>(x, batch), Sequence<float>(dy, batch));
  return norms.rowwise().mean() / norms.row(steps - 1).mean();
}

/// Trains an Elman network whose first W_hh is `gain` times a rotation on the adding problem: the sum of the two
/// marked numbers of 30. Who answers with their mean has a squared error of 1/6.
void explode(double gain, double limit, int updates) {
  constexpr Index length = 30;
  ManyToOne model{Recurrent{Elman<float, 2, 32, Relu>{}}, Pooling::last, Dense<float>{32, 1}, SquaredError{}};
  initialize(model, 1);
  model.body.cell.weight_hh *= static_cast<float>(gain);
  Random random(3);
  std::vector<decltype(model)::Example> examples(32);
  std::vector<Index> rows(examples.size());
  Optimizer optimizer(model, Sgd{.rate = 0.01, .momentum = 0.9});
  Trainer trainer(model, optimizer, {.clip_norm = limit});
  double largest = 0, loss = 0;
  int clipped = 0, update = 0;
  try {
    for (; update < updates; ++update) {
      for (std::size_t b = 0; b < examples.size(); ++b) {
        auto& [x, sum] = examples[b];
        x.setZero(2, length);
        for (Index t = 0; t < length; ++t) x(0, t) = static_cast<float>(random.uniform());
        const Index first = random.below(length / 2), second = length / 2 + random.below(length / 2);
        x(1, first) = x(1, second) = 1;
        sum = Vector<float>::Constant(1, x(0, first) + x(0, second));
        rows[b] = static_cast<Index>(b);
      }
      const StepResult result = trainer.step(examples, rows, random);
      largest = std::max(largest, result.norm);
      clipped += result.clipped;
      loss = update == 0 ? result.loss : 0.95 * loss + 0.05 * result.loss;
    }
    std::printf("loss %.3g after %d updates; largest gradient %.3g, %d clipped\n", loss, updates, largest,
                clipped);
  } catch (const NonFinite& error) {
    std::printf("update %d: %s (largest gradient before: %.3g)\n", update + 1, error.what(), largest);
  }
}

int main(int count, char** words) {
  const bool is_short = count > 1 && std::strcmp(words[1], "--short") == 0;
  const char* names[] = {"tanh", "ReLU", "LSTM", "GRU", "IRNN", "LSTM+4", "GRU+4"};
  const Vector<double> curves[] = {reach<Elman<float>>(), reach<Elman<float, Dynamic, Dynamic, Relu>>(),
                                   reach<Lstm<float>>(),  reach<Gru<float>>(),
                                   reach<Irnn<float>>(),  reach<Lstm<float>>(4),
                                   reach<Gru<float>>(4)};

  std::printf("|dloss/dh_t|, relative to the last of %d steps\n\n steps back", static_cast<int>(steps));
  for (const auto name : names) std::printf("%10s", name);
  std::ofstream data("vanishing.dat");
  for (Index back = 0; back < steps; ++back) {
    const bool shown = back % 25 == 0 || back == steps - 1;
    if (shown) std::printf("\n%11d", static_cast<int>(back));
    data << back;
    for (const auto& curve : curves) {
      if (shown) std::printf("%10.1e", curve(steps - 1 - back));
      data << ' ' << curve(steps - 1 - back);
    }
    data << '\n';
  }
  std::puts(
      "\n\ntanh flattens and ReLU cuts off what W_hh rotates. A gate decides for itself: the slope of c = f "
      "c' + i g is\n"
      "f, that of h = (1 - z) n + z h' is z, half open at first and a factor of 2 a step. +4 on its bias "
      "holds it open,\n"
      "as training learns to, and the gradient arrives; so it does where W_hh starts as the identity "
      "(IRNN).\n");
  data.close();
  std::ofstream("vanishing.gp")
      << "set terminal svg size 800,480 background 'white'\nset output 'vanishing.svg'\nset logscale y\n"
         "set format y '10^{%T}'\nset yrange [1e-12:100]\nset xlabel 'steps back from the loss'\n"
         "set ylabel '|dloss/dh_t|, relative'\nset key bottom left\nset grid\n"
         "plot for [i=2:8] 'vanishing.dat' using 1:i with lines lw 2 title word('tanh ReLU LSTM GRU IRNN "
         "LSTM+4 GRU+4', i-1)\n";
  std::puts(
      std::system("gnuplot vanishing.gp 2>/dev/null") == 0
          ? "Picture: vanishing.svg\n"
          : "No picture, for gnuplot is not here; its data: vanishing.dat, and vanishing.gp draws it.\n");

  const int updates = is_short ? 20 : 4000;
  std::puts("ReLU network whose W_hh stretches by 2 a step, adding problem of 30 steps, SGD with momentum:");
  std::printf("  without clipping:    ");
  explode(2, no_limit, updates);
  std::printf("  clipped to norm 1:   ");
  explode(2, 1, updates);
}
