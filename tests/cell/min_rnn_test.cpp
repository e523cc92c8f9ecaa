#include "recur/cell/min_rnn.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"
#include "cell/cell_of_units.hpp"
#include "recur/core/parameters.hpp"
#include "recur/recurrence/recurrent.hpp"

namespace recur::testing {
namespace min_rnn_test {

/// h of minLSTM and its gradients, as the equations say, in numbers that are wide enough for them.
struct Right {
  long double h, d_a, d_b, d_n, d_previous;
};
Right right(long double a, long double b, long double n, long double previous) {
  const long double x = std::exp(-a), y = std::exp(-b), f = (1 + y) / (2 + x + y), i = (1 + x) / (2 + x + y);
  const long double slope = (previous - n) * f * i;
  return {f * previous + i * n, slope * x / (1 + x), -slope * y / (1 + y), i, f};
}

template <class T, class S>
void matches(S a, S b) {
  const auto lane = [](const T& t) {
    if constexpr (std::floating_point<T>) {
      return static_cast<double>(t);
    } else {
      S lanes[T::size];
      t.store(lanes);
      return static_cast<double>(lanes[T::size - 1]);
    }
  };
  const S n = S(0.5), previous = S(0.25);
  const std::array<T, 1> before{T(previous)};
  std::array<T, 1> state, d_state{T(S(1))};
  std::array<T, MinLstmUnit::saved> saved;
  std::array<T, 3> d_sums;
  MinLstmUnit::forward<T>({T(a), T(b), T(n)}, before, state, saved);
  MinLstmUnit::backward<T>(saved, before, state, d_state, d_sums);
  const Right expected = right(a, b, n, previous);
  const double epsilon = static_cast<double>(std::numeric_limits<S>::epsilon());
  const auto near = [&](const T& found, long double wanted) {
    // exp(x) of an x that is rounded is right to |x| ε; below the normal numbers there is nothing to be right about
    const double precision =
        16 * epsilon + 2 * epsilon * std::min(1000.0, std::abs(static_cast<double>(a - b)));
    INFO("a " << a << ", b " << b);
    CHECK(std::abs(lane(found) - static_cast<double>(wanted)) <=
          precision * std::abs(static_cast<double>(wanted)) +
              8 * static_cast<double>(std::numeric_limits<S>::min()));
  };
  near(state[0], expected.h);
  near(d_sums[0], expected.d_a);
  near(d_sums[1], expected.d_b);
  near(d_sums[2], expected.d_n);
  near(d_state[0], expected.d_previous);
}

TEST_CASE("Only the ratio of minLSTM's gates matters, also where both are closed or open") {
  for (const double a : {-1000.0, -100.0, -38.0, -18.0, -16.0, -14.0, -3.0, 0.0, 0.7, 20.0, 90.0, 1000.0})
    for (const double b : {-1000.0, -100.0, -38.0, -18.0, -16.0, -14.0, -3.0, 0.0, 0.7, 20.0, 90.0, 1000.0}) {
      matches<float>(static_cast<float>(a), static_cast<float>(b));
      matches<Pack<float>>(static_cast<float>(a), static_cast<float>(b));
      matches<double>(a, b);
      matches<Pack<double>>(a, b);
    }
}

TEST_CASE("minLSTM takes sums up to the largest number") {
  const float largest = std::numeric_limits<float>::max();
  for (const float a : {-largest, -1e20f, 0.0f, largest})
    for (const float b : {-largest, -1e20f, 0.0f, largest}) {
      std::array<float, 1> state, d_state{1};
      std::array<float, MinLstmUnit::saved> saved;
      std::array<float, 3> d_sums;
      MinLstmUnit::forward<float>({a, b, 0.5f}, {-0.25f}, state, saved);
      MinLstmUnit::backward<float>(saved, {-0.25f}, state, d_state, d_sums);
      const float of_a = std::min(a, 0.0f), of_b = std::min(b, 0.0f);  // logarithms of the gates, nearly
      if (of_a > of_b) CHECK(state[0] == -0.25f);
      if (of_a < of_b) CHECK(state[0] == 0.5f);
      if (a == b) CHECK(state[0] == 0.125f);
      for (const float d : {d_sums[0], d_sums[1], d_sums[2], d_state[0]}) CHECK(std::isfinite(d));
    }
}

TEMPLATE_TEST_CASE("A layer of minLSTM runs, streams and learns where both gates are closed", "", float,
                   double) {
  using S = TestType;
  Recurrent layer{MinLstm<S>{1, 1}};
  typename Recurrent<MinLstm<S>>::Tape tape;
  const S closed = std::is_same_v<S, float> ? S(-18) : S(-38);
  layer.cell.bias_ih << closed, closed, S(0.5);
  const MatrixX<S> initial = MatrixX<S>::Constant(1, 1, S(-0.25));
  const Sequence<S> x(MatrixX<S>::Zero(1, 1), 1);
  CHECK(layer.forward(x, tape, recording, initial).values()(0, 0) == S(0.125));
  auto gradient = zeros_like(layer);
  layer.backward(x, Sequence<S>(MatrixX<S>::Ones(1, 1), 1), tape, gradient);
  const auto d = gradient.cell.bias_ih;
  CHECK(static_cast<double>(d(0)) == Approx(-0.75 / 4));
  CHECK(static_cast<double>(d(1)) == Approx(0.75 / 4));
  CHECK(static_cast<double>(d(2)) == Approx(0.5));
  auto stream = layer.stream();
  stream.state[0](0) = S(-0.25);
  CHECK(layer.step(VectorX<S>::Zero(1), stream)(0) == S(0.125));
}

TEST_CASE("The gradient of a bias is summed over any number of steps") {
  constexpr Index steps = 200000;
  Recurrent layer{MinGru<float>{1, 1}};
  decltype(layer)::Tape tape;
  layer.cell.bias_ih(0) = 100;  // z = 1: h = n, of which the gradient is dy at every step
  const Sequence<float> x(MatrixX<float>::Zero(1, steps), 1), dy(MatrixX<float>::Constant(1, steps, 0.1f), 1);
  layer.forward(x, tape, recording);
  auto gradient = zeros_like(layer);
  layer.backward(x, dy, tape, gradient, false);
  CHECK(gradient.cell.bias_ih(1) == Approx(20000).epsilon(1e-5));
}

TEST_CASE("minGRU and minLSTM keep the laws and are those of Feng") {
  is_a_cell_of<MinGru>([](const Weights& w, const Column& x, const std::vector<Column>& previous) {
    const Index H = previous[0].size();
    const Column z = sigmoid(w.input(x, 0, H));
    return std::vector<Column>{(1.0 - z) * previous[0] + z * w.input(x, 1, H)};
  });
  is_a_cell_of<MinLstm>([](const Weights& w, const Column& x, const std::vector<Column>& previous) {
    const Index H = previous[0].size();
    const Column f = sigmoid(w.input(x, 0, H)), i = sigmoid(w.input(x, 1, H));
    return std::vector<Column>{f / (f + i) * previous[0] + i / (f + i) * w.input(x, 2, H)};
  });
}

}  // namespace min_rnn_test
}  // namespace recur::testing
