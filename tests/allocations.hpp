// Counts what is taken from the heap, to prove that a steady loop takes nothing and a reader not too much.
#pragma once

namespace recur::testing {

/// Counts the allocations of the whole program, on all of its threads, from its construction on:
///
///   const CountAllocations allocations;
///   model.step(x, stream);
///   CHECK(allocations.count() == 0);
///
/// Counted are malloc, calloc, realloc and the aligned ones, and with them operator new, Eigen and the
/// standard library. Take the count before CHECK, REQUIRE or INFO come to speak: they allocate too.
struct CountAllocations {
  CountAllocations();
  long count() const;
  /// The most bytes that were held at once, beyond those held at its construction.
  long peak() const;

  /// Whether anything is counted here: not beside a sanitizer, whose malloc is its own, and only with glibc.
  static const bool works;

 private:
  long before_, held_;
};

}  // namespace recur::testing
