// A layer whose type is chosen while the program runs.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "recur/core/description.hpp"
#include "recur/core/parameters.hpp"
#include "recur/layer/layer.hpp"
#include "recur/recurrence/state.hpp"

namespace recur::inline RECUR_ABI {

namespace detail::network {

/// Owns a T whose type is erased, and copies it by copy().
template <class T>
class Copied {
 public:
  Copied() = default;
  Copied(std::unique_ptr<T> value) : value_(std::move(value)) {}
  Copied(const Copied& other) : value_(other.value_ ? other.value_->copy() : nullptr) {}
  Copied(Copied&&) noexcept = default;
  Copied& operator=(const Copied& other) { return *this = Copied(other); }
  Copied& operator=(Copied&&) noexcept = default;
  ~Copied() = default;

  explicit operator bool() const { return value_ != nullptr; }
  T& operator*() const { return *value_; }
  T* operator->() const { return value_.get(); }

 private:
  std::unique_ptr<T> value_;
};

/// The tape of a layer of any type.
template <class S>
struct AnyTape {
  virtual ~AnyTape() = default;
  virtual std::unique_ptr<AnyTape> copy() const = 0;
  virtual const Sequence<S>& output() const = 0;
  virtual const Sequence<S>& d_input() const = 0;
};

/// The stream of a layer of any type.
struct AnyStream {
  virtual ~AnyStream() = default;
  virtual std::unique_ptr<AnyStream> copy() const = 0;
};

/// A number that no call gave before.
inline std::uint64_t new_family() {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

/// A layer of any type. Network calls this. `type` tells one type of layer from another. Tapes, streams and gradients
/// must belong to a layer of the same type.
template <class S, class In>
struct AnyLayer {
  AnyLayer(const void* type, bool ends) : type_(type), family_(new_family()), has_end_(ends) {}
  virtual ~AnyLayer() = default;
  virtual std::unique_ptr<AnyLayer> copy() const = 0;
  /// Not virtual: every step asks for it.
  const void* type() const { return type_; }
  /// A layer and its copies are a family. They have the same sizes, so a stream of one fits all, and a step need not look
  /// at the sizes of its parts: that would be one more virtual call for each layer of a chain.
  std::uint64_t family() const { return family_; }
  /// Whether a stream comes to an end, so that each step must look whether it has.
  bool has_end() const { return has_end_; }
  /// Takes the values of a layer of the same type, in the memory that it has.
  virtual void assign(const AnyLayer& other) = 0;

  virtual Index input_size() const = 0;
  virtual Index output_size() const = 0;
  virtual Index output_length(Index length) const = 0;
  virtual std::string describe() const = 0;
  virtual std::optional<Description> description() const = 0;
  virtual void initialize(Random& random, Scheme scheme) = 0;
  virtual Parameters<S> parameters() = 0;
  /// Throws std::invalid_argument unless the networks inside are like those of a layer of the same type.
  virtual void check_parts(const AnyLayer& other) const = 0;
  virtual void check_sample(const typename Sequence<In>::Sample& sample) const = 0;

  virtual std::unique_ptr<AnyTape<S>> tape() const = 0;
  virtual const Sequence<S>& forward(const Sequence<In>& x, AnyTape<S>& tape, Pass pass,
                                     const StateRef<S>& initial) const = 0;
  virtual void backward(const Sequence<In>& x, const Sequence<S>& dy, AnyTape<S>& tape, AnyLayer& gradient,
                        bool want_dx, const StateRef<S>& d_final) const = 0;

  virtual void check_tape(const Sequence<In>& x, const AnyTape<S>& tape) const = 0;

  virtual Index state_size() const = 0;
  virtual MatrixX<S> start_state() const = 0;
  virtual void forget_ends(MatrixX<S>& state, Index& row) const = 0;
  virtual void get_final(const AnyTape<S>& tape, MatrixX<S>& state) const = 0;
  virtual void get_d_initial(const AnyTape<S>& tape, MatrixX<S>& d_state) const = 0;

  virtual bool ends_backward(bool input) const = 0;
  virtual bool joins_directions(bool input) const = 0;
  virtual bool can_stream() const = 0;
  virtual std::unique_ptr<AnyStream> stream(Index features) const = 0;
  /// A step of a stream that check_stream has accepted, or that this family made.
  virtual const VectorX<S>& advance(const StepInput<In>& x, AnyStream& stream) const = 0;
  virtual void check_stream(const AnyStream& stream) const = 0;
  virtual void check_reset(const AnyStream& stream) const = 0;
  virtual void reset(AnyStream& stream) const = 0;
  virtual MatrixX<S> get_state(const AnyStream& stream) const = 0;
  virtual void set_state(AnyStream& stream, const MatrixX<S>& state) const = 0;

 protected:
  void take_family_of(const AnyLayer& other) {
    family_ = other.family_;
    has_end_ = other.has_end_;
  }

 private:
  const void* type_;
  std::uint64_t family_;
  bool has_end_;
};

template <Layer L>
class LayerOf final : public AnyLayer<typename L::Scalar, typename L::InputScalar> {
  using S = typename L::Scalar;
  using In = typename L::InputScalar;
  using Any = AnyLayer<S, In>;

 public:
  explicit LayerOf(L layer) : Any(&type_, ends(layer)), layer_(std::move(layer)) {}

  std::unique_ptr<Any> copy() const override {
    auto made = std::make_unique<LayerOf>(layer_);
    made->take_family_of(*this);
    return made;
  }
  void assign(const Any& other) override {
    layer_ = static_cast<const LayerOf&>(other).layer_;
    this->take_family_of(other);
  }

  Index input_size() const override { return layer_.input_size(); }
  Index output_size() const override { return layer_.output_size(); }
  Index output_length(Index length) const override { return recur::output_length(layer_, length); }
  std::string describe() const override { return layer_.describe(); }
  std::optional<Description> description() const override {
    if constexpr (Described<L>)
      return layer_.description();
    else
      return {};
  }
  void initialize(Random& random, Scheme scheme) override { layer_.initialize(random, scheme); }
  Parameters<S> parameters() override { return Parameters<S>(layer_); }
  void check_parts(const Any& other) const override {
    for_each_parameter([](const auto&...) {}, layer_, static_cast<const LayerOf&>(other).layer_);
  }
  void check_sample(const typename Sequence<In>::Sample& sample) const override {
    recur::check_sample(layer_, sample);
  }

  std::unique_ptr<AnyTape<S>> tape() const override { return std::make_unique<Tape>(); }
  const Sequence<S>& forward(const Sequence<In>& x, AnyTape<S>& tape, Pass pass,
                             const StateRef<S>& initial) const override {
    Index row = 0;
    return forward_part(layer_, x, of(tape), pass, initial, row);
  }
  void backward(const Sequence<In>& x, const Sequence<S>& dy, AnyTape<S>& tape, Any& gradient, bool want_dx,
                const StateRef<S>& d_final) const override {
    Index row = state_size();
    backward_part(layer_, x, dy, of(tape), static_cast<LayerOf&>(gradient).layer_, want_dx, d_final, row);
  }

  void check_tape(const Sequence<In>& x, const AnyTape<S>& tape) const override {
    recur::check_tape(layer_, x, static_cast<const Tape&>(tape).tape);
  }

  Index state_size() const override { return recur::state_size(layer_); }
  MatrixX<S> start_state() const override { return recur::start_state(layer_); }
  void forget_ends(MatrixX<S>& state, Index& row) const override {
    detail::state::forget_ends(layer_, state, row);
  }
  void get_final(const AnyTape<S>& tape, MatrixX<S>& state) const override {
    detail::get_final_state(layer_, static_cast<const Tape&>(tape).tape, state);
  }
  void get_d_initial(const AnyTape<S>& tape, MatrixX<S>& d_state) const override {
    detail::get_d_initial_state(layer_, static_cast<const Tape&>(tape).tape, d_state);
  }

  bool ends_backward(bool input) const override { return detail::ends_backward(layer_, input); }
  bool joins_directions(bool input) const override { return detail::joins_directions(layer_, input); }
  bool can_stream() const override {
    if constexpr (requires { layer_.can_stream(); })
      return layer_.can_stream();
    else
      return Streamable<L>;
  }
  std::unique_ptr<AnyStream> stream(Index features) const override {
    if constexpr (Streamable<L>) {
      auto made = std::make_unique<Stream>(stream_for(layer_, features));
      check_stream(*made);  // also the weights, which are public until the layer is here
      return made;
    } else {
      refuse_stream();
    }
  }
  const VectorX<S>& advance(const StepInput<In>& x, AnyStream& stream) const override {
    if constexpr (Streamable<L>)
      return detail::advance(layer_, x, of(stream));
    else
      refuse_stream();
  }
  void check_stream(const AnyStream& stream) const override {
    if constexpr (Streamable<L>) recur::check_stream(layer_, static_cast<const Stream&>(stream).stream);
  }
  void check_reset(const AnyStream& stream) const override {
    if constexpr (Streamable<L>) detail::check_reset(layer_, static_cast<const Stream&>(stream).stream);
  }
  void reset(AnyStream& stream) const override {
    if constexpr (Streamable<L>) recur::reset(layer_, of(stream));
  }
  MatrixX<S> get_state(const AnyStream& stream) const override {
    if constexpr (state_is_all)
      return recur::get_state(layer_, static_cast<const Stream&>(stream).stream);
    else
      refuse_state();
  }
  void set_state(AnyStream& stream, const MatrixX<S>& state) const override {
    if constexpr (state_is_all)
      recur::set_state(layer_, of(stream), state);
    else
      refuse_state();
  }

 private:
  struct Tape final : AnyTape<S> {
    typename L::Tape tape;

    std::unique_ptr<AnyTape<S>> copy() const override { return std::make_unique<Tape>(*this); }
    const Sequence<S>& output() const override { return tape.output(); }
    const Sequence<S>& d_input() const override { return tape.d_input(); }
  };
  struct Stream final : AnyStream {
    typename StreamOf<L>::type stream;

    explicit Stream(typename StreamOf<L>::type s) : stream(std::move(s)) {}
    std::unique_ptr<AnyStream> copy() const override { return std::make_unique<Stream>(*this); }
  };
  static typename L::Tape& of(AnyTape<S>& tape) { return static_cast<Tape&>(tape).tape; }
  static auto& of(AnyStream& stream) { return static_cast<Stream&>(stream).stream; }
  static bool ends(const L& layer) {
    if constexpr (Streamable<L>)
      return detail::has_end(layer);
    else
      return false;
  }

  /// Whether the state of a stream is all that it remembers.
  static constexpr bool state_is_all = [] {
    if constexpr (Streamable<L>)
      return shows_state<L>();
    else
      return false;
  }();
  [[noreturn]] void refuse_stream() const {
    refuse({layer_, " can't be run step by step: it needs the end of a sequence"});
  }
  [[noreturn]] void refuse_state() const {
    refuse({layer_, " remembers more of a stream than its state shows: copy the stream instead"});
  }

  inline static char type_ = 0;  // not constant: a linker may give equal constants one address
  L layer_;
};

template <class L>
inline constexpr bool is_network = false;

template <class L, class N>
concept DiffersFrom = !std::same_as<L, N>;

}  // namespace detail::network

/// A layer whose type is erased: one type for every architecture, so that a program or a file can choose it.
///
///   Network<float> body{Sequential{Recurrent{Lstm<float>{8, 64}}, Dense<float>{64, 4}}};
///   body = make_network<float>({{"gru", 8, 32}, {"dense", 32, 4}});          // see standard.hpp
///   ManyToOne model{body, Pooling::last, Dense<float>{4, 2}, SoftmaxCrossEntropy{}};
///
/// x: I × N ragged, y: O × N, with the sizes of the layer inside. In is Token for a network that begins with an
/// Embedding: Network<float, Token>. A network is a value like every layer, and a copy is a deep copy. It computes what
/// the layer computes, bit for bit. It calls the layer through one virtual function for each batch or step.
///
/// Parameters have the same names as in the layer. The state holds the states of all recurrent layers inside, one above
/// the other, Z × B (see recurrence/state.hpp). It ends in tape.final; its gradient is in tape.d_initial.
///
/// Throws what the layer throws. Throws std::invalid_argument for a tape, stream or gradient of a network with another
/// layer inside, if it is asked to stream a layer that can't, and after it was moved from.
template <std::floating_point S, class In = S>
class Network {
  using Any = detail::network::AnyLayer<S, In>;

 public:
  using Scalar = S;
  using InputScalar = In;
  static constexpr std::size_t states = 1;

  template <detail::network::DiffersFrom<Network> L>
  explicit Network(L layer) : layer_(erase(std::move(layer))) {
    list_parameters();
  }

  Network(const Network& other) : layer_(other.layer_) { list_parameters(); }
  Network(Network&&) noexcept = default;
  /// Keeps its memory, and so its parameters where they are, if the layer inside is of the same type and sizes.
  Network& operator=(const Network& other) {
    if (this == &other) return *this;
    if (!has_sizes_of(other)) return *this = Network(other);
    layer_->assign(*other.layer_);
    list_parameters();
    return *this;
  }
  Network& operator=(Network&&) noexcept = default;
  ~Network() = default;

  class Tape {
   public:
    MatrixX<S> final, d_initial;

    const Sequence<S>& output() const { return tape_ ? tape_->output() : nothing(); }
    const Sequence<S>& d_input() const { return tape_ ? tape_->d_input() : nothing(); }

   private:
    friend Network;
    static const Sequence<S>& nothing() {
      static const Sequence<S> none;
      return none;
    }

    detail::network::Copied<detail::network::AnyTape<S>> tape_;
    const void* type_ = nullptr;  // of the layer that it is a tape of
    bool from_initial_ = false;   // where the last forward pass started
    MatrixX<S> kept_;             // the memory of d_initial while that is empty
  };

  Index input_size() const { return layer().input_size(); }
  Index output_size() const { return layer().output_size(); }
  Index output_length(Index length) const { return layer().output_length(length); }
  std::string describe() const { return layer_ ? layer_->describe() : "a Network that was moved from"; }
  /// The network as data, to save it or to make another. Throws std::invalid_argument if a layer inside has no
  /// description.
  Description description() const {
    auto known = layer().description();
    require(known.has_value(), *this,
            " has no description: each of its layers must have a member description()");
    return std::move(*known);
  }
  void initialize(Random& random, Scheme scheme) { layer().initialize(random, scheme); }
  void check_sample(const typename Sequence<In>::Sample& sample) const { layer().check_sample(sample); }

  /// Throws std::invalid_argument if the networks have different parameters or layers of different types inside, and if one
  /// was moved from.
  template <class F, class First, class... Same>
  static void visit(const Name& at, F&& f, First& first, Same&... same) {
    first.check_layer();
    (same.check_layer(), ...);
    (first.check_alike(same), ...);
    for (std::size_t k = 0; k < first.parameters_.size(); ++k)
      f(at / std::string_view(list_of(first)[k].name), list_of(first)[k], list_of(same)[k]...);
  }

  const Sequence<S>& forward(const Sequence<In>& x, Tape& tape, Pass pass = predicting,
                             const StateRef<S>& initial = detail::no_state<S>()) const {
    const Any& layer = this->layer();
    check_state(*this, initial, x.batch(), "an initial state");
    detail::network::Copied<detail::network::AnyTape<S>> before;  // an initial state may be on it
    if (!tape.tape_ || tape.type_ != layer.type()) {
      check_place(*this, x, tape);
      before = std::exchange(tape.tape_, layer.tape());
      tape.type_ = layer.type();
    }
    const Sequence<S>& y = layer.forward(x, *tape.tape_, pass, initial);
    tape.from_initial_ = initial.size() > 0;
    detail::set_empty(!tape.from_initial_, tape.d_initial, tape.kept_);
    layer.get_final(*tape.tape_, tape.final);
    return y;
  }

  void backward(const Sequence<In>& x, const Sequence<S>& dy, Tape& tape, Network& gradient,
                bool want_dx = true, const StateRef<S>& d_final = detail::no_state<S>()) const {
    const Any& layer = this->layer();
    require(gradient.layer().type() == layer.type(), *this, " was given a gradient that is ", gradient,
            ": it must be one of its own architecture, as zeros_like makes it");
    check_backward(*this, x, dy, tape, gradient, d_final);
    layer.backward(x, dy, *tape.tape_, gradient.layer(), want_dx, d_final);
    if (tape.from_initial_) layer.get_d_initial(*tape.tape_, tape.d_initial);
  }

  void check_tape(const Sequence<In>& x, const Tape& tape) const {
    require(tape.tape_ && tape.type_ == layer().type(), *this,
            " was asked for a gradient with a tape of another network: ",
            "it must be that of its own forward pass");
    layer().check_tape(x, *tape.tape_);
  }

  /// Z: numbers of the states of all recurrent layers inside; 0 if there are none.
  Index state_size() const { return layer().state_size(); }
  Index state_size(int q) const {
    detail::check_index("state", q, 1);
    return state_size();
  }
  /// Where it starts, Z × 1: zero, except what a LearnedState has learned.
  MatrixX<S> start_state() const { return layer().start_state(); }
  /// Makes the states of layers inside that read from both ends zero; the states of this network begin at `row`.
  void forget_ends(MatrixX<S>& state, Index& row) const { layer().forget_ends(state, row); }

  /// One sample that is run step by step. A copy of a stream goes its own way.
  class Stream {
    friend Network;
    Stream(std::unique_ptr<detail::network::AnyStream> stream, const Any& layer)
        : stream_(std::move(stream)), type_(layer.type()), family_(layer.family()) {}

    detail::network::Copied<detail::network::AnyStream> stream_;
    const void* type_;
    std::uint64_t family_;  // of the layer that made it
  };
  bool ends_backward(bool input) const { return layer().ends_backward(input); }
  bool joins_directions(bool input) const { return layer().joins_directions(input); }
  /// Whether every layer inside can be run step by step.
  bool can_stream() const { return layer().can_stream(); }
  /// Whether a stream of a layer inside comes to an end.
  bool has_end() const { return layer().has_end(); }
  /// Throws std::invalid_argument where a layer inside can't be run step by step.
  Stream stream() const { return stream(input_size()); }
  /// For a network of any_size, which gets this number of features.
  Stream stream(Index features) const { return {layer().stream(features), layer()}; }
  /// Starts the stream of every layer again.
  void reset(Stream& stream) const { layer().reset(of(stream)); }
  void check_stream(const Stream& stream) const {
    check(stream);
    if (stream.family_ != layer_->family() || layer_->has_end()) [[unlikely]]
      layer_->check_stream(*stream.stream_);
  }
  void check_reset(const Stream& stream) const {
    check(stream);
    if (stream.family_ != layer_->family()) layer_->check_reset(*stream.stream_);
  }
  /// x: I, y: O; allocates nothing.
  const VectorX<S>& step(const StepInput<In>& x, Stream& stream) const {
    check_stream(stream);
    return advance(detail::Checked(), x, stream);
  }
  /// The same for a stream that check_stream has accepted: see layer.hpp.
  const VectorX<S>& advance(detail::Checked, const StepInput<In>& x, Stream& stream) const {
    return layer_->advance(x, *stream.stream_);
  }

  /// The state of a stream, Z × 1. It and set_state throw std::invalid_argument where a layer inside remembers more than
  /// its state shows.
  MatrixX<S> get_state(const Stream& stream) const {
    check(stream);
    return layer().get_state(*stream.stream_);
  }
  /// Puts a stream into a state that get_state gave.
  void set_state(Stream& stream, const MatrixX<S>& state) const { layer().set_state(of(stream), state); }

 private:
  template <class L>
  static std::unique_ptr<Any> erase(L layer) {
    using Part = detail::PartOf<L>;
    static_assert(detail::are_layers<L>());
    static_assert(
        std::same_as<typename Part::Scalar, S>,
        "a Network and the layer inside must compute in one scalar, both in float or both in double");
    static_assert(
        !std::same_as<typename Part::Scalar, S> || std::same_as<typename Part::InputScalar, In>,
        "a Network whose layer takes tokens, such as Embedding, is a Network<float, Token>; one whose "
        "layer takes numbers is a Network<float>");
    if constexpr (Layer<L> && std::same_as<typename Part::Scalar, S> &&
                  std::same_as<typename Part::InputScalar, In>)
      return std::make_unique<detail::network::LayerOf<L>>(std::move(layer));
    else
      return nullptr;
  }

  const Any& layer() const {
    check_layer();
    return *layer_;
  }
  Any& layer() {
    check_layer();
    return *layer_;
  }
  void check_layer() const {
    if (!layer_) [[unlikely]]
      detail::refuse({"a Network that was moved from was used: it must be assigned another one first"});
  }

  void check(const Stream& stream) const {
    if (stream.type_ != layer().type() || !stream.stream_) [[unlikely]]
      detail::refuse(
          {*this, " was given a stream of another network: it must be one that its stream() made"});
  }
  detail::network::AnyStream& of(Stream& stream) const {
    check(stream);
    return *stream.stream_;
  }

  /// Whether the values of the other one fit into the memory of this one.
  bool has_sizes_of(const Network& other) const {
    return layer_ && other.layer_ && layer_->type() == other.layer_->type() && is_alike(other);
  }
  bool is_alike(const Network& other) const {
    bool alike = parameters_.size() == other.parameters_.size();
    for (std::size_t k = 0; alike && k < parameters_.size(); ++k)
      alike = parameters_[k].rows == other.parameters_[k].rows &&
              parameters_[k].columns == other.parameters_[k].columns &&
              parameters_[k].is_row_major == other.parameters_[k].is_row_major &&
              (parameters_[k].table == nullptr) == (other.parameters_[k].table == nullptr);
    return alike;
  }
  void check_alike(const Network& other) const {
    require(layer_->type() == other.layer_->type() && is_alike(other), *this, " and ", other,
            " were taken together: they must be of one architecture");
    layer_->check_parts(*other.layer_);
  }

  // The layer stays in its place on the heap, so the lists stay right when a network is moved.
  void list_parameters() {
    parameters_ = layer_ ? layer_->parameters() : Parameters<S>();
    const_parameters_ = parameters_;
  }
  static const Parameters<S>& list_of(Network& network) { return network.parameters_; }
  static const Parameters<const S>& list_of(const Network& network) { return network.const_parameters_; }

  detail::network::Copied<Any> layer_;
  Parameters<S> parameters_;
  Parameters<const S> const_parameters_;
};

namespace detail::network {
template <class S, class In>
inline constexpr bool is_network<Network<S, In>> = true;

/// A layer of which Network{layer} is made; Network{network} is a copy.
template <class L>
concept Inner = !is_network<L>;
}  // namespace detail::network

template <detail::network::Inner L>
Network(L) -> Network<typename detail::PartOf<L>::Scalar, typename detail::PartOf<L>::InputScalar>;

}  // namespace recur::inline RECUR_ABI
