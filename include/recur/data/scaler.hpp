// Brings features to one size: it subtracts their mean and divides by their deviation.
#pragma once

#include <cmath>
#include <concepts>
#include <utility>

#include "recur/core/error.hpp"
#include "recur/core/label.hpp"
#include "recur/core/matrix.hpp"

namespace recur::inline RECUR_ABI {

/// z = (x - μ) / σ for each feature, with μ and σ from numbers of the past alone. With numbers of the future in μ and
/// σ a forecast would look better than it is.
///
///   const auto scaler = Scaler<double>::fit(series.leftCols(past));
///   const MatrixX<double> z = scaler.scaled(series);
///
/// Series are F × T: a row for each feature. A number that is ignored_number of the series' scalar (core/label.hpp) has no
/// part in μ and σ, and stays as it is. `cast` makes it another number: mark it again after a cast.
template <std::floating_point S = double>
class Scaler {
 public:
  /// Takes F means and F deviations, such as those of a file. Throws std::invalid_argument unless all are
  /// finite and the deviations positive.
  Scaler(VectorX<S> mean, VectorX<S> deviation) : mean_(std::move(mean)), deviation_(std::move(deviation)) {
    require(mean_.size() == deviation_.size() && mean_.size() > 0, mean_.size(), " means were given with ",
            deviation_.size(), " deviations: their numbers must be equal, and at least 1");
    for (Index f = 0; f < mean_.size(); ++f)
      require(std::isfinite(mean_(f)) && std::isfinite(deviation_(f)) && deviation_(f) > 0, "feature ", f,
              " has the mean ", mean_(f), " and the deviation ", deviation_(f),
              ": both must be finite, and the deviation positive");
  }

  /// μ = 1/T Σ_t x_t, σ² = 1/T Σ_t (x_t - μ)², for each feature, in double. Throws std::invalid_argument for fewer than
  /// two steps, for a number that is not finite, and for a feature that is constant, since its deviation is 0.
  template <class Derived>
  static Scaler fit(const Eigen::MatrixBase<Derived>& past) {
    require(past.rows() > 0 && past.cols() > 1, "a scaler was given ", past.rows(), " features of ",
            past.cols(), " steps: it needs at least 1 feature and 2 steps");
    VectorX<S> mean(past.rows()), deviation(past.rows());
    using Given = typename Derived::Scalar;
    for (Index f = 0; f < past.rows(); ++f) {
      const VectorX<Given> row = past.row(f).transpose();
      VectorX<double> x(row.size());
      Index known = 0;
      for (const Given number : row) {
        if constexpr (std::floating_point<Given>)
          if (number == ignored_number<Given>) continue;
        x(known++) = static_cast<double>(number);
      }
      x.conservativeResize(known);
      require(known > 1, "feature ", f, " has ", known, " numbers that are not ignored: it needs at least 2");
      require(x.allFinite(), "feature ", f, " has a number that is not finite");
      require(x.minCoeff() < x.maxCoeff(), "feature ", f, " is always ", x(0),
              ": leave it out, since it can't be scaled");
      // A power of two, so that x / size is exact, and its squares don't overflow.
      const double size = std::ldexp(1.0, std::ilogb(x.cwiseAbs().maxCoeff()));
      const auto z = (x / size).array().eval();
      const auto from_first = (z - z(0)).eval();  // exact where numbers are close to each other
      const double mean_from_first = from_first.mean();
      mean(f) = static_cast<S>(size * (z(0) + mean_from_first));
      deviation(f) = static_cast<S>(size * std::sqrt((from_first - mean_from_first).square().mean()));
    }
    return Scaler(std::move(mean), std::move(deviation));
  }

  const VectorX<S>& mean() const { return mean_; }            ///< μ, F
  const VectorX<S>& deviation() const { return deviation_; }  ///< σ, F

  /// z = (x - μ) / σ. Both throw std::invalid_argument for another number of features.
  MatrixX<S> scaled(const MatrixX<S>& x) const {
    check(x);
    const MatrixX<S> z = ((x.colwise() - mean_).array().colwise() / deviation_.array()).matrix();
    return (x.array() == ignored_number<S>).select(x, z);
  }
  /// x = μ + σ z.
  MatrixX<S> original(const MatrixX<S>& z) const {
    check(z);
    const MatrixX<S> x = (z.array().colwise() * deviation_.array()).matrix().colwise() + mean_;
    return (z.array() == ignored_number<S>).select(z, x);
  }
  /// The scaler of one feature, for the forecasts of that one. Throws std::out_of_range if there is none.
  Scaler of(Index feature) const {
    detail::check_index("feature", feature, mean_.size());
    return Scaler(mean_.segment(feature, 1), deviation_.segment(feature, 1));
  }

 private:
  void check(const MatrixX<S>& series) const {
    require(series.rows() == mean_.size(), "a series of ", series.rows(),
            " features was given to a scaler of ", mean_.size());
  }

  VectorX<S> mean_, deviation_;
};

}  // namespace recur::inline RECUR_ABI
