// Memory that recurrent layers take once they have run before: none.
#pragma once

#include <vector>

#include "allocations.hpp"
#include "catch.hpp"
#include "draw.hpp"
#include "recur/layer/layer.hpp"

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

}  // namespace recur::testing
