// The gradients of scores are in the tests of attention.
#include "recur/attention/score.hpp"

#include <cmath>

#include "catch.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace score_test {

/// The scores of two queries for three keys, 3 × 2.
template <class C>
MatrixX<double> scores(const C& score, const MatrixX<double>& queries, const MatrixX<double>& keys) {
  MatrixX<double> e = MatrixX<double>::Zero(keys.cols(), queries.cols());
  score.compare(as_is(queries), as_is(keys), e.data());
  return e;
}

const MatrixX<double> two{{1, -2}, {3, 0.5}}, three{{2, 0, -1}, {1, 4, 0.25}};

TEST_CASE("A dot score is the product of query and key, and a scaled one divides it by the root of D",
          "[attention][score]") {
  CHECK(scores(DotScore<double>{2}, two, three).isApprox(three.transpose() * two));
  CHECK(scores(ScaledDotScore<double>{2}, two, three).isApprox(three.transpose() * two / std::sqrt(2.0)));
}

TEST_CASE("A score is added to what is there", "[attention][score]") {
  const auto adds = [](auto score) {
    Random random(1);
    score.initialize(random, Scheme::recommended);
    MatrixX<double> e = MatrixX<double>::Ones(3, 2);
    score.compare(as_is(two), as_is(three), e.data());
    CHECK(e.isApprox(MatrixX<double>::Ones(3, 2) + scores(score, two, three)));
  };
  adds(DotScore<double>{2});
  adds(ScaledDotScore<double>{2});
  adds(GeneralScore<double>{2, 4});
  adds(AdditiveScore<double>{5, 4, 2});
}

TEST_CASE("A scaled dot score of many queries, keys and features is the scaled product",
          "[attention][score]") {
  Random random(1);
  MatrixX<double> q(70, 130), k(70, 37);
  normal(q, 1, random);
  normal(k, 1, random);
  CHECK(scores(ScaledDotScore<double>{70}, q, k).isApprox(k.transpose() * q / std::sqrt(70.0), 1e-14));
}

TEST_CASE("A scaled dot score is finite where the product without the scale is not", "[attention][score]") {
  const VectorX<float> large = VectorX<float>::Constant(16, 6e18f);
  float e = 0;
  ScaledDotScore<float>{16}.compare(as_is(large), as_is(large), &e);
  CHECK(e == Approx(1.44e38f));
}

TEST_CASE("An additive score is a sum of tanh over its units", "[attention][score]") {
  AdditiveScore<double> score{5, 4, 2};  // compare gets projections of two units
  score.weight_score << 0.5, -2;
  const MatrixX<double> e = scores(score, two, three);
  for (Index q = 0; q < 2; ++q)
    for (Index k = 0; k < 3; ++k)
      CHECK(e(k, q) ==
            Approx(0.5 * std::tanh(two(0, q) + three(0, k)) - 2 * std::tanh(two(1, q) + three(1, k))));
}

TEST_CASE("Scores know the sizes of queries, memory and keys", "[attention][score]") {
  const GeneralScore<float> general{2, 5};
  CHECK(general.query_size() == 2);
  CHECK(general.memory_size() == 5);
  const AdditiveScore<float> additive{2, 3, 7};
  CHECK(additive.query_size() == 2);
  CHECK(additive.memory_size() == 3);
  CHECK(additive.key_size() == 7);
}

TEST_CASE("A score refuses sizes that it can't have", "[attention][score]") {
  CHECK(refusal([] { DotScore<float>{0}; }) == "a dot score of 0 features: it must have at least 1");
  CHECK_THROWS_AS(ScaledDotScore<float>{-1}, std::invalid_argument);
  CHECK(refusal([] {
          GeneralScore<float>{2, 0};
        }) == "a general score with query_size 2, memory_size 0: both must be at least 1");
  CHECK(refusal([] {
          GeneralScore<float>{0, 2};
        }) == "a general score with query_size 0, memory_size 2: both must be at least 1");
  CHECK(refusal([] {
          AdditiveScore<float>{2, 3, 0};
        }) == "an additive score with query_size 2, memory_size 3 and size 0: each must be at least 1");
}

}  // namespace score_test
}  // namespace recur::testing
