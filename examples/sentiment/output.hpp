// Output that several commands share.
#pragma once

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "recur/core/utf8.hpp"
#include "recur/train/progress.hpp"

namespace sentiment {

/// "81.2 %".
inline std::string percent(double part) {
  char text[16];
  std::snprintf(text, sizeof text, "%.1f %%", 100 * part);
  return text;
}

/// "4.2 s".
inline std::string seconds_text(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", seconds);
  return text;
}

/// "negative, positive", safe for a terminal; only the first ones if there are many.
inline std::string list_of(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < 10; ++i)
    text += (i ? ", " : "") + recur::detail::printable(names[i]);
  return text + (names.size() > 10 ? ", and " + std::to_string(names.size() - 10) + " more" : "");
}

/// "1 sentence", "2 sentences".
inline std::string several(std::size_t number, const std::string& what) {
  return std::to_string(number) + ' ' + what + (number == 1 ? "" : "s");
}

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

/// Throws if the output could not be written, for example to a full device.
inline void require_output() {
  if (!std::cout.flush()) throw std::runtime_error("the standard output can't be written");
}

}  // namespace sentiment
