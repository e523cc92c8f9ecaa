// The questions of the example order: what is drawn is not known, and order pairs differ in nothing but the order of words.
#include "../../examples/questions.hpp"

#include <algorithm>
#include <set>

#include "catch.hpp"

namespace questions_test {

using questions::Sentence;
using questions::Words;
using recur::Random;

std::set<Words> words_of(const std::vector<Sentence>& sentences) {
  std::set<Words> all;
  for (const Sentence& sentence : sentences) all.insert(sentence.words);
  return all;
}

TEST_CASE("A question is answered by the clause about its thing", "[examples][order]") {
  const Words words{"film", "?", "the", "room", "is", "not", "bad", ",", "the", "film", "is", "not", "good"};
  const auto places = questions::places_of_things(words);
  CHECK(places == std::vector<std::size_t>{3, 9});
  CHECK(questions::verdict(words, places[0]) == 1);
  CHECK(questions::verdict(words, places[1]) == 0);
}

TEST_CASE("Sentences that are known are not drawn to measure on", "[examples][order]") {
  Random random(1), same(1);
  const auto known = words_of(questions::draw_sentences(2000, 1, 3, random));
  std::size_t both = 0;
  for (const Sentence& sentence : questions::draw_sentences(500, 1, 3, random))
    both += known.contains(sentence.words);
  CHECK(both > 50);  // most sentences of one clause are: the test below can fail
  for (const Sentence& sentence : questions::draw_sentences(500, 1, 3, random, known))
    CHECK_FALSE(known.contains(sentence.words));
  const auto pairs = questions::draw_pairs(200, same, {});
  Random again(1);
  for (const Sentence& sentence : questions::draw_pairs(200, again, words_of(pairs)))
    CHECK_FALSE(words_of(pairs).contains(sentence.words));
}

TEST_CASE("Order pairs have the same words and different answers", "[examples][order]") {
  Random random(2);
  const auto pairs = questions::draw_pairs(100, random, {});
  REQUIRE(pairs.size() == 100);
  for (std::size_t n = 0; n < pairs.size(); n += 2) {
    Words one = pairs[n].words, other = pairs[n + 1].words;
    CHECK(one != other);
    std::ranges::sort(one);
    std::ranges::sort(other);
    CHECK(one == other);
    CHECK(pairs[n].label != pairs[n + 1].label);
  }
}

}  // namespace questions_test
