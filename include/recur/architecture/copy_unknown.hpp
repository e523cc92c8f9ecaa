// Translates sentences with words that a vocabulary does not have, such as names: they are copied.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"
#include "recur/layer/layer.hpp"

namespace recur::inline RECUR_ABI {

/// Where an encoder and decoder with attention looks while it writes these tokens: S × N, a row for each of the S steps of
/// the memory, a column for each of the N tokens; empty if N is 0. The memory has the steps of the input, or fewer if the encoder makes fewer
/// (output_length). Each column adds up to 1. Throws what the model throws for an input or a token that it does not know.
template <class Model>
auto attention_weights(const Model& model, const typename Model::Input& input,
                       std::span<const Token> written) {
  auto stream = model.stream(input);
  MatrixX<typename Model::Scalar> weights;
  Token last = model.decoder.options.begin;
  for (std::size_t t = 0; t < written.size(); last = written[t++]) {
    model.decoder.step_logits(last, stream);
    const auto alpha = stream.look.weights(0);
    weights.conservativeResize(alpha.rows(), static_cast<Index>(written.size()));
    weights.col(static_cast<Index>(t)) = alpha.col(0);
  }
  return weights;
}

/// A sequence that beam_copying wrote.
template <std::floating_point S>
struct Copied {
  std::vector<Token> tokens;  ///< without the end
  std::vector<Index> from;    ///< for an unknown token the step of the input that is to be copied, else -1
  MatrixX<S> weights;         ///< where it looked: see attention_weights
};

/// The best sequence of a beam search. It contains `unknown` only if the input has an unknown token to copy; of several it
/// copies the one at which it looked most (Luong, Sutskever, Le, Vinyals and Zaremba,
/// "Addressing the rare word problem in neural machine translation", 2015; Jean, Cho, Memisevic and Bengio, "On using
/// very large target vocabulary for neural machine translation", 2015, section 3.4).
///
///   const auto [tokens, from, weights] = beam_copying(model, words.ids(sentence), Vocabulary::unknown);
///   for (std::size_t t = 0; t < tokens.size(); ++t)
///     result.push_back(from[t] < 0 ? target.word(tokens[t]) : sentence[from[t]]);
///
/// If the input has no unknown token, or the decoder has no attention, `unknown` is never written. Throws what beam_search
/// throws, std::out_of_range for an unknown token that the decoder does not have, and std::invalid_argument if the encoder
/// makes fewer steps than it reads: then the attention says nothing of single tokens.
template <class Model>
Copied<typename Model::Scalar> beam_copying(const Model& model, const std::vector<Token>& input,
                                            Token unknown, Index width = 4, double length_penalty = 0.8) {
  const auto& decoder = model.decoder;
  detail::check_index("unknown token", unknown, decoder.output_size());
  const auto start = model.stream(input);
  constexpr bool attends = requires { start.look.weights(0); };
  if constexpr (attends) {
    const auto& encoder = model.source.encoder;
    const auto read = static_cast<Index>(input.size()), made = output_length(encoder, read);
    require(made == read, "the encoder, ", encoder, ", makes ", made, " steps of ", read,
            " tokens: to copy tokens of the input, it must keep them");
  }
  const bool copies = attends && std::count(input.begin(), input.end(), unknown) > 0;
  Copied<typename Model::Scalar> found;
  found.tokens = decoder.beam(start, width, length_penalty, copies ? -1 : unknown)[0].tokens;
  found.from.assign(found.tokens.size(), -1);
  if constexpr (attends) {
    found.weights = attention_weights(model, input, found.tokens);
    for (std::size_t t = 0; t < found.tokens.size(); ++t)
      for (std::size_t s = 0; s < input.size() && found.tokens[t] == unknown; ++s) {
        const auto looked = found.weights.col(static_cast<Index>(t));
        if (input[s] == unknown &&
            (found.from[t] < 0 || looked(static_cast<Index>(s)) > looked(found.from[t])))
          found.from[t] = static_cast<Index>(s);
      }
  }
  return found;
}

}  // namespace recur::inline RECUR_ABI
