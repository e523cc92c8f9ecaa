// The loop of `fit`. It sees a model through one small interface, so it is compiled once.
#pragma once

#include <string>

#include "recur/core/compiled.hpp"
#include "recur/core/random.hpp"
#include "recur/train/fit_options.hpp"

namespace recur::inline RECUR_ABI::detail::fitting {

/// A model with its examples and its optimizer, as the loop of `fit` sees them.
class Task {
 public:
  /// Brings the training data into the order of an epoch. Returns the number of batches.
  virtual Index arrange(const Random& order) = 0;
  virtual Index samples(Index batch) const = 0;
  virtual void add(Index batch) = 0;  // loss and gradient of a batch
  virtual StepResult update() = 0;    // ends a step on the batches that were added
  virtual bool has_validation() const = 0;
  virtual double validation_loss() const = 0;
  virtual Answers validation_answers() const = 0;
  virtual double rate() const = 0;
  virtual void set_rate(double rate) = 0;
  virtual std::string first_non_finite() const = 0;
  virtual void keep() = 0;     // keeps the present weights, for
  virtual void restore() = 0;  // the weights that were kept last

 protected:
  ~Task() = default;  // nothing deletes a Task by this base
};

/// Throws std::invalid_argument for options that are not legal.
RECUR_INLINE void check(const FitOptions& options, bool any_training, bool any_validation);

/// The loop over epochs and batches.
RECUR_INLINE FitReport run(Task& task, const FitOptions& options);

}  // namespace recur::inline RECUR_ABI::detail::fitting

#if RECUR_DEFINES
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "recur/core/error.hpp"
#include "recur/train/interrupt.hpp"
#include "recur/train/progress.hpp"

namespace recur::inline RECUR_ABI::detail::fitting {

inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point begin_ = Clock::now();
};

RECUR_INLINE void check(const FitOptions& options, bool any_training, bool any_validation) {
  require(any_training, "there are no training examples: fit needs at least one");
  require(options.epochs > 0, "epochs ", options.epochs, ": it must be at least 1");
  require(options.batch_size > 0, "batch_size ", options.batch_size, ": it must be at least 1");
  require(any_validation || !options.metric.takes_answers(), "the metric ", options.metric.name(),
          " without validation examples: it is measured on them");
  require(options.accumulate > 0, "accumulate ", options.accumulate, ": it must be at least 1");
  require(options.patience >= 0, "patience ", options.patience, ": it must be at least 0, and 0 never stops");
  require(options.patience == 0 || any_validation || options.metric, "patience ", options.patience,
          " without validation examples or a metric: nothing tells which epoch is the best");
}

class Loop {
 public:
  Loop(Task& task, const FitOptions& options)
      : task_(task), options_(options), order_(Random(options.seed).split(0)) {
    if (options.show_progress && ranks::rank(options.ranks) == 0) progress_.emplace(options.epochs);
    if (options.stop_on_interrupt) interrupt_.emplace();
  }

  FitReport run() {
    const Stopwatch watch;
    try {
      for (int epoch = 1; epoch <= options_.epochs && going_; ++epoch) {
        const Stopwatch epoch_watch;
        EpochReport facts = train(epoch);
        if (!going_) break;
        measure(facts);
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
    if (options_.schedule && options_.schedule_interval == Interval::epoch) set_rate(epoch - 1);
    const Index batches = task_.arrange(order_.split(static_cast<std::uint64_t>(epoch)));
    const Index steps = (batches - 1) / options_.accumulate + 1;
    EpochReport facts{.epoch = epoch};
    Index samples = 0;
    double loss = 0, weight = 0;
    const Stopwatch watch;
    for (Index i = 0, batch = 0; i < steps && going_; ++i) {
      if (options_.schedule && options_.schedule_interval == Interval::step) set_rate(report_.steps);
      const Index first = batch;
      batch += std::min(options_.accumulate, batches - batch);
      const StepResult result = step(epoch, i + 1, steps, first, batch);
      for (Index b = first; b < batch; ++b) samples += task_.samples(b);
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
      if (progress_) progress_->step(epoch, i + 1, steps, loss / weight, facts.samples_per_second);
      ask(options_.on_step, StepReport{epoch, i + 1, steps, task_.rate(), result});
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

  /// One update from the batches [first, last).
  StepResult step(int epoch, Index number, Index of, Index first, Index last) {
    try {
      for (Index batch = first; batch < last; ++batch) task_.add(batch);
      return task_.update();
    } catch (const NonFinite& error) {
      throw NonFinite(detail::message("epoch ", epoch, ", step ", number, " of ", of, ": ", error.what(),
                                      "; ", kept("the weights are those from before this step")));
    }
  }

  void set_rate(Index time) { task_.set_rate(options_.schedule(time, last_loss_)); }

  /// Measures the model after an epoch. Keeps its weights if it is better than ever before.
  void measure(EpochReport& facts) {
    facts.validation_loss = task_.has_validation() ? task_.validation_loss() : nan;
    if (task_.has_validation() && !std::isfinite(facts.validation_loss) && !options_.skip_non_finite)
      throw NonFinite(detail::message("epoch ", facts.epoch, ": the validation loss is ",
                                      facts.validation_loss, "; ",
                                      kept("the weights are those from after this epoch")));
    facts.metric = !options_.metric                  ? nan
                   : options_.metric.takes_answers() ? options_.metric(task_.validation_answers())
                                                     : options_.metric();
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
      progress_->epoch(facts.epoch, facts.training_loss, facts.validation_loss,
                       options_.metric_name.empty() ? options_.metric.name() : options_.metric_name,
                       facts.metric, facts.samples_per_second, facts.seconds, facts.best);
    if (options_.patience > 0 && facts.epoch - report_.best_epoch >= options_.patience) stop(Stopped::early);
    ask(options_.on_epoch, facts);
  }

  /// Stops if a callback says so, or Ctrl-C. If one rank stops, all do.
  template <class Report>
  void ask(const std::function<bool(const Report&)>& callback, const Report& report) {
    std::array<double, 2> stops{callback && !callback(report) ? 1.0 : 0.0,
                                interrupt_ && interrupt_->requested() ? 1.0 : 0.0};
    if (options_.ranks) options_.ranks->sum(std::span<double>(stops));
    if (stops[0] > 0) stop(Stopped::by_callback);
    if (stops[1] > 0) stop(Stopped::by_interrupt);
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
  Random order_;
  std::optional<Progress> progress_;
  std::optional<Interrupt> interrupt_;

  FitReport report_;
  bool kept_ = false;   // the weights of the best epoch
  bool finite_ = true;  // all weights after the last whole epoch
  bool going_ = true;
  double lowest_ = std::numeric_limits<double>::infinity(), last_loss_ = nan;
};

RECUR_INLINE FitReport run(Task& task, const FitOptions& options) { return Loop(task, options).run(); }

}  // namespace recur::inline RECUR_ABI::detail::fitting
#endif
