// How far training has come, for people who watch it.
#pragma once

#include <algorithm>
#include <array>
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
    Line head, tail;
    head.add("epoch ").add(epoch, epochs_);
    tail.add("  ").add(step, steps).add("  loss ").add_number(loss).add("  ").add_rate(samples_per_second);
    tail.add("  ").add_time(left).add(" left");
    if (!terminal_.live) {
      out_ << head.add(tail.text).text << std::endl;
      return;
    }
    const auto room =
        static_cast<Index>(terminal_.columns) - 2 - static_cast<Index>(head.text.size() + tail.text.size());
    Line line;
    line.add("\r").add(head.text);
    if (room >= 8) add_bar(line.add(" "), std::min<Index>(room, 24), step, steps);
    const auto shown = std::string_view(tail.text).substr(
        0, static_cast<std::size_t>(
               std::max<Index>(0, static_cast<Index>(tail.text.size()) + std::min<Index>(room, 0))));
    out_ << line.add(shown).add("\x1b[K").text << std::flush;  // one write: nothing flickers
    shown_ = true;
  }

  /// After an epoch. A validation loss or metric of NaN is left out.
  void epoch(int epoch, double loss, double validation_loss, std::string_view metric_name, double metric,
             double samples_per_second, double seconds, bool best) {
    clear();
    Line line;
    line.add("epoch ").add(epoch, epochs_).add("  loss ").add_number(loss);
    if (!std::isnan(validation_loss)) line.add("  validation ").add_number(validation_loss);
    if (!std::isnan(metric)) line.add("  ").add(metric_name).add(" ").add_number(metric);
    line.add("  ").add_rate(samples_per_second).add("  ").add_time(seconds);
    if (best) line.add(terminal_.colour ? "  \x1b[32mbest\x1b[0m" : "  best");
    out_ << line.text << std::endl;
  }

  /// A line that stays.
  void note(std::string_view text) {
    clear();
    out_ << text << std::endl;
  }

 private:
  struct Line {
    std::string text;

    [[gnu::noinline]] Line& add(std::string_view piece) {
      text += piece;
      return *this;
    }
    /// As "  3/20".
    Line& add(Index now, Index all) {
      const auto width = static_cast<int>(std::to_string(all).size());
      return add_formatted("%*lld/%lld", width, static_cast<long long>(now), static_cast<long long>(all));
    }
    /// Six characters for what losses and metrics usually are.
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
    /// As 0:07, 12:30 or 1:02:03.
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
  Clock::time_point begin_{}, drawn_{};
};

}  // namespace recur
