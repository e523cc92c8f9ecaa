// A layer is a value that holds parameters and nothing else.
//
// forward and backward are const. They write what backward needs to a tape. The caller owns the tape and uses
// it again, so a steady loop allocates nothing. Several threads can share one layer, each with its own tape
// and gradient. The gradient of a layer is another value of its type.
#pragma once

#include <cmath>
#include <concepts>
#include <string>
#include <type_traits>
#include <vector>

#include "recur/core/description.hpp"
#include "recur/core/initialize.hpp"
#include "recur/core/parameters.hpp"
#include "recur/core/random.hpp"
#include "recur/core/sequence.hpp"
#include "recur/core/step_input.hpp"

namespace recur::inline RECUR_ABI {

/// The purpose of a forward pass.
struct Pass {
  bool record = false;       ///< keep on the tape what backward needs
  Random* random = nullptr;  ///< source of noise; if null, dropout and other noise change nothing
};

/// For prediction: nothing is recorded, nothing is random.
inline constexpr Pass predicting{};
/// For gradients without noise, for example in a gradient check.
inline constexpr Pass recording{true, nullptr};
/// For training: recorded, with noise from the generator.
inline Pass training(Random& random) { return {true, &random}; }

/// The size of a layer that accepts any number of features and returns the same number.
inline constexpr Index any_size = -1;

/// The members of every tape: the output of the forward pass and, after backward, the gradient of the input.
template <class S>
struct TapeOf {
  Sequence<S> y, dx;

  const Sequence<S>& output() const { return y; }
  const Sequence<S>& d_input() const { return dx; }
};

/// A layer maps sequences to sequences. InputScalar is its Scalar. For the first layer of a model of text, it
/// is Token.
///
///   y = layer.forward(x, tape, pass)
///   layer.backward(x, dy, tape, gradient, want_dx)
///
/// After a recording forward of the same x on the same tape, backward computes the gradient of dot(y, dy). It
/// adds (+=) the gradient of the parameters to `gradient`. If want_dx, it writes (=) the gradient of x to
/// tape.d_input(). Both throw std::invalid_argument if sizes don't fit; check_input and check_backward do
/// this for all layers. `stream()` and `step` run one sample one step at a time, without allocating. Layers
/// that need the future have neither. step takes a StepInput. Its result must be in the stream, not in x.
/// `reset(layer, stream)` starts a stream again.
template <class L>
concept Layer = std::copyable<L> && std::floating_point<typename L::Scalar> &&
    requires(const L& layer, L& gradient, typename L::Tape& tape, const Sequence<typename L::InputScalar>& x,
             const Sequence<typename L::Scalar>& dy, Random& random) {
  { layer.input_size() } -> std::same_as<Index>;
  { layer.output_size() } -> std::same_as<Index>;
  { layer.describe() } -> std::convertible_to<std::string>;
  { layer.forward(x, tape, Pass{}) } -> std::same_as<const Sequence<typename L::Scalar>&>;
  layer.backward(x, dy, tape, gradient, true);
  gradient.initialize(random, Scheme::recommended);
  { tape.output() } -> std::same_as<const Sequence<typename L::Scalar>&>;
  { tape.d_input() } -> std::same_as<const Sequence<typename L::Scalar>&>;
};

/// A layer that can run one sample one step at a time.
template <class L>
concept Streamable = Layer<L> &&
    requires(const L& layer, const VectorX<typename L::InputScalar>& x, typename L::Stream& stream) {
  { layer.stream() } -> std::same_as<typename L::Stream>;
  { layer.step(x, stream) } -> std::same_as<const VectorX<typename L::Scalar>&>;
};

/// A layer with a tape that carries a state from one forward pass to the next.
template <class L>
concept Stateful = requires(typename L::Tape& tape) {
  L::carry(tape);
  L::reset(tape);
};

/// The Stream of a layer, or nothing if it has none.
template <class L>
struct StreamOf {
  struct type {};
};
template <Streamable L>
struct StreamOf<L> {
  using type = typename L::Stream;
};

/// A stream of a layer that gets `features` numbers at each step. A layer of any_size takes memory for them,
/// so its first step allocates nothing. Pass any_size if the number is not known yet.
template <Streamable L>
typename L::Stream stream_for(const L& layer, Index features) {
  if constexpr (requires { layer.stream(features); })
    return features == any_size ? layer.stream() : layer.stream(features);
  else
    return layer.stream();
}

/// Brings a stream of a layer or model back to the state that stream() returns, without allocating. Use it
/// before the next signal. Use it also after an input that was NaN or infinite, because a network remembers
/// this forever. The stream forgets everything that it has seen.
///
///   if (!y.allFinite()) reset(model, stream);
///
/// If its stream remembers something, a layer has a member reset(stream). Otherwise the stream is replaced by
/// a new one.
template <class L>
requires requires(const L& layer, typename L::Stream& stream) { stream = layer.stream(); }
void reset(const L& layer, typename L::Stream& stream) {
  using Stream = typename L::Stream;
  if constexpr (requires { layer.reset(stream); })
    layer.reset(stream);
  else if constexpr (!std::is_empty_v<Stream> && !std::same_as<Stream, VectorX<typename L::Scalar>>)
    stream = layer.stream();
}

/// Draws first weights for a layer or model. Call it once before training: before it, every weight is zero.
template <class Model>
void initialize(Model& model, std::uint64_t seed, Scheme scheme = Scheme::recommended) {
  Random random(seed);
  model.initialize(random, scheme);
}

/// Draws every number uniformly in ±limit, also biases. Throws std::invalid_argument unless the limit is
/// positive and finite.
///
///   initialize(model, 1, Uniform{0.1});
template <class Model>
void initialize(Model& model, std::uint64_t seed, Uniform scheme) {
  require(scheme.limit > 0 && std::isfinite(scheme.limit), "first weights uniform in ±", scheme.limit,
          ": the limit must be positive and finite");
  Random random(seed);
  for (const auto& p : Parameters(model)) {
    MatrixMap<typename Model::Scalar> values(p.data, p.size(), 1);
    uniform(values, scheme.limit, random);
  }
}

/// Throws std::invalid_argument unless x has the number of features that the layer takes.
template <class L, class S>
void check_input(const L& layer, const Sequence<S>& x) {
  require(x.batch() > 0, layer, " was given an empty batch: it must hold at least one sequence");
  require(layer.input_size() == any_size || x.features() == layer.input_size(), layer, " was given ",
          x.features(), " features: it takes ", layer.input_size());
}

/// Throws std::invalid_argument unless the layer can take the sample: the right number of features, and all
/// of them finite. If the layer has check_sample(sample), it also calls that, for example to check for legal
/// tokens.
template <class L, class S>
void check_sample(const L& layer, const MatrixX<S>& sample) {
  require(layer.input_size() == any_size || sample.rows() == layer.input_size(), layer, " was given ",
          sample.rows(), " features: it takes ", layer.input_size());
  for (Index t = 0; t < sample.cols(); ++t)
    for (Index f = 0; f < sample.rows(); ++f)
      require(std::isfinite(sample(f, t)), "feature ", f, " of step ", t, " is ", sample(f, t),
              ": every value must be finite");
  if constexpr (requires { layer.check_sample(sample); }) layer.check_sample(sample);
}
template <class L>
void check_sample(const L& layer, const std::vector<Token>& sample) {
  if constexpr (requires { layer.check_sample(sample); }) layer.check_sample(sample);
}

/// Throws std::invalid_argument unless dy is a gradient of the output on the tape.
template <class L, class Tape, class S>
void check_gradient(const L& layer, const Tape& tape, const Sequence<S>& dy) {
  require(dy.features() == tape.output().features() && dy.layout() == tape.output().layout(), layer,
          " was given an output gradient of ", dy.features(), " features and ", dy.columns(),
          " steps: its output on this tape has ", tape.output().features(), " features and ",
          tape.output().columns(), " steps");
}

namespace detail {

[[noreturn, gnu::cold]] inline void refuse_gradient(Part layer, const Name& name, Index rows, Index columns,
                                                    Index legal_rows, Index legal_columns) {
  refuse({layer, " was given a gradient whose ", name.str(), " is ", rows, " x ", columns, ": it must be ",
          legal_rows, " x ", legal_columns});
}

}  // namespace detail

/// Throws std::invalid_argument unless every parameter of `gradient` has the size of the same parameter of
/// the layer.
template <class L>
void check_parameters(const L& layer, const L& gradient) {
  for_each_parameter(
      [&](const Name& name, const auto& of_layer, const auto& of_gradient) {
        const auto& p = detail::parameter_of(of_layer);
        const auto& g = detail::parameter_of(of_gradient);
        if (g.rows != p.rows || g.columns != p.columns) [[unlikely]]
          detail::refuse_gradient(layer, name, g.rows, g.columns, p.rows, p.columns);
      },
      layer, gradient);
}

/// The checks of backward before it changes anything. Throws std::invalid_argument unless x has the layout
/// and features of the x of the forward pass on this tape, dy those of its output, and `gradient` the sizes
/// of the layer. `given` is the layout of that x, if the output has another layout.
template <class L, class Tape, class X, class S>
void check_backward(const L& layer, const Sequence<X>& x, const Sequence<S>& dy, const Tape& tape,
                    const L& gradient, const Layout& given) {
  check_gradient(layer, tape, dy);
  require(layer.output_size() == any_size || tape.output().features() == layer.output_size(), layer,
          " was asked for a gradient with a tape whose output has ", tape.output().features(),
          " features: it must be that of its own forward pass");
  const Index features = layer.input_size() == any_size ? tape.output().features() : layer.input_size();
  require(x.features() == features && x.layout() == given, layer,
          " was asked for a gradient with an input of ", x.features(), " features and ", x.columns(),
          " steps: its forward pass on this tape was given ", features, " features and ", given.columns(),
          " steps, and the lengths must be the same");
  check_parameters(layer, gradient);
}
template <class L, class Tape, class X, class S>
void check_backward(const L& layer, const Sequence<X>& x, const Sequence<S>& dy, const Tape& tape,
                    const L& gradient) {
  check_backward(layer, x, dy, tape, gradient, tape.output().layout());
}

/// Throws std::invalid_argument unless the stream of a layer was made for its number of features.
template <class L>
void check_stream(const L& layer, Index features, Index legal) {
  require(features == legal, layer, " was given a stream of ", features, " features: it must be of ", legal,
          ", as stream() makes it");
}

}  // namespace recur::inline RECUR_ABI
