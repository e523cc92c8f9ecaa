#include "recur/layer/pool1d.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"
#include "laws/laws.hpp"
#include "recurrence/steady.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace pool1d_test {

TEST_CASE("Pool1d keeps the laws", "[layer][pool1d][laws]") {
  for (const Pooling pooling : {Pooling::max, Pooling::mean}) {
    LayerSubject whole(Pool1d<double>{pooling, 2}, 3);
    LayerSubject same(Pool1d<double>{pooling, 3, 1, Padding::same()}, 3);
    LayerSubject causal(Pool1d<float>{pooling, 3, 2, Padding::causal()}, 3);
    keeps_laws(whole, {2, 7, 3, 6});
    keeps_laws(same);
    keeps_laws(causal);
  }
}

TEST_CASE("Pool1d is the maximum or the mean of the steps that are there", "[layer][pool1d]") {
  MatrixX<double> x(1, 5), other(1, 2);
  x << 3, -1, -4, -2, 5;
  other << 7, 9;
  Pool1d<double>::Tape tape;
  const Pool1d<double> max{Pooling::max, 2};
  MatrixX<double> expected(1, 2);
  expected << 3, -2;
  CHECK(max.forward(Sequence<double>({other, x}), tape).sample(1) == expected);
  CHECK(tape.output().sample(0) == MatrixX<double>::Constant(1, 1, 9));
  const Pool1d<double> mean{Pooling::mean, 3, 2, Padding::same()};
  MatrixX<double> means(1, 3);
  means << 1, -7.0 / 3, 1.5;
  CHECK((mean.forward(Sequence<double>({x}), tape).sample(0) - means).norm() < 1e-15);
}

TEST_CASE("The mean of many floats, or of large ones, is exact", "[layer][pool1d]") {
  Pool1d<float>::Tape tape;
  const auto mean = [&](const MatrixX<float>& x) {
    return Pool1d<float>{Pooling::mean, x.cols()}.forward(Sequence<float>({x}), tape).sample(0)(0);
  };
  CHECK(mean(MatrixX<float>::Constant(1, 100000, 0.1f)) == 0.1f);
  CHECK(mean(MatrixX<float>::Constant(1, 2, 3e38f)) == 3e38f);
}

TEST_CASE("Pool1d keeps a NaN", "[layer][pool1d]") {
  for (const Pooling pooling : {Pooling::max, Pooling::mean}) {
    Sequence<double> x(MatrixX<double>(MatrixX<double>::Ones(1, 4)), 1);
    x.values()(0, 1) = std::numeric_limits<double>::quiet_NaN();
    Pool1d<double>::Tape tape;
    const MatrixX<double> y = Pool1d<double>{pooling, 2}.forward(x, tape).sample(0);
    CHECK(std::isnan(y(0)));
    CHECK(y(1) == 1);
  }
}

TEST_CASE("Pool1d refuses what it can't do", "[layer][pool1d]") {
  CHECK(refusal([] { Pool1d<float>(Pooling::ends, 2); }) ==
        "Pool1d takes the maximum or the mean of windows: it must be Pooling::max or Pooling::mean");
  Pool1d<float>::Tape tape;
  CHECK(refusal([&] {
          Pool1d<float>(Pooling::max, 3)
              .forward(Sequence<float>(MatrixX<float>(MatrixX<float>::Ones(1, 2)), 1), tape);
        }) == "Pool1d (max of 3) was given a sequence of 2 steps: its window spans 3, more than there are");
}

TEST_CASE("Pool1d refuses the tape of one with another padding or stride", "[layer][pool1d]") {
  const Sequence<double> x(MatrixX<double>::Ones(2, 8), 2);
  for (const Pooling pooling : {Pooling::max, Pooling::mean}) {
    const Pool1d<double> pool{pooling, 3, 1, Padding::same()};
    Pool1d<double>::Tape tape;
    Pool1d<double> gradient = pool;
    for (const auto& other : {Pool1d<double>{pooling, 3, 1, Padding::causal()},
                              Pool1d<double>{pooling, 3, 1, Padding::of(2, 0)}}) {
      const Sequence<double> dy = other.forward(x, tape, recording);
      CHECK_THAT(refusal([&] { pool.backward(x, dy, tape, gradient); }),
                 Catch::Matchers::ContainsSubstring("a tape of another pooling"));
    }
    const Sequence<double> dy = pool.forward(x, tape, recording);
    CHECK_NOTHROW(pool.backward(x, dy, tape, gradient));
  }
}

TEST_CASE("After Pool1d refused an input, its tape still holds the pass before", "[layer][pool1d]") {
  const Sequence<double> x(MatrixX<double>::Ones(2, 8), 1), shorter(MatrixX<double>::Ones(2, 2), 1);
  for (const Pooling pooling : {Pooling::max, Pooling::mean}) {
    const Pool1d<double> whole{pooling, 3}, causal{pooling, 3, 3, Padding::causal()};
    Pool1d<double>::Tape tape;
    Pool1d<double> gradient = whole;
    const Sequence<double> dy = whole.forward(x, tape, recording);
    CHECK_THROWS_AS(whole.forward(shorter, tape, recording), std::invalid_argument);
    CHECK_THAT(refusal([&] { whole.backward(shorter, dy, tape, gradient); }),
               Catch::Matchers::ContainsSubstring("an input of 2 features and 2 steps"));
    CHECK_NOTHROW(whole.backward(x, dy, tape, gradient));
    const Sequence<double> other = causal.forward(shorter, tape, recording);
    CHECK_THROWS_AS(whole.forward(shorter, tape, recording), std::invalid_argument);
    CHECK_THAT(refusal([&] { whole.backward(shorter, other, tape, gradient); }),
               Catch::Matchers::ContainsSubstring("a tape of another pooling"));
  }
}

TEST_CASE("A pass of Pool1d that ran out of memory is not taken for one", "[layer][pool1d]") {
  backward_refuses_what_ran_out_of_memory(Pool1d<double>{Pooling::max, 2});
  backward_refuses_what_ran_out_of_memory(Pool1d<double>{Pooling::mean, 2});
}

TEST_CASE("The mean of doubles at the end of their range is right", "[layer][pool1d]") {
  Pool1d<double>::Tape tape;
  const auto mean = [&](const MatrixX<double>& x) {
    return Pool1d<double>{Pooling::mean, x.cols()}.forward(Sequence<double>({x}), tape).sample(0)(0);
  };
  CHECK(mean(MatrixX<double>::Constant(1, 2, 1e308)) == 1e308);
  CHECK(mean(MatrixX<double>{{1e308, -1e308}}) == 0);
  CHECK(mean(MatrixX<double>{{1e308, 1e308, -1e308, -1e308}}) == 0);
  CHECK(mean(MatrixX<double>{{1, 2, 4}}) == 7.0 / 3);
}

}  // namespace pool1d_test
}  // namespace recur::testing
