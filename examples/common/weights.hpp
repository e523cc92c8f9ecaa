// Weights of a network whose sizes follow from the data: a file says for which data it is.
#pragma once

#include <filesystem>
#include <recur/core/file.hpp>
#include <recur/io/safetensors.hpp>
#include <recur/io/weights.hpp>
#include <string>
#include <utility>

namespace examples {

/// Saves weights with metadata of the program, and for which data they are: "frames of 16 x 16 pixels".
template <class Model>
void save_for(const std::string& data, const Model& model, const std::filesystem::path& path,
              recur::Metadata metadata) {
  metadata["examples.data"] = data;
  recur::save_weights(path, model, std::move(metadata));
}

/// Loads them, and returns the metadata. Throws recur::FileError for a file that is for other data, or not of save_for.
template <class Model>
recur::Metadata load_for(const std::string& data, Model& model, const std::filesystem::path& path) {
  const recur::TensorFile file = recur::read_safetensors(path);
  const auto its = file.metadata.find("examples.data");
  recur::detail::require_file(its != file.metadata.end(), path, "is not a model of this program");
  recur::detail::require_file(its->second == data, path, "is for ", recur::detail::printable(its->second),
                              ", but the data are ", data);
  recur::take_weights(model, file, path);
  return file.metadata;
}

}  // namespace examples
