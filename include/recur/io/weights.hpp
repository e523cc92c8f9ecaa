// The parameters of a model as tensors by name, and back.
#pragma once

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
#include <utility>
#include <vector>

#include "recur/core/eigen.hpp"
#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/parameters.hpp"
#include "recur/core/utf8.hpp"
#include "recur/io/file.hpp"
#include "recur/io/tensor_file.hpp"

namespace recur::inline RECUR_ABI {

namespace detail::weights {

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
/// A count, as of an optimizer's steps, is itself.
inline std::int64_t& matrix(std::int64_t& count) { return count; }
inline const std::int64_t& matrix(const std::int64_t& count) { return count; }
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

/// A count is one F64, whatever the scalar of the model: exact up to 2^53.
inline StoredTensor store(const std::int64_t& count) {
  return store(Vector<double>::Constant(1, static_cast<double>(count)).eval());
}
inline double count_of(const StoredTensor& tensor) {
  return tensor.dtype == Dtype::f32 ? static_cast<double>(values_of<float>(tensor, 1, 1)(0))
                                    : values_of<double>(tensor, 1, 1)(0);
}

/// Throws FileError unless p can take the tensor.
template <class Derived>
void check(const Eigen::PlainObjectBase<Derived>& p, const StoredTensor& tensor, const std::string& name,
           const std::filesystem::path& path) {
  using S = typename Derived::Scalar;
  detail::require_file(tensor.shape == shape_of(p), path, "is of another model: parameter ",
                       detail::quote(name), " has the shape ", describe(tensor.shape), ", expected ",
                       describe(shape_of(p)));
  detail::require_file(tensor.bytes.size() == bytes_of(tensor.dtype, tensor.shape), path, "parameter ",
                       detail::quote(name), " has ", tensor.bytes.size(),
                       " bytes, which do not fit its shape");
  if (std::same_as<S, float> && tensor.dtype == Dtype::f64) {
    const auto values = values_of<double>(tensor, p.rows(), p.cols());
    for (const double v : values.reshaped())
      detail::require_file(!std::isfinite(v) || std::abs(v) <= std::numeric_limits<float>::max(), path,
                           "parameter ", detail::quote(name), " holds ", v,
                           ", which is too large for single precision");
  }
}

inline void check(const std::int64_t&, const StoredTensor& tensor, const std::string& name,
                  const std::filesystem::path& path) {
  check(Vector<double>(1), tensor, name, path);
  constexpr double largest = 9007199254740992;  // 2^53, up to which a double is exact
  const double count = count_of(tensor);
  detail::require_file(count >= 0 && count <= largest && count == std::floor(count), path, "parameter ",
                       detail::quote(name), " holds ", count, ", expected a whole number from 0 to 2^53");
}

inline void load(std::int64_t& count, const StoredTensor& tensor) {
  count = static_cast<std::int64_t>(count_of(tensor));
}
template <class Derived>
void load(Eigen::PlainObjectBase<Derived>& p, const StoredTensor& tensor) {
  using S = typename Derived::Scalar;
  if (tensor.dtype == Dtype::f32)
    p = values_of<float>(tensor, p.rows(), p.cols()).template cast<S>();
  else
    p = values_of<double>(tensor, p.rows(), p.cols()).template cast<S>();
}

}  // namespace detail::weights

/// The parameters of a model, in the type of the model: vectors as [n], matrices row-major as [rows,
/// columns], by the names of for_each_parameter, which are PyTorch's. A count, as the steps of an optimizer, is an F64 of
/// shape [1].
template <class Model>
TensorFile store_weights(const Model& model, Metadata metadata = {}) {
  TensorFile file{{}, std::move(metadata)};
  for_each_parameter(
      [&](const Name& name, const auto& p) {
        const auto [entry, is_new] =
            file.tensors.emplace(name.str(), detail::weights::store(detail::weights::matrix(p)));
        require(is_new, "two parameters of the model are called ", detail::quote(entry->first));
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
        detail::require_file(found != file.tensors.end(), path, "is of another model: it has no parameter ",
                             detail::quote(*entry));
        detail::weights::check(detail::weights::matrix(p), found->second, *entry, path);
      },
      std::as_const(model));
  for (const auto& [name, tensor] : file.tensors)
    detail::require_file(names.contains(name), path, "is of another model: this one has no parameter ",
                         detail::quote(name));
  for_each_parameter(
      [&](const Name& name, auto& p) {
        detail::weights::load(detail::weights::matrix(p), file.tensors.find(name.str())->second);
      },
      model);
}

}  // namespace recur::inline RECUR_ABI
