// What the examples write on a terminal.
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "../../examples/common/text.hpp"
#include "catch.hpp"

namespace common_test {

std::string written(auto write) {
  std::ostringstream out;
  auto* const before = std::cout.rdbuf(out.rdbuf());
  write();
  std::cout.rdbuf(before);
  return out.str();
}

TEST_CASE("A table has its first column at the left and is no wider than the terminal",
          "[examples][common]") {
  const std::vector<std::vector<std::string>> rows{
      {"language", "right", "of"}, {"Old Church Slavonic of the north", "8", "10"}, {"Żółw", "100", "9"}};
  setenv("COLUMNS", "24", 1);
  const std::string narrow = written([&] { examples::write_table(rows); });
  setenv("COLUMNS", "80", 1);
  const std::string wide = written([&] { examples::write_table(rows); });
  unsetenv("COLUMNS");
  CHECK(narrow ==
        "language       right  of\n"
        "Old Church S~      8  10\n"
        "Żółw             100   9\n");
  CHECK(wide ==
        "language                          right  of\n"
        "Old Church Slavonic of the north      8  10\n"
        "Żółw                                100   9\n");
}

TEST_CASE("A text is broken between words, and its characters count, not their bytes", "[examples][common]") {
  setenv("COLUMNS", "12", 1);
  const std::string text = written([] { examples::write_text("  żółw żółw żółw\nend"); });
  unsetenv("COLUMNS");
  CHECK(text == "  żółw żółw\n  żółw\nend\n");
  CHECK(examples::shortened("żółw", 4) == "żółw");
  CHECK(examples::shortened("żółwie", 4) == "żół~");
}

}  // namespace common_test
