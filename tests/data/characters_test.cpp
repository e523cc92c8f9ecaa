#include "recur/data/characters.hpp"

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"

namespace characters_test {

using recur::characters;

TEST_CASE("The characters of a text are its code points, and together they are the text") {
  CHECK(characters("Ðịnh\n") == std::vector<std::string>{"Ð", "ị", "n", "h", "\n"});
  CHECK(characters("").empty());
  std::string joined;
  const std::string text = "a\u0301 \U0001F44D";  // a letter and its accent are two
  recur::for_each_character(text, [&](std::string_view character) { joined += character; });
  CHECK(joined == text);
  CHECK(characters("a\u0301").size() == 2);
}

TEST_CASE("Bytes that are no character are refused before the first call") {
  using Catch::Matchers::ContainsSubstring;
  bool called = false;
  CHECK_THROWS_WITH(recur::for_each_character("caf\xE9", [&](std::string_view) { called = true; }),
                    ContainsSubstring("not UTF-8: byte 3 "));
  CHECK(!called);
}

}  // namespace characters_test
