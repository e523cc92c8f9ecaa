#include "recur/cell/flexible_gru.hpp"

#include "catch.hpp"
#include "laws/laws.hpp"
#include "recur/cell/gru.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace flexible_gru_test {

TEST_CASE("The flexible GRU keeps the laws", "[cell][flexible_gru][laws]") {
  LayerSubject after(Recurrent{FlexibleGru<double>{3, 5, {.candidate = GateKind::silu}}});
  LayerSubject before(Recurrent{FlexibleGru<double>{3, 19, {.linear_before_reset = false, .clip = 0.7}}});
  LayerSubject reverse(Recurrent<FlexibleGru<float>, Direction::reverse>{
      FlexibleGru<float>{3, 5, {.linear_before_reset = false, .bias = Bias::none}}});
  keeps_laws(after);
  keeps_laws(before, {4, 6, 2, 6, 3});
  keeps_laws(reverse, {2, 7, 1, 6}, {.reads_backward = true});
}

TEST_CASE("The flexible GRU with the usual activations is Gru", "[cell][flexible_gru]") {
  LayerSubject flexible(Recurrent{FlexibleGru<double>{3, 19}});
  LayerSubject plain(Recurrent{Gru<double>{3, 19}});
  agree(flexible, plain);
}

TEST_CASE("The flexible GRU matches the textbook in both forms, with a clip that acts",
          "[cell][flexible_gru]") {
  for (const bool linear_before_reset : {false, true})
    for (const double clip : {std::numeric_limits<double>::infinity(), 0.6}) {
      INFO(linear_before_reset << clip);
      LayerSubject subject(Recurrent{FlexibleGru<double>{
          3, 7, {GateKind::hard_sigmoid, GateKind::softsign, linear_before_reset, clip}}});
      draw_parameters(subject);
      const Input input = draw_input(subject, {2, 7, 1, 6}, true);
      const Output output = subject.forward(input);
      const auto& cell = subject.layer().cell;
      Index clipped = 0;
      const auto of = [&](const GateFunction& f, VectorX<double> a) {
        clipped += (a.array().abs() > clip).count();
        a = a.cwiseMax(-clip).cwiseMin(clip);
        activate(f, a.data(), a.data(), a.size());
        return a;
      };
      const auto W = [&](Index g) { return cell.weight_ih.middleRows(g * 7, 7); };
      const auto U = [&](Index g) { return cell.weight_hh.middleRows(g * 7, 7); };
      const auto b_i = [&](Index g) { return cell.bias_ih.segment(g * 7, 7); };
      const auto b_h = [&](Index g) { return cell.bias_hh.segment(g * 7, 7); };
      for (std::size_t b = 0; b < input.x.size(); ++b) {
        VectorX<double> h = input.initial[0].col(static_cast<Index>(b));
        for (Index t = 0; t < input.x[b].cols(); ++t) {
          const VectorX<double> x = input.x[b].col(t);
          const VectorX<double> r = of(GateKind::hard_sigmoid, W(0) * x + b_i(0) + U(0) * h + b_h(0));
          const VectorX<double> z = of(GateKind::hard_sigmoid, W(1) * x + b_i(1) + U(1) * h + b_h(1));
          const VectorX<double> inner = linear_before_reset
                                            ? VectorX<double>(r.cwiseProduct(U(2) * h + b_h(2)))
                                            : VectorX<double>(U(2) * r.cwiseProduct(h) + b_h(2));
          const VectorX<double> n = of(GateKind::softsign, W(2) * x + b_i(2) + inner);
          h = (1 - z.array()) * n.array() + z.array() * h.array();
          CHECK(distance(output.y[b].col(t), h) < 1e-12);
        }
      }
      CHECK((clipped > 0) == std::isfinite(clip));
    }
}

TEST_CASE("The flexible GRU describes itself and refuses what it can't be", "[cell][flexible_gru]") {
  CHECK(FlexibleGru<float>(3, 5, {.linear_before_reset = false}).description() ==
        Description("flexible_gru", 3, 5)
            .with("gate", "sigmoid")
            .with("candidate", "tanh")
            .with("linear_before_reset", false));
  CHECK(count_parameters(FlexibleGru<float>{3, 5}) == 15 * (3 + 5 + 2));
  CHECK(refusal([] {
          FlexibleGru<float>{-1, 5};
        }) == "flexible GRU with input_size -1 and hidden_size 5: both must be at least 1");
  CHECK(refusal([] {
          FlexibleGru<float>{3, 5, {.clip = std::nan("")}};
        }) == "flexible GRU with clip nan: it must be above 0 in single precision, or infinite for none");
  CHECK_THROWS_AS((FlexibleGru<float>{3, 5, {.clip = 1e-60}}), std::invalid_argument);
  CHECK_THROWS_AS((FlexibleGru<float>{3, 5, {.gate = {GateKind::affine, 1, -1e39}}}), std::invalid_argument);
  CHECK_THROWS_AS((FlexibleGru<float>{3, 5, {.candidate = {GateKind::elu, 1e39}}}), std::invalid_argument);
}

}  // namespace flexible_gru_test
}  // namespace recur::testing
