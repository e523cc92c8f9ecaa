#include "recur/core/product.hpp"

#include "catch.hpp"
#include "max_abs.hpp"
#include "recur/core/initialize.hpp"

namespace recur::testing {
namespace product_test {

template <class S>
MatrixX<S> drawn(Index rows, Index cols, Random& random) {
  MatrixX<S> m(rows, cols);
  uniform(m, 1, random);
  return m;
}

TEMPLATE_TEST_CASE("A product equals Eigen's, for plain and transposed operands", "[core][product]", float,
                   double) {
  using S = TestType;
  const double margin = std::same_as<S, float> ? 1e-4 : 1e-12;
  Random random(1);
  // Rows around the height of a panel, columns around the width of a tile, sums longer than the depth of a panel.
  for (const Index rows : {1, 2, 7, 8, 31, 32, 33, 70, 130})
    for (const Index cols : {1, 2, 3, 4, 5, 7, 13})
      for (const Index depth : {1, 3, 64, 300, 700}) {
        const MatrixX<S> a = drawn<S>(rows, depth, random), b = drawn<S>(depth, cols, random);
        const MatrixX<S> at = a.transpose(), bt = b.transpose(), c = drawn<S>(rows, cols, random);
        const MatrixX<double> expected =
            c.template cast<double>() + a.template cast<double>() * b.template cast<double>();
        const auto error = [&](const Strided<S>& left, const Strided<S>& right) {
          MatrixX<S> sum = c;
          add_product(left, right, sum.data());
          return max_abs(sum.template cast<double>() - expected);
        };
        REQUIRE(error(as_is(a), as_is(b)) < margin);
        REQUIRE(error(transposed(at), as_is(b)) < margin);
        REQUIRE(error(as_is(a), transposed(bt)) < margin);
        REQUIRE(error(transposed(at), transposed(bt)) < margin);
      }
}

TEST_CASE("An affine map adds its bias to every column once, for sums of any depth", "[core][product]") {
  Random random(4);
  for (const Index rows : {1, 5, 40})
    for (const Index cols : {1, 4})
      for (const Index depth : {1, 20, 600}) {
        const MatrixX<float> a = drawn<float>(rows, depth, random), x = drawn<float>(depth, cols, random);
        const VectorX<float> b = drawn<float>(rows, 1, random);
        MatrixX<float> y = MatrixX<float>::Constant(rows, cols, 1e10f);
        affine(as_is(a), b.data(), as_is(x), y.data());
        CHECK(max_abs(y - ((a * x).colwise() + b)) < 1e-4);
        VectorX<float> sums = b;
        add_columns(y.data(), rows, cols, sums.data());
        CHECK(max_abs(sums - b - y.rowwise().sum()) < 1e-4);
      }
}

TEST_CASE("A column of a product does not depend on the number of columns", "[core][product]") {
  Random random(2);
  const MatrixX<float> a = drawn<float>(40, 500, random), b = drawn<float>(500, 9, random);
  MatrixX<float> together = MatrixX<float>::Zero(40, 9), alone = together;
  add_product(as_is(a), as_is(b), together.data());
  for (Index n = 0; n < 9; ++n)
    add_product(as_is(a), as_is(b.data() + n * 500, 500, 1), alone.data() + n * 40);
  CHECK(together == alone);
}

TEST_CASE("A product goes into some rows of a larger matrix", "[core][product]") {
  Random random(3);
  for (const Index rows : {1, 5, 32, 40})
    for (const Index cols : {1, 4}) {
      const MatrixX<float> a = drawn<float>(rows, 20, random), b = drawn<float>(20, cols, random);
      const MatrixX<float> c = drawn<float>(rows + 3, cols, random), at = a.transpose();
      MatrixX<float> sum = c, expected = c, turned = c;
      expected.middleRows(2, rows) += a * b;
      add_product(as_is(a), as_is(b), sum.data() + 2, rows + 3);
      add_product(transposed(at), as_is(b), turned.data() + 2, rows + 3);
      CHECK(max_abs(sum - expected) < 1e-5);
      MatrixX<float> written = c;  // for any content before
      product(as_is(a), as_is(b), written.data() + 2, rows + 3);
      CHECK((written - expected).topRows(2).isZero(0));
      CHECK(max_abs(written.middleRows(2, rows) - a * b) < 1e-5);
      CHECK(max_abs(turned - expected) < 1e-5);
    }
}

}  // namespace product_test
}  // namespace recur::testing
