#include "recur/architecture/encoder_forecaster.hpp"

#include "architecture/models.hpp"
#include "catch.hpp"
#include "max_abs.hpp"
#include "names.hpp"
#include "recur/cell/gru.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/layer/dense.hpp"
#include "recur/recurrence/bidirectional.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "recur/train/fit.hpp"
#include "recur/train/loss.hpp"
#include "recur/train/optimizer.hpp"
#include "recur/train/sequence_loss.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace encoder_forecaster_test {

constexpr Index hidden = 4, size = 3;
using Values = EachStep<SquaredError<double>>;

auto forecaster() {
  return Sequential{Recurrent{Lstm<double>{size, hidden}}, Dense<double, Tanh>{hidden, size}};
}
auto plain() { return EncoderForecaster{Recurrent{Lstm<double>{size, hidden}}, forecaster(), Values{}}; }
/// The states of two GRUs, one in each direction, become those of an LSTM.
auto bridged() {
  return EncoderForecaster{Bidirectional{Gru<double>{size, 2}}, Dense<double, Tanh>{4, 2 * hidden},
                           forecaster(), Values{}};
}
using Model = decltype(plain());

/// Both sides ragged, in different orders of length.
template <class Example = Model::Example>
std::vector<Example> examples() {
  std::vector<Example> all;
  Random random(3);
  for (const auto& [before, after] : {std::pair<Index, Index>{3, 1}, {5, 3}, {1, 5}, {2, 2}}) {
    all.push_back({MatrixX<double>(size, before), MatrixX<double>(size, after)});
    normal(all.back().input, 1, random);
    normal(all.back().target, 1, random);
  }
  return all;
}

TEST_CASE("The gradient through what a forecaster wrote and read is its slope",
          "[architecture][encoder_forecaster]") {
  const auto check = [](const auto& model) {
    gradient_is_slope(ready(model),
                      batch_of(model, examples<typename std::decay_t<decltype(model)>::Example>()));
  };
  check(plain());
  check(bridged());
}

TEST_CASE("A forecaster starts from the encoder's state and last input, and reads what it wrote",
          "[architecture][encoder_forecaster]") {
  const Model model = ready(plain());
  const auto all = examples();
  Model::Tape tape;
  const auto batch = batch_of(model, all);
  const double loss = model.loss(batch, tape);
  double sum = 0;
  for (std::size_t b = 0; b < all.size(); ++b) {
    const auto& [input, target] = all[b];
    auto reader = model.source.encoder.stream();
    for (Index t = 0; t < input.cols(); ++t) model.source.encoder.step(input.col(t), reader);
    const auto& [recurrent, head] = model.forecaster.layers;
    auto writer = recurrent.stream();
    writer.state = reader.state;
    VectorX<double> y = input.rightCols(1);
    const MatrixX<double> together = tape.y.sample(static_cast<Index>(b)),
                          alone = model.predict(input, target.cols());
    auto stream = model.stream(input);
    REQUIRE(together.cols() == target.cols());
    for (Index t = 0; t < target.cols(); ++t) {
      y = (head.weight * recurrent.step(y, writer) + head.bias).array().tanh();
      CHECK((together.col(t) - y).norm() < 1e-12);
      CHECK((alone.col(t) - y).norm() < 1e-12);
      CHECK((model.predict_step(stream) - y).norm() < 1e-12);
      sum += (y - target.col(t)).squaredNorm();
    }
  }
  CHECK(model.weight(batch) == size * 11);
  CHECK(loss == Approx(sum / (size * 11)).epsilon(1e-12));
}

TEST_CASE("Copies and loaded forecasters give the same outputs", "[architecture][encoder_forecaster]") {
  is_a_value(ready(plain()), batch_of(plain(), examples()));
  const auto model = ready(bridged());
  is_a_value(model, batch_of(model, examples<decltype(model)::Example>()));
  CHECK(store_weights(model).tensors.contains("bridge.weight"));
  CHECK(store_weights(model).tensors.contains("forecaster.1.weight"));
}

TEST_CASE("A training step and a stream of a forecaster allocate nothing",
          "[architecture][encoder_forecaster]") {
  const Model model = ready(plain());
  CHECK(steady_allocations(model, batch_of(model, examples())) == 0);
  auto stream = model.stream(examples()[0].input);
  const CountAllocations allocations;
  for (int t = 0; t < 5; ++t) model.predict_step(stream);
  CHECK(allocations.count() == 0);
}

TEST_CASE("A forecaster learns to go on with a wave, far beyond what it was trained on",
          "[architecture][encoder_forecaster]") {
  const auto wave = [](Index from, Index steps) {
    MatrixX<double> y(1, steps);
    for (Index t = 0; t < steps; ++t) y(t) = std::sin(0.4 * static_cast<double>(from + t));
    return y;
  };
  EncoderForecaster model{Recurrent{Gru<double>{1, 8}},
                          Sequential{Recurrent{Gru<double>{1, 8}}, Dense<double>{8, 1}}, Values{}};
  initialize(model, 1);
  std::vector<decltype(model)::Example> all;
  for (Index from = 0; from < 60; ++from) all.push_back({wave(from, 8), wave(from + 8, 8 + from % 5)});
  Optimizer optimizer(model, Adam{.rate = 0.02});
  fit(model, optimizer, all, {.epochs = 60, .batch_size = 10, .threads = 2, .clip_norm = 1});
  CHECK(max_abs(model.predict(wave(7, 8), 30) - wave(15, 30)) < 0.3);
}

TEST_CASE("A forecaster gives no answer before its weights are drawn", "[architecture][encoder_forecaster]") {
  const auto says =
      Catch::Matchers::ContainsSubstring("every weight of the model is zero, such as encoder.weight_ih");
  const MatrixX<double> sample = MatrixX<double>::Ones(size, 2);
  CHECK_THROWS_WITH(plain().predict(sample, 2), says);
  CHECK_THROWS_WITH(plain().stream(sample), says);
}

TEST_CASE("A forecaster refuses what does not fit", "[architecture][encoder_forecaster]") {
  const auto make = [](Index reads, Index in, Index units, Index writes) {
    return EncoderForecaster{Recurrent{Gru<double>{reads, 4}},
                             Sequential{Recurrent{Gru<double>{in, units}}, Dense<double>{units, writes}},
                             Values{}};
  };
  CHECK_NOTHROW(make(3, 3, 4, 3));
  CHECK(refusal([&] { make(2, 3, 4, 3); }) ==
        "the encoder, GRU (2 -> 4), reads 2 numbers, and the forecaster, Sequential {GRU (3 -> 4), Dense (4 "
        "-> 3)}, "
        "reads 3 and writes 3: all must be equal");
  CHECK_THROWS_AS(make(3, 3, 4, 2), std::invalid_argument);
  CHECK_THROWS_AS(make(3, 3, 5, 3), std::invalid_argument);
  using Forgetful = EncoderForecaster<Sequential<Dense<double>>, Sequential<Dense<double>>, Values>;
  const Sequential copies{Dense<double>{3, 3}};
  CHECK_THROWS_AS(Forgetful(copies, copies, Values{}), std::invalid_argument);
  using Logits = EachStep<BinaryCrossEntropy<double>>;
  using OfLogits = EncoderForecaster<Recurrent<Lstm<double>>, decltype(forecaster()), Logits>;
  CHECK_THROWS_AS(OfLogits(Recurrent{Lstm<double>{size, hidden}}, forecaster(), Logits{}),
                  std::invalid_argument);

  const Model model = ready(plain());
  const MatrixX<double> good = MatrixX<double>::Ones(size, 2);
  CHECK_NOTHROW(model.check({good, good}));
  CHECK_THROWS_AS(model.check({good, good.topRows(2)}), std::invalid_argument);
  CHECK_THROWS_AS(model.check({good.topRows(2), good}), std::invalid_argument);
  CHECK_THROWS_AS(model.check({good, good.leftCols(0)}), std::invalid_argument);
  CHECK_THROWS_AS(model.check({good.leftCols(0), good}), std::invalid_argument);
  CHECK_THROWS_AS(model.check({good, good * std::nan("")}), std::invalid_argument);
  CHECK_THROWS_AS(model.predict(good, 0), std::invalid_argument);
  CHECK_THROWS_AS(model.predict(good.topRows(2), 1), std::invalid_argument);
  CHECK_THROWS_AS(model.stream(good.topRows(2)), std::invalid_argument);

  // With three quantiles, a target of one number would fit the loss. But then the network would read quantiles.
  const EncoderForecaster quantiles{Recurrent{Lstm<double>{size, hidden}}, forecaster(),
                                    EachStep{QuantileLoss<double>{}}};
  CHECK(refusal([&] {
          quantiles.check({good, good.topRows(1)});
        }) == "the target has 1 numbers a step: the network writes 3");

  Model::Tape tape;
  Model gradient = zeros_like(model);
  auto all = examples();
  const auto batch = batch_of(model, all);
  model.loss(batch, tape, recording);
  Model itself = model;
  CHECK_THROWS_AS(itself.backward(batch, tape, itself), std::invalid_argument);
  all.pop_back();
  CHECK_THROWS_AS(model.backward(batch_of(model, all), tape, gradient), std::invalid_argument);
  for_each_parameter([](const Name&, const auto& p) { CHECK((flat(p) == 0).all()); }, gradient);
  CHECK_NOTHROW(model.backward(batch, tape, gradient));
}

}  // namespace encoder_forecaster_test
}  // namespace recur::testing
