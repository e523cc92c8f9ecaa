#include "recur/core/step_input.hpp"

#include "allocations.hpp"
#include "catch.hpp"

namespace recur::testing {
namespace step_input_test {

const float* place(const StepInput<float>& x) { return x.data(); }
float sum(const StepInput<float>& x) { return x.sum(); }

TEST_CASE("A step is read in place without a copy", "[core][step_input]") {
  MatrixX<float> signal(3, 4);
  signal << 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12;
  const VectorX<float> vector = signal.col(1);
  const Eigen::Matrix<float, 3, 1> fixed = vector;
  const CountAllocations allocations;
  CHECK(place(signal.col(1)) == &signal(0, 1));
  CHECK(place(vector) == vector.data());
  CHECK(place(vector.tail(2)) == vector.data() + 1);
  CHECK(place(fixed) == fixed.data());
  CHECK(place(Eigen::Map<const VectorX<float>>(signal.data(), 3)) == signal.data());
  const long count = allocations.count();
  CHECK(count == 0);
  CHECK(sum(signal.col(1)) == 18);
}

TEST_CASE("An expression and a row are computed first", "[core][step_input]") {
  MatrixX<float> signal(3, 4);
  signal << 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12;
  CHECK(sum(2 * signal.col(1)) == 36);
  CHECK(sum(signal.row(1)) == 26);
  CHECK(sum(VectorX<float>::Ones(5)) == 5);
  const StepInput<float> step(signal.col(1));
  CHECK((step * 2).sum() == 36);
}

}  // namespace step_input_test
}  // namespace recur::testing
