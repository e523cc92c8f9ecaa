// A tune for ears and eyes, for the example melody: files that play it, and a roll of its first bars.
#pragma once

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <ios>
#include <iostream>
#include <recur/core/file.hpp>
#include <recur/data/abc.hpp>
#include <recur/io/midi.hpp>
#include <recur/io/synth.hpp>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "common/picture.hpp"
#include "common/sound.hpp"
#include "common/text.hpp"

namespace music {

using namespace recur;
using examples::text_columns;
using examples::text_of;

/// What the network learns to write: the unit of length, and the music. Key and metre are given.
struct Tune {
  std::string key, metre, text;
};

inline constexpr std::string_view head = "X:1\nT:A tune by recur\n";  ///< with which each tune begins as ABC
/// The tune as ABC, which parse_abc reads.
inline std::string to_abc(const Tune& tune) {
  return text_of(head, "M:", tune.metre, "\nK:", tune.key, '\n', tune.text);
}
/// Whether the file is a tune as to_abc has it.
inline bool is_written_here(const std::filesystem::path& path) {
  std::string begin(head.size(), ' ');
  std::ifstream file(path, std::ios::binary);
  return file.read(begin.data(), static_cast<std::streamsize>(begin.size())) && begin == head;
}

/// What is wrong with a tune as ABC; empty if nothing is.
inline std::string find_fault(const Tune& tune, bool upbeats = false) {
  if (tune.text.find("\n\n") != tune.text.npos) return "tune: an empty line ends it too early";
  try {
    for (const AbcTune& read : parse_abc(to_abc(tune), "tune")) check_bars(read, "tune", upbeats);
    return {};
  } catch (const FileError& error) {
    return error.what();
  }
}

/// Writes a text in ABC. A line that is too long for the terminal goes on in the next, if it can, behind a stroke.
inline void show_text(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    line = examples::printable(line);
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

/// Draws the notes of a tune and its chords, a row for each pitch.
inline std::string draw_notes(const std::string& name, std::span<const MidiNote> notes, const AbcTune& tune) {
  std::string labels;
  for (const AbcChord& chord : tune.chords)
    labels += text_of("set label ", examples::in_quotes(chord.name), " at ",
                      static_cast<double>(chord.start) / abc_whole, ", graph 1.04 left font ',10'\n");
  for (const AbcBar& bar : tune.bars)
    labels += text_of("set arrow from ", static_cast<double>(bar.start) / abc_whole,
                      ", graph 0 rto 0, graph 1 nohead back lc rgb '#cccccc'\n");
  return examples::plot(
      name, "png",
      labels +
          "set title 'A tune (dark) and its chords (light)' offset 0,1; unset key; set border 1; set "
          "autoscale xfix; set xtics nomirror out; set xlabel 'whole notes'; "
          "set style fill solid "
          "noborder\n"
          "set format y ''; set ytics nomirror ('C3' 48, 'C4' 60, 'C5' 72, 'C6' 84); set offsets 0,0,1,1\n"
          "colour(c) = c > 0 ? 0x9ecae1 : 0x2171b5\n"
          "plot DATA skip 1 using 1:3:1:2:($3-0.42):($3+0.42):(colour($4)) with boxxyerror lc rgb variable\n",
      [&](std::ostream& data) {
        data << "start,end,pitch,channel\n";
        std::vector<MidiNote> from_below(notes.begin(),
                                         notes.end());  // chords first, so that the melody is above them
        std::ranges::stable_sort(from_below, std::greater{}, &MidiNote::channel);
        for (const MidiNote& note : from_below)
          data << static_cast<double>(note.start) / abc_whole << ','
               << static_cast<double>(note.start + note.length) / abc_whole << ',' << note.pitch << ','
               << note.channel << '\n';
      },
      "1000,300");
}

/// Writes NAME.mid and, if it can, NAME.wav, shows the first bars, and draws all.
inline void perform(const AbcTune& tune, const std::string& name) {
  constexpr double tempo = 140;  // quarter notes a minute
  constexpr int rate = 22050;
  const auto notes = midi_notes(tune);
  write_midi(name + ".mid", notes, {.ticks = abc_whole / 4, .tempo = tempo, .instruments = {73, 24}});
  const SynthOptions strings{.rate = rate, .ticks = abc_whole / 4, .tempo = tempo};
  examples::write_sound(name + ".wav", synthesize(notes, strings), rate);
  show_roll(tune);
  examples::write_text('\n' + draw_notes(name, notes, tune));
}

}  // namespace music
