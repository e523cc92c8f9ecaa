#include "recur/data/abc.hpp"

#include "catch.hpp"
#include "data/abc_tunes.hpp"
#include "temporary.hpp"

namespace abc_test {

using Catch::Matchers::ContainsSubstring;
using namespace abc_tunes;
using recur::AbcTune;
using recur::Index;
using recur::parse_abc;

using Pitches = std::vector<int>;
using Lengths = std::vector<double>;

TEST_CASE("an ABC file is split into tunes", "[data][abc]") {
  const std::string text =
      "some words\n\nX:1\r\nT:The Wren % a bird\r\nM:6/8\r\nK:D\r\nP:A\r\n|:A|\"D\"dfa \\\r\n"
      "\\\r\n% no music\r\nafd:|\r\nK:G\r\nG3-G3|\r\n\r\n"
      "more words\nX: 2\nM:2/4\nK:Am\nA4|\n";
  const auto read = parse_abc(text);
  REQUIRE(read.size() == 2);
  CHECK(read[0].line == 3);
  CHECK(read[0].field('T') == "The Wren");
  CHECK(read[0].field('P') == "A");
  CHECK(read[0].field('Q').empty());
  CHECK(read[0].fields.size() == 5);
  CHECK(read[0].music == "|:A|\"D\"dfa\nafd:|\nK:G\nG3-G3|\n");
  CHECK(read[0].unit == eighth);
  REQUIRE(read[0].chords.size() == 1);
  CHECK(read[0].chords[0].name == "D");
  CHECK(read[0].chords[0].start == eighth);
  CHECK(read[0].length() == 13 * eighth);
  CHECK(read[1].line == 16);
  CHECK(read[1].unit == eighth / 2);  // below 3/4
  const TemporaryDirectory directory;
  CHECK(recur::read_abc(directory.file("t.abc", text)).size() == 2);
  CHECK_THROWS_WITH(recur::read_abc(directory.path / "none"), ContainsSubstring("can't be opened"));

  directory.file("a.abc", "X:1\nT:first\nK:C\nA\n");
  directory.file("b.txt", "no tune");
  const auto all = recur::read_abc(directory.path);
  REQUIRE(all.size() == 3);
  CHECK(all[0].field('T') == "first");
  std::filesystem::create_directory(directory.path / "empty");
  CHECK_THROWS_WITH(recur::read_abc(directory.path / "empty"),
                    ContainsSubstring("has no files called *.abc"));
}

TEST_CASE("notes have the pitches of MIDI", "[data][abc]") {
  CHECK(pitches(tune("C D E F G A B c C, c' ^c =c _B __B ^^C")) ==
        Pitches{60, 62, 64, 65, 67, 69, 71, 72, 48, 84, 73, 72, 70, 69, 62});
  CHECK(pitches(tune("^F f F, | F [CE^G]2")) ==
        Pitches{66, 78, 54, 65, 60, 64, 68});  // to the end of the bar
  CHECK(pitches(tune("^F4- | F F")) ==
        Pitches{66, 65});  // a tied note keeps its accidental, another does not
}

TEST_CASE("a key gives its sharps and flats", "[data][abc]") {
  const auto scale = [](const std::string& key) { return pitches(tune("CDEFGAB", "K:" + key + "\n")); };
  const Pitches plain{60, 62, 64, 65, 67, 69, 71}, two_sharps{61, 62, 64, 66, 67, 69, 71},
      three_flats{60, 62, 63, 65, 67, 68, 70};
  for (const char* key :
       {"C", "Am", "A minor", "Ddor", "G Mixolydian", "Flyd", "E phr", "Bloc", "none", "", "C clef=bass"})
    CHECK(scale(key) == plain);
  for (const char* key : {"D", "Bm", "Edor", "Dmaj"}) CHECK(scale(key) == two_sharps);
  for (const char* key : {"Eb", "Cm"}) CHECK(scale(key) == three_flats);
  CHECK(scale("F#") == Pitches{61, 63, 65, 66, 68, 70, 71});
  CHECK(scale("G#") == Pitches{61, 63, 65, 67, 68, 70, 72});      // eight sharps: F is sharp twice
  CHECK(scale("B# lyd") == Pitches{62, 64, 66, 67, 69, 71, 72});  // thirteen: all are sharp twice but B
  CHECK(scale("Fb") == Pitches{59, 61, 63, 64, 66, 68, 69});      // eight flats: B is flat twice
  CHECK(pitches(tune("F [K:D] F\nK:C\nF")) == Pitches{65, 66, 65});
}

TEST_CASE("notes have lengths", "[data][abc]") {
  CHECK(lengths(tune("A A2 A/2 A/ A// A3/2 A/4 z2 A")) == Lengths{1, 2, .5, .5, .25, 1.5, .25, 1});
  CHECK(lengths(tune("A A2", "L:1/4\nK:C\n")) == Lengths{2, 4});
  CHECK(lengths(tune("A\nL:1/16\nA [L:1/4] A")) == Lengths{1, .5, 2});
  CHECK(lengths(tune("A\nM:2/4\nA [M:3/8] A")) == Lengths(3, 1));  // only a metre before the music decides
  CHECK(lengths(tune("A", "M:2/4\nK:C\n")) == Lengths{.5});
  CHECK(lengths(tune("(3ABc d (3:2:2AB c")) == Lengths{2 / 3., 2 / 3., 2 / 3., 1, 2 / 3., 2 / 3., 1});
  CHECK(lengths(tune("(2AB (4ABcd (5ABcde", "M:6/8\nK:C\n")) ==
        Lengths{1.5, 1.5, .75, .75, .75, .75, .6, .6, .6, .6, .6});
  for (const char* metre : {"3/4", "3/8", "C", "none"}) {  // none is compound
    CAPTURE(metre);
    CHECK(lengths(tune("(5ABcde", std::string("M:") + metre + "\nL:1/8\nK:C\n")) == Lengths(5, .4));
  }
  CHECK(lengths(tune("(5ABcde", "L:1/8\nK:C\n")) == Lengths(5, .4));
  CHECK(lengths(tune("(5ABcde\nM:none\n(5ABcde", "M:9/8\nL:1/8\nK:C\n")) ==
        Lengths{.6, .6, .6, .6, .6, .4, .4, .4, .4, .4});
  CHECK(lengths(tune("A>B A<B A>>B z>A")) == Lengths{1.5, .5, .5, 1.5, 1.75, .25, .5});
  CHECK(lengths(tune("[c4e]<d [ce2]>d A-A>B")) == Lengths{2, .5, 1.5, 1.5, 3, .5, 2.5, .5});
  CHECK(lengths(tune("A>|B")) == Lengths{1.5, .5});
  CHECK(lengths(tune("A2-A2 | A-|A - \"D\"A (AB) A-B")) == Lengths{4, 3, 1, 1, 1, 1});
  CHECK(lengths(tune("[C-E]2[CG]2 [ce]-[ce]")) == Lengths{4, 2, 2, 2, 2});
  CHECK(lengths(tune("{ge}A !trill!B ~c .d \"^slowly\"e y2 f")) == Lengths(6, 1));
  const AbcTune rest = tune("z4 A4 | Z2 | A");
  CHECK(rest.notes[0].start == 4 * eighth);
  CHECK(rest.notes[1].start == 24 * eighth);
  CHECK(rest.bars.size() == 4);
}

TEST_CASE("a few letters can't ask for much memory", "[data][abc]") {
  // Z9999 are 9999 bars. A text has a thousand of them, and one more for each eight of its letters.
  CHECK(parse_abc("X:1\nM:4/4\nK:C\nZ999|A8|\n")[0].bars.size() == 1000);
  const auto of = [](int times, const char* rests) {
    std::string text;
    for (int i = 0; i < times; ++i) text += std::string("X:1\nM:4/4\nK:C\n") + rests + "|A8|\n\n";
    return text;
  };
  CHECK_THROWS_WITH(parse_abc(of(1, "Z9999")), ContainsSubstring("text:4: found 9999 bars of rest"));
  CHECK_THROWS_WITH(parse_abc(of(3, "Z400")), ContainsSubstring("found 400 bars of rest"));
  CHECK(parse_abc(of(500, "Z4")).size() == 500);
  // As many notes together as there are pitches.
  std::string together = "X:1\nK:C\n[";
  for (int i = 0; i < 128; ++i) together += "A-";
  CHECK(parse_abc(together + "]A\n")[0].notes.size() == 128);
  CHECK_THROWS_WITH(parse_abc(together + "A]A\n"), ContainsSubstring("more than 128 notes together"));
}

TEST_CASE("what can't be read is reported with its line", "[data][abc]") {
  const auto refuses = [](const std::string& text, const char* says) {
    CHECK_THROWS_WITH(parse_abc(text, "t.abc"), ContainsSubstring(says));
  };
  const std::string head = "X:1\nM:4/4\nK:C\n";
  refuses("no tune\n", "t.abc: has no tunes");
  refuses("X:1\nABC\n", "t.abc:2: found music before the key");
  refuses("X:1\nK:H\n", "t.abc:2: found the key \"H\"");
  refuses("X:1\nK:Dmixed up\n", "t.abc:2: found the key");
  refuses("X:1\nK:C clef=treble-8\n", "t.abc:2: found the key \"C clef=treble-8\": -8 moves its notes");
  refuses("X:1\nK:C clef=bass octave=-2\n", "octave= moves its notes");
  refuses("X:1\nM:6\n", "t.abc:2: found \"6\", expected a metre such as 3/4");
  refuses("X:1\nM:6/7\n", "t.abc:2: found the metre \"6/7\"");
  refuses("X:1\nL:3/8\n", "t.abc:2: found the length \"3/8\"");
  refuses("X:1\nV:1\n", "t.abc:2: has several voices");
  refuses(head + "A\n[]:K[G]\n", "t.abc:5: found [ without notes");
  refuses(head + "A\nAB#c\n", "t.abc:5: found \"#\" at column 3");
  refuses(head + "A \xC3\xA9\n", "found \"\xC3\xA9\" at column 3");
  refuses(head + "\"Am A\n", "t.abc:4: found \" without another \"");
  refuses(head + "!trill A\n", "found ! without another !");
  refuses(head + "^|\n", "found \"|\", expected a note");
  refuses(head + "^", "found \"\", expected a note");
  refuses(head + "[CE", "found [ without notes and a ]");
  refuses(head + "[]", "found [ without notes and a ]");
  refuses(head + "A0", "found a note of 5040*0/1 parts");
  refuses(head + "[C9999]9999", "at most 1000 whole notes");
  refuses(head + "(3:99ABc", "found a tuplet of 3:99:3");
  refuses(head + "A/11", "found a note of 5040*1/11 parts");
  refuses(head + "A/0", "found a note of 5040*1/0 parts");
  refuses(head + "A/256/256/256/256/256/256/256/256", "parts of a whole note");
  refuses(head + "C,,,,,,", "found a note with the pitch -12");
  refuses(head + "(1A", "found a tuplet of 1:2:1");
  refuses(head + ">A", "found > without a note before it");
  refuses(head + "A : B", "found a single :");
  refuses("X:1\nK:C\nA Z4|\n", "t.abc:3: found Z, bars of rest, without a metre");
  refuses("X:1\nM:none\nK:C\nX|\n", "t.abc:4: found X, bars of rest, without a metre");
  refuses(head + "A |[0 B", "found an ending");
  refuses(head + "A & B", "found \"&\"");
  refuses(head + "A \\ B", "found \"\\\\\"");
  refuses(head + "[V:2] A", "has several voices");

  std::vector<std::string> broken;
  CHECK(parse_abc(head + "#\nA\n\n" + head + "B\n", "t.abc", &broken).size() == 1);
  REQUIRE(broken.size() == 1);
  CHECK_THAT(broken[0], ContainsSubstring("t.abc:4: found \"#\""));
}

}  // namespace abc_test
