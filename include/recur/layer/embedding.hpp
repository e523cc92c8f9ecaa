// Vectors for tokens.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "recur/core/initialize.hpp"
#include "recur/layer/layer.hpp"

namespace recur {

/// A learned vector of E features for each of V tokens (Bengio, Ducharme, Vincent and Jauvin, "A neural
/// probabilistic language model", 2003, section 2), the nn.Embedding of PyTorch:
///
///   y_t = row x_t of the table
///   weight: V × E        x: 1 × N tokens, y: E × N
///
/// The gradient touches only the rows of tokens that occur (see Table). Initial weights: standard normal ×
/// 0.1, small beside what training makes of them; Scheme::pytorch: standard normal. Throws std::out_of_range
/// for a token that is not in 0, ..., V - 1, std::invalid_argument where sizes don't fit.
template <std::floating_point S>
class Embedding {
 public:
  using Scalar = S;
  using InputScalar = Token;
  using Tape = TapeOf<S>;

  Table<S> weight;

  /// Weights of zero until `initialize`. Throws std::invalid_argument unless both sizes are positive.
  Embedding(Index vocabulary_size, Index embedding_size) {
    require(vocabulary_size > 0 && embedding_size > 0, "Embedding of ", vocabulary_size, " tokens in ",
            embedding_size, " features: both must be at least 1");
    weight = Table<S>(vocabulary_size, embedding_size);
  }

  Index input_size() const { return 1; }
  Index output_size() const { return weight.cols(); }
  Index vocabulary_size() const { return weight.rows(); }
  std::string describe() const {
    return message("Embedding (", vocabulary_size(), " tokens -> ", output_size(), ")");
  }
  void initialize(Random& random, Scheme scheme) {
    normal(weight.values, scheme == Scheme::pytorch ? 1.0 : 0.1, random);
  }

  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    f(at / "weight", self.weight...);
  }

  void check_sample(const std::vector<Token>& sample) const {
    for (const Token token : sample) check_token(token);
  }

  const Sequence<S>& forward(const Sequence<Token>& x, Tape& tape, Pass = predicting) const {
    check_input(*this, x);
    for (Index c = 0; c < x.columns(); ++c) check_token(x.data()[c]);
    tape.y.reshape(output_size(), x.layout());
    const Index size = output_size();
    for (Index c = 0; c < x.columns(); ++c)
      std::copy_n(&weight.values(x.data()[c], 0), size, tape.y.data() + c * size);
    return tape.y;
  }

  /// Tokens have no gradient: tape.d_input() stays empty.
  void backward(const Sequence<Token>& x, const Sequence<S>& dy, Tape& tape, Embedding& gradient,
                bool = false) const {
    check_backward(*this, x, dy, tape, gradient);
    for (Index c = 0; c < x.columns(); ++c) check_token(x.data()[c]);
    for (Index c = 0; c < x.columns(); ++c)
      arrays::add(gradient.weight.touch(x.data()[c]).data(), dy.data() + c * output_size(), output_size());
  }

  using Stream = Vector<S>;
  Stream stream() const { return Stream::Zero(output_size()); }
  /// x: one token, y: E. Throws as the layer does.
  const Vector<S>& step(const Vector<Token>& x, Stream& y) const {
    require(x.size() == 1, *this, " was given a step of ", x.size(), " tokens: it takes one");
    check_stream(*this, y.size(), output_size());
    check_token(x(0));
    std::copy_n(&weight.values(x(0), 0), y.size(), y.data());
    return y;
  }

 private:
  void check_token(Token token) const {
    if (token < 0 || token >= vocabulary_size()) [[unlikely]]
      throw std::out_of_range(
          message(describe(), " was given token ", token, ": legal tokens are 0 to ", vocabulary_size() - 1));
  }
};

}  // namespace recur
