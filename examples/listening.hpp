// What the example anomaly does with a signal of the user's: it learns what is healthy, and listens.
#pragma once

#include <algorithm>
#include <cmath>
#include <iostream>
#include <limits>
#include <recur/recur.hpp>
#include <string>
#include <utility>
#include <vector>

#include "common/command_line.hpp"
#include "common/picture.hpp"
#include "common/weights.hpp"
#include "hearing.hpp"
#include "signals.hpp"

namespace listening {

using namespace recur;

/// Trains on windows of a healthy signal, 1 × T, and calls save() if the user asked for a file. The last sixth of the signal
/// chooses the best epoch.
inline FitReport train(Model& model, const MatrixX<float>& x, const examples::Settings& how,
                       double learning_rate, auto save) {
  const Index later = x.cols() / 6;
  const MatrixX<float> past = x.leftCols(x.cols() - later), last = x.rightCols(later);
  const WindowOptions windows{.length = 200, .stride = 100, .each_step = true};
  const Windows<float> training(past, past, windows), chooses(last, last, windows);
  OnWindows learner{model};
  Optimizer optimizer(learner, Adam{.rate = learning_rate});
  FitOptions options = examples::fit_options(how);
  options.schedule = CosineDecay{.rate = learning_rate, .over = how.epochs};
  const FitReport report = examples::train_and_save(
      options, how.save,
      [&](const FitOptions& watched) {
        return fit(learner, optimizer, training.examples(), chooses.examples(), watched);
      },
      [&] {
        model = learner;
        save();
      });
  model = learner;
  return report;
}

/// Trains on the beginning of a signal, calls save(usual) if the user asked for a file, and returns what is usual there.
inline Usual learn(const Signal& signal, Index begin, Model& model, examples::Settings& how,
                   double learning_rate, auto save) {
  const Index all = signal.samples.size();
  const Index needed =
      std::max<Index>(2000, 12 * signal.window());  // to learn from, and to know what is usual
  require(begin >= needed && all > begin, "the healthy part has ", begin, " of ", all, " samples: it needs ",
          needed, ", and there must be others");
  const VectorX<double> part = signal.samples.head(begin).cast<double>();
  const double mean = part.mean(), deviation = std::sqrt((part.array() - mean).square().mean());
  require(deviation > 0, "the healthy part is the same number throughout: there is nothing to learn");
  Usual usual{mean, deviation};
  const auto know_limit = [&] {
    usual.limit = 1.1 * most_news(model, signal.samples.head(begin), usual, signal.window());
  };
  how.note(train(model, ((part.array() - mean) / deviation).cast<float>().matrix().transpose(), how,
                 learning_rate, [&] {
                   know_limit();
                   save(usual);
                 }));
  if (how.save.empty()) know_limit();
  return usual;
}

/// Learns from the beginning of a signal, or loads what was learned from another, listens to the rest, and says at once
/// when it does not sound like itself.
inline int listen_to(const Signal& signal, double healthy, Model& model, examples::Settings& how,
                     const examples::CommandLine& line, double learning_rate) {
  using namespace examples;
  const std::string kind = text_of("a signal of ", signal.rate, " samples a second");
  const bool is_live = signal.more != nullptr;
  Usual usual;
  if (!how.load.empty()) usual.take(load_for(kind, model, how.load));
  const Index begin =
      line.trains() ? static_cast<Index>(healthy * static_cast<double>(signal.samples.size())) : 0;
  const Index start = begin > 0 ? begin : 4 * signal.window();  // it needs some samples to know where it is
  if (line.trains())  // it saves before it listens, which may take long
    usual = learn(signal, begin, model, how, learning_rate, [&](Usual found) {
      Metadata metadata = line.metadata();
      found.put(metadata);
      save_for(kind, model, how.save, std::move(metadata));
    });
  if (is_live) write_text(text_of("It listens to ", kind, ". Ctrl-C ends it."));
  std::cout << std::endl;

  Foresight foresight(model);
  Ear ear(signal.window());
  Peaks level;
  double loudest = 0;
  Index all = 0, alarms = 0, loudest_at = 0;
  const Index shown = is_live ? std::numeric_limits<Index>::max() : 20;
  const auto hear = [&](float sample) {
    if (all == start) ear.limit = usual.limit;
    const bool alarm =
        ear.hears(foresight.news((static_cast<double>(sample) - usual.mean) / usual.deviation));
    level.add(ear.mean);
    if (alarm && ++alarms <= shown) std::cout << signal.time(all) << "  alarm" << std::endl;
    if (all >= start && ear.mean > loudest) {
      loudest = ear.mean;
      loudest_at = all;
    }
    ++all;
  };
  for (const float sample : signal.samples) hear(sample);
  if (is_live)
    for (VectorX<float> piece; const Index count = signal.more(piece);)
      for (const float sample : piece.head(count)) hear(sample);
  require(all > start, "the signal has ", all, " samples: it needs more than ", start);
  if (alarms > shown) write_text(text_of("and ", alarms - shown, " more"));
  write_text(text_of("From ", signal.time(begin), " to ", signal.time(all), " there ",
                     alarms == 1 ? "was " : "were ", several(static_cast<std::size_t>(alarms), "alarm"),
                     ". The most news came at ", signal.time(loudest_at), ": ",
                     fixed(loudest / usual.limit, 1), " times the limit.\n"));
  write_figures(how, {{"alarms", static_cast<double>(alarms)}});
  const VectorX<double> news = level.parts() / usual.limit;
  const std::vector<Curve> curves{{"news", news}, {"limit", VectorX<double>::Ones(news.size())}};
  write_text(
      draw("anomaly", curves,
           text_of("set title 'What the network could not predict'\nset xlabel 'seconds'; "
                   "set ylabel 'part of the limit'\nset logscale y; set key above; set border 3; set tics "
                   "nomirror out\nscale = ",
                   static_cast<double>(level.each()) / static_cast<double>(signal.rate),
                   "\nplot DATA skip 1 using ($1*scale):2 with lines lc rgb '#2171b5' title 'news', \\\n"
                   "  '' skip 1 using ($1*scale):3 with lines lc rgb '#cb181d' title 'alarm above'\n"),
           "png", "900,340"));
  return conclude(
      how,
      "a network learned to predict a healthy signal, and hears where it can't. Whether that is a fault, or "
      "only something that did not occur while it learned, is for you to say.");
}

}  // namespace listening
