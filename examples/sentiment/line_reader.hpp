// Lines of the standard input.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace sentiment {

/// Bytes of a line, at most: one that is longer would fill the memory.
inline constexpr std::size_t longest_line = 1 << 20;

/// Where a person types, a prompt stands before each line, and with libedit the arrow keys edit it and bring back
/// those typed before.
class LineReader {
 public:
  /// Without a prompt lines are read plainly.
  explicit LineReader(std::string prompt);

  /// Does a person type, on a terminal?
  bool is_typed() const { return is_typed_; }

  /// The next line, or nothing at the end; of one that is longer than longest_line a byte more than that, and the rest is passed
  /// over. Lines end as those of files do, and a byte order mark before the first is left out. Throws std::runtime_error if the
  /// input can't be read, and for one that is no text: a long line with a NUL byte.
  std::optional<std::string> next();

 private:
  std::optional<std::string> read_line();

  std::string prompt_;
  bool is_typed_, is_edited_, is_first_ = true, after_cr_ = false;
};

}  // namespace sentiment
