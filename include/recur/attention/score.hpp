// Scores of attention: how well a query fits a vector of the memory.
//
//   dot, scaled dot      q · m           general      qᵀ W m           additive      vᵀ tanh(W q + U m)
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <string>

#include "recur/core/activation.hpp"
#include "recur/core/error.hpp"
#include "recur/core/initialize.hpp"
#include "recur/core/parameters.hpp"
#include "recur/core/product.hpp"

namespace recur::inline RECUR_ABI {

/// A score is a value with parameters. It compares p, which it computes from a query, with k, the key of a
/// vector of the memory.
///
///   p = weight_query q, or q if the score has no weight_query         Q features -> A
///   k = weight_memory m, or m if it has no weight_memory              D features -> A
///
/// compare(p, k, e) adds the scores of n queries and m keys to e, m × n, one column for each query.
/// compare_backward adds gradients: to dp and dk, which have A rows, and to `gradient` for the parameters
/// that compare itself uses. Attention computes the two projections; it projects the memory once for all
/// queries. A score with parameters has a function shapes, for check_weights.
template <class C>
concept Score = requires(const C& score, C& gradient, const Strided<typename C::Scalar>& p,
                         typename C::Scalar* to, Random& random) {
  requires std::copyable<C> && std::floating_point<typename C::Scalar>;
  { score.query_size() } -> std::same_as<Index>;
  { score.memory_size() } -> std::same_as<Index>;
  { score.key_size() } -> std::same_as<Index>;
  { score.describe() } -> std::convertible_to<std::string>;
  score.compare(p, p, to);
  score.compare_backward(p, p, to, to, to, gradient);
  gradient.initialize(random, Scheme::recommended);
};

/// e = q · m. q and m have the same size (Luong et al. 2015, section 3.1, "dot"). No parameters.
///
/// With a `scale` of 1/√D it is the scaled dot product of Vaswani et al. 2017, eq. 1: see ScaledDotScore.
template <std::floating_point S>
class DotScore {
 public:
  using Scalar = S;

  /// Throws std::invalid_argument unless size is positive.
  explicit DotScore(Index size) : DotScore(size, 1) {}

  Index query_size() const { return size_; }
  Index memory_size() const { return size_; }
  Index key_size() const { return size_; }
  std::string describe() const { return scale_ == 1 ? "dot" : "scaled dot"; }
  void initialize(Random&, Scheme) {}
  template <class F, class... Self>
  static void visit(const Name&, F&&, Self&...) {}

  void compare(const Strided<S>& q, const Strided<S>& k, S* e) const {
    if (scale_ == 1) return add_product(transposed(k), q, e);
    // q is scaled, block by block: the product itself could overflow, and e also holds what was there.
    constexpr Index count = 4096, widest = 64;
    S scaled[count];
    for (Index i = 0; i < q.cols; i += widest) {
      const Index columns = std::min(widest, q.cols - i), deepest = count / columns;
      for (Index a = 0; a < size_; a += deepest) {
        const Index rows = std::min(deepest, size_ - a);
        for (Index c = 0; c < columns; ++c)
          for (Index r = 0; r < rows; ++r) scaled[c * rows + r] = scale_ * *q.at(a + r, i + c);
        const Strided<S> part{k.at(a, 0), rows, k.cols, k.row_step, k.col_step};
        add_product(transposed(part), as_is(scaled, rows, columns), e + i * k.cols);
      }
    }
  }
  /// It scales de in place.
  void compare_backward(const Strided<S>& q, const Strided<S>& k, S* de, S* dq, S* dk, DotScore&) const {
    if (scale_ != 1) detail::arrays::scale(de, k.cols * q.cols, scale_);
    add_product(k, as_is(de, k.cols, q.cols), dq);
    add_product(q, transposed(de, k.cols, q.cols), dk);
  }

 protected:
  DotScore(Index size, S scale) : size_(size), scale_(scale) {
    require(size > 0, "a dot score of ", size, " features: it must have at least 1");
    detail::check_largest("a dot score", size);
  }

 private:
  Index size_;
  S scale_;
};

/// e = q · m / √D (Vaswani et al. 2017, eq. 1): a dot product that does not grow with the number of features.
/// No parameters.
template <std::floating_point S>
struct ScaledDotScore : DotScore<S> {
  /// Throws std::invalid_argument unless size is positive.
  explicit ScaledDotScore(Index size) : DotScore<S>(size, 1 / std::sqrt(static_cast<S>(size))) {}
};

/// e = qᵀ W m (Luong et al. 2015, section 3.1, "general").
///
///   weight_memory = W: Q × D
///
/// Initial weights: Glorot; Scheme::pytorch: uniform in ±1/√D.
template <std::floating_point S>
class GeneralScore {
 public:
  using Scalar = S;

  MatrixX<S> weight_memory;

  /// Weights are zero until `initialize`. Throws std::invalid_argument unless both sizes are positive.
  GeneralScore(Index query_size, Index memory_size)
      : query_size_(query_size),
        memory_size_(memory_size),
        dot_((check_sizes(query_size, memory_size), query_size)) {
    weight_memory.setZero(query_size, memory_size);
  }

  Index query_size() const { return query_size_; }
  Index memory_size() const { return memory_size_; }
  Index key_size() const { return query_size_; }
  std::string describe() const { return "general"; }
  void initialize(Random& random, Scheme scheme) {
    if (scheme == Scheme::pytorch)
      uniform(weight_memory, 1 / std::sqrt(static_cast<double>(memory_size())), random);
    else
      glorot(weight_memory, memory_size(), query_size(), random);
  }
  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    f(at / "weight_memory", self.weight_memory...);
  }
  template <class Self, class F>
  static void shapes(Self& self, F&& f) {
    f("weight_memory", self.weight_memory, self.query_size_, self.memory_size_);
  }

  void compare(const Strided<S>& q, const Strided<S>& k, S* e) const { dot_.compare(q, k, e); }
  void compare_backward(const Strided<S>& q, const Strided<S>& k, S* de, S* dq, S* dk,
                        GeneralScore& gradient) const {
    dot_.compare_backward(q, k, de, dq, dk, gradient.dot_);
  }

 private:
  static void check_sizes(Index query_size, Index memory_size) {
    require(query_size > 0 && memory_size > 0, "a general score with query_size ", query_size,
            ", memory_size ", memory_size, ": both must be at least 1");
    detail::check_largest("a general score", query_size, memory_size);
  }

  Index query_size_, memory_size_;
  DotScore<S> dot_;
};

/// e = vᵀ tanh(W q + U m) (Bahdanau et al. 2015, appendix A.1.2).
///
///   weight_query = W: A × Q, weight_memory = U: A × D, weight_score = v: A
///
/// Initial weights: Glorot; Scheme::pytorch: uniform in ±1/√inputs of each.
template <std::floating_point S>
class AdditiveScore {
 public:
  using Scalar = S;

  MatrixX<S> weight_query, weight_memory;
  VectorX<S> weight_score;

  /// `size` is A, the units of the comparison. Weights are zero until `initialize`. Throws
  /// std::invalid_argument unless all sizes are positive.
  AdditiveScore(Index query_size, Index memory_size, Index size)
      : query_size_(query_size), memory_size_(memory_size), size_(size) {
    require(query_size > 0 && memory_size > 0 && size > 0, "an additive score with query_size ", query_size,
            ", memory_size ", memory_size, " and size ", size, ": each must be at least 1");
    detail::check_largest("an additive score", query_size, memory_size, size);
    weight_query.setZero(size, query_size);
    weight_memory.setZero(size, memory_size);
    weight_score.setZero(size);
  }

  Index query_size() const { return query_size_; }
  Index memory_size() const { return memory_size_; }
  Index key_size() const { return size_; }
  std::string describe() const { return detail::message("additive, ", key_size(), " units"); }
  void initialize(Random& random, Scheme scheme) {
    const auto draw = [&](auto& weight, Index inputs, Index outputs) {
      if (scheme == Scheme::pytorch)
        uniform(weight, 1 / std::sqrt(static_cast<double>(inputs)), random);
      else
        glorot(weight, inputs, outputs, random);
    };
    draw(weight_query, query_size(), key_size());
    draw(weight_memory, memory_size(), key_size());
    draw(weight_score, key_size(), 1);
  }
  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    f(at / "weight_query", self.weight_query...);
    f(at / "weight_memory", self.weight_memory...);
    f(at / "weight_score", self.weight_score...);
  }
  template <class Self, class F>
  static void shapes(Self& self, F&& f) {
    f("weight_query", self.weight_query, self.size_, self.query_size_);
    f("weight_memory", self.weight_memory, self.size_, self.memory_size_);
    f("weight_score", self.weight_score, self.size_, Index{1});
  }

  void compare(const Strided<S>& p, const Strided<S>& k, S* e) const {
    for (Index i = 0; i < p.cols; ++i)
      for (Index j = 0; j < k.cols; ++j) *e++ += one_score(p.at(0, i), k.at(0, j));
  }
  /// It computes tanh again, so forward need not keep it for every pair.
  void compare_backward(const Strided<S>& p, const Strided<S>& k, S* de, S* dp, S* dk,
                        AdditiveScore& gradient) const {
    for (Index a = 0; a < key_size(); a += P::size)
      for (Index i = 0; i < p.cols; ++i)
        pack_backward(a, p.at(0, i), k, de + i * k.cols, dp + i * key_size(), dk,
                      gradient.weight_score.data());
  }

 private:
  using P = Pack<S>;

  RECUR_NOINLINE S one_score(const S* p, const S* k) const {
    const Index size = key_size();
    P e(S(0));
    for (Index a = 0; a < size; a += P::size) {
      const Index lanes = size - a;
      const P t = tanh(P::load(p + a, lanes) + P::load(k + a, lanes));
      e = fma(P::load(weight_score.data() + a, lanes), t, e);
    }
    return sum(e);
  }
  /// For one query and all keys, for a pack of units from a on.
  RECUR_NOINLINE void pack_backward(Index a, const S* p, const Strided<S>& k, const S* de, S* dp, S* dk,
                                    S* dv) const {
    const Index lanes = key_size() - a;
    const P of_p = P::load(p + a, lanes), v = P::load(weight_score.data() + a, lanes);
    P d_p = P::load(dp + a, lanes);
    detail::add_terms(dv + a, std::min<Index>(lanes, P::size), k.cols, [&](Index j, Index, Index) {
      S* const dk_at = dk + j * key_size() + a;
      const P t = tanh(of_p + P::load(k.at(a, j), lanes)), d = de[j] * v * (1 - t * t);
      d_p = d_p + d;
      (P::load(dk_at, lanes) + d).store(dk_at, lanes);
      return de[j] * t;
    });
    d_p.store(dp + a, lanes);
  }

  Index query_size_, memory_size_, size_;
};

}  // namespace recur::inline RECUR_ABI
