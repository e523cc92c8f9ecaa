// Everything that is measured.
#pragma once

#include <functional>
#include <vector>

#include "report.hpp"

namespace bench {

struct Case {
  Row row;  ///< what is to be measured
  /// Fills in the rest of the row. Throws std::runtime_error where the two sides disagree.
  std::function<void(Row&, double seconds)> measure;
};

/// Those of a quick look, or all; on one thread first, so that no thread of a pool is still spinning.
std::vector<Case> list_cases(bool quick);

}  // namespace bench
