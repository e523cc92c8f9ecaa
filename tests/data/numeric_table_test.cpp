#include "recur/data/numeric_table.hpp"

#include <ctime>
#include <string>

#include "allocations.hpp"
#include "catch.hpp"
#include "temporary.hpp"

namespace numeric_table_test {

using Catch::Matchers::ContainsSubstring;
using recur::FileError;
using recur::Missing;
using recur::NumericTable;
using recur::parse_numeric;
using Names = std::vector<std::string>;
using Matrix = recur::MatrixX<double>;

const std::string table = "Date,\"Open, at 9\",Note,Close\n2020-01-01,1.5,a,-2e1\n2020-01-02,+3,7,.25\n";

TEST_CASE("columns of numbers are rows of a matrix, with their names and lines", "[data][numeric_table]") {
  const NumericTable all = parse_numeric(table);
  CHECK(all.columns == Names{"Open, at 9", "Close"});
  CHECK(all.values == Matrix{{1.5, 3}, {-20, 0.25}});
  CHECK(all.lines == std::vector<std::size_t>{2, 3});
  CHECK(all.column("Close") == 1);
  CHECK_THROWS_WITH(all.column("close"),
                    ContainsSubstring("\"close\"") && ContainsSubstring("\"Open, at 9\", \"Close\""));
  const NumericTable some = parse_numeric(table, {.columns = {"Close", "2"}});
  CHECK(some.columns == Names{"Close", "Open, at 9"});
  CHECK(some.values == Matrix{{-20, 0.25}, {1.5, 3}});
  const TemporaryDirectory directory;
  CHECK(recur::read_numeric(directory.file("t.csv", table)).values == all.values);
}

TEST_CASE("columns may be separated by commas, semicolons or tabs", "[data][numeric_table]") {
  for (const char* text : {"a,b\n1,2\n", "a;b\r\n1;2\r\n", "a\tb\n1\t2", "a ; b\n 1 ; 2 \n\n"})
    CHECK(parse_numeric(text).values == Matrix{{1}, {2}});
  CHECK(parse_numeric("\"a,b,c\";d\n1;2\n").columns == Names{"a,b,c", "d"});
  CHECK(parse_numeric("only\n5\n").values == Matrix{{5}});
  CHECK(parse_numeric("a:b\n1:2\n", {.delimiter = ':'}).values == Matrix{{1}, {2}});
}

TEST_CASE("what is not a number is reported with its line and column", "[data][numeric_table]") {
  CHECK_THROWS_WITH(parse_numeric("a,b\n1,2\n3,x\n", {}, "s.csv"),
                    ContainsSubstring("s.csv:3: column \"b\" has \"x\": it must be a number"));
  for (const char* field : {"", "NA", "1e999", "1.5.2", "0x10", "inf", "nan", "1 2", "+-3", "-"}) {
    CAPTURE(field);
    CHECK_THROWS_WITH(parse_numeric("a,b\n1,2\n" + std::string(field) + ",4\n"),
                      ContainsSubstring("table:3: column \"a\""));
  }
  CHECK_THROWS_WITH(parse_numeric("a,b\n1,2\n3\n"), ContainsSubstring("table:3: found 1 fields"));
  CHECK_THROWS_WITH(parse_numeric("a,b\n"),
                    ContainsSubstring("holds no numbers") && ContainsSubstring("\"b\""));
  CHECK_THROWS_WITH(parse_numeric("a,b\nx,y\n"), ContainsSubstring("has no column of numbers"));
  CHECK_THROWS_AS(parse_numeric(""), FileError);
  CHECK_THROWS_WITH(parse_numeric(table, {.columns = {"Volume"}}), ContainsSubstring("\"Volume\""));
  CHECK_THROWS_WITH(parse_numeric(table, {.columns = {"Close", "4"}}), ContainsSubstring("asked for twice"));
  CHECK_THROWS_WITH(parse_numeric(table, {.columns = {"Note"}}),
                    ContainsSubstring(":2: column \"Note\" has \"a\""));
}

TEST_CASE("missing numbers are filled from the past on request, and counted", "[data][numeric_table]") {
  const std::string text = "a,b,c\nNA,1,x\n2,?,x\n,3,x\n4,null,x\n6,NaN,x\n";
  CHECK_THROWS_WITH(parse_numeric(text), ContainsSubstring(":2: column \"a\" has \"NA\""));
  const NumericTable filled = parse_numeric(text, {.missing = Missing::previous});
  CHECK(filled.columns == Names{"a", "b"});
  CHECK(filled.values == Matrix{{2, 2, 4, 6}, {1, 3, 3, 3}});
  CHECK(filled.left_out == 1);  // in the first row nothing is known of a
  CHECK(filled.filled == 4);
  CHECK(filled.lines == std::vector<std::size_t>{3, 4, 5, 6});
  CHECK_THROWS_WITH(parse_numeric(text + "7,y,x\n", {.missing = Missing::previous}),
                    ContainsSubstring(":7: column \"b\""));
  CHECK_THROWS_WITH(parse_numeric("a,b\n1,NA\n2,?\n", {.columns = {"a", "b"}, .missing = Missing::previous}),
                    ContainsSubstring("no number in one of these columns"));
}

TEST_CASE("a blank line inside a series is refused with its number, and those at the end are not",
          "[data][numeric_table]") {
  CHECK_THROWS_WITH(parse_numeric("a,b\n1,2\n\n3,4\n"), ContainsSubstring(":3: is blank"));
  CHECK_THROWS_WITH(parse_numeric("\na,b\n1,2\n"), ContainsSubstring(":1: is blank"));
  CHECK(parse_numeric("a,b\n1,2\n3,4\n\n\r\n").values == Matrix{{1, 3}, {2, 4}});
  // In a file of one column a blank line is a number that is missing.
  CHECK_THROWS_WITH(parse_numeric("a\n1\n\n3\n"), ContainsSubstring(":3: column \"a\" has \"\""));
  const NumericTable filled = parse_numeric("a\n1\n\n3\n\n\n", {.missing = Missing::previous});
  CHECK(filled.values == Matrix{{1, 1, 3}});
  CHECK(filled.filled == 1);
  // The places of rows are kept only now and then: those of blank lines count too.
  std::string text = "a\n";
  for (int i = 0; i < 50; ++i) text += i % 7 == 6 ? "\n" : std::to_string(i) + '\n';
  CHECK(parse_numeric(text, {.missing = Missing::previous}).lines.back() == 51);
}

TEST_CASE("the time of blank lines is in proportion to their number", "[data][numeric_table]") {
  const std::clock_t begin = std::clock();
  const NumericTable read =
      parse_numeric("a\n1\n" + std::string(100000, '\n') + "2\n", {.missing = Missing::previous});
  CHECK(read.filled == 100000);
  CHECK(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC < 3);  // no line looks at all that follow
}

TEST_CASE("a wide table is read row by row, not once for each column", "[data][numeric_table]") {
  if (!recur::testing::CountAllocations::works) return;
  std::string names = "x", row = "1";
  for (int i = 1; i < 2000; ++i) names += ",x", row += ",1";
  const TemporaryDirectory directory;
  const auto path = directory.file("wide.csv", names + '\n' + row + '\n');
  // Each row is a list of 2000 texts, and they are read some times.
  const recur::testing::CountAllocations numbers;
  const NumericTable read = recur::read_numeric(path);
  CHECK(numbers.count() < 1000);
  CHECK(read.values.rows() == 2000);
  const recur::testing::CountAllocations steps;
  CHECK(recur::read_steps(path).cols() == 1);
  CHECK(steps.count() < 1000);
}

TEST_CASE("steps are written and read again, bit for bit, with or without names", "[data][numeric_table]") {
  const TemporaryDirectory directory;
  const recur::MatrixX<float> steps{{1, -0.1f, 3e-20f}, {1e30f, 1.0f / 3, 7}};
  recur::write_steps(directory.path / "a.csv", steps);
  CHECK(recur::read_steps(directory.path / "a.csv") == steps);
  CHECK((recur::read_steps(directory.file("b.csv", "x;y\n1;2\n3;4\n")) ==
         recur::MatrixX<float>{{1, 3}, {2, 4}}));
  const auto read = [&](const char* text) { return recur::read_steps(directory.file("c.csv", text)); };
  CHECK_THROWS_WITH(read("1\n2\nx\n"), ContainsSubstring("c.csv:3: column 1 is \"x\": it must be a number"));
  CHECK_THROWS_WITH(read("1,2\n2,1e39\n"), ContainsSubstring("c.csv:2: column 2"));
  CHECK_THROWS_WITH(read("1\n\n2\n"), ContainsSubstring("c.csv:2: column 1 is \"\": it must be a number"));
  CHECK_THROWS_WITH(read("1,2\n\n3,4\n"), ContainsSubstring("c.csv:2: is blank"));
  CHECK_THROWS_WITH(read("a,b\n"), ContainsSubstring("has no line of numbers"));
}

TEST_CASE("a column of numbers with commas is refused, and not passed over", "[data][numeric_table]") {
  for (const char* number : {"10,134", "1,234.5", "-0,5", "1.234,5"}) {
    CAPTURE(number);
    CHECK_THROWS_WITH(parse_numeric("t;x;k\nd0;" + std::string(number) + ";0\n", {}, "a.csv"),
                      ContainsSubstring("a.csv:2: column \"x\" has \"" + std::string(number) + '"') &&
                          ContainsSubstring("with a point and without commas"));
  }
  const NumericTable dates = parse_numeric("t;x\n2020-01-05;1\n05.01.2020;2\n");
  CHECK(dates.columns == Names{"x"});
  CHECK(parse_numeric("x,y\n-,1\n2,3\n", {.missing = Missing::previous}).left_out == 1);
}

TEST_CASE("a table without names is refused, and its first line not taken for them",
          "[data][numeric_table]") {
  CHECK_THROWS_WITH(parse_numeric("10.134\n10.2\n10.3\n", {}, "a.csv"),
                    ContainsSubstring("a.csv: begins with numbers: its first line must have the names"));
  CHECK_THROWS_WITH(parse_numeric("2020-01-05,1\n2020-01-06,2\n", {}, "a.csv"),
                    ContainsSubstring("begins with numbers"));
  for (const char* first :
       {"1.5,,2.5", ",1.5,NA", "1.5,-,2.5", "?,1.5,null", "2020-01-31T12:00:00Z,1.5,2",
        "2020-01-31 12:00:00 UTC,1.5,2", "1/2/2020 3:04:05 PM,1.5,2", "2020-01-01 00:00:00+00:00,1.5,2",
        "2020-01-01T00:00:00.000-05:00,1.5,2", ",0,1"}) {
    CAPTURE(first);
    CHECK_THROWS_WITH(parse_numeric(first + std::string("\n1.6,3,2.6\n")),
                      ContainsSubstring("begins with numbers") && ContainsSubstring("say which columns"));
  }
  CHECK(parse_numeric(",0,1\n7,2,3\n", {.columns = {"1"}}).values == Matrix{{3}});
  CHECK(parse_numeric("2019,x\n1,2\n").columns == Names{"2019", "x"});
  CHECK(parse_numeric("country,1960,1961\nDE,1,2\n").columns == Names{"1960", "1961"});
  CHECK(parse_numeric("time,2m_temperature\n2020-01-01,3.5\n").columns == Names{"2m_temperature"});
  CHECK(parse_numeric("2019,2020\n1,2\n", {.columns = {"2020"}}).values == Matrix{{2}});
}

TEST_CASE("a first line of steps with a number that is not legal is not taken for names",
          "[data][numeric_table]") {
  const TemporaryDirectory directory;
  const auto read = [&](const std::string& text) { return recur::read_steps(directory.file("a.csv", text)); };
  for (const char* first : {"nan,1", "inf,1", "-inf,1", "1e400,1", ",1", "x,1", "1,x", "nan,nan"}) {
    CAPTURE(first);
    CHECK_THROWS_WITH(read(first + std::string("\n2,3\n")), ContainsSubstring("a.csv:1: column "));
  }
  CHECK(read("1e-400,1\n2,3\n") == recur::MatrixX<float>{{0, 2}, {1, 3}});
  CHECK(read("24h,2m\n2,3\n") == recur::MatrixX<float>{{2}, {3}});
  CHECK(read(",x\n2,3\n") == recur::MatrixX<float>{{2}, {3}});  // a column of row numbers has no name
  CHECK(read("+1,.5\n") == recur::MatrixX<float>{{1}, {0.5f}});
  const float nan = std::numeric_limits<float>::quiet_NaN();
  recur::write_steps(directory.path / "b.csv", recur::MatrixX<float>{{nan, 1}});
  CHECK_THROWS_WITH(recur::read_steps(directory.path / "b.csv"), ContainsSubstring("b.csv:1: column 1"));
}

}  // namespace numeric_table_test
