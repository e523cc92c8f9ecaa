// Losses and predictions of a trained model, in batches and on several threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "recur/core/compiled.hpp"
#include "recur/core/threads.hpp"
#include "recur/data/batching.hpp"
#include "recur/data/long_text.hpp"
#include "recur/train/ranks.hpp"
#include "recur/train/trainer.hpp"

namespace recur::inline RECUR_ABI {

/// How examples go through a model.
struct EvaluateOptions {
  Index batch_size = 64;  ///< samples that go through the model together
  int threads = 1;        ///< at most most_threads; threads beyond the batches or processors do nothing
  Ranks* ranks =
      nullptr;  ///< the programs that share the examples with this one: `evaluate` gives the same loss to all
};

namespace detail::evaluation {

/// What is done with each batch: f(context, number of the batch, batch, its rows, a tape).
template <class Model>
using BatchFunction = void (*)(void* context, Index i, const typename Model::Batch& batch,
                               std::span<const Index> rows, typename Model::Tape& tape);

/// Calls f for all examples, in batches of similar lengths. A thread takes the next batch as soon as it is done
/// with one. With ranks, this program takes its share: the batches rank, rank + size and so on. It is compiled once
/// for each model.
template <Trainable Model>
RECUR_NOINLINE void over_batches(const Model& model, std::span<const typename Model::Example> examples,
                                 const EvaluateOptions& options, const Ranks* share, BatchFunction<Model> f,
                                 void* context) {
  detail::check_threads("evaluation", options.threads);
  check_has_learned(model);
  const Batching batches(lengths_of<Model>(examples), options.batch_size);
  const int rank = ranks::rank(share), size = ranks::size(share);
  std::atomic<Index> next{rank};
  FirstError error;  // of the first batch that fails: batches are claimed in order
  parallel(static_cast<int>(std::clamp<Index>(batches.size(), 1, options.threads)), [&](int) {
    const FlushDenormals flush;
    typename Model::Batch batch;
    typename Model::Tape tape;
    for (Index i; (i = next.fetch_add(size)) < batches.size();) {
      try {
        model.assemble(examples, batches[i], batch);
        f(context, i, batch, batches[i], tape);
      } catch (...) {
        return error.keep(i);
      }
    }
  });
  error.rethrow();
}
/// Calls f(number of the batch, batch, its rows, a tape) in the same way.
template <Trainable Model, class F>
void for_each_batch(const Model& model, std::span<const typename Model::Example> examples,
                    const EvaluateOptions& options, F f, const Ranks* share = nullptr) {
  const auto call = [](void* context, Index i, const typename Model::Batch& batch,
                       std::span<const Index> rows,
                       typename Model::Tape& tape) { (*static_cast<F*>(context))(i, batch, rows, tape); };
  over_batches(model, examples, options, share, call, &f);
}

/// The sum of losses over the sum of weights. Each was computed on one rank, and is 0 on the others. So for
/// examples the result has the same bits for any number of ranks.
RECUR_INLINE double mean_over_ranks(Ranks* all, std::vector<double>& losses, std::vector<double>& weights,
                                    Index count, const char* what);
#if RECUR_DEFINES
RECUR_INLINE double mean_over_ranks(Ranks* all, std::vector<double>& losses, std::vector<double>& weights,
                                    Index count, const char* what) {
  if (all) {
    all->sum(std::span(losses));
    all->sum(std::span(weights));
  }
  const double weight = std::accumulate(weights.begin(), weights.end(), 0.0);
  require(weight > 0, "a loss was asked for over ", count, " ", what,
          " whose targets are all ignored: at least one must count");
  return std::accumulate(losses.begin(), losses.end(), 0.0) / weight;
}
#endif

/// The columns that a model gives for each batch, and the indices of their examples.
template <class S>
class Columns {
 public:
  explicit Columns(std::size_t examples) : parts_(examples), rows_(examples) {}  // room for one a batch

  void keep(Index i, MatrixX<S> part, std::span<const Index> rows);
  /// A column for each example, in their order.
  MatrixX<S> in_order() const;

 private:
  std::vector<MatrixX<S>> parts_;
  std::vector<std::vector<Index>> rows_;
};
#if RECUR_DEFINES
template <class S>
void Columns<S>::keep(Index i, MatrixX<S> part, std::span<const Index> rows) {
  parts_[static_cast<std::size_t>(i)] = std::move(part);
  rows_[static_cast<std::size_t>(i)].assign(rows.begin(), rows.end());
}

template <class S>
MatrixX<S> Columns<S>::in_order() const {
  MatrixX<S> all(parts_.empty() ? 0 : parts_[0].rows(), std::ssize(parts_));
  for (std::size_t i = 0; i < parts_.size(); ++i)
    for (std::size_t n = 0; n < rows_[i].size(); ++n)
      std::copy_n(parts_[i].data() + static_cast<Index>(n) * all.rows(), all.rows(),
                  all.data() + rows_[i][n] * all.rows());
  return all;
}
#endif

/// Whether model.predict gives a Sequence, as ManyToMany does. Otherwise it gives a column for each sample.
template <class Model>
inline constexpr bool answers_each_step = requires(const Model& model, const typename Model::Batch& batch,
                                                   typename Model::Tape& tape) {
  model.predict(batch.x, tape).layout();
};
template <class Model>
concept AnswersEachStep = Trainable<Model> && answers_each_step<Model>;
template <class Model>
concept AnswersOnce = Trainable<Model> && !answers_each_step<Model>;

}  // namespace detail::evaluation

/// The loss over all examples, without dropout or other noise: the mean that the loss documents. It is the
/// same for any number of threads. Throws std::invalid_argument if there are no examples that count or an option is
/// not legal, for a model whose weights are all zero, as before `initialize`, and what the model throws for an
/// example that it can't take.
template <Trainable Model>
double evaluate(const Model& model, std::span<const typename Model::Example> examples,
                EvaluateOptions options = {}) {
  require(!examples.empty(), "a loss was asked for over no examples: it needs at least one");
  std::vector<double> losses(examples.size()), weights(examples.size());  // one a batch; batches are fewer
  detail::evaluation::for_each_batch(
      model, examples, options,
      [&](Index i, const typename Model::Batch& batch, std::span<const Index>, typename Model::Tape& tape) {
        weights[static_cast<std::size_t>(i)] = model.weight(batch);
        losses[static_cast<std::size_t>(i)] = model.loss(batch, tape, predicting, 1.0);
      },
      options.ranks);
  return detail::evaluation::mean_over_ranks(options.ranks, losses, weights, std::ssize(examples),
                                             "examples");
}

/// The loss over a long text, whose rows carry their states from batch to batch: the mean over all steps. The
/// threads share the rows; another number of threads changes only the rounding. The text has its own batches,
/// so batch_size means nothing here. Throws as `evaluate` of examples, and std::invalid_argument if ranks have other numbers
/// of threads.
template <ReadsLongTexts Model>
double evaluate(const Model& model, const LongText& text, EvaluateOptions options = {}) {
  detail::check_threads("evaluation", options.threads);
  detail::check_has_learned(model);
  detail::ranks::check_same(options.ranks, options.threads, "another number of threads",
                            "evaluate a long text with the same on all ranks");
  // Shard s of rank r is shard s·R + r of all, where R is the number of ranks.
  const int of = detail::ranks::size(options.ranks), rank = detail::ranks::rank(options.ranks);
  const auto all = std::min<Index>(static_cast<Index>(options.threads) * of, text.rows());
  const auto count = (all - rank + of - 1) / of;
  std::vector<double> losses(static_cast<std::size_t>(all)), weights(losses.size());  // of each shard
  parallel(static_cast<int>(count), [&](int thread) {
    const FlushDenormals flush;
    const Index shard = static_cast<Index>(thread) * of + rank;
    const auto at = static_cast<std::size_t>(shard);
    std::vector<Index> rows;
    for (Index row = shard; row < text.rows(); row += all) rows.push_back(row);
    typename Model::Batch batch;
    typename Model::Tape tape;
    for (Index i = 0; i < text.batches(); ++i) {
      text.fill(i, rows, batch);
      losses[at] += model.loss(batch, tape, predicting, 1.0);
      weights[at] += model.weight(batch);
      batch.initial = model.final_state(tape);
    }
  });
  return detail::evaluation::mean_over_ranks(options.ranks, losses, weights, std::ssize(text.tokens()),
                                             "tokens");
}

/// What model.predict gives for all examples, C × examples: a column for each example, in their order. Throws
/// std::invalid_argument for options that are not legal, for a model whose weights are all zero, as before
/// `initialize`, and what the model throws for an example that it can't take.
template <detail::evaluation::AnswersOnce Model>
MatrixX<typename Model::Scalar> predictions(const Model& model,
                                            std::span<const typename Model::Example> examples,
                                            EvaluateOptions options = {}) {
  detail::evaluation::Columns<typename Model::Scalar> columns(examples.size());
  detail::evaluation::for_each_batch(
      model, examples, options,
      [&](Index i, const typename Model::Batch& batch, std::span<const Index> rows,
          typename Model::Tape& tape) { columns.keep(i, model.predict(batch.x, tape), rows); });
  return columns.in_order();
}

/// The same for a model that answers at every step: a matrix of C × its length for each example, in their
/// order.
template <detail::evaluation::AnswersEachStep Model>
std::vector<MatrixX<typename Model::Scalar>> predictions(const Model& model,
                                                         std::span<const typename Model::Example> examples,
                                                         EvaluateOptions options = {}) {
  std::vector<MatrixX<typename Model::Scalar>> all(examples.size());
  detail::evaluation::for_each_batch(model, examples, options,
                                     [&](Index, const typename Model::Batch& batch,
                                         std::span<const Index> rows, typename Model::Tape& tape) {
                                       const auto y = model.predict(batch.x, tape);
                                       for (std::size_t n = 0; n < rows.size(); ++n)
                                         all[static_cast<std::size_t>(rows[n])] =
                                             y.sample(static_cast<Index>(n));
                                     });
  return all;
}

}  // namespace recur::inline RECUR_ABI

#define RECUR_COMPILED_EVALUATE(S)                                                               \
  template void detail::evaluation::Columns<S>::keep(Index, MatrixX<S>, std::span<const Index>); \
  template MatrixX<S> detail::evaluation::Columns<S>::in_order() const;
