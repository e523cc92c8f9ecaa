// What a network is and what it costs, layer by layer.
#pragma once

#include <concepts>
#include <string>
#include <utility>
#include <vector>

#include "recur/core/description.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/parameters.hpp"
#include "recur/layer/layer.hpp"
#include "recur/network/network.hpp"

namespace recur::inline RECUR_ABI {

/// A layer, or the network as a whole. In a summary, a layer is followed by those inside it, one deeper.
struct LayerSummary {
  Index depth = 0;       ///< 0: the network itself
  std::string kind;      ///< "lstm"
  std::string details;   ///< "1 -> 32, direction both"
  Index parameters = 0;  ///< numbers that it learns
  Index flops = 0;       ///< of a step of one sample: see summarize
};

namespace detail::summary {

/// Whether a parameter is a learned state: its name ends with initial.0, initial.1 and so on.
inline bool is_initial(std::string_view name) {
  const auto dot = name.rfind('.');
  if (dot == name.npos || name.find_first_not_of("0123456789", dot + 1) != name.npos) return false;
  const std::string_view before = name.substr(0, dot);
  return before == "initial" || before.ends_with(".initial");
}

/// A factor and a sum for each number of a matrix, a sum for each number of a vector. A row of a table is only read, and
/// a learned state is there before the first step.
template <class S>
Index flops_of(const Parameter<const S>& p) {
  if (p.table != nullptr || is_initial(p.name)) return 0;
  return p.is_vector ? p.size() : 2 * p.size();
}

inline std::string details_of(const Description& layer) {
  std::string text;
  for (std::size_t i = 0; i < layer.sizes.size(); ++i)
    text += (i == 0 ? "" : " -> ") + std::to_string(layer.sizes[i]);
  for (const auto& [name, value] : layer.options)
    text += (text.empty() ? "" : ", ") + name + ' ' +
            (value.type() == OptionValue::Type::text ? value.text() : value.describe());
  return text;
}

template <class S>
void add(const Description& layer, const std::string& at, const Parameters<const S>& all, Index depth,
         std::vector<LayerSummary>& to) {
  LayerSummary own{depth, layer.kind, details_of(layer), 0, 0};
  for (const auto& p : all)
    if (p.name.starts_with(at)) {
      own.parameters += p.size();
      own.flops += flops_of(p);
    }
  to.push_back(std::move(own));
  if (layer.kind == "graph") {  // its names are those of its nodes
    for (const Description& part : layer.layers)
      if (part.kind != "node") {
        to.push_back({depth + 1, part.kind, details_of(part), 0, 0});
      } else {
        std::string name;
        for (const auto& [key, value] : part.options)
          if (key == "name") name = value.text();
        add(part, at + name + '.', all, depth + 1, to);
      }
    return;
  }
  for (std::size_t i = 0; i < layer.layers.size(); ++i)
    add(layer.layers[i], layer.kind == "chain" ? at + std::to_string(i) + '.' : at, all, depth + 1, to);
}

/// Numbers that the layers without a state of their own remember of earlier steps.
inline Index window_of(const Description& layer) {
  Index count = 0;
  const auto size = [&](std::size_t i) { return i < layer.sizes.size() ? layer.sizes[i] : 0; };
  if (layer.kind == "conv1d") {
    Index dilation = 1;
    for (const auto& [name, value] : layer.options)
      if (name == "dilation") dilation = value.integer();
    count = size(0) * ((size(2) - 1) * dilation + 1);
  } else if (layer.kind == "context_window") {
    count = size(0) * (size(1) + size(2) + 1);
  }
  for (const Description& inner : layer.layers) count += window_of(inner);
  return count;
}

}  // namespace detail::summary

/// The layers of a network, a graph or any layer with a description, the whole first, each with its parameters and the cost
/// of a step in FLOPs.
///
/// A product and a sum for each weight of a matrix, a sum for each number of a vector: 2·G·H·(I + H) + biases for a recurrent
/// layer of G gates. Activations are not counted, and neither is what attention does with earlier steps. Throws
/// std::invalid_argument if a layer has no description.
template <Visitable L>
std::vector<LayerSummary> summarize(const L& network) {
  std::vector<LayerSummary> all;
  detail::summary::add(network.description(), "", Parameters<const typename L::Scalar>(network), 0, all);
  return all;
}

/// How many numbers a stream of a network keeps from step to step: its recurrent state, and the earlier steps that
/// convolutions and windows see.
struct StreamMemory {
  Index state = 0;   ///< numbers of the recurrent state
  Index window = 0;  ///< numbers of earlier steps
};
/// What a stream of this network or graph keeps. Throws std::invalid_argument if a layer has no description.
template <Visitable L>
StreamMemory stream_memory(const L& network) {
  return {state_size(network), detail::summary::window_of(network.description())};
}

}  // namespace recur::inline RECUR_ABI
