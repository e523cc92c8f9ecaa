#include "recur/cell/flexible_elman.hpp"

#include <algorithm>

#include "catch.hpp"
#include "laws/laws.hpp"
#include "recur/cell/elman.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace flexible_elman_test {

TEST_CASE("The flexible Elman cell keeps the laws", "[cell][flexible_elman][laws]") {
  LayerSubject small(Recurrent{FlexibleElman<double>{3, 5, {.activation = GateKind::silu}}});
  LayerSubject clipped(Recurrent{FlexibleElman<double>{7, 19, {GateKind::tanh, 0.8, Bias::none}}});
  LayerSubject reverse(Recurrent<FlexibleElman<float>, Direction::reverse>{FlexibleElman<float>{3, 5}});
  keeps_laws(small);
  keeps_laws(clipped, {4, 6, 2, 6, 3});
  keeps_laws(reverse, {2, 7, 1, 6}, {.reads_backward = true});
}

TEST_CASE("The flexible Elman cell with tanh is Elman", "[cell][flexible_elman]") {
  LayerSubject flexible(Recurrent{FlexibleElman<double>{3, 19}});
  LayerSubject plain(Recurrent{Elman<double>{3, 19}});
  agree(flexible, plain);
}

TEST_CASE("The flexible Elman cell matches the textbook, with a clip that acts", "[cell][flexible_elman]") {
  LayerSubject subject(
      Recurrent{FlexibleElman<double>{3, 19, {.activation = GateKind::softsign, .clip = 0.5}}});
  draw_parameters(subject);
  const Input input = draw_input(subject, {2, 7, 1, 6}, true);
  const Output output = subject.forward(input);
  const auto& cell = subject.layer().cell;
  Index clipped = 0;
  for (std::size_t b = 0; b < input.x.size(); ++b) {
    VectorX<double> h = input.initial[0].col(static_cast<Index>(b));
    for (Index t = 0; t < input.x[b].cols(); ++t) {
      VectorX<double> a =
          cell.weight_ih * input.x[b].col(t) + cell.bias_ih + cell.weight_hh * h + cell.bias_hh;
      clipped += (a.array().abs() > 0.5).count();
      a = a.cwiseMax(-0.5).cwiseMin(0.5);
      h = a.array() / (1 + a.array().abs());
      CHECK(distance(output.y[b].col(t), h) < 1e-12);
    }
  }
  CHECK(clipped > 0);
}

TEST_CASE("The flexible Elman cell describes itself and refuses what it can't be", "[cell][flexible_elman]") {
  CHECK(FlexibleElman<float>(3, 5, {{GateKind::elu, 0.5}, 3.0, Bias::none}).description() ==
        Description("flexible_elman", 3, 5)
            .with("activation", "elu")
            .with("activation_alpha", 0.5)
            .with("clip", 3.0)
            .with("bias", false));
  CHECK(count_parameters(FlexibleElman<float>{3, 5}) == 5 * (3 + 5 + 2));
  CHECK(refusal([] {
          FlexibleElman<float>{0, 5};
        }) == "flexible Elman with input_size 0 and hidden_size 5: both must be at least 1");
  CHECK(refusal([] {
          FlexibleElman<float>{3, 5, {.clip = 0}};
        }) == "flexible Elman with clip 0: it must be above 0 in single precision, or infinite for none");
  CHECK(refusal([] {
          FlexibleElman<float>{3, 5, {.clip = 1e-60}};
        }) == "flexible Elman with clip 1e-60: it must be above 0 in single precision, or infinite for none");
  CHECK_NOTHROW(FlexibleElman<double>{3, 5, {.clip = 1e-60}});
  CHECK_THAT(refusal([] {
               FlexibleElman<float>{3, 5, {.activation = {GateKind::affine, 1e300}}};
             }),
             Catch::Matchers::StartsWith(
                 "flexible Elman with the activation affine with alpha 1e+300 and beta 0: in "
                 "single precision both must be at most 3.4"));
  CHECK_NOTHROW(FlexibleElman<double>{3, 5, {.activation = {GateKind::affine, 1e300}}});
}

}  // namespace flexible_elman_test
}  // namespace recur::testing
