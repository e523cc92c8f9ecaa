// A file that is written beside another one and then takes its place.
#pragma once

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <system_error>

#if defined(__unix__) || defined(__APPLE__)
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#elif defined(_WIN32)
#include <fcntl.h>
#include <io.h>
#endif

#include "recur/core/version.hpp"

namespace recur::inline RECUR_ABI::detail::file {

/// The name of a temporary file does not contain the name of its target. So it is short even if that name is
/// long, and the next save in the folder recognises it.
inline constexpr std::string_view temporary_begin = ".recur-", temporary_end = ".tmp";

inline std::string temporary_name() {
  std::random_device random;
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%08x%08x", random() & 0xFFFFFFFFU, random() & 0xFFFFFFFFU);
  return std::string(temporary_begin) + digits.data() + std::string(temporary_end);
}

inline bool is_temporary_name(std::string_view name) {
  if (name.size() != temporary_begin.size() + 16 + temporary_end.size() ||
      !name.starts_with(temporary_begin) || !name.ends_with(temporary_end))
    return false;
  return name.substr(temporary_begin.size(), 16).find_first_not_of("0123456789abcdef") == name.npos;
}

inline std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

[[noreturn]] inline void throw_system_error() { throw std::system_error(errno, std::generic_category()); }

#if defined(__unix__) || defined(__APPLE__)

/// A descriptor that is closed at the end of its life.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  ~Descriptor() { reset(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  void reset(int number = -1) {
    if (number_ >= 0) ::close(number_);
    number_ = number;
  }
  int operator*() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }

 private:
  int number_;
};

/// New names in a folder last once the folder is on the disk too. Returns false, with errno, if the disk fails. Some systems
/// can't be asked for that; they do it in their own time.
inline bool sync_folder(const std::filesystem::path& path) {
  const Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return !folder || ::fsync(*folder) == 0 || errno != EIO;
}

/// Removes the temporary files of saves that were killed: those without a lock. When a program ends in any
/// way, the system releases its locks.
inline void remove_leftovers(const std::filesystem::path& folder) {
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (!is_temporary_name(at->path().filename().string())) continue;
    const Descriptor file(::open(at->path().c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat is {};
    if (file && ::fstat(*file, &is) == 0 && S_ISREG(is.st_mode) && ::flock(*file, LOCK_EX | LOCK_NB) == 0)
      ::unlink(at->path().c_str());
  }
}

/// An empty file in the folder of `target`. It is locked while it exists. This object removes it at the end,
/// unless it took the place of `target`. Throws std::system_error.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& target) : target_(target) {
    remove_leftovers(folder_of(target));
    struct stat old {};
    is_new_ = ::stat(target.c_str(), &old) != 0;
    for (bool held = false; !held;) {  // again if another save removes it as a leftover before it is locked
      path_ = folder_of(target) / temporary_name();
      file_.reset(::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, is_new_ ? 0666 : 0600));
      if (!file_ && errno == EEXIST) continue;
      if (!file_) throw_system_error();
      const bool taken = ::flock(*file_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
      held = !taken && ::access(path_.c_str(), F_OK) == 0;
    }
    struct stat is {};
    if (::fstat(*file_, &is) == 0) mode_ = is.st_mode & 0777;
    ::fchmod(*file_, 0600);  // nobody reads half a file
  }
  ~TemporaryFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::filesystem::path& path() const { return path_; }

  /// Waits until the file is on the disk, then puts it in the place of `target`, with the mode and the owner
  /// of the old file.
  void replace() {
    struct stat old {};
    if (!is_new_ && ::stat(target_.c_str(), &old) == 0) {
      mode_ = old.st_mode & 0777;
      const bool same = ::fchown(*file_, old.st_uid, old.st_gid) == 0 ||
                        ::fchown(*file_, static_cast<uid_t>(-1), old.st_gid) == 0;
      if (!same) mode_ = (mode_ & 0707U) | (mode_ & 7U) << 3U;  // a new group gets the rights of all others
    }
    if (::fchmod(*file_, mode_) != 0 || ::fsync(*file_) != 0) throw_system_error();
    if (::rename(path_.c_str(), target_.c_str()) != 0) throw_system_error();
    path_.clear();
    if (!sync_folder(folder_of(target_))) throw_system_error();
  }

 private:
  std::filesystem::path target_, path_;
  Descriptor file_;
  mode_t mode_ = 0600;
  bool is_new_ = true;
};

#else

/// There is no call for it.
inline bool sync_folder(const std::filesystem::path&) { return true; }

/// Waits until the file is on the disk, where the system can be asked for that.
inline void write_to_disk([[maybe_unused]] const std::filesystem::path& path) {
#if defined(_WIN32)
  const int file = ::_wopen(path.c_str(), _O_RDWR | _O_BINARY);
  const bool done = file >= 0 && ::_commit(file) == 0;
  const int error = errno;
  if (file >= 0) ::_close(file);
  if (!done) throw std::system_error(error, std::generic_category());
#endif
}

/// There is no lock that would tell a leftover from the file of a save, so leftovers stay.
inline void remove_leftovers(const std::filesystem::path&) {}

/// The same with the standard library alone.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& target)
      : target_(target), path_(folder_of(target) / temporary_name()) {
    errno = 0;
    if (!std::ofstream(path_, std::ios::binary)) throw_system_error();
  }
  ~TemporaryFile() {
    std::error_code error;
    if (!path_.empty()) std::filesystem::remove(path_, error);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::filesystem::path& path() const { return path_; }

  void replace() {
    std::error_code error;
    write_to_disk(path_);
    const auto old = std::filesystem::status(target_, error);
    if (std::filesystem::exists(old)) std::filesystem::permissions(path_, old.permissions(), error);
    std::filesystem::rename(path_, target_);
    path_.clear();
  }

 private:
  std::filesystem::path target_, path_;
};

#endif

/// Makes a folder and those above it that are missing, so that their names last. `error` says why one can't be made.
inline void make_folders(const std::filesystem::path& folder, std::error_code& error) {
  if (std::filesystem::is_directory(folder, error)) return;
  error.clear();  // it said that there is none
  const auto above = folder_of(folder);
  if (above != folder) make_folders(above, error);
  if (error) return;
  if (std::filesystem::create_directory(folder, error) && !sync_folder(above))
    error = std::error_code(errno, std::generic_category());
}

}  // namespace recur::inline RECUR_ABI::detail::file
