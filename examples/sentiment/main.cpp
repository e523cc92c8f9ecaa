// A sentiment classifier: train it, watch it read, talk to it.
//
//   sentiment train
//   sentiment predict "The food is not good."
//   sentiment repl

#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <iomanip>
#include <iostream>
#include <limits>
#include <new>
#include <optional>

#include "classifier.hpp"
#include "data.hpp"
#include "options.hpp"
#include "recur/core/threads.hpp"
#include "recur/data/tokenizer.hpp"
#include "recur/train/interrupt.hpp"
#include "strip.hpp"
#if __has_include(<unistd.h>)
#include <unistd.h>
#endif

namespace {

using namespace sentiment;

// ------------------------------------------------------------------------------------------------ train

struct TrainCommand {
  DataFiles files;
  Architecture what;
  Training how;
  std::string pooling = "last";
  Index min_count = 0;  // 0: 1 for the built-in corpus, 2 for files
  bool balance = false, no_baseline = false, quiet = false;
  std::string save_to = "sentiment.safetensors", start_from;
};

/// Options that would be without effect are refused, not passed over. `given` knows which there were.
void check_options(const TrainCommand& command, const CLI::App& given) {
  const auto is_given = [&](const char* name) { return given.count(name) > 0; };
  for (const char* name : {"--dev", "--text-column", "--label-column"})
    recur::require(is_given("--data") || !is_given(name), name,
                   " needs --data: the built-in corpus has neither files nor columns");
  recur::require(
      !is_given("--momentum") || command.how.optimizer == "momentum" || command.how.optimizer == "nesterov",
      "--momentum is of the optimizers momentum and nesterov, not of ", command.how.optimizer);
  recur::require(!is_given("--min-count") || !is_given("--load"),
                 "--min-count does not go with --load: the words of ", command.start_from, " are kept");
}

/// For the corpus that ships, what was not given is what suits it.
void take_defaults(TrainCommand& command, const CLI::App& given) {
  if (!command.files.data.empty()) return;
  Architecture what = command.what;
  Training how = command.how;
  suit_built_in(what, how);
  const auto take = [&](const char* name, auto& value, const auto& suited) {
    if (given.count(name) == 0) value = suited;
  };
  take("--hidden", command.what.hidden, what.hidden);
  take("--dropout", command.what.dropout, what.dropout);
  take("--epochs", command.how.epochs, how.epochs);
  take("--label-smoothing", command.how.label_smoothing, how.label_smoothing);
}

/// "[64, with --data 128]", of a setting for the corpus that ships and for files.
std::string defaults(auto of_setting) {
  Architecture what;
  Training how;
  const auto of_files = of_setting(what, how);
  suit_built_in(what, how);
  return recur::message(" [", of_setting(what, how), ", with --data ", of_files, "]");
}

/// Refuses what the user wants otherwise than the loaded model has it.
void check_agreement(const TrainCommand& command, const Architecture& loaded, const CLI::App& given) {
  const auto check = [&](const char* name, const auto& wanted, const auto& has) {
    recur::require(given.count(name) == 0 || wanted == has, name, ' ', wanted,
                   " does not go with --load: ", command.start_from, " has ", has, ", which is kept");
  };
  check("--cell", command.what.cell, loaded.cell);
  check("--embedding", command.what.embedding, loaded.embedding);
  check("--hidden", command.what.hidden, loaded.hidden);
  check("--pooling", command.pooling, name_of(loaded.pooling));
}

std::string percent(double part) {
  char text[16];
  std::snprintf(text, sizeof text, "%.1f %%", 100 * part);
  return text;
}

/// One line of the table of results: the accuracy of a network on each test set.
void write_results(const std::string& name, const Network& network, const Data& data,
                   const recur::Vocabulary& vocabulary, double seconds, int threads) {
  std::cout << "  " << std::left << std::setw(14) << name << std::right;
  for (const TestSet& set : data.tests) {
    const Samples samples = to_samples(set.sentences, vocabulary);
    const std::vector<int> classes = network.classify(samples, threads);
    std::size_t right = 0;
    for (std::size_t n = 0; n < samples.size(); ++n) right += classes[n] == samples[n].label;
    std::cout << std::setw(16) << percent(static_cast<double>(right) / static_cast<double>(samples.size()));
  }
  std::cout << std::setw(14) << network.parameters() << std::setw(8) << std::fixed << std::setprecision(1)
            << seconds << " s\n"
            << std::flush;
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// A network that is yet to be trained on the data.
Classifier make_classifier(const TrainCommand& command, const Data& data) {
  Classifier classifier{command.what, {}, data.classes, nullptr};
  const Index by_default = command.files.data.empty() ? 1 : 2;
  classifier.vocabulary =
      make_vocabulary(data.training, command.min_count > 0 ? command.min_count : by_default);
  classifier.what.words = classifier.vocabulary.size();
  classifier.what.classes = static_cast<Index>(data.classes.size());
  classifier.network = make_network(classifier.what);
  return classifier;
}

void run(TrainCommand& command, const CLI::App& given) {
  check_options(command, given);
  take_defaults(command, given);
  require_writable(command.save_to);  // now, and not when hours of training are to be saved
  for (const auto& [name, pooling] : poolings)
    if (name == command.pooling) command.what.pooling = pooling;
  command.how.show_progress = !command.quiet;
  command.how.go_on = !command.start_from.empty();
  Classifier classifier;
  if (command.how.go_on) {
    const bool new_dropout = given.count("--dropout") > 0;
    classifier = load(command.start_from, new_dropout ? std::optional(command.what.dropout) : std::nullopt);
    check_agreement(command, classifier.what, given);
  }
  const Data data = load_data(command.files, command.how.seed);
  if (!command.how.go_on) classifier = make_classifier(command, data);
  recur::require(classifier.classes == data.classes, command.start_from, " knows other classes than ",
                 data.source);
  if (command.balance) {
    std::vector<double> counts(data.classes.size());
    for (const auto& sentence : data.training) ++counts[static_cast<std::size_t>(sentence.label)];
    for (const double count : counts)
      command.how.class_weights.push_back(static_cast<double>(data.training.size()) /
                                          (static_cast<double>(counts.size()) * std::max(count, 1.0)));
  }
  const Samples training = to_training_samples(data.training, classifier.vocabulary, command.how.seed);
  const Samples validation = to_samples(data.validation, classifier.vocabulary);
  std::cout << "Data      " << data.training.size() << " sentences of " << data.source << ", "
            << classifier.vocabulary.size() << " words\n";
  if (data.without_words > 0)
    std::cout << "          " << data.without_words
              << (data.without_words == 1 ? " sentence has no words and is"
                                          : " sentences have no words and are")
              << " left out\n";
  std::cout << "Network   " << classifier.network->describe() << "\n"
            << "Training  " << command.how.epochs << " epochs of batches of " << command.how.batch_size
            << ", " << command.how.optimizer << " at " << command.how.rate << ", " << command.how.threads
            << (command.how.threads == 1 ? " thread" : " threads") << ". Ctrl-C ends it early.\n\n"
            << std::flush;

  const recur::Interrupt interrupt;  // Ctrl-C ends both trainings, and never what lies between them
  auto begin = std::chrono::steady_clock::now();
  classifier.network->train(training, validation, command.how);
  const double seconds = seconds_since(begin);
  save(classifier, command.save_to);

  std::cout << "\n  Accuracy on   ";
  for (const TestSet& set : data.tests) std::cout << std::setw(16) << set.name;
  std::cout << std::setw(14) << "parameters" << std::setw(14) << "trained in"
            << "\n"
            << std::flush;
  if (!command.no_baseline) {
    Architecture blind = classifier.what;
    blind.cell = "bag";
    const auto bag = make_network(blind);
    Training quietly = command.how;
    quietly.show_progress = quietly.go_on = false;
    begin = std::chrono::steady_clock::now();
    if (!interrupt.requested()) bag->train(training, validation, quietly);
    if (interrupt.requested())  // half-trained, it would be no measure
      std::cout << "  bag of words  left out: interrupted\n" << std::flush;
    else
      write_results("bag of words", *bag, data, classifier.vocabulary, seconds_since(begin), quietly.threads);
  }
  write_results(classifier.what.cell, *classifier.network, data, classifier.vocabulary, seconds,
                command.how.threads);
  std::cout << "\nSaved to " << command.save_to << ".\n";
}

// ------------------------------------------------------------------------------------- predict and repl

struct PredictCommand {
  std::string model = "sentiment.safetensors", colour = "auto";
  std::vector<std::string> sentences;
};

/// Does a person sit at this end: 0, the standard input, or 1, the standard output?
bool is_terminal([[maybe_unused]] int end) {
#if __has_include(<unistd.h>)
  return isatty(end) == 1;
#else
  return false;
#endif
}

bool use_colour(const std::string& when) {
  if (when != "auto") return when == "always";
  const char* no_colour = std::getenv("NO_COLOR");
  return !(no_colour && *no_colour) && is_terminal(1);
}

/// Is it a sign, such as a full stop, about which nothing need be known?
bool is_sign(const std::string& word) {
  return word.size() == 1 && recur::tokenizer::signs.find(word[0]) != std::string_view::npos;
}

/// Throws if what was written could not be, as on a device that is full.
void require_output() {
  if (!std::cout.flush()) throw std::runtime_error("the standard output can't be written");
}

void answer(const Classifier& classifier, const std::string& sentence, bool colour) {
  const auto words = recur::tokenize(sentence);
  recur::require(!words.empty(), "the sentence \"", sentence, "\" has no words");
  const auto tokens = classifier.vocabulary.ids(words);
  const auto probabilities = classifier.network->read(tokens);
  Index best = 0;
  const float sure = probabilities.back().maxCoeff(&best);
  const Index shown = classifier.classes.size() == 2 ? 1 : best;
  std::vector<Reading> readings;
  std::string unknown;
  bool any_known = false;
  for (std::size_t t = 0; t < words.size(); ++t) {
    readings.push_back({words[t], static_cast<double>(probabilities[t](shown))});
    const bool known = tokens[t] != recur::Vocabulary::unknown;
    if (!known) unknown += (unknown.empty() ? "" : ", ") + words[t];
    any_known = any_known || (known && !is_sign(words[t]));
  }
  write_strip(std::cout, readings, colour);
  const bool is_guess = !any_known && !unknown.empty();
  std::cout << "  " << (is_guess ? "a guess, for none of its words is known: " : "")
            << classifier.classes[static_cast<std::size_t>(best)] << ", "
            << percent(static_cast<double>(sure)) << " sure";
  if (!unknown.empty() && !is_guess) std::cout << "; not known: " << unknown;
  std::cout << "\n";
  require_output();
}

/// Has the line nothing but spaces and the \r of Windows?
bool is_blank(const std::string& line) { return line.find_first_not_of(" \t\r") == std::string::npos; }

void predict(const PredictCommand& command) {
  const Classifier classifier = load(command.model);
  const bool colour = use_colour(command.colour);
  if (!command.sentences.empty()) {
    for (const auto& sentence : command.sentences) answer(classifier, sentence, colour);
    return;
  }
  if (is_terminal(0)) std::cerr << "Type sentences, one a line; Ctrl-D ends.\n";
  for (std::string line; std::getline(std::cin, line);)
    if (!is_blank(line)) answer(classifier, line, colour);
}

void repl(const PredictCommand& command) {
  const Classifier classifier = load(command.model);
  const bool colour = use_colour(command.colour);
  std::cout << "Type a sentence; an empty line or Ctrl-D ends.\n> " << std::flush;
  for (std::string line; std::getline(std::cin, line) && !is_blank(line); std::cout << "> " << std::flush) {
    try {
      answer(classifier, line, colour);
    } catch (const std::invalid_argument& error) {
      std::cout << "  " << error.what() << "\n";
    }
  }
  std::cout << "\n";
}

// ------------------------------------------------------------------------------------------ command line

void add_train(CLI::App& app, TrainCommand& command) {
  CLI::App& train = *app.add_subcommand(
      "train", "Train a classifier, compare it with a network that is blind to order, save it");
  auto& [files, what, how, pooling, min_count, balance, no_baseline, quiet, save_to, start_from] = command;
  how.threads = recur::available_threads();

  const OptionGroup data(train, "Data");
  data.add("--data", files.data, "PATH",
           "TSV or CSV file with a column of sentences and one of labels, or a folder with train.tsv and "
           "dev.tsv; without it the built-in corpus")
      ->check(not_empty());
  data.add("--dev", files.dev, "FILE", "File to validate on; without it a tenth of the sentences is held out")
      ->check(not_empty());
  data.add("--text-column", files.text_column, "NAME",
           "Name or number of the column of sentences, if it can't be guessed")
      ->check(not_empty());
  data.add("--label-column", files.label_column, "NAME", "Name or number of the column of labels")
      ->check(not_empty());
  data.add("--min-count", min_count, "N", "Words seen less often are unknown [1, with --data 2]")
      ->check(whole_number(1, 1000000));

  const OptionGroup network(train, "Network");
  network.add_with_default("--cell", what.cell, "CELL", "Recurrent cell: " + list(cells))
      ->check(one_of(cells));
  network.add_with_default("--embedding", what.embedding, "N", "Features of a word")
      ->check(whole_number(1, largest_size));
  network
      .add("--hidden", what.hidden, "N",
           "Units of the cell" + defaults([](const auto& net, const auto&) { return net.hidden; }))
      ->check(whole_number(1, largest_size));
  network
      .add_with_default("--pooling", pooling, "HOW",
                        "State that is classified: the last, or mean or max over all")
      ->check(one_of({"last", "mean", "max"}));
  network
      .add("--dropout", what.dropout, "RATE",
           "Part of the features that training leaves out at random, before and after the cell" +
               defaults([](const auto& net, const auto&) { return net.dropout; }))
      ->check(number_from(0, 1));

  const OptionGroup training(train, "Training");
  training
      .add("--epochs", how.epochs, "N",
           "Times that all sentences are read" +
               defaults([](const auto&, const auto& settings) { return settings.epochs; }))
      ->check(whole_number(1, 1000000));
  training.add_with_default("--batch", how.batch_size, "N", "Sentences in a step")
      ->check(whole_number(1, 1000000));
  const std::vector<std::string_view> optimizers{"sgd",     "momentum", "nesterov", "rmsprop",
                                                 "adagrad", "adam",     "adamw"};
  training.add_with_default("--optimizer", how.optimizer, "RULE", "Rule of the step: " + list(optimizers))
      ->check(one_of(optimizers));
  training.add_with_default("--rate", how.rate, "RATE", "Learning rate")->check(number_above_zero());
  training
      .add_with_default("--momentum", how.momentum, "PART",
                        "Part of the last step that momentum and nesterov keep")
      ->check(number_from(0, 1));
  training.add_with_default("--weight-decay", how.weight_decay, "RATE", "Pull of the weights towards zero")
      ->check(number_from(0));
  const std::vector<std::string_view> schedules{"constant", "step", "cosine", "plateau"};
  training
      .add_with_default("--schedule", how.schedule, "FORM",
                        "Learning rate over the epochs: " + list(schedules))
      ->check(one_of(schedules));
  training.add_with_default("--warm-up", how.warm_up, "N", "Epochs over which the rate rises first")
      ->check(whole_number(0, 1000000));
  training.add_with_default("--clip", how.clip, "NORM", "Largest norm of the gradient; 0 for no limit")
      ->check(number_from(0));
  training
      .add_with_default("--patience", how.patience, "N",
                        "Epochs without a better one after which to stop; 0 for never")
      ->check(whole_number(0, 1000000));
  training
      .add("--label-smoothing", how.label_smoothing, "PART",
           "Part of each label that all classes share, against too much certainty" +
               defaults([](const auto&, const auto& settings) { return settings.label_smoothing; }))
      ->check(number_from(0, 1));
  training.add_flag("--balance", balance, "Weigh classes against their frequency");
  training
      .add_with_default("--seed", how.seed, "N",
                        "Seed of weights, order and dropout: the same seed, the same result")
      ->check(whole_number(0, std::numeric_limits<long long>::max()));
  training.add_with_default("--threads", how.threads, "N", "Threads that share each batch")
      ->check(whole_number(1, 1024));

  const OptionGroup result(train, "Result");
  result.add_with_default("--save", save_to, "FILE", "File for the result")->check(not_empty());
  result
      .add("--load", start_from, "FILE",
           "Go on from this model: its cell, sizes, words and, if none is given, rate of dropout are kept")
      ->check(not_empty());
  result.add_flag("--no-baseline", no_baseline, "Leave out the network that is blind to order");
  result.add_flag("--quiet", quiet, "Show no progress");
  train.footer(
      "\n"
      "The weights of the epoch that is best on sentences held out are saved. Ctrl-C ends training early "
      "and\n"
      "saves the best until then.\n"
      "\n"
      "Examples:\n"
      "  sentiment train\n"
      "  sentiment train --cell gru --hidden 64 --epochs 5 --save small.safetensors\n"
      "  sentiment train --data reviews.csv --text-column review --label-column stars\n"
      "  sentiment train --load small.safetensors --epochs 3 --rate 1e-3 --save better.safetensors");
  train.callback([&] { run(command, train); });
}

void add_predict(CLI::App& app, PredictCommand& command) {
  auto* predicting =
      app.add_subcommand("predict", "Classify sentences and show the probability after each word");
  auto* talking = app.add_subcommand("repl", "Classify what you type");
  for (auto* sub : {predicting, talking}) {
    const OptionGroup options(*sub, "Options");
    options.add_with_default("--load", command.model, "FILE", "Model to ask")->check(not_empty());
    options
        .add_with_default("--color,--colour", command.colour, "WHEN",
                          "When to use colours: auto, always or never")
        ->check(one_of({"auto", "always", "never"}));
  }
  predicting
      ->add_option("sentence", command.sentences,
                   "Sentences, each in quotes; without any they are read from the standard input, one a line")
      ->option_text("SENTENCE...");
  predicting->footer(
      "\n"
      "Below each word stands the probability of the second class, or of several the best, once it is read.\n"
      "\n"
      "Examples:\n"
      "  sentiment predict 'The food is not good.'\n"
      "  sentiment predict --load small.safetensors < reviews.txt");
  predicting->callback([&] { predict(command); });
  talking->callback([&] { repl(command); });
}

}  // namespace

int main(int count, char** words) {
  CLI::App app{"A sentiment classifier made of a recurrent network: train it, watch it read, talk to it."};
  app.name("sentiment");
  app.require_subcommand(1);
  app.footer("sentiment COMMAND --help lists the options of a command.");
  TrainCommand training;
  PredictCommand prediction;
  add_train(app, training);
  add_predict(app, prediction);
  const auto fail = [](const std::string& what) {
    std::cerr << "sentiment: " << what << "\n";
    return 2;
  };
  try {
    try {
      app.parse(count, words);
    } catch (const CLI::RequiredError&) {
      return fail((count > 1 ? recur::message('"', words[1], "\" is no command") : "no command was given") +
                  ": it must be train, predict or repl");
    } catch (const CLI::ParseError& error) {
      if (error.get_exit_code() != 0) return fail(error.what());
      app.exit(error);  // --help
    }
    require_output();
  } catch (const std::bad_alloc&) {
    return fail("there is not enough memory: take a smaller network or batch");
  } catch (const std::exception& error) {
    return fail(error.what());
  }
}
