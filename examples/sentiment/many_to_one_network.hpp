// A many-to-one model of recur behind the interface Network.
#pragma once

#include <functional>
#include <utility>

#include "network.hpp"
#include "recur/architecture/many_to_one.hpp"
#include "recur/io/weights.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/dropout.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/layer/recurrent.hpp"
#include "recur/layer/sequential.hpp"
#include "recur/train/evaluate.hpp"
#include "recur/train/fit.hpp"
#include "recur/train/loss.hpp"
#include "recur/train/metrics.hpp"
#include "recur/train/optimizer.hpp"
#include "recur/train/schedule.hpp"

namespace sentiment {

/// The learning rate over time, as the user asked for it.
inline std::function<double(Index, double)> make_schedule(const Training& how) {
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

template <class Model>
class ManyToOneNetwork : public Network {
  using Examples = std::vector<typename Model::Example>;

 public:
  explicit ManyToOneNetwork(Model model) : model_(std::move(model)) {}

  std::string describe() const override { return model_.describe(); }
  Index parameters() const override { return recur::count_parameters(model_); }

  recur::FitReport train(const Samples& training, const Samples& validation, const Training& how) override {
    using namespace recur;
    model_.criterion.class_weights = how.class_weights;
    model_.criterion.label_smoothing = how.label_smoothing;
    if (!how.go_on) recur::initialize(model_, how.seed);
    auto optimizer =
        make_optimizer(model_, how.optimizer,
                       {.rate = how.rate, .weight_decay = how.weight_decay, .momentum = how.momentum});
    const Examples seen = examples(training), unseen = examples(validation);
    std::vector<int> labels;
    for (const Sample& sample : validation) labels.push_back(sample.label);
    FitOptions options{.epochs = how.epochs,
                       .batch_size = how.batch_size,
                       .threads = how.threads,
                       .seed = how.seed,
                       .clip_norm = how.clip > 0 ? how.clip : no_limit,
                       .schedule = make_schedule(how),
                       .patience = how.patience,
                       .metric_name = "accuracy",
                       .on_epoch = how.on_epoch,
                       .show_progress = how.show_progress};
    if (!unseen.empty())
      options.metric = [&] {
        return accuracy(predictions<Model>(model_, unseen, {.threads = how.threads}), labels);
      };
    return fit<Model>(model_, optimizer, seen, unseen, options);
  }

  std::vector<int> classify(const Samples& samples, int threads) const override {
    return recur::most_likely(probabilities(samples, threads));
  }
  recur::Matrix<float> probabilities(const Samples& samples, int threads) const override {
    return recur::predictions<Model>(model_, examples(samples), {.threads = threads});
  }

  std::vector<recur::Vector<float>> read(const std::vector<Token>& tokens) const override {
    std::vector<recur::Vector<float>> probabilities;
    auto stream = model_.stream();
    for (const Token token : tokens) probabilities.push_back(model_.step(token, stream));
    return probabilities;
  }

  recur::TensorFile weights(recur::Metadata metadata) const override {
    return recur::store_weights(model_, std::move(metadata));
  }
  void load(const recur::TensorFile& file, const std::filesystem::path& path) override {
    recur::take_weights(model_, file, path);
  }

 private:
  static Examples examples(const Samples& samples) {
    Examples all;
    for (const Sample& sample : samples) all.push_back({sample.tokens, sample.label});
    return all;
  }

  Model model_;
};

/// Embedding, cell, pooling and a linear head, with dropout before and after the cell.
template <class Cell>
std::unique_ptr<Network> make_recurrent(const Architecture& what) {
  using namespace recur;
  ManyToOne model{Sequential{Embedding<float>{what.words, what.embedding}, Dropout<float>{what.dropout},
                             Recurrent{Cell{what.embedding, what.hidden}}},
                  what.pooling,
                  Sequential{Dropout<float>{what.dropout}, Dense<float>{what.hidden, what.classes}},
                  SoftmaxCrossEntropy{}};
  return std::make_unique<ManyToOneNetwork<decltype(model)>>(std::move(model));
}

}  // namespace sentiment
