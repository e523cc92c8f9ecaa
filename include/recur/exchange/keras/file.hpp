// A file of Keras: its version, its architecture as JSON, and the weights of each layer by name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recur/core/file.hpp"
#include "recur/core/utf8.hpp"
#include "recur/exchange/json_file.hpp"
#include "recur/exchange/keras/hdf5_file.hpp"
#include "recur/exchange/zip_file.hpp"

namespace recur::inline RECUR_ABI::detail::exchange {

/// What is in a file of Keras: its version, the architecture as JSON, and the weights of each layer in the order in which
/// Keras has them.
class KerasFile {
 public:
  KerasFile(const std::string& bytes, const std::filesystem::path& path) : path_(path) {
    constexpr std::string_view zip_signature = "PK\x03\x04";
    require_file(!bytes.empty(), path,
                 "is empty: it should be a model of Keras, an HDF5 file or a .keras archive");
    const std::size_t most = 3 * bytes.size();  // of the architecture in memory
    if (bytes.starts_with(zip_signature)) {
      constexpr std::uint64_t growth = 3, free = std::uint64_t{1} << 18U;
      const ZipFile zip(bytes, path, growth, free);
      config_ = parse_json(zip.read("config.json"), path, most, "its config.json");
      const JsonDocument about = parse_json(zip.read("metadata.json"), path, most, "its metadata.json");
      version_ = JsonValue(about, path, "metadata.json")["keras_version"].text();
      is_archive_ = true;
      hdf5_ = std::make_unique<Hdf5File>(zip.read("model.weights.h5"), path, bytes.size());
      for (const char* root : {"layers", "_layer_checkpoint_dependencies"})  // of Keras 3, of TensorFlow 2.12
        if (root_.empty() && hdf5_->has(root)) root_ = root;
    } else {
      hdf5_ = std::make_unique<Hdf5File>(bytes, path);
      require_file(hdf5_->has_attribute("", "model_config"), path,
                   "has no attribute model_config: it may hold weights alone, so save the whole model");
      config_ = parse_json(hdf5_->text("", "model_config"), path, most, "its model_config");
      root_ = hdf5_->has("model_weights") ? "model_weights" : "";
      // Keras 1 did not always say its version.
      if (hdf5_->has_attribute("", "keras_version")) version_ = hdf5_->text("", "keras_version");
    }
    require_file(!version_.empty() && version_[0] >= '1' && version_[0] <= '3' &&
                     (version_.size() == 1 || version_[1] == '.'),
                 path, "is of Keras ", quote(version_), ": it must be of version 1, 2 or 3");
  }

  const std::filesystem::path& path() const { return path_; }
  int version() const { return version_[0] - '0'; }
  JsonValue config() const { return {config_, path_}; }
  /// "tensorflow", "theano" or another, of the files that say it.
  std::string backend() const {
    return !is_archive_ && hdf5_->has_attribute("", "backend") ? hdf5_->text("", "backend") : "";
  }

  /// The weights of a layer. Call it once for each layer, in the order of the architecture: .keras files name layers by
  /// their class and count them.
  std::vector<Hdf5Tensor> weights(const std::string& class_name, const std::string& name) {
    std::vector<Hdf5Tensor> all;
    if (is_archive_) {
      const std::string snake = snake_case(class_name);
      const int before = used_[snake]++;
      const std::string counted = before == 0 ? snake : snake + '_' + std::to_string(before);
      const std::string here = root_ + '/' + counted, by_name = root_ + '/' + name;
      add_variables(hdf5_->has(here) || !hdf5_->has(by_name) ? here : by_name, all);
    } else {
      const std::string group = root_ + '/' + name;
      for (const auto& weight : listed(group, "weight_names"))
        all.push_back(hdf5_->tensor(group + '/' + weight));
    }
    return all;
  }

 private:
  /// SimpleRNN -> simple_rnn, Conv1D -> conv1d, as Keras 3 names groups.
  static std::string snake_case(const std::string& name) {
    const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
    std::string snake;
    for (std::size_t i = 0; i < name.size(); ++i) {
      const bool begins_word =
          i > 0 && upper(name[i]) && ((i + 1 < name.size() && lower(name[i + 1])) || lower(name[i - 1]));
      if (begins_word) snake += '_';
      snake += upper(name[i]) ? static_cast<char>(name[i] - 'A' + 'a') : name[i];
    }
    return snake;
  }

  /// The variables of a layer, and those of the layers in it.
  void add_variables(const std::string& group, std::vector<Hdf5Tensor>& all) {
    constexpr int most = 16;
    for (const char* part : {"", "/cell", "/forward_layer/cell", "/backward_layer/cell", "/layer"})
      for (int i = 0; i < most && hdf5_->has(group + part + "/vars/" + std::to_string(i)); ++i)
        all.push_back(hdf5_->tensor(group + part + "/vars/" + std::to_string(i)));
  }

  /// A list of texts in an attribute, or in several if it is long: weight_names0, weight_names1, ...
  std::vector<std::string> listed(const std::string& group, const std::string& name) const {
    if (!hdf5_->has(group)) return {};
    if (hdf5_->has_attribute(group, name)) return hdf5_->texts(group, name);
    std::vector<std::string> all;
    for (int i = 0; hdf5_->has_attribute(group, name + std::to_string(i)); ++i)
      for (auto& text : hdf5_->texts(group, name + std::to_string(i))) all.push_back(std::move(text));
    return all;
  }

  std::filesystem::path path_;
  std::unique_ptr<Hdf5File> hdf5_;
  JsonDocument config_;
  std::string version_ = "1";
  std::string root_;  // the group that holds the layers
  bool is_archive_ = false;
  std::map<std::string, int> used_;  // of the names of layers in a .keras file
};

}  // namespace recur::inline RECUR_ABI::detail::exchange
