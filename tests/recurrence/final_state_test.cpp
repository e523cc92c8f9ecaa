#include "recur/recurrence/final_state.hpp"

#include "catch.hpp"
#include "laws/laws.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/layer/conv1d.hpp"
#include "recur/layer/dense.hpp"
#include "recur/network/network.hpp"
#include "recur/recurrence/learned_state.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "recurrence/steady.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace final_state_test {

TEST_CASE("A final state keeps the laws", "[recurrence][final_state][laws]") {
  LayerSubject lstm(FinalState{Recurrent{Lstm<double>{3, 5}}});
  keeps_laws(lstm);
  LayerSubject reverse(
      FinalState{LearnedState{Recurrent<Lstm<double>, Direction::reverse>{Lstm<double>{3, 5}}}});
  keeps_laws(reverse, {2, 7, 1, 6}, {.reads_backward = true});
}

TEST_CASE("A final state is that of the layer for each sample", "[recurrence][final_state]") {
  FinalState layer{Recurrent{Lstm<double>{3, 5}}};
  initialize(layer, 1);
  Random random(2);
  std::vector<MatrixX<double>> samples{MatrixX<double>(3, 2), MatrixX<double>(3, 6), MatrixX<double>(3, 1)};
  for (auto& sample : samples) uniform(sample, 1, random);
  const Sequence<double> x(samples);
  decltype(layer)::Tape tape;
  Recurrent<Lstm<double>>::Tape plain;
  layer.layer.forward(x, plain);
  CHECK(layer.forward(x, tape).values() == plain.final);
  CHECK(tape.final == plain.final);
  for (Index b = 0; b < 3; ++b)
    CHECK(tape.y.sample(b).col(0).head(5) == plain.output().sample(b).rightCols(1));
  CHECK(layer.describe() == "final state of LSTM (3 -> 5)");
  const FinalState around{
      Network{Sequential{Conv1d<double>{2, 3, 2, 1, Padding::valid()}, Recurrent{Lstm<double>{3, 5}}}}};
  CHECK(output_length(around, 2) == 1);
  CHECK_THROWS_AS(output_length(around, 1), std::invalid_argument);
  Sequence<double> dy(MatrixX<double>::Ones(10, 2), 2);
  auto gradient = zeros_like(layer);
  CHECK(refusal([&] { layer.backward(x, dy, tape, gradient); }).find("was given an output gradient of 10") !=
        std::string::npos);
}

TEST_CASE("A layer without a state has no final state", "[recurrence][final_state]") {
  CHECK(refusal([] {
          FinalState{Network{Dense<double>{2, 3}}};
        }) == "the final state of Dense (2 -> 3), which remembers nothing: it must be a recurrent layer");
}

TEST_CASE("Memory that ran out for a state is freed once", "[recurrence][final_state]") {
  backward_refuses_what_ran_out_of_memory(FinalState{Recurrent{Lstm<double>{3, 5}}});
  gives_back_what_ran_out_of_memory(FinalState{Recurrent{Lstm<double>{3, 5}}});
  gives_back_what_ran_out_of_memory(LearnedState{Recurrent{Lstm<double>{3, 5}}});
}

}  // namespace final_state_test
}  // namespace recur::testing
