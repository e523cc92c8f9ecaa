// Weights from a file of PyTorch's, in the page cache, compared with a copy of as many bytes.
#pragma once

#include <cstring>
#include <filesystem>
#include <functional>
#include <vector>

#include "absent.hpp"
#include "threads.hpp"

#if __has_include(<zip.h>)
#include "recur/cell/lstm.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/exchange/torch/weights.hpp"
#include "recur/recurrence/recurrent.hpp"
#endif

namespace torch_load {

using Timer = std::function<double(const std::function<void()>&)>;

#if __has_include(<zip.h>)
/// Speed of loading 100 MB into an LSTM of three layers, over that of memcpy. `ending` chooses the format.
inline double speed(const char* ending, const Timer& seconds_of) {
  using namespace recur;
  const auto layer = [] { return Recurrent{Lstm<float>{1024, 1024}}; };
  Sequential model{layer(), layer(), layer()};
  initialize(model, 1, Uniform{0.1});
  const auto path = std::filesystem::temp_directory_path() / (std::string("recur-torch-load") + ending);
  save_torch(path, model);
  std::vector<float> from(static_cast<std::size_t>(count_parameters(model)), 1.0f), to(from.size());
  const double slower = threads::second_over_first(
      15,
      [&] { return seconds_of([&] { std::memcpy(to.data(), from.data(), from.size() * sizeof(float)); }); },
      [&] { return seconds_of([&] { take_state_dict(model, read_state_dict(path)); }); });
  std::filesystem::remove(path);
  return 1 / slower;
}
#else
inline double speed(const char*, const Timer&) { throw Absent("libzip is not installed"); }
#endif

}  // namespace torch_load
