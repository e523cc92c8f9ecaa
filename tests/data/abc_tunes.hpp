// Reads a tune for the tests of tunes.
#pragma once

#include <string>
#include <vector>

#include "catch.hpp"
#include "recur/data/abc.hpp"

namespace abc_tunes {

constexpr recur::Index eighth = recur::abc_whole / 8;

/// A tune in C, 4/4 with eighths unless the fields say something else.
inline recur::AbcTune tune(const std::string& music, const std::string& fields = "K:C\n") {
  auto read = recur::parse_abc("X:1\nM:4/4\n" + fields + music);
  REQUIRE(read.size() == 1);
  return read[0];
}
inline std::vector<int> pitches(const recur::AbcTune& read) {
  std::vector<int> all;
  for (const auto& note : read.notes) all.push_back(note.pitch);
  return all;
}
/// In eighths.
inline std::vector<double> lengths(const recur::AbcTune& read) {
  std::vector<double> all;
  for (const auto& note : read.notes) all.push_back(static_cast<double>(note.length) / eighth);
  return all;
}

}  // namespace abc_tunes
