#include "recur/data/tagged_text.hpp"

#include "catch.hpp"
#include "temporary.hpp"

namespace tagged_text_test {

using Catch::Matchers::ContainsSubstring;
using recur::parse_tagged_text, recur::TagScheme;
using Words = std::vector<std::string>;

TEST_CASE("words and tags come in columns, sentences between empty lines", "[data][tagged_text]") {
  const std::string text = "from O\nnew\tB-place\r\n paris  I-place \n\n \t\n\non O\n";
  const auto read = parse_tagged_text(text);
  REQUIRE(read.size() == 2);
  CHECK(read[0].words == Words{"from", "new", "paris"});
  CHECK(read[0].tags == Words{"O", "B-place", "I-place"});
  CHECK(read[0].line == 1);
  CHECK(read[1].words == Words{"on"});
  CHECK(read[1].line == 7);
  const TemporaryDirectory directory;
  CHECK(recur::read_tagged_text(directory.file("t.txt", text)).size() == 2);
}

TEST_CASE("the columns of words and tags can be chosen", "[data][tagged_text]") {
  const std::string conll =
      "-DOCSTART- -X- O O\n\nEU NNP I-NP I-ORG\n. . O O\n-DOCSTART- -X- O O\nParis NNP B-NP B-LOC";
  const auto names = parse_tagged_text(conll, {.scheme = TagScheme::iob});
  REQUIRE(names.size() == 2);
  CHECK(names[0].tags == Words{"I-ORG", "O"});
  CHECK(names[1].words == Words{"Paris"});
  CHECK(parse_tagged_text(conll, {.tag_column = 2})[0].tags == Words{"NNP", "."});
  const auto universal = parse_tagged_text("# text = Hi #\n1\tHi\tINTJ\n2\t#\tSYM\n\n",
                                           {.word_column = 2, .tag_column = 3, .comment = "#"});
  REQUIRE(universal.size() == 1);
  CHECK(universal[0].words == Words{"Hi", "#"});
  const std::string french =  // du is de le; 3.1 is a word that was left out
      "1-2 du _\n1 de ADP\n2 le DET\n3 12 NUM\n3.1 vu VERB\n4- x X\n-5 y Y\n6-b z Z\n";
  CHECK(parse_tagged_text(french, {.word_column = 2})[0].words == Words{"de", "le", "12", "x", "y", "z"});
  CHECK(parse_tagged_text("1-2 a X\n", {.tag_column = 3})[0].words == Words{"1-2"});
  CHECK(parse_tagged_text("1-2 a\n", {.word_column = 2, .tag_column = 1})[0].tags == Words{"1-2"});
  CHECK(parse_tagged_text("# B-sign\n")[0].words == Words{"#"});
  const std::string spaces = "1\t10 000\tNUM\n2\t euros \t\tNOUN\t\r\n \t \n3  a b\n4 c d\t\n";
  const auto numbers = parse_tagged_text(spaces, {.word_column = 2});
  REQUIRE(numbers.size() == 2);
  CHECK(numbers[0].words == Words{"10 000", "euros"});
  CHECK(numbers[0].tags == Words{"NUM", "NOUN"});
  CHECK(numbers[1].words == Words{"a", "c"});  // no tab between them
}

TEST_CASE("a broken line is reported with its number", "[data][tagged_text]") {
  const auto refuses = [](const char* text, recur::TaggedTextOptions options, const char* says) {
    CHECK_THROWS_WITH(parse_tagged_text(text, options, "t.txt"), ContainsSubstring(says));
  };
  refuses("a O\n\nb\n", {}, "t.txt:3: found 1 columns, expected 2");
  refuses("a O\nb O O\n", {}, "t.txt:2: found 3 columns");
  refuses("\na\n", {}, "t.txt:2: has 1 columns: it must have a word and its tag");
  refuses("a O\n", {.tag_column = 4}, "up to 4");
  refuses("a O\nb X-y\n", {.scheme = TagScheme::iob}, "t.txt:2: found the tag \"X-y\"");
  refuses("a O\nb S-y\n", {.scheme = TagScheme::iob},
          "t.txt:2: found the tag \"S-y\": it must be O, or B- or I-");
  refuses("a X-y\n", {.scheme = TagScheme::iobes},
          "t.txt:1: found the tag \"X-y\": it must be O, or B-, I-, E-");
  for (const char* tag : {"O", "B-y", "I-y", "E-y", "S-y", "L-y", "U-y"})
    CHECK(parse_tagged_text(std::string("a ") + tag, {.scheme = TagScheme::iobes})[0].tags == Words{tag});
  refuses("a B-\n", {.scheme = TagScheme::iob}, "t.txt:1: found the tag");
  refuses("\n\n", {}, "t.txt: has no words");
  CHECK_THROWS_AS(parse_tagged_text("a O\n", {.word_column = 0}), std::invalid_argument);
}

}  // namespace tagged_text_test
