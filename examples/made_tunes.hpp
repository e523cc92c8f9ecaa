// Tunes made by rule, in ABC notation, for the example melody. Each has two parts of eight bars. In a part, bars 5 and 6
// repeat bars 1 and 2, bar 4 asks and bar 8 answers. Each bar begins with a note of its chord.
#pragma once

#include <algorithm>
#include <array>
#include <cstdlib>
#include <recur/core/random.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace made_tunes {

using recur::Index;

/// A key, where its first note stands above C, and the chords on its first, fourth and fifth note.
struct Key {
  const char* name;
  int tonic;
  std::array<const char*, 3> chords;
};
inline constexpr std::array<Key, 7> keys{Key{"C", 0, {"C", "F", "G"}}, {"D", 1, {"D", "G", "A"}},
                                         {"G", 4, {"G", "C", "D"}},    {"A", 5, {"A", "D", "E"}},
                                         {"F", 3, {"F", "Bb", "C"}},   {"Em", 2, {"Em", "Am", "Bm"}},
                                         {"Am", 5, {"Am", "Dm", "Em"}}};
/// A metre, and rhythms that fill a bar of it, in eighths. The first one ends a phrase.
struct Metre {
  const char* name;
  std::vector<std::string_view> rhythms;
};
inline const std::array<Metre, 3> metres{Metre{"4/4", {"44", "2222", "112112", "3122", "21122", "1111211"}},
                                         {"3/4", {"42", "222", "2112", "312", "11112"}},
                                         {"6/8", {"33", "2121", "11121", "213", "111111", "21111"}}};
/// The chord of each bar of a part: on the first (0), fourth (1) or fifth (2) note.
inline constexpr std::array<std::string_view, 4> progressions{"01020120", "00120020", "02120210", "01120120"};

/// A note that stands so high above C: C, D, ..., B, c, d, ..., b, c', ...
inline std::string note(int height) {
  const std::string letter(1, "CDEFGABcdefgab"[(height + 28) % 7 + (height >= 7 ? 7 : 0)]);
  return letter + (height < 0 ? "," : height >= 14 ? "'" : "");
}

/// A tune with all its fields. Its number is only its name.
inline std::string make(Index number, recur::Random& random) {
  const auto one_of = [&](const auto& all) -> const auto& {
    return all[static_cast<std::size_t>(random.below(static_cast<Index>(all.size())))];
  };
  const Key& key = one_of(keys);
  const Metre& metre = one_of(metres);
  std::string tune = "X:" + std::to_string(number) + "\nM:" + metre.name + "\nL:1/8\nK:" + key.name + '\n';
  int at = static_cast<int>(random.below(5));  // steps above the tonic
  for (int part = 0; part < 2; ++part) {
    const std::string_view progression = one_of(progressions);
    std::array<std::string, 8> bars;
    for (std::size_t i = 0; i < bars.size(); ++i) {
      const auto chord = static_cast<std::size_t>(progression[i] - '0');
      const int root = std::array{0, 3, 4}[chord];
      bars[i] = std::string("\"") + key.chords[chord] + '"';
      if (i == 4 || i == 5) {
        bars[i] = bars[i - 4];
        continue;
      }
      const bool ends = i % 4 == 3;
      const std::string_view rhythm = ends ? metre.rhythms[0] : one_of(metre.rhythms);
      for (std::size_t n = 0; n < rhythm.size(); ++n) {
        at += random.below(2) == 0 ? 1 : -1;
        at = std::clamp(at, -2, 8);
        // The first note, and the last of a phrase, are of the chord: the root, or a third or fifth above it.
        const auto belongs = [&](int step) {
          return (step - root + 70) % 7 % 2 == 0 && (step - root + 70) % 7 < 6;
        };
        if (n == 0 || (ends && n + 1 == rhythm.size()))
          while (!belongs(at)) --at;
        if (i == 7 && n + 1 == rhythm.size()) at = at > 3 ? 7 : 0;  // home
        bars[i] += note(key.tonic + at) + (rhythm[n] == '1' ? "" : std::string(1, rhythm[n]));
      }
    }
    for (std::size_t i = 0; i < bars.size(); ++i)
      tune += (i == 0 ? "|:" : "") + bars[i] + (i == 3 ? "|\n" : i == 7 ? ":|\n" : "|");
  }
  return tune + '\n';
}

}  // namespace made_tunes
