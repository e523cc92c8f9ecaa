// Texts with their classes, from files of two editions of SST-2 and all that look like them.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/data/delimited.hpp"

namespace recur {

/// A text and the index of its class.
struct LabelledText {
  std::string text;
  int label;  ///< index of its class
};

/// What a file holds, and the names of its classes.
struct LabelledTexts {
  std::vector<LabelledText> samples;
  std::vector<std::string> classes;  ///< their names in the order of the labels
};

/// Where text and label stand in a file.
struct LabelledTextOptions {
  std::string text_column = {};           ///< name, or number from 1; empty: found
  std::string label_column = {};          ///< the same
  std::vector<std::string> classes = {};  ///< legal labels, as found in another file; empty: found
};

namespace labelled_text {

/// The largest label that is believed to be one.
inline constexpr int largest_label = 9999;

inline char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
inline std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) { return lower(c); });
  return text;
}

inline std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  return begin == std::string_view::npos ? "" : text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

/// How columns are called, the best names first.
inline constexpr std::array<std::string_view, 10> text_names{
    "sentence", "content", "text", "review", "comment", "tweet", "phrase", "message", "document", "body"};
inline constexpr std::array<std::string_view, 9> label_names{
    "label", "sentiment", "class", "category", "polarity", "rating", "stars", "score", "target"};

inline bool is_one_of(std::span<const std::string_view> names, std::string_view field) {
  return std::ranges::find(names, lower(std::string(trim(field)))) != names.end();
}

/// The field that is one of these names of columns in any case, or nothing.
inline std::string find_name(const std::vector<std::string>& fields,
                             std::span<const std::string_view> names) {
  for (const auto name : names)
    for (const auto& field : fields)
      if (lower(std::string(trim(field))) == name) return field;
  return {};
}

inline bool is_integer(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

inline std::string_view label_in(const Delimited::Row& row, std::size_t column) {
  return trim(row.fields[column]);
}

inline bool all_integers(const Delimited& table, std::size_t column) {
  return std::ranges::all_of(table.rows, [&](const auto& row) { return is_integer(label_in(row, column)); });
}

struct Columns {
  std::size_t text, label;
};

inline void take_header(Delimited& table) {
  table.take_header();
  require_file(!table.rows.empty(), table.path,
               "holds no samples, only the names of columns: ", table.list_columns());
}

/// Is the first row, of which nothing is known but the columns, a header after all? A word is no label of a
/// sample if no other row has it, unless that row is what the user says it is.
inline bool first_row_is_header(const Delimited& table, Columns columns, bool numbered,
                                const std::vector<std::string>& classes) {
  const auto& first = table.rows.front();
  const auto label = label_in(first, columns.label);
  const auto has_label = [&](const auto& row) { return label_in(row, columns.label) == label; };
  const auto is_no_word = [&](const auto& row) {  // of which more is said where classes are found
    return label_in(row, columns.label).empty() || is_integer(label_in(row, columns.label));
  };
  if (label.empty() || is_integer(label) || table.rows.size() == 1 ||
      std::ranges::find(classes, label) != classes.end() ||
      std::any_of(table.rows.begin() + 1, table.rows.end(), has_label))
    return false;
  for (const auto column : {columns.text, columns.label})
    if (is_one_of(text_names, first.fields[column]) || is_one_of(label_names, first.fields[column]))
      return true;
  if (numbered || !classes.empty() || std::ranges::any_of(table.rows, is_no_word)) return false;
  throw FileError(message(table.path.string(), ':', first.line, ": no other line has the label \"", label,
                          "\" in column ", columns.label + 1,
                          ": if this line names the columns, give the names of those of text and labels; if "
                          "it is a sample, give their numbers"));
}

/// Which columns hold text and label. Takes the header off the table if it has one.
inline Columns find_columns(Delimited& table, const LabelledTextOptions& options) {
  std::string text = options.text_column, label = options.label_column;
  const auto& first = table.rows.front().fields;
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
  if (table.width() == 2) {  // what is left open follows from the other, or from the contents
    const auto other = [&](const std::string& column) { return std::to_string(2 - table.column(column)); };
    if (text.empty() && label.empty())
      text = std::string(1, !all_integers(table, 1) && all_integers(table, 0) ? '2' : '1');
    if (text.empty()) text = other(label);
    if (label.empty()) label = other(text);
  }
  require_file(!text.empty() && !label.empty(), table.path, "which column holds the ",
               text.empty() ? "text" : "labels", "? Give its name or its number: it has ",
               table.list_columns());
  const Columns columns{table.column(text), table.column(label)};
  require(columns.text != columns.label, table.path.string(), ": text and labels can't both be column ",
          columns.text + 1, ": it has ", table.list_columns());
  if (!has_header && first_row_is_header(table, columns, numbered, options.classes)) take_header(table);
  return columns;
}

[[noreturn]] inline void refuse_label(const Delimited& table, const Delimited::Row& row, std::size_t column,
                                      const std::string& legal) {
  throw FileError(message(table.path.string(), ':', row.line, ": found the label \"", label_in(row, column),
                          "\", legal are ", legal));
}

/// All words that are labels, sorted.
inline std::vector<std::string> find_words(const Delimited& table, std::size_t column) {
  std::set<std::string, std::less<>> words;
  for (const auto& row : table.rows) {
    const auto label = label_in(row, column);
    if (label.empty()) refuse_label(table, row, column, "integers from 0 or words");
    words.emplace(label);
  }
  require_file(words.size() <= 20 || 2 * words.size() <= table.rows.size(), table.path, "column ", column + 1,
               " holds ", words.size(), " different labels in ", table.rows.size(),
               " rows: give the name or the number of the column of labels");
  return {words.begin(), words.end()};
}

/// "0", "1", ... up to the largest label: a file that lacks one of the classes does not shift the others.
/// But where most of many classes are empty, the numbers are no labels, or one of them is a slip.
inline std::vector<std::string> count_classes(const Delimited& table, std::size_t column) {
  int largest = 0;
  std::size_t line = 0;  // where the largest stands first
  std::set<int> found;
  for (const auto& row : table.rows) {
    const auto label = label_in(row, column);
    int value = -1;
    std::from_chars(label.data(), label.data() + label.size(), value);
    if (label != std::to_string(value) || value < 0 || value > largest_label)
      refuse_label(table, row, column,
                   message("integers from 0 to ", largest_label, ", as other lines have them",
                           table.columns.empty() && &row == &table.rows.front()
                               ? "; if this line names the columns, say which of them hold text and labels"
                               : ""));
    found.insert(value);
    if (value > largest) {
      largest = value;
      line = row.line;
    }
  }
  if (largest >= 20 && 2 * found.size() <= static_cast<std::size_t>(largest))
    throw FileError(message(table.path.string(), ':', line, ": found the label \"", largest,
                            "\", but the file has only ", found.size(),
                            " different labels: legal are the numbers 0, 1, 2, ... of the classes, most of "
                            "which must occur, or words"));
  std::vector<std::string> classes;
  for (int i = 0; i <= largest; ++i) classes.push_back(std::to_string(i));
  return classes;
}

inline std::vector<std::string> find_classes(const Delimited& table, std::size_t column) {
  const auto has_integer = [&](const auto& row) { return is_integer(label_in(row, column)); };
  return std::ranges::any_of(table.rows, has_integer) ? count_classes(table, column)
                                                      : find_words(table, column);
}

inline std::string list(const std::vector<std::string>& classes) {
  std::string text;
  for (const auto& name : classes) text += (text.empty() ? "\"" : ", \"") + name + '"';
  return text;
}

}  // namespace labelled_text

/// Reads texts and their labels from tab-separated text or, if the file is called .csv, comma-separated text.
///
/// The options say which columns they are: by name, for a file whose first line names its columns, or by
/// number. Without options the file is one of
///
///   text TAB label       without names, as the sentence edition of SST-2
///   label TAB text       the same, if only the first column holds integers
///   named columns        `label`, and `sentence`, `content` or `text`, as the GLUE edition of SST-2, or other
///                        usual names (labelled_text::label_names, text_names); of two columns only `label`
///                        need have its name
///
/// A first line that has a word for a label where no other line has it is a header if its text or label is a
/// usual name of a column. If it is not, the options must say what it is: names make it a header, numbers a
/// sample.
///
/// Labels are integers from 0, each the index of its class, or words, whose classes are sorted. Of more than
/// twenty integers half must occur, else one of them is a slip. With
/// options.classes a label is its index there instead: a second file needs that if its labels are words, for
/// it may lack one of them. Spaces around a label don't count. Texts may be empty.
///
/// Throws FileError, with the line where there is one, if the file can't be read as such, holds no samples,
/// or has a label that is not legal; std::invalid_argument for a column that is not there and for a class
/// that is given twice.
inline LabelledTexts read_labelled_text(const std::filesystem::path& path,
                                        const LabelledTextOptions& options = {}) {
  namespace l = labelled_text;
  const char delimiter = l::lower(path.extension().string()) == ".csv" ? ',' : '\t';
  Delimited table = read_delimited(path, {.delimiter = delimiter, .header = false});
  const auto [text, label] = l::find_columns(table, options);
  LabelledTexts read{{}, options.classes.empty() ? l::find_classes(table, label) : options.classes};
  std::map<std::string, int, std::less<>> index;
  for (const auto& name : read.classes)
    require(index.emplace(name, static_cast<int>(index.size())).second, "class \"", name,
            "\" is given twice");
  for (auto& row : table.rows) {
    const auto found = index.find(l::label_in(row, label));
    if (found == index.end()) l::refuse_label(table, row, label, l::list(read.classes));
    read.samples.push_back({std::move(row.fields[text]), found->second});
  }
  return read;
}

}  // namespace recur
