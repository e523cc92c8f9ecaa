// Training from the first epoch to the last:
//
//   initialize(model, 1);
//   Optimizer optimizer(model, Adam{.rate = 1e-3});
//   FitReport report = fit(model, optimizer, training, validation,      // vectors of Model::Example
//                          {.epochs = 20, .batch_size = 32, .threads = 2, .clip_norm = 5,
//                           .schedule = CosineDecay{.rate = 1e-3, .over = 20},
//                           .patience = 3,
//                           .metric = Accuracy{},
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
#include <type_traits>
#include <utility>
#include <vector>

#include "recur/core/compiled.hpp"
#include "recur/core/error.hpp"
#include "recur/core/random.hpp"
#include "recur/data/batching.hpp"
#include "recur/train/evaluate.hpp"
#include "recur/train/fit_loop.hpp"
#include "recur/train/fit_options.hpp"
#include "recur/train/metrics.hpp"
#include "recur/train/trainer.hpp"

namespace recur::inline RECUR_ABI {

namespace detail::fitting {

/// Throws the present exception again. If it says that the data is wrong, its message then begins with the place.
[[noreturn, gnu::cold]] RECUR_INLINE void throw_with_place(const std::string& place);
#if RECUR_DEFINES
RECUR_INLINE void throw_with_place(const std::string& place) {
  try {
    throw;
  } catch (const std::out_of_range& error) {
    throw std::out_of_range(detail::message(place, ": ", error.what()));
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(detail::message(place, ": ", error.what()));
  }
}
#endif

/// Throws if the model can't take an example. The message names its place in `what`.
template <Trainable Model>
void check_examples(const Model& model, std::span<const typename Model::Example> examples, const char* what) {
  if constexpr (requires { model.check(examples[0]); }) {
    std::size_t n = 0;
    try {
      for (; n < examples.size(); ++n) model.check(examples[n]);
    } catch (const std::logic_error&) {
      throw_with_place(detail::message(what, " example ", n, " of ", examples.size(), ", counted from 0"));
    }
  }
}

/// What the tasks of a model have in common, whatever they train it on.
template <Trainable Model>
class TaskOf : public Task {
  using S = typename Model::Scalar;

 public:
  StepResult update() override { return trainer_.update(); }
  double rate() const override { return optimizer_.rate(); }
  void set_rate(double rate) override { optimizer_.set_rate(rate); }
  std::string first_non_finite() const override { return recur::first_non_finite(Parameters<S>(model_)); }
  void keep() override {
    parameters_.rebind(model_);
    copy_values(parameters_, best_);  // allocates only the first time: a lack of memory loses nothing
  }
  void restore() override {
    try {
      parameters_.rebind(model_);
    } catch (const std::invalid_argument&) {
      return;  // a callback has given the model other sizes, and the weights that were kept don't fit
    }
    set_values(parameters_, best_);
  }

 protected:
  TaskOf(Model& model, Optimizer<S>& optimizer, const FitOptions& options)
      : model_(model),
        optimizer_(optimizer),
        evaluation_{options.batch_size, options.threads, options.ranks},
        trainer_(model, optimizer, options.trainer()) {
    if (options.on_gradient) trainer_.on_gradient = options.on_gradient;
  }

  Model& model_;
  Optimizer<S>& optimizer_;
  EvaluateOptions evaluation_;
  Trainer<Model> trainer_;

 private:
  Parameters<S> parameters_{model_};
  VectorX<S> best_;  // numbers of all parameters
};

/// Training on examples.
template <Trainable Model>
class ExamplesTask : public TaskOf<Model> {
 protected:
  using Examples = std::span<const typename Model::Example>;

 public:
  ExamplesTask(Model& model, Optimizer<typename Model::Scalar>& optimizer, Examples training,
               Examples validation, const FitOptions& options)
      : TaskOf<Model>(model, optimizer, options),
        training_(training),
        validation_(validation),
        batches_(lengths_of<Model>(training), options.batch_size, options.window) {
    ranks::check_same(options.ranks, static_cast<Index>(training.size()), "another number of examples",
                      "each rank is given all examples, in the same order");
    require(metrics::Countable<Model> || !options.metric.takes_answers(), "the metric ",
            options.metric.name(), " counts labels of samples or steps, which this model does not give");
  }

  Index arrange(const Random& order) override {
    batches_.shuffle(order);
    return batches_.size();
  }
  Index samples(Index batch) const override { return static_cast<Index>(batches_[batch].size()); }
  void add(Index batch) override { this->trainer_.add(training_, batches_[batch]); }
  bool has_validation() const override { return !validation_.empty(); }
  double validation_loss() const override {
    return evaluate(std::as_const(this->model_), validation_, this->evaluation_);
  }
  Answers validation_answers() const override {
    if constexpr (metrics::Countable<Model>)
      return count_answers(std::as_const(this->model_), validation_, this->evaluation_);
    else
      return {};
  }

 protected:
  Examples training_, validation_;
  Batching batches_;
};

/// Training on examples that are drawn again for each epoch.
template <Trainable Model, class Draw>
class DrawnTask final : public ExamplesTask<Model> {
 public:
  DrawnTask(Model& model, Optimizer<typename Model::Scalar>& optimizer, Draw& draw,
            typename ExamplesTask<Model>::Examples validation, const FitOptions& options)
      : ExamplesTask<Model>(model, optimizer, {}, validation, options), draw_(draw), options_(options) {}

  Index arrange(const Random& order) override {
    drawn_ = draw_(order.split(0));
    require(!drawn_.empty(), "no training examples were drawn for an epoch: fit needs at least one");
    check_examples<Model>(this->model_, drawn_, "training");
    this->training_ = drawn_;
    this->batches_ = Batching(lengths_of<Model>(this->training_), options_.batch_size, options_.window);
    return ExamplesTask<Model>::arrange(order);
  }

 private:
  Draw& draw_;
  const FitOptions& options_;
  std::vector<typename Model::Example> drawn_;
};

/// Training on a long text.
template <ReadsLongTexts Model>
class LongTextTask final : public TaskOf<Model> {
 public:
  LongTextTask(Model& model, Optimizer<typename Model::Scalar>& optimizer, const LongText& training,
               const LongText* validation, const FitOptions& options)
      : TaskOf<Model>(model, optimizer, options), training_(training), validation_(validation) {
    require(!options.metric.takes_answers(), "the metric ", options.metric.name(),
            " counts the answers to examples: a long text has none");
  }

  Index arrange(const Random&) override { return training_.batches(); }  // in the order of the text
  Index samples(Index batch) const override { return training_.rows() * training_.steps(batch); }
  void add(Index batch) override { this->trainer_.add(training_, batch); }
  bool has_validation() const override { return validation_ != nullptr; }
  double validation_loss() const override {
    return evaluate(std::as_const(this->model_), *validation_, this->evaluation_);
  }
  Answers validation_answers() const override { return {}; }

 private:
  const LongText& training_;
  const LongText* validation_;
};

/// Throws if the model can't take a token of the text, or predict it.
template <ReadsLongTexts Model>
void check_text(const Model& model, const LongText& text, const char* what) {
  const auto& tokens = text.tokens();
  const typename Model::Example whole{{tokens.begin(), tokens.end() - 1}, {tokens.begin() + 1, tokens.end()}};
  try {
    model.check(whole);
  } catch (const std::logic_error&) {
    throw_with_place(what);
  }
}

template <ReadsLongTexts Model>
FitReport fit_text(Model& model, Optimizer<typename Model::Scalar>& optimizer, const LongText& training,
                   const LongText* validation, const FitOptions& options) {
  check(options, true, validation != nullptr);
  check_text(model, training, "the training text");
  if (validation) check_text(model, *validation, "the validation text");
  LongTextTask<Model> task(model, optimizer, training, validation, options);
  return run(task, options);
}

}  // namespace detail::fitting

/// Trains a model on all examples of `training`, epochs times.
///
/// Each epoch draws the examples in a new order, in batches of similar lengths (see Batching). The threads
/// share each batch (see Trainer). With `accumulate`, the last step of an epoch may have fewer batches. The
/// same options give bit-identical weights on one machine.
///
/// Throws std::invalid_argument, before it changes anything: for options that are not legal, if there are no
/// training examples, if all weights of the model are zero, for an optimizer of a model of other sizes,
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
  detail::fitting::ExamplesTask<Model> task(model, optimizer, training, validation, options);
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

/// The same with training examples that are drawn again for each epoch, for example with other noise or cut at other
/// places. draw(Random) returns a vector of Model::Example. What it gets follows from the seed and the epoch, so the
/// same options give the same examples.
///
///   fit(model, optimizer, [&](Random random) { return noisy(recordings, random); }, validation, options);
///
/// Each epoch's examples are checked before it begins. So a wrong one throws then, and the model has the weights of its
/// best epoch, if there was one.
template <Trainable Model, std::invocable<Random> Draw>
FitReport fit(Model& model, Optimizer<typename Model::Scalar>& optimizer, Draw&& draw,
              std::span<const typename Model::Example> validation = {}, const FitOptions& options = {}) {
  detail::fitting::check(options, true, !validation.empty());
  detail::fitting::check_examples(model, validation, "validation");
  detail::fitting::DrawnTask<Model, std::remove_reference_t<Draw>> task(model, optimizer, draw, validation,
                                                                        options);
  return detail::fitting::run(task, options);
}

/// Trains a model on a long text, with truncated backpropagation through time. Each epoch reads the text once
/// from its beginning. The rows carry their states from batch to batch, and the threads share the rows. With
/// `accumulate`, gradients of successive batches make one update. The text has its own batches, so batch_size
/// and window mean nothing here; samples_per_second counts tokens. With another text for validation, the model
/// ends with the weights of the epoch with the lowest loss on it. Throws as `fit` on examples.
template <ReadsLongTexts Model>
FitReport fit(Model& model, Optimizer<typename Model::Scalar>& optimizer, const LongText& training,
              const LongText& validation, const FitOptions& options = {}) {
  return detail::fitting::fit_text(model, optimizer, training, &validation, options);
}
/// The same without a validation text.
template <ReadsLongTexts Model>
FitReport fit(Model& model, Optimizer<typename Model::Scalar>& optimizer, const LongText& training,
              const FitOptions& options = {}) {
  return detail::fitting::fit_text(model, optimizer, training, nullptr, options);
}

}  // namespace recur::inline RECUR_ABI
