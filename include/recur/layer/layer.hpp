// A layer is a value that holds parameters and nothing else.
//
// forward and backward are const. They write what backward needs to a tape. The caller owns the tape and uses
// it again, so a steady loop allocates nothing. Several threads can share one layer, each with its own tape
// and gradient. The gradient of a layer is another value of its type.
#pragma once

#include <array>
#include <cmath>
#include <concepts>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "recur/core/compiled.hpp"
#include "recur/core/description.hpp"
#include "recur/core/initialize.hpp"
#include "recur/core/label.hpp"
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

namespace detail {

/// Says that check_stream has accepted a stream: see advance. Users can't make one by mistake.
struct Checked {
  explicit Checked() = default;
};
/// The sizes of a layer, which its tape remembers: inputs, outputs and what else it has, such as heads or units.
using Sizes = std::array<Index, 3>;
}  // namespace detail

/// The members of every tape: the output of the forward pass and, after backward, the gradient of the input.
template <class S>
struct TapeOf {
  Sequence<S> y, dx;  ///< output and gradient of the input
  /// Says which layer the tape belongs to. forward writes `tape.made_by = sizes_of(*this, x.features())`, and
  /// check_backward refuses the tape of a layer with other sizes. A layer that forgets to write it has tapes that
  /// are checked less.
  detail::Sizes made_by{};

  const Sequence<S>& output() const { return y; }
  const Sequence<S>& d_input() const { return dx; }
};

namespace detail {

/// The empty states. Each kind of argument of a StateRef takes long to compile, so this is the usual one.
template <class S>
StateRef<S> no_state();
#if RECUR_DEFINES
template <class S>
RECUR_NOINLINE StateRef<S> no_state() {
  const MatrixX<S> none;
  return none;
}
#endif
}  // namespace detail

/// A layer maps sequences to sequences. InputScalar is its Scalar. For the first layer of a model of text, it
/// is Token.
///
///   y = layer.forward(x, tape, pass)
///   layer.backward(x, dy, tape, gradient, want_dx)
///
/// After a recording forward of the same x on the same tape, backward computes the gradient of dot(y, dy). It
/// adds (+=) the gradient of the parameters to `gradient`. If want_dx, it writes (=) the gradient of x to
/// tape.d_input(). Both throw std::invalid_argument if sizes don't fit; check_input and check_backward do
/// this for all layers. A pass depends only on its arguments, so a tape may be used again for any batch. A
/// layer that remembers, such as Recurrent, also takes states: see HasState. `stream()` and `step` run one
/// sample one step at a time, without allocating. Layers that need the future have neither. step takes a
/// StepInput. Its result must be in the stream, not in x. `reset(layer, stream)` starts a stream again.
///
/// Some layers also have:
///
///   inner_size()             one more size that their tapes remember
///   output_length(length)    the number of steps that they make, if it is not the number that they are given
///   check_sample(sample)     for more than sizes and finite numbers
///   check_tape(x, tape)      where a tape holds the tapes of parts
///   check_stream(stream)     where a stream holds the streams of parts
///   check_reset(stream)      check_stream for a stream that may be at its end: each layer with an end needs it, and each
///                            layer around another
///   has_end()                whether its streams come to an end; a layer around another has this or for_each_part
///   ends_backward(input)     whether the last output has seen only the last step
///   joins_directions(input)  whether its output is that of two directions, one above the other
///   for_each_part(f, whole...)   shows the layers inside
///
/// What may share memory: x of a step may be the last result of the same stream, dy may be the output on the tape,
/// and states may be those on the tape. These are refused: x may not be a sequence on the same tape, such
/// as its output() or its d_input(), since a pass does not read what it writes. dy may not be the d_input() on the
/// same tape. `gradient` may not be the layer itself.
///
/// A tape, memory or stream belongs to the layer that made it. It knows this layer by its sizes: a layer of other sizes
/// refuses it. It does not tell two layers of equal sizes apart, since a layer is a value, and a copy may go on with
/// what the first one made. So call backward on the layer, or a copy of it, whose forward wrote the tape last.
template <class L>
concept Layer = requires(const L& layer, L& gradient, typename L::Tape& tape,
                         const Sequence<typename L::InputScalar>& x, const Sequence<typename L::Scalar>& dy,
                         Random& random) {
  requires std::copyable<L> && std::floating_point<typename L::Scalar>;
  { layer.input_size() } -> std::same_as<Index>;
  { layer.output_size() } -> std::same_as<Index>;
  { layer.describe() } -> std::convertible_to<std::string>;
  { layer.forward(x, tape, Pass{}) } -> std::same_as<const Sequence<typename L::Scalar>&>;
  layer.backward(x, dy, tape, gradient, true);
  gradient.initialize(random, Scheme::recommended);
  { tape.output() } -> std::same_as<const Sequence<typename L::Scalar>&>;
  { tape.d_input() } -> std::same_as<const Sequence<typename L::Scalar>&>;
};

namespace detail {

/// The scalars of a part of a network, also of a type that is not a layer, so that a static_assert can say that in one
/// sentence.
template <class L>
struct PartOf {
  using Scalar = typename L::Scalar;
  using InputScalar = Scalar;
};
template <Layer L>
struct PartOf<L> {
  using Scalar = typename L::Scalar;
  using InputScalar = typename L::InputScalar;
};

// What a part of a network must be. Each of these is true, or the program does not compile and the compiler says
// the sentence. A constant of its own keeps it from listing what the concept wants.
template <class... L>
constexpr bool are_layers() {
  constexpr bool all = (Layer<L> && ...);
  static_assert(all,
                "a part of a network must be a layer: a cell, such as Lstm, needs Recurrent{...} around it");
  return true;
}

template <class L>
concept HasStep = requires(const L& layer, const VectorX<typename L::InputScalar>& x,
                           typename L::Stream& stream) {
  { layer.stream() } -> std::same_as<typename L::Stream>;
  { layer.step(x, stream) } -> std::same_as<const VectorX<typename L::Scalar>&>;
};

}  // namespace detail

/// A layer that can run one sample one step at a time.
template <class L>
concept Streamable = Layer<L> && detail::HasStep<L>;

namespace detail {

/// True also for a type that is not a layer: are_layers says that.
template <class L>
inline constexpr bool may_stream = Streamable<L> || !Layer<L>;

template <class... L>
constexpr bool are_streamable() {
  constexpr bool all = (may_stream<L> && ...);
  static_assert(
      all,
      "a network can run step by step only if each of its layers can: a layer that reads a sequence "
      "from its end, such as Bidirectional, can't");
  return true;
}

}  // namespace detail

/// A layer that remembers: a recurrent layer, or a composition, which may contain some. It has states at both
/// ends of time, and each is an argument:
///
///   y = layer.forward(x, tape, pass, initial)                         state_size() × B, empty: its start
///   layer.backward(x, dy, tape, gradient, want_dx, d_final)           ∂loss/∂(final state); empty: zero
///
/// final_state and d_initial_state (recurrence/state.hpp) read what comes out. A text that is too long for one
/// batch goes on where the last batch ended: the state goes on, its gradient stops (truncated backpropagation).
///
///   layer.forward(first, tape, pass);
///   layer.forward(second, tape, pass, final_state(layer, tape));
template <class L>
concept HasState = requires(const L& layer, L& gradient, typename L::Tape& tape,
                            const Sequence<typename L::InputScalar>& x,
                            const Sequence<typename L::Scalar>& dy,
                            const MatrixX<typename L::Scalar>& state) {
  { layer.state_size() } -> std::same_as<Index>;
  layer.forward(x, tape, Pass{}, state);
  layer.backward(x, dy, tape, gradient, true, state);
};

namespace detail {

/// One recurrent layer, such as Recurrent or LearnedState, or a Network that may hold one: its own tape holds its
/// states at both ends. A composition such as Sequential has a state too, but it is on the tapes of its parts.
template <class L>
concept RecurrentLayer = HasState<L> && requires(typename L::Tape tape) {
  tape.final;
  tape.d_initial;
};

}  // namespace detail

/// Z: the numbers that a layer or a network remembers; 0 if none.
template <class L>
Index state_size(const L& layer) {
  if constexpr (HasState<L>)
    return layer.state_size();
  else
    return 0;
}

/// The number of steps that a layer or a network makes of a sequence of `length` steps. A layer that makes more or fewer, such
/// as a Conv1d with a stride, has a member of this name; so has a composition, and a layer that does not take every length.
/// Throws std::invalid_argument for a length that `forward` refuses, such as one that is shorter than the window of a Pool1d.
template <class L>
Index output_length(const L& layer, Index length) {
  if constexpr (requires { layer.output_length(length); })
    return layer.output_length(length);
  else
    return length;
}

/// The sizes that made_by remembers. A layer with a size beside those of its inputs, outputs and states, such as
/// a number of heads, gives it in a member inner_size().
template <class L>
detail::Sizes sizes_of(const L& layer, Index features) {
  detail::Sizes sizes{features, layer.output_size() == any_size ? features : layer.output_size(),
                      state_size(layer)};
  if constexpr (requires { layer.inner_size(); }) sizes[2] = layer.inner_size();
  return sizes;
}

namespace detail {

/// The layout of the input of the pass on a tape.
template <class Tape>
const Layout& given_layout(const Tape& tape) {
  if constexpr (requires { tape.given; })
    return tape.given;
  else
    return tape.output().layout();
}

/// The rows of the states of a network that belong to one part of it. If `states` is empty, so is the result.
template <class S>
StateRef<S> rows_of(const StateRef<S>& states, Index row, Index rows);
#if RECUR_DEFINES
template <class S>
RECUR_NOINLINE StateRef<S> rows_of(const StateRef<S>& states, Index row, Index rows) {
  return states.rows() == 0 ? states.middleRows(0, 0) : states.middleRows(row, rows);
}
#endif

/// Runs a whole network from a state. Throws std::invalid_argument for a state of other sizes; a network that
/// remembers nothing takes none.
template <class L, class X, class S>
const Sequence<S>& forward_from(const L& network, const Sequence<X>& x, typename L::Tape& tape, Pass pass,
                                const MatrixX<S>& initial) {
  if constexpr (HasState<L>) {
    return network.forward(x, tape, pass, initial);
  } else {
    require(initial.size() == 0, network, " was given an initial state of ", initial.rows(), " x ",
            initial.cols(), ", but it remembers nothing: it must be empty");
    return network.forward(x, tape, pass);
  }
}

/// Runs a part of a network, which has its states from `row` on. Then `row` is that of the next part.
template <class L, class X, class S>
const Sequence<S>& forward_part(const L& layer, const Sequence<X>& x, typename L::Tape& tape, Pass pass,
                                const StateRef<S>& initial, Index& row) {
  if constexpr (HasState<L>) {
    const Index first = row, rows = layer.state_size();
    row += rows;
    return layer.forward(x, tape, pass, rows_of<S>(initial, first, rows));
  } else {
    return layer.forward(x, tape, pass);
  }
}
/// Runs it back. Its states end before `row`, which then ends those of the part before it.
template <class L, class X, class S>
void backward_part(const L& layer, const Sequence<X>& x, const Sequence<S>& dy, typename L::Tape& tape,
                   L& gradient, bool want_dx, const StateRef<S>& d_final, Index& row) {
  if constexpr (HasState<L>) {
    row -= layer.state_size();
    layer.backward(x, dy, tape, gradient, want_dx, rows_of<S>(d_final, row, layer.state_size()));
  } else {
    layer.backward(x, dy, tape, gradient, want_dx);
  }
}

}  // namespace detail

/// The Stream of a layer, or nothing if it has none.
template <class L>
struct StreamOf {
  struct type {};
};
template <Streamable L>
struct StreamOf<L> {
  using type = typename L::Stream;
};

namespace detail {

/// True if the type of a layer tells that it looks at one step at a time.
template <class L>
constexpr bool sees_one_step() {
  if constexpr (requires(const L& layer) {  // Streamable would compile more
                  { layer.stream() } -> std::same_as<typename L::Stream>;
                })
    return std::is_empty_v<typename L::Stream> ||
           std::same_as<typename L::Stream, VectorX<typename L::Scalar>>;
  else
    return false;
}

/// True if a part of the layer reads backward, so that its output at the last step has seen only that step.
/// `input` says the same of the layer's input. A layer has a member of this name if its type alone does not
/// tell. A layer that looks at one step at a time changes nothing.
template <class L>
bool ends_backward(const L& layer, bool input = false) {
  if constexpr (requires { layer.ends_backward(input); })
    return layer.ends_backward(input);
  else
    return input && sees_one_step<L>();
}

/// True if the upper half of the layer's output is that of a forward direction, and the lower half that of a reverse
/// direction, as Bidirectional concatenates them. `input` says the same of the layer's input. A layer has a member of
/// this name if its type alone does not tell. A layer that looks at one step at a time and keeps the number of features,
/// such as Dropout and LayerNorm, changes nothing.
template <class L>
bool joins_directions(const L& layer, bool input = false) {
  if constexpr (requires { layer.joins_directions(input); })
    return layer.joins_directions(input);
  else
    return input && sees_one_step<L>() && layer.input_size() == layer.output_size();
}

}  // namespace detail

/// A stream of a layer that gets `features` numbers at each step. A layer of any_size takes memory for them,
/// so its first step allocates nothing. Pass any_size if the number is not known yet.
template <Streamable L>
typename L::Stream stream_for(const L& layer, Index features) {
  if constexpr (requires { layer.stream(features); })
    return features == any_size ? layer.stream() : layer.stream(features);
  else
    return layer.stream();
}

namespace detail {

/// A layer or model that gives a stream.
template <class L>
concept HasStream = requires(const L& layer, typename L::Stream& stream) {
  stream = layer.stream();
};

}  // namespace detail

/// Brings a stream of a layer or model back to the state that stream() returns, without allocating, with two exceptions
/// below. Use it before the next signal. Use it also after an input that was NaN or infinite, because a network remembers
/// this forever. The stream forgets everything that it has seen.
///
///   if (!y.allFinite()) reset(model, stream);
///
/// If its stream remembers something, a layer has a member reset(stream). Otherwise the stream is replaced by
/// a new one, which allocates. A LearnedState around a Network allocates too. A composition throws std::invalid_argument for a
/// stream of other sizes before it changes a part of it.
template <detail::HasStream L>
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
/// positive, finite and a normal number of the model's scalar.
///
///   initialize(model, 1, Uniform{0.1});
template <class Model>
void initialize(Model& model, std::uint64_t seed, Uniform scheme) {
  using S = typename Model::Scalar;
  constexpr auto smallest = static_cast<double>(std::numeric_limits<S>::min()),
                 largest = static_cast<double>(std::numeric_limits<S>::max());
  require(scheme.limit > 0 && std::isfinite(scheme.limit), "first weights uniform in ±", scheme.limit,
          ": the limit must be positive and finite");
  require(scheme.limit >= smallest && scheme.limit <= largest, "first weights uniform in ±", scheme.limit,
          ": in ", detail::precision_of<S>, " the limit must be at least ", smallest, " and at most ",
          largest);
  Random random(seed);
  for (const auto& p : Parameters(model)) {
    MatrixMap<S> values(p.data, p.size(), 1);
    uniform(values, scheme.limit, random);
  }
}

namespace detail::checks {

// What the checks below have in common for all layers. It is compiled once.
RECUR_INLINE void input(Piece layer, Index batch, Index features, Index legal);
RECUR_INLINE void gradient(Piece layer, Index features, const Layout& layout, Index legal_features,
                           const Layout& legal, bool on_tape);
RECUR_INLINE void state(Piece layer, const char* what, Index rows, Index columns, Index state_size,
                        Index batch);
RECUR_INLINE void pass(Piece layer, Index outputs, Index legal_outputs, Index features, const Layout& layout,
                       Index legal_features, const Layout& legal);
RECUR_INLINE void maker(Piece layer, const Sizes& of_layer, const Sizes& of_tape);
RECUR_INLINE void place(Piece layer, const void* x, const void* tape, std::size_t bytes, const void* output,
                        const void* d_input);
[[noreturn]] RECUR_COLD RECUR_INLINE void refuse_itself(Piece layer, const Name& name);
[[noreturn]] RECUR_COLD RECUR_INLINE void refuse_gradient(Piece layer, const Name& name, Index rows,
                                                          Index columns, Index legal_rows,
                                                          Index legal_columns);

#if RECUR_DEFINES
RECUR_INLINE void input(Piece layer, Index batch, Index features, Index legal) {
  require(batch > 0, layer, " was given an empty batch: it must hold at least one sequence");
  require(legal == any_size || features == legal, layer, " was given ", features, " features: it takes ",
          legal);
}
RECUR_INLINE void gradient(Piece layer, Index features, const Layout& layout, Index legal_features,
                           const Layout& legal, bool on_tape) {
  require(features == legal_features && layout == legal, layer, " was given an output gradient of ", features,
          " features and ", layout.columns(), " steps: its output on this tape has ", legal_features,
          " features and ", legal.columns(), " steps");
  require(!on_tape, layer,
          " was given the gradient of its input on the same tape: it must be a gradient of its output");
}
RECUR_INLINE void state(Piece layer, const char* what, Index rows, Index columns, Index state_size,
                        Index batch) {
  require(rows * columns == 0 || (rows == state_size && columns == batch), layer, " was given ", what, " of ",
          rows, " x ", columns, ": it must be ", state_size, " x ", batch,
          " (units of all states x batch), or empty");
}
RECUR_INLINE void pass(Piece layer, Index outputs, Index legal_outputs, Index features, const Layout& layout,
                       Index legal_features, const Layout& legal) {
  require(legal_outputs == any_size || outputs == legal_outputs, layer,
          " was asked for a gradient with a tape whose output has ", outputs,
          " features: it must be that of its own forward pass");
  require(features == legal_features && layout == legal, layer, " was asked for a gradient with an input of ",
          features, " features and ", layout.columns(), " steps: its forward pass on this tape was given ",
          legal_features, " features and ", legal.columns(), " steps, and the lengths must be the same");
}
RECUR_INLINE void maker(Piece layer, const Sizes& of_layer, const Sizes& of_tape) {
  require(of_tape == Sizes{} || of_tape == of_layer, layer,
          " was asked for a gradient with a tape of a layer of other sizes: it must be that of its own "
          "forward pass");
}
RECUR_INLINE void place(Piece layer, const void* x, const void* tape, std::size_t bytes, const void* output,
                        const void* d_input) {
  const auto at = reinterpret_cast<std::uintptr_t>(x), first = reinterpret_cast<std::uintptr_t>(tape);
  require(
      (at < first || at >= first + bytes) && x != output && x != d_input, layer,
      " was given a sequence on its own tape as input, such as its output: it must be on another tape, or a "
      "copy");
}
RECUR_INLINE void refuse_itself(Piece layer, const Name& name) {
  refuse({layer, " was given its own ", name.str(),
          " as a gradient: the gradient must be another value, as zeros_like makes it"});
}
RECUR_INLINE void refuse_gradient(Piece layer, const Name& name, Index rows, Index columns, Index legal_rows,
                                  Index legal_columns) {
  refuse({layer, " was given a gradient whose ", name.str(), " is ", rows, " x ", columns, ": it must be ",
          legal_rows, " x ", legal_columns});
}
#endif

}  // namespace detail::checks

/// Throws std::invalid_argument unless x has the number of features that the layer takes.
template <class L, class S>
void check_input(const L& layer, const Sequence<S>& x) {
  detail::checks::input(layer, x.batch(), x.features(), layer.input_size());
}

/// Throws std::invalid_argument unless a step has the number of features that the layer takes.
template <class L, class S>
void check_step(const L& layer, const StepInput<S>& x) {
  require(x.size() == layer.input_size(), layer, " was given a step of ", x.size(), " features: it takes ",
          layer.input_size());
}

/// Throws std::invalid_argument if x is a sequence on the tape: within the tape, or at its ends if these are on the
/// heap. A pass would write what it still has to read.
template <class L, class S, class Tape>
void check_place(const L& layer, const Sequence<S>& x, const Tape& tape) {
  const void* d_input = nullptr;
  if constexpr (requires { tape.d_input(); }) d_input = &tape.d_input();
  detail::checks::place(layer, &x, &tape, sizeof tape, &tape.output(), d_input);
}

namespace detail {

/// The same for all parts of a composition, whose tapes may be on the heap.
template <class L, class S, class Tape>
void check_places(Piece whole, const Sequence<S>& x, const Tape& tape) {
  checks::place(whole, &x, nullptr, 0, &tape.output(), &tape.d_input());
  const auto look = [&]<class Part>(std::type_identity<Part>, const auto& its) {
    check_places<Part>(whole, x, its);
  };
  if constexpr (requires { L::for_each_part(look, tape); }) L::for_each_part(look, tape);
}

}  // namespace detail

/// The checks of every forward, before it changes anything: also that x is not on the same tape.
template <class L, class S, class Tape>
void check_input(const L& layer, const Sequence<S>& x, const Tape& tape) {
  check_input(layer, x);
  check_place(layer, x, tape);
}

/// Throws std::invalid_argument unless the layer can take the sample: the right number of features, all
/// of them finite, and none of them ignored_number. If the layer has check_sample(sample), it also calls that,
/// for example to check for legal tokens.
template <class L, class S>
void check_sample(const L& layer, const MatrixX<S>& sample) {
  require(layer.input_size() == any_size || sample.rows() == layer.input_size(), layer, " was given ",
          sample.rows(), " features: it takes ", layer.input_size());
  for (Index t = 0; t < sample.cols(); ++t)
    for (Index f = 0; f < sample.rows(); ++f) detail::check_readable(sample(f, t), f, t);
  if constexpr (requires { layer.check_sample(sample); }) layer.check_sample(sample);
}
template <class L>
void check_sample(const L& layer, const std::vector<Token>& sample) {
  if constexpr (requires { layer.check_sample(sample); }) layer.check_sample(sample);
}

/// Throws std::invalid_argument unless dy is a gradient of the output on the tape, and not itself on the tape.
template <class L, class Tape, class S>
void check_gradient(const L& layer, const Tape& tape, const Sequence<S>& dy) {
  bool on_tape = false;
  if constexpr (requires { tape.d_input(); }) on_tape = static_cast<const void*>(&dy) == &tape.d_input();
  detail::checks::gradient(layer, dy.features(), dy.layout(), tape.output().features(),
                           tape.output().layout(), on_tape);
}

/// Throws std::invalid_argument unless every parameter of `gradient` has the size of the same parameter of
/// the layer, and is not that parameter itself.
template <class L>
void check_parameters(const L& layer, const L& gradient) {
  for_each_parameter(
      [&](const Name& name, const auto& of_layer, const auto& of_gradient) {
        const auto& p = detail::parameter_of(of_layer);
        const auto& g = detail::parameter_of(of_gradient);
        if (g.rows != p.rows || g.columns != p.columns) [[unlikely]]
          detail::checks::refuse_gradient(layer, name, g.rows, g.columns, p.rows, p.columns);
        if (g.data == p.data && g.data != nullptr) [[unlikely]]
          detail::checks::refuse_itself(layer, name);
        if constexpr (requires { of_gradient.check_shape(layer, name); })
          of_gradient.check_shape(layer, name);
      },
      layer, gradient);
}

/// Throws std::invalid_argument unless `state` is empty or state_size × batch.
template <class L, class S>
void check_state(const L& layer, const StateRef<S>& state, Index batch, const char* what) {
  detail::checks::state(layer, what, state.rows(), state.cols(), layer.state_size(), batch);
}

/// Throws std::invalid_argument unless the tape holds a forward pass of a layer of these sizes, over a sequence
/// with the features and the layout of x.
template <class L, class X>
void check_pass(const L& layer, const Sequence<X>& x, const typename L::Tape& tape) {
  const Index features = layer.input_size() == any_size ? tape.output().features() : layer.input_size();
  detail::checks::pass(layer, tape.output().features(), layer.output_size(), x.features(), x.layout(),
                       features, detail::given_layout(tape));
  if constexpr (requires { tape.made_by; })
    detail::checks::maker(layer, sizes_of(layer, features), tape.made_by);
}

/// Throws std::invalid_argument unless backward can use the tape for x: the pass was this layer's, it recorded
/// what backward needs, and the weights have their sizes. A composition checks all its parts, so that backward
/// throws before the first of them has changed anything. A layer with more to check than check_pass has a member
/// check_tape(x, tape).
template <class L, class X>
void check_tape(const L& layer, const Sequence<X>& x, const typename L::Tape& tape) {
  if constexpr (requires { layer.check_tape(x, tape); })
    layer.check_tape(x, tape);
  else
    check_pass(layer, x, tape);
}

/// The checks of backward before it changes anything. Throws std::invalid_argument unless the tape is that of a
/// forward pass over x, x is not on it, dy has the layout and features of its output, and `gradient` the sizes of the
/// layer but is not the layer.
template <class L, class Tape, class X, class S>
void check_backward(const L& layer, const Sequence<X>& x, const Sequence<S>& dy, const Tape& tape,
                    const L& gradient) {
  check_gradient(layer, tape, dy);
  check_place(layer, x, tape);
  check_tape(layer, x, tape);
  check_parameters(layer, gradient);
}
/// For a layer with a state.
template <class L, class Tape, class X, class S>
void check_backward(const L& layer, const Sequence<X>& x, const Sequence<S>& dy, const Tape& tape,
                    const L& gradient, const StateRef<S>& d_final) {
  check_backward(layer, x, dy, tape, gradient);
  check_state(layer, d_final, x.batch(), "a gradient of the final state");
}

/// Throws std::invalid_argument unless the stream of a layer was made for its number of features.
template <class L>
void check_stream(const L& layer, Index features, Index legal) {
  require(features == legal, layer, " was given a stream of ", features, " features: it must be of ", legal,
          ", as stream() makes it");
}

/// Throws std::invalid_argument unless the stream was made by a layer of these sizes, and its weights have theirs. A
/// composition checks all its parts, so that step throws before the first of them has changed anything. A layer with a
/// stream that is more than a place for its output has a member check_stream(stream).
template <class L>
void check_stream(const L& layer, const typename StreamOf<L>::type& stream) {
  if constexpr (requires { L::shapes(layer, [](auto&&...) {}); }) check_weights(layer);
  if constexpr (requires { layer.check_stream(stream); })
    layer.check_stream(stream);
  else if constexpr (std::same_as<typename StreamOf<L>::type, VectorX<typename L::Scalar>>)
    if (layer.output_size() != any_size) check_stream(layer, stream.size(), layer.output_size());
}

namespace detail {

/// Throws std::invalid_argument unless reset can take the stream: what check_stream throws, but a stream may be at its end.
/// A layer whose check_stream looks at an end, and a composition, has a member check_reset(stream).
template <class L>
void check_reset(const L& layer, const typename StreamOf<L>::type& stream) {
  if constexpr (requires { layer.check_reset(stream); })
    layer.check_reset(stream);
  else
    recur::check_stream(layer, stream);
}

/// Whether a stream of the layer comes to an end, so that a later step is refused.
template <class L>
bool has_end(const L& layer) {
  bool any = false;
  const auto look = [&](auto, const auto& part) { any = any || has_end(part); };
  if constexpr (requires { layer.has_end(); })
    any = layer.has_end();
  else if constexpr (requires { L::for_each_part(look, layer); })
    L::for_each_part(look, layer);
  return any;
}

/// A step of a stream that check_stream has accepted. A composition has checked all its parts, so they need not check
/// again: in a small network that costs as much as its mathematics. A layer whose checks take time has a member
/// advance(Checked(), x, stream), which is step without them; only the size of x is still checked.
template <class L>
const VectorX<typename L::Scalar>& advance(const L& layer, const StepInput<typename L::InputScalar>& x,
                                           typename L::Stream& stream) {
  if constexpr (requires { layer.advance(Checked(), x, stream); })
    return layer.advance(Checked(), x, stream);
  else
    return layer.step(x, stream);
}

}  // namespace detail

}  // namespace recur::inline RECUR_ABI

#define RECUR_COMPILED_STATES(S)              \
  template StateRef<S> detail::no_state<S>(); \
  template StateRef<S> detail::rows_of<S>(const StateRef<S>&, Index, Index);
