// Choices of a layer at its construction, and first weights. All draws come from the given generator, in the order of
// the matrix in memory. A seed gives the same draws on every platform, and the same weights to the last bit, except
// those of `orthogonal`: it adds products, whose last bits depend on whether the processor fuses them.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "recur/core/compiled.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/random.hpp"

namespace recur::inline RECUR_ABI {

/// Whether a layer adds its bias, or a cell both b_ih and b_hh, to its sums.
enum class Bias { both, none };

/// How a layer draws its first weights.
enum class Scheme {
  recommended,  ///< Glorot for W_x, orthogonal for W_h, forget bias 1: see each layer
  pytorch       ///< PyTorch's: uniform ±1/√H in cells, uniform ±1/√inputs in dense layers
};

/// A scheme that draws every number of a model uniformly in ±limit (Sutskever, Vinyals and Le, "Sequence to
/// sequence learning with neural networks", 2014, section 3.4: 0.08).
struct Uniform {
  double limit;
};

namespace detail {

/// The numbers of a matrix in the order of its memory: `outer` runs of `inner` numbers. The functions that draw them are
/// compiled once for each scalar.
template <class S>
struct Runs {
  S* data;
  Index inner, outer, inner_stride, outer_stride;

  S& operator()(Index i, Index run) const { return data[i * inner_stride + run * outer_stride]; }
};
template <class Derived>
Runs<typename Derived::Scalar> runs_of(Eigen::DenseBase<Derived>& m) {
  Derived& numbers = m.derived();
  static_assert(
      requires { numbers.data(); }, "first weights are drawn into a matrix, a block of one or a Map");
  return {numbers.data(), m.innerSize(), m.outerSize(), numbers.innerStride(), numbers.outerStride()};
}
/// Rows [row, row + rows) of a matrix in columns.
template <class S>
Runs<S> runs_of(MatrixX<S>& m, Index row, Index rows) {
  return {m.data() + row, rows, m.cols(), 1, m.rows()};
}

template <class S>
RECUR_NOINLINE void draw_uniform(const Runs<S>& weights, double limit, Random& random) {
  for (Index run = 0; run < weights.outer; ++run)
    for (Index i = 0; i < weights.inner; ++i) weights(i, run) = static_cast<S>(random.symmetric(limit));
}
template <class S>
RECUR_NOINLINE void draw_normal(const Runs<S>& weights, double deviation, Random& random) {
  for (Index run = 0; run < weights.outer; ++run)
    for (Index i = 0; i < weights.inner; ++i) weights(i, run) = static_cast<S>(deviation * random.normal());
}
template <class S>
RECUR_NOINLINE void draw_glorot(const Runs<S>& weights, Index fan_in, Index fan_out, Random& random) {
  draw_uniform(weights, std::sqrt(6.0 / static_cast<double>(fan_in + fan_out)), random);
}

}  // namespace detail

/// Uniform in ±limit.
template <class Derived>
void uniform(Eigen::DenseBase<Derived>& weights, double limit, Random& random) {
  detail::draw_uniform(detail::runs_of(weights), limit, random);
}

/// Normal with mean 0 and the given standard deviation.
template <class Derived>
void normal(Eigen::DenseBase<Derived>& weights, double deviation, Random& random) {
  detail::draw_normal(detail::runs_of(weights), deviation, random);
}

/// Uniform in ±√(6 / (fan_in + fan_out)), with variance 2 / (fan_in + fan_out), for tanh and sigmoid (Glorot
/// and Bengio 2010, eq. 16). fan_out is the number of rows of one gate, not of the stacked gates.
template <class Derived>
void glorot(Eigen::DenseBase<Derived>& weights, Index fan_in, Index fan_out, Random& random) {
  detail::draw_glorot(detail::runs_of(weights), fan_in, fan_out, random);
}

/// Normal with variance 2 / fan_in, for ReLU (He et al. 2015, eq. 10).
template <class Derived>
void he(Eigen::DenseBase<Derived>& weights, Index fan_in, Random& random) {
  normal(weights, std::sqrt(2.0 / static_cast<double>(fan_in)), random);
}

namespace detail {

/// Orthonormal columns of length `rows`, one after the other: the Q of a matrix of normal numbers. It applies
/// the modified Gram-Schmidt process twice, which is enough (Giraud et al. 2005).
RECUR_INLINE std::vector<double> orthonormal(Index rows, Index cols, Random& random);

/// See orthogonal. is_row_major matters only for a square matrix: it says where its columns are.
template <class S>
RECUR_NOINLINE void draw_orthogonal(const Runs<S>& weights, Random& random, double gain = 1,
                                    bool is_row_major = false) {
  const Index inner = weights.inner, outer = weights.outer;
  const Index rows = std::max(inner, outer), cols = std::min(inner, outer);
  const std::vector<double> q = orthonormal(rows, cols, random);
  // The orthonormal vectors lie along the longer side. Those of a square matrix are its columns.
  const bool across = inner == outer ? is_row_major : inner < outer;
  for (Index j = 0; j < cols; ++j)
    for (Index i = 0; i < rows; ++i)
      weights(across ? j : i, across ? i : j) =
          static_cast<S>(gain * q[static_cast<std::size_t>(j * rows + i)]);
}

}  // namespace detail

/// Orthonormal columns, or orthonormal rows if there are more columns than rows, times `gain`. They are
/// uniform over all such matrices (Saxe et al. 2013, section 3).
template <class Derived>
void orthogonal(Eigen::DenseBase<Derived>& weights, Random& random, double gain = 1) {
  detail::draw_orthogonal(detail::runs_of(weights), random, gain, Derived::IsRowMajor);
}

#if RECUR_DEFINES
RECUR_INLINE std::vector<double> detail::orthonormal(Index rows, Index cols, Random& random) {
  std::vector<double> q(static_cast<std::size_t>(rows * cols));
  for (double& number : q) number = random.normal();
  const auto dot = [rows](const double* a, const double* b) {  // four sums, so that additions overlap
    double sum[4] = {};
    Index i = 0;
    for (; i + 4 <= rows; i += 4)
      for (Index lane = 0; lane < 4; ++lane) sum[lane] += a[i + lane] * b[i + lane];
    for (; i < rows; ++i) sum[0] += a[i] * b[i];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
  };
  for (Index j = 0; j < cols; ++j) {
    double* const column = q.data() + j * rows;
    for (int pass = 0; pass < 2; ++pass)
      for (const double* other = q.data(); other < column; other += rows) {
        const double along = dot(other, column);
        for (Index i = 0; i < rows; ++i) column[i] -= along * other[i];
      }
    const double length = std::sqrt(dot(column, column));
    for (Index i = 0; i < rows; ++i) column[i] /= length;
  }
  return q;
}
#endif

}  // namespace recur::inline RECUR_ABI

#define RECUR_COMPILED_DRAWS(how, S)                                            \
  how template void detail::draw_uniform(const Runs<S>&, double, Random&);      \
  how template void detail::draw_normal(const Runs<S>&, double, Random&);       \
  how template void detail::draw_glorot(const Runs<S>&, Index, Index, Random&); \
  how template void detail::draw_orthogonal(const Runs<S>&, Random&, double, bool);
#if defined(RECUR_COMPILED)
namespace recur::inline RECUR_ABI {
RECUR_COMPILED_DRAWS(extern, float)
RECUR_COMPILED_DRAWS(extern, double)
}  // namespace recur::inline RECUR_ABI
#endif
