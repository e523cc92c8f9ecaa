// Draws the next token from the logits of a network.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

#include "recur/core/activation.hpp"
#include "recur/core/error.hpp"
#include "recur/core/random.hpp"

namespace recur::inline RECUR_ABI {

namespace detail {

/// The token with the highest logit, and the first of equal ones. logits: C × 1. Throws std::invalid_argument
/// for a logit that is not a number and if the highest logit is not finite.
template <class Derived>
Token best_token(const Eigen::MatrixBase<Derived>& logits) {
  require(!logits.hasNaN(), "a logit is not a number, so no token can be chosen");
  Index best = 0;
  const auto highest = static_cast<double>(logits.col(0).maxCoeff(&best));
  require(std::isfinite(highest), "the highest logit is ", highest, ": it must be finite to choose a token");
  return static_cast<Token>(best);
}

}  // namespace detail

/// Which tokens a sampler may draw.
struct SamplingOptions {
  double temperature = 1;  ///< below 1: safer, above 1: more random; 0 always takes the most likely
  Index top_k = 0;         ///< draw only from the k most likely tokens; 0: from all
  double top_p = 1;        ///< draw only from the fewest tokens that together have this probability
};

/// Draws tokens from softmax(a / temperature), a: C × 1, after it has removed the unlikely ones.
///
///   Sampler next({.temperature = 0.8, .top_p = 0.95});
///   token = next(model.step_logits(token, stream), random);
///
/// First it removes all except the k most likely tokens (Fan, Lewis and Dauphin, "Hierarchical neural story
/// generation", 2018, section 5.1). It scales the probabilities of the rest to a sum of 1. From these it
/// keeps the smallest set of the most likely tokens with a sum of at least p (Holtzman et al., "The curious
/// case of neural text degeneration", 2020, section 3.1). If tokens are equally likely, those with the lower
/// number stay. To exclude a token yourself, give it a logit of -infinity.
///
/// A sampler has memory that it uses again, so each thread needs its own. Drawing allocates nothing once the
/// sampler has met the largest number of tokens. Each draw takes one number from the generator, so a seed
/// always gives the same text.
///
/// Throws std::invalid_argument for a temperature that is negative or not finite, for a negative top_k and
/// for a top_p that is not in (0, 1]. A draw throws it for a logit that is not a number and if the highest
/// logit is not finite.
class Sampler {
 public:
  explicit Sampler(SamplingOptions options = {}) : options_(options) {
    require(options.temperature >= 0 && std::isfinite(options.temperature), "temperature ",
            options.temperature, ": it must be at least 0 and finite");
    require(options.top_k >= 0, "top_k ", options.top_k, ": it must be at least 0, and 0 means all");
    require(options.top_p > 0 && options.top_p <= 1, "top_p ", options.top_p,
            ": it must be above 0 and at most 1");
  }

  const SamplingOptions& options() const { return options_; }  ///< as they were given

  /// The distribution that it draws from: the probability of each token, 0 for tokens that were removed; C ×
  /// 1.
  template <class Derived>
  const VectorX<double>& distribution(const Eigen::MatrixBase<Derived>& logits) {
    require(logits.cols() == 1 && logits.rows() > 0, "logits of ", logits.rows(), " x ", logits.cols(),
            " to draw from: it must be one column of at least one token");
    const Token best = detail::best_token(logits);
    if (options_.temperature == 0) {
      p_.setZero(logits.rows());
      p_(best) = 1;
      return p_;
    }
    p_ = logits.col(0).template cast<double>();
    const double highest = p_(best);
    for (double& a : p_) a = (a - highest) / options_.temperature;
    softmax(p_.data(), p_.size());
    if ((options_.top_k > 0 && options_.top_k < p_.size()) || options_.top_p < 1) take_out(p_);
    return p_;
  }

  template <class Derived>
  Token operator()(const Eigen::MatrixBase<Derived>& logits, Random& random) {
    distribution(logits);
    const double u = random.uniform();
    double below = 0;
    Index token = 0;
    for (Index c = 0; c < p_.size(); ++c) {
      if (p_(c) == 0) continue;
      token = c;  // the last one, if rounding left the sum below u
      below += p_(c);
      if (u < below) break;
    }
    return static_cast<Token>(token);
  }

 private:
  template <class S>  // a template, so only programs that draw compile it
  void take_out(VectorX<S>& p) {
    const auto count = static_cast<std::size_t>(p.size());
    const auto k = options_.top_k > 0 ? static_cast<std::size_t>(options_.top_k) : count;
    auto kept = static_cast<std::ptrdiff_t>(std::min(k, count));
    order_.resize(count);
    std::iota(order_.begin(), order_.end(), Index{0});
    const auto likelier = [&](Index a, Index b) { return p(a) != p(b) ? p(a) > p(b) : a < b; };
    if (kept < order_.end() - order_.begin())
      std::nth_element(order_.begin(), order_.begin() + kept, order_.end(), likelier);
    std::sort(order_.begin(), order_.begin() + kept, likelier);
    double of_k = 0;
    for (std::ptrdiff_t i = 0; i < kept; ++i) of_k += p(order_[static_cast<std::size_t>(i)]);
    double sum = 0;
    std::size_t i = 0;
    while (i < static_cast<std::size_t>(kept) && (i == 0 || sum < options_.top_p * of_k))
      sum += p(order_[i++]);
    for (; i < count; ++i) p(order_[i]) = 0;
    p /= sum;
  }

  SamplingOptions options_;
  VectorX<double> p_;
  std::vector<Index> order_;
};

}  // namespace recur::inline RECUR_ABI
