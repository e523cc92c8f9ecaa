#include "recur/data/parallel_text.hpp"

#include <string>
#include <vector>

#include "catch.hpp"
#include "recur/data/words.hpp"
#include "temporary.hpp"

namespace parallel_text_test {

using Catch::Matchers::ContainsSubstring;
using recur::parse_parallel_text;
using Words = std::vector<std::string>;

TEST_CASE("A sentence and its translation are on one line", "[data][parallel_text]") {
  const std::string text = "Go.\tVa !\tCC-BY\r\n\nRun!\t Cours\u202F! \tCC-BY\n";
  const auto pairs = parse_parallel_text(text);
  REQUIRE(pairs.size() == 2);
  CHECK(pairs[0].source == "Go.");
  CHECK(pairs[0].target == "Va !");
  CHECK(pairs[1].target == "Cours\u202F!");
  CHECK(pairs[1].line == 3);
  const TemporaryDirectory directory;
  CHECK(recur::read_parallel_text(directory.file("t.tsv", text)).size() == 2);
}

TEST_CASE("A line without both sentences is reported with its number", "[data][parallel_text]") {
  const auto refuses = [](const std::string& text, const std::string& what) {
    CHECK_THROWS_WITH(parse_parallel_text(text), ContainsSubstring("text:" + what));
  };
  refuses("one\n", "1: has one column");
  refuses("a\tb\nc\n", "2: found 1 fields, expected 2");
  refuses("a\tb\n \tc\n", "2: has an empty sentence");
  refuses("a\tb\nc\t\u00A0\n", "2: has an empty translation");
  CHECK_THROWS_AS(parse_parallel_text(""), recur::FileError);
}

TEST_CASE("The translations of one sentence come together", "[data][parallel_text]") {
  const auto pairs = parse_parallel_text("Run!\tCours !\nGo.\tVa.\nrun !\tCourez !\nRun!\tCours !\n");
  const auto groups = recur::group_by_source(pairs, recur::split_words);
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].source == Words{"run", "!"});
  CHECK(groups[0].targets == std::vector<Words>{{"cours", "!"}, {"courez", "!"}, {"cours", "!"}});
  CHECK(groups[1].source == Words{"go", "."});
}

}  // namespace parallel_text_test
