// The rival of the network in the example forecast: a linear regression, fitted by least squares on the same past.
#pragma once

#include <algorithm>
#include <recur/core/matrix.hpp>
#include <utility>
#include <vector>

// Behind recur's header, which includes Eigen without its warnings.
// clang-format off
#include <Eigen/QR>
// clang-format on

namespace forecast {

using recur::Index, recur::MatrixX, recur::VectorX;

/// Forecasts each step ahead by a regression of its own on means of the last steps,
///
///   ŷ_{t+h} = β_{h,0} + Σ_i β_{h,i} (y_t + y_{t-1} + ... + y_{t-n_i+1}) / n_i
///
/// With n = 1, 5, 22 this is the HAR model of volatility (Corsi, "A simple approximate long-memory model of realized
/// volatility", 2009). With n = 1, 2, ..., N it is a regression on the last N steps: their means say what the steps say.
class LinearForecast {
 public:
  /// Fits it on the first `past` steps of a series, which must be at least as many as the largest mean has, and `ahead` more.
  LinearForecast(const VectorX<double>& y, Index past, Index ahead, std::vector<Index> means)
      : means_(std::move(means)) {
    const Index first = std::ranges::max(means_) - 1, rows = past - ahead - first;
    MatrixX<double> x(rows, 1 + static_cast<Index>(means_.size())), targets(rows, ahead);
    for (Index i = 0; i < rows; ++i) {
      x.row(i) = features(y, first + i).transpose();
      targets.row(i) = y.segment(first + i + 1, ahead).transpose();
    }
    weights_ = x.colPivHouseholderQr().solve(targets);
  }

  /// The next steps after step t, which it has read.
  VectorX<double> operator()(const VectorX<double>& y, Index t) const {
    return weights_.transpose() * features(y, t);
  }

 private:
  VectorX<double> features(const VectorX<double>& y, Index t) const {
    VectorX<double> x(1 + static_cast<Index>(means_.size()));
    x(0) = 1;
    for (std::size_t i = 0; i < means_.size(); ++i)
      x(static_cast<Index>(i) + 1) = y.segment(t - means_[i] + 1, means_[i]).mean();
    return x;
  }

  std::vector<Index> means_;
  MatrixX<double> weights_;  // a column for each step ahead
};

}  // namespace forecast
