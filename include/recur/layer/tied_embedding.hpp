// An embedding and a softmax that share one matrix.
#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include "recur/core/product.hpp"
#include "recur/core/sums.hpp"
#include "recur/layer/embedding.hpp"

namespace recur::inline RECUR_ABI {

/// It takes tokens and returns logits of tokens. Both ends of the network use one table W.
///
///   e_t = row x_t of W      h = inner(e)      y_t = W h_t + b
///
///   weight: V × E, bias: V        x: 1 × N tokens, e and h: E × N, y: V × N
///
/// Such a language model has fewer parameters and is usually better (Press and Wolf, "Using the output
/// embedding to improve language models", 2017; Inan, Khosravi and Socher, "Tying word vectors and word
/// classifiers", 2017). If the inner network does not have E features, end it with a Dense that returns E.
///
///   TiedEmbedding body{Embedding<float>{words, 64}, Sequential{Recurrent{Lstm<float>{64, 128}},
///                                                              Dense<float>{128, 64}}};
///
/// The gradient of W is the sum over both uses. Parameters are named "embedding.weight", "inner...", "bias".
/// Initial weights: those of Embedding, bias zero. Throws std::out_of_range for a token that is not in 0,
/// ..., V - 1. Throws std::invalid_argument if sizes don't fit.
template <class Inner>
class TiedEmbedding {
 public:
  static_assert(detail::are_layers<Inner>());
  using Scalar = typename Inner::Scalar;
  using InputScalar = Token;

  Embedding<Scalar> embedding;
  Inner inner;
  VectorX<Scalar> bias;

  TiedEmbedding(Embedding<Scalar> table, Inner between)
      : embedding(std::move(table)), inner(std::move(between)) {
    check_parts();
    bias.setZero(embedding.vocabulary_size());
  }

  struct Tape : TapeOf<Scalar> {
    typename Embedding<Scalar>::Tape embedding;
    typename Inner::Tape inner;
    Sequence<Scalar> dh;
  };

  Index input_size() const { return 1; }
  Index output_size() const { return vocabulary_size(); }
  Index output_length(Index length) const {
    const Index made = recur::output_length(inner, length);
    require(made == length, "the network between, ", inner, ", makes ", made, " steps of ", length,
            ": it must keep them");
    return length;
  }
  bool ends_backward(bool input) const { return detail::ends_backward(inner, input); }
  Index vocabulary_size() const { return embedding.vocabulary_size(); }  ///< V, tokens that it knows
  std::string describe() const { return detail::list("TiedEmbedding", {embedding, inner}); }
  void check_sample(const std::vector<Token>& sample) const { embedding.check_sample(sample); }
  void initialize(Random& random, Scheme scheme) {
    embedding.initialize(random, scheme);
    inner.initialize(random, scheme);
    bias.setZero();
  }

  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    Embedding<Scalar>::visit(at / "embedding", f, self.embedding...);
    Inner::visit(at / "inner", f, self.inner...);
    f(at / "bias", self.bias...);
  }
  /// The shape of the bias; the parts check their own.
  template <class Self, class F>
  static void shapes(Self& self, F&& f) {
    f("bias", self.bias, self.vocabulary_size(), Index{1});
  }
  template <class F, class... Whole>
  static constexpr void for_each_part(F&& f, Whole&... whole) {
    f(std::type_identity<Inner>{}, whole.inner...);
  }

  Index state_size() const { return recur::state_size(inner); }

  const Sequence<Scalar>& forward(const Sequence<Token>& x, Tape& tape, Pass pass = predicting,
                                  const StateRef<Scalar>& initial = detail::no_state<Scalar>()) const {
    check_input(*this, x, tape);
    check_parts();
    check_weights(*this);
    check_state(*this, initial, x.batch(), "an initial state");
    Index row = 0;
    const auto& h = detail::forward_part(inner, embedding.forward(x, tape.embedding, pass), tape.inner, pass,
                                         initial, row);
    require(h.features() == embedding.output_size() && h.layout() == x.layout(), "the network between, ",
            inner, ", gave ", h.features(), " features and ", h.columns(), " steps: it must give ",
            embedding.output_size(), " features and keep the ", x.columns(), " steps");
    tape.y.reshape(output_size(), x.layout());
    project(as_is(h.data(), h.features(), h.columns()), tape.y.data());
    return tape.y;
  }

  /// Tokens have no gradient: tape.d_input() stays empty.
  void backward(const Sequence<Token>& x, const Sequence<Scalar>& dy, Tape& tape, TiedEmbedding& gradient,
                bool = false, const StateRef<Scalar>& d_final = detail::no_state<Scalar>()) const {
    check_backward(*this, x, dy, tape, gradient, d_final);
    const Sequence<Scalar>& h = tape.inner.output();
    const Index size = h.features(), tokens = output_size(), columns = h.columns();
    tape.dh.reshape(size, h.layout());
    std::fill_n(tape.dh.data(), size * columns, Scalar(0));
    add_product(columns_of_table(), as_is(dy.data(), tokens, columns), tape.dh.data());
    Index row = state_size();
    detail::backward_part(inner, tape.embedding.output(), tape.dh, tape.inner, gradient.inner, true, d_final,
                          row);
    // Every token is an output of every step, so all rows are touched.
    for (Index token = 0; token < tokens; ++token) gradient.embedding.weight.touch(token);
    add_product(as_is(h.data(), size, columns), transposed(dy.data(), tokens, columns),
                gradient.embedding.weight.values.data());
    add_columns(dy.data(), tokens, columns, gradient.bias.data());
    embedding.backward(x, tape.inner.d_input(), tape.embedding, gradient.embedding);
  }

  void check_tape(const Sequence<Token>& x, const Tape& tape) const {
    check_parts();
    check_pass(*this, x, tape);
    check_weights(*this);
    recur::check_tape(embedding, x, tape.embedding);
    recur::check_tape(inner, tape.embedding.output(), tape.inner);
  }

  struct Stream {
    typename Embedding<Scalar>::Stream embedding;
    typename StreamOf<Inner>::type inner;
    VectorX<Scalar> y;
  };
  void stream() const requires(!Streamable<Inner>) { static_assert(detail::are_streamable<Inner>()); }
  Stream stream() const requires Streamable<Inner> {
    return {embedding.stream(), stream_for(inner, embedding.output_size()),
            VectorX<Scalar>::Zero(output_size())};
  }
  void reset(Stream& stream) const requires Streamable<Inner> { recur::reset(inner, stream.inner); }
  void check_reset(const Stream& stream) const requires Streamable<Inner> {
    recur::check_stream(*this, stream.y.size(), output_size());
    recur::check_stream(embedding, stream.embedding);
    detail::check_reset(inner, stream.inner);
  }
  void check_stream(const Stream& stream) const requires Streamable<Inner> {
    check_parts();
    recur::check_stream(*this, stream.y.size(), output_size());
    recur::check_stream(embedding, stream.embedding);
    recur::check_stream(inner, stream.inner);
  }
  /// x: one token, y: V. Throws what forward throws.
  const VectorX<Scalar>& step(const StepInput<Token>& x, Stream& stream) const requires Streamable<Inner> {
    check_stream(stream);
    check_weights(*this);
    project(as_is(inner.step(embedding.step(x, stream.embedding), stream.inner)), stream.y.data());
    return stream.y;
  }

 private:
  void check_parts() const {
    const auto fits = [&](Index size) { return size == any_size || size == embedding.output_size(); };
    require(fits(inner.input_size()) && fits(inner.output_size()), "the network between, ", inner, ", takes ",
            inner.input_size(), " features and gives ", inner.output_size(), ", but ", embedding,
            " is at both of its ends: both must be ", embedding.output_size());
  }
  /// Wᵀ, E × V, in the order of memory: the table is stored row by row.
  Strided<Scalar> columns_of_table() const {
    return as_is(embedding.weight.values.data(), embedding.output_size(), output_size());
  }
  /// y = W h + b, column by column.
  void project(const Strided<Scalar>& h, Scalar* y) const {
    for (Index c = 0; c < h.cols; ++c) std::copy_n(bias.data(), bias.size(), y + c * bias.size());
    add_product(transposed(embedding.weight.values.data(), embedding.output_size(), output_size()), h, y);
  }
};

}  // namespace recur::inline RECUR_ABI
