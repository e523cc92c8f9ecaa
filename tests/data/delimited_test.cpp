#include "recur/data/delimited.hpp"

#include <string>
#include <vector>

#include "catch.hpp"
#include "temporary.hpp"

namespace {

using Catch::Matchers::ContainsSubstring;
using recur::Delimited;
using recur::DelimitedOptions;
using recur::FileError;
using Fields = std::vector<std::string>;

constexpr DelimitedOptions csv{',', true}, csv_rows{',', false}, tsv{}, tsv_rows{'\t', false};

Delimited read(const std::string& content, DelimitedOptions options) {
  const TemporaryDirectory directory;
  return recur::read_delimited(directory.file("table", content), options);
}

std::vector<Fields> fields(const std::string& content, DelimitedOptions options) {
  std::vector<Fields> all;
  for (auto& row : read(content, options).rows) all.push_back(std::move(row.fields));
  return all;
}

std::vector<std::size_t> lines(const std::string& content, DelimitedOptions options) {
  std::vector<std::size_t> all;
  for (const auto& row : read(content, options).rows) all.push_back(row.line);
  return all;
}

TEST_CASE("tables have names and rows, or only rows") {
  const auto table = read("label\tsentence\n0\ta bad film\n1\t\n", tsv);
  CHECK(table.columns == Fields{"label", "sentence"});
  REQUIRE(table.rows.size() == 2);
  CHECK(table.rows[0].fields == Fields{"0", "a bad film"});
  CHECK(table.rows[1].fields == Fields{"1", ""});
  CHECK(table.rows[1].line == 3);
  CHECK(table.width() == 2);

  const auto rows = read("a\tb\nc\td", tsv_rows);
  CHECK(rows.columns.empty());
  CHECK(rows.width() == 2);
  CHECK(rows.rows[1].fields == Fields{"c", "d"});
  CHECK(read("a,b\n", csv).rows.empty());
}

TEST_CASE("lines end as in Unix or in Windows, and the last need not") {
  const std::vector<Fields> expected{{"a", "b"}, {"c", ""}};
  for (const char* content : {"a,b\nc,\n", "a,b\r\nc,\r\n", "a,b\nc,", "a,b\r\nc,\r",
                              "\xEF\xBB\xBF"
                              "a,b\nc,",
                              "\n\na,b\n\r\n\nc,\n\n"}) {
    CAPTURE(content);
    CHECK(fields(content, csv_rows) == expected);
  }
  CHECK(lines("\n\na,b\n\r\n\nc,\n\n", csv_rows) == std::vector<std::size_t>{3, 6});
  CHECK(fields("a\rb\tc\n", tsv_rows) == std::vector<Fields>{{"a\rb", "c"}});
}

TEST_CASE("in CSV a quoted field holds anything") {
  CHECK(fields("\"a\",\"b, c\",\"d \"\"e\"\"\"\n\"\",\"\"\"\",f\r\n", csv_rows) ==
        std::vector<Fields>{{"a", "b, c", "d \"e\""}, {"", "\"", "f"}});
  CHECK(fields("\"one\ntwo\r\nthree\",2\nx,3\n", csv_rows) ==
        std::vector<Fields>{{"one\ntwo\r\nthree", "2"}, {"x", "3"}});
  CHECK(lines("\"one\ntwo\r\nthree\",2\nx,3\n", csv_rows) == std::vector<std::size_t>{1, 4});
  CHECK(fields("5\" disc,a \"b\"\n", csv_rows) == std::vector<Fields>{{"5\" disc", "a \"b\""}});
  CHECK(fields("\"a;b\";c\n", {';', false}) == std::vector<Fields>{{"a;b", "c"}});
  CHECK(fields("\"a\"", csv_rows) == std::vector<Fields>{{"a"}});
}

TEST_CASE("in TSV a quote is a character like others") {
  CHECK(fields("\"\ta lone \"\n\"b\t\"\"\n", tsv_rows) ==
        std::vector<Fields>{{"\"", "a lone \""}, {"\"b", "\"\""}});
}

TEST_CASE("columns are found by name or by number") {
  const auto table = read("label,sentence,2,x,x\n0,a,b,c,d\n", csv);
  CHECK(table.column("sentence") == 1);
  CHECK(table.column("1") == 0);
  CHECK(table.column("2") == 2);  // a name before a number
  CHECK(table.column("5") == 4);
  CHECK(read("0,a\n", csv_rows).column("2") == 1);
  for (const char* wrong : {"text", "", "0", "6", "-1", "1x", "99999999999999999999"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(table.column(wrong), std::invalid_argument);
  }
  CHECK_THROWS_WITH(
      table.column("text"),
      ContainsSubstring("there is no column \"text\": it has 1 \"label\", 2 \"sentence\", 3 \"2\""));
  CHECK_THROWS_WITH(table.column("x"), ContainsSubstring("several columns are called \"x\""));
  CHECK_THROWS_WITH(read("0,a\n", csv_rows).column("text"),
                    ContainsSubstring("it has columns 1 to 2, without names"));
}

TEST_CASE("files that are no table are refused with the line") {
  CHECK_THROWS_AS(recur::read_delimited("no such file.csv", csv), FileError);
  for (const char* empty : {"", "\n\r\n", "\xEF\xBB\xBF"})
    CHECK_THROWS_WITH(read(empty, csv), ContainsSubstring("is empty"));
  CHECK_THROWS_WITH(read("a\tb\n0\t1\n\nx\ty\tz\n", tsv),
                    ContainsSubstring("table:4: found 3 fields, expected 2"));
  CHECK_THROWS_WITH(read("a,b\n\"one\ntwo\",1\nx\n", csv),
                    ContainsSubstring(":4: found 1 fields, expected 2"));
  CHECK_THROWS_WITH(read("a,b\n1,2\n\"x,y\n3,4\n", csv),
                    ContainsSubstring(":3: a quote is opened here and never closed"));
  CHECK_THROWS_WITH(read("a,b\n1,\"x\n\"\"\ny", csv), ContainsSubstring(":2: a quote is opened"));
  CHECK_THROWS_WITH(read("a,b\n1,\"", csv), ContainsSubstring(":2: a quote is opened"));
  CHECK_THROWS_WITH(read("a,b\n1,\"\"\"", csv), ContainsSubstring(":2: a quote is opened"));
  CHECK_THROWS_WITH(read("a,b\n\"x\ny\"z,2\n", csv), ContainsSubstring(":3: text follows a closing quote"));
  CHECK_THROWS_WITH(read("a,b\nx,\xC3\n", csv), ContainsSubstring(":2: is not UTF-8"));
  CHECK_THROWS_AS(read("", csv), FileError);
  CHECK_THROWS_AS(read("a,\"", csv), FileError);
  CHECK_THROWS_AS(read("a\nb,c", csv), FileError);
}

}  // namespace
