// Whole epochs of the example sentiment: embedding, LSTM, its last state, dense layer, cross-entropy; Adam
// and clipping. Both sides take the same batches and the same first weights, so their losses must agree.
#pragma once

#include "problem.hpp"

namespace bench {

struct EpochProblem {
  static constexpr Index batch = 32, embedding = 64, hidden = 128, classes = 2;
  static constexpr double rate = 4e-3, clip = 5;

  Index words = 0;
  std::vector<std::vector<recur::Token>> sentences;
  std::vector<int> labels;
  std::vector<std::vector<Index>> batches;  ///< rows, longest first, as in `fit`
  Matrix table;                             ///< words × embedding
  Weights cell;
  Matrix dense;
  Vector dense_bias;

  /// `limit` sentences of the example's built-in corpus, or all.
  explicit EpochProblem(std::size_t limit);
  Index steps() const;  ///< of all sentences
};

/// Its y is the mean loss of the epoch.
std::unique_ptr<Side> make_our_epoch(const EpochProblem& problem, int threads);

}  // namespace bench
