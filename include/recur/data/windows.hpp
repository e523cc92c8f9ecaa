// Windows of a series as training examples: some steps to read, and those after them to predict.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/label.hpp"
#include "recur/core/matrix.hpp"

namespace recur::inline RECUR_ABI {

/// Which windows of a series there are.
struct WindowOptions {
  Index length = 64;       ///< L: steps that a window reads
  Index ahead = 1;         ///< H: steps after them that are predicted
  Index stride = 1;        ///< steps from one window to the next
  bool each_step = false;  ///< targets after each step that is read (many to many), not only after the last
  /// For each value: the part of the last value read that is subtracted from the targets. With 1, the model predicts
  /// the change of the value; with 0, the value itself. Empty: 0 for all.
  std::vector<double> carried = {};

  /// What the windows predict lies in steps first, ..., last - 1; they may read steps before `first`. Training
  /// on one part of a series and measuring on a later one are two Windows. last < 0: the end of the series.
  Index first = 0, last = -1;
};

/// Windows of a series. Each value of the series is stored once, not L times. A value that is ignored_number<S>
/// (core/label.hpp) is an ignored target, also if only the change from it is to be predicted. What is read must be known:
/// a model refuses a window with such a number among its inputs. Fill the gaps of `inputs`, and leave those of `values`.
///
///   reads x_{t-L+1}, ..., x_t      predicts y_{t+h} - carried · y_t, h = 1, ..., H
///
/// x: inputs, I × T. y: values, C × T, of the same steps. The last step that a window reads, t, is its
/// origin. Nothing after it is in its input.
///
/// Throws std::invalid_argument for x and y of different lengths, for a length, stride or `ahead` below 1, and if
/// there is no window.
template <std::floating_point S>
class Windows {
 public:
  Windows(MatrixX<S> inputs, MatrixX<S> values, WindowOptions options)
      : inputs_(std::move(inputs)), values_(std::move(values)), options_(options) {
    require(inputs_.cols() == values_.cols(), "inputs of ", inputs_.cols(),
            " steps were given with values of ", values_.cols(), ": they must be equal");
    require(options.length > 0 && options.ahead > 0 && options.stride > 0, "windows of length ",
            options.length, ", ", options.ahead, " ahead, with stride ", options.stride,
            ": all must be at least 1");
    require(options_.carried.empty() || static_cast<Index>(options_.carried.size()) == values_.rows(),
            options_.carried.size(), " numbers were given in `carried` for ", values_.rows(),
            " values: they must be equal, or none");
    const Index last = options.last < 0 ? values_.cols() : options.last;
    const Index before = options.each_step ? options.length - 1 : 0;  // steps with targets of their own
    const bool lies_within = options.first >= 0 && options.first < last && last <= values_.cols() &&
                             options.length <= last && options.ahead < last;
    if (lies_within) first_ = std::max(options.first + before, options.length) - 1;
    require(lies_within && first_ + options.ahead < last, "a window needs ", options.length,
            " steps to read and ", options.ahead, " to predict: steps ", options.first, " to ", last,
            " of a series of ", values_.cols(), " have none");
    size_ = (last - 1 - options.ahead - first_) / options.stride + 1;
  }

  Index size() const { return size_; }
  const WindowOptions& options() const { return options_; }  ///< as they were given
  const MatrixX<S>& inputs() const { return inputs_; }
  const MatrixX<S>& values() const { return values_; }

  /// The last step that window i reads. These throw std::out_of_range unless 0 <= i < size().
  Index origin(Index i) const {
    detail::check_index("window", i, size_);
    return first_ + i * options_.stride;
  }
  /// I × L, a part of the series.
  auto input(Index i) const { return inputs_.middleCols(origin(i) - options_.length + 1, options_.length); }
  /// (H·C) × 1 or, with each_step, (H·C) × L: the next H steps one after the other, after the last step or after each.
  MatrixX<S> targets(Index i) const {
    constexpr S ignored = ignored_number<S>;
    const Index steps = options_.each_step ? options_.length : 1;
    MatrixX<S> all(options_.ahead * values_.rows(), steps);
    for (Index s = 0; s < steps; ++s) {
      const Index t = origin(i) - steps + 1 + s;
      for (Index h = 0; h < options_.ahead; ++h) {
        auto target = all.col(s).segment(h * values_.rows(), values_.rows());
        target = values_.col(t + 1 + h);
        for (Index c = 0; c < std::ssize(options_.carried); ++c) {
          const auto part = static_cast<S>(options_.carried[static_cast<std::size_t>(c)]);
          const S last = values_(c, t);
          if (part == 0 || target(c) == ignored) continue;
          target(c) = last == ignored ? ignored : target(c) - part * last;  // the change is not known either
        }
      }
    }
    return all;
  }

  /// An example is the number of a window. The Windows must live as long as it.
  struct Example {
    const Windows* windows;
    Index number;

    auto input() const { return windows->input(number); }
    MatrixX<S> target() const { return windows->targets(number); }
  };
  std::vector<Example> examples() const {
    std::vector<Example> all;
    for (Index i = 0; i < size_; ++i) all.push_back({this, i});
    return all;
  }

 private:
  MatrixX<S> inputs_, values_;
  WindowOptions options_;
  Index first_ = 0, size_ = 0;
};

/// A model of sequences, ManyToOne or ManyToMany, that learns from windows. It makes the examples of a batch when the
/// batch needs them. So a series of a million steps needs its own memory, and not that of all its windows.
///
///   OnWindows model{ManyToOne{Recurrent{Gru<float>{1, 32}}, Pooling::last, Dense<float>{32, 24},
///                             SquaredError<float>{}}};
///   fit(model, optimizer, windows.examples(), later_windows.examples(), {...});
template <class Model>
class OnWindows : public Model {
 public:
  using typename Model::Batch;
  using Example = typename Windows<typename Model::Scalar>::Example;

  explicit OnWindows(Model model) : Model(std::move(model)) {}

  static Index length(const Example& example) { return example.windows->options().length; }

  /// Throws what the model throws for the example that it makes of the window.
  void check(const Example& example) const { Model::check(made(example)); }

  static void assemble(std::span<const Example> examples, std::span<const Index> rows, Batch& batch) {
    std::vector<typename Model::Example> some;
    for (const Index row : rows) some.push_back(made(examples[static_cast<std::size_t>(row)]));
    std::vector<Index> all(rows.size());
    std::iota(all.begin(), all.end(), Index{0});
    Model::assemble(some, all, batch);
  }

 private:
  static typename Model::Example made(const Example& example) {
    return {example.windows->input(example.number), example.windows->targets(example.number)};
  }
};

}  // namespace recur::inline RECUR_ABI
