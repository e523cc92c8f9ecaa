#include "recur/train/progress.hpp"

#include <algorithm>
#include <chrono>
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

TEST_CASE("An epoch on a terminal is a bar that is redrawn and then removed", "[train][progress]") {
  for (const bool unicode : {false, true})
    for (const bool colour : {false, true}) {
      std::ostringstream out;
      detail::Progress progress(20, out, {.live = true, .colour = colour, .unicode = unicode});
      progress.step(3, 742, 1263, 0.31274, 5321.4);
      const std::string line = out.str();
      CHECK(line.front() == '\r');
      CHECK(line.substr(line.size() - 3) == "\x1b[K");
      CHECK((line.find("\x1b[3") != std::string::npos) == colour);
      CHECK((line.find("\u2501") != std::string::npos) == unicode);
      CHECK(shown(line).size() <= 79);
      CHECK(shown(line).size() >= 65);
      CHECK_THAT(shown(line), ContainsSubstring("epoch  3/20") && ContainsSubstring("742/1263") &&
                                  ContainsSubstring("loss 0.3127") && ContainsSubstring("5321/s"));
      progress.epoch(3, 0.3119, none, "", none, 5318, 8, false);
      CHECK_THAT(out.str(), ContainsSubstring("\r\x1b[Kepoch  3/20  loss 0.3119  5318/s  0:08\n"));
    }
}

TEST_CASE("The bar grows with the steps", "[train][progress]") {
  const auto full = [](Index step) {
    std::ostringstream out;
    detail::Progress(9, out, {.live = true}).step(1, step, 100, 0.5, 1000);
    return std::ranges::count(out.str(), '=');
  };
  CHECK(full(1) <= 1);
  CHECK(full(50) > full(20));
  std::ostringstream out;
  detail::Progress(9, out, {.live = true}).step(1, 100, 100, 0.5, 1000);
  CHECK(out.str().find("--") == std::string::npos);
}

TEST_CASE("Lines fit into a narrow terminal and lose whole pieces if necessary", "[train][progress]") {
  const auto lines = [](int columns) {
    std::ostringstream bar, epoch;
    detail::Progress(20, bar, {.live = true, .columns = columns}).step(3, 742, 1263, 0.31274, 5321.4);
    detail::Progress(20, epoch, {.live = true, .columns = columns})
        .epoch(3, 0.31194, 0.33038, "accuracy", 0.86119, 5318, 8, true);
    return std::pair{shown(bar.str()).substr(0, bar.str().find('\x1b') - 1), shown(epoch.str())};
  };
  CHECK(lines(80).first == "epoch  3/20 ==============----------   742/1263  loss 0.3127  5321/s");
  CHECK(lines(80).second ==
        "epoch  3/20  loss 0.3119  validation 0.3304  accuracy 0.8612  5318/s  0:08  best\n");
  CHECK(lines(50).first == "epoch  3/20 =======------   742/1263  loss 0.3127");
  CHECK(lines(70).second == "epoch  3/20  loss 0.3119  validation 0.3304  accuracy 0.8612  best\n");
  CHECK(lines(40).first == "epoch  3/20 =========-------   742/1263");
  CHECK(lines(40).second == "epoch  3/20  accuracy 0.8612  best\n");
  for (const int columns : {20, 40, 50, 60, 70, 80, 200}) {
    std::ostringstream out;
    detail::Progress progress(1000, out, {.live = true, .unicode = true, .columns = columns});
    progress.step(999, 99999, 1000000, -1234567.0, 1e7);
    CHECK(shown(out.str()).size() < static_cast<std::size_t>(std::min(columns, 80) + 2));
  }
}

TEST_CASE("The remaining time is the time of all epochs and is shown as soon as it is known",
          "[train][progress]") {
  std::ostringstream out;
  detail::Progress progress(3, out, {.live = true});
  progress.step(1, 1, 10, 0.5, 1000);
  std::this_thread::sleep_for(std::chrono::milliseconds(150));
  progress.step(1, 2, 10, 0.5, 1000);  // it is too early for an estimate
  CHECK(std::ranges::count(out.str(), '\r') == 2);
  CHECK(out.str().find("left") == std::string::npos);
  std::this_thread::sleep_for(std::chrono::milliseconds(900));
  progress.step(1, 10, 10, 0.5, 1000);  // nine steps in at least 1.05 s, and twenty more
  const auto left = out.str().find(" left");
  REQUIRE(left != std::string::npos);
  CHECK(out.str()[left - 1] >= '2');
}

TEST_CASE("A terminal is not redrawn too often", "[train][progress]") {
  std::ostringstream out;
  detail::Progress progress(1, out, {.live = true});
  for (Index step = 1; step <= 1000; ++step) progress.step(1, step, 1000, 0.5, 1000);
  CHECK(std::ranges::count(out.str(), '\r') <= 3);
}

TEST_CASE("Every epoch is one plain line outside of terminals", "[train][progress]") {
  std::ostringstream out;
  {
    detail::Progress progress(5, out, {});
    for (Index step = 1; step <= 10; ++step) progress.step(1, step, 10, 0.5, 1000);
    progress.epoch(1, 0.693147, 0.61234, "accuracy", 0.6123, 99999, 3725, true);
    progress.step(2, 1, 10, 0.5, 1000);
    progress.epoch(2, 1e-5, 123.456, "accuracy", 0.25, 2.5, 59.7, false);
    progress.note("done");
  }
  CHECK(out.str() ==
        "epoch 1/5  loss 0.6931  validation 0.6123  accuracy 0.6123  99999/s  1:02:05  best\n"
        "epoch 2/5  loss 1.0e-05  validation 123.46  accuracy 0.2500  2.5/s  1:00\n"
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
