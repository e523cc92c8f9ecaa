// Whether `fit` shows its progress. What shows it is in train/progress_display.hpp.
#pragma once

#include <concepts>
#include <memory>
#include <string>

#include "recur/core/matrix.hpp"
#include "recur/train/report.hpp"

namespace recur::inline RECUR_ABI {

namespace detail::fitting {

struct Run;  // train/fit_run.hpp

/// Shows how a run of `fit` goes.
class Display {
 public:
  virtual ~Display() = default;
  /// After each of the `of` steps of an epoch, with the figures of the epoch so far.
  virtual void step(const EpochReport& so_far, Index of) = 0;
  /// After an epoch, which is the last one in the report of the run.
  virtual void epoch() = 0;
  /// After something was not finite in an epoch, before the exception goes to the caller.
  virtual void not_finite(const EpochReport& unfinished) = 0;
  /// After the training.
  virtual void end() = 0;
  virtual void note(const std::string& text) = 0;
};

/// The display on the standard error stream. It is a template, so only the programs that ask for it compile it.
template <class Run>
std::unique_ptr<Display> display_on_terminal(const Run& run);

}  // namespace detail::fitting

/// Whether `fit` shows its progress on the standard error stream: true or false.
class ShowProgress {
 public:
  using Make = std::unique_ptr<detail::fitting::Display> (*)(const detail::fitting::Run&);

  ShowProgress() = default;
  template <std::same_as<bool> Bool>
  ShowProgress(Bool on)
      : make_(on ? Make(detail::fitting::display_on_terminal<detail::fitting::Run>) : nullptr) {}

  explicit operator bool() const { return make_ != nullptr; }
  /// For `fit`: makes the display of a run.
  Make make() const { return make_; }

 private:
  Make make_ = nullptr;
};

}  // namespace recur::inline RECUR_ABI
