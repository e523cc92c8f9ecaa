// The threads of core/threads.hpp. They sleep until a loop needs them.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <system_error>
#include <thread>
#if defined(__linux__)
#include <sched.h>
#endif
#if defined(__unix__) || defined(__APPLE__)
#include <unistd.h>
#endif

#include "recur/core/atomic_wait.hpp"
#include "recur/core/compiled.hpp"

namespace recur::inline RECUR_ABI {

RECUR_INLINE int available_threads();  // core/threads.hpp

#if RECUR_DEFINES
RECUR_INLINE int available_threads() {
#if defined(__linux__)
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0) return std::max(1, CPU_COUNT(&allowed));
#endif
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}
#endif

namespace detail::threads {

/// Waits for ready() without sleeping, but not for long. Returns whether it is ready.
///
/// To wake a thread takes tens of microseconds. A step of training takes a few hundred microseconds and has
/// three loops. If threads stay awake from loop to loop, two threads are a tenth faster. If other programs
/// run, it matters more that a sleeping thread gives away its processor, for the rest of the other program's
/// share of time.
template <class Ready>
bool spin(Ready ready) {
  constexpr auto longest = std::chrono::microseconds(100);
  const auto end = std::chrono::steady_clock::now() + longest;
  do {
    for (int i = 0; i < 8; ++i) {
      if (ready()) return true;
      compiler::pause();
    }
  } while (std::chrono::steady_clock::now() < end);
  return false;
}

/// Threads that help in loops, one loop at a time. They start when a loop first needs them.
///
/// There is one pool in a program. It has no destructor, so loops may run as long as the program does. Its
/// threads end after main has ended; later loops run only on the calling thread. The same holds in a forked
/// child, because none of the threads exists there.
class Pool {
 public:
  using Call = void (*)(void* context, int index);

  /// At most `most` helpers. The default is the number of processors minus one, because the caller works too.
  constexpr explicit Pool(int most = unknown) : most_(most) {}

  /// Makes the calls of 0, ..., count - 1, and returns after all have ended. They must not throw. If another
  /// loop is running, around this one or on another thread, all calls are made on this thread. Allocates
  /// nothing except threads.
  RECUR_NOINLINE void run(int count, Call call, void* context) {
    if (busy_.exchange(true)) {
      for (int i = 0; i < count; ++i) call(context, i);
      return;
    }
    grow(count - 1);
    call_ = call;  // Nobody reads these while there is no call to claim.
    context_ = context;
    count_ = count;
    unfinished_ = count;
    unclaimed_ = count;
    if (count > size_)
      notify_all(unclaimed_);
    else
      for (int i = 1; i < count; ++i) notify_one(unclaimed_);
    claim();
    if (!spin([&] { return unfinished_ == 0; }))
      for (int left; (left = unfinished_) != 0;) wait_while(unfinished_, left);
    busy_ = false;
  }

  /// Ends the threads for good. It does nothing if it can't wait for them: if std::exit was called inside a
  /// loop, and in a forked child.
  void close() {
    if (busy_.exchange(true) || !threads_ || process() != process_) return;
    unclaimed_ = closed;
    notify_all(unclaimed_);
    for (int i = 0; i < size_; ++i) threads_[i].join();
    delete[] threads_;
  }

 private:
  /// Makes calls as long as there are calls to claim. A loop ends only after all claimed calls. So a thread
  /// that has claimed a call sees the loop of this call, even if it has slept through other loops since it
  /// read `left`.
  void claim() {
    for (int left = unclaimed_; left > 0; left = unclaimed_)
      if (unclaimed_.compare_exchange_strong(left, left - 1)) {
        call_(context_, count_ - left);
        if (--unfinished_ == 0) notify_one(unfinished_);
      }
  }

  /// The work of a thread of the pool.
  void help() {
    while (unclaimed_ != closed) {
      claim();
      if (!spin([&] { return unclaimed_ != 0; })) wait_while(unclaimed_, 0);
    }
  }

  /// Starts as many helpers as wanted. All threads together are at most as many as processors, and as many as
  /// the system allows.
  void grow(int wanted) {
    if (wanted <= size_ || size_ == most_) return;
    if (threads_ && process() != process_) return;  // a forked child: they were the parent's
    try {
      if (most_ == unknown) most_ = available_threads() - 1;
      if (!threads_) {
        threads_ = new std::thread[static_cast<std::size_t>(most_)];
        process_ = process();
      }
      wanted = std::min(wanted, most_);
      for (; size_ < wanted; ++size_) threads_[size_] = std::thread([this] { help(); });
    } catch (const std::exception&) {
      most_ = size_;
    }
  }

  static long process() {
#if defined(__unix__) || defined(__APPLE__)
    return getpid();
#else
    return 0;  // no program is forked
#endif
  }

  static constexpr int closed = -1, unknown = -1;

  std::atomic<bool> busy_{false};
  int size_ = 0, most_;
  long process_ = 0;
  std::thread* threads_ = nullptr;  // `most_` of them, of which the first `size_` run
  Call call_ = nullptr;
  void* context_ = nullptr;
  int count_ = 0;
  alignas(64) std::atomic<int> unclaimed_{0};
  alignas(64) std::atomic<int> unfinished_{0};
};
inline constinit Pool the_pool;  // exists as long as the program runs

inline Pool& pool() {
  static const struct AtExit {
    ~AtExit() { the_pool.close(); }
  } at_exit;
  return the_pool;
}

}  // namespace detail::threads

}  // namespace recur::inline RECUR_ABI
