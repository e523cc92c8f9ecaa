// `convert inspect`: the layers of a network, what it takes and gives, and what a stream of it costs.
#pragma once

#include <concepts>
#include <iostream>
#include <string>
#include <variant>
#include <vector>

#include "graph.hpp"
#include "options.hpp"
#include "recur/exchange/summary.hpp"

namespace examples {

inline void write_heading(const Options& how, const std::string& format) {
  std::cout << detail::printable(how.from) << ": " << format << "\n\n";
}
inline void write_layers(const std::vector<LayerSummary>& layers) {
  std::vector<std::vector<std::string>> rows{{"layer", "parameters", "FLOPs a step"}};
  for (const auto& layer : layers)
    rows.push_back(
        {std::string(static_cast<std::size_t>(2 * layer.depth), ' ') + layer.kind + "  " + layer.details,
         std::to_string(layer.parameters), std::to_string(layer.flops)});
  write_table(rows);
}
inline std::string numbers(Index features) {
  return features == any_size ? "any numbers" : several(static_cast<std::size_t>(features), "number");
}
inline std::string size_of(const LayerSummary& whole) {
  return text_of("Size: ", whole.parameters, " parameters, ", 4 * whole.parameters, " bytes, ",
                 8 * whole.parameters, " in double precision.");
}

/// What a stream of a network or graph keeps and costs, if it can have one.
template <class L>
void write_stream(const L& network, Index flops) {
  if (!network.can_stream())
    return write_text(
        "It can't stream: a layer turns time around, looks ahead, takes strides, or is self-attention.");
  const StreamMemory memory = stream_memory(network);
  write_text(text_of("A stream keeps ", numbers(memory.state), " of state",
                     memory.window > 0 ? text_of(" and ", memory.window, " of earlier steps") : "",
                     ", and costs ", flops, " FLOPs a step, without activations."));
}

/// A graph of several inputs or outputs, which is not a network of one.
template <class In>
void inspect_graph(const Options& how, const Graph<float, In>& graph) {
  const auto layers = summarize(graph);
  write_heading(how, "ONNX");
  write_layers(layers);
  std::string inputs, outputs;
  for (const auto& input : graph.inputs())
    inputs += (inputs.empty() ? "" : ", ") + input.name + " (" +
              (std::same_as<In, Token> ? "a token" : numbers(input.features)) + ')';
  for (const auto& output : graph.outputs()) outputs += (outputs.empty() ? "" : ", ") + output;
  write_text(text_of("\nInputs a step: ", inputs, ". Outputs: ", outputs, ". ", size_of(layers[0])));
  write_stream(graph, layers[0].flops);
  write_text(
      "A program takes it by load_onnx_graph. The commands run and check take --input NAME=FILE of each "
      "input; "
      "convert writes another ONNX file; header is for networks of one input and one output.");
}

inline void inspect(const Options& how) {
  const std::string format = detail::any_file::format_of(how.from).name;
  const auto found = load_either(how);
  if (const auto* const graph = std::get_if<AnyGraph>(&found))
    return std::visit([&](const auto& its) { inspect_graph(how, its); }, *graph);
  const auto& loaded = std::get<LoadedNetwork>(found);
  write_heading(how, format);
  std::visit(
      [&](const auto& network) {
        const auto layers = summarize(network);
        write_layers(layers);
        const bool tokens = std::holds_alternative<Network<float, Token>>(loaded.network);
        write_text(text_of("\nInput: ", tokens ? "a token" : numbers(network.input_size()),
                           " a step. Output: ", numbers(network.output_size()), ". ", size_of(layers[0])));
        write_stream(network, layers[0].flops);
        if (loaded.sample_rate > 0)
          write_text(text_of("For sound of ", loaded.sample_rate, " samples a second, that is ",
                             static_cast<double>(layers[0].flops) * loaded.sample_rate / 1e6, " MFLOPS."));
        write_text(loaded.test ? text_of("It carries a test case of ", loaded.test->input.cols(), " steps.")
                               : std::string("It carries no test case."));
      },
      loaded.network);
}

}  // namespace examples
