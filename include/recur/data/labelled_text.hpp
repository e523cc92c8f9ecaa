// Texts with their classes, from files like those of two editions of SST-2.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/number.hpp"
#include "recur/data/delimited.hpp"

namespace recur::inline RECUR_ABI {

/// A text and the index of its class.
struct LabelledText {
  std::string text;
  int label;  ///< index of its class
};

/// The content of a file, with the names of its classes.
struct LabelledTexts {
  std::vector<LabelledText> samples;  ///< in the order in which they were read
  std::vector<std::string> classes;   ///< their names in the order of the labels
};

/// Which columns of a file have the text and the label.
struct LabelledTextOptions {
  std::string text_column = {};           ///< name, or number from 1; empty: search for it
  std::string label_column = {};          ///< the same
  std::vector<std::string> classes = {};  ///< legal labels, e.g. those of another file; empty: from this file
};

namespace detail::labelled_text {

/// The largest integer that can be a label.
inline constexpr int largest_label = 9999;

inline char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
inline std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) { return lower(c); });
  return text;
}

/// The usual names of columns, the best first.
inline constexpr std::array<std::string_view, 10> text_names{
    "sentence", "content", "text", "review", "comment", "tweet", "phrase", "message", "document", "body"};
inline constexpr std::array<std::string_view, 9> label_names{
    "label", "sentiment", "class", "category", "polarity", "rating", "stars", "score", "target"};

inline bool is_one_of(std::span<const std::string_view> names, std::string_view field) {
  return std::ranges::find(names, lower(std::string(detail::trim(field)))) != names.end();
}

/// The field that is one of these names, in upper or lower case. Empty if there is none.
inline std::string find_name(const std::vector<std::string>& fields,
                             std::span<const std::string_view> names) {
  for (const auto name : names)
    for (const auto& field : fields)
      if (lower(std::string(detail::trim(field))) == name) return std::string(detail::trim(field));
  return {};
}

inline bool is_signed(std::string_view text) { return text.starts_with('-') || text.starts_with('+'); }

inline bool is_integer(std::string_view text) {
  if (is_signed(text)) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// The value of a label that is a number.
inline std::optional<double> number_in(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const std::optional<double> value = detail::number_in(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

inline std::string_view label_in(const Delimited::Row& row, std::size_t column) {
  return detail::trim(row.fields[column]);
}

inline bool all_integers(const Delimited& table, std::size_t column) {
  return std::ranges::all_of(table.rows, [&](const auto& row) { return is_integer(label_in(row, column)); });
}

struct Columns {
  std::size_t text, label;
};

inline void take_header(Delimited& table) {
  table.take_header();
  detail::require_file(!table.rows.empty(), table.path,
                       "holds no samples, only the names of columns: ", table.list_columns());
}

/// Whether the first row is a header, if only the columns are known: yes if its label is a word that no other
/// row has, unless the user says that the row is a sample.
inline bool first_row_is_header(const Delimited& table, Columns columns, bool numbered,
                                const std::vector<std::string>& classes) {
  const auto first = table.rows.front();
  const auto label = label_in(first, columns.label);
  const auto has_label = [&](const auto& row) { return label_in(row, columns.label) == label; };
  const auto is_no_word = [&](const auto& row) {  // finding the classes says more about these
    return label_in(row, columns.label).empty() || is_integer(label_in(row, columns.label));
  };
  if (label.empty() || is_integer(label) || table.rows.size() == 1 ||
      std::ranges::find(classes, label) != classes.end() || std::ranges::count_if(table.rows, has_label) > 1)
    return false;
  for (const auto column : {columns.text, columns.label})
    if (is_one_of(text_names, first.fields[column]) || is_one_of(label_names, first.fields[column]))
      return true;
  if (numbered || !classes.empty() || std::ranges::any_of(table.rows, is_no_word)) return false;
  detail::refuse_line(
      table.path, first.line, "no other line has the label ", detail::quote(label), " in column ",
      columns.label + 1,
      ": if this line names the columns, give the names of the columns of text and labels; if it is a "
      "sample, give their numbers");
}

/// Finds the columns of text and label. Takes the header off the table if there is one.
inline Columns find_columns(Delimited& table, const LabelledTextOptions& options) {
  std::string text = options.text_column, label = options.label_column;
  const auto first = table.rows.front().fields;
  const std::string known_text = find_name(first, text_names);
  const std::string known_label = find_name(first, label_names);
  const auto is_name = [](const std::string& column) { return !column.empty() && !is_integer(column); };
  const bool numbered = !text.empty() || !label.empty();
  const bool has_header = is_name(text) || is_name(label) ||
                          is_one_of(std::span(label_names).first(1), known_label) ||
                          (!known_text.empty() && !known_label.empty());
  if (has_header) {
    take_header(table);
    if (text.empty()) text = known_text;
    if (label.empty()) label = known_label;
  }
  if (table.width() == 2) {  // a column that is not given follows from the other, or from the contents
    const auto other = [&](const std::string& column) { return std::to_string(2 - table.column(column)); };
    if (text.empty() && label.empty())
      text = std::string(1, !all_integers(table, 1) && all_integers(table, 0) ? '2' : '1');
    if (text.empty()) text = other(label);
    if (label.empty()) label = other(text);
  }
  detail::require_file(table.width() > 1, table.path,
                       "has one column and no labels: put a tab between text and label, or in a file called "
                       ".csv a comma or a semicolon");
  detail::require_file(!text.empty() && !label.empty(), table.path, "which column holds the ",
                       text.empty() ? "text" : "labels", "? Give its name or its number: it has ",
                       table.list_columns());
  const Columns columns{table.column(text), table.column(label)};
  require(columns.text != columns.label, detail::printable(detail::in_utf8(table.path)),
          ": text and labels can't both be column ", columns.text + 1, ": it has ", table.list_columns());
  if (!has_header && first_row_is_header(table, columns, numbered, options.classes)) take_header(table);
  return columns;
}

[[noreturn]] inline void refuse_label(const Delimited& table, const Delimited::Row& row, std::size_t column,
                                      const std::string& legal) {
  detail::refuse_line(table.path, row.line, "found the label ", detail::quote(label_in(row, column)),
                      ", legal are ", legal);
}

/// Numbers come first, by their values. Words follow in the order of the alphabet, at first without regard to
/// case.
inline bool in_order(const std::string& a, const std::string& b) {
  const auto key = [](const std::string& name) {
    const auto number = number_in(name);
    return std::tuple(!number, number.value_or(0), lower(name), name);
  };
  return key(a) < key(b);
}

/// All labels, sorted, in their own spelling.
inline std::vector<std::string> find_words(const Delimited& table, std::size_t column) {
  std::set<std::string, std::less<>> words;
  for (const auto& row : table.rows) {
    const auto label = label_in(row, column);
    if (label.empty()) refuse_label(table, row, column, "integers from 0 or words");
    if (words.contains(label)) continue;
    words.emplace(label);
    detail::require_file(words.size() <= largest_label + 1U, table.path, "column ", column + 1,
                         " holds more than ", largest_label + 1,
                         " different labels: give the name or the number of the column of labels");
  }
  detail::require_file(words.size() <= 20 || 2 * words.size() <= table.rows.size(), table.path, "column ",
                       column + 1, " holds ", words.size(), " different labels in ", table.rows.size(),
                       " rows: give the name or the number of the column of labels");
  std::vector<std::string> sorted(words.begin(), words.end());
  std::ranges::sort(sorted, in_order);
  return sorted;
}

/// For integers, some with a sign, such as -1 and +1: the labels that occur, sorted by value.
inline std::vector<std::string> find_signed(const Delimited& table, std::size_t column) {
  std::map<double, std::string> spellings;
  for (const auto& row : table.rows) {
    const auto label = label_in(row, column);
    if (!is_integer(label)) refuse_label(table, row, column, "integers, as other lines have them");
    const auto& first = spellings.try_emplace(number_in(label).value_or(0), label).first->second;
    if (label != first)
      refuse_label(table, row, column, detail::message("one spelling of a number: ", detail::quote(first)));
  }
  return find_words(table, column);
}

/// "0", "1", ... up to the largest label. So a file that lacks one of the classes does not shift the others.
/// But if most of many classes are empty, the numbers are no labels, or one of them is a mistake.
inline std::vector<std::string> count_classes(const Delimited& table, std::size_t column) {
  int largest = 0;
  std::size_t line = 0;  // where the largest comes first
  std::set<int> found;
  for (const auto& row : table.rows) {
    const auto label = label_in(row, column);
    int value = -1;
    std::from_chars(label.data(), label.data() + label.size(), value);
    if (label != std::to_string(value) || value < 0 || value > largest_label)
      refuse_label(
          table, row, column,
          detail::message("integers from 0 to ", largest_label, ", as other lines have them",
                          table.columns.empty() && row.line == table.rows.front().line
                              ? "; if this line names the columns, say which of them hold text and labels"
                              : ""));
    found.insert(value);
    if (value > largest) {
      largest = value;
      line = row.line;
    }
  }
  if (largest >= 20 && 2 * found.size() <= static_cast<std::size_t>(largest))
    detail::refuse_line(
        table.path, line, "found the label \"", largest, "\", but the file has only ", found.size(),
        " different labels: labels must be words, or the numbers 0, 1, 2, ... of classes, and most "
        "classes must occur");
  std::vector<std::string> classes;
  for (int i = 0; i <= largest; ++i) classes.push_back(std::to_string(i));
  return classes;
}

inline std::vector<std::string> find_classes(const Delimited& table, std::size_t column) {
  bool integers = false, with_sign = false;
  for (const auto& row : table.rows) {
    const auto label = label_in(row, column);
    integers = integers || is_integer(label);
    with_sign = with_sign || (is_integer(label) && is_signed(label));
  }
  return with_sign  ? find_signed(table, column)
         : integers ? count_classes(table, column)
                    : find_words(table, column);
}

/// The classes for a message, which names at most twenty.
inline std::string list(const std::vector<std::string>& classes) {
  constexpr std::size_t most = 20;
  std::string text;
  for (std::size_t i = 0; i < std::min(classes.size(), most); ++i)
    text += (i ? ", " : "") + detail::quote(classes[i]);
  return classes.size() > most ? detail::message(text, " and ", classes.size() - most, " more") : text;
}

/// The number of columns if a text is a table with this delimiter, else 0, and whether one of them has
/// integers.
struct Trial {
  std::size_t columns = 0;
  bool has_integers = false;
};
inline Trial try_delimiter(std::string_view text, char delimiter, const std::filesystem::path& path) {
  Trial trial;
  std::vector<bool> integers;
  try {
    detail::delimited::Parser parser(path, text, delimiter);
    for (Delimited::Row row; parser.next(row);) {
      const bool is_first = trial.columns == 0;  // it may be a header
      if (is_first) integers.assign(trial.columns = row.fields.size(), true);
      if (row.fields.size() != trial.columns) return {};
      for (std::size_t i = 0; !is_first && i < integers.size(); ++i)
        integers[i] = integers[i] && is_integer(detail::trim(row.fields[i]));
    }
  } catch (const FileError&) {
    return {};
  }
  trial.has_integers = std::ranges::find(integers, true) != integers.end();
  return trial;
}

/// The delimiter of a file: a tab or, if the file is called .csv, a comma or one of the characters that
/// spreadsheets use instead where a comma is a decimal point. Sentences may contain delimiters, so a text may
/// be a table with more than one of them. Then the first that makes a column of integers is meant, or else
/// the first.
inline char find_delimiter(std::string_view text, const std::filesystem::path& path) {
  if (!has_ending(path, ".csv")) return '\t';
  char found = '\0';
  for (const char delimiter : {',', ';', '\t'}) {
    const Trial trial = try_delimiter(text, delimiter, path);
    if (trial.columns < 2) continue;
    if (trial.has_integers) return delimiter;
    if (found == '\0') found = delimiter;
  }
  return found == '\0' ? ',' : found;
}

}  // namespace detail::labelled_text

/// Reads texts and their labels from tab-separated text. If the file is called .csv, commas, semicolons or
/// tabs may separate the columns; the one that makes the text a table is used.
///
/// The options say which columns have them: by name if the first line names the columns, or by number.
/// Without options the file must be one of
///
///   text TAB label       without names, like the sentence edition of SST-2
///   label TAB text       the same, if only the first column holds integers
///   named columns        like the GLUE edition of SST-2, with these names, the best first; in a file of two
///                        columns only that of the label needs its name
///
///     text: sentence, content, text, review, comment, tweet, phrase, message, document, body
///     label: label, sentiment, class, category, polarity, rating, stars, score, target
///
/// The first line may have a word as its label that no other line has. It is a header if its text or its
/// label is a usual name of a column. Otherwise the options must say what it is: names of columns make it a
/// header, numbers of columns make it a sample.
///
/// Labels are one of two kinds. They may be integers from 0, each the index of its class. If there are more
/// than twenty classes, half of them must occur; otherwise one label is probably a mistake. Or they may be
/// words, or integers, some with a sign, such as -1 and +1. Then the labels that occur are the classes:
/// numbers by value, words by the alphabet. With options.classes a label's class is its index there. A second
/// file needs that, since it may lack a class. Spaces of any kind around a label don't count. Texts may be
/// empty.
///
/// While it reads, it needs the memory of read_delimited and that of its result: some forty bytes for each text,
/// and the characters of a text that has more than fifteen.
///
/// Throws FileError, with the number of the line if there is one, if the file can't be read like this, has no
/// samples, or has a label that is not legal. Throws std::invalid_argument for a column that does not exist
/// and for a class that is given twice.
inline LabelledTexts read_labelled_text(const std::filesystem::path& path,
                                        const LabelledTextOptions& options = {}) {
  namespace l = detail::labelled_text;
  std::string content = read_text(path);
  const char delimiter = l::find_delimiter(content, path);
  Delimited table = parse_delimited(std::move(content), {.delimiter = delimiter, .header = false}, path);
  const auto [text, label] = l::find_columns(table, options);
  LabelledTexts read{{}, options.classes.empty() ? l::find_classes(table, label) : options.classes};
  std::map<std::string, int, std::less<>> index;
  for (const auto& name : read.classes)
    require(index.emplace(name, static_cast<int>(index.size())).second, "class ", detail::quote(name),
            " is given twice");
  read.samples.reserve(table.rows.size());
  for (const auto& row : table.rows) {
    const auto found = index.find(l::label_in(row, label));
    if (found == index.end()) l::refuse_label(table, row, label, l::list(read.classes));
    read.samples.push_back({row.fields[text], found->second});
  }
  return read;
}

}  // namespace recur::inline RECUR_ABI
