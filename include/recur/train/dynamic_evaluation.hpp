// Dynamic evaluation: a model that goes on learning from a text while it reads it.
#pragma once

#include <cmath>
#include <utility>

#include "recur/core/denormals.hpp"
#include "recur/core/error.hpp"
#include "recur/core/parameters.hpp"
#include "recur/data/long_text.hpp"
#include "recur/train/clip.hpp"
#include "recur/train/optimizer.hpp"
#include "recur/train/trainer.hpp"

namespace recur::inline RECUR_ABI {

/// The loss over a long text of a model that learns from each batch once it has predicted it (Krause, Kahembwe, Murray
/// and Renals, "Dynamic evaluation of neural sequence models", 2018, section 3):
///
///   l_i = loss(x_i, θ_i)      θ_{i+1} = θ_i + the optimizer's step for ∂l_i/∂θ      result: the mean of l_i over all steps
///
/// No token is learned from before it is predicted. But nothing stops a body that looks ahead, such as one with Bidirectional
/// or with attention that is not causal: at each step it reads the token that it is to predict, and the loss means nothing.
///
/// A text repeats its own words and names, so this loss is below that of `evaluate` if the text differs from what the model
/// was trained on:
///
///   Optimizer optimizer(model, Sgd{.rate = 0.5});
///   const double loss = evaluate_dynamically(model, optimizer, LongText(tokens, 1, 20), 1.0);
///
/// Take a text of one row: then the model learns from nothing that comes later in the text. There is no dropout or other
/// noise. The gradient is clipped to `clip_norm`, its largest 2-norm. Runs on one thread.
///
/// The model and the optimizer change: copy the model first to keep it. Throws std::invalid_argument for a limit that is
/// not legal, for an optimizer of a model of other sizes and if all weights are zero, and NonFinite if a loss or a
/// gradient is not finite; the weights are then those from before that batch. Throws what the model throws for tokens
/// that it can't take.
template <ReadsLongTexts Model>
double evaluate_dynamically(Model& model, Optimizer<typename Model::Scalar>& optimizer, const LongText& text,
                            double clip_norm = no_limit) {
  using S = typename Model::Scalar;
  detail::check_limit<S>("clip_norm", clip_norm);
  detail::check_has_learned(model);
  const Parameters<S> weights(model);
  optimizer.check(weights);
  const FlushDenormals flush;
  Model its_gradient = zeros_like(model);
  const Parameters<S> gradient(its_gradient);
  typename Model::Tape tape;
  typename Model::Batch batch;
  double loss = 0, weight = 0;
  for (Index i = 0; i < text.batches(); ++i) {
    text.fill(i, batch);
    const double its_weight = model.weight(batch), mean = model.loss(batch, tape, recording, its_weight);
    if (!std::isfinite(mean))
      throw NonFinite(detail::message("batch ", i, " of the text: the loss is not finite"));
    loss += mean * its_weight;
    weight += its_weight;
    clear_gradient(gradient);
    model.backward(batch, tape, its_gradient);
    batch.initial = model.final_state(tape);
    recur::clip_norm(gradient, clip_norm);  // throws if it is not finite
    optimizer.step(weights, gradient);
  }
  return loss / weight;
}

}  // namespace recur::inline RECUR_ABI
