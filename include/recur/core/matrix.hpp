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

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

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

/// The same, to read only.
template <class S>
using ConstMatrixMap = Eigen::Map<const MatrixX<S>>;

/// The largest size of a layer. A few times it fits an Index. If an Index has 64 bits, so do a few products of two.
inline constexpr Index largest_size = Index{1} << (sizeof(Index) > 4 ? 30 : 24);

namespace detail {

/// Throws std::invalid_argument if a size of `what` is larger than largest_size. Layers call it before they
/// multiply their sizes.
template <class... Sizes>
void check_largest(std::string_view what, Sizes... sizes) {
  for (const Index size : {Index{sizes}...})
    require(size <= largest_size, what, " was given a size of ", size, ": the largest legal one is ",
            largest_size);
}

/// double, as a type that depends on S. What a template computes in it is compiled only if somebody calls the template.
template <class S>
using DoubleOf = decltype(S() + 0.0);

/// Makes all numbers of a matrix or vector zero. Eigen's setZero takes ten times as long to compile.
template <class M>
void set_zero(M& m) {
  std::fill_n(m.data(), m.size(), typename M::Scalar(0));
}
template <class M>
void set_zero(M& m, Index rows, Index cols = 1) {
  m.resize(rows, cols);
  set_zero(m);
}

/// Gives a matrix other sizes; its numbers are then unspecified. If memory runs out, it stays as it was. Eigen's resize
/// frees the memory first: a matrix for which it failed would free it once more.
template <class M>
void resize(M& m, Index rows, Index cols) {
  if (m.size() == rows * cols)
    m.resize(rows, cols);
  else
    m = M(rows, cols);
}

/// Makes a matrix empty, or not. While it is empty, its memory waits in `kept`, so this allocates nothing.
template <class S>
void set_empty(bool empty, MatrixX<S>& matrix, MatrixX<S>& kept) {
  if (empty != (matrix.size() == 0)) matrix.swap(kept);
}

/// Bytes in the alignment of Eigen: what buffers of all types share, so that it is compiled once.
class Memory {
 public:
  Memory() = default;
  Memory(const Memory& other);
  Memory(Memory&& other) noexcept
      : bytes_(std::exchange(other.bytes_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  /// Allocates only if the other has more bytes.
  Memory& operator=(const Memory& other);
  Memory& operator=(Memory&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Memory();

  void* data() const { return bytes_; }
  void* at_least(std::size_t count, std::size_t bytes_of_each) {
    if (count > size_ / bytes_of_each) [[unlikely]]
      grow(count, bytes_of_each);
    return bytes_;
  }

 private:
  void grow(std::size_t count, std::size_t bytes_of_each);

  void* bytes_ = nullptr;
  std::size_t size_ = 0;
};

#if RECUR_DEFINES
RECUR_INLINE Memory::Memory(const Memory& other) { *this = other; }
RECUR_INLINE Memory& Memory::operator=(const Memory& other) {
  if (this != &other && other.size_ > 0) std::memcpy(at_least(other.size_, 1), other.bytes_, other.size_);
  return *this;
}
RECUR_INLINE Memory::~Memory() { Eigen::internal::aligned_free(bytes_); }
RECUR_INLINE void Memory::grow(std::size_t count, std::size_t bytes_of_each) {
  if (count > std::numeric_limits<std::size_t>::max() / 2 / bytes_of_each)
    Eigen::internal::throw_std_bad_alloc();
  void* const larger = Eigen::internal::aligned_malloc(count * bytes_of_each);
  // Kernels also compute with what lies beside the numbers. What is there must not be denormal, which is slow.
  std::memset(larger, 0, count * bytes_of_each);
  Eigen::internal::aligned_free(bytes_);
  bytes_ = larger;
  size_ = count * bytes_of_each;
}
#endif

}  // namespace detail

/// Memory that only grows. So a loop over batches of different sizes allocates nothing after the largest
/// batch. The content after `at_least` is unspecified.
template <class S>
class Buffer {
  static_assert(std::is_trivially_copyable_v<S>);

 public:
  S* at_least(Index count) {
    return static_cast<S*>(memory_.at_least(static_cast<std::size_t>(count), sizeof(S)));
  }
  S* data() { return static_cast<S*>(memory_.data()); }
  const S* data() const { return static_cast<const S*>(memory_.data()); }

 private:
  detail::Memory memory_;
};

}  // namespace recur::inline RECUR_ABI
