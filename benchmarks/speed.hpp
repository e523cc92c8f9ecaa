// Figures of speed, from the report that scripts/bench makes.
#pragma once

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
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
    // A quick run leaves out all large layers but the transformer's.
    const auto is_of_whole_run = [](const Row& row) {
      return row.at("hidden") == 512 && row.at("cell") != "transformer";
    };
    if (std::ranges::none_of(cases, is_of_whole_run))
      throw Absent(path.string() + " is of some cases only: ./scripts/bench makes a whole one");
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
/// Training of a layer of a transformer's encoder, with dropout and without.
inline auto transformer_against(const std::string& peer) {
  return [=](const Row& row) { return is(row, "peer", peer) && is(row, "cell", "transformer"); };
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

}  // namespace speed
