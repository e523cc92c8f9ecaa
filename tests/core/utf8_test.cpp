#include "recur/core/utf8.hpp"

#include <string>
#include <string_view>

#include "catch.hpp"

namespace utf8_test {

using recur::detail::count_characters;
using recur::detail::find_invalid_utf8;
using recur::detail::first_character;
using recur::detail::first_characters;
using recur::detail::printable;
using recur::detail::quote;
using recur::detail::trim;

TEST_CASE("Characters of one to four bytes are decoded", "[core][utf8]") {
  const auto check = [](std::string_view text, char32_t code) {
    CAPTURE(text);
    CHECK(first_character(text).code == code);
    CHECK(first_character(text).length == text.size());
    CHECK(find_invalid_utf8(text) == std::string_view::npos);
  };
  check("a", 'a');
  check("\x7F", 0x7F);
  check("\xC2\x80", 0x80);
  check("é", 0xE9);
  check("\xDF\xBF", 0x7FF);
  check("\xE0\xA0\x80", 0x800);
  check("€", 0x20AC);
  check("\xED\x9F\xBF", 0xD7FF);  // below the surrogates
  check("\xEE\x80\x80", 0xE000);  // above them
  check("\xF0\x90\x80\x80", 0x10000);
  check("😀", 0x1F600);
  check("\xF4\x8F\xBF\xBF", 0x10FFFF);
}

TEST_CASE("Characters are counted, and a text is cut between two of them", "[core][utf8]") {
  CHECK(count_characters("") == 0);
  CHECK(count_characters("aé€😀") == 4);
  CHECK(count_characters("a\x80\xC3") == 3);  // bytes that are not UTF-8
  CHECK(first_characters("aé€😀", 0).empty());
  CHECK(first_characters("aé€😀", 2) == "aé");
  CHECK(first_characters("aé€😀", 3) == "aé€");
  CHECK(first_characters("aé€😀", 9) == "aé€😀");
  CHECK(first_characters("\x80\xC3z", 2) == "\x80\xC3");
}

TEST_CASE("Bytes that are not UTF-8 are found", "[core][utf8]") {
  const auto check = [](std::string_view bytes) {
    CAPTURE(bytes.size(), static_cast<int>(static_cast<unsigned char>(bytes[0])));
    CHECK(first_character(bytes).length == 0);
    CHECK(find_invalid_utf8("é" + std::string(bytes)) == 2);
  };
  check("\x80");  // continues no character
  check("\xBF");
  check("\xC3");   // cut off
  check("\xC3(");  // not continued
  check("\xE2\x82");
  check("\xE2(\xAC");
  check("\xF0\x9F\x98");
  check("\xC0\x80");  // overlong
  check("\xC1\xBF");
  check("\xE0\x9F\xBF");
  check("\xF0\x8F\xBF\xBF");
  check("\xED\xA0\x80");  // surrogates
  check("\xED\xBF\xBF");
  check("\xF4\x90\x80\x80");      // above U+10FFFF
  check("\xF8\x88\x80\x80\x80");  // five bytes
  check("\xFF");
  for (const std::size_t length : {1U, 2U, 3U})  // with any bytes behind the end
    CHECK(first_character(std::string_view("😀").substr(0, length)).length == 0);
}

TEST_CASE("Texts lose the spaces and invisible characters around them", "[core][utf8]") {
  CHECK(trim("  a b\t\r\n") == "a b");
  for (const char* space :
       {"\u00A0", "\u0085", "\u1680", "\u2003", "\u200B", "\u2028", "\u202F", "\u205F", "\u3000", "\u00AD",
        "\u200C", "\u200D", "\u200E", "\u202E", "\u2060", "\uFE0F", "\uFEFF"}) {
    CAPTURE(printable(space));
    CHECK(trim(space + std::string("é") + space + space) == "é");
    CHECK(trim(space).empty());
    CHECK(trim("a" + std::string(space) + "b") == "a" + std::string(space) + "b");
  }
  CHECK(trim("").empty());
  for (const char* rest : {"\xFF", "é", "👍", "\xC2", "\xA0", "\x80\x80\x80\x80\x80"})
    CHECK(trim(rest) == rest);
}

TEST_CASE("A message shows control characters, invisible characters and bytes that are not UTF-8 as numbers",
          "[core][utf8]") {
  CHECK(printable("a b é 👍 \\ \"") == "a b é 👍 \\ \"");
  CHECK(printable("\x1B[31m\a\x7F") == "\\x1B[31m\\x07\\x7F");
  CHECK(printable("\n\r\t") == "\\n\\r\\t");
  CHECK(printable(std::string_view("\0", 1)) == "\\x00");
  CHECK(printable("\u0085\u009B\u00A0\u200B\u202E\uFEFF\U000E0041") ==
        "\\u{85}\\u{9B}\\u{A0}\\u{200B}\\u{202E}\\u{FEFF}\\u{E0041}");
  CHECK(printable("caf\xE9 \xC3") == "caf\\xE9 \\xC3");
  CHECK(printable(std::string(1000, 'a')).size() == 1000);
}

TEST_CASE("A quotation is short and shows where it ends", "[core][utf8]") {
  CHECK(quote("good") == "\"good\"");
  CHECK(quote("") == "\"\"");
  CHECK(quote("a\"b\\c") == "\"a\\\"b\\\\c\"");
  CHECK(quote("\x1B]0;title\a") == "\"\\x1B]0;title\\x07\"");
  CHECK(quote(std::string(60, 'a')) == '"' + std::string(60, 'a') + '"');
  CHECK(quote(std::string(61, 'a')) == '"' + std::string(57, 'a') + "...\"");
  CHECK(quote(std::string(10000000, '\x1B')).size() <= 62);
  std::string wide;
  for (int i = 0; i < 60; ++i) wide += "é";
  CHECK(quote(wide) == '"' + wide + '"');
  CHECK(quote(wide + "é") == '"' + wide.substr(0, 114) + "...\"");
  for (int length = 50; length < 70; ++length)  // no escape is cut in two
    CHECK_THAT(quote(std::string(static_cast<std::size_t>(length), 'a') + "\u200B\u200B"),
               Catch::Matchers::EndsWith("a...\"") || Catch::Matchers::EndsWith("\\u{200B}\"") ||
                   Catch::Matchers::EndsWith("\\u{200B}...\""));
}

TEST_CASE("Capital letters of Europe have small ones", "[core][utf8]") {
  const auto lower = [](std::string_view text) {
    std::string result;
    while (!text.empty()) {
      const auto [code, length] = first_character(text);
      recur::detail::utf8::append(result, recur::detail::utf8::to_lower(code));
      text.remove_prefix(length);
    }
    return result;
  };
  CHECK(lower("AZ ÀÖØÞ ŒÐĲ ĹŇ ŹŽ Ÿ ΑΩ ЀЏАЯ ẠỸ Ḁẕ") == "az àöøþ œðĳ ĺň źž ÿ αω ѐџая ạỹ ḁẕ");
  CHECK(lower("ȘȚ İ ΆΈΉΊΌΎΏΪΫ Ґ ƠƯ ẞ Ə Ӏ Ʒ ǍǛ Ӂ") == "șț i άέήίόύώϊϋ ґ ơư ß ə ӏ ʒ ǎǜ ӂ");
  const std::string small = "az[`{@ ×÷ ßÿ œıĸ ŉſ ας ая ạ € \U0001F44D";
  CHECK(lower(small) == small);
}

TEST_CASE("A code point is appended in as many bytes as it needs", "[core][utf8]") {
  std::string text;
  for (const char32_t code : {0x7FU, 0x80U, 0x7FFU, 0x800U, 0xFFFDU, 0x10000U, 0x10FFFFU})
    recur::detail::utf8::append(text, code);
  CHECK(text == "\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBD\xF0\x90\x80\x80\xF4\x8F\xBF\xBF");
}

}  // namespace utf8_test
