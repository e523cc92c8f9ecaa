// Losses, computed from logits and fused with their output function: stable for logits of any finite size.
//
// A loss knows its targets, the weight of a batch (by which sums become means, also when a batch is cut into
// shards), its value, its gradient with respect to the logits, and what to show a user: probabilities or
// values. Logits are C × B.
#pragma once

#include <cmath>
#include <limits>
#include <span>
#include <stdexcept>
#include <vector>

#include "recur/core/activation.hpp"
#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"

namespace recur {

/// Softmax with cross-entropy: one label of C for each sample.
///
///   p = softmax(a)      loss = Σ_n w[label_n] · -log p_n[label_n] / Σ_n w[label_n]      ∂loss/∂a = w (p -
///   onehot) / Σ w
///
/// w are the class weights, all 1 if not given: the loss is then the mean over the samples. Throws
/// std::out_of_range for a label that is not in 0, ..., C - 1, std::invalid_argument for class weights that
/// are not C positive numbers.
template <std::floating_point S = float>
struct SoftmaxCrossEntropy {
  using Target = int;
  using Targets = std::vector<int>;

  std::vector<double> class_weights{};

  static void collect(const Target& target, std::size_t sample, std::size_t batch, Targets& targets) {
    targets.resize(batch);
    targets[sample] = target;
  }

  double weight(const Targets& labels) const {
    if (class_weights.empty()) return static_cast<double>(labels.size());
    double sum = 0;
    for (const int label : labels) sum += weight_of(label, static_cast<Index>(class_weights.size()));
    return sum;
  }

  double operator()(const auto& logits, const Targets& labels, double total, auto&& d_logits) const {
    require(static_cast<Index>(labels.size()) == logits.cols(), labels.size(), " labels were given for ",
            logits.cols(), " samples");
    require(class_weights.empty() || static_cast<Index>(class_weights.size()) == logits.rows(),
            class_weights.size(), " class weights were given for ", logits.rows(), " classes");
    double sum = 0;
    for (Index n = 0; n < logits.cols(); ++n) {
      const int label = labels[static_cast<std::size_t>(n)];
      const double w = weight_of(label, logits.rows());
      const S highest = logits.col(n).maxCoeff();
      auto d = d_logits.col(n);
      d = (logits.col(n).array() - highest).exp().matrix();
      const S normalizer = d.sum();
      sum += w * static_cast<double>(std::log(normalizer) - (logits(label, n) - highest));
      d *= static_cast<S>(w / total) / normalizer;
      d(label) -= static_cast<S>(w / total);
    }
    return sum / total;
  }

  /// Logits become probabilities.
  static void output(auto&& logits) { softmax(logits); }

 private:
  double weight_of(int label, Index classes) const {
    if (label < 0 || label >= classes)
      throw std::out_of_range(
          message("label ", label, " is out of range: legal labels are 0 to ", classes - 1));
    if (class_weights.empty()) return 1;
    const double w = class_weights[static_cast<std::size_t>(label)];
    require(w > 0 && std::isfinite(w), "class weight ", w, " of class ", label,
            ": it must be positive and finite");
    return w;
  }
};

}  // namespace recur
