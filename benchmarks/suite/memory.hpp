// How much a tape remembers.
#pragma once

#include "problem.hpp"

namespace bench {

bool can_measure_memory();

/// Floats that training takes for each hidden unit at each step of each sample: what a tape of twice the steps
/// holds more, so that packed weights and other things that don't grow are not counted.
double tape_floats(Shape shape);

}  // namespace bench
