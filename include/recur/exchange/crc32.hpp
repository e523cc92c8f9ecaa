// The checksum CRC-32 of zip archives, at the speed of memory: that of zlib takes longer than to load a network.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "recur/core/matrix.hpp"

namespace recur::inline RECUR_ABI::detail::exchange {

namespace crc {

/// tables[k][b] is the remainder of byte b before k bytes of zeros, by the reflected polynomial 0xEDB88320.
inline constexpr auto tables = [] {
  std::array<std::array<std::uint32_t, 256>, 8> all{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) rest = rest >> 1U ^ (rest & 1U ? 0xEDB88320U : 0U);
    all[0][byte] = rest;
  }
  for (std::size_t k = 1; k < 8; ++k)
    for (std::size_t byte = 0; byte < 256; ++byte)
      all[k][byte] = all[k - 1][byte] >> 8U ^ all[0][all[k - 1][byte] & 255U];
  return all;
}();

/// The remainder after more bytes, eight at a time.
inline std::uint32_t by_tables(std::uint32_t rest, std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return std::uint32_t{static_cast<unsigned char>(bytes[i])}; };
  std::size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    const std::uint32_t low = rest ^ (byte(i) | byte(i + 1) << 8U | byte(i + 2) << 16U | byte(i + 3) << 24U);
    rest = tables[7][low & 255U] ^ tables[6][low >> 8U & 255U] ^ tables[5][low >> 16U & 255U] ^
           tables[4][low >> 24U] ^ tables[3][byte(i + 4)] ^ tables[2][byte(i + 5)] ^ tables[1][byte(i + 6)] ^
           tables[0][byte(i + 7)];
  }
  for (; i < bytes.size(); ++i) rest = rest >> 8U ^ tables[0][(rest ^ byte(i)) & 255U];
  return rest;
}

#if defined(__x86_64__)
/// Replaces 128 bits, and those that follow at a distance, by 128 bits with the same remainder: a = a_0 x^(d+32) + a_1 x^(d-32)
/// modulo the polynomial, for the distance d of `factors`.
__attribute__((target("pclmul,sse4.1"))) inline __m128i fold(__m128i a, __m128i factors, __m128i next) {
  return _mm_xor_si128(
      next, _mm_xor_si128(_mm_clmulepi64_si128(a, factors, 0x00), _mm_clmulepi64_si128(a, factors, 0x11)));
}

/// The same by products without carry, of at least 64 bytes, a multiple of 16.
///
/// Source: Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel, 2009.
__attribute__((target("pclmul,sse4.1"))) inline std::uint32_t by_products(std::uint32_t rest,
                                                                          std::string_view bytes) {
  const __m128i by_64 = _mm_set_epi64x(0x01c6e41596, 0x0154442bd4),  // distances of 64 and 16 bytes
      by_16 = _mm_set_epi64x(0x00ccaa009e, 0x01751997d0);
  const auto load = [&](std::size_t at) __attribute__((target("pclmul,sse4.1"))) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes.data() + at));
  };
  __m128i a = _mm_xor_si128(load(0), _mm_cvtsi32_si128(static_cast<int>(rest))), b = load(16), c = load(32),
          d = load(48);
  std::size_t i = 64;
  for (; i + 64 <= bytes.size(); i += 64) {
    a = fold(a, by_64, load(i));
    b = fold(b, by_64, load(i + 16));
    c = fold(c, by_64, load(i + 32));
    d = fold(d, by_64, load(i + 48));
  }
  a = fold(fold(fold(a, by_16, b), by_16, c), by_16, d);
  for (; i + 16 <= bytes.size(); i += 16) a = fold(a, by_16, load(i));
  std::array<char, 16> last{};
  _mm_storeu_si128(reinterpret_cast<__m128i*>(last.data()), a);
  return by_tables(0, {last.data(), last.size()});
}
#endif

}  // namespace crc

/// The CRC-32 of these bytes.
inline std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t rest = 0xFFFFFFFF;
#if defined(__x86_64__)
  const std::size_t whole = bytes.size() / 16 * 16;
  if (whole >= 64 && __builtin_cpu_supports("pclmul")) {
    rest = crc::by_products(rest, bytes.substr(0, whole));
    bytes.remove_prefix(whole);
  }
#endif
  return ~crc::by_tables(rest, bytes);
}

}  // namespace recur::inline RECUR_ABI::detail::exchange
