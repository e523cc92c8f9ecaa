#include "recur/cell/irnn.hpp"

#include "catch.hpp"
#include "laws/laws.hpp"
#include "max_abs.hpp"
#include "recur/cell/elman.hpp"
#include "recur/recurrence/recurrent.hpp"

namespace recur::testing {
namespace irnn_test {

TEST_CASE("IRNN equals Elman's network with ReLU and starts with the identity", "[cell][irnn]") {
  LayerSubject irnn(Recurrent{Irnn<double>{3, 5}});
  LayerSubject elman(Recurrent{Elman<double, Relu>{3, 5}});
  agree(irnn, elman, {2, 7, 1, 6});
  Irnn<float> cell{3, 5};
  Random random(1);
  cell.initialize(random);
  CHECK(cell.weight_hh.isIdentity(0));
  CHECK(max_abs(cell.weight_ih) < 0.01F);
  CHECK(cell.weight_ih.cwiseAbs().minCoeff() > 0);
  CHECK(cell.bias_ih.isZero(0));
}

}  // namespace irnn_test
}  // namespace recur::testing
