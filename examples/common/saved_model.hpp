// Models that a program saves with all that is needed to make them again: its networks as data, its vocabularies and other
// lists of words.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <recur/core/description.hpp>
#include <recur/core/error.hpp>
#include <recur/data/vocabulary.hpp>
#include <recur/io/model_file.hpp>
#include <recur/io/network_file.hpp>
#include <recur/io/safetensors.hpp>
#include <recur/network/network.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "file.hpp"

namespace examples {

/// Saves a model as a safetensors file. Each of its networks is in the metadata as data, under a key.
template <class Model>
void save_model(const Model& model, const std::filesystem::path& path, recur::Metadata metadata,
                std::initializer_list<std::pair<const char*, recur::Description>> networks) {
  for (const auto& [key, network] : networks) metadata[key] = recur::to_json(network);
  recur::save_weights(path, model, std::move(metadata));
}

/// A file of save_model, as the function that makes its model again sees it. Its members throw recur::FileError or
/// std::exception for what is not there.
class SavedModel {
 public:
  SavedModel(const recur::TensorFile& file, const std::filesystem::path& path) : file_(file), path_(path) {}

  recur::Description network(const char* key) const {
    const auto found = file_.metadata.find(key);
    recur::detail::require_file(found != file_.metadata.end(), path_, "is not a model of this program");
    return recur::description_from_json(found->second);
  }
  recur::Vocabulary vocabulary(std::string_view key = "recur.vocabulary") const {
    return recur::vocabulary_from_metadata(file_.metadata, key);
  }
  std::vector<std::string> list(const char* key) const {
    return recur::list_from_metadata(file_.metadata, key);
  }
  recur::Index integer(const char* key) const { return recur::integer_from_metadata(file_.metadata, key); }
  /// A network has no more numbers than the file.
  recur::SizeLimit limit() const { return recur::SizeLimit(recur::detail::network_file::numbers_of(file_)); }

 private:
  const recur::TensorFile& file_;
  const std::filesystem::path& path_;
};

/// What make(SavedModel) returns, with the weights of the file: a model, or what has a member `model`. Throws
/// recur::FileError for any other file.
template <class Make>
auto load_model(const std::filesystem::path& path, Make make) {
  const recur::TensorFile file = recur::read_safetensors(path);
  return of_file(path, [&] {
    auto made = make(SavedModel(file, path));
    if constexpr (requires { made.model; })
      recur::take_weights(made.model, file, path);
    else
      recur::take_weights(made, file, path);
    return made;
  });
}

}  // namespace examples
