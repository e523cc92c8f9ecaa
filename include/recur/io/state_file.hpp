// The state of a network in a file, to continue later in a text or a signal.
#pragma once

#include <cstdint>
#include <filesystem>
#include <utility>

#include "recur/core/matrix.hpp"
#include "recur/core/parameters.hpp"
#include "recur/io/safetensors.hpp"
#include "recur/io/weights.hpp"
#include "recur/recurrence/state.hpp"

namespace recur::inline RECUR_ABI {

namespace detail::state_file {

/// A state in a form that a file can hold: one tensor.
template <class S>
struct OneTensor {
  using Scalar = S;
  MatrixX<S> state;

  template <class F, class... Self>
  static void visit(const Name& at, F&& f, Self&... self) {
    f(at / "state", self.state...);
  }
};

}  // namespace detail::state_file

/// Saves the result of get_state or final_state, Z × B, as a safetensors file of one tensor, "state".
/// Throws FileError if the file can't be written. An existing file then stays as it was.
template <class S>
void save_state(const std::filesystem::path& path, const MatrixX<S>& state, Metadata metadata = {}) {
  write_safetensors(path, store_weights(detail::state_file::OneTensor<S>{state}, std::move(metadata)));
}

/// Loads a file of save_state, bit for bit, for set_state or forward of the same network. Throws
/// FileError if the file can't be read, or if it does not hold just one state of Z rows. Z is the size of the
/// network's state.
template <Layer L>
MatrixX<typename L::Scalar> load_state(const std::filesystem::path& path, const L& network) {
  const TensorFile file = read_safetensors(path);
  const auto rows = static_cast<std::uint64_t>(state_size(network));
  detail::state_file::OneTensor<typename L::Scalar> one{MatrixX<typename L::Scalar>(state_size(network), 1)};
  // A file says how many samples it has. Its bytes prove that only if the samples have rows.
  if (const auto found = file.tensors.find("state"); found != file.tensors.end() && rows > 0)
    if (const auto& shape = found->second.shape; shape.size() == 2 && shape[0] == rows)
      one.state.resize(one.state.rows(), static_cast<Index>(shape[1]));
  take_weights(one, file, path);
  return std::move(one.state);
}

}  // namespace recur::inline RECUR_ABI
