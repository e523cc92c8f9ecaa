// Re-makes the figures that the README states: each is measured anew, held against its target, printed as one
// line
//
//   NAME measured target unit ok|short          or, where its data is not there,          NAME absent
//
// and collected in a file of JSON. Called by scripts/figures.

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iomanip>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "data.hpp"
#include "network.hpp"

namespace {

using namespace sentiment;

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// What a figure needs that is not on this machine.
struct Absent : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The folder of a data set, below RECUR_DATA or beside the project.
std::filesystem::path data_folder(const std::string& name) {
  const char* root = std::getenv("RECUR_DATA");
  const auto folder = std::filesystem::path(root ? root : "../shared/data") / name;
  if (!std::filesystem::is_directory(folder)) throw Absent(folder.string());
  return folder;
}

/// A network trained on the training sentences of a data set, and what it then knows.
struct Run {
  std::map<std::string, double> accuracy;  ///< by test set
  double best = 0, last = 0;               ///< validation accuracy
  double seconds = 0, epoch_seconds = 0;   ///< of all epochs; of the slowest
};

Run train(const std::filesystem::path& folder, Architecture what, const Training& how, Index min_count) {
  const Data data = load_data({.data = folder, .dev = {}, .text_column = {}, .label_column = {}}, how.seed);
  const recur::Vocabulary vocabulary = make_vocabulary(data.training, min_count);
  what.words = vocabulary.size();
  const auto network = make_network(what);
  const recur::FitReport report =
      network->train(to_samples(data.training, vocabulary), to_samples(data.validation, vocabulary), how);
  Run run{.accuracy = {}, .seconds = report.seconds};
  for (const auto& epoch : report.epochs) run.epoch_seconds = std::max(run.epoch_seconds, epoch.seconds);
  run.best = report.best().metric;
  run.last = report.epochs.back().metric;
  for (const TestSet& set : data.tests) {
    const Samples samples = to_samples(set.sentences, vocabulary);
    const auto classes = network->classify(samples, 1);
    double right = 0;
    for (std::size_t n = 0; n < samples.size(); ++n) right += classes[n] == samples[n].label;
    run.accuracy[set.name] = right / static_cast<double>(samples.size());
  }
  return run;
}

/// Several figures may come from one run, which is made once.
const Run& once(const std::string& key, const std::function<Run()>& make) {
  static std::map<std::string, Run> runs;
  const auto found = runs.find(key);
  return found != runs.end() ? found->second : runs.emplace(key, make()).first->second;
}

const Run& built_in(const std::string& cell) {
  return once("built-in " + cell, [&] {
    Architecture what;
    what.cell = cell;
    Training how;
    how.show_progress = false;
    how.threads = 2;
    return train({}, what, how, 1);
  });
}

/// The settings of the published figures: 64 features, 128 units, dropout 0.5, Adam at 1e-3, clipping at 5,
/// words seen twice.
const Run& treebank(const std::string& cell, const std::string& set, Index batch, int epochs) {
  return once(set + " " + cell, [&] {
    Architecture what;
    what.cell = cell;
    what.dropout = 0.5;
    Training how;
    how.schedule = "constant";
    how.rate = 1e-3;
    how.batch_size = batch;
    how.epochs = epochs;
    how.show_progress = false;
    return train(data_folder(set), what, how, 2);
  });
}

const Run& best_treebank() {
  return once("best", [] {
    Architecture what;
    what.cell = "gru";
    what.dropout = 0.5;
    what.pooling = recur::Pooling::max;
    Training how;
    how.optimizer = "adamw";
    how.schedule = "constant";
    how.rate = 1e-3;
    how.weight_decay = 1e-2;
    how.epochs = 10;
    how.show_progress = false;
    return train(data_folder("sst2_sentence"), what, how, 2);
  });
}

double run_demo() {
  const auto begin = std::chrono::steady_clock::now();
  if (std::system("rm -rf build/demo && CCACHE_DISABLE=1 scripts/demo --quiet --save build/demo.safetensors "
                  "> build/demo.log 2>&1") != 0)
    throw std::runtime_error("scripts/demo failed: see build/demo.log");
  return seconds_since(begin);
}

struct Figure {
  std::string name;
  double target;
  bool at_least;  ///< else at most
  std::string unit;
  std::function<double()> measure;
};

std::vector<Figure> all_figures() {
  std::vector<Figure> figures;
  figures.push_back({"demo", 240, false, "s", run_demo});
  for (const char* cell : {"lstm", "gru"}) {
    const std::string c = cell;
    figures.push_back(
        {"builtin-" + c + "-test", 0.97, true, "accuracy", [c] { return built_in(c).accuracy.at("test"); }});
    figures.push_back({"builtin-" + c + "-negation", 0.95, true, "accuracy",
                       [c] { return built_in(c).accuracy.at("negation pairs"); }});
    figures.push_back({"builtin-" + c + "-order", 0.95, true, "accuracy",
                       [c] { return built_in(c).accuracy.at("order pairs"); }});
    figures.push_back({"builtin-" + c + "-training", 10, false, "s", [c] { return built_in(c).seconds; }});
  }
  figures.push_back(
      {"sst2-lstm", 0.76, true, "accuracy", [] { return treebank("lstm", "sst2_sentence", 32, 8).best; }});
  figures.push_back({"sst2-rnn-tanh", 0.70, true, "accuracy",
                     [] { return treebank("rnn-tanh", "sst2_sentence", 32, 8).best; }});
  figures.push_back(
      {"sst2-gru", 0.765, true, "accuracy", [] { return treebank("gru", "sst2_sentence", 32, 8).best; }});
  figures.push_back({"sst2-best", 0.80, true, "accuracy", [] { return best_treebank().best; }});
  figures.push_back(
      {"sst2-epoch", 2, false, "s", [] { return treebank("lstm", "sst2_sentence", 32, 8).epoch_seconds; }});
  figures.push_back(
      {"glue-lstm", 0.815, true, "accuracy", [] { return treebank("lstm", "sst2_glue", 64, 3).best; }});
  figures.push_back(
      {"glue-epoch", 10, false, "s", [] { return treebank("lstm", "sst2_glue", 64, 3).epoch_seconds; }});
  return figures;
}

}  // namespace

int main(int count, char** words) {
  const std::vector<std::string> asked(words + 1, words + count);
  const std::vector<Figure> figures = all_figures();
  if (asked == std::vector<std::string>{"--list"}) {
    for (const Figure& figure : figures) std::cout << figure.name << "\n";
    return 0;
  }
  for (const auto& name : asked)
    if (std::ranges::find(figures, name, &Figure::name) == figures.end()) {
      std::cerr << "figures: there is no figure \"" << name << "\"; --list prints the names\n";
      return 2;
    }
  nlohmann::json report = nlohmann::json::array();
  bool all_ok = true;
  for (const Figure& figure : figures) {
    if (!asked.empty() && std::ranges::find(asked, figure.name) == asked.end()) continue;
    const auto begin = std::chrono::steady_clock::now();
    nlohmann::json line{{"name", figure.name},
                        {"measured", nullptr},
                        {"target", figure.target},
                        {"unit", figure.unit},
                        {"ok", false}};
    try {
      const double measured = figure.measure();
      const bool ok = figure.at_least ? measured >= figure.target : measured <= figure.target;
      line["measured"] = measured;
      line["ok"] = ok;
      all_ok = all_ok && ok;
      std::cout << std::left << std::setw(26) << figure.name << std::setw(10) << std::setprecision(4)
                << measured << std::setw(8) << figure.target << std::setw(10) << figure.unit
                << (ok ? "ok" : "short") << std::endl;
    } catch (const Absent& missing) {
      std::cout << std::left << std::setw(26) << figure.name << "absent: no folder " << missing.what()
                << std::endl;
    } catch (const std::exception& error) {
      all_ok = false;
      std::cout << std::left << std::setw(26) << figure.name << "short: " << error.what() << std::endl;
    }
    line["seconds"] = seconds_since(begin);
    report.push_back(line);
  }
  std::filesystem::create_directories("build");
  std::ofstream("build/figures.json") << report.dump(2) << "\n";
  return all_ok ? 0 : 1;
}
