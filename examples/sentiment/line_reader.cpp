#include "line_reader.hpp"

#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <utility>

#include "recur/train/progress.hpp"
#ifdef SENTIMENT_HAS_LIBEDIT
#include <editline/readline.h>
#endif
#if __has_include(<unistd.h>)
#include <unistd.h>
#endif

namespace sentiment {

namespace {

bool input_is_terminal() {
#if __has_include(<unistd.h>)
  return isatty(0) == 1;
#else
  return false;
#endif
}

/// A longer line is not text: it comes from a device or a binary file, and would fill the memory.
constexpr std::size_t longest = 1 << 20;

std::optional<std::string> read_line() {
  std::string line;
  int c = 0;
  while ((c = std::getchar()) != EOF && c != '\n') {
    if (line.size() == longest)
      throw std::runtime_error("the standard input is not text: a line has more than a megabyte");
    line += static_cast<char>(c);
  }
  if (std::ferror(stdin)) throw std::runtime_error("the standard input can't be read");
  if (c == EOF && line.empty()) return {};
  return line;
}

}  // namespace

LineReader::LineReader(std::string prompt)
    : prompt_(std::move(prompt)),
      is_typed_(input_is_terminal()),
      is_edited_(is_typed_ && !prompt_.empty() && recur::Terminal::standard_output().live) {
  std::setlocale(LC_CTYPE, "");  // tells the line editor which bytes make a letter
}

std::optional<std::string> LineReader::next() {
#ifdef SENTIMENT_HAS_LIBEDIT
  if (is_edited_) {
    std::cout << std::flush;
    const std::unique_ptr<char, decltype(&std::free)> line(readline(prompt_.c_str()), &std::free);
    if (!line) return {};
    if (*line.get() != 0) add_history(line.get());
    return line.get();
  }
#endif
  if (is_typed_) std::cout << prompt_ << std::flush;
  return read_line();
}

}  // namespace sentiment
