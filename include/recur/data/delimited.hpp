// Tables in files of text: tab-separated (TSV) and comma-separated (CSV) values.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/utf8.hpp"
#include "recur/data/text.hpp"

namespace recur::inline RECUR_ABI {

/// How a table is written.
struct DelimitedOptions {
  char delimiter = '\t';  ///< between two fields of a line
  bool header = true;     ///< the first line has the names of the columns
  /// Blank lines before others are errors, as in a series, where each line is a step. In a table of one column each is an
  /// empty field. Those at the end of the file are skipped in any case.
  bool keep_blank_lines = false;
};

namespace detail::delimited {

struct Row {
  std::vector<std::string> fields;
  std::size_t line = 0;  ///< of the file, from 1, where the row begins
};

/// Where a row begins in a text.
struct Place {
  std::size_t at = 0, line = 1;
};

/// The most fields of a row. A row with more is not a table, and a string for each field would take many times
/// the memory of the file.
inline constexpr std::size_t most_fields = 65536;

/// Reads rows from a text. It is a view: text and path must live longer, so the path is not a temporary.
class Parser {
 public:
  Parser(const std::filesystem::path& path, std::string_view text, char delimiter, bool keep_blank = false,
         Place place = {})
      : path_(&path),
        text_(text),
        delimiter_(delimiter),
        keep_blank_(keep_blank),
        at_(place.at),
        line_(place.line) {}
  Parser(const std::filesystem::path&&, std::string_view, char, bool = false, Place = {}) = delete;

  /// Reads the next row; false at the end.
  bool next(Row& row) {
    skip_blank_lines();
    if (at_ == text_.size()) return false;
    row.line = line_;
    std::size_t count = 0;
    for (bool more = true; more; ++count) {
      if (count == most_fields) detail::refuse_line(*path_, line_, "has more than ", most_fields, " fields");
      if (count == row.fields.size()) row.fields.emplace_back();
      read_field(row.fields[count]);
      more = !at_end_of_line();
      if (more) ++at_;
    }
    row.fields.resize(count);
    end_line();
    return true;
  }

  /// Where the next row begins.
  Place place() {
    skip_blank_lines();
    return {at_, line_};
  }

 private:
  bool at_end_of_line() const { return at_ == text_.size() || text_[at_] == '\n' || text_[at_] == '\r'; }
  void end_line() {
    at_ += end_of_line(text_.substr(at_));
    ++line_;
  }
  void skip_blank_lines() {
    if (keep_blank_) return;
    while (at_ < text_.size() && at_end_of_line()) end_line();
  }

  void read_field(std::string& field) {
    if (delimiter_ != '\t' && at_ < text_.size() && text_[at_] == '"') return read_quoted_field(field);
    const std::size_t begin = at_;
    while (!at_end_of_line() && text_[at_] != delimiter_) ++at_;
    field = text_.substr(begin, at_ - begin);
  }

  void read_quoted_field(std::string& field) {
    const std::size_t first_line = line_;
    field.clear();
    do {
      const std::size_t close = text_.find('"', ++at_);
      if (close == std::string_view::npos)
        detail::refuse_line(*path_, first_line, "a quote is opened here and never closed");
      const auto part = text_.substr(at_, close - at_);
      line_ += count_lines(part);
      field += part;
      at_ = close + 1;
      if (at_ < text_.size() && text_[at_] == '"') field += '"';  // a quote inside is written as two
    } while (at_ < text_.size() && text_[at_] == '"');
    if (!at_end_of_line() && text_[at_] != delimiter_)
      detail::refuse_line(
          *path_, line_, "text follows a closing quote: a quote inside a quoted field must be written twice");
  }

  const std::filesystem::path* path_;
  std::string_view text_;
  char delimiter_;
  bool keep_blank_;
  std::size_t at_, line_;
};

/// The rows of a table. They stay in the text of the file, and each is read when someone asks for it. As
/// separate strings, short fields would take fifty times as much memory. It is fastest to read rows in order.
class Rows {
 public:
  Rows() = default;
  /// Throws FileError unless the text has rows, and all of them have as many fields as the first.
  Rows(const std::filesystem::path& path, std::string text, DelimitedOptions options)
      : path_(path), text_(std::move(text)), options_(options) {
    text_.erase(text_.find_last_not_of("\r\n") + 1);  // blank lines at the end are no rows
    Parser parser(path_, text_, options.delimiter, options.keep_blank_lines);
    Place place = parser.place();
    for (Row row; parser.next(row); place = parser.place(), ++count_) {
      if (count_ == 0) width_ = row.fields.size();
      if (row.fields.size() == 1 && row.fields[0].empty() && (count_ == 0 || width_ > 1))
        detail::refuse_line(path_, row.line, "is blank: only lines at the end of the file may be");
      if (row.fields.size() != width_)
        detail::refuse_line(path_, row.line, "found ", row.fields.size(), " fields, expected ", width_,
                            ", as in the first line");
      if (count_ % stride == 0) places_.push_back(place);
    }
    detail::require_file(count_ > 0, path_, "is empty");
  }

  std::size_t size() const { return count_ - first_; }
  bool empty() const { return size() == 0; }
  /// The number of fields in each row.
  std::size_t width() const { return width_; }

  /// Goes through the rows in order, once.
  class Iterator {
   public:
    using iterator_concept = std::input_iterator_tag;
    using value_type = Row;
    using difference_type = std::ptrdiff_t;

    explicit Iterator(const Rows& rows, std::size_t i)
        : parser_(rows.path_, rows.text_, rows.options_.delimiter, rows.options_.keep_blank_lines,
                  rows.place_before(i)),
          left_(rows.count_ - i) {
      for (std::size_t before = i % stride; left_ > 0 && before > 0; --before) parser_.next(row_);
      if (left_ > 0) parser_.next(row_);
    }
    const Row& operator*() const { return row_; }
    const Row* operator->() const { return &row_; }
    Iterator& operator++() {
      if (--left_ > 0) parser_.next(row_);
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return left_ == 0; }

   private:
    Parser parser_;
    Row row_;
    std::size_t left_;  // rows from this one on
  };
  Iterator begin() const { return Iterator(*this, first_); }
  std::default_sentinel_t end() const { return {}; }

  /// Row i, which must exist.
  Row operator[](std::size_t i) const { return *Iterator(*this, first_ + i); }
  Row front() const { return (*this)[0]; }
  void drop_front() { ++first_; }

 private:
  static constexpr std::size_t stride = 16;  // between rows with a known place

  Place place_before(std::size_t i) const { return i < count_ ? places_[i / stride] : Place{}; }

  std::filesystem::path path_;
  std::string text_;
  DelimitedOptions options_;
  std::vector<Place> places_;
  std::size_t first_ = 0, count_ = 0, width_ = 0;
};

}  // namespace detail::delimited

/// The content of a file of delimited text: the names of columns, if it has a header, and rows that all have
/// the same number of fields.
struct Delimited {
  using Row = detail::delimited::Row;    ///< fields, and the line where they begin
  using Rows = detail::delimited::Rows;  ///< size, [i], and a loop over all

  std::filesystem::path path;        ///< of the file, for messages
  std::vector<std::string> columns;  ///< names; empty without a header
  Rows rows;

  /// The number of fields in each row.
  std::size_t width() const { return rows.width(); }

  /// Takes the names of the columns from the first row, which must exist. Spaces around the names don't
  /// count.
  void take_header() {
    columns = rows.front().fields;
    for (auto& name : columns) name = std::string(detail::trim(name));
    rows.drop_front();
  }

  /// The index in a row of the column with this name. If no column has this name, it is a number, and columns
  /// count from 1. Throws std::invalid_argument, with a list of the columns, if there is no such column or
  /// several have the name.
  std::size_t column(std::string_view name_or_number) const {
    const auto found = std::ranges::find(columns, name_or_number);
    if (found != columns.end()) {
      require(std::find(found + 1, columns.end(), name_or_number) == columns.end(),
              detail::printable(detail::in_utf8(path)), ": several columns are called ",
              detail::quote(name_or_number), ": give the column's number:  ", list_columns());
      return static_cast<std::size_t>(found - columns.begin());
    }
    std::size_t number = 0;
    const char* end = name_or_number.data() + name_or_number.size();
    const auto [stop, error] = std::from_chars(name_or_number.data(), end, number);
    require(error == std::errc{} && stop == end && number >= 1 && number <= width(),
            detail::printable(detail::in_utf8(path)), ": there is no column ", detail::quote(name_or_number),
            ": it has ", list_columns());
    return number - 1;
  }

  /// The columns for a message, such as `1 "label", 2 "sentence"`. It lists at most twenty.
  std::string list_columns() const {
    if (columns.empty()) return detail::message("columns 1 to ", width(), ", without names");
    constexpr std::size_t most = 20;
    std::string list;
    for (std::size_t i = 0; i < std::min(columns.size(), most); ++i)
      list += detail::message(i ? ", " : "", i + 1, ' ', detail::quote(columns[i]));
    return columns.size() > most ? detail::message(list, " and ", columns.size() - most, " more") : list;
  }
};

/// Reads a text that is in memory already. Errors call it `path`. Throws like read_delimited.
inline Delimited parse_delimited(std::string text, DelimitedOptions options = {},
                                 const std::filesystem::path& path = "table") {
  Delimited table{path, {}, {path, std::move(text), options}};
  if (options.header) table.take_header();
  return table;
}

/// Reads a file of delimited text in UTF-8, with any kind of line ends. It skips blank lines unless the options say
/// otherwise.
///
/// If the delimiter is not a tab, a field may be in quotes. It may then contain delimiters, ends of lines
/// and, written twice, quotes (RFC 4180). In tab-separated text a quote is an ordinary character.
///
/// Throws FileError if the file can't be read, is empty, is not UTF-8 text, or has an unclosed quote, a row
/// with another number of fields than the first, or a row with more than 65,536 fields.
inline Delimited read_delimited(const std::filesystem::path& path, DelimitedOptions options = {}) {
  return parse_delimited(read_text(path), options, path);
}

}  // namespace recur::inline RECUR_ABI
