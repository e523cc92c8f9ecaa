#include "recur/core/mask.hpp"

#include <algorithm>
#include <vector>

#include "catch.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace mask_test {

TEST_CASE("A mask drops numbers at its rate and scales the others to keep the mean", "[core][mask]") {
  constexpr Index count = 100001;  // odd, so half of the last draw is not used
  for (const double rate : {0.0, 0.1, 0.5, 0.9}) {
    std::vector<float> mask(count + 1, -1.0f);
    Random random(1);
    detail::draw_mask(mask.data(), count, rate, random);
    CHECK(mask.back() == -1);
    mask.pop_back();
    const auto kept = static_cast<float>(1 / (1 - rate));
    const auto dropped = std::count(mask.begin(), mask.end(), 0.0f);
    CHECK(dropped + std::count(mask.begin(), mask.end(), kept) == count);
    const double expected = rate * count, deviation = std::sqrt(rate * (1 - rate) * count);
    CHECK(std::abs(static_cast<double>(dropped) - expected) <= 4 * deviation);
  }
}

TEST_CASE("One draw gives two choices, the higher bits first", "[core][mask]") {
  const std::uint64_t half = std::uint64_t{1} << 31;
  for (const std::size_t count : {1, 2, 5, 127, 128, 129, 301}) {
    Random random(7), same(7);
    std::vector<double> choices(count + 1, 9);
    detail::draw_choices(choices.data(), static_cast<Index>(count), 0.5, 2.0, -3.0, random);
    for (std::size_t i = 0; i < count; i += 2) {
      const std::uint64_t bits = same.bits();
      CHECK(choices[i] == (bits >> 32 < half ? 2 : -3));
      if (i + 1 < count) CHECK(choices[i + 1] == ((bits & 0xFFFFFFFFu) < half ? 2 : -3));
    }
    CHECK(choices[count] == 9);
    CHECK(random.bits() == same.bits());
  }
}

TEST_CASE("Two masks of one generator differ", "[core][mask]") {
  Random random(1);
  std::vector<float> first(64), second(64);
  detail::draw_mask(first.data(), 64, 0.5, random);
  detail::draw_mask(second.data(), 64, 0.5, random);
  CHECK(first != second);
}

TEST_CASE("A rate is at least 0 and below 1", "[core][mask]") {
  CHECK_NOTHROW(detail::check_rate("Dropout", 0));
  CHECK_NOTHROW(detail::check_rate("Dropout", 0.999));
  CHECK(refusal([] { detail::check_rate("Dropout", 1); }) ==
        "Dropout with rate 1: it must be at least 0 and below 1");
  CHECK_THROWS_AS(detail::check_rate("Dropout", -0.1), std::invalid_argument);
  CHECK_THROWS_AS(detail::check_rate("Dropout", NAN), std::invalid_argument);
}

}  // namespace mask_test
}  // namespace recur::testing
