#include "recur/io/midi.hpp"

#include <iterator>

#include "catch.hpp"
#include "recur/data/abc.hpp"
#include "temporary.hpp"

namespace midi_test {

using Catch::Matchers::ContainsSubstring;
using recur::midi_bytes;
using recur::MidiNote;
using namespace std::string_literals;

TEST_CASE("a MIDI file has a header and one track with all events", "[io][midi]") {
  const std::vector<MidiNote> notes{{480, 240, 64, 100}, {0, 480, 60, 80, 1}};  // in any order
  // 500000 microseconds are 07 A1 20; 480 is 01 E0, and 83 60 in seven bits; 240 is 81 70.
  const std::string track =
      "\x00\xFF\x03\x04Wren\x00\xFF\x51\x03\x07\xA1\x20\x00\xC0\x49\x00\xC1\x00"
      "\x00\x91\x3C\x50\x83\x60\x81\x3C\x40\x00\x90\x40\x64\x81\x70\x80\x40\x40\x00\xFF\x2F\x00"s;
  const std::string head = "MThd\0\0\0\6\0\0\0\1\1\xE0MTrk\0\0\0"s;
  const std::string bytes = midi_bytes(notes, {.title = "Wren", .instruments = {73, 0}});
  CHECK(bytes == head + static_cast<char>(track.size()) + track);

  const TemporaryDirectory directory;
  recur::write_midi(directory.path / "a.mid", notes, {.title = "Wren", .instruments = {73, 0}});
  std::ifstream file(directory.path / "a.mid", std::ios::binary);
  CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == bytes);
}

TEST_CASE("the notes of a tune and of its chords", "[io][midi]") {
  constexpr recur::Index quarter = recur::abc_whole / 4;
  const auto tune = recur::parse_abc("X:1\nM:2/4\nL:1/4\nK:C\n\"C\"CE|\"Am\"A2|\n")[0];
  const auto notes = recur::midi_notes(tune);
  REQUIRE(notes.size() == 9);  // three, and two chords of three
  const auto is = [&](std::size_t i, recur::Index start, recur::Index length, int pitch, int channel) {
    const MidiNote& note = notes[i];
    return note.start == start && note.length == length && note.pitch == pitch && note.channel == channel;
  };
  CHECK(is(0, 0, quarter, 60, 0));
  CHECK(is(1, quarter, quarter, 64, 0));
  CHECK(is(2, 2 * quarter, 2 * quarter, 69, 0));
  for (std::size_t i = 3; i < 9; ++i) {
    CHECK((notes[i].channel == 1 && notes[i].velocity < notes[0].velocity));
    CHECK(notes[i].start == (i < 6 ? 0 : 2 * quarter));
    CHECK(notes[i].length == 2 * quarter);
  }
}

TEST_CASE("a note ends before the same note begins again", "[io][midi]") {
  const std::vector<MidiNote> notes{{1, 1, 60}, {0, 1, 60}};
  CHECK_THAT(midi_bytes(notes),
             ContainsSubstring("\x00\x90\x3C\x50\x01\x80\x3C\x40\x00\x90\x3C\x50\x01\x80\x3C\x40"s));
}

TEST_CASE("times take one to four bytes of seven bits", "[io][midi]") {
  const auto after = [](recur::Index start) {
    const std::vector<MidiNote> note{{start, 1, 60}};
    const std::string bytes = midi_bytes(note);
    return bytes.substr(29, bytes.find("\x90\x3C") - 29);  // behind the header and the tempo
  };
  CHECK(after(0x7F) == "\x7F");
  CHECK(after(0x80) == "\x81\x00"s);
  CHECK(after(0x3FFF) == "\xFF\x7F");
  CHECK(after(0x4000) == "\x81\x80\x00"s);
  CHECK(after(0x0FFFFFFE) == "\xFF\xFF\xFF\x7E");
}

TEST_CASE("numbers that MIDI can't hold are refused", "[io][midi]") {
  const auto refuses = [](const MidiNote& note, recur::MidiOptions options, const char* says) {
    CHECK_THROWS_WITH(midi_bytes(std::vector{note}, options), ContainsSubstring(says));
  };
  refuses({0, 1, 128}, {}, "pitch 128");
  refuses({0, 1, -1}, {}, "pitch -1");
  refuses({0, 1, 60, 0}, {}, "velocity 0");
  refuses({0, 1, 60, 80, 16}, {}, "channel 16");
  refuses({-1, 1}, {}, "at tick -1");
  refuses({0, 0}, {}, "lasts 0");
  refuses({0x0FFFFFFF, 1}, {}, "at tick 268435455");
  refuses({0, 1}, {.ticks = 32768}, "a quarter note of 32768 ticks");
  refuses({0, 1}, {.tempo = 3}, "a tempo of 3");
  refuses({0, 1}, {.tempo = -1}, "a tempo of -1");
  refuses({0, 1}, {.tempo = 1e8}, "a tempo of 1e+08");
  CHECK_NOTHROW(midi_bytes({}, {.tempo = 60e6}));
  refuses({0, 1}, {.instruments = {128}}, "instrument 128");
  refuses({0, 1}, {.instruments = std::vector<int>(17)}, "17 instruments");
}

}  // namespace midi_test
