// The sentences from which the networks of the page learn: a part of the built-in corpus of examples/sentiment.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "recur/architecture/labelled_sequences.hpp"
#include "recur/data/vocabulary.hpp"
#include "recur/train/loss.hpp"

namespace playground {

using Loss = recur::SoftmaxCrossEntropy<float>;
using Example = recur::LabelledSequences<recur::Token, Loss>::Example;  // tokens, and 1 for praise

/// Two sentences of nearly the same words with different labels.
struct Pair {
  std::string first, second;
};

struct Sentences {
  recur::Vocabulary vocabulary;
  std::vector<Example> training, validation;
  std::vector<Pair> pairs;
};

/// The longest sentence that the page reads, in words.
inline constexpr std::size_t longest = 40;

/// The first `count` training sentences of the corpus, which has them in random order, and all of its validation
/// sentences. The corpus knows every word of its own sentences, so nothing would train the vector of unknown words.
/// Half of the training sentences therefore lose some of their words, as in examples/sentiment/data.cpp: a part of up to
/// a half. With a probability equal to the part that it lost, such a sentence gets the label of another one.
Sentences make_sentences(std::size_t count, std::uint64_t seed);

}  // namespace playground
