// Measures the memory that a training step takes: that of its tape.
#include "memory.hpp"

#include "ours.hpp"

#if __has_include(<malloc.h>)
#include <malloc.h>
#endif

namespace bench {

#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)

namespace {

double bytes_in_use() {
  const auto now = mallinfo2();
  return static_cast<double>(now.uordblks) + static_cast<double>(now.hblkhd);
}

/// The memory that a training step takes beyond what was there before: the tape, and the gradient of x.
double bytes_of_tape(const Shape& shape) {
  const Problem problem(shape);
  const auto side = make_ours(problem, true, 1);
  const double before = bytes_in_use();
  side->run();
  return bytes_in_use() - before;
}

}  // namespace

bool can_measure_memory() { return true; }

double tape_floats(Shape shape) {
  const auto columns = static_cast<double>(shape.columns());
  const double once = bytes_of_tape(shape);
  shape.steps *= 2;
  const double twice = bytes_of_tape(shape);
  const auto gradient_of_x = static_cast<double>(shape.input);  // it is part of the tape of the layer below
  return ((twice - once) / static_cast<double>(sizeof(float)) / columns - gradient_of_x) /
         static_cast<double>(shape.hidden);
}

#else

bool can_measure_memory() { return false; }
double tape_floats(Shape) { return 0; }

#endif

}  // namespace bench
