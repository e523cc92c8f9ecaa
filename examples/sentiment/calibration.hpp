// Measures whether a classifier knows how sure it may be.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace sentiment {

/// Expected calibration error of answers with a certainty from 0 to 1 each:
///
///   sum over the bins b of |sum over the answers n in b of (certainty_n - right_n)| / number of answers
///
/// in 15 bins of equal width (Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural networks",
/// 2017, equation 3). 0 if there are no answers. `right` has an entry for each entry of `certainty`.
inline double calibration_error(std::span<const double> certainty, const std::vector<bool>& right) {
  constexpr std::size_t bins = 15;
  std::array<double, bins> excess{};
  for (std::size_t n = 0; n < certainty.size(); ++n)
    excess[std::min(bins - 1, static_cast<std::size_t>(certainty[n] * bins))] += certainty[n] - right[n];
  double error = 0;
  for (const double sum : excess) error += std::abs(sum);
  return certainty.empty() ? 0 : error / static_cast<double>(certainty.size());
}

}  // namespace sentiment
