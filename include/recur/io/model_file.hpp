// Models in files: their parameters by name, and everything else that is needed to use them.
#pragma once

#include <charconv>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/utf8.hpp"
#include "recur/data/vocabulary.hpp"
#include "recur/io/json.hpp"
#include "recur/io/safetensors.hpp"
#include "recur/io/weights.hpp"

namespace recur::inline RECUR_ABI {

namespace detail::model_file {

inline const std::string& value(const Metadata& metadata, std::string_view key) {
  const auto found = metadata.find(key);
  if (found == metadata.end())
    throw FileError(detail::message("the metadata of the file have no ", detail::quote(key)));
  return found->second;
}

/// Reads a JSON array of strings twice: first to count them, then to store them in a list of exactly that
/// size.
class StringList : detail::JsonEvents {
 public:
  static std::optional<std::vector<std::string>> parse(std::string_view text) {
    StringList counter, reader;
    if (!static_cast<JsonEvents&>(counter).parse(text)) return {};
    reader.strings_.emplace().reserve(counter.count_);
    static_cast<JsonEvents&>(reader).parse(text);
    return std::move(reader.strings_);
  }

 private:
  bool start_array(std::size_t) override { return !std::exchange(is_open_, true); }
  bool end_array() override { return true; }
  bool string(string_t& text) override {
    ++count_;
    if (strings_) strings_->push_back(std::move(text));
    return is_open_;
  }
  bool key(string_t&) override { return false; }
  bool start_object(std::size_t) override { return false; }
  bool end_object() override { return false; }
  bool count(std::uint64_t) override { return false; }
  bool other() override { return false; }

  bool is_open_ = false;
  std::size_t count_ = 0;
  std::optional<std::vector<std::string>> strings_;
};

}  // namespace detail::model_file

/// Saves a model as a safetensors file. The same model with the same metadata gives the same bytes. Throws
/// FileError if the file can't be written, and std::invalid_argument if the metadata are not UTF-8. An
/// existing file then stays as it was.
template <class Model>
void save_weights(const std::filesystem::path& path, const Model& model, Metadata metadata = {}) {
  write_safetensors(path, store_weights(model, std::move(metadata)));
}

/// Loads a file of save_weights, or of PyTorch with the same names, into a model of the same sizes, and
/// returns the metadata. Throws FileError if the file can't be read or belongs to another model; see
/// take_weights.
///
/// If the sizes are in the file, read the file once:
///
///   const TensorFile file = read_safetensors(path);
///   Recurrent layer{Lstm<float>{8, integer_from_metadata(file.metadata, "hidden")}};
///   take_weights(layer, file, path);
template <class Model>
Metadata load_weights(const std::filesystem::path& path, Model& model) {
  TensorFile file = read_safetensors(path);
  take_weights(model, file, path);
  return std::move(file.metadata);
}

/// Puts a list of strings, such as the names of classes, into metadata as a JSON array. Throws
/// std::invalid_argument if a string is not UTF-8.
inline void list_to_metadata(const std::vector<std::string>& list, Metadata& metadata,
                             const std::string& key) {
  try {
    metadata[key] = nlohmann::json(list).dump();
  } catch (const nlohmann::json::exception& error) {
    throw std::invalid_argument(
        detail::message("a string of ", detail::quote(key), " is not UTF-8: ", error.what()));
  }
}

/// Throws FileError if there is no such key or its value is not a list of strings.
inline std::vector<std::string> list_from_metadata(const Metadata& metadata, std::string_view key) {
  auto list = detail::model_file::StringList::parse(detail::model_file::value(metadata, key));
  if (!list)
    throw FileError(
        detail::message("the metadata ", detail::quote(key), " of the file are not a list of strings"));
  return std::move(*list);
}

/// Throws FileError if there is no such key or its value is not an integer.
inline Index integer_from_metadata(const Metadata& metadata, std::string_view key) {
  const std::string& text = detail::model_file::value(metadata, key);
  Index number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || stop != text.data() + text.size())
    throw FileError(detail::message("the metadata ", detail::quote(key), " of the file are ",
                                    detail::quote(text), ", not an integer"));
  return number;
}

/// Puts the words of a vocabulary into metadata. Throws std::invalid_argument if a word is not UTF-8.
inline void vocabulary_to_metadata(const Vocabulary& vocabulary, Metadata& metadata,
                                   const std::string& key = "recur.vocabulary") {
  list_to_metadata(vocabulary.words(), metadata, key);
}

/// Throws FileError if there is no such key or its value is not a vocabulary.
inline Vocabulary vocabulary_from_metadata(const Metadata& metadata,
                                           std::string_view key = "recur.vocabulary") {
  try {
    return Vocabulary(list_from_metadata(metadata, key));
  } catch (const std::invalid_argument& error) {
    throw FileError(detail::message("the metadata ", detail::quote(key),
                                    " of the file are no vocabulary: ", error.what()));
  }
}

}  // namespace recur::inline RECUR_ABI
