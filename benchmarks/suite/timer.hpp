// Times two sides in turns. The machine's speed changes by tens of per cent within a minute. So a time says
// little, but the ratio of two times taken one right after the other says much. That is why the suite has its
// own timer: Google Benchmark and similar tools finish with one side before they begin with the other, or mix
// them in an order without pairs.
#pragma once

#include "problem.hpp"

namespace bench {

struct Timing {
  double ours_ms = 0, peer_ms = 0;      ///< medians
  double ratio = 0, low = 0, high = 0;  ///< peer's time over ours, pair by pair: the median and the quartiles
  int pairs = 0;
};

/// Runs ours, peer, ours, peer, ... for about so many seconds, at least five times each, or once if a pair
/// takes two seconds or more. Short runs are repeated and count as one.
Timing take_turns(Side& ours, Side& peer, double seconds);

/// Sets the threads of the peers. oneDNN and Eigen have OpenMP's threads, and without OpenMP they have one.
void use_threads(int count);
/// Whether more than one thread can be used.
bool has_threads();

}  // namespace bench
