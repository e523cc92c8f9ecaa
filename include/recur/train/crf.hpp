// Linear-chain conditional random field: labels of steps that depend on their neighbours.
//
// A network scores each label at each step separately. The field adds a score for each pair of neighbouring
// labels. From the sums of these scores it makes probabilities of whole label sequences (Lafferty, McCallum
// and Pereira, "Conditional random fields", 2001; on top of recurrent networks: Lample et al., "Neural
// architectures for named entity recognition", 2016, section 2.2).
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <vector>

#include "recur/core/activation.hpp"
#include "recur/core/error.hpp"
#include "recur/core/initialize.hpp"
#include "recur/core/label.hpp"
#include "recur/core/parameters.hpp"
#include "recur/core/sequence.hpp"
#include "recur/train/sequence_loss.hpp"

namespace recur::inline RECUR_ABI {

/// The labels of a sequence and their score under a field.
struct Labelling {
  std::vector<int> labels;
  double score = 0;
};

/// A field over K labels (Lafferty et al. 2001; Lample et al. 2016, section 2.2). Its parameters are scores.
/// emissions: K × N ragged.
///
///   s(y) = start(y_1) + Σ_t emission_t(y_t) + Σ_{t>1} transitions(y_{t-1}, y_t) + end(y_T)
///   p(y) = exp s(y) / Z,  Z = Σ_y' exp s(y')
///   α_1(k) = start(k) + emission_1(k)
///   α_t(k) = emission_t(k) + log Σ_j exp(α_{t-1}(j) + transitions(j, k))
///   log Z = log Σ_k exp(α_T(k) + end(k))
///   β_T(k) = end(k),  β_t(j) = log Σ_k exp(transitions(j, k) + emission_{t+1}(k) + β_{t+1}(k))
///   loss = Σ_b -log p(y_b) / N
///   ∂loss/∂score = (how often p expects it - how often y has it) / N  for any score, by
///   p(y_t = k) = exp(α_t(k) + β_t(k) - log Z)
///   p(y_t = j, y_{t+1} = k) = exp(α_t(j) + transitions(j, k) + emission_{t+1}(k) + β_{t+1}(k) - log Z)
///
/// The mean is over the real steps. The gradient of the parameters is another value of this type; backward
/// adds to it (+=). It overwrites the gradient of the emissions (=). The sums are in log space and in double,
/// since they run over all steps. To forbid a label directly after another, give this pair a large negative
/// score, such as -1e4.
///
/// Throws std::invalid_argument if the number of emissions is not the number of labels of the field, or the
/// number of targets not the number of steps. Throws std::out_of_range for a label that is not in 0, ..., K -
/// 1, also for ignored_label: a field needs the label of every step.
template <std::floating_point S = float>
struct LinearChainCrf {
  using Scalar = S;
  using Target = std::vector<int>;
  using Targets = StepTargets<std::vector<int>>;

  MatrixX<S> transitions;  // K × K, from the row's label to the column's
  VectorX<S> start, end;   // K

  /// Throws std::invalid_argument unless there is at least one label.
  explicit LinearChainCrf(Index labels) : labels_(labels) {
    require(labels > 0, "a field of ", labels, " labels: it must have at least 1");
    detail::check_largest("a field", labels);
    transitions.setZero(labels, labels);
    start.setZero(labels);
    end.setZero(labels);
  }

  /// Grows to the largest sample; after that its memory is used again.
  struct Workspace {
    Buffer<double> alpha, best;  // K × steps
    Buffer<Index> before;        // K × steps, the best label before each
    std::array<VectorX<double>, 2> beta;
    Buffer<double> highest;         // steps, the largest emission of each
    VectorX<double> terms;          // K
    MatrixX<double> follows;        // K × K: of each label (row), the probability of each next one
    MatrixX<double> d_transitions;  // of one sample, in double since it sums over all steps
  };

  Index labels() const { return labels_; }

  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    f(at / "transitions", self.transitions...);
    f(at / "start", self.start...);
    f(at / "end", self.end...);
  }
  template <class Self, class F>
  static void shapes(Self& self, F&& f) {
    f("transitions", self.transitions, self.labels_, self.labels_);
    f("start", self.start, self.labels_, Index{1});
    f("end", self.end, self.labels_, Index{1});
  }

  /// All scores are uniform in ±0.1.
  void initialize(Random& random, Scheme = Scheme::recommended) {
    uniform(transitions, 0.1, random);
    uniform(start, 0.1, random);
    uniform(end, 0.1, random);
  }

  static void collect(const Target& target, std::size_t sample, std::size_t batch, Targets& targets) {
    targets.collect(target, sample, batch);
  }

  /// Throws unless the field has this number of labels, and the sample has a label of the field for each step.
  void check(Index outputs) const {
    require(outputs == labels(), "a field of ", labels(), " labels was given ", outputs,
            " scores a step: they must be equal");
    check_weights("a field", *this);
  }
  void check(const Target& target, Index steps, Index outputs) const {
    check(outputs);
    const Index given = Targets::length(target);
    require(given == steps, "it has ", given, " targets, but the network gives ", steps,
            " steps: they must be equal");
    for (const int label : target) detail::check_known_label(label, labels());
  }

  /// The number of real steps.
  double weight(const Targets& targets) const { return static_cast<double>(targets.columns.size()); }

  double operator()(const Sequence<S>& emissions, const Targets& targets, double total,
                    Sequence<S>& d_emissions, LinearChainCrf& gradient, Workspace& workspace) const {
    check(emissions);
    targets.check(emissions.layout());
    for (const int label : targets.columns) detail::check_known_label(label, labels());
    require(gradient.labels() == labels(), "the gradient of a field of ", labels(), " labels has ",
            gradient.labels(), ": they must be equal");
    check_weights("the gradient of a field", gradient);
    require(&gradient != this,
            "a field was given itself as its gradient: it must be another value, as zeros_like ", "makes it");
    d_emissions.reshape(labels(), emissions.layout());
    double sum = 0;
    for (Index n = 0; n < emissions.batch(); ++n)
      sum += differentiate(emissions, targets.columns, n, 1 / total, d_emissions, gradient, workspace);
    return sum / total;
  }

  /// The most likely labels of each sample, in the order of the user (Viterbi 1967). If several are
  /// equally likely, it takes the first. Throws std::invalid_argument for an emission or a score of the field that
  /// is not a number.
  void viterbi(const Sequence<S>& emissions, std::vector<Labelling>& best, Workspace& w) const {
    check(emissions);
    require(!emissions.values().hasNaN(), "an emission is not a number, so it has no best labels");
    require(!transitions.hasNaN() && !start.hasNaN() && !end.hasNaN(),
            "a score of a field is not a number, so it has no best labels");
    const Layout& layout = emissions.layout();
    best.resize(static_cast<std::size_t>(layout.batch()));
    for (Index n = 0; n < layout.batch(); ++n) {
      const Index steps = layout.length(n);
      const auto emission = [&](Index t) {
        return emissions.values().col(layout.offset(t) + n).template cast<double>();
      };
      MatrixMap<Real> scores(w.best.at_least(labels() * steps), labels(), steps);
      const auto before = [from = w.before.at_least(labels() * steps), this](Index k, Index t) -> Index& {
        return from[k + labels() * t];
      };
      scores.col(0) = start.template cast<double>() + emission(0);
      for (Index t = 1; t < steps; ++t)
        for (Index k = 0; k < labels(); ++k)
          scores(k, t) =
              emission(t)(k) +
              (scores.col(t - 1) + transitions.col(k).template cast<double>()).maxCoeff(&before(k, t));
      Labelling& result = best[static_cast<std::size_t>(layout.user_index(n))];
      Index label = 0;
      result.score = (scores.col(steps - 1) + end.template cast<double>()).maxCoeff(&label);
      result.labels.resize(static_cast<std::size_t>(steps));
      for (Index t = steps; t-- > 0;) {
        result.labels[static_cast<std::size_t>(t)] = static_cast<int>(label);
        if (t > 0) label = before(label, t);
      }
    }
  }
  std::vector<Labelling> viterbi(const Sequence<S>& emissions) const {
    std::vector<Labelling> best;
    Workspace workspace;
    viterbi(emissions, best, workspace);
    return best;
  }

 private:
  using Real = detail::DoubleOf<S>;

  void check(const Sequence<S>& emissions) const {
    require(emissions.batch() > 0, "a field was given an empty batch: it must hold at least one sequence");
    require(emissions.features() == labels(), "emissions of ", emissions.features(),
            " labels were given to a field of ", labels(), ": they must be equal");
    check_weights("a field", *this);
  }

  static double log_sum_exp(const VectorX<double>& terms) {
    return detail::log_sum_exp(terms.data(), terms.size());
  }
  /// Logits become probabilities. Returns log Σ_k exp(logit_k), and zeros if all are minus infinity.
  static double normalize(double* logits, Index count) {
    const auto [highest, sum] = detail::exponentials<double>(logits, count, logits);
    if (highest == -std::numeric_limits<double>::infinity()) {
      std::fill_n(logits, count, 0.0);
      return highest;
    }
    detail::arrays::scale(logits, count, 1 / sum);
    return highest + std::log(sum);
  }

  /// For the n-th longest sample: returns -log p, and writes or adds its gradients times scale.
  double differentiate(const Sequence<S>& emissions, const std::vector<int>& targets, Index n, double scale,
                       Sequence<S>& d_emissions, LinearChainCrf& gradient, Workspace& w) const {
    const Layout& layout = emissions.layout();
    const Index steps = layout.length(n), last = steps - 1;
    const auto column = [&](Index t) { return layout.offset(t) + n; };
    // Emissions less the largest of their step: log p stays, and differences of large numbers don't lose it.
    double* const highest = w.highest.at_least(steps);
    for (Index t = 0; t < steps; ++t)
      highest[t] = static_cast<double>(emissions.values().col(column(t)).maxCoeff());
    const auto emission = [&](Index t) {
      return (emissions.values().col(column(t)).template cast<double>().array() - highest[t]).matrix();
    };
    const auto target = [&](Index t) {
      return static_cast<Index>(targets[static_cast<std::size_t>(column(t))]);
    };

    MatrixMap<Real> alpha(w.alpha.at_least(labels() * steps), labels(), steps);
    alpha.col(0) = start.template cast<double>() + emission(0);
    for (Index t = 1; t < steps; ++t)
      for (Index k = 0; k < labels(); ++k) {
        w.terms = alpha.col(t - 1) + transitions.col(k).template cast<double>();
        alpha(k, t) = emission(t)(k) + log_sum_exp(w.terms);
      }
    w.terms = alpha.col(last) + end.template cast<double>();
    const double log_z = log_sum_exp(w.terms);

    double score = static_cast<double>(start(target(0))) + static_cast<double>(end(target(last)));
    for (Index t = 0; t < steps; ++t) {
      score += emission(t)(target(t));
      if (t > 0) score += static_cast<double>(transitions(target(t - 1), target(t)));
    }

    // Probabilities are normalised by their own sums. So they are right where log α and log β are so large that a
    // difference from log Z is not.
    auto d = d_emissions.values();
    w.d_transitions.setZero(labels(), labels());
    w.follows.resize(labels(), labels());
    for (Index t = last; t >= 0; --t) {
      const VectorX<double>& after = w.beta[static_cast<std::size_t>((t + 1) % 2)];
      VectorX<double>& beta = w.beta[static_cast<std::size_t>(t % 2)];
      beta.resize(labels());
      if (t == last)
        beta = end.template cast<double>();
      else
        for (Index j = 0; j < labels(); ++j) {
          w.terms = transitions.row(j).transpose().template cast<double>() + emission(t + 1) + after;
          beta(j) = normalize(w.terms.data(), labels());
          w.follows.row(j) = w.terms.transpose();
        }
      w.terms = alpha.col(t) + beta;
      normalize(w.terms.data(), labels());
      w.terms *= scale;
      if (t < last) w.d_transitions.array() += w.follows.array().colwise() * w.terms.array();
      d.col(column(t)) = w.terms.template cast<S>();
      if (t == 0) gradient.start += d.col(column(t));
      if (t == last) gradient.end += d.col(column(t));
      d(target(t), column(t)) -= static_cast<S>(scale);
      if (t > 0) w.d_transitions(target(t - 1), target(t)) -= scale;
    }
    gradient.transitions += w.d_transitions.template cast<S>();
    gradient.start(target(0)) -= static_cast<S>(scale);
    gradient.end(target(last)) -= static_cast<S>(scale);
    return log_z - score;
  }

  Index labels_;
};

}  // namespace recur::inline RECUR_ABI
