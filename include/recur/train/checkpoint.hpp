// Checkpoints: the whole state of a training run, from which it goes on as if it had never stopped.
//
//   fit(model, optimizer, training, validation,
//       {.epochs = 20, .checkpoint = {.in = checkpoint_folder("run"), .every_steps = 1000, .resume = true}});
//
// `fit` knows only what is in this file. io/checkpoint.hpp keeps checkpoints in a folder.
//
// The state of a run between two updates is small beside its arrays, since all else follows from the options:
//
//   weights, best weights     arrays
//   optimizer                 its moments; its steps, rate and rate factors
//   history                   the figures of the epochs so far, and the sums of the present epoch
//   position                  the epoch, and the updates in it
//   random streams            seed and position: the order of the examples, their noise and what is drawn for an
//                             epoch are split off from the seed by the number of the epoch or update
//   memory of a schedule      the history: the schedule is asked again for the rates of all times so far
//   early stopping            the history
//   a long text               the states in which its rows go on
//
// There is no gradient among them: a checkpoint comes after an update, and so has no batch that waits for others.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "recur/core/compiled.hpp"
#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/parameters.hpp"
#include "recur/train/report.hpp"

namespace recur::inline RECUR_ABI {

/// The arrays of a run by name. It holds places, not numbers: a store of checkpoints copies them from there and to
/// there.
struct RunState {
  std::vector<Parameter<float>> singles{};   ///< the arrays of float
  std::vector<Parameter<double>> doubles{};  ///< the arrays of double

  /// Adds the place of an array, or of a single number.
  void add(std::string name, const ParameterView<float>& p);
  void add(std::string name, const ParameterView<double>& p);
  void add(std::string name, double& number);
};

#if RECUR_DEFINES
RECUR_INLINE void RunState::add(std::string name, const ParameterView<float>& p) {
  singles.push_back({p, std::move(name)});
}
RECUR_INLINE void RunState::add(std::string name, const ParameterView<double>& p) {
  doubles.push_back({p, std::move(name)});
}
RECUR_INLINE void RunState::add(std::string name, double& number) {
  add(std::move(name), {&number, 1, 1, true, false, nullptr});
}
#endif

/// A checkpoint that was found.
class SavedRun {
 public:
  virtual ~SavedRun() = default;
  virtual bool has(std::string_view name) const = 0;
  /// Rows and columns of an array; 0 and 0 if there is none of that name. A vector has one column. Throws FileError for
  /// an array that is neither a vector nor a matrix. If neither number is 0, the checkpoint has as many numbers.
  virtual std::array<Index, 2> size_of(std::string_view name) const = 0;
  /// Copies the arrays of these names to their places. Throws FileError if one is missing or has another size or
  /// type, before it copies anything. With `all` the checkpoint may have no others.
  virtual void read(const RunState& run, bool all) const = 0;
};

/// Where checkpoints are kept. checkpoint_folder makes the usual one.
class CheckpointStore {
 public:
  virtual ~CheckpointStore() = default;
  /// Whether no checkpoint was ever kept here.
  virtual bool is_empty() const = 0;
  /// Keeps the state of a run after its first `steps` updates. If it throws, the earlier checkpoints stay.
  virtual void save(const RunState& run, Index steps) = 0;
  /// The newest checkpoint that is whole; warns of each one that is not. Null if none was kept. Throws FileError if
  /// there are some and none is whole.
  virtual std::unique_ptr<SavedRun> newest(const std::function<void(const std::string&)>& warn) = 0;
};

namespace detail::fitting {

struct Run;  // train/fit_run.hpp

/// When a checkpoint may be due: after a step that does not end its epoch, after an epoch, and at the end of the training.
enum class Moment { step, epoch, end };

/// Keeps the checkpoints of a run of `fit`.
class Keeper {
 public:
  virtual ~Keeper() = default;
  /// Goes on from the newest checkpoint, or keeps the first one. Returns whether it goes on.
  virtual bool begin() = 0;
  /// Keeps a checkpoint if it is due, unless the last attempt was at the same step.
  virtual void keep(Moment moment) = 0;
};

/// Makes a Keeper. It is a template, so only the programs that name a store compile it. It is in
/// train/keep_checkpoints.hpp, which train/fit_options.hpp includes.
template <class Run>
std::unique_ptr<Keeper> keep_checkpoints(CheckpointStore& store, Run& run);

}  // namespace detail::fitting

/// A store of checkpoints, or none.
class CheckpointPlace {
 public:
  CheckpointPlace() = default;
  template <std::convertible_to<std::shared_ptr<CheckpointStore>> Store>
  CheckpointPlace(Store store)
      : store_(std::move(store)), make_(detail::fitting::keep_checkpoints<detail::fitting::Run>) {}

  explicit operator bool() const { return store_ != nullptr; }
  /// For `fit`: what keeps the checkpoints of a run; null if there is no store.
  std::unique_ptr<detail::fitting::Keeper> keeper(detail::fitting::Run& run) const {
    return store_ ? make_(*store_, run) : nullptr;
  }

 private:
  std::shared_ptr<CheckpointStore> store_;
  std::unique_ptr<detail::fitting::Keeper> (*make_)(CheckpointStore&, detail::fitting::Run&) = nullptr;
};

/// When `fit` keeps a checkpoint, and whether it begins with one. Checkpoints come at the beginning, whenever one of
/// these times has passed, and at the end, also if a callback or a signal ends the training.
struct CheckpointOptions {
  CheckpointPlace in{};       ///< for example checkpoint_folder("run"); empty: no checkpoints
  Index every_steps = 0;      ///< updates; 0: not by steps
  int every_epochs = 1;       ///< 0: not by epochs
  double every_minutes = 10;  ///< 0: not by time

  /// Go on from the newest checkpoint, or begin if there is none. Model, optimizer, data and options must be those of
  /// the run. A run that had ended goes on if epochs or patience are larger. With the same number of threads and of
  /// ranks the result is bit-identical to that of a run that was never stopped. Without `resume`, a store that is not
  /// empty is refused: two runs don't mix.
  bool resume = false;

  /// Called if a checkpoint can't be kept during the training, for example on a full disk or since a weight is not
  /// finite, if a damaged one is passed over, or if the run goes on with something that may differ, such as another
  /// number of threads. The training goes on. Empty: a line on the standard error stream. The first checkpoint of a run is
  /// kept before its first step: if that fails, `fit` throws.
  std::function<void(const std::string&)> on_warning{};

  /// Called once if the training goes on from a checkpoint, with what it did before.
  std::function<void(const FitReport&)> on_resume{};
};

namespace detail {

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

}  // namespace detail

}  // namespace recur::inline RECUR_ABI
