// recur's side. One file for each cell, so that they compile side by side.
#pragma once

#include "problem.hpp"

namespace bench {

/// On several threads the batch is dealt to shards, each with its own tape and gradient, and the gradients are
/// added up: what `fit` does with a batch.
std::unique_ptr<Side> make_ours(const Problem& problem, bool train, int threads);

std::unique_ptr<Side> make_ours_tanh(const Problem& problem, bool train, int threads);
std::unique_ptr<Side> make_ours_lstm(const Problem& problem, bool train, int threads);
std::unique_ptr<Side> make_ours_gru(const Problem& problem, bool train, int threads);

inline std::unique_ptr<Side> make_ours(const Problem& problem, bool train, int threads) {
  switch (problem.shape.cell) {
    case Cell::tanh:
      return make_ours_tanh(problem, train, threads);
    case Cell::lstm:
      return make_ours_lstm(problem, train, threads);
    case Cell::gru:
      break;
  }
  return make_ours_gru(problem, train, threads);
}

}  // namespace bench
