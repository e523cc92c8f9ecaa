// The options of `fit`, and its report.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/parameters.hpp"
#include "recur/train/checkpoint.hpp"
#include "recur/train/clip.hpp"
#include "recur/train/metric.hpp"
#include "recur/train/trainer.hpp"

namespace recur::inline RECUR_ABI {

/// How often a schedule gives a new rate.
enum class Interval { epoch, step };

/// What happened in a step, for FitOptions::on_step.
struct StepReport {
  int epoch = 0;           ///< from 1
  Index step = 0, of = 0;  ///< within the epoch, from 1
  double rate = 0;
  StepResult result;
};

/// What happened in an epoch. Numbers that don't apply are NaN.
struct EpochReport {
  int epoch = 0;  ///< from 1
  double rate = 0;
  double training_loss = 0,
         validation_loss = 0;  ///< means over samples or steps, as `evaluate` gives them,
                               ///< also if the training uses a sum over the batch
  double metric = 0;
  double mean_norm = 0, max_norm = 0;  ///< of the gradient, before clipping
  double clipped = 0;                  ///< fraction of the steps
  Index steps = 0, skipped = 0;
  double seconds = 0;             ///< training and validation
  double samples_per_second = 0;  ///< training alone; for a long text, tokens
  bool best = false;              ///< better than every epoch before
};

/// Why `fit` ended: after its last epoch, since the validation no longer became better, since a callback said so, or at Ctrl-C.
enum class Stopped { at_the_end, early, by_callback, by_interrupt };

/// What `fit` did, epoch by epoch.
struct FitReport {
  std::vector<EpochReport> epochs;
  /// Counted from 1. It is the epoch with the best metric or, without a metric, with the lowest validation
  /// loss; the model has its weights. Without a metric and without validation it is the last whole epoch. The
  /// model then has the weights of the last step, which is later if the training stopped within an epoch. 0
  /// if there is no best epoch: no epoch was whole, or no metric or loss was a number.
  int best_epoch = 0;
  Stopped stopped = Stopped::at_the_end;
  Index steps = 0, skipped = 0;
  double seconds = 0;

  /// Throws std::out_of_range if there is no best epoch.
  const EpochReport& best() const {
    if (best_epoch < 1 || static_cast<std::size_t>(best_epoch) > epochs.size())
      throw std::out_of_range(
          detail::message("there is no best epoch: ", epochs.size(), " epochs were whole, and ",
                          "none of them had a metric or validation loss that is a number"));
    return epochs[static_cast<std::size_t>(best_epoch - 1)];
  }
};

/// A function of the parameters of a model and of its gradient, for models of float, of double, or of both.
class OnGradient {
 public:
  template <class S>
  using Function = std::function<void(const Parameters<S>& model, const Parameters<S>& gradient)>;

  OnGradient() = default;
  template <class F>
  requires std::constructible_from<Function<float>, F> || std::constructible_from<Function<double>, F>
  OnGradient(F f) {
    if constexpr (std::constructible_from<Function<float>, F>) in_float_ = f;
    if constexpr (std::constructible_from<Function<double>, F>) in_double_ = std::move(f);
  }

  explicit operator bool() const { return in_float_ || in_double_; }
  /// Throws std::invalid_argument if the function is for the other scalar.
  template <class S>
  operator Function<S>() const {
    const auto& f = [&]() -> const Function<S>& {
      if constexpr (std::same_as<S, float>)
        return in_float_;
      else
        return in_double_;
    }();
    require(f != nullptr, "on_gradient takes parameters of another scalar than the model, which is in ",
            detail::precision_of<S>);
    return f;
  }

 private:
  Function<float> in_float_;
  Function<double> in_double_;
};

/// `fit` works on a copy, so a schedule with a memory, such as Plateau, starts again each time.
struct FitOptions {
  int epochs = 10;
  Index batch_size = 32;
  Index accumulate = 1;  ///< this many batches make one update, as one batch of all their examples would: for
                         ///< batches that memory can't hold

  // The options of the Trainer that makes the steps. TrainerOptions explains them and has their defaults.
  // They stand here one by one, since {.epochs = 5, .clip_norm = 1} is what one wants to write: C++ allows no
  // designator for a member of a base class, and a member that has them all makes users write one more pair
  // of braces.
  int threads = TrainerOptions().threads;
  std::uint64_t seed = TrainerOptions().seed;  ///< also of the order of the examples
  double clip_norm = TrainerOptions().clip_norm;
  double clip_value = TrainerOptions().clip_value;
  Ranks* ranks = TrainerOptions().ranks;  ///< rank 0 alone shows progress; callbacks run on each
  bool skip_non_finite = TrainerOptions().skip_non_finite;  ///< an epoch is never the best if its validation
                                                            ///< loss or weights are not finite

  /// rate(time, loss): time counts epochs or steps from 0. loss is the loss of the last epoch, on the
  /// validation examples if there are any; before the first epoch ends it is NaN. Empty: the optimizer keeps
  /// its rate. A rate of 0 is legal: the weights stay.
  std::function<double(Index time, double loss)> schedule{};
  Interval schedule_interval = Interval::epoch;

  int patience = 0;  ///< stop after this many epochs without a better one; 0: never stop
  /// Measured after each epoch: Accuracy{}, F1{}, ... on the validation examples, or a function of yours
  /// without arguments.
  Metric metric{};
  std::string metric_name{};  ///< for the progress; empty: what the metric calls itself
  bool lower_metric_is_better = false;

  /// Called after the gradient of each step, before the gradient is measured and clipped. It may change the
  /// numbers of the weights or of the gradient in place, for example to add noise or a second loss. It must
  /// not assign the model.
  OnGradient on_gradient{};
  std::function<bool(const StepReport&)> on_step{};    ///< after each step; false stops the training
  std::function<bool(const EpochReport&)> on_epoch{};  ///< after each epoch; false stops the training
  bool show_progress = false;                          ///< on the standard error stream
  bool stop_on_interrupt = false;  ///< let Ctrl-C or SIGTERM end the training after its step: see Interrupt

  /// From time to time, keep all that is needed to go on later. See docs/checkpoints.md.
  CheckpointOptions checkpoint{};

  Index window = 100;  ///< this many batches are drawn together and sorted by length: see Batching

  TrainerOptions trainer() const {
    return {.threads = threads,
            .clip_norm = clip_norm,
            .clip_value = clip_value,
            .skip_non_finite = skip_non_finite,
            .seed = seed,
            .ranks = ranks};
  }
};

}  // namespace recur::inline RECUR_ABI
