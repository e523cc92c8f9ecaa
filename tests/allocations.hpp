// Counts allocations. So a test can show that a steady loop allocates nothing and that a reader needs little.
#pragma once

#include <functional>

namespace recur::testing {

/// Counts the allocations of the whole program, on all of its threads, from its construction on:
///
///   const CountAllocations allocations;
///   model.step(x, stream);
///   CHECK(allocations.count() == 0);
///
/// It counts malloc, calloc, realloc and the aligned functions, so it counts operator new, Eigen and the
/// standard library. Take the count before CHECK, REQUIRE or INFO, because they allocate.
struct CountAllocations {
  CountAllocations();
  long count() const;
  /// The most bytes that were held at once, beyond those held at its construction.
  long peak() const;

  /// Whether anything is counted: only with glibc and without a sanitizer, which has its own malloc.
  static const bool works;

 private:
  long before_, held_;
};

/// While it lives, memory runs out after so many allocations of the whole program. Nothing runs out where
/// CountAllocations does not work.
struct RunOutOfMemory {
  explicit RunOutOfMemory(long allowed);
  ~RunOutOfMemory();
};

/// Lets f run out of memory after 0, 1, ... allocations, until it has enough. Each time before() comes first, and
/// check() after f has thrown std::bad_alloc.
void with_too_little_memory(const std::function<void()>& before, const std::function<void()>& f,
                            const std::function<void()>& check);

}  // namespace recur::testing
