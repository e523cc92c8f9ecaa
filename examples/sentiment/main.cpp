// A sentiment classifier: train it, watch it read, talk to it.
//
//   sentiment train
//   sentiment predict "The food is not good."
//   sentiment test reviews.tsv
//   sentiment repl
//   sentiment header sentiment.hpp
//
// Ends with 0. If something is wrong, it says what on the standard error stream and ends with 2.

#include "../common/command_line.hpp"
#include "ask.hpp"
#include "command_line.hpp"
#include "evaluation.hpp"
#include "header.hpp"
#include "train.hpp"

namespace {

using namespace sentiment;

bool run(const CommandLine& line) {
  switch (line.command) {
    case CommandLine::Command::train:
      train(line.train);
      return true;
    case CommandLine::Command::predict:
      return predict(line.ask);
    case CommandLine::Command::test:
      test(line.ask);
      return true;
    case CommandLine::Command::repl:
      repl(line.ask);
      return true;
    case CommandLine::Command::header:
      write(line.header);
      return true;
    case CommandLine::Command::help:
      return true;
  }
  return true;
}

}  // namespace

int main(int count, char** words) {
  return examples::run_program("sentiment", [&] { return run(parse(count, words)) ? 0 : 2; });
}
