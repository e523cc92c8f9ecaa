// Times two sides in turns, and gives the ratio of their times with its spread.
#include "timer.hpp"

#include <algorithm>
#include <chrono>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "recur/core/eigen.hpp"
#include "recur/core/threads.hpp"

namespace bench {

namespace {

using Clock = std::chrono::steady_clock;

/// The time of one run, measured over `runs` runs.
double seconds_of(Side& side, int runs) {
  const auto begin = Clock::now();
  for (int i = 0; i < runs; ++i) side.run();
  return std::chrono::duration<double>(Clock::now() - begin).count() / runs;
}

double quantile(std::vector<double> values, double q) {
  std::ranges::sort(values);
  const double place = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const auto above = std::min(below + 1, values.size() - 1);
  return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
}

}  // namespace

Timing take_turns(Side& ours, Side& peer, double seconds) {
  constexpr double shortest = 2e-3;  // seconds of one measurement: far above the clock's own cost
  const double our_run = seconds_of(ours, 1), peer_run = seconds_of(peer, 1);
  const auto runs_of = [&](double run) {
    return std::max(1, static_cast<int>(shortest / std::max(run, 1e-7)));
  };
  const int our_runs = runs_of(our_run), peer_runs = runs_of(peer_run);
  const double pair = our_run * our_runs + peer_run * peer_runs;
  const int fewest = pair < 2 ? 5 : 1;  // a long run outlasts most disturbances
  const int pairs = std::clamp(static_cast<int>(seconds / pair), fewest, 101);

  std::vector<double> our_times, peer_times, ratios;
  for (int i = 0; i < pairs; ++i) {
    our_times.push_back(seconds_of(ours, our_runs));
    peer_times.push_back(seconds_of(peer, peer_runs));
    ratios.push_back(peer_times.back() / our_times.back());
  }
  return {1e3 * quantile(our_times, 0.5), 1e3 * quantile(peer_times, 0.5), quantile(ratios, 0.5),
          quantile(ratios, 0.25),         quantile(ratios, 0.75),          pairs};
}

void use_threads(int count) {
#ifdef _OPENMP
  omp_set_num_threads(count);
#endif
  Eigen::setNbThreads(count);
}

bool has_threads() { return recur::available_threads() > 1; }

}  // namespace bench
