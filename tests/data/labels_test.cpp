#include "recur/data/labels.hpp"

#include "catch.hpp"

namespace labels_test {

using Catch::Matchers::ContainsSubstring;
using recur::Labels;
using Names = std::vector<std::string>;

TEST_CASE("Labels have numbers in their order, and back", "[data][labels]") {
  const Labels tags({"O", "B-PER", "I-PER"});
  CHECK(tags.size() == 3);
  CHECK(tags.numbers(Names{"B-PER", "O", "I-PER"}) == std::vector<int>{1, 0, 2});
  CHECK(tags.names(std::vector<int>{2, 2, 0}) == Names{"I-PER", "I-PER", "O"});
  CHECK(tags == Labels(tags.names()));
  CHECK(Labels().size() == 0);
}

TEST_CASE("Labels are those that texts have, in the order of the first time", "[data][labels]") {
  CHECK(Labels::seen_in(std::vector<Names>{{"O", "B-B"}, {}, {"B-A", "O"}}).names() ==
        Names{"O", "B-B", "B-A"});
}

TEST_CASE("Unknown labels are refused by name, and names that are not legal", "[data][labels]") {
  const Labels tags({"O", "B-PER"});
  CHECK_THROWS_AS(tags.number("B-LOC"), std::out_of_range);
  CHECK_THROWS_WITH(tags.numbers(Names{"O", "B-LOC"}),
                    ContainsSubstring("\"B-LOC\"") && ContainsSubstring("\"O\", \"B-PER\""));
  Names many;
  for (int label = 0; label < 22; ++label) many.push_back('L' + std::to_string(label));
  CHECK_THROWS_WITH(Labels(many).number("B"), ContainsSubstring("\"L19\", ...") && !ContainsSubstring("L20"));
  many.resize(20);
  CHECK_THROWS_WITH(Labels(many).number("B"), Catch::Matchers::EndsWith("\"L19\""));
  CHECK_THROWS_WITH(tags.name(2), ContainsSubstring("label 2") && ContainsSubstring("2 labels"));
  CHECK_THROWS_AS(tags.name(-1), std::out_of_range);
  CHECK_THROWS_WITH(Labels({"a", "b", "a"}), ContainsSubstring("labels 0 and 2"));
  CHECK_THROWS_WITH(Labels({"a", ""}), ContainsSubstring("label 1"));
}

}  // namespace labels_test
