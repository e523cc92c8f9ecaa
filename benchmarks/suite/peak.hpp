// The speed of the processor when it only multiplies and adds.
#pragma once

#include "problem.hpp"

namespace bench {

/// The most GFLOP/s of one core in about a second, by FMAs with operands in registers.
double measure_peak();

/// The same loop for as many FLOPs as a case has: a peer that nobody can beat.
std::unique_ptr<Side> make_peak(double flops);

}  // namespace bench
