// One to many: a key and a metre become a tune. The network writes it in ABC notation, sign by sign, and has to count:
// a bar whose notes don't fill it is wrong. A parser says how many of its tunes are right.
//
//   melody                            half a minute, with tunes made by rule
//   melody --data FILE                tunes in ABC notation, or a folder of files *.abc
//   melody --load FILE --key G --metre 6/8
//
// Each key and each metre is a number, 1 or 0. A dense layer turns them into the state in which the decoder starts. The
// tune that it shows is also written as it sounds: a MIDI file, and a WAV file of plucked strings.
#include <algorithm>
#include <iostream>
#include <recur/recur.hpp>
#include <set>

#include "common/command_line.hpp"
#include "common/saved_model.hpp"
#include "made_tunes.hpp"
#include "music.hpp"

using namespace examples;
using namespace recur;
using music::find_fault, music::to_abc, music::Tune;
using Model = OneToMany<Dense<float, Tanh>, Decoder<Network<float, Token>, Dense<float>>,
                        EachStep<SoftmaxCrossEntropy<float>>>;
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

/// The network, and what its numbers stand for.
struct Composer {
  Vocabulary letters;
  Names keys, metres;
  Model model;

  Composer(Vocabulary signs, Names its_keys, Names its_metres, const Description& body, SizeLimit limit = {})
      : letters(std::move(signs)),
        keys(std::move(its_keys)),
        metres(std::move(its_metres)),
        model(make(standard_kinds<float>().make<Token>(body, limit))) {}

  Model make(Network<float, Token> body) const {
    const Index state = state_size(body), hidden = body.output_size();
    return {
        Dense<float, Tanh>{std::ssize(keys) + std::ssize(metres), state},
        {std::move(body), Dense<float>{hidden, letters.size()}, {.begin = 0, .end = 0, .max_length = 5000}},
        EachStep{SoftmaxCrossEntropy<float>{}}};
  }
  /// A one at the key and one at the metre.
  VectorX<float> input(const std::string& key, const std::string& metre) const {
    VectorX<float> x = VectorX<float>::Zero(std::ssize(keys) + std::ssize(metres));
    const auto mark = [&](const Names& names, const std::string& name, const char* what, Index first) {
      const auto found = std::ranges::find(names, name);
      require(found != names.end(), "it knows no tune in the ", what, ' ', detail::quote(name), ", but in ",
              list_of(names));
      x(first + (found - names.begin())) = 1;
    };
    mark(keys, key, "key", 0);
    mark(metres, metre, "metre", std::ssize(keys));
    return x;
  }
  Model::Example example(const Tune& tune) const {
    Model::Example made{input(tune.key, tune.metre), letters.ids(characters(tune.text))};
    require(std::ranges::find(made.target, Vocabulary::unknown) == made.target.end(),
            "a tune has a sign that it does not know");
    return made;
  }
  Tune write(const std::string& key, const std::string& metre, Sampler& draw, Random& random) const {
    Tune tune{key, metre, {}};
    for (const Token sign : model.sample(input(key, metre), draw, random)) tune.text += letters.word(sign);
    return tune;
  }
};

Composer make(std::span<const Tune> tunes, const std::string& cell, Index hidden, double dropout) {
  WordCounts counts;
  std::set<std::string> keys, metres;
  for (const Tune& tune : tunes) {
    count_words(characters(tune.text), counts);
    keys.insert(tune.key);
    metres.insert(tune.metre);
  }
  Vocabulary letters = Vocabulary::from_counts(counts);
  const Description body = Description("chain")
                               .around({"embedding", letters.size(), 32})
                               .around(recurrent(cell, 32, hidden))
                               .around(Description("dropout").with("rate", dropout));
  return {std::move(letters), {keys.begin(), keys.end()}, {metres.begin(), metres.end()}, body};
}

void save(const Composer& composer, const std::string& path, Metadata metadata) {
  vocabulary_to_metadata(composer.letters, metadata);
  list_to_metadata(composer.keys, metadata, "melody.keys");
  list_to_metadata(composer.metres, metadata, "melody.metres");
  save_model(composer.model, path, std::move(metadata),
             {{"melody.body", composer.model.decoder.body.description()}});
}
Composer load(const std::string& path) {
  return load_model(path, [](const SavedModel& saved) {
    const Description body = saved.network("melody.body");
    return Composer(saved.vocabulary(), saved.list("melody.keys"), saved.list("melody.metres"), body,
                    saved.limit());
  });
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
    style.add("--metre", metre, "METRE", "Its metre, such as 6/8; without it, any");
    style
        .add_with_default("--temperature", sampling.temperature, "T",
                          "Below 1 it is careful, above 1 daring; 0 always takes the most likely sign")
        ->check(zero_or_above());
    style.add_with_default("--tunes", to_write, "N", "How many it writes to be checked")
        ->check(whole_number(1, 1000000));
    style.add_with_default("--name", name, "NAME", "The tune goes to NAME.abc, NAME.mid and NAME.wav")
        ->check(not_empty())
        ->check(without_quotes());
    line.footer(
        "Without --epochs it reads some 8 million signs, at most 25 times each.\n"
        "\nExamples:\n"
        "  melody --data tunes.abc --save tunes.safetensors\n"
        "  melody --data tunes.abc --load tunes.safetensors --key Am --metre 6/8 --seed 5");
    if (!line.parse(count, words)) return 0;
    require_writable(name + ".abc");

    Random random(how.seed);
    const std::vector<Tune> tunes = read_tunes(path, how.is_short, random);
    Composer composer = how.load.empty() ? make(tunes, how.cell, hidden, dropout) : load(how.load);
    Model& model = composer.model;
    std::string known;
    std::vector<Tune> unseen, written;
    std::vector<Model::Example> training, chooses, held_out;
    for (std::size_t n = 0; n < tunes.size(); ++n) {
      if (n % 10 == 9) unseen.push_back(tunes[n]);
      if (n % 10 != 9) known += tunes[n].text;
      (n % 10 == 9 ? held_out : n % 20 == 4 ? chooses : training).push_back(composer.example(tunes[n]));
    }
    if (key.empty()) key = unseen[0].key;
    if (metre.empty()) metre = unseen[0].metre;
    composer.input(key, metre);  // throws if it does not know them
    write_text(text_of(tunes.size(), " tunes, of which ", unseen.size(), " are held out.\n"));
    if (line.trains()) {
      if (how.load.empty()) initialize(model, how.seed);
      if (how.epochs == 0)
        how.epochs = static_cast<int>(std::clamp<std::size_t>(8000000 / known.size(), 1, 25));
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
    Sampler draw(sampling);
    if (how.is_short) to_write = std::min<Index>(to_write, 5);
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
    const double parse = static_cast<double>(right(written, false)) / static_cast<double>(to_write);
    write_figures(how, {{"nats", loss}, {"parse", parse}, {"training", seconds}});

    Tune tune = composer.write(key, metre, draw, random);
    for (int tries = 1; tries < 20 && !find_fault(tune).empty(); ++tries)
      tune = composer.write(key, metre, draw, random);
    write_file(name + ".abc", [&](std::ostream& file) { file << to_abc(tune); });
    music::show_text('\n' + to_abc(tune) + '\n');
    const std::string fault = find_fault(tune);
    if (fault.empty()) music::perform(unfold_repeats(parse_abc(to_abc(tune))[0]), name);
    write_text(fault.empty() ? text_of("\nTo read and to hear: ", name, ".abc, ", name, ".mid",
                                       has_sound_files ? ", " + name + ".wav" : "", ". It has at most ",
                                       music::longest_copy(tune.text, known), " of its ", tune.text.size(),
                                       " signs on end in common with a tune that it learned from.")
                             : "This can't be played: " + fault + '.');
    return conclude(how,
                    "a key and a metre became a tune. Nobody told the network what a bar is; from tunes "
                    "alone it learned to count.");
  });
}
