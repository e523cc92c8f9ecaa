// Lines of the standard input.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace sentiment {

/// The most bytes of a line. A longer one would fill the memory.
inline constexpr std::size_t longest_line = 1 << 20;

/// If a person types, there is a prompt before each line. With libedit, the arrow keys edit the line and
/// bring back earlier lines.
class LineReader {
 public:
  /// Without a prompt it reads lines plainly.
  explicit LineReader(std::string prompt);

  /// Whether a person types on a terminal.
  bool is_typed() const { return is_typed_; }

  /// The next line, or nothing at the end. Lines end as in files; a byte order mark before the first is left
  /// out. A line that is longer than longest_line is cut to one byte more than that, and its rest is skipped.
  /// Throws std::runtime_error if the input can't be read, and for a long line with a NUL byte, which is not
  /// text.
  std::optional<std::string> next();

 private:
  std::optional<std::string> read_line();

  std::string prompt_;
  bool is_typed_, is_edited_, is_first_ = true, after_cr_ = false;
};

}  // namespace sentiment
