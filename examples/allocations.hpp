// Counts the calls of malloc, for the example anomaly. Only its main file includes this.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>

namespace examples {

/// The calls of malloc so far, by which Eigen and operator new take their memory. Only glibc lets us count them, and
/// only without a sanitizer.
inline constinit std::atomic<std::size_t> allocations = 0;

}  // namespace examples

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || __has_feature(thread_sanitizer)
#define EXAMPLES_SANITIZED
#endif
#endif
#if defined(__GLIBC__) && !defined(EXAMPLES_SANITIZED) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define EXAMPLES_COUNT_ALLOCATIONS
extern "C" {
void* __libc_malloc(std::size_t);
void* malloc(std::size_t size) noexcept {
  ++examples::allocations;
  return __libc_malloc(size);
}
}
#endif
