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
#include <chrono>
#include <cmath>
#include <concepts>
#include <limits>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include "recur/core/error.hpp"
#include "recur/core/random.hpp"
#include "recur/data/batching.hpp"
#include "recur/train/evaluate.hpp"
#include "recur/train/fit_options.hpp"
#include "recur/train/interrupt.hpp"
#include "recur/train/progress.hpp"
#include "recur/train/trainer.hpp"

namespace recur::inline RECUR_ABI {

namespace detail::fitting {

inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point begin_ = Clock::now();
};

inline void check(const FitOptions& options, bool any_training, bool any_validation) {
  require(any_training, "there are no training examples: fit needs at least one");
  require(options.epochs > 0, "epochs ", options.epochs, ": it must be at least 1");
  require(options.batch_size > 0, "batch_size ", options.batch_size, ": it must be at least 1");
  require(options.patience >= 0, "patience ", options.patience, ": it must be at least 0, and 0 never stops");
  require(options.patience == 0 || any_validation || options.metric, "patience ", options.patience,
          " without validation examples or a metric: nothing tells which epoch is the best");
}

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

/// A model with its examples and its optimizer, as the loop of `fit` sees them.
class Task {
 public:
  virtual ~Task() = default;
  virtual std::vector<Index> lengths() const = 0;  // of the training examples
  virtual StepResult step(std::span<const Index> rows, const Random& noise) = 0;
  virtual bool has_validation() const = 0;
  virtual double validation_loss() const = 0;
  virtual double rate() const = 0;
  virtual void set_rate(double rate) = 0;
  virtual std::string first_non_finite() const = 0;
  virtual void keep() = 0;     // keeps the present weights, for
  virtual void restore() = 0;  // the weights that were kept last
};

/// The loop, compiled once.
class Loop {
 public:
  Loop(Task& task, const FitOptions& options)
      : task_(task),
        options_(options),
        batches_(task.lengths(), options.batch_size, options.window),
        order_(Random(options.seed).split(0)),
        noise_(Random(options.seed).split(1)) {
    if (options.show_progress) progress_.emplace(options.epochs);
    if (options.stop_on_interrupt) interrupt_.emplace();
  }

  FitReport run() {
    const Stopwatch watch;
    try {
      for (int epoch = 1; epoch <= options_.epochs && going_; ++epoch) {
        const Stopwatch epoch_watch;
        EpochReport facts = train(epoch);
        if (!going_) break;
        judge(facts);
        facts.seconds = epoch_watch.seconds();
        conclude(facts);
      }
    } catch (...) {
      if (kept_) task_.restore();
      throw;
    }
    if (kept_)
      task_.restore();
    else
      refuse_non_finite();
    if (progress_) explain();
    report_.seconds = watch.seconds();
    return std::move(report_);
  }

 private:
  /// Trains on all batches of the training examples once.
  EpochReport train(int epoch) {
    if (options_.schedule && options_.schedule_per == Per::epoch) set_rate(epoch - 1);
    batches_.shuffle(order_.split(static_cast<std::uint64_t>(epoch)));
    const Random noise = noise_.split(static_cast<std::uint64_t>(epoch));
    EpochReport facts{.epoch = epoch};
    Index samples = 0;
    double loss = 0, weight = 0;
    const Stopwatch watch;
    for (Index i = 0; i < batches_.size() && going_; ++i) {
      if (options_.schedule && options_.schedule_per == Per::step) set_rate(report_.steps);
      const StepResult result = step(epoch, i, noise.split(static_cast<std::uint64_t>(i)));
      samples += static_cast<Index>(batches_[i].size());
      ++report_.steps;
      ++facts.steps;
      if (result.skipped) {
        ++report_.skipped;
        ++facts.skipped;
      } else {
        loss += result.loss * result.weight;
        weight += result.weight;
        facts.mean_norm += result.norm;
        facts.max_norm = std::max(facts.max_norm, result.norm);
        facts.clipped += result.clipped;
      }
      facts.samples_per_second = static_cast<double>(samples) / std::max(watch.seconds(), 1e-9);
      if (progress_) progress_->step(epoch, i + 1, batches_.size(), loss / weight, facts.samples_per_second);
      if (options_.on_step && !options_.on_step({epoch, i + 1, batches_.size(), task_.rate(), result}))
        stop(Stopped::by_callback);
      if (interrupt_ && interrupt_->requested()) stop(Stopped::by_interrupt);
    }
    const auto taken = static_cast<double>(facts.steps - facts.skipped);
    facts.rate = task_.rate();
    facts.training_loss = loss / weight;  // NaN if every step was skipped
    facts.mean_norm /= taken;
    facts.clipped /= taken;
    finite_ = task_.first_non_finite().empty();
    if (!finite_ && !options_.skip_non_finite) refuse_non_finite();
    return facts;
  }

  /// Throws if the last update made a weight infinite or NaN. No later step would show that in its loss.
  void refuse_non_finite() const {
    if (const std::string parameter = task_.first_non_finite(); !parameter.empty())
      throw NonFinite(detail::message("after step ", report_.steps, ": parameter ", parameter,
                                      " is not finite; ",
                                      kept("the weights are those from after this step")));
  }

  /// The weights that the model has after an exception: the best ones, or what `otherwise` says.
  std::string kept(const char* otherwise) const {
    return kept_ ? detail::message("the model has the weights of epoch ", report_.best_epoch, ", its best")
                 : otherwise;
  }

  StepResult step(int epoch, Index i, const Random& noise) {
    try {
      return task_.step(batches_[i], noise);
    } catch (const NonFinite& error) {
      throw NonFinite(detail::message("epoch ", epoch, ", step ", i + 1, " of ", batches_.size(), ": ",
                                      error.what(), "; ",
                                      kept("the weights are those from before this step")));
    }
  }

  void set_rate(Index time) { task_.set_rate(options_.schedule(time, last_loss_)); }

  /// Keeps the weights if the model is better than ever before.
  void judge(EpochReport& facts) {
    facts.validation_loss = task_.has_validation() ? task_.validation_loss() : nan;
    if (task_.has_validation() && !std::isfinite(facts.validation_loss) && !options_.skip_non_finite)
      throw NonFinite(detail::message("epoch ", facts.epoch, ": the validation loss is ",
                                      facts.validation_loss, "; ",
                                      kept("the weights are those from after this epoch")));
    facts.metric = options_.metric ? options_.metric() : nan;
    last_loss_ = task_.has_validation() ? facts.validation_loss : facts.training_loss;
    if (!options_.metric && !task_.has_validation()) {
      report_.best_epoch = facts.epoch;
      return;
    }
    const double badness = !options_.metric                  ? facts.validation_loss
                           : options_.lower_metric_is_better ? facts.metric
                                                             : -facts.metric;
    facts.best = finite_ && badness < lowest_;  // never for NaN
    if (!facts.best) return;
    lowest_ = badness;
    report_.best_epoch = facts.epoch;
    task_.keep();
    kept_ = true;
  }

  void conclude(const EpochReport& facts) {
    report_.epochs.push_back(facts);
    if (progress_)
      progress_->epoch(facts.epoch, facts.training_loss, facts.validation_loss, options_.metric_name,
                       facts.metric, facts.samples_per_second, facts.seconds, facts.best);
    if (options_.patience > 0 && facts.epoch - report_.best_epoch >= options_.patience) stop(Stopped::early);
    if (options_.on_epoch && !options_.on_epoch(facts)) stop(Stopped::by_callback);
    if (interrupt_ && interrupt_->requested()) stop(Stopped::by_interrupt);
  }

  void explain() {
    const bool judged = options_.metric || task_.has_validation();
    if (report_.stopped == Stopped::at_the_end) {
      if (judged && !kept_)
        progress_->note(
            "no metric or validation loss was a number: the model has the weights of the last step");
      return;
    }
    const char* why = report_.stopped == Stopped::early         ? "nothing got better"
                      : report_.stopped == Stopped::by_callback ? "stopped by a callback"
                                                                : "interrupted";
    progress_->note(kept_ ? detail::message(why, ": the model has the weights of epoch ", report_.best_epoch)
                          : detail::message(why, ": the model has the weights of the last step"));
  }

  void stop(Stopped why) {
    if (going_) report_.stopped = why;
    going_ = false;
  }

  Task& task_;
  const FitOptions options_;  // a copy: a schedule may have a memory
  Batching batches_;
  Random order_, noise_;
  std::optional<Progress> progress_;
  std::optional<Interrupt> interrupt_;

  FitReport report_;
  bool kept_ = false;   // the weights of the best epoch
  bool finite_ = true;  // all weights after the last whole epoch
  bool going_ = true;
  double lowest_ = std::numeric_limits<double>::infinity(), last_loss_ = nan;
};

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
        evaluation_{options.batch_size, options.threads},
        trainer_(model, optimizer,
                 {options.threads, options.clip_norm, options.clip_value, options.skip_non_finite}) {
    if (options.on_gradient) trainer_.on_gradient = options.on_gradient;
  }

  std::vector<Index> lengths() const override { return lengths_of<Model>(training_); }
  StepResult step(std::span<const Index> rows, const Random& noise) override {
    return trainer_.step(training_, rows, noise);
  }
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
  EvaluateOptions evaluation_;
  Trainer<Model> trainer_;
  Parameters<S> parameters_{model_};
  Vector<S> best_;  // numbers of all parameters
};

}  // namespace detail::fitting

/// Trains a model on all examples of `training`, epochs times.
///
/// Each epoch draws the examples in a new order, in batches of similar lengths (see Batching). The threads
/// share each batch (see Trainer). The same options give bit-identical weights on one machine.
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
  return detail::fitting::Loop(task, options).run();
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
