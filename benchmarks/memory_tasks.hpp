// Two tasks that measure long memories, and the time that a scan saves.
#pragma once

#include <cstdint>
#include <string>

namespace memory_tasks {

/// The adding problem (Hochreiter and Schmidhuber 1997, experiment 4, in the form of Arjovsky et al. 2016,
/// section 5.2): of 200 numbers from 0 to 1, two are marked, one in each half, and the answer is their sum.
/// Returns the mean squared error on 1,000 other sequences after at most 5,000 updates with batches of 50, for
/// 64 units of "lstm", "gru", "irnn" or "tanh". A network that always answers the mean of the sums has 1/6.
double adding(const std::string& cell, std::uint64_t seed = 1);

/// Copy memory (Arjovsky et al. 2016, section 5.1): the input is ten of eight symbols, 99 blanks and a signal;
/// the answer is the ten in their order. Returns the cross-entropy on 500 other sequences, relative to
/// 10 ln 8 / 120 a step, that of a network without memory; for "gru" or "min-gru".
double copying(const std::string& cell, std::uint64_t seed = 1);

/// The time of our own GRU over that of minGRU, training, batch 32, 512 steps, 256 features and units, one
/// thread: the median of ratios of runs in turns.
double min_gru_speedup();

}  // namespace memory_tasks
