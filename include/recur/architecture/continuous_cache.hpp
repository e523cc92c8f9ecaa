// A memory beside a model: what followed where the model expected the same as now?
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "recur/architecture/sampling.hpp"
#include "recur/core/activation.hpp"
#include "recur/core/denormals.hpp"
#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"

namespace recur::inline RECUR_ABI {

/// What a ContinuousCache remembers, and how much it has to say.
struct CacheOptions {
  Index size = 2000;      ///< predictions that it remembers; a new one takes the place of the oldest
  double share = 0.3;     ///< λ: its part of the mixture, at least 0 and below 1
  double sharpness = 64;  ///< θ: the higher, the more alike two predictions must be; at least 0
};

/// A memory that makes a model expect again what a text has brought before. The weights stay as they are.
///
///   s_i = Σ_c √(p_c p_ic)                               how alike the predictions now and at step i are, 0 to 1
///   q_w ∝ Σ_{i: token i was w} exp(θ s_i)               what came where the model expected the same
///   result = log((1 - λ) p + λ q)                       log p while the memory is empty
///
///   p: C, the model's probabilities now; p_i: those at step i, after which token i came
///
///   ContinuousCache<float> cache(model.output_size());
///   for (...) {
///     const auto& log_p = cache.mix(model.step_logits(token, stream));
///     token = ...;                                      // what comes, or what a Sampler draws from log_p
///     cache.add(token);
///   }
///
/// Source: Grave, Joulin and Usunier, "Improving neural language models with a continuous cache", 2017, section 3. There
/// s_i is the product of the model's states h_t and h_i. This one compares predictions, which every model has: s is their
/// Bhattacharyya coefficient ("On a measure of divergence between two multinomial populations", 1946).
///
/// A result costs C · size multiplications, and at most 4 C + size + 2 exponentials and logarithms. Nothing is allocated. To exclude a token, set its number to minus
/// infinity in a copy of the result. Each stream of tokens needs its own cache. Throws std::invalid_argument if a setting is not legal.
template <std::floating_point S>
class ContinuousCache {
 public:
  explicit ContinuousCache(Index classes, CacheOptions options = {}) : options_(options) {
    require(classes > 0, "a cache for ", classes, " tokens: there must be at least 1");
    require(options.size > 0, "a cache of ", options.size, " predictions: it must remember at least 1");
    detail::check_largest("a cache", classes, options.size);
    require(options.share >= 0 && options.share < 1, "a cache with a share of ", options.share,
            ": it must be at least 0 and below 1");
    require(options.sharpness >= 0 && options.sharpness <= std::numeric_limits<S>::max(),
            "a cache with a sharpness of ", options.sharpness,
            ": it must be at least 0 and a finite number of the scalar");
    roots_.resize(classes, options.size);
    now_.resize(classes);
    mixture_.resize(classes);
    follows_.resize(classes);
    alike_.resize(options.size);
    tokens_.resize(static_cast<std::size_t>(options.size));
  }

  const CacheOptions& options() const { return options_; }  ///< as they were given
  Index size() const { return count_; }                     ///< predictions that it remembers now

  /// The logarithms of the mixture, C, for the model's logits, C × 1. They are valid until the next call. Throws
  /// std::invalid_argument for another size, for a logit that is not a number and if the highest logit is not finite; the cache is then
  /// as before.
  template <class Derived>
  const VectorX<S>& mix(const Eigen::MatrixBase<Derived>& logits) {
    require(logits.cols() == 1 && logits.rows() == now_.size(), "a cache of ", now_.size(),
            " tokens was given logits of ", logits.rows(), " x ", logits.cols());
    detail::best_token(logits);  // throws
    mixture_ = logits.template cast<S>();
    log_softmax(mixture_);
    now_ = (mixture_.array() / 2).exp();
    expects_token_ = true;
    if (count_ > 0 && options_.share > 0) {
      look_back();
      const double rest = 1 - options_.share, log_rest = std::log(rest);
      for (Index c = 0; c < now_.size(); ++c) {
        const auto log_p = static_cast<double>(mixture_(c));
        const double q = options_.share * follows_(c);
        // If q is 0, exp(log p) may underflow, but log p does not.
        mixture_(c) = static_cast<S>(q > 0 ? std::log(rest * std::exp(log_p) + q) : log_rest + log_p);
      }
    }
    return mixture_;
  }

  /// Remembers that `token` came after the last prediction that mix was given. Throws std::out_of_range for a token that is none, and
  /// std::invalid_argument if mix was not called since the last token.
  void add(Token token) {
    detail::check_index("token", token, now_.size());
    require(expects_token_, "a cache was given a token, but not the prediction before it: call mix first");
    roots_.col(next_) = now_;
    tokens_[static_cast<std::size_t>(next_)] = token;
    next_ = (next_ + 1) % options_.size;
    count_ = std::min(count_ + 1, options_.size);
    expects_token_ = false;
  }

  /// Forgets everything, for the next text.
  void clear() {
    next_ = count_ = 0;
    expects_token_ = false;
  }

 private:
  /// q, in follows_.
  void look_back() {
    auto alike = alike_.head(count_);
    alike.noalias() = roots_.leftCols(count_).transpose() * now_;
    // The largest is subtracted, so that at least one exponential is 1.
    alike = (static_cast<S>(options_.sharpness) * (alike.array() - alike.maxCoeff())).exp();
    follows_.setZero();
    for (Index i = 0; i < count_; ++i)
      follows_(tokens_[static_cast<std::size_t>(i)]) += static_cast<double>(alike(i));
    follows_ /= follows_.sum();
  }

  CacheOptions options_;
  MatrixX<S> roots_;  // √p_i, C × size
  VectorX<S> now_;    // √p
  VectorX<S> mixture_, alike_;
  VectorX<double> follows_;
  std::vector<Token> tokens_;
  Index next_ = 0, count_ = 0;
  bool expects_token_ = false;
};

/// The loss over a text of a model with a cache: the mean over n of -log of the mixture's probability of token n + 1, after tokens 0,
/// ..., n. It reads the text as one stream, from the model's start:
///
///   ContinuousCache<float> cache(model.output_size());
///   const double nats = evaluate_with_cache(model, tokens, cache);
///
/// What the cache remembers before, it uses. Runs on one thread. Throws std::invalid_argument for a text of less than two tokens, and
/// what the model and the cache throw.
template <class Model>
double evaluate_with_cache(const Model& model, std::span<const Token> text,
                           ContinuousCache<typename Model::Scalar>& cache) requires
    requires(typename Model::Stream& stream) {
  model.step_logits(text[0], stream);
}
{
  require(text.size() > 1, "a text of ", text.size(), text.size() == 1 ? " token" : " tokens",
          ": there must be at least 2, one to read and one to predict");
  const FlushDenormals flush;
  auto stream = model.stream();
  double loss = 0;
  for (std::size_t n = 0; n + 1 < text.size(); ++n) {
    const auto& log_p = cache.mix(model.step_logits(text[n], stream));
    cache.add(text[n + 1]);
    loss -= static_cast<double>(log_p(text[n + 1]));
  }
  return loss / static_cast<double>(text.size() - 1);
}

}  // namespace recur::inline RECUR_ABI
