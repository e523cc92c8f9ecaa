#include "recur/architecture/ctc_decode.hpp"

#include <limits>
#include <map>

#include "catch.hpp"
#include "recur/core/activation.hpp"
#include "recur/core/initialize.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace ctc_decode_test {

using Catch::Matchers::ContainsSubstring;
using Labels = std::vector<int>;

/// The probability of all labels, from all paths.
std::map<Labels, double> all_labels(const MatrixX<double>& logits, int blank) {
  MatrixX<double> y = logits;
  softmax(y);
  std::map<Labels, double> p;
  std::vector<int> path(static_cast<std::size_t>(y.cols()));
  for (bool more = true; more;) {
    double product = 1;
    Labels labels;
    for (std::size_t t = 0; t < path.size(); ++t) {
      product *= y(path[t], static_cast<Index>(t));
      if (path[t] != blank && (t == 0 || path[t] != path[t - 1])) labels.push_back(path[t]);
    }
    p[labels] += product;
    more = false;
    for (int& k : path) {
      k = (k + 1) % static_cast<int>(y.rows());
      more = k != 0;
      if (more) break;
    }
  }
  return p;
}

TEST_CASE("A stream finds the labels of the best path with the step that begins them",
          "[architecture][ctc_decode]") {
  const std::vector<int> classes{0, 3, 3, 0, 3, 1, 0};
  CtcStream stream;
  std::vector<std::optional<int>> found;
  for (const int best : classes) {
    VectorX<float> scores = VectorX<float>::Zero(4);
    scores(best) = 1;
    found.push_back(stream.step(scores));
  }
  CHECK(found == std::vector<std::optional<int>>{{}, 3, {}, {}, 3, 1, {}});
  VectorX<float> wrong = VectorX<float>::Zero(4);
  wrong(1) = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_AS(stream.step(wrong), std::invalid_argument);
  CHECK_THROWS_AS(CtcStream(4).step(VectorX<float>::Zero(4)), std::out_of_range);
  CHECK(refusal([&] { stream.step(MatrixX<float>(4, 0)); }) ==
        "scores of 4 x 0 for a step: they must be one column");
  CHECK_THROWS_AS(stream.step(MatrixX<float>::Identity(4, 2)), std::invalid_argument);
  CHECK(stream.step(VectorX<float>::Unit(4, 1)) == 1);  // a blank came before
}

TEST_CASE("The best path loses its repeats first and then its blanks", "[architecture][ctc_decode]") {
  const auto path = [](const std::vector<int>& classes, int blank) {
    MatrixX<float> scores = MatrixX<float>::Zero(4, static_cast<Index>(classes.size()));
    for (std::size_t t = 0; t < classes.size(); ++t) scores(classes[t], static_cast<Index>(t)) = 1;
    return ctc_greedy(scores, blank);
  };
  CHECK(path({0, 3, 3, 0, 3, 1, 0}, 0) == Labels{3, 3, 1});
  CHECK(path({0, 3, 3, 0, 3, 1, 0}, 3) == Labels{0, 0, 1, 0});
  CHECK(path({2, 2}, 2).empty());
  CHECK(path({1, 2, 1}, 0) == Labels{1, 2, 1});
  CHECK(ctc_greedy(MatrixX<double>(3, 0)).empty());
}

TEST_CASE("The best paths of a batch are in the user's order", "[architecture][ctc_decode]") {
  const MatrixX<double> first{{0, 1}, {1, 0}}, second{{0, 1, 0}, {1, 0, 1}}, third{{1.0}, {0.0}};
  CHECK(ctc_greedy(Sequence<double>({first, second, third})) == std::vector<Labels>{{1}, {1, 1}, {}});
}

TEST_CASE("A beam that keeps everything gives the probability of every label sequence, the best first",
          "[architecture][ctc_decode]") {
  for (const int blank : {0, 1, 2})
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      MatrixX<double> logits(3, 6);
      Random random(seed);
      normal(logits, 2, random);
      const auto expected = all_labels(logits, blank);
      const auto found = ctc_beam_search(logits, 100000, blank);
      REQUIRE(found.size() == expected.size());
      for (std::size_t i = 0; i < found.size(); ++i) {
        CHECK(std::exp(found[i].log_probability) == Approx(expected.at(found[i].labels)).epsilon(1e-12));
        if (i > 0) CHECK(found[i].log_probability <= found[i - 1].log_probability);
      }
      const auto in_float = ctc_beam_search(logits.cast<float>(), 100000, blank);
      CHECK(in_float[0].labels == found[0].labels);
      CHECK(in_float[0].log_probability == Approx(found[0].log_probability).epsilon(1e-5));
    }
}

TEST_CASE("A beam finds labels that are more likely than the best path's labels",
          "[architecture][ctc_decode]") {
  // Two steps, blank 0.6 and label 0.4: the best path is empty with 0.36, the label has 0.64 on three paths.
  const MatrixX<double> p{{0.6, 0.6}, {0.4, 0.4}};
  CHECK(ctc_greedy(p).empty());
  const auto found = ctc_beam_search(p.array().log().matrix(), 2);
  REQUIRE(found.size() == 2);
  CHECK(found[0].labels == Labels{1});
  CHECK(std::exp(found[0].log_probability) == Approx(0.64));
  CHECK(std::exp(found[1].log_probability) == Approx(0.36));
  CHECK(ctc_beam_search(p.array().log().matrix(), 1).size() == 1);
}

TEST_CASE("A narrow beam keeps each label sequence once and does not overestimate its probability",
          "[architecture][ctc_decode]") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    MatrixX<double> logits(3, 8);
    Random random(seed);
    normal(logits, 1, random);
    const auto expected = all_labels(logits, 0);
    std::map<Labels, int> times;
    for (const auto& hypothesis : ctc_beam_search(logits, 5)) {
      CHECK(++times[hypothesis.labels] == 1);
      CHECK(std::exp(hypothesis.log_probability) <= expected.at(hypothesis.labels) * (1 + 1e-12));
    }
    CHECK(times.size() == 5);
  }
}

TEST_CASE("A beam over a thousand steps has finite scores", "[architecture][ctc_decode]") {
  const auto found = ctc_beam_search(MatrixX<float>::Zero(5, 1000), 3);
  REQUIRE(found.size() == 3);
  CHECK(std::isfinite(found[0].log_probability));
  CHECK(found[0].log_probability < -100);
  const auto none = ctc_beam_search(MatrixX<float>(5, 0), 3);
  REQUIRE(none.size() == 1);
  CHECK(none[0].labels.empty());
  CHECK(none[0].log_probability == 0);
}

TEST_CASE("Scores that can't be decoded throw, and the message says why", "[architecture][ctc_decode]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const MatrixX<double> legal = MatrixX<double>::Zero(3, 2);
  MatrixX<double> wrong = legal;
  wrong(1, 1) = nan;
  CHECK_THAT(refusal([&] { ctc_greedy(wrong); }), ContainsSubstring("step 1") && ContainsSubstring("number"));
  CHECK_THAT(refusal([&] { ctc_beam_search(wrong, 2); }), ContainsSubstring("step 1"));
  wrong(1, 1) = infinity;
  CHECK_THAT(refusal([&] { ctc_beam_search(wrong, 2); }), ContainsSubstring("step 1 is inf"));
  CHECK_THAT(refusal([&] { ctc_beam_search(legal, 0); }), ContainsSubstring("width 0"));
  CHECK_THAT(refusal<std::out_of_range>([&] { ctc_beam_search(legal, 2, 3); }),
             ContainsSubstring("blank 3") && ContainsSubstring("0 to 2"));
  CHECK_THAT(refusal<std::out_of_range>([&] { ctc_greedy(legal, -1); }), ContainsSubstring("blank -1"));
}

}  // namespace ctc_decode_test
}  // namespace recur::testing
