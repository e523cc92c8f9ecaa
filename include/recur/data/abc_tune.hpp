// Tunes as data: notes, chords and bars, and what can be done with them. abc.hpp reads them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recur/core/compiled.hpp"
#include "recur/core/error.hpp"
#include "recur/core/file.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/utf8.hpp"

namespace recur::inline RECUR_ABI {

/// Times and lengths count in these parts of a whole note: 8!, which halves, thirds, fifths and sevenths divide.
inline constexpr Index abc_whole = 40320;

/// A pitch counts semitones as MIDI does: 60 is the middle C, C in ABC.
struct AbcNote {
  Index start = 0, length = 0;  ///< in parts of a whole note, from the beginning of the tune
  int pitch = 0;
};
/// A chord over the notes: "Am", "D7/f#".
struct AbcChord {
  Index start = 0;  ///< as of an AbcNote
  std::string name;
};
/// A bar: from one bar line to the next. Times are in parts of a whole note, as in AbcNote.
struct AbcBar {
  Index start = 0, length = 0;  ///< from its bar line to the next
  Index metre = 0;              ///< the length that its metre asks for; 0 without a metre
  std::size_t line = 0;
  /// A section ends at a double bar line or a sign of repetition.
  bool begins_section = false, ends_section = false;
  bool begins_repeat = false, ends_repeat = false;  ///< it has the sign |: before it, or :| after it
  unsigned endings = 0;                             ///< bit n: it is played the nth time; 0: every time

  /// Whether it has the length of its metre. A bar at either end of a section may be shorter, with an upbeat.
  bool is_full() const {
    return metre == 0 || length == metre || (length < metre && (begins_section || ends_section));
  }
};
/// A tune, as it is written: its fields and its music, and what the music says.
struct AbcTune {
  std::size_t line = 0;                              ///< of the file, from 1, where it begins
  std::vector<std::pair<char, std::string>> fields;  ///< before the music, in order: {'T', "The Wren"}
  std::string music;  ///< what follows, without comments and with no fields but K, L and M
  Index unit = 0;     ///< the length of a note without a number, where the music begins
  std::vector<AbcNote> notes;
  std::vector<AbcChord> chords;
  std::vector<AbcBar> bars;  ///< as they are written

  /// The last field of this letter before the music; empty if there is none.
  std::string field(char letter) const {
    for (auto at = fields.rbegin(); at != fields.rend(); ++at)
      if (at->first == letter) return at->second;
    return {};
  }
  Index length() const { return bars.empty() ? 0 : bars.back().start + bars.back().length; }
};

/// Throws FileError, with the line, for a tune without notes or without a full bar, and for the first bar that is neither
/// full nor a shorter one at either end of a section.
///
/// With `upbeats` the shorter ones are checked as well: at the end of a section, a bar and the upbeat that is played
/// after it must make a full one. Only the first upbeat of a tune and its last bar stand alone.
RECUR_INLINE void check_bars(const AbcTune& tune, const std::filesystem::path& path = "text",
                             bool upbeats = false);

/// The tune as it is played, with all repeats and endings one after the other. A repeat without a beginning goes back
/// to the beginning of its section.
RECUR_INLINE AbcTune unfold_repeats(const AbcTune& tune);

/// The pitches of a chord by its name, the root first, from C (48) to B (59): "F#m7" is 54, 57, 61, 64. The bass
/// after a slash is left out. Empty for a text that names no chord.
RECUR_INLINE std::vector<int> chord_pitches(std::string_view name);

namespace detail::abc {

inline constexpr std::string_view letters = "CDEFGAB";
inline constexpr std::array<int, 7> semitones{0, 2, 4, 5, 7, 9, 11};

}  // namespace detail::abc

#if RECUR_DEFINES
RECUR_INLINE AbcTune unfold_repeats(const AbcTune& tune) {
  AbcTune played = tune;
  played.notes.clear();
  played.chords.clear();
  played.bars.clear();
  const auto copy = [](const auto& from, const AbcBar& bar, Index later, auto& to) {
    for (auto at = std::ranges::lower_bound(from, bar.start, {}, [](const auto& each) { return each.start; });
         at != from.end() && at->start < bar.start + bar.length; ++at) {
      to.push_back(*at);
      to.back().start += later;
    }
  };
  std::vector<unsigned> to_come(tune.bars.size() +
                                1);  // the endings from a bar on to the first bar behind all endings
  for (std::size_t i = tune.bars.size(); i-- > 0;)
    if (tune.bars[i].endings > 0) to_come[i] = tune.bars[i].endings | to_come[i + 1];
  std::size_t begin = 0;  // where a repeat goes back to, marked by |: or not
  bool marked = false;
  for (unsigned i = 0, pass = 1; i < tune.bars.size();) {
    const AbcBar& bar = tune.bars[i];
    const bool later_ending = bar.endings > 0 && (bar.endings & 2U) == 0;
    if (i > begin && (bar.begins_repeat || (bar.begins_section && !marked && !later_ending))) {
      begin = i;
      pass = 1;
    }
    if (i == begin) marked = bar.begins_repeat;
    ++i;
    if (bar.endings > 0 && (bar.endings >> pass & 1U) == 0) continue;  // this ending is for another time
    const Index later = played.length() - bar.start;
    copy(tune.notes, bar, later, played.notes);
    copy(tune.chords, bar, later, played.chords);
    played.bars.push_back(bar);
    played.bars.back().start += later;
    played.bars.back().begins_repeat = played.bars.back().ends_repeat = false;
    played.bars.back().endings = 0;
    if (bar.ends_repeat && (pass == 1 || to_come[i] >> (pass + 1) != 0)) {
      ++pass;
      i = static_cast<unsigned>(begin);
    } else if (bar.ends_repeat || (bar.ends_section && bar.endings > 0)) {
      begin = i;
      pass = 1;
      marked = false;
    }
  }
  return played;
}

RECUR_INLINE void check_bars(const AbcTune& tune, const std::filesystem::path& path, bool upbeats) {
  if (tune.notes.empty()) detail::refuse_line(path, tune.line, "the tune has no notes");
  const auto check = [&](bool legal, const AbcBar& bar, Index length, const char* what) {
    if (!legal)
      detail::refuse_line(path, bar.line, what, " of ",
                          static_cast<double>(length) / static_cast<double>(abc_whole),
                          " whole notes, but its metre asks for ",
                          static_cast<double>(bar.metre) / static_cast<double>(abc_whole));
  };
  for (const AbcBar& bar : tune.bars) check(bar.is_full(), bar, bar.length, "found a bar");
  if (std::ranges::none_of(tune.bars,
                           [](const AbcBar& bar) { return bar.metre == 0 || bar.length == bar.metre; }))
    detail::refuse_line(path, tune.line, "the tune has no full bar");
  if (!upbeats) return;
  const AbcTune played = unfold_repeats(tune);
  const AbcBar* before = nullptr;  // a short bar that the next must fill
  for (std::size_t i = 0; i < played.bars.size(); ++i) {
    const AbcBar& bar = played.bars[i];
    if (before != nullptr) {
      const Index both = before->length + bar.length;
      check(both == before->metre, *before, both,
            "found a bar that makes, with the one that is played after it, one");
      before = nullptr;
    } else if (i > 0 && bar.length < bar.metre) {  // the first bar may be an upbeat
      before = &bar;
    }
  }
}

RECUR_INLINE std::vector<int> chord_pitches(std::string_view name) {
  struct Kind {
    std::string_view name;
    std::vector<int> above;  // the root, in semitones
  };
  static const std::vector<Kind> kinds{{"", {0, 4, 7}},        {"m", {0, 3, 7}},         {"7", {0, 4, 7, 10}},
                                       {"m7", {0, 3, 7, 10}},  {"maj7", {0, 4, 7, 11}},  {"6", {0, 4, 7, 9}},
                                       {"m6", {0, 3, 7, 9}},   {"9", {0, 4, 7, 10, 14}}, {"dim", {0, 3, 6}},
                                       {"dim7", {0, 3, 6, 9}}, {"m7b5", {0, 3, 6, 10}},  {"aug", {0, 4, 8}},
                                       {"+", {0, 4, 8}},       {"sus4", {0, 5, 7}},      {"sus2", {0, 2, 7}}};
  name = detail::trim(name.substr(0, name.find('/')));
  const std::size_t letter = name.empty() ? name.npos : detail::abc::letters.find(name[0]);
  if (letter == name.npos) return {};
  int root = detail::abc::semitones[letter];
  std::string_view kind = name.substr(1);
  if (kind.starts_with('#') || kind.starts_with('b')) {
    root += kind[0] == '#' ? 1 : 11;
    kind.remove_prefix(1);
  }
  const auto found = std::ranges::find(kinds, kind, &Kind::name);
  if (found == kinds.end()) return {};
  std::vector<int> pitches = found->above;
  for (int& pitch : pitches) pitch += 48 + root % 12;
  return pitches;
}
#endif

}  // namespace recur::inline RECUR_ABI
