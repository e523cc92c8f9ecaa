#include "recur/data/text.hpp"

#include <string>
#include <string_view>

#include "catch.hpp"
#include "temporary.hpp"

namespace {

using recur::find_invalid_utf8;
using recur::first_character;

std::string read(const std::string& bytes) {
  const TemporaryDirectory directory;
  return recur::read_text(directory.file("text.txt", bytes));
}

TEST_CASE("characters of one to four bytes are decoded") {
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

TEST_CASE("what is not UTF-8 is found") {
  const auto check = [](std::string_view bytes) {
    CAPTURE(bytes.size(), static_cast<int>(static_cast<unsigned char>(bytes[0])));
    CHECK(first_character(bytes).length == 0);
    CHECK(find_invalid_utf8("é" + std::string(bytes)) == 2);
  };
  check("\x80");  // continues nothing
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
  for (const std::size_t length : {1U, 2U, 3U})  // however it would go on behind the end
    CHECK(first_character(std::string_view("😀").substr(0, length)).length == 0);
}

TEST_CASE("text files are read without their byte order mark") {
  CHECK(read("one\ntwo é\n") == "one\ntwo é\n");
  CHECK(read("\xEF\xBB\xBFone") == "one");
  CHECK(read("").empty());
}

TEST_CASE("files that are not text are refused with the line") {
  using Catch::Matchers::ContainsSubstring;
  CHECK_THROWS_WITH(read("one\ntwo\nthr\xFF"
                         "ee"),
                    ContainsSubstring("text.txt:3: is not UTF-8"));
  CHECK_THROWS_WITH(read(std::string("one\nt\0o", 7)),
                    ContainsSubstring(":2: holds a NUL byte: is not UTF-8"));
  CHECK_THROWS_WITH(read(std::string("\xFF\xFEo\0n\0", 6)), ContainsSubstring("is not UTF-8 but UTF-16"));
  CHECK_THROWS_WITH(read(std::string("\xFE\xFF\0o\0n", 6)), ContainsSubstring("is not UTF-8 but UTF-16"));
  CHECK_THROWS_AS(read("\xFF"), recur::FileError);
  CHECK_THROWS_AS(recur::read_text("no such file.txt"), recur::FileError);
}

}  // namespace
