#include "recur/layer/softmax.hpp"

#include "catch.hpp"
#include "laws/laws.hpp"

namespace recur::testing {
namespace softmax_test {

TEST_CASE("Softmax and its logarithm keep the laws and their equation", "[layer][softmax][laws]") {
  LayerSubject plain(Softmax<double>{}, 5);
  LayerSubject logarithm(Softmax<double>{true}, 5);
  LayerSubject single(Softmax<float>{}, 19);
  keeps_laws(plain);
  keeps_laws(logarithm);
  keeps_laws(single);
  const Input input = draw_input(plain, {2, 7, 1, 6}, false);
  const Output y = plain.forward(input), log_y = logarithm.forward(input);
  for (std::size_t b = 0; b < input.x.size(); ++b) {
    const MatrixX<double> e = input.x[b].array().exp();
    const MatrixX<double> expected = e.array().rowwise() / e.colwise().sum().array();
    CHECK(distance(y.y[b], expected) < 1e-14);
    CHECK(distance(log_y.y[b], expected.array().log().matrix()) < 1e-14);
  }
}

TEST_CASE("The gradient of a log-softmax is right for gradients at the end of their range",
          "[layer][softmax]") {
  const Softmax<float> layer{true};
  auto gradient = layer;
  Softmax<float>::Tape tape;
  const Sequence<float> dy(MatrixX<float>::Constant(2, 1, 3e38f), 1);
  Sequence<float> x(MatrixX<float>::Zero(2, 1), 1);
  layer.forward(x, tape, recording);
  layer.backward(x, dy, tape, gradient);
  CHECK(tape.d_input().values().cwiseAbs().maxCoeff() < 1e-7f * 3e38f);  // y is a rounded log 0.5
  x.values()(0, 0) = -1000;                                              // of probability 0
  layer.forward(x, tape, recording);
  layer.backward(x, dy, tape, gradient);
  CHECK(tape.d_input().values()(0, 0) == 3e38f);
  CHECK(tape.d_input().values()(1, 0) == -3e38f);
}

}  // namespace softmax_test
}  // namespace recur::testing
