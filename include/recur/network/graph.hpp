// Layers that read from each other by name, chosen while the program runs. graph_structure.hpp says what reads what;
// here is how it runs.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "recur/layer/layer.hpp"
#include "recur/network/graph_nodes.hpp"
#include "recur/network/graph_structure.hpp"
#include "recur/network/network.hpp"

namespace recur::inline RECUR_ABI {

/// A sequence, with the name of an input or output of a graph.
template <class S>
struct NamedSequence {
  std::string_view name;
  const Sequence<S>& values;
};
/// One step, with the name of an input of a graph.
template <class S>
struct NamedStep {
  std::string_view name;
  StepInput<S> values;
};

/// Nodes that read from inputs and from each other. An LSTM with a connection around it:
///
///   Graph<float> graph({{"signal", 1}},
///                      {{"lstm", Recurrent{Lstm<float>{1, 16}}, {"signal"}},
///                       {"dense", Dense<float>{16, 1}, {"lstm"}},
///                       {"sum", Join::add, {"dense", "signal"}}},
///                      {"sum"});
///
/// A graph of one input and one output is a layer like all others. With several of them it takes and gives sequences
/// by name; those of all inputs have one layout:
///
///   graph.forward({{"signal", x}, {"speaker", s}}, tape, recording);
///   loss(graph.output(tape, "sum"), dy);
///   graph.backward({{"signal", x}, {"speaker", s}}, {{"sum", dy}}, tape, gradient);
///
/// Nodes may be given in any order. Parameters are named by node: "lstm.weight_ih". Every input is In; if In is Token,
/// only layers of tokens read inputs. Throws std::invalid_argument, which names the node, for a name that is illegal,
/// not known or there twice, for a cycle, for sizes that don't fit, and for an input or a node that nobody reads.
template <std::floating_point S, class In = S>
class Graph : public detail::graph::Structure<S, In> {
  using Base = detail::graph::Structure<S, In>;
  using Node = detail::graph::Node;
  using Base::check_joined, Base::check_one, Base::features, Base::find, Base::name_of, Base::states_of;
  using Base::inputs_, Base::nodes_, Base::outputs_, Base::first_, Base::rest_, Base::joins_;
  using typename Base::Does, typename Base::First, typename Base::Rest;

 public:
  using Base::Base, Base::state_size;

  class Tape {
   public:
    /// The output; a graph with several gives the first. d_input() is that of the first input.
    const Sequence<S>& output() const {
      return is_used_ && !d_.empty() ? given(does_, index_) : nothing_;  // d_ is empty if it was moved from
    }
    const Sequence<S>& d_input() const { return d_.empty() ? nothing_ : d_[0]; }

   private:
    friend Graph;
    const Sequence<S>& given(Does does, std::size_t index) const {
      if (does == Does::first_layer) return first_[index].output();
      return does == Does::layer ? rest_[index].output() : joins_[index];
    }

    std::vector<typename First::Tape> first_;
    std::vector<typename Rest::Tape> rest_;
    std::vector<Sequence<S>> joins_, d_;  // what joins give; gradients of the values that need memory for it
    Layout layout_;                       // of the inputs
    bool is_used_ = false;
    Does does_{};  // where the first output is
    std::size_t index_ = 0;
    Sequence<S> nothing_;
    // Used only within a pass: inputs, gradients of outputs, and the sum of the gradients of each value so far.
    std::vector<const Sequence<In>*> x_;
    std::vector<const Sequence<S>*> dy_, sum_;
  };

  const Sequence<S>& forward(const Sequence<In>& x, Tape& tape, Pass pass = predicting,
                             const StateRef<S>& initial = detail::no_state<S>()) const {
    check_input(*this, x, tape);
    check_places(x, tape);
    const Tape before = fit(tape);
    tape.x_[0] = &x;
    run(tape, pass, initial);
    return tape.output();
  }
  /// Throws std::invalid_argument unless each input is there once, and all have one layout.
  void forward(std::span<const NamedSequence<In>> x, Tape& tape, Pass pass = predicting,
               const StateRef<S>& initial = detail::no_state<S>()) const {
    for (const auto& one : x) check_places(one.values, tape);
    const Tape before = fit(tape);
    take_inputs(x, tape.x_, [](const auto& one) { return &one.values; });
    run(tape, pass, initial);
  }
  void forward(std::initializer_list<NamedSequence<In>> x, Tape& tape, Pass pass = predicting,
               const StateRef<S>& initial = detail::no_state<S>()) const {
    forward(std::span(x.begin(), x.size()), tape, pass, initial);
  }
  /// What a node gave in the last forward pass on this tape.
  const Sequence<S>& output(const Tape& tape, std::string_view name) const {
    check(tape);
    const Node& node = nodes_[find(nodes_, name, "node")];
    return tape.given(node.does, node.index);
  }

  void backward(const Sequence<In>& x, const Sequence<S>& dy, Tape& tape, Graph& gradient,
                bool want_dx = true, const StateRef<S>& d_final = detail::no_state<S>()) const {
    check_one();
    check(tape);
    tape.x_[0] = &x;
    tape.dy_[0] = &dy;
    run_backward(tape, gradient, want_dx, d_final);
  }
  /// Each output has a gradient. Throws std::invalid_argument unless it is there once.
  void backward(std::span<const NamedSequence<In>> x, std::span<const NamedSequence<S>> dy, Tape& tape,
                Graph& gradient, bool want_dx = true,
                const StateRef<S>& d_final = detail::no_state<S>()) const {
    check(tape);
    take_inputs(x, tape.x_, [](const auto& one) { return &one.values; });
    std::fill(tape.dy_.begin(), tape.dy_.end(), nullptr);
    for (const auto& [name, values] : dy) {
      const auto at = std::find(outputs_.begin(), outputs_.end(), find(nodes_, name, "output"));
      require(at != outputs_.end(), *this, " was given a gradient of \"", name, "\", which is not an output");
      tape.dy_[static_cast<std::size_t>(at - outputs_.begin())] = &values;
    }
    require(dy.size() == outputs_.size() && std::count(tape.dy_.begin(), tape.dy_.end(), nullptr) == 0, *this,
            " was given ", dy.size(), " gradients: it must be one of each of its ", outputs_.size(),
            " outputs");
    run_backward(tape, gradient, want_dx, d_final);
  }
  void backward(std::initializer_list<NamedSequence<In>> x, std::initializer_list<NamedSequence<S>> dy,
                Tape& tape, Graph& gradient, bool want_dx = true,
                const StateRef<S>& d_final = detail::no_state<S>()) const {
    backward(std::span(x.begin(), x.size()), std::span(dy.begin(), dy.size()), tape, gradient, want_dx,
             d_final);
  }
  /// The gradient of an input from the last backward pass on this tape, if it was wanted.
  const Sequence<S>& d_input(const Tape& tape, std::string_view name) const {
    check(tape);
    return tape.d_[find(inputs_, name, "input")];
  }

  void check_tape(const Sequence<In>& x, const Tape& tape) const {
    check_one();
    check(tape);
    require(x.layout() == tape.layout_, *this, " was asked for a gradient with an input of ", x.columns(),
            " steps: its forward pass on this tape was given ", tape.layout_.columns(),
            ", and the lengths must be the same");
    check_tapes(
        tape, [&](std::size_t) -> const auto& { return x; });
  }

  class Stream {
    friend Graph;
    std::vector<typename First::Stream> first_;
    std::vector<typename Rest::Stream> rest_;
    std::vector<VectorX<S>> joins_, outputs_;
    std::vector<Token> token_;  // one, while layers say whether they can take it; of a graph of tokens
    // Used only within a step: inputs, and what nodes gave so far.
    std::vector<const In*> x_;
    std::vector<const VectorX<S>*> y_;
  };
  Stream stream() const {
    Stream all;
    for (const Node& node : nodes_)
      if (node.does == Does::first_layer)
        all.first_.push_back(first_[node.index].stream(features(node.from[0])));
      else if (node.does == Does::layer)
        all.rest_.push_back(rest_[node.index].stream(features(node.from[0])));
      else
        all.joins_.push_back(VectorX<S>::Zero(node.features));
    for (const std::size_t node : outputs_) all.outputs_.push_back(VectorX<S>::Zero(nodes_[node].features));
    all.x_.resize(inputs_.size());
    all.y_.resize(nodes_.size());
    if (std::same_as<In, Token>) all.token_.resize(1);
    return all;
  }
  void reset(Stream& stream) const {
    check_reset(stream);
    for (std::size_t i = 0; i < first_.size(); ++i) first_[i].reset(stream.first_[i]);
    for (std::size_t i = 0; i < rest_.size(); ++i) rest_[i].reset(stream.rest_[i]);
  }
  void check_stream(const Stream& stream) const {
    check(stream);
    for (std::size_t i = 0; i < first_.size(); ++i) first_[i].check_stream(stream.first_[i]);
    for (std::size_t i = 0; i < rest_.size(); ++i) rest_[i].check_stream(stream.rest_[i]);
  }
  void check_reset(const Stream& stream) const {
    check(stream);
    for (std::size_t i = 0; i < first_.size(); ++i) first_[i].check_reset(stream.first_[i]);
    for (std::size_t i = 0; i < rest_.size(); ++i) rest_[i].check_reset(stream.rest_[i]);
  }
  /// x: I, y: O; allocates nothing.
  const VectorX<S>& step(const StepInput<In>& x, Stream& stream) const {
    check_one();
    check_stream(stream);
    check_step(x.size(), 0);
    stream.x_[0] = x.data();
    run_step(stream);
    return stream.outputs_[0];  // not the memory of a join: it writes there while it still reads x
  }
  /// A step of a graph with several inputs or outputs: what it gives is then output(stream, name). Allocates nothing.
  void step(std::initializer_list<NamedStep<In>> x, Stream& stream) const {
    check_stream(stream);
    take_inputs(std::span(x.begin(), x.size()), stream.x_, [](const auto& one) { return one.values.data(); });
    for (const auto& one : x) check_step(one.values.size(), find(inputs_, one.name, "input"));
    run_step(stream);
  }
  const VectorX<S>& output(const Stream& stream, std::string_view name) const {
    check(stream);
    const auto at = std::find(outputs_.begin(), outputs_.end(), find(nodes_, name, "output"));
    require(at != outputs_.end(), "\"", name, "\" is not an output of ", *this);
    return stream.outputs_[static_cast<std::size_t>(at - outputs_.begin())];
  }

  /// Calls f(type of a layer, its part...) for each layer, of graphs, tapes and streams: first those that read inputs.
  /// Throws std::invalid_argument where they are of different graphs; a tape that was never used takes their sizes.
  template <class F, class Whole, class... Wholes>
  static void for_each_part(F&& f, Whole& whole, Wholes&... wholes) {
    (fit_parts(wholes, whole.first_.size(), whole.rest_.size()), ...);
    for (std::size_t i = 0; i < whole.first_.size(); ++i)
      f(std::type_identity<First>{}, whole.first_[i], wholes.first_[i]...);
    for (std::size_t i = 0; i < whole.rest_.size(); ++i)
      f(std::type_identity<Rest>{}, whole.rest_[i], wholes.rest_[i]...);
  }
  template <class F>
  static constexpr void for_each_part(F&& f) {
    f(std::type_identity<Rest>{});
  }

 private:
  template <class T>
  static detail::graph::View<const T> view(const Sequence<T>& s) {
    return {s.data(), s.features(), s.columns()};
  }
  template <class T>
  static detail::graph::View<T> view(Sequence<T>& s) {
    return {s.data(), s.features(), s.columns()};
  }

  template <class Whole>
  static void fit_parts(Whole& whole, std::size_t first, std::size_t rest) {
    if constexpr (std::same_as<Whole, Tape>)
      if (whole.first_.empty() && whole.rest_.empty()) whole.first_.resize(first), whole.rest_.resize(rest);
    require(whole.first_.size() == first && whole.rest_.size() == rest, "a graph of ", first + rest,
            " layers was given what belongs to another graph: it must be its own");
  }

  // ---- Checks.

  /// Whether a tape or a stream with so many outputs has what this graph has. rows(join) is the size of a join there.
  bool fits(const auto& its, std::size_t outputs, auto&& rows) const {
    bool mine = its.first_.size() == first_.size() && its.rest_.size() == rest_.size() &&
                its.joins_.size() == joins_ && its.x_.size() == inputs_.size() && outputs == outputs_.size();
    for (std::size_t n = 0; mine && n < nodes_.size(); ++n)
      mine = nodes_[n].is_layer() || rows(its.joins_[nodes_[n].index]) == nodes_[n].features;
    return mine;
  }
  void check(const Tape& tape) const {
    refuse_tape_unless(tape.is_used_ &&
                       fits(tape, tape.dy_.size(), [](const auto& join) { return join.features(); }));
  }
  void refuse_tape_unless(bool mine) const {
    require(mine, *this, " was given a tape of another network: it must be that of its own forward pass");
  }
  void check(const Stream& stream) const {
    if (!fits(stream, stream.outputs_.size(), [](const auto& join) { return join.size(); })) [[unlikely]]
      detail::refuse(
          {*this, " was given a stream of another network: it must be one that its stream() made"});
  }
  void check_step(Index size, std::size_t input) const {
    if (size != inputs_[input].features) [[unlikely]]
      detail::refuse({*this, " was given a step of ", size, " features for \"", inputs_[input].name,
                      "\": it takes ", inputs_[input].features});
  }
  void take_inputs(auto given, auto& places, auto&& place) const {
    std::fill(places.begin(), places.end(), nullptr);
    for (const auto& one : given) places[find(inputs_, one.name, "input")] = place(one);
    require(given.size() == places.size() && std::count(places.begin(), places.end(), nullptr) == 0, *this,
            " was given ", given.size(), " inputs: it must be each of its ", places.size(), " inputs once");
  }
  /// x may not be on the tape, also if it is the tape of another graph.
  void check_places(const Sequence<In>& x, const Tape& tape) const {
    detail::check_places<Graph>(*this, x, tape);
    for (const auto* own : {&tape.joins_, &tape.d_})
      for (const auto& y : *own) detail::checks::place(*this, &x, nullptr, 0, &y, nullptr);
  }
  void check_inputs(const Tape& tape, const Layout& layout) const {
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const auto& x = *tape.x_[i];
      require(x.batch() > 0, *this, " was given an empty batch: it must hold at least one sequence");
      require(x.features() == inputs_[i].features && x.layout() == layout, *this, " was given ", x.features(),
              " features and ", x.columns(), " steps for \"", inputs_[i].name, "\": it takes ",
              inputs_[i].features, " features, and ", layout.columns(), " steps of the same lengths");
    }
  }

  /// The tapes of all layers and the lengths of all joins, with the inputs that input(i) gives.
  void check_tapes(const Tape& tape, auto&& input) const {
    for (const Node& node : nodes_)
      if (node.does == Does::first_layer)
        first_[node.index].check_tape(input(node.from[0]), tape.first_[node.index]);
      else if (node.does == Does::layer)
        rest_[node.index].check_tape(value(node.from[0], tape), tape.rest_[node.index]);  // reads no input
      else
        for (const std::size_t from : node.from)
          refuse_tape_unless(tape.joins_[node.index].layout() ==
                             (from < inputs_.size() ? input(from).layout() : value(from, tape).layout()));
  }

  // ---- Passes. A value is an input, or what a node gave.

  const Sequence<S>& value(std::size_t value, const Tape& tape) const {
    if constexpr (std::same_as<In, S>)
      if (value < inputs_.size()) return *tape.x_[value];
    const Node& node = nodes_[value - inputs_.size()];
    return tape.given(node.does, node.index);
  }

  /// Returns the tape of another graph, which must live until the pass has ended: an initial state may be on it.
  Tape fit(Tape& tape) const {
    Tape before;
    if (tape.first_.size() != first_.size() || tape.rest_.size() != rest_.size())
      before = std::exchange(tape, Tape());
    tape.first_.resize(first_.size());
    tape.rest_.resize(rest_.size());
    tape.joins_.resize(joins_);
    tape.d_.resize(inputs_.size() + nodes_.size());
    tape.sum_.resize(tape.d_.size());
    tape.x_.resize(inputs_.size());
    tape.dy_.resize(outputs_.size());
    tape.does_ = nodes_[outputs_[0]].does;
    tape.index_ = nodes_[outputs_[0]].index;
    return before;
  }

  void run(Tape& tape, Pass pass, const StateRef<S>& initial) const {
    check_inputs(tape, tape.x_[0]->layout());
    check_state(*this, initial, tape.x_[0]->batch(), "an initial state");
    Index row_of_first = 0, row_of_rest = states_of(first_);
    for (const Node& node : nodes_)
      if (node.does == Does::first_layer) {
        detail::forward_part(first_[node.index], *tape.x_[node.from[0]], tape.first_[node.index], pass,
                             initial, row_of_first);
      } else if (node.does == Does::layer) {
        detail::forward_part(rest_[node.index], value(node.from[0], tape), tape.rest_[node.index], pass,
                             initial, row_of_rest);
      } else {
        const auto& layout = value(node.from[0], tape).layout();
        for (const std::size_t from : node.from)
          check_joined(node, from, value(from, tape).layout() == layout, layout.columns(),
                       value(from, tape).columns());
        Sequence<S>& y = tape.joins_[node.index];
        y.reshape(node.features, layout);
        detail::graph::join(
            node, [&](std::size_t i) { return view(value(node.from[i], tape)); }, view(y));
      }
    tape.layout_ = tape.x_[0]->layout();
    tape.is_used_ = true;
  }

  /// The nodes in reverse. The gradient of a value is a sum over its readers; the first one costs no copy.
  void run_backward(Tape& tape, Graph& gradient, bool want_dx, const StateRef<S>& d_final) const {
    for (const auto* x : tape.x_) check_places(*x, tape);
    check_inputs(tape, tape.layout_);
    check_tapes(
        tape, [&](std::size_t input) -> const auto& { return *tape.x_[input]; });
    check_parameters(*this, gradient);
    check_state(*this, d_final, tape.layout_.batch(), "a gradient of the final state");
    Index end_of_first = states_of(first_), end_of_rest = state_size();
    std::fill(tape.sum_.begin(), tape.sum_.end(), nullptr);
    for (std::size_t k = 0; k < outputs_.size(); ++k) {
      const std::size_t at = inputs_.size() + outputs_[k];
      const auto &dy = *tape.dy_[k], &y = value(at, tape);
      require(dy.features() == y.features() && dy.layout() == y.layout(), *this,
              " was given an output gradient of ", dy.features(), " features and ", dy.columns(),
              " steps: its output \"", name_of(at), "\" on this tape has ", y.features(), " features and ",
              y.columns(), " steps");
      for (const auto& d : tape.d_)
        require(&dy != &d, *this,
                " was given the gradient of its input on the same tape: it must be a gradient of its output");
      tape.sum_[at] = &dy;
    }
    for (std::size_t n = nodes_.size(); n-- > 0;) {
      const Node& node = nodes_[n];
      const Sequence<S>& dy = *tape.sum_[inputs_.size() + n];
      if (node.does == Does::first_layer) {
        auto& its = tape.first_[node.index];
        detail::backward_part(first_[node.index], *tape.x_[node.from[0]], dy, its,
                              gradient.first_[node.index], want_dx, d_final, end_of_first);
        if (std::same_as<In, S> && want_dx) give(node.from[0], its.d_input(), tape);
      } else if (node.does == Does::layer) {
        auto& its = tape.rest_[node.index];
        detail::backward_part(rest_[node.index], value(node.from[0], tape), dy, its,
                              gradient.rest_[node.index], true, d_final, end_of_rest);
        give(node.from[0], its.d_input(), tape);
      } else {
        const auto part = [&](std::size_t i) { return view(value(node.from[i], tape)); };
        for (std::size_t i = 0; i < node.from.size(); ++i) {
          if (node.from[i] < inputs_.size() && !want_dx) continue;
          if (node.does == Does::add)
            give(node.from[i], dy, tape);
          else
            detail::graph::join_backward(node, i, part, view(dy), view(sum(node.from[i], tape)));
        }
      }
    }
    if (std::same_as<In, S> && want_dx)
      for (std::size_t i = 0; i < inputs_.size(); ++i) sum(i, tape);  // the tape's own, to be read later
  }
  void give(std::size_t value, const Sequence<S>& d, Tape& tape) const {
    if (!tape.sum_[value])
      tape.sum_[value] = &d;
    else
      detail::arrays::add(sum(value, tape).data(), d.data(), d.features() * d.columns());
  }
  /// The gradient of a value so far, in the tape's own memory.
  Sequence<S>& sum(std::size_t at, Tape& tape) const {
    Sequence<S>& own = tape.d_[at];
    const Sequence<S>* const given = std::exchange(tape.sum_[at], &own);
    if (given == &own) return own;
    own.reshape(features(at), value(at, tape).layout());
    if (given)
      std::copy_n(given->data(), own.features() * own.columns(), own.data());
    else
      std::fill_n(own.data(), own.features() * own.columns(), S(0));
    return own;
  }

  void run_step(Stream& stream) const {
    if constexpr (std::same_as<In, Token>)
      if (first_.size() > 1) check_tokens(stream);  // a single one refuses the token before it moves
    const std::size_t inputs = inputs_.size();
    for (std::size_t n = 0; n < nodes_.size(); ++n) {
      const Node& node = nodes_[n];
      if (node.does == Does::first_layer) {
        const Eigen::Map<const VectorX<In>> x(stream.x_[node.from[0]], features(node.from[0]));
        stream.y_[n] = &detail::advance(first_[node.index], x, stream.first_[node.index]);
      } else if (node.does == Does::layer) {
        stream.y_[n] =
            &detail::advance(rest_[node.index], *stream.y_[node.from[0] - inputs], stream.rest_[node.index]);
      } else {
        VectorX<S>& y = stream.joins_[node.index];
        const auto part = [&](std::size_t i) -> detail::graph::View<const S> {
          const std::size_t from = node.from[i];
          if constexpr (std::same_as<In, S>)
            if (from < inputs) return {stream.x_[from], features(from), 1};
          return {stream.y_[from - inputs]->data(), features(from), 1};
        };
        detail::graph::join<S>(node, part, {y.data(), y.size(), 1});
        stream.y_[n] = &y;
      }
    }
    for (std::size_t k = 0; k < outputs_.size(); ++k) stream.outputs_[k] = *stream.y_[outputs_[k]];
  }
  /// Throws unless every layer can take its token, before the first of them moves.
  void check_tokens(Stream& stream) const {
    for (const Node& node : nodes_)
      if (node.does == Does::first_layer) {
        stream.token_.assign(1, *stream.x_[node.from[0]]);
        recur::check_sample(first_[node.index], stream.token_);
      }
  }
};

}  // namespace recur::inline RECUR_ABI
