// Notes as a MIDI file, which every player and every program for music reads.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recur/core/error.hpp"
#include "recur/core/file.hpp"
#include "recur/core/matrix.hpp"
#include "recur/data/abc_tune.hpp"

namespace recur::inline RECUR_ABI {

/// A note of a file of music.
struct MidiNote {
  Index start = 0, length = 0;  ///< in ticks
  int pitch = 60;               ///< semitones, 60 is the middle C; 0 to 127
  int velocity = 80;            ///< how hard the key is struck, 1 to 127
  int channel = 0;              ///< 0 to 15, each with an instrument of its own; 9 is drums
};
/// What a file of music says besides its notes.
struct MidiOptions {
  Index ticks = 480;       ///< of a quarter note, 1 to 32767
  double tempo = 120;      ///< quarter notes a minute
  std::string title = {};  ///< empty: none
  /// The instrument of each channel from 0 on, 0 to 127 as in General MIDI: 0 is a piano, 73 a flute.
  std::vector<int> instruments = {};
};

namespace detail::midi {

/// An integer of this many bytes, the highest first.
inline std::string big_endian(std::uint32_t value, int bytes) {
  std::string text;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) text += static_cast<char>(value >> shift & 0xFFU);
  return text;
}
/// Seven bits a byte, the highest first; the eighth bit says that more follow.
inline std::string variable_length(std::uint32_t value) {
  std::string text(1, static_cast<char>(value & 0x7FU));
  while ((value >>= 7U) > 0) text.insert(text.begin(), static_cast<char>((value & 0x7FU) | 0x80U));
  return text;
}
inline std::string meta(int type, std::string_view content) {
  return message('\0', '\xFF', static_cast<char>(type),
                 variable_length(static_cast<std::uint32_t>(content.size())), content);
}

inline constexpr Index last_tick = 0x0FFFFFFF;  // what four bytes of seven bits hold

}  // namespace detail::midi

/// The bytes of a Standard MIDI File of format 0: one track with all channels (MIDI Association, "Standard MIDI Files
/// 1.0", RP-001). Notes may come in any order. If one ends and another begins at the same tick, the end comes first.
///
/// Throws std::invalid_argument for numbers that are not legal.
inline std::string midi_bytes(std::span<const MidiNote> notes, const MidiOptions& options = {}) {
  namespace m = detail::midi;
  require(options.ticks >= 1 && options.ticks <= 32767, "a quarter note of ", options.ticks,
          " ticks: it must have 1 to 32767");
  const double microseconds = std::round(60e6 / options.tempo);
  require(options.tempo <= 60e6 && microseconds >= 1 && microseconds < 0x1000000, "a tempo of ",
          options.tempo, " quarter notes a minute: it must be above 3.58 and at most 60000000");
  require(options.instruments.size() <= 16, options.instruments.size(),
          " instruments: there are 16 channels");
  std::string track;
  if (!options.title.empty()) track += m::meta(0x03, options.title);
  track += m::meta(0x51, m::big_endian(static_cast<std::uint32_t>(microseconds), 3));
  for (std::size_t channel = 0; channel < options.instruments.size(); ++channel) {
    const int instrument = options.instruments[channel];
    require(instrument >= 0 && instrument <= 127, "instrument ", instrument, ": it must be 0 to 127");
    track += detail::message('\0', static_cast<char>(0xC0U + channel), static_cast<char>(instrument));
  }

  struct Event {
    Index tick;
    bool begins;
    const MidiNote* note;
  };
  std::vector<Event> events;
  for (const MidiNote& note : notes) {
    require(note.pitch >= 0 && note.pitch <= 127 && note.velocity >= 1 && note.velocity <= 127 &&
                note.channel >= 0 && note.channel <= 15,
            "a note of pitch ", note.pitch, ", velocity ", note.velocity, " and channel ", note.channel,
            ": legal are 0 to 127, 1 to 127 and 0 to 15");
    require(note.start >= 0 && note.length > 0 && note.start <= m::last_tick - note.length,
            "a note that begins at tick ", note.start, " and lasts ", note.length,
            ": it must begin at 0 or later, last at least 1, and end by ", m::last_tick);
    events.push_back({note.start, true, &note});
    events.push_back({note.start + note.length, false, &note});
  }
  std::ranges::stable_sort(events, {},
                           [](const Event& event) { return std::pair(event.tick, event.begins); });
  Index now = 0;
  for (const auto& [tick, begins, note] : events) {
    track += m::variable_length(static_cast<std::uint32_t>(tick - std::exchange(now, tick)));
    track += static_cast<char>((begins ? 0x90 : 0x80) + note->channel);
    track += static_cast<char>(note->pitch);
    track += static_cast<char>(begins ? note->velocity : 64);
  }
  track += m::meta(0x2F, "");
  return "MThd" + m::big_endian(6, 4) + m::big_endian(0, 2) + m::big_endian(1, 2) +
         m::big_endian(static_cast<std::uint32_t>(options.ticks), 2) + "MTrk" +
         m::big_endian(static_cast<std::uint32_t>(track.size()), 4) + track;
}

/// The notes of a tune, as it is written. The melody is on channel 0. The chords are softer, on channel 1; each lasts until
/// the next one. A quarter note has abc_whole / 4 ticks. For repeats see unfold_repeats.
inline std::vector<MidiNote> midi_notes(const AbcTune& tune) {
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

/// Writes the bytes of midi_bytes to a file. Throws what it throws, and FileError if the file can't be written.
inline void write_midi(const std::filesystem::path& path, std::span<const MidiNote> notes,
                       const MidiOptions& options = {}) {
  const std::string bytes = midi_bytes(notes, options);
  write_file(path, [&](std::ostream& file) {
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  });
}

}  // namespace recur::inline RECUR_ABI
