#include "recur/layer/reverse_time.hpp"

#include "catch.hpp"
#include "laws/laws.hpp"

namespace recur::testing {
namespace reverse_time_test {

TEST_CASE("ReverseTime keeps the laws and turns each sample around", "[layer][reverse_time][laws]") {
  LayerSubject subject(ReverseTime<double>{}, 3);
  keeps_laws(subject);
  const Input input = draw_input(subject, {2, 7, 1, 6}, false);
  const Output output = subject.forward(input);
  for (std::size_t b = 0; b < input.x.size(); ++b)
    CHECK(output.y[b] == MatrixX<double>(input.x[b].rowwise().reverse()));
}

}  // namespace reverse_time_test
}  // namespace recur::testing
