// Safetensors files as weights of a model, as a state, as an optimizer, and with a vocabulary in the metadata.
#include "fuzz.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/io/model_file.hpp"
#include "recur/io/state_file.hpp"
#include "recur/layer/dense.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "recur/train/optimizer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace recur;
  fuzz::try_to_read(fuzz::file_of(data, size, ".safetensors"), [&](const auto& path) {
    const TensorFile file = fuzz::within(size, [&] { return read_safetensors(path); });
    Sequential model{Recurrent{Lstm<float>{2, 3}}, Dense<float>{3, 2}};
    fuzz::attempt([&] { fuzz::within(size, [&] { load_weights(path, model); }); });
    fuzz::attempt([&] {
      const auto state = fuzz::within(size, [&] { return load_state(path, model); });
      auto stream = model.stream();
      for (Index i = 0; i < state.cols(); ++i) set_state(model, stream, state.col(i));
    });
    Optimizer optimizer(model, Adam{});
    fuzz::attempt([&] { take_weights(optimizer, file, path); });
    fuzz::attempt([&] { fuzz::within(size, [&] { vocabulary_from_metadata(file.metadata); }); });
    fuzz::attempt([&] { integer_from_metadata(file.metadata, "hidden"); });
  });
  return 0;
}
