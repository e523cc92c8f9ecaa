// A batch of sequences of any lengths, without padding.
//
// The samples are sorted by length, the longest first. Their steps follow each other in time:
//
//   lengths 2, 4, 3  ->  sorted 4, 3, 2          columns of the matrix
//                        sample 1  a b c d       step 0   step 1   step 2  step 3
//                        sample 2  e f g         a e h    b f i    c g     d
//                        sample 0  h i
//
// Step t is a contiguous block of `batch_size(t)` columns. Sample n has the same place in the block of every
// step. A batch costs only its real steps. There is no padding that could change a result. Users name samples
// in their own order; the sorting stays inside.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <numeric>
#include <span>
#include <type_traits>
#include <vector>

#include "recur/core/compiled.hpp"
#include "recur/core/error.hpp"
#include "recur/core/label.hpp"
#include "recur/core/matrix.hpp"

namespace recur::inline RECUR_ABI {

/// The column of each step of each sample in a ragged batch.
class Layout {
 public:
  // What many tapes and batches contain is compiled once.
  Layout() noexcept;
  Layout(const Layout& other);
  Layout(Layout&&) noexcept = default;
  /// If memory runs out, nothing changes.
  Layout& operator=(const Layout& other);
  Layout& operator=(Layout&&) noexcept = default;
  ~Layout();

  /// Throws std::invalid_argument for an empty batch and for a length below one.
  explicit Layout(std::span<const Index> lengths);
  /// Sample b gets the length length_of(b). It is called several times for each sample, and must return the same length each
  /// time. If its first calls throw, nothing changes; later ones must not throw. Allocates only when it grows.
  template <std::invocable<Index> F>
  void assign(Index batch, F&& length_of) {
    assign_by(
        batch,
        [](const void* f, Index b) -> Index {
          return (*static_cast<const std::remove_reference_t<F>*>(f))(b);
        },
        &length_of);
  }

  /// A batch of `batch` samples with `steps` steps each, in the given order.
  Layout(Index batch, Index steps) { assign(batch, steps); }
  void assign(Index batch, Index steps);

  Index batch() const { return static_cast<Index>(lengths_.size()); }
  Index steps() const { return std::max<Index>(static_cast<Index>(offsets_.size()), 1) - 1; }
  /// All real steps of all samples: the N of core/matrix.hpp.
  Index columns() const { return offsets_.empty() ? 0 : offsets_.back(); }
  // The functions of an index throw std::out_of_range if there is no such step or sample.

  /// Column of the first sample at step t; offset(steps()) is one past the last column.
  Index offset(Index t) const { return t == 0 ? 0 : at(offsets_, "the offset of step", t); }
  /// The number of samples that have a step t; 0 at t = steps().
  Index batch_size(Index t) const { return t == steps() ? 0 : offset(t + 1) - offset(t); }
  /// Length of the n-th longest sample.
  Index length(Index n) const { return at(lengths_, "sample", n); }
  /// The user's index of the n-th longest sample.
  Index user_index(Index n) const { return at(order_, "sample", n); }
  /// The place n of the user's sample b: user_index(n) is b.
  Index place(Index b) const { return at(places_, "sample", b); }

  RECUR_NOINLINE bool operator==(const Layout&) const = default;

 private:
  static Index at(const std::vector<Index>& numbers, const char* what, Index i) {
    detail::check_index(what, i, static_cast<Index>(numbers.size()));
    return numbers[static_cast<std::size_t>(i)];
  }
  void assign_by(Index batch, Index (*length_of)(const void* context, Index b), const void* context);
  /// All memory that `batch` samples of at most `steps` steps need: what follows can't throw.
  void reserve(Index batch, Index steps);

  std::vector<Index> lengths_, order_, places_;
  std::vector<Index> offsets_;  // one more than steps; none without samples
};

#if RECUR_DEFINES
RECUR_INLINE Layout::Layout() noexcept = default;
RECUR_INLINE Layout::Layout(const Layout& other) = default;
RECUR_INLINE Layout::~Layout() = default;
RECUR_INLINE Layout::Layout(std::span<const Index> lengths) {
  assign(static_cast<Index>(lengths.size()), [&](Index b) { return lengths[static_cast<std::size_t>(b)]; });
}
RECUR_INLINE void Layout::assign(Index batch, Index steps) {
  require(batch > 0 && steps > 0, "a batch of ", batch, " sequences of length ", steps,
          ": both must be at least 1");
  require(batch <= std::numeric_limits<Index>::max() / steps, "a batch of ", batch, " sequences of length ",
          steps, ": it has more steps than can be counted");
  reserve(batch, steps);
  order_.resize(static_cast<std::size_t>(batch));
  std::iota(order_.begin(), order_.end(), Index{0});
  places_ = order_;
  lengths_.assign(static_cast<std::size_t>(batch), steps);
  offsets_.resize(static_cast<std::size_t>(steps + 1));
  for (std::size_t t = 0; t < offsets_.size(); ++t) offsets_[t] = static_cast<Index>(t) * batch;
}
RECUR_INLINE void Layout::reserve(Index batch, Index steps) {
  require(steps < static_cast<Index>(offsets_.max_size()), "a sequence of length ", steps,
          ": it has more steps than can be counted");
  require(batch < static_cast<Index>(lengths_.max_size()), "a batch of ", batch,
          " sequences: it has more than can be counted");
  for (auto* numbers : {&order_, &places_, &lengths_}) numbers->reserve(static_cast<std::size_t>(batch));
  offsets_.reserve(static_cast<std::size_t>(steps) + 1);
}
RECUR_INLINE Layout& Layout::operator=(const Layout& other) {
  if (this == &other) return *this;
  reserve(other.batch(), other.steps());
  lengths_ = other.lengths_;
  order_ = other.order_;
  places_ = other.places_;
  offsets_ = other.offsets_;
  return *this;
}
RECUR_INLINE void Layout::assign_by(Index batch, Index (*length_of)(const void*, Index),
                                    const void* context) {
  require(batch > 0, "a batch must hold at least one sequence, but it is empty");
  Index longest = 0, total = 0;
  for (Index b = 0; b < batch; ++b) {
    const Index length = length_of(context, b);
    require(length > 0, "sequence ", b, " of the batch has length ", length,
            ": the shortest legal length is 1");
    require(length <= std::numeric_limits<Index>::max() - total, "a batch of ", batch,
            " sequences has more steps than can be counted");
    total += length;
    longest = std::max(longest, length);
  }
  reserve(batch, longest);
  order_.resize(static_cast<std::size_t>(batch));
  places_.resize(static_cast<std::size_t>(batch));
  lengths_.resize(static_cast<std::size_t>(batch));
  offsets_.assign(static_cast<std::size_t>(longest + 1), 0);
  const auto at = [&](Index t) -> Index& { return offsets_[static_cast<std::size_t>(t)]; };
  // This sorts by counting. First, at(t) is the number of samples longer than t, which is the place of the
  // first sample of length t. Each sample of length t that takes its place adds 1. At the end, at(t) is the
  // number of samples of length t or longer.
  for (Index b = 0; b < batch; ++b) ++at(length_of(context, b) - 1);
  for (Index t = longest; t-- > 0;) at(t) += at(t + 1);
  for (Index b = 0; b < batch; ++b) {
    const Index length = length_of(context, b);
    const auto n = static_cast<std::size_t>(at(length)++);
    order_[n] = b;
    places_[static_cast<std::size_t>(b)] = static_cast<Index>(n);
    lengths_[n] = length;
  }
  at(0) = 0;
  for (Index t = 1; t <= longest; ++t) at(t) += at(t - 1);
}
#endif

/// A ragged batch of feature vectors (S is float or double, F × N) or of tokens (S is Token, 1 × N).
///
///   Sequence<float> x({first, second});             // matrices of F × length, one a sample
///   Sequence<float> x(steps, batch);                // F × (T·B), equal lengths, column t·B + b
///   Sequence<Token> x({{4, 2, 7}, {1, 3}});         // token lists
///
/// Throws std::invalid_argument for an empty batch, a sequence of length zero, samples with different numbers
/// of features, and values that are not finite.
template <class S>
class Sequence {
 public:
  /// One sample: a matrix of F × its length, or a token list.
  using Sample = std::conditional_t<std::same_as<S, Token>, std::vector<Token>, MatrixX<S>>;

  Sequence() = default;
  Sequence(const Sequence&) = default;
  Sequence(Sequence&&) noexcept = default;
  /// Allocates only when it grows. If memory runs out, it has no numbers.
  Sequence& operator=(const Sequence& other);
  Sequence& operator=(Sequence&&) noexcept = default;
  ~Sequence() = default;

  /// Matrices, one for each sample.
  explicit Sequence(std::span<const MatrixX<S>> samples) requires std::floating_point<S> { take(samples); }
  explicit Sequence(const std::vector<MatrixX<S>>& samples) requires std::floating_point<S> { take(samples); }
  Sequence(std::initializer_list<MatrixX<S>> samples) requires std::floating_point<S> {
    take(std::span(samples.begin(), samples.size()));
  }

  Sequence(const MatrixX<S>& steps, Index batch) {
    require(batch > 0, "a batch of ", batch, " sequences: it must hold at least one");
    require(steps.cols() > 0 && steps.cols() % batch == 0, steps.cols(), " columns can't be ", batch,
            " sequences of one length: they must be a positive multiple of ", batch);
    for (Index c = 0; c < steps.cols(); ++c) check_readable(steps, c, c % batch, c / batch);
    reshape(steps.rows(), Layout(batch, steps.cols() / batch));
    values() = steps;
  }

  /// Token lists, one for each sample.
  explicit Sequence(std::span<const std::vector<Token>> samples) requires std::same_as<S, Token> {
    take(samples);
  }
  explicit Sequence(const std::vector<std::vector<Token>>& samples) requires std::same_as<S, Token> {
    take(samples);
  }
  Sequence(std::initializer_list<std::vector<Token>> samples) requires std::same_as<S, Token> {
    take(std::span(samples.begin(), samples.size()));
  }

  /// Sample b becomes sample_of(b), a reference to a Sample that lives until assign returns. It is called several times for each
  /// sample. Throws as the constructors do, before anything is changed. Allocates only when it grows.
  template <std::invocable<Index> F>
  void assign(Index batch, F&& sample_of) {
    using Result = std::invoke_result_t<F&, Index>;
    static_assert(std::is_lvalue_reference_v<Result> && std::same_as<std::remove_cvref_t<Result>, Sample>,
                  "the function that gives assign its samples must return a reference to each: [&](Index b) "
                  "-> const auto& {...}");
    assign_by(
        batch,
        [](const void* f, Index b) -> const Sample& {
          return (*static_cast<const std::remove_reference_t<F>*>(f))(b);
        },
        &sample_of);
  }

  Index features() const { return features_; }
  const Layout& layout() const { return layout_; }  ///< which step of which sample each column is
  Index batch() const { return layout_.batch(); }
  Index steps() const { return layout_.steps(); }
  Index columns() const { return layout_.columns(); }

  /// All steps of all samples, F × N.
  MatrixMap<S> values() { return {data(), features_, columns()}; }
  ConstMatrixMap<S> values() const { return {data(), features_, columns()}; }
  S* data() { return values_.data(); }
  const S* data() const { return values_.data(); }

  /// The samples that have a step t, F × batch_size(t), the longest first.
  /// Throws std::out_of_range unless 0 <= t < steps().
  auto step(Index t) {
    check_step(t);
    return values().middleCols(layout_.offset(t), layout_.batch_size(t));
  }
  auto step(Index t) const {
    check_step(t);
    return values().middleCols(layout_.offset(t), layout_.batch_size(t));
  }

  /// One sample over time, F × its length. b is the user's index. Throws std::out_of_range if there is none.
  MatrixX<S> sample(Index b) const {
    const Index n = layout_.place(b);
    MatrixX<S> steps(features_, layout_.length(n));
    for (Index t = 0; t < steps.cols(); ++t) steps.col(t) = values().col(layout_.offset(t) + n);
    return steps;
  }

  /// Takes sizes; the values are then unspecified. Allocates only when it grows. Throws std::invalid_argument
  /// if there would be more numbers than an Index counts.
  void reshape(Index features, const Layout& layout);

 private:
  void check_step(Index t) const { detail::check_index("step", t, steps()); }
  void take(std::span<const Sample> samples) {
    assign(static_cast<Index>(samples.size()),
           [&](Index b) -> const Sample& { return samples[static_cast<std::size_t>(b)]; });
  }
  /// The same, compiled once: sample b is sample_of(context, b).
  void assign_by(Index batch, const Sample& (*sample_of)(const void* context, Index b), const void* context);

  static Index length(const MatrixX<S>& sample) { return sample.cols(); }
  static Index height(const MatrixX<S>& sample) { return sample.rows(); }
  static Index length(const std::vector<Token>& sample) { return static_cast<Index>(sample.size()); }
  static Index height(const std::vector<Token>&) { return 1; }

  /// Column c of `from` is step t of sequence b.
  static void check_readable(const MatrixX<S>& from, Index c, Index b, Index t) {
    if constexpr (std::floating_point<S>)
      for (Index f = 0; f < from.rows(); ++f)
        detail::check_readable(from(f, c), f, t, " of sequence ", b, " of the batch");
  }

  Index features_ = 0;
  Layout layout_;
  Buffer<S> values_;
};

#if RECUR_DEFINES
template <class S>
Sequence<S>& Sequence<S>::operator=(const Sequence& other) {
  if (this == &other) return *this;
  reshape(other.features_, other.layout_);
  std::copy_n(other.data(), features_ * columns(), data());
  return *this;
}

template <class S>
void Sequence<S>::reshape(Index features, const Layout& layout) {
  require(features >= 0 && (layout.columns() == 0 || features <= std::numeric_limits<Index>::max() /
                                                                     Index{sizeof(S)} / layout.columns()),
          "a sequence of ", features, " features and ", layout.columns(), " steps: that is too large");
  features_ = 0;  // until there is memory
  layout_ = layout;
  values_.at_least(features * columns());
  features_ = features;
}

template <class S>
void Sequence<S>::assign_by(Index batch, const Sample& (*sample_of)(const void*, Index),
                            const void* context) {
  for (Index b = 0; b < batch; ++b) {
    const Sample& sample = sample_of(context, b);
    require(height(sample) == height(sample_of(context, 0)), "sequence ", b, " of the batch has ",
            height(sample), " features, but sequence 0 has ", height(sample_of(context, 0)),
            ": they must be equal");
    if constexpr (std::floating_point<S>)
      for (Index t = 0; t < sample.cols(); ++t) check_readable(sample, t, b, t);
  }
  layout_.assign(batch, [&](Index b) { return length(sample_of(context, b)); });
  features_ = 0;  // until there is memory
  const Index features = height(sample_of(context, 0));
  S* const to = values_.at_least(features * columns());
  features_ = features;
  for (Index n = 0; n < batch; ++n) {
    const Sample& sample = sample_of(context, layout_.user_index(n));
    for (Index t = 0; t < layout_.length(n); ++t)
      std::copy_n(sample.data() + t * features_, features_, to + (layout_.offset(t) + n) * features_);
  }
}
#endif

/// States of a batch, Z × B: the Z numbers that a layer or a network remembers, a column for each sample in the
/// user's order. The states of a cell stand one above the other, h on top. The states of a network's layers also
/// stand one above the other. An empty matrix means the layer's start: zero, or what a LearnedState has learned.
/// It is a view for the arguments of a function.
template <class S>
using StateRef = Eigen::Ref<const MatrixX<S>>;

}  // namespace recur::inline RECUR_ABI

#define RECUR_COMPILED_SEQUENCE(S)                                                                \
  template Sequence<S>& Sequence<S>::operator=(const Sequence&);                                  \
  template void Sequence<S>::reshape(Index, const Layout&);                                       \
  template void Sequence<S>::assign_by(Index, const Sequence<S>::Sample& (*)(const void*, Index), \
                                       const void*);
