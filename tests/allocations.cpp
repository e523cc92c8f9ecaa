// Replaces operator new, so that tests can count allocations.
#include "allocations.hpp"

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <limits>
#include <new>
#if __has_include(<malloc.h>)
#include <malloc.h>
#endif

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || __has_feature(thread_sanitizer)
#define RECUR_SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RECUR_SANITIZED
#endif

namespace {

constinit std::atomic<long> allocations{0}, held{0}, most_held{0};  // the last two in bytes
constexpr long enough = std::numeric_limits<long>::max();
constinit std::atomic<long> left{enough};  // allocations until memory runs out

}  // namespace

#if defined(__GLIBC__) && !defined(RECUR_SANITIZED)

namespace {

void give(void* memory) {
  if (memory) held.fetch_sub(static_cast<long>(malloc_usable_size(memory)), std::memory_order_relaxed);
}
void* take(void* memory) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (!memory) return memory;
  const auto size = static_cast<long>(malloc_usable_size(memory));
  const long now = held.fetch_add(size, std::memory_order_relaxed) + size;
  for (long most = most_held.load(std::memory_order_relaxed); most < now;)
    if (most_held.compare_exchange_weak(most, now, std::memory_order_relaxed)) break;
  return memory;
}
bool has_memory() {
  return left.load(std::memory_order_relaxed) == enough || left.fetch_sub(1, std::memory_order_relaxed) > 0;
}

}  // namespace

// These functions replace the C library's in the whole program and its shared libraries. They call the
// C library's.
extern "C" {

void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);

void* malloc(std::size_t size) noexcept { return has_memory() ? take(__libc_malloc(size)) : nullptr; }
void* calloc(std::size_t count, std::size_t size) noexcept {
  return has_memory() ? take(__libc_calloc(count, size)) : nullptr;
}
void* realloc(void* old, std::size_t size) noexcept {
  if (!has_memory()) return nullptr;
  give(old);
  return take(__libc_realloc(old, size));
}
void* memalign(std::size_t alignment, std::size_t size) noexcept {
  if (!has_memory()) return nullptr;
  return take(__libc_memalign(alignment, size));
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept { return memalign(alignment, size); }
int posix_memalign(void** to, std::size_t alignment, std::size_t size) noexcept {
  void* memory = memalign(alignment, size);
  if (!memory) return ENOMEM;
  *to = memory;
  return 0;
}
void free(void* memory) noexcept {
  give(memory);
  __libc_free(memory);
}

}  // extern "C"

const bool recur::testing::CountAllocations::works = true;
#else
const bool recur::testing::CountAllocations::works = false;
#endif

namespace recur::testing {

CountAllocations::CountAllocations() : before_(allocations.load()), held_(held.load()) {
  most_held.store(held_);
}
long CountAllocations::count() const { return allocations.load() - before_; }
long CountAllocations::peak() const { return most_held.load() - held_; }

RunOutOfMemory::RunOutOfMemory(long allowed) { left.store(allowed); }
RunOutOfMemory::~RunOutOfMemory() { left.store(enough); }

void with_too_little_memory(const std::function<void()>& before, const std::function<void()>& f,
                            const std::function<void()>& check) {
  for (long allowed = 0;; ++allowed) {
    before();
    try {
      const RunOutOfMemory limit(allowed);
      f();
      return;
    } catch (const std::bad_alloc&) {
    }
    check();
  }
}

}  // namespace recur::testing
