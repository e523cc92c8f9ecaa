// A checksum of bytes, by which a file that was damaged is known.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "recur/core/compiled.hpp"

namespace recur::inline RECUR_ABI::detail {

/// XXH64 (Collet, "xxHash fast digest algorithm", version 0.1.1, section XXH64). It is fast and finds accidents. It
/// does not protect from someone who changes a file on purpose. Several pieces have one checksum if that of each
/// piece is the seed of the next.
RECUR_INLINE std::uint64_t checksum(std::string_view bytes, std::uint64_t seed = 0);
#if RECUR_DEFINES
RECUR_INLINE std::uint64_t checksum(std::string_view bytes, std::uint64_t seed) {
  constexpr std::uint64_t p1 = 0x9E3779B185EBCA87, p2 = 0xC2B2AE3D27D4EB4F, p3 = 0x165667B19E3779F9,
                          p4 = 0x85EBCA77C2B2AE63, p5 = 0x27D4EB2F165667C5;
  const auto take = [&]<class Word>(Word) {  // little endian
    Word word;
    std::memcpy(&word, bytes.data(), sizeof word);
    bytes.remove_prefix(sizeof word);
    return std::uint64_t{word};
  };
  const auto round = [](std::uint64_t sum, std::uint64_t word) {
    return std::rotl(sum + word * p2, 31) * p1;
  };

  std::uint64_t hash = seed + p5;
  const std::uint64_t size = bytes.size();
  if (size >= 32) {
    std::array<std::uint64_t, 4> sums{seed + p1 + p2, seed + p2, seed, seed - p1};
    while (bytes.size() >= 32)
      for (auto& sum : sums) sum = round(sum, take(std::uint64_t{}));
    hash = std::rotl(sums[0], 1) + std::rotl(sums[1], 7) + std::rotl(sums[2], 12) + std::rotl(sums[3], 18);
    for (const auto sum : sums) hash = (hash ^ round(0, sum)) * p1 + p4;
  }
  hash += size;
  while (bytes.size() >= 8) hash = std::rotl(hash ^ round(0, take(std::uint64_t{})), 27) * p1 + p4;
  if (bytes.size() >= 4) hash = std::rotl(hash ^ take(std::uint32_t{}) * p1, 23) * p2 + p3;
  while (!bytes.empty()) hash = std::rotl(hash ^ take(std::uint8_t{}) * p5, 11) * p1;
  hash = (hash ^ hash >> 33) * p2;
  hash = (hash ^ hash >> 29) * p3;
  return hash ^ hash >> 32;
}
#endif

/// As much of a checksum as a double has exactly.
inline double short_checksum(std::uint64_t sum) { return static_cast<double>(sum >> 11U); }

}  // namespace recur::inline RECUR_ABI::detail
