// A matrix of parameters with many rows. A step uses only a few of them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "recur/core/compiled.hpp"
#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"

namespace recur::inline RECUR_ABI {

namespace detail {

/// Brings the numbers of rows into their order.
RECUR_INLINE void sort_rows(std::vector<Index>& rows);
#if RECUR_DEFINES
RECUR_INLINE void sort_rows(std::vector<Index>& rows) { std::sort(rows.begin(), rows.end()); }
#endif

}  // namespace detail

/// A parameter with many rows. A step uses only a few of them. An example is the vectors of an embedding, one
/// row for each token (V × E). A gradient of this type remembers which rows were touched. So the cost to
/// clear, add and measure it depends on the used rows, not on the whole vocabulary.
template <class S>
class Table {
 public:
  using Scalar = S;
  using Values = Eigen::Matrix<S, Dynamic, Dynamic, Eigen::RowMajor>;

  Table() = default;
  Table(Index rows, Index cols) : cols_(cols), is_touched_(static_cast<std::size_t>(rows)) {
    detail::set_zero(values, rows, cols);
    touched_.reserve(static_cast<std::size_t>(rows));
  }

  Values values;

  Index rows() const { return values.rows(); }
  Index cols() const { return values.cols(); }  ///< numbers of a row
  Index size() const { return values.size(); }

  /// The values are public. Throws std::invalid_argument if they were given other sizes, which the table of
  /// touched rows does not have. `owner` and `name`, a Name, say whose values they are.
  template <class Owner, class Name>
  void check_shape(const Owner& owner, const Name& name) const {
    if (rows() != static_cast<Index>(is_touched_.size()) || cols() != cols_) [[unlikely]]
      refuse_shape(owner, name.str());
  }

  /// A row of a gradient; the caller adds to it. Throws std::out_of_range unless 0 <= row < rows().
  auto touch(Index row) {
    detail::check_index("row", row, std::min(rows(), static_cast<Index>(is_touched_.size())));
    auto& seen = is_touched_[static_cast<std::size_t>(row)];
    if (!seen) touched_.push_back(row);
    seen = true;
    return values.row(row);
  }
  /// The rows that may be nonzero, in the order in which they were first touched.
  const std::vector<Index>& touched() const { return touched_; }

  /// Brings the touched rows into the order of their numbers.
  void sort_touched() { detail::sort_rows(touched_); }

  /// Makes the touched rows zero again and forgets them.
  void clear() {
    for (const Index row : touched_) {
      if (row < rows()) std::fill_n(&values(row, 0), cols(), S(0));  // else they were given other sizes
      is_touched_[static_cast<std::size_t>(row)] = false;
    }
    touched_.clear();
  }

 private:
  [[noreturn]] RECUR_COLD RECUR_NOINLINE void refuse_shape(detail::Piece owner,
                                                           const std::string& name) const {
    detail::refuse({owner, " has a ", name, " of ", rows(), " x ", cols(), ": it must be ",
                    static_cast<Index>(is_touched_.size()), " x ", cols_});
  }

  Index cols_ = 0;
  std::vector<Index> touched_;
  std::vector<char> is_touched_;
};

}  // namespace recur::inline RECUR_ABI
