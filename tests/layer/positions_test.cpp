#include "recur/layer/positions.hpp"

#include <limits>

#include "allocations.hpp"
#include "catch.hpp"
#include "laws/laws.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace positions_test {

TEST_CASE("Positions keep the laws", "[layer][positions][laws]") {
  LayerSubject waves(SinusoidalPositions<double>{}, 5);
  LayerSubject small(SinusoidalPositions<float>{}, 8);
  keeps_laws(waves);
  keeps_laws(small);
  LayerSubject learned(LearnedPositions<double>{64, 5});
  LayerSubject wide(LearnedPositions<float>{64, 19});
  keeps_laws(learned);
  keeps_laws(wide);
}

TEST_CASE("Sinusoidal positions match their equation and start from 0 in every sample",
          "[layer][positions]") {
  const SinusoidalPositions<double> layer;
  SinusoidalPositions<double>::Tape tape;
  for (const Index features : {5, 2, 8})
    for (const Index steps : {3, 7, 2}) {
      const Sequence<double> x({MatrixX<double>::Zero(features, 1), MatrixX<double>::Zero(features, steps)});
      const MatrixX<double> y = layer.forward(x, tape).sample(1);
      CHECK(tape.y.sample(0) == y.leftCols(1));
      for (Index t = 0; t < steps; ++t)
        for (Index i = 0; 2 * i < features; ++i) {
          const auto angle = static_cast<double>(t) /
                             std::pow(10000.0, 2 * static_cast<double>(i) / static_cast<double>(features));
          CHECK(y(2 * i, t) == Approx(std::sin(angle)).margin(1e-14));
          if (2 * i + 1 < features) CHECK(y(2 * i + 1, t) == Approx(std::cos(angle)).margin(1e-14));
        }
    }
}

TEST_CASE("Learned positions are rows of a table, and only rows that occur have a gradient",
          "[layer][positions]") {
  LearnedPositions<double> layer{6, 3};
  initialize(layer, 1);
  LearnedPositions<double>::Tape tape;
  const Sequence<double> x({MatrixX<double>::Zero(3, 2), MatrixX<double>::Zero(3, 4)});
  CHECK(layer.forward(x, tape).sample(1) == layer.weight.values.topRows(4).transpose());
  auto gradient = zeros_like(layer);
  layer.backward(x, Sequence<double>({MatrixX<double>::Ones(3, 2), MatrixX<double>::Ones(3, 4)}), tape,
                 gradient);
  CHECK(gradient.weight.touched() == std::vector<Index>{0, 1, 2, 3});
  CHECK(gradient.weight.values.rowwise().sum() == (VectorX<double>(6) << 6, 6, 3, 3, 0, 0).finished());
}

TEST_CASE("The gradient of a position that very many samples share is exact", "[layer][positions]") {
  constexpr Index samples = 100000;
  const LearnedPositions<float> layer{2, 3};
  LearnedPositions<float>::Tape tape;
  const Sequence<float> x(MatrixX<float>::Zero(3, 2 * samples), samples),
      dy(MatrixX<float>::Constant(3, 2 * samples, 0.1f), samples);
  layer.forward(x, tape, recording);
  auto gradient = zeros_like(layer);
  layer.backward(x, dy, tape, gradient);
  for (Index t = 0; t < 2; ++t)
    for (Index f = 0; f < 3; ++f) CHECK(gradient.weight.values(t, f) == Approx(0.1f * samples).epsilon(1e-5));
}

TEST_CASE("Positions that ran out of memory are computed again", "[layer][positions]") {
  if (!CountAllocations::works) return;
  const SinusoidalPositions<double> layer;
  const Sequence<double> small(MatrixX<double>::Zero(2, 1), 1), x(MatrixX<double>::Zero(2, 90), 1);
  SinusoidalPositions<double>::Tape tape;
  const Sequence<double> y = layer.forward(x, tape);
  int failed = 0;
  with_too_little_memory(
      [&] {
        tape = {};
        layer.forward(small, tape);
      },
      [&] { layer.forward(x, tape); },
      [&] {
        CHECK(layer.forward(x, tape).values() == y.values());
        ++failed;
      });
  CHECK(failed > 1);
}

TEST_CASE("Positions refuse sizes that don't fit", "[layer][positions]") {
  CHECK(refusal([] {
          LearnedPositions<float>{0, 3};
        }) == "LearnedPositions for 0 steps of 3 features: both must be at least 1");
  CHECK_THROWS_AS((LearnedPositions<float>{3, 0}), std::invalid_argument);
  const LearnedPositions<float> layer{4, 3};
  CHECK(layer.describe() == "LearnedPositions (4 steps of 3)");
  LearnedPositions<float>::Tape tape;
  CHECK(refusal([&] { layer.forward(Sequence<float>(MatrixX<float>::Ones(3, 10), 2), tape); }) ==
        "LearnedPositions (4 steps of 3) was given a sequence of 5 steps: the longest legal one has 4");
  CHECK_THROWS_AS(layer.check_sample(MatrixX<float>::Ones(3, 5)), std::invalid_argument);
  CHECK_NOTHROW(layer.check_sample(MatrixX<float>::Ones(3, 4)));
  CHECK_THROWS_AS(output_length(layer, 5), std::invalid_argument);
  CHECK(output_length(layer, 4) == 4);
  CHECK_THROWS_AS(layer.forward(Sequence<float>(MatrixX<float>::Ones(2, 2), 2), tape), std::invalid_argument);
  auto stream = layer.stream();
  for (int t = 0; t < 4; ++t) layer.step(VectorX<float>::Ones(3), stream);
  CHECK_THROWS_AS(layer.step(VectorX<float>::Ones(3), stream), std::invalid_argument);
  CHECK_THROWS_AS(layer.step(VectorX<float>::Ones(2), stream), std::invalid_argument);
  stream.t = -1;
  CHECK(refusal([&] { layer.step(VectorX<float>::Ones(3), stream); }) ==
        "LearnedPositions (4 steps of 3) was given a stream at step -1, counted from 0: there are 4");
  stream.t = std::numeric_limits<Index>::max();
  CHECK_THROWS_AS(layer.step(VectorX<float>::Ones(3), stream), std::invalid_argument);

  const SinusoidalPositions<float> waves;
  auto learns = waves.stream();
  waves.step(VectorX<float>::Ones(3), learns);
  CHECK(refusal([&] { waves.step(VectorX<float>::Ones(2), learns); }) ==
        "SinusoidalPositions was given a step of 2 features: the steps before had 3");
  SinusoidalPositions<float>::Tape tape_of_waves;
  CHECK_THROWS_AS(waves.forward(Sequence<float>(), tape_of_waves), std::invalid_argument);
}

}  // namespace positions_test
}  // namespace recur::testing
