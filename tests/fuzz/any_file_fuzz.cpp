// A network in a file of this library or of those for audio, with its test case. The first byte chooses the ending of the
// file's name. The formats that need other libraries have fuzzers of their own.
#include <array>
#include <cstddef>

#include "fuzz.hpp"
#include "recur/exchange/any_file.hpp"
#include "recur/exchange/summary.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace recur;
  constexpr std::array endings{".safetensors", ".nam", ".json", ".unknown"};
  if (size == 0 || data[0] < '0' || data[0] >= '0' + endings.size()) return 0;
  const std::string ending = endings[data[0] - std::size_t{'0'}];
  ++data, --size;
  fuzz::try_to_read(fuzz::file_of(data, size, ending), [&](const auto& path) {
    const LoadedNetwork loaded = fuzz::read_within(
        size, [&] { return load_any(path); }, fuzz::free_for_archives);
    fuzz::attempt([&] { std::visit([](const auto& network) { summarize(network); }, loaded.network); });
    if (loaded.test) fuzz::attempt([&] { outputs_of(loaded.network, loaded.test->input); });
  });
  return 0;
}
