// A loop that shares its calls among threads of the standard library. These threads sleep while they wait.
//
// No call is assigned to a thread in advance. Each thread, also the calling one, claims the next call that
// nobody has begun. So a loop never waits for a thread that the system has not woken yet. If other programs
// keep the machine busy, the calling thread can make all calls itself. The result of a call must depend only
// on its index, not on its thread. Then the number, the speed and the order of the threads change no bit of
// the result.
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

/// The most threads that training and evaluation accept. A larger number counts as a mistake.
inline constexpr int most_threads = 1024;

/// The number of processors that the system lets this program use, at least 1. On Linux it respects
/// `taskset`. It ignores limits on processor time, for example of a container.
RECUR_INLINE int available_threads();

namespace detail {

/// Throws std::invalid_argument unless `threads` is from 1 to most_threads. `what` names the user of the
/// threads.
inline void check_threads(const char* what, int threads) {
  require(threads >= 1 && threads <= most_threads, what, " on ", threads,
          " threads: it must be at least 1 and at most ", most_threads);
}

/// Keeps the exception with the lowest index, whichever thread was first.
class FirstError {
 public:
  /// Call it where an exception is caught.
  void keep(Index index) {
    while (busy_.test_and_set()) {  // short and rare, so no lock: its header is large
    }
    if (index < index_) {
      index_ = index;
      error_ = std::current_exception();
    }
    busy_.clear();
  }
  /// Throws the kept exception, if there is one.
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  std::atomic_flag busy_;
  Index index_ = std::numeric_limits<Index>::max();
  std::exception_ptr error_;
};

namespace threads {

/// Makes the calls of 0, ..., count - 1 in the program's pool of threads (core/thread_pool.hpp). The calls
/// must not throw.
RECUR_INLINE void run(int count, void (*call)(void* context, int index), void* context);

/// The loop of `parallel`, whose calls may throw.
RECUR_INLINE void loop(int count, void (*call)(void* context, int index), void* context);

}  // namespace threads
}  // namespace detail

/// Calls f(0), ..., f(count - 1) on several threads if the machine has them, also on this one. Returns after
/// all have ended. It throws what the calls throw. If several throw, it throws the exception with the lowest
/// index, so the result does not depend on which thread was first. Throws std::invalid_argument unless count
/// >= 0.
///
/// Threads of the pool keep the floating-point mode of the thread that started them: an f that needs
/// FlushDenormals makes its own.
///
/// It may be called from several threads at once, and from within f. The later loop then makes all its calls
/// on its own thread.
template <class F>
void parallel(int count, F&& f) {
  using Body = std::remove_reference_t<F>;
  Body* body = &f;  // a pointer to a function is no void*, but one to this pointer is
  const auto call = [](void* at, int index) { static_cast<void>((**static_cast<Body**>(at))(index)); };
  detail::threads::loop(count, call, &body);
}

#if RECUR_DEFINES
RECUR_INLINE void detail::threads::loop(int count, void (*call)(void* context, int index), void* context) {
  require(count >= 0, "a loop of ", count, " calls in parallel: it can't have less than 0");
  if (count == 0) return;
  if (count == 1) return call(context, 0);
  struct Loop {
    void (*call)(void* context, int index);
    void* context;
    FirstError error;
  } all{call, context, {}};
  const auto guarded = [](void* whole, int index) {
    auto& [its_call, its_context, error] = *static_cast<Loop*>(whole);
    try {
      its_call(its_context, index);
    } catch (...) {
      error.keep(index);
    }
  };
  run(count, guarded, &all);
  all.error.rethrow();
}
#endif

}  // namespace recur::inline RECUR_ABI

#if RECUR_DEFINES
#include "recur/core/thread_pool.hpp"

namespace recur::inline RECUR_ABI::detail::threads {

RECUR_INLINE void run(int count, void (*call)(void* context, int index), void* context) {
  pool().run(count, call, context);
}

}  // namespace recur::inline RECUR_ABI::detail::threads
#endif
