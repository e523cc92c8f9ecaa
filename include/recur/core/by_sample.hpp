// A ragged batch, sample after sample.
//
//   layout of a Sequence, step after step:   a e h  b f i  c g  d
//   sample after sample (user's order):      h i  a b c d  e f g
//
// Some functions look at all steps of one sample at once, for example attention. They need these steps side
// by side: then the steps of a sample are one block of columns. Functions that work column by column don't
// depend on this order.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/sequence.hpp"

namespace recur::inline RECUR_ABI::detail {

/// Where each column of a layout is if the columns are put sample after sample.
class BySample {
 public:
  /// Allocates only when it grows.
  void assign(const Layout& layout) {
    first_.assign(static_cast<std::size_t>(layout.batch() + 1), 0);
    place_.resize(static_cast<std::size_t>(layout.columns()));
    for (Index n = 0; n < layout.batch(); ++n) at(layout.user_index(n) + 1) = layout.length(n);
    for (Index b = 0; b < layout.batch(); ++b) at(b + 1) += at(b);
    for (Index n = 0; n < layout.batch(); ++n)
      for (Index t = 0; t < layout.length(n); ++t)
        place_[static_cast<std::size_t>(first(layout.user_index(n)) + t)] = layout.offset(t) + n;
  }

  Index batch() const { return static_cast<Index>(first_.size()) - 1; }
  Index columns() const { return first_.back(); }
  /// Throws std::out_of_range unless b is a sample.
  void check(Index b) const { detail::check_index("sample", b, batch()); }
  /// First column of a sample. b is the user's index.
  Index first(Index b) const { return first_[static_cast<std::size_t>(b)]; }
  Index length(Index b) const { return first(b + 1) - first(b); }
  /// The place in the layout of column i. i counts in the order of the samples.
  Index place(Index i) const { return place_[static_cast<std::size_t>(i)]; }

  /// Moves columns of `features` numbers from the order of the layout to the order of the samples.
  template <class S>
  void gather(const S* from, Index features, S* to) const {
    for (const Index place : place_) to = std::copy_n(from + place * features, features, to);
  }
  /// Moves them back.
  template <class S>
  void scatter(const S* from, Index features, S* to) const {
    for (const Index place : place_) {
      std::copy_n(from, features, to + place * features);
      from += features;
    }
  }

 private:
  Index& at(Index b) { return first_[static_cast<std::size_t>(b)]; }

  std::vector<Index> first_{0}, place_;
};

}  // namespace recur::inline RECUR_ABI::detail
