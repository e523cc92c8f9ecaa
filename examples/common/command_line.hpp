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
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <iostream>
#include <limits>
#include <new>
#include <recur/core/error.hpp>
#include <recur/core/file.hpp>
#include <recur/core/threads.hpp>
#include <recur/core/utf8.hpp>
#include <recur/io/safetensors.hpp>
#include <recur/train/fit_options.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>
#if __has_include(<unistd.h>)
#include <fcntl.h>
#include <unistd.h>
#endif

#include "cell.hpp"
#include "file.hpp"
#include "options.hpp"
#include "text.hpp"

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
  bool overwrite = false, is_short = false;
  bool interrupted = false;  ///< Ctrl-C has ended the training

  /// Notes how a training ended. Returns its seconds.
  double note(const recur::FitReport& report) {
    interrupted = interrupted || report.stopped == recur::Stopped::by_interrupt;
    return report.seconds;
  }
};

/// Parses what the user wrote. Returns false if that was a question for the help, which it writes. Throws
/// std::invalid_argument for what is not legal, and CLI::RequiredError if something is missing.
inline bool parse_words(CLI::App& app, int count, const char* const* words) {
  try {
    app.parse(count, words);
  } catch (const CLI::RequiredError&) {
    throw;
  } catch (const CLI::ExtrasError&) {
    const auto commands = app.get_subcommands();
    const auto unknown = commands.empty() ? app.remaining() : commands[0]->remaining();
    throw std::invalid_argument(recur::detail::message(
        recur::detail::quote(unknown.empty() ? "" : unknown.front()), " is not an option",
        commands.empty() ? "" : " of " + commands[0]->get_name(), ": --help lists them"));
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string said = error.what();
    if (const std::size_t what = said.find(" was given a disallowed"); what != said.npos)
      throw std::invalid_argument(said.substr(0, what) + " takes no value");
    throw std::invalid_argument(said.substr(0, said.find(':')) + (said.find("At Most") != std::string::npos
                                                                      ? " is given more than once"
                                                                      : " needs a value"));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) throw std::invalid_argument(recur::detail::printable(error.what()));
    app.exit(error);
    std::cout << "\n";
    return false;
  }
  return true;
}

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
    recur::require(trains() || (settings_.save.empty() && settings_.log.empty()),
                   "--save and --log with --load need --epochs too: without it, nothing is trained");
    for (const std::string& path : {settings_.save, settings_.log, settings_.figures}) {
      if (path.empty()) continue;
      recur::detail::require_file(settings_.overwrite || !is_there(path), path,
                                  "exists already: replace it with --overwrite, or give another name");
      require_writable(path);  // now, and not after a long training
    }
    return true;
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

 private:
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
    const recur::Metadata kept = recur::read_safetensors(path).metadata;
    const auto program = kept.find("examples.program");
    recur::detail::require_file(program == kept.end() || program->second == app_.get_name(), path,
                                "is a model of another program, ",
                                program == kept.end() ? "" : recur::detail::printable(program->second));
    for (const auto& option : of_network_) {
      const auto found = kept.find("examples." + option.name);
      if (found == kept.end()) continue;
      recur::detail::require_file(!is_given(option.name) || option.text() == found->second, path,
                                  "was trained ", recur::detail::printable(option.said(found->second)),
                                  ": it can't be loaded ", option.said(option.text()));
      option.take(found->second);
    }
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
    result.add_flag("--overwrite", settings_.overwrite, "Replace these files if they exist");
  }

  CLI::App app_;
  Settings& settings_;
  std::vector<OfNetwork> of_network_;
};

/// The last words of a program. Returns its exit code.
inline int conclude(const Settings& how, const std::string& what) {
  return conclude(how.interrupted ? Ending::interrupted
                  : how.is_short  ? Ending::short_mode
                                  : Ending::whole,
                  what);
}

/// What `fit` needs to know of the settings. It shows its progress, ends at Ctrl-C, and writes the log.
inline recur::FitOptions fit_options(const Settings& settings) {
  recur::FitOptions options{.epochs = settings.epochs,
                            .threads = settings.threads,
                            .seed = settings.seed,
                            .clip_norm = settings.clip > 0 ? settings.clip : recur::no_limit,
                            .show_progress = true,
                            .stop_on_interrupt = true};
  if (!settings.log.empty())
    options.on_epoch = [path = settings.log](const recur::EpochReport& epoch) {
      std::ofstream log(path, epoch.epoch == 1 ? std::ios::trunc : std::ios::app);
      if (epoch.epoch == 1) log << "epoch,rate,training_loss,validation_loss,metric,gradient_norm,seconds\n";
      log << epoch.epoch << ',' << epoch.rate << ',' << epoch.training_loss << ',' << epoch.validation_loss
          << ',' << epoch.metric << ',' << epoch.mean_norm << ',' << epoch.seconds << std::endl;
      recur::detail::require_file(log.good(), path, "can't be written");
      return true;
    };
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

/// If the standard input, output or error is closed, the next file that is opened would take its place, and
/// output for the terminal would go into a model. So this opens files in their places that can't be read or
/// written.
inline void occupy_standard_streams() {
#if __has_include(<unistd.h>)
  for (const int stream : {0, 1, 2})
    if (fcntl(stream, F_GETFD) == -1) [[maybe_unused]]
      const int opened =
          open("/dev/null", stream == 0 ? O_WRONLY : O_RDONLY);  // takes the lowest free number
#endif
}

/// Whether a person sits at a terminal, whom the program may ask.
inline bool can_ask() {
#if __has_include(<unistd.h>)
  return isatty(0) == 1 && recur::Terminal::standard_output().live;
#else
  return false;
#endif
}

/// Runs a program, which returns its exit code. Whatever it throws is one line and the code 2.
template <class Program>
int run_program(const char* name, Program program) {
  occupy_standard_streams();
  const auto fail = [&](const std::string& what) {
    std::cout.flush();
    std::cerr << name << ": " << what << "\n";
    return 2;
  };
  try {
    const int code = program();
    require_output();
    return code;
  } catch (const std::bad_alloc&) {
    return fail("there is not enough memory: take a smaller network or batch");
  } catch (const std::exception& error) {
    return fail(error.what());
  }
}

}  // namespace examples
