#include "recur/recurrence/learned_state.hpp"

#include "catch.hpp"
#include "laws/laws.hpp"
#include "max_abs.hpp"
#include "names.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/cell/projected_lstm.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/recurrence/bidirectional.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace learned_state_test {

using Learned = LearnedState<Recurrent<Lstm<double>>>;

TEST_CASE("A layer with a learned initial state keeps the laws", "[recurrence][learned_state][laws]") {
  LayerSubject lstm(LearnedState{Recurrent{Lstm<double>{3, 5}}});
  keeps_laws(lstm);
  LayerSubject projected(LearnedState{Recurrent{ProjectedLstm<double>{3, 5, 2}}});
  keeps_laws(projected);
  LayerSubject reverse(
      LearnedState{Recurrent<ProjectedLstm<double>, Direction::reverse>{ProjectedLstm<double>{3, 5, 2}}});
  keeps_laws(reverse, {2, 7, 1, 6}, {.reads_backward = true});
}

TEST_CASE("Every sample starts from the learned initial state unless another is given",
          "[recurrence][learned_state]") {
  Learned learned{Recurrent{Lstm<double>{3, 5}}};
  initialize(learned, 1);
  CHECK(learned.initial[0].isZero(0));
  Random random(2);
  for (auto& state : learned.initial) uniform(state, 1, random);
  std::vector<MatrixX<double>> samples{MatrixX<double>(3, 2), MatrixX<double>(3, 6), MatrixX<double>(3, 1)};
  for (auto& sample : samples) uniform(sample, 1, random);
  const Sequence<double> x(samples);
  Recurrent<Lstm<double>>::Tape plain;
  MatrixX<double> initial(10, 3);
  initial << learned.initial[0].replicate(1, 3), learned.initial[1].replicate(1, 3);
  const MatrixX<double> expected = learned.layer.forward(x, plain, recording, initial).values();
  Learned::Tape tape;
  CHECK(learned.forward(x, tape, recording).values() == expected);
  CHECK(tape.final == plain.final);

  Sequence<double> dy = tape.output();
  const MatrixX<double> d_final = MatrixX<double>::Ones(10, 3);
  auto gradient = zeros_like(learned);
  auto plain_gradient = zeros_like(learned.layer);
  learned.layer.backward(x, dy, plain, plain_gradient, true, d_final);
  learned.backward(x, dy, tape, gradient, true, d_final);
  for (std::size_t q = 0; q < 2; ++q)
    CHECK(max_abs(gradient.initial[q] -
                  plain.d_initial.middleRows(5 * static_cast<Index>(q), 5).rowwise().sum()) < 1e-14);

  // Another initial state gets the gradient.
  clear_gradient(gradient);
  initial.setConstant(0.5);
  CHECK(learned.forward(x, tape, recording, initial).values() != expected);
  learned.backward(x, dy, tape, gradient);
  CHECK(gradient.initial[0].isZero(0));
  CHECK(tape.d_initial.norm() > 0);
  CHECK(learned.forward(x, tape).values() == expected);
}

TEST_CASE("A layer with a learned initial state names its parameters, composes and refuses other sizes",
          "[recurrence][learned_state][laws]") {
  Sequential model{LearnedState{Recurrent{Lstm<double>{3, 5}}}, LearnedState{Recurrent{Lstm<double>{5, 2}}}};
  CHECK(parameter_names(model) ==
        "0.weight_ih 0.weight_hh 0.bias_ih 0.bias_hh 0.initial.0 0.initial.1 "
        "1.weight_ih 1.weight_hh 1.bias_ih 1.bias_hh 1.initial.0 1.initial.1 ");
  LayerSubject subject(model);
  keeps_laws(subject);

  Learned learned{Recurrent{Lstm<double>{3, 5}}};
  CHECK(learned.describe() == "LSTM (3 -> 5) with learned initial state");
  Learned::Tape tape;
  const Sequence<double> x(MatrixX<double>::Ones(3, 4), 2);
  CHECK(refusal([&] { learned.forward(x, tape, predicting, MatrixX<double>::Zero(10, 3)); }) ==
        "LSTM (3 -> 5) with learned initial state was given an initial state of 10 x 3: it must be 10 x 2 "
        "(units "
        "of all states x batch), or empty");
  learned.initial[1].resize(4);
  CHECK(refusal([&] { learned.forward(x, tape); }) ==
        "LSTM (3 -> 5) with learned initial state starts state 1 from 4 numbers: it must be 5");
  CHECK(refusal([&] { learned.stream(); }) ==
        "LSTM (3 -> 5) with learned initial state starts state 1 from 4 numbers: it must be 5");
}

// tests/consumer/forgets.cpp has the layers that can't learn it: Bidirectional, Sequential.
TEST_CASE("A layer in either direction can learn its initial state", "[recurrence][learned_state]") {
  const LearnedState layer{Recurrent<Lstm<double>, Direction::reverse>{Lstm<double>{3, 5}}};
  CHECK(start_state(layer) == MatrixX<double>::Zero(10, 1));
}

}  // namespace learned_state_test
}  // namespace recur::testing
