// Tests of the counter of allocations itself: every way to allocate is counted.
#include "allocations.hpp"

#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "catch.hpp"
#include "recur/core/eigen.hpp"

namespace recur::testing {
namespace allocations_test {

// Hidden from the compiler, which may remove a pair of new and delete.
std::shared_ptr<void> keep;
void* volatile seen;
void* show(void* memory) {
  seen = memory;
  return memory;
}

template <class F>
long allocations_of(F&& f) {
  const CountAllocations allocations;
  f();
  return allocations.count();
}

TEST_CASE("Every kind of allocation is counted", "[allocations]") {
  if (!CountAllocations::works) return;
  CHECK(allocations_of([] { std::free(show(std::malloc(10))); }) == 1);
  CHECK(allocations_of([] { std::free(show(std::calloc(10, 2))); }) == 1);
  CHECK(allocations_of([] { std::free(show(std::realloc(std::malloc(10), 100))); }) == 2);
  CHECK(allocations_of([] { std::free(show(std::aligned_alloc(64, 128))); }) == 1);
  CHECK(allocations_of([] { ::operator delete(show(::operator new(10))); }) == 1);
  CHECK(allocations_of([] {
          constexpr std::align_val_t alignment{64};
          ::operator delete(show(::operator new(10, alignment)), alignment);
        }) == 1);
  CHECK(allocations_of([] { keep = std::make_shared<std::vector<int>>(100); }) == 2);
  CHECK(allocations_of([] { keep = std::make_shared<std::string>(100, 'a'); }) == 2);
  CHECK(allocations_of([] { keep = std::make_shared<Eigen::MatrixXf>(10, 10); }) == 2);
}

TEST_CASE("Memory on the stack is not counted", "[allocations]") {
  Eigen::Matrix4d a = Eigen::Matrix4d::Constant(2), b = a;
  Eigen::MatrixXd c(4, 4);
  const long count = allocations_of([&] { c.noalias() = a * b; });
  CHECK(count == 0);
  CHECK(c(1, 2) == 16);
}

TEST_CASE("The largest amount held at once is counted, without memory that was given back", "[allocations]") {
  if (!CountAllocations::works) return;
  const CountAllocations allocations;
  for (int i = 0; i < 10; ++i) std::free(show(std::malloc(100000)));
  void* first = show(std::malloc(100000));
  first = show(std::realloc(first, 200000));
  void* second = show(std::aligned_alloc(64, 64000));
  std::free(first);
  std::free(second);
  const long peak = allocations.peak();
  CHECK(peak >= 264000);
  CHECK(peak < 270000);
}

TEST_CASE("Memory runs out after as many allocations as are allowed", "[allocations]") {
  if (!CountAllocations::works) return;
  int begun = 0, thrown = 0;
  with_too_little_memory([&] { ++begun; },
                         [] {
                           keep = std::make_shared<Eigen::MatrixXf>(10, 10);
                           keep = std::make_shared<std::vector<int>>(100);
                         },
                         [&] { ++thrown; });
  CHECK(begun == 5);
  CHECK(thrown == 4);
  CHECK_NOTHROW(keep = std::make_shared<std::vector<int>>(100));
}

}  // namespace allocations_test
}  // namespace recur::testing
