// Training from the first epoch to the last:
//
//   initialize(model, 1);
//   Optimizer optimizer(model, Adam{.rate = 1e-3});
//   FitReport report = fit(model, optimizer, training, validation,      // vectors of Model::Example
//                          {.epochs = 20, .batch_size = 32, .threads = 2, .clip_norm = 5,
//                           .schedule = CosineDecay{.rate = 1e-3, .over = 20},
//                           .patience = 3,
//                           .metric = Accuracy{},
//                           .show_progress = true});
//
// The model ends with the weights of its best epoch: the one with the highest metric or, without a metric,
// with the lowest loss on the validation examples. Without metric and validation examples, or before the
// first such epoch, it ends with the weights of the last step. The same holds for any exception that ends the
// training.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "recur/core/checksum.hpp"
#include "recur/core/compiled.hpp"
#include "recur/core/error.hpp"
#include "recur/core/random.hpp"
#include "recur/data/batching.hpp"
#include "recur/train/checkpoint.hpp"
#include "recur/train/evaluate.hpp"
#include "recur/train/fit_loop.hpp"
#include "recur/train/fit_options.hpp"
#include "recur/train/gradient_flow.hpp"
#include "recur/train/metrics.hpp"
#include "recur/train/trainer.hpp"

namespace recur::inline RECUR_ABI {

namespace detail::fitting {

/// Throws the present exception again. If it says that the data is wrong, its message then begins with the place.
[[noreturn]] RECUR_COLD RECUR_INLINE void throw_with_place(const std::string& place);
/// The same for example n of `of` training or validation examples.
[[noreturn]] RECUR_COLD RECUR_INLINE void throw_with_place(const char* what, std::size_t n, std::size_t of);
/// The indices first, first + 1, ..., `count` of them.
RECUR_INLINE std::vector<Index> count_up(std::size_t first, std::size_t count);
#if RECUR_DEFINES
RECUR_INLINE void throw_with_place(const std::string& place) {
  try {
    throw;
  } catch (const std::out_of_range& error) {
    throw std::out_of_range(detail::message(place, ": ", error.what()));
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(detail::message(place, ": ", error.what()));
  }
}
RECUR_INLINE void throw_with_place(const char* what, std::size_t n, std::size_t of) {
  throw_with_place(detail::message(what, " example ", n, " of ", of, ", counted from 0"));
}
RECUR_INLINE std::vector<Index> count_up(std::size_t first, std::size_t count) {
  std::vector<Index> indices(count);
  std::iota(indices.begin(), indices.end(), static_cast<Index>(first));
  return indices;
}
#endif

/// Throws if the model can't take an example, or if no target of any example counts. The message names the place in
/// `what`.
template <Trainable Model>
RECUR_COLD void check_examples(const Model& model, std::span<const typename Model::Example> examples,
                               const char* what) {
  if constexpr (requires { model.check(examples[0]); }) {
    std::size_t n = 0;
    try {
      for (; n < examples.size(); ++n) model.check(examples[n]);
    } catch (const std::logic_error&) {
      throw_with_place(what, n, examples.size());
    }
  }
  constexpr std::size_t at_once = 64;
  typename Model::Batch batch;
  for (std::size_t first = 0; first < examples.size(); first += at_once) {
    model.assemble(examples, count_up(first, std::min(at_once, examples.size() - first)), batch);
    if (model.weight(batch) > 0) return;  // mostly after the first few examples
  }
  require(examples.empty(), "the targets of all ", examples.size(), " ", what,
          " examples are ignored: at least one must count");
}

/// What a task knows of its model by its parameters alone. It is compiled once for each scalar.
template <class S>
class ParametersTask : public Task {
 public:
  double rate() const override { return optimizer_.rate(); }
  void set_rate(double rate) override { optimizer_.set_rate(rate); }
  RECUR_COLD std::string first_non_finite() const override;
  RECUR_COLD void keep() override;
  RECUR_COLD void restore() override;
  RECUR_COLD void list(RunState& run, bool kept, const SavedRun* from) override;
  RECUR_COLD void go_on(std::uint64_t steps, Index batch) override;

 protected:
  ParametersTask(Parameters<S> parameters, Optimizer<S>& optimizer);
  ~ParametersTask();

  /// Finds the parameters of the model again: a callback may have assigned it.
  virtual void rebind(Parameters<S>& parameters) const = 0;

  Optimizer<S>& optimizer_;

 private:
  const Parameters<S>& parameters() const;

  mutable Parameters<S> parameters_;
  VectorX<S> best_;                        // numbers of all parameters
  double optimizer_steps_ = 0, rate_ = 0;  // in a checkpoint
  VectorX<double> factors_;

  std::span<const double> factors() const;
};

#if RECUR_DEFINES
template <class S>
ParametersTask<S>::ParametersTask(Parameters<S> parameters, Optimizer<S>& optimizer)
    : optimizer_(optimizer), parameters_(std::move(parameters)) {}

template <class S>
ParametersTask<S>::~ParametersTask() = default;

template <class S>
const Parameters<S>& ParametersTask<S>::parameters() const {
  rebind(parameters_);
  return parameters_;
}

template <class S>
std::span<const double> ParametersTask<S>::factors() const {
  return {factors_.data(), static_cast<std::size_t>(factors_.size())};
}

template <class S>
std::string ParametersTask<S>::first_non_finite() const {
  return recur::first_non_finite(parameters());
}

template <class S>
void ParametersTask<S>::keep() {
  copy_values(parameters(), best_);  // allocates only the first time: a lack of memory loses nothing
}

template <class S>
void ParametersTask<S>::restore() {
  try {
    rebind(parameters_);
  } catch (const std::invalid_argument&) {
    return;  // a callback has given the model other sizes, and the weights that were kept don't fit
  }
  set_values(parameters_, best_);
}

template <class S>
void ParametersTask<S>::list(RunState& run, bool kept, const SavedRun* from) {
  for (const auto& p : parameters()) run.add("model." + p.name, p);
  for (const auto& p : Parameters<S>(optimizer_)) run.add("optimizer." + p.name, p);
  optimizer_steps_ = static_cast<double>(optimizer_.steps);
  rate_ = optimizer_.rate();
  factors_ = Eigen::Map<const VectorX<double>>(optimizer_.rate_factors().data(),
                                               static_cast<Index>(parameters_.size()));
  RunState numbers;
  numbers.add("optimizer.steps", optimizer_steps_);
  numbers.add("optimizer.rate", rate_);
  numbers.add("optimizer.rate_factors", parameter_of(factors_));
  if (from) {  // what go_on would refuse, before anything is changed
    from->read(numbers, false);
    std::int64_t steps = 0;
    take_number("optimizer.steps", optimizer_steps_, steps);
    try {
      optimizer_.check_rates(rate_, factors());
    } catch (const std::invalid_argument& error) {
      throw FileError(message("the checkpoint's rates are refused: ", error.what()));
    }
  }
  for (const auto& p : numbers.doubles) run.add(p.name, p);
  if (!kept) return;
  if (from) best_.resize(count_parameters(parameters_));
  S* at = best_.data();
  for (const auto& p : parameters_) {
    run.add("best." + p.name, {at, p.rows, p.columns, p.is_vector, p.is_row_major, nullptr});
    at += p.size();
  }
}

template <class S>
void ParametersTask<S>::go_on(std::uint64_t, Index) {
  optimizer_.set_rates(rate_, factors());
  optimizer_.steps = static_cast<std::int64_t>(optimizer_steps_);
}
#endif

/// Checksums of data, in their order. It takes nothing of a type that it does not know.
struct DataChecksum {
  std::uint64_t whole = 0, real = 0;

  template <class T>
  void add(const T& x) {
    if constexpr (std::is_arithmetic_v<T>) {
      add(&x, 1);
    } else if constexpr (requires {
                           x.input;
                           x.target;
                         }) {
      add(x.input);
      add(x.target);
    } else if constexpr (requires {
                           x.input();
                           x.target();
                         }) {
      add(x.input());
      add(x.target());
    } else if constexpr (requires {
                           x.rows();
                           x.cols();
                           x.data();
                         }) {
      add(x.rows());
      add(x.cols());
      add(x.data(), x.size());
    } else if constexpr (requires {
                           x.begin();
                           x.end();
                           x.size();
                         }) {
      add(x.size());
      if constexpr (requires { requires std::is_arithmetic_v<std::remove_cvref_t<decltype(*x.data())>>; })
        add(x.data(), static_cast<Index>(x.size()));
      else
        for (const auto& one : x) add(one);
    }
  }

 private:
  template <class T>
  void add(const T* from, Index count) {
    std::uint64_t& sum = std::is_floating_point_v<T> ? real : whole;
    sum = checksum({reinterpret_cast<const char*>(from), sizeof(T) * static_cast<std::size_t>(count)}, sum);
  }
};

template <Trainable Model>
DataFacts facts_of(std::span<const typename Model::Example> examples) {
  DataFacts facts{.examples = static_cast<double>(examples.size())};
  DataChecksum sums;
  for (const auto& example : examples) {
    facts.steps += static_cast<double>(Model::length(example));
    sums.add(example);
  }
  facts.checksum = short_checksum(sums.whole);
  facts.reals = short_checksum(sums.real);
  return facts;
}
RECUR_INLINE DataFacts facts_of(const LongText& text);
#if RECUR_DEFINES
RECUR_INLINE DataFacts facts_of(const LongText& text) {
  DataChecksum sums;
  sums.add(text.steps(0));  // where a batch ends
  sums.add(text.tokens());
  return {.examples = static_cast<double>(text.rows()),
          .steps = static_cast<double>(text.tokens().size()),
          .checksum = short_checksum(sums.whole)};
}
#endif

/// What the tasks of a model have in common, whatever they train it on.
template <Trainable Model>
class TaskOf : public ParametersTask<typename Model::Scalar> {
  using S = typename Model::Scalar;
  using Base = ParametersTask<S>;

 public:
  StepResult update() override { return trainer_.update(); }
  RECUR_COLD void go_on(std::uint64_t steps, Index batch) override {
    Base::go_on(steps, batch);
    trainer_.set_steps(steps);
  }

 protected:
  RECUR_COLD TaskOf(Model& model, Optimizer<S>& optimizer, const FitOptions& options)
      : Base(Parameters<S>(model), optimizer),
        model_(model),
        evaluation_{options.batch_size, options.threads, options.ranks},
        trainer_(model, optimizer, options.trainer()) {
    if (options.on_gradient) trainer_.on_gradient = options.on_gradient;
  }

  void rebind(Parameters<S>& parameters) const override { parameters.rebind(model_); }

  Model& model_;
  EvaluateOptions evaluation_;
  Trainer<Model> trainer_;
};

/// Training on examples.
template <Trainable Model>
class ExamplesTask : public TaskOf<Model> {
 protected:
  using Examples = std::span<const typename Model::Example>;

 public:
  RECUR_COLD ExamplesTask(Model& model, Optimizer<typename Model::Scalar>& optimizer, Examples training,
                          Examples validation, const FitOptions& options)
      : TaskOf<Model>(model, optimizer, options),
        training_(training),
        validation_(validation),
        batches_(lengths_of<Model>(training), options.batch_size, options.window) {
    ranks::check_same(options.ranks, static_cast<Index>(training.size()), "another number of examples",
                      "each rank is given all examples, in the same order");
    require(metrics::Countable<Model> || !options.metric.takes_answers(), "the metric ",
            options.metric.name(), " counts labels of samples or steps, which this model does not give");
  }

  RECUR_COLD Index arrange(const Random& order) override {
    batches_.shuffle(order);
    return batches_.size();
  }
  Index samples(Index batch) const override { return static_cast<Index>(batches_[batch].size()); }
  void add(Index batch) override { this->trainer_.add(training_, batches_[batch]); }
  RECUR_COLD std::array<DataFacts, 2> data_facts() const override {
    return {facts_of<Model>(training_), facts_of<Model>(validation_)};
  }
  RECUR_COLD GradientReach gradient_reach() const override {
    // No more than a batch: memory may hold no more.
    const Examples some = training_.first(std::min(
        {Task::looked_at, training_.size(), static_cast<std::size_t>(this->evaluation_.batch_size)}));
    typename Model::Batch batch;
    this->model_.assemble(some, count_up(0, some.size()), batch);
    return recur::gradient_reach<Model>(this->model_, batch);
  }
  bool has_validation() const override { return !validation_.empty(); }
  RECUR_COLD double validation_loss() const override {
    return evaluate(std::as_const(this->model_), validation_, this->evaluation_);
  }
  RECUR_COLD Answers validation_answers() const override {
    if constexpr (metrics::Countable<Model>)
      return count_answers(std::as_const(this->model_), validation_, this->evaluation_);
    else
      return {};
  }

 protected:
  Examples training_, validation_;
  Batching batches_;
};

/// Training on examples that are drawn again for each epoch.
template <Trainable Model, class Draw>
class DrawnTask final : public ExamplesTask<Model> {
 public:
  DrawnTask(Model& model, Optimizer<typename Model::Scalar>& optimizer, Draw& draw,
            typename ExamplesTask<Model>::Examples validation, const FitOptions& options)
      : ExamplesTask<Model>(model, optimizer, {}, validation, options), draw_(draw), options_(options) {}

  Index arrange(const Random& order) override {
    drawn_ = draw_(order.split(0));
    ranks::check_same(options_.ranks, std::ssize(drawn_), "another number of drawn examples",
                      "draw must depend on its Random alone");
    require(!drawn_.empty(), "no training examples were drawn for an epoch: fit needs at least one");
    check_examples<Model>(this->model_, drawn_, "training");
    this->training_ = drawn_;
    this->batches_ = Batching(lengths_of<Model>(this->training_), options_.batch_size, options_.window);
    return ExamplesTask<Model>::arrange(order);
  }
  std::array<DataFacts, 2> data_facts() const override {  // the training examples differ from epoch to epoch
    return {DataFacts{}, facts_of<Model>(this->validation_)};
  }

 private:
  Draw& draw_;
  const FitOptions& options_;
  std::vector<typename Model::Example> drawn_;
};

/// Training on a long text.
template <ReadsLongTexts Model>
class LongTextTask final : public TaskOf<Model> {
 public:
  LongTextTask(Model& model, Optimizer<typename Model::Scalar>& optimizer, const LongText& training,
               const LongText* validation, const FitOptions& options)
      : TaskOf<Model>(model, optimizer, options),
        training_(training),
        validation_(validation),
        ranks_(options.ranks) {
    require(!options.metric.takes_answers(), "the metric ", options.metric.name(),
            " counts the answers to examples: a long text has none");
  }

  Index arrange(const Random&) override { return training_.batches(); }  // in the order of the text
  Index samples(Index batch) const override { return training_.rows() * training_.steps(batch); }
  void add(Index batch) override {
    this->trainer_.add(training_, batch);
    next_ = batch + 1;
  }
  std::array<DataFacts, 2> data_facts() const override {
    return {facts_of(training_), validation_ ? facts_of(*validation_) : DataFacts{}};
  }
  void list(RunState& run, bool kept, const SavedRun* from) override {
    TaskOf<Model>::list(run, kept, from);
    if (from) {
      const auto [rows, columns] = from->size_of("text.states");
      if (columns != training_.rows()) return states_.resize(0, 0);  // not there, or refused as unknown
      if constexpr (requires { state_size(this->model_.body); })
        if (const Index size = state_size(this->model_.body);
            rows != size + 1 && rows != 1)  // 1: all begin anew
          throw FileError(message("the checkpoint's text.states have ", rows, " rows, expected ", size + 1));
      states_.resize(rows, columns);
    } else if (next_ > 0 && next_ < training_.batches()) {
      states_ = this->trainer_.text_states();
      if (ranks_) ranks::join_columns(*ranks_, states_, training_.rows());
    } else {
      states_.resize(0, 0);  // an epoch begins in the start state
    }
    if (states_.size() > 0) run.add("text.states", parameter_of(states_));
  }
  void go_on(std::uint64_t steps, Index batch) override {
    TaskOf<Model>::go_on(steps, batch);
    if (batch >= training_.batches()) return;  // only the measurement is left
    if (states_.size() > 0) this->trainer_.set_text_states(training_, batch, states_);
    next_ = batch;
  }
  GradientReach gradient_reach() const override {
    typename Model::Batch batch;
    training_.fill(0, count_up(0, std::min(Task::looked_at, static_cast<std::size_t>(training_.rows()))),
                   batch);
    return recur::gradient_reach<Model>(this->model_, batch);
  }
  bool has_validation() const override { return validation_ != nullptr; }
  double validation_loss() const override {
    return evaluate(std::as_const(this->model_), *validation_, this->evaluation_);
  }
  Answers validation_answers() const override { return {}; }

 private:
  const LongText& training_;
  const LongText* validation_;
  Ranks* ranks_;
  Index next_ = 0;                          // after the batch that was added last
  MatrixX<typename Model::Scalar> states_;  // in a checkpoint
};

/// Throws if the model can't take a token of the text, or predict it.
template <ReadsLongTexts Model>
void check_text(const Model& model, const LongText& text, const char* what) {
  const auto begin = text.tokens().begin(),
             end = text.tokens().end() - 1;      // the last token has none to predict
  const std::ptrdiff_t at_once = text.steps(0);  // as many as the model reads in one batch
  typename Model::Example part;
  try {
    for (auto from = begin; from < end; from += std::min(at_once, end - from)) {
      const auto to = from + std::min(at_once, end - from);
      part.input.assign(from, to);
      part.target.assign(from + 1, to + 1);
      model.check(part);
    }
  } catch (const std::logic_error&) {
    throw_with_place(what);
  }
}

template <ReadsLongTexts Model>
FitReport fit_text(Model& model, Optimizer<typename Model::Scalar>& optimizer, const LongText& training,
                   const LongText* validation, const FitOptions& options) {
  check(options, true, validation != nullptr);
  check_text(model, training, "the training text");
  if (validation) {
    check_text(model, *validation, "the validation text");
    ranks::check_same(options.ranks, options.threads, "another number of threads",
                      "evaluate a long text with the same on all ranks");
  }
  LongTextTask<Model> task(model, optimizer, training, validation, options);
  return run(task, options);
}

}  // namespace detail::fitting

/// Trains a model on all examples of `training`, epochs times.
///
/// Each epoch draws the examples in a new order, in batches of similar lengths (see Batching). The threads
/// share each batch (see Trainer). With `accumulate`, the last step of an epoch may have fewer batches. The
/// same options give bit-identical weights on one machine. Two calls in a row also give the same weights: the second
/// has the order and the noise (dropout) of the first. In a loop of calls, each needs a seed of its own:
/// {.epochs = 1, .seed = e}.
///
/// Throws std::invalid_argument, before it changes anything: for options that are not legal, if there are no
/// training examples, if the targets of all training or of all validation examples are ignored, if all weights of the
/// model are zero, for an optimizer of a model of other sizes, and for an example that the model can't take. The message
/// has the example's index. A token or label out of range throws std::out_of_range instead. With ranks, throws
/// std::invalid_argument on all of them if their weights, optimizers, numbers of examples or options are not the same.
///
/// Throws NonFinite in three cases. If the loss or a gradient is not finite, the message has epoch and step,
/// and the weights are those from before that step. If the loss on the validation examples is not finite, it
/// has the epoch. It also throws if a weight is not finite after the last step of an epoch or of the
/// training. Exceptions of a metric, a callback or a schedule go to the caller. After any of these the model
/// has the weights of its best epoch, if there was one; the optimizer stays as the last step left it.
///
/// With `checkpoint`, throws FileError if the first checkpoint can't be kept, if no checkpoint is whole, or if they belong
/// to another model. Throws std::invalid_argument if the one to go on from is of a run with other data or options. Model and
/// optimizer are then as they were.
template <Trainable Model>
RECUR_COLD FitReport fit(Model& model, Optimizer<typename Model::Scalar>& optimizer,
                         std::span<const typename Model::Example> training,
                         std::span<const typename Model::Example> validation, const FitOptions& options) {
  detail::fitting::check(options, !training.empty(), !validation.empty());
  detail::fitting::check_examples(model, training, "training");
  detail::fitting::check_examples(model, validation, "validation");
  detail::fitting::ExamplesTask<Model> task(model, optimizer, training, validation, options);
  return detail::fitting::run(task, options);
}

/// The same without validation examples.
template <Trainable Model>
FitReport fit(Model& model, Optimizer<typename Model::Scalar>& optimizer,
              std::span<const typename Model::Example> training, const FitOptions& options = {}) {
  return fit(model, optimizer, training, {}, options);
}

/// The same with validation examples and default options.
template <Trainable Model, std::convertible_to<std::span<const typename Model::Example>> Examples>
FitReport fit(Model& model, Optimizer<typename Model::Scalar>& optimizer,
              std::span<const typename Model::Example> training, const Examples& validation) {
  return fit(model, optimizer, training, validation, FitOptions{});
}

namespace detail {
template <class S, class Model>
concept OtherScalar = std::floating_point<S> && !std::same_as<S, typename Model::Scalar>;
}  // namespace detail

/// Refuses an optimizer of another scalar.
template <Trainable Model, detail::OtherScalar<Model> S, class Examples>
void fit(Model&, Optimizer<S>&, const Examples&, const FitOptions& = {}) {
  static_assert(std::same_as<S, typename Model::Scalar>,
                "model and optimizer must compute in one scalar, both in float or both in double");
}
template <Trainable Model, detail::OtherScalar<Model> S, class Examples, class Validation>
void fit(Model& model, Optimizer<S>& optimizer, const Examples& examples, const Validation&,
         const FitOptions& = {}) {
  fit(model, optimizer, examples);
}

/// The same with training examples that are drawn again for each epoch, for example with other noise or cut at other
/// places. draw(Random) returns a vector of Model::Example. What it gets follows from the seed and the epoch, so the
/// same options give the same examples.
///
///   fit(model, optimizer, [&](Random random) { return noisy(recordings, random); }, validation, options);
///
/// Each epoch's examples are checked before it begins. So a wrong one throws then, and the model has the weights of its
/// best epoch, if there was one.
template <Trainable Model, std::invocable<Random> Draw>
FitReport fit(Model& model, Optimizer<typename Model::Scalar>& optimizer, Draw&& draw,
              std::span<const typename Model::Example> validation = {}, const FitOptions& options = {}) {
  detail::fitting::check(options, true, !validation.empty());
  detail::fitting::check_examples(model, validation, "validation");
  detail::fitting::DrawnTask<Model, std::remove_reference_t<Draw>> task(model, optimizer, draw, validation,
                                                                        options);
  return detail::fitting::run(task, options);
}

/// Trains a model on a long text, with truncated backpropagation through time. Each epoch reads the text once
/// from its beginning. The rows carry their states from batch to batch, and the threads share the rows. With
/// `accumulate`, gradients of successive batches make one update. The text has its own batches, so batch_size
/// and window mean nothing here; samples_per_second counts tokens. With another text for validation, the model
/// ends with the weights of the epoch with the lowest loss on it. Throws as `fit` on examples.
template <ReadsLongTexts Model>
FitReport fit(Model& model, Optimizer<typename Model::Scalar>& optimizer, const LongText& training,
              const LongText& validation, const FitOptions& options = {}) {
  return detail::fitting::fit_text(model, optimizer, training, &validation, options);
}
/// The same without a validation text.
template <ReadsLongTexts Model>
FitReport fit(Model& model, Optimizer<typename Model::Scalar>& optimizer, const LongText& training,
              const FitOptions& options = {}) {
  return detail::fitting::fit_text(model, optimizer, training, nullptr, options);
}

}  // namespace recur::inline RECUR_ABI

#define RECUR_COMPILED_FIT(S) template class detail::fitting::ParametersTask<S>;
