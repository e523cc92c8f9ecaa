// A loop whose calls are shared by threads of the standard library, which wait asleep.
//
// The calls are not dealt to threads: each thread, the calling one too, claims the next call that nobody has
// begun. So a loop never waits for a thread that the system has not woken yet: beside other busy programs the
// calling thread makes all calls itself, if need be. What a call computes must depend on its index alone, not
// on its thread; then the number of threads, their speed and their order change no bit of the result.
#pragma once

#include <algorithm>
#include <atomic>
#include <exception>
#include <limits>
#include <type_traits>

#include "recur/core/compiled.hpp"
#include "recur/core/error.hpp"
#include "recur/core/matrix.hpp"

namespace recur::inline RECUR_ABI {

/// The most threads that training and evaluation may be asked to use: more is taken for a mistake.
inline constexpr int most_threads = 1024;

/// Processors that the system lets this program run on, at least 1; on Linux those of `taskset` alone. A limit
/// on their time, such as a container may have, does not count.
RECUR_INLINE int available_threads();

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
    while (busy_.test_and_set()) {  // short and rare, so no lock, whose header is large
    }
    if (index < index_) {
      index_ = index;
      error_ = std::current_exception();
    }
    busy_.clear();
  }
  /// Throws what was kept, if anything was.
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  std::atomic_flag busy_;
  Index index_ = std::numeric_limits<Index>::max();
  std::exception_ptr error_;
};

namespace detail::threads {

/// Makes the calls of 0, ..., count - 1 in the program's pool of threads (core/thread_pool.hpp). The calls must
/// not throw.
RECUR_INLINE void run(int count, void (*call)(void* context, int index), void* context);

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
  detail::threads::run(count, call, &loop);
  loop.error.rethrow();
}

}  // namespace recur::inline RECUR_ABI

#if RECUR_DEFINES
#include "recur/core/thread_pool.hpp"
#endif
