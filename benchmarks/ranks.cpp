// What a step of training takes on the ranks of MPI, and how much of it is the exchange between them:
//
//   mpirun -n 2 ranks            training of an LSTM, 64 samples × 50 steps × 128 inputs × 128 units, of all ranks together
//   mpirun -n 1 ranks shares     the same with batches of 64, 32, 16, ..., 1 samples: a rank's share of a batch
//   mpirun -n 2 ranks sums       how long it takes to add numbers over the ranks, by their count
#include <algorithm>
#include <chrono>
#include <iomanip>
#include <iostream>
#include <numeric>
#include <recur/train.hpp>
#include <recur/train/mpi.hpp>
#include <string_view>
#include <vector>

using namespace recur;

namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double median(std::vector<double> times) {
  std::ranges::nth_element(times, times.begin() + std::ssize(times) / 2);
  return times[times.size() / 2];
}

/// Ranks that count the seconds which they take.
class Watched final : public Ranks {
 public:
  explicit Watched(Ranks& ranks) : ranks_(ranks) {}
  double seconds = 0;

  int rank() const override { return ranks_.rank(); }
  int size() const override { return ranks_.size(); }
  void sum(std::span<float> numbers) override {
    watch([&] { ranks_.sum(numbers); });
  }
  void sum(std::span<double> numbers) override {
    watch([&] { ranks_.sum(numbers); });
  }
  std::vector<Index> gather(std::span<const Index> numbers) override {
    std::vector<Index> all;
    watch([&] { all = ranks_.gather(numbers); });
    return all;
  }

 private:
  template <class F>
  void watch(F&& f) {
    const double begin = now();
    f();
    seconds += now() - begin;
  }
  Ranks& ranks_;
};

void measure_training(Mpi& mpi, int samples = 64) {
  ManyToOne model{Recurrent{Lstm<float>{128, 128}}, Pooling::last, Dense<float>{128, 2},
                  SoftmaxCrossEntropy{}};
  initialize(model, 1);
  std::vector<decltype(model)::Example> examples;
  Random random(2);
  for (int n = 0; n < samples; ++n) {
    examples.push_back({MatrixX<float>(128, 50), n % 2});
    for (float& number : examples.back().input.reshaped()) number = static_cast<float>(random.symmetric(1));
  }
  std::vector<Index> rows(examples.size());
  std::iota(rows.begin(), rows.end(), Index{0});
  Optimizer optimizer(model, Adam{});
  Watched ranks(mpi);
  Trainer trainer(model, optimizer, {.clip_norm = 1, .ranks = &ranks});
  std::vector<double> steps, exchanges;
  for (int step = 0; step < 220; ++step) {
    ranks.seconds = 0;
    const double begin = now();
    trainer.step(examples, rows);
    if (step < 20) continue;  // the machine gets warm
    steps.push_back(now() - begin);
    exchanges.push_back(ranks.seconds);
  }
  if (mpi.rank() == 0)
    std::cout << std::setprecision(4) << samples << " samples on " << mpi.size()
              << " ranks: " << 1e3 * median(steps) << " ms a step, " << 1e3 * median(exchanges)
              << " ms of it in the exchange of " << count_parameters(Parameters(model)) << " numbers\n";
}

void measure_sums(Mpi& mpi) {
  for (std::size_t count = 1; count <= std::size_t{1} << 24; count *= 4) {
    std::vector<float> numbers(count, 1);
    std::vector<double> times;
    for (int turn = 0; turn < (count < 100000 ? 201 : 21); ++turn) {
      const double begin = now();
      mpi.sum(std::span(numbers));
      times.push_back(now() - begin);
      std::ranges::fill(numbers, 1.0f);
    }
    if (mpi.rank() == 0)
      std::cout << std::setw(9) << count << " numbers " << std::setprecision(4) << 1e6 * median(times)
                << " us\n";
  }
}

}  // namespace

int main(int argc, char** argv) {
  Mpi mpi(argc, argv);
  if (argc == 2 && std::string_view(argv[1]) == "sums")
    measure_sums(mpi);
  else if (argc == 2 && std::string_view(argv[1]) == "shares")
    for (int samples = 64; samples > 0; samples /= 2) measure_training(mpi, samples);
  else
    measure_training(mpi);
}
