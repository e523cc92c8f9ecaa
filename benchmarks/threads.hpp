// What a second thread gains, on an idle machine and beside two other threads that never rest.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "ours.hpp"

namespace threads {

/// The median of the second time over the first, in pairs of runs in turns.
inline double second_over_first(int pairs, const std::function<double()>& first,
                                const std::function<double()>& second) {
  std::vector<double> ratios;
  for (int i = 0; i < pairs; ++i) {
    const double time = first();
    ratios.push_back(second() / time);
  }
  std::ranges::nth_element(ratios, ratios.begin() + pairs / 2);
  return ratios[static_cast<std::size_t>(pairs / 2)];
}

/// Two threads that spin as long as this object lives.
class BusyNeighbours {
 public:
  BusyNeighbours() {
    for (std::thread& neighbour : neighbours_)
      neighbour = std::thread([this] {
        while (!leave_) std::atomic_signal_fence(std::memory_order_seq_cst);
      });
  }
  ~BusyNeighbours() {
    leave_ = true;
    for (std::thread& neighbour : neighbours_) neighbour.join();
  }

 private:
  std::atomic<bool> leave_{false};
  std::array<std::thread, 2> neighbours_;
};

/// Speed-up of the training of one layer, 32 samples × 100 steps × 64 inputs × 128 units.
inline double lstm_speedup(const std::function<double(const std::function<void()>&)>& seconds_of) {
  const bench::Problem problem(
      {.cell = bench::Cell::lstm, .batch = 32, .steps = 100, .input = 64, .hidden = 128});
  const auto one = bench::make_ours(problem, true, 1), two = bench::make_ours(problem, true, 2);
  const auto time = [&](bench::Side& side) {
    return [&] {
      return seconds_of([&] {
        for (int run = 0; run < 10; ++run) side.run();
      });
    };
  };
  return 1 / second_over_first(31, time(*one), time(*two));
}

}  // namespace threads
