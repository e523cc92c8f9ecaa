// Encoder and forecaster: they continue a sequence of numbers, such as the frames of a film.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "recur/architecture/encoder_decoder.hpp"
#include "recur/architecture/labelled_sequences.hpp"

namespace recur::inline RECUR_ABI {

/// Continues a sequence of numbers by others of the same kind: frames of a film, values of a series. The
/// forecaster reads its own last output, as a Decoder reads its own last token. Sources: Srivastava, Mansimov and
/// Salakhutdinov, "Unsupervised learning of video representations using LSTMs", 2015, section 2.3, the
/// conditional future predictor; Shi et al., "Convolutional LSTM network", 2015, section 3.2.
///
///   state_0 = bridge(final state of encoder(x_1, ..., x_S)), or the state itself without a bridge
///   y_0 = x_S          y_t = forecaster(y_{t-1}, state_{t-1}), t = 1, ..., T
///
///   EncoderForecaster model{Recurrent{Gru<float>{256, 128}},
///                           Sequential{Recurrent{Gru<float>{256, 128}}, Dense<float, Sigmoid>{128, 256}},
///                           EachStep{SquaredError{}}};
///   model.predict(frames, 10);      // frames: 256 × S, the result: 256 × 10
///
///   x: F × N_x ragged, y: F × N ragged with other lengths, state: Z × B
///
/// Training is like use: the network reads what it wrote itself, and the gradient goes back through that. So it
/// learns to keep to what is likely over many steps.
///
/// The loss is one of values for each step, such as EachStep{SquaredError{}}. One whose outputs are logits, such
/// as BinaryCrossEntropy, is refused, since logits are not what the network reads. For numbers from 0 to 1 end the
/// forecaster with a Sigmoid. Parameters are named "encoder...", "bridge...", "forecaster...".
///
/// Each step is a pass of its own, so noise that should last a sequence, such as recurrent dropout, is drawn again
/// for each step. A layer whose stream remembers more than its state, such as positions, can't be the forecaster.
///
/// Throws std::invalid_argument if sizes don't fit, if the forecaster remembers nothing, for such a loss, and for
/// what the parts refuse.
template <class Encoder, class Forecaster, class Loss, class Bridge = detail::NoBridge>
class EncoderForecaster {
  using Source = detail::SequenceSource<Encoder, Bridge>;
  static constexpr bool keeps_state = detail::ShowsState<Forecaster> && HasState<Forecaster>;
  using Data = LabelledSequences<typename Forecaster::Scalar, Loss>;

 public:
  using Scalar = typename Forecaster::Scalar;
  static_assert(detail::are_layers<Encoder, Forecaster>() && detail::are_streamable<Forecaster>());
  static_assert(
      keeps_state,
      "a forecaster remembers what it read, and its state is all that it remembers: it needs a recurrent "
      "layer, and none such as LearnedPositions");
  using Batch = typename Data::Batch;
  using Example = typename Data::Example;  ///< x_1, ..., x_S and y_1, ..., y_T: F × S and F × T
  using Input = typename Data::Input;
  static_assert(std::same_as<typename Encoder::Scalar, Scalar> &&
                    std::same_as<typename detail::PartOf<Encoder>::InputScalar, Scalar> &&
                    std::same_as<typename detail::PartOf<Forecaster>::InputScalar, Scalar>,
                "encoder and forecaster must read numbers in one scalar, both in float or both in double");
  static_assert(std::same_as<typename Loss::Target, MatrixX<Scalar>> &&
                    detail::takes_outputs_of<Loss, Scalar>(),
                "the loss must take numbers at each step in the scalar of the network, such as "
                "EachStep{SquaredError<float>{}} or EachStep{SquaredError<double>{}}");

  Source source;  ///< the encoder, and the bridge to the state of the forecaster if there is one
  Forecaster forecaster;
  Loss criterion;  ///< the loss

  EncoderForecaster(Encoder e, Forecaster f, Loss l) requires std::same_as<Bridge, detail::NoBridge>
      : EncoderForecaster(Source(std::move(e), {}), std::move(f), std::move(l)) {}
  EncoderForecaster(Encoder e, Bridge b, Forecaster f,
                    Loss l) requires(!std::same_as<Bridge, detail::NoBridge>)
      : EncoderForecaster(Source(std::move(e), std::move(b)), std::move(f), std::move(l)) {}

  /// F.
  Index size() const { return forecaster.output_size(); }

  struct Tape {
    struct Step {
      Sequence<Scalar> x, dy;  ///< what the forecaster read, and the gradient of what it wrote
      MatrixX<Scalar> state, final, d_state, d_initial;  // states at both ends of the step
      typename Forecaster::Tape forecaster;
    };
    typename Source::Tape source;
    std::vector<Step> steps;  // their samples are in the order of the layout of y
    Sequence<Scalar> y, d_y;
    MatrixX<Scalar> last;  // step of x, F × B
    Layout single;
    typename Loss::Workspace workspace;
  };

  std::string describe() const { return detail::list("EncoderForecaster", {source, forecaster}); }
  void initialize(Random& random, Scheme scheme) {
    source.initialize(random, scheme);
    forecaster.initialize(random, scheme);
  }
  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    Source::visit(at, f, self.source...);
    Forecaster::visit(at / "forecaster", f, self.forecaster...);
  }

  static void assemble(std::span<const Example> examples, std::span<const Index> rows, Batch& batch) {
    Data::assemble(examples, rows, batch);
  }
  /// Checks that the model can be trained and measured on an example. Throws std::invalid_argument if not.
  void check(const Example& example) const {
    source.check(example.input);
    require(example.target.cols() > 0, "the target has no steps: it must have at least 1");
    require(example.target.rows() == size(), "the target has ", example.target.rows(),
            " numbers a step: the network writes ", size());
    criterion.check(example.target, example.target.cols(), size());
  }
  /// The number of steps on both sides.
  static Index length(const Example& example) { return example.input.cols() + example.target.cols(); }
  double weight(const Batch& batch) const { return criterion.weight(batch.targets); }

  /// The loss of a batch, as its share of a whole of weight `total`.
  double loss(const Batch& batch, Tape& tape, Pass pass, double total) const {
    run(batch.x, batch.targets.layout, tape, pass);
    return criterion(tape.y, batch.targets, total, tape.d_y, tape.workspace);
  }
  double loss(const Batch& batch, Tape& tape, Pass pass = predicting) const {
    return loss(batch, tape, pass, weight(batch));
  }

  /// Call it after `loss` of the same batch on the same tape with a recording pass. It adds the gradient to
  /// `gradient`. Throws std::invalid_argument for another batch or tape, and for a gradient of other sizes.
  ///
  ///   dy_t = ∂loss/∂y_t + dx_{t+1}, where x_{t+1} = y_t
  void backward(const Batch& batch, Tape& tape, EncoderForecaster& gradient) const {
    const Layout& layout = tape.y.layout();
    require(tape.d_y.layout() == layout && batch.targets.layout == layout, *this,
            " was asked for a gradient with a tape of another batch: it must be that of its loss");
    source.check_tape(batch.x, tape.source);
    for (Index t = 0; t < layout.steps(); ++t) check_tape(forecaster, at(tape, t).x, at(tape, t).forecaster);
    check_parameters(*this, gradient);
    for (Index t = layout.steps(); t-- > 0;) {
      auto& step = at(tape, t);
      step.dy.reshape(size(), step.x.layout());
      step.dy.values() = tape.d_y.step(t);
      step.d_state.setZero(forecaster.state_size(), layout.batch_size(t));
      if (const Index later = layout.batch_size(t + 1); later > 0) {
        const auto& next = at(tape, t + 1);
        step.d_state.leftCols(later) = next.d_initial;
        step.dy.values().leftCols(later) += next.forecaster.d_input().values();
      }
      forecaster.backward(step.x, step.dy, step.forecaster, gradient.forecaster, t > 0, step.d_state);
      detail::get_d_initial_state(forecaster, step.forecaster, step.d_initial);
    }
    auto& first = at(tape, 0);
    for (Index n = 0; n < layout.batch(); ++n)
      first.d_state.col(layout.user_index(n)) = first.d_initial.col(n);  // in the order of the user
    source.backward(batch.x, first.d_state, nullptr, tape.source, gradient.source);
  }

  // ---- What comes next.

  /// The next `steps` of each sample, F × (B · steps). Throws std::invalid_argument if all weights are zero, as
  /// before `initialize`.
  Sequence<Scalar> predict(const Sequence<Scalar>& x, Index steps) const {
    detail::check_has_learned(*this);
    Tape tape;
    run(x, Layout(x.batch(), steps), tape, predicting);
    return tape.y;
  }
  /// The same of one sample, F × steps.
  MatrixX<Scalar> predict(const Input& sample, Index steps) const {
    return predict(Sequence<Scalar>({sample}), steps).sample(0);
  }

  /// One sample that goes on without end, step by step and without allocating. A stream is a value: a copy goes
  /// on independently.
  struct Stream {
    typename Forecaster::Stream forecaster;
    VectorX<Scalar> y;
  };
  Stream stream(const Input& sample) const {
    detail::check_has_learned(*this);
    source.check(sample);
    typename Source::Tape tape;
    source.forward(Sequence<Scalar>({sample}), tape, predicting);
    Stream result{forecaster.stream(), sample.rightCols(1)};
    set_state(forecaster, result.forecaster, tape.state);
    return result;
  }
  /// The next step, F. Throws std::invalid_argument for a stream of another model.
  const VectorX<Scalar>& predict_step(Stream& stream) const {
    stream.y = forecaster.step(stream.y, stream.forecaster);
    return stream.y;
  }

 private:
  EncoderForecaster(Source s, Forecaster f, Loss l)
      : source(std::move(s)), forecaster(std::move(f)), criterion(std::move(l)) {
    require(forecaster.input_size() == size() && source.encoder.input_size() == size(), "the encoder, ",
            source.encoder, ", reads ", source.encoder.input_size(), " numbers, and the forecaster, ",
            forecaster, ", reads ", forecaster.input_size(), " and writes ", size(), ": all must be equal");
    require(source.state_size() == forecaster.state_size(), "the state that ", source, " gives has ",
            source.state_size(), " units, but ", forecaster, " starts in one of ", forecaster.state_size(),
            ": they must be equal");
    require(forecaster.state_size() > 0, forecaster,
            " has no recurrent layer: it needs one to start from a state");
    MatrixX<Scalar> value = MatrixX<Scalar>::Constant(size(), 1, Scalar(2));
    Loss::output(value);
    require(
        (value.array() == 2).all(),
        "the outputs of the loss are logits, which the network can't read: it must be one of values, such "
        "as SquaredError");
  }

  static auto& at(auto& tape, Index t) { return tape.steps[static_cast<std::size_t>(t)]; }

  void run(const Sequence<Scalar>& x, const Layout& layout, Tape& tape, Pass pass) const {
    require(layout.batch() == x.batch(), "targets of ", layout.batch(), " sequences were given for ",
            x.batch(), ": they must be equal");
    source.forward(x, tape.source, pass);
    tape.last.resize(size(), x.batch());
    for (Index n = 0; n < x.batch(); ++n)
      tape.last.col(x.layout().user_index(n)) =
          x.values().col(x.layout().offset(x.layout().length(n) - 1) + n);
    tape.y.reshape(size(), layout);
    if (static_cast<Index>(tape.steps.size()) < layout.steps())
      tape.steps.resize(static_cast<std::size_t>(layout.steps()));
    for (Index t = 0; t < layout.steps(); ++t) {
      auto& step = at(tape, t);
      const Index batch = layout.batch_size(t);
      tape.single.assign(batch, 1);
      step.x.reshape(size(), tape.single);
      step.state.resize(forecaster.state_size(), batch);
      for (Index n = 0; t == 0 && n < batch; ++n) {
        step.state.col(n) = tape.source.state.col(layout.user_index(n));
        step.x.values().col(n) = tape.last.col(layout.user_index(n));
      }
      if (t > 0) {
        step.state = at(tape, t - 1).final.leftCols(batch);
        step.x.values() = tape.y.step(t - 1).leftCols(batch);
      }
      tape.y.step(t) = detail::forward_from(forecaster, step.x, step.forecaster, pass, step.state).values();
      detail::get_final_state(forecaster, step.forecaster, step.final);
    }
  }
};

template <class E, class F, class L>
EncoderForecaster(E, F, L) -> EncoderForecaster<E, F, detail::LossOf<L, E>>;
template <class E, class B, class F, class L>
EncoderForecaster(E, B, F, L) -> EncoderForecaster<E, F, detail::LossOf<L, E>, B>;

}  // namespace recur::inline RECUR_ABI
