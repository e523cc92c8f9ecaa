// Vectors for tokens.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "recur/core/compiled.hpp"
#include "recur/core/initialize.hpp"
#include "recur/core/simd.hpp"
#include "recur/core/sums.hpp"
#include "recur/layer/layer.hpp"

namespace recur::inline RECUR_ABI {

/// A learned vector of E features for each of V tokens (Bengio, Ducharme, Vincent and Jauvin, "A neural
/// probabilistic language model", 2003, section 2). It is the nn.Embedding of PyTorch:
///
///   y_t = row x_t of the table
///   weight: V × E        x: 1 × N tokens, y: E × N
///
/// The gradient touches only the rows of tokens that occur (see Table). Initial weights: standard normal ×
/// 0.1, which is small compared with trained weights; Scheme::pytorch: standard normal. Throws
/// std::out_of_range for a token that is not in 0, ..., V - 1. Throws std::invalid_argument if sizes don't
/// fit.
template <std::floating_point S>
class Embedding {
 public:
  using Scalar = S;
  using InputScalar = Token;
  struct Tape : TapeOf<S> {
    Buffer<Index> places, columns;  // for a large batch, see add_by_token
  };

  Table<S> weight;

  /// Weights are zero until `initialize`. Throws std::invalid_argument unless both sizes are positive.
  Embedding(Index vocabulary_size, Index embedding_size);

  Index input_size() const { return 1; }
  Index output_size() const { return embedding_size_; }
  Index vocabulary_size() const { return vocabulary_size_; }  ///< V, tokens that it knows
  RECUR_COLD std::string describe() const {
    return detail::message("Embedding (", vocabulary_size(), " tokens -> ", output_size(), ")");
  }
  Description description() const { return {"embedding", vocabulary_size(), output_size()}; }
  void initialize(Random& random, Scheme scheme);

  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    f(at / "weight", self.weight...);
  }
  template <class Self, class F>
  static void shapes(Self& self, F&& f) {
    f("weight", self.weight, self.vocabulary_size_, self.embedding_size_);
  }

  void check_sample(const std::vector<Token>& sample) const {
    for (const Token token : sample) check_token(token);
  }

  const Sequence<S>& forward(const Sequence<Token>& x, Tape& tape, Pass = predicting) const;

  /// Tokens have no gradient: tape.d_input() stays empty.
  void backward(const Sequence<Token>& x, const Sequence<S>& dy, Tape& tape, Embedding& gradient,
                bool = false) const;

  Index inner_size() const { return vocabulary_size(); }
  void check_tape(const Sequence<Token>& x, const Tape& tape) const {
    check_pass(*this, x, tape);
    check_weights(*this);
    for (Index c = 0; c < x.columns(); ++c) check_token(x.data()[c]);
  }

  using Stream = VectorX<S>;
  Stream stream() const { return Stream::Zero(output_size()); }
  /// x: one token, y: E. Throws what forward throws.
  const VectorX<S>& step(const StepInput<Token>& x, Stream& y) const {
    const Token token = only_token(x, *this);
    check_stream(*this, y.size(), output_size());
    check_weights(*this);
    check_token(token);
    std::copy_n(&weight.values(token, 0), y.size(), y.data());
    return y;
  }

 private:
  /// The token of a step. A template of both, so that a program without streams does not compile StepInput<Token>.
  template <class X, class Self>
  static Token only_token(const X& x, const Self& self) {
    require(x.size() == 1, self, " was given a step of ", x.size(), " tokens: it takes one");
    return x(0);
  }
  /// Each row of the gradient += its columns of dy. There may be too many columns for a sum in S. So they are
  /// sorted by token, by counting, and many columns of one token are summed in runs. Tokens that don't occur
  /// cost nothing.
  void add_by_token(const Sequence<Token>& x, const Sequence<S>& dy, Tape& tape, Table<S>& gradient) const;
  void check_token(Token token) const {
    if (token < 0 || token >= vocabulary_size()) [[unlikely]]
      detail::fail<std::out_of_range>(detail::message(describe(), " was given token ", token,
                                                      ": legal tokens are 0 to ", vocabulary_size() - 1));
  }

  Index vocabulary_size_, embedding_size_;
};

#if RECUR_DEFINES
template <std::floating_point S>
Embedding<S>::Embedding(Index vocabulary_size, Index embedding_size)
    : vocabulary_size_(vocabulary_size), embedding_size_(embedding_size) {
  require(vocabulary_size > 0 && embedding_size > 0, "Embedding of ", vocabulary_size, " tokens in ",
          embedding_size, " features: both must be at least 1");
  detail::check_largest("Embedding", vocabulary_size, embedding_size);
  weight = Table<S>(vocabulary_size, embedding_size);
}

template <std::floating_point S>
void Embedding<S>::initialize(Random& random, Scheme scheme) {
  normal(weight.values, scheme == Scheme::pytorch ? 1.0 : 0.1, random);
}

template <std::floating_point S>
const Sequence<S>& Embedding<S>::forward(const Sequence<Token>& x, Tape& tape, Pass) const {
  check_input(*this, x, tape);
  check_weights(*this);
  for (Index c = 0; c < x.columns(); ++c) check_token(x.data()[c]);
  tape.made_by = sizes_of(*this, x.features());
  tape.y.reshape(output_size(), x.layout());
  const Index size = output_size();
  for (Index c = 0; c < x.columns(); ++c)
    std::copy_n(&weight.values(x.data()[c], 0), size, tape.y.data() + c * size);
  return tape.y;
}

template <std::floating_point S>
void Embedding<S>::backward(const Sequence<Token>& x, const Sequence<S>& dy, Tape& tape, Embedding& gradient,
                            bool) const {
  check_backward(*this, x, dy, tape, gradient);
  if (x.columns() > 4 * detail::terms_of_run)
    add_by_token(x, dy, tape, gradient.weight);
  else
    for (Index c = 0; c < x.columns(); ++c)
      detail::arrays::add(gradient.weight.touch(x.data()[c]).data(), dy.data() + c * output_size(),
                          output_size());
}

template <std::floating_point S>
void Embedding<S>::add_by_token(const Sequence<Token>& x, const Sequence<S>& dy, Tape& tape,
                                Table<S>& gradient) const {
  const Index count = x.columns(), size = output_size();
  const Token* const tokens = x.data();
  Index* const place = tape.places.at_least(vocabulary_size());
  Index* const columns = tape.columns.at_least(count);
  for (Index c = 0; c < count; ++c) place[tokens[c]] = 0;
  for (Index c = 0; c < count; ++c) --place[tokens[c]];
  for (Index c = 0, free = 0; c < count; ++c) {
    Index& next = place[tokens[c]];
    if (next < 0) {  // the first column of the token: it takes as many places as the token has columns
      const Index occurrences = -next;
      next = free;
      free += occurrences;
    }
    columns[next++] = c;
  }
  for (Index first = 0, last; first < count; first = last) {
    const Token token = tokens[columns[first]];
    last = place[token];
    S* const row = gradient.touch(token).data();
    if (last - first > detail::terms_of_run)
      detail::add_terms(row, size, last - first, [&](Index i, Index r, Index lanes) {
        return Pack<S>::load(dy.data() + columns[first + i] * size + r, lanes);
      });
    else
      for (; first < last; ++first) detail::arrays::add(row, dy.data() + columns[first] * size, size);
  }
}
#endif

}  // namespace recur::inline RECUR_ABI

#define RECUR_COMPILED_EMBEDDING(S) template class Embedding<S>;
