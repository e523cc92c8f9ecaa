// Attention with several heads: of a sequence to itself or to another sequence.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "recur/core/activation.hpp"
#include "recur/core/by_sample.hpp"
#include "recur/core/initialize.hpp"
#include "recur/core/product.hpp"
#include "recur/layer/dropout.hpp"
#include "recur/layer/layer.hpp"

namespace recur::inline RECUR_ABI {

/// If (j, i) is true, step j of the memory is hidden from step i of the queries. If empty, nothing is hidden.
using HiddenSteps = Eigen::Matrix<bool, Dynamic, Dynamic>;

/// The options of MultiHeadAttention.
struct MultiHeadAttentionOptions {
  /// In self-attention, a step attends only to itself and the steps before it, so it can't know later steps.
  bool causal = false;
  double dropout = 0;  ///< of the attention weights, while training
};

/// H heads. Each head projects its own queries, keys and values, and attends by the scaled dot product of
/// them (Vaswani et al. 2017, section 3.2.2):
///
///   (q; k; v) = W_in x + b_in       α_h = softmax(k_hᵀ q_h / √(D/H)), a column a query
///   c_h = v_h α_h                   y = W_out (c_1; ...; c_H) + b_out
///
///   in_proj_weight: 3D × D, in_proj_bias: 3D, rows in the order q, k, v; head h: the h-th D/H rows of each
///   out_proj.weight: D × D, out_proj.bias: D        names and layouts of PyTorch's nn.MultiheadAttention
///   x, y: D × N ragged
///
/// As a layer it is self-attention. It can also attend to another sequence, a memory with the same samples
/// and any lengths. Then pass the memory too: q comes from the queries, k and v from the memory.
///
///   attention.forward(queries, memory, tape, recording);          // D × N_q, D × N_m -> D × N_q
///   attention.backward(queries, memory, dy, tape, gradient);      // tape.d_input(), tape.d_memory()
///
/// Samples see only their own steps, because there is no padding. forward takes a mask that hides more. It is
/// a HiddenSteps with one row for each step of the longest memory and one column for each step of the longest
/// queries, the same for all samples. forward throws std::invalid_argument for a mask of other sizes, and if a
/// query would see nothing at all. tape.weights(b, h) shows the attention.
///
/// Initial weights: Glorot for each of the four D × D matrices, biases zero. Scheme::pytorch: Glorot for
/// in_proj_weight as a whole, out_proj.weight uniform in ±1/√D, biases zero. Throws std::invalid_argument if
/// sizes don't fit.
template <std::floating_point S>
class MultiHeadAttention {
 public:
  using Scalar = S;
  using InputScalar = S;

  struct Projection {
    MatrixX<S> weight;
    VectorX<S> bias;
  };
  MatrixX<S> in_proj_weight;
  VectorX<S> in_proj_bias;
  Projection out_proj;

  /// Weights are zero until `initialize`. Throws std::invalid_argument unless both are positive, heads
  /// divides features, and 0 <= dropout < 1.
  MultiHeadAttention(Index features, Index heads, MultiHeadAttentionOptions options = {})
      : features_(features), heads_(heads), options_(options) {
    require(features > 0 && heads > 0 && features % heads == 0, "MultiHeadAttention of ", features,
            " features with ", heads, " heads: both must be at least 1, and features a multiple of heads");
    detail::check_largest("MultiHeadAttention", features);
    detail::check_rate("MultiHeadAttention", options.dropout);
    in_proj_weight.setZero(3 * features, features);
    in_proj_bias.setZero(3 * features);
    out_proj.weight.setZero(features, features);
    out_proj.bias.setZero(features);
  }

  struct Tape : TapeOf<S> {
    Sequence<S> dm;
    const Sequence<S>& d_memory() const { return dm; }

    /// α of head h of sample b, before dropout: one row for each step of the memory, one column for each
    /// query.
    ConstMatrixMap<S> weights(Index b, Index h) const {
      queries.check(b);
      detail::check_index("head", h, heads());
      const Index m = (crossed ? memory : queries).length(b), n = queries.length(b);
      return {alpha.data() + first[static_cast<std::size_t>(b)] + h * m * n, m, n};
    }

    /// Throws std::invalid_argument unless the memory has the layout of the memory of the forward pass on
    /// this tape.
    template <class L>
    void check_memory(const L& layer, const Sequence<S>& given) const {
      require(crossed && given.features() == this->y.features() && given.layout() == given_memory, layer,
              " was asked for a gradient with a memory of ", given.features(), " features and ",
              given.columns(), " steps: it must be that of the forward pass on this tape");
    }

   private:
    friend MultiHeadAttention;
    Index heads() const { return this->made_by[2]; }
    bool crossed = false, masked = false;  // a memory was given; weights were dropped
    Layout given_memory;
    detail::BySample queries, memory;
    std::vector<Index> first;  // where the α of each sample begins
    // Sample after sample: the input and the memory; their projections (q, k, v for self-attention, otherwise
    // q, and k and v); the contexts of the heads; the output. Then α, its mask, and α after the mask.
    Buffer<S> in_x, in_m, of_x, of_m, contexts, out;
    Buffer<S> alpha, mask, dropped;
    Buffer<S> d_out, d_of_x, d_of_m, d_contexts, d_alpha, d_in;
  };

  Index input_size() const { return features_; }
  Index output_size() const { return features_; }
  Index heads() const { return heads_; }
  const MultiHeadAttentionOptions& options() const { return options_; }  ///< as they were given
  std::string describe() const {
    return detail::message(options_.causal ? "causal " : "", "MultiHeadAttention (", input_size(), ", ",
                           heads_, heads_ == 1 ? " head)" : " heads)");
  }
  Description description() const {
    Description attention("multi_head_attention", input_size(), heads_);
    attention.set("dropout", options_.dropout);
    if (options_.causal) attention.set("causal", true);
    return attention;
  }

  void initialize(Random& random, Scheme scheme) {
    const Index size = input_size();
    if (scheme == Scheme::pytorch) {
      glorot(in_proj_weight, size, 3 * size, random);
      uniform(out_proj.weight, 1 / std::sqrt(static_cast<double>(size)), random);
    } else {
      glorot(in_proj_weight, size, size, random);
      glorot(out_proj.weight, size, size, random);
    }
    in_proj_bias.setZero();
    out_proj.bias.setZero();
  }

  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    f(at / "in_proj_weight", self.in_proj_weight...);
    f(at / "in_proj_bias", self.in_proj_bias...);
    f(at / "out_proj" / "weight", self.out_proj.weight...);
    f(at / "out_proj" / "bias", self.out_proj.bias...);
  }
  template <class Self, class F>
  static void shapes(Self& self, F&& f) {
    const Index size = self.features_;
    f("in_proj_weight", self.in_proj_weight, 3 * size, size);
    f("in_proj_bias", self.in_proj_bias, 3 * size, Index{1});
    f("out_proj.weight", self.out_proj.weight, size, size);
    f("out_proj.bias", self.out_proj.bias, size, Index{1});
  }

  // ---- A sequence attends to itself.

  const Sequence<S>& forward(const Sequence<S>& x, Tape& tape, Pass pass = predicting,
                             const HiddenSteps& hidden = {}) const {
    check_input(*this, x, tape);
    check_weights(*this);
    check_hidden(x.layout(), x.layout(), hidden, options_.causal);
    tape.made_by = sizes_of(*this, x.features());
    tape.crossed = false;
    tape.queries.assign(x.layout());
    project(x, tape.queries, 0, 3, tape.in_x, tape.of_x);
    return attend(x.layout(), tape, pass, hidden);
  }

  void backward(const Sequence<S>& x, const Sequence<S>& dy, Tape& tape, MultiHeadAttention& gradient,
                bool want_dx = true) const {
    check_backward(*this, x, dy, tape, gradient);
    attend_backward(dy, tape, gradient);
    project_backward(tape.in_x, tape.d_of_x, 0, 3, x.columns(), gradient);
    if (want_dx) input_backward(tape.d_of_x, 0, 3, x.layout(), tape.queries, tape.d_in, tape.dx);
  }

  Index inner_size() const { return heads_; }
  void check_tape(const Sequence<S>& x, const Tape& tape) const {
    check_pass(*this, x, tape);
    check_weights(*this);
    require(!tape.crossed, *this,
            " was asked for a gradient, but its forward pass on this tape had a memory");
  }

  // ---- Queries attend to a memory.

  const Sequence<S>& forward(const Sequence<S>& queries, const Sequence<S>& memory, Tape& tape,
                             Pass pass = predicting, const HiddenSteps& hidden = {}) const {
    check_input(*this, queries, tape);
    check_place(*this, memory, tape);
    require(memory.features() == input_size(), *this, " was given a memory of ", memory.features(),
            " features: it takes ", input_size());
    require(queries.batch() == memory.batch(), *this, " was given queries of ", queries.batch(),
            " samples and a memory of ", memory.batch(), ": they must be of the same samples");
    check_weights(*this);
    check_hidden(queries.layout(), memory.layout(), hidden, false);
    tape.made_by = sizes_of(*this, queries.features());
    tape.crossed = true;
    tape.given_memory = memory.layout();
    tape.queries.assign(queries.layout());
    tape.memory.assign(memory.layout());
    project(queries, tape.queries, 0, 1, tape.in_x, tape.of_x);
    project(memory, tape.memory, 1, 2, tape.in_m, tape.of_m);
    return attend(queries.layout(), tape, pass, hidden);
  }

  /// Writes the gradient of the queries to tape.d_input(), and the gradient of the memory to tape.d_memory().
  void backward(const Sequence<S>& queries, const Sequence<S>& memory, const Sequence<S>& dy, Tape& tape,
                MultiHeadAttention& gradient) const {
    check_gradient(*this, tape, dy);
    check_place(*this, queries, tape);
    check_place(*this, memory, tape);
    check_tape(queries, memory, tape);
    check_parameters(*this, gradient);
    attend_backward(dy, tape, gradient);
    project_backward(tape.in_x, tape.d_of_x, 0, 1, queries.columns(), gradient);
    project_backward(tape.in_m, tape.d_of_m, 1, 2, memory.columns(), gradient);
    input_backward(tape.d_of_x, 0, 1, queries.layout(), tape.queries, tape.d_in, tape.dx);
    input_backward(tape.d_of_m, 1, 2, memory.layout(), tape.memory, tape.d_in, tape.dm);
  }

  void check_tape(const Sequence<S>& queries, const Sequence<S>& memory, const Tape& tape) const {
    check_pass(*this, queries, tape);
    check_weights(*this);
    tape.check_memory(*this, memory);
  }

 private:
  void check_hidden(const Layout& queries, const Layout& memory, const HiddenSteps& hidden,
                    bool causal) const {
    if (hidden.size() == 0) return;
    require(hidden.rows() == memory.steps() && hidden.cols() == queries.steps(), *this,
            " was given hidden steps of ", hidden.rows(), " x ", hidden.cols(), ": it must be ",
            memory.steps(), " x ", queries.steps(), ", the longest memory by the longest queries, or empty");
    for (Index n = 0; n < queries.batch(); ++n) {
      const Index b = queries.user_index(n);
      const Index length = memory.length(memory.place(b));
      for (Index i = 0; i < queries.length(n); ++i) {
        const Index seen = causal ? i + 1 : length;
        Index j = 0;
        while (j < seen && hidden(j, i)) ++j;
        require(j < seen, *this, " was given hidden steps that hide the whole memory of sample ", b,
                " from its step ", i, ": each step must see at least one");
      }
    }
  }

  /// Rows of in_proj_weight. It has three parts, for q, k and v; these are `count` of them, from part `first`
  /// on.
  static auto rows(auto& weight, Index first, Index count) {
    const Index size = weight.cols();
    return Strided<S>{weight.data() + first * size, count * size, size, 1, weight.rows()};
  }

  /// Gathers the columns of a sequence and computes q, k and v of them: `count` of these three, beginning
  /// with number `first`.
  void project(const Sequence<S>& sequence, const detail::BySample& samples, Index first, Index count,
               Buffer<S>& in, Buffer<S>& out) const {
    const Index size = input_size(), columns = sequence.columns();
    samples.gather(sequence.data(), size, in.at_least(size * columns));
    affine(rows(in_proj_weight, first, count), in_proj_bias.data() + first * size,
           as_is(in.data(), size, columns), out.at_least(count * size * columns));
  }
  static void project_backward(const Buffer<S>& in, const Buffer<S>& d_out, Index first, Index count,
                               Index columns, MultiHeadAttention& gradient) {
    const Index size = gradient.input_size(), outputs = count * size;
    add_product(as_is(d_out.data(), outputs, columns), transposed(in.data(), size, columns),
                gradient.in_proj_weight.data() + first * size, 3 * size);
    add_columns(d_out.data(), outputs, columns, gradient.in_proj_bias.data() + first * size);
  }
  void input_backward(const Buffer<S>& d_out, Index first, Index count, const Layout& layout,
                      const detail::BySample& samples, Buffer<S>& d_in, Sequence<S>& dx) const {
    const Index size = input_size(), columns = layout.columns();
    product(transposed(rows(in_proj_weight, first, count)), as_is(d_out.data(), count * size, columns),
            d_in.at_least(size * columns));
    dx.reshape(size, layout);
    samples.scatter(d_in.data(), size, dx.data());
  }

  /// q, k and v of one head of one sample, or their gradients. Each is D/H × steps within a larger matrix.
  template <class Number>
  struct Head {
    Number *q, *k, *v;
    Index size, queries, steps, q_step, step;

    Strided<S> of(const S* part, Index columns, Index column_step) const {
      return {part, size, columns, 1, column_step};
    }
    Strided<S> all_q() const { return of(q, queries, q_step); }
    Strided<S> all_k() const { return of(k, steps, step); }
    Strided<S> all_v() const { return of(v, steps, step); }
  };
  template <class Number>
  Head<Number> head(Number* of_x, Number* of_m, const Tape& tape, Index b, Index h) const {
    const Index size = input_size(), part = size / heads_;
    const detail::BySample& memory = tape.crossed ? tape.memory : tape.queries;
    const Index q_step = (tape.crossed ? 1 : 3) * size, step = (tape.crossed ? 2 : 3) * size;
    Number* const q = of_x + tape.queries.first(b) * q_step + h * part;
    Number* const k = (tape.crossed ? of_m : of_x + size) + memory.first(b) * step + h * part;
    return {q, k, k + size, part, tape.queries.length(b), memory.length(b), q_step, step};
  }

  S scale() const { return 1 / std::sqrt(static_cast<S>(input_size() / heads_)); }

  /// The number of steps of the memory that query i may see, if nothing is hidden.
  Index visible(const Tape& tape, Index i, Index steps) const {
    return !tape.crossed && options_.causal ? i + 1 : steps;
  }

  /// Turns scores into weights, one column for each query.
  void weigh(S* alpha, Index steps, Index queries, const Tape& tape, const HiddenSteps& hidden) const {
    for (Index i = 0; i < queries; ++i, alpha += steps) {
      const Index seen = visible(tape, i, steps);
      if (hidden.size() > 0)
        for (Index j = 0; j < seen; ++j)
          if (hidden(j, i)) alpha[j] = -std::numeric_limits<S>::infinity();
      softmax(alpha, seen);
      std::fill(alpha + seen, alpha + steps, S(0));
    }
  }

  const Sequence<S>& attend(const Layout& layout, Tape& tape, Pass pass, const HiddenSteps& hidden) const {
    const Index size = input_size(), columns = layout.columns(), batch = layout.batch();
    const detail::BySample& memory = tape.crossed ? tape.memory : tape.queries;
    for (Index c = 0; c < columns; ++c)  // scales q: unscaled products would be √(D/H) times as large
      detail::arrays::scale(tape.of_x.data() + c * (tape.crossed ? 1 : 3) * size, size, scale());
    tape.first.resize(static_cast<std::size_t>(batch));
    Index count = 0;
    for (Index b = 0; b < batch; ++b) {
      tape.first[static_cast<std::size_t>(b)] = count;
      count += heads_ * memory.length(b) * tape.queries.length(b);
    }
    S* const alpha = tape.alpha.at_least(count);
    tape.masked = pass.random && options_.dropout > 0;
    if (tape.masked) {
      detail::draw_mask(tape.mask.at_least(count), count, options_.dropout, *pass.random);
      tape.dropped.at_least(count);
    }
    S* const contexts = tape.contexts.at_least(size * columns);
    for_heads(tape, [&](Index b, Index h, Index at) {
      const auto one = head(std::as_const(tape.of_x).data(), std::as_const(tape.of_m).data(), tape, b, h);
      const Index weights = one.steps * one.queries;
      product(transposed(one.all_k()), one.all_q(), alpha + at);
      weigh(alpha + at, one.steps, one.queries, tape, hidden);
      const S* used = alpha + at;
      if (tape.masked) {
        detail::arrays::multiply(used, tape.mask.data() + at, tape.dropped.data() + at, weights);
        used = tape.dropped.data() + at;
      }
      product(one.all_v(), as_is(used, one.steps, one.queries),
              contexts + tape.queries.first(b) * size + h * one.size, size);
    });
    affine(as_is(out_proj.weight), out_proj.bias.data(), as_is(contexts, size, columns),
           tape.out.at_least(size * columns));
    tape.y.reshape(size, layout);
    tape.queries.scatter(tape.out.data(), size, tape.y.data());
    return tape.y;
  }

  /// Turns dy into the gradients of all q, k and v.
  void attend_backward(const Sequence<S>& dy, Tape& tape, MultiHeadAttention& gradient) const {
    const Index size = input_size(), columns = dy.columns();
    S* const d_out = tape.d_out.at_least(size * columns);
    tape.queries.gather(dy.data(), size, d_out);
    add_product(as_is(d_out, size, columns), transposed(tape.contexts.data(), size, columns),
                gradient.out_proj.weight.data());
    add_columns(d_out, size, columns, gradient.out_proj.bias.data());
    S* const d_contexts = tape.d_contexts.at_least(size * columns);
    product(transposed(out_proj.weight), as_is(d_out, size, columns), d_contexts);
    tape.d_of_x.at_least((tape.crossed ? 1 : 3) * size * columns);
    if (tape.crossed) tape.d_of_m.at_least(2 * size * tape.memory.columns());
    for_heads(tape, [&](Index b, Index h, Index at) {
      const auto one = head(std::as_const(tape.of_x).data(), std::as_const(tape.of_m).data(), tape, b, h);
      const auto d = head(tape.d_of_x.data(), tape.d_of_m.data(), tape, b, h);
      const Index n = one.queries, m = one.steps;
      const S* const alpha = tape.alpha.data() + at;
      const S* const used = tape.masked ? tape.dropped.data() + at : alpha;
      const Strided<S> dc = one.of(d_contexts + tape.queries.first(b) * size + h * one.size, n, size);
      S* const de = tape.d_alpha.at_least(m * n);
      product(transposed(one.all_v()), dc, de);
      product(dc, transposed(used, m, n), d.v, d.step);
      if (tape.masked) detail::arrays::multiply(de, tape.mask.data() + at, de, m * n);
      for (Index i = 0; i < n; ++i) detail::softmax_backward(alpha + i * m, de + i * m, m);
      product(one.all_q(), transposed(de, m, n), d.k, d.step);
      detail::arrays::scale(de, m * n, scale());
      product(one.all_k(), as_is(de, m, n), d.q, d.q_step);
    });
  }

  /// Calls f(sample, head, beginning of its α).
  template <class F>
  void for_heads(const Tape& tape, F&& f) const {
    for (Index b = 0; b < tape.queries.batch(); ++b) {
      const Index weights = (tape.crossed ? tape.memory : tape.queries).length(b) * tape.queries.length(b);
      for (Index h = 0; h < heads_; ++h) f(b, h, tape.first[static_cast<std::size_t>(b)] + h * weights);
    }
  }

  Index features_, heads_;
  MultiHeadAttentionOptions options_;
};

}  // namespace recur::inline RECUR_ABI
