// How good predictions are, in numbers for people. text_metrics.hpp has metrics of text, and span_metrics.hpp
// has metrics of labelled spans of a text.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "recur/core/compiled.hpp"
#include "recur/core/error.hpp"
#include "recur/core/label.hpp"
#include "recur/core/matrix.hpp"
#include "recur/train/evaluate.hpp"
#include "recur/train/metric.hpp"

namespace recur::inline RECUR_ABI {

namespace detail::metrics {

/// most_likely of scores with these strides between the classes and the samples.
template <class S>
RECUR_NOINLINE std::vector<int> most_likely_of(const S* scores, Index classes, Index samples,
                                               Index class_stride, Index sample_stride) {
  require(classes > 0 || samples == 0, "scores of 0 classes: there must be at least 1");
  std::vector<int> found(static_cast<std::size_t>(samples));
  for (Index n = 0; n < samples; ++n) {
    const S* const score = scores + n * sample_stride;
    Index best = 0;
    for (Index c = 0; c < classes; ++c) {
      require(!std::isnan(score[c * class_stride]), "a score of sample ", n, " is not a number");
      if (score[c * class_stride] > score[best * class_stride]) best = c;
    }
    found[static_cast<std::size_t>(n)] = static_cast<int>(best);
  }
  return found;
}

}  // namespace detail::metrics

/// The class with the highest score in each column of the scores (C × n, logits or probabilities). If several
/// are equal, it takes the first. Throws std::invalid_argument if there are no classes, and for scores that are
/// not numbers.
template <class Derived>
std::vector<int> most_likely(const Eigen::MatrixBase<Derived>& scores) {
  const auto& numbers = scores.derived().eval();
  return detail::metrics::most_likely_of(numbers.data(), numbers.rows(), numbers.cols(), numbers.rowStride(),
                                         numbers.colStride());
}

namespace detail::metrics {

template <class Derived>
void check_labels(const Eigen::MatrixBase<Derived>& scores, std::span<const int> labels) {
  require(scores.cols() == static_cast<Index>(labels.size()), labels.size(), " labels were given for ",
          scores.cols(), " samples");
  require(!labels.empty(), "a metric of no samples was asked for: it needs at least one");
  require(std::any_of(labels.begin(), labels.end(), [](int label) { return label != ignored_label; }),
          "the labels of all samples are ignored: at least one must count");
  for (const int label : labels)
    if (label != ignored_label) detail::check_label(label, scores.rows());
}

template <class Derived, class Targets>
void check_targets(const Eigen::MatrixBase<Derived>& probabilities,
                   const Eigen::MatrixBase<Targets>& targets) {
  require(probabilities.rows() == targets.rows() && probabilities.cols() == targets.cols(),
          "probabilities of ", probabilities.rows(), " x ", probabilities.cols(), " and targets of ",
          targets.rows(), " x ", targets.cols(), ": they must be equal");
  require(targets.size() > 0, "a metric of no labels was asked for: it needs at least one");
}

/// Adds an answer for each column of probabilities and targets, C × n.
template <class Derived, class Targets>
void add(const Eigen::MatrixBase<Derived>& probabilities, const Eigen::MatrixBase<Targets>& targets,
         double threshold, Answers& answers) {
  constexpr auto ignored = ignored_number<typename Targets::Scalar>;
  answers.classes.resize(static_cast<std::size_t>(targets.rows()));
  for (Index n = 0; n < targets.cols(); ++n)
    for (Index c = 0; c < targets.rows(); ++c) {
      if (targets(c, n) == ignored) continue;
      require(!std::isnan(probabilities(c, n)), "the probability of label ", c, " is ", probabilities(c, n),
              ": it must be a number");
      require(!std::isnan(targets(c, n)), "the target of label ", c, " is ", targets(c, n),
              ": it must be a number");
      const bool predicted = probabilities(c, n) > threshold, actual = targets(c, n) > threshold;
      answers.classes[static_cast<std::size_t>(c)] += {predicted && actual, predicted, actual};
      answers.right += predicted == actual;
      ++answers.all;
    }
}
/// Adds an answer for each label. Throws std::out_of_range for a label that is not one of the classes.
RECUR_INLINE void add(std::span<const int> predicted, std::span<const int> labels, Index classes,
                      Answers& answers);
/// Makes room for the answers of all classes, also of those that never come.
RECUR_INLINE void make_room(Index classes, Answers& answers);

}  // namespace detail::metrics

/// The fraction of the samples with their label as the most likely class. scores: C × n. Samples with
/// ignored_label don't count, here and in all metrics of labels.
///
/// Throws std::invalid_argument if there are no samples that count, and if the number of labels is not that of
/// the samples. Throws std::out_of_range for another label that is not in 0, ..., C - 1.
template <class Derived>
double accuracy(const Eigen::MatrixBase<Derived>& scores, std::span<const int> labels) {
  detail::metrics::check_labels(scores, labels);
  Answers answers;
  detail::metrics::add(most_likely(scores), labels, scores.rows(), answers);
  return Accuracy{}(answers);
}

/// Counts samples by label (row) and predicted class (column), C × C. Throws std::invalid_argument if there
/// are no samples or no classes, and if the number of labels is not that of the predictions. Throws
/// std::out_of_range for a label or prediction that is not in 0, ..., C - 1.
RECUR_INLINE MatrixX<Index> confusion(std::span<const int> predicted, std::span<const int> labels,
                                      Index classes);

/// Counts samples by label (row) and most likely class (column), C × C. Throws as accuracy does.
template <class Derived>
MatrixX<Index> confusion(const Eigen::MatrixBase<Derived>& scores, std::span<const int> labels) {
  detail::metrics::check_labels(scores, labels);
  return confusion(most_likely(scores), labels, scores.rows());
}

/// The matches of each class. confusion: C × C, rows are labels. Throws std::invalid_argument unless it is
/// square.
RECUR_INLINE std::vector<Matches> class_matches(const MatrixX<Index>& confusion);

/// The matches of each of many labels; both matrices are C × n. Throws std::invalid_argument if there are no
/// numbers, if the sizes differ, and for a number that is NaN.
template <class Derived, class Targets>
std::vector<Matches> label_matches(const Eigen::MatrixBase<Derived>& probabilities,
                                   const Eigen::MatrixBase<Targets>& targets, double threshold = 0.5) {
  detail::metrics::check_targets(probabilities, targets);
  Answers answers;
  detail::metrics::add(probabilities, targets, threshold, answers);
  return answers.classes;
}

/// Precision, recall and F1 of several classes in one.
struct Averages {
  double precision = 0, recall = 0, f1 = 0;  ///< from 0 to 1
};

/// The matches of all classes together: a frequent class counts more. If each sample has one label and all
/// classes are included, precision, recall and f1 all equal the accuracy. To leave out a class that means
/// "nothing", pass a subspan.
RECUR_INLINE Matches micro_average(std::span<const Matches> classes);

/// The means over the classes that were there or were predicted: each of them counts the same. f1 is the mean of
/// the classes' f1. If each sample has one label, these are the macro averages of scikit-learn. With many labels
/// for each sample, scikit-learn counts those that never come as 0, and this leaves them out. Throws
/// std::invalid_argument if there are no classes.
RECUR_INLINE Averages macro_average(std::span<const Matches> classes);

/// For samples with many labels: the fraction of all labels with probability and target on the same side of
/// the threshold. With exact: the fraction of the samples for which that holds for all labels. Both matrices
/// are C × n. Throws std::invalid_argument if there are no numbers, if the sizes differ, if all targets are ignored,
/// and for a number that is NaN.
template <class Derived, class Targets>
double label_accuracy(const Eigen::MatrixBase<Derived>& probabilities,
                      const Eigen::MatrixBase<Targets>& targets, double threshold = 0.5, bool exact = false) {
  detail::metrics::check_targets(probabilities, targets);
  Answers answers;
  Index samples = 0, whole = 0;  // with labels that count; with all of them right
  for (Index n = 0; n < targets.cols(); ++n) {
    Answers one;
    detail::metrics::add(probabilities.col(n), targets.col(n), threshold, one);
    answers.right += one.right;
    answers.all += one.all;
    samples += one.all > 0;
    whole += one.all > 0 && one.right == one.all;
  }
  require(samples > 0, "the targets of all samples are ignored: at least one must count");
  return exact ? static_cast<double>(whole) / static_cast<double>(samples) : Accuracy{}(answers);
}

namespace detail::metrics {

template <class Model>
using Target = decltype(Model::Example::target);

/// A label for each sample; labels for each step of a sample; true or false for each of many labels.
template <class Model>
concept LabelsSamples = std::same_as<int, Target<Model>>;
template <class Model>
concept GivesLabels = requires(const Model& model, const typename Model::Batch& batch,
                               typename Model::Tape& tape) {
  { model.labels(batch.x, tape) } -> std::same_as<std::vector<std::vector<int>>>;
};
template <class Model>
concept GivesNoLabels = Trainable<Model> && !LabelsSamples<Model> && !GivesLabels<Model>;
template <class Model>
concept HasBlank = requires(const Model& model) {
  model.criterion.blank;
};
template <class Model>
concept LabelsSteps = GivesLabels<Model> && std::same_as<Target<Model>, std::vector<int>> && !HasBlank<Model>;
/// Its loss says that targets are labels: numbers alone may be those of a regression.
template <class Model>
concept HasManyLabels = requires(const Model& model, const typename Model::Batch& batch,
                                 typename Model::Tape& tape) {
  requires decltype(Model::criterion)::many_labels;
  model.predict(batch.x, tape);  // else its answers have a length of their own
};

template <class M>
concept HasLabels = LabelsSamples<M> || LabelsSteps<M> || HasManyLabels<M>;

/// A model whose answers can be counted. It labels samples or steps. The labels of CTC have no steps: they have
/// an error_rate (text_metrics.hpp). A regression has no labels.
template <class M>
concept Countable = Trainable<M> && HasLabels<M>;

}  // namespace detail::metrics

/// The most likely label of each example, in their order. Throws what `predictions` throws, and
/// std::invalid_argument for scores that are not numbers.
template <detail::metrics::LabelsSamples Model>
std::vector<int> labels(const Model& model, std::span<const typename Model::Example> examples,
                        EvaluateOptions options = {}) {
  return most_likely(predictions(model, examples, options));
}

/// The labels of each example, as model.labels gives them, in their order: of each step, or those that CTC
/// reads.
template <detail::metrics::GivesLabels Model>
std::vector<std::vector<int>> labels(const Model& model, std::span<const typename Model::Example> examples,
                                     EvaluateOptions options = {}) {
  std::vector<std::vector<int>> all(examples.size());
  detail::evaluation::for_each_batch(model, examples, options,
                                     [&](Index, const typename Model::Batch& batch,
                                         std::span<const Index> rows, typename Model::Tape& tape) {
                                       auto found = model.labels(batch.x, tape);
                                       for (std::size_t n = 0; n < rows.size(); ++n)
                                         all[static_cast<std::size_t>(rows[n])] = std::move(found[n]);
                                     });
  return all;
}

/// Refuses a model of other targets.
template <detail::metrics::GivesNoLabels Model>
void labels(const Model&, std::span<const typename Model::Example>, EvaluateOptions = {}) {
  static_assert(detail::metrics::LabelsSamples<Model>,
                "labels are for a loss of labels, such as SoftmaxCrossEntropy: a model with another loss has "
                "predictions");
}

namespace detail::metrics {

/// Adds what the model answers on examples.
template <Countable Model>
void add_answers(const Model& model, std::span<const typename Model::Example> examples,
                 const EvaluateOptions& options, Answers& answers) {
  if constexpr (LabelsSamples<Model> || LabelsSteps<Model>) {
    const auto found = labels(model, examples, options);
    const bool known = model.output_size() != any_size;
    const Index classes = known ? model.output_size() : std::numeric_limits<int>::max();
    if (known) make_room(classes, answers);
    for (std::size_t n = 0; n < examples.size(); ++n)
      if constexpr (LabelsSamples<Model>)
        add({&found[n], 1}, {&examples[n].target, 1}, classes, answers);
      else
        add(found[n], examples[n].target, classes, answers);
  } else {
    const auto found = predictions(model, examples, options);
    for (std::size_t n = 0; n < examples.size(); ++n)
      if constexpr (detail::evaluation::answers_each_step<Model>)
        add(found[n], examples[n].target, 0.5, answers);
      else
        add(found.col(static_cast<Index>(n)), examples[n].target, 0.5, answers);
  }
}

/// Replaces answers by those of all ranks together.
RECUR_COLD RECUR_INLINE void sum(Ranks& all, Answers& answers);

}  // namespace detail::metrics

/// What the model answers on examples, counted. Many labels of a sample or step are true above 0.5. Throws
/// std::invalid_argument if there are no examples, if none has a target that counts, and for an answer or a target that
/// is NaN.
template <detail::metrics::Countable Model>
Answers count_answers(const Model& model, std::span<const typename Model::Example> examples,
                      EvaluateOptions options = {}) {
  require(!examples.empty(), "a metric of no examples was asked for: it needs at least one");
  Answers answers;
  if (const auto mine = detail::ranks::share(options.ranks, examples); !mine.empty())
    detail::metrics::add_answers(model, mine, options, answers);
  if (options.ranks) detail::metrics::sum(*options.ranks, answers);
  require(answers.all > 0, "the targets of all examples are ignored: at least one must count");
  return answers;
}

/// The accuracy of a model on examples: the fraction of the samples with the right label or, for a model that
/// labels steps, of all steps. If there are many labels, it is the fraction of all labels that are right at
/// threshold 0.5. Targets that don't count are left out. Throws as count_answers does.
template <detail::metrics::Countable Model>
double accuracy(const Model& model, std::span<const typename Model::Example> examples,
                EvaluateOptions options = {}) {
  return Accuracy{}(count_answers(model, examples, options));
}

#if RECUR_DEFINES
RECUR_INLINE MatrixX<Index> confusion(std::span<const int> predicted, std::span<const int> labels,
                                      Index classes) {
  require(predicted.size() == labels.size(), labels.size(), " labels were given for ", predicted.size(),
          " predictions");
  require(!labels.empty(), "a metric of no samples was asked for: it needs at least one");
  require(classes > 0, classes, " classes: there must be at least 1");
  MatrixX<Index> counts(classes, classes);
  std::fill_n(counts.data(), counts.size(), Index{0});
  for (std::size_t n = 0; n < labels.size(); ++n) {
    if (labels[n] == ignored_label) continue;
    detail::check_label(labels[n], classes);
    detail::check_label(predicted[n], classes);
    ++counts(labels[n], predicted[n]);
  }
  return counts;
}

RECUR_INLINE void detail::metrics::add(std::span<const int> predicted, std::span<const int> labels,
                                       Index classes, Answers& answers) {
  require(predicted.size() == labels.size(), labels.size(), " labels were given for ", predicted.size(),
          " predictions");
  const auto of = [&](int label) -> Matches& {
    detail::check_label(label, classes);
    const auto c = static_cast<std::size_t>(label);
    if (answers.classes.size() <= c) answers.classes.resize(c + 1);
    return answers.classes[c];
  };
  for (std::size_t n = 0; n < labels.size(); ++n) {
    if (labels[n] == ignored_label) continue;
    const bool right = predicted[n] == labels[n];
    of(labels[n]) += {right, 0, 1};
    of(predicted[n]) += {0, 1, 0};
    answers.right += right;
    ++answers.all;
  }
}

RECUR_INLINE void detail::metrics::make_room(Index classes, Answers& answers) {
  answers.classes.resize(static_cast<std::size_t>(classes));
}

RECUR_INLINE void detail::metrics::sum(Ranks& all, Answers& answers) {
  const auto count = static_cast<Index>(answers.classes.size());
  const std::vector<Index> counts_of_all = all.gather({&count, 1});
  answers.classes.resize(
      static_cast<std::size_t>(*std::max_element(counts_of_all.begin(), counts_of_all.end())));
  std::vector<double> counts{static_cast<double>(answers.right), static_cast<double>(answers.all)};
  for (const Matches& m : answers.classes)
    for (const Index n : {m.both, m.predicted, m.actual}) counts.push_back(static_cast<double>(n));
  all.sum(std::span(counts));
  auto next = counts.begin();
  const auto take = [&] { return static_cast<Index>(*next++); };
  answers.right = take();
  answers.all = take();
  for (Matches& m : answers.classes)
    for (Index* n : {&m.both, &m.predicted, &m.actual}) *n = take();
}

RECUR_INLINE std::vector<Matches> class_matches(const MatrixX<Index>& confusion) {
  require(confusion.rows() == confusion.cols(), "a confusion matrix of ", confusion.rows(), " x ",
          confusion.cols(), ": it must be square");
  std::vector<Matches> classes;
  for (Index c = 0; c < confusion.rows(); ++c) {
    Matches& of = classes.emplace_back(Matches{confusion(c, c)});
    for (Index other = 0; other < confusion.rows(); ++other) {
      of.predicted += confusion(other, c);
      of.actual += confusion(c, other);
    }
  }
  return classes;
}

RECUR_INLINE Matches micro_average(std::span<const Matches> classes) {
  Matches all;
  for (const Matches& one : classes) all += one;
  return all;
}

RECUR_INLINE Averages macro_average(std::span<const Matches> classes) {
  require(!classes.empty(), "an average over no classes was asked for: it needs at least one");
  const auto mean = [&](double (Matches::*score)() const) {
    return detail::metric::mean_over_classes(classes, score);
  };
  return {mean(&Matches::precision), mean(&Matches::recall), mean(&Matches::f1)};
}
#endif

}  // namespace recur::inline RECUR_ABI

#define RECUR_COMPILED_METRICS(how, S) \
  how template std::vector<int> detail::metrics::most_likely_of(const S*, Index, Index, Index, Index);
#if defined(RECUR_COMPILED)
namespace recur::inline RECUR_ABI {
RECUR_COMPILED_METRICS(extern, float)
RECUR_COMPILED_METRICS(extern, double)
}  // namespace recur::inline RECUR_ABI
#endif
