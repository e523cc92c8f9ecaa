#include "recur/cell/gru_reset_before.hpp"

#include "catch.hpp"
#include "laws/laws.hpp"
#include "max_abs.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace gru_reset_before_test {

using Forward = Recurrent<GruResetBefore<double>>;
using Reverse = Recurrent<GruResetBefore<double>, Direction::reverse>;

TEST_CASE("The reset-before GRU keeps the laws", "[cell][gru_reset_before][laws]") {
  LayerSubject small(Recurrent{GruResetBefore<double>{3, 5}});
  LayerSubject large(Recurrent{GruResetBefore<double>{7, 19, Bias::none}});
  LayerSubject single(Recurrent{GruResetBefore<float>{7, 19}});
  keeps_laws(small);
  keeps_laws(large, {4, 6, 2, 6, 3});
  keeps_laws(single, {4, 6, 2, 6, 3});
}

TEST_CASE("The reset-before GRU in reverse keeps the laws", "[cell][gru_reset_before][laws]") {
  LayerSubject reverse(Reverse{GruResetBefore<double>{3, 5}});
  keeps_laws(reverse, {2, 7, 1, 6}, {.reads_backward = true});
}

// The equations as they are printed, in plain numbers.
VectorX<double> textbook(const GruResetBefore<double>& c, const VectorX<double>& x,
                         const VectorX<double>& h) {
  const Index H = h.size();
  const auto sigmoid = [](const auto& a) { return (1 / (1 + (-a.array()).exp())).matrix().eval(); };
  const auto W = [&](Index g) { return c.weight_ih.middleRows(g * H, H); };
  const auto U = [&](Index g) { return c.weight_hh.middleRows(g * H, H); };
  const auto b = [&](Index g) { return c.bias.segment(g * H, H); };
  const VectorX<double> r = sigmoid(W(0) * x + U(0) * h + b(0));
  const VectorX<double> z = sigmoid(W(1) * x + U(1) * h + b(1));
  const VectorX<double> n = (W(2) * x + U(2) * r.cwiseProduct(h) + b(2)).array().tanh();
  return (1 - z.array()) * n.array() + z.array() * h.array();
}

TEST_CASE("The reset-before GRU matches the textbook", "[cell][gru_reset_before]") {
  for (const auto& [inputs, hidden] :
       std::vector<std::pair<Index, Index>>{{3, 5}, {2, 1}, {7, 19}, {5, 67}}) {
    LayerSubject subject(Recurrent{GruResetBefore<double>{inputs, hidden}});
    draw_parameters(subject);
    const Input input = draw_input(subject, {2, 7, 1, 6}, true);
    const Output output = subject.forward(input);
    for (std::size_t b = 0; b < input.x.size(); ++b) {
      VectorX<double> h = input.initial[0].col(static_cast<Index>(b));
      for (Index t = 0; t < input.x[b].cols(); ++t) {
        h = textbook(subject.layer().cell, input.x[b].col(t), h);
        CHECK(distance(output.y[b].col(t), h) < 1e-12);
      }
      CHECK(distance(output.final[0].col(static_cast<Index>(b)), h) < 1e-12);
    }
  }
}

TEST_CASE("The reset-before GRU has the shapes and first weights that it documents",
          "[cell][gru_reset_before]") {
  GruResetBefore<double> cell{3, 5};
  CHECK(count_parameters(cell) == 15 * (3 + 5 + 1));
  CHECK(count_parameters(GruResetBefore<double>{3, 5, Bias::none}) == 15 * (3 + 5));
  CHECK(detail::all_zero(cell));
  initialize(cell, 1);
  for (Index g = 0; g < 3; ++g) {
    const MatrixX<double> u = cell.weight_hh.middleRows(g * 5, 5);
    CHECK(max_abs(u.transpose() * u - MatrixX<double>::Identity(5, 5)) < 1e-12);
  }
  CHECK(max_abs(cell.weight_ih) <= std::sqrt(6.0 / 8));
  CHECK(cell.weight_ih.cwiseAbs().maxCoeff() > 0.7 * std::sqrt(6.0 / 8));
  CHECK(cell.bias.isZero(0));
  initialize(cell, 1, Scheme::pytorch);
  CHECK(max_abs(cell.weight_ih) <= 1 / std::sqrt(5.0));
  CHECK_FALSE(cell.bias.isZero(0));
}

TEST_CASE("The reset-before GRU refuses sizes that it can't have", "[cell][gru_reset_before]") {
  CHECK(refusal([] {
          GruResetBefore<float>{0, 5};
        }) == "reset-before GRU with input_size 0 and hidden_size 5: both must be at least 1");
}

}  // namespace gru_reset_before_test
}  // namespace recur::testing
