#include "recur/exchange/json_file.hpp"

#include <filesystem>
#include <string>
#include <type_traits>

#include "allocations.hpp"
#include "catch.hpp"
#include "refusal.hpp"
#include "temporary.hpp"

namespace recur::testing {
namespace json_file_test {

using Catch::Matchers::ContainsSubstring;
using detail::exchange::read_json;

/// `part` again and again, in `[` and `]`: two megabytes.
std::string list_of(const std::string& part) {
  std::string list = "[" + part;
  while (list.size() < 2000000) list += ',' + part;
  return list + ']';
}

TEST_CASE("A JSON file takes at most ten times its size in memory", "[exchange][json_file]") {
  if (!CountAllocations::works) return;
  const TemporaryDirectory directory;
  const auto is_legal = [&](const std::string& part) {
    CAPTURE(part);
    const std::string text = list_of(part);
    const auto path = directory.file("x.json", text);
    const CountAllocations allocations;
    bool legal = true;
    try {
      read_json(path);
    } catch (const FileError& error) {
      CHECK_THAT(error.what(), ContainsSubstring("bytes of memory: at most"));
      legal = false;
    }
    CHECK(static_cast<double>(allocations.peak()) < 10.0 * static_cast<double>(text.size()));
    return legal;
  };
  CHECK(is_legal("0.25"));
  CHECK(is_legal("[0.123456789, 0.123456789]"));
  CHECK(is_legal("0.0, 0.0, 0.0, 1"));
  CHECK(is_legal("[1.5, 2.5, 3.5, 4.5]"));
  for (const char* part : {"0", "[]", "{}", "\"\"", "[[[0]]]", "{\"a\":0}"}) CHECK_FALSE(is_legal(part));
}

TEST_CASE("A value can't outlive a temporary document or path", "[exchange][json_file]") {
  using detail::exchange::JsonValue;
  using Path = std::filesystem::path;
  using Json = nlohmann::json;
  STATIC_REQUIRE(std::is_constructible_v<JsonValue, const Json&, const Path&>);
  STATIC_REQUIRE(!std::is_constructible_v<JsonValue, const Json&, Path>);
  STATIC_REQUIRE(!std::is_constructible_v<JsonValue, const Json&, const char*>);
  STATIC_REQUIRE(!std::is_constructible_v<JsonValue, Json, const Path&>);
  STATIC_REQUIRE(!std::is_constructible_v<JsonValue, Json, Path, std::string>);
}

TEST_CASE("What is wrong in a JSON file is said in a short line", "[exchange][json_file]") {
  const TemporaryDirectory directory;
  const auto says = [&](const std::string& text) {
    return refusal<FileError>([&] { read_json(directory.file("x.json", text)); });
  };
  for (const std::string& text :
       {std::string(1000000, '1') + ' ', std::string(1000000, 'x'), "[" + std::string(1000000, ',')}) {
    const std::string line = says(text);
    CHECK_THAT(line, ContainsSubstring("x.json: is not JSON: byte "));
    CHECK(line.size() < 300);
  }
  CHECK_THAT(says('"' + std::string(1000000, 'a')), ContainsSubstring("it seems cut off at byte 1000001"));
  CHECK_THAT(says(R"({"a": [1, 2)"),
             ContainsSubstring("x.json: is not JSON to its end: it seems cut off at byte 11"));
  CHECK_THAT(says(""), ContainsSubstring("x.json: is empty: it should be JSON"));
  CHECK_THAT(says(" \n"), ContainsSubstring("is empty"));
  CHECK_THAT(says(R"({"b": [{"a": 1, "c": {"a": 2}, "a": 3}]})"),
             ContainsSubstring("x.json: has \"a\" twice in an object"));
}

TEST_CASE("A document is built as it is written", "[exchange][json_file]") {
  const std::string text =
      R"({"a": [1, -2, 0.5, true, null, [], {}, "\u00e9"], "b": {"c": [[1, 2], [3]], "a": 7}, "d": 18446744073709551615})";
  const auto built = detail::exchange::parse_json(text, "x.json"),
             number = detail::exchange::parse_json("3", "x.json");
  CHECK(static_cast<const nlohmann::json&>(built) == nlohmann::json::parse(text));
  CHECK(static_cast<const nlohmann::json&>(number) == 3);
  CHECK_THAT(refusal<FileError>([&] { detail::exchange::parse_json("x", "x.json", 0, "its note"); }),
             ContainsSubstring("x.json: its note is not JSON"));
}

}  // namespace json_file_test
}  // namespace recur::testing
