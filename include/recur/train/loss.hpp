// Losses, computed from logits and fused with their output function. They are stable for logits of any finite
// size.
//
// A loss knows its targets and the weight of a batch. It divides sums by this weight to make means, also when
// a batch is cut into shards. It computes its value and its gradient with respect to the logits. It also
// turns logits into what users want to see: probabilities or values. Logits are C × B. Losses are summed in
// double, whatever the scalar of the network.
//
// Targets that don't count (core/label.hpp) have no weight and no gradient.
//
// A model takes a loss in its own scalar: beside layers in double, SquaredError{} becomes SquaredError<double>.
//
// Mean or sum: the gradient of a sum over C outputs is C times the gradient of their mean. For a sum over B
// samples it is B times that of the mean. To get the same training with Sgd, divide its rate by that factor,
// and multiply weight_decay, clip_norm and clip_value by it. The rates of Adam, AdamW, RmsProp and Adagrad stay,
// since these divide by the size of the gradient. Their weight_decay must be multiplied too, except that of AdamW,
// which is not in the gradient.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

#include "recur/core/activation.hpp"
#include "recur/core/compiled.hpp"
#include "recur/core/error.hpp"
#include "recur/core/label.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/parameters.hpp"

namespace recur::inline RECUR_ABI {

/// How the losses of several numbers become one.
enum class Reduction { mean, sum };

/// The target of one sample: a number for each output. For one output it is the number itself: {tokens, 1}.
template <std::floating_point S>
struct Numbers : VectorX<S> {
  Numbers() = default;
  Numbers(std::convertible_to<double> auto only)
      : VectorX<S>(VectorX<S>::Constant(1, static_cast<S>(only))) {}
  template <class Derived>
  Numbers(const Eigen::MatrixBase<Derived>& numbers) : VectorX<S>(numbers) {}
};

namespace detail::loss {

/// Writes the target of one sample into its column of the targets of the batch.
template <class S>
void collect(const VectorX<S>& target, std::size_t sample, std::size_t batch, MatrixX<S>& targets) {
  if (sample == 0) targets.resize(target.size(), static_cast<Index>(batch));
  require(target.size() == targets.rows(), "the target of sample ", sample, " of the batch has ",
          target.size(), " numbers, but the target of sample 0 has ", targets.rows(), ": they must be equal");
  targets.col(static_cast<Index>(sample)) = target;
}

template <class S>
void check_size(const VectorX<S>& target, Index numbers) {
  require(target.size() == numbers, "the target has ", target.size(), " numbers: it must have ", numbers);
}

template <class S>
void check_sizes(const auto& logits, const MatrixX<S>& targets) {
  require(targets.rows() == logits.rows() && targets.cols() == logits.cols(), "targets of ", targets.rows(),
          " x ", targets.cols(), " were given for outputs of ", logits.rows(), " x ", logits.cols(),
          " (numbers x samples): they must be equal");
}

/// The divisor of the loss of a batch: how many numbers count. If the losses are summed over the outputs of a sample, it is
/// how many samples have such a number.
template <class S>
double weight(const MatrixX<S>& targets, Reduction outputs) {
  const auto counts = targets.array() != ignored_number<S>;
  return static_cast<double>(outputs == Reduction::sum ? counts.colwise().any().count() : counts.count());
}

/// Outside a model, a loss must be in the scalar of the outputs.
template <class Numbers, class S>
constexpr void check_scalar() {
  static_assert(
      std::same_as<typename std::remove_cvref_t<Numbers>::Scalar, S>,
      "a loss must compute in the scalar of its outputs: for outputs in double write "
      "SquaredError<double>{}, for float SquaredError<float>{} or SquaredError{}; the same holds for "
      "all losses");
}

}  // namespace detail::loss

/// Softmax with cross-entropy: one of C labels for each sample (Bishop, "Pattern recognition and machine
/// learning", 2006, equations 4.108 and 4.109). This is PyTorch's CrossEntropyLoss.
///
///   p = softmax(a)      loss = Σ_n w[label_n] · -log p_n[label_n] / Σ_n w[label_n]
///   ∂loss/∂a = w (p - onehot) / Σ w
///
/// w are the class weights. If they are not given, all are 1, and the loss is the mean over the samples. With
/// smoothing ε each class gets the part ε / C of every sample's label (Szegedy et al. 2016, section 7):
///
///   loss = Σ_n ((1 - ε) w[label_n] · -log p_n[label_n] + ε / C Σ_c w[c] · -log p_n[c]) / Σ_n w[label_n]
///
/// This is PyTorch's formula; its denominator does not contain ε either. Samples with ignored_label are left
/// out of all sums. Throws std::out_of_range for another label that is not in 0, ..., C - 1. Throws
/// std::invalid_argument for class weights that are not C positive numbers, or larger than the largest float, and
/// for a smoothing that is not in [0, 1).
template <std::floating_point S = float>
struct SoftmaxCrossEntropy {
  using Scalar = S;
  using Target = int;
  using Targets = std::vector<int>;

  std::vector<double> class_weights{};  ///< w, one for each class; empty: all are 1
  double label_smoothing = 0;           ///< ε

  /// The same loss in the scalar of a network.
  template <std::floating_point T>
  operator SoftmaxCrossEntropy<T>() const {
    return {class_weights, label_smoothing};
  }

  static void collect(const Target& target, std::size_t sample, std::size_t batch, Targets& targets) {
    targets.resize(batch);
    targets[sample] = target;
  }

  double weight(const Targets& labels) const;

  /// Throws unless there is a weight for each of these classes (or none at all), and the weights and the smoothing are
  /// legal.
  void check(Index classes) const;
  /// For the label of one sample: throws unless it is one of the classes or ignored_label.
  void check(const Target& label, Index classes) const;

  double operator()(const auto& logits, const Targets& labels, double total, auto&& d_logits) const {
    using Logits = std::remove_cvref_t<decltype(logits)>;
    detail::loss::check_scalar<Logits, S>();
    if constexpr ((Logits::Flags & unsigned{Eigen::DirectAccessBit}) != 0 && !Logits::IsRowMajor &&
                  Logits::InnerStrideAtCompileTime == 1)
      return differentiate({logits.data(), logits.outerStride()}, logits.rows(), logits.cols(), labels, total,
                           d_logits.data(), d_logits.outerStride());
    else
      return (*this)(MatrixX<S>(logits), labels, total, d_logits);
  }

  /// Logits become probabilities.
  static void output(auto&& logits) { softmax(logits); }

 private:
  struct Columns {
    const S* first;
    Index stride;
  };
  /// The same for columns in memory, compiled once.
  double differentiate(Columns logits, Index classes, Index samples, const Targets& labels, double total,
                       S* d_logits, Index d_stride) const;
  void check_count(Index classes) const;
  double weight_of(int label, Index classes) const;
};

/// Weights with which classes that have few labels count as much as the others: n / (C · n_c) for class c, where n_c
/// of n labels are c (scikit-learn's "balanced"; King and Zeng, "Logistic regression in rare events data", 2001).
/// The mean of the weights of all these labels is 1.
///
///   SoftmaxCrossEntropy<float>{.class_weights = balanced_weights(labels, 3)}
///
/// Labels that are ignored_label are left out. Throws std::out_of_range for another label that is not in
/// 0, ..., C - 1, and std::invalid_argument for a class without labels and for less than one class.
RECUR_INLINE std::vector<double> balanced_weights(std::span<const int> labels, Index classes);

#if RECUR_DEFINES
RECUR_INLINE std::vector<double> balanced_weights(std::span<const int> labels, Index classes) {
  require(classes > 0, "balanced weights of ", classes, " classes: there must be at least one");
  std::vector<double> weights(static_cast<std::size_t>(classes));
  double all = 0;
  for (const int label : labels) {
    if (label == ignored_label) continue;
    detail::check_label(label, classes);
    ++weights[static_cast<std::size_t>(label)];
    ++all;
  }
  for (std::size_t c = 0; c < weights.size(); ++c) {
    require(weights[c] > 0, "class ", c, " of ", classes,
            " has no labels: balanced weights need one of each");
    weights[c] = all / (static_cast<double>(classes) * weights[c]);
  }
  return weights;
}

template <std::floating_point S>
double SoftmaxCrossEntropy<S>::weight(const Targets& labels) const {
  if (class_weights.empty())
    return static_cast<double>(static_cast<Index>(labels.size()) -
                               std::count(labels.begin(), labels.end(), ignored_label));
  double sum = 0;
  for (const int label : labels)
    if (label != ignored_label) sum += weight_of(label, static_cast<Index>(class_weights.size()));
  return sum;
}

template <std::floating_point S>
void SoftmaxCrossEntropy<S>::check(Index classes) const {
  check_count(classes);
  require(label_smoothing >= 0 && label_smoothing < 1, "label_smoothing ", label_smoothing,
          ": it must be at least 0 and below 1");
  for (int c = 0; c < static_cast<int>(class_weights.size()); ++c) weight_of(c, classes);
}

template <std::floating_point S>
void SoftmaxCrossEntropy<S>::check(const Target& label, Index classes) const {
  check_count(classes);
  if (label != ignored_label) weight_of(label, classes);
}

template <std::floating_point S>
void SoftmaxCrossEntropy<S>::check_count(Index classes) const {
  require(class_weights.empty() || static_cast<Index>(class_weights.size()) == classes, class_weights.size(),
          " class weights were given for ", classes, " classes");
}

template <std::floating_point S>
double SoftmaxCrossEntropy<S>::weight_of(int label, Index classes) const {
  detail::check_label(label, classes);
  if (class_weights.empty()) return 1;
  const double w = class_weights[static_cast<std::size_t>(label)];
  require(w > 0 && std::isfinite(w), "class weight ", w, " of class ", label,
          ": it must be positive and finite");
  constexpr auto largest = static_cast<double>(std::numeric_limits<float>::max());  // so sums are finite
  require(w <= largest, "class weight ", w, " of class ", label, ": it must be at most ", largest);
  return w;
}

template <std::floating_point S>
double SoftmaxCrossEntropy<S>::differentiate(Columns logits, Index classes, Index samples,
                                             const Targets& labels, double total, S* d_logits,
                                             Index d_stride) const {
  require(static_cast<Index>(labels.size()) == samples, labels.size(), " labels were given for ", samples,
          " samples");
  check(classes);
  const double certain = 1 - label_smoothing;
  const double part = label_smoothing / static_cast<double>(classes);
  double spread = 0;  // ε / C Σ_c w[c]
  if (label_smoothing > 0)
    for (Index c = 0; c < classes; ++c) spread += part * weight_of(static_cast<int>(c), classes);
  double sum = 0;
  for (Index n = 0; n < samples; ++n) {
    const S* const a = logits.first + n * logits.stride;
    S* const d = d_logits + n * d_stride;
    const int label = labels[static_cast<std::size_t>(n)];
    if (label == ignored_label) {
      std::fill_n(d, classes, S(0));
      continue;
    }
    const double w = certain * weight_of(label, classes);
    const auto [highest, normalizer] = detail::exponentials(a, classes, d);
    const auto minus_log_p = [a, top = static_cast<double>(highest),
                              log_normalizer = std::log(static_cast<double>(normalizer))](Index c) {
      return log_normalizer + (top - static_cast<double>(a[c]));
    };
    sum += w / total * minus_log_p(label);
    detail::arrays::scale(d, classes, static_cast<S>((w + spread) / total) / normalizer);
    d[label] -= static_cast<S>(w / total);
    if (label_smoothing > 0)
      for (Index c = 0; c < classes; ++c) {
        const double v = part * weight_of(static_cast<int>(c), classes);
        sum += v / total * minus_log_p(c);
        d[c] -= static_cast<S>(v / total);
      }
  }
  return sum;
}
#endif

/// Sigmoid with binary cross-entropy: C labels for each sample, each true or false independently (Bishop
/// 2006, equations 4.90 and 4.91).
///
///   p = σ(a)      loss = 1 / (C·B) Σ_cn -(w_c y log p + (1 - y) log(1 - p))
///   ∂loss/∂a = ((1 - y) p - w_c y (1 - p)) / (C·B), which is (p - y) / (C·B) for w_c = 1
///
/// A target has C numbers from 0 to 1, or ignored_number<S> where an output doesn't count. w are the positive
/// weights of the labels, all 1 if not given. Weights above 1 raise recall, weights below 1 raise precision.
/// The mean is over samples and labels, as in PyTorch's BCEWithLogitsLoss. Reduction::sum sums over the
/// labels of a sample: replace C·B above by B. The loss is then in nats a step, as usual for music
/// (Boulanger-Lewandowski, Bengio and Vincent 2012), and the gradient is C times as large: see the top of
/// this file. Throws std::invalid_argument for a target that is not in [0, 1], if the number of targets is
/// not that of the logits, and for weights that are not C positive numbers, or larger than the largest S.
template <std::floating_point S = float>
struct BinaryCrossEntropy {
  using Scalar = S;
  using Target = Numbers<S>;
  using Targets = MatrixX<S>;                // C × B
  static constexpr bool many_labels = true;  ///< targets are true or false: metrics of labels count them

  std::vector<double> positive_weights{};  ///< w, one for each label; empty: all are 1
  Reduction outputs = Reduction::mean;     ///< over the labels of a sample

  /// The same loss in the scalar of a network.
  template <std::floating_point T>
  operator BinaryCrossEntropy<T>() const {
    return {positive_weights, outputs};
  }

  static void collect(const Target& target, std::size_t sample, std::size_t batch, Targets& targets) {
    detail::loss::collect(target, sample, batch, targets);
  }

  double weight(const Targets& targets) const { return detail::loss::weight(targets, outputs); }

  /// Throws unless there is a weight for each of these labels (or none at all), and the target has a legal
  /// number for each label.
  void check(Index labels) const {
    check_count(labels);
    for (Index c = 0; c < std::ssize(positive_weights); ++c) weight_of(c);
  }
  void check(const Target& target, Index labels) const {
    check_count(labels);
    detail::loss::check_size(target, labels);
    for (Index c = 0; c < labels; ++c)
      if (target(c) != ignored_number<S>) check_number(target(c), c);
  }

  double operator()(const auto& logits, const Targets& targets, double total, auto&& d_logits) const {
    detail::loss::check_scalar<decltype(logits), S>();
    detail::loss::check_sizes(logits, targets);
    check(logits.rows());
    const double part = 1 / total;
    double sum = 0;
    for (Index n = 0; n < logits.cols(); ++n)
      for (Index c = 0; c < logits.rows(); ++c) {
        if (targets(c, n) == ignored_number<S>) {
          d_logits(c, n) = 0;
          continue;
        }
        check_number(targets(c, n), c);
        const auto y = static_cast<double>(targets(c, n)), a = static_cast<double>(logits(c, n));
        const double yes = weight_of(c) * y, no = 1 - y;
        const double e = std::exp(-std::abs(a));  // at most 1, so nothing overflows
        const double likely = 1 / (1 + e), unlikely = e / (1 + e), rest = std::log1p(e);
        // -log p = max(-a, 0) + log(1 + e), -log(1 - p) = max(a, 0) + log(1 + e): no differences that cancel
        sum += part * (yes * (std::max(-a, 0.0) + rest) + no * (std::max(a, 0.0) + rest));
        d_logits(c, n) =
            static_cast<S>(part * (a > 0 ? no * likely - yes * unlikely : no * unlikely - yes * likely));
      }
    return sum;
  }

  /// Logits become probabilities.
  static void output(auto&& logits) {
    logits = logits.unaryExpr([](S a) { return Sigmoid::value(a); });
  }

 private:
  void check_count(Index labels) const {
    require(positive_weights.empty() || static_cast<Index>(positive_weights.size()) == labels,
            positive_weights.size(), " positive weights were given for ", labels, " labels");
  }
  static void check_number(S target, Index label) {
    require(target >= 0 && target <= 1, "target ", target, " of label ", label, ": it must be from 0 to 1");
  }
  double weight_of(Index label) const {
    if (positive_weights.empty()) return 1;
    constexpr auto largest = static_cast<double>(std::numeric_limits<S>::max());
    const double w = positive_weights[static_cast<std::size_t>(label)];
    require(w > 0 && std::isfinite(w), "positive weight ", w, " of label ", label,
            ": it must be positive and finite");
    require(w <= largest, "positive weight ", w, " of label ", label, ": in ", detail::precision_of<S>,
            " it must be at most ", largest);
    return w;
  }
};

/// Squared error, for values of any size (Rumelhart, Hinton and Williams 1986, equation 3, but with the mean
/// instead of half of the sum).
///
///   loss = 1 / (C·B) Σ_cn (a - y)²      ∂loss/∂a = 2 (a - y) / (C·B)
///
/// The mean is over samples and values, as in PyTorch's MSELoss. Reduction::sum sums over the values of a
/// sample: replace C·B above by B. The gradient is then C times as large: see the top of this file. A number that
/// is ignored_number<S> is left out of the sums, and of the mean. Throws std::invalid_argument for targets
/// that are not finite, and if their number is not that of the outputs.
template <std::floating_point S = float>
struct SquaredError {
  using Scalar = S;
  using Target = Numbers<S>;
  using Targets = MatrixX<S>;  // C × B

  Reduction outputs = Reduction::mean;  ///< over the values of a sample

  /// The same loss in the scalar of a network.
  template <std::floating_point T>
  operator SquaredError<T>() const {
    return {outputs};
  }

  static void collect(const Target& target, std::size_t sample, std::size_t batch, Targets& targets) {
    detail::loss::collect(target, sample, batch, targets);
  }

  double weight(const Targets& targets) const { return detail::loss::weight(targets, outputs); }

  /// Throws unless the target has a finite number for each of the values.
  void check(const Target& target, Index values) const {
    detail::loss::check_size(target, values);
    for (Index c = 0; c < values; ++c) check_number(target(c), c);
  }

  double operator()(const auto& values, const Targets& targets, double total, auto&& d_values) const {
    detail::loss::check_scalar<decltype(values), S>();
    detail::loss::check_sizes(values, targets);
    const double part = 1 / total;
    double sum = 0;
    for (Index n = 0; n < values.cols(); ++n)
      for (Index c = 0; c < values.rows(); ++c) {
        if (targets(c, n) == ignored_number<S>) {
          d_values(c, n) = 0;
          continue;
        }
        check_number(targets(c, n), c);
        const double error = static_cast<double>(values(c, n)) - static_cast<double>(targets(c, n));
        sum += error * (part * error);  // the square alone may overflow even if the mean does not
        d_values(c, n) = static_cast<S>(2 * (part * error));
      }
    return sum;
  }

  /// Values stay as they are.
  static void output(auto&&) {}

 private:
  static void check_number(S target, Index value) {
    require(std::isfinite(target), "target ", target, " of value ", value, ": it must be finite");
  }
};

/// Quantiles, for forecasts with intervals (Koenker and Bassett, "Regression quantiles", 1978, section 3; also
/// called pinball loss). Half of the numbers lie below the quantile 0.5, nine tenths below 0.9.
///
///   loss = 1 / (C·Q·B) Σ_cqn max(τ_q (y - a), (τ_q - 1) (y - a))
///   ∂loss/∂a = -τ_q / (C·Q·B) where a < y, (1 - τ_q) / (C·Q·B) where a > y, 0 where they are equal
///
/// A target has C numbers y. The network has Q outputs for each: a of number c and quantile τ_q is output
/// c·Q + q. The loss is least where a is below y with the probability 1 - τ_q. Nothing keeps the Q outputs
/// in order: `sort_quantiles` does. A number that is ignored_number<S> is left out of the sums, and of the
/// mean. Throws std::invalid_argument if there are no quantiles, if they don't lie between
/// 0 and 1 in rising order, for targets that are not finite, and if their number is not 1 / Q of the outputs.
template <std::floating_point S = float>
struct QuantileLoss {
  using Scalar = S;
  using Target = Numbers<S>;
  using Targets = MatrixX<S>;  // C × B

  std::vector<double> quantiles{0.1, 0.5, 0.9};

  /// The same loss in the scalar of a network.
  template <std::floating_point T>
  operator QuantileLoss<T>() const {
    return {quantiles};
  }

  static void collect(const Target& target, std::size_t sample, std::size_t batch, Targets& targets) {
    detail::loss::collect(target, sample, batch, targets);
  }

  double weight(const Targets& targets) const {
    return detail::loss::weight(targets, Reduction::mean) * static_cast<double>(count());
  }

  /// Throws unless the quantiles are legal, the number of outputs is a multiple of theirs, and the target has a
  /// finite number for each Q outputs.
  void check(Index outputs) const {
    require(!quantiles.empty(), "no quantiles were given: there must be at least one");
    for (std::size_t q = 0; q < quantiles.size(); ++q)
      require(quantiles[q] > (q > 0 ? quantiles[q - 1] : 0) && quantiles[q] < 1, "quantile ", quantiles[q],
              " at ", q, ": quantiles must be above 0, below 1 and in rising order");
    require(outputs % count() == 0, outputs, " outputs for ", count(), " quantiles: they must be a multiple");
  }
  void check(const Target& target, Index outputs) const {
    check(outputs);
    detail::loss::check_size(target, outputs / count());
    for (Index c = 0; c < target.size(); ++c) check_number(target(c), c);
  }

  double operator()(const auto& values, const Targets& targets, double total, auto&& d_values) const {
    detail::loss::check_scalar<decltype(values), S>();
    check(values.rows());
    require(targets.rows() * count() == values.rows() && targets.cols() == values.cols(), "targets of ",
            targets.rows(), " x ", targets.cols(), " were given for outputs of ", values.rows(), " x ",
            values.cols(), " (numbers x samples) and ", count(),
            " quantiles: there must be an output for each number and quantile");
    const double part = 1 / total;
    double sum = 0;
    for (Index n = 0; n < values.cols(); ++n)
      for (Index c = 0; c < targets.rows(); ++c) {
        if (targets(c, n) == ignored_number<S>) {
          for (Index q = 0; q < count(); ++q) d_values(c * count() + q, n) = 0;
          continue;
        }
        check_number(targets(c, n), c);
        for (Index q = 0; q < count(); ++q) {
          const Index i = c * count() + q;
          const double above = quantiles[static_cast<std::size_t>(q)], below = 1 - above;
          const double error = static_cast<double>(targets(c, n)) - static_cast<double>(values(i, n));
          sum += part * (error > 0 ? above * error : -below * error);
          d_values(i, n) = static_cast<S>(error > 0 ? -part * above : error < 0 ? part * below : 0);
        }
      }
    return sum;
  }

  /// Values stay as they are.
  static void output(auto&&) {}

 private:
  Index count() const { return static_cast<Index>(quantiles.size()); }
  static void check_number(S target, Index value) {
    require(std::isfinite(target), "target ", target, " of value ", value, ": it must be finite");
  }
};

/// Puts the outputs of each number in rising order, where a network of QuantileLoss gives `quantiles` for
/// each: a higher quantile is never below a lower one. Sorted, they are never further from the true quantiles
/// (Chernozhukov, Fernández-Val and Galichon, "Quantile and probability curves without crossing", 2010).
/// values: a column for each sample. Throws std::invalid_argument if the number of outputs is not a multiple of
/// `quantiles`, and for an output that is not a number; the values are then as before.
template <class Derived>
void sort_quantiles(Eigen::PlainObjectBase<Derived>& values, Index quantiles) {
  static_assert(!Derived::IsRowMajor, "sort_quantiles takes matrices in columns");
  require(quantiles > 0 && values.rows() % quantiles == 0, values.rows(), " outputs for ", quantiles,
          " quantiles: they must be a multiple");
  auto* const begin = values.data();
  for (Index i = 0; i < values.size(); ++i)  // std::sort must not get one
    require(!std::isnan(begin[i]), "output ", i % values.rows(), " of sample ", i / values.rows(),
            " is not a number");
  for (Index i = 0; i < values.size(); i += quantiles) std::sort(begin + i, begin + i + quantiles);
}

}  // namespace recur::inline RECUR_ABI

#define RECUR_COMPILED_LOSS(S) template struct SoftmaxCrossEntropy<S>;
