// recur's side of a layer of a transformer's encoder.
#include "transformer.hpp"

#include "recur/attention/transformer.hpp"

namespace bench {
namespace {

using Layer = recur::TransformerEncoderLayer<float>;
using P = TransformerProblem;

Layer make_layer(double dropout) {
  Layer layer(P::features, P::heads, P::hidden, {.dropout = dropout});
  recur::initialize(layer, 1);
  return layer;
}

class Ours : public Side {
 public:
  explicit Ours(const P& problem)
      : problem_(problem), layer_(make_layer(problem.dropout)), gradient_(recur::zeros_like(layer_)) {}

  void run() override {
    recur::clear_gradient(gradient_);
    layer_.forward(problem_.x, tape_, recur::training(random_));
    layer_.backward(problem_.x, problem_.dy, tape_, gradient_);
  }
  Values values() const override {
    return {Matrix(tape_.output().values()), Matrix(tape_.d_input().values()), {}};
  }

 private:
  const P& problem_;
  Layer layer_, gradient_;
  Layer::Tape tape_;
  recur::Random random_{3};
};

}  // namespace

TransformerProblem::TransformerProblem(double drop_rate) : dropout(drop_rate) {
  recur::Random random(2);
  Matrix numbers(features, batch * steps);
  recur::normal(numbers, 1, random);
  x = Sequence(numbers, batch);
  recur::normal(numbers, 1, random);
  dy = Sequence(numbers, batch);
  const Layer layer = make_layer(dropout);
  recur::for_each_parameter(
      [&](const recur::Name& name, const auto& p) { parameters.emplace_back(name.str(), Matrix(p)); }, layer);
}

double TransformerProblem::flops() {
  const double columns = batch * steps;
  const double of_weights = 4.0 * features * features + 2.0 * features * hidden,
               of_pairs = 2.0 * steps * features;
  return 3 * 2 * columns * (of_weights + of_pairs);
}

std::unique_ptr<Side> make_our_transformer(const TransformerProblem& problem) {
  return std::make_unique<Ours>(problem);
}

}  // namespace bench
