// Ranks of MPI train a network. Each compares its losses and weights with those of a program that has as many threads.
//
//   mpirun -n 2 mpi_ranks                  prints "equal" if all are as they must be
//   mpirun -n 2 mpi_ranks throw            rank 1 throws in a step: the whole job must end, with a message
//   mpirun -n 2 mpi_ranks exit             rank 1 leaves in a step without a word: the same
//   mpirun -n 2 mpi_ranks kill FOLDER      rank 1 is killed in the second epoch; there are checkpoints in the folder
//   mpirun -n 1 mpi_ranks resume FOLDER    goes on, also with one rank of two threads, and prints "equal"
#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <recur/io/checkpoint.hpp>
#include <recur/train.hpp>
#include <recur/train/mpi.hpp>
#include <string>

#include "../max_abs.hpp"

using namespace recur;

namespace {

constexpr int threads_together = 2;

struct Result {
  VectorX<float> weights;
  FitReport report;
};

Result train(Ranks* ranks, int threads, const std::string& what = {}, const std::string& folder = {}) {
  ManyToOne model{Sequential{Embedding<float>{30, 8}, Dropout<float>{0.2}, Recurrent{Lstm<float>{8, 12}}},
                  Pooling::last, Dense<float>{12, 2}, SoftmaxCrossEntropy{}};
  initialize(model, 1);
  std::vector<decltype(model)::Example> examples;
  for (Random random(2); examples.size() < 70;) {
    std::vector<Token> tokens(1 + static_cast<std::size_t>(random.below(9)));
    for (Token& token : tokens) token = static_cast<Token>(random.below(30));
    examples.push_back({tokens, static_cast<int>(tokens.front() < tokens.back())});
  }
  Optimizer optimizer(model, Adam{.rate = 1e-2});
  FitOptions options{.epochs = 4,
                     .batch_size = 16,
                     .threads = threads,
                     .clip_norm = 1,
                     .ranks = ranks,
                     .metric = Accuracy{}};
  if (!folder.empty())
    options.checkpoint = {.in = checkpoint_folder(folder), .every_steps = 1, .resume = what == "resume"};
  options.on_step = [&](const StepReport& step) {
    if (ranks && ranks->rank() == 1 && step.step == 2) {
      if (what == "throw") throw std::runtime_error("an accident on rank 1");
      if (what == "exit") std::_Exit(3);
      if (what == "kill" && step.epoch == 2) std::raise(SIGKILL);
    }
    return true;
  };
  Result result;
  result.report = fit(model, optimizer, examples, examples, options);
  result.weights = values_of(Parameters(model));
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  Mpi mpi(argc, argv);
  try {
    const std::string what = argc > 1 ? argv[1] : "", folder = argc > 2 ? argv[2] : "";
    // With a folder, any number of ranks has as many threads together, so that dropout is the same.
    const int threads = folder.empty() ? mpi.size() : threads_together;
    const Result together = train(&mpi, threads / mpi.size(), what, folder);
    const Result alone = train(nullptr, threads);
    double weights = recur::testing::max_abs(together.weights - alone.weights), losses = 0;
    for (std::size_t e = 0; e < alone.report.epochs.size(); ++e) {
      const EpochReport &here = together.report.epochs.at(e), &there = alone.report.epochs[e];
      for (const double error : {here.training_loss - there.training_loss,
                                 here.validation_loss - there.validation_loss, here.metric - there.metric})
        losses = recur::testing::worse(losses, std::abs(error));
    }
    const bool equal = detail::ranks::sum(&mpi, weights < 1e-5 && losses < 1e-6 ? 0 : 1) == 0;
    if (mpi.rank() == 0)
      std::cout << mpi.size() << " ranks: " << (equal ? "equal" : "different") << ": weights to " << weights
                << ", losses to " << losses << '\n';
    return equal ? EXIT_SUCCESS : EXIT_FAILURE;
  } catch (const std::exception& error) {
    std::cerr << "mpi_ranks: " << error.what() << std::endl;
    mpi.abort(2);
  }
}
