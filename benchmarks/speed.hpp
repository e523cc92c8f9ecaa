// Figures of speed, from the report that scripts/bench makes.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "absent.hpp"

namespace speed {

using Row = nlohmann::json;
using Rows = std::vector<Row>;

/// All cases of build/bench/report.json. Throws Absent if there is no report.
inline const Rows& report() {
  static const Rows rows = [] {
    const std::filesystem::path path = "build/bench/report.json";
    if (!std::filesystem::exists(path)) throw Absent("no " + path.string() + ", which ./scripts/bench makes");
    std::ifstream in(path);
    const auto cases = nlohmann::json::parse(in).get<Rows>();
    if (std::ranges::none_of(cases, [](const Row& row) { return row.at("hidden") == 512; }))
      throw Absent(path.string() + " is from a quick run: ./scripts/bench makes a whole one");
    return cases;
  }();
  return rows;
}

enum class Builds { native, all };

/// The ratios of the cases for which `chosen` is true. Throws Absent if there are none.
inline std::vector<double> ratios(const std::function<bool(const Row&)>& chosen, Builds builds) {
  std::vector<double> found;
  for (const Row& row : report())
    if ((builds == Builds::all || row.value("build", "").empty()) && chosen(row))
      found.push_back(row.at("ratio").get<double>());
  if (found.empty()) throw Absent("no such case in build/bench/report.json: its peer was left out");
  return found;
}
inline double lowest(const std::function<bool(const Row&)>& chosen, Builds builds = Builds::native) {
  return std::ranges::min(ratios(chosen, builds));
}
inline double highest(const std::function<bool(const Row&)>& chosen) {
  return std::ranges::max(ratios(chosen, Builds::native));
}
inline double mean(const std::function<bool(const Row&)>& chosen, Builds builds = Builds::native) {
  const auto all = ratios(chosen, builds);
  double sum = 0;
  for (const double ratio : all) sum += std::log(ratio);
  return std::exp(sum / static_cast<double>(all.size()));
}

inline bool is(const Row& row, const char* key, const std::string& value) { return row.at(key) == value; }

/// Training and inference of equal lengths, on one thread.
inline auto against(const std::string& peer, int batch = 0) {
  return [=](const Row& row) {
    return is(row, "peer", peer) && (is(row, "mode", "train") || is(row, "mode", "infer")) &&
           !is(row, "cell", "transformer") && row.at("threads") == 1 &&
           (batch == 0 || row.at("batch") == batch);
  };
}
inline auto of_peak(const std::string& mode) {
  return [=](const Row& row) { return is(row, "peer", "FMA peak, same FLOPs") && is(row, "mode", mode); };
}
inline auto ragged_against(const std::string& peer) {
  return [=](const Row& row) {
    return is(row, "peer", peer) && is(row, "mode", "ragged") && row.at("threads") == 1;
  };
}
inline auto second_thread() {
  return [](const Row& row) { return is(row, "peer", "recur, one thread") && !is(row, "mode", "epoch"); };
}
inline auto stream_against(const std::string& peer, int least, int most) {
  return [=](const Row& row) {
    return is(row, "peer", peer) && is(row, "mode", "stream") && row.at("hidden") >= least &&
           row.at("hidden") <= most;
  };
}
/// Streaming of narrow networks in the native build and in the build for AVX2: the lowest ratio against one
/// peer, and the geometric mean against all.
inline double narrow_lowest(const std::string& peer) {
  return lowest(stream_against(peer, 4, 40), Builds::all);
}
inline double narrow_mean() {
  const auto eigen = stream_against("Eigen loop", 4, 40), rtneural = stream_against("RTNeural", 4, 40);
  ratios(rtneural, Builds::all);  // throws without it: a mean without it would be another figure
  return mean([=](const Row& row) { return eigen(row) || rtneural(row); }, Builds::all);
}
inline auto named(const std::string& name, const std::string& begin_of_peer) {
  return [=](const Row& row) {
    return is(row, "case", name) && row.at("peer").get<std::string>().starts_with(begin_of_peer);
  };
}

/// The time to compile the first program of the README over that of a file with one Eigen product, g++ -O2.
inline double compilation() {
  namespace fs = std::filesystem;
  const fs::path folder = "build/figures/compilation";
  fs::create_directories(folder);
  std::ifstream readme("README.md");
  std::ofstream program(folder / "program.cpp"), product(folder / "product.cpp");
  std::string line;
  while (std::getline(readme, line) && line != "```cpp") {
  }
  while (std::getline(readme, line) && line != "```") program << line << "\n";
  product << "#include <Eigen/Core>\n#include <iostream>\nint main() {\n"
             "  Eigen::MatrixXf a = Eigen::MatrixXf::Random(30, 30), b = a;\n"
             "  std::cout << (a * b).eval() << \"\\n\";\n}\n";
  program.close();
  product.close();
  const auto seconds = [&](const char* name) {
    const auto begin = std::chrono::steady_clock::now();
    const std::string file = (folder / name).string();
    if (std::system(("g++ -std=c++20 -O2 -march=native -Iinclude -I/usr/include/eigen3 -c " + file +
                     ".cpp -o " + file + ".o")
                        .c_str()) != 0)
      throw std::runtime_error("g++ could not compile " + file + ".cpp");
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  double ours = std::numeric_limits<double>::infinity(), theirs = ours;
  for (int turn = 0; turn < 3; ++turn) {
    ours = std::min(ours, seconds("program"));
    theirs = std::min(theirs, seconds("product"));
  }
  return ours / theirs;
}

}  // namespace speed
