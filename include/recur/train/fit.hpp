// Training from the first epoch to the last:
//
//   initialize(model, 1);
//   Optimizer optimizer(model, Adam{.rate = 1e-3});
//   FitReport report = fit(model, optimizer, training, validation,      // vectors of Model::Example
//                          {.epochs = 20, .batch_size = 32, .threads = 2, .clip_norm = 5,
//                           .schedule = CosineDecay{.rate = 1e-3, .over = 20},
//                           .patience = 3,
//                           .metric = [&] { return accuracy(model, validation); },
//                           .metric_name = "accuracy",
//                           .show_progress = true});
//
// The model ends with the weights of its best epoch: the one with the highest metric or, without a metric,
// with the lowest loss on the validation examples. Without metric and validation examples, or before the
// first such epoch, it ends with the weights of the last step. The same holds for any exception that ends the
// training.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include "recur/core/error.hpp"
#include "recur/core/random.hpp"
#include "recur/data/batching.hpp"
#include "recur/train/evaluate.hpp"
#include "recur/train/fit_loop.hpp"
#include "recur/train/fit_options.hpp"
#include "recur/train/trainer.hpp"

namespace recur::inline RECUR_ABI {

namespace detail::fitting {

/// Throws if the model can't take an example. The message names its place in `what`.
template <Trainable Model>
void check_examples(const Model& model, std::span<const typename Model::Example> examples, const char* what) {
  if constexpr (requires { model.check(examples[0]); }) {
    std::size_t n = 0;
    const auto said = [&](const std::exception& error) {
      return detail::message(what, " example ", n, " of ", examples.size(),
                             ", counted from 0: ", error.what());
    };
    try {
      for (; n < examples.size(); ++n) model.check(examples[n]);
    } catch (const std::out_of_range& error) {
      throw std::out_of_range(said(error));
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument(said(error));
    }
  }
}

/// The task for a model of type Model. Only this is compiled anew for each type.
template <Trainable Model>
class TaskOf final : public Task {
  using S = typename Model::Scalar;
  using Examples = std::span<const typename Model::Example>;

 public:
  TaskOf(Model& model, Optimizer<S>& optimizer, Examples training, Examples validation,
         const FitOptions& options)
      : model_(model),
        optimizer_(optimizer),
        training_(training),
        validation_(validation),
        batches_(lengths_of<Model>(training), options.batch_size, options.window),
        evaluation_{options.batch_size, options.threads},
        trainer_(model, optimizer, options.trainer()) {
    if (options.on_gradient) trainer_.on_gradient = options.on_gradient;
  }

  Index arrange(const Random& order) override {
    batches_.shuffle(order);
    return batches_.size();
  }
  Index samples(Index batch) const override { return static_cast<Index>(batches_[batch].size()); }
  void add(Index batch) override { trainer_.add(training_, batches_[batch]); }
  StepResult update() override { return trainer_.update(); }
  bool has_validation() const override { return !validation_.empty(); }
  double validation_loss() const override {
    return evaluate(std::as_const(model_), validation_, evaluation_);
  }
  double rate() const override { return optimizer_.rate(); }
  void set_rate(double rate) override { optimizer_.set_rate(rate); }
  std::string first_non_finite() const override { return recur::first_non_finite(model_); }
  void keep() override {
    parameters_.rebind(model_);
    best_.resize(
        count_parameters(parameters_));  // allocates only the first time: a lack of memory loses nothing
    S* to = best_.data();
    for (const auto& p : parameters_) to = std::copy_n(p.data, p.size(), to);
  }
  void restore() override {
    try {
      parameters_.rebind(model_);
    } catch (const std::invalid_argument&) {
      return;  // a callback has given the model other sizes, and the weights that were kept don't fit
    }
    set_values(parameters_, best_);
  }

 private:
  Model& model_;
  Optimizer<S>& optimizer_;
  Examples training_, validation_;
  Batching batches_;
  EvaluateOptions evaluation_;
  Trainer<Model> trainer_;
  Parameters<S> parameters_{model_};
  VectorX<S> best_;  // numbers of all parameters
};

}  // namespace detail::fitting

/// Trains a model on all examples of `training`, epochs times.
///
/// Each epoch draws the examples in a new order, in batches of similar lengths (see Batching). The threads
/// share each batch (see Trainer). With `accumulate`, the last step of an epoch may have fewer batches. The same options give bit-identical weights on one machine.
///
/// Throws std::invalid_argument, before it changes anything: for options that are not legal, if there are no
/// training examples, if all parameters of the model are zero, for an optimizer of a model of other sizes,
/// and for an example that the model can't take. The message has the example's index. A token or label out of
/// range throws std::out_of_range instead.
///
/// Throws NonFinite in three cases. If the loss or a gradient is not finite, the message has epoch and step,
/// and the weights are those from before that step. If the loss on the validation examples is not finite, it
/// has the epoch. It also throws if a weight is not finite after the last step of an epoch or of the
/// training. Exceptions of a metric, a callback or a schedule go to the caller. After any of these the model
/// has the weights of its best epoch, if there was one; the optimizer stays as the last step left it.
template <Trainable Model>
FitReport fit(Model& model, Optimizer<typename Model::Scalar>& optimizer,
              std::span<const typename Model::Example> training,
              std::span<const typename Model::Example> validation, const FitOptions& options) {
  detail::fitting::check(options, !training.empty(), !validation.empty());
  detail::fitting::check_examples(model, training, "training");
  detail::fitting::check_examples(model, validation, "validation");
  detail::fitting::TaskOf<Model> task(model, optimizer, training, validation, options);
  return detail::fitting::run(task, options);
}

/// The same without validation examples.
template <Trainable Model>
FitReport fit(Model& model, Optimizer<typename Model::Scalar>& optimizer,
              std::span<const typename Model::Example> training, const FitOptions& options = {}) {
  return fit(model, optimizer, training, {}, options);
}

/// The same with validation examples and default options.
template <Trainable Model, std::convertible_to<std::span<const typename Model::Example>> Examples>
FitReport fit(Model& model, Optimizer<typename Model::Scalar>& optimizer,
              std::span<const typename Model::Example> training, const Examples& validation) {
  return fit(model, optimizer, training, validation, FitOptions{});
}

}  // namespace recur::inline RECUR_ABI
