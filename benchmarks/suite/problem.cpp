// Draws the weights and the input that both sides of a comparison get, and compares their results.
#include "problem.hpp"

#include <algorithm>
#include <cmath>

#include "recur/core/random.hpp"

namespace bench {

namespace {

template <class M>
void fill(M&& values, float limit, recur::Random& random) {
  for (Index i = 0; i < values.size(); ++i)
    values.data()[i] = static_cast<float>(random.symmetric(static_cast<double>(limit)));
}

recur::Layout layout_of(const Shape& shape) {
  return shape.lengths.empty() ? recur::Layout(shape.batch, shape.steps) : recur::Layout(shape.lengths);
}

}  // namespace

Problem::Problem(Shape what, float scale_of_dy) : shape(std::move(what)) {
  recur::Random random(7);
  const Index h = shape.hidden, g = gates(shape.cell);
  const float limit = 1 / std::sqrt(static_cast<float>(h));
  for (int layer = 0; layer < shape.layers; ++layer)
    for (int way = 0; way < shape.ways(); ++way) {
      Weights w{Matrix(g * h, shape.input_of(layer)), Matrix(g * h, h), Vector(g * h), Vector(g * h)};
      fill(w.ih, limit, random);
      fill(w.hh, limit, random);
      fill(w.bias_ih, limit, random);
      fill(w.bias_hh, limit, random);
      weights.push_back(std::move(w));
    }
  x.reshape(shape.input, layout_of(shape));
  fill(x.values(), 1, random);
  dy.reshape(h * shape.ways(), layout_of(shape));
  fill(dy.values(), scale_of_dy, random);
}

Difference difference(const Values& ours, const Values& peer) {
  Difference worst;
  const auto hold = [&](const std::string& where, const auto& a, const auto& b) {
    double relative = INFINITY;  // if the sizes differ
    if (a.rows() == b.rows() && a.cols() == b.cols()) {
      const double largest = a.size() == 0 ? 1 : static_cast<double>(a.cwiseAbs().maxCoeff());
      const double apart = a.size() == 0 ? 0 : static_cast<double>((a - b).cwiseAbs().maxCoeff());
      relative = apart == 0 ? 0 : apart / largest;
      if (!(a.allFinite() && b.allFinite())) relative = INFINITY;
    }
    if (relative > worst.relative) worst = {relative, where};
  };
  hold("y", ours.y, peer.y);
  hold("the gradient of x", ours.dx, peer.dx);
  if (ours.gradient.size() != peer.gradient.size()) return {INFINITY, "the number of gradients"};
  for (std::size_t i = 0; i < ours.gradient.size(); ++i) {
    const std::string of = " of cell " + std::to_string(i);
    hold("the gradient of weight_ih" + of, ours.gradient[i].ih, peer.gradient[i].ih);
    hold("the gradient of weight_hh" + of, ours.gradient[i].hh, peer.gradient[i].hh);
    hold("the gradient of bias_ih" + of, ours.gradient[i].bias_ih, peer.gradient[i].bias_ih);
    hold("the gradient of bias_hh" + of, ours.gradient[i].bias_hh, peer.gradient[i].bias_hh);
  }
  return worst;
}

}  // namespace bench
