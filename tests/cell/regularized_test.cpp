#include "recur/cell/regularized.hpp"

#include "catch.hpp"
#include "laws/laws.hpp"
#include "max_abs.hpp"
#include "recur/cell/elman.hpp"
#include "recur/cell/gru.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/cell/min_rnn.hpp"
#include "recur/cell/peephole_lstm.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace regularized_test {

constexpr Regularization all{.recurrent_dropout = 0.4, .zoneout = 0.3, .zoneout_cell = 0.5};

TEST_CASE("Regularized cells keep the laws, with noise and without", "[cell][regularized][slow][laws]") {
  LayerSubject lstm(Recurrent{Regularized{Lstm<double>{3, 5}, all}});
  keeps_laws(lstm, {2, 7, 1, 6}, {.noise = true});
  LayerSubject gru(Recurrent{Regularized{Gru<double>{7, 19}, {.recurrent_dropout = 0.5}}});
  keeps_laws(gru, {4, 6, 2, 6, 3}, {.noise = true});
  LayerSubject elman(Recurrent{Regularized{Elman<float>{7, 19}, {.zoneout = 0.2}}});
  keeps_laws(elman, {4, 6, 2, 6, 3}, {.noise = true});
}

TEST_CASE("Regularized cells in reverse keep the laws, with noise and without", "[cell][regularized][laws]") {
  using C = Regularized<Lstm<double>>;
  LayerSubject reverse(Recurrent<C, Direction::reverse>{C{Lstm<double>{3, 5}, all}});
  keeps_laws(reverse, {2, 7, 1, 6}, {.noise = true, .reads_backward = true});
}

TEST_CASE("Cells with weights of their units, without biases and without W_hh can be regularized",
          "[cell][regularized][laws]") {
  LayerSubject peephole(Recurrent{Regularized{PeepholeLstm<double>{3, 5, Bias::none}, all}});
  keeps_laws(peephole, {2, 7, 1, 6}, {.noise = true});
  LayerSubject minimal(Recurrent{Regularized{MinGru<double>{3, 5}, {.zoneout = 0.5}}});
  keeps_laws(minimal, {2, 7, 1, 6}, {.noise = true});
}

TEST_CASE("A regularized cell with rates of zero equals the cell, even with a source of noise",
          "[cell][regularized]") {
  Recurrent plain{Lstm<double>{3, 19}};
  initialize(plain, 1);
  const Recurrent layer{Regularized{plain.cell}};
  MatrixX<double> x(3, 12);
  Random random(2);
  normal(x, 1, random);
  Recurrent<Lstm<double>>::Tape plain_tape;
  Recurrent<Regularized<Lstm<double>>>::Tape tape;
  const Sequence<double> given(x, 2);
  const MatrixX<double> expected = plain.forward(given, plain_tape).values();
  CHECK(max_abs(layer.forward(given, tape, training(random)).values() - expected) < 1e-13);
}

TEST_CASE("In prediction zoneout is its mean, and recurrent dropout changes nothing", "[cell][regularized]") {
  Recurrent plain{Lstm<double>{3, 19}};
  initialize(plain, 1);
  const Recurrent layer{Regularized{plain.cell, all}};
  Random random(2);
  MatrixX<double> x(3, 9);
  normal(x, 1, random);
  Recurrent<Regularized<Lstm<double>>>::Tape tape;
  const MatrixX<double> y = layer.forward(Sequence<double>(x, 1), tape).values();
  auto stream = plain.stream();
  for (Index t = 0; t < x.cols(); ++t) {
    const auto previous = stream.state;
    plain.step(x.col(t), stream);
    stream.state[0] = 0.3 * previous[0] + 0.7 * stream.state[0];
    stream.state[1] = 0.5 * previous[1] + 0.5 * stream.state[1];
    CHECK(max_abs(y.col(t) - stream.state[0]) < 1e-13);
  }
  CHECK(layer.forward(Sequence<double>(x, 1), tape, recording).values() == y);
}

// h_t = h_{t-1} ∘ m and no more: what is left of the first state shows the masks.
template <class C = Elman<double, Identity>>
auto remembering(Index hidden, const Regularization& rates) {
  C cell{1, hidden};
  cell.weight_hh.setIdentity();
  return Recurrent{Regularized{cell, rates}};
}

TEST_CASE("Recurrent dropout draws one mask for all steps of a sample and another for each sample",
          "[cell][regularized]") {
  const Index hidden = 400, steps = 5;
  const double rate = 0.4;
  const auto layer = remembering(hidden, {.recurrent_dropout = rate});
  typename std::remove_const_t<decltype(layer)>::Tape tape;
  Random random(1);
  const Sequence<double> y = layer.forward(Sequence<double>(MatrixX<double>::Zero(1, 2 * steps), 2), tape,
                                           training(random), MatrixX<double>::Ones(hidden, 2));
  Index dropped[2] = {}, differ = 0;
  for (Index j = 0; j < hidden; ++j) {
    for (Index b = 0; b < 2; ++b) {
      const MatrixX<double> sample = y.sample(b);
      dropped[b] += sample(j, 0) == 0;
      for (Index t = 0; t < steps; ++t)
        REQUIRE(sample(j, t) == Approx(sample(j, 0) == 0 ? 0 : std::pow(1 / (1 - rate), t + 1)));
    }
    differ += (y.sample(0)(j, 0) == 0) != (y.sample(1)(j, 0) == 0);
  }
  for (const Index count : dropped) CHECK(std::abs(static_cast<double>(count) - 160) < 4 * std::sqrt(96.0));
  CHECK(std::abs(static_cast<double>(differ) - 192) < 4 * std::sqrt(100.0));
}

TEST_CASE("Zoneout keeps units at its rate, at each step and for each state", "[cell][regularized][slow]") {
  const Index hidden = 400, steps = 6;
  Lstm<double> cell{1, hidden};
  initialize(cell, 1);
  const Recurrent layer{Regularized{cell, {.zoneout = 0.25, .zoneout_cell = 0.5}}};
  Recurrent<Regularized<Lstm<double>>>::Tape tape;
  Random random(2);
  MatrixX<double> x(1, steps);
  normal(x, 1, random);
  double kept[2] = {}, both = 0;
  MatrixX<double> before;
  for (Index t = 0; t < steps; ++t) {
    layer.forward(Sequence<double>(MatrixX<double>(x.col(t)), 1), tape, training(random), before);
    if (t > 0)
      for (Index j = 0; j < hidden; ++j) {
        const bool h = tape.final(j, 0) == before(j, 0);
        const bool c = tape.final(hidden + j, 0) == before(hidden + j, 0);
        kept[0] += h, kept[1] += c, both += h && c;
      }
    before = tape.final;
  }
  const double count = static_cast<double>(hidden * (steps - 1));
  CHECK(std::abs(kept[0] / count - 0.25) < 4 * std::sqrt(0.1875 / count));
  CHECK(std::abs(kept[1] / count - 0.5) < 4 * std::sqrt(0.25 / count));
  CHECK(std::abs(both / count - 0.125) < 4 * std::sqrt(0.11 / count));
}

TEST_CASE(
    "Noise of a sample depends on the seed and its place, not on the others nor on whether it is recorded",
    "[cell][regularized]") {
  Lstm<double> cell{3, 19};
  initialize(cell, 1);
  const Recurrent layer{Regularized{cell, all}};
  Random random(2);
  std::vector<MatrixX<double>> samples{MatrixX<double>(3, 5), MatrixX<double>(3, 3), MatrixX<double>(3, 8)};
  for (auto& sample : samples) normal(sample, 1, random);
  Recurrent<Regularized<Lstm<double>>>::Tape tape;
  const auto second = [&](std::uint64_t seed, bool record = true) {
    Random noise(seed);
    return layer.forward(Sequence<double>(samples), tape, Pass{record, &noise}).sample(1);
  };
  const MatrixX<double> y = second(7);
  CHECK(second(7) == y);
  CHECK(second(7, false) == y);
  CHECK(second(8) != y);
  samples[0] = MatrixX<double>::Ones(3, 1);
  samples[2] = MatrixX<double>::Ones(3, 20);
  CHECK(max_abs(second(7) - y) < 1e-14);
  Random noise(7);
  layer.forward(Sequence<double>(samples), tape, training(noise));
  CHECK(noise.state() != Random(7).state());  // the next pass draws other masks
}

TEST_CASE("Regularized cells describe themselves and refuse rates that they can't have",
          "[cell][regularized]") {
  const Recurrent layer{Regularized{Lstm<float>{3, 5}, all}};
  CHECK(layer.describe() == "regularized LSTM (3 -> 5)");
  CHECK(count_parameters(layer) == count_parameters(Lstm<float>{3, 5}));
  CHECK(layer.cell.rates().zoneout == 0.3);
  CHECK(refusal([] {
          Regularized{Lstm<float>{3, 5}, {.zoneout = 1}};
        }) == "zoneout with rate 1: it must be at least 0 and below 1");
  CHECK_THROWS_AS((Regularized{Lstm<float>{3, 5}, {.recurrent_dropout = -0.1}}), std::invalid_argument);
  CHECK_THROWS_AS((Regularized{Lstm<float>{3, 5}, {.zoneout_cell = 2}}), std::invalid_argument);
  CHECK(refusal([] {
          Regularized{MinGru<float>{3, 5}, {.recurrent_dropout = 0.5}};
        }) == "minGRU with recurrent dropout 0.5: it has no weight_hh, so the rate must be 0");
  Recurrent spoilt = layer;
  spoilt.cell.cell.weight_hh.resize(20, 4);
  Recurrent<Regularized<Lstm<float>>>::Tape tape;
  CHECK(refusal([&] { spoilt.forward(Sequence<float>(MatrixX<float>::Ones(3, 4), 2), tape); }) ==
        "regularized LSTM (3 -> 5) has a weight_hh of 20 x 4: it must be 20 x 5");
  spoilt = layer;
  spoilt.cell.cell.bias_hh.resize(0);
  CHECK(refusal([&] { spoilt.forward(Sequence<float>(MatrixX<float>::Ones(3, 4), 2), tape); }) ==
        "regularized LSTM (3 -> 5) has a bias_hh of 0 x 1: it must be 20 x 1");
}

TEST_CASE("A rate that is 1 in the scalar of its cell is refused", "[cell][regularized]") {
  CHECK_THROWS_AS((Regularized{Lstm<float>{3, 5}, {.zoneout = 1 - 1e-12}}), std::invalid_argument);
  CHECK_NOTHROW(Regularized{Lstm<double>{3, 5}, {.zoneout = 1 - 1e-12}});
}

}  // namespace regularized_test
}  // namespace recur::testing
