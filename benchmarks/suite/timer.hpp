// Two sides in turns. The machine's speed drifts by tens of per cent within the minute, so a time says little and
// the ratio of two times taken one right after the other says much. That is why the suite has a timer of its
// own: Google Benchmark and its like finish with one side before they begin with the other, or mix them in an
// order that leaves no pairs.
#pragma once

#include "problem.hpp"

namespace bench {

struct Timing {
  double ours_ms = 0, peer_ms = 0;      ///< medians
  double ratio = 0, low = 0, high = 0;  ///< peer's time over ours, pair by pair: the median and the quartiles
  int pairs = 0;
};

/// Runs ours, peer, ours, peer, ... for about so many seconds, at least five times each, once where a pair takes
/// two seconds and more. Short runs are repeated and count as one.
Timing take_turns(Side& ours, Side& peer, double seconds);

/// For the peers. Of these oneDNN and Eigen have the threads of OpenMP, and without it one.
void use_threads(int count);
/// Whether there is more than one to use.
bool has_threads();

}  // namespace bench
