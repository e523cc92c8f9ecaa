// The two tasks by which long memories are measured, and what a scan saves.
#pragma once

#include <cstdint>
#include <string>

namespace memory_tasks {

/// The adding problem (Hochreiter and Schmidhuber 1997, experiment 4): of 200 numbers from 0 to 1, two are
/// marked, one in each half, and their sum is wanted. Mean squared error on 1,000 other sequences after at most
/// 5,000 updates with batches of 50, for 64 units of "lstm", "gru", "irnn" or "tanh". Who answers with the mean of
/// the sums has 1/6.
double adding(const std::string& cell, std::uint64_t seed = 1);

/// Copy memory (the same, experiment 5; in this form Arjovsky et al. 2016, section 5.1): ten of eight symbols, 99
/// blanks, a signal, and then the ten are wanted in their order. Cross-entropy on 500 other sequences, relative to
/// that of who remembers nothing, 10 ln 8 / 120 a step; for "gru" or "min-gru".
double copying(const std::string& cell, std::uint64_t seed = 1);

/// Time of our own GRU over that of minGRU, training, batch 32, 512 steps, 256 features and units, one thread:
/// the median of ratios of runs taken alternately.
double min_gru_speedup();

}  // namespace memory_tasks
