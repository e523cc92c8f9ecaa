#include "recur/core/error.hpp"

#include "catch.hpp"

namespace recur::testing {
namespace error_test {

struct Described {
  mutable int times = 0;
  std::string describe() const {
    ++times;
    return "a layer";
  }
};

TEST_CASE("A message joins its parts, a layer by its description", "[core][error]") {
  CHECK(detail::message("given ", 3, ", legal: ", 0.5, " to ", std::string("x")) ==
        "given 3, legal: 0.5 to x");
  CHECK(detail::message(-3, ' ', 18446744073709551615U, " ", 1e-7) == "-3 18446744073709551615 1e-07");
  CHECK(detail::message().empty());
  CHECK(detail::message("given to ", Described{}) == "given to a layer");
}

TEST_CASE("A requirement that does not hold throws, and only then makes its message", "[core][error]") {
  const Described layer;
  CHECK_NOTHROW(require(true, layer, " is fine"));
  CHECK(layer.times == 0);
  CHECK_THROWS_WITH(require(false, layer, " is ", 7), "a layer is 7");
  CHECK(layer.times == 1);
  CHECK_THROWS_AS(require(false, "no"), std::invalid_argument);
}

TEST_CASE("Errors at run time have their own types", "[core][error]") {
  const auto runtime_error_of = [](auto error) {
    try {
      throw error;
    } catch (const std::runtime_error& caught) {
      return std::string(caught.what());
    }
  };
  CHECK(runtime_error_of(NonFinite("loss is nan")) == "loss is nan");
  CHECK(runtime_error_of(FileError("no such file")) == "no such file");
}

}  // namespace error_test
}  // namespace recur::testing
