// How good predictions are, in numbers for people.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"
#include "recur/train/evaluate.hpp"

namespace recur {

/// The class to which each column of the scores (C × n, logits or probabilities) gives the most, of equal
/// ones the first. Throws std::invalid_argument for scores of no classes and such that are not a number.
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

namespace metrics_detail {

template <class Derived>
void check_labels(const Eigen::MatrixBase<Derived>& scores, std::span<const int> labels) {
  require(scores.cols() == static_cast<Index>(labels.size()), labels.size(), " labels were given for ",
          scores.cols(), " samples");
  require(!labels.empty(), "a metric of no samples was asked for: it needs at least one");
  for (const int label : labels)
    if (label < 0 || label >= scores.rows())
      throw std::out_of_range(
          message("label ", label, " is out of range: legal labels are 0 to ", scores.rows() - 1));
}

}  // namespace metrics_detail

/// Fraction of the samples for which the most likely class is the label. scores: C × n.
///
/// Throws std::invalid_argument for no samples and for other numbers of labels than of samples,
/// std::out_of_range for a label that is not in 0, ..., C - 1.
template <class Derived>
double accuracy(const Eigen::MatrixBase<Derived>& scores, std::span<const int> labels) {
  metrics_detail::check_labels(scores, labels);
  const std::vector<int> classes = most_likely(scores);
  Index right = 0;
  for (std::size_t n = 0; n < labels.size(); ++n) right += classes[n] == labels[n];
  return static_cast<double>(right) / static_cast<double>(labels.size());
}

/// Samples by label (row) and most likely class (column), C × C. Throws as accuracy does.
template <class Derived>
Matrix<Index> confusion(const Eigen::MatrixBase<Derived>& scores, std::span<const int> labels) {
  metrics_detail::check_labels(scores, labels);
  const std::vector<int> classes = most_likely(scores);
  Matrix<Index> counts = Matrix<Index>::Zero(scores.rows(), scores.rows());
  for (std::size_t n = 0; n < labels.size(); ++n) ++counts(labels[n], classes[n]);
  return counts;
}

/// Of many labels, all C × n: the fraction on which probability and target are on the same side of the
/// threshold; with exact, the fraction of the samples for which all labels are. Throws std::invalid_argument
/// for no numbers and for sizes that differ.
template <class Derived, class Targets>
double label_accuracy(const Eigen::MatrixBase<Derived>& probabilities,
                      const Eigen::MatrixBase<Targets>& targets, double threshold = 0.5, bool exact = false) {
  require(probabilities.rows() == targets.rows() && probabilities.cols() == targets.cols(),
          "probabilities of ", probabilities.rows(), " x ", probabilities.cols(), " and targets of ",
          targets.rows(), " x ", targets.cols(), ": they must be equal");
  require(targets.size() > 0, "a metric of no labels was asked for: it needs at least one");
  Index right = 0;
  for (Index n = 0; n < targets.cols(); ++n) {
    Index of_sample = 0;
    for (Index c = 0; c < targets.rows(); ++c)
      of_sample += (probabilities(c, n) > threshold) == (targets(c, n) > threshold);
    right += exact ? of_sample == targets.rows() : of_sample;
  }
  return static_cast<double>(right) / static_cast<double>(exact ? targets.cols() : targets.size());
}

/// The accuracy of a classifier on examples; where a sample has many labels, the fraction of all labels that
/// are right at 0.5. Throws std::invalid_argument for no examples.
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
    Matrix<typename Model::Scalar> targets;
    for (std::size_t n = 0; n < examples.size(); ++n)
      decltype(model.criterion)::collect(examples[n].target, n, examples.size(), targets);
    return label_accuracy(y, targets);
  }
}

}  // namespace recur
