// Many to many: an output at every step of a sequence.
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "recur/architecture/ctc_decode.hpp"
#include "recur/architecture/labelled_sequences.hpp"
#include "recur/layer/layer.hpp"
#include "recur/recurrence/state.hpp"

namespace recur::inline RECUR_ABI {

/// y_t = body(x_1, ..., x_t). If the body also reads backward, y_t depends on all of x. Examples are tags of
/// words, frames of a signal, the next token of a text.
///
///   ManyToMany tagger{Sequential{Embedding<float>{words, 64}, Recurrent{Lstm<float>{64, 128}},
///                                Dense<float>{128, tags}},
///                     EachStep{SoftmaxCrossEntropy{}}};
///
/// x: I × N ragged, y: C × N in the layout of x. A body that makes fewer steps, such as one with a Conv1d of stride 2, gives
/// y those: output_length(model.body, T) of T steps, and EachStep takes as many targets. The last layer of the body is the
/// head, which makes the output at each step. The loss is one for sequences: EachStep, CtcLoss, or LinearChainCrf. The scores
/// of a LinearChainCrf are parameters of the model. With EachStep, a step with the label ignored_label has no loss
/// (core/label.hpp). Throws std::invalid_argument if the loss does not fit the C
/// outputs of the body.
///
/// A text that is too long for one batch is cut into several (truncated backpropagation through time:
/// Williams and Peng 1990). Each batch begins with the final state of the one before. The gradient stops
/// between them:
///
///   trainer.step(batch);
///   batch.initial = model.final_state(trainer.tape());      // then fill batch.x and batch.targets
///   batch.initial.col(b) = start_state(model.body);          // if another text begins in sample b
template <class Body, class Loss>
class ManyToMany : public LabelledSequences<typename detail::PartOf<Body>::InputScalar, Loss> {
  using Data = LabelledSequences<typename detail::PartOf<Body>::InputScalar, Loss>;
  static constexpr bool loss_learns = requires(Name at, int f, Loss loss) { Loss::visit(at, f, loss); };

 public:
  using Scalar = typename Body::Scalar;
  using typename Data::Example, typename Data::Input, typename Data::InputScalar;

  static_assert(detail::are_layers<Body>());
  static_assert(
      requires { typename Loss::Workspace; },
      "the loss of ManyToMany is for sequences: write EachStep{SoftmaxCrossEntropy{}}, CtcLoss or "
      "LinearChainCrf");
  static_assert(
      detail::takes_outputs_of<Loss, Scalar>(),
      "loss and network must compute in one scalar: a network of double takes SquaredError<double>{}, one of "
      "float SquaredError<float>{} or SquaredError{}; the same holds for all losses");

  struct Batch : Data::Batch {
    MatrixX<Scalar>
        initial;  ///< initial state of the body, Z × B (recurrence/state.hpp); empty: its start state
  };

  Body body;
  Loss criterion;  ///< the loss

  ManyToMany(Body b, Loss l) : body(std::move(b)), criterion(std::move(l)) { check_criterion(); }

  Index input_size() const { return body.input_size(); }
  /// C, or any_size if the body has no fixed size.
  Index output_size() const { return body.output_size(); }

  struct Tape {
    typename Body::Tape body;
    Sequence<Scalar> d_logits;
    typename Loss::Workspace workspace;
    std::optional<Loss> d_criterion;  // for a loss with parameters
  };

  RECUR_COLD std::string describe() const { return detail::list("ManyToMany", {body}); }
  void initialize(Random& random, Scheme scheme) {
    body.initialize(random, scheme);
    if constexpr (loss_learns) criterion.initialize(random, scheme);
  }

  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    Body::visit(at / "body", f, self.body...);
    if constexpr (loss_learns) Loss::visit(at / "criterion", f, self.criterion...);
  }

  /// Like that of LabelledSequences. The batch begins in the body's start state.
  static void assemble(std::span<const Example> examples, std::span<const Index> rows, Batch& batch) {
    Data::assemble(examples, rows, batch);
    batch.initial.resize(0, 0);
  }

  /// Checks that the model can be trained and measured on an example: it must have at least one step, a
  /// number of steps, features and tokens that the body takes, finite values, and targets that the loss takes.
  /// Otherwise it throws what these throw.
  void check(const Example& example) const {
    const Index steps = Data::check_input_of(example, body);
    if constexpr (requires { criterion.check(example.target, Index{}, Index{}); })
      if (output_size() != any_size) criterion.check(example.target, steps, output_size());
  }

  /// The divisor of the loss. If a batch is cut into shards, each is divided by the weight of the whole
  /// batch. Throws std::invalid_argument if the loss does not fit C outputs.
  double weight(const Batch& batch) const {
    check_criterion();
    return criterion.weight(batch.targets);
  }

  /// The number that divides the loss of a batch of weight `total`: 1 if the loss is a sum over the samples.
  double divisor(double total) const {
    if constexpr (requires { criterion.divisor(total); })
      return criterion.divisor(total);
    else
      return total;
  }

  /// The values before the loss's output function, C × N, from the given initial state. Throws what the body
  /// throws.
  const Sequence<Scalar>& logits(const Sequence<InputScalar>& x, Tape& tape, Pass pass = predicting,
                                 const MatrixX<Scalar>& initial = {}) const {
    return detail::forward_from(body, x, tape.body, pass, initial);
  }

  /// The state of the body after the last pass on the tape, Z × B, for the batch that goes on (see
  /// get_carried_state).
  MatrixX<Scalar> final_state(const Tape& tape) const {
    MatrixX<Scalar> state;
    detail::get_carried_state(body, tape.body, state);
    return state;
  }

  /// The loss of a batch, as its share of a whole of weight `total`. Throws what `logits` and the loss throw,
  /// such as std::out_of_range for a label that is not in 0, ..., C - 1.
  double loss(const Batch& batch, Tape& tape, Pass pass, double total) const {
    const auto& a = logits(batch.x, tape, pass, batch.initial);
    if constexpr (loss_learns) {
      tape.d_criterion = criterion;
      for_each_parameter([](const Name&, auto& p) { p.setZero(); }, *tape.d_criterion);
      return criterion(a, batch.targets, total, tape.d_logits, *tape.d_criterion, tape.workspace);
    } else {
      return criterion(a, batch.targets, total, tape.d_logits, tape.workspace);
    }
  }
  double loss(const Batch& batch, Tape& tape, Pass pass = predicting) const {
    return loss(batch, tape, pass, weight(batch));
  }

  /// Call it after `loss` of the same batch on the same tape with a recording pass. It adds the gradient to
  /// `gradient`. Throws std::invalid_argument for another batch or tape, and for a gradient of other sizes.
  void backward(const Batch& batch, Tape& tape, ManyToMany& gradient) const {
    check_parameters(*this, gradient);
    if constexpr (loss_learns) {
      require(tape.d_criterion.has_value(), *this, " was asked for a gradient with a tape without a loss");
      check_sizes(criterion, *tape.d_criterion);
    }
    body.backward(batch.x, tape.d_logits, tape.body, gradient.body, false);
    if constexpr (loss_learns)
      for_each_parameter([](const Name&, auto& sum, const auto& term) { sum += term; }, gradient.criterion,
                         *tape.d_criterion);
  }

  /// The output for users at each step, C × N: probabilities for softmax and sigmoid, values for squared
  /// error, scores for a field. Throws what `logits` throws, and std::invalid_argument if all weights are zero,
  /// as before `initialize`.
  Sequence<Scalar> predict(const Sequence<InputScalar>& x, Tape& tape) const {
    detail::check_has_learned(*this);
    Sequence<Scalar> y = logits(x, tape);
    show(y.values());
    return y;
  }
  Sequence<Scalar> predict(const Sequence<InputScalar>& x) const {
    Tape tape;
    return predict(x, tape);
  }
  /// The same of one sample, C × its length.
  MatrixX<Scalar> predict(const Input& sample) const {
    return predict(Sequence<InputScalar>({sample})).sample(0);
  }

  /// The most likely labels of each sample in the user's order. They are those of every step; for a field,
  /// those of the whole sequence; for CTC, those of the most likely path. Throws what `logits` throws, and
  /// std::invalid_argument for a score that is not a number and if all weights are zero. It is for a loss of labels.
  std::vector<std::vector<int>> labels(const Sequence<InputScalar>& x, Tape& tape) const {
    static_assert(
        std::same_as<typename Loss::Target, std::vector<int>>,
        "labels are for a loss of labels, such as EachStep{SoftmaxCrossEntropy{}}: a model with another loss "
        "has predict");
    detail::check_has_learned(*this);
    const auto& a = logits(x, tape);
    std::vector<std::vector<int>> found(static_cast<std::size_t>(a.batch()));
    if constexpr (requires { criterion.viterbi(a); }) {
      auto best = criterion.viterbi(a);
      for (std::size_t b = 0; b < found.size(); ++b) found[b] = std::move(best[b].labels);
    } else if constexpr (requires { criterion.blank; }) {
      found = ctc_greedy(a, criterion.blank);
    } else {
      const Layout& layout = a.layout();
      for (Index n = 0; n < layout.batch(); ++n)
        for (Index t = 0; t < layout.length(n); ++t) {
          const auto scores = a.values().col(layout.offset(t) + n);
          require(!scores.hasNaN(), "a score of step ", t, " is not a number");
          Index label = 0;
          scores.maxCoeff(&label);
          found[static_cast<std::size_t>(layout.user_index(n))].push_back(static_cast<int>(label));
        }
    }
    return found;
  }
  std::vector<std::vector<int>> labels(const Sequence<InputScalar>& x) const {
    Tape tape;
    return labels(x, tape);
  }

  /// One sample, one step at a time, without allocating. A stream is a value: a copy is a branch that
  /// continues on its own. recur::get_state and set_state of model.body and stream.body save and restore it.
  /// stream() throws std::invalid_argument if all weights are zero, as before `initialize`.
  struct Stream {
    typename StreamOf<Body>::type body;
    VectorX<InputScalar> x;
    VectorX<Scalar> y;
  };
  Stream stream() const requires Streamable<Body> {
    detail::check_has_learned(*this);
    return {body.stream(), VectorX<InputScalar>::Zero(1),
            VectorX<Scalar>::Zero(output_size() == any_size ? 0 : output_size())};
  }
  void stream() const requires(!Streamable<Body>) { static_assert(detail::are_streamable<Body>()); }
  /// Starts again, without allocating. Use it for the next signal, and after a step that was not finite, since
  /// the network would remember that step. Throws std::invalid_argument for a stream of another model.
  void reset(Stream& stream) const requires Streamable<Body> {
    detail::check_reset(body, stream.body);
    recur::reset(body, stream.body);
  }
  /// x: I. Returns the logits of the step, C, for a Sampler or a beam search. Throws std::invalid_argument
  /// for another size of x or a stream of another model, and std::out_of_range for a token without a vector.
  const VectorX<Scalar>& step_logits(const StepInput<InputScalar>& x,
                                     Stream& stream) const requires Streamable<Body> {
    return body.step(x, stream.body);
  }
  /// The output for users instead of logits.
  const VectorX<Scalar>& predict_step(const StepInput<InputScalar>& x,
                                      Stream& stream) const requires Streamable<Body> {
    stream.y = step_logits(x, stream);
    show(stream.y);
    return stream.y;
  }
  /// For an input of one feature or token at each step. They throw std::invalid_argument if the model takes
  /// more.
  const VectorX<Scalar>& step_logits(InputScalar x, Stream& stream) const requires Streamable<Body> {
    return step_logits(single(x, stream), stream);
  }
  const VectorX<Scalar>& predict_step(InputScalar x, Stream& stream) const requires Streamable<Body> {
    return predict_step(single(x, stream), stream);
  }

 private:
  void check_sizes(const Loss& own, const Loss& other) const {
    for_each_parameter(
        [&](const Name& name, const auto& p, const auto& q) {
          require(p.rows() == q.rows() && p.cols() == q.cols(), *this, " has a criterion.", name.str(),
                  " of ", p.rows(), " x ", p.cols(), ": the loss on this tape had ", q.rows(), " x ",
                  q.cols());
        },
        own, other);
  }
  static void show(auto&& logits) {
    if constexpr (requires { Loss::output(logits); }) Loss::output(logits);
  }
  const VectorX<InputScalar>& single(InputScalar x, Stream& stream) const {
    require(input_size() == 1 || input_size() == any_size, *this,
            " was given a step of one number: it takes ", input_size(), " features");
    stream.x.setConstant(1, x);
    return stream.x;
  }
  /// The loss is public, so the user may have given it other weights.
  void check_criterion() const {
    if constexpr (requires { criterion.check(Index{}); })
      if (output_size() != any_size) criterion.check(output_size());
  }
};

template <class B, class L>
ManyToMany(B, L) -> ManyToMany<B, detail::LossOf<L, B>>;

}  // namespace recur::inline RECUR_ABI
