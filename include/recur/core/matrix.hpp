// The matrices of the library, and the symbols for their sizes.
//
// The mathematics is column-major and literal. Features are rows and samples are columns. So the code can
// write h_t = f(W_x x_t + W_h h_{t-1} + b) as papers do.
//
//   B  batch: samples that are worked on together
//   T  steps: length of the longest sample
//   I  input_size: features of one step of the input
//   H  hidden_size: units of a cell, features of its output
//   G  gates: blocks of H rows in the weights of a cell (1 Elman, 3 GRU, 4 LSTM)
//   N  columns: all real steps of all samples of a batch, the sum of their lengths
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>
#include <vector>

#include "recur/core/eigen.hpp"
#include "recur/core/error.hpp"

namespace recur::inline RECUR_ABI {

using Eigen::Dynamic;  // size known only at run time: the default for all sizes of the library
using Eigen::Index;

/// Id of a word or symbol: the index of a row of an embedding.
using Token = std::int32_t;

// Eigen's own names, so `using namespace Eigen` beside `using namespace recur` is not ambiguous. Matrices are
// column-major.
using Eigen::MatrixX;
using Eigen::VectorX;

/// Memory of another owner, as a matrix.
template <class S>
using MatrixMap = Eigen::Map<MatrixX<S>>;

template <class S>
using ConstMatrixMap = Eigen::Map<const MatrixX<S>>;

/// The largest size of a layer. A few products of two such sizes don't overflow an Index.
inline constexpr Index largest_size = Index{1} << 30;

namespace detail {

/// Throws std::invalid_argument if a size of `what` is larger than largest_size. Layers call it before they
/// multiply their sizes.
template <class... Sizes>
void check_largest(std::string_view what, Sizes... sizes) {
  for (const Index size : {Index{sizes}...})
    require(size <= largest_size, what, " was given a size of ", size, ": the largest legal one is ",
            largest_size);
}

}  // namespace detail

/// Memory that only grows. So a loop over batches of different sizes allocates nothing after the largest
/// batch. The content after `at_least` is unspecified.
template <class S>
class Buffer {
 public:
  S* at_least(Index count) {
    if (count > static_cast<Index>(storage_.size())) storage_.resize(static_cast<std::size_t>(count));
    return storage_.data();
  }
  S* data() { return storage_.data(); }
  const S* data() const { return storage_.data(); }

 private:
  std::vector<S, Eigen::aligned_allocator<S>> storage_;
};

}  // namespace recur::inline RECUR_ABI
