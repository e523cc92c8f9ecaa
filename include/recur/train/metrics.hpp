// How good predictions are, in numbers for people. text_metrics.hpp has metrics of text, and span_metrics.hpp
// has metrics of labelled spans of a text.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <vector>

#include "recur/core/compiled.hpp"
#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"
#include "recur/train/evaluate.hpp"

namespace recur::inline RECUR_ABI {

/// The class with the highest score in each column of the scores (C × n, logits or probabilities). Of equal
/// scores it takes the first. Throws std::invalid_argument if there are no classes, and for scores that are
/// not numbers.
template <class Derived>
std::vector<int> most_likely(const Eigen::MatrixBase<Derived>& scores) {
  require(scores.rows() > 0 || scores.cols() == 0, "scores of 0 classes: there must be at least 1");
  std::vector<int> classes(static_cast<std::size_t>(scores.cols()));
  for (Index n = 0; n < scores.cols(); ++n) {
    Index best = 0;
    require(!scores.col(n).hasNaN(), "a score of sample ", n, " is not a number");
    scores.col(n).maxCoeff(&best);
    classes[static_cast<std::size_t>(n)] = static_cast<int>(best);
  }
  return classes;
}

namespace detail::metrics {

template <class Derived>
void check_labels(const Eigen::MatrixBase<Derived>& scores, std::span<const int> labels) {
  require(scores.cols() == static_cast<Index>(labels.size()), labels.size(), " labels were given for ",
          scores.cols(), " samples");
  require(!labels.empty(), "a metric of no samples was asked for: it needs at least one");
  for (const int label : labels)
    if (label < 0 || label >= scores.rows())
      throw std::out_of_range(
          detail::message("label ", label, " is out of range: legal labels are 0 to ", scores.rows() - 1));
}

template <class Derived, class Targets>
void check_targets(const Eigen::MatrixBase<Derived>& probabilities,
                   const Eigen::MatrixBase<Targets>& targets) {
  require(probabilities.rows() == targets.rows() && probabilities.cols() == targets.cols(),
          "probabilities of ", probabilities.rows(), " x ", probabilities.cols(), " and targets of ",
          targets.rows(), " x ", targets.cols(), ": they must be equal");
  require(targets.size() > 0, "a metric of no labels was asked for: it needs at least one");
}

}  // namespace detail::metrics

/// The fraction of the samples with their label as the most likely class. scores: C × n.
///
/// Throws std::invalid_argument if there are no samples, and if the number of labels is not that of the
/// samples. Throws std::out_of_range for a label that is not in 0, ..., C - 1.
template <class Derived>
double accuracy(const Eigen::MatrixBase<Derived>& scores, std::span<const int> labels) {
  detail::metrics::check_labels(scores, labels);
  const std::vector<int> classes = most_likely(scores);
  Index right = 0;
  for (std::size_t n = 0; n < labels.size(); ++n) right += classes[n] == labels[n];
  return static_cast<double>(right) / static_cast<double>(labels.size());
}

/// Counts samples by label (row) and most likely class (column), C × C. Throws as accuracy does.
template <class Derived>
MatrixX<Index> confusion(const Eigen::MatrixBase<Derived>& scores, std::span<const int> labels) {
  detail::metrics::check_labels(scores, labels);
  const std::vector<int> classes = most_likely(scores);
  MatrixX<Index> counts = MatrixX<Index>::Zero(scores.rows(), scores.rows());
  for (std::size_t n = 0; n < labels.size(); ++n) ++counts(labels[n], classes[n]);
  return counts;
}

/// Counts samples by label (row) and predicted class (column), C × C. Throws std::invalid_argument if there
/// are no samples, and if the number of labels is not that of the predictions. Throws std::out_of_range for a
/// label or prediction that is not in 0, ..., C - 1.
RECUR_INLINE MatrixX<Index> confusion(std::span<const int> predicted, std::span<const int> labels,
                                      Index classes);

/// How often a class was predicted, how often it was there, and how often both.
///
///   precision = both / predicted      recall = both / actual      f1 = 2 both / (predicted + actual)
///
/// f1 is the harmonic mean of precision and recall (van Rijsbergen, "Information retrieval", 1979, chapter 7:
/// 1 - E, with equal weight of both). 0 / 0 counts as 0, as in scikit-learn.
struct Matches {
  Index both = 0, predicted = 0, actual = 0;

  double precision() const { return fraction(both, predicted); }
  double recall() const { return fraction(both, actual); }
  double f1() const { return fraction(2 * both, predicted + actual); }

  Matches& operator+=(const Matches& other) {
    both += other.both;
    predicted += other.predicted;
    actual += other.actual;
    return *this;
  }
  bool operator==(const Matches&) const = default;

 private:
  static double fraction(Index part, Index whole) {
    return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
  }
};

/// The matches of each class. confusion: C × C, rows are labels. Throws std::invalid_argument unless it is
/// square.
RECUR_INLINE std::vector<Matches> class_matches(const MatrixX<Index>& confusion);

/// The matches of each of many labels; both matrices are C × n. Throws as label_accuracy does.
template <class Derived, class Targets>
std::vector<Matches> label_matches(const Eigen::MatrixBase<Derived>& probabilities,
                                   const Eigen::MatrixBase<Targets>& targets, double threshold = 0.5) {
  detail::metrics::check_targets(probabilities, targets);
  std::vector<Matches> labels(static_cast<std::size_t>(targets.rows()));
  for (Index n = 0; n < targets.cols(); ++n)
    for (Index c = 0; c < targets.rows(); ++c) {
      const bool predicted = probabilities(c, n) > threshold, actual = targets(c, n) > threshold;
      labels[static_cast<std::size_t>(c)] += {predicted && actual, predicted, actual};
    }
  return labels;
}

/// Precision, recall and F1 of several classes in one.
struct Averages {
  double precision = 0, recall = 0, f1 = 0;
};

/// The matches of all classes together: a frequent class counts more. If each sample has one label and all
/// classes are included, precision, recall and f1 all equal the accuracy. To leave out a class that means
/// "nothing", pass a subspan.
RECUR_INLINE Matches micro_average(std::span<const Matches> classes);

/// The means over the classes: each class counts the same. f1 is the mean of the classes' f1, as in
/// scikit-learn. Throws std::invalid_argument if there are no classes.
RECUR_INLINE Averages macro_average(std::span<const Matches> classes);

/// For samples with many labels: the fraction of all labels with probability and target on the same side of
/// the threshold. With exact: the fraction of the samples for which that holds for all labels. Both matrices
/// are C × n. Throws std::invalid_argument if there are no numbers or if the sizes differ.
template <class Derived, class Targets>
double label_accuracy(const Eigen::MatrixBase<Derived>& probabilities,
                      const Eigen::MatrixBase<Targets>& targets, double threshold = 0.5, bool exact = false) {
  detail::metrics::check_targets(probabilities, targets);
  Index right = 0;
  for (Index n = 0; n < targets.cols(); ++n) {
    Index of_sample = 0;
    for (Index c = 0; c < targets.rows(); ++c)
      of_sample += (probabilities(c, n) > threshold) == (targets(c, n) > threshold);
    right += exact ? of_sample == targets.rows() : of_sample;
  }
  return static_cast<double>(right) / static_cast<double>(exact ? targets.cols() : targets.size());
}

/// The accuracy of a classifier on examples. If a sample has many labels, it is the fraction of all labels
/// that are right at threshold 0.5. Throws std::invalid_argument if there are no examples.
template <Trainable Model>
double accuracy(const Model& model, std::span<const typename Model::Example> examples,
                EvaluateOptions options = {}) {
  require(!examples.empty(), "a metric of no examples was asked for: it needs at least one");
  const auto y = predictions(model, examples, options);
  if constexpr (std::integral<std::remove_cvref_t<decltype(examples[0].target)>>) {
    std::vector<int> labels;
    for (const auto& example : examples) labels.push_back(example.target);
    return accuracy(y, labels);
  } else {
    MatrixX<typename Model::Scalar> targets;
    for (std::size_t n = 0; n < examples.size(); ++n)
      decltype(model.criterion)::collect(examples[n].target, n, examples.size(), targets);
    return label_accuracy(y, targets);
  }
}

#if RECUR_DEFINES
RECUR_INLINE MatrixX<Index> confusion(std::span<const int> predicted, std::span<const int> labels,
                                      Index classes) {
  require(predicted.size() == labels.size(), labels.size(), " labels were given for ", predicted.size(),
          " predictions");
  require(!labels.empty(), "a metric of no samples was asked for: it needs at least one");
  const auto legal = [&](int label) {
    if (label < 0 || label >= classes)
      throw std::out_of_range(
          detail::message("label ", label, " is out of range: legal labels are 0 to ", classes - 1));
    return label;
  };
  MatrixX<Index> counts = MatrixX<Index>::Zero(classes, classes);
  for (std::size_t n = 0; n < labels.size(); ++n) ++counts(legal(labels[n]), legal(predicted[n]));
  return counts;
}

RECUR_INLINE std::vector<Matches> class_matches(const MatrixX<Index>& confusion) {
  require(confusion.rows() == confusion.cols(), "a confusion matrix of ", confusion.rows(), " x ",
          confusion.cols(), ": it must be square");
  std::vector<Matches> classes;
  for (Index c = 0; c < confusion.rows(); ++c)
    classes.push_back({confusion(c, c), confusion.col(c).sum(), confusion.row(c).sum()});
  return classes;
}

RECUR_INLINE Matches micro_average(std::span<const Matches> classes) {
  Matches all;
  for (const Matches& one : classes) all += one;
  return all;
}

RECUR_INLINE Averages macro_average(std::span<const Matches> classes) {
  require(!classes.empty(), "an average over no classes was asked for: it needs at least one");
  Averages mean;
  for (const Matches& one : classes) {
    mean.precision += one.precision() / static_cast<double>(classes.size());
    mean.recall += one.recall() / static_cast<double>(classes.size());
    mean.f1 += one.f1() / static_cast<double>(classes.size());
  }
  return mean;
}
#endif

}  // namespace recur::inline RECUR_ABI
