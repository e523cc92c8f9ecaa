// A matrix of which a step uses few rows.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "recur/core/matrix.hpp"

namespace recur::inline RECUR_ABI {

/// A parameter of which a step uses few rows: the vectors of an embedding, one row a token (V × E).
/// As a gradient it remembers which rows were touched, so that clearing, adding and measuring it cost
/// what was used and not the whole vocabulary.
template <class S>
class Table {
 public:
  using Scalar = S;
  using Values = Eigen::Matrix<S, Dynamic, Dynamic, Eigen::RowMajor>;

  Table() = default;
  Table(Index rows, Index cols)
      : values(Values::Zero(rows, cols)), is_touched_(static_cast<std::size_t>(rows)) {
    touched_.reserve(static_cast<std::size_t>(rows));
  }

  Values values;

  Index rows() const { return values.rows(); }
  Index cols() const { return values.cols(); }
  Index size() const { return values.size(); }

  /// Row of a gradient, to be added to.
  auto touch(Index row) {
    auto& seen = is_touched_[static_cast<std::size_t>(row)];
    if (!seen) touched_.push_back(row);
    seen = true;
    return values.row(row);
  }
  /// Rows that may differ from zero, in the order in which they were first touched.
  const std::vector<Index>& touched() const { return touched_; }

  /// Forgets which rows were touched and makes them zero again.
  void clear() {
    for (const Index row : touched_) {
      std::fill_n(&values(row, 0), cols(), S(0));
      is_touched_[static_cast<std::size_t>(row)] = false;
    }
    touched_.clear();
  }

 private:
  std::vector<Index> touched_;
  std::vector<char> is_touched_;
};

}  // namespace recur::inline RECUR_ABI
