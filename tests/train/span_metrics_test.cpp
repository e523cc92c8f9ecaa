#include "recur/train/span_metrics.hpp"

#include "catch.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace span_metrics_test {

using Catch::Matchers::ContainsSubstring;
using Tags = std::vector<std::string>;
using Spans = std::vector<TaggedSpan>;

TEST_CASE("Spans are read from IOB tags, with a B- at each span or only between neighbours",
          "[train][span_metrics]") {
  CHECK(iob_spans(Tags{}).empty());
  CHECK(iob_spans(Tags{"O", "O"}).empty());
  CHECK(iob_spans(Tags{"O", "B-PER", "I-PER", "O", "B-LOC"}) == Spans{{1, 3, "PER"}, {4, 5, "LOC"}});
  CHECK(iob_spans(Tags{"B-PER", "B-PER", "I-PER"}) == Spans{{0, 1, "PER"}, {1, 3, "PER"}});
  CHECK(iob_spans(Tags{"I-PER", "I-PER", "B-PER", "O", "I-PER"}) ==
        Spans{{0, 2, "PER"}, {2, 3, "PER"}, {4, 5, "PER"}});
  CHECK(iob_spans(Tags{"B-PER", "I-LOC", "I-LOC"}) == Spans{{0, 1, "PER"}, {1, 3, "LOC"}});
  CHECK(iob_spans(Tags{"B-A-B"}) == Spans{{0, 1, "A-B"}});
}

TEST_CASE("The F1 of spans equals seqeval's published example", "[train][span_metrics]") {
  // F1 of 0.5 and 1 for the two kinds, from the notes to a release of seqeval.
  const std::vector<Tags> labels{{"O", "O", "B-MISC", "I-MISC", "B-MISC", "O", "O"}, {"B-PER", "I-PER", "O"}};
  const std::vector<Tags> predicted{{"O", "O", "B-MISC", "I-MISC", "B-MISC", "I-MISC", "O"},
                                    {"B-PER", "I-PER", "O"}};
  const auto kinds = span_matches(predicted, labels);
  REQUIRE(kinds.size() == 2);
  CHECK(kinds.at("MISC") == Matches{1, 2, 2});
  CHECK(kinds.at("MISC").f1() == 0.5);
  CHECK(kinds.at("PER").f1() == 1);
  CHECK(micro_average(kinds).f1() == Approx(2.0 / 3));
  CHECK(macro_average(kinds).f1 == Approx(0.75));
}

TEST_CASE("A span is right only if both ends and its kind are right", "[train][span_metrics]") {
  const std::vector<Tags> labels{{"B-A", "I-A", "I-A", "O", "B-B", "B-A"}};
  const auto against = [&](const Tags& tags) {
    return micro_average(span_matches(std::vector<Tags>{tags}, labels));
  };
  CHECK(against(labels[0]) == Matches{3, 3, 3});
  CHECK(against({"B-A", "I-A", "O", "O", "B-B", "B-A"}) == Matches{2, 3, 3});
  CHECK(against({"O", "B-A", "I-A", "O", "B-B", "B-A"}) == Matches{2, 3, 3});
  CHECK(against({"B-A", "I-A", "I-A", "O", "B-A", "B-B"}) == Matches{1, 3, 3});
  CHECK(against({"B-A", "B-A", "B-A", "B-A", "B-B", "B-A"}) == Matches{2, 6, 3});
  CHECK(against({"O", "O", "O", "O", "O", "O"}) == Matches{0, 0, 3});
}

TEST_CASE("Spans of tags as numbers are those of their names", "[train][span_metrics]") {
  const Labels tags({"O", "B-A", "I-A", "B-B"});
  const std::vector<Tags> labels{{"B-A", "I-A", "O"}, {"B-B"}}, predicted{{"B-A", "O", "O"}, {"B-B"}};
  const std::vector<std::vector<int>> right{{1, 2, 0}, {3}}, found{{1, 0, 0}, {3}};
  CHECK(span_matches(found, right, tags) == span_matches(predicted, labels));
  CHECK_THROWS_AS(span_matches(found, std::vector<std::vector<int>>{{1, 2, 4}, {3}}, tags),
                  std::out_of_range);
}

TEST_CASE("A word that is ignored is in no span, and its neighbours are neighbours",
          "[train][span_metrics]") {
  const Labels tags({"O", "B-A", "I-A", "B-B"});
  using Numbers = std::vector<std::vector<int>>;
  constexpr int no = ignored_label;
  const Numbers labels{{1, no, 2, 0, no}, {no, 3}}, found{{1, 0, 2, 0, 3}, {1, 3}};
  CHECK(span_matches(found, labels, tags) ==
        std::map<std::string, Matches>{{"A", {1, 1, 1}}, {"B", {1, 1, 1}}});
  CHECK(span_matches(Numbers{{1, 2}}, Numbers{{no, no}}, tags).empty());
  CHECK_THROWS_AS(span_matches(Numbers{{no}}, Numbers{{1}}, tags), std::out_of_range);  // it was predicted
  CHECK_THAT(refusal([&] {
               span_matches(Numbers{{1, 2}}, Numbers{{no, 1, 2}}, tags);
             }),
             ContainsSubstring("text 0 has 3 labels and 2 predicted"));
  CHECK_THAT(refusal([&] { span_matches(Numbers{{1}}, labels, tags); }), ContainsSubstring("2 texts"));
}

TEST_CASE("Spans whose ends and single words are marked are the same spans", "[train][span_metrics]") {
  const auto spans = [](const Tags& tags) { return iob_spans(tags, TagScheme::iobes); };
  const Spans expected{{0, 1, "A"}, {1, 2, "A"}, {2, 4, "A"}, {4, 7, "A"}, {8, 9, "B"}};
  CHECK(spans({"S-A", "S-A", "B-A", "E-A", "B-A", "I-A", "E-A", "O", "S-B"}) == expected);
  CHECK(spans({"U-A", "U-A", "B-A", "L-A", "B-A", "I-A", "L-A", "O", "U-B"}) == expected);
  CHECK(iob_spans(Tags{"B-A", "B-A", "B-A", "I-A", "B-A", "I-A", "I-A", "O", "B-B"}) == expected);
  // What a network may write, read as conlleval does: nothing goes on after an end, and an end without a beginning is a
  // span.
  CHECK(spans({"B-A", "E-A", "I-A", "E-A"}) == Spans{{0, 2, "A"}, {2, 4, "A"}});
  CHECK(spans({"S-A", "I-A", "E-B", "B-B"}) == Spans{{0, 1, "A"}, {1, 2, "A"}, {2, 3, "B"}, {3, 4, "B"}});
  CHECK_THAT(refusal([&] { spans({"X-A"}); }),
             ContainsSubstring("\"X-A\" of word 0") && ContainsSubstring("S-"));
  const std::vector<Tags> labels{{"B-A", "E-A", "S-A"}}, found{{"B-A", "E-A", "O"}};
  CHECK(span_matches(found, labels, TagScheme::iobes).at("A") == Matches{1, 1, 2});
}

TEST_CASE("Plain tags are compared word by word, and their F1 is the part that is right",
          "[train][span_metrics]") {
  const std::vector<Tags> labels{{"NOUN", "VERB", "B-", "NOUN"}}, found{{"NOUN", "NOUN", "B-", "NOUN"}};
  const auto kinds = span_matches(found, labels, TagScheme::plain);
  CHECK(kinds.at("NOUN") == Matches{2, 3, 2});
  CHECK(kinds.at("VERB") == Matches{0, 0, 1});
  CHECK(kinds.at("B-") == Matches{1, 1, 1});
  CHECK(micro_average(kinds).f1() == 0.75);
}

TEST_CASE("Tags that are not IOB throw, and the message names the tag", "[train][span_metrics]") {
  for (const char* tag : {"", "B", "B-", "S-PER", "PER", "o", "b-PER"})
    CHECK_THAT(refusal([&] {
                 iob_spans(Tags{"O", tag});
               }),
               ContainsSubstring("\"" + std::string(tag) + "\" of word 1") && ContainsSubstring("I-"));
  const std::vector<Tags> one{{"O"}}, two{{"O"}, {"O"}}, longer{{"O", "O"}};
  CHECK_THAT(refusal([&] { span_matches(one, two); }),
             ContainsSubstring("2 texts") && ContainsSubstring("for 1"));
  CHECK_THAT(refusal([&] { span_matches(longer, one); }),
             ContainsSubstring("text 0") && ContainsSubstring("1 labels and 2"));
  CHECK_THROWS_AS(macro_average(std::map<std::string, Matches>{}), std::invalid_argument);
}

}  // namespace span_metrics_test
}  // namespace recur::testing
