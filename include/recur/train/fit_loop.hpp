// The loop of `fit`. It sees a model through one small interface, so it is compiled once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "recur/core/compiled.hpp"
#include "recur/core/random.hpp"
#include "recur/train/checkpoint.hpp"
#include "recur/train/fit_options.hpp"
#include "recur/train/gradient_flow.hpp"

namespace recur::inline RECUR_ABI::detail::fitting {

/// What tells other data from these.
struct DataFacts {
  double examples = 0, steps = 0;  ///< a long text: its rows and tokens
  double checksum = 0;  ///< of all whole numbers, such as tokens and labels, and of all sizes, in their order
  double reals = 0;  ///< of all real numbers: those that were computed may differ from processor to processor
};

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
  /// On some of the training examples, at most looked_at.
  virtual GradientReach gradient_reach() const = 0;
  static constexpr std::size_t looked_at = 16;
  virtual double rate() const = 0;
  virtual void set_rate(double rate) = 0;
  virtual std::string first_non_finite() const = 0;
  virtual void keep() = 0;     // keeps the present weights, for
  virtual void restore() = 0;  // the weights that were kept last

  /// Of training and validation; nothing of data that are drawn anew.
  virtual std::array<DataFacts, 2> data_facts() const = 0;
  /// Lists the arrays of a checkpoint: weights, optimizer, the weights that were kept. To read from a checkpoint,
  /// those whose size follows from it are brought to that size.
  virtual void list(RunState& run, bool kept, const SavedRun* from) = 0;
  /// Goes on from the arrays that were read, after the first `steps` updates and before a batch of the epoch.
  virtual void go_on(std::uint64_t steps, Index batch) = 0;

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
#include <functional>
#include <iostream>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "recur/core/checksum.hpp"
#include "recur/core/error.hpp"
#include "recur/train/diagnosis.hpp"
#include "recur/train/interrupt.hpp"
#include "recur/train/progress.hpp"
#include "recur/train/ranks.hpp"

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
  const CheckpointOptions& at = options.checkpoint;
  require(at.every_steps >= 0 && at.every_epochs >= 0 && at.every_minutes >= 0, "a checkpoint every ",
          at.every_steps, " steps, ", at.every_epochs, " epochs and ", at.every_minutes,
          " minutes: none may be negative, and 0 means not by these");
  require(at.in || !at.resume, "checkpoint.resume without checkpoint.in: it says where the checkpoints are");
}

/// The figures of an epoch in a checkpoint, in this order.
template <class F>
void visit(EpochReport& epoch, F&& f) {
  f(epoch.epoch), f(epoch.rate), f(epoch.training_loss), f(epoch.validation_loss), f(epoch.metric);
  f(epoch.mean_norm), f(epoch.max_norm), f(epoch.clipped), f(epoch.steps), f(epoch.skipped);
  f(epoch.seconds), f(epoch.samples_per_second), f(epoch.best), f(epoch.first_loss);
}
inline constexpr Index epoch_figures = 14;

/// What decides how the loop goes on, between two updates, beside the figures of whole epochs.
struct Position {
  /// Sums over the updates of the present epoch.
  struct Sums {
    Index steps = 0, samples = 0, skipped = 0;
    double loss = 0, weight = 0, norm = 0, max_norm = 0, clipped = 0, seconds = 0, first_loss = nan;
  };

  int epoch = 1;
  Sums sums{};
  Index steps_of_epoch = 0;
  Index steps = 0, skipped = 0;  // of all epochs
  double seconds = 0;
  int best_epoch = 0;
  bool kept = false;  // the weights of the best epoch
  double lowest = std::numeric_limits<double>::infinity(), last_loss = nan;

  /// Calls f(name, number) for each.
  void visit(auto&& f) {
    f("run.epoch", epoch), f("run.steps", steps), f("run.skipped", skipped), f("run.seconds", seconds);
    f("run.best_epoch", best_epoch), f("run.kept", kept), f("run.lowest", lowest),
        f("run.last_loss", last_loss);
    f("epoch.of", steps_of_epoch), f("epoch.steps", sums.steps), f("epoch.samples", sums.samples);
    f("epoch.skipped", sums.skipped), f("epoch.loss", sums.loss), f("epoch.weight", sums.weight);
    f("epoch.norm", sums.norm), f("epoch.max_norm", sums.max_norm), f("epoch.clipped", sums.clipped);
    f("epoch.seconds", sums.seconds), f("epoch.first_loss", sums.first_loss);
  }
};

/// Options and data of a run.
struct Circumstances {
  double seed_low, seed_high, batch_size, accumulate, window, interval, metric, lower_metric_is_better;
  double threads, clip_norm, clip_value;
  std::array<DataFacts, 2> data;

  Circumstances(const FitOptions& options, const std::array<DataFacts, 2>& facts)
      : seed_low(static_cast<double>(options.seed & 0xFFFFFFFFU)),
        seed_high(static_cast<double>(options.seed >> 32U)),
        batch_size(static_cast<double>(options.batch_size)),
        accumulate(static_cast<double>(options.accumulate)),
        window(static_cast<double>(options.window)),
        interval(!options.schedule                              ? 0
                 : options.schedule_interval == Interval::epoch ? 1
                                                                : 2),
        metric(!options.metric ? 0
                               : short_checksum(checksum(options.metric.name() + ' ' + options.metric_name))),
        lower_metric_is_better(options.lower_metric_is_better),
        threads(static_cast<double>(options.threads) * ranks::size(options.ranks)),
        clip_norm(options.clip_norm),
        clip_value(options.clip_value),
        data(facts) {}

  /// What must be the same if the run goes on.
  void visit_fixed(auto&& f) {
    f("options.seed_low", seed_low), f("options.seed_high", seed_high), f("options.batch_size", batch_size);
    f("options.accumulate", accumulate), f("options.window", window),
        f("options.schedule_interval", interval);
    f("options.metric_checksum", metric), f("options.lower_metric_is_better", lower_metric_is_better);
    f("data.examples", data[0].examples), f("data.steps", data[0].steps);
    f("data.checksum", data[0].checksum), f("validation.examples", data[1].examples);
    f("validation.steps", data[1].steps), f("validation.checksum", data[1].checksum);
  }
  /// What may differ. The result is then another one than that of a run that never stopped.
  void visit_free(auto&& f) {
    f("options.threads", threads), f("options.clip_norm", clip_norm), f("options.clip_value", clip_value);
    f("data.reals_checksum", data[0].reals), f("validation.reals_checksum", data[1].reals);
  }
  void visit(auto&& f) {
    visit_fixed(f);
    visit_free(f);
  }
};

/// Numbers in the form that a checkpoint has, in the order of a visit.
template <class Visited>
std::vector<double> numbers_of(Visited& visited) {
  std::vector<double> numbers;
  visited.visit([&](const char*, auto& number) { numbers.push_back(static_cast<double>(number)); });
  return numbers;
}
template <class Visited>
void list_numbers(RunState& run, Visited& visited, std::vector<double>& numbers) {
  visited.visit([&, k = std::size_t{0}](const char* name, auto&) mutable { run.add(name, numbers[k++]); });
}

/// Puts numbers of a checkpoint into their places.
template <class Visited>
void take_numbers(const std::vector<double>& numbers, Visited& visited) {
  visited.visit(
      [&, k = std::size_t{0}](const char* name, auto& to) mutable { take_number(name, numbers[k++], to); });
}

class Loop {
 public:
  Loop(Task& task, const FitOptions& options)
      : task_(task),
        options_(options),
        store_(options.checkpoint.in.get()),
        circumstances_(options, store_ ? task.data_facts() : std::array<DataFacts, 2>{}),
        order_(Random(options.seed).split(0)) {
    if (options.show_progress && ranks::rank(options.ranks) == 0) progress_.emplace(options.epochs);
    if (options.stop_on_interrupt) interrupt_.emplace();
  }

  FitReport run() {
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
        const int every = options_.checkpoint.every_epochs;
        keep_checkpoint(is_due() || (every > 0 && facts.epoch % every == 0));
      }
      keep_checkpoint(true);
    } catch (...) {
      if (progress_) explain_exception();
      if (at_.kept) task_.restore();
      throw;
    }
    if (at_.kept)
      task_.restore();
    else
      refuse_non_finite();
    report();
    if (progress_) explain();
    return std::move(report_);
  }

 private:
  void begin() {
    if (!store_) return;
    if (options_.checkpoint.resume && resume()) {
      if (lost_patience()) stop(Stopped::early);
      report();
      if (options_.checkpoint.on_resume) options_.checkpoint.on_resume(report_);
      return;
    }
    require(
        !ranks::any(options_.ranks, ranks::rank(options_.ranks) == 0 && !store_->is_empty()),
        "there are checkpoints of a run already: go on with it (checkpoint.resume), or keep them elsewhere");
    save();
  }

  /// Trains on all batches of the training examples once, or on those that are left.
  EpochReport train() {
    const int epoch = at_.epoch;
    auto& sums = at_.sums;
    if (sums.steps == 0 && options_.schedule && options_.schedule_interval == Interval::epoch)
      set_rate(epoch - 1);
    arrange(epoch);
    const Index batches = batches_, steps = steps_in(batches);
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
      if (progress_) progress_->step(so_far(), steps);
      ask(options_.on_step, StepReport{epoch, sums.steps, steps, task_.rate(), result});
      if (sums.steps < steps && going_) keep_checkpoint(is_due());
    }
    finite_ = task_.first_non_finite().empty();
    if (!finite_ && !options_.skip_non_finite) refuse_non_finite();
    return so_far();
  }

  /// Brings the training data into the order of an epoch, once.
  void arrange(int epoch) {
    if (std::exchange(arranged_, epoch) != epoch)
      batches_ = task_.arrange(order_.split(static_cast<std::uint64_t>(epoch)));
  }
  Index steps_in(Index batches) const { return (batches - 1) / options_.accumulate + 1; }

  /// The figures of the present epoch, after its last step.
  EpochReport so_far() const {
    const auto& sums = at_.sums;
    const auto taken = static_cast<double>(sums.steps - sums.skipped);
    return {.epoch = at_.epoch,
            .rate = task_.rate(),
            .training_loss = sums.loss / sums.weight,  // NaN if every step was skipped
            .validation_loss = nan,
            .metric = nan,
            .mean_norm = sums.norm / taken,
            .max_norm = sums.max_norm,
            .clipped = sums.clipped / taken,
            .steps = sums.steps,
            .skipped = sums.skipped,
            .samples_per_second = static_cast<double>(sums.samples) / std::max(sums.seconds, 1e-9),
            .first_loss = sums.first_loss};
  }

  /// The newest checkpoint that is whole. Rank 0 looks first, since it puts aside those that are damaged.
  std::unique_ptr<SavedRun> newest() {
    std::unique_ptr<SavedRun> saved;
    for (const bool first : {true, false}) {
      if ((ranks::rank(options_.ranks) == 0) == first)
        saved = store_->newest([&](const std::string& what) { warn(what); });
      ranks::any(options_.ranks, false);  // the others wait
    }
    ranks::check_same(options_.ranks, saved != nullptr, "other checkpoints",
                      "all ranks must see the same folder");
    return saved;
  }

  /// Goes on from the newest checkpoint. Returns false if there is none. It checks everything first.
  bool resume() {
    const auto saved = newest();
    if (!saved) return false;
    Position at;
    Circumstances circumstances = circumstances_;
    auto position = numbers_of(at), options = numbers_of(circumstances);
    RunState run;
    list_numbers(run, at, position);
    list_numbers(run, circumstances, options);
    saved->read(run, false);
    // Two checkpoints differ at least in the seconds that they took.
    const Index sum = static_cast<Index>(
        checksum({reinterpret_cast<const char*>(position.data()), position.size() * sizeof(double)}));
    ranks::check_same(options_.ranks, sum, "another newest checkpoint", "all ranks must see the same folder");
    take_numbers(position, at);
    take_numbers(options, circumstances);
    check_same(circumstances);
    const auto [epochs, figures] = saved->size_of("history");
    if (figures != epoch_figures || epochs != at.epoch - 1 || at.best_epoch > epochs ||
        at.sums.steps > at.steps_of_epoch)
      throw FileError("the history in the checkpoint does not fit its epoch and step");
    history_.resize(epochs, epoch_figures);
    run.add("history", detail::parameter_of(history_));
    saved->read(run, false);
    std::vector<EpochReport> before(static_cast<std::size_t>(epochs));
    for (Index row = 0; row < epochs; ++row) {
      Index k = 0;
      visit(before[static_cast<std::size_t>(row)],
            [&](auto& figure) { take_number("history", history_(row, k++), figure); });
    }
    if (at.sums.steps > 0) {
      arrange(at.epoch);
      const Index steps = steps_in(batches_);
      require(at.steps_of_epoch == steps, "epoch ", at.epoch, " has ", steps,
              " steps, and in the run of the checkpoint it had ", at.steps_of_epoch,
              ": the training data are others");
    }
    task_.list(run, at.kept, saved.get());
    saved->read(run, true);  // the last that may refuse the checkpoint, and the first that changes anything

    at_ = at;
    report_.epochs = std::move(before);
    task_.go_on(static_cast<std::uint64_t>(at_.steps), at_.sums.steps * options_.accumulate);
    remember_rates();
    earlier_ = at_.seconds;
    tried_ = {at_.epoch, at_.sums.steps};
    return true;
  }

  /// Throws if the checkpoint is of a run that this one can't go on with. Warns if it goes on in another way.
  void check_same(Circumstances& then) {
    const auto before = numbers_of(then);
    std::size_t k = 0;
    circumstances_.visit_fixed([&](const char* name, const double& now) {
      const double it_was = before[k++];
      require(now == it_was, "the checkpoint is of a run with other ", name, ": ", it_was,
              ", and here it is ", now);
    });
    circumstances_.visit_free([&](const char* name, const double& now) {
      const double it_was = before[k++];
      if (now != it_was && ranks::rank(options_.ranks) == 0)
        warn(detail::message("the checkpoint is of a run with other ", name, ": ", it_was,
                             ", and here it is ", now,
                             "; the result will not be, bit for bit, that of a run that never stopped"));
    });
  }

  /// A schedule with a memory has it again once it was asked for all rates so far.
  void remember_rates() {
    if (!options_.schedule) return;
    const bool each_step = options_.schedule_interval == Interval::step;
    Index time = 0;
    double loss = nan;
    const auto ask = [&](Index steps) {
      for (Index i = each_step ? steps : std::min<Index>(steps, 1); i > 0; --i)
        options_.schedule(time++, loss);
    };
    for (const EpochReport& epoch : report_.epochs) {
      ask(epoch.steps);
      loss = loss_of(epoch);
    }
    ask(at_.sums.steps);
  }

  bool is_due() const {
    const CheckpointOptions& when = options_.checkpoint;
    return (when.every_steps > 0 && at_.steps % when.every_steps == 0) ||
           (when.every_minutes > 0 && since_checkpoint_.seconds() >= 60 * when.every_minutes);
  }

  /// Keeps a checkpoint if it is due, unless the last attempt was at this moment. If it can't be kept, the training goes on
  /// without it.
  void keep_checkpoint(bool due) {
    const std::pair now(at_.epoch, at_.sums.steps);
    if (!store_ || !ranks::any(options_.ranks, due) || std::exchange(tried_, now) == now) return;
    try {
      save();
    } catch (const std::exception& error) {
      warn(detail::message("after step ", at_.steps, " no checkpoint was kept: ", error.what()));
      since_checkpoint_ = {};
    }
  }

  void save() {
    at_.seconds = seconds();
    auto position = numbers_of(at_), options = numbers_of(circumstances_);
    RunState run;
    list_numbers(run, at_, position);
    list_numbers(run, circumstances_, options);
    history_.resize(static_cast<Index>(report_.epochs.size()), epoch_figures);
    for (Index row = 0; row < history_.rows(); ++row) {
      Index k = 0;
      visit(report_.epochs[static_cast<std::size_t>(row)],
            [&](const auto& figure) { history_(row, k++) = static_cast<double>(figure); });
    }
    run.add("history", detail::parameter_of(history_));
    task_.list(run, at_.kept, nullptr);
    if (ranks::rank(options_.ranks) == 0) store_->save(run, at_.steps);
    since_checkpoint_ = {};
  }

  void warn(const std::string& what) {
    if (options_.checkpoint.on_warning)
      options_.checkpoint.on_warning(what);
    else if (progress_)
      progress_->note(what);
    else
      std::cerr << what << std::endl;
  }

  /// Of this run, also before it was resumed.
  double seconds() const { return earlier_ + watch_.seconds(); }

  void report() {
    report_.best_epoch = at_.best_epoch;
    report_.steps = at_.steps;
    report_.skipped = at_.skipped;
    report_.seconds = seconds();
  }

  /// Throws if the last update made a weight infinite or NaN. No later step would show that in its loss.
  void refuse_non_finite() const {
    if (const std::string parameter = task_.first_non_finite(); !parameter.empty())
      throw NonFinite(detail::message("after step ", at_.steps, ": parameter ", parameter, " is not finite; ",
                                      kept("the weights are those from after this step")));
  }

  /// The weights that the model has after an exception: the best ones, or what `otherwise` says.
  std::string kept(const char* otherwise) const {
    return at_.kept ? detail::message("the model has the weights of epoch ", at_.best_epoch, ", its best")
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

  void set_rate(Index time) { task_.set_rate(options_.schedule(time, at_.last_loss)); }

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
    if (options_.metric) facts.metric = ranks::of_first(options_.ranks, facts.metric);
    at_.last_loss = loss_of(facts);
    if (!options_.metric && !task_.has_validation()) {
      at_.best_epoch = facts.epoch;
      return;
    }
    const double badness = !options_.metric                  ? facts.validation_loss
                           : options_.lower_metric_is_better ? facts.metric
                                                             : -facts.metric;
    facts.best = finite_ && badness < at_.lowest;  // never for NaN
    if (!facts.best) return;
    at_.lowest = badness;
    at_.best_epoch = facts.epoch;
    task_.keep();
    at_.kept = true;
  }

  /// The loss that a schedule sees after an epoch.
  double loss_of(const EpochReport& epoch) const {
    return task_.has_validation() ? epoch.validation_loss : epoch.training_loss;
  }

  bool lost_patience() const {
    return options_.patience > 0 && at_.epoch - 1 - at_.best_epoch >= options_.patience;
  }

  void conclude(const EpochReport& facts) {
    report_.epochs.push_back(facts);
    ++at_.epoch;
    at_.sums = {};
    if (progress_) {
      progress_->epoch(facts, options_.metric_name.empty() ? options_.metric.name() : options_.metric_name);
      warn_of_troubles();
    }
    if (lost_patience()) stop(Stopped::early);
    ask(options_.on_epoch, facts);
  }

  /// Names the likely cause if the present exception is that something was not finite.
  void explain_exception() {
    try {
      throw;
    } catch (const NonFinite&) {
      progress_->warn(cause_of_non_finite(report_.epochs, so_far()));
    } catch (...) {
    }
  }

  /// Says each trouble once. It looks at each of the first epochs, and then at every fifth.
  void warn_of_troubles() {
    std::function<GradientReach()> look;
    if (report_.epochs.size() % 5 == 0)
      look = [this] { return task_.gradient_reach(); };
    else if (report_.epochs.size() > 50)
      return;
    for (const auto& [trouble, text] : diagnose(report_.epochs, look))
      if (const auto bit = 1U << static_cast<unsigned>(trouble); !(told_ & bit)) {
        told_ |= bit;
        progress_->warn(text);
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

  void explain() {
    const bool judged = options_.metric || task_.has_validation();
    if (report_.stopped == Stopped::at_the_end) {
      if (judged && !at_.kept)
        progress_->note(
            "no metric or validation loss was a number: the model has the weights of the last step");
      return;
    }
    const char* why = report_.stopped == Stopped::early         ? "nothing got better"
                      : report_.stopped == Stopped::by_callback ? "stopped by a callback"
                                                                : "interrupted";
    progress_->note(at_.kept ? detail::message(why, ": the model has the weights of epoch ", at_.best_epoch)
                             : detail::message(why, ": the model has the weights of the last step"));
  }

  void stop(Stopped why) {
    if (going_) report_.stopped = why;
    going_ = false;
  }

  Task& task_;
  const FitOptions options_;  // a copy: a schedule may have a memory
  CheckpointStore* store_;    // null: no checkpoints
  Circumstances circumstances_;
  Random order_;
  std::optional<Progress> progress_;
  std::optional<Interrupt> interrupt_;

  FitReport report_;
  Position at_;
  int arranged_ = 0;    // the epoch in whose order the data are, and
  Index batches_ = 0;   // its batches
  bool finite_ = true;  // all weights after the last whole epoch
  bool going_ = true;
  unsigned told_ = 0;  // a bit for each Trouble
  Stopwatch watch_, since_checkpoint_;
  double earlier_ = 0;                 // seconds of this run before it was resumed
  std::pair<int, Index> tried_{1, 0};  // epoch and step of the last checkpoint, also if it could not be kept
  MatrixX<double> history_;            // figures of whole epochs in a checkpoint
};

RECUR_INLINE FitReport run(Task& task, const FitOptions& options) { return Loop(task, options).run(); }

}  // namespace recur::inline RECUR_ABI::detail::fitting
#endif
