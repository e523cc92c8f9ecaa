// How good predictions are, in numbers for people.
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"
#include "recur/train/evaluate.hpp"

namespace recur {

/// The class that each column of scores (C × n: logits or probabilities) gives the most to; of equal ones the
/// first. Throws std::invalid_argument if there are no classes.
template <class Derived>
std::vector<int> most_likely(const Eigen::MatrixBase<Derived>& scores) {
  require(scores.rows() > 0 || scores.cols() == 0, "scores of no classes: there must be at least one");
  std::vector<int> classes(static_cast<std::size_t>(scores.cols()));
  for (Index n = 0; n < scores.cols(); ++n) {
    Index best = 0;
    scores.col(n).maxCoeff(&best);
    classes[static_cast<std::size_t>(n)] = static_cast<int>(best);
  }
  return classes;
}

}  // namespace recur
