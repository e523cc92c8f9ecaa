// Batches: which examples go through a model together.
#pragma once

#include <algorithm>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

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
  Batching(std::vector<Index> lengths, Index batch_size, Index window = 100)
      : lengths_(std::move(lengths)), rows_(lengths_.size()), batch_size_(batch_size), window_(window) {
    require(batch_size > 0, "batch_size ", batch_size, ": it must be at least 1");
    require(window > 0, "a window of ", window, " batches to sort by length: it must be at least 1");
    const auto rows = static_cast<Index>(rows_.size());
    batch_size_ = std::clamp<Index>(batch_size, 1, std::max<Index>(rows, 1));  // more means all rows
    window_ = std::min(window, rows / batch_size_ + 1);
    for (Index begin = 0; begin < rows; begin += batch_size_)
      batches_.emplace_back(begin, std::min(batch_size_, rows - begin));
    sort();
  }

  Index rows() const { return static_cast<Index>(rows_.size()); }
  Index size() const { return static_cast<Index>(batches_.size()); }
  std::span<const Index> operator[](Index i) const {
    const auto [begin, count] = batches_[static_cast<std::size_t>(i)];
    return std::span(rows_).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(count));
  }

  void sort() {
    restore();
    sort(0, rows());
  }

  /// The same seed gives the same batches; earlier draws don't matter.
  void shuffle(Random random) {
    restore();
    random.shuffle(std::span(rows_));
    for (Index begin = 0; begin < rows(); begin += window_ * batch_size_)
      sort(begin, std::min(rows(), begin + window_ * batch_size_));
    random.shuffle(std::span(batches_));
  }

 private:
  void restore() {
    std::iota(rows_.begin(), rows_.end(), Index{0});
    std::ranges::sort(batches_);
  }
  void sort(Index begin, Index end) {  // stable: rows of one length stay in random order
    sort_by_length(
        std::span(rows_).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)),
        lengths_);
  }

  std::vector<Index> lengths_, rows_;
  std::vector<std::pair<Index, Index>> batches_;  // first position in rows_, count
  Index batch_size_, window_;
};

/// The lengths of examples, as the architecture Model counts them.
template <class Model>
std::vector<Index> lengths_of(std::span<const typename Model::Example> examples) {
  std::vector<Index> lengths;
  lengths.reserve(examples.size());
  for (const auto& example : examples) lengths.push_back(Model::length(example));
  return lengths;
}

}  // namespace recur::inline RECUR_ABI
