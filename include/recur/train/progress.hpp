// Shows people how far training has come.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <iostream>  // std::cerr, where a terminal shows progress
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#if __has_include(<sys/ioctl.h>) && __has_include(<unistd.h>)
#include <sys/ioctl.h>
#include <unistd.h>
#endif

#include "recur/core/matrix.hpp"
#include "recur/core/utf8.hpp"
#include "recur/train/report.hpp"

#if defined(_WIN32)
// What is needed of <windows.h>. That header would define `near`, `small`, `min` and more for all who include this one.
extern "C" {
__declspec(dllimport) void* __stdcall GetStdHandle(unsigned long);
__declspec(dllimport) int __stdcall GetConsoleMode(void*, unsigned long*);
__declspec(dllimport) int __stdcall SetConsoleMode(void*, unsigned long);
__declspec(dllimport) unsigned __stdcall GetConsoleOutputCP();
}
#endif

namespace recur::inline RECUR_ABI {

/// What the terminal or file that a program writes to can show.
struct Terminal {
  /// Lines can be drawn over: it is neither a file nor a pipe, and TERM is neither dumb nor missing, or it is a console of
  /// Windows.
  bool live = false;
  bool colour = false;   ///< if live; NO_COLOR and CLICOLOR=0 turn it off, CLICOLOR_FORCE turns it on
  bool unicode = false;  ///< if the locale, or the console of Windows, uses UTF-8
  int columns = 80;      ///< from the terminal, or else from the variable COLUMNS

  static Terminal standard_output() { return of(1); }  ///< where std::cout writes
  static Terminal standard_error() { return of(2); }   ///< where std::cerr writes

 private:
  /// The value of an environment variable; empty if it is missing.
  static std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
  }

  RECUR_COLD static Terminal of([[maybe_unused]] int descriptor) {
    Terminal terminal;
    if (const int columns = std::atoi(variable("COLUMNS").c_str()); columns > 0) terminal.columns = columns;
#if __has_include(<sys/ioctl.h>) && __has_include(<unistd.h>)
    const std::string type = variable("TERM");
    terminal.live = isatty(descriptor) == 1 && !type.empty() && type != "dumb";
    if (winsize size{}; ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
      terminal.columns = size.ws_col;
#elif defined(_WIN32)
    constexpr unsigned long draws_over = 4;  // ENABLE_VIRTUAL_TERMINAL_PROCESSING
    void* const console = GetStdHandle(static_cast<unsigned long>(-10 - descriptor));
    unsigned long mode = 0;
    terminal.live = variable("TERM") != "dumb" && GetConsoleMode(console, &mode) != 0 &&
                    ((mode & draws_over) != 0 || SetConsoleMode(console, mode | draws_over) != 0);
    terminal.unicode = terminal.live && GetConsoleOutputCP() == 65001;
#endif
    const std::string force = variable("CLICOLOR_FORCE");
    terminal.colour = variable("NO_COLOR").empty() &&
                      ((!force.empty() && force != "0") || (terminal.live && variable("CLICOLOR") != "0"));
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
      const std::string locale = variable(name);
      if (locale.empty()) continue;
      for (const std::string_view utf8 : {"UTF-8", "utf-8", "UTF8", "utf8"})
        terminal.unicode = terminal.unicode || locale.find(utf8) != locale.npos;
      break;
    }
    return terminal;
  }
};

namespace detail {

/// The last `width` numbers as a curve in text, each scaled between the lowest and the highest of them. A number that is
/// not finite is a gap.
RECUR_COLD inline std::string sparkline(std::span<const double> numbers, std::size_t width, bool unicode) {
  static constexpr std::array<const char*, 8> blocks{"\u2581", "\u2582", "\u2583", "\u2584",
                                                     "\u2585", "\u2586", "\u2587", "\u2588"},
      letters{"_", ".", "-", "~", "=", "+", "*", "#"};
  numbers = numbers.last(std::min(width, numbers.size()));
  double lowest = std::numeric_limits<double>::infinity(), highest = -lowest;
  for (const double number : numbers)
    if (std::isfinite(number)) {
      lowest = std::min(lowest, number);
      highest = std::max(highest, number);
    }
  std::string text;
  const double span = highest / 2 - lowest / 2;  // halves, since the whole may overflow
  for (const double number : numbers) {
    const double part = span > 0 ? (number / 2 - lowest / 2) / span : 0;
    text +=
        std::isfinite(number) ? (unicode ? blocks : letters)[static_cast<std::size_t>(7 * part + 0.5)] : " ";
  }
  return text;
}

/// Shows the steps of an epoch as a bar. A terminal draws over it; elsewhere there is a line from time to time.
///
///   epoch  3/20 ━━━━━━━━━───────   742/1263  loss 0.3127  norm 2.31  5321/s  2:08 left
///
/// The time left is that of all epochs, as if none stopped early. It appears once it can be estimated.
///
/// What each epoch came to stays. On a terminal it is a row of a table, whose last column is the loss of the last epochs
/// as a curve: on the validation examples if there are any.
///
///   epoch     loss  validation  accuracy     rate     norm  clipped  curve
///    2/20   0.5519      0.4930    0.7712    0.003     2.31     12 %  █▁        best
///    3/20   0.3119      0.3304    0.8612   0.0028     1.87      4 %  █▄▁       best
///
/// Elsewhere it is a line that says what each number is:
///
///   epoch  3/20  loss 0.3119  validation 0.3304  accuracy 0.8612  rate 0.003  norm 1.87  clipped 4 %  5318/s  0:08  best
///
/// A narrow terminal shows less of each.
///
/// It is a template, so only the programs that show progress compile it.
template <class Out = std::ostream>
class Progress {
  using Clock = std::chrono::steady_clock;

 public:
  explicit Progress(int epochs, Out& out = std::cerr, Terminal terminal = Terminal::standard_error())
      : out_(out), terminal_(terminal), epochs_(epochs) {}
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { clear(); }

  /// Call it after each of the `of` steps of an epoch, with the figures of the epoch so far.
  void step(const EpochReport& so_far, Index of) {
    const auto now = Clock::now();
    if (so_far.epoch == epoch_ && now - drawn_ < interval()) [[likely]]
      return;
    show_step(so_far, of, now);
  }

  /// Call it after an epoch. It leaves out a validation loss or metric that is NaN.
  RECUR_COLD void epoch(const EpochReport& report, std::string_view metric_name) {
    clear();
    losses_.push_back(std::isnan(report.validation_loss) ? report.training_loss : report.validation_loss);
    std::vector<Column> columns;
    const auto add = [&](std::string_view name, int rank, const Line& text) {
      columns.push_back({std::string(name), text.text, rank});
    };
    add("epoch", 0, Line().add(report.epoch, epochs_));
    add("loss", 3, Line().add_number(report.training_loss));
    if (!std::isnan(report.validation_loss)) add("validation", 2, Line().add_number(report.validation_loss));
    if (!std::isnan(report.metric)) add(metric_name, 1, Line().add_number(report.metric));
    add("rate", 7, Line().add_short(report.rate));
    add("norm", 5, Line().add_short(report.mean_norm));
    add("clipped", 6, Line().add_percent(report.clipped));
    add("speed", 9, Line().add_rate(report.samples_per_second));
    add("time", 8, Line().add_time(report.seconds));
    if (terminal_.live)
      show_row(std::move(columns), report.best);
    else
      show_line(columns, report.best);
  }

  /// A line that stays.
  RECUR_COLD void note(std::string_view text) {
    clear();
    out_ << text << std::endl;
  }
  /// The same for what may be wrong, broken between words where the terminal ends.
  RECUR_COLD void warn(std::string_view text) {
    clear();
    Line line;
    line.add(terminal_.colour ? "\x1b[33mwarning:\x1b[0m" : "warning:");
    const std::size_t wide = static_cast<std::size_t>(std::min(80, terminal_.columns));
    for (std::size_t used = 8, end = 0; !text.empty(); text.remove_prefix(std::min(end + 1, text.size()))) {
      end = std::min(text.find(' '), text.size());
      const bool breaks = terminal_.live && used + 1 + end > wide;
      line.add(breaks ? "\n  " : " ").add(text.substr(0, end));
      used = (breaks ? 2 : used + 1) + end;
    }
    out_ << line.text << std::endl;
  }

 private:
  struct Line {
    std::string text;

    RECUR_NOINLINE Line& add(std::string_view piece) {
      text += piece;
      return *this;
    }
    /// For example "  3/20".
    Line& add(Index now, Index all) {
      const auto width = static_cast<int>(std::to_string(all).size());
      return add_formatted("%*lld/%lld", width, static_cast<long long>(now), static_cast<long long>(all));
    }
    /// Six characters for usual losses and metrics.
    Line& add_number(double value) {
      const double size = std::abs(value);
      const char* const how = size >= 1e5 || (size > 0 && size < 1e-3) ? "%.1e"
                              : size >= 1000                           ? "%.1f"
                              : size >= 100                            ? "%.2f"
                              : size >= 10                             ? "%.3f"
                                                                       : "%.4f";
      return add_formatted(how, value);
    }
    /// At most seven characters above 0.
    Line& add_short(double value) {
      const double size = std::abs(value);
      return add_formatted(size >= 1e5 ? "%.1e" : size >= 100 ? "%.0f" : size >= 1 ? "%.3g" : "%.2g", value);
    }
    Line& add_percent(double part) { return add_formatted("%.0f %%", 100 * part); }
    Line& add_rate(double per_second) {
      return per_second >= 1e6   ? add_formatted("%.1fM/s", per_second / 1e6)
             : per_second >= 1e5 ? add_formatted("%.0fk/s", per_second / 1e3)
             : per_second >= 10  ? add_formatted("%.0f/s", per_second)
                                 : add_formatted("%.1f/s", per_second);
    }
    /// For example 0:07, 12:30 or 1:02:03.
    Line& add_time(double seconds) {
      const auto s = static_cast<long>(std::min(seconds + 0.5, 1e8));
      return s < 3600 ? add_formatted("%ld:%02ld", s / 60, s % 60)
                      : add_formatted("%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    }

   private:
    template <class... Values>
    Line& add_formatted(const char* how, Values... values) {
      std::array<char, 64> piece{};
      std::snprintf(piece.data(), piece.size(), how, values...);
      return add(piece.data());
    }
  };

  /// A figure of an epoch. Where there is no room, the one of the highest rank goes first; rank 0 stays.
  struct Column {
    std::string name, text;
    int rank;
    std::size_t width = 0;
  };

  Clock::duration interval() const {
    return terminal_.live ? std::chrono::milliseconds(100) : std::chrono::seconds(30);
  }
  RECUR_COLD void show_step(const EpochReport& so_far, Index of, Clock::time_point now) {
    const Index step = so_far.steps;
    const Index number = (so_far.epoch - 1) * of + step;  // among the steps of all epochs
    if (epoch_ == 0) {
      begin_ = now;
      first_ = number;
    }
    if (so_far.epoch != epoch_ && !terminal_.live) drawn_ = now;
    epoch_ = so_far.epoch;
    if (now - drawn_ < interval()) return;
    drawn_ = now;

    Line head;
    head.add("epoch ").add(so_far.epoch, epochs_);
    std::array<Line, 5> tail;
    tail[0].add("  ").add(step, of);
    tail[1].add("  loss ").add_number(so_far.training_loss);
    tail[2].add("  norm ").add_short(so_far.mean_norm);
    tail[3].add("  ").add_rate(so_far.samples_per_second);
    const double seconds = std::chrono::duration<double>(now - begin_).count();
    if (number > first_ && seconds >= 0.5)
      tail[4]
          .add("  ")
          .add_time(seconds / static_cast<double>(number - first_) *
                    static_cast<double>(epochs_ * of - number))
          .add(" left");
    if (!terminal_.live) {
      out_ << head.text << join(tail) << std::endl;
      return;
    }
    // A line that is longer than 80 columns is hard to read.
    Index room = std::min<Index>(80, terminal_.columns) - 1 - static_cast<Index>(head.text.size());
    drop(tail, {3, 2, 1, 0}, room - 7);
    drop(tail, {4}, room);
    const std::string shown = join(tail);
    room -= static_cast<Index>(shown.size()) + 1;
    Line line;
    line.add("\r").add(head.text);
    if (room >= 6) add_bar(line.add(" "), std::min<Index>(room, 24), step, of);
    out_ << line.add(shown).add("\x1b[K").text << std::flush;  // one write: nothing flickers
    shown_ = true;
  }

  RECUR_COLD void show_line(const std::vector<Column>& columns, bool best) {
    Line line;
    for (const Column& column : columns) {
      line.add(line.text.empty() ? "" : "  ");
      if (column.name != "speed" && column.name != "time") line.add(column.name).add(" ");
      line.add(column.text);
    }
    out_ << line.add(best ? "  best" : "").text << std::endl;
  }

  /// A row of the table. The names of its columns stand above the first row and every 25th.
  RECUR_COLD void show_row(std::vector<Column> columns, bool best) {
    constexpr std::size_t shortest_curve = 8, longest_curve = 24;
    const auto wide = static_cast<std::size_t>(std::max(0, terminal_.columns));
    const std::size_t gap = wide < 60 ? 1 : 2;
    for (Column& column : columns) {
      column.name = first_characters(column.name, 12);
      column.width = std::max({count_characters(column.name), column.text.size(), std::size_t{7}});
    }
    columns[0].width = std::max(columns[0].text.size(), columns[0].name.size());
    columns.push_back({"curve", "", 4, shortest_curve});
    columns.push_back({"", best ? "best" : "", 0, 4});
    const auto used = [&] {
      std::size_t sum = gap * (columns.size() - 1);
      for (const Column& column : columns) sum += column.width;
      return sum;
    };
    while (used() > wide) {
      const auto last = std::max_element(columns.begin(), columns.end(),
                                         [](const Column& a, const Column& b) { return a.rank < b.rank; });
      if (last->rank == 0) break;
      columns.erase(last);
    }
    const auto curve = std::find_if(columns.begin(), columns.end(),
                                    [](const Column& column) { return column.name == "curve"; });
    if (curve != columns.end()) {
      const std::size_t room = wide - used();
      curve->width = std::min(longest_curve, shortest_curve + room);
      curve->text = sparkline(losses_, curve->width, terminal_.unicode);
    }
    std::string names, row;
    for (const Column& column : columns) {
      const bool is_left = column.name == "curve" || column.name.empty();
      const auto put = [&](std::string& line, const std::string& text, std::size_t size) {
        const std::string space(column.width - std::min(column.width, size), ' ');
        line += (line.empty() ? "" : std::string(gap, ' ')) + (is_left ? text + space : space + text);
      };
      put(names, column.name, count_characters(column.name));
      put(row, column.text,
          column.name == "curve" ? std::min(losses_.size(), column.width) : column.text.size());
    }
    const auto trim = [](std::string& line) { line.resize(line.find_last_not_of(' ') + 1); };
    trim(names);
    trim(row);
    if (rows_++ % 25 == 0 || names != names_)
      out_ << (terminal_.colour ? "\x1b[1m" + names + "\x1b[0m" : names) << '\n';
    names_ = names;
    if (best && terminal_.colour) row.replace(row.size() - 4, 4, "\x1b[32mbest\x1b[0m");
    out_ << row << std::endl;
  }

  static std::string join(std::span<const Line> pieces) {
    std::string all;
    for (const Line& piece : pieces) all += piece.text;
    return all;
  }
  /// Empties pieces in this order until the others fit.
  static void drop(std::span<Line> pieces, std::initializer_list<std::size_t> order, Index room) {
    for (const std::size_t i : order)
      if (static_cast<Index>(join(pieces).size()) > room) pieces[i].text.clear();
  }

  void add_bar(Line& line, Index width, Index step, Index steps) const {
    const Index full = steps > 0 ? std::min(width, width * step / steps) : width;
    if (terminal_.colour) line.add("\x1b[32m");
    for (Index i = 0; i < full; ++i) line.add(terminal_.unicode ? "\u2501" : "=");
    if (terminal_.colour) line.add("\x1b[90m");
    for (Index i = full; i < width; ++i) line.add(terminal_.unicode ? "\u2500" : "-");
    if (terminal_.colour) line.add("\x1b[0m");
  }
  void clear() {
    if (shown_) out_ << "\r\x1b[K" << std::flush;
    shown_ = false;
  }

  Out& out_;
  Terminal terminal_;
  std::vector<double> losses_{};  ///< of whole epochs
  std::string names_{};           ///< of the columns, as they stand above the last row
  int epochs_, epoch_ = 0, rows_ = 0;
  bool shown_ = false;
  Index first_ = 0;  ///< number of the first step that was reported, at begin_
  Clock::time_point begin_{}, drawn_{};
};

}  // namespace detail

}  // namespace recur::inline RECUR_ABI
