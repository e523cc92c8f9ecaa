// A sentiment classifier: train it, watch it read, talk to it.
//
//   sentiment train
//   sentiment predict "The food is not good."
//   sentiment repl

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <iomanip>
#include <iostream>
#include <memory>
#include <sstream>

#include "data.hpp"
#include "network.hpp"
#include "recur/core/threads.hpp"
#include "recur/data/tokenizer.hpp"
#include "recur/io/model_file.hpp"
#include "strip.hpp"
#if __has_include(<unistd.h>)
#include <unistd.h>
#endif

namespace {

using namespace sentiment;

/// A network with the words and classes it knows: what a file holds.
struct Classifier {
  Architecture what;
  recur::Vocabulary vocabulary;
  std::vector<std::string> classes;
  std::unique_ptr<Network> network;
};

// ------------------------------------------------------------------------------------------------ files

const std::map<std::string, recur::Pooling> poolings{
    {"last", recur::Pooling::last}, {"mean", recur::Pooling::mean}, {"max", recur::Pooling::max}};

void save(const Classifier& classifier, const std::string& path) {
  recur::Metadata metadata{{"sentiment.cell", classifier.what.cell},
                           {"sentiment.embedding", std::to_string(classifier.what.embedding)},
                           {"sentiment.hidden", std::to_string(classifier.what.hidden)}};
  for (const auto& [name, pooling] : poolings)
    if (pooling == classifier.what.pooling) metadata["sentiment.pooling"] = name;
  recur::vocabulary_to_metadata(classifier.vocabulary, metadata);
  recur::list_to_metadata(classifier.classes, metadata, "sentiment.classes");
  recur::write_safetensors(path, classifier.network->weights(std::move(metadata)));
}

Classifier load(const std::string& path) {
  const recur::TensorFile file = recur::read_safetensors(path);
  const auto text = [&](const char* key) -> const std::string& {
    const auto found = file.metadata.find(key);
    if (found == file.metadata.end())
      throw recur::FileError(path + ": the file is no model of this program: it does not say \"" + key + '"');
    return found->second;
  };
  Classifier classifier;
  classifier.what.cell = text("sentiment.cell");
  const auto pooling = poolings.find(text("sentiment.pooling"));
  if (pooling == poolings.end())
    throw recur::FileError(path + ": the pooling \"" + text("sentiment.pooling") + "\" is not known");
  classifier.what.pooling = pooling->second;
  classifier.what.embedding = recur::integer_from_metadata(file.metadata, "sentiment.embedding");
  classifier.what.hidden = recur::integer_from_metadata(file.metadata, "sentiment.hidden");
  classifier.vocabulary = recur::vocabulary_from_metadata(file.metadata);
  classifier.classes = recur::list_from_metadata(file.metadata, "sentiment.classes");
  classifier.what.words = classifier.vocabulary.size();
  classifier.what.classes = static_cast<Index>(classifier.classes.size());
  classifier.network = make_network(classifier.what);
  classifier.network->load(file, path);
  return classifier;
}

// ------------------------------------------------------------------------------------------------ train

struct TrainCommand {
  DataFiles files;
  Architecture what;
  Training how;
  Index min_count = 0;  // 0: 1 for the built-in corpus, 2 for files
  bool balance = false, no_baseline = false;
  std::string save_to = "sentiment.safetensors", start_from;
};

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

void run(TrainCommand& command) {
  const Data data = load_data(command.files, command.how.seed);
  Classifier classifier;
  if (command.start_from.empty()) {
    if (command.min_count == 0) command.min_count = command.files.data.empty() ? 1 : 2;
    classifier.what = command.what;
    classifier.classes = data.classes;
    classifier.vocabulary = make_vocabulary(data.training, command.min_count);
    classifier.what.words = classifier.vocabulary.size();
    classifier.what.classes = static_cast<Index>(data.classes.size());
    classifier.network = make_network(classifier.what);
  } else {
    classifier = load(command.start_from);
    recur::require(classifier.classes == data.classes, command.start_from, " knows other classes than ",
                   data.source);
    command.how.go_on = true;
  }
  if (command.balance) {
    std::vector<double> counts(data.classes.size());
    for (const auto& sentence : data.training) ++counts[static_cast<std::size_t>(sentence.label)];
    for (const double count : counts)
      command.how.class_weights.push_back(static_cast<double>(data.training.size()) /
                                          (static_cast<double>(counts.size()) * count));
  }
  const Samples training = to_samples(data.training, classifier.vocabulary);
  const Samples validation = to_samples(data.validation, classifier.vocabulary);
  std::cout << "Data      " << training.size() << " sentences of " << data.source << ", "
            << classifier.vocabulary.size() << " words\n"
            << "Network   " << classifier.network->describe() << "\n"
            << "Training  " << command.how.epochs << " epochs of batches of " << command.how.batch_size
            << ", " << command.how.optimizer << " at " << command.how.rate << ", " << command.how.threads
            << (command.how.threads == 1 ? " thread" : " threads") << ". Ctrl-C ends it early.\n\n"
            << std::flush;

  auto begin = std::chrono::steady_clock::now();
  const recur::FitReport report = classifier.network->train(training, validation, command.how);
  const double seconds = seconds_since(begin);
  save(classifier, command.save_to);

  std::cout << "\n  Accuracy on   ";
  for (const TestSet& set : data.tests) std::cout << std::setw(16) << set.name;
  std::cout << std::setw(14) << "parameters" << std::setw(14) << "trained in"
            << "\n";
  if (!command.no_baseline && report.stopped != recur::Stopped::by_interrupt) {
    Architecture blind = classifier.what;
    blind.cell = "bag";
    const auto bag = make_network(blind);
    Training quietly = command.how;
    quietly.show_progress = quietly.go_on = false;
    begin = std::chrono::steady_clock::now();
    bag->train(training, validation, quietly);
    write_results("bag of words", *bag, data, classifier.vocabulary, seconds_since(begin), quietly.threads);
  }
  write_results(classifier.what.cell, *classifier.network, data, classifier.vocabulary, seconds,
                command.how.threads);
  std::cout << "\nSaved to " << command.save_to << ".\n";
}

// ------------------------------------------------------------------------------------------------ predict
// and repl

struct PredictCommand {
  std::string model = "sentiment.safetensors", colour = "auto";
  std::vector<std::string> sentences;
};

bool use_colour(const std::string& when) {
  if (when != "auto") return when == "always";
  const char* no_colour = std::getenv("NO_COLOR");
  if (no_colour && *no_colour) return false;
#if __has_include(<unistd.h>)
  return isatty(STDOUT_FILENO) == 1;
#else
  return false;
#endif
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
  for (std::size_t t = 0; t < words.size(); ++t) {
    readings.push_back({words[t], static_cast<double>(probabilities[t](shown))});
    if (tokens[t] == recur::Vocabulary::unknown) unknown += (unknown.empty() ? "" : ", ") + words[t];
  }
  write_strip(std::cout, readings, colour);
  std::cout << "  " << classifier.classes[static_cast<std::size_t>(best)] << ", "
            << percent(static_cast<double>(sure)) << " sure";
  if (!unknown.empty()) std::cout << "; not known: " << unknown;
  std::cout << "\n" << std::flush;
}

void predict(const PredictCommand& command) {
  const Classifier classifier = load(command.model);
  const bool colour = use_colour(command.colour);
  if (!command.sentences.empty()) {
    for (const auto& sentence : command.sentences) answer(classifier, sentence, colour);
    return;
  }
  for (std::string line; std::getline(std::cin, line);)
    if (!line.empty()) answer(classifier, line, colour);
}

void repl(const PredictCommand& command) {
  const Classifier classifier = load(command.model);
  const bool colour = use_colour(command.colour);
  std::cout << "Type a sentence; an empty line or Ctrl-D ends.\n> " << std::flush;
  for (std::string line; std::getline(std::cin, line) && !line.empty(); std::cout << "> " << std::flush) {
    try {
      answer(classifier, line, colour);
    } catch (const std::invalid_argument& error) {
      std::cout << "  " << error.what() << "\n";
    }
  }
  std::cout << "\n";
}

// ------------------------------------------------------------------------------------------------ command
// line

void add_train(CLI::App& app, TrainCommand& command) {
  auto* train = app.add_subcommand(
      "train", "Train a classifier, compare it with a network that is blind to order, save it");
  auto& [files, what, how, min_count, balance, no_baseline, save_to, start_from] = command;
  how.threads = recur::available_threads();

  train
      ->add_option("--data", files.data,
                   "TSV or CSV file, or a folder with train and dev; without it the built-in corpus")
      ->group("Data");
  train->add_option("--dev", files.dev, "File to validate on; without it a tenth of the data is held out")
      ->group("Data");
  train
      ->add_option("--text-column", files.text_column,
                   "Name or number of the column of sentences, if it can't be guessed")
      ->group("Data");
  train->add_option("--label-column", files.label_column, "Name or number of the column of labels")
      ->group("Data");
  train->add_option("--min-count", min_count, "Words seen less often are unknown (default: 1, with --data 2)")
      ->group("Data")
      ->check(CLI::Range(1, 1000000));

  train->add_option("--cell", what.cell, "Recurrent cell")
      ->check(CLI::IsMember({"rnn-tanh", "rnn-relu", "lstm", "gru"}))
      ->capture_default_str()
      ->group("Network");
  train->add_option("--embedding", what.embedding, "Features of a word")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str()
      ->group("Network");
  train->add_option("--hidden", what.hidden, "Units of the cell")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str()
      ->group("Network");
  train
      ->add_option("--pooling", what.pooling, "State that is classified: last, or mean or max over the steps")
      ->transform(CLI::CheckedTransformer(poolings))
      ->default_str("last")
      ->option_text("{last,mean,max} [last]")
      ->group("Network");
  train->add_option("--dropout", what.dropout, "Rate of dropout before and after the cell")
      ->capture_default_str()
      ->group("Network");

  train->add_option("--epochs", how.epochs, "Times that all sentences are read")
      ->capture_default_str()
      ->group("Training");
  train->add_option("--batch", how.batch_size, "Sentences in a step")
      ->capture_default_str()
      ->group("Training");
  train->add_option("--optimizer", how.optimizer, "Rule of the step")
      ->check(CLI::IsMember({"sgd", "momentum", "nesterov", "rmsprop", "adagrad", "adam", "adamw"}))
      ->capture_default_str()
      ->group("Training");
  train->add_option("--rate", how.rate, "Learning rate")->capture_default_str()->group("Training");
  train->add_option("--momentum", how.momentum, "Of momentum and nesterov")
      ->capture_default_str()
      ->group("Training");
  train->add_option("--weight-decay", how.weight_decay, "Pull of the weights towards zero")
      ->capture_default_str()
      ->group("Training");
  train->add_option("--schedule", how.schedule, "Learning rate over the epochs")
      ->check(CLI::IsMember({"constant", "step", "cosine", "plateau"}))
      ->capture_default_str()
      ->group("Training");
  train->add_option("--warm-up", how.warm_up, "Epochs over which the rate rises first")
      ->capture_default_str()
      ->group("Training");
  train->add_option("--clip", how.clip, "Largest norm of the gradient; 0 for no limit")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->group("Training");
  train
      ->add_option("--patience", how.patience, "Epochs without a better one after which to stop; 0 for never")
      ->capture_default_str()
      ->group("Training");
  train->add_flag("--balance", balance, "Weigh classes against their frequency")->group("Training");
  train->add_option("--seed", how.seed, "Seed of weights, order and dropout")
      ->capture_default_str()
      ->group("Training");
  train->add_option("--threads", how.threads, "Threads that share each batch")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str()
      ->group("Training");

  train->add_option("--save", save_to, "File for the result")->capture_default_str()->group("Files");
  train->add_option("--load", start_from, "Go on from this model: its cell, sizes and words are kept")
      ->group("Files");
  train->add_flag("--no-baseline", no_baseline, "Leave out the network that is blind to order")
      ->group("Files");
  train->add_flag("!--quiet", how.show_progress, "No progress")->group("Files");
  train->callback([&] { run(command); });
}

void add_predict(CLI::App& app, PredictCommand& command) {
  auto* predicting =
      app.add_subcommand("predict", "Classify sentences and show the probability after each word");
  auto* talking = app.add_subcommand("repl", "Classify what you type");
  for (auto* sub : {predicting, talking}) {
    sub->add_option("--load", command.model, "Model to ask")->capture_default_str();
    sub->add_option("--color,--colour", command.colour, "When to use colours")
        ->check(CLI::IsMember({"auto", "always", "never"}))
        ->capture_default_str();
  }
  predicting->add_option(
      "sentence", command.sentences,
      "One or more sentences in quotes; without any they are read from the standard input, one a line");
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
  try {
    app.parse(count, words);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help
    std::cerr << "sentiment: " << error.what() << "\n";
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "sentiment: " << error.what() << "\n";
    return 2;
  }
}
