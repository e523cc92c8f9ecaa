// Made-up series for the tests of the example forecast.
#pragma once

#include <utility>

#include "../../examples/forecast_parts.hpp"

namespace recur::testing {

using forecast::Problem;
using forecast::Series;

/// A series of one column, of which network and measures see `ahead` steps.
inline Problem problem_of(Series series, Index ahead, Index season = 0) {
  Problem problem;
  problem.names.assign(static_cast<std::size_t>(series.rows()), "x");
  problem.series = std::move(series);
  problem.ahead = ahead;
  problem.season = season;
  problem.window = 4;
  return problem;
}

inline Series noise(Index rows, Index steps) {
  recur::Random random(5);
  Series series(rows, steps);
  for (double& number : series.reshaped()) number = random.normal();
  return series;
}

/// What was walked: the sum of the steps so far.
inline Series walk(Index steps) {
  Series series = noise(1, steps);
  for (Index t = 1; t < steps; ++t) series(t) += series(t - 1);
  return series;
}

}  // namespace recur::testing
