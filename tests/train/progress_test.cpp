#include "recur/train/progress.hpp"

#include <algorithm>
#include <limits>
#include <sstream>

#include "catch.hpp"

namespace recur::testing {
namespace {

using Catch::Matchers::ContainsSubstring;

const double none = std::numeric_limits<double>::quiet_NaN();

/// What a terminal would show of one line: without colours, every character one column wide.
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

TEST_CASE("On a terminal an epoch is a bar that is drawn over and then gone") {
  for (const bool unicode : {false, true})
    for (const bool colour : {false, true}) {
      std::ostringstream out;
      Progress progress(20, out, {.live = true, .colour = colour, .unicode = unicode});
      progress.step(3, 742, 1263, 0.31274, 5321.4);
      const std::string line = out.str();
      CHECK(line.front() == '\r');
      CHECK(line.substr(line.size() - 3) == "\x1b[K");
      CHECK((line.find("\x1b[3") != std::string::npos) == colour);
      CHECK((line.find("\u2501") != std::string::npos) == unicode);
      CHECK(shown(line).size() <= 79);
      CHECK(shown(line).size() >= 70);
      CHECK_THAT(shown(line), ContainsSubstring("epoch  3/20") && ContainsSubstring("742/1263") &&
                                  ContainsSubstring("loss 0.3127") && ContainsSubstring("5321/s") &&
                                  ContainsSubstring("left"));
      progress.epoch(3, 0.3119, none, "", none, 5318, 8, false);
      CHECK_THAT(out.str(), ContainsSubstring("\r\x1b[Kepoch  3/20  loss 0.3119  5318/s  0:08\n"));
    }
}

TEST_CASE("The bar grows with the steps") {
  const auto full = [](Index step) {
    std::ostringstream out;
    Progress(9, out, {.live = true}).step(1, step, 100, 0.5, 1000);
    return std::ranges::count(out.str(), '=');
  };
  CHECK(full(1) <= 1);
  CHECK(full(50) > full(20));
  std::ostringstream out;
  Progress(9, out, {.live = true}).step(1, 100, 100, 0.5, 1000);
  CHECK(out.str().find("--") == std::string::npos);
}

TEST_CASE("A bar fits into a narrow terminal") {
  for (const int columns : {20, 40, 50, 60, 70, 80}) {
    std::ostringstream out;
    Progress progress(1000, out, {.live = true, .unicode = true, .columns = columns});
    progress.step(999, 99999, 1000000, -1234567.0, 1e7);
    CHECK(shown(out.str()).size() < static_cast<std::size_t>(columns));
  }
}

TEST_CASE("A terminal is not drawn on faster than it can be read") {
  std::ostringstream out;
  Progress progress(1, out, {.live = true});
  for (Index step = 1; step <= 1000; ++step) progress.step(1, step, 1000, 0.5, 1000);
  CHECK(std::ranges::count(out.str(), '\r') <= 3);
}

TEST_CASE("Elsewhere every epoch is one plain line") {
  std::ostringstream out;
  {
    Progress progress(5, out, {});
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

TEST_CASE("A file gets no colours") {
  const Terminal terminal = Terminal::standard_error();
  CHECK((terminal.live || !terminal.colour));
  CHECK(terminal.columns <= 80);
}

}  // namespace
}  // namespace recur::testing
