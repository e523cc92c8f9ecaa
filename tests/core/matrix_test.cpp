#include "recur/core/matrix.hpp"

#include <cstdint>
#include <type_traits>

#include "catch.hpp"

namespace recur::testing {
namespace matrix_test {

TEST_CASE("A buffer only grows", "[core][matrix]") {
  Buffer<float> buffer;
  float* first = buffer.at_least(100);
  for (int i = 0; i < 100; ++i) first[i] = static_cast<float>(i);
  CHECK(buffer.at_least(10) == first);
  CHECK(buffer.data()[99] == 99);
  CHECK(buffer.at_least(0) == first);
  float* grown = buffer.at_least(100000);
  grown[99999] = 1;
  CHECK(buffer.at_least(50) == grown);
  CHECK(std::as_const(buffer).data() == grown);
}

TEST_CASE("A buffer is a value and is aligned for packets", "[core][matrix]") {
  Buffer<double> one;
  one.at_least(3)[2] = 5;
  Buffer<double> copy = one;
  copy.data()[2] = 6;
  CHECK(one.data()[2] == 5);
  const Buffer<double> moved = std::move(copy);
  CHECK(moved.data()[2] == 6);
  CHECK(reinterpret_cast<std::uintptr_t>(one.data()) % EIGEN_MAX_ALIGN_BYTES == 0);
}

TEST_CASE("Matrices are column-major, vectors are columns", "[core][matrix]") {
  static_assert(!MatrixX<float>::IsRowMajor && VectorX<float>::ColsAtCompileTime == 1);
  static_assert(std::is_same_v<Token, std::int32_t>);
  MatrixX<float> m(2, 3);
  m << 1, 2, 3, 4, 5, 6;
  CHECK(ConstMatrixMap<float>(m.data(), 2, 3) == m);
  CHECK(m.data()[1] == 4);
}

}  // namespace matrix_test
}  // namespace recur::testing
