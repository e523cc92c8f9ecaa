// Tunes in ABC notation: the letters of the notes, their lengths, bars between bar lines.
#pragma once

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"
#include "recur/core/utf8.hpp"
#include "recur/data/abc_tune.hpp"
#include "recur/data/text.hpp"

namespace recur::inline RECUR_ABI {

/// Reads tunes from a text that is in memory already. Errors call it `path`. Throws like read_abc.
RECUR_INLINE std::vector<AbcTune> parse_abc(std::string_view text, const std::filesystem::path& path = "text",
                                            std::vector<std::string>* broken = nullptr);

/// Reads the tunes of a file in ABC notation (standard 2.1, https://abcnotation.com/wiki/abc:standard:v2.1), or of all
/// files *.abc of a folder, in the order of their names.
///
///   X:1                  a tune begins; it ends at an empty line
///   T:The Wren           its title
///   M:6/8                its metre
///   L:1/8                the length of a note without a number. Without L: an eighth, or a sixteenth if M is below 3/4
///   K:D                  its key, and then its music:
///   |:A|"D"d2f (3agf d|  a repeat, an upbeat, a chord, a triplet
///
/// It understands notes, accidentals (they hold to the end of the bar in all octaves, unless the note is tied),
/// rests, lengths, ties, tuplets, broken rhythm (> and <), notes together ([CEG]), chords, bars, repeats and their
/// endings, and changes of key, metre and unit. It skips what doesn't change the time of a note: slurs,
/// decorations, grace notes, words. All fields before the music are kept. Text between tunes is not read, nor is a header
/// of the file: fields before the first X: have no effect.
///
/// Throws FileError, with the line, for anything else, such as several voices. Throws it also for a file that is
/// not UTF-8 or has no tunes, and for a folder without such files. If a list `broken` is given, a tune that can't
/// be read is left out, and its error is added to the list.
///
/// Bars may be of any length: check_bars checks them.
RECUR_INLINE std::vector<AbcTune> read_abc(const std::filesystem::path& path,
                                           std::vector<std::string>* broken = nullptr);

#if RECUR_DEFINES
namespace detail::abc {

inline constexpr std::string_view by_fifths = "FCGDAEB";  // the order in which keys get their sharps

/// How many sharps more than major a mode has.
struct Mode {
  std::string_view name;  // its first three letters
  int sharps;
};
inline constexpr std::array<Mode, 11> modes{Mode{"", 0}, {"maj", 0},  {"ion", 0}, {"lyd", 1},
                                            {"mix", -1}, {"dor", -2}, {"m", -3},  {"min", -3},
                                            {"aeo", -3}, {"phr", -4}, {"loc", -5}};

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_note(char c) { return (c >= 'A' && c <= 'G') || (c >= 'a' && c <= 'g'); }
inline bool is_power_of_two(Index n) { return n > 0 && (n & (n - 1)) == 0; }

/// Whether a line is a field such as "K:D". "A:|" is a note before a bar line.
inline bool is_field(std::string_view line) {
  return line.size() >= 2 && line[1] == ':' &&
         (std::isalpha(static_cast<unsigned char>(line[0])) || line[0] == '+') &&
         (line.size() == 2 || (line[2] != '|' && line[2] != ':'));
}

/// Reads one tune line by line.
class Reader {
 public:
  /// `rests` are the bars of rest that the text may still ask for: four letters can mean thousands.
  Reader(const std::filesystem::path& path, std::size_t line, std::size_t& rests)
      : path_(path), line_(line), rests_(rests) {
    tune_.line = line;
  }

  void read(std::size_t number, std::string_view line) {
    line_ = number;
    if (is_field(line)) {
      const char letter = line[0];
      const std::string_view value = trim(line.substr(2, find_comment(line) - 2));
      field(letter, value);
      if (!in_music_)
        tune_.fields.emplace_back(letter, value);
      else if (letter == 'K' || letter == 'L' || letter == 'M')
        tune_.music += message(letter, ':', value, '\n');
      return;
    }
    line = trim(line.substr(0, find_comment(line)));
    if (line.empty()) return;
    if (!has_key_) refuse("found music before the key: the field K: must come first");
    if (!std::exchange(in_music_, true)) tune_.unit = unit_ = unit();  // another metre does not change it
    music(line);
    if (line.back() == '\\') line.remove_suffix(1);
    if (line = trim(line); !line.empty()) tune_.music += message(line, '\n');
  }

  AbcTune finish() {
    end_bar();
    if (!tune_.bars.empty()) tune_.bars.back().ends_section = true;
    if (tune_.unit == 0) tune_.unit = unit();
    return std::move(tune_);
  }

 private:
  template <class... Parts>
  [[noreturn]] void refuse(const Parts&... parts) const {
    refuse_line(path_, line_, parts...);
  }

  /// Where a comment begins: a % that is not in a chord's quotes.
  static std::size_t find_comment(std::string_view line) {
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '"') quoted = !quoted;
      if (line[i] == '%' && !quoted) return i;
    }
    return line.size();
  }

  // ---- Fields.

  void field(char letter, std::string_view value) {
    if (letter == 'K') key(value);
    if (letter == 'M') metre(value);
    if (letter == 'L') {
      const auto [top, bottom] = fraction(value, "a length");
      if (top != 1 || !is_power_of_two(bottom) || bottom > 128)
        refuse("found the length ", quote(value), ": it must be 1/1, 1/2, 1/4, ..., 1/128");
      unit_ = abc_whole / bottom;
    }
    if (letter == 'V') refuse("has several voices (field V:): only tunes of one voice can be read");
  }

  std::pair<Index, Index> fraction(std::string_view value, const char* what) const {
    std::string_view rest = value;
    const Index top = number(rest).value_or(0);
    if (rest.empty() || rest[0] != '/') refuse("found ", quote(value), ", expected ", what, " such as 3/4");
    rest.remove_prefix(1);
    const Index bottom = number(rest).value_or(0);
    if (top < 1 || bottom < 1 || !rest.empty())
      refuse("found ", quote(value), ", expected ", what, " such as 3/4");
    return {top, bottom};
  }

  void metre(std::string_view value) {
    metre_ = 0;
    compound_ = false;
    if (value == "none" || value.empty()) return;
    const auto [top, bottom] = value == "C"    ? std::pair<Index, Index>(4, 4)
                               : value == "C|" ? std::pair<Index, Index>(2, 2)
                                               : fraction(value, "a metre");
    if (!is_power_of_two(bottom) || bottom > 64)
      refuse("found the metre ", quote(value), ": its lower number must be 1, 2, 4, 8, 16, 32 or 64");
    metre_ = abc_whole / bottom * top;
    compound_ = bottom == 8 && (top == 6 || top == 9 || top == 12);
  }
  Index unit() const {
    if (unit_ > 0) return unit_;
    return metre_ > 0 && 4 * metre_ < 3 * abc_whole ? abc_whole / 16 : abc_whole / 8;
  }

  /// K:D, K:Bb, K:F#m, K:E dorian. Each step along the fifths F C G D A E B adds a sharp. After seven steps they begin
  /// again: G# major has a double sharp, F.
  void key(std::string_view value) {
    has_key_ = true;
    key_.fill(0);
    if (value.empty() || value == "none") return;
    const auto tonic = by_fifths.find(value[0]);
    if (tonic == by_fifths.npos)
      refuse("found the key ", quote(value), ": it must begin with a note, A to G");
    int sharps = static_cast<int>(tonic) - 1;
    std::string_view rest = value.substr(1);
    if (rest.starts_with('#') || rest.starts_with('b')) {
      sharps += rest[0] == '#' ? 7 : -7;
      rest.remove_prefix(1);
    }
    const std::size_t clef = std::min(rest.find("clef="), rest.size());
    for (const char* moves : {"+8", "-8", "octave=", "transpose="})
      if (rest.find(moves, clef) != rest.npos)
        refuse("found the key ", quote(value), ": ", moves, " moves its notes, and can't be read");
    rest = trim(rest.substr(0, clef));
    std::string mode(rest.substr(0, rest.find(' ')));
    rest.remove_prefix(mode.size());
    for (char& c : mode) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (mode.size() > 3) mode.resize(3);
    const auto found = std::ranges::find(modes, std::string_view(mode), &Mode::name);
    if (!trim(rest).empty() || found == modes.end())
      refuse("found the key ", quote(value),
             ": it must be a note and a mode, such as D, Bb, F#m or E dorian");
    sharps += found->sharps;
    for (int i = 0; i < std::abs(sharps); ++i) {
      const auto at = static_cast<std::size_t>(sharps > 0 ? i % 7 : 6 - i % 7);
      key_[letters.find(by_fifths[at])] += sharps > 0 ? 1 : -1;
    }
  }

  // ---- Music. `rest` is what is left of the line.

  /// Takes a number of at most four digits.
  static std::optional<Index> number(std::string_view& rest) {
    Index value = 0;
    std::size_t digits = 0;
    while (digits < std::min<std::size_t>(4, rest.size()) && is_digit(rest[digits]))
      value = 10 * value + (rest[digits++] - '0');
    if (digits == 0) return {};
    rest.remove_prefix(digits);
    return value;
  }

  void music(std::string_view line) {
    std::string_view rest = line;
    while (!rest.empty()) {
      const char c = rest[0], next = rest.size() > 1 ? rest[1] : ' ';
      if (c == ' ' || c == '\t' || c == '`' || c == ')' || c == 'y') {
        rest.remove_prefix(1);
        if (c == 'y') number(rest);
      } else if (c == '\\' && rest.size() == 1) {
        rest.remove_prefix(1);  // the next line goes on
      } else if (c == '"') {
        const std::string_view name = take_until('"', rest);
        if (std::string_view("^_<>@").find(name.empty() ? '^' : name[0]) == name.npos)
          tune_.chords.push_back({time_, std::string(name)});
      } else if (c == '!' || c == '+') {
        take_until(c, rest);
      } else if (c == '{') {
        take_until('}', rest);
      } else if (c == '|' || c == ':' || (c == '[' && next == '|')) {
        stroke(rest);
      } else if (c == '[' && is_digit(next)) {
        rest.remove_prefix(1);
        ending(rest);
      } else if (c == '[' && rest.size() > 2 && rest[2] == ':' && next != ']') {
        std::string_view inside = take_until(']', rest);
        field(next, trim(inside.substr(2)));
      } else if (c == '[') {
        rest.remove_prefix(1);
        together(rest);
      } else if (c == '(') {
        rest.remove_prefix(1);
        if (is_digit(next)) tuplet(rest);  // else a slur
      } else if (c == '-') {
        rest.remove_prefix(1);
        tied_ = last_;
      } else if (c == '>' || c == '<') {
        broken_rhythm(rest);
      } else if (is_note(c) || std::string_view("^_=zxZX").find(c) != std::string_view::npos) {
        note_or_rest(rest);
      } else if (std::string_view(".~HLMOPSTuv").find(c) != std::string_view::npos) {
        rest.remove_prefix(1);
      } else {
        refuse("found ", quote(rest.substr(0, first_character(rest).length)), " at column ",
               line.size() - rest.size() + 1, ": it is not a sign of ABC, or one that can't be read");
      }
    }
  }

  std::string_view take_until(char end, std::string_view& rest) const {
    const std::size_t at = rest.find(end, 1);
    if (at == rest.npos) refuse("found ", rest[0], " without another ", end);
    const std::string_view inside = rest.substr(1, at - 1);
    rest.remove_prefix(at + 1);
    return inside;
  }

  /// A note, in a chord or not. Its position says how high it stands on the staff.
  struct Tone {
    int position = 0, pitch = 0;
    Index length = 0;
    bool tied = false;  // to the next, within a chord
  };

  /// ticks * top / bottom, if that is a whole number, and the length of a note that can be played.
  Index part(Index ticks, Index top, Index bottom) const {
    if (top < 1 || bottom < 1 || ticks * top % bottom != 0 || ticks * top / bottom > 1000 * abc_whole)
      refuse("found a note of ", ticks, '*', top, '/', bottom, " parts of a whole note of ", abc_whole,
             ": it must be a whole number of them, and at most 1000 whole notes");
    return ticks * top / bottom;
  }
  /// What stands behind a note: 2, /2, 3/2, / or //.
  Index length_behind(Index ticks, std::string_view& rest) const {
    const Index top = number(rest).value_or(1);
    Index bottom = 1;
    while (rest.starts_with('/') && bottom <= 128) {
      rest.remove_prefix(1);
      bottom *= number(rest).value_or(2);
    }
    return part(ticks, top, bottom);
  }

  Tone tone(std::string_view& rest) {
    std::optional<int> accidental;
    while (!rest.empty() && (rest[0] == '^' || rest[0] == '_' || rest[0] == '=')) {
      accidental = accidental.value_or(0) + (rest[0] == '^') - (rest[0] == '_');
      rest.remove_prefix(1);
    }
    if (rest.empty() || !is_note(rest[0]))
      refuse("found ", quote(rest.empty() ? rest : rest.substr(0, first_character(rest).length)),
             ", expected a note");
    const bool is_high = rest[0] >= 'a';
    const std::size_t letter = letters.find(is_high ? static_cast<char>(rest[0] - 'a' + 'A') : rest[0]);
    int octave = is_high ? 6 : 5;
    rest.remove_prefix(1);
    for (; !rest.empty() && (rest[0] == ',' || rest[0] == '\''); rest.remove_prefix(1))
      octave += rest[0] == ',' ? -1 : 1;
    Tone result{7 * octave + static_cast<int>(letter), 12 * octave + semitones[letter],
                length_behind(unit(), rest)};
    const auto tie = std::ranges::find(tied_, result.position, &Sounding::position);
    if (accidental) in_bar_[letter] = accidental;
    if (!accidental && tie != tied_.end())
      result.pitch = tune_.notes[tie->note].pitch;
    else
      result.pitch += in_bar_[letter].value_or(key_[letter]);
    if (result.pitch < 0 || result.pitch > 127)
      refuse("found a note with the pitch ", result.pitch, ": it must be 0 to 127");
    return result;
  }

  void note_or_rest(std::string_view& rest) {
    const char c = rest[0];
    if (c == 'Z' || c == 'X') {  // bars of rest
      if (metre_ == 0) refuse("found ", c, ", bars of rest, without a metre: how long is a bar?");
      rest.remove_prefix(1);
      Index bars = number(rest).value_or(1);
      if (static_cast<std::size_t>(bars) > rests_)
        refuse("found ", bars, " bars of rest: the text has too many");
      rests_ -= static_cast<std::size_t>(bars);
      for (; bars > 0; --bars) {
        sound({}, metre_);
        if (bars > 1) end_bar();
      }
    } else if (c == 'z' || c == 'x') {
      rest.remove_prefix(1);
      sound({}, length_behind(unit(), rest));
    } else {
      const Tone single = tone(rest);
      sound({single}, single.length);
    }
  }
  /// Notes together, [CEG]2. The next note begins when the first of them ends.
  void together(std::string_view& rest) {
    std::vector<Tone> tones;
    while (!rest.empty() && rest[0] != ']') {
      const bool is_tie = rest[0] == '-' && !tones.empty();
      if (is_tie) tones.back().tied = true;
      if (is_tie || rest[0] == ' ' || rest[0] == '(' || rest[0] == ')') {  // the last two: slurs
        rest.remove_prefix(1);
        continue;
      }
      if (tones.size() == most_together) refuse("found more than ", most_together, " notes together");
      tones.push_back(tone(rest));
    }
    if (rest.empty() || tones.empty()) refuse("found [ without notes and a ]");
    rest.remove_prefix(1);
    std::string_view behind = rest;
    for (Tone& each : tones) {
      behind = rest;
      each.length = length_behind(each.length, behind);
    }
    rest = behind;
    sound(tones, tones[0].length);
  }

  /// Begins notes together, or a rest if there are none. Then moves the time on by a length.
  void sound(const std::vector<Tone>& tones, Index length) {
    const auto scaled = [&](Index ticks) {
      return part(part(ticks, tuplet_.top, tuplet_.bottom), broken_.top, broken_.bottom);
    };
    last_.clear();
    for (const Tone& tone : tones) {
      const auto tie = std::ranges::find_if(tied_, [&](const Sounding& other) {
        return other.position == tone.position && tune_.notes[other.note].pitch == tone.pitch;
      });
      last_.push_back(
          {tone.position, tie != tied_.end() ? tie->note : tune_.notes.size(), scaled(tone.length)});
      if (tie == tied_.end()) tune_.notes.push_back({time_, 0, tone.pitch});
      tune_.notes[last_.back().note].length += last_.back().length;
    }
    tied_.clear();
    for (std::size_t i = 0; i < tones.size(); ++i)
      if (tones[i].tied) tied_.push_back(last_[i]);
    last_length_ = scaled(length);
    time_ += last_length_;
    broken_ = {};
    if (tuplet_left_ > 0 && --tuplet_left_ == 0) tuplet_ = {};
  }

  /// (p:q:r: the next r notes take the time of q / p of them. What is not given follows from p. For p of 5, 7 or 9,
  /// q is 3 in compound metres, and 2 in others.
  void tuplet(std::string_view& rest) {
    const Index p = *number(rest);
    Index q = p == 2 || p == 4 || p == 8 ? 3 : 2, r = p;
    if ((p == 5 || p == 7 || p == 9) && compound_) q = 3;
    for (Index* given : {&q, &r})
      if (rest.starts_with(':')) {
        rest.remove_prefix(1);
        *given = number(rest).value_or(*given);
      }
    if (p < 2 || p > 9 || q < 1 || q > 9 || r < 1)
      refuse("found a tuplet of ", p, ':', q, ':', r, ": it must be of 2 to 9 notes");
    tuplet_ = {q, p};
    tuplet_left_ = r;
  }
  /// A>B takes from B the half that it gives to A, A>>B three quarters, and so on. A<B is the other way.
  void broken_rhythm(std::string_view& rest) {
    const char sign = rest[0];
    Index halves = 1;
    for (; rest.starts_with(sign) && halves <= 64; rest.remove_prefix(1)) halves *= 2;
    if (last_length_ == 0) refuse("found ", sign, " without a note before it");
    const Index longer = 2 * halves - 1, top = sign == '>' ? longer : 1;
    for (const Sounding& each : last_)
      tune_.notes[each.note].length += part(each.length, top, halves) - each.length;
    time_ += part(last_length_, top, halves) - last_length_;
    last_length_ = 0;
    broken_ = {sign == '>' ? 1 : longer, halves};
  }

  // ---- Bars.

  void end_bar() {
    in_bar_.fill({});
    last_length_ = 0;  // a bar that is closed stays as it is: A|>B has no note before the >
    if (time_ == bar_start_) return;
    tune_.bars.push_back({bar_start_, time_ - bar_start_, metre_, line_, begins_section_, false,
                          begins_repeat_, false, endings_});
    begins_section_ = begins_repeat_ = false;
    bar_start_ = time_;
  }
  /// |, ||, |], [|, |:, :|, ::, and what is put together from these.
  void stroke(std::string_view& rest) {
    const std::size_t size = std::min(rest.size(), rest.find_first_not_of("|:]", 1));
    const std::string_view sign = rest.substr(0, size);
    if (sign == ":") refuse("found a single : that belongs to no bar line");
    rest.remove_prefix(size);
    end_bar();
    const bool ends = sign[0] == ':', begins = sign.back() == ':';
    if (ends || begins || sign[0] == '[' || sign.back() == ']' || sign.find("||") != sign.npos) {
      if (!tune_.bars.empty()) {
        tune_.bars.back().ends_section = true;
        tune_.bars.back().ends_repeat |= ends;
      }
      begins_section_ = true;
      begins_repeat_ |= begins;
      endings_ = 0;
    }
    if (!rest.empty() && is_digit(rest[0])) ending(rest);
  }
  /// 1, 2, 1,3 or 1-3.
  void ending(std::string_view& rest) {
    end_bar();
    endings_ = 0;
    for (Index first = 0;;) {
      const Index last = number(rest).value_or(0);
      if (last < 1 || last > 9) refuse("found an ending that is not a number from 1 to 9");
      for (Index n = first > 0 ? first : last; n <= last; ++n) endings_ |= 1U << n;
      if (rest.empty() || (rest[0] != ',' && rest[0] != '-') || rest.size() < 2 || !is_digit(rest[1])) return;
      first = rest[0] == '-' ? last : 0;
      rest.remove_prefix(1);
    }
  }

  struct Fraction {
    Index top = 1, bottom = 1;
  };
  struct Sounding {  // a note that was read
    int position = 0;
    std::size_t note = 0;
    Index length = 0;  // of its last part, if it is tied
  };

  static constexpr std::size_t most_together = 128;  // as many as there are pitches

  const std::filesystem::path& path_;
  std::size_t line_;
  std::size_t& rests_;
  AbcTune tune_;
  bool has_key_ = false, in_music_ = false;
  bool compound_ = false;     // the metre is 6/8, 9/8 or 12/8
  std::array<int, 7> key_{};  // of each letter, C to B: the number of its sharps, or minus its flats
  std::array<std::optional<int>, 7> in_bar_{};  // accidentals up to the next bar line
  Index metre_ = 0, unit_ = 0, time_ = 0, bar_start_ = 0, last_length_ = 0, tuplet_left_ = 0;
  Fraction tuplet_, broken_;           // of the lengths of the next notes
  std::vector<Sounding> last_, tied_;  // the last notes, and those that the next ones continue
  bool begins_section_ = true, begins_repeat_ = false;
  unsigned endings_ = 0;
};

}  // namespace detail::abc

RECUR_INLINE std::vector<AbcTune> parse_abc(std::string_view text, const std::filesystem::path& path,
                                            std::vector<std::string>* broken) {
  std::vector<AbcTune> tunes;
  std::optional<detail::abc::Reader> reader;
  bool any = false;
  std::size_t rests = 1000 + text.size() / 8;  // a bar takes 40 bytes of memory
  const auto attempt = [&](auto&& part) {
    try {
      part();
    } catch (const FileError& error) {
      if (broken == nullptr) throw;
      broken->push_back(error.what());
      reader.reset();
    }
  };
  const auto finish = [&] {
    if (reader) attempt([&] { tunes.push_back(reader->finish()); });
    reader.reset();
  };
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t size = std::min(text.find_first_of("\r\n"), text.size());
    const std::string_view line = text.substr(0, size);
    text.remove_prefix(size + detail::end_of_line(text.substr(size)));
    if (detail::trim(line).empty() || line.starts_with("X:")) finish();
    if (line.starts_with("X:")) {
      any = true;
      reader.emplace(path, number, rests);
    }
    if (reader && !detail::trim(line).empty()) attempt([&] { reader->read(number, line); });
  }
  finish();
  detail::require_file(any, path, "has no tunes: each must begin with a field X:");
  return tunes;
}

RECUR_INLINE std::vector<AbcTune> read_abc(const std::filesystem::path& path,
                                           std::vector<std::string>* broken) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return parse_abc(read_text(path), path, broken);
  std::vector<std::filesystem::path> files;
  for (std::filesystem::directory_iterator at(path, error), end; !error && at != end; at.increment(error))
    if (detail::has_ending(at->path(), ".abc")) files.push_back(at->path());
  detail::require_file(!error, path, "can't be read as a folder: ", error.message());
  detail::require_file(!files.empty(), path, "has no files called *.abc");
  std::ranges::sort(files);
  std::vector<AbcTune> tunes;
  for (const auto& file : files)
    for (AbcTune& tune : parse_abc(read_text(file), file, broken)) tunes.push_back(std::move(tune));
  return tunes;
}

#endif

}  // namespace recur::inline RECUR_ABI
