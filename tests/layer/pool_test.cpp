#include "recur/layer/pool.hpp"

#include <cmath>
#include <limits>
#include <utility>

#include "catch.hpp"
#include "laws/laws.hpp"
#include "recurrence/steady.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace pool_test {

TEST_CASE("Pool keeps the laws and its equation", "[layer][pool]") {
  for (const auto pooling : {Pooling::last, Pooling::ends, Pooling::mean, Pooling::max}) {
    LayerSubject subject(Pool<double>{pooling}, 6);
    keeps_laws(subject);
    const Input input = draw_input(subject, {2, 7, 1, 6}, false);
    const Output output = subject.forward(input);
    for (std::size_t b = 0; b < input.x.size(); ++b) {
      const auto& x = input.x[b];
      MatrixX<double> both(6, 1);
      both << x.rightCols(1).topRows(3), x.leftCols(1).bottomRows(3);
      const MatrixX<double> expected = pooling == Pooling::last   ? MatrixX<double>(x.rightCols(1))
                                       : pooling == Pooling::ends ? both
                                       : pooling == Pooling::mean ? MatrixX<double>(x.rowwise().mean())
                                                                  : MatrixX<double>(x.rowwise().maxCoeff());
      CHECK(distance(output.y[b], expected) < 1e-15);
    }
  }
  LayerSubject single(Pool<float>{Pooling::mean}, 19);
  keeps_laws(single);
}

TEST_CASE("Pooled outputs are in the user's order", "[layer][pool]") {
  const Pool<float> layer{Pooling::last};
  Pool<float>::Tape tape;
  const Sequence<float> x({MatrixX<float>::Constant(1, 1, 1), MatrixX<float>::Constant(1, 3, 2),
                           MatrixX<float>::Constant(1, 2, 3)});
  const auto& y = layer.forward(x, tape);
  CHECK(y.values() == Eigen::RowVector3f(1, 2, 3));
  CHECK(y.layout() == Layout(3, 1));
}

TEST_CASE("The first of several largest values takes the gradient", "[layer][pool]") {
  const Pool<float> layer{Pooling::max};
  Pool<float>::Tape tape;
  MatrixX<float> values(2, 4);
  values << 1, 5, 5, 2, -3, -4, -3, -5;
  const Sequence<float> x({values});
  layer.forward(x, tape, recording);
  auto gradient = layer;
  layer.backward(x, Sequence<float>(Eigen::Vector2f(7, 8), 1), tape, gradient);
  MatrixX<float> expected(2, 4);
  expected << 0, 7, 0, 0, 8, 0, 0, 0;
  CHECK(tape.d_input().sample(0) == expected);
}

TEST_CASE("A stream of a pool knows its number of features or learns it", "[layer][pool]") {
  for (const auto pooling : {Pooling::last, Pooling::ends, Pooling::mean, Pooling::max}) {
    const Pool<float> layer{pooling};
    auto told = layer.stream(4), learns = layer.stream();
    const VectorX<float> first = VectorX<float>::Constant(4, 2), second = VectorX<float>::Constant(4, 4);
    const CountAllocations allocations;
    layer.step(first, told);
    layer.step(second, told);
    const long count = allocations.count();
    CHECK(count == 0);
    layer.step(first, learns);
    CHECK(layer.step(second, learns) == told.y);
    CHECK(told.y(0) == (pooling == Pooling::mean ? 3 : 4));
    if (pooling == Pooling::ends) CHECK(told.y == VectorX<float>{{4, 4, 2, 2}});
  }
}

TEST_CASE("Pool refuses sizes that don't fit", "[layer][pool]") {
  const Pool<float> layer{Pooling::mean};
  CHECK(layer.pooling() == Pooling::mean);
  Pool<float>::Tape tape;
  CHECK(refusal([&] { layer.forward(Sequence<float>(), tape); }) ==
        "Pool (mean) was given an empty batch: it must hold at least one sequence");
  const Sequence<float> x({MatrixX<float>::Ones(2, 3), MatrixX<float>::Ones(2, 1)});
  layer.forward(x, tape, recording);
  auto gradient = layer;
  CHECK(refusal([&] { layer.backward(x, x, tape, gradient); }) ==
        "Pool (mean) was given an output gradient of 2 features and 4 steps: its output on this tape has 2 "
        "features and 2 steps");
  const Sequence<float> dy({MatrixX<float>::Ones(2, 1), MatrixX<float>::Ones(2, 1)});
  for (const auto pooling : {Pooling::last, Pooling::ends, Pooling::mean, Pooling::max}) {
    const Pool<float> pool{pooling};
    pool.forward(x, tape, recording);
    const Sequence<float> turned({MatrixX<float>::Ones(2, 1), MatrixX<float>::Ones(2, 3)});
    const Sequence<float> shorter({MatrixX<float>::Ones(2, 2), MatrixX<float>::Ones(2, 1)});
    const Sequence<float> higher({MatrixX<float>::Ones(3, 3), MatrixX<float>::Ones(3, 1)});
    for (const auto* other : {&turned, &shorter, &higher})
      CHECK_THROWS_AS(pool.backward(*other, dy, tape, gradient), std::invalid_argument);
    CHECK(tape.d_input().batch() == 0);
  }
  CHECK(refusal([&] { layer.backward(x, dy, tape, gradient); }) ==
        "Pool (mean) was asked for a gradient with a tape of another pooling");
  for (const auto pooling : {Pooling::last, Pooling::ends, Pooling::mean, Pooling::max}) {
    const Pool<float> pool{pooling};
    auto stream = pool.stream(4);
    pool.step(VectorX<float>::Ones(4), stream);
    CHECK(refusal([&] { pool.step(VectorX<float>::Ones(2), stream); }) ==
          pool.describe() + " was given a step of 2 features: the steps before had 4");
  }
}

TEST_CASE("A pool of no features gives none", "[layer][pool]") {
  for (const auto pooling : {Pooling::last, Pooling::ends, Pooling::mean, Pooling::max}) {
    Pool<double>::Tape tape;
    const auto& y = Pool<double>{pooling}.forward(Sequence<double>({MatrixX<double>(0, 2)}), tape);
    CHECK(y.features() == 0);
    CHECK(y.columns() == 1);
  }
}

TEST_CASE("A pass of Pool that ran out of memory is not taken for one", "[layer][pool]") {
  backward_refuses_what_ran_out_of_memory(Pool<double>{Pooling::max});
}

TEST_CASE("Both ends need two halves", "[layer][pool]") {
  const Pool<float> pool{Pooling::ends};
  Pool<float>::Tape tape;
  CHECK(refusal([&] { pool.forward(Sequence<float>({MatrixX<float>::Ones(3, 2)}), tape); }) ==
        "Pool (ends) was given 3 features: it takes two directions of equal size");
  auto stream = pool.stream(3);
  CHECK_THROWS_AS(pool.step(VectorX<float>::Ones(3), stream), std::invalid_argument);
  CHECK(pool.description() == Description("pool").with("pooling", "ends"));
}

TEMPLATE_TEST_CASE("The mean of any number of equal steps is that step", "[layer][pool]", float, double) {
  using S = TestType;
  const Pool<S> mean(Pooling::mean);
  typename Pool<S>::Tape tape;
  const S tenth = S(0.1);
  for (const Index steps : {1000, 300000})
    CHECK(mean.forward(Sequence<S>(MatrixX<S>::Constant(1, steps, tenth), 1), tape).values()(0, 0) == tenth);
  auto stream = mean.stream(1);
  const VectorX<S> x = VectorX<S>::Constant(1, tenth);
  for (Index t = 0; t < 300000; ++t) mean.step(x, stream);
  CHECK(stream.y(0) == tenth);
}

TEST_CASE("The mean of a stream follows its steps even after twelve minutes at 48 kHz",
          "[layer][pool][slow]") {
  const Pool<float> mean(Pooling::mean);
  auto stream = mean.stream(1);
  VectorX<float> x = VectorX<float>::Ones(1);
  for (Index t = 0; t < Index{1} << 25; ++t) mean.step(x, stream);
  CHECK(stream.y(0) == 1);
  x(0) = 3;
  for (Index t = 0; t < Index{1} << 25; ++t) mean.step(x, stream);
  CHECK(stream.y(0) == 2);
}

TEST_CASE("Pools keep a NaN, and their streams can start again", "[layer][pool]") {
  const VectorX<float> x = VectorX<float>::Constant(2, 3), small = VectorX<float>::Ones(2);
  VectorX<float> bad = x;
  bad(1) = std::numeric_limits<float>::quiet_NaN();
  for (const auto pooling : {Pooling::last, Pooling::ends, Pooling::mean, Pooling::max}) {
    const Pool<float> pool{pooling};
    Pool<float>::Tape tape;
    for (const auto& [first, second] : {std::pair{x, bad}, {bad, x}}) {
      MatrixX<float> both(2, 2);
      both << first, second;
      Sequence<float> sequence(MatrixX<float>::Zero(2, 2), 1);  // which takes finite numbers only
      sequence.values() = both;
      const MatrixX<float> y = pool.forward(sequence, tape).values();
      auto stream = pool.stream(2);
      pool.step(first, stream);
      pool.step(second, stream);
      CHECK(y(0) == 3);
      CHECK(stream.y(0) == 3);
      const bool bad_now = pooling == Pooling::last   ? std::isnan(second(1))
                           : pooling == Pooling::ends ? std::isnan(first(1))
                                                      : true;
      CHECK(std::isnan(y(1)) == bad_now);
      CHECK(std::isnan(stream.y(1)) == bad_now);

      const CountAllocations allocations;
      pool.reset(stream);
      pool.step(small, stream);
      const long count = allocations.count();
      CHECK(count == 0);
      CHECK(stream.y == small);
    }
  }
}

}  // namespace pool_test
}  // namespace recur::testing
