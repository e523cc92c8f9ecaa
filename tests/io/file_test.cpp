#include "recur/io/file.hpp"

#include <filesystem>
#include <ostream>
#include <stdexcept>
#include <string>

#include "catch.hpp"
#include "temporary.hpp"

namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using recur::FileError;
using recur::read_file;
using recur::write_file;

auto writes(const std::string& bytes) {
  return [bytes](std::ostream& out) { out << bytes; };
}

TEST_CASE("files are read as they were written") {
  const TemporaryDirectory directory;
  const auto path = directory.path / "file";
  for (const std::size_t size : {0U, 1U, 65535U, 65536U, 65537U, 1000000U}) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 7 + i / 251);
    write_file(path, writes(bytes));
    CHECK((read_file(path) == bytes));
    CHECK(directory.count() == 1);
  }
}

TEST_CASE("a file that can't be read is refused with its name") {
  const TemporaryDirectory directory;
  CHECK_THROWS_AS(read_file(directory.path / "none"), FileError);
  CHECK_THROWS_WITH(
      read_file(directory.path / "none"),
      ContainsSubstring("recur_test_") && ContainsSubstring("none: can't be opened: No such file"));
  CHECK_THROWS_WITH(read_file(directory.path), ContainsSubstring("is a directory"));
}

TEST_CASE("a write that fails leaves the old file and nothing else") {
  const TemporaryDirectory directory;
  const auto path = directory.path / "file";
  write_file(path, writes("old"));
  CHECK_THROWS_AS(write_file(path,
                             [](std::ostream& out) {
                               out << "half";
                               throw std::runtime_error("stop");
                             }),
                  std::runtime_error);
  CHECK_THROWS_AS(write_file(path,
                             [](std::ostream& out) {
                               out << "half";
                               out.setstate(std::ios::badbit);  // as a full disk does
                             }),
                  FileError);
  CHECK(read_file(path) == "old");
  CHECK(directory.count() == 1);
}

TEST_CASE("what can't be written is refused, and the directory is as before") {
  const TemporaryDirectory directory;
  CHECK_THROWS_AS(write_file(directory.path / "missing" / "file", writes("new")), FileError);
  CHECK_THROWS_WITH(write_file(directory.path / "missing" / "file", writes("new")),
                    ContainsSubstring("can't be written: No such file or directory"));
  CHECK(directory.count() == 0);
  CHECK_THROWS_WITH(write_file(directory.path, writes("new")), ContainsSubstring("not a file"));
  CHECK(fs::is_directory(directory.path));
}

TEST_CASE("writing to a link writes the file behind it") {
  const TemporaryDirectory directory;
  const auto path = directory.path / "file", link = directory.path / "link";
  write_file(path, writes("old"));
  std::error_code error;
  fs::create_symlink("file", link, error);
  if (error) return;  // not every system lets everybody make links
  write_file(link, writes("new"));
  CHECK(fs::is_symlink(link));
  CHECK(read_file(path) == "new");
}

}  // namespace
