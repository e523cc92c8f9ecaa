#include "recur/cell/projected_lstm.hpp"

#include "catch.hpp"
#include "laws/laws.hpp"
#include "max_abs.hpp"
#include "recur/recurrence/bidirectional.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "recur/recurrence/state.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace projected_lstm_test {

using Forward = Recurrent<ProjectedLstm<double>>;
using Reverse = Recurrent<ProjectedLstm<double>, Direction::reverse>;

TEST_CASE("The projected LSTM keeps the laws", "[cell][projected_lstm][laws]") {
  LayerSubject small(Recurrent{ProjectedLstm<double>{3, 5, 2}});
  LayerSubject large(Recurrent{ProjectedLstm<double>{7, 19, 6, Bias::none}});
  LayerSubject single(Recurrent{ProjectedLstm<float>{7, 19, 6}});
  keeps_laws(small);
  keeps_laws(large, {4, 6, 2, 6, 3});
  keeps_laws(single, {4, 6, 2, 6, 3});
}

TEST_CASE("The projected LSTM keeps the laws in reverse and in both directions",
          "[cell][projected_lstm][laws]") {
  LayerSubject reverse(Reverse{ProjectedLstm<double>{3, 5, 2}});
  keeps_laws(reverse, {2, 7, 1, 6}, {.reads_backward = true});
  LayerSubject both(Bidirectional{ProjectedLstm<double>{3, 5, 2}});
  keeps_laws(both);
  CHECK(both.describe() == "bidirectional projected LSTM (3 -> 4)");
}

TEST_CASE("The projected LSTM gives the figures of PyTorch", "[cell][projected_lstm][golden]") {
  const auto cases = golden_cases("lstm-projected", "projected_lstm");
  REQUIRE(cases.size() == 3);
  for (const auto& golden : cases) {
    const Index projection = golden.output.y[0].rows();
    const ProjectedLstm<double> cell{golden.input_size, golden.hidden_size, projection};
    LayerSubject forward(Forward{cell});
    LayerSubject reverse(Reverse{cell});
    matches(golden.reverse ? static_cast<Subject&>(reverse) : forward, golden);
  }
}

TEST_CASE("The states of a projected LSTM are of two sizes", "[cell][projected_lstm]") {
  Forward layer{ProjectedLstm<double>{3, 5, 2}};
  initialize(layer, 1);
  CHECK(layer.describe() == "projected LSTM (3 -> 2)");
  CHECK(layer.state_size(0) == 2);
  CHECK(layer.state_size(1) == 5);
  CHECK(state_size(layer) == 7);
  Forward::Tape tape;
  const Sequence<double> x(MatrixX<double>::Ones(3, 6), 2);
  layer.forward(x, tape);
  CHECK(final_state(layer, tape).rows() == 7);
  CHECK(tape.final.topRows(2).col(0) == tape.y.sample(0).rightCols(1));
  CHECK(
      refusal([&] { layer.forward(x, tape, predicting, MatrixX<double>::Zero(10, 2)); }) ==
      "projected LSTM (3 -> 2) was given an initial state of 10 x 2: it must be 7 x 2 (units of all states x "
      "batch), or empty");
}

TEST_CASE("The projected LSTM has the shapes and first weights that it documents", "[cell][projected_lstm]") {
  ProjectedLstm<double> cell{3, 5, 2};
  std::string shapes;
  for_each_parameter(
      [&](const Name& name, const auto& p) {
        shapes += detail::message(name.str(), ' ', p.rows(), 'x', p.cols(), ' ');
      },
      cell);
  CHECK(shapes == "weight_ih 20x3 weight_hh 20x2 bias_ih 20x1 bias_hh 20x1 weight_hr 2x5 ");
  CHECK(count_parameters(ProjectedLstm<double>{3, 5, 2, Bias::none}) == 20 * (3 + 2) + 10);
  initialize(cell, 1);
  CHECK(cell.bias_ih.sum() == 5);
  CHECK(cell.bias_ih.segment(5, 5).isOnes(0));
  CHECK(cell.bias_hh.isZero(0));
  for (Index g = 0; g < 4; ++g) {
    const MatrixX<double> u = cell.weight_hh.middleRows(g * 5, 5);
    CHECK(max_abs(u.transpose() * u - MatrixX<double>::Identity(2, 2)) < 1e-12);
  }
  ProjectedLstm<double> plain{3, 5, 2, Bias::none};
  CHECK_NOTHROW(initialize(plain, 1));
}

TEST_CASE("The projected LSTM refuses sizes that it can't have", "[cell][projected_lstm]") {
  CHECK(refusal([] {
          ProjectedLstm<float>{3, 5, 5};
        }) ==
        "projected LSTM with input_size 3, hidden_size 5 and projection_size 5: all must be at least 1, and "
        "the projection smaller than the hidden size");
  CHECK_THROWS_AS((ProjectedLstm<float>{0, 5, 2}), std::invalid_argument);
  CHECK_THROWS_AS((ProjectedLstm<float>{3, 5, 0}), std::invalid_argument);
}

}  // namespace projected_lstm_test
}  // namespace recur::testing
