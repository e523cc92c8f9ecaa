#include "recur/exchange/crc32.hpp"

#include <cstdint>
#include <string>
#include <string_view>

#include "catch.hpp"

namespace recur::testing {
namespace crc32_test {

using detail::exchange::crc32;

/// The definition: bit by bit.
std::uint32_t plain(std::string_view bytes) {
  std::uint32_t rest = 0xFFFFFFFF;
  for (const char c : bytes) {
    rest ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) rest = rest >> 1U ^ (rest & 1U ? 0xEDB88320U : 0U);
  }
  return ~rest;
}

TEST_CASE("CRC-32 of all lengths and alignments", "[exchange][crc32]") {
  CHECK(crc32("123456789") == 0xCBF43926);  // the check value of its catalogues
  CHECK(crc32("") == 0);
  std::string bytes;
  std::uint32_t random = 1;
  while (bytes.size() < 700) bytes += static_cast<char>((random = random * 1664525U + 1013904223U) >> 24U);
  bool same = true;
  for (std::size_t size = 0; size < 680; ++size) {
    const auto part = std::string_view(bytes).substr(size % 17, size);
    const std::uint32_t expected = plain(part);
    same = same && crc32(part) == expected && ~detail::exchange::crc::by_tables(~0U, part) == expected;
#if defined(__x86_64__)
    if (size >= 64 && __builtin_cpu_supports("pclmul"))
      same = same && ~detail::exchange::crc::by_products(~0U, part) == expected;
#endif
  }
  CHECK(same);
  std::string large(200001, 'x'), seen;
  CHECK(crc32(large, [&](std::string_view piece) { seen += piece; }) == plain(large));
  CHECK(seen == large);
}

}  // namespace crc32_test
}  // namespace recur::testing
