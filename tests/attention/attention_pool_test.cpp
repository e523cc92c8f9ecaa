#include "recur/attention/attention_pool.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"
#include "laws/laws.hpp"
#include "recurrence/steady.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace attention_pool_test {

TEST_CASE("AttentionPool keeps the laws and its equation", "[attention][attention_pool][laws]") {
  for (const auto& [features, size] : {std::pair<Index, Index>{3, 5}, {19, 2}, {4, 16}}) {
    LayerSubject subject(AttentionPool<double>{features, size});
    keeps_laws(subject);
    const auto& layer = subject.layer();
    const Input input = draw_input(subject, {2, 7, 1, 6}, false);
    const Output output = subject.forward(input);
    for (std::size_t b = 0; b < input.x.size(); ++b) {
      const MatrixX<double> u = ((layer.weight * input.x[b]).colwise() + layer.bias).array().tanh();
      const VectorX<double> e = (u.transpose() * layer.weight_score).array().exp();
      CHECK(distance(output.y[b], MatrixX<double>(input.x[b] * e / e.sum())) < 1e-14);
    }
  }
  LayerSubject single(AttentionPool<float>{9, 19});
  keeps_laws(single);
}

TEST_CASE("The weights of attention can be read, in the user's order", "[attention][attention_pool]") {
  AttentionPool<double> layer{1, 1};
  layer.weight(0) = layer.weight_score(0) = 1;
  AttentionPool<double>::Tape tape;
  MatrixX<double> one(1, 2), other(1, 3);
  one << 0, 5;
  other << 1, 0, 1;
  const auto& y = layer.forward(Sequence<double>({one, other}), tape);
  REQUIRE(tape.weights(0).size() == 2);
  REQUIRE(tape.weights(1).size() == 3);
  CHECK(tape.weights(0)(1) == Approx(std::exp(std::tanh(5.0)) / (1 + std::exp(std::tanh(5.0)))));
  CHECK(tape.weights(1)(0) == tape.weights(1)(2));
  CHECK(tape.weights(1).sum() == Approx(1));
  CHECK(y.values()(1) == Approx(2 * tape.weights(1)(0)));
}

TEST_CASE("AttentionPool refuses sizes that don't fit", "[attention][attention_pool]") {
  CHECK(refusal([] {
          AttentionPool<float>{0, 2};
        }) == "AttentionPool of 0 features with 2 units: both must be at least 1");
  CHECK_THROWS_AS((AttentionPool<float>{2, 0}), std::invalid_argument);
  AttentionPool<float> layer{3, 2}, larger{3, 4};
  CHECK(layer.describe() == "AttentionPool (3, 2 units)");
  AttentionPool<float>::Tape tape;
  CHECK_THROWS_AS(layer.forward(Sequence<float>(), tape), std::invalid_argument);
  CHECK(refusal([&] { layer.forward(Sequence<float>(MatrixX<float>::Ones(4, 2), 1), tape); }) ==
        "AttentionPool (3, 2 units) was given 4 features: it takes 3");
  const Sequence<float> x({MatrixX<float>::Ones(3, 3), MatrixX<float>::Ones(3, 1)});
  const Sequence<float> turned({MatrixX<float>::Ones(3, 1), MatrixX<float>::Ones(3, 3)});
  const Sequence<float> dy(MatrixX<float>::Ones(3, 2), 2);
  layer.forward(x, tape, recording);
  auto gradient = zeros_like(layer);
  CHECK_THROWS_AS(layer.backward(turned, dy, tape, gradient), std::invalid_argument);
  CHECK_THROWS_AS(layer.backward(x, x, tape, gradient), std::invalid_argument);
  CHECK_THROWS_AS(layer.backward(x, dy, tape, larger), std::invalid_argument);
  CHECK(gradient_norm(gradient) == 0);
  auto stream = layer.stream(), other = larger.stream();
  CHECK_THROWS_AS(layer.step(VectorX<float>::Ones(4), stream), std::invalid_argument);
  CHECK_THROWS_AS(layer.step(VectorX<float>::Ones(3), other), std::invalid_argument);
  layer.weight_score.resize(3);
  CHECK(refusal([&] { layer.forward(x, tape); }) ==
        "AttentionPool (3, 2 units) has a weight_score of 3 x 1: it must be 2 x 1");
}

TEST_CASE("A pass of AttentionPool that ran out of memory is not taken for one",
          "[attention][attention_pool]") {
  backward_refuses_what_ran_out_of_memory(AttentionPool<double>{3, 2});
}

TEMPLATE_TEST_CASE("AttentionPool's mean of any number of equal steps is that step",
                   "[attention][attention_pool]", float, double) {
  using S = TestType;
  constexpr Index steps = 100000;
  AttentionPool<S> pool{1, 1};  // with zero weights, all steps count the same
  typename AttentionPool<S>::Tape tape;
  const Sequence<S> x(MatrixX<S>::Constant(1, steps, S(0.1)), 1);
  CHECK(pool.forward(x, tape).values()(0, 0) == S(0.1));
  CHECK(static_cast<double>(tape.weights(0)(steps - 1)) == Approx(1e-5).epsilon(1e-7));
  auto stream = pool.stream();
  VectorX<S> one = VectorX<S>::Constant(1, S(0.1));
  for (Index t = 0; t < steps; ++t) pool.step(one, stream);
  CHECK(stream.y(0) == S(0.1));
  one(0) = S(0.3);
  for (Index t = 0; t < steps; ++t) pool.step(one, stream);
  CHECK(static_cast<double>(stream.y(0)) == Approx(0.2).epsilon(1e-7));

  pool.weight_score(0) = S(0.5);  // gradients of parameters with the same effect at all steps
  pool.bias(0) = S(0.3);
  pool.forward(x, tape);
  auto gradient = zeros_like(pool);
  pool.backward(x, Sequence<S>(MatrixX<S>::Ones(1, 1), 1), tape, gradient);
  CHECK(static_cast<double>(std::abs(gradient.bias(0))) < 1e-6);
}

TEST_CASE("A stream of AttentionPool is right for scores that rise and fall by more than exp can bear",
          "[attention][attention_pool]") {
  AttentionPool<double> pool{2, 1};
  pool.weight << 100, 0;  // the first feature decides, and the second is what the mean shows
  pool.weight_score << 1000;
  const MatrixX<double> x{{1, -1, 1, -1}, {1, 2, 4, 8}};
  auto stream = pool.stream();
  VectorX<double> means(4);
  for (Index t = 0; t < 4; ++t) means(t) = pool.step(x.col(t), stream)(1);
  CHECK(means == VectorX<double>{{1, 1, 2.5, 2.5}});
}

TEST_CASE("A stream of AttentionPool can start again after an input that is not a number",
          "[attention][attention_pool]") {
  AttentionPool<float> pool{2, 3};
  initialize(pool, 1);
  auto stream = pool.stream(), fresh = pool.stream();
  const VectorX<float> x{{0.3f, -0.5f}};
  VectorX<float> bad = x;
  bad(0) = std::numeric_limits<float>::quiet_NaN();
  pool.step(bad, stream);
  CHECK(std::isnan(pool.step(x, stream)(0)));
  pool.reset(stream);
  CHECK(pool.step(x, stream) == pool.step(x, fresh));
}

}  // namespace attention_pool_test
}  // namespace recur::testing
