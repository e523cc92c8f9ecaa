// Turns the parameters of a model into tensors by name, and back.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <limits>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recur/core/eigen.hpp"
#include "recur/core/error.hpp"
#include "recur/core/file.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/parameters.hpp"
#include "recur/core/utf8.hpp"
#include "recur/io/tensor_file.hpp"

namespace recur::inline RECUR_ABI {

namespace detail::weights {

template <class S>
using RowMajor = Eigen::Matrix<S, Dynamic, Dynamic, Eigen::RowMajor>;

template <std::floating_point S>
inline constexpr Dtype dtype_of = std::same_as<S, float> ? Dtype::f32 : Dtype::f64;

/// The shape as PyTorch writes it: [n] of a vector, [rows, columns] of a matrix.
template <class S>
std::vector<std::uint64_t> shape_of(const ParameterView<S>& p) {
  const auto rows = static_cast<std::uint64_t>(p.rows), columns = static_cast<std::uint64_t>(p.columns);
  if (p.is_vector) return {rows};
  return {rows, columns};
}

template <class S>
StoredTensor store(const ParameterView<const S>& p) {
  static_assert(std::same_as<S, float> || std::same_as<S, double>, "a file holds float or double");
  RowMajor<S> values(p.rows, p.columns);
  if (p.is_row_major)
    std::copy_n(p.data, p.size(), values.data());
  else
    values = ConstMatrixMap<S>(p.data, p.rows, p.columns);
  const auto bytes = std::as_bytes(std::span(values.data(), static_cast<std::size_t>(values.size())));
  return {dtype_of<S>, shape_of(p), {bytes.begin(), bytes.end()}};
}

template <class S>
RowMajor<S> values_of(const StoredTensor& tensor, Index rows, Index columns) {
  RowMajor<S> values(rows, columns);
  if (!tensor.bytes.empty()) std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

inline void check_shape(const StoredTensor& tensor, const std::vector<std::uint64_t>& shape,
                        const std::string& name, const std::filesystem::path& path) {
  detail::require_file(tensor.shape == shape, path, "is of another model: parameter ", detail::quote(name),
                       " has the shape ", describe(tensor.shape), ", expected ", describe(shape));
  detail::require_file(is_of_models(tensor.dtype), path, "parameter ", detail::quote(name), " is of ",
                       name_of(tensor.dtype), ": it must be of F32 or F64");
  detail::require_file(tensor.bytes.size() == bytes_of(tensor.dtype, tensor.shape), path, "parameter ",
                       detail::quote(name), " has ", tensor.bytes.size(),
                       " bytes, which do not fit its shape");
}

/// Throws FileError unless the tensor fits p.
template <class S>
void check(const Parameter<S>& p, const StoredTensor& tensor, const std::filesystem::path& path) {
  check_shape(tensor, shape_of(p), p.name, path);
  if (std::same_as<S, float> && tensor.dtype == Dtype::f64) {
    const RowMajor<double> values = values_of<double>(tensor, p.rows, p.columns);
    for (Index i = 0; i < values.size(); ++i) {
      const double v = values.data()[i];
      detail::require_file(!std::isfinite(v) || std::abs(v) <= std::numeric_limits<float>::max(), path,
                           "parameter ", detail::quote(p.name), " holds ", v,
                           ", which is too large for single precision");
    }
  }
}

template <class S>
void load(const ParameterView<S>& p, const StoredTensor& tensor) {
  RowMajor<S> values;
  if (tensor.dtype == Dtype::f32)
    values = values_of<float>(tensor, p.rows, p.columns).template cast<S>();
  else
    values = values_of<double>(tensor, p.rows, p.columns).template cast<S>();
  if (p.is_row_major)
    std::copy_n(values.data(), p.size(), p.data);
  else
    MatrixMap<S>(p.data, p.rows, p.columns) = values;
}

/// A count, such as the steps of an optimizer, is one F64 for every scalar of the model: exact up to 2^53.
struct Count {
  std::string name;
  std::int64_t* value;
};
template <class Model, class F>
void for_each_count(Model& model, F&& f) {
  for_each_parameter(
      [&](const Name& name, auto& p) {
        if constexpr (detail::is_count<decltype(p)>) f(name.str(), p);
      },
      model);
}
inline StoredTensor store(std::int64_t value) {
  const VectorX<double> number = VectorX<double>::Constant(1, static_cast<double>(value));
  return store(parameter_of(number));
}
inline double value_of(const StoredTensor& tensor) {
  return tensor.dtype == Dtype::f32 ? static_cast<double>(values_of<float>(tensor, 1, 1)(0))
                                    : values_of<double>(tensor, 1, 1)(0);
}
inline void check(const Count& count, const StoredTensor& tensor, const std::filesystem::path& path) {
  check_shape(tensor, {1}, count.name, path);
  constexpr double largest = 9007199254740992;  // 2^53, up to which a double is exact
  const double value = value_of(tensor);
  detail::require_file(value >= 0 && value <= largest && value == std::floor(value), path, "parameter ",
                       detail::quote(count.name), " holds ", value,
                       ", expected a whole number from 0 to 2^53");
}

inline void add(TensorFile& file, const std::string& name, StoredTensor tensor) {
  require(file.tensors.emplace(name, std::move(tensor)).second, "two parameters of the model are called ",
          detail::quote(name));
}

template <class S>
void take(const Parameters<S>& model, const std::vector<Count>& counts, const TensorFile& file,
          const std::filesystem::path& path) {
  std::set<std::string_view> names;
  const auto find = [&](const std::string& name) -> const StoredTensor& {
    names.insert(name);
    const auto found = file.tensors.find(name);
    detail::require_file(found != file.tensors.end(), path, "is of another model: it has no parameter ",
                         detail::quote(name));
    return found->second;
  };
  for (const auto& p : model) check(p, find(p.name), path);
  for (const auto& count : counts) check(count, find(count.name), path);
  for (const auto& [name, tensor] : file.tensors)
    detail::require_file(names.contains(name), path, "is of another model: this one has no parameter ",
                         detail::quote(name));
  for (const auto& p : model) load(p, find(p.name));
  for (const auto& count : counts) *count.value = static_cast<std::int64_t>(value_of(find(count.name)));
}

}  // namespace detail::weights

/// The parameters of a model, in the type of the model. Vectors are [n], matrices are row-major [rows,
/// columns]. Their names are those of Parameters, which are PyTorch's. A count, such as the steps of an
/// optimizer, is an F64 of shape [1].
template <class Model>
TensorFile store_weights(const Model& model, Metadata metadata = {}) {
  using namespace detail::weights;
  TensorFile file{{}, std::move(metadata)};
  for (const auto& p : Parameters(model)) add(file, p.name, store(p));
  for_each_count(model,
                 [&](const std::string& name, const std::int64_t& count) { add(file, name, store(count)); });
  return file;
}

/// Takes the parameters of a model from a file's content. Errors call the file `path`.
///
/// The file must have exactly the model's parameters in their shapes. Otherwise FileError names the first
/// difference, and the model stays as it was. Weights of the model's type are taken bit for bit. F32 into a
/// model of double is exact. F64 into a model of float is rounded, and refused if a value is too large for a
/// float. Values that are not finite are taken as they are: first_non_finite(model) finds them.
template <class Model>
void take_weights(Model& model, const TensorFile& file, const std::filesystem::path& path = "safetensors") {
  std::vector<detail::weights::Count> counts;
  detail::weights::for_each_count(model, [&](const std::string& name, std::int64_t& count) {
    counts.push_back({name, &count});
  });
  detail::weights::take(Parameters(model), counts, file, path);
}

}  // namespace recur::inline RECUR_ABI
