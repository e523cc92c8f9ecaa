#include "recur/recurrence/bidirectional.hpp"

#include "catch.hpp"
#include "laws/laws.hpp"
#include "max_abs.hpp"
#include "recur/cell/gru.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/cell/min_rnn.hpp"
#include "recur/cell/regularized.hpp"
#include "recur/recurrence/state.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace bidirectional_test {

TEST_CASE("A bidirectional layer keeps the laws with every merge", "[recurrence][bidirectional][laws]") {
  for (const Merge merge : {Merge::concatenate, Merge::sum, Merge::mean}) {
    LayerSubject lstm(Bidirectional{Lstm<double>{3, 5}, merge});
    keeps_laws(lstm);
    LayerSubject gru(Bidirectional{Gru<double>{4, 9}, merge});
    keeps_laws(gru);
  }
}

TEST_CASE("A bidirectional layer keeps the laws with noise in both recurrences, and with the smallest cell",
          "[recurrence][bidirectional][laws]") {
  LayerSubject regularized(
      Bidirectional{Regularized{Lstm<double>{3, 5}, {.recurrent_dropout = 0.4, .zoneout = 0.3}}});
  keeps_laws(regularized, {2, 7, 1, 6}, {.noise = true});
  LayerSubject minimal(Bidirectional{MinGru<double>{3, 5}});
  keeps_laws(minimal);
}

TEST_CASE("The two recurrences of a bidirectional layer have their own noise",
          "[recurrence][bidirectional]") {
  Bidirectional both{Regularized{Lstm<double>{3, 19}, {.zoneout = 0.5}}};
  initialize(both.forward_layer, 1);
  initialize(both.reverse_layer, 1);
  decltype(both)::Tape tape;
  Random noise(1);
  const Sequence<double> x(MatrixX<double>::Ones(3, 1),
                           1);  // one step, which is the first for both directions
  const MatrixX<double> y = both.forward(x, tape).values();
  CHECK(y.topRows(19) == y.bottomRows(19));
  const MatrixX<double> noisy = both.forward(x, tape, training(noise)).values();
  CHECK(noisy.topRows(19) != noisy.bottomRows(19));
}

TEST_CASE("A bidirectional layer has its forward direction on top of its reverse direction",
          "[recurrence][bidirectional]") {
  Bidirectional both{Lstm<double>{3, 5}};
  initialize(both, 1);
  CHECK(both.forward_layer.cell.weight_ih != both.reverse_layer.cell.weight_ih);
  Random random(2);
  std::vector<MatrixX<double>> samples{MatrixX<double>(3, 2), MatrixX<double>(3, 6), MatrixX<double>(3, 1)};
  for (auto& sample : samples) uniform(sample, 1, random);
  const Sequence<double> x(samples);
  Bidirectional<Lstm<double>>::Tape tape;
  Recurrent<Lstm<double>>::Tape there;
  Recurrent<Lstm<double>, Direction::reverse>::Tape back;
  const auto& y = both.forward(x, tape);
  const auto& h = both.forward_layer.forward(x, there);
  const auto& g = both.reverse_layer.forward(x, back);
  CHECK(y.values().topRows(5) == h.values());
  CHECK(y.values().bottomRows(5) == g.values());
  for (std::size_t b = 0; b < samples.size(); ++b) {
    const auto column = static_cast<Index>(b);
    CHECK(tape.forward_layer.final.col(column).head(5) == h.sample(column).rightCols(1));
    CHECK(tape.reverse_layer.final.col(column).head(5) == g.sample(column).leftCols(1));
  }

  Bidirectional mean{Lstm<double>{3, 5}, Merge::mean};
  initialize(mean, 1);
  Bidirectional<Lstm<double>>::Tape other;
  CHECK(max_abs(mean.forward(x, other).values() - (h.values() + g.values()) / 2) < 1e-15);
}

TEST_CASE("The state of a bidirectional layer is the state of both directions",
          "[recurrence][bidirectional]") {
  Bidirectional both{Lstm<double>{3, 5}};
  initialize(both, 1);
  CHECK(state_size(both) == 2 * 2 * 5);
  MatrixX<double> numbers(3, 8);
  Random random(2);
  uniform(numbers, 1, random);
  Bidirectional<Lstm<double>>::Tape tape, other;
  const Sequence<double> x(numbers, 2);
  both.forward(x, tape);
  const MatrixX<double> state = final_state(both, tape);
  REQUIRE(state.rows() == 20);
  CHECK(state.topRows(10) == tape.forward_layer.final);
  CHECK(state.bottomRows(10) == tape.reverse_layer.final);
  MatrixX<double> y = both.forward(x, other, predicting, state).values();
  CHECK(y.topRows(5) ==
        both.forward_layer.forward(x, tape.forward_layer, predicting, state.topRows(10)).values());
  CHECK(y.bottomRows(5) ==
        both.reverse_layer.forward(x, tape.reverse_layer, predicting, state.bottomRows(10)).values());
}

TEST_CASE("A bidirectional layer describes itself and refuses sizes that don't fit",
          "[recurrence][bidirectional]") {
  Bidirectional<Lstm<float>> layer{Lstm<float>{3, 5}};
  CHECK(layer.describe() == "bidirectional LSTM (3 -> 10)");
  CHECK(count_parameters(layer) == 2 * (20 * 3 + 20 * 5 + 40));
  std::vector<std::string> names;
  for_each_parameter([&](const Name& name, const auto&) { names.push_back(name.str()); }, layer);
  CHECK(names.front() == "forward.weight_ih");
  CHECK(names.back() == "reverse.bias_hh");
  STATIC_REQUIRE(Layer<Bidirectional<Lstm<float>>>);
  STATIC_REQUIRE_FALSE(Streamable<Bidirectional<Lstm<float>>>);

  Bidirectional<Lstm<float>>::Tape tape;
  CHECK(refusal([&] { layer.forward(Sequence<float>(MatrixX<float>::Zero(4, 2), 1), tape); }) ==
        "bidirectional LSTM (3 -> 10) was given 4 features: it takes 3");
}

}  // namespace bidirectional_test
}  // namespace recur::testing
