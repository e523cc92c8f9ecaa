// From the scores of a network that was trained with CTC to labels: of the best path, or of many together.
//
// At every step a network gives scores for C classes, one of which, the blank, stands for "no label now".
// The labels of a path are what is left when repeats are merged and then blanks taken out; train/ctc.hpp
// says more.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
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
  if (blank < 0 || blank >= scores.rows())
    throw std::out_of_range(
        detail::message("blank ", blank, " is out of range: it must be a class, 0 to ", scores.rows() - 1));
  for (Index t = 0; t < scores.cols(); ++t)
    require(!scores.col(t).hasNaN(), "a score of step ", t, " is not a number");
}

}  // namespace detail::ctc_decode

/// The labels of the most likely path: at every step the class of the highest score, of equal ones the first
/// (Graves et al. 2006, section 3.2, best path decoding). scores: C × T of one sample, logits or
/// probabilities. The labels themselves may have a less likely path and still be less likely than others:
/// ctc_beam_search looks at the paths together.
///
/// Throws std::out_of_range for a blank that is not in 0, ..., C - 1, std::invalid_argument for a score that
/// is not a number.
template <class Derived>
std::vector<int> ctc_greedy(const Eigen::MatrixBase<Derived>& scores, int blank = 0) {
  detail::ctc_decode::check(scores, blank);
  std::vector<int> labels;
  Index before = blank;
  for (Index t = 0; t < scores.cols(); ++t) {
    Index best = 0;
    scores.col(t).maxCoeff(&best);
    if (best != before && best != blank) labels.push_back(static_cast<int>(best));
    before = best;
  }
  return labels;
}

/// The labels of each sample of a batch, in the order of the user.
template <std::floating_point S>
std::vector<std::vector<int>> ctc_greedy(const Sequence<S>& scores, int blank = 0) {
  std::vector<std::vector<int>> labels;
  for (Index b = 0; b < scores.batch(); ++b) labels.push_back(ctc_greedy(scores.sample(b), blank));
  return labels;
}

/// Labels, and the log of their probability: of all their paths that the search kept.
struct CtcHypothesis {
  std::vector<int> labels;
  double log_probability = 0;
};

namespace detail::ctc_decode {

/// Prefix beam search. Of each prefix of labels that is kept, the paths that end in a blank and those that
/// end in its last label are summed apart, since only from the former a repeat of that label is a new one:
///
///   blank_t(l) = (blank_{t-1}(l) + label_{t-1}(l)) y_t(blank)
///   label_t(l) = label_{t-1}(l) y_t(k) + [blank_{t-1}(m) (+ label_{t-1}(m) unless m ends in k)] y_t(k)
///
/// where l = m k. The sums are kept relative to their largest, which keeps them from vanishing. A template, so that only who
/// searches compiles it.
template <class S>
class PrefixSearch {
 public:
  PrefixSearch(Index width, int blank) : width_(width), blank_(blank) {
    prefixes_.push_back({});
    slots_.push_back(0);
    beam_.push_back({0, 1, 0});
  }

  /// y: probabilities of one step, C × 1.
  void step(const Vector<S>& y) {
    candidates_.clear();
    for (const Entry& entry : beam_) {  // the prefixes stay as they are
      const Prefix& prefix = at(entry.prefix);
      Candidate same{entry.prefix, no_label, entry.total() * y(blank_), 0};
      if (prefix.parent >= 0) {
        same.label = entry.label * y(prefix.label);
        if (const Index slot = slots_[index(prefix.parent)]; slot >= 0)
          same.label += ending(beam_[index(slot)], prefix.label) * y(prefix.label);
      }
      candidates_.push_back(same);
    }
    for (const Entry& entry : beam_)  // or grow by a label
      for (Index k = 0; k < y.size(); ++k) {
        const int label = static_cast<int>(k);
        if (label == blank_) continue;
        const Index child = child_of(entry.prefix, label);
        if (child >= 0 && slots_[index(child)] >= 0) continue;  // was counted above
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

  /// A node of the tree of all prefixes that were ever kept; the first is the empty one.
  struct Prefix {
    Index parent = -1;
    int label = no_label;
    Index first_child = -1, next_sibling = -1;
  };
  /// A prefix that is kept, with its paths that end in a blank and those that end in its last label.
  struct Entry {
    Index prefix;
    S blank, label;
    S total() const { return blank + label; }
  };
  /// A prefix that may be kept: one that is in the tree, or that and a label.
  struct Candidate {
    Index prefix;
    int grown_by;
    S blank, label;
    S total() const { return blank + label; }
  };

  static std::size_t index(Index i) { return static_cast<std::size_t>(i); }
  const Prefix& at(Index prefix) const { return prefixes_[index(prefix)]; }

  /// The paths from which the label is a new one.
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

/// The most likely labels, the best first, by prefix beam search: at every step the `width` most likely
/// prefixes are kept, each with all of its paths (Hannun et al., "First-pass large vocabulary continuous
/// speech recognition using bi-directional recurrent DNNs", 2014, algorithm 1, without a language model).
/// With a width that no prefix falls out of, the probabilities are exact.
///
/// scores: C × T of one sample, logits or log-probabilities, which are their own log-softmax. Gives at most
/// `width` hypotheses. Throws std::out_of_range for a blank that is not in 0, ..., C - 1,
/// std::invalid_argument for a width below one, a score that is not a number, and a step without a finite
/// highest score.
template <class Derived>
std::vector<CtcHypothesis> ctc_beam_search(const Eigen::MatrixBase<Derived>& scores, Index width,
                                           int blank = 0) {
  require(width > 0, "a beam of width ", width, ": it must be at least 1");
  detail::ctc_decode::check(scores, blank);
  detail::ctc_decode::PrefixSearch<double> search(width, blank);
  Vector<double> y;
  for (Index t = 0; t < scores.cols(); ++t) {
    y = scores.col(t).template cast<double>();
    const double highest = y.maxCoeff();
    require(std::isfinite(highest), "the highest score of step ", t, " is ", highest, ": it must be finite");
    softmax(y.data(), y.size());
    search.step(y);
  }
  return search.hypotheses();
}

}  // namespace recur::inline RECUR_ABI
