#include "recur/core/thread_pool.hpp"

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "core/calls.hpp"
#include "recur/core/threads.hpp"

#if __has_include(<sys/wait.h>)
#include <sys/wait.h>
#endif

namespace recur::testing {
namespace thread_pool_test {

/// A pool with a given number of helpers on any machine.
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

TEST_CASE("Helpers make every call once in many loops of all sizes", "[core][thread_pool]") {
  for (const int helpers : {0, 1, 3}) {
    TestPool pool(helpers);
    long wrong = 0;
    for (int repeat = 0; repeat < 400; ++repeat) {
      const int count = 2 + repeat % 7;
      for (const int calls : calls_of(count, [&](int n, auto f) { pool.run(n, f); })) wrong += calls != 1;
      // Sometimes the helpers fall asleep.
      if (repeat % 50 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("Helpers work at the same time", "[core][thread_pool]") {
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

TEST_CASE("A loop ends when the calls of its helpers have ended", "[core][thread_pool]") {
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

TEST_CASE("A loop runs on its caller's thread while another loop is running", "[core][thread_pool]") {
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

TEST_CASE("A pool's loops run on the calling thread after the pool is closed", "[core][thread_pool]") {
  TestPool pool(2);
  pool.run(3, [](int) {});
  pool.pool.close();
  CHECK(calls_of(3, [&](int n, auto f) { pool.run(n, f); }) == std::vector<int>(3, 1));
}

#if __has_include(<sys/wait.h>) && !defined(__SANITIZE_THREAD__)
// No thread of the pool exists in the child. So this also shows that a loop does not wait for threads that have not
// started.
TEST_CASE("A forked child runs loops and ends", "[core][thread_pool]") {
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

TEST_CASE("A forked child starts no threads", "[core][thread_pool]") {
  TestPool some(3);
  some.run(2, [](int) {});  // starts one
  const pid_t child = fork();
  if (child == 0) {
    std::set<std::thread::id> threads;
    std::mutex one_at_a_time;
    some.run(4, [&](int) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      const std::scoped_lock lock(one_at_a_time);
      threads.insert(std::this_thread::get_id());
    });
    _exit(threads.size() == 1 ? 0 : 1);
  }
  int status = -1;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}
#endif

}  // namespace thread_pool_test
}  // namespace recur::testing
