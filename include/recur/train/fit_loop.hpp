// The loop of `fit`. It sees a model through one small interface, so it is compiled once.
#pragma once

#include "recur/core/compiled.hpp"
#include "recur/train/fit_options.hpp"
#include "recur/train/fit_run.hpp"

namespace recur::inline RECUR_ABI::detail::fitting {

/// Throws std::invalid_argument for options that are not legal.
RECUR_COLD RECUR_INLINE void check(const FitOptions& options, bool any_training, bool any_validation);

/// The loop over epochs and batches.
RECUR_COLD RECUR_INLINE FitReport run(Task& task, const FitOptions& options);

}  // namespace recur::inline RECUR_ABI::detail::fitting

#if RECUR_DEFINES
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "recur/core/error.hpp"
#include "recur/train/interrupt.hpp"
#include "recur/train/ranks.hpp"

namespace recur::inline RECUR_ABI::detail::fitting {

RECUR_INLINE void check(const FitOptions& options, bool any_training, bool any_validation) {
  require(any_training, "there are no training examples: fit needs at least one");
  require(options.epochs > 0, "epochs ", options.epochs, ": it must be at least 1");
  require(options.batch_size > 0, "batch_size ", options.batch_size, ": it must be at least 1");
  require(any_validation || !options.metric.takes_answers(), "the metric ", options.metric.name(),
          " without validation examples: it is measured on them");
  require(!options.lower_metric_is_better || !options.metric.takes_answers(),
          "lower_metric_is_better with the metric ", options.metric.name(),
          ": it is for functions without arguments; a function of the answers can return minus the error");
  require(options.accumulate > 0, "accumulate ", options.accumulate, ": it must be at least 1");
  require(options.patience >= 0, "patience ", options.patience, ": it must be at least 0, and 0 never stops");
  require(options.patience == 0 || any_validation || options.metric, "patience ", options.patience,
          " without validation examples or a metric: nothing tells which epoch is the best");
  const CheckpointOptions& at = options.checkpoint;
  require(at.every_steps >= 0 && at.every_epochs >= 0 && at.every_minutes >= 0, "a checkpoint every ",
          at.every_steps, " steps, ", at.every_epochs, " epochs and ", at.every_minutes,
          " minutes: none may be negative, and 0 means not by these");
  require(at.in || !at.resume, "checkpoint.resume without checkpoint.in: it says where the checkpoints are");
}

/// Throws std::invalid_argument, on all ranks, if an option differs that decides on batches and steps: ranks would add up the
/// gradients of unlike batches, or wait for each other forever.
RECUR_INLINE void check_ranks(const FitOptions& options) {
  const auto check = [&](auto option, const char* what) {
    ranks::check_same(options.ranks, static_cast<Index>(option), what, "give fit the same on all ranks");
  };
  check(options.seed, "another seed");
  check(options.epochs, "other epochs");
  check(options.batch_size, "another batch_size");
  check(options.accumulate, "another accumulate");
  check(options.window, "another window");
  check(options.patience, "another patience");
  check(static_cast<bool>(options.metric), "another metric");
  check(options.lower_metric_is_better, "another lower_metric_is_better");
  check(options.skip_non_finite, "another skip_non_finite");
  check(static_cast<bool>(options.checkpoint.in), "another checkpoint.in");
  check(options.checkpoint.resume, "another checkpoint.resume");
  const auto bits = [](double limit) {
    const auto all = std::bit_cast<std::uint64_t>(limit);
    return static_cast<std::uint32_t>(all ^ (all >> 32U));
  };
  check(bits(options.clip_norm), "another clip_norm");
  check(bits(options.clip_value), "another clip_value");
}

class Loop {
 public:
  RECUR_COLD Loop(Task& task, const FitOptions& options) : run_{task, options} {
    check_ranks(options);
    if (options.show_progress && ranks::rank(options.ranks) == 0)
      run_.display = options.show_progress.make()(run_);
    if (options.stop_on_interrupt) interrupt_.emplace();
    keeper_ = options.checkpoint.in.keeper(run_);
  }

  RECUR_COLD FitReport run() {
    try {
      begin();
      while (at_.epoch <= options_.epochs && going_) {
        const Stopwatch watch;
        const double before = at_.sums.seconds;
        EpochReport facts = train();
        if (!going_) break;
        measure(facts);
        facts.seconds = before + watch.seconds();
        conclude(facts);
        keep_checkpoint(Moment::epoch);
      }
      keep_checkpoint(Moment::end);
    } catch (...) {
      if (at_.kept) task_.restore();
      if (display()) explain_exception();
      throw;
    }
    if (at_.kept)
      task_.restore();
    else
      refuse_non_finite();
    report();
    if (display()) display()->end();
    return std::move(report_);
  }

 private:
  void begin() {
    if (!keeper_ || !keeper_->begin()) return;
    if (lost_patience()) stop(Stopped::early);
    report();
    if (options_.checkpoint.on_resume) options_.checkpoint.on_resume(report_);
  }
  void keep_checkpoint(Moment moment) {
    if (keeper_) keeper_->keep(moment);
  }

  /// Trains on all batches of the training examples once, or on those that are left.
  RECUR_COLD EpochReport train() {
    const int epoch = at_.epoch;
    auto& sums = at_.sums;
    if (sums.steps == 0 && options_.schedule && options_.schedule_interval == Interval::epoch)
      set_rate(epoch - 1);
    const Index steps = run_.arrange(epoch), batches = run_.batches;
    at_.steps_of_epoch = steps;
    const Stopwatch watch;
    for (const double before = sums.seconds; sums.steps < steps && going_;) {
      if (options_.schedule && options_.schedule_interval == Interval::step) set_rate(at_.steps);
      const Index first = sums.steps * options_.accumulate,
                  last = first + std::min(options_.accumulate, batches - first);
      const StepResult result = step(epoch, sums.steps + 1, steps, first, last);
      for (Index b = first; b < last; ++b) sums.samples += task_.samples(b);
      ++at_.steps;
      ++sums.steps;
      if (result.skipped) {
        ++at_.skipped;
        ++sums.skipped;
      } else {
        if (sums.weight == 0) sums.first_loss = result.loss;
        sums.loss += result.loss * result.weight;
        sums.weight += result.weight;
        sums.norm += result.norm;
        sums.max_norm = std::max(sums.max_norm, result.norm);
        sums.clipped += result.clipped;
      }
      sums.seconds = before + watch.seconds();
      if (display()) display()->step(so_far(), steps);
      ask(options_.on_step, StepReport{epoch, sums.steps, steps, task_.rate(), result});
      if (sums.steps < steps && going_) keep_checkpoint(Moment::step);
    }
    finite_ = task_.first_non_finite().empty();
    if (!finite_ && !options_.skip_non_finite) refuse_non_finite();
    return so_far();
  }

  /// The figures of the present epoch, after its last step.
  EpochReport so_far() const {
    const auto& sums = at_.sums;
    const auto taken = static_cast<double>(sums.steps - sums.skipped);
    return {.epoch = at_.epoch,
            .rate = task_.rate(),
            .training_loss = sums.weight > 0 ? sums.loss / sums.weight : nan,  // every step was skipped
            .validation_loss = nan,
            .metric = nan,
            .mean_norm = taken > 0 ? sums.norm / taken : nan,
            .max_norm = sums.max_norm,
            .clipped = taken > 0 ? sums.clipped / taken : nan,
            .steps = sums.steps,
            .skipped = sums.skipped,
            .samples_per_second = static_cast<double>(sums.samples) / std::max(sums.seconds, 1e-9),
            .first_loss = sums.first_loss};
  }

  void report() {
    report_.best_epoch = at_.best_epoch;
    report_.steps = at_.steps;
    report_.skipped = at_.skipped;
    report_.seconds = run_.seconds();
  }

  /// Throws if the last update made a weight infinite or NaN. No later step would show that in its loss.
  RECUR_COLD void refuse_non_finite() const {
    if (const std::string parameter = task_.first_non_finite(); !parameter.empty())
      throw NonFinite(detail::message("after step ", at_.steps, ": parameter ", parameter, " is not finite; ",
                                      kept("the weights are those from after this step")));
  }

  /// The weights that the model has after an exception: the best ones, or what `otherwise` says.
  RECUR_COLD std::string kept(const char* otherwise) const {
    return at_.kept ? detail::message("the model has the weights of epoch ", at_.best_epoch, ", its best")
                    : otherwise;
  }

  /// One update from the batches [first, last).
  RECUR_COLD StepResult step(int epoch, Index number, Index of, Index first, Index last) {
    try {
      for (Index batch = first; batch < last; ++batch) task_.add(batch);
      return task_.update();
    } catch (const NonFinite& error) {
      throw NonFinite(detail::message("epoch ", epoch, ", step ", number, " of ", of, ": ", error.what(),
                                      "; ", kept("the weights are those from before this step")));
    }
  }

  void set_rate(Index time) { task_.set_rate(options_.schedule(time, at_.last_loss)); }

  /// Measures the model after an epoch. Keeps its weights if it is better than ever before.
  RECUR_COLD void measure(EpochReport& facts) {
    facts.validation_loss = task_.has_validation() ? task_.validation_loss() : nan;
    if (task_.has_validation() && !std::isfinite(facts.validation_loss) && !options_.skip_non_finite)
      throw NonFinite(detail::message("epoch ", facts.epoch, ": the validation loss is ",
                                      facts.validation_loss, "; ",
                                      kept("the weights are those from after this epoch")));
    facts.metric = !options_.metric                  ? nan
                   : options_.metric.takes_answers() ? options_.metric(task_.validation_answers())
                                                     : options_.metric();
    if (options_.metric) facts.metric = ranks::of_first(options_.ranks, facts.metric);
    at_.last_loss = run_.loss_of(facts);
    if (!options_.metric && !task_.has_validation()) {
      at_.best_epoch = facts.epoch;
      return;
    }
    const double badness = !options_.metric                  ? facts.validation_loss
                           : options_.lower_metric_is_better ? facts.metric
                                                             : -facts.metric;
    const bool is_finite = finite_ && !(task_.has_validation() && !std::isfinite(facts.validation_loss));
    facts.best = is_finite && badness < at_.lowest;  // never for NaN
    if (!facts.best) return;
    at_.lowest = badness;
    at_.best_epoch = facts.epoch;
    task_.keep();
    at_.kept = true;
  }

  bool lost_patience() const {
    return options_.patience > 0 && at_.epoch - 1 - at_.best_epoch >= options_.patience;
  }

  RECUR_COLD void conclude(const EpochReport& facts) {
    report_.epochs.push_back(facts);
    ++at_.epoch;
    at_.sums = {};
    if (display()) display()->epoch();
    if (lost_patience()) stop(Stopped::early);
    ask(options_.on_epoch, facts);
  }

  /// Names the likely cause if the present exception is that something was not finite.
  void explain_exception() {
    try {
      throw;
    } catch (const NonFinite&) {
      display()->not_finite(so_far());
    } catch (...) {
    }
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

  void stop(Stopped why) {
    if (going_) report_.stopped = why;
    going_ = false;
  }

  Display* display() const { return run_.display.get(); }

  Run run_;
  Task& task_ = run_.task;
  const FitOptions& options_ = run_.options;
  FitReport& report_ = run_.report;
  Run::Position& at_ = run_.at;
  std::optional<Interrupt> interrupt_;
  std::unique_ptr<Keeper> keeper_;  // null: no checkpoints
  bool finite_ = true;              // all weights after the last whole epoch
  bool going_ = true;
};

RECUR_INLINE FitReport run(Task& task, const FitOptions& options) { return Loop(task, options).run(); }

}  // namespace recur::inline RECUR_ABI::detail::fitting
#endif
