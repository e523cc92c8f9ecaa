// Encoder and decoder: they turn a sequence into a sequence of another length.
#pragma once

#include <algorithm>
#include <concepts>
#include <string>
#include <utility>
#include <vector>

#include "recur/architecture/writer.hpp"
#include "recur/layer/pool.hpp"

namespace recur::inline RECUR_ABI {

namespace detail {

/// Passes the state on unchanged.
struct NoBridge {
  struct Tape {};
  void initialize(Random&, Scheme) {}
  template <class F, class... Self>
  static void visit(const Name&, F&&, Self&...) {}
};

/// A sequence as the source of a decoder.
///
///   memory_s = encoder(x_1, ..., x_S) at s       state = bridge(final state of the encoder)
///
///   x: I × N ragged, memory: M × N, final state: Z_e × B, state: Z × B (see recurrence/state.hpp)
///
/// The bridge is a layer Z_e → Z. It is for an encoder with other states than the decoder, such as a
/// bidirectional one (Bahdanau et al. 2015, appendix A.2.2: tanh(W h)). Without a bridge both must have the
/// same size.
///
/// An encoder without a state, such as one of attention alone, gives the bridge the mean of its memory
/// instead. The bridge is then a layer M → Z:
///
///   state = bridge(1/S Σ_s memory_s)
///
/// Throws std::invalid_argument for a bridge that takes states of another size than the encoder's, and for
/// inputs that the encoder or the bridge refuses, such as an input without steps. Throws std::out_of_range
/// for a token without a vector in the encoder.
template <class Encoder, class Bridge = NoBridge>
class SequenceSource {
  static constexpr bool bridged = !std::same_as<Bridge, NoBridge>;

 public:
  static_assert(are_layers<Encoder, std::conditional_t<bridged, Bridge, Encoder>>());
  using Scalar = typename PartOf<Encoder>::Scalar;
  using InputScalar = typename PartOf<Encoder>::InputScalar;
  using Inputs = Sequence<InputScalar>;
  using Input = typename Inputs::Sample;
  static constexpr const char* wiring = "EncoderDecoder";

  Encoder encoder;
  Bridge bridge;

  SequenceSource(Encoder e, Bridge b) : encoder(std::move(e)), bridge(std::move(b)) {
    if constexpr (bridged) {
      const Index given = has_state() ? recur::state_size(encoder) : memory_size();
      require(bridge.input_size() == given, "the bridge, ", bridge, ", takes ", bridge.input_size(),
              " features, but the ", has_state() ? "states" : "steps", " of the encoder, ", encoder,
              ", have ", given, ": they must be equal");
    }
  }

  struct Tape {
    typename Encoder::Tape encoder;
    typename Bridge::Tape bridge;
    typename Pool<Scalar>::Tape mean;  // of the memory, for an encoder without a state
    MatrixX<Scalar> state;             ///< Z × B
    MatrixX<Scalar> final;             // of the encoder, Z_e × B
    Layout single;                     // of B sequences of one step, the form in which
    Sequence<Scalar> crossing;         // the final state, or the mean of the memory, crosses the bridge,
    Sequence<Scalar> d_state;          // and in which the state's gradient comes back
    Sequence<Scalar> no_gradient;      // zeros, if the decoder does not look at the memory
    const Sequence<Scalar>& memory() const { return encoder.output(); }
  };

  Index state_size() const {
    if constexpr (bridged)
      return bridge.output_size();
    else
      return recur::state_size(encoder);
  }
  Index memory_size() const { return encoder.output_size(); }
  std::string describe() const {
    if constexpr (bridged)
      return detail::message("encoder {", encoder.describe(), ", bridge ", bridge.describe(), "}");
    else
      return detail::message("encoder {", encoder.describe(), "}");
  }
  void initialize(Random& random, Scheme scheme) {
    encoder.initialize(random, scheme);
    bridge.initialize(random, scheme);
  }
  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    Encoder::visit(at / "encoder", f, self.encoder...);
    Bridge::visit(at / "bridge", f, self.bridge...);
  }

  static void collect(Index batch, auto&& input_of, Inputs& x) { x.assign(batch, input_of); }
  static Index length(const Input& input) {
    if constexpr (std::same_as<InputScalar, Token>)
      return static_cast<Index>(input.size());
    else
      return input.cols();
  }
  void check(const Input& input) const {
    require(length(input) > 0, "the length of the input is 0: the shortest legal length is 1");
    check_sample(encoder, input);
    output_length(encoder, length(input));  // throws for a length that the encoder refuses
  }

  void forward(const Inputs& x, Tape& tape, Pass pass) const {
    encoder.forward(x, tape.encoder, pass);
    if constexpr (bridged) {
      tape.single.assign(x.batch(), 1);
      if (has_state()) {
        detail::get_final_state(encoder, tape.encoder, tape.final);
        tape.crossing.reshape(tape.final.rows(), tape.single);
        std::copy_n(tape.final.data(), tape.final.size(), tape.crossing.data());
      } else {
        tape.crossing = Pool<Scalar>(Pooling::mean).forward(tape.memory(), tape.mean);
      }
      tape.state = bridge.forward(tape.crossing, tape.bridge, pass).values();
    } else {
      detail::get_final_state(encoder, tape.encoder, tape.state);
    }
  }

  void check_tape(const Inputs& x, const Tape& tape) const {
    recur::check_tape(encoder, x, tape.encoder);
    if constexpr (bridged) recur::check_tape(bridge, tape.crossing, tape.bridge);
  }

  /// d_memory is null if the decoder does not look at the memory.
  void backward(const Inputs& x, const MatrixX<Scalar>& d_state, const Sequence<Scalar>* d_memory, Tape& tape,
                SequenceSource& gradient) const {
    if constexpr (bridged) {
      tape.d_state.reshape(d_state.rows(), tape.single);
      std::copy_n(d_state.data(), d_state.size(), tape.d_state.data());
      bridge.backward(tape.crossing, tape.d_state, tape.bridge, gradient.bridge);
      if (has_state()) {
        run_back(x, d_memory, tape.bridge.d_input().values(), tape, gradient);
      } else {
        Pool<Scalar> mean(Pooling::mean);
        mean.backward(tape.memory(), tape.bridge.d_input(), tape.mean, mean);
        Sequence<Scalar>& d = tape.mean.dx;
        if (d_memory) detail::arrays::add(d.data(), d_memory->data(), memory_size() * d.columns());
        run_back(x, &d, MatrixX<Scalar>(), tape, gradient);
      }
    } else {
      run_back(x, d_memory, d_state, tape, gradient);
    }
  }

 private:
  bool has_state() const { return recur::state_size(encoder) > 0; }

  void run_back(const Inputs& x, const Sequence<Scalar>* d_memory, const StateRef<Scalar>& d_final,
                Tape& tape, SequenceSource& gradient) const {
    if (!d_memory) {
      tape.no_gradient.reshape(memory_size(), tape.memory().layout());
      std::fill_n(tape.no_gradient.data(), memory_size() * tape.memory().columns(), Scalar(0));
      d_memory = &tape.no_gradient;
    }
    Index row = recur::state_size(encoder);
    detail::backward_part(encoder, x, *d_memory, tape.encoder, gradient.encoder, false, d_final, row);
  }
};

}  // namespace detail

/// y = decoder(encoder(x)): translation, transcription, arithmetic in letters. The decoder may have
/// attention: see Decoder. Sources: Cho et al., "Learning phrase representations using RNN encoder-decoder",
/// 2014, section 2.2; Sutskever, Vinyals and Le, "Sequence to sequence learning with neural networks", 2014,
/// equation 1: the decoder starts in the final state of the encoder.
///
///   EncoderDecoder model{Sequential{Embedding<float>{12, 16}, Recurrent{Lstm<float>{16, 64}}},
///                        Decoder{Sequential{Embedding<float>{12, 16}, Recurrent{Lstm<float>{16, 64}}},
///                                Attention{DotScore<float>{64}},
///                                Dense<float>{128, 12}, {.begin = 0, .end = 0, .max_length = 20}},
///                        EachStep{SoftmaxCrossEntropy{}}};
///   model.greedy(input);
///
///   x: I × N ragged, y: tokens, ragged with other lengths, memory: M × N, state: Z × B, logits: V × N_y
///
/// A bridge may connect encoder and decoder: see SequenceSource. Parameters are named "encoder...",
/// "bridge...", "decoder.body...", "decoder.attention...", "decoder.head...". Throws what Writer,
/// SequenceSource and Decoder throw: std::invalid_argument if sizes don't fit or the model can't take an
/// input or target, and std::out_of_range for a token that is out of range.
template <class Encoder, class Decoder, class Loss, class Bridge = detail::NoBridge>
class EncoderDecoder : public detail::Writer<detail::SequenceSource<Encoder, Bridge>, Decoder, Loss> {
  using Base = detail::Writer<detail::SequenceSource<Encoder, Bridge>, Decoder, Loss>;

 public:
  EncoderDecoder(Encoder e, Decoder d, Loss l) requires std::same_as<Bridge, detail::NoBridge>
      : Base({std::move(e), {}}, std::move(d), std::move(l)) {}
  EncoderDecoder(Encoder e, Bridge b, Decoder d, Loss l) requires(!std::same_as<Bridge, detail::NoBridge>)
      : Base({std::move(e), std::move(b)}, std::move(d), std::move(l)) {}
};

template <class E, class D, class L>
EncoderDecoder(E, D, L) -> EncoderDecoder<E, D, detail::LossOf<L, E>>;
template <class E, class B, class D, class L>
EncoderDecoder(E, B, D, L) -> EncoderDecoder<E, D, detail::LossOf<L, E>, B>;

}  // namespace recur::inline RECUR_ABI
