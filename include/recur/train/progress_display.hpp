// What shows the progress of `fit` on the standard error stream: train/progress.hpp and train/diagnosis.hpp. It is a
// template whose address train/show_progress.hpp takes, so only the programs that ask for it compile it.
#pragma once

#include <functional>
#include <memory>
#include <new>
#include <ostream>
#include <string>

#include "recur/core/error.hpp"
#include "recur/train/diagnosis.hpp"
#include "recur/train/fit_settings.hpp"
#include "recur/train/progress.hpp"
#include "recur/train/show_progress.hpp"

namespace recur::inline RECUR_ABI::detail::fitting {

/// Shows how a run goes (train/fit_run.hpp).
template <class Run>
class TerminalDisplay final : public Display {
 public:
  explicit TerminalDisplay(const Run& run) : run_(run), progress_(run.options.epochs) {}

  void step(const EpochReport& so_far, Index of) override { progress_.step(so_far, of); }
  void epoch() override {
    const auto& options = run_.options;
    progress_.epoch(run_.report.epochs.back(),
                    options.metric_name.empty() ? options.metric.name() : options.metric_name);
    warn_of_troubles();
  }
  void not_finite(const EpochReport& unfinished) override {
    progress_.warn(cause_of_non_finite(run_.report.epochs, unfinished));
  }
  void end() override {
    const auto& at = run_.at;
    const Stopped stopped = run_.report.stopped;
    if (stopped == Stopped::at_the_end) {
      if ((run_.options.metric || run_.task.has_validation()) && !at.kept)
        note("no metric or validation loss was a number: the model has the weights of the last step");
      return;
    }
    const char* why = stopped == Stopped::early         ? "nothing got better"
                      : stopped == Stopped::by_callback ? "stopped by a callback"
                                                        : "interrupted";
    note(at.kept ? detail::message(why, ": the model has the weights of epoch ", at.best_epoch)
                 : detail::message(why, ": the model has the weights of the last step"));
  }
  void note(const std::string& text) override { progress_.note(text); }

 private:
  /// Says each trouble once. Some show only in the figures of the last epoch, so it looks at those of each. Every fifth
  /// epoch it may look into the network too.
  void warn_of_troubles() {
    const auto& epochs = run_.report.epochs;
    std::function<GradientReach()> look;
    if (epochs.size() % 5 == 0)
      look = [this]() -> GradientReach {
        try {
          return run_.task.gradient_reach();
        } catch (const std::bad_alloc&) {
          return {};  // a look that memory does not allow must not end the training
        }
      };
    for (const auto& [trouble, text] : diagnose(epochs, look))
      if (const auto bit = 1U << static_cast<unsigned>(trouble); !(told_ & bit)) {
        told_ |= bit;
        progress_.warn(text);
      }
  }

  const Run& run_;
  Progress<std::ostream> progress_;
  unsigned told_ = 0;  // a bit for each Trouble
};

template <class Run>
std::unique_ptr<Display> display_on_terminal(const Run& run) {
  return std::make_unique<TerminalDisplay<Run>>(run);
}

}  // namespace recur::inline RECUR_ABI::detail::fitting
