// How far back does a gradient reach? A loss after 200 steps, and what of its gradient arrives at each step before
// it: a table and a picture. Then what follows for learning, and a gradient that explodes, without and with clipping.
//
//   vanishing          half a minute; writes vanishing.svg
//   vanishing --short  a second, which is too little to learn
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <recur/recur.hpp>

#include "adding.hpp"
#include "short.hpp"

using namespace recur;
constexpr Index steps = 200, hidden = 64, batch = 32;

/// `memory` is added to the first bias of the gate that keeps the state, f of an LSTM and z of a GRU; `gain`
/// multiplies the first W_hh, a rotation.
template <class Cell>
auto network(float memory = 0, float gain = 1, Index units = hidden) {
  ManyToOne model{Recurrent{Cell{2, units}}, Pooling::last, Dense<float>{units, 1}, SquaredError{}};
  initialize(model, 1);
  if (memory > 0) model.body.cell.bias_ih.segment(units, units).array() += memory;
  model.body.cell.weight_hh *= gain;
  return model;
}

/// ‖∂loss/∂h_t‖ before any training, relative to that of the last step, in the mean over a batch.
Vector<double> reach(const auto& model) {
  Random random(2);
  std::vector<Matrix<float>> inputs;
  for (const auto& example : adding::draw(batch, steps, random)) inputs.push_back(example.input);
  Matrix<float> dy = Matrix<float>::Zero(hidden, steps * batch);
  dy.rightCols(batch).colwise() = Vector<float>(model.head.weight.row(0));
  const Matrix<double> norms = gradient_flow(model.body, Sequence<float>(inputs), Sequence<float>(dy, batch));
  return norms.rowwise().mean() / norms.row(steps - 1).mean();
}

int main(int count, char** words) {
  const bool is_short = asked_for_short(count, words);
  using Rectified = Elman<float, Dynamic, Dynamic, Relu>;
  const std::pair<const char*, Vector<double>> curves[] = {
      {"tanh", reach(network<Elman<float>>())},   {"ReLU", reach(network<Rectified>())},
      {"LSTM", reach(network<Lstm<float>>())},    {"GRU", reach(network<Gru<float>>())},
      {"LSTM+4", reach(network<Lstm<float>>(4))}, {"GRU+4", reach(network<Gru<float>>(4))}};
  std::ofstream data("vanishing.dat");
  std::printf("|dloss/dh_t| relative to the last step\n\nsteps back");
  for (const auto& [name, curve] : curves) std::printf("%9s", name);
  for (Index back = 0; back < steps; ++back) {
    const bool shown = back % 25 == 0 || back == steps - 1;
    if (shown) std::printf("\n%10d", static_cast<int>(back));
    data << back;
    for (const auto& [name, curve] : curves) {
      if (shown) std::printf("%9.0e", curve(steps - 1 - back));
      data << ' ' << curve(steps - 1 - back);
    }
    data << '\n';
  }
  data.close();
  std::ofstream("vanishing.gp") << R"(set terminal svg noenhanced size 800,480 background 'white'
set output 'vanishing.svg'; set linetype 5 lc 'black'; set key outside; set grid
set logscale y; set format y '1e%T'; set yrange [1e-28:1e4]; set ytics 1e4; set mytics 1
set xlabel 'steps back from the loss'; set ylabel '|dloss/dh_t|, relative to the last step'
plot for [i=1:6] 'vanishing.dat' using 1:i+1 with lines lw 2 title word('tanh ReLU LSTM GRU LSTM+4 GRU+4', i)
)";
  const bool drawn = data && std::system("gnuplot vanishing.gp 2>/dev/null") == 0;
  std::printf("\n\n+4: on the bias of the gate that keeps the state, which opens it. %s\n\n",
              drawn ? "Picture: vanishing.svg" : "No picture: it needs gnuplot, and a folder to write to");

  const int updates = is_short ? 10 : 1500;
  std::puts("Adding problem of 200 steps. tanh stays at 1/6, the error of who always answers with the mean:");
  std::puts(
      "the marked numbers are about 50 and 150 steps back, and the gradient vanishes on its way there.");
  adding::train("tanh", network<Elman<float>>(), steps, Adam{}, 1, updates);
  adding::train("GRU+4", network<Gru<float>>(4), steps, Adam{.rate = 3e-3}, 1, updates);
  std::puts("\nAdding problem of 30 steps, by a ReLU network whose W_hh stretches h by 2 at each of them:");
  const Sgd rule{.rate = 0.01, .momentum = 0.9};
  adding::train("without clipping", network<Rectified>(0, 2, 32), 30, rule, no_limit, 2 * updates);
  adding::train("clipped to norm 1", network<Rectified>(0, 2, 32), 30, rule, 1, 2 * updates);
}
