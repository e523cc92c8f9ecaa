// A test case that a network in a file carries.
#pragma once

#include "recur/core/matrix.hpp"

namespace recur::inline RECUR_ABI {

/// What a network gives for a sequence: I × T and O × T'. Tokens are whole numbers, 1 × T.
struct TestCase {
  MatrixX<float> input, output;  ///< a column for each step
};

}  // namespace recur::inline RECUR_ABI
