// Tensors by name, with texts beside them: the content of a file of weights, in any format.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "recur/core/version.hpp"

namespace recur::inline RECUR_ABI {

/// Texts that are in a file beside its tensors.
using Metadata = std::map<std::string, std::string, std::less<>>;

/// The type of a tensor's numbers. Models are stored as f32 or f64. Files of other programs may have the other types.
enum class Dtype { f32, f64, f16, bf16, i64, i32, i16, i8, u8, boolean };

/// A tensor in the form that a file has.
struct StoredTensor {
  Dtype dtype = Dtype::f32;          ///< the type of its numbers
  std::vector<std::uint64_t> shape;  ///< the size of each dimension; empty for a single number
  std::vector<std::byte> bytes;      ///< row-major: the last index is the fastest

  bool operator==(const StoredTensor&) const = default;
};

/// The content of a file.
struct TensorFile {
  std::map<std::string, StoredTensor, std::less<>> tensors;  ///< by name
  Metadata metadata;  ///< texts by name, such as the description of a network

  bool operator==(const TensorFile&) const = default;
};

namespace detail {

/// Names of types in safetensors, in the order of Dtype.
inline constexpr auto dtype_names =
    std::array{"F32", "F64", "F16", "BF16", "I64", "I32", "I16", "I8", "U8", "BOOL"};
inline constexpr auto dtype_sizes = std::array{4, 8, 2, 2, 8, 4, 2, 1, 1, 1};

inline std::uint64_t size_of(Dtype dtype) {
  return static_cast<std::uint64_t>(dtype_sizes[static_cast<std::size_t>(dtype)]);
}
inline const char* name_of(Dtype dtype) { return dtype_names[static_cast<std::size_t>(dtype)]; }
inline bool is_of_models(Dtype dtype) { return dtype == Dtype::f32 || dtype == Dtype::f64; }

/// The number of bytes of a tensor, unless it is too large to count.
inline std::optional<std::uint64_t> bytes_of(Dtype dtype, const std::vector<std::uint64_t>& shape) {
  std::uint64_t bytes = size_of(dtype);
  for (const std::uint64_t n : shape) {
    if (n != 0 && bytes > std::numeric_limits<std::uint64_t>::max() / n) return {};
    bytes *= n;
  }
  return bytes;
}

/// A shape for a message, with at most eight of its numbers.
inline std::string describe(const std::vector<std::uint64_t>& shape) {
  constexpr std::size_t most = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(shape.size(), most); ++i)
    text += (i ? ", " : "") + std::to_string(shape[i]);
  return '[' + text + (shape.size() > most ? ", ...]" : "]");
}

}  // namespace detail

}  // namespace recur::inline RECUR_ABI
