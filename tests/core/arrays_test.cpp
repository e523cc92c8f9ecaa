#include "recur/core/arrays.hpp"

#include <cstddef>
#include <limits>
#include <vector>

#include "catch.hpp"

namespace recur::testing {
namespace arrays_test {

namespace arrays = detail::arrays;

template <class S>
std::vector<S> counted(Index count, S first) {
  std::vector<S> numbers(static_cast<std::size_t>(count) + 1, S(-99));  // the last one is beyond the array
  for (Index i = 0; i < count; ++i) numbers[static_cast<std::size_t>(i)] = first + static_cast<S>(i);
  return numbers;
}

TEMPLATE_TEST_CASE("Arrays of any length are computed number by number, and the number behind them stays", "",
                   float, double) {
  using S = TestType;
  for (Index count = 0; count <= 40; ++count) {  // none, less than a pack, some packs and what they leave
    const auto a = counted<S>(count, 1), b = counted<S>(count, -3);
    auto sum = a, product = a, scaled = a, in_place = a, added = a;
    arrays::add(a.data(), b.data(), sum.data(), count);
    arrays::add(in_place.data(), b.data(), count);
    arrays::multiply(a.data(), b.data(), product.data(), count);
    arrays::scale(scaled.data(), count, S(4));
    arrays::add_scaled(added.data(), S(0.5), b.data(), count);
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      CHECK(sum[i] == a[i] + b[i]);
      CHECK(in_place[i] == a[i] + b[i]);
      CHECK(product[i] == a[i] * b[i]);
      CHECK(scaled[i] == 4 * a[i]);
      CHECK(added[i] == a[i] + b[i] / 2);
    }
    for (const auto* result : {&sum, &product, &scaled, &in_place, &added}) CHECK(result->back() == -99);
  }
}

TEMPLATE_TEST_CASE("A dot product takes every number once", "", float, double) {
  using S = TestType;
  for (Index count = 0; count <= 70; ++count) {  // packs of all widths, two at once, and what they leave
    std::vector<S> a(static_cast<std::size_t>(count)), b(a);
    S expected = 0;
    for (Index k = 0; k < count; ++k) {
      a[static_cast<std::size_t>(k)] = static_cast<S>(k + 1);
      b[static_cast<std::size_t>(k)] = static_cast<S>(k % 3 - 1);
      expected += static_cast<S>((k + 1) * (k % 3 - 1));  // whole numbers: exact in any order
    }
    CHECK(detail::arrays::dot(a.data(), b.data(), count) == expected);
  }
}

TEMPLATE_TEST_CASE("A number that is zero, large or not finite is found wherever it is", "", float, double) {
  using S = TestType;
  constexpr Index count = 37;
  for (std::size_t at = 0; at < count; ++at) {
    std::vector<S> numbers(count, S(0));
    CHECK(arrays::all_zero(numbers.data(), count));
    CHECK(arrays::largest_size(numbers.data(), count) == 0);
    numbers[at] = S(-2);
    CHECK_FALSE(arrays::all_zero(numbers.data(), count));
    CHECK(arrays::largest_size(numbers.data(), count) == 2);
    CHECK(arrays::all_finite(numbers.data(), count));
    CHECK(arrays::sum_of_squares(numbers.data(), count) == 4);
    CHECK(arrays::sum_of_squares(numbers.data(), count, 0.5) == 1);
    for (const S bad : {std::numeric_limits<S>::infinity(), std::numeric_limits<S>::quiet_NaN()}) {
      numbers[at] = bad;
      CHECK_FALSE(arrays::all_finite(numbers.data(), count));
    }
  }
  CHECK(arrays::all_zero<S>(nullptr, 0));
  CHECK(arrays::largest_size<S>(nullptr, 0) == 0);
}

TEST_CASE("Squares of floats that overflow or vanish in float are summed in double") {
  const std::vector<float> large(3, 1e30F), small(3, 1e-30F);
  CHECK(arrays::sum_of_squares(large.data(), 3) == Approx(3e60));
  CHECK(arrays::sum_of_squares(small.data(), 3) == Approx(3e-60));
}

}  // namespace arrays_test
}  // namespace recur::testing
