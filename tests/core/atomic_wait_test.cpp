#include "recur/core/atomic_wait.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include "catch.hpp"

namespace recur::testing {
namespace atomic_wait_test {

using namespace detail;

TEST_CASE("Two threads that wake each other don't miss a change", "[core][atomic_wait]") {
  constexpr int rounds = 20000;
  std::atomic<int> turn{0};
  const auto play = [&](int mine) {
    for (int round = 0; round < rounds; ++round) {
      for (int now; (now = turn) % 2 != mine;) wait_while(turn, now);
      ++turn;
      notify_one(turn);
    }
  };
  std::thread other(play, 1);
  play(0);
  other.join();
  CHECK(turn == 2 * rounds);
}

TEST_CASE("All threads that wait for a number are woken", "[core][atomic_wait]") {
  for (int round = 0; round < 200; ++round) {
    std::atomic<int> gate{0}, passed{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i)
      threads.emplace_back([&] {
        while (gate == 0) wait_while(gate, 0);
        ++passed;
      });
    gate = 1;
    notify_all(gate);
    for (std::thread& thread : threads) thread.join();
    REQUIRE(passed == 3);
  }
}

}  // namespace atomic_wait_test
}  // namespace recur::testing
