// One step of training: the loss and gradient of a batch on several threads, clipping, and the optimizer.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <numeric>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "recur/core/compiled.hpp"
#include "recur/core/denormals.hpp"
#include "recur/core/error.hpp"
#include "recur/core/parameters.hpp"
#include "recur/core/random.hpp"
#include "recur/core/sequence.hpp"
#include "recur/core/threads.hpp"
#include "recur/data/long_text.hpp"
#include "recur/layer/layer.hpp"
#include "recur/train/clip.hpp"
#include "recur/train/optimizer.hpp"
#include "recur/train/ranks.hpp"

namespace recur::inline RECUR_ABI {

/// A model that can be trained: an architecture with its loss, such as ManyToOne.
template <class M>
concept Trainable = requires(const M& model, M& gradient, typename M::Batch& batch, typename M::Tape& tape,
                             Pass pass, std::span<const typename M::Example> examples,
                             std::span<const Index> rows) {
  requires std::copyable<M>;
  model.assemble(examples, rows, batch);
  { M::length(examples[0]) } -> std::same_as<Index>;
  { model.weight(batch) } -> std::same_as<double>;
  { model.loss(batch, tape, pass, 1.0) } -> std::same_as<double>;
  model.backward(batch, tape, gradient);
};

namespace detail {

template <class M>
concept CarriesState = requires(const M& model, typename M::Batch& batch, const typename M::Tape& tape) {
  batch.initial = model.final_state(tape);
  batch.targets.layout = batch.x.layout();
  { batch.targets.columns } -> std::same_as<std::vector<int>&>;
};

}  // namespace detail

/// A model that can read long texts: it takes a batch in the state in which the batch before ended, and learns to
/// predict the next token at each step, as a ManyToMany of tokens does.
template <class M>
concept ReadsLongTexts =
    Trainable<M> && std::same_as<typename M::InputScalar, Token> && detail::CarriesState<M>;

/// How a Trainer makes its steps. The gradient of a sum is larger than that of a mean (train/loss.hpp), so its
/// limit must be larger too.
struct TrainerOptions {
  int threads = 1;              ///< threads that share a batch, at most most_threads; never more than samples
  double clip_norm = no_limit;  ///< largest 2-norm of the gradient over all parameters together
  double clip_value = no_limit;  ///< largest absolute value in the gradient; this limit comes first
  bool skip_non_finite = false;  ///< leave out steps that are not finite, instead of throwing
  std::uint64_t seed = 0;        ///< of all noise, such as dropout
  Ranks* ranks =
      nullptr;  ///< the programs that share each batch with this one; each has these options and `threads`
};

/// What one step did.
struct StepResult {
  double loss = 0;       ///< mean over the batch, also if the gradient is that of a sum
  double weight = 0;     ///< the divisor of that mean
  double norm = 0;       ///< 2-norm of the gradient before clipping
  bool clipped = false;  ///< a limit made the gradient smaller
  bool skipped = false;  ///< nothing was changed: it was not finite, or all its targets are ignored
};

namespace detail::trainer {

/// The work of one thread: its part of each batch, and the gradient of the model for these parts.
template <class S>
struct Shard {
  virtual ~Shard() = default;
  /// Gathers the batch of `rows`, and its weight.
  virtual void assemble() = 0;
  /// Computes the loss of the batch as its share of a whole of weight `total`, and adds its gradient.
  virtual void differentiate(double total, Random noise) = 0;

  std::vector<Index> rows;  // of the examples
  double weight = 0, loss = 0;
  bool used = false;  // true if the gradient has a part of the present step
  Parameters<S> gradient;
};

/// What all trainers have in common, compiled once for each scalar. It sees the model as a list of parameters and as
/// shards.
template <class S>
class TrainerBase {
 public:
  TrainerBase(const TrainerBase&) = delete;
  TrainerBase& operator=(const TrainerBase&) = delete;

  /// Called with the parameters of the model and of the gradient, after the gradient of each step and before
  /// it is measured and clipped. It may change the numbers of either in place, but must not assign the model.
  /// Its exceptions go to the caller.
  std::function<void(const Parameters<S>& model, const Parameters<S>& gradient)> on_gradient{};

  /// The steps that ended, also those that were skipped. The noise of the next step follows from this number and the
  /// seed, so a new trainer goes on where another one stopped.
  std::uint64_t steps() const { return steps_; }
  void set_steps(std::uint64_t steps) { steps_ = steps; }

 protected:
  ~TrainerBase();  // nothing deletes a trainer by this base

  RECUR_COLD TrainerBase(Optimizer<S>& optimizer, TrainerOptions options, Parameters<S> model);

  virtual std::unique_ptr<Shard<S>> make_shard() const = 0;
  /// The number that divides the loss of a batch of weight `total`.
  virtual double divisor(double total) const = 0;

  Shard<S>& at(int s) const { return *shards_[static_cast<std::size_t>(s)]; }

  /// Adds shards until there are at least so many. A gradient of the model is large, so a thread that never
  /// has work gets none.
  void add_shards(int count);

  /// Writes the lengths of the examples `rows` of `count` to lengths_. Throws std::invalid_argument if there are none, and
  /// std::out_of_range for a row that does not exist.
  void list_lengths(std::span<const Index> rows, std::size_t count, Index (*length)(const void* example),
                    const void* examples, std::size_t bytes_of_each);

  /// Adds loss and gradient of the examples `rows`, of the given lengths, to the present step. Returns the number of
  /// shards that they made.
  int add_rows(std::span<const Index> rows, std::span<const Index> lengths);

  /// The same for the batches that the first `count` shards have, and their weights.
  void add_shards_of(int count);

  /// Assigns the rows to shards in turn, the longest first, so that all shards have about as many steps. Returns the
  /// number of shards.
  int assign(std::span<const Index> rows, std::span<const Index> lengths);

  /// Ends a step: adds the gradients of the shards, clips them and updates the model.
  StepResult finish();

  Parameters<S> model_;
  std::vector<Index> lengths_;  // of the rows of the present step

 private:
  /// The user may have written to any row of a table. So all rows are measured, and the next step clears
  /// them.
  static void touch_all(const Parameters<S>& gradient);

  Optimizer<S>& optimizer_;
  TrainerOptions options_;
  Random noise_;
  std::uint64_t steps_ = 0;                        // that ended, also those that were skipped
  std::vector<std::unique_ptr<Shard<S>>> shards_;  // one for each thread, of which the first made_ exist
  int made_ = 0;
  Layout layout_;          // of the whole batch
  std::vector<S> buffer_;  // of the gradient, on its way to the other ranks

  // The present step. Its weight, that of all its batches, is known only at its end. Until then, losses and
  // gradients are shares of the weight of its first batch.
  bool begun_ = false;
  double reference_ = 0, total_ = 0, loss_ = 0;
  std::uint64_t batches_ = 0;
};

#if RECUR_DEFINES
template <class S>
TrainerBase<S>::TrainerBase(Optimizer<S>& optimizer, TrainerOptions options, Parameters<S> model)
    : model_(std::move(model)),
      optimizer_(optimizer),
      options_(options),
      noise_(Random(options.seed).split(1)),
      shards_(static_cast<std::size_t>(std::clamp(options.threads, 1, most_threads))) {
  check_threads("training", options.threads);
  check_limit<S>("clip_norm", options.clip_norm);
  check_limit<S>("clip_value", options.clip_value);
  check_initialized(model_, "training can't start from there");
  optimizer.check(model_);
  ranks::check_same_weights(options.ranks, model_);
  if (options.ranks) {
    const char* const advice = "make and load the optimizer of each rank in the same way";
    ranks::check_same(options.ranks, ranks::digest(Parameters<S>(optimizer)),
                      "other moments of the optimizer", advice);
    ranks::check_same(options.ranks, static_cast<Index>(optimizer.steps),
                      "another number of steps of the optimizer", advice);
    std::vector<double> rates = optimizer.rate_factors();
    rates.push_back(optimizer.rate());
    ranks::check_same(options.ranks, static_cast<Index>(ranks::digest(rates.data(), std::ssize(rates))),
                      "another rate or rate factor of the optimizer", advice);
  }
}

template <class S>
TrainerBase<S>::~TrainerBase() = default;

template <class S>
void TrainerBase<S>::add_shards(int count) {
  for (; made_ < count; ++made_) shards_[static_cast<std::size_t>(made_)] = make_shard();
}

template <class S>
int TrainerBase<S>::add_rows(std::span<const Index> rows, std::span<const Index> lengths) {
  const int count = assign(rows, lengths);
  parallel(count, [&](int s) { at(s).assemble(); });
  add_shards_of(count);
  return count;
}

template <class S>
void TrainerBase<S>::list_lengths(std::span<const Index> rows, std::size_t count,
                                  Index (*length)(const void* example), const void* examples,
                                  std::size_t bytes_of_each) {
  require(!rows.empty(), "a training step was given no examples: it needs at least one");
  lengths_.clear();
  for (const Index row : rows) {
    detail::check_index("row", row, static_cast<Index>(count));
    lengths_.push_back(
        length(static_cast<const char*>(examples) + static_cast<std::size_t>(row) * bytes_of_each));
  }
}

template <class S>
void TrainerBase<S>::add_shards_of(int count) {
  if (!std::exchange(begun_, false)) {  // what throws below drops the whole step
    reference_ = total_ = loss_ = 0;
    batches_ = 0;
    for (int s = 0; s < made_; ++s) at(s).used = false;
  }
  double weight = 0;
  for (int s = 0; s < count; ++s) weight += at(s).weight;
  weight = ranks::sum(options_.ranks, weight);
  if (reference_ == 0) reference_ = weight;
  const Random noise = noise_.split(steps_);
  const int of = ranks::size(options_.ranks);
  parallel(count, [&](int s) {
    Shard<S>& shard = at(s);
    if (!std::exchange(shard.used, true)) clear_gradient(shard.gradient);
    shard.differentiate(
        reference_ > 0 ? reference_ : 1,
        noise.split((batches_ << 32) + static_cast<std::uint64_t>(s * of + ranks::rank(options_.ranks))));
  });
  for (int s = 0; s < count; ++s) loss_ += at(s).loss;
  total_ += weight;
  ++batches_;
  begun_ = true;
}

template <class S>
StepResult TrainerBase<S>::finish() {
  require(std::exchange(begun_, false), "an update was asked for without a batch: add one first");
  StepResult result{.weight = total_};
  if (total_ == 0) {
    result.skipped = true;
    ++steps_;
    return result;
  }
  result.loss = ranks::sum(options_.ranks, loss_) * (divisor(reference_) / total_);
  const Parameters<S>& gradient = at(0).gradient;
  const auto is_finite = [&](auto&& check) {
    try {
      check();
    } catch (const NonFinite&) {
      if (!options_.skip_non_finite) throw;
      result.skipped = true;
      ++steps_;
    }
    return !result.skipped;
  };
  if (!is_finite([&] {
        if (std::isnan(result.loss)) throw NonFinite("the loss is not a number");
        if (std::isinf(result.loss)) throw NonFinite("the loss is infinite");
      }))
    return result;
  for (int s = 1; s < made_; ++s)
    if (at(s).used) add_gradient(gradient, at(s).gradient);
  if (options_.ranks) {
    if (!at(0).used) clear_gradient(gradient);  // this rank had no part of the step
    ranks::sum_gradient(*options_.ranks, gradient, buffer_);
  }
  if (const double factor = divisor(reference_) / divisor(total_); factor != 1)
    scale_gradient(gradient, static_cast<S>(factor));
  if (on_gradient) {
    try {
      on_gradient(model_, gradient);
    } catch (...) {
      touch_all(gradient);
      throw;
    }
    touch_all(gradient);
  }
  if (!is_finite([&] {
        result.norm = gradient_norm(gradient);
        check_finite(gradient, result.norm);
      }))
    return result;
  if (std::isfinite(options_.clip_value)) result.clipped = clip_value(gradient, options_.clip_value);
  if (std::isfinite(options_.clip_norm) && clip_norm(gradient, options_.clip_norm) > options_.clip_norm)
    result.clipped = true;
  optimizer_.step(model_, gradient, options_.threads);
  ++steps_;
  return result;
}

template <class S>
void TrainerBase<S>::touch_all(const Parameters<S>& gradient) {
  for (const auto& p : gradient)
    if (p.table)
      for (Index row = 0; row < p.rows; ++row) p.table->touch(row);
}

template <class S>
int TrainerBase<S>::assign(std::span<const Index> rows, std::span<const Index> lengths) {
  // Shard s of rank r is shard s·R + r of all, where R is the number of ranks.
  const int of = ranks::size(options_.ranks), rank = ranks::rank(options_.ranks);
  const auto all = std::min(static_cast<Index>(rows.size()), static_cast<Index>(options_.threads) * of);
  const int count = static_cast<int>((all - rank + of - 1) / of);
  add_shards(count);
  layout_.assign(static_cast<Index>(rows.size()),
                 [&](Index n) { return lengths[static_cast<std::size_t>(n)]; });
  for (int s = 0; s < made_; ++s) at(s).rows.clear();
  for (Index n = 0; n < layout_.batch(); ++n)
    if (const auto shard = static_cast<int>(n % all); shard % of == rank)
      at(shard / of).rows.push_back(rows[static_cast<std::size_t>(layout_.user_index(n))]);
  return count;
}
#endif

}  // namespace detail::trainer

/// Trains a model step by step. It holds what it needs for that: for each thread a batch, a tape and a
/// gradient.
///
///   Optimizer optimizer(model, Adam{});
///   Trainer trainer(model, optimizer, {.clip_norm = 5});
///   for (const auto& batch : batches) trainer.step(batch);
///
/// Model and optimizer must live longer than the trainer. A long text must live until its last step.
///
/// Several batches can make one update, as one batch of all their samples would: for batches that memory can't
/// hold. Each `add` computes loss and gradient of a batch; `update` clips their sum and updates the model.
/// `step` is `add` and `update`.
///
///   for (const auto& batch : parts) trainer.add(batch);
///   trainer.update();
///
/// Each step has its own noise (dropout), which follows from the seed and the number of steps that ended
/// before. No step can be given the noise of another. The threads share a batch in shards. Their gradients
/// are added in the order of the shards, and each shard splits its noise off from that of the step. So the
/// same batches, seed and number of threads give bit-identical results.
///
/// In a loop over batches with the same number of samples, assembled or given as rows, a step allocates
/// nothing after the batch with the most steps has come once. With several threads this must hold for each
/// thread's largest shard.
///
/// If an update makes a weight infinite, the loss or gradient of a later step shows it. After the last
/// update, first_non_finite(model) tells.
///
/// `trainer.on_gradient = [](const Parameters<S>& model, const Parameters<S>& gradient) {...}` sees each
/// gradient before clipping, and may change it. So it can add the gradient of a second loss:
///
///   auto second = zeros_like(model);
///   trainer.on_gradient = [&](const Parameters<float>&, const Parameters<float>& gradient) {
///     clear_gradient(second);
///     model.loss(other_batch, tape, recording);
///     model.backward(other_batch, tape, second);
///     add_gradient(gradient, Parameters(second));
///   };
///
/// Throws std::invalid_argument for options that are not legal, if all weights of the model are zero, and for
/// an optimizer of a model of other sizes. With ranks it throws on all of them if their weights, or the moments, steps or
/// rates of their optimizers, are not the same.
template <Trainable Model>
class Trainer final : public detail::trainer::TrainerBase<typename Model::Scalar> {
  using S = typename Model::Scalar;
  using Base = detail::trainer::TrainerBase<S>;

 public:
  using Example = typename Model::Example;
  using Batch = typename Model::Batch;

  Trainer(Model& model, Optimizer<S>& optimizer, TrainerOptions options = {})
      : Base(optimizer, options, Parameters(model)), trained_(model) {
    this->add_shards(1);
  }

  /// One step on the examples of the given rows.
  ///
  /// If the loss or the gradient is not finite, model and optimizer stay as they were, except for changes by
  /// on_gradient. The step then throws NonFinite or, with skip_non_finite, reports that it was skipped.
  /// Throws std::out_of_range for a row that does not exist.
  StepResult step(std::span<const Example> examples, std::span<const Index> rows) {
    add(examples, rows);
    return update();
  }
  /// One step on a batch, on the calling thread.
  StepResult step(const Batch& batch) {
    add(batch);
    return update();
  }

  /// Adds loss and gradient of a batch to the present step. An argument that is refused changes nothing: the step keeps
  /// the batches from before. What throws while a loss is computed drops all batches of the step.
  void add(std::span<const Example> examples, std::span<const Index> rows) {
    const auto length = [](const void* example) {
      return Model::length(*static_cast<const Example*>(example));
    };
    this->list_lengths(rows, examples.size(), length, examples.data(), sizeof(Example));
    examples_ = examples;
    reads_text_ = false;
    this->add_rows(rows, this->lengths_);
  }
  void add(const Batch& batch) {
    first().weight = trained_.weight(batch);
    first().work = &batch;
    reads_text_ = false;
    this->add_shards_of(1);
  }

  /// The same for batch i of a long text. The threads share its rows. Each row begins in the state in which the
  /// batch before left it, so batches come in order, from 0. After a batch whose loss is not finite the rows
  /// begin in the start state. Throws std::invalid_argument for a batch out of order, and std::out_of_range if there is no
  /// such batch.
  void add(const LongText& text, Index i) requires ReadsLongTexts<Model> {
    const Index steps = text.steps(i);
    require(i == 0 || (text_ == &text && i == next_), "batch ", i,
            " of a long text does not follow the batch before: they come in order, from 0");
    text_shards_ = 0;  // until they have read it
    list_rows(text, steps);
    text_ = &text;
    piece_ = i;
    next_ = 0;  // after an exception only the first batch is in order
    reads_text_ = true;
    text_shards_ = this->add_rows(text_rows_, this->lengths_);
    next_ = i + 1;
  }
  StepResult step(const LongText& text, Index i) requires ReadsLongTexts<Model> {
    add(text, i);
    return update();
  }

  /// The states in which the rows of a long text go on after its last batch, Z + 1 × rows. The last number of a column
  /// is 1, or 0 if that row begins in the start state; the others are then 0. Empty if there was no batch of a text.
  MatrixX<S> text_states() const requires ReadsLongTexts<Model>;
  /// Goes on before batch i of a text with states that another trainer had there. With another number of threads, a
  /// row beside one that begins in the start state may begin there too. Throws std::out_of_range if there is no such
  /// batch, and std::invalid_argument for states of another number of rows.
  void set_text_states(const LongText& text, Index i,
                       const MatrixX<S>& states) requires ReadsLongTexts<Model>;

  /// Ends the step on all batches that were added since the last update. Throws std::invalid_argument if
  /// there are none.
  StepResult update() {
    this->model_.rebind(trained_);
    return this->finish();
  }

  /// The gradient of the last step, after clipping.
  const Model& gradient() const { return first().whole_gradient; }
  /// The tape of the last step on a batch. It has the state of the model at the batch's end, for the batch
  /// that follows.
  const typename Model::Tape& tape() const { return first().tape; }

 private:
  struct Shard final : detail::trainer::Shard<S> {
    explicit Shard(const Trainer& its_trainer)
        : trainer(its_trainer), whole_gradient(zeros_like(its_trainer.trained_)) {
      this->gradient = Parameters(whole_gradient);
    }
    RECUR_NOINLINE ~Shard() override {}  // compiled once, not at each place that deletes a shard
    void assemble() override {
      if constexpr (ReadsLongTexts<Model>) {
        if (trainer.reads_text_) {
          text_rows = this->rows;
          trainer.text_->fill(trainer.piece_, text_rows, batch);
          if (trainer.piece_ == 0) state.resize(0, 0);
          batch.initial = state;
        }
      }
      if (!trainer.reads_text_) trainer.trained_.assemble(trainer.examples_, this->rows, batch);
      this->weight = trainer.trained_.weight(batch);
      work = &batch;
    }
    void differentiate(double total, Random noise) override {
      const FlushDenormals flush;
      this->loss = trainer.trained_.loss(*work, tape, training(noise), total);
      if (std::isfinite(this->loss)) trainer.trained_.backward(*work, tape, whole_gradient);
      if constexpr (ReadsLongTexts<Model>) {
        if (!trainer.reads_text_) return;
        if (std::isfinite(this->loss))
          state = trainer.trained_.final_state(tape);
        else
          state.resize(0, 0);
      }
    }

    const Trainer& trainer;
    Batch batch;
    const Batch* work = nullptr;  // this batch, or that of the user
    typename Model::Tape tape;
    std::vector<Index> text_rows;  // the shard's rows of a long text; a step on examples has others
    MatrixX<S> state;              // in which they ended
    Model whole_gradient;
  };

  std::unique_ptr<detail::trainer::Shard<S>> make_shard() const override {
    return std::make_unique<Shard>(*this);
  }
  double divisor(double total) const override {
    if constexpr (requires { trained_.divisor(total); }) return trained_.divisor(total);
    return total;
  }
  Shard& first() const { return shard(0); }
  Shard& shard(int s) const { return static_cast<Shard&>(this->at(s)); }

  void list_rows(const LongText& text, Index steps) {
    text_rows_.resize(static_cast<std::size_t>(text.rows()));
    std::iota(text_rows_.begin(), text_rows_.end(), Index{0});
    this->lengths_.assign(text_rows_.size(), steps);
  }

  Model& trained_;
  std::span<const Example> examples_;  // of the present step
  const LongText* text_ = nullptr;     // of the last batch of a text
  std::vector<Index> text_rows_;       // 0, 1, ...
  Index piece_ = 0, next_ = 0;         // the last batch of the text, and the one that may follow
  bool reads_text_ = false;            // in the present batch
  int text_shards_ = 0;                // those that have its rows
};

template <Trainable Model>
MatrixX<typename Model::Scalar> Trainer<Model>::text_states() const requires ReadsLongTexts<Model> {
  Index size = 0;
  for (int s = 0; s < text_shards_; ++s) size = std::max(size, shard(s).state.rows());
  MatrixX<S> states;
  if (text_shards_ == 0) return states;
  states.setZero(size + 1, static_cast<Index>(text_rows_.size()));
  for (int s = 0; s < text_shards_; ++s)
    for (Index n = 0; n < shard(s).state.cols(); ++n) {
      auto column = states.col(shard(s).text_rows[static_cast<std::size_t>(n)]);
      column.head(size) = shard(s).state.col(n);
      column(size) = 1;
    }
  return states;
}

template <Trainable Model>
void Trainer<Model>::set_text_states(const LongText& text, Index i,
                                     const MatrixX<S>& states) requires ReadsLongTexts<Model> {
  const Index steps = text.steps(i), size = states.rows() - 1;
  require(size >= 0 && states.cols() == text.rows(), "states of ", states.cols(), " rows for a long text of ",
          text.rows());
  text_shards_ = 0;  // until they have their rows
  list_rows(text, steps);
  text_shards_ = this->assign(text_rows_, this->lengths_);
  for (int s = 0; s < text_shards_; ++s) {
    const auto& rows = shard(s).text_rows = shard(s).rows;
    MatrixX<S>& state = shard(s).state;
    if (std::all_of(rows.begin(), rows.end(), [&](Index row) { return states(size, row) == 1; })) {
      state.resize(size, static_cast<Index>(rows.size()));
      for (Index n = 0; n < state.cols(); ++n)
        state.col(n) = states.col(rows[static_cast<std::size_t>(n)]).head(size);
    } else {
      state.resize(0, 0);
    }
  }
  text_ = &text;
  next_ = i;
}

}  // namespace recur::inline RECUR_ABI

#define RECUR_COMPILED_TRAINER(S) template class detail::trainer::TrainerBase<S>;
