// How good the forecasts of the example forecast are, beside those that need no network.
#pragma once

#include <cmath>
#include <cstddef>
#include <numeric>
#include <recur/recur.hpp>
#include <string>
#include <vector>

#include "common/text.hpp"
#include "forecast_parts.hpp"
#include "linear_forecast.hpp"

namespace forecast {

/// The mean of a distribution from its five quantiles.
inline double mean_of(const auto& five) { return mean_of_quantiles(five(0), five(2), five(4)); }

/// Squared errors on the part held out, over the variance of the past, and how often the truth was inside.
struct Measured {
  std::vector<double> network, simple;
  double other = 0, linear = 0, in_most = 0, in_half = 0;
  static double mean(const std::vector<double>& all) {
    return std::reduce(all.begin(), all.end()) / static_cast<double>(all.size());
  }
};

inline Measured measure(const Problem& problem, const Series& said, Index k) {
  const auto y = problem.series.row(k);
  const Index first = problem.past() - 1, season = problem.season;
  const double unit = Scaler<double>::fit(y.leftCols(problem.past())).deviation()(0);
  const bool is_return =
      !problem.prices.empty() && k == 0;  // where the last value goes on, that of the price is meant
  // Least squares on the last 22 steps; for tomorrow's volatility on today's and the means of 5 and 22 days (HAR).
  std::vector<Index> means{1, 5, 22};
  if (problem.prices.empty() || is_return) {
    means.resize(22);
    std::iota(means.begin(), means.end(), Index{1});
  }
  const VectorX<double> steps = y.transpose();
  const LinearForecast linear(steps, problem.past(), problem.ahead, means);
  Measured all;
  for (Index t = first; t + problem.ahead < y.size(); ++t) {
    const VectorX<double> fitted = linear(steps, t);
    for (Index h = 1; h <= problem.ahead; ++h) {
      const auto five = said.col(t - first).segment(((h - 1) * problem.size() + k) * 5, 5);
      const double truth = y(t + h), other = season > 0 ? y(t + h - season) : y.segment(t - 21, 22).mean();
      all.network.push_back(std::pow((mean_of(five) - truth) / unit, 2));
      all.simple.push_back(std::pow(((is_return ? 0 : y(t)) - truth) / unit, 2));
      all.other += std::pow((other - truth) / unit, 2);
      all.linear += std::pow((fitted(h - 1) - truth) / unit, 2);
      all.in_most += five(0) <= truth && truth <= five(4);
      all.in_half += five(1) <= truth && truth <= five(3);
    }
  }
  for (double* sum : {&all.other, &all.linear, &all.in_most, &all.in_half})
    *sum /= static_cast<double>(all.network.size());
  return all;
}

/// The RMSE of a forecast beside that of another, from their mean squares: "12 % below".
inline std::string beside(double square, double other) {
  const double part = std::sqrt(square / other) - 1;
  return percent(std::abs(part)) + (part > 0 ? " above" : " below");
}

/// What the forecasts of prices are worth: the gain in squared error over a random walk, and that of the log range.
inline std::string verdict(const ForecastGain& of_chance, const Measured& of_return,
                           const Measured& of_range) {
  const auto [gain, low, high] = of_chance;
  return text_of("Tomorrow's return, ", of_return.network.size(), " days: the squared error is ",
                 percent(gain),
                 " below that of a random walk (no change), with a 95 % "
                 "interval from ",
                 percent(low), " to ", percent(high), ". ",
                 low > 0 ? "That is more than chance, and says nothing of what trading costs."
                         : "That is what chance would do too: the random walk is not beaten.",
                 "\nTomorrow's volatility, as the log of its range: the network's RMSE is ",
                 beside(Measured::mean(of_range.network), Measured::mean(of_range.simple)),
                 " that of today's; that of HAR, a linear regression, is ",
                 beside(of_range.linear, Measured::mean(of_range.simple)),
                 ". How much prices will move can be predicted; where to can't.\n");
}

}  // namespace forecast
