// How `fit` keeps checkpoints and goes on from them. Only programs that name a store of checkpoints compile it: it is in
// templates whose address train/checkpoint.hpp takes there.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <iostream>  // std::cerr, for what a checkpoint warns of
#include <limits>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "recur/core/checksum.hpp"
#include "recur/core/error.hpp"
#include "recur/train/checkpoint.hpp"
#include "recur/train/fit_run.hpp"
#include "recur/train/fit_settings.hpp"
#include "recur/train/ranks.hpp"
#include "recur/train/report.hpp"
#include "recur/train/show_progress.hpp"

namespace recur::inline RECUR_ABI::detail::fitting {

/// The figures of an epoch in a checkpoint, in this order.
template <class F>
void visit(EpochReport& epoch, F&& f) {
  f(epoch.epoch), f(epoch.rate), f(epoch.training_loss), f(epoch.validation_loss), f(epoch.metric);
  f(epoch.mean_norm), f(epoch.max_norm), f(epoch.clipped), f(epoch.steps), f(epoch.skipped);
  f(epoch.seconds), f(epoch.samples_per_second), f(epoch.best), f(epoch.first_loss);
}
inline constexpr Index epoch_figures = 14;

/// Options and data of a run.
struct Circumstances {
  double seed_low, seed_high, batch_size, accumulate, window, interval, metric, lower_metric_is_better;
  double threads, ranks, clip_norm, clip_value;
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
        threads(options.threads),
        ranks(ranks::size(options.ranks)),
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
  /// What may differ. The result then differs from that of a run that never stopped.
  void visit_free(auto&& f) {
    f("options.threads", threads), f("options.ranks", ranks);
    f("options.clip_norm", clip_norm), f("options.clip_value", clip_value);
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

/// Keeps the checkpoints of a run (train/fit_run.hpp).
template <class Run>
class CheckpointKeeper final : public Keeper {
 public:
  CheckpointKeeper(CheckpointStore& store, Run& run)
      : store_(store), run_(run), circumstances_(run.options, run.task.data_facts()) {}

  bool begin() override {
    if (run_.options.checkpoint.resume && resume()) return true;
    require(
        !ranks::any(run_.options.ranks, ranks::rank(run_.options.ranks) == 0 && !store_.is_empty()),
        "there are checkpoints of a run already: go on with it (checkpoint.resume), or keep them elsewhere");
    save();
    return false;
  }

  /// If a checkpoint can't be kept, the training goes on without it. None is kept of weights that are not finite: no
  /// training goes on from there, and the last good one would go in its place. All ranks have the same weights.
  void keep(Moment moment) override {
    const std::pair now(run_.at.epoch, run_.at.sums.steps);
    if (!ranks::any(run_.options.ranks, is_due(moment)) || std::exchange(tried_, now) == now) return;
    if (const std::string lost = run_.task.first_non_finite(); !lost.empty()) {
      since_checkpoint_ = {};
      if (!std::exchange(told_, true) && ranks::rank(run_.options.ranks) == 0)
        warn(detail::message("after step ", run_.at.steps, " no checkpoint was kept: parameter ", lost,
                             " is not finite"));
      return;
    }
    try {
      save();
    } catch (const std::exception& error) {
      warn(detail::message("after step ", run_.at.steps, " no checkpoint was kept: ", error.what()));
      since_checkpoint_ = {};
    }
  }

 private:
  bool is_due(Moment moment) const {
    const CheckpointOptions& when = run_.options.checkpoint;
    const Index epochs = std::ssize(run_.report.epochs);
    return moment == Moment::end ||
           (moment == Moment::epoch && when.every_epochs > 0 && epochs % when.every_epochs == 0) ||
           (when.every_steps > 0 && run_.at.steps % when.every_steps == 0) ||
           (when.every_minutes > 0 && since_checkpoint_.seconds() >= 60 * when.every_minutes);
  }

  /// The newest checkpoint that is whole. Rank 0 looks first, since it puts aside those that are damaged.
  std::unique_ptr<SavedRun> newest() {
    std::unique_ptr<SavedRun> saved;
    for (const bool first : {true, false}) {
      if ((ranks::rank(run_.options.ranks) == 0) == first)
        saved = store_.newest([&](const std::string& what) { warn(what); });
      ranks::any(run_.options.ranks, false);  // the others wait
    }
    ranks::check_same(run_.options.ranks, saved != nullptr, "other checkpoints",
                      "all ranks must see the same folder");
    return saved;
  }

  /// Goes on from the newest checkpoint. Returns false if there is none. It checks everything first.
  bool resume() {
    const auto saved = newest();
    if (!saved) return false;
    typename Run::Position at;
    Circumstances circumstances = circumstances_;
    auto position = numbers_of(at), options = numbers_of(circumstances);
    RunState state;
    list_numbers(state, at, position);
    list_numbers(state, circumstances, options);
    saved->read(state, false);
    // Two checkpoints differ at least in the seconds that they took.
    const Index sum = static_cast<Index>(
        checksum({reinterpret_cast<const char*>(position.data()), position.size() * sizeof(double)}));
    ranks::check_same(run_.options.ranks, sum, "another newest checkpoint",
                      "all ranks must see the same folder");
    take_numbers(position, at);
    take_numbers(options, circumstances);
    check_same(circumstances);
    const auto [epochs, figures] = saved->size_of("history");
    if (figures != epoch_figures || epochs != at.epoch - 1 || at.best_epoch > epochs ||
        at.sums.steps > at.steps_of_epoch)
      throw FileError("the history in the checkpoint does not fit its epoch and step");
    history_.resize(epochs, epoch_figures);
    state.add("history", detail::parameter_of(history_));
    saved->read(state, false);
    std::vector<EpochReport> before(static_cast<std::size_t>(epochs));
    for (Index row = 0; row < epochs; ++row) {
      Index k = 0;
      visit(before[static_cast<std::size_t>(row)],
            [&](auto& figure) { take_number("history", history_(row, k++), figure); });
    }
    if (at.sums.steps > 0) {
      const Index steps = run_.arrange(at.epoch);
      require(at.steps_of_epoch == steps, "epoch ", at.epoch, " has ", steps,
              " steps, and in the run of the checkpoint it had ", at.steps_of_epoch,
              ": the training data are others");
    }
    run_.task.list(state, at.kept, saved.get());
    saved->read(state, true);  // the last that may refuse the checkpoint, and the first that changes anything

    run_.at = at;
    run_.report.epochs = std::move(before);
    run_.task.go_on(static_cast<std::uint64_t>(run_.at.steps), run_.at.sums.steps * run_.options.accumulate);
    remember_rates();
    run_.earlier = run_.at.seconds;
    tried_ = {run_.at.epoch, run_.at.sums.steps};
    return true;
  }

  /// All digits of a whole number: two numbers that differ must not look alike.
  static std::string shown(double number) {
    constexpr double exact = 1LL << 53;
    return std::abs(number) <= exact && number == std::floor(number)
               ? detail::message(static_cast<long long>(number))
               : detail::message(number);
  }

  /// Throws if the checkpoint is of a run that this one can't go on with. Warns if it goes on in another way.
  void check_same(Circumstances& then) {
    const auto before = numbers_of(then);
    std::size_t k = 0;
    circumstances_.visit_fixed([&](const char* name, const double& now) {
      const double it_was = before[k++];
      require(now == it_was, "the checkpoint is of a run with other ", name, ": ", shown(it_was),
              ", and here it is ", shown(now));
    });
    circumstances_.visit_free([&](const char* name, const double& now) {
      const double it_was = before[k++];
      if (now != it_was && ranks::rank(run_.options.ranks) == 0)
        warn(detail::message("the checkpoint is of a run with other ", name, ": ", shown(it_was),
                             ", and here it is ", shown(now),
                             "; the result will not be, bit for bit, that of a run that never stopped"));
    });
  }

  /// A schedule with a memory has it again once it was asked for all rates so far.
  void remember_rates() {
    if (!run_.options.schedule) return;
    const bool each_step = run_.options.schedule_interval == Interval::step;
    Index time = 0;
    double loss = nan;
    const auto ask = [&](Index steps) {
      for (Index i = each_step ? steps : std::min<Index>(steps, 1); i > 0; --i)
        run_.options.schedule(time++, loss);
    };
    for (const EpochReport& epoch : run_.report.epochs) {
      ask(epoch.steps);
      loss = run_.loss_of(epoch);
    }
    ask(run_.at.sums.steps);
  }

  void save() {
    run_.at.seconds = run_.seconds();
    auto position = numbers_of(run_.at), options = numbers_of(circumstances_);
    RunState state;
    list_numbers(state, run_.at, position);
    list_numbers(state, circumstances_, options);
    history_.resize(static_cast<Index>(run_.report.epochs.size()), epoch_figures);
    for (Index row = 0; row < history_.rows(); ++row) {
      Index k = 0;
      visit(run_.report.epochs[static_cast<std::size_t>(row)],
            [&](const auto& figure) { history_(row, k++) = static_cast<double>(figure); });
    }
    state.add("history", detail::parameter_of(history_));
    run_.task.list(state, run_.at.kept, nullptr);
    if (ranks::rank(run_.options.ranks) == 0) store_.save(state, run_.at.steps);
    since_checkpoint_ = {};
  }

  void warn(const std::string& what) {
    if (run_.options.checkpoint.on_warning)
      run_.options.checkpoint.on_warning(what);
    else if (run_.display)
      run_.display->note(what);
    else
      std::cerr << what << std::endl;
  }

  CheckpointStore& store_;
  Run& run_;
  Circumstances circumstances_;
  decltype(Run::watch) since_checkpoint_{};
  std::pair<int, Index> tried_{1, 0};  // epoch and step of the last checkpoint, also if it could not be kept
  bool told_ = false;                  // that weights are not finite: it is said once
  MatrixX<double> history_{};          // figures of whole epochs in a checkpoint
};

template <class Run>
std::unique_ptr<Keeper> keep_checkpoints(CheckpointStore& store, Run& run) {
  return std::make_unique<CheckpointKeeper<Run>>(store, run);
}

}  // namespace recur::inline RECUR_ABI::detail::fitting
