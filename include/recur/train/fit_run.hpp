// What the parts of `fit` share while it runs: the loop, what shows its progress, and what keeps checkpoints.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "recur/core/random.hpp"
#include "recur/train/checkpoint.hpp"
#include "recur/train/fit_settings.hpp"
#include "recur/train/gradient_flow.hpp"
#include "recur/train/report.hpp"
#include "recur/train/show_progress.hpp"

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

  /// The facts of training and validation data. Those of data that are drawn anew are empty.
  virtual std::array<DataFacts, 2> data_facts() const = 0;
  /// Lists the arrays of a checkpoint: weights, optimizer, the weights that were kept. To read from a checkpoint,
  /// those whose size follows from it are brought to that size.
  virtual void list(RunState& run, bool kept, const SavedRun* from) = 0;
  /// Goes on from the arrays that were read, after the first `steps` updates and before a batch of the epoch.
  virtual void go_on(std::uint64_t steps, Index batch) = 0;

 protected:
  ~Task() = default;  // nothing deletes a Task by this base
};

inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point begin_ = Clock::now();
};

/// A run of `fit`, as its parts share it.
struct Run {
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

  Task& task;
  const FitOptions options;  // a copy: a schedule may have a memory
  Position at{};
  FitReport report{};
  std::unique_ptr<Display> display{};  // null: nothing is shown
  Stopwatch watch{};
  double earlier = 0;  // seconds of this run before it was resumed
  Random order = Random(options.seed).split(0);
  int arranged = 0;   // the epoch in whose order the data are, and
  Index batches = 0;  // its batches

  double seconds() const { return earlier + watch.seconds(); }
  /// Brings the training data into the order of an epoch, once. Returns the number of its steps.
  Index arrange(int epoch) {
    if (std::exchange(arranged, epoch) != epoch)
      batches = task.arrange(order.split(static_cast<std::uint64_t>(epoch)));
    return (batches - 1) / options.accumulate + 1;
  }
  /// The loss that a schedule sees after an epoch.
  double loss_of(const EpochReport& epoch) const {
    return task.has_validation() ? epoch.validation_loss : epoch.training_loss;
  }
};

}  // namespace recur::inline RECUR_ABI::detail::fitting
