// Reads lines from the standard input, also while a person types.
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

}  // namespace

LineReader::LineReader(std::string prompt)
    : prompt_(std::move(prompt)),
      is_typed_(input_is_terminal()),
      is_edited_(is_typed_ && !prompt_.empty() && recur::Terminal::standard_output().live) {
  std::setlocale(LC_CTYPE, "");  // tells the line editor which bytes make a letter
}

// Returns a line at its CR, since the next character might take long. The next call sees whether an LF or CR LF
// belongs to that end, as in recur::end_of_line.
std::optional<std::string> LineReader::read_line() {
  int c = std::getchar();
  if (std::exchange(after_cr_, false)) {
    const int second = c == '\r' ? std::getchar() : EOF;
    if (c == '\r' && second != '\n') {
      std::ungetc(second, stdin);
      after_cr_ = true;
      return "";
    }
    if (c == '\r' || c == '\n') c = std::getchar();
  }
  std::string line;
  const bool is_last = c == EOF;
  for (; c != EOF && c != '\n' && c != '\r'; c = std::getchar()) {
    if (line.size() <= longest_line)
      line += static_cast<char>(c);
    else if (c == 0)  // not text: a device, which may have no end of line
      throw std::runtime_error("the standard input is not text: a line has more than a megabyte");
  }
  if (std::ferror(stdin)) throw std::runtime_error("the standard input can't be read");
  if (is_last) return {};
  after_cr_ = c == '\r';
  if (std::exchange(is_first_, false) && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
  return line;
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
