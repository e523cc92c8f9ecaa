#include "recur/core/file.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <stdexcept>
#include <string>

#if __has_include(<sys/wait.h>)
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

#include "catch.hpp"
#include "temporary.hpp"

namespace file_test {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using recur::FileError;
using recur::write_file;
using recur::detail::read_file;

auto writes(const std::string& bytes) {
  return [bytes](std::ostream& out) { out << bytes; };
}

TEST_CASE("Files are read as they were written", "[core][file]") {
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

TEST_CASE("A file that can't be read is refused with its name", "[core][file]") {
  const TemporaryDirectory directory;
  CHECK_THROWS_AS(read_file(directory.path / "none"), FileError);
  CHECK_THROWS_WITH(
      read_file(directory.path / "none"),
      ContainsSubstring("recur_test_") && ContainsSubstring("none: can't be opened: No such file"));
  CHECK_THROWS_WITH(read_file(directory.path), ContainsSubstring("is a directory"));
}

TEST_CASE("A write that fails leaves the old file and nothing else", "[core][file]") {
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

TEST_CASE("A path that can't be written is refused, and the directory is unchanged", "[core][file]") {
  const TemporaryDirectory directory;
  CHECK_THROWS_AS(write_file(directory.path / "missing" / "file", writes("new")), FileError);
  CHECK_THROWS_WITH(write_file(directory.path / "missing" / "file", writes("new")),
                    ContainsSubstring("can't be written: No such file or directory"));
  CHECK(directory.count() == 0);
  CHECK_THROWS_WITH(write_file(directory.path, writes("new")), ContainsSubstring("not a file"));
  CHECK(fs::is_directory(directory.path));
}

TEST_CASE("Writing to a link writes the file behind it, which may not exist yet", "[core][file]") {
  const TemporaryDirectory directory;
  const auto path = directory.path / "file", link = directory.path / "link",
             second = directory.path / "second";
  std::error_code error;
  fs::create_directory(directory.path / "folder");
  fs::create_symlink("file", link, error);
  if (error) return;  // some systems don't let every user make links
  fs::create_symlink("folder/../link", second);
  for (const char* text : {"old", "new"}) {
    write_file(second, writes(text));
    CHECK(fs::is_symlink(second));
    CHECK(fs::is_symlink(link));
    CHECK(fs::is_regular_file(fs::symlink_status(path)));
    CHECK(read_file(path) == text);
  }
  fs::create_symlink("loop", directory.path / "loop");
  CHECK_THROWS_WITH(write_file(directory.path / "loop", writes("new")), ContainsSubstring("leads to itself"));
}

TEST_CASE("A message shows control characters of a path as text", "[core][file]") {
  CHECK_THROWS_WITH(read_file("no\x1B[2Jsuch"), ContainsSubstring("no\\x1B[2Jsuch: can't be opened"));
}

TEST_CASE("Files may have names in any script", "[core][file]") {
  const TemporaryDirectory directory;
  for (const std::u8string name :
       {u8"größer", u8"Ελληνικά", u8"日本語", u8"смайлик 🙂", u8"with space"}) {
    const fs::path folder = directory.path / name, path = folder / (name + u8".txt");
    fs::create_directory(folder);
    for (const char* text : {"old", "new"}) {  // the second takes the place of the first
      write_file(path, writes(text));
      CHECK(read_file(path) == text);
    }
    CHECK(fs::exists(path));
    CHECK_THROWS_WITH(read_file(folder),
                      ContainsSubstring(std::string(name.begin(), name.end()) + ": is a directory"));
  }
}

TEST_CASE("The ending of a name counts in small and capital letters", "[core][file]") {
  for (const char* name : {"a.wav", "b.c/d.WAV", "e.txt.Wav"}) CHECK(recur::detail::has_ending(name, ".wav"));
  for (const char* name : {"a.wave", "wav", ".wav", "a.wav/b", "a.wav.txt"})
    CHECK_FALSE(recur::detail::has_ending(name, ".wav"));
}

TEST_CASE("The first bytes of a file can be read alone", "[core][file]") {
  const TemporaryDirectory directory;
  CHECK(read_file(directory.file("file", "0123456789"), 4) == "0123");
  CHECK(read_file(directory.file("file", "0123456789"), 100) == "0123456789");
  CHECK(read_file(directory.file("file", "0123456789"), 0).empty());
}

#if __has_include(<sys/wait.h>)

unsigned mode_of(const fs::path& path) {
  struct stat is {};
  REQUIRE(stat(path.c_str(), &is) == 0);
  return is.st_mode & 07777U;
}

TEST_CASE("A replaced file keeps its mode, and a new file has the system's mode", "[core][file]") {
  const TemporaryDirectory directory;
  const auto path = directory.path / "file";
  const mode_t before = umask(027);
  write_file(path, writes("first"));
  CHECK(mode_of(path) == 0640);
  for (const unsigned mode : {0600U, 0660U, 0444U, 0604U, 0777U}) {
    REQUIRE(chmod(path.c_str(), mode) == 0);
    std::string text = "a file of mode " + std::to_string(mode);
    write_file(path, [&](std::ostream& out) {
      out << text;
      for (const auto& entry : fs::directory_iterator(directory.path))
        if (entry.path() != path) CHECK(mode_of(entry.path()) == 0600);  // nobody else reads it half written
    });
    CHECK(mode_of(path) == mode);
    CHECK(read_file(path) == text);
  }
  umask(0777);  // in this mode even the owner can't write
  write_file(directory.path / "closed", writes("new"));
  CHECK(mode_of(directory.path / "closed") == 0);
  umask(before);
}

TEST_CASE("A replaced file keeps its owner if the system allows it", "[core][file]") {
  const TemporaryDirectory directory;
  const auto path = directory.file("file", "old");
  if (chown(path.c_str(), 12345, 54321) != 0) return;  // only the superuser may do this
  chmod(path.c_str(), 0640);
  write_file(path, writes("new"));
  struct stat is {};
  REQUIRE(stat(path.c_str(), &is) == 0);
  CHECK(is.st_uid == 12345);
  CHECK(is.st_gid == 54321);
  CHECK(mode_of(path) == 0640);
}

TEST_CASE("A folder without write permission is refused, and so is a full disk", "[core][file]") {
  const TemporaryDirectory directory;
  if (geteuid() != 0) {  // the superuser may write everywhere
    chmod(directory.path.c_str(), 0555);
    CHECK_THROWS_WITH(write_file(directory.path / "file", writes("new")),
                      ContainsSubstring("can't be written: Permission denied"));
    chmod(directory.path.c_str(), 0755);
  }
  CHECK_THROWS_AS(write_file("/proc/recur_test", writes("new")), FileError);
  const auto path = directory.file("file", "old");
  struct rlimit before {};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  struct rlimit small = before;
  small.rlim_cur = 100000;
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  std::string said;
  try {
    write_file(path, writes(std::string(1000000, 'n')));
  } catch (const FileError& error) {
    said = error.what();
  }
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  CHECK_THAT(said, ContainsSubstring("can't be written: File too large"));
  CHECK(read_file(path) == "old");
  CHECK(directory.count() == 1);
}

TEST_CASE("Devices are refused, and an error while reading is not the end of a file", "[core][file]") {
  for (const char* device : {"/dev/zero", "/dev/null", "/dev/full"}) {
    if (!fs::exists(device)) continue;
    CHECK_THROWS_WITH(read_file(device), ContainsSubstring("is a device, not a file"));
    CHECK_THROWS_WITH(write_file(device, writes("new")), ContainsSubstring("not a file"));
  }
  if (!fs::exists("/proc/self/mem")) return;  // no memory is mapped at address 0
  CHECK_THROWS_WITH(read_file("/proc/self/mem"), ContainsSubstring("can't be read: Input/output error"));
}

TEST_CASE("A pipe is read to its end", "[core][file]") {
  const TemporaryDirectory directory;
  const auto path = directory.path / "pipe";
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  const std::string text(300000, 'p');
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::ofstream(path) << text;
    _exit(0);
  }
  CHECK((read_file(path) == text));
  waitpid(child, nullptr, 0);
}

#endif

}  // namespace file_test
