// The command of the user, read from the command line and checked as far as possible without looking into
// files. scripts/demo checks its options with this part alone, before it builds the rest.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "../common/checkpoints.hpp"
#include "classifier.hpp"
#include "data.hpp"
#include "settings.hpp"

namespace sentiment {

struct TrainCommand {
  DataFiles files;
  Architecture what;
  Training how;
  std::string pooling = "last", class_names;
  Index min_count = 0;  // 0: 1 for the built-in corpus, 2 for files
  bool balance = false, no_baseline = false, quiet = false, overwrite = false;
  std::string save_to = default_model, start_from, log;
  examples::Checkpoints checkpoints;
  std::string program = "sentiment";  ///< its name as the user called it
  std::set<std::string> given;        ///< the options that the user named, such as "--cell"

  bool is_given(const std::string& option) const { return given.contains(option); }
};

/// For predict, test and repl.
struct AskCommand {
  std::string model = default_model, colour = "auto";
  bool tsv = false;
  std::vector<std::string> sentences, files;  ///< sentences to classify, files to test on
  std::string text_column, label_column;
  std::string program = "sentiment";  ///< its name as the user called it
};

struct HeaderCommand {
  std::string model = default_model, target, weights = "float32";
  bool overwrite = false;
};

struct CommandLine {
  enum class Command { help, train, predict, test, repl, header };

  Command command = Command::help;
  TrainCommand train;
  AskCommand ask;
  HeaderCommand header;
};

/// Writes the help if the user asked for it. Throws std::invalid_argument for what is not legal, and
/// recur::FileError for a file that is missing or would be overwritten.
CommandLine parse(int count, const char* const* words);

}  // namespace sentiment
