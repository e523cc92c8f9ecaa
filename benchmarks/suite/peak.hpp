// What the processor could do if nothing but multiplications and additions were asked of it.
#pragma once

#include "problem.hpp"

namespace bench {

/// The most GFLOP/s of one core over about a second, by FMAs whose operands stay in registers.
double measure_peak();

/// That loop at work for as many FLOPs as a case has: a peer that nobody outruns.
std::unique_ptr<Side> make_peak(double flops);

}  // namespace bench
