#include "recur/layer/dropout.hpp"

#include <limits>

#include "catch.hpp"
#include "laws/laws.hpp"
#include "recurrence/steady.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace dropout_test {

TEST_CASE("Dropout keeps the laws, with noise and without", "[layer][dropout][laws]") {
  LayerSubject half(Dropout<double>{0.5}, 3);
  LayerSubject few(Dropout<float>{0.2}, 19);
  keeps_laws(half, {2, 7, 1, 6}, {.noise = true});
  keeps_laws(few, {2, 7, 1, 6}, {.noise = true});
}

TEST_CASE("Dropout drops at its rate and scales the other numbers", "[layer][dropout]") {
  for (const double rate : {0.1, 0.5, 0.9}) {
    INFO("rate " << rate);
    const Dropout<float> layer{rate};
    Dropout<float>::Tape tape;
    const Sequence<float> x(MatrixX<float>::Constant(199, 201, 3), 1);
    Random random(1);
    const auto& y = layer.forward(x, tape, training(random));
    Index dropped = 0;
    const auto through = static_cast<float>(3 / (1 - rate));
    for (const float v : y.values().reshaped()) {
      if (v != 0) REQUIRE(v == Approx(through));
      dropped += v == 0;
    }
    const double count = 199 * 201;
    CHECK(std::abs(static_cast<double>(dropped) - rate * count) < 4 * std::sqrt(rate * (1 - rate) * count));
    // Neighbours are dropped independently, even if they share a draw.
    Index both = 0;
    for (Index i = 0; i + 1 < y.values().size(); i += 2) both += y.data()[i] == 0 && y.data()[i + 1] == 0;
    const double p = rate * rate;
    CHECK(std::abs(static_cast<double>(both) - p * count / 2) < 4 * std::sqrt(p * (1 - p) * count / 2));
  }
}

TEST_CASE("Dropout changes nothing without a source of noise or with rate 0", "[layer][dropout]") {
  const Sequence<float> x(MatrixX<float>::Random(3, 8), 2);
  Dropout<float>::Tape tape;
  const Dropout<float> half{0.5}, none{0};
  Random random(1);
  const auto state = random.state();
  CHECK(half.forward(x, tape, predicting).values() == x.values());
  CHECK(half.forward(x, tape, recording).values() == x.values());
  CHECK(none.forward(x, tape, training(random)).values() == x.values());
  CHECK(random.state() == state);
  CHECK(half.forward(x, tape, training(random)).values() != x.values());
  CHECK(random.state() != state);
}

TEST_CASE("Each pass draws another mask", "[layer][dropout]") {
  const Sequence<float> x(MatrixX<float>::Ones(5, 8), 2);
  const Dropout<float> layer{0.5};
  Dropout<float>::Tape one, other;
  Random random(1);
  CHECK(layer.forward(x, one, training(random)).values() !=
        layer.forward(x, other, training(random)).values());
}

TEST_CASE("A pass of Dropout that ran out of memory is not taken for one", "[layer][dropout]") {
  Random random(1);
  backward_refuses_what_ran_out_of_memory(Dropout<double>{0.5}, training(random));
}

TEST_CASE("Dropout refuses rates beyond 0 and 1", "[layer][dropout]") {
  CHECK(refusal([] { Dropout<float>{1}; }) == "Dropout with rate 1: it must be at least 0 and below 1");
  CHECK(refusal([] { Dropout<float>{-0.1}; }) == "Dropout with rate -0.1: it must be at least 0 and below 1");
  CHECK_THROWS_AS(Dropout<float>{std::numeric_limits<double>::quiet_NaN()}, std::invalid_argument);
  const Dropout<float> layer{0.5};
  CHECK(layer.rate() == 0.5);
  CHECK(layer.describe() == "Dropout (0.5)");
  Dropout<float>::Tape tape;
  CHECK(refusal([&] { layer.forward(Sequence<float>(), tape); }) ==
        "Dropout (0.5) was given an empty batch: it must hold at least one sequence");
  const Sequence<float> x(MatrixX<float>::Ones(3, 4), 2);
  layer.forward(x, tape, recording);
  auto gradient = layer;
  CHECK_THROWS_AS(layer.backward(x, Sequence<float>(MatrixX<float>::Ones(2, 4), 2), tape, gradient),
                  std::invalid_argument);
}

}  // namespace dropout_test
}  // namespace recur::testing
