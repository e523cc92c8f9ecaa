// Threads, where OpenMP is there; without it everything runs on one.
#pragma once

#ifdef _OPENMP
#include <omp.h>
#endif
#include <exception>

#include "recur/core/matrix.hpp"

namespace recur {

/// Threads that the machine offers.
inline int available_threads() {
#ifdef _OPENMP
  return omp_get_max_threads();
#else
  return 1;
#endif
}

/// Calls f(0), ..., f(count - 1), each on a thread of its own where OpenMP is there. What the calls throw is
/// thrown here once all have ended; of several exceptions that of the lowest index, so that it does
/// not depend on which thread was first.
template <class F>
void parallel(int count, F&& f) {
  if (count == 1) return f(0);
  std::exception_ptr first;
  int first_index = count;
#ifdef _OPENMP
#pragma omp parallel for num_threads(count) schedule(static, 1)
#endif
  for (int i = 0; i < count; ++i) {
    try {
      f(i);
    } catch (...) {
#ifdef _OPENMP
#pragma omp critical(recur_parallel)
#endif
      if (i < first_index) {
        first_index = i;
        first = std::current_exception();
      }
    }
  }
  if (first) std::rethrow_exception(first);
}

}  // namespace recur
