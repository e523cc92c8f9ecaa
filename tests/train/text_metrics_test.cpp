#include "recur/train/text_metrics.hpp"

#include "catch.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace text_metrics_test {

using Catch::Matchers::ContainsSubstring;
using Words = std::vector<std::string>;
using Ids = std::vector<int>;

Words split(const std::string& text) { return detail::text_metrics::words(text); }
Index edits(const std::string& from, const std::string& to) {
  return edit_distance(std::span<const char>(from), std::span<const char>(to));
}

TEST_CASE("Perplexity and bits per character are computed from the loss", "[train][text_metrics]") {
  CHECK(perplexity(0) == 1);
  CHECK(perplexity(std::log(42)) == Approx(42));
  CHECK(bits_per_character(std::log(256)) == Approx(8));
  CHECK(bits_per_character(std::log(256), 4) == Approx(2));
  CHECK_THAT(refusal([] { perplexity(-0.1); }), ContainsSubstring("-0.1") && ContainsSubstring("at least 0"));
  CHECK_THROWS_AS(perplexity(std::nan("")), std::invalid_argument);
  CHECK_THROWS_AS(bits_per_character(-1), std::invalid_argument);
  CHECK_THAT(refusal([] { bits_per_character(1, 0); }), ContainsSubstring("0 characters"));
}

TEST_CASE("Edit distances match the textbooks", "[train][text_metrics]") {
  CHECK(edits("kitten", "sitting") == 3);
  CHECK(edits("intention", "execution") == 5);
  CHECK(edits("Saturday", "Sunday") == 3);
  CHECK(edits("", "abc") == 3);
  CHECK(edits("abc", "") == 3);
  CHECK(edits("", "") == 0);
  CHECK(edits("abc", "abc") == 0);
  CHECK(edits("abc", "cab") == 2);
  CHECK(edit_distance(Ids{1, 2, 3, 4}, Ids{1, 3, 4, 5}) == 2);
}

TEST_CASE("Edit distance is a metric", "[train][text_metrics]") {
  const Words texts{"", "a", "b", "ab", "ba", "aab", "bab", "abba", "baab"};
  for (const auto& x : texts)
    for (const auto& y : texts) {
      CHECK(edits(x, y) == edits(y, x));
      CHECK((edits(x, y) == 0) == (x == y));
      for (const auto& z : texts) CHECK(edits(x, z) <= edits(x, y) + edits(y, z));
    }
}

TEST_CASE("Error rates divide by the total length of the references", "[train][text_metrics]") {
  CHECK(word_error_rate(Words{"the cat sat on  mat", "yes"}, Words{"the cat sat on the mat", "no"}) ==
        Approx(2.0 / 7));
  CHECK(word_error_rate(Words{"a b c d"}, Words{"e"}) == 4);
  CHECK(character_error_rate(Words{"Käse", "ab"}, Words{"Kase", "abc"}) == Approx(2.0 / 7));
  CHECK(character_error_rate(Words{"a b"}, Words{"ab"}) == 0.5);
  CHECK(error_rate(std::vector<Ids>{{1, 2}}, std::vector<Ids>{{1, 3}}) == 0.5);
  CHECK_THAT(refusal([] { word_error_rate(Words{"a"}, Words{}); }),
             ContainsSubstring("0 references") && ContainsSubstring("1 texts"));
  CHECK_THAT(refusal([] { word_error_rate(Words{"a"}, Words{" "}); }), ContainsSubstring("empty"));
  CHECK_THAT(refusal([] { character_error_rate(Words{"\xFF"}, Words{"a"}); }), ContainsSubstring("UTF-8"));
}

// The candidates and references of Papineni et al. 2002, example 1, in the spelling of NLTK.
const Words candidate1 =
    split("It is a guide to action which ensures that the military always obeys the commands of the party");
const Words candidate2 =
    split("It is to insure the troops forever hearing the activity guidebook that party direct");
const std::vector<Words> references{
    split("It is a guide to action that ensures that the military will forever heed Party commands"),
    split(
        "It is the guiding principle which guarantees the military forces always being under the command of "
        "the Party"),
    split("It is the practical guide for the army always to heed the directions of the party")};

Bleu of(const Words& found, const std::vector<Words>& right) {
  return bleu(std::vector<Words>{found}, std::vector<std::vector<Words>>{right});
}
Bleu of_ids(const Ids& found, const std::vector<Ids>& right, const BleuOptions& options = {}) {
  return bleu(std::vector<Ids>{found}, std::vector<std::vector<Ids>>{right}, options);
}

TEST_CASE("Modified precisions match Papineni et al.", "[train][text_metrics]") {
  CHECK(of(candidate1, references).precisions[0] == Approx(17.0 / 18));
  CHECK(of(candidate1, references).precisions[1] == Approx(10.0 / 17));
  CHECK(of(candidate2, references).precisions[0] == Approx(8.0 / 14));
  CHECK(of(candidate2, references).precisions[1] == Approx(1.0 / 13));
  const std::vector<Words> cat{split("the cat is on the mat"), split("there is a cat on the mat")};
  CHECK(of(split("the the the the the the the"), cat).precisions[0] == Approx(2.0 / 7));
}

TEST_CASE("BLEU matches NLTK's published examples", "[train][text_metrics]") {
  CHECK(of(candidate1, references).score == Approx(0.5045).margin(1e-4));
  CHECK(of(candidate2, references).score == 0);
  const Words found = split("he read the book because he was interested in world history");
  const Words right = split("he was interested in world history because he read the book");
  const Bleu corpus =
      bleu(std::vector<Words>{candidate1, found}, std::vector<std::vector<Words>>{references, {right}});
  CHECK(corpus.score == Approx(0.5920).margin(1e-4));
  CHECK(corpus.length == 29);
  CHECK(corpus.reference_length == 29);
  CHECK((of(candidate1, references).score + of(found, {right}).score) / 2 == Approx(0.6223).margin(1e-4));
}

TEST_CASE("A text shorter than its closest reference gets a penalty", "[train][text_metrics]") {
  const std::vector<Ids> right{{1, 2, 3, 4, 5, 6, 7, 8}, {1, 2, 3, 4, 5, 6}};
  const Bleu brief = of_ids({1, 2, 3, 4, 5}, right);
  CHECK(brief.reference_length == 6);
  CHECK(brief.brevity_penalty == Approx(std::exp(-0.2)));
  CHECK(brief.score == Approx(std::exp(-0.2)));
  const Bleu even = of_ids({1, 2, 3, 4, 5, 6, 7}, right);
  CHECK(even.reference_length == 6);  // of 6 and 8, equally close, the shorter
  CHECK(even.brevity_penalty == 1);
  CHECK(even.score == 1);
}

TEST_CASE("Smoothing gives texts without a right long n-gram a score above 0", "[train][text_metrics]") {
  // Precisions 4/5, 2/4, 0/3, 0/2.
  const auto with = [&](BleuSmoothing smoothing, Index orders = 4) {
    return of_ids({1, 2, 9, 4, 5}, {{1, 2, 3, 4, 5}}, {orders, smoothing}).score;
  };
  CHECK(with(BleuSmoothing::none) == 0);
  CHECK(with(BleuSmoothing::none, 2) == Approx(std::sqrt(0.8 * 0.5)));
  CHECK(with(BleuSmoothing::add_one) == Approx(std::pow(0.8 * (3.0 / 5) * (1.0 / 4) * (1.0 / 3), 0.25)));
  CHECK(with(BleuSmoothing::exponential) ==
        Approx(std::pow(0.8 * 0.5 * (1.0 / (2 * 3)) * (1.0 / (4 * 2)), 0.25)));
  const auto one_word = [&](BleuSmoothing smoothing) {
    return of_ids({1}, {{1, 2, 3, 4, 5}}, {4, smoothing}).score;
  };
  CHECK(one_word(BleuSmoothing::exponential) == 0);  // no text is long enough for two
  CHECK(one_word(BleuSmoothing::add_one) == Approx(std::exp(-4)));
}

TEST_CASE("BLEU of an empty text is 0, and illegal arguments throw", "[train][text_metrics]") {
  const std::vector<Ids> right{{1, 2, 3, 4, 5}};
  CHECK(of_ids({}, right).score == 0);
  CHECK(of_ids({7, 8, 9, 6, 5, 6}, right, {.smoothing = BleuSmoothing::exponential}).score > 0);
  CHECK(of_ids({7, 8}, right, {.smoothing = BleuSmoothing::add_one}).score == 0);
  CHECK_THAT(refusal([&] { bleu(std::vector<Ids>{}, std::vector<std::vector<Ids>>{}); }),
             ContainsSubstring("no texts"));
  CHECK_THAT(refusal([&] { bleu(std::vector<Ids>(1), std::vector<std::vector<Ids>>{}); }),
             ContainsSubstring("0 lists"));
  CHECK_THAT(refusal([&] { of_ids({1}, {}); }), ContainsSubstring("text 0 has no references"));
  CHECK_THAT(refusal([&] { of_ids({1}, right, {.max_order = 0}); }), ContainsSubstring("max_order 0"));
}

}  // namespace text_metrics_test
}  // namespace recur::testing
