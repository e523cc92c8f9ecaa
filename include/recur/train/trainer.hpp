// One step of training: the loss and gradient of a batch on several threads, clipping, and the optimizer.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "recur/core/denormals.hpp"
#include "recur/core/error.hpp"
#include "recur/core/parameters.hpp"
#include "recur/core/random.hpp"
#include "recur/core/sequence.hpp"
#include "recur/core/threads.hpp"
#include "recur/layer/layer.hpp"
#include "recur/train/clip.hpp"

namespace recur::inline RECUR_ABI {

/// What can be trained: an architecture with its loss, such as ManyToOne.
template <class M>
concept Trainable = std::copyable<M> &&
    requires(const M& model, M& gradient, typename M::Batch& batch, typename M::Tape& tape, Pass pass,
             std::span<const typename M::Example> examples, std::span<const Index> rows) {
  model.assemble(examples, rows, batch);
  { M::length(examples[0]) } -> std::same_as<Index>;
  { model.weight(batch) } -> std::same_as<double>;
  { model.loss(batch, tape, pass, 1.0) } -> std::same_as<double>;
  model.backward(batch, tape, gradient);
};

/// How a Trainer takes its steps.
struct TrainerOptions {
  int threads = 1;               ///< that share a batch, at most most_threads; more than samples take no part
  double clip_norm = no_limit;   ///< largest 2-norm of the gradient over all parameters together
  double clip_value = no_limit;  ///< largest absolute value of each of its numbers, applied first
  bool skip_non_finite = false;  ///< leave out steps that are not finite, instead of throwing
  std::uint64_t seed = 0;        ///< of dropout and its kin, where a step is not given its noise
};

/// What one step did.
struct StepResult {
  double loss = 0;    ///< mean over the batch, also where the gradient is that of a sum
  double weight = 0;  ///< what that mean divides by
  double norm = 0;    ///< 2-norm of the gradient before clipping
  bool clipped = false;
  bool skipped = false;
};

/// Trains a model step by step, with what it needs for that: for each thread a batch, a tape and a gradient.
///
///   Optimizer optimizer(model, Adam{});
///   Trainer trainer(model, optimizer, {.clip_norm = 5});
///   for (const auto& batch : batches) trainer.step(batch);
///
/// Model and optimizer must live longer. Each step has noise (dropout) of its own, by the seed and the number of steps
/// before; or the noise that it is given, which is the same for the same Random. A batch is dealt to the threads as
/// shards, their gradients are added in the order of the shards, and each shard's noise is split off from that of the
/// step: the same batch, noise and number of threads give bit-identical results. In a loop over batches of one number of
/// samples, assembled or given as rows, a step allocates nothing once it has met the one with the most steps
/// and, on several threads, each of these the shard with the most.
///
/// An update that makes a weight infinite shows in the loss or gradient of a later step; after the last one,
/// first_non_finite(model) tells.
///
/// Throws std::invalid_argument for options that are not legal, and if all parameters of the model are zero.
template <Trainable Model, class Optimizer>
class Trainer {
 public:
  using Example = typename Model::Example;
  using Batch = typename Model::Batch;

  Trainer(Model& model, Optimizer& optimizer, TrainerOptions options = {})
      : model_(model), optimizer_(optimizer), options_(options), noise_(options.seed) {
    check_threads("training", options.threads);
    check_limit<typename Model::Scalar>("clip_norm", options.clip_norm);
    check_limit<typename Model::Scalar>("clip_value", options.clip_value);
    require(!all_zero(model),
            "every parameter of the model is zero, from where training can't start: call "
            "recur::initialize(model, seed) first");
    add_shards(1);
  }

  /// One step on the examples of the given rows.
  ///
  /// Where the loss or the gradient is not finite, model and optimizer are left as they were, and the step
  /// throws NonFinite or, with skip_non_finite, says that it was skipped. Throws std::out_of_range for a row that is
  /// not there.
  StepResult step(std::span<const Example> examples, std::span<const Index> rows) {
    return step(examples, rows, next_noise());
  }
  StepResult step(std::span<const Example> examples, std::span<const Index> rows, const Random& noise) {
    require(!rows.empty(), "a training step was given no examples: it needs at least one");
    for (const Index row : rows)
      if (row < 0 || row >= static_cast<Index>(examples.size()))
        throw std::out_of_range(detail::message("row ", row, " is out of range: there are ", examples.size(),
                                                " examples, counted from 0"));
    const int count = deal(examples, rows);
    parallel(count, [&](int s) {
      Shard& shard = at(s);
      model_.assemble(examples, shard.rows, shard.batch);
    });
    double total = 0;
    for (int s = 0; s < count; ++s) total += model_.weight(at(s).batch);
    parallel(count, [&](int s) { at(s).differentiate(model_, at(s).batch, total, noise.split(index(s))); });
    return finish(count, total);
  }

  /// One step on a batch, on the calling thread.
  StepResult step(const Batch& batch) { return step(batch, next_noise()); }
  StepResult step(const Batch& batch, const Random& noise) {
    const double total = model_.weight(batch);
    at(0).differentiate(model_, batch, total, noise.split(0));
    return finish(1, total);
  }

  /// Of the last step, after clipping.
  const Model& gradient() const { return shards_[0]->gradient; }
  /// Of the last step on a batch: where it left the state of the model, for the batch that goes on from there.
  const typename Model::Tape& tape() const { return shards_[0]->tape; }

 private:
  struct Shard {
    explicit Shard(Model zero) : gradient(std::move(zero)) {}

    void differentiate(const Model& model, const Batch& work, double total, Random noise) {
      const FlushDenormals flush;
      clear_gradient(gradient);
      loss = model.loss(work, tape, training(noise), total);
      if (std::isfinite(loss)) model.backward(work, tape, gradient);
    }

    std::vector<Index> rows;
    Batch batch;
    typename Model::Tape tape;
    Model gradient;
    double loss = 0;
  };

  Random next_noise() { return noise_.split(begun_++); }

  Shard& at(int s) { return *shards_[static_cast<std::size_t>(s)]; }
  static std::uint64_t index(int s) { return static_cast<std::uint64_t>(s); }

  /// Makes it so many shards at least. A gradient of the model is large: a thread that no batch keeps busy has none.
  void add_shards(int count) {
    while (static_cast<int>(shards_.size()) < count)
      shards_.push_back(std::make_unique<Shard>(zeros_like(model_)));
  }

  /// Deals rows to shards like cards, the longest first, so that all shards have about as many steps.
  int deal(std::span<const Example> examples, std::span<const Index> rows) {
    const int count =
        static_cast<int>(std::min<std::size_t>(rows.size(), static_cast<std::size_t>(options_.threads)));
    add_shards(count);
    const auto row = [&](Index n) { return rows[static_cast<std::size_t>(n)]; };
    layout_.assign(static_cast<Index>(rows.size()),
                   [&](Index n) { return Model::length(examples[static_cast<std::size_t>(row(n))]); });
    for (const auto& shard : shards_) shard->rows.clear();
    for (Index n = 0; n < layout_.batch(); ++n)
      at(static_cast<int>(n % count)).rows.push_back(row(layout_.user_index(n)));
    return count;
  }

  StepResult finish(int count, double total) {
    StepResult result{.weight = total};
    for (int s = 0; s < count; ++s) result.loss += at(s).loss;
    if constexpr (requires { model_.divisor(total); }) result.loss *= model_.divisor(total) / total;
    Model& gradient = at(0).gradient;
    try {
      if (std::isnan(result.loss)) throw NonFinite("the loss is not a number");
      if (std::isinf(result.loss)) throw NonFinite("the loss is infinite");
      for (int s = 1; s < count; ++s) add_gradient(gradient, at(s).gradient);
      result.norm = gradient_norm(gradient);
      check_finite(gradient, result.norm);
    } catch (const NonFinite&) {
      if (!options_.skip_non_finite) throw;
      result.skipped = true;
      return result;
    }
    if (std::isfinite(options_.clip_value)) clip_value(gradient, options_.clip_value);
    if (std::isfinite(options_.clip_norm))
      result.clipped = clip_norm(gradient, options_.clip_norm) > options_.clip_norm;
    optimizer_.step(model_, gradient, options_.threads);
    return result;
  }

  Model& model_;
  Optimizer& optimizer_;
  TrainerOptions options_;
  Random noise_;
  std::uint64_t begun_ = 0;  // steps that were given no noise
  std::vector<std::unique_ptr<Shard>> shards_;
  Layout layout_;  // of the batch before it is dealt
};

}  // namespace recur::inline RECUR_ABI
