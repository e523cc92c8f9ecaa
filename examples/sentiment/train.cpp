// The command "train": trains a classifier, shows its progress, measures it and saves it.
#include "train.hpp"

#include <algorithm>
#include <chrono>
#include <iomanip>
#include <iostream>
#include <optional>
#include <sstream>

#include "../common/run_program.hpp"
#include "../common/train_and_save.hpp"
#include "output.hpp"
#include "recur/core/utf8.hpp"
#include "recur/io/checkpoint.hpp"
#include "recur/io/run_log.hpp"
#include "recur/train/interrupt.hpp"

namespace sentiment {

namespace {

/// For the built-in corpus, settings that were not given are those that suit it.
void take_defaults(TrainCommand& command) {
  if (!command.files.data.empty()) return;
  Architecture what = command.what;
  Training how = command.how;
  suit_built_in(what, how);
  const auto take = [&](const char* name, auto& value, const auto& suited) {
    if (!command.is_given(name)) value = suited;
  };
  take("--hidden", command.what.hidden, what.hidden);
  take("--dropout", command.what.dropout, what.dropout);
  take("--epochs", command.how.epochs, how.epochs);
  take("--label-smoothing", command.how.label_smoothing, how.label_smoothing);
}

/// Whether this is the model whose figures docs/figures.md gives: the LSTM for the built-in corpus with default
/// settings.
bool is_as_it_ships(const TrainCommand& command) {
  return std::ranges::all_of(command.given, [](const std::string& option) {
    return option == "--save" || option == "--overwrite" || option == "--no-baseline" ||
           option == "--quiet" || option == "--log" || option == "--threads" || option == "--checkpoint" ||
           option == "--resume";
  });
}

/// Refuses settings that differ from those of the loaded model.
void check_agreement(const TrainCommand& command, const Architecture& loaded) {
  const auto check = [&](const char* name, const auto& wanted, const auto& has) {
    recur::require(!command.is_given(name) || wanted == has, name, ' ', wanted,
                   " does not go with --load: ", recur::detail::printable(command.start_from), " has ", has,
                   ", which is kept");
  };
  check("--cell", command.what.cell, loaded.cell);
  check("--embedding", command.what.embedding, loaded.embedding);
  check("--hidden", command.what.hidden, loaded.hidden);
  check("--pooling", command.pooling, name_of(loaded.pooling));
}

/// A trained network and its figures.
struct Result {
  std::string name;
  std::vector<double> accuracy;  ///< on each test set
  Index parameters;
  double seconds;
};

Result measure(const std::string& name, const Network& network, const Data& data,
               const recur::Vocabulary& vocabulary, double seconds, const Training& how) {
  Result result{name, {}, recur::count_parameters(network), seconds};
  for (const TestSet& set : data.tests)
    result.accuracy.push_back(accuracy(network, to_samples(set.sentences, vocabulary), how));
  return result;
}

/// A column for each network, for terminals of 40 columns and more.
void write_table(const std::vector<Result>& results, const std::vector<TestSet>& tests) {
  const auto row = [&](const std::string& name, auto&& value_of) {
    std::cout << "  " << std::left << std::setw(14) << name << std::right;
    for (const Result& result : results)
      std::cout << std::setw(result.name == "bag of words" ? 13 : 10) << value_of(result);
    std::cout << "\n";
  };
  row("accuracy on", [](const Result& result) { return result.name; });
  for (std::size_t i = 0; i < tests.size(); ++i)
    row(tests[i].name, [&](const Result& result) { return percent(result.accuracy[i]); });
  row("parameters", [](const Result& result) { return std::to_string(result.parameters); });
  row("trained in", [](const Result& result) { return seconds_text(result.seconds); });
  if (tests[0].name == "dev")
    write_text("", "dev also chose the best epoch, so new sentences may be harder.");
  std::cout << std::flush;
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// A new network for the data, before training.
Classifier make_classifier(const TrainCommand& command, const Data& data) {
  Classifier classifier{command.what, {}, data.classes, {}};
  const Index by_default = command.files.data.empty() ? 1 : 2;
  const Index min_count = command.min_count > 0 ? command.min_count : by_default;
  classifier.vocabulary = make_vocabulary(data.training, min_count);
  classifier.what.words = classifier.vocabulary.size();
  classifier.what.classes = static_cast<Index>(data.classes.size());
  classifier.network = make_network(classifier.what);
  return classifier;
}

/// The names that the user gave instead of the labels.
std::vector<std::string> names_for(const std::vector<std::string>& labels, const TrainCommand& command) {
  if (command.class_names.empty()) return labels;
  auto names = examples::split_names(command.class_names);
  recur::require(names.size() == labels.size(), "--class-names gives ", names.size(), " names, but ",
                 recur::detail::printable(recur::detail::in_utf8(command.files.data)), " has ", labels.size(),
                 " classes: ", list_of(labels));
  return names;
}

}  // namespace

void train(TrainCommand command) {
  take_defaults(command);
  const bool leads =
      !command.how.ranks || command.how.ranks->rank() == 0;  // the others neither write nor save
  if (leads) {                                               // now, and not after hours of training
    examples::require_writable(command.save_to);
    if (!command.log.empty()) examples::require_writable(command.log);
  }
  static std::stringbuf unheard;
  if (!leads) std::cout.rdbuf(&unheard);
  for (const auto& [name, pooling] : poolings)
    if (name == command.pooling) command.what.pooling = pooling;
  command.how.show_progress = !command.quiet;
  command.how.go_on = !command.start_from.empty();
  Classifier classifier;
  if (command.how.go_on) {
    const bool new_dropout = command.is_given("--dropout");
    classifier = load(command.start_from, new_dropout ? std::optional(command.what.dropout) : std::nullopt);
    check_agreement(command, classifier.what);
  }
  const auto held_out_by = classifier.held_out_by;
  if (held_out_by && !command.is_given("--seed")) command.how.seed = *held_out_by;
  Data data = load_data(command.files, command.how.seed);
  // With another seed, sentences that the model learned from would be among those held out.
  recur::require(!held_out_by || !data.is_divided || command.how.seed == *held_out_by, "--seed ",
                 command.how.seed, " does not go with --load: ", recur::detail::printable(command.start_from),
                 " was trained without the tenth that --seed ", held_out_by.value_or(0), " holds out");
  const auto labels = data.classes;
  if (command.how.go_on) {
    recur::require(are_labels_of(labels, classifier.classes), recur::detail::printable(command.start_from),
                   " knows the classes ", list_of(classifier.classes), ", but ", data.source, " has ",
                   list_of(labels));
    data.classes = classifier.classes;
  } else {
    data.classes = names_for(labels, command);
    classifier = make_classifier(command, data);
  }
  classifier.held_out_by = data.is_divided ? std::optional(command.how.seed) : std::nullopt;
  if (command.balance) {
    std::vector<int> of_training;
    for (const auto& sentence : data.training) of_training.push_back(sentence.label);
    for (int c = 0; c < std::ssize(data.classes);
         ++c)  // one of which no sentence is in training counts as one
      if (std::ranges::find(of_training, c) == of_training.end()) of_training.push_back(c);
    command.how.class_weights = recur::balanced_weights(of_training, std::ssize(data.classes));
  }
  const Samples training = to_training_samples(data.training, classifier.vocabulary, command.how.seed);
  const Samples validation = to_samples(data.validation, classifier.vocabulary);
  std::string of_data = several(data.training.size(), "sentence") + " of " + data.source;
  if (data.without_words > 0)
    of_data += "; " + several(data.without_words, "sentence") +
               (data.without_words == 1 ? " has no words and is" : " have no words and are") + " left out";
  write_text("Data      ", of_data);
  write_text("Classes   ", list_of(data.classes) +
                               (data.classes == labels ? "" : " for the labels " + list_of(labels)) +
                               (data.classes[0] == "0" ? "; --class-names gives them names" : ""));
  write_text("Words     ", recur::detail::message("knows ", classifier.known_words()));
  write_text("Network   ", classifier.network->describe());
  write_text("Training  ",
             several(static_cast<std::size_t>(command.how.epochs), "epoch") +
                 recur::detail::message(" of batches of ", command.how.batch_size, ", ",
                                        command.how.optimizer, " at ", command.how.rate, ", ") +
                 several(static_cast<std::size_t>(command.how.threads), "thread") +
                 (command.how.ranks
                      ? " on each of " + several(static_cast<std::size_t>(command.how.ranks->size()), "rank")
                      : "") +
                 "; Ctrl-C ends it early");
  std::cout << "\n" << std::flush;

  const recur::Interrupt interrupt;  // Ctrl-C ends both trainings, but not the work between them
  if (const auto& checkpoints = command.checkpoints; !checkpoints.folder.empty())
    command.how.checkpoint = {.in = recur::checkpoint_folder(checkpoints.folder),
                              .resume = checkpoints.resume};
  if (leads && !command.log.empty()) command.how.on_epoch = recur::log_epochs(command.log);
  const auto report = examples::train_and_save(
      command.how, leads ? command.save_to : "",
      [&](const Training& how) { return train(*classifier.network, training, validation, how); },
      [&] { save(classifier, command.save_to); });
  // The ranks have agreed on it. A signal may have come to one of them alone.
  bool interrupted = report.stopped == recur::Stopped::by_interrupt;

  std::cout << (command.quiet ? "" : "\n") << "Saved to " << recur::detail::printable(command.save_to)
            << ".\n"
            << (interrupted && !command.checkpoints.folder.empty()
                    ? "The same command with --resume goes on with the training.\n\n"
                    : "\n")
            << std::flush;

  std::vector<Result> results;
  if (!command.no_baseline) {
    write_text("Compared with a bag of words, which ignores order:");
    std::cout << std::flush;
    Architecture blind = classifier.what;
    blind.cell = "bag";
    Network bag = make_network(blind);
    Training quietly = command.how;
    quietly.show_progress = quietly.go_on = false;
    quietly.checkpoint = {};
    quietly.on_epoch = nullptr;
    const auto begin = std::chrono::steady_clock::now();
    if (!interrupted)
      interrupted = train(bag, training, validation, quietly).stopped == recur::Stopped::by_interrupt;
    if (interrupted)  // a half-trained one would be no fair comparison
      std::cout << "  bag of words left out: interrupted\n";
    else
      results.push_back(
          measure("bag of words", bag, data, classifier.vocabulary, seconds_since(begin), quietly));
  }
  results.push_back(measure(classifier.what.cell, *classifier.network, data, classifier.vocabulary,
                            report.seconds, command.how));
  write_table(results, data.tests);
  if (is_as_it_ships(command) && !interrupted)
    write_text("", recur::detail::message(
                       "Measured on sentences of its own corpus; on 1000 sentences of reviews by people the ",
                       command.what.cell, " is right on about 87 %: see docs/programs.md."));
  if (command.quiet) return;
  const std::string load = command.save_to == default_model ? "" : " --load " + shell_word(command.save_to);
  std::cout << "\nNext:\n  " << shell_word(command.program) << " predict" << load
            << " 'It was not a good film, but I liked it.'\n  " << shell_word(command.program) << " repl"
            << load << "\n";
}

}  // namespace sentiment
