// Tables in files of text: tab-separated (TSV) and comma-separated (CSV) values.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/data/text.hpp"

namespace recur {

/// What parts the fields.
struct DelimitedOptions {
  char delimiter = '\t';
  bool header = true;  ///< the first line holds the names of the columns
};

/// What a file of delimited text holds: names of columns, if it has a header, and rows of as many fields.
struct Delimited {
  struct Row {
    std::vector<std::string> fields;
    std::size_t line;  ///< of the file, from 1, where the row begins
  };

  std::filesystem::path path;
  std::vector<std::string> columns;  ///< names; empty without a header
  std::vector<Row> rows;

  /// Fields of each row.
  std::size_t width() const {
    return columns.empty() && !rows.empty() ? rows.front().fields.size() : columns.size();
  }

  /// Makes the first row, which must be there, the names of the columns.
  void take_header() {
    columns = std::move(rows.front().fields);
    rows.erase(rows.begin());
  }

  /// Index among the fields of a row of the column of this name or, if none has it, of this number from 1.
  /// Throws std::invalid_argument, with the columns that there are, if there is no such column or several
  /// have the name.
  std::size_t column(std::string_view name_or_number) const {
    const auto found = std::ranges::find(columns, name_or_number);
    if (found != columns.end()) {
      require(std::find(found + 1, columns.end(), name_or_number) == columns.end(), path.string(),
              ": several columns are called \"", name_or_number,
              "\": name it by its number: ", list_columns());
      return static_cast<std::size_t>(found - columns.begin());
    }
    std::size_t number = 0;
    const char* end = name_or_number.data() + name_or_number.size();
    const auto [stop, error] = std::from_chars(name_or_number.data(), end, number);
    require(error == std::errc{} && stop == end && number >= 1 && number <= width(), path.string(),
            ": there is no column \"", name_or_number, "\": it has ", list_columns());
    return number - 1;
  }

  /// The columns for a message: `1 "label", 2 "sentence"`.
  std::string list_columns() const {
    if (columns.empty()) return message("columns 1 to ", width(), ", without names");
    std::string list;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const bool is_long = columns[i].size() > 40;  // a text, where the file has no header after all
      list += message(i ? ", " : "", i + 1, " \"", columns[i].substr(0, is_long ? 37 : 40),
                      is_long ? "...\"" : "\"");
    }
    return list;
  }
};

namespace delimited {

/// Reads rows off a text.
class Parser {
 public:
  Parser(const std::filesystem::path& path, std::string_view text, char delimiter)
      : path_(path), text_(text), delimiter_(delimiter) {}

  /// The next row, or false at the end. Blank lines are none.
  bool next(Delimited::Row& row) {
    while (at_ < text_.size() && at_end_of_line()) end_line();
    if (at_ == text_.size()) return false;
    row.line = line_;
    row.fields.assign(1, field());
    while (!at_end_of_line()) {
      ++at_;
      row.fields.push_back(field());
    }
    end_line();
    return true;
  }

 private:
  bool at_end_of_line() const {
    const auto rest = text_.substr(at_);
    return rest.empty() || rest[0] == '\n' || rest == "\r" || rest.starts_with("\r\n");
  }
  void end_line() {
    if (at_ < text_.size() && text_[at_] == '\r') ++at_;
    if (at_ < text_.size()) ++at_;
    ++line_;
  }

  std::string field() {
    if (delimiter_ != '\t' && at_ < text_.size() && text_[at_] == '"') return quoted_field();
    const std::size_t begin = at_;
    while (!at_end_of_line() && text_[at_] != delimiter_) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  std::string quoted_field() {
    const std::size_t first_line = line_;
    std::string value;
    do {
      const std::size_t close = text_.find('"', ++at_);
      if (close == std::string_view::npos) fail(first_line, "a quote is opened here and never closed");
      const auto part = text_.substr(at_, close - at_);
      line_ += static_cast<std::size_t>(std::count(part.begin(), part.end(), '\n'));
      value += part;
      at_ = close + 1;
      if (at_ < text_.size() && text_[at_] == '"') value += '"';  // a quote inside is written twice
    } while (at_ < text_.size() && text_[at_] == '"');
    if (!at_end_of_line() && text_[at_] != delimiter_)
      fail(line_, "text follows a closing quote: a quote inside a quoted field must be written twice");
    return value;
  }

  [[noreturn]] void fail(std::size_t line, std::string_view what) const {
    throw FileError(message(path_.string(), ':', line, ": ", what));
  }

  const std::filesystem::path& path_;
  std::string_view text_;
  char delimiter_;
  std::size_t at_ = 0, line_ = 1;
};

}  // namespace delimited

/// Reads a file of delimited text in UTF-8, with Unix or Windows ends of lines; blank lines are skipped.
///
/// Where the delimiter is not a tab, a field may stand in quotes and then hold delimiters, ends of lines and,
/// written twice, quotes (RFC 4180). In tab-separated text a quote is a character like any other.
///
/// Throws FileError if the file can't be read, is empty, is not UTF-8 text, or has an unclosed quote or a row
/// with another number of fields than the first.
inline Delimited read_delimited(const std::filesystem::path& path, DelimitedOptions options = {}) {
  const std::string text = read_text(path);
  Delimited table{path, {}, {}};
  delimited::Parser parser(path, text, options.delimiter);
  for (Delimited::Row row; parser.next(row);) {
    if (!table.rows.empty() && row.fields.size() != table.width())
      throw FileError(message(path.string(), ':', row.line, ": found ", row.fields.size(),
                              " fields, expected ", table.width(), ", as in the first line"));
    table.rows.push_back(std::move(row));
  }
  require_file(!table.rows.empty(), path, "is empty");
  if (options.header) table.take_header();
  return table;
}

}  // namespace recur
