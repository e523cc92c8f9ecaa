// A network that predicts a signal, and an ear for what it can't predict. For the example anomaly.
#pragma once

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <limits>
#include <recur/recur.hpp>
#include <string>
#include <utility>
#include <vector>

#include "common/command_line.hpp"
#include "common/picture.hpp"
#include "common/sound.hpp"

namespace listening {

using namespace recur;

using Model = ManyToMany<Sequential<Network<float>, Dense<float>>, EachStep<SquaredError<float>>>;

/// Predicts each sample from those before it, and says how wrong that was.
class Foresight {
 public:
  explicit Foresight(const Model& model) : model_(model), stream_(model.stream()) {}
  double news(double sample) {
    const double error = sample - expected_;
    expected_ = static_cast<double>(model_.step(static_cast<float>(sample), stream_)(0));
    return error * error;
  }

 private:
  const Model& model_;
  Model::Stream stream_;
  double expected_ = 0;
};

/// The mean of the last news, some `window` samples, and when that is an alarm: above the limit, and not again within
/// twelve windows.
class Ear {
 public:
  double limit = std::numeric_limits<double>::infinity(), mean = 0;

  explicit Ear(Index window) : window_(window) {}
  /// Whether an alarm begins with this sample.
  bool hears(double news) {
    mean += (news - mean) / static_cast<double>(window_);
    if (quiet_ > 0) --quiet_;
    if (mean <= limit || quiet_ > 0) return false;
    quiet_ = 12 * window_;
    return true;
  }

 private:
  Index window_, quiet_ = 0;
};

/// Trains on windows of a healthy signal, 1 × T. Its last sixth chooses the best epoch.
inline FitReport train(Model& model, const MatrixX<float>& x, const examples::Settings& how,
                       double learning_rate) {
  const Index later = x.cols() / 6;
  const MatrixX<float> past = x.leftCols(x.cols() - later), last = x.rightCols(later);
  const WindowOptions windows{.length = 200, .stride = 100, .each_step = true};
  const Windows<float> training(past, past, windows), chooses(last, last, windows);
  OnWindows learner{model};
  Optimizer optimizer(learner, Adam{.rate = learning_rate});
  FitOptions options = examples::fit_options(how);
  options.schedule = CosineDecay{.rate = learning_rate, .over = how.epochs};
  const FitReport report = fit(learner, optimizer, training.examples(), chooses.examples(), options);
  model = learner;
  return report;
}

/// A time of the stream: "0:07:31".
inline std::string clock_text(Index seconds) {
  char text[64];
  std::snprintf(text, sizeof text, "%d:%02d:%02d", static_cast<int>(seconds / 3600),
                static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60));
  return text;
}

/// A signal of the user's.
struct Signal {
  VectorX<float> samples;
  Index rate;  ///< samples a second

  /// A quarter of a second, or 25 samples where a second has few.
  Index window() const { return std::max<Index>(25, rate / 4); }
  std::string time(Index sample) const {
    const Index tenth = sample * 10 / rate;
    return examples::text_of(clock_text(tenth / 10), '.', tenth % 10);
  }
};

/// Reads a file of sound or, if it is called .csv, .tsv or .txt, a column of numbers.
inline Signal read_signal(const std::filesystem::path& path, Index rate) {
  if (!detail::has_ending(path, ".csv") && !detail::has_ending(path, ".tsv") &&
      !detail::has_ending(path, ".txt")) {
    auto [samples, its_rate] = examples::read_any_sound(path);
    return {std::move(samples), its_rate};
  }
  const MatrixX<float> steps = read_steps(path);
  detail::require_file(steps.rows() == 1, path, "has ", steps.rows(), " columns: it must have one");
  return {steps.row(0), rate};
}

/// Learns from the beginning of a signal, or loads what was learned from another, listens to the rest, and says when it
/// does not sound like itself.
inline int listen_to(const Signal& signal, double healthy, Model& model, examples::Settings& how,
                     const examples::CommandLine& line, double learning_rate) {
  using namespace examples;
  const std::string kind = text_of("a signal of ", signal.rate, " samples a second");
  const Index all = signal.samples.size(),
              begin = line.trains() ? static_cast<Index>(healthy * static_cast<double>(all)) : 0;
  double mean = 0, deviation = 1, limit = 0;
  if (!how.load.empty()) {
    const Metadata kept = load_for(kind, model, how.load);
    for (const auto& [name, number] :
         {std::pair{"mean", &mean}, {"deviation", &deviation}, {"limit", &limit}})
      *number = to_number<double>(kept.at(text_of("anomaly.", name))).value();
  }
  if (line.trains()) {
    require(begin >= 2000 && all > begin, "the healthy part has ", begin, " of ", all,
            " samples: it needs 2000, and there must be others");
    const VectorX<double> part = signal.samples.head(begin).cast<double>();
    mean = part.mean();
    deviation = std::sqrt((part.array() - mean).square().mean());
    require(deviation > 0, "the healthy part is the same number throughout: there is nothing to learn");
    how.note(train(model, ((part.array() - mean) / deviation).cast<float>().matrix().transpose(), how,
                   learning_rate));
  }
  const Index start = begin > 0 ? begin : 4 * signal.window();  // it needs some samples to know where it is
  Foresight foresight(model);
  Ear ear(signal.window());
  double usual = 0;
  std::vector<std::pair<Index, double>> alarms;
  VectorX<double> level = VectorX<double>::Zero(std::min<Index>(3000, all));
  for (Index t = 0; t < all; ++t) {
    if (t == start) ear.limit = limit = begin > 0 ? 1.1 * usual : limit;
    const bool alarm = ear.hears(foresight.news((static_cast<double>(signal.samples(t)) - mean) / deviation));
    if (t < begin && t > 4 * signal.window()) usual = std::max(usual, ear.mean);
    if (alarm) alarms.emplace_back(t, 0);
    if (!alarms.empty() && t - alarms.back().first < 12 * signal.window())
      alarms.back().second = std::max(alarms.back().second, ear.mean / limit);
    double& most = level(t * level.size() / all);
    most = std::max(most, ear.mean);
  }
  if (line.trains() && !how.save.empty()) {
    Metadata metadata = line.metadata();
    for (const auto& [name, number] : {std::pair{"mean", mean}, {"deviation", deviation}, {"limit", limit}}) {
      char text[32];
      metadata[text_of("anomaly.", name)] =
          std::string(text, std::to_chars(text, text + sizeof text, number).ptr);
    }
    save_for(kind, model, how.save, std::move(metadata));
  }
  std::cout << '\n';
  for (std::size_t i = 0; i < std::min<std::size_t>(20, alarms.size()); ++i)
    write_text(text_of(signal.time(alarms[i].first), "  alarm, up to ", fixed(alarms[i].second, 1),
                       " times the limit"));
  if (alarms.size() > 20) write_text(text_of("and ", alarms.size() - 20, " more"));
  write_text(text_of("From ", signal.time(begin), " to ", signal.time(all), " there ",
                     alarms.size() == 1 ? "was " : "were ", several(alarms.size(), "alarm"), ".\n"));
  write_figures(how, {{"alarms", static_cast<double>(alarms.size())}});
  const std::vector<Curve> curves{{"news", level / limit}, {"limit", VectorX<double>::Ones(level.size())}};
  write_text(
      draw("anomaly", curves,
           text_of("set title 'What the network could not predict'\nset xlabel 'seconds'; "
                   "set ylabel 'part of the limit'\nset logscale y; set key above; set border 3; set tics "
                   "nomirror out\nscale = ",
                   static_cast<double>(all) / static_cast<double>(signal.rate * level.size()),
                   "\nplot DATA skip 1 using ($1*scale):2 with lines lc rgb '#2171b5' title 'news', \\\n"
                   "  '' skip 1 using ($1*scale):3 with lines lc rgb '#cb181d' title 'alarm above'\n"),
           "png", "900,340"));
  return conclude(
      how,
      "a network learned to predict a healthy signal, and hears where it can't. Whether that is a fault, or "
      "only something that did not occur while it learned, is for you to say.");
}

}  // namespace listening
