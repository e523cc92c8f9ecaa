// Many to one: a sequence in, one output for it.
#pragma once

#include <algorithm>
#include <concepts>
#include <string>
#include <utility>

#include "recur/architecture/labelled_sequences.hpp"
#include "recur/layer/layer.hpp"
#include "recur/layer/pool.hpp"

namespace recur::inline RECUR_ABI {

namespace detail {

/// Throws std::invalid_argument unless the head takes what the body gives, and the pooling fits the body.
RECUR_COLD RECUR_INLINE void check_body_and_head(Piece body, Index gives, Piece head, Index takes,
                                                 Pooling pooling, bool ends_backward, bool joins_directions);
#if RECUR_DEFINES
RECUR_INLINE void check_body_and_head(Piece body, Index gives, Piece head, Index takes, Pooling pooling,
                                      bool ends_backward, bool joins_directions) {
  require(takes == any_size || gives == any_size || takes == gives, "the head, ", head, ", takes ", takes,
          " features, but the body, ", body, ", gives ", gives, ": they must be equal");
  require(pooling != Pooling::last || !ends_backward, "the body, ", body,
          ", reads backward, so at the last step its reverse direction has read that step only: take "
          "Pooling::ends for both directions, mean or max instead of last");
  require(pooling != Pooling::ends || joins_directions, "the body, ", body,
          ", does not give two directions one above the other, as Bidirectional with Merge::concatenate "
          "does: take Pooling::last, mean or max instead of ends");
}
#endif

}  // namespace detail

/// y = head(pool(body(x_1, ..., x_T))): a classifier or regressor of whole sequences (Graves, "Supervised
/// sequence labelling with recurrent neural networks", 2012, chapter 2: sequence classification).
///
///   ManyToOne model{Sequential{Embedding<float>{words, 64}, Recurrent{Lstm<float>{64, 128}}},
///                   Pooling::last, Dense<float>{128, 2}, SoftmaxCrossEntropy{}};
///
/// x: I × N ragged, y: C × B, a column for each sample in the user's order. Throws std::invalid_argument if
/// the sizes of body and head don't fit, or those of the loss, such as the number of its class weights. It also
/// throws for Pooling::last if the body ends with a layer that reads backward: its reverse direction has read one
/// step there. Pooling::ends takes both directions where they have read all. With Pooling::ends it throws unless the body
/// gives two directions one above the other, as a Bidirectional of Merge::concatenate does; Dropout or LayerNorm may follow.
template <class Body, class Head, class Loss>
class ManyToOne : public LabelledSequences<typename detail::PartOf<Body>::InputScalar, Loss> {
  using Data = LabelledSequences<typename detail::PartOf<Body>::InputScalar, Loss>;

 public:
  using Scalar = typename Body::Scalar;
  using typename Data::Batch, typename Data::Example, typename Data::Input, typename Data::InputScalar;

  static_assert(detail::are_layers<Body, Head>());
  static_assert(std::same_as<typename detail::PartOf<Head>::InputScalar, Scalar> &&
                    std::same_as<typename detail::PartOf<Head>::Scalar, Scalar>,
                "body and head must compute in one scalar, both in float or both in double");
  static_assert(
      !requires { typename Loss::Workspace; },
      "the loss of ManyToOne is for one answer: write SoftmaxCrossEntropy{}, without EachStep");
  static_assert(
      detail::takes_outputs_of<Loss, Scalar>(),
      "loss and network must compute in one scalar: a network of double takes SquaredError<double>{}, one of "
      "float SquaredError<float>{} or SquaredError{}; the same holds for all losses");

  Body body;
  Pool<Scalar> pool;
  Head head;
  Loss criterion;  ///< the loss

  RECUR_COLD ManyToOne(Body b, Pooling pooling, Head h, Loss l)
      : body(std::move(b)), pool(pooling), head(std::move(h)), criterion(std::move(l)) {
    detail::check_body_and_head(body, body.output_size(), head, head.input_size(), pooling,
                                detail::ends_backward(body), detail::joins_directions(body));
    check_criterion();
  }

  Index input_size() const { return body.input_size(); }
  /// C, or any_size if neither head nor body has a fixed size.
  Index output_size() const { return head.output_size() == any_size ? pooled_size() : head.output_size(); }

  struct Tape {
    typename Body::Tape body;
    typename Pool<Scalar>::Tape pool;
    typename Head::Tape head;
    Sequence<Scalar> d_logits;
  };

  RECUR_COLD std::string describe() const { return detail::list("ManyToOne", {body, pool, head}); }
  void initialize(Random& random, Scheme scheme) {
    body.initialize(random, scheme);
    head.initialize(random, scheme);
  }

  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    Body::visit(at / "body", f, self.body...);
    Head::visit(at / "head", f, self.head...);
  }

  /// Checks that the model can be trained and measured on an example: it must have at least one step, a
  /// number of steps, features and tokens that the body takes, finite values, and a target that the loss takes.
  /// Otherwise it throws what these throw.
  void check(const Example& example) const {
    Data::check_input_of(example, body);
    if constexpr (requires { criterion.check(example.target, Index{}); })
      if (output_size() != any_size) criterion.check(example.target, output_size());
  }

  /// The divisor of the loss. If a batch is cut into shards, each is divided by the weight of the whole
  /// batch. Throws std::invalid_argument if the loss does not fit C outputs.
  double weight(const Batch& batch) const {
    check_criterion();
    return criterion.weight(batch.targets);
  }

  /// The values before the loss's output function: C × B. Throws what body and head throw, such as
  /// std::invalid_argument for another number of features and std::out_of_range for a token without a vector.
  const Sequence<Scalar>& logits(const Sequence<InputScalar>& x, Tape& tape, Pass pass = predicting) const {
    return head.forward(pool.forward(body.forward(x, tape.body, pass), tape.pool, pass), tape.head, pass);
  }

  /// The loss of a batch, as its share of a whole of weight `total`. Throws what `logits` and the loss throw,
  /// such as std::out_of_range for a label that is not in 0, ..., C - 1.
  double loss(const Batch& batch, Tape& tape, Pass pass, double total) const {
    const auto& a = logits(batch.x, tape, pass);
    tape.d_logits.reshape(a.features(), a.layout());
    return criterion(a.values(), batch.targets, total, tape.d_logits.values());
  }
  double loss(const Batch& batch, Tape& tape, Pass pass = predicting) const {
    return loss(batch, tape, pass, weight(batch));
  }

  /// Call it after `loss` of the same batch on the same tape with a recording pass. It adds the gradient to
  /// `gradient`. Throws std::invalid_argument for another batch or tape, and for a gradient of other sizes.
  void backward(const Batch& batch, Tape& tape, ManyToOne& gradient) const {
    check_gradient(head, tape.head, tape.d_logits);
    check_tape(head, tape.pool.output(), tape.head);
    check_tape(pool, tape.body.output(), tape.pool);
    check_tape(body, batch.x, tape.body);
    check_parameters(*this, gradient);
    head.backward(tape.pool.output(), tape.d_logits, tape.head, gradient.head);
    pool.backward(tape.body.output(), tape.head.d_input(), tape.pool, gradient.pool);
    body.backward(batch.x, tape.pool.d_input(), tape.body, gradient.body, false);
  }

  /// The output for users for each sample, C × B: probabilities for softmax and sigmoid, values for squared
  /// error. Throws what `logits` throws, and std::invalid_argument if all weights are zero, as before
  /// `initialize`.
  MatrixX<Scalar> predict(const Sequence<InputScalar>& x, Tape& tape) const {
    detail::check_has_learned(*this);
    const auto& a = logits(x, tape);
    MatrixX<Scalar> y(a.features(), a.columns());
    std::copy_n(a.data(), y.size(), y.data());
    Loss::output(y);
    return y;
  }
  MatrixX<Scalar> predict(const Sequence<InputScalar>& x) const {
    Tape tape;
    return predict(x, tape);
  }
  /// The same of one sample, C numbers: model.predict(words.ids(text)).
  VectorX<Scalar> predict(const Input& sample) const {
    Sequence<InputScalar> x;
    x.assign(1, [&](Index) -> const Input& { return sample; });
    const MatrixX<Scalar> y = predict(x);
    VectorX<Scalar> only(y.rows());
    std::copy_n(y.data(), y.rows(), only.data());
    return only;
  }

  /// One sample, one step at a time. `predict_step` gives the prediction for the steps so far, and allocates nothing.
  /// stream() throws std::invalid_argument if all weights are zero, as before `initialize`.
  struct Stream {
    typename StreamOf<Body>::type body;
    typename Pool<Scalar>::Stream pool;
    typename StreamOf<Head>::type head;
    VectorX<InputScalar> x;
    VectorX<Scalar> y;
  };
  Stream stream() const {
    static_assert(detail::are_streamable<Body, Head>());
    detail::check_has_learned(*this);
    // The first step sets sizes that no layer knows.
    const auto known = [](Index size) { return size == any_size ? 0 : size; };
    return {body.stream(), pool.stream(known(pooled_size())), stream_for(head, pooled_size()),
            VectorX<InputScalar>::Zero(1), VectorX<Scalar>::Zero(known(output_size()))};
  }
  /// Starts again, without allocating. Use it for the next signal, and after a step that was not finite, since
  /// the network would remember that step. Throws std::invalid_argument for a stream of another model.
  void reset(Stream& stream) const requires Streamable<Body> {
    detail::check_reset(body, stream.body);
    detail::check_reset(head, stream.head);
    recur::reset(body, stream.body);
    recur::reset(pool, stream.pool);
    recur::reset(head, stream.head);
  }
  /// x: I. Returns the logits for the steps so far, C. Throws std::invalid_argument for another size of x or a stream of
  /// another model, and std::out_of_range for a token without a vector.
  const VectorX<Scalar>& step_logits(const StepInput<InputScalar>& x, Stream& stream) const {
    check_stream(body, stream.body);
    const bool unknown = pooled_size() == any_size && stream.pool.steps > 0;
    pool.check_stream(stream.pool, unknown ? x.size() : pooled_size());
    check_stream(head, stream.head);
    const Index taken = pooled_size() == any_size ? head.input_size() : any_size;  // of a body of any size
    require(taken == any_size || x.size() == taken, *this, " was given a step of ", x.size(),
            " features: it takes ", taken);
    return head.step(pool.step(body.step(x, stream.body), stream.pool), stream.head);
  }
  /// The output for users instead of logits, y: C.
  const VectorX<Scalar>& predict_step(const StepInput<InputScalar>& x, Stream& stream) const {
    stream.y = step_logits(x, stream);
    Loss::output(stream.y);
    return stream.y;
  }
  /// For an input of one feature or token at each step. They throw std::invalid_argument if the model takes more.
  const VectorX<Scalar>& step_logits(InputScalar x, Stream& stream) const requires Streamable<Body> {
    return step_logits(single(x, stream), stream);
  }
  const VectorX<Scalar>& predict_step(InputScalar x, Stream& stream) const requires Streamable<Body> {
    return predict_step(single(x, stream), stream);
  }

 private:
  const VectorX<InputScalar>& single(InputScalar x, Stream& stream) const {
    require(input_size() == 1 || input_size() == any_size, *this,
            " was given a step of one number: it takes ", input_size(), " features");
    stream.x.setConstant(1, x);
    return stream.x;
  }
  /// The number of features that the pool gives to the head.
  Index pooled_size() const {
    return body.output_size() == any_size ? body.input_size() : body.output_size();
  }
  /// The loss is public, so the user may have given it other weights.
  void check_criterion() const {
    if constexpr (requires { criterion.check(Index{}); })
      if (output_size() != any_size) criterion.check(output_size());
  }
};

template <class B, class H, class L>
ManyToOne(B, Pooling, H, L) -> ManyToOne<B, H, detail::LossOf<L, B>>;

}  // namespace recur::inline RECUR_ABI
