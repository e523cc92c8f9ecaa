// Shows people how far training has come.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <iostream>
#include <span>
#include <string>
#include <string_view>
#if __has_include(<sys/ioctl.h>) && __has_include(<unistd.h>)
#include <sys/ioctl.h>
#include <unistd.h>
#endif

#include "recur/core/matrix.hpp"

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
  /// Lines can be drawn over: it is no file and no pipe, and TERM is neither dumb nor missing, or it is a console of
  /// Windows.
  bool live = false;
  bool colour = false;   ///< if live; NO_COLOR and CLICOLOR=0 turn it off, CLICOLOR_FORCE turns it on
  bool unicode = false;  ///< if the locale, or the console of Windows, uses UTF-8
  int columns = 80;      ///< from the terminal, or else from the variable COLUMNS

  static Terminal standard_output() { return of(1); }
  static Terminal standard_error() { return of(2); }

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

/// Shows the steps of an epoch as a bar. A terminal draws over it; elsewhere there is a line from time to
/// time. The result of each epoch is a line that stays. A narrow terminal shows less of each.
///
///   epoch  3/20 ━━━━━━━━━━━━━━──────────   742/1263  loss 0.3127  5321/s  2:08 left
///   epoch  3/20  loss 0.3119  validation 0.3304  accuracy 0.8612  5318/s  0:08  best
///
/// The time left is that of all epochs, as if none stopped early. It appears once it can be estimated.
class Progress {
  using Clock = std::chrono::steady_clock;

 public:
  explicit Progress(int epochs, std::ostream& out = std::cerr, Terminal terminal = Terminal::standard_error())
      : out_(out), terminal_(terminal), epochs_(epochs) {}
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { clear(); }

  /// Call it after `step` of `steps` steps of an epoch, counted from 1.
  RECUR_COLD void step(int epoch, Index step, Index steps, double loss, double samples_per_second) {
    const auto now = Clock::now();
    const Index number = (epoch - 1) * steps + step;  // among the steps of all epochs
    if (epoch_ == 0) {
      begin_ = now;
      first_ = number;
    }
    if (epoch != epoch_ && !terminal_.live) drawn_ = now;
    epoch_ = epoch;
    if (now - drawn_ < (terminal_.live ? std::chrono::milliseconds(100) : std::chrono::seconds(30))) return;
    drawn_ = now;

    Line head;
    head.add("epoch ").add(epoch, epochs_);
    std::array<Line, 4> tail;
    tail[0].add("  ").add(step, steps);
    tail[1].add("  loss ").add_number(loss);
    tail[2].add("  ").add_rate(samples_per_second);
    const double seconds = std::chrono::duration<double>(now - begin_).count();
    if (number > first_ && seconds >= 0.5)
      tail[3]
          .add("  ")
          .add_time(seconds / static_cast<double>(number - first_) *
                    static_cast<double>(epochs_ * steps - number))
          .add(" left");
    if (!terminal_.live) {
      out_ << head.text << join(tail) << std::endl;
      return;
    }
    Index room = columns() - 1 - static_cast<Index>(head.text.size());
    drop(tail, {2, 1, 0}, room - 7);
    drop(tail, {3}, room);
    const std::string shown = join(tail);
    room -= static_cast<Index>(shown.size()) + 1;
    Line line;
    line.add("\r").add(head.text);
    if (room >= 6) add_bar(line.add(" "), std::min<Index>(room, 24), step, steps);
    out_ << line.add(shown).add("\x1b[K").text << std::flush;  // one write: nothing flickers
    shown_ = true;
  }

  /// Call it after an epoch. It leaves out a validation loss or metric that is NaN.
  RECUR_COLD void epoch(int epoch, double loss, double validation_loss, std::string_view metric_name,
                        double metric, double samples_per_second, double seconds, bool best) {
    clear();
    std::array<Line, 7> line;
    line[0].add("epoch ").add(epoch, epochs_);
    line[1].add("  loss ").add_number(loss);
    if (!std::isnan(validation_loss)) line[2].add("  validation ").add_number(validation_loss);
    if (!std::isnan(metric)) line[3].add("  ").add(metric_name).add(" ").add_number(metric);
    line[4].add("  ").add_rate(samples_per_second);
    line[5].add("  ").add_time(seconds);
    if (best) line[6].add("  best");
    if (terminal_.live) drop(line, {4, 5, 1, 2, 3}, columns());
    if (best && terminal_.colour) line[6].text = "  \x1b[32mbest\x1b[0m";
    out_ << join(line) << std::endl;
  }

  /// A line that stays.
  RECUR_COLD void note(std::string_view text) {
    clear();
    out_ << text << std::endl;
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

  /// A line longer than this is hard to read, however wide the terminal is.
  Index columns() const { return std::min<Index>(80, terminal_.columns); }

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

  std::ostream& out_;
  Terminal terminal_;
  int epochs_, epoch_ = 0;
  bool shown_ = false;
  Index first_ = 0;  ///< number of the first step that was reported, at begin_
  Clock::time_point begin_{}, drawn_{};
};

}  // namespace detail

}  // namespace recur::inline RECUR_ABI
