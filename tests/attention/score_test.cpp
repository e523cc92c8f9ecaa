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

TEST_CASE("A dot score is the product of query and key, and a scaled one divides it by the root of D") {
  CHECK(scores(DotScore<double>{2}, two, three).isApprox(three.transpose() * two));
  CHECK(scores(ScaledDotScore<double>{2}, two, three).isApprox(three.transpose() * two / std::sqrt(2.0)));
}

TEST_CASE("A score is added to what is there") {
  MatrixX<double> e = MatrixX<double>::Ones(3, 2);
  DotScore<double>{2}.compare(as_is(two), as_is(three), e.data());
  CHECK(e.isApprox(MatrixX<double>::Ones(3, 2) + three.transpose() * two));
}

TEST_CASE("An additive score is a sum of tanh over its units") {
  AdditiveScore<double> score{5, 4, 2};  // compare gets projections of two units
  score.weight_score << 0.5, -2;
  const MatrixX<double> e = scores(score, two, three);
  for (Index q = 0; q < 2; ++q)
    for (Index k = 0; k < 3; ++k)
      CHECK(e(k, q) ==
            Approx(0.5 * std::tanh(two(0, q) + three(0, k)) - 2 * std::tanh(two(1, q) + three(1, k))));
}

TEST_CASE("Scores know the sizes of queries, memory and keys") {
  const GeneralScore<float> general{2, 5};
  CHECK(general.query_size() == 2);
  CHECK(general.memory_size() == 5);
  const AdditiveScore<float> additive{2, 3, 7};
  CHECK(additive.query_size() == 2);
  CHECK(additive.memory_size() == 3);
  CHECK(additive.key_size() == 7);
}

TEST_CASE("A score refuses sizes that it can't have") {
  CHECK(refusal([] { DotScore<float>{0}; }) == "a dot score of 0 features: it must have at least 1");
  CHECK_THROWS_AS(ScaledDotScore<float>{-1}, std::invalid_argument);
  CHECK(refusal([] {
          GeneralScore<float>{2, 0};
        }) == "a general score for a memory of 0 features: it must have at least 1");
  CHECK_THROWS_AS((GeneralScore<float>{0, 2}), std::invalid_argument);
  CHECK(refusal([] {
          AdditiveScore<float>{2, 3, 0};
        }) == "an additive score with query_size 2, memory_size 3 and size 0: each must be at least 1");
}

}  // namespace score_test
}  // namespace recur::testing
