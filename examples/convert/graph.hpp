// `convert run` and `convert check` of a graph: a table for each of its inputs and outputs, by name.
#pragma once

#include <algorithm>
#include <concepts>
#include <exception>
#include <filesystem>
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

/// What a graph gives for sequences, by the names of its inputs and outputs.
struct GraphTest {
  NamedSteps inputs, outputs;
};

inline nlohmann::json to_json(const GraphTest& test) {
  nlohmann::json json;
  for (const auto& [name, steps] : test.inputs) json["inputs"][name] = detail::any_file::to_json(steps);
  for (const auto& [name, steps] : test.outputs) json["outputs"][name] = detail::any_file::to_json(steps);
  return json;
}

/// The test case that the file of a graph carries. Throws FileError if it carries none, or one of another graph.
inline GraphTest graph_test_in([[maybe_unused]] const AnyGraph& any,
                               [[maybe_unused]] const std::string& path) {
  namespace a = detail::any_file;
  GraphTest test;
#ifdef RECUR_HAS_ONNX
  const std::filesystem::path file(path);
  const auto json = a::test_in(onnx_metadata(file), file);
  detail::require_file(json.has_value(), path, "carries no test case: give --input and --expected");
  const detail::exchange::JsonValue whole(*json, file, a::test_called);
  std::visit(
      [&](const auto& graph) {
        const auto inputs = whole["inputs"], outputs = whole["outputs"];
        for (const auto& input : graph.inputs())
          test.inputs.emplace_back(input.name, a::matrix_of(inputs[input.name.c_str()]));
        for (const std::string& name : graph.outputs())
          test.outputs.emplace_back(name, a::matrix_of(outputs[name.c_str()]));
      },
      any);
#endif
  return test;
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
/// Random steps, and what the graph gives for them.
inline GraphTest make_graph_test(const AnyGraph& graph) {
  const auto test_of = [&](Index steps) {
    GraphTest test{random_inputs(graph, steps), {}};
    test.outputs = outputs_of_graph(graph, test.inputs);
    return test;
  };
  const auto count_numbers = [](const GraphTest& test) {
    Index count = 0;
    for (const NamedSteps* all : {&test.inputs, &test.outputs})
      for (const auto& [name, steps] : *all) count += steps.size();
    return count;
  };
  return detail::any_network::test_of_fitting_steps(test_of, count_numbers);
}

/// The largest difference from the outputs that a test case expects.
inline double error_of(const AnyGraph& graph, const GraphTest& test) {
  const NamedSteps y = outputs_of_graph(graph, test.inputs);
  double error = 0;
  for (const auto& [name, expected] : test.outputs) {
    namespace a = detail::any_network;
    error = a::larger_error(error, a::error_of(output_called(y, name), expected, name.c_str()));
  }
  return error;
}

/// The network in a file. If it is of ONNX and has several inputs or outputs, it is a graph. With --check, its test case is
/// run.
inline std::variant<LoadedNetwork, AnyGraph> load_either(const Options& how) {
  using Either = std::variant<LoadedNetwork, AnyGraph>;
  std::optional<AnyGraph> graph;
  const auto is_network = [&] {
    try {
      load_any(how.from, all_kinds<float>(), torch_options(how));
      return true;
    } catch (const std::exception&) {
      return false;
    }
  };
  try {
    return Either(std::in_place_index<0>, load(how));
  } catch (const std::exception&) {
    if (how.check && is_network()) throw;  // its test case is wrong
    try {
      graph.emplace(load_graph(how.from));
    } catch (const std::exception&) {  // what is wrong with it as a network says more
    }
    if (!graph) throw;
  }
  if (how.check) check_error(how, error_of(*graph, graph_test_in(*graph, how.from)));
  return Either(std::in_place_index<1>, std::move(*graph));
}

}  // namespace examples
