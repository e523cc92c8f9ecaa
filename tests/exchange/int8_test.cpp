#include "recur/exchange/int8.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "recur/core/initialize.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/embedding.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace int8_test {

using Catch::Matchers::ContainsSubstring;
using Limits = std::numeric_limits<float>;

/// Rounds a row of weights, and checks it: finite, within half of the scale, on 255 numbers.
MatrixX<float> rounded(const MatrixX<float>& row) {
  Dense<float> layer{row.cols(), 1};
  layer.weight = row;
  round_to_int8(layer);
  const double s = static_cast<double>(detail::int8::scale_of(row.cwiseAbs().maxCoeff()));
  for (Index i = 0; i < row.cols(); ++i) {
    const auto w = static_cast<double>(layer.weight(0, i));
    REQUIRE(std::isfinite(w));
    CHECK(std::abs(w - static_cast<double>(row(0, i))) <= 0.5 * s * (1 + 1e-6));
    CHECK(std::abs(w / s) <= 127.0001);
    CHECK(std::abs(w / s - std::round(w / s)) < 1e-4);
  }
  return layer.weight;
}

TEST_CASE("Weights of 8 bits are within half of a scale, from the smallest to the largest",
          "[exchange][int8]") {
  Random random(3);
  for (const float size :
       {1.0f, 1e-3f, 1e30f, 1e-30f, 1e-36f, 1e-38f, 1e-41f, Limits::max(), Limits::denorm_min()}) {
    CAPTURE(size);
    MatrixX<float> row(1, 50);
    for (Index i = 0; i < row.size(); ++i) row(0, i) = static_cast<float>(2 * random.uniform() - 1) * size;
    row(0, 7) = -size;
    const MatrixX<float> all = rounded(row);
    if (size >= 1e-30f) CHECK(all(0, 7) == Approx(-size).epsilon(1e-6));
  }
  CHECK(rounded(MatrixX<float>::Zero(1, 3)).isZero(0));
  MatrixX<float> huge = MatrixX<float>::Constant(1, 4, 0.5f);
  huge(0, 1) = Limits::max();
  const MatrixX<float> all = rounded(huge);
  CHECK((all(0, 0) == 0 && all(0, 1) > 3.4e38f));
}

TEST_CASE("Each row has a scale of its own, of a matrix and of a table", "[exchange][int8]") {
  const auto check = [](auto layer, auto&& weight) {
    initialize(layer, 1);
    auto& w = weight(layer);
    w.row(1) *= 1000.0f;
    const MatrixX<float> before = w;
    round_to_int8(layer);
    CHECK(before != w);
    for (Index r = 0; r < w.rows(); ++r) {
      const float s = before.row(r).cwiseAbs().maxCoeff() / 127;
      CHECK((w.row(r) - before.row(r)).cwiseAbs().maxCoeff() <= 0.5001f * s);
      CHECK(w.row(r).cwiseAbs().maxCoeff() == Approx(127 * s));
    }
    const MatrixX<float> once = w;
    round_to_int8(layer);  // they are where they belong
    CHECK(w.isApprox(once, 1e-6f));
  };
  check(
      Embedding<float>{5, 3}, [](auto& layer) -> auto& { return layer.weight.values; });
  check(
      Dense<float>{4, 3}, [](auto& layer) -> auto& { return layer.weight; });
}

TEST_CASE("Vectors stay as they are", "[exchange][int8]") {
  Dense<float> layer{4, 100};
  initialize(layer, 1);
  Random random(2);
  for (float& b : layer.bias) b = static_cast<float>(random.uniform() - 0.5);  // 127 (b / 127) is often not b
  const VectorX<float> before = layer.bias;
  round_to_int8(layer);
  CHECK(layer.bias == before);
}

TEST_CASE("A weight that is not finite can't be rounded, and none is", "[exchange][int8]") {
  for (const float number : {Limits::infinity(), Limits::quiet_NaN()}) {
    Dense<float> layer{2, 2};
    layer.weight << 0.1234f, 1, 1, number;
    CHECK_THAT(
        refusal([&] { round_to_int8(layer); }),
        ContainsSubstring("weights can't be rounded to 8 bits: \"weight\" has a number that is not finite"));
    CHECK(layer.weight(0, 0) == 0.1234f);
  }
}

}  // namespace int8_test
}  // namespace recur::testing
