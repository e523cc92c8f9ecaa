#include "recur/cell/jordan.hpp"

#include "catch.hpp"
#include "laws/laws.hpp"
#include "max_abs.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace jordan_test {

TEST_CASE("Jordan's network keeps the laws", "[cell][jordan][laws]") {
  LayerSubject small(Recurrent{Jordan<double>{3, 5, 2}});
  LayerSubject large(Recurrent{Jordan<double, Tanh, Identity>{7, 19, 21, Bias::none}});
  LayerSubject other(Recurrent{Jordan<float, Sigmoid, Sigmoid>{7, 19, 1}});
  keeps_laws(small);
  keeps_laws(large, {4, 6, 2, 6, 3});
  keeps_laws(other, {4, 6, 2, 6, 3});
}

TEST_CASE("Jordan's network in reverse keeps the laws", "[cell][jordan][laws]") {
  LayerSubject reverse(Recurrent<Jordan<double>, Direction::reverse>{Jordan<double>{3, 5, 2}});
  keeps_laws(reverse, {2, 7, 1, 6}, {.reads_backward = true});
}

TEST_CASE("Jordan's network matches the textbook", "[cell][jordan]") {
  LayerSubject subject(Recurrent{Jordan<double, Tanh, Sigmoid>{3, 19, 7}});
  draw_parameters(subject);
  const Input input = draw_input(subject, {2, 7, 1, 6}, true);
  const Output output = subject.forward(input);
  const auto& c = subject.layer().cell;
  for (std::size_t b = 0; b < input.x.size(); ++b) {
    VectorX<double> y = input.initial[0].col(static_cast<Index>(b));
    for (Index t = 0; t < input.x[b].cols(); ++t) {
      const VectorX<double> h =
          (c.weight_ih * input.x[b].col(t) + c.weight_yh * y + c.bias_h).array().tanh().matrix();
      y = 1 / (1 + (-(c.weight_hy * h + c.bias_y).array()).exp());
      CHECK(distance(output.y[b].col(t), y) < 1e-12);
    }
    CHECK(distance(output.final[0].col(static_cast<Index>(b)), y) < 1e-12);
  }
}

TEST_CASE("Jordan's network has the shapes and first weights that it documents", "[cell][jordan]") {
  Jordan<double> cell{3, 5, 2};
  std::string shapes;
  for_each_parameter(
      [&](const Name& name, const auto& p) {
        shapes += detail::message(name.str(), ' ', p.rows(), 'x', p.cols(), ' ');
      },
      cell);
  CHECK(shapes == "weight_ih 5x3 weight_yh 5x2 weight_hy 2x5 bias_h 5x1 bias_y 2x1 ");
  CHECK(count_parameters(Jordan<double>{3, 5, 2, Bias::none}) == 15 + 10 + 10);
  initialize(cell, 1);
  const MatrixX<double> gram = cell.weight_yh.transpose() * cell.weight_yh;
  CHECK(max_abs(gram - MatrixX<double>::Identity(2, 2)) < 1e-12);
  CHECK(max_abs(cell.weight_hy) <= std::sqrt(6.0 / 7));
  CHECK(cell.weight_hy.cwiseAbs().maxCoeff() > 0.5 * std::sqrt(6.0 / 7));
  CHECK(Recurrent{cell}.describe() == "Jordan (3 -> 2)");
}

TEST_CASE("Jordan's network refuses sizes that it can't have", "[cell][jordan]") {
  CHECK(refusal([] {
          Jordan<float>{3, 5, 0};
        }) == "Jordan with input_size 3, hidden_size 5 and output_size 0: all must be at least 1");
}

}  // namespace jordan_test
}  // namespace recur::testing
