// Options of the command line. Each says what is legal, both in the help and when it refuses a value.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <initializer_list>
#include <limits>
#include <recur/core/error.hpp>
#include <recur/core/utf8.hpp>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text.hpp"

namespace examples {

/// "a, b or c".
inline std::string list(std::span<const std::string_view> words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i)
    text += recur::detail::message(i == 0 ? "" : i + 1 < words.size() ? ", " : " or ", words[i]);
  return text;
}

/// Refuses values that are not legal; `what` says which values are.
template <class F>
CLI::Validator legal(F is_legal, const std::string& what) {
  return CLI::Validator(
      [=](std::string& given) {
        return is_legal(given)
                   ? std::string()
                   : recur::detail::message(recur::detail::quote(given), " is not legal: it must be ", what);
      },
      "");
}

inline CLI::Validator not_empty(const std::string& what = "a name") {
  return legal([](const std::string& given) { return !given.empty(); }, what);
}

/// A name of a file that gets its ending later, so not one of a folder: "tunes/first".
inline CLI::Validator name_of_file() {
  return legal([](const std::string& given) { return !given.empty() && given.back() != '/'; },
               "the name of a file, not of a folder");
}

/// A name that can stand in a script of gnuplot and in a command.
inline CLI::Validator without_quotes() {
  return legal(
      [](const std::string& given) {
        return std::ranges::none_of(given, [](unsigned char c) { return c == '\'' || c == '"' || c < 32; });
      },
      "a name without quotes");
}

/// At least two different names of visible characters, with spaces only inside.
inline CLI::Validator names() {
  return legal(
      [](const std::string& given) {
        auto all = split_names(given);
        const bool all_legal = std::ranges::all_of(all, [](const std::string& name) {
          return !name.empty() && name.front() != ' ' && name.back() != ' ' &&
                 std::ranges::none_of(name, [](unsigned char c) { return c < ' ' || c == 127; });
        });
        std::ranges::sort(all);
        return all.size() >= 2 && all_legal && std::ranges::adjacent_find(all) == all.end();
      },
      "at least two names, each once, with commas between them");
}

inline CLI::Validator one_of(std::span<const std::string_view> words) {
  const std::vector<std::string> all(words.begin(), words.end());
  return legal([all](const std::string& given) { return std::ranges::find(all, given) != all.end(); },
               list(words));
}
inline CLI::Validator one_of(std::initializer_list<std::string_view> words) {
  return one_of(std::span(words.begin(), words.size()));
}

inline CLI::Validator whole_number(long long smallest, long long largest) {
  return legal(
      [=](const std::string& given) {
        const auto number = to_number<long long>(given);
        return number && *number >= smallest && *number <= largest;
      },
      recur::detail::message("a whole number from ", smallest, " to ", largest));
}

// The networks compute in single precision, so numbers must be legal there too.
inline constexpr double smallest_number = std::numeric_limits<float>::min(),
                        largest_number = std::numeric_limits<float>::max();

inline CLI::Validator number_above_zero() {
  return legal(
      [](const std::string& given) {
        const auto number = to_number<double>(given);
        return number && *number >= smallest_number && *number <= largest_number;
      },
      recur::detail::message("a number above 0, from ", smallest_number, " to ", largest_number));
}
inline CLI::Validator zero_or_above() {
  return legal(
      [](const std::string& given) {
        const auto number = to_number<double>(given);
        return number && (*number == 0 || (*number >= smallest_number && *number <= largest_number));
      },
      recur::detail::message("0, or a number from ", smallest_number, " to ", largest_number));
}
/// A number from 0 to below 1.
inline CLI::Validator part() {
  return legal(
      [](const std::string& given) {
        const auto number = to_number<double>(given);
        return number && *number >= 0 && static_cast<float>(*number) < 1;
      },
      "a number from 0 to below 1, also when rounded to single precision");
}

/// The description of an option, in lines beside its name. Together they fill 80 columns.
inline std::string beside_name(const std::string& text) {
  constexpr std::size_t columns = 50;
  std::istringstream words(text);
  std::string lines, line;
  for (std::string word; words >> word;) {
    if (!line.empty() && line.size() + 1 + word.size() > columns) lines += std::exchange(line, "") + '\n';
    line += (line.empty() ? "" : " ") + word;
  }
  return lines + line;
}

/// Options that form a group in the help, in the form "--name WHAT   description [default]".
class OptionGroup {
 public:
  OptionGroup(CLI::App& app, std::string name) : app_(app), name_(std::move(name)) {}

  template <class T>
  CLI::Option* add(const std::string& name, T& value, const std::string& what,
                   const std::string& text) const {
    return app_.add_option(name, value, beside_name(text))->option_text(what)->group(name_);
  }
  template <class T>
  CLI::Option* add_with_default(const std::string& name, T& value, const std::string& what,
                                const std::string& text) const {
    const std::string usual = recur::detail::message(value);
    return add(name, value, what, recur::detail::message(text, " [", usual, "]"))->default_str(usual);
  }
  void add_flag(const std::string& name, bool& value, const std::string& text) const {
    app_.add_flag(name, value, beside_name(text))->group(name_)->disable_flag_override();
  }
  CLI::App& app() const { return app_; }

 private:
  CLI::App& app_;
  std::string name_;
};

}  // namespace examples
