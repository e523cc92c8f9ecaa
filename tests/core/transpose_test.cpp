#include "recur/core/transpose.hpp"

#include <algorithm>
#include <vector>

#include "catch.hpp"

namespace recur::testing {
namespace transpose_test {

template <class S>
bool is_right(Index rows, Index columns, std::size_t misaligned) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(rows * columns) * sizeof(S) + misaligned);
  MatrixX<S> expected(rows, columns), got = MatrixX<S>::Constant(rows, columns, S(-1));
  std::byte* const from = bytes.data() + misaligned;
  for (Index r = 0; r < rows; ++r)
    for (Index c = 0; c < columns; ++c) {
      expected(r, c) = static_cast<S>(r * columns + c);
      std::memcpy(from + (r * columns + c) * static_cast<Index>(sizeof(S)), &expected(r, c), sizeof(S));
    }
  detail::transpose(from, rows, columns, got.data());
  return got == expected;
}

TEST_CASE("A matrix by rows becomes one by columns", "[core][transpose]") {
  for (const Index rows : {1, 15, 16, 17, 64, 70})
    for (const Index columns : {1, 3, 16, 31, 33})
      for (const std::size_t misaligned : {0, 1, 4}) {
        CAPTURE(rows, columns, misaligned);
        CHECK(is_right<float>(rows, columns, misaligned));
        CHECK(is_right<double>(rows, columns, misaligned));
      }
}

TEST_CASE("A large matrix is written past the caches", "[core][transpose]") {
  CHECK(is_right<float>(1024, 1029, 0));
  CHECK(is_right<float>(1025, 1030, 0));
  CHECK(is_right<float>(1024, 1024, 2));
}

}  // namespace transpose_test
}  // namespace recur::testing
