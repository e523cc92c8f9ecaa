// The structure of a graph: its nodes, what each reads, their sizes, and its layers. graph.hpp runs it.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "recur/layer/layer.hpp"
#include "recur/network/graph_nodes.hpp"
#include "recur/network/network.hpp"

namespace recur::inline RECUR_ABI {

/// A node of a graph: its name, what it does, and the names of what it reads. A layer and a slice read one value.
template <std::floating_point S, class In = S>
struct GraphNode {
  std::string name;
  std::optional<Network<S>> layer{};
  std::optional<Network<S, In>> layer_of_tokens{};  ///< only if In is Token
  Join join = Join::add;  ///< how the values are joined, if it is neither a layer nor a slice
  std::optional<Slice> slice{};
  std::vector<std::string> from;  ///< what it reads

  template <class L>
  GraphNode(std::string node, L its_layer, std::vector<std::string> reads)
      : name(std::move(node)), from(std::move(reads)) {
    if constexpr (std::same_as<typename detail::PartOf<L>::InputScalar, S>)
      layer.emplace(std::move(its_layer));
    else
      layer_of_tokens.emplace(std::move(its_layer));
  }
  GraphNode(std::string node, Join its_join, std::vector<std::string> reads)
      : name(std::move(node)), join(its_join), from(std::move(reads)) {}
  GraphNode(std::string node, Slice its_slice, std::vector<std::string> reads)
      : name(std::move(node)), slice(its_slice), from(std::move(reads)) {}
};

namespace detail::graph {

/// The nodes of a graph in the order in which they run, and its layers. It checks all names and sizes when it is made.
template <std::floating_point S, class In>
class Structure {
 public:
  using Scalar = S;
  using InputScalar = In;

  Structure(std::vector<GraphInput> inputs, std::vector<GraphNode<S, In>> nodes,
            const std::vector<std::string>& outputs)
      : inputs_(std::move(inputs)) {
    std::vector<Reader> readers;
    for (const auto& node : nodes) readers.push_back({node.name, node.from});
    auto wiring = wire(inputs_, readers, outputs);
    for (std::size_t k = 0; k < nodes.size(); ++k)
      add(std::move(nodes[wiring.order[k]]), std::move(wiring.from[k]));
    for (const std::size_t value : wiring.outputs) outputs_.push_back(value - inputs_.size());
  }

  const std::vector<GraphInput>& inputs() const { return inputs_; }
  std::vector<std::string> outputs() const {
    std::vector<std::string> names;
    for (const std::size_t node : outputs_) names.push_back(nodes_[node].name);
    return names;
  }

  Index input_size() const {
    check_one();
    return inputs_[0].features;
  }
  Index output_size() const {
    check_one();
    return nodes_[outputs_[0]].features;
  }
  /// Throws std::invalid_argument for a length that a layer does not take, and if a join would read different lengths.
  Index output_length(Index length) const {
    check_one();
    std::vector<Index> made(inputs_.size(), length);
    for (const Node& node : nodes_) {
      const Index steps = made[node.from[0]];
      for (const std::size_t from : node.from)
        check_joined(node, from, made[from] == steps, steps, made[from]);
      made.push_back(!node.is_layer()
                         ? steps
                         : with_layer(
                               node, [&](const auto& layer) { return layer.output_length(steps); }, *this));
    }
    return made[inputs_.size() + outputs_[0]];
  }
  std::string describe() const {
    std::string text = "Graph {";
    for (const Node& node : nodes_)
      text += (&node == nodes_.data() ? "" : ", ") + node.name + " = " +
              (node.is_layer() ? with_layer(
                                     node, [](const auto& layer) { return layer.describe(); }, *this)
                               : join_description(node).kind) +
              " of " + sources(node, " and ");
    return text + '}';
  }
  Description description() const {
    Description graph("graph");
    for (const auto& input : inputs_)
      graph.layers.push_back(Description("input", input.features).with("name", input.name));
    for (const Node& node : nodes_) {
      const auto layer = [](const auto& l) { return Description("node").around(l.description()); };
      graph.layers.push_back((node.is_layer() ? with_layer(node, layer, *this) : join_description(node))
                                 .with("name", node.name)
                                 .with("from", sources(node, " ")));
    }
    for (const auto& name : outputs()) graph.layers.push_back(Description("output").with("from", name));
    return graph;
  }
  /// What a sample must be is up to the layers that read it.
  void check_sample(const typename Sequence<In>::Sample& sample) const {
    for (const auto& layer : first_) recur::check_sample(layer, sample);
  }
  void initialize(Random& random, Scheme scheme) {
    for (const Node& node : nodes_)
      if (node.is_layer())
        with_layer(
            node, [&](auto& layer) { layer.initialize(random, scheme); }, *this);
  }

  template <class F, class Whole, class... Same>
  static void visit(const Name& at, F&& f, Whole& whole, Same&... same) {
    (structure_of(whole).check_nodes(same), ...);
    for (const Node& node : structure_of(whole).nodes_)
      if (node.is_layer())
        with_layer(
            node,
            [&]<class L>(L& layer, auto&... other) {
              std::remove_const_t<L>::visit(at / std::string_view(node.name), f, layer, other...);
            },
            structure_of(whole), structure_of(same)...);
  }

  /// Z: the states of all layers, in the order of for_each_part.
  Index state_size() const { return states_of(first_) + states_of(rest_); }

  bool can_stream() const {
    const auto can = [](const auto& layer) { return layer.can_stream(); };
    return std::all_of(first_.begin(), first_.end(), can) && std::all_of(rest_.begin(), rest_.end(), can);
  }

  /// See layer.hpp. A join ends backward if one of its values does.
  bool ends_backward(bool input) const {
    return passed_on(
        input, [](const Node&, bool any) { return any; },
        [](const auto& layer, bool its_input) { return layer.ends_backward(its_input); });
  }
  /// A sum, difference or product joins two directions if one of its values does. (Residual asks its layer alone.) A
  /// slice and a concatenation have other halves.
  bool joins_directions(bool input) const {
    return passed_on(
        input, [](const Node& node, bool any) { return any && node.does <= Does::multiply; },
        [](const auto& layer, bool its_input) { return layer.joins_directions(its_input); });
  }

 protected:
  using Does = Node::Does;
  using First = Network<S, In>;  // a layer that reads an input
  using Rest = Network<S>;

  const std::string& name_of(std::size_t value) const {
    return value < inputs_.size() ? inputs_[value].name : nodes_[value - inputs_.size()].name;
  }
  Index features(std::size_t value) const {
    return value < inputs_.size() ? inputs_[value].features : nodes_[value - inputs_.size()].features;
  }
  std::string sources(const Node& node, const char* between) const {
    std::string text = name_of(node.from[0]);
    for (std::size_t i = 1; i < node.from.size(); ++i) text += between + name_of(node.from[i]);
    return text;
  }
  static Description join_description(const Node& node) {
    if (node.does == Does::slice) return Description("slice", node.first, node.features);
    return Description(join_names[static_cast<std::size_t>(node.does)]);
  }
  std::size_t find(const auto& list, std::string_view name, const char* what) const {
    const auto at = std::find_if(list.begin(), list.end(), [&](const auto& one) { return one.name == name; });
    require(at != list.end(), *this, " has no ", what, " \"", name, '"');
    return static_cast<std::size_t>(at - list.begin());
  }
  /// f(layer of the node in each graph).
  static decltype(auto) with_layer(const Node& node, auto&& f, auto&... graphs) {
    return node.does == Does::first_layer ? f(graphs.first_[node.index]...) : f(graphs.rest_[node.index]...);
  }
  void check_one() const {
    if (inputs_.size() != 1 || outputs_.size() != 1) [[unlikely]]
      refuse({*this, " has ", inputs_.size(), " inputs and ", outputs_.size(),
              " outputs: with several, sequences and steps are given by name"});
  }
  /// Refuses a value that a join reads unless it is as long as the first one. `first` and `steps` are their steps.
  void check_joined(const Node& node, std::size_t from, bool as_long, Index first, Index steps) const {
    require(as_long, "the node \"", node.name, "\" of a graph reads ", first, " steps of \"",
            name_of(node.from[0]), "\" and ", steps, " of \"", name_of(from),
            "\": the lengths must be equal");
  }
  static Index states_of(const auto& layers) {
    Index size = 0;
    for (const auto& layer : layers) size += layer.state_size();
    return size;
  }

  std::vector<GraphInput> inputs_;
  std::vector<Node> nodes_;  // each after those that it reads
  std::vector<std::size_t> outputs_;
  std::vector<First> first_;
  std::vector<Rest> rest_;
  std::size_t joins_ = 0;  // how many, with how many features together
  Index joined_ = 0;

 private:
  /// Whether the output has a property. `input`: whether the graph's input has it. of_join(node, any) says whether a join has
  /// it, where `any` is whether one of its values does. of_layer(layer, input) says it of a layer.
  bool passed_on(bool input, auto&& of_join, auto&& of_layer) const {
    check_one();
    std::vector<bool> has(inputs_.size(), input);
    for (const Node& node : nodes_) {
      const bool any =
          std::any_of(node.from.begin(), node.from.end(), [&](auto value) { return has[value]; });
      has.push_back(!node.is_layer()
                        ? of_join(node, any)
                        : with_layer(
                              node, [&](const auto& layer) { return of_layer(layer, any); }, *this));
    }
    return has[inputs_.size() + outputs_[0]];
  }
  void check_nodes(const Structure& other) const {
    require(std::equal(nodes_.begin(), nodes_.end(), other.nodes_.begin(), other.nodes_.end(),
                       [](const Node& a, const Node& b) { return a.name == b.name && a.does == b.does; }),
            *this, " and ", other, " were visited together: they must be of one architecture");
  }
  template <class Whole>
  static auto& structure_of(Whole& graph) {
    return static_cast<std::conditional_t<std::is_const_v<Whole>, const Structure, Structure>&>(graph);
  }

  void add(GraphNode<S, In> given, std::vector<std::size_t> from) {
    Node node{std::move(given.name), std::move(from), static_cast<Does>(given.join), 0, 0, 0};
    const auto refuse_unless = [&](bool legal, const auto&... why) {
      require(legal, "the node \"", node.name, "\" of a graph ", why...);
    };
    const bool is_layer = given.layer || given.layer_of_tokens;
    const std::size_t count = node.from.size();
    if (is_layer || given.slice)
      refuse_unless(count == 1, "reads ", count, " values: it must read 1");
    else if (given.join == Join::subtract || given.join == Join::multiply)
      refuse_unless(count == 2, "reads ", count, " values: it must read 2");
    else
      refuse_unless(count >= 2, "reads ", count, " values: it must read at least 2");
    const bool reads_input =
        std::any_of(node.from.begin(), node.from.end(), [&](auto value) { return value < inputs_.size(); });
    if constexpr (!std::same_as<In, S>)
      refuse_unless(reads_input == given.layer_of_tokens.has_value(),
                    reads_input ? "reads an input of tokens: it must be a layer that takes tokens"
                                : "takes tokens, but does not read an input");

    node.features = features(node.from[0]);
    if (is_layer) {
      const auto put = [&](auto& layers, auto& layer, Does does) {
        refuse_unless(layer->input_size() == any_size || layer->input_size() == node.features, "is ", *layer,
                      ", which takes ", layer->input_size(), " features, but \"", name_of(node.from[0]),
                      "\" gives ", node.features, ": they must be equal");
        if (layer->output_size() != any_size) node.features = layer->output_size();
        node.does = does;
        node.index = layers.size();
        layers.push_back(std::move(*layer));
      };
      if (!reads_input)
        put(rest_, given.layer, Does::layer);
      else if constexpr (std::same_as<In, S>)
        put(first_, given.layer, Does::first_layer);
      else
        put(first_, given.layer_of_tokens, Does::first_layer);
    } else {
      if (given.slice) {
        const auto [first, size] = *given.slice;
        refuse_unless(first >= 0 && size >= 1 && size <= node.features && first <= node.features - size,
                      "is a slice of ", size, " features from ", first, " on, but \"", name_of(node.from[0]),
                      "\" gives ", node.features);
        node.does = Does::slice;
        node.features = size;
        node.first = first;
      }
      for (std::size_t i = 1; i < count; ++i) {
        const Index more = features(node.from[i]);
        refuse_unless(given.join == Join::concatenate || more == node.features, "joins ", node.features,
                      " features of \"", name_of(node.from[0]), "\" and ", more, " of \"",
                      name_of(node.from[i]), "\": they must be equal");
        if (given.join == Join::concatenate) node.features += more;
      }
      joined_ += node.features;
      refuse_unless(joined_ <= most_features, "makes the joins of ", joined_,
                    " features together: they can have ", most_features);
      node.index = joins_++;
    }
    nodes_.push_back(std::move(node));
  }
};

}  // namespace detail::graph

}  // namespace recur::inline RECUR_ABI
