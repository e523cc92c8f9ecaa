#include "recur/data/delimited.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "allocations.hpp"
#include "catch.hpp"
#include "temporary.hpp"

namespace delimited_test {

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

TEST_CASE("Tables have names and rows or only rows", "[data][delimited]") {
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

TEST_CASE("Lines end as on any system, and the last line needs no end", "[data][delimited]") {
  const std::vector<Fields> expected{{"a", "b"}, {"c", ""}};
  for (const char* content : {"a,b\nc,\n", "a,b\r\nc,\r\n", "a,b\nc,", "a,b\r\nc,\r", "a,b\rc,\r", "a,b\rc,",
                              "a,b\r\r\nc,\r\r\n", "a,b\r\r\nc,\n", "a,b\rc,\r\n", "a,b\nc,\r",
                              "\xEF\xBB\xBF"
                              "a,b\nc,",
                              "\n\na,b\n\r\n\nc,\n\n", "\r\ra,b\r\r\rc,\r\r"}) {
    CAPTURE(content);
    CHECK(fields(content, csv_rows) == expected);
  }
  CHECK(lines("\n\na,b\n\r\n\nc,\n\n", csv_rows) == std::vector<std::size_t>{3, 6});
  CHECK(lines("\ra\rb\r\nc\r\r\nd\ne", csv_rows) == std::vector<std::size_t>{2, 3, 4, 5, 6});
  CHECK(read("text\tlabel\rgood\t1\rbad\t0\r", tsv).columns == Fields{"text", "label"});
  CHECK(read("text\tlabel\r\r\ngood\t1\r\r\n", tsv).columns == Fields{"text", "label"});
}

TEST_CASE("Names of columns lose the spaces around them", "[data][delimited]") {
  CHECK(read(" label\t\uFEFFsentence\u00A0\n 0 \t a \n", tsv).columns == Fields{"label", "sentence"});
  CHECK(fields(" label\tsentence\n 0 \t a \n", tsv) == std::vector<Fields>{{" 0 ", " a "}});
}

TEST_CASE("Every row is found by its number and knows its first line", "[data][delimited]") {
  std::string content;
  for (int i = 0; i < 100; ++i) content += "\"row\n" + std::to_string(i) + "\",x\n\n";
  for (const bool header : {false, true}) {
    const auto table = read(content, {',', header});
    REQUIRE(table.rows.size() == (header ? 99 : 100));
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
      const std::size_t row = i + (header ? 1 : 0);
      CHECK(table.rows[i].fields == Fields{"row\n" + std::to_string(row), "x"});
      CHECK(table.rows[i].line == 1 + 3 * row);
    }
  }
}

TEST_CASE("A table takes at most ten times the memory of its file", "[data][delimited]") {
  if (!recur::testing::CountAllocations::works) return;
  const auto times = [](const std::string& part, DelimitedOptions options) {
    std::string content;
    while (content.size() < 2000000) content += part;
    const TemporaryDirectory directory;
    const auto path = directory.file("table", content);
    const recur::testing::CountAllocations allocations;
    try {
      recur::read_delimited(path, options);
    } catch (const FileError&) {
    }
    return static_cast<double>(allocations.peak()) / static_cast<double>(content.size());
  };
  CHECK(times(",", csv) < 10);
  CHECK(times(",\n", csv) < 10);
  CHECK(times("a\n", tsv) < 10);
  CHECK(times("\"\",\r", csv) < 10);
  CHECK(times(std::string(60000, ',') + '\n', csv) < 10);
}

TEST_CASE("A reader of rows can't outlive a temporary path", "[data][delimited]") {
  using Parser = recur::detail::delimited::Parser;
  using Path = std::filesystem::path;
  STATIC_REQUIRE(std::is_constructible_v<Parser, const Path&, std::string_view, char>);
  STATIC_REQUIRE(!std::is_constructible_v<Parser, Path, std::string_view, char>);
  STATIC_REQUIRE(!std::is_constructible_v<Parser, const char*, std::string_view, char>);
}

TEST_CASE("A quoted field in CSV can hold anything", "[data][delimited]") {
  CHECK(fields("\"a\",\"b, c\",\"d \"\"e\"\"\"\n\"\",\"\"\"\",f\r\n", csv_rows) ==
        std::vector<Fields>{{"a", "b, c", "d \"e\""}, {"", "\"", "f"}});
  CHECK(fields("\"one\ntwo\r\nthree\",2\nx,3\n", csv_rows) ==
        std::vector<Fields>{{"one\ntwo\r\nthree", "2"}, {"x", "3"}});
  CHECK(lines("\"one\ntwo\r\nthree\",2\nx,3\n", csv_rows) == std::vector<std::size_t>{1, 4});
  CHECK(fields("5\" disc,a \"b\"\n", csv_rows) == std::vector<Fields>{{"5\" disc", "a \"b\""}});
  CHECK(fields("\"a;b\";c\n", {';', false}) == std::vector<Fields>{{"a;b", "c"}});
  CHECK(fields("\"a\"", csv_rows) == std::vector<Fields>{{"a"}});
}

TEST_CASE("A quote in TSV is an ordinary character", "[data][delimited]") {
  CHECK(fields("\"\ta lone \"\n\"b\t\"\"\n", tsv_rows) ==
        std::vector<Fields>{{"\"", "a lone \""}, {"\"b", "\"\""}});
}

TEST_CASE("Columns are found by name or by number", "[data][delimited]") {
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
  const auto strange = read("a\x1B[31m\t" + std::string(100, 'b') + std::string(30, '\t') + "\n", tsv);
  CHECK_THROWS_WITH(strange.column("\a"),
                    ContainsSubstring("no column \"\\x07\": it has 1 \"a\\x1B[31m\", 2 \"bbb") &&
                        ContainsSubstring("b...\", 3 \"\"") && ContainsSubstring(" and 12 more"));
  CHECK_THROWS_WITH(table.column("x"), ContainsSubstring("several columns are called \"x\""));
  CHECK_THROWS_WITH(read("0,a\n", csv_rows).column("text"),
                    ContainsSubstring("it has columns 1 to 2, without names"));
}

TEST_CASE("Files that are not tables are refused with the line", "[data][delimited]") {
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
  CHECK_THROWS_WITH(read(std::string(65536, ','), csv), ContainsSubstring(":1: has more than 65536 fields"));
  CHECK(read(std::string(65535, ','), csv).columns.size() == 65536);
  CHECK_THROWS_WITH(read("a,b\nx,\xC3\n", csv), ContainsSubstring(":2: is not UTF-8"));
  CHECK_THROWS_AS(read("", csv), FileError);
  CHECK_THROWS_AS(read("a,\"", csv), FileError);
  CHECK_THROWS_AS(read("a\nb,c", csv), FileError);
}

}  // namespace delimited_test
