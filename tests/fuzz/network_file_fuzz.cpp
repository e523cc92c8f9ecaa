// Networks of this library in safetensors files, with their descriptions.
#include "fuzz.hpp"
#include "recur/io/network_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::try_to_read(fuzz::file_of(data, size, ".safetensors"),
                    [&](const auto& path) { fuzz::within(size, [&] { recur::load_network<float>(path); }); });
  return 0;
}
