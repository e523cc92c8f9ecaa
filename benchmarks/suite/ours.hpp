// recur's side. Each cell has its own file, so they compile side by side.
#pragma once

#include "problem.hpp"

namespace bench {

/// Several threads share the batch in shards, each with its own tape and gradient. The gradients are then
/// added, as in `fit`.
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
