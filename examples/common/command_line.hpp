// The command line of an example: the options that all have, those of its own, and what happens if one is wrong.
//
//   int main(int count, char** words) {
//     return examples::run_program("names", [&] {
//       examples::Settings how{.epochs = 12, .clip = 5};
//       examples::CommandLine line("names", "Which language is a name from?", how);
//       line.group("Data").add("--data", data, "FOLDER", "...")->check(examples::not_empty());
//       if (!line.parse(count, words)) return 0;  // the user asked for the help
//       ...
//       return examples::conclude(how, "...");
//     });
//   }
//
// A program ends with 0. If something is wrong, it says what in one line on the standard error stream, and ends
// with 2.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <iostream>
#include <limits>
#include <recur/core/error.hpp>
#include <recur/core/file.hpp>
#include <recur/core/threads.hpp>
#include <recur/core/utf8.hpp>
#include <recur/io/checkpoint.hpp>
#include <recur/io/run_log.hpp>
#include <recur/io/safetensors.hpp>
#include <recur/train/fit_options.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "cell.hpp"
#include "checkpoints.hpp"
#include "file.hpp"
#include "options.hpp"
#include "results.hpp"
#include "run_program.hpp"
#include "text.hpp"
#include "train_and_save.hpp"

namespace examples {

/// The options that all programs have, with what they are if the user does not say.
struct Settings {
  std::string cell = "lstm";
  int epochs =
      10;  ///< 0: the program finds a number that suits its data, and says at the end of its help how
  double clip = 5;  ///< 0: no limit
  int threads = std::min(recur::available_threads(), recur::most_threads);
  std::uint64_t seed = 1;
  std::string save{}, load{}, log{}, figures{};  ///< empty: none
  Checkpoints checkpoints{};
  bool overwrite = false, is_short = false;
  bool interrupted = false;  ///< Ctrl-C has ended the training

  /// The files that the user wants.
  std::vector<std::string> results() const {
    std::vector<std::string> all{save, log, figures};
    std::erase(all, "");
    return all;
  }
  /// Notes how a training ended. Returns its seconds.
  double note(const recur::FitReport& report) {
    interrupted = interrupted || report.stopped == recur::Stopped::by_interrupt;
    return report.seconds;
  }
};

class CommandLine {
 public:
  CommandLine(const std::string& name, const std::string& what, Settings& settings)
      : app_(what, name), settings_(settings) {
    app_.set_help_flag("-h,--help", "This text");
    app_.get_formatter()->label("Positionals", "Words");
    of_network("--cell", settings.cell);
  }

  /// Options of the program's own, in a group of the help.
  OptionGroup group(const std::string& name) { return {app_, name}; }
  /// An option that decides what the network is. A file keeps it, and a network that is loaded brings it along: what the
  /// user asks for must be the same.
  template <class T>
  void of_network(const std::string& option, T& value) {
    of_network_.push_back({option, std::same_as<T, bool>, [&value] { return text_of(value); },
                           [&value](const std::string& text) { std::istringstream(text) >> value; }});
  }
  /// For a program that is about to draw data of its own, from the seed. A file keeps which data these were, and a model that
  /// is loaded goes on with the same: other ones would be divided anew, and what it learned from would be among what is
  /// measured. Throws if the user asks for others.
  void draws_data() {
    const std::size_t network = of_network_.size();
    of_network("--seed", settings_.seed);
    of_network("--short", settings_.is_short);
    for (std::size_t i = network; i < of_network_.size(); ++i) take(of_network_[i]);
  }
  /// These options, and the program, for the metadata of a file.
  recur::Metadata metadata() const {
    recur::Metadata all{{"examples.program", app_.get_name()}};
    for (const auto& option : of_network_) all["examples." + option.name] = option.text();
    return all;
  }
  /// Words without a name.
  template <class T>
  CLI::Option* add_words(T& value, const std::string& what, const std::string& text) {
    return app_.add_option(what, value, beside_name(text))->option_text("...");
  }
  /// Text at the end of the help: what Ctrl-C does, and examples.
  void footer(const std::string& text) {
    app_.footer("\nCtrl-C ends the training early and keeps the best weights so far.\n" + text);
  }

  /// Returns false if the user asked for the help. Throws std::invalid_argument for what is not legal, and
  /// recur::FileError for a file that is missing or would be overwritten.
  bool parse(int count, const char* const* words) {
    add_common();
    if (!parse_words(app_, count, words)) return false;
    if (settings_.is_short && !is_given("--epochs")) settings_.epochs = 1;
    if (!settings_.load.empty()) take_network();
    for (const char* const option : {"--save", "--log", "--checkpoint", "--resume"})
      recur::require(trains() || !is_given(option), option,
                     " with --load needs --epochs too: without it, nothing is trained");
    settings_.checkpoints.settle(settings_.save);
    const bool goes_on = settings_.checkpoints.goes_on();
    const auto may_replace = [&](const std::string& path, auto&& is_its_own) {
      require_replaceable(path, settings_.overwrite || (goes_on && is_its_own(path)));
    };
    may_replace(settings_.save,
                [&](const auto& path) { return is_model_with(path, "examples.program", app_.get_name()); });
    may_replace(settings_.log, is_log);
    may_replace(settings_.figures, is_figures);
    const auto results = settings_.results();
    for (std::size_t i = 0; i < results.size(); ++i) {
      const std::string& path = results[i];
      recur::detail::require_file(!is_folder(path), path, "is a folder: give the name of a file");
      for (std::size_t other = 0; other < i; ++other)
        recur::detail::require_file(!is_same_file(path, results[other]), path,
                                    "is the file of two options: give each a name of its own");
      require_writable(path);  // now, and not after a long training
    }
    keep_what_is_read();
    return true;
  }
  /// Throws recur::FileError if a result of the user's would go to a file that the program writes itself, since one of
  /// them would be lost.
  void keep_results_from(const std::filesystem::path& written) const {
    for (const std::string& path : settings_.results())
      recur::detail::require_file(!is_same_file(path, written), path,
                                  "is kept for the picture or sound of this program: give another name");
  }
  /// Whether the user gave an option, such as "--epochs".
  bool is_given(const std::string& option) const { return app_.count(option) > 0; }
  /// Throws if one of the others is given without the option, and so would say nothing.
  void require_with(const std::string& option, std::initializer_list<const char*> others) const {
    for (const char* const other : others)
      recur::require(is_given(option) || !is_given(other), other, " needs ", option);
  }
  /// Whether the program trains: a model that was loaded is trained further only if the user says how long.
  bool trains() const { return settings_.load.empty() || is_given("--epochs"); }
  /// Whether the program only uses a model that was loaded: there are no data to train on or to measure on. Throws if
  /// one of these options of measuring is given, or --figures.
  bool only_uses(std::initializer_list<const char*> measuring = {}) const {
    if (trains() || is_given("--data")) return false;
    const auto refuse = [&](const char* option) {
      recur::require(!is_given(option), option,
                     " with --load needs --data or --epochs: without them, nothing is measured");
    };
    refuse("--figures");
    for (const char* const option : measuring) refuse(option);
    return true;
  }

 private:
  /// A program writes its picture and what it was drawn from to PROGRAM.csv and the like, and more to where --name says.
  /// Throws recur::FileError if the user gave such a file to read, since it would be replaced, or one for a result.
  void keep_what_is_read() const {
    std::vector<std::filesystem::path> written;
    for (const char* const ending : {".csv", ".gp", ".svg", ".png", ".gif"})
      written.emplace_back(app_.get_name() + ending);
    for (const CLI::Option* option : app_.get_options())
      if (option->get_name() == "--name")
        for (const char* const ending : {".csv", ".gp", ".png", ".abc", ".mid", ".wav"})
          written.emplace_back((option->empty() ? option->get_default_str() : option->results()[0]) + ending);
    for (const auto& file : written) keep_results_from(file);
    for (const CLI::Option* option : app_.get_options()) {
      const std::string name = option->get_name();
      if (name == "--save" || name == "--log" || name == "--figures") continue;
      for (const std::string& value : option->results())
        for (const std::string& path : settings_.results())
          if (name != "--load" || !is_same_file(path, settings_.save)) require_not_read(path, value);
    }
    std::error_code none;
    for (const CLI::Option* option : app_.get_options())
      for (const std::string& value : option->results())
        for (const auto& file : written)
          recur::detail::require_file(
              !std::filesystem::is_regular_file(value, none) ||
                  !std::filesystem::equivalent(value, file, none),
              value, "would be replaced by what this program writes: call it in another folder");
  }

  struct OfNetwork {
    std::string name;
    bool is_flag;
    std::function<std::string()> text;
    std::function<void(const std::string&)> take;

    /// "with --hidden 64", "without --single".
    std::string said(const std::string& value) const {
      return (is_flag && value == "0" ? "without " : "with ") + name + (is_flag ? "" : ' ' + value);
    }
  };

  /// Takes the options of the network from the file to be loaded. A file that does not have them is refused later, by
  /// the program.
  void take_network() {
    const std::filesystem::path path = settings_.load;
    require_there(path);
    loaded_ = recur::read_safetensors(path).metadata;
    const auto program = loaded_.find("examples.program");
    recur::detail::require_file(program == loaded_.end() || program->second == app_.get_name(), path,
                                "is a model of another program, ",
                                program == loaded_.end() ? "" : recur::detail::printable(program->second));
    for (const auto& option : of_network_) take(option);
  }
  /// Takes one of them, if the file has it.
  void take(const OfNetwork& option) {
    const auto found = loaded_.find("examples." + option.name);
    if (found == loaded_.end()) return;
    recur::detail::require_file(!is_given(option.name) || option.text() == found->second, settings_.load,
                                "was trained ", recur::detail::printable(option.said(found->second)),
                                ": it can't be loaded ", option.said(option.text()));
    option.take(found->second);
  }

  void add_common() {
    const OptionGroup training(app_, "Training"), result(app_, "Result");
    training.add_with_default("--cell", settings_.cell, "CELL", "Recurrent cell: " + list(cells))
        ->check(one_of(cells));
    training
        .add("--epochs", settings_.epochs, "N",
             text_of("How often it reads all data [",
                     settings_.epochs > 0 ? std::to_string(settings_.epochs) : "see below", "]"))
        ->check(whole_number(1, 1000000));
    training
        .add_with_default("--clip", settings_.clip, "NORM", "Largest norm of the gradient; 0 for no limit")
        ->check(zero_or_above());
    training
        .add_with_default(
            "--seed", settings_.seed, "N",
            "Seed of data, weights and order. With as many --threads, the same seed gives the same "
            "result")
        ->check(whole_number(0, std::numeric_limits<long long>::max()));
    training.add_with_default("--threads", settings_.threads, "N", "Threads that share each batch")
        ->check(whole_number(1, recur::most_threads));
    training.add_flag("--short", settings_.is_short, "A second of training, which is too little");
    result.add("--save", settings_.save, "FILE", "File for the trained model")->check(not_empty());
    result
        .add("--load", settings_.load, "FILE",
             "Start from this model, with its cell and sizes. It is trained further only with --epochs")
        ->check(not_empty());
    result.add("--log", settings_.log, "FILE", "CSV file with a row of figures for each epoch")
        ->check(not_empty());
    result
        .add("--figures", settings_.figures, "FILE",
             "File for what it reached, a name and a number on each line")
        ->check(not_empty());
    settings_.checkpoints.add_to(result);
    result.add_flag("--overwrite", settings_.overwrite, "Replace these files if they exist");
  }

  CLI::App app_;
  Settings& settings_;
  std::vector<OfNetwork> of_network_;
  recur::Metadata loaded_;  // of the file to be loaded
};

/// The last words of a program. Returns its exit code.
inline int conclude(const Settings& how, const std::string& what) {
  if (how.interrupted && !how.checkpoints.folder.empty())
    write_text("\nThe same command with --resume goes on with the training.");
  return conclude(how.interrupted ? Ending::interrupted
                  : how.is_short  ? Ending::short_mode
                                  : Ending::whole,
                  what);
}

/// The checkpoints of a training. A program that trains several networks gives each a name of its own.
inline recur::CheckpointOptions checkpoint_options(const Checkpoints& wanted,
                                                   const std::string& network = {}) {
  if (wanted.folder.empty()) return {};
  const std::filesystem::path folder = wanted.folder;
  return {.in = recur::checkpoint_folder(network.empty() ? folder : folder / network),
          .resume = wanted.resume};
}

/// What `fit` needs to know of the settings. It shows its progress, ends at Ctrl-C, writes the log, and keeps checkpoints.
inline recur::FitOptions fit_options(const Settings& settings) {
  recur::FitOptions options{.epochs = settings.epochs,
                            .threads = settings.threads,
                            .seed = settings.seed,
                            .clip_norm = settings.clip > 0 ? settings.clip : recur::no_limit,
                            .show_progress = true,
                            .stop_on_interrupt = true};
  if (!settings.log.empty()) options.on_epoch = recur::log_epochs(settings.log);
  options.checkpoint = checkpoint_options(settings.checkpoints);
  return options;
}

/// Writes what a program reached, for --figures. A figure that is not a number was not measured, and is left out.
inline void write_figures(const Settings& settings,
                          std::initializer_list<std::pair<const char*, double>> figures) {
  if (settings.figures.empty()) return;
  recur::write_file(settings.figures, [&](std::ostream& file) {
    file.precision(10);
    for (const auto& [name, figure] : figures)
      if (!std::isnan(figure)) file << name << ' ' << figure << '\n';
  });
}

}  // namespace examples
