#include "recur/data/text.hpp"

#include <string>
#include <string_view>

#include "catch.hpp"
#include "temporary.hpp"

namespace text_test {

std::string read(const std::string& bytes) {
  const TemporaryDirectory directory;
  return recur::read_text(directory.file("text.txt", bytes));
}

TEST_CASE("text files are read without their byte order mark") {
  CHECK(read("one\ntwo é\n") == "one\ntwo é\n");
  CHECK(read("\xEF\xBB\xBFone") == "one");
  CHECK(read("").empty());
}

TEST_CASE("a line ends with LF, CR LF, CR or CR CR LF") {
  using recur::detail::end_of_line;
  for (const char* end : {"\n", "\r\n", "\r", "\r\r\n"}) {
    CHECK(end_of_line(end) == std::string_view(end).size());
    CHECK(end_of_line(std::string(end) + "a") == std::string_view(end).size());
  }
  CHECK(end_of_line("\n\n") == 1);
  CHECK(end_of_line("\r\r") == 1);
  CHECK(end_of_line("\r\r\r\n") == 1);
  CHECK(end_of_line("\r\n\r\n") == 2);
  CHECK(end_of_line("a\n") == 0);
  CHECK(end_of_line("") == 0);
  CHECK(recur::detail::count_lines("") == 0);
  CHECK(recur::detail::count_lines("a\nb\r\nc\rd\r\r\n\re\r\n\nf") == 7);
}

TEST_CASE("files that are not text are refused with the line") {
  using Catch::Matchers::ContainsSubstring;
  CHECK_THROWS_WITH(read("one\ntwo\nthr\xFF"
                         "ee"),
                    ContainsSubstring("text.txt:3: is not UTF-8"));
  CHECK_THROWS_WITH(read(std::string("one\nt\0o", 7)),
                    ContainsSubstring(":2: holds a NUL byte: it is not UTF-8"));
  CHECK_THROWS_WITH(read(std::string("\xFF\xFEo\0n\0", 6)), ContainsSubstring("is not UTF-8 but UTF-16"));
  CHECK_THROWS_WITH(read(std::string("\xFE\xFF\0o\0n", 6)), ContainsSubstring("is not UTF-8 but UTF-16"));
  for (const auto& utf32 : {std::string("\xFF\xFE\0\0o\0\0\0", 8), std::string("\0\0\xFE\xFF\0\0\0o", 8)})
    CHECK_THROWS_WITH(read(utf32), ContainsSubstring("is not UTF-8 but UTF-32: save it as UTF-8"));
  CHECK_THROWS_WITH(read("a\rb\r\nc\r\r\nd\ne\xE9"), ContainsSubstring("text.txt:5: is not UTF-8"));
  CHECK_THROWS_AS(read("\xFF"), recur::FileError);
  CHECK_THROWS_AS(recur::read_text("no such file.txt"), recur::FileError);
}

}  // namespace text_test
