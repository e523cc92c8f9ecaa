// Threads that sleep until a number changes.
//
// std::atomic can do this, but not everywhere: libstdc++ without futexes (GCC 11 to 14, as on Windows) compares the number
// before it takes its lock, and notifies without the lock. A thread that is notified in between sleeps for ever. There, a
// lock and a condition variable do it right.
#pragma once

#include <atomic>

#if defined(__GLIBCXX__) && !defined(_GLIBCXX_HAVE_PLATFORM_WAIT)
#include <condition_variable>
#include <mutex>
#endif

#include "recur/core/version.hpp"

namespace recur::inline RECUR_ABI::detail {

#if defined(__GLIBCXX__) && !defined(_GLIBCXX_HAVE_PLATFORM_WAIT)

/// One for all numbers. It is never destroyed, since threads may sleep as long as the program runs.
struct Doorbell {
  std::mutex lock;
  std::condition_variable rings;

  static Doorbell& instance() {
    static Doorbell* const only = new Doorbell;
    return *only;
  }
};

/// Sleeps while the number is `old`. Who changes it must then notify.
inline void wait_while(const std::atomic<int>& number, int old) {
  Doorbell& bell = Doorbell::instance();
  std::unique_lock hold(bell.lock);
  bell.rings.wait(hold, [&] { return number != old; });
}
inline void notify_all(std::atomic<int>&) {
  Doorbell& bell = Doorbell::instance();
  const std::lock_guard hold(
      bell.lock);  // a thread that has seen the old number sleeps now, and hears the bell
  bell.rings.notify_all();
}
/// It wakes all: the bell does not know who waits for which number.
inline void notify_one(std::atomic<int>& number) { notify_all(number); }

#else

/// Sleeps while the number is `old`. Who changes it must then notify.
inline void wait_while(const std::atomic<int>& number, int old) { number.wait(old); }
inline void notify_all(std::atomic<int>& number) { number.notify_all(); }
inline void notify_one(std::atomic<int>& number) { number.notify_one(); }

#endif

}  // namespace recur::inline RECUR_ABI::detail
