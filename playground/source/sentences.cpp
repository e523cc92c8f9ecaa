// Takes sentences from the built-in corpus and turns them into tokens.
#include "sentences.hpp"

#include <algorithm>

#include "../../examples/sentiment/corpus.hpp"
#include "recur/core/random.hpp"
#include "recur/data/tokenizer.hpp"

namespace playground {

using recur::Index, recur::Token;

namespace {

void hide_words(std::vector<Example>& examples, recur::Random random) {
  std::vector<int> labels;
  for (const Example& example : examples) labels.push_back(example.target);
  for (auto& [tokens, label] : examples) {
    if (random.uniform() < 0.5) continue;
    const double rate = random.uniform() / 2;
    Index hidden = 0;
    for (Token& token : tokens)
      if (random.uniform() < rate) {
        token = recur::Vocabulary::unknown;
        ++hidden;
      }
    if (random.below(static_cast<Index>(tokens.size())) < hidden)
      label = labels[static_cast<std::size_t>(random.below(static_cast<Index>(labels.size())))];
  }
}

}  // namespace

Sentences make_sentences(std::size_t count, std::uint64_t seed) {
  const auto& corpus = sentiment::detail::corpus();
  count = std::min(count, corpus.training.size());
  recur::WordCounts counts;
  for (std::size_t n = 0; n < count; ++n)
    recur::count_words(recur::tokenize(corpus.training[n].text), counts);

  Sentences sentences{recur::Vocabulary::from_counts(counts), {}, {}, {}};
  const auto take = [&](const std::vector<sentiment::Labelled>& from, std::size_t number, auto& to) {
    for (std::size_t n = 0; n < number; ++n) {
      auto tokens = sentences.vocabulary.ids(from[n].text);
      if (!tokens.empty() && tokens.size() <= longest) to.push_back({std::move(tokens), from[n].label});
    }
  };
  take(corpus.training, count, sentences.training);
  take(corpus.validation, corpus.validation.size(), sentences.validation);
  recur::Random random(seed);
  random.shuffle(std::span(sentences.validation));  // so that any part of them is like the whole
  hide_words(sentences.training, random.split(1));
  for (const auto* pairs : {&corpus.order, &corpus.negation})
    for (const auto& pair : *pairs) sentences.pairs.push_back({pair.first, pair.second});
  return sentences;
}

}  // namespace playground
