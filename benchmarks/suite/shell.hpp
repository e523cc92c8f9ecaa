// Words of a command for std::system.
#pragma once

#include <filesystem>
#include <string>

namespace bench {

/// A path as one word for the shell, whatever is in it: it's becomes 'it'\''s'.
inline std::string for_shell(const std::filesystem::path& path) {
  std::string word = "'";
  for (const char c : path.string()) word += c == '\'' ? "'\\''" : std::string(1, c);
  return word + '\'';
}

}  // namespace bench
