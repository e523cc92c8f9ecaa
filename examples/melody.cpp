// One to many: a key and a metre become a tune. The network writes it in ABC notation, sign by sign, and has to count:
// a bar whose notes don't fill it is wrong. A parser says how many of its tunes are right.
//
//   melody                            half a minute, with tunes made by rule
//   melody --data FILE                tunes in ABC notation, or a folder of files *.abc
//   melody --load MODEL --key G --metre 6/8   a tune, without what the model learned from
//
// Each key and each metre is a number, 1 or 0. A dense layer turns them into the state in which the decoder starts. The
// tune that it shows is also written as it sounds: a MIDI file, and a WAV file of plucked strings.
#include <algorithm>
#include <iostream>
#include <recur/recur.hpp>
#include <set>

#include "common/command_line.hpp"
#include "composer.hpp"
#include "made_tunes.hpp"
#include "music.hpp"

using namespace examples;
using namespace recur;
using namespace composing;
using music::find_fault, music::to_abc, music::Tune;
using Model = Composer::Model;
using Names = std::vector<std::string>;

/// The tunes of a file or folder or, without one, tunes made by rule.
std::vector<Tune> read_tunes(const std::string& path, bool is_short, Random& random) {
  std::string made;
  for (Index n = 1; n <= (is_short ? 40 : 600); ++n) made += made_tunes::make(n, random);
  Names broken;
  std::vector<AbcTune> read = path.empty() ? parse_abc(made) : read_abc(path, &broken);
  if (!broken.empty())
    write_text(text_of(broken.size(), " tunes can't be read and are left out, the first: ", broken[0]));
  require(read.size() >= 20, "found ", read.size(), " tunes: there must be at least 20");
  if (is_short) read.resize(std::min<std::size_t>(40, read.size()));
  std::vector<Tune> tunes;
  for (const AbcTune& tune : read)
    tunes.push_back({tune.field('K'), tune.field('M').empty() ? "none" : tune.field('M'),
                     text_of("L:1/", abc_whole / tune.unit, '\n', tune.music)});
  return tunes;
}

int main(int count, char** words) {
  return run_program("melody", [&] {
    Settings how{.epochs = 0, .clip = 1};
    std::string path, key, metre, name = "melody";
    Index hidden = 256, batch = 8, to_write = 200;
    double dropout = 0.4, rate = 3e-3, seconds = 0;
    SamplingOptions sampling{.temperature = 0.4};
    CommandLine line("melody", "Writes tunes in a key and a metre, as ABC, MIDI and WAV.", how);
    const OptionGroup data = line.group("Data"), network = line.group("Network"),
                      style = line.group("Writing");
    data.add("--data", path, "PATH",
             "Tunes in ABC notation: a file, or a folder of files *.abc; without it, tunes made by rule")
        ->check(not_empty());
    network.add_with_default("--hidden", hidden, "N", "Units of the cell")->check(whole_number(1, 100000));
    network.add_with_default("--dropout", dropout, "RATE", "Part of the features dropped in training")
        ->check(part());
    line.of_network("--hidden", hidden);
    line.of_network("--dropout", dropout);
    network.add_with_default("--rate", rate, "RATE", "Learning rate at first")->check(number_above_zero());
    network.add_with_default("--batch", batch, "N", "Tunes of a batch")->check(whole_number(1, 100000));
    style.add("--key", key, "KEY", "Key of the tune, such as D or Em; without it, that of a tune held out");
    style.add("--metre", metre, "METRE", "Its metre, such as 6/8; without it, that of the same tune");
    style
        .add_with_default("--temperature", sampling.temperature, "T",
                          "Below 1 it is careful, above 1 daring; 0 always takes the most likely sign")
        ->check(zero_or_above());
    style
        .add_with_default("--tunes", to_write, "N",
                          "How many it writes to count those with full bars; each is drawn once")
        ->check(whole_number(1, 1000000));
    style.add_with_default("--name", name, "NAME", "The tune goes to NAME.abc, NAME.mid and NAME.wav")
        ->check(name_of_file())
        ->check(without_quotes());
    line.footer(
        "Without --epochs it reads some 8 million signs, at most 25 times each.\n"
        "The tune that it shows is drawn again until its bars and upbeats are full, at\n"
        "most 20 times in all. With --load, and neither --data nor --epochs, it only\n"
        "writes one.\n"
        "\nExamples:\n"
        "  melody --data tunes.abc --save tunes.safetensors\n"
        "  melody --load tunes.safetensors --key Am --metre 6/8 --seed 5");
    if (!line.parse(count, words)) return 0;
    require_outside(name + ".abc", path);
    // As with pictures: what an earlier run wrote is replaced, unless the user gave it a name.
    const bool is_of_earlier_run = !line.is_given("--name") && music::is_written_here(name + ".abc");
    for (const char* const ending : {".abc", ".mid", ".wav"}) {
      require_replaceable(name + ending, how.overwrite || is_of_earlier_run);
      require_writable(name + ending);
    }

    Random random(how.seed);
    Sampler draw(sampling);
    if (how.is_short) to_write = std::min<Index>(to_write, 5);
    std::string known;      // the tunes that it learned from
    std::size_t signs = 0;  // of these, and of those that choose the best epoch
    // Writes a tune that is drawn again until its bars are full, with the upbeats, or else one of those with full bars.
    const auto show = [&](Composer& composer) {
      if (how.is_short) composer.model.decoder.options.max_length = 300;
      Tune tune = composer.write(key, metre, draw, random);
      std::size_t drawn = 1;
      for (; drawn < 20 && !find_fault(tune, true).empty(); ++drawn)
        if (const Tune next = composer.write(key, metre, draw, random);
            find_fault(next).empty() || !find_fault(tune).empty())
          tune = next;
      write_file(name + ".abc", [&](std::ostream& file) { file << to_abc(tune); });
      music::show_text('\n' + to_abc(tune) + '\n');
      const std::string fault = find_fault(tune);
      if (fault.empty()) music::perform(unfold_repeats(parse_abc(to_abc(tune))[0]), name);
      write_text(fault.empty()
                     ? text_of("\nTo read and to hear: ", name, ".abc, ", name, ".mid",
                               has_sound_files ? ", " + name + ".wav. " : ". ", several(drawn, "tune"),
                               find_fault(tune, true).empty()
                                   ? " drawn until its bars were full, with the upbeats."
                                   : " drawn: bars were full, but no upbeats fitted.")
                     : text_of("This can't be played: ", fault, ". None of ", several(drawn, "tune"),
                               " had full bars."));
      if (fault.empty() && !known.empty())
        write_text(text_of("It has at most ", music::longest_copy(tune.text, known), " of its ",
                           tune.text.size(), " signs on end in common with a tune that it learned from."));
      return conclude(how,
                      "a key and a metre became a tune. Nobody told the network what a bar is; from tunes "
                      "alone it learned to count.");
    };
    const auto take_usual = [&](const Composer& composer) {
      if (key.empty()) key = composer.usual[0];
      if (metre.empty()) metre = composer.usual[1];
      composer.input(key, metre);  // throws if it does not know them
    };
    if (line.only_uses({"--tunes"})) {
      Composer composer = load_composer(how.load);
      take_usual(composer);
      return show(composer);
    }

    const std::vector<Tune> tunes = read_tunes(path, how.is_short, random);
    Composer composer = how.load.empty() ? make_composer(tunes, tunes[9], how.cell, hidden, dropout)
                                         : load_composer(how.load);
    take_usual(composer);
    Model& model = composer.model;
    std::vector<Tune> unseen, written;
    std::vector<Model::Example> training, chooses, held_out;
    for (std::size_t n = 0; n < tunes.size(); ++n) {
      if (n % 10 == 9) unseen.push_back(tunes[n]);
      if (n % 10 != 9) signs += tunes[n].text.size();
      if (n % 10 != 9 && n % 20 != 4) known += tunes[n].text;
      (n % 10 == 9 ? held_out : n % 20 == 4 ? chooses : training).push_back(composer.example(tunes[n]));
    }
    write_text(text_of(tunes.size(), " tunes, of which ", unseen.size(), " are held out.\n"));
    if (line.trains()) {
      if (how.load.empty()) initialize(model, how.seed);
      if (how.epochs == 0) how.epochs = static_cast<int>(std::clamp<std::size_t>(8000000 / signs, 1, 25));
      Optimizer optimizer(model, Adam{.rate = rate});
      FitOptions options = fit_options(how);
      options.batch_size = batch;
      options.schedule = CosineDecay{.rate = rate, .over = how.epochs, .floor = rate / 50};
      seconds = how.note(train_and_save(
          options, how.save,
          [&](const FitOptions& watched) { return fit<Model>(model, optimizer, training, chooses, watched); },
          [&] { save(composer, how.save, line.metadata()); }));
    }

    const double loss = evaluate<Model>(model, held_out, {.threads = how.threads});
    if (how.is_short) model.decoder.options.max_length = 300;
    for (Index n = 0; n < to_write; ++n) {
      const Tune& like = unseen[static_cast<std::size_t>(n) % unseen.size()];
      written.push_back(composer.write(like.key, like.metre, draw, random));
    }
    const auto right = [](const std::vector<Tune>& all, bool upbeats) {
      return std::ranges::count_if(all, [=](const Tune& tune) { return find_fault(tune, upbeats).empty(); });
    };
    write_text(text_of("\nOn the tunes held out: ", fixed(loss, 3), " nats a sign, as unsure as among ",
                       fixed(perplexity(loss), 1), " signs. It writes at temperature ", sampling.temperature,
                       ". In so many tunes all bars are full, and in so many the upbeats also fill the bars "
                       "before them:\n"));
    std::vector<std::vector<std::string>> rows{{"tunes", "number", "full bars", "and upbeats"}};
    for (const auto* all : {&written, &unseen})
      rows.push_back({all == &unseen ? "held out" : "written", std::to_string(all->size()),
                      std::to_string(right(*all, false)), std::to_string(right(*all, true))});
    write_table(rows);
    const auto part_of_written = [&](bool upbeats) {
      return static_cast<double>(right(written, upbeats)) / static_cast<double>(to_write);
    };
    write_figures(how, {{"nats", loss},
                        {"parse", part_of_written(false)},
                        {"strict", part_of_written(true)},
                        {"training", seconds}});

    return show(composer);
  });
}
