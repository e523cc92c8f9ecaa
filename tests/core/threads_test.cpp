#include <array>
#include <atomic>
#include <chrono>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "allocations.hpp"
#include "catch.hpp"
#include "recur/core/thread_pool.hpp"

#if __has_include(<sys/wait.h>)
#include <sys/wait.h>
#endif

namespace recur::testing {
namespace threads_test {

using Catch::Matchers::ContainsSubstring;

/// A pool with a number of helpers of its own, whatever the machine has.
struct TestPool {
  explicit TestPool(int helpers) : pool(helpers) {}
  ~TestPool() { pool.close(); }

  template <class F>
  void run(int count, F f) {
    pool.run(
        count, [](void* context, int i) { (*static_cast<F*>(context))(i); }, &f);
  }

  detail::threads::Pool pool;
};

/// How often each call of one loop was made.
template <class Run>
std::vector<int> calls_of(int count, Run&& run) {
  std::vector<int> calls(static_cast<std::size_t>(count));
  run(count, [&](int i) { ++calls.at(static_cast<std::size_t>(i)); });
  return calls;
}

TEST_CASE("Every call is made once") {
  CHECK(available_threads() >= 1);
  for (const int count : {1, 2, 3, 8, 1000})
    CHECK(calls_of(count, [](int n, auto f) { parallel(n, f); }) ==
          std::vector<int>(static_cast<std::size_t>(count), 1));
}

TEST_CASE("A loop of no calls is refused") {
  CHECK_THROWS_WITH(parallel(0, [](int) {}), ContainsSubstring("0 calls") && ContainsSubstring("at least 1"));
  CHECK_THROWS_AS(parallel(-3, [](int) {}), std::invalid_argument);
}

TEST_CASE("The number of threads that may be asked for is bounded") {
  CHECK_NOTHROW(detail::check_threads("work", 1));
  CHECK_NOTHROW(detail::check_threads("work", most_threads));
  CHECK_THROWS_WITH(detail::check_threads("work", 0), ContainsSubstring("work on 0 threads"));
  CHECK_THROWS_AS(detail::check_threads("work", -3), std::invalid_argument);
  CHECK_THROWS_AS(detail::check_threads("work", 2000000), std::invalid_argument);
}

TEST_CASE("Helpers make every call once, in many loops of all sizes") {
  for (const int helpers : {0, 1, 3}) {
    TestPool pool(helpers);
    long wrong = 0;
    for (int repeat = 0; repeat < 400; ++repeat) {
      const int count = 2 + repeat % 7;
      for (const int calls : calls_of(count, [&](int n, auto f) { pool.run(n, f); })) wrong += calls != 1;
      // Now and then the helpers fall asleep.
      if (repeat % 50 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("Helpers work at the same time") {
  TestPool pool(2);
  std::atomic<int> here{0};
  std::atomic<bool> all{false};
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  pool.run(3, [&](int) {
    ++here;
    while (here < 3 && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
    if (here == 3) all = true;
  });
  CHECK(all);
}

TEST_CASE("A loop ends when the calls of its helpers have ended") {
  TestPool pool(1);
  const auto caller = std::this_thread::get_id();
  std::atomic<int> here{0}, ended{0};
  pool.run(2, [&](int) {
    ++here;
    while (here < 2) std::this_thread::yield();
    if (std::this_thread::get_id() != caller) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    ++ended;
  });
  CHECK(ended == 2);
}

TEST_CASE("While a loop is running, another is run by its caller") {
  TestPool pool(1);
  std::atomic<bool> begun{false}, may_end{false};
  std::thread other([&] {
    pool.run(2, [&](int) {
      begun = true;
      while (!may_end) std::this_thread::yield();
    });
  });
  while (!begun) std::this_thread::yield();
  const auto me = std::this_thread::get_id();
  int mine = 0;
  pool.run(5, [&](int) { mine += std::this_thread::get_id() == me; });
  CHECK(mine == 5);
  may_end = true;
  other.join();
}

TEST_CASE("A loop within a loop is run by the thread that meets it") {
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

TEST_CASE("Loops of several threads of the user do not disturb each other") {
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

TEST_CASE("A loop allocates nothing once its threads have begun") {
  std::atomic<int> sum{0};
  const auto loop = [&] { parallel(4, [&](int i) { sum += i; }); };
  loop();
  const CountAllocations allocations;
  for (int repeat = 0; repeat < 100; ++repeat) loop();
  const long count = allocations.count();
  CHECK(count == 0);
  CHECK(sum == 606);
}

TEST_CASE("Of several errors that of the lowest index is kept, whichever came first") {
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

TEST_CASE("After its threads have ended, a pool's loops run on the calling thread") {
  TestPool pool(2);
  pool.run(3, [](int) {});
  pool.pool.close();
  CHECK(calls_of(3, [&](int n, auto f) { pool.run(n, f); }) == std::vector<int>(3, 1));
}

#if __has_include(<sys/wait.h>) && !defined(__SANITIZE_THREAD__)
// None of the pool's threads exists there, and so this also shows that a loop waits for none that has not begun.
TEST_CASE("A forked child runs loops, and ends") {
  parallel(4, [](int) {});
  const pid_t child = fork();
  if (child == 0) {
    std::atomic<int> sum{0};
    for (int repeat = 0; repeat < 3; ++repeat) parallel(4, [&](int i) { sum += i; });
    detail::threads::pool().close();  // as at the child's end
    _exit(sum == 18 ? 0 : 1);
  }
  int status = -1;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}
#endif

}  // namespace threads_test
}  // namespace recur::testing
