#include "recur/architecture/sampling.hpp"

#include <bit>
#include <cstdint>
#include <limits>

#include "allocations.hpp"
#include "catch.hpp"
#include "max_abs.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace sampling_test {

using Catch::Matchers::ContainsSubstring;

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Logits of probabilities 0.1, 0.4, 0.2, 0.3.
template <class S = double>
VectorX<S> logits() {
  return VectorX<S>{{S(0.1), S(0.4), S(0.2), S(0.3)}}.array().log().matrix() + VectorX<S>::Constant(4, 7);
}

void check_distribution(const SamplingOptions& options, const VectorX<double>& expected) {
  Sampler in_double(options), in_float(options);
  CHECK(max_abs(in_double.distribution(logits()) - expected) < 1e-14);
  CHECK(max_abs(in_float.distribution(logits<float>()) - expected) < 1e-6);
}

TEST_CASE("Temperature, top-k and top-p give the documented distribution", "[architecture][sampling]") {
  check_distribution({}, VectorX<double>{{0.1, 0.4, 0.2, 0.3}});
  check_distribution({.temperature = 0}, VectorX<double>{{0, 1, 0, 0}});
  check_distribution({.temperature = 0.5}, VectorX<double>{{1, 16, 4, 9}} / 30);
  check_distribution({.temperature = 1e-300}, VectorX<double>{{0, 1, 0, 0}});
  check_distribution({.top_k = 1}, VectorX<double>{{0, 1, 0, 0}});
  check_distribution({.top_k = 3}, VectorX<double>{{0, 4, 2, 3}} / 9);
  check_distribution({.top_k = 9}, VectorX<double>{{0.1, 0.4, 0.2, 0.3}});
  check_distribution({.top_p = 0.01}, VectorX<double>{{0, 1, 0, 0}});
  check_distribution({.top_p = 0.65}, VectorX<double>{{0, 4, 0, 3}} / 7);
  check_distribution({.top_p = 0.75}, VectorX<double>{{0, 4, 2, 3}} / 9);
  // The two largest of 4/9, 2/9, 3/9 have 0.78: top_p applies after top_k.
  check_distribution({.top_k = 3, .top_p = 0.77}, VectorX<double>{{0, 4, 0, 3}} / 7);
  check_distribution({.temperature = 0.5, .top_p = 0.6}, VectorX<double>{{0, 16, 0, 9}} / 25);
}

TEST_CASE("The first of equally likely tokens are kept", "[architecture][sampling]") {
  const VectorX<double> even = VectorX<double>::Zero(5);
  CHECK(Sampler({.top_k = 2}).distribution(even) == VectorX<double>{{0.5, 0.5, 0, 0, 0}});
  CHECK(Sampler({.top_p = 0.35}).distribution(even) == VectorX<double>{{0.5, 0.5, 0, 0, 0}});
  // Two tokens have exactly this probability, so a third one is not needed.
  CHECK(Sampler({.top_p = 0.5}).distribution(VectorX<double>::Zero(4)) == VectorX<double>{{0.5, 0.5, 0, 0}});
  CHECK(Sampler({.temperature = 0}).distribution(even) == VectorX<double>{{1, 0, 0, 0, 0}});
}

/// Counts of four tokens in 40000 draws, within five standard deviations.
void check_draws(const SamplingOptions& options) {
  Sampler sampler(options);
  const VectorX<double> p = sampler.distribution(logits());
  Random random(5);
  VectorX<double> counts = VectorX<double>::Zero(4);
  for (int i = 0; i < 40000; ++i) ++counts(sampler(logits(), random));
  for (Index c = 0; c < 4; ++c) {
    if (p(c) == 0)
      CHECK(counts(c) == 0);
    else
      CHECK(std::abs(counts(c) - 40000 * p(c)) < 5 * std::sqrt(40000 * p(c) * (1 - p(c))) + 1e-9);
  }
}

TEST_CASE("Tokens are drawn as often as they should be", "[architecture][sampling]") {
  check_draws({});
  check_draws({.temperature = 2});
  check_draws({.top_k = 2});
  check_draws({.top_p = 0.75});
  check_draws({.temperature = 0});
}

TEST_CASE("The same seed gives the same text, with one random number for each token",
          "[architecture][sampling]") {
  Sampler one({.top_p = 0.9}), other({.top_p = 0.9});
  Random a(3), b(3), numbers(3);
  for (int i = 0; i < 100; ++i) {
    CHECK(one(logits(), a) == other(logits(), b));
    numbers.uniform();
  }
  CHECK(a.state() == numbers.state());
}

TEST_CASE("A logit of -infinity removes a token", "[architecture][sampling]") {
  VectorX<float> some = logits<float>();
  some(1) = -std::numeric_limits<float>::infinity();
  Sampler sampler({.top_k = 3});
  CHECK(max_abs(sampler.distribution(some) - VectorX<double>{{1, 0, 2, 3}} / 6) < 1e-6);
  Random random(1);
  for (int i = 0; i < 1000; ++i) CHECK(sampler(some, random) != 1);
}

TEST_CASE("Drawing allocates nothing after the first draw", "[architecture][sampling]") {
  if (!CountAllocations::works) return;
  Sampler sampler({.temperature = 0.9, .top_k = 3, .top_p = 0.9});
  Random random(1);
  const auto given = logits<float>();
  sampler(given, random);
  const CountAllocations allocations;
  sampler(given, random);
  const long count = allocations.count();
  CHECK(count == 0);
}

TEST_CASE("Logits that can't be drawn from throw, and the message says why", "[architecture][sampling]") {
  CHECK_THAT(refusal([] { Sampler({.temperature = -1}); }), ContainsSubstring("temperature -1"));
  CHECK_THAT(refusal([] { Sampler({.temperature = infinity}); }), ContainsSubstring("temperature inf"));
  CHECK_THAT(refusal([] { Sampler({.top_k = -1}); }), ContainsSubstring("top_k -1"));
  CHECK_THAT(refusal([] { Sampler({.top_p = 0}); }), ContainsSubstring("top_p 0"));
  CHECK_THAT(refusal([] { Sampler({.top_p = 1.5}); }), ContainsSubstring("at most 1"));
  CHECK_THAT(refusal([] { Sampler({.top_p = std::nan("")}); }), ContainsSubstring("top_p"));
  Sampler sampler;
  Random random(1);
  CHECK_THAT(refusal([&] { sampler(VectorX<double>(), random); }), ContainsSubstring("0 x 1"));
  CHECK_THAT(refusal([&] { sampler(MatrixX<double>::Zero(3, 2), random); }), ContainsSubstring("3 x 2"));
  CHECK_THAT(refusal([&] { sampler(VectorX<double>::Constant(2, std::nan("")), random); }),
             ContainsSubstring("not a number"));
  CHECK_THAT(refusal([&] { sampler(VectorX<double>::Constant(2, infinity), random); }),
             ContainsSubstring("is inf"));
  CHECK_THAT(refusal([&] { sampler(VectorX<double>::Constant(2, -infinity), random); }),
             ContainsSubstring("is -inf"));
  CHECK(random.state() == Random(1).state());
}

TEST_CASE("A removed token has probability 0 among any number of others and is never drawn",
          "[architecture][sampling]") {
  Sampler sampler;
  for (Index count = 2; count < 200; count += 3) {
    VectorX<double> some = VectorX<double>::Zero(count);
    some(count - 1) = -infinity;
    CHECK(sampler.distribution(some)(count - 1) == 0);
    Random random;
    // The largest number that a generator can give: 5 s rotated, times 9, has no bit that is 0 in its upper 53.
    const auto inverse = [](std::uint64_t odd) {
      std::uint64_t x = odd;
      for (int i = 0; i < 6; ++i) x *= 2 - odd * x;
      return x;
    };
    random.restore({1, std::rotr(~std::uint64_t{0} * inverse(9), 7) * inverse(5), 2, 3});
    Random same = random;
    CHECK(same.uniform() == 1 - 0x1p-53);
    CHECK(sampler(some, random) != count - 1);
  }
}

}  // namespace sampling_test
}  // namespace recur::testing
