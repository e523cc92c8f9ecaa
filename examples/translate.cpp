// Many to many, with an output of another length: a sentence in one language becomes a sentence in another. An encoder
// reads it both ways, and a decoder writes word by word. Attention lets it look at all words that were read, and for
// each word that it writes it chooses where. A beam search follows several beginnings at once and keeps the most likely
// sentence.
//
//   translate                            numbers in words, from English to French
//   translate --data FILE --compare      sentences and their translations, with attention and without
//   translate --load MODEL < sentences   translates each line
#include <algorithm>
#include <chrono>
#include <iostream>
#include <limits>
#include <ratio>
#include <recur/recur.hpp>
#include <string>
#include <utility>
#include <vector>

#include "common/answer_input.hpp"
#include "common/command_line.hpp"
#include "numbers.hpp"
#include "translator.hpp"

using namespace examples;
using namespace recur;
using Words = std::vector<std::string>;

/// Sentences with all their translations. Every tenth sentence is held out, and of the rest some choose the best epoch.
struct Data {
  std::vector<Translations> training, validation, unseen;

  explicit Data(const std::vector<ParallelText>& pairs) {
    std::size_t number = 0;
    for (Translations& sentence : group_by_source(pairs, split_words)) {
      auto& part = number % 10 == 9 ? unseen : number % 50 == 25 ? validation : training;
      part.push_back(std::move(sentence));
      ++number;
    }
  }
  Index longest() const {
    std::size_t words = 0;
    for (const auto* part : {&training, &validation})
      for (const auto& sentence : *part)
        for (const Words& translation : sentence.targets) words = std::max(words, translation.size());
    return static_cast<Index>(words) + 1;
  }
};

/// French has a space before question and exclamation marks.
std::string text(const Words& words) { return printable(join_words(words, ".,)")); }

/// What a network reached on the sentences held out.
struct Reached {
  double exact = 0, bleu = 0, single = 0, seconds = 0;  ///< single: BLEU against one translation
};

/// Trains a network if `trains`, calls then(), and measures the network.
template <class Model, class Save>
Reached run(Translator<Model>& translator, const Data& data, Settings& how, bool trains, double rate,
            Index batch, Index width, Save save) {
  Reached reached;
  if (trains) {
    const auto examples = [&](std::span<const Translations> part) {
      std::vector<typename Model::Example> all;
      for (const auto& [sentence, translations] : part)
        for (const Words& translation : translations)
          all.push_back({translator.source.ids(sentence), translator.target.ids(translation)});
      return all;
    };
    const auto training = examples(data.training), validation = examples(data.validation);
    if (how.load.empty()) initialize(translator.model, how.seed);
    Optimizer optimizer(translator.model, Adam{.rate = rate});
    FitOptions options = fit_options(how);
    options.batch_size = batch;
    const Index steps = (std::ssize(training) + options.batch_size - 1) / options.batch_size;
    options.schedule = CosineDecay{.rate = rate, .over = how.epochs * steps, .floor = rate / 50};
    options.schedule_interval = Interval::step;
    reached.seconds = how.note(train_and_save(
        options, how.save,
        [&](const FitOptions& watched) {
          return fit<Model>(translator.model, optimizer, training, validation, watched);
        },
        save));
  }
  std::vector<Words> found(data.unseen.size());
  std::vector<std::vector<Words>> right;
  for (const auto& sentence : data.unseen) right.push_back(sentence.targets);
  parallel(how.threads, [&](int first) {
    for (auto i = static_cast<std::size_t>(first); i < found.size();
         i += static_cast<std::size_t>(how.threads))
      found[i] = translate(translator, data.unseen[i].source, width).words;
  });
  reached.bleu = 100 * bleu(found, right).score;
  std::vector<std::vector<Words>> first;
  for (const auto& all : right) first.push_back({all.front()});
  reached.single = 100 * bleu(found, first).score;
  for (std::size_t i = 0; i < found.size(); ++i) reached.exact += std::ranges::count(right[i], found[i]) > 0;
  reached.exact /= static_cast<double>(found.size());
  return reached;
}

/// Translates each line of the standard input.
void translate_input(const Translator<Attentive>& translator, Index width) {
  answer_input("a sentence", [&](const std::string& line) {
    const Words read = split_words(line);
    return read.empty() ? "" : text(translate(translator, read, width).words);
  });
}

int main(int count, char** words) {
  return run_program("translate", [&] {
    Settings how{.cell = "gru", .epochs = 0, .clip = 1};
    Architecture sizes{.cell = {}, .hidden = 0, .dropout = 0.2};
    std::string file;
    Words asked;
    Index longest = 10, least = 4, width = 4, batch = 64;
    double rate = 3e-3;
    bool compare = false;
    CommandLine line("translate",
                     "Translates sentences. Trains an encoder and a decoder with attention; without\n"
                     "--data it learns numbers in words, from English to French.",
                     how);
    const OptionGroup group = line.group("Data"), network = line.group("Network"), use = line.group("Use");
    group.add("--data", file, "FILE", "On each line a sentence, a tab, and its translation")
        ->check(not_empty());
    group.add_with_default("--words", longest, "N", "Longest sentences of FILE, in words between spaces")
        ->check(whole_number(1, 1000));
    group.add_with_default("--least", least, "N", "Words that occur less often in FILE are not known")
        ->check(whole_number(1, 1000000));
    network.add("--hidden", sizes.hidden, "N", "Units of the cell [64, with --data 256]")
        ->check(whole_number(1, 100000));
    network.add_with_default("--dropout", sizes.dropout, "RATE", "Part of the features dropped in training")
        ->check(part());
    line.of_network("--hidden", sizes.hidden);
    line.of_network("--dropout", sizes.dropout);
    line.of_network("--least", least);
    line.of_network("--words", longest);  // they decide which pairs are held out
    network.add_with_default("--rate", rate, "RATE", "Learning rate at first")->check(number_above_zero());
    network.add_with_default("--batch", batch, "N", "Pairs that it learns from at once")
        ->check(whole_number(1, 100000));
    network.add_flag("--compare", compare, "Train another network as well, without attention");
    use.add("--sentence", asked, "TEXT", "Sentence to translate; may be given several times")
        ->check(not_empty("a sentence"));
    use.add_with_default("--beam", width, "N", "Beginnings that the search follows at once; 1 is greedy")
        ->check(whole_number(1, 1000));
    line.footer(
        "Without --epochs it reads numbers 4 times, and a file 5 times.\n"
        "With --load, and neither --data nor --epochs, it only translates: the\n"
        "sentences that are given, or else each line of the standard input.\n"
        "\nExamples:\n"
        "  translate --data fra.txt --save french.safetensors\n"
        "  translate --load french.safetensors --sentence \"How are you?\"\n"
        "  translate --load french.safetensors < english.txt > french.txt");
    if (!line.parse(count, words)) return 0;

    line.require_with("--data", {"--words", "--least"});
    require(!compare || how.load.empty(), "--compare trains both networks: leave out --load");
    for (const std::string& sentence : asked)
      require(!split_words(sentence).empty(), quote(sentence), " has no words to translate");
    const auto begin = std::chrono::steady_clock::now();
    const bool measures = !line.only_uses();
    if (measures && file.empty()) line.draws_data();
    Random random(how.seed);
    std::vector<ParallelText> pairs;
    if (measures)
      pairs = file.empty() ? numbers::draw(how.is_short ? 2000 : 20000, random) : read_parallel_text(file);
    if (!file.empty()) {
      const auto left_out = std::erase_if(pairs, [&](const auto& pair) {
        return std::max(length(pair.source), length(pair.target)) > longest;
      });
      if (left_out > 0)
        write_text(text_of(several(left_out, "pair"), " of more than ", longest, " words are left out."));
    }
    if (how.epochs == 0) how.epochs = file.empty() ? 4 : 5;
    if (file.empty()) least = 1;
    if (sizes.hidden == 0) sizes.hidden = file.empty() ? 64 : 256;
    sizes.cell = how.cell;
    const Data data(pairs);
    require(!measures || !data.unseen.empty(),
            "no sentence is left to measure on: give at least ten different ones");

    Translator<Attentive> translator =
        how.load.empty()
            ? make_translator<Attentive>(words_of(data.training, least, false),
                                         words_of(data.training, least, true), sizes, data.longest())
            : load_translator(how.load);
    if (measures) {
      write_text(text_of(pairs.size(), " pairs. ", data.unseen.size(),
                         " sentences with all their translations are held out. The network knows ",
                         translator.source.size() - 1, " words of the one language and ",
                         translator.target.size() - 2, " of the other.\n"));
      const Reached with = run(translator, data, how, line.trains(), rate, batch, width,
                               [&] { save(translator, how.save, line.metadata()); });
      std::vector<Words> rows{
          {"", "exact", "BLEU", "first"},
          {"with attention", percent(with.exact), fixed(with.bleu, 1), fixed(with.single, 1)}};
      double gain = std::numeric_limits<double>::quiet_NaN();
      if (compare && !how.interrupted) {
        std::cout << "Now without attention.\n" << std::flush;
        Settings other = how;
        other.log = other.save = "";
        if (!other.checkpoints.folder.empty()) other.checkpoints.folder += "/without";
        auto plain = make_translator<Plain>(translator.source, translator.target, sizes, data.longest());
        const Reached without = run(plain, data, other, true, rate, batch, width, [] {});
        how.interrupted = other.interrupted;
        rows.push_back({"without", percent(without.exact), fixed(without.bleu, 1), fixed(without.single, 1)});
        gain = with.bleu - without.bleu;
      }
      std::cout << '\n';
      write_table(rows);
      std::cout << '\n';
      write_text(
          "Exact: one of the translations that were held out. BLEU counts runs of up to four words and signs "
          "in small letters, against all translations of a sentence. First: BLEU against the first one "
          "alone, which asks for more.\n\n");
      const std::chrono::duration<double, std::ratio<60>> minutes = std::chrono::steady_clock::now() - begin;
      write_figures(how, {{"exact", with.exact},
                          {"bleu", with.bleu},
                          {"bleu-single", with.single},
                          {"training", with.seconds},
                          {"minutes", minutes.count()},
                          {"gain", gain}});
    } else if (asked.empty()) {
      translate_input(translator, width);
      return 0;
    }

    std::vector<Words> sentences;
    for (const std::string& sentence : asked) sentences.push_back(split_words(sentence));
    if (asked.empty())
      for (std::size_t n = 0; n < 6; ++n)
        sentences.push_back(data.unseen[n * (data.unseen.size() - 1) / 5].source);
    Translated translated;
    for (const Words& sentence : sentences) {
      translated = translate(translator, sentence, width);
      write_text(text(sentence) + "\n  " + text(translated.words));
    }
    write_text("\nWhere it looks for each word that it writes, brighter or .:*# for more:");
    show_attention(sentences.back(), translated);
    if (asked.empty() && can_ask()) translate_input(translator, width);
    return conclude(
        how,
        "the decoder writes one word after the other, and for each it looks where its meaning stands, "
        "also where the other language has another order.");
  });
}
