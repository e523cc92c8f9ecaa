// Lines of the standard input.
#pragma once

#include <optional>
#include <string>

namespace sentiment {

/// If a person types, there is a prompt before each line. With libedit, the arrow keys edit the line and
/// bring back earlier lines.
class LineReader {
 public:
  /// Without a prompt it reads lines plainly.
  explicit LineReader(std::string prompt);

  /// Whether a person types on a terminal.
  bool is_typed() const { return is_typed_; }

  /// The next line, or nothing at the end. Throws std::runtime_error if the input can't be read, and for a
  /// line of more than a megabyte, which is not text.
  std::optional<std::string> next();

 private:
  std::string prompt_;
  bool is_typed_, is_edited_;
};

}  // namespace sentiment
