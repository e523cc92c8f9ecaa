// Measures how good a classifier is on labelled sentences.
#pragma once

#include "command_line.hpp"

namespace sentiment {

/// Writes for each file how many answers are right, how well the certainty fits that, and which answers each
/// class got.
void test(const AskCommand& command);

}  // namespace sentiment
