// Connectionist temporal classification: it learns the labels of sequences without the times of the labels.
//
// At every step a network gives scores for C classes. One class, the blank, means "no label now". A path has
// one class for each step. To read its labels, merge repeats and then take out the blanks: with blank 0, the
// path 0 3 3 0 3 has the labels 3 3. The probability of labels is the sum over all their paths (Graves,
// Fernández, Gomez and Schmidhuber, "Connectionist temporal classification", 2006).
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include "recur/core/activation.hpp"
#include "recur/core/error.hpp"
#include "recur/core/label.hpp"
#include "recur/core/sequence.hpp"

namespace recur::inline RECUR_ABI {

/// How the losses of the samples of a batch become one. The gradient of sample b is B · max(1, L_b) times as
/// large with `sum` as with `mean`. So the rate of Sgd, weight decay and the limits of clipping depend on the batch
/// size: see train/loss.hpp. Training and `evaluate` report a mean over the samples either way: 1 / B Σ_b loss_b for
/// `sum`.
enum class CtcReduction {
  mean,  ///< 1 / B Σ_b loss_b / max(1, L_b), L_b the number of labels: the mean of PyTorch
  sum    ///< Σ_b loss_b, for any weight of the batch
};

namespace detail::ctc {

inline constexpr double impossible = -std::numeric_limits<double>::infinity();

/// log(exp(a) + exp(b) + exp(c)). Each of them may be log 0.
inline double log_sum(double a, double b, double c = impossible) {
  const double highest = std::max({a, b, c});
  // All are log 0, or one is not a number, which max passes over.
  if (highest == impossible) return a + b + c;
  return highest + std::log(std::exp(a - highest) + std::exp(b - highest) + std::exp(c - highest));
}

}  // namespace detail::ctc

/// CTC loss (Graves et al. 2006), fused with its softmax. logits: C × N ragged.
///
///   y = softmax(a)                    l' = blank l_1 blank l_2 ... l_L blank, of length 2L + 1
///   α_t(s) = (α_{t-1}(s) + α_{t-1}(s-1) [+ α_{t-1}(s-2)]) y_t(l'_s)                          (eq. 6, 7)
///   β_t(s) = Σ_{r = s, s+1 [, s+2]} β_{t+1}(r) y_{t+1}(l'_r), β_T(2L+1) = β_T(2L) = 1        (eq. 10, 11)
///   loss_b = -log p,  p = α_T(2L+1) + α_T(2L)                                                (eq. 8)
///   ∂loss_b/∂a_t(k) = y_t(k) - 1/p Σ_{s: l'_s = k} α_t(s) β_t(s)                             (eq. 16)
///
/// The terms in brackets skip the blank between two labels that differ. β leaves out the y_t of its own step,
/// which saves a division by it. The sums are in log space and in double, since they run over all steps.
///
/// A sample with L labels needs L steps and one more for each repeat. A sample with fewer steps, or with
/// labels that have logits of -infinity, has no path. Its loss is infinite, so the loss of the batch is
/// infinite too, and its gradient is zero. The workspace tells which sample it was. With zero_infinity such a
/// sample has a loss of zero. The steps are those of the logits: a network with strides gives fewer than it reads. `fit` looks
/// for too few steps before it begins, and refuses such samples unless zero_infinity is set.
///
/// A sample may have no labels. Throws std::out_of_range for a blank or label that is not in 0, ..., C - 1.
/// Throws std::invalid_argument for a label that is the blank, and if the number of label lists is not the
/// number of samples.
struct CtcLoss {
  using Target = std::vector<int>;
  using Targets = std::vector<std::vector<int>>;  // in the order of the user

  /// Grows to the largest batch; after that its memory is used again.
  struct Workspace {
    std::vector<double> losses;  ///< -log p of each sample in the order of the user, not divided; or infinity
    Buffer<double> log_y;        // C × N
    std::vector<int> states;     // l'
    std::vector<double> alpha;   // log α_t(s), state after state, step after step
    std::array<std::vector<double>, 2> beta;
    std::vector<double> in_state;   // log α β of each state, then the probability to be there
    std::vector<double> posterior;  // the same of each class
  };

  int blank = 0;
  CtcReduction reduction = CtcReduction::mean;  ///< over the samples of a batch
  bool zero_infinity = false;

  static void collect(const Target& target, std::size_t sample, std::size_t batch, Targets& targets) {
    targets.resize(batch);
    targets[sample] = target;
  }

  /// The number of samples.
  double weight(const Targets& targets) const { return static_cast<double>(targets.size()); }

  /// The number by which the loss and its gradient are divided, for a batch of weight `total`.
  double divisor(double total) const { return reduction == CtcReduction::mean ? total : 1; }

  /// Throws unless the blank is one of the classes.
  void check(Index classes) const { detail::check_blank(blank, classes); }
  /// Throws unless the labels of a sample are legal, none is the blank, and the sample has enough steps: one
  /// for each label and one for the blank between two equal labels. With zero_infinity too few steps are no
  /// error.
  void check(const Target& labels, Index steps, Index classes) const {
    check(classes);
    for (const int label : labels) check_label(label, classes);
    Index repeats = 0;
    for (std::size_t i = 1; i < labels.size(); ++i) repeats += labels[i] == labels[i - 1];
    const Index needed = static_cast<Index>(labels.size()) + repeats;
    require(zero_infinity || needed <= steps, "it has ", labels.size(), " labels (repeats: ", repeats,
            "), which need ", needed, " steps: the network gives ", steps,
            "; zero_infinity leaves such samples out");
  }

  template <std::floating_point S>
  double operator()(const Sequence<S>& logits, const Targets& labels, double total, Sequence<S>& d_logits,
                    Workspace& workspace) const {
    check(logits.features(), logits.batch(), labels);
    const Layout& layout = logits.layout();
    d_logits.reshape(logits.features(), layout);
    auto d = d_logits.values();
    const Index size = logits.features() * logits.columns();
    using Real = detail::DoubleOf<S>;
    MatrixMap<Real> log_y(workspace.log_y.at_least(size), logits.features(), logits.columns());
    log_softmax(logits.values(), log_y);
    workspace.losses.resize(labels.size());
    double sum = 0;
    for (Index n = 0; n < layout.batch(); ++n) {
      const auto b = static_cast<std::size_t>(layout.user_index(n));
      const double length = std::max(1.0, static_cast<double>(labels[b].size()));
      const double scale = 1 / ((reduction == CtcReduction::mean ? length : 1) * divisor(total));
      const double loss = workspace.losses[b] =
          differentiate(log_y, layout, n, labels[b], scale, d, workspace);
      if (!(zero_infinity && std::isinf(loss))) sum += loss * scale;
    }
    return sum;
  }
  template <std::floating_point S>
  double operator()(const Sequence<S>& logits, const Targets& labels, double total,
                    Sequence<S>& d_logits) const {
    Workspace workspace;
    return (*this)(logits, labels, total, d_logits, workspace);
  }

  /// Logits become probabilities.
  static void output(auto&& logits) { softmax(logits); }

 private:
  void check(Index classes, Index batch, const Targets& labels) const {
    require(static_cast<Index>(labels.size()) == batch, labels.size(), " lists of labels were given for ",
            batch, " samples");
    check(classes);
    for (std::size_t b = 0; b < labels.size(); ++b)
      for (const int label : labels[b]) check_label(label, classes, " of sample ", b);
  }
  template <class... Where>
  void check_label(int label, Index classes, const Where&... where) const {
    detail::check_known_label(label, classes, where...);
    require(label != blank, "label ", label, where..., " is the blank, which stands for no label");
  }

  static void log_softmax(const auto& logits, auto& log_y) {
    log_y = logits.template cast<double>();
    for (Index n = 0; n < log_y.cols(); ++n) {
      double* const y = &log_y(0, n);
      const auto [highest, sum] = detail::exponentials<double>(y, log_y.rows(), nullptr);
      // If all are impossible, a difference would be NaN.
      if (highest == detail::ctc::impossible && !log_y.col(n).hasNaN()) continue;
      const double log_sum = std::log(sum);
      for (Index c = 0; c < log_y.rows(); ++c) y[c] = y[c] - highest - log_sum;
    }
  }

  /// For the n-th longest sample: returns its loss, and writes its gradient times scale.
  double differentiate(const auto& log_ys, const Layout& layout, Index n, const Target& labels, double scale,
                       auto& d, auto& w) const {
    using detail::ctc::impossible, detail::ctc::log_sum;
    const Index steps = layout.length(n), classes = log_ys.rows();
    w.states.assign(2 * labels.size() + 1, blank);
    for (std::size_t i = 0; i < labels.size(); ++i) w.states[2 * i + 1] = labels[i];
    const std::size_t states = w.states.size();
    const auto log_y = [&](Index t, std::size_t s) { return log_ys(w.states[s], layout.offset(t) + n); };
    const auto skips_to = [&](std::size_t s) {  // from s - 2, over a blank between labels that differ
      return s >= 2 && w.states[s] != blank && w.states[s] != w.states[s - 2];
    };

    w.alpha.resize(states * static_cast<std::size_t>(steps));
    const auto alpha = [&](Index t) { return w.alpha.data() + states * static_cast<std::size_t>(t); };
    std::fill_n(alpha(0), states, impossible);
    for (std::size_t s = 0; s < std::min<std::size_t>(2, states); ++s) alpha(0)[s] = log_y(0, s);
    for (Index t = 1; t < steps; ++t) {
      const double* before = alpha(t - 1);
      for (std::size_t s = 0; s < states; ++s)
        alpha(t)[s] = log_y(t, s) + log_sum(before[s], s >= 1 ? before[s - 1] : impossible,
                                            skips_to(s) ? before[s - 2] : impossible);
    }
    const double* last = alpha(steps - 1);
    const double log_p = log_sum(last[states - 1], states >= 2 ? last[states - 2] : impossible);
    if (log_p == impossible) {
      double all = log_p;  // NaN if a logit is not a number: no path may have come there
      for (Index t = 0; t < steps; ++t) {
        for (Index s = 0; s < classes; ++s) all += log_ys(s, layout.offset(t) + n);
        d.col(layout.offset(t) + n).setZero();
      }
      return -all;
    }

    for (auto& beta : w.beta) beta.resize(states);
    w.posterior.resize(static_cast<std::size_t>(classes));
    w.in_state.resize(states);
    using S = typename std::remove_cvref_t<decltype(d)>::Scalar;
    for (Index t = steps; t-- > 0;) {
      const auto& after = w.beta[static_cast<std::size_t>((t + 1) % 2)];
      auto& beta = w.beta[static_cast<std::size_t>(t % 2)];
      const auto from = [&](std::size_t s) { return after[s] + log_y(t + 1, s); };
      std::fill(w.posterior.begin(), w.posterior.end(), 0.0);
      for (std::size_t s = 0; s < states; ++s) {
        if (t == steps - 1)
          beta[s] = s + 2 >= states ? 0 : impossible;
        else
          beta[s] = log_sum(from(s), s + 1 < states ? from(s + 1) : impossible,
                            s + 2 < states && skips_to(s + 2) ? from(s + 2) : impossible);
        w.in_state[s] = alpha(t)[s] + beta[s];
      }
      // They are normalised by their own sum, which is p: a difference of large logarithms would not be exact.
      const double sum =
          detail::exponentials<double>(w.in_state.data(), std::ssize(w.in_state), w.in_state.data()).sum;
      for (std::size_t s = 0; s < states; ++s)
        w.posterior[static_cast<std::size_t>(w.states[s])] += w.in_state[s] / sum;
      const Index column = layout.offset(t) + n;
      for (Index k = 0; k < classes; ++k)
        d(k, column) =
            static_cast<S>(scale * (std::exp(log_ys(k, column)) - w.posterior[static_cast<std::size_t>(k)]));
    }
    return -log_p;
  }
};

}  // namespace recur::inline RECUR_ABI
