// Layers one after the other, chosen while the program runs.
#pragma once

#include <algorithm>
#include <concepts>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "recur/layer/layer.hpp"
#include "recur/network/network.hpp"

namespace recur::inline RECUR_ABI {

/// y = L_n(... L_2(L_1(x))), as Sequential, of any number of layers of any type:
///
///   Chain<float> chain{Network<float>{Recurrent{Lstm<float>{8, 64}}}};
///   for (int i = 1; i < depth; ++i) chain.add(Network<float>{Residual{Recurrent{Lstm<float>{64, 64}}}});
///
/// x: I × N ragged, y: O × N. The first layer takes what the chain takes, In; the others take numbers. Parameters are
/// named by position: "0.weight_ih". Throws std::invalid_argument where the sizes of two neighbours don't fit,
/// naming both.
template <std::floating_point S, class In = S>
class Chain {
 public:
  using Scalar = S;
  using InputScalar = In;

  explicit Chain(Network<S, In> first)
      : first_(std::move(first)), input_size_(first_.input_size()), output_size_(first_.output_size()) {}

  /// Puts a layer behind the last one.
  void add(Network<S> layer) {
    const Index given = output_size(), taken = layer.input_size(), gives = layer.output_size();
    require(given == any_size || taken == any_size || given == taken, "layer ", size(), ", ", layer,
            ", takes ", taken, " features, but the layers before it give ", given, ": they must be equal");
    rest_.push_back(std::move(layer));
    if (input_size_ == any_size) input_size_ = taken;
    if (gives != any_size) output_size_ = gives;
  }

  /// Number of layers.
  Index size() const { return 1 + static_cast<Index>(rest_.size()); }

  class Tape {
   public:
    const Sequence<S>& output() const { return rest_.empty() ? first_.output() : rest_.back().output(); }
    const Sequence<S>& d_input() const { return first_.d_input(); }

   private:
    friend Chain;
    typename Network<S, In>::Tape first_;
    std::vector<typename Network<S>::Tape> rest_;
  };

  Index input_size() const { return input_size_; }
  Index output_size() const { return output_size_; }
  Index output_length(Index length) const {
    length = first_.output_length(length);
    for (const auto& layer : rest_) length = layer.output_length(length);
    return length;
  }
  std::string describe() const {
    std::string text = "Chain {" + first_.describe();
    for (const auto& layer : rest_) text += ", " + layer.describe();
    return text + "}";
  }
  Description description() const {
    Description chain("chain");
    chain.layers.push_back(first_.description());
    for (const auto& layer : rest_) chain.layers.push_back(layer.description());
    return chain;
  }
  /// The first layer decides whether a sample is legal.
  void check_sample(const typename Sequence<In>::Sample& sample) const {
    recur::check_sample(first_, sample);
  }
  void initialize(Random& random, Scheme scheme) {
    first_.initialize(random, scheme);
    for (auto& layer : rest_) layer.initialize(random, scheme);
  }

  template <class F, class First, class... Same>
  static void visit(const Name& at, F&& f, First& first, Same&... same) {
    for (const std::size_t other : {first.rest_.size(), same.rest_.size()...})
      require(other == first.rest_.size(), "chains of ", first.size(), " and of ", other + 1,
              " layers were visited together: they must be of one architecture");
    Network<S, In>::visit(at / Index{0}, f, first.first_, same.first_...);
    for (std::size_t i = 0; i < first.rest_.size(); ++i)
      Network<S>::visit(at / static_cast<Index>(i + 1), f, first.rest_[i], same.rest_[i]...);
  }

  Index state_size() const {
    Index size = first_.state_size();
    for (const auto& layer : rest_) size += layer.state_size();
    return size;
  }

  const Sequence<S>& forward(const Sequence<In>& x, Tape& tape, Pass pass = predicting,
                             const StateRef<S>& initial = detail::no_state<S>()) const {
    check_input(*this, x, tape);
    check_state(*this, initial, x.batch(), "an initial state");
    detail::check_places<Chain>(*this, x, tape);  // of the chain that used it last
    Tape before;                                  // an initial state may be on it
    if (tape.rest_.size() != rest_.size()) before = std::exchange(tape, Tape());
    tape.rest_.resize(rest_.size());
    Index row = 0;
    const Sequence<S>* y = &detail::forward_part(first_, x, tape.first_, pass, initial, row);
    for (std::size_t i = 0; i < rest_.size(); ++i)
      y = &detail::forward_part(rest_[i], *y, tape.rest_[i], pass, initial, row);
    return *y;
  }

  void backward(const Sequence<In>& x, const Sequence<S>& dy, Tape& tape, Chain& gradient,
                bool want_dx = true, const StateRef<S>& d_final = detail::no_state<S>()) const {
    check_backward(*this, x, dy, tape, gradient, d_final);
    detail::check_places<Chain>(*this, x, tape);
    Index row = state_size();
    const Sequence<S>* d = &dy;
    for (std::size_t i = rest_.size(); i-- > 0; d = &tape.rest_[i].d_input())
      detail::backward_part(rest_[i], i > 0 ? tape.rest_[i - 1].output() : tape.first_.output(), *d,
                            tape.rest_[i], gradient.rest_[i], true, d_final, row);
    detail::backward_part(first_, x, *d, tape.first_, gradient.first_, want_dx, d_final, row);
  }

  void check_tape(const Sequence<In>& x, const Tape& tape) const {
    require(tape.rest_.size() == rest_.size(), *this,
            " was asked for a gradient with a tape of another network: ",
            "it must be that of its own forward pass");
    first_.check_tape(x, tape.first_);
    for (std::size_t i = 0; i < rest_.size(); ++i)
      rest_[i].check_tape(i > 0 ? tape.rest_[i - 1].output() : tape.first_.output(), tape.rest_[i]);
  }

  class Stream {
    friend Chain;
    explicit Stream(typename Network<S, In>::Stream first) : first_(std::move(first)) {}

    typename Network<S, In>::Stream first_;
    std::vector<typename Network<S>::Stream> rest_;
  };
  bool ends_backward(bool input) const {
    input = first_.ends_backward(input);
    for (const auto& layer : rest_) input = layer.ends_backward(input);
    return input;
  }
  bool joins_directions(bool input) const {
    input = first_.joins_directions(input);
    for (const auto& layer : rest_) input = layer.joins_directions(input);
    return input;
  }
  /// Whether all its networks can.
  bool can_stream() const {
    return first_.can_stream() &&
           std::all_of(rest_.begin(), rest_.end(), [](const auto& layer) { return layer.can_stream(); });
  }
  Stream stream() const { return stream(input_size()); }
  Stream stream(Index features) const {
    Stream all(first_.stream(features));
    const auto pass = [&](const auto& layer) {
      if (layer.output_size() != any_size) features = layer.output_size();
    };
    pass(first_);
    for (const auto& layer : rest_) {
      all.rest_.push_back(layer.stream(features));
      pass(layer);
    }
    return all;
  }
  void reset(Stream& stream) const {
    check_reset(stream);
    first_.reset(stream.first_);
    for (std::size_t i = 0; i < rest_.size(); ++i) rest_[i].reset(stream.rest_[i]);
  }
  void check_stream(const Stream& stream) const {
    check_length(stream);
    first_.check_stream(stream.first_);
    for (std::size_t i = 0; i < rest_.size(); ++i) rest_[i].check_stream(stream.rest_[i]);
  }
  void check_reset(const Stream& stream) const {
    check_length(stream);
    first_.check_reset(stream.first_);
    for (std::size_t i = 0; i < rest_.size(); ++i) rest_[i].check_reset(stream.rest_[i]);
  }
  /// x: I, y: O; allocates nothing.
  const VectorX<S>& step(const StepInput<In>& x, Stream& stream) const {
    check_stream(stream);
    return advance(detail::Checked(), x, stream);
  }
  /// The same for a stream that check_stream has accepted: see layer.hpp.
  const VectorX<S>& advance(detail::Checked, const StepInput<In>& x, Stream& stream) const {
    // A first layer of any size takes what a later one refuses.
    if (input_size_ != any_size) check_step(*this, x);
    const VectorX<S>* y = &detail::advance(first_, x, stream.first_);
    for (std::size_t i = 0; i < rest_.size(); ++i) y = &detail::advance(rest_[i], *y, stream.rest_[i]);
    return *y;
  }

  /// Calls f(type of a layer, its part...) for each layer, of chains, tapes and streams. Throws std::invalid_argument
  /// where they are of different lengths; a tape that was never used takes that of the chain.
  template <class F, class Whole, class... Wholes>
  static void for_each_part(F&& f, Whole& whole, Wholes&... wholes) {
    const std::size_t count = whole.rest_.size();
    (fit_length(wholes, count), ...);
    f(std::type_identity<Network<S, In>>{}, whole.first_, wholes.first_...);
    for (std::size_t i = 0; i < count; ++i)
      f(std::type_identity<Network<S>>{}, whole.rest_[i], wholes.rest_[i]...);
  }
  template <class F>
  static constexpr void for_each_part(F&& f) {
    f(std::type_identity<Network<S>>{});
  }

 private:
  void check_length(const Stream& stream) const {
    if (stream.rest_.size() != rest_.size()) [[unlikely]]
      detail::refuse(
          {*this, " was given a stream of another network: it must be one that its stream() made"});
  }

  template <class Whole>
  static void fit_length(Whole& whole, std::size_t count) {
    if constexpr (std::same_as<Whole, Tape>)
      if (whole.rest_.empty()) whole.rest_.resize(count);
    require(whole.rest_.size() == count, "a chain of ", count + 1,
            " layers was given what belongs to one of ", whole.rest_.size() + 1,
            " layers: it must be its own");
  }

  Network<S, In> first_;
  std::vector<Network<S>> rest_;
  Index input_size_, output_size_;
};

}  // namespace recur::inline RECUR_ABI
