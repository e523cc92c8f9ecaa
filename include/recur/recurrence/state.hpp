// The state of a whole network as one value. A program can carry it from one batch to the next, hand it from
// an encoder to a decoder, save, restore and copy it.
//
// Each recurrent layer keeps its own states, for example h and c of an LSTM. Here the states of all recurrent
// layers of a network are stacked one above the other, in the order of the layers:
//
//   state: Z × B        Z the units of all states together, a column for each sample in the user's order
//
// It is an argument of forward (HasState in layer/layer.hpp). An empty matrix means the state in which the
// network starts: zero, or what a LearnedState has learned. To start one sample of a batch again:
// state.col(b) = start_state(network).
#pragma once

#include <algorithm>
#include <concepts>
#include <type_traits>

#include "recur/layer/layer.hpp"

namespace recur::inline RECUR_ABI {

namespace detail {

/// Calls f(part...) for each recurrent layer of the network L, in order. It passes this layer's part of each
/// argument: of the network itself, of its tape, of its stream. A layer that contains others shows them by a
/// static for_each_part(f, whole...), as Sequential does.
template <class L, class F, class... Whole>
void for_each_recurrent(F&& f, Whole&... whole) {
  const auto go_down = [&]<class Part>(std::type_identity<Part>, auto&... part) {
    for_each_recurrent<Part>(f, part...);
  };
  if constexpr (requires { L::for_each_part(go_down, whole...); })
    L::for_each_part(go_down, whole...);
  else if constexpr (RecurrentLayer<L>)
    f(whole...);
}

/// A Network knows the start of all layers inside.
template <class L>
concept KnowsStart = requires(const L& layer) {
  layer.start_state();
};

}  // namespace detail

/// The state in which a network starts, Z × 1: zero, or what a LearnedState has learned. Throws
/// std::invalid_argument if the learned state and the layer's state have different sizes.
template <Layer L>
MatrixX<typename L::Scalar> start_state(const L& network) {
  MatrixX<typename L::Scalar> state = MatrixX<typename L::Scalar>::Zero(state_size(network), 1);
  Index row = 0;
  detail::for_each_recurrent<L>(
      [&]<class Part>(const Part& layer) {
        if constexpr (requires { layer.check_initial(); }) {
          layer.check_initial();
          for (const auto& learned : layer.initial) {
            std::copy_n(learned.data(), learned.size(), state.data() + row);
            row += learned.size();
          }
        } else if constexpr (detail::KnowsStart<Part>) {
          const auto start = layer.start_state();
          std::copy_n(start.data(), start.size(), state.data() + row);
          row += start.size();
        } else {
          row += state_size(layer);
        }
      },
      network);
  return state;
}

namespace detail::state {

/// Copies `cols` columns of `rows` numbers between matrices that may have more rows.
template <class S>
RECUR_NOINLINE void copy(const S* from, Index from_height, S* to, Index to_height, Index rows, Index cols) {
  for (Index c = 0; c < cols; ++c) std::copy_n(from + c * from_height, rows, to + c * to_height);
}

/// Stacks the states that `state_of` returns, for each recurrent layer's tape, one above the other. They are
/// empty if no pass has made them.
template <Layer L, class F>
void stack(const L& network, const typename L::Tape& tape, F&& state_of, MatrixX<typename L::Scalar>& all) {
  const Index height = state_size(network);
  Index row = 0;
  for_each_recurrent<L>(
      [&](const auto& part) {
        const auto& state = state_of(part);
        if (state.size() == 0) return;  // it remembers nothing, or no pass has ended
        if (row == 0) resize(all, height, state.cols());
        const bool fits = row + state.rows() <= height && state.cols() == all.cols();
        if (fits) copy(state.data(), state.rows(), all.data() + row, height, state.rows(), state.cols());
        row += fits ? state.rows() : height + 1;
      },
      tape);
  if (row == 0) all.resize(0, 0);
  require(row == all.rows(), network, " was asked for a state of a tape on which no pass of its own ended");
}

/// Makes the rows of layers that read a sequence from both ends zero.
template <class L, class S>
void forget_ends(const L& layer, MatrixX<S>& state, Index& row) {
  const auto look = [&]<class Part>(std::type_identity<Part>, const Part& part) {
    forget_ends(part, state, row);
  };
  if constexpr (requires { L::reads_from_both_ends; }) {
    state.middleRows(row, state_size(layer)).setZero();
    row += state_size(layer);
  } else if constexpr (requires { layer.forget_ends(state, row); }) {
    layer.forget_ends(state, row);
  } else if constexpr (requires { L::for_each_part(look, layer); }) {
    L::for_each_part(look, layer);
  } else {
    row += state_size(layer);
  }
}

}  // namespace detail::state

namespace detail {

// final_state and d_initial_state below, into memory that is there already.
template <Layer L>
void get_final_state(const L& network, const typename L::Tape& tape, MatrixX<typename L::Scalar>& to) {
  state::stack(
      network, tape, [](auto& part) -> auto& { return part.final; }, to);
}
template <Layer L>
void get_d_initial_state(const L& network, const typename L::Tape& tape,
                         MatrixX<typename L::Scalar>& d_state) {
  state::stack(
      network, tape, [](auto& part) -> auto& { return part.d_initial; }, d_state);
}
/// The final state, as the initial state of the batch that continues the same texts. Layers that read a
/// sequence from both ends, as Bidirectional does, start from zero again, because one of their directions ended
/// at the first step.
template <Layer L>
void get_carried_state(const L& network, const typename L::Tape& tape, MatrixX<typename L::Scalar>& to) {
  get_final_state(network, tape, to);
  Index row = 0;
  if (to.size() > 0) state::forget_ends(network, to, row);
}

}  // namespace detail

/// The state at the end of the last forward pass on the tape.
template <Layer L>
MatrixX<typename L::Scalar> final_state(const L& network, const typename L::Tape& tape) {
  MatrixX<typename L::Scalar> state;
  detail::get_final_state(network, tape, state);
  return state;
}
/// The gradient of the initial state from the last backward pass on the tape, if forward was given one;
/// empty otherwise.
template <Layer L>
MatrixX<typename L::Scalar> d_initial_state(const L& network, const typename L::Tape& tape) {
  MatrixX<typename L::Scalar> d_state;
  detail::get_d_initial_state(network, tape, d_state);
  return d_state;
}

namespace detail {

/// True if the state of a network is everything that its stream remembers. Some layers count or sum the steps
/// of a stream, for example positions and pools. No state shows this, so a state can't restore such a stream.
/// A single layer that is not recurrent counts as having no memory if its stream is empty, or is a VectorX,
/// the place for its output. A layer whose stream holds more, but remembers nothing, has a
/// for_each_part without parts.
template <class L>
constexpr bool shows_state() {
  bool all = true;
  const auto look = [&]<class Part>(std::type_identity<Part>) { all = all && shows_state<Part>(); };
  if constexpr (requires { L::for_each_part(look); })
    L::for_each_part(look);
  else if constexpr (!RecurrentLayer<L>)
    all = sees_one_step<L>();
  return all;
}
template <class L>
concept ShowsState = Streamable<L> && shows_state<L>();

}  // namespace detail

/// The state of a sample that runs step by step, Z × 1. The streams of some networks hold more than
/// a state shows. These have no get_state: copy the stream instead. A stream is a value, and its copy goes its own
/// way. Throws std::invalid_argument if the sizes in the stream are not those of the network.
template <detail::ShowsState L>
MatrixX<typename L::Scalar> get_state(const L& network, const typename L::Stream& stream) {
  MatrixX<typename L::Scalar> state(state_size(network), 1);
  Index row = 0;
  detail::for_each_recurrent<L>(
      [&](const auto& layer, const auto& part) {
        if constexpr (requires { layer.get_state(part); }) {
          state.middleRows(row, layer.state_size()) = layer.get_state(part);
          row += layer.state_size();
        } else {
          for (int q = 0; const auto& one : part.state) {
            require(one.size() == layer.state_size(q), layer, " was given a stream with a state of ",
                    one.size(), " numbers: it must be of ", layer.state_size(q), ", as stream() makes it");
            state.middleRows(row, one.size()) = one;
            row += layer.state_size(q++);
          }
        }
      },
      network, stream);
  return state;
}
/// Puts a stream into the state of another stream. Throws std::invalid_argument unless the state is Z × 1.
template <Streamable L>
void set_state(const L& network, typename L::Stream& stream, const MatrixX<typename L::Scalar>& state) {
  require(state.rows() == state_size(network) && (state.cols() == 1 || state.rows() == 0), network,
          " was given a state of ", state.rows(), " x ", state.cols(), " for a stream: it must be ",
          state_size(network), " x 1");
  Index row = 0;
  detail::for_each_recurrent<L>(
      [&](const auto& layer, auto& part) {
        if constexpr (requires { layer.set_state(part, state); }) {
          layer.set_state(part, state.middleRows(row, layer.state_size()));
          row += layer.state_size();
        } else {
          for (int q = 0; auto& one : part.state) {
            one = state.middleRows(row, layer.state_size(q++));
            row += one.size();
          }
        }
      },
      network, stream);
}

}  // namespace recur::inline RECUR_ABI
