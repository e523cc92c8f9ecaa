#include "recur/train/progress.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>
#include <sstream>
#include <thread>

#include "catch.hpp"

namespace recur::testing {
namespace progress_test {

using Catch::Matchers::ContainsSubstring;

const double none = std::numeric_limits<double>::quiet_NaN();

/// The text of one line on a terminal, without colours; every character is one column wide.
std::string shown(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b') {
      while (text[i] != 'm' && text[i] != 'K') ++i;
      continue;
    }
    if ((text[i] & 0xc0) == 0x80) continue;  // within a character
    if (text[i] != '\r') plain += (text[i] & 0x80) != 0 ? '#' : text[i];
  }
  return plain;
}

/// The figures of an epoch after some of its steps.
EpochReport after(int epoch, Index steps, double loss, double samples_per_second) {
  return {.epoch = epoch,
          .training_loss = loss,
          .mean_norm = 2.3149,
          .steps = steps,
          .samples_per_second = samples_per_second};
}
/// Those of a whole epoch.
EpochReport whole(int epoch, double loss, double validation, double metric, double seconds, bool best) {
  return {.epoch = epoch,
          .rate = 0.003,
          .training_loss = loss,
          .validation_loss = validation,
          .metric = metric,
          .mean_norm = 2.3149,
          .clipped = 0.1234,
          .seconds = seconds,
          .samples_per_second = 5318,
          .best = best};
}

TEST_CASE("An epoch on a terminal is a bar that is redrawn and then removed", "[train][progress]") {
  for (const bool unicode : {false, true})
    for (const bool colour : {false, true}) {
      std::ostringstream out;
      detail::Progress progress(20, out, {.live = true, .colour = colour, .unicode = unicode});
      progress.step(after(3, 742, 0.31274, 5321.4), 1263);
      const std::string line = out.str();
      CHECK(line.front() == '\r');
      CHECK(line.substr(line.size() - 3) == "\x1b[K");
      CHECK((line.find("\x1b[3") != std::string::npos) == colour);
      CHECK((line.find("\u2501") != std::string::npos) == unicode);
      CHECK(shown(line).size() <= 79);
      CHECK(shown(line).size() >= 65);
      CHECK_THAT(shown(line), ContainsSubstring("epoch  3/20") && ContainsSubstring("742/1263") &&
                                  ContainsSubstring("loss 0.3127") && ContainsSubstring("norm 2.31") &&
                                  ContainsSubstring("5321/s"));
      progress.epoch(whole(3, 0.3119, none, none, 8, false), "");
      const std::string both = shown(out.str());
      CHECK_THAT(out.str(), ContainsSubstring("\r\x1b[K"));
      CHECK_THAT(both,
                 ContainsSubstring("epoch     loss     rate     norm  clipped    speed     time  curve\n"));
      CHECK_THAT(both, ContainsSubstring("\n 3/20   0.3119    0.003     2.31     12 %   5318/s     0:08  "));
    }
}

TEST_CASE("The bar grows with the steps", "[train][progress]") {
  const auto full = [](Index step) {
    std::ostringstream out;
    detail::Progress(9, out, {.live = true}).step(after(1, step, 0.5, 1000), 100);
    return std::ranges::count(out.str(), '=');
  };
  CHECK(full(1) <= 1);
  CHECK(full(50) > full(20));
  std::ostringstream out;
  detail::Progress(9, out, {.live = true}).step(after(1, 100, 0.5, 1000), 100);
  CHECK(out.str().find("--") == std::string::npos);
}

TEST_CASE("Lines fit into a narrow terminal and lose whole pieces if necessary", "[train][progress]") {
  const auto bar = [](int columns) {
    std::ostringstream out;
    detail::Progress(20, out, {.live = true, .columns = columns}).step(after(3, 742, 0.31274, 5321.4), 1263);
    return shown(out.str()).substr(0, out.str().find('\x1b') - 1);
  };
  CHECK(bar(80) == "epoch  3/20 ==============----------   742/1263  loss 0.3127  norm 2.31  5321/s");
  CHECK(bar(60) == "epoch  3/20 =======-----   742/1263  loss 0.3127  norm 2.31");
  CHECK(bar(50) == "epoch  3/20 =======------   742/1263  loss 0.3127");
  CHECK(bar(40) == "epoch  3/20 =========-------   742/1263");

  const auto table = [](int columns) {
    std::ostringstream out;
    detail::Progress progress(20, out, {.live = true, .columns = columns});
    progress.epoch(whole(2, 0.5519, 0.49302, 0.7712, 8, true), "accuracy");
    out.str("");
    progress.epoch(whole(3, 0.31194, 0.33038, 0.86119, 8, false), "accuracy");
    const std::string second = out.str();
    out.str("");
    detail::Progress(20, out, {.live = true, .columns = columns})
        .epoch(whole(3, 0.31194, 0.33038, 0.86119, 8, true), "accuracy");
    return std::pair{out.str(), second};
  };
  CHECK(table(120).first ==
        "epoch     loss  validation  accuracy     rate     norm  clipped    speed     time  curve\n"
        " 3/20   0.3119      0.3304    0.8612    0.003     2.31     12 %   5318/s     0:08  _                "
        "        "
        " best\n");
  CHECK(table(120).second ==
        " 3/20   0.3119      0.3304    0.8612    0.003     2.31     12 %   5318/s     0:08  #_\n");
  CHECK(table(80).first ==
        "epoch     loss  validation  accuracy     rate     norm  clipped  curve\n"
        " 3/20   0.3119      0.3304    0.8612    0.003     2.31     12 %  _          best\n");
  CHECK(table(60).first ==
        "epoch     loss  validation  accuracy  curve\n"
        " 3/20   0.3119      0.3304    0.8612  _                 best\n");
  CHECK(table(40).first ==
        "epoch    loss validation accuracy\n"
        " 3/20  0.3119     0.3304   0.8612 best\n");
  CHECK(table(25).first ==
        "epoch accuracy\n"
        " 3/20   0.8612 best\n");
  for (const int columns : {20, 40, 50, 60, 70, 80, 120, 200}) {
    std::ostringstream out;
    detail::Progress progress(1000, out, {.live = true, .unicode = true, .columns = columns});
    progress.step(after(999, 99999, -1234567.0, 1e7), 1000000);
    CHECK(shown(out.str()).size() < static_cast<std::size_t>(std::min(columns, 80) + 2));
    out.str("");
    progress.epoch(whole(999, -1234567.0, -1234567.0, -1e-7, 1e5, true), "a long name of a metric");
    std::istringstream lines(shown(out.str()));
    for (std::string line; std::getline(lines, line);)
      CHECK(line.size() <= static_cast<std::size_t>(columns));
  }
}

TEST_CASE("Names of metrics are cut and padded by characters", "[train][progress]") {
  const auto table = [](std::string_view name) {
    std::ostringstream out;
    detail::Progress progress(20, out, {.live = true, .columns = 40});
    progress.epoch(whole(3, 0.31194, none, 0.86119, 8, false), name);
    return out.str().substr(0, out.str().find('\n'));
  };
  CHECK(table("Fehler") == "epoch    loss  Fehler curve");
  CHECK(table("Fehlér") == "epoch    loss  Fehlér curve");
  CHECK(table("précision moyénne") == "epoch    loss précision mo curve");
  CHECK(table("одиннадцать букв") == "epoch    loss одиннадцать  curve");
}

TEST_CASE("The last column of the table is the course of the loss", "[train][progress]") {
  const double infinity = std::numeric_limits<double>::infinity();
  const auto line = [](std::vector<double> numbers, std::size_t width, bool unicode = false) {
    return detail::sparkline(numbers, width, unicode);
  };
  CHECK(line({8, 7, 6, 5, 4, 3, 2, 1}, 8) == "#*+=~-._");
  CHECK(line({8, 7, 6, 5, 4, 3, 2, 1}, 3) == "#=_");
  CHECK(line({1, 8}, 8, true) == "\u2581\u2588");
  CHECK(line({3, 3, 3}, 8) == "___");
  CHECK(line({1, none, infinity, 2}, 8) == "_  #");
  CHECK(line({none}, 8) == " ");
  CHECK(line({}, 8).empty());
  CHECK(line({-1e308, 1e308, 0}, 8) == "_#=");  // their distance is not a number

  // The columns stay where they are as the numbers change.
  std::ostringstream out;
  {
    detail::Progress progress(99, out, {.live = true});
    for (int epoch = 1; epoch <= 20; ++epoch) {
      EpochReport report = whole(epoch, 20000 * std::pow(0.3, epoch), none, none, 1000 * epoch, false);
      report.rate = 0.01 * std::pow(0.5, epoch);
      report.mean_norm = 3000 * std::pow(0.3, epoch);
      progress.epoch(report, "");
    }
    CHECK(out.str().find("epoch", 5) == std::string::npos);
    out.str("");
  }
  detail::Progress progress(30, out, {.live = true, .unicode = true});
  for (int epoch = 1; epoch <= 26; ++epoch) {
    if (epoch == 26) out.str("");
    progress.epoch(whole(epoch, 1, 30 - epoch, none, 1, false), "");
  }
  CHECK_THAT(out.str(), ContainsSubstring("epoch") && ContainsSubstring("\u2588"));  // the names come again
  CHECK_THAT(out.str(), ContainsSubstring("\u2581\n"));
  out.str("");
  progress.epoch(whole(27, 1, 3, 0.5, 1, false), "accuracy");
  CHECK_THAT(out.str(), ContainsSubstring("accuracy"));  // and where there is another column
}

TEST_CASE("A warning is broken between words where the terminal ends", "[train][progress]") {
  const auto text = [](Terminal terminal) {
    std::ostringstream out;
    detail::Progress(1, out, terminal).warn("the loss stands still at 0.69 and more");
    return out.str();
  };
  CHECK(text({.live = true, .columns = 24}) == "warning: the loss stands\n  still at 0.69 and more\n");
  CHECK(text({.columns = 24}) == "warning: the loss stands still at 0.69 and more\n");
  CHECK(text({.live = true, .colour = true}) ==
        "\x1b[33mwarning:\x1b[0m the loss stands still at 0.69 and more\n");
}

TEST_CASE("The remaining time is the time of all epochs and is shown as soon as it is known",
          "[train][progress]") {
  std::ostringstream out;
  detail::Progress progress(3, out, {.live = true});
  progress.step(after(1, 1, 0.5, 1000), 10);
  std::this_thread::sleep_for(std::chrono::milliseconds(150));
  progress.step(after(1, 2, 0.5, 1000), 10);  // it is too early for an estimate
  CHECK(std::ranges::count(out.str(), '\r') == 2);
  CHECK(out.str().find("left") == std::string::npos);
  std::this_thread::sleep_for(std::chrono::milliseconds(900));
  progress.step(after(1, 10, 0.5, 1000), 10);  // nine steps in at least 1.05 s, and twenty more
  const auto left = out.str().find(" left");
  REQUIRE(left != std::string::npos);
  CHECK(out.str()[left - 1] >= '2');
}

TEST_CASE("A terminal is not redrawn too often", "[train][progress]") {
  std::ostringstream out;
  detail::Progress progress(1, out, {.live = true});
  for (Index step = 1; step <= 1000; ++step) progress.step(after(1, step, 0.5, 1000), 1000);
  CHECK(std::ranges::count(out.str(), '\r') <= 3);
}

TEST_CASE("Every epoch is one plain line outside of terminals", "[train][progress]") {
  std::ostringstream out;
  {
    detail::Progress progress(5, out, {});
    for (Index step = 1; step <= 10; ++step) progress.step(after(1, step, 0.5, 1000), 10);
    progress.epoch(whole(1, 0.693147, 0.61234, 0.6123, 3725, true), "accuracy");
    progress.step(after(2, 1, 0.5, 1000), 10);
    progress.epoch(whole(2, 1e-5, 123.456, none, 59.7, false), "accuracy");
    progress.note("done");
  }
  CHECK(out.str() ==
        "epoch 1/5  loss 0.6931  validation 0.6123  accuracy 0.6123  rate 0.003  norm 2.31  clipped 12 %  "
        "5318/s  "
        "1:02:05  best\n"
        "epoch 2/5  loss 1.0e-05  validation 123.46  rate 0.003  norm 2.31  clipped 12 %  5318/s  1:00\n"
        "done\n");
}

void set_variable(const char* name, const char* value) {
#ifdef _WIN32
  _putenv_s(name, value);
#else
  setenv(name, value, 1);
#endif
}

/// The environment of this process with other values during the object's life.
class Environment {
 public:
  explicit Environment(const std::map<std::string, std::string>& values) {
    for (const char* name : {"TERM", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "LC_ALL"}) {
      const char* before = std::getenv(name);
      before_[name] = before ? before : "";
      const auto found = values.find(name);
      set_variable(name, found != values.end() ? found->second.c_str() : "");
    }
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() {
    for (const auto& [name, value] : before_) set_variable(name.c_str(), value.c_str());
  }

 private:
  std::map<std::string, std::string> before_;
};

TEST_CASE("The environment decides what a terminal can show", "[train][progress]") {
  const auto terminal = [](const std::map<std::string, std::string>& values) {
    const Environment environment(values);
    return Terminal::standard_output();
  };
  const Terminal plain = terminal({{"TERM", "xterm"}});
  CHECK((plain.live || !plain.colour));  // a file gets no colours
  CHECK_FALSE(terminal({{"TERM", "dumb"}}).live);
#ifndef _WIN32
  CHECK_FALSE(terminal({}).live);  // consoles of Windows have no name
#endif
  CHECK_FALSE(terminal({{"TERM", "xterm"}, {"NO_COLOR", "1"}}).colour);
  CHECK_FALSE(terminal({{"TERM", "xterm"}, {"CLICOLOR", "0"}}).colour);
  CHECK(terminal({{"CLICOLOR_FORCE", "1"}}).colour);
  CHECK_FALSE(terminal({{"CLICOLOR_FORCE", "1"}, {"NO_COLOR", "1"}}).colour);
  CHECK(terminal({{"CLICOLOR_FORCE", "0"}}).colour == terminal({}).colour);
  for (const char* locale : {"C.UTF-8", "de_DE.utf8"}) CHECK(terminal({{"LC_ALL", locale}}).unicode);
  CHECK_FALSE(terminal({{"LC_ALL", "POSIX"}}).unicode);
  if (!plain.live) CHECK(terminal({{"COLUMNS", "33"}}).columns == 33);
  CHECK(terminal({{"COLUMNS", "many"}}).columns > 0);
}

}  // namespace progress_test
}  // namespace recur::testing
