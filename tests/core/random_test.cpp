#include "recur/core/random.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "catch.hpp"
#include "max_abs.hpp"

namespace recur::testing {
namespace random_test {

TEST_CASE("The stream of bits is xoshiro256**, seeded by splitmix64", "[core][random]") {
  // Computed by another program. The states of seed 0 are in the papers' reference code.
  Random zero, one(1), last(~std::uint64_t{0});
  CHECK(zero.state() == std::array<std::uint64_t, 4>{0xe220a8397b1dcdaf, 0x6e789e6aa1b965f4,
                                                     0x06c45d188009454f, 0xf88bb8a8724c81ec});
  for (const std::uint64_t bits : {0x99ec5f36cb75f2b4u, 0xbf6e1f784956452au, 0x1a5f849d4933e6e0u,
                                   0x6aa594f1262d2d2cu, 0xbba5ad4a1f842e59u})
    CHECK(zero.bits() == bits);
  for (const std::uint64_t bits : {0xb3f2af6d0fc710c5u, 0x853b559647364ceau, 0x92f89756082a4514u})
    CHECK(one.bits() == bits);
  for (const std::uint64_t bits : {0x8f5520d52a7ead08u, 0xc476a018caa1802du, 0x81de31c0d260469eu})
    CHECK(last.bits() == bits);
}

TEST_CASE("Every kind of draw is the same to the last bit on every platform", "[core][random]") {
  Random random(42);
  for (const double u :
       {0x1.5780b2e0c2ec0p-4, 0x1.84136619b444ep-2, 0x1.5c2ea66473c93p-1, 0x1.d9715a8e0766cp-1})
    CHECK(random.uniform() == u);
  random = Random(42);
  for (const double z : {-0x1.5c2ea66473c93p-1, -0x1.98914dbd6b560p-2, -0x1.3ed6a3a61aa05p-1,
                         -0x1.901547bb440c7p+1, -0x1.91be7d3d72cecp+0, -0x1.caf61cadb631cp-2})
    CHECK(random.normal() == z);
  random = Random(42);
  for (const Index n : {2, 2, 9, 3, 6, 4, 4, 7, 8, 5, 9, 3}) CHECK(random.below(10) == n);
  random = Random(42);
  for (const Index n : {73422665323461246, 5627057734607477153, 3222516053899960481, 4460494922783153764})
    CHECK(random.below(Index{3} << 61) == n);
  random = Random(42);
  std::vector<int> items{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  random.shuffle(std::span(items));
  CHECK(items == std::vector{7, 3, 8, 9, 5, 6, 4, 1, 0, 2});
}

TEST_CASE("A split stream is independent and leaves its parent unchanged", "[core][random]") {
  Random parent(42);
  const auto state = parent.state();
  Random first = parent.split(0), second = parent.split(1), again = parent.split(0);
  CHECK(parent.state() == state);
  CHECK(first.bits() == 0x1ed1d5f3784f05bd);
  CHECK(second.bits() == 0x0136e0baa14383fb);
  CHECK(again.bits() == 0x1ed1d5f3784f05bd);
  parent.bits();
  CHECK(parent.split(0).bits() != 0x1ed1d5f3784f05bd);
}

TEST_CASE("A stream continues from a saved state", "[core][random]") {
  Random random(7);
  for (int i = 0; i < 10; ++i) random.normal();
  const auto state = random.state();
  const double next = random.normal();
  Random other(8);
  other.restore(state);
  CHECK(other.normal() == next);
}

/// Largest distance between the distribution of the draws and F (Kolmogorov and Smirnov).
template <class F>
double distance(std::vector<double> draws, F&& distribution) {
  std::sort(draws.begin(), draws.end());
  const auto n = static_cast<double>(draws.size());
  double largest = 0;
  for (std::size_t i = 0; i < draws.size(); ++i) {
    const double p = distribution(draws[i]);
    largest = worse(largest, worse(p - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - p));
  }
  return largest;
}

TEST_CASE("Normal numbers are normal", "[core][random]") {
  const int n = 200000;
  std::vector<double> draws;
  Random random(1);
  for (int i = 0; i < n; ++i) draws.push_back(random.normal());
  const auto moment = [&](int k) {
    double sum = 0;
    for (const double z : draws) sum += std::pow(z, k);
    return sum / n;
  };
  const double four_sigma = 4 / std::sqrt(n);
  CHECK(std::abs(moment(1)) < four_sigma);
  CHECK(std::abs(moment(2) - 1) < std::sqrt(2) * four_sigma);
  CHECK(std::abs(moment(3)) < std::sqrt(15) * four_sigma);
  CHECK(std::abs(moment(4) - 3) < std::sqrt(96) * four_sigma);
  const double mean = moment(1), variance = moment(2) - mean * mean;
  CHECK(std::abs(moment(3) - 3 * mean * moment(2)) / std::pow(variance, 1.5) < std::sqrt(6) * four_sigma);
  // 1.63 is exceeded once in a hundred times
  CHECK(distance(draws, [](double z) { return std::erfc(-z / std::sqrt(2)) / 2; }) * std::sqrt(n) < 1.63);
  // Also far in the tail: P(|z| > 3) = 0.0027
  const auto far = std::count_if(draws.begin(), draws.end(), [](double z) { return std::abs(z) > 3; });
  CHECK(std::abs(static_cast<double>(far) - 0.0026998 * n) < 4 * std::sqrt(0.0027 * n));
  // Successive draws are independent.
  double product = 0;
  for (std::size_t i = 1; i < draws.size(); ++i) product += draws[i] * draws[i - 1];
  CHECK(std::abs(product / n) < four_sigma);
}

TEST_CASE("Uniform numbers are uniform and stay within their limits", "[core][random]") {
  const int n = 100000;
  std::vector<double> unit, wide;
  Random random(2);
  for (int i = 0; i < n; ++i) unit.push_back(random.uniform());
  for (int i = 0; i < n; ++i) wide.push_back(random.symmetric(3));
  CHECK(distance(unit, [](double u) { return u; }) * std::sqrt(n) < 1.63);
  CHECK(distance(wide, [](double u) { return (u + 3) / 6; }) * std::sqrt(n) < 1.63);
  CHECK(*std::min_element(unit.begin(), unit.end()) >= 0);
  CHECK(*std::max_element(unit.begin(), unit.end()) < 1);
  CHECK(*std::min_element(wide.begin(), wide.end()) >= -3);
  CHECK(*std::max_element(wide.begin(), wide.end()) < 3);
}

/// Σ (seen - expected)² / expected for equally probable classes.
double chi_squared(const std::vector<int>& seen) {
  const double expected =
      static_cast<double>(std::accumulate(seen.begin(), seen.end(), 0)) / static_cast<double>(seen.size());
  double sum = 0;
  for (const int count : seen) sum += (count - expected) * (count - expected) / expected;
  return sum;
}

TEST_CASE("Integers below a bound are equally frequent", "[core][random]") {
  Random random(3);
  std::vector<int> seen(7);
  for (int i = 0; i < 70000; ++i) ++seen.at(static_cast<std::size_t>(random.below(7)));
  CHECK(chi_squared(seen) < 16.8);  // exceeded once in a hundred times
  for (int i = 0; i < 10; ++i) CHECK(random.below(1) == 0);
  // A plain remainder of 2^64 would prefer the first third of these to the others, 3 to 2.
  std::vector<int> thirds(3);
  for (int i = 0; i < 30000; ++i) ++thirds.at(static_cast<std::size_t>(random.below(Index{3} << 61) >> 61));
  CHECK(chi_squared(thirds) < 9.2);
  CHECK_THROWS_WITH(random.below(0), "a random integer below 0 was asked for: the bound must be positive");
  CHECK_THROWS_AS(random.below(-5), std::invalid_argument);
}

TEST_CASE("Every order of a shuffle is equally frequent", "[core][random]") {
  Random random(4);
  std::vector<int> seen(24);
  for (int i = 0; i < 48000; ++i) {
    std::array<int, 4> items{0, 1, 2, 3};
    random.shuffle(std::span<int>(items));
    int order = 0;  // rank of the permutation
    for (std::size_t a = 0; a < 4; ++a) {
      int smaller = 0;
      for (std::size_t b = a + 1; b < 4; ++b) smaller += items[b] < items[a];
      order = order * static_cast<int>(4 - a) + smaller;
    }
    ++seen.at(static_cast<std::size_t>(order));
  }
  CHECK(chi_squared(seen) < 41.6);  // exceeded once in a hundred times
  std::vector<int> none, one{5};
  random.shuffle(std::span(none));
  random.shuffle(std::span(one));
  CHECK(one == std::vector{5});
}

}  // namespace random_test
}  // namespace recur::testing
