// `convert run` and `convert check` of a graph: a table for each of its inputs and outputs, by name.
#pragma once

#include <algorithm>
#include <concepts>
#include <exception>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "../common/file.hpp"
#include "options.hpp"
#include "recur/core/random.hpp"
#include "recur/data/numeric_table.hpp"
#include "recur/network/graph.hpp"

namespace examples {

using AnyGraph = std::variant<Graph<float>, Graph<float, Token>>;
/// Steps, I × T, by the name of an input or output.
using NamedSteps = std::vector<std::pair<std::string, MatrixX<float>>>;

/// "signal=x.csv" is {"signal", "x.csv"}.
inline std::pair<std::string, std::string> split_file(const std::string& option, const std::string& text) {
  const auto at = text.find('=');
  require(at != text.npos && at > 0 && at + 1 < text.size(), option, ' ', detail::quote(text),
          " is not legal: for a graph it must be NAME=FILE");
  return {text.substr(0, at), text.substr(at + 1)};
}
/// Whether files are given by the names of inputs or outputs, and not one by its own name.
inline bool are_named(const std::vector<std::string>& files) {
  return files.size() > 1 ||
         (files.size() == 1 && files[0].find('=') != std::string::npos && !is_there(files[0]));
}
inline NamedSteps read_named(const std::string& option, const std::vector<std::string>& files) {
  NamedSteps all;
  for (const std::string& text : files) {
    auto [name, file] = split_file(option, text);
    all.emplace_back(std::move(name), read_steps(file));
  }
  return all;
}

inline AnyGraph load_graph([[maybe_unused]] const std::string& path) {
#ifdef RECUR_HAS_ONNX
  if (std::string(detail::any_file::format_of(path).name) == "ONNX")
    return detail::any_file::of_file(path, [&]<class In>() { return load_onnx_graph<In>(path); });
#endif
  throw FileError(detail::message(
      detail::printable(path),
      ": is not a graph of ONNX, whose inputs have names, or this program was built without protobuf"));
}

/// The network in a file. If it is of ONNX and has several inputs or outputs, it is a graph.
inline std::variant<LoadedNetwork, AnyGraph> load_either(const Options& how) {
  using Either = std::variant<LoadedNetwork, AnyGraph>;
  try {
    return Either(std::in_place_index<0>, load(how));
  } catch (const std::exception&) {
    std::optional<AnyGraph> graph;
    try {
      if (!how.check) graph.emplace(load_graph(how.from));
    } catch (const std::exception&) {  // what is wrong with it as a network says more
    }
    if (graph) return Either(std::in_place_index<1>, std::move(*graph));
    throw;
  }
}

/// All outputs of a graph.
inline NamedSteps outputs_of_graph(const AnyGraph& any, const NamedSteps& inputs) {
  return std::visit(
      [&]<class In>(const Graph<float, In>& graph) {
        std::vector<Sequence<In>> sequences;
        std::vector<NamedSequence<In>> x;
        sequences.reserve(inputs.size());
        for (const auto& [name, steps] : inputs) {
          sequences.push_back(Sequence<In>({detail::any_network::sample_of<In>(steps)}));
          x.push_back({name, sequences.back()});
        }
        typename Graph<float, In>::Tape tape;
        graph.forward(std::span<const NamedSequence<In>>(x), tape);
        NamedSteps all;
        for (const std::string& name : graph.outputs())
          all.emplace_back(name, graph.output(tape, name).values());
        return all;
      },
      any);
}
inline const MatrixX<float>& output_called(const NamedSteps& outputs, const std::string& name) {
  const auto found = std::ranges::find(outputs, name, &NamedSteps::value_type::first);
  std::string list;
  for (const auto& one : outputs) list += (list.empty() ? "" : ", ") + detail::quote(one.first);
  require(found != outputs.end(), "the graph has no output ", detail::quote(name), ": it has ", list);
  return found->second;
}

/// Random steps for each input, always the same ones. Tokens are 0.
inline NamedSteps random_inputs(const AnyGraph& any, Index steps) {
  Random random(16);
  return std::visit(
      [&]<class In>(const Graph<float, In>& graph) {
        NamedSteps all;
        for (const auto& input : graph.inputs()) {
          MatrixX<float> x = MatrixX<float>::Zero(std::same_as<In, Token> ? 1 : input.features, steps);
          if (std::same_as<In, float>) uniform(x, 1, random);
          all.emplace_back(input.name, std::move(x));
        }
        return all;
      },
      any);
}
/// The largest difference of the outputs of two graphs for random steps: 16 or, if they don't take so many, others.
inline double difference_of(const AnyGraph& graph, const AnyGraph& other) {
  const auto compared = [&](Index steps) {
    const NamedSteps x = random_inputs(graph, steps), y = outputs_of_graph(other, x);
    double error = 0;
    for (const auto& [name, expected] : outputs_of_graph(graph, x)) {
      using namespace detail::any_network;
      error = larger_error(error, error_of(output_called(y, name), expected, name.c_str()));
    }
    return error;
  };
  for (const Index steps : {16, 64, 256, 1024, 4096, 4}) try {
      return compared(steps);
    } catch (const std::invalid_argument&) {  // perhaps its windows are longer, or its positions fewer
    }
  return compared(1);
}

/// The largest difference from what is expected of the outputs that are named.
inline double error_of_graph(const Options& how) {
  const NamedSteps y = outputs_of_graph(load_graph(how.from), read_named("--input", how.inputs));
  double error = 0;
  for (const auto& [name, expected] : read_named("--expected", how.expected)) {
    using namespace detail::any_network;
    error = larger_error(error, error_of(output_called(y, name), expected, name.c_str()));
  }
  return error;
}

}  // namespace examples
