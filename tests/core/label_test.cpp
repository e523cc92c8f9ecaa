#include "recur/core/label.hpp"

#include <limits>

#include "catch.hpp"

namespace recur::testing {
namespace label_test {

TEST_CASE("A label is one of the classes", "[core][label]") {
  CHECK_NOTHROW(detail::check_label(0, 3));
  CHECK_NOTHROW(detail::check_label(2, 3));
  CHECK_THROWS_WITH(detail::check_label(3, 3, " of x"),
                    "label 3 of x is out of range: legal labels are 0 to 2");
  CHECK_THROWS_AS(detail::check_label(-1, 3), std::out_of_range);
  CHECK_THROWS_AS(detail::check_label(ignored_label, 3), std::out_of_range);
}

TEST_CASE("The number that does not count is none that comes by accident", "[core][label]") {
  CHECK(ignored_number<float> == -std::numeric_limits<float>::max());
  CHECK(ignored_number<double> == -std::numeric_limits<double>::max());
}

}  // namespace label_test
}  // namespace recur::testing
