// How good forecasts are: beside those of a rival, and as intervals.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"

namespace recur::inline RECUR_ABI {

/// By what part a loss is smaller than that of a rival, with a 95 % interval: 0.1 is 10 % better. If 0 is inside, it may be
/// chance.
struct ForecastGain {
  double gain = 0;           ///< below 0: it is larger
  double low = 0, high = 0;  ///< the ends of the interval
};

/// Compares two forecasts of the same steps by their losses, such as squared errors (Diebold and Mariano, "Comparing
/// predictive accuracy", 1995):
///
///   d_t = rival_t - loss_t,  gain = mean(d) / mean(rival),  gain ± 1.96 √((γ_0 + 2 Σ_{k=1}^{h-1} γ_k) / n) / mean(rival)
///
/// γ_k is the autocovariance of d at lag k. h is how many steps ahead the forecasts are: those of neighbouring steps share
/// h - 1 surprises. If the sum of the autocovariances is not above 0, γ_0 stands for it.
///
/// Throws std::invalid_argument for fewer than two losses or not as many of the rival's, for h that is not from 1 to n, for
/// a loss that is not finite, and if the mean loss of the rival is not above 0.
inline ForecastGain forecast_gain(std::span<const double> losses, std::span<const double> rival,
                                  Index ahead = 1) {
  const auto n = static_cast<Index>(losses.size());
  require(n >= 2 && rival.size() == losses.size(), losses.size(), " losses and ", rival.size(),
          " of the rival: there must be as many, and at least 2");
  require(ahead >= 1 && ahead <= n, "forecasts ", ahead, " steps ahead: it must be from 1 to ", n);
  // Loops instead of expressions of Eigen: all programs that include this would compile those.
  std::vector<double> centred(losses.size());  // d_t / mean(rival), and then without its mean
  double of_rival = 0, mean = 0;
  for (std::size_t t = 0; t < losses.size(); ++t) {
    require(std::isfinite(losses[t]) && std::isfinite(rival[t]), "a loss is not finite");
    of_rival += rival[t] / static_cast<double>(n);
  }
  require(of_rival > 0, "the mean loss of the rival is ", of_rival, ": it must be above 0");
  for (std::size_t t = 0; t < losses.size(); ++t) {
    centred[t] = (rival[t] - losses[t]) / of_rival;
    mean += centred[t] / static_cast<double>(n);
  }
  for (double& d : centred) d -= mean;
  const auto covariance = [&](Index lag) {
    double sum = 0;
    for (auto t = static_cast<std::size_t>(lag); t < centred.size(); ++t)
      sum += centred[t] * centred[t - static_cast<std::size_t>(lag)];
    return sum / static_cast<double>(n);
  };
  double variance = covariance(0);
  for (Index k = 1; k < ahead; ++k) variance += 2 * covariance(k);
  if (!(variance > 0)) variance = covariance(0);
  const double half = 1.96 * std::sqrt(variance / static_cast<double>(n));
  return {mean, mean - half, mean + half};
}

/// The mean of a distribution from its quantiles 0.05, 0.5 and 0.95 (Pearson and Tukey, "Approximate means and standard
/// deviations based on distances between percentage points of frequency curves", 1965):
///
///   0.63 q_0.5 + 0.185 (q_0.05 + q_0.95)
inline double mean_of_quantiles(double q05, double q50, double q95) {
  return 0.63 * q50 + 0.185 * (q05 + q95);
}

}  // namespace recur::inline RECUR_ABI
