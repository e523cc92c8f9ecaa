// A batch of sequences of any lengths, without padding.
//
// The samples are sorted by length, longest first, and their steps lie one after the other in time:
//
//   lengths 2, 4, 3  ->  sorted 4, 3, 2          columns of the matrix
//                        sample 1  a b c d       step 0   step 1   step 2  step 3
//                        sample 2  e f g         a e h    b f i    c g     d
//                        sample 0  h i
//
// Step t is a contiguous block of `batch_size(t)` columns, its sample n stands right below sample n
// of every earlier step, and the cost of a batch is its real steps. There is no padding that a
// result could depend on. Users name samples in their own order; the sorting stays inside.
#pragma once

#include <algorithm>
#include <numeric>
#include <span>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"

namespace recur {

/// Sorts indices by the lengths that they point to, longest first; those of one length keep their order.
inline void sort_by_length(std::span<Index> indices, std::span<const Index> lengths) {
  std::stable_sort(indices.data(), indices.data() + indices.size(), [lengths](Index a, Index b) {
    return lengths[static_cast<std::size_t>(a)] > lengths[static_cast<std::size_t>(b)];
  });
}

/// Where each step of each sample stands in a ragged batch.
class Layout {
 public:
  Layout() = default;

  /// Throws std::invalid_argument for an empty batch and for a length below one.
  explicit Layout(std::span<const Index> lengths) {
    require(!lengths.empty(), "a batch must hold at least one sequence, but it is empty");
    for (std::size_t b = 0; b < lengths.size(); ++b)
      require(lengths[b] > 0, "sequence ", b, " of the batch has length ", lengths[b],
              ": the shortest legal length is 1");
    order_.resize(lengths.size());
    std::iota(order_.begin(), order_.end(), Index{0});
    sort_by_length(order_, lengths);
    lengths_.reserve(lengths.size());
    for (const Index b : order_) lengths_.push_back(lengths[static_cast<std::size_t>(b)]);
    offsets_.assign(1, 0);
    Index alive = batch();
    for (Index t = 0; t < lengths_[0]; ++t) {
      while (lengths_[static_cast<std::size_t>(alive - 1)] <= t) --alive;
      offsets_.push_back(offsets_.back() + alive);
    }
  }

  /// A batch of `batch` samples that all have `steps` steps, in the order given.
  Layout(Index batch, Index steps) { assign(batch, steps); }
  void assign(Index batch, Index steps) {
    require(batch > 0 && steps > 0, "a batch of ", batch, " sequences of length ", steps,
            ": both must be at least 1");
    order_.resize(static_cast<std::size_t>(batch));
    std::iota(order_.begin(), order_.end(), Index{0});
    lengths_.assign(static_cast<std::size_t>(batch), steps);
    offsets_.resize(static_cast<std::size_t>(steps + 1));
    for (std::size_t t = 0; t < offsets_.size(); ++t) offsets_[t] = static_cast<Index>(t) * batch;
  }

  Index batch() const { return static_cast<Index>(lengths_.size()); }
  Index steps() const { return static_cast<Index>(offsets_.size()) - 1; }
  /// All real steps of all samples: N of the legend.
  Index columns() const { return offsets_.back(); }
  /// Column of the first sample at step t; offset(steps()) is one past the last column.
  Index offset(Index t) const { return offsets_[static_cast<std::size_t>(t)]; }
  /// Samples that have a step t; none at t = steps().
  Index batch_size(Index t) const { return t < steps() ? offset(t + 1) - offset(t) : 0; }
  /// Length of the n-th longest sample.
  Index length(Index n) const { return lengths_[static_cast<std::size_t>(n)]; }
  /// The user's index of the n-th longest sample.
  Index user_index(Index n) const { return order_[static_cast<std::size_t>(n)]; }

  bool operator==(const Layout&) const = default;

 private:
  std::vector<Index> lengths_, order_;
  std::vector<Index> offsets_{0};
};

/// A ragged batch of feature vectors (S is float or double, F × N) or of tokens (S is Token, 1 × N).
///
///   Sequence<float> x({first, second});             // matrices of F × length, one a sample
///   Sequence<float> x(steps, batch);                // F × (T·B), equal lengths, column t·B + b
///   Sequence<Token> x({{4, 2, 7}, {1, 3}});         // token lists
///
/// Throws std::invalid_argument for an empty batch, a sequence of length zero, samples that differ in
/// their number of features, and values that are not finite.
template <class S>
class Sequence {
 public:
  Sequence() = default;

  /// Matrices, one a sample.
  explicit Sequence(std::span<const Matrix<S>> samples) requires std::floating_point<S> { assign(samples); }
  explicit Sequence(const std::vector<Matrix<S>>& samples) requires std::floating_point<S> {
    assign(std::span(samples));
  }
  Sequence(std::initializer_list<Matrix<S>> samples) requires std::floating_point<S> {
    assign(std::span(samples.begin(), samples.size()));
  }

  Sequence(const Matrix<S>& steps, Index batch) {
    require(batch > 0, "a batch of ", batch, " sequences: it must hold at least one");
    require(steps.cols() > 0 && steps.cols() % batch == 0, steps.cols(), " columns can't be ", batch,
            " sequences of one length: they must be a positive multiple of ", batch);
    reshape(steps.rows(), Layout(batch, steps.cols() / batch));
    values() = steps;
    check_finite();
  }

  /// Token lists, one a sample.
  explicit Sequence(std::span<const std::vector<Token>> samples) requires std::same_as<S, Token> {
    assign(samples);
  }
  explicit Sequence(const std::vector<std::vector<Token>>& samples) requires std::same_as<S, Token> {
    assign(std::span(samples));
  }
  Sequence(std::initializer_list<std::vector<Token>> samples) requires std::same_as<S, Token> {
    assign(std::span(samples.begin(), samples.size()));
  }

  Index features() const { return features_; }
  const Layout& layout() const { return layout_; }
  Index batch() const { return layout_.batch(); }
  Index steps() const { return layout_.steps(); }
  Index columns() const { return layout_.columns(); }

  /// All steps of all samples, F × N.
  MatrixMap<S> values() { return {data(), features_, columns()}; }
  ConstMatrixMap<S> values() const { return {data(), features_, columns()}; }
  S* data() { return values_.data(); }
  const S* data() const { return values_.data(); }

  /// The samples that have a step t, F × batch_size(t), the longest first.
  auto step(Index t) { return values().middleCols(layout_.offset(t), layout_.batch_size(t)); }
  auto step(Index t) const { return values().middleCols(layout_.offset(t), layout_.batch_size(t)); }

  /// One sample in time, F × its length, by the user's index.
  Matrix<S> sample(Index b) const {
    for (Index n = 0; n < batch(); ++n) {
      if (layout_.user_index(n) != b) continue;
      Matrix<S> steps(features_, layout_.length(n));
      for (Index t = 0; t < steps.cols(); ++t) steps.col(t) = values().col(layout_.offset(t) + n);
      return steps;
    }
    throw std::out_of_range(message("sample ", b, " of a batch of ", batch()));
  }

  /// Takes sizes; the values are then unspecified. Allocates only when it grows.
  void reshape(Index features, const Layout& layout) {
    features_ = features;
    layout_ = layout;
    values_.at_least(features * columns());
  }

 private:
  template <class Sample>
  void assign(std::span<const Sample> samples) {
    static thread_local std::vector<Index> lengths;
    lengths.clear();
    for (const auto& sample : samples) lengths.push_back(length(sample));
    const Layout layout{std::span<const Index>(lengths)};
    const Index features = height(samples[0]);
    for (std::size_t b = 0; b < samples.size(); ++b)
      require(height(samples[b]) == features, "sequence ", b, " of the batch has ", height(samples[b]),
              " features, but sequence 0 has ", features, ": they must be equal");
    reshape(features, layout);
    for (Index n = 0; n < batch(); ++n) {
      const auto& sample = samples[static_cast<std::size_t>(layout_.user_index(n))];
      for (Index t = 0; t < layout_.length(n); ++t) copy(sample, t, values().col(layout_.offset(t) + n));
    }
    check_finite();
  }
  static Index length(const Matrix<S>& sample) { return sample.cols(); }
  static Index height(const Matrix<S>& sample) { return sample.rows(); }
  static void copy(const Matrix<S>& sample, Index t, auto column) { column = sample.col(t); }
  static Index length(const std::vector<Token>& sample) { return static_cast<Index>(sample.size()); }
  static Index height(const std::vector<Token>&) { return 1; }
  static void copy(const std::vector<Token>& sample, Index t, auto column) {
    column(0) = sample[static_cast<std::size_t>(t)];
  }

  void check_finite() const {
    if constexpr (std::floating_point<S>)
      for (Index c = 0; c < columns(); ++c)
        for (Index f = 0; f < features_; ++f)
          require(std::isfinite(values()(f, c)), "feature ", f, " of the input is ", values()(f, c),
                  ": every value must be finite");
  }

  Index features_ = 0;
  Layout layout_;
  Buffer<S> values_;
};

}  // namespace recur
