// The common part of the examples of one file: their only option, and their end.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <iostream>
#include <recur/train/progress.hpp>
#include <sstream>
#include <string>
#include <string_view>

/// Whether --short was given. Anything else ends the program with one line.
inline bool asked_for_short(int count, char** words) {
  for (int i = 1; i < count; ++i)
    if (std::string_view(words[i]) != "--short") {
      std::cerr << words[0] << ": unknown option \"" << words[i] << "\"; the only one is --short\n";
      std::exit(2);
    }
  return count > 1;
}

/// The parts as one text, as a stream writes them.
template <class... Parts>
std::string text_of(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  return text.str();
}

/// Writes each line of a text, broken between words so that it fits the terminal, and at most 80 columns wide.
/// The new lines begin with the spaces that the line begins with. `begun` columns of the first line are already
/// written.
inline void write_text(const std::string& text, std::size_t begun = 0) {
  const auto width = static_cast<std::size_t>(std::min(80, recur::Terminal::standard_output().columns));
  std::istringstream lines(text);
  for (std::string line, word; std::getline(lines, line); begun = 0) {
    const std::string indent(std::min(line.find_first_not_of(' '), line.size()), ' ');
    std::istringstream words(line);
    for (std::size_t used = begun; words >> word;) {
      if (used > 0 && used + 1 + word.size() > width) {
        std::cout << '\n';
        used = 0;
      }
      const std::string gap = used > 0 ? " " : indent;
      std::cout << gap << word;
      used += gap.size() + word.size();
    }
    std::cout << '\n';
  }
}

/// The end of an example: what it has just shown, or would show with more training. Returns the exit code: 2 if
/// the standard output could not be written.
inline int conclude(bool is_short, const std::string& what) {
  std::cout << '\n';
  write_text((is_short ? "With --short it learned too little. Without it you see: " : "What you saw: ") +
             what);
  if (std::cout.flush()) return 0;
  std::cerr << "the standard output can't be written\n";
  return 2;
}
