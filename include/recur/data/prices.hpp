// Prices of a market, day by day: open, high, low and close.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"
#include "recur/data/numeric_table.hpp"

namespace recur::inline RECUR_ABI {

/// Prices of T days (or of any other bars), the oldest first.
struct Prices {
  VectorX<double> open, high, low, close;

  Index size() const { return close.size(); }

  /// The returns log(close_t / close_{t-1}), which add up over time: T - 1 numbers, for days 1, ..., T - 1.
  /// Throws std::invalid_argument for fewer than 2 days.
  VectorX<double> log_returns() const {
    require(size() > 1, "a return needs 2 days, but there is ", size());
    return (close.tail(size() - 1).array() / close.head(size() - 1).array()).log();
  }

  /// The log ranges log(log(high_t / low_t)), T numbers: a measure of volatility that is nearly normal
  /// (Alizadeh, Brandt and Diebold, "Range-based estimation of stochastic volatility models", 2002). A day
  /// on which the price never moved has no logarithm; its range counts as `least`. Throws
  /// std::invalid_argument unless least > 0.
  VectorX<double> log_ranges(double least = 1e-5) const {
    require(least > 0, "the least range ", least, ": it must be positive");
    return (high.array() / low.array()).log().max(least).log();
  }
};

namespace detail::prices {

/// The part of a date that tells which of two is earlier: all of 2020-01-31, and only the year of 1/31/2020, whose day
/// may come before its month. Empty for any other text.
inline std::string_view comparable(std::string_view date) {
  const auto is_year = [](std::string_view part) {
    return part.size() == 4 && part.find_first_not_of("0123456789") == part.npos;
  };
  constexpr std::string_view signs = "-/.";
  if (date.size() >= 10 && is_year(date.substr(0, 4)) && signs.find(date[4]) != signs.npos &&
      date[7] == date[4])
    return date.substr(0, 10);
  // Day, month and year: two signs. A year with a fraction, as 2019.9973, has one.
  if (date.size() >= 8 && is_year(date.substr(date.size() - 4)) &&
      signs.find(date[date.size() - 5]) != signs.npos && date.find_first_of(signs) < date.size() - 5)
    return date.substr(date.size() - 4);
  return {};
}

/// Throws FileError, with the line, where a column of dates falls.
inline void check_dates(const Delimited& table, std::size_t column, const std::filesystem::path& path) {
  std::string before;
  for (const auto& row : table.rows) {
    const std::string date(trim(row.fields[column]));
    const std::string_view now = comparable(date), then = comparable(before);
    if (now.size() == then.size() && now < then)
      refuse_line(path, row.line, "the date ", quote(date), " comes after ", quote(before),
                  ": the oldest day must be the first");
    before = date;
  }
}

}  // namespace detail::prices

/// Reads prices from a CSV file with columns called open, high, low and close, in upper or lower case, and any
/// others, the oldest day first. If the name of a column begins with "date", its dates are compared: those such as
/// 2020-01-31 must not fall, and those such as 1/31/2020 or 31.1.2020 must not fall to an earlier year.
///
/// Throws FileError, with the line, where dates fall, for prices that are not positive or not between low and high
/// (rounding may take them out by 1e-6 of the price), and what read_numeric throws.
inline Prices read_prices(const std::filesystem::path& path) {
  std::string text = read_text(path);
  const char delimiter = detail::numeric_table::find_delimiter(text);
  const Delimited table = parse_delimited(text, {.delimiter = delimiter, .header = true}, path);
  constexpr std::array<std::string_view, 4> names{"open", "high", "low", "close"};
  std::vector<std::string> columns = table.columns;  // in small letters
  for (std::string& column : columns)
    for (char& c : column)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  NumericOptions options{.delimiter = delimiter};
  for (const std::string_view name : names)
    for (std::size_t i = 0; i < columns.size(); ++i)
      if (columns[i] == name) options.columns.push_back(table.columns[i]);
  detail::require_file(options.columns.size() == names.size(), path,
                       "must have one column each called open, high, low and close: it has ",
                       table.list_columns());
  const NumericTable read = parse_numeric(std::move(text), options, path);
  for (Index t = 0; t < read.values.cols(); ++t) {
    const double open = read.values(0, t), high = read.values(1, t), low = read.values(2, t),
                 close = read.values(3, t);
    const double slack = 1e-6 * std::abs(high);
    if (!(low > 0 && low <= std::min(open, close) + slack && std::max(open, close) <= high + slack &&
          low <= high))
      detail::refuse_line(path, read.lines[static_cast<std::size_t>(t)], "open ", open, ", high ", high,
                          ", low ", low, ", close ", close,
                          ": prices must be positive, and low and high their limits");
  }
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (columns[i].starts_with("date")) detail::prices::check_dates(table, i, path);
  return {read.values.row(0), read.values.row(1), read.values.row(2), read.values.row(3)};
}

}  // namespace recur::inline RECUR_ABI
