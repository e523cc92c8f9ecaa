// Brings features to one size: it subtracts their mean and divides by their deviation.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <span>
#include <utility>
#include <vector>

#include "recur/core/compiled.hpp"
#include "recur/core/error.hpp"
#include "recur/core/label.hpp"
#include "recur/core/matrix.hpp"

namespace recur::inline RECUR_ABI {

namespace detail::scaler {

struct Statistics {
  double mean, deviation;
};
/// μ and σ of the numbers of feature f. Throws std::invalid_argument as Scaler::fit does.
RECUR_INLINE Statistics of(std::span<const double> x, Index f);
#if RECUR_DEFINES
RECUR_INLINE Statistics of(std::span<const double> x, Index f) {
  require(x.size() > 1, "feature ", f, " has ", x.size(),
          " numbers that are not ignored: it needs at least 2");
  double largest = 0;
  for (const double number : x) {
    require(std::isfinite(number), "feature ", f, " has a number that is not finite");
    largest = std::max(largest, std::abs(number));
  }
  const double first = x[0];
  require(std::any_of(x.begin(), x.end(), [first](double number) { return number != first; }), "feature ", f,
          " is always ", first, ": leave it out, since it can't be scaled");
  // A power of two, so that x / size is exact, and its squares don't overflow.
  const double size = std::ldexp(1.0, std::ilogb(largest)), z = first / size;
  const auto count = static_cast<double>(x.size());
  double sum = 0,
         squares = 0;  // of differences from the first, which are exact where numbers are close to each other
  for (const double number : x) sum += number / size - z;
  const double mean = sum / count;
  for (const double number : x) squares += (number / size - z - mean) * (number / size - z - mean);
  return {size * (z + mean), size * std::sqrt(squares / count)};
}
#endif

}  // namespace detail::scaler

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
    std::vector<double> known;
    for (Index f = 0; f < past.rows(); ++f) {
      const VectorX<Given> row = past.row(f).transpose();
      known.clear();
      for (const Given number : row) {
        if constexpr (std::floating_point<Given>)
          if (number == ignored_number<Given>) continue;
        known.push_back(static_cast<double>(number));
      }
      const auto its = detail::scaler::of({known.data(), known.size()}, f);
      mean(f) = static_cast<S>(its.mean);
      deviation(f) = static_cast<S>(its.deviation);
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
