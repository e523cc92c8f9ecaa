#include "recur/core/checksum.hpp"

#include <string>

#include "catch.hpp"

namespace checksum_test {

using recur::detail::checksum;

TEST_CASE("The checksum is that of xxhsum", "[core][checksum]") {
  CHECK(checksum("") == 0xef46db3751d8e999);
  CHECK(checksum("a") == 0xd24ec4f1a98c6e5b);
  CHECK(checksum("abc") == 0x44bc2cf5ad770999);
  CHECK(checksum("Nobody inspects the spammish repetition") == 0xfbcea83c8a378bf1);
  CHECK(checksum("0123456789abcdef0123456789abcdef0123456789abcdef01234567xyz") == 0xcf29ffb188d8ac5c);
}

TEST_CASE("Every bit and every length changes the checksum", "[core][checksum]") {
  for (const std::size_t size : {1, 7, 12, 31, 32, 77}) {
    const std::string bytes(size, 'x');
    CHECK(checksum(bytes) != checksum(bytes + 'x'));
    CHECK(checksum(bytes) != checksum(bytes, 1));
    for (std::size_t bit = 0; bit < 8 * size; ++bit) {
      std::string other = bytes;
      other[bit / 8] = static_cast<char>(other[bit / 8] ^ 1 << bit % 8);
      if (checksum(other) == checksum(bytes)) FAIL("bit " << bit << " of " << size << " bytes");
    }
  }
}

}  // namespace checksum_test
