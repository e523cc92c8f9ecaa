// Attention: for each query, a mean of the vectors of the memory. A vector has a larger weight if it fits the
// query better.
//
//   e_j = score(q, m_j)      α = softmax(e)      c = Σ_j α_j m_j
//
// A *score* says how well a query fits a vector of the memory: see score.hpp. Queries and memory are ragged
// batches and have their own lengths. So there is no padding, and no mask of lengths is needed.
#pragma once

#include <algorithm>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "recur/attention/score.hpp"
#include "recur/core/activation.hpp"
#include "recur/core/by_sample.hpp"
#include "recur/core/product.hpp"
#include "recur/layer/layer.hpp"

namespace recur::inline RECUR_ABI {

/// Attention of queries to a memory:
///
///   e_ij = score(q_i, m_j)      α_i = softmax(e_i)      c_i = Σ_j α_ij m_j
///
///   queries: Q × N_q, memory: D × N_m, contexts: D × N_q, two ragged batches of the same samples
///
/// All queries at once, for example after a decoder has run over its whole input:
///
///   const auto& contexts = attention.forward(queries, memory, tape, recording);
///   attention.backward(queries, memory, d_contexts, tape, gradient);   // tape.d_queries, tape.d_memory()
///   tape.weights(b);                                                   // α of sample b, a column a query
///
/// One vector for each sample is a sequence of one step: Sequence<float>(vectors, batch).
///
/// Step by step, for example within a decoder. `read` reads the memory once and does all work that does not
/// depend on the queries. `look` then takes some queries, each with the index of its sample. It may be called
/// as often as needed:
///
///   attention.read(memory, read);
///   const auto& context = attention.look(h, samples, read, look);      // D × as many columns as h
///   attention.look_backward(h, d_context, read, look, gradient);       // look.d_query, for each look
///   attention.read_backward(memory, read, gradient);                   // and then read.d_memory()
///
/// The queries of one look may belong to any samples. Several may belong to one sample, for example in a beam
/// search.
///
/// Everything throws std::invalid_argument if sizes or batches don't fit. The parameters are those of the
/// score.
/// Sources: Bahdanau et al. 2015, eq. 5 and 6; Luong et al. 2015, section 3.1.
template <Score C>
class Attention {
 public:
  using Scalar = typename C::Scalar;
  using S = Scalar;

  C score;

  explicit Attention(C c) : score(std::move(c)) {}

  /// What attention computes from the memory of a batch, for all queries.
  struct Memory {
    Sequence<S> dm;
    /// The gradient of the memory, after read_backward.
    const Sequence<S>& d_memory() const { return dm; }

    Index batch() const { return samples.batch(); }

   private:
    friend Attention;
    detail::Sizes made_by{};
    Layout layout;
    detail::BySample samples;
    Buffer<S> values, keys, d_values, d_keys;  // sample after sample
    bool adding = false;                       // looks have added to the gradients since these were zero
  };

  /// The result of some queries, and what backward needs for it.
  struct Look {
    /// D × n, one column for each query.
    ConstMatrixMap<S> context() const { return {contexts.data(), size, queries()}; }
    /// Q × n, after look_backward.
    ConstMatrixMap<S> d_query() const { return {d_queries.data(), query_size, queries()}; }
    /// α of query i over the memory of its sample.
    ConstMatrixMap<S> weights(Index i) const {
      detail::check_index("query", i, queries());
      return {alpha.data() + at(i), at(i + 1) - at(i), 1};
    }

   private:
    friend Attention;
    Index queries() const { return static_cast<Index>(samples.size()); }
    Index sample(Index i) const { return samples[static_cast<std::size_t>(i)]; }
    Index at(Index i) const { return first[static_cast<std::size_t>(i)]; }

    Index size = 0, query_size = 0;
    detail::Sizes made_by{};
    std::vector<Index> samples, first{0};  // for each query: its sample, and the beginning of its α
    Buffer<S> contexts, alpha, d_alpha, projected, d_projected, d_queries;
  };

  struct Tape {
    Sequence<S> y, d_queries;

    const Sequence<S>& output() const { return y; }
    const Sequence<S>& d_memory() const { return memory.d_memory(); }
    /// α of sample b: one row for each step of its memory, one column for each query.
    ConstMatrixMap<S> weights(Index b) const {
      samples.check(b);
      return {look.alpha.data() + look.at(samples.first(b)), memory.samples.length(b), samples.length(b)};
    }

   private:
    friend Attention;
    detail::BySample samples;  // of the queries
    std::vector<Index> sample_of;
    Buffer<S> queries, d_contexts;
    Memory memory;
    Look look;
  };

  /// Q and D.
  Index query_size() const { return score.query_size(); }
  Index memory_size() const { return score.memory_size(); }
  std::string describe() const {
    return detail::message("Attention (", score.describe(), ", queries of ", query_size(), ", memory of ",
                           memory_size(), ")");
  }
  void initialize(Random& random, Scheme scheme) { score.initialize(random, scheme); }

  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    C::visit(at, f, self.score...);
  }

  /// Throws std::invalid_argument unless `read` was read by an attention of these sizes, with the weights of
  /// these sizes.
  void check_memory(const Memory& read) const {
    check_made_by(read.made_by, "memory");
    check_weights();
  }

  // ---- All queries at once.

  /// Contexts, D × N_q in the layout of the queries.
  const Sequence<S>& forward(const Sequence<S>& queries, const Sequence<S>& memory, Tape& tape,
                             Pass = predicting) const {
    require(queries.batch() == memory.batch(), *this, " was given queries of ", queries.batch(),
            " samples and a memory of ", memory.batch(), ": they must be of the same samples");
    check_queries(queries.features());
    check_place(*this, queries, tape);
    check_place(*this, memory, tape);
    tape.look.made_by = {};
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

  /// Call it after a forward of the same queries and memory on the same tape. It adds the gradient of
  /// dot(contexts, d_contexts) to `gradient`. It writes the gradients of queries and memory to tape.d_queries
  /// and tape.d_memory().
  void backward(const Sequence<S>& queries, const Sequence<S>& memory, const Sequence<S>& d_contexts,
                Tape& tape, Attention& gradient) const {
    check_gradient(*this, tape, d_contexts);
    check_place(*this, queries, tape);
    check_place(*this, memory, tape);
    check_tape(queries, memory, tape);
    check_parameters(*this, gradient);
    S* const d = tape.d_contexts.at_least(memory_size() * queries.columns());
    tape.samples.gather(d_contexts.data(), memory_size(), d);
    tape.memory.adding = false;
    look_back(as_is(tape.queries.data(), query_size(), queries.columns()),
              as_is(d, memory_size(), queries.columns()), tape.memory, tape.look, gradient);
    tape.d_queries.reshape(query_size(), queries.layout());
    tape.samples.scatter(tape.look.d_queries.data(), query_size(), tape.d_queries.data());
    read_backward(memory, tape.memory, gradient);
  }

  void check_tape(const Sequence<S>& queries, const Sequence<S>& memory, const Tape& tape) const {
    require(queries.features() == query_size() && queries.layout() == tape.y.layout(), *this,
            " was asked for a gradient with queries of ", queries.features(), " features and ",
            queries.columns(), " steps: its forward pass on this tape was given ", query_size(),
            " features and ", tape.y.columns(), " steps, and the lengths must be the same");
    check_queries(queries.features());
    check_read(memory, tape.memory);
    check_made_by(tape.look.made_by, "look");
  }

  // ---- Step by step.

  /// Does all work that does not depend on queries.
  void read(const Sequence<S>& memory, Memory& read) const {
    require(memory.batch() > 0, *this, " was given an empty memory: it must hold at least one sequence");
    require(memory.features() == memory_size(), *this, " was given a memory of ", memory.features(),
            " features: it takes ", memory_size());
    check_weights();
    detail::checks::place(*this, &memory, &read, sizeof read, nullptr, nullptr);
    const Index columns = memory.columns();
    read.made_by = {};  // until all memory is there
    read.layout = memory.layout();
    read.samples.assign(memory.layout());
    read.adding = false;
    S* const values = read.values.at_least(memory_size() * columns);
    read.samples.gather(memory.data(), memory_size(), values);
    if constexpr (has_keys) {
      S* const keys = read.keys.at_least(score.key_size() * columns);
      product(as_is(score.weight_memory), as_is(values, memory_size(), columns), keys);
    }
    read.made_by = sizes();
  }

  /// Contexts of n queries, D × n. Query i belongs to sample samples[i]. The contexts stay in look.context().
  /// Throws std::invalid_argument for a sample that is not in the memory.
  ConstMatrixMap<S> look(const Eigen::Ref<const MatrixX<S>>& queries, std::span<const Index> samples,
                         const Memory& read, Look& look) const {
    check_queries(queries.rows());
    require(queries.cols() > 0 && queries.cols() == static_cast<Index>(samples.size()), *this, " was given ",
            queries.cols(), " queries and the samples of ", samples.size(),
            ": there must be at least one query, and a sample for each");
    check_memory(read);
    for (const Index b : samples)
      require(b >= 0 && b < read.batch(), *this, " was given a query of sample ", b,
              ": the memory that was read has the samples 0 to ", read.batch() - 1);
    look_at(strided(queries), samples, read, look);
    return look.context();
  }

  /// Call it after `look` of the same queries. It adds the gradient of dot(context, d_context) to the
  /// gradient of the parameters and, within `read`, to the gradient of the memory. It writes the gradient of
  /// the queries to look.d_query().
  void look_backward(const Eigen::Ref<const MatrixX<S>>& queries,
                     const Eigen::Ref<const MatrixX<S>>& d_context, Memory& read, Look& look,
                     Attention& gradient) const {
    check_memory(read);
    check_made_by(look.made_by, "look");
    require(queries.data() != look.d_queries.data(), *this,
            " was given the gradient of queries on the same look as queries: it must be a copy");
    require(queries.rows() == query_size() && queries.cols() == look.queries() &&
                look.size == memory_size() && d_context.rows() == memory_size() &&
                d_context.cols() == look.queries(),
            *this, " was asked for a gradient with queries of ", queries.rows(), " x ", queries.cols(),
            " and contexts of ", d_context.rows(), " x ", d_context.cols(), ": this look had ", query_size(),
            " x ", look.queries(), " and ", memory_size(), " x ", look.queries());
    for (Index i = 0; i < look.queries(); ++i)
      require(
          look.sample(i) < read.batch() && look.at(i + 1) - look.at(i) == read.samples.length(look.sample(i)),
          *this, " was asked for a gradient with another memory than that of the look");
    check_parameters(*this, gradient);
    look_back(strided(queries), strided(d_context), read, look, gradient);
  }

  /// Call it after look_backward of all looks, in any order. It writes the gradient of the memory to
  /// read.d_memory(). It adds the gradient of the parameters that made the keys to `gradient`.
  void read_backward(const Sequence<S>& memory, Memory& read, Attention& gradient) const {
    check_read(memory, read);
    detail::checks::place(*this, &memory, &read, sizeof read, nullptr, nullptr);
    check_parameters(*this, gradient);
    start_adding(read);
    const Index columns = memory.columns();
    if constexpr (has_keys) {
      const auto d_keys = as_is(read.d_keys.data(), score.key_size(), columns);
      add_product(d_keys, transposed(read.values.data(), memory_size(), columns),
                  gradient.score.weight_memory.data());
      add_product(transposed(score.weight_memory), d_keys, read.d_values.data());
    }
    read.dm.reshape(memory_size(), memory.layout());
    read.samples.scatter(read.d_values.data(), memory_size(), read.dm.data());
    read.adding = false;
  }

 private:
  static constexpr bool has_queries = requires(C c) { c.weight_query; };
  static constexpr bool has_keys = requires(C c) { c.weight_memory; };

  static Strided<S> strided(const Eigen::Ref<const MatrixX<S>>& m) {
    return {m.data(), m.rows(), m.cols(), 1, m.outerStride()};
  }

  detail::Sizes sizes() const { return {query_size(), memory_size(), score.key_size()}; }
  void check_made_by(const detail::Sizes& made_by, const char* what) const {
    require(made_by == sizes(), *this, " was given a ", what,
            " of an attention of other sizes: ", "it must be its own");
  }
  void check_queries(Index features) const {
    require(features == query_size(), *this, " was given queries of ", features, " features: it takes ",
            query_size());
    check_weights();
  }
  void check_weights() const {
    if constexpr (requires { C::shapes(score, [](auto&&...) {}); }) recur::check_weights(*this, score);
  }
  void check_read(const Sequence<S>& memory, const Memory& read) const {
    check_memory(read);
    require(memory.features() == memory_size() && memory.layout() == read.layout, *this,
            " was asked for a gradient with a memory of ", memory.features(), " features and ",
            memory.columns(), " steps: it had read ", memory_size(), " features and ", read.layout.columns(),
            " steps, and the lengths must be the same");
  }

  static const S* keys_of(const Memory& read) { return has_keys ? read.keys.data() : read.values.data(); }

  /// Calls f(first query, number of queries, sample) for each run of queries of one sample.
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
    look.made_by = {};  // until all memory is there
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
    look.made_by = sizes();
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

  void look_back(const Strided<S>& queries, const Strided<S>& d_contexts, Memory& read, Look& look,
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
      const Strided<S> dc{d_contexts.at(0, i), size, n, 1, d_contexts.col_step};
      product(transposed(read.values.data() + column * size, size, m), dc, d);
      add_product(dc, transposed(alpha, m, n), read.d_values.data() + column * size);
      for (Index j = 0; j < n; ++j) detail::softmax_backward(alpha + j * m, d + j * m, m);
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

}  // namespace recur::inline RECUR_ABI
