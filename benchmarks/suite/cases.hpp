// All cases that are measured.
#pragma once

#include <functional>
#include <vector>

#include "report.hpp"

namespace bench {

struct Case {
  Row row;  ///< says what to measure
  /// Fills in the rest of the row. Throws std::runtime_error if the two sides disagree.
  std::function<void(Row&, double seconds)> measure;
};

/// The cases of a quick run, or all. Those on one thread come first, while no thread of a pool is still
/// spinning.
std::vector<Case> list_cases(bool quick);

/// How the time of an LSTM's training grows with the batch, the steps, the units and the threads: one of these sizes moves,
/// the others stay.
std::vector<Case> list_growth();

}  // namespace bench
