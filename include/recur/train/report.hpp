// What a training did, epoch by epoch.
#pragma once

#include <cstddef>
#include <limits>
#include <stdexcept>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"

namespace recur::inline RECUR_ABI {

/// What happened in an epoch. Numbers that don't apply are NaN.
struct EpochReport {
  int epoch = 0;    ///< from 1
  double rate = 0;  ///< of the optimizer, at the end of the epoch
  /// Means over samples or steps, as `evaluate` gives them, also if the training uses a sum over the batch.
  double training_loss = 0, validation_loss = 0;
  double metric = 0;                   ///< what FitOptions::metric measured
  double mean_norm = 0, max_norm = 0;  ///< of the gradient, before clipping
  double clipped = 0;                  ///< fraction of the steps
  Index steps = 0, skipped = 0;        ///< all, and those that changed nothing: see StepResult
  double seconds = 0;                  ///< training and validation
  double samples_per_second = 0;       ///< training alone; for a long text, tokens
  bool best = false;                   ///< better than every epoch before
  /// The loss of the first step that was not skipped. In the first epoch it is that of a model that has learned nothing.
  double first_loss = std::numeric_limits<double>::quiet_NaN();
};

/// Why `fit` ended: after its last epoch, since the validation no longer became better, since a callback said so, or at Ctrl-C.
enum class Stopped { at_the_end, early, by_callback, by_interrupt };

/// What `fit` did, epoch by epoch.
struct FitReport {
  std::vector<EpochReport> epochs;  ///< those that were whole
  /// Counted from 1. It is the epoch with the best metric or, without a metric, with the lowest validation
  /// loss; the model has its weights. Without a metric and without validation it is the last whole epoch. The
  /// model then has the weights of the last step, which is later if the training stopped within an epoch. 0
  /// if there is no best epoch: no epoch was whole, or no metric or loss was a number.
  int best_epoch = 0;
  Stopped stopped = Stopped::at_the_end;  ///< why it ended
  Index steps = 0, skipped = 0;           ///< of the whole training
  double seconds = 0;                     ///< of the whole training

  /// Throws std::out_of_range if there is no best epoch.
  const EpochReport& best() const {
    if (best_epoch < 1 || static_cast<std::size_t>(best_epoch) > epochs.size())
      throw std::out_of_range(
          detail::message("there is no best epoch: ", epochs.size(), " epochs were whole, and ",
                          "none of them had a metric or validation loss that is a number"));
    return epochs[static_cast<std::size_t>(best_epoch - 1)];
  }
};

}  // namespace recur::inline RECUR_ABI
