// The parts of a graph that know nothing of layers: names, order, and what joins compute.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "recur/core/arrays.hpp"
#include "recur/core/compiled.hpp"
#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"

namespace recur::inline RECUR_ABI {

/// What a node makes of several values with the same steps: their sum, the first less the second, the product of two
/// number by number, or all of them one above the other.
enum class Join { add, subtract, multiply, concatenate };

/// `count` of the features of one value, from `first` on.
struct Slice {
  Index first, count;
};

/// An input of a graph, with its number of features; tokens have one.
struct GraphInput {
  std::string name;
  Index features = 1;
};

namespace detail::graph {

/// Most features of an input, and of all joins together, which have no weights that would explain their memory.
inline constexpr Index most_features = Index{1} << 24;

/// A value is an input or what a node gives. The values of nodes come after those of inputs.
struct Node {
  enum class Does { add, subtract, multiply, concatenate, slice, first_layer, layer };

  std::string name;
  std::vector<std::size_t> from;  // values
  Does does;
  Index features = 0;     // of what it gives
  Index first = 0;        // of a slice
  std::size_t index = 0;  // among the layers or joins of its sort

  bool is_layer() const { return does >= Does::first_layer; }
};

/// The kinds of joins in a description, in the order of Join.
inline constexpr std::array<const char*, 4> join_names{"add", "subtract", "multiply", "concatenate"};

/// What a node of this name reads.
struct Reader {
  std::string name;
  std::vector<std::string> from;
};

/// Which nodes come one after the other, and the values that they and the outputs read.
struct Wiring {
  std::vector<std::size_t> order;              // of the nodes as they were given
  std::vector<std::vector<std::size_t>> from;  // values of each node, in that order
  std::vector<std::size_t> outputs;            // values
};

/// Each node comes after those that it reads; otherwise they stay in the order given. Throws std::invalid_argument as
/// Graph does.
RECUR_INLINE Wiring wire(const std::vector<GraphInput>& inputs, const std::vector<Reader>& nodes,
                         const std::vector<std::string>& outputs);

#if RECUR_DEFINES
RECUR_INLINE Wiring wire(const std::vector<GraphInput>& inputs, const std::vector<Reader>& nodes,
                         const std::vector<std::string>& outputs) {
  require(!inputs.empty() && !outputs.empty(), "a graph of ", inputs.size(), " inputs and ", outputs.size(),
          " outputs: it must have at least one of each");
  std::map<std::string, std::size_t> places;  // of the inputs, then of the nodes as they were given
  const auto add_name = [&](const std::string& name) {
    const bool legal = !name.empty() && std::none_of(name.begin(), name.end(), [](char c) {
      return (c >= 0 && c <= ' ') || c == '.' || c == '"';
    });
    require(legal, "a graph has the name \"", name,
            "\": a name must have letters, and no blanks, dots or quotes");
    require(places.emplace(name, places.size()).second, "a graph has the name \"", name,
            "\" twice: names must differ");
  };
  for (const auto& input : inputs) {
    add_name(input.name);
    require(input.features >= 1 && input.features <= most_features, "the input \"", input.name,
            "\" of a graph has ", input.features, " features: it must have from 1 to ", most_features);
  }
  for (const auto& node : nodes) add_name(node.name);

  const std::size_t first_node = inputs.size();
  std::vector<std::vector<std::size_t>> from(nodes.size()), readers(places.size());
  std::vector<bool> is_read(places.size(), false);
  const auto find = [&](const std::string& name, const char* reader, const std::string& reader_name) {
    const auto found = places.find(name);
    require(found != places.end(), reader, " \"", reader_name, "\" of a graph reads \"", name,
            "\": there is no input or node of that name");
    is_read[found->second] = true;
    return found->second;
  };
  for (std::size_t n = 0; n < nodes.size(); ++n)
    for (const auto& name : nodes[n].from) {
      from[n].push_back(find(name, "the node", nodes[n].name));
      readers[from[n].back()].push_back(n);
    }

  Wiring wiring;
  std::vector<std::size_t> value(places.size()), waits_for(nodes.size());
  std::set<std::size_t> ready;
  for (std::size_t i = 0; i < first_node; ++i) value[i] = i;
  for (std::size_t n = 0; n < nodes.size(); ++n) {
    waits_for[n] = static_cast<std::size_t>(
        std::count_if(from[n].begin(), from[n].end(), [&](auto place) { return place >= first_node; }));
    if (waits_for[n] == 0) ready.insert(n);
  }
  while (!ready.empty()) {
    const std::size_t n = ready.extract(ready.begin()).value();
    value[first_node + n] = first_node + wiring.order.size();
    wiring.order.push_back(n);
    for (std::size_t& place : from[n]) place = value[place];
    wiring.from.push_back(from[n]);
    for (const std::size_t reader : readers[first_node + n])
      if (--waits_for[reader] == 0) ready.insert(reader);
  }
  for (std::size_t n = 0; n < nodes.size(); ++n)
    require(waits_for[n] == 0, "the node \"", nodes[n].name,
            "\" of a graph is on a cycle, or reads from one: no node can read what is made of itself");

  for (const auto& name : outputs) {
    const std::size_t at = value[find(name, "the output", name)];
    require(at >= first_node, "an output of a graph is the input \"", name, "\": it must be a node");
    require(std::find(wiring.outputs.begin(), wiring.outputs.end(), at) == wiring.outputs.end(),
            "a graph has the output \"", name, "\" twice: outputs must differ");
    wiring.outputs.push_back(at);
  }
  for (const auto& [name, place] : places)
    require(is_read[place], "nobody reads \"", name,
            "\" of a graph: every input must be read, and every node must be read or be an output");
  return wiring;
}
#endif

/// Some columns of numbers, rows × columns.
template <class S>
struct View {
  S* data;
  Index rows, columns;
};

/// Copies or adds rows of `from`, beginning with from_row, to those of `to` that begin with to_row.
template <class S>
RECUR_NOINLINE void move_rows(View<const S> from, Index from_row, View<S> to, Index to_row, Index rows,
                              bool adds) {
  for (Index c = 0; c < from.columns; ++c) {
    const S* const source = from.data + c * from.rows + from_row;
    S* const target = to.data + c * to.rows + to_row;
    if (adds)
      arrays::add(target, source, rows);
    else
      std::copy_n(source, rows, target);
  }
}

/// y = the join of part(0), part(1), ..., each a View<const S>.
template <class S, class F>
void join(const Node& node, F&& part, View<S> y) {
  using enum Node::Does;
  const Index size = y.rows * y.columns;
  switch (node.does) {
    case add:
      arrays::add(part(0).data, part(1).data, y.data, size);
      for (std::size_t i = 2; i < node.from.size(); ++i) arrays::add(y.data, part(i).data, size);
      break;
    case subtract:
      arrays::map(
          y.data, size, [](auto a, auto b) { return a - b; }, part(0).data, part(1).data);
      break;
    case multiply:
      arrays::multiply(part(0).data, part(1).data, y.data, size);
      break;
    case slice:
      move_rows(part(0), node.first, y, 0, y.rows, false);
      break;
    default:
      for (std::size_t i = 0, row = 0; i < node.from.size(); row += static_cast<std::size_t>(part(i++).rows))
        move_rows(part(i), 0, y, static_cast<Index>(row), part(i).rows, false);
  }
}

/// Adds the gradient of part i to `sum`, where dy is that of the join.
template <class S, class F>
void join_backward(const Node& node, std::size_t i, F&& part, View<const S> dy, View<S> sum) {
  using enum Node::Does;
  const Index size = dy.rows * dy.columns;
  switch (node.does) {
    case add:
      arrays::add(sum.data, dy.data, size);
      break;
    case subtract:
      arrays::add_scaled(sum.data, i == 0 ? S(1) : S(-1), dy.data, size);
      break;
    case multiply:
      arrays::map(
          sum.data, size, [](auto all, auto d, auto other) { return fma(d, other, all); }, sum.data, dy.data,
          part(1 - i).data);
      break;
    case slice:
      move_rows(dy, 0, sum, node.first, dy.rows, true);
      break;
    default: {
      Index row = 0;
      for (std::size_t k = 0; k < i; ++k) row += part(k).rows;
      move_rows(dy, row, sum, 0, sum.rows, true);
    }
  }
}

}  // namespace detail::graph

}  // namespace recur::inline RECUR_ABI
