// First weights. Every draw comes from the generator that is handed over, in the order of the memory of
// the matrix, so that a seed gives the same weights on every platform.
#pragma once

#include <cmath>

#include "recur/core/matrix.hpp"
#include "recur/core/random.hpp"

namespace recur {

/// How a layer draws its first weights.
enum class Scheme {
  recommended,  ///< Glorot for W_x, orthogonal for W_h, forget bias 1: what each layer documents
  pytorch       ///< PyTorch's: uniform ±1/√H in cells, uniform ±1/√inputs in dense layers
};

/// Uniform in ±limit.
template <class Derived>
void uniform(Eigen::DenseBase<Derived>& weights, double limit, Random& random) {
  for (Index i = 0; i < weights.outerSize(); ++i)
    for (Index j = 0; j < weights.innerSize(); ++j)
      weights.coeffRef(Derived::IsRowMajor ? i : j, Derived::IsRowMajor ? j : i) =
          static_cast<typename Derived::Scalar>(random.symmetric(limit));
}

/// Normal with mean 0 and the given standard deviation.
template <class Derived>
void normal(Eigen::DenseBase<Derived>& weights, double deviation, Random& random) {
  for (Index i = 0; i < weights.outerSize(); ++i)
    for (Index j = 0; j < weights.innerSize(); ++j)
      weights.coeffRef(Derived::IsRowMajor ? i : j, Derived::IsRowMajor ? j : i) =
          static_cast<typename Derived::Scalar>(deviation * random.normal());
}

/// Uniform in ±√(6 / (fan_in + fan_out)), variance 2 / (fan_in + fan_out), for tanh and sigmoid
/// (Glorot and Bengio 2010, eq. 16). fan_out is the rows of one gate, not of the stacked gates.
template <class Derived>
void glorot(Eigen::DenseBase<Derived>& weights, Index fan_in, Index fan_out, Random& random) {
  uniform(weights, std::sqrt(6.0 / static_cast<double>(fan_in + fan_out)), random);
}

/// Normal with variance 2 / fan_in, for ReLU (He et al. 2015, eq. 10).
template <class Derived>
void he(Eigen::DenseBase<Derived>& weights, Index fan_in, Random& random) {
  normal(weights, std::sqrt(2.0 / static_cast<double>(fan_in)), random);
}

/// Orthonormal columns, or rows if there are more columns than rows: gain · Q of a matrix of normal numbers,
/// uniform over all such matrices (Saxe et al. 2013, section 3). Orthogonalised in double by the modified
/// Gram-Schmidt process, twice, which is enough (Giraud et al. 2005).
template <class Derived>
void orthogonal(Eigen::DenseBase<Derived>& weights, Random& random, double gain = 1) {
  const bool wide = weights.cols() > weights.rows();
  Matrix<double> q(wide ? weights.cols() : weights.rows(), wide ? weights.rows() : weights.cols());
  normal(q, 1, random);
  for (Index j = 0; j < q.cols(); ++j) {
    for (int pass = 0; pass < 2; ++pass)
      for (Index i = 0; i < j; ++i) q.col(j) -= q.col(i).dot(q.col(j)) * q.col(i);
    q.col(j).normalize();
  }
  q *= gain;
  if (wide) q.transposeInPlace();
  weights.derived() = q.template cast<typename Derived::Scalar>();
}

}  // namespace recur
