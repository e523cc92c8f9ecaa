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

}  // namespace softmax_test
}  // namespace recur::testing
