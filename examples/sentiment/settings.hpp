// What a classifier is and how it is trained, as the command line says it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "recur/core/matrix.hpp"
#include "recur/layer/pool.hpp"
#include "recur/train/fit_options.hpp"

namespace sentiment {

using recur::Index;
using recur::Token;

/// A tokenised sentence and its class.
struct Sample {
  std::vector<Token> tokens;
  int label;
};
using Samples = std::vector<Sample>;

/// The sizes and kind of a network; saved with its weights.
struct Architecture {
  std::string cell = "lstm";  ///< rnn-tanh, rnn-relu, lstm, gru, or bag, which ignores order
  Index words = 0, embedding = 64, hidden = 128, classes = 2;
  recur::Pooling pooling = recur::Pooling::last;
  double dropout = 0.3;
};

/// The settings of its training.
struct Training {
  std::string optimizer = "adam", schedule = "cosine";
  double rate = 4e-3, momentum = 0.9, weight_decay = 0;
  Index warm_up = 0;
  int epochs = 10, patience = 0, threads = 1;
  Index batch_size = 32;
  double clip = 5;
  std::uint64_t seed = 1;
  std::vector<double> class_weights;
  double label_smoothing = 0;  ///< part of a label that all classes share: see recur::SoftmaxCrossEntropy
  bool show_progress = true;
  bool go_on = false;                                         ///< start from the present weights
  std::function<bool(const recur::EpochReport&)> on_epoch{};  ///< after each epoch; false ends the training
  recur::CheckpointOptions checkpoint{};
  recur::Ranks* ranks = nullptr;  ///< the programs that train together, if mpirun started several
};

}  // namespace sentiment
