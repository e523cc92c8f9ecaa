// The options of `fit`, without the templates that they take the addresses of: train/fit_options.hpp has both.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/parameters.hpp"
#include "recur/train/checkpoint.hpp"
#include "recur/train/clip.hpp"
#include "recur/train/metric.hpp"
#include "recur/train/report.hpp"
#include "recur/train/show_progress.hpp"
#include "recur/train/trainer.hpp"

namespace recur::inline RECUR_ABI {

/// How often a schedule gives a new rate.
enum class Interval { epoch, step };

/// What happened in a step, for FitOptions::on_step.
struct StepReport {
  int epoch = 0;           ///< from 1
  Index step = 0, of = 0;  ///< within the epoch, from 1
  double rate = 0;         ///< of the optimizer in this step
  StepResult result;       ///< loss, norm of the gradient, whether it was clipped or left out
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
  int epochs = 10;        ///< how often it goes through all examples, at least 1
  Index batch_size = 32;  ///< samples of a batch; one batch of an epoch may be smaller
  Index accumulate = 1;  ///< this many batches make one update, as one batch of all their examples would: for
                         ///< batches that memory can't hold

  // The options of the Trainer that makes the steps. TrainerOptions explains them and has their defaults.
  // They stand here one by one, since {.epochs = 5, .clip_norm = 1} is what one wants to write: C++ allows no
  // designator for a member of a base class, and a member that has them all makes users write one more pair
  // of braces.
  int threads = TrainerOptions().threads;  ///< that share a batch
  std::uint64_t seed =
      TrainerOptions().seed;  ///< also of the order of the examples; each fit starts from it again
  double clip_norm = TrainerOptions().clip_norm;    ///< largest 2-norm of the whole gradient
  double clip_value = TrainerOptions().clip_value;  ///< largest absolute value in the gradient
  Ranks* ranks = TrainerOptions().ranks;            ///< rank 0 alone shows progress; callbacks run on each
  bool skip_non_finite = TrainerOptions().skip_non_finite;  ///< an epoch is never the best if its validation
                                                            ///< loss or weights are not finite

  /// rate(time, loss): time counts epochs or steps from 0. loss is the loss of the last epoch, on the
  /// validation examples if there are any; before the first epoch ends it is NaN. Empty: the optimizer keeps
  /// its rate. A rate of 0 is legal: the weights stay.
  std::function<double(Index time, double loss)> schedule{};
  Interval schedule_interval = Interval::epoch;  ///< what its time counts

  int patience = 0;  ///< stop after this many epochs without a better one; 0: never stop
  /// Measured after each epoch: Accuracy{}, F1{}, ... or a function of yours of `const Answers&`, on the validation
  /// examples; or a function of yours without arguments.
  Metric metric{};
  std::string metric_name{};  ///< for the progress; empty: what the metric calls itself
  /// For a function without arguments that measures an error. With ranks, the metric that rank 0 measured counts.
  bool lower_metric_is_better = false;

  /// Called after the gradient of each step, before the gradient is measured and clipped. It may change the
  /// numbers of the weights or of the gradient in place, for example to add noise or a second loss. It must
  /// not assign the model.
  OnGradient on_gradient{};
  std::function<bool(const StepReport&)> on_step{};    ///< after each step; false stops the training
  std::function<bool(const EpochReport&)> on_epoch{};  ///< after each epoch; false stops the training
  /// On the standard error stream: the epochs, and what seems to go wrong (train/diagnosis.hpp).
  ShowProgress show_progress{};
  bool stop_on_interrupt = false;  ///< let Ctrl-C or SIGTERM end the training after its step: see Interrupt

  /// From time to time, keep all that is needed to go on later. See docs/checkpoints.md.
  CheckpointOptions checkpoint{};

  Index window = 100;  ///< this many batches are drawn together and sorted by length: see Batching

  /// Those of these options that a Trainer takes.
  TrainerOptions trainer() const {
    // This does not compile if TrainerOptions gets a seventh option: it must then stand here too.
    [[maybe_unused]] const auto& [a, b, c, d, e, f] = TrainerOptions();
    return {.threads = threads,
            .clip_norm = clip_norm,
            .clip_value = clip_value,
            .skip_non_finite = skip_non_finite,
            .seed = seed,
            .ranks = ranks};
  }
};

}  // namespace recur::inline RECUR_ABI
