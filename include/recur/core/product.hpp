// The three matrix products of layers outside the recurrence, each compiled once: Eigen's products are slow
// to compile, and every new combination of expressions would be compiled anew.
#pragma once

#include "recur/core/matrix.hpp"

namespace recur {

/// c += a b.
template <class S>
void add_product(std::type_identity_t<ConstMatrixMap<S>> a, std::type_identity_t<ConstMatrixMap<S>> b,
                 MatrixMap<S> c) {
  c.noalias() += a * b;
}

/// c += a bᵀ.
template <class S>
void add_product_transposed(std::type_identity_t<ConstMatrixMap<S>> a,
                            std::type_identity_t<ConstMatrixMap<S>> b, MatrixMap<S> c) {
  c.noalias() += a * b.transpose();
}

/// c += aᵀ b.
template <class S>
void add_transposed_product(std::type_identity_t<ConstMatrixMap<S>> a,
                            std::type_identity_t<ConstMatrixMap<S>> b, MatrixMap<S> c) {
  c.noalias() += a.transpose() * b;
}

/// A matrix or vector as a map, to be handed to the products above.
template <class S, int Columns>
MatrixMap<S> as_map(Eigen::Matrix<S, Dynamic, Columns>& m) {
  return {m.data(), m.rows(), m.cols()};
}
template <class S, int Columns>
ConstMatrixMap<S> as_map(const Eigen::Matrix<S, Dynamic, Columns>& m) {
  return {m.data(), m.rows(), m.cols()};
}

}  // namespace recur
