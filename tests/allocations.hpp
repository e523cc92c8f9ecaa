// Counts allocations. So a test can show that a steady loop allocates nothing and that a reader needs little.
#pragma once

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

}  // namespace recur::testing
