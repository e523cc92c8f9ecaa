// Output that several commands share.
#pragma once

#include <iostream>
#include <sstream>
#include <string>

#include "../common/text.hpp"
#include "recur/train/progress.hpp"

namespace sentiment {

using examples::list_of, examples::percent, examples::seconds_text, examples::several, examples::write_text;

/// Writes a beginning and a text. On a terminal the text is broken between words into lines, which are
/// indented to the width of the beginning. Elsewhere it is one line.
inline void write_text(const std::string& beginning, const std::string& text) {
  const auto terminal = recur::Terminal::standard_output();
  std::string line = beginning;
  std::istringstream words(text);
  bool begins = true;
  for (std::string word; words >> word; begins = false) {
    if (!begins && terminal.live &&
        line.size() + 1 + word.size() > static_cast<std::size_t>(terminal.columns)) {
      std::cout << line << "\n";
      line.assign(beginning.size(), ' ');
      begins = true;
    }
    line += (begins ? "" : " ") + word;
  }
  std::cout << line << "\n";
}

/// Quotes a text so that a shell takes it for one word.
inline std::string shell_word(const std::string& word) {
  if (word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=/.,:@%") ==
      std::string::npos)
    return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? "'\\''" : std::string(1, c);
  return text + "'";
}

}  // namespace sentiment
