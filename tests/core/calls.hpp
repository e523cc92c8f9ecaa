// Counts the calls of a parallel loop, for the tests of threads.
#pragma once

#include <cstddef>
#include <vector>

namespace recur::testing {

/// How often each call of one loop was made.
template <class Run>
std::vector<int> calls_of(int count, Run&& run) {
  std::vector<int> calls(static_cast<std::size_t>(count));
  run(count, [&](int i) { ++calls.at(static_cast<std::size_t>(i)); });
  return calls;
}

}  // namespace recur::testing
