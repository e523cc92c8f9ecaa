#include "recur/cell/cell.hpp"

#include "catch.hpp"
#include "laws/laws.hpp"
#include "max_abs.hpp"
#include "recur/cell/lstm.hpp"
#include "recur/core/activation.hpp"
#include "recur/recurrence/recurrent.hpp"
#include "refusal.hpp"

namespace recur::testing {
namespace cell_test {

using Catch::Matchers::ContainsSubstring;

// A user's own cell. One of its two gates uses h; n has a sum of only h; the second state m is a running mean
// of the proposed n.
//
//   u = σ(W_u x + U_u h')     n = tanh(W_n x) + U_n h'
//   m = (m' + n) / 2          h = u ∘ m + (1 - u) ∘ h'
struct MeanUnit {
  static constexpr auto name = "Mean";
  static constexpr std::array from_input{0, 1}, from_hidden{2, 0};  // the blocks of U in the order n, u
  static constexpr int states = 2, saved = 2;
  static constexpr std::array initial_bias{-1, 0};

  template <class T>
  static void forward(const std::array<T, 3>& sums, const std::array<T, 2>& previous, std::array<T, 2>& state,
                      std::array<T, 2>& save) {
    const T u = sigmoid(sums[0]), t = tanh(sums[1]);
    const T m = T(0.5) * (previous[1] + t + sums[2]);
    state = {u * m + (1 - u) * previous[0], m};
    save = {u, t};
  }
  template <class T>
  static void backward(const std::array<T, 2>& save, const std::array<T, 2>& previous,
                       const std::array<T, 2>& state, std::array<T, 2>& d_state, std::array<T, 3>& d_sums) {
    const auto& [u, t] = save;
    const T dh = d_state[0], dn = T(0.5) * (d_state[1] + dh * u);
    d_sums = {dh * (state[1] - previous[0]) * u * (1 - u), dn * (1 - t * t), dn};
    d_state = {dh * (1 - u), dn};
  }
};
template <class S, int I = Dynamic, int H = Dynamic>
using Mean = Cell<MeanUnit, S, I, H>;

std::vector<Column> textbook(const Weights& w, const Column& x, const std::vector<Column>& previous) {
  const Column &h = previous[0], &m = previous[1];
  const Index H = h.size();
  const Column u = sigmoid(w.input(x, 0, H) + w.recurrent(h, 1, H));
  const Column n = tanh(w.input(x, 1, H)) + w.recurrent(h, 0, H);
  const Column m_next = (m + n) / 2.0;
  return {u * m_next + (1.0 - u) * h, m_next};
}

template <class S>
auto forward_layer(Index inputs, Index hidden) {
  return Recurrent{Mean<S>{inputs, hidden}};
}
template <class S>
auto reverse_layer(Index inputs, Index hidden) {
  return Recurrent<Mean<S>, Direction::reverse>{Mean<S>{inputs, hidden}};
}

TEST_CASE("A user's own cell keeps the laws", "[cell][laws]") {
  static_assert(detail::sums_of<MeanUnit> == 3);
  LayerSubject small(forward_layer<double>(3, 5)), large(forward_layer<double>(7, 19));
  keeps_laws(small);
  keeps_laws(large, {4, 6, 2, 6, 3});
  LayerSubject reverse_small(reverse_layer<double>(3, 5)), reverse_large(reverse_layer<double>(7, 19));
  keeps_laws(reverse_small, {2, 7, 1, 6}, {.reads_backward = true});
  keeps_laws(reverse_large, {4, 6, 2, 6, 3}, {.reads_backward = true});
}

TEST_CASE("A user's own cell matches its textbook", "[cell]") {
  matches_in_every_size(forward_layer<double>, textbook);
  matches_in_every_size(reverse_layer<double>, textbook);
}

TEST_CASE("A cell has the shapes and names of PyTorch", "[cell]") {
  const Lstm<float> lstm{3, 5};
  std::string shapes;
  for_each_parameter(
      [&](const Name& name, const auto& p) {
        shapes += detail::message(name.str(), ' ', p.rows(), 'x', p.cols(), ' ');
        CHECK(p.isZero(0));
      },
      lstm);
  CHECK(shapes == "weight_ih 20x3 weight_hh 20x5 bias_ih 20x1 bias_hh 20x1 ");
  CHECK(count_parameters(lstm) == 20 * (3 + 5 + 2));
  CHECK(lstm.input_size() == 3);
  CHECK(lstm.hidden_size() == 5);

  const Mean<double, 2, 7> mean;
  CHECK(mean.weight_ih.rows() == 14);
  CHECK(mean.weight_hh.rows() == 14);
  CHECK(mean.input_size() == 2);
  CHECK(mean.hidden_size() == 7);
}

TEST_CASE("A cell refuses sizes that it can't have", "[cell]") {
  CHECK(refusal([] {
          Lstm<float>{0, 5};
        }) == "LSTM with input_size 0 and hidden_size 5: both must be at least 1");
  CHECK(refusal([] {
          Lstm<float>{3, -1};
        }) == "LSTM with input_size 3 and hidden_size -1: both must be at least 1");
  CHECK_THAT(refusal([] {
               Lstm<float, 3, 5>{4, 5};
             }),
             ContainsSubstring("fixed input_size 3") && ContainsSubstring("given input_size 4"));
  CHECK_THAT(refusal([] {
               Lstm<float, 3, 5>{3, 6};
             }),
             ContainsSubstring("fixed hidden_size 5") && ContainsSubstring("given hidden_size 6"));
}

double mean_square(const MatrixX<double>& m) { return m.squaredNorm() / static_cast<double>(m.size()); }

TEST_CASE("A cell's first weights are Glorot's and orthogonal, gate by gate", "[cell]") {
  const Index inputs = 300, hidden = 200;
  Lstm<double> cell{inputs, hidden};
  initialize(cell, 3);
  for (Index g = 0; g < 4; ++g) {
    INFO("gate " << g);
    const MatrixX<double> w = cell.weight_ih.middleRows(g * hidden, hidden);
    const double variance = 2.0 / static_cast<double>(inputs + hidden);  // of one gate, not of four
    CHECK(std::abs(w.mean()) < 4 * std::sqrt(variance / static_cast<double>(w.size())));
    CHECK(mean_square(w) == Approx(variance).epsilon(0.02));
    CHECK(max_abs(w) <= std::sqrt(3 * variance));
    const MatrixX<double> u = cell.weight_hh.middleRows(g * hidden, hidden);
    CHECK(max_abs(u.transpose() * u - MatrixX<double>::Identity(hidden, hidden)) < 1e-12);
    for (Index other = 0; other < g; ++other)
      CHECK((u - cell.weight_hh.middleRows(other * hidden, hidden)).cwiseAbs().maxCoeff() > 0.01);
  }
  CHECK(cell.bias_ih.sum() == static_cast<double>(hidden));
  CHECK(cell.bias_hh.isZero(0));

  Mean<double> mean{3, 5};
  initialize(mean, 3);
  CHECK(mean.bias_ih.head(5).isConstant(-1, 0));
  CHECK(mean.bias_ih.tail(5).isZero(0));
  CHECK(mean.bias_hh.isZero(0));
}

TEST_CASE("A cell's first weights in PyTorch's way are uniform in one over the root of H", "[cell]") {
  const Index hidden = 150;
  Lstm<double> cell{40, hidden};
  initialize(cell, 4, Scheme::pytorch);
  const double limit = 1 / std::sqrt(static_cast<double>(hidden));
  for_each_parameter(
      [&](const Name& name, const auto& p) {
        INFO(name.str());
        CHECK(max_abs(p) <= limit);
        CHECK(p.cwiseAbs().maxCoeff() > 0.98 * limit);
        CHECK(mean_square(p) == Approx(limit * limit / 3).epsilon(0.15));
      },
      cell);
}

TEST_CASE("The same seed gives a cell the same first weights, another seed gives others", "[cell]") {
  Lstm<double> one{3, 5}, same{3, 5}, other{3, 5};
  initialize(one, 1);
  initialize(same, 1);
  initialize(other, 2);
  CHECK(one.weight_ih == same.weight_ih);
  CHECK(one.weight_hh == same.weight_hh);
  CHECK(one.weight_ih != other.weight_ih);
  CHECK(one.weight_hh != other.weight_hh);
}

}  // namespace cell_test
}  // namespace recur::testing
