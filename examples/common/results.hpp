// Files that a program writes for its user. What is there already is replaced only if the user says so, or if it is a result
// of the run that goes on.
#pragma once

#include <filesystem>
#include <fstream>
#include <recur/core/error.hpp>
#include <recur/core/file.hpp>
#include <recur/io/safetensors.hpp>
#include <sstream>
#include <string>

#include "file.hpp"

namespace examples {

/// Whether the file is a model whose metadata have this key and, if it is not empty, this text.
inline bool is_model_with(const std::filesystem::path& path, const std::string& key,
                          const std::string& text = {}) {
  try {
    const recur::Metadata metadata = recur::read_safetensors(path).metadata;
    const auto found = metadata.find(key);
    return found != metadata.end() && (text.empty() || found->second == text);
  } catch (const recur::FileError&) {
    return false;
  }
}

inline std::string first_line(const std::filesystem::path& path) {
  std::string line;
  std::ifstream file(path, std::ios::binary);
  for (char c; line.size() < 256 && file.get(c) && c != '\n';) line += c;
  return line;
}

/// Whether the file begins as a log of epochs does.
inline bool is_log(const std::filesystem::path& path) {
  return first_line(path).starts_with("epoch,rate,training_loss,");
}
/// Whether the file begins with a name and a number, as one of --figures does.
inline bool is_figures(const std::filesystem::path& path) {
  std::istringstream words(first_line(path));
  std::string name, rest;
  double number = 0;
  return words >> name >> number && !(words >> rest);
}

/// Throws recur::FileError if the file is there and may not be replaced. A folder is refused where it is written.
inline void require_replaceable(const std::filesystem::path& path, bool may_be_replaced) {
  recur::detail::require_file(path.empty() || may_be_replaced || !is_there(path) || is_folder(path), path,
                              "exists already: replace it with --overwrite, or give another name");
}

/// Throws recur::FileError if a result would replace a file that is read. Either may be empty: not given.
inline void require_not_read(const std::filesystem::path& result, const std::filesystem::path& read) {
  std::error_code ignored;
  recur::detail::require_file(
      result.empty() || !std::filesystem::is_regular_file(read, ignored) || !is_same_file(result, read),
      result, "is read: give the result another name");
}

}  // namespace examples
