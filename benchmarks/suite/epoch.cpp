// recur's side of whole epochs of the example sentiment.
#include "epoch.hpp"

#include "corpus.hpp"
#include "recur/architecture/many_to_one.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/data/batching.hpp"
#include "recur/data/tokenizer.hpp"
#include "recur/data/vocabulary.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/embedding.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "recur/train/fit.hpp"
#include "recur/train/loss.hpp"
#include "recur/train/optimizer.hpp"

namespace bench {

namespace {

using namespace recur;

auto make_model(Index words) {
  using P = EpochProblem;
  ManyToOne model{
      Sequential{Embedding<float>{words, P::embedding}, Recurrent{Lstm<float>{P::embedding, P::hidden}}},
      Pooling::last, Dense<float>{P::hidden, P::classes}, SoftmaxCrossEntropy{}};
  initialize(model, 1);
  return model;
}
using Model = decltype(make_model(1));

class OurEpoch : public Side {
 public:
  OurEpoch(const EpochProblem& problem, int threads) : first_(make_model(problem.words)), threads_(threads) {
    for (std::size_t n = 0; n < problem.sentences.size(); ++n)
      examples_.push_back({problem.sentences[n], problem.labels[n]});
  }
  void run() override {
    Model model = first_;
    Optimizer optimizer(model, Adam{.rate = EpochProblem::rate});
    const FitReport report = fit(model, optimizer, examples_,
                                 {.epochs = 1,
                                  .batch_size = EpochProblem::batch,
                                  .threads = threads_,
                                  .clip_norm = EpochProblem::clip});
    loss_ = report.epochs[0].training_loss;
  }
  Values values() const override {
    return {bench::Matrix::Constant(1, 1, static_cast<float>(loss_)), {}, {}};
  }

 private:
  Model first_;
  int threads_;
  std::vector<Model::Example> examples_;
  double loss_ = 0;
};

}  // namespace

EpochProblem::EpochProblem(std::size_t limit) {
  WordCounts counts;
  std::vector<std::vector<std::string>> texts;
  for (const auto& sentence : sentiment::training_sentences()) {
    if (texts.size() == limit) break;
    texts.push_back(tokenize(sentence.text));
    count_words(texts.back(), counts);
    labels.push_back(sentence.label);
  }
  const auto vocabulary = Vocabulary::from_counts(counts);
  words = vocabulary.size();
  std::vector<Index> lengths;
  for (const auto& text : texts) {
    sentences.push_back(vocabulary.ids(text));
    lengths.push_back(static_cast<Index>(sentences.back().size()));
  }

  const FitOptions defaults;
  Batching batching(lengths, batch, defaults.window);
  batching.shuffle(Random(defaults.seed).split(0).split(1));  // the order of fit's first epoch
  for (Index i = 0; i < batching.size(); ++i) {
    std::vector<Index> rows(batching[i].begin(), batching[i].end());
    std::ranges::stable_sort(rows, std::greater{},
                             [&](Index row) { return lengths[static_cast<std::size_t>(row)]; });
    batches.push_back(std::move(rows));
  }

  const Model model = make_model(words);
  const auto& [embed, recurrent] = model.body.layers;
  table = embed.weight.values;
  const auto& lstm = recurrent.cell;
  cell = {lstm.weight_ih, lstm.weight_hh, lstm.bias_ih, lstm.bias_hh};
  dense = model.head.weight;
  dense_bias = model.head.bias;
}

Index EpochProblem::steps() const {
  std::size_t sum = 0;
  for (const auto& sentence : sentences) sum += sentence.size();
  return static_cast<Index>(sum);
}

std::unique_ptr<Side> make_our_epoch(const EpochProblem& problem, int threads) {
  return std::make_unique<OurEpoch>(problem, threads);
}

}  // namespace bench
