// A sentiment classifier: train it, watch it read, talk to it.
//
//   sentiment train
//   sentiment predict "The food is not good."
//   sentiment test reviews.tsv
//   sentiment repl
//
// Ends with 0. If something is wrong, it says what on the standard error stream and ends with 2.

#include <iostream>
#include <new>

#include "ask.hpp"
#include "command_line.hpp"
#include "evaluation.hpp"
#include "output.hpp"
#include "train.hpp"
#if __has_include(<unistd.h>)
#include <fcntl.h>
#include <unistd.h>
#endif

namespace {

using namespace sentiment;

/// If the standard input, output or error is closed, the next file that is opened would take its place, and
/// output for the terminal would go into a model. So this opens files in their places that can't be read or
/// written.
void occupy_standard_streams() {
#if __has_include(<unistd.h>)
  for (const int stream : {0, 1, 2})
    if (fcntl(stream, F_GETFD) == -1) [[maybe_unused]]
      const int opened =
          open("/dev/null", stream == 0 ? O_WRONLY : O_RDONLY);  // takes the lowest free number
#endif
}

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
    case CommandLine::Command::help:
      return true;
  }
  return true;
}

}  // namespace

int main(int count, char** words) {
  occupy_standard_streams();
  const auto fail = [](const std::string& what) {
    std::cerr << "sentiment: " << what << "\n";
    return 2;
  };
  try {
    const bool all_well = run(parse(count, words));
    require_output();
    return all_well ? 0 : 2;
  } catch (const std::bad_alloc&) {
    return fail("there is not enough memory: take a smaller network or batch");
  } catch (const std::exception& error) {
    return fail(error.what());
  }
}
