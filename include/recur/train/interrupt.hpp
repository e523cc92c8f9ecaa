// Ctrl-C as a request to end well.
#pragma once

#include <atomic>
#include <csignal>
#include <mutex>

#include "recur/core/cxx20.hpp"

namespace recur {

/// While one lives, the first SIGINT (Ctrl-C) sets a flag and does nothing else; the second does what it does
/// by default and ends the program. Afterwards everything is as before. Where SIGINT was ignored, it stays
/// ignored. Several may live, on one or several threads: the flag is one.
class Interrupt {
 public:
  Interrupt() {
    const std::scoped_lock lock(mutex);
    if (living++ > 0) return;
    flag = false;
#ifdef _WIN32
    previous = std::signal(SIGINT, handle);
    if (previous == SIG_IGN) std::signal(SIGINT, SIG_IGN);
#else
    struct sigaction action {};
    action.sa_handler = handle;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    sigaction(SIGINT, nullptr, &previous);
    if (previous.sa_handler != SIG_IGN) sigaction(SIGINT, &action, nullptr);
#endif
  }
  ~Interrupt() {
    const std::scoped_lock lock(mutex);
    if (--living > 0) return;
#ifdef _WIN32
    std::signal(SIGINT, previous);
#else
    sigaction(SIGINT, &previous, nullptr);
#endif
  }
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  /// Whether SIGINT has come since the first of those living was made.
  bool requested() const { return flag; }

 private:
  static void handle(int) {
    flag = true;
    std::signal(SIGINT, SIG_DFL);
  }

  static inline std::atomic<bool> flag = false;
  static_assert(std::atomic<bool>::is_always_lock_free, "a handler of signals may touch nothing else");
  static inline std::mutex mutex;
  static inline int living = 0;
#ifdef _WIN32
  static inline void (*previous)(int) = SIG_DFL;
#else
  static inline struct sigaction previous {};
#endif
};

}  // namespace recur
