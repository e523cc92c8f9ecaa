#include "recur/data/abc_tune.hpp"

#include "catch.hpp"
#include "data/abc_tunes.hpp"

namespace abc_tune_test {

using Catch::Matchers::ContainsSubstring;
using namespace abc_tunes;
using recur::AbcTune;
using recur::Index;
using recur::parse_abc;

using Pitches = std::vector<int>;
using Lengths = std::vector<double>;

/// How its bars, each a note, are played.
std::string played(const std::string& music) {
  std::string letters;
  const AbcTune read = recur::unfold_repeats(tune(music));
  for (std::size_t i = 0; i < read.notes.size(); ++i) {
    CHECK(read.notes[i].start == static_cast<Index>(8 * i) * eighth);
    letters += "C D EF G A B"[read.notes[i].pitch - 60];
  }
  return letters;
}

TEST_CASE("repeats are played", "[data][abc_tune]") {
  CHECK(played("C8|D8|") == "CD");
  CHECK(played("C8|D8:|E8|") == "CDCDE");
  CHECK(played("C8|:D8|E8:|F8|") == "CDEDEF");
  CHECK(played("C8::D8:|") == "CCDD");
  CHECK(played("C8:||:D8:|E8|]") == "CCDDE");
  CHECK(played("C8||D8:|") == "CDD");         // back to the last double bar line
  CHECK(played("|:C8||D8:|E8|") == "CDCDE");  // unless the beginning is marked
  CHECK(played("C8|[1D8:|[2E8||F8|") == "CDCEF");
  CHECK(played("|:C8|1D8:|2E8:|F8:|") == "CDCEFF");
  CHECK(played("|:C8|[1,3D8:|[2E8:|[4F8|]G8|") == "CDCECDCFG");
  CHECK(played("|:C8|[1-2D8:|[3E8|]") == "CDCDCE");
  const AbcTune chords = recur::unfold_repeats(tune("\"F\"C8|\"G\"D8:|"));
  REQUIRE(chords.chords.size() == 4);
  CHECK(chords.chords[3].name == "G");
  CHECK(chords.chords[3].start == 24 * eighth);
  CHECK(chords.length() == 32 * eighth);
}

TEST_CASE("bars must be full", "[data][abc_tune]") {
  const auto check = [](const std::string& music, bool upbeats = false) {
    recur::check_bars(tune(music), "t.abc", upbeats);
  };
  CHECK_NOTHROW(check("A8|A4 [ce]4|(3ABc z6|Z|\n", true));
  CHECK_NOTHROW(check("A8|\nM:3/4\nA6|A6|\nM:none\nA3|A10|A|", true));  // a metre for each
  CHECK_THROWS_WITH(check("A8|\nA9|A8|"),
                    ContainsSubstring("t.abc:5: found a bar of 1.125 whole notes, but its metre asks for 1"));
  CHECK_THROWS_WITH(check("A8|\nA7|A8|"), ContainsSubstring("t.abc:5: found a bar of 0.875"));
  CHECK_THROWS_WITH(check("A9|"), ContainsSubstring("1.125"));
  CHECK_THROWS_WITH(check("A4|"), ContainsSubstring("t.abc:1: the tune has no full bar"));
  CHECK_THROWS_WITH(check("\"C\"|"), ContainsSubstring("t.abc:1: the tune has no notes"));

  CHECK_NOTHROW(check("A|A8|A7:|:A|A7:|", true));
  CHECK_NOTHROW(check("A2|A8|[1A6:|[2A7||A|A8|A4|", true));  // the end may lack something
  CHECK_NOTHROW(check("A2|A8|A7:|A8|"));
  CHECK_THROWS_WITH(
      check("A2|A8|\nA7:|A8|", true),
      ContainsSubstring(
          "t.abc:5: found a bar that makes, with the one that is played after it, one of 1.125"));
  CHECK_THROWS_WITH(check("A|A8|A8:|", true), ContainsSubstring("t.abc:4: found a bar that makes"));
}

TEST_CASE("chords have pitches", "[data][abc_tune]") {
  CHECK(recur::chord_pitches("C") == Pitches{48, 52, 55});
  CHECK(recur::chord_pitches("F#m7") == Pitches{54, 57, 61, 64});
  CHECK(recur::chord_pitches("Bb7/d") == Pitches{58, 62, 65, 68});
  CHECK(recur::chord_pitches("Cb") == Pitches{59, 63, 66});
  CHECK(recur::chord_pitches("Adim") == Pitches{57, 60, 63});
  for (const char* other : {"", "slowly", "Gx", "e"}) CHECK(recur::chord_pitches(other).empty());
}

}  // namespace abc_tune_test
