// Models in the ONNX format, in and out. Needs protobuf: link recur::onnx.
#pragma once

#include <filesystem>
#include <limits>
#include <ostream>
#include <stdexcept>
#include <type_traits>

#include "recur/core/error.hpp"
#include "recur/core/file.hpp"
#include "recur/exchange/onnx/operators.hpp"
#include "recur/exchange/onnx/write.hpp"
#include "recur/io/tensor_file.hpp"
#include "recur/network/graph.hpp"
#include "recur/network/network.hpp"

namespace recur::inline RECUR_ABI {

namespace detail::onnx {

/// f(importer). What a layer says of its sizes becomes an error of the file.
template <class F>
auto imported(const std::filesystem::path& path, F&& f) {
  try {
    Importer importer(path);
    return f(importer);
  } catch (const std::invalid_argument& error) {
    throw FileError(message(printable(in_utf8(path)), ": ", error.what()));
  }
}

template <class L>
inline constexpr bool is_graph = false;
template <class S, class In>
inline constexpr bool is_graph<Graph<S, In>> = true;

}  // namespace detail::onnx

/// The network in an ONNX file with one input and one output:
///
///   Network<float> net = load_onnx("model.onnx");
///   Network<float, Token> classifier = load_onnx<Token>("text.onnx");   // the input is looked up in an embedding
///
/// A graph whose nodes follow each other becomes a chain, another one a Graph within the network. Which axes are time,
/// batch and features follows from the nodes. What else the file has is said here in another way:
///
///   sequence_lens             the lengths of the samples: a batch is ragged
///   initial_h, initial_c      constants: a learned state. Inputs: the initial state that forward takes
///   Y_h, Y_c as outputs       the final state, if there is another output
///
/// The state has h and then c of each direction, of one layer after the other. Operators are those that exporters put
/// around recurrent layers, from version 7 on; docs/from-onnx.md lists them. Weights that are too large or small
/// for single precision are refused.
///
/// Throws FileError, which names the node, its operator and the attribute, for a file that can't be read or is
/// something else, and for what can't be represented, before anything is run.
template <class In = float>
Network<float, In> load_onnx(const std::filesystem::path& path) {
  return detail::onnx::imported(path, [](auto& importer) { return importer.template network<In>(); });
}

/// The graph in an ONNX file with any number of inputs and outputs, which have the names that they have there, without
/// blanks, dots and quotes. Final states Y_h are outputs too. A memory Y_c is one only if there is no other output:
/// final_state(graph, tape) has it. Throws as load_onnx does.
///
///   Graph<float> graph = load_onnx_graph("model.onnx");
///   graph.forward({{"signal", x}, {"speaker", s}}, tape);
///   use(graph.output(tape, "mask"));
template <class In = float>
Graph<float, In> load_onnx_graph(const std::filesystem::path& path) {
  return detail::onnx::imported(path, [](auto& importer) { return importer.template graph<In>(); });
}

/// Writes a network, a graph or any layer with a description to an ONNX file (version 12 of its operators) for other
/// programs:
///
///   save_onnx("model.onnx", net);          // input: steps × batch × features, or steps × batch tokens; output
///   save_onnx("model.onnx", graph);        // with the names of its inputs and outputs
///   save_onnx("model.onnx", net, {.steps = 100, .batch = 1});
///   save_onnx("model.onnx", net, {.lengths = true});  // also the input lengths: batch whole numbers of 32 bits
///   save_onnx("model.onnx", net, {.states = true});   // also the states of each recurrent layer, in and out
///
/// Weights keep their precision. Dropout is left out. ONNX pads a batch. Without lengths, all samples have the length of
/// the longest there; with them, the file computes what is computed here, and what it gives behind the end of a sample
/// has no meaning. The k-th recurrent layer takes the states initial_h_k and, if it is an LSTM, initial_c_k, and gives
/// final_h_k and final_c_k: directions × batch × units. Without these, the file starts with zeros or learned states.
/// `metadata` are texts that the file carries.
///
/// Throws std::invalid_argument for negative sizes, a layer without a description, one that ONNX has no operator for and
/// one that can't be ragged in a file with lengths, and what write_file throws.
template <Layer L>
void save_onnx(const std::filesystem::path& path, const L& network, const OnnxOptions& options = {},
               const Metadata& metadata = {}) {
  using In = typename L::InputScalar;
  require(options.steps >= 0 && options.batch >= 0, "an ONNX file of ", options.steps,
          " steps and a batch of ", options.batch, ": they must be at least 1, or 0 to leave them open");
  detail::onnx::Writer writer(network, options);
  if constexpr (detail::onnx::is_graph<L>)
    writer.template write_graph<In>(network.description());
  else
    writer.template write<In>(network.description(), network.input_size());
  for (const auto& [key, text] : metadata) writer.set_metadata(key, text);
  require(writer.model().ByteSizeLong() <= std::numeric_limits<int>::max(), network,
          " has 2 GiB or more of weights: an ONNX file can't hold them");
  write_file(path, [&](std::ostream& out) {
    require(writer.model().SerializeToOstream(&out), network, " could not be written as ONNX");
  });
}

/// The texts that an ONNX file carries, by name. Throws FileError if the file can't be read or is not an ONNX model.
inline Metadata onnx_metadata(const std::filesystem::path& path) {
  return detail::onnx::File(path).metadata();
}

}  // namespace recur::inline RECUR_ABI
