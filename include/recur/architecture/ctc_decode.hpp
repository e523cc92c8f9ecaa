// Finds labels in the scores of a network that was trained with CTC: those of the best path, or of many paths
// together.
//
// At every step a network gives scores for C classes. One class, the blank, means "no label now". To read the
// labels of a path, merge repeats and then take out the blanks; train/ctc.hpp says more.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "recur/core/activation.hpp"
#include "recur/core/error.hpp"
#include "recur/core/sequence.hpp"

namespace recur::inline RECUR_ABI {

namespace detail::ctc_decode {

template <class Derived>
void check(const Eigen::MatrixBase<Derived>& scores, int blank) {
  detail::check_blank(blank, scores.rows());
  for (Index t = 0; t < scores.cols(); ++t)
    require(!scores.col(t).hasNaN(), "a score of step ", t, " is not a number");
}

}  // namespace detail::ctc_decode

/// The best path of a stream, step by step: what ctc_greedy finds, as soon as it can be known.
///
///   CtcStream best;
///   if (const auto label = best.step(model.step_logits(x, stream))) ...   // a label begins with this step
///
/// A stream that is copied goes its own way.
class CtcStream {
 public:
  explicit CtcStream(int blank = 0) : blank_(blank), before_(blank) {}

  /// scores: C × 1, logits or probabilities of a step. Returns the label that begins with it, if one does. Throws what
  /// ctc_greedy throws, and std::invalid_argument unless the scores are one column; the stream then stays as it was.
  template <class Derived>
  std::optional<int> step(const Eigen::MatrixBase<Derived>& scores) {
    require(scores.cols() == 1, "scores of ", scores.rows(), " x ", scores.cols(),
            " for a step: they must be one column");
    detail::ctc_decode::check(scores, blank_);
    Index best = 0;
    scores.col(0).maxCoeff(&best);
    const int label = static_cast<int>(best), before = std::exchange(before_, label);
    return label != before && label != blank_ ? std::optional(label) : std::nullopt;
  }

 private:
  int blank_, before_;
};

/// The labels of the most likely path: at every step it takes the class with the highest score, and the first
/// of equal ones (Graves et al. 2006, section 3.2, best path decoding). scores: C × T of one sample, logits
/// or probabilities. Other labels may be more likely, since the probability of labels is the sum over all
/// their paths: ctc_beam_search takes the paths together.
///
/// Throws std::out_of_range for a blank that is not in 0, ..., C - 1, and std::invalid_argument for a score
/// that is not a number.
template <class Derived>
std::vector<int> ctc_greedy(const Eigen::MatrixBase<Derived>& scores, int blank = 0) {
  detail::ctc_decode::check(scores, blank);
  std::vector<int> labels;
  CtcStream path(blank);
  for (Index t = 0; t < scores.cols(); ++t)
    if (const auto label = path.step(scores.col(t))) labels.push_back(*label);
  return labels;
}

/// The labels of each sample of a batch, in the order of the user.
template <std::floating_point S>
std::vector<std::vector<int>> ctc_greedy(const Sequence<S>& scores, int blank = 0) {
  std::vector<std::vector<int>> labels;
  for (Index b = 0; b < scores.batch(); ++b) labels.push_back(ctc_greedy(scores.sample(b), blank));
  return labels;
}

/// Labels, and the log of their probability, summed over all their paths that the search kept.
struct CtcHypothesis {
  std::vector<int> labels;
  double log_probability = 0;  ///< natural logarithm, at most 0
};

namespace detail::ctc_decode {

/// Prefix beam search. For each prefix of labels it sums the paths that end in a blank and those that end in
/// the prefix's last label separately. A repeat of that label is a new label only after a blank:
///
///   blank_t(l) = (blank_{t-1}(l) + label_{t-1}(l)) y_t(blank)
///   label_t(l) = label_{t-1}(l) y_t(k) + [blank_{t-1}(m) (+ label_{t-1}(m) unless m ends in k)] y_t(k)
///
/// Here l = m k. The sums are stored relative to the largest one, so they don't vanish. This is a template,
/// so only programs that search compile it.
template <class S>
class PrefixSearch {
 public:
  PrefixSearch(Index width, int blank) : width_(width), blank_(blank) {
    prefixes_.push_back({});
    slots_.push_back(0);
    beam_.push_back({0, 1, 0});
  }

  /// y: probabilities of one step, C × 1.
  void step(const VectorX<S>& y) {
    candidates_.clear();
    for (const Entry& entry : beam_) {  // a prefix stays as it is
      const Prefix& prefix = at(entry.prefix);
      Candidate same{entry.prefix, no_label, entry.total() * y(blank_), 0};
      if (prefix.parent >= 0) {
        same.label = entry.label * y(prefix.label);
        if (const Index slot = slots_[index(prefix.parent)]; slot >= 0)
          same.label += ending(beam_[index(slot)], prefix.label) * y(prefix.label);
      }
      candidates_.push_back(same);
    }
    for (const Entry& entry : beam_)  // or it grows by a label
      for (Index k = 0; k < y.size(); ++k) {
        const int label = static_cast<int>(k);
        if (label == blank_) continue;
        const Index child = child_of(entry.prefix, label);
        if (child >= 0 && slots_[index(child)] >= 0) continue;  // counted above
        candidates_.push_back({entry.prefix, label, 0, ending(entry, label) * y(k)});
      }
    keep_best();
  }

  std::vector<CtcHypothesis> hypotheses() const {
    std::vector<CtcHypothesis> found;
    for (const Entry& entry : beam_) {
      CtcHypothesis hypothesis{{}, std::log(entry.total()) + log_scale_};
      for (Index p = entry.prefix; p > 0; p = at(p).parent) hypothesis.labels.push_back(at(p).label);
      std::reverse(hypothesis.labels.begin(), hypothesis.labels.end());
      found.push_back(std::move(hypothesis));
    }
    return found;
  }

 private:
  static constexpr int no_label = -1;

  /// A node of the tree of all prefixes that were ever kept. The first one is the empty prefix.
  struct Prefix {
    Index parent = -1;
    int label = no_label;
    Index first_child = -1, next_sibling = -1;
  };
  /// A prefix that is kept, with the sums of its paths that end in a blank and of those that end in its last
  /// label.
  struct Entry {
    Index prefix;
    S blank, label;
    S total() const { return blank + label; }
  };
  /// A prefix that may be kept: one in the tree, or one in the tree with one more label.
  struct Candidate {
    Index prefix;
    int grown_by;
    S blank, label;
    S total() const { return blank + label; }
  };

  static std::size_t index(Index i) { return static_cast<std::size_t>(i); }
  const Prefix& at(Index prefix) const { return prefixes_[index(prefix)]; }

  /// The sum of the paths after which the label is a new one.
  S ending(const Entry& entry, int label) const {
    return at(entry.prefix).label == label ? entry.blank : entry.total();
  }

  Index child_of(Index parent, int label) const {
    Index child = at(parent).first_child;
    while (child >= 0 && at(child).label != label) child = at(child).next_sibling;
    return child;
  }

  Index make_child(Index parent, int label) {
    if (const Index child = child_of(parent, label); child >= 0) return child;
    const auto child = static_cast<Index>(prefixes_.size());
    prefixes_.push_back({parent, label, -1, at(parent).first_child});
    prefixes_[index(parent)].first_child = child;
    slots_.push_back(-1);
    return child;
  }

  void keep_best() {
    std::erase_if(candidates_, [](const Candidate& c) { return !(c.total() > 0); });
    const std::size_t kept = std::min(candidates_.size(), index(width_));
    std::stable_sort(candidates_.begin(), candidates_.end(),
                     [](const Candidate& a, const Candidate& b) { return a.total() > b.total(); });
    candidates_.resize(kept);
    for (const Entry& entry : beam_) slots_[index(entry.prefix)] = -1;
    beam_.clear();
    const S scale = kept > 0 ? candidates_[0].total() : 1;
    log_scale_ += std::log(scale);
    for (const Candidate& c : candidates_) {
      const Index prefix = c.grown_by == no_label ? c.prefix : make_child(c.prefix, c.grown_by);
      slots_[index(prefix)] = static_cast<Index>(beam_.size());
      beam_.push_back({prefix, c.blank / scale, c.label / scale});
    }
  }

  Index width_;
  int blank_;
  std::vector<Prefix> prefixes_;
  std::vector<Index> slots_;  // where in the beam a prefix is, -1 if it is not kept
  std::vector<Entry> beam_;   // the best first
  std::vector<Candidate> candidates_;
  S log_scale_ = 0;
};

}  // namespace detail::ctc_decode

/// The most likely labels, the best first, by prefix beam search. At every step it keeps the `width` most
/// likely prefixes, each with all of its paths (Hannun et al., "First-pass large vocabulary continuous speech
/// recognition using bi-directional recurrent DNNs", 2014, algorithm 1, without a language model). With a
/// width that never drops a prefix, the probabilities are exact.
///
/// scores: C × T of one sample, logits or log-probabilities, which are their own log-softmax. Returns at most
/// `width` hypotheses. Throws std::out_of_range for a blank that is not in 0, ..., C - 1. Throws
/// std::invalid_argument for a width below one, for a score that is not a number, and for a step without a
/// finite highest score.
template <class Derived>
std::vector<CtcHypothesis> ctc_beam_search(const Eigen::MatrixBase<Derived>& scores, Index width,
                                           int blank = 0) {
  require(width > 0, "a beam of width ", width, ": it must be at least 1");
  detail::ctc_decode::check(scores, blank);
  using Real = detail::DoubleOf<typename Derived::Scalar>;
  detail::ctc_decode::PrefixSearch<Real> search(width, blank);
  VectorX<Real> y;
  for (Index t = 0; t < scores.cols(); ++t) {
    y = scores.col(t).template cast<Real>();
    const Real highest = y.maxCoeff();
    require(std::isfinite(highest), "the highest score of step ", t, " is ", highest, ": it must be finite");
    softmax(y.data(), y.size());
    search.step(y);
  }
  return search.hypotheses();
}

}  // namespace recur::inline RECUR_ABI
