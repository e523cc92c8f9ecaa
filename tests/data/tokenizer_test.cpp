#include "recur/data/tokenizer.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include "allocations.hpp"
#include "catch.hpp"

namespace tokenizer_test {

using recur::Piece;
using recur::tokenize;
using recur::tokenize_with_positions;
using Words = std::vector<std::string>;

std::string join(const Words& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

TEST_CASE("Sentences become words and signs", "[data][tokenizer]") {
  CHECK(tokenize("The food isn't good.") == Words{"the", "food", "is", "n't", "good", "."});
  CHECK(tokenize("Wow! 2 films, (really?) yes; no: maybe") ==
        Words{"wow", "!", "2", "films", ",", "(", "really", "?", ")", "yes", ";", "no", ":", "maybe"});
  CHECK(tokenize("well-made re imagining -- 1930s") == Words{"well", "made", "re", "imagining", "1930s"});
  CHECK(tokenize("wait... what") == Words{"wait", ".", ".", ".", "what"});
  CHECK(tokenize("R&B 100% #1 a/b c_d <e>") == Words{"r", "b", "100", "1", "a", "b", "c", "d", "e"});
  CHECK(tokenize("tab\tline\nend\r\n") == Words{"tab", "line", "end"});
  CHECK(tokenize("").empty());
  CHECK(tokenize(" - \t*").empty());
}

TEST_CASE("Contractions are split, and split contractions stay split", "[data][tokenizer]") {
  const std::vector<std::pair<std::string, std::string>> pairs{{"It isn't", "it is n't"},
                                                               {"can't won't", "ca n't wo n't"},
                                                               {"it's he'd I'm", "it 's he 'd i 'm"},
                                                               {"we've we're we'll", "we 've we 're we 'll"},
                                                               {"shouldn't've", "should n't 've"},
                                                               {"DON'T IT'S", "do n't it 's"},
                                                               {"I cannot", "i can not"},
                                                               {"women's filmmakers'", "women 's filmmakers"},
                                                               {"isn’t it‘s", "is n't it 's"},
                                                               {"1980's", "1980 's"}};
  for (const auto& [text, tokens] : pairs) {
    CAPTURE(text);
    CHECK(join(tokenize(text)) == tokens);
    CHECK(join(tokenize(tokens)) == tokens);
  }
}

TEST_CASE("Other apostrophes stay inside words and vanish outside", "[data][tokenizer]") {
  CHECK(tokenize("O'Fallon d'etre y'all rock'n'roll") == Words{"o'fallon", "d'etre", "y'all", "rock'n'roll"});
  CHECK(tokenize("rock 'n' roll ol' '70s 'em ' 'quoted'") ==
        Words{"rock", "n", "roll", "ol", "70s", "em", "quoted"});
  CHECK(tokenize("'so 'never") == Words{"so", "never"});  // begin like endings
  CHECK(tokenize("n't 's") == Words{"n't", "'s"});
}

TEST_CASE("Quotes and brackets have one form", "[data][tokenizer]") {
  const Words quoted{"\"", "good", "\"", "."};
  CHECK(tokenize("\"Good\".") == quoted);
  CHECK(tokenize("“Good”.") == quoted);
  CHECK(tokenize("`` good '' .") == quoted);
  CHECK(tokenize("-LRB- good -rrb-") == Words{"(", "good", ")"});
}

TEST_CASE("UTF-8 beyond ASCII is part of words, except for signs", "[data][tokenizer]") {
  CHECK(tokenize("Cliché-laden entrée") == Words{"cliché", "laden", "entrée"});
  CHECK(tokenize("Добрый день") == Words{"Добрый", "день"});
  CHECK(tokenize("good—really… good\u00A0film «oui» ¿qué?") ==
        Words{"good", "really", ".", "good", "film", "oui", "qué", "?"});
  CHECK(tokenize("great👍film ❤\uFE0F!") == Words{"great", "👍", "film", "❤", "!"});
}

TEST_CASE("Spaces of Unicode separate words, and invisible characters don't", "[data][tokenizer]") {
  for (const char* space :
       {"\u00A0", "\u0085", "\u1680", "\u2003", "\u200B", "\u2028", "\u202F", "\u205F", "\u3000"}) {
    CHECK(tokenize("good" + std::string(space) + "film" + space) == Words{"good", "film"});
    CHECK(tokenize(space).empty());
  }
  for (const char* unseen :
       {"\u00AD", "\u200C", "\u200D", "\u200E", "\u202E", "\u2060", "\uFE0F", "\uFEFF"}) {
    CHECK(tokenize(unseen + std::string("go") + unseen + "od" + unseen) == Words{"good"});
    CHECK(tokenize(unseen).empty());
  }
  CHECK(tokenize("isn\u02BCt it\u201Bs") == Words{"is", "n't", "it", "'s"});
  CHECK(tokenize_with_positions("a go\u00ADod b") ==
        std::vector<Piece>{{"a", 0, 1}, {"good", 2, 8}, {"b", 9, 10}});
}

TEST_CASE("Every token knows its bytes in the text", "[data][tokenizer]") {
  CHECK(tokenize_with_positions("It’s “A-1”, isn't it?") == std::vector<Piece>{{"it", 0, 2},
                                                                               {"'s", 2, 6},
                                                                               {"\"", 7, 10},
                                                                               {"a", 10, 11},
                                                                               {"1", 12, 13},
                                                                               {"\"", 13, 16},
                                                                               {",", 16, 17},
                                                                               {"is", 18, 20},
                                                                               {"n't", 20, 23},
                                                                               {"it", 24, 26},
                                                                               {"?", 26, 27}});
  CHECK(tokenize_with_positions("a👍``b") ==
        std::vector<Piece>{{"a", 0, 1}, {"👍", 1, 5}, {"\"", 5, 7}, {"b", 7, 8}});
  CHECK(tokenize_with_positions("cannot won’t’ve") ==
        std::vector<Piece>{{"can", 0, 3}, {"not", 3, 6}, {"wo", 7, 9}, {"n't", 9, 14}, {"'ve", 14, 19}});
}

TEST_CASE("Positions ascend in any text, and its tokens are tokenized to themselves", "[data][tokenizer]") {
  const std::vector<std::string> parts{"a", "n",  "t",      "s",     "'",      "’",      "-",      ".",
                                       " ", "\"", "`",      "n't",   "'ve",    "ll",     "d",      "M",
                                       "é", "👍",  "cannot", "-lrb-", "\u2014", "\u00AD", "\uFE0F", "\u200B",
                                       "1", "“",  "…",      ",",     "\t"};
  std::uint32_t state = 1;
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (int i = 0; i < 8; ++i) {
      state = state * 1664525U + 1013904223U;
      text += parts[(state >> 16U) % parts.size()];
    }
    const auto pieces = tokenize_with_positions(text);
    std::size_t end = 0;
    bool in_order = true;
    Words tokens;
    for (const auto& piece : pieces) {
      in_order = in_order && end <= piece.begin && piece.begin < piece.end && piece.end <= text.size() &&
                 !piece.token.empty();
      end = piece.end;
      tokens.push_back(piece.token);
    }
    const Words again = tokenize(join(tokens));
    if (in_order && again == tokens) continue;
    CAPTURE(text, round);
    CHECK(in_order);
    REQUIRE(again == tokens);
  }
}

TEST_CASE("Long texts are read word by word in less than ten times their memory", "[data][tokenizer]") {
  if (!recur::testing::CountAllocations::works) return;
  for (const std::string part : {",", "a", "a ", "'d", "a\u2019s", "\U0001F44D", "a\u00AD", "Ab, (c)"}) {
    CAPTURE(part);
    std::string text;
    while (text.size() < 1000000) text += part;
    std::size_t length = 0;
    const recur::testing::CountAllocations allocations;
    recur::for_each_token(text, [&](std::string_view token) { length += token.size(); });
    const auto peak = static_cast<double>(allocations.peak());
    CHECK(length > text.size() / 10);
    CHECK(peak < 4 * static_cast<double>(text.size()));
    if (part == "," || part == "a ") CHECK(peak < 1000);
  }
}

TEST_CASE("Text that is not UTF-8 is refused with the position", "[data][tokenizer]") {
  using Catch::Matchers::ContainsSubstring;
  CHECK_THROWS_AS(tokenize("good \xFF film"), std::invalid_argument);
  CHECK_THROWS_WITH(tokenize("good \xFF film"), ContainsSubstring("not UTF-8: byte 5 "));
  CHECK_THROWS_WITH(tokenize("caf\xE9"), ContainsSubstring("byte 3 "));
  bool called = false;
  CHECK_THROWS_AS(recur::for_each_token("good \xFF", [&](std::string_view) { called = true; }),
                  std::invalid_argument);
  CHECK(!called);
}

}  // namespace tokenizer_test
