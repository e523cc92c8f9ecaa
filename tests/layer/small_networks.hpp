// Small networks whose types are erased, for the tests of what layers refuse.
#pragma once

#include <utility>

#include "recur/cell/lstm.hpp"
#include "recur/layer/dense.hpp"
#include "recur/network/chain.hpp"
#include "recur/network/graph.hpp"
#include "recur/network/network.hpp"
#include "recur/recurrence/recurrent.hpp"

namespace recur::testing {

template <class L>
Network<double> erased(L layer) {
  return Network<double>{std::move(layer)};
}
inline Chain<double> chain(Index inputs, Index hidden, Index outputs, bool longer = false) {
  Chain<double> all{erased(Recurrent{Lstm<double>{inputs, hidden}})};
  all.add(erased(Dense<double>{hidden, outputs}));
  if (longer) all.add(erased(Dense<double>{outputs, outputs}));
  return all;
}
/// inputs -> outputs, with a connection from the input to the last layer.
inline Graph<double> graph(Index inputs, Index hidden, Index outputs) {
  return {{{"x", inputs}},
          {{"lstm", Recurrent{Lstm<double>{inputs, hidden}}, {"x"}},
           {"both", Join::concatenate, {"lstm", "x"}},
           {"y", Dense<double>{inputs + hidden, outputs}, {"both"}}},
          {"y"}};
}

}  // namespace recur::testing
