// Attention with several heads, and the operations around it in a transformer, in plain numbers.
#pragma once

#include <cmath>
#include <vector>

#include "recur/attention/multi_head_attention.hpp"
#include "recur/layer/layer_norm.hpp"

namespace recur::testing {

/// The equation of MultiHeadAttention for one sample. visible(j, i) is true for steps that are not hidden;
/// (*weights)[h] is α of head h.
template <class F>
MatrixX<double> plain(const MultiHeadAttention<double>& a, const MatrixX<double>& x, const MatrixX<double>& m,
                      F&& visible, std::vector<MatrixX<double>>* weights = nullptr) {
  const Index size = a.input_size(), part = size / a.heads();
  const auto project = [&](Index block, const MatrixX<double>& in) {
    return MatrixX<double>((a.in_proj_weight.middleRows(block * size, size) * in).colwise() +
                           a.in_proj_bias.segment(block * size, size));
  };
  const MatrixX<double> q = project(0, x), k = project(1, m), v = project(2, m);
  MatrixX<double> contexts(size, x.cols());
  if (weights) weights->clear();
  for (Index h = 0; h < a.heads(); ++h) {
    const auto of = [&](const MatrixX<double>& all) { return all.middleRows(h * part, part); };
    MatrixX<double> alpha = of(k).transpose() * of(q) / std::sqrt(static_cast<double>(part));
    for (Index i = 0; i < x.cols(); ++i) {
      for (Index j = 0; j < m.cols(); ++j) alpha(j, i) = visible(j, i) ? std::exp(alpha(j, i)) : 0;
      alpha.col(i) /= alpha.col(i).sum();
    }
    contexts.middleRows(h * part, part) = of(v) * alpha;
    if (weights) weights->push_back(alpha);
  }
  return (a.out_proj.weight * contexts).colwise() + a.out_proj.bias;
}

/// γ ∘ (x - μ) / √(σ² + ε) + β of each column.
inline MatrixX<double> plain(const LayerNorm<double>& norm, const MatrixX<double>& x) {
  MatrixX<double> y(x.rows(), x.cols());
  for (Index t = 0; t < x.cols(); ++t) {
    const VectorX<double> centred = x.col(t).array() - x.col(t).mean();
    const double deviation =
        std::sqrt(centred.squaredNorm() / static_cast<double>(x.rows()) + norm.epsilon());
    y.col(t) = norm.weight.cwiseProduct(centred / deviation) + norm.bias;
  }
  return y;
}

}  // namespace recur::testing
