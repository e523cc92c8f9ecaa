// Whole files. They are read at once, and written so that nobody finds half a file under their name.
#pragma once

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <limits>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include "recur/core/error.hpp"
#include "recur/core/temporary_file.hpp"
#include "recur/core/utf8.hpp"

namespace recur::inline RECUR_ABI {

namespace detail {

/// A path in UTF-8, for a message. `path.string()` is that on most systems; on Windows it may be in another code, in which
/// some names can't be written at all.
inline std::string in_utf8(const std::filesystem::path& path) {
  const std::u8string text = path.u8string();
  return {text.begin(), text.end()};
}

/// Throws FileError with "path: parts..." unless `legal` holds.
template <class... Parts>
void require_file(bool legal, const std::filesystem::path& path, const Parts&... parts) {
  if (!legal) [[unlikely]]
    throw FileError(message(printable(in_utf8(path)), ": ", parts...));
}

/// Throws FileError with "path:line: parts...".
template <class... Parts>
[[noreturn]] void refuse_line(const std::filesystem::path& path, std::size_t line, const Parts&... parts) {
  throw FileError(message(printable(in_utf8(path)), ':', line, ": ", parts...));
}

/// Whether the name of a file has this ending, such as ".wav", in small or capital letters.
inline bool has_ending(const std::filesystem::path& path, std::string_view ending) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  const std::string own = in_utf8(path.extension());
  return std::equal(own.begin(), own.end(), ending.begin(), ending.end(),
                    [&](char a, char b) { return lower(a) == lower(b); });
}

namespace file {

/// The most bytes that are read from a pipe, since nobody knows its end.
inline constexpr std::size_t largest_pipe = std::size_t{1} << 30U;

/// What the system says about the last call that failed.
inline std::string reason() { return errno ? std::generic_category().message(errno) : "unknown reason"; }

/// The file that a link leads to, also if it does not exist yet. Writing goes to this file, and the link
/// stays.
inline std::filesystem::path behind_links(std::filesystem::path path) {
  std::error_code error;
  for (int links = 0; std::filesystem::is_symlink(path, error); ++links) {
    require_file(links < 40, path, "is a link that leads to itself");
    path = folder_of(path) / std::filesystem::read_symlink(path, error);
    require_file(!error, path, "is a link that can't be read: ", error.message());
  }
  return path;
}

}  // namespace file

/// All bytes of a file, or of a pipe up to 1 GiB, or only the first `most` of them. Throws FileError if the
/// file does not exist or can't be read, and for a directory or a device, which may have no end.
inline std::string read_file(const std::filesystem::path& path,
                             std::size_t most = std::numeric_limits<std::size_t>::max()) {
  using std::filesystem::file_type;
  constexpr std::size_t piece = 1 << 16;
  std::error_code error;
  const auto type = std::filesystem::status(path, error).type();
  detail::require_file(type != file_type::directory, path, "is a directory, not a file");
  detail::require_file(type != file_type::character && type != file_type::block && type != file_type::socket,
                       path, "is a device, not a file");
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  detail::require_file(in.is_open(), path, "can't be opened: ", detail::file::reason());
  std::string bytes;
  const auto size = type == file_type::regular ? std::filesystem::file_size(path, error) : 0;
  try {
    // One byte more than there should be, to notice the end. Files of /proc report a size of 0.
    std::size_t next = !error && size > 0 ? static_cast<std::size_t>(size) + 1 : piece;
    while (in && bytes.size() < most) {
      detail::require_file(type == file_type::regular || bytes.size() < detail::file::largest_pipe, path,
                           "is a pipe that gives more than ", detail::file::largest_pipe,
                           " bytes: save them to a file");
      const std::size_t have = bytes.size();
      next = std::min(next, most - have);
      bytes.resize(have + next);
      in.read(bytes.data() + have, static_cast<std::streamsize>(next));
      bytes.resize(have + static_cast<std::size_t>(in.gcount()));
      next = std::max(bytes.size(), piece);
    }
  } catch (const std::bad_alloc&) {
    detail::require_file(false, path, "has ", size, " bytes: too many for the memory");
  } catch (const std::length_error&) {
    detail::require_file(false, path, "has ", size, " bytes: too many for the memory");
  }
  detail::require_file(!in.bad(), path, "can't be read: ", detail::file::reason());
  return bytes;
}

}  // namespace detail

/// Writes a file by write(std::ostream&). It first writes under another name in the same directory, and then
/// puts that file in the place of `path`. If anything fails, also by an exception of `write`, an existing
/// file stays as it was and nothing else is left. Throws FileError if the file can't be written, or if `path`
/// exists and is not a file.
///
/// The new file keeps the mode of the file that it replaces and, as far as the system allows, its owner. A
/// link stays a link. The file is on the disk before it takes its name (fsync). If a save is killed and
/// leaves a file behind, the next save in the same directory removes it.
template <class F>
void write_file(const std::filesystem::path& path, F&& write) {
  const auto target = detail::file::behind_links(path);
  std::error_code error;
  const auto there = std::filesystem::status(target, error);
  detail::require_file(std::filesystem::status_known(there), path, "can't be written: ", error.message());
  detail::require_file(!std::filesystem::exists(there) || std::filesystem::is_regular_file(there), path,
                       "can't be written: it is a directory or a device, not a file");
  detail::require_file(target.has_filename(), path, "is not the name of a file");
  const auto attempt = [&](auto&& part) {
    try {
      return part();
    } catch (const std::system_error& failure) {
      throw FileError(detail::message(detail::printable(detail::in_utf8(path)),
                                      ": can't be written: ", failure.code().message()));
    }
  };
  auto temporary = attempt([&] { return detail::file::TemporaryFile(target); });
  errno = 0;
  std::ofstream out(temporary.path(), std::ios::binary);
  detail::require_file(out.is_open(), path, "can't be written: ", detail::file::reason());
  write(static_cast<std::ostream&>(out));
  out.close();
  detail::require_file(out.good(), path, "can't be written: ", detail::file::reason());
  attempt([&] { temporary.replace(); });
}

}  // namespace recur::inline RECUR_ABI
