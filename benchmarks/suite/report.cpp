// Writes the results: a table, a file for other programs, a picture.
#include "report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "shell.hpp"

namespace bench {

namespace {

std::string sizes(const Row& row) {
  std::ostringstream text;
  text << row.batch << "x" << row.steps << "x" << row.input << "x" << row.hidden;
  return text.str();
}

/// Whether the peer is another system. Otherwise recur is compared with itself or with the processor.
bool is_system(const Row& row) { return !row.peer.starts_with("recur") && !row.peer.starts_with("FMA"); }

/// Cases of one kind have a mean of their own. That of recurrent layers is without the transformer's.
std::string kind(const Row& row) {
  if (row.cell == "transformer") return row.cell;
  return row.mode == "train" || row.mode == "infer" ? "train and infer" : row.mode;
}

std::string number(double value, int digits) {
  if (std::isnan(value)) return "-";
  std::ostringstream text;
  text << std::fixed << std::setprecision(digits) << value;
  return text.str();
}

double number_or_nan(const nlohmann::json& value) { return value.is_null() ? NAN : value.get<double>(); }

}  // namespace

std::string Row::label() const {
  std::ostringstream text;
  text << cell << " " << mode << " " << sizes(*this) << (name.empty() ? "" : ", " + name) << ", " << threads
       << (threads == 1 ? " thread" : " threads") << (build.empty() ? "" : ", " + build) << ", against "
       << peer;
  return text.str();
}

std::string headline() {
  std::ostringstream text;
  text << std::left << std::setw(12) << "cell" << std::setw(7) << "mode" << std::setw(16) << "BxTxIxH"
       << std::setw(38) << "case" << std::setw(3) << "th" << std::setw(26) << "against" << std::right
       << std::setw(10) << "ours ms" << std::setw(10) << "peer ms" << std::setw(8) << "ratio" << std::setw(16)
       << "quartiles" << std::setw(9) << "GFLOP/s" << std::setw(7) << "peak";
  return text.str();
}

std::string line(const Row& row) {
  const Timing& t = row.timing;
  std::ostringstream text;
  text << std::left << std::setw(12) << row.cell << std::setw(7) << row.mode << std::setw(16) << sizes(row)
       << std::setw(38) << row.name + (row.build.empty() ? "" : " (" + row.build + ")") << std::setw(3)
       << row.threads << std::setw(26) << row.peer << std::right << std::setw(10) << number(t.ours_ms, 3)
       << std::setw(10) << number(t.peer_ms, 3) << std::setw(8) << number(t.ratio, 2) << std::setw(16)
       << number(t.low, 2) + " - " + number(t.high, 2) << std::setw(9) << number(row.gflops, 1)
       << std::setw(7)
       << (std::isnan(row.fraction_of_peak) ? "-" : number(100 * row.fraction_of_peak, 0) + " %");
  return text.str();
}

void print_summary(std::ostream& out, const std::vector<Row>& rows) {
  struct Sum {
    double logarithms = 0;
    int count = 0;
    const Row* lowest = nullptr;
  };
  std::map<std::string, Sum> sums;
  for (const Row& row : rows) {
    if (std::isnan(row.timing.ours_ms)) continue;  // no time
    const std::string threads = row.threads == 1 ? "1 thread" : std::to_string(row.threads) + " threads";
    Sum& sum =
        sums[(row.build.empty() ? "" : row.build + ", ") + row.peer + ", " + kind(row) + ", " + threads];
    sum.logarithms += std::log(row.timing.ratio);
    ++sum.count;
    if (!sum.lowest || row.timing.ratio < sum.lowest->timing.ratio) sum.lowest = &row;
  }
  out << "\nPeer's time over ours, by peer: geometric mean, and the lowest\n";
  for (const auto& [name, sum] : sums)
    out << std::left << std::setw(56) << name << std::right << std::setw(4) << sum.count << " cases"
        << std::setw(9) << number(std::exp(sum.logarithms / sum.count), 2) << std::setw(8)
        << number(sum.lowest->timing.ratio, 2) << "   " << sum.lowest->cell << " " << sum.lowest->mode << " "
        << sizes(*sum.lowest) << " " << sum.lowest->name << "\n";
}

void print_slower(std::ostream& out, const std::vector<Row>& rows, const std::vector<Row>& before, bool all) {
  std::map<std::string, const Row*> old;
  for (const Row& row : before) old[row.label()] = &row;
  int compared = 0, slower = 0;
  out << "\nSlower than before, by the ratio to the same peer, and where that is recur itself also by the "
         "time\n";
  for (const Row& row : rows) {
    const auto found = old.find(row.label());
    if (found == old.end()) continue;
    ++compared;
    const Timing &now = row.timing, &then = found->second->timing;
    old.erase(found);
    if (row.name.starts_with("memory of the tape")) {  // here the ratio is one of sizes
      if (now.ratio <= then.ratio) continue;
    } else if (now.ratio > 0.95 * then.ratio || now.high > then.low) {
      continue;
    } else if (row.peer.starts_with("recur") && now.ours_ms <= then.ours_ms) {
      continue;  // the peer is recur, and has become faster
    }
    ++slower;
    out << "  " << row.label() << ": " << number(then.ratio, 2) << " -> " << number(now.ratio, 2) << " ("
        << number(then.ours_ms, 3) << " -> " << number(now.ours_ms, 3) << " ms)\n";
  }
  out << slower << " of " << compared << " cases that both runs have\n";
  if (!all) return;
  for (const auto& [label, row] : old) out << "  not measured again: " << label << "\n";
}

std::vector<Row> read_report(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("there is no report " + path.string());
  std::vector<Row> rows;
  try {
    for (const auto& j : nlohmann::json::parse(file))
      rows.push_back({.name = j.at("case"),
                      .cell = j.at("cell"),
                      .mode = j.at("mode"),
                      .batch = j.at("batch"),
                      .steps = j.at("steps"),
                      .input = j.at("input"),
                      .hidden = j.at("hidden"),
                      .threads = j.at("threads"),
                      .peer = j.at("peer"),
                      .build = j.value("build", ""),
                      .timing = {number_or_nan(j.at("ours_ms")), number_or_nan(j.at("peer_ms")),
                                 j.at("ratio"), j.at("ratio_low"), j.at("ratio_high"), j.at("pairs")},
                      .gflops = number_or_nan(j.at("gflops")),
                      .fraction_of_peak = number_or_nan(j.at("fraction_of_peak"))});
  } catch (const nlohmann::json::exception& error) {
    throw std::runtime_error(path.string() + " is not a report of the benchmarks: " + error.what());
  }
  return rows;
}

void write_report(const std::filesystem::path& path, const std::vector<Row>& rows) {
  auto report = nlohmann::ordered_json::array();
  for (const Row& row : rows)
    report.push_back({{"case", row.name},
                      {"cell", row.cell},
                      {"mode", row.mode},
                      {"batch", row.batch},
                      {"steps", row.steps},
                      {"input", row.input},
                      {"hidden", row.hidden},
                      {"threads", row.threads},
                      {"peer", row.peer},
                      {"build", row.build},
                      {"ours_ms", row.timing.ours_ms},
                      {"peer_ms", row.timing.peer_ms},
                      {"ratio", row.timing.ratio},
                      {"ratio_low", row.timing.low},
                      {"ratio_high", row.timing.high},
                      {"pairs", row.timing.pairs},
                      {"gflops", row.gflops},
                      {"fraction_of_peak", row.fraction_of_peak}});
  std::ofstream file(path);
  file << report.dump(1) << "\n";
  file.close();
  if (!file) throw std::runtime_error("could not write the report " + path.string());
}

void draw_report(std::ostream& out, const std::filesystem::path& picture, const std::vector<Row>& rows) {
  // A line for each case, from top to bottom. It has a mark for each peer.
  std::vector<std::string> cases, peers;
  std::map<std::string, std::vector<std::pair<std::size_t, const Timing*>>> marks;
  for (const Row& row : rows) {
    if (!is_system(row)) continue;
    std::string label = row.label();
    label.erase(label.find(", against"));
    auto at = std::ranges::find(cases, label);
    if (at == cases.end()) at = cases.insert(cases.end(), label);
    if (std::ranges::find(peers, row.peer) == peers.end()) peers.push_back(row.peer);
    marks[row.peer].push_back({static_cast<std::size_t>(at - cases.begin()), &row.timing});
  }
  if (cases.empty()) return;

  auto script_path = picture;
  script_path.replace_extension(".gp");
  std::ofstream script(script_path);
  for (std::size_t i = 0; i < peers.size(); ++i) {
    script << "$peer" << i << " << END\n";
    for (const auto& [at, timing] : marks[peers[i]])
      script << timing->ratio << " " << at << " " << timing->low << " " << timing->high << "\n";
    script << "END\n";
  }
  script << "set terminal svg size 1100," << 130 + 18 * cases.size() << " font 'sans-serif,11'\n"
         << "set output '" << picture.filename().string() << "'\n"
         << "set xlabel \"peer's time over recur's: to the right of 1 recur is faster\"\n"
         << "set logscale x\nset grid x\nset key above vertical maxrows 2\nset yrange [" << cases.size()
         << ":-1]\nset arrow from 1, graph 0 to 1, graph 1 nohead lc 'black'\nset ytics (";
  for (std::size_t i = 0; i < cases.size(); ++i) script << (i ? ", " : "") << "'" << cases[i] << "' " << i;
  script << ")\nplot ";
  for (std::size_t i = 0; i < peers.size(); ++i)
    script << (i ? ", " : "") << "$peer" << i << " using 1:2:3:4 with xerrorbars pt 7 ps 0.6 title '"
           << peers[i] << "'";
  script << "\n";
  script.close();
  const std::string command =
      "cd " + for_shell(picture.parent_path()) + " && gnuplot " + for_shell(script_path.filename());
  if (std::system(command.c_str()) == 0)
    out << "picture: " << picture.string() << "\n";
  else
    out << "no picture: that takes gnuplot; " << script_path.string() << " is ready for it\n";
}

}  // namespace bench
