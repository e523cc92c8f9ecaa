// The standard input as it comes, such as the samples of a sensor.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <iostream>
#include <recur/train/interrupt.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#if __has_include(<poll.h>)
#include <poll.h>
#include <unistd.h>
#endif

namespace examples {

/// Bytes and lines of the standard input. While it lives, the first Ctrl-C ends the input and not the program.
class StandardInput {
 public:
  /// Waits for bytes, puts at most so many of them there, and returns how many; 0 after the last one. Throws
  /// std::runtime_error if they can't be read.
  std::size_t read(char* to, std::size_t most) {
    if (begin_ == end_) fill();
    const std::size_t count = std::min(most, end_ - begin_);
    std::copy_n(held_.data() + begin_, count, to);
    begin_ += count;
    return count;
  }
  /// Whether its next bytes are these, which are still to be read. Waits for no more than it needs to know that.
  bool begins_with(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i)
      if ((begin_ + i == end_ && !fill()) || held_[begin_ + i] != text[i]) return false;
    return true;
  }
  /// Reads the next line, without its end. Returns whether there was one. Throws std::runtime_error for one of over a
  /// thousand bytes.
  bool line(std::string& text) {
    text.clear();
    char next = '\0';
    while (read(&next, 1) == 1) {
      if (next == '\n') {
        if (text.ends_with('\r')) text.pop_back();
        return true;
      }
      if (text.size() == 1000) throw std::runtime_error("the standard input has a line of over 1000 bytes");
      text += next;
    }
    return !text.empty();
  }

 private:
  /// Waits for more, which comes behind what is there. Returns whether some came.
  bool fill() {
    if (begin_ == end_) begin_ = end_ = 0;
    std::size_t count = 0;
    if (ended_ || end_ == held_.size()) return false;
#if __has_include(<poll.h>)
    // A read would go on waiting after Ctrl-C. So it looks at the flag ten times a second.
    pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    while (!interrupt_.requested() && poll(&input, 1, 100) <= 0) {
    }
    const auto came =
        interrupt_.requested() ? 0 : ::read(STDIN_FILENO, held_.data() + end_, held_.size() - end_);
    if (came < 0) throw std::runtime_error("the standard input can't be read");
    count = static_cast<std::size_t>(came);
#else
    count = interrupt_.requested() || !std::cin.get(held_[end_]) ? 0 : 1;
#endif
    end_ += count;
    ended_ = count == 0;
    return !ended_;
  }

  const recur::Interrupt interrupt_{};
  std::array<char, 4096> held_{};
  std::size_t begin_ = 0, end_ = 0;
  bool ended_ = false;
};

}  // namespace examples
