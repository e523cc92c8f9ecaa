// Lines of the standard input.
#pragma once

#include <optional>
#include <string>

namespace sentiment {

/// Where a person types, a prompt stands before each line, and with libedit the arrow keys edit it and bring back
/// those typed before.
class LineReader {
 public:
  /// Without a prompt lines are read plainly.
  explicit LineReader(std::string prompt);

  /// Does a person type, on a terminal?
  bool is_typed() const { return is_typed_; }

  /// The next line, or nothing at the end. Throws std::runtime_error if the input can't be read, and for one that
  /// is no text: a line of more than a megabyte.
  std::optional<std::string> next();

 private:
  std::string prompt_;
  bool is_typed_, is_edited_;
};

}  // namespace sentiment
