// The network of a classifier. Its cell is chosen while the program runs, so its body and head are networks whose type
// is erased.
#pragma once

#include <vector>

#include "recur/architecture/many_to_one.hpp"
#include "recur/network/network.hpp"
#include "recur/train/fit_options.hpp"
#include "recur/train/loss.hpp"
#include "settings.hpp"

namespace sentiment {

/// Embedding, cell, pooling and a linear head, with dropout before and after the cell. The one that ignores order takes
/// the mean of the word vectors through a hidden layer instead.
using Network =
    recur::ManyToOne<recur::Network<float, Token>, recur::Network<float>, recur::SoftmaxCrossEntropy<float>>;

/// Throws std::invalid_argument for sizes and rates that are not legal, and for an unknown cell.
Network make_network(const Architecture& what);

/// Draws first weights, unless training goes on from earlier ones, and trains them. The validation samples choose the
/// best epoch; without them the last one stays. If it throws, the network has the weights of its best epoch, if there
/// was one.
recur::FitReport train(Network& network, const Samples& training, const Samples& validation,
                       const Training& how);

/// The fraction of the samples that get their class. Ranks share the work: all of them call it, and get the same.
double accuracy(const Network& network, const Samples& samples, const Training& how);

/// The probability of each class, C × samples.
recur::MatrixX<float> probabilities(const Network& network, const Samples& samples, int threads);
/// The probability of each class after each word.
std::vector<recur::VectorX<float>> read(const Network& network, const std::vector<Token>& tokens);

}  // namespace sentiment
