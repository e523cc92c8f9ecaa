// How far training has come, for people who watch it.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#if __has_include(<unistd.h>)
#include <sys/ioctl.h>
#include <unistd.h>
#endif

#include "recur/core/matrix.hpp"

namespace recur {

/// What the place that progress is written to can show.
struct Terminal {
  bool live = false;     ///< lines can be drawn over
  bool colour = false;   ///< not where the environment has NO_COLOR
  bool unicode = false;  ///< where the locale is one of UTF-8
  int columns = 80;

  /// The standard error stream of this process.
  static Terminal standard_error() {
    Terminal terminal;
#if __has_include(<unistd.h>)
    const char* type = std::getenv("TERM");
    terminal.live = isatty(STDERR_FILENO) == 1 && !(type && std::string_view(type) == "dumb");
    if (winsize size{}; terminal.live && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
      terminal.columns = std::min<int>(80, size.ws_col);
#endif
    const char* no_colour = std::getenv("NO_COLOR");
    terminal.colour = terminal.live && !(no_colour && *no_colour);
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
      const char* locale = std::getenv(name);
      if (!locale || !*locale) continue;
      const std::string_view text(locale);
      terminal.unicode = text.find("UTF-8") != text.npos || text.find("utf8") != text.npos ||
                         text.find("utf-8") != text.npos;
      break;
    }
    return terminal;
  }
};

/// Shows the steps of an epoch as a bar that is drawn over on a terminal, elsewhere as a line now and then;
/// and each epoch's result as a line that stays.
///
///   epoch  3/20 ━━━━━━━━━━━━━━──────────   742/1263  loss 0.3127  5321/s  0:03 left
///   epoch  3/20  loss 0.3119  validation 0.3304  accuracy 0.8612  5318/s  0:08  best
class Progress {
  using Clock = std::chrono::steady_clock;

 public:
  explicit Progress(int epochs, std::ostream& out = std::cerr, Terminal terminal = Terminal::standard_error())
      : out_(out), terminal_(terminal), epochs_(epochs) {}
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { clear(); }

  /// After `step` of `steps` steps of an epoch, numbered from 1.
  void step(int epoch, Index step, Index steps, double loss, double samples_per_second) {
    const auto now = Clock::now();
    if (step == 1 || epoch != epoch_) begin_ = now;
    const bool first = epoch != epoch_;
    epoch_ = epoch;
    if (first && !terminal_.live) drawn_ = now;
    if (now - drawn_ < (terminal_.live ? std::chrono::milliseconds(100) : std::chrono::seconds(30))) return;
    drawn_ = now;
    const double seconds = std::chrono::duration<double>(now - begin_).count();
    const double left =
        seconds / static_cast<double>(std::max<Index>(step - 1, 1)) * static_cast<double>(steps - step);
    const std::string head = heading(epoch);
    std::string tail = "  " + of(step, steps) + "  loss " + number(loss) + "  " + rate(samples_per_second) +
                       "  " + time(left) + " left";
    if (!terminal_.live) {
      out_ << head << tail << std::endl;
      return;
    }
    const auto room =
        static_cast<Index>(terminal_.columns) - 2 - static_cast<Index>(head.size() + tail.size());
    std::string line = "\r" + head;
    if (room >= 8) line += " " + bar(std::min<Index>(room, 24), step, steps);
    if (room < 0) tail.resize(tail.size() - std::min(tail.size(), static_cast<std::size_t>(-room)));
    out_ << line + tail + "\x1b[K" << std::flush;  // one write: nothing flickers
    shown_ = true;
  }

  /// After an epoch. A validation loss or metric of NaN is left out.
  void epoch(int epoch, double loss, double validation_loss, std::string_view metric_name, double metric,
             double samples_per_second, double seconds, bool best) {
    clear();
    std::string line = heading(epoch) + "  loss " + number(loss);
    if (!std::isnan(validation_loss)) line += "  validation " + number(validation_loss);
    if (!std::isnan(metric)) line += "  " + std::string(metric_name) + " " + number(metric);
    line += "  " + rate(samples_per_second) + "  " + time(seconds);
    if (best) line += terminal_.colour ? "  \x1b[32mbest\x1b[0m" : "  best";
    out_ << line << std::endl;
  }

  /// A line that stays.
  void note(std::string_view text) {
    clear();
    out_ << text << std::endl;
  }

 private:
  static std::string format(const char* how, double value) {
    char text[32];
    std::snprintf(text, sizeof text, how, value);
    return text;
  }
  /// Six characters for what losses and metrics usually are.
  static std::string number(double value) {
    const double size = std::abs(value);
    return format(size >= 1e5 || (size > 0 && size < 1e-3) ? "%.1e"
                  : size >= 1000                           ? "%.1f"
                  : size >= 100                            ? "%.2f"
                  : size >= 10                             ? "%.3f"
                                                           : "%.4f",
                  value);
  }
  static std::string rate(double per_second) {
    return per_second >= 1e6   ? format("%.1fM/s", per_second / 1e6)
           : per_second >= 1e5 ? format("%.0fk/s", per_second / 1e3)
           : per_second >= 10  ? format("%.0f/s", per_second)
                               : format("%.1f/s", per_second);
  }
  /// As 0:07, 12:30 or 1:02:03.
  static std::string time(double seconds) {
    const auto s = static_cast<long>(std::min(seconds + 0.5, 1e8));
    char text[48];
    if (s < 3600)
      std::snprintf(text, sizeof text, "%ld:%02ld", s / 60, s % 60);
    else
      std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    return text;
  }
  /// As "  3/20".
  static std::string of(Index now, Index all) {
    const std::string last = std::to_string(all);
    std::string text = std::to_string(now);
    text.insert(0, last.size() - std::min(last.size(), text.size()), ' ');
    return text + "/" + last;
  }
  std::string heading(int epoch) const { return "epoch " + of(epoch, epochs_); }
  std::string bar(Index width, Index step, Index steps) const {
    const Index full = steps > 0 ? std::min(width, width * step / steps) : width;
    std::string text = terminal_.colour ? "\x1b[32m" : "";
    for (Index i = 0; i < full; ++i) text += terminal_.unicode ? "\u2501" : "=";
    if (terminal_.colour) text += "\x1b[90m";
    for (Index i = full; i < width; ++i) text += terminal_.unicode ? "\u2500" : "-";
    if (terminal_.colour) text += "\x1b[0m";
    return text;
  }
  void clear() {
    if (shown_) out_ << "\r\x1b[K" << std::flush;
    shown_ = false;
  }

  std::ostream& out_;
  Terminal terminal_;
  int epochs_, epoch_ = 0;
  bool shown_ = false;
  Clock::time_point begin_{}, drawn_{};
};

}  // namespace recur
