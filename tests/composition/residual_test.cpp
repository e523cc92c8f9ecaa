#include "recur/composition/residual.hpp"

#include "catch.hpp"
#include "laws/laws.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/composition/sequential.hpp"
#include "recur/layer/dense.hpp"
#include "recur/layer/dropout.hpp"
#include "recur/layer/pool.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace residual_test {

TEST_CASE("Residual keeps the laws, around layers with and without state or noise, and stacked",
          "[composition][residual][laws]") {
  LayerSubject dense(Residual{Dense<double, Tanh>{5, 5}});
  keeps_laws(dense);
  LayerSubject dropout(Residual{Dropout<double>{0.5}}, 3);
  keeps_laws(dropout, {2, 7, 1, 6}, {.noise = true});
  LayerSubject stack(Sequential{Dense<double>{3, 5}, Residual{Recurrent{Lstm<double>{5, 5}}},
                                Residual{Sequential{Recurrent{Lstm<double>{5, 5}}, Dropout<double>{0.5}}}});
  keeps_laws(stack, {2, 7, 1, 6}, {.noise = true});
  LayerSubject single(Residual{Dense<float>{19, 19}});
  keeps_laws(single);
}

TEST_CASE("Residual adds its input to the output of its layer", "[composition][residual]") {
  Residual residual{Dense<double>{5, 5}};
  initialize(residual, 1);
  Dense<double>::Tape tape;
  Residual<Dense<double>>::Tape around;
  const Sequence<double> x(MatrixX<double>::Random(5, 6), 2);
  const MatrixX<double> expected = x.values() + residual.layer.forward(x, tape).values();
  CHECK(residual.forward(x, around).values() == expected);
  std::string names;
  for_each_parameter([&](const Name& name, const auto&) { names += name.str() + ' '; }, residual);
  CHECK(names == "weight bias ");
}

TEST_CASE("Residual refuses layers that don't keep the size of their input", "[composition][residual]") {
  CHECK(
      refusal([] {
        Residual{Dense<float>{3, 5}};
      }) ==
      "a residual connection around Dense (3 -> 5), which takes 3 features and gives 5: they must be equal");
  CHECK(output_length(Residual{Dense<float>{3, 3}}, 6) == 6);
  Residual pool{Pool<float>{Pooling::mean}};
  CHECK(refusal([&] { pool.output_length(3); }) ==
        "Residual {Pool (mean)} was given 3 steps, of which its layer makes 1: it must keep them");
  Residual<Pool<float>>::Tape tape;
  CHECK(refusal([&] { pool.forward(Sequence<float>(MatrixX<float>::Ones(3, 6), 2), tape); }) ==
        "Residual {Pool (mean)} was given 3 features and 6 steps, of which its layer makes 3 features and 2 "
        "steps: it must keep both");
  Residual dense{Dense<float>{3, 3}};
  CHECK(dense.describe() == "Residual {Dense (3 -> 3)}");
  Residual<Dense<float>>::Tape other;
  const Sequence<float> x(MatrixX<float>::Ones(3, 6), 2), shorter(MatrixX<float>::Ones(3, 4), 2);
  CHECK_THROWS_AS(dense.forward(Sequence<float>(MatrixX<float>::Ones(4, 6), 2), other),
                  std::invalid_argument);
  dense.forward(x, other, recording);
  auto gradient = dense;
  CHECK_THROWS_AS(dense.backward(x, shorter, other, gradient), std::invalid_argument);
  CHECK_THROWS_AS(dense.backward(shorter, x, other, gradient), std::invalid_argument);
}

}  // namespace residual_test
}  // namespace recur::testing
