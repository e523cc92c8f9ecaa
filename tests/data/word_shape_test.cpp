#include "recur/data/word_shape.hpp"

#include "catch.hpp"

namespace word_shape_test {

using recur::Vocabulary, recur::word_shape;
using Words = std::vector<std::string>;

TEST_CASE("the shape of a word: digits, capitals, a capital at its beginning", "[data][word_shape]") {
  for (const char* word : {"1984", "B-52", "a1", "3.5"}) CHECK(word_shape(word) == "<9>");
  for (const char* word : {"NATO", "U.S.", "U．S．", "A？", "A", "Ü", "O'NEIL", "O’NEIL", "OʼNEIL",
                           "ÉTATS–UNIS", "E\u0301TAT", "Q\u00ADA"})
    CHECK(word_shape(word) == "<X>");
  for (const char* word : {"Paris", "McCoy", "Élise", "O'Neill", "O’Neill", "Łódź", "Иван", "A日", "Nº"})
    CHECK(word_shape(word) == "<Xx>");
  for (const char* word : {"paris", "iPod", "?", "？", "", "école", "日本"}) CHECK(word_shape(word) == "<x>");
  CHECK_THROWS_AS(word_shape("caf\xe9"), std::invalid_argument);
}

TEST_CASE("a vocabulary has the shapes of the words that it leaves out", "[data][word_shape]") {
  recur::WordCounts counts{{"to", 9}, {"Paris", 3}, {"NATO", 3}, {"Bath", 2}, {"1984", 1}, {"1985", 1}};
  recur::count_shapes(counts, 3);
  const auto vocabulary = Vocabulary::from_counts(counts, {.min_count = 3});
  CHECK(vocabulary.size() == 6);  // and <unk>
  const Words words{"to", "Paris", "Bath", "Rome", "2001", "UNO", "from"};
  const auto ids = recur::ids_or_shapes(vocabulary, words);
  CHECK(ids[0] == vocabulary.id("to"));
  CHECK(ids[1] == vocabulary.id("Paris"));
  CHECK(ids[2] == vocabulary.id("<Xx>"));
  CHECK(ids[2] != Vocabulary::unknown);
  CHECK(ids[3] == ids[2]);
  CHECK(ids[4] == vocabulary.id("<9>"));
  CHECK(ids[5] == Vocabulary::unknown);  // no word of its shape was left out
  CHECK(ids[6] == Vocabulary::unknown);
}

}  // namespace word_shape_test
