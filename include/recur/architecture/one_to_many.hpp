// One to many: a vector in, a sequence out.
#pragma once

#include <algorithm>
#include <concepts>
#include <string>
#include <utility>
#include <vector>

#include "recur/architecture/writer.hpp"

namespace recur::inline RECUR_ABI {

namespace detail {

/// A decoder that sees only its initial state of the source.
template <class D>
concept NeedsNoMemory = !D::attends;

/// A vector as the source of a decoder.
///
///   state = map(x)          x: I × B, state: Z × B (see recurrence/state.hpp)
///
/// Throws what the map throws: std::invalid_argument for vectors of a size that it does not take or of
/// different sizes in a batch, and std::out_of_range for a token without a vector.
template <class Map>
class VectorSource {
 public:
  static_assert(are_layers<Map>());
  using Scalar = typename PartOf<Map>::Scalar;
  using InputScalar = typename PartOf<Map>::InputScalar;
  using Input = VectorX<InputScalar>;
  using Inputs = Sequence<InputScalar>;  // B sequences of one step

  static constexpr const char* wiring = "OneToMany";

  Map map;

  explicit VectorSource(Map m) : map(std::move(m)) {}

  struct Tape {
    typename Map::Tape map;
    MatrixX<Scalar> state;  ///< Z × B
    Sequence<Scalar> d_state, nothing;
    const Sequence<Scalar>& memory() const { return nothing; }
  };

  Index state_size() const { return map.output_size(); }
  Index memory_size() const { return 0; }
  std::string describe() const { return map.describe(); }
  void initialize(Random& random, Scheme scheme) { map.initialize(random, scheme); }
  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    Map::visit(at / "map", f, self.map...);
  }

  /// Throws std::invalid_argument for vectors of different sizes, and for a number that is not finite or is
  /// ignored_number.
  static void collect(Index batch, auto&& input_of, Inputs& x) {
    for (Index b = 0; b < batch; ++b)
      require(input_of(b).size() == input_of(0).size(), "the input of sample ", b, " of the batch has ",
              input_of(b).size(), " features, but that of sample 0 has ", input_of(0).size(),
              ": they must be equal");
    Layout single;
    single.assign(batch, 1);
    x.reshape(input_of(0).size(), single);
    for (Index b = 0; b < batch; ++b) {
      if constexpr (std::floating_point<InputScalar>)
        for (Index f = 0; f < x.features(); ++f) check_readable(input_of(b)(f), f, 0, " of sample ", b);
      std::copy_n(input_of(b).data(), x.features(), x.data() + b * x.features());
    }
  }
  static Index length(const Input&) { return 0; }
  void check(const Input& input) const {
    require(map.input_size() == any_size || input.size() == map.input_size(), map, " was given ",
            input.size(), " features: it takes ", map.input_size());
    if constexpr (std::same_as<InputScalar, Token>)
      check_sample(map, std::vector<Token>(input.data(), input.data() + input.size()));
    else
      check_sample(map, MatrixX<InputScalar>(input));
  }

  void forward(const Inputs& x, Tape& tape, Pass pass) const {
    tape.state = map.forward(x, tape.map, pass).values();
  }
  void check_tape(const Inputs& x, const Tape& tape) const { recur::check_tape(map, x, tape.map); }
  void backward(const Inputs& x, const MatrixX<Scalar>& d_state, const Sequence<Scalar>*, Tape& tape,
                VectorSource& gradient) const {
    tape.d_state.reshape(d_state.rows(), x.layout());
    std::copy_n(d_state.data(), d_state.size(), tape.d_state.data());
    map.backward(x, tape.d_state, tape.map, gradient.map, false);
  }
};

}  // namespace detail

/// y = decoder(map(x)): a caption for an image, a name for a class, a melody for a mood.
///
///   OneToMany model{Dense<float, Tanh>{10, 2 * 32},        // h and c of the LSTM
///                   Decoder{Sequential{Embedding<float>{28, 16}, Recurrent{Lstm<float>{16, 32}}},
///                           Dense<float>{32, 28}, {.begin = 0, .end = 0, .max_length = 20}},
///                   EachStep{SoftmaxCrossEntropy{}}};
///   model.greedy(x);
///
///   x: I × B, y: tokens, 1 × N ragged, state: Z × B, logits: V × N
///
/// The vector sets the state in which the decoder starts. (Karpathy and Fei-Fei, "Deep visual-semantic
/// alignments for generating image descriptions", 2015, add it at the first step.) It is not a first input,
/// so it need not have the size of an embedding. It can set everything that the decoder can remember, and a
/// bounded map such as Dense<S, Tanh> keeps it in the range of a state. The map may also be an Embedding; the
/// input is then a token. Parameters are named "map...", "decoder.body...", "decoder.head...".
///
/// Throws what Writer, VectorSource and Decoder throw: std::invalid_argument if sizes don't fit or the model
/// can't take an input or target, and std::out_of_range for a token that is out of range.
template <class Map, detail::NeedsNoMemory Decoder, class Loss>
class OneToMany : public detail::Writer<detail::VectorSource<Map>, Decoder, Loss> {
  using Base = detail::Writer<detail::VectorSource<Map>, Decoder, Loss>;

 public:
  OneToMany(Map m, Decoder d, Loss l)
      : Base(detail::VectorSource<Map>(std::move(m)), std::move(d), std::move(l)) {}
};

template <class M, class D, class L>
OneToMany(M, D, L) -> OneToMany<M, D, detail::LossOf<L, M>>;

}  // namespace recur::inline RECUR_ABI
