// How far back does a gradient reach? The loss comes after 200 steps. A table and a picture show how much of
// its gradient arrives at each step before. The gradients of ReLU and of a plain GRU vanish fastest at first.
// The program says why, and shows that training mends it for the GRU. Then it shows a gradient that explodes,
// without and with clipping.
//
//   vanishing         half a minute; writes vanishing.csv, vanishing.gp and, with gnuplot, vanishing.svg
//   vanishing --help  the options
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <recur/recur.hpp>
#include <recur/train/interrupt.hpp>
#include <string>
#include <utility>
#include <vector>

#include "adding.hpp"
#include "common/few_options.hpp"
#include "common/picture.hpp"

using namespace examples;
using namespace recur;
constexpr Index steps = 200, hidden = 64, batch = 32;

/// `memory` is added to the first bias of the gate that keeps the state: f of an LSTM, z of a GRU. `gain`
/// multiplies the first W_hh, which is a rotation.
template <class Cell>
auto network(std::uint64_t seed, float memory = 0, float gain = 1, Index units = hidden) {
  ManyToOne model{Recurrent{Cell{2, units}}, Pooling::last, Dense<float>{units, 1}, SquaredError{}};
  initialize(model, seed);
  if (memory > 0) model.body.cell.bias_ih.segment(units, units).array() += memory;
  model.body.cell.weight_hh *= gain;
  return model;
}

/// ‖∂loss/∂h_t‖ before any training, as a mean over a batch, relative to the last step. The last step comes
/// first.
VectorX<double> reach(const auto& model, std::uint64_t seed) {
  Random random(seed + 1);
  std::vector<MatrixX<float>> inputs;
  for (const auto& example : adding::draw(batch, steps, random)) inputs.push_back(example.input);
  MatrixX<float> dy = MatrixX<float>::Zero(hidden, steps * batch);
  dy.rightCols(batch).colwise() = VectorX<float>(model.head.weight.row(0));
  const MatrixX<double> norms =
      gradient_flow(model.body, Sequence<float>(inputs), Sequence<float>(dy, batch));
  return (norms.rowwise().mean() / norms.row(steps - 1).mean()).reverse();
}

int main(int count, char** words) {
  const FewOptions how = few_options(
      count, words,
      "How far back does a gradient reach? Measures that for tanh, ReLU, LSTM and GRU, over 200 steps, shows "
      "why it vanishes and explodes, and what helps. Takes half a minute, and draws a picture.",
      {.epochs = 30,
       .epochs_text = text_of("How often each network reads ", adding::batches, " batches, drawn anew")});
  const Interrupt interrupt;
  const std::uint64_t seed = how.seed;
  using Rectified = Elman<float, Relu>;
  std::vector<Curve> curves{{"tanh", reach(network<Elman<float>>(seed), seed)},
                            {"ReLU", reach(network<Rectified>(seed), seed)},
                            {"LSTM", reach(network<Lstm<float>>(seed), seed)},
                            {"GRU", reach(network<Gru<float>>(seed), seed)},
                            {"LSTM+4", reach(network<Lstm<float>>(seed, 4), seed)},
                            {"GRU+4", reach(network<Gru<float>>(seed, 4), seed)}};
  write_text("|dloss/dh_t| relative to the last step, before any training");
  const int in_line = std::clamp((Terminal::standard_output().columns - 10) / 9, 1, 6);  // columns of curves
  for (auto first = curves.begin(); first != curves.end();) {
    const auto last = first + std::min<std::ptrdiff_t>(in_line, curves.end() - first);
    std::printf("\nsteps back");
    for (auto it = first; it != last; ++it) std::printf("%9s", it->first);
    for (Index back = 0; back < steps; back += back == 175 ? 24 : 25) {
      std::printf("\n%10d", static_cast<int>(back));
      for (auto it = first; it != last; ++it) std::printf("%9.0e", it->second(back));
    }
    std::printf("\n");
    first = last;
  }
  write_text(
      "\n+4: added to the bias of the gate that keeps the state. Why do ReLU and the plain GRU fall fastest? "
      "W_hh of tanh and ReLU is a rotation at first, which alone loses nothing. But half of the ReLUs are "
      "at 0, and let nothing back: a step leaves 1/sqrt(2) of the gradient, and 199 steps leave 1e-30. A "
      "plain GRU has a gate z of 1/2 at first: a step keeps 1/2 of the state, and at most r (1 - z) = 1/4 "
      "comes back through W_hh. That leaves (3/4)^199 = 1e-25. The cure is a gate that is open: z = 0.98 "
      "with +4, or a gate that training opens.\n"
      "\nAdding problem of 200 steps. To answer only the mean gives an error of 1/6:");
  const double limit = how.clip > 0 ? how.clip : no_limit;
  const auto learn = [&](const char* name, auto model, auto rule) {
    return adding::train(name, std::move(model), steps, rule, how, how.epochs, limit, interrupt);
  };
  const Adam adam{.rate = 3e-3};
  learn("tanh", network<Elman<float>>(seed), adam);
  curves.emplace_back("GRU trained", reach(learn("GRU", network<Gru<float>>(seed), adam), seed));
  learn("GRU+4", network<Gru<float>>(seed, 4), adam);
  char text[160];
  std::snprintf(text, sizeof text,
                "Of the trained GRU's gradient, %.0e arrives at the first step (before: %.0e).",
                curves.back().second(steps - 1), curves[3].second(steps - 1));
  write_text(text);
  write_text("\nAdding problem of 30 steps. W_hh of this ReLU network doubles h at each step:");
  const auto explode = [&](const std::string& name, double clip_norm) {
    adding::train(name, network<Rectified>(seed, 0, 2, 32), 30, Sgd{.rate = 0.01, .momentum = 0.9}, how,
                  2 * how.epochs, clip_norm, interrupt);
  };
  explode("without clipping", no_limit);
  if (how.clip > 0) explode(text_of("clipped to norm ", how.clip), how.clip);

  write_text('\n' + draw("vanishing", curves, R"(set title 'How much of a gradient is left'
set xlabel 'steps back from the loss'; set ylabel '|dloss/dh|, relative to the last step' offset 1
set logscale y; set format y '1e%T'; set yrange [1e-28:1e4]; set ytics 1e4; set mytics 1; set xrange [0:199]
set grid lc rgb '#dddddd'; set border 3; set tics nomirror; set key outside right center samplen 2
colours = '#7f7f7f #e69f00 #56b4e9 #d55e00 #0072b2 #009e73'
plot for [i=1:6] DATA using 1:i+1 with lines lw 2.5 lc rgb word(colours, i) title columnheader(i+1), \
  DATA using 1:8 with lines lw 2.5 dt 3 lc rgb '#d55e00' title columnheader(8), \
  0.75**x with lines dt 2 lc rgb 'black' title '(3/4)^n')"));
  return conclude(how.ending(interrupt.requested()),
                  "gates learn to keep a gradient over 200 steps. Clipping tames a gradient that explodes.");
}
