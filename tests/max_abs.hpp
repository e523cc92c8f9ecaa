// How far results are from what they should be. Neither std::max nor Eigen's maxCoeff() tells of a NaN, so a test that
// takes its largest error with them can pass on results that are no numbers. These do tell: a NaN is below no limit.
#pragma once

#include <Eigen/Core>

namespace recur::testing {

/// The largest magnitude of some numbers; NaN if one of them is NaN.
template <class Numbers>
auto max_abs(const Eigen::DenseBase<Numbers>& x) {
  return x.derived().array().abs().template maxCoeff<Eigen::PropagateNaN>();
}

/// The larger of two errors; NaN if one of them is NaN.
template <class S>
S worse(S a, S b) {
  return a >= b || a != a ? a : b;
}

}  // namespace recur::testing
