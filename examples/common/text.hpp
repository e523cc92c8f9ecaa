// What the examples write on a terminal: texts, numbers and tables.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdio>
#include <iostream>
#include <optional>
#include <recur/core/utf8.hpp>
#include <recur/train/progress.hpp>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace examples {

// recur does not promise these, so a later version may change them. Most programs take them from here.
using recur::detail::printable;  ///< a text that does nothing to a terminal
using recur::detail::quote;      ///< the same in quotes, and cut where it is long
using recur::detail::trim;       ///< a text without the spaces at its ends

/// Whether it is text in UTF-8.
inline bool is_utf8(std::string_view text) { return recur::detail::find_invalid_utf8(text) == text.npos; }

/// The parts as one text, as a stream writes them.
template <class... Parts>
std::string text_of(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  return text.str();
}

/// The whole text as a number. Empty if it is not one.
template <class Number>
std::optional<Number> to_number(const std::string& text) {
  Number number{};
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || stop != text.data() + text.size()) return {};
  return number;
}

/// The names between commas.
inline std::vector<std::string> split_names(const std::string& text) {
  std::vector<std::string> names(1);
  for (const char c : text) {
    if (c == ',')
      names.emplace_back();
    else
      names.back() += c;
  }
  return names;
}

/// A number with `digits` digits behind the point.
inline std::string fixed(double number, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", digits, number);
  return text;
}
/// "81.2 %".
inline std::string percent(double part) { return fixed(100 * part, 1) + " %"; }
/// "4.2 s".
inline std::string seconds_text(double seconds) { return fixed(seconds, 1) + " s"; }
/// "1 sentence", "2 sentences".
inline std::string several(std::size_t number, const std::string& what) {
  return std::to_string(number) + ' ' + what + (number == 1 ? "" : "s");
}

/// "negative, positive", safe for a terminal; only the first ones if there are many.
inline std::string list_of(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < 10; ++i)
    text += (i ? ", " : "") + recur::detail::printable(names[i]);
  return text + (names.size() > 10 ? ", and " + std::to_string(names.size() - 10) + " more" : "");
}

/// The columns of a terminal that a text fills: at most 80, since longer lines are hard to read.
inline std::size_t text_columns() {
  return static_cast<std::size_t>(std::min(80, recur::Terminal::standard_output().columns));
}

/// The number of characters of a text in UTF-8.
inline std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}
/// A text that fits `columns` columns: "~" stands for what was cut off.
inline std::string shortened(std::string_view text, std::size_t columns) {
  if (columns_of(text) <= columns) return std::string(text);
  std::string kept;
  while (columns_of(kept) + 1 < columns) {
    const std::size_t length = std::max<std::size_t>(1, recur::detail::first_character(text).length);
    kept += text.substr(0, length);
    text.remove_prefix(length);
  }
  return kept + '~';
}

/// Writes each line of a text, broken between words so that it fits the terminal, and at most 80 columns wide.
/// The new lines begin with the spaces that the line begins with. `begun` columns of the first line are already
/// written.
inline void write_text(const std::string& text, std::size_t begun = 0) {
  const std::size_t columns = text_columns();
  std::istringstream lines(text);
  for (std::string line, word; std::getline(lines, line); begun = 0) {
    const std::string indent(std::min(line.find_first_not_of(' '), line.size()), ' ');
    std::istringstream words(line);
    for (std::size_t used = begun; words >> word;) {
      if (used > 0 && used + 1 + columns_of(word) > columns) {
        std::cout << '\n';
        used = 0;
      }
      const std::string gap = used > 0 ? " " : indent;
      std::cout << gap << word;
      used += gap.size() + columns_of(word);
    }
    std::cout << '\n';
  }
}

/// Writes a text as it is, line by line, for example one that a network wrote: blanks stay, and no line is cut. Tabs stay too;
/// other control characters are made printable, so that they do nothing to the terminal.
inline void write_as_it_is(const std::string& whole) {
  std::string_view text = whole;
  for (std::size_t end = 0; !text.empty(); text.remove_prefix(std::min(end + 1, text.size()))) {
    end = std::min(text.find('\n'), text.size());
    for (std::string_view line = text.substr(0, end); !line.empty();) {
      const std::size_t tab = std::min(line.find('\t'), line.size());
      std::cout << recur::detail::printable(line.substr(0, tab)) << (tab < line.size() ? "\t" : "");
      line.remove_prefix(std::min(tab + 1, line.size()));
    }
    std::cout << '\n';
  }
}

/// Writes rows of cells in columns, the first row as their heads. The first column is at the left and is cut
/// where the terminal is too narrow; the others are at the right.
inline void write_table(std::span<const std::vector<std::string>> rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns_of(row[i]));
  }
  std::size_t others = 0;
  for (std::size_t i = 1; i < widths.size(); ++i) others += 2 + widths[i];
  const std::size_t columns = text_columns();
  if (!widths.empty())
    widths[0] = std::min(widths[0], std::max<std::size_t>(4, columns - std::min(columns, others)));
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string cell = shortened(row[i], widths[i]);
      const std::string gap(widths[i] - columns_of(cell), ' ');
      line += i == 0 ? cell + gap : "  " + gap + cell;
    }
    line.resize(line.find_last_not_of(' ') + 1);
    std::cout << line << '\n';
  }
}

/// A word with a background that is brighter for a larger weight from 0 to 1. Without colours a mark behind it, one of
/// " .:*#", shows the weight.
inline std::string highlighted(const std::string& word, float weight, bool colour) {
  weight = std::clamp(weight, 0.0f, 1.0f);
  if (!colour) return ' ' + word + " .:*#"[std::min(4, static_cast<int>(5 * weight))];
  return "\033[48;5;" + std::to_string(232 + static_cast<int>(23 * weight)) + ";38;5;" +
         (weight > 0.5f ? "16" : "255") + "m " + word + " \033[0m";
}

/// Throws if the output could not be written, for example to a full device.
inline void require_output() {
  if (!std::cout.flush()) throw std::runtime_error("the standard output can't be written");
}

/// How a program ends: what a person has just seen, or would have seen.
enum class Ending { whole, short_mode, few_epochs, interrupted };

/// The last words of a program. Returns the exit code: 2 if the standard output could not be written.
inline int conclude(Ending ending, const std::string& what) {
  std::cout << '\n';
  write_text(
      (ending == Ending::short_mode ? "With --short it learned too little. Without it you see: "
       : ending == Ending::few_epochs
           ? "With so few epochs it may have learned too little. With more you see: "
       : ending == Ending::interrupted
           ? "You ended the training early, so it may have learned too little. With all of it you see: "
           : "What you saw: ") +
      what);
  if (std::cout.flush()) return 0;
  std::cerr << "the standard output can't be written\n";
  return 2;
}

}  // namespace examples
