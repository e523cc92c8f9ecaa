// Graphs for the tests of graphs.
#pragma once

#include "recur/cell/lstm.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/dropout.hpp"
#include "recur/network/graph.hpp"
#include "recur/recurrence/recurrent.hpp"

namespace recur::testing {

/// Every join, values that are read twice, and nodes that are not given in order.
inline Graph<double> everything() {
  return {{{"x", 3}},
          {{"out", Dense<double>{3, 2}, {"noisy"}},
           {"lstm", Recurrent{Lstm<double>{3, 4}}, {"x"}},
           {"left", Slice{0, 3}, {"both"}},
           {"right", Slice{2, 3}, {"both"}},
           {"both", Join::concatenate, {"lstm", "x"}},
           {"product", Join::multiply, {"left", "right"}},
           {"difference", Join::subtract, {"x", "product"}},
           {"square", Join::multiply, {"difference", "difference"}},
           {"again", Recurrent{Lstm<double>{3, 3}}, {"square"}},
           {"sum", Join::add, {"again", "square", "x"}},
           {"noisy", Dropout<double>{0.4}, {"sum"}}},
          {"out"}};
}

inline Graph<double> residual() {
  return {{{"signal", 3}},
          {{"lstm", Recurrent{Lstm<double>{3, 3}}, {"signal"}}, {"sum", Join::add, {"lstm", "signal"}}},
          {"sum"}};
}

}  // namespace recur::testing
