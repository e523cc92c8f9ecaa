// Losses of whole sequences, for networks with an output at every step.
//
// Such a loss takes the logits as a ragged Sequence, C × N. Its targets are one value for each sample, in the
// order of the user. The caller owns a workspace for its intermediate results and uses it again. This file
// has the loss that treats every step separately. ctc.hpp and crf.hpp have those that judge a sequence as a
// whole.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/sequence.hpp"

namespace recur::inline RECUR_ABI {

/// A loss of sequences, from their logits.
///
///   Loss::collect(target, sample, batch, targets)              adds one target, samples in order
///   loss.weight(targets)                                       the number that divides the loss
///   loss(logits, targets, total, d_logits, workspace)          the loss; writes (=) its gradient
///   Loss::output(values)                                       turns logits into what users want to see
///
/// A loss may have check(outputs), which takes the number of the network's outputs, and check(target, steps,
/// outputs), which takes a sample's target and the number of steps that the network gives for it. With these it can
/// refuse what does not fit before it computes a value.
template <class L, class S>
concept SequenceLoss = requires(const L& loss, const typename L::Target& target, typename L::Targets& targets,
                                typename L::Workspace& workspace, const Sequence<S>& logits,
                                Sequence<S>& d_logits, MatrixX<S>& values) {
  L::collect(target, std::size_t{}, std::size_t{}, targets);
  { loss.weight(targets) } -> std::same_as<double>;
  { loss(logits, targets, 1.0, d_logits, workspace) } -> std::same_as<double>;
  L::output(values);
};

/// The targets of all steps of a ragged batch, one in each column, in the order of the columns of its
/// Sequence. Columns is a std::vector with an entry for each step, or a matrix with a column for each step.
template <class Columns>
struct StepTargets {
  Layout layout;  ///< which step of which sample a column is
  Columns columns;
  std::vector<Columns> samples;  ///< in the order of the user

  /// The number of steps for which one sample has targets.
  template <class T>
  static Index length(const std::vector<T>& target) {
    return static_cast<Index>(target.size());
  }
  template <class Derived>
  static Index length(const Eigen::MatrixBase<Derived>& target) {
    return target.cols();
  }

  /// Adds the targets of one sample. The samples of a batch come in order; the last one brings all into the
  /// order of the Sequence. Throws std::invalid_argument for a sample without targets and for targets of
  /// different heights.
  void collect(const Columns& target, std::size_t sample, std::size_t batch) {
    require(length(target) > 0, "sample ", sample,
            " of the batch has no targets: it must have one for each step");
    samples.resize(batch);
    samples[sample] = target;
    if (sample + 1 == batch) arrange();
  }

  /// Throws std::invalid_argument unless each step has a target.
  void check(const Layout& steps) const {
    require(layout.batch() == steps.batch(), "targets of ", layout.batch(), " sequences were given for ",
            steps.batch(), ": they must be equal");
    if (layout == steps) return;
    const std::vector<Index> given = lengths(layout), legal = lengths(steps);
    for (std::size_t b = 0; b < given.size(); ++b)
      require(given[b] == legal[b], "sample ", b, " of the batch has ", given[b], " targets and ", legal[b],
              " steps: they must be equal");
  }

 private:
  static std::vector<Index> lengths(const Layout& of) {
    std::vector<Index> by_user(static_cast<std::size_t>(of.batch()));
    for (Index n = 0; n < of.batch(); ++n) by_user[static_cast<std::size_t>(of.user_index(n))] = of.length(n);
    return by_user;
  }
  template <class T>
  static void reserve(std::vector<T>& all, const std::vector<T>&, Index count) {
    all.resize(static_cast<std::size_t>(count));
  }
  template <class Derived>
  static void reserve(Eigen::PlainObjectBase<Derived>& all, const Derived& like, Index count) {
    all.resize(like.rows(), count);
  }
  template <class T>
  static void put(std::vector<T>& all, Index column, const std::vector<T>& target, Index t) {
    all[static_cast<std::size_t>(column)] = target[static_cast<std::size_t>(t)];
  }
  template <class Derived>
  static void put(Eigen::PlainObjectBase<Derived>& all, Index column, const Derived& target, Index t) {
    require(target.rows() == all.rows(), "a target of ", target.rows(),
            " numbers was given beside targets of ", all.rows(), ": they must be equal");
    all.col(column) = target.col(t);
  }

  void arrange() {
    layout.assign(std::ssize(samples), [&](Index b) { return length(samples[static_cast<std::size_t>(b)]); });
    reserve(columns, samples[0], layout.columns());
    for (Index n = 0; n < layout.batch(); ++n) {
      const Columns& target = samples[static_cast<std::size_t>(layout.user_index(n))];
      for (Index t = 0; t < layout.length(n); ++t) put(columns, layout.offset(t) + n, target, t);
    }
  }
};

/// Applies a loss of the library to every real step of ragged sequences, as in framewise classification
/// (Graves and Schmidhuber, "Framewise phoneme classification with bidirectional LSTM and other neural
/// network architectures", 2005).
///
///   loss = Σ_n loss(a_n, y_n) / Σ_n weight(y_n), over all real steps n of all samples
///
///   EachStep loss{SoftmaxCrossEntropy{}};      // target of a sample: a label for each step
///   EachStep loss{SquaredError{}};             // target of a sample: a matrix, C × its steps
///
/// The steps are those of the logits, which may be fewer than those of the input: see ManyToMany.
///
/// An ignored step has no loss, and the mean does not count it; the network still reads it. To ignore a step, give it
/// the label ignored_label, or the numbers ignored_number<S> (core/label.hpp).
///
/// The mean is over the steps of the batch, so a long sample counts more than a short one. Some papers sum
/// over the T steps and take the mean over the samples. The gradient is then T times as large: train/loss.hpp
/// says what that means for rate and clipping.
///
/// The target of a sample with T steps is what the loss takes for a batch of T samples. Throws
/// std::invalid_argument if the number of targets of a sample is not that of its steps, and what the loss
/// throws.
template <class Loss>
struct EachStep {
  using Target = typename Loss::Targets;
  using Targets = StepTargets<Target>;
  struct Workspace {};
  static constexpr bool many_labels = requires { requires Loss::many_labels; };  ///< as the loss of a step

  Loss loss{};

  /// The same loss in the scalar of a network.
  template <class T>
  requires std::convertible_to<Loss, T>
  operator EachStep<T>() const { return {loss}; }

  static void collect(const Target& target, std::size_t sample, std::size_t batch, Targets& targets) {
    targets.collect(target, sample, batch);
  }

  double weight(const Targets& targets) const { return loss.weight(targets.columns); }

  /// Throws unless the loss fits this number of outputs, and the sample has a legal target for each step.
  void check(Index outputs) const {
    if constexpr (requires { loss.check(outputs); }) loss.check(outputs);
  }
  void check(const Target& target, Index steps, Index outputs) const {
    const Index given = Targets::length(target);
    require(given == steps, "it has ", given, " targets, but the network gives ", steps,
            " steps: they must be equal");
    for (Index t = 0; t < steps; ++t)
      if constexpr (requires { target.col(t); })
        loss.check(typename Loss::Target(target.col(t)), outputs);
      else
        loss.check(target[static_cast<std::size_t>(t)], outputs);
  }

  /// logits: C × N, d_logits becomes C × N.
  template <class S>
  double operator()(const Sequence<S>& logits, const Targets& targets, double total,
                    Sequence<S>& d_logits) const {
    targets.check(logits.layout());
    d_logits.reshape(logits.features(), logits.layout());
    return loss(logits.values(), targets.columns, total, d_logits.values());
  }
  template <class S>
  double operator()(const Sequence<S>& logits, const Targets& targets, double total, Sequence<S>& d_logits,
                    Workspace&) const {
    return (*this)(logits, targets, total, d_logits);
  }

  static void output(auto&& logits) { Loss::output(logits); }
};

template <class Loss>
EachStep(Loss) -> EachStep<Loss>;

}  // namespace recur::inline RECUR_ABI
