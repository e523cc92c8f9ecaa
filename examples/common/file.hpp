// Files that a user names.
#pragma once

#include <exception>
#include <filesystem>
#include <ostream>
#include <recur/core/error.hpp>
#include <recur/core/file.hpp>
#include <recur/core/utf8.hpp>
#include <string>
#include <system_error>

namespace examples {

// recur does not promise these, so a later version may change them. Most programs take them from here.
using recur::detail::has_ending;  ///< has_ending("tune.WAV", ".wav")
using recur::detail::in_utf8;     ///< the name of a file, for a message
/// Throws recur::FileError with the file's name unless the condition holds.
using recur::detail::require_file;

inline bool is_there(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

inline bool is_folder(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

/// Whether two names are those of one file, which need not be there yet.
inline bool is_same_file(const std::filesystem::path& a, const std::filesystem::path& b) {
  std::error_code ignored;
  const auto whole = [&](const std::filesystem::path& path) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(path, ignored), ignored);
  };
  return std::filesystem::equivalent(a, b, ignored) || whole(a) == whole(b);
}

/// Throws recur::FileError if there is no such file or folder. An empty path is one that was not given.
inline void require_there(const std::filesystem::path& path) {
  recur::detail::require_file(path.empty() || is_there(path), path, "there is no such file or folder");
}

/// Throws recur::FileError if a file can't be saved there. Leaves nothing behind.
inline void require_writable(const std::filesystem::path& path) {
  struct Enough {};
  recur::detail::require_file(path.has_filename(), path, "is not the name of a file to save to");
  try {  // tries all that can fail before the first byte is written, and leaves nothing
    recur::write_file(path, [](std::ostream&) { throw Enough{}; });
  } catch (const Enough&) {
  }
}

/// Throws recur::FileError if a file that is written would lie among those of a folder that is read: it could replace one
/// of them, and would be read the next time. Any other `read` passes, also an empty one.
inline void require_outside(const std::filesystem::path& written, const std::filesystem::path& read) {
  const std::filesystem::path parent = written.has_parent_path() ? written.parent_path() : ".";
  std::error_code ignored;
  recur::detail::require_file(!is_folder(read) || !std::filesystem::equivalent(parent, read, ignored),
                              written,
                              "would be written into the folder that is read: write it to another one");
}

/// What `read` returns. What it throws becomes a recur::FileError with the file's name, if that is not in it.
template <class Read>
auto of_file(const std::filesystem::path& path, Read read) {
  try {
    return read();
  } catch (const std::exception& error) {
    const std::string what = error.what(), name = recur::detail::printable(recur::detail::in_utf8(path));
    throw recur::FileError(what.starts_with(name) ? what : name + ": " + what);
  }
}

}  // namespace examples
