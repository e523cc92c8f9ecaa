#include "recur/layer/flexible_activation.hpp"

#include "catch.hpp"
#include "laws/laws.hpp"

namespace recur::testing {
namespace flexible_activation_test {

TEST_CASE("FlexibleActivation keeps the laws and gives its function", "[layer][flexible_activation][laws]") {
  LayerSubject subject(FlexibleActivation<double>{{GateKind::leaky_relu, 0.3}}, 3);
  LayerSubject single(FlexibleActivation<float>{GateKind::softplus}, 19);
  keeps_laws(subject);
  keeps_laws(single);
  const Input input = draw_input(subject, {2, 7, 1, 6}, false);
  const Output output = subject.forward(input);
  for (std::size_t b = 0; b < input.x.size(); ++b)
    CHECK(distance(output.y[b], input.x[b].cwiseMax(0.3 * input.x[b])) < 1e-15);
}

TEST_CASE("FlexibleActivation refuses parameters that its scalar can't hold",
          "[layer][flexible_activation]") {
  CHECK_THROWS_AS(FlexibleActivation<float>(GateFunction(GateKind::leaky_relu, -1e39)),
                  std::invalid_argument);
  CHECK_NOTHROW(FlexibleActivation<double>(GateFunction(GateKind::leaky_relu, -1e39)));
}

}  // namespace flexible_activation_test
}  // namespace recur::testing
