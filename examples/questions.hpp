// Questions with clauses that answer them, for the example order: "room ? the film is good , the room is bad".
#pragma once

#include <algorithm>
#include <cstddef>
#include <recur/core/random.hpp>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace questions {

using namespace recur;
using Words = std::vector<std::string>;

inline const Words things{"room", "film", "food", "staff", "music", "price"};
inline const Words praise{"good", "great", "fine"}, blame{"bad", "poor", "awful"};

struct Sentence {
  Words words;
  int label;  ///< 1: what the question names is good
};

/// Whether a clause praises its thing, which stands at `place`: an odd number of blame and "not" turns it.
inline int verdict(const Words& words, std::size_t place) {
  bool is_good = true;
  for (std::size_t i = place + 1; i < words.size() && words[i] != ","; ++i)
    if (words[i] == "not" || std::ranges::find(blame, words[i]) != blame.end()) is_good = !is_good;
  return is_good ? 1 : 0;
}

/// Where the things of the clauses stand; the question's own word is at 0.
inline std::vector<std::size_t> places_of_things(const Words& words) {
  std::vector<std::size_t> places;
  for (std::size_t i = 1; i < words.size(); ++i)
    if (std::ranges::find(things, words[i]) != things.end()) places.push_back(i);
  return places;
}

/// A question and some clauses about different things. One of the clauses is about the thing in question.
inline Sentence draw_sentence(Index clauses, Random& random) {
  const auto below = [&](Index count) { return static_cast<std::size_t>(random.below(count)); };
  Words order = things;
  random.shuffle(std::span(order));
  const std::size_t asked = below(clauses);
  Sentence sentence{{order[asked], "?"}, 0};
  for (std::size_t i = 0; i < static_cast<std::size_t>(clauses); ++i) {
    Words clause{"the", order[i], "is"};
    if (i > 0) clause.insert(clause.begin(), ",");
    if (below(3) == 0) clause.push_back("really");  // so that places differ
    if (below(3) == 0) clause.push_back("not");
    clause.push_back((below(2) == 0 ? praise : blame)[below(3)]);
    sentence.words.insert(sentence.words.end(), clause.begin(), clause.end());
  }
  sentence.label = verdict(sentence.words, places_of_things(sentence.words)[asked]);
  return sentence;
}

/// Some sentences that are not among those that are known.
inline std::vector<Sentence> draw_sentences(std::size_t number, Index least, Index most, Random& random,
                                            const std::set<Words>& known = {}) {
  std::vector<Sentence> all;
  while (all.size() < number) {
    Sentence sentence = draw_sentence(least + random.below(most - least + 1), random);
    if (!known.contains(sentence.words)) all.push_back(std::move(sentence));
  }
  return all;
}

/// Pairs of sentences with the same words and different answers: two things have changed places. None of them is among those
/// that are known.
inline std::vector<Sentence> draw_pairs(std::size_t number, Random& random, const std::set<Words>& known) {
  std::vector<Sentence> pairs;
  while (pairs.size() < number) {
    const Sentence one = draw_sentence(2, random);
    const auto places = places_of_things(one.words);
    Sentence other{one.words, 1 - one.label};
    std::swap(other.words[places[0]], other.words[places[1]]);
    if (verdict(one.words, places[0]) == verdict(one.words, places[1])) continue;  // the same answer
    if (known.contains(one.words) || known.contains(other.words)) continue;
    pairs.push_back(one);
    pairs.push_back(other);
  }
  return pairs;
}

}  // namespace questions
