// What a network may know of a series at each step besides its value: how it has changed, and where in the season it is.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <numbers>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/label.hpp"
#include "recur/core/matrix.hpp"

namespace recur::inline RECUR_ABI {

/// Features of a series x, C × T, at each step, from the steps so far alone. In rows, C of each kind:
///
///   x_t                                    the value
///   x_t - x_{t-1}                          its change
///   x_t - mean(x_{t-n+1}, ..., x_t)        its distance from the mean of the last n steps, for each n of `means`
///   x_t - x_{t-s}                          its change since the last season of s steps
///   sin 2πt/s, cos 2πt/s                   the place in the season, in one row each
///
/// The last two only with a season. At the beginning a change is 0, and a mean is that of the steps there are. Means over
/// several horizons stand for a long memory (Corsi, "A simple approximate long-memory model of realized volatility",
/// 2009: 5 and 22 days). Scale the series first: Scaler.
struct SeriesFeatures {
  std::vector<Index> means{5, 22};
  Index season = 0;  ///< steps; 0: none

  /// The features of C columns.
  Index size(Index columns) const {
    return (2 + static_cast<Index>(means.size()) + (season > 0)) * columns + (season > 0 ? 2 : 0);
  }

  /// size(C) × T. Throws std::invalid_argument for a mean of less than 1 step, for a season of less than 2 that is not
  /// 0, and for a number that is ignored_number or not finite, which would spread to the steps after it.
  template <std::floating_point S>
  MatrixX<S> operator()(const MatrixX<S>& x) const {
    for (const Index n : means) require(n >= 1, "a mean of ", n, " steps: it must be of at least 1");
    require(season == 0 || season >= 2, "a season of ", season, " steps: it must have at least 2, or be 0");
    const Index columns = x.rows(), steps = x.cols();
    for (Index t = 0; t < steps; ++t)
      for (Index f = 0; f < columns; ++f) detail::check_readable(x(f, t), f, t);
    MatrixX<S> all = MatrixX<S>::Zero(size(columns), steps);
    Index row = 0;
    const auto change_since = [&](Index lag) {
      if (steps > lag)
        all.block(row, lag, columns, steps - lag) = x.rightCols(steps - lag) - x.leftCols(steps - lag);
      row += columns;
    };
    all.topRows(columns) = x;
    row += columns;
    change_since(1);
    for (const Index n : means) {
      for (Index t = 0; t < steps; ++t) {
        const Index last = std::min(n, t + 1);
        all.block(row, t, columns, 1) =
            (x.col(t).template cast<double>() -
             x.middleCols(t + 1 - last, last).template cast<double>().rowwise().mean())
                .template cast<S>();
      }
      row += columns;
    }
    if (season == 0) return all;
    change_since(season);
    for (Index t = 0; t < steps; ++t) {
      const double angle =
          2 * std::numbers::pi * static_cast<double>(t % season) / static_cast<double>(season);
      all.col(t).template tail<2>() << static_cast<S>(std::sin(angle)), static_cast<S>(std::cos(angle));
    }
    return all;
  }
};

}  // namespace recur::inline RECUR_ABI
