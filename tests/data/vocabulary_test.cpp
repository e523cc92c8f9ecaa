#include "recur/data/vocabulary.hpp"

#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"

namespace vocabulary_test {

using Catch::Matchers::ContainsSubstring;
using recur::Token;
using recur::Vocabulary;
using Words = std::vector<std::string>;

recur::WordCounts counts() {
  recur::WordCounts counts;
  recur::count_words(Words{"the", "film", "is", "good", "the", "film", "the", "bad", "zoo", "éclair"},
                     counts);
  recur::count_words(Words{"good"}, counts);
  return counts;
}

TEST_CASE("A vocabulary is ordered by count and then by the alphabet", "[data][vocabulary]") {
  CHECK(Vocabulary::from_counts(counts()).words() ==
        Words{"<unk>", "the", "film", "good", "bad", "is", "zoo", "éclair"});
  CHECK(Vocabulary::from_counts(counts(), {.min_count = 2}).words() == Words{"<unk>", "the", "film", "good"});
  CHECK(Vocabulary::from_counts(counts(), {.max_size = 3}).words() == Words{"<unk>", "the", "film"});
  CHECK(Vocabulary::from_counts(counts(), {.min_count = 2, .max_size = 100}).size() == 4);
  CHECK(Vocabulary::from_counts(counts(), {.max_size = 1}) == Vocabulary());
  CHECK(Vocabulary::from_counts({}).words() == Words{"<unk>"});
}

TEST_CASE("The unknown word is not counted as a word", "[data][vocabulary]") {
  recur::WordCounts counts;
  recur::count_words(Words{"<unk>", "<unk>", "word"}, counts);
  CHECK(Vocabulary::from_counts(counts).words() == Words{"<unk>", "word"});
}

TEST_CASE("Words have ids and ids have words", "[data][vocabulary]") {
  const Vocabulary vocabulary({"<unk>", "good", "bad"});
  CHECK(vocabulary.size() == 3);
  CHECK(vocabulary.id("good") == 1);
  CHECK(vocabulary.id(std::string("bad")) == 2);
  CHECK(vocabulary.id("ugly") == Vocabulary::unknown);
  CHECK(vocabulary.id("<unk>") == Vocabulary::unknown);
  CHECK(vocabulary.id("") == Vocabulary::unknown);
  CHECK(vocabulary.id("go") == Vocabulary::unknown);
  CHECK(vocabulary.word(0) == "<unk>");
  CHECK(vocabulary.word(2) == "bad");
  CHECK(vocabulary.ids(Words{"bad", "ugly", "good"}) == std::vector<Token>{2, 0, 1});
  CHECK(vocabulary.ids(Words{}).empty());
  CHECK(vocabulary.ids("Bad, ugly; GOOD") == vocabulary.ids(recur::tokenize("Bad, ugly; GOOD")));
  CHECK(vocabulary.ids(std::string("good bad")) == std::vector<Token>{1, 2});
  CHECK(vocabulary.ids(std::string_view()).empty());
}

TEST_CASE("Copies of a vocabulary are independent", "[data][vocabulary]") {
  Vocabulary copy;
  {
    const Vocabulary original({"<unk>", "good", "bad"});
    copy = original;
    CHECK(copy == original);
  }
  CHECK(copy.id("bad") == 2);
  CHECK(Vocabulary(copy.words()) == copy);
  CHECK_FALSE(copy == Vocabulary({"<unk>", "bad", "good"}));
  const Vocabulary moved = std::move(copy);
  CHECK(moved.id("bad") == 2);
}

TEST_CASE("Exactly the words of a large vocabulary are found", "[data][vocabulary]") {
  Words words{"<unk>"};
  for (int i = 0; i < 5000; ++i) words.push_back("word" + std::to_string(i));
  const Vocabulary vocabulary(words);
  for (int i = 0; i < 5000; ++i) REQUIRE(vocabulary.id("word" + std::to_string(i)) == i + 1);
  for (int i = 5000; i < 10000; ++i)
    REQUIRE(vocabulary.id("word" + std::to_string(i)) == Vocabulary::unknown);
}

TEST_CASE("A vocabulary whose words were moved away knows no word", "[data][vocabulary]") {
  Vocabulary vocabulary({"<unk>", "good"});
  const Vocabulary moved = std::move(vocabulary);
  CHECK(vocabulary.id("good") == Vocabulary::unknown);  // NOLINT: what is left
  CHECK(vocabulary.size() == 0);
}

TEST_CASE("A vocabulary says what is wrong with its words", "[data][vocabulary]") {
  CHECK_THROWS_WITH(Vocabulary(Words{}), ContainsSubstring("must be <unk>, but there is none"));
  CHECK_THROWS_WITH(Vocabulary(Words{"good", "<unk>"}), ContainsSubstring("must be <unk>, but is \"good\""));
  CHECK_THROWS_WITH(Vocabulary(Words{"<unk>", "good", ""}),
                    ContainsSubstring("word 2 of the vocabulary is empty"));
  CHECK_THROWS_WITH(Vocabulary(Words{"<unk>", "good", "bad", "good"}),
                    ContainsSubstring("\"good\" is both word 1 and word 3"));
  CHECK_THROWS_WITH(Vocabulary(Words{"<unk>", "a", "<unk>"}),
                    ContainsSubstring("\"<unk>\" is both word 0 and word 2"));
  CHECK_THROWS_WITH(Vocabulary(Words{"<unk>", "\n", "\n"}),
                    ContainsSubstring("\"\\n\" is both word 1 and word 2"));
  CHECK_THROWS_AS(Vocabulary(Words{"<unk>", "<unk>"}), std::invalid_argument);
  CHECK_THROWS_AS(Vocabulary::from_counts(counts(), {.min_count = 0}), std::invalid_argument);
  CHECK_THROWS_AS(Vocabulary::from_counts(counts(), {.max_size = 0}), std::invalid_argument);
  CHECK_THROWS_AS(Vocabulary::from_counts(counts(), {.max_size = -1}), std::invalid_argument);
  recur::WordCounts empty;
  recur::count_words(Words{""}, empty);
  CHECK_THROWS_AS(Vocabulary::from_counts(empty), std::invalid_argument);
}

TEST_CASE("An id outside of a vocabulary is refused with the legal range", "[data][vocabulary]") {
  const Vocabulary vocabulary({"<unk>", "good", "bad"});
  CHECK_THROWS_AS(vocabulary.word(3), std::out_of_range);
  CHECK_THROWS_AS(vocabulary.word(-1), std::out_of_range);
  CHECK_THROWS_WITH(vocabulary.word(3), ContainsSubstring("token 3") && ContainsSubstring("0 to 2"));
}

}  // namespace vocabulary_test
