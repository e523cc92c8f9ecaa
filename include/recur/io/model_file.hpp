// Models in files: their parameters by name, and whatever else is needed to use them.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/parameters.hpp"
#include "recur/data/vocabulary.hpp"
#include "recur/io/safetensors.hpp"

namespace recur {

namespace model_file {

template <class S>
using RowMajor = Eigen::Matrix<S, Dynamic, Dynamic, Eigen::RowMajor>;

template <std::floating_point S>
inline constexpr Dtype dtype_of = std::same_as<S, float> ? Dtype::f32 : Dtype::f64;

/// The matrix of a parameter.
template <class Derived>
auto& matrix(Eigen::PlainObjectBase<Derived>& p) {
  return p.derived();
}
template <class Derived>
const auto& matrix(const Eigen::PlainObjectBase<Derived>& p) {
  return p.derived();
}
template <class S>
auto& matrix(Table<S>& p) {
  return p.values;
}
template <class S>
const auto& matrix(const Table<S>& p) {
  return p.values;
}

/// As PyTorch has it: [n] of a vector, [rows, columns] of a matrix.
template <class Derived>
std::vector<std::uint64_t> shape_of(const Eigen::PlainObjectBase<Derived>& p) {
  const auto rows = static_cast<std::uint64_t>(p.rows()), cols = static_cast<std::uint64_t>(p.cols());
  if constexpr (Derived::ColsAtCompileTime == 1)
    return {rows};
  else
    return {rows, cols};
}

template <class Derived>
StoredTensor store(const Eigen::PlainObjectBase<Derived>& p) {
  using S = typename Derived::Scalar;
  static_assert(std::same_as<S, float> || std::same_as<S, double>, "a file holds float or double");
  const RowMajor<S> values = p.derived();
  const auto bytes = std::as_bytes(std::span(values.data(), static_cast<std::size_t>(values.size())));
  return {dtype_of<S>, shape_of(p), {bytes.begin(), bytes.end()}};
}

template <class S>
RowMajor<S> values_of(const StoredTensor& tensor, Index rows, Index cols) {
  RowMajor<S> values(rows, cols);
  if (!tensor.bytes.empty()) std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

/// Throws FileError unless p can take the tensor.
template <class Derived>
void check(const Eigen::PlainObjectBase<Derived>& p, const StoredTensor& tensor, const std::string& name,
           const std::filesystem::path& path) {
  using S = typename Derived::Scalar;
  require_file(tensor.shape == shape_of(p), path, "is of another model: parameter \"", name,
               "\" has the shape ", safetensors::describe(tensor.shape), ", expected ",
               safetensors::describe(shape_of(p)));
  require_file(tensor.bytes.size() == safetensors::bytes_of(tensor.dtype, tensor.shape), path, "parameter \"",
               name, "\" has ", tensor.bytes.size(), " bytes, which do not fit its shape");
  if (std::same_as<S, float> && tensor.dtype == Dtype::f64) {
    const auto values = values_of<double>(tensor, p.rows(), p.cols());
    for (const double v : values.reshaped())
      require_file(!std::isfinite(v) || std::abs(v) <= std::numeric_limits<float>::max(), path,
                   "parameter \"", name, "\" holds ", v, ", which is too large for single precision");
  }
}

template <class Derived>
void load(Eigen::PlainObjectBase<Derived>& p, const StoredTensor& tensor) {
  using S = typename Derived::Scalar;
  if (tensor.dtype == Dtype::f32)
    p = values_of<float>(tensor, p.rows(), p.cols()).template cast<S>();
  else
    p = values_of<double>(tensor, p.rows(), p.cols()).template cast<S>();
}

inline const std::string& value(const Metadata& metadata, std::string_view key) {
  const auto found = metadata.find(key);
  if (found == metadata.end()) throw FileError(message("the metadata of the file have no \"", key, '"'));
  return found->second;
}

}  // namespace model_file

/// The parameters of a model, in the type of the model: vectors as [n], matrices row-major as [rows,
/// columns], by the names of for_each_parameter, which are PyTorch's.
template <class Model>
TensorFile store_weights(const Model& model, Metadata metadata = {}) {
  TensorFile file{{}, std::move(metadata)};
  for_each_parameter(
      [&](const Name& name, const auto& p) {
        const auto [entry, is_new] =
            file.tensors.emplace(name.str(), model_file::store(model_file::matrix(p)));
        require(is_new, "two parameters of the model are called \"", entry->first, '"');
      },
      model);
  return file;
}

/// Takes the parameters of a model from what was read; `path` is what its errors call it.
///
/// The file must hold exactly the model's parameters in their shapes: else FileError names the first that
/// differs, and the model is as before. Weights of the model's type are taken bit for bit; F32 into a model
/// of double is exact; F64 into one of float is rounded, and refused where a value is too large for a float.
/// Values that are not finite are taken as they are: first_non_finite(model) finds them.
template <class Model>
void take_weights(Model& model, const TensorFile& file, const std::filesystem::path& path = "safetensors") {
  std::set<std::string, std::less<>> names;
  for_each_parameter(
      [&](const Name& name, const auto& p) {
        const auto [entry, is_new] = names.insert(name.str());
        const auto found = file.tensors.find(*entry);
        require_file(found != file.tensors.end(), path, "is of another model: it has no parameter \"", *entry,
                     '"');
        model_file::check(model_file::matrix(p), found->second, *entry, path);
      },
      std::as_const(model));
  for (const auto& [name, tensor] : file.tensors)
    require_file(names.contains(name), path, "is of another model: this one has no parameter \"", name, '"');
  for_each_parameter(
      [&](const Name& name, auto& p) {
        model_file::load(model_file::matrix(p), file.tensors.find(name.str())->second);
      },
      model);
}

/// Saves a model as a safetensors file; the same model with the same metadata gives the same bytes. Throws
/// FileError if the file can't be written and std::invalid_argument if the metadata are not UTF-8; a file
/// that was there before then stays.
template <class Model>
void save_weights(const std::filesystem::path& path, const Model& model, Metadata metadata = {}) {
  write_safetensors(path, store_weights(model, std::move(metadata)));
}

/// Loads what save_weights saved, or PyTorch under the same names, into a model of the same sizes, and
/// returns the metadata. Throws FileError if the file can't be read or, as take_weights says, is of another
/// model.
///
/// Where the sizes are in the file, read it once:
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
/// std::invalid_argument if one is not UTF-8.
inline void list_to_metadata(const std::vector<std::string>& list, Metadata& metadata,
                             const std::string& key) {
  try {
    metadata[key] = nlohmann::json(list).dump();
  } catch (const nlohmann::json::exception& error) {
    throw std::invalid_argument(message("a string of \"", key, "\" is not UTF-8: ", error.what()));
  }
}

/// Throws FileError if there is no such key or it holds no list of strings.
inline std::vector<std::string> list_from_metadata(const Metadata& metadata, std::string_view key) {
  const auto list = nlohmann::json::parse(model_file::value(metadata, key), nullptr, false);
  const auto is_string = [](const auto& item) { return item.is_string(); };
  if (!list.is_array() || !std::all_of(list.begin(), list.end(), is_string))
    throw FileError(message("the metadata \"", key, "\" of the file are not a list of strings"));
  return list.get<std::vector<std::string>>();
}

/// Throws FileError if there is no such key or it holds no integer.
inline Index integer_from_metadata(const Metadata& metadata, std::string_view key) {
  const std::string& text = model_file::value(metadata, key);
  Index number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || stop != text.data() + text.size())
    throw FileError(message("the metadata \"", key, "\" of the file are \"", text, "\", not an integer"));
  return number;
}

/// Puts the words of a vocabulary into metadata. Throws std::invalid_argument if a word is not UTF-8.
inline void vocabulary_to_metadata(const Vocabulary& vocabulary, Metadata& metadata,
                                   const std::string& key = "recur.vocabulary") {
  list_to_metadata(vocabulary.words(), metadata, key);
}

/// Throws FileError if there is no such key or it holds no vocabulary.
inline Vocabulary vocabulary_from_metadata(const Metadata& metadata,
                                           std::string_view key = "recur.vocabulary") {
  try {
    return Vocabulary(list_from_metadata(metadata, key));
  } catch (const std::invalid_argument& error) {
    throw FileError(message("the metadata \"", key, "\" of the file are no vocabulary: ", error.what()));
  }
}

}  // namespace recur
