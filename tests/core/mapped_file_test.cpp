#include "recur/core/mapped_file.hpp"

#include <string>

#include "catch.hpp"
#include "refusal.hpp"
#include "temporary.hpp"

namespace recur::testing {
namespace mapped_file_test {

using Catch::Matchers::ContainsSubstring;

TEST_CASE("A mapped file has the bytes of the file", "[core][mapped_file]") {
  const TemporaryDirectory directory;
  const std::string bytes(10000, 'x');
  for (const std::string& content : {std::string(), std::string("a\0b", 3), bytes}) {
    const detail::MappedFile file(directory.file("x", content));
    CHECK(file.bytes() == content);
  }
  CHECK_THAT(refusal<FileError>([&] { detail::MappedFile(directory.path / "none"); }),
             ContainsSubstring("can't be opened"));
  CHECK_THAT(refusal<FileError>([&] { detail::MappedFile file(directory.path); }),
             ContainsSubstring("is a directory"));
}

TEST_CASE("A mapped file stays whole when another one takes its name", "[core][mapped_file]") {
  const TemporaryDirectory directory;
  const std::string bytes(100000, 'x');
  const auto path = directory.file("x", bytes);
  const detail::MappedFile file(path);
  write_file(path, [](std::ostream& out) { out << 'y'; });
  CHECK(file.bytes() == bytes);
}

}  // namespace mapped_file_test
}  // namespace recur::testing
