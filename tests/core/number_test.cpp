#include "recur/core/number.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

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

TEST_CASE("A number is the nearest of its type, and 0 if it is too small", "[core][number]") {
  CHECK(number_in<float>("7.038531e-26") == 7.038531e-26f);  // as a double first, it would be rounded twice
  const std::string zeros(400, '0');
  for (const std::string& text : std::vector<std::string>{
           "1e-400", "-1e-400", "0." + zeros + "1", "12" + zeros + "e-999", "1e-99999999999999999999",
           "0." + zeros + "1e9", "0.01e-9223372036854775807"}) {
    CAPTURE(text);
    REQUIRE(number_in(text));
    CHECK(*number_in(text) == 0);
    CHECK(std::signbit(*number_in(text)) == (text[0] == '-'));
  }
  CHECK(number_in<float>("1e-60") == 0.0f);
  CHECK(number_in<float>("1e-40") == 1e-40f);
  for (const std::string& text :
       std::vector<std::string>{"1" + zeros, "0." + zeros + "1e999", "1e99999999999999999999", "-1e400",
                                "1e9223372036854775807", "1e2147483647", "..01", "-.-5", ".-01"}) {
    CAPTURE(text);
    CHECK_FALSE(number_in(text));
  }
}

}  // namespace number_test
}  // namespace recur::testing
