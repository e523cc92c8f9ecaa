// Any bytes as a file of Keras: a network or a FileError, nothing else.
#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz.hpp"
#include "recur/exchange/keras.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace recur;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const auto try_as = [&]<class In>(In) {
    try {
      fuzz::within(
          size, [&] { detail::exchange::read_keras<In>(bytes, "fuzz"); }, 9,  // beside the bytes
          fuzz::free_for_archives);
    } catch (const FileError&) {
    }
  };
  try_as(0.0f);
  try_as(Token{});
  return 0;
}
