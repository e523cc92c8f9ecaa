// Recurrent layers allocate nothing in repeated runs, and a pass that ran out of memory left nothing to rely on.
#pragma once

#include <vector>

#include "allocations.hpp"
#include "catch.hpp"
#include "draw.hpp"
#include "recur/layer/layer.hpp"
#include "recur/recurrence/state.hpp"

namespace recur::testing {

template <class L>
void steps_allocate_nothing(const L& layer) {
  auto stream = layer.stream();
  const VectorX<typename L::Scalar> x = VectorX<typename L::Scalar>::Ones(layer.input_size());
  const CountAllocations allocations;
  layer.step(x, stream);
  layer.step(x, stream);
  const long count = allocations.count();
  CHECK(count == 0);
}

template <class L>
void steady_passes_allocate_nothing(const L& layer) {
  using S = typename L::Scalar;
  const std::vector<Index> lengths{12, 40, 30, 1, 7};
  const auto x = draw<S>(layer.input_size(), lengths), dy = draw<S>(layer.output_size(), lengths);
  typename L::Tape tape;
  L gradient = zeros_like(layer);
  long count = -1;
  MatrixX<S> state = MatrixX<S>::Zero(layer.state_size(), x.batch());
  for (int i = 0; i < 3; ++i) {
    const CountAllocations allocations;
    layer.forward(x, tape, predicting);
    layer.forward(x, tape, recording, state);
    layer.backward(x, dy, tape, gradient, true, state);
    state = tape.final;
    count = allocations.count();
  }
  CHECK(count == 0);
}

/// Whichever allocation fails in a pass, a pass from before it can't be taken for one over the new sequences.
template <class L>
void backward_refuses_what_ran_out_of_memory(const L& layer, Pass pass = recording) {
  if (!CountAllocations::works) return;  // then memory does not run out
  using S = typename L::Scalar;
  const Index features = layer.input_size() == any_size ? 2 : layer.input_size();
  const auto small = draw<S>(features, {2, 2}), x = draw<S>(features, {9, 7, 4});
  typename L::Tape tape;
  const Sequence<S> dy = layer.forward(x, tape, pass);
  L gradient = zeros_like(layer);
  int failed = 0;
  with_too_little_memory(
      [&] {
        tape = {};
        layer.forward(small, tape, pass);
      },
      [&] { layer.forward(x, tape, pass); },
      [&] {
        CHECK_THROWS_AS(layer.backward(x, dy, tape, gradient), std::invalid_argument);
        ++failed;
      });
  CHECK(failed > 3);
  CHECK_NOTHROW(layer.backward(x, dy, tape, gradient));
}

/// Whichever allocation fails in both passes, with states, the tape frees its memory once.
template <class L>
void gives_back_what_ran_out_of_memory(const L& layer) {
  if (!CountAllocations::works) return;
  using S = typename L::Scalar;
  const auto small = draw<S>(layer.input_size(), {2, 2}), x = draw<S>(layer.input_size(), {9, 7, 4});
  L gradient = zeros_like(layer);
  typename L::Tape tape;
  const auto run = [&](const Sequence<S>& in, const Sequence<S>& dy, const MatrixX<S>& state,
                       MatrixX<S>& end) {
    layer.forward(in, tape, recording, state);
    layer.backward(in, dy, tape, gradient, true, state);
    detail::get_final_state(layer, tape, end);
  };
  const Sequence<S> d_small = layer.forward(small, tape), dy = layer.forward(x, tape);
  const MatrixX<S> for_small = MatrixX<S>::Ones(layer.state_size(), 2),
                   state = MatrixX<S>::Ones(layer.state_size(), 3);
  MatrixX<S> end;
  int failed = 0;
  with_too_little_memory(
      [&] {
        tape = {};
        end = MatrixX<S>();
        run(small, d_small, for_small, end);
      },
      [&] { run(x, dy, state, end); }, [&] { ++failed; });
  CHECK(failed > 3);
  CHECK(end.cols() == 3);
}

}  // namespace recur::testing
