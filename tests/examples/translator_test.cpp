// The examples translate and tag: their networks with their words, saved whole, and how their answers are written.
#include "../../examples/translator.hpp"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "../../examples/tagger.hpp"
#include "../../examples/timetable.hpp"
#include "catch.hpp"
#include "recur/core/initialize.hpp"
#include "refusal.hpp"
#include "temporary.hpp"

namespace translator_test {

using examples::Attentive;
using examples::Translator;
using recur::testing::refusal;
using Words = std::vector<std::string>;

const std::vector<recur::Translations> pairs{{{"one", "red", "house"}, {{"une", "maison", "rouge"}}},
                                             {{"one", "house"}, {{"une", "maison"}, {"la", "maison"}}}};

Translator<Attentive> example_translator(recur::Index least) {
  auto made = examples::make_translator<Attentive>(examples::words_of(pairs, least, false),
                                                   examples::words_of(pairs, least, true),
                                                   {.cell = "gru", .hidden = 6, .dropout = 0.1}, 4);
  recur::initialize(made.model, 1);
  return made;
}

TEST_CASE("A translator knows the words that occur often enough", "[examples][translate]") {
  const auto known = [](recur::Index least, bool of_target) {
    Words words = examples::words_of(pairs, least, of_target).words();
    std::ranges::sort(words);
    return words;
  };
  // A sentence counts once for each of its translations on that side.
  CHECK(known(1, true) == Words{"<end>", "<unk>", "la", "maison", "rouge", "une"});
  CHECK(known(2, true) == Words{"<end>", "<unk>", "maison", "une"});
  CHECK(known(3, false) == Words{"<unk>", "house", "one"});
  CHECK(examples::words_of(pairs, 1, true).words().back() == "<end>");
}

TEST_CASE("A file of a translator is whole", "[examples][translate]") {
  const TemporaryDirectory folder;
  const auto path = folder.path / "a.safetensors";
  const auto translator = example_translator(1);
  examples::save(translator, path, {});
  const auto loaded = examples::load_translator(path);
  CHECK(loaded.source.words() == translator.source.words());
  CHECK(loaded.target.words() == translator.target.words());
  CHECK(loaded.model.decoder.options.max_length == 4);
  const auto a = examples::translate(translator, {"one", "red", "house"}, 3),
             b = examples::translate(loaded, {"one", "red", "house"}, 3);
  CHECK(a.words == b.words);
  CHECK(a.looked == b.looked);
  REQUIRE(a.looked.rows() == 3);
  CHECK(a.looked.colwise().sum().isApproxToConstant(1, 1e-5f));
  recur::save_weights(path, translator.model, {});
  CHECK(refusal<recur::FileError>([&] {
          examples::load_translator(path);
        }).ends_with("a.safetensors: is not a model of this program"));
}

TEST_CASE("A translator whose network writes other words than it has is refused", "[examples][translate]") {
  const auto translator = example_translator(1);
  const Attentive& model = translator.model;
  const examples::Parts parts{model.source.encoder.description(), model.decoder.body.description(),
                              model.decoder.head.description(), 4};
  CHECK(refusal([&] {
          Translator<Attentive>(translator.source, recur::Vocabulary({"<unk>", "a", "<end>"}), parts);
        }).find("the network writes 6 words, but names 3") != std::string::npos);
}

TEST_CASE("A word that the network does not know is copied from where it looks", "[examples][translate]") {
  auto translator = example_translator(1);
  // The last bias makes it write <unk> wherever it may, which is where it has read a word that it does not know.
  for (const auto& p : recur::Parameters<float>(translator.model.decoder.head))
    if (p.is_vector && p.size() == translator.target.size()) p.data[recur::Vocabulary::unknown] = 100;
  CHECK(examples::translate(translator, {"one", "Zorro", "house"}, 2).words ==
        Words{"Zorro", "Zorro", "Zorro", "Zorro"});
  const Words known = examples::translate(translator, {"one", "red", "house"}, 2).words;
  CHECK(std::ranges::find(known, "<unk>") == known.end());
}

TEST_CASE("Where a network looks is a line for each word that it writes", "[examples][translate]") {
  std::ostringstream out;
  auto* const before = std::cout.rdbuf(out.rdbuf());
  examples::show_attention({"a"}, {});
  std::cout.rdbuf(before);
  CHECK(out.str() == "Nowhere: it has not written a word.\n");
}

/// A tagger for two sentences, each twice.
tagging::Tagger example_tagger(bool of_timetable) {
  const recur::TaggedText text{{"mr", "X", "saw", "Bath"}, {"O", "B-PER", "O", "B-LOC"}};
  const std::vector<recur::TaggedText> texts{text, text};
  auto tagger = tagging::make_tagger(texts, of_timetable, "gru", 8);
  recur::initialize(tagger.model, 2);
  return tagger;
}

TEST_CASE("A file of a tagger is whole", "[examples][tag]") {
  const TemporaryDirectory folder;
  const std::string path = (folder.path / "a.safetensors").string();
  for (const bool of_timetable : {false, true}) {
    const auto tagger = example_tagger(of_timetable);
    tagging::save(tagger, path, {});
    const auto loaded = tagging::load_tagger(path);
    CHECK(loaded.tags == Words{"B-LOC", "B-PER", "O"});
    CHECK(loaded.vocabulary.words() == tagger.vocabulary.words());
    CHECK(loaded.knows_timetable == of_timetable);
    const Words sentence{"mr", "Y", "saw", "Bath", "saw", "mr", "X"};
    CHECK(loaded.tagged(sentence) == tagger.tagged(sentence));
  }
  recur::save_weights(path, example_tagger(true).model, {});
  CHECK(refusal<recur::FileError>([&] {
          tagging::load_tagger(path);
        }).ends_with("a.safetensors: is not a model of this program"));
}

TEST_CASE("A question to the timetable is in small letters, and a sentence for a file is not",
          "[examples][tag]") {
  CHECK(example_tagger(true).words_of("May June leave?") == Words{"may", "june", "leave", "?"});
  CHECK(example_tagger(false).words_of(" Mr  Bean\tleft . ") == Words{"Mr", "Bean", "left", "."});
  CHECK(example_tagger(false).words_of("").empty());
  CHECK(refusal([] { example_tagger(true).words_of("caf\xe9"); }) == "a sentence must be text in UTF-8");
  CHECK(example_tagger(true).label("B-PER") == 1);
  CHECK(refusal([] { example_tagger(true).label("B-MISC"); }) ==
        R"(the network knows no tag "B-MISC": it knows "B-LOC", "B-PER", "O")");
}

TEST_CASE("Tags are shown as brackets around names, or behind each word", "[examples][tag]") {
  const auto shown = tagging::shown;
  CHECK(shown({"is", "june", "in", "may", "hill", "?"}, {"O", "B-person", "O", "B-place", "I-place", "O"},
              recur::TagScheme::iob) == "is [june: person] in [may hill: place] ?");
  CHECK(shown({"is", "june"}, {"VERB", "NOUN"}, recur::TagScheme::plain) == "is/VERB june/NOUN");
  CHECK(shown({}, {}, recur::TagScheme::iob).empty());
}

TEST_CASE("Questions to the timetable have tags for their names, and no place twice", "[examples][tag]") {
  recur::Random random(1);
  std::set<std::string> kinds;
  for (int n = 0; n < 500; ++n) {
    const recur::TaggedText text = timetable::ask(random);
    REQUIRE(text.words.size() == text.tags.size());
    std::vector<std::string> places;
    for (const auto& [begin, end, kind] : recur::iob_spans(text.tags)) {
      kinds.insert(kind);
      std::string name;
      for (std::size_t i = begin; i < end; ++i) name += (i > begin ? " " : "") + text.words[i];
      const Words& legal = timetable::named.at(kind);
      INFO(name);
      CHECK(std::ranges::find(legal, name) != legal.end());
      if (kind == "origin" || kind == "destination") places.push_back(name);
    }
    std::ranges::sort(places);
    CHECK(std::ranges::adjacent_find(places) == places.end());
    for (const std::string& word : text.words) CHECK(!timetable::named.contains(word));
  }
  CHECK(kinds == std::set<std::string>{"date", "destination", "origin", "person", "time"});
}

}  // namespace translator_test
