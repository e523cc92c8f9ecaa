#include "recur/core/initialize.hpp"

#include "catch.hpp"
#include "max_abs.hpp"

namespace recur::testing {
namespace initialize_test {

using RowMajor = Eigen::Matrix<float, Dynamic, Dynamic, Eigen::RowMajor>;

double variance(const auto& m) {
  const MatrixX<double> d = m.template cast<double>();
  return (d.array() - d.mean()).square().mean();
}

TEST_CASE("Uniform weights are even within their limits", "[core][initialize]") {
  MatrixX<float> w(200, 300);
  Random random(1);
  uniform(w, 0.5, random);
  CHECK(variance(w) == Approx(0.25 / 3).epsilon(0.02));
  CHECK(std::abs(w.mean()) < 0.005f);
  CHECK(w.minCoeff() >= -0.5f);
  CHECK(w.maxCoeff() <= 0.5f);
  CHECK(w.maxCoeff() > 0.499f);
  CHECK(w.minCoeff() < -0.499f);
}

TEST_CASE("Normal weights have the given deviation", "[core][initialize]") {
  MatrixX<float> w(200, 300);
  Random random(2);
  normal(w, 3, random);
  CHECK(variance(w) == Approx(9).epsilon(0.03));
  CHECK(std::abs(w.mean()) < 0.05f);
}

TEST_CASE("Glorot's weights have variance 2 / (fan_in + fan_out)", "[core][initialize]") {
  MatrixX<float> w(120, 380);
  Random random(3);
  glorot(w, 380, 120, random);
  CHECK(variance(w) == Approx(2.0 / 500).epsilon(0.03));
  CHECK(max_abs(w) <= static_cast<float>(std::sqrt(6.0 / 500)));
}

TEST_CASE("He's weights have variance 2 / fan_in and are normal", "[core][initialize]") {
  MatrixX<float> w(120, 380);
  Random random(4);
  he(w, 380, random);
  CHECK(variance(w) == Approx(2.0 / 380).epsilon(0.03));
  CHECK(w.cwiseAbs().maxCoeff() >
        3 * static_cast<float>(std::sqrt(2.0 / 380)));  // no uniform number is so large
}

TEST_CASE("Orthogonal weights are orthonormal in the smaller direction", "[core][initialize]") {
  Random random(5);
  for (const auto& [rows, cols] :
       {std::pair<Index, Index>{19, 19}, {31, 7}, {7, 31}, {1, 5}, {5, 1}, {1, 1}}) {
    INFO(rows << " x " << cols);
    MatrixX<double> q(rows, cols);
    orthogonal(q, random);
    const MatrixX<double> product = rows >= cols ? MatrixX<double>(q.transpose() * q) : q * q.transpose();
    CHECK(max_abs(product - MatrixX<double>::Identity(product.rows(), product.cols())) < 1e-14);
    MatrixX<float> doubled(rows, cols);
    orthogonal(doubled, random, 2);
    const Index smaller = std::min(rows, cols);
    CHECK(doubled.squaredNorm() == Approx(4 * static_cast<double>(smaller)));
  }
}

TEST_CASE("Orthogonal weights prefer no direction", "[core][initialize]") {
  // The signs of the first entry and the determinants of many small matrices are evenly spread.
  Random random(6);
  int positive = 0, rotations = 0;
  MatrixX<double> mean = MatrixX<double>::Zero(3, 3), q(3, 3);
  for (int i = 0; i < 2000; ++i) {
    orthogonal(q, random);
    positive += q(0, 0) > 0;
    rotations += q.row(0).head<3>().dot(Eigen::RowVector3d(q(1, 1) * q(2, 2) - q(1, 2) * q(2, 1),
                                                           q(1, 2) * q(2, 0) - q(1, 0) * q(2, 2),
                                                           q(1, 0) * q(2, 1) - q(1, 1) * q(2, 0))) > 0;
    mean += q / 2000;
  }
  CHECK(std::abs(positive - 1000) < 100);
  CHECK(std::abs(rotations - 1000) < 100);
  CHECK(max_abs(mean) < 0.06);
}

TEST_CASE("Weights are drawn in the order of memory, whole or in blocks", "[core][initialize]") {
  MatrixX<float> columns(3, 2);
  RowMajor rows(2, 3);
  Random one(7), other(7), third(7);
  normal(columns, 1, one);
  normal(rows, 1, other);
  CHECK(columns == rows.transpose());
  CHECK(columns(1, 0) == rows.data()[1]);

  MatrixX<float> stacked = MatrixX<float>::Zero(5, 2);
  auto block = stacked.middleRows(1, 3);
  normal(block, 1, third);
  CHECK(stacked.middleRows(1, 3) == columns);
  CHECK(stacked.row(0).isZero(0));
  CHECK(stacked.row(4).isZero(0));
}

TEST_CASE("Orthogonal weights don't depend on the order of memory", "[core][initialize]") {
  for (const auto& [r, c] : {std::pair{3, 3}, {2, 4}, {4, 2}}) {
    MatrixX<float> by_columns(r, c);
    RowMajor by_rows(r, c);
    Random one(7), other(7);
    orthogonal(by_columns, one);
    orthogonal(by_rows, other);
    CHECK(by_columns == by_rows);
  }
}

TEST_CASE("Uniform and normal first weights are the same to the last bit on every platform",
          "[core][initialize]") {
  MatrixX<double> u(1, 2), z(1, 2);
  Random random(42);
  uniform(u, 2, random);
  CHECK(u(0) == 2 * (2 * 0x1.5780b2e0c2ec0p-4 - 1));
  CHECK(u(1) == 2 * (2 * 0x1.84136619b444ep-2 - 1));
  random = Random(42);
  normal(z, 0.5, random);
  CHECK(z(0) == -0x1.5c2ea66473c93p-2);
  CHECK(z(1) == -0x1.98914dbd6b560p-3);
}

}  // namespace initialize_test
}  // namespace recur::testing
