#include "allocations.hpp"

#include <atomic>
#include <cerrno>
#include <cstdlib>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || __has_feature(thread_sanitizer)
#define RECUR_SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RECUR_SANITIZED
#endif

namespace {

constinit std::atomic<long> allocations{0};

}  // namespace

#if defined(__GLIBC__) && !defined(RECUR_SANITIZED)

// These stand before those of the C library for the whole program, its shared libraries included, and pass
// on to them. free stays as it is.
extern "C" {

void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t size) noexcept {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_calloc(count, size);
}
void* realloc(void* old, std::size_t size) noexcept {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_realloc(old, size);
}
void* memalign(std::size_t alignment, std::size_t size) noexcept {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** to, std::size_t alignment, std::size_t size) noexcept {
  allocations.fetch_add(1, std::memory_order_relaxed);
  void* memory = __libc_memalign(alignment, size);
  if (!memory) return ENOMEM;
  *to = memory;
  return 0;
}

}  // extern "C"

const bool recur::testing::CountAllocations::works = true;
#else
const bool recur::testing::CountAllocations::works = false;
#endif

namespace recur::testing {

CountAllocations::CountAllocations() : before_(allocations.load()) {}
long CountAllocations::count() const { return allocations.load() - before_; }

}  // namespace recur::testing
