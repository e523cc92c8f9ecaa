#include "recur/cell/indrnn.hpp"

#include "catch.hpp"
#include "cell/cell_of_units.hpp"

namespace recur::testing {
namespace indrnn_test {

Column relu(const Column& a) {
  return a.unaryExpr([](Complex z) { return z.real() > 0 ? z : Complex(0); });
}

template <class S, int I, int H>
using ReluIndRnn = IndRnn<S, I, H>;
template <class S, int I, int H>
using TanhIndRnn = IndRnn<S, I, H, Tanh>;

TEST_CASE("IndRNN keeps the laws and is the one of Li") {
  is_a_cell_of<ReluIndRnn>([](const Weights& w, const Column& x, const std::vector<Column>& previous) {
    return std::vector<Column>{relu(w.input(x, 0, previous[0].size()) + w.own[0] * previous[0])};
  });
  is_a_cell_of<TanhIndRnn>([](const Weights& w, const Column& x, const std::vector<Column>& previous) {
    return std::vector<Column>{tanh(w.input(x, 0, previous[0].size()) + w.own[0] * previous[0])};
  });
}

TEST_CASE("IndRNN starts with memories of every length") {
  IndRnn<double> cell{3, 1000};
  Random random(1);
  cell.initialize(random);
  const auto& u = cell.unit_weights[0];
  CHECK(u.minCoeff() >= 0);
  CHECK(u.maxCoeff() < 1);
  CHECK(u.mean() == Approx(0.5).margin(0.03));
}

}  // namespace indrnn_test
}  // namespace recur::testing
