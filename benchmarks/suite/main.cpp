// Compares recur with the systems that a user would choose instead. scripts/bench calls it.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <stdexcept>

#include "cases.hpp"
#include "peak.hpp"
#include "peer.hpp"

namespace {

using namespace bench;

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void say_what_is_missing() {
  const std::pair<std::string, std::string> wanted[] = {{"oneDNN", "libdnnl-dev"},
                                                        {"PyTorch", "libtorch-dev"},
                                                        {"RTNeural", "a checkout in -DRECUR_RTNEURAL_DIR="}};
  for (const auto& [system, remedy] : wanted)
    if (std::ranges::find(peers(), system, &Peer::name) == peers().end())
      std::cout << "left out: " << system << ", for which it takes " << remedy << "\n";
}

/// Two threads are compared with one. Another program takes more from two than from one, since one leaves it
/// a core.
void say_if_busy() {
  double load = 0;
  if (getloadavg(&load, 1) == 1 && load > 0.5)
    std::cout << "the machine was busy in the last minute (load " << load
              << "): unless that was the build, ratios on two threads say little\n";
}

bool contains(const std::string& text, const std::string& part) {
  if (part.empty()) return true;
  const auto lower = [](unsigned char c) { return std::tolower(c); };
  return !std::ranges::search(text, part, {}, lower, lower).empty();
}

}  // namespace

int main(int count, char** words) {
  bool quick = false, growth = false, add = false;
  double seconds = 600;
  std::string filter, build;
  std::filesystem::path report = "report.json", old;
  CLI::App app{"recur side by side with other systems"};
  app.add_flag("--quick", quick, "A few cases of each kind");
  app.add_flag("--growth", growth,
               "Only how the time grows with the batch, the steps, the units and the threads");
  app.add_option("--compare", old, "An older report, to say what became slower");
  app.add_option("--filter", filter, "Only cases whose line contains this");
  app.add_option("--seconds", seconds, "For all cases together")->capture_default_str();
  app.add_option("--report", report, "The file to write")->capture_default_str();
  app.add_flag("--add", add, "Add to what is in the report");
  app.add_option("--build", build, "A name for this build, if it is not the native one");
  CLI11_PARSE(app, count, words);

  try {
    const std::vector<Row> before = old.empty() ? std::vector<Row>{} : read_report(old);
    std::vector<Row> rows = add ? read_report(report) : std::vector<Row>{};
    const auto begin = std::chrono::steady_clock::now();
    std::ranges::sort(peers(), {}, &Peer::name);
    std::vector<Case> cases = growth ? list_growth() : list_cases(quick);
    std::erase_if(cases, [&](const Case& one) { return !contains(one.row.label(), filter); });
    if (cases.empty()) throw std::runtime_error("no case has \"" + filter + "\" in its description");
    for (Case& one : cases) one.row.build = build;
    say_what_is_missing();
    say_if_busy();
    if (!has_threads()) std::cout << "left out: two threads, for which it takes a second core\n";
    const double peak = measure_peak();
    std::cout << "FMA peak of one core: " << static_cast<int>(peak) << " GFLOP/s\n\n"
              << headline() << std::endl;

    int disagreements = 0;
    for (std::size_t i = 0; i < cases.size(); ++i) {
      auto& [row, measure] = cases[i];
      // Cases that take longer than their share leave less to the others.
      const double left =
          std::max(0.0, seconds - seconds_since(begin)) / static_cast<double>(cases.size() - i);
      try {
        measure(row, std::min(left, 5.0));
        row.fraction_of_peak = row.gflops / (peak * row.threads);
        std::cout << line(row) << std::endl;
        rows.push_back(row);
      } catch (const std::exception& error) {
        ++disagreements;
        std::cout << row.label() << ": not measured, " << error.what() << std::endl;
      }
    }

    if (!growth) print_summary(std::cout, rows);
    if (!old.empty()) print_slower(std::cout, rows, before, !quick && filter.empty());
    write_report(report, rows);
    std::cout << "\n"
              << rows.size() << " cases in " << static_cast<int>(seconds_since(begin))
              << " s: " << report.string() << "\n";
    if (!growth) draw_report(std::cout, std::filesystem::path(report).replace_extension(".svg"), rows);
    return disagreements == 0 ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "bench: " << error.what() << "\n";
    return 2;
  }
}
