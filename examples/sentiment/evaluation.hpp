// How good a classifier is on labelled sentences.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "command_line.hpp"

namespace sentiment {

/// Expected calibration error (Naeini et al. 2015) of answers that were given with some certainty: in ten bins of
/// equal width the distance between the mean certainty and the fraction that is right, in the mean over all
/// answers. 0 for none.
double calibration_error(std::span<const double> certainty, const std::vector<bool>& right);

/// Writes for each file how many answers are right, how well their certainty tells it, and what was taken for
/// what.
void test(const AskCommand& command);

}  // namespace sentiment
