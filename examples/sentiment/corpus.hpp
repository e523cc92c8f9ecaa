// The built-in sentiment corpus: short reviews with a label. They come from the templates of grammar.hpp,
// from the sentences of handwritten.hpp, and from the rules of everyday.hpp with the words of lexicon.hpp.
//
// The templates and handwritten sentences teach exact composition. The everyday sentences teach the words
// that people use, in looser sentences. Some of these say nothing and some contradict themselves, like
// sentences of people.
//
// Its tests measure composition, not vocabulary. Test sentences come from templates that training never sees,
// with words that it sees often. The sentences of a pair differ only by a "not" or by the order of their
// words. Training knows their constructions, but none of their sentences. Only sentences of other people can
// show how good the vocabulary is: see the figures "builtin-lstm-reviews" and "builtin-gru-reviews".
//
// The corpus is the same on every platform: nothing depends on the distributions of the standard library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "grammar.hpp"
#include "handwritten.hpp"
#include "rules.hpp"
#include "writing.hpp"

namespace sentiment {

struct Labelled {
  std::string text;
  int label;  // 1 positive, 0 negative
  int template_id;
};

struct Pair {
  std::string first;
  int first_label;
  std::string second;
  int second_label;
};

// The template ids of the sentences without a template.
inline constexpr int kHandwrittenTrainingId = 0;
inline constexpr int kHandwrittenTestId = 200;
inline constexpr int kEverydayId = 500;

namespace detail {

// The words that fill one pattern, or both patterns of a pair. A slot that occurs again gets the same word,
// and different slots get different words.
class Filler {
 public:
  Filler(std::string_view pattern, std::uint64_t seed) : random_(seed) { choose_nouns(pattern); }

  std::string fill(std::string_view pattern, bool mirrored) { return polished(filled(pattern, mirrored)); }

  // Some sentences begin with a word about what follows.
  std::string opened(std::string_view pattern) {
    const bool can =
        pattern.starts_with("the {") || pattern.starts_with("{we}") || pattern.starts_with("nobody");
    return (can && random_.below(5) == 0 ? "{opening} " : "") + std::string(pattern);
  }

  // Half of all sentences have no full stop, so the full stop carries no part of the answer. A network can
  // then be as sure after the last word as after the sign that follows it.
  std::string ended(std::string text) {
    const std::size_t choice = random_.below(8);
    if (text.back() == '.' && choice < 4) text.pop_back();
    if (text.back() == '.' && choice == 4) text.back() = '!';
    return text;
  }

 private:
  static constexpr std::string_view kFirst = "ACTVR";
  static constexpr std::string_view kSecond = "BDUX";

  struct Demands {
    bool countable = false;
    unsigned avoided = kNoMore;
    unsigned uses = kNoMore;
  };

  struct Noun {
    const NounGroup* group = nullptr;
    std::string_view word;
  };

  template <class Visit>
  static void for_each_piece(std::string_view pattern, Visit visit) {
    while (!pattern.empty()) {
      const std::size_t open = pattern.find('{');
      if (open == std::string_view::npos) return visit(pattern, std::string_view{});
      const std::size_t close = pattern.find('}', open);
      visit(pattern.substr(0, open), pattern.substr(open + 1, close - open - 1));
      pattern.remove_prefix(close + 1);
    }
  }

  std::string filled(std::string_view pattern, bool mirrored) {
    std::string text;
    for_each_piece(pattern, [&](std::string_view literal, std::string_view slot) {
      text += literal;
      if (!slot.empty()) text += word(slot, mirrored);
    });
    return text;
  }

  static bool is_noun(std::string_view base, std::string_view letters) {
    return base.size() == 1 && letters.find(base[0]) != std::string_view::npos;
  }

  static Demands demands(std::string_view pattern, std::string_view letters) {
    Demands result;
    if (pattern.find("{W}") != std::string_view::npos) result.avoided = kWhole;
    for_each_piece(pattern, [&](std::string_view, std::string_view slot) {
      const std::string_view base = slot.substr(0, slot.find_first_of("+-"));
      if (!is_noun(base, letters)) return;
      const char letter = base[0];
      if (letter == 'C' || letter == 'D' || letter == 'R') result.countable = true;
      if (letter == 'T' || letter == 'U') result.uses |= kGeneral;
      if (letter == 'V' || letter == 'X') result.uses |= kEnjoy;
      if (letter == 'R') result.uses |= kRecommend;
    });
    return result;
  }

  void choose_nouns(std::string_view pattern) {
    const Demands first = demands(pattern, kFirst);
    const Demands second = demands(pattern, kSecond);
    for (int tries = 0; tries < 1000; ++tries) {
      domain_ = static_cast<Domain>(random_.below(kDomains));
      first_ = noun(first, nullptr);
      second_ = noun(second, first_.group);
      if (first_.group != nullptr && second_.group != nullptr) {
        used_ = {first_.word, second_.word};
        return;
      }
    }
    throw std::logic_error("no nouns for " + std::string(pattern));
  }

  // All nouns are equally likely, so large groups are more frequent than small ones.
  Noun noun(const Demands& demands, const NounGroup* other) {
    std::vector<Noun> nouns;
    for (const NounGroup& group : kNounGroups) {
      const bool suits = (group.uses & demands.uses) == demands.uses && (group.uses & demands.avoided) == 0;
      if (group.domain != domain_ || &group == other || !suits) continue;
      Words words;
      append(words, group.countable);
      if (!demands.countable) append(words, group.uncountable);
      for (const std::string_view word : words) nouns.push_back({&group, word});
    }
    return nouns.empty() ? Noun{} : nouns[random_.below(nouns.size())];
  }

  std::string word(std::string_view slot, bool mirrored) {
    const std::size_t end = slot.find_first_of("+-");
    const std::string_view base = slot.substr(0, end);
    if (end == std::string_view::npos && is_noun(base, kFirst)) return std::string(first_.word);
    if (end == std::string_view::npos && is_noun(base, kSecond)) return std::string(second_.word);
    const bool positive = end == std::string_view::npos || (slot[end] == '+') != mirrored;
    std::string key(slot);
    if (end != std::string_view::npos) key[end] = positive ? '+' : '-';
    const auto known = chosen_.find(key);
    if (known != chosen_.end()) return known->second;

    const char strength = end != std::string_view::npos && end + 1 < slot.size() ? slot[end + 1] : ' ';
    const std::string choice = base == "S" || base == "Z" ? statement(base == "Z", positive)
                                                          : unused(candidates(base, positive, strength));
    return chosen_[key] = choice;
  }

  std::string statement(bool of_second, bool positive) {
    std::string pattern(kStatements[random_.below(kStatements.size())]);
    for (std::size_t i = 1; of_second && i < pattern.size(); ++i) {
      if (pattern[i - 1] == '{' && pattern[i] == 'A') pattern[i] = 'B';
    }
    return filled(pattern, !positive);
  }

  std::string unused(const Words& words) {
    if (words.empty()) throw std::logic_error("a slot without words");
    const std::size_t start = random_.below(words.size());
    std::string_view choice = words[start];
    for (std::size_t i = 0; i < words.size() && used_.count(choice) > 0; ++i) {
      choice = words[(start + i) % words.size()];
    }
    used_.insert(choice);
    return std::string(choice);
  }

  Words candidates(std::string_view base, bool positive, char strength) const {
    const auto domain = static_cast<std::size_t>(domain_);
    Words words;
    if (is_noun(base, kFirst)) {
      append_adjectives(words, *first_.group, positive, strength);
    } else if (is_noun(base, kSecond)) {
      append_adjectives(words, *second_.group, positive, strength);
    } else if (base == "G") {
      append_opinions(words, positive ? kGeneralPraise : kGeneralBlame, strength);
    } else if (base == "P") {
      append_opinions(words, positive ? kPartPraise : kPartBlame, strength);
    } else if (base == "W") {
      append(words, kWholes[domain]);
    } else if (base == "O") {
      append(words, kOccasions[domain]);
    } else if (base == "seen") {
      append(words, first_.group->experienced);
    } else if (base == "event") {
      append(words, (positive ? kJoys : kWoes)[domain]);
    } else if (base == "return") {
      append(words, (positive ? kAgain : kNeverAgain)[domain]);
    } else {
      for (const WordList& list : kWordLists) {
        if (list.name == base) append(words, positive ? list.positive : list.negative);
      }
    }
    return words;
  }

  static void append_adjectives(Words& words, const NounGroup& group, bool positive, char strength) {
    const Opinions& own = positive ? group.praise : group.blame;
    append_opinions(words, own, strength);
    if ((group.uses & kGeneral) == 0) return;
    append_opinions(words, positive ? kGeneralPraise : kGeneralBlame, strength);
    if (positive && strength == 'n') words.push_back("great");
  }

  static void append_opinions(Words& words, const Opinions& opinions, char strength) {
    if (strength != 's') append(words, opinions.mild);
    if (strength != 'm' && strength != 'n') append(words, opinions.strong);
  }

  SplitMix random_;
  Domain domain_ = Domain::kRestaurant;
  Noun first_;
  Noun second_;
  std::map<std::string, std::string> chosen_;
  std::set<std::string_view> used_;
};

struct Corpus {
  std::vector<Labelled> training;
  std::vector<Labelled> validation;
  std::vector<Labelled> test;
  std::vector<Pair> negation;
  std::vector<Pair> order;
};

// Makes the sentences of the whole corpus, none of them twice. Later sentences never repeat earlier ones, so
// the pairs come first and the training sentences last.
class CorpusBuilder {
 public:
  static Corpus build() {
    CorpusBuilder builder;
    Corpus corpus;
    builder.add_handwritten(corpus.test, kHandwrittenTest, kHandwrittenTestId);
    builder.add_handwritten(corpus.training, kHandwrittenTraining, kHandwrittenTrainingId);
    corpus.negation = builder.pairs(kNegationPatterns, 1);
    corpus.order = builder.pairs(kOrderPatterns, 2);
    builder.add_templates(corpus.test, Split::kTest);
    builder.add_templates(corpus.validation, Split::kValidation);
    builder.add_templates(corpus.training, Split::kTraining);
    SplitMix random(7);
    builder.add_everyday(corpus.validation, kEverydayValidation, random);
    builder.add_everyday(corpus.training, kEverydaySentences, random);
    shuffle(corpus.training);
    return corpus;
  }

 private:
  static constexpr int kEverydaySentences = 26000, kEverydayValidation = 2000;
  static constexpr int kTimes = 3;      // training sentences for each template, times its count
  static constexpr int kPatience = 50;  // tries per sentence, for patterns with few sentences

  static std::uint64_t seed(int pattern, int attempt) {
    return static_cast<std::uint64_t>(pattern) * 1000003U + static_cast<std::uint64_t>(attempt);
  }

  template <class Array>
  void add_handwritten(std::vector<Labelled>& sentences, const Array& lines, int id) {
    for (const Handwritten& line : lines) {
      seen_.insert(normalised(line.text));
      sentences.push_back({std::string(line.text), line.label, id});
    }
  }

  void add_templates(std::vector<Labelled>& sentences, Split split) {
    for (const Template& source : kTemplates) {
      if (source.split != split) continue;
      const int count = split == Split::kTest ? source.count : kTimes * source.count;
      int made = 0;
      for (int attempt = 0; made < count && attempt < count * kPatience; ++attempt) {
        const bool mirrored = source.mirrored && made % 2 == 1;
        Filler filler(source.pattern, seed(source.id, attempt));
        const std::string text = filler.fill(filler.opened(source.pattern), mirrored);
        if (!seen_.insert(normalised(text)).second) continue;
        sentences.push_back({filler.ended(text), mirrored ? 1 - source.label : source.label, source.id});
        ++made;
      }
    }
  }

  /// Adds as many sentences of praise as of blame.
  void add_everyday(std::vector<Labelled>& sentences, int count, SplitMix& random) {
    for (int made = 0; made < count;) {
      const std::string text = rules_.sentence(made % 2 == 1, random);
      if (!seen_.insert(normalised(text)).second) continue;
      sentences.push_back({text, made++ % 2, kEverydayId});
    }
  }

  template <class Array>
  std::vector<Pair> pairs(const Array& patterns, int kind) {
    std::vector<Pair> result;
    int id = 1000 * kind;
    for (const PairTemplate& source : patterns) {
      ++id;
      int made = 0;
      for (int attempt = 0; made < source.count && attempt < source.count * kPatience; ++attempt) {
        const bool mirrored = made % 2 == 1;
        Filler filler(source.first, seed(id, attempt));
        const std::string first = filler.fill(source.first, mirrored);
        const std::string second = filler.fill(source.second, mirrored);
        if (seen_.count(normalised(first)) > 0 || seen_.count(normalised(second)) > 0) continue;
        seen_.insert(normalised(first));
        seen_.insert(normalised(second));
        result.push_back({first, mirrored ? 0 : 1, second, mirrored ? 1 : 0});
        ++made;
      }
    }
    return result;
  }

  // Batches in the order of the corpus should mix the templates.
  static void shuffle(std::vector<Labelled>& sentences) {
    SplitMix random(1);
    for (std::size_t i = sentences.size(); i > 1; --i) {
      std::swap(sentences[i - 1], sentences[random.below(i)]);
    }
  }

  std::set<std::string> seen_;
  Rules rules_;
};

inline const Corpus& corpus() {
  static const Corpus instance = CorpusBuilder::build();
  return instance;
}

}  // namespace detail

inline std::vector<Labelled> training_sentences() { return detail::corpus().training; }
inline std::vector<Labelled> validation_sentences() { return detail::corpus().validation; }
inline std::vector<Labelled> test_sentences() { return detail::corpus().test; }

// "The food is good." and "The food is not good."
inline std::vector<Pair> negation_pairs() { return detail::corpus().negation; }

// "not bad, good" and "bad, not good"
inline std::vector<Pair> order_pairs() { return detail::corpus().order; }

}  // namespace sentiment
