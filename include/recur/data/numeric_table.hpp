// Columns of numbers in files of text, such as series measured over time.
#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <limits>
#include <numeric>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/file.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/number.hpp"
#include "recur/data/delimited.hpp"

namespace recur::inline RECUR_ABI {

/// What is done with a field without a number: an empty one, or one that says NA, NaN, null, - or ?.
enum class Missing {
  refuse,   ///< it is an error, with its line
  previous  ///< it gets the last number before it in its column, so nothing comes from the future
};

/// How columns of numbers are read.
struct NumericOptions {
  std::vector<std::string> columns = {};  ///< names, or numbers from 1; empty: all that begin with a number
  Missing missing = Missing::refuse;      ///< for fields without a number
  char delimiter = '\0';  ///< '\0': the comma, semicolon or tab that the first line has most often
};

/// Columns of numbers. `values` has a row for each column of the file, and a column for each row of the file. So each
/// step of a series is contiguous, as networks read it.
struct NumericTable {
  std::vector<std::string> columns;  ///< their names
  MatrixX<double> values;            ///< columns × rows of the file: C × T
  std::vector<std::size_t> lines;    ///< of the file, from 1: where row t is
  std::size_t filled = 0;            ///< missing numbers that got the last one before them
  std::size_t left_out = 0;          ///< rows at the beginning in which a column has had no number yet

  /// The row of `values` that has the column of this name. Throws std::invalid_argument, with a list of the
  /// names, if there is none.
  Index column(std::string_view name) const {
    const auto found = std::ranges::find(columns, name);
    if (found == columns.end()) {
      std::string list;
      for (const auto& known : columns) list += (list.empty() ? "" : ", ") + detail::quote(known);
      require(false, "there is no column ", detail::quote(name), " of numbers: there are ", list);
    }
    return found - columns.begin();
  }
};

namespace detail::numeric_table {

/// The number in a field; NaN if it has no finite number. Throws nothing.
template <class T = double>
T number(std::string_view field) {
  if (field.starts_with('+') && !field.starts_with("+-")) field.remove_prefix(1);
  const std::optional<T> value = number_in<T>(field);
  return value && std::isfinite(*value) ? *value : std::numeric_limits<T>::quiet_NaN();
}

inline bool is_missing(std::string_view field) {
  constexpr std::string_view words[]{"", "-", "?", "NA", "N/A", "n/a", "NaN", "nan", "NAN", "null", "NULL"};
  return std::ranges::find(words, field) != std::end(words);
}

/// Whether a field is meant as a number: one that is legal, too large, infinite or no number.
inline bool is_like_number(std::string_view field) {
  if (field.starts_with('+') || field.starts_with('-')) field.remove_prefix(1);
  constexpr std::string_view words[]{"inf", "Inf", "INF", "infinity", "Infinity", "nan", "NaN", "NAN"};
  return std::ranges::find(words, field) != std::end(words) ||
         (field.find_first_of("0123456789.") == 0 &&
          field.find_first_not_of("0123456789.eE+-") == field.npos);
}

/// Whether a field may be a date or a time: 2020-01-31, 31.1.2020, 12:30 PM, 2020-01-31T12:00:00Z or 2020-01-31 12:00 UTC.
inline bool is_like_date(std::string_view field) {
  for (const std::string_view end : {" UTC", " GMT", " AM", " PM", " am", " pm"})
    if (field.ends_with(end)) field.remove_suffix(end.size());
  return field.find_first_of("0123456789") == 0 &&
         field.find_first_not_of("0123456789-+/.: TZ") == field.npos;
}

/// Whether a field is a number with commas, such as 10,134 or 1,234.5.
inline bool has_commas(std::string_view field) {
  if (field.starts_with('+') || field.starts_with('-')) field.remove_prefix(1);
  return field.find(',') != field.npos && field.find_first_of("0123456789") == 0 &&
         field.find_first_not_of("0123456789.,") == field.npos;
}

/// Whether the fields of a line are the names of columns: at least one is a name, and none is meant as a number.
inline bool are_names(const std::vector<std::string>& fields) {
  const auto is_number = [](const std::string& field) { return is_like_number(trim(field)); };
  const auto is_nothing = [](const std::string& field) { return is_missing(trim(field)); };
  return std::ranges::none_of(fields, is_number) && !std::ranges::all_of(fields, is_nothing);
}

/// The delimiter that the first line that is not empty has most often outside of quotes; a comma if it has
/// none.
inline char find_delimiter(std::string_view text) {
  std::size_t count[]{0, 0, 0};
  constexpr std::string_view delimiters = ",;\t";
  bool quoted = false;
  const std::size_t begin = std::min(text.find_first_not_of("\r\n"), text.size());
  for (const char c : text.substr(begin, text.find_first_of("\r\n", begin) - begin)) {
    quoted = quoted != (c == '"');
    const std::size_t found = delimiters.find(c);
    if (!quoted && found != delimiters.npos) ++count[found];
  }
  return delimiters[static_cast<std::size_t>(std::max_element(count, count + 3) - count)];
}

/// The places of the columns that are asked for or, if none are, of those that begin with a number.
inline std::vector<std::size_t> places(const Delimited& table, const NumericOptions& options) {
  std::vector<std::size_t> places;
  for (const auto& name : options.columns) {
    places.push_back(table.column(name));
    require(std::ranges::count(places, places.back()) == 1, "column ", detail::quote(name),
            " is asked for twice");
  }
  if (!options.columns.empty()) return places;
  std::vector<std::size_t> open(table.width());  // columns that no row has decided yet
  std::iota(open.begin(), open.end(), std::size_t{0});
  for (const auto& row : table.rows) {  // the first row that has something there decides
    std::erase_if(open, [&](std::size_t i) {
      const auto field = detail::trim(row.fields[i]);
      if (!std::isnan(number(field)) || has_commas(field))
        places.push_back(i);  // the latter is refused later
      return !is_missing(field);
    });
    if (open.empty()) break;
  }
  std::ranges::sort(places);
  detail::require_file(!places.empty(), table.path, "has no column of numbers: it has ",
                       table.list_columns());
  return places;
}

}  // namespace detail::numeric_table

/// Reads columns of numbers from a text that is in memory already. Errors call it `path`. Throws like
/// read_numeric.
inline NumericTable parse_numeric(std::string text, const NumericOptions& options = {},
                                  const std::filesystem::path& path = "table") {
  namespace n = detail::numeric_table;
  const char delimiter = options.delimiter == '\0' ? n::find_delimiter(text) : options.delimiter;
  const Delimited table = parse_delimited(
      std::move(text), {.delimiter = delimiter, .header = true, .keep_blank_lines = true}, path);
  detail::require_file(!table.rows.empty(), path,
                       "holds no numbers, only the names of columns: ", table.list_columns());
  const auto places = n::places(table, options);
  const bool has_names = std::ranges::any_of(table.columns, [](const std::string& name) {
    const std::string_view field = detail::trim(name);
    return !n::is_like_number(field) && !n::is_like_date(field) && !n::is_missing(field);
  });
  detail::require_file(has_names || !options.columns.empty(), path,
                       "begins with numbers: its first line must have the names of the columns. If these "
                       "numbers are names, say which columns are meant");
  NumericTable read;
  for (const std::size_t place : places) read.columns.push_back(table.columns[place]);
  read.values.resize(static_cast<Index>(places.size()), static_cast<Index>(table.rows.size()));
  read.lines.reserve(table.rows.size());
  VectorX<double> last =  // the last number of each column so far
      VectorX<double>::Constant(read.values.rows(), std::numeric_limits<double>::quiet_NaN());
  Index t = 0;
  for (const auto& row : table.rows) {
    std::size_t missing = 0;
    for (std::size_t i = 0; i < places.size(); ++i) {
      const auto field = detail::trim(row.fields[places[i]]);
      const double value = n::number(field);
      if (!std::isnan(value)) {
        last(static_cast<Index>(i)) = value;
        continue;
      }
      if (options.missing == Missing::refuse || !n::is_missing(field))
        detail::refuse_line(path, row.line, "column ", detail::quote(read.columns[i]), " has ",
                            detail::quote(field), ": it must be a number",
                            n::has_commas(field) ? ", with a point and without commas" : "");
      ++missing;
    }
    if (last.hasNaN()) {
      ++read.left_out;
      continue;
    }
    read.values.col(t++) = last;
    read.lines.push_back(row.line);
    read.filled += missing;
  }
  detail::require_file(t > 0, path, "has no number in one of these columns");
  read.values.conservativeResize(Eigen::NoChange, t);
  return read;
}

/// Reads columns of numbers from a file whose first line names the columns (CSV; see read_delimited). Other
/// columns, such as those of dates, are left alone. Without names in the options these are the columns that
/// begin with a number.
///
///   const NumericTable table = read_numeric("sunspots.csv", {.columns = {"Sunspots"}});
///   table.values.row(0)                                     // the series
///
/// A number is written as in C++, with a point. Nothing is lost silently. A field that is not a finite number throws
/// FileError with its line and its column, and so does a number with commas, such as 1,5. A first line without a name
/// throws it too, unless the options name columns: numbers, dates, times and missing numbers are no names. A blank
/// line before the end of the file is an error, since it would shift the series. A missing number is an error unless
/// the options allow it; `filled` and `left_out` then count these. In a file of one column, a blank line is a missing
/// number. Throws FileError for a file that read_delimited refuses or that has no numbers, and std::invalid_argument
/// for a column that does not exist or is asked for twice.
inline NumericTable read_numeric(const std::filesystem::path& path, const NumericOptions& options = {}) {
  return parse_numeric(read_text(path), options, path);
}

/// Reads the steps of a sequence, I × T, from a file with a line of numbers for each step. The first line may name the
/// columns: then none of its fields is a number. Throws FileError for a file that read_delimited refuses, for a file
/// without numbers and, with the line, for a blank line before the end and for a field that is not a finite float.
inline MatrixX<float> read_steps(const std::filesystem::path& path) {
  std::string text = read_text(path);
  const char delimiter = detail::numeric_table::find_delimiter(text);
  Delimited table = parse_delimited(
      std::move(text), {.delimiter = delimiter, .header = false, .keep_blank_lines = true}, path);
  namespace n = detail::numeric_table;
  if (n::are_names(table.rows.front().fields)) table.take_header();
  detail::require_file(!table.rows.empty(), path, "has no line of numbers");
  MatrixX<float> steps(static_cast<Index>(table.width()), static_cast<Index>(table.rows.size()));
  Index t = 0;
  for (const auto& row : table.rows) {
    for (std::size_t i = 0; i < row.fields.size(); ++i) {
      const auto value = n::number<float>(detail::trim(row.fields[i]));
      if (std::isnan(value))
        detail::refuse_line(path, row.line, "column ", i + 1, " is ", detail::quote(row.fields[i]),
                            ": it must be a number within ", std::numeric_limits<float>::max());
      steps(static_cast<Index>(i), t) = value;
    }
    ++t;
  }
  return steps;
}

/// Writes steps, I × T, as comma-separated numbers, a line for each. Every number has enough digits for read_steps to
/// give the same number. One that is not finite becomes nan or inf, which read_steps refuses. Throws FileError if the
/// file can't be written.
inline void write_steps(const std::filesystem::path& path, const MatrixX<float>& steps) {
  write_file(path, [&](std::ostream& out) {
    for (Index t = 0; t < steps.cols(); ++t)
      for (Index i = 0; i < steps.rows(); ++i) {
        char digits[32];
        const char* const end = std::to_chars(digits, digits + sizeof digits, steps(i, t)).ptr;
        out << (i > 0 ? "," : "") << std::string_view(digits, static_cast<std::size_t>(end - digits))
            << (i + 1 == steps.rows() ? "\n" : "");
      }
  });
}

}  // namespace recur::inline RECUR_ABI
