// The example melody: tunes made by rule, what is wrong with a tune, how it is shown, and a network that is saved whole.
#include "../../examples/composer.hpp"

#include <array>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "../../examples/made_tunes.hpp"
#include "catch.hpp"
#include "refusal.hpp"
#include "temporary.hpp"

namespace composer_test {

using composing::Composer;
using music::Tune;
using recur::Index;
using recur::testing::refusal;

std::string written(auto write, const char* columns = "20") {
  std::ostringstream out;
  auto* const before = std::cout.rdbuf(out.rdbuf());
  setenv("COLUMNS", columns, 1);
  write();
  unsetenv("COLUMNS");
  std::cout.rdbuf(before);
  return out.str();
}

TEST_CASE("Each tune made by rule has 16 full bars, whose parts repeat, and notes of their chords",
          "[examples][melody]") {
  recur::Random random(1);
  for (Index n = 1; n <= 200; ++n) {
    const auto tunes = recur::parse_abc(made_tunes::make(n, random));
    REQUIRE(tunes.size() == 1);
    const recur::AbcTune& tune = tunes[0];
    INFO(tune.music);
    recur::check_bars(tune, "tune", true);
    REQUIRE(tune.bars.size() == 16);
    REQUIRE(tune.chords.size() == 16);
    const auto notes_of = [&](std::size_t bar) {
      std::string notes;
      for (const recur::AbcNote& note : tune.notes)
        if (note.start >= tune.bars[bar].start && note.start < tune.bars[bar].start + tune.bars[bar].length)
          notes += std::to_string(note.start - tune.bars[bar].start) + ':' + std::to_string(note.pitch) + ' ';
      return notes;
    };
    for (const std::size_t part : {0U, 8U})
      for (const std::size_t bar : {0U, 1U}) CHECK(notes_of(part + bar) == notes_of(part + bar + 4));
    const std::vector<int> home = recur::chord_pitches(tune.field('K'));
    CHECK((tune.notes.back().pitch - home[0]) % 12 == 0);
    for (std::size_t bar = 0; bar < 16; ++bar) {
      const auto first = std::ranges::find(tune.notes, tune.bars[bar].start, &recur::AbcNote::start);
      REQUIRE(first != tune.notes.end());
      const std::vector<int> chord = recur::chord_pitches(tune.chords[bar].name);
      CHECK(std::ranges::any_of(chord, [&](int pitch) { return (pitch - first->pitch) % 12 == 0; }));
    }
  }
}

TEST_CASE("A height above C becomes a note of ABC", "[examples][melody]") {
  CHECK(made_tunes::note(0) == "C");
  CHECK(made_tunes::note(6) == "B");
  CHECK(made_tunes::note(-1) == "B,");
  CHECK(made_tunes::note(7) == "c");
  CHECK(made_tunes::note(14) == "c'");
}

TEST_CASE("A fault of a tune is found, and upbeats are judged only if asked for", "[examples][melody]") {
  const auto fault = [](const std::string& music, bool upbeats = false) {
    return music::find_fault({"G", "3/4", "L:1/8\n" + music}, upbeats);
  };
  CHECK(fault("|:G2A2B2|A4F2:|\n").empty());
  CHECK(fault("|:G2A2B2|A4F2:|\n", true).empty());
  CHECK(fault("|:G2A2B2|A4|G6:|\n").find("found a bar of 0.5 whole notes") != std::string::npos);
  CHECK(fault("|:G2A2B2|A4F2G2:|\n").find("found a bar of 1 whole notes") != std::string::npos);
  CHECK(fault("|:G2A2B2|\n\nA4F2:|\n").find("an empty line ends it too early") != std::string::npos);
  CHECK(fault("|:G2A2B2|G2#:|\n").find("found") != std::string::npos);
  CHECK(fault("").find("no notes") != std::string::npos);
  // A quarter before the first bar. The last bar is played before it again, and lacks as much, or more.
  CHECK(fault("|:B2|G2A2B2|A4:|\n", true).empty());
  CHECK(fault("|:B2|G2A2B2|A2:|\n").empty());
  CHECK(fault("|:B2|G2A2B2|A2:|\n", true).find("played after it") != std::string::npos);
}

TEST_CASE("The longest common piece of two texts is found", "[examples][melody]") {
  CHECK(music::longest_copy("abcde", "xbcdx") == 3);
  CHECK(music::longest_copy("abc", "abc") == 3);
  CHECK(music::longest_copy("abcabcd", "abcdabc") == 4);
  CHECK(music::longest_copy("abc", "xyz") == 0);
  CHECK(music::longest_copy("", "xyz") == 0);
  CHECK(music::longest_copy("abc", "") == 0);
}

TEST_CASE("A tune is broken behind a stroke, or where the terminal ends", "[examples][melody]") {
  CHECK(written([] { music::show_text("M:3/4\n|:G2A2B2|A4F2|G2A2B2:|\n"); }) ==
        "M:3/4\n|:G2A2B2|A4F2|\nG2A2B2:|\n");
  CHECK(written([] { music::show_text("GGGGGGGGGGGGGGGGGGGGAA\n"); }) == "GGGGGGGGGGGGGGGGGGGG\nAA\n");
}

TEST_CASE("A roll has a row for each pitch, and a stroke where a bar ends unless a note begins there",
          "[examples][melody]") {
  const auto tune = recur::parse_abc("X:1\nM:2/4\nL:1/8\nK:C\nC2^CD|D4|\n")[0];
  CHECK(written([&] { music::show_roll(tune); }, "30") ==
        "D4        #=#=======|\n"
        "C#4     #=  |       |\n"
        "C4  #===    |       |\n");
  CHECK(written([&] { music::show_roll(tune); }) ==  // the second bar does not fit
        "D4        #=|\n"
        "C#4     #=  |\n"
        "C4  #===    |\n");
}

/// A composer that was not trained, for tunes in two keys and two metres.
Composer example_composer() {
  const std::vector<Tune> tunes{{"G", "3/4", "L:1/8\nGAB|\n"}, {"Em", "6/8", "L:1/8\nedc|\n"}};
  Composer composer = composing::make_composer(tunes, tunes[0], "gru", 8, 0.1);
  recur::initialize(composer.model, 1);
  return composer;
}

TEST_CASE("A key and a metre are a one each, and others are refused", "[examples][melody]") {
  const Composer composer = example_composer();
  CHECK(composer.input("Em", "6/8") ==
        Eigen::Vector4f(1, 0, 0, 1));  // the names are in order: Em, G; 3/4, 6/8
  CHECK(composer.input("G", "3/4") == Eigen::Vector4f(0, 1, 1, 0));
  CHECK(refusal([&] { composer.input("H", "3/4"); }) == R"(it knows no tune in the key "H", but in Em, G)");
  CHECK(refusal([&] { composer.input("G", "2/4"); }) ==
        R"(it knows no tune in the metre "2/4", but in 3/4, 6/8)");
  CHECK(composer.example({"G", "3/4", "GAB"}).target.size() == 3);
  CHECK(refusal([&] { composer.example({"G", "3/4", "GzB"}); }) == "a tune has a sign that it does not know");
}

TEST_CASE("A file of a composer is whole", "[examples][melody]") {
  const TemporaryDirectory folder;
  const std::string path = (folder.path / "a.safetensors").string();
  const Composer composer = example_composer();
  composing::save(composer, path, {{"examples.--hidden", "8"}});
  const Composer loaded = composing::load_composer(path);
  CHECK(loaded.keys == composer.keys);
  CHECK(loaded.metres == composer.metres);
  CHECK(loaded.usual == std::vector<std::string>{"G", "3/4"});
  const auto tune = [](Composer its, const std::string& key) {
    its.model.decoder.options.max_length = 50;
    recur::Sampler draw({.temperature = 1});
    recur::Random random(3);
    return its.write(key, "6/8", draw, random).text;
  };
  CHECK(tune(loaded, "Em") == tune(composer, "Em"));
  CHECK(tune(loaded, "Em") != tune(composer, "G"));  // the test can see a difference

  Composer other = composer;
  other.usual = {"G", "9/8"};
  composing::save(other, path, {});
  CHECK(refusal<recur::FileError>([&] {
          composing::load_composer(path);
        }).ends_with(R"(a.safetensors: it knows no tune in the metre "9/8", but in 3/4, 6/8)"));
  other.usual = {"G"};
  composing::save(other, path, {});
  CHECK(refusal<recur::FileError>([&] { composing::load_composer(path); }).find("a key and a metre") !=
        std::string::npos);
  recur::save_weights(path, composer.model, {});
  CHECK(refusal<recur::FileError>([&] {
          composing::load_composer(path);
        }).ends_with("a.safetensors: is not a model of this program"));
}

}  // namespace composer_test
