// Attention: for each query a mean of the memory, weighted by how well each of its vectors fits.
//
//   e_j = score(q, m_j)      α = softmax(e)      c = Σ_j α_j m_j
//
// A *score* says how well a query fits a vector of the memory. Queries and memory are ragged batches with
// lengths of their own, so that no mask of lengths is needed: there is nothing to hide.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <span>
#include <string>
#include <vector>

#include "recur/core/activation.hpp"
#include "recur/core/by_sample.hpp"
#include "recur/core/initialize.hpp"
#include "recur/core/product.hpp"
#include "recur/layer/layer.hpp"

namespace recur {

/// A score: a value with its parameters that compares p, what it makes of a query, with k, the key of a vector
/// of the memory.
///
///   p = weight_query q, or q where the score has no weight_query      Q features -> A
///   k = weight_memory m, or m where it has no weight_memory           D features -> A
///
/// compare(p, k, e) adds the scores of n queries and m keys to e, m × n, a column a query. compare_backward
/// adds the gradients: to dp and dk, A columns each, and to `gradient` that of what compare itself uses. The
/// two projections are done by Attention, that of the memory once for all queries.
template <class C>
concept Score = std::copyable<C> && std::floating_point<typename C::Scalar> &&
    requires(const C& score, C& gradient, const Strided<typename C::Scalar>& p, typename C::Scalar* to,
             Random& random) {
  { score.query_size() } -> std::same_as<Index>;
  { score.memory_size() } -> std::same_as<Index>;
  { score.key_size() } -> std::same_as<Index>;
  { score.describe() } -> std::convertible_to<std::string>;
  score.compare(p, p, to);
  score.compare_backward(p, p, to, to, to, gradient);
  gradient.initialize(random, Scheme::recommended);
};

/// e = q · m, where q and m have one size (Luong et al. 2015, eq. 8, "dot"). No parameters.
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
    add_product(transposed(k), q, e);
    if (scale_ != 1) arrays::scale(e, k.cols * q.cols, scale_);
  }
  /// de is scaled in place.
  void compare_backward(const Strided<S>& q, const Strided<S>& k, S* de, S* dq, S* dk, DotScore&) const {
    if (scale_ != 1) arrays::scale(de, k.cols * q.cols, scale_);
    add_product(k, as_is(de, k.cols, q.cols), dq);
    add_product(q, transposed(de, k.cols, q.cols), dk);
  }

 protected:
  DotScore(Index size, S scale) : size_(size), scale_(scale) {
    require(size > 0, "a dot score of ", size, " features: it must have at least 1");
  }

 private:
  Index size_;
  S scale_;
};

/// e = q · m / √D (Vaswani et al. 2017, eq. 1): a dot product whose size does not grow with the number of
/// features. No parameters.
template <std::floating_point S>
struct ScaledDotScore : DotScore<S> {
  /// Throws std::invalid_argument unless size is positive.
  explicit ScaledDotScore(Index size) : DotScore<S>(size, 1 / std::sqrt(static_cast<S>(size))) {}
};

/// e = qᵀ W m (Luong et al. 2015, eq. 8, "general").
///
///   weight_memory = W: Q × D
///
/// Initial weights: Glorot; Scheme::pytorch: uniform in ±1/√D.
template <std::floating_point S>
class GeneralScore {
 public:
  using Scalar = S;

  Matrix<S> weight_memory;

  /// Weights of zero until `initialize`. Throws std::invalid_argument unless both sizes are positive.
  GeneralScore(Index query_size, Index memory_size) : dot_(query_size) {
    require(memory_size > 0, "a general score for a memory of ", memory_size,
            " features: it must have at least 1");
    weight_memory.setZero(query_size, memory_size);
  }

  Index query_size() const { return weight_memory.rows(); }
  Index memory_size() const { return weight_memory.cols(); }
  Index key_size() const { return weight_memory.rows(); }
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

  void compare(const Strided<S>& q, const Strided<S>& k, S* e) const { dot_.compare(q, k, e); }
  void compare_backward(const Strided<S>& q, const Strided<S>& k, S* de, S* dq, S* dk,
                        GeneralScore& gradient) const {
    dot_.compare_backward(q, k, de, dq, dk, gradient.dot_);
  }

 private:
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

  Matrix<S> weight_query, weight_memory;
  Vector<S> weight_score;

  /// `size`: units A of the comparison. Weights of zero until `initialize`. Throws std::invalid_argument unless
  /// all sizes are positive.
  AdditiveScore(Index query_size, Index memory_size, Index size) {
    require(query_size > 0 && memory_size > 0 && size > 0, "an additive score with query_size ", query_size,
            ", memory_size ", memory_size, " and size ", size, ": each must be at least 1");
    weight_query.setZero(size, query_size);
    weight_memory.setZero(size, memory_size);
    weight_score.setZero(size);
  }

  Index query_size() const { return weight_query.cols(); }
  Index memory_size() const { return weight_memory.cols(); }
  Index key_size() const { return weight_score.size(); }
  std::string describe() const { return message("additive, ", key_size(), " units"); }
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

  void compare(const Strided<S>& p, const Strided<S>& k, S* e) const {
    for (Index i = 0; i < p.cols; ++i)
      for (Index j = 0; j < k.cols; ++j) *e++ += one_score(p.at(0, i), k.at(0, j));
  }
  /// tanh is computed again, rather than kept for every pair.
  void compare_backward(const Strided<S>& p, const Strided<S>& k, S* de, S* dp, S* dk,
                        AdditiveScore& gradient) const {
    for (Index i = 0; i < p.cols; ++i)
      for (Index j = 0; j < k.cols; ++j)
        one_backward(p.at(0, i), k.at(0, j), *de++, dp + i * key_size(), dk + j * key_size(),
                     gradient.weight_score.data());
  }

 private:
  using P = Pack<S>;

  [[gnu::noinline]] S one_score(const S* p, const S* k) const {
    const Index size = key_size();
    P e(S(0));
    for (Index a = 0; a < size; a += P::size) {
      const Index lanes = size - a;
      const P t = tanh(P::load(p + a, lanes) + P::load(k + a, lanes));
      e = fma(P::load(weight_score.data() + a, lanes), t, e);
    }
    return sum(e);
  }
  [[gnu::noinline]] void one_backward(const S* p, const S* k, S de, S* dp, S* dk, S* dv) const {
    const Index size = key_size();
    for (Index a = 0; a < size; a += P::size) {
      const Index lanes = size - a;
      const P t = tanh(P::load(p + a, lanes) + P::load(k + a, lanes));
      const P d = de * P::load(weight_score.data() + a, lanes) * (1 - t * t);
      (P::load(dp + a, lanes) + d).store(dp + a, lanes);
      (P::load(dk + a, lanes) + d).store(dk + a, lanes);
      fma(P(de), t, P::load(dv + a, lanes)).store(dv + a, lanes);
    }
  }
};

/// Attention of queries to a memory:
///
///   e_ij = score(q_i, m_j)      α_i = softmax(e_i)      c_i = Σ_j α_ij m_j
///
///   queries: Q × N_q, memory: D × N_m, contexts: D × N_q, two ragged batches of the same samples
///
/// All queries at once, as after a decoder that has run over its whole input:
///
///   const auto& contexts = attention.forward(queries, memory, tape, recording);
///   attention.backward(queries, memory, d_contexts, tape, gradient);   // tape.d_queries, tape.d_memory
///   tape.weights(b);                                                   // α of sample b, a column a query
///
/// One vector a sample is a sequence of one step: Sequence<float>(vectors, batch).
///
/// Step by step, as within a decoder: the memory is read once, which does all that does not depend on the
/// queries, and then looked at by some queries at a time, each naming its sample, as often as wanted:
///
///   attention.read(memory, read);
///   const auto& context = attention.look(h, samples, read, look);      // D × as many columns as h
///   attention.look_backward(h, d_context, read, look, gradient);       // look.d_query, for each look
///   attention.read_backward(memory, read, gradient);                   // and then read.d_memory
///
/// The queries of one look may belong to any samples, and several to one, as in a beam search.
///
/// Everything throws std::invalid_argument where sizes or batches don't fit. Parameters are the score's.
/// Sources: Bahdanau et al. 2015, eq. 5 and 6; Luong et al. 2015, section 3.1.
template <Score C>
class Attention {
 public:
  using Scalar = typename C::Scalar;
  using S = Scalar;

  C score;

  explicit Attention(C c) : score(std::move(c)) {}

  /// What the memory of a batch gives to all queries.
  struct Memory {
    Sequence<S> d_memory;  ///< after read_backward

    Index batch() const { return samples.batch(); }

   private:
    friend Attention;
    Layout layout;
    BySample samples;
    Buffer<S> values, keys, d_values, d_keys;  // sample after sample
    bool adding = false;                       // looks have added to the gradients since they were zero
  };

  /// What some queries saw, and what backward needs of it.
  struct Look {
    /// D × n, a column a query.
    ConstMatrixMap<S> context() const { return {contexts.data(), size, queries()}; }
    /// Q × n, after look_backward.
    ConstMatrixMap<S> d_query() const { return {d_queries.data(), query_size, queries()}; }
    /// α of query i over the memory of its sample.
    ConstMatrixMap<S> weights(Index i) const { return {alpha.data() + at(i), at(i + 1) - at(i), 1}; }

   private:
    friend Attention;
    Index queries() const { return static_cast<Index>(samples.size()); }
    Index sample(Index i) const { return samples[static_cast<std::size_t>(i)]; }
    Index at(Index i) const { return first[static_cast<std::size_t>(i)]; }

    Index size = 0, query_size = 0;
    std::vector<Index> samples, first{0};  // of each query: its sample, and where its α begins
    Buffer<S> contexts, alpha, d_alpha, projected, d_projected, d_queries;
  };

  struct Tape {
    Sequence<S> y, d_queries;

    const Sequence<S>& output() const { return y; }
    const Sequence<S>& d_memory() const { return memory.d_memory; }
    /// α of sample b: a row a step of its memory, a column a query.
    ConstMatrixMap<S> weights(Index b) const {
      return {look.alpha.data() + look.at(samples.first(b)), memory.samples.length(b), samples.length(b)};
    }

   private:
    friend Attention;
    BySample samples;  // of the queries
    std::vector<Index> sample_of;
    Buffer<S> queries, d_contexts;
    Memory memory;
    Look look;
  };

  /// Q and D.
  Index query_size() const { return score.query_size(); }
  Index memory_size() const { return score.memory_size(); }
  std::string describe() const {
    return message("Attention (", score.describe(), ", queries of ", query_size(), ", memory of ",
                   memory_size(), ")");
  }
  void initialize(Random& random, Scheme scheme) { score.initialize(random, scheme); }

  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    C::visit(at, f, self.score...);
  }

  // ---- All queries at once.

  /// Contexts, D × N_q in the layout of the queries.
  const Sequence<S>& forward(const Sequence<S>& queries, const Sequence<S>& memory, Tape& tape,
                             Pass = predicting) const {
    require(queries.batch() == memory.batch(), *this, " was given queries of ", queries.batch(),
            " samples and a memory of ", memory.batch(), ": they must be of the same samples");
    check_queries(queries.features());
    read(memory, tape.memory);
    tape.samples.assign(queries.layout());
    tape.sample_of.clear();
    for (Index b = 0; b < queries.batch(); ++b)
      tape.sample_of.insert(tape.sample_of.end(), static_cast<std::size_t>(tape.samples.length(b)), b);
    S* const q = tape.queries.at_least(query_size() * queries.columns());
    tape.samples.gather(queries.data(), query_size(), q);
    look_at(as_is(q, query_size(), queries.columns()), tape.sample_of, tape.memory, tape.look);
    tape.y.reshape(memory_size(), queries.layout());
    tape.samples.scatter(tape.look.contexts.data(), memory_size(), tape.y.data());
    return tape.y;
  }

  /// After a forward of the same queries and memory on the same tape: adds the gradient of dot(contexts,
  /// d_contexts) to `gradient`, and writes that of queries and memory to tape.d_queries and tape.d_memory().
  void backward(const Sequence<S>& queries, const Sequence<S>& memory, const Sequence<S>& d_contexts,
                Tape& tape, Attention& gradient) const {
    check_gradient(*this, tape, d_contexts);
    require(queries.features() == query_size() && queries.layout() == tape.y.layout(), *this,
            " was asked for a gradient with queries of ", queries.features(), " features and ",
            queries.columns(), " steps: its forward pass on this tape was given ", query_size(),
            " features and ", tape.y.columns(), " steps, and the lengths must be the same");
    check_read(memory, tape.memory);
    check_parameters(*this, gradient);
    S* const d = tape.d_contexts.at_least(memory_size() * queries.columns());
    tape.samples.gather(d_contexts.data(), memory_size(), d);
    tape.memory.adding = false;
    look_back(as_is(tape.queries.data(), query_size(), queries.columns()), d, tape.memory, tape.look,
              gradient);
    tape.d_queries.reshape(query_size(), queries.layout());
    tape.samples.scatter(tape.look.d_queries.data(), query_size(), tape.d_queries.data());
    read_backward(memory, tape.memory, gradient);
  }

  // ---- Step by step.

  /// Does all that does not depend on queries.
  void read(const Sequence<S>& memory, Memory& read) const {
    require(memory.batch() > 0, *this, " was given an empty memory: it must hold at least one sequence");
    require(memory.features() == memory_size(), *this, " was given a memory of ", memory.features(),
            " features: it takes ", memory_size());
    if constexpr (has_keys) check_weight("weight_memory", score.weight_memory, memory_size());
    const Index columns = memory.columns();
    read.layout = memory.layout();
    read.samples.assign(memory.layout());
    read.adding = false;
    S* const values = read.values.at_least(memory_size() * columns);
    read.samples.gather(memory.data(), memory_size(), values);
    if constexpr (has_keys) {
      S* const keys = read.keys.at_least(score.key_size() * columns);
      product(as_is(score.weight_memory), as_is(values, memory_size(), columns), keys);
    }
  }

  /// Contexts of n queries, Q × n, query i of sample samples[i]; they stay in look.context(). Throws
  /// std::invalid_argument for a sample that the memory has not.
  ConstMatrixMap<S> look(const Eigen::Ref<const Matrix<S>>& queries, std::span<const Index> samples,
                         const Memory& read, Look& look) const {
    check_queries(queries.rows());
    require(queries.cols() > 0 && queries.cols() == static_cast<Index>(samples.size()), *this, " was given ",
            queries.cols(), " queries and the samples of ", samples.size(),
            ": there must be at least one query, and a sample for each");
    for (const Index b : samples)
      require(b >= 0 && b < read.batch(), *this, " was given a query of sample ", b,
              ": the memory that was read has the samples 0 to ", read.batch() - 1);
    look_at(strided(queries), samples, read, look);
    return look.context();
  }

  /// After `look` of the same queries: adds the gradient of dot(context, d_context) to that of the parameters
  /// and, within `read`, to that of the memory; writes that of the queries to look.d_query().
  void look_backward(const Eigen::Ref<const Matrix<S>>& queries, const Eigen::Ref<const Matrix<S>>& d_context,
                     Memory& read, Look& look, Attention& gradient) const {
    require(queries.rows() == query_size() && queries.cols() == look.queries() &&
                look.size == memory_size() && d_context.rows() == memory_size() &&
                d_context.cols() == look.queries() && d_context.outerStride() == memory_size(),
            *this, " was asked for a gradient with queries of ", queries.rows(), " x ", queries.cols(),
            " and contexts of ", d_context.rows(), " x ", d_context.cols(), ": this look had ", query_size(),
            " x ", look.queries(), " and ", memory_size(), " x ", look.queries());
    for (Index i = 0; i < look.queries(); ++i)
      require(
          look.sample(i) < read.batch() && look.at(i + 1) - look.at(i) == read.samples.length(look.sample(i)),
          *this, " was asked for a gradient with another memory than that of the look");
    check_parameters(*this, gradient);
    look_back(strided(queries), d_context.data(), read, look, gradient);
  }

  /// After look_backward of all looks, in any order: the gradient of the memory goes to read.d_memory, and that
  /// of the parameters that made the keys is added to `gradient`.
  void read_backward(const Sequence<S>& memory, Memory& read, Attention& gradient) const {
    check_read(memory, read);
    check_parameters(*this, gradient);
    start_adding(read);
    const Index columns = memory.columns();
    if constexpr (has_keys) {
      const auto d_keys = as_is(read.d_keys.data(), score.key_size(), columns);
      add_product(d_keys, transposed(read.values.data(), memory_size(), columns),
                  gradient.score.weight_memory.data());
      add_product(transposed(score.weight_memory), d_keys, read.d_values.data());
    }
    read.d_memory.reshape(memory_size(), memory.layout());
    read.samples.scatter(read.d_values.data(), memory_size(), read.d_memory.data());
    read.adding = false;
  }

 private:
  static constexpr bool has_queries = requires(C c) { c.weight_query; };
  static constexpr bool has_keys = requires(C c) { c.weight_memory; };

  static Strided<S> strided(const Eigen::Ref<const Matrix<S>>& m) {
    return {m.data(), m.rows(), m.cols(), 1, m.outerStride()};
  }

  void check_queries(Index features) const {
    require(features == query_size(), *this, " was given queries of ", features, " features: it takes ",
            query_size());
    if constexpr (has_queries) check_weight("weight_query", score.weight_query, query_size());
  }
  /// Weights are public.
  void check_weight(const char* name, const Matrix<S>& weight, Index cols) const {
    require(weight.rows() == score.key_size() && weight.cols() == cols, *this, " has a ", name, " of ",
            weight.rows(), " x ", weight.cols(), ": it must be ", score.key_size(), " x ", cols);
  }
  void check_read(const Sequence<S>& memory, const Memory& read) const {
    require(memory.features() == memory_size() && memory.layout() == read.layout, *this,
            " was asked for a gradient with a memory of ", memory.features(), " features and ",
            memory.columns(), " steps: it had read ", memory_size(), " features and ", read.layout.columns(),
            " steps, and the lengths must be the same");
  }

  static const S* keys_of(const Memory& read) { return has_keys ? read.keys.data() : read.values.data(); }

  /// Calls f(first query, queries, sample) for each run of queries of one sample.
  template <class F>
  static void for_runs(const Look& look, F&& f) {
    for (Index i = 0, end; i < look.queries(); i = end) {
      for (end = i + 1; end < look.queries() && look.sample(end) == look.sample(i);) ++end;
      f(i, end - i, look.sample(i));
    }
  }

  void look_at(const Strided<S>& queries, std::span<const Index> samples, const Memory& read,
               Look& look) const {
    const Index keys = score.key_size(), size = memory_size(), count = queries.cols;
    look.size = size;
    look.query_size = query_size();
    look.samples.assign(samples.begin(), samples.end());
    look.first.resize(samples.size() + 1);
    for (std::size_t i = 0; i < samples.size(); ++i)
      look.first[i + 1] = look.first[i] + read.samples.length(samples[i]);
    Strided<S> p = queries;
    if constexpr (has_queries) {
      p = as_is(look.projected.at_least(keys * count), keys, count);
      product(as_is(score.weight_query), queries, look.projected.data());
    }
    S* const alpha = look.alpha.at_least(look.at(count));
    std::fill_n(alpha, look.at(count), S(0));
    look.contexts.at_least(size * count);
    for_runs(look, [&](Index i, Index n, Index b) {
      const Index m = read.samples.length(b), column = read.samples.first(b);
      S* const a = alpha + look.at(i);
      score.compare({p.at(0, i), p.rows, n, 1, p.col_step}, as_is(keys_of(read) + column * keys, keys, m), a);
      for (Index j = 0; j < n; ++j) softmax(a + j * m, m);
      product(as_is(read.values.data() + column * size, size, m), as_is(a, m, n),
              look.contexts.data() + i * size);
    });
  }

  /// Makes the gradients within `read` zero, unless looks have added to them.
  void start_adding(Memory& read) const {
    if (read.adding) return;
    read.adding = true;
    const Index columns = read.samples.columns();
    std::fill_n(read.d_values.at_least(memory_size() * columns), memory_size() * columns, S(0));
    if constexpr (has_keys)
      std::fill_n(read.d_keys.at_least(score.key_size() * columns), score.key_size() * columns, S(0));
  }

  void look_back(const Strided<S>& queries, const S* d_contexts, Memory& read, Look& look,
                 Attention& gradient) const {
    const Index keys = score.key_size(), size = memory_size(), count = queries.cols;
    start_adding(read);
    S* const dq = look.d_queries.at_least(query_size() * count);
    std::fill_n(dq, query_size() * count, S(0));
    Strided<S> p = queries;
    S* dp = dq;
    if constexpr (has_queries) {
      p = as_is(look.projected.data(), keys, count);
      dp = look.d_projected.at_least(keys * count);
      std::fill_n(dp, keys * count, S(0));
    }
    S* const d_alpha = look.d_alpha.at_least(look.at(count));
    S* const d_keys = has_keys ? read.d_keys.data() : read.d_values.data();
    for_runs(look, [&](Index i, Index n, Index b) {
      const Index m = read.samples.length(b), column = read.samples.first(b);
      const S* const alpha = look.alpha.data() + look.at(i);
      S* const d = d_alpha + look.at(i);
      const auto dc = as_is(d_contexts + i * size, size, n);
      product(transposed(read.values.data() + column * size, size, m), dc, d);
      add_product(dc, transposed(alpha, m, n), read.d_values.data() + column * size);
      for (Index j = 0; j < n; ++j) softmax_backward(alpha + j * m, d + j * m, m);
      score.compare_backward({p.at(0, i), p.rows, n, 1, p.col_step},
                             as_is(keys_of(read) + column * keys, keys, m), d, dp + i * keys,
                             d_keys + column * keys, gradient.score);
    });
    if constexpr (has_queries) {
      add_product(as_is(dp, keys, count), transposed(queries), gradient.score.weight_query.data());
      add_product(transposed(score.weight_query), as_is(dp, keys, count), dq);
    }
  }
};

}  // namespace recur
