// Batches: which examples go through a model together.
#pragma once

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "recur/core/compiled.hpp"
#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/random.hpp"
#include "recur/core/sequence.hpp"

namespace recur::inline RECUR_ABI {

/// Rows 0, ..., n - 1 of a data set in batches.
///
/// Samples of one batch should have similar lengths: products are then larger, and threads end together. So
/// `shuffle` draws a random order, sorts it by length within windows of some batches, longest first, cuts it
/// into batches, and shuffles these. `sort` orders the rows by length, longest first, for evaluation. All
/// batches have batch_size rows, except one that has the rest. Every row is in one batch. A batch_size or
/// window larger than the number of rows takes all rows.
///
/// Throws std::invalid_argument for a batch_size or window below one.
class Batching {
 public:
  Batching(std::vector<Index> lengths, Index batch_size, Index window = 100);

  Index rows() const { return static_cast<Index>(rows_.size()); }
  Index size() const { return static_cast<Index>(batches_.size()); }
  /// The rows of batch i. Throws std::out_of_range if there is no such batch.
  std::span<const Index> operator[](Index i) const {
    detail::check_index("batch", i, size());
    const Index begin = batches_[static_cast<std::size_t>(i)], count = std::min(batch_size_, rows() - begin);
    return {rows_.data() + begin, static_cast<std::size_t>(count)};
  }

  void sort();

  /// The same seed gives the same batches; earlier draws don't matter.
  void shuffle(Random random);

 private:
  void restore();
  void sort(Index begin, Index end);  // stable: rows of one length stay in random order

  std::vector<Index> lengths_, rows_;
  std::vector<Index> batches_;  // the position in rows_ where each begins
  Index batch_size_, window_;
};

#if RECUR_DEFINES
RECUR_INLINE Batching::Batching(std::vector<Index> lengths, Index batch_size, Index window)
    : lengths_(std::move(lengths)), rows_(lengths_.size()), batch_size_(batch_size), window_(window) {
  require(batch_size > 0, "batch_size ", batch_size, ": it must be at least 1");
  require(window > 0, "a window of ", window, " batches to sort by length: it must be at least 1");
  batch_size_ = std::clamp<Index>(batch_size, 1, std::max<Index>(rows(), 1));  // more means all rows
  window_ = std::min(window, rows() / batch_size_ + 1);
  batches_.resize(static_cast<std::size_t>((rows() + batch_size_ - 1) / batch_size_));
  sort();
}

RECUR_INLINE void Batching::sort() {
  restore();
  sort(0, rows());
}

RECUR_INLINE void Batching::shuffle(Random random) {
  restore();
  random.shuffle(std::span<Index>(rows_));
  for (Index begin = 0; begin < rows(); begin += window_ * batch_size_)
    sort(begin, std::min(rows(), begin + window_ * batch_size_));
  random.shuffle(std::span<Index>(batches_));
}

RECUR_INLINE void Batching::restore() {
  for (std::size_t i = 0; i < rows_.size(); ++i) rows_[i] = static_cast<Index>(i);
  for (std::size_t i = 0; i < batches_.size(); ++i) batches_[i] = static_cast<Index>(i) * batch_size_;
}

RECUR_INLINE void Batching::sort(Index begin, Index end) {
  if (begin == end) return;
  const std::vector<Index> before(rows_.begin() + begin, rows_.begin() + end);
  const auto row = [&](Index i) { return before[static_cast<std::size_t>(i)]; };
  Layout sorted;  // of sequences that are a step longer: a length may be 0
  sorted.assign(end - begin, [&](Index i) { return 1 + lengths_[static_cast<std::size_t>(row(i))]; });
  for (Index n = 0; begin + n < end; ++n)
    rows_[static_cast<std::size_t>(begin + n)] = row(sorted.user_index(n));
}
#endif

namespace detail {

/// The lengths of examples, as the architecture Model counts them.
template <class Model>
std::vector<Index> lengths_of(std::span<const typename Model::Example> examples) {
  std::vector<Index> lengths(examples.size());
  for (std::size_t n = 0; n < examples.size(); ++n) lengths[n] = Model::length(examples[n]);
  return lengths;
}

}  // namespace detail

}  // namespace recur::inline RECUR_ABI
