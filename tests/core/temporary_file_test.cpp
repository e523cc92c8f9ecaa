#include "recur/core/temporary_file.hpp"

#include <csignal>
#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#if __has_include(<sys/wait.h>)
#include <sys/wait.h>
#include <unistd.h>
#endif
#ifdef __GLIBC__
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#endif

#include "catch.hpp"
#include "recur/core/file.hpp"
#include "temporary.hpp"

#ifdef __GLIBC__
namespace temporary_file_test {
std::vector<std::string>* calls = nullptr;  // takes note of the calls below
}

// These stand before the functions of the C library, and do the same.
extern "C" int fsync(int file) {
  if (auto* const notes = temporary_file_test::calls) {
    struct stat is {};
    fstat(file, &is);
    notes->push_back(S_ISDIR(is.st_mode) ? "the folder to the disk"
                                         : std::to_string(is.st_size) + " bytes to the disk");
  }
  return static_cast<int>(syscall(SYS_fsync, file));
}
extern "C" int rename(const char* from, const char* to) noexcept {
  if (temporary_file_test::calls) temporary_file_test::calls->push_back("rename");
  return renameat(AT_FDCWD, from, AT_FDCWD, to);
}
#endif

namespace temporary_file_test {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using recur::write_file;
using recur::detail::read_file;
using recur::detail::file::is_temporary_name;
using recur::detail::file::temporary_name;

auto writes(const std::string& bytes) {
  return [bytes](std::ostream& out) { out << bytes; };
}

TEST_CASE("A temporary name is recognised and is not used twice", "[core][temporary_file]") {
  const std::string one = temporary_name(), other = temporary_name();
  CHECK(is_temporary_name(one));
  CHECK(one != other);
  for (const char* name : {"", ".recur-.tmp", ".recur-0123456789ABCDEF.tmp", "0123456789abcdef.tmp",
                           ".recur-0123456789abcdef.tmp2", "a.recur-0123456789abcdef.tmp"})
    CHECK_FALSE(is_temporary_name(name));
}

#ifdef __GLIBC__

TEST_CASE("A file is whole on the disk before it takes its name, and then the name is",
          "[core][temporary_file]") {
  const TemporaryDirectory directory;
  for (const char* bytes : {"new", "newer"}) {
    std::vector<std::string> notes;
    calls = &notes;
    write_file(directory.path / "file", writes(bytes));
    calls = nullptr;
    CHECK(notes == std::vector{std::to_string(std::string(bytes).size()) + " bytes to the disk",
                               std::string("rename"), std::string("the folder to the disk")});
  }
}

#endif

#if __has_include(<sys/wait.h>)

TEST_CASE("The next save removes the file of a killed save but not the file of a running save",
          "[core][temporary_file]") {
  const TemporaryDirectory directory;
  const auto path = directory.path / "file";
  write_file(path, writes("old"));
  for (int i = 0; i < 2; ++i) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      write_file(path, [](std::ostream& out) {
        out << "half" << std::flush;
        kill(getpid(), SIGKILL);
      });
      _exit(1);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    CHECK(directory.count() == 2);
    CHECK(read_file(path) == "old");
  }
  const auto others = {directory.file(".recur-00000000.tmp", "short"),
                       directory.file(".recur-0123456789abcdeg.tmp", ""),
                       directory.file("x.recur-0123456789abcdef.tmp", "")};
  write_file(directory.path / "outer", [&](std::ostream& out) {
    CHECK(directory.count() == 5);  // the old leftover is removed, and this save's file is there
    out << "outer";
    write_file(directory.path / "inner", writes("inner"));
    CHECK(directory.count() == 6);
  });
  CHECK(directory.count() == 6);
  CHECK(read_file(directory.path / "outer") == "outer");
  CHECK(read_file(directory.path / "inner") == "inner");
  for (const auto& other : others) CHECK(fs::exists(other));
}

TEST_CASE("Folders are made with those above them, or the error says why not", "[core][temporary_file]") {
  const TemporaryDirectory folder;
  std::error_code error;
  for (int again = 0; again < 2; ++again) {
    recur::detail::file::make_folders(folder.path / "a" / "b" / "c", error);
    CHECK_FALSE(error);
    CHECK(std::filesystem::is_directory(folder.path / "a" / "b" / "c"));
  }
  std::ofstream(folder.path / "file") << "text";
  recur::detail::file::make_folders(folder.path / "file" / "d", error);
  CHECK(error);
  recur::detail::file::make_folders(folder.path / "file", error);
  CHECK(error);
}

TEST_CASE("Files with the longest legal names can be written", "[core][temporary_file]") {
  const TemporaryDirectory directory;
  for (const std::size_t length : {250U, 255U}) {
    const auto path = directory.path / std::string(length, 'n');
    write_file(path, writes("new"));
    write_file(path, writes("newer"));
    CHECK(read_file(path) == "newer");
  }
  const long before = directory.count();
  CHECK_THROWS_WITH(write_file(directory.path / std::string(300, 'n'), writes("new")),
                    ContainsSubstring("can't be written: File name too long"));
  CHECK(directory.count() == before);
}

#endif

}  // namespace temporary_file_test
