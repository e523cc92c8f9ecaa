// The interface of a classifier, the same for every cell. Behind it are types of recur that the compiler
// knows in full. Only here does the program choose between them at run time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "recur/core/matrix.hpp"
#include "recur/io/tensor_file.hpp"
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
};

class Network {
 public:
  virtual ~Network() = default;

  virtual std::string describe() const = 0;
  virtual Index parameters() const = 0;
  /// Draws first weights, unless training goes on from earlier ones, and trains them. The validation samples
  /// choose the best epoch; without them the last one stays. If it throws, the network has the weights of its
  /// best epoch, if there was one.
  virtual recur::FitReport train(const Samples& training, const Samples& validation, const Training& how) = 0;
  /// The most probable class of each sample.
  virtual std::vector<int> classify(const Samples& samples, int threads) const = 0;
  /// The probability of each class, C × samples.
  virtual recur::Matrix<float> probabilities(const Samples& samples, int threads) const = 0;
  /// The probability of each class after each word.
  virtual std::vector<recur::Vector<float>> read(const std::vector<Token>& tokens) const = 0;

  /// Its weights by name. `load` loads them again; if they don't fit, its error names the file.
  virtual recur::TensorFile weights(recur::Metadata metadata) const = 0;
  virtual void load(const recur::TensorFile& file, const std::filesystem::path& path) = 0;
};

/// Throws std::invalid_argument for sizes and rates that are not legal, and for an unknown cell.
std::unique_ptr<Network> make_network(const Architecture& what);

// One function for each file network_*.cpp, so the files compile side by side.
std::unique_ptr<Network> make_rnn_tanh(const Architecture& what);
std::unique_ptr<Network> make_rnn_relu(const Architecture& what);
std::unique_ptr<Network> make_lstm(const Architecture& what);
std::unique_ptr<Network> make_gru(const Architecture& what);
std::unique_ptr<Network> make_bag(const Architecture& what);

}  // namespace sentiment
