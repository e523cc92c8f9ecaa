// A tune for ears and eyes, for the example melody: its notes, a simple string that plays them, a roll of its first bars.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <numbers>
#include <recur/core/file.hpp>
#include <recur/core/utf8.hpp>
#include <recur/data/abc.hpp>
#include <recur/io/midi.hpp>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/sound.hpp"
#include "common/text.hpp"

namespace music {

using namespace recur;
using examples::text_columns;
using examples::text_of;

/// The notes of a tune as it is played, and softer those of its chords.
inline std::vector<MidiNote> notes_of(const AbcTune& tune) {
  std::vector<MidiNote> notes;
  for (const AbcNote& note : tune.notes) notes.push_back({note.start, note.length, note.pitch, 96, 0});
  for (std::size_t i = 0; i < tune.chords.size(); ++i) {
    const Index start = tune.chords[i].start;
    const Index end = i + 1 < tune.chords.size() ? tune.chords[i + 1].start : tune.length();
    if (end > start)
      for (const int pitch : chord_pitches(tune.chords[i].name))
        notes.push_back({start, end - start, pitch, 48, 1});
  }
  return notes;
}

/// Plucked strings: overtones, of which the higher ones fade first. A tick lasts `seconds`.
inline VectorX<float> play(std::span<const MidiNote> notes, double seconds, int rate) {
  Index end = 0;
  for (const MidiNote& note : notes) end = std::max(end, note.start + note.length);
  const auto sample_at = [&](Index tick) {
    return static_cast<Index>(std::lround(static_cast<double>(tick) * seconds * rate));
  };
  VectorX<float> samples = VectorX<float>::Zero(sample_at(end) + rate / 2);
  for (const MidiNote& note : notes) {
    const double hertz = 440 * std::exp2((note.pitch - 69) / 12.0);
    const Index first = sample_at(note.start),
                last = std::min<Index>(samples.size(), sample_at(note.start + note.length) + rate / 4);
    for (Index i = first; i < last; ++i) {
      const double t = static_cast<double>(i - first) / rate, left = static_cast<double>(last - i) / rate;
      double sound = 0;
      for (int k = 1; k <= 5; ++k)
        sound += std::exp(-1.5 * k * t) / k * std::sin(2 * std::numbers::pi * k * hertz * t);
      samples(i) +=
          static_cast<float>(0.002 * note.velocity * sound * std::min({1.0, t / 0.005, left / 0.1}));
    }
  }
  for (float& sample : samples.reshaped()) sample = std::tanh(sample);  // softly, where many sound together
  return samples;
}

/// Writes a text in ABC. A line that is too long for the terminal goes on in the next, if it can, behind a stroke.
inline void show_text(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    line = detail::printable(line);
    while (line.size() > text_columns()) {
      const std::size_t stroke = line.rfind('|', text_columns() - 1);
      const std::size_t cut = stroke == line.npos ? text_columns() : stroke + 1;
      std::cout << line.substr(0, cut) << '\n';
      line.erase(0, cut);
    }
    std::cout << line << '\n';
  }
}

/// The first bars as a roll for a mechanical piano: a row for each pitch, a column for each sixteenth.
inline void show_roll(const AbcTune& tune) {
  constexpr std::array<const char*, 12> names{"C",  "C#", "D",  "Eb", "E",  "F",
                                              "F#", "G",  "G#", "A",  "Bb", "B"};
  constexpr Index left = 4;  // for the names
  const auto column = [](Index time) { return static_cast<std::size_t>(left + 16 * time / abc_whole); };
  std::string empty(text_columns(), ' ');
  std::size_t end = 0;
  for (const AbcBar& bar : tune.bars)
    if (const std::size_t last = column(bar.start + bar.length); last < empty.size()) empty[end = last] = '|';
  empty.resize(end + 1);
  int low = 127, high = 0;
  for (const AbcNote& note : tune.notes)
    if (column(note.start) < end) {
      low = std::min(low, note.pitch);
      high = std::max(high, note.pitch);
    }
  for (int pitch = high; pitch >= low; --pitch) {
    const std::string name = text_of(names[static_cast<std::size_t>(pitch % 12)], pitch / 12 - 1);
    std::string row = empty;
    row.replace(0, name.size(), name);
    for (const AbcNote& note : tune.notes)
      if (note.pitch == pitch)
        for (std::size_t i = column(note.start); i < std::min(end, column(note.start + note.length)); ++i)
          row[i] = i == column(note.start) ? '#' : '=';
    std::cout << row << '\n';
  }
}

/// The length of the longest piece of a text that stands in another.
inline std::size_t longest_copy(std::string_view text, std::string_view other) {
  std::size_t longest = 0;
  for (std::size_t at = 0; at + longest < text.size(); ++at)
    while (at + longest < text.size() && other.find(text.substr(at, longest + 1)) != other.npos) ++longest;
  return longest;
}

/// Writes NAME.mid and, if it can, NAME.wav, and shows the first bars.
inline void perform(const AbcTune& tune, const std::string& name) {
  constexpr double tempo = 140;  // quarter notes a minute
  constexpr int rate = 22050;
  const auto notes = notes_of(tune);
  write_midi(name + ".mid", notes, {.ticks = abc_whole / 4, .tempo = tempo, .instruments = {73, 24}});
  examples::write_sound(name + ".wav", play(notes, 240 / tempo / abc_whole, rate), rate);
  show_roll(tune);
}

}  // namespace music
