// Models for audio in JSON: RTNeural, the Neural Amp Modeler, GuitarML. Each reader gets each file.
#include "fuzz.hpp"
#include "recur/exchange.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto step = [](const recur::Network<float>& net) {
    if (net.input_size() > 1000) return;
    auto stream = net.stream();
    net.step(recur::VectorX<float>::Ones(net.input_size()), stream);
  };
  const auto try_one = [&](auto load) {
    fuzz::try_to_read(fuzz::file_of(data, size, ".json"),
                      [&](const auto& path) { step(fuzz::read_within(size, [&] { return load(path); })); });
  };
  try_one(recur::load_rtneural);
  try_one(recur::load_nam);
  try_one(recur::load_guitarml);
  fuzz::try_to_read(fuzz::file_of(data, size, ".json"), [&](const auto& path) {
    const double rate = fuzz::read_within(size, [&] { return recur::audio_sample_rate(path); });
    if (!(rate >= 0)) fuzz::fail("a sample rate is not a positive number");
  });
  return 0;
}
