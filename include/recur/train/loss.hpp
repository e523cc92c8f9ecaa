// Losses, computed from logits and fused with their output function: stable for logits of any finite size.
//
// A loss knows its targets, the weight of a batch (by which sums become means, also when a batch is cut into
// shards), its value, its gradient with respect to the logits, and what to show a user: probabilities or
// values. Logits are C × B.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <stdexcept>
#include <vector>

#include "recur/core/activation.hpp"
#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/parameters.hpp"

namespace recur {

namespace loss_detail {

/// Makes the target of one sample a column of those of its batch.
template <class S>
void collect(const Vector<S>& target, std::size_t sample, std::size_t batch, Matrix<S>& targets) {
  if (sample == 0) targets.resize(target.size(), static_cast<Index>(batch));
  require(target.size() == targets.rows(), "the target of sample ", sample, " of the batch has ",
          target.size(), " numbers, but that of sample 0 has ", targets.rows(), ": they must be equal");
  targets.col(static_cast<Index>(sample)) = target;
}

template <class S>
void check_size(const Vector<S>& target, Index numbers) {
  require(target.size() == numbers, "the target has ", target.size(), " numbers: it must have ", numbers);
}

template <class S>
void check_sizes(const auto& logits, const Matrix<S>& targets) {
  require(targets.rows() == logits.rows() && targets.cols() == logits.cols(), "targets of ", targets.rows(),
          " x ", targets.cols(), " were given for outputs of ", logits.rows(), " x ", logits.cols(),
          " (numbers x samples): they must be equal");
}

}  // namespace loss_detail

/// Softmax with cross-entropy: one label of C for each sample (Bishop, "Pattern recognition and machine learning",
/// 2006, equations 4.108 and 4.109), the CrossEntropyLoss of PyTorch.
///
///   p = softmax(a)      loss = Σ_n w[label_n] · -log p_n[label_n] / Σ_n w[label_n]
///   ∂loss/∂a = w (p - onehot) / Σ w
///
/// w are the class weights, all 1 if not given: the loss is then the mean over the samples. With smoothing ε
/// each class is the label of every sample to the part ε / C (Szegedy et al. 2016, section 7):
///
///   loss = Σ_n ((1 - ε) w[label_n] · -log p_n[label_n] + ε / C Σ_c w[c] · -log p_n[c]) / Σ_n w[label_n]
///
/// which is PyTorch's, whose denominator does not know of ε either. Throws std::out_of_range for a label that
/// is not in 0, ..., C - 1, std::invalid_argument for class weights that are not C positive numbers and for a
/// smoothing that is not in [0, 1).
template <std::floating_point S = float>
struct SoftmaxCrossEntropy {
  using Target = int;
  using Targets = std::vector<int>;

  std::vector<double> class_weights{};
  double label_smoothing = 0;

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

  /// Throws unless the weights are those of so many classes, and the label is one of them.
  void check(Index classes) const {
    require(class_weights.empty() || static_cast<Index>(class_weights.size()) == classes,
            class_weights.size(), " class weights were given for ", classes, " classes");
  }
  void check(const Target& label, Index classes) const {
    check(classes);
    weight_of(label, classes);
  }

  double operator()(const auto& logits, const Targets& labels, double total, auto&& d_logits) const {
    require(static_cast<Index>(labels.size()) == logits.cols(), labels.size(), " labels were given for ",
            logits.cols(), " samples");
    check(logits.rows());
    require(label_smoothing >= 0 && label_smoothing < 1, "label_smoothing ", label_smoothing,
            ": it must be at least 0 and below 1");
    const double certain = 1 - label_smoothing;
    const double part = label_smoothing / static_cast<double>(logits.rows());
    double spread = 0;  // ε / C Σ_c w[c]
    if (label_smoothing > 0)
      for (Index c = 0; c < logits.rows(); ++c)
        spread += part * weight_of(static_cast<int>(c), logits.rows());
    double sum = 0;
    for (Index n = 0; n < logits.cols(); ++n) {
      const int label = labels[static_cast<std::size_t>(n)];
      const double w = certain * weight_of(label, logits.rows());
      d_logits.col(n) = logits.col(n);
      S* const d = &d_logits.coeffRef(0, n);
      const auto [highest, normalizer] = exponentials(d, logits.rows(), d);
      const S log_normalizer = std::log(normalizer);
      sum += w * static_cast<double>(log_normalizer - (logits(label, n) - highest));
      arrays::scale(d, logits.rows(), static_cast<S>((w + spread) / total) / normalizer);
      d[label] -= static_cast<S>(w / total);
      if (label_smoothing > 0)
        for (Index c = 0; c < logits.rows(); ++c) {
          const double v = part * weight_of(static_cast<int>(c), logits.rows());
          sum += v * static_cast<double>(log_normalizer - (logits(c, n) - highest));
          d[c] -= static_cast<S>(v / total);
        }
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

/// Sigmoid with binary cross-entropy: C labels for each sample, each true or false for itself (Bishop 2006,
/// equations 4.90 and 4.91).
///
///   p = σ(a)      loss = 1 / (C·B) Σ_cn -(w_c y log p + (1 - y) log(1 - p))
///   ∂loss/∂a = ((1 - y) - (1 + (w_c - 1) y) (1 - p)) / (C·B), which is (p - y) / (C·B) for w_c = 1
///
/// A target holds C numbers from 0 to 1. w are the positive weights of the labels, all 1 if not given: above
/// 1 they raise recall, below 1 precision. The mean is over samples and labels: BCEWithLogitsLoss of PyTorch.
/// Throws std::invalid_argument for a target that is not in [0, 1], for other numbers of targets than of
/// logits, and for weights that are not C positive numbers.
template <std::floating_point S = float>
struct BinaryCrossEntropy {
  using Target = Vector<S>;
  using Targets = Matrix<S>;  // C × B

  std::vector<double> positive_weights{};

  static void collect(const Target& target, std::size_t sample, std::size_t batch, Targets& targets) {
    loss_detail::collect(target, sample, batch, targets);
  }

  double weight(const Targets& targets) const { return static_cast<double>(targets.size()); }

  /// Throws unless the weights are those of so many labels, and the target has a legal number for each.
  void check(Index labels) const {
    require(positive_weights.empty() || static_cast<Index>(positive_weights.size()) == labels,
            positive_weights.size(), " positive weights were given for ", labels, " labels");
  }
  void check(const Target& target, Index labels) const {
    check(labels);
    loss_detail::check_size(target, labels);
    for (Index c = 0; c < labels; ++c) check_number(target(c), c);
  }

  double operator()(const auto& logits, const Targets& targets, double total, auto&& d_logits) const {
    loss_detail::check_sizes(logits, targets);
    check(logits.rows());
    double sum = 0;
    for (Index n = 0; n < logits.cols(); ++n)
      for (Index c = 0; c < logits.rows(); ++c) {
        const S y = targets(c, n), a = logits(c, n);
        check_number(y, c);
        const S w = 1 + (weight_of(c) - 1) * y;
        const S e = std::exp(-std::abs(a));                 // at most 1, so that nothing overflows
        const S q = a > 0 ? e / (1 + e) : 1 / (1 + e);      // 1 - p
        const S log_p = std::min(a, S(0)) - std::log1p(e);  // log(1 - p) = log p - a
        sum += static_cast<double>((1 - y) * a - w * log_p);
        d_logits(c, n) = static_cast<S>(((1 - y) - w * q) / total);
      }
    return sum / total;
  }

  /// Logits become probabilities.
  static void output(auto&& logits) {
    logits = logits.unaryExpr([](S a) { return Sigmoid::value(a); });
  }

 private:
  static void check_number(S target, Index label) {
    require(target >= 0 && target <= 1, "target ", target, " of label ", label, ": it must be from 0 to 1");
  }
  S weight_of(Index label) const {
    if (positive_weights.empty()) return 1;
    const double w = positive_weights[static_cast<std::size_t>(label)];
    require(w > 0 && std::isfinite(w), "positive weight ", w, " of label ", label,
            ": it must be positive and finite");
    return static_cast<S>(w);
  }
};

/// Squared error, for values of any size (Rumelhart, Hinton and Williams 1986, equation 3, with the mean in place
/// of half of the sum).
///
///   loss = 1 / (C·B) Σ_cn (a - y)²      ∂loss/∂a = 2 (a - y) / (C·B)
///
/// The mean is over samples and values: MSELoss of PyTorch. Throws std::invalid_argument for targets that
/// are not finite, and for other numbers of them than of outputs.
template <std::floating_point S = float>
struct SquaredError {
  using Target = Vector<S>;
  using Targets = Matrix<S>;  // C × B

  static void collect(const Target& target, std::size_t sample, std::size_t batch, Targets& targets) {
    loss_detail::collect(target, sample, batch, targets);
  }

  double weight(const Targets& targets) const { return static_cast<double>(targets.size()); }

  /// Throws unless the target has a finite number for each of so many values.
  void check(const Target& target, Index values) const {
    loss_detail::check_size(target, values);
    for (Index c = 0; c < values; ++c) check_number(target(c), c);
  }

  double operator()(const auto& values, const Targets& targets, double total, auto&& d_values) const {
    loss_detail::check_sizes(values, targets);
    double sum = 0;
    for (Index n = 0; n < values.cols(); ++n)
      for (Index c = 0; c < values.rows(); ++c) {
        check_number(targets(c, n), c);
        const S error = values(c, n) - targets(c, n);
        sum += static_cast<double>(error) * static_cast<double>(error);
        d_values(c, n) = static_cast<S>(2 / total) * error;
      }
    return sum / total;
  }

  /// Values stay as they are.
  static void output(auto&&) {}

 private:
  static void check_number(S target, Index value) {
    require(std::isfinite(target), "target ", target, " of value ", value, ": it must be finite");
  }
};

}  // namespace recur
