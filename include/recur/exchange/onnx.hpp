// Models in the ONNX format, in and out. Needs protobuf: link recur::onnx.
#pragma once

#include <filesystem>

#include "recur/exchange/onnx_operators.hpp"
#include "recur/network/graph.hpp"
#include "recur/network/network.hpp"

namespace recur::inline RECUR_ABI {

template <class In = float>
Network<float, In> load_onnx(const std::filesystem::path& path) {
  return detail::onnx::Importer(path).network<In>();
}

template <class In = float>
Graph<float, In> load_onnx_graph(const std::filesystem::path& path) {
  return detail::onnx::Importer(path).graph<In>();
}

}  // namespace recur::inline RECUR_ABI
