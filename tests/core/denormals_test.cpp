#include "recur/core/denormals.hpp"

#include <cfenv>
#include <cmath>
#include <limits>
#include <type_traits>

#include "catch.hpp"

namespace recur::testing {
namespace denormals_test {

// Read again each time, so that the compiler computes no product before the mode is set.
volatile float small_float = std::numeric_limits<float>::min();
volatile double small_double = std::numeric_limits<double>::min();
volatile float denormal = std::numeric_limits<float>::denorm_min();
volatile float half = 0.5f;

struct Products {
  float single, from_denormal;
  double twofold;
};
RECUR_NOINLINE Products products() {
  return {small_float * half, denormal * (1 / half), small_double * static_cast<double>(half)};
}

#if (defined(__SSE2__) && !defined(__wasm__)) || defined(__aarch64__)
constexpr bool flushes = true;
#else
constexpr bool flushes = false;
#endif

TEST_CASE("Denormal numbers are flushed to zero only during the object's life", "[core][denormals]") {
  static_assert(!std::is_copy_constructible_v<FlushDenormals> && !std::is_copy_assignable_v<FlushDenormals>);
  const auto plain = [](const Products& p) { return p.single > 0 && p.from_denormal > 0 && p.twofold > 0; };
  REQUIRE(plain(products()));
  {
    const FlushDenormals flush;
    const Products inside = products();
    if (flushes) {
      CHECK(inside.single == 0);
      CHECK(inside.twofold == 0);
      CHECK(inside.from_denormal == 0);
    }
    {
      const FlushDenormals again;
      CHECK((products().single == 0) == flushes);
    }
    CHECK((products().single == 0) == flushes);  // the inner one restores the mode that it found
    CHECK(1.5f * half == 0.75f);
  }
  CHECK(plain(products()));
}

TEST_CASE("Flags that arithmetic raised stay raised", "[core][denormals]") {
  std::feclearexcept(FE_ALL_EXCEPT);
  {
    const FlushDenormals flush;
    const volatile float large = std::numeric_limits<float>::max();
    const volatile float beyond = large * large;
    CHECK(std::isinf(beyond));
  }
#ifdef FE_OVERFLOW
  CHECK(std::fetestexcept(FE_OVERFLOW) != 0);
#endif
  std::feclearexcept(FE_ALL_EXCEPT);
}

TEST_CASE("The mode is restored after an exception", "[core][denormals]") {
  try {
    const FlushDenormals flush;
    throw 1;
  } catch (int) {
  }
  CHECK(products().single > 0);
}

}  // namespace denormals_test
}  // namespace recur::testing
