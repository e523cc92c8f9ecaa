// The constants of an ONNX file, and what can be computed of them while it is read.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "recur/core/matrix.hpp"

namespace recur::inline RECUR_ABI::detail::onnx {

/// The product of sizes, or nothing if one is negative or it is above 2^40.
inline std::optional<Index> product_of(const std::vector<Index>& sizes) {
  constexpr Index most = Index{1} << 40;
  Index product = 1;
  bool none = false;
  for (const Index size : sizes) {
    if (size < 0) return {};
    if (size == 0)
      none = true;
    else if (product > most / size)
      return {};
    else
      product *= size;
  }
  return none ? 0 : product;
}

/// A tensor, its last axis innermost. If all numbers are equal, `values` may hold one for all, so that a file which
/// asks for many zeros gets no memory for them.
template <class T>
struct Array {
  std::vector<Index> dims;
  std::vector<T> values;
  /// Along which axes of the inputs each of its axes repeats it. Such an axis has the size 1 here, since the file does
  /// not say its size and all numbers along it are equal. Empty if there is none.
  std::vector<std::vector<int>> repeats{};
  /// The axis of which only the first numbers are meant, as many as a sequence has steps; -1 if there is none.
  int prefix = -1;

  Index rank() const { return static_cast<Index>(dims.size()); }
  Index count() const { return *product_of(dims); }
  bool is_uniform() const { return values.size() == 1; }
  const T& at(Index place) const { return values[is_uniform() ? 0 : static_cast<std::size_t>(place)]; }
  Index dim(Index axis) const { return dims[static_cast<std::size_t>(axis)]; }
  bool is_repeated(std::size_t axis) const { return !repeats.empty() && !repeats[axis].empty(); }

  /// How far apart neighbours along each axis are.
  std::vector<Index> strides() const {
    std::vector<Index> all(dims.size());
    Index stride = 1;
    for (std::size_t k = dims.size(); k-- > 0; stride *= dims[k]) all[k] = stride;
    return all;
  }

  /// y[i, j, ...] = x[first + i s_0 + j s_1 + ...], with sizes and strides that are legal.
  Array view(std::vector<Index> sizes, const std::vector<Index>& steps, Index first = 0) const {
    Array y{std::move(sizes), {}};
    const Index numbers = y.count();
    if (is_uniform() && numbers > 0) {
      y.values = values;
      return y;
    }
    y.values.reserve(static_cast<std::size_t>(numbers));
    std::vector<Index> at_axis(y.dims.size(), 0);
    for (Index n = 0, place = first; n < numbers; ++n) {
      y.values.push_back(at(place));
      for (std::size_t k = y.dims.size(); k-- > 0;) {
        place += steps[k];
        if (++at_axis[k] < y.dims[k]) break;
        place -= steps[k] * y.dims[k];
        at_axis[k] = 0;
      }
    }
    return y;
  }
};

using Numbers = Array<float>;

}  // namespace recur::inline RECUR_ABI::detail::onnx
