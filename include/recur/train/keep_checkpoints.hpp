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
#include <iostream>
#include <limits>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/train/checkpoint.hpp"
#include "recur/train/fit_options.hpp"
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

/// What must be the same if a run goes on.
struct Circumstances {
  double seed_low, seed_high, batch_size, accumulate, window;
  std::array<double, 2> data;

  void visit(auto&& f) {
    f("options.seed_low", seed_low), f("options.seed_high", seed_high), f("options.batch_size", batch_size);
    f("options.accumulate", accumulate), f("options.window", window), f("data.examples", data[0]),
        f("data.steps", data[1]);
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

/// Takes a number of a checkpoint. Throws FileError if an integer can't have it.
template <class T>
void take_number(const char* name, double from, T& to) {
  if constexpr (!std::is_floating_point_v<T>) {
    constexpr double largest = std::min(0x1p53, static_cast<double>(std::numeric_limits<T>::max()));
    if (!(from >= 0 && from <= largest && from == std::floor(from)))
      throw FileError(detail::message("the checkpoint's ", name, " is ", from, ", which it can't be"));
  }
  to = static_cast<T>(from);
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
      : store_(store),
        run_(run),
        circumstances_{static_cast<double>(run.options.seed & 0xFFFFFFFFU),
                       static_cast<double>(run.options.seed >> 32U),
                       static_cast<double>(run.options.batch_size),
                       static_cast<double>(run.options.accumulate),
                       static_cast<double>(run.options.window),
                       run.task.data_size()} {}

  bool begin() override {
    if (run_.options.checkpoint.resume && resume()) return true;
    require(
        !ranks::any(run_.options.ranks, ranks::rank(run_.options.ranks) == 0 && !store_.is_empty()),
        "there are checkpoints of a run already: go on with it (checkpoint.resume), or keep them elsewhere");
    save();
    return false;
  }

  /// If a checkpoint can't be kept, the training goes on without it.
  void keep(Moment moment) override {
    const std::pair now(run_.at.epoch, run_.at.sums.steps);
    if (!ranks::any(run_.options.ranks, is_due(moment)) || std::exchange(tried_, now) == now) return;
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
    take_numbers(position, at);
    take_numbers(options, circumstances);
    check_same(circumstances);
    const auto [epochs, figures] = saved->size_of("history");
    if (figures != epoch_figures || epochs != at.epoch - 1 || at.best_epoch > epochs ||
        at.sums.steps > at.steps_of_epoch)
      throw FileError("the history in the checkpoint does not fit its epoch and step");
    history_.resize(epochs, epoch_figures);
    state.add("history", detail::parameter_of(history_));
    run_.task.list(state, at.kept, saved.get());
    saved->read(state, true);

    run_.at = at;
    for (Index row = 0; row < epochs; ++row) {
      Index k = 0;
      visit(run_.report.epochs.emplace_back(),
            [&](auto& figure) { take_number("history", history_(row, k++), figure); });
    }
    run_.task.go_on(static_cast<std::uint64_t>(run_.at.steps), run_.at.sums.steps * run_.options.accumulate);
    remember_rates();
    run_.earlier = run_.at.seconds;
    tried_ = {run_.at.epoch, run_.at.sums.steps};
    return true;
  }

  /// Throws if the checkpoint is of a run that this one can't go on with.
  void check_same(Circumstances& then) {
    const auto before = numbers_of(then);
    circumstances_.visit([&, k = std::size_t{0}](const char* name, const double& now) mutable {
      const double it_was = before[k++];
      require(now == it_was, "the checkpoint is of a run with other ", name, ": ", it_was,
              ", and here it is ", now);
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
  MatrixX<double> history_{};          // figures of whole epochs in a checkpoint
};

template <class Run>
std::unique_ptr<Keeper> keep_checkpoints(CheckpointStore& store, Run& run) {
  return std::make_unique<CheckpointKeeper<Run>>(store, run);
}

}  // namespace recur::inline RECUR_ABI::detail::fitting
