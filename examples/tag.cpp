// Many to many, in step: which words name a person, a place or a date? June may be late or hot, and Paris
// late or flooded. A network that reads both ways scores the tags of each word (B-person begins a name,
// I-person continues it, O is outside). A field scores tags of neighbours, and Viterbi finds the best tags
// for a whole sentence.
//
//   tag          a second
//   tag --short  less: too little training to learn
#include <algorithm>
#include <cstdio>
#include <map>
#include <recur/recur.hpp>

#include "common/short.hpp"

using namespace examples;
using namespace recur;
using Words = std::vector<std::string>;

const Words tags{"O", "B-person", "I-person", "B-place", "I-place", "B-date", "I-date"};
const std::map<std::string, Words> names{
    {"person", {"april", "june", "may", "paris", "austin", "april may", "may austin", "june april"}},
    {"place", {"paris", "florence", "austin", "april springs", "port may", "new austin", "new paris"}},
    {"date", {"april", "june", "may", "april 3", "21 may", "the first of june"}}};
const Words clauses{"person met person in place.", "in date person left place.", "person may march to place.",
                    "place was flooded.",          "person was late.",           "date was hot."};

struct Text {
  Words words, tags;
  void add_clause(Random& random) {  // with names of the kinds in the clause
    const auto one_of = [&](const Words& all) {
      return tokenize(all[static_cast<std::size_t>(random.below(static_cast<Index>(all.size())))]);
    };
    for (const std::string& word : one_of(clauses)) {
      const auto kind = names.find(word);
      const Words name = kind == names.end() ? Words{word} : one_of(kind->second);
      words.insert(words.end(), name.begin(), name.end());
      tags.push_back(kind == names.end() ? "O" : "B-" + word);
      tags.resize(words.size(), "I-" + word);
    }
  }
};

int main(int count, char** arguments) {
  const bool is_short = asked_for_short(count, arguments);
  Random random(2);
  WordCounts counts;
  std::vector<Text> texts(is_short ? 200 : 2000);
  for (Text& text : texts) {
    for (Index clause = 2 + random.below(3); clause > 0; --clause) text.add_clause(random);
    count_words(text.words, counts);
  }
  const auto vocabulary = Vocabulary::from_counts(counts);
  ManyToMany model{Sequential{Embedding<float>{vocabulary.size(), 24}, Bidirectional{Gru<float>{24, 24}},
                              Dense<float>{48, 7}},
                   LinearChainCrf<float>{7}};
  initialize(model, 1);
  std::vector<decltype(model)::Example> examples(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    examples[i].input = vocabulary.ids(texts[i].words);
    for (const std::string& tag : texts[i].tags)
      examples[i].target.push_back(static_cast<int>(std::ranges::find(tags, tag) - tags.begin()));
  }
  const std::size_t training = texts.size() * 9 / 10;
  Optimizer optimizer(model, Adam{.rate = 1e-2});
  fit(model, optimizer, std::span(examples).first(training), {.epochs = is_short ? 1 : 5});
  Matches of_names;
  for (std::size_t i = training; i < texts.size(); ++i) {
    auto [words, right] = texts[i];
    Words found;
    const auto labels = model.labels(Sequence<Token>({examples[i].input}));
    for (const int label : labels[0]) found.push_back(tags[static_cast<std::size_t>(label)]);
    of_names += micro_average(span_matches(std::span(&found, 1), std::span(&right, 1)));
    for (const auto& [begin, end, kind] : iob_spans(found)) {
      words[begin] = "[" + words[begin];
      words[end - 1] += ": " + kind + "]";
    }
    if (i < training + 8) {
      std::string text;
      for (const std::string& word : words) text += word + ' ';
      write_text(text);
    }
  }
  write_text(text_of("F1 of the names in ", texts.size() - training, " other texts: ", of_names.f1()));
  return conclude(is_short, "the words around a word tell whether it is a person, a place or a date.");
}
