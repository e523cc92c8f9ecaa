// Measures how a gradient fades or grows on its way back.
#include "forgetting.hpp"

#include <cmath>

#include "recur/cell/elman.hpp"
#include "recur/cell/gru.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "recur/train/gradient_flow.hpp"

namespace playground {

using namespace recur;

namespace {

constexpr Index samples = 4, inputs = 4;

template <class C>
void measure(const Forgetting& how, Answer& answer) {
  const Index units = how.hidden, columns = how.steps * samples;
  Recurrent<C> layer{C{inputs, units}};
  initialize(layer, how.seed);
  layer.cell.weight_hh *= static_cast<float>(how.scale);
  if constexpr (C::input_gates > 1)  // block 1 is f of an LSTM and z of a GRU
    layer.cell.bias_ih.segment(units, units).array() += static_cast<float>(how.memory);

  Random random(how.seed + 1);
  MatrixX<float> x(inputs, columns), dy = MatrixX<float>::Zero(units, columns);
  normal(x, 1, random);
  MatrixX<float> last(units, samples);
  normal(last, 1, random);
  dy.rightCols(samples) = last.colwise().normalized();
  const Sequence<float> sequence(x, samples), gradient(dy, samples);

  const MatrixX<double> norms = gradient_flow(layer, sequence, gradient);
  answer.add("norms", VectorX<double>(norms.rowwise().mean()));

  typename Recurrent<C>::Tape tape;
  Recurrent<C> d_weights = zeros_like(layer);
  layer.forward(sequence, tape, recording);
  layer.backward(sequence, gradient, tape, d_weights, false);
  const double norm = gradient_norm(Parameters(d_weights));
  answer.add("weights", norm);
  const bool clipped =
      how.clip > 0 && !(norm <= how.clip);  // a norm that is not a number is not below a limit
  answer.add("factor", !clipped ? 1.0 : std::isnan(norm) ? 0.0 : how.clip / norm);
}

}  // namespace

void forget(CellKind cell, const Forgetting& how, Answer& answer) {
  require(how.steps >= 2 && how.steps <= 200, how.steps, " steps: it must be from 2 to 200");
  require(how.hidden >= 1 && how.hidden <= 128, how.hidden, " units: it must be from 1 to 128");
  switch (cell) {
    case CellKind::tanh:
      return measure<Elman<float>>(how, answer);
    case CellKind::relu:
      return measure<Elman<float, Relu>>(how, answer);
    case CellKind::lstm:
      return measure<Lstm<float>>(how, answer);
    case CellKind::gru:
      return measure<Gru<float>>(how, answer);
  }
}

}  // namespace playground
