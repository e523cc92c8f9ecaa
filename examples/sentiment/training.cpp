// Trains the network of a classifier with the rate, schedule and stop that the user asked for.
#include <functional>

#include "network.hpp"
#include "recur/train/evaluate.hpp"
#include "recur/train/fit.hpp"
#include "recur/train/metrics.hpp"
#include "recur/train/optimizer.hpp"
#include "recur/train/schedule.hpp"

namespace sentiment {

namespace {

/// The learning rate over time, as the user asked for it.
std::function<double(Index, double)> make_schedule(const Training& how) {
  const auto warmed = [&](auto then) -> std::function<double(Index, double)> {
    if (how.warm_up > 0) return recur::WarmUp{how.warm_up, then};
    return then;
  };
  const Index third = std::max(1, how.epochs / 3);
  if (how.schedule == "step")
    return warmed(recur::StepDecay{.rate = how.rate, .every = third, .factor = 0.3});
  if (how.schedule == "cosine")
    return warmed(recur::CosineDecay{.rate = how.rate, .over = how.epochs, .floor = how.rate / 100});
  if (how.schedule == "plateau")
    return warmed(recur::Plateau{.rate = how.rate, .factor = 0.5, .patience = 0});
  return warmed(recur::ConstantRate{.rate = how.rate});
}

using Examples = std::vector<Network::Example>;

Examples examples(const Samples& samples) {
  Examples all;
  for (const Sample& sample : samples) all.push_back({sample.tokens, sample.label});
  return all;
}

}  // namespace

recur::FitReport train(Network& network, const Samples& training, const Samples& validation,
                       const Training& how) {
  using namespace recur;
  network.criterion.class_weights = how.class_weights;
  network.criterion.label_smoothing = how.label_smoothing;
  if (!how.go_on) recur::initialize(network, how.seed);
  RuleSettings settings{.rate = how.rate, .weight_decay = how.weight_decay};
  if (how.optimizer == "momentum" || how.optimizer == "nesterov") settings.momentum = how.momentum;
  auto optimizer = make_optimizer(network, how.optimizer, settings);
  const Examples seen = examples(training), unseen = examples(validation);
  FitOptions options{.epochs = how.epochs,
                     .batch_size = how.batch_size,
                     .threads = how.threads,
                     .seed = how.seed,
                     .clip_norm = how.clip > 0 ? how.clip : no_limit,
                     .ranks = how.ranks,
                     .schedule = make_schedule(how),
                     .patience = how.patience,
                     .on_epoch = how.on_epoch,
                     .show_progress = how.show_progress,
                     .stop_on_interrupt = true,
                     .checkpoint = how.checkpoint};
  if (!unseen.empty()) options.metric = Accuracy{};
  return fit<Network>(network, optimizer, seen, unseen, options);
}

double accuracy(const Network& network, const Samples& samples, const Training& how) {
  return recur::accuracy<Network>(network, examples(samples), {.threads = how.threads, .ranks = how.ranks});
}

recur::MatrixX<float> probabilities(const Network& network, const Samples& samples, int threads) {
  return recur::predictions<Network>(network, examples(samples), {.threads = threads});
}

}  // namespace sentiment
