// Reads the command line of the program sentiment, and says what is wrong with it.
#include "command_line.hpp"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <limits>
#include <utility>

#include "../common/results.hpp"
#include "../common/run_program.hpp"
#include "recur/core/threads.hpp"
#include "recur/core/utf8.hpp"
#include "recur/train/optimizer.hpp"

namespace sentiment {

namespace {

using namespace examples;
using Command = CommandLine::Command;

/// Refuses options that would have no effect instead of ignoring them. Also refuses what would otherwise fail
/// only after hours of training.
void check(const TrainCommand& command) {
  for (const char* name : {"--dev", "--text-column", "--label-column", "--class-names"})
    recur::require(command.is_given("--data") || !command.is_given(name), name,
                   " needs --data: the built-in corpus has neither files nor columns");
  recur::require(!command.is_given("--momentum") || command.how.optimizer == "momentum" ||
                     command.how.optimizer == "nesterov",
                 "--momentum belongs to the optimizers momentum and nesterov, not to ",
                 command.how.optimizer);
  const Training& how = command.how;  // with Adam's own settings these may be beyond single precision
  if (how.optimizer == "adam") recur::Adam{.rate = how.rate, .weight_decay = how.weight_decay}.check<float>();
  if (how.optimizer == "adamw")
    recur::AdamW{.rate = how.rate, .weight_decay = how.weight_decay}.check<float>();
  for (const auto& [name, kept] : {std::pair("--min-count", "words"), std::pair("--class-names", "classes")})
    recur::require(!command.is_given(name) || !command.is_given("--load"), name,
                   " does not go with --load: the ", kept, " of ",
                   recur::detail::printable(command.start_from), " are kept");
  require_there(command.files.data);
  require_there(command.files.dev);
  require_there(command.start_from);
  const bool goes_on = command.checkpoints.goes_on();
  const auto may_replace = [&](const std::string& path, auto&& is_its_own) {
    require_replaceable(path, command.overwrite || (goes_on && is_its_own(path)));
  };
  may_replace(command.save_to, [](const auto& path) { return is_model_with(path, "sentiment.cell"); });
  may_replace(command.log, is_log);
  recur::detail::require_file(
      command.log.empty() || command.save_to.empty() || !is_same_file(command.log, command.save_to),
      command.log, "is the file of two options: give each a name of its own");
  for (const std::string* const result : {&command.save_to, &command.log}) {
    require_not_read(*result, command.files.data);
    require_not_read(*result, command.files.dev);
  }
  require_not_read(command.log, command.start_from);
}

/// "[64, with --data 128]": a setting for the built-in corpus and for files.
std::string defaults(auto of_setting) {
  Architecture what;
  Training how;
  const auto of_files = of_setting(what, how);
  suit_built_in(what, how);
  return recur::detail::message(" [", of_setting(what, how), ", with --data ", of_files, "]");
}

void add_train(CLI::App& train, TrainCommand& command) {
  auto& [files, what, how, pooling, class_names, min_count, balance, no_baseline, quiet, overwrite, save_to,
         start_from, log, checkpoints, program, given] = command;
  how.threads = std::min(recur::available_threads(), recur::most_threads);

  const OptionGroup data(train, "Data");
  data.add("--data", files.data, "PATH",
           "TSV or CSV file with a column of sentences and one of labels, or a folder with train.tsv and "
           "dev.tsv; without it, the built-in corpus")
      ->check(not_empty());
  data.add("--dev", files.dev, "FILE",
           "File to validate on; without it, a tenth of the sentences is held out")
      ->check(not_empty());
  data.add("--text-column", files.text_column, "NAME",
           "Name or number of the column of sentences, if it can't be guessed")
      ->check(not_empty());
  data.add("--label-column", files.label_column, "NAME", "Name or number of the column of labels")
      ->check(not_empty());
  data.add("--class-names", class_names, "NAMES",
           "Names of the classes, in the order of their labels: negative,positive for 0 and 1 [the "
           "labels]")
      ->check(names());
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
                        "The state to classify: the last, or mean or max over all")
      ->check(one_of({"last", "mean", "max"}));
  network
      .add("--dropout", what.dropout, "RATE",
           "Part of the features that training drops at random, before and after the cell" +
               defaults([](const auto& net, const auto&) { return net.dropout; }))
      ->check(part());

  const OptionGroup training(train, "Training");
  training
      .add("--epochs", how.epochs, "N",
           "How often it reads all sentences" +
               defaults([](const auto&, const auto& settings) { return settings.epochs; }))
      ->check(whole_number(1, 1000000));
  training.add_with_default("--batch", how.batch_size, "N", "Sentences in a step")
      ->check(whole_number(1, 1000000));
  const std::vector<std::string_view> optimizers(recur::rule_names.begin(), recur::rule_names.end());
  training.add_with_default("--optimizer", how.optimizer, "RULE", "Rule of the step: " + list(optimizers))
      ->check(one_of(optimizers));
  training.add_with_default("--rate", how.rate, "RATE", "Learning rate")->check(number_above_zero());
  training
      .add_with_default("--momentum", how.momentum, "PART",
                        "Part of the last step that momentum and nesterov keep")
      ->check(part());
  training.add_with_default("--weight-decay", how.weight_decay, "RATE", "Pull of the weights towards zero")
      ->check(zero_or_above());
  const std::vector<std::string_view> schedules{"constant", "step", "cosine", "plateau"};
  training
      .add_with_default("--schedule", how.schedule, "FORM",
                        "Learning rate over the epochs: " + list(schedules))
      ->check(one_of(schedules));
  training.add_with_default("--warm-up", how.warm_up, "N", "Epochs at the start in which the rate rises")
      ->check(whole_number(0, 1000000));
  training.add_with_default("--clip", how.clip, "NORM", "Largest norm of the gradient; 0 for no limit")
      ->check(zero_or_above());
  training
      .add_with_default("--patience", how.patience, "N",
                        "Stop after so many epochs without a better one; 0 for never")
      ->check(whole_number(0, 1000000));
  training
      .add("--label-smoothing", how.label_smoothing, "PART",
           "Part of each label that all classes share; it keeps the network from being too sure" +
               defaults([](const auto&, const auto& settings) { return settings.label_smoothing; }))
      ->check(part());
  training.add_flag("--balance", balance, "Give rare classes more weight");
  training
      .add_with_default("--seed", how.seed, "N",
                        "Seed of weights, order and dropout: the same seed, the same result")
      ->check(whole_number(0, std::numeric_limits<long long>::max()));
  training.add_with_default("--threads", how.threads, "N", "Threads that share each batch")
      ->check(whole_number(1, recur::most_threads));

  const OptionGroup result(train, "Result");
  result.add_with_default("--save", save_to, "FILE", "File for the result, which must not exist yet")
      ->check(not_empty());
  result.add_flag("--overwrite", overwrite, "Replace that file if it exists");
  result
      .add("--load", start_from, "FILE",
           "Train this model further. It keeps its cell, sizes, words and classes, and its dropout if none "
           "is given")
      ->check(not_empty());
  result.add("--log", log, "FILE", "CSV file with a row of figures for each epoch: see docs/run-log.md")
      ->check(not_empty());
  checkpoints.add_to(result);
  result.add_flag("--no-baseline", no_baseline, "Leave out the network that ignores order");
  result.add_flag("--quiet", quiet, "Show no progress");
  train.footer(
      "\n"
      "Saves the weights of the best epoch on held-out sentences. Ctrl-C and SIGTERM\n"
      "end training early and save the best weights so far; the exit code is 0. A\n"
      "second Ctrl-C ends the program at once.\n"
      "With --checkpoint or --resume, a training that was ended or killed goes on with\n"
      "--resume, as if nothing had happened.\n"
      "\n"
      "Examples:\n"
      "  sentiment train\n"
      "  sentiment train --cell gru --hidden 64 --epochs 5 --save small.safetensors\n"
      "  sentiment train --data reviews.csv --text-column review --label-column stars\n"
      "  sentiment train --data sst2 --class-names bad,good --save sst2.safetensors\n"
      "  sentiment train --load small.safetensors --rate 1e-3 --save more.safetensors\n"
      "  sentiment train --data big.tsv --save big.safetensors --resume");
}

void add_model(const OptionGroup& options, AskCommand& command) {
  options.add_with_default("--load", command.model, "FILE", "Model to use")->check(not_empty());
}

void add_colour(const OptionGroup& options, AskCommand& command) {
  options
      .add_with_default("--color,--colour", command.colour, "WHEN",
                        "When to use colours: auto, always or never")
      ->check(one_of({"auto", "always", "never"}));
}

void add_columns(const OptionGroup& options, AskCommand& command) {
  options
      .add("--text-column", command.text_column, "NAME",
           "Name or number of the column of sentences, if it can't be guessed")
      ->check(not_empty());
  options.add("--label-column", command.label_column, "NAME", "Name or number of the column of labels")
      ->check(not_empty());
}

void add_predict(CLI::App& predict, AskCommand& command) {
  const OptionGroup options(predict, "Options");
  add_model(options, command);
  add_colour(options, command);
  options.add_flag("--tsv", command.tsv, "Write for programs: class TAB probability TAB sentence");
  options.add("--test", command.files, "FILE", "Same as `sentiment test FILE`")->check(not_empty());
  add_columns(options, command);
  predict
      .add_option(
          "sentence", command.sentences,
          beside_name("Sentences, each in quotes; without any, it reads one a line from the standard input"))
      ->option_text("SENTENCE...");
  predict.footer(
      "\n"
      "Below each word is the probability after this word: of the second class, or of\n"
      "the best of more than two. Sentences that can't be read (no words, not UTF-8)\n"
      "are named by number on the standard error; the others are answered, and the\n"
      "exit code is 2.\n"
      "\n"
      "--tsv writes one line for each sentence or line of the input, blank ones too:\n"
      "  class TAB probability TAB sentence\n"
      "with the most likely class and its probability from 0 to 1, both empty if there\n"
      "is not an answer. Tabs and ends of lines in a sentence become spaces.\n"
      "\n"
      "Examples:\n"
      "  sentiment predict 'The food is not good.'\n"
      "  sentiment predict --load small.safetensors < reviews.txt\n"
      "  sentiment predict --tsv < reviews.txt | cut -f 1 | sort | uniq -c");
}

void add_test(CLI::App& test, AskCommand& command) {
  const OptionGroup options(test, "Options");
  add_model(options, command);
  add_columns(options, command);
  test.add_option("file", command.files,
                  beside_name("TSV or CSV files with a column of sentences and one of labels"))
      ->option_text("FILE...")
      ->required()
      ->check(not_empty());
  test.footer(
      "\n"
      "Labels are the names of the model's classes, or their numbers from 0. Writes how\n"
      "many answers are right, the calibration error (expected calibration error: the\n"
      "mean distance between certainty and accuracy, in 15 bins of equal width), and\n"
      "for each class precision, recall, F1 and what was answered instead.\n"
      "\n"
      "Examples:\n"
      "  sentiment test dev.tsv\n"
      "  sentiment test --load small.safetensors --label-column stars reviews.csv");
}

void add_repl(CLI::App& repl, AskCommand& command) {
  const OptionGroup options(repl, "Options");
  add_model(options, command);
  add_colour(options, command);
}

void add_header(CLI::App& header, HeaderCommand& command) {
  const OptionGroup options(header, "Options");
  options.add_with_default("--load", command.model, "FILE", "Model to write")->check(not_empty());
  options
      .add_with_default("--weights", command.weights, "FORM",
                        "Weights: float32, or int8 for a quarter of the memory")
      ->check(one_of({"float32", "int8"}));
  options.add_flag("--overwrite", command.overwrite, "Replace a file that is there");
  header.add_option("file", command.target, beside_name("Header to write, with weights and words"))
      ->option_text("FILE")
      ->required()
      ->check(not_empty());
  header.footer(
      "\n"
      "The header has weights, words and classes as constants, for a program without\n"
      "files: examples/embedded/sentiment.cpp is one.\n"
      "\n"
      "Example:\n"
      "  sentiment header sentiment.hpp");
}

}  // namespace

CommandLine parse(int count, const char* const* words) {
  CLI::App app{"A sentiment classifier made of a recurrent network: train it, watch it read, talk to it."};
  app.name("sentiment");
  app.require_subcommand(1);
  app.footer("sentiment COMMAND --help lists the options of a command.");
  CommandLine line;
  auto& train = *app.add_subcommand(
      "train", "Train a classifier, compare it with a network that ignores order, save it");
  add_train(train, line.train);
  train.callback([&] { line.command = Command::train; });
  auto& predict =
      *app.add_subcommand("predict", "Classify sentences and show the probability after each word");
  add_predict(predict, line.ask);
  predict.callback([&] { line.command = line.ask.files.empty() ? Command::predict : Command::test; });
  auto& test = *app.add_subcommand("test", "Say how good a model is on files of labelled sentences");
  add_test(test, line.ask);
  test.callback([&] { line.command = Command::test; });
  auto& repl = *app.add_subcommand("repl", "Classify what you type");
  add_repl(repl, line.ask);
  repl.callback([&] { line.command = Command::repl; });
  auto& header = *app.add_subcommand("header", "Write a model as a C++ header, for a program without files");
  add_header(header, line.header);
  header.callback([&] { line.command = Command::header; });

  if (count > 0) line.train.program = line.ask.program = words[0];
  try {
    if (!parse_words(app, count, words)) {
      line.command = Command::help;
      return line;
    }
  } catch (const CLI::RequiredError&) {
    recur::require(!test.parsed(), "test needs a FILE of labelled sentences");
    recur::require(!header.parsed(), "header needs a FILE to write");
    throw std::invalid_argument(
        (count > 1 ? recur::detail::quote(words[1]) + " is not a command" : "no command was given") +
        ": it must be train, predict, test, repl or header");
  }
  if (line.command == Command::train) {
    for (const CLI::Option* option : train.get_options())
      if (option->count() > 0) line.train.given.insert(option->get_name());
    line.train.checkpoints.settle(line.train.save_to);
    check(line.train);
  }
  if (line.command == Command::header) {
    const std::string& target = line.header.target;
    recur::detail::require_file(line.header.overwrite || !is_there(target), target,
                                "exists already: replace it with --overwrite, or give another name");
    require_writable(target);
  }
  if (line.command == Command::test)
    for (const auto& path : line.ask.files) require_there(path);
  recur::require(line.ask.files.empty() || (line.ask.sentences.empty() && !line.ask.tsv),
                 "--test can't be combined with sentences or --tsv");
  if (line.command == Command::predict)
    recur::require(line.ask.text_column.empty() && line.ask.label_column.empty(),
                   "--text-column and --label-column need --test FILE");
  return line;
}

}  // namespace sentiment
