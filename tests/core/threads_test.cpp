#include "recur/core/threads.hpp"

#include <array>
#include <atomic>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "allocations.hpp"
#include "catch.hpp"
#include "core/calls.hpp"

namespace recur::testing {
namespace threads_test {

using Catch::Matchers::ContainsSubstring;

TEST_CASE("Every call is made once", "[core][threads]") {
  CHECK(available_threads() >= 1);
  for (const int count : {1, 2, 3, 8, 1000})
    CHECK(calls_of(count, [](int n, auto f) { parallel(n, f); }) ==
          std::vector<int>(static_cast<std::size_t>(count), 1));
}

std::atomic<int> counted = 0;
void count_call(int index) { counted += index; }

TEST_CASE("A loop calls whatever can be called with an index", "[core][threads]") {
  parallel(4, count_call);
  CHECK(counted == 6);
  parallel(4, &count_call);
  CHECK(counted == 12);
  const auto constant = [](int index) { return counted += index; };
  parallel(4, constant);
  CHECK(counted == 18);
}

TEST_CASE("A loop of no calls does nothing, and one of fewer is refused", "[core][threads]") {
  CHECK_NOTHROW(parallel(0, [](int) { throw std::logic_error("a call"); }));
  CHECK_THROWS_WITH(parallel(-3, [](int) {}),
                    ContainsSubstring("-3 calls") && ContainsSubstring("less than 0"));
}

TEST_CASE("The number of threads has a limit", "[core][threads]") {
  CHECK_NOTHROW(detail::check_threads("work", 1));
  CHECK_NOTHROW(detail::check_threads("work", most_threads));
  CHECK_THROWS_WITH(detail::check_threads("work", 0), ContainsSubstring("work on 0 threads"));
  CHECK_THROWS_AS(detail::check_threads("work", -3), std::invalid_argument);
  CHECK_THROWS_AS(detail::check_threads("work", 2000000), std::invalid_argument);
}

TEST_CASE("A loop within a loop runs on the thread that calls it", "[core][threads]") {
  std::array<std::array<int, 3>, 4> calls{};
  parallel(4, [&](int i) {
    const auto me = std::this_thread::get_id();
    parallel(3, [&](int j) {
      calls[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] +=
          std::this_thread::get_id() == me ? 1 : 100;
    });
  });
  for (const auto& inner : calls) CHECK(inner == std::array{1, 1, 1});
}

TEST_CASE("Loops of several user threads don't disturb each other", "[core][threads]") {
  std::vector<std::thread> users;
  std::array<long, 4> sums{};
  for (long& sum : sums)
    users.emplace_back([&] {
      for (int repeat = 0; repeat < 200; ++repeat) {
        std::array<long, 5> parts{};
        parallel(5, [&](int i) { parts[static_cast<std::size_t>(i)] = i; });
        sum += std::accumulate(parts.begin(), parts.end(), 0L);
      }
    });
  for (std::thread& user : users) user.join();
  CHECK(sums == std::array<long, 4>{2000, 2000, 2000, 2000});
}

TEST_CASE("A loop allocates nothing after its threads have started", "[core][threads]") {
  std::atomic<int> sum{0};
  const auto loop = [&] { parallel(4, [&](int i) { sum += i; }); };
  loop();
  const CountAllocations allocations;
  for (int repeat = 0; repeat < 100; ++repeat) loop();
  const long count = allocations.count();
  CHECK(count == 0);
  CHECK(sum == 606);
}

TEST_CASE("The error of the lowest index is kept, in any order of arrival", "[core][threads]") {
  detail::FirstError error;
  CHECK_NOTHROW(error.rethrow());
  for (const int index : {4, 2, 7, 3}) {
    try {
      throw std::runtime_error("thrown by " + std::to_string(index));
    } catch (...) {
      error.keep(index);
    }
  }
  CHECK_THROWS_WITH(error.rethrow(), "thrown by 2");
}

TEST_CASE("The exception of the lowest index is thrown after all calls have ended", "[core][threads]") {
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

TEST_CASE("Exceptions keep their type", "[core][threads]") {
  CHECK_THROWS_AS(parallel(1, [](int) { throw std::out_of_range("one"); }), std::out_of_range);
  CHECK_THROWS_AS(parallel(3,
                           [](int i) {
                             if (i == 2) throw std::out_of_range("three");
                           }),
                  std::out_of_range);
}

}  // namespace threads_test
}  // namespace recur::testing
