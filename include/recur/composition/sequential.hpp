// Layers one after the other.
#pragma once

#include <concepts>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "recur/layer/layer.hpp"

namespace recur::inline RECUR_ABI {

namespace detail {
template <class... Layers>
concept AtLeastOne = sizeof...(Layers) > 0;

/// Throws std::invalid_argument unless each layer takes as many features as the one before it gives.
class Neighbours {
 public:
  RECUR_COLD void add(Piece layer, Index takes, Index gives);

 private:
  Index size_ = any_size, position_ = 0, giver_position_ = 0;
  Piece giver_ = "";  // the last layer that has a size
};
#if RECUR_DEFINES
RECUR_INLINE void Neighbours::add(Piece layer, Index takes, Index gives) {
  require(size_ == any_size || takes == any_size || takes == size_, "layer ", position_, ", ", layer,
          ", takes ", takes, " features, but layer ", giver_position_, ", ", giver_, ", gives ", size_,
          ": they must be equal");
  if (gives != any_size) {
    size_ = gives;
    giver_ = layer;
    giver_position_ = position_;
  }
  ++position_;
}
#endif
}  // namespace detail

/// y = L_n(... L_2(L_1(x))). It is a tuple of layers with a tuple of tapes, and is itself a Layer:
///
///   Sequential body{Embedding<float>{10000, 64}, Dropout<float>{0.5}, Recurrent{Lstm<float>{64, 128}}};
///
///   x: I × N ragged, I what the first takes; y: O × N, O what the last gives
///
/// Parameters are named by position: "0.weight", "2.weight_ih". The constructor throws std::invalid_argument
/// if the sizes of two neighbours don't fit. The error names both.
template <class... Layers>
requires detail::AtLeastOne<Layers...>
class Sequential {
  static constexpr std::size_t count = sizeof...(Layers);
  static constexpr bool described = (Described<Layers> && ...), streamable = (Streamable<Layers> && ...);
  using First = std::tuple_element_t<0, std::tuple<Layers...>>;

  template <class L>
  using InputOf = typename detail::PartOf<L>::InputScalar;

 public:
  using Scalar = typename detail::PartOf<First>::Scalar;
  using InputScalar = InputOf<First>;
  static_assert(detail::are_layers<Layers...>());
  static_assert((std::same_as<typename detail::PartOf<Layers>::Scalar, Scalar> && ...),
                "all layers of a Sequential must compute in one scalar: all in float or all in double");
  static_assert((std::same_as<InputOf<Layers>, Token> + ...) == std::same_as<InputScalar, Token>,
                "only the first layer of a Sequential can take tokens");

  std::tuple<Layers...> layers;

  explicit Sequential(Layers... parts) : layers(std::move(parts)...) { check_sizes(); }

  struct Tape {
    std::tuple<typename Layers::Tape...> tapes;
    const Sequence<Scalar>& output() const { return std::get<count - 1>(tapes).output(); }
    const Sequence<Scalar>& d_input() const { return std::get<0>(tapes).d_input(); }
  };

  Index input_size() const {
    Index size = any_size;
    each([&](const auto& layer) {
      if (size == any_size) size = layer.input_size();
    });
    return size;
  }
  Index output_size() const {
    Index size = any_size;
    each([&](const auto& layer) {
      if (layer.output_size() != any_size) size = layer.output_size();
    });
    return size;
  }
  Index output_length(Index length) const {
    each([&](const auto& layer) { length = recur::output_length(layer, length); });
    return length;
  }
  RECUR_COLD std::string describe() const {
    return std::apply(
        [](const auto&... layer) { return detail::list("Sequential", {detail::Piece(layer)...}); }, layers);
  }
  Description description() const requires(described) {
    Description chain("chain");
    each([&](const auto& layer) { chain.layers.push_back(layer.description()); });
    return chain;
  }
  /// The first layer decides whether a sample is legal.
  void check_sample(const typename Sequence<InputScalar>::Sample& sample) const {
    recur::check_sample(std::get<0>(layers), sample);
  }
  void initialize(Random& random, Scheme scheme) {
    std::apply([&](auto&... layer) { (layer.initialize(random, scheme), ...); }, layers);
  }

  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    indexed([&](auto i) {
      std::tuple_element_t<i, std::tuple<Layers...>>::visit(at / Index{i}, f, std::get<i>(self.layers)...);
    });
  }

  bool ends_backward(bool input) const {
    each([&](const auto& layer) { input = detail::ends_backward(layer, input); });
    return input;
  }

  bool joins_directions(bool input) const {
    each([&](const auto& layer) { input = detail::joins_directions(layer, input); });
    return input;
  }

  /// Z: the states of all layers, one above the other.
  Index state_size() const {
    Index size = 0;
    each([&](const auto& layer) { size += recur::state_size(layer); });
    return size;
  }

  const Sequence<Scalar>& forward(const Sequence<InputScalar>& x, Tape& tape, Pass pass = predicting,
                                  const StateRef<Scalar>& initial = detail::no_state<Scalar>()) const {
    check_input(*this, x, tape);
    detail::check_places<Sequential>(*this, x, tape);
    check_state(*this, initial, x.batch(), "an initial state");
    Index row = 0;
    indexed([&](auto i) {
      detail::forward_part(std::get<i>(layers), input<i>(x, tape), std::get<i>(tape.tapes), pass, initial,
                           row);
    });
    return tape.output();
  }

  void backward(const Sequence<InputScalar>& x, const Sequence<Scalar>& dy, Tape& tape, Sequential& gradient,
                bool want_dx = true, const StateRef<Scalar>& d_final = detail::no_state<Scalar>()) const {
    check_backward(*this, x, dy, tape, gradient, d_final);
    detail::check_places<Sequential>(*this, x, tape);
    Index row = state_size();
    indexed([&](auto reversed) {
      constexpr std::size_t i = count - 1 - reversed;
      detail::backward_part(std::get<i>(layers), input<i>(x, tape), output_gradient<i>(dy, tape),
                            std::get<i>(tape.tapes), std::get<i>(gradient.layers), i > 0 || want_dx, d_final,
                            row);
    });
  }

  void check_tape(const Sequence<InputScalar>& x, const Tape& tape) const {
    indexed(
        [&](auto i) { recur::check_tape(std::get<i>(layers), input<i>(x, tape), std::get<i>(tape.tapes)); });
  }

  /// Calls f(type of a layer, its part...) for each layer, for networks, tapes and streams of this type.
  template <class F, class... Whole>
  static constexpr void for_each_part(F&& f, Whole&... whole) {
    indexed([&](auto i) {
      f(std::type_identity<std::tuple_element_t<i, std::tuple<Layers...>>>{}, std::get<i>(parts(whole))...);
    });
  }

  /// A class of its own: only a program that streams compiles what is inside.
  struct Stream {
    std::tuple<typename StreamOf<Layers>::type...> layers;
  };
  Stream stream() const requires(streamable) { return stream(input_size()); }
  void stream() const requires(!streamable) { static_assert(detail::are_streamable<Layers...>()); }
  Stream stream(Index features) const requires(streamable) {
    const auto next = [&](const auto& layer) {
      auto its = stream_for(layer, features);
      if (layer.output_size() != any_size) features = layer.output_size();
      return its;
    };
    return std::apply([&](const auto&... layer) { return Stream{{next(layer)...}}; }, layers);
  }
  /// Starts the stream of every layer again.
  void reset(Stream& stream) const requires(streamable) {
    check_reset(stream);
    indexed([&](auto i) { recur::reset(std::get<i>(layers), std::get<i>(stream.layers)); });
  }
  void check_stream(const Stream& stream) const requires(streamable) {
    indexed([&](auto i) { recur::check_stream(std::get<i>(layers), std::get<i>(stream.layers)); });
  }
  void check_reset(const Stream& stream) const requires(streamable) {
    indexed([&](auto i) { detail::check_reset(std::get<i>(layers), std::get<i>(stream.layers)); });
  }
  const VectorX<Scalar>& step(const StepInput<InputScalar>& x, Stream& stream) const requires(streamable) {
    check_stream(stream);
    return advance(detail::Checked(), x, stream);
  }
  /// The same for a stream that check_stream has accepted: see layer.hpp.
  const VectorX<Scalar>& advance(detail::Checked, const StepInput<InputScalar>& x, Stream& stream) const
      requires(streamable) {
    // A first layer of any size takes what a later one refuses.
    if (std::get<0>(layers).input_size() == any_size && input_size() != any_size) check_step(*this, x);
    return step_from<0>(x, stream);
  }

 private:
  template <class F>
  static constexpr void indexed(F&& f) {
    const auto all = [&]<std::size_t... i>(std::index_sequence<i...>) {
      (f(std::integral_constant<std::size_t, i>{}), ...);
    };
    all(std::make_index_sequence<count>{});
  }
  template <class F>
  void each(F&& f) const {
    std::apply([&](const auto&... layer) { (f(layer), ...); }, layers);
  }

  static auto& parts(auto& whole) {
    if constexpr (requires { whole.layers; })
      return whole.layers;
    else
      return whole.tapes;
  }

  template <std::size_t i>
  static const auto& input(const Sequence<InputScalar>& x, const Tape& tape) {
    if constexpr (i == 0)
      return x;
    else
      return std::get<i - 1>(tape.tapes).output();
  }

  template <std::size_t i>
  static const Sequence<Scalar>& output_gradient(const Sequence<Scalar>& dy, const Tape& tape) {
    if constexpr (i + 1 == count)
      return dy;
    else
      return std::get<i + 1>(tape.tapes).d_input();
  }

  template <std::size_t i>
  const VectorX<Scalar>& step_from(const auto& x, Stream& stream) const {
    const VectorX<Scalar>& y = detail::advance(std::get<i>(layers), x, std::get<i>(stream.layers));
    if constexpr (i + 1 < count)
      return step_from<i + 1>(y, stream);
    else
      return y;
  }

  void check_sizes() const {
    detail::Neighbours fit;
    each([&](const auto& layer) { fit.add(layer, layer.input_size(), layer.output_size()); });
  }
};

}  // namespace recur::inline RECUR_ABI
