// Measures the figures of docs/figures.md again. It compares each with its target, prints a line
//
//   NAME measured target unit ok|short      or, if something that it needs is missing,      NAME absent
//
// and collects the lines in a file of JSON. scripts/figures calls it, and reads the names of the figures from
// this file. All run on one thread, except "demo", those of programs of examples/, which take two, and those
// with threads or ranks in their names. Most figures of speed come from the report of scripts/bench.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iomanip>
#include <iostream>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "absent.hpp"
#include "calibration.hpp"
#include "compile.hpp"
#include "data.hpp"
#include "erased.hpp"
#include "exchange_checks.hpp"
#include "imported.hpp"
#include "imported_torch.hpp"
#include "memory_tasks.hpp"
#include "network.hpp"
#include "parity.hpp"
#include "programs.hpp"
#include "recur/data/labelled_text.hpp"
#include "recur/train/metrics.hpp"
#include "speed.hpp"
#include "suite/shell.hpp"
#include "threads.hpp"
#include "torch_load.hpp"
#include "two_ranks.hpp"

namespace {

using namespace sentiment;

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// The folder of a data set: in RECUR_DATA or, if it is not set, in data/ of the project, where
/// scripts/figures runs this.
std::filesystem::path data_folder(const std::string& name) {
  const char* root = std::getenv("RECUR_DATA");
  const auto folder = std::filesystem::path(root ? root : "data") / name;
  if (!std::filesystem::is_directory(folder)) throw Absent("no folder " + folder.string());
  if (std::filesystem::is_empty(folder)) throw Absent("no files in " + folder.string());
  return folder;
}

/// The largest error of files by others that come with expected outputs, over the one that is legal.
double exchange_files() {
  data_folder("models");
  return exchange_checks::largest("exchange-files",
                                  "ONNX: files of burn,ONNX: the operator tests*,RTNeural: real models*,"
                                  "RTNeural's state dict in JSON*",
                                  18);
}

/// A network after its training on a data set, with its results.
struct Run {
  std::map<std::string, double> accuracy, calibration_error;  ///< by test set
  double best = 0, last = 0;                                  ///< validation accuracy
  double seconds = 0, epoch_seconds = 0;                      ///< of all epochs; of the slowest
};

// Sentences by people. No network of the built-in corpus is trained on them.
void add_sentences(TestSet& set, const std::filesystem::path& file) {
  if (!std::filesystem::is_regular_file(file)) throw Absent("no file " + file.string());
  const auto texts = recur::read_labelled_text(file, {.classes = {"0", "1"}});
  set.sentences.insert(set.sentences.end(), texts.samples.begin(), texts.samples.end());
}
TestSet reviews() {
  TestSet set{"reviews", {}};
  for (const auto& file : std::filesystem::directory_iterator(data_folder("reviews")))
    if (file.path().extension() == ".tsv") add_sentences(set, file);
  if (set.sentences.empty()) throw Absent("no *.tsv in " + data_folder("reviews").string());
  return set;
}
TestSet critics() {
  TestSet set{"critics", {}};
  add_sentences(set, data_folder("sst2_sentence") / "dev.tsv");
  return set;
}

Run train(const std::filesystem::path& folder, Architecture what, const Training& how, Index min_count) {
  Data data = load_data({.data = folder, .dev = {}, .text_column = {}, .label_column = {}}, how.seed);
  const recur::Vocabulary vocabulary = make_vocabulary(data.training, min_count);
  what.words = vocabulary.size();
  Network network = make_network(what);
  const recur::FitReport report = train(network, to_training_samples(data.training, vocabulary, how.seed),
                                        to_samples(data.validation, vocabulary), how);
  Run run{.accuracy = {}, .calibration_error = {}, .seconds = report.seconds};
  for (const auto& epoch : report.epochs) run.epoch_seconds = std::max(run.epoch_seconds, epoch.seconds);
  run.best = report.best().metric;
  run.last = report.epochs.back().metric;
  for (const auto& sentences_of : {reviews, critics}) {
    if (!folder.empty()) break;
    try {
      data.tests.push_back(sentences_of());
    } catch (const Absent&) {  // the figures that need them report it
    }
  }
  for (const TestSet& set : data.tests) {
    const Samples samples = to_samples(set.sentences, vocabulary);
    const recur::MatrixX<float> certain = probabilities(network, samples, 1);
    const auto predicted = recur::most_likely(certain);
    std::vector<double> certainty;
    std::vector<bool> right;
    for (std::size_t n = 0; n < samples.size(); ++n) {
      certainty.push_back(static_cast<double>(certain.col(static_cast<Index>(n)).maxCoeff()));
      right.push_back(predicted[n] == samples[n].label);
    }
    run.accuracy[set.name] =
        static_cast<double>(std::ranges::count(right, true)) / static_cast<double>(samples.size());
    run.calibration_error[set.name] = calibration_error(certainty, right);
  }
  return run;
}

/// Several figures may come from one run, which happens once.
const Run& once(const std::string& key, const std::function<Run()>& make) {
  static std::map<std::string, Run> runs;
  const auto found = runs.find(key);
  return found != runs.end() ? found->second : runs.emplace(key, make()).first->second;
}

/// As in `sentiment train`, but on one thread.
const Run& built_in(const std::string& cell) {
  return once("built-in " + cell, [&] {
    Architecture what;
    what.cell = cell;
    Training how;
    suit_built_in(what, how);
    how.show_progress = false;
    how.threads = 1;
    return train({}, what, how, 1);
  });
}

/// An epoch as in `sentiment train`: the time on two threads over the time on one.
double second_thread_in_training() {
  const auto seconds = [](int threads) {
    Architecture what;
    Training how;
    suit_built_in(what, how);
    how.show_progress = false;
    how.epochs = 1;
    how.threads = threads;
    return train({}, what, how, 1).seconds;
  };
  return threads::second_over_first(
      7, [&] { return seconds(1); }, [&] { return seconds(2); });
}
double second_thread_under_load() {
  const threads::BusyNeighbours neighbours;
  return second_thread_in_training();
}
double seconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return seconds_since(begin);
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

/// From nothing, in a folder of its own, so the user's demo stays.
double run_demo() {
  std::filesystem::remove_all("build/figures/demo");
  const auto begin = std::chrono::steady_clock::now();
  if (std::system("RECUR_DEMO_BUILD=\"$PWD/build/figures/demo\" CCACHE_DISABLE=1 scripts/demo --quiet "
                  "--overwrite --save build/figures/demo.safetensors > build/figures/demo.log 2>&1") != 0)
    throw std::runtime_error("scripts/demo failed: see build/figures/demo.log");
  return seconds_since(begin);
}

/// What a program of examples/ reaches with a data set: a folder of data_folder, or a file in it.
double program(const std::string& figure, const std::string& set, const std::string& file = "",
               const std::string& others = "") {
  const auto folder = data_folder(set);
  if (!file.empty() && !std::filesystem::is_regular_file(folder / file))
    throw Absent("no file " + (folder / file).string());
  return programs::figure(
      figure,
      "--threads 2 --data " + bench::for_shell(std::filesystem::absolute(folder / file)) + ' ' + others);
}

/// What `translate` reaches on sentences in English and French.
double translate(const std::string& figure) {
  return program(figure, "fra-eng", "fra.txt", "--compare --epochs 2");
}

/// What `forecast` reaches on a file of the data set series.
double forecast(const std::string& what, const std::string& file, const std::string& option,
                const std::string& others = "") {
  const auto path = data_folder("series") / file;
  if (!std::filesystem::is_regular_file(path)) throw Absent("no file " + path.string());
  return programs::figure(
      "forecast", what,
      "--threads 2 " + option + ' ' + bench::for_shell(std::filesystem::absolute(path)) + ' ' + others);
}

/// What a larger `generate` reaches on Shakespeare.
double generate_large(const std::string& what) {
  return program("generate-" + what, "tinyshakespeare", "input.txt",
                 "--layers 2 --hidden 512 --dropout 0.5 --epochs 13 --rate 0.003");
}

/// What `speech` reaches on the data set fsdd.
double speech(const std::string& what, const std::string& options) {
  return program("speech-" + what, "fsdd", "", options);
}

struct Figure {
  std::string name;
  double target;
  bool at_least;  ///< otherwise at most
  std::string unit;
  std::function<double()> measure;
};

double accuracy(const char* cell, const char* set) { return built_in(cell).accuracy.at(set); }
double accuracy(const char* cell, const char* set, TestSet (*sentences_of)()) {
  sentences_of();  // throws if they are absent
  return accuracy(cell, set);
}
double reviews_error(const char* cell) {
  reviews();  // throws if they are absent
  return built_in(cell).calibration_error.at("reviews");
}
const Run& sentences(const char* cell) { return treebank(cell, "sst2_sentence", 32, 8); }
const Run& phrases() { return treebank("lstm", "sst2_glue", 64, 3); }

// clang-format off
std::vector<Figure> all_figures() {
  return {
      {"demo", 240, false, "s", run_demo},
      {"builtin-lstm-test", 0.97, true, "accuracy", [] { return accuracy("lstm", "test"); }},
      {"builtin-lstm-negation", 0.95, true, "accuracy", [] { return accuracy("lstm", "negation pairs"); }},
      {"builtin-lstm-order", 0.95, true, "accuracy", [] { return accuracy("lstm", "order pairs"); }},
      {"builtin-lstm-reviews", 0.76, true, "accuracy", [] { return accuracy("lstm", "reviews", reviews); }},
      {"builtin-lstm-critics", 0.68, true, "accuracy", [] { return accuracy("lstm", "critics", critics); }},
      {"builtin-lstm-calibration", 0.08, false, "error", [] { return reviews_error("lstm"); }},
      {"builtin-lstm-training", 10, false, "s", [] { return built_in("lstm").seconds; }},
      {"builtin-gru-test", 0.97, true, "accuracy", [] { return accuracy("gru", "test"); }},
      {"builtin-gru-negation", 0.95, true, "accuracy", [] { return accuracy("gru", "negation pairs"); }},
      {"builtin-gru-order", 0.95, true, "accuracy", [] { return accuracy("gru", "order pairs"); }},
      {"builtin-gru-reviews", 0.76, true, "accuracy", [] { return accuracy("gru", "reviews", reviews); }},
      {"builtin-gru-critics", 0.66, true, "accuracy", [] { return accuracy("gru", "critics", critics); }},
      {"builtin-gru-calibration", 0.08, false, "error", [] { return reviews_error("gru"); }},
      {"builtin-gru-training", 10, false, "s", [] { return built_in("gru").seconds; }},
      {"sst2-lstm", 0.76, true, "accuracy", [] { return sentences("lstm").best; }},
      {"sst2-rnn-tanh", 0.70, true, "accuracy", [] { return sentences("rnn-tanh").best; }},
      {"sst2-gru", 0.765, true, "accuracy", [] { return sentences("gru").best; }},
      {"sst2-best", 0.80, true, "accuracy", [] { return best_treebank().best; }},
      {"sst2-epoch", 2, false, "s", [] { return sentences("lstm").epoch_seconds; }},
      {"glue-lstm", 0.815, true, "accuracy", [] { return phrases().best; }},
      {"glue-epoch", 10, false, "s", [] { return phrases().epoch_seconds; }},
      {"names-accuracy", 0.82, true, "accuracy", [] { return program("names-accuracy", "names"); }},
      {"names-new", 0.82, true, "accuracy", [] { return program("names-new", "names"); }},
      {"names-training", 60, false, "s", [] { return program("names-training", "names"); }},
      {"names-invented", 0.95, true, "accuracy", [] { return programs::figure("names", "accuracy", "--threads 2"); }},
      {"generate-nats", 1.60, false, "nats", [] { return program("generate-nats", "tinyshakespeare", "input.txt"); }},
      {"generate-training", 360, false, "s", [] { return program("generate-training", "tinyshakespeare", "input.txt"); }},
      {"generate-memory", 1.50, false, "nats", [] { return program("generate-memory", "tinyshakespeare", "input.txt"); }},
      {"generate-dynamic", 1.50, false, "nats",
       [] { return program("generate-dynamic", "tinyshakespeare", "input.txt", "--dynamic 0.5"); }},
      {"generate-nats-large", 1.50, false, "nats", [] { return generate_large("nats"); }},
      {"generate-memory-large", 1.50, false, "nats", [] { return generate_large("memory"); }},
      {"generate-minutes-large", 30, false, "minutes", [] { return generate_large("training") / 60; }},
      {"generate-documents", 1.80, false, "nats", [] { return programs::figure("generate", "nats", "--threads 2"); }},
      {"melody-nats", 0.95, false, "nats", [] { return program("melody-nats", "abc_nottingham"); }},
      {"melody-parse", 0.9, true, "of tunes", [] { return program("melody-parse", "abc_nottingham"); }},
      {"melody-strict", 0.9, true, "of tunes", [] { return program("melody-strict", "abc_nottingham"); }},
      {"melody-made", 0.95, true, "of tunes", [] { return programs::figure("melody", "strict", "--threads 2"); }},
      {"forecast-sunspots", 0.88, false, "of last", [] { return forecast("rmse-of-last", "monthly-sunspots.csv", "--data", "--column Sunspots --all-past --epochs 40"); }},
      {"forecast-ett", 1, false, "of simple", [] { return forecast("mse-of-simple", "ETTh1.csv", "--data", "--ahead 24 --season 24 --epochs 5 --hidden 64"); }},
      {"forecast-volatility", 0.85, false, "of last", [] { return forecast("last-column-rmse-of-last", "sp500-daily.csv", "--prices"); }},
      {"forecast-walk", 0, false, "gain", [] { return forecast("walk", "sp500-daily.csv", "--prices"); }},
      {"forecast-chaos", 0.2, false, "of last", [] { return programs::figure("forecast", "rmse-of-last", "--threads 2"); }},
      {"forecast-seasons", 1, false, "of simple", [] { return programs::figure("forecast", "mse-of-simple", "--threads 2 --make seasons"); }},
      {"forecast-sunspots-linear", 1, false, "of linear", [] { return forecast("rmse-of-linear", "monthly-sunspots.csv", "--data", "--column Sunspots --all-past --epochs 40"); }},
      {"forecast-ett-linear", 1, false, "of linear", [] { return forecast("rmse-of-linear", "ETTh1.csv", "--data", "--ahead 24 --season 24 --epochs 5 --hidden 64"); }},
      {"forecast-volatility-linear", 1, false, "of linear", [] { return forecast("last-column-rmse-of-linear", "sp500-daily.csv", "--prices"); }},
      {"forecast-chaos-linear", 1, false, "of linear", [] { return programs::figure("forecast", "rmse-of-linear", "--threads 2"); }},
      {"forecast-seasons-linear", 1, false, "of linear", [] { return programs::figure("forecast", "rmse-of-linear", "--threads 2 --make seasons"); }},
      {"order-pairs", 0.95, true, "accuracy", [] { return programs::figure("order-pairs", "--threads 2"); }},
      {"order-longer", 0.85, true, "accuracy", [] { return programs::figure("order-longer", "--threads 2"); }},
      {"tag-f1", 0.98, true, "F1", [] { return programs::figure("tag-f1", "--threads 2"); }},
      {"translate-exact", 0.99, true, "exact", [] { return programs::figure("translate-exact", "--threads 2"); }},
      {"translate-training", 60, false, "s", [] { return programs::figure("translate-training", "--threads 2"); }},
      {"translate-bleu", 35, true, "BLEU", [] { return translate("translate-bleu"); }},
      {"translate-bleu-single", 35, true, "BLEU", [] { return translate("translate-bleu-single"); }},
      {"translate-gain", 3, true, "BLEU", [] { return translate("translate-gain"); }},
      {"translate-minutes", 30, false, "minutes", [] { return translate("translate-minutes"); }},
      {"anomaly-heard", 0.95, true, "of faults", [] { return programs::figure("anomaly-heard", "--threads 2"); }},
      {"anomaly-false-alarms", 1, false, "an hour", [] { return programs::figure("anomaly-false-alarms", "--threads 2"); }},
      {"anomaly-step", 1000, false, "ns", [] { return programs::figure("anomaly-step", "--threads 2"); }},
      {"anomaly-allocations", 0, false, "calls", [] { return programs::figure("anomaly-allocations", "--threads 2"); }},
      {"video-next", 0.25, false, "of copying", [] { return programs::figure("video-next", "--threads 2"); }},
      {"video-ten", 0.5, false, "of copying", [] { return programs::figure("video-ten", "--threads 2"); }},
      {"video-training", 60, false, "s", [] { return programs::figure("video-training", "--threads 2"); }},
      {"speech-tones", 0.02, false, "error", [] { return programs::figure("speech", "strings", "--threads 2"); }},
      {"speech-training", 60, false, "s", [] { return programs::figure("speech", "training", "--threads 2"); }},
      {"speech-digits", 0.98, true, "accuracy", [] { return speech("digits", "--single"); }},
      {"speech-strings", 0.05, false, "error", [] { return speech("strings", ""); }},
      {"speed-onednn-lowest", 1, true, "ratio", [] { return speed::lowest(speed::against("oneDNN")); }},
      {"speed-onednn-mean", 1.3, true, "ratio", [] { return speed::mean(speed::against("oneDNN")); }},
      {"speed-onednn-batch-1", 1.5, true, "ratio", [] { return speed::lowest(speed::against("oneDNN", 1)); }},
      {"speed-onednn-batch-8", 1.2, true, "ratio", [] { return speed::lowest(speed::against("oneDNN", 8)); }},
      {"speed-pytorch-lowest", 1.4, true, "ratio", [] { return speed::lowest(speed::against("PyTorch")); }},
      {"speed-pytorch-mean", 6, true, "ratio", [] { return speed::mean(speed::against("PyTorch")); }},
      {"speed-pytorch-batch-1", 30, true, "ratio", [] { return speed::lowest(speed::against("PyTorch", 1)); }},
      {"speed-pytorch-batch-8", 10, true, "ratio", [] { return speed::lowest(speed::against("PyTorch", 8)); }},
      {"speed-peak-infer", 0.7, true, "of peak", [] { return speed::lowest(speed::of_peak("infer")); }},
      {"speed-peak-train", 0.62, true, "of peak", [] { return speed::lowest(speed::of_peak("train")); }},
      {"speed-ragged-step", 1.15, false, "ratio", [] { return 1 / speed::lowest(speed::ragged_against("recur, equal lengths")); }},
      {"speed-ragged-pytorch", 8, true, "ratio", [] { return speed::lowest(speed::ragged_against("PyTorch")); }},
      {"speed-two-threads", 1.8, true, "ratio", [] { return speed::lowest(speed::second_thread()); }},
      {"threads-under-load", 1, false, "of time", second_thread_under_load},
      {"threads-epoch", 1.6, true, "ratio", [] { return 1 / second_thread_in_training(); }},
      {"threads-lstm", 1.85, true, "ratio", [] { return threads::lstm_speedup(seconds_of); }},
      {"ranks-two", 1.7, true, "ratio", two_ranks::speedup},
      {"network-training", 1.02, false, "of time", [] { return erased::training(seconds_of); }},
      {"network-step", 30, false, "ns", [] { return erased::step(seconds_of); }},
      {"onnx-grid", 1e-6, false, "error", [] { return exchange_checks::largest("onnx-grid", "ONNX: layout x direction*", 1); }},
      {"torch-grid", 1e-6, false, "error", [] { return exchange_checks::largest("torch-grid", "*GRU of all shapes from .pt and safetensors", 1); }},
      {"exchange-files", 1, false, "of legal", [] { return exchange_files(); }},
      {"imported-step", 1.1, false, "of time", [] { return imported::highest_step(data_folder("models"), seconds_of); }},
      {"imported-batch", 1.02, false, "of time", [] { return imported::batch(seconds_of); }},
      {"imported-pytorch", 1.4, true, "ratio", [] { return imported::against_pytorch(seconds_of); }},
      {"convert-cold", 50, false, "ms", [] { return imported::cold_start(seconds_of); }},
      {"torch-load", 0.5, true, "of memcpy", [] { return torch_load::speed(".safetensors", seconds_of); }},
      {"torch-load-pt", 0.5, true, "of memcpy", [] { return torch_load::speed(".pt", seconds_of); }},
      {"speed-stream-to-32", 1.5, true, "ratio", [] { return speed::lowest(speed::stream_against("RTNeural", 8, 32)); }},
      {"speed-stream-from-64", 1.15, true, "ratio", [] { return speed::lowest(speed::stream_against("RTNeural", 64, 128)); }},
      {"speed-stream-dynamic", 0.8, true, "ratio", [] { return speed::lowest(speed::stream_against("recur, fixed size", 8, 128)); }},
      {"streaming-eigen", 1, true, "ratio", [] { return speed::narrow_lowest("Eigen loop"); }},
      {"streaming-rtneural", 1, true, "ratio", [] { return speed::narrow_lowest("RTNeural"); }},
      {"streaming-rtneural-mean", 1.4, true, "ratio", [] { return speed::mean(speed::stream_against("RTNeural", 4, 40)); }},
      {"streaming-mean", 1.4, true, "ratio", speed::narrow_mean},
      {"speed-odd-sizes", 0.8, true, "ratio", [] { return speed::lowest(speed::named("size that fits no packet", "recur")); }},
      {"speed-tape", 7, false, "floats", [] { return speed::highest(speed::named("memory of the tape", "recur")); }},
      {"speed-denormals", 1.1, false, "ratio", [] { return 1 / speed::lowest(speed::named("gradients that are denormal", "recur")); }},
      {"compile-readme", 3, false, "of Eigen", [] { return compile::readme().seconds; }},
      {"compile-readme-memory", 1.8, false, "of Eigen", [] { return compile::readme().megabytes; }},
      {"compile-compiled", 2, false, "of Eigen", compile::compiled},
      {"compile-stream", 1.6, false, "of Eigen", compile::stream},
      {"compile-three", 1.5, false, "of one", compile::three},
      {"equal-stacks", 104, true, "checks", [] { return parity::checks("*gives PyTorch's outputs*"); }},
      {"equal-transformer", 221, true, "checks", [] { return parity::checks("The layers of a transformer equal PyTorch's"); }},
      {"equal-ctc", 2744, true, "checks", [] { return parity::checks("CTC gives PyTorch's losses*"); }},
      {"equal-beam", 43812, true, "checks", [] { return parity::checks("A beam of width 1 is greedy,A beam that keeps everything is exhaustive"); }},
      {"adding-lstm", 0.01, false, "error", [] { return memory_tasks::adding("lstm"); }},
      {"adding-gru", 0.01, false, "error", [] { return memory_tasks::adding("gru"); }},
      {"adding-irnn", 0.01, false, "error", [] { return memory_tasks::adding("irnn"); }},
      {"adding-tanh", 0.15, true, "error", [] { return memory_tasks::adding("tanh"); }},
      {"copying-gru", 0.1, false, "baseline", [] { return memory_tasks::copying("gru"); }},
      {"copying-min-gru", 0.1, false, "baseline", [] { return memory_tasks::copying("min-gru"); }},
      {"speed-min-gru", 3, true, "ratio", memory_tasks::min_gru_speedup},
      {"speed-transformer", 1.5, true, "ratio", [] { return speed::lowest(speed::transformer_against("PyTorch")); }},
  };
}
// clang-format on

/// The earlier runs in the report. Empty if there is no report that can be read.
nlohmann::json earlier(const std::filesystem::path& path) {
  std::ifstream in(path);
  const auto report = nlohmann::json::parse(in, nullptr, false);
  return report.is_array() ? report : nlohmann::json::array();
}

/// The lines of both reports in the order of the figures. If both have a line, the new one counts.
nlohmann::json merged(const nlohmann::json& before, const nlohmann::json& measured,
                      const std::vector<Figure>& figures) {
  nlohmann::json all = nlohmann::json::array();
  for (const Figure& figure : figures) {
    const auto is_it = [&](const auto& line) {
      return line.is_object() && line.value("name", "") == figure.name;
    };
    for (const auto* report : {&measured, &before}) {
      const auto found = std::find_if(report->begin(), report->end(), is_it);
      if (found == report->end()) continue;
      all.push_back(*found);
      break;
    }
  }
  return all;
}

void print(const Figure& figure, double measured, bool ok) {
  std::cout << std::left << std::setw(26) << figure.name << std::setw(10) << std::setprecision(5) << measured
            << std::setw(8) << figure.target << std::setw(10) << figure.unit << (ok ? "ok" : "short")
            << std::endl;
}

}  // namespace

int main(int count, char** words) {
  const std::vector<std::string> asked(words + 1, words + count);
  const std::vector<Figure> figures = all_figures();
  for (const auto& name : asked)
    if (std::ranges::find(figures, name, &Figure::name) == figures.end()) {
      std::cerr << "figures: there is no figure \"" << name << "\"\n";
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
      print(figure, measured, ok);
    } catch (const Absent& missing) {
      std::cout << std::left << std::setw(26) << figure.name << "absent: " << missing.what() << std::endl;
    } catch (const std::exception& error) {
      all_ok = false;
      print(figure, std::numeric_limits<double>::quiet_NaN(), false);
      std::cerr << "figures: " << figure.name << ": " << error.what() << std::endl;
    }
    line["seconds"] = seconds_since(begin);
    report.push_back(line);
  }
  std::filesystem::create_directories("build");
  const std::filesystem::path path = "build/figures.json";
  const auto all = merged(earlier(path), report, figures);
  std::ofstream(path) << all.dump(2) << "\n";
  return all_ok ? 0 : 1;
}
