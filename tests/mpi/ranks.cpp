// Ranks of MPI train a network. Each compares its losses and weights with those of a program that has as many threads.
//
//   mpirun -n 2 mpi_ranks           prints "equal" if all are as they must be
//   mpirun -n 2 mpi_ranks throw     rank 1 throws in a step: the whole job must end, with a message
//   mpirun -n 2 mpi_ranks exit      rank 1 leaves in a step without a word: the same
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <recur/train.hpp>
#include <recur/train/mpi.hpp>
#include <string_view>

using namespace recur;

namespace {

struct Result {
  VectorX<float> weights;
  FitReport report;
};

Result train(Ranks* ranks, int threads, std::string_view accident) {
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
  options.on_step = [&](const StepReport& step) {
    if (ranks && ranks->rank() == 1 && step.step == 2) {
      if (accident == "throw") throw std::runtime_error("an accident on rank 1");
      if (accident == "exit") std::_Exit(3);
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
    const Result together = train(&mpi, 1, argc > 1 ? argv[1] : "");
    const Result alone = train(nullptr, mpi.size(), "");
    double largest = (together.weights - alone.weights).cwiseAbs().maxCoeff();
    for (std::size_t e = 0; e < alone.report.epochs.size(); ++e) {
      const EpochReport &here = together.report.epochs.at(e), &there = alone.report.epochs[e];
      largest = std::max({largest, std::abs(here.training_loss - there.training_loss),
                          std::abs(here.validation_loss - there.validation_loss),
                          std::abs(here.metric - there.metric)});
    }
    const bool equal = detail::ranks::sum(&mpi, largest < 1e-5 ? 0 : 1) == 0;
    if (mpi.rank() == 0) std::cout << mpi.size() << " ranks: " << (equal ? "equal" : "different") << '\n';
    return equal ? EXIT_SUCCESS : EXIT_FAILURE;
  } catch (const std::exception& error) {
    std::cerr << "mpi_ranks: " << error.what() << std::endl;
    mpi.abort(2);
  }
}
