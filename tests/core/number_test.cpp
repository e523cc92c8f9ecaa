#include "recur/core/number.hpp"

#include <limits>

#include "catch.hpp"

namespace recur::testing {
namespace number_test {

using detail::number_in;

TEST_CASE("A text is a number only as a whole", "[core][number]") {
  CHECK(number_in("0") == 0.0);
  CHECK(number_in("-1.5") == -1.5);
  CHECK(number_in("3e2") == 300.0);
  CHECK(number_in("1E-2") == 0.01);
  CHECK(number_in(".5") == 0.5);
  CHECK(number_in("0.1") == 0.1);
  CHECK(number_in("1.7976931348623157e308") == std::numeric_limits<double>::max());
  for (const char* text :
       {"", "-", ".", "e5", "1e", " 1", "1 ", "+1", "--1", "0x1", "1,5", "48000abc", "1.2.3", "1e999"})
    CHECK_FALSE(number_in(text));
}

}  // namespace number_test
}  // namespace recur::testing
