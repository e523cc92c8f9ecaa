// Whole files: read at once, and written so that half a file is never found under their name.
#pragma once

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <system_error>

#include "recur/core/error.hpp"

namespace recur {

/// Throws FileError, "path: parts...", unless `legal` holds.
template <class... Parts>
void require_file(bool legal, const std::filesystem::path& path, const Parts&... parts) {
  if (!legal) [[unlikely]]
    throw FileError(message(path.string(), ": ", parts...));
}

namespace file {

/// What the system says about the call that failed last.
inline std::string reason() { return errno ? std::generic_category().message(errno) : "unknown reason"; }

/// The file that a link stands for: writing goes there, and the link stays one.
inline std::filesystem::path behind_links(const std::filesystem::path& path) {
  std::error_code error;
  const auto target = std::filesystem::canonical(path, error);
  return error ? path : target;
}

}  // namespace file

/// All bytes of a file. Throws FileError if there is none or it can't be read.
inline std::string read_file(const std::filesystem::path& path) {
  std::error_code error;
  require_file(!std::filesystem::is_directory(path, error), path, "is a directory, not a file");
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  require_file(in.is_open(), path, "can't be opened: ", file::reason());
  std::string bytes;
  while (in) {  // by pieces and not by its size, for a pipe has none
    const std::size_t have = bytes.size();
    bytes.resize(have + std::max<std::size_t>(have, 1 << 16));
    in.read(bytes.data() + have, static_cast<std::streamsize>(bytes.size() - have));
    bytes.resize(have + static_cast<std::size_t>(in.gcount()));
  }
  require_file(!in.bad(), path, "can't be read: ", file::reason());
  return bytes;
}

/// Writes a file by write(std::ostream&): first under another name in the same directory, which then takes
/// the place of `path`. Whatever fails, also by an exception of `write`, a file that was there before stays
/// as it was and nothing else is left. Throws FileError if the file can't be written, or if what is there is
/// no file.
template <class F>
void write_file(const std::filesystem::path& path, F&& write) {
  const auto target = file::behind_links(path);
  std::error_code error;
  const auto there = std::filesystem::status(target, error);
  require_file(!std::filesystem::exists(there) || std::filesystem::is_regular_file(there), path,
               "can't be written: it is a directory or a device, not a file");
  auto temporary = target;
  temporary += message('.', std::random_device{}(), ".tmp");  // two programs may save the same file at once
  try {
    errno = 0;
    std::ofstream out(temporary, std::ios::binary);
    require_file(out.is_open(), path, "can't be written: ", file::reason());
    write(static_cast<std::ostream&>(out));
    out.close();
    require_file(out.good(), path, "can't be written: ", file::reason());
    std::filesystem::rename(temporary, target, error);
    require_file(!error, path, "can't be written: ", error.message());
  } catch (...) {
    std::filesystem::remove(temporary, error);
    throw;
  }
}

}  // namespace recur
