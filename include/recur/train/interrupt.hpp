// Ctrl-C, or a system that ends a program, as a request to end in good order.
#pragma once

#include <array>
#include <atomic>
#include <csignal>
#include <mutex>

#include "recur/core/version.hpp"

namespace recur::inline RECUR_ABI {

/// While an Interrupt lives, the first SIGINT (Ctrl-C) or SIGTERM (kill, a system that shuts down, a queue
/// that runs out of time) sets a flag and does nothing else. The second one has its default effect and ends
/// the program. Afterwards both signals have their former effect again. A signal that the program ignored
/// stays ignored. Several Interrupts may live, on one or several threads; they share one flag.
///
/// A program that saved its results may end with 0. To tell its caller that it was ended early, it can end
/// with the status that shells use, 128 + the signal:
///
///   const Interrupt interrupt;
///   fit(model, ..., {.stop_on_interrupt = true});     // ends after the current step, with the best weights
///   save_weights(path, model);
///   return interrupt.requested() ? 128 + interrupt.signal() : 0;
class Interrupt {
 public:
  Interrupt() {
    const std::scoped_lock lock(mutex);
    if (living++ > 0) return;
    received = 0;
    // First all former effects are noted, since the handler of the one signal asks for that of the other. On POSIX the
    // signals wait until both have the handler.
#ifndef _WIN32
    sigset_t both, before;
    sigemptyset(&both);
    for (const int one : signals) sigaddset(&both, one);
    pthread_sigmask(SIG_BLOCK, &both, &before);
#endif
    for (std::size_t i = 0; i < signals.size(); ++i)
#ifdef _WIN32
      previous[i] = std::signal(signals[i], SIG_IGN);
#else
      sigaction(signals[i], nullptr, &previous[i]);
#endif
    for (std::size_t i = 0; i < signals.size(); ++i) {
      if (ignored(i)) continue;
#ifdef _WIN32
      std::signal(signals[i], handle);
#else
      struct sigaction action {};
      action.sa_handler = handle;
      sigemptyset(&action.sa_mask);
      for (const int other : signals) sigaddset(&action.sa_mask, other);
      action.sa_flags = SA_RESTART;
      sigaction(signals[i], &action, nullptr);
#endif
    }
#ifndef _WIN32
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
#endif
  }
  ~Interrupt() {
    const std::scoped_lock lock(mutex);
    if (--living > 0) return;
    for (std::size_t i = 0; i < signals.size(); ++i)
#ifdef _WIN32
      std::signal(signals[i], previous[i]);
#else
      sigaction(signals[i], &previous[i], nullptr);
#endif
  }
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  /// Whether a signal has come since the first living Interrupt was made.
  bool requested() const { return received != 0; }
  /// The signal that came: SIGINT or SIGTERM; 0 if none came.
  int signal() const { return received; }

 private:
  static constexpr std::array<int, 2> signals{SIGINT, SIGTERM};

  static void handle(int number) {
    received = number;
    for (std::size_t i = 0; i < signals.size(); ++i)
      if (!ignored(i)) std::signal(signals[i], SIG_DFL);
  }
  static bool ignored(std::size_t i) {
#ifdef _WIN32
    return previous[i] == SIG_IGN;
#else
    return previous[i].sa_handler == SIG_IGN;
#endif
  }

  static inline std::atomic<int> received = 0;
  static_assert(std::atomic<int>::is_always_lock_free, "a handler of signals may use only lock-free atomics");
  static inline std::mutex mutex;
  static inline int living = 0;
#ifdef _WIN32
  static inline std::array<void (*)(int), signals.size()> previous{SIG_DFL, SIG_DFL};
#else
  static inline std::array<struct sigaction, signals.size()> previous{};
#endif
};

}  // namespace recur::inline RECUR_ABI
