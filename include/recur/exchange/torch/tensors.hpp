// State dicts: tensors by name, as views of the file that holds them.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recur/core/eigen.hpp"
#include "recur/core/error.hpp"
#include "recur/core/file.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/parameters.hpp"
#include "recur/core/transpose.hpp"
#include "recur/core/utf8.hpp"
#include "recur/io/tensor_file.hpp"

namespace recur::inline RECUR_ABI {

/// A tensor in a file: a view of its bytes. Number (i, j, ...) is number i · strides[0] + j · strides[1] + ... from
/// `data` on. StateDict owns the bytes.
struct StateTensor {
  std::string name;
  Dtype dtype = Dtype::f32;  ///< the type of its numbers
  /// An entry for each dimension. Strides count numbers, not bytes.
  std::vector<std::uint64_t> shape, strides;
  const std::byte* data = nullptr;
  bool is_finite = false;  ///< whether all numbers are known to be finite, since they were looked at

  std::uint64_t size() const {
    return std::accumulate(shape.begin(), shape.end(), std::uint64_t{1}, std::multiplies<>());
  }
  /// Whether its numbers lie one after the other, the last index the fastest.
  bool is_contiguous() const {
    std::uint64_t next = 1;
    for (std::size_t i = shape.size(); i-- > 0; next *= shape[i])
      if (shape[i] != 1 && strides[i] != next) return false;
    return true;
  }
  /// Whether its numbers are of f16, bf16, f32 or f64.
  bool is_floating() const { return dtype <= Dtype::bf16; }

  /// All numbers, with the last index as the fastest. Half precision and whole numbers become numbers of S.
  template <std::floating_point S>
  VectorX<S> values() const;
};

namespace detail::exchange {

/// Calls f(reader), where reader(bytes) gives the number that is there.
template <class S, class F>
void with_reader(Dtype dtype, F&& f) {
  const auto of = [&]<class T>(T) {
    f([](const std::byte* from) {
      T number;
      std::memcpy(&number, from, sizeof(T));
      return static_cast<S>(number);
    });
  };
  switch (dtype) {
    case Dtype::f32:
      return of(float{});
    case Dtype::f64:
      return of(double{});
    case Dtype::f16:
      return of(Eigen::half{});
    case Dtype::bf16:
      return of(Eigen::bfloat16{});
    case Dtype::i64:
      return of(std::int64_t{});
    case Dtype::i32:
      return of(std::int32_t{});
    case Dtype::i16:
      return of(std::int16_t{});
    case Dtype::i8:
      return of(std::int8_t{});
    case Dtype::u8:
    case Dtype::boolean:
      return of(std::uint8_t{});
  }
}

/// Writes all numbers to `to`, with the last index as the fastest.
template <class S>
void gather(const StateTensor& t, S* to) {
  const std::uint64_t count = t.size(), bytes = size_of(t.dtype);
  if (count == 0) return;
  with_reader<S>(t.dtype, [&](auto read) {
    if (t.is_contiguous()) {
      for (std::uint64_t i = 0; i < count; ++i) to[i] = read(t.data + i * bytes);
      return;
    }
    std::vector<std::uint64_t> index(t.shape.size(), 0);
    std::uint64_t at = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      to[i] = read(t.data + at * bytes);
      for (std::size_t d = index.size(); d-- > 0;) {  // the next index, as of a counter with digits
        at += t.strides[d];
        if (++index[d] < t.shape[d]) break;
        at -= t.strides[d] * t.shape[d];
        index[d] = 0;
      }
    }
  });
}

/// Copies the tensor, which has as many numbers, into a parameter.
template <class S>
void load(const ParameterView<S>& p, const StateTensor& t) {
  const bool same = t.dtype == (std::same_as<S, float> ? Dtype::f32 : Dtype::f64) && t.is_contiguous();
  const bool in_order = p.is_row_major || p.columns == 1 || p.rows == 1;
  if (p.size() == 0) return;
  if (same && in_order) {
    std::memcpy(p.data, t.data, static_cast<std::size_t>(p.size()) * sizeof(S));
  } else if (same) {
    transpose(t.data, p.rows, p.columns, p.data);
  } else if (in_order) {
    gather(t, p.data);
  } else {
    const VectorX<S> numbers = t.values<S>();
    transpose(reinterpret_cast<const std::byte*>(numbers.data()), p.rows, p.columns, p.data);
  }
}

}  // namespace detail::exchange

template <std::floating_point S>
VectorX<S> StateTensor::values() const {
  VectorX<S> numbers(static_cast<Index>(size()));
  detail::exchange::gather(*this, numbers.data());
  return numbers;
}

/// The tensors of a file by name, in its order. The tensors are views of the file, which must not become shorter while
/// this or a copy of it lives.
class StateDict {
 public:
  /// An empty one. Errors call it `path`.
  explicit StateDict(std::filesystem::path path, bool has_order)
      : path_(std::move(path)), has_order_(has_order) {}

  /// Throws FileError if there is a tensor of this name.
  void add(StateTensor tensor) {
    const auto [at, is_new] = places_.try_emplace(tensor.name, tensors_.size());
    detail::require_file(is_new, path_, "has two tensors called ", detail::quote(at->first));
    tensors_.push_back(std::move(tensor));
  }
  /// Keeps something, which owns the bytes of tensors, as long as this and its copies live.
  void keep(std::shared_ptr<const void> memory) { memory_.push_back(std::move(memory)); }

  /// Texts beside the tensors, by name: the metadata of a safetensors file, the entries of the folder "metadata" of an
  /// archive. PyTorch does not look at them.
  Metadata metadata;

  const std::filesystem::path& path() const { return path_; }  ///< of the file, for messages
  /// Whether the tensors are in the order of the model. Files of torch.save and JSON have it; a safetensors file is
  /// sorted by name.
  bool has_order() const { return has_order_; }

  /// The tensors below a prefix, by the rest of their names: those of the module "encoder" alone.
  StateDict below(const std::string& prefix) const {
    StateDict part(path_, has_order_);
    part.memory_ = memory_;
    for (StateTensor tensor : tensors_)
      if (tensor.name.starts_with(prefix + '.')) {
        tensor.name.erase(0, prefix.size() + 1);
        part.add(std::move(tensor));
      }
    return part;
  }

  /// A loop over all tensors.
  auto begin() const { return tensors_.begin(); }
  auto end() const { return tensors_.end(); }  ///< behind the last one
  std::size_t size() const { return tensors_.size(); }
  /// The tensor of this name, or null.
  const StateTensor* find(std::string_view name) const {
    const auto found = places_.find(name);
    return found == places_.end() ? nullptr : &tensors_[found->second];
  }
  /// Throws FileError if there is none.
  const StateTensor& at(std::string_view name) const {
    const StateTensor* found = find(name);
    detail::require_file(found != nullptr, path_, "has no tensor ", detail::quote(name));
    return *found;
  }

 private:
  std::filesystem::path path_;
  bool has_order_;
  std::vector<StateTensor> tensors_;
  std::map<std::string, std::size_t, std::less<>> places_;
  std::vector<std::shared_ptr<const void>> memory_;
};

namespace detail::exchange {

/// The strides of a tensor whose last index is the fastest.
inline std::vector<std::uint64_t> row_major(const std::vector<std::uint64_t>& shape) {
  std::vector<std::uint64_t> strides(shape.size());
  std::uint64_t stride = 1;
  for (std::size_t i = shape.size(); i-- > 0; stride *= shape[i]) strides[i] = stride;
  return strides;
}

}  // namespace detail::exchange

}  // namespace recur::inline RECUR_ABI
