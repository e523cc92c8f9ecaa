#include "recur/core/threads.hpp"

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"

namespace recur::testing {
namespace {

TEST_CASE("Every call is made once") {
  CHECK(available_threads() >= 1);
  for (const int count : {0, 1, 2, 3, 8}) {
    std::vector<int> calls(static_cast<std::size_t>(count));
    parallel(count, [&](int i) { ++calls.at(static_cast<std::size_t>(i)); });
    CHECK(calls == std::vector<int>(static_cast<std::size_t>(count), 1));
  }
}

TEST_CASE("Each call has a thread of its own") {
#ifdef _OPENMP
  std::atomic<int> here{0};
  std::atomic<bool> all{false};
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  parallel(3, [&](int) {
    ++here;
    while (here < 3 && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
    if (std::chrono::steady_clock::now() < patience) all = true;
  });
  CHECK(all);
#else
  CHECK(available_threads() == 1);
#endif
}

TEST_CASE("Of several exceptions that of the lowest index is thrown, once all calls have ended") {
  for (int repeat = 0; repeat < 20; ++repeat) {
    std::atomic<int> ended{0};
    const auto call = [&] {
      parallel(4, [&](int i) {
        if (i == 1) {
          for (int spin = 0; spin < 1000 * (repeat % 3); ++spin)
            std::atomic_signal_fence(std::memory_order_seq_cst);
        }
        ++ended;
        if (i >= 1 && i <= 2) throw std::runtime_error("thrown by " + std::to_string(i));
        if (i == 3) throw 3;
      });
    };
    CHECK_THROWS_WITH(call(), "thrown by 1");
    CHECK(ended == 4);
  }
}

TEST_CASE("Exceptions keep their type") {
  CHECK_THROWS_AS(parallel(1, [](int) { throw std::out_of_range("one"); }), std::out_of_range);
  CHECK_THROWS_AS(parallel(3,
                           [](int i) {
                             if (i == 2) throw std::out_of_range("three");
                           }),
                  std::out_of_range);
}

}  // namespace
}  // namespace recur::testing
