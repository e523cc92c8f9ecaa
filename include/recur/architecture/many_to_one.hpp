// Many to one: a sequence in, one answer out.
#pragma once

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "recur/layer/layer.hpp"
#include "recur/layer/pool.hpp"

namespace recur {

/// y = head(pool(body(x_1, ..., x_T))): a classifier or regressor of whole sequences.
///
///   ManyToOne model{Sequential{Embedding<float>{words, 64}, Recurrent{Lstm<float>{64, 128}}},
///                   Pooling::last, Dense<float>{128, 2}, SoftmaxCrossEntropy{}};
///
/// x: I × N ragged, y: C × B, a column a sample in the user's order. Throws std::invalid_argument where the
/// sizes of body and head don't fit.
template <Layer Body, Layer Head, class Loss>
class ManyToOne {
 public:
  using Scalar = typename Body::Scalar;
  using InputScalar = typename Body::InputScalar;
  using Input = std::conditional_t<std::is_same_v<InputScalar, Token>, std::vector<Token>, Matrix<Scalar>>;

  /// One labelled sequence: a token list, or a matrix of I × its length.
  struct Example {
    Input input;
    typename Loss::Target target;
  };
  /// Some examples that are worked on together.
  struct Batch {
    Sequence<InputScalar> x;
    typename Loss::Targets targets;
  };

  Body body;
  Pool<Scalar> pool;
  Head head;
  Loss criterion;

  ManyToOne(Body b, Pooling pooling, Head h, Loss l)
      : body(std::move(b)), pool(pooling), head(std::move(h)), criterion(std::move(l)) {
    require(head.input_size() == any_size || head.input_size() == body.output_size(), "the head, ",
            head.describe(), ", takes ", head.input_size(), " features, but the body, ", body.describe(),
            ", gives ", body.output_size(), ": they must be equal");
  }

  struct Tape {
    typename Body::Tape body;
    typename Pool<Scalar>::Tape pool;
    typename Head::Tape head;
    Sequence<Scalar> d_logits;
  };

  std::string describe() const {
    return message("ManyToOne {", body.describe(), ", ", pool.describe(), ", ", head.describe(), "}");
  }
  void initialize(Random& random, Scheme scheme) {
    body.initialize(random, scheme);
    head.initialize(random, scheme);
  }

  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    Body::visit(at / "body", f, self.body...);
    Head::visit(at / "head", f, self.head...);
  }

  /// Gathers the examples of the given rows into a batch.
  static void assemble(std::span<const Example> examples, std::span<const Index> rows, Batch& batch) {
    std::vector<Input> inputs;
    inputs.reserve(rows.size());
    for (std::size_t n = 0; n < rows.size(); ++n) {
      const Example& example = examples[static_cast<std::size_t>(rows[n])];
      inputs.push_back(example.input);
      Loss::collect(example.target, n, rows.size(), batch.targets);
    }
    batch.x = Sequence<InputScalar>(inputs);
  }

  static Index length(const Example& example) {
    if constexpr (std::is_same_v<InputScalar, Token>)
      return static_cast<Index>(example.input.size());
    else
      return example.input.cols();
  }

  /// What the loss divides by: a batch that is cut into shards is divided by the weight of the whole.
  double weight(const Batch& batch) const { return criterion.weight(batch.targets); }

  /// Before the loss's output function: C × B.
  const Sequence<Scalar>& logits(const Sequence<InputScalar>& x, Tape& tape, Pass pass = predicting) const {
    return head.forward(pool.forward(body.forward(x, tape.body, pass), tape.pool, pass), tape.head, pass);
  }

  /// The loss of a batch, as its share of a whole of weight `total`.
  double loss(const Batch& batch, Tape& tape, Pass pass, double total) const {
    const auto& a = logits(batch.x, tape, pass);
    tape.d_logits.reshape(a.features(), a.layout());
    return criterion(a.values(), batch.targets, total, tape.d_logits.values());
  }
  double loss(const Batch& batch, Tape& tape, Pass pass = predicting) const {
    return loss(batch, tape, pass, weight(batch));
  }

  /// After `loss` of the same batch on the same tape with a recording pass: adds its gradient to `gradient`.
  void backward(const Batch& batch, Tape& tape, ManyToOne& gradient) const {
    head.backward(tape.pool.output(), tape.d_logits, tape.head, gradient.head);
    pool.backward(tape.body.output(), tape.head.d_input(), tape.pool, gradient.pool);
    body.backward(batch.x, tape.pool.d_input(), tape.body, gradient.body, false);
  }

  /// What the loss shows a user, for each sample: probabilities under softmax and sigmoid, values under
  /// squared error; C × B.
  Matrix<Scalar> predict(const Sequence<InputScalar>& x, Tape& tape) const {
    Matrix<Scalar> y = logits(x, tape).values();
    Loss::output(y);
    return y;
  }
  Matrix<Scalar> predict(const Sequence<InputScalar>& x) const {
    Tape tape;
    return predict(x, tape);
  }

  /// One sample, one step at a time: `step` gives the prediction for the steps so far, and allocates nothing.
  struct Stream {
    typename Body::Stream body;
    typename Pool<Scalar>::Stream pool;
    typename Head::Stream head;
    Vector<InputScalar> x;
    Vector<Scalar> y;
  };
  Stream stream() const {
    return {body.stream(), pool.stream(body.output_size()), head.stream(),
            Vector<InputScalar>::Zero(body.input_size()), Vector<Scalar>::Zero(head.output_size())};
  }
  const Vector<Scalar>& step(const Vector<InputScalar>& x, Stream& stream) const {
    stream.y = head.step(pool.step(body.step(x, stream.body), stream.pool), stream.head);
    Loss::output(stream.y);
    return stream.y;
  }
  const Vector<Scalar>& step(InputScalar x, Stream& stream) const {
    stream.x.setConstant(x);
    return step(stream.x, stream);
  }
};

}  // namespace recur
