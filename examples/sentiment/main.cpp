// A sentiment classifier: train it, watch it read, talk to it.
//
//   sentiment train
//   sentiment predict "The food is not good."
//   sentiment test reviews.tsv
//   sentiment repl
//   sentiment header sentiment.hpp
//   mpirun -n 2 sentiment train       two programs, often on two machines, train one network
//
// Ends with 0. If something is wrong, it says what on the standard error stream and ends with 2.

#include "../common/command_line.hpp"
#include "ask.hpp"
#include "command_line.hpp"
#include "evaluation.hpp"
#include "header.hpp"
#include "train.hpp"
#ifdef SENTIMENT_HAS_MPI
#include <optional>

#include "recur/train/mpi.hpp"
#endif

namespace {

using namespace sentiment;

bool run(CommandLine line, [[maybe_unused]] recur::Ranks* ranks) {
  switch (line.command) {
    case CommandLine::Command::train:
      line.train.how.ranks = ranks;
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
  recur::Ranks* ranks = nullptr;
#ifdef SENTIMENT_HAS_MPI
  std::optional<recur::Mpi> mpi;
  if (recur::Mpi::is_started()) ranks = &mpi.emplace(count, words);
#endif
  const int code =
      examples::run_program("sentiment", [&] { return run(parse(count, words), ranks) ? 0 : 2; });
#ifdef SENTIMENT_HAS_MPI
  if (mpi && code != 0) mpi->abort(code);  // the others would wait for this rank forever
#endif
  return code;
}
