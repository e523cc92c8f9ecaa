// Many to many to learn, one to many to write: a network that continues a text character by character.
//
//   generate                     40 seconds, with this project's own documents
//   generate --data FILE         any text in UTF-8
//   generate --load MODEL        only writes, without the text that it learned from
//   generate --help              all options
//
// It learns to predict the next character of a text, of which it reads several rows side by side. Its state goes on
// from batch to batch, but the gradient stops between them (truncated backpropagation through time). To write, it
// draws a character from its prediction, reads it, and so on.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <limits>
#include <recur/recur.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/answer_input.hpp"
#include "common/command_line.hpp"
#include "writer.hpp"

using namespace examples;
using namespace recur;
using writer::Architecture, writer::Model, writer::Writer;
using Tokens = std::span<const Token>;

/// The documents of the project from whose sources this program was built.
std::string own_documents() {
  const std::filesystem::path folder = PROJECT_FOLDER;  // CMake gives it
  std::string text;
  for (const char* name : {"README.md", "CONTRIBUTING.md", "docs/features.md", "docs/programs.md",
                           "docs/figures.md", "benchmarks/README.md", "CHANGELOG.md"})
    if (is_there(folder / name)) text += read_text(folder / name);
  require(!text.empty(), "the project's documents are not in ", printable(in_utf8(folder)),
          ": give a text with --data FILE");
  return text;
}

/// A text in rows that are read side by side: few for a short text.
LongText in_rows(Tokens text, Index rows, Index steps) {
  return {{text.begin(), text.end()}, std::clamp<Index>(std::ssize(text) / 1000, 1, rows), steps};
}

/// The loss of a character, in nats, of a guess that knows how often each character occurs, and nothing else.
double measure_frequencies(Tokens training, Tokens unseen, Index letters) {
  VectorX<double> counts = VectorX<double>::Ones(letters);
  for (const Token token : training) ++counts(token);
  double loss = 0;
  for (const Token token : unseen) loss -= std::log(counts(token) / counts.sum());
  return loss / static_cast<double>(unseen.size());
}

/// How it writes: which characters it may draw, and how many.
struct Writing {
  SamplingOptions sampling{.temperature = 0.7};
  Index length = 400;
  std::string prompt;
};

std::string write(const Model& model, const Vocabulary& letters, const Writing& how, Index length,
                  Random& random) {
  Sampler draw(how.sampling);
  auto stream = model.stream();
  VectorX<float> logits = model.step_logits(letters.id("\n"), stream);
  for_each_character(how.prompt, [&](std::string_view character) {
    logits = model.step_logits(letters.id(character), stream);
  });
  std::string text = how.prompt;
  for (Index n = 0; n < length; ++n) {
    logits(Vocabulary::unknown) = -std::numeric_limits<float>::infinity();  // it can't be written
    const Token next = draw(logits, random);
    text += letters.word(next);
    logits = model.step_logits(next, stream);
  }
  return text;
}

/// Throws for a beginning that the network can't read.
void check_prompt(const std::string& prompt, const Vocabulary& letters) {
  require(is_utf8(prompt), "the beginning must be text in UTF-8");
  for_each_character(prompt, [&](std::string_view character) {
    require(letters.id(character) != Vocabulary::unknown, "the beginning has the character ",
            quote(character), ", which the text that it learned from does not have");
  });
}

int main(int count, char** words) {
  return run_program("generate", [&] {
    Settings how{.epochs = 0, .clip = 1};
    std::string file;
    Architecture sizes;
    Writing writing;
    Index steps = 100;
    Index rows = 12;  // few: an epoch is many steps
    double rate = 4e-3, dynamic_rate = 0;
    CacheOptions memory{.size = 4000};
    CommandLine line("generate", "Learns to continue a text, character by character, and writes.", how);
    const OptionGroup data = line.group("Data"), network = line.group("Network"),
                      style = line.group("Writing");
    data.add("--data", file, "FILE", "Text in UTF-8; without it, this project's documents")
        ->check(not_empty());
    data.add("--dynamic", dynamic_rate, "RATE",
             "Read what is held out once more and go on learning from what was read, at this rate")
        ->check(number_above_zero());
    data.add_with_default(
            "--memory", memory.size, "N",
            "Characters that it remembers when it reads what is held out once more; 0 does not read it again")
        ->check(whole_number(0, 10000000));
    network.add_with_default("--hidden", sizes.hidden, "N", "Units of a layer")
        ->check(whole_number(1, 100000));
    network.add_with_default("--layers", sizes.layers, "N", "Layers of the cell")
        ->check(whole_number(1, 100));
    network.add_with_default("--dropout", sizes.dropout, "RATE", "Part of the features dropped in training")
        ->check(part());
    line.of_network("--hidden", sizes.hidden);
    line.of_network("--layers", sizes.layers);
    line.of_network("--dropout", sizes.dropout);
    line.of_network("--short", how.is_short);  // it decides which tenth is held out
    network.add_with_default("--rate", rate, "RATE", "Learning rate at first")->check(number_above_zero());
    network.add_with_default("--steps", steps, "N", "Characters over which a gradient goes back")
        ->check(whole_number(1, 100000));
    network.add_with_default("--batch", rows, "N", "Rows of the text that it reads side by side")
        ->check(whole_number(1, 100000));
    style.add_with_default("--length", writing.length, "N", "Characters to write")
        ->check(whole_number(1, 10000000));
    style.add("--prompt", writing.prompt, "TEXT", "The beginning of what it writes");
    style
        .add_with_default("--temperature", writing.sampling.temperature, "T",
                          "Below 1 it is careful, above 1 daring; 0 always takes the most likely character")
        ->check(zero_or_above());
    style
        .add_with_default("--top-k", writing.sampling.top_k, "K",
                          "Draw from the K most likely characters only; 0 from all")
        ->check(whole_number(0, 1000000));
    style
        .add_with_default("--top-p", writing.sampling.top_p, "P",
                          "Draw from the fewest characters that have this probability together")
        ->check(number_above_zero());
    line.footer(
        "Without --epochs it reads some 12 million characters, at most 40 times each.\n"
        "With --load, and neither --data nor --epochs, it only writes.\n"
        "\nExamples:\n"
        "  generate --data plays.txt --save plays.safetensors\n"
        "  generate --load plays.safetensors --prompt 'ROMEO:' --top-k 5");
    if (!line.parse(count, words)) return 0;
    Sampler{writing.sampling};  // throws for what is not legal
    Random random(how.seed);
    if (how.is_short) writing.length = std::min<Index>(writing.length, 80);
    const auto write_for_user = [&](const Writer& author) {
      const auto go_on = [&](const std::string& beginning) {
        check_prompt(beginning, author.letters);
        writing.prompt = beginning;
        return write(author.model, author.letters, writing, writing.length, random);
      };
      write_as_it_is(go_on(writing.prompt));
      if (can_ask()) answer_input("a beginning", go_on, write_as_it_is);
      return conclude(how,
                      "from characters alone it learned words and how a line is laid out, and it writes by "
                      "reading what it has written.");
    };
    if (line.only_uses({"--dynamic", "--memory"})) return write_for_user(writer::load(how.load));

    std::string content = file.empty() ? own_documents() : read_text(file);
    if (how.is_short) content.resize(std::min<std::size_t>(content.size(), 6000));
    while (!is_utf8(content)) content.pop_back();  // cut within a character
    const std::vector<std::string> all = characters(content);
    require(all.size() >= 1000, file.empty() ? "the text" : printable(file), " has ", all.size(),
            " characters: it must have at least 1000");
    Writer author = how.load.empty() ? writer::make(all, how, sizes) : writer::load(how.load);
    Model& model = author.model;
    const Vocabulary& letters = author.letters;
    check_prompt(writing.prompt, letters);

    const std::vector<Token> tokens = letters.ids(all);
    const std::size_t known = tokens.size() - tokens.size() / 10, learned = known - known / 50;
    const Tokens text(tokens), training = text.first(learned),
                               chooses = text.subspan(learned, known - learned), unseen = text.subspan(known);
    write_text(text_of(tokens.size(), " characters, ", letters.size() - 1,
                       " different ones. The last tenth is held out.\n"));
    double seconds = 0;
    if (line.trains()) {
      if (how.load.empty()) initialize(model, how.seed);
      if (how.epochs == 0) how.epochs = static_cast<int>(std::clamp<std::size_t>(12000000 / learned, 1, 40));
      Optimizer optimizer(model, Adam{.rate = rate});
      FitOptions options = fit_options(how);
      options.schedule = CosineDecay{.rate = rate, .over = how.epochs, .floor = rate / 50};
      options.on_epoch = [&, log = options.on_epoch](const EpochReport& epoch) {
        const int part = (how.epochs + 4) / 5;  // it writes five times while it learns
        if (epoch.epoch % part == 0 && epoch.epoch < how.epochs)
          write_as_it_is(text_of("\nAfter epoch ", epoch.epoch, " it writes:\n",
                                 write(model, letters, writing, 160, random), "\n\n"));
        std::cout << std::flush;
        return !log || log(epoch);
      };
      seconds = how.note(train_and_save(
          options, how.save,
          [&](const FitOptions& watched) {
            return fit(model, optimizer, in_rows(training, rows, steps), in_rows(chooses, rows, steps),
                       watched);
          },
          [&] { writer::save(author, how.save, line.metadata()); }));
    }

    // Few rows: each begins without knowing what stands before it.
    const double loss = evaluate(model, in_rows(unseen, 4, steps), {.threads = how.threads});
    write_text(text_of("\nOn the tenth held out: ", fixed(loss, 3), " nats a character, ",
                       fixed(bits_per_character(loss), 2), " bits; it is as unsure as among ",
                       fixed(perplexity(loss), 1), " characters. By how often each occurs: ",
                       fixed(measure_frequencies(training, unseen, letters.size()), 3), " nats.\n\n"));
    double remembered = std::numeric_limits<double>::quiet_NaN(), dynamic = remembered;
    memory.size = std::min(memory.size, std::ssize(unseen));
    if (memory.size > 0) {
      ContinuousCache<float> cache(letters.size(), memory);
      remembered = evaluate_with_cache(model, unseen, cache);
      write_text(text_of("If it remembers the last ", memory.size, " characters, with the same weights: ",
                         fixed(remembered, 3), " nats a character.\n\n"));
    }
    if (dynamic_rate > 0) {
      Model learner = model;
      Optimizer optimizer(learner, Sgd{.rate = dynamic_rate});
      dynamic = evaluate_dynamically(learner, optimizer, in_rows(unseen, 1, 20), 1);
      write_text(text_of("If it goes on learning from what it has read: ", fixed(dynamic, 3),
                         " nats a character.\n\n"));
    }
    write_figures(how, {{"nats", loss}, {"training", seconds}, {"memory", remembered}, {"dynamic", dynamic}});
    return write_for_user(author);
  });
}
