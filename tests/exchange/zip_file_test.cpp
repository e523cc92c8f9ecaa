#include "recur/exchange/zip_file.hpp"

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "refusal.hpp"
#include "temporary.hpp"

namespace recur::testing {
namespace zip_file_test {

using Catch::Matchers::ContainsSubstring;
using detail::exchange::write_zip;
using detail::exchange::ZipFile;

using Entries = std::vector<std::pair<std::string, std::string>>;

std::string zip_of(const Entries& entries) {
  std::ostringstream out;
  write_zip(out, entries);
  return out.str();
}

/// A number of `count` bytes, little endian.
std::string number(std::uint64_t value, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(value >> 8 * i & 0xFFU);
  return bytes;
}

/// An archive by hand: what libzip would not write. The entries are (name, data, size when read, method).
struct RawEntry {
  std::string name, data;
  std::uint64_t size;
  std::uint64_t method = 0, flags = 0, crc = 0;
};
std::string raw_zip(const std::vector<RawEntry>& entries, bool overlap = false) {
  std::string files, directory;
  for (const auto& e : entries) {
    const std::string both = number(20, 2) + number(e.flags, 2) + number(e.method, 2) + number(0, 2) +
                             number(33, 2) + number(e.crc, 4) + number(e.data.size(), 4) + number(e.size, 4) +
                             number(e.name.size(), 2) + number(0, 2);
    directory += "PK\1\2" + number(20, 2) + both + number(0, 2) + number(0, 2) + number(0, 2) + number(0, 4) +
                 number(overlap ? 0 : files.size(), 4) + e.name;
    if (!overlap || files.empty()) files += "PK\3\4" + both + e.name + e.data;
  }
  return files + directory + "PK\5\6" + number(0, 4) + number(entries.size(), 2) + number(entries.size(), 2) +
         number(directory.size(), 4) + number(files.size(), 4) + number(0, 2);
}

TEST_CASE("A zip archive gives the entries that were written", "[exchange][zip_file]") {
  const TemporaryDirectory directory;
  const Entries entries{{"a/data.pkl", "hello"}, {"a/empty", ""}, {"a/long", std::string(200000, 'x')}};
  const std::string bytes = zip_of(entries);
  CHECK(bytes == zip_of(entries));
  const auto check = [&](const ZipFile& zip) {
    REQUIRE(zip.entries().size() == 3);
    for (const auto& [name, content] : entries) CHECK(zip.read(name) == content);
    CHECK(zip.entries()[2].is_stored);
    CHECK(zip.has("a/long"));
    CHECK_FALSE(zip.has("a/lon"));
    CHECK_THAT(refusal<FileError>([&] { zip.read("b"); }), ContainsSubstring("has no entry \"b\""));
    ZipFile::Reader reader(zip, 2);
    std::string part(150000, ' ');
    reader.read(std::as_writable_bytes(std::span(part)));
    CHECK(part == std::string(150000, 'x'));
    CHECK_THAT(refusal<FileError>([&] { reader.read(std::as_writable_bytes(std::span(part))); }),
               ContainsSubstring("entry \"a/long\" is cut off"));
  };
  check(ZipFile(bytes, "x.zip"));
  check(ZipFile(directory.file("x.zip", bytes)));
  CHECK_THAT(refusal([&] { zip_of({{"a", ""}, {"a", ""}}); }), ContainsSubstring("can't be made"));
}

TEST_CASE("What is not an archive is refused", "[exchange][zip_file]") {
  const TemporaryDirectory directory;
  const std::string bytes = zip_of({{"a", "hello"}});
  for (const auto& one :
       {std::pair(std::string(), "is empty: it should be a zip archive"),
        {"text", "is not a zip archive: the list of entries at its end is missing or damaged"},
        {"PK", "is a zip archive that seems cut off at byte 2: the list of its entries"},
        {bytes.substr(0, bytes.size() / 2), "is a zip archive that seems cut off at byte "}}) {
    const std::string &wrong = one.first, says = one.second;
    CHECK_THAT(refusal<FileError>([&] { ZipFile(wrong, "x.zip"); }),
               ContainsSubstring("x.zip: ") && ContainsSubstring(says));
    CHECK_THAT(refusal<FileError>([&] { ZipFile(directory.file("y.zip", wrong)); }),
               ContainsSubstring("y.zip: ") && ContainsSubstring(says));
  }
  CHECK_THAT(refusal<FileError>([&] { ZipFile(directory.path / "none"); }),
             ContainsSubstring("there is no such file"));
  CHECK_THAT(refusal<FileError>([&] { ZipFile{directory.path}; }), ContainsSubstring("not a file"));
}

TEST_CASE("A damaged entry is refused by its checksum", "[exchange][zip_file]") {
  std::string bytes = zip_of({{"a", "hello"}});
  bytes[bytes.find("hello")] = 'j';
  const ZipFile zip(bytes, "x.zip");
  CHECK_THAT(refusal<FileError>([&] { zip.read("a"); }),
             ContainsSubstring("entry \"a\" can't be read: its checksum is wrong"));
  CHECK_THAT(refusal<FileError>([&] { zip.stored(0); }),
             ContainsSubstring("entry \"a\" can't be read: its checksum"));
}

TEST_CASE("Stored entries are views of the archive", "[exchange][zip_file]") {
  const Entries entries{{"a", "hello"}, {"b", std::string(1000, 'x')}, {"c", ""}};
  const std::string bytes = zip_of(entries);
  const ZipFile zip(bytes, "x.zip");
  for (std::size_t i = 0; i < 2; ++i) {
    const auto stored = zip.stored(i);
    REQUIRE(stored.has_value());
    CHECK(*stored == entries[i].second);
    CHECK(stored->data() == bytes.data() + bytes.find(entries[i].second));
  }
  // A header elsewhere than the list says, and names that differ: libzip reads these, or refuses them.
  std::string other = bytes;
  other[other.rfind("PK\1\2") + 42] ^= 1;
  CHECK_FALSE(ZipFile(other, "x.zip").stored(2).has_value());
  const std::string packed = raw_zip({{"a", "xx", 5, 8}});
  CHECK_FALSE(ZipFile(packed, "x.zip").stored(0).has_value());
  // Numbers that don't fit into the list itself are in its extra fields.
  std::string large = raw_zip({{"a", "hello", 5, 0, 0, 0x3610A686}});
  const std::size_t at = large.find("PK\1\2"), end = large.find("PK\5\6");
  large.replace(at + 42, 4, 4, '\xFF');
  large.replace(at + 30, 2, number(12, 2));
  large.insert(end, number(1, 2) + number(8, 2) + number(0, 8));
  large.replace(end + 12 + 12, 4, number(end + 12 - at, 4));
  const ZipFile wide(large, "x.zip");
  REQUIRE(wide.stored(0).has_value());
  CHECK(*wide.stored(0) == "hello");
}

TEST_CASE("Names that leave the archive, or come twice, are refused", "[exchange][zip_file]") {
  for (const std::string name : {"../a", "a/../b", "/etc/passwd", "a/..", "c:\\x", "a\\b", "a\nb", ".."})
    CHECK_THAT(refusal<FileError>([&] {
                 const std::string bytes = raw_zip({{name, "", 0}});
                 ZipFile(bytes, "x.zip");
               }),
               ContainsSubstring("must be a path that stays inside"));
  std::ostringstream out;
  CHECK_THAT(refusal([&] {
               write_zip(out, std::vector<std::pair<std::string, std::string>>{{"a/../b", "x"}});
             }),
             ContainsSubstring("an entry called \"a/../b\": a name must be a path that stays inside"));
  CHECK_THAT(refusal<FileError>([&] {
               const std::string bytes = raw_zip({{"a", "", 0}, {"b", "", 0}, {"a", "", 0}});
               ZipFile(bytes, "x.zip");
             }),
             ContainsSubstring("has the entry \"a\" twice"));
  const std::string legal = raw_zip({{"a..b/..c/x.", "", 0}, {"run_12:30/data.pkl", "", 0}});
  CHECK(ZipFile(legal, "x.zip").entries().size() == 2);
}

TEST_CASE("Bombs and other kinds of entries are refused", "[exchange][zip_file]") {
  const auto refused = [](const std::vector<RawEntry>& entries, bool overlap = false) {
    const std::string bytes = raw_zip(entries, overlap);
    return refusal<FileError>([&] { ZipFile(bytes, "x.zip"); });
  };
  CHECK_THAT(refused({{"a", "xx", 5000, 8}}), ContainsSubstring("larger than 10 times the archive"));
  CHECK_THAT(refused({{"a", "xx", 600, 8}, {"b", "xx", 1000, 8}, {"c", "xx", 2000, 8}}),
             ContainsSubstring("entry \"c\" has 2000 bytes: with those before it"));
  CHECK_THAT(refused({{"a", "xx", 0xFFFFFFFE, 8}}), ContainsSubstring("larger than 10 times the archive"));
  CHECK_THAT(refused({{"a", "xx", 3}}), ContainsSubstring("is stored in 2 bytes, but has 3"));
  CHECK_THAT(refused({{"a", "xx", 2, 12}}), ContainsSubstring("compressed by method 12"));
  CHECK_THAT(refused({{"a", "xx", 2, 0, 1}}), ContainsSubstring("is encrypted"));
  const std::string data(5000, 'x');  // entries that share the same bytes
  CHECK_THAT(refused({{"a", data, 5000}, {"b", data, 5000}}, true),
             ContainsSubstring("larger than the archive"));
}

}  // namespace zip_file_test
}  // namespace recur::testing
