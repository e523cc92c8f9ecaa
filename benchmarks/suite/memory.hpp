// Measures how much a tape remembers.
#pragma once

#include "problem.hpp"

namespace bench {

bool can_measure_memory();

/// The floats that training takes for each hidden unit at each step of each sample. It is the difference
/// between a tape and one of twice the steps, so packed weights and other things that don't grow do not
/// count.
double tape_floats(Shape shape);

}  // namespace bench
