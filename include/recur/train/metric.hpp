// Metrics as values, for the options of `fit`: .metric = Accuracy{}. metrics.hpp has metrics as functions.
#pragma once

#include <concepts>
#include <functional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "recur/core/compiled.hpp"
#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"

namespace recur::inline RECUR_ABI {

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

/// What a model answered on examples: labels of samples or of steps, or true and false for each of many labels.
/// Targets that don't count (core/label.hpp) are not in it.
struct Answers {
  Index right = 0, all = 0;      ///< how many there are
  std::vector<Matches> classes;  ///< of each class, or of each of many labels
};

/// The fraction of the answers that are right.
struct Accuracy {
  static constexpr auto name = "accuracy";
  double operator()(const Answers& answers) const {
    return static_cast<double>(answers.right) / static_cast<double>(answers.all);
  }
};

namespace detail::metric {

/// The mean of a score over the classes that were there or were predicted; 0 if none was.
RECUR_INLINE double mean_over_classes(std::span<const Matches> classes, double (Matches::*score)() const);
/// A score of one class or, for label -1, its mean over the classes. Throws std::out_of_range for another label
/// that is not one of the classes.
RECUR_INLINE double of_class(const Answers& answers, int label, double (Matches::*score)() const);

#if RECUR_DEFINES
RECUR_INLINE double mean_over_classes(std::span<const Matches> classes, double (Matches::*score)() const) {
  double sum = 0;
  Index count = 0;
  for (const Matches& one : classes)
    if (one.predicted + one.actual > 0) {
      sum += (one.*score)();
      ++count;
    }
  return count > 0 ? sum / static_cast<double>(count) : 0;
}

RECUR_INLINE double of_class(const Answers& answers, int label, double (Matches::*score)() const) {
  if (label == -1) return mean_over_classes(answers.classes, score);
  check_index("the label of a metric", label, static_cast<Index>(answers.classes.size()));
  return (answers.classes[static_cast<std::size_t>(label)].*score)();
}
#endif

}  // namespace detail::metric

/// F1 of one class, F1{.label = 1}, or the mean over the classes that were there or were predicted. If each
/// sample has one label, this is the macro average of scikit-learn. With many labels for each sample, scikit-learn
/// counts those that never come as 0, and this leaves them out.
struct F1 {
  static constexpr auto name = "F1";
  int label = -1;  ///< the class; -1: the mean over the classes
  double operator()(const Answers& answers) const {
    return detail::metric::of_class(answers, label, &Matches::f1);
  }
};

/// Precision of one class or the mean over the classes, as for F1.
struct Precision {
  static constexpr auto name = "precision";
  int label = -1;  ///< the class; -1: the mean over the classes
  double operator()(const Answers& answers) const {
    return detail::metric::of_class(answers, label, &Matches::precision);
  }
};

/// Recall of one class or the mean over the classes, as for F1.
struct Recall {
  static constexpr auto name = "recall";
  int label = -1;  ///< the class; -1: the mean over the classes
  double operator()(const Answers& answers) const {
    return detail::metric::of_class(answers, label, &Matches::recall);
  }
};

namespace detail::metric {
template <class F>
concept GivesNumber = std::is_invocable_r_v<double, F&> || std::is_invocable_r_v<double, F&, const Answers&>;
/// What a Metric is made of, other than a Metric.
template <class F, class Metric>
concept Measure = !std::same_as<std::remove_cvref_t<F>, Metric> && GivesNumber<F>;
}  // namespace detail::metric

/// A metric for `fit`: a function of the model's answers on the validation examples, such as Accuracy{}, or any
/// function without arguments that gives a number.
class Metric {
 public:
  Metric() = default;
  template <detail::metric::Measure<Metric> F>
  Metric(F f) {
    if constexpr (requires { F::name; }) name_ = F::name;
    if constexpr (std::is_invocable_r_v<double, F&>)
      plain_ = std::move(f);
    else
      of_answers_ = std::move(f);
  }

  explicit operator bool() const { return plain_ || of_answers_; }
  /// Whether it is a function of the answers, and not one without arguments.
  bool takes_answers() const { return static_cast<bool>(of_answers_); }
  /// What the metric calls itself, or "metric".
  const std::string& name() const { return name_; }

  double operator()() const { return plain_(); }
  double operator()(const Answers& answers) const { return of_answers_(answers); }

 private:
  std::function<double()> plain_;
  std::function<double(const Answers&)> of_answers_;
  std::string name_ = "metric";
};

}  // namespace recur::inline RECUR_ABI
