// Many to many, an answer for each word: which words of a question say from where, to where, when and who? June may be
// late or hot, Paris late or flooded; May may be asked to go to May Hill in May. A network that reads both ways scores
// the tags of each word (B-person begins a name, I-person continues it, O is outside). A field scores tags of
// neighbours, and Viterbi finds the best tags for a whole sentence.
//
//   tag                                 questions to a timetable, made by a grammar
//   tag "may i leave paris in may"      the same, and your own question
//   tag --data FILE                     words and tags in columns, as in CoNLL's tasks
//   tag --load MODEL < sentences        tags each line
#include <algorithm>
#include <iostream>
#include <iterator>
#include <map>
#include <recur/recur.hpp>
#include <set>
#include <sstream>

#include "common/answer_input.hpp"
#include "common/command_line.hpp"
#include "common/picture.hpp"
#include "tagger.hpp"
#include "timetable.hpp"

using namespace recur;
using namespace examples;
using namespace tagging;

/// For each word the tag that it has most often: what a list of names does, that knows no neighbours. The list has all
/// words together as the word "", for those that it does not know.
Words look_up(const std::map<std::string, std::map<std::string, int>>& list, const Words& words) {
  Words found;
  for (const std::string& word : words) {
    const auto entry = list.contains(word) ? list.find(word) : list.find("");
    found.push_back(
        std::ranges::max_element(entry->second, {}, [](const auto& tag) { return tag.second; })->first);
  }
  return found;
}

int main(int count, char** words) {
  return run_program("tag", [&] {
    Settings how{.cell = "gru", .epochs = 8};
    TaggedTextOptions columns;
    std::string data, test, scheme = "iob";
    Words asked;
    Index hidden = 32;
    double rate = 1e-2;
    CommandLine line("tag",
                     "Which words say from where, to where, when and who? Trains a network that reads\n"
                     "both ways, with a field that knows which tags are neighbours.",
                     how);
    const OptionGroup group = line.group("Data"), network = line.group("Network");
    group.add("--data", data, "FILE", "Words and tags in columns, an empty line after each sentence")
        ->check(not_empty());
    group.add("--test", test, "FILE", "The same, to measure on; without it, every tenth sentence of --data")
        ->check(not_empty());
    group
        .add_with_default(
            "--scheme", scheme, "NAME",
            "What its tags say: iob has names of several words, as B-kind, I-kind and O; iobes also "
            "marks their ends, as E-kind and S-kind; plain has a tag for each word")
        ->check(one_of({"iob", "iobes", "plain"}));
    line.of_network("--scheme", scheme);
    group.add_with_default("--word-column", columns.word_column, "N", "Column of the words")
        ->check(whole_number(1, 1000));
    group.add("--tag-column", columns.tag_column, "N", "Column of the tags [the last]")
        ->check(whole_number(1, 1000));
    group.add("--comment", columns.comment, "TEXT", "Lines that begin with this are left out");
    network.add_with_default("--hidden", hidden, "N", "Units of the cell, each way")
        ->check(whole_number(1, 100000));
    line.of_network("--hidden", hidden);
    network.add_with_default("--rate", rate, "RATE", "Learning rate")->check(number_above_zero());
    line.add_words(asked, "SENTENCE", "Sentences to tag at the end");
    line.footer(
        "With --load, and neither --data nor --epochs, it only tags: the sentences that\n"
        "are given, or else each line of the standard input.\n"
        "\nExamples:\n  tag --save timetable.safetensors\n"
        "  tag --load timetable.safetensors \"may june leave paris for austin at noon?\"\n"
        "  tag --data eng.train --test eng.testa --epochs 10\n"
        "  tag --data train.conllu --word-column 2 --tag-column 4 --comment \"#\" \\\n"
        "    --scheme plain");
    if (!line.parse(count, words)) return 0;
    line.require_with("--data", {"--scheme", "--test", "--word-column", "--tag-column", "--comment"});

    columns.scheme = scheme == "iob"     ? TagScheme::iob
                     : scheme == "iobes" ? TagScheme::iobes
                                         : TagScheme::plain;
    const bool is_plain = columns.scheme == TagScheme::plain;
    const auto tag = [&](const Tagger& tagger, const std::string& sentence) {
      const Words own = tagger.words_of(sentence);
      return own.empty() ? "" : shown(own, tagger.tagged(own), columns.scheme);
    };
    const auto last_words = [&](const Tagger& tagger) {
      return conclude(how, text_of("the words around a word tell ",
                                   tagger.knows_timetable
                                       ? "whether it is a person, a place or a date, from where or to where"
                                       : "what it is",
                                   ". A list of names can't."));
    };
    if (line.only_uses()) {
      const Tagger tagger = load_tagger(how.load);
      for (const std::string& sentence : asked) write_text(tag(tagger, sentence));
      if (!asked.empty()) return last_words(tagger);
      answer_input("a sentence", [&](const std::string& sentence) { return tag(tagger, sentence); });
      return 0;
    }
    const char* const learned_all = "examples.learned_all";
    require_file(how.load.empty() || data.empty() || !test.empty() ||
                     !read_safetensors(how.load).metadata.contains(learned_all),
                 how.load, "has learned from all of its file: give sentences to measure on with --test");
    std::vector<TaggedText> past, unseen;
    if (data.empty()) {
      line.draws_data();
      Random random(how.seed + 1);
      for (int i = 0; i < (how.is_short ? 300 : 3000); ++i)
        (i % 10 == 9 ? unseen : past).push_back(timetable::ask(random));
    } else {
      for (TaggedText& text : read_tagged_text(data, columns))
        (test.empty() && (past.size() + unseen.size()) % 10 == 9 ? unseen : past).push_back(std::move(text));
      if (!test.empty()) unseen = read_tagged_text(test, columns);
    }
    std::set<Words> known;
    for (const TaggedText& text : past) known.insert(text.words);
    const auto is_known = [&](const TaggedText& text) { return known.contains(text.words); };
    if (test.empty()) std::erase_if(unseen, is_known);  // the file of a user is measured whole
    require(!unseen.empty(),
            "no sentence is left to measure on: give at least ten different ones, or a file to --test");
    require(past.size() > 4, "there are ", past.size(), " sentences to learn from: give at least ten");
    Tagger tagger =
        how.load.empty() ? make_tagger(past, data.empty(), how.cell, hidden) : load_tagger(how.load);
    std::vector<Tagger::Model::Example> training, chooses;  // some choose the best epoch
    std::map<std::string, std::map<std::string, int>> list;
    for (const TaggedText& text : past) {
      auto& example = ((training.size() + chooses.size()) % 10 == 4 ? chooses : training).emplace_back();
      example.input = tagger.ids(text.words);
      for (std::size_t i = 0; i < text.tags.size(); ++i) {
        example.target.push_back(tagger.label(text.tags[i]));
        for (const std::string& word : {text.words[i], std::string()}) ++list[word][text.tags[i]];
      }
    }
    write_text(text_of(training.size(), " sentences to learn from, ", chooses.size(),
                       " to choose the best epoch, ", unseen.size(), " to measure on, ",
                       tagger.vocabulary.size(), " words, ", tagger.tags.size(), " tags.\n"));
    if (const auto both = std::ranges::count_if(unseen, is_known); both > 0)
      write_text(text_of(both, " of those to measure on also stand among those to learn from.\n"));
    if (line.trains()) {
      if (how.load.empty()) initialize(tagger.model, how.seed);
      Optimizer optimizer(tagger.model, Adam{.rate = rate});
      FitOptions options = fit_options(how);
      options.schedule = CosineDecay{.rate = rate, .over = options.epochs, .floor = rate / 50};
      how.note(train_and_save(
          options, how.save,
          [&](const FitOptions& watched) {
            return fit<Tagger::Model>(tagger.model, optimizer, training, chooses, watched);
          },
          [&] {
            Metadata metadata = line.metadata();
            if (!test.empty()) metadata[learned_all] = "yes";
            save(tagger, how.save, metadata);
          }));
    }

    std::vector<Words> found, looked_up, right;
    for (const TaggedText& text : unseen) {
      found.push_back(tagger.tagged(text.words));
      looked_up.push_back(look_up(list, text.words));
      right.push_back(text.tags);
    }
    const auto kinds = span_matches(found, right, columns.scheme),
               simple = span_matches(looked_up, right, columns.scheme);
    std::vector<Words> rows{{"F1", is_plain ? "words" : "names", "network", "word list"}};
    for (const auto& [kind, matches] : kinds)
      rows.push_back({printable(kind), std::to_string(matches.actual), fixed(matches.f1(), 3),
                      simple.contains(kind) ? fixed(simple.at(kind).f1(), 3) : "-"});
    const Matches all = micro_average(kinds);  // of plain tags, the part that is right
    rows.push_back({is_plain ? "right" : "all", std::to_string(all.actual), fixed(all.f1(), 3),
                    fixed(micro_average(simple).f1(), 3)});
    std::cout << '\n';
    write_table(rows);
    std::cout << '\n';
    for (std::size_t i = 0; i < std::min<std::size_t>(asked.empty() ? 6 : 0, unseen.size()); ++i)
      write_text(shown(unseen[i].words, found[i], columns.scheme));
    for (const std::string& sentence : asked) write_text(tag(tagger, sentence));
    write_figures(how, {{is_plain ? "right" : "f1", all.f1()}});
    MatrixX<double> follows = tagger.model.criterion.transitions.cast<double>();
    follows /= std::max(1e-9, follows.cwiseAbs().maxCoeff());
    write_text('\n' + draw("tag", follows, tagger.tags, tagger.tags,
                           R"(set title 'Which tag may follow which: what the CRF has learned'
set ylabel 'a word has'; set xlabel 'and the next one has'; set yrange [*:*] reverse
set palette defined (-1 '#cb181d', 0 'white', 1 '#2171b5'); set cblabel 'score'; set cbrange [-1:1]
set tics out nomirror; set xtics rotate by -45; unset key; plot DATA matrix rowheaders columnheaders with image)",
                           "png", "700,560"));
    return last_words(tagger);
  });
}
