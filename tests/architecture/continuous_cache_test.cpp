#include "recur/architecture/continuous_cache.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "allocations.hpp"
#include "catch.hpp"
#include "max_abs.hpp"
#include "recur/architecture/many_to_many.hpp"
#include "recur/cell/gru.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "recur/train/evaluate.hpp"
#include "recur/train/loss.hpp"
#include "recur/train/sequence_loss.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace continuous_cache_test {

constexpr Index classes = 5;

VectorX<double> draw_logits(Random& random) {
  VectorX<double> logits(classes);
  for (double& a : logits) a = 2 * random.normal();
  return logits;
}
VectorX<double> probabilities(const VectorX<double>& logits) {
  const VectorX<double> e = logits.array().exp();
  return e / e.sum();
}

TEST_CASE("A cache mixes the model's prediction with what followed predictions like it",
          "[architecture][continuous_cache]") {
  const CacheOptions options{.size = 4, .share = 0.25, .sharpness = 9};
  ContinuousCache<double> cache(classes, options);
  Random random(1);
  std::vector<VectorX<double>> before;
  std::vector<Token> tokens;
  for (int step = 0; step < 12; ++step) {  // longer than the cache: the oldest go
    INFO("step " << step);
    CHECK(cache.size() == std::min(step, 4));
    const VectorX<double> logits = draw_logits(random), p = probabilities(logits);
    VectorX<double> q = VectorX<double>::Zero(classes);
    const std::size_t first = before.size() > 4 ? before.size() - 4 : 0;
    for (std::size_t i = first; i < before.size(); ++i)
      q(tokens[i]) += std::exp(9 * p.cwiseProduct(before[i]).cwiseSqrt().sum());
    const VectorX<double> expected = before.empty() ? p : VectorX<double>(0.75 * p + 0.25 * q / q.sum());
    const VectorX<double> mixed = cache.mix(logits);
    CHECK(max_abs(mixed.array().exp() - expected.array()) < 1e-14);
    before.push_back(p);
    tokens.push_back(static_cast<Token>(random.below(classes)));
    cache.add(tokens.back());
  }
  cache.clear();
  CHECK(cache.size() == 0);
  const VectorX<double> logits = draw_logits(random);
  CHECK(max_abs(cache.mix(logits).array().exp().matrix() - probabilities(logits)) < 1e-14);
}

TEST_CASE("A cache is as exact for logits of any size, and in float", "[architecture][continuous_cache]") {
  ContinuousCache<float> cache(3, {.size = 2, .share = 0.5, .sharpness = 1e4});
  const Eigen::Vector3f sure(900, 0, -900), other(-900, 900, 0);
  CHECK(cache.mix(sure)(0) == 0);
  CHECK(cache.mix(sure)(2) == -1800);  // twice in a row: only the last prediction counts
  cache.add(0);
  // Now the cache expects 0, the model 1. Nothing expects 2: its logarithm is finite.
  const VectorX<float> mixed = cache.mix(other);
  CHECK(mixed(0) == Approx(std::log(0.5)));
  CHECK(mixed(1) == Approx(std::log(0.5)));
  CHECK(mixed(2) == Approx(-900 + std::log(0.5)));

  ContinuousCache<float> silent(3, {.share = 0});
  silent.mix(sure);
  silent.add(2);
  CHECK(silent.mix(sure)(2) == -1800);

  const float infinity = std::numeric_limits<float>::infinity();
  ContinuousCache<float> excluded(3);
  CHECK(excluded.mix(Eigen::Vector3f(1, -infinity, 1))(1) == -infinity);
  excluded.add(0);
  CHECK(std::isfinite(excluded.mix(Eigen::Vector3f(1, 1, 1))(1)));
}

TEST_CASE("A cache allocates nothing after its first prediction", "[architecture][continuous_cache]") {
  ContinuousCache<float> cache(classes, {.size = 3});
  const VectorX<float> logits = VectorX<float>::LinSpaced(classes, -1, 1);
  cache.mix(logits);
  cache.add(1);
  const CountAllocations allocations;
  for (int i = 0; i < 8; ++i) {
    cache.mix(logits);
    cache.add(static_cast<Token>(i % classes));
  }
  const long count = allocations.count();
  CHECK(count == 0);
}

TEST_CASE("A cache refuses what is not legal and stays as it was", "[architecture][continuous_cache]") {
  using Cache = ContinuousCache<float>;
  CHECK(refusal([] { Cache(0); }) == "a cache for 0 tokens: there must be at least 1");
  CHECK(refusal([] { Cache(3, {.size = 0}); }) == "a cache of 0 predictions: it must remember at least 1");
  CHECK(refusal([] { Cache(3, {.share = 1}); }) ==
        "a cache with a share of 1: it must be at least 0 and below 1");
  CHECK_THROWS_AS(Cache(3, {.share = -0.1}), std::invalid_argument);
  CHECK_THROWS_AS(Cache(3, {.share = std::nan("")}), std::invalid_argument);
  CHECK(refusal([] { Cache(3, {.sharpness = -1}); }) ==
        "a cache with a sharpness of -1: it must be at least 0 and a finite number of the scalar");
  CHECK_THROWS_AS(Cache(3, {.sharpness = 1e39}), std::invalid_argument);  // infinite in float

  Cache cache(3);
  CHECK(refusal([&] { cache.add(0); }) ==
        "a cache was given a token, but not the prediction before it: call mix first");
  CHECK(refusal([&] { cache.mix(VectorX<float>::Zero(4)); }) ==
        "a cache of 3 tokens was given logits of 4 x 1");
  CHECK_THROWS_AS(cache.mix(Eigen::Vector3f(0, NAN, 0)), std::invalid_argument);
  CHECK_THROWS_AS(cache.mix(Eigen::Vector3f(0, INFINITY, 0)), std::invalid_argument);
  CHECK(refusal([&] { cache.add(0); }) != "");  // a refused prediction is none
  cache.mix(Eigen::Vector3f(0, 1, 0));
  CHECK_THROWS_AS(cache.add(3), std::out_of_range);
  CHECK_THROWS_AS(cache.add(-1), std::out_of_range);
  CHECK(cache.size() == 0);
  cache.add(2);
  CHECK(cache.size() == 1);
}

TEST_CASE("A text that repeats itself surprises a model with a cache less",
          "[architecture][continuous_cache]") {
  ManyToMany model{Sequential{Embedding<double>{4, 3}, Recurrent{Gru<double>{3, 6}}, Dense<double>{6, 4}},
                   EachStep{SoftmaxCrossEntropy{}}};
  initialize(model, 1);
  std::vector<Token> text;
  for (int i = 0; i < 60; ++i) text.insert(text.end(), {0, 2, 1, 3, 3});
  const LongText whole(text, 1, 50);
  const double alone = evaluate(model, whole);

  ContinuousCache<double> silent(4, {.share = 0});
  CHECK(evaluate_with_cache(model, text, silent) == Approx(alone).epsilon(1e-12));
  ContinuousCache<double> cache(4, {.size = 50, .share = 0.5, .sharpness = 1e6});  // only the same prediction
  CHECK(evaluate_with_cache(model, text, cache) < 0.7 * alone);
  CHECK(cache.size() == 50);
  CHECK(refusal([&] { evaluate_with_cache(model, std::vector<Token>{1}, cache); }) ==
        "a text of 1 token: there must be at least 2, one to read and one to predict");
}

}  // namespace continuous_cache_test
}  // namespace recur::testing
