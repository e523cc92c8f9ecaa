// How good a classifier is on labelled sentences.
#pragma once

#include "command_line.hpp"

namespace sentiment {

/// Writes for each file how many answers are right, how well their certainty tells it, and what was taken for
/// what.
void test(const AskCommand& command);

}  // namespace sentiment
