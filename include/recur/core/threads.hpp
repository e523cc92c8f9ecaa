// A loop whose calls are shared by threads of the standard library, which wait asleep.
//
// The calls are not dealt to threads: each thread, the calling one too, claims the next call that nobody has
// begun. So a loop never waits for a thread that the system has not woken yet: beside other busy programs the
// calling thread makes all calls itself, if need be. What a call computes must depend on its index alone, not
// on its thread; then the number of threads, their speed and their order change no bit of the result.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <limits>
#include <mutex>
#include <system_error>
#include <thread>
#include <type_traits>
#include <vector>
#if defined(__linux__)
#include <sched.h>
#endif
#if __has_include(<unistd.h>)
#include <unistd.h>
#endif

#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"

namespace recur::inline RECUR_ABI {

/// The most threads that training and evaluation may be asked to use: more is taken for a mistake.
inline constexpr int most_threads = 1024;

/// Processors that the system lets this program run on, at least 1; on Linux those of `taskset` alone. A limit
/// on their time, such as a container may have, does not count.
inline int available_threads() {
#if defined(__linux__)
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0) return std::max(1, CPU_COUNT(&allowed));
#endif
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

/// Throws std::invalid_argument unless `threads` is from 1 to most_threads; `what` is what was to use them.
inline void check_threads(const char* what, int threads) {
  require(threads >= 1 && threads <= most_threads, what, " on ", threads,
          " threads: it must be at least 1 and at most ", most_threads);
}

/// Of the exceptions of several threads that of the lowest index, whichever came first.
class FirstError {
 public:
  /// To be called where an exception is caught.
  void keep(Index index) {
    const std::lock_guard lock(mutex_);
    if (index >= index_) return;
    index_ = index;
    error_ = std::current_exception();
  }
  /// Throws what was kept, if anything was.
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  std::mutex mutex_;
  Index index_ = std::numeric_limits<Index>::max();
  std::exception_ptr error_;
};

namespace detail::threads {

/// Tells the processor that this is a loop that waits.
inline void pause() {
#if defined(__i386__) || defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Waits awake until ready(), but not for long, and returns whether it is.
///
/// To be woken takes tens of microseconds, where a step of training takes some hundred and has three loops: a thread that
/// stays awake from loop to loop makes two threads a tenth faster. Beside other programs it matters more that whoever
/// sleeps gives its processor away, for the rest of the other's share of time.
template <class Ready>
bool spin(Ready ready) {
  constexpr auto longest = std::chrono::microseconds(100);
  const auto end = std::chrono::steady_clock::now() + longest;
  do {
    for (int i = 0; i < 8; ++i) {
      if (ready()) return true;
      pause();
    }
  } while (std::chrono::steady_clock::now() < end);
  return false;
}

/// Threads that help in loops, one loop at a time. They are begun when a loop first needs them.
///
/// There is one pool in a program. It has no destructor, so that loops may run as long as the program does, but its
/// threads end when main has: later loops run on the calling thread alone. So they do in a child that was forked,
/// in which none of the threads exists.
class Pool {
 public:
  using Call = void (*)(void* context, int index);

  /// Of at most so many helpers; by default one less than there are processors, since the caller works, too.
  constexpr explicit Pool(int most = unknown) : most_(most) {}

  /// Makes the calls of 0, ..., count - 1, and returns once all have ended. They must not throw. Where another loop is
  /// running, around this one or on another thread, all calls are made here. Allocates nothing but threads.
  void run(int count, Call call, void* context) {
    if (busy_.exchange(true)) {
      for (int i = 0; i < count; ++i) call(context, i);
      return;
    }
    grow(count - 1);
    call_ = call;  // Nobody reads these while there is nothing to claim.
    context_ = context;
    count_ = count;
    unfinished_ = count;
    unclaimed_ = count;
    if (count > size_)
      unclaimed_.notify_all();
    else
      for (int i = 1; i < count; ++i) unclaimed_.notify_one();
    claim();
    if (!spin([&] { return unfinished_ == 0; }))
      for (int left; (left = unfinished_) != 0;) unfinished_.wait(left);
    busy_ = false;
  }

  /// Ends the threads for good. Not where it can't be waited for: amid a loop, out of which std::exit was called, and
  /// in a forked child.
  void close() {
    if (!threads_ || process() != process_ || busy_.exchange(true)) return;
    unclaimed_ = closed;
    unclaimed_.notify_all();
    for (std::thread& thread : *threads_) thread.join();
    delete threads_;
  }

 private:
  /// Makes calls as long as there are some to claim. A loop ends after the calls that were claimed. So whoever has
  /// claimed one sees the loop it is of, even if it has slept through others since it read `left`.
  void claim() {
    for (int left = unclaimed_; left > 0; left = unclaimed_)
      if (unclaimed_.compare_exchange_strong(left, left - 1)) {
        call_(context_, count_ - left);
        if (--unfinished_ == 0) unfinished_.notify_one();
      }
  }

  /// What a thread of the pool does.
  void help() {
    while (unclaimed_ != closed) {
      claim();
      if (!spin([&] { return unclaimed_ != 0; })) unclaimed_.wait(0);
    }
  }

  /// As many helpers as wanted, but all threads together no more than processors, and no more than the system gives.
  void grow(int wanted) {
    if (wanted <= size_ || size_ == most_) return;
    try {
      if (!threads_) {
        threads_ = new std::vector<std::thread>;
        process_ = process();
      }
      if (most_ == unknown) most_ = available_threads() - 1;
      wanted = std::min(wanted, most_);
      threads_->reserve(static_cast<std::size_t>(wanted));
      for (; size_ < wanted; ++size_) threads_->emplace_back(&Pool::help, this);
    } catch (const std::exception&) {
      most_ = size_;
    }
  }

  static long process() {
#if __has_include(<unistd.h>)
    return getpid();
#else
    return 0;
#endif
  }

  static constexpr int closed = -1, unknown = -1;

  std::atomic<bool> busy_{false};
  int size_ = 0, most_;
  long process_ = 0;
  std::vector<std::thread>* threads_ = nullptr;
  Call call_ = nullptr;
  void* context_ = nullptr;
  int count_ = 0;
  alignas(64) std::atomic<int> unclaimed_{0};
  alignas(64) std::atomic<int> unfinished_{0};
};
inline constinit Pool the_pool;  // exists from the first to the last instruction

inline Pool& pool() {
  static const struct AtExit {
    ~AtExit() { the_pool.close(); }
  } at_exit;
  return the_pool;
}

}  // namespace detail::threads

/// Calls f(0), ..., f(count - 1), on several threads where the machine has them, this one among them, and returns
/// once all have ended. What the calls throw is thrown here; of several exceptions that of the lowest index, so
/// that it does not depend on which thread was first. Throws std::invalid_argument unless count > 0.
///
/// May be called from several threads at once, and from within f: the calls of the one that comes later are all
/// made on its own thread.
template <class F>
void parallel(int count, F&& f) {
  require(count > 0, "a loop of ", count, " calls in parallel: it must have at least 1");
  if (count == 1) return static_cast<void>(f(0));
  struct Loop {
    std::remove_reference_t<F>& f;
    FirstError error;
  } loop{f, {}};
  const auto call = [](void* context, int index) {
    auto& [body, error] = *static_cast<Loop*>(context);
    try {
      body(index);
    } catch (...) {
      error.keep(index);
    }
  };
  detail::threads::pool().run(count, call, &loop);
  loop.error.rethrow();
}

}  // namespace recur::inline RECUR_ABI
