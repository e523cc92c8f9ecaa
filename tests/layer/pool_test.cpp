#include "recur/layer/pool.hpp"

#include "catch.hpp"
#include "laws/laws.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace {

TEST_CASE("Pool keeps the laws and its equation") {
  for (const auto pooling : {Pooling::last, Pooling::mean, Pooling::max}) {
    LayerSubject subject(Pool<double>{pooling}, 5);
    keeps_laws(subject);
    const Input input = draw_input(subject, {2, 7, 1, 6}, false);
    const Output output = subject.forward(input);
    for (std::size_t b = 0; b < input.x.size(); ++b) {
      const auto& x = input.x[b];
      const Matrix<double> expected = pooling == Pooling::last   ? Matrix<double>(x.rightCols(1))
                                      : pooling == Pooling::mean ? Matrix<double>(x.rowwise().mean())
                                                                 : Matrix<double>(x.rowwise().maxCoeff());
      CHECK(distance(output.y[b], expected) < 1e-15);
    }
  }
  LayerSubject single(Pool<float>{Pooling::mean}, 19);
  keeps_laws(single);
}

TEST_CASE("What is pooled stands in the user's order") {
  const Pool<float> layer{Pooling::last};
  Pool<float>::Tape tape;
  const Sequence<float> x(
      {Matrix<float>::Constant(1, 1, 1), Matrix<float>::Constant(1, 3, 2), Matrix<float>::Constant(1, 2, 3)});
  const auto& y = layer.forward(x, tape);
  CHECK(y.values() == Eigen::RowVector3f(1, 2, 3));
  CHECK(y.layout() == Layout(3, 1));
}

TEST_CASE("Of several largest values the first takes the gradient") {
  const Pool<float> layer{Pooling::max};
  Pool<float>::Tape tape;
  Matrix<float> values(2, 4);
  values << 1, 5, 5, 2, -3, -4, -3, -5;
  const Sequence<float> x({values});
  layer.forward(x, tape, recording);
  auto gradient = layer;
  layer.backward(x, Sequence<float>(Eigen::Vector2f(7, 8), 1), tape, gradient);
  Matrix<float> expected(2, 4);
  expected << 0, 7, 0, 0, 8, 0, 0, 0;
  CHECK(tape.d_input().sample(0) == expected);
}

TEST_CASE("A stream of a pool knows its number of features or learns it") {
  for (const auto pooling : {Pooling::last, Pooling::mean, Pooling::max}) {
    const Pool<float> layer{pooling};
    auto told = layer.stream(3), learns = layer.stream();
    const Vector<float> first = Vector<float>::Constant(3, 2), second = Vector<float>::Constant(3, 4);
    const CountAllocations allocations;
    layer.step(first, told);
    layer.step(second, told);
    const long count = allocations.count();
    CHECK(count == 0);
    layer.step(first, learns);
    CHECK(layer.step(second, learns) == told.y);
    CHECK(told.y(0) == (pooling == Pooling::mean ? 3 : 4));
  }
}

TEST_CASE("Pool refuses what does not fit") {
  const Pool<float> layer{Pooling::mean};
  CHECK(layer.pooling() == Pooling::mean);
  Pool<float>::Tape tape;
  CHECK(refusal([&] { layer.forward(Sequence<float>(), tape); }) ==
        "Pool (mean) was given an empty batch: it must hold at least one sequence");
  const Sequence<float> x({Matrix<float>::Ones(2, 3), Matrix<float>::Ones(2, 1)});
  layer.forward(x, tape, recording);
  auto gradient = layer;
  CHECK(refusal([&] { layer.backward(x, x, tape, gradient); }) ==
        "Pool (mean) was given an output gradient of 2 features and 4 steps: its output on this tape has 2 "
        "features and 2 steps");
  const Sequence<float> dy({Matrix<float>::Ones(2, 1), Matrix<float>::Ones(2, 1)});
  for (const auto pooling : {Pooling::last, Pooling::mean, Pooling::max}) {
    const Pool<float> pool{pooling};
    pool.forward(x, tape, recording);
    const Sequence<float> turned({Matrix<float>::Ones(2, 1), Matrix<float>::Ones(2, 3)});
    const Sequence<float> shorter({Matrix<float>::Ones(2, 2), Matrix<float>::Ones(2, 1)});
    const Sequence<float> higher({Matrix<float>::Ones(3, 3), Matrix<float>::Ones(3, 1)});
    for (const auto* other : {&turned, &shorter, &higher})
      CHECK_THROWS_AS(pool.backward(*other, dy, tape, gradient), std::invalid_argument);
    CHECK(tape.d_input().batch() == 0);
  }
  CHECK(refusal([&] { layer.backward(x, dy, tape, gradient); }) ==
        "Pool (mean) was asked for a gradient with a tape of another pooling");
  for (const auto pooling : {Pooling::last, Pooling::mean, Pooling::max}) {
    const Pool<float> pool{pooling};
    auto stream = pool.stream(3);
    pool.step(Vector<float>::Ones(3), stream);
    CHECK(refusal([&] { pool.step(Vector<float>::Ones(2), stream); }) ==
          pool.describe() + " was given a step of 2 features: the steps before had 3");
  }
}

}  // namespace
}  // namespace recur::testing
