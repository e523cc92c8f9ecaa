// The command line of the examples that need no library for it: a handful of options and a help.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <limits>
#include <optional>
#include <recur/core/error.hpp>
#include <recur/core/threads.hpp>
#include <recur/core/utf8.hpp>
#include <recur/train/fit_options.hpp>
#include <string>
#include <type_traits>
#include <vector>

#include "file.hpp"
#include "text.hpp"

namespace examples {

/// What a user may say. Here stands what holds if the user does not.
struct FewOptions {
  int epochs = 0;  ///< 0: the program has no options of training
  std::string epochs_text = "How often it reads all data";
  double clip = 1;
  int threads = std::min(recur::available_threads(), recur::most_threads);
  std::uint64_t seed = 1;
  bool is_short = false, has_few_epochs = false;
  std::string writes = {};   ///< the file that the program writes into the user's folder; empty: none
  std::string weights = {};  ///< of a header that it writes, "float32" or "int8"; empty: it writes none

  /// What `fit` needs to know of them. Ctrl-C ends it.
  recur::FitOptions training() const {
    return {.epochs = epochs,
            .threads = threads,
            .seed = seed,
            .clip_norm = clip > 0 ? clip : recur::no_limit,
            .stop_on_interrupt = true};
  }
  Ending ending(bool interrupted) const {
    return interrupted      ? Ending::interrupted
           : is_short       ? Ending::short_mode
           : has_few_epochs ? Ending::few_epochs
                            : Ending::whole;
  }
  Ending ending(const recur::FitReport& report) const {
    return ending(report.stopped == recur::Stopped::by_interrupt);
  }
};

/// "0.512 after one epoch, 0.031 at the best": the validation losses of a training that Ctrl-C may have ended at once.
inline std::string losses(const recur::FitReport& report) {
  if (report.best_epoch < 1) return "not known, since no epoch was whole";
  return text_of(fixed(report.epochs.front().validation_loss, 3), " after one epoch, ",
                 fixed(report.best().validation_loss, 3), " at the best");
}

/// Reads the words of a command line. Writes the help and ends the program if they ask for it. Ends it with one line and
/// code 2 for what is not legal, and if the file that the program writes is there already and --overwrite is not given.
inline FewOptions few_options(int count, char** words, const std::string& what, FewOptions options = {}) {
  struct Option {
    std::string name, value, text;
    std::function<bool(const std::string&)> take;  // false: not legal. An option without a value takes ""
    std::string legal = {}, letter = {};

    bool is(const std::string& word) const { return word == name || (!letter.empty() && word == letter); }
  };
  const std::string path = words[0], program = path.substr(path.find_last_of("/\\") + 1);
  const int usual = options.epochs;
  bool asks = false, has_epochs = false, overwrite = false;
  std::vector<Option> all{{"--help", "", "This text", [&](const auto&) { return asks = true; }, {}, "-h"},
                          {"--short", "", "A second, to try it: too little to learn",
                           [&](const auto&) { return options.is_short = true; }}};
  const auto into = [](auto& number, double least, double most) {
    return [&number, least, most](const std::string& text) {
      const auto given = to_number<std::remove_reference_t<decltype(number)>>(text);
      if (!given || !(static_cast<double>(*given) >= least && static_cast<double>(*given) <= most))
        return false;
      number = *given;
      return true;
    };
  };
  if (options.epochs > 0) {
    all.push_back(
        {"--epochs", "N", text_of(options.epochs_text, " [", options.epochs, ']'),
         [&, take = into(options.epochs, 1, 1e6)](const auto& text) { return has_epochs = take(text); },
         "a whole number from 1 to 1000000"});
    all.push_back({"--clip", "NORM",
                   text_of("Largest norm of the gradient; 0 for no limit [", options.clip, ']'),
                   into(options.clip, 0, 1e30), "a number from 0 to 1e30"});
    all.push_back({"--threads", "N", text_of("Threads that share each batch [", options.threads, ']'),
                   into(options.threads, 1, recur::most_threads),
                   text_of("a whole number from 1 to ", recur::most_threads)});
    all.push_back({"--seed", "N",
                   text_of("Seed: with as many threads, the same gives the same [", options.seed, ']'),
                   into(options.seed, 0, 9e15), "a whole number from 0 to 9000000000000000"});
  }
  if (!options.weights.empty())
    all.push_back({"--weights", "FORM",
                   text_of("Weights of the header: float32 or int8 [", options.weights, ']'),
                   [&](const auto& text) {
                     options.weights = text;
                     return text == "float32" || text == "int8";
                   },
                   "float32 or int8"});
  if (!options.writes.empty())
    all.push_back({"--overwrite", "", text_of("Replace ", options.writes, " if it is there"),
                   [&](const auto&) { return overwrite = true; }});
  const auto refuse = [&](const auto&... parts) {
    std::cerr << program << ": " << text_of(parts...) << '\n';
    std::exit(2);
  };
  for (int i = 1; i < count; ++i) {
    const auto option = std::ranges::find_if(all, [&](const Option& one) { return one.is(words[i]); });
    if (option == all.end()) refuse(recur::detail::quote(words[i]), " is not an option: --help lists them");
    if (!option->value.empty() && ++i == count) refuse(option->name, " needs a value");
    const std::string value = option->value.empty() ? "" : words[i];
    if (!option->take(value))
      refuse(option->name, ": ", recur::detail::quote(value), " is not legal: it must be ", option->legal);
  }
  if (asks) {
    write_text(what + "\n\nUsage: " + program + " [OPTIONS]\n\n");
    for (const auto& [name, value, text, take, legal, letter] : all) {
      const std::string left =
          "  " + (letter.empty() ? "" : letter + ',') + name + (value.empty() ? "" : ' ' + value);
      std::cout << left << std::string(20 - left.size(), ' ');
      write_text(text, 20);
    }
    std::exit(std::cout.flush() ? 0 : 2);
  }
  if (!options.writes.empty()) {  // now, and not after the training
    if (!overwrite && is_there(options.writes))
      refuse(options.writes, " exists already: replace it with --overwrite, or call this program elsewhere");
    try {
      require_writable(options.writes);
    } catch (const recur::FileError& error) {
      refuse(error.what());
    }
  }
  options.has_few_epochs = options.epochs < usual;
  if (options.is_short && !has_epochs) options.epochs = std::min(options.epochs, 1);
  return options;
}

}  // namespace examples
